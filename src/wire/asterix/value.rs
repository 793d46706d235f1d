//! Records as trees of values, whole: what [`Field`](super::Field)s pick single elements of. For tools that show everything,
//! for encoding what has no fixed place, and for tests.

use super::encode::EncodeError;
use super::record::{OVERRUN, Record, Subfields, UNDEFINED_ITEM, bits, item_end};
use super::table::{Category, Element, Item, Kind, Part, Profile, Shape};
use crate::wire::Refusal;

/// The bits of one element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Of at most 64.
    Number(u64),
    /// Of more (blocks of radar video), whole octets.
    Octets(Vec<u8>),
}

/// An item's content. Spare bits are not part of it: they are sent as zero and not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Fixed: its elements.
    Elements(Vec<Bits>),
    /// Extended: elements of the parts that are there. Repetitive: elements of each repetition.
    Parts(Vec<Vec<Bits>>),
    /// Compound: subfields by slot. Random: items by slot, in the order sent.
    Slots(Vec<(u8, Value)>),
    /// Explicit: content without the length octet.
    Octets(Vec<u8>),
}

/// A whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordValue {
    /// Index of the profile.
    pub profile: usize,
    /// Items by slot, in order.
    pub items: Vec<(u8, Value)>,
}

impl RecordValue {
    /// All that a record holds.
    pub fn read(record: &Record<'_>) -> Result<Self, Refusal> {
        let profile = record.category().profiles.iter().position(|p| std::ptr::eq(p, record.profile())).unwrap_or(0);
        let items = record
            .items()
            .map(|(slot, item, octets)| Ok((slot, read(item, octets, record.profile())?)))
            .collect::<Result<_, Refusal>>()?;
        Ok(Self { profile, items })
    }

    /// Appends the record with the shortest FSPEC.
    pub fn write(&self, category: &'static Category, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let profile = category.profiles.get(self.profile).ok_or(EncodeError::Shape)?;
        let mut content = Vec::new();
        let mut present = 0;
        for (slot, value) in &self.items {
            let item = profile.slots.get(usize::from(*slot)).copied().flatten().ok_or(EncodeError::Shape)?;
            // Slots rise, or the reader would take one item for another.
            if present >> slot != 0 {
                return Err(EncodeError::Shape);
            }
            present |= 1u64 << slot;
            write(item, value, profile, &mut content)?;
        }
        write_fspec(present, out);
        out.extend_from_slice(&content);
        Ok(())
    }
}

/// Appends an FSPEC in which bit `i` of `present` stands for slot `i`. No slot present is one octet of zero.
pub(super) fn write_fspec(present: u64, out: &mut Vec<u8>) {
    let octets = (64 - present.leading_zeros()).div_ceil(7).max(1);
    for octet in 0..octets {
        let mut byte = u8::from(octet + 1 < octets);
        for bit in 0..7 {
            let slot = octet * 7 + bit;
            if slot < 64 && present >> slot & 1 == 1 {
                byte |= 0x80 >> bit;
            }
        }
        out.push(byte);
    }
}

fn read(item: &Item, octets: &[u8], profile: &Profile) -> Result<Value, Refusal> {
    Ok(match &item.shape {
        Shape::Fixed(part) => Value::Elements(read_part(part, octets)?),
        Shape::Extended(parts) => {
            let mut end = 0;
            let mut out = Vec::new();
            for part in *parts {
                if end >= octets.len() {
                    break;
                }
                end += usize::from(part.octets);
                // Elements of extensions count their bits from the item's start.
                out.push(read_part(part, octets)?);
            }
            Value::Parts(out)
        }
        Shape::Repetitive(part) => Value::Parts(read_repeated(part, octets.get(1..).ok_or(OVERRUN)?)?),
        Shape::RepetitiveFx(part) => Value::Parts(read_repeated(part, octets)?),
        Shape::Compound(slots) => {
            let mut out = Vec::new();
            for piece in Subfields::new(slots, octets)? {
                let (slot, start, end) = piece?;
                let sub = slots.get(usize::from(slot)).and_then(Option::as_ref).ok_or(UNDEFINED_ITEM)?;
                out.push((slot, read(sub, octets.get(start..end).ok_or(OVERRUN)?, profile)?));
            }
            Value::Slots(out)
        }
        Shape::Explicit => Value::Octets(octets.get(1..).ok_or(OVERRUN)?.to_vec()),
        Shape::Random => {
            let mut out = Vec::new();
            let mut at = 1;
            while at < octets.len() {
                let slot = octets.get(at).and_then(|n| n.checked_sub(1)).ok_or(UNDEFINED_ITEM)?;
                let item = profile.slots.get(usize::from(slot)).copied().flatten().ok_or(UNDEFINED_ITEM)?;
                let end = at + 1 + item_end(item, octets.get(at + 1..).ok_or(OVERRUN)?, profile)?;
                out.push((slot, read(item, octets.get(at + 1..end).ok_or(OVERRUN)?, profile)?));
                at = end;
            }
            Value::Slots(out)
        }
    })
}

fn read_repeated(part: &Part, octets: &[u8]) -> Result<Vec<Vec<Bits>>, Refusal> {
    octets.chunks(usize::from(part.octets).max(1)).map(|chunk| read_part(part, chunk)).collect()
}

