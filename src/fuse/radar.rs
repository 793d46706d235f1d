//! One radar's intake: plots that wait, where its antenna is, how late it is.
//!
//! Plots come in frames of a sector that may overtake each other. They are taken up in the order of the sweep, once the radar's usual
//! delay has passed and no fellow of a plot can still be on its way.

use super::align::Verdict;
use super::amplitude::{self, Floor};
use super::antenna::Antenna;
use super::births::Reach;
use super::clutter::{Clutter, ClutterMap, Spot};
use super::jump::Reports;
use super::realign::Change;
use super::references::References;
use super::register::{Registration, Sweep};
use super::settings::FuseSettings;
use crate::geo::{LocalPlane, SensorFrame};
use crate::model::{Place, Plot, Sensor, Timestamp};
use crate::track::{LEVEL_PD, LEVELS};

/// Rotation period taken when the site does not tell one, s.
const DEFAULT_SCAN_S: f64 = 2.5;
/// Accuracy taken when the site does not tell one: a coastal X-band radar.
const DEFAULT_SIGMA_RANGE_M: f64 = 12.0;
const DEFAULT_SIGMA_AZIMUTH: f64 = 0.005;

/// A plot whose own time lies further than this from when it came is of a clock that is not set, or of a link that stood still, s: links of shore
/// radars take up to 2 s, and a clock that is kept at all is kept to this.
const UNSET_S: f64 = 20.0;
/// A clock has been set when plots have been off alike, to [`ALIKE_S`], for so long, s: a link that catches up delivers what it held faster.
const SET_AFTER_S: f64 = 10.0;
const ALIKE_S: f64 = 2.0;
/// A plot that says it was seen so long after it came, s, is of a clock that is ahead: no link does that. This machine's own clock and a radar's, both
/// kept, differ by tenths.
const EARLY_S: f64 = 1.0;
/// No stalled link explains it, so that plots that have been early alike for so long, s, are enough: more than one sector, less than half a turn.
const SET_EARLY_AFTER_S: f64 = 1.0;
/// So much of the shift of a clock that has jumped, s, may be the link's doing: what is beyond it is another phase, of an antenna that stood still.
const PHASE_S: f64 = 0.3;
/// By how much a plot comes late where nothing is known of it yet, s.
const USUAL_DELAY_S: f64 = 0.3;

/// Range at which the site tells how strong one square metre is, m.
const ECHO_RANGE_M: f64 = 1e4;

/// A plot that waits for its look, in the site's plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    /// Seconds since the fuser's epoch, by the radar's clock.
    pub t: f64,
    /// East, north, with the registration applied.
    pub z: [f64; 2],
    /// Excess of power over the threshold, in units in which the threshold is a usual extractor's ([`Floor`]), where told.
    pub excess: Option<f64>,
    /// Cross-section that its strength tells at its range, m², where the radar tells how strong a square metre is.
    pub echo_m2: Option<f64>,
    /// Clutter expected there, and further plots of a ship …
    pub clutter: Clutter,
    /// … which are so much of its density; less than nothing until that has been asked.
    pub of_ship: f64,
    /// Likelihood ratio craft over clutter of the amplitude, a level each.
    pub ratio: [f64; LEVELS],
    /// Probability that no track of an earlier look owns it.
    pub free: f64,
    /// The same after the look that is being worked.
    pub taken: f64,
    /// Probability that it is of no track worth the name: the weight with which it begins one or teaches the clutter map.
    pub fresh: f64,
    /// Probability that no confirmed track owns it.
    pub open: f64,
    /// Probability that it is clutter as far as its strength tells, before anything is known of its place: so much of it teaches the
    /// clutter map at once, the rest when its track has died.
    pub doubtful: f64,
}

/// Where a thing of time `t` goes among others in order of their time, behind its equals. Most often behind all of them, and the last is at hand, where a
/// search through a scan's plots fetches a dozen from memory.
pub(super) fn behind<T>(things: &[T], t: f64, time: impl Fn(&T) -> f64) -> usize {
    match things.last() {
        Some(last) if time(last) <= t => things.len(),
        _ => things.partition_point(|thing| time(thing) <= t),
    }
}

