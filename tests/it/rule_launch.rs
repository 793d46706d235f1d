//! Boats that leave a ship one by one, come back and leave again (R08, R05).

use haishao::model::{AisClass, AisState, EvidenceValue, Link, Plausibility, Track, TrackId, TrackStatus};

use crate::rule_watch::{SEA, Watch, again, heard, kn, night, second, ship, told, track};

#[test]
fn r08_each_leaving_is_told_though_the_one_before_stands() {
    let v = kn(45.0);
    // First seen 300 m off as it leaves, told of; it turns 800 m off, lies at her from 200 s on and leaves again at `again`.
    let watch = |lies: bool| {
        let mut w = Watch::of("R08");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 700.0, |s| {
            let (y, vy) = match s {
                s if s < 62.5 => (300.0 + v * (s - 20.0), v),
                s if s < 200.0 => (60.0 + 1200.0 * (200.0 - s) / 137.5, -1200.0 / 137.5),
                s if s < 500.0 && lies => (60.0, 0.0),
                // Who does not stop is past her in a quarter of a minute.
                s => (60.0 + v * (s - if lies { 500.0 } else { 200.0 }), v),
            };
            let boat = Track { born: night().plus_seconds(20.0), ..track(2, s, [SEA[0] + 1.5 * s, SEA[1] + y], [1.5, vy]) };
            let at_sea = [ship(1, s, [SEA[0] + 1.5 * s, SEA[1]], [1.5, 0.0])];
            at_sea.into_iter().chain((s >= 20.0).then_some(boat)).collect()
        });
        w
    };
    let w = watch(true);
    let raised: Vec<f64> = w.raised().iter().map(|a| second(a)).collect();
    assert!(
        matches!(raised[..], [first, again] if (40.0..=55.0).contains(&first) && (520.0..=535.0).contains(&again)),
        "{:?}",
        w.told()
    );
    // The alert that stands is said again under its own number; its decision comes out of its evidence.
    assert_eq!(w.raised()[0].id, w.raised()[1].id);
    w.raised().into_iter().for_each(|alert| again(alert, &w.rules));
    watch(false).only();
}

#[test]
fn r08_one_of_a_company_is_first_seen_late_and_vaguely() {
    let v = kn(45.0);
    // The first lay alongside and leaves at 300 s. Another gets its track 55 s after it left at 310 s, 1.3 km off, and its speed is known to 20 kn.
    let watch = |first: bool, course: [f64; 2]| {
        let mut w = Watch::of("R08");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 420.0, |s| {
            let gone = (s - 300.0).max(0.0);
            let lay = first.then(|| {
                let at = [SEA[0] + 1.5 * s.min(300.0), SEA[1] + 60.0 + v * gone];
                track(2, s, at, if s < 300.0 { [1.5, 0.0] } else { [0.0, v] })
            });
            let late = (s >= 365.0).then(|| {
                let at = [SEA[0] + 465.0 + course[0] * (s - 365.0), SEA[1] + v * 55.0 + course[1] * (s - 365.0)];
                let mut t = track(3, s, at, course);
                t.born = night().plus_seconds(365.0);
                t.velocity_cov = [106.0, 0.0, 106.0];
                (0..10).for_each(|n| t.sensing.looks.note(n % 2 == 0));
                t
            });
            let coaster = ship(1, s, [SEA[0] + 1.5 * s, SEA[1]], [1.5, 0.0]);
            [coaster].into_iter().chain(lay).chain(late).collect()
        });
        w.raised().iter().map(|a| (a.track.0, second(a))).collect::<Vec<_>>()
    };
    let raised = watch(true, [0.0, v]);
    assert!(matches!(raised[..], [(2, _), (3, s)] if s <= 400.0), "{raised:?}");
    // Alone it is anybody's, and so is one that runs across her way.
    assert_eq!(watch(false, [0.0, v]), []);
    assert_eq!(watch(true, [v, 0.0]).len(), 1);
}

