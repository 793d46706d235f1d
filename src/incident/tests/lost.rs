//! Runs that were lost, and what is seen of them again.

use super::grouping::{WEST, boat, west};
use super::{Scene, linked, track};
use crate::model::command::Order;
use crate::model::incident::{AlarmState, IncidentId, Kinship};
use crate::model::{AisState, Track, TrackId, TrackStatus};

/// A boat first seen `at` metres east and north of 22.5° N 114.9° E.
fn found(scene: &Scene, id: u64, at: [f64; 2], velocity: [f64; 2]) -> Track {
    track(id, scene.now, 22.5 + at[1] / 110_700.0, 114.9 + at[0] / 102_900.0, velocity)
}

/// A run to the west at 20 m/s that is lost at 22.5° N 114.9° E, acknowledged; nobody sees it for `gap` seconds.
fn lost_run(gap: f64) -> (Scene, IncidentId) {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (alert, id) = s.raise("R01", 4, &t);
    s.order(Order::Acknowledge { incident: id }).unwrap();
    s.see(Track { status: TrackStatus::Deleted, ..t });
    s.clear(alert, &t);
    s.wait(gap);
    (s, id)
}

#[test]
fn a_run_seen_again_minutes_later_where_it_can_be_is_probably_the_same_and_news() {
    // Five minutes at 20 m/s are 6 km. North-west by 30°, then north-west by 50°: behind an island.
    let there = [-4500.0, 2600.0];
    let turned = [-13.0, 15.0];
    for (gap, at, velocity, rule, ais, same) in [
        (300.0, there, turned, "R01", AisState::None, true),
        (300.0, there, turned, "R18", AisState::None, true),
        (590.0, [-7000.0, 5500.0], turned, "R07", AisState::None, true),
        (610.0, [-7000.0, 5500.0], turned, "R07", AisState::None, false),
        // Farther than it can have run, and so near that it would have stopped.
        (300.0, [-7000.0, 4100.0], turned, "R01", AisState::None, false),
        (300.0, [-1700.0, 1000.0], turned, "R01", AisState::None, false),
        // Back the way it came, or abeam, or where it would have come from elsewhere.
        (300.0, [4500.0, 2600.0], turned, "R01", AisState::None, false),
        (300.0, [-500.0, 5200.0], turned, "R01", AisState::None, false),
        (300.0, there, [15.0, 13.0], "R01", AisState::None, false),
        // Half as fast, another rule, a ship with AIS.
        (300.0, there, [-5.5, 6.5], "R01", AisState::None, false),
        (300.0, there, turned, "R05", AisState::None, false),
        (300.0, there, turned, "R01", AisState::Ok, false),
    ] {
        let (mut s, id) = lost_run(gap);
        assert_eq!(s.incident(id).alarm, AlarmState::Closed);
        let again = Track { ais, ..found(&s, 8, at, velocity) };
        s.wait(20.0);
        let (_, second) = s.raise(rule, 3, &again);
        assert_eq!(id == second, same, "{gap} s, {at:?} m, {velocity:?}, {rule}, {ais:?}");
        if same {
            assert_eq!(s.incident(id).members[1].kinship, Kinship::Probable);
            assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged, "nobody has seen that it is there again");
            assert_eq!(s.incident(id).severity.level(), 4, "no less than it was");
        }
    }
}

#[test]
fn a_boat_that_began_while_the_run_was_still_seen_is_another() {
    // It is raised when the first has been lost for minutes, but was there before.
    let (mut s, id) = lost_run(0.0);
    let other = found(&s, 8, [-4500.0, 2600.0], [-13.0, 15.0]);
    s.wait(300.0);
    let (_, second) = s.raise("R01", 3, &other);
    assert_ne!(id, second);
    // And of a lineage of which one is seen, none is lost.
    let (mut s, id) = lost_run(30.0);
    let next = boat(&s, 8, 22.5, 114.9 + west(30.0));
    s.raise("R01", 4, &next);
    s.wait(200.0);
    s.see(boat(&s, 8, 22.45, 114.9 + west(230.0)));
    let far = found(&s, 9, [-3500.0, 2600.0], [-13.0, 15.0]);
    s.wait(20.0);
    assert!(s.incident(id).has_track(TrackId(8)));
    assert_ne!(s.raise("R01", 3, &far).1, id);
}

