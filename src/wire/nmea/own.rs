//! Own position, motion, heading and clock of the platform that a feed's radar stands on: GGA, GLL, RMC, VTG, ZDA, HDT, HDG,
//! HDM, THS, ROT, OSD.
//!
//! Several receivers may talk on one line. Each quantity is taken from the one that told it first until that falls silent, so
//! that the platform does not jump between antennas; for headings a gyro goes before a compass.

use super::sentence::{Sentence, unsigned};
use super::value::{Units, civil, date, direction, letter, number, place, time_of_day};
use super::wrapper::Wrapper;
use crate::geo::{Geodetic, LocalPlane};
use crate::model::Station;
use crate::model::{OwnPosition, Timestamp, units::knots_to_mps};
use crate::wire::Refusal;

/// The oldest own position, in s of capture time, that a target is placed from. Receivers tell one a second; a platform of
/// 30 kn moves 77 m in five, and more when its motion is unknown.
pub const MAX_POSITION_AGE_S: f64 = 5.0;
/// The oldest heading that turns a relative bearing into a true one. Compasses tell at least one a second; a vessel that turns
/// at 5°/s is off by 10° after two.
pub const MAX_HEADING_AGE_S: f64 = 2.0;
/// Deviation and variation change by the hour.
const MAX_VARIATION_AGE_S: f64 = 600.0;
/// Sentences of one fix without a time of their own come in one burst; the next fix is told a second, at the most ten times a
/// second, later.
const SAME_FIX_S: f64 = 0.05;
/// A receiver's week number has ten bits (IS-GPS-200 §20.3.3.3.1.1): an old one tells a date some multiple of 1 024 weeks back,
/// with the right time of day.
const ROLLOVER_DAYS: i64 = 7168;

/// Who tells: the station of the wrapper and the talker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    station: Option<Station>,
    talker: [u8; 2],
}

impl Source {
    /// Of a sentence in its wrapper.
    pub fn of(sentence: &Sentence<'_>, wrapper: &Wrapper<'_>) -> Self {
        let talker = match sentence.talker() {
            [a, b, ..] => [*a, *b],
            _ => [0, 0],
        };
        Self { station: wrapper.station, talker }
    }

    /// The talker, as `RA`.
    pub fn talker(&self) -> &str {
        std::str::from_utf8(&self.talker).unwrap_or_default()
    }
}

/// A value with when it reached us and who told it. A lower rank is the better kind of source.
#[derive(Clone, Copy, Debug)]
struct Held<T> {
    value: T,
    received_at: Timestamp,
    source: Source,
    rank: u8,
}

impl<T: Copy> Held<T> {
    /// Takes a newer value, unless another source that is as good is still talking. Tells whether it did.
    fn take(slot: &mut Option<Self>, value: T, rank: u8, source: Source, received_at: Timestamp, max_age_s: f64) -> bool {
        let taken = match slot {
            None => true,
            Some(held) => {
                let fresh = received_at.seconds_since(held.received_at) <= max_age_s;
                !fresh || rank < held.rank || (rank == held.rank && source == held.source)
            }
        };
        if taken {
            *slot = Some(Self { value, received_at, source, rank });
        }
        taken
    }

    fn fresh(slot: &Option<Self>, now: Timestamp, max_age_s: f64) -> Option<T> {
        slot.as_ref().filter(|h| now.seconds_since(h.received_at).abs() <= max_age_s).map(|h| h.value)
    }
}

#[derive(Clone, Copy, Debug)]
struct Fix {
    at: Geodetic,
    t: Timestamp,
}

/// Why a place or a heading cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It was never told.
    Never,
    /// It was told too long ago.
    Stale,
}

/// What a sentence of own ship did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OwnSaid {
    /// A new fix, with what else is known and fresh.
    Fix {
        /// When it was true.
        t: Timestamp,
        /// Where, and how it moves.
        own: OwnPosition,
    },
    /// Something else became known.
    Other,
    /// A repeat of a fix, another receiver's, or fields that are all empty.
    Nothing,
    /// The receiver says that it has no fix, or simulates one.
    NoFix,
}

