//! Effects → JSON lines and other systems' formats.
