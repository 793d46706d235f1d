//! What is told of crafts between two looks of a slow antenna.
//!
//! A line holds for some seconds: whoever reads it carries the craft on by its velocity, and trusts it the less the older it is. An antenna of 20 turns a minute tells anew before that; one
//! that takes 4 to 12 s a turn, as long-range radars do, would leave the picture without a boat in sight for half of the time.

use super::fuser::{Fuser, Slot};
use crate::model::Track;

/// A line is followed by the next within this time, s: the slowest antenna of coastal surveillance (20 turns a minute) does so, and those who read the lines were made for it.
const TELL_EVERY_S: f64 = 3.0;

/// Into how many equal spans a turn is cut so that none is longer than [`TELL_EVERY_S`]; one with the errors of a nominal 3 s is not cut.
fn spans(turn_s: f64) -> u32 {
    (turn_s / (1.05 * TELL_EVERY_S)).ceil().clamp(1.0, 32.0) as u32
}

impl Fuser {
    /// Tells, as foretold, of the crafts in sight of radar `k` that its antenna has left behind by a whole span of its turn since it told the last time; `before` is up to where
    /// (radar clock) looks had been taken then.
    pub(super) fn tell_between(&mut self, k: usize, before: f64, out: &mut Vec<Track>) {
        let (Some(Some(radar)), Some(slots), Some(epoch)) = (self.radars.get(k), self.schedule.get(k), self.epoch) else {
            return;
        };
        let spans = spans(radar.turn_s());
        if spans < 2 {
            return;
        }
        let span = radar.turn_s() / f64::from(spans);
        let clock = radar.registration.clock();
        for (craft, slot) in self.crafts.iter_mut().zip(slots) {
            let Some(t) = passed(slot, before, radar.done, span, spans) else { continue };
            let t = t - clock;
            // Someone else may have told of it meanwhile: another radar, its own AIS.
            if !craft.confirmed
                || !craft.told
                || !craft.seen_by_radar()
                || t < craft.t.max(craft.foretold) + 0.5 * span
                || t > craft.t + radar.turn_s()
            {
                continue;
            }
            if radar.range_of(craft.imm.place()) > radar.reach_m {
                continue;
            }
            craft.foretold = t;
            out.push(craft.line(&self.plane, epoch, self.now, &self.settings));
        }
    }
}

/// The end of a span since a craft's last look, but for the last one, that lies between `before` and `done`.
fn passed(slot: &Slot, before: f64, done: f64, span: f64, spans: u32) -> Option<f64> {
    let n = ((done - slot.last) / span).floor();
    let t = slot.last + n * span;
    (n >= 1.0 && n < f64::from(spans) && t > before).then_some(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_turns_are_cut() {
        assert_eq!([1.2, 2.5, 3.0, 3.1, 4.0, 6.0, 12.0].map(spans), [1, 1, 1, 1, 2, 2, 4]);
    }

    #[test]
    fn every_span_but_the_last_is_told_once() {
        let slot = Slot { due: 110.0, last: 100.0 };
        let told: Vec<f64> = (0..130)
            .filter_map(|n| {
                let done = 99.0 + 0.1 * f64::from(n);
                passed(&slot, done - 0.1, done, 3.0, 4)
            })
            .collect();
        assert_eq!(told, [103.0, 106.0, 109.0]);
        assert_eq!(passed(&Slot::NEW, 99.0, 100.0, 3.0, 4), None);
    }
}
