//! The work on an incident: 派单→签收→到场→反馈→复核→归档.

use super::Desk;
use super::orders::{known, text};
use crate::model::command::NotNow;
use crate::model::incident::{
    AlarmState, CasePhase, Change, Incident, IncidentEvent, IncidentId, Level, MAX_TASKS, Outcome, Proposal, Task, UnitName,
};
use crate::model::{Actor, Refusal, Severity};

type Done = Result<(), Refusal>;

/// A refusal because of the state.
pub(super) fn not_now(order: &str, because: NotNow) -> Refusal {
    Refusal::NotNow { order: order.to_owned(), because }
}

/// The task that a unit has, which was not called back.
fn task<'a>(i: &'a Incident, unit: &UnitName, order: &str) -> Result<&'a Task, Refusal> {
    i.tasks.iter().rev().find(|t| t.unit == *unit && t.recalled.is_none()).ok_or_else(|| not_now(order, NotNow::NotDispatched))
}

fn with(i: &mut Incident, unit: &UnitName, make: impl FnOnce(&mut Task)) {
    if let Some(task) = i.tasks.iter_mut().rev().find(|t| t.unit == *unit && t.recalled.is_none()) {
        make(task);
    }
}

/// An incident that can still be worked on.
fn open_case<'a>(desk: &'a Desk, id: IncidentId, order: &str) -> Result<&'a Incident, Refusal> {
    let incident = known(desk, id)?;
    if incident.merged_into.is_some() {
        return Err(not_now(order, NotNow::Merged));
    }
    match incident.case {
        CasePhase::Archived => Err(not_now(order, NotNow::Archived)),
        CasePhase::Reviewed => Err(not_now(order, NotNow::AlreadyReviewed)),
        _ => Ok(incident),
    }
}

/// Whether an order about it needs a second, different person: an alarm of the highest severity, where it is known who orders.
fn needs_two(incident: &Incident, actor: &Actor) -> bool {
    incident.severity == Severity::MAX && actor.is_a_person()
}

/// Who has decided about an incident before its review: who sent units and who told what they found; where nobody was sent, who took it
/// for seen; who judged it a false alarm.
fn deciders(incident: &Incident) -> impl Iterator<Item = &Actor> {
    let sent = incident.tasks.iter().flat_map(|t| t.ordered_by.iter().chain(&t.reported_by));
    let seen = incident.acknowledged.iter().map(|(who, _)| who).filter(|_| incident.tasks.is_empty());
    sent.chain(seen).chain(&incident.false_alarm_by)
}

impl Desk {
    /// Sends a unit. Where two must agree the first only proposes it: `Ok(false)`.
    pub(super) fn dispatch(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        unit: &UnitName,
        out: &mut Vec<IncidentEvent>,
    ) -> Result<bool, Refusal> {
        const ORDER: &str = "dispatch";
        let incident = open_case(self, id, ORDER)?;
        if incident.false_alarm.is_some() {
            return Err(not_now(ORDER, NotNow::FalseAlarm));
        }
        let unit = self.units.get(unit).ok_or_else(|| Refusal::NoUnit { unit: unit.clone() })?;
        if incident.tasks.iter().any(|t| t.unit == unit.name && t.is_open()) {
            return Err(not_now(ORDER, NotNow::AlreadyDispatched));
        }
        if self.is_out(&unit.name) {
            return Err(not_now(ORDER, NotNow::UnitElsewhere));
        }
        if !unit.available {
            return Err(not_now(ORDER, NotNow::UnitNotAvailable));
        }
        if incident.tasks.len() >= MAX_TASKS {
            return Err(Refusal::TooMany { what: "tasks".to_owned(), most: MAX_TASKS });
        }
        let proposed_by = incident.proposals.iter().find(|p| p.unit == unit.name).map(|p| p.by.clone());
        match &proposed_by {
            Some(first) if first.may_be(actor) => return Err(not_now(ORDER, NotNow::SecondPerson)),
            None if needs_two(incident, actor) => {
                if incident.proposals.len() >= MAX_TASKS {
                    return Err(Refusal::TooMany { what: "proposals".to_owned(), most: MAX_TASKS });
                }
                let proposal = Proposal { unit: unit.name.clone(), by: actor.clone(), at: self.now };
                let change = Change::DispatchProposed { unit: unit.name.clone() };
                self.change(id, Some(actor), change, |i| i.proposals.push(proposal), out);
                return Ok(false);
            }
            _ => {}
        }
        let (ordered_by, confirmed_by) = match proposed_by {
            Some(first) => (first, Some(actor.clone())),
            None => (actor.clone(), None),
        };
        let task = Task {
            unit: unit.name.clone(),
            level: unit.level,
            phase: CasePhase::Dispatched,
            dispatched: self.now,
            accepted: None,
            on_scene: None,
            reported: None,
            outcome: None,
            recalled: None,
            ordered_by: Some(ordered_by),
            confirmed_by,
            reported_by: None,
        };
        let change = Change::Dispatched { unit: unit.name.clone(), level: unit.level };
        let make = |i: &mut Incident| {
            i.proposals.retain(|p| p.unit != task.unit);
            // Two have agreed on the opposite.
            i.false_alarm_proposed = None;
            i.tasks.push(task);
        };
        self.change(id, Some(actor), change, make, out);
        Ok(true)
    }

