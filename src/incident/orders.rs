//! Orders of officers: what each needs, what it changes, why it is refused.

use super::Desk;
use super::desk::{degrees, member};
use super::tasks::not_now;
use crate::model::command::{Accepted, Answer, Command, MAX_NAME, MAX_SHELVE_S, MAX_TEXT, NotNow, Order, Refusal, SILENCE_S};
use crate::model::incident::{
    AlarmState, Change, FieldReport, HandOver, HandOverId, Incident, IncidentEvent, IncidentId, Kinship, MAX_HAND_OVERS, Unit,
};
use crate::model::{Actor, Timestamp, Track};

/// Units that are kept: every boat, car and patrol of a coast.
const MAX_UNITS: usize = 1000;

/// The fastest unit, knots: a helicopter.
const MAX_UNIT_KN: f64 = 200.0;

/// The longest a unit may take to be under way, minutes: a day.
const MAX_READY_MIN: f64 = 1440.0;

/// The shortest that can be shelved, s: below it there is silence.
const MIN_SHELVE_S: u32 = 60;

/// The incident of that number.
pub(super) fn known(desk: &Desk, id: IncidentId) -> Result<&Incident, Refusal> {
    desk.incidents.get(&id).ok_or(Refusal::NoIncident { incident: id })
}

/// A text that is not too long, and there where it must be.
pub(super) fn text(text: &str, what: &str, needed: bool) -> Result<(), Refusal> {
    if needed && text.trim().is_empty() {
        return Err(Refusal::Missing { what: what.to_owned() });
    }
    within(text, what, MAX_TEXT)
}

fn name(name: &str, what: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::Missing { what: what.to_owned() });
    }
    within(name, what, MAX_NAME)
}

fn within(text: &str, what: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() > most {
        return Err(Refusal::OutOfRange { what: what.to_owned(), range: format!("at most {most} characters") });
    }
    Ok(())
}

fn number(value: f64, least: f64, most: f64, what: &str) -> Result<(), Refusal> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Refusal::OutOfRange { what: what.to_owned(), range: format!("{least} to {most}") })
}

fn place(position: Option<[f64; 2]>) -> Result<(), Refusal> {
    let Some([lat, lon]) = position else { return Ok(()) };
    number(lat, -90.0, 90.0, "position, degrees north")?;
    number(lon, -180.0, 180.0, "position, degrees east")
}

impl Desk {
    /// Carries out a command that arrived at `now`. `track` is the track that it is about, where the engine has it. What is refused
    /// changes nothing and is told as well.
    pub fn command(
        &mut self,
        now: Timestamp,
        command: &Command,
        track: Option<&Track>,
        out: &mut Vec<IncidentEvent>,
    ) -> Answer {
        // What ended by itself before the command came has ended.
        self.advance(now, out);
        let answer = self.carry_out(&command.actor, &command.order, track, out);
        if let Err(refusal) = &answer {
            self.refused(&command.actor, &command.order, refusal, out);
        }
        answer
    }

    /// Tells that an order was not carried out.
    pub fn refused(&mut self, actor: &Actor, order: &Order, refusal: &Refusal, out: &mut Vec<IncidentEvent>) {
        self.counts.refused += 1;
        let incident = order.incident().and_then(|id| self.incidents.get(&id)).cloned().map(std::sync::Arc::new);
        let change =
            Change::Refused { order: order.word().to_owned(), code: refusal.code().to_owned(), why: refusal.to_string() };
        self.tell(Some(actor), change, incident, out);
    }

