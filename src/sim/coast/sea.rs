//! What a radar takes for craft: sea clutter, spikes that persist and drift, rain, ghosts of the wind farm. All of it is plots; what
//! becomes of them is the tracker's affair.

use std::f64::consts::TAU;

use super::super::rng::Rng;
use super::echo::{Sea, THRESHOLD};

/// Fall of sea clutter with range: 5 NM.
pub const CLUTTER_FALL_M: f64 = 5.0 * 1852.0;
/// Spikes alive at a time, as a share of the even clutter's plots a scan.
const SPIKES: f64 = 0.2;
/// Mean life of a spike, s.
const SPIKE_LIFE_S: f64 = 4.0;
/// A living spike is seen so often.
const SPIKE_SEEN: f64 = 0.8;
/// Plots a km² of rain cell and scan.
const RAIN_KM2: f64 = 0.5;
/// Mean excess over the threshold of even clutter and of what is stronger, as power ratios.
const WEAK: f64 = 1.8;
const STRONG: f64 = 4.0;

/// One false plot by place in the site's plane.
#[derive(Clone, Copy, Debug)]
pub enum FalsePlot {
    /// By range (m) and azimuth (radians) of the radar.
    Polar {
        /// m.
        range_m: f64,
        /// Radians.
        azimuth: f64,
        /// Power ratio.
        snr: f64,
    },
    /// By place east, north, m.
    Place {
        /// m.
        at: [f64; 2],
        /// Power ratio.
        snr: f64,
    },
}

/// A shower that crosses the scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RainCell {
    /// East, north at the start, m.
    pub place: [f64; 2],
    /// East, north, m/s: 15–25 kn.
    pub drift: [f64; 2],
    /// Diameter, m: 3–8 km.
    pub diameter_m: f64,
}

#[derive(Clone, Copy, Debug)]
struct Spike {
    range_m: f64,
    azimuth: f64,
    // Along range and across it, m/s.
    drift: [f64; 2],
    until_s: f64,
}

/// The clutter of one radar.
#[derive(Clone, Debug)]
pub struct Clutter {
    density_km2: f64,
    reach_m: f64,
    spikes: Vec<Spike>,
    last_s: f64,
    rng: Rng,
}

impl Clutter {
    /// Clutter of a sea, for a radar of that instrumented range.
    pub fn new(sea: &Sea, reach_m: f64, rng: Rng) -> Self {
        Self { density_km2: sea.clutter_km2, reach_m, spikes: Vec::new(), last_s: 0.0, rng }
    }

    /// Even plots expected in a scan, before land takes its part: the density's integral over the plane.
    pub fn mean_per_scan(&self) -> f64 {
        let fall_km = CLUTTER_FALL_M / 1000.0;
        self.density_km2 * TAU * fall_km * fall_km
    }

    /// False plots of a scan that begins at `now_s` and takes `scan_s`.
    pub fn draw(&mut self, now_s: f64, scan_s: f64, rain: &[RainCell], out: &mut Vec<FalsePlot>) {
        let mean = self.mean_per_scan();
        for _ in 0..poisson(&mut self.rng, mean) {
            let (range_m, azimuth) = self.place();
            let snr = THRESHOLD + self.rng.exponential(WEAK);
            if range_m <= self.reach_m {
                out.push(FalsePlot::Polar { range_m, azimuth, snr });
            }
        }
        self.spike(now_s, scan_s, mean, out);
        for cell in rain {
            let radius = cell.diameter_m / 2.0;
            let km2 = std::f64::consts::PI * radius * radius / 1e6;
            for _ in 0..poisson(&mut self.rng, RAIN_KM2 * km2) {
                let (r, a) = (radius * self.rng.unit().sqrt(), self.rng.between(0.0, TAU));
                let at =
                    [cell.place[0] + cell.drift[0] * now_s + r * a.sin(), cell.place[1] + cell.drift[1] * now_s + r * a.cos()];
                out.push(FalsePlot::Place { at, snr: THRESHOLD + self.rng.exponential(STRONG) });
            }
        }
    }

