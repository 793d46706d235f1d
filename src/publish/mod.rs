//! Effects → JSON lines and other systems' formats.

<<<<<<< HEAD
pub mod ais_lines;
=======
pub mod asterix_lines;
>>>>>>> main
pub mod json;
pub mod lines;
pub mod report_lines;
pub mod sapient_lines;
pub mod sinks;
