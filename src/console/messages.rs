//! The text messages of the console's stream (`docs/protocols/console.md`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::accounts::Person;
use super::api::{Context, picture_age_s, sensor, site_fields};
use super::hub::{Identity, MAX_CLIENTS};
use super::records::Threat;
use crate::model::incident::{AlarmState, Change, Incident};
use crate::model::{Alert, TrackId, TrackStatus};
use crate::publish::json::{Object, string};
use crate::publish::lines::alert_fields;

/// Version of the stream. A client that knows another one asks the officer to load the page again.
pub const VERSION: i64 = 1;

/// Tracks that a console is measured to carry at one update a second (`docs/measurements.md`): beyond them it says so.
const TRACKS_CARRIED: i64 = 20_000;

/// A track counts as masked for so long after an alert on it was kept back, s: longer than any rule holds (`config/rules.toml`).
const MASKED_S: f64 = 600.0;

fn message(kind: &str, fill: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    object.string("type", kind);
    fill(&mut object);
    object.close();
    out
}

/// The first message: who is speaking, and where the sensors stand.
pub fn hello(context: &Context) -> Vec<u8> {
    message("hello", |o| {
        o.integer("protocol", VERSION).string("mode", if context.replay.is_some() { "replay" } else { "live" });
        site_fields(context, o);
    })
}

/// Health, once a second; the heartbeat as well.
pub fn health(context: &Context, clients: usize) -> Vec<u8> {
    let shared = &context.shared;
    let picture = shared.picture.load_full();
    let count = |status| picture.tracks().iter().filter(|t| t.status == status).count() as i64;
    message("health", |o| {
        o.time("now", (context.clock)())
            .time("t_out", (picture.number > 0).then_some(picture.t_out))
            .number("picture_age_s", picture_age_s(context), 2)
            .integer("picture", picture.number as i64)
            .integer("tentative", count(TrackStatus::Tentative))
            .integer("confirmed", count(TrackStatus::Confirmed))
            .integer("coasting", count(TrackStatus::Coasting))
            .number("delay_p99_s", shared.frame_to_picture.quantile(0.99).map(|d| d.as_secs_f64()), 4)
            .integer("consoles", clients as i64)
            .string("capture", shared.capture_state().as_str())
            .integer("tracks_carried", TRACKS_CARRIED)
            .integer("consoles_carried", MAX_CLIENTS as i64);
        let masked = shared.masked_since(picture.t_out.plus_seconds(-MASKED_S));
        let masked: Vec<_> = masked.into_iter().filter(|(track, ..)| picture.track(*track).is_some()).collect();
        o.array("masked", &masked, |(track, rule, by), out| {
            let mut one = Object::open(out);
            one.integer("track_id", track.0 as i64).string("rule", rule.as_str()).string("by", by.as_str());
            one.close();
        });
        o.array("sensors", &shared.sensors(), sensor);
    })
}

/// Alerts that are new or have changed; with `reset`, all there are to know.
pub fn alerts(alerts: &[&Alert], reset: bool) -> Vec<u8> {
    message("alerts", |o| {
        o.flag("reset", reset).array("alerts", alerts, |alert, out| {
            let mut line = Object::open(out);
            alert_fields(alert, &mut line);
            line.close();
        });
    })
}

/// Identities of tracks: track number, MMSI or null, and the ship's name where one is known.
pub fn names(names: &[(u64, Identity)], reset: bool) -> Vec<u8> {
    message("names", |o| {
        o.flag("reset", reset).array("names", names, |(id, (mmsi, name)), out| {
            let mmsi = mmsi.map_or_else(|| "null".to_owned(), |m| m.0.to_string());
            out.extend_from_slice(format!("[{id},{mmsi}").as_bytes());
            if let Some(name) = name {
                out.push(b',');
                string(out, name);
            }
            out.push(b']');
        });
    })
}

/// Who this console is, and whether it may give orders.
pub fn session(context: &Context, person: &Person) -> Vec<u8> {
    let commands = person.role.commands() && context.shared.commander.get().is_some();
    message("session", |o| {
        o.object("user", |u| {
            u.string("name", person.name.as_str()).string("role", person.role.word());
        })
        .flag("accounts", context.accounts.is_some())
        .flag("commands", commands);
    })
}

fn incidents(incidents: &[Arc<Incident>], reset: bool) -> Vec<u8> {
    message("incidents", |o| {
        let incidents: Vec<&Incident> = incidents.iter().map(Arc::as_ref).collect();
        o.flag("reset", reset).json("incidents", &incidents);
    })
}

fn units(context: &Context) -> Vec<u8> {
    message("units", |o| {
        o.json("units", &context.shared.units());
    })
}

/// Incidents that are over and still told to a console that connects.
const OVER: usize = 50;

/// Incidents and units: what has been told of them.
#[derive(Debug, Default)]
pub struct Extra {
    told: u64,
}

impl Extra {
    /// All of it.
    pub fn snapshot(&self, context: &Context) -> Vec<Vec<u8>> {
        let mut shown = context.shared.incidents();
        let over = shown.iter().filter(|i| i.is_over()).count();
        let mut skip = over.saturating_sub(OVER);
        shown.retain(|i| {
            let goes = i.is_over() && skip > 0;
            skip -= usize::from(goes);
            !goes
        });
        vec![incidents(&shown, true), units(context)]
    }

    /// What has changed since the last call.
    pub fn news(&mut self, context: &Context, restarted: bool) -> Vec<Vec<u8>> {
        if restarted {
            self.told = 0;
        }
        let (events, total) = context.shared.incident_events_since(self.told);
        self.told = total;
        if restarted {
            return self.snapshot(context);
        }
        // Each as it is now, once.
        let changed: BTreeMap<_, _> = events.iter().filter_map(|e| e.incident.clone()).map(|i| (i.id, i)).collect();
        let mut out = Vec::new();
        if !changed.is_empty() {
            out.push(incidents(&changed.into_values().collect::<Vec<_>>(), false));
        }
        if events.iter().any(|e| matches!(e.change, Change::UnitChanged { .. })) {
            out.push(units(context));
        }
        out
    }

    /// What incidents and alerts without one add to tracks.
    pub fn threats<'a>(&self, context: &Context, raised: impl Iterator<Item = &'a Alert>) -> BTreeMap<TrackId, Threat> {
        let mut threats: BTreeMap<TrackId, Threat> = BTreeMap::new();
        let mut add = |track, severity: u8, unacknowledged| {
            let threat = threats.entry(track).or_default();
            threat.severity = threat.severity.max(severity);
            threat.unacknowledged |= unacknowledged;
        };
        let mut known = std::collections::BTreeSet::new();
        for incident in context.shared.incidents() {
            known.extend(incident.alerts.iter().map(|a| a.id));
            if matches!(incident.alarm, AlarmState::Closed | AlarmState::Shelved) {
                continue;
            }
            let waits = incident.alarm != AlarmState::Acknowledged;
            for member in incident.members.iter().filter(|m| !m.ended) {
                add(member.track, incident.severity.level(), waits);
            }
        }
        for alert in raised.filter(|a| !known.contains(&a.id)) {
            add(alert.track, alert.severity.level(), true);
        }
        threats
    }
}
