//! A rotating radar over the scene: one look a scan at everything afloat, through propagation, land, hulls and clutter.

use std::f64::consts::{PI, TAU};

use super::super::land::{self, is_land};
use super::super::radar::{RadarSpec, SECTORS, SectorPlots};
use super::super::radar_encode::EncodedPlot;
use super::super::rng::Rng;
use super::class::Class;
use super::echo::{BIRD_RANGE_M, Sea, THRESHOLD, detection_probability, loss_db, snr_db};
use super::sea::{Clutter, FalsePlot, RainCell, turbine_ghosts};
use super::vessel::Vessel;
use crate::geo::{Geodetic, LocalPlane, SensorFrame, distance_m};

/// Instrumented range, m (about 16 NM: a port radar's usual setting).
pub const MAX_RANGE_M: f64 = 30_000.0;
/// Land behind which the sea is dark: this much of it, further than `NEAR_LAND_M` from the antenna, which looks over its own hill.
const SHADOW_LAND_M: f64 = 1_000.0;
const NEAR_LAND_M: f64 = 3_000.0;
/// Step along the line of sight: half a cell of the land grid.
const SIGHT_STEP_M: f64 = 250.0;
/// Two echoes nearer than this in range and azimuth are one plot.
const MERGE_M: f64 = 40.0;
const MERGE_RAD: f64 = 0.6 * PI / 180.0;
/// Small craft this far behind a hull longer than [`BIG_SHIP_M`] are not seen.
const BEHIND_M: f64 = 300.0;
const BIG_SHIP_M: f64 = 100.0;
/// Fading as a small hull turns and pitches: ±5 dB of aspect, bow-on the lowest.
const ASPECT_DB: f64 = 5.0;

/// Where a station looks or hears, as far as land lets it: a bit a cell of the land grid.
#[derive(Clone, Debug)]
pub struct View {
    from: Geodetic,
    dark: Vec<bool>,
}

impl View {
    /// The view from a place.
    pub fn new(from: Geodetic) -> Self {
        let dark = (0..land::ROWS_OF_CELLS * land::COLUMNS).map(|i| is_behind_land(from, land::cell_centre(i))).collect();
        Self { from, dark }
    }

    /// Whether land hides the sea at `at`.
    pub fn is_dark(&self, at: Geodetic) -> bool {
        match land::cell(at) {
            Some(i) => self.dark.get(i).copied().unwrap_or(false),
            None => is_behind_land(self.from, at),
        }
    }
}

