//! One scenario and seed through wire, engine and rules, in process.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use super::calibration::{EVERY_S, Samples};
use super::landings::{Foreteller, Landings};
use super::latency::Latency;
use super::ledger::{About, Ledger};
use super::recovery::{Held, Recovery};
use super::swaps::Swaps;
use crate::cli::check;
use crate::config;
use crate::engine::{Effects, Pipeline};
use crate::model::units::knots_to_mps;
use crate::model::{Alert, AlertState, Frame, Picture, Timestamp, TrackId, TrackStatus};
use crate::sim::coast::{self, Fault, Story, TruthEvent, Vessel, World};

/// The naive rule: faster than this, knots, and no AIS for so long, s.
const NAIVE_KN: f64 = 25.0;
const NAIVE_SILENT_S: f64 = 60.0;
/// It speaks again of one track only after this, s, as R01's hold-down.
const NAIVE_AGAIN_S: f64 = 900.0;

/// A craft that the site had to find.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// Its number in the truth.
    pub id: u32,
    /// When its criterion was first met in coverage, if it ever was.
    pub t_crit: Option<Timestamp>,
    /// When it was first fast, seen or not.
    pub fast: Option<Timestamp>,
    /// When it landed.
    pub landed: Option<Timestamp>,
    /// Its track numbers while confirmed.
    pub tracks: BTreeSet<TrackId>,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The scenario.
    pub story: &'static str,
    /// The seed.
    pub seed: u64,
    /// Length, hours.
    pub hours: f64,
    /// The beginning.
    pub start: Timestamp,
    /// The craft to find.
    pub sought: Vec<Sought>,
    /// What came true.
    pub events: Vec<TruthEvent>,
    /// Alerts of the rules.
    pub alerts: Ledger,
    /// Alerts of the naive rule on the same tracks.
    pub naive: Ledger,
    /// Share of the sea where a go-fast is in coverage.
    pub coverage: f64,
    /// Scores by the minute.
    pub samples: Samples,
    /// Time and work.
    pub latency: Latency,
    /// What changed under the numbers that followed sought craft.
    pub swaps: Swaps,
    /// Alerts whose decision came out again from their evidence, of how many that were raised.
    pub again: (usize, usize),
    /// What came back after a sensor was gone.
    pub recovery: Recovery,
    /// The ship that the story is about, where it is about one: the first of its cast.
    pub ship: Option<u32>,
    /// Where boats were said to land, and where they did.
    pub landings: Landings,
}

