//! Messages of one feed → reports.

use super::frame::messages;
use super::message::{Classification, Content, DetectionReport, Time, Where};
use super::node::{Node, Nodes};
use super::units::{Polar, coordinates};
use crate::geo::{Geodetic, distance_m};
use crate::model::{
    Bearing, FeedId, Frame, OwnPosition, Place, Plot, Report, ReportKind, SensorTrack, SensorTrackStatus, Site, Timestamp,
};
use crate::wire::{Decode, Refusal, WireHealth};

/// A clock that is further from the arrival than this was never set: the time of arrival is taken instead. Half an hour is more
/// than any link buffers, and less than a wrong time zone.
const MAX_CLOCK_ERROR_S: f64 = 1800.0;
/// The longest name of a node (UUID, 36), an object (ULID, 26) or a class that is kept.
const MAX_NAME: usize = 64;
/// A node that says it stands so far from where the site has it is counted: one of the two is wrong. GNSS without correction
/// and a survey by chart stay well below.
const POSITION_DIFFERS_M: f64 = 100.0;

/// Decodes the frames of one SAPIENT feed.
///
/// A bearing becomes a [`Bearing`]; a detection with range or coordinates becomes a [`Plot`] where the node declared that it
/// does not track, else a [`SensorTrack`]. Kinds of message that carry nothing for the picture are counted as ignored.
pub struct SapientDecoder {
    nodes: Nodes,
    // Where the site has its sensors, by number.
    places: Vec<Option<Geodetic>>,
}

impl SapientDecoder {
    /// A decoder for the sensors of `feed`.
    pub fn new(site: &Site, feed: FeedId) -> Self {
        let places = site.sensors.iter().map(|s| s.position.map(|p| p.ground())).collect();
        Self { nodes: Nodes::new(site, feed), places }
    }
}

impl Decode for SapientDecoder {
    fn decode(&mut self, frame: Frame<'_>, out: &mut Vec<Report>, health: &mut WireHealth) {
        health.frames += 1;
        for message in messages(frame.bytes) {
            let message = match message {
                Ok(message) => message,
                Err(reason) => {
                    health.refuse(reason);
                    continue;
                }
            };
            let Some(content) = message.content else {
                health.refuse(Refusal("no-content"));
                continue;
            };
            if message.node_id.is_empty() || message.node_id.len() > MAX_NAME {
                health.refuse(Refusal("bad-node-id"));
                continue;
            }
            let registration = match &content {
                Content::Registration(r) => Some(r),
                _ => None,
            };
            let clock = self.nodes.clock();
            let Some(node) = self.nodes.get(&message.node_id, registration) else {
                health.refuse(Refusal("unknown-node"));
                continue;
            };
            health.decoded += 1;
            let kind = match content {
                Content::DetectionReport(detection) => detection_report(detection, node, clock),
                Content::StatusReport(status) => {
                    let configured = self.places.get(usize::from(node.sensor.0)).copied().flatten();
                    match status.node_location.as_ref().map(|l| coordinates(l, &node.declared)) {
                        None => Err(Outcome::Ignored("status")),
                        Some(told) => own_position(told, configured),
                    }
                }
                Content::Registration(_) => Err(Outcome::Ignored("registration")),
                Content::RegistrationAck(_) => Err(Outcome::Ignored("registration-ack")),
                Content::Task(_) => Err(Outcome::Ignored("task")),
                Content::TaskAck(_) => Err(Outcome::Ignored("task-ack")),
                Content::Alert(_) => Err(Outcome::Ignored("alert")),
                Content::AlertAck(_) => Err(Outcome::Ignored("alert-ack")),
                Content::Error(_) => Err(Outcome::Ignored("error")),
            };
            match kind {
                Ok(kind) => {
                    let (t, clock_is_off) = time_of(message.timestamp.as_ref(), frame.received_at);
                    if clock_is_off {
                        health.ignore(Refusal("clock-off"));
                    }
                    out.push(Report { sensor: node.sensor, t, received_at: frame.received_at, transmission: None, kind });
                    health.reports += 1;
                }
                Err(Outcome::Ignored(reason)) => health.ignore(Refusal(reason)),
                Err(Outcome::Refused(reason)) => health.refuse(Refusal(reason)),
            }
        }
    }
}

