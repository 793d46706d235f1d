//! An AIS position report as a measurement of place and velocity.

use super::craft::Craft;
use super::register::ShipState;
use super::settings::FuseSettings;
use crate::model::{AisPosition, Timestamp};
use crate::track::{Expected, Imm, MODES, Normal};

/// Standard deviation of an AIS place, m: all that is in it.
pub(super) const SIGMA_PLACE_M: f64 = 10.0;
/// What of it is new with each report: the noise of a GNSS fix, m.
const SIGMA_FIX_M: f64 = 8.0;
/// What stays: the slow error of the GNSS, an axis, and where on the hull its antenna is, m. However many reports are taken, it does not average out.
pub(super) const SIGMA_SLOW_M: f64 = 4.0;
/// Standard deviation of a velocity component made of SOG (0.1 kn steps) and COG (0.1° steps, noisy at sea), m/s.
const SIGMA_VELOCITY: f64 = 0.5;
/// Course noise of a GNSS under way, rad.
const SIGMA_COURSE: f64 = 0.03;
/// A report tells the second, not the instant, of its fix: standard deviation of a second's uniform.
const SECOND_SIGMA_S: f64 = 0.29;

/// Where a transmitter said it was, in the site's plane.
pub(super) struct Fix {
    /// When, seconds since the epoch.
    pub t: f64,
    pub p: [f64; 2],
    pub v: [f64; 2],
    pub velocity_known: bool,
    /// Covariance of place and of velocity.
    pub r: [[f64; 3]; 2],
}

impl Fix {
    /// The fix of a report that was received at `received_at` from the place `p`.
    pub fn of(report: &AisPosition, epoch: Timestamp, received_at: Timestamp, p: [f64; 2]) -> Self {
        let (t, sigma_t) = fix_time(epoch, received_at, report.utc_second);
        let sog = report.sog.unwrap_or(0.0);
        let velocity_known = report.sog.is_some() && (report.cog.is_some() || sog < 0.3);
        let (s, c) = report.cog.unwrap_or(0.0).sin_cos();
        let v = [sog * s, sog * c];
        Self { t, p, v, velocity_known, r: error(v, sigma_t, velocity_known) }
    }

    pub fn state(&self) -> ShipState {
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
    // The time stamp is the second in which the receiver made the fix (ITU-R M.1371-5, annex 8, table 48). The fix may be anywhere in it,
    // and the report is sent within about a second of the fix: as likely early as late in both, so half of the age. What is
    // older was held up on its way.
    let (middle, width) = if age < 2.0 { (0.5 * age, age.min(1.0)) } else { (0.5, 1.0) };
    (now - age + middle, width * SECOND_SIGMA_S)
}

// Covariance of place and of velocity.
fn error(v: [f64; 2], sigma_t: f64, known: bool) -> [[f64; 3]; 2] {
    let p = SIGMA_FIX_M * SIGMA_FIX_M;
    let t = sigma_t * sigma_t;
    let c = SIGMA_COURSE * SIGMA_COURSE;
    let s = if known { SIGMA_VELOCITY * SIGMA_VELOCITY } else { 100.0 };
    [[p + t * v[0] * v[0], t * v[0] * v[1], p + t * v[1] * v[1]], [s + c * v[1] * v[1], -c * v[0] * v[1], s + c * v[0] * v[0]]]
}

/// Distance of a fix from where a craft is held without it, and its standard deviation along that line, m; `None` where no radar
/// holds it.
pub(super) fn offset(craft: &Craft, fix: &Fix) -> Option<[f32; 2]> {
    if craft.hits == 0 {
        return None;
    }
    let n = craft.mean();
    let dt = fix.t - craft.t;
    let d = [fix.p[0] - n.x[0] - n.x[2] * dt, fix.p[1] - n.x[1] - n.x[3] * dt];
    let m = d[0].hypot(d[1]);
    let [ee, en, nn] = [n.pp[0] + fix.r[0][0], n.pp[1] + fix.r[0][1], n.pp[2] + fix.r[0][2]];
    let variance =
        if m > 0.0 { (d[0] * d[0] * ee + 2.0 * d[0] * d[1] * en + d[1] * d[1] * nn) / (m * m) } else { 0.5 * (ee + nn) };
    Some([m as f32, variance.max(0.0).sqrt() as f32])
}

/// Likelihood of the fix over all histories of a craft.
pub(super) fn likelihood(craft: &Craft, fix: &Fix, settings: &FuseSettings) -> f64 {
    let dt = fix.t - craft.t;
    craft
        .histories()
        .map(|(w, imm)| w * by_mode(imm, dt, fix, settings).iter().zip(imm.mu).map(|(l, mu)| l * mu).sum::<f64>())
        .sum()
}

// Likelihood of a fix `dt` after the state, by mode.
fn by_mode(imm: &Imm, dt: f64, fix: &Fix, settings: &FuseSettings) -> [f64; MODES] {
    std::array::from_fn(|m| {
        let n = &imm.mode[m];
        let e = n.expect(&settings.motion.step(m, dt, &n.x), fix.r[0]);
        let d2 = e.distance2(fix.p);
        if d2 > 60.0 {
            return 0.0;
        }
        let mut n = *n;
        take_place(&mut n, &e, fix.p);
        let e2 = n.expect_velocity(fix.r[1]);
        e.peak * e2.peak * (-0.5 * (d2 + e2.distance2(fix.v))).exp()
    })
}

fn take_place(n: &mut Normal, e: &Expected, p: [f64; 2]) {
    n.correct(&e.gain, [p[0] - e.z[0], p[1] - e.z[1]], e.s);
}

/// What share of a place comes from a measurement: the gain, both axes alike.
pub(super) fn share(e: &Expected) -> f64 {
    (0.5 * (e.gain[0][0] + e.gain[1][1])).clamp(0.0, 1.0)
}

/// Takes the fix into a craft: each of its histories becomes as likely as the fix says, and takes it.
pub(super) fn take(craft: &mut Craft, fix: &Fix, settings: &FuseSettings) {
    craft.wake(&settings.motion);
    let dt = fix.t - craft.t;
    if dt > 0.0 {
        craft.predict(&settings.motion, dt);
        craft.existence.predict(dt, settings.survive_s, settings.fade_s);
        craft.t = fix.t;
    }
    let back = fix.t - craft.t;
    let m = craft.imm.likeliest();
    let n = &craft.imm.mode[m];
    let k = share(&n.expect(&settings.motion.step(m, back, &n.x), fix.r[0]));
    craft.lean += k * (1.0 - craft.lean);
    craft.weigh(|imm| {
        let each = by_mode(imm, back, fix, settings);
        let mean: f64 = each.iter().zip(imm.mu).map(|(l, mu)| l * mu).sum();
        for m in 0..MODES {
            let n = &mut imm.mode[m];
            let e = n.expect(&settings.motion.step(m, back, &n.x), fix.r[0]);
            take_place(n, &e, fix.p);
            let e = n.expect_velocity(fix.r[1]);
            n.correct(&e.gain, [fix.v[0] - e.z[0], fix.v[1] - e.z[1]], e.s);
            if mean > 0.0 {
                imm.mu[m] *= each[m] / mean;
            }
        }
        let sum: f64 = imm.mu.iter().sum();
        for v in &mut imm.mu {
            *v /= sum;
        }
        mean
    });
}
