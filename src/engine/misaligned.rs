//! What an engineer is told of a sensor that does not see ships where they say they are, or crafts where others see them, or did not.

use crate::fuse::{Gives, RadarErrors, Realigned};

/// What is wrong with a sensor's alignment, if anything: the newest first.
pub fn misaligned(errors: &RadarErrors) -> Option<String> {
    let jump = errors.jump.map(|jump| {
        format!(
            "jumped by {:+.2}° and {:+.0} m, found {}; corrected by AIS ships",
            jump.azimuth.to_degrees(),
            jump.range_m,
            jump.at
        )
    });
    let astray = || {
        let (ships, agree) = errors.astray?;
        Some(format!(
            "sees {agree} of {ships} ships under way where they say they are: its place, north, range or clock is told wrong, and not corrected"
        ))
    };
    jump.or_else(astray).or_else(|| errors.realigned.filter(Realigned::is_grave).map(|r| told_wrong(&r, errors.gives)))
}

fn told_wrong(r: &Realigned, gives: Gives) -> String {
    let [east, north] = r.place;
    let mut wrong = Vec::new();
    let off = east.hypot(north);
    if off >= 1.0 {
        let bearing = (-east).atan2(-north).to_degrees().rem_euclid(360.0);
        wrong.push(format!(
            "stands {off:.0} m from where the site tells, bearing {bearing:03.0}°: lat = {:.5}, lon = {:.5} (another datum, or read off a map?)",
            r.stands.lat_deg(),
            r.stands.lon_deg()
        ));
    }
    if r.azimuth != 0.0 {
        let why = match gives {
            Gives::Bearings => "magnetic north, or a pan whose zero was never set?",
            Gives::Plots | Gives::Tracks => "magnetic north, or a heading line not set?",
        };
        wrong.push(format!("its north is off by {:+.1}° ({why})", r.azimuth.to_degrees()));
    }
    if r.range_m.abs() >= 100.0 {
        wrong.push(format!("its ranges are {:+.0} m wrong", r.range_m));
    }
    if r.clock_s != 0.0 {
        let way = if r.clock_s > 0.0 { "behind what it tells" } else { "ahead of what it tells" };
        wrong.push(format!("its tracks are {:.0} s {way}", r.clock_s.abs()));
    }
    let by = if gives == Gives::Plots { "AIS ships" } else { "crafts that other sensors hold" };
    format!("{}; found {} by {} {by} and corrected since", wrong.join("; "), r.at, r.ships)
}
