//! When a rule raises, clears, holds and keeps silent, told as timelines of one track.

use std::path::Path;

use haishao::config;
use haishao::model::units::knots_to_mps;
use haishao::model::{AisState, Alert, AlertState, CraftClass, EvidenceValue, Site, Timestamp, Track, TrackId, TrackStatus};
use haishao::rules::{Grounds, Judge};

use AlertState::{Cleared, Raised};

use crate::rule_watch::{OPEN_SEA, Watch, track_at};

/// Noon at Daya Bay.
fn noon() -> Timestamp {
    Timestamp::from_civil(2026, 3, 14, 4, 0, 0, 0).unwrap()
}

/// A confirmed craft without AIS, heading north-east.
fn craft(seconds: f64, lcb_kn: f64) -> Track {
    let t = noon().plus_seconds(seconds);
    let speed = knots_to_mps(lcb_kn + 2.0);
    Track {
        t_out: t.plus_seconds(0.25),
        born: noon().plus_seconds(-60.0),
        velocity_cov: [0.6, 0.0, 0.6],
        sog_lcb90: knots_to_mps(lcb_kn),
        p_exist: 0.99,
        p_fast: 0.95,
        ..track_at(t, 7, [0.0, 0.0], [speed * 0.6, speed * 0.8])
    }
}

fn judge_of(rules: &str) -> Judge {
    let config = config::parse(&format!("{OPEN_SEA}{rules}"), Path::new("site.toml")).unwrap();
    Watch::by(OPEN_SEA, config.rules, &Grounds::default()).judge
}

/// The rules that ship, held for 10 s, so that the timelines stay whatever hold the site prefers.
fn shipped() -> Judge {
    let mut rules = config::default_rules().unwrap();
    rules.retain(|rule| rule.id == "R01");
    rules.iter_mut().for_each(|rule| rule.hold_s = 10.0);
    Watch::by(OPEN_SEA, rules, &Grounds::default()).judge
}

/// Looks every 2.5 s from `from` to `to`; what came of them.
fn run(judge: &mut Judge, from: f64, to: f64, look: impl Fn(f64) -> Track) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let mut seconds = from;
    while seconds <= to {
        judge.apply(&[look(seconds)], &mut alerts);
        seconds += 2.5;
    }
    alerts
}

/// State and time of each alert, in seconds since noon.
fn told(alerts: &[Alert]) -> Vec<(AlertState, u64, f64)> {
    alerts.iter().map(|a| (a.state, a.id.0, (a.t.seconds_since(noon()) * 1e3).round() / 1e3)).collect()
}

