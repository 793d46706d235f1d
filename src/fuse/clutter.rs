//! Where a radar sees things that are no craft, how many, and how strong they are: learned while it runs.
//!
//! Only plots that no track explains teach the map, and they do so when the track they had started dies unconfirmed, not when
//! they come: in dense traffic a plot of a craft not yet confirmed looks like clutter, and a map that learns it starves the very
//! birth that would explain it.

use crate::track::exp_each;

/// Side of a cell, m: a patch of breaking sea has a radius of some hundred metres.
const CELL_M: f64 = 350.0;
/// As far as this on either axis all cells are that large, m; further out they grow with the distance, as a beam's width does.
const EVEN_M: f64 = 16_000.0;
/// Cells a side: with [`CELL_M`] and [`EVEN_M`] the map reaches 126 km from the radar, beyond any surface craft's horizon but under ducts. There, the edge cells stand for all.
const CELLS: usize = 280;
/// Memory of the map in looks. Patches drift with the tidal stream (1–2 m/s): a third of a cell in this time.
const MEMORY_LOOKS: f64 = 25.0;
/// How many looks of the sensor's mean density a cell starts with.
const PRIOR_LOOKS: f64 = 4.0;
/// Density believed before anything was seen, plots a look and m²: sea of state 2–3 behind a usual extractor, about one plot in 3 km².
const FIRST_DENSITY: f64 = 3e-7;
/// How many looks that belief is worth.
const FIRST_LOOKS: f64 = 4.0;
/// How much denser than its mean the map is taken to be after the first look, falling with the root of their number: a map hardly begun
/// errs by factors, and a false track costs more than one a scan later.
const DOUBT: f64 = 0.6;
/// Looks after which the map tells how rough the sea is: what has been unexplained so far are crafts not yet confirmed.
const SEA_KNOWN_LOOKS: f64 = 20.0;
/// How many plots the sensor's mean excess is worth in a cell.
const PRIOR_PLOTS: f64 = 30.0;
/// Mean excess of clutter over the threshold believed before anything was seen, in noise powers: noise alone has 1, sea somewhat
/// more.
const FIRST_EXCESS: f64 = 2.0;
/// How many plots that belief is worth.
const FIRST_PLOTS: f64 = 20.0;
/// Bounds of the mean excess: noise alone, and a sea so spiky that amplitude tells little.
const EXCESS_BOUNDS: (f64, f64) = (0.8, 12.0);

/// Only plots whose excess is below this tell the law, in noise powers: a craft's echoes, ten times stronger, hardly ever fall there,
/// so that crafts not yet held do not pass for a rough sea. (Counting two bins was measured too: the 0.2 dB steps of CAT010 amplitudes bias it.)
const LOW: f64 = 4.0;

#[derive(Clone, Copy, Default)]
struct Cell {
    // Clutter plots, and when they were last aged, in looks.
    mass: f32,
    mass_look: f32,
    // Unexplained plots below [`LOW`]: their number, and the sum of their excess.
    bins: [f32; 2],
    bins_look: f32,
}

/// What is expected at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clutter {
    /// Clutter plots a look and m².
    pub density: f64,
    /// Mean of the excess of their power over the threshold, in noise powers.
    pub excess: f64,
}

/// Where a place lies on the map.
pub(crate) struct Spot {
    /// The four cells round it with their bilinear weights.
    cells: [(usize, f64); 4],
    /// Area of a cell there, m².
    area: f64,
}

impl Spot {
    /// Of a place `offset` from the radar, m east and north.
    pub fn at(offset: [f64; 2]) -> Self {
        let half = CELLS as f64 * 0.5;
        let top = (CELLS - 2) as f64;
        let ([x, side_x], [y, side_y]) = (along(offset[0]), along(offset[1]));
        let [x, y] = [x, y].map(|cells| (cells + half - 0.5).clamp(0.0, top + 0.999));
        let (i, j) = (x as usize, y as usize);
        let (fx, fy) = (x - i as f64, y - j as f64);
        let k = j * CELLS + i;
        Self {
            cells: [
                (k, (1.0 - fx) * (1.0 - fy)),
                (k + 1, fx * (1.0 - fy)),
                (k + CELLS, (1.0 - fx) * fy),
                (k + CELLS + 1, fx * fy),
            ],
            area: side_x * side_y,
        }
    }
}

/// How many cells lie between the radar and a place `m` metres from it on an axis, and how long a cell's side is there, m.
fn along(m: f64) -> [f64; 2] {
    let far = m.abs() / EVEN_M;
    if far <= 1.0 { [m / CELL_M, CELL_M] } else { [(EVEN_M / CELL_M * (1.0 + far.ln())).copysign(m), CELL_M * far] }
}

