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
    /// The line itself and the column of the mistake, where a mark under it helps: in expressions.
    pub mark: Option<(String, usize)>,
}

/// The longest piece of a line that is shown, characters.
const SHOWN: usize = 100;

/// The piece of a line round a column, and the column in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let chars: Vec<char> = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    let from = if chars.len() <= SHOWN { 0 } else { column.saturating_sub(SHOWN / 2).min(chars.len() - SHOWN) };
    (chars.into_iter().skip(from).take(SHOWN).collect(), column - from)
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
        write!(f, " {}", self.what)?;
        if let Some((line, column)) = &self.mark {
            let (line, column) = window(line, *column);
            // What is wide takes two columns of a terminal: Chinese, and full-width marks.
            let width: usize = line.chars().take(column).map(|c| if c > '\u{2e80}' { 2 } else { 1 }).sum();
            write!(f, "\n    {line}\n    {:width$}^", "")?;
        }
        Ok(())
    }
}
