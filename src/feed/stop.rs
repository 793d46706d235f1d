//! The wish that the feeds end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest a feed sleeps or waits for bytes before it looks whether to stop.
pub(super) const STOP_POLL: Duration = Duration::from_millis(100);

/// Asks every holder of a clone to end; a feed has ended within a second.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    flag: Arc<AtomicBool>,
}

impl Stop {
    /// Not yet stopped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn stop(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub fn stopped(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Waits for `time`, or until asked to stop; tells whether to stop.
    pub fn wait(&self, time: Duration) -> bool {
        let mut left = time;
        while !left.is_zero() && !self.stopped() {
            let nap = left.min(STOP_POLL);
            std::thread::sleep(nap);
            left -= nap;
        }
        self.stopped()
    }
}

/// A flag that a signal handler sets.
impl From<Arc<AtomicBool>> for Stop {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self { flag }
    }
}
