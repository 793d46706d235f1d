//! Ways by sea: how far it is round the land to a place, and which way.
//!
//! Sea and land are laid into a grid once; how far each cell of it is from a place is marched outward from the place (fast marching,
//! J. A. Sethian 1996, "A fast marching level set method for monotonically advancing fronts"), which is true to the straight way
//! where a path from cell to cell is up to 8 % too long.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::coast::Coast;
use super::enu::LocalPlane;
use super::wgs84::Geodetic;

/// A grid has no more cells than this, 160 km by 160 km of 250 m: cells grow with the area. Finer ones foretell no better (150 m: a mean log score of .85 for .76)
/// and find ways through gaps that a survey of ±0.3 NM cannot vouch for.
pub const MAX_CELLS: f64 = 4e5;
/// Cells of this size at least, m: the survey that ships has an edge every 127 m in the median.
const LEAST_CELL_M: f64 = 200.0;
/// A point on land (a track's error, a boat at a pier) is taken for the nearest water within so many cells.
const ASHORE_CELLS: i64 = 3;
/// A helmsman keeps off the land, the more by night: what a metre costs him in metres within so many of it.
const KEEP_OFF: [(f64, f32); 2] = [(1000.0, 1.25), (500.0, 1.5)];
/// Water within so many cells of a place is taken to be straight across from it.
const NEAR_CELLS: i64 = 1;

/// Sea and land of an area, in cells.
#[derive(Clone, Debug)]
pub struct SeaGrid {
    plane: LocalPlane,
    low: [f64; 2],
    cell_m: f64,
    columns: usize,
    rows: usize,
    // What a metre costs, in metres; infinite on land.
    cost: Box<[f32]>,
}

/// How far each cell of a grid is from a place by sea, whole metres; [`FAR`] on land, beyond reach and where no water leads there.
#[derive(Clone, Debug)]
pub struct SeaDistance {
    steps: Box<[u16]>,
}

/// Distances are kept in steps of this, m: to 131 km in two bytes.
const STEP_M: f32 = 2.0;
/// No distance.
const FAR: u16 = u16::MAX;

/// A cell that the front has reached, by its distance.
#[derive(Clone, Copy, PartialEq)]
struct Reached(f32, u32);

impl Eq for Reached {}

impl Ord for Reached {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Reached {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl SeaGrid {
    /// Lays the area between two corners, m east and north in `plane`, into at most so many cells. What the survey does not cover is taken for sea.
    pub fn new(coast: &Coast, plane: LocalPlane, low: [f64; 2], high: [f64; 2], most_cells: f64) -> Self {
        let size = [0, 1].map(|k| (high[k] - low[k]).max(LEAST_CELL_M));
        let cell_m = (size[0] * size[1] / most_cells.min(MAX_CELLS)).sqrt().max(LEAST_CELL_M);
        let [columns, rows] = size.map(|m| (m / cell_m).ceil() as usize);
        let mut grid = Self { plane, low, cell_m, columns, rows, cost: Box::default() };
        let cost = |i: usize| {
            let [e, n] = grid.centre(i);
            if coast.is_land(grid.plane.geodetic(e, n)) { f32::INFINITY } else { 1.0 }
        };
        grid.cost = (0..columns * rows).map(cost).collect();
        grid.keep_off();
        grid
    }

    // Water near land costs more.
    fn keep_off(&mut self) {
        let land: Vec<bool> = self.cost.iter().map(|c| c.is_infinite()).collect();
        for (off_m, cost) in KEEP_OFF {
            let cells = (off_m / self.cell_m).round() as i64;
            // Along rows, then along columns: squares about land.
            let mut near = vec![false; land.len()];
            for i in (0..land.len()).filter(|i| land.get(*i) == Some(&true)) {
                let (column, row) = ((i % self.columns) as i64, (i / self.columns) as i64);
                for k in -cells..=cells {
                    if let Some(n) = self.cell(column + k, row).and_then(|n| near.get_mut(n)) {
                        *n = true;
                    }
                }
            }
            for i in (0..land.len()).filter(|i| near.get(*i) == Some(&true)) {
                let (column, row) = ((i % self.columns) as i64, (i / self.columns) as i64);
                for k in -cells..=cells {
                    if let Some(c) = self.cell(column, row + k).and_then(|n| self.cost.get_mut(n)) {
                        *c = c.max(cost);
                    }
                }
            }
        }
    }

