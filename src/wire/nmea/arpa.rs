//! The radar's own tracker: target sentences of a feed → where each target is, once and in time.
//!
//! A TTM tells range and bearing from a platform whose own position comes in other sentences, perhaps later; so a TTM that
//! cannot be placed yet waits for a while. TTM and TLL often tell the same observation: it is reported once, from the TTM,
//! because that is what the radar measured; the TLL is the same measurement laid over the radar's own idea of where it is and
//! of the earth's shape (Navico's minute of arc is 1 852 m everywhere, which is 0.2 % short northward and 0.35 % eastward in
//! 58° N). What the TLL has and the TTM lacks are digits: 0.2 m, where TTM tells 18 m or even 185 m. So a TTM whose TLL is at
//! hand is placed by the TLL, as far as its own rounding leaves it open.

use std::collections::{BTreeMap, VecDeque};

use super::lives::{Lives, same_observation};
use super::own::{Missing, OwnSaid, OwnShip, Source};
use super::said::{Outcome, Said, Target, TargetSentence};
use super::sentence::Sentence;
use super::target::{Acquisition, North, Rsd, Tll, Ttd, Ttm, read_tlb, read_ttd, text};
use super::wrapper::Wrapper;
use crate::geo::{GeodeticHeight, LocalPlane, SensorFrame};
use crate::model::{FeedId, Place, Report, ReportKind, SensorId, SensorKind, SensorTrack, SensorTrackStatus, Site, Timestamp};
use crate::wire::{Refusal, WireHealth};

/// How long, in s of capture time, a target waits for own position or heading. Receivers tell them at least once a second.
const WAIT_FOR_OWN_S: f64 = 2.0;
/// How long a TLL waits for the TTM of the same observation; radars send the two in one burst.
const WAIT_FOR_TTM_S: f64 = 1.0;
/// The most targets that wait: two seconds of the 200 targets that a radar may track.
const MAX_WAITING: usize = 512;
/// A TLL is held for its TTM only while the target's last TTM is younger than this: five scans of a slow antenna.
const TTM_EXPECTED_S: f64 = 15.0;
/// A zero speed with a course within this of the magnetic variation is no velocity: the course is that of a zero vector laid
/// through the compass (Navico does so). Fields have one decimal.
const COURSE_IS_VARIATION: f64 = 0.11 / 180.0 * std::f64::consts::PI;

/// What the last digit of a TLL is worth: 0.0001 minute of latitude.
const TLL_STEP_M: f64 = 0.1852;

#[derive(Clone, Debug)]
struct Waiting {
    target: Target,
    // Bearing from own heading, where it is that.
    relative_bearing: Option<f64>,
    since: Timestamp,
}

/// Decodes a feed's target and own-ship sentences. All state is bounded and moves with capture time only.
pub struct Arpa {
    radar: Option<SensorId>,
    platform: Option<SensorId>,
    /// Where the radar stands, for one that does not move and is told no position.
    fixed: Option<GeodeticHeight>,
    own: OwnShip,
    lives: Lives,
    labels: BTreeMap<u32, String>,
    waiting: VecDeque<Waiting>,
    said: Vec<Said>,
}

impl Arpa {
    /// For the sensors of `feed`: targets belong to its radar, own position to its position source or else to its radar.
    pub fn new(site: &Site, feed: FeedId) -> Self {
        let of_kind = |kind| site.sensors_on(feed).find(|(_, s)| s.kind == kind);
        let radar = of_kind(SensorKind::Radar);
        Self {
            radar: radar.map(|(id, _)| id),
            platform: of_kind(SensorKind::Position).or(radar).map(|(id, _)| id),
            fixed: radar.and_then(|(_, s)| s.position),
            own: OwnShip::default(),
            lives: Lives::default(),
            labels: BTreeMap::new(),
            waiting: VecDeque::new(),
            said: Vec::new(),
        }
    }

    /// For sentences of which no site is known, as when a log is only printed: they are taken for those of one radar.
    pub fn without_site() -> Self {
        let nowhere = Site { name: String::new(), origin: GeodeticHeight::default(), sensors: Vec::new(), feeds: Vec::new() };
        Self { radar: Some(SensorId(0)), platform: Some(SensorId(0)), ..Self::new(&nowhere, FeedId(0)) }
    }

    /// Own ship as known now.
    pub fn own(&self) -> &OwnShip {
        &self.own
    }