/// Watches one, at most so many seconds of it, by the rules of a file or those that ship.
pub fn watch(
    story: &'static Story,
    seed: u64,
    at_most_s: Option<f64>,
    rules: Option<&Path>,
    show: bool,
) -> anyhow::Result<Run> {
    let mut world = coast::world(story, seed).lasting(at_most_s.unwrap_or(f64::INFINITY));
    let mut text = coast::site_toml(&coast::radars(seed), &world.feeds());
    if let Some(rules) = rules {
        text = format!("rules = [{:?}]\n{text}", rules.display().to_string());
    }
    let config = match config::parse(&text, Path::new("site.toml")) {
        Ok(config) => config,
        Err(faults) => {
            let mut told = Vec::new();
            check::write_faults(&faults, &mut told)?;
            anyhow::bail!("rules are not right\n{}", String::from_utf8_lossy(&told).trim_end());
        }
    };
    let mut pipeline = Pipeline::new(&config).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    let (mut alerts, mut naive) = (Ledger::default(), Ledger::default());
    let mut foreteller = Foreteller::new(&config);
    let mut naive_said: BTreeMap<TrackId, Timestamp> = BTreeMap::new();
    let mut tracks: BTreeMap<u32, BTreeSet<TrackId>> = BTreeMap::new();
    let (start, mut looked) = (world.start(), world.start());
    let (mut samples, mut latency, mut swaps) = (Samples::default(), Latency::default(), Swaps::default());
    let (mut again, mut recovery, mut sampled) = ((0, 0), Recovery::default(), world.start());
    let after = |s: f64| start.plus_seconds(s);
    let (mut silent, mut gap) = ([Timestamp::MAX; 2], [Timestamp::MAX; 2]);
    for fault in world.faults() {
        match *fault {
            Fault::AisDeaf { from_s, to_s } => silent = [from_s, to_s].map(after),
            Fault::RadarDead { from_s, to_s, .. } => gap = [from_s, to_s].map(after),
            Fault::ClockJump { .. } | Fault::Jam { .. } => {}
        }
    }
    let gaps = gap[0] != Timestamp::MAX;
    while let Some(event) = world.next() {
        let after_s = event.at.seconds_since(start);
        let clock = Latency::clock(after_s);
        let (reports, effects) = pipeline.frame(Frame { feed: event.feed, received_at: event.at, bytes: &event.bytes });
        latency.note(after_s, clock, &effects.alerts);
        if gaps {
            recovery.hear(silent[1], event.at, reports);
            recovery.follow(&effects.tracks);
        }
        effects.tracks.iter().for_each(|track| foreteller.follow(track));
        take(effects, &world, &mut alerts, &mut naive, &mut naive_said);
        let raised: Vec<Alert> = effects.alerts.iter().filter(|a| a.state == AlertState::Raised).cloned().collect();
        if !raised.is_empty() {
            again.1 += raised.len();
            for a in &raised {
                let told = config
                    .rules
                    .iter()
                    .find(|r| r.id == a.rule)
                    .map_or_else(|| Err("no such rule".to_owned()), |r| r.confirms(a));
                match told {
                    Ok(()) => again.0 += 1,
                    Err(why) => eprintln!(
                        "haishao: {} {seed}: an alert of {} about track {} does not come out again from its evidence: {why}",
                        story.name, a.rule, a.track.0
                    ),
                }
            }
            let picture = pipeline.core().picture();
            raised.iter().for_each(|a| alerts.name_others(&world, &picture, a));
            if show {
                alerts.describe(event.at, |track| was(&picture, track));
            }
        }
        // Who follows the sought craft, every other second.
        if event.at.seconds_since(looked) > 2.0 {
            looked = event.at;
            let wanted = gaps || world.vessels().iter().any(|v| v.sought && v.afloat);
            if wanted {
                let picture = pipeline.core().picture();
                note_tracks(&picture, &world, &mut tracks, &mut foreteller);
                swaps.look(&picture, &world);
                if gaps {
                    recovery.look(&picture, &world, silent[0], gap);
                }
            }
        }
        if event.at.seconds_since(sampled) >= EVERY_S {
            sampled = event.at;
            let picture = pipeline.core().picture();
            samples.take(&picture, &world, |track| pipeline.core().score(track));
        }
    }
    let height = coast::Class::GoFast.echo().height_m;
    let rcs = coast::Class::GoFast.echo().rcs_m2.0;
    let events = world.events().to_vec();
    let sought = world.vessels().iter().filter(|v| v.sought).map(|v| {
        let first = |rule: &str, covered: bool| {
            events.iter().find(|e| e.id == v.id && e.rule == rule && (!covered || e.in_coverage)).map(|e| e.t)
        };
        Sought {
            id: v.id,
            t_crit: first("R01", true),
            fast: first("fast", false),
            landed: first("landed", false),
            tracks: tracks.remove(&v.id).unwrap_or_default(),
        }
    });
    let sought: Vec<Sought> = sought.collect();
    let landings = foreteller.came_true(&world, &sought);
    Ok(Run {
        story: story.name,
        seed,
        hours: world.now().seconds_since(start) / 3600.0,
        start,
        sought,
        landings,
        alerts,
        naive,
        coverage: coast::coverage(|at| world.detection(at, height, rcs)),
        events: events.clone(),
        samples,
        latency,
        swaps,
        again,
        recovery,
        ship: world.vessels().first().filter(|v| !v.sought).map(|v| v.id),
    })
}

fn take(
    effects: &Effects,
    world: &World,
    alerts: &mut Ledger,
    naive: &mut Ledger,
    naive_said: &mut BTreeMap<TrackId, Timestamp>,
) {
    let sought: Vec<&Vessel> = world.vessels().iter().filter(|v| v.sought && v.afloat).collect();
    for track in &effects.tracks {
        alerts.look(world, &sought, track);
        naive.follow(track);
        let silent = track.ais_detail.silent_s.is_none_or(|s| s > NAIVE_SILENT_S);
        if track.status == TrackStatus::Confirmed && silent && track.sog() > knots_to_mps(NAIVE_KN) {
            let again = naive_said.get(&track.id).is_none_or(|said| track.t.seconds_since(*said) > NAIVE_AGAIN_S);
            if again {
                naive_said.insert(track.id, track.t);
                naive.note(world, "naive", 3, track.id, (track.t_out, track.t, track.position));
            }
        }
    }
    for alert in effects.alerts.iter().filter(|a| a.state == AlertState::Raised) {
        alerts.note_alert(world, alert);
    }
    for kept in &effects.suppressed {
        alerts.note_kept_back(world, kept);
    }
    for event in &effects.incidents {
        if let Some(incident) = &event.incident {
            alerts.group(incident);
        }
    }
}

