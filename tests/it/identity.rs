//! Who is who: scenes in which AIS and radar do not simply agree, from bytes to track lines.

use std::collections::BTreeSet;

use haishao::model::units::knots_to_mps;
use haishao::model::{AisState, Mmsi, TrackStatus};

use crate::wire_scene::{Hull, Scene, Transmitter, Way, share};

/// Every scene is run with these seeds, and must hold with each.
const SEEDS: [u64; 3] = [1, 2, 3];

fn class_a(mmsi: u32, way: &Way) -> Transmitter {
    Transmitter { mmsi, class_a: true, way: way.clone(), interval_s: 10.0 }
}

fn class_b(mmsi: u32, way: &Way) -> Transmitter {
    Transmitter { mmsi, class_a: false, way: way.clone(), interval_s: 30.0 }
}

fn hull(way: &Way, pd: f64) -> Hull {
    Hull { way: way.clone(), pd }
}

const NM: f64 = 1852.0;

/// A cargo ship at 14 kn with a boat abeam that breaks away at 40 kn after four minutes.
fn beside(abeam_nm: f64, seed: u64) {
    let speed = knots_to_mps(14.0);
    let ship = Way::straight([-3000.0, 2500.0], [speed, 0.0], 0.0..420.0);
    let abeam = abeam_nm * NM;
    let boat = Way::straight([-3000.0 - 40.0, 2500.0 + abeam], [speed, 0.0], 0.0..240.0).then([2500.0, 9000.0], 40.0);
    let scene = Scene {
        hulls: vec![hull(&ship, 0.97), hull(&boat, 0.75)],
        transmitters: vec![class_a(413_000_010, &ship)],
        seconds: 360.0,
        seed,
        ..Scene::default()
    };
    let said = scene.run();
    let of_ship = said.follow(&ship, 40.0..360.0);
    let of_boat = said.follow(&boat, 40.0..360.0);
    let name = Some(Mmsi(413_000_010));
    assert!(share(&of_ship, |l| l.mmsi == name && l.ais == AisState::Ok) > 0.97, "seed {seed}, {abeam_nm} NM: the ship");
    for (t, l) in &of_boat {
        let Some(l) = l else { continue };
        assert!(
            l.mmsi.is_none() && l.ais == AisState::None,
            "seed {seed}, {abeam_nm} NM, {t} s: the boat is {:?} {:?}",
            l.mmsi,
            l.ais
        );
    }
    assert!(share(&of_boat, |_| true) > 0.93, "seed {seed}, {abeam_nm} NM: the boat is held {}", share(&of_boat, |_| true));
    let numbers: BTreeSet<_> = of_boat.iter().filter_map(|(_, l)| l.map(|l| l.id)).collect();
    assert_eq!(numbers.len(), 1, "seed {seed}, {abeam_nm} NM: the boat's numbers {numbers:?}");
    // As it breaks away it is known to be fast within half a minute.
    assert!(share(&said.follow(&boat, 270.0..360.0), |l| l.p_fast > 0.9) > 0.9);
}

#[test]
fn a_boat_beside_a_ship_keeps_its_own_track_and_bears_no_name() {
    for seed in SEEDS {
        for abeam_nm in [0.10, 0.125, 0.15] {
            beside(abeam_nm, seed);
        }
    }
}

