//! Everything the predicates of one track need of the rest: the other tracks, the stations, the site.

use std::collections::BTreeMap;

use super::around::{launches, length_m, look_round};
use super::grid::{Close, Grid, Mark, Spot};
use super::grounds::Grounds;
use super::launch::{Launches, Place};
use super::memory::Memory;
use super::registry::{DEAF_S, Registry, Vessel};
use super::rides::Rides;
use super::zone::LaidZones;
use crate::geo::{LocalPlane, distance_m};
use crate::model::{AisState, Mmsi, Report, ReportKind, SensorId, SensorKind, Site, Timestamp, Track, TrackId, TrackStatus};

/// Who is near is found anew this often, s: two turns of a coastal radar.
const AROUND_EVERY_S: f64 = 5.0;
/// Cells in which AIS events are counted, m: 10 NM.
const EVENT_CELL_M: f64 = 18_520.0;
/// Changes of state count for this long, s; so many at least; and this share of the cell's (catalogue R15).
const EVENT_WITHIN_S: f64 = 120.0;
const EVENT_LEAST: u32 = 5;
const EVENT_SHARE: f64 = 0.2;
/// … and so many more than that share, but beside a cell in which there is an event: by chance one ship in 25 to 100 turns in that time (two null nights, 11
/// cells), so that of 22 five do every forty hours, and eight never.
const EVENT_BEYOND: f64 = 3.0;
/// An event stands this long after it was seen last, s: what turned in it needs as long to turn back.
const EVENT_STANDS_S: f64 = 600.0;
/// How often events are counted, s.
const EVENT_EVERY_S: f64 = 5.0;
/// Who was not heard while nobody was is silent by itself after this time in which others were, s (R02's `silent_a_s`).
const OWN_SILENCE_S: f64 = 180.0;
/// Within this time AIS that fusion expects would have been received, s.
const DUE_WITHIN_S: f64 = 60.0;
/// What a radar showed this long ago it shows, s: four turns (R02 asks for no more than 15).
const LOOKED_S: f64 = 10.0;
/// A radar that has looked for a minute tells too rough a sea (crafts not yet confirmed count, and only where a plot was ever seen is
/// sea): by this factor more than 1 at the start, falling by e in so many s. From 177 starts in a calm and 18 in sea state 4 of the simulated bay:
/// calm seas are told with 0.13-0.28 plots a km² after a minute and 0.05-0.14 after five, rough ones with 0.43 and 0.24, 0.20 in the end. So
/// corrected no calm sea passes for a rough one, and no rough sea for a calm.
const SEA_STARTS: [f64; 2] = [1.75, 130.0];
/// Before a radar tells of the sea at all, in the first minute of a watch, s, it is taken for calm: 20 looks of 3 s.
const SEA_UNTOLD_S: f64 = 60.0;
/// A ship that tells of places that go by as fast as this, m/s (10 kn), is looked for; faster than this, m/s (80 kn, R04), it jumps.
const MOVES_MPS: [f64; 2] = [5.0, 41.0];
/// … and has an echo if a radar shows a craft of its name this near where it told to be, m: what it makes at 40 kn in half a minute.
const ECHO_M: f64 = 600.0;
/// An echo stands this long, s: what was shown once is not asked for at each look.
const ECHO_STANDS_S: f64 = 120.0;
/// A ship whose last report is older than this is not looked for, s: two intervals and a half of class B under way.
const TOLD_S: f64 = 75.0;
/// The most ships looked for at a time: those that are heard first within a minute, at the start of a watch over a busy bay.
const MOST_UNSHOWN: usize = 256;
/// The most numbers told from two places, one of which lies still, whose echo is looked for among crafts without a name: of two hulls of one number
/// there are few, and where GNSS is jammed (30 ships of the scenario) an event says so.
const MOST_DOUBLED: usize = 64;
/// A craft's place is put forward or back to the time of a report by this at most, s: of a small craft far off two looks of three are lost.
const PACE_APART_S: f64 = 15.0;
/// A false place nearer than this is the craft's own (R03), and one farther than this, m (5 NM), another bay's.
const PACE_M: [f64; 2] = [500.0, 9260.0];
/// A craft that bears a name with this probability is one of those that may: of two that share it each has less than a half.
const MAY_BEAR: f64 = 0.25;
/// Who left a ship so long ago, s, and runs has been launched by her.
const LEFT_S: f64 = 120.0;
/// What a camera said of a bearing is of a track for this long, s.
const CAMERA_FRESH_S: f64 = 60.0;

