//! Whether AIS is expected from a craft, learned from those that report: on a scripted sea, and on a national feed.

use haishao::config;
use haishao::engine::Pipeline;
use haishao::model::{AisClass, AisState, FeedId, Frame, Mmsi, ReportKind, Timestamp};
use haishao::sim::Recording;

use crate::wire_scene::{Hull, Scene, Transmitter, Way};
use crate::{scenes, shared};

/// East of here three of four reports are lost: a headland stands between.
const SHADOW_EAST_M: f64 = 4000.0;

fn loss(place: [f64; 2]) -> f64 {
    if place[0] > SHADOW_EAST_M { 0.75 } else { 0.05 }
}

/// Six small craft with AIS go up and down on each side, and a boat without lies on each side, one lies where nobody goes.
fn sea(seed: u64, deaf_from: f64) -> Scene {
    let mut scene = Scene { seconds: 1500.0, seed, loss, deaf_from: Some(deaf_from), ..Scene::default() };
    for i in 0..12u32 {
        let west = if i < 6 { -6000.0 } else { 4500.0 };
        let north = 1000.0 + 900.0 * f64::from(i % 6);
        let way = Way::straight([west, north], [2.2, 0.0], 0.0..1600.0);
        scene.transmitters.push(Transmitter { mmsi: 412_500_000 + i, class_a: false, way: way.clone(), interval_s: 30.0 });
    }
    for place in [[-5000.0, 3300.0], [5000.0, 3300.0], [-4000.0, 14_500.0]] {
        scene.hulls.push(Hull { way: Way::straight(place, [1.8, 0.0], 0.0..1600.0), pd: 0.9 });
    }
    scene
}

#[test]
fn silence_means_something_only_where_ships_are_heard() {
    for seed in [1, 2] {
        let said = sea(seed, 1300.0).run();
        let at = |hull: usize, t: f64| {
            let scene = sea(seed, 1300.0);
            let [e, n, ..] = scene.hulls[hull].way.at(t).unwrap();
            let track = said.near(t, [e, n], 150.0).unwrap_or_else(|| panic!("seed {seed}: hull {hull} is not held at {t}"));
            assert_eq!((track.mmsi, track.ais), (None, AisState::None));
            track.ais_expected
        };
        // Two reports are due in a minute: 1 − 0.05² = 0.9975 and 1 − 0.75² = 0.44 if the shares were known exactly.
        let west = at(0, 1290.0).unwrap();
        assert!(west > 0.97, "seed {seed}: {west}");
        let east = at(1, 1290.0).unwrap();
        assert!((east - 0.44).abs() < 0.15, "seed {seed}: {east}");
        assert_eq!(at(2, 1290.0), None, "seed {seed}: nobody ever went there");
        // The station has died: nothing is expected of anyone.
        assert_eq!(at(0, 1480.0), None, "seed {seed}");
    }
}

/// The national feed of 37 Danish stations: what was learned in its first part predicts its second.
#[test]
fn what_a_national_feed_has_taught_holds_for_the_rest_of_it() {
    let Some(path) = shared::data("ais/raw/dma-ais-sample.txt.gz") else { return };
    let log = String::from_utf8_lossy(&shared::read(&path)).into_owned();
    let recording = Recording::new(&log);
    let toml = "[site]\nname = \"Denmark\"\norigin = { lat = 56.0, lon = 11.2 }\n[[sensor]]\nid = \"AIS\"\nkind = \"ais\"\nformat = \"nmea\"\nfeed = \"udp://0.0.0.0:9000\"\n";
    let config = config::parse(toml, std::path::Path::new("site.toml")).unwrap();
    let mut pipeline = Pipeline::new(&config).unwrap();
    let begin = recording.start_before(scenes::EPOCH);
    let mut heard: std::collections::BTreeMap<Mmsi, Vec<f64>> = Default::default();
    let mut asked: Vec<(Mmsi, AisClass, f64, f64)> = Vec::new();
    let mut class: std::collections::BTreeMap<Mmsi, AisClass> = Default::default();
    let (mut next, mut end) = (0.0, 0.0);
    for (at, bytes) in recording.datagrams(begin) {
        let t = at.seconds_since(begin);
        end = t;
        let (reports, _) = pipeline.frame(Frame { feed: FeedId(0), received_at: at, bytes: &bytes });
        for r in reports {
            if let ReportKind::AisPosition(a) = &r.kind {
                heard.entry(a.mmsi).or_default().push(t);
                class.insert(a.mmsi, a.class);
            }
        }
        if t >= next {
            next = t + 10.0;
            let picture = pipeline.core().picture();
            for track in picture.tracks() {
                if let (Some(mmsi), Some(p)) = (track.mmsi, track.ais_expected) {
                    asked.push((mmsi, class[&mmsi], t, p));
                }
            }
        }
    }
    let _: Timestamp = begin;
    // In the second half of the feed.
    let mut bins = [[0.0f64; 3]; 4];
    for (mmsi, class, t, p) in asked {
        let later: Vec<f64> = heard[&mmsi].iter().copied().filter(|h| *h > t).collect();
        if t < 0.5 * end || t > end - 60.0 || !matches!(class, AisClass::A | AisClass::B) {
            continue;
        }
        let bin = &mut bins[if p < 0.5 {
            0
        } else if p < 0.9 {
            1
        } else if p < 0.98 {
            2
        } else {
            3
        }];
        bin[0] += 1.0;
        bin[1] += p;
        bin[2] += f64::from(u8::from(later.iter().any(|h| *h <= t + 60.0)));
    }
    let all: f64 = bins.iter().map(|b| b[0]).sum();
    eprintln!("{end:.0} s, {} stations, {all} questions", heard.len());
    for [n, p, came] in bins {
        eprintln!("  {n:6} times expected {:.3}, came {:.3}", p / n, came / n);
        if n > 200.0 {
            assert!((p / n - came / n).abs() < 0.1, "expected {:.3}, came {:.3} of {n}", p / n, came / n);
        }
    }
    assert!(all > 1000.0, "asked {all} times only");
}
