// Written by tools/asterix_tables.py from asterix-specs c2b3d676a335 (BSD-3, see LICENSE-asterix-specs). Change that, not this.
//! Category 240, edition 1.3.

use crate::wire::asterix::table::{Category, Element, Item, Kind, Part, Profile, Scale, Shape};

static ITEMS: [Item; 14] = [
    Item { name: "000", title: "Message Type", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Table }] }) },
    Item { name: "010", title: "Data Source Identifier", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "SAC", start: 0, bits: 8, kind: Kind::Raw }, Element { name: "SIC", start: 8, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "020", title: "Video Record Header", shape: Shape::Fixed(Part { octets: 4, elements: &[Element { name: "", start: 0, bits: 32, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }] }) },
    Item { name: "030", title: "Video Summary", shape: Shape::Repetitive(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Ascii }] }) },
    Item { name: "040", title: "Video Header Nano", shape: Shape::Fixed(Part { octets: 12, elements: &[Element { name: "STARTAZ", start: 0, bits: 16, kind: Kind::Unsigned(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }, Element { name: "ENDAZ", start: 16, bits: 16, kind: Kind::Unsigned(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }, Element { name: "STARTRG", start: 32, bits: 32, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }, Element { name: "CELLDUR", start: 64, bits: 32, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "ns" }) }] }) },
    Item { name: "041", title: "Video Header Femto", shape: Shape::Fixed(Part { octets: 12, elements: &[Element { name: "STARTAZ", start: 0, bits: 16, kind: Kind::Unsigned(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }, Element { name: "ENDAZ", start: 16, bits: 16, kind: Kind::Unsigned(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }, Element { name: "STARTRG", start: 32, bits: 32, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }, Element { name: "CELLDUR", start: 64, bits: 32, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "fs" }) }] }) },
    Item { name: "048", title: "Video Cells Resolution & Data Compression Indicator", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "C", start: 0, bits: 1, kind: Kind::Table }, Element { name: "", start: 1, bits: 7, kind: Kind::Spare }, Element { name: "RES", start: 8, bits: 8, kind: Kind::Table }] }) },
    Item { name: "049", title: "Video Octets & Video Cells Counters", shape: Shape::Fixed(Part { octets: 5, elements: &[Element { name: "NBVB", start: 0, bits: 16, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }, Element { name: "NBCELLS", start: 16, bits: 24, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }] }) },
    Item { name: "050", title: "Video Block Low Data Volume", shape: Shape::Repetitive(Part { octets: 4, elements: &[Element { name: "", start: 0, bits: 32, kind: Kind::Raw }] }) },
    Item { name: "051", title: "Video Block Medium Data Volume", shape: Shape::Repetitive(Part { octets: 64, elements: &[Element { name: "", start: 0, bits: 512, kind: Kind::Raw }] }) },
    Item { name: "052", title: "Video Block High Data Volume", shape: Shape::Repetitive(Part { octets: 256, elements: &[Element { name: "", start: 0, bits: 2048, kind: Kind::Raw }] }) },
    Item { name: "140", title: "Time of Day", shape: Shape::Fixed(Part { octets: 3, elements: &[Element { name: "", start: 0, bits: 24, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "s" }) }] }) },
    Item { name: "RE", title: "Reserved Expansion Field", shape: Shape::Explicit },
    Item { name: "SP", title: "Special Purpose Field", shape: Shape::Explicit },
];

/// Category 240, edition 1.3.
pub static CAT240: Category = Category {
    number: 240,
    edition: "1.3",
    items: &ITEMS,
    profiles: &[
        Profile { name: "", slots: &[Some(&ITEMS[1]), Some(&ITEMS[0]), Some(&ITEMS[2]), Some(&ITEMS[3]), Some(&ITEMS[4]), Some(&ITEMS[5]), Some(&ITEMS[6]), Some(&ITEMS[7]), Some(&ITEMS[8]), Some(&ITEMS[9]), Some(&ITEMS[10]), Some(&ITEMS[11]), Some(&ITEMS[12]), Some(&ITEMS[13])] },
    ],
    selector: None,
};