    fn carry_out(&mut self, actor: &Actor, order: &Order, track: Option<&Track>, out: &mut Vec<IncidentEvent>) -> Answer {
        name(&actor.name, "actor")?;
        within(&actor.role, "role", MAX_NAME)?;
        let mut accepted = Accepted { at: self.now, incident: order.incident(), hand_over: None, awaits_second_person: false };
        match order {
            Order::Acknowledge { incident } => self.acknowledge(actor, *incident, out)?,
            Order::Silence { incident } => self.silence(actor, *incident, out)?,
            Order::Shelve { incident, reason, for_s } => self.shelve(actor, *incident, reason, *for_s, out)?,
            Order::Unshelve { incident } => self.unshelve(actor, *incident, out)?,
            Order::FalseAlarm { incident, reason } => {
                accepted.awaits_second_person = !self.false_alarm(actor, *incident, reason, out)?;
            }
            Order::WithdrawFalseAlarm { incident, reason } => self.withdraw_false_alarm(actor, *incident, reason, out)?,
            Order::Open { .. } => accepted.incident = Some(self.open_by_hand(actor, order, track, out)?),
            Order::Note { incident, text: words } => {
                known(self, *incident)?;
                text(words, "text", true)?;
                self.change(*incident, Some(actor), Change::Noted { text: words.clone() }, |_| {}, out);
            }
            Order::Transfer { incident, level } => self.transfer(actor, *incident, *level, out)?,
            Order::Dispatch { incident, unit } => {
                accepted.awaits_second_person = !self.dispatch(actor, *incident, unit, out)?;
            }
            Order::Accept { incident, unit } => self.accept(actor, *incident, unit, out)?,
            Order::OnScene { incident, unit } => self.on_scene(actor, *incident, unit, out)?,
            Order::ReportBack { incident, unit, outcome, text } => {
                self.report_back(actor, *incident, unit, *outcome, text, out)?;
            }
            Order::Recall { incident, unit, reason } => self.recall(actor, *incident, unit, reason, out)?,
            Order::Review { incident, accepted, outcome, text } => {
                self.review(actor, *incident, *accepted, *outcome, text, out)?;
            }
            Order::Archive { incident } => self.archive(actor, *incident, out)?,
            Order::Unit { unit } => self.unit(actor, unit, out)?,
            Order::FieldReport { .. } => accepted.incident = self.field_report(actor, order, track, out)?,
            Order::HandOver { to, digest, text } => accepted.hand_over = Some(self.hand_over(actor, to, digest, text, out)?),
            Order::TakeOver { hand_over } => {
                self.take_over(actor, *hand_over, out)?;
                accepted.hand_over = Some(*hand_over);
            }
            // The engine loads; it asks the desk only to tell of it.
            Order::Load { .. } => return Err(Refusal::NotYours),
            Order::Resume { saved } => {
                if *actor != Actor::system() {
                    return Err(Refusal::NotYours);
                }
                self.resume(saved, out);
            }
        }
        Ok(accepted)
    }

    fn acknowledge(&mut self, actor: &Actor, id: IncidentId, out: &mut Vec<IncidentEvent>) -> Result<(), Refusal> {
        match known(self, id)?.alarm {
            AlarmState::Unacknowledged | AlarmState::Silenced | AlarmState::RectifiedUnacknowledged => {}
            AlarmState::Acknowledged => return Err(not_now("acknowledge", NotNow::AlreadyAcknowledged)),
            AlarmState::Shelved => return Err(not_now("acknowledge", NotNow::Shelved)),
            AlarmState::Closed => return Err(not_now("acknowledge", NotNow::Closed)),
        }
        let at = self.now;
        self.change(id, Some(actor), Change::Acknowledged, |i| i.acknowledged = Some((actor.clone(), at)), out);
        Ok(())
    }

    fn silence(&mut self, actor: &Actor, id: IncidentId, out: &mut Vec<IncidentEvent>) -> Result<(), Refusal> {
        match known(self, id)?.alarm {
            AlarmState::Unacknowledged | AlarmState::Silenced => {}
            AlarmState::Acknowledged => return Err(not_now("silence", NotNow::AlreadyAcknowledged)),
            AlarmState::Shelved => return Err(not_now("silence", NotNow::Shelved)),
            AlarmState::RectifiedUnacknowledged => return Err(not_now("silence", NotNow::DoesNotSound)),
            AlarmState::Closed => return Err(not_now("silence", NotNow::Closed)),
        }
        let until = self.now.plus_seconds(f64::from(SILENCE_S));
        self.change(id, Some(actor), Change::Silenced { until }, |i| i.silenced_until = Some(until), out);
        Ok(())
    }

