//! The scenarios: each is made, read by our own decoders, checked by `haishao check`, and true to its seed.

use std::collections::BTreeMap;
use std::process::Command;

use haishao::config;
use haishao::model::{AisClass, FeedId, Frame, ReportKind};
use haishao::sim::coast::{self, Class, STORIES};
use haishao::wire::{Decode, WireHealth, decoder};

fn haishao() -> Command {
    Command::new(env!("CARGO_BIN_EXE_haishao"))
}

#[test]
fn every_scenario_is_made_and_its_site_passes_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let list = haishao().args(["simulate", "--list"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for story in STORIES {
        assert!(list.lines().any(|l| l.starts_with(story.name) && l.contains(story.what)), "{} is not listed", story.name);
        let out = dir.path().join(story.name);
        let made =
            haishao().args(["simulate", story.name, "--seed", "3", "--duration", "20", "--out"]).arg(&out).output().unwrap();
        assert!(made.status.success(), "{}: {}", story.name, String::from_utf8_lossy(&made.stderr));
        let checked = haishao().arg("check").arg("--config").arg(out.join("site.toml")).output().unwrap();
        assert!(checked.status.success(), "{}: {}", story.name, String::from_utf8_lossy(&checked.stderr));
        let events = std::fs::read_to_string(out.join("truth_events.csv")).unwrap();
        assert!(events.starts_with("t_crit,id,rule,in_coverage,what\n"));
        let truth = std::fs::read_to_string(out.join("truth.csv")).unwrap();
        // Eight tellings of at least a hundred crafts.
        assert!(truth.lines().count() > 800, "{}", story.name);
    }
}

#[test]
fn a_seed_is_a_scenario_and_another_seed_another() {
    let story = coast::story("null_night").unwrap();
    let bytes = |seed| coast::world(story, seed).lasting(15.0).collect::<Vec<_>>();
    let (a, b, c) = (bytes(5), bytes(5), bytes(6));
    assert!(a.len() > 200 && a.is_sorted_by_key(|e| e.at));
    assert_eq!(a, b);
    assert_ne!(a, c);
}

#[test]
fn everything_that_is_sent_is_read_and_ships_report_at_the_standards_intervals() {
    let story = coast::story("null_night").unwrap();
    let seconds = 300.0;
    let mut world = coast::world(story, 11).lasting(seconds).with_truth();
    let text = coast::site_toml(&coast::radars(11), &world.feeds());
    let site = config::parse(&text, std::path::Path::new("site.toml")).unwrap().site;
    let mut decoders: Vec<Box<dyn Decode>> = (0..4).map(|i| decoder(&site, FeedId(i))).collect();
    let (mut reports, mut health) = (Vec::new(), WireHealth::default());
    for e in world.by_ref() {
        let frame = Frame { feed: e.feed, received_at: e.at, bytes: &e.bytes };
        decoders[usize::from(e.feed.0)].decode(frame, &mut reports, &mut health);
    }
    assert_eq!(health.refused_total(), 0, "{:?}", health.refused);

    // Merchants under way at 3–14 kn speak every 10 s. Near the station .98 are heard, less a good minute in sixty of bad air.
    let mut heard: BTreeMap<u32, usize> = BTreeMap::new();
    for report in &reports {
        if let ReportKind::AisPosition(p) = &report.kind
            && p.class == AisClass::A
        {
            *heard.entry(p.mmsi.0).or_default() += 1;
        }
    }
    let truth = world.take_truth();
    // Far ships and those behind land are heard less: the best heard one is what the interval shows.
    let mut best = 0.0f64;
    for v in world.vessels().iter().filter(|v| v.class == Class::Merchant && v.mmsi.is_some()) {
        let rows: Vec<_> = truth.iter().filter(|r| r.id == v.id).collect();
        let speeds: Vec<f64> = rows.iter().map(|r| coast::knots(r.velocity)).collect();
        if speeds.len() as f64 * 2.5 > seconds - 5.0 && speeds.iter().all(|kn| (3.5..13.5).contains(kn)) {
            best = best.max(heard.get(&v.mmsi.unwrap().0).copied().unwrap_or(0) as f64 / (seconds / 10.0));
        }
    }
    // Turning ships speak more often; those near 14 kn as well.
    assert!((0.85..1.25).contains(&best), "the best heard ship spoke {best} times as often as every 10 s");
}

#[test]
fn nobody_floats_on_land_and_boats_hold_their_speeds() {
    for name in ["night_run", "fleet_hide", "ferry_confuser"] {
        let mut world = coast::world(coast::story(name).unwrap(), 4).lasting(420.0).with_truth();
        while world.next().is_some() {}
        let truth = world.take_truth();
        let mut fastest = 0.0f64;
        for row in truth.iter().filter(|r| r.class != Class::Bird) {
            assert!(!coast::on_land(row.position), "{name}: {row:?}");
            let kn = coast::knots(row.velocity);
            if row.class == Class::GoFast {
                fastest = fastest.max(kn);
            }
            let most = match row.class {
                Class::GoFast => 65.0,
                Class::JetSki => 45.0,
                Class::Patrol => 50.0,
                Class::Ferry => 44.0,
                Class::Tourist => 38.0,
                Class::Angler => 33.0,
                Class::Tug => 31.0,
                Class::Merchant => 18.0,
                Class::Sampan => 17.0,
                _ => 10.0,
            };
            assert!(kn <= most, "{name}: {kn} kn: {row:?}");
        }
        if name != "ferry_confuser" {
            // No slower than the clip of the law of speeds, less what the helm takes.
            assert!(fastest > 30.0, "{name}: no boat ran: {fastest} kn");
        }
    }
}

fn bench(args: &[&str], json: &std::path::Path) -> std::process::Output {
    haishao().args(["bench", "alerts"]).args(args).arg("--json").arg(json).output().unwrap()
}

#[test]
fn bench_alerts_tells_the_same_figures_on_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let told = |threads: &str| {
        let json = dir.path().join(threads);
        let args = ["--scenario", "night_run", "--seeds", "7..9", "--duration", "420", "--threads", threads];
        let out = bench(&args, &json);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(text.starts_with("seeds 7..9 (TUNING seeds)"), "{text}");
        std::fs::read_to_string(json).unwrap()
    };
    let (one, two) = (told("1"), told("2"));
    assert_eq!(one, two);
    let json: serde_json::Value = serde_json::from_str(&one).unwrap();
    let night = &json["scenarios"][0];
    assert_eq!(night["runs"], 2);
    assert!((night["hours"].as_f64().unwrap() - 840.0 / 3600.0).abs() < 0.01);
    // The naive rule judges the same tracks, and knows neither doubt nor hold: it cannot call for fewer of the boats.
    assert!(night["naive"]["called"].as_u64() >= night["rules"]["called"].as_u64(), "{night}");
    assert!((0.2..0.9).contains(&night["coverage"].as_f64().unwrap()), "{night}");
}

#[test]
fn bench_alerts_tells_what_is_wrong_with_rules_as_check_does() {
    let dir = tempfile::tempdir().unwrap();
    let (rules, json) = (dir.path().join("mine.toml"), dir.path().join("out.json"));
    let good = include_str!("../../config/rules.toml");
    std::fs::write(&rules, good.replacen("few_hits = 0.4", "few_hits = \"x\"", 1)).unwrap();
    let file = rules.to_str().unwrap();
    let out = bench(&["--scenario", "null_night", "--seeds", "1..2", "--duration", "1", "--rules", file], &json);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success());
    assert!(
        said.contains("mine.toml:") && said.contains("\"few_hits\" is not a number") && !said.contains("Fault {"),
        "{said}"
    );
}

#[test]
fn bench_alerts_names_the_scenarios_to_one_who_misspells() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("alerts.json");
    let out = bench(&["--scenario", "nigth_run"], &json);
    assert!(!out.status.success() && !json.exists());
    assert!(String::from_utf8_lossy(&out.stderr).contains("there is: night_run"));
    let out = bench(&["--seeds", "9..7"], &json);
    assert_eq!(out.status.code(), Some(2));
}
