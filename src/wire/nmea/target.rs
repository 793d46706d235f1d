//! Sentences about targets of a radar's own tracker, as sent: TTM, TLL, TTD, TLB, RSD (IEC 61162-1 §8.3).

use super::sentence::{Sentence, unsigned};
use super::value::{Units, direction, letter, number, place, time_of_day};
use crate::geo::Geodetic;
use crate::model::SensorTrackStatus;
use crate::model::units::{METRES_PER_NM, MPS_PER_KNOT};
use crate::wire::Refusal;

/// The highest target number: TTM has three digits, TTD ten bits.
pub const MAX_NUMBER: u32 = 1023;
/// The longest distance taken. TTM fields of the widest radars end at 99.999 NM.
const MAX_RANGE_M: f64 = 100.0 * METRES_PER_NM;
/// The fastest target taken: what TTD can tell.
const MAX_SPEED_MPS: f64 = 409.4 * MPS_PER_KNOT;
/// The longest name or label kept, in bytes; sentences end at 82 characters.
const MAX_NAME: usize = 32;

/// What a bearing or course is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum North {
    /// `T`: true north.
    True,
    /// `R`: own heading.
    Heading,
}

/// How a target came to be tracked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquisition {
    /// `A`.
    Automatic,
    /// `M`.
    Manual,
    /// `R`: it was reported by the target itself, by AIS; the radar did not measure it.
    Reported,
}

/// Range and bearing as a TTM tells them, rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polar {
    /// Distance, m.
    pub range_m: f64,
    /// What one in its last digit is worth, m: radars tell 0.001 to 0.1 NM.
    pub range_step_m: f64,
    /// Bearing, radians.
    pub bearing: f64,
    /// What one in its last digit is worth, radians.
    pub bearing_step: f64,
    /// What the bearing is counted from.
    pub north: North,
}

/// TTM: a target in range and bearing.
#[derive(Clone, Debug, PartialEq)]
pub struct Ttm<'a> {
    /// Target number, 0–1023.
    pub number: u32,
    /// Status; what no letter tells is taken for tracking, as in equipment before the field was made.
    pub status: SensorTrackStatus,
    /// Where; `None` where the fields are empty, as some radars send of lost targets.
    pub polar: Option<Polar>,
    /// Speed in m/s, as told.
    pub speed: Option<f64>,
    /// Course in radians, as told, and what it is counted from.
    pub course: Option<(f64, North)>,
    /// Used by the radar to find own ship's drift.
    pub reference: bool,
    /// UTC, seconds since midnight.
    pub time_of_day_s: Option<f64>,
    /// How it was acquired.
    pub acquisition: Option<Acquisition>,
    /// Name, as sent.
    pub name: Option<&'a [u8]>,
}

impl<'a> Ttm<'a> {
    /// Reads a TTM; the error names the field.
    pub fn read(s: &Sentence<'a>) -> Result<Self, Refusal> {
        let number_of = target_number(s.field(0)).ok_or(Refusal("ttm-number"))?;
        let status = status(s.field(11)).ok_or(Refusal("ttm-status"))?;
        let polar = if empty(s.field(1)) && empty(s.field(2)) {
            None
        } else {
            // The units cover distance and speed; guessing them would be off by a factor of up to two.
            let units = Units::read(s.field(9)).ok_or(Refusal("ttm-units"))?;
            let range_m = number(s.field(1)).map(|r| r * units.metres()).filter(|r| (0.0..=MAX_RANGE_M).contains(r));
            let bearing = direction(s.field(2)).ok_or(Refusal("ttm-bearing"))?;
            let north = north(s.field(3)).ok_or(Refusal("ttm-bearing"))?;
            Some(Polar {
                range_m: range_m.ok_or(Refusal("ttm-range"))?,
                range_step_m: last_digit(s.field(1)) * units.metres(),
                bearing,
                bearing_step: last_digit(s.field(2)).to_radians(),
                north,
            })
        };
        let speed = Units::read(s.field(9))
            .and_then(|units| Some(number(s.field(4))? * units.metres_per_second()))
            .filter(|v| (0.0..=MAX_SPEED_MPS).contains(v));
        let acquisition = match letter(s.field(14)) {
            Some(b'A') => Some(Acquisition::Automatic),
            Some(b'M') => Some(Acquisition::Manual),
            Some(b'R') => Some(Acquisition::Reported),
            _ => None,
        };
        Ok(Self {
            number: number_of,
            status,
            polar,
            speed,
            course: direction(s.field(5)).zip(north(s.field(6))),
            reference: letter(s.field(12)) == Some(b'R'),
            time_of_day_s: time_of_day(s.field(13)),
            acquisition,
            name: name(s.field(10)),
        })
    }
}

