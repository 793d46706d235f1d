//! The normal distribution's tail, and angles.

use std::f64::consts::{PI, TAU};

/// Probability of a standard normal above `x`: Abramowitz & Stegun 26.2.17, error < 7.5e-8.
pub(super) fn upper_tail(x: f64) -> f64 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.231_641_9 * a);
    let poly = t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = 0.398_942_280_401_432_7 * (-0.5 * a * a).exp() * poly;
    if x >= 0.0 { tail } else { 1.0 - tail }
}

/// The angle between two directions, radians, 0–π.
pub(super) fn angle_between(a: f64, b: f64) -> f64 {
    turn(a, b).abs()
}

/// By how much to turn from `a` to `b`, radians, −π–π, positive to starboard.
pub(super) fn turn(a: f64, b: f64) -> f64 {
    (b - a + PI).rem_euclid(TAU) - PI
}
