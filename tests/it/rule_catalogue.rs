//! The rules that ship, each told as a timeline: it fires, it does not where what it asks is unknown, it is kept silent, it clears;
//! and every alert can be decided again from its evidence.

use std::collections::BTreeMap;
use std::path::Path;

use haishao::config::{self, Config};
use haishao::engine::Pipeline;
use haishao::model::{
    AisClass, AisOffset, AisState, AlertState, Bearing, FeedId, Frame, Mmsi, Plausibility, Report, ReportKind, SensorId,
    Timestamp, Track, TrackId,
};
use haishao::rules::{Answer, Entry, Keys, ListKind, Lists, RuleSpec, Shape, Zone, ZoneKind};
use haishao::sim::{self, coast};

use crate::rule_watch::{
    SEA, SITE, Watch, again, answer, entry, heard, kn, look_after, night, plane, second, ship, shore_run, square, still, told,
    track,
};
use crate::shared;

#[test]
fn r02_a_ship_that_falls_silent_under_the_radar() {
    let lost = |s: f64| {
        let mut t = Track { ais: AisState::Lost, ..ship(1, s, SEA, [5.0, 0.0]) };
        t.ais_detail.silent_s = Some(100.0 + s);
        vec![t]
    };
    let mut w = Watch::of("R02");
    // Someone else is heard: the receiver works.
    w.judge.hear(&[heard(170.0, 413_000_000, AisClass::A, Plausibility::default())]);
    w.run(0.0, 200.0, lost);
    // Silent for 180 s at 80 s, held for 5 s.
    assert_eq!(second(w.only()), look_after(w.param("silent_a_s") - 100.0, w.rule().hold_s));
    w.run(202.5, 260.0, |s| vec![ship(1, s, SEA, [5.0, 0.0])]);
    assert_eq!(w.cleared_at(), look_after(202.5, w.rule().clear_s));
    // Where the silence is not known it says nothing.
    let mut w = Watch::of("R02");
    w.run(0.0, 200.0, |s| {
        let mut t = lost(s).remove(0);
        t.ais_detail.silent_s = None;
        vec![t]
    });
    w.silent();
    // At an anchorage it is kept back, and told so with the zone.
    let mut w = Watch::on(&["R02"], |g| g.zones = vec![square(ZoneKind::Anchorage, 1)]);
    w.run(0.0, 200.0, lost).silent();
    assert_eq!(w.suppressed.len(), 1);
    assert_eq!((w.suppressed[0].by.as_str(), w.suppressed[0].entry.as_deref()), ("'anchorage' in zones", Some("square")));
}

#[test]
fn r02_a_receiver_that_hears_nobody_makes_nobody_silent() {
    // Heard last at 0 s, and so was everybody; from 1200 s on others are heard again and the ship at 1230 s.
    let lost = |s: f64| {
        let mut t = Track { ais: AisState::Lost, ..ship(1, s, SEA, [5.0, 0.0]) };
        t.ais_detail.silent_s = Some(s);
        vec![t]
    };
    let others = |from: i32, to: i32| -> Vec<Report> {
        (from..to).map(|s| heard(f64::from(s), 413_000_000, AisClass::A, Plausibility::default())).collect()
    };
    let mut w = Watch::of("R02");
    w.judge.hear(&others(0, 2));
    w.run(0.0, 1200.0, lost);
    w.judge.hear(&others(1200, 1230));
    w.run(1202.5, 1230.0, lost).silent();
    // One that stays silent is told when it has been for three minutes that others were heard in.
    w.judge.hear(&others(1230, 1400));
    w.run(1232.5, 1400.0, lost);
    let alert = w.only();
    assert_eq!(second(alert), look_after(1199.0 + w.param("silent_a_s"), w.rule().hold_s));
    assert!(alert.text_en.contains("nothing for 18"), "{}", alert.text_en);
}

fn off(s: f64, m: f64) -> Track {
    let mut t = Track { ais: AisState::Inconsistent, ..ship(1, s, SEA, [5.0, 0.0]) };
    t.ais_detail.offset = Some(AisOffset { m: m + s / 1e6, sigma_m: 40.0 });
    t
}

