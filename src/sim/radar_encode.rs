//! Plots and antenna passages → ASTERIX CAT010 and CAT034 blocks, as a plot extractor writes them.

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

/// I010/140 and I034/030: 1/128 s, modulo 24 h.
fn time_of_day(seconds: f64) -> [u8; 3] {
    let ticks = ((seconds * 128.0).round() as i64).rem_euclid(86_400 * 128) as u32;
    let [_, a, b, c] = ticks.to_be_bytes();
    [a, b, c]
}

fn block(category: u8, records: &[u8]) -> Vec<u8> {
    let length = (records.len() + 3).min(usize::from(u16::MAX)) as u16;
    let mut out = Vec::with_capacity(records.len() + 3);
    out.push(category);
    out.extend(length.to_be_bytes());
    out.extend(records);
    out
}

/// One CAT010 block (edition 1.1) of target reports: items 010, 000, 020, 140, 040, 131.
pub fn plots_block(sac: u8, sic: u8, plots: &[EncodedPlot]) -> Vec<u8> {
    let mut records = Vec::with_capacity(plots.len() * 16);
    for plot in plots {
        // FRN 1 to 4, 6; then 24.
        records.extend([0xF5, 0x01, 0x01, 0x20, sac, sic]);
        // Target report; typ 3: primary surveillance radar.
        records.extend([0x01, 0x60]);
        records.extend(time_of_day(plot.time_of_day_s));
        records.extend((plot.range_m.round().clamp(0.0, 65_535.0) as u16).to_be_bytes());
        let azimuth = (plot.azimuth_deg.rem_euclid(360.0) / 360.0 * 65_536.0).round() as u32 as u16;
        records.extend(azimuth.to_be_bytes());
        records.push((plot.snr_db * COUNTS_PER_DB).round().clamp(0.0, 255.0) as u8);
    }
    block(10, &records)
}

/// One CAT034 block: the antenna crosses into `sector` (of 256); sector 0 is told as the north marker, with the rotation
/// period.
pub fn antenna_block(sac: u8, sic: u8, time_of_day_s: f64, sector: u8, period_s: f64) -> Vec<u8> {
    let mut record = Vec::with_capacity(12);
    let time = time_of_day(time_of_day_s);
    if sector == 0 {
        // FRN 1, 2, 3, 5: source, type 1 (north marker), time, antenna rotation period in 1/128 s.
        record.extend([0xE8, sac, sic, 0x01]);
        record.extend(time);
        record.extend(((period_s * 128.0).round() as u16).to_be_bytes());
    } else {
        record.extend([0xF0, sac, sic, 0x02]);
        record.extend(time);
        record.push(sector);
    }
    block(34, &record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_the_one_an_independent_encoder_wrote() {
        // The same record as written by libasterix in the scored scenes: 201/11, 128.734 s into the hour, 2133 m, 285.71°, 10.6 dB.
        let plot = EncodedPlot {
            time_of_day_s: f64::from(0x0070_805E_u32) / 128.0,
            range_m: 2133.0,
            azimuth_deg: f64::from(0xCB32_u32) * 360.0 / 65_536.0,
            snr_db: 10.6,
        };
        let bytes = plots_block(201, 11, &[plot]);
        let expected =
            [0x0A, 0x00, 0x13, 0xF5, 0x01, 0x01, 0x20, 0xC9, 0x0B, 0x01, 0x60, 0x70, 0x80, 0x5E, 0x08, 0x55, 0xCB, 0x32, 0x35];
        assert_eq!(bytes, expected);
        let sector = antenna_block(201, 11, f64::from(0x0070_8000_u32) / 128.0, 0x80, 2.5);
        assert_eq!(sector, [0x22, 0x00, 0x0B, 0xF0, 0xC9, 0x0B, 0x02, 0x70, 0x80, 0x00, 0x80]);
    }

    #[test]
    fn time_of_day_wraps_at_midnight() {
        assert_eq!(time_of_day(86_400.0), [0, 0, 0]);
        assert_eq!(time_of_day(-1.0 / 128.0), time_of_day(86_400.0 - 1.0 / 128.0));
    }
}