    fn shelve(
        &mut self,
        actor: &Actor,
        id: IncidentId,
        reason: &str,
        for_s: u32,
        out: &mut Vec<IncidentEvent>,
    ) -> Result<(), Refusal> {
        match known(self, id)?.alarm {
            AlarmState::Closed => return Err(not_now("shelve", NotNow::Closed)),
            AlarmState::Shelved => return Err(not_now("shelve", NotNow::Shelved)),
            _ => {}
        }
        text(reason, "reason", true)?;
        number(f64::from(for_s), f64::from(MIN_SHELVE_S), f64::from(MAX_SHELVE_S), "for_s")?;
        let until = self.now.plus_seconds(f64::from(for_s));
        let change = Change::Shelved { until, reason: reason.to_owned() };
        self.change(id, Some(actor), change, |i| i.shelved_until = Some((until, reason.to_owned())), out);
        Ok(())
    }

    fn unshelve(&mut self, actor: &Actor, id: IncidentId, out: &mut Vec<IncidentEvent>) -> Result<(), Refusal> {
        if known(self, id)?.alarm != AlarmState::Shelved {
            return Err(not_now("unshelve", NotNow::NotShelved));
        }
        self.change(id, Some(actor), Change::Unshelved, |i| i.shelved_until = None, out);
        Ok(())
    }

    fn open_by_hand(
        &mut self,
        actor: &Actor,
        order: &Order,
        craft: Option<&Track>,
        out: &mut Vec<IncidentEvent>,
    ) -> Result<IncidentId, Refusal> {
        let Order::Open { track, position, severity, text: words } = order else { return Err(Refusal::NotYours) };
        text(words, "text", true)?;
        place(*position)?;
        if let (Some(track), None) = (track, craft) {
            return Err(Refusal::NoTrack { track: *track });
        }
        let Some(at) = position.or(craft.map(|t| degrees(t.position))) else {
            return Err(Refusal::Missing { what: "track or position".to_owned() });
        };
        let now = self.now;
        let id = self.begin(*severity, at);
        if let Some(craft) = craft {
            // Alerts of this craft join what the officer has opened, unless it has an incident already.
            let free = self.by_track.get(&craft.id).is_none_or(|of| self.incidents.get(of).is_none_or(Incident::is_over));
            if free {
                self.by_track.insert(craft.id, id);
            }
        }
        let change = Change::Opened { rule: None, text: words.clone() };
        let make = |i: &mut Incident| {
            i.members.extend(craft.map(|t| member(t, Kinship::Named)));
            // Who opens it has seen it; it lasts until someone judges it.
            (i.opened_by, i.text, i.by_hand) = (Some(actor.clone()), words.clone(), true);
            i.acknowledged = Some((actor.clone(), now));
        };
        self.change(id, Some(actor), change, make, out);
        Ok(id)
    }

    fn unit(&mut self, actor: &Actor, unit: &Unit, out: &mut Vec<IncidentEvent>) -> Result<(), Refusal> {
        name(&unit.name.0, "unit")?;
        number(unit.max_speed_kn, 0.0, MAX_UNIT_KN, "max_speed_kn")?;
        number(unit.ready_min, 0.0, MAX_READY_MIN, "ready_min")?;
        place(unit.position)?;
        let known = self.units.get(&unit.name);
        if known.is_none() && self.units.len() >= MAX_UNITS {
            return Err(Refusal::TooMany { what: "units".to_owned(), most: MAX_UNITS });
        }
        // Who changes something else about a unit does not say again where it is.
        let position = unit.position.or(known.and_then(|k| k.position));
        let position_at = if unit.position.is_some() { Some(self.now) } else { known.and_then(|k| k.position_at) };
        let unit = Unit { position, position_at, ..unit.clone() };
        self.units.insert(unit.name.clone(), unit.clone());
        self.tell(Some(actor), Change::UnitChanged { unit: Box::new(unit) }, None, out);
        Ok(())
    }

