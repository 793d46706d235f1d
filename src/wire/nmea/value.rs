//! Values as fields hold them: places, angles, times, units (IEC 61162-1 §7.2.3).

use super::sentence::{decimal, unsigned};
use crate::geo::Geodetic;
use crate::model::Timestamp;
use crate::model::units::METRES_PER_NM;

/// The one character of a field; `None` for an empty or longer one.
pub fn letter(field: Option<&[u8]>) -> Option<u8> {
    match field {
        Some([one]) => Some(*one),
        _ => None,
    }
}

/// A decimal number; see [`decimal`].
pub fn number(field: Option<&[u8]>) -> Option<f64> {
    decimal(field?)
}

/// An angle of 0–360° clockwise, in radians [0, 2π).
pub fn direction(field: Option<&[u8]>) -> Option<f64> {
    let deg = number(field)?;
    // 360.0 is written for 0.0 by equipment that rounds after it wraps.
    let deg = if deg == 360.0 { 0.0 } else { deg };
    (0.0..360.0).contains(&deg).then(|| deg.to_radians())
}

/// A place from its four fields `ddmm.mm,N,dddmm.mm,E`.
pub fn place(lat: Option<&[u8]>, ns: Option<&[u8]>, lon: Option<&[u8]>, ew: Option<&[u8]>) -> Option<Geodetic> {
    let lat = degrees_minutes(lat?)?;
    let lon = degrees_minutes(lon?)?;
    let lat = match letter(ns)? {
        b'N' => lat,
        b'S' => -lat,
        _ => return None,
    };
    let lon = match letter(ew)? {
        b'E' => lon,
        b'W' => -lon,
        _ => return None,
    };
    (lat.abs() <= 90.0 && lon.abs() <= 180.0).then(|| Geodetic::from_degrees(lat, lon))
}

/// `ddmm.mm` in degrees. The minutes are the two digits before the point and all after it; some write the degrees without
/// their leading zeros.
fn degrees_minutes(field: &[u8]) -> Option<f64> {
    let whole = field.iter().position(|&b| b == b'.').unwrap_or(field.len());
    let (degrees, minutes) = field.split_at_checked(whole.checked_sub(2)?)?;
    let degrees = if degrees.is_empty() { 0 } else { unsigned(degrees)? };
    if !minutes.first()?.is_ascii_digit() || !minutes.get(1)?.is_ascii_digit() {
        return None;
    }
    let minutes = decimal(minutes)?;
    (degrees <= 180 && minutes < 60.0).then_some(degrees as f64 + minutes / 60.0)
}

/// `hhmmss` or `hhmmss.ss` in seconds since midnight. 60 is a leap second.
pub fn time_of_day(field: Option<&[u8]>) -> Option<f64> {
    let (clock, fraction) = field?.split_at_checked(6)?;
    let clock = unsigned(clock)?;
    let (h, m, s) = (clock / 10_000, clock / 100 % 100, clock % 100);
    let fraction = match fraction {
        [] | [b'.'] => 0.0,
        [b'.', ..] => decimal(fraction)?,
        _ => return None,
    };
    (h < 24 && m < 60 && s <= 60).then_some((h * 3600 + m * 60 + s) as f64 + fraction)
}

/// A date and a time of day.
pub fn civil(year: i32, month: u32, day: u32, time_of_day_s: f64) -> Option<Timestamp> {
    Some(Timestamp::from_civil(year, month, day, 0, 0, 0, 0)?.plus_seconds(time_of_day_s))
}

/// `ddmmyy` as year, month, day. Two digits of a year: GPS began in 1980.
pub fn date(field: Option<&[u8]>) -> Option<(i32, u32, u32)> {
    let field = field?;
    if field.len() != 6 {
        return None;
    }
    let n = unsigned(field)? as u32;
    let year = (n % 100) as i32;
    Some((if year < 80 { 2000 + year } else { 1900 + year }, n / 100 % 100, n / 10_000))
}

/// Units of distance and of speed together, as TTM tells them with one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `K`: kilometres and kilometres an hour.
    Kilometres,
    /// `N`: nautical miles and knots.
    NauticalMiles,
    /// `S`: statute miles and miles an hour.
    StatuteMiles,
}

impl Units {
    /// From the letter.
    pub fn read(field: Option<&[u8]>) -> Option<Self> {
        match letter(field)? {
            b'K' => Some(Self::Kilometres),
            b'N' => Some(Self::NauticalMiles),
            b'S' => Some(Self::StatuteMiles),
            _ => None,
        }
    }

    /// Metres in the unit of distance.
    pub fn metres(self) -> f64 {
        match self {
            Self::Kilometres => 1000.0,
            Self::NauticalMiles => METRES_PER_NM,
            // The international mile of 1959, exact.
            Self::StatuteMiles => 1609.344,
        }
    }

    /// Metres per second in the unit of speed, which is the distance an hour.
    pub fn metres_per_second(self) -> f64 {
        self.metres() / 3600.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Geodetic> {
        let mut f = text.split(',').map(str::as_bytes);
        place(f.next(), f.next(), f.next(), f.next())
    }

    #[test]
    fn places() {
        let g = at("5812.7405,N,01132.8508,E").unwrap();
        assert!((g.lat_deg() - 58.212_341_667).abs() < 1e-8 && (g.lon_deg() - 11.547_513_333).abs() < 1e-8);
        let g = at("3345.6,S,7130,W").unwrap();
        assert!((g.lat_deg() + 33.76).abs() < 1e-9 && (g.lon_deg() + 71.5).abs() < 1e-9);
        // Without leading zeros, as 5° 16.0606' E.
        assert!((at("5310.7400,N,516.0606,E").unwrap().lon_deg() - 5.267_676_667).abs() < 1e-8);
        for bad in ["", ",,,", "5860.0,N,01132.8,E", "9100.0,N,01132.8,E", "5812.7,N,18100.0,E", "5812.7,X,01132.8,E"] {
            assert_eq!(at(bad), None, "{bad}");
        }
        for bad in ["-812.7,N,01132.8,E", "58-2.7,N,01132.8,E", "5812.7,N,011.-6,E", "8.1,N,01132.8,E", "1e12.0,N,01132.8,E"] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_and_dates() {
        assert_eq!(time_of_day(Some(b"134601")), Some(49_561.0));
        assert_eq!(time_of_day(Some(b"154125.82")), Some(56_485.82));
        for bad in [&b""[..], b"1346", b"240000", b"126000", b"120061", b"120000x", b"12-000", b"120000.x"] {
            assert_eq!(time_of_day(Some(bad)), None, "{bad:?}");
        }
        assert_eq!(date(Some(b"270715")), Some((2015, 7, 27)));
        assert_eq!(date(Some(b"010199")), Some((1999, 1, 1)));
        assert_eq!(civil(2015, 7, 27, 49_561.0).unwrap().to_string(), "2015-07-27T13:46:01.000Z");
        assert_eq!(civil(2015, 2, 30, 0.0), None);
    }

    #[test]
    fn units_cover_distance_and_speed() {
        assert_eq!(Units::read(Some(b"N")).unwrap().metres_per_second(), 1852.0 / 3600.0);
        assert_eq!(Units::read(Some(b"K")).unwrap().metres(), 1000.0);
        assert!((Units::read(Some(b"S")).unwrap().metres_per_second() - 0.447_04).abs() < 1e-12);
        assert_eq!(Units::read(Some(b"")), None);
        assert_eq!(direction(Some(b"360.0")), Some(0.0));
        assert_eq!(direction(Some(b"-1")), None);
    }
}
