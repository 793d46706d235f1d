//! The life of an incident, step by step.

use super::{Scene, track};
use crate::model::command::{NotNow, Order, Refusal, SILENCE_S};
use crate::model::incident::{AlarmState, CasePhase, HandOverId, IncidentId, Level, Outcome, UnitName};
use crate::model::{Actor, Answer, Command, Severity, Track, TrackId};

fn begun() -> (Scene, Track, u64, IncidentId) {
    let mut s = Scene::new();
    let t = track(7, s.now, 22.5, 114.9, [-20.0, 0.0]);
    let (alert, id) = s.raise("R01", 3, &t);
    (s, t, alert, id)
}

fn because(s: &mut Scene, order: Order) -> NotNow {
    match s.order(order).unwrap_err() {
        Refusal::NotNow { because, .. } => because,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alarm_goes_through_its_states() {
    let (mut s, t, alert, id) = begun();
    let alarm = |s: &Scene| s.incident(id).alarm;
    assert_eq!(alarm(&s), AlarmState::Unacknowledged);
    s.order(Order::Silence { incident: id }).unwrap();
    assert_eq!(alarm(&s), AlarmState::Silenced);
    s.wait(f64::from(SILENCE_S) - 0.1);
    assert_eq!(alarm(&s), AlarmState::Silenced);
    s.wait(0.1);
    assert_eq!(alarm(&s), AlarmState::Unacknowledged, "silence ends by itself");
    s.order(Order::Acknowledge { incident: id }).unwrap();
    assert_eq!(alarm(&s), AlarmState::Acknowledged);
    assert!(s.incident(id).is_active(), "acknowledging clears nothing");
    assert_eq!(because(&mut s, Order::Acknowledge { incident: id }), NotNow::AlreadyAcknowledged);
    assert_eq!(because(&mut s, Order::Silence { incident: id }), NotNow::AlreadyAcknowledged);
    s.clear(alert, &t);
    assert_eq!(alarm(&s), AlarmState::Closed);

    // Ended before anyone saw it: it waits for that.
    let (alert, id) = s.raise("R01", 3, &t);
    assert_eq!(alarm(&s), AlarmState::Unacknowledged);
    s.clear(alert, &t);
    assert_eq!(alarm(&s), AlarmState::RectifiedUnacknowledged);
    assert_eq!(because(&mut s, Order::Silence { incident: id }), NotNow::DoesNotSound);
    s.order(Order::Acknowledge { incident: id }).unwrap();
    assert_eq!(alarm(&s), AlarmState::Closed);
}

#[test]
fn a_shelf_has_a_reason_and_an_end_and_gives_way_to_more() {
    let (mut s, t, _, id) = begun();
    let shelve = |reason: &str, for_s| Order::Shelve { incident: id, reason: reason.to_owned(), for_s };
    assert!(matches!(s.order(shelve(" ", 600)).unwrap_err(), Refusal::Missing { .. }));
    for for_s in [0, 59, 12 * 3600 + 1] {
        assert!(matches!(s.order(shelve("exercise", for_s)).unwrap_err(), Refusal::OutOfRange { .. }), "{for_s}");
    }
    s.order(shelve("exercise", 600)).unwrap();
    assert_eq!(s.incident(id).alarm, AlarmState::Shelved);
    assert_eq!(because(&mut s, Order::Acknowledge { incident: id }), NotNow::Shelved);
    s.wait(600.0);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged, "off the shelf, and nobody has seen it");
    s.order(shelve("exercise", 600)).unwrap();
    s.raise("R08", 4, &t);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged, "a higher severity is a new reason to look");
    assert_eq!(s.incident(id).severity.level(), 4);
    s.order(shelve("exercise", 600)).unwrap();
    s.order(Order::Unshelve { incident: id }).unwrap();
    assert_eq!(because(&mut s, Order::Unshelve { incident: id }), NotNow::NotShelved);
}