#[test]
fn a_fast_craft_is_raised_after_ten_seconds_with_its_numbers() {
    let alerts = run(&mut shipped(), 0.0, 60.0, |s| craft(s, 38.5));
    assert_eq!(told(&alerts), [(Raised, 1, 10.0)]);
    let alert = &alerts[0];
    assert_eq!((alert.rule.as_str(), alert.severity.level(), alert.track), ("R01", 3, TrackId(7)));
    assert!((alert.t_out.seconds_since(alert.t) - 0.25).abs() < 1e-9);
    for part in ["疑似", "未收到AIS", "38节", "门限25", "40±2节"] {
        assert!(alert.text_zh.contains(part), "{part}: {}", alert.text_zh);
    }
    for part in ["Suspected", "AIS not received", "at least 38 kn", "limit 25", "40 ± 2 kn", "course 37°"] {
        assert!(alert.text_en.contains(part), "{part}: {}", alert.text_en);
    }
    let names: Vec<&str> = alert.evidence.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "sog_lcb90_kn",
            "n_fast_dark",
            "sea_clutter_km2",
            "hits_10",
            "ais",
            "ais_silent_s",
            "p_clutter",
            "p_swap",
            "sog_sigma_kn",
            "age_s",
            "beside_m",
            "parent_left_s",
            "nn_m",
            "ais_expected",
            "class",
            "blue",
            "registered",
            "zones",
            "echo_m2",
            "echo_max_m2",
            "nn_s",
            "came_nm",
            "nn_sog_kn",
            "double_m",
            "pos_sigma_m",
            "nn_ais",
            "sog_kn",
            "rested_s",
            "is_night",
            "cog_deg",
            "shore_nm",
            "shore_rate_kn",
            "p_exist",
            "n_sites",
            "eo_class",
            "p.v_kn",
            "p.rough_kn",
            "p.company_kn",
            "p.company_rough_kn",
            "p.day_kn",
            "p.least_kn",
            "p.alone_kn",
            "p.alone_s",
            "p.rested_s",
            "p.rested_kn",
            "p.clear_kn",
            "p.clutter",
            "p.swap",
            "p.settled_s",
            "p.beside_m",
            "p.away_s",
            "p.away_m",
            "p.doubt_kn",
            "p.sigma_kn",
            "p.boat_m2",
            "p.storm",
            "p.storm_s",
            "p.came_nm",
            "p.hits",
            "p.seen",
            "p.double_m",
            "p.young_m",
            "p.young_s",
            "p.rough_m",
            "p.held_m",
            "p.most_kn",
            "p.bird_m2",
            "p.bird_most_m2",
            "p.bird_rough_m2",
            "p.bird_hits",
            "p.bird_often_m2",
            "p.pair_s",
            "p.pair_m",
            "p.pair_most_m",
            "p.pair_m2",
            "p.rough",
            "p.silent_s",
            "p.hull_m2",
            "p.near_kn",
            "p.vague_m",
            "p.vague_s",
            "p.few_hits",
            "p.vague_kn",
            "sog_lcb90_kn_min",
            "n_fast_dark_min",
            "sea_clutter_km2_min",
            "hits_10_min",
            "ais_silent_s_min",
            "p_clutter_max",
            "p_swap_max",
            "sog_lcb90_kn_max",
            "sog_sigma_kn_max",
            "age_s_min",
            "beside_m_min",
            "parent_left_s_min",
            "nn_m_min",
            "hold_s",
            "held_s",
        ]
    );
    let value = |name: &str| alert.evidence.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap();
    // Computed again from the evidence the decision is the same.
    let (EvidenceValue::Number(speed), EvidenceValue::Number(limit)) = (value("sog_lcb90_kn"), value("sog_lcb90_kn_min"))
    else {
        panic!()
    };
    assert!(speed >= limit && (speed - 38.5).abs() < 1e-9);
    let spec = config::default_rules().unwrap().into_iter().find(|r| r.id == "R01").unwrap();
    let verdict = spec.verdict(&alert.evidence).unwrap();
    assert_eq!((verdict.holds, verdict.suppressed, verdict.severity), (Some(true), None, alert.severity));
    assert_eq!(
        alert.basis.unknown,
        [
            "sea_clutter_km2",
            "hits_10",
            "ais_silent_s",
            "parent_left_s",
            "nn_m",
            "ais_expected",
            "zones",
            "echo_m2",
            "echo_max_m2",
            "nn_sog_kn",
            "nn_ais",
            "shore_nm",
            "shore_rate_kn",
            "eo_class"
        ]
    );
    assert!(alert.basis.refutes_en.contains("less than 17 kn") && alert.basis.rule_version.len() == 16);
    assert_eq!(value("ais"), EvidenceValue::Text("none".to_owned()));
    assert_eq!(value("ais_expected"), EvidenceValue::Unknown);
    assert_eq!(value("is_night"), EvidenceValue::Flag(false));
    assert_eq!((value("hold_s"), value("held_s")), (EvidenceValue::Number(10.0), EvidenceValue::Number(10.0)));
}

#[test]
fn as_shipped_a_fast_craft_is_raised_at_the_third_look() {
    // Held for 3 s, which at 2.5 s a turn takes three looks that agree.
    assert_eq!(told(&run(&mut judge_of(""), 0.0, 60.0, |s| craft(s, 38.5))), [(Raised, 1, 5.0)]);
    assert!(run(&mut judge_of(""), 0.0, 300.0, |s| craft(s, if (s / 2.5) as i32 % 2 == 0 { 38.5 } else { 24.0 })).is_empty());
}

#[test]
fn what_was_seen_before_a_track_was_confirmed_counts_but_raises_nothing() {
    let alerts = run(&mut shipped(), 0.0, 60.0, |s| Track {
        status: if s < 12.0 { TrackStatus::Tentative } else { TrackStatus::Confirmed },
        ..craft(s, 38.0)
    });
    assert_eq!(told(&alerts), [(Raised, 1, 12.5)]);
}

