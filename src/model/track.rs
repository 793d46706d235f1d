//! Tracks as the rest of the house sees them: what `fuse` believes, with its doubt beside it.

use super::units::{course_deg, mps_to_knots};
use super::{AisClass, AisDetail, Mmsi, Modes, Origin, Sensing, SensorId, SensorKind, Site, Timestamp, TrackId};
use crate::geo::{Geodetic, distance_m};

/// Life of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrackStatus {
    /// May be clutter.
    Tentative,
    /// Taken for a craft.
    Confirmed,
    /// Taken for a craft, without a fresh detection.
    Coasting,
    /// Dropped; this is its last line.
    Deleted,
}

impl TrackStatus {
    /// The word for it in lines and rules.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tentative => "tentative",
            Self::Confirmed => "confirmed",
            Self::Coasting => "coasting",
            Self::Deleted => "deleted",
        }
    }
}

/// What AIS says about a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AisState {
    /// Reports come and agree with what is seen.
    Ok,
    /// None was ever received from it.
    None,
    /// They came and stopped.
    Lost,
    /// They come and tell of another place than the radar.
    Inconsistent,
    /// More than one MMSI claims it.
    Ambiguous,
}

impl AisState {
    /// The word for it in lines and rules.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::None => "none",
            Self::Lost => "lost",
            Self::Inconsistent => "inconsistent",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// What the craft is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CraftClass {
    /// Nothing is known.
    #[default]
    Unknown,
    /// Class A ship.
    Ship,
    /// Class B craft.
    SmallCraft,
    /// Aid to navigation or base station: it does not move.
    Fixed,
    /// Aircraft on search and rescue.
    Aircraft,
}

impl CraftClass {
    /// The word for it in lines and rules.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ship => "ship",
            Self::SmallCraft => "small-craft",
            Self::Fixed => "fixed",
            Self::Aircraft => "aircraft",
        }
    }
}

impl From<AisClass> for CraftClass {
    fn from(class: AisClass) -> Self {
        match class {
            AisClass::A => Self::Ship,
            AisClass::B => Self::SmallCraft,
            AisClass::Base | AisClass::AidToNavigation => Self::Fixed,
            AisClass::SarAircraft => Self::Aircraft,
        }
    }
}

/// The most sensors that one track lists; the oldest give way.
pub const MAX_TRACK_SENSORS: usize = 8;

/// Sensors that feed a track, with the time of the last contribution of each. Sorted by sensor; fixed size, so that a track
/// holds no heap memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SensorSet {
    entries: [(SensorId, Timestamp); MAX_TRACK_SENSORS],
    len: u8,
}

impl SensorSet {
    /// Notes that `sensor` contributed at `t`.
    pub fn touch(&mut self, sensor: SensorId, t: Timestamp) {
        let n = usize::from(self.len);
        if let Some(e) = self.entries.iter_mut().take(n).find(|e| e.0 == sensor) {
            e.1 = e.1.max(t);
            return;
        }
        if n < MAX_TRACK_SENSORS {
            self.entries[n] = (sensor, t);
            self.len += 1;
        } else if let Some(e) = self.entries.iter_mut().min_by_key(|e| e.1) {
            *e = (sensor, t);
        }
        self.entries[..usize::from(self.len)].sort_unstable_by_key(|e| e.0);
    }

    /// Forgets sensors that have not contributed since `t`.
    pub fn forget_before(&mut self, t: Timestamp) {
        let mut kept = 0;
        for i in 0..usize::from(self.len) {
            if self.entries[i].1 >= t {
                self.entries[kept] = self.entries[i];
                kept += 1;
            }
        }
        self.len = kept as u8;
    }

    /// Sensors in order of their number, with the time of their last contribution.
    pub fn iter(&self) -> impl Iterator<Item = (SensorId, Timestamp)> + '_ {
        self.entries.iter().take(usize::from(self.len)).copied()
    }

    /// How many.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Antennas nearer to each other than this see with the same eyes, m: a radar station's fence.
const SAME_MAST_M: f64 = 100.0;