#[test]
fn r03_ais_that_tells_of_another_place() {
    let mut w = Watch::of("R03");
    w.run(0.0, 120.0, |s| vec![off(s, 900.0)]);
    assert_eq!(second(w.only()), look_after(0.0, w.rule().hold_s));
    w.run(122.5, 400.0, |s| vec![off(s, 100.0)]);
    assert_eq!(w.cleared_at(), look_after(122.5, w.rule().clear_s));
    let mut w = Watch::of("R03");
    w.run(0.0, 120.0, |s| vec![Track { ais: AisState::Inconsistent, ..ship(1, s, SEA, [5.0, 0.0]) }]).silent();
    w.run(122.5, 240.0, |s| vec![off(s, 450.0)]).silent();
}

#[test]
fn r15_many_at_once_are_an_event_and_hold_r02_to_r04_back() {
    let mut w = Watch::on(&["R03", "R15"], |_| {});
    let fleet = |s: f64, wrong: bool| -> Vec<Track> {
        (0..8)
            .map(|n| {
                let p = [SEA[0] + 2500.0 * n as f64 / 8.0, SEA[1]];
                let mut t = ship(n + 1, s, p, [5.0, 0.0]);
                if wrong && n < 6 {
                    t = Track { id: t.id, mmsi: t.mmsi, position: t.position, ..off(s, 3000.0) };
                }
                t
            })
            .collect()
    };
    // In order for long enough that a change is one.
    w.run(0.0, 300.0, |s| fleet(s, false)).silent();
    w.run(302.5, 540.0, |s| fleet(s, true));
    let alert = w.only();
    assert_eq!((alert.rule.as_str(), alert.severity.level()), ("R15", 3));
    assert!(second(alert) <= 310.0);
    assert!(!w.suppressed.is_empty() && w.suppressed.iter().all(|s| s.alert.rule == "R03" && s.by == "rx_event"));
    // Two of eight are two crafts, not an event.
    let mut w = Watch::on(&["R03", "R15"], |_| {});
    w.run(0.0, 300.0, |s| fleet(s, false));
    w.run(302.5, 470.0, |s| {
        fleet(s, true)
            .into_iter()
            .enumerate()
            .map(|(i, t)| if i < 2 { t } else { ship(i as u64 + 1, s, [SEA[0] + 312.5 * i as f64, SEA[1]], [5.0, 0.0]) })
            .collect()
    });
    assert!(w.raised().iter().all(|a| a.rule == "R03") && w.raised().len() == 2, "{:?}", w.told());
}

#[test]
fn r04_one_number_in_two_places_and_numbers_of_wrong_form() {
    let mut w = Watch::of("R04");
    let mmsi = 412_000_010;
    for s in [10.0, 20.0, 30.0] {
        w.judge.hear(&[heard(s, mmsi, AisClass::A, Plausibility::JUMP)]);
    }
    w.run(30.0, 60.0, |s| vec![ship(1, s, SEA, [5.0, 0.0])]);
    let alert = w.only();
    assert_eq!((second(alert), alert.severity.level()), (look_after(30.0, w.rule().hold_s), 3));
    // A net buoy that borrows a number is none.
    let mut w = Watch::of("R04");
    for s in [10.0, 20.0, 30.0] {
        w.judge.hear(&[heard(s, 900_000_001, AisClass::B, Plausibility::JUMP)]);
    }
    w.run(30.0, 60.0, |s| vec![Track { mmsi: Some(Mmsi(900_000_001)), ..ship(1, s, SEA, [1.0, 0.0]) }]).silent();
    // Form alone is an advisory.
    let mut w = Watch::of("R04");
    w.judge.hear(&[
        heard(0.0, 412_000_011, AisClass::A, Plausibility::default()),
        told(0.0, 412_000_011, |s| s.imo = Some(9_074_729)),
    ]);
    w.run(0.0, 30.0, |s| vec![Track { mmsi: Some(Mmsi(412_000_011)), ..ship(1, s, SEA, [5.0, 0.0]) }]);
    assert_eq!(w.only().severity.level(), 2);
}

/// Two crafts that meet: one with AIS of 120 m lies still, the other, of the echo of a small boat, comes and stays beside it.
fn meeting(s: f64, ais: AisState) -> Vec<Track> {
    let x = (1500.0 - 8.0 * s).max(60.0);
    let v = if x > 60.0 { -8.0 } else { 0.0 };
    let mut boat = Track { ais, ..track(2, s, [SEA[0] + x, SEA[1]], [v, 0.0]) };
    boat.origin.speed = Some(8.0);
    boat.sensing.echo_m2 = Some([6.0, 9.0]);
    vec![ship(1, s, SEA, [0.1, 0.0]), boat]
}

