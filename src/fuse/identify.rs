//! Which craft an AIS report is of.
//!
//! A report is of a craft already in the picture or of one not yet seen. The posterior over these weighs place, velocity and what
//! the MMSI was attached to before, so that a boat beside a ship is not given the ship's name. What one MMSI says is followed as one
//! or two voices, each with a craft of its own: a number that is heard from two hulls, or that jumps away from a hull which radar goes on
//! holding, makes a second voice, and that is believed at its second report. A report never raises what is believed of a radar's
//! detection probability.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::craft::Craft;
use super::fix::{Fix, SIGMA_PLACE_M, likelihood, offset, take};
use super::fuser::Fuser;
use super::hull::Hull;
use super::interval::reporting_interval_s;
use super::jump::SLOW_MPS;
use super::names::Heard;
use super::register::{Segment, ShipState};
use crate::model::{AisClass, AisPosition, AisStatic, Mmsi, SensorId, Timestamp, Track, TrackId};
use crate::track::{Existence, Imm, LEVELS, Motion, Normal};

/// A report further than this from a craft's mean is of another, m.
const NEAR_M: f64 = 600.0;

/// Ships under way with AIS that no radar has shown yet, 1/m², and the density of their velocities, s²/m².
const UNSEEN_DENSITY: f64 = 1e-7 * 6e-3;
/// Weight of a craft that bears another name, and of every other explanation where the name's own craft is known.
const OTHER: f64 = 1e-3;
/// What a posterior must reach for a report to be taken into a craft.
const SURE: f64 = 0.8;
/// Reports of a second voice after which it is believed: one alone may be a position spoilt on the way, since one in 256 spoilt
/// sentences passes its checksum.
const BELIEVED: u8 = 2;
/// A track more likely than this to have changed over to another craft gives its name up at the first report from elsewhere.
const LIKELY_SWAP: f64 = 0.05;
/// Probability that a radar shows a ship that was first heard by AIS …
const ECHO_FIRST: f64 = 0.5;
/// … and that one which no radar has shown for a while comes into sight between two reports.
const ECHO_LEAST: f64 = 0.05;
/// The longest gap between two reports over which a ship's way is known well enough to measure a radar by it, s.
const SEGMENT_MAX_S: f64 = 16.0;
/// The same of one that is slow at both: a class B under 2 kn reports every three minutes, over it every half minute (ITU-R M.1371-5, table 2).
const SLOW_SEGMENT_MAX_S: f64 = 36.0;
/// The fastest hull whose reports are one voice, m/s: 60 kn.
const FASTEST_MPS: f64 = 31.0;
/// Reports of one hull lie within this of each other however soon they follow, m: both antennas of a large tanker.
const ONE_HULL_M: f64 = 400.0;
/// Reports one after the other that a nameless echo must explain where a ship's own craft gives none, for the two to be one …
const ECHO_REPORTS: u8 = 3;
/// … how much worse it may explain each than that craft, which the reports themselves have put there …
const ECHO_FITS: f64 = 0.1;
/// … and the plots it must have had: a quarter of a minute of one radar.
const ECHO_HITS: u32 = 6;
/// Voices kept of one MMSI.
const VOICES: usize = 2;

/// One place from which an MMSI is heard.
#[derive(Clone, Copy, Debug)]
struct Voice {
    craft: Option<TrackId>,
    last: ShipState,
    reports: u8,
    /// Interval at which the next report is due, s.
    interval_s: f32,
}

impl Voice {
    fn reaches(&self, fix: &Fix) -> bool {
        let gone = (fix.p[0] - self.last.p[0]).hypot(fix.p[1] - self.last.p[1]);
        gone <= FASTEST_MPS * (fix.t - self.last.t).abs() + ONE_HULL_M
    }
}

/// What is heard under one MMSI.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Station {
    voices: [Option<Voice>; VOICES],
    hull: Option<Hull>,
    // When that was told, s since the fuser's epoch.
    hull_told: f64,
    // Its craft is held where the middle of the hull is, and not the antenna.
    placed: bool,
    // A craft without a name whose echo may be its craft's, and the reports that said so one after the other.
    echo: Option<(TrackId, u8)>,
}

impl Station {
    /// The crafts that are heard under it.
    pub(super) fn crafts(&self) -> impl Iterator<Item = TrackId> {
        self.voices().filter_map(|v| v.craft)
    }

    fn voices(&self) -> impl Iterator<Item = &Voice> {
        self.voices.iter().flatten()
    }

    fn heard(&self) -> f64 {
        self.voices().map(|v| v.last.t).chain(self.hull.map(|_| self.hull_told)).fold(f64::MIN, f64::max)
    }