    /// Takes a sentence and appends the reports that it completes. False where it is none of radar or own ship.
    pub fn sentence(
        &mut self,
        sentence: &Sentence<'_>,
        wrapper: &Wrapper<'_>,
        received_at: Timestamp,
        out: &mut Vec<Report>,
        health: &mut WireHealth,
    ) -> bool {
        let mut said = std::mem::take(&mut self.said);
        let taken = self.take(sentence, wrapper, received_at, &mut said, health);
        for one in said.drain(..) {
            self.report(one, out, health);
        }
        self.said = said;
        taken
    }

    fn report(&self, said: Said, out: &mut Vec<Report>, health: &mut WireHealth) {
        match said {
            Said::Target(target) => {
                let (Outcome::Report, Some(sensor), Some(place)) = (target.outcome, self.radar, target.report_place) else {
                    return;
                };
                out.push(Report {
                    sensor,
                    t: target.t,
                    received_at: target.received_at,
                    transmission: None,
                    kind: ReportKind::SensorTrack(SensorTrack {
                        number: target.number,
                        life: target.life,
                        place,
                        velocity: target.velocity,
                        status: target.status,
                        position_cov: None,
                        length_m: None,
                    }),
                });
            }
            Said::Own { t, received_at, own } => match self.platform {
                Some(sensor) => {
                    out.push(Report { sensor, t, received_at, transmission: None, kind: ReportKind::OwnPosition(own) })
                }
                None => health.ignore(Refusal("own-position")),
            },
            Said::Display(_) => {}
        }
    }

    /// Takes a sentence and appends what is now known, in full: for those who print every sentence. What waits comes later.
    pub fn take(
        &mut self,
        sentence: &Sentence<'_>,
        wrapper: &Wrapper<'_>,
        received_at: Timestamp,
        said: &mut Vec<Said>,
        health: &mut WireHealth,
    ) -> bool {
        self.expire(received_at, said, health);
        if let Some(own) = self.own.sentence(sentence, wrapper, received_at) {
            match own {
                Err(reason) => health.refuse(reason),
                Ok(news) => {
                    health.decoded += 1;
                    match news {
                        OwnSaid::Fix { t, own } => said.push(Said::Own { t, received_at, own }),
                        OwnSaid::NoFix => health.ignore(Refusal("no-fix")),
                        OwnSaid::Other | OwnSaid::Nothing => {}
                    }
                    if matches!(news, OwnSaid::Fix { .. } | OwnSaid::Other) {
                        self.place_waiting(received_at, said, health);
                    }
                }
            }
            return true;
        }
        let source = Source::of(sentence, wrapper);
        let read = match sentence.formatter() {
            b"TTM" => Ttm::read(sentence).map(|ttm| self.ttm(&ttm, source, wrapper, received_at, said, health)),
            b"TLL" => Tll::read(sentence).map(|tll| self.tll(&tll, source, wrapper, received_at, said, health)),
            b"TTD" => read_ttd(sentence).map(|(targets, damaged)| {
                if damaged {
                    health.refuse(Refusal("ttd-payload"));
                }
                for ttd in targets {
                    self.ttd(&ttd, source, wrapper, received_at, said, health);
                }
            }),
            b"TLB" => {
                for pair in read_tlb(sentence) {
                    match pair {
                        Ok((number, Some(label))) => drop(self.labels.insert(number, text(label))),
                        Ok((number, None)) => drop(self.labels.remove(&number)),
                        Err(reason) => health.refuse(reason),
                    }
                }
                Ok(())
            }
            b"RSD" => Rsd::read(sentence).map(|rsd| said.push(Said::Display(rsd))),
            _ => return false,
        };
        match read {
            Ok(()) => health.decoded += 1,
            Err(reason) => health.refuse(reason),
        }
        true
    }

    /// Ends all waiting, as when no more will come: TLLs become reports, the rest stay unplaced.
    pub fn finish(&mut self, said: &mut Vec<Said>, health: &mut WireHealth) {
        while let Some(waiting) = self.waiting.pop_front() {
            self.give_up(waiting, said, health);
        }
    }

