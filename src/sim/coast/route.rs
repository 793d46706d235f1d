//! Ways over the sea round the coast: A* on the land grid, straightened where nothing lies between.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::land::{self, is_land};
use super::super::places::Point;
use crate::geo::{Geodetic, LocalPlane};

/// The water of the land grid, with how far each cell lies from land.
#[derive(Clone, Debug)]
pub struct Chart {
    plane: LocalPlane,
    // Cells to the nearest land, at most NEAR; 0 is land or water that the open sea does not reach.
    clear: Vec<u8>,
}

/// Clearance that a helmsman likes, cells of half a kilometre: nearer the way costs more.
const NEAR: u8 = 3;

impl Chart {
    /// The chart of the grid, for a plane.
    pub fn new(plane: &LocalPlane) -> Self {
        let cells = land::ROWS_OF_CELLS * land::COLUMNS;
        let mut clear = vec![0u8; cells];
        // What the open sea reaches: flooded from the south edge.
        let mut open: Vec<usize> = (0..land::COLUMNS).map(|c| (land::ROWS_OF_CELLS - 1) * land::COLUMNS + c).collect();
        open.retain(|i| !is_land(land::cell_centre(*i)));
        for &i in &open {
            clear[i] = NEAR;
        }
        while let Some(i) = open.pop() {
            for n in neighbours(i).into_iter().flatten().take(4) {
                if clear[n] == 0 && !is_land(land::cell_centre(n)) {
                    clear[n] = NEAR;
                    open.push(n);
                }
            }
        }
        // Distance from what is not open, ring by ring.
        for ring in 1..NEAR {
            let near: Vec<usize> = (0..cells)
                .filter(|&i| clear[i] == NEAR && neighbours(i).into_iter().flatten().any(|n| clear[n] == ring - 1))
                .collect();
            for i in near {
                clear[i] = ring;
            }
        }
        Self { plane: plane.clone(), clear }
    }

    /// Whether the point is open water of the grid.
    pub fn is_open(&self, at: Geodetic) -> bool {
        land::cell(at).is_some_and(|i| self.clear.get(i).is_some_and(|c| *c > 0))
    }

    /// The same for a point east, north in the plane.
    pub fn is_open_at(&self, at: [f64; 2]) -> bool {
        self.is_open(self.plane.geodetic(at[0], at[1]))
    }

    /// The middle of the open cell nearest to a place.
    fn nearest_open(&self, at: Geodetic) -> Option<usize> {
        let from = self.plane.east_north(at);
        let distance = |i: usize| {
            let p = self.plane.east_north(land::cell_centre(i));
            (p[0] - from[0]).hypot(p[1] - from[1])
        };
        if let Some(i) = land::cell(at).filter(|i| self.clear.get(*i).is_some_and(|c| *c > 0)) {
            return Some(i);
        }
        (0..self.clear.len()).filter(|i| self.clear[*i] > 0).min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
    }

