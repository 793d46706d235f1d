//! Which segments a folder holds.

use std::io;
use std::path::{Path, PathBuf};

const EXTENSION: &str = "hsc";

/// The file name of a segment: twelve digits, so that a listing by name is in order for 10¹² segments.
pub fn segment_file_name(number: u64) -> String {
    format!("{number:012}.{EXTENSION}")
}

/// Whether a folder is one of our records.
pub fn holds_segments(dir: &Path) -> bool {
    dir.is_dir() && segments(dir).is_ok_and(|found| !found.is_empty())
}

/// Number and path of the segments in a folder, ascending. Other files are none of our business.
pub(super) fn segments(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(|name| name.strip_suffix(".hsc")).and_then(|stem| stem.parse().ok()) else {
            continue;
        };
        if name == segment_file_name(number).as_str() {
            found.push((number, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}
