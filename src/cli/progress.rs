//! Progress of long work on a terminal; nothing when the output goes elsewhere.

use std::io::{IsTerminal, Write};

use crate::feed::clock::Clock;
use crate::model::Timestamp;

/// How often the line is written anew: fast enough to look alive, too slow to cost anything.
const REFRESH_S: f64 = 0.25;

/// One line on standard error that is written over and over.
pub struct Progress {
    shown: bool,
    clock: Clock,
    began: Timestamp,
    last: Timestamp,
    width: usize,
}

impl Progress {
    /// Shown only if standard error is a terminal.
    pub fn new() -> Self {
        let clock = Clock::new();
        let now = clock.now();
        Self { shown: std::io::stderr().is_terminal(), clock, began: now, last: now, width: 0 }
    }

    /// Seconds since the work began.
    pub fn elapsed_s(&self) -> f64 {
        self.clock.now().seconds_since(self.began)
    }

    /// Writes the line if it is time; `line` gets the seconds since the work began.
    pub fn tell(&mut self, line: impl FnOnce(f64) -> String) {
        if !self.shown {
            return;
        }
        let now = self.clock.now();
        if now.seconds_since(self.last) < REFRESH_S {
            return;
        }
        self.last = now;
        let line = line(now.seconds_since(self.began));
        let width = line.chars().count();
        let mut err = std::io::stderr().lock();
        // A terminal that cannot be written to has nobody to tell.
        write!(err, "\r{line}{:pad$}", "", pad = self.width.saturating_sub(width)).and_then(|()| err.flush()).unwrap_or(());
        self.width = width;
    }

    /// Clears the line.
    pub fn done(&mut self) {
        if self.shown && self.width > 0 {
            eprint!("\r{:width$}\r", "", width = self.width);
            self.width = 0;
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