/// A ship whose reports begin to tell of a place 2 NM away, or drift away at 3 m/s.
#[test]
fn a_spoofed_position_splits_and_the_hull_is_inconsistent() {
    for seed in SEEDS {
        for drift in [false, true] {
            let way = Way::straight([-2000.0, 4000.0], [5.0, 0.0], 0.0..600.0);
            let honest = Way::straight([-2000.0, 4000.0], [5.0, 0.0], 0.0..200.0);
            let lie = if drift {
                Way::straight([-1000.0, 4000.0], [5.0, 3.0], 200.0..600.0)
            } else {
                Way::straight([-1000.0, 4000.0 + 2.0 * NM], [5.0, 0.0], 200.0..600.0)
            };
            let scene = Scene {
                hulls: vec![hull(&way, 0.95)],
                transmitters: vec![class_a(413_000_020, &honest), class_a(413_000_020, &lie)],
                seconds: 500.0,
                seed,
                ..Scene::default()
            };
            let said = scene.run();
            let before = said.follow(&way, 60.0..200.0);
            assert!(share(&before, |l| l.ais == AisState::Ok) > 0.97);
            let number = before.last().and_then(|(_, l)| l.map(|l| l.id));
            // A drift must have left what radar and AIS can differ by.
            let after = said.follow(&way, if drift { 360.0 } else { 240.0 }..500.0);
            let told = share(&after, |l| l.ais == AisState::Inconsistent);
            assert!(told > 0.95, "seed {seed}, drift {drift}: the hull is told as inconsistent {told}");
            if !drift {
                assert!(share(&after, |l| Some(l.id) == number) > 0.97, "seed {seed}: the hull keeps its number");
            }
            // Where the reports point, AIS alone holds something, and it is not told as a sound ship.
            let ghost = said.follow(&lie, 400.0..500.0);
            assert!(share(&ghost, |_| true) > 0.9, "seed {seed}, drift {drift}");
            assert_eq!(share(&ghost, |l| l.ais == AisState::Ok), 0.0, "seed {seed}, drift {drift}");
        }
    }
}

#[test]
fn a_ship_that_falls_silent_is_lost_and_a_boat_that_never_spoke_is_none() {
    for seed in SEEDS {
        let ship = Way::straight([-2000.0, 3000.0], [6.0, 0.0], 0.0..600.0);
        let speaks = Way::straight([-2000.0, 3000.0], [6.0, 0.0], 0.0..180.0);
        let boat = Way::straight([4000.0, 6000.0], [-5.0, 0.0], 0.0..600.0);
        let scene = Scene {
            hulls: vec![hull(&ship, 0.95), hull(&boat, 0.8)],
            transmitters: vec![class_a(413_000_030, &speaks)],
            seconds: 500.0,
            seed,
            ..Scene::default()
        };
        let said = scene.run();
        let silent = said.follow(&ship, 250.0..500.0);
        let name = Some(Mmsi(413_000_030));
        assert!(share(&silent, |l| l.ais == AisState::Lost && l.mmsi == name) > 0.98, "seed {seed}");
        for (t, l) in silent.iter().filter_map(|(t, l)| l.map(|l| (t, l))) {
            let said = l.ais_detail.silent_s.unwrap();
            assert!((said - (t - 180.0)).abs() < 25.0, "seed {seed}, {t} s: silent for {said} s");
            assert_eq!(l.ais_detail.interval_s, Some(10.0));
        }
        assert_eq!(share(&said.follow(&boat, 40.0..500.0), |l| l.ais != AisState::None), 0.0, "seed {seed}");
        assert!(share(&said.follow(&boat, 40.0..500.0), |_| true) > 0.95, "seed {seed}");
    }
}

#[test]
fn two_crafts_under_one_number_are_ambiguous_and_never_one_track() {
    for seed in SEEDS {
        let near = Way::straight([-3000.0, 3000.0], [4.0, 0.0], 0.0..600.0);
        let far = Way::straight([5000.0, 7000.0], [-5.0, 0.0], 0.0..600.0);
        let scene = Scene {
            hulls: vec![hull(&near, 0.95), hull(&far, 0.95)],
            transmitters: vec![class_a(413_000_040, &near), class_a(413_000_040, &far)],
            seconds: 420.0,
            seed,
            ..Scene::default()
        };
        let said = scene.run();
        let ids = [&near, &far].map(|way| {
            let moments = said.follow(way, 60.0..420.0);
            let told = share(&moments, |l| l.ais == AisState::Ambiguous);
            assert!(told > 0.9, "seed {seed}: ambiguous {told}");
            let ids: BTreeSet<_> = moments.iter().filter_map(|(_, l)| l.map(|l| l.id)).collect();
            assert_eq!(ids.len(), 1, "seed {seed}: {ids:?}");
            ids
        });
        assert_ne!(ids[0], ids[1]);
    }
}

