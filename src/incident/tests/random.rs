//! Random sequences of alerts, orders and time against the table of states, written down here a second time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Scene, track};
use crate::model::command::{Order, SILENCE_S};
use crate::model::incident::{AlarmState, CasePhase, Incident, IncidentEvent, IncidentId, Level, Outcome, UnitName};
use crate::model::{Actor, Severity, Timestamp, Track};

#[derive(Clone, Debug)]
enum Step {
    Raise { track: u64, rule: usize, severity: u8 },
    Clear { which: usize },
    Wait { seconds: f64 },
    Order { kind: u8, incident: u64, unit: usize, flag: bool, who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..5u64, 0..4usize, 1..=4u8).prop_map(|(track, rule, severity)| Step::Raise { track, rule, severity }),
        2 => (0..20usize).prop_map(|which| Step::Clear { which }),
        2 => prop_oneof![Just(1.0), Just(31.0), Just(700.0), 0.0..120.0].prop_map(|seconds| Step::Wait { seconds }),
        8 => (0..16u8, 1..6u64, 0..2usize, any::<bool>(), 0..PEOPLE.len())
            .prop_map(|(kind, incident, unit, flag, who)| Step::Order { kind, incident, unit, flag, who }),
    ]
}

const RULES: [&str; 4] = ["R01", "R08", "R10", "R15"];
const PEOPLE: [&str; 4] = ["wang", "li", "local", "hu"];
const UNITS: [&str; 2] = ["HJ-1", "HJ-2"];

fn order(kind: u8, incident: u64, unit: usize, flag: bool) -> Order {
    let incident = IncidentId(incident);
    let unit = UnitName(UNITS[unit].to_owned());
    let words = if flag { "because".to_owned() } else { String::new() };
    match kind {
        0 => Order::Acknowledge { incident },
        1 => Order::Silence { incident },
        2 => Order::Shelve { incident, reason: words, for_s: 300 },
        3 => Order::Unshelve { incident },
        4 => Order::FalseAlarm { incident, reason: words },
        5 => Order::Note { incident, text: words },
        6 => Order::Dispatch { incident, unit },
        7 => Order::Accept { incident, unit },
        8 => Order::OnScene { incident, unit },
        9 => Order::ReportBack {
            incident,
            unit,
            outcome: if flag { Outcome::Innocent } else { Outcome::NotIntercepted },
            text: words,
        },
        10 => Order::Recall { incident, unit, reason: words },
        11 => Order::Review { incident, accepted: flag, outcome: None, text: "read".to_owned() },
        12 => Order::Archive { incident },
        13 => Order::Transfer { incident, level: if flag { Level::Town } else { Level::City } },
        14 => Order::WithdrawFalseAlarm { incident, reason: words },
        _ => Order::Open { track: None, position: Some([22.4, 114.6]), severity: Severity::new(2).unwrap(), text: words },
    }
}

/// From where to where an order about the alarm may lead, as IEC 62923-1 and the shelf of IEC 62682 have it.
fn alarm_after(order: &Order, before: AlarmState, active: bool) -> Option<AlarmState> {
    use AlarmState::{Acknowledged, Closed, RectifiedUnacknowledged, Shelved, Silenced, Unacknowledged};
    match (order, before) {
        (Order::Acknowledge { .. }, Unacknowledged | Silenced) => Some(Acknowledged),
        (Order::Acknowledge { .. }, RectifiedUnacknowledged) => Some(Closed),
        (Order::Silence { .. }, Unacknowledged | Silenced) => Some(Silenced),
        (Order::Shelve { .. }, Unacknowledged | Silenced | Acknowledged | RectifiedUnacknowledged) => Some(Shelved),
        // What it comes back to depends on what was there before; that it is a state of this condition is checked apart.
        (Order::Unshelve { .. }, Shelved) => Some(if active { Unacknowledged } else { RectifiedUnacknowledged }),
        _ => None,
    }
}

/// The steps that the work on an incident may make by one order.
fn case_may(order: &Order, before: CasePhase, after: CasePhase) -> bool {
    use CasePhase::{Accepted, Archived, Dispatched, None, OnScene, ReportedBack, Reviewed};
    before == after
        || match order {
            Order::Dispatch { .. } => after == Dispatched && !matches!(before, Reviewed | Archived),
            Order::Accept { .. } => before == Dispatched && matches!(after, Accepted | OnScene | ReportedBack),
            Order::OnScene { .. } => before == Accepted && matches!(after, OnScene | ReportedBack),
            Order::ReportBack { .. } => matches!(before, Accepted | OnScene) && after > before && after <= ReportedBack,
            Order::Recall { .. } => matches!(before, Dispatched | Accepted | OnScene),
            Order::Review { accepted: true, .. } => matches!(before, None | ReportedBack) && after == Reviewed,
            Order::Review { accepted: false, .. } => before == ReportedBack && matches!(after, Accepted | OnScene),
            Order::Archive { .. } => before == Reviewed && after == Archived,
            _ => false,
        }
}