#[test]
fn only_the_lower_bound_counts_and_only_silence_from_the_start() {
    let silent = |change: &dyn Fn(&mut Track)| {
        run(&mut shipped(), 0.0, 300.0, |s| {
            let mut track = craft(s, 38.5);
            change(&mut track);
            track
        })
    };
    assert_eq!(silent(&|_| {}).len(), 1);
    // A fast estimate with a slow bound.
    assert!(silent(&|t| t.sog_lcb90 = knots_to_mps(24.9)).is_empty());
    for state in [AisState::Ok, AisState::Lost, AisState::Inconsistent, AisState::Ambiguous] {
        assert!(silent(&|t| t.ais = state).is_empty(), "{state:?}");
    }
    for status in [TrackStatus::Tentative, TrackStatus::Coasting] {
        assert!(silent(&|t| t.status = status).is_empty(), "{status:?}");
    }
    assert!(silent(&|t| t.class = CraftClass::Aircraft).is_empty());
    // Where AIS is known not to be received its silence says nothing; where that is not known it does.
    assert!(silent(&|t| t.ais_expected = Some(0.2)).is_empty());
    assert_eq!(silent(&|t| t.ais_expected = Some(0.9)).len(), 1);
    // What is not a number fires nothing.
    assert!(silent(&|t| t.sog_lcb90 = f64::NAN).is_empty());
}

#[test]
fn one_slow_look_in_the_window_does_not_matter_and_every_other_one_does() {
    // Looks a second apart, so that one is a tenth of the window.
    let every_second = |slow: &dyn Fn(u32) -> bool| {
        let (mut judge, mut alerts) = (shipped(), Vec::new());
        for s in 0..60 {
            judge.apply(&[craft(f64::from(s), if slow(s) { 24.0 } else { 38.0 })], &mut alerts);
        }
        told(&alerts)
    };
    assert_eq!(every_second(&|s| s == 5), [(Raised, 1, 10.0)]);
    assert!(every_second(&|s| s % 2 == 1).is_empty());
}

#[test]
fn it_clears_below_the_lower_limit_for_two_minutes_and_not_between_the_limits() {
    let mut judge = shipped();
    assert_eq!(told(&run(&mut judge, 0.0, 20.0, |s| craft(s, 38.0))), [(Raised, 1, 10.0)]);
    // Between 17 and 25 kn: neither.
    assert!(run(&mut judge, 22.5, 600.0, |s| craft(s, 20.0)).is_empty());
    assert_eq!(told(&run(&mut judge, 602.5, 800.0, |s| craft(s, 10.0))), [(Cleared, 1, 722.5)]);
    assert_eq!(judge.active(), 0);
}

#[test]
fn a_short_stop_does_not_clear() {
    let mut judge = shipped();
    run(&mut judge, 0.0, 20.0, |s| craft(s, 38.0));
    assert!(run(&mut judge, 22.5, 120.0, |s| craft(s, 5.0)).is_empty());
    assert!(run(&mut judge, 122.5, 180.0, |s| craft(s, 38.0)).is_empty());
    assert_eq!(judge.active(), 1);
}

#[test]
fn a_coasting_track_keeps_its_alert_and_a_deleted_one_clears_it() {
    let mut judge = shipped();
    run(&mut judge, 0.0, 20.0, |s| craft(s, 38.0));
    let as_status = |status| move |s| Track { status, ..craft(s, 3.0) };
    assert!(run(&mut judge, 22.5, 400.0, as_status(TrackStatus::Coasting)).is_empty());
    assert_eq!(judge.active(), 1);
    let cleared = run(&mut judge, 402.5, 402.5, as_status(TrackStatus::Deleted));
    assert_eq!(told(&cleared), [(Cleared, 1, 402.5)]);
    assert!(cleared[0].text_en.contains("track has ended") && cleared[0].text_zh.contains("航迹已终止"));
    assert_eq!((judge.active(), judge.remembered()), (0, 0));
}

#[test]
fn coasting_does_not_count_towards_the_hold() {
    let mut judge = shipped();
    let alerts = run(&mut judge, 0.0, 60.0, |s| {
        let coasting = (5.0..20.0).contains(&s);
        Track { status: if coasting { TrackStatus::Coasting } else { TrackStatus::Confirmed }, ..craft(s, 38.0) }
    });
    // The looks at 2.5 and 20 s are too far apart to say what was between them: the clock starts at 20 s.
    assert_eq!(told(&alerts), [(Raised, 1, 30.0)]);
}

