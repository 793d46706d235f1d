//! The language in which categories are written down. One table serves decoding, encoding and the typed views.
//!
//! Terms are those of EUROCONTROL-SPEC-0149, part 1: a data block holds records of one category, a record's field
//! specification (FSPEC) says which items follow, a user application profile (UAP) says which item each of its bits means.

/// A data category: its items and the order in which a record holds them.
#[derive(Debug)]
pub struct Category {
    /// 0–255.
    pub number: u8,
    /// Edition of the published specification.
    pub edition: &'static str,
    /// All items.
    pub items: &'static [Item],
    /// One profile, or two of which [`selector`](Self::selector) chooses.
    pub profiles: &'static [Profile],
    /// The item whose first bit chooses the profile (category 001: plot or track). Both profiles hold it in the same slot.
    pub selector: Option<&'static str>,
}

/// Which item each bit of the FSPEC stands for.
#[derive(Debug)]
pub struct Profile {
    /// Its name where a category has several.
    pub name: &'static str,
    /// Items by field reference number, the first being number 1; `None` is a spare slot.
    pub slots: &'static [Option<&'static Item>],
}

/// A data item.
#[derive(Debug)]
pub struct Item {
    /// Its number, as `040`; `SP` and `RE` for the two expansion fields; the name of a compound's subfield.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// How it is laid out.
    pub shape: Shape,
}

/// How an item is laid out.
#[derive(Debug)]
pub enum Shape {
    /// Always as long.
    Fixed(Part),
    /// Parts that follow one another while the last bit (FX) of the one before is set.
    Extended(&'static [Part]),
    /// A count octet, then as many parts.
    Repetitive(Part),
    /// Parts that follow one another while the last bit (FX) of the one before is set, all alike.
    RepetitiveFx(Part),
    /// An FSPEC of its own, then subfields; `None` is a spare slot.
    Compound(&'static [Option<Item>]),
    /// A length octet that counts itself, then what the two ends have agreed on.
    Explicit,
    /// A count octet, then as many times a field reference number and that item (category 001, RFS).
    Random,
}

/// Octets laid out in elements.
#[derive(Debug)]
pub struct Part {
    /// Length.
    pub octets: u16,
    /// Elements in order; with the FX bit, where there is one, they fill the octets.
    pub elements: &'static [Element],
}

/// The smallest thing that has a name.
#[derive(Debug)]
pub struct Element {
    /// Its name; empty where it is the whole item, and for spare bits.
    pub name: &'static str,
    /// First bit, from the first bit of the item (of the part, where parts repeat).
    pub start: u16,
    /// Width in bits.
    pub bits: u16,
    /// What the bits mean.
    pub kind: Kind,
}

/// What bits mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Reserved, sent as zero.
    Spare,
    /// A bare number or bits.
    Raw,
    /// One of a list of meanings.
    Table,
    /// A number of steps from zero.
    Unsigned(Scale),
    /// A number of steps, two's complement.
    Signed(Scale),
    /// Three bits a digit.
    Octal,
    /// Eight bits a character.
    Ascii,
    /// Six bits a character (ICAO Annex 10, volume IV, 3.1.2.9).
    Icao,
}

/// Step and unit of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Value of the least significant bit.
    pub lsb: f64,
    /// Unit as published; empty for a count.
    pub unit: &'static str,
}

impl Category {
    /// The item of that name.
    pub fn item(&self, name: &str) -> Option<&'static Item> {
        self.items.iter().find(|i| i.name == name)
    }
}
