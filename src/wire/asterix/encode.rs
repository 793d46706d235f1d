//! Values → records and data blocks, by the same tables that decode them.

use std::collections::BTreeMap;

use super::field::Field;
use super::record::BLOCK_HEADER;
use super::statement::Source;
use super::table::{Category, Kind, Part, Shape};
use super::tables::{CAT010, CAT034};
use super::value::{put_bits, write_fspec};

/// Why something cannot be encoded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EncodeError {
    /// The element is too narrow for the value.
    #[error("{value} does not fit its element")]
    OutOfRange {
        /// The value.
        value: f64,
    },
    /// The value is laid out otherwise than the item, or the category has no such item.
    #[error("the value is not laid out as its item is")]
    Shape,
    /// More repetitions or octets than the item's count octet can tell.
    #[error("more repetitions or octets than a count octet can tell: {source}")]
    TooMany {
        /// What was tried.
        source: std::num::TryFromIntError,
    },
    /// A data block tells its length in 16 bits.
    #[error("a data block of {length} octets is longer than 65535")]
    TooLong {
        /// Octets with the header.
        length: usize,
    },
}

/// A record in the making. Elements that are not set and share an item with one that is set are zero.
#[derive(Clone, Debug)]
pub struct RecordBuilder {
    category: &'static Category,
    profile: usize,
    items: BTreeMap<u8, Content>,
}

#[derive(Clone, Debug)]
enum Content {
    Octets(Vec<u8>),
    Subfields(BTreeMap<u8, Vec<u8>>),
}

impl RecordBuilder {
    /// An empty record in the category's first profile.
    pub fn new(category: &'static Category) -> Self {
        Self::in_profile(category, 0)
    }

    /// An empty record in another profile.
    pub fn in_profile(category: &'static Category, profile: usize) -> Self {
        Self { category, profile, items: BTreeMap::new() }
    }

    /// Sets the bits of an element.
    pub fn raw(&mut self, field: &Field, raw: u64) -> Result<&mut Self, EncodeError> {
        let profile = self.category.profiles.get(self.profile).ok_or(EncodeError::Shape)?;
        let item = profile.slots.get(usize::from(field.slot)).copied().flatten().ok_or(EncodeError::Shape)?;
        if field.category != self.category.number {
            return Err(EncodeError::Shape);
        }
        match (&item.shape, field.subslot) {
            (Shape::Compound(slots), Some(subslot)) => {
                let sub = slots.get(usize::from(subslot)).and_then(Option::as_ref).ok_or(EncodeError::Shape)?;
                let content = self.items.entry(field.slot).or_insert_with(|| Content::Subfields(BTreeMap::new()));
                let Content::Subfields(subfields) = content else { return Err(EncodeError::Shape) };
                set(&sub.shape, subfields.entry(subslot).or_default(), field, raw)?;
            }
            (shape, None) => {
                let content = self.items.entry(field.slot).or_insert_with(|| Content::Octets(Vec::new()));
                let Content::Octets(octets) = content else { return Err(EncodeError::Shape) };
                set(shape, octets, field, raw)?;
            }
            _ => return Err(EncodeError::Shape),
        }
        Ok(self)
    }

    /// Sets an element to the step nearest to `value`, given in the unit of its table. Angles that span the whole circle wrap.
    pub fn quantity(&mut self, field: &Field, value: f64) -> Result<&mut Self, EncodeError> {
        let steps = (value / field.lsb()).round();
        let range = 2f64.powi(i32::from(field.bits));
        let (steps, low, high) = match field.kind {
            Kind::Signed(_) => (steps, -range / 2.0, range / 2.0),
            Kind::Unsigned(s) if s.unit == "°" && s.lsb * range == 360.0 => (steps.rem_euclid(range), 0.0, range),
            _ => (steps, 0.0, range),
        };
        if !(steps >= low && steps < high) {
            return Err(EncodeError::OutOfRange { value });
        }
        let mask = if field.bits >= 64 { u64::MAX } else { (1 << field.bits) - 1 };
        self.raw(field, steps as i64 as u64 & mask)
    }

    /// Sets a whole item to octets laid out by the caller: for repetitive and explicit items.
    pub fn octets(&mut self, slot: u8, octets: &[u8]) -> Result<&mut Self, EncodeError> {
        let profile = self.category.profiles.get(self.profile).ok_or(EncodeError::Shape)?;
        profile.slots.get(usize::from(slot)).copied().flatten().ok_or(EncodeError::Shape)?;
        self.items.insert(slot, Content::Octets(octets.to_vec()));
        Ok(self)
    }

    /// Sets a time of day, seconds since UTC midnight; what rounds to 24 h is midnight.
    pub fn time_of_day(&mut self, field: &Field, seconds: f64) -> Result<&mut Self, EncodeError> {
        let steps_a_day = DAY_S / field.lsb();
        let steps = (seconds / field.lsb()).round().rem_euclid(steps_a_day);
        self.raw(field, steps as u64)
    }

    /// Appends the record, with the shortest FSPEC that names its items.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_fspec(self.items.keys().fold(0, |p, slot| p | 1 << slot), out);
        for content in self.items.values() {
            match content {
                Content::Octets(octets) => out.extend_from_slice(octets),
                Content::Subfields(subfields) => {
                    write_fspec(subfields.keys().fold(0, |p, slot| p | 1 << slot), out);
                    subfields.values().for_each(|octets| out.extend_from_slice(octets));
                }
            }
        }
    }
}