#[test]
fn two_crafts_that_swap_their_numbers_are_found_out() {
    for seed in SEEDS {
        let a = Way::straight([-3000.0, 3000.0], [4.0, 0.0], 0.0..600.0);
        let b = Way::straight([5000.0, 6000.0], [-5.0, 0.0], 0.0..600.0);
        let part = |way: &Way, t: std::ops::Range<f64>| {
            let [e, n, ve, vn] = way.at(t.start).unwrap();
            Way::straight([e, n], [ve, vn], t)
        };
        let (x, y) = (413_000_050, 413_000_060);
        let scene = Scene {
            hulls: vec![hull(&a, 0.95), hull(&b, 0.95)],
            transmitters: vec![
                class_a(x, &part(&a, 0.0..200.0)),
                class_a(y, &part(&b, 0.0..200.0)),
                class_a(y, &part(&a, 200.0..600.0)),
                class_a(x, &part(&b, 200.0..600.0)),
            ],
            seconds: 480.0,
            seed,
            ..Scene::default()
        };
        let said = scene.run();
        for (way, first, then) in [(&a, x, y), (&b, y, x)] {
            let before = said.follow(way, 60.0..200.0);
            assert!(share(&before, |l| l.mmsi == Some(Mmsi(first)) && l.ais == AisState::Ok) > 0.97, "seed {seed}");
            let after = said.follow(way, 300.0..480.0);
            assert!(share(&after, |l| l.mmsi == Some(Mmsi(then))) > 0.97, "seed {seed}: the new name");
            // Between, it is never told as sound.
            let between = said.follow(way, 225.0..245.0);
            assert_eq!(share(&between, |l| l.ais == AisState::Ok && l.mmsi == Some(Mmsi(first))), 0.0, "seed {seed}");
            let ids: BTreeSet<_> = before.iter().chain(&after).filter_map(|(_, l)| l.map(|l| l.id)).collect();
            assert_eq!(ids.len(), 1, "seed {seed}: radar never lost them: {ids:?}");
        }
    }
}

#[test]
fn ais_without_radar_and_radar_without_ais_are_tracks_of_one_number() {
    for seed in SEEDS {
        // In the radars' sight but dark to them, at anchor: a wooden hull behind a pier.
        let dark = Way::straight([1000.0, 5000.0], [0.01, 0.0], 0.0..1000.0);
        let boat = Way::straight([-3000.0, 7000.0], [7.0, -2.0], 0.0..1000.0);
        let scene = Scene {
            hulls: vec![hull(&boat, 0.8)],
            transmitters: vec![Transmitter { mmsi: 413_000_070, class_a: false, way: dark.clone(), interval_s: 180.0 }],
            seconds: 900.0,
            seed,
            ..Scene::default()
        };
        let said = scene.run();
        let told: BTreeSet<_> = said.lines.iter().filter(|l| l.mmsi == Some(Mmsi(413_000_070))).map(|l| l.id).collect();
        assert_eq!(told.len(), 1, "seed {seed}: {told:?}");
        assert!(!said.lines.iter().any(|l| told.contains(&l.id) && l.status == TrackStatus::Deleted), "seed {seed}");
        let moments = said.follow(&dark, 400.0..900.0);
        assert!(share(&moments, |l| l.mmsi.is_some() && l.ais == AisState::Ok) > 0.97, "seed {seed}");
        let moments = said.follow(&boat, 30.0..900.0);
        assert!(share(&moments, |l| l.mmsi.is_none() && l.ais == AisState::None && l.p_exist > 0.9) > 0.97, "seed {seed}");
    }
}