/// What a camera may take a craft for, and words of its own that mean it.
pub(super) const EO_WORDS: [&str; 6] = ["unknown", "go-fast", "small-craft", "fishing", "ship", "buoy"];

/// What a camera said in one direction.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    camera: SensorId,
    t: Timestamp,
    class: u8,
    p: f64,
}

/// Numbers that are found without a search: as many as the largest picture has tracks (DESIGN §2: 10 000), rounded up to a power of two.
const HINTS: usize = 16_384;

/// The most sightings kept: a minute of ten cameras that look once a second.
const MOST_SIGHTINGS: usize = 600;

/// An event of the cell: several stations lost or wrong at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    /// When it was last seen.
    pub at: Timestamp,
    /// Tracks that turned within two minutes, and tracks with AIS in the cell, at its worst.
    pub turned: u32,
    pub of: u32,
}

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub site: Site,
    pub plane: LocalPlane,
    pub grounds: Grounds,
    pub zones: LaidZones,
    pub registry: Registry,
    memories: Vec<Option<Box<Memory>>>,
    free: Vec<u32>,
    numbers: BTreeMap<TrackId, u32>,
    /// What number a track was found by last, at its id modulo [`HINTS`]; the memory itself says whether it still is.
    hints: Vec<u32>,
    grid: Grid,
    launches: Launches,
    rides: Rides,
    // Room to work in.
    close: Vec<Close>,
    events: BTreeMap<(i32, i32), Event>,
    events_at: Timestamp,
    sightings: std::collections::VecDeque<Sighting>,
    /// Ships that move and that no radar shows, and the registry's generation of their numbers.
    unshown: (u32, Vec<u32>),
    /// Vessels that are told from two places and lie still at one, by the same generation.
    doubled: Vec<u32>,
    /// When a track was looked at first.
    began: Option<Timestamp>,
    kinds: Vec<SensorKind>,
    /// Vessels that came by AIS lately bear numbers of their own; the offset of the local day, minutes.
    offset_min: i64,
}

impl World {
    pub fn new(site: &Site, grounds: &Grounds) -> Self {
        let plane = LocalPlane::new(site.origin);
        // The hour by the sun, rounded: what the zone time is at sea, and in China east of 112.5° what the law says.
        let by_sun = (site.origin.lon.to_degrees() / 15.0).round() * 60.0;
        Self {
            zones: LaidZones::new(&grounds.zones, &plane),
            plane,
            offset_min: grounds.utc_offset_h.map_or(by_sun, |h| h * 60.0) as i64,
            site: site.clone(),
            kinds: site.sensors.iter().map(|s| s.kind).collect(),
            grounds: grounds.clone(),
            registry: Registry::default(),
            memories: Vec::new(),
            free: Vec::new(),
            numbers: BTreeMap::new(),
            hints: vec![u32::MAX; HINTS],
            grid: Grid::default(),
            launches: Launches::default(),
            rides: Rides::default(),
            close: Vec::new(),
            events: BTreeMap::new(),
            events_at: Timestamp::MIN,
            sightings: std::collections::VecDeque::new(),
            unshown: (0, Vec::new()),
            doubled: Vec::new(),
            began: None,
        }
    }

