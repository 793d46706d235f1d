//! What is wrong in a configuration, and where.

use std::fmt;
use std::path::PathBuf;

/// One thing wrong in a configuration. Printed as a compiler prints: `FILE:LINE: KEY: WHAT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: file.
    pub file: PathBuf,
    /// Where: line, 1-based, if known.
    pub line: Option<usize>,
    /// The offending key, as `sensor[2].feed`; tables of an array are counted from 0. Empty for the file as a whole.
    pub key: String,
    /// What is wrong and what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.what)
    }
}