#[test]
fn the_same_track_is_not_raised_again_within_the_hold_down_unless_it_is_worse() {
    let mut judge = shipped();
    run(&mut judge, 0.0, 20.0, |s| craft(s, 38.0));
    assert_eq!(told(&run(&mut judge, 22.5, 200.0, |s| craft(s, 5.0))), [(Cleared, 1, 142.5)]);
    // Fast again: silent until 15 min after the alert was raised at 10 s, then a new number.
    assert_eq!(told(&run(&mut judge, 202.5, 1000.0, |s| craft(s, 38.0))), [(Raised, 2, 910.0)]);

    let rule = r#"
        [[rule]]
        id = "X"
        name_zh = "快"
        name_en = "fast"
        when = "sog_lcb90_kn >= 25"
        clear_when = "sog_lcb90_kn < 17"
        escalate_when = "sog_lcb90_kn >= 40"
        clear_s = 10.0
        hold_down_s = 900.0
        severity = 2
        text_zh = "疑似"
        text_en = "suspected"
        owner = "test"
    "#;
    let mut judge = judge_of(rule);
    assert_eq!(told(&run(&mut judge, 0.0, 10.0, |s| craft(s, 30.0))), [(Raised, 1, 0.0)]);
    assert_eq!(told(&run(&mut judge, 12.5, 30.0, |s| craft(s, 5.0))), [(Cleared, 1, 22.5)]);
    assert!(run(&mut judge, 32.5, 40.0, |s| craft(s, 30.0)).is_empty());
    let worse = run(&mut judge, 42.5, 50.0, |s| craft(s, 45.0));
    assert_eq!(told(&worse), [(Raised, 2, 42.5)]);
    assert_eq!(worse[0].severity.level(), 3);
}

#[test]
fn what_is_over_is_not_told_as_worse_until_it_holds_again() {
    // It gets worse, by a lower speed, while what raised it is over for the moment.
    let mut judge = judge_of(
        "[[rule]]\nid = \"X\"\nname_zh = \"快\"\nname_en = \"fast\"\nwhen = \"sog_lcb90_kn >= 25\"\nescalate_when = \"ais_expected >= 0.9\"\n\
         clear_s = 60.0\nseverity = 1\ntext_zh = \"疑似\"\ntext_en = \"suspected\"\nowner = \"test\"\n",
    );
    let with = |kn: f64, expected: f64| move |s| Track { ais_expected: Some(expected), ..craft(s, kn) };
    assert_eq!(told(&run(&mut judge, 0.0, 10.0, with(30.0, 0.5))), [(Raised, 1, 0.0)]);
    assert!(run(&mut judge, 12.5, 40.0, with(10.0, 0.95)).is_empty());
    let worse = run(&mut judge, 42.5, 60.0, with(30.0, 0.95));
    assert_eq!(told(&worse), [(Raised, 1, 42.5)]);
    assert_eq!(worse[0].severity.level(), 2);
}

#[test]
fn an_alert_that_grows_worse_says_so_under_its_own_number() {
    // Dusk falls over the run: civil twilight ends at 18:54 local, 10:54 UTC, on that day.
    let dusk = 24_600.0;
    let alerts = run(&mut shipped(), dusk, dusk + 1800.0, |s| craft(s, 38.0));
    assert_eq!(
        alerts.iter().map(|a| (a.id.0, a.severity.level(), a.state)).collect::<Vec<_>>(),
        [(1, 3, Raised), (1, 4, Raised)]
    );
    assert_eq!(alerts[1].evidence.iter().find(|(n, _)| n == "is_night").unwrap().1, EvidenceValue::Flag(true));
}

#[test]
fn an_expired_rule_clears_and_raises_no_more() {
    let rule = |expires: &str| {
        format!(
            "[[rule]]\nid = \"X\"\nname_zh = \"快\"\nname_en = \"fast\"\nwhen = \"sog_lcb90_kn >= 25\"\nseverity = 1\n\
             text_zh = \"疑似\"\ntext_en = \"suspected\"\nowner = \"test\"\nexpires = {expires}\n"
        )
    };
    assert!(run(&mut judge_of(&rule("2026-03-14")), 0.0, 60.0, |s| craft(s, 38.0)).is_empty());
    // 2026-03-15 begins 72 000 s after that noon.
    let alerts = run(&mut judge_of(&rule("2026-03-15")), 71_990.0, 72_010.0, |s| craft(s, 38.0));
    assert_eq!(told(&alerts), [(Raised, 1, 71_990.0), (Cleared, 1, 72_000.0)]);
}

