//! A rotating coastal radar: its looks, its misses, its errors, and the clutter it takes for craft.

use std::f64::consts::TAU;

use super::craft::{Craft, CraftKind};
use super::land::is_land;
use super::radar_encode::EncodedPlot;
use super::rng::Rng;
use crate::geo::{Geodetic, GeodeticHeight, LocalPlane, SensorFrame};

/// How a radar is built, placed and wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct RadarSpec {
    /// Its id in the site's configuration.
    pub id: &'static str,
    /// ASTERIX source.
    pub sac_sic: (u8, u8),
    /// Where the antenna stands.
    pub position: GeodeticHeight,
    /// Rotation period, s.
    pub scan_s: f64,
    /// When the antenna first passes north, s after the start.
    pub phase_s: f64,
    /// Standard deviation of range, m.
    pub sigma_range_m: f64,
    /// Standard deviation of azimuth, degrees.
    pub sigma_azimuth_deg: f64,
    /// What it adds to every range, m. Not told to the tracker.
    pub bias_range_m: f64,
    /// What it adds to every azimuth, degrees. Not told to the tracker.
    pub bias_azimuth_deg: f64,
    /// From the end of a sector to the arrival of its plots: mean and standard deviation, s.
    pub delay_s: (f64, f64),
    /// SNR of 1 m² at 10 km over the sea that the installer measured, dB, to a decibel or so; `None` where he did not.
    pub told_snr_1m2_db: Option<f64>,
    /// False plots a scan before the land mask.
    pub clutter_per_scan: f64,
}

/// Sectors a scan: one datagram each, as extractors commonly send (11.25°).
pub const SECTORS: u32 = 32;
/// Instrumented range, m (about 16 NM: a port radar's usual setting).
const MAX_RANGE_M: f64 = 30_000.0;
/// Detection threshold as a power ratio: 10 dB, told to the tracker as `min_snr_db`.
const THRESHOLD: f64 = 10.0;
/// Low craft fade from here on: the two-ray model gives a 2–5 m² hull half its detection probability at 11–12 NM.
const LOW_CRAFT_FADE_FROM_M: f64 = 14_000.0;
const LOW_CRAFT_FADE_OVER_M: f64 = 13_000.0;
/// Land behind which the sea is dark: this much of it, further than `NEAR_LAND_M` from the antenna, which looks over its own hill.
const SHADOW_LAND_M: f64 = 1_000.0;
const NEAR_LAND_M: f64 = 3_000.0;
/// Step along the line of sight: half a cell of the land grid.
const SIGHT_STEP_M: f64 = 250.0;

/// Plots of one sector, ready to send.
#[derive(Clone, Debug)]
pub struct SectorPlots {
    /// The antenna left the sector at this time, s after the start.
    pub at_s: f64,
    /// The sector it enters now, 0 at north.
    pub next_sector: u32,
    /// Plots in the order the antenna met them; their times in s after the start.
    pub plots: Vec<EncodedPlot>,
}

/// A running radar.
#[derive(Clone, Debug)]
pub struct Radar {
    /// How it is built.
    pub spec: RadarSpec,
    frame: SensorFrame,
    rng: Rng,
    // The scan whose clutter is drawn, and what of it the antenna has still to meet.
    scan: Option<i64>,
    clutter: Vec<Echo>,
    sector: Vec<EncodedPlot>,
}

#[derive(Clone, Copy, Debug)]
struct Echo {
    /// When the antenna meets it, s after the start.
    at_s: f64,
    range_m: f64,
    azimuth: f64,
    /// Power ratio.
    snr: f64,
}

/// A place where the sea is rough, drifting: a rip, a shoal, the edge of a shower.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    /// East, north at the start, m.
    pub place: [f64; 2],
    /// East, north, m/s.
    pub drift: [f64; 2],
    /// Standard deviation of its extent, m.
    pub spread_m: f64,
    /// False plots a scan.
    pub per_scan: f64,
}

impl Radar {
    /// A radar in the plane of `site`.
    pub fn new(spec: RadarSpec, site: &LocalPlane, rng: Rng) -> Self {
        let frame = SensorFrame::new(spec.position, site);
        Self { spec, frame, rng, scan: None, clutter: Vec::new(), sector: Vec::new() }
    }