    /// Judges it a false alarm. Where two must agree the first only proposes it, and it sounds on: `Ok(false)`.
    pub(super) fn false_alarm(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        reason: &str,
        out: &mut Vec<IncidentEvent>,
    ) -> Result<bool, Refusal> {
        const ORDER: &str = "false-alarm";
        let incident = known(self, id)?;
        match incident.case {
            _ if incident.merged_into.is_some() => return Err(not_now(ORDER, NotNow::Merged)),
            CasePhase::Archived => return Err(not_now(ORDER, NotNow::Archived)),
            // Units at sea are called back first, or report what they found.
            phase if super::desk::at_work(phase) => return Err(not_now(ORDER, NotNow::TasksOpen)),
            _ => {}
        }
        if incident.false_alarm.is_some() {
            return Err(not_now(ORDER, NotNow::FalseAlarm));
        }
        let proposed = incident.false_alarm_proposed.clone();
        if proposed.as_ref().is_some_and(|(first, _)| first.may_be(actor)) {
            return Err(not_now(ORDER, NotNow::SecondPerson));
        }
        text(reason, "reason", true)?;
        if proposed.is_none() && needs_two(incident, actor) {
            let (change, by) = (Change::FalseAlarmProposed { reason: reason.to_owned() }, actor.clone());
            let make = |i: &mut Incident| i.false_alarm_proposed = Some((by, reason.to_owned()));
            self.change(id, Some(actor), change, make, out);
            return Ok(false);
        }
        // Of two the first has judged; what the second says stands in the log.
        let (by, why) = proposed.unwrap_or_else(|| (actor.clone(), reason.to_owned()));
        let make = |i: &mut Incident| {
            (i.judged, i.false_alarm, i.false_alarm_by) = (true, Some(why), Some(by));
            i.false_alarm_proposed = None;
            i.proposals.clear();
            i.shelved_until = None;
            i.outcome.get_or_insert(Outcome::FalseAlarm);
        };
        self.change(id, Some(actor), Change::FalseAlarm { reason: reason.to_owned() }, make, out);
        Ok(true)
    }

    /// Gives up a false alarm that waits for its second person. Whoever did not propose it and is not over the watch cannot: else one
    /// person could hinder two.
    pub(super) fn withdraw_false_alarm(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        reason: &str,
        out: &mut Vec<IncidentEvent>,
    ) -> Done {
        const ORDER: &str = "withdraw-false-alarm";
        let Some((first, _)) = &known(self, id)?.false_alarm_proposed else {
            return Err(not_now(ORDER, NotNow::NotProposed));
        };
        if !first.may_be(actor) && actor.role != Actor::SUPERVISOR {
            return Err(not_now(ORDER, NotNow::NotTheirs));
        }
        text(reason, "reason", true)?;
        let change = Change::FalseAlarmWithdrawn { reason: reason.to_owned() };
        self.change(id, Some(actor), change, |i| i.false_alarm_proposed = None, out);
        Ok(())
    }

