//! Radars that are not those of the shared scenes: far out, slow, with accuracy and amplitudes that are not what the site tells, and ships of which they show several plots.

use std::collections::BTreeMap;

use haishao::model::{Track, TrackStatus};

use crate::wire_scene::{Hull, SCAN_S, START, Said, Scene, Transmitter, Way};

/// Boats on straight ways from places round the first radar (2 km west and 3 km south of the origin), at 3 to 9 m/s, `apart_m` from ring to ring.
fn boats(count: u32, first_m: f64, apart_m: f64) -> Vec<Way> {
    (0..count)
        .map(|k| {
            let (range, bearing) = (first_m + apart_m * f64::from(k), 0.9 + 2.4 * f64::from(k));
            let from = [range * bearing.sin() - 2000.0, range * bearing.cos() - 3000.0];
            let (speed, course) = (3.0 + 0.5 * f64::from(k % 12), bearing + 1.2);
            Way::straight(from, [speed * course.sin(), speed * course.cos()], 0.0..400.0)
        })
        .collect()
}

/// Share of the time for which boats are held within `near_m` by a line that is no older than `age_s`, and false tracks at a time (confirmed, of no boat), over the last minutes.
fn held(said: &Said, ways: &[Way], near_m: f64, age_s: f64, seconds: f64) -> (f64, f64) {
    let (mut moments, mut held, mut times, mut beside) = (0.0, 0.0, 0.0, 0.0);
    for t in (120..seconds as u32 - 4).map(f64::from) {
        let fresh = |l: &Track| l.status == TrackStatus::Confirmed && START.plus_seconds(t).seconds_since(l.t) <= age_s;
        let places: Vec<[f64; 2]> = said.picture(t).into_iter().filter(|(l, _)| fresh(l)).map(|(_, p)| p).collect();
        let mut explained = 0;
        for way in ways {
            let at = way.at(t).unwrap();
            let near = places.iter().any(|p| (at[0] - p[0]).hypot(at[1] - p[1]) < near_m);
            moments += 1.0;
            held += f64::from(u8::from(near));
            explained += usize::from(near);
        }
        times += 1.0;
        beside += places.len().saturating_sub(explained) as f64;
    }
    (held / moments, beside / times)
}

fn scene(ways: &[Way], pd: f64) -> Scene {
    let hulls = ways.iter().map(|way| Hull { way: way.clone(), pd }).collect();
    Scene { hulls, seconds: 300.0, seed: 11, without: vec![1], ..Scene::default() }
}

/// Who reads a line carries it on for some seconds: between the looks of a slow antenna crafts are told as foretold.
#[test]
fn boats_under_a_slow_antenna_are_in_the_picture_all_the_time() {
    let ways = boats(16, 3000.0, 500.0);
    for turn_s in [SCAN_S, 4.0, 6.0, 10.0] {
        let said = Scene { turn_s, told_turn_s: turn_s, ..scene(&ways, 0.93) }.run();
        let (held, _) = held(&said, &ways, 150.0, 4.0, 300.0);
        assert!(held > 0.96, "{turn_s} s: {held:.3}");
        // No line lies behind one before it.
        let mut newest = BTreeMap::new();
        for l in &said.lines {
            let before = newest.insert(l.id, l.t);
            assert!(before.is_none_or(|t| l.t.seconds_since(t) > -0.02), "{turn_s} s: {:?} after {before:?}", l.t);
        }
    }
}

/// A quarter of a degree is 220 m at 50 km: what is vague in metres need not be vague for the radar that sees it.
#[test]
fn boats_far_out_are_held_as_well_as_their_radar_tells_their_places() {
    let ways = boats(8, 45_000.0, 900.0);
    let said = scene(&ways, 0.9).run();
    let (held, beside) = held(&said, &ways, 600.0, 4.0, 300.0);
    assert!(held > 0.9 && beside < 0.5, "{held:.3} held, {beside:.2} beside");
}

/// Ships that report themselves, and as many boats that do not.
fn traffic() -> (Vec<Way>, Vec<Transmitter>) {
    let ways = boats(16, 3000.0, 600.0);
    let reports = ways.iter().step_by(2).zip(0..).map(|(way, k)| Transmitter {
        mmsi: 412_000_100 + k,
        class_a: true,
        way: way.clone(),
        interval_s: 6.0,
    });
    let reports = reports.collect();
    (ways, reports)
}

/// Each further plot would begin a craft of its own, abreast of the ship for ever.
#[test]
fn a_ship_of_several_plots_is_one_craft() {
    let (ways, transmitters) = traffic();
    let hulls = ways.iter().enumerate().map(|(k, way)| Hull { way: way.clone(), pd: if k % 2 == 0 { 0.95 } else { 0.8 } });
    let said = Scene { hulls: hulls.collect(), transmitters, parts: Some([0.9, 0.5]), ..scene(&ways, 0.8) }.run();
    let (held, beside) = held(&said, &ways, 150.0, 4.0, 300.0);
    assert!(held > 0.97 && beside < 2.0, "{held:.3} held, {beside:.2} beside");
}

/// Plots outside of gates that are too narrow begin a second track of each craft.
#[test]
fn plots_that_scatter_twice_as_far_as_the_site_tells_are_of_the_crafts_that_are_there() {
    let (ways, transmitters) = traffic();
    let said = Scene { transmitters, scatter: 2.2, ..scene(&ways, 0.85) }.run();
    let (held, beside) = held(&said, &ways, 300.0, 4.0, 300.0);
    assert!(held > 0.97 && beside < 2.5, "{held:.3} held, {beside:.2} beside");
}

/// Amplitudes of no known zero: what just passes the threshold is no craft however high its count.
#[test]
fn amplitudes_of_another_zero_make_no_crafts() {
    let ways = boats(12, 3000.0, 700.0);
    for louder_db in [0.0, 6.0, 14.0] {
        let said = Scene { louder_db, false_plots: 200, ..scene(&ways, 0.85) }.run();
        let (held, beside) = held(&said, &ways, 150.0, 4.0, 300.0);
        assert!(held > 0.97 && beside < 0.2, "{louder_db} dB: {held:.3} held, {beside:.2} beside");
    }
}
