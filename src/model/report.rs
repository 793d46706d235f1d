//! What a sensor said, decoded: the only thing that goes from `wire` to `fuse`.

use std::num::NonZeroU64;

use super::{FeedId, Mmsi, SensorId, Station, Timestamp};
use crate::geo::Geodetic;

/// One statement of one sensor about one thing at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Who said it.
    pub sensor: SensorId,
    /// When it was true at sea, by the sensor's own clock where it tells one, else [`received_at`](Self::received_at).
    pub t: Timestamp,
    /// When the frame that holds it reached us.
    pub received_at: Timestamp,
    /// What it was sent in, where the same may reach us by another feed.
    pub transmission: Option<Transmission>,
    /// What was said.
    pub kind: ReportKind,
}

/// Names what was sent once and may be heard more than once: the bits of an AIS message, or a radar's datagram whose records all carry
/// their time. A sum of 64 bits: two of 10 000 that are alive at once agree by chance once in 10¹¹.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Transmission(pub NonZeroU64);

impl Transmission {
    /// From a sum of its bits.
    pub fn new(sum: u64) -> Self {
        Self(NonZeroU64::new(sum).unwrap_or(NonZeroU64::MAX))
    }
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportKind {
    /// A radar detection without identity.
    Plot(Plot),
    /// A track made by the sensor's own tracker. Its errors are correlated in time: never to be used as a plot.
    SensorTrack(SensorTrack),
    /// A position that a vessel told of itself.
    AisPosition(AisPosition),
    /// Name, type and dimensions that a vessel told of itself. Boxed: rare and large.
    AisStatic(Box<AisStatic>),
    /// How and by whom an AIS message was heard, told after its report: a repeat by another station, or its signal level.
    AisReception(AisReception),
    /// A direction without range, of a camera.
    Bearing(Bearing),
    /// Where a sensor that moves (or one that tells its place) is.
    OwnPosition(OwnPosition),
    /// Where a radar's antenna is.
    Antenna(Antenna),
}

/// Where a thing was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// From the sensor: slant range in m, azimuth in radians clockwise from true north at the sensor.
    Polar {
        /// Slant range, m.
        range_m: f64,
        /// Radians clockwise from true north at the sensor.
        azimuth: f64,
    },
    /// On the ellipsoid.
    Geodetic(Geodetic),
}

/// A radar plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    /// Where.
    pub place: Place,
    /// Signal-to-noise ratio in dB, where the sensor's amplitude item and the site's scale give one.
    pub snr_db: Option<f32>,
}

/// State of a track as the sensor that keeps it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensorTrackStatus {
    /// Being acquired; its velocity is not to be believed (ARPA `Q`).
    Acquiring,
    /// Held (ARPA `T`).
    Tracking,
    /// Extrapolated without a fresh plot.
    Coasting,
    /// Lost or ended (ARPA `L`); its velocity is not to be believed.
    Lost,
}

/// A track of a radar's own tracker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensorTrack {
    /// The sensor's number for it; numbers are used again after a loss.
    pub number: u32,
    /// Counts the lives of a number, so that (number, life) is unique within a sensor.
    pub life: u32,
    /// Where.
    pub place: Place,
    /// Velocity east and north in m/s, only where it is to be believed.
    pub velocity: Option<[f64; 2]>,
    /// What the sensor says of it.
    pub status: SensorTrackStatus,
    /// Position covariance in m² (east, cross, north), where the sensor gives one.
    pub position_cov: Option<[f64; 3]>,
    /// Length in m, where given.
    pub length_m: Option<f32>,
}

/// AIS class of the transmitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AisClass {
    /// Class A ship station.
    A,
    /// Class B ship station.
    B,
    /// Base station.
    Base,
    /// Search-and-rescue aircraft.
    SarAircraft,
    /// Aid to navigation.
    AidToNavigation,
}

/// Marks on a report that is legal but hard to believe. Flags, never a reason to drop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plausibility(pub u8);

impl Plausibility {
    /// Jump from the last position of this MMSI that no craft can make.
    pub const JUMP: Self = Self(1);
    /// The number is not one that ITU-R M.585 gives to such a station.
    pub const MMSI: Self = Self(2);
    /// Speed over ground beyond what such a station does.
    pub const SPEED: Self = Self(4);
    /// Position on land or otherwise impossible, as 0°N 0°E.
    pub const POSITION: Self = Self(8);

