//! A craft as the fusion holds it, and the line told of it.

use super::fix::SIGMA_SLOW_M;
use super::interval::interval_s;
use super::owed::Owed;
use super::reception::Reception;
use super::settings::FuseSettings;
use super::split::{Branch, MOST};
use crate::geo::{Geodetic, LocalPlane};
use crate::model::{
    AisClass, AisState, CraftClass, Link, Looks, Mmsi, Modes, Origin, Sensing, SensorId, SensorSet, Timestamp, Track, TrackId,
    TrackStatus,
};
use crate::track::{Existence, Imm, LEFT, MODES, Motion, RESTLESS, RIGHT, STEADY, exp_each, lanes};

/// Share of recent looks above which a craft is seen by radar: clutter of 1 plot a km² falls into a gate of 100 m in 3 % of looks, and the
/// weakest boats that are held are seen in a third.
const SEEN: f64 = 0.2;

/// The time in which AIS is expected, s: what a rule that asks for silence looks back over.
const AIS_WITHIN_S: f64 = 60.0;
/// Faster goes no boat, m/s (65 kn).
const FASTEST_MPS: f64 = 33.4;
/// No belief about a speed is worth more than odds of ten thousand against a craft.
const POSSIBLE_LEAST: f64 = 1e-4;
/// Of a craft just begun on a plot: half of the belief about its velocity reaches beyond [`FASTEST_MPS`] in 8 %, the other half nowhere.
const POSSIBLE_AT_BIRTH: f32 = 0.96;
/// Looks with a plot from which on a track may be unseen for a while and still be told as seen.
const KNOWN_HITS: u32 = 6;
/// Looks with a plot after which a track's speed is known, and stands for itself.
pub(crate) const YOUNG_HITS: u32 = 8;
/// How uncertain a craft's place may be before it is dropped, before it is dropped for having been so for some looks, and before it is told to coast, in errors of a plot of it (root of the
/// trace). At 16 km, with a beam that tells an azimuth to .3°, they are the three settings in metres; there they were found.
pub(crate) const COARSE: [f64; 3] = [3.5, 2.0, 2.3];
/// The time without a plot after which a track is told to coast is that of an antenna of 20 turns a minute: under a slower one it is as many looks.
const USUAL_TURN_S: f64 = 3.0;
/// Share of a slower radar's look in [`Craft::turn_s`]: a quicker one counts at once, and until the craft has been out of its sight for twenty looks.
const SLOWER: f32 = 0.05;
/// Share of the newest plot in what is known of the error of a craft's plots: those of two radars come in turns.
const ERROR_NEWEST: f32 = 0.3;
/// Probability that there is a craft where one reports.
const HELD_BY_AIS: f64 = 0.999;

/// What is told with a craft and decides nothing in the filter.
#[derive(Clone, Copy, Default)]
pub(crate) struct History {
    /// How large its echo is.
    pub echo: super::echo::Echo,
    /// False plots a look and km² of the last radar that saw it, over its whole sea.
    pub sea_km2: Option<f32>,
    /// Whether it may have changed over to another craft.
    pub swap: super::swap::Swap,
    /// Where it was first seen; known from its first line on.
    pub born_at: Geodetic,
    /// Speed at its confirmation, m/s.
    pub born_speed: Option<f32>,
    /// Probability that AIS would have been received from it in the last minute.
    pub ais_expected: Option<f32>,
    /// The last time its number was taken up again.
    pub link: Option<Link>,
}

