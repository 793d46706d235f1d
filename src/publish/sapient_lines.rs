//! SAPIENT messages as JSON lines: what `decode` writes. One line a message, as sent; units are converted where the message
//! itself tells them.

use super::json::Object;
use crate::model::Timestamp;
use crate::wire::sapient::message::{Content, DetectionReport, SapientMessage, Where};
use crate::wire::sapient::{Declared, Polar, coordinates};

/// Appends the line of one message.
pub fn message_line(message: &SapientMessage, out: &mut Vec<u8>) {
    let t = message.timestamp.as_ref().and_then(|t| {
        let nanos = i128::from(t.seconds) * 1_000_000_000 + i128::from(t.nanos);
        i64::try_from(nanos).ok().map(Timestamp::from_nanos)
    });
    let mut o = Object::open(out);
    o.string("kind", kind(message.content.as_ref())).string("node_id", message.node_id.as_str()).time("t", t);
    match &message.content {
        Some(Content::DetectionReport(d)) => detection(&mut o, d),
        Some(Content::StatusReport(s)) => {
            let at = s.node_location.as_ref().and_then(|l| coordinates(l, &Declared::default()).ok());
            o.string("system", system(s.system))
                .string("mode", s.mode.as_deref())
                .number("lat", at.map(|g| g.lat_deg()), 7)
                .number("lon", at.map(|g| g.lon_deg()), 7);
        }
        Some(Content::Registration(r)) => {
            o.string("name", r.name.as_deref())
                .string("short_name", r.short_name.as_deref())
                .string("version", r.icd_version.as_deref())
                .strings("modes", r.mode_definition.iter().map(|m| m.mode_name.as_str()));
        }
        _ => {}
    }
    o.end_line();
}

fn detection(o: &mut Object<'_>, d: &DetectionReport) {
    let (mut polar, mut at) = (None, None);
    match &d.place {
        Some(Where::RangeBearing(told)) => polar = Polar::of(told, &Declared::default()).ok(),
        Some(Where::Location(told)) => at = coordinates(told, &Declared::default()).ok(),
        None => {}
    }
    o.string("object", Some(d.object_id.as_str()).filter(|s| !s.is_empty()))
        .string("state", d.state.as_deref())
        .number("range_m", polar.and_then(|p| p.range_m), 2)
        .number("azimuth_deg", polar.map(|p| p.azimuth.to_degrees()), 4)
        .number("sigma_azimuth_deg", polar.and_then(|p| p.sigma_azimuth).map(f64::to_degrees), 4)
        .number("lat", at.map(|g| g.lat_deg()), 7)
        .number("lon", at.map(|g| g.lon_deg()), 7)
        .number("confidence", d.detection_confidence.map(f64::from), 3)
        .strings("classes", d.classification.iter().map(|c| c.class.as_str()));
}

fn kind(content: Option<&Content>) -> Option<&'static str> {
    Some(match content? {
        Content::Registration(_) => "registration",
        Content::RegistrationAck(_) => "registration-ack",
        Content::StatusReport(_) => "status",
        Content::DetectionReport(_) => "detection",
        Content::Task(_) => "task",
        Content::TaskAck(_) => "task-ack",
        Content::Alert(_) => "alert",
        Content::AlertAck(_) => "alert-ack",
        Content::Error(_) => "error",
    })
}

fn system(state: i32) -> Option<&'static str> {
    match state {
        1 => Some("ok"),
        2 => Some("warning"),
        3 => Some("error"),
        5 => Some("goodbye"),
        _ => None,
    }
}
