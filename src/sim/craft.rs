//! What moves on the water: kinds of craft, what they intend, and how they move.

use std::f64::consts::{PI, TAU};

use super::rng::Rng;
use crate::model::Mmsi;
use crate::model::units::knots_to_mps;

/// Kinds of craft in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CraftKind {
    /// Merchant ship under way or at anchor.
    Cargo,
    /// High-speed passenger craft: fast and legitimate.
    Ferry,
    /// Tug or pilot boat.
    Tug,
    /// Fishing vessel at work.
    Fishing,
    /// Sampan or angling boat, without AIS.
    Small,
    /// Smuggler's fast boat, without AIS and unlit.
    GoFast,
}

impl CraftKind {
    /// Its word in the truth file, as in the scored scenes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Ferry => "ferry",
            Self::Tug => "tug",
            Self::Fishing => "fishing",
            Self::Small => "small",
            Self::GoFast => "gofast",
        }
    }

    /// Probability that one look of a coastal radar within 12 km sees it in a calm sea. Go-fast: between 0.55 and 0.70 with its
    /// fading (a wet GRP hull of 2–10 m², Swerling 1); the others fall with their height and steel.
    pub fn detection_probability(self) -> f64 {
        match self {
            Self::Cargo => 0.97,
            Self::Ferry => 0.95,
            Self::Tug => 0.94,
            Self::Fishing => 0.88,
            Self::Small => 0.75,
            Self::GoFast => 0.63,
        }
    }

    /// Whether its echo weakens within a radar's range, being low on the water.
    pub fn is_low(self) -> bool {
        matches!(self, Self::Fishing | Self::Small | Self::GoFast)
    }

    /// Limits of what it can do: acceleration (m/s²), lateral acceleration (m/s²), rate of turn (rad/s).
    fn limits(self) -> (f64, f64, f64) {
        match self {
            Self::Cargo => (0.05, 0.2, 0.012),
            Self::Ferry => (0.3, 1.0, 0.05),
            Self::Tug => (0.2, 0.6, 0.05),
            Self::Fishing => (0.1, 0.5, 0.044),
            Self::Small => (0.5, 1.5, 0.09),
            // 2 kn/s, and 0.45 g in a hard turn: 15°/s at 25 kn, 11°/s at 45 kn.
            Self::GoFast => (1.2, 4.5, 0.26),
        }
    }
}

/// What a craft is doing.
#[derive(Clone, Debug)]
pub enum Conduct {
    /// Follows a line of points, then does what `at_end` says.
    Route {
        /// Points east, north in the site's plane, m.
        points: Vec<[f64; 2]>,
        /// What follows the last point.
        at_end: AtEnd,
    },
    /// Works slowly about a place.
    Works {
        /// East, north, m.
        home: [f64; 2],
        /// How far it strays, m.
        radius_m: f64,
    },
    /// Lies at anchor.
    Anchored,
}

/// What follows the end of a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AtEnd {
    /// Stops for so many seconds and goes back the way it came.
    Return(f64),
    /// Leaves the scene (into port, onto the beach, beyond the edge) and comes again at the route's start after so many seconds.
    LeaveFor(f64),
}

/// How a fast boat runs just now.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Run {
    Straight,
    Weave { amplitude: f64, period_s: f64, phase_s: f64 },
    Break { off: f64 },
}

/// One craft.
#[derive(Clone, Debug)]
pub struct Craft {
    /// Its number in the truth file.
    pub id: u32,
    /// What it is.
    pub kind: CraftKind,
    /// The identity it transmits, if it does.
    pub mmsi: Option<Mmsi>,
    /// Whether it is on the water.
    pub afloat: bool,
    /// East, north in the site's plane, m.
    pub position: [f64; 2],
    /// Radians clockwise from north.
    pub course: f64,
    /// m/s.
    pub speed: f64,
    conduct: Conduct,
    cruise: f64,
    wanted_speed: f64,
    wanted_course: f64,
    next_point: usize,
    pause_s: f64,
    decide_in_s: f64,
    run: Run,
    rng: Rng,
}

impl Craft {
    /// A craft that has already done the share `done` (0–1) of its route.
    pub fn new(
        id: u32,
        kind: CraftKind,
        mmsi: Option<Mmsi>,
        conduct: Conduct,
        cruise_kn: f64,
        done: f64,
        mut rng: Rng,
    ) -> Self {
        let cruise = knots_to_mps(cruise_kn);
        let (position, course, next_point) = match &conduct {
            Conduct::Route { points, .. } => place_on(points, done),
            Conduct::Works { home, radius_m } => {
                let at = [home[0] + rng.normal() * radius_m * 0.4, home[1] + rng.normal() * radius_m * 0.4];
                (at, rng.between(0.0, TAU), 0)
            }
            Conduct::Anchored => ([0.0, 0.0], rng.between(0.0, TAU), 0),
        };
        Self {
            id,
            kind,
            mmsi,
            afloat: true,
            position,
            course,
            speed: cruise,
            conduct,
            cruise,
            wanted_speed: cruise,
            wanted_course: course,
            next_point,
            pause_s: 0.0,
            decide_in_s: rng.between(2.0, 15.0),
            run: Run::Straight,
            rng,
        }
    }

    /// The same at another place.
    pub fn at(mut self, position: [f64; 2]) -> Self {
        self.position = position;
        self
    }

    /// Velocity east, north, m/s.
    pub fn velocity(&self) -> [f64; 2] {
        let (s, c) = self.course.sin_cos();
        [self.speed * s, self.speed * c]
    }

    /// Whether it lies at anchor.
    pub fn is_anchored(&self) -> bool {
        matches!(self.conduct, Conduct::Anchored)
    }

