//! Data blocks and records: which items are there and where each begins. Nothing is copied and nothing allocated.

use super::field::Field;
use super::table::{Category, Item, Kind, Profile, Shape};
use crate::wire::Refusal;

/// Slots that a record may have; the longest profile here (062) has 35.
pub const MAX_SLOTS: usize = 42;

/// Octets of category and length before a block's records.
pub const BLOCK_HEADER: usize = 3;

/// A data block's length is less than its header or goes past the end of the datagram.
pub const BAD_LENGTH: Refusal = Refusal("bad-block-length");
/// An FSPEC names a slot that its category does not define.
pub const UNDEFINED_ITEM: Refusal = Refusal("undefined-item");
/// An FSPEC is longer than the category's, or names nothing.
pub const BAD_FSPEC: Refusal = Refusal("bad-fspec");
/// An item goes on after its last defined part.
pub const UNDEFINED_EXTENSION: Refusal = Refusal("undefined-extension");
/// An item ends after the block's end.
pub const OVERRUN: Refusal = Refusal("record-overrun");
/// An explicit item whose length octet is 0, which would not even hold itself.
pub const BAD_ITEM_LENGTH: Refusal = Refusal("bad-item-length");

/// A data block: one category's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Category number.
    pub category: u8,
    /// Records, one after the other.
    pub records: &'a [u8],
}

/// The data blocks of a datagram. After a block whose length cannot be right there is nothing to hold on to: it is the last.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    rest: &'a [u8],
}

impl<'a> Blocks<'a> {
    /// Over the blocks of `datagram`.
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let whole = std::mem::take(&mut self.rest);
        let Some((&[category, high, low], _)) = whole.split_first_chunk::<BLOCK_HEADER>() else {
            return Some(Err(BAD_LENGTH));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (Some(records), Some(rest)) = (whole.get(BLOCK_HEADER..length), whole.get(length..)) else {
            return Some(Err(BAD_LENGTH));
        };
        self.rest = rest;
        Some(Ok(Block { category, records }))
    }
}

/// One record: its bytes and where its items lie.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    category: &'static Category,
    profile: &'static Profile,
    bytes: &'a [u8],
    // Bit i: slot i is present. `starts[i]..ends[i]` are its octets in `bytes`.
    present: u64,
    starts: [u16; MAX_SLOTS],
    ends: [u16; MAX_SLOTS],
}

impl<'a> Record<'a> {
    /// Takes one record off the front of `bytes`; also gives what follows it.
    pub fn take(category: &'static Category, bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refusal> {
        let mut profile = category.profiles.first().ok_or(UNDEFINED_ITEM)?;
        let longest = category.profiles.iter().map(|p| p.slots.len()).max().unwrap_or(0);
        let fspec = fspec_octets(bytes, longest)?;
        let mut record = Self { category, profile, bytes, present: 0, starts: [0; MAX_SLOTS], ends: [0; MAX_SLOTS] };
        let mut at = fspec.len();
        for (octet_index, &octet) in fspec.iter().enumerate() {
            // Set bits from the most significant down; the last bit is the extension.
            let mut bits = octet & 0xFE;
            while bits != 0 {
                let bit = bits.leading_zeros() as usize;
                bits &= !(0x80 >> bit);
                let slot = octet_index * 7 + bit;
                let item = profile.slots.get(slot).copied().flatten().ok_or(UNDEFINED_ITEM)?;
                let rest = bytes.get(at..).ok_or(OVERRUN)?;
                let length = item_length(item, rest, profile, 0)?;
                let end = at + length;
                let (Ok(start16), Ok(end16)) = (u16::try_from(at), u16::try_from(end)) else { return Err(OVERRUN) };
                let (Some(s), Some(e)) = (record.starts.get_mut(slot), record.ends.get_mut(slot)) else {
                    return Err(UNDEFINED_ITEM);
                };
                (*s, *e) = (start16, end16);
                record.present |= 1 << slot;
                if category.selector == Some(item.name)
                    && rest.first().is_some_and(|o| o & 0x80 != 0)
                    && let Some(other) = category.profiles.get(1)
                {
                    profile = other;
                    record.profile = other;
                }
                at = end;
            }
        }
        if record.present == 0 {
            return Err(BAD_FSPEC);
        }
        let (own, rest) = bytes.split_at_checked(at).ok_or(OVERRUN)?;
        record.bytes = own;
        Ok((record, rest))
    }

