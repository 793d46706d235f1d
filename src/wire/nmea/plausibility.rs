//! Marks on AIS reports that are legal but hard to believe. Marks only: what to think of them is for the rules.

use super::ais::Kinematics;
use crate::geo::{Coast, Geodetic, distance_m};
use crate::model::units::knots_to_mps;
use crate::model::{AisClass, Mmsi, Plausibility, Timestamp};

/// Sets of [`WAYS`] vessels each; a power of two. 16 384 is ten times the vessels of a busy national feed in an hour.
const SETS: usize = 4096;
const WAYS: usize = 4;

/// What no surface craft does, kn: above the 60–70 kn of the fastest go-fasts.
const MAX_SURFACE_KN: f64 = 80.0;
/// What no search-and-rescue aircraft does, kn: above the 460 kn of a jet.
const MAX_AIRCRAFT_KN: f64 = 500.0;
/// How far two true positions may seem apart without any motion, m: GNSS errors, reference points of long ships, and the
/// 0.1 minute of type 27.
const SLACK_M: f64 = 500.0;
/// How wrong the difference of two times may be, s: the minute is guessed from reception, and stations' clocks differ.
const SLACK_S: f64 = 5.0;
/// Within this of 0°N 0°E, degrees, a receiver without a fix is likelier than a ship.
const NULL_ISLAND_DEG: f64 = 0.01;

/// How far inland a vessel has to be to be marked, m: the survey is good to 0.3 NM, and ports are built on land it does not know.
const INLAND_M: f64 = 556.0;

