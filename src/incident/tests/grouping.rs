//! One incident a lineage or event.

use super::{Scene, linked, track};
use crate::model::command::{NotNow, Order, Refusal};
use crate::model::incident::{AlarmState, CasePhase, Kinship};
use crate::model::{AisState, Track, TrackId, TrackStatus};

pub(super) const WEST: [f64; 2] = [-20.0, 0.0];

pub(super) fn boat(scene: &Scene, id: u64, lat: f64, lon: f64) -> Track {
    track(id, scene.now, lat, lon, WEST)
}

/// Degrees of longitude that a boat going west at 20 m/s makes in some seconds at 22.5° N.
pub(super) fn west(seconds: f64) -> f64 {
    -20.0 * seconds / 102_900.0
}

#[test]
fn alerts_of_one_track_are_one_incident() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (_, first) = s.raise("R01", 3, &t);
    s.wait(60.0);
    let (_, second) = s.raise("R07", 3, &t);
    s.wait(3000.0);
    let (_, third) = s.raise("R01", 3, &t);
    assert_eq!((first, first), (second, third));
    assert_eq!(s.incident(first).rules(), ["R01", "R07"]);
    assert_eq!(s.incident(first).joined_alerts, 2);
    assert_eq!((s.desk.counts().alerts, s.desk.counts().incidents, s.desk.counts().joined), (3, 1, 2));
}

#[test]
fn a_track_that_the_tracker_has_linked_is_of_the_lineage() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (_, first) = s.raise("R01", 3, &t);
    s.wait(30.0);
    let again = linked(boat(&s, 9, 22.5, 114.9 + west(30.0)), 7);
    s.see(again);
    let (_, second) = s.raise("R08", 4, &again);
    assert_eq!(first, second);
    assert_eq!(
        s.incident(first).members.iter().map(|m| (m.track.0, m.kinship)).collect::<Vec<_>>(),
        [(7, Kinship::Alerted), (9, Kinship::Linked)]
    );
}

#[test]
fn a_boat_found_again_where_it_must_be_is_of_the_lineage_and_another_is_not() {
    for (gap, north_m, velocity, same) in [
        (60.0, 0.0, WEST, true),
        (60.0, 500.0, WEST, true),
        (60.0, 1500.0, WEST, false),
        (60.0, 0.0, [-18.0, 6.0], true),
        (60.0, 0.0, [20.0, 0.0], false),
        (60.0, 0.0, [-2.0, 0.0], false),
        (590.0, 1000.0, WEST, true),
        (610.0, 0.0, WEST, false),
    ] {
        let mut s = Scene::new();
        let t = boat(&s, 7, 22.5, 114.9);
        let (_, first) = s.raise("R01", 3, &t);
        s.wait(5.0);
        s.see(Track { status: TrackStatus::Deleted, ..boat(&s, 7, 22.5, 114.9 + west(5.0)) });
        s.wait(gap);
        let found = track(8, s.now, 22.5 + north_m / 110_700.0, 114.9 + west(5.0 + gap), velocity);
        s.wait(10.0);
        let (_, second) = s.raise("R01", 3, &found);
        assert_eq!(first == second, same, "gap {gap} s, {north_m} m off, {velocity:?}");
        if same {
            assert_eq!(s.incident(first).members[1].kinship, Kinship::Reacquired);
        }
    }
}

#[test]
fn a_boat_that_turned_while_it_was_lost_is_of_the_lineage_if_it_can_be_there() {
    // Turned north within the gap, found where it would be after half of it each way; in metres east and north of where it was lost.
    for (gap, at, velocity, same) in [
        (30.0, [-300.0, 300.0], [-2.0, 20.0], true),
        (50.0, [-500.0, 500.0], [-2.0, 20.0], true),
        (30.0, [-300.0, 300.0], [0.0, 9.0], false),
        (30.0, [-700.0, 900.0], [-2.0, 20.0], false),
        (30.0, [300.0, 0.0], [20.0, 0.0], false),
        (90.0, [-900.0, 900.0], [-2.0, 20.0], false),
    ] {
        let mut s = Scene::new();
        let t = boat(&s, 7, 22.5, 114.9);
        let (_, first) = s.raise("R01", 3, &t);
        // It coasts on along its old course for a while: where it was last seen counts.
        s.wait(10.0);
        s.see(Track { status: TrackStatus::Coasting, ..boat(&s, 7, 22.5, 114.9 + west(10.0)) });
        s.wait(gap - 10.0);
        let found = track(8, s.now, 22.5 + at[1] / 110_700.0, 114.9 + at[0] / 102_900.0, velocity);
        s.wait(10.0);
        let (_, second) = s.raise("R05", 3, &found);
        assert_eq!(first == second, same, "gap {gap} s, {at:?} m, {velocity:?}");
    }
}

