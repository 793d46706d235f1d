//! Places of elements in records, looked up in the tables when the program is compiled: a name that a table does not hold
//! does not build, and nothing is searched for while records pass.
// Only constants and statics call this: a panic is an error of compilation, never one at sea.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "evaluated while compiling")]

use super::table::{Category, Element, Item, Kind, Part, Shape};

/// Where one element of a category lies.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Category it belongs to.
    pub(super) category: u8,
    /// Slot in the profile, 0 for field reference number 1.
    pub(super) slot: u8,
    /// Slot among a compound's subfields.
    pub(super) subslot: Option<u8>,
    /// First bit in the item or subfield.
    pub(super) start: u16,
    /// Width.
    pub(super) bits: u16,
    /// Meaning.
    pub(super) kind: Kind,
}

impl Field {
    /// The element `element` (empty where the item is one element) of `item`, in the category's first profile.
    ///
    /// # Panics
    /// When the table holds no such element of at most 64 bits; meant for constants, where that is an error of compilation.
    pub const fn of(category: &'static Category, item: &str, element: &str) -> Self {
        Self::in_profile(category, 0, item, element)
    }

    /// As [`of`](Self::of), in another profile of the category.
    pub const fn in_profile(category: &'static Category, profile: usize, item: &str, element: &str) -> Self {
        let (slot, found) = find_slot(category, profile, item);
        let e = find_in_item(found, element);
        Self { category: category.number, slot, subslot: None, start: e.start, bits: e.bits, kind: e.kind }
    }

    /// The element of a compound's subfield.
    pub const fn of_subfield(category: &'static Category, item: &str, subfield: &str, element: &str) -> Self {
        let (slot, found) = find_slot(category, 0, item);
        let Shape::Compound(slots) = &found.shape else { panic!("not a compound item") };
        let mut i = 0;
        while i < slots.len() {
            if let Some(sub) = &slots[i]
                && same(sub.name, subfield)
            {
                let e = find_in_item(sub, element);
                return Self {
                    category: category.number,
                    slot,
                    subslot: Some(i as u8),
                    start: e.start,
                    bits: e.bits,
                    kind: e.kind,
                };
            }
            i += 1;
        }
        panic!("the compound has no such subfield")
    }

    /// Value of one step; 1 for what is no quantity.
    pub const fn lsb(&self) -> f64 {
        match self.kind {
            Kind::Unsigned(s) | Kind::Signed(s) => s.lsb,
            _ => 1.0,
        }
    }
}

/// Slot of an item in a profile, 0 for field reference number 1.
///
/// # Panics
/// As [`Field::of`].
pub const fn slot_of(category: &'static Category, item: &str) -> u8 {
    find_slot(category, 0, item).0
}

const fn find_slot(category: &'static Category, profile: usize, item: &str) -> (u8, &'static Item) {
    let slots = category.profiles[profile].slots;
    let mut i = 0;
    while i < slots.len() {
        if let Some(found) = slots[i]
            && same(found.name, item)
        {
            return (i as u8, found);
        }
        i += 1;
    }
    panic!("the profile has no such item")
}

const fn find_in_item(item: &'static Item, element: &str) -> &'static Element {
    match &item.shape {
        Shape::Fixed(part) => match find_in_part(part, element) {
            Some(e) => e,
            None => panic!("the item has no such element"),
        },
        Shape::Extended(parts) => {
            let mut i = 0;
            while i < parts.len() {
                if let Some(e) = find_in_part(&parts[i], element) {
                    return e;
                }
                i += 1;
            }
            panic!("the item has no such element")
        }
        _ => panic!("elements of repetitive and explicit items have no fixed place"),
    }
}

const fn find_in_part(part: &'static Part, element: &str) -> Option<&'static Element> {
    let mut i = 0;
    while i < part.elements.len() {
        let e = &part.elements[i];
        if same(e.name, element) && !matches!(e.kind, Kind::Spare) && e.bits <= 64 {
            return Some(e);
        }
        i += 1;
    }
    None
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