    fn field_report(
        &mut self,
        actor: &Actor,
        order: &Order,
        craft: Option<&Track>,
        out: &mut Vec<IncidentEvent>,
    ) -> Result<Option<IncidentId>, Refusal> {
        let Order::FieldReport { incident, track, position, reporter, capacity, text: words } = order else {
            return Err(Refusal::NotYours);
        };
        text(words, "text", true)?;
        name(reporter, "reporter")?;
        name(capacity, "capacity")?;
        place(*position)?;
        let lineage = track.and_then(|t| self.by_track.get(&t).copied());
        let home = match incident {
            Some(id) => Some(known(self, *id)?.id),
            None => lineage,
        };
        if let (Some(track), None, None) = (track, craft, lineage) {
            return Err(Refusal::NoTrack { track: *track });
        }
        let report = FieldReport {
            track: *track,
            position: *position,
            reporter: reporter.clone(),
            capacity: capacity.clone(),
            text: words.clone(),
        };
        let change = Change::FieldReport { report };
        let Some(id) = home else {
            self.tell(Some(actor), change, None, out);
            return Ok(None);
        };
        self.change(id, Some(actor), change, |_| {}, out);
        // The reporter names the craft: from now on it is of the lineage.
        if let Some(craft) = craft
            && lineage.is_none()
        {
            self.join_track(id, craft, Kinship::Named, out);
        }
        Ok(Some(id))
    }

    fn hand_over(
        &mut self,
        actor: &Actor,
        to: &str,
        digest: &str,
        words: &str,
        out: &mut Vec<IncidentEvent>,
    ) -> Result<HandOverId, Refusal> {
        name(to, "to")?;
        text(words, "text", false)?;
        if digest.len() != 64 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Refusal::OutOfRange { what: "digest".to_owned(), range: "64 hexadecimal digits".to_owned() });
        }
        if to == actor.name {
            return Err(not_now("hand-over", NotNow::SamePerson));
        }
        // Who signs again has changed the report: the one before is void.
        self.hand_overs.retain(|_, h| h.from.name != actor.name);
        // And what nobody took over for so many watches nobody will.
        while self.hand_overs.len() >= MAX_HAND_OVERS {
            self.hand_overs.pop_first();
        }
        let id = HandOverId(self.next_hand_over);
        self.next_hand_over += 1;
        let hand_over = HandOver {
            id,
            from: actor.clone(),
            to: to.to_owned(),
            digest: digest.to_ascii_lowercase(),
            text: words.to_owned(),
            signed: self.now,
            taken: None,
        };
        self.hand_overs.insert(id, hand_over.clone());
        self.tell(Some(actor), Change::HandedOver { hand_over }, None, out);
        Ok(id)
    }

    fn take_over(&mut self, actor: &Actor, id: HandOverId, out: &mut Vec<IncidentEvent>) -> Result<(), Refusal> {
        let hand_over = self.hand_overs.get(&id).ok_or(Refusal::NoHandOver { hand_over: id })?;
        if hand_over.from.name == actor.name {
            return Err(not_now("take-over", NotNow::SamePerson));
        }
        if hand_over.to != actor.name {
            return Err(not_now("take-over", NotNow::OtherPerson));
        }
        let taken = HandOver { taken: Some(self.now), ..hand_over.clone() };
        self.hand_overs.remove(&id);
        self.tell(Some(actor), Change::TakenOver { hand_over: taken }, None, out);
        Ok(())
    }
}
