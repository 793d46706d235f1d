//! Sums of bits by which the same transmission is known again.

use crate::model::Transmission;

/// Two independent 64-bit sums: equal by chance once in 2¹²⁸. Fixed keys: the same in every run.
pub type Fingerprint = [u64; 2];

/// Sums up `bytes`; `length` tells apart what differs only in bits at the end that are not there.
#[inline]
pub fn fingerprint(bytes: &[u8], length: u64) -> Fingerprint {
    // Multipliers: the fractional parts of √2 and √3, made odd; only their being odd and unlike matters.
    const KEYS: [u64; 2] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b];
    let step = |sums: Fingerprint, word: u64| {
        let [a, b] = sums;
        [(a ^ word).wrapping_mul(KEYS[0]).rotate_left(29), (b.rotate_left(17) ^ word).wrapping_mul(KEYS[1]).rotate_left(31)]
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let mut sums = words.iter().fold([length, !length], |sums, w| step(sums, u64::from_le_bytes(*w)));
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    sums = step(step(sums, u64::from_le_bytes(last)), length);
    sums.map(|s| s ^ (s >> 32))
}

/// The name of a transmission of that sum.
pub fn transmission([a, b]: Fingerprint) -> Transmission {
    Transmission::new(a ^ b.rotate_left(32))
}