/// A hypothesis of a craft. Times are seconds since the fuser's epoch.
///
/// A crowded sea has more of them than the processor's caches hold, and each look fetches what it asks of each anew: what is asked of all
/// stands together, before what is asked of those that something is near.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Craft {
    pub id: TrackId,
    pub born: f64,
    /// Time of the state.
    pub t: f64,
    /// Where its first plot lay.
    pub origin: [f64; 2],
    /// Begun on one plot, with nothing near it since: its filter stands where that plot was until something stirs it ([`Craft::wake`]).
    /// Most plots of a rough sea begin a track that dies so, and need no filter for it.
    pub waits: bool,
    pub confirmed: bool,
    /// Whether it has been asked if it continues a lost one.
    pub settled: bool,
    /// A line about it has been given.
    pub told: bool,
    pub hits: u32,
    /// How often it was seen, once confirmed, where no other could be in one cell of the radar with it.
    pub shown: u8,
    /// When last.
    pub shown_at: f64,
    pub existence: Existence,
    pub last_hit: f64,
    /// Time of the state at which it was seen last.
    pub seen: f64,
    /// How uncertain its place was after its last look, m.
    pub sigma_m: f64,
    /// Mean over some looks of how uncertain its place was, m.
    pub blur_m: f64,
    /// How uncertain its plots are, m: the root of the trace, mean over some of them.
    pub error_m: f32,
    /// Plots a look that a ship shows beside its own ([`super::extent`]).
    pub extra: f32,
    /// Turn of the quickest radar that looks at it of late, s.
    pub turn_s: f32,
    /// Up to when it has been told as foretold ([`super::between`]): no line lies behind one before.
    pub foretold: f64,
    /// Share of radar looks that saw it, over about the last minute.
    pub hit_ratio: f64,
    /// How far the place moves with an error that all its AIS reports have: the share of them in it, less what radars have corrected since.
    pub lean: f64,
    /// Its last radar looks.
    pub looks: Looks,
    /// Covariance of its first plot, m²: with [`origin`](Self::origin) all that is known of its place while it waits.
    pub start: [f64; 3],
    /// Plots taken while tentative.
    pub owed: Owed,
    /// Probability that it goes no faster than boats do, as last taken into its existence.
    pub possible: f32,
    pub sensors: SensorSet,
    pub identity: super::names::Identity,
    /// Probability of `imm` among the histories that the craft may have …
    pub lead: f64,
    /// … and the others, likeliest first: which of the plots near it were its.
    pub others: Vec<Branch>,
    pub imm: Imm,
    /// Where it was told to be last: start of the next conversion.
    pub geodetic: Geodetic,
    pub history: History,
}

impl Craft {
    /// A craft begun at `t` at `place`, known to `cov` (m²), with nothing known of it but the filter `imm`.
    pub fn begun(id: TrackId, t: f64, (place, cov): ([f64; 2], [f64; 3]), imm: Imm, existence: Existence, now: f64) -> Self {
        let sigma_m = (cov[0] + cov[2]).sqrt();
        Self {
            id,
            born: t,
            t,
            origin: place,
            waits: false,
            confirmed: false,
            settled: false,
            told: false,
            hits: 0,
            shown: 0,
            shown_at: f64::MIN,
            existence,
            last_hit: now,
            seen: t,
            sigma_m,
            blur_m: sigma_m,
            error_m: sigma_m as f32,
            extra: 0.0,
            turn_s: 0.0,
            foretold: f64::MIN,
            hit_ratio: 1.0,
            lean: 0.0,
            looks: Looks::default(),
            start: cov,
            owed: Owed::default(),
            possible: POSSIBLE_AT_BIRTH,
            sensors: SensorSet::default(),
            identity: Default::default(),
            lead: 1.0,
            others: Vec::new(),
            imm,
            geodetic: Geodetic::default(),
            history: History::default(),
        }
    }

    /// Reads a number of each stretch of memory that a look will read, so that the processor fetches them side by side and not one upon the other's
    /// heels. What a look asks of a filter lies all over it, and in a crowd each history of it is in memory elsewhere.
    pub fn fetch(&self) {
        let own = self.t + self.existence.level[0] + self.hit_ratio + f64::from(self.possible);
        std::hint::black_box((own, self.sensors.len()));
        if !self.waits {
            std::hint::black_box(self.imm.mode.iter().fold(0.0, |sum, n| sum + n.x[0] + n.vv[0]));
            std::hint::black_box((self.identity.named(), self.history.sea_km2, self.lead));
            for b in &self.others {
                std::hint::black_box(b.imm.mode.iter().fold(b.w, |sum, n| sum + n.x[0] + n.vv[0]));
            }
        }
    }