    fn ttm(
        &mut self,
        ttm: &Ttm<'_>,
        source: Source,
        wrapper: &Wrapper<'_>,
        received_at: Timestamp,
        said: &mut Vec<Said>,
        health: &mut WireHealth,
    ) {
        let true_course = ttm.course.filter(|c| c.1 == North::True).map(|c| c.0);
        let target = Target {
            sentence: TargetSentence::Ttm,
            source,
            number: ttm.number,
            life: self.lives.hear(source, ttm.number, ttm.status, received_at),
            status: ttm.status,
            t: self.own.time(ttm.time_of_day_s, wrapper, received_at),
            received_at,
            range_m: ttm.polar.map(|p| p.range_m),
            azimuth: ttm.polar.filter(|p| p.north == North::True).map(|p| p.bearing),
            place: None,
            speed: ttm.speed,
            course: true_course,
            velocity: self.believed(ttm.status, ttm.speed, true_course, received_at),
            name: self.name(ttm.number, ttm.name),
            acquisition: ttm.acquisition,
            reference: ttm.reference,
            outcome: Outcome::Report,
            // The heading that a relative bearing is laid on has errors of its own.
            steps: ttm.polar.filter(|p| p.north == North::True).map(|p| [p.range_step_m, p.bearing_step]),
            report_place: None,
        };
        let relative_bearing = ttm.polar.filter(|p| p.north == North::Heading).map(|p| p.bearing);
        self.polar(target, relative_bearing, received_at, said, health);
    }

    fn ttd(
        &mut self,
        ttd: &Ttd,
        source: Source,
        wrapper: &Wrapper<'_>,
        received_at: Timestamp,
        said: &mut Vec<Said>,
        health: &mut WireHealth,
    ) {
        let Some(status) = ttd.status.filter(|_| ttd.number > 0) else {
            health.ignore(Refusal("ttd-not-tracked"));
            return;
        };
        if ttd.test {
            health.ignore(Refusal("ttd-test-target"));
            return;
        }
        let over_ground = !ttd.relative && !ttd.through_water;
        let target = Target {
            sentence: TargetSentence::Ttd,
            source,
            number: ttd.number,
            life: self.lives.hear(source, ttd.number, status, received_at),
            status,
            t: self.own.time(None, wrapper, received_at),
            received_at,
            range_m: ttd.range_m,
            azimuth: ttd.bearing,
            place: None,
            speed: ttd.speed,
            course: ttd.course.filter(|_| !ttd.relative),
            velocity: if over_ground { self.believed(status, ttd.speed, ttd.course, received_at) } else { None },
            name: self.name(ttd.number, None),
            acquisition: None,
            reference: false,
            outcome: Outcome::Report,
            steps: None,
            report_place: None,
        };
        self.polar(target, None, received_at, said, health);
    }

    fn tll(
        &mut self,
        tll: &Tll<'_>,
        source: Source,
        wrapper: &Wrapper<'_>,
        received_at: Timestamp,
        said: &mut Vec<Said>,
        health: &mut WireHealth,
    ) {
        let mut target = Target {
            sentence: TargetSentence::Tll,
            source,
            number: tll.number,
            life: self.lives.hear(source, tll.number, tll.status, received_at),
            status: tll.status,
            t: self.own.time(tll.time_of_day_s, wrapper, received_at),
            received_at,
            range_m: None,
            azimuth: None,
            place: tll.place,
            speed: None,
            course: None,
            velocity: None,
            name: self.name(tll.number, tll.name),
            acquisition: None,
            reference: tll.reference,
            outcome: Outcome::Report,
            steps: None,
            report_place: tll.place.map(Place::Geodetic),
        };
        let Some(place) = tll.place else {
            self.unplaced(target, Refusal("tll-without-place"), said, health);
            return;
        };
        if let Some(life) = self.lives.get_mut(source, tll.number) {
            life.tll = Some((target.t, place));
        }
        let life = self.lives.get(source, tll.number).copied();
        if life.is_some_and(|l| same_observation(l.reported_t, target.t)) {
            target.outcome = Outcome::Repeat;
            health.ignore(Refusal("arpa-repeat"));
            said.push(Said::Target(Box::new(target)));
            return;
        }
        let expected = life.and_then(|l| l.ttm_at).is_some_and(|at| received_at.seconds_since(at) <= TTM_EXPECTED_S);
        if expected {
            self.wait(Waiting { target, relative_bearing: None, since: received_at }, said, health);
        } else {
            self.observed(target, said, health);
        }
    }

