//! The text messages of the console's stream (`docs/protocols/console.md`).

use std::collections::BTreeMap;

use super::api::{Context, picture_age_s, sensor, site_fields};
use super::records::Threat;
use crate::model::{Alert, Mmsi, TrackId, TrackStatus};
use crate::publish::json::Object;
use crate::publish::lines::alert_fields;

/// Version of the stream. A client that knows another one asks the officer to load the page again.
pub const VERSION: i64 = 1;

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
            .string("capture", shared.capture_state().as_str());
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

/// Identities of tracks: pairs of track number and MMSI, or null.
pub fn names(names: &[(u64, Option<Mmsi>)], reset: bool) -> Vec<u8> {
    message("names", |o| {
        o.flag("reset", reset).array("names", names, |(id, mmsi), out| {
            let mmsi = mmsi.map_or_else(|| "null".to_owned(), |m| m.0.to_string());
            out.extend_from_slice(format!("[{id},{mmsi}]").as_bytes());
        });
    })
}

/// Incidents and what else is told beside tracks and alerts.
#[derive(Debug, Default)]
pub struct Extra;

impl Extra {
    /// All of it.
    pub fn snapshot(&self, _context: &Context) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// What has changed since the last call.
    pub fn news(&mut self, _context: &Context, _restarted: bool) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Whether an alert that lasts waits for somebody.
    pub fn waits(&self, _context: &Context, _alert: &Alert) -> bool {
        true
    }

    /// Tracks that matter without an alert.
    pub fn add_threats(&self, _threats: &mut BTreeMap<TrackId, Threat>) {}
}
