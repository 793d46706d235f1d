//! The state of an alarm follows from five facts: whether its condition lasts, whether someone has seen it, whether it is silent, on
//! the shelf, or judged. No order sets the state itself, so no order can set a wrong one.

use crate::model::Timestamp;
use crate::model::incident::{AlarmState, CasePhase, Incident};

/// The alarm's state by the facts.
fn alarm(i: &Incident) -> AlarmState {
    match (i.judged || i.merged_into.is_some(), &i.shelved_until, &i.acknowledged, i.is_active()) {
        (true, ..) => AlarmState::Closed,
        (_, Some(_), ..) => AlarmState::Shelved,
        (_, _, Some(_), true) => AlarmState::Acknowledged,
        (_, _, Some(_), false) => AlarmState::Closed,
        (_, _, None, false) => AlarmState::RectifiedUnacknowledged,
        (_, _, None, true) if i.silenced_until.is_some() => AlarmState::Silenced,
        (_, _, None, true) => AlarmState::Unacknowledged,
    }
}

/// How far the work has come, by the tasks: that of the unit which is furthest behind.
fn case(i: &Incident) -> CasePhase {
    if i.case == CasePhase::Archived {
        return CasePhase::Archived;
    }
    if i.reviewed {
        return CasePhase::Reviewed;
    }
    i.tasks.iter().filter(|t| t.recalled.is_none()).map(|t| t.phase).min().unwrap_or(CasePhase::None)
}

/// Brings the states in line with the facts.
pub(super) fn settle(i: &mut Incident) {
    // What comes back from the shelf calls again: nobody has heard it for hours.
    if i.shelved_until.is_some() || !matches!((i.is_active(), &i.acknowledged), (true, None)) {
        i.silenced_until = None;
    }
    i.alarm = alarm(i);
    i.case = case(i);
}

/// The next time at which something of it ends by itself.
pub(super) fn due(i: &Incident) -> Option<Timestamp> {
    let shelf = i.shelved_until.as_ref().map(|(until, _)| *until);
    match (i.silenced_until, shelf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