#[test]
fn r05_two_that_meet_and_one_is_dark() {
    let mut w = Watch::of("R05");
    w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
    w.run(0.0, 500.0, |s| meeting(s, AisState::None));
    let alert = w.only();
    // Beside it from 180 s on; three minutes of that, found every 5 s.
    assert!((355.0..375.0).contains(&second(alert)), "{:?}", w.told());
    assert_eq!((alert.track, alert.basis.others.as_slice(), alert.severity.level()), (TrackId(2), &[TrackId(1)][..], 3));
    w.run(502.5, 1200.0, |s| vec![ship(1, s, SEA, [0.1, 0.0]), track(2, s, [SEA[0] + 3000.0, SEA[1]], [8.0, 0.0])]);
    assert!(w.cleared_at() > 800.0);
    // What is as large as a fishing boat, or of no known size, is told and calls nobody out.
    for echo in [Some([150.0, 180.0]), None] {
        let mut w = Watch::of("R05");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 500.0, |s| {
            let mut tracks = meeting(s, AisState::None);
            tracks[1].sensing.echo_m2 = echo;
            tracks
        });
        assert_eq!(w.only().severity.level(), 2);
    }
    let mut w = Watch::of("R05");
    w.run(0.0, 500.0, |s| meeting(s, AisState::Ok)).silent();
    let mut w = Watch::on(&["R05"], |g| g.zones = vec![square(ZoneKind::Anchorage, 1)]);
    w.run(0.0, 500.0, |s| meeting(s, AisState::None)).silent();
    assert_eq!(w.suppressed.len(), 1);
}

#[test]
fn r06_waiting_in_a_watch_zone() {
    // It comes 4 km from the west at 10 m/s, and from second 400 lies there.
    let arrived = 400.0;
    let wait = |s: f64| {
        let lies = |s: f64| [SEA[0] + 100.0 * (s / 300.0).sin(), SEA[1]];
        let to = lies(arrived);
        vec![if s < arrived {
            track(1, s, [to[0] - 10.0 * (arrived - s), to[1]], [10.0, 0.0])
        } else {
            track(1, s, lies(s), [0.5, 0.0])
        }]
    };
    // One that lay there when it was first seen, a buoy or an anchored boat, waits for nobody.
    Watch::on(&["R06"], |g| g.zones = vec![square(ZoneKind::Watch, 1)]).run(0.0, 2600.0, |s| wait(arrived + s)).silent();
    let mut w = Watch::on(&["R06"], |g| g.zones = vec![square(ZoneKind::Watch, 1)]);
    w.run(0.0, 2400.0, wait);
    assert_eq!((second(w.only()), w.only().severity.level()), (look_after(arrived, w.param("s")), 2));
    w.run(2402.5, 2800.0, |s| vec![track(1, s, [SEA[0] + 10.0 * (s - 2400.0), SEA[1]], [10.0, 0.0])]);
    assert!(w.cleared_at() < 2600.0);
    // In no zone of concern it may wait, and by an angler's ground it is kept back.
    Watch::on(&["R06"], |g| g.zones = vec![square(ZoneKind::Bunkering, 1)]).run(0.0, 2400.0, wait).silent();
    let mut w = Watch::on(&["R06"], |g| {
        g.zones = vec![square(ZoneKind::Watch, 1), Zone { id: "a".into(), ..square(ZoneKind::Angling, 1) }]
    });
    w.run(0.0, 2400.0, wait).silent();
    assert_eq!(w.suppressed.len(), 1);
}

#[test]
fn r07_a_run_for_the_shore_with_its_landing() {
    let mut w = Watch::of("R07");
    w.run(0.0, 240.0, shore_run);
    let alert = w.only();
    assert_eq!(alert.severity.level(), 4);
    assert!(alert.text_zh.contains("平海") && alert.text_en.contains("Pinghai"), "{}", alert.text_en);
    assert!(second(alert) < 120.0);
    // One that answers by AIS is no such run; nor where the shore is not known.
    Watch::of("R07").run(0.0, 240.0, |s| shore_run(s).into_iter().map(|t| Track { ais: AisState::Ok, ..t }).collect()).silent();
    Watch::on(&["R07"], |g| g.coast = None).run(0.0, 240.0, shore_run).silent();
    let own = entry(ListKind::Own, Keys { mmsi: Some(Mmsi(413_000_000)), ..Keys::default() });
    let mut w = Watch::on(&["R07"], |g| g.lists = Lists::new(vec![own.clone()]));
    w.judge.hear(&[heard(0.0, 413_000_000, AisClass::A, Plausibility::default())]);
    w.run(0.0, 240.0, |s| {
        shore_run(s).into_iter().map(|t| Track { ais: AisState::Lost, mmsi: Some(Mmsi(413_000_000)), ..t }).collect()
    });
    w.silent();
    assert_eq!((w.suppressed[0].by.as_str(), w.suppressed[0].entry.as_deref()), ("blue", Some("entry one")));
}