    /// The middles of the cells of sea that `takes` wants, m east and north in the plane, among those with land beside them.
    pub fn shores(&self, takes: impl Fn([f64; 2]) -> bool) -> Vec<[f64; 2]> {
        let at_shore = |i: &usize| self.is_sea(*i) && self.beside_of(*i).into_iter().flatten().any(|n| !self.is_sea(n));
        (0..self.cost.len()).filter(at_shore).map(|i| self.centre(i)).filter(|p| takes(*p)).collect()
    }

    /// Distance of every cell within `reach_m` from a point, m east and north in the plane.
    pub fn distance_from(&self, goal: [f64; 2], reach_m: f64) -> SeaDistance {
        let mut m = vec![f32::INFINITY; self.cost.len()].into_boxed_slice();
        let mut front = BinaryHeap::new();
        let [column, row] = self.column_row(goal);
        // Straight to what lies about it: the front is round from there on.
        let near = (-NEAR_CELLS..=NEAR_CELLS).flat_map(|r| (-NEAR_CELLS..=NEAR_CELLS).map(move |c| (c, r)));
        for i in near.filter_map(|(c, r)| self.cell(column + c, row + r)).filter(|i| self.is_sea(*i)) {
            let p = self.centre(i);
            let d = (p[0] - goal[0]).hypot(p[1] - goal[1]) as f32;
            if let Some(known) = m.get_mut(i) {
                *known = d;
                front.push(Reverse(Reached(d, i as u32)));
            }
        }
        while let Some(Reverse(Reached(d, i))) = front.pop() {
            let i = i as usize;
            if m.get(i).is_none_or(|least| d > *least) || f64::from(d) > reach_m {
                continue;
            }
            for n in self.beside_of(i).into_iter().flatten().filter(|n| self.is_sea(*n)) {
                let d = self.marched(&m, n);
                if let Some(known) = m.get_mut(n)
                    && d < *known
                {
                    *known = d;
                    front.push(Reverse(Reached(d, n as u32)));
                }
            }
        }
        let told = |d: &f32| if *d < f32::from(FAR) * STEP_M { (d / STEP_M).round() as u16 } else { FAR };
        SeaDistance { steps: m.iter().map(told).collect() }
    }

    // The distance that the least of its neighbours on each axis give a cell: |∇d| = 1, upwind.
    fn marched(&self, m: &[f32], i: usize) -> f32 {
        let [w, e, s, n] = self.beside_of(i).map(|n| n.and_then(|n| m.get(n)).map_or(f64::INFINITY, |d| f64::from(*d)));
        let (a, b) = (w.min(e), s.min(n));
        let (least, most) = (a.min(b), a.max(b));
        let h = self.cell_m * self.cost.get(i).map_or(f64::INFINITY, |c| f64::from(*c));
        let d = if most - least >= h {
            least + h
        } else {
            0.5 * (least + most + (2.0 * h * h - (most - least) * (most - least)).sqrt())
        };
        d as f32
    }