    /// Takes other zones and lists; what is remembered of tracks stays, but for where they lie.
    pub fn stand_on(&mut self, grounds: &Grounds) {
        self.zones = LaidZones::new(&grounds.zones, &self.plane);
        self.grounds = grounds.clone();
        self.registry.relist(&self.grounds.lists);
        for memory in self.memories.iter_mut().flatten() {
            memory.forget_place();
        }
    }

    /// Minute of the local day.
    pub fn minute(&self, t: Timestamp) -> u16 {
        (t.nanos().div_euclid(60_000_000_000) + self.offset_min).rem_euclid(1440) as u16
    }

    /// How rough the sea is, false plots a look and km²: what the track's radar tells, put right for the first minutes of a watch.
    pub fn sea_km2(&self, track: &Track) -> Option<f64> {
        let watched = self.began.map_or(0.0, |began| track.t_out.seconds_since(began));
        match track.sensing.sea_km2 {
            Some(told) => Some(f64::from(told) / (1.0 + SEA_STARTS[0] * (-watched.max(0.0) / SEA_STARTS[1]).exp())),
            None => (watched < SEA_UNTOLD_S && track.sensing.echo_m2.is_some()).then_some(0.0),
        }
    }

    /// How many sensors of a kind see a track.
    pub fn sensors_of(&self, track: &Track, kind: SensorKind) -> usize {
        track.sensors.iter().filter(|(id, _)| self.kinds.get(usize::from(id.0)) == Some(&kind)).count()
    }

    /// A bit for each kind of sensor that sees it: radar, AIS, camera.
    pub fn sources(&self, track: &Track) -> u32 {
        track.sensors.iter().fold(0, |bits, (id, _)| match self.kinds.get(usize::from(id.0)) {
            Some(SensorKind::Radar) => bits | 1,
            Some(SensorKind::Ais) => bits | 2,
            Some(SensorKind::Camera) => bits | 4,
            _ => bits,
        })
    }

    /// Takes what was received, before the tracks that came of it.
    pub fn hear(&mut self, reports: &[Report]) {
        self.registry.hear(reports, &self.grounds.lists);
        if self.unshown.0 != self.registry.generation {
            self.unshown = (self.registry.generation, Vec::new());
            self.doubled.clear();
        }
        for report in reports {
            if let ReportKind::AisPosition(said) = &report.kind {
                self.look_for(said.mmsi);
            }
            if let ReportKind::Bearing(bearing) = &report.kind
                && let Some((word, p)) = &bearing.class
                && let Some(class) = eo_class(word)
            {
                if self.sightings.len() == MOST_SIGHTINGS {
                    self.sightings.pop_front();
                }
                self.sightings.push_back(Sighting { camera: report.sensor, t: report.t, class, p: f64::from(*p) });
            }
        }
    }

    /// Looks for a ship that moves, or is heard first, as long as no radar shows it.
    fn look_for(&mut self, mmsi: Mmsi) {
        let Some((number, vessel)) = self.registry.number(mmsi).and_then(|n| Some((n, self.registry.get(n)?))) else { return };
        let moves = vessel.way.is_none_or(|way| (MOVES_MPS[0]..=MOVES_MPS[1]).contains(&way));
        let shown = vessel.echo.is_some_and(|at| vessel.last.seconds_since(at) <= ECHO_STANDS_S);
        let is_looked_for = moves && !shown && vessel.station() == 0;
        if self.doubled.len() < MOST_DOUBLED && vessel.lies_at_one_of_two(vessel.last) && !self.doubled.contains(&number) {
            self.doubled.push(number);
        }
        match self.unshown.1.iter().position(|n| *n == number) {
            Some(at) if !is_looked_for => {
                self.unshown.1.remove(at);
            }
            None if is_looked_for && self.unshown.1.len() < MOST_UNSHOWN => self.unshown.1.push(number),
            _ => {}
        }
    }

