//! Progress of long work on a terminal; nothing when the output goes elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line is written anew: fast enough to look alive, too slow to cost anything.
const REFRESH: Duration = Duration::from_millis(250);

/// One line on standard error that is written over and over.
pub struct Progress {
    shown: bool,
    began: Instant,
    last: Duration,
    width: usize,
}

impl Progress {
    /// Shown only if standard error is a terminal.
    pub fn new() -> Self {
        // Progress is for the eye and for pacing; it never reaches the engine.
        #[expect(clippy::disallowed_methods, reason = "the pace of a replay and its progress line are told by the wall clock")]
        let began = Instant::now();
        Self { shown: std::io::stderr().is_terminal(), began, last: Duration::ZERO, width: 0 }
    }

    /// Seconds since the work began.
    pub fn elapsed_s(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Writes the line if it is time; `line` gets the seconds since the work began.
    pub fn tell(&mut self, line: impl FnOnce(f64) -> String) {
        if !self.shown {
            return;
        }
        let elapsed = self.began.elapsed();
        if elapsed < self.last + REFRESH {
            return;
        }
        self.last = elapsed;
        let line = line(elapsed.as_secs_f64());
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