/// Sets an element of a fixed or extended item, adding the parts up to its own.
fn set(shape: &Shape, octets: &mut Vec<u8>, field: &Field, raw: u64) -> Result<(), EncodeError> {
    let parts: &[Part] = match shape {
        Shape::Fixed(part) => std::slice::from_ref(part),
        Shape::Extended(parts) => parts,
        _ => return Err(EncodeError::Shape),
    };
    let mut end = 0;
    for part in parts {
        // A part that follows another is announced by the last bit of that one.
        if end > 0
            && end == octets.len()
            && let Some(last) = octets.last_mut()
        {
            *last |= 1;
        }
        end += usize::from(part.octets);
        if octets.len() < end {
            octets.resize(end, 0);
        }
        if usize::from(field.start) < end * 8 {
            return put_bits(octets, field.start, field.bits, raw);
        }
    }
    Err(EncodeError::Shape)
}

/// Appends a data block that holds `records`.
pub fn write_block<'a>(
    category: &'static Category,
    records: impl IntoIterator<Item = &'a RecordBuilder>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&[category.number, 0, 0]);
    for record in records {
        record.write(out);
    }
    let length = out.len() - start;
    let Ok(told) = u16::try_from(length) else {
        out.truncate(start);
        return Err(EncodeError::TooLong { length });
    };
    if let Some(header) = out.get_mut(start + 1..start + BLOCK_HEADER) {
        header.copy_from_slice(&told.to_be_bytes());
    }
    Ok(())
}

/// A plot of a primary radar, as a coastal extractor sends it (category 010, items 010 000 020 140 040 131).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarPlot {
    /// Who sends.
    pub source: Source,
    /// Seconds since UTC midnight by the radar's clock.
    pub time_of_day_s: f64,
    /// Slant range, m, to 65 535.
    pub range_m: f64,
    /// Radians clockwise from the radar's north.
    pub azimuth: f64,
    /// Amplitude in the radar's own counts.
    pub amplitude: Option<u8>,
}

mod plot {
    use super::{CAT010, Field};
    pub static SAC: Field = Field::of(&CAT010, "010", "SAC");
    pub static SIC: Field = Field::of(&CAT010, "010", "SIC");
    pub static MESSAGE: Field = Field::of(&CAT010, "000", "");
    pub static TYP: Field = Field::of(&CAT010, "020", "TYP");
    pub static TIME: Field = Field::of(&CAT010, "140", "");
    pub static RHO: Field = Field::of(&CAT010, "040", "RHO");
    pub static TH: Field = Field::of(&CAT010, "040", "TH");
    pub static AMPLITUDE: Field = Field::of(&CAT010, "131", "");
}

impl RadarPlot {
    /// The record.
    pub fn record(&self) -> Result<RecordBuilder, EncodeError> {
        let mut r = RecordBuilder::new(&CAT010);
        r.raw(&plot::SAC, self.source.sac.into())?.raw(&plot::SIC, self.source.sic.into())?;
        // I010/000 1: target report. I010/020 TYP 3: primary radar.
        r.raw(&plot::MESSAGE, 1)?.raw(&plot::TYP, 3)?;
        r.time_of_day(&plot::TIME, self.time_of_day_s)?;
        r.quantity(&plot::RHO, self.range_m)?.quantity(&plot::TH, self.azimuth.to_degrees())?;
        if let Some(a) = self.amplitude {
            r.raw(&plot::AMPLITUDE, a.into())?;
        }
        Ok(r)
    }
}

/// Appends one data block of plots: what a radar sends for a sector.
pub fn write_plots(plots: &[RadarPlot], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let records = plots.iter().map(RadarPlot::record).collect::<Result<Vec<_>, _>>()?;
    write_block(&CAT010, &records, out)
}

mod service {
    use super::{CAT034, Field};
    pub static SAC: Field = Field::of(&CAT034, "010", "SAC");
    pub static SIC: Field = Field::of(&CAT034, "010", "SIC");
    pub static MESSAGE: Field = Field::of(&CAT034, "000", "");
    pub static TIME: Field = Field::of(&CAT034, "030", "");
    pub static SECTOR: Field = Field::of(&CAT034, "020", "");
    pub static PERIOD: Field = Field::of(&CAT034, "041", "");
}

/// Appends the passage of the antenna through north (category 034, message 1), with the rotation period.
pub fn write_north(source: Source, time_of_day_s: f64, period_s: f64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut r = service_record(source, 1, time_of_day_s)?;
    r.quantity(&service::PERIOD, period_s)?;
    write_block(&CAT034, [&r], out)
}

/// Appends the crossing of the antenna into the sector that begins at `azimuth` (category 034, message 2), radians.
pub fn write_sector(source: Source, time_of_day_s: f64, azimuth: f64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut r = service_record(source, 2, time_of_day_s)?;
    r.quantity(&service::SECTOR, azimuth.to_degrees())?;
    write_block(&CAT034, [&r], out)
}

fn service_record(source: Source, message: u64, time_of_day_s: f64) -> Result<RecordBuilder, EncodeError> {
    let mut r = RecordBuilder::new(&CAT034);
    r.raw(&service::SAC, source.sac.into())?.raw(&service::SIC, source.sic.into())?;
    r.raw(&service::MESSAGE, message)?.time_of_day(&service::TIME, time_of_day_s)?;
    Ok(r)
}

/// Seconds in a day; ASTERIX, as Unix time, knows no leap second.
const DAY_S: f64 = 86_400.0;