    // The voice that a report belongs to, given the craft it was found to be of; a new one takes the place of the one not heard for longest.
    fn voice_of(&mut self, fix: &Fix, craft: Option<TrackId>, alive: impl Fn(TrackId) -> bool) -> Option<&mut Voice> {
        let of_craft = |v: &Voice| craft.is_some() && v.craft == craft;
        let at = self.voices.iter().position(|v| v.is_some_and(|v| of_craft(&v)));
        // A voice whose craft is gone, or that has none yet, may go on anywhere it can have gone.
        let free = |v: &Voice| v.craft.is_none_or(|c| !alive(c)) && v.reaches(fix);
        let at = at.or_else(|| self.voices.iter().position(|v| v.is_some_and(|v| free(&v))));
        let at = at.unwrap_or_else(|| {
            let age = |v: &Option<Voice>| v.map_or(f64::MIN, |v| v.last.t);
            (0..VOICES).min_by(|a, b| age(&self.voices[*a]).total_cmp(&age(&self.voices[*b]))).unwrap_or(0)
        });
        let slot = self.voices.get_mut(at)?;
        let goes_on = slot.is_some_and(|v| of_craft(&v) || free(&v));
        if !goes_on {
            *slot = Some(Voice { craft: None, last: fix.state(), reports: 0, interval_s: 0.0 });
        }
        slot.as_mut()
    }
}

/// Stations by MMSI; those not heard for an hour are forgotten.
pub(crate) type Stations = BTreeMap<Mmsi, Station>;

const FORGET_AFTER_S: f64 = 3600.0;

/// Which craft a report seems to be of.
enum Found {
    /// That one, with its probability.
    Craft(usize, f64),
    /// Two crafts may be meant; more reports will tell.
    Unclear,
    /// None in the picture.
    None,
}

impl Fuser {
    /// Takes an AIS position report.
    pub(super) fn ais(&mut self, sensor: SensorId, received_at: Timestamp, report: &AisPosition, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let Some(position) = report.position else { return };
        self.reception.heard(self.now);
        let mut fix = Fix::of(report, epoch, received_at, self.plane.east_north(position));
        let mut station = self.stations.get(&report.mmsi).copied().unwrap_or_default();
        let told = self.place(&mut fix, &mut station, report);
        let untold = station.hull.is_none();
        let found = self.find(&fix, &station);
        let target = match found {
            Found::Craft(i, _) => self.crafts.get(i).map(|c| c.id),
            _ => None,
        };
        let crafts = &self.crafts;
        let alive = |id: TrackId| lives(crafts, id);
        let others: [Option<TrackId>; VOICES] =
            station.voices.map(|v| v.and_then(|v| v.craft).filter(|c| alive(*c) && Some(*c) != target));
        let rival = others.iter().flatten().any(|id| Some(*id) != target);
        let Some(voice) = station.voice_of(&fix, target, alive) else { return };
        let interval_s = reporting_interval_s(report);
        let (last, due_s) = (voice.last, f64::from(voice.interval_s));
        (voice.last, voice.interval_s) = (told, interval_s as f32);
        voice.reports = voice.reports.saturating_add(1);
        if voice.reports > 1 {
            self.learn_way(report, [last, told], &fix, untold);
            self.reception.learn(report.class, last.p, told.p, fix.t - last.t, due_s, self.now);
        }
        let p_swap = others.iter().flatten().map(|id| self.p_swap(*id)).fold(0.0, f64::max);
        let believed = !rival || voice.reports >= BELIEVED || p_swap > LIKELY_SWAP;
        if matches!(found, Found::Unclear) || !believed {
            self.stations.insert(report.mmsi, station);
            return;
        }
        let (i, p) = match found {
            Found::Craft(i, p) => (i, p),
            _ if self.has_room() => (self.born_of_ais(&fix), SURE),
            _ => return,
        };
        voice.craft = self.crafts.get(i).map(|c| c.id);
        station.echo = self.echo_of(&fix, i).map(|id| match station.echo {
            Some((before, n)) if before == id => (id, n + 1),
            _ => (id, 1),
        });
        if let Some((id, ECHO_REPORTS)) = station.echo {
            // One ship, held twice: what bears her name gets her plots when the other is gone.
            if let Some(c) = self.craft_mut(id) {
                c.existence.r = 0.0;
            }
            station.echo = None;
        }
        self.stations.insert(report.mmsi, station);
        let mut rival = false;
        for id in others.into_iter().flatten() {
            let p_swap = self.p_swap(id);
            let now = self.now;
            if let Some(c) = self.craft_mut(id) {
                c.identity.heard_elsewhere(report.mmsi, p_swap, now);
                rival |= c.identity.bears(report.mmsi);
            }
        }
        // The older bearer is the one whose name it is; it is not its own rival.
        let Some(craft) = self.crafts.get_mut(i) else { return };
        rival &= !craft.identity.bears(report.mmsi);
        craft.wake(&self.settings.motion);
        craft.identity.offset = offset(craft, &fix);
        take(craft, &fix, &self.settings);
        self.whereabouts.note(i, craft);
        let heard =
            Heard { mmsi: report.mmsi, p, interval_s, said_mps: report.sog.unwrap_or(0.0), rival, seen: craft.seen_by_radar() };
        craft.identity.heard(&heard, self.now);
        craft.identity.class = Some(report.class.into());
        if craft.identity.bears(report.mmsi) {
            craft.history.swap.settled();
        }
        craft.existence.r = craft.existence.r.max(ECHO_LEAST);
        craft.confirmed = true;
        craft.last_hit = self.now;
        craft.seen = craft.t;
        craft.settled = true;
        craft.measure(&self.settings.motion);
        craft.touch(sensor, epoch, fix.t);
        out.push(craft.line(&self.plane, epoch, self.now, &self.settings));
    }

