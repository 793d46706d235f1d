//! The categories, written by `tools/asterix_tables.py` from the specifications of asterix-specs.
//!
//! That source is BSD-3 (`LICENSE-asterix-specs` beside this file). Where it is at odds with the EUROCONTROL text the script's
//! list of overrides has the right value and the reason.
// One item a line keeps the tables readable beside the specification.
#[rustfmt::skip]
mod cat001;
#[rustfmt::skip]
mod cat002;
#[rustfmt::skip]
mod cat010;
#[rustfmt::skip]
mod cat034;
#[rustfmt::skip]
mod cat048;
#[rustfmt::skip]
mod cat062;
#[rustfmt::skip]
mod cat063;
#[rustfmt::skip]
mod cat065;
#[rustfmt::skip]
mod cat240;

pub use cat001::CAT001;
pub use cat002::CAT002;
pub use cat010::CAT010;
pub use cat034::CAT034;
pub use cat048::CAT048;
pub use cat062::CAT062;
pub use cat063::CAT063;
pub use cat065::CAT065;
pub use cat240::CAT240;

use super::table::Category;

/// Every category that has a table.
pub static CATEGORIES: [&Category; 9] = [&CAT001, &CAT002, &CAT010, &CAT034, &CAT048, &CAT062, &CAT063, &CAT065, &CAT240];

/// The table of a category.
pub fn category(number: u8) -> Option<&'static Category> {
    CATEGORIES.iter().copied().find(|c| c.number == number)
}

#[cfg(test)]
mod tests {
    use super::super::record::MAX_SLOTS;
    use super::super::table::{Item, Kind, Part, Shape};
    use super::*;

    fn fills(part: &Part, begins: u16, extended: bool) -> bool {
        let mut at = begins;
        let in_order = part.elements.iter().all(|e| e.start == std::mem::replace(&mut at, e.start + e.bits));
        in_order && at + u16::from(extended) == begins + part.octets * 8
    }

    fn is_sound(item: &Item) -> bool {
        match &item.shape {
            Shape::Fixed(part) | Shape::Repetitive(part) => fills(part, 0, false),
            Shape::RepetitiveFx(part) => fills(part, 0, true),
            Shape::Extended(parts) => {
                let mut begins = 0;
                let mut sound = !parts.is_empty();
                for part in *parts {
                    sound &= fills(part, begins, true);
                    begins += part.octets * 8;
                }
                sound
            }
            Shape::Compound(slots) => slots.iter().flatten().all(is_sound) && slots.len() <= 35,
            Shape::Explicit | Shape::Random => true,
        }
    }

    #[test]
    fn elements_fill_their_octets_and_slots_fit_a_record() {
        for category in CATEGORIES {
            assert!(category.items.iter().all(is_sound), "{}", category.number);
            for profile in category.profiles {
                assert!(profile.slots.len() <= MAX_SLOTS);
                let named: Vec<_> = profile.slots.iter().flatten().map(|i| i.name).collect();
                assert!(named.iter().enumerate().all(|(i, n)| !named[..i].contains(n)), "no item sits in two slots");
            }
            if let Some(selector) = category.selector {
                let slots = category.profiles.iter().map(|p| p.slots.iter().flatten().position(|i| i.name == selector));
                assert!(slots.clone().all(|s| s.is_some()) && slots.clone().zip(slots.skip(1)).all(|(a, b)| a == b));
            }
        }
    }

    #[test]
    fn steps_that_other_tables_have_wrong_are_those_of_the_published_edition() {
        // EUROCONTROL category 010 edition 1.1: I010/202 0.25 m/s to ±8192 m/s, I010/210 0.25 m/s² to ±31 m/s².
        for (item, reach) in [("202", 8192.0), ("210", 32.0)] {
            let Some(Shape::Fixed(part)) = CAT010.item(item).map(|i| &i.shape) else { panic!() };
            for e in part.elements {
                let Kind::Signed(scale) = e.kind else { panic!() };
                assert_eq!(scale.lsb, 0.25);
                assert_eq!(scale.lsb * 2f64.powi(i32::from(e.bits) - 1), reach);
            }
        }
    }
}