/// State of one radar.
pub(crate) struct Radar {
    pub frame: SensorFrame,
    // Where the site tells it to stand: what it tells by latitude and longitude it has worked out from there.
    pub(super) told_frame: SensorFrame,
    pub scan_s: f64,
    pub sigma_range_m: f64,
    pub sigma_azimuth: f64,
    // Both as the site tells them.
    told_sigma: [f64; 2],
    /// Detection threshold, where the site tells one.
    floor: Option<Floor>,
    /// SNR of 1 m² at [`ECHO_RANGE_M`], in noise powers, where the site tells it.
    snr_1m2: Option<f64>,
    pub clutter: ClutterMap,
    pub registration: Registration,
    /// Waiting plots in order of their time.
    pub waiting: Vec<Waiting>,
    /// What is added to the radar's own times, s: 0 where its clock is set at all.
    pub shift_s: f64,
    // Plots that are early, or later than a link is slow: since when they have come (our clock), and by how much the last one was late.
    off: Option<(f64, f64)>,
    antenna: Option<Antenna>,
    pub(super) first_t: f64,
    // Mean and mean deviation of (received − t), s.
    delay: Option<(f64, f64)>,
    /// Up to here (radar clock) looks have been taken.
    pub done: f64,
    /// Largest slant range of any plot, m.
    pub reach_m: f64,
    /// The same by azimuth.
    pub reach: Reach,
    /// Plots that came after their look was over.
    pub late: u64,
}

impl Radar {
    pub fn new(sensor: &Sensor, site: &LocalPlane) -> Option<Self> {
        let told_sigma =
            [sensor.sigma_range_m.unwrap_or(DEFAULT_SIGMA_RANGE_M), sensor.sigma_azimuth.unwrap_or(DEFAULT_SIGMA_AZIMUTH)];
        Some(Self {
            frame: SensorFrame::new(sensor.position?, site),
            told_frame: SensorFrame::new(sensor.position?, site),
            scan_s: sensor.scan_s.filter(|s| *s > 0.0).unwrap_or(DEFAULT_SCAN_S),
            sigma_range_m: told_sigma[0],
            sigma_azimuth: told_sigma[1],
            told_sigma,
            floor: sensor.min_snr_db.map(Floor::new),
            snr_1m2: sensor.reflector_snr_db.map(|db| 10f64.powf(db / 10.0)),
            clutter: ClutterMap::new(),
            registration: Registration::new(),
            waiting: Vec::new(),
            shift_s: 0.0,
            off: None,
            antenna: None,
            first_t: 0.0,
            delay: None,
            done: f64::MIN,
            reach_m: 0.0,
            reach: Reach::new(),
            late: 0,
        })
    }

    /// Takes a plot in, received `now`.
    pub fn take(&mut self, t: f64, now: f64, plot: &Plot, settings: &FuseSettings) {
        let polar = match plot.place {
            Place::Polar { range_m, azimuth } => [range_m, azimuth],
            Place::Geodetic(g) => self.told_frame.polar_of(g),
        };
        let Some(t) = self.believed(t, now, polar[1]) else {
            self.late += 1;
            return;
        };
        self.time(t, now, polar[1]);
        if t < self.done - self.hold_s() {
            self.late += 1;
            return;
        }
        if settings.registration {
            self.registration.keep(t, polar);
        }
        self.reach_m = self.reach_m.max(polar[0]);
        let z = self.registration.place(&self.frame, polar);
        let offset = self.offset(z);
        let spot = Spot::at(offset);
        self.clutter.saw(&spot);
        self.reach.saw(t, offset);
        let clutter = self.clutter.at(self.look_number(t), &spot, settings.patch_margin);
        // In noise powers as told, and in units of the threshold.
        let told = match (plot.snr_db.map(f64::from), &mut self.floor, settings.amplitude) {
            (Some(db), Some(floor), true) => {
                floor.saw(db);
                Some((10f64.powf(db / 10.0) - floor.power()).max(0.0))
            }
            _ => None,
        };
        let excess = told.zip(self.floor.as_ref()).map(|(excess, floor)| excess * floor.unit());
        let ratio = excess.map_or([1.0; LEVELS], |excess| amplitude::ratios(excess, clutter.excess));
        let doubtful = if settings.provisional {
            1.0 / (1.0 + ratio.iter().zip(LEVEL_PD).map(|(r, pd)| r * pd).sum::<f64>())
        } else {
            0.0
        };
        let echo_m2 = told.zip(self.snr_1m2).map(|(excess, k)| (excess - 1.0) * (polar[0] / ECHO_RANGE_M).powi(4) / k);
        let plot = Waiting {
            t,
            z,
            excess,
            echo_m2,
            clutter,
            of_ship: -1.0,
            ratio,
            free: 1.0,
            taken: 1.0,
            fresh: 1.0,
            open: 1.0,
            doubtful,
        };
        let at = behind(&self.waiting, t, |w| w.t);
        self.waiting.insert(at, plot);
    }