    /// How far a point is from the place by sea, m; none outside of the grid and where no water leads there.
    pub fn distance_m(&self, distance: &SeaDistance, at: Geodetic) -> Option<f64> {
        let p = self.plane.east_north(at);
        // Between the middles of four cells, those that are known.
        let x = [0, 1].map(|k| (p[k] - self.low[k]) / self.cell_m - 0.5);
        let corner = x.map(f64::floor);
        let part = [x[0] - corner[0], x[1] - corner[1]];
        let (mut sum, mut weight) = (0.0, 0.0);
        for (de, dn) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let w = (if de == 1 { part[0] } else { 1.0 - part[0] }) * (if dn == 1 { part[1] } else { 1.0 - part[1] });
            if let Some(d) = self.at(distance, corner[0] as i64 + de, corner[1] as i64 + dn).filter(|_| w > 0.0) {
                (sum, weight) = (sum + w * d, weight + w);
            }
        }
        if weight > 0.0 {
            return Some(sum / weight);
        }
        let (e, n) = (x[0].round() as i64, x[1].round() as i64);
        let around = (-ASHORE_CELLS..=ASHORE_CELLS).flat_map(|a| (-ASHORE_CELLS..=ASHORE_CELLS).map(move |b| (a, b)));
        around
            .filter_map(|(a, b)| Some((a * a + b * b, self.at(distance, e + a, n + b)?)))
            .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
            .map(|(off, d)| d + (off as f64).sqrt() * self.cell_m)
    }

    /// The way from a point to the place, downhill in distance: the point, then one a cell or two, the last where it arrives. Empty where no water
    /// leads there.
    pub fn way(&self, distance: &SeaDistance, from: Geodetic) -> Vec<Geodetic> {
        let Some(mut left) = self.distance_m(distance, from) else { return Vec::new() };
        let mut way = vec![from];
        let mut p = self.plane.east_north(from);
        // Each step brings it nearer, so there are no more than the distance has half cells.
        while left > self.cell_m {
            let ahead = (0..16).filter_map(|k| {
                let (sin, cos) = (f64::from(k) * std::f64::consts::TAU / 16.0).sin_cos();
                let q = [p[0] + 1.5 * self.cell_m * sin, p[1] + 1.5 * self.cell_m * cos];
                self.cell_of(q).filter(|i| self.is_sea(*i))?;
                Some((self.distance_m(distance, self.plane.geodetic(q[0], q[1]))?, q))
            });
            let Some((d, q)) = ahead.min_by(|a, b| a.0.total_cmp(&b.0)).filter(|(d, _)| *d < left - 0.25 * self.cell_m) else {
                break;
            };
            (left, p) = (d, q);
            way.push(self.plane.geodetic(p[0], p[1]));
        }
        way
    }

    fn at(&self, distance: &SeaDistance, column: i64, row: i64) -> Option<f64> {
        let steps = *distance.steps.get(self.cell(column, row)?)?;
        (steps != FAR).then_some(f64::from(f32::from(steps) * STEP_M))
    }

    fn column_row(&self, p: [f64; 2]) -> [i64; 2] {
        [0, 1].map(|k| ((p[k] - self.low[k]) / self.cell_m).floor() as i64)
    }

    fn cell_of(&self, p: [f64; 2]) -> Option<usize> {
        let [column, row] = self.column_row(p);
        self.cell(column, row)
    }

    fn cell(&self, column: i64, row: i64) -> Option<usize> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        (column < self.columns && row < self.rows).then_some(row * self.columns + column)
    }

    fn is_sea(&self, i: usize) -> bool {
        self.cost.get(i).is_some_and(|c| c.is_finite())
    }

    fn centre(&self, i: usize) -> [f64; 2] {
        [0, 1].map(|k| self.low[k] + ([i % self.columns, i / self.columns][k] as f64 + 0.5) * self.cell_m)
    }

