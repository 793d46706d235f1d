//! For how long a condition has held, over looks that come at no fixed pace.

use std::collections::VecDeque;

use crate::model::Timestamp;

/// Of the window, this share must have been seen to hold: a look lost in a turn or a wave trough must not start the clock anew
/// (`reference`: time above the gate, 80 % of the window).
const SHARE_TENTHS: i64 = 8;

/// Two looks further apart than this say nothing about what was between them. Three to four turns of a coastal radar.
const LONGEST_GAP_NS: i64 = 10_000_000_000;

/// The most separate stretches that are remembered. A window of 10 s with a look a second and every other one false has five;
/// beyond this bound the oldest is forgotten, which can delay a decision and never hasten it.
const MOST_STRETCHES: usize = 32;

/// Remembers when a condition held. Time between two looks counts if the condition held at both.
#[derive(Clone, Debug, Default)]
pub(super) struct Hold {
    last: Option<(i64, bool)>,
    /// Stretches that held, oldest first, apart from each other.
    held: VecDeque<(i64, i64)>,
}

impl Hold {
    /// Takes a look. One that is older than the last changes nothing: what is decided is not decided again.
    pub(super) fn look(&mut self, t: Timestamp, holds: bool, window_ns: i64) {
        let t = t.nanos();
        match self.last {
            Some((last, _)) if t < last => return,
            Some((last, true)) if holds && t - last <= LONGEST_GAP_NS => match self.held.back_mut() {
                Some(stretch) if stretch.1 == last => stretch.1 = t,
                _ => self.held.push_back((last, t)),
            },
            _ if holds => self.held.push_back((t, t)),
            _ => {}
        }
        self.last = Some((t, holds));
        let begin = t.saturating_sub(window_ns);
        while self.held.len() > MOST_STRETCHES || self.held.front().is_some_and(|s| s.1 < begin) {
            self.held.pop_front();
        }
    }

    /// Whether the condition holds now, began to at least a window ago, and held for 80 % of the window.
    pub(super) fn holds(&self, window_ns: i64) -> bool {
        let (Some((now, true)), Some(oldest)) = (self.last, self.held.front()) else { return false };
        oldest.0 <= now.saturating_sub(window_ns) && self.held_ns(window_ns) * 10 >= window_ns * SHARE_TENTHS
    }

    /// For how much of the window it held.
    pub(super) fn held_ns(&self, window_ns: i64) -> i64 {
        let Some((now, _)) = self.last else { return 0 };
        let begin = now.saturating_sub(window_ns);
        self.held.iter().map(|&(from, to)| (to - from.max(begin)).max(0)).sum()
    }

    /// Whether nothing of it is remembered.
    pub(super) fn is_idle(&self) -> bool {
        self.held.is_empty()
    }

    /// Begins anew.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn look(hold: &mut Hold, seconds: f64, holds: bool, window_s: i64) -> bool {
        hold.look(Timestamp::from_secs_f64(seconds), holds, window_s * S);
        hold.holds(window_s * S)
    }

    /// The first time at which it holds, given the looks.
    fn first(looks: &[(f64, bool)], window_s: i64) -> Option<f64> {
        let mut hold = Hold::default();
        looks.iter().find(|&&(t, holds)| look(&mut hold, t, holds, window_s)).map(|&(t, _)| t)
    }

    #[test]
    fn an_unbroken_run_fires_when_the_window_is_full_and_not_before() {
        let looks: Vec<_> = (0..20).map(|i| (f64::from(i) * 2.5, true)).collect();
        assert_eq!(first(&looks, 10), Some(10.0));
        assert_eq!(first(&looks, 0), Some(0.0));
        assert_eq!(first(&looks, 60), None);
    }

    #[test]
    fn one_lost_look_in_ten_does_not_start_the_clock_anew() {
        // 0–4 and 5–10 held (the looks at 4 and 6 bound the false one at 5): 8 of 10 s.
        let looks: Vec<_> = (0..=20).map(|i| (f64::from(i), i != 5)).collect();
        assert_eq!(first(&looks, 10), Some(10.0));
        // Two in a row are too many: 0–4 and 7–10 are 7 of 10 s; at 14 the window 4–14 has 7; at 15, 5–15 has 8 but begins late.
        let looks: Vec<_> = (0..=40).map(|i| (f64::from(i), i != 5 && i != 6)).collect();
        assert_eq!(first(&looks, 10), Some(17.0));
    }

    #[test]
    fn every_other_look_never_holds() {
        let looks: Vec<_> = (0..400).map(|i| (f64::from(i), i % 2 == 0)).collect();
        assert_eq!(first(&looks, 10), None);
        let mut hold = Hold::default();
        for &(t, holds) in &looks {
            look(&mut hold, t / 1000.0, holds, 10);
        }
        assert!(hold.held.len() <= MOST_STRETCHES);
    }

    #[test]
    fn a_long_gap_is_not_taken_for_time_that_held() {
        assert_eq!(first(&[(0.0, true), (30.0, true), (35.0, true)], 10), None);
        assert_eq!(first(&[(0.0, true), (30.0, true), (35.0, true), (40.0, true)], 10), Some(40.0));
        assert_eq!(first(&[(0.0, true), (9.9, true), (10.0, true)], 10), Some(10.0));
    }

    #[test]
    fn looks_of_the_past_change_nothing() {
        let mut hold = Hold::default();
        for t in [0.0, 5.0, 10.0] {
            look(&mut hold, t, true, 10);
        }
        assert!(hold.holds(10 * S));
        assert!(look(&mut hold, 7.0, false, 10));
        assert!(!look(&mut hold, 10.0, false, 10));
    }
}