/// What is known of the platform.
#[derive(Clone, Debug, Default)]
pub struct OwnShip {
    position: Option<Held<Fix>>,
    // Speed over ground in m/s, course in radians.
    velocity: Option<Held<[f64; 2]>>,
    heading: Option<Held<f64>>,
    // Radians per second, positive to starboard.
    rate_of_turn: Option<Held<f64>>,
    // Radians, east positive.
    variation: Option<Held<f64>>,
    utc: Option<Held<Timestamp>>,
    last_fix: Option<Timestamp>,
}

impl OwnShip {
    /// Takes a sentence. `None`: it is none of own ship's.
    pub fn sentence(
        &mut self,
        sentence: &Sentence<'_>,
        wrapper: &Wrapper<'_>,
        received_at: Timestamp,
    ) -> Option<Result<OwnSaid, Refusal>> {
        let source = Source::of(sentence, wrapper);
        Some(match sentence.formatter() {
            b"GGA" => self.gga(sentence, wrapper, source, received_at),
            b"GLL" => self.gll(sentence, wrapper, source, received_at),
            b"RMC" => self.rmc(sentence, wrapper, source, received_at),
            b"VTG" => Ok(self.vtg(sentence, source, received_at)),
            b"ZDA" => self.zda(sentence, source, received_at),
            b"HDT" => Ok(self.true_heading(direction(sentence.field(0)), 0, source, received_at)),
            // Only autonomous and estimated are measured; M, S and V are manual, simulated and not valid.
            b"THS" if !matches!(letter(sentence.field(1)), Some(b'A' | b'E')) => Ok(OwnSaid::Nothing),
            b"THS" => Ok(self.true_heading(direction(sentence.field(0)), 0, source, received_at)),
            b"HDG" => Ok(self.hdg(sentence, source, received_at)),
            b"HDM" => Ok(self.magnetic_heading(direction(sentence.field(0)), source, received_at)),
            b"ROT" => Ok(self.rot(sentence, source, received_at)),
            b"OSD" => Ok(self.osd(sentence, source, received_at)),
            _ => return None,
        })
    }

    /// Where the platform is at `t`, asked at `now` of capture time: the last fix, moved along with its own speed.
    pub fn position_at(&self, t: Timestamp, now: Timestamp) -> Result<Geodetic, Missing> {
        if self.position.is_none() {
            return Err(Missing::Never);
        }
        let fix = Held::fresh(&self.position, now, MAX_POSITION_AGE_S).ok_or(Missing::Stale)?;
        let Some([speed, course]) = Held::fresh(&self.velocity, now, MAX_POSITION_AGE_S) else { return Ok(fix.at) };
        // A target's clock that differs by more than a fix may be old is not to move the platform.
        let ahead_s = t.seconds_since(fix.t).clamp(-MAX_POSITION_AGE_S, MAX_POSITION_AGE_S);
        let (sin, cos) = course.sin_cos();
        let way = speed * ahead_s;
        if way == 0.0 {
            return Ok(fix.at);
        }
        Ok(LocalPlane::new(fix.at.at_height(0.0)).geodetic(way * sin, way * cos))
    }

    /// True heading in radians at `now` of capture time, turned on with the rate of turn where that is told.
    pub fn heading_at(&self, now: Timestamp) -> Result<f64, Missing> {
        let Some(held) = self.heading.as_ref() else { return Err(Missing::Never) };
        let heading = Held::fresh(&self.heading, now, MAX_HEADING_AGE_S).ok_or(Missing::Stale)?;
        let rate = Held::fresh(&self.rate_of_turn, now, MAX_HEADING_AGE_S).unwrap_or(0.0);
        Ok((heading + rate * now.seconds_since(held.received_at)).rem_euclid(std::f64::consts::TAU))
    }

    /// Magnetic variation in radians, east positive.
    pub fn variation(&self, now: Timestamp) -> Option<f64> {
        Held::fresh(&self.variation, now, MAX_VARIATION_AGE_S)
    }

