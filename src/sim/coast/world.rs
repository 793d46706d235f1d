//! The running scenario: bytes in order of arrival, with what is true beside them.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use super::super::ais_encode::Station;
use super::super::land::is_land;
use super::super::night::{SimEvent, SimFeed};
use super::super::radar::{SECTORS, SectorPlots};
use super::super::radar_encode::{EncodedPlot, antenna_block, plots_block};
use super::super::rng::Rng;
use super::antenna::{Antenna, View};
use super::class::Class;
use super::scene::{Fault, Scene};
use super::transponder::{Air, Heard, Lie, Mode};
use super::truth::{Follower, TruthEvent};
use super::vessel::{Happened, Pose, Vessel};
use crate::geo::{Geodetic, LocalPlane, distance_m};
use crate::model::{FeedId, Mmsi, Timestamp};
use crate::wire::asterix::statement::Source;

/// The world's step, s: a boat at 50 kn moves 6 m in it, and looks are at their own instants within it.
const STEP_S: f64 = 0.25;
/// Truth is told at this interval, s.
const TRUTH_S: f64 = 2.5;
/// An empty slot map's worth of transmitters: from here on the air is crowded and reports collide.
const SLOT_LOAD: f64 = 1500.0;
/// A scene whose sought craft have all landed goes on for so long, s: late alerts still count.
const AFTERMATH_S: f64 = 90.0;

/// Where something truly was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoastTruth {
    /// When.
    pub t: Timestamp,
    /// Its number.
    pub id: u32,
    /// What it is.
    pub class: Class,
    /// The identity it transmits.
    pub mmsi: Option<Mmsi>,
    /// Where.
    pub position: Geodetic,
    /// East, north, m/s.
    pub velocity: [f64; 2],
}

/// A running scenario: an iterator of what arrives.
#[derive(Clone, Debug)]
pub struct World {
    scene: Scene,
    plane: LocalPlane,
    antennas: Vec<Antenna>,
    delays: Vec<Rng>,
    station: Station,
    ear: View,
    ear_at: Geodetic,
    air_rng: Rng,
    step: u64,
    ends_s: f64,
    pending: BTreeMap<(Timestamp, u64), SimEvent>,
    made: u64,
    truth: Option<Vec<CoastTruth>>,
    courses: Vec<f64>,
    followers: Vec<Follower>,
    events: Vec<TruthEvent>,
}

impl World {
    /// Runs a scene; `seed` draws what radars and air add to it.
    pub fn new(scene: Scene, plane: &LocalPlane, seed: u64) -> Self {
        let radar = |(n, spec): (usize, &super::super::radar::RadarSpec)| {
            let n = n as u64;
            Antenna::new(spec.clone(), plane, scene.sea, Rng::stream(seed, 900_000 + n), Rng::stream(seed, 910_000 + n))
        };
        let followers = scene.vessels.iter().enumerate().filter(|(_, v)| v.sought).map(|(i, _)| Follower::new(i)).collect();
        Self {
            plane: plane.clone(),
            antennas: scene.radars.iter().enumerate().map(radar).collect(),
            delays: (0..scene.radars.len() as u64).map(|n| Rng::stream(seed, 920_000 + n)).collect(),
            station: Station::new("AIS-DXS"),
            ear: View::new(scene.station.ground()),
            ear_at: scene.station.ground(),
            air_rng: Rng::stream(seed, 930_000),
            step: 0,
            ends_s: scene.length_s,
            pending: BTreeMap::new(),
            made: 0,
            truth: None,
            courses: scene.vessels.iter().map(|v| v.course).collect(),
            followers,
            events: Vec::new(),
            scene,
        }
    }

    /// The same, keeping truth for [`take_truth`](Self::take_truth).
    pub fn with_truth(mut self) -> Self {
        self.truth = Some(Vec::new());
        self
    }

    /// The same, beginning at another instant; whether the sun is up stays what the scenario says.
    pub fn starting(mut self, at: Timestamp) -> Self {
        self.scene.start = at;
        self
    }

    /// The same, ending no later than this.
    pub fn lasting(mut self, seconds: f64) -> Self {
        self.ends_s = self.ends_s.min(seconds);
        self
    }

