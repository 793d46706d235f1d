//! Vessels far beyond the site: AIS heard from another sea, by a relayed feed, by ducting, or by a false position.
//!
//! The site's plane means nothing there, no radar sees there, and nothing there can be confused with a craft here, so their tracks
//! are what they last told. Fixed bounds: the one that has been silent longest gives way.

use std::collections::BTreeMap;

use super::interval::reporting_interval_s;
use crate::geo::{Geodetic, distance_m};
use crate::model::SensorId;
use crate::model::{
    AisDetail, AisPosition, AisState, CraftClass, Mmsi, Modes, Names, Origin, Report, Sensing, SensorSet, Timestamp, Track,
    TrackId, TrackStatus,
};

/// Beyond this distance from the site's origin a vessel is far, m. The plane is a few metres wrong there, and no shore radar sees
/// half as far.
const FAR_M: f64 = 150_000.0;
/// Most far vessels kept: more than a national feed has in sight at once.
const MOST: usize = 20_000;
/// Standard deviation of a position by satellite navigation that says no more of itself, m (ITU-R M.1371-5: accuracy flag 0 is
/// "low, > 10 m").
const SIGMA_M: f64 = 15.0;
/// Standard deviation of a told speed, m/s: half a knot.
const SIGMA_MPS: f64 = 0.26;

#[derive(Clone, Copy, Debug)]
struct FarCraft {
    id: TrackId,
    born: Timestamp,
    t: Timestamp,
    heard: Timestamp,
    position: Geodetic,
    velocity: [f64; 2],
    class: CraftClass,
    sensors: SensorSet,
    born_at: Geodetic,
    interval_s: f64,
}

/// Tracks of far vessels, by MMSI.
#[derive(Debug, Default)]
pub(super) struct FarCrafts {
    crafts: BTreeMap<Mmsi, FarCraft>,
    looked_at: Option<Timestamp>,
}

/// A ship at anchor reports every 3 min (ITU-R M.1371-5 table 1); its track is kept for two of these.
const SILENT_S: f64 = 360.0;
/// How often silence is looked for, s: a far track may outlive its time by so much.
const LOOK_EVERY_S: f64 = 10.0;

impl FarCrafts {
    /// Whether a place is far from the site.
    pub fn is_far(origin: Geodetic, place: Geodetic) -> bool {
        // A degree of latitude is 110.5 km or more: what is far is mostly told by a subtraction. One of longitude may be any length, or a whole
        // turn.
        (place.lat - origin.lat).abs().to_degrees() > 1.36 || distance_m(origin, place) > FAR_M
    }

    /// Takes a report from `position`, and tells of its vessel; and of the one that has to give way, if one has.
    pub fn take(
        &mut self,
        report: &Report,
        said: &AisPosition,
        position: Geodetic,
        new_id: impl FnOnce() -> TrackId,
        out: &mut Vec<Track>,
    ) {
        let (s, c) = said.cog.unwrap_or(0.0).sin_cos();
        let sog = said.sog.unwrap_or(0.0);
        if self.crafts.len() >= MOST && !self.crafts.contains_key(&said.mmsi) {
            let oldest = self.crafts.iter().min_by_key(|(mmsi, craft)| (craft.heard, **mmsi)).map(|(mmsi, _)| *mmsi);
            if let Some((mmsi, gone)) = oldest.and_then(|mmsi| self.crafts.remove_entry(&mmsi)) {
                out.push(gone.line(mmsi, TrackStatus::Deleted, report.received_at));
            }
        }
        let craft = self.crafts.entry(said.mmsi).or_insert_with(|| FarCraft {
            id: new_id(),
            born: report.t,
            t: report.t,
            heard: report.received_at,
            position,
            velocity: [0.0; 2],
            class: said.class.into(),
            sensors: SensorSet::default(),
            born_at: position,
            interval_s: 0.0,
        });
        craft.t = report.t;
        craft.heard = report.received_at;
        craft.position = position;
        craft.velocity = [sog * s, sog * c];
        craft.interval_s = reporting_interval_s(said);
        craft.class = said.class.into();
        craft.sensors.touch(report.sensor, report.t);
        out.push(craft.line(said.mmsi, TrackStatus::Confirmed, report.received_at));
    }

    /// Notes that another receiver has heard a vessel.
    pub fn also_heard(&mut self, mmsi: Mmsi, sensor: SensorId, t: Timestamp) {
        if let Some(craft) = self.crafts.get_mut(&mmsi) {
            craft.sensors.touch(sensor, t);
        }
    }

    /// Drops those that have been silent for too long.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Track>) {
        if self.looked_at.is_some_and(|last| now.seconds_since(last) < LOOK_EVERY_S) {
            return;
        }
        self.looked_at = Some(now);
        self.crafts.retain(|mmsi, craft| {
            let keep = now.seconds_since(craft.heard) < SILENT_S;
            if !keep {
                out.push(craft.line(*mmsi, TrackStatus::Deleted, now));
            }
            keep
        });
    }

    /// Every far track.
    pub fn tracks(&self, now: Timestamp) -> impl Iterator<Item = Track> + '_ {
        self.crafts.iter().map(move |(mmsi, craft)| craft.line(*mmsi, TrackStatus::Confirmed, now))
    }
}