#[test]
fn r08_a_boat_that_begins_beside_a_large_ship() {
    let launch = |s: f64| {
        let mut all = vec![ship(1, s, [SEA[0] + 2.0 * s, SEA[1]], [2.0, 0.0])];
        if s >= 10.0 {
            let boat = track(2, s, [SEA[0] + 20.0, SEA[1] + 150.0 + 12.0 * (s - 10.0)], [0.0, 12.0]);
            all.push(Track { born: night().plus_seconds(10.0), ..boat });
        }
        all
    };
    let static_data = [heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})];
    let mut w = Watch::of("R08");
    w.judge.hear(&static_data);
    w.run(0.0, 120.0, launch);
    let alert = w.only();
    // Half a minute of age and 5 s of hold: within 90 s of leaving.
    assert_eq!(
        (second(alert), alert.track, alert.basis.others.as_slice()),
        (look_after(10.0 + w.param("settled_s"), w.rule().hold_s), TrackId(2), &[TrackId(1)][..])
    );
    // Without the ship's length nothing is said.
    Watch::of("R08").run(0.0, 120.0, launch).silent();
    let mut w = Watch::on(&["R08"], |g| g.zones = vec![square(ZoneKind::Pilot, 1)]);
    w.judge.hear(&static_data);
    w.run(0.0, 120.0, launch).silent();
    assert_eq!(w.suppressed.len(), 1);
}

#[test]
fn r09_a_boat_that_rides_along_a_ship() {
    let ride = |s: f64, gap: f64| {
        let x = SEA[0] - 4000.0 + 7.5 * s;
        vec![ship(1, s, [x, SEA[1]], [7.5, 0.0]), track(2, s, [x, SEA[1] + gap], [7.5, 0.0])]
    };
    let mut w = Watch::of("R09");
    w.run(0.0, 700.0, |s| ride(s, 250.0));
    assert!((600.0..610.0).contains(&second(w.only())), "{:?}", w.told());
    w.run(702.5, 900.0, |s| ride(s, 3000.0));
    assert!(w.cleared_at() < 850.0);
    Watch::of("R09").run(0.0, 700.0, |s| ride(s, 800.0)).silent();
}

#[test]
fn r10_inside_a_no_go_zone_with_its_own_severity() {
    let enter = |s: f64| vec![track(1, s, [SEA[0] - 2500.0 + 10.0 * s, SEA[1]], [10.0, 0.0])];
    let mut w = Watch::on(&["R10"], |g| g.zones = vec![square(ZoneKind::NoGo, 4)]);
    w.run(0.0, 100.0, enter);
    let alert = w.only();
    // The edge at 50 s; 1.28 sigmas of 10 m are passed at 52.5 s, held for 2 s.
    assert_eq!((second(alert), alert.severity.level()), (look_after(52.5, w.rule().hold_s), 4));
    assert!(alert.text_en.contains("the square") && alert.text_zh.contains("方区"));
    w.run(102.5, 700.0, enter);
    assert!((510.0..530.0).contains(&w.cleared_at()), "{:?}", w.told());
    Watch::on(&["R10"], |g| g.zones.clear()).run(0.0, 100.0, enter).silent();
}