fn is_behind_land(from: Geodetic, at: Geodetic) -> bool {
    let range_m = distance_m(from, at);
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

#[derive(Clone, Copy, Debug)]
struct Echo {
    at_s: f64,
    range_m: f64,
    azimuth: f64,
    snr: f64,
}

/// Something that the antenna will pass in this scan.
#[derive(Clone, Copy, Debug)]
struct Due {
    at_s: f64,
    vessel: usize,
}

#[derive(Clone, Copy, Debug)]
struct Hull {
    range_m: f64,
    azimuth: f64,
    half_width: f64,
}

/// A running radar.
#[derive(Clone, Debug)]
pub struct Antenna {
    /// How it is built.
    pub spec: RadarSpec,
    frame: SensorFrame,
    view: View,
    sea: Sea,
    clutter: Clutter,
    rng: Rng,
    scan: Option<i64>,
    due: Vec<Due>,
    hulls: Vec<Hull>,
    false_plots: Vec<Echo>,
    sector: Vec<EncodedPlot>,
}

impl Antenna {
    /// A radar in the plane of `site`.
    pub fn new(spec: RadarSpec, site: &LocalPlane, sea: Sea, rng: Rng, clutter_rng: Rng) -> Self {
        Self {
            frame: SensorFrame::new(spec.position, site),
            view: View::new(spec.position.ground()),
            sea,
            clutter: Clutter::new(&sea, MAX_RANGE_M, clutter_rng),
            rng,
            scan: None,
            due: Vec::new(),
            hulls: Vec::new(),
            false_plots: Vec::new(),
            sector: Vec::new(),
            spec,
        }
    }

    /// Probability that one look sees a cross-section at a place.
    pub fn detection(&self, at: Geodetic, height_m: f64, rcs_m2: f64) -> f64 {
        let [range_m, _] = self.frame.polar_of(at);
        if range_m > MAX_RANGE_M || self.view.is_dark(at) {
            return 0.0;
        }
        let snr = snr_db(range_m, self.spec.position.height_m, height_m, rcs_m2) - loss_db(&self.sea, range_m, rcs_m2);
        detection_probability(snr)
    }

    /// The same for a vessel as it lies now.
    pub fn detection_of(&self, v: &Vessel, at: Geodetic) -> f64 {
        let [range_m, azimuth] = self.frame.polar_of(at);
        if range_m > MAX_RANGE_M || self.view.is_dark(at) {
            return 0.0;
        }
        detection_probability(self.mean_snr_db(v, range_m, azimuth))
    }

    fn mean_snr_db(&self, v: &Vessel, range_m: f64, azimuth: f64) -> f64 {
        let mut snr = snr_db(range_m, self.spec.position.height_m, v.class.echo().height_m, v.rcs_m2)
            - loss_db(&self.sea, range_m, v.rcs_m2);
        if v.class == Class::GoFast {
            // Broadside shows more of the hull than bow or stern; in decibels nothing is gained on average.
            snr -= ASPECT_DB * (2.0 * (v.course - azimuth)).cos();
        }
        snr
    }

    /// Lets the antenna turn from `from_s` to `to_s`, over vessels as they are at `from_s`; the sectors it completes.
    pub fn sweep(
        &mut self,
        from_s: f64,
        to_s: f64,
        vessels: &[Vessel],
        rain: &[RainCell],
        site: &LocalPlane,
    ) -> Vec<SectorPlots> {
        let (turn_from, turn_to) = (self.turns(from_s), self.turns(to_s));
        let mut echoes: Vec<Echo> = Vec::new();
        self.pass(from_s, to_s, vessels, site, &mut echoes);
        // A turn that begins within the step is met from its beginning on: what lies just past north is seen when the antenna points there, not
        // when the next step begins.
        for scan in self.scan.map_or(turn_from.floor() as i64, |scan| scan + 1)..=turn_to.floor() as i64 {
            self.scan = Some(scan);
            self.plan_scan(scan, vessels, rain, site);
            self.pass(from_s, to_s, vessels, site, &mut echoes);
        }
        self.false_plots.retain(|e| {
            let now = e.at_s < to_s;
            if now {
                echoes.push(*e);
            }
            !now
        });
        echoes.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let echoes = merged(echoes);

        let sectors = f64::from(SECTORS);
        let mut out = Vec::new();
        let mut rest = echoes.into_iter().peekable();
        let mut boundary = (turn_from * sectors).floor() + 1.0;
        while boundary <= turn_to * sectors {
            let at_s = self.spec.phase_s + boundary / sectors * self.spec.scan_s;
            while let Some(e) = rest.next_if(|e| e.at_s < at_s) {
                self.sector.push(e.plot(&self.spec));
            }
            let next_sector = (boundary as i64).rem_euclid(i64::from(SECTORS)) as u32;
            out.push(SectorPlots { at_s, next_sector, plots: std::mem::take(&mut self.sector) });
            boundary += 1.0;
        }
        self.sector.extend(rest.map(|e| e.plot(&self.spec)));
        out
    }

    // Looks at those whom the antenna passes until `to_s`; they are where they were at `from_s` and go on.
    fn pass(&mut self, from_s: f64, to_s: f64, vessels: &[Vessel], site: &LocalPlane, echoes: &mut Vec<Echo>) {
        let mut i = 0;
        while let Some(due) = self.due.get(i).copied() {
            if due.at_s >= to_s {
                i += 1;
                continue;
            }
            self.due.swap_remove(i);
            // The first turn may have begun before the scene.
            let vessel = vessels.get(due.vessel).filter(|_| due.at_s >= from_s);
            echoes.extend(vessel.and_then(|vessel| self.look(due.at_s, from_s, vessel, site)));
        }
    }

    fn turns(&self, at_s: f64) -> f64 {
        (at_s - self.spec.phase_s) / self.spec.scan_s
    }

    fn plan_scan(&mut self, scan: i64, vessels: &[Vessel], rain: &[RainCell], site: &LocalPlane) {
        let start_s = self.spec.phase_s + scan as f64 * self.spec.scan_s;
        self.due.clear();
        self.hulls.clear();
        let mut found: Vec<FalsePlot> = Vec::new();
        for (i, v) in vessels.iter().enumerate().filter(|(_, v)| v.afloat) {
            let at = site.geodetic(v.position[0], v.position[1]);
            let [range_m, azimuth] = self.frame.polar_of(at);
            if range_m > MAX_RANGE_M {
                continue;
            }
            self.due.push(Due { at_s: start_s + azimuth.rem_euclid(TAU) / TAU * self.spec.scan_s, vessel: i });
            if v.length_m > BIG_SHIP_M {
                let across = v.length_m * (v.course - azimuth).sin().abs() + v.length_m / 7.0;
                self.hulls.push(Hull { range_m, azimuth, half_width: across / 2.0 });
            }
            if v.class == Class::Turbine {
                turbine_ghosts(&mut self.rng, range_m, azimuth, &mut found);
            }
        }
        self.clutter.draw(start_s, self.spec.scan_s, rain, &mut found);
        for plot in found {
            let (range_m, azimuth, at, snr) = match plot {
                FalsePlot::Polar { range_m, azimuth, snr } => {
                    let azimuth = azimuth.rem_euclid(TAU);
                    (range_m, azimuth, self.frame.geodetic_from_polar(range_m, azimuth), snr)
                }
                FalsePlot::Place { at, snr } => {
                    let at = site.geodetic(at[0], at[1]);
                    let [range_m, azimuth] = self.frame.polar_of(at);
                    (range_m, azimuth.rem_euclid(TAU), at, snr)
                }
            };
            if range_m <= MAX_RANGE_M && !is_land(at) && !self.view.is_dark(at) {
                let at_s = start_s + azimuth / TAU * self.spec.scan_s;
                self.false_plots.push(Echo { at_s, range_m, azimuth, snr });
            }
        }
    }

    fn look(&mut self, at_s: f64, now_s: f64, v: &Vessel, site: &LocalPlane) -> Option<Echo> {
        if !v.afloat {
            return None;
        }
        let [ve, vn] = v.velocity();
        let dt = at_s - now_s;
        let at = site.geodetic(v.position[0] + ve * dt, v.position[1] + vn * dt);
        let [range_m, azimuth] = self.frame.polar_of(at);
        if self.view.is_dark(at) || (v.class == Class::Bird && range_m > BIRD_RANGE_M) {
            return None;
        }
        let small = v.rcs_m2 < 50.0;
        if small && self.hulls.iter().any(|h| h.hides(range_m, azimuth)) {
            return None;
        }
        let snr = self.mean_snr_db(v, range_m, azimuth);
        let p = detection_probability(snr);
        if !self.rng.chance(p) {
            return None;
        }
        let mean = 10f64.powf(snr / 10.0);
        Some(Echo {
            at_s,
            range_m: range_m + self.spec.sigma_range_m * self.rng.normal(),
            azimuth: (azimuth + (self.spec.sigma_azimuth_deg * self.rng.normal()).to_radians()).rem_euclid(TAU),
            // Swerling 1: above the threshold the excess is exponential.
            snr: THRESHOLD + self.rng.exponential(1.0 + mean),
        })
    }
}

impl Hull {
    fn hides(&self, range_m: f64, azimuth: f64) -> bool {
        let behind = range_m - self.range_m;
        let across = (azimuth - self.azimuth + PI).rem_euclid(TAU) - PI;
        behind > 0.0 && behind < BEHIND_M && across.abs() * self.range_m < self.half_width
    }
}

// Echoes of one antenna's passage that lie in one resolution cell are one plot, at the power's centre.
fn merged(echoes: Vec<Echo>) -> Vec<Echo> {
    let mut out: Vec<Echo> = Vec::with_capacity(echoes.len());
    for e in echoes {
        let near = out
            .iter_mut()
            .rev()
            .take_while(|o| e.azimuth - o.azimuth < MERGE_RAD)
            .find(|o| (e.range_m - o.range_m).abs() < MERGE_M && (e.azimuth - o.azimuth).abs() < MERGE_RAD);
        match near {
            Some(o) => {
                let share = e.snr / (e.snr + o.snr);
                o.range_m += share * (e.range_m - o.range_m);
                o.azimuth += share * (e.azimuth - o.azimuth);
                o.snr += e.snr;
            }
            None => out.push(e),
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::super::stories;
    use super::*;

    /// A tracker tells the turn of a plot by when the antenna points to it: a plot that is told a tenth of a second late is of no craft that is held.
    #[test]
    fn a_plot_is_of_the_instant_at_which_the_antenna_points_to_it() {
        let mut scene = stories::world(stories::story("null_night").unwrap(), 1).lasting(2.0);
        assert!(scene.by_ref().count() > 100, "they are afloat now");
        let (lat, lon) = super::super::super::places::ORIGIN;
        let plane = LocalPlane::new(Geodetic::from_degrees(lat, lon).at_height(0.0));
        for phase_s in [0.0, 0.07, 0.13, 1.31, 2.49] {
            let spec = RadarSpec { phase_s, ..stories::radars(1)[0].clone() };
            let mut antenna = Antenna::new(spec.clone(), &plane, Sea::CALM, Rng::stream(1, 1), Rng::stream(1, 2));
            let (mut plots, mut north) = (0, 0);
            for step in 0..100 {
                let from_s = 0.25 * f64::from(step);
                for sector in antenna.sweep(from_s, from_s + 0.25, scene.vessels(), &[], &plane) {
                    for p in &sector.plots {
                        let turn = (p.time_of_day_s - phase_s) / spec.scan_s - (p.azimuth_deg - spec.bias_azimuth_deg) / 360.0;
                        let late_s = (turn - turn.round()) * spec.scan_s;
                        // Five errors of an azimuth are 9 ms.
                        assert!(late_s.abs() < 0.012, "phase {phase_s}: {:.1}° told {late_s} s late", p.azimuth_deg);
                        plots += 1;
                        north += u32::from(p.azimuth_deg < 30.0);
                    }
                }
            }
            assert!(plots > 500 && north > 10, "{plots} {north}");
        }
    }
}