impl FarCraft {
    fn line(&self, mmsi: Mmsi, status: TrackStatus, t_out: Timestamp) -> Track {
        let sog = self.velocity[0].hypot(self.velocity[1]);
        Track {
            id: self.id,
            status,
            t: self.t,
            t_out,
            born: self.born,
            position: self.position,
            velocity: self.velocity,
            position_cov: [SIGMA_M * SIGMA_M, 0.0, SIGMA_M * SIGMA_M],
            velocity_cov: [SIGMA_MPS * SIGMA_MPS, 0.0, SIGMA_MPS * SIGMA_MPS],
            sog_lcb90: (sog - 1.2816 * SIGMA_MPS).max(0.0),
            // A position that is told is no proof, but nothing here can test it.
            p_exist: 0.99,
            p_fast: 0.0,
            hit_ratio: 0.0,
            mmsi: Some(mmsi),
            ais: AisState::Ok,
            ais_expected: None,
            class: self.class,
            sensors: self.sensors,
            modes: Modes::default(),
            sensing: Sensing { p_clutter: 0.01, ..Sensing::default() },
            ais_detail: AisDetail {
                silent_s: Some(t_out.seconds_since(self.heard).max(0.0)),
                interval_s: Some(self.interval_s),
                offset: None,
                names: Names::of_claims([(mmsi, 0.99)]),
            },
            origin: Origin { position: self.born_at, speed: None, link: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuse::{FuseSettings, Fuser};
    use crate::geo::GeodeticHeight;
    use crate::model::{ReportKind, SensorId, Site};

    fn report(mmsi: u32, at: Timestamp, lat: f64, lon: f64) -> Report {
        let position = Geodetic::from_degrees(lat, lon);
        let said = AisPosition { sog: Some(5.0), cog: Some(0.0), ..AisPosition::of(Mmsi(mmsi), position) };
        Report { sensor: SensorId(0), t: at, received_at: at, transmission: None, kind: ReportKind::AisPosition(said) }
    }

    #[test]
    fn a_ship_on_the_other_side_of_the_earth_is_where_it_says_and_ends_when_it_is_silent() {
        let origin = GeodeticHeight::from_degrees(22.55, 114.72, 0.0);
        let site = Site { name: "bay".into(), origin, sensors: Vec::new(), feeds: Vec::new() };
        let mut fuser = Fuser::new(&site, FuseSettings::default());
        let begin = Timestamp::from_secs(1_773_504_000);
        let mut out = Vec::new();
        for (i, (lat, lon)) in [(55.7, 11.2), (-22.5, -65.0), (22.55, 114.8)].into_iter().enumerate() {
            fuser.apply(begin, &[report(219_000_001 + i as u32, begin, lat, lon)], &mut out);
        }
        let places: Vec<_> = out.iter().map(|t| (t.position.lat_deg(), t.position.lon_deg())).collect();
        assert!((places[0].0 - 55.7).abs() < 1e-9 && (places[1].1 + 65.0).abs() < 1e-9, "{places:?}");
        let tracks = fuser.tracks();
        assert_eq!(tracks.len(), 3);
        assert!(tracks.is_sorted_by_key(|t| t.id));
        out.clear();
        fuser.advance(begin.plus_seconds(SILENT_S + LOOK_EVERY_S), &mut out);
        let ended: Vec<_> = out.iter().filter(|t| t.status == TrackStatus::Deleted).map(|t| t.mmsi).collect();
        assert!(ended.contains(&Some(Mmsi(219_000_001))) && ended.contains(&Some(Mmsi(219_000_002))));
    }

    #[test]
    fn far_is_as_far_everywhere() {
        for (lat, lon) in [(22.55, 114.72), (64.0, 10.0), (-75.0, 0.0), (60.0, 179.9), (1.0, -179.9)] {
            let origin = Geodetic::from_degrees(lat, lon);
            let plane = crate::geo::LocalPlane::new(origin.at_height(0.0));
            for k in 0..16 {
                let (s, c) = (f64::from(k) * std::f64::consts::TAU / 16.0).sin_cos();
                let is_far = |m: f64| FarCrafts::is_far(origin, plane.geodetic(m * s, m * c));
                assert!(!is_far(0.99 * FAR_M) && is_far(1.02 * FAR_M), "{lat} {lon}, course {k}/16");
            }
        }
    }

    #[test]
    fn there_is_a_most() {
        let mut far = FarCrafts::default();
        let begin = Timestamp::from_secs(1_773_504_000);
        let mut out = Vec::new();
        for i in 0..MOST as u32 + 5 {
            let r = report(200_000_000 + i, begin.plus_seconds(f64::from(i) * 1e-3), 55.0, 11.0);
            let ReportKind::AisPosition(said) = &r.kind else { unreachable!() };
            far.take(&r, said, said.position.unwrap(), || TrackId(u64::from(i)), &mut out);
        }
        assert_eq!(far.crafts.len(), MOST);
        assert!(!far.crafts.contains_key(&Mmsi(200_000_004)) && far.crafts.contains_key(&Mmsi(200_000_005)));
        // Who gives way is told as gone.
        let gone: Vec<u64> = out.iter().filter(|t| t.status == TrackStatus::Deleted).map(|t| t.id.0).collect();
        assert_eq!((gone, out.len()), (vec![0, 1, 2, 3, 4], MOST + 10));
    }
}