#[test]
fn a_track_that_nothing_was_said_about_carries_the_lineage_on() {
    for (status, ais, same) in [
        (TrackStatus::Confirmed, AisState::None, true),
        (TrackStatus::Tentative, AisState::None, false),
        (TrackStatus::Confirmed, AisState::Ok, false),
    ] {
        let mut s = Scene::new();
        let t = boat(&s, 7, 22.5, 114.9);
        let (_, first) = s.raise("R01", 3, &t);
        s.see(Track { status: TrackStatus::Deleted, ..t });
        s.wait(30.0);
        let between = Track { status, ais, ..boat(&s, 8, 22.5, 114.9 + west(30.0)) };
        s.see(between);
        s.wait(60.0);
        let north = track(8, s.now, 22.502, 114.9 + west(90.0), [-6.0, 19.0]);
        s.see(Track { status, ais, born: between.born, origin: between.origin, ..north });
        s.see(Track { status: TrackStatus::Deleted, ais, born: between.born, origin: between.origin, ..north });
        s.wait(20.0);
        // Of the first track this one goes on nothing: it lies off its course and goes another way.
        let after = track(9, s.now, 22.506, 114.9 + west(96.0), [-6.0, 19.0]);
        let (_, second) = s.raise("R05", 3, &after);
        assert_eq!(first == second, same, "{status:?} {ais:?}");
        assert_eq!(s.incident(first).has_track(TrackId(8)), same);
    }
}

#[test]
fn who_is_only_inferred_to_be_the_one_that_was_judged_is_news() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (alert, id) = s.raise("R01", 3, &t);
    s.order(Order::FalseAlarm { incident: id, reason: "birds".to_owned() }).unwrap();
    s.clear(alert, &t);
    s.see(Track { status: TrackStatus::Deleted, ..t });
    s.wait(30.0);
    let found = boat(&s, 8, 22.5, 114.9 + west(30.0));
    s.see(found);
    assert!(s.incident(id).has_track(TrackId(8)));
    assert_eq!(s.incident(id).alarm, AlarmState::Closed, "nothing was said about it");
    assert_eq!(s.raise("R01", 3, &found).1, id);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged);
    assert_eq!(s.incident(id).false_alarm, None);
}

#[test]
fn a_boat_that_is_still_followed_is_not_found_again() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    // A rule that makes no formation, so that only the lineage could join them.
    let (_, first) = s.raise("R03", 3, &t);
    s.wait(5.0);
    s.see(boat(&s, 7, 22.5, 114.9 + west(5.0)));
    let other = boat(&s, 8, 22.501, 114.9 + west(5.0));
    let (_, second) = s.raise("R03", 3, &other);
    assert_ne!(first, second);
}

#[test]
fn boats_that_go_together_are_one_incident_and_the_second_is_news() {
    let mut s = Scene::new();
    let (a, b) = (boat(&s, 1, 22.5, 114.9), boat(&s, 2, 22.505, 114.9));
    let (_, first) = s.raise("R01", 3, &a);
    s.order(Order::Acknowledge { incident: first }).unwrap();
    s.wait(10.0);
    s.see(boat(&s, 1, 22.5, 114.9 + west(10.0)));
    let (_, second) = s.raise("R01", 3, &Track { position: b.position, ..b });
    assert_eq!(first, second);
    assert_eq!(s.incident(first).alarm, AlarmState::Unacknowledged, "a second boat");
    // Three miles off, or on another course, it is another incident.
    let far = boat(&s, 3, 22.56, 114.9);
    let (_, third) = s.raise("R01", 3, &far);
    assert_ne!(first, third);
    let crossing = track(4, s.now, 22.511, 114.9 + west(10.0), [-5.0, 20.0]);
    let (_, fourth) = s.raise("R01", 3, &crossing);
    assert_ne!(first, fourth);
    // Beside it, turning, it is; going the other way it is not.
    for (id, velocity, same) in [(5, [-5.0, 20.0], true), (6, [20.0, 2.0], false)] {
        let beside = track(id, s.now, 22.504, 114.9 + west(10.0), velocity);
        assert_eq!(s.raise("R01", 3, &beside).1 == first, same, "{velocity:?}");
    }
}

