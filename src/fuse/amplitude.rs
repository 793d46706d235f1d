//! What the strength of a plot says: craft or clutter, and how detectable the craft is.

use crate::track::{LEVEL_PD, LEVELS, exp_each};

/// Share of clutter plots that follow a heavier law than their neighbourhood's, and how much heavier: breaking crests.
const TAIL: (f64, f64) = (0.1, 3.0);
/// A likelihood ratio outside these bounds would rest on the tails of laws that are only roughly known.
const RATIO_BOUNDS: (f64, f64) = (0.05, 50.0);
/// Excess beyond this says no more, in noise powers: both laws would come out as zero, and their ratio as no number.
const EXCESS_MAX: f64 = 300.0;

/// Plots of which the weakest tells where a radar's threshold lies: one in a hundred of clutter alone is within a tenth of a noise power of it.
const BLOCK: u32 = 100;
/// A block's weakest is one of many, and a sea of few plots makes a high one: so much of it is taken.
const NEWEST: f64 = 0.25;
/// By how much the weakest plots must lie off the threshold that a site tells to be believed instead, dB: amplitudes are told in steps of up to half a decibel.
const OFF_DB: f64 = 0.6;
/// Between the weakest and the strongest of them lie at least so many dB, or a radar tells the same of all its plots and its amplitudes say nothing of its threshold.
const SPREAD_DB: f64 = 2.0;
/// The threshold in whose units excess is told, in noise powers: that of a usual extractor.
const UNIT: f64 = 10.0;

const NO_PLOTS: (u32, f64, f64) = (0, f64::MAX, f64::MIN);

/// The weakest that a radar shows, dB. A site tells what its maker told it; the amplitudes of many extractors are counts of no known zero, and a threshold set higher on the day would make
/// crafts of all that passes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    told_db: f64,
    // Mean of the weakest of each block.
    weakest_db: Option<f64>,
    // Plots of this block, the weakest and the strongest.
    block: (u32, f64, f64),
    power: f64,
    unit: f64,
}

impl Floor {
    /// As the site tells.
    pub fn new(told_db: f64) -> Self {
        Self { told_db, weakest_db: None, block: NO_PLOTS, power: 0.0, unit: 0.0 }.at(told_db)
    }

    /// Learns from a plot's strength.
    pub fn saw(&mut self, db: f64) {
        let (n, least, most) = &mut self.block;
        (*n, *least, *most) = (*n + 1, least.min(db), most.max(db));
        if *n >= BLOCK {
            let (_, least, most) = std::mem::replace(&mut self.block, NO_PLOTS);
            if most - least < SPREAD_DB {
                return;
            }
            let before = self.weakest_db.get_or_insert(least);
            *before += NEWEST * (least - *before);
            let db = if (*before - self.told_db).abs() > OFF_DB { *before } else { self.told_db };
            *self = self.at(db);
        }
    }

    fn at(self, db: f64) -> Self {
        let power = 10f64.powf(db / 10.0);
        Self { power, unit: UNIT / power, ..self }
    }

    /// What brings powers to units in which the threshold is [`UNIT`].
    pub fn unit(&self) -> f64 {
        self.unit
    }

    /// Power of the threshold.
    pub fn power(&self) -> f64 {
        self.power
    }
}

/// Likelihood ratios, craft over clutter, of a plot's power, for each detection level.
///
/// A craft's echo fluctuates from look to look (Swerling 1), so that its power above a threshold `T` (in noise powers) is exponential with
/// the mean `1 + S`, and its detection probability is `exp(−T/(1+S))`: the level tells the law. Clutter's excess is exponential with the
/// mean learned on the spot. Both are told in units in which the threshold is [`UNIT`], so that an amplitude whose zero is not the noise says the same.
pub(crate) fn ratios(excess: f64, clutter_mean: f64) -> [f64; LEVELS] {
    let excess = excess.min(EXCESS_MAX);
    let mean = [
        UNIT / -LEVEL_PD[0].ln(),
        UNIT / -LEVEL_PD[1].ln(),
        UNIT / -LEVEL_PD[2].ln(),
        UNIT / -LEVEL_PD[3].ln(),
        UNIT / -LEVEL_PD[4].ln(),
        clutter_mean,
        clutter_mean * TAIL.1,
    ];
    let [craft @ .., sea, crests] = exp_each(mean.map(|mean| -excess / mean));
    let clutter = (1.0 - TAIL.0) * (sea / mean[5]) + TAIL.0 * (crests / mean[6]);
    std::array::from_fn(|l| (craft[l] / mean[l] / clutter).clamp(RATIO_BOUNDS.0, RATIO_BOUNDS.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_echo_and_the_weakest_have_a_ratio() {
        for excess in [0.0, 1.0, 30.0, 1e3, 1e6, 1e30] {
            for clutter in [0.8, 2.0, 12.0] {
                for r in ratios(excess, clutter) {
                    assert!((RATIO_BOUNDS.0..=RATIO_BOUNDS.1).contains(&r), "{excess} {clutter} {r}");
                }
            }
        }
    }

    #[test]
    fn a_threshold_told_wrong_is_found_and_one_told_right_stays() {
        for (told, is) in [(10.0, 10.0), (10.0, 10.4), (10.0, 13.0), (13.0, 10.0), (0.0, 35.0)] {
            let mut floor = Floor::new(told);
            for n in 0..1000u32 {
                floor.saw(is + 0.01 + 6.0 * (f64::from(n) * 0.618_034).fract());
            }
            let expected = if f64::abs(told - is) < 0.5 { told } else { is };
            assert!((10.0 * floor.power().log10() - expected).abs() < 0.1, "{told} {is}");
        }
    }

    #[test]
    fn a_radar_that_tells_the_same_of_all_its_plots_tells_nothing_of_its_threshold() {
        let mut floor = Floor::new(10.0);
        (0..1000).for_each(|_| floor.saw(12.0));
        assert_eq!(floor.power(), 10.0);
    }

    #[test]
    fn a_strong_echo_is_of_a_craft_and_a_weak_one_of_the_sea() {
        assert!(ratios(20.0, 1.8).iter().all(|r| *r > 1.0));
        assert!(ratios(0.1, 1.8).iter().all(|r| *r < 1.0));
    }
}