    /// What a camera takes a track for, and how surely: the camera must have given the bearing that the track took.
    pub fn sighted(&self, track: &Track) -> Option<(u8, f64, f64)> {
        if self.sightings.is_empty() {
            return None;
        }
        let took = |s: &&Sighting| track.sensors.iter().any(|(id, t)| id == s.camera && t == s.t);
        let found = self.sightings.iter().rev().find(took)?;
        let age = track.t_out.seconds_since(found.t);
        (age <= CAMERA_FRESH_S).then_some((found.class, found.p, age))
    }

    /// For how long a track has been silent while others were heard, s.
    pub fn silent_s(&self, track: &Track) -> Option<f64> {
        let silent = track.ais_detail.silent_s?;
        let since = track.t_out.plus_seconds(-silent);
        Some((silent - self.registry.deaf_s(since, track.t_out)).max(0.0))
    }

    /// Whether AIS of a track that did not come within the last minute was missed by nobody's fault but its own.
    pub fn was_listened_to(&self, track: &Track) -> bool {
        !self.registry.were_deaf(DUE_WITHIN_S, track.t_out)
    }

    /// Whether a track that has stopped sending has done so by itself: nobody else was silent meanwhile, or it has been for long enough besides.
    pub fn stopped_by_itself(&self, track: &Track) -> Option<bool> {
        let (silent, own) = (track.ais_detail.silent_s?, self.silent_s(track)?);
        Some(own >= silent || own >= OWN_SILENCE_S)
    }

    /// The vessel that a track's MMSI names.
    pub fn vessel(&self, memory: &Memory) -> Option<&Vessel> {
        // After a sweep of the registry a number may mean another vessel, until the track is looked at again.
        let (_, number, generation) = memory.vessel?;
        self.registry.get(number).filter(|_| generation == self.registry.generation)
    }

    /// The AIS event of the cell in which a track is.
    pub fn event(&self, memory: &Memory) -> Option<Event> {
        let cell = event_cell(memory.p);
        let event = self.events.get(&cell)?;
        (memory.seen.seconds_since(event.at) <= EVENT_STANDS_S).then_some(*event)
    }

    /// The number of a track's memory, made if it is new.
    pub fn number(&mut self, track: &Track) -> u32 {
        let hint = track.id.0 as usize % HINTS;
        if let Some(&number) = self.hints.get(hint)
            && self.memory(number).is_some_and(|m| m.id == track.id)
        {
            return number;
        }
        if let Some(&number) = self.numbers.get(&track.id) {
            self.hints[hint] = number;
            return number;
        }
        let memory = Some(Box::new(Memory::new(track)));
        let number = match self.free.pop() {
            Some(number) => {
                self.memories[number as usize] = memory;
                number
            }
            None => {
                self.memories.push(memory);
                self.memories.len() as u32 - 1
            }
        };
        self.numbers.insert(track.id, number);
        self.hints[hint] = number;
        number
    }

