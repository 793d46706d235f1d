// Written by tools/asterix_tables.py from asterix-specs c2b3d676a335 (BSD-3, see LICENSE-asterix-specs). Change that, not this.
//! Category 065, edition 1.6.

use crate::wire::asterix::table::{Category, Element, Item, Kind, Part, Profile, Scale, Shape};

static ITEMS: [Item; 9] = [
    Item { name: "000", title: "Message Type", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Table }] }) },
    Item { name: "010", title: "Data Source Identifier", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "SAC", start: 0, bits: 8, kind: Kind::Raw }, Element { name: "SIC", start: 8, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "015", title: "Service Identification", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "020", title: "Batch Number", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Unsigned(Scale { lsb: 1.0, unit: "" }) }] }) },
    Item { name: "030", title: "Time of Message", shape: Shape::Fixed(Part { octets: 3, elements: &[Element { name: "", start: 0, bits: 24, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "s" }) }] }) },
    Item { name: "040", title: "SDPS Configuration and Status", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "NOGO", start: 0, bits: 2, kind: Kind::Table }, Element { name: "OVL", start: 2, bits: 1, kind: Kind::Table }, Element { name: "TSV", start: 3, bits: 1, kind: Kind::Table }, Element { name: "PSS", start: 4, bits: 2, kind: Kind::Table }, Element { name: "STTN", start: 6, bits: 1, kind: Kind::Raw }, Element { name: "", start: 7, bits: 1, kind: Kind::Spare }] }) },
    Item { name: "050", title: "Service Status Report", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Table }] }) },
    Item { name: "RE", title: "Reserved Expansion Field", shape: Shape::Explicit },
    Item { name: "SP", title: "Special Purpose Field", shape: Shape::Explicit },
];

/// Category 065, edition 1.6.
pub static CAT065: Category = Category {
    number: 65,
    edition: "1.6",
    items: &ITEMS,
    profiles: &[
        Profile { name: "", slots: &[Some(&ITEMS[1]), Some(&ITEMS[0]), Some(&ITEMS[2]), Some(&ITEMS[4]), Some(&ITEMS[3]), Some(&ITEMS[5]), Some(&ITEMS[6]), None, None, None, None, None, Some(&ITEMS[7]), Some(&ITEMS[8])] },
    ],
    selector: None,
};
