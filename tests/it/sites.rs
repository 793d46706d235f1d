//! Sensors of test sites as the TOML an operator would write: one shore radar's errors and amplitude scale, whatever it is called.

/// Latitude and longitude in degrees, height in m.
pub type Place = (f64, f64, f64);

/// Daxingshan, the eastern radar of the simulated night.
pub const DAXINGSHAN: Place = (22.55, 114.886, 110.0);

/// A radar that turns in 2.5 s: σ 10 m and 0.27°, a threshold of 10 dB.
pub fn radar(id: &str, feed: &str, at: Place) -> String {
    radar_with(id, feed, at, (10.0, 0.27), "")
}

/// The same with its standard deviations of range (m) and azimuth (degrees), and more keys.
pub fn radar_with(id: &str, feed: &str, (lat, lon, height_m): Place, sigmas: (f64, f64), more: &str) -> String {
    let (range_m, azimuth_deg) = sigmas;
    format!(
        r#"
[[sensor]]
id = "{id}"
kind = "radar"
format = "asterix"
feed = "{feed}"
position = {{ lat = {lat}, lon = {lon}, height_m = {height_m:?} }}
scan_s = 2.5
sigma_range_m = {range_m:?}
sigma_azimuth_deg = {azimuth_deg}
min_snr_db = 10.0
amplitude = {{ db_per_count = 0.2, offset_db = 0.0 }}
{more}
"#
    )
}

/// An AIS receiver.
pub fn ais(id: &str, feed: &str) -> String {
    format!("\n[[sensor]]\nid = \"{id}\"\nkind = \"ais\"\nformat = \"nmea\"\nfeed = \"{feed}\"\n")
}
