//! A real ARPA recording: 24 minutes off western Sweden, four target numbers, one craft that runs 18–26 kn while the radar's own
//! speed says up to 31. No boat there holds 25 kn: the shipped rules must be silent, and a limit of 15 kn must raise that craft.

use std::collections::BTreeSet;
use std::path::Path;

use haishao::config;
use haishao::engine::Pipeline;
use haishao::feed::recorded::Recorded;
use haishao::geo::{Geodetic, distance_m};
use haishao::model::{Alert, AlertState, Frame, SensorId, TrackId, TrackStatus};

use crate::shared;

const SITE: &str = r#"
[site]
name = "navico"
origin = { lat = 58.21, lon = 11.53 }

[[sensor]]
id = "arpa"
kind = "radar"
format = "nmea"
feed = "udp://0.0.0.0:10110"
"#;

struct Run {
    alerts: Vec<Alert>,
    confirmed: BTreeSet<TrackId>,
    fastest_bound_kn: f64,
}

fn replay(log: &Path, more: &str) -> Run {
    let config = config::parse(&format!("{SITE}{more}"), Path::new("navico.toml")).unwrap();
    let mut pipeline = Pipeline::new(&config).unwrap();
    let mut run = Run { alerts: Vec::new(), confirmed: BTreeSet::new(), fastest_bound_kn: 0.0 };
    for frame in Recorded::open(log, &config.site, Some(SensorId(0))).unwrap() {
        let frame = frame.unwrap();
        let (_, effects) = pipeline.frame(Frame { feed: frame.feed, received_at: frame.received_at, bytes: &frame.bytes });
        for t in effects.tracks.iter().filter(|t| t.status == TrackStatus::Confirmed) {
            run.confirmed.insert(t.id);
            run.fastest_bound_kn = run.fastest_bound_kn.max(t.sog_lcb90 * 3600.0 / 1852.0);
        }
        run.alerts.extend(effects.alerts.iter().cloned());
    }
    run
}

#[test]
fn the_shipped_rules_are_silent_where_no_boat_holds_25_knots() {
    let Some(log) = shared::data("radar/nmea/navico4g-arpa.nmea.gz") else { return };
    let run = replay(&log, "");
    // Silence proves something only if the boats are tracked: numbers 1 to 4, two of them with two lives.
    assert!((4..=12).contains(&run.confirmed.len()), "{} tracks", run.confirmed.len());
    assert!(run.alerts.is_empty(), "{:#?}", run.alerts);
    assert!((15.0..25.0).contains(&run.fastest_bound_kn), "the fast craft's bound reaches {} kn", run.fastest_bound_kn);
}

#[test]
fn a_limit_of_15_knots_raises_the_one_fast_craft() {
    let Some(log) = shared::data("radar/nmea/navico4g-arpa.nmea.gz") else { return };
    let run = replay(
        &log,
        r#"
[[rule]]
id = "T15"
name_zh = "快"
name_en = "fast"
when = "sog_lcb90_kn >= 15.0 && ais == 'none'"
hold_s = 3.0
clear_s = 120.0
severity = 3
text_zh = "至少{sog_lcb90_kn:.0}节"
text_en = "at least {sog_lcb90_kn:.0} kn"
owner = "test"
"#,
    );
    let raised: Vec<_> = run.alerts.iter().filter(|a| a.state == AlertState::Raised).collect();
    let [alert] = raised[..] else { panic!("{:#?}", run.alerts) };
    // The radar's own places say which one it is: number 4, by far the fastest.
    let log = String::from_utf8(shared::read(&log)).unwrap();
    let numbers: BTreeSet<u16> =
        log.lines().filter_map(told_place).filter(|told| told.is_near(alert)).map(|t| t.number).collect();
    assert_eq!(numbers, BTreeSet::from([4]));
}

/// What a TLL says.
struct Told {
    number: u16,
    second_of_day: i64,
    place: Geodetic,
}

impl Told {
    /// Within 100 m and 4 s, a turn and a half of the antenna.
    fn is_near(&self, alert: &Alert) -> bool {
        let second = alert.t.nanos().div_euclid(1_000_000_000).rem_euclid(86_400);
        (self.second_of_day - second).abs() <= 4 && distance_m(self.place, alert.position) <= 100.0
    }
}

fn told_place(line: &str) -> Option<Told> {
    let f: Vec<&str> = line.split_once("$RATLL,")?.1.split(',').collect();
    let degrees = |text: &str, digits: usize| {
        Some(text.get(..digits)?.parse::<f64>().ok()? + text.get(digits..)?.parse::<f64>().ok()? / 60.0)
    };
    let utc = |from: usize| f.get(6)?.get(from..from + 2)?.parse::<i64>().ok();
    Some(Told {
        number: f.first()?.parse().ok()?,
        second_of_day: utc(0)? * 3600 + utc(2)? * 60 + utc(4)?,
        place: Geodetic::from_degrees(degrees(f.get(1)?, 2)?, degrees(f.get(3)?, 3)?),
    })
}