#[test]
fn r11_a_line_is_crossed_after_three_looks() {
    let line = || Zone {
        kind: ZoneKind::Line,
        shape: Shape::Line(vec![plane().geodetic(SEA[0], SEA[1] - 5000.0), plane().geodetic(SEA[0], SEA[1] + 5000.0)]),
        ..square(ZoneKind::Line, 1)
    };
    let cross = |s: f64| vec![track(1, s, [SEA[0] - 500.0 + 10.0 * s, SEA[1]], [10.0, 0.0])];
    let mut w = Watch::on(&["R11"], |g| g.zones = vec![line()]);
    w.run(0.0, 80.0, cross);
    let alert = w.only();
    // On it at 50 s; two sigmas (20 m) beyond at 52.5, 55 and 57.5 s.
    assert_eq!(second(alert), look_after(57.5, w.rule().hold_s));
    assert!(alert.text_en.contains("inward: yes"), "{}", alert.text_en);
    // Along it on one side: never.
    Watch::on(&["R11"], |g| g.zones = vec![line()])
        .run(0.0, 80.0, |s| vec![track(1, s, [SEA[0] - 30.0, SEA[1] + 10.0 * s], [0.0, 10.0])])
        .silent();
}

#[test]
fn r12_the_watch_list_by_number_and_by_name() {
    let lists = || {
        Lists::new(vec![
            entry(ListKind::Watch, Keys { mmsi: Some(Mmsi(412_000_010)), ..Keys::default() }),
            Entry {
                label: "entry two".into(),
                ..entry(ListKind::Watch, Keys { name: Some("YUE HUI 1234".into()), ..Keys::default() })
            },
        ])
    };
    let mut w = Watch::on(&["R12"], |g| g.lists = lists());
    w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default())]);
    w.run(0.0, 10.0, |s| vec![ship(1, s, still(s), [5.0, 0.0])]);
    assert_eq!((w.only().severity.level(), w.only().text_en.contains("entry one")), (4, true));
    let mut w = Watch::on(&["R12"], |g| g.lists = lists());
    w.judge.hear(&[
        heard(0.0, 412_000_020, AisClass::A, Plausibility::default()),
        told(0.0, 412_000_020, |s| s.name = Some("YUEHUI 1235".into())),
    ]);
    w.run(0.0, 10.0, |s| vec![ship(2, s, still(s), [5.0, 0.0])]);
    assert_eq!((w.only().severity.level(), w.only().text_en.contains("entry two")), (2, true));
    // After its day an entry does not count.
    let old =
        || Lists::new(vec![Entry { answer: Answer { expires: Some(night()), ..answer() }, ..lists().entries()[0].clone() }]);
    let mut w = Watch::on(&["R12"], |g| g.lists = old());
    w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default())]);
    w.run(0.0, 10.0, |s| vec![ship(1, s, still(s), [5.0, 0.0])]).silent();
}

#[test]
fn r13_needs_a_camera_whatever_the_radar_says() {
    Watch::of("R13").run(0.0, 600.0, shore_run).silent();
    let mut w = Watch::of("R13");
    let at = night().plus_seconds(10.0);
    let bearing = Bearing { azimuth: 0.0, sigma_azimuth: None, object: None, class: Some(("Speedboat".into(), 0.92)) };
    w.judge.hear(&[Report {
        sensor: SensorId(2),
        t: at,
        received_at: at,
        transmission: Default::default(),
        kind: ReportKind::Bearing(bearing),
    }]);
    let mut seen = track(1, 10.0, SEA, [15.0, 0.0]);
    seen.sensors.touch(SensorId(2), at);
    w.look(&[seen]);
    assert_eq!(w.only().severity.level(), 2);
    assert!(w.only().text_en.contains("needs boarding") && !w.only().text_en.contains("smuggl"));
    // The camera's word is of the track that took its bearing, and of no other.
    let mut w = Watch::of("R13");
    w.look(&[track(1, 10.0, SEA, [15.0, 0.0])]);
    w.silent();
}

#[test]
fn r14_a_fishing_boat_that_runs_thirty_knots() {
    let reports =
        [heard(0.0, 412_000_010, AisClass::B, Plausibility::default()), told(0.0, 412_000_010, |s| s.ship_type = Some(30))];
    let mut w = Watch::of("R14");
    w.judge.hear(&reports);
    w.run(0.0, 100.0, |s| vec![ship(1, s, SEA, [kn(30.0), 0.0])]);
    assert_eq!(second(w.only()), look_after(0.0, w.rule().hold_s));
    let mut w = Watch::of("R14");
    w.run(0.0, 100.0, |s| vec![ship(1, s, SEA, [kn(30.0), 0.0])]).silent();
}