fn read_part(part: &Part, octets: &[u8]) -> Result<Vec<Bits>, Refusal> {
    named(part).map(|e| read_element(e, octets).ok_or(OVERRUN)).collect()
}

fn read_element(e: &Element, octets: &[u8]) -> Option<Bits> {
    if e.bits <= 64 {
        return Some(Bits::Number(bits(octets, e.start, e.bits)?));
    }
    let start = usize::from(e.start / 8);
    Some(Bits::Octets(octets.get(start..start + usize::from(e.bits / 8))?.to_vec()))
}

/// The elements that carry something, in order: those that a [`Value`] holds.
pub fn named(part: &Part) -> impl Iterator<Item = &'static Element> {
    part.elements.iter().filter(|e| e.kind != Kind::Spare)
}

fn write(item: &Item, value: &Value, profile: &Profile, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match (&item.shape, value) {
        (Shape::Fixed(part), Value::Elements(elements)) => write_part(part, elements, 0, out),
        (Shape::Extended(parts), Value::Parts(values)) => {
            if values.is_empty() || values.len() > parts.len() {
                return Err(EncodeError::Shape);
            }
            let mut start = 0;
            for (i, (part, elements)) in parts.iter().zip(values).enumerate() {
                write_part(part, elements, start, out)?;
                start += part.octets * 8;
                extend(out, i + 1 < values.len());
            }
            Ok(())
        }
        (Shape::Repetitive(part), Value::Parts(values)) => {
            out.push(u8::try_from(values.len()).map_err(|source| EncodeError::TooMany { source })?);
            values.iter().try_for_each(|elements| write_part(part, elements, 0, out))
        }
        (Shape::RepetitiveFx(part), Value::Parts(values)) => {
            for (i, elements) in values.iter().enumerate() {
                write_part(part, elements, 0, out)?;
                extend(out, i + 1 < values.len());
            }
            if values.is_empty() { Err(EncodeError::Shape) } else { Ok(()) }
        }
        (Shape::Compound(slots), Value::Slots(values)) => {
            let mut content = Vec::new();
            let mut present = 0;
            for (slot, value) in values {
                let sub = slots.get(usize::from(*slot)).and_then(Option::as_ref).ok_or(EncodeError::Shape)?;
                if present >> slot != 0 {
                    return Err(EncodeError::Shape);
                }
                present |= 1u64 << slot;
                write(sub, value, profile, &mut content)?;
            }
            if present == 0 {
                return Err(EncodeError::Shape);
            }
            write_fspec(present, out);
            out.extend_from_slice(&content);
            Ok(())
        }
        (Shape::Explicit, Value::Octets(octets)) => {
            out.push(u8::try_from(octets.len() + 1).map_err(|source| EncodeError::TooMany { source })?);
            out.extend_from_slice(octets);
            Ok(())
        }
        (Shape::Random, Value::Slots(values)) => {
            out.push(u8::try_from(values.len()).map_err(|source| EncodeError::TooMany { source })?);
            for (slot, value) in values {
                let item = profile.slots.get(usize::from(*slot)).copied().flatten().ok_or(EncodeError::Shape)?;
                out.push(slot + 1);
                write(item, value, profile, out)?;
            }
            Ok(())
        }
        _ => Err(EncodeError::Shape),
    }
}

/// Appends a part whose first bit is bit `start` of its item.
fn write_part(part: &Part, values: &[Bits], start: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let at = out.len();
    out.resize(at + usize::from(part.octets), 0);
    let octets = out.get_mut(at..).ok_or(EncodeError::Shape)?;
    if named(part).count() != values.len() {
        return Err(EncodeError::Shape);
    }
    for (e, value) in named(part).zip(values) {
        match value {
            Bits::Number(raw) if e.bits <= 64 => put_bits(octets, e.start - start, e.bits, *raw)?,
            Bits::Octets(long) if e.bits > 64 && long.len() * 8 == usize::from(e.bits) => {
                let first = usize::from((e.start - start) / 8);
                octets.get_mut(first..first + long.len()).ok_or(EncodeError::Shape)?.copy_from_slice(long);
            }
            _ => return Err(EncodeError::Shape),
        }
    }
    Ok(())
}

fn extend(out: &mut [u8], more: bool) {
    if let Some(last) = out.last_mut() {
        *last = *last & 0xFE | u8::from(more);
    }
}

/// Writes `width` ≤ 64 bits at bit `start`, leaving the others as they are.
pub(super) fn put_bits(octets: &mut [u8], start: u16, width: u16, raw: u64) -> Result<(), EncodeError> {
    if width < 64 && raw >> width != 0 {
        return Err(EncodeError::OutOfRange { value: raw as f64 });
    }
    let (first, end) = (usize::from(start / 8), (usize::from(start) + usize::from(width)).div_ceil(8));
    let window = octets.get_mut(first..end).ok_or(EncodeError::Shape)?;
    let below = end * 8 - usize::from(start) - usize::from(width);
    let mask = if width >= 64 { u128::from(u64::MAX) } else { (1u128 << width) - 1 };
    let (mut value, mut mask) = (u128::from(raw) << below, mask << below);
    for octet in window.iter_mut().rev() {
        *octet = *octet & !(mask as u8) | value as u8;
        value >>= 8;
        mask >>= 8;
    }
    Ok(())
}
