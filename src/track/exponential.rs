//! Exponentials side by side.
//!
//! A look asks for them by fours, one a motion model. The platform's own takes one at a time; this one is only additions and products on lanes, which
//! the compiler puts into vector registers, and the same to the bit on every processor.

/// 1/k!, the coefficients of eˣ: with |x| ≤ ln 2 / 2 the terms from the fourteenth on are below 5e-18, a fiftieth of the last bit.
const COEFFICIENTS: [f64; 14] = {
    let mut c = [1.0; 14];
    let mut k = 2;
    while k < 14 {
        c[k] = c[k - 1] / k as f64;
        k += 1;
    }
    c
};
/// ln 2 in two parts: the upper 32 bits, whose products with whole numbers up to 2²⁰ are exact …
const LN2_HIGH: f64 = f64::from_bits(std::f64::consts::LN_2.to_bits() & !0xFFFF_FFFF);
/// … and the rest, with what the nearest number to ln 2 lacks of it.
const LN2_LOW: f64 = (std::f64::consts::LN_2 - LN2_HIGH) + 2.319_046_813_846_3e-17;
/// 1.5 · 2⁵²: added to a number, its whole part stands in the lowest bits of the sum.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// Below this eˣ has no full precision, above it is no number: what lies beyond is taken to be there. What is no number stays none.
const LEAST: f64 = -708.0;
const MOST: f64 = 709.0;

/// What `of` says of each lane. Written so, the compiler makes vector instructions of it.
#[inline(always)]
pub fn lanes<const N: usize>(of: impl Fn(usize) -> f64) -> [f64; N] {
    let mut out = [0.0; N];
    for i in 0..N {
        out[i] = of(i);
    }
    out
}

/// eˣ of each, within an ulp and a half. Step by step over all lanes, as in [`super::bank`].
#[inline(never)] // Among other work the compiler takes the lanes apart again.
pub fn exp_each<const N: usize>(x: [f64; N]) -> [f64; N] {
    let x: [f64; N] = lanes(|i| x[i].clamp(LEAST, MOST));
    let shifted: [f64; N] = lanes(|i| x[i] * std::f64::consts::LOG2_E + WHOLE);
    let n: [f64; N] = lanes(|i| shifted[i] - WHOLE);
    let r: [f64; N] = lanes(|i| (x[i] - n[i] * LN2_HIGH) - n[i] * LN2_LOW);
    // The sum in pairs, so that few products wait for each other.
    let pair = |k: usize| -> [f64; N] { lanes(|i| COEFFICIENTS[k] + COEFFICIENTS[k + 1] * r[i]) };
    let r2: [f64; N] = lanes(|i| r[i] * r[i]);
    let r4: [f64; N] = lanes(|i| r2[i] * r2[i]);
    let four = |k: usize| -> [f64; N] {
        let (a, b) = (pair(k), pair(k + 2));
        lanes(|i| a[i] + r2[i] * b[i])
    };
    let (first, second, third, last) = (pair(2), four(4), four(8), pair(12));
    let high: [f64; N] = lanes(|i| third[i] + r4[i] * last[i]);
    let middle: [f64; N] = lanes(|i| second[i] + r4[i] * high[i]);
    let low: [f64; N] = lanes(|i| r2[i] * first[i] + r4[i] * middle[i]);
    let sum: [f64; N] = lanes(|i| 1.0 + (r[i] + low[i]));
    // 2ⁿ by its exponent.
    let power: [f64; N] = lanes(|i| f64::from_bits(shifted[i].to_bits().wrapping_add(1023) << 52));
    lanes(|i| sum[i] * power[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_are_numbers_and_no_number_stays_none() {
        let [least, most, none, zero] = exp_each([f64::MIN, f64::MAX, f64::NAN, 0.0]);
        assert!(least > 0.0 && least < 1e-307 && most.is_finite() && most > 1e307);
        assert!(none.is_nan());
        assert_eq!(zero, 1.0);
    }

    proptest! {
        /// Against the platform's, which is right to less than an ulp.
        #[test]
        fn each_is_the_exponential(x in -708.0..709.0f64, y in -20.0..1.0f64) {
            for (ours, theirs) in exp_each([x, y, x / 100.0, -x]).into_iter().zip([x.exp(), y.exp(), (x / 100.0).exp(), (-x).max(LEAST).exp()]) {
                prop_assert!((ours - theirs).abs() <= 2.0 * f64::EPSILON * theirs, "{ours} {theirs}");
            }
        }
    }
}