/// What is believed of one craft at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// Our number for it.
    pub id: TrackId,
    /// Where it is in its life.
    pub status: TrackStatus,
    /// The time of the state below.
    pub t: Timestamp,
    /// The newest `received_at` the engine had taken when it said this.
    pub t_out: Timestamp,
    /// When it was first seen.
    pub born: Timestamp,
    /// Where.
    pub position: Geodetic,
    /// Velocity east and north, m/s.
    pub velocity: [f64; 2],
    /// Position covariance, m²: east-east, east-north, north-north.
    pub position_cov: [f64; 3],
    /// Velocity covariance, (m/s)²: east-east, east-north, north-north.
    pub velocity_cov: [f64; 3],
    /// Lower bound of the speed that holds with 90 % of the posterior, m/s.
    pub sog_lcb90: f64,
    /// Probability that there is a craft at all.
    pub p_exist: f64,
    /// Probability that it is faster than the site's limit (default 25 kn).
    pub p_fast: f64,
    /// Share of the radar looks of the last minute that saw it, 0–1.
    pub hit_ratio: f64,
    /// Who it says it is.
    pub mmsi: Option<Mmsi>,
    /// What AIS says.
    pub ais: AisState,
    /// Probability that an AIS report would have been received in the last minute if it carried one, where known.
    pub ais_expected: Option<f64>,
    /// What it is taken for.
    pub class: CraftClass,
    /// Who sees it.
    pub sensors: SensorSet,
    /// How it moves.
    pub modes: Modes,
    /// How well it is seen.
    pub sensing: Sensing,
    /// What is known of its AIS.
    pub ais_detail: AisDetail,
    /// Where it came from.
    pub origin: Origin,
}

impl Track {
    /// Speed over ground of the mean velocity, m/s.
    pub fn sog(&self) -> f64 {
        self.velocity[0].hypot(self.velocity[1])
    }

    /// The same in knots.
    pub fn sog_kn(&self) -> f64 {
        mps_to_knots(self.sog())
    }

    /// Lower bound of the speed that holds with 90 % of the posterior, knots.
    pub fn sog_lcb90_kn(&self) -> f64 {
        mps_to_knots(self.sog_lcb90)
    }

    /// Places from which radars have seen it within the last `within_s` seconds before `t_out`: two radars of one mast are one.
    pub fn radar_sites(&self, site: &Site, within_s: f64) -> usize {
        let since = self.t_out.plus_seconds(-within_s);
        let mut places = [None; MAX_TRACK_SENSORS];
        let mut n = 0;
        for (id, t) in self.sensors.iter() {
            let Some(sensor) = site.sensor(id).filter(|s| s.kind == SensorKind::Radar && t >= since) else { continue };
            // A radar that tells its own place moves: it is a place of its own.
            let place = sensor.position.map(|p| p.ground());
            let known = place.is_some_and(|p| places.iter().take(n).flatten().any(|q| distance_m(p, *q) < SAME_MAST_M));
            if !known && n < places.len() {
                places[n] = place;
                n += 1;
            }
        }
        n
    }

    /// Time since any radar saw it, s; `None` where none of its sensors is a radar.
    pub fn radar_age_s(&self, site: &Site) -> Option<f64> {
        let radar = |id| site.sensor(id).is_some_and(|s| s.kind == SensorKind::Radar);
        let last = self.sensors.iter().filter(|(id, _)| radar(*id)).map(|(_, t)| t).max()?;
        Some(self.t_out.seconds_since(last).max(0.0))
    }

    /// Course over ground in degrees [0, 360).
    pub fn cog_deg(&self) -> f64 {
        course_deg(self.velocity[0], self.velocity[1])
    }
}

#[cfg(test)]
impl Track {
    /// A confirmed craft that lies still, known to 10 m and 1 m/s, for tests to change.
    pub(crate) fn still(id: TrackId, t: Timestamp, position: Geodetic) -> Self {
        Self {
            id,
            status: TrackStatus::Confirmed,
            t,
            t_out: t,
            born: t,
            position,
            velocity: [0.0; 2],
            position_cov: [100.0, 0.0, 100.0],
            velocity_cov: [1.0, 0.0, 1.0],
            sog_lcb90: 0.0,
            p_exist: 1.0,
            p_fast: 0.0,
            hit_ratio: 1.0,
            mmsi: None,
            ais: AisState::None,
            ais_expected: None,
            class: CraftClass::Unknown,
            sensors: SensorSet::default(),
            modes: Modes::default(),
            sensing: Sensing::default(),
            ais_detail: AisDetail::default(),
            origin: Origin { position, ..Origin::default() },
        }
    }
}
