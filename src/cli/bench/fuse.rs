//! How fast the fusion is: a crowded sea made here, so that the figure needs no data beside the program.

use super::figures::{Figures, median, median_cpu_seconds, race};
use crate::config::Config;
use crate::engine::workers::workers;
use crate::feed::Clock;
use crate::fuse::{FuseSettings, Fuser};
use crate::geo::GeodeticHeight;
use crate::model::{
    AmplitudeScale, FeedAddress, FeedId, Frame, Place, Plot, Report, ReportKind, Sensor, SensorId, SensorKind, Site, Timestamp,
    WireFormat,
};
use crate::sim::{DayaBayNight, FEEDS, site_toml};
use crate::wire::WireHealth;
use std::path::Path;

/// The budget's scene (DESIGN §7): so many craft, and as many false plots, in every scan.
const CRAFT: usize = 10_000;
const CLUTTER: usize = 10_000;
const SCAN_S: f64 = 2.5;
/// Datagrams a scan, as the scene captures have.
const SECTORS: usize = 32;
/// Half the side of the sea, m.
const HALF_SIDE_M: f64 = 30_000.0;
/// Scans after which every craft has a confirmed track.
const WARM_SCANS: usize = 8;

/// Scans after which the clutter map knows the sea and few false plots begin a track.
const SETTLED_SCANS: usize = 40;

/// Measures one scan of 10 000 tracks and 20 000 plots: as soon as every craft has a track, when the picture is full of tracks that false plots began,
/// and when it has settled. In CPU time of one thread, and by the clock as one and as two threads work it: the other threads of the machine are in that.
pub fn crowded_scan(figures: &mut Figures) {
    let one = Crowd::measured(1);
    let two = Crowd::measured(2);
    figures.add("fuse.crowded_scan_ms", one.full.cpu * 1e3, "ms/scan");
    figures.add("fuse.crowded_plots_per_s", (CRAFT + CLUTTER) as f64 / one.full.cpu, "plots/s");
    figures.add("fuse.crowded_settled_scan_ms", one.settled.cpu * 1e3, "ms/scan");
    figures.add("fuse.crowded_scan_wall_ms", one.full.wall * 1e3, "ms/scan");
    figures.add("fuse.crowded_settled_scan_wall_ms", one.settled.wall * 1e3, "ms/scan");
    figures.add("fuse.crowded_scan_2_threads_wall_ms", two.full.wall * 1e3, "ms/scan");
    figures.add("fuse.crowded_settled_scan_2_threads_wall_ms", two.settled.wall * 1e3, "ms/scan");
    let Crowd { full_tracks, settled_tracks, .. } = one;
    figures.note(format!(
        "fuse.crowded_scan: {CRAFT} craft and {CLUTTER} false plots a scan, {full_tracks} tracks before the first; settled after \
         {SETTLED_SCANS} scans: {settled_tracks} tracks"
    ));
}

// What scans of the sea take that so many threads work.
struct Crowd {
    full_tracks: usize,
    full: ScanSeconds,
    settled_tracks: usize,
    settled: ScanSeconds,
}

impl Crowd {
    fn measured(threads: usize) -> Self {
        let mut sea = Sea::new();
        let mut fuser = Fuser::new(&site(), FuseSettings::default());
        fuser.work_with(workers(threads));
        sail(&mut sea, &mut fuser, WARM_SCANS);
        let full_tracks = fuser.tracks().len();
        let full = scan_seconds(&mut sea, &mut fuser);
        sail(&mut sea, &mut fuser, SETTLED_SCANS - WARM_SCANS - super::figures::ROUNDS);
        let settled_tracks = fuser.tracks().len();
        Self { full_tracks, full, settled_tracks, settled: scan_seconds(&mut sea, &mut fuser) }
    }
}

fn sail(sea: &mut Sea, fuser: &mut Fuser, scans: usize) {
    let mut out = Vec::new();
    for _ in 0..scans {
        sea.scan(&mut |at, reports| fuser.apply(at, reports, &mut out));
        out.clear();
    }
}

// Seconds that one scan takes: of the calling thread's CPU, and by the clock.
struct ScanSeconds {
    cpu: f64,
    wall: f64,
}