// A track in a few numbers, and the nearest other one.
fn was(picture: &Picture, id: TrackId) -> String {
    let Some(t) = picture.tracks().iter().find(|t| t.id == id) else { return String::new() };
    let other = picture
        .tracks()
        .iter()
        .filter(|o| o.id != id && o.status != TrackStatus::Tentative)
        .map(|o| (crate::geo::distance_m(o.position, t.position), o))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let near = other.map_or_else(String::new, |(m, o)| {
        format!(
            "; beside at {m:.0} m track {} {} {:.0} kn, {:.0} s old",
            o.id.0,
            o.ais.word(),
            o.sog_kn(),
            o.t.seconds_since(o.born)
        )
    });
    format!(
        "echo {:?} m² sea {:?}, {:.0} s old, {:.0} kn at least {:.0}, AIS {}, exists {:.3}, looks {:.1}, swap {:.2}, within {:.0} m, sensors {}{near}",
        t.sensing.echo_m2,
        t.sensing.sea_km2,
        t.t.seconds_since(t.born),
        t.sog_kn(),
        t.sog_lcb90_kn(),
        t.ais.word(),
        t.p_exist,
        t.sensing.looks.ratio().unwrap_or(0.0),
        t.sensing.p_swap,
        (t.position_cov[0] + t.position_cov[2]).sqrt(),
        t.sensors.len(),
    )
}

fn note_tracks(picture: &Picture, world: &World, tracks: &mut BTreeMap<u32, BTreeSet<TrackId>>, foreteller: &mut Foreteller) {
    for v in world.vessels().iter().filter(|v| v.sought && v.afloat && v.kn() > 20.0) {
        let at = world.place(v);
        let near = picture
            .tracks()
            .iter()
            .filter(|t| t.status == TrackStatus::Confirmed)
            .map(|t| (crate::geo::distance_m(t.position, at), t))
            .filter(|(m, t)| *m < 250.0 && t.sog_kn() > 15.0)
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, track)) = near {
            tracks.entry(v.id).or_default().insert(track.id);
            foreteller.foretell(v.id, track, picture.t_out);
        }
    }
}

impl Run {
    /// Every alert with the craft it is about.
    pub fn write_alerts(&self, out: &mut dyn Write) -> io::Result<()> {
        for e in &self.events {
            writeln!(
                out,
                "  {} {:>4} {:>6.0} s  truth {} craft {} {}",
                self.story,
                self.seed,
                e.t.seconds_since(self.start),
                e.rule,
                e.id,
                e.what
            )?;
        }
        if let Some(before) = self.recovery.before {
            let told = |h: &Held| format!("{} and {} of {}", h.live.0, h.confirmed.0, h.live.1);
            let after: Vec<String> = self.recovery.after.iter().take(8).map(told).collect();
            writeln!(
                out,
                "  {} {:>4} crafts in coverage just seen and confirmed: as the radar died {}, from two turns after its return on {}; confirmed again after {:?} s",
                self.story,
                self.seed,
                told(&before),
                after.join(", "),
                self.confirmed_again_s()
            )?;
        }
        for s in &self.alerts.said {
            let About { id, class, off_m, kn, .. } = s.about;
            writeln!(
                out,
                "  {} {:>4} {:>6.0} s  {} severity {} track {} incident {} {:.3} {:.3}: {} {} at {:.0} m, {:.0} kn",
                self.story,
                self.seed,
                s.t.seconds_since(self.start),
                s.rule,
                s.severity,
                s.track.0,
                s.incident,
                s.at.lat_deg(),
                s.at.lon_deg(),
                class.map_or("nothing", |c| c.word()),
                id.unwrap_or(0),
                off_m,
                kn
            )?;
            if !s.track_was.is_empty() {
                writeln!(out, "      {}", s.track_was)?;
            }
        }
        for k in self.alerts.kept_back.iter().filter(|k| k.severity >= 3) {
            writeln!(
                out,
                "  {} {:>4} {:>6.0} s  kept back {} by {}: {} {}",
                self.story,
                self.seed,
                k.t.seconds_since(self.start),
                k.rule,
                k.by,
                k.about.class.map_or("nothing", |c| c.word()),
                k.about.id.unwrap_or(0)
            )?;
        }
        Ok(())
    }
}