    /// Its category.
    pub fn category(&self) -> &'static Category {
        self.category
    }

    /// The profile it follows.
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The whole record.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether slot `slot` (0 for field reference number 1) is present.
    #[inline]
    pub fn has(&self, slot: u8) -> bool {
        self.present.checked_shr(u32::from(slot)).is_some_and(|p| p & 1 == 1)
    }

    /// Octets of the item in `slot`.
    pub fn octets(&self, slot: u8) -> Option<&'a [u8]> {
        if !self.has(slot) {
            return None;
        }
        let i = usize::from(slot);
        let (start, end) = (*self.starts.get(i)?, *self.ends.get(i)?);
        self.bytes.get(usize::from(start)..usize::from(end))
    }

    /// The items present, in order, with their octets.
    pub fn items(&self) -> impl Iterator<Item = (u8, &'static Item, &'a [u8])> + '_ {
        let slots = self.profile.slots;
        (0..slots.len() as u8)
            .filter_map(move |slot| Some((slot, slots.get(usize::from(slot)).copied().flatten()?, self.octets(slot)?)))
    }

    /// The bits of an element; `None` where its item, or the part that holds it, is absent.
    #[inline]
    pub fn raw(&self, field: &Field) -> Option<u64> {
        // Most items of a category are absent from most records: that much is decided without a call.
        if self.has(field.slot) { self.raw_of_present(field) } else { None }
    }

    fn raw_of_present(&self, field: &Field) -> Option<u64> {
        debug_assert_eq!(field.category, self.category.number);
        let octets = self.octets(field.slot)?;
        let octets = match field.subslot {
            None => octets,
            Some(subslot) => {
                let item = self.profile.slots.get(usize::from(field.slot)).copied().flatten()?;
                subfield(item, octets, subslot)?
            }
        };
        bits(octets, field.start, field.bits)
    }

    /// A quantity in the unit of its table.
    pub fn quantity(&self, field: &Field) -> Option<f64> {
        let raw = self.raw(field)?;
        Some(steps(field.kind, field.bits, raw) as f64 * field.lsb())
    }
}

/// Bits as a whole number, two's complement where the kind is signed.
pub(super) fn steps(kind: Kind, width: u16, raw: u64) -> i64 {
    if matches!(kind, Kind::Signed(_)) && (1..64).contains(&width) {
        let shift = 64 - u32::from(width);
        ((raw << shift) as i64) >> shift
    } else {
        raw as i64
    }
}

/// `width` ≤ 64 bits from bit `start` of `octets`, the first being the most significant.
pub(super) fn bits(octets: &[u8], start: u16, width: u16) -> Option<u64> {
    let (first, end) = (usize::from(start / 8), (usize::from(start) + usize::from(width)).div_ceil(8));
    let window = octets.get(first..end)?;
    let below = end * 8 - usize::from(start) - usize::from(width);
    let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    if window.len() <= 8 {
        let value = window.iter().fold(0u64, |v, &o| v << 8 | u64::from(o));
        return Some(value >> below & mask);
    }
    // At most nine octets hold 64 bits that do not begin on an octet.
    let value = window.iter().fold(0u128, |v, &o| v << 8 | u128::from(o));
    Some((value >> below) as u64 & mask)
}

/// The octets of an FSPEC for a profile of so many slots.
fn fspec_octets(bytes: &[u8], slots: usize) -> Result<&[u8], Refusal> {
    let length = bytes.iter().position(|o| o & 1 == 0).map_or(usize::MAX, |i| i + 1);
    if length > slots.div_ceil(7) {
        return Err(if bytes.len() < slots.div_ceil(7) { OVERRUN } else { BAD_FSPEC });
    }
    bytes.get(..length).ok_or(OVERRUN)
}

