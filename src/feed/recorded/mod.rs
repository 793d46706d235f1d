//! What `replay` reads: recorded network traffic and text logs of sentences → frames in order of time.

mod log;
mod merge;
mod route;
mod told;

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use log::{LogClock, LogCounts, LogFrames};
pub use merge::merge;
pub use route::{PcapFrames, RouteCounts};

use super::pcap::{PcapError, PcapReader, unpacked};
use crate::model::{FeedId, SensorId, Site, Timestamp, WireFormat};

/// A frame that was received once and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFrame {
    /// The feed it belongs to in the site that replays.
    pub feed: FeedId,
    /// When it was received then.
    pub received_at: Timestamp,
    /// What was received.
    pub bytes: Vec<u8>,
}

/// Why a recording cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// A capture of network traffic.
    #[error(transparent)]
    Pcap(#[from] PcapError),
    /// The file cannot be opened.
    #[error("{}: cannot open: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading a log failed.
    #[error("{}: after line {line}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Lines read before.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// A log of sentences names no receiver, and the site has none or several to choose from.
    #[error("{}: a text log does not say which sensor wrote it: name one with --sensor ({choices})", path.display())]
    WhichSensor {
        /// The file.
        path: PathBuf,
        /// Sensors of the site that write sentences.
        choices: String,
    },
    /// The sensor named for a log does not write sentences.
    #[error("{}: sensor {sensor} does not write NMEA sentences", path.display())]
    WrongSensor {
        /// The file.
        path: PathBuf,
        /// Its name.
        sensor: String,
    },
}

/// A recording that is not one of our own captures.
pub enum Recorded {
    /// `.pcap` or `.pcapng`.
    Pcap(Box<PcapFrames>),
    /// Text log.
    Log(Box<LogFrames>),
}

impl Recorded {
    /// Opens a recording; what it is, and whether it is gzipped, is told by its first bytes. `sensor` is the one that wrote it,
    /// for text logs; it may be left out where the site has only one that writes sentences.
    pub fn open(path: impl AsRef<Path>, site: &Site, sensor: Option<SensorId>) -> Result<Self, RecordedError> {
        let path = path.as_ref();
        let fail = |source| RecordedError::Open { path: path.to_owned(), source };
        let mut reader = unpacked(File::open(path).map_err(fail)?).map_err(fail)?;
        let mut head = Vec::new();
        reader.by_ref().take(4).read_to_end(&mut head).map_err(fail)?;
        let is_capture = is_capture(&head);
        let reader = io::Cursor::new(head).chain(reader);
        if is_capture {
            let frames = PcapFrames::new(PcapReader::from_reader(path, reader)?, path, site);
            return Ok(Self::Pcap(Box::new(frames)));
        }
        let feed = writer(path, site, sensor)?;
        let allow_missing_checksum = site.sensors_on(feed).any(|(_, s)| s.allow_missing_checksum);
        Ok(Self::Log(Box::new(LogFrames::new(reader, path, feed, allow_missing_checksum))))
    }

    /// What a user should know of it, a line each; complete once it is read to the end.
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::Pcap(frames) => frames.notes(),
            Self::Log(frames) => frames.notes(),
        }
    }
}

impl Iterator for Recorded {
    type Item = Result<RecordedFrame, RecordedError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Pcap(frames) => frames.next(),
            Self::Log(frames) => frames.next(),
        }
    }
}

/// The feed of the sensor that wrote a text log.
fn writer(path: &Path, site: &Site, sensor: Option<SensorId>) -> Result<FeedId, RecordedError> {
    let path = || path.to_owned();
    let writes_sentences = |s: &&crate::model::Sensor| s.format == WireFormat::Nmea;
    if let Some(id) = sensor {
        return match site.sensor(id) {
            Some(s) if writes_sentences(&s) => Ok(s.feed),
            Some(s) => Err(RecordedError::WrongSensor { path: path(), sensor: s.id.clone() }),
            None => Err(RecordedError::WrongSensor { path: path(), sensor: format!("number {}", id.0) }),
        };
    }
    let choices: Vec<_> = site.sensors.iter().filter(writes_sentences).collect();
    match choices.as_slice() {
        [only] => Ok(only.feed),
        [] => Err(RecordedError::WhichSensor { path: path(), choices: "the site has none that writes sentences".to_owned() }),
        several => {
            let names: Vec<&str> = several.iter().map(|s| s.id.as_str()).collect();
            Err(RecordedError::WhichSensor { path: path(), choices: format!("one of {}", names.join(", ")) })
        }
    }
}

/// Whether a file that begins with `head` is a capture of network traffic (either kind and byte order).
pub(crate) fn is_capture(head: &[u8]) -> bool {
    const MAGICS: [u32; 4] = [0x0A0D_0D0A, 0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34];
    let Ok(head) = <[u8; 4]>::try_from(head) else { return false };
    MAGICS.contains(&u32::from_le_bytes(head)) || MAGICS.contains(&u32::from_be_bytes(head))
}
