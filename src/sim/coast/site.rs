//! The site's configuration for a scenario: what an installer would know of it, not the radars' errors.

use super::super::night::SimFeed;
use super::super::radar::RadarSpec;
use super::super::scenario::{ais_lines, radar_lines, site_lines};

/// The id of the AIS station.
pub const AIS_ID: &str = "ais-daxingshan";

/// `site.toml` for radars and the AIS station, whose feed is the last.
pub fn site_toml(radars: &[RadarSpec], feeds: &[SimFeed]) -> String {
    // Shore, landing places, grounds, corridors and no-go zones, as the project ships them for this bay.
    let mut out = String::from("coast = \"builtin:coast/daya_bay.geojson\"\n\n");
    out += &site_lines();
    for (radar, feed) in radars.iter().zip(feeds) {
        out += &radar_lines(radar, feed);
    }
    if let Some(feed) = feeds.last() {
        out += &ais_lines(AIS_ID, feed);
    }
    out += "\n[[zone]]\nfile = \"builtin:zones/daya_bay.geojson\"\n";
    // What a city has licensed by day, and its own boats: without them every excursion is a run.
    out += "\n[[zone]]\nfile        = \"builtin:zones/daya_bay_leisure.geojson\"\nowner       = \"harbour office\"\n\
            approved_by = \"deputy head\"\nreason      = \"licensed excursions and beaches\"\nexpires     = 2027-12-31\n";
    out += "\n[[list]]\nfile = \"builtin:lists/daya_bay_own.toml\"\nkind = \"own\"\n";
    out
}
