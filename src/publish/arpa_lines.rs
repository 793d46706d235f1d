//! Target and own-ship sentences as JSON lines: what `decode` writes. One line a sentence, repeats and unplaced ones included.

use super::json::Object;
use crate::model::units::mps_to_knots;
use crate::model::{OwnPosition, SensorTrackStatus, Timestamp};
use crate::wire::nmea::said::{Outcome, Said, Target, TargetSentence};
use crate::wire::nmea::target::{Acquisition, Rsd};

/// Appends the line of one statement.
pub fn said_line(said: &Said, out: &mut Vec<u8>) {
    match said {
        Said::Target(target) => target_line(target, out),
        Said::Own { t, own, .. } => own_line(*t, own, out),
        Said::Display(rsd) => display_line(rsd, out),
    }
}

/// Appends the line of a target: `range_m` and `azimuth_deg` as the radar measured them, `lat` and `lon` from own position or as
/// the radar told, `sog_kn` and `cog_deg` as told, `vx` and `vy` only where they are to be believed.
pub fn target_line(target: &Target, out: &mut Vec<u8>) {
    let sentence = match target.sentence {
        TargetSentence::Ttm => "TTM",
        TargetSentence::Tll => "TLL",
        TargetSentence::Ttd => "TTD",
    };
    let status = match target.status {
        SensorTrackStatus::Acquiring => "acquiring",
        SensorTrackStatus::Tracking => "tracking",
        SensorTrackStatus::Coasting => "coasting",
        SensorTrackStatus::Lost => "lost",
    };
    let acquisition = target.acquisition.map(|a| match a {
        Acquisition::Automatic => "automatic",
        Acquisition::Manual => "manual",
        Acquisition::Reported => "reported",
    });
    let why = match target.outcome {
        Outcome::Report | Outcome::Repeat => None,
        Outcome::Left(reason) | Outcome::Unplaced(reason) => Some(reason.0),
    };
    let mut o = Object::open(out);
    o.string("kind", "track")
        .string("sentence", sentence)
        .string("talker", target.source.talker())
        .integer("target", i64::from(target.number))
        .integer("life", i64::from(target.life))
        .string("status", status)
        .time("t", target.t)
        .number("range_m", target.range_m, 2)
        .number("azimuth_deg", target.azimuth.map(f64::to_degrees), 3)
        .number("lat", target.place.map(|g| g.lat_deg()), 7)
        .number("lon", target.place.map(|g| g.lon_deg()), 7)
        .number("sog_kn", target.speed.map(mps_to_knots), 2)
        .number("cog_deg", target.course.map(f64::to_degrees), 2)
        .number("vx", target.velocity.map(|v| v[0]), 3)
        .number("vy", target.velocity.map(|v| v[1]), 3)
        .string("name", target.name.as_deref())
        .string("acquisition", acquisition)
        .flag("reference", target.reference)
        .flag("repeat", target.outcome == Outcome::Repeat)
        .string("left_out", why);
    o.end_line();
}

/// Appends the line of a fix.
pub fn own_line(t: Timestamp, own: &OwnPosition, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("kind", "position")
        .time("t", t)
        .number("lat", own.position.lat_deg(), 7)
        .number("lon", own.position.lon_deg(), 7)
        .number("sog_kn", own.velocity.map(|v| mps_to_knots(v[0])), 2)
        .number("cog_deg", own.velocity.map(|v| v[1].to_degrees()), 2)
        .number("heading_deg", own.heading.map(f64::to_degrees), 2);
    o.end_line();
}

fn display_line(rsd: &Rsd, out: &mut Vec<u8>) {
    let orientation = rsd.orientation.and_then(|o| match o {
        b'C' => Some("course-up"),
        b'H' => Some("head-up"),
        b'N' => Some("north-up"),
        _ => None,
    });
    let mut o = Object::open(out);
    o.string("kind", "display")
        .number("range_scale_m", rsd.range_scale_m, 1)
        .number("cursor_range_m", rsd.cursor.map(|c| c.0), 1)
        .number("cursor_azimuth_deg", rsd.cursor.map(|c| c.1.to_degrees()), 2)
        .string("orientation", orientation);
    o.end_line();
}