#[test]
fn a_higher_severity_of_the_same_alert_sounds_again() {
    let (mut s, t, alert, id) = begun();
    s.order(Order::Acknowledge { incident: id }).unwrap();
    let higher = s.alert(alert, "R01", 4, &t);
    s.apply_alert(&higher, &t);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged);
    assert_eq!(s.incident(id).alerts.len(), 1);
    assert_eq!(s.desk.counts().joined, 0);
}

#[test]
fn the_closed_loop_from_dispatch_to_archive() {
    let (mut s, t, alert, id) = begun();
    let (boat, patrol) = (s.unit("HJ-1"), s.unit("PATROL-2"));
    let case = |s: &Scene| s.incident(id).case;
    let accept = |unit: &UnitName| Order::Accept { incident: id, unit: unit.clone() };
    let on_scene = |unit: &UnitName| Order::OnScene { incident: id, unit: unit.clone() };
    let dispatch = |unit: &UnitName| Order::Dispatch { incident: id, unit: unit.clone() };
    let report = |unit: &UnitName, outcome, text: &str| Order::ReportBack {
        incident: id,
        unit: unit.clone(),
        outcome,
        text: text.to_owned(),
    };
    let review = |accepted, text: &str| Order::Review { incident: id, accepted, outcome: None, text: text.to_owned() };

    s.order(Order::Acknowledge { incident: id }).unwrap();
    assert_eq!(because(&mut s, accept(&boat)), NotNow::NotDispatched);
    assert_eq!(because(&mut s, review(true, "")), NotNow::NothingToReview);
    assert_eq!(because(&mut s, Order::Archive { incident: id }), NotNow::NotReviewed);
    s.order(dispatch(&boat)).unwrap();
    assert_eq!(case(&s), CasePhase::Dispatched);
    assert_eq!(because(&mut s, dispatch(&boat)), NotNow::AlreadyDispatched);
    assert_eq!(because(&mut s, on_scene(&boat)), NotNow::NotAccepted);
    assert_eq!(because(&mut s, report(&boat, Outcome::Intercepted, "")), NotNow::NotAccepted);
    s.order(accept(&boat)).unwrap();
    s.order(dispatch(&patrol)).unwrap();
    assert_eq!(case(&s), CasePhase::Dispatched, "the one furthest behind");
    s.order(accept(&patrol)).unwrap();
    s.order(on_scene(&boat)).unwrap();
    assert_eq!(case(&s), CasePhase::Accepted);
    assert!(matches!(s.order(report(&boat, Outcome::NotIntercepted, " ")).unwrap_err(), Refusal::Missing { .. }));
    s.order(report(&boat, Outcome::NotIntercepted, "faster than we")).unwrap();
    assert_eq!(because(&mut s, review(true, "")), NotNow::TasksOpen);
    assert_eq!(
        because(&mut s, Order::FalseAlarm { incident: id, reason: "x".to_owned() }),
        NotNow::TasksOpen,
        "units are at sea"
    );
    s.order(Order::Recall { incident: id, unit: patrol.clone(), reason: "engine".to_owned() }).unwrap();
    assert_eq!(case(&s), CasePhase::ReportedBack, "who was called back does not count");
    // Sent back, told again, taken.
    s.order(review(false, "where did it land?")).unwrap();
    assert_eq!(case(&s), CasePhase::OnScene);
    s.order(report(&boat, Outcome::NotIntercepted, "landed at 22.60 N")).unwrap();
    s.order(review(true, "")).unwrap();
    assert_eq!(case(&s), CasePhase::Reviewed);
    assert_eq!(s.incident(id).outcome, Some(Outcome::NotIntercepted));
    assert_eq!(because(&mut s, dispatch(&boat)), NotNow::AlreadyReviewed);
    s.order(Order::Archive { incident: id }).unwrap();
    assert_eq!(case(&s), CasePhase::Archived);
    for order in [dispatch(&boat), accept(&boat), review(true, ""), Order::Archive { incident: id }] {
        assert_eq!(because(&mut s, order), NotNow::Archived);
    }
    // A note is possible for ever, and the log has everything in order.
    s.order(Order::Note { incident: id, text: "see case 17".to_owned() }).unwrap();
    s.clear(alert, &t);
    let words: Vec<&str> = s.incident(id).log.iter().map(|e| e.change.word()).collect();
    assert_eq!(words.len() as u64, s.incident(id).log_total);
    let order = ["opened", "acknowledged", "dispatched", "accepted", "on-scene", "reported-back", "reviewed", "archived"];
    let mut at = 0;
    for word in order {
        at +=
            words[at..].iter().position(|w| *w == word).unwrap_or_else(|| panic!("{word} is not after the others: {words:?}"));
    }
}

