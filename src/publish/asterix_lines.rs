//! ASTERIX records as JSON lines: what `decode` writes. One line a record, in SI units, without a site: a place on the earth only
//! where the record itself tells one.

use super::json::Object;
use super::report_lines::sensor_track_status;
use crate::model::Timestamp;
use crate::wire::WireHealth;
use crate::wire::asterix::dual_lan::{DualLan, REPEAT};
use crate::wire::asterix::reader::read_datagram;
use crate::wire::asterix::statement::{Artificial, Clock, Said, Source, Statement, Target};

/// Writes the lines of a capture's datagrams.
#[derive(Debug, Default)]
pub struct AsterixLines {
    repeats: DualLan,
}

impl AsterixLines {
    /// Appends a line for each record of `datagram`. A datagram that came a moment ago by another network is left out and
    /// counted. `received_at` is `None` where the capture tells no times; lines then have no `t`.
    pub fn datagram(&mut self, datagram: &[u8], received_at: Option<Timestamp>, out: &mut Vec<u8>, health: &mut WireHealth) {
        health.frames += 1;
        let first = received_at.map(|at| (at, self.repeats.first(datagram, at)));
        if let Some((_, None)) = first {
            health.ignore(REPEAT);
            return;
        }
        let mut lines = 0;
        let timed = read_datagram(datagram, health, |statement, source| {
            statement_line(statement, source, received_at, out);
            lines += 1;
            Ok(())
        });
        health.reports += lines;
        if let (true, Some((at, Some(sums)))) = (timed, first) {
            self.repeats.remember(datagram, sums, at);
        }
    }
}

/// Appends the line of one record. `source` is that of the record or, where it leaves it out, of the one before.
pub fn statement_line(statement: &Statement, source: Option<Source>, received_at: Option<Timestamp>, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    let kind = match &statement.said {
        Said::Target(Target { track_number: Some(_), .. }) => "track",
        Said::Target(_) => "plot",
        Said::Antenna { .. } | Said::Video | Said::Status { .. } => "status",
    };
    let t = match (statement.clock, received_at) {
        (Some(clock), Some(at)) => Some(clock.at(at)),
        _ => None,
    };
    let time_of_day_s = match statement.clock {
        Some(Clock::OfDay(s)) => Some(s),
        // Only reception tells which turn of the truncated clock it was.
        Some(Clock::Truncated(_)) => t.map(|t| t.nanos_of_day() as f64 * 1e-9),
        None => None,
    };
    o.string("kind", kind)
        .integer("category", i64::from(statement.category))
        .integer("sac", source.map(|s| i64::from(s.sac)))
        .integer("sic", source.map(|s| i64::from(s.sic)))
        // A step of the clock is 1/128 s = 0.0078125 s.
        .number("time_of_day_s", time_of_day_s, 7)
        .time("t", t);
    match &statement.said {
        Said::Target(target) => target_members(&mut o, target),
        Said::Antenna { azimuth, north, period_s, place } => {
            o.string("range_m", None)
                .number("azimuth_deg", azimuth.to_degrees(), 4)
                .number("lat", place.map(|p| p.0.lat_deg()), 7)
                .number("lon", place.map(|p| p.0.lon_deg()), 7);
            absent(&mut o, &["vx", "vy", "track_number", "amplitude"]);
            o.string("message", if *north { "north" } else { "sector" }).number("period_s", *period_s, 7).number(
                "height_m",
                place.map(|p| p.1),
                1,
            );
        }
        Said::Video => {
            absent(&mut o, &TARGET_MEMBERS);
            o.string("message", "video");
        }
        Said::Status { message } => {
            absent(&mut o, &TARGET_MEMBERS);
            o.integer("message", i64::from(*message));
        }
    }
    o.end_line();
}

/// What every line has, whatever the record says, so that readers of lines need not ask for the kind first.
const TARGET_MEMBERS: [&str; 8] = ["range_m", "azimuth_deg", "lat", "lon", "vx", "vy", "track_number", "amplitude"];

fn absent(o: &mut Object<'_>, members: &[&'static str]) {
    for member in members {
        o.string(member, None);
    }
}

fn target_members(o: &mut Object<'_>, target: &Target) {
    // Decimals: a tenth of the finest step that any category has for the quantity.
    o.number("range_m", target.range_m, 2)
        .number("azimuth_deg", target.azimuth.map(f64::to_degrees), 4)
        .number("lat", target.geodetic.map(|g| g.lat_deg()), 8)
        .number("lon", target.geodetic.map(|g| g.lon_deg()), 8)
        .number("x_m", target.cartesian_m.map(|p| p[0]), 2)
        .number("y_m", target.cartesian_m.map(|p| p[1]), 2)
        .number("vx", target.velocity.map(|v| v[0]), 3)
        .number("vy", target.velocity.map(|v| v[1]), 3)
        .integer("track_number", target.track_number.map(i64::from))
        .string("status", target.status.map(sensor_track_status))
        .integer("amplitude", target.amplitude.map(i64::from))
        .number("length_m", target.length_m.map(f64::from), 0);
    match target.position_cov {
        Some(cov) => o.numbers("pos_cov_m2", &cov, 2),
        None => o.string("pos_cov_m2", None),
    };
    o.string(
        "artificial",
        target.artificial.map(|a| match a {
            Artificial::Simulated => "simulated",
            Artificial::Test => "test",
            Artificial::FieldMonitor => "field-monitor",
        }),
    );
}
