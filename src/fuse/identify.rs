//! Who a craft says it is: AIS reports as measurements with an identity.
//!
//! A report is of a craft already in the picture or of one not yet seen. The posterior over these weighs place, velocity and what
//! the MMSI was attached to before, so that a boat beside a ship is not given the ship's name, and a name that jumps away leaves its
//! craft behind as inconsistent. A report never raises what is believed of a radar's detection probability.

use std::collections::BTreeMap;

use super::craft::{Craft, MASS_RADARS};
use super::fuser::{Fuser, Slot};
use super::interval::reporting_interval_s;
use super::register::{Segment, ShipState};
use crate::model::{AisDetail, AisOffset, AisPosition, AisState, CraftClass, Mmsi, Names, SensorId, Timestamp, Track, TrackId};
use crate::track::{Existence, Imm, LEVELS, MODES, Normal};

/// Standard deviation of an AIS place: GNSS 8 m, slowly varying part and antenna place on the hull, m.
const SIGMA_PLACE_M: f64 = 10.0;
/// Standard deviation of a velocity component made of SOG (0.1 kn steps) and COG (0.1° steps, noisy at sea), m/s.
const SIGMA_VELOCITY: f64 = 0.5;
/// Course noise of a GNSS under way, rad.
const SIGMA_COURSE: f64 = 0.03;
/// A report tells the second, not the instant, of its fix: standard deviation of a second's uniform.
const SECOND_SIGMA_S: f64 = 0.29;
/// Ships under way with AIS that no radar has shown yet, 1/m², and the density of their velocities, s²/m².
const UNSEEN_DENSITY: f64 = 1e-7 * 6e-3;
/// Weight of a craft that bears another name, and of every other explanation where the name's own craft is known.
const OTHER: f64 = 1e-3;
/// What a posterior must reach for a report to be taken into a craft.
const SURE: f64 = 0.8;
/// Reports in a row that contradict a craft before it loses the name.
const CONTRADICTIONS: u8 = 2;
/// However often it reports, a ship is not lost before: fades by a crossing hull or a wave last for seconds.
const LOST_AFTER_S: f64 = 60.0;
/// Intervals without a report after which it is lost: at the 70 % of reports that are received at the edge of a station's reach, five
/// are missed in a row once in 400 times.
const LOST_AFTER_INTERVALS: f64 = 5.0;
/// The longest gap between two reports over which a ship's way is known well enough to measure a radar by it, s.
const SEGMENT_MAX_S: f64 = 16.0;

/// What AIS has said of a craft.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Identity {
    pub mmsi: Option<Mmsi>,
    /// When it last reported, seconds since the fuser's epoch.
    pub last: f64,
    pub class: Option<CraftClass>,
    /// Its reports told of another place since then.
    pub inconsistent_since: Option<f64>,
    /// Interval at which it should report, s.
    pub interval_s: f32,
    /// Where its last report lay beside the place held without it: distance and its standard deviation, m.
    pub offset: Option<[f32; 2]>,
    /// Posterior of its name.
    pub names: Names,
}

impl Identity {
    /// MMSI and state to be told.
    pub fn state(&self, now: f64) -> (Option<Mmsi>, AisState) {
        match (self.mmsi, self.inconsistent_since) {
            (_, Some(_)) => (self.mmsi, AisState::Inconsistent),
            (None, None) => (None, AisState::None),
            (Some(m), None) if now - self.last > self.lost_after_s() => (Some(m), AisState::Lost),
            (Some(m), None) => (Some(m), AisState::Ok),
        }
    }

    fn lost_after_s(&self) -> f64 {
        (LOST_AFTER_INTERVALS * f64::from(self.interval_s)).max(LOST_AFTER_S)
    }

    /// What is told of its AIS beside name and state.
    pub fn detail(&self, now: f64) -> AisDetail {
        let heard = self.mmsi.is_some();
        AisDetail {
            silent_s: heard.then_some((now - self.last).max(0.0)),
            interval_s: heard.then_some(f64::from(self.interval_s)),
            offset: self.offset.map(|[m, sigma_m]| AisOffset { m: f64::from(m), sigma_m: f64::from(sigma_m) }),
            names: self.names,
        }
    }
}