    /// Whether it has ever sent a plot.
    pub fn has_seen(&self) -> bool {
        self.delay.is_some()
    }

    // The time of a plot that came `now`, its clock put right if it is not set or ahead; `None` while it is not known whether the clock was set or
    // the link stood still. A time that is off by an hour would carry every craft in sight an hour on, and one that is seven seconds ahead makes
    // every other radar's plots of them come late.
    fn believed(&mut self, told: f64, now: f64, azimuth: f64) -> Option<f64> {
        let t = told + self.shift_s;
        let late = now - t;
        let usual = self.delay.map_or(USUAL_DELAY_S, |(mean, _)| mean);
        let ahead = late < -EARLY_S;
        // A clock that was ahead, and by its own time is no more.
        let set_back = self.shift_s < 0.0 && (now - told - usual).abs() < 0.5 * self.shift_s.abs();
        if !ahead && !set_back && late <= UNSET_S {
            self.off = None;
            return Some(t);
        }
        if self.delay.is_some() {
            let alike = self.off.filter(|(_, before)| (late - before).abs() <= ALIKE_S);
            let since = alike.map_or(now, |(since, _)| since);
            self.off = Some((since, late));
            if now - since < if ahead { SET_EARLY_AFTER_S } else { SET_AFTER_S } {
                return None;
            }
        }
        self.off = None;
        self.shift_s += late - usual;
        // The antenna has turned on meanwhile, whatever its clock did: its phase tells to milliseconds what a link that takes now more now less
        // tells to tenths.
        let passed = self.pass(azimuth, told + self.shift_s);
        if late <= UNSET_S && (passed - told - self.shift_s).abs() < PHASE_S {
            self.shift_s = passed - told;
        }
        Some(told + self.shift_s)
    }

    // Learns delay and antenna phase from a plot's own time and azimuth.
    fn time(&mut self, t: f64, now: f64, azimuth: f64) {
        let late = now - t;
        match &mut self.delay {
            None => {
                self.delay = Some((late, 0.1));
                self.first_t = t;
            }
            Some((mean, deviation)) => {
                // A stalled link must not hold the picture back: one plot moves the mean by a hundredth of at most one scan.
                let error = (late - *mean).clamp(-self.scan_s, self.scan_s);
                *mean += 0.01 * error;
                *deviation += 0.01 * (error.abs() - *deviation);
            }
        }
        match &mut self.antenna {
            None => self.antenna = Some(Antenna::new(t, azimuth, self.scan_s, self.sigma_azimuth)),
            Some(antenna) => antenna.saw(t, azimuth),
        }
    }

    /// Looks since the radar's first plot.
    pub fn look_number(&self, t: f64) -> f64 {
        ((t - self.first_t) / self.scan_s).max(0.0)
    }

    /// How long after its look a plot is kept for tracks on the next sector: a sixteenth of the circle, and what is stamped early waits for what is late.
    pub fn hold_s(&self) -> f64 {
        self.scan_s / 16.0 + 2.0 * self.stray_s()
    }

    /// By how much a plot's time may differ from the antenna's passage, s.
    pub fn stray_s(&self) -> f64 {
        self.antenna.as_ref().map_or(0.0, Antenna::stray_s)
    }