#[test]
fn r16_a_ship_that_drags_its_anchor_over_a_cable() {
    // Its heading is north (as heard), its way east.
    let drag = |s: f64| vec![ship(1, s, [SEA[0] + s, SEA[1]], [1.0, 0.0])];
    let mut w = Watch::on(&["R16"], |g| g.zones = vec![square(ZoneKind::Cable, 3)]);
    w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default())]);
    w.run(0.0, 700.0, drag);
    assert_eq!((second(w.only()), w.only().severity.level()), (look_after(0.0, w.rule().hold_s), 3));
    Watch::on(&["R16"], |g| g.zones = vec![square(ZoneKind::Cable, 3)]).run(0.0, 700.0, drag).silent();
}

/// Twelve boats that fish, with AIS or without.
fn fleet(s: f64) -> Vec<Track> {
    (0..12).map(|n| track(10 + n, s, [SEA[0] + 150.0 * (n % 4) as f64, SEA[1] + 150.0 * (n / 4) as f64], [0.8, 0.0])).collect()
}

#[test]
fn r17_into_a_fleet_and_out_of_it() {
    let boat = |s: f64| {
        // At 40 kn to the fleet, ten minutes among it, and away at 35 kn.
        let (x, v) = match s {
            s if s < 200.0 => (-4000.0 + 20.0 * s, 20.0),
            s if s < 800.0 => (0.3 * (s - 200.0), 0.3),
            s => (180.0 + 18.0 * (s - 800.0), 18.0),
        };
        track(1, s, [SEA[0] + x, SEA[1] + 50.0], [v, 0.0])
    };
    let mut w = Watch::of("R17");
    w.run(0.0, 1100.0, |s| fleet(s).into_iter().chain([boat(s)]).collect());
    let told: Vec<(f64, u8, u64)> = w.raised().iter().map(|a| (second(a), a.severity.level(), a.track.0)).collect();
    w.alerts.iter().for_each(|a| again(a, &w.rules));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!((230.0..260.0).contains(&told[0].0) && told[0].1 == 2 && told[0].2 == 1, "{told:?}");
    // It starts at 800 s and is out of the cluster from about 900 s on: told worse as it starts, under its own number.
    assert!((800.0..830.0).contains(&told[1].0) && told[1].1 == 3, "{told:?}");
    assert_eq!(w.raised()[0].id, w.raised()[1].id);
    // A burst while it lies there, which is none, does not swallow the exit half an hour later; two bursts within the hold-down are one.
    let burst = |s: f64| {
        let (x, v) = match s {
            s if s < 200.0 => (-4000.0 + 20.0 * s, 20.0),
            s if (420.0..435.0).contains(&s) || (700.0..715.0).contains(&s) => (60.0, 20.0),
            s if s < 2200.0 => (60.0, 0.3),
            s => (60.0 + 18.0 * (s - 2200.0), 18.0),
        };
        track(1, s, [SEA[0] + x, SEA[1] + 50.0], [v, 0.0])
    };
    let mut w = Watch::of("R17");
    w.run(0.0, 2400.0, |s| fleet(s).into_iter().chain([burst(s)]).collect());
    let told: Vec<(f64, u8)> = w.raised().iter().map(|a| (second(a), a.severity.level())).collect();
    assert_eq!(told.iter().map(|t| t.1).collect::<Vec<_>>(), [2, 3, 3], "{told:?}");
    assert!((420.0..435.0).contains(&told[1].0) && (2200.0..2230.0).contains(&told[2].0), "{told:?}");
    // One whose speed is not known is not told as an exit either.
    let unsure = |s: f64| Track { velocity_cov: if s < 400.0 { [0.3, 0.0, 0.3] } else { [68.0, 0.0, 68.0] }, ..burst(s) };
    let mut w = Watch::of("R17");
    w.run(0.0, 690.0, |s| fleet(s).into_iter().chain([unsure(s)]).collect());
    assert_eq!(w.raised().iter().map(|a| a.severity.level()).collect::<Vec<_>>(), [2], "{:?}", w.told());
    // The fleet itself says nothing, nor one of it that looked fast for a quarter of a minute when it was first seen.
    Watch::of("R17").run(0.0, 1100.0, fleet).silent();
    let hasty = |s: f64| track(1, s, [SEA[0], SEA[1] + 50.0], [if (10.0..25.0).contains(&s) { 20.0 } else { 0.3 }, 0.0]);
    Watch::of("R17").run(0.0, 400.0, |s| fleet(s).into_iter().chain([hasty(s)]).collect()).silent();
}