    pub(super) fn accept(&mut self, actor: &Actor, id: IncidentId, unit: &UnitName, out: &mut Vec<IncidentEvent>) -> Done {
        const ORDER: &str = "accept";
        match task(open_case(self, id, ORDER)?, unit, ORDER)?.phase {
            CasePhase::Dispatched => {}
            CasePhase::ReportedBack => return Err(not_now(ORDER, NotNow::AlreadyReported)),
            _ => return Err(not_now(ORDER, NotNow::AlreadyAccepted)),
        }
        let at = self.now;
        let make = |i: &mut Incident| with(i, unit, |t| (t.phase, t.accepted) = (CasePhase::Accepted, Some(at)));
        self.change(id, Some(actor), Change::Accepted { unit: unit.clone() }, make, out);
        Ok(())
    }

    pub(super) fn on_scene(&mut self, actor: &Actor, id: IncidentId, unit: &UnitName, out: &mut Vec<IncidentEvent>) -> Done {
        const ORDER: &str = "on-scene";
        match task(open_case(self, id, ORDER)?, unit, ORDER)?.phase {
            CasePhase::Accepted => {}
            CasePhase::OnScene => return Err(not_now(ORDER, NotNow::AlreadyOnScene)),
            CasePhase::ReportedBack => return Err(not_now(ORDER, NotNow::AlreadyReported)),
            _ => return Err(not_now(ORDER, NotNow::NotAccepted)),
        }
        let at = self.now;
        let make = |i: &mut Incident| with(i, unit, |t| (t.phase, t.on_scene) = (CasePhase::OnScene, Some(at)));
        self.change(id, Some(actor), Change::OnScene { unit: unit.clone() }, make, out);
        Ok(())
    }

    pub(super) fn report_back(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        unit: &UnitName,
        outcome: Outcome,
        words: &str,
        out: &mut Vec<IncidentEvent>,
    ) -> Done {
        const ORDER: &str = "report-back";
        // A unit that could not get there reports back as well.
        match task(open_case(self, id, ORDER)?, unit, ORDER)?.phase {
            CasePhase::Accepted | CasePhase::OnScene => {}
            CasePhase::ReportedBack => return Err(not_now(ORDER, NotNow::AlreadyReported)),
            _ => return Err(not_now(ORDER, NotNow::NotAccepted)),
        }
        text(words, "text", outcome == Outcome::NotIntercepted)?;
        let at = self.now;
        let change = Change::ReportedBack { unit: unit.clone(), outcome, text: words.to_owned() };
        let make = |i: &mut Incident| {
            i.outcome = Some(outcome);
            with(i, unit, |t| {
                (t.phase, t.reported, t.outcome) = (CasePhase::ReportedBack, Some(at), Some(outcome));
                t.reported_by = Some(actor.clone());
            });
        };
        self.change(id, Some(actor), change, make, out);
        Ok(())
    }

    pub(super) fn recall(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        unit: &UnitName,
        reason: &str,
        out: &mut Vec<IncidentEvent>,
    ) -> Done {
        const ORDER: &str = "recall";
        if open_case(self, id, ORDER)?.proposals.iter().any(|p| p.unit == *unit) {
            text(reason, "reason", true)?;
            let change = Change::ProposalWithdrawn { unit: unit.clone(), reason: reason.to_owned() };
            self.change(id, Some(actor), change, |i| i.proposals.retain(|p| p.unit != *unit), out);
            return Ok(());
        }
        if !task(open_case(self, id, ORDER)?, unit, ORDER)?.is_open() {
            return Err(not_now(ORDER, NotNow::AlreadyReported));
        }
        text(reason, "reason", true)?;
        let at = self.now;
        let change = Change::Recalled { unit: unit.clone(), reason: reason.to_owned() };
        self.change(id, Some(actor), change, |i| with(i, unit, |t| t.recalled = Some(at)), out);
        Ok(())
    }

