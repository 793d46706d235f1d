//! Where a radar sees things that are no craft, how many, and how strong they are: learned while it runs.
//!
//! Only plots that no track explains teach the map, and they do so when the track they had started dies unconfirmed, not when
//! they come: in dense traffic a plot of a craft not yet confirmed looks like clutter, and a map that learns it starves the very
//! birth that would explain it.

/// Side of a cell, m: a patch of breaking sea has a radius of some hundred metres.
const CELL_M: f64 = 500.0;
/// Cells a side; with [`CELL_M`] the map reaches 32 km from the radar. Beyond, the edge cells stand for all.
const CELLS: usize = 128;
/// Memory of the map in looks. Patches drift with the tidal stream (1–2 m/s): half a cell in this time.
const MEMORY_LOOKS: f64 = 40.0;
/// How many looks of the sensor's mean density a cell starts with.
const PRIOR_LOOKS: f64 = 6.0;
/// Density believed before anything was seen, plots a look and m²: sea of state 2–3 behind a usual extractor, about one plot in 3 km².
const FIRST_DENSITY: f64 = 3e-7;
/// How many looks that belief is worth.
const FIRST_LOOKS: f64 = 4.0;
/// How many plots the sensor's mean excess is worth in a cell.
const PRIOR_PLOTS: f64 = 6.0;
/// Mean excess of clutter over the threshold believed before anything was seen, in noise powers: noise alone has 1, sea somewhat
/// more.
const FIRST_EXCESS: f64 = 2.0;

#[derive(Clone, Copy, Default)]
struct Cell {
    mass: f32,
    excess: f32,
    look: f32,
}

/// What is expected at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clutter {
    /// Clutter plots a look and m².
    pub density: f64,
    /// Mean of the excess of their power over the threshold, in noise powers.
    pub excess: f64,
}

/// Clutter map of one radar.
pub(crate) struct ClutterMap {
    cells: Vec<Cell>,
    total: Cell,
    // Area in which anything was ever seen, m².
    seen: Vec<bool>,
    seen_area: f64,
}

impl ClutterMap {
    pub fn new() -> Self {
        Self {
            cells: vec![Cell::default(); CELLS * CELLS],
            total: Cell::default(),
            seen: vec![false; CELLS * CELLS],
            seen_area: 0.0,
        }
    }

    // The four cells round a place with their bilinear weights. `offset` is from the radar.
    fn around(offset: [f64; 2]) -> [(usize, f64); 4] {
        let half = CELLS as f64 * 0.5;
        let top = (CELLS - 2) as f64;
        let x = (offset[0] / CELL_M + half - 0.5).clamp(0.0, top + 0.999);
        let y = (offset[1] / CELL_M + half - 0.5).clamp(0.0, top + 0.999);
        let (i, j) = (x.floor(), y.floor());
        let (fx, fy) = (x - i, y - j);
        let k = j as usize * CELLS + i as usize;
        [(k, (1.0 - fx) * (1.0 - fy)), (k + 1, fx * (1.0 - fy)), (k + CELLS, (1.0 - fx) * fy), (k + CELLS + 1, fx * fy)]
    }

    /// Notes that the radar gave a plot there: that part of the sea is looked at.
    pub fn saw(&mut self, offset: [f64; 2]) {
        let [(k, _), ..] = Self::around(offset);
        if !self.seen[k] {
            self.seen[k] = true;
            self.seen_area += CELL_M * CELL_M;
        }
    }

    /// Learns `mass` clutter plots there at the radar's `look` (looks since the start), with the excess of each.
    pub fn learn(&mut self, look: f64, offset: [f64; 2], mass: f64, excess: f64) {
        for (k, w) in Self::around(offset) {
            Self::add(&mut self.cells[k], look, mass * w, excess);
        }
        Self::add(&mut self.total, look, mass, excess);
    }

    fn add(cell: &mut Cell, look: f64, mass: f64, excess: f64) {
        let age = (look - f64::from(cell.look)).max(0.0);
        let keep = (-age / MEMORY_LOOKS).exp();
        cell.mass = (f64::from(cell.mass) * keep + mass) as f32;
        cell.excess = (f64::from(cell.excess) * keep + mass * excess) as f32;
        cell.look = cell.look.max(look as f32);
    }

    /// Mean over the whole sea at a look.
    fn mean(&self, look: f64) -> Clutter {
        let exposure = MEMORY_LOOKS * (1.0 - (-look / MEMORY_LOOKS).exp());
        let keep = (-(look - f64::from(self.total.look)).max(0.0) / MEMORY_LOOKS).exp();
        let mass = f64::from(self.total.mass) * keep;
        let area = self.seen_area.max(1e7);
        Clutter {
            density: (FIRST_DENSITY * FIRST_LOOKS + mass / area) / (FIRST_LOOKS + exposure),
            excess: (FIRST_EXCESS * 20.0 + f64::from(self.total.excess) * keep) / (20.0 + mass),
        }
    }

    /// What is expected at a place at a look.
    pub fn at(&self, look: f64, offset: [f64; 2]) -> Clutter {
        let mean = self.mean(look);
        let exposure = MEMORY_LOOKS * (1.0 - (-look / MEMORY_LOOKS).exp());
        let (mut mass, mut excess) = (0.0, 0.0);
        for (k, w) in Self::around(offset) {
            let c = &self.cells[k];
            if c.mass > 0.0 {
                let keep = w * (-(look - f64::from(c.look)).max(0.0) / MEMORY_LOOKS).exp();
                mass += keep * f64::from(c.mass);
                excess += keep * f64::from(c.excess);
            }
        }
        Clutter {
            density: (mean.density * PRIOR_LOOKS + mass / (CELL_M * CELL_M)) / (PRIOR_LOOKS + exposure),
            excess: (mean.excess * PRIOR_PLOTS + excess) / (PRIOR_PLOTS + mass),
        }
    }
}