// Medians.
fn scan_seconds(sea: &mut Sea, fuser: &mut Fuser) -> ScanSeconds {
    let clock = Clock::new();
    let (mut cpu, mut wall, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..super::figures::ROUNDS {
        // The plots are made before the clock starts.
        let mut frames: Vec<(Timestamp, Vec<Report>)> = Vec::new();
        sea.scan(&mut |at, reports| frames.push((at, reports.to_vec())));
        let begun = clock.monotonic();
        cpu.push(median_cpu_seconds(1, || {
            for (at, reports) in &frames {
                fuser.advance(*at, &mut out);
                fuser.apply(*at, reports, &mut out);
            }
            out.clear();
        }));
        wall.push((clock.monotonic() - begun).as_secs_f64());
    }
    ScanSeconds { cpu: median(cpu), wall: median(wall) }
}

/// Decoded reports of the simulated night, frame by frame.
pub struct Night {
    /// The scenario's site.
    pub site: Site,
    /// Frames with reports.
    pub frames: Vec<(Timestamp, Vec<Report>)>,
    /// Radar plots in them.
    pub plots: u64,
    /// Seconds from the first frame to the last.
    pub seconds: f64,
}

/// The first `seconds` of the night of seed 7.
pub fn plots_of_a_night(seconds: f64) -> anyhow::Result<Night> {
    let site = night_config()?.site;
    let mut decoders: Vec<_> = (0..site.feeds.len()).map(|i| crate::wire::decoder(&site, FeedId(i as u16))).collect();
    let mut health = WireHealth::default();
    let mut night = Night { site, frames: Vec::new(), plots: 0, seconds };
    for event in DayaBayNight::new(7, Timestamp::from_secs(1_773_504_000)).lasting(seconds) {
        let Some(decoder) = decoders.get_mut(usize::from(event.feed.0)) else { continue };
        let mut reports = Vec::new();
        decoder.decode(Frame { feed: event.feed, received_at: event.at, bytes: &event.bytes }, &mut reports, &mut health);
        night.plots += reports.iter().filter(|r| matches!(r.kind, ReportKind::Plot(_))).count() as u64;
        night.frames.push((event.at, reports));
    }
    Ok(night)
}

/// The configuration of the simulated night.
pub fn night_config() -> anyhow::Result<Config> {
    crate::config::parse(&site_toml(&FEEDS), Path::new("daya-bay-night.toml")).map_err(|faults| {
        anyhow::anyhow!(
            "the scenario's own configuration is wrong: {}",
            faults.iter().map(|f| f.what.as_str()).collect::<Vec<_>>().join("; ")
        )
    })
}

/// The simulated night through the fusion.
pub fn night(figures: &mut Figures) -> anyhow::Result<()> {
    const SECONDS: f64 = 300.0;
    let night = plots_of_a_night(SECONDS)?;
    let mut lines = 0usize;
    let mut fuse = || {
        let mut fuser = Fuser::new(&night.site, FuseSettings::default());
        let mut out = Vec::new();
        lines = 0;
        for (at, reports) in &night.frames {
            fuser.advance(*at, &mut out);
            fuser.apply(*at, reports, &mut out);
            lines += out.len();
            out.clear();
        }
    };
    let seconds = race(&mut [&mut fuse]).first().copied().unwrap_or(f64::NAN);
    figures.add("fuse.night_plots_per_s", night.plots as f64 / seconds, "plots/s");
    figures.add("fuse.night_ns_per_track_update", seconds * 1e9 / lines.max(1) as f64, "ns");
    Ok(())
}

fn site() -> Site {
    let origin = GeodeticHeight::from_degrees(22.55, 114.72, 0.0);
    Site {
        name: "bench".into(),
        origin,
        feeds: vec![FeedAddress::Stdin],
        sensors: vec![Sensor {
            position: Some(origin),
            scan_s: Some(SCAN_S),
            sigma_range_m: Some(10.0),
            sigma_azimuth: Some(0.27_f64.to_radians()),
            min_snr_db: Some(10.0),
            reflector_snr_db: None,
            amplitude: Some(AmplitudeScale { db_per_count: 0.2, offset_db: 0.0 }),
            ..Sensor::new("R1", SensorKind::Radar, WireFormat::Asterix, FeedId(0))
        }],
    }
}

struct Sea {
    random: u64,
    scan: usize,
    // East, north, m; velocity, m/s.
    craft: Vec<[f64; 4]>,
}

impl Sea {
    fn new() -> Self {
        let mut sea = Self { random: 0x9E37_79B9_7F4A_7C15, scan: 0, craft: Vec::new() };
        for _ in 0..CRAFT {
            let c = [sea.spread(HALF_SIDE_M), sea.spread(HALF_SIDE_M), sea.spread(8.0), sea.spread(8.0)];
            sea.craft.push(c);
        }
        sea
    }

    /// Uniform in ±`half` (xorshift64*: any even spread will do).
    fn spread(&mut self, half: f64) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let bits = self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        (bits as f64 / (1u64 << 53) as f64 * 2.0 - 1.0) * half
    }

    fn scan(&mut self, each: &mut dyn FnMut(Timestamp, &[Report])) {
        let start = Timestamp::from_secs(1_773_504_000).plus_seconds(self.scan as f64 * SCAN_S);
        self.scan += 1;
        let mut sectors: Vec<Vec<Report>> = vec![Vec::new(); SECTORS];
        for i in 0..CRAFT + CLUTTER {
            let craft = self.craft.get_mut(i).map(|c| {
                c[0] += c[2] * SCAN_S;
                c[1] += c[3] * SCAN_S;
                // The sea has no edge: who leaves comes back.
                c[0] = (c[0] + HALF_SIDE_M).rem_euclid(2.0 * HALF_SIDE_M) - HALF_SIDE_M;
                c[1] = (c[1] + HALF_SIDE_M).rem_euclid(2.0 * HALF_SIDE_M) - HALF_SIDE_M;
                [c[0], c[1]]
            });
            let [east, north] = match craft {
                Some([e, n]) => [e + self.spread(15.0), n + self.spread(15.0)],
                None => [self.spread(HALF_SIDE_M), self.spread(HALF_SIDE_M)],
            };
            let azimuth = east.atan2(north).rem_euclid(std::f64::consts::TAU);
            let turn = azimuth / std::f64::consts::TAU;
            let sector = ((turn * SECTORS as f64) as usize).min(SECTORS - 1);
            let t = start.plus_seconds(turn * SCAN_S);
            let plot = Plot { place: Place::Polar { range_m: east.hypot(north), azimuth }, snr_db: Some(12.0) };
            if let Some(sector) = sectors.get_mut(sector) {
                sector.push(Report {
                    sensor: SensorId(0),
                    t,
                    received_at: t,
                    transmission: None,
                    kind: ReportKind::Plot(plot),
                });
            }
        }
        for (i, mut reports) in sectors.into_iter().enumerate() {
            reports.sort_by_key(|r| r.t);
            let at = start.plus_seconds((i + 1) as f64 / SECTORS as f64 * SCAN_S + 0.02);
            for r in &mut reports {
                r.received_at = at;
            }
            each(at, &reports);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::fuse::{Job, Workers};

    /// Two threads, and how often they shared a piece of work.
    struct Counted(Box<dyn Workers>, Arc<AtomicUsize>);

    impl Workers for Counted {
        fn count(&self) -> usize {
            self.0.count()
        }

        fn run(&self, jobs: &mut [Job<'_>]) {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.run(jobs);
        }
    }

    // Every line of three scans of the sea, to the last bit.
    fn told(workers: Box<dyn Workers>) -> String {
        let (mut sea, mut fuser) = (Sea::new(), Fuser::new(&site(), FuseSettings::default()));
        fuser.work_with(workers);
        let mut out = Vec::new();
        for _ in 0..3 {
            sea.scan(&mut |at, reports| fuser.apply(at, reports, &mut out));
        }
        format!("{out:?}")
    }

    /// A crowd's looks are large enough to be cut as in service.
    #[test]
    fn a_crowd_worked_by_two_threads_is_told_as_by_one() {
        let shared = Arc::new(AtomicUsize::new(0));
        let two = told(Box::new(Counted(workers(2), Arc::clone(&shared))));
        assert!(shared.load(Ordering::Relaxed) > 32, "looks shared {shared:?} times");
        assert!(two.len() > 1_000_000, "{} bytes", two.len());
        assert!(told(workers(1)) == two);
    }
}
