//! A histogram of delays that writers and readers share without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets a power of two: a quantile is told within 1/16 (6 %) of its value, and never too small.
const SUB_BUCKETS: u64 = 16;
/// 2^32 µs is over an hour: longer delays share the last bucket.
const POWERS: u64 = 33;
const BUCKETS: usize = (POWERS * SUB_BUCKETS) as usize;

/// Counts of delays, in µs, in buckets that grow with the delay.
#[derive(Debug)]
pub struct Latency {
    counts: Vec<AtomicU64>,
    total: AtomicU64,
    sum_us: AtomicU64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { counts: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(), total: AtomicU64::new(0), sum_us: AtomicU64::new(0) }
    }
}

impl Latency {
    /// Counts one delay; a negative one (a clock that was set back) counts as 0.
    pub fn record(&self, seconds: f64) {
        let us = (seconds.max(0.0) * 1e6) as u64;
        if let Some(count) = self.counts.get(bucket(us)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.total.fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Their sum in seconds.
    pub fn sum_s(&self) -> f64 {
        self.sum_us.load(Ordering::Relaxed) as f64 * 1e-6
    }

    /// The delay that a share `q` (0–1) of them did not exceed; `None` before the first.
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let wanted = (q.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (i, count) in self.counts.iter().enumerate() {
            seen += count.load(Ordering::Relaxed);
            if seen >= wanted {
                return Some(Duration::from_micros(upper_us(i)));
            }
        }
        None
    }
}

fn bucket(us: u64) -> usize {
    if us < SUB_BUCKETS {
        return us as usize;
    }
    let power = u64::from(us.ilog2());
    // The four bits below the leading one choose the sub-bucket.
    let sub = (us >> (power - 4)) & (SUB_BUCKETS - 1);
    (((power - 3) * SUB_BUCKETS + sub) as usize).min(BUCKETS - 1)
}

/// The largest delay of a bucket, µs.
fn upper_us(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < SUB_BUCKETS {
        return bucket;
    }
    let power = bucket / SUB_BUCKETS + 3;
    let sub = bucket % SUB_BUCKETS;
    ((SUB_BUCKETS + sub + 1) << (power - 4)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delay_falls_in_a_bucket_that_ends_at_most_a_sixteenth_above_it() {
        for us in (0..100_000).chain((0..40).map(|p| (1u64 << p.min(35)) + 12_345)).filter(|us| *us < 1 << 33) {
            let upper = upper_us(bucket(us));
            assert!(upper >= us, "{us} in a bucket up to {upper}");
            assert!(upper - us <= us / 16 + 1, "{us} told as {upper}");
        }
    }

    #[test]
    fn quantiles_of_a_known_set() {
        let h = Latency::default();
        assert_eq!(h.quantile(0.5), None);
        for ms in 1..=100 {
            h.record(f64::from(ms) * 1e-3);
        }
        let p50 = h.quantile(0.5).unwrap().as_secs_f64();
        let p99 = h.quantile(0.99).unwrap().as_secs_f64();
        assert!((0.050..0.054).contains(&p50), "{p50}");
        assert!((0.099..0.106).contains(&p99), "{p99}");
    }
}
