//! Where craft begin: over the edge of the sea that a radar looks at, beside craft that lie still, along the shore, where one was lost; in the open sea
//! seldom.
//!
//! A boat without AIS comes from beyond the radar's reach, leaves a mother ship or a fleet, or puts to sea from a beach; what shows itself first in the
//! middle of a sea that has been watched for minutes is most often the sea itself.

use std::f64::consts::TAU;

use super::craft::Craft;
use super::places::ByPlace;
use super::radar::Radar;
use super::settings::FuseSettings;
use super::stitch::{self, LastSeen, Lost};
use crate::geo::LocalPlane;

/// What leaves a craft that lies still is first seen within some hundred metres of it: 25 m/s, two looks in three without an echo. Standard deviation of that way, m.
const LEAVES_M: f64 = 400.0;
/// Beyond this nobody has left it lately, m.
const FAR_M: f64 = 2.5 * LEAVES_M;
/// Slower than this a craft lies, drifts or fishes, m/s (8 kn).
const LIES_MPS: f64 = 4.0;
/// Such a craft surely exists.
const LIES_EXISTENCE: f64 = 0.9;
/// How often those who lie are looked up, s: they move by less than ten metres.
const LOOK_UP_S: f64 = 2.0;
/// What comes over the edge is first seen within so much of it, m: the same way.
const BAND_M: f64 = 400.0;
/// Sectors in which a radar's reach is learned: 1.4°, 370 m at 15 km.
const SECTORS: usize = 256;
/// Plots after which a sector's reach is known: until then its furthest plot is any plot, that of the only boat in it among them, and a boat
/// that crosses an empty sea is no boat that comes in.
const REACH_KNOWN_PLOTS: u8 = 12;

/// How long a sector's furthest plot counts, s; until the next such span begins it counts on. Ships on the horizon come by in an hour, and one that
/// weather brought from beyond it must not do away with the edge for good.
const REACH_MEMORY_S: f64 = 3600.0;

/// How far a radar has seen anything of late, by azimuth: the horizon of its extractor, the shadow of a headland, the limit of its range.
pub(super) struct Reach {
    // In this span of [`REACH_MEMORY_S`], and in the one before.
    far_m: [[f32; SECTORS]; 2],
    // As far as they are counted.
    plots: [[u8; SECTORS]; 2],
    since: Option<f64>,
}

impl Reach {
    pub fn new() -> Self {
        Self { far_m: [[0.0; SECTORS]; 2], plots: [[0; SECTORS]; 2], since: None }
    }

    fn sector(offset: [f64; 2]) -> usize {
        let turn = offset[0].atan2(offset[1]) / TAU + 0.5;
        ((turn * SECTORS as f64) as usize).min(SECTORS - 1)
    }

    /// Notes a plot at `t`, `offset` from the radar, m east and north.
    pub fn saw(&mut self, t: f64, offset: [f64; 2]) {
        if t >= *self.since.get_or_insert(t) + REACH_MEMORY_S {
            self.since = Some(t);
            self.far_m = [[0.0; SECTORS], self.far_m[0]];
            self.plots = [[0; SECTORS], self.plots[0]];
        }
        let k = Self::sector(offset);
        self.far_m[0][k] = self.far_m[0][k].max(offset[0].hypot(offset[1]) as f32);
        self.plots[0][k] = self.plots[0][k].saturating_add(1);
    }

    /// Whether nothing has been seen further out than by the way on which what comes in is first seen.
    fn is_edge(&self, offset: [f64; 2]) -> bool {
        let k = Self::sector(offset);
        let far_m = self.far_m[0][k].max(self.far_m[1][k]);
        self.plots[0][k].saturating_add(self.plots[1][k]) >= REACH_KNOWN_PLOTS
            && offset[0].hypot(offset[1]) > f64::from(far_m) - BAND_M
    }
}

/// Craft that lie still, by place.
pub(super) struct Lying {
    places: ByPlace<[f64; 2]>,
    looked_up: Option<f64>,
}

impl Default for Lying {
    fn default() -> Self {
        Self { places: ByPlace::of(FAR_M), looked_up: None }
    }
}

