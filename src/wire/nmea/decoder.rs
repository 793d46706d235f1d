//! Reports from the sentences of one feed.

use super::ais::{Body, Kinematics, StaticData};
use super::arpa::Arpa;
use super::plausibility::PlausibilityCheck;
use super::reader::{Item, Reader, Received};
use super::repeats::Repeats;
use super::signal::{BAD_VSI, SignalLinks, Vsi};
use crate::model::units::knots_to_mps;
use crate::model::{
    AisClass, AisPosition, AisReception, AisStatic, FeedId, Frame, Plausibility, Report, ReportKind, SensorId, SensorKind,
    Site, Timestamp, Transmission,
};
use crate::wire::{Decode, Refusal, WireHealth};

/// A message without use for the picture (acknowledgements, data link management, binary data).
pub const NO_REPORT: Refusal = Refusal("ais-no-report");

/// The same transmission, heard by another station.
pub const REPEAT: Refusal = Refusal("ais-repeat");

/// A sentence that tells nothing of the picture: depth, wind, satellites in view.
pub const OTHER_SENTENCE: Refusal = Refusal("other-sentence");

/// Decodes the frames of one NMEA feed: AIS, ARPA and own position.
pub struct NmeaDecoder {
    reader: Reader,
    repeats: Repeats,
    signals: SignalLinks,
    plausibility: PlausibilityCheck,
    arpa: Arpa,
    ais_sensor: SensorId,
}

impl NmeaDecoder {
    /// A decoder for the sensors of `feed`.
    pub fn new(site: &Site, feed: FeedId) -> Self {
        let lenient = site.sensors_on(feed).any(|(_, s)| s.allow_missing_checksum);
        // AIS may also come with a radar's or a ship's own sentences; then that sensor reports it.
        let ais_sensor = site
            .sensors_on(feed)
            .find(|(_, s)| s.kind == SensorKind::Ais)
            .or_else(|| site.sensors_on(feed).next())
            .map_or(SensorId(0), |(id, _)| id);
        Self {
            reader: Reader::new(lenient),
            repeats: Repeats::default(),
            signals: SignalLinks::default(),
            plausibility: PlausibilityCheck::default(),
            arpa: Arpa::new(site, feed),
            ais_sensor,
        }
    }
}

impl Decode for NmeaDecoder {
    fn decode(&mut self, frame: Frame<'_>, out: &mut Vec<Report>, health: &mut WireHealth) {
        health.frames += 1;
        let before = out.len();
        let Self { reader, repeats, signals, plausibility, arpa, ais_sensor } = self;
        reader.read(frame.bytes, frame.received_at, health, |item, health| match item {
            Item::Ais(received) => {
                signals.note(received);
                match repeats.first(received) {
                    None => {
                        health.ignore(REPEAT);
                        out.extend(heard_again(received, *ais_sensor));
                    }
                    Some(transmission) => {
                        if !ais_reports(received, transmission, *ais_sensor, plausibility, out) {
                            health.ignore(NO_REPORT);
                        }
                    }
                }
            }
            Item::Other(sentence, _) if Vsi::is_vsi(sentence) => {
                match Vsi::parse(sentence).ok_or(BAD_VSI).and_then(|vsi| signal(&vsi, signals, *ais_sensor, frame.received_at))
                {
                    Ok(report) => out.push(report),
                    Err(why) => health.refuse(why),
                }
            }
            Item::Other(sentence, wrapper) => {
                if !arpa.sentence(sentence, wrapper, frame.received_at, out, health) {
                    health.ignore(OTHER_SENTENCE);
                }
            }
        });
        health.reports += (out.len() - before) as u64;
    }
}

/// The same transmission by another station that is named.
fn heard_again(received: &Received<'_>, sensor: SensorId) -> Option<Report> {
    let message = &received.message;
    let kind = ReportKind::AisReception(AisReception {
        mmsi: message.mmsi,
        message_type: message.message_type,
        repeat: true,
        station: Some(received.station?),
        slot: None,
        signal_dbm: None,
        snr_db: None,
    });
    Some(Report { sensor, t: received.time(), received_at: received.received_at, transmission: None, kind })
}