#[test]
fn a_unit_is_at_one_place_at_a_time() {
    let (mut s, _, _, first) = begun();
    let other = track(8, s.now, 22.3, 114.2, [0.0, 20.0]);
    let (_, second) = s.raise("R01", 3, &other);
    let unit = s.unit("HJ-1");
    s.order(Order::Dispatch { incident: first, unit: unit.clone() }).unwrap();
    assert_eq!(because(&mut s, Order::Dispatch { incident: second, unit: unit.clone() }), NotNow::UnitElsewhere);
    s.order(Order::Recall { incident: first, unit: unit.clone(), reason: "the other is faster".to_owned() }).unwrap();
    s.order(Order::Dispatch { incident: second, unit: unit.clone() }).unwrap();
    let mut away = s.desk.units().next().unwrap().clone();
    away.available = false;
    away.position = None;
    s.order(Order::Unit { unit: away }).unwrap();
    assert_eq!(s.desk.units().next().unwrap().position, Some([22.5, 114.7]), "where it is was not said again");
    s.order(Order::Recall { incident: second, unit: unit.clone(), reason: "fuel".to_owned() }).unwrap();
    assert_eq!(because(&mut s, Order::Dispatch { incident: first, unit }), NotNow::UnitNotAvailable);
    let nobody = UnitName("NOBODY".to_owned());
    assert_eq!(s.order(Order::Dispatch { incident: first, unit: nobody.clone() }), Err(Refusal::NoUnit { unit: nobody }));
}

#[test]
fn a_report_is_sent_back_to_who_is_still_there_for_it() {
    let (mut s, _, _, first) = begun();
    let other = track(8, s.now, 22.3, 114.2, [0.0, 20.0]);
    let (_, second) = s.raise("R01", 3, &other);
    let (boat, patrol) = (s.unit("HJ-1"), s.unit("HJ-2"));
    let reported = |s: &mut Scene, unit: &UnitName| {
        s.order(Order::Dispatch { incident: first, unit: unit.clone() }).unwrap();
        s.order(Order::Accept { incident: first, unit: unit.clone() }).unwrap();
        let (unit, text) = (unit.clone(), "gone".to_owned());
        s.order(Order::ReportBack { incident: first, unit, outcome: Outcome::NotIntercepted, text }).unwrap();
    };
    let back = || Order::Review { incident: first, accepted: false, outcome: None, text: "where to?".to_owned() };
    let open = |s: &Scene| s.incident(first).tasks.iter().filter(|t| t.is_open()).map(|t| t.unit.0.clone()).collect::<Vec<_>>();
    reported(&mut s, &boat);
    s.order(Order::Dispatch { incident: second, unit: boat.clone() }).unwrap();
    assert_eq!(because(&mut s, back()), NotNow::ReportersElsewhere);
    // Another was there as well, and twice: it is asked once.
    reported(&mut s, &patrol);
    reported(&mut s, &patrol);
    s.order(back()).unwrap();
    assert_eq!(open(&s), ["HJ-2"]);
    assert_eq!(s.incident(first).case, CasePhase::Accepted);
    s.order(Order::Recall { incident: first, unit: patrol.clone(), reason: "fuel".to_owned() }).unwrap();
    // Whose second task was called back is asked about the first.
    s.order(Order::Recall { incident: second, unit: boat, reason: "nothing there".to_owned() }).unwrap();
    s.order(back()).unwrap();
    assert_eq!(open(&s), ["HJ-1", "HJ-2"]);
}