    /// The number of a track's memory, if there is one.
    pub fn known(&self, id: TrackId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// A memory by its number.
    pub fn memory(&self, number: u32) -> Option<&Memory> {
        self.memories.get(number as usize)?.as_deref()
    }

    /// The same, to be changed.
    pub fn memory_mut(&mut self, number: u32) -> Option<&mut Memory> {
        self.memories.get_mut(number as usize)?.as_deref_mut()
    }

    /// All memories with their numbers, in the order of the tracks.
    pub fn memories(&self) -> impl Iterator<Item = (u32, &Memory)> {
        self.numbers.values().filter_map(|&n| Some((n, self.memory(n)?)))
    }

    /// Forgets a track.
    pub fn forget(&mut self, id: TrackId) -> Option<Box<Memory>> {
        let number = self.numbers.remove(&id)?;
        self.grid.remove(number);
        self.free.push(number);
        let gone = self.memories.get_mut(number as usize)?.take()?;
        if let Some(parent) = gone.parent {
            self.launches.end(id, parent);
        }
        Some(gone)
    }

    /// Takes a look at a track: renews what has become old.
    pub fn look(&mut self, number: u32, track: &Track) {
        self.began.get_or_insert(track.t_out);
        let p = self.plane.east_north(track.position);
        let minute = self.minute(track.t);
        let Some(memory) = self.memories.get_mut(number as usize).and_then(Option::as_deref_mut) else { return };
        let is_new = memory.t == Timestamp::MIN;
        memory.look(track, p);
        // What its new track began beside it has left, whatever number it bears again.
        if let Some(link) = track.origin.link
            && memory.taken_up != Some(link.from)
        {
            memory.taken_up = Some(link.from);
            memory.parent = self.launches.before(link.from).or(memory.parent);
        }
        if let Some(mmsi) = track.mmsi {
            let generation = self.registry.generation;
            if memory.vessel.is_none_or(|(m, _, g)| m != mmsi || g != generation) {
                memory.vessel = self.registry.number(mmsi).map(|n| (mmsi, n, generation));
            }
        }
        if memory.place_is_old() {
            memory.find_place(track.position, &self.zones, self.grounds.coast.as_deref(), &self.plane, minute);
        }
        let named = memory.vessel.map(|(_, number, _)| number);
        let around_is_old = memory.around.at.is_none_or(|at| memory.t.seconds_since(at) >= AROUND_EVERY_S);
        let runs = memory.fast_dark == Some(memory.t);
        if is_new || around_is_old {
            self.look_around(number, is_new);
        } else if runs {
            self.leaves(number);
        }
        self.show(named, track);
    }

    /// Tells the vessel whose name a track bears, or may bear where two do, that a radar shows it, if it is told from two places.
    fn show(&mut self, named: Option<u32>, track: &Track) {
        if named.is_some() {
            return self.shown(named, track);
        }
        for (mmsi, p) in track.ais_detail.names.iter() {
            let number = self.registry.number(mmsi).filter(|_| p >= MAY_BEAR);
            self.shown(number, track);
        }
        let is_seen = || track.radar_age_s(&self.site).is_some_and(|s| s <= LOOKED_S);
        if !self.doubled.is_empty() && track.ais == AisState::None && track.status != TrackStatus::Tentative && is_seen() {
            for &number in &self.doubled {
                if let Some(vessel) = self.registry.get_mut(number) {
                    vessel.nameless_shown(track.position, track.t_out);
                }
            }
        }
    }

    fn shown(&mut self, vessel: Option<u32>, track: &Track) {
        let Some(number) = vessel else { return };
        let is_looked_for = !self.unshown.1.is_empty() && self.unshown.1.contains(&number);
        if !is_looked_for && !self.registry.get(number).is_some_and(Vessel::is_in_two_places)
            || track.radar_age_s(&self.site).is_none_or(|s| s > LOOKED_S)
        {
            return;
        }
        let Some(vessel) = self.registry.get_mut(number) else { return };
        vessel.shown(track.position, track.t_out);
        if is_looked_for && vessel.told_at().is_some_and(|(at, _)| distance_m(at, track.position) <= ECHO_M) {
            vessel.echo = Some(track.t_out);
            self.unshown.1.retain(|n| *n != number);
        }
    }

    /// The vessel whose name a track bears, or that of its likeliest name where two bear it.
    pub fn claimed<'a>(&'a self, c: &super::fields::Ctx<'a>) -> Option<&'a Vessel> {
        let doubted = || c.track.ais_detail.names.iter().next().filter(|(_, p)| *p >= MAY_BEAR);
        c.vessel.or_else(|| self.registry.get(self.registry.number(doubted()?.0)?))
    }

    /// Asks who has no ship whether it left one that launches, and notes that one that left a ship runs: at every look of who runs, since boats that leave
    /// one by one are sought by the minute and all others are asked every five seconds.
    fn leaves(&mut self, number: u32) {
        let Some(me) = self.memories.get_mut(number as usize).and_then(Option::as_deref_mut) else { return };
        if me.parent.is_none() {
            me.parent = self.launches.company(me);
        }
        if let Some(left) = me.parent.filter(|p| me.fast_dark == Some(me.t) && me.t.seconds_since(p.left) <= LEFT_S)
            && let t = me.t
        {
            let at = self.known(left.id).and_then(|ship| self.ship_at(self.memory(ship)?));
            self.launches.ran(t, &left, at);
        }
    }

    /// Takes up the ride in a ship's echo of one who was lost there.
    fn rides_on(&mut self, number: u32) {
        let memories = &self.memories;
        let of = |number: u32| memories.get(number as usize)?.as_deref();
        let Some((me, ship)) = of(number).and_then(|me| Some((me, me.around.shadowed?))) else { return };
        let Some(her) = self.numbers.get(&ship.id).and_then(|&her| of(her)) else { return };
        let since = self.rides.since(me, her, &ship);
        if let Some(ship) = self.memory_mut(number).and_then(|me| me.around.shadowed.as_mut()) {
            ship.since = since;
        }
    }

    fn look_around(&mut self, number: u32, is_new: bool) {
        let Some(me) = self.memories.get_mut(number as usize).and_then(Option::as_deref_mut) else { return };
        let vessel = me.vessel.and_then(|(_, number, _)| self.registry.get(number));
        let length_m = length_m(me, vessel.and_then(|v| v.length_m));
        let spot = Spot {
            p: me.p,
            v: me.v,
            sog: me.sog,
            t: me.t,
            fast_dark: me.fast_dark.unwrap_or(Timestamp::MIN),
            number,
            ais: me.ais,
            afloat: vessel.is_none_or(|v| v.station() == 0),
            launches: launches(me, length_m),
        };
        let mark = Mark {
            id: me.id,
            course: me.course,
            sigma: me.sigma,
            length_m,
            held_since: me.held.then_some(me.born),
            unshown: vessel.is_some_and(|v| v.way.is_some()) && me.vessel.is_some_and(|(_, n, _)| self.unshown.1.contains(&n)),
            echo_m2: me.echo_m2,
        };
        self.grid.put(spot, mark);
        let (around, parent, beside_m) = look_round(&self.grid, number, me, is_new, &mut self.close);
        me.around = around;
        self.rides_on(number);
        let Some(me) = self.memories.get_mut(number as usize).and_then(Option::as_deref_mut) else { return };
        // Of what it goes along with the last counts, of what it began beside the first.
        me.parent = parent.or(me.parent);
        me.beside_m = beside_m;
        self.leaves(number);
        let Some(me) = self.memories.get_mut(number as usize).and_then(Option::as_deref_mut) else { return };
        if me.ais != AisState::None || me.sog < MOVES_MPS[0] || !me.held {
            me.paces.clear();
            return;
        }
        for &number in &self.unshown.1 {
            let Some(vessel) = self.registry.get(number) else { continue };
            let Some((at, t)) = vessel.told_at() else { continue };
            let ahead = t.seconds_since(me.t);
            if ahead.abs() > PACE_APART_S {
                continue;
            }
            let p = self.plane.east_north(at);
            let off = [0, 1].map(|i| p[i] - me.p[i] - ahead * me.v[i]);
            if (PACE_M[0]..=PACE_M[1]).contains(&off[0].hypot(off[1])) {
                me.keep_pace(number, off, (p, vessel.told_mps), t);
            }
        }
    }

    /// Where a ship is: by her track, or where she tells to be once a boat that left her may bear her number.
    fn ship_at(&self, ship: &Memory) -> Option<Place> {
        if ship.ais == AisState::Ok {
            return Some(Place { t: ship.t, p: ship.p, v: ship.v, sigma: ship.sigma });
        }
        let (at, t) = self.vessel(ship)?.told_at()?;
        Some(Place { t, p: self.plane.east_north(at), v: [0.0; 2], sigma: 0.0 })
    }

    /// Counts events of AIS where some time has passed, and forgets what was not heard of for `forget_after_s`.
    pub fn advance(&mut self, now: Timestamp) {
        if now.seconds_since(self.events_at) < EVENT_EVERY_S {
            return;
        }
        self.events_at = now;
        let mut cells: BTreeMap<(i32, i32), (u32, u32)> = BTreeMap::new();
        for memory in self.memories.iter().flatten() {
            // Only who had a baseline can turn or stand for those that did not; a net buoy that is under water is no receiver's fault.
            let counted = memory.turned.is_some() || memory.ais == AisState::Ok && memory.is_steady(now);
            let is_ship = self.vessel(memory).is_none_or(|v| v.station() == 0);
            if !counted || !is_ship {
                continue;
            }
            let counts = cells.entry(event_cell(memory.p)).or_default();
            counts.1 += 1;
            counts.0 += u32::from(memory.turned.is_some_and(|at| now.seconds_since(at) <= EVENT_WITHIN_S));
        }
        for (&(east, north), &(turned, of)) in &cells {
            let beyond = f64::from(turned) - EVENT_SHARE * f64::from(of);
            let beside = || (0..9).any(|i| self.events.contains_key(&(east + i % 3 - 1, north + i / 3 - 1)));
            if turned >= EVENT_LEAST && (beyond >= EVENT_BEYOND || beyond >= 0.0 && beside()) {
                self.events.insert((east, north), Event { at: now, turned, of });
            }
        }
        let registry = &self.registry;
        self.unshown.1.retain(|n| registry.get(*n).is_some_and(|v| now.seconds_since(v.last) <= TOLD_S));
        self.doubled.retain(|n| registry.get(*n).is_some_and(|v| v.lies_at_one_of_two(now)));
        // While nobody is heard at all, what was seen to begin goes on.
        if self.registry.ais_heard.is_some_and(|heard| now.seconds_since(heard) > DEAF_S) {
            self.events.values_mut().for_each(|event| event.at = now);
        }
        self.events.retain(|_, event| now.seconds_since(event.at) <= EVENT_STANDS_S);
    }
}

fn event_cell(p: [f64; 2]) -> (i32, i32) {
    ((p[0] / EVENT_CELL_M).floor() as i32, (p[1] / EVENT_CELL_M).floor() as i32)
}

/// Number in [`EO_WORDS`] of what a camera's own word means.
fn eo_class(word: &str) -> Option<u8> {
    let word = word.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|p| word.contains(p));
    let is = |whole: &str| word.split(|c: char| !c.is_alphanumeric()).any(|w| w == whole);
    // What flies is no craft of the sea, though its word ends like one.
    if has(&["aircraft", "spacecraft"]) {
        return None;
    }
    Some(if has(&["go-fast", "gofast", "speedboat", "speed boat", "powerboat", "power boat", "rhib"]) || is("rib") {
        1
    } else if has(&["fish", "trawl", "sampan"]) {
        3
    } else if has(&["small", "boat", "craft", "yacht", "jet ski"]) {
        2
    } else if has(&["ship", "vessel", "cargo", "tanker", "ferry"]) {
        4
    } else if has(&["buoy"]) || is("mark") {
        5
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flies_is_no_craft_and_a_word_is_not_found_within_another() {
        let word = |said: &str| eo_class(said).and_then(|class| EO_WORDS.get(usize::from(class)).copied());
        for (said, is) in [
            ("RHIB", Some("go-fast")),
            ("go-fast", Some("go-fast")),
            ("Fishing Boat", Some("fishing")),
            ("small craft", Some("small-craft")),
            ("Cargo Ship", Some("ship")),
            ("navigation mark", Some("buoy")),
            ("Aircraft", None),
            ("rotary-wing aircraft", None),
            ("Caribbean gull", None),
            ("landmark", None),
            ("human", None),
        ] {
            assert_eq!(word(said), is, "{said}");
        }
    }
}