    /// Notes a contribution of a sensor at `t`.
    pub fn touch(&mut self, sensor: SensorId, epoch: Timestamp, t: f64) {
        self.sensors.touch(sensor, epoch.plus_seconds(t));
    }

    /// Notes how uncertain its place is: the root of the trace, which bounds the larger axis of the one-sigma ellipse from above.
    pub fn measure(&mut self, motion: &Motion) {
        if self.waits {
            let dt = self.t - self.born;
            let [ee, _, nn] = self.start;
            self.sigma_m =
                (motion.prior.iter().zip(motion.sigma_v)).fold(ee + nn, |sum, (w, s)| sum + w * 2.0 * (s * s) * dt * dt).sqrt();
            return;
        }
        let p = self.mean_place();
        self.sigma_m = (p.variance[0] + p.variance[1]).max(0.0).sqrt();
    }

    /// Notes the error of a plot that is of it, m (root of the trace).
    pub fn note_error(&mut self, error_m: f64) {
        self.error_m += ERROR_NEWEST * (error_m as f32 - self.error_m);
    }

    /// Notes that a radar of such a turn has looked at it.
    pub fn note_turn(&mut self, turn_s: f64) {
        let turn_s = turn_s as f32;
        let quicker = self.turn_s == 0.0 || turn_s < self.turn_s;
        self.turn_s += if quicker { 1.0 } else { SLOWER } * (turn_s - self.turn_s);
    }

    // How long nothing may have seen it before it is told to coast, s.
    fn unseen_s(&self, settings: &FuseSettings) -> f64 {
        // A young track is most often none, and waits no longer under a slow antenna: with as many looks false alerts were three in 8 min and not one.
        if self.hits < KNOWN_HITS {
            return settings.coast_young_s;
        }
        settings.coast_after_s * (f64::from(self.turn_s) / USUAL_TURN_S).max(1.0)
    }

    /// Lets the filter be less sure of itself, its covariances grown by `factor`.
    pub fn loosen(&mut self, factor: f64) {
        for n in &mut self.imm.mode {
            n.pp = n.pp.map(|v| v * factor);
            n.pv = n.pv.map(|v| v * factor);
            n.vv = n.vv.map(|v| v * factor);
        }
    }

    /// Brings a filter that waits to the craft's time.
    pub fn wake(&mut self, motion: &Motion) {
        if std::mem::take(&mut self.waits) {
            self.imm.predict(motion, self.t - self.born);
        }
    }

    /// Likelihood of a plot at `d` from a craft that waits, `dt` seconds after its first plot, 1/m²: `error` is that of the plot. Turns and
    /// accelerations move it by less than the spread of the velocities with which it may have begun.
    pub fn first_step(&self, motion: &Motion, d: [f64; 2], dt: f64, error: [f64; 3]) -> f64 {
        let pp = self.start;
        let (mut d2, mut area) = ([0.0; MODES], [0.0; MODES]);
        for m in 0..MODES {
            let v = motion.sigma_v[m] * motion.sigma_v[m] * dt * dt;
            let s = [pp[0] + error[0] + v, pp[1] + error[1], pp[2] + error[2] + v];
            let det = (s[0] * s[2] - s[1] * s[1]).max(1e-9);
            d2[m] = (s[2] * d[0] * d[0] - 2.0 * s[1] * d[0] * d[1] + s[0] * d[1] * d[1]) / det;
            area[m] = std::f64::consts::TAU * det.sqrt();
        }
        let fall = exp_each(d2.map(|d2| -0.5 * d2));
        (0..MODES).fold(0.0, |sum, m| if d2[m] < 30.0 { sum + motion.prior[m] * fall[m] / area[m] } else { sum })
    }