#[test]
fn a_slow_remnant_of_a_lost_run_does_not_hide_how_it_ran() {
    let (mut s, id) = lost_run(40.0);
    // What is left of it behind the island: confirmed, 6 kn at last, gone 10 s before it is seen again.
    let left = Track { velocity: [-12.0, 8.0], ..found(&s, 8, [-700.0, 350.0], WEST) };
    s.see(left);
    assert!(s.incident(id).has_track(TrackId(8)));
    s.wait(40.0);
    s.see(Track { velocity: [-3.0, 0.0], status: TrackStatus::Tentative, ..left });
    s.see(Track { velocity: [-3.0, 0.0], status: TrackStatus::Deleted, ..left });
    s.wait(10.0);
    let again = found(&s, 9, [-1400.0, 900.0], [-12.0, 16.0]);
    s.wait(20.0);
    assert_eq!(s.raise("R01", 4, &again).1, id);
}

#[test]
fn a_spike_that_may_lie_still_takes_no_lineage_and_hides_no_lost_run() {
    // Followed on near where the run was lost, it would say that the run is; what is seen of the boat a minute later is 1.7 km off.
    for (sog_lcb90, same) in [(1.5, true), (12.0, false)] {
        let (mut s, id) = lost_run(40.0);
        let spike = Track { sog_lcb90, ..found(&s, 8, [-700.0, 350.0], [-12.0, -8.0]) };
        s.see(spike);
        assert_eq!(s.incident(id).has_track(TrackId(8)), !same, "at least {sog_lcb90} m/s");
        s.wait(40.0);
        s.see(spike);
        let again = found(&s, 9, [-1400.0, 900.0], [-12.0, 16.0]);
        s.wait(10.0);
        s.see(spike);
        assert_eq!(s.raise("R01", 4, &again).1 == id, same, "at least {sog_lcb90} m/s");
    }
}

#[test]
fn of_two_runs_that_may_have_come_there_neither_takes_it() {
    let mut s = Scene::new();
    // 2.2 km apart, on one course.
    let (a, b) = (boat(&s, 1, 22.5, 114.9), boat(&s, 2, 22.52, 114.9));
    let ((_, first), (_, second)) = (s.raise("R01", 4, &a), s.raise("R01", 4, &b));
    assert_ne!(first, second);
    for t in [a, b] {
        s.see(Track { status: TrackStatus::Deleted, ..t });
    }
    s.wait(240.0);
    let (c, d) = (found(&s, 3, [-3600.0, 2100.0], [-13.0, 15.0]), found(&s, 4, [-3600.0, 4300.0], [-13.0, 15.0]));
    s.wait(10.0);
    let ((_, third), (_, fourth)) = (s.raise("R01", 4, &c), s.raise("R01", 4, &d));
    let all = std::collections::BTreeSet::from([first, second, third, fourth]);
    assert_eq!(all.len(), 4, "{all:?}");
}

#[test]
fn who_ran_with_a_run_that_is_lost_when_it_is_called_for_is_of_it() {
    // Abreast for twenty seconds, `off` metres to the north on some course; the first is lost, the second is called for `gap` later.
    let called = |off: f64, velocity: [f64; 2], ais: AisState, gap: f64, shelved: bool| {
        let mut s = Scene::new();
        let t = boat(&s, 7, 22.5, 114.9);
        let (alert, id) = s.raise("R01", 4, &t);
        let second = |s: &Scene, k: u32| Track {
            ais,
            ..track(8, s.now, 22.5 + off / 110_700.0, 114.9 + west(10.0 * f64::from(k)), velocity)
        };
        let born = second(&s, 0);
        for k in 1..=2 {
            s.wait(10.0);
            s.see(boat(&s, 7, 22.5, 114.9 + west(10.0 * f64::from(k))));
            s.see(Track { born: born.born, origin: born.origin, ..second(&s, k) });
        }
        let order = match shelved {
            true => Order::Shelve { incident: id, reason: "own trial".to_owned(), for_s: 3600 },
            false => Order::Acknowledge { incident: id },
        };
        s.order(order).unwrap();
        s.see(Track { status: TrackStatus::Deleted, ..t });
        s.clear(alert, &t);
        s.wait(gap);
        let now = Track { ais, born: born.born, origin: born.origin, ..track(8, s.now, 22.49, 114.9, velocity) };
        let (_, second) = s.raise("R01", 3, &now);
        (id == second, s.incident(id).alarm)
    };
    let none = AisState::None;
    // A second boat is news, and so it is told.
    assert_eq!(called(300.0, WEST, none, 90.0, false), (true, AlarmState::Unacknowledged));
    assert_eq!(called(1500.0, WEST, none, 90.0, false), (true, AlarmState::Unacknowledged));
    // Two miles off, on another course beyond 600 m, against it, with AIS, eleven minutes later; what is on the shelf takes none.
    assert!(!called(3700.0, WEST, none, 90.0, false).0);
    assert!(!called(1500.0, [-15.0, 13.0], none, 90.0, false).0);
    assert!(!called(300.0, [20.0, 0.0], none, 90.0, false).0);
    assert!(!called(300.0, WEST, AisState::Ok, 90.0, false).0);
    assert!(!called(300.0, WEST, none, 660.0, false).0);
    assert!(!called(300.0, WEST, none, 90.0, true).0);
}