impl Lying {
    /// Looks up who lies still, if it is time.
    pub fn look_up(&mut self, crafts: &[Box<Craft>], now: f64) {
        if self.looked_up.is_some_and(|t| now < t + LOOK_UP_S) {
            return;
        }
        self.looked_up = Some(now);
        // The filters of those that are not confirmed are left in memory.
        let slow = |c: &Craft| {
            let [e, n] = c.imm.velocity();
            e.hypot(n) < LIES_MPS
        };
        let lies = |c: &Craft| c.confirmed && c.existence.r > LIES_EXISTENCE && slow(c);
        self.places.fill(crafts.iter().filter(|c| lies(c)).map(|c| (c.imm.place(), c.imm.place())));
    }

    /// Density of starts near craft that lie, relative to the place of the nearest one itself.
    fn near(&self, at: [f64; 2]) -> f64 {
        let distance2 = |p: &[f64; 2]| (p[0] - at[0]).powi(2) + (p[1] - at[1]).powi(2);
        let least = self.places.around(at).map(distance2).fold(FAR_M * FAR_M, f64::min);
        if least < FAR_M * FAR_M { (-0.5 * least / (LEAVES_M * LEAVES_M)).exp() } else { 0.0 }
    }
}

/// Boats that were lost of late, by where they were seen last.
pub(super) struct Missing(ByPlace<LastSeen>);

impl Default for Missing {
    fn default() -> Self {
        Self(ByPlace::of(stitch::FAR_M))
    }
}

impl Missing {
    /// Takes them as they are now.
    pub fn look_up(&mut self, lost: &[Lost]) {
        self.0.fill(lost.iter().map(|l| (l.last.place, l.last)));
    }
}

