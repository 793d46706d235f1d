//! `$PGHP`: Gatehouse's line before each message, with the base station's time and identity.
//!
//! `$PGHP,1,year,month,day,hour,minute,second,millisecond,country,region,base station,online,checksum*hh`. The last field is
//! the exclusive or of the checksums of the message's sentences (00 before a VDO), so that the line can be held to the one
//! message it was written for.

use super::sentence::{Sentence, unsigned};
use super::wrapper::TagGroup;
use crate::model::Station;
use crate::model::Timestamp;

/// What a `$PGHP` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pghp {
    /// When the base station heard the message.
    pub time: Timestamp,
    /// The base station; `country-region` where it is not named.
    pub station: Station,
    /// Exclusive or of the checksums of the message's sentences.
    pub checksum: u8,
}

impl Pghp {
    /// Reads one; `None` where a field is missing or makes no sense.
    pub fn parse(sentence: &Sentence<'_>) -> Option<Self> {
        let mut fields = sentence.fields();
        if fields.next()? != b"1" {
            return None;
        }
        let mut number = || u32::try_from(unsigned(fields.next()?)?).ok();
        let (year, month, day) = (number()?, number()?, number()?);
        let (hour, minute, second, milli) = (number()?, number()?, number()?, number()?);
        let nanos = milli.checked_mul(1_000_000)?;
        let time = Timestamp::from_civil(i32::try_from(year).ok()?, month, day, hour, minute, second, nanos)?;
        let (country, region, base) = (fields.next()?, fields.next()?, fields.next()?);
        let station = if base.is_empty() { country_and_region(country, region)? } else { Station::new(base)? };
        let &[hi, lo] = fields.last()? else { return None };
        let checksum = super::envelope::hex(hi)? << 4 | super::envelope::hex(lo)?;
        Some(Self { time, station, checksum })
    }
}

fn country_and_region(country: &[u8], region: &[u8]) -> Option<Station> {
    let mut name = [0u8; 15];
    let len = country.len() + 1 + region.len();
    let joined = country.iter().chain(b"-").chain(region);
    name.get_mut(..len)?.iter_mut().zip(joined).for_each(|(to, from)| *to = *from);
    Station::new(name.get(..len)?)
}

/// The `$PGHP` in force, and how much of its message has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct PghpScope {
    open: Option<Open>,
    serial: u32,
    /// How many more sentences without one are taken as having lost theirs.
    expected: u8,
}

/// After how many sentences without a `$PGHP` a feed is no longer taken for one that writes them.
const EXPECTED_FOR: u8 = 64;

#[derive(Clone, Copy, Debug)]
struct Open {
    pghp: Pghp,
    /// Exclusive or of the sentence checksums so far.
    seen: u8,
    /// Parts so far.
    taken: u8,
    /// Parts in all, sequence number and channel, once the first part told them.
    count: u8,
    sequence: u8,
    channel: u8,
}

/// Marks group numbers made from a `$PGHP`, so that they never meet those of TAG blocks.
const GROUP_FLAG: u32 = 1 << 31;

impl PghpScope {
    /// Whether a sentence is awaited.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the feed writes one before each message, as far as is known.
    #[inline]
    pub fn is_expected(&self) -> bool {
        self.expected > 0
    }

    /// A sentence came without one.
    pub fn missed(&mut self) {
        self.expected = self.expected.saturating_sub(1);
    }

    /// A `$PGHP` came. True where the one before it still waited for its message.
    pub fn open(&mut self, pghp: Pghp) -> bool {
        let stray = self.open.is_some();
        self.open = Some(Open { pghp, seen: 0, taken: 0, count: 0, sequence: 0, channel: 0 });
        self.serial = self.serial.wrapping_add(1);
        self.expected = EXPECTED_FOR;
        stray
    }

    /// What is in force for a sentence that carries no AIS: only the whole message of the `$PGHP` can be one. Others may stand
    /// between.
    pub fn take_other(&mut self, sentence: &Sentence<'_>) -> Option<Pghp> {
        let fits = |open: &Open| open.taken == 0 && sentence.checksum == Some(open.pghp.checksum);
        let pghp = self.open.as_ref().filter(|open| fits(open))?.pghp;
        self.open = None;
        Some(pghp)
    }

    /// What is in force for this sentence; `None` where it is not of the message that the `$PGHP` was written for, which then
    /// ends.
    ///
    /// A lost line must not give the next message a foreign time and station: parts have to come in order and without
    /// others between, and the checksums of the whole have to agree.
    pub fn take(&mut self, sentence: &Sentence<'_>) -> Option<(Pghp, Option<TagGroup>)> {
        let mut open = self.open.take()?;
        let mut fields = sentence.fields();
        let (count, number) = (digit(fields.next()?)?, digit(fields.next()?)?);
        let sequence = fields.next()?.first().copied().unwrap_or_default();
        let channel = fields.next()?.first().copied().unwrap_or_default();
        if open.taken == 0 {
            (open.count, open.sequence, open.channel) = (count, sequence, channel);
        }
        if count != open.count || sequence != open.sequence || channel != open.channel || number != open.taken + 1 {
            return None;
        }
        open.taken += 1;
        open.seen ^= sentence.checksum?;
        let group = (count > 1).then_some(TagGroup { id: GROUP_FLAG | self.serial, number, count });
        if open.taken < open.count {
            self.open = Some(open);
        } else if open.seen != open.pghp.checksum && !(open.pghp.checksum == 0 && sentence.formatter() == b"VDO") {
            return None;
        }
        Some((open.pghp, group))
    }
}

fn digit(field: &[u8]) -> Option<u8> {
    match field {
        [d @ b'1'..=b'9'] => Some(d - b'0'),
        _ => None,
    }
}
