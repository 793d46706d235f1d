//! Plots and antenna passages → ASTERIX CAT010 and CAT034 blocks, as a plot extractor writes them.

use std::f64::consts::TAU;

use crate::wire::asterix::encode::{EncodeError, RadarPlot, write_north, write_plots, write_sector};
use crate::wire::asterix::statement::Source;

/// A plot as the extractor tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncodedPlot {
    /// Seconds since UTC midnight by the radar's clock.
    pub time_of_day_s: f64,
    /// Slant range, m.
    pub range_m: f64,
    /// Degrees clockwise from true north.
    pub azimuth_deg: f64,
    /// Signal-to-noise ratio, dB.
    pub snr_db: f64,
}

/// Amplitude counts a dB in item I010/131: ours, told in `site.toml` as `db_per_count = 0.2`.
pub const COUNTS_PER_DB: f64 = 5.0;

/// One CAT010 block of target reports.
pub fn plots_block(source: Source, plots: &[EncodedPlot]) -> Result<Vec<u8>, EncodeError> {
    let plots: Vec<RadarPlot> = plots
        .iter()
        .map(|plot| RadarPlot {
            source,
            time_of_day_s: plot.time_of_day_s,
            range_m: plot.range_m,
            azimuth: plot.azimuth_deg.to_radians(),
            amplitude: Some((plot.snr_db * COUNTS_PER_DB).round().clamp(0.0, 255.0) as u8),
        })
        .collect();
    let mut out = Vec::new();
    write_plots(&plots, &mut out)?;
    Ok(out)
}

/// One CAT034 block: the antenna crosses into `sector` (of `sectors`); sector 0 is told as the north marker, with the rotation
/// period.
pub fn antenna_block(
    source: Source,
    time_of_day_s: f64,
    sector: u32,
    sectors: u32,
    period_s: f64,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    if sector == 0 {
        write_north(source, time_of_day_s, period_s, &mut out)?;
    } else {
        write_sector(source, time_of_day_s, TAU * f64::from(sector) / f64::from(sectors), &mut out)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: Source = Source { sac: 201, sic: 11 };

    #[test]
    fn a_block_is_the_one_an_independent_encoder_wrote() {
        // The same record as written by libasterix in the scored scenes: 201/11, 128.734 s into the hour, 2133 m, 285.71°, 10.6 dB.
        let plot = EncodedPlot {
            time_of_day_s: f64::from(0x0070_805E_u32) / 128.0,
            range_m: 2133.0,
            azimuth_deg: f64::from(0xCB32_u32) * 360.0 / 65_536.0,
            snr_db: 10.6,
        };
        let bytes = plots_block(SOURCE, &[plot]).unwrap();
        let expected =
            [0x0A, 0x00, 0x13, 0xF5, 0x01, 0x01, 0x20, 0xC9, 0x0B, 0x01, 0x60, 0x70, 0x80, 0x5E, 0x08, 0x55, 0xCB, 0x32, 0x35];
        assert_eq!(bytes, expected);
        let sector = antenna_block(SOURCE, f64::from(0x0070_8000_u32) / 128.0, 16, 32, 2.5).unwrap();
        assert_eq!(sector, [0x22, 0x00, 0x0B, 0xF0, 0xC9, 0x0B, 0x02, 0x70, 0x80, 0x00, 0x80]);
    }
}