/// Length of an item at the front of `rest`; an error where it does not fit.
fn item_length(item: &Item, rest: &[u8], profile: &Profile, depth: u8) -> Result<usize, Refusal> {
    let length = match &item.shape {
        Shape::Fixed(part) => usize::from(part.octets),
        Shape::Extended(parts) => {
            let mut at = 0;
            let mut open = true;
            for part in *parts {
                at += usize::from(part.octets);
                if rest.get(at - 1).ok_or(OVERRUN)? & 1 == 0 {
                    open = false;
                    break;
                }
            }
            if open {
                return Err(UNDEFINED_EXTENSION);
            }
            at
        }
        Shape::Repetitive(part) => 1 + usize::from(*rest.first().ok_or(OVERRUN)?) * usize::from(part.octets),
        Shape::RepetitiveFx(part) => {
            let mut at = usize::from(part.octets);
            while rest.get(at - 1).ok_or(OVERRUN)? & 1 == 1 {
                at += usize::from(part.octets);
            }
            at
        }
        Shape::Compound(slots) => {
            let mut at = 0;
            for piece in Subfields::new(slots, rest)? {
                at = piece?.2;
            }
            at
        }
        Shape::Explicit => match usize::from(*rest.first().ok_or(OVERRUN)?) {
            0 => return Err(BAD_ITEM_LENGTH),
            n => n,
        },
        Shape::Random => random_length(rest, profile, depth)?,
    };
    if length > rest.len() { Err(OVERRUN) } else { Ok(length) }
}

/// Length of an item that has been walked before, at the front of `rest`.
pub(super) fn item_end(item: &Item, rest: &[u8], profile: &Profile) -> Result<usize, Refusal> {
    item_length(item, rest, profile, 1)
}

fn random_length(rest: &[u8], profile: &Profile, depth: u8) -> Result<usize, Refusal> {
    // A random field that holds a random field would be a stranger's stack overflow.
    if depth > 0 {
        return Err(UNDEFINED_ITEM);
    }
    let count = *rest.first().ok_or(OVERRUN)?;
    let mut at = 1;
    for _ in 0..count {
        let number = usize::from(*rest.get(at).ok_or(OVERRUN)?);
        let slot = number.checked_sub(1).ok_or(UNDEFINED_ITEM)?;
        let item = profile.slots.get(slot).copied().flatten().ok_or(UNDEFINED_ITEM)?;
        at += 1;
        at += item_length(item, rest.get(at..).ok_or(OVERRUN)?, profile, depth + 1)?;
    }
    Ok(at)
}

/// Walks a compound's subfields: slot, start and end in the compound's octets.
pub(super) struct Subfields<'t, 'a> {
    slots: &'t [Option<Item>],
    octets: &'a [u8],
    fspec: &'a [u8],
    slot: usize,
    at: usize,
}

impl<'t, 'a> Subfields<'t, 'a> {
    /// Over the subfields of a compound at the front of `octets`.
    pub(super) fn new(slots: &'t [Option<Item>], octets: &'a [u8]) -> Result<Self, Refusal> {
        let fspec = fspec_octets(octets, slots.len())?;
        if fspec.iter().all(|o| o & 0xFE == 0) {
            return Err(BAD_FSPEC);
        }
        Ok(Self { slots, octets, fspec, slot: 0, at: fspec.len() })
    }
}

impl Iterator for Subfields<'_, '_> {
    type Item = Result<(u8, usize, usize), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let octet = *self.fspec.get(self.slot / 7)?;
            let slot = self.slot;
            self.slot += 1;
            if octet & (0x80 >> (slot % 7)) == 0 {
                continue;
            }
            let found = self.slots.get(slot).and_then(Option::as_ref).ok_or(UNDEFINED_ITEM).and_then(|item| {
                let rest = self.octets.get(self.at..).ok_or(OVERRUN)?;
                // Subfields are never random, so their profile does not matter.
                let length = item_length(item, rest, &NO_PROFILE, 1)?;
                Ok((slot as u8, self.at, self.at + length))
            });
            match &found {
                Ok((_, _, end)) => self.at = *end,
                Err(_) => self.fspec = &[],
            }
            return Some(found);
        }
    }
}

static NO_PROFILE: Profile = Profile { name: "", slots: &[] };

/// Octets of one subfield of a compound that has been walked before.
fn subfield<'a>(item: &Item, octets: &'a [u8], wanted: u8) -> Option<&'a [u8]> {
    let Shape::Compound(slots) = &item.shape else { return None };
    Subfields::new(slots, octets).ok()?.find_map(|piece| match piece {
        Ok((slot, start, end)) if slot == wanted => octets.get(start..end),
        _ => None,
    })
}
