//! The times that a line of a log tells: by what is wrapped round it, or by a sentence of a satellite receiver.

use crate::model::Timestamp;
use crate::wire::nmea::Envelope;
use crate::wire::nmea::sentence::unsigned;
use crate::wire::nmea::{Sentence, Wrapper};

/// What one line tells of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Told {
    /// By its wrapper: the logger's own stamp if there is one, since that is nearest to "received", else the receiver's.
    pub wrapper: Option<Timestamp>,
    /// By a ZDA or a valid RMC: date and time.
    pub civil: Option<Timestamp>,
    /// By a GGA or GLL with a fix: seconds since UTC midnight.
    pub time_of_day: Option<f64>,
}

impl Told {
    /// What `line` tells. The last sentence of a line that holds several wins.
    pub fn read(envelope: &mut Envelope, line: &[u8]) -> Self {
        let mut told = Self::default();
        for (wrapper, sentence) in envelope.read(line).flatten() {
            told.wrapper = stamp(&wrapper).or(told.wrapper);
            told.sentence(&sentence);
        }
        told
    }

    fn sentence(&mut self, sentence: &Sentence<'_>) {
        let field = |n| sentence.field(n).unwrap_or_default();
        match sentence.formatter() {
            b"ZDA" => {
                let date = unsigned(field(3)).zip(unsigned(field(2))).zip(unsigned(field(1)));
                self.civil = date.and_then(|((y, m), d)| instant(y, m, d, field(0))).or(self.civil);
            }
            // Invalid until the receiver has a fix; its clock and date are then those of its last run.
            b"RMC" if field(1) == b"A" => {
                let date = unsigned(field(8)).filter(|_| field(8).len() == 6);
                let civil = date.and_then(|ddmmyy| {
                    let (d, m, y) = (ddmmyy / 10_000, ddmmyy / 100 % 100, ddmmyy % 100);
                    // GPS began in 1980 and the two digits say no century.
                    instant(if y < 80 { 2000 + y } else { 1900 + y }, m, d, field(0))
                });
                self.civil = civil.or(self.civil);
            }
            b"GGA" if field(5) != b"0" => self.time_of_day = time_of_day(field(0)).or(self.time_of_day),
            b"GLL" if field(5) == b"A" => self.time_of_day = time_of_day(field(4)).or(self.time_of_day),
            _ => {}
        }
    }
}

fn stamp(wrapper: &Wrapper<'_>) -> Option<Timestamp> {
    wrapper.logged_at.or(wrapper.source_time)
}

fn instant(year: u64, month: u64, day: u64, time: &[u8]) -> Option<Timestamp> {
    let (hour, minute, second, nanos) = clock(time)?;
    Timestamp::from_civil(i32::try_from(year).ok()?, month as u32, day as u32, hour, minute, second, nanos)
}

fn time_of_day(time: &[u8]) -> Option<f64> {
    let (hour, minute, second, nanos) = clock(time)?;
    Some(f64::from(hour * 3600 + minute * 60 + second) + f64::from(nanos) * 1e-9)
}

/// `hhmmss` or `hhmmss.sss…` → hour, minute, second, nanoseconds.
fn clock(time: &[u8]) -> Option<(u32, u32, u32, u32)> {
    let (whole, fraction) = match time.split_at_checked(6)? {
        (whole, []) => (whole, &[][..]),
        (whole, [b'.', fraction @ ..]) => (whole, fraction),
        _ => return None,
    };
    let n = unsigned(whole)? as u32;
    let (hour, minute, second) = (n / 10_000, n / 100 % 100, n % 100);
    let digits = fraction.get(..fraction.len().min(9))?;
    let nanos = if digits.is_empty() { 0 } else { unsigned(digits)? * 10_u64.pow(9 - digits.len() as u32) };
    (hour < 24 && minute < 60 && second <= 60).then_some((hour, minute, second, nanos as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Told {
        let checksum = body.bytes().fold(0, |x, b| x ^ b);
        Told::read(&mut Envelope::new(false), format!("${body}*{checksum:02X}").as_bytes())
    }

    #[test]
    fn sentences_tell_date_and_time() {
        let at = Timestamp::from_civil(2015, 7, 27, 13, 46, 1, 250_000_000);
        assert_eq!(told("GPZDA,134601.25,27,07,2015,-01,00").civil, at);
        assert_eq!(told("GPRMC,134601.25,A,5812.7405,N,01132.8508,E,0.0,67.0,270715,2.9,E,A").civil, at);
        assert_eq!(told("GPGGA,134601.25,5812.7405,N,01132.8508,E,1,08,1.6,-7,M,40.4,M,,").time_of_day, Some(49_561.25));
        assert_eq!(told("GPGLL,5812.7405,N,01132.8508,E,134601,A,A").time_of_day, Some(49_561.0));
    }

    #[test]
    fn what_has_no_fix_or_no_sense_tells_nothing() {
        for body in [
            "GPRMC,134601,V,,,,,,,270715,,,N",
            "GPRMC,134601,A,5812.7,N,01132.8,E,0.0,67.0,320715,2.9,E,A",
            "GPRMC,134601,A,5812.7,N,01132.8,E,0.0,67.0,,2.9,E,A",
            "GPZDA,,,,,,",
            "GPZDA,254601,27,07,2015,,",
            "GPZDA,1346,27,07,2015,,",
            "GPZDA,134601x,27,07,2015,,",
            "GPGGA,134601,,,,,0,00,,,M,,M,,",
            "GPGLL,,,,,134601,V,N",
        ] {
            assert_eq!(told(body), Told::default(), "{body}");
        }
        // A wrong checksum tells nothing either.
        let line = b"$GPZDA,134601,27,07,2015,-01,00*00";
        assert_eq!(Told::read(&mut Envelope::new(false), line), Told::default());
    }

    #[test]
    fn the_loggers_stamp_goes_before_the_receivers() {
        let line = b"\\s:41925,c:1635731889,t:1635731965*66\\!AIVDM,1,1,,,15Di=4002i<chWiba2`rPpD:04;`,0*37,1635731890";
        let told = Told::read(&mut Envelope::new(false), line);
        assert_eq!(told.wrapper, Some(Timestamp::from_secs(1_635_731_890)));
        let line = b"\\s:41925,c:1635731889,t:1635731965*66\\!AIVDM,1,1,,,15Di=4002i<chWiba2`rPpD:04;`,0*37";
        let told = Told::read(&mut Envelope::new(false), line);
        assert_eq!(told.wrapper, Some(Timestamp::from_secs(1_635_731_889)));
    }
}