#[test]
fn a_run_whose_track_followed_clutter_before_it_died_is_found_by_how_it_ran_before() {
    // A minute at 20 m/s, then its track drifts off with a spike at 1.5 m/s for `spike` seconds, and dies.
    let again = |spike: f64, at: [f64; 2], velocity: [f64; 2], before: f64, ends: bool| {
        let mut s = Scene::new();
        let t = boat(&s, 7, 22.5, 114.9);
        let (alert, id) = s.raise("R01", 4, &t);
        for k in 1..=6 {
            s.wait(10.0);
            s.see(boat(&s, 7, 22.5, 114.9 + west(10.0 * f64::from(k))));
        }
        let mut last = track(7, s.now, 22.5, 114.9 + west(60.0), [0.0, -1.5]);
        for k in 1..=(spike / 10.0) as u32 {
            s.wait(10.0);
            last = track(7, s.now, 22.5 - 15.0 * f64::from(k) / 110_700.0, 114.9 + west(60.0), [0.0, -1.5]);
            s.see(last);
        }
        if ends {
            s.see(Track { status: TrackStatus::Deleted, ..last });
        }
        s.clear(alert, &last);
        s.order(Order::Acknowledge { incident: id }).unwrap();
        s.wait(before);
        let found = found(&s, 8, at, velocity);
        s.wait(20.0);
        if !ends {
            s.see(last);
        }
        let (_, second) = s.raise("R01", 3, &found);
        (s, id == second, id)
    };
    // From where it ran to where it is found, four minutes and a half at 20 m/s, are 5.4 km; from where the spike was lost, half an hour.
    let (s, same, id) = again(70.0, [-6400.0, 300.0], WEST, 200.0, true);
    assert!(same);
    assert_eq!((s.incident(id).members[1].kinship, s.incident(id).alarm), (Kinship::Probable, AlarmState::Unacknowledged));
    // Behind it, beyond it, the other way; ten minutes after it ran last, although the spike was seen later.
    assert!(!again(70.0, [1500.0, 0.0], WEST, 200.0, true).1);
    assert!(!again(70.0, [-9000.0, 300.0], WEST, 200.0, true).1);
    assert!(!again(70.0, [-6400.0, 300.0], [20.0, 0.0], 200.0, true).1);
    assert!(!again(70.0, [-12_500.0, 0.0], WEST, 560.0, true).1);
    // The spike was followed until it began, and died since; while it is followed it may be a boat that has stopped, and this is another.
    assert!(again(270.0, [-6400.0, 300.0], WEST, 0.0, true).1);
    assert!(!again(270.0, [-6400.0, 300.0], WEST, 0.0, false).1);
}