#[test]
fn boats_that_come_together_later_become_one_unless_someone_is_sent_to_each() {
    for worked_on in [false, true] {
        let mut s = Scene::new();
        let (a, b) = (boat(&s, 1, 22.5, 114.9), boat(&s, 2, 22.56, 114.9));
        let (_, first) = s.raise("R01", 3, &a);
        let (_, second) = s.raise("R01", 3, &b);
        assert_ne!(first, second);
        if worked_on {
            let unit = s.unit("HJ-1");
            s.order(Order::Dispatch { incident: second, unit }).unwrap();
        }
        s.wait(20.0);
        s.see(boat(&s, 1, 22.5, 114.9 + west(20.0)));
        let near = boat(&s, 2, 22.505, 114.9 + west(20.0));
        let mut formation = s.alert(50, "R18", 4, &near);
        formation.basis.others = vec![TrackId(1)];
        s.apply_alert(&formation, &near);
        if worked_on {
            assert_eq!(s.open_count(), 2);
            continue;
        }
        assert_eq!(s.open_count(), 1);
        let (kept, gone) = (s.incident(first), s.incident(second));
        assert_eq!((gone.merged_into, gone.alarm), (Some(first), AlarmState::Closed));
        assert_eq!(kept.severity.level(), 4);
        assert_eq!(kept.members.iter().map(|m| m.track.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(kept.alerts.len(), 3);
        // What comes later about either boat comes to the one that is left; orders to the other are refused.
        let (_, later) = s.raise("R08", 4, &near);
        assert_eq!(later, first);
        let refused = s.order(Order::Archive { incident: second }).unwrap_err();
        assert!(matches!(refused, Refusal::NotNow { because: NotNow::Merged, .. }), "{refused:?}");
        // Both conditions end: so does the one alarm's.
        for id in [1, 2, 3, 50] {
            s.clear(id, &near);
        }
        assert!(!s.incident(first).is_active());
    }
}

#[test]
fn boats_that_a_ship_launches_are_one_incident_on_whatever_beaches_they_run() {
    // The second 1.1 km off, 70° to the right of the first; the rule that called for the first, and how long before.
    let second = |rule: &str, gap: f64, turned: f64| {
        let mut s = Scene::new();
        let (_, first) = s.raise(rule, 3, &boat(&s, 1, 22.5, 114.9));
        s.wait(gap);
        s.see(boat(&s, 1, 22.5, 114.9 + west(gap)));
        let (sin, cos) = turned.to_radians().sin_cos();
        let other = track(2, s.now, 22.51, 114.9 + west(gap), [-20.0 * cos, 20.0 * sin]);
        let (_, second) = s.raise("R01", 3, &other);
        (s, first == second)
    };
    assert!(second("R08", 60.0, 70.0).1);
    // Without a launch, long after it, or back to the ship it is another.
    assert!(!second("R01", 60.0, 70.0).1);
    assert!(!second("R08", 240.0, 70.0).1);
    assert!(!second("R08", 60.0, 120.0).1);
    // That a ship launched them may be told after both were called for.
    let (mut s, _) = second("R01", 60.0, 70.0);
    assert_eq!(s.open_count(), 2);
    s.raise("R08", 3, &track(2, s.now, 22.51, 114.9 + west(60.0), [-6.8, 18.8]));
    assert_eq!(s.open_count(), 1);
}

#[test]
fn what_is_told_of_boats_at_one_ship_is_one_incident() {
    // A boat rides beside ship 9, is lost in its echo, and breaks for the shore under another number.
    let broke = |gap: f64, rule: &str, ship: u64| {
        let mut s = Scene::new();
        let rider = track(1, s.now, 22.4, 114.75, [0.0, 7.5]);
        let mut shadowing = s.alert(50, "R09", 2, &rider);
        shadowing.basis.others = vec![TrackId(9)];
        s.apply_alert(&shadowing, &rider);
        s.see(Track { status: TrackStatus::Deleted, ..rider });
        s.wait(gap);
        let runner = track(2, s.now, 22.46, 114.75, [-2.0, 22.0]);
        s.raise("R01", 4, &runner);
        assert_eq!(s.open_count(), 2, "nothing ties them yet");
        let mut told = s.alert(51, rule, 3, &runner);
        told.basis.others = vec![TrackId(ship)];
        s.apply_alert(&told, &runner);
        s
    };
    let s = broke(1200.0, "R08", 9);
    assert_eq!(s.open_count(), 1);
    let kept = s.desk.incidents().find(|i| i.merged_into.is_none()).unwrap();
    assert_eq!(kept.members.iter().map(|m| m.track.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((kept.severity.level(), kept.alarm), (4, AlarmState::Unacknowledged));
    // Another ship, long after, and a rule that names another track for another reason.
    assert_eq!(broke(1200.0, "R08", 10).open_count(), 2);
    assert_eq!(broke(3600.0, "R08", 9).open_count(), 2);
    assert_eq!(broke(1200.0, "R05", 9).open_count(), 2);
}

#[test]
fn who_leaves_a_fleet_is_the_run_that_was_lost_into_it() {
    // A run goes in among fishing boats and stops; `gap` later a boat leaves, `off` metres north of there.
    let left = |gap: f64, off: f64, rule: &str, at_sea: bool, others: u64| {
        let mut s = Scene::new();
        for n in 0..=others {
            let run = track(1 + n, s.now, 22.45 + 0.01 * n as f64, 114.83, if n == 0 { [20.0, 0.0] } else { [-20.0, 0.0] });
            let (alert, _) = s.raise("R01", 4, &run);
            if !at_sea {
                s.see(Track { velocity: [0.3, 0.0], ..run });
                s.clear(alert, &run);
            }
        }
        let before = s.open_count();
        s.wait(gap);
        if at_sea {
            s.see(track(1, s.now, 22.45, 114.83, [20.0, 0.0]));
        }
        let boat = track(90, s.now, 22.45 + off / 110_700.0, 114.83, [-3.0, 22.0]);
        s.raise("R01", 4, &boat);
        let with_boat = s.open_count();
        s.raise(rule, 3, &boat);
        (before, with_boat, s.open_count())
    };
    assert_eq!(left(1500.0, 1000.0, "R17", false, 0), (1, 2, 1));
    // After more than an hour, two miles off, by another rule; while the run is still seen to run; where two runs may have gone in.
    assert_eq!(left(3700.0, 1000.0, "R17", false, 0).2, 2);
    assert_eq!(left(1500.0, 4000.0, "R17", false, 0).2, 2);
    assert_eq!(left(1500.0, 1000.0, "R07", false, 0).2, 2);
    assert_eq!(left(1500.0, 2000.0, "R17", true, 0).2, 2);
    assert_eq!(left(1500.0, 1000.0, "R17", false, 1), (2, 3, 3));
}

#[test]
fn a_boat_of_which_nothing_is_said_before_it_leaves_the_fleet_is_the_run_that_went_in() {
    let left = |off: f64, judged: bool| {
        let mut s = Scene::new();
        let run = track(1, s.now, 22.45, 114.83, [20.0, 0.0]);
        let (_, incident) = s.raise("R01", 3, &run);
        s.see(Track { status: TrackStatus::Deleted, ..run });
        if judged {
            s.order(Order::FalseAlarm { incident, reason: "patrol".to_owned() }).unwrap();
        }
        s.wait(1500.0);
        let boat = track(90, s.now, 22.45 + off / 110_700.0, 114.83, [-3.0, 22.0]);
        s.raise("R17", 3, &boat).1 == incident
    };
    assert!(left(1000.0, false));
    assert!(!left(4000.0, false));
    assert!(!left(1000.0, true));
}

#[test]
fn many_ais_silent_at_once_are_one_incident_that_hides_no_boat() {
    let mut s = Scene::new();
    let ships: Vec<Track> = (0..30).map(|i| track(i, s.now, 22.4 + i as f64 * 0.01, 114.8, [3.0, 0.0])).collect();
    let (_, first) = s.raise("R15", 3, &ships[0]);
    s.order(Order::Acknowledge { incident: first }).unwrap();
    for ship in &ships[1..] {
        s.wait(2.0);
        assert_eq!(s.raise("R15", 3, ship).1, first);
    }
    assert_eq!(s.open_count(), 1);
    assert_eq!(s.incident(first).alarm, AlarmState::Acknowledged, "an officer has seen it");
    // One of them runs: that is an incident of its own.
    let (_, run) = s.raise("R01", 4, &Track { velocity: [-20.0, 0.0], ..ships[7] });
    assert_ne!(run, first);
    // The next jamming after this one is over is another.
    for id in 1..=30 {
        s.clear(id, &ships[0]);
    }
    s.wait(121.0);
    assert_ne!(s.raise("R15", 3, &ships[0]).1, first);
}

#[test]
fn a_false_alarm_stays_judged_until_there_is_something_new() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (alert, id) = s.raise("R01", 3, &t);
    s.order(Order::FalseAlarm { incident: id, reason: "tourist boat".to_owned() }).unwrap();
    assert_eq!(s.incident(id).alarm, AlarmState::Closed);
    assert!(s.incident(id).is_active(), "a judgement clears nothing");
    s.clear(alert, &t);
    s.wait(900.0);
    assert_eq!(s.raise("R01", 3, &t).1, id);
    assert_eq!(s.incident(id).alarm, AlarmState::Closed, "the same again");
    assert_eq!(s.raise("R08", 3, &t).1, id);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged, "another rule");
    assert_eq!(s.incident(id).false_alarm, None);
    assert_eq!(s.told("reopened"), 1);
}

#[test]
fn a_finished_incident_takes_nothing_more() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (alert, id) = s.raise("R01", 3, &t);
    s.order(Order::Acknowledge { incident: id }).unwrap();
    s.clear(alert, &t);
    s.order(Order::Review { incident: id, accepted: true, outcome: None, text: String::new() }).unwrap();
    s.order(Order::Archive { incident: id }).unwrap();
    let (_, next) = s.raise("R01", 3, &t);
    assert_ne!(next, id);
    assert_eq!(s.incident(next).previous, Some(id));
    assert_eq!((s.incident(id).case, s.incident(id).alarm), (CasePhase::Archived, AlarmState::Closed));
}

#[test]
fn what_is_open_outlives_a_restart_and_finds_its_boat_again() {
    let mut s = Scene::new();
    let t = boat(&s, 7, 22.5, 114.9);
    let (_, id) = s.raise("R01", 3, &t);
    let unit = s.unit("HJ-1");
    s.order(Order::Acknowledge { incident: id }).unwrap();
    s.order(Order::Dispatch { incident: id, unit: unit.clone() }).unwrap();
    let saved = s.desk.saved();

    // The new run: other numbers, the same alert again from the record, and another boat's.
    let mut again = Scene::new();
    again.desk.number_from(5000);
    again.next_alert = 5000;
    let same = Track { id: TrackId(6001), ..t };
    let (alert, fresh) = again.raise("R01", 3, &same);
    let other = boat(&again, 6002, 22.3, 114.2);
    let (_, others) = again.raise("R01", 3, &other);
    assert_eq!((fresh.0, others.0), (5000, 5001));
    let command =
        crate::model::Command::new(crate::model::Actor::system(), again.now, Order::Resume { saved: Box::new(saved) });
    let command = crate::model::Command::decode(&command.encode().unwrap()).unwrap();
    again.desk.command(again.now, &command, None, &mut again.events).unwrap();

    assert!(again.desk.incident(fresh).is_none(), "the same incident twice");
    let kept = again.incident(id);
    assert_eq!((kept.alarm, kept.case), (AlarmState::Acknowledged, CasePhase::Dispatched));
    assert!(kept.is_active() && kept.has_track(TrackId(6001)));
    assert_eq!(again.incident(others).alarm, AlarmState::Unacknowledged);
    again.order(Order::Accept { incident: id, unit }).unwrap();
    // Its condition ends with the alert of this run.
    again.clear(alert, &same);
    assert_eq!(again.incident(id).alarm, AlarmState::Closed);
    // Officers may not order it.
    let refused = again.order(Order::Resume { saved: Box::default() }).unwrap_err();
    assert_eq!(refused, Refusal::NotYours);
}