#[test]
fn r18_two_that_run_together() {
    let pair = |s: f64, apart: f64| {
        (0..2).map(|n| track(1 + n, s, [SEA[0] + 18.0 * s, SEA[1] + apart * n as f64], [18.0, 0.0])).collect::<Vec<_>>()
    };
    let mut w = Watch::of("R18");
    w.run(0.0, 60.0, |s| pair(s, 400.0));
    let raised = w.raised();
    assert_eq!(raised.len(), 2);
    assert!(raised.iter().all(|a| a.severity.level() == 4 && a.basis.others.len() == 1));
    raised.iter().for_each(|a| again(a, &w.rules));
    Watch::of("R18").run(0.0, 60.0, |s| pair(s, 3000.0)).silent();
}

#[test]
fn silence_of_the_receiver_is_no_evidence_of_the_score() {
    let both = |s: f64| {
        let mut lost = Track { ais: AisState::Lost, ..ship(1, s, SEA, [5.0, 0.0]) };
        lost.ais_detail.silent_s = Some(s);
        vec![lost, Track { ais_expected: Some(0.9), ..track(2, s, [SEA[0], SEA[1] + 3000.0], [5.0, 0.0]) }]
    };
    let others = |from: i32, to: i32| -> Vec<Report> {
        (from..to).map(|s| heard(f64::from(s), 413_000_000, AisClass::A, Plausibility::default())).collect()
    };
    let mut w = Watch::of("R07");
    let counts = |w: &Watch| {
        let of = |id| w.judge.score(TrackId(id)).unwrap().contributions;
        [of(1).iter().any(|c| c.name == "AIS stopped"), of(2).iter().any(|c| c.name == "AIS not received where expected")]
    };
    w.judge.hear(&others(0, 2));
    w.run(0.0, 40.0, both);
    assert_eq!(counts(&w), [true, true]);
    // Nobody is heard, then others are again: nobody has had time to.
    w.run(42.5, 1200.0, both);
    assert_eq!(counts(&w), [false, false]);
    w.judge.hear(&others(1200, 1230));
    w.run(1202.5, 1230.0, both);
    assert_eq!(counts(&w), [false, false]);
    w.judge.hear(&others(1230, 1400));
    w.run(1232.5, 1400.0, both);
    assert_eq!(counts(&w), [true, true]);
}

#[test]
fn the_score_orders_and_is_made_of_what_it_shows() {
    let mut w = Watch::of("R07");
    w.run(0.0, 120.0, |s| shore_run(s).into_iter().chain([ship(2, s, SEA, [5.0, 0.0])]).collect());
    let (boat, honest) = (w.judge.score(TrackId(1)).unwrap(), w.judge.score(TrackId(2)).unwrap());
    assert!(boat.log_odds > honest.log_odds + 3.0, "{boat:?}\n{honest:?}");
    let sum: f64 = boat.contributions.iter().map(|c| c.nats()).sum();
    assert!((boat.log_odds - (-6.8 + sum)).abs() < 1e-9);
    assert_eq!(w.only().basis.score.map(|s| s > -6.8), Some(true));
    assert!(boat.unknown.contains(&"camera: go-fast"));
    // With no evidence left but time it fades by half in half an hour.
    w.run(122.5, 1922.5, |s| vec![track(1, s, SEA, [0.5, 0.0])]);
    let later = w.judge.score(TrackId(1)).unwrap();
    let kinematic =
        |s: &haishao::rules::Score| s.contributions.iter().find(|c| c.name == "at least 35 kn").map(|c| c.confidence);
    assert!((kinematic(&later).unwrap() / kinematic(&boat).unwrap() - 0.5).abs() < 0.03, "{later:?}");
}

#[test]
fn other_rules_take_over_whole_or_not_at_all() {
    let mut w = Watch::on(&["R01", "R07"], |_| {});
    w.run(0.0, 120.0, shore_run);
    assert_eq!(w.judge.active(), 2);
    let grounds = config::parse(SITE, Path::new("site.toml")).unwrap().grounds;
    let mut wrong = w.rules.clone();
    wrong[0].when = "sog_knn > 3.0".into();
    let mut out = Vec::new();
    assert_eq!(w.judge.replace(&wrong, &grounds, night(), &mut out).unwrap_err().len(), 1);
    assert_eq!((w.judge.active(), out.len()), (2, 0));
    // R07 goes, R01 stays under its number and with its clock.
    let kept: Vec<RuleSpec> = w.rules.iter().filter(|r| r.id == "R01").cloned().collect();
    w.judge.replace(&kept, &grounds, night().plus_seconds(121.0), &mut out).unwrap();
    assert_eq!(out.iter().map(|a| (a.rule.as_str(), a.state)).collect::<Vec<_>>(), [("R07", AlertState::Cleared)]);
    let before = w.alerts.len();
    w.run(122.5, 180.0, shore_run);
    assert_eq!((w.judge.active(), w.alerts.len()), (1, before));
}

