//! A boat that is lost and found again within a minute keeps its number, and the line says by which link and how sure.

use std::collections::BTreeSet;

use haishao::model::TrackStatus;

use crate::wire_scene::{Hull, Scene, Way, share};

/// A boat that radars do not see for a while: it goes on, and turns meanwhile.
fn scene(gap_s: f64, seed: u64) -> (Scene, Way, Way) {
    let lost_at = 120.0;
    let found_at = lost_at + gap_s;
    let before = Way::straight([-2000.0, 4000.0], [12.0, 2.0], 0.0..lost_at);
    let [e, n] = [-2000.0 + 12.0 * lost_at, 4000.0 + 2.0 * lost_at];
    let after = Way::straight([e + 9.0 * gap_s, n + 5.0 * gap_s], [8.0, 8.0], found_at..found_at + 150.0);
    let hulls = [&before, &after].map(|way| Hull { way: way.clone(), pd: 0.85 }).into();
    (Scene { hulls, seconds: found_at + 140.0, seed, ..Scene::default() }, before, after)
}

#[test]
fn a_boat_found_again_within_a_minute_keeps_its_number() {
    let mut linked = 0;
    for seed in 1..=4 {
        for gap_s in [30.0, 50.0] {
            let (scene, before, after) = scene(gap_s, seed);
            let said = scene.run();
            let first: BTreeSet<_> = said.follow(&before, 60.0..120.0).iter().filter_map(|(_, l)| l.map(|l| l.id)).collect();
            let then = said.follow(&after, 120.0 + gap_s + 40.0..120.0 + gap_s + 140.0);
            let ids: BTreeSet<_> = then.iter().filter_map(|(_, l)| l.map(|l| l.id)).collect();
            assert_eq!(first.len(), 1, "seed {seed}, gap {gap_s} s");
            assert!(share(&then, |_| true) > 0.95, "seed {seed}, gap {gap_s} s");
            if ids == first {
                linked += 1;
                for l in then.iter().filter_map(|(_, l)| l.as_ref()) {
                    let Some(link) = l.origin.link else {
                        // It never lost its number: the track coasted over the gap.
                        continue;
                    };
                    assert!(link.p >= 0.8 && link.p <= 1.0, "{link:?}");
                    assert!((link.gap_s - gap_s).abs() < 15.0, "gap {gap_s} s: {link:?}");
                    assert_ne!(link.from, l.id);
                    // The number under which it had begun anew ended.
                    let ended = |l: &&haishao::model::Track| l.id == link.from && l.status == TrackStatus::Deleted;
                    let told = said.lines.iter().any(|l| l.id == link.from);
                    assert!(!told || said.lines.iter().any(|l| ended(&l)), "{link:?}");
                    // It was born where the first track was, not where it was found again.
                    let [e, _] = said.plane.east_north(l.origin.position);
                    assert!(e < -500.0, "born at {e}");
                }
            }
        }
    }
    assert!(linked >= 7, "{linked} of 8 kept their number");
}

#[test]
fn out_of_reach_or_after_more_than_a_minute_it_is_another_boat() {
    for seed in 1..=4 {
        let before = Way::straight([-2000.0, 4000.0], [12.0, 2.0], 0.0..120.0);
        // 6 km away after 30 s would be 390 kn; 90 s is too long.
        for (place, from) in [([5500.0, 9000.0], 150.0), ([500.0, 4400.0], 230.0)] {
            let after = Way::straight(place, [8.0, 8.0], from..from + 120.0);
            let hulls = [&before, &after].map(|way| Hull { way: way.clone(), pd: 0.85 }).into();
            let said = Scene { hulls, seconds: from + 110.0, seed, ..Scene::default() }.run();
            let first: BTreeSet<_> = said.follow(&before, 60.0..120.0).iter().filter_map(|(_, l)| l.map(|l| l.id)).collect();
            let then = said.follow(&after, from + 40.0..from + 110.0);
            assert!(share(&then, |l| !first.contains(&l.id) && l.origin.link.is_none()) > 0.9, "seed {seed}, from {from} s");
        }
    }
}