    /// Lets the antenna turn from `from_s` to `to_s` (less than a sector) over `craft`, given with their places; the sector it
    /// completes, if it does.
    pub fn sweep(
        &mut self,
        from_s: f64,
        to_s: f64,
        craft: &[(Geodetic, &Craft)],
        patch: &Patch,
        site: &LocalPlane,
    ) -> Option<SectorPlots> {
        let (turn_from, turn_to) = (self.turns(from_s), self.turns(to_s));
        let scan = turn_to.floor() as i64;
        if self.scan != Some(scan) {
            self.scan = Some(scan);
            self.clutter.retain(|e| e.at_s >= from_s);
            self.draw_clutter(scan, patch, site);
        }
        let mut echoes: Vec<Echo> = self.clutter.iter().filter(|e| e.at_s >= from_s && e.at_s < to_s).copied().collect();
        echoes.extend(craft.iter().filter_map(|(at, craft)| self.look(turn_from, turn_to, *at, craft)));
        echoes.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));

        let boundary = (turn_to * f64::from(SECTORS)).floor();
        let crossed = boundary > (turn_from * f64::from(SECTORS)).floor();
        let boundary_s = self.spec.phase_s + boundary / f64::from(SECTORS) * self.spec.scan_s;
        let (before, after): (Vec<Echo>, Vec<Echo>) = echoes.into_iter().partition(|e| !crossed || e.at_s < boundary_s);
        self.sector.extend(before.into_iter().map(|e| e.plot(&self.spec)));
        let done = crossed.then(|| SectorPlots {
            at_s: boundary_s,
            next_sector: (boundary as i64).rem_euclid(i64::from(SECTORS)) as u32,
            plots: std::mem::take(&mut self.sector),
        });
        self.sector.extend(after.into_iter().map(|e| e.plot(&self.spec)));
        done
    }

    /// Turns of the antenna since it first passed north.
    fn turns(&self, at_s: f64) -> f64 {
        (at_s - self.spec.phase_s) / self.spec.scan_s
    }

    /// What the antenna gets from one craft if it passes over it between the two turns.
    fn look(&mut self, turn_from: f64, turn_to: f64, at: Geodetic, craft: &Craft) -> Option<Echo> {
        let [range_m, azimuth] = self.frame.polar_of(at);
        let share = azimuth / TAU;
        let passage = share + (turn_from - share).ceil();
        if passage >= turn_to || range_m > MAX_RANGE_M || self.is_shadowed(at) {
            return None;
        }
        let at_s = self.spec.phase_s + passage * self.spec.scan_s;
        let p = detection_probability(craft, range_m, at_s);
        if !self.rng.chance(p) {
            return None;
        }
        // Swerling 1: the mean that gives this probability at the threshold, and an exponential excess above it.
        let mean = THRESHOLD / -p.ln() - 1.0;
        Some(Echo {
            at_s,
            range_m: range_m + self.spec.sigma_range_m * self.rng.normal(),
            azimuth: azimuth + (self.spec.sigma_azimuth_deg * self.rng.normal()).to_radians(),
            snr: THRESHOLD + self.rng.exponential(1.0 + mean),
        })
    }

    fn draw_clutter(&mut self, scan: i64, patch: &Patch, site: &LocalPlane) {
        let start_s = self.spec.phase_s + scan as f64 * self.spec.scan_s;
        for _ in 0..self.rng.poisson(self.spec.clutter_per_scan) {
            let azimuth = self.rng.between(0.0, TAU);
            // Two fifths are sea clutter, dense near the antenna; the rest is even over the area.
            let range_m =
                if self.rng.chance(0.4) { 300.0 + self.rng.exponential(2200.0) } else { MAX_RANGE_M * self.rng.unit().sqrt() };
            let snr = THRESHOLD + self.rng.exponential(1.8);
            self.add_clutter(start_s, range_m, azimuth, snr);
        }
        for _ in 0..self.rng.poisson(patch.per_scan) {
            let east = patch.place[0] + patch.drift[0] * start_s + patch.spread_m * self.rng.normal();
            let north = patch.place[1] + patch.drift[1] * start_s + patch.spread_m * self.rng.normal();
            let [range_m, azimuth] = self.frame.polar_of(site.geodetic(east, north));
            let snr = THRESHOLD + self.rng.exponential(3.2);
            self.add_clutter(start_s, range_m, azimuth, snr);
        }
    }

    fn add_clutter(&mut self, scan_start_s: f64, range_m: f64, azimuth: f64, snr: f64) {
        let at = self.frame.geodetic_from_polar(range_m, azimuth);
        if range_m <= MAX_RANGE_M && !is_land(at) && !self.is_shadowed(at) {
            let at_s = scan_start_s + azimuth / TAU * self.spec.scan_s;
            self.clutter.push(Echo { at_s, range_m, azimuth, snr });
        }
    }

    /// Whether land hides the sea at `at`.
    fn is_shadowed(&self, at: Geodetic) -> bool {
        let from = self.spec.position.ground();
        let range_m = crate::geo::distance_m(from, at);
        let steps = (range_m / SIGHT_STEP_M) as u32;
        let land_m = (1..steps)
            .filter(|i| {
                let f = f64::from(*i) / f64::from(steps);
                // Straight in latitude and longitude: off by metres, and a cell is half a kilometre.
                let point = Geodetic { lat: from.lat + f * (at.lat - from.lat), lon: from.lon + f * (at.lon - from.lon) };
                f * range_m > NEAR_LAND_M && is_land(point)
            })
            .count() as f64
            * SIGHT_STEP_M;
        land_m > SHADOW_LAND_M
    }
}

impl Echo {
    fn plot(&self, spec: &RadarSpec) -> EncodedPlot {
        EncodedPlot {
            time_of_day_s: self.at_s,
            range_m: (self.range_m + spec.bias_range_m).max(0.0),
            azimuth_deg: (self.azimuth.to_degrees() + spec.bias_azimuth_deg).rem_euclid(360.0),
            snr_db: 10.0 * self.snr.log10(),
        }
    }
}

fn detection_probability(craft: &Craft, range_m: f64, at_s: f64) -> f64 {
    let mut p = craft.kind.detection_probability();
    if craft.kind.is_low() {
        p *= 1.0 - 0.5 * ((range_m - LOW_CRAFT_FADE_FROM_M) / LOW_CRAFT_FADE_OVER_M).clamp(0.0, 1.0);
    }
    if craft.kind == CraftKind::GoFast {
        // Slow fading as the hull turns and pitches: 11 % either way over 19 s.
        p *= 1.0 + 0.11 * (TAU * (at_s / 19.0 + f64::from(craft.id) * 0.37)).sin();
    }
    p.clamp(0.02, 0.98)
}