#[test]
fn r08_one_of_a_company_that_turns_has_left_the_same_ship() {
    let v = kn(45.0);
    // The first leaves at 300 s. Another is first seen at `seen`, 700 m off and known to 14 kn, on a course whose way back passes her a kilometre off.
    let watch_of = |seen: f64, first: f64, at: [f64; 2], course: [f64; 2], sure: f64| {
        let mut w = Watch::of("R08");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 420.0, |s| {
            let gone = (s - first).max(0.0);
            let at_her = [SEA[0], SEA[1] + 60.0 + v * gone];
            let lay = track(2, s, at_her, if s < first { [0.0, 0.0] } else { [0.0, v] });
            let late = (s >= seen).then(|| {
                let at = [0, 1].map(|i| SEA[i] + at[i] + course[i] * (s - seen));
                let mut t = Track { born: night().plus_seconds(seen), ..track(3, s, at, course) };
                t.velocity_cov = [kn(14.0).powi(2), 0.0, kn(14.0).powi(2)];
                if s < sure {
                    t.sog_lcb90 = kn(20.0);
                }
                (0..10).for_each(|n| t.sensing.looks.note(n % 2 == 0));
                t
            });
            [ship(1, s, SEA, [0.0, 0.0]), lay].into_iter().chain(late).collect()
        });
        w.raised().iter().filter(|a| a.track.0 == 3).map(|a| second(a)).collect::<Vec<_>>()
    };
    let watch = |seen, first, at, course| watch_of(seen, first, at, course, 0.0);
    let turned = [v * 0.8, v * 0.6];
    let raised = watch(330.0, 300.0, [0.0, 1000.0], turned);
    assert!(matches!(raised[..], [s] if s <= 365.0), "{raised:?}");
    // Who runs is asked at every look: sure of it from 352.5 s on, half way between two looks round, it is told after the hold.
    let raised = watch_of(330.0, 300.0, [0.0, 1000.0], turned, 352.5);
    assert_eq!(raised, [crate::rule_watch::look_after(352.5, Watch::of("R08").rule().hold_s)]);
    // Who was there before the first of them left is none of them, nor who is farther off than any boat comes, or comes towards her.
    assert!(watch(290.0, 300.0, [0.0, 1000.0], turned).is_empty());
    assert!(watch(330.0, 300.0, [0.0, 1750.0], turned).is_empty());
    assert!(watch(330.0, 300.0, [0.0, 1000.0], [v * 0.8, -v * 0.6]).is_empty());
    // Nor is anybody where none has been seen to leave.
    assert!(watch(330.0, 500.0, [0.0, 1000.0], turned).is_empty());
}

#[test]
fn r08_who_takes_up_an_older_number_has_left_the_ship_all_the_same() {
    // Number 5 lies half a mile off and is lost at 100 s. A new track begins 200 m from a coaster at 130 s, runs off at 45 kn, and is taken for it at 140 s.
    let watch = |parted: f64| {
        let mut w = Watch::of("R08");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 200.0, |s| {
            let boat = |id: u64, born: f64| {
                let at = [SEA[0], SEA[1] + parted + kn(45.0) * (s - 130.0)];
                Track { born: night().plus_seconds(born), ..track(id, s, at, [0.0, kn(45.0)]) }
            };
            let mut tracks = vec![ship(1, s, SEA, [0.0, 0.0])];
            match s {
                s if s <= 100.0 => tracks.push(track(5, s, [SEA[0], SEA[1] + 900.0], [0.0, 0.0])),
                s if s < 130.0 => {}
                s if s < 140.0 => tracks.push(boat(9, 130.0)),
                s => {
                    if s < 142.5 {
                        tracks.push(Track { status: TrackStatus::Deleted, ..boat(9, 130.0) });
                    }
                    let mut taken = boat(5, 0.0);
                    taken.origin.link = Some(Link { from: TrackId(9), p: 0.9, gap_s: 30.0 });
                    tracks.push(taken);
                }
            }
            tracks
        });
        w
    };
    let w = watch(200.0);
    let alert = w.only();
    assert_eq!((alert.track.0, second(alert) <= 157.5), (5, true), "{:?}", w.told());
    // Who began a mile from her has not.
    watch(1500.0).silent();
}

