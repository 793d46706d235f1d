//! What wrappers say: TAG blocks, suffixes after the checksum, epochs before and after a sentence.

use super::sentence::{decimal, unsigned};
use crate::model::Station;
use crate::model::Timestamp;

/// Sentences that belong together, as TAG `g:` or a common `$PGHP` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagGroup {
    /// Names the group; used again after a while.
    pub id: u32,
    /// Place of this sentence in it, from 1.
    pub number: u8,
    /// How many sentences it has.
    pub count: u8,
}

/// What was said about a sentence by the equipment it came through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wrapper<'a> {
    /// When the receiver heard it, by the receiver's own clock: TAG `c`, `$PGHP`, or the USCG suffix.
    pub source_time: Option<Timestamp>,
    /// When a logger on the way wrote it: an epoch before or after the sentence, where that is not the receiver's.
    pub logged_at: Option<Timestamp>,
    /// Who heard it: TAG `s`, the base station of `$PGHP`, or the USCG suffix.
    pub station: Option<Station>,
    /// Which sentences it belongs with.
    pub group: Option<TagGroup>,
    /// The feed writes a `$PGHP` before each message, but the one of this sentence is missing, and nothing else tells of it.
    pub lost_pghp: bool,
    /// The TAG block without its checksum; read with [`Wrapper::tag`].
    pub tag_block: &'a [u8],
}

impl<'a> Wrapper<'a> {
    /// The best time known for it before our own clock is asked.
    pub fn told_time(&self) -> Option<Timestamp> {
        self.source_time.or(self.logged_at)
    }

    /// A parameter of the TAG block by its code: `d` destination, `n` line count, `t` text, and any proprietary one.
    pub fn tag(&self, code: &[u8]) -> Option<&'a [u8]> {
        tag_fields(self.tag_block).find(|(c, _)| *c == code).map(|(_, value)| value)
    }
}

fn tag_fields(block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    block.split(|&b| b == b',').filter_map(|field| {
        let colon = field.iter().position(|&b| b == b':')?;
        Some((field.get(..colon)?, field.get(colon + 1..)?))
    })
}

/// Takes in what a TAG block says.
pub(super) fn read_tag<'f>(block: &'f [u8], wrapper: &mut Wrapper<'f>) {
    wrapper.tag_block = block;
    for (code, value) in tag_fields(block) {
        match code {
            b"s" => wrapper.station = Station::new(value),
            b"c" => wrapper.source_time = epoch(value),
            b"g" => wrapper.group = tag_group(value),
            _ => {}
        }
    }
}

/// `number-count-id`, as `1-2-1234`.
fn tag_group(value: &[u8]) -> Option<TagGroup> {
    let mut parts = value.split(|&b| b == b'-').map(unsigned);
    let number = u8::try_from(parts.next()??).ok()?;
    let count = u8::try_from(parts.next()??).ok()?;
    // Group numbers are at most 9999 or so; what is longer is kept by its low bits, and the sentence's own part number,
    // count and sequence still have to agree.
    let id = parts.next()?? as u32 & 0x7fff_ffff;
    (parts.next().is_none() && number >= 1 && number <= count).then_some(TagGroup { id, number, count })
}

/// The comma-separated fields after the checksum. USCG (N-AIS): `x` count, `s` signal, `d` dBm, `t`/`T` slot times, `r`
/// receiver or `b` base station, then the receiver's Unix time and perhaps a logger's. Others: only a logger's Unix time.
pub(super) fn read_suffix(suffix: &[u8], wrapper: &mut Wrapper<'_>) {
    let mut station = None;
    for field in suffix.split(|b| matches!(b, b',' | b'\r' | b' ' | b'\t')) {
        match field {
            [b'r' | b'b', name @ ..] if station.is_none() => station = Station::new(name),
            [b'0'..=b'9', ..] => match epoch(field) {
                Some(t) if station.is_some() && wrapper.source_time.is_none() => wrapper.source_time = Some(t),
                Some(t) if wrapper.logged_at.is_none() => wrapper.logged_at = Some(t),
                _ => {}
            },
            _ => {}
        }
    }
    wrapper.station = wrapper.station.or(station);
}

/// The number that stands last before a sentence, where it can be an epoch.
pub(super) fn leading_epoch(before: &[u8]) -> Option<Timestamp> {
    let trimmed = before.trim_ascii_end();
    let trimmed = trimmed.strip_suffix(b",").or_else(|| trimmed.strip_suffix(b";")).unwrap_or(trimmed);
    let digits = trimmed.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    epoch(trimmed.get(trimmed.len() - digits..)?)
}

/// Unix time in seconds or milliseconds, told apart by magnitude. Before 1990 there was no AIS: smaller numbers are none.
fn epoch(value: &[u8]) -> Option<Timestamp> {
    const YEAR_1990_S: u64 = 631_152_000;
    // 10¹¹ s is the year 5138, 10¹¹ ms is 1973: no time of interest is on the wrong side.
    const MILLISECONDS_FROM: u64 = 100_000_000_000;
    // What nanoseconds in 64 bits can hold: 2262.
    const YEAR_2262_MS: u64 = 9_214_646_400_000;
    match unsigned(value) {
        Some(s @ YEAR_1990_S..MILLISECONDS_FROM) if s < YEAR_2262_MS / 1000 => Some(Timestamp::from_secs(s as i64)),
        Some(ms) if (YEAR_1990_S * 1000..YEAR_2262_MS).contains(&ms) => Some(Timestamp::from_millis(ms as i64)),
        Some(_) => None,
        None => {
            let s = decimal(value)?;
            (YEAR_1990_S as f64..(YEAR_2262_MS / 1000) as f64).contains(&s).then(|| Timestamp::from_secs_f64(s))
        }
    }
}
