//! What moves: a vessel works down a plan of steps.

use std::f64::consts::{PI, TAU};

use super::super::rng::Rng;
use super::class::Class;
use crate::model::Mmsi;
use crate::model::units::{knots_to_mps, mps_to_knots};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Is not on the scene for so many seconds.
    Away(f64),
    /// Comes on the scene at a place.
    Appear([f64; 2]),
    /// Follows points at a speed in knots.
    Sail {
        /// East, north, m.
        way: Vec<[f64; 2]>,
        /// Knots wanted.
        kn: f64,
    },
    /// Engine stopped for so many seconds; the current carries it.
    Drift(f64),
    /// Works about a place: changes course often, at about a speed, for so many seconds.
    Work {
        /// East, north, m.
        home: [f64; 2],
        /// How far it strays, m.
        radius_m: f64,
        /// Knots.
        kn: f64,
        /// Seconds.
        for_s: f64,
    },
    /// Lies fast by another vessel, for so many seconds.
    Alongside {
        /// Number of the other in the scene.
        leader: usize,
        /// Ahead and to starboard of it, m.
        offset_m: [f64; 2],
        /// Seconds.
        for_s: f64,
    },
    /// Makes for a place beside another vessel, until within 60 m of it.
    Join {
        /// Number of the other in the scene.
        leader: usize,
        /// Ahead and to starboard of it, m.
        offset_m: [f64; 2],
        /// Knots wanted.
        kn: f64,
    },
    /// Something that a rule should see begins.
    Mark {
        /// The rule, as `R08`.
        rule: &'static str,
        /// In words.
        what: &'static str,
    },
    /// Has landed, or left: the plan is over.
    Gone {
        /// Whether on a beach.
        landed: bool,
    },
    /// Goes on with an earlier step.
    Again(usize),
}

/// What happened in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A mark of the plan.
    Marked(&'static str, &'static str),
    /// It ran up a beach.
    Landed,
    /// It left the scene.
    Left,
}

/// One vessel, or another thing that gives an echo.
#[derive(Clone, Debug)]
pub struct Vessel {
    /// Its number in the truth file, from 1.
    pub id: u32,
    /// What it is.
    pub class: Class,
    /// The identity it transmits.
    pub mmsi: Option<Mmsi>,
    /// Whether it is a craft that the site must find.
    pub sought: bool,
    /// Whether it is on the scene.
    pub afloat: bool,
    /// East, north in the site's plane, m.
    pub position: [f64; 2],
    /// Radians clockwise from north.
    pub course: f64,
    /// m/s.
    pub speed: f64,
    /// Mean radar cross-section, m².
    pub rcs_m2: f64,
    /// Length, m.
    pub length_m: f64,
    plan: Vec<Step>,
    at: usize,
    point: usize,
    in_step_s: f64,
    wanted_kn: f64,
    helm: f64,
    helm_for_s: f64,
    decide_in_s: f64,
    agility: f64,
    speed_share: f64,
    rng: Rng,
}

/// Where others are, for steps that follow them.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// East, north, m.
    pub position: [f64; 2],
    /// Radians.
    pub course: f64,
    /// m/s.
    pub speed: f64,
}

impl Vessel {
    /// A vessel with a plan. `speed_share` is what the sea leaves of a small craft's speed.
    pub fn new(id: u32, class: Class, plan: Vec<Step>, speed_share: f64, mut rng: Rng) -> Self {
        let echo = class.echo();
        let (low, high) = echo.rcs_m2;
        // Even in decibels.
        let rcs_m2 = low * (high / low).powf(rng.unit());
        let length_m = rng.between(echo.length_m.0, echo.length_m.1);
        Self {
            id,
            class,
            mmsi: None,
            sought: false,
            afloat: false,
            position: [0.0, 0.0],
            course: rng.between(0.0, TAU),
            speed: 0.0,
            rcs_m2,
            length_m,
            plan,
            at: 0,
            point: 0,
            in_step_s: 0.0,
            wanted_kn: 0.0,
            helm: 0.0,
            helm_for_s: 0.0,
            decide_in_s: 0.0,
            // A go-fast gains 1.5–2.5 kn a second.
            agility: rng.between(0.75, 1.25),
            speed_share: if length_m < 25.0 { speed_share } else { 1.0 },
            rng,
        }
    }

    /// Velocity east, north, m/s.
    pub fn velocity(&self) -> [f64; 2] {
        let (s, c) = self.course.sin_cos();
        [self.speed * s, self.speed * c]
    }

    /// Knots over ground.
    pub fn kn(&self) -> f64 {
        mps_to_knots(self.speed)
    }

