//! How long each message type may be. A shorter message has fields that were never received, and a longer one was damaged in
//! a way that the eight-bit checksum of the sentence cannot see.

use crate::wire::Refusal;

/// The first six bits are no message type.
pub const UNKNOWN_TYPE: Refusal = Refusal("ais-unknown-type");
/// The message has not the length of its type.
pub const WRONG_LENGTH: Refusal = Refusal("ais-wrong-length");

/// A message in whole six-bit characters can be up to five bits longer than it was on the air, where the sender leaves the
/// count of fill bits at 0.
const FILL: usize = 5;

/// Checks a length in bits against the table of ITU-R M.1371-5 annex 8 §3, where each message has its table.
#[inline(always)]
pub fn check(message_type: u8, bits: usize) -> Result<(), Refusal> {
    let exactly = |n: usize| (n..=n + FILL).contains(&bits);
    let between = |shortest: usize, longest: usize| (shortest..=longest + FILL).contains(&bits);
    let good = match message_type {
        1..=4 | 9 | 11 | 18 | 22 => exactly(168),
        5 => exactly(424),
        // Destination and application identifier are the least; five slots the most.
        6 => between(88, 1008),
        // One to four acknowledgements.
        7 | 13 => exactly(72) || exactly(104) || exactly(136) || exactly(168),
        8 => between(56, 1008),
        10 => exactly(72),
        12 => between(72, 1008),
        14 => between(40, 1008),
        // One message of one station, two of one, two stations.
        15 => exactly(88) || exactly(110) || exactly(160),
        // One station or two.
        16 => exactly(96) || exactly(144),
        17 => between(80, 816),
        19 => exactly(312),
        // One to four reservations of 30 bits after 40, filled to whole bytes.
        20 => exactly(72) || exactly(104) || exactly(136) || exactly(160),
        // A name extension of 0–14 characters, filled to whole bytes.
        21 => between(272, 360),
        23 => exactly(160),
        // Part A has 160 bits, but many transponders send it with the 168 of part B.
        24 => exactly(160) || exactly(168),
        25 => between(40, 168),
        26 => between(60, 1064),
        27 => exactly(96),
        _ => return Err(UNKNOWN_TYPE),
    };
    if good { Ok(()) } else { Err(WRONG_LENGTH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_length_and_no_other_number_is_a_type() {
        for kind in 0..=63u8 {
            let known = (0..=1100).any(|bits| check(kind, bits) == Ok(()));
            assert_eq!(known, (1..=27).contains(&kind), "{kind}");
            if !known {
                assert_eq!(check(kind, 168), Err(UNKNOWN_TYPE));
            }
        }
        assert_eq!(check(1, 186), Err(WRONG_LENGTH));
        assert_eq!(check(1, 162), Err(WRONG_LENGTH));
        assert_eq!(check(27, 168), Err(WRONG_LENGTH));
        assert_eq!(check(5, 426), Ok(()));
    }
}
