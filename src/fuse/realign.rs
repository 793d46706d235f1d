//! What is learned of radars' errors, and what becomes of plots and crafts when a radar is found to stand elsewhere than the site tells.

use super::align::Error;
use super::births::Reach;
use super::clutter::ClutterMap;
use super::craft::Craft;
use super::fuser::Fuser;
use super::radar::Radar;
use crate::geo::{Geodetic, LocalPlane, SensorFrame};
use crate::model::Timestamp;

/// How often the radars' errors are worked out from what ships told, s: they change over hours …
const SOLVE_S: f64 = 4.0;
/// … and while an azimuth is less sure than this, rad (0.1°), with each ship.
const UNSURE_AZIMUTH: f64 = 0.0017;

/// A craft carried nearer than this to one that another sensor holds is the same, m: three errors of a plot far out.
const SAME_M: f64 = 150.0;

/// What a sensor saw of a craft before that is past, s: four turns.
const LATELY_S: f64 = 10.0;

/// A radar told so far from where it stands, m, was not told by anyone who stood beside it with a receiver.
const GRAVE_M: f64 = 50.0;

/// What the site tells wrong of a sensor, as ships that tell their place have shown, or crafts that other sensors hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Realigned {
    /// When it was found first.
    pub at: Timestamp,
    /// Where it is told to stand less where it stands: east, north, m.
    pub place: [f64; 2],
    /// Where it stands.
    pub stands: Geodetic,
    /// Error of its range, m, beyond what registration corrects.
    pub range_m: f64,
    /// The same of its azimuth, rad, clockwise positive.
    pub azimuth: f64,
    /// How far its clock is ahead, s, where that is told here: of sensors that give no plots.
    pub clock_s: f64,
    /// Ships that say so, or crafts.
    pub ships: usize,
}

impl Realigned {
    /// Whether it is so much that whoever looks after the sensor must know.
    pub fn is_grave(&self) -> bool {
        self.place[0].hypot(self.place[1]) > GRAVE_M || self.known() != [0.0; 2] || self.clock_s != 0.0
    }

    /// Range and azimuth error.
    pub(super) fn known(&self) -> [f64; 2] {
        [self.range_m, self.azimuth]
    }
}

/// How places worked out from a radar's plots change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    // Where it was taken to stand, and where it stands.
    told: [f64; 2],
    stands: [f64; 2],
    // By how much ranges (m) were too long, and azimuths (rad) too large, for what was corrected.
    range_m: f64,
    azimuth: f64,
}

impl Change {
    /// Of a radar that stands at `stands`: its ranges and azimuths are so much too large.
    pub fn of_errors(stands: [f64; 2], [range_m, azimuth]: [f64; 2]) -> Self {
        Self { told: stands, stands, range_m, azimuth }
    }

    /// Where a place lies that was worked out before.
    pub fn put_right(&self, place: [f64; 2]) -> [f64; 2] {
        let [e, n] = [0, 1].map(|i| place[i] - self.told[i]);
        let f = 1.0 - self.range_m / e.hypot(n).max(self.range_m.abs() + 1.0);
        let [e, n] = self.turned([e, n]);
        [self.stands[0] + f * e, self.stands[1] + f * n]
    }

    fn turned(&self, [e, n]: [f64; 2]) -> [f64; 2] {
        let (s, c) = self.azimuth.sin_cos();
        [c * e - s * n, s * e + c * n]
    }
}

impl Radar {
    /// Takes what ships say of it: moves it, and with `anew` forgets what it has learned of its errors, which were those of another place. What waits is
    /// placed anew. Returns how places change.
    pub fn realign(&mut self, error: Error, ships: usize, at: Timestamp, plane: &LocalPlane, anew: bool) -> Change {
        let Error { place, range_m, azimuth } = error;
        let (told, before) = (self.frame.place(), self.registration.belief().x);
        let stands = [0, 1].map(|i| told[i] - place[i]);
        let position = plane.geodetic(stands[0], stands[1]);
        self.frame = SensorFrame::new(position.at_height(self.frame.height_m()), plane);
        // What is told is everything that was found so far.
        let known = self.registration.realigned.map_or([0.0; 2], |r| r.known());
        let known = [known[0] + range_m, known[1] + azimuth];
        let from = self.told_frame.place();
        let at = self.registration.realigned.map_or(at, |r| r.at);
        self.registration.realigned = Some(Realigned {
            at,
            place: [0, 1].map(|i| from[i] - stands[i]),
            stands: position,
            range_m: known[0],
            azimuth: known[1],
            clock_s: 0.0,
            ships,
        });
        if anew {
            self.registration.restart(known);
        }
        if azimuth != 0.0 {
            // The sea was learned by where its plots lay, and is learned from the first look again.
            self.first_t = self.done.max(self.first_t);
            self.clutter = ClutterMap::new();
            self.reach = Reach::new();
        }
        let after = self.registration.belief().x;
        let change = Change { told, stands, range_m: after[0] - before[0], azimuth: after[1] - before[1] };
        for w in &mut self.waiting {
            w.z = change.put_right(w.z);
        }
        change
    }
}

