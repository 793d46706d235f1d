//! What two incidents that become one, one that is forgotten, and one that outlives restarts leave behind.

use super::Scene;
use super::grouping::{boat, west};
use crate::model::command::Order;
use crate::model::incident::{AlarmState, IncidentId, MAX_ALERTS, MAX_MEMBERS};
use crate::model::{Actor, Command, Severity, Track, TrackId};

#[test]
fn what_becomes_one_with_an_incident_sounds_on() {
    // Two boats, 3 miles apart at first; the second comes beside the first, and a rule of no higher severity says so.
    let meet = |about_the_first: Option<&dyn Fn(IncidentId) -> Order>| {
        let mut s = Scene::new();
        let (a, b) = (boat(&s, 1, 22.5, 114.9), boat(&s, 2, 22.56, 114.9));
        let (_, first) = s.raise("R01", 3, &a);
        s.raise("R01", 3, &b);
        if let Some(order) = about_the_first {
            s.order(order(first)).unwrap();
        }
        s.wait(20.0);
        s.see(boat(&s, 1, 22.5, 114.9 + west(20.0)));
        let near = boat(&s, 2, 22.505, 114.9 + west(20.0));
        s.see(near);
        // Either may be the one of which it is said.
        let one = boat(&s, 1, 22.5, 114.9 + west(20.0));
        let alert = s.alert(50, "R08", 3, &one);
        s.desk.apply(s.now, &[one, near], std::slice::from_ref(&alert), &mut s.events);
        let sounds = s.desk.incidents().any(|i| i.merged_into.is_none() && i.has_track(TrackId(2)) && i.alarm.sounds());
        (s.open_count(), sounds)
    };
    assert_eq!(meet(None), (1, true));
    // Of the first somebody knows; of the second nobody.
    assert_eq!(meet(Some(&|incident| Order::Acknowledge { incident })), (1, true));
    // The first is a patrol that runs after it, and was judged or laid on the shelf.
    let reason = || "patrol".to_owned();
    let (_, sounds) = meet(Some(&|incident| Order::FalseAlarm { incident, reason: reason() }));
    assert!(sounds);
    assert_eq!(meet(Some(&|incident| Order::Shelve { incident, reason: reason(), for_s: 3600 })), (2, true));
}

#[test]
fn what_is_judged_false_takes_no_other_boat_in() {
    // A patrol was judged a false alarm; its own rule says the same of it again while it runs beside a boat that sounds.
    let mut s = Scene::new();
    let patrol = boat(&s, 1, 22.5, 114.9);
    let (alert, judged) = s.raise("R01", 3, &patrol);
    s.order(Order::FalseAlarm { incident: judged, reason: "patrol".to_owned() }).unwrap();
    s.clear(alert, &patrol);
    s.wait(1000.0);
    let dx = west(1000.0);
    let far = boat(&s, 2, 22.56, 114.9 + dx);
    let (_, run) = s.raise("R01", 3, &far);
    assert_ne!(run, judged);
    let (one, two) = (boat(&s, 1, 22.5, 114.9 + dx), boat(&s, 2, 22.505, 114.9 + dx));
    s.see(two);
    let again = s.alert(50, "R01", 3, &one);
    s.desk.apply(s.now, &[one, two], std::slice::from_ref(&again), &mut s.events);
    assert_eq!((s.incident(run).merged_into, s.incident(run).alarm), (None, AlarmState::Unacknowledged));
}

#[test]
fn what_was_opened_by_hand_lasts_until_it_is_judged_whatever_it_becomes_part_of() {
    let mut s = Scene::new();
    let (a, b) = (boat(&s, 1, 22.5, 114.9), boat(&s, 2, 22.505, 114.9));
    let (alert, first) = s.raise("R01", 3, &a);
    let open = Order::Open {
        track: Some(TrackId(2)),
        position: None,
        severity: Severity::new(3).unwrap(),
        text: "no lights".to_owned(),
    };
    let by_hand = s.order_about(open, Some(&b)).unwrap().incident.unwrap();
    let (other, _) = s.raise("R01", 3, &b);
    assert_eq!(s.incident(by_hand).merged_into, Some(first));
    s.clear(alert, &a);
    s.clear(other, &b);
    s.order(Order::Acknowledge { incident: first }).unwrap();
    assert_eq!(s.incident(first).alarm, AlarmState::Acknowledged);
}

#[test]
fn what_is_forgotten_leaves_nothing_behind() {
    let mut s = Scene::new();
    // Two formations of forty that become one: more tracks than an incident lists.
    let mut alerts = Vec::new();
    for id in 0..80u64 {
        let north = if id < 40 { 22.5 } else { 22.56 } + 1e-5 * id as f64;
        let t = boat(&s, id + 1, north, 114.9);
        alerts.push((s.raise("R01", 3, &t).0, t));
    }
    assert_eq!(s.open_count(), 2);
    s.wait(10.0);
    for id in 0..80u64 {
        s.see(boat(&s, id + 1, 22.5 + 1e-5 * id as f64, 114.9 + west(10.0)));
    }
    let t = boat(&s, 80, 22.5008, 114.9 + west(10.0));
    s.apply_alert(&s.alert(500, "R18", 4, &t), &t);
    alerts.push((500, t));
    assert_eq!(s.open_count(), 1);
    for (alert, t) in &alerts {
        s.clear(*alert, t);
    }
    let id = s.desk.incidents().find(|i| i.merged_into.is_none()).unwrap().id;
    s.order(Order::Acknowledge { incident: id }).unwrap();
    s.wait(25.0 * 3600.0);
    assert_eq!(s.desk.incidents().count(), 0);
    assert_eq!((s.desk.by_track.len(), s.desk.by_alert.len(), s.desk.lost.len()), (0, 0, 0));
}

#[test]
fn an_incident_that_outlives_many_restarts_does_not_grow() {
    let mut s = Scene::new();
    let (_, id) = s.raise("R01", 3, &boat(&s, 7, 22.5, 114.9));
    let mut saved = s.desk.saved();
    for run in 1..100u64 {
        let mut again = Scene::new();
        again.desk.number_from(5000 * run);
        again.next_alert = 5000 * run;
        let boats: Vec<Track> = (0..5).map(|n| boat(&again, 6000 * run + n, 22.5, 114.9)).collect();
        let alerts: Vec<u64> = boats.iter().map(|b| again.raise("R01", 3, b).0).collect();
        let resume = Order::Resume { saved: Box::new(saved) };
        let command = Command::new(Actor::system(), again.now, resume);
        again.desk.command(again.now, &command, None, &mut again.events).unwrap();
        let kept = again.incident(id);
        assert!(kept.members.len() <= MAX_MEMBERS && kept.alerts.len() <= MAX_ALERTS, "after {run} restarts");
        assert!(kept.has_track(TrackId(6000 * run)), "those of this run are those that matter");
        saved = again.desk.saved();
        // Its condition lasts as long as that of any of the five.
        for (alert, boat) in alerts.into_iter().zip(&boats).rev() {
            assert!(again.incident(id).is_active(), "{alert} lasts");
            again.clear(alert, boat);
        }
        assert!(!again.incident(id).is_active());
    }
}
