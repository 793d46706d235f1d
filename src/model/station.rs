//! Who heard a sentence.

use std::fmt;

/// The longest station name kept. IEC 61162-450 allows 15 characters for a TAG source.
pub const MAX_STATION: usize = 15;

/// Name of the receiver or base station that heard a sentence, as told in its wrapper. Fixed size and compared as one word.
/// A name longer than the standard allows is cut: two stations that only differ beyond are then taken for one, as on a feed
/// that tells no stations.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Station {
    bytes: [u8; MAX_STATION],
    len: u8,
}

impl Station {
    /// From its name; `None` where that is empty or holds what is not printable ASCII.
    pub fn new(name: &[u8]) -> Option<Self> {
        if name.is_empty() || !name.iter().all(|b| (0x20..0x7f).contains(b)) {
            return None;
        }
        let mut bytes = [0; MAX_STATION];
        for (to, from) in bytes.iter_mut().zip(name) {
            *to = *from;
        }
        Some(Self { bytes, len: name.len().min(MAX_STATION) as u8 })
    }

    /// Its name.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Its name; always ASCII.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}