/// Clutter map of one radar.
pub(crate) struct ClutterMap {
    cells: Vec<Cell>,
    total: Cell,
    // Mean below [`LOW`] of the excess believed before anything was seen.
    first_truncated: f64,
    // Area in which anything was ever seen, m².
    seen: Vec<bool>,
    seen_area: f64,
}

impl ClutterMap {
    pub fn new() -> Self {
        Self {
            cells: vec![Cell::default(); CELLS * CELLS],
            total: Cell::default(),
            first_truncated: truncated_mean(FIRST_EXCESS),
            seen: vec![false; CELLS * CELLS],
            seen_area: 0.0,
        }
    }

    /// Notes that the radar gave a plot there: that part of the sea is looked at.
    pub fn saw(&mut self, spot: &Spot) {
        let [(k, _), ..] = spot.cells;
        if !self.seen[k] {
            self.seen[k] = true;
            self.seen_area += spot.area;
        }
    }

    // What each of four cells remembers at a look.
    fn masses_at(&self, look: f64, around: &[(usize, f64); 4]) -> [f64; 4] {
        let cells = around.map(|(k, _)| &self.cells[k]);
        let keep = exp_each(cells.map(|c| fade(look - f64::from(c.mass_look))));
        std::array::from_fn(|i| f64::from(cells[i].mass) * keep[i])
    }

    /// Learns `mass` clutter plots there at the radar's `look` (looks since the start).
    pub fn learn(&mut self, look: f64, spot: &Spot, mass: f64) {
        let kept = self.masses_at(look, &spot.cells);
        for ((k, w), kept) in spot.cells.into_iter().zip(kept) {
            let cell = &mut self.cells[k];
            cell.mass = (kept + mass * w) as f32;
            cell.mass_look = cell.mass_look.max(look as f32);
        }
        self.total.add_mass(look, mass);
    }

    /// Learns the excess of a plot that is unexplained with the given weight.
    pub fn learn_excess(&mut self, look: f64, spot: &Spot, excess: f64, weight: f64) {
        if excess >= LOW {
            return;
        }
        for (k, w) in spot.cells {
            self.cells[k].add_excess(look, excess, weight * w);
        }
        self.total.add_excess(look, excess, weight);
    }

    /// Clutter plots a look and m² over the whole sea that the radar looks at, as seen; `None` in the first looks.
    pub fn sea(&self, look: f64) -> Option<f64> {
        let area = self.seen_area.max(1e7);
        (look >= SEA_KNOWN_LOOKS).then(|| self.total.mass_at(look) / area / exposure(look))
    }

    /// What is expected at a place at a look. `margin` is as for [`density`](Self::density).
    pub fn at(&self, look: f64, spot: &Spot, margin: f64) -> Clutter {
        let all = self.total.bins_at(look);
        let all = [all[0] + FIRST_PLOTS, all[1] + FIRST_PLOTS * self.first_truncated];
        let mut bins = [0.0; 2];
        let keep = exp_each(spot.cells.map(|(k, _)| fade(look - f64::from(self.cells[k].bins_look))));
        for (&(k, w), keep) in spot.cells.iter().zip(keep) {
            let b = self.cells[k].bins;
            bins[0] += w * (f64::from(b[0]) * keep);
            bins[1] += w * (f64::from(b[1]) * keep);
        }
        let mean = (bins[1] + PRIOR_PLOTS * all[1] / all[0]) / (bins[0] + PRIOR_PLOTS);
        Clutter {
            density: self.density(look, spot, margin),
            excess: untruncated_mean(mean).clamp(EXCESS_BOUNDS.0, EXCESS_BOUNDS.1),
        }
    }

    /// Clutter plots a look and m² expected at a place at a look. `margin` is by how much of its excess over the whole sea's mean a dense place is
    /// taken for denser yet: cells smooth a patch's crest away, the patch has drifted on since, and a track that lives on clutter multiplies the
    /// error of the density look by look.
    pub fn density(&self, look: f64, spot: &Spot, margin: f64) -> f64 {
        let exposure = exposure(look);
        let sea = self.seen_area.max(1e7);
        let mean = (FIRST_DENSITY * FIRST_LOOKS + self.total.mass_at(look) / sea) / (FIRST_LOOKS + exposure);
        let mass = spot.cells.iter().zip(self.masses_at(look, &spot.cells)).fold(0.0, |sum, ((_, w), mass)| sum + w * mass);
        let here = (mean * PRIOR_LOOKS + mass / spot.area) / (PRIOR_LOOKS + exposure);
        (here + margin * (here - mean).max(0.0)) * (1.0 + DOUBT / (1.0 + look).sqrt())
    }
}

impl Cell {
    fn add_mass(&mut self, look: f64, mass: f64) {
        self.mass = (self.mass_at(look) + mass) as f32;
        self.mass_look = self.mass_look.max(look as f32);
    }

