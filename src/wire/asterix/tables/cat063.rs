// Written by tools/asterix_tables.py from asterix-specs c2b3d676a335 (BSD-3, see LICENSE-asterix-specs). Change that, not this.
//! Category 063, edition 1.6.

use crate::wire::asterix::table::{Category, Element, Item, Kind, Part, Profile, Scale, Shape};

static ITEMS: [Item; 13] = [
    Item { name: "010", title: "Data Source Identifier", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "SAC", start: 0, bits: 8, kind: Kind::Raw }, Element { name: "SIC", start: 8, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "015", title: "Service Identification", shape: Shape::Fixed(Part { octets: 1, elements: &[Element { name: "", start: 0, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "030", title: "Time of Message", shape: Shape::Fixed(Part { octets: 3, elements: &[Element { name: "", start: 0, bits: 24, kind: Kind::Unsigned(Scale { lsb: 1.0 / 128.0, unit: "s" }) }] }) },
    Item { name: "050", title: "Sensor Identifier", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "SAC", start: 0, bits: 8, kind: Kind::Raw }, Element { name: "SIC", start: 8, bits: 8, kind: Kind::Raw }] }) },
    Item { name: "060", title: "Sensor Configuration and Status", shape: Shape::Extended(&[Part { octets: 1, elements: &[Element { name: "CON", start: 0, bits: 2, kind: Kind::Table }, Element { name: "PSR", start: 2, bits: 1, kind: Kind::Table }, Element { name: "SSR", start: 3, bits: 1, kind: Kind::Table }, Element { name: "MDS", start: 4, bits: 1, kind: Kind::Table }, Element { name: "ADS", start: 5, bits: 1, kind: Kind::Table }, Element { name: "MLT", start: 6, bits: 1, kind: Kind::Table }] }, Part { octets: 1, elements: &[Element { name: "OPS", start: 8, bits: 1, kind: Kind::Table }, Element { name: "ODP", start: 9, bits: 1, kind: Kind::Table }, Element { name: "OXT", start: 10, bits: 1, kind: Kind::Table }, Element { name: "MSC", start: 11, bits: 1, kind: Kind::Table }, Element { name: "TSV", start: 12, bits: 1, kind: Kind::Table }, Element { name: "NPW", start: 13, bits: 1, kind: Kind::Table }, Element { name: "", start: 14, bits: 1, kind: Kind::Spare }] }]) },
    Item { name: "070", title: "Time Stamping Bias", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "", start: 0, bits: 16, kind: Kind::Signed(Scale { lsb: 1.0, unit: "ms" }) }] }) },
    Item { name: "080", title: "SSR / Mode S Range Gain and Bias", shape: Shape::Fixed(Part { octets: 4, elements: &[Element { name: "SRG", start: 0, bits: 16, kind: Kind::Signed(Scale { lsb: 1.0 / 100000.0, unit: "" }) }, Element { name: "SRB", start: 16, bits: 16, kind: Kind::Signed(Scale { lsb: 1.0 / 128.0, unit: "NM" }) }] }) },
    Item { name: "081", title: "SSR Mode S Azimuth Bias", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "", start: 0, bits: 16, kind: Kind::Signed(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }] }) },
    Item { name: "090", title: "PSR Range Gain and Bias", shape: Shape::Fixed(Part { octets: 4, elements: &[Element { name: "PRG", start: 0, bits: 16, kind: Kind::Signed(Scale { lsb: 1.0 / 100000.0, unit: "" }) }, Element { name: "PRB", start: 16, bits: 16, kind: Kind::Signed(Scale { lsb: 1.0 / 128.0, unit: "NM" }) }] }) },
    Item { name: "091", title: "PSR Azimuth Bias", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "", start: 0, bits: 16, kind: Kind::Signed(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }] }) },
    Item { name: "092", title: "PSR Elevation Bias", shape: Shape::Fixed(Part { octets: 2, elements: &[Element { name: "", start: 0, bits: 16, kind: Kind::Signed(Scale { lsb: 45.0 / 8192.0, unit: "°" }) }] }) },
    Item { name: "RE", title: "Reserved Expansion Field", shape: Shape::Explicit },
    Item { name: "SP", title: "Special Purpose Field", shape: Shape::Explicit },
];

/// Category 063, edition 1.6.
pub static CAT063: Category = Category {
    number: 63,
    edition: "1.6",
    items: &ITEMS,
    profiles: &[
        Profile { name: "", slots: &[Some(&ITEMS[0]), Some(&ITEMS[1]), Some(&ITEMS[2]), Some(&ITEMS[3]), Some(&ITEMS[4]), Some(&ITEMS[5]), Some(&ITEMS[6]), Some(&ITEMS[7]), Some(&ITEMS[8]), Some(&ITEMS[9]), Some(&ITEMS[10]), None, Some(&ITEMS[11]), Some(&ITEMS[12])] },
    ],
    selector: None,
};