/// Alerts by rule, each decided again from its evidence.
fn decided<'f>(config: &Config, frames: impl Iterator<Item = (FeedId, Timestamp, Vec<u8>)> + 'f) -> BTreeMap<String, usize> {
    let mut pipeline = Pipeline::new(config).unwrap();
    let mut by_rule = BTreeMap::new();
    for (feed, received_at, bytes) in frames {
        let (_, effects) = pipeline.frame(Frame { feed, received_at, bytes: &bytes });
        for alert in &effects.alerts {
            again(alert, &config.rules);
            *by_rule.entry(format!("{} {}", alert.rule, alert.state.word())).or_default() += 1;
        }
        for kept_back in &effects.suppressed {
            // What keeps it silent comes out of its evidence as well.
            let alert = &kept_back.alert;
            let spec = config.rules.iter().find(|r| r.id == alert.rule).unwrap();
            let verdict = spec.verdict(&alert.evidence).unwrap();
            assert_eq!(verdict.suppressed.as_ref(), Some(&kept_back.by), "{alert:?}");
            *by_rule.entry(format!("{} kept back", alert.rule)).or_default() += 1;
        }
    }
    by_rule
}

/// Everything that the shipped rules say of simulated nights can be decided again from its evidence, all of it.
#[test]
fn every_alert_of_simulated_nights_comes_out_again() {
    let seconds: f64 = std::env::var("HAISHAO_RULES_SECONDS").map_or(900.0, |s| s.parse().unwrap());
    let mut all = 0;
    let text = sim::site_toml(&sim::FEEDS);
    let site = "coast = \"builtin:coast/daya_bay.geojson\"\n".to_owned() + &text;
    let config = config::parse(&site, Path::new("site.toml")).unwrap();
    let night = sim::DayaBayNight::new(7, night()).lasting(seconds);
    let by_rule = decided(&config, night.map(|e| (e.feed, e.at, e.bytes)));
    println!("daya-bay-night: {by_rule:?}");
    all += by_rule.values().sum::<usize>();
    for (name, seed) in [("night_run", 41), ("mother_ship", 42), ("jamming", 43)] {
        let world = coast::world(coast::story(name).unwrap(), seed).lasting(seconds);
        let text = coast::site_toml(&coast::radars(seed), &world.feeds());
        let config = config::parse(&text, Path::new("site.toml")).unwrap();
        let by_rule = decided(&config, world.map(|e| (e.feed, e.at, e.bytes)));
        println!("{name}: {by_rule:?}");
        all += by_rule.values().sum::<usize>();
    }
    assert!(all > 20, "{all}");
}

/// The same of recorded bytes of another encoder.
#[test]
fn every_alert_of_the_scenes_comes_out_again() {
    let Some(scenes) = shared::data("scenes/wire") else { return };
    let mut all = 0;
    for scene in ["S1_clear_1", "S4_storm_1"] {
        let folder = scenes.join(scene);
        let site = std::fs::read_to_string(folder.join("site.toml")).unwrap();
        let text = format!(
            "coast = \"builtin:coast/daya_bay.geojson\"\n{site}\n[[zone]]\nfile = \"builtin:zones/daya_bay.geojson\"\n"
        );
        let config = config::parse(&text, &folder.join("site.toml")).unwrap();
        let paths = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path());
        let capture = paths.into_iter().find(|p| p.to_string_lossy().contains(".pcap")).expect("a capture");
        let frames = haishao::feed::recorded::Recorded::open(&capture, &config.site, None).unwrap();
        let by_rule = decided(&config, frames.map(|f| f.map(|f| (f.feed, f.received_at, f.bytes)).unwrap()));
        println!("{scene}: {by_rule:?}");
        all += by_rule.values().sum::<usize>();
    }
    assert!(all > 4, "{all}");
}