#[test]
fn r08_among_the_spikes_of_a_storm_a_launch_must_be_seen_in_half_of_the_looks_and_its_speed_be_known() {
    // A track that begins 300 m off a coaster and goes away at 30 kn.
    let launched = |sea: f32, hits: usize, doubt_kn: f64| {
        let mut w = Watch::of("R08");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 120.0, |s| {
            let mut boat = track(2, s, [SEA[0], SEA[1] + 300.0 + kn(30.0) * (s - 20.0)], [0.0, kn(30.0)]);
            boat.born = night().plus_seconds(20.0);
            boat.velocity_cov = [kn(doubt_kn).powi(2), 0.0, kn(doubt_kn).powi(2)];
            boat.sensing.sea_km2 = Some(sea);
            (0..10).for_each(|n| boat.sensing.looks.note(n < hits));
            [ship(1, s, SEA, [0.0, 0.0])].into_iter().chain((s >= 20.0).then_some(boat)).collect()
        });
        w.raised().len()
    };
    assert_eq!((launched(0.02, 4, 13.0), launched(0.6, 4, 5.0), launched(0.6, 7, 13.0), launched(0.6, 7, 5.0)), (1, 0, 0, 1));
}

#[test]
fn r05_who_came_two_miles_is_a_party_whatever_it_made_at_first() {
    // Comes at 35 kn and lies at a coaster that drifts; its first looks told 2.5 kn.
    let watch = |from_m: f64| {
        let mut w = Watch::of("R05");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 700.0, |s| {
            let off = (from_m - kn(35.0) * s).max(0.0);
            let moves = if off > 0.0 { -kn(35.0) } else { 0.0 };
            let mut boat = track(2, s, [SEA[0], SEA[1] + 80.0 + off], [0.0, moves]);
            boat.origin.speed = Some(kn(2.5));
            vec![ship(1, s, SEA, [0.0, 0.0]), boat]
        });
        w
    };
    let w = watch(4500.0);
    assert!((420.0..=450.0).contains(&second(w.only())), "{:?}", w.told());
    watch(2600.0).silent();
}

#[test]
fn a_rule_tells_of_an_event_by_a_field() {
    let mut rule = Watch::of("R08").rule().clone();
    assert_eq!((rule.event_s.as_deref(), rule.check()), (Some("parent_left_s"), vec![]));
    rule.event_s = Some("parent_lft_s".to_owned());
    let faults = rule.check();
    assert!(matches!(&faults[..], [fault] if fault.key == "event_s" && fault.what.contains("parent_lft_s")), "{faults:?}");
}

#[test]
fn r08_a_ship_that_fell_silent_or_never_spoke_launches_boats_too() {
    // A ship of 10 kn; at 800 s a track begins 200 m off her and runs off at 35 kn.
    let watch = |mother: &dyn Fn(f64) -> Track| {
        let mut w = Watch::of("R08");
        w.judge.hear(&[heard(0.0, 412_000_010, AisClass::A, Plausibility::default()), told(0.0, 412_000_010, |_| {})]);
        w.run(0.0, 880.0, |s| {
            let off = 200.0 + (kn(35.0) - 5.0) * (s - 800.0);
            let at = mother(s).position;
            let [x, y] = crate::rule_watch::plane().east_north(at);
            let boat = Track { born: night().plus_seconds(800.0), ..track(2, s, [x, y + off], [0.0, kn(35.0)]) };
            [mother(s)].into_iter().chain((s >= 800.0).then_some(boat)).collect()
        });
        w
    };
    let at = |s: f64| [SEA[0], SEA[1] + 5.0 * s];
    // She switched her AIS off half an hour ago, or tells of another place.
    for ais in [AisState::Lost, AisState::Inconsistent] {
        let w = watch(&|s| Track { ais: if s > 60.0 { ais } else { AisState::Ok }, ..ship(1, s, at(s), [0.0, 5.0]) });
        assert_eq!(w.only().track, TrackId(2), "{:?}", w.told());
    }
    // She was never heard: by her echo she is a ship once she has come a mile; a trawler's echo is no ship's, nor one that goes nowhere.
    let nameless = |echo: f32, moves: f64| {
        watch(&|s| {
            let mut t = track(1, s, [SEA[0], SEA[1] + moves * s], [0.0, moves]);
            t.sensing.echo_m2 = Some([echo, 1.2 * echo]);
            t
        })
    };
    let w = nameless(3_000.0, 5.0);
    let (_, length) = w.only().evidence.iter().find(|(name, _)| name == "parent_len_m").unwrap();
    assert!(matches!(length, EvidenceValue::Number(m) if (80.0..95.0).contains(m)), "{length:?}");
    nameless(300.0, 5.0).silent();
    nameless(3_000.0, 0.0).silent();
}

