//! What of a site the rules stand on beside its sensors: zones, lists, the shore, the local day.

use std::sync::Arc;

use super::lists::Lists;
use super::zone::Zone;
use crate::geo::Coast;

/// Zones, lists and shore.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounds {
    /// Zones, corridors and lines.
    pub zones: Vec<Zone>,
    /// Watch list, registered boats, own forces.
    pub lists: Lists,
    /// Land and sea.
    pub coast: Option<Arc<Coast>>,
    /// Offset of the local day from UTC, hours; by the longitude where not given.
    pub utc_offset_h: Option<f64>,
}

impl Grounds {
    /// Digest of zones and lists, 16 hexadecimal digits: what an alert was decided by.
    pub fn version(&self) -> String {
        // Their `Debug` form names every key with all its digits.
        digest(&format!("{:?} {:?} {:?}", self.zones, self.lists.entries(), self.utc_offset_h))
    }
}

/// 16 hexadecimal digits of the BLAKE3 hash.
pub(super) fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().as_str().get(..16).unwrap_or_default().to_owned()
}