    /// Truth told since the last call, in order of time and number.
    pub fn take_truth(&mut self) -> Vec<CoastTruth> {
        self.truth.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What has come true so far, in order.
    pub fn events(&self) -> &[TruthEvent] {
        &self.events
    }

    /// Everything on the scene, as it is now.
    pub fn vessels(&self) -> &[Vessel] {
        &self.scene.vessels
    }

    /// Where a vessel is.
    pub fn place(&self, v: &Vessel) -> Geodetic {
        self.plane.geodetic(v.position[0], v.position[1])
    }

    /// The time up to which the world has run.
    pub fn now(&self) -> Timestamp {
        self.time(self.now_s())
    }

    /// The scene's beginning.
    pub fn start(&self) -> Timestamp {
        self.scene.start
    }

    /// What fails in it, and when.
    pub fn faults(&self) -> &[Fault] {
        &self.scene.faults
    }

    /// Whether the sun is down.
    pub fn is_night(&self) -> bool {
        self.scene.is_night
    }

    /// The best single look's probability that any radar sees a cross-section at a place.
    pub fn detection(&self, at: Geodetic, height_m: f64, rcs_m2: f64) -> f64 {
        self.antennas.iter().map(|a| a.detection(at, height_m, rcs_m2)).fold(0.0, f64::max)
    }

    /// The same for a vessel as it lies now.
    pub fn detection_of(&self, v: &Vessel) -> f64 {
        let at = self.place(v);
        self.antennas.iter().map(|a| a.detection_of(v, at)).fold(0.0, f64::max)
    }

    /// The feeds in their order: a multicast group a radar, then the AIS station.
    pub fn feeds(&self) -> Vec<SimFeed> {
        feeds(self.antennas.len())
    }

    fn now_s(&self) -> f64 {
        self.step as f64 * STEP_S
    }

    fn time(&self, at_s: f64) -> Timestamp {
        self.scene.start.plus_seconds(at_s)
    }

    fn advance(&mut self) {
        let from_s = self.now_s();
        let to_s = from_s + STEP_S;
        if self.truth.is_some() && (from_s / TRUTH_S).fract() == 0.0 {
            self.tell_truth(from_s);
        }
        for n in 0..self.antennas.len() {
            let sectors = self.antennas[n].sweep(from_s, to_s, &self.scene.vessels, &self.scene.rain, &self.plane);
            for sector in sectors {
                self.send_sector(n, sector);
            }
        }
        self.transmit(from_s);
        self.follow(from_s);
        self.move_all();
        self.step += 1;
        let over = !self.followers.is_empty()
            && self.scene.vessels.iter().filter(|v| v.sought).all(Vessel::is_done)
            && self.ends_s > to_s + AFTERMATH_S;
        if over {
            self.ends_s = to_s + AFTERMATH_S;
        }
    }

    fn move_all(&mut self) {
        let poses: Vec<Pose> = self.scene.vessels.iter().map(Vessel::pose).collect();
        let now = self.now();
        let now_s = self.now_s();
        let mut happened = Vec::new();
        for i in 0..self.scene.vessels.len() {
            happened.clear();
            if let Some(v) = self.scene.vessels.get_mut(i) {
                v.step(STEP_S, &poses, &mut happened);
                let moved = v.afloat && v.class.floats() && v.speed > 0.0;
                if moved && is_land(self.plane.geodetic(v.position[0], v.position[1])) {
                    // What only works or drifts does not look at the chart.
                    v.back_off(poses.get(i).map_or(v.position, |pose| pose.position));
                }
            }
            for what in &happened {
                self.note(i, *what, now);
            }
        }
        let due: Vec<_> = self.scene.marks.iter().copied().filter(|(at, ..)| (now_s..now_s + STEP_S).contains(at)).collect();
        for (_, rule, what) in due {
            self.events.push(TruthEvent { t: now, id: 0, rule, what, in_coverage: true });
        }
    }

    fn note(&mut self, vessel: usize, what: Happened, t: Timestamp) {
        let Some(v) = self.scene.vessels.get(vessel) else { return };
        if !v.sought && matches!(what, Happened::Landed | Happened::Left) {
            return;
        }
        let (rule, words) = match what {
            Happened::Marked(rule, words) => (rule, words),
            Happened::Landed => ("landed", "ran up the beach"),
            Happened::Left => ("left", "left the scene"),
        };
        let in_coverage = self.detection_of(v) >= 0.5;
        self.events.push(TruthEvent { t, id: v.id, rule, what: words, in_coverage });
    }

    // When what rules look for is physically so.
    fn follow(&mut self, from_s: f64) {
        let t = self.time(from_s);
        let mut followers = std::mem::take(&mut self.followers);
        for f in &mut followers {
            let Some(v) = self.scene.vessels.get(f.vessel) else { continue };
            let pd = self.detection_of(v);
            f.look(t, v, pd, self.scene.is_night, &mut self.events);
        }
        self.followers = followers;
    }

    fn tell_truth(&mut self, at_s: f64) {
        let t = self.time(at_s);
        let plane = &self.plane;
        if let Some(truth) = &mut self.truth {
            truth.extend(self.scene.vessels.iter().filter(|v| v.afloat).map(|v| CoastTruth {
                t,
                id: v.id,
                class: v.class,
                mmsi: v.mmsi,
                position: plane.geodetic(v.position[0], v.position[1]),
                velocity: v.velocity(),
            }));
        }
    }

    fn send_sector(&mut self, radar: usize, sector: SectorPlots) {
        let (mut dead, mut jump_s) = (false, 0.0);
        for fault in &self.scene.faults {
            match *fault {
                Fault::RadarDead { radar: r, from_s, to_s } if r == radar => dead |= (from_s..to_s).contains(&sector.at_s),
                Fault::ClockJump { radar: r, from_s, by_s } if r == radar && sector.at_s >= from_s => jump_s += by_s,
                _ => {}
            }
        }
        let Some(spec) = self.antennas.get(radar).map(|a| &a.spec) else { return };
        if dead {
            return;
        }
        let source = Source { sac: spec.sac_sic.0, sic: spec.sac_sic.1 };
        let (scan_s, delay) = (spec.scan_s, spec.delay_s);
        let of_day = |at_s: f64| self.time(at_s + jump_s).nanos_of_day() as f64 * 1e-9;
        let antenna = antenna_block(source, of_day(sector.at_s), sector.next_sector, SECTORS, scan_s);
        let told: Vec<EncodedPlot> =
            sector.plots.iter().map(|p| EncodedPlot { time_of_day_s: of_day(p.time_of_day_s), ..*p }).collect();
        let plots = (!told.is_empty()).then(|| plots_block(source, &told));
        let noise = self.delays.get_mut(radar).map_or(0.0, Rng::normal);
        let delay_s = (delay.0 + delay.1 * noise).max(0.02);
        for (at_s, block) in [(sector.at_s + 0.01, Some(antenna)), (sector.at_s + delay_s, plots)] {
            match block {
                Some(Ok(bytes)) => self.send(at_s, FeedId(radar as u16), bytes),
                Some(Err(error)) => debug_assert!(false, "{error}"),
                None => {}
            }
        }
    }

    fn transmit(&mut self, now_s: f64) {
        let now = self.time(now_s);
        let load = 1.0 - (self.scene.transponders.len() as f64 / SLOT_LOAD).min(0.4);
        let deaf =
            self.scene.faults.iter().any(|f| matches!(f, Fault::AisDeaf { from_s, to_s } if (*from_s..*to_s).contains(&now_s)));
        let ais = FeedId(self.antennas.len() as u16);
        for i in 0..self.scene.transponders.len() {
            let Some(tx) = self.scene.transponders.get_mut(i) else { continue };
            if tx.due_s() > now_s {
                continue;
            }
            let Some(vessel) = self.scene.vessels.get(tx.vessel) else { continue };
            let at = self.plane.geodetic(vessel.position[0], vessel.position[1]);
            let turn = self.courses.get(tx.vessel).map_or(0.0, |before| (vessel.course - before).to_degrees() / STEP_S);
            let jam_m = jam_of(&self.scene.faults, now_s, vessel, tx.mmsi);
            let (ear, ear_at) = (&self.ear, self.ear_at);
            let air = || Air { range_m: distance_m(ear_at, at), behind_land: ear.is_dark(at), load, deaf, jam_m };
            let heard = tx.transmit(now_s, now, vessel, turn, air, &self.plane);
            if heard.is_empty() {
                continue;
            }
            let (mmsi, mode, particulars) = (tx.mmsi, tx.mode, tx.particulars.clone());
            // A false place is one from the first report that tells it: who lay still before reports every three minutes.
            let vessel = tx.vessel;
            let lies = !matches!(tx.lie, Lie::None) && heard.iter().any(|h| matches!(h, Heard::Position(..)));
            if lies
                && !self.scene.vessels.get(vessel).is_some_and(|v| self.events.iter().any(|e| e.id == v.id && e.rule == "R03"))
            {
                self.note(vessel, Happened::Marked("R03", "tells a slow course 3 NM off"), now);
            }
            // What is transmitted now is heard a moment later; the station stamps whole seconds.
            let heard_s = now_s + self.air_rng.between(0.02, 0.30);
            let unix_s = self.time(heard_s).nanos().div_euclid(1_000_000_000);
            for what in heard {
                let sentences: Vec<String> = match (what, mode) {
                    (Heard::Position(status, motion), Mode::A) => {
                        vec![self.station.class_a_position(unix_s, mmsi, status, &motion)]
                    }
                    (Heard::Position(_, motion), _) => vec![self.station.class_b_position(unix_s, mmsi, &motion)],
                    (Heard::Static, Mode::A) => vec![self.station.class_a_static(unix_s, mmsi, &particulars)],
                    (Heard::Static, _) => self.station.class_b_static(unix_s, mmsi, &particulars).into(),
                };
                for sentence in sentences {
                    self.send(heard_s, ais, sentence.into_bytes());
                }
            }
        }
        self.courses.clear();
        self.courses.extend(self.scene.vessels.iter().map(|v| v.course));
    }

    fn send(&mut self, at_s: f64, feed: FeedId, bytes: Vec<u8>) {
        let at = self.time(at_s);
        self.made += 1;
        self.pending.insert((at, self.made), SimEvent { at, feed, bytes });
    }
}

/// Feeds of a site with so many radars.
pub fn feeds(radars: usize) -> Vec<SimFeed> {
    const GROUPS: [&str; 6] = ["239.192.0.11", "239.192.0.12", "239.192.0.13", "239.192.0.14", "239.192.0.15", "239.192.0.16"];
    let mut out: Vec<SimFeed> = GROUPS.iter().take(radars).map(|host| SimFeed { host, port: 8600 }).collect();
    out.push(SimFeed { host: "0.0.0.0", port: 10110 });
    out
}

// Under jamming each ship goes round a circle of its own size at the place shown.
fn jam_of(faults: &[Fault], now_s: f64, v: &Vessel, mmsi: Mmsi) -> Option<[f64; 2]> {
    faults.iter().find_map(|f| match *f {
        Fault::Jam { from_s, to_s, centre, radius_m, shown } if (from_s..to_s).contains(&now_s) => {
            let off = [v.position[0] - centre[0], v.position[1] - centre[1]];
            (off[0].hypot(off[1]) < radius_m).then(|| {
                let own = f64::from(mmsi.0 / 10 % 97);
                let (r, a) = (300.0 + 10.0 * own, TAU * (now_s / 240.0 + own / 97.0));
                [shown[0] + r * a.sin() - v.position[0], shown[1] + r * a.cos() - v.position[1]]
            })
        }
        _ => None,
    })
}

impl Iterator for World {
    type Item = SimEvent;

    fn next(&mut self) -> Option<SimEvent> {
        loop {
            let now_s = self.now_s();
            let ended = now_s >= self.ends_s;
            // Whatever is made from here on arrives later than now.
            let ripe = self.pending.first_key_value().is_some_and(|((at, _), _)| ended || *at <= self.time(now_s));
            if ripe {
                return self.pending.pop_first().map(|(_, event)| event);
            }
            if ended {
                return None;
            }
            self.advance();
        }
    }
}
