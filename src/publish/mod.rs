//! Effects → JSON lines and other systems' formats.

pub mod json;
