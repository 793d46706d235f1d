//! The site's TOML: schema, defaults, and checks that report every error at once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fuse::FuseSettings;
use crate::model::Site;
use crate::rules::RuleSpec;

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The TOML it was read from, kept so that a capture can carry it.
    pub text: String,
    /// Sensors and feeds.
    pub site: Site,
    /// Fusion.
    pub fuse: FuseSettings,
    /// Rules.
    pub rules: Vec<RuleSpec>,
    /// The record.
    pub capture: CaptureSettings,
    /// Where the console listens.
    pub listen: String,
}

/// How the record is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureSettings {
    /// Folder; `None` records nothing.
    pub dir: Option<PathBuf>,
    /// The longest that an acknowledged frame may be only in memory.
    pub fsync_interval: Duration,
    /// A segment is closed at this size.
    pub segment_bytes: u64,
    /// A segment is closed at this age.
    pub segment_age: Duration,
    /// Whole segments older than this are deleted; `None` keeps all.
    pub retain_age: Option<Duration>,
    /// Oldest segments are deleted above this total; `None` keeps all.
    pub retain_bytes: Option<u64>,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self {
            dir: None,
            // DESIGN: the stated bound on what a power cut may take.
            fsync_interval: Duration::from_secs(1),
            // About 20 min of a busy site; small enough to copy to an investigator, large enough that seals are rare.
            segment_bytes: 64 << 20,
            segment_age: Duration::from_secs(3600),
            retain_age: None,
            retain_bytes: None,
        }
    }
}

/// One thing wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: file.
    pub file: PathBuf,
    /// Where: line, 1-based, if known.
    pub line: Option<usize>,
    /// The offending key, as `sensor[2].feed`.
    pub key: String,
    /// What is wrong and what would be right.
    pub what: String,
}

/// Reads and checks a configuration file; every fault at once.
pub fn load(_path: &Path) -> Result<Config, Vec<Fault>> {
    Err(Vec::new())
}
