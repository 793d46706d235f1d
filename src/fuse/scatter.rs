//! How far a radar's plots scatter, as ships tell it.
//!
//! A site tells the accuracy that a maker promises, or none. Gates that are too narrow for the plots there are begin a second track beside every craft, so the scatter is measured: from
//! one look to the next the errors of a ship's report, of its antenna's place and of the radar's alignment are the same, and what differs between two of a ship's residuals is the plots' own.

use super::register::Residual;

/// Looks between two residuals that are compared, at most: the ship's report may have changed its error after that.
const LOOKS: f64 = 1.5;
/// Pairs after which the scatter is known to a tenth or so.
const KNOWN_PAIRS: f64 = 60.0;
/// Pairs that are remembered: some minutes of ten ships.
const MEMORY_PAIRS: f64 = 400.0;
/// What is told holds unless the scatter is so many times as large: large hulls glint, whose plots scatter somewhat more than a boat's.
const OFF: f64 = 1.4;
/// No radar is so many times worse than told.
const MOST: f64 = 5.0;

/// Scatter of a radar's plots in range and azimuth.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scatter {
    pairs: f64,
    // Sums of the halved squares of differences.
    squares: [f64; 2],
    before: Option<Residual>,
}

impl Scatter {
    /// Takes a residual, those of a ship one behind the other.
    pub fn take(&mut self, r: &Residual, scan_s: f64) {
        if let Some(b) = self.before.replace(*r)
            && b.ship == r.ship
            && (0.0..LOOKS * scan_s).contains(&(r.t - b.t))
        {
            let keep = 1.0 - 1.0 / MEMORY_PAIRS;
            self.pairs = self.pairs * keep + 1.0;
            for i in 0..2 {
                self.squares[i] = self.squares[i] * keep + 0.5 * (r.y[i] - b.y[i]).powi(2);
            }
        }
    }

    /// Errors of range, m, and azimuth, rad, where `told` are those that the site tells.
    pub fn sigma(&self, told: [f64; 2]) -> [f64; 2] {
        if self.pairs < KNOWN_PAIRS {
            return told;
        }
        std::array::from_fn(|i| {
            let found = (self.squares[i] / self.pairs).sqrt();
            if found > OFF * told[i] { found.min(MOST * told[i]) } else { told[i] }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Mmsi;

    /// Residuals of ships with an error each, scattered by a fixed pattern of unit variance times `sigma`.
    fn taken(sigma: [f64; 2]) -> Scatter {
        let mut scatter = Scatter::default();
        let unit = |n: u32, by: f64| 3.46 * ((f64::from(n) * by).fract() - 0.5);
        for ship in 0..8u32 {
            for n in 0..40 {
                let k = ship * 40 + n;
                let y = [20.0 * f64::from(ship) + sigma[0] * unit(k, 0.754_877_7), 0.01 + sigma[1] * unit(k, 0.569_840_3)];
                let t = 2.5 * f64::from(n);
                scatter.take(
                    &Residual {
                        ship: Mmsi(ship),
                        t,
                        y,
                        rates: [0.0; 2],
                        unit: [1.0, 0.0],
                        range: 5e3,
                        course: [0.0, 1.0],
                        unplaced: false,
                        variance: [1.0; 2],
                    },
                    2.5,
                );
            }
        }
        scatter
    }

    #[test]
    fn a_scatter_that_is_as_told_or_less_changes_nothing() {
        let told = [10.0, 0.005];
        for factor in [0.3, 0.8, 1.0, 1.15] {
            assert_eq!(taken(told.map(|s| factor * s)).sigma(told), told);
        }
        assert_eq!(Scatter::default().sigma(told), told);
    }

    #[test]
    fn a_scatter_of_twice_what_is_told_is_found() {
        let told = [10.0, 0.005];
        let [range, azimuth] = taken([20.0, 0.011]).sigma(told);
        assert!((range / 20.0 - 1.0).abs() < 0.25 && (azimuth / 0.011 - 1.0).abs() < 0.25, "{range} {azimuth}");
    }
}