    // Spikes of breaking waves: they live for some scans and go with the wind, so that neighbours in time agree.
    fn spike(&mut self, now_s: f64, scan_s: f64, mean: f64, out: &mut Vec<FalsePlot>) {
        let born = mean * SPIKES * scan_s / SPIKE_LIFE_S;
        for _ in 0..poisson(&mut self.rng, born) {
            let (range_m, azimuth) = self.place();
            let (speed, way) = (self.rng.between(2.0, 8.0) * 0.5144, self.rng.between(0.0, TAU));
            let until_s = now_s + self.rng.exponential(SPIKE_LIFE_S);
            self.spikes.push(Spike { range_m, azimuth, drift: [speed * way.cos(), speed * way.sin()], until_s });
        }
        let dt = now_s - self.last_s;
        self.last_s = now_s;
        self.spikes.retain(|s| s.until_s > now_s);
        for s in &mut self.spikes {
            s.range_m = (s.range_m + s.drift[0] * dt).max(100.0);
            s.azimuth = (s.azimuth + s.drift[1] * dt / s.range_m).rem_euclid(TAU);
            if self.rng.chance(SPIKE_SEEN) && s.range_m <= self.reach_m {
                out.push(FalsePlot::Polar {
                    range_m: (s.range_m + 15.0 * self.rng.normal()).max(50.0),
                    azimuth: s.azimuth + (0.2 * self.rng.normal()).to_radians(),
                    snr: THRESHOLD + self.rng.exponential(STRONG),
                });
            }
        }
    }

    // Density exp(−R/L) a unit of area: range is gamma distributed, the sum of two exponentials.
    fn place(&mut self) -> (f64, f64) {
        let range_m = self.rng.exponential(CLUTTER_FALL_M) + self.rng.exponential(CLUTTER_FALL_M);
        (range_m.max(100.0), self.rng.between(0.0, TAU))
    }
}

/// Ghosts of a turbine in a scan: two side lobes, one double bounce, each one look in twenty.
pub fn turbine_ghosts(rng: &mut Rng, range_m: f64, azimuth: f64, out: &mut Vec<FalsePlot>) {
    const SEEN: f64 = 0.05;
    for side in [-1.0, 1.0] {
        if rng.chance(SEEN) {
            let azimuth = (azimuth + side * rng.between(2.0, 5.0f64).to_radians()).rem_euclid(TAU);
            out.push(FalsePlot::Polar {
                range_m: range_m + 10.0 * rng.normal(),
                azimuth,
                snr: THRESHOLD + rng.exponential(STRONG),
            });
        }
    }
    if rng.chance(SEEN) {
        let snr = THRESHOLD + rng.exponential(STRONG);
        out.push(FalsePlot::Polar { range_m: range_m + rng.between(100.0, 500.0), azimuth, snr });
    }
}

/// Poisson of any mean: Knuth's product underflows beyond some seven hundred, so it is drawn in parts.
pub fn poisson(rng: &mut Rng, mean: f64) -> usize {
    const PART: f64 = 300.0;
    let parts = (mean / PART).floor() as usize;
    (0..parts).map(|_| rng.poisson(PART)).sum::<usize>() + rng.poisson(mean - PART * parts as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clutter_has_the_density_that_was_asked_for() {
        let mut clutter = Clutter::new(&Sea::ROUGH, 30_000.0, Rng::stream(3, 1));
        let scans = 200;
        let (mut rings, mut all) = ([0usize; 3], Vec::new());
        for scan in 0..scans {
            all.clear();
            clutter.draw(f64::from(scan) * 2.5, 2.5, &[], &mut all);
            for plot in &all {
                let FalsePlot::Polar { range_m, .. } = *plot else { continue };
                for (ring, count) in rings.iter_mut().enumerate() {
                    let inner = ring as f64 * 5000.0;
                    *count += usize::from((inner..inner + 5000.0).contains(&range_m));
                }
            }
        }
        for (ring, count) in rings.iter().enumerate() {
            let inner = ring as f64 * 5000.0;
            // The density's integral over the ring by a hundred steps, with the spikes' share: seen for a life's scans.
            let even: f64 = (0..100)
                .map(|k| {
                    let r = inner + (f64::from(k) + 0.5) * 50.0;
                    (-r / CLUTTER_FALL_M).exp() * TAU * r * 50.0 / 1e6
                })
                .sum();
            let expected = even * f64::from(scans);
            let got = *count as f64;
            // Spikes add 16 % or more: a spike born in a scan is seen in it as well.
            assert!(got > expected * 1.10 && got < expected * 1.35, "ring {ring}: {got} plots, even part {expected}");
        }
    }
}