/// Why a good message gave no report.
enum Outcome {
    Ignored(&'static str),
    Refused(&'static str),
}

/// The message's own time, unless it has none or one that was never set; and whether the latter.
fn time_of(told: Option<&Time>, received_at: Timestamp) -> (Timestamp, bool) {
    let Some(told) = told else { return (received_at, false) };
    let nanos = i128::from(told.seconds) * 1_000_000_000 + i128::from(told.nanos);
    let Ok(nanos) = i64::try_from(nanos) else { return (received_at, true) };
    let t = Timestamp::from_nanos(nanos);
    if t.seconds_since(received_at).abs() <= MAX_CLOCK_ERROR_S { (t, false) } else { (received_at, true) }
}

fn detection_report(detection: DetectionReport, node: &mut Node, clock: u64) -> Result<ReportKind, Outcome> {
    let object = Some(detection.object_id).filter(|o| !o.is_empty() && o.len() <= MAX_NAME);
    let (place, position_cov) = match detection.place {
        None => return Err(Outcome::Refused("no-place")),
        Some(Where::Location(location)) => {
            let at = coordinates(&location, &node.declared).map_err(Outcome::Refused)?;
            (Place::Geodetic(at), None)
        }
        Some(Where::RangeBearing(polar)) => {
            let polar = Polar::of(&polar, &node.declared).map_err(Outcome::Refused)?;
            let Some(range_m) = polar.range_m else {
                let class = best_class(detection.classification);
                return Ok(ReportKind::Bearing(Bearing {
                    azimuth: polar.azimuth,
                    sigma_azimuth: polar.sigma_azimuth,
                    object,
                    class,
                }));
            };
            (Place::Polar { range_m, azimuth: polar.azimuth }, polar.covariance(range_m))
        }
    };
    if node.untracked {
        return Ok(ReportKind::Plot(Plot { place, snr_db: None }));
    }
    let Some(object) = object else { return Err(Outcome::Refused("no-object-id")) };
    let velocity = detection.enu_velocity.and_then(|v| {
        let per_unit = node.declared.mps_per_unit?;
        let velocity = [v.east_rate? * per_unit, v.north_rate? * per_unit];
        velocity.iter().all(|c| c.is_finite()).then_some(velocity)
    });
    let lost = detection.state.is_some_and(|s| s.eq_ignore_ascii_case("lost"));
    Ok(ReportKind::SensorTrack(SensorTrack {
        number: node.object_number(&object, clock),
        life: 0,
        place,
        velocity: velocity.filter(|_| !lost),
        status: if lost { SensorTrackStatus::Lost } else { SensorTrackStatus::Tracking },
        position_cov,
        length_m: None,
    }))
}

/// A node's own position matters where the site has none for it.
fn own_position(told: Result<Geodetic, &'static str>, configured: Option<Geodetic>) -> Result<ReportKind, Outcome> {
    let told = told.map_err(Outcome::Refused)?;
    match configured {
        None => Ok(ReportKind::OwnPosition(OwnPosition { position: told, velocity: None, heading: None })),
        Some(place) if distance_m(place, told) > POSITION_DIFFERS_M => Err(Outcome::Ignored("node-position-differs")),
        Some(_) => Err(Outcome::Ignored("status")),
    }
}

/// The class with the highest confidence; the first of equals. One without a confidence says nothing that could be weighed.
fn best_class(classes: Vec<Classification>) -> Option<(String, f32)> {
    let mut best: Option<(String, f32)> = None;
    for Classification { class, confidence } in classes {
        let Some(confidence) = confidence.filter(|c| (0.0..=1.0).contains(c)) else { continue };
        if class.len() <= MAX_NAME && best.as_ref().is_none_or(|b| confidence > b.1) {
            best = Some((class, confidence));
        }
    }
    best
}