    // West, east, south, north; none outside of the grid.
    fn beside_of(&self, i: usize) -> [Option<usize>; 4] {
        let (column, row) = (i % self.columns, i / self.columns);
        [
            (column > 0).then(|| i - 1),
            (column + 1 < self.columns).then_some(i + 1),
            (row > 0).then(|| i - self.columns),
            (row + 1 < self.rows).then_some(i + self.columns),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::geodesic::distance_m;
    use super::*;

    fn land(low: [f64; 2], high: [f64; 2]) -> Coast {
        let ([w, s], [e, n]) = (low, high);
        let text = format!(r#"{{"type":"Polygon","coordinates":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}"#);
        Coast::from_geojson(&text).unwrap()
    }

    fn grid(coast: &Coast) -> SeaGrid {
        let plane = LocalPlane::new(Geodetic::from_degrees(22.5, 114.7).at_height(0.0));
        SeaGrid::new(coast, plane, [-40_000.0, -40_000.0], [40_000.0, 40_000.0], MAX_CELLS)
    }

    fn at(east: f64, north: f64) -> Geodetic {
        LocalPlane::new(Geodetic::from_degrees(22.5, 114.7).at_height(0.0)).geodetic(east, north)
    }

    fn length(way: &[Geodetic]) -> f64 {
        way.windows(2).map(|w| distance_m(w[0], w[1])).sum()
    }

    #[test]
    fn in_open_water_it_is_the_straight_way() {
        // Land far off to the north-east.
        let grid = grid(&land([115.05, 22.8], [115.08, 22.85]));
        let distance = grid.distance_from([0.0, 0.0], 60_000.0);
        for (e, n) in [(10_000.0, 0.0), (0.0, -25_000.0), (-20_000.0, 20_000.0), (7_000.0, -23_000.0), (-35_000.0, 12_000.0)] {
            let (told, true_m) = (grid.distance_m(&distance, at(e, n)).unwrap(), f64::hypot(e, n));
            assert!((told / true_m - 1.0).abs() < 0.015, "{e} {n}: {told} for {true_m}");
            let way = grid.way(&distance, at(e, n));
            assert!((length(&way) / true_m - 1.0).abs() < 0.03, "{e} {n}: a way of {} for {true_m}", length(&way));
        }
        assert_eq!(grid.distance_m(&distance, at(90_000.0, 0.0)), None);
        // Beyond its reach nothing is known.
        let short = grid.distance_from([0.0, 0.0], 5_000.0);
        assert!(grid.distance_m(&short, at(4_000.0, 0.0)).is_some() && grid.distance_m(&short, at(9_000.0, 0.0)).is_none());
    }

    #[test]
    fn round_a_wall_it_is_the_way_round_the_nearer_end() {
        // A wall 1 km wide from 11.1 km south of the middle to 5.5 km north of it.
        let coast = land([114.695, 22.4], [114.705, 22.55]);
        let grid = grid(&coast);
        let distance = grid.distance_from([-10_000.0, 0.0], 60_000.0);
        let told = grid.distance_m(&distance, at(10_000.0, 0.0)).unwrap();
        // Round the northern end, with half of its width each way.
        let least = 2.0 * f64::hypot(9_486.0, 5_538.0) + 1_028.0;
        // Off the land by up to a kilometre of dearer water.
        assert!(told > least && told < 1.12 * least, "{told} for {least}");
        let way = grid.way(&distance, at(10_000.0, 0.0));
        assert!(length(&way) > 0.97 * least && length(&way) < 1.1 * least, "{} for {least}", length(&way));
        assert!(way.iter().all(|p| !coast.is_land(*p)));
        assert!(distance_m(*way.last().unwrap(), at(-10_000.0, 0.0)) < 600.0);
        // A boat at the pier, told to be ashore by its track's error.
        assert!(grid.distance_m(&distance, at(430.0, 0.0)).is_some());
        assert_eq!(grid.shores(|p| p[1].abs() < 1.0 || p[1] > 30_000.0).len() % 2, 0);
    }

    #[test]
    fn a_lake_is_not_reached() {
        let ring = |a: f64| {
            format!(
                "[[{},{}],[{},{}],[{},{}],[{},{}],[{},{}]]",
                114.7 - a,
                22.5 - a,
                114.7 + a,
                22.5 - a,
                114.7 + a,
                22.5 + a,
                114.7 - a,
                22.5 + a,
                114.7 - a,
                22.5 - a
            )
        };
        let coast =
            Coast::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{},{}]}}"#, ring(0.1), ring(0.05))).unwrap();
        let grid = grid(&coast);
        let distance = grid.distance_from([0.0, 0.0], 60_000.0);
        assert!(grid.distance_m(&distance, at(2_000.0, 2_000.0)).is_some());
        assert_eq!(grid.distance_m(&distance, at(20_000.0, 0.0)), None);
        assert!(grid.way(&distance, at(20_000.0, 0.0)).is_empty());
    }
}