#[test]
fn incidents_are_opened_by_hand_and_take_up_later_alerts() {
    let mut s = Scene::new();
    let t = track(7, s.now, 22.5, 114.9, [-20.0, 0.0]);
    let open =
        |track, position| Order::Open { track, position, severity: Severity::new(2).unwrap(), text: "no lights".to_owned() };
    assert!(matches!(s.order(open(None, None)).unwrap_err(), Refusal::Missing { .. }));
    assert!(matches!(s.order(open(None, Some([91.0, 0.0]))).unwrap_err(), Refusal::OutOfRange { .. }));
    assert_eq!(s.order(open(Some(TrackId(7)), None)), Err(Refusal::NoTrack { track: TrackId(7) }));
    let id = s.order_about(open(Some(TrackId(7)), None), Some(&t)).unwrap().incident.unwrap();
    assert_eq!(s.incident(id).alarm, AlarmState::Acknowledged, "who opens it has seen it");
    assert_eq!(s.raise("R01", 4, &t).1, id);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged);
    s.order(Order::Transfer { incident: id, level: Level::Town }).unwrap();
    assert_eq!(because(&mut s, Order::Transfer { incident: id, level: Level::Town }), NotNow::SameLevel);
    assert_eq!(s.order(Order::Acknowledge { incident: IncidentId(99) }), Err(Refusal::NoIncident { incident: IncidentId(99) }));
    assert_eq!(s.told("refused"), 5);
}

#[test]
fn reports_of_grid_members_join_the_lineage() {
    let (mut s, t, _, id) = begun();
    let report = |incident, track| Order::FieldReport {
        incident,
        track,
        position: Some([22.6, 114.8]),
        reporter: "grid member 12".to_owned(),
        capacity: "grid-member".to_owned(),
        text: "three men unload boxes".to_owned(),
    };
    assert_eq!(s.order(report(None, Some(t.id))).unwrap().incident, Some(id));
    assert_eq!(s.order(report(None, None)).unwrap().incident, None);
    assert_eq!(s.order(report(None, Some(TrackId(99)))), Err(Refusal::NoTrack { track: TrackId(99) }));
    // The reporter says which craft it is: from then on its alerts come here.
    let other = track(8, s.now, 22.3, 114.2, [0.0, 5.0]);
    s.order_about(report(Some(id), Some(TrackId(8))), Some(&other)).unwrap();
    assert_eq!(s.raise("R10", 2, &other).1, id);
}

#[test]
fn two_people_sign_a_hand_over() {
    let (mut s, ..) = begun();
    let digest = "ab".repeat(32);
    let by = |s: &mut Scene, name: &str, order: Order| {
        let command = Command::new(Actor::of(name, "watch-officer"), s.now, order);
        s.desk.command(s.now, &command, None, &mut s.events)
    };
    let hand = |to: &str, digest: &str| Order::HandOver { to: to.to_owned(), digest: digest.to_owned(), text: String::new() };
    assert!(by(&mut s, "wang", hand("wang", &digest)).is_err(), "to oneself");
    assert!(by(&mut s, "wang", hand("li", "short")).is_err());
    let first = by(&mut s, "wang", hand("li", &digest)).unwrap().hand_over.unwrap();
    let second = by(&mut s, "wang", hand("li", &digest)).unwrap().hand_over.unwrap();
    assert_eq!(s.desk.hand_overs().count(), 1, "signed anew");
    assert_eq!(by(&mut s, "li", Order::TakeOver { hand_over: first }), Err(Refusal::NoHandOver { hand_over: first }));
    assert!(by(&mut s, "wang", Order::TakeOver { hand_over: second }).is_err(), "signed by the same person");
    assert!(by(&mut s, "zhao", Order::TakeOver { hand_over: second }).is_err(), "another was named");
    by(&mut s, "li", Order::TakeOver { hand_over: second }).unwrap();
    assert_eq!(s.desk.hand_overs().count(), 0);
    assert_eq!(
        by(&mut s, "li", Order::TakeOver { hand_over: HandOverId(9) }),
        Err(Refusal::NoHandOver { hand_over: HandOverId(9) })
    );
}