    /// A way from one place to another, east and north in the plane, ends moved to open water. Empty where there is none.
    pub fn way(&self, from: Point, to: Point) -> Vec<[f64; 2]> {
        let (Some(start), Some(goal)) =
            (self.nearest_open(Geodetic::from_degrees(from.0, from.1)), self.nearest_open(Geodetic::from_degrees(to.0, to.1)))
        else {
            return Vec::new();
        };
        let mut best = vec![u32::MAX; self.clear.len()];
        let mut before = vec![usize::MAX; self.clear.len()];
        let ahead = |i: usize| {
            let (dr, dc) = (row(i).abs_diff(row(goal)), column(i).abs_diff(column(goal)));
            // Octile distance in tenths of a cell.
            (10 * dr.max(dc) + 4 * dr.min(dc)) as u32
        };
        let mut queue = BinaryHeap::new();
        best[start] = 0;
        queue.push(Reverse((ahead(start), start)));
        while let Some(Reverse((_, i))) = queue.pop() {
            if i == goal {
                break;
            }
            for (k, n) in neighbours(i).into_iter().enumerate() {
                let Some(n) = n.filter(|n| self.clear[*n] > 0) else { continue };
                // No squeezing between two corners of land.
                if k >= 4
                    && [row(i) * land::COLUMNS + column(n), row(n) * land::COLUMNS + column(i)]
                        .iter()
                        .any(|c| self.clear[*c] == 0)
                {
                    continue;
                }
                let step = if k < 4 { 10 } else { 14 };
                let cost = best[i].saturating_add(step * (1 + u32::from(NEAR - self.clear[n])));
                if cost < best[n] {
                    (best[n], before[n]) = (cost, i);
                    queue.push(Reverse((cost + ahead(n), n)));
                }
            }
        }
        if best[goal] == u32::MAX {
            return Vec::new();
        }
        let mut cells = vec![goal];
        while let Some(&last) = cells.last() {
            if last == start || before[last] == usize::MAX {
                break;
            }
            cells.push(before[last]);
        }
        cells.reverse();
        let points: Vec<[f64; 2]> = cells.iter().map(|i| self.plane.east_north(land::cell_centre(*i))).collect();
        self.straightened(&points)
    }

    // Leaves out points between which the way is clear, cell by cell as cautiously as the way itself.
    fn straightened(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut out: Vec<[f64; 2]> = points.first().copied().into_iter().collect();
        let mut i = 0;
        while i + 1 < points.len() {
            let far = (i + 1..points.len()).rev().find(|j| *j == i + 1 || self.is_clear(points[i], points[*j]));
            i = far.unwrap_or(i + 1);
            out.push(points[i]);
        }
        out
    }

    /// Whether a straight line keeps a cell off land.
    pub fn is_clear(&self, a: [f64; 2], b: [f64; 2]) -> bool {
        let steps = ((b[0] - a[0]).hypot(b[1] - a[1]) / 150.0).ceil().max(1.0);
        (0..=steps as u32).all(|k| {
            let f = f64::from(k) / steps;
            let at = self.plane.geodetic(a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]));
            land::cell(at).is_some_and(|i| self.clear.get(i).is_some_and(|c| *c > 1))
        })
    }
}

fn row(i: usize) -> usize {
    i / land::COLUMNS
}

fn column(i: usize) -> usize {
    i % land::COLUMNS
}

// North, south, west, east, then the corners.
fn neighbours(i: usize) -> [Option<usize>; 8] {
    let (r, c) = (row(i) as i64, column(i) as i64);
    [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)].map(|(dr, dc)| {
        let (r, c) = (r + dr, c + dc);
        let inside = (0..land::ROWS_OF_CELLS as i64).contains(&r) && (0..land::COLUMNS as i64).contains(&c);
        inside.then(|| r as usize * land::COLUMNS + c as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::places::{ORIGIN, east_north};
    use super::*;

    #[test]
    fn ways_keep_to_the_water_and_arrive() {
        let plane = LocalPlane::new(Geodetic::from_degrees(ORIGIN.0, ORIGIN.1).at_height(0.0));
        let chart = Chart::new(&plane);
        let ping_chau = (22.52, 114.43);
        for to in [(22.70, 114.545), (22.79, 114.80), (22.69, 114.73), (22.58, 114.90)] {
            let way = chart.way(ping_chau, to);
            assert!(way.len() >= 3, "{to:?}: {way:?}");
            for leg in way.windows(2) {
                for k in 0..=100 {
                    let f = f64::from(k) / 100.0;
                    let p = [leg[0][0] + f * (leg[1][0] - leg[0][0]), leg[0][1] + f * (leg[1][1] - leg[0][1])];
                    assert!(chart.is_open_at(p), "{to:?}: {p:?}");
                }
            }
            let end = way[way.len() - 1];
            let goal = east_north(&plane, to);
            assert!((end[0] - goal[0]).hypot(end[1] - goal[1]) < 3500.0, "{to:?} ends {end:?}, not {goal:?}");
        }
    }
}
