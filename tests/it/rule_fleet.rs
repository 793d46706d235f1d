//! Boats that hid in a fleet and leave it (R17).

use haishao::model::Track;

use crate::rule_watch::{SEA, Watch, kn, second, ship, track};

/// Twelve that lie in a row, 400 m apart.
fn fleet(s: f64) -> impl Iterator<Item = Track> {
    (0..12).map(move |n| track(10 + n, s, [SEA[0] + 400.0 * n as f64, SEA[1]], [0.8, 0.0]))
}

/// Seen in so many of ten looks, its speed known to so many knots.
fn seen(mut t: Track, hits: usize, doubt_kn: f64) -> Track {
    t.sog_lcb90 = (t.velocity[0].hypot(t.velocity[1]) - 1.28 * kn(doubt_kn)).max(0.0);
    t.velocity_cov = [kn(doubt_kn).powi(2), 0.0, kn(doubt_kn).powi(2)];
    t.sensing.sea_km2 = Some(0.02);
    (0..10).for_each(|n| t.sensing.looks.note(n < hits));
    t
}

#[test]
fn r17_who_came_a_mile_and_lay_leaves_past_boats_that_transmit() {
    // Lies among them until 600 s, then runs off at 45 kn past fishing boats with AIS, one every 160 m, 100 m abeam.
    let watch = |from_m: f64, hits: usize| {
        let mut w = Watch::of("R17");
        w.run(0.0, 660.0, |s| {
            let (came, v) = ((from_m - kn(40.0) * s).max(0.0), kn(45.0));
            let (x, vx) = match s {
                s if s < 600.0 => (-came, if came > 0.0 { kn(40.0) } else { 0.1 }),
                s => (v * (s - 600.0), v),
            };
            let moored = (0..10).map(|n| ship(30 + n, s, [SEA[0] + 2100.0 + 160.0 * n as f64, SEA[1] + 500.0], [0.0, 0.0]));
            let boat = seen(track(1, s, [SEA[0] + 2000.0 + x, SEA[1] + 400.0], [vx, 0.0]), hits, 5.0);
            fleet(s).chain(moored).chain([boat]).collect()
        });
        w.raised().iter().filter(|a| a.severity.level() == 3).map(|a| second(a)).next()
    };
    assert!(watch(4000.0, 6).is_some_and(|s| (600.0..=610.0).contains(&s)), "{:?}", watch(4000.0, 6));
    // Who never came from anywhere may be a second echo of them, and so may what two looks of ten see: told once clear.
    assert!(watch(0.0, 6).is_none_or(|s| s > 650.0), "{:?}", watch(0.0, 6));
    assert!(watch(4000.0, 2).is_none_or(|s| s > 650.0), "{:?}", watch(4000.0, 2));
}

#[test]
fn r17_nobody_who_leaves_a_great_fleet_by_night_is_an_angler() {
    // Lies among so many others, 150 m apart, and leaves at 600 s at 33 kn, known to at least 26.
    let watch = |others: u64| {
        let mut w = Watch::of("R17");
        w.run(0.0, 640.0, |s| {
            let (x, v) = if s < 600.0 { (0.0, 0.1) } else { (kn(33.0) * (s - 600.0), kn(33.0)) };
            let moored = (0..others)
                .map(|n| track(10 + n, s, [SEA[0] + 150.0 * (n % 6) as f64, SEA[1] + 150.0 * (n / 6) as f64], [0.3, 0.0]));
            moored.chain([seen(track(1, s, [SEA[0] + 375.0 + x, SEA[1] + 75.0], [v, 0.0]), 6, 5.0)]).collect()
        });
        w.raised().first().map(|a| second(a))
    };
    assert!(watch(30).is_some_and(|s| s <= 610.0), "{:?}", watch(30));
    assert_eq!(watch(9), None);
}