#[test]
fn severity_four_needs_two_different_people() {
    let mut s = Scene::new();
    let t = track(7, s.now, 22.5, 114.9, [-20.0, 0.0]);
    let (_, id) = s.raise("R07", 4, &t);
    let (boat, second) = (s.unit("HJ-1"), s.unit("HJ-2"));
    let dispatch = |unit: &UnitName| Order::Dispatch { incident: id, unit: unit.clone() };
    let why = |answer: Result<_, Refusal>| match answer {
        Err(Refusal::NotNow { because, .. }) => because,
        other => panic!("{other:?}"),
    };
    assert!(s.order_by("wang", dispatch(&boat)).unwrap().awaits_second_person);
    assert_eq!((s.incident(id).case, s.incident(id).tasks.len(), s.told("dispatch-proposed")), (CasePhase::None, 0, 1));
    for same in ["wang", "Wang", " wang "] {
        assert_eq!(why(s.order_by(same, dispatch(&boat))), NotNow::SecondPerson, "{same}");
    }
    let accept = Order::Accept { incident: id, unit: boat.clone() };
    assert_eq!(why(s.order_by("HJ-1", accept.clone())), NotNow::NotDispatched, "what is proposed sends nobody");
    assert!(!s.order_by("li", dispatch(&boat)).unwrap().awaits_second_person);
    let task = s.incident(id).tasks[0].clone();
    assert_eq!((task.ordered_by.unwrap().name, task.confirmed_by.unwrap().name), ("wang".to_owned(), "li".to_owned()));
    assert!(s.incident(id).proposals.is_empty());

    // What is proposed can be given up, with a reason.
    s.order_by("wang", dispatch(&second)).unwrap();
    let recall = |reason: &str| Order::Recall { incident: id, unit: second.clone(), reason: reason.to_owned() };
    assert!(matches!(s.order_by("wang", recall("")), Err(Refusal::Missing { .. })));
    s.order_by("wang", recall("one is enough")).unwrap();
    assert_eq!((s.incident(id).proposals.len(), s.incident(id).tasks.len(), s.told("proposal-withdrawn")), (0, 1, 1));

    // Who has sent the unit, and who has told what it found, does not take it himself.
    s.order_by("HJ-1", accept).unwrap();
    let report = Order::ReportBack { incident: id, unit: boat.clone(), outcome: Outcome::Innocent, text: "angler".to_owned() };
    s.order_by("zhao", report).unwrap();
    let review = |accepted| Order::Review { incident: id, accepted, outcome: None, text: "which angler?".to_owned() };
    for own in ["wang", "zhao"] {
        assert_eq!(why(s.order_by(own, review(true))), NotNow::SecondPerson, "{own}");
    }
    assert_eq!(s.told("refused"), 3 + 1 + 1 + 2, "what is refused is told");
    s.order_by("li", review(true)).unwrap();
    assert_eq!(s.incident(id).case, CasePhase::Reviewed);

    // A lesser one needs one person, and so does a console that cannot tell people apart.
    let other = track(8, s.now, 22.3, 114.2, [0.0, 20.0]);
    let (_, lesser) = s.raise("R01", 3, &other);
    assert!(!s.order_by("wang", Order::Dispatch { incident: lesser, unit: boat }).unwrap().awaits_second_person);
    let third = track(9, s.now, 22.1, 114.0, [0.0, 0.0]);
    let (_, local) = s.raise("R07", 4, &third);
    assert!(!s.order_by("local", Order::Dispatch { incident: local, unit: second }).unwrap().awaits_second_person);
}

