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