    /// Asks whether AIS would have been received from it within the last minute if it carried one: as the class it told to be, and as a small
    /// craft where it told nothing.
    pub fn expect_ais(&mut self, reception: &Reception, now: f64) {
        let class = if self.identity.class == Some(CraftClass::Ship) { AisClass::A } else { AisClass::B };
        let [ve, vn] = self.imm.velocity();
        let interval = self.identity.interval_s().unwrap_or_else(|| interval_s(class, ve.hypot(vn), false));
        let expected = reception.expected(class, self.imm.place(), interval, AIS_WITHIN_S, now);
        self.history.ais_expected = expected.map(|p| p as f32);
    }

    /// Takes into its existence that boats go no faster than [`FASTEST_MPS`]: what a new track's belief holds beyond is no craft but plots that do
    /// not belong together. What was taken at the look before is taken back, so that it counts once.
    pub fn bound_speed(&mut self) {
        let possible = (1.0 - exceedance(&[speeds(1.0, &self.imm)], FASTEST_MPS).0).max(POSSIBLE_LEAST);
        self.lead *= possible / f64::from(self.possible);
        let mut factor = self.lead;
        self.possible = possible as f32;
        for b in &mut self.others {
            let possible = (1.0 - exceedance(&[speeds(1.0, &b.imm)], FASTEST_MPS).0).max(POSSIBLE_LEAST);
            b.w *= possible / f64::from(b.possible);
            b.possible = possible as f32;
            factor += b.w;
        }
        self.lead /= factor;
        for b in &mut self.others {
            b.w /= factor;
        }
        let r = self.existence.r;
        self.existence.r = r * factor / (1.0 - r + r * factor);
    }

    /// Whether it stands: what is too unlikely, or might be anywhere, is dropped.
    pub fn lives(&self, settings: &FuseSettings, now: f64) -> bool {
        let floor = if self.confirmed {
            settings.drop_confirmed
        } else if self.waits {
            settings.drop_tentative
        } else {
            settings.drop_awake
        };
        let error_m = f64::from(self.error_m);
        self.existence.r >= floor
            && (self.sigma_m < settings.drop_sigma_m.max(COARSE[0] * error_m)
                && self.blur_m < settings.drop_blur_m.max(COARSE[1] * error_m))
            // Whom AIS holds lives by its reports, whatever the radars do not see.
            || self.existence.r > 0.0 && self.identity.holds(now)
    }

    /// Whether radars see it, and not only now and then by some plot of the sea that lies where it should be.
    pub fn seen_by_radar(&self) -> bool {
        self.hit_ratio > SEEN
    }

    // The speed as each model of each history sees it.
    fn speeds(&self) -> Speeds {
        let none = SpeedModes { weight: [0.0; MODES], mean: [0.0; MODES], sigma: [1.0; MODES] };
        let mut all = Speeds { of: [none; MOST], len: 0 };
        for (to, (w, imm)) in all.of.iter_mut().zip(self.histories()) {
            *to = speeds(w, imm);
            all.len += 1;
        }
        all
    }

    /// Probability that the track has changed over to another craft of late.
    pub fn p_swap(&self, settings: &FuseSettings, now: f64) -> f64 {
        let met = self.history.swap.p(now);
        if !self.identity.named() {
            return met;
        }
        let speeds = self.speeds();
        let modes = speeds.modes();
        met.max(self.identity.doubt(lower_bound(modes, 0.9), exceedance(modes, settings.fast_mps).0, now))
    }