    /// A target in range and bearing: placed now, or when own position and heading are there.
    fn polar(
        &mut self,
        mut target: Target,
        relative_bearing: Option<f64>,
        received_at: Timestamp,
        said: &mut Vec<Said>,
        health: &mut WireHealth,
    ) {
        if self.radar.is_none() {
            target.outcome = Outcome::Left(Refusal("no-radar-on-feed"));
        } else if target.acquisition == Some(Acquisition::Reported) {
            // The radar shows what AIS told it: to count it as a radar's observation would count the ship's own word twice.
            target.outcome = Outcome::Left(Refusal("ttm-from-ais"));
        }
        if let Outcome::Left(reason) = target.outcome {
            // Place it all the same where that can be done now, for those who print it.
            if self.place(&mut target, relative_bearing, received_at).is_err() {
                target.place = None;
            }
            health.ignore(reason);
            said.push(Said::Target(Box::new(target)));
            return;
        }
        if target.range_m.is_none() || (target.azimuth.is_none() && relative_bearing.is_none()) {
            self.unplaced(target, Refusal("ttm-without-place"), said, health);
            return;
        }
        match self.place(&mut target, relative_bearing, received_at) {
            Ok(()) => self.observed(target, said, health),
            Err(_) => self.wait(Waiting { target, relative_bearing, since: received_at }, said, health),
        }
    }

    /// Lays range and bearing out from the platform at the target's time.
    fn place(&self, target: &mut Target, relative_bearing: Option<f64>, now: Timestamp) -> Result<(), Refusal> {
        let Some(range_m) = target.range_m else { return Err(Refusal("ttm-without-place")) };
        if let Some(relative) = relative_bearing {
            let heading = self.own.heading_at(now).map_err(|missing| match missing {
                Missing::Never => Refusal("no-heading"),
                Missing::Stale => Refusal("stale-heading"),
            })?;
            target.azimuth = Some((relative + heading).rem_euclid(std::f64::consts::TAU));
        }
        let Some(azimuth) = target.azimuth else { return Err(Refusal("ttm-without-place")) };
        let (from, fixed) = match (self.own.position_at(target.t, now), self.fixed) {
            (Ok(own), fixed) => (own.at_height(fixed.map_or(0.0, |f| f.height_m)), false),
            (Err(_), Some(fixed)) => (fixed, true),
            (Err(Missing::Never), None) => return Err(Refusal("no-own-position")),
            (Err(Missing::Stale), None) => return Err(Refusal("stale-own-position")),
        };
        let frame = SensorFrame::new(from, &LocalPlane::new(from));
        let [range_m, azimuth] = self.with_digits_of_tll(target, &frame, [range_m, azimuth]);
        let at = frame.geodetic_from_polar(range_m, azimuth);
        target.place = Some(at);
        target.report_place = Some(if fixed { Place::Polar { range_m, azimuth } } else { Place::Geodetic(at) });
        Ok(())
    }

    /// Range and azimuth with the digits that a TLL of the same observation adds, if it agrees: within twice what rounding may
    /// take away. Never moved by more than the TTM's rounding leaves open, so that the TLL's own errors cannot enter.
    fn with_digits_of_tll(&self, target: &Target, frame: &SensorFrame, polar: [f64; 2]) -> [f64; 2] {
        let tll = self.lives.get(target.source, target.number).and_then(|life| life.tll);
        let tll = tll.filter(|(t, _)| same_observation(Some(*t), target.t));
        let (Some((_, place)), Some([range_step, azimuth_step])) = (tll, target.steps) else { return polar };
        let [range_m, azimuth] = polar;
        let [told_range_m, told_azimuth] = frame.polar_of(place);
        let along = told_range_m - range_m;
        let turn = std::f64::consts::TAU;
        let across = (told_azimuth - azimuth + 0.5 * turn).rem_euclid(turn) - 0.5 * turn;
        // Close by, the TLL's own last digit is an angle of some size.
        if along.abs() > range_step || across.abs() > azimuth_step.max(TLL_STEP_M / range_m) {
            return polar;
        }
        let open = |step: f64, off: f64| off.clamp(-0.5 * step, 0.5 * step);
        [range_m + open(range_step, along), (azimuth + open(azimuth_step, across)).rem_euclid(turn)]
    }