#[test]
fn what_is_not_known_neither_raises_nor_clears() {
    let mut judge = judge_of(
        "[[rule]]\nid = \"X\"\nname_zh = \"快\"\nname_en = \"fast\"\nwhen = \"ais_expected >= 0.9\"\nseverity = 1\nclear_s = 5.0\n\
         text_zh = \"疑似\"\ntext_en = \"suspected\"\nowner = \"test\"\n",
    );
    let with = |expected: Option<f64>| move |s| Track { ais_expected: expected, ..craft(s, 38.0) };
    assert!(run(&mut judge, 0.0, 60.0, with(None)).is_empty());
    assert_eq!(told(&run(&mut judge, 62.5, 70.0, with(Some(0.95)))), [(Raised, 1, 62.5)]);
    assert!(run(&mut judge, 72.5, 300.0, with(None)).is_empty());
    assert_eq!(told(&run(&mut judge, 302.5, 320.0, with(Some(0.1)))), [(Cleared, 1, 307.5)]);
}

#[test]
fn a_track_that_is_never_mentioned_again_is_forgotten() {
    let (mut judge, mut alerts) = (shipped(), run(&mut shipped(), 0.0, 0.0, |s| craft(s, 38.0)));
    run(&mut judge, 0.0, 20.0, |s| craft(s, 38.0));
    for minute in 0..30 {
        judge.advance(noon().plus_seconds(f64::from(minute) * 60.0), &mut alerts);
    }
    assert_eq!(alerts.iter().map(|a| (a.id.0, a.state)).collect::<Vec<_>>(), [(1, Cleared)]);
    assert_eq!((judge.active(), judge.remembered()), (0, 0));
}

#[test]
fn memory_is_bounded_by_the_tracks_that_live() {
    let (mut judge, mut alerts) = (shipped(), Vec::new());
    for n in 0..100_000 {
        let as_status = |status, seconds| Track { id: TrackId(n), status, ..craft(seconds, 38.0) };
        for seconds in [0.0, 5.0, 10.0] {
            judge.apply(&[as_status(TrackStatus::Confirmed, seconds)], &mut alerts);
        }
        assert_eq!(judge.remembered(), 1);
        judge.apply(&[as_status(TrackStatus::Deleted, 12.0)], &mut alerts);
    }
    assert_eq!((judge.remembered(), alerts.len()), (0, 200_000));
}

#[test]
fn the_same_looks_give_the_same_alerts_however_they_are_batched() {
    let looks: Vec<Track> = (0..4000)
        .map(|i| {
            let (seconds, n) = (f64::from(i / 40) * 2.5, i % 40);
            // Speeds that wander about the limits, each craft in its own way.
            let speed = 21.0 + 12.0 * (seconds / (20.0 + f64::from(n)) + f64::from(n)).sin();
            Track { id: TrackId(n as u64), ..craft(seconds, speed) }
        })
        .collect();
    let batched = |size: usize| {
        let (mut judge, mut alerts) = (shipped(), Vec::new());
        looks.chunks(size).for_each(|batch| judge.apply(batch, &mut alerts));
        alerts
    };
    let alone = batched(1);
    assert!(alone.len() > 20, "{}", alone.len());
    assert_eq!(alone, batched(1));
    assert_eq!(alone, batched(40));
    assert_eq!(alone, batched(4000));
}

#[test]
fn all_faults_of_all_rules_come_at_once() {
    let rules = config::default_rules().unwrap();
    let mut wrong = vec![rules[0].clone(), rules[0].clone()];
    wrong[0].when = "sog_knn > 3 && ais == 'non'".to_owned();
    wrong[1].text_en = "{nothing}".to_owned();
    let site = Site { name: String::new(), origin: Default::default(), sensors: Vec::new(), feeds: Vec::new() };
    let errors = Judge::new(&wrong, &site).unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors.iter().all(|e| e.starts_with("rule R01: ")));
}
