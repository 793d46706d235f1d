//! Effects → JSON lines and other systems' formats.

pub mod arpa_lines;
pub mod json;
pub mod lines;
pub mod report_lines;
pub mod sapient_lines;
pub mod sinks;
