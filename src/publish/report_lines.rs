//! Reports as JSON lines: what `replay --reports` writes. One line a report, as the decoder of its feed
//! made it; which of them another feed had brought before is decided behind that.

use super::json::Object;
use crate::model::units::mps_to_knots;
use crate::model::{AisClass, AisPosition, AisStatic, Place, Report, ReportKind, SensorTrackStatus, Site, Station};

/// Appends the line of one report.
pub fn report_line(report: &Report, site: &Site, out: &mut Vec<u8>) {
    let sensor = site.sensor(report.sensor).map(|s| s.id.as_str());
    let mut o = Object::open(out);
    o.string("kind", kind(&report.kind)).string("sensor", sensor).time("t", report.t).time("received_at", report.received_at);
    match &report.kind {
        ReportKind::Plot(plot) => {
            place(&mut o, &plot.place);
            o.number("snr_db", plot.snr_db.map(f64::from), 1);
        }
        ReportKind::SensorTrack(track) => {
            o.integer("target", i64::from(track.number)).integer("life", i64::from(track.life));
            o.string("status", sensor_track_status(track.status));
            place(&mut o, &track.place);
            o.number("vx", track.velocity.map(|v| v[0]), 3).number("vy", track.velocity.map(|v| v[1]), 3);
        }
        ReportKind::AisPosition(p) => ais_position(&mut o, p),
        ReportKind::AisStatic(s) => ais_static(&mut o, s),
        ReportKind::AisReception(r) => {
            o.integer("type", i64::from(r.message_type))
                .integer("mmsi", i64::from(r.mmsi.0))
                .flag("repeat", r.repeat)
                .string("station", r.station.as_ref().map(Station::as_str))
                .integer("slot", r.slot.map(i64::from))
                .number("signal_dbm", r.signal_dbm.map(f64::from), 1)
                .number("snr_db", r.snr_db.map(f64::from), 1);
        }
        ReportKind::Bearing(b) => {
            o.number("azimuth_deg", b.azimuth.to_degrees(), 4)
                .number("sigma_azimuth_deg", b.sigma_azimuth.map(f64::to_degrees), 4)
                .string("object", b.object.as_deref())
                .string("class", b.class.as_ref().map(|c| c.0.as_str()))
                .number("confidence", b.class.as_ref().map(|c| f64::from(c.1)), 3);
        }
        ReportKind::OwnPosition(own) => {
            o.number("lat", own.position.lat_deg(), 7)
                .number("lon", own.position.lon_deg(), 7)
                .number("sog_kn", own.velocity.map(|v| mps_to_knots(v[0])), 2)
                .number("cog_deg", own.velocity.map(|v| v[1].to_degrees()), 2)
                .number("heading_deg", own.heading.map(f64::to_degrees), 2);
        }
        ReportKind::Antenna(antenna) => {
            o.number("azimuth_deg", antenna.azimuth.to_degrees(), 3).flag("north", antenna.north).number(
                "period_s",
                antenna.period_s.map(f64::from),
                3,
            );
        }
    }
    o.end_line();
}

fn kind(kind: &ReportKind) -> &'static str {
    match kind {
        ReportKind::Plot(_) => "plot",
        ReportKind::SensorTrack(_) => "track",
        ReportKind::AisPosition(_) | ReportKind::AisStatic(_) => "ais",
        ReportKind::AisReception(_) => "ais-reception",
        ReportKind::Bearing(_) => "bearing",
        ReportKind::OwnPosition(_) => "position",
        ReportKind::Antenna(_) => "antenna",
    }
}

fn place(o: &mut Object<'_>, place: &Place) {
    let (polar, geodetic) = match place {
        Place::Polar { range_m, azimuth } => (Some((*range_m, azimuth.to_degrees())), None),
        Place::Geodetic(g) => (None, Some(*g)),
    };
    o.number("range_m", polar.map(|p| p.0), 2)
        .number("azimuth_deg", polar.map(|p| p.1), 4)
        .number("lat", geodetic.map(|g| g.lat_deg()), 7)
        .number("lon", geodetic.map(|g| g.lon_deg()), 7);
}

fn ais_position(o: &mut Object<'_>, p: &AisPosition) {
    o.integer("type", i64::from(p.message_type))
        .integer("mmsi", i64::from(p.mmsi.0))
        .string("class", ais_class(p.class))
        .number("lat", p.position.map(|g| g.lat_deg()), 7)
        .number("lon", p.position.map(|g| g.lon_deg()), 7)
        .number("sog_kn", p.sog.map(mps_to_knots), 1)
        .number("cog_deg", p.cog.map(f64::to_degrees), 1)
        .number("heading_deg", p.heading.map(f64::to_degrees), 0)
        .number("rot_deg_min", p.rot.map(|r| r.to_degrees() * 60.0), 1)
        .integer("nav_status", p.nav_status.map(i64::from))
        .integer("utc_second", p.utc_second.map(i64::from))
        .string("station", p.station.as_ref().map(Station::as_str))
        .integer("plausibility", i64::from(p.plausibility.0));
}

fn ais_static(o: &mut Object<'_>, s: &AisStatic) {
    o.integer("type", i64::from(s.message_type))
        .integer("mmsi", i64::from(s.mmsi.0))
        .string("class", ais_class(s.class))
        .string("name", s.name.as_deref())
        .string("callsign", s.callsign.as_deref())
        .integer("imo", s.imo.map(i64::from))
        .integer("ship_type", s.ship_type.map(i64::from))
        .number("draught_m", s.draught_m.map(f64::from), 1)
        .string("destination", s.destination.as_deref());
}

fn ais_class(class: AisClass) -> &'static str {
    match class {
        AisClass::A => "A",
        AisClass::B => "B",
        AisClass::Base => "base",
        AisClass::SarAircraft => "sar-aircraft",
        AisClass::AidToNavigation => "aid-to-navigation",
    }
}

pub(super) fn sensor_track_status(status: SensorTrackStatus) -> &'static str {
    match status {
        SensorTrackStatus::Acquiring => "acquiring",
        SensorTrackStatus::Tracking => "tracking",
        SensorTrackStatus::Coasting => "coasting",
        SensorTrackStatus::Lost => "lost",
    }
}