    /// The line about it.
    pub fn line(&mut self, plane: &LocalPlane, epoch: Timestamp, now: f64, settings: &FuseSettings) -> Track {
        self.wake(&settings.motion);
        if self.t < self.foretold {
            let mut ahead = Self { foretold: f64::MIN, ..self.clone() };
            ahead.predict(&settings.motion, self.foretold - self.t);
            ahead.t = self.foretold;
            let line = ahead.line(plane, epoch, now, settings);
            self.geodetic = ahead.geodetic;
            return line;
        }
        let n = self.mean();
        self.geodetic = plane.geodetic(n.x[0], n.x[1]);
        let sigma = (n.pp[0] + n.pp[2]).max(0.0).sqrt();
        let status = if !self.confirmed {
            TrackStatus::Tentative
        } else if sigma > settings.coast_sigma_m.max(COARSE[2] * f64::from(self.error_m))
            || now - self.last_hit > self.unseen_s(settings)
        {
            TrackStatus::Coasting
        } else {
            TrackStatus::Confirmed
        };
        let speeds = self.speeds();
        let modes = speeds.modes();
        let p_fast = exceedance(modes, settings.fast_mps).0;
        let lower = lower_bound(modes, 0.9);
        let doubt = self.identity.doubt(lower, p_fast, now);
        let (mmsi, ais): (Option<Mmsi>, AisState) = self.identity.state(self.seen_by_radar(), doubt, now);
        // Whose name is not told any more is doubted for that; whom it may have changed over to lately is another question.
        let doubt = if mmsi.is_some() { doubt } else { 0.0 };
        if !self.told {
            self.history.born_at = plane.geodetic(self.origin[0], self.origin[1]);
            self.told = true;
        }
        if self.confirmed && self.history.born_speed.is_none() {
            self.history.born_speed = Some(n.x[2].hypot(n.x[3]) as f32);
        }
        let p_exist = if self.identity.holds(now) { self.existence.r.max(HELD_BY_AIS) } else { self.existence.r };
        // Known as well as the filter says, but for what all AIS reports have in common.
        let slow = (self.lean * SIGMA_SLOW_M).powi(2);
        let mut mu = [0.0; MODES];
        for (w, imm) in self.histories() {
            for (sum, m) in mu.iter_mut().zip(imm.mu) {
                *sum += w * m;
            }
        }
        Track {
            id: self.id,
            status,
            t: epoch.plus_seconds(self.t),
            t_out: epoch.plus_seconds(now),
            born: epoch.plus_seconds(self.born),
            position: self.geodetic,
            velocity: [n.x[2], n.x[3]],
            position_cov: [n.pp[0] + slow, n.pp[1], n.pp[2] + slow],
            velocity_cov: n.vv,
            sog_lcb90: lower,
            p_exist,
            p_fast: p_fast.clamp(0.0, 1.0),
            hit_ratio: self.hit_ratio,
            mmsi,
            ais,
            ais_expected: self.history.ais_expected.map(f64::from),
            class: self.identity.class.unwrap_or(CraftClass::Unknown),
            sensors: self.sensors,
            modes: Modes { steady: mu[STEADY], agile: mu[RESTLESS], port: mu[LEFT], starboard: mu[RIGHT] },
            sensing: Sensing {
                pd: self.existence.pd(),
                looks: self.looks,
                p_clutter: 1.0 - p_exist,
                p_swap: self.history.swap.p(now).max(doubt),
                echo_m2: self.history.echo.m2(),
                sea_km2: self.history.sea_km2,
            },
            ais_detail: self.identity.detail(now),
            origin: Origin {
                position: self.history.born_at,
                speed: self.history.born_speed.map(f64::from),
                link: self.history.link,
            },
        }
    }
}

/// A craft's speed: a mixture of what the models of all its histories say.
struct Speeds {
    of: [SpeedModes; MOST],
    len: usize,
}

impl Speeds {
    fn modes(&self) -> &[SpeedModes] {
        &self.of[..self.len]
    }
}

// The speed as each model of a history of probability `w` sees it.
fn speeds(w: f64, imm: &Imm) -> SpeedModes {
    let speed = imm.speed();
    SpeedModes { weight: imm.mu.map(|mu| w * mu), mean: speed.map(|s| s.0), sigma: speed.map(|s| s.1.max(1e-6).sqrt()) }
}

/// Speed as the motion models of a history see it, a lane each: a normal distribution and the model's probability.
#[derive(Clone, Copy, Debug)]
struct SpeedModes {
    weight: [f64; MODES],
    mean: [f64; MODES],
    sigma: [f64; MODES],
}

