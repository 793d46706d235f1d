//! What the strength of a plot says: craft or clutter, and how detectable the craft is.

use crate::track::{LEVEL_PD, LEVELS, exp_each};

/// Share of clutter plots that follow a heavier law than their neighbourhood's, and how much heavier: breaking crests.
const TAIL: (f64, f64) = (0.1, 3.0);
/// A likelihood ratio outside these bounds would rest on the tails of laws that are only roughly known.
const RATIO_BOUNDS: (f64, f64) = (0.05, 50.0);
/// Excess beyond this says no more, in noise powers: both laws would come out as zero, and their ratio as no number.
const EXCESS_MAX: f64 = 300.0;

/// Likelihood ratios, craft over clutter, of a plot's power, for each detection level.
///
/// A craft's echo fluctuates from look to look (Swerling 1), so that its power above a threshold `T` (in noise powers) is exponential with
/// the mean `1 + S`, and its detection probability is `exp(−T/(1+S))`: the level tells the law. Clutter's excess is exponential with the
/// mean learned on the spot.
pub(crate) fn ratios(threshold: f64, excess: f64, clutter_mean: f64) -> [f64; LEVELS] {
    let excess = excess.min(EXCESS_MAX);
    let mean = [
        threshold / -LEVEL_PD[0].ln(),
        threshold / -LEVEL_PD[1].ln(),
        threshold / -LEVEL_PD[2].ln(),
        threshold / -LEVEL_PD[3].ln(),
        threshold / -LEVEL_PD[4].ln(),
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
                for r in ratios(10.0, excess, clutter) {
                    assert!((RATIO_BOUNDS.0..=RATIO_BOUNDS.1).contains(&r), "{excess} {clutter} {r}");
                }
            }
        }
    }

    #[test]
    fn a_strong_echo_is_of_a_craft_and_a_weak_one_of_the_sea() {
        assert!(ratios(10.0, 20.0, 1.8).iter().all(|r| *r > 1.0));
        assert!(ratios(10.0, 0.1, 1.8).iter().all(|r| *r < 1.0));
    }
}