    /// Where it is and how it goes.
    pub fn pose(&self) -> Pose {
        Pose { position: self.position, course: self.course, speed: self.speed }
    }

    /// Whether it lies still by plan.
    pub fn lies_still(&self) -> bool {
        matches!(self.class, Class::Buoy | Class::NetBuoy | Class::Turbine)
            || matches!(self.plan.get(self.at), Some(Step::Drift(_)))
    }

    /// Whether its plan is over.
    pub fn is_done(&self) -> bool {
        self.at >= self.plan.len()
    }

    /// Touches ground: back where it was, stopped and turned about.
    pub fn back_off(&mut self, to: [f64; 2]) {
        self.position = to;
        self.speed = 0.0;
        self.course += PI;
        self.helm = self.course;
        self.decide_in_s = 20.0;
    }

    /// Lets `dt` seconds pass; `others` are the vessels of the scene as they were.
    pub fn step(&mut self, dt: f64, others: &[Pose], happened: &mut Vec<Happened>) {
        // Steps that take no time follow each other at once; a plan of nothing else ends.
        for _ in 0..8 {
            let Some(step) = self.plan.get(self.at) else { return };
            match *step {
                Step::Away(s) => {
                    self.afloat = false;
                    if self.in_step_s < s {
                        self.in_step_s += dt;
                        return;
                    }
                    self.next();
                }
                Step::Appear(at) => {
                    self.position = at;
                    self.afloat = true;
                    self.next();
                    if let Some(Step::Sail { way, kn }) = self.plan.get(self.at) {
                        self.speed = knots_to_mps(*kn * self.speed_share) * if self.class == Class::GoFast { 0.3 } else { 1.0 };
                        if let Some(to) = way.iter().find(|p| (p[0] - at[0]).hypot(p[1] - at[1]) > 50.0) {
                            self.course = (to[0] - at[0]).atan2(to[1] - at[1]);
                        }
                    }
                }
                Step::Mark { rule, what } => {
                    happened.push(Happened::Marked(rule, what));
                    self.next();
                }
                Step::Gone { landed } => {
                    self.afloat = false;
                    happened.push(if landed { Happened::Landed } else { Happened::Left });
                    self.at = self.plan.len();
                }
                Step::Again(to) => {
                    self.at = to.min(self.plan.len());
                    self.point = 0;
                    self.in_step_s = 0.0;
                }
                Step::Drift(s) => {
                    self.slow_to(0.0, dt);
                    self.advance(dt);
                    self.in_step_s += dt;
                    if self.in_step_s >= s {
                        self.next();
                    }
                    return;
                }
                Step::Work { home, radius_m, kn, for_s } => {
                    self.work(home, radius_m, kn, dt);
                    self.in_step_s += dt;
                    if self.in_step_s >= for_s {
                        self.next();
                    }
                    return;
                }
                Step::Alongside { leader, offset_m, for_s } => {
                    if let Some(pose) = others.get(leader) {
                        let place = beside(pose, offset_m);
                        // Fenders, not rivets: it works a few metres about its place.
                        let sway = 2.0 * (self.in_step_s / 7.0).sin();
                        self.position = [
                            place[0] + pose.speed * pose.course.sin() * dt + sway * 0.5,
                            place[1] + pose.speed * pose.course.cos() * dt + sway,
                        ];
                        (self.course, self.speed) = (pose.course, pose.speed);
                    }
                    self.afloat = true;
                    self.in_step_s += dt;
                    if self.in_step_s >= for_s {
                        self.next();
                    }
                    return;
                }
                Step::Join { leader, offset_m, kn } => {
                    let Some(pose) = others.get(leader).copied() else { return self.next() };
                    let place = beside(&pose, offset_m);
                    let off = [place[0] - self.position[0], place[1] - self.position[1]];
                    let distance = off[0].hypot(off[1]);
                    if distance < 60.0 {
                        return self.next();
                    }
                    // Slows down as it closes: a tenth of the distance a second.
                    let wanted = (distance / 10.0 + pose.speed).min(knots_to_mps(kn * self.speed_share));
                    self.turn_to(off[0].atan2(off[1]), dt);
                    self.slow_to(mps_to_knots(wanted), dt);
                    self.advance(dt);
                    return;
                }
                Step::Sail { ref way, kn } => {
                    let Some(&point) = way.get(self.point) else {
                        self.next();
                        continue;
                    };
                    let last = self.point + 1 == way.len();
                    let off = [point[0] - self.position[0], point[1] - self.position[1]];
                    let near = if last { 60.0 } else { (4.0 * self.speed).max(60.0) };
                    if off[0].hypot(off[1]) < near.max(self.speed * dt * 1.5) {
                        self.point += 1;
                        continue;
                    }
                    self.sail_to(off, kn, dt);
                    return;
                }
            }
        }
    }