/// A fast boat sends a parked trawler's number: while the trawler reports too, and while it is silent.
#[test]
fn a_fast_boat_under_a_trawlers_number_never_gets_the_name() {
    // Many: now and then another track comes near the boat for some looks, and the name must survive that.
    for seed in 1..=24 {
        for trawler_speaks in [true, false] {
            let trawler = Way::straight([2000.0, 4000.0], [0.05, 0.0], 0.0..700.0);
            let boat = Way::straight([2600.0, 4300.0], [1.0, 0.0], 0.0..150.0).then([9000.0, 11_000.0], 40.0);
            let spoof_from = boat.at(150.0).map(|[e, n, ..]| Way(vec![[150.0, e, n], *boat.0.last().unwrap()])).unwrap();
            let speaks = if trawler_speaks { 0.0..700.0 } else { 0.0..120.0 };
            let says = Way::straight([2000.0, 4000.0], [0.05, 0.0], speaks);
            let scene = Scene {
                hulls: vec![hull(&trawler, 0.9), hull(&boat, 0.75)],
                transmitters: vec![
                    Transmitter { mmsi: 412_400_001, class_a: false, way: says, interval_s: 30.0 },
                    class_b(412_400_001, &spoof_from),
                ],
                seconds: 540.0,
                seed,
                ..Scene::default()
            };
            let said = scene.run();
            let name = Some(Mmsi(412_400_001));
            let of_boat = said.follow(&boat, 40.0..520.0);
            assert!(share(&of_boat, |_| true) > 0.9, "seed {seed}");
            assert_eq!(share(&of_boat, |l| l.mmsi == name), 0.0, "seed {seed}, trawler speaks {trawler_speaks}");
            // What it sends is told as a claim.
            let late = said.follow(&boat, 300.0..440.0);

            assert!(share(&late, |l| l.ais == AisState::Ambiguous) > 0.9, "seed {seed}, trawler speaks {trawler_speaks}");
            let of_trawler = said.follow(&trawler, 60.0..520.0);
            assert!(share(&of_trawler, |l| l.mmsi == name) > 0.97, "seed {seed}, trawler speaks {trawler_speaks}");
        }
    }
}

/// A go-fast that passes close by a slow fishing boat does not carry its name off, and no name is told for a fast boat that never spoke.
#[test]
fn a_fast_boat_that_passes_a_fishing_boat_takes_no_name_along() {
    for seed in 1..=8 {
        let fishing = Way::straight([0.0, 5000.0], [1.2, 0.3], 0.0..600.0);
        let at = fishing.at(200.0).unwrap();
        let v = knots_to_mps(42.0);
        // It passes 25 m off at 200 s.
        let fast = Way::straight([at[0] + 25.0, at[1] - 190.0 * v], [0.0, v], 10.0..400.0);
        let scene = Scene {
            hulls: vec![hull(&fishing, 0.85), hull(&fast, 0.65)],
            transmitters: vec![class_b(412_400_010, &fishing)],
            seconds: 390.0,
            seed,
            ..Scene::default()
        };
        let said = scene.run();
        let name = Some(Mmsi(412_400_010));
        // Beyond the meeting, where the nearest track is not the fishing boat's.
        for t in [10.0..190.0, 210.0..390.0] {
            assert_eq!(share(&said.follow(&fast, t), |l| l.mmsi == name), 0.0, "seed {seed}");
        }
        let moments = said.follow(&fishing, 60.0..390.0);
        assert!(share(&moments, |l| l.mmsi == name) > 0.9, "seed {seed}: {}", share(&moments, |l| l.mmsi == name));
    }
}

/// A boat goes on under the number of a station that told to be slow and is heard no more: the name is doubted, told no more, and whether the track has changed
/// crafts within the last minute is not told by that doubt.
#[test]
fn a_name_that_was_carried_off_leaves_no_lasting_doubt_of_the_track() {
    for seed in SEEDS {
        let lies = Way::straight([2000.0, 4000.0], [0.3, 0.0], 0.0..200.0);
        let faster = (1..=20).fold(lies.clone(), |way, n| {
            let [e, n0] = [way.0.last().unwrap()[1], way.0.last().unwrap()[2]];
            let m = knots_to_mps(2.0 * f64::from(n)) * 3.0;
            way.then([e + 0.7 * m, n0 + 0.7 * m], 2.0 * f64::from(n))
        });
        let runs = faster.then([9000.0, 11_000.0], 40.0);
        let scene = Scene {
            hulls: vec![hull(&runs, 0.85)],
            transmitters: vec![class_b(412_400_001, &lies)],
            seconds: 440.0,
            seed,
            ..Scene::default()
        };
        let said = scene.run();
        let late = said.follow(&runs, 320.0..420.0);
        let doubted = |l: &haishao::model::Track| l.mmsi.is_none() && l.ais == AisState::Ambiguous;
        assert!(
            share(&late, doubted) > 0.9,
            "seed {seed}: {:?}",
            late.first().map(|(_, l)| l.map(|l| (l.ais, l.mmsi, l.born, l.sensing.p_swap)))
        );
        assert!(share(&late, |l| doubted(l) && l.sensing.p_swap <= 0.1) > 0.9, "seed {seed}");
    }
}