fn sound(i: &Incident, now: Timestamp) -> Result<(), TestCaseError> {
    let active = i.alerts.iter().any(|a| a.cleared.is_none()) || i.unlisted_active > 0 || (i.by_hand && !i.judged);
    let seen = i.acknowledged.is_some();
    let allowed = match i.alarm {
        AlarmState::Unacknowledged => active && !seen && i.silenced_until.is_none(),
        AlarmState::Silenced => active && !seen && i.silenced_until.is_some(),
        AlarmState::Acknowledged => active && seen,
        AlarmState::Shelved => i.shelved_until.is_some(),
        AlarmState::RectifiedUnacknowledged => !active && !seen,
        AlarmState::Closed => i.judged || i.merged_into.is_some() || (!active && seen),
    };
    prop_assert!(allowed, "{:?} with active {active}, acknowledged {seen}: {i:#?}", i.alarm);
    if let Some(until) = i.silenced_until {
        prop_assert!(until > now && until.nanos() - now.nanos() <= i64::from(SILENCE_S) * 1_000_000_000, "silent for too long");
    }
    if let Some((until, reason)) = &i.shelved_until {
        prop_assert!(*until > now && !reason.is_empty());
    }
    prop_assert!(i.case != CasePhase::Archived || i.reviewed);
    for task in &i.tasks {
        prop_assert!(task.phase >= CasePhase::Dispatched && task.phase <= CasePhase::ReportedBack);
        let order = [Some(task.dispatched), task.accepted, task.on_scene, task.reported];
        prop_assert!(order.iter().flatten().is_sorted(), "{task:?}");
    }
    Ok(())
}

fn boat(s: &Scene, id: u64) -> Track {
    // Far from each other and on different courses: no formation.
    let angle = id as f64 * 1.2;
    track(100 + id, s.now, 22.3 + 0.1 * id as f64, 114.5, [15.0 * angle.sin(), 15.0 * angle.cos()])
}

/// Runs the steps; checks everything after each if asked.
fn run(steps: &[Step], check: bool) -> Result<Vec<IncidentEvent>, TestCaseError> {
    let mut s = Scene::new();
    for unit in UNITS {
        s.unit(unit);
    }
    let mut active: Vec<(u64, u64)> = Vec::new();
    for step in steps {
        let told = s.events.len();
        let before: BTreeMap<IncidentId, Incident> = s.desk.incidents().map(|i| (i.id, i.clone())).collect();
        match step {
            Step::Raise { track, rule, severity } => {
                let t = boat(&s, *track);
                let (alert, _) = s.raise(RULES[*rule], *severity, &t);
                active.push((alert, *track));
            }
            Step::Clear { which } => {
                if !active.is_empty() {
                    let (alert, of) = active.remove(which % active.len());
                    let t = boat(&s, of);
                    s.clear(alert, &t);
                }
            }
            Step::Wait { seconds } => s.wait(*seconds),
            Step::Order { kind, incident, unit, flag, who } => {
                let order = order(*kind, *incident, *unit, *flag);
                let answer = s.order_by(PEOPLE[*who], order.clone());
                if check {
                    check_order(&s, &order, answer.is_ok(), &before)?;
                    withdrawn(&order, PEOPLE[*who], answer.is_ok(), &before, &s)?;
                    let of = order.incident().and_then(|id| Some((before.get(&id)?, s.desk.incident(id)?)));
                    if let Some((was, is)) = of.filter(|_| answer.is_ok()) {
                        two_people(&order, PEOPLE[*who], was, is)?;
                    }
                }
            }
        }
        if !check {
            continue;
        }
        for (id, was) in &before {
            let is = s.desk.incident(*id);
            prop_assert!(is.is_some(), "incident {id} was deleted");
            let is = is.unwrap();
            let events = s.events[told..].iter().filter(|e| e.incident.as_ref().is_some_and(|i| i.id == *id));
            let changes = events.filter(|e| e.change.word() != "refused").count() as u64;
            prop_assert_eq!(is.log_total, was.log_total + changes, "what is told is what is logged");
            prop_assert!(was.case != CasePhase::Archived || is.case == CasePhase::Archived, "archived is for ever");
        }
        let now = s.now;
        for i in s.desk.incidents() {
            sound(i, now)?;
        }
        for unit in UNITS {
            let busy = s.desk.incidents().flat_map(|i| &i.tasks).filter(|t| t.unit.0 == unit && t.is_open()).count();
            prop_assert!(busy <= 1, "{unit} is at {busy} places");
        }
    }
    prop_assert!(s.events.iter().zip(1..).all(|(e, n)| e.number == n), "events are counted without gaps");
    Ok(s.events)
}