/// A station heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Station {
    craft: Option<TrackId>,
    last: ShipState,
    contradictions: u8,
}

/// Stations by MMSI; those not heard for an hour are forgotten.
pub(crate) type Stations = BTreeMap<Mmsi, Station>;

const FORGET_AFTER_S: f64 = 3600.0;

impl Fuser {
    /// Takes an AIS position report.
    pub(super) fn ais(&mut self, sensor: SensorId, received_at: Timestamp, report: &AisPosition, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let Some(position) = report.position else { return };
        let (t, sigma_t) = fix_time(epoch, received_at, report.utc_second);
        let p = self.plane.east_north(position);
        let sog = report.sog.unwrap_or(0.0);
        let known = report.sog.is_some() && (report.cog.is_some() || sog < 0.3);
        let (s, c) = report.cog.unwrap_or(0.0).sin_cos();
        let v = [sog * s, sog * c];
        let fix = Fix { t, p, v, velocity_known: known, r: error(v, sigma_t, known) };
        self.learn_way(report.mmsi, &fix);

        let station = self.stations.get(&report.mmsi).copied();
        let linked = station.and_then(|s| s.craft);
        let mut best: Option<(usize, f64)> = None;
        let mut sum = UNSEEN_DENSITY * if linked.is_some() { OTHER } else { 1.0 };
        let mut linked_alive = false;
        for (i, craft) in self.crafts.iter().enumerate() {
            let mine = linked == Some(craft.id);
            linked_alive |= mine;
            let place = craft.imm.place();
            if (place[0] - p[0]).abs() > 600.0 || (place[1] - p[1]).abs() > 600.0 {
                continue;
            }
            let weight = match craft.identity.mmsi {
                _ if mine => 1.0,
                Some(_) => OTHER,
                None if linked.is_some() => OTHER * 10.0,
                None => 1.0,
            };
            let w = weight * craft.existence.r.max(0.01) * likelihood(craft, &fix, &self.settings).0;
            sum += w;
            if best.is_none_or(|(_, b)| w > b) {
                best = Some((i, w));
            }
        }
        if linked.is_some() && !linked_alive {
            sum += UNSEEN_DENSITY * (1.0 - OTHER);
        }
        let mut station = station.unwrap_or(Station { craft: None, last: fix.state(), contradictions: 0 });
        station.last = fix.state();
        let p = best.map_or(0.0, |(_, w)| w / sum);
        let chosen = best.filter(|(_, w)| *w > SURE * sum).map(|(i, _)| i);
        let mut born = false;
        let i = match chosen {
            Some(i) => {
                let same = linked == Some(self.crafts[i].id);
                if linked_alive && !same {
                    // The name's own craft is still there: a single report does not move the name.
                    station.contradictions += 1;
                    if station.contradictions < CONTRADICTIONS {
                        self.mark(linked, self.now);
                        self.stations.insert(report.mmsi, station);
                        return;
                    }
                }
                station.contradictions = 0;
                i
            }
            None if best.is_some_and(|(_, w)| w > 0.2 * sum) => {
                // Two crafts may bear this name; more reports will tell.
                self.stations.insert(report.mmsi, station);
                return;
            }
            None => {
                if linked_alive {
                    station.contradictions += 1;
                    self.mark(linked, self.now);
                    if station.contradictions < CONTRADICTIONS {
                        self.stations.insert(report.mmsi, station);
                        return;
                    }
                }
                station.contradictions = 0;
                born = true;
                self.born_of_ais(&fix)
            }
        };
        if linked.is_some() && linked != Some(self.crafts[i].id) {
            // The craft that bore the name does not any more; that it once did stays told as a contradiction.
            self.mark(linked, self.now);
            if let Some(c) = self.crafts.iter_mut().find(|c| Some(c.id) == linked) {
                c.identity.mmsi = None;
                c.identity.class = None;
            }
        }
        let craft = &mut self.crafts[i];
        station.craft = Some(craft.id);
        craft.identity.offset = offset(craft, &fix);
        take(craft, &fix, &self.settings);
        craft.identity.mmsi = Some(report.mmsi);
        craft.identity.last = self.now;
        craft.identity.interval_s = reporting_interval_s(report) as f32;
        craft.identity.names = Names::of_claims([(report.mmsi, if born { SURE } else { p })]);
        craft.history.swap.settled();
        craft.identity.inconsistent_since = None;
        craft.identity.class = Some(report.class.into());
        craft.existence.r = craft.existence.r.max(0.999);
        craft.confirmed = true;
        craft.last_hit = self.now;
        craft.seen = craft.t;
        craft.settled = true;
        craft.measure();
        craft.touch(sensor, epoch, fix.t);
        out.push(craft.line(&self.plane, epoch, self.now, &self.settings));
        self.stations.insert(report.mmsi, station);
    }