    /// When something was true whose sentence tells `time_of_day_s`, if any. The date is that of the last RMC or ZDA, else that
    /// of the wrapper's time or of arrival, each on the nearer side of midnight. Without a time of day it is the wrapper's
    /// time, else that of arrival.
    pub fn time(&self, time_of_day_s: Option<f64>, wrapper: &Wrapper<'_>, received_at: Timestamp) -> Timestamp {
        let outside = wrapper.told_time().unwrap_or(received_at);
        let Some(time_of_day_s) = time_of_day_s else { return outside };
        let day = match &self.utc {
            // Time has gone on since.
            Some(utc) => utc.value.plus_seconds(received_at.seconds_since(utc.received_at)),
            None => outside,
        };
        day.nearest_time_of_day(time_of_day_s)
    }

    fn fix(&mut self, at: Geodetic, t: Timestamp, source: Source, received_at: Timestamp) -> OwnSaid {
        if !Held::take(&mut self.position, Fix { at, t }, 0, source, received_at, MAX_POSITION_AGE_S) {
            return OwnSaid::Nothing;
        }
        if self.last_fix.is_some_and(|last| t.seconds_since(last).abs() < SAME_FIX_S) {
            return OwnSaid::Other;
        }
        self.last_fix = Some(t);
        let velocity = Held::fresh(&self.velocity, received_at, MAX_POSITION_AGE_S);
        let heading = self.heading_at(received_at).ok();
        OwnSaid::Fix { t, own: OwnPosition { position: at, velocity, heading } }
    }

    fn gga(&mut self, s: &Sentence<'_>, w: &Wrapper<'_>, source: Source, now: Timestamp) -> Result<OwnSaid, Refusal> {
        // Quality: 0 no fix, 7 typed in by hand, 8 simulated.
        match letter(s.field(5)) {
            Some(b'1'..=b'6' | b'9') => {}
            Some(b'0' | b'7' | b'8') | None => return Ok(OwnSaid::NoFix),
            Some(_) => return Err(Refusal("bad-gga")),
        }
        let at = place(s.field(1), s.field(2), s.field(3), s.field(4)).ok_or(Refusal("bad-gga"))?;
        let t = self.time(time_of_day(s.field(0)), w, now);
        Ok(self.fix(at, t, source, now))
    }

    fn gll(&mut self, s: &Sentence<'_>, w: &Wrapper<'_>, source: Source, now: Timestamp) -> Result<OwnSaid, Refusal> {
        // Before NMEA 2.0 there was no status; from 2.3 on there is a mode besides.
        if matches!(letter(s.field(5)), Some(b'V')) || invalid_mode(s.field(6)) {
            return Ok(OwnSaid::NoFix);
        }
        if s.field(0).is_none_or(<[u8]>::is_empty) {
            return Ok(OwnSaid::NoFix);
        }
        let at = place(s.field(0), s.field(1), s.field(2), s.field(3)).ok_or(Refusal("bad-gll"))?;
        let t = self.time(time_of_day(s.field(4)), w, now);
        Ok(self.fix(at, t, source, now))
    }

    fn rmc(&mut self, s: &Sentence<'_>, w: &Wrapper<'_>, source: Source, now: Timestamp) -> Result<OwnSaid, Refusal> {
        let clock = time_of_day(s.field(0));
        if let (Some((year, month, day)), Some(clock)) = (date(s.field(8)), clock)
            && let Some(utc) = civil(year, month, day, clock)
        {
            Held::take(&mut self.utc, without_rollover(utc, now), 0, source, now, MAX_VARIATION_AGE_S);
        }
        if letter(s.field(1)) != Some(b'A') || invalid_mode(s.field(11)) {
            return Ok(OwnSaid::NoFix);
        }
        if let Some(variation) = signed_east(s.field(9), s.field(10)) {
            Held::take(&mut self.variation, variation, 1, source, now, MAX_VARIATION_AGE_S);
        }
        let at = place(s.field(2), s.field(3), s.field(4), s.field(5)).ok_or(Refusal("bad-rmc"))?;
        if let (Some(kn), Some(course)) = (number(s.field(6)), direction(s.field(7)))
            && (0.0..=MAX_OWN_SPEED_KN).contains(&kn)
        {
            Held::take(&mut self.velocity, [knots_to_mps(kn), course], 0, source, now, MAX_POSITION_AGE_S);
        }
        let t = self.time(clock, w, now);
        Ok(self.fix(at, t, source, now))
    }

