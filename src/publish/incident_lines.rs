//! Incident lines (`--incidents`): one for each thing that happened to an incident, or that all of them share.

use super::json::Object;
use crate::model::IncidentEvent;
use crate::model::incident::Incident;

/// Appends the line of one event.
pub fn incident_line(event: &IncidentEvent, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    incident_event_fields(event, &mut o);
    o.end_line();
}

/// The fields of an incident line, for those that put it inside another object. `change` is whole; of the incident there is what a
/// list shows.
pub fn incident_event_fields(event: &IncidentEvent, o: &mut Object<'_>) {
    o.time("t_out", event.at)
        .integer("event", event.number as i64)
        .string("what", event.change.word())
        .string("actor", event.actor.as_ref().map(|a| a.name.as_str()))
        .string("role", event.actor.as_ref().map(|a| a.role.as_str()))
        .json("change", &event.change);
    match &event.incident {
        Some(incident) => o.object("incident", |i| incident_fields(incident, i)),
        None => o.string("incident", None),
    };
}

/// What a list shows of an incident.
pub fn incident_fields(i: &Incident, o: &mut Object<'_>) {
    o.integer("incident_id", i.id.0 as i64)
        .time("opened", i.opened)
        .time("changed", i.changed)
        .integer("severity", i64::from(i.severity.level()))
        .string("alarm", i.alarm.word())
        .flag("active", i.is_active())
        .string("case", i.case.word())
        .string("level", i.level.word())
        .string("outcome", i.outcome.map(crate::model::incident::Outcome::word))
        .number("lat", i.position[0], 7)
        .number("lon", i.position[1], 7)
        .strings("rules", i.rules())
        .array("tracks", &i.members, |m, out| out.extend_from_slice(m.track.0.to_string().as_bytes()))
        .array("alerts", &i.alerts, |a, out| out.extend_from_slice(a.id.0.to_string().as_bytes()))
        .integer("joined_alerts", i.joined_alerts as i64)
        .array("proposed", &i.proposals, |p, out| {
            let mut proposal = Object::open(out);
            proposal.string("unit", p.unit.0.as_str()).string("by", p.by.name.as_str());
            proposal.close();
        })
        .array("units", &i.tasks, |t, out| {
            let mut task = Object::open(out);
            task.string("unit", t.unit.0.as_str()).string("phase", t.phase.word()).flag("recalled", t.recalled.is_some());
            task.close();
        })
        .time("silenced_until", i.silenced_until)
        .time("shelved_until", i.shelved_until.as_ref().map(|(until, _)| *until))
        .string("false_alarm", i.false_alarm.as_deref())
        .integer("merged_into", i.merged_into.map(|m| m.0 as i64))
        .integer("previous", i.previous.map(|p| p.0 as i64));
    if let Some((by, _)) = &i.false_alarm_proposed {
        o.string("false_alarm_proposed_by", by.name.as_str());
    }
}