    /// Takes what a ship tells of its hull.
    pub(super) fn hull(&mut self, said: &AisStatic) {
        if let Some(hull) = Hull::of(said) {
            let station = self.stations.entry(said.mmsi).or_default();
            (station.hull, station.hull_told) = (Some(hull), self.now);
        }
    }

    // Makes a fix one of the hull's middle, and tells what it is without what radars found of the hull: that must not go back into what ships tell
    // of the radars.
    fn place(&mut self, fix: &mut Fix, station: &mut Station, report: &AisPosition) -> ShipState {
        // Where no radar looks a ship is where its antenna is.
        let hull = station.hull.filter(|_| self.radars.iter().any(Option::is_some));
        if let Some(hull) = hull {
            hull.centre(fix, report);
        }
        let told = fix.state();
        let found = if hull.is_none() { self.references.ahead_m(report.mmsi).map(Hull::found) } else { None };
        if let Some(hull) = found {
            hull.centre(fix, report);
        }
        if !station.placed && hull.or(found).is_some_and(|h| h.is_apart()) {
            station.placed = true;
            // A craft that stood for the ship where no radar sees one is none.
            for voice in station.voices.iter_mut().flatten() {
                let gone = self.crafts.iter_mut().find(|c| Some(c.id) == voice.craft && !c.seen_by_radar());
                if let Some(gone) = gone {
                    gone.existence.r = 0.0;
                    voice.craft = None;
                }
            }
        }
        told
    }

    // The craft without a name whose echo a report explains hardly worse than the craft it is of, where radars see nothing of that one.
    fn echo_of(&self, fix: &Fix, i: usize) -> Option<TrackId> {
        let hers = self.crafts.get(i).filter(|c| !c.seen_by_radar())?;
        let fits = |c: &Craft| likelihood(&awake(c, &self.settings.motion), fix, &self.settings);
        let least = ECHO_FITS * fits(hers);
        let echoes = (self.whereabouts.near(fix.p, NEAR_M).map(|i| &self.crafts[i]))
            .filter(|c| is_near(c, fix) && c.confirmed && c.hits >= ECHO_HITS && c.seen_by_radar() && !c.identity.named());
        let best = echoes.map(|c| (fits(c), c.id)).max_by(|a, b| a.0.total_cmp(&b.0))?;
        (best.0 > least && least > 0.0).then_some(best.1)
    }

    fn find(&self, fix: &Fix, station: &Station) -> Found {
        let linked: [Option<TrackId>; VOICES] = station.voices.map(|v| v.and_then(|v| v.craft));
        let any_linked = linked.iter().any(Option::is_some);
        let mut best: Option<(usize, f64)> = None;
        let mut sum = UNSEEN_DENSITY * if any_linked { OTHER } else { 1.0 };
        let linked_alive = linked.iter().flatten().any(|&id| lives(&self.crafts, id));
        for i in self.whereabouts.near(fix.p, NEAR_M) {
            let craft = &self.crafts[i];
            if craft.existence.r == 0.0 || !is_near(craft, fix) {
                continue;
            }
            let mine = linked.contains(&Some(craft.id));
            let weight = match () {
                () if mine => 1.0,
                () if craft.identity.named() => OTHER,
                () if any_linked => OTHER * 10.0,
                () => 1.0,
            };
            let r = if craft.identity.named() { 1.0 } else { craft.existence.r.max(0.01) };
            let w = weight * r * likelihood(&awake(craft, &self.settings.motion), fix, &self.settings);
            sum += w;
            if best.is_none_or(|(_, b)| w > b) {
                best = Some((i, w));
            }
        }
        if any_linked && !linked_alive {
            sum += UNSEEN_DENSITY * (1.0 - OTHER);
        }
        match best {
            Some((i, w)) if w > SURE * sum => Found::Craft(i, w / sum),
            Some((_, w)) if w > 0.2 * sum => Found::Unclear,
            _ => Found::None,
        }
    }

