//! Effects → JSON lines and other systems' formats.

pub mod ais_lines;
pub mod arpa_lines;
pub mod asterix_lines;
pub mod incident_lines;
pub mod json;
pub mod lines;
pub mod report_lines;
pub mod sapient_lines;
pub mod sinks;