    /// Lets `dt` seconds pass.
    pub fn step(&mut self, dt: f64) {
        if self.pause_s > 0.0 {
            self.pause_s -= dt;
            if self.pause_s <= 0.0 {
                self.resume();
            }
            return;
        }
        self.decide_in_s -= dt;
        if self.decide_in_s <= 0.0 {
            self.decide();
        }
        let arrived = self.steer(dt);
        if arrived {
            self.arrive();
            return;
        }
        self.turn_and_move(dt);
    }

    fn decide(&mut self) {
        let rng = &mut self.rng;
        match (&self.conduct, self.kind) {
            (Conduct::Anchored, _) => self.decide_in_s = f64::INFINITY,
            (Conduct::Works { .. }, _) => {
                self.decide_in_s = rng.between(20.0, 90.0);
                self.wanted_course = self.course + rng.normal();
                self.wanted_speed = knots_to_mps((1.6 + 1.2 * rng.normal()).max(0.0));
            }
            (Conduct::Route { .. }, CraftKind::GoFast) => {
                // Shares and sizes as in the scored scenes: weaves of 12–40° with periods of 7–18 s, hard turns of 50–110°.
                let choice = rng.unit();
                if choice < 0.40 {
                    self.run = Run::Straight;
                    self.decide_in_s = rng.between(8.0, 22.0);
                    self.wanted_speed = self.cruise * rng.between(0.95, 1.05);
                } else if choice < 0.82 {
                    let amplitude = rng.between(12.0, 40.0).to_radians();
                    self.run = Run::Weave { amplitude, period_s: rng.between(7.0, 18.0), phase_s: 0.0 };
                    self.decide_in_s = rng.between(15.0, 45.0);
                    self.wanted_speed = self.cruise * rng.between(0.9, 1.03);
                } else {
                    self.run = Run::Break { off: rng.sign() * rng.between(50.0, 110.0).to_radians() };
                    self.decide_in_s = rng.between(4.0, 8.0);
                    self.wanted_speed = self.cruise * 0.9;
                }
            }
            (Conduct::Route { .. }, _) => {
                self.decide_in_s = rng.between(30.0, 120.0);
                self.wanted_speed = self.cruise * rng.between(0.92, 1.05);
            }
        }
    }

    /// Chooses the course wanted; whether the last point of the route has been reached.
    fn steer(&mut self, dt: f64) -> bool {
        match &self.conduct {
            Conduct::Anchored => {}
            Conduct::Works { home, radius_m } => {
                let off = [home[0] - self.position[0], home[1] - self.position[1]];
                if off[0].hypot(off[1]) > *radius_m {
                    self.wanted_course = off[0].atan2(off[1]);
                }
            }
            Conduct::Route { points, .. } => {
                let Some(point) = points.get(self.next_point) else { return true };
                let off = [point[0] - self.position[0], point[1] - self.position[1]];
                // Six seconds ahead is where a helmsman begins to turn; never less than a ship's length.
                if off[0].hypot(off[1]) < (6.0 * self.speed).max(80.0) {
                    self.next_point += 1;
                }
                let sway = match &mut self.run {
                    Run::Straight => 0.0,
                    Run::Weave { amplitude, period_s, phase_s } => {
                        *phase_s += dt;
                        *amplitude * (TAU * *phase_s / *period_s).sin()
                    }
                    Run::Break { off } => *off,
                };
                self.wanted_course = off[0].atan2(off[1]) + sway;
            }
        }
        false
    }

    fn turn_and_move(&mut self, dt: f64) {
        let (acceleration, lateral, turn) = self.kind.limits();
        let turn_limit = turn.min(lateral / self.speed.max(3.0)) * dt;
        self.course += wrapped(self.wanted_course - self.course).clamp(-turn_limit, turn_limit);
        self.speed += (self.wanted_speed - self.speed).clamp(-1.2 * acceleration * dt, acceleration * dt);
        let [east, north] = self.velocity();
        self.position[0] += east * dt;
        self.position[1] += north * dt;
    }

    fn arrive(&mut self) {
        if let Conduct::Route { at_end, .. } = &self.conduct {
            match *at_end {
                AtEnd::Return(pause_s) => {
                    self.pause_s = pause_s;
                    self.speed = 0.0;
                }
                AtEnd::LeaveFor(away_s) => {
                    self.pause_s = away_s;
                    self.afloat = false;
                }
            }
        }
    }

    fn resume(&mut self) {
        if let Conduct::Route { points, at_end } = &mut self.conduct {
            if matches!(at_end, AtEnd::Return(_)) {
                points.reverse();
                self.next_point = 1;
                if let Some(next) = points.get(1) {
                    self.course = (next[0] - self.position[0]).atan2(next[1] - self.position[1]);
                }
            } else {
                (self.position, self.course, self.next_point) = place_on(points, 0.0);
                self.speed = self.cruise;
                self.run = Run::Straight;
            }
        }
        self.afloat = true;
    }
}

/// Place, course and next point after the share `done` of a line of points.
fn place_on(points: &[[f64; 2]], done: f64) -> ([f64; 2], f64, usize) {
    let legs: Vec<([f64; 2], [f64; 2], f64)> = points
        .windows(2)
        .filter_map(|w| {
            let [a, b] = w else { return None };
            Some((*a, *b, (b[0] - a[0]).hypot(b[1] - a[1])))
        })
        .collect();
    let total: f64 = legs.iter().map(|l| l.2).sum();
    let mut left = total * done.clamp(0.0, 1.0);
    for (i, (a, b, length)) in legs.iter().enumerate() {
        if left < *length {
            let f = left / length;
            let at = [a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1])];
            return (at, (b[0] - a[0]).atan2(b[1] - a[1]), i + 1);
        }
        left -= length;
    }
    (points.last().copied().unwrap_or_default(), 0.0, points.len())
}

fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}
