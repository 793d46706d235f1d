//! How long to wait before the next try.

use std::time::Duration;

use crate::model::FeedId;

/// Quick enough that a receiver that was only restarted is missed for a second.
const FIRST: Duration = Duration::from_millis(500);
/// Slow enough not to burden a server that is down; the officer sees the state meanwhile.
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles from 0.5 s to 30 s, each wait ±25 % by feed and try, so that the feeds of a site do not all knock at once after a
/// power cut. Deterministic: no randomness is drawn.
#[derive(Debug)]
pub struct Backoff {
    feed: FeedId,
    tries: u32,
}

impl Backoff {
    /// Before the first try.
    pub fn new(feed: FeedId) -> Self {
        Self { feed, tries: 0 }
    }

    /// Begins anew, after a success.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    /// The wait before the next try.
    pub fn next(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(1 << self.tries.min(6)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        // SplitMix64's finalizer (Steele, Lea and Flood 2014) spreads small numbers over all bits.
        let mut z = (u64::from(self.feed.0) << 32 | u64::from(self.tries)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let share = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        wait.mul_f64(0.75 + 0.5 * share).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute_and_feeds_differ() {
        let waits = |feed| {
            let mut backoff = Backoff::new(FeedId(feed));
            (0..12).map(|_| backoff.next().as_secs_f64()).collect::<Vec<_>>()
        };
        let one = waits(1);
        for (i, wait) in one.iter().enumerate() {
            let plain = (0.5 * 2_f64.powi(i as i32)).min(30.0);
            assert!((plain * 0.75..=plain * 1.25).contains(wait) && *wait <= 30.0, "{i}: {wait}");
        }
        assert_eq!(one, waits(1));
        assert_ne!(one, waits(2));
    }
}