    /// A target with its place: reports it unless its observation has been.
    fn observed(&mut self, mut target: Target, said: &mut Vec<Said>, health: &mut WireHealth) {
        let measured = target.sentence != TargetSentence::Tll;
        if measured {
            // The TLL of this observation, if it waits, has found what it waited for.
            let matches = |w: &Waiting| {
                w.target.sentence == TargetSentence::Tll
                    && w.target.source == target.source
                    && w.target.number == target.number
                    && same_observation(Some(w.target.t), target.t)
            };
            while let Some(at) = self.waiting.iter().position(matches) {
                if let Some(mut tll) = self.waiting.remove(at) {
                    tll.target.outcome = Outcome::Repeat;
                    health.ignore(Refusal("arpa-repeat"));
                    said.push(Said::Target(Box::new(tll.target)));
                }
            }
        }
        if let Some(life) = self.lives.get_mut(target.source, target.number) {
            if measured {
                life.ttm_at = Some(target.received_at);
            }
            if same_observation(life.reported_t, target.t) {
                target.outcome = Outcome::Repeat;
                health.ignore(Refusal("arpa-repeat"));
            } else {
                life.reported_t = Some(target.t);
            }
        }
        said.push(Said::Target(Box::new(target)));
    }

    fn unplaced(&self, mut target: Target, reason: Refusal, said: &mut Vec<Said>, health: &mut WireHealth) {
        target.outcome = Outcome::Unplaced(reason);
        health.refuse(reason);
        said.push(Said::Target(Box::new(target)));
    }

    fn wait(&mut self, waiting: Waiting, said: &mut Vec<Said>, health: &mut WireHealth) {
        if self.waiting.len() >= MAX_WAITING
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.give_up(oldest, said, health);
        }
        self.waiting.push_back(waiting);
    }

    /// Own ship has news: places what waits for it.
    fn place_waiting(&mut self, now: Timestamp, said: &mut Vec<Said>, health: &mut WireHealth) {
        for _ in 0..self.waiting.len() {
            let Some(mut waiting) = self.waiting.pop_front() else { return };
            let placed = waiting.target.sentence != TargetSentence::Tll
                && self.place(&mut waiting.target, waiting.relative_bearing, now).is_ok();
            if placed {
                // It could not have been told before now.
                waiting.target.received_at = now;
                self.observed(waiting.target, said, health);
            } else {
                self.waiting.push_back(waiting);
            }
        }
    }

    /// Ends the waiting of what has waited long enough.
    fn expire(&mut self, now: Timestamp, said: &mut Vec<Said>, health: &mut WireHealth) {
        let patience = |w: &Waiting| if w.target.sentence == TargetSentence::Tll { WAIT_FOR_TTM_S } else { WAIT_FOR_OWN_S };
        while let Some(at) = self.waiting.iter().position(|w| now.seconds_since(w.since) > patience(w)) {
            if let Some(mut waiting) = self.waiting.remove(at) {
                waiting.target.received_at = now;
                self.give_up(waiting, said, health);
            }
        }
    }

    fn give_up(&mut self, mut waiting: Waiting, said: &mut Vec<Said>, health: &mut WireHealth) {
        if waiting.target.sentence == TargetSentence::Tll {
            // Its TTM was lost on the way: the TLL stands for the observation.
            self.observed(waiting.target, said, health);
            return;
        }
        let now = waiting.target.received_at;
        match self.place(&mut waiting.target, waiting.relative_bearing, now) {
            Ok(()) => self.observed(waiting.target, said, health),
            Err(reason) => self.unplaced(waiting.target, reason, said, health),
        }
    }

    /// Speed and course as a velocity, where they are to be believed: of an established target, over ground. Speeds of ARPA
    /// are smoothed over many scans and may be off by a third; they are the radar's word, not a measurement.
    fn believed(&self, status: SensorTrackStatus, speed: Option<f64>, course: Option<f64>, now: Timestamp) -> Option<[f64; 2]> {
        let (speed, course) = speed.zip(course)?;
        if status != SensorTrackStatus::Tracking {
            return None;
        }
        if speed == 0.0 {
            let variation = self.own.variation(now)?.rem_euclid(std::f64::consts::TAU);
            let off = (course - variation).abs();
            if off.min(std::f64::consts::TAU - off) < COURSE_IS_VARIATION {
                return None;
            }
        }
        let (sin, cos) = course.sin_cos();
        Some([speed * sin, speed * cos])
    }

    fn name(&self, number: u32, told: Option<&[u8]>) -> Option<String> {
        told.map(text).or_else(|| self.labels.get(&number).cloned())
    }
}
