//! The record of what was received, in the order it was applied: append, rotate, seek, verify.
// Everything read here comes from a disk that may have failed.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
