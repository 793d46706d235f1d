//! What stands where: the sensors of a site and the feeds their frames come by, checked and in SI units.
//!
//! `config` makes it from TOML; nothing here reads a file.

use super::{FeedId, SensorId};
use crate::geo::GeodeticHeight;

/// The site: one picture, one local plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Its name, as shown to the officer.
    pub name: String,
    /// Origin of the local plane.
    pub origin: GeodeticHeight,
    /// Sensors; `SensorId` is the index.
    pub sensors: Vec<Sensor>,
    /// Feeds in order of first mention; `FeedId` is the index. Sensors that name the same address share a feed.
    pub feeds: Vec<FeedAddress>,
}

impl Site {
    /// The sensor of that number.
    pub fn sensor(&self, id: SensorId) -> Option<&Sensor> {
        self.sensors.get(usize::from(id.0))
    }

    /// The sensors that share a feed, with their numbers.
    pub fn sensors_on(&self, feed: FeedId) -> impl Iterator<Item = (SensorId, &Sensor)> {
        self.sensors.iter().enumerate().filter(move |(_, s)| s.feed == feed).map(|(i, s)| (SensorId(i as u16), s))
    }
}

/// What a sensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SensorKind {
    /// Plots or tracks from a radar.
    Radar,
    /// AIS receiver.
    Ais,
    /// Bearings from a camera.
    Camera,
    /// Own position of a moving platform.
    Position,
}

impl SensorKind {
    /// The word for it in configurations.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Radar => "radar",
            Self::Ais => "ais",
            Self::Camera => "camera",
            Self::Position => "position",
        }
    }
}

/// How its frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WireFormat {
    /// NMEA 0183 / IEC 61162 sentences, AIS included.
    Nmea,
    /// EUROCONTROL ASTERIX data blocks.
    Asterix,
    /// SAPIENT (BSI Flex 335 v2) messages.
    Sapient,
}

impl WireFormat {
    /// The word for it in configurations.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nmea => "nmea",
            Self::Asterix => "asterix",
            Self::Sapient => "sapient",
        }
    }
}

/// A sensor as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Its name in every line we print.
    pub id: String,
    /// What it is.
    pub kind: SensorKind,
    /// How its frames are written.
    pub format: WireFormat,
    /// Where its frames come from.
    pub feed: FeedId,
    /// Where it stands; `None` for AIS receivers and for platforms that tell their own position.
    pub position: Option<GeodeticHeight>,
    /// ASTERIX system area and identification code, where several sensors share a feed.
    pub sac_sic: Option<(u8, u8)>,
    /// Antenna rotation period, s.
    pub scan_s: Option<f64>,
    /// Standard deviation of range, m.
    pub sigma_range_m: Option<f64>,
    /// Standard deviation of azimuth, radians.
    pub sigma_azimuth: Option<f64>,
    /// The extractor's detection threshold, dB.
    pub min_snr_db: Option<f64>,
    /// SNR of 1 m² at 10 km over the sea, dB: what a reflector showed when the radar was set up.
    pub reflector_snr_db: Option<f64>,
    /// Amplitude item → SNR in dB.
    pub amplitude: Option<AmplitudeScale>,
    /// Camera: field of view, radians.
    pub field_of_view: Option<f64>,
    /// Camera: range to which it can see a small boat, m.
    pub max_range_m: Option<f64>,
    /// NMEA: whether a sentence without a checksum is taken. Default no.
    pub allow_missing_checksum: bool,
}

impl Sensor {
    /// A sensor of which no more is known than a configuration must tell.
    pub fn new(id: impl Into<String>, kind: SensorKind, format: WireFormat, feed: FeedId) -> Self {
        Self {
            id: id.into(),
            kind,
            format,
            feed,
            position: None,
            sac_sic: None,
            scan_s: None,
            sigma_range_m: None,
            sigma_azimuth: None,
            min_snr_db: None,
            reflector_snr_db: None,
            amplitude: None,
            field_of_view: None,
            max_range_m: None,
            allow_missing_checksum: false,
        }
    }
}

/// `snr_db = db_per_count * count + offset_db`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmplitudeScale {
    /// dB a count.
    pub db_per_count: f64,
    /// dB at count 0.
    pub offset_db: f64,
}

/// Where frames come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedAddress {
    /// `udp://HOST:PORT`: a multicast group to join, `0.0.0.0` for any address, or a local address to bind.
    Udp {
        /// Group or local address.
        host: String,
        /// Port.
        port: u16,
    },
    /// `tcp://HOST:PORT`: connect and reconnect.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// `tcp-listen://HOST:PORT`: accept.
    TcpListen {
        /// Local address.
        host: String,
        /// Port.
        port: u16,
    },
    /// `serial://PATH?baud=38400`.
    Serial {
        /// Device.
        path: String,
        /// Bits per second.
        baud: u32,
    },
    /// `file:PATH`, read once from its start.
    File {
        /// Path.
        path: String,
    },
    /// `stdin`.
    Stdin,
}

impl std::fmt::Display for FeedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Udp { host, port } => write!(f, "udp://{}:{port}", InUrl(host)),
            Self::Tcp { host, port } => write!(f, "tcp://{}:{port}", InUrl(host)),
            Self::TcpListen { host, port } => write!(f, "tcp-listen://{}:{port}", InUrl(host)),
            Self::Serial { path, baud } => write!(f, "serial://{path}?baud={baud}"),
            Self::File { path } => write!(f, "file:{path}"),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// A host as it stands in a URL: an IPv6 address in brackets (RFC 3986 §3.2.2).
struct InUrl<'a>(&'a str);

impl std::fmt::Display for InUrl<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}