    pub(super) fn review(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        accepted: bool,
        outcome: Option<Outcome>,
        words: &str,
        out: &mut Vec<IncidentEvent>,
    ) -> Done {
        const ORDER: &str = "review";
        let incident = open_case(self, id, ORDER)?;
        if incident.tasks.iter().any(Task::is_open) {
            return Err(not_now(ORDER, NotNow::TasksOpen));
        }
        let reported = incident.case == CasePhase::ReportedBack;
        // Without anyone sent there is something to review only when the alarm is over, and nothing to send back.
        if !reported && (incident.alarm != AlarmState::Closed || !accepted) {
            return Err(not_now(ORDER, NotNow::NothingToReview));
        }
        text(words, "text", !accepted)?;
        let back = if accepted { Vec::new() } else { self.sent_back(incident) };
        if reported && !accepted && back.is_empty() {
            return Err(not_now(ORDER, NotNow::ReportersElsewhere));
        }
        // Nobody takes what he has ordered, found or judged himself.
        if accepted && needs_two(incident, actor) && deciders(incident).any(|of| of.may_be(actor)) {
            return Err(not_now(ORDER, NotNow::SecondPerson));
        }
        let outcome = outcome.or(incident.outcome).or(incident.false_alarm.as_ref().map(|_| Outcome::FalseAlarm));
        let change = Change::Reviewed { accepted, outcome, text: words.to_owned() };
        let make = |i: &mut Incident| {
            if accepted {
                // A person has judged the whole: that, and never an acknowledgement, closes an alarm whose condition lasts.
                (i.reviewed, i.judged, i.outcome) = (true, true, Some(outcome.unwrap_or(Outcome::Unresolved)));
                i.proposals.clear();
                i.false_alarm_proposed = None;
                // What opens again after it must call, and not lie on the shelf.
                i.shelved_until = None;
                return;
            }
            for (_, t) in i.tasks.iter_mut().enumerate().filter(|(k, _)| back.contains(k)) {
                t.phase = match (t.on_scene, t.accepted) {
                    (Some(_), _) => CasePhase::OnScene,
                    (None, Some(_)) => CasePhase::Accepted,
                    (None, None) => CasePhase::Dispatched,
                };
                (t.reported, t.outcome) = (None, None);
            }
            i.outcome = None;
        };
        self.change(id, Some(actor), change, make, out);
        Ok(())
    }

    /// Whether a unit has an open task, of whichever incident.
    fn is_out(&self, unit: &UnitName) -> bool {
        self.incidents.values().any(|i| i.tasks.iter().any(|t| t.unit == *unit && t.is_open()))
    }

    /// Whose reports can be sent back: the last task of each unit that was not recalled and is at no other incident by now, by its place among the tasks.
    fn sent_back(&self, incident: &Incident) -> Vec<usize> {
        let tasks = &incident.tasks;
        let is_last =
            |k: usize, t: &Task| tasks.iter().skip(k + 1).all(|later| later.unit != t.unit || later.recalled.is_some());
        let can = |&(k, t): &(usize, &Task)| t.recalled.is_none() && is_last(k, t) && !self.is_out(&t.unit);
        tasks.iter().enumerate().filter(can).map(|(k, _)| k).collect()
    }

    pub(super) fn archive(&mut self, actor: &Actor, id: IncidentId, out: &mut Vec<IncidentEvent>) -> Done {
        const ORDER: &str = "archive";
        let incident = known(self, id)?;
        match incident.case {
            _ if incident.merged_into.is_some() => return Err(not_now(ORDER, NotNow::Merged)),
            CasePhase::Archived => return Err(not_now(ORDER, NotNow::Archived)),
            CasePhase::Reviewed if incident.alarm == AlarmState::Closed => {}
            CasePhase::Reviewed => return Err(not_now(ORDER, NotNow::AlarmOpen)),
            _ => return Err(not_now(ORDER, NotNow::NotReviewed)),
        }
        self.change(id, Some(actor), Change::Archived, |i| i.case = CasePhase::Archived, out);
        Ok(())
    }

    pub(super) fn transfer(&mut self, actor: &Actor, id: IncidentId, level: Level, out: &mut Vec<IncidentEvent>) -> Done {
        const ORDER: &str = "transfer";
        let incident = known(self, id)?;
        if incident.case == CasePhase::Archived {
            return Err(not_now(ORDER, NotNow::Archived));
        }
        if incident.level == level {
            return Err(not_now(ORDER, NotNow::SameLevel));
        }
        self.change(id, Some(actor), Change::Transferred { level }, |i| i.level = level, out);
        Ok(())
    }
}