/// TLL: a target in latitude and longitude, as the radar computed them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tll<'a> {
    /// Target number, 0–1023.
    pub number: u32,
    /// Status.
    pub status: SensorTrackStatus,
    /// Where; `None` where the fields are empty.
    pub place: Option<Geodetic>,
    /// Used by the radar to find own ship's drift.
    pub reference: bool,
    /// UTC, seconds since midnight.
    pub time_of_day_s: Option<f64>,
    /// Name, as sent.
    pub name: Option<&'a [u8]>,
}

impl<'a> Tll<'a> {
    /// Reads a TLL; the error names the field.
    pub fn read(s: &Sentence<'a>) -> Result<Self, Refusal> {
        let place = if empty(s.field(1)) && empty(s.field(3)) {
            None
        } else {
            Some(place(s.field(1), s.field(2), s.field(3), s.field(4)).ok_or(Refusal("tll-place"))?)
        };
        Ok(Self {
            number: target_number(s.field(0)).ok_or(Refusal("tll-number"))?,
            status: status(s.field(7)).ok_or(Refusal("tll-status"))?,
            place,
            reference: letter(s.field(8)) == Some(b'R'),
            time_of_day_s: time_of_day(s.field(6)),
            name: name(s.field(5)),
        })
    }
}

/// One target of a TTD: 90 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ttd {
    /// Target number, 1–1023; 0 means none.
    pub number: u32,
    /// Status; `None` for one that is not tracked.
    pub status: Option<SensorTrackStatus>,
    /// Test target, not an echo.
    pub test: bool,
    /// Distance, m.
    pub range_m: Option<f64>,
    /// True bearing, radians.
    pub bearing: Option<f64>,
    /// Speed, m/s.
    pub speed: Option<f64>,
    /// Course, radians.
    pub course: Option<f64>,
    /// Whether speed and course are relative to own ship.
    pub relative: bool,
    /// Whether they are through the water.
    pub through_water: bool,
}

/// Characters of a TTD target: 90 bits of 6.
const TTD_CHARS: usize = 15;

/// The targets of a TTD sentence, and whether its end was damaged. A target never straddles two sentences (four fill one), so
/// that each is read by itself and the loss of one loses no other. Errors name the field.
pub fn read_ttd(s: &Sentence<'_>) -> Result<(Vec<Ttd>, bool), Refusal> {
    let hexadecimal = |field: Option<&[u8]>| {
        let text = std::str::from_utf8(field?).ok()?;
        u8::from_str_radix(text, 16).ok()
    };
    let (total, place) = hexadecimal(s.field(0)).zip(hexadecimal(s.field(1))).ok_or(Refusal("ttd-count"))?;
    if place == 0 || place > total {
        return Err(Refusal("ttd-count"));
    }
    let payload = s.field(3).filter(|p| !p.is_empty()).ok_or(Refusal("ttd-payload"))?;
    let (whole, rest) = payload.as_chunks::<TTD_CHARS>();
    let mut damaged = !rest.is_empty();
    let mut targets = Vec::with_capacity(whole.len());
    for chars in whole {
        match Bits::of(chars) {
            Some(bits) => targets.push(ttd(bits)),
            None => damaged = true,
        }
    }
    Ok((targets, damaged))
}

/// 90 bits, read from the front.
struct Bits {
    value: u128,
    left: u32,
}

impl Bits {
    fn of(chars: &[u8; TTD_CHARS]) -> Option<Self> {
        let mut value = 0u128;
        for &c in chars {
            // IEC 61162-1 §7.2.4: `0`–`W` and `` ` ``–`w`.
            let six = match c {
                b'0'..=b'W' => c - b'0',
                b'`'..=b'w' => c - b'`' + 40,
                _ => return None,
            };
            value = value << 6 | u128::from(six);
        }
        Some(Self { value, left: 90 })
    }

