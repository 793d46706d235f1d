// Written by tools/asterix_tables.py from asterix-specs c2b3d676a335 (BSD-3, see LICENSE-asterix-specs). Change that, not this.
//! Category 002, edition 1.2.

use crate::wire::asterix::table::{Category, Element, Item, Kind, Part, Profile, Scale, Shape};

static ITEMS: [Item; 13] = [
    Item { name: "000", title: "Message Type", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Table }] }) },
    Item { name: "010", title: "Data Source Identifier", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "SAC", start: 0, bits: 8, kind: Kind::Raw }, Element { name: "SIC", start: 8, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "020", title: "Sector Number", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Unsigned(Scale { lsb: 45.0 / 32.0, unit: "°" }) }] }) },
    Item { name: "030", title: "Time of Day", shape: Shape::Fixed(Part { octets: 3, elements: &[Element { name: "", start: 0, bits: 24, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "s" }) }] }) },
    Item { name: "041", title: "Antenna Rotation Speed", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "", start: 0, bits: 16, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "s" }) }] }) },
    Item { name: "050", title: "Station Configuration Status", shape: Shape::RepetitiveFx(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 7, kind: Kind::Raw }] }) },
    Item { name: "060", title: "Station Processing Mode", shape: Shape::RepetitiveFx(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 7, kind: Kind::Raw }] }) },
    Item { name: "070", title: "Plot Count Values", shape: Shape::Repetitive(Part { octets: 2, elements: &[Element { name: "A", start: 0, bits: 1, kind: Kind::Table }, Element { name: "IDENT", start: 1, bits: 5, kind: Kind::Table }, Element { name: "COUNTER", start: 6, bits: 10, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }] }) },
    Item { name: "080", title: "Warning/Error Conditions", shape: Shape::RepetitiveFx(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 7, kind: Kind::Raw }] }) },
    Item { name: "090", title: "Collimation Error", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "RE", start: 0, bits: 8, kind: Kind::Signed(Scale { lsb: 1.0 / 128.0, unit: "NM" }) }, Element { name: "AE", start: 8, bits: 8, kind: Kind::Signed(Scale { lsb: 45.0 / 2048.0, unit: "°" }) }] }) },
    Item { name: "100", title: "Dynamic Window Type 1", shape: Shape::Fixed(Part { octets: 8, elements: &[Element { name: "RS", start: 0, bits: 16, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "NM" }) }, Element { name: "RE", start: 16, bits: 16, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "NM" }) }, Element { name: "TS", start: 32, bits: 16, kind: Kind::Unsigned(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }, Element { name: "TE", start: 48, bits: 16, kind: Kind::Unsigned(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }] }) },
    Item { name: "SP", title: "Special Purpose Field", shape: Shape::Explicit },
    Item { name: "RFS", title: "Random Field Sequencing", shape: Shape::Random },
];

/// Category 002, edition 1.2.
pub static CAT002: Category = Category {
    number: 2,
    edition: "1.2",
    items: &ITEMS,
    profiles: &[
        Profile { name: "", slots: &[Some(&ITEMS[1]), Some(&ITEMS[0]), Some(&ITEMS[2]), Some(&ITEMS[3]), Some(&ITEMS[4]), Some(&ITEMS[5]), Some(&ITEMS[6]), Some(&ITEMS[7]), Some(&ITEMS[10]), Some(&ITEMS[9]), Some(&ITEMS[8]), None, Some(&ITEMS[11]), Some(&ITEMS[12])] },
    ],
    selector: None,
};
