//! Waiting plots by place: a uniform grid, made anew for each look.
//!
//! Plots wait in the order of the sweep, which is that of azimuth; a gate far out then is a narrow window of time, but near the radar, and for a
//! craft seen once, it holds hundreds of plots that lie elsewhere in range. Cells are as large as to hold about one plot each.

use super::radar::Waiting;

/// With fewer plots than this a walk through the window of time is cheaper than a grid.
const FEW: usize = 48;
/// Sides of a cell are not smaller than this, m: gates are not either.
const LEAST_SIDE_M: f64 = 150.0;
/// Most cells a plot: an area much emptier than its plots' number tells is a wedge far out or a plot far off.
const CELLS_A_PLOT: f64 = 2.0;

/// The grid.
#[derive(Default)]
pub(super) struct PlotGrid {
    origin: [f64; 2],
    side: f64,
    size: [usize; 2],
    // First entry of each cell in `plots`, and one more.
    starts: Vec<u32>,
    plots: Vec<u32>,
    cell_of: Vec<u32>,
}

impl PlotGrid {
    /// Takes the plots of a look in.
    pub fn fill(&mut self, waiting: &[Waiting]) {
        self.size = [0; 2];
        if waiting.len() < FEW {
            return;
        }
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for w in waiting {
            for axis in 0..2 {
                low[axis] = low[axis].min(w.z[axis]);
                high[axis] = high[axis].max(w.z[axis]);
            }
        }
        let extent = [high[0] - low[0], high[1] - low[1]];
        if !(extent[0] + extent[1]).is_finite() {
            return;
        }
        let cells = CELLS_A_PLOT * waiting.len() as f64;
        // The second bound holds where all lie on a line.
        let side = LEAST_SIDE_M.max((extent[0] * extent[1] / cells).sqrt()).max((extent[0] + extent[1]) / cells);
        self.origin = low;
        self.side = side;
        self.size = extent.map(|e| (e / side) as usize + 1);
        self.starts.clear();
        self.starts.resize(self.size[0] * self.size[1] + 1, 0);
        self.cell_of.clear();
        for w in waiting {
            let [x, y] = self.cell(w.z);
            let cell = y * self.size[0] + x;
            self.cell_of.push(cell as u32);
            self.starts[cell] += 1;
        }
        for i in 1..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        self.plots.clear();
        self.plots.resize(waiting.len(), 0);
        // From the back: each start is the end of its cell and counts down to its beginning.
        for (plot, &cell) in self.cell_of.iter().enumerate().rev() {
            let start = &mut self.starts[cell as usize];
            *start -= 1;
            self.plots[*start as usize] = plot as u32;
        }
    }

    /// Whether there is a grid; few plots have none.
    pub fn is_made(&self) -> bool {
        self.size[0] > 0
    }

    fn cell(&self, z: [f64; 2]) -> [usize; 2] {
        // A conversion of a negative number gives zero.
        std::array::from_fn(|axis| (((z[axis] - self.origin[axis]) / self.side) as usize).min(self.size[axis] - 1))
    }

    /// Writes the plots whose cells touch the box `at` ± `half` to `found`, in ascending order.
    pub fn around(&self, at: [f64; 2], half: [f64; 2], found: &mut Vec<u32>) {
        found.clear();
        let low = self.cell([at[0] - half[0], at[1] - half[1]]);
        let high = self.cell([at[0] + half[0], at[1] + half[1]]);
        for y in low[1]..=high[1] {
            let row = y * self.size[0];
            let (first, end) = (self.starts[row + low[0]] as usize, self.starts[row + high[0] + 1] as usize);
            found.extend_from_slice(&self.plots[first..end]);
        }
        found.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuse::clutter::Clutter;
    use proptest::prelude::*;

    fn plot(z: [f64; 2]) -> Waiting {
        let clutter = Clutter { density: 1e-6, excess: 2.0 };
        Waiting {
            t: 0.0,
            z,
            excess: None,
            echo_m2: None,
            clutter,
            of_ship: 0.0,
            ratio: [1.0; 5],
            free: 1.0,
            taken: 1.0,
            fresh: 1.0,
            open: 1.0,
            doubtful: 0.0,
        }
    }

    proptest! {
        #[test]
        fn no_plot_in_a_box_is_missed(
            z in proptest::collection::vec((-9e3..9e3f64, -9e3..9e3f64), FEW..400),
            squeeze in 0.0..1.0f64,
            boxes in proptest::collection::vec((-12e3..12e3f64, -12e3..12e3f64, 0.0..450.0f64), 1..20),
        ) {
            let waiting: Vec<_> = z.iter().map(|&(e, n)| plot([e, n * squeeze])).collect();
            let (mut grid, mut found) = (PlotGrid::default(), Vec::new());
            grid.fill(&waiting);
            prop_assert!(grid.is_made() && grid.starts.len() <= 4 * waiting.len() + 2);
            for (e, n, half) in boxes {
                grid.around([e, n], [half; 2], &mut found);
                prop_assert!(found.is_sorted());
                for (i, w) in waiting.iter().enumerate() {
                    let inside = (w.z[0] - e).abs() <= half && (w.z[1] - n).abs() <= half;
                    prop_assert!(!inside || found.contains(&(i as u32)));
                }
            }
        }
    }
}