impl Craft {
    /// Carries a craft that only this radar has seen along with it.
    fn carry(&mut self, change: &Change) {
        let normals = self.others.iter_mut().map(|b| &mut b.imm).chain([&mut self.imm]).flat_map(|imm| &mut imm.mode);
        for n in normals {
            let [e, north] = change.put_right([n.x[0], n.x[1]]);
            let [ve, vn] = change.turned([n.x[2], n.x[3]]);
            n.x = [e, north, ve, vn];
        }
        self.origin = change.put_right(self.origin);
    }
}

// Carries the crafts along that only radar `k` has seen of late, or others with it that stood elsewhere too. One of two that fall upon each other goes: what has
// been held all along stays, and before it what is confirmed.
fn carry(crafts: &mut [Box<Craft>], radars: &[Option<Radar>], k: usize, change: &Change, since: Timestamp) {
    let elsewhere =
        |s: usize| s == k || radars.get(s).and_then(Option::as_ref).is_some_and(|r| r.registration.realigned.is_some());
    let of_this = |c: &Craft| {
        let by = || c.sensors.iter().filter(|(_, t)| *t >= since).map(|(s, _)| usize::from(s.0));
        !c.identity.named() && by().any(|s| s == k) && by().all(elsewhere)
    };
    let mut held = Vec::new();
    for (i, c) in crafts.iter_mut().enumerate() {
        // That two were seen apart was seen by a radar that stood elsewhere.
        c.shown = 0;
        if !of_this(c) && c.existence.r > 0.0 {
            held.push((i, c.imm.place(), c.confirmed));
        }
    }
    for i in 0..crafts.len() {
        if !of_this(&crafts[i]) {
            continue;
        }
        crafts[i].carry(change);
        let at = crafts[i].imm.place();
        for (other, _, confirmed) in held.iter().filter(|(_, h, _)| (h[0] - at[0]).hypot(h[1] - at[1]) < SAME_M) {
            let goes = if *confirmed || !crafts[i].confirmed { i } else { *other };
            crafts[goes].existence.r = 0.0;
        }
    }
}

impl Fuser {
    /// Learns radar `k`'s errors from what has come since.
    pub(super) fn register(&mut self, k: usize) {
        let at = self.epoch.unwrap_or(Timestamp::MIN).plus_seconds(self.now);
        let Some(radar) = self.radars[k].as_mut() else { return };
        let (more, change) = radar.register(k, (self.now, at), &self.plane, &mut self.references, &self.reports);
        let unsure = radar.registration.variance()[1] > UNSURE_AZIMUTH * UNSURE_AZIMUTH;
        if let Some(change) = change {
            carry(&mut self.crafts, &self.radars, k, &change, at.plus_seconds(-LATELY_S));
            self.whereabouts.fill(&self.crafts);
        }
        if !more || (!unsure && self.now < self.registered + SOLVE_S) {
            return;
        }
        self.registered = self.now;
        if let Some((k, place)) = self.references.misplaced(self.radars.len(), self.now)
            && let Some(radar) = self.radars[k].as_mut()
        {
            let ships = self.references.ships_of(k, true);
            let change = radar.realign(Error { place, ..Error::default() }, ships, at, &self.plane, false);
            carry(&mut self.crafts, &self.radars, k, &change, at.plus_seconds(-LATELY_S));
            self.whereabouts.fill(&self.crafts);
        }
        let beliefs = self.references.solve(self.radars.len());
        for (radar, belief) in self.radars.iter_mut().zip(beliefs) {
            if let (Some(radar), Some(belief)) = (radar, belief) {
                radar.registration.believe(belief);
            }
        }
    }
}