#[test]
fn a_lost_run_of_whose_new_track_another_rule_speaks_first_is_one_incident() {
    // Twenty seconds after it is seen again it crosses a watch line, forty later it is called for as a run.
    let called = |rules: [&str; 2], before: &dyn Fn(&mut Scene, IncidentId), between: &dyn Fn(&mut Scene, IncidentId)| {
        let (mut s, id) = lost_run(300.0);
        before(&mut s, id);
        let again = found(&s, 8, [-4500.0, 2600.0], [-13.0, 15.0]);
        s.wait(20.0);
        let (_, own) = s.raise(rules[0], 1, &again);
        assert_ne!(own, id);
        s.order(Order::Acknowledge { incident: own }).unwrap();
        between(&mut s, own);
        s.wait(40.0);
        let now = found(&s, 8, [-5280.0, 3500.0], [-13.0, 15.0]);
        let (_, second) = s.raise(rules[1], 3, &Track { born: again.born, origin: again.origin, ..now });
        (s, id == second, id)
    };
    let nothing = |_: &mut Scene, _: IncidentId| {};
    let (s, same, id) = called(["R11", "R01"], &nothing, &nothing);
    assert!(same);
    assert_eq!(
        (s.open_count(), s.incident(id).alarm),
        (1, AlarmState::Unacknowledged),
        "nobody has seen that it is there again"
    );
    assert_eq!(s.incident(id).members.iter().map(|m| m.kinship).collect::<Vec<_>>(), [Kinship::Alerted, Kinship::Probable]);
    // A rule that says nothing of a run does not make it one; a run that is judged takes nothing so; nor does it take what a unit was sent to.
    assert!(!called(["R11", "R05"], &nothing, &nothing).1);
    let reason = || "own trial".to_owned();
    let propose = |s: &mut Scene, incident| s.order(Order::FalseAlarm { incident, reason: reason() }).map(drop).unwrap();
    let judge = |s: &mut Scene, incident| {
        propose(s, incident);
        s.order_by("hu", Order::FalseAlarm { incident, reason: reason() }).map(drop).unwrap();
    };
    assert!(!called(["R11", "R01"], &judge, &nothing).1);
    let send = |s: &mut Scene, incident| {
        let unit = s.unit("patrol 1");
        s.order(Order::Dispatch { incident, unit }).map(drop).unwrap();
    };
    assert!(!called(["R11", "R01"], &nothing, &send).1);
    // Of two that were lost there, 2.2 km apart, neither is it.
    let mut s = Scene::new();
    let (a, b) = (boat(&s, 1, 22.5, 114.9), boat(&s, 2, 22.52, 114.9));
    for t in [a, b] {
        s.raise("R01", 4, &t);
    }
    for t in [a, b] {
        s.see(Track { status: TrackStatus::Deleted, ..t });
    }
    s.wait(240.0);
    let again = found(&s, 3, [-3600.0, 2100.0], [-13.0, 15.0]);
    s.wait(10.0);
    for (rule, severity) in [("R11", 1), ("R01", 4)] {
        s.raise(rule, severity, &again);
    }
    assert_eq!(s.open_count(), 3);
}

#[test]
fn who_crossed_a_line_while_the_run_was_still_seen_is_another() {
    let mut s = Scene::new();
    let (run, other) = (boat(&s, 7, 22.5, 114.9), found(&s, 8, [-1500.0, 3500.0], WEST));
    let (_, id) = s.raise("R01", 4, &run);
    let (_, own) = s.raise("R11", 1, &other);
    for t in [run, other] {
        s.see(Track { status: TrackStatus::Deleted, ..t });
    }
    s.wait(120.0);
    // It goes on where both may have come to, and the tracker knows whose it is.
    let again = linked(found(&s, 9, [-2300.0, 600.0], WEST), 8);
    s.see(again);
    s.wait(20.0);
    assert_eq!(s.raise("R01", 4, &again).1, own);
    assert_eq!(s.incident(id).merged_into, None);
}

#[test]
fn one_lost_run_takes_one_boat_of_two_and_a_shelved_one_takes_none() {
    let (mut s, id) = lost_run(300.0);
    // 2.2 km apart: the second is no formation with the first.
    let (a, b) = (found(&s, 8, [-4500.0, 2600.0], [-13.0, 15.0]), found(&s, 9, [-5800.0, 800.0], [-13.0, 15.0]));
    s.wait(20.0);
    assert_eq!(s.raise("R01", 3, &a).1, id);
    assert_ne!(s.raise("R01", 3, &b).1, id);

    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (_, id) = s.raise("R01", 4, &t);
    s.order(Order::Shelve { incident: id, reason: "own trial".to_owned(), for_s: 3600 }).unwrap();
    s.see(Track { status: TrackStatus::Deleted, ..t });
    s.wait(300.0);
    let a = found(&s, 8, [-4500.0, 2600.0], [-13.0, 15.0]);
    s.wait(20.0);
    assert_ne!(s.raise("R01", 3, &a).1, id);
}