#[test]
fn who_judges_an_alarm_of_severity_four_false_does_not_review_it() {
    let mut s = Scene::new();
    let t = track(7, s.now, 22.5, 114.9, [-20.0, 0.0]);
    let (_, id) = s.raise("R07", 4, &t);
    let judge = Order::FalseAlarm { incident: id, reason: "patrol".to_owned() };
    s.order_by("wang", judge.clone()).unwrap();
    s.order_by("li", judge).unwrap();
    // However much is noted in between.
    for n in 0..300 {
        s.order_by("wang", Order::Note { incident: id, text: format!("{n}") }).unwrap();
    }
    let review = Order::Review { incident: id, accepted: true, outcome: None, text: String::new() };
    assert!(matches!(s.order_by("wang", review.clone()), Err(Refusal::NotNow { because: NotNow::SecondPerson, .. })));
    s.order_by("li", review).unwrap();
}

#[test]
fn an_alarm_of_severity_four_is_judged_false_by_two_people() {
    let mut s = Scene::new();
    let t = track(7, s.now, 22.5, 114.9, [-20.0, 0.0]);
    let (_, id) = s.raise("R07", 4, &t);
    let judge = |reason: &str| Order::FalseAlarm { incident: id, reason: reason.to_owned() };
    let state = |s: &Scene| (s.incident(id).alarm, s.incident(id).false_alarm.clone(), s.incident(id).outcome);
    assert!(matches!(s.order_by("wang", judge(" ")), Err(Refusal::Missing { .. })));
    assert!(s.order_by("wang", judge("patrol")).unwrap().awaits_second_person);
    assert_eq!(state(&s), (AlarmState::Unacknowledged, None, None), "one person silences nothing");
    for same in ["wang", " Wang"] {
        let answer = s.order_by(same, judge("patrol"));
        assert!(matches!(answer, Err(Refusal::NotNow { because: NotNow::SecondPerson, .. })), "{same}");
    }
    assert!(!s.order_by("li", judge("seen by camera")).unwrap().awaits_second_person);
    assert_eq!(state(&s), (AlarmState::Closed, Some("patrol".to_owned()), Some(Outcome::FalseAlarm)));
    assert_eq!(s.incident(id).false_alarm_by.as_ref().map(|a| a.name.as_str()), Some("wang"));
    assert_eq!((s.told("false-alarm-proposed"), s.told("false-alarm")), (1, 1));

    // What is new since was not before the first: another must begin anew. So it is when a unit was sent.
    let t = track(8, s.now, 22.3, 114.2, [0.0, 20.0]);
    let (_, id) = s.raise("R07", 4, &t);
    let judge = || Order::FalseAlarm { incident: id, reason: "patrol".to_owned() };
    s.order_by("wang", judge()).unwrap();
    s.raise("R10", 2, &t);
    assert!(s.order_by("li", judge()).unwrap().awaits_second_person);
    let unit = s.unit("HJ-1");
    for who in ["wang", "li"] {
        s.order_by(who, Order::Dispatch { incident: id, unit: unit.clone() }).unwrap();
    }
    s.order_by("wang", Order::Recall { incident: id, unit, reason: "fuel".to_owned() }).unwrap();
    assert!(s.order_by("wang", judge()).unwrap().awaits_second_person);

    // It can be given up, with a reason, by who proposed it and by the supervisor; then another begins anew.
    let t = track(11, s.now, 22.0, 114.9, [0.0, -15.0]);
    let (_, id) = s.raise("R07", 4, &t);
    let judge = |reason: &str| Order::FalseAlarm { incident: id, reason: reason.to_owned() };
    let withdraw = |reason: &str| Order::WithdrawFalseAlarm { incident: id, reason: reason.to_owned() };
    let why = |answer: Answer| match answer {
        Err(Refusal::NotNow { because, .. }) => because,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(s.order_by("wang", withdraw("early"))), NotNow::NotProposed);
    s.order_by("wang", judge("patrol")).unwrap();
    assert_eq!(why(s.order_by("li", withdraw("not mine"))), NotNow::NotTheirs);
    assert!(matches!(s.order_by("wang", withdraw(" ")), Err(Refusal::Missing { .. })));
    s.order_by("Wang", withdraw("it has no light")).unwrap();
    assert_eq!((s.incident(id).alarm, s.incident(id).false_alarm_proposed.clone()), (AlarmState::Unacknowledged, None));
    assert_eq!(why(s.order_by("wang", withdraw("again"))), NotNow::NotProposed);
    assert!(s.order_by("li", judge("patrol")).unwrap().awaits_second_person, "li is the first again");
    s.order_by("hu", withdraw("ask the patrol first")).unwrap();
    assert_eq!(s.told("false-alarm-withdrawn"), 2);
    s.order_by("wang", judge("asked")).unwrap();
    s.order_by("li", judge("asked")).unwrap();
    assert_eq!(why(s.order_by("wang", withdraw("too late"))), NotNow::NotProposed, "what two have judged is judged");
    assert_eq!(s.incident(id).alarm, AlarmState::Closed);

    // A lesser one needs one person, and so does a console that cannot tell people apart.
    let t = track(9, s.now, 22.1, 114.0, [0.0, 0.0]);
    let (_, lesser) = s.raise("R01", 3, &t);
    let judge = |incident| Order::FalseAlarm { incident, reason: "angler".to_owned() };
    assert!(!s.order_by("wang", judge(lesser)).unwrap().awaits_second_person);
    let t = track(10, s.now, 22.0, 113.5, [0.0, 0.0]);
    let (_, local) = s.raise("R07", 4, &t);
    assert!(!s.order_by("local", judge(local)).unwrap().awaits_second_person);
}