#[test]
fn r05_a_boat_at_a_ship_that_was_never_heard_is_a_warning() {
    // A ship comes 3 km and lies still from 600 s on; a boat comes to her at 900 s.
    let watch = |echo: f32| {
        let mut w = Watch::of("R05");
        w.run(0.0, 1400.0, |s| {
            let under_way = s < 600.0;
            let y = SEA[1] + 5.0 * s.min(600.0);
            let mut mother = track(1, s, [SEA[0], y], [0.0, if under_way { 5.0 } else { 0.0 }]);
            mother.sensing.echo_m2 = Some([echo, 1.2 * echo]);
            let off = (kn(35.0) * (900.0 - s)).max(0.0);
            let mut boat = track(2, s, [SEA[0] + 80.0 + off, y], [if off > 0.0 { -kn(35.0) } else { 0.0 }, 0.0]);
            boat.sensing.echo_m2 = Some([2.0, 3.0]);
            vec![mother, boat]
        });
        w.raised().iter().map(|a| (a.track.0, a.severity.level())).collect::<Vec<_>>()
    };
    assert_eq!(watch(3_000.0).iter().find(|(id, _)| *id == 2), Some(&(2, 3)));
    assert!(watch(300.0).iter().all(|(_, severity)| *severity == 2));
}

/// An echo beside a great one is seen in one look of four, and its speed is that of the looks: what lay at her and is no farther off lies there still.
#[test]
fn r05_who_lies_at_a_ship_lies_there_while_its_speed_is_not_known() {
    let told_at = |beside_m: f64| {
        let mut w = Watch::of("R05");
        w.run(0.0, 1150.0, |s| {
            let under_way = s < 600.0;
            let y = SEA[1] + 5.0 * s.min(600.0);
            let mut mother = track(1, s, [SEA[0], y], [0.0, if under_way { 5.0 } else { 0.0 }]);
            mother.sensing.echo_m2 = Some([3_000.0, 3_600.0]);
            let off = (kn(35.0) * (900.0 - s)).max(0.0);
            let restless = (960.0..1060.0).contains(&s);
            let v = match () {
                () if off > 0.0 => -kn(35.0),
                () if restless => kn(8.0) * if ((s / 10.0) as u32).is_multiple_of(2) { 1.0 } else { -1.0 },
                () => 0.0,
            };
            let x = SEA[0] + if restless { beside_m } else { 80.0 } + off;
            let mut boat = Track { velocity_cov: [2.0, 0.0, 2.0], ..track(2, s, [x, y], [v, 0.0]) };
            boat.sensing.echo_m2 = Some([2.0, 3.0]);
            vec![mother, boat]
        });
        w.raised().iter().filter(|a| a.track.0 == 2).map(|a| second(a)).next()
    };
    assert!(told_at(80.0).is_some_and(|s| (1075.0..1100.0).contains(&s)), "{:?}", told_at(80.0));
    assert_eq!(told_at(600.0), None, "who went off has met her anew");
}