/// Probability that the speed is above `x`, and the density there.
fn exceedance(modes: &[SpeedModes], x: f64) -> (f64, f64) {
    let (mut above, mut density) = ([0.0; MODES], [0.0; MODES]);
    for n in modes {
        let z: [f64; MODES] = lanes(|m| (x - n.mean[m]) / n.sigma[m]);
        let phi = normal_density(z);
        let tail = tail(z, phi);
        above = lanes(|m| above[m] + n.weight[m] * tail[m]);
        density = lanes(|m| density[m] + n.weight[m] * phi[m] / n.sigma[m]);
    }
    (above.iter().sum(), density.iter().sum())
}

/// The speed that is exceeded with probability `p`: the quantile of the mixture itself, so that `sog_lcb90 >= limit` says the
/// same as `P(speed > limit) >= 0.9`. A normal of the mixture's mean and variance would lie several knots lower for a craft that
/// turns, because the models then disagree about the course and not about the speed.
fn lower_bound(modes: &[SpeedModes], p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 0.0f64);
    let mut x = 0.0;
    for n in modes {
        for m in 0..MODES {
            high = high.max(n.mean[m] + 4.0 * n.sigma[m]);
            // The normal's own 10 % point, averaged over the models, is near.
            x += n.weight[m] * (n.mean[m] - 1.2816 * n.sigma[m]);
        }
    }
    if exceedance(modes, low).0 <= p {
        return 0.0;
    }
    // Newton inside a bracket. Six steps leave less than 1 cm/s.
    for _ in 0..6 {
        if !(x > low && x < high) {
            x = 0.5 * (low + high);
        }
        let (above, density) = exceedance(modes, x);
        if above > p {
            low = x
        } else {
            high = x
        }
        let step = (above - p) / density.max(1e-12);
        x += step;
        if step.abs() < 0.005 {
            break;
        }
    }
    x.clamp(low, high)
}

/// Probability of a standard normal above `x`.
pub(crate) fn upper_tail(x: f64) -> f64 {
    let [p] = tail([x], normal_density([x]));
    p
}

#[inline(always)]
fn normal_density<const N: usize>(z: [f64; N]) -> [f64; N] {
    // 1/√(2π)
    let e: [f64; N] = exp_each(lanes(|i| -0.5 * z[i] * z[i]));
    lanes(|i| 0.398_942_280_401_432_7 * e[i])
}