    /// Adds a mark.
    pub fn mark(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether all of `other`'s marks are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Position report of a vessel (AIS types 1, 2, 3, 4, 9, 11, 18, 19, 21, 27).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AisPosition {
    /// Who says so. Not proof.
    pub mmsi: Mmsi,
    /// What kind of station.
    pub class: AisClass,
    /// Message type, 1–27.
    pub message_type: u8,
    /// Where; `None` when not available or out of range.
    pub position: Option<Geodetic>,
    /// Position as sent, in 1/10 000 minute (1/10 minute for type 27): longitude, latitude.
    pub raw_position: [i32; 2],
    /// Position accuracy better than 10 m, as the vessel says.
    pub accurate: bool,
    /// Speed over ground, m/s.
    pub sog: Option<f64>,
    /// Course over ground, radians clockwise from true north.
    pub cog: Option<f64>,
    /// Heading, radians clockwise from true north.
    pub heading: Option<f64>,
    /// Rate of turn, radians per second, positive to starboard.
    pub rot: Option<f64>,
    /// Navigational status 0–15 (class A).
    pub nav_status: Option<u8>,
    /// UTC second 0–59 of the position fix.
    pub utc_second: Option<u8>,
    /// The base station that heard it, where told.
    pub station: Option<Station>,
    /// Marks.
    pub plausibility: Plausibility,
}

/// Static data of a vessel (AIS types 5, 19, 21, 24).
#[derive(Clone, Debug, PartialEq)]
pub struct AisStatic {
    /// Who says so.
    pub mmsi: Mmsi,
    /// What kind of station.
    pub class: AisClass,
    /// Message type.
    pub message_type: u8,
    /// Name, trimmed.
    pub name: Option<String>,
    /// Radio call sign.
    pub callsign: Option<String>,
    /// IMO number.
    pub imo: Option<u32>,
    /// Ship and cargo type 1–99.
    pub ship_type: Option<u8>,
    /// Distances in m from the antenna to bow, stern, port side, starboard side.
    pub dimensions: Option<[u16; 4]>,
    /// Draught in m.
    pub draught_m: Option<f32>,
    /// Destination, trimmed.
    pub destination: Option<String>,
    /// Estimated time of arrival as sent: month, day, hour, minute; it carries no year.
    pub eta: Option<[u8; 4]>,
}

/// One hearing of an AIS message that has been reported already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AisReception {
    /// Who sent the message.
    pub mmsi: Mmsi,
    /// Its type.
    pub message_type: u8,
    /// Whether this is another hearing than the one reported.
    pub repeat: bool,
    /// The base station, where told.
    pub station: Option<Station>,
    /// Slot 0–2249 in which it was heard.
    pub slot: Option<u16>,
    /// Level, dBm.
    pub signal_dbm: Option<f32>,
    /// Signal-to-noise ratio, dB.
    pub snr_db: Option<f32>,
}

/// A direction in which a camera saw something.
#[derive(Clone, Debug, PartialEq)]
pub struct Bearing {
    /// Radians clockwise from true north at the sensor.
    pub azimuth: f64,
    /// Standard deviation in radians, where told.
    pub sigma_azimuth: Option<f64>,
    /// The camera's own name for the object.
    pub object: Option<String>,
    /// What the camera takes it for, with its confidence 0–1.
    pub class: Option<(String, f32)>,
}

/// Where a sensor is, as it says itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnPosition {
    /// Where.
    pub position: Geodetic,
    /// Speed over ground in m/s and course in radians, where told.
    pub velocity: Option<[f64; 2]>,
    /// True heading, radians.
    pub heading: Option<f64>,
}

/// Rotation of a radar's antenna.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Antenna {
    /// Azimuth the antenna passes, radians.
    pub azimuth: f64,
    /// Whether this is the passage through north.
    pub north: bool,
    /// Rotation period in s, where told.
    pub period_s: Option<f32>,
}

/// A frame: the bytes of one datagram, one line or one length-prefixed message, as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Where it came from.
    pub feed: FeedId,
    /// When it reached us.
    pub received_at: Timestamp,
    /// What was in it.
    pub bytes: &'a [u8],
}

impl AisStatic {
    /// What `mmsi` says that tells nothing of itself yet.
    pub fn blank(mmsi: Mmsi, class: AisClass, message_type: u8) -> Self {
        Self {
            mmsi,
            class,
            message_type,
            name: None,
            callsign: None,
            imo: None,
            ship_type: None,
            dimensions: None,
            draught_m: None,
            destination: None,
            eta: None,
        }
    }
}

#[cfg(test)]
impl AisPosition {
    /// A class A report that tells a place and nothing else, for tests to change.
    pub(crate) fn of(mmsi: Mmsi, position: Geodetic) -> Self {
        Self {
            mmsi,
            class: AisClass::A,
            message_type: 1,
            position: Some(position),
            raw_position: [0; 2],
            accurate: false,
            sog: None,
            cog: None,
            heading: None,
            rot: None,
            nav_status: None,
            utc_second: None,
            station: None,
            plausibility: Plausibility::default(),
        }
    }
}