    fn take(&mut self, count: u32) -> u32 {
        self.left = self.left.saturating_sub(count);
        ((self.value >> self.left) & ((1 << count) - 1)) as u32
    }
}

/// In order: version (2), number (10), true bearing (12, 0.1°), speed (12, 0.1 kn), course (12, 0.1°), heading from AIS (12),
/// status (3), operation mode (1), distance (14, 0.01 NM), speed mode (1), stabilisation (1), reserved (2), correlation (8).
/// All ones is not available.
fn ttd(mut bits: Bits) -> Ttd {
    bits.take(2);
    let number = bits.take(10);
    let angle = |raw: u32| (raw < 3600).then(|| (f64::from(raw) * 0.1).to_radians());
    let bearing = angle(bits.take(12));
    let speed = Some(bits.take(12)).filter(|&raw| raw < 4095).map(|raw| f64::from(raw) * 0.1 * MPS_PER_KNOT);
    let course = angle(bits.take(12));
    bits.take(12);
    let status = match bits.take(3) {
        1 => Some(SensorTrackStatus::Acquiring),
        2 => Some(SensorTrackStatus::Lost),
        // 6 and 7 besides raise an alarm of close passing.
        4 | 6 | 7 => Some(SensorTrackStatus::Tracking),
        _ => None,
    };
    let test = bits.take(1) == 1;
    let range_m = Some(bits.take(14)).filter(|&raw| raw < 16_383).map(|raw| f64::from(raw) * 0.01 * METRES_PER_NM);
    let relative = bits.take(1) == 1;
    let through_water = bits.take(1) == 1;
    Ttd { number, status, test, range_m, bearing, speed, course, relative, through_water }
}

/// The pairs of a TLB: target number, label; an empty label takes the label away.
pub fn read_tlb<'a>(s: &Sentence<'a>) -> impl Iterator<Item = Result<(u32, Option<&'a [u8]>), Refusal>> + use<'a> {
    let mut fields = s.fields();
    std::iter::from_fn(move || {
        let number = fields.next()?;
        let label = fields.next();
        Some(target_number(Some(number)).map(|n| (n, name(label))).ok_or(Refusal("tlb-number")))
    })
}

/// RSD: how the radar's display is set. Nothing in the picture comes from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rsd {
    /// Range of the display, m.
    pub range_scale_m: Option<f64>,
    /// Cursor: distance from own ship in m, bearing in radians.
    pub cursor: Option<(f64, f64)>,
    /// `C` course up, `H` head up, `N` north up.
    pub orientation: Option<u8>,
}

impl Rsd {
    /// Reads an RSD.
    pub fn read(s: &Sentence<'_>) -> Result<Self, Refusal> {
        let units = Units::read(s.field(11)).ok_or(Refusal("rsd-units"))?;
        let metres = |field| number(field).map(|d| d * units.metres());
        Ok(Self {
            range_scale_m: metres(s.field(10)),
            cursor: metres(s.field(8)).zip(direction(s.field(9))),
            orientation: letter(s.field(12)),
        })
    }
}

/// What one in the last digit of a decimal number is worth.
fn last_digit(field: Option<&[u8]>) -> f64 {
    let decimals = field.and_then(|f| Some(f.len() - 1 - f.iter().position(|&b| b == b'.')?)).unwrap_or(0);
    // Fields end with the sentence, at 82 characters.
    0.1f64.powi(decimals.min(82) as i32)
}

/// As text; characters that are none become the replacement character.
pub fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn name(field: Option<&[u8]>) -> Option<&[u8]> {
    let trimmed = field?.trim_ascii();
    let kept = trimmed.get(..trimmed.len().min(MAX_NAME))?;
    (!kept.is_empty()).then_some(kept)
}

fn target_number(field: Option<&[u8]>) -> Option<u32> {
    // Some write it as a decimal number, `12.0` (TLB's field is of that kind).
    let field = field?;
    let whole = match field.iter().position(|&b| b == b'.') {
        Some(point) if field.iter().skip(point + 1).all(|&b| b == b'0') => field.get(..point)?,
        Some(_) => return None,
        None => field,
    };
    unsigned(whole).and_then(|n| u32::try_from(n).ok()).filter(|&n| n <= MAX_NUMBER)
}