/// Probability of a standard normal above `x`, where its density is `phi`: Abramowitz & Stegun 26.2.17, error < 7.5e-8.
#[inline(never)] // As `exp_each`.
fn tail<const N: usize>(x: [f64; N], phi: [f64; N]) -> [f64; N] {
    const C: [f64; 5] = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t: [f64; N] = lanes(|i| 1.0 / (1.0 + 0.231_641_9 * x[i].abs()));
    let poly = C.iter().rev().fold([0.0; N], |sum, c| lanes(|i| t[i] * (c + sum[i])));
    lanes(|i| if x[i] >= 0.0 { phi[i] * poly[i] } else { 1.0 - phi[i] * poly[i] })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::track::{LEVELS, Normal};

    // A track of two plots that is believed to go at `speed` m/s, within 3 m/s.
    pub(in super::super) fn going(speed: f64, r: f64) -> Craft {
        let n = Normal { x: [0.0, 0.0, speed, 0.0], pp: [900.0, 0.0, 900.0], pv: [0.0; 4], vv: [9.0, 0.0, 9.0] };
        let existence = Existence { r, level: [1.0 / LEVELS as f64; LEVELS] };
        let begun = Craft::begun(TrackId(1), 0.0, ([0.0; 2], n.pp), Imm::known(&Motion::default(), n), existence, 0.0);
        Craft { hits: 2, sigma_m: 30.0, blur_m: 30.0, ..begun }
    }

    #[test]
    fn a_craft_that_waits_expects_its_second_plot_where_its_filter_would() {
        let (motion, error) = (Motion::default(), [500.0, 120.0, 900.0]);
        let waiting = Craft { imm: Imm::born(&motion, [0.0; 2], error), start: error, waits: true, ..going(0.0, 0.01) };
        for dt in [0.3, 1.0, 2.5, 5.0] {
            let mut awake = Craft { t: dt, ..waiting.clone() };
            awake.wake(&motion);
            assert!(!awake.waits);
            for d in [[0.0, 0.0], [20.0, -10.0], [60.0, 30.0], [-90.0, 110.0]] {
                let filter: f64 = (0..MODES)
                    .map(|m| {
                        let e = awake.imm.mode[m].expect(&crate::track::Step::NONE, error);
                        awake.imm.mu[m] * e.peak * (-0.5 * e.distance2(d)).exp()
                    })
                    .sum();
                let guess = waiting.first_step(&motion, d, dt, error);
                // What it leaves out is process noise and the mixing of models: within a factor that the limit it is held against is not
                // known better than.
                assert!((0.6..1.6).contains(&(guess / filter)), "{dt} s {d:?}: {guess} {filter}");
            }
            let (mut waits, mut wakes) = (Craft { t: dt, ..waiting.clone() }, awake);
            waits.measure(&motion);
            wakes.measure(&motion);
            assert!((waits.sigma_m / wakes.sigma_m - 1.0).abs() < 0.05, "{} {}", waits.sigma_m, wakes.sigma_m);
        }
    }

    #[test]
    fn what_goes_faster_than_any_boat_is_no_boat() {
        let mut c = going(45.0, 0.99);
        c.bound_speed();
        assert!(c.existence.r < 0.02, "{}", c.existence.r);
        // A go-fast at 50 kn loses nothing, and gains the little that the prior gave to the impossible.
        let mut c = going(25.7, 0.9);
        c.bound_speed();
        assert!((0.9..0.91).contains(&c.existence.r), "{}", c.existence.r);
    }

    #[test]
    fn a_belief_about_the_speed_counts_once_and_is_taken_back() {
        let mut c = going(36.0, 0.9);
        c.bound_speed();
        let once = c.existence.r;
        c.bound_speed();
        assert!((c.existence.r - once).abs() < 1e-6, "asked twice, it is the same knowledge");
        c.imm = going(20.0, 0.9).imm;
        c.bound_speed();
        let mut slow = going(20.0, 0.9);
        slow.bound_speed();
        assert!((c.existence.r - slow.existence.r).abs() < 1e-6, "{} {}", c.existence.r, slow.existence.r);
    }

    #[test]
    fn a_track_of_few_plots_must_be_seen_again_to_be_told_as_seen() {
        let (plane, settings) = (LocalPlane::new(Default::default()), FuseSettings::default());
        let told = |turns: &[f64], hits: u32, now: f64| {
            let mut c = Craft { hits, confirmed: true, ..going(20.0, 0.99) };
            turns.iter().for_each(|&turn_s| c.note_turn(turn_s));
            c.line(&plane, Timestamp::from_secs(0), now, &settings).status
        };
        assert_eq!(told(&[2.5], 3, 7.0), TrackStatus::Confirmed);
        assert_eq!(told(&[2.5], 3, 8.0), TrackStatus::Coasting);
        assert_eq!(told(&[2.5], KNOWN_HITS, 17.0), TrackStatus::Confirmed);
        assert_eq!(told(&[2.5], KNOWN_HITS, 19.0), TrackStatus::Coasting);
        // An antenna of 6 s has looked as often after 36 s; a quicker one beside it would have seen the craft before.
        assert_eq!(told(&[6.0], 3, 8.0), TrackStatus::Coasting);
        assert_eq!(told(&[6.0], KNOWN_HITS, 35.0), TrackStatus::Confirmed);
        assert_eq!(told(&[6.0], KNOWN_HITS, 37.0), TrackStatus::Coasting);
        assert_eq!(told(&[6.0, 2.5, 6.0], KNOWN_HITS, 19.0), TrackStatus::Coasting);
    }
}