    /// How long the antenna's turn takes, s: as the site tells until plots do.
    pub fn turn_s(&self) -> f64 {
        self.antenna.as_ref().map_or(self.scan_s, Antenna::turn_s)
    }

    /// Up to which time of its own clock everything this radar saw has come, as far as its delays tell: four mean deviations are 3.2 σ
    /// of a normal delay.
    pub fn complete(&self, now: f64) -> f64 {
        self.delay.map_or(f64::MIN, |(mean, deviation)| now - mean - 4.0 * deviation)
    }

    /// When the antenna passed `azimuth` (as measured by it) nearest to `t`.
    pub fn pass(&self, azimuth: f64, t: f64) -> f64 {
        self.antenna.as_ref().map_or(t, |antenna| antenna.pass(azimuth, t))
    }

    /// Azimuth at which the radar would measure a place of the site's plane.
    pub fn azimuth_of(&self, place: [f64; 2]) -> f64 {
        let [e, n] = self.offset(place);
        e.atan2(n) + self.frame.convergence() + self.registration.azimuth()
    }

    /// East, north from the radar.
    pub fn offset(&self, place: [f64; 2]) -> [f64; 2] {
        let [e, n] = self.frame.place();
        [place[0] - e, place[1] - n]
    }

    /// Works the residuals to AIS ships that are complete by now, and asks whether the radar has jumped, or stands elsewhere than told from the first.
    /// Returns whether more is known, and how the places of what it sees change if it does.
    pub fn register(
        &mut self,
        k: usize,
        (now, at): (f64, Timestamp),
        plane: &LocalPlane,
        references: &mut References,
        reports: &Reports,
    ) -> (bool, Option<Change>) {
        let complete = self.complete(now);
        let known = &self.registration;
        let due = known.is_due(complete) || known.jumps.is_due(complete, self.scan_s);
        if !due && !known.alignment.is_due(complete, self.scan_s) {
            return (false, None);
        }
        let mut registration = std::mem::replace(&mut self.registration, Registration::new());
        let before = registration.residuals;
        let sigma = [self.sigma_range_m, self.sigma_azimuth];
        let astern_m = references.astern_m();
        let sweep = Sweep { scan_s: self.scan_s, stray_s: self.stray_s(), sigma, astern_m, plane, frame: &self.frame };
        let pass = |azimuth: f64, t: f64| self.pass(azimuth, t);
        registration.work(complete, &sweep, pass, |r| references.take(k, r));
        let mut jump = None;
        if registration.jumps.is_due(complete, self.scan_s) {
            let mut jumps = std::mem::take(&mut registration.jumps);
            jumps.watch(complete, &registration.belief().x, &sweep, registration.kept(), reports, pass);
            jump = jumps.jumped(now, registration.variance()[1].sqrt(), registration.residuals);
            registration.jumps = jumps;
        }
        let mut found = None;
        if registration.alignment.is_due(complete, self.scan_s) {
            let mut alignment = std::mem::take(&mut registration.alignment);
            let known = registration.realigned.map_or([0.0; 2], |r| r.known());
            found = alignment.watch(complete, self.reach_m, known, &sweep, registration.kept(), reports);
            registration.alignment = alignment;
        }
        let more = registration.residuals > before;
        self.registration = registration;
        if more {
            [self.sigma_range_m, self.sigma_azimuth] = self.registration.scatter.sigma(self.told_sigma);
        }
        if let Some(jump) = jump {
            references.jumped(k, jump.by);
            self.registration.jumped(jump.by, complete, jump.sigma);
            // What waits was placed with the errors of before.
            let change = Change::of_errors(self.frame.place(), jump.by);
            for w in self.waiting.iter_mut().filter(|w| w.t >= jump.since) {
                w.z = change.put_right(w.z);
            }
        }
        let change = match found {
            Some(Verdict::Errs(error, ships)) => {
                let change = self.realign(error, ships, at, plane, true);
                references.restart(k, self.registration.realigned.map_or([0.0; 2], |r| r.known()));
                Some(change)
            }
            _ => None,
        };
        (more, change)
    }

