//! Cameras whose north is off, or that look at one boat for minutes: bearings must not pull at the wrong craft.

use haishao::engine::misaligned;
use haishao::fuse::{Gives, RadarErrors};
use haishao::model::TrackStatus;

use crate::wire_scene::{Eye, Hull, LooksAt, Said, Scene, Transmitter, Way};

const SECONDS: f64 = 300.0;

/// Ways of six ships that tell of themselves, and of sixteen boats that do not, four of them in pairs 130 m apart that go the same way.
fn ways() -> Vec<Way> {
    let ships = [
        ([-5000.0, 2000.0], [7.0, 0.5]),
        ([7500.0, 5200.0], [-6.0, 0.0]),
        ([-4000.0, 6000.0], [4.0, -3.0]),
        ([2500.0, 5500.0], [0.5, -4.5]),
        ([0.0, 1200.0], [5.0, 3.0]),
        ([5200.0, 3500.0], [-3.0, 4.0]),
    ];
    let boats = (0..16u32).map(|k| {
        // A fan of them ahead of the camera (which stands at 2600, -2450), at 3 to 6 km.
        let f = f64::from(k / 2);
        let bearing = -0.9 + 0.24 * f;
        let range = 3000.0 + 400.0 * f;
        let course = bearing + 1.2 + 0.5 * f;
        let speed = 2.0 + 0.5 * f;
        let beside = if k % 2 == 0 { 0.0 } else { 130.0 };
        let from = [2600.0 + range * bearing.sin() + beside, -2450.0 + range * bearing.cos()];
        (from, [speed * course.sin(), speed * course.cos()])
    });
    ships.into_iter().chain(boats).map(|(from, v)| Way::straight(from, v, 0.0..SECONDS)).collect()
}

const SEEDS: std::ops::Range<u64> = 1..6;

fn scene(eye: Option<Eye>, seed: u64) -> Scene {
    let hulls = ways().into_iter().enumerate().map(|(k, way)| Hull { way, pd: if k < 6 { 0.97 } else { 0.85 } });
    let tell = |(k, way): (usize, Way)| Transmitter { mmsi: 413_000_700 + k as u32, class_a: true, way, interval_s: 8.0 };
    Scene {
        hulls: hulls.collect(),
        transmitters: ways().into_iter().enumerate().take(6).map(tell).collect(),
        seconds: SECONDS,
        seed,
        eye,
        ..Scene::default()
    }
}

/// Of the crafts, from the first minute on: how far off the nearest track is (mean square, m², what is further than 100 m as that), and tracks beside.
fn errors(said: &Said) -> [f64; 2] {
    let (mut sum, mut n, mut beside, mut moments) = (0.0, 0.0, 0.0, 0.0);
    for t in (60..SECONDS as u32).step_by(3).map(f64::from) {
        let picture: Vec<_> = said.picture(t).into_iter().filter(|(l, _)| l.status == TrackStatus::Confirmed).collect();
        for way in ways() {
            let at = way.at(t).unwrap();
            let off = picture.iter().map(|(_, p)| (p[0] - at[0]).hypot(p[1] - at[1])).fold(100.0, f64::min);
            sum += off * off;
            n += 1.0;
        }
        beside += picture.len() as f64 - ways().len() as f64;
        moments += 1.0;
    }
    [sum / n, beside / moments]
}

/// The same of some nights: root mean square, and tracks beside at a time; and what was learned of the camera in each.
fn nights(eye: Option<Eye>) -> (f64, f64, Vec<RadarErrors>) {
    let (mut sum, mut found) = ([0.0; 2], Vec::new());
    for seed in SEEDS {
        let said = scene(eye, seed).run();
        let errors = errors(&said);
        sum = [0, 1].map(|i| sum[i] + errors[i] / SEEDS.count() as f64);
        found.extend(said.radars.get(3).and_then(|r| *r));
    }
    (sum[0].sqrt(), sum[1], found)
}

#[test]
fn a_cameras_north_is_learned_and_no_camera_makes_the_picture_worse() {
    let (without, beside_without, _) = nights(None);
    for (off_deg, value) in [
        ((|_| 0.0) as fn(f64) -> f64, 0.0),
        (|_| 0.3, 0.3),
        (|_| 2.0, 2.0),
        (|_| -3.0, -3.0),
        (|_| 15.0, 15.0),
        (|_| -120.0, -120.0),
    ] {
        let (with, beside, found) = nights(Some(Eye { at: LooksAt::Sweep(60.0), off_deg }));
        eprintln!("{value}°: {with:.1} m, {beside:.2} beside ({without:.1} m, {beside_without:.2} without a camera)");
        assert!(with < without && beside < beside_without + 0.05, "{value}°: {with:.1} m, {beside:.2} beside");
        for found in found {
            assert!(found.known && found.gives == Gives::Bearings, "{value}°");
            assert!((found.azimuth.to_degrees() - value).abs() < 0.15, "{value}°: {:.3}°", found.azimuth.to_degrees());
            let told = misaligned(&found);
            assert_eq!(told.is_some(), f64::abs(value) > 0.5, "{told:?}");
            if value == 2.0 {
                let told = told.unwrap();
                assert!(told.contains("off by +") && told.contains("pan") && told.contains("crafts"), "{told}");
            }
        }
    }
}

/// Whoever looks at one boat alone for minutes, with another abreast of it: right or wrong, it pulls at no other.
#[test]
fn a_camera_that_looks_at_one_boat_for_minutes_pulls_at_no_other() {
    let (without, beside_without, _) = nights(None);
    for off_deg in [(|_| 0.0) as fn(f64) -> f64, |_| 2.0, |_| -2.2, |_| 5.0] {
        for hull in [6, 11, 18] {
            let off = off_deg(0.0);
            let (with, beside, found) = nights(Some(Eye { at: LooksAt::Hull(hull), off_deg }));
            assert!(
                with < 1.01 * without && beside < beside_without + 0.05,
                "{off}° hull {hull}: {with:.1} m, {beside:.2} beside"
            );
            let right = |f: &RadarErrors| !f.known || (f.azimuth.to_degrees() - off).abs() < 0.3;
            assert!(found.iter().all(right), "{found:?}");
        }
    }
}

/// Somebody turns it by 4° while it runs.
#[test]
fn a_camera_that_is_turned_is_learned_anew() {
    let off_deg = |t| if t < 120.0 { 0.0 } else { 4.0 };
    let said = scene(Some(Eye { at: LooksAt::Sweep(60.0), off_deg }), 3).run();
    let found = said.radars[3].unwrap();
    assert!(found.known && (found.azimuth.to_degrees() - 4.0).abs() < 0.2, "{found:?}");
}