    // Gives a ship's way since its last report to the radars' registration.
    fn learn_way(&mut self, report: &AisPosition, [last, told]: [ShipState; 2], fix: &Fix, untold: bool) {
        let ship = report.mmsi;
        let h = told.t - last.t;
        let slow = [last.v, told.v].iter().all(|v| v[0].hypot(v[1]) < SLOW_MPS);
        let longest = if slow { SLOW_SEGMENT_MAX_S } else { SEGMENT_MAX_S };
        if !fix.velocity_known || !self.settings.registration || !(0.5..=longest).contains(&h) {
            return;
        }
        // Both velocities must tell the way between both places, or one of the reports is wrong.
        let miss = |i: usize| told.p[i] - last.p[i] - 0.5 * h * (told.v[i] + last.v[i]);
        if miss(0).hypot(miss(1)) > 60.0 {
            return;
        }
        // Whether a radar has jumped shows against where ships are seen.
        self.reports.heard(ship, fix.state());
        // Ships that must carry class A are of 300 t and more; what carries class B is hardly longer than its place is uncertain.
        let unplaced = untold && report.class == AisClass::A;
        for radar in self.radars.iter_mut().flatten().filter(|r| r.has_seen()) {
            radar.registration.add(Segment { ship, unplaced, from: last, to: told });
        }
    }

    fn craft_mut(&mut self, id: TrackId) -> Option<&mut Box<Craft>> {
        self.index_of(id).map(|i| &mut self.crafts[i])
    }

    // Probability that a craft is not the one it was.
    fn p_swap(&self, id: TrackId) -> f64 {
        self.index_of(id).map_or(0.0, |i| self.crafts[i].p_swap(&self.settings, self.now))
    }

    fn born_of_ais(&mut self, fix: &Fix) -> usize {
        let id = self.new_id();
        let [rp, rv] = fix.r;
        let n = Normal { x: [fix.p[0], fix.p[1], fix.v[0], fix.v[1]], pp: rp, pv: [0.0; 4], vv: rv };
        let existence = Existence { r: ECHO_FIRST, level: [1.0 / LEVELS as f64; LEVELS] };
        let craft = Craft {
            confirmed: true,
            settled: true,
            sigma_m: SIGMA_PLACE_M,
            blur_m: SIGMA_PLACE_M,
            hit_ratio: 0.0,
            lean: 1.0,
            possible: 1.0,
            ..Craft::begun(id, fix.t, (fix.p, rp), Imm::known(&self.settings.motion, n), existence, self.now)
        };
        self.hold(craft)
    }

    /// Forgets stations long silent; of more than there is room for, those silent longest.
    pub(super) fn forget_stations(&mut self) {
        let now = self.now;
        self.stations.retain(|_, s| now - s.heard() < FORGET_AFTER_S);
        let most = self.settings.most_crafts;
        if self.stations.len() > most {
            let mut heard: Vec<f64> = self.stations.values().map(Station::heard).collect();
            let gone = heard.len() - most;
            let (_, since, _) = heard.select_nth_unstable_by(gone, f64::total_cmp);
            let since = *since;
            self.stations.retain(|_, s| s.heard() >= since);
        }
    }
}

// Whether the craft of a number is held and stands.
fn lives(crafts: &[Box<Craft>], id: TrackId) -> bool {
    crafts.binary_search_by_key(&id, |c| c.id).is_ok_and(|i| crafts[i].existence.r > 0.0)
}

// Whether a report may be of a craft by where both are.
fn is_near(craft: &Craft, fix: &Fix) -> bool {
    let at = craft.imm.place();
    (at[0] - fix.p[0]).abs() <= NEAR_M && (at[1] - fix.p[1]).abs() <= NEAR_M
}

// A craft with its filter at its time.
fn awake<'a>(craft: &'a Craft, motion: &Motion) -> Cow<'a, Craft> {
    if !craft.waits {
        return Cow::Borrowed(craft);
    }
    let mut craft = craft.clone();
    craft.wake(motion);
    Cow::Owned(craft)
}