    fn vtg(&mut self, s: &Sentence<'_>, source: Source, now: Timestamp) -> OwnSaid {
        if invalid_mode(s.field(8)) {
            return OwnSaid::NoFix;
        }
        let course = direction(s.field(0)).filter(|_| letter(s.field(1)) == Some(b'T'));
        let kn = number(s.field(4)).filter(|_| letter(s.field(5)) == Some(b'N'));
        let kmh = number(s.field(6)).filter(|_| letter(s.field(7)) == Some(b'K'));
        let speed = kn.map(knots_to_mps).or(kmh.map(|v| v / 3.6));
        match (course, speed.filter(|v| (0.0..=knots_to_mps(MAX_OWN_SPEED_KN)).contains(v))) {
            (Some(course), Some(speed)) => {
                other(Held::take(&mut self.velocity, [speed, course], 0, source, now, MAX_POSITION_AGE_S))
            }
            _ => OwnSaid::Nothing,
        }
    }

    fn zda(&mut self, s: &Sentence<'_>, source: Source, now: Timestamp) -> Result<OwnSaid, Refusal> {
        match utc_of(s) {
            Some(utc) => Ok(other(Held::take(&mut self.utc, without_rollover(utc, now), 0, source, now, MAX_VARIATION_AGE_S))),
            // Without a fix the fields are empty.
            None if s.field(0).is_none_or(<[u8]>::is_empty) => Ok(OwnSaid::Nothing),
            None => Err(Refusal("bad-zda")),
        }
    }

    fn true_heading(&mut self, heading: Option<f64>, rank: u8, source: Source, now: Timestamp) -> OwnSaid {
        other(heading.is_some_and(|h| Held::take(&mut self.heading, h, rank, source, now, MAX_HEADING_AGE_S)))
    }

    fn hdg(&mut self, s: &Sentence<'_>, source: Source, now: Timestamp) -> OwnSaid {
        if let Some(variation) = signed_east(s.field(3), s.field(4)) {
            Held::take(&mut self.variation, variation, 0, source, now, MAX_VARIATION_AGE_S);
        }
        let deviation = signed_east(s.field(1), s.field(2)).unwrap_or(0.0);
        self.magnetic_heading(direction(s.field(0)).map(|h| h + deviation), source, now)
    }

    fn magnetic_heading(&mut self, magnetic: Option<f64>, source: Source, now: Timestamp) -> OwnSaid {
        let heading = magnetic.zip(self.variation(now)).map(|(m, v)| (m + v).rem_euclid(std::f64::consts::TAU));
        self.true_heading(heading, 2, source, now)
    }

    fn rot(&mut self, s: &Sentence<'_>, source: Source, now: Timestamp) -> OwnSaid {
        let rate = number(s.field(0)).filter(|_| letter(s.field(1)) == Some(b'A'));
        // Degrees a minute; no vessel turns by 720 (the scale of AIS ends there too).
        let rate = rate.filter(|r| r.abs() <= 720.0).map(|r| r.to_radians() / 60.0);
        other(rate.is_some_and(|r| Held::take(&mut self.rate_of_turn, r, 0, source, now, MAX_HEADING_AGE_S)))
    }

    /// The radar's own view of the platform; its heading comes from the same gyro, later.
    fn osd(&mut self, s: &Sentence<'_>, source: Source, now: Timestamp) -> OwnSaid {
        let heading = direction(s.field(0)).filter(|_| letter(s.field(1)) == Some(b'A'));
        let mut news = self.true_heading(heading, 1, source, now);
        // References: B bottom log, R radar's fixed target, P positioning system are over ground; W water and M manual are not.
        let over_ground = |field| matches!(letter(field), Some(b'B' | b'R' | b'P'));
        if let (Some(course), Some(speed), Some(units)) = (direction(s.field(2)), number(s.field(4)), Units::read(s.field(8)))
            && over_ground(s.field(3))
            && over_ground(s.field(5))
        {
            let speed = speed * units.metres_per_second();
            let believable = (0.0..=knots_to_mps(MAX_OWN_SPEED_KN)).contains(&speed);
            if believable && Held::take(&mut self.velocity, [speed, course], 1, source, now, MAX_POSITION_AGE_S) {
                news = OwnSaid::Other;
            }
        }
        news
    }
}