/// How strongly a message was heard that was reported a moment ago.
fn signal(vsi: &Vsi, links: &mut SignalLinks, sensor: SensorId, received_at: Timestamp) -> Result<Report, Refusal> {
    let linked = links.tie(vsi, received_at)?;
    let told = &vsi.signal;
    let kind = ReportKind::AisReception(AisReception {
        mmsi: linked.mmsi,
        message_type: linked.message_type,
        repeat: false,
        station: told.station,
        slot: told.slot,
        signal_dbm: told.signal_dbm,
        snr_db: told.snr_db,
    });
    Ok(Report { sensor, t: told.time(received_at).unwrap_or(linked.t), received_at, transmission: None, kind })
}

/// Appends what a message reports; false where it is nothing for the picture.
fn ais_reports(
    received: &Received<'_>,
    transmission: Transmission,
    sensor: SensorId,
    check: &mut PlausibilityCheck,
    out: &mut Vec<Report>,
) -> bool {
    let before = out.len();
    let (t, received_at) = (received.time(), received.received_at);
    let mut report = |kind| out.push(Report { sensor, t, received_at, transmission: Some(transmission), kind });
    if let (Some(k), Some(class)) = (received.message.kinematics(), position_class(received)) {
        let marks = check.check(received.message.mmsi, class, &k, t, received_at);
        report(ReportKind::AisPosition(position(received, &k, class, marks)));
    }
    if let Some(data) = static_data(received) {
        report(ReportKind::AisStatic(Box::new(data)));
    }
    out.len() > before
}

fn position_class(received: &Received<'_>) -> Option<AisClass> {
    // A mobile station answers a request for UTC with type 11; class B units do not.
    received.message.class().or((received.message.message_type == 11).then_some(AisClass::A))
}

fn position(received: &Received<'_>, k: &Kinematics, class: AisClass, plausibility: Plausibility) -> AisPosition {
    AisPosition {
        mmsi: received.message.mmsi,
        class,
        message_type: received.message.message_type,
        position: k.position.geodetic(),
        raw_position: [k.position.lon, k.position.lat],
        accurate: k.accurate,
        sog: k.sog_kn.map(knots_to_mps),
        cog: k.cog_deg.map(f64::to_radians),
        heading: k.heading_deg.map(f64::to_radians),
        rot: k.rot.and_then(|r| r.degrees_per_minute()).map(|d| d.to_radians() / 60.0),
        nav_status: k.nav_status,
        utc_second: k.second.and_then(|s| s.second()),
        station: received.station,
        plausibility,
    }
}

fn static_data(received: &Received<'_>) -> Option<AisStatic> {
    let message = &received.message;
    let nothing = AisStatic::blank(message.mmsi, message.class()?, message.message_type);
    Some(match &message.body {
        Body::StaticAndVoyage(s) => AisStatic {
            name: s.name.owned(),
            callsign: s.callsign.owned(),
            imo: s.imo.number(),
            ship_type: s.ship_type.code(),
            dimensions: s.dimensions.metres(),
            draught_m: s.draught.metres().map(|d| d as f32),
            destination: s.destination.owned(),
            // A day without a month is no date; an hour that is missing is still a day.
            eta: s.eta.month().zip(s.eta.day()).map(|(m, d)| [m, d, s.eta.raw_hour, s.eta.raw_minute]),
            ..nothing
        },
        Body::ClassBExtended(s) => {
            AisStatic { name: s.name.owned(), ship_type: s.ship_type.code(), dimensions: s.dimensions.metres(), ..nothing }
        }
        Body::AidToNavigation(a) => AisStatic { name: a.full_name(), dimensions: a.dimensions.metres(), ..nothing },
        Body::StaticData(StaticData::Name(name)) => AisStatic { name: name.owned(), ..nothing },
        Body::StaticData(StaticData::Details(d)) => AisStatic {
            callsign: d.callsign.owned(),
            ship_type: d.ship_type.code(),
            dimensions: if d.mother_ship.is_some() { None } else { d.dimensions.metres() },
            ..nothing
        },
        _ => return None,
    })
}
