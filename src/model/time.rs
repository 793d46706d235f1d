//! Time as the house knows it: integer nanoseconds since 1970 UTC.
//!
//! Integers, because a replay must give the same bits as the live run and because float seconds of today have a resolution of
//! only 0.2 µs. Nothing here reads a clock: time enters the engine as a field of an event.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// An instant: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds (as Unix time). Range: years 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant that can be named; older than anything received.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be named.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since 1970 UTC.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole milliseconds since 1970 UTC; saturates at the ends of the range.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From whole seconds since 1970 UTC; saturates at the ends of the range.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SECOND))
    }

    /// From seconds since 1970 UTC. Not a number gives 1970; values outside the range saturate.
    pub fn from_secs_f64(secs: f64) -> Self {
        // Split so that today's dates keep all the precision an f64 has.
        let whole = secs.floor();
        let fraction = ((secs - whole) * 1e9).round();
        Self((whole as i64).saturating_mul(NANOS_PER_SECOND).saturating_add(fraction as i64))
    }

    /// From a civil UTC date and a time of day; `None` where the date or time does not exist.
    pub fn from_civil(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32, nanos: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        // 60 is a leap second: it shares its Unix time with the next second, which is near enough for any sensor.
        if hour > 23 || minute > 59 || second > 60 || nanos >= 1_000_000_000 {
            return None;
        }
        let days = days_from_civil(year, month, day);
        let secs = days.checked_mul(SECONDS_PER_DAY)?.checked_add(i64::from(hour * 3600 + minute * 60 + second))?;
        Some(Self(secs.checked_mul(NANOS_PER_SECOND)?.checked_add(i64::from(nanos))?))
    }

    /// Nanoseconds since 1970 UTC.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Seconds since 1970 UTC, rounded to what an f64 holds (about 0.2 µs today).
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// The civil UTC date: year, month 1–12, day 1–31.
    pub fn date(self) -> (i32, u32, u32) {
        civil_from_days(self.0.div_euclid(NANOS_PER_SECOND * SECONDS_PER_DAY))
    }

    /// Nanoseconds since the last UTC midnight.
    pub const fn nanos_of_day(self) -> i64 {
        self.0.rem_euclid(NANOS_PER_SECOND * SECONDS_PER_DAY)
    }

    /// Seconds from `earlier` to `self`; negative if `self` is the earlier one.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 * 1e-9
    }

    /// The instant whose UTC time of day is `time_of_day_s` (seconds since midnight) and that is nearest to `self`.
    ///
    /// Radars and GNSS sentences tell only the time of day; the date is that of reception, except within half a day of
    /// midnight, where the nearer day is meant.
    pub fn nearest_time_of_day(self, time_of_day_s: f64) -> Self {
        let day = SECONDS_PER_DAY * NANOS_PER_SECOND;
        let wanted = (time_of_day_s * 1e9).round() as i64;
        let mut shift = wanted - self.nanos_of_day();
        if shift > day / 2 {
            shift -= day;
        } else if shift < -day / 2 {
            shift += day;
        }
        Self(self.0.saturating_add(shift))
    }

    /// `self` moved by `seconds`, saturating.
    pub fn plus_seconds(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * 1e9).round() as i64))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC with milliseconds, as in `2026-03-14T16:00:00.250Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.date();
        let ms = self.nanos_of_day() / 1_000_000;
        write!(f, "{y:04}-{m:02}-{d:02}T{:02}:{:02}:{:02}.{:03}Z", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    }
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither RFC 3339 in UTC, as 2026-03-14T16:00:00Z, nor seconds since 1970")]
pub struct NoInstant;

/// RFC 3339 in UTC (`2026-03-14T16:00:00.250Z`; the `Z` may be left out) or seconds since 1970 as a number.
impl std::str::FromStr for Timestamp {
    type Err = NoInstant;

    fn from_str(text: &str) -> Result<Self, NoInstant> {
        if let Ok(secs) = text.parse::<f64>() {
            return if secs.is_finite() { Ok(Self::from_secs_f64(secs)) } else { Err(NoInstant) };
        }
        let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
        let (date, time) = text.split_once(['T', 't', ' ']).ok_or(NoInstant)?;
        let mut date = date.splitn(3, '-').map(str::parse::<u32>);
        let mut part = || date.next().and_then(Result::ok).ok_or(NoInstant);
        let (year, month, day) = (part()?, part()?, part()?);
        let mut clock = time.splitn(3, ':');
        let mut whole = || clock.next().and_then(|p| p.parse::<u32>().ok()).ok_or(NoInstant);
        let (hour, minute) = (whole()?, whole()?);
        let seconds: f64 = clock.next().unwrap_or("0").parse().ok().ok_or(NoInstant)?;
        if !(0.0..61.0).contains(&seconds) {
            return Err(NoInstant);
        }
        let year = i32::try_from(year).ok().ok_or(NoInstant)?;
        let nanos = ((seconds.fract() * 1e9).round() as u32).min(999_999_999);
        Self::from_civil(year, month, day, hour, minute, seconds as u32, nanos).ok_or(NoInstant)
    }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date. The year is counted from March, so that the leap day comes last.
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_round_trip_over_every_day_that_a_timestamp_can_name() {
        // 2^63 ns are 106 751 days.
        for days in -106_751..106_751 {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
            assert!(Timestamp::from_civil(y, m, d, 0, 0, 0, 0).is_some());
        }
        // Known instants: GPS epoch and the epoch of the scene captures.
        assert_eq!(Timestamp::from_civil(1980, 1, 6, 0, 0, 0, 0), Some(Timestamp::from_secs(315_964_800)));
        assert_eq!(Timestamp::from_secs(1_773_504_000).to_string(), "2026-03-14T16:00:00.000Z");
    }

    #[test]
    fn instants_are_read_as_they_are_written() {
        for text in ["2026-03-14T16:00:00.250Z", "1999-12-31T23:59:59.999Z", "1969-07-20T20:17:40.000Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("1773504000.5".parse(), Ok(Timestamp::from_millis(1_773_504_000_500)));
        for text in
            ["", "yesterday", "2026-13-01T00:00:00Z", "2026-03-14", "2026-03-14T16:00:61Z", "NaN", "2026-03-14T1é:00:00Z"]
        {
            assert_eq!(text.parse::<Timestamp>(), Err(NoInstant), "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        assert_eq!(Timestamp::from_civil(2023, 2, 29, 0, 0, 0, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 13, 1, 0, 0, 0, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 0, 1, 0, 0, 0, 0), None);
        assert_eq!(Timestamp::from_civil(2024, 1, 1, 24, 0, 0, 0), None);
    }

    #[test]
    fn time_of_day_goes_to_the_nearer_side_of_midnight() {
        let just_after = Timestamp::from_civil(2026, 3, 15, 0, 0, 1, 0).unwrap();
        assert_eq!(just_after.nearest_time_of_day(86_399.5), just_after.plus_seconds(-1.5));
        let just_before = Timestamp::from_civil(2026, 3, 14, 23, 59, 59, 0).unwrap();
        assert_eq!(just_before.nearest_time_of_day(0.25), just_before.plus_seconds(1.25));
    }
}
