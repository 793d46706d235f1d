//! Whether a radar sees a thing: signal-to-noise ratio by range, height and cross-section, and the sea's part in it.

use std::f64::consts::PI;

/// X-band, 9.4 GHz, m.
const WAVELENGTH_M: f64 = 0.032;
/// Effective earth radius, 4/3 of the true one, m.
const EFFECTIVE_EARTH_M: f64 = 8.495e6;
/// SNR of 1 m² at 10 km in free space, dB. With [`HEIGHT_SPREAD`] it is the fit to published working ranges of a coastal X-band
/// set (18–21 ft antenna) that is anchored on IMO MSC.192(79) § 5.3: 2.5 m² found at 11.3 NM half the time from 110 m.
const SNR_1M2_10KM_DB: f64 = 12.0;
/// A hull scatters from the water to twice the height of its centre; heights over this share of it fill the lobes' nulls.
const HEIGHT_SPREAD: f64 = 0.6;
/// Detection threshold as a power ratio: 10 dB, told to the tracker as `min_snr_db`.
pub const THRESHOLD: f64 = 10.0;
/// Flocks fade with range beyond what a lookout radar resolves of them: none is seen beyond 6 NM.
pub const BIRD_RANGE_M: f64 = 6.0 * 1852.0;

/// The state of the sea and what it takes from a radar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sea {
    /// Douglas sea state.
    pub state: u8,
    /// Loss of a small craft's signal, dB.
    pub loss_db: f64,
    /// Density of false plots a scan at the antenna, a km²; it falls as exp(−R / 5 NM).
    pub clutter_km2: f64,
    /// What is left of a small craft's speed.
    pub speed_share: f64,
    /// Rain of 4 mm/h all over: 3 dB in 10 NM.
    pub rain: bool,
}

impl Sea {
    /// Sea state 2: a quiet night.
    pub const CALM: Self = Self { state: 2, loss_db: 0.0, clutter_km2: 0.02, speed_share: 1.0, rain: false };
    /// Sea state 4: −8 dB, fifty times the clutter, boats two fifths slower.
    pub const ROUGH: Self = Self { state: 4, loss_db: 8.0, clutter_km2: 1.0, speed_share: 0.6, rain: false };
    /// Sea state 4 with rain.
    pub const STORM: Self = Self { rain: true, ..Self::ROUGH };
}

/// Mean SNR in dB of a cross-section at slant range `range_m`, its centre `height_m` over the water, from an antenna at
/// `antenna_m`: two-ray propagation over a curved earth, averaged over the hull's height.
pub fn snr_db(range_m: f64, antenna_m: f64, height_m: f64, rcs_m2: f64) -> f64 {
    let range_m = range_m.max(50.0);
    let antenna_m = (antenna_m - range_m * range_m / (2.0 * EFFECTIVE_EARTH_M)).max(0.5);
    let heights = 8;
    let mut lobes = 0.0;
    for i in 0..heights {
        let share = 1.0 - HEIGHT_SPREAD + 2.0 * HEIGHT_SPREAD * (f64::from(i) + 0.5) / f64::from(heights);
        let phase = 2.0 * PI * antenna_m * height_m * share / (WAVELENGTH_M * range_m);
        let s = phase.sin();
        lobes += 16.0 * s * s * s * s;
    }
    let lobes = (lobes / f64::from(heights)).max(1e-9);
    SNR_1M2_10KM_DB + 10.0 * (rcs_m2 * lobes).log10() - 40.0 * (range_m / 1e4).log10()
}

/// SNR in dB that a square metre shows at 10 km when its height fills the lobes: the mean of 16·sin⁴ is 6. What a reflector on a buoy would tell
/// an installer.
pub fn reflector_snr_db() -> f64 {
    SNR_1M2_10KM_DB + 10.0 * 6f64.log10()
}

/// What sea and rain take at a range, dB. Large ships tower over the sea's part of it.
pub fn loss_db(sea: &Sea, range_m: f64, rcs_m2: f64) -> f64 {
    let wave = if rcs_m2 < 50.0 { sea.loss_db } else { 0.0 };
    wave + if sea.rain { 3.0 * range_m / 18_520.0 } else { 0.0 }
}

/// Probability that one look of a Swerling 1 target with that mean SNR crosses the threshold.
pub fn detection_probability(snr_db: f64) -> f64 {
    (-THRESHOLD / (1.0 + 10f64.powf(snr_db / 10.0))).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach_nm(p: f64, rcs: f64, height: f64, antenna: f64) -> f64 {
        let pd = |nm: f64| detection_probability(snr_db(nm * 1852.0, antenna, height, rcs));
        (10..400).rev().map(|tenth| f64::from(tenth) / 10.0).find(|nm| pd(*nm) >= p).unwrap_or(0.0)
    }

    #[test]
    fn ranges_are_those_of_the_published_table() {
        // NM at which one look sees it half the time: (m², m, antenna m, NM). The table's own doubt is some 2 dB: a tenth of range.
        for (rcs, height, antenna, nm) in [
            (1.4, 0.5, 60.0, 6.3),
            (1.4, 0.5, 110.0, 8.2),
            (1.4, 0.5, 290.0, 10.3),
            (2.5, 1.0, 60.0, 8.7),
            (2.5, 1.0, 110.0, 11.3),
            (2.5, 1.0, 290.0, 11.0),
            (5.0, 1.0, 60.0, 9.4),
            (5.0, 1.0, 110.0, 12.3),
            (5.0, 1.0, 290.0, 13.4),
            (100.0, 3.0, 110.0, 21.0),
            (100.0, 3.0, 290.0, 32.2),
        ] {
            let got = reach_nm(0.5, rcs, height, antenna);
            assert!((got / nm).ln().abs() < 0.11, "{rcs} m² from {antenna} m: {got} NM, not {nm}");
        }
    }

    #[test]
    fn a_rough_sea_shortens_the_reach_of_a_small_boat_to_some_five_miles() {
        // Stated: first detection 8–12 NM calm, 4–6 NM in sea state 4. Here: half the looks.
        let pd = |nm: f64| detection_probability(snr_db(nm * 1852.0, 110.0, 1.0, 2.5) - Sea::ROUGH.loss_db);
        let reach = (10..200).rev().map(|t| f64::from(t) / 10.0).find(|nm| pd(*nm) >= 0.5).unwrap();
        assert!((4.0..9.0).contains(&reach), "{reach}");
        assert!(pd(12.0) < 0.2);
    }
}
