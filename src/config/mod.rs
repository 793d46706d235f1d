//! The site's TOML: schema, defaults, and checks that report every error at once.
//!
//! The schema is the code that reads it: [`section`] notes every key it is asked for, so an unknown key is an error without a
//! second list to keep, and a test holds `config/haishao.toml` against the same notes.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod address;
mod answer;
mod fault;
mod lists;
mod load;
mod rule;
mod rule_book;
mod section;
mod sensor;
mod settings;
mod unit;
mod zones;

pub use address::parse_feed_address;
pub use fault::Fault;
pub use load::{default_rules, load, load_rules, parse, parse_rules};
pub use rule_book::{NewPart, RuleBook, Texts};
pub use settings::{CaptureSettings, Config, DEFAULT_LISTEN};

#[cfg(test)]
mod tests;
