//! What an engineer is told of a radar that does not see ships where they say they are, or did not.

use crate::fuse::{RadarErrors, Realigned};

/// What is wrong with a radar's alignment, if anything: the newest first.
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
    jump.or_else(astray).or_else(|| errors.realigned.filter(Realigned::is_grave).map(|r| told_wrong(&r)))
}

fn told_wrong(r: &Realigned) -> String {
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
        wrong.push(format!("its north is off by {:+.1}° (magnetic north, or a heading line not set?)", r.azimuth.to_degrees()));
    }
    if r.range_m.abs() >= 100.0 {
        wrong.push(format!("its ranges are {:+.0} m wrong", r.range_m));
    }
    format!("{}; found {} by {} AIS ships and corrected since", wrong.join("; "), r.at, r.ships)
}