    fn add_excess(&mut self, look: f64, excess: f64, weight: f64) {
        let bins = self.bins_at(look);
        self.bins = [(bins[0] + weight) as f32, (bins[1] + weight * excess) as f32];
        self.bins_look = self.bins_look.max(look as f32);
    }

    fn mass_at(&self, look: f64) -> f64 {
        // Nothing has nothing to fade: cells of a calm sea spare the exponential.
        if self.mass == 0.0 {
            return 0.0;
        }
        f64::from(self.mass) * fading(look - f64::from(self.mass_look))
    }

    fn bins_at(&self, look: f64) -> [f64; 2] {
        if self.bins == [0.0; 2] {
            return [0.0; 2];
        }
        let keep = fading(look - f64::from(self.bins_look));
        self.bins.map(|b| f64::from(b) * keep)
    }
}

/// Mean below [`LOW`] of an exponential law of mean `mean`.
fn truncated_mean(mean: f64) -> f64 {
    mean - LOW / ((LOW / mean).exp() - 1.0)
}

/// The inverse of [`truncated_mean`], to three parts in a thousand. With k = LOW/mean, truncated/LOW = 1/k − 1/(eᵏ − 1), which is half of one less
/// the Langevin function of k/2, whose inverse this rational function stands for (Kröger 2015, J. Non-Newtonian Fluid Mech. 223, 77).
fn untruncated_mean(truncated: f64) -> f64 {
    let y = 1.0 - 2.0 * (truncated / LOW).clamp(0.05, 0.48);
    let y2 = y * y;
    let half_k = y * (3.0 - 0.2 * y2 * (6.0 + y2 - 2.0 * y2 * y2)) / (1.0 - y2);
    LOW / (2.0 * half_k)
}

/// Looks that the map remembers at a look.
fn exposure(look: f64) -> f64 {
    MEMORY_LOOKS * (1.0 - (-look / MEMORY_LOOKS).exp())
}

fn fading(looks: f64) -> f64 {
    fade(looks).exp()
}

// The logarithm of what is left after so many looks.
fn fade(looks: f64) -> f64 {
    -looks.max(0.0) / MEMORY_LOOKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_is_found_from_its_lower_part() {
        for mean in [0.8, 0.9, 1.8, 3.0, 6.0, 12.0] {
            let found = untruncated_mean(truncated_mean(mean));
            assert!((found / mean - 1.0).abs() < 0.004, "{mean} {found}");
        }
    }

    // What an even sea of `side_m` is told to be, over what it is, round each of some places: plots a look fall evenly on it, `plots` of them.
    fn told(side_m: f64, plots: u32, around: &[[f64; 2]]) -> Vec<f64> {
        let mut map = ClutterMap::new();
        // Low-discrepancy places (golden ratios of two dimensions).
        let (mut e, mut n) = (0.5, 0.5);
        let mut sums = vec![0.0; around.len()];
        for look in 0..400 {
            for _ in 0..plots {
                e = (e + 0.754_877_666) % 1.0;
                n = (n + 0.569_840_291) % 1.0;
                let at = [side_m * (e - 0.5), side_m * (n - 0.5)];
                let spot = Spot::at(at);
                map.saw(&spot);
                map.learn(f64::from(look), &spot, 1.0);
            }
            // A cell holds a part of a plot at any moment: what it says is right in the mean over many.
            if look >= 300 {
                let look = f64::from(look);
                for (sum, at) in sums.iter_mut().zip(around) {
                    *sum += map.at(look, &Spot::at(*at), 0.0).density / (1.0 + DOUBT / (1.0 + look).sqrt());
                }
            }
        }
        sums.into_iter().map(|sum| sum / 100.0 / (f64::from(plots) / (side_m * side_m))).collect()
    }

    #[test]
    fn an_even_sea_is_learned() {
        // One plot a look in a square of 4 km: 6.25e-8 a look and m².
        let found = told(4000.0, 1, &[[0.0, 0.0]]);
        assert!((found[0] - 1.0).abs() < 0.15, "{found:?}");
    }

    /// A map that ends piles up at its edge what lies beyond: three times the density at 33 km, and no boat out there is ever believed.
    #[test]
    fn the_sea_far_out_is_no_denser_than_it_is() {
        // One plot in 10 km² within 70 km on each axis.
        let places = [[5e3, 5e3], [20e3, -10e3], [-33e3, 2e3], [35e3, 35e3], [1e3, -50e3], [-68e3, 60e3]];
        for (place, found) in places.iter().zip(told(140e3, 1960, &places)) {
            assert!((found - 1.0).abs() < 0.25, "{place:?}: {found}");
        }
    }
}