fn status(field: Option<&[u8]>) -> Option<SensorTrackStatus> {
    match field {
        Some(b"L") => Some(SensorTrackStatus::Lost),
        Some(b"Q") => Some(SensorTrackStatus::Acquiring),
        Some(b"T") => Some(SensorTrackStatus::Tracking),
        _ => None,
    }
}

fn north(field: Option<&[u8]>) -> Option<North> {
    match letter(field)? {
        b'T' => Some(North::True),
        b'R' => Some(North::Heading),
        _ => None,
    }
}

fn empty(field: Option<&[u8]>) -> bool {
    field.is_none_or(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(body: &'static str) -> Sentence<'static> {
        Sentence::new(b'$', body.as_bytes(), None).unwrap()
    }

    #[test]
    fn ttm_as_navico_and_furuno_write_it() {
        let t = Ttm::read(&sentence("RATTM,01,0.48,263.6,T,0.0,2.9,T,0.48,,N,1 (Broadband 4G - 2782 B),T,,134601,M")).unwrap();
        assert_eq!((t.number, t.status, t.acquisition), (1, SensorTrackStatus::Tracking, Some(Acquisition::Manual)));
        let p = t.polar.unwrap();
        assert!((p.range_m - 888.96).abs() < 1e-9 && (p.range_step_m - 18.52).abs() < 1e-9 && p.north == North::True);
        assert!((p.bearing.to_degrees() - 263.6).abs() < 1e-12 && (p.bearing_step.to_degrees() - 0.1).abs() < 1e-12);
        assert_eq!((t.speed, t.course), (Some(0.0), Some((2.9f64.to_radians(), North::True))));
        assert_eq!((t.name, t.time_of_day_s), (Some(&b"1 (Broadband 4G - 2782 B)"[..]), Some(49_561.0)));

        let t = Ttm::read(&sentence("RATTM,498,4.29,155.9,T,0.3,74.7,T,1.07,-76.4,N,,T,,074051,M")).unwrap();
        assert_eq!((t.number, t.name), (498, None));
    }

    #[test]
    fn ttm_units_cover_distance_and_speed() {
        for (unit, metres) in [("K", 1000.0), ("N", 1852.0), ("S", 1609.344)] {
            let body: &str = format!("RATTM,7,2.0,10.0,R,36.0,90.0,T,,,{unit},,Q,R,,A").leak();
            let t = Ttm::read(&sentence(body)).unwrap();
            let p = t.polar.unwrap();
            assert!((p.range_m - 2.0 * metres).abs() < 1e-9 && p.north == North::Heading);
            assert!((p.range_step_m - 0.1 * metres).abs() < 1e-9);
            assert!((t.speed.unwrap() - metres / 100.0).abs() < 1e-9);
            assert!(t.reference && t.status == SensorTrackStatus::Acquiring && t.time_of_day_s.is_none());
        }
    }

    #[test]
    fn damaged_ttm_names_the_field() {
        for (body, word) in [
            ("RATTM", "ttm-number"),
            ("RATTM,1024,0.48,263.6,T,0.0,2.9,T,0.48,,N,,T,,,M", "ttm-number"),
            ("RATTM,-1,0.48,263.6,T,0.0,2.9,T,0.48,,N,,T,,,M", "ttm-number"),
            ("RATTM,1,0.48,263.6,T,0.0,2.9,T,0.48,,N,,,,,M", "ttm-status"),
            ("RATTM,1,0.48,263.6,T,0.0,2.9,T,0.48,,,,T,,,M", "ttm-units"),
            ("RATTM,1,0.-6,263.6,T,0.0,2.9,T,0.48,,N,,T,,,M", "ttm-range"),
            ("RATTM,1,100.1,263.6,T,0.0,2.9,T,0.48,,N,,T,,,M", "ttm-range"),
            ("RATTM,1,0.48,363.6,T,0.0,2.9,T,0.48,,N,,T,,,M", "ttm-bearing"),
            ("RATTM,1,0.48,263.6,M,0.0,2.9,T,0.48,,N,,T,,,M", "ttm-bearing"),
        ] {
            assert_eq!(Ttm::read(&sentence(body)), Err(Refusal(word)), "{body}");
        }
        assert_eq!(Ttm::read(&sentence("RATTM,1,,,T,,,T,,,N,,L,,,M")).unwrap().polar, None);
    }

    #[test]
    fn tll_and_tlb() {
        let t = Tll::read(&sentence("RATLL,01,5812.6870,N,01131.9502,E,1 (x),134601,L,R")).unwrap();
        assert_eq!((t.number, t.status, t.reference), (1, SensorTrackStatus::Lost, true));
        assert!((t.place.unwrap().lon_deg() - 11.532_503_333).abs() < 1e-8);
        assert_eq!(Tll::read(&sentence("RATLL,01,5812.6870,N,,E,,,T,")), Err(Refusal("tll-place")));

        let pairs: Vec<_> = read_tlb(&sentence("RATLB,481,,470.0,ANNA,5.5,x,7")).collect();
        let expected = [Ok((481, None)), Ok((470, Some(&b"ANNA"[..]))), Err(Refusal("tlb-number")), Ok((7, None))];
        assert_eq!(pairs, expected);
    }

    /// Bits written one by one, most significant first, as the standard's table has them.
    fn ttd_payload(fields: &[(u32, u32)]) -> String {
        let bits: String = fields.iter().map(|&(value, width)| format!("{value:0w$b}", w = width as usize)).collect();
        assert_eq!(bits.len(), 90);
        let six = |chunk: &[u8]| u8::from_str_radix(std::str::from_utf8(chunk).unwrap(), 2).unwrap();
        bits.as_bytes().chunks(6).map(six).map(|v| if v < 40 { v + 48 } else { v + 56 } as char).collect()
    }

    #[test]
    fn ttd_of_several_targets() {
        let boat = |number, status, test, range| {
            ttd_payload(&[
                (0, 2),
                (number, 10),
                (2715, 12),
                (383, 12),
                (451, 12),
                (4095, 12),
                (status, 3),
                (test, 1),
                (range, 14),
                (0, 1),
                (1, 1),
                (0, 2),
                (9, 8),
            ])
        };
        let body = format!("RATTD,1A,0F,3,{}{}{},0", boat(1023, 4, 0, 1234), boat(1, 2, 1, 16_383), boat(0, 0, 0, 0));
        let (targets, damaged) = read_ttd(&sentence(body.leak())).unwrap();
        assert!(!damaged);
        let [first, second, third] = targets.as_slice() else { panic!("{targets:?}") };
        assert_eq!((first.number, first.status, first.test), (1023, Some(SensorTrackStatus::Tracking), false));
        assert!((first.range_m.unwrap() - 12.34 * 1852.0).abs() < 1e-9);
        assert!((first.bearing.unwrap().to_degrees() - 271.5).abs() < 1e-9);
        assert!((first.speed.unwrap() / MPS_PER_KNOT - 38.3).abs() < 1e-9);
        assert!((first.course.unwrap().to_degrees() - 45.1).abs() < 1e-9);
        assert!(!first.relative && first.through_water);
        assert_eq!((second.status, second.test, second.range_m), (Some(SensorTrackStatus::Lost), true, None));
        assert_eq!((third.number, third.status), (0, None));
    }

    #[test]
    fn damaged_ttd_keeps_its_whole_targets() {
        let good = ttd_payload(&[(0, 2), (5, 10), (0, 76), (0, 2)]);
        for (body, expected) in [
            (format!("RATTD,01,01,0,{good}{},0", &good[..7]), Ok((1, true))),
            (format!("RATTD,01,01,0,{good}{}X,0", &good[..14]), Ok((1, true))),
            (format!("RATTD,01,02,0,{good},0"), Err(Refusal("ttd-count"))),
            (format!("RATTD,01,00,0,{good},0"), Err(Refusal("ttd-count"))),
            ("RATTD,01,01,0,,0".into(), Err(Refusal("ttd-payload"))),
            ("RATTD,01,01".into(), Err(Refusal("ttd-payload"))),
        ] {
            let body: &str = body.leak();
            assert_eq!(read_ttd(&sentence(body)).map(|(t, d)| (t.len(), d)), expected, "{body}");
        }
    }
}