    fn mark(&mut self, id: Option<TrackId>, now: f64) {
        if let Some(c) = self.crafts.iter_mut().find(|c| Some(c.id) == id) {
            c.identity.inconsistent_since.get_or_insert(now);
        }
    }

    // Gives the ship's way since its last report to the radars' registration.
    fn learn_way(&mut self, mmsi: Mmsi, fix: &Fix) {
        if !fix.velocity_known || !self.settings.registration {
            return;
        }
        let Some(last) = self.stations.get(&mmsi).map(|s| s.last) else { return };
        let h = fix.t - last.t;
        if !(0.5..=SEGMENT_MAX_S).contains(&h) {
            return;
        }
        // Both velocities must tell the way between both places, or one of the reports is wrong.
        let miss = |i: usize| fix.p[i] - last.p[i] - 0.5 * h * (fix.v[i] + last.v[i]);
        if miss(0).hypot(miss(1)) > 60.0 {
            return;
        }
        for radar in self.radars.iter_mut().flatten() {
            radar.registration.add(Segment { from: last, to: fix.state() });
        }
    }

    fn born_of_ais(&mut self, fix: &Fix) -> usize {
        let id = self.new_id();
        let [rp, rv] = fix.r;
        let n = Normal { x: [fix.p[0], fix.p[1], fix.v[0], fix.v[1]], pp: rp, pv: [0.0; 4], vv: rv };
        self.crafts.push(Craft {
            id,
            born: fix.t,
            t: fix.t,
            imm: Imm::known(&self.settings.motion, n),
            existence: Existence { r: 0.999, level: [1.0 / LEVELS as f64; LEVELS] },
            hits: 0,
            confirmed: true,
            last_hit: self.now,
            seen: fix.t,
            sigma_m: SIGMA_PLACE_M,
            settled: true,
            blur_m: SIGMA_PLACE_M,
            hit_ratio: 0.0,
            origin: fix.p,
            mass: [0.0; MASS_RADARS],
            sensors: Default::default(),
            identity: Default::default(),
            geodetic: Default::default(),
            told: false,
            history: Default::default(),
        });
        for s in &mut self.schedule {
            s.push(Slot { due: f64::MIN, last: f64::MIN });
        }
        self.crafts.len() - 1
    }

    /// Forgets stations long silent.
    pub(super) fn forget_stations(&mut self) {
        let now = self.now;
        self.stations.retain(|_, s| now - s.last.t < FORGET_AFTER_S);
    }
}

struct Fix {
    t: f64,
    p: [f64; 2],
    v: [f64; 2],
    velocity_known: bool,
    r: [[f64; 3]; 2],
}

impl Fix {
    fn state(&self) -> ShipState {
        ShipState { t: self.t, p: self.p, v: self.v }
    }
}

/// When a fix was true: the report tells its UTC second; it cannot be younger than its reception. Seconds since the epoch and the
/// standard deviation.
fn fix_time(epoch: Timestamp, received_at: Timestamp, utc_second: Option<u8>) -> (f64, f64) {
    let now = received_at.seconds_since(epoch);
    let Some(second) = utc_second else { return (now - 0.5, 0.5) };
    let of_minute = (received_at.nanos_of_day() % 60_000_000_000) as f64 * 1e-9;
    let age = (of_minute - f64::from(second)).rem_euclid(60.0);
    if age > 30.0 {
        // A station whose clock is off tells nothing by its second.
        return (now - 0.5, 0.5);
    }
    let width = age.min(1.0);
    (now - age + 0.5 * width, width * SECOND_SIGMA_S)
}