/// Faster than any platform that carries such a radar (an aircraft's would be ASTERIX); beyond it the field is damaged.
const MAX_OWN_SPEED_KN: f64 = 100.0;

/// Date and time of a ZDA, or of an RMC: all that a log without other times has to go by.
pub fn utc_of(sentence: &Sentence<'_>) -> Option<Timestamp> {
    let clock = time_of_day(sentence.field(0))?;
    match sentence.formatter() {
        b"ZDA" => {
            let part = |n| sentence.field(n).and_then(unsigned).and_then(|v| u32::try_from(v).ok());
            // GPS began in 1980; four digits of a year.
            let year = i32::try_from(part(3)?).ok().filter(|y| (1980..10_000).contains(y))?;
            civil(year, part(2)?, part(1)?, clock)
        }
        b"RMC" => {
            let (year, month, day) = date(sentence.field(8))?;
            civil(year, month, day, clock)
        }
        _ => None,
    }
}

/// The told time with the rollovers of a receiver's week number undone, where our own time of arrival shows any.
fn without_rollover(told: Timestamp, received_at: Timestamp) -> Timestamp {
    let days = (received_at.seconds_since(told) / 86_400.0).round() as i64;
    let rollovers = (days + ROLLOVER_DAYS / 2).div_euclid(ROLLOVER_DAYS);
    let rest = days - rollovers * ROLLOVER_DAYS;
    if rollovers > 0 && rest.abs() <= 1 { told.plus_seconds((rollovers * ROLLOVER_DAYS * 86_400) as f64) } else { told }
}

fn other(news: bool) -> OwnSaid {
    if news { OwnSaid::Other } else { OwnSaid::Nothing }
}

/// Mode indicator: not valid, simulated, or typed in by hand. Absent before NMEA 2.3.
fn invalid_mode(field: Option<&[u8]>) -> bool {
    matches!(letter(field), Some(b'N' | b'S' | b'M'))
}