    /// Range of a place of the site's plane, m.
    pub fn range_of(&self, place: [f64; 2]) -> f64 {
        let [e, n] = self.offset(place);
        e.hypot(n).max(1.0)
    }

    /// How uncertain a measurement at a place of the site's plane is, m: the root of the trace.
    pub fn error_m(&self, place: [f64; 2]) -> f64 {
        let [e, n] = self.offset(place);
        let azimuth2 = self.sigma_azimuth * self.sigma_azimuth;
        (self.sigma_range_m * self.sigma_range_m + (e * e + n * n) * azimuth2).sqrt()
    }

    /// Covariance of a measurement at a place of the site's plane, m², and its range. What is not known of the radar's own errors counts
    /// only where the track rests on other sensors too: within one radar everything is shifted alike.
    pub fn error_at(&self, place: [f64; 2], shared: bool) -> ([f64; 3], f64) {
        let [e, n] = self.offset(place);
        let range = e.hypot(n).max(1.0);
        let (ue, un) = (e / range, n / range);
        let [range_var, azimuth_var] = if shared { self.registration.variance() } else { [0.0; 2] };
        let along = self.sigma_range_m * self.sigma_range_m + range_var;
        let across = range * range * (self.sigma_azimuth * self.sigma_azimuth + azimuth_var);
        let r = [along * ue * ue + across * un * un, (along - across) * ue * un, along * un * un + across * ue * ue];
        (r, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::GeodeticHeight;
    use crate::model::{FeedId, WireFormat};

    #[test]
    fn a_thing_goes_behind_what_is_not_later() {
        let mut things: Vec<(f64, usize)> = Vec::new();
        for (n, t) in [3.0, 3.0, 1.0, 4.0, 3.0, 0.5, 4.0, 1.0].into_iter().enumerate() {
            let at = behind(&things, t, |thing| thing.0);
            things.insert(at, (t, n));
        }
        // In order of time, and of those of one time in the order in which they came.
        assert_eq!(things, [(0.5, 5), (1.0, 2), (1.0, 7), (3.0, 0), (3.0, 1), (3.0, 4), (4.0, 3), (4.0, 6)]);
    }

    /// The covariance of a plot against the polar one carried through the inverse that Stone Soup has of its measurement model
    /// (`tools/golden_filters.py`), and the plot's place where the sea is as good as flat.
    #[test]
    fn a_converted_plot_is_that_of_an_independent_one() {
        let text = include_str!("../../fixtures/filters/polar.json");
        let cases: serde_json::Value = serde_json::from_str(text).unwrap();
        let number = |v: &serde_json::Value| v.as_f64().unwrap();
        let plane = LocalPlane::new(GeodeticHeight::from_degrees(22.2, 114.25, 0.0));
        let cases = cases["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 15);
        for c in cases {
            let sensor = Sensor {
                position: Some(GeodeticHeight::from_degrees(22.2, 114.25, 0.0)),
                sigma_range_m: Some(number(&c["sigma_range_m"])),
                sigma_azimuth: Some(number(&c["sigma_azimuth"])),
                ..Sensor::new("r", crate::model::SensorKind::Radar, WireFormat::Asterix, FeedId(0))
            };
            let radar = Radar::new(&sensor, &plane).unwrap();
            let place = [number(&c["place"][0]), number(&c["place"][1])];
            let (r, range) = radar.error_at(place, false);
            let theirs = [number(&c["r"][0][0]), number(&c["r"][0][1]), number(&c["r"][1][1])];
            let scale = theirs[0].max(theirs[2]);
            for (ours, theirs) in r.iter().zip(theirs) {
                assert!((ours - theirs).abs() < 1e-9 * scale, "{r:?} for {theirs:?}");
            }
            assert!((range - number(&c["range_m"])).abs() < 1e-8);
            let z = radar.registration.place(&radar.frame, [number(&c["range_m"]), number(&c["azimuth"])]);
            let off = (z[0] - place[0]).hypot(z[1] - place[1]);
            // The plane's own error: d³/(8 R²), 0.04 m at 24 km.
            assert!(off < 0.001 + range.powi(3) / (8.0 * 6.371e6f64.powi(2)), "{off} m at {range} m");
        }
    }
}
