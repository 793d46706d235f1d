//! The only place that reads the machine's clocks.
//!
//! [`Clock::now`] is UTC as the machine knows it, but never goes back: it runs on the monotonic clock and is steered to the
//! wall clock. Where the wall clock is set by less than 10 s (NTP at work, a leap second), time runs up to 5 % faster or slower
//! until it agrees. Where the wall clock jumps ahead by more (a machine without a battery that has just found its time server),
//! time jumps with it, since sensors tell UTC and would be hours off. Where it is set back by more, time still only runs slower:
//! the engine's order of events is worth more than the hour, and [`Clock::deviation_s`] raises the alarm.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::model::Timestamp;

/// How often the wall clock is looked at.
const CHECK_NS: i64 = 1_000_000_000;
/// A wall clock this far ahead is followed at once.
const STEP_NS: i64 = 10 * 1_000_000_000;
/// One part in this many is how much faster or slower time runs while it is steered: speeds measured meanwhile are off by 5 %.
const SLEW_PART: i64 = 20;

/// The clock of all feeds of a process; clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    began: Instant,
    steered: Mutex<Steered>,
}

impl Clock {
    /// A clock that agrees with the wall clock now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads a clock")]
    pub fn new() -> Self {
        let began = Instant::now();
        Self { inner: Arc::new(Inner { began, steered: Mutex::new(Steered::new(wall_ns())) }) }
    }

    /// The time now; never earlier than any given before, on any thread.
    pub fn now(&self) -> Timestamp {
        let mut steered = self.inner.steered.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that two threads cannot change places between.
        Timestamp::from_nanos(steered.at(self.monotonic().as_nanos() as i64, wall_ns))
    }

    /// Time since the clock was made, steered by nothing: for waiting, not for stamping.
    pub fn monotonic(&self) -> Duration {
        self.inner.began.elapsed()
    }

    /// Wall clock minus [`Clock::now`] when last compared, in s.
    pub fn deviation_s(&self) -> f64 {
        self.inner.steered.lock().unwrap_or_else(PoisonError::into_inner).debt_ns as f64 * 1e-9
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads a clock")]
fn wall_ns() -> i64 {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    }
}

/// Time as a function of a monotonic and a wall clock, without either.
#[derive(Debug)]
struct Steered {
    monotonic_ns: i64,
    time_ns: i64,
    /// By how much time has still to be moved to agree with the wall clock.
    debt_ns: i64,
    checked_ns: i64,
}

impl Steered {
    fn new(wall_ns: i64) -> Self {
        Self { monotonic_ns: 0, time_ns: wall_ns, debt_ns: 0, checked_ns: 0 }
    }

    fn at(&mut self, monotonic_ns: i64, wall_ns: impl FnOnce() -> i64) -> i64 {
        let passed = (monotonic_ns - self.monotonic_ns).max(0);
        self.monotonic_ns += passed;
        let slew = self.debt_ns.clamp(-passed / SLEW_PART, passed / SLEW_PART);
        self.debt_ns -= slew;
        self.time_ns = self.time_ns.saturating_add(passed + slew);
        if self.monotonic_ns - self.checked_ns >= CHECK_NS {
            self.checked_ns = self.monotonic_ns;
            self.debt_ns = wall_ns().saturating_sub(self.time_ns);
            if self.debt_ns > STEP_NS {
                self.time_ns = self.time_ns.saturating_add(self.debt_ns);
                self.debt_ns = 0;
            }
        }
        self.time_ns
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// Time after each of `seconds`, when the wall clock is off by `offset` from the true time.
    fn run(seconds: i64, offset: impl Fn(i64) -> i64) -> Vec<i64> {
        let mut steered = Steered::new(0);
        (1..=seconds).map(|s| steered.at(s * SECOND, || s * SECOND + offset(s)) - s * SECOND).collect()
    }

    #[test]
    fn small_corrections_are_worked_off() {
        let ahead = run(60, |s| if s >= 10 { SECOND } else { 0 });
        assert_eq!(ahead[8], 0);
        assert!(ahead[19] > SECOND * 4 / 10 && ahead[19] < SECOND * 6 / 10);
        assert_eq!(ahead[59], SECOND);
        assert!(ahead.windows(2).all(|w| w[1] - w[0] <= SECOND / SLEW_PART));
        let behind = run(60, |s| if s >= 10 { -SECOND } else { 0 });
        assert_eq!(behind[59], -SECOND);
    }

    #[test]
    fn a_jump_ahead_is_followed_and_one_back_is_not() {
        let ahead = run(20, |s| if s >= 10 { 3600 * SECOND } else { 0 });
        assert_eq!((ahead[8], ahead[9]), (0, 3600 * SECOND));
        let mut steered = Steered::new(0);
        for s in 1..1000 {
            steered.at(s * SECOND, || s * SECOND - if s > 10 { 3600 * SECOND } else { 0 });
        }
        assert!(steered.debt_ns < -3500 * SECOND, "the alarm stays: {}", steered.debt_ns);
    }

    proptest! {
        #[test]
        fn time_never_goes_back(steps in prop::collection::vec((0..3 * SECOND, -100 * SECOND..100 * SECOND), 1..200)) {
            let mut steered = Steered::new(1_700_000_000 * SECOND);
            let (mut monotonic, mut last) = (0, i64::MIN);
            for (passed, wall) in steps {
                monotonic += passed;
                let now = steered.at(monotonic, || 1_700_000_000 * SECOND + wall);
                prop_assert!(now >= last);
                last = now;
            }
        }
    }

    #[test]
    fn threads_see_one_order() {
        let clock = Clock::new();
        let last = Mutex::new(Timestamp::MIN);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        let mut last = last.lock().unwrap();
                        let now = clock.now();
                        assert!(now >= *last);
                        *last = now;
                    }
                });
            }
        });
    }
}