/// Density of births at a place that is no land, relative to [`FuseSettings::birth_density`], for a plot at `t`. Away from the edge it is at most 1; who has
/// no use for that asks for the `edge_alone`, and is told 0 elsewhere.
pub(super) fn by_place(
    (t, at): (f64, [f64; 2]),
    edge_alone: bool,
    radar: &Radar,
    lying: &Lying,
    missing: &Missing,
    settings: &FuseSettings,
    plane: &LocalPlane,
) -> f64 {
    if settings.birth_edge > 1.0 && radar.reach.is_edge(radar.offset(at)) {
        return settings.birth_edge;
    }
    if edge_alone {
        return 0.0;
    }
    if settings.birth_open >= 1.0 {
        return 1.0;
    }
    // Whoever was lost and may show himself again here is likelier than anyone new.
    if missing.0.around(at).any(|l| l.density(t, at) > settings.birth_density) {
        return 1.0;
    }
    let shore = || {
        let off = settings.land.as_ref().and_then(|land| land.off_shore(plane.geodetic(at[0], at[1])))?;
        (off < FAR_M).then(|| (-0.5 * (off / LEAVES_M).powi(2)).exp())
    };
    let near = lying.near(at);
    let near = if near < 0.9 { near.max(shore().unwrap_or(0.0)) } else { near };
    settings.birth_open + (1.0 - settings.birth_open) * near
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fuse::Land;
    use crate::geo::{Coast, GeodeticHeight};
    use crate::model::{FeedId, Sensor, SensorKind, WireFormat};

    const ISLAND: &str = r#"{"type": "FeatureCollection", "bbox": [114.0, 22.0, 114.5, 22.5], "features": [{"type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[[114.25, 22.24], [114.26, 22.24], [114.26, 22.25], [114.25, 22.25], [114.25, 22.24]]]}}]}"#;

    #[test]
    fn boats_begin_at_the_edge_beside_others_and_off_a_beach() {
        let site = GeodeticHeight::from_degrees(22.2, 114.25, 0.0);
        let plane = LocalPlane::new(site);
        let sensor = Sensor { position: Some(site), ..Sensor::new("r", SensorKind::Radar, WireFormat::Asterix, FeedId(0)) };
        let mut radar = Radar::new(&sensor, &plane).unwrap();
        for k in 0..3600 {
            let (s, c) = (f64::from(k) * TAU / 3600.0).sin_cos();
            radar.reach.saw(0.0, [9000.0 * s, 9000.0 * c]);
        }
        let ship = [-3000.0, 0.0];
        let mut lying = Lying::default();
        lying.places.fill([(ship, ship)].into_iter());
        let settings = FuseSettings {
            birth_open: 0.25,
            birth_edge: 5.0,
            land: Some(Land::new(Arc::new(Coast::from_geojson(ISLAND).unwrap()))),
            ..FuseSettings::default()
        };
        let at = |place| by_place((250.0, place), false, &radar, &lying, &Missing::default(), &settings, &plane);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 0.02, "{a} for {b}");
        near(at([0.0, -3000.0]), 0.25);
        near(at(ship), 1.0);
        // One standard deviation of the way: e^-1/2.
        near(at([-3000.0, 400.0]), 0.25 + 0.75 * 0.6065);
        near(at([0.0, -8700.0]), 5.0);
        let edge = |place| by_place((250.0, place), true, &radar, &lying, &Missing::default(), &settings, &plane);
        near(edge([0.0, -8700.0]), 5.0);
        near(edge(ship), 0.0);
        // The island's south shore is 22.24° N, 4.43 km north of the radar.
        let [_, shore] = plane.east_north(crate::geo::Geodetic::from_degrees(22.24, 114.255));
        near(at([500.0, shore - 20.0]), 1.0);
        near(at([500.0, shore - 400.0]), 0.25 + 0.75 * 0.6065);
        near(at([500.0, shore - 1500.0]), 0.25);
        let off = FuseSettings { birth_open: 1.0, birth_edge: 1.0, ..settings.clone() };
        near(by_place((250.0, [0.0, -8700.0]), false, &radar, &lying, &Missing::default(), &off, &plane), 1.0);
    }

    #[test]
    fn the_edge_is_where_nothing_was_seen_beyond() {
        let mut reach = Reach::new();
        reach.saw(0.0, [10.0, 8000.0]);
        assert!(!reach.is_edge([10.0, 7900.0]), "one plot tells no edge");
        for k in 0..3600 {
            let (s, c) = (f64::from(k) * TAU / 3600.0).sin_cos();
            reach.saw(0.0, [9000.0 * s, 9000.0 * c]);
            reach.saw(0.0, [300.0 * s, 300.0 * c]);
        }
        for k in 0..360 {
            let (s, c) = (f64::from(k) * TAU / 360.0).sin_cos();
            assert!(!reach.is_edge([8590.0 * s, 8590.0 * c]), "{k}°");
            assert!(reach.is_edge([8610.0 * s, 8610.0 * c]), "{k}°");
        }
        // A headland's shadow ends where it ends.
        let mut shadowed = Reach::new();
        for _ in 0..REACH_KNOWN_PLOTS {
            shadowed.saw(0.0, [10.0, 2000.0]);
            shadowed.saw(0.0, [5000.0, 7000.0]);
        }
        assert!(shadowed.is_edge([10.0, 1900.0]) && !shadowed.is_edge([2500.0, 3500.0]));
    }

    #[test]
    fn a_plot_from_beyond_the_horizon_is_forgotten() {
        let mut reach = Reach::new();
        let edge = |reach: &Reach| reach.is_edge([10.0, 8900.0]);
        reach.saw(0.0, [10.0, 40_000.0]);
        for minute in 1..=120 {
            // The first span ends after an hour, and counts for another.
            reach.saw(60.0 * f64::from(minute), [10.0, 9000.0]);
            assert_eq!(edge(&reach), minute >= 120, "{minute} min");
        }
        // The horizon itself is not forgotten while it is seen, …
        for minute in 121..600 {
            reach.saw(60.0 * f64::from(minute), [10.0, if minute % 30 == 0 { 9000.0 } else { 3000.0 }]);
            assert!(edge(&reach) && !reach.is_edge([10.0, 8000.0]), "{minute} min");
        }
        // … and is not known where nothing has been seen for hours.
        for hour in 10..13 {
            reach.saw(3600.0 * f64::from(hour), [-9000.0, 10.0]);
        }
        assert!(!edge(&reach));
    }

    #[test]
    fn who_lies_is_found_across_cells() {
        let mut lying = Lying::default();
        let ships: Vec<[f64; 2]> = vec![[0.0, 0.0], [-5400.0, 990.0], [2999.0, -3001.0]];
        lying.places.fill(ships.iter().map(|&p| (p, p)));
        for i in -70..70 {
            for j in -70..70 {
                let at = [f64::from(i) * 97.0, f64::from(j) * 97.0];
                let least = ships.iter().map(|p| (p[0] - at[0]).hypot(p[1] - at[1])).fold(f64::MAX, f64::min);
                let expected = if least < FAR_M { (-0.5 * (least / LEAVES_M).powi(2)).exp() } else { 0.0 };
                assert!((lying.near(at) - expected).abs() < 1e-12, "{at:?}");
            }
        }
    }
}
