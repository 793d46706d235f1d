//! The scenarios by name, and what is written beside their bytes: the site's configuration and the truth.

use super::night::{AIS_ID, SimFeed, TruthRow, radars};
use super::places::ORIGIN;
use super::radar::RadarSpec;
use super::radar_encode::COUNTS_PER_DB;

/// A scenario as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScenarioSummary {
    /// Its name on the command line.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
}

/// All scenarios.
pub const SCENARIOS: &[ScenarioSummary] = &[ScenarioSummary {
    name: "daya-bay-night",
    what: "two radars and AIS over Daya Bay: merchant lane, ferries, fishing fleet, two fast boats without AIS running in",
}];

/// The site's configuration for the scenario's bytes arriving at `feeds` (in the order of [`super::FEEDS`]). It tells what an
/// installer would know: not the radars' biases.
pub fn site_toml(feeds: &[SimFeed; 3]) -> String {
    let mut out = site_lines();
    for (radar, feed) in radars().iter().zip(feeds) {
        out += &radar_lines(radar, feed);
    }
    let [_, _, ais] = feeds;
    out += &ais_lines(AIS_ID, ais);
    out
}

/// The site's own table.
pub(super) fn site_lines() -> String {
    format!(
        "# Simulated: no radar or ship of this site exists.\n\n\
         [site]\nname   = \"Daya Bay (simulated)\"\norigin = {{ lat = {}, lon = {} }}\n",
        ORIGIN.0, ORIGIN.1
    )
}

/// A radar's table.
pub(super) fn radar_lines(radar: &RadarSpec, feed: &SimFeed) -> String {
    let mut out = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        out += &text.to_string();
        out.push('\n');
    };
    let at = radar.position;
    line(format_args!("\n[[sensor]]\nid       = \"{}\"\nkind     = \"radar\"\nformat   = \"asterix\"", radar.id));
    line(format_args!("feed     = \"udp://{}:{}\"", feed.host, feed.port));
    line(format_args!(
        "position = {{ lat = {:.4}, lon = {:.4}, height_m = {:.1} }}",
        at.ground().lat_deg(),
        at.ground().lon_deg(),
        at.height_m
    ));
    line(format_args!("sac = {}\nsic = {}", radar.sac_sic.0, radar.sac_sic.1));
    line(format_args!("scan_s            = {:.1}", radar.scan_s));
    line(format_args!("sigma_range_m     = {:.1}", radar.sigma_range_m));
    line(format_args!("sigma_azimuth_deg = {:.2}", radar.sigma_azimuth_deg));
    line(format_args!("min_snr_db        = 10.0"));
    if let Some(db) = radar.told_snr_1m2_db {
        line(format_args!("reflector_snr_db   = {db:.1}"));
    }
    line(format_args!("amplitude         = {{ db_per_count = {}, offset_db = 0.0 }}", 1.0 / COUNTS_PER_DB));
    out
}

/// An AIS station's table.
pub(super) fn ais_lines(id: &str, feed: &SimFeed) -> String {
    format!(
        "\n[[sensor]]\nid     = \"{id}\"\nkind   = \"ais\"\nformat = \"nmea\"\nfeed   = \"udp://{}:{}\"\n",
        feed.host, feed.port
    )
}

/// First line of the truth file.
pub fn truth_csv_header() -> &'static str {
    "t,id,class,mmsi,lat,lon,vx,vy"
}

/// A line of the truth file: Unix seconds, number, class, MMSI or nothing, degrees, m/s east and north.
pub fn truth_csv_line(row: &TruthRow) -> String {
    let millis = row.t.nanos().div_euclid(1_000_000);
    let mmsi = row.mmsi.map(|m| m.to_string()).unwrap_or_default();
    format!(
        "{}.{:03},{},{},{mmsi},{:.7},{:.7},{:.3},{:.3}",
        millis.div_euclid(1000),
        millis.rem_euclid(1000),
        row.id,
        row.kind.word(),
        row.position.lat_deg(),
        row.position.lon_deg(),
        row.velocity[0],
        row.velocity[1]
    )
}