/// What decides about an alarm of severity 4 was decided by two accounts.
fn two_people(order: &Order, who: &str, was: &Incident, is: &Incident) -> Result<(), TestCaseError> {
    if was.severity.level() < 4 || who == "local" {
        return Ok(());
    }
    let name = |a: &Option<Actor>| a.as_ref().map(|a| a.name.clone());
    match order {
        Order::Dispatch { unit, .. } => match is.tasks.get(was.tasks.len()) {
            None => prop_assert!(is.proposals.iter().any(|p| p.unit == *unit && p.by.name == who)),
            Some(task) => {
                prop_assert_eq!(name(&task.confirmed_by), Some(who.to_owned()));
                prop_assert!(name(&task.ordered_by).is_some_and(|first| first != who), "{task:?}");
            }
        },
        Order::Review { accepted: true, .. } => {
            let mut own = is.tasks.iter().flat_map(|t| [name(&t.ordered_by), name(&t.reported_by)]);
            prop_assert!(!own.any(|by| by.as_deref() == Some(who)), "{who} reviews what he has done: {is:#?}");
            prop_assert!(name(&is.false_alarm_by).as_deref() != Some(who));
        }
        Order::FalseAlarm { .. } => {
            let (first, second) = (was.false_alarm_proposed.is_none(), is.false_alarm.is_some());
            prop_assert!(first != second, "{who}: {was:#?} {is:#?}");
            let by = if second { name(&is.false_alarm_by) } else { name(&is.false_alarm_proposed.clone().map(|(by, _)| by)) };
            prop_assert_eq!(by.as_deref() == Some(who), first);
        }
        _ => {}
    }
    Ok(())
}

/// A proposed false alarm is given up by its proposer and by the supervisor, with a reason, and by nobody else; nothing else changes it back.
fn withdrawn(
    order: &Order,
    who: &str,
    done: bool,
    before: &BTreeMap<IncidentId, Incident>,
    s: &Scene,
) -> Result<(), TestCaseError> {
    let Order::WithdrawFalseAlarm { incident, reason } = order else { return Ok(()) };
    let Some(was) = before.get(incident) else {
        prop_assert!(!done);
        return Ok(());
    };
    let theirs = was.false_alarm_proposed.as_ref().is_some_and(|(by, _)| by.name == who || who == "hu");
    prop_assert_eq!(done, theirs && !reason.is_empty(), "{} of {:#?}", who, was.false_alarm_proposed);
    if done {
        let is = s.incident(*incident);
        prop_assert!(is.false_alarm_proposed.is_none() && is.false_alarm == was.false_alarm && is.outcome == was.outcome);
        prop_assert_eq!((is.judged, is.alarm, is.case), (was.judged, was.alarm, was.case));
    }
    Ok(())
}

fn check_order(s: &Scene, order: &Order, done: bool, before: &BTreeMap<IncidentId, Incident>) -> Result<(), TestCaseError> {
    for (id, was) in before {
        let is = s.incident(*id);
        if order.incident() != Some(*id) || !done {
            prop_assert_eq!(is, was, "{:?} changed another incident, or was refused and changed something", order);
            continue;
        }
        prop_assert_eq!(is.has_condition(), was.has_condition(), "an order has cleared an alert");
        let expected = alarm_after(order, was.alarm, was.is_active());
        match order {
            Order::Unshelve { .. } => {
                let seen = was.acknowledged.is_some();
                let back = match (seen, was.is_active()) {
                    (true, true) => AlarmState::Acknowledged,
                    (true, false) => AlarmState::Closed,
                    (false, _) => expected.unwrap_or(AlarmState::Shelved),
                };
                prop_assert_eq!((was.alarm, is.alarm), (AlarmState::Shelved, back));
            }
            Order::Acknowledge { .. } | Order::Silence { .. } | Order::Shelve { .. } => {
                prop_assert_eq!(Some(is.alarm), expected, "{:?} from {:?}", order, was.alarm);
            }
            // Whether it may only be proposed is `two_people`'s.
            Order::FalseAlarm { .. } if was.severity.level() == 4 && is.false_alarm.is_none() => {
                prop_assert_eq!(is.alarm, was.alarm);
            }
            Order::FalseAlarm { .. } => prop_assert_eq!(is.alarm, AlarmState::Closed),
            Order::Review { accepted: true, .. } => prop_assert_eq!(is.alarm, AlarmState::Closed),
            _ => prop_assert_eq!(is.alarm, was.alarm, "{:?} changed the alarm", order),
        }
        prop_assert!(case_may(order, was.case, is.case), "{order:?}: {:?} to {:?}", was.case, is.case);
    }
    // What the table allows is not refused.
    let alarm_order = matches!(order, Order::Acknowledge { .. } | Order::Silence { .. } | Order::Unshelve { .. });
    if let (true, Some(was)) = (alarm_order, order.incident().and_then(|id| before.get(&id))) {
        prop_assert_eq!(done, alarm_after(order, was.alarm, was.is_active()).is_some(), "{:?} from {:?}", order, was.alarm);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_leads_to_a_wrong_state_and_a_replay_says_the_same(steps in prop::collection::vec(step(), 1..120)) {
        let first = run(&steps, true)?;
        let second = run(&steps, false)?;
        prop_assert_eq!(first, second);
    }
}
