//! What a configuration says, checked and in SI units, with its defaults; and the sections `[capture]`, `[track]` and
//! `[console]` that it is read from.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::section::{Bounds, Section};
use crate::fuse::FuseSettings;
use crate::model::Site;
use crate::model::incident::Unit;
use crate::model::units::{knots_to_mps, mps_to_knots};
use crate::rules::{Grounds, RuleSpec};

/// A checked configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it was read from, as it was named.
    pub path: PathBuf,
    /// The TOML it was read from, kept so that a capture can carry it.
    pub text: String,
    /// Texts of the rules, zones and lists that it names, by name ([`super::RuleBook`]).
    pub files: BTreeMap<String, String>,
    /// Sensors and feeds.
    pub site: Site,
    /// Fusion.
    pub fuse: FuseSettings,
    /// Threads that work a look at many crafts.
    pub threads: usize,
    /// Rules.
    pub rules: Vec<RuleSpec>,
    /// Units that can be sent, as they are at the start.
    pub units: Vec<Unit>,
    /// Zones, lists and the coast, on which the rules stand.
    pub grounds: Grounds,
    /// The record.
    pub capture: CaptureSettings,
    /// Where the console listens.
    pub listen: String,
}

/// Where the console listens unless told otherwise: this machine only, because it has no log-in of its own yet.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

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

const MIB: f64 = 1_048_576.0;
const GIB: f64 = 1_073_741_824.0;
const SECONDS_PER_DAY: f64 = 86_400.0;

impl CaptureSettings {
    /// `[capture]`.
    pub(super) fn read(section: &Section<'_>) -> Self {
        let default = Self::default();
        let number = |key, bounds| section.number(key, bounds).map(|n| n.into_inner());
        Self {
            dir: section.path("dir"),
            // Below 10 ms a disk does nothing but sync; beyond a minute the bound no longer means anything.
            fsync_interval: number("fsync_s", Bounds::new(0.01, 60.0, "seconds"))
                .map_or(default.fsync_interval, Duration::from_secs_f64),
            segment_bytes: number("segment_mib", Bounds::new(1.0, 65_536.0, "MiB"))
                .map_or(default.segment_bytes, |mib| (mib * MIB) as u64),
            segment_age: number("segment_age_s", Bounds::new(1.0, 7.0 * SECONDS_PER_DAY, "seconds"))
                .map_or(default.segment_age, Duration::from_secs_f64),
            retain_age: number("retain_days", Bounds::above(0.0, 36_525.0, "days"))
                .map(|days| Duration::from_secs_f64(days * SECONDS_PER_DAY)),
            retain_bytes: number("retain_gib", Bounds::above(0.0, 1_048_576.0, "GiB")).map(|gib| (gib * GIB) as u64),
        }
    }
}

/// `[track]`: the fusion's numbers, and whether land is masked where the site has a coast.
pub(super) fn read_fuse(section: &Section<'_>) -> (FuseSettings, bool) {
    let mut fuse = FuseSettings::default();
    // Above walking pace, or everything is fast; below what any craft does, or nothing is.
    let bounds = Bounds::new(5.0, 100.0, "knots");
    if let Some(fast_kn) = section.number("fast_kn", bounds) {
        let fast_kn = fast_kn.into_inner();
        // The default is kept to the bit, so that writing it down changes nothing.
        if (fast_kn - mps_to_knots(fuse.fast_mps)).abs() > 1e-9 {
            fuse.fast_mps = knots_to_mps(fast_kn);
        }
    }
    if let Some(most) = section.whole("most_crafts", 1..MOST_CRAFTS + 1) {
        fuse.most_crafts = most.into_inner() as usize;
    }
    let land_mask = section.flag("land_mask").map_or(DEFAULT_LAND_MASK, |on| on.into_inner());
    (fuse, land_mask)
}

/// More crafts than this no machine holds: they would take 3 GB and more.
const MOST_CRAFTS: u32 = 1_000_000;

/// Land is masked unless told otherwise: houses and masts echo in every look.
pub(super) const DEFAULT_LAND_MASK: bool = true;

/// Threads of `[engine]` unless told otherwise: a site of some hundred craft takes a few per cent of one core, and its looks are not worth cutting.
pub(super) const DEFAULT_THREADS: usize = 1;

/// `[engine]`: the number of threads.
pub(super) fn read_threads(section: &Section<'_>) -> usize {
    let threads = section.whole("threads", 1..65);
    threads.map_or(DEFAULT_THREADS, |n| n.into_inner() as usize)
}

/// `[console]`: the address to listen on.
pub(super) fn read_listen(section: &Section<'_>) -> String {
    let Some(listen) = section.string("listen") else { return DEFAULT_LISTEN.to_owned() };
    if listen.get_ref().parse::<std::net::SocketAddr>().is_err() {
        section.fault_at(
            &listen,
            "listen",
            format!("\"{}\" is not an address and port to listen on; write it as \"{DEFAULT_LISTEN}\"", listen.get_ref()),
        );
    }
    (*listen.get_ref()).to_owned()
}