// Covariance of place and of velocity.
fn error(v: [f64; 2], sigma_t: f64, known: bool) -> [[f64; 3]; 2] {
    let p = SIGMA_PLACE_M * SIGMA_PLACE_M;
    let t = sigma_t * sigma_t;
    let c = SIGMA_COURSE * SIGMA_COURSE;
    let s = if known { SIGMA_VELOCITY * SIGMA_VELOCITY } else { 100.0 };
    [[p + t * v[0] * v[0], t * v[0] * v[1], p + t * v[1] * v[1]], [s + c * v[1] * v[1], -c * v[0] * v[1], s + c * v[0] * v[0]]]
}

// Distance of a fix from where a craft is held without it, and its standard deviation along that line; `None` where no radar holds it.
fn offset(craft: &Craft, fix: &Fix) -> Option<[f32; 2]> {
    if craft.hits == 0 {
        return None;
    }
    let n = craft.imm.combined();
    let dt = fix.t - craft.t;
    let d = [fix.p[0] - n.x[0] - n.x[2] * dt, fix.p[1] - n.x[1] - n.x[3] * dt];
    let m = d[0].hypot(d[1]);
    let [ee, en, nn] = [n.pp[0] + fix.r[0][0], n.pp[1] + fix.r[0][1], n.pp[2] + fix.r[0][2]];
    let variance =
        if m > 0.0 { (d[0] * d[0] * ee + 2.0 * d[0] * d[1] * en + d[1] * d[1] * nn) / (m * m) } else { 0.5 * (ee + nn) };
    Some([m as f32, variance.max(0.0).sqrt() as f32])
}

// Likelihood of the fix over all modes, and by mode.
fn likelihood(craft: &Craft, fix: &Fix, settings: &super::FuseSettings) -> (f64, [f64; MODES]) {
    let dt = fix.t - craft.t;
    let mut each = [0.0; MODES];
    let mut mean = 0.0;
    for m in 0..MODES {
        let n = &craft.imm.mode[m];
        let e = n.expect(&settings.motion.step(m, dt, &n.x), fix.r[0]);
        let d2 = e.distance2(fix.p);
        if d2 > 60.0 {
            continue;
        }
        let mut n = *n;
        take_place(&mut n, &e, fix.p);
        let e2 = n.expect_velocity(fix.r[1]);
        let d2 = d2 + e2.distance2(fix.v);
        each[m] = e.peak * e2.peak * (-0.5 * d2).exp();
        mean += craft.imm.mu[m] * each[m];
    }
    (mean, each)
}

fn take_place(n: &mut Normal, e: &crate::track::Expected, p: [f64; 2]) {
    n.correct(&e.gain, [p[0] - e.z[0], p[1] - e.z[1]], e.s);
}

fn take(craft: &mut Craft, fix: &Fix, settings: &super::FuseSettings) {
    let dt = fix.t - craft.t;
    if dt > 0.0 {
        craft.imm.predict(&settings.motion, dt);
        craft.existence.predict(dt, settings.survive_s, settings.fade_s);
        craft.t = fix.t;
    }
    let (mean, each) = likelihood(craft, fix, settings);
    let back = fix.t - craft.t;
    for m in 0..MODES {
        let n = &mut craft.imm.mode[m];
        let e = n.expect(&settings.motion.step(m, back, &n.x), fix.r[0]);
        take_place(n, &e, fix.p);
        let e = n.expect_velocity(fix.r[1]);
        n.correct(&e.gain, [fix.v[0] - e.z[0], fix.v[1] - e.z[1]], e.s);
        if mean > 0.0 {
            craft.imm.mu[m] *= each[m] / mean;
        }
    }
    let sum: f64 = craft.imm.mu.iter().sum();
    for v in &mut craft.imm.mu {
        *v /= sum;
    }
}