/// An angle with its side, in radians, east positive.
fn signed_east(angle: Option<&[u8]>, side: Option<&[u8]>) -> Option<f64> {
    let angle = number(angle).filter(|a| (0.0..=180.0).contains(a))?.to_radians();
    match letter(side)? {
        b'E' => Some(angle),
        b'W' => Some(-angle),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_773_504_000);

    fn take(own: &mut OwnShip, second: f64, body: &str) -> Result<OwnSaid, Refusal> {
        let sentence = Sentence::new(b'$', body.as_bytes(), None).unwrap();
        own.sentence(&sentence, &Wrapper::default(), NOW.plus_seconds(second)).expect("a sentence of own ship's")
    }

    fn heading(own: &OwnShip, second: f64) -> Result<f64, Missing> {
        own.heading_at(NOW.plus_seconds(second)).map(|h| (h.to_degrees() * 10.0).round() / 10.0)
    }

    #[test]
    fn a_compass_needs_variation_and_deviation_and_gives_way_to_a_gyro() {
        let mut own = OwnShip::default();
        assert_eq!(take(&mut own, 0.0, "HCHDM,277.5,M"), Ok(OwnSaid::Nothing), "nobody told the variation");
        assert_eq!(heading(&own, 0.0), Err(Missing::Never));
        take(&mut own, 0.1, "HCHDG,358.0,1.0,W,5.0,E").unwrap();
        assert_eq!(heading(&own, 0.1), Ok(2.0));
        take(&mut own, 0.2, "HCHDM,10.0,M").unwrap();
        assert_eq!(heading(&own, 0.2), Ok(15.0));
        take(&mut own, 0.3, "HEHDT,20.0,T").unwrap();
        take(&mut own, 0.4, "HCHDM,10.0,M").unwrap();
        assert_eq!(heading(&own, 0.4), Ok(20.0), "the gyro's");
        assert_eq!(heading(&own, 2.4), Err(Missing::Stale));
        take(&mut own, 2.5, "HCHDM,10.0,M").unwrap();
        assert_eq!(heading(&own, 2.5), Ok(15.0), "the gyro fell silent");
        take(&mut own, 2.6, "HETHS,40.0,A").unwrap();
        assert_eq!(heading(&own, 2.6), Ok(40.0));
        assert_eq!(take(&mut own, 2.7, "HETHS,50.0,S"), Ok(OwnSaid::Nothing), "simulated");
        assert_eq!(heading(&own, 2.7), Ok(40.0));
    }

    #[test]
    fn receivers_without_a_fix_or_with_a_simulated_one_place_nothing() {
        let mut own = OwnShip::default();
        for body in [
            "GPGGA,160000,2233.0,N,11443.2,E,0,00,,,M,,M,,",
            "GPGGA,160000,2233.0,N,11443.2,E,8,08,,,M,,M,,",
            "GPGGA,,,,,,,,,,,,,,",
            "GPRMC,160000,V,,,,,,,140326,,",
            "GPRMC,160000,A,2233.0,N,11443.2,E,0.0,67.0,140326,,,S",
            "GPGLL,,,,,,V",
            "GPGLL,2233.0,N,11443.2,E,160000,A,N",
        ] {
            assert_eq!(take(&mut own, 0.0, body), Ok(OwnSaid::NoFix), "{body}");
        }
        for (body, word) in [
            ("GPGGA,160000,2293.0,N,11443.2,E,1,08,,,M,,M,,", "bad-gga"),
            ("GPRMC,160000,A,2233.0,Q,11443.2,E,0.0,67.0,140326,,", "bad-rmc"),
            ("GPGLL,9933.0,N,11443.2,E,160000,A", "bad-gll"),
            ("GPZDA,160000,32,03,2026,00,00", "bad-zda"),
        ] {
            assert_eq!(take(&mut own, 0.0, body), Err(Refusal(word)), "{body}");
        }
        assert_eq!(own.position_at(NOW, NOW), Err(Missing::Never));
    }

    #[test]
    fn speed_over_ground_from_whoever_tells_it_and_never_through_water() {
        let speed = |own: &OwnShip, second: f64| {
            let [v, course] = Held::fresh(&own.velocity, NOW.plus_seconds(second), MAX_POSITION_AGE_S)?;
            Some([v / knots_to_mps(1.0), course.to_degrees()].map(|v| (v * 10.0).round() / 10.0))
        };
        let mut own = OwnShip::default();
        take(&mut own, 0.0, "RAOSD,359.3,A,355.2,W,3.3,W,350.5,1.6,N").unwrap();
        assert_eq!(speed(&own, 0.0), None, "through the water");
        take(&mut own, 0.0, "RAOSD,359.3,A,355.2,P,18.52,P,,,K").unwrap();
        assert_eq!(speed(&own, 0.0), Some([10.0, 355.2]));
        take(&mut own, 0.1, "GPVTG,67.0,T,64.1,M,,N,37.04,K,A").unwrap();
        assert_eq!(speed(&own, 0.1), Some([20.0, 67.0]));
        assert_eq!(take(&mut own, 0.2, "GPVTG,67.0,T,64.1,M,900.0,N,,K,A"), Ok(OwnSaid::Nothing), "no vessel");
        assert_eq!(take(&mut own, 0.2, "GPVTG,,T,,M,0.0,N,0.0,K,N"), Ok(OwnSaid::NoFix));
        assert_eq!(speed(&own, 0.2), Some([20.0, 67.0]));
    }

    #[test]
    fn the_clock_goes_on_between_the_dates_it_is_told() {
        let mut own = OwnShip::default();
        take(&mut own, 0.0, "GPZDA,235950,14,03,2026,00,00").unwrap();
        let t = own.time(Some(10.0), &Wrapper::default(), NOW.plus_seconds(21.0));
        assert_eq!(t.to_string(), "2026-03-15T00:00:10.000Z");
        // Three days later without another date, the day has gone on with the time of arrival.
        let t = own.time(Some(10.0), &Wrapper::default(), NOW.plus_seconds(3.0 * 86_400.0 + 21.0));
        assert_eq!(t.to_string(), "2026-03-18T00:00:10.000Z");
    }
}