/// Remembers where each vessel was. Fixed size; the vessel not heard of for the longest gives way in its set.
#[derive(Clone, Debug)]
pub struct PlausibilityCheck {
    coast: Option<&'static Coast>,
    vessels: Box<[[Vessel; WAYS]]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Fix {
    position: Geodetic,
    t: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Vessel {
    mmsi: u32,
    heard: Timestamp,
    /// The last position that is believed.
    believed: Fix,
    /// One that jumped away from it: believed once a second agrees with it.
    doubted: Option<Fix>,
}

impl Default for PlausibilityCheck {
    fn default() -> Self {
        let nobody = Vessel { mmsi: u32::MAX, heard: Timestamp::MIN, believed: Fix::default(), doubted: None };
        Self { coast: Coast::shipped(), vessels: vec![[nobody; WAYS]; SETS].into_boxed_slice() }
    }
}

impl PlausibilityCheck {
    /// The marks of a position report.
    pub fn check(&mut self, mmsi: Mmsi, class: AisClass, k: &Kinematics, t: Timestamp, heard: Timestamp) -> Plausibility {
        let mut marks = Plausibility::default();
        if !mmsi_fits(mmsi, class) {
            marks.mark(Plausibility::MMSI);
        }
        let limit_kn = if class == AisClass::SarAircraft { MAX_AIRCRAFT_KN } else { MAX_SURFACE_KN };
        if k.sog_kn.is_some_and(|v| v > limit_kn) {
            marks.mark(Plausibility::SPEED);
        }
        let Some(position) = k.position.geodetic() else { return marks };
        if position.lat_deg().abs() < NULL_ISLAND_DEG && position.lon_deg().abs() < NULL_ISLAND_DEG {
            // Not remembered: a receiver that loses its fix should not make the next good position a jump.
            marks.mark(Plausibility::POSITION);
            return marks;
        }
        if matches!(class, AisClass::A | AisClass::B) && self.inland(position) {
            marks.mark(Plausibility::POSITION);
        }
        if self.jumps(mmsi, Fix { position, t }, knots_to_mps(limit_kn), heard) {
            marks.mark(Plausibility::JUMP);
        }
        marks
    }

    /// Whether a place lies so far from the sea that no survey's error explains it.
    fn inland(&self, at: Geodetic) -> bool {
        let land = self.coast.filter(|c| c.is_land(at));
        land.and_then(|c| c.nearest_shore(at)).is_some_and(|shore| shore.distance_m > INLAND_M)
    }

    fn jumps(&mut self, mmsi: Mmsi, now: Fix, limit: f64, heard: Timestamp) -> bool {
        // Multiplied by an odd number (2³² over the golden ratio) so that neighbours in a land's numbers spread.
        let set = mmsi.0.wrapping_mul(0x9e37_79b9) >> 20;
        let Some(set) = self.vessels.get_mut(set as usize % SETS) else { return false };
        let reachable = |from: &Fix| {
            let apart = distance_m(from.position, now.position);
            apart <= SLACK_M + limit * (now.t.seconds_since(from.t).abs() + SLACK_S)
        };
        if let Some(vessel) = set.iter_mut().find(|v| v.mmsi == mmsi.0) {
            vessel.heard = heard;
            if reachable(&vessel.believed) || vessel.doubted.as_ref().is_some_and(reachable) {
                (vessel.believed, vessel.doubted) = (now, None);
                return false;
            }
            vessel.doubted = Some(now);
            return true;
        }
        if let Some(oldest) = set.iter_mut().min_by_key(|v| v.heard) {
            *oldest = Vessel { mmsi: mmsi.0, heard, believed: now, doubted: None };
        }
        false
    }

    /// How many vessels it can remember: never more.
    pub fn capacity(&self) -> usize {
        self.vessels.len() * WAYS
    }
}

/// Whether ITU-R M.585-9 gives such a number to such a station.
fn mmsi_fits(mmsi: Mmsi, class: AisClass) -> bool {
    // Maritime identification digits of lands lie from 201 to 775.
    let mid = |digits: u32| (201..=775).contains(&digits);
    let n = mmsi.0;
    if n > 999_999_999 {
        return false;
    }
    let (ship, handheld) = (mid(n / 1_000_000), n / 100_000_000 == 8 && mid(n / 100_000 % 1000));
    let associated = n / 10_000_000 == 98 && mid(n / 10_000 % 1000);
    // Search-and-rescue transmitters, man overboard and EPIRB-AIS, which send position reports of class A (M.585).
    let beacon = matches!(n / 1_000_000, 970 | 972 | 974);
    match class {
        AisClass::A => ship || beacon,
        AisClass::B => ship || handheld || associated,
        AisClass::Base => n / 10_000_000 == 0 && mid(n / 10_000 % 1000),
        AisClass::SarAircraft => n / 1_000_000 == 111 && mid(n / 1000 % 1000),
        AisClass::AidToNavigation => n / 10_000_000 == 99 && mid(n / 10_000 % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ais::units::Position;
    use super::*;

    fn at(lat: f64, lon: f64, sog_kn: Option<f64>) -> Kinematics {
        let raw = |deg: f64| (deg * 600_000.0).round() as i32;
        Kinematics {
            position: Position { lon: raw(lon), lat: raw(lat), per_minute: 10_000 },
            accurate: false,
            sog_kn,
            cog_deg: None,
            heading_deg: None,
            rot: None,
            nav_status: None,
            second: None,
        }
    }

    fn secs(s: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000 + s)
    }

    #[test]
    fn a_jump_is_marked_and_the_way_back_is_not() {
        let mut check = PlausibilityCheck::default();
        let ship = Mmsi(412_000_001);
        let mut seen = |s, lat, lon| check.check(ship, AisClass::A, &at(lat, lon, None), secs(s), secs(s));
        assert_eq!(seen(0, 22.5, 114.75), Plausibility::default());
        assert_eq!(seen(10, 22.501, 114.75), Plausibility::default());
        assert!(seen(20, 32.0, 122.0).has(Plausibility::JUMP));
        assert_eq!(seen(30, 22.502, 114.75), Plausibility::default());
        // A second report from the new place: there it is.
        assert!(seen(40, 32.0, 122.0).has(Plausibility::JUMP));
        assert_eq!(seen(50, 32.0, 122.001), Plausibility::default());
        // 60 kn for a minute is no jump.
        assert_eq!(seen(110, 32.0 + 1.0 / 60.0, 122.001), Plausibility::default());
    }

    #[test]
    fn numbers_speeds_and_null_island() {
        let mut check = PlausibilityCheck::default();
        let mut marks = |mmsi, class, k| check.check(Mmsi(mmsi), class, &k, secs(0), secs(0));
        let here = at(22.5, 114.75, Some(10.0));
        for (mmsi, class) in [
            (412_000_002, AisClass::A),
            (970_010_001, AisClass::A),
            (982_500_001, AisClass::B),
            (4_122_000, AisClass::Base),
            (111_412_001, AisClass::SarAircraft),
            (994_121_001, AisClass::AidToNavigation),
        ] {
            assert_eq!(marks(mmsi, class, here), Plausibility::default(), "{mmsi}");
        }
        for (mmsi, class) in
            [(0, AisClass::A), (1_193_046, AisClass::A), (999_999_999, AisClass::B), (1_073_741_823, AisClass::A)]
        {
            assert!(marks(mmsi, class, here).has(Plausibility::MMSI), "{mmsi}");
        }
        assert!(marks(412_000_003, AisClass::A, at(22.5, 114.75, Some(102.2))).has(Plausibility::SPEED));
        assert!(marks(412_000_003, AisClass::A, at(0.0, 0.0, None)).has(Plausibility::POSITION));
        assert!(!marks(111_412_001, AisClass::SarAircraft, at(22.5, 114.75, Some(150.0))).has(Plausibility::SPEED));
    }

    #[test]
    fn a_vessel_well_inland_is_marked_and_nobody_else() {
        let mut check = PlausibilityCheck::default();
        let mut marked = |mmsi, class, lat, lon| {
            check.check(Mmsi(mmsi), class, &at(lat, lon, None), secs(0), secs(0)).has(Plausibility::POSITION)
        };
        // Mount Qiniang on the Dapeng peninsula, 2.3 km from any water; Daya Bay; beyond the survey, where nothing is known.
        assert!(marked(412_000_010, AisClass::A, 22.53, 114.56));
        assert!(marked(412_000_011, AisClass::B, 22.53, 114.56));
        assert!(!marked(412_000_012, AisClass::A, 22.55, 114.72));
        assert!(!marked(412_000_013, AisClass::A, 30.0, 100.0));
        // Stations that may stand or fly there.
        assert!(!marked(4_122_000, AisClass::Base, 22.53, 114.56));
        assert!(!marked(111_412_001, AisClass::SarAircraft, 22.53, 114.56));
        assert!(!marked(994_121_001, AisClass::AidToNavigation, 22.53, 114.56));
        // A berth: on the survey's land and within its error of the shore. Found, not chosen: the first such place northward.
        let coast = Coast::shipped().unwrap();
        let shore = |p: Geodetic| coast.nearest_shore(p).unwrap().distance_m;
        let berth = (0..3000)
            .map(|i| Geodetic::from_degrees(22.55 + 1e-4 * f64::from(i), 114.55))
            .find(|p| coast.is_land(*p) && (100.0..500.0).contains(&shore(*p)))
            .unwrap();
        assert!(!marked(412_000_014, AisClass::A, berth.lat_deg(), berth.lon_deg()));
    }
}