#[test]
fn what_was_reviewed_while_it_lay_on_the_shelf_calls_when_it_opens_again() {
    let (mut s, t, _, id) = begun();
    let unit = s.unit("HJ-1");
    s.order(Order::Dispatch { incident: id, unit: unit.clone() }).unwrap();
    s.order(Order::Accept { incident: id, unit: unit.clone() }).unwrap();
    s.order(Order::Shelve { incident: id, reason: "the unit is there".to_owned(), for_s: 3600 }).unwrap();
    s.order(Order::ReportBack { incident: id, unit, outcome: Outcome::Innocent, text: "angler".to_owned() }).unwrap();
    s.order(Order::Review { incident: id, accepted: true, outcome: None, text: String::new() }).unwrap();
    assert_eq!((s.incident(id).alarm, s.incident(id).shelved_until.clone()), (AlarmState::Closed, None));
    s.wait(60.0);
    assert_eq!(s.raise("R10", 3, &t).1, id);
    assert_eq!(s.incident(id).alarm, AlarmState::Unacknowledged);
}

#[test]
fn reports_that_nobody_took_over_do_not_hinder_those_to_come() {
    let (mut s, ..) = begun();
    for n in 0..40 {
        let hand = Order::HandOver { to: "li".to_owned(), digest: "ab".repeat(32), text: String::new() };
        let command = Command::new(Actor::of(format!("officer {n}"), "watch-officer"), s.now, hand);
        let last = s.desk.command(s.now, &command, None, &mut s.events).unwrap().hand_over;
        assert_eq!(s.desk.hand_overs().last().map(|h| h.id), last);
        s.wait(12.0 * 3600.0);
    }
    assert_eq!(s.desk.hand_overs().count(), 16);
}
