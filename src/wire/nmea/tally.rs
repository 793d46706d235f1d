//! Counts and sums over a recording: the work that benches measure, with every value that a picture needs really computed.

use super::reader::{Item, Reader};
use crate::model::Timestamp;
use crate::wire::WireHealth;

/// What a recording holds. The sums are without meaning but for comparing two decoders, and keep a compiler from leaving the
/// decoding out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// AIS messages.
    pub messages: u64,
    /// Of these, with a position.
    pub positions: u64,
    /// Sum of all latitudes, degrees.
    pub lat_sum: f64,
    /// Sum of all longitudes, degrees.
    pub lon_sum: f64,
    /// Sum of all speeds, kn.
    pub sog_sum: f64,
    /// Sum of all courses, degrees.
    pub cog_sum: f64,
    /// Sum of all headings, degrees.
    pub heading_sum: f64,
    /// Sum of all MMSIs.
    pub mmsi_sum: u64,
}

/// Reads all sentences of `recording`: envelope, checksum, parts, unpacking, typed message, values.
pub fn tally(reader: &mut Reader, recording: &[u8], health: &mut WireHealth) -> Tally {
    let mut tally = Tally::default();
    reader.read(recording, Timestamp::MIN, health, |item, _| {
        let Item::Ais(received) = item else { return };
        tally.messages += 1;
        tally.mmsi_sum += u64::from(received.message.mmsi.0);
        let Some(k) = received.message.kinematics() else { return };
        if let (Some(lat), Some(lon)) = (k.position.latitude(), k.position.longitude()) {
            tally.positions += 1;
            tally.lat_sum += lat;
            tally.lon_sum += lon;
        }
        tally.sog_sum += k.sog_kn.unwrap_or(0.0);
        tally.cog_sum += k.cog_deg.unwrap_or(0.0);
        tally.heading_sum += k.heading_deg.unwrap_or(0.0);
    });
    tally
}