    fn next(&mut self) {
        self.at += 1;
        self.point = 0;
        self.in_step_s = 0.0;
    }

    fn sail_to(&mut self, off: [f64; 2], kn: f64, dt: f64) {
        self.decide_in_s -= dt;
        if self.decide_in_s <= 0.0 {
            self.decide(kn);
        }
        let target = off[0].atan2(off[1]);
        // Close to the point, or pointing away from it, the helm is not played with.
        let free = off[0].hypot(off[1]) > 800.0;
        if self.helm_for_s > 0.0 && free {
            self.helm_for_s -= dt;
        } else {
            self.helm = 0.0;
        }
        self.turn_to(target + self.helm, dt);
        // A boat slows to make a sharp turn.
        let sharp = wrapped(target - self.course).abs();
        let wanted = if sharp > 0.8 && self.class != Class::Bird { self.wanted_kn.min(25.0) } else { self.wanted_kn };
        self.slow_to(wanted, dt);
        self.advance(dt);
    }

    fn decide(&mut self, kn: f64) {
        let rng = &mut self.rng;
        let kn = kn * self.speed_share;
        match self.class {
            Class::GoFast => {
                // Holds its way for most of the time; now and then it jinks: over waves, round floats, to throw off who follows.
                self.wanted_kn = kn * rng.between(0.94, 1.04);
                if rng.chance(0.3) {
                    self.helm = rng.sign() * rng.between(15.0, 60.0f64).to_radians();
                    self.helm_for_s = rng.between(3.0, 9.0);
                    self.decide_in_s = self.helm_for_s;
                } else {
                    self.helm = rng.normal() * 3f64.to_radians();
                    self.helm_for_s = rng.between(8.0, 30.0);
                    self.decide_in_s = self.helm_for_s;
                }
            }
            Class::Bird => {
                self.wanted_kn = kn * rng.between(0.9, 1.1);
                self.helm = rng.normal() * 0.2;
                self.helm_for_s = rng.between(5.0, 20.0);
                self.decide_in_s = self.helm_for_s;
            }
            _ => {
                self.wanted_kn = kn * rng.between(0.93, 1.05);
                self.helm = rng.normal() * 2f64.to_radians();
                self.helm_for_s = rng.between(15.0, 60.0);
                self.decide_in_s = self.helm_for_s;
            }
        }
    }

    fn work(&mut self, home: [f64; 2], radius_m: f64, kn: f64, dt: f64) {
        self.afloat = true;
        let off = [home[0] - self.position[0], home[1] - self.position[1]];
        self.decide_in_s -= dt;
        if self.decide_in_s <= 0.0 {
            let rng = &mut self.rng;
            let brisk = kn > 15.0;
            self.decide_in_s = if brisk { rng.between(4.0, 20.0) } else { rng.between(20.0, 120.0) };
            self.helm = self.course + rng.normal() * if brisk { 1.2 } else { 0.8 };
            self.wanted_kn = (kn * self.speed_share * (1.0 + 0.3 * rng.normal())).clamp(0.0, kn * 1.6);
        }
        if off[0].hypot(off[1]) > radius_m {
            self.helm = off[0].atan2(off[1]);
        }
        self.turn_to(self.helm, dt);
        self.slow_to(self.wanted_kn, dt);
        self.advance(dt);
    }

    fn turn_to(&mut self, wanted: f64, dt: f64) {
        let limit = self.class.turn_deg_s_at(self.kn()).to_radians() * dt;
        self.course += wrapped(wanted - self.course).clamp(-limit, limit);
    }

    fn slow_to(&mut self, kn: f64, dt: f64) {
        let limit = knots_to_mps(self.class.agility().accel_kn_s * self.agility * dt);
        self.speed += (knots_to_mps(kn) - self.speed).clamp(-1.5 * limit, limit);
    }

    fn advance(&mut self, dt: f64) {
        let [east, north] = self.velocity();
        self.position[0] += east * dt;
        self.position[1] += north * dt;
    }
}

/// A place beside a vessel: ahead and to starboard of it, m.
fn beside(pose: &Pose, [ahead, abeam]: [f64; 2]) -> [f64; 2] {
    let (s, c) = pose.course.sin_cos();
    [pose.position[0] + ahead * s + abeam * c, pose.position[1] + ahead * c - abeam * s]
}

fn wrapped(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}
