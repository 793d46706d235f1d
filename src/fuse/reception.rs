//! Where AIS is heard: the probability that a report is received, by place and class, learned from the ships that report.
//!
//! A ship that reports every ten seconds and is heard after thirty has had two reports lost on the way. So each pair of reports of one
//! transmitter is one success and some failures, told to the cells that it passed between. A cell keeps a Beta posterior of the probability;
//! what is asked of it is the posterior predictive: the probability that at least one of the reports due in a time would have come. Silence
//! means something only where this is high. Where no ship has shown it, nothing is known, and nothing is said.
//!
//! Old knowledge fades: antennas ice up, and ducts come and go.

use std::collections::{BTreeMap, VecDeque};

use crate::model::AisClass;

/// Side of a cell, m. A shore station's horizon is tens of kilometres, a headland's shadow a few.
const CELL_M: f64 = 4000.0;
/// Time after which a count has lost half its weight, s: ducting over a warm sea lasts for hours.
const HALF_LIFE_S: f64 = 3600.0;
/// Most cells kept (3 MB would be a million; this is a square of 250 km); the one not heard from for longest gives way.
const MOST: usize = 4096;
/// Reports due in one gap, at most: beyond, the ship has left, was switched off, or lies in a harbour.
const GAP_MOST: f64 = 20.0;
/// Weight of the site's mean in a cell's prior, in reports.
const PRIOR: f64 = 2.0;
/// Reports due, faded, that a cell and its share of its neighbours must have seen before anything is said of it.
const KNOWN: f64 = 8.0;
/// Weight of a neighbouring cell's counts: eight of them and the cell itself would be an equal mean at one.
const NEIGHBOUR: f64 = 0.1;
/// Reports of class A stand for this share of reports of class B where no small craft has shown it: 2 W are not 12.5 W, 8 dB less, but
/// within half the horizon both are heard.
const OTHER_CLASS: f64 = 0.25;
/// Reception of class B beside class A before both were compared: of two reports that just carry, the weaker one is lost first.
const B_TO_A: f64 = 0.85;
/// A station that hears of nobody for this time, with traffic about, may be dead, s …
const DEAF_LEAST_S: f64 = 20.0;
/// … or for so many of the mean times between two reports of anybody: e⁻¹⁰ by chance.
const DEAF_MEANS: f64 = 10.0;
/// Deaf stretches remembered: as many as fit into the hour for which a transmitter is (`identify`), so that none in a gap is forgotten.
const MOST_DEAF: usize = (3600.0 / DEAF_LEAST_S) as usize;

/// Received and due, of one class.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    received: f32,
    due: f32,
}

impl Count {
    fn add(&mut self, received: f64, due: f64) {
        self.received += received as f32;
        self.due += due as f32;
    }

    fn fade(&mut self, factor: f64) {
        self.received *= factor as f32;
        self.due *= factor as f32;
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Class A, and every other.
    counts: [Count; 2],
    at: f64,
}

/// What has been learned.
#[derive(Debug, Default)]
pub(crate) struct Reception {
    cells: BTreeMap<(i32, i32), Cell>,
    site: Cell,
    // When anybody was heard last, and the mean time between two reports of anybody.
    last: Option<f64>,
    mean_gap_s: f64,
    // From when to when nobody was heard, the latest last.
    deaf: VecDeque<[f64; 2]>,
}

fn class_index(class: AisClass) -> usize {
    usize::from(class != AisClass::A)
}

fn cell_of(p: [f64; 2]) -> (i32, i32) {
    ((p[0] / CELL_M).floor() as i32, (p[1] / CELL_M).floor() as i32)
}

fn faded(since: f64, now: f64) -> f64 {
    (-(now - since).max(0.0) / HALF_LIFE_S).exp2()
}

impl Reception {
    /// Notes that somebody was heard.
    pub fn heard(&mut self, now: f64) {
        if let Some(last) = self.last {
            if self.deaf(now) {
                if self.deaf.len() == MOST_DEAF {
                    self.deaf.pop_front();
                }
                self.deaf.push_back([last, now]);
            }
            // A mean over a hundred reports.
            self.mean_gap_s += 0.01 * ((now - last).min(60.0) - self.mean_gap_s);
        } else {
            self.mean_gap_s = 1.0;
        }
        self.last = Some(now);
    }

    /// Notes two reports in a row of one transmitter: where it was, the time between them, and the interval at which it should report.
    /// What was due while nobody at all was heard was not lost on the way: a dead receiver tells nothing of the place.
    pub fn learn(&mut self, class: AisClass, from: [f64; 2], to: [f64; 2], gap_s: f64, interval_s: f64, now: f64) {
        if gap_s <= 0.0 {
            return;
        }
        let all = (gap_s / interval_s).round().max(1.0);
        let time = |i: u32| now - gap_s * (1.0 - f64::from(i) / all);
        let deaf =
            |t: f64| self.deaf.iter().rev().take_while(|[_, to]| *to > now - gap_s).any(|[from, to]| *from < t && t < *to);
        // The last one came.
        let due: Vec<u32> = (1..=all as u32).filter(|&i| f64::from(i) == all || !deaf(time(i))).collect();
        if due.len() as f64 > GAP_MOST {
            return;
        }
        let k = class_index(class);
        for &i in &due {
            let f = f64::from(i) / all;
            let p = [from[0] + f * (to[0] - from[0]), from[1] + f * (to[1] - from[1])];
            let received = f64::from(u8::from(f64::from(i) == all));
            self.cell(cell_of(p), now).counts[k].add(received, 1.0);
        }
        let factor = faded(self.site.at, now);
        self.site.counts.iter_mut().for_each(|c| c.fade(factor));
        self.site.at = now;
        self.site.counts[k].add(1.0, due.len() as f64);
    }

    fn cell(&mut self, at: (i32, i32), now: f64) -> &mut Cell {
        if self.cells.len() >= MOST && !self.cells.contains_key(&at) {
            let oldest = self.cells.iter().min_by(|a, b| a.1.at.total_cmp(&b.1.at)).map(|(k, _)| *k);
            oldest.map(|k| self.cells.remove(&k));
        }
        let cell = self.cells.entry(at).or_default();
        let factor = faded(cell.at, now);
        cell.counts.iter_mut().for_each(|c| c.fade(factor));
        cell.at = now;
        cell
    }

    /// Whether the station seems dead: nobody is heard.
    pub fn deaf(&self, now: f64) -> bool {
        self.last.is_none_or(|last| now - last > (DEAF_MEANS * self.mean_gap_s).max(DEAF_LEAST_S))
    }

    /// Probability that at least one report of a transmitter of that class at that place, reporting every `interval_s`, would have been
    /// received in `within_s`; `None` where nothing was learned, or the station seems dead.
    pub fn expected(&self, class: AisClass, p: [f64; 2], interval_s: f64, within_s: f64, now: f64) -> Option<f64> {
        if self.deaf(now) {
            return None;
        }
        let (ci, cj) = cell_of(p);
        let k = class_index(class);
        let (mut received, mut due) = ([0.0f64; 2], [0.0f64; 2]);
        for i in -1..=1 {
            let row = ci.saturating_add(i);
            for (&at, cell) in self.cells.range((row, cj.saturating_sub(1))..=(row, cj.saturating_add(1))) {
                let weight = faded(cell.at, now) * if at == (ci, cj) { 1.0 } else { NEIGHBOUR };
                for c in 0..2 {
                    received[c] += weight * f64::from(cell.counts[c].received);
                    due[c] += weight * f64::from(cell.counts[c].due);
                }
            }
        }
        let mean = |c: usize| {
            let count = self.site.counts[c];
            (count.due >= KNOWN as f32).then(|| f64::from(count.received) / f64::from(count.due))
        };
        let ratio = match (mean(0), mean(1)) {
            (Some(a), Some(b)) if a > 0.0 => b / a,
            _ => B_TO_A,
        };
        let ratio = if k == 1 { ratio } else { 1.0 / ratio.max(0.1) };
        let other = 1 - k;
        // What the other class showed, as reports of this one.
        let own_due = due[k] + OTHER_CLASS * due[other];
        if own_due < KNOWN {
            return None;
        }
        let borrowed = (ratio * received[other] / due[other].max(1e-9)).clamp(0.0, 0.99) * OTHER_CLASS * due[other];
        let prior = mean(k).unwrap_or_else(|| mean(other).unwrap_or(0.5) * ratio).clamp(0.01, 0.99);
        let got = received[k] + borrowed;
        let (a, b) = (PRIOR * prior + got, PRIOR * (1.0 - prior) + (own_due - got).max(0.0));
        Some(at_least_one(a, b, within_s / interval_s))
    }

    /// Cells kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.cells.len()
    }
}

/// Probability of at least one success in `n` trials whose probability is Beta(a, b): `1 − Π (b + j)/(a + b + j)`. Between whole numbers
/// of trials the next one is due with the fraction as its probability.
fn at_least_one(a: f64, b: f64, n: f64) -> f64 {
    let n = n.clamp(0.0, 60.0);
    let whole = n.floor();
    let mut none = 1.0;
    for j in 0..whole as u32 {
        none *= (b + f64::from(j)) / (a + b + f64::from(j));
    }
    let next = (b + whole) / (a + b + whole);
    1.0 - none * (1.0 - (n - whole) * (1.0 - next))
}

#[cfg(test)]
mod tests {
    use super::*;

    // A ship that stays in one cell and of whose reports every k-th comes.
    fn learned(class: AisClass, every: u32, at: [f64; 2], reception: &mut Reception) {
        for i in 1..=200 {
            let now = f64::from(i) * 10.0 * f64::from(every);
            reception.heard(now);
            reception.learn(class, at, at, 10.0 * f64::from(every), 10.0, now);
        }
    }

    #[test]
    fn what_is_predicted_is_the_beta_binomial() {
        // Beta(3, 2): P(no success in 2) = E[(1 − p)²] = 2·3/(5·6).
        assert!((at_least_one(3.0, 2.0, 2.0) - (1.0 - 6.0 / 30.0)).abs() < 1e-12);
        // A certain success: its posterior after a thousand.
        assert!(at_least_one(1000.0, 1.0, 1.0) > 0.998);
        // Half a trial is half a chance.
        assert!((at_least_one(1.0, 1.0, 0.5) - 0.25).abs() < 1e-12);
        // Monotone and without jumps at whole numbers.
        let values: Vec<f64> = (0..100).map(|i| at_least_one(2.0, 3.0, f64::from(i) * 0.05)).collect();
        assert!(values.windows(2).all(|w| w[1] >= w[0] && w[1] - w[0] < 0.03));
    }

    #[test]
    fn a_half_heard_place_is_known_as_such_and_a_place_without_traffic_as_unknown() {
        let mut r = Reception::default();
        learned(AisClass::A, 2, [500.0, 500.0], &mut r);
        let now = 4000.0;
        // Half of the reports come: of six due in a minute none comes with 1.6 %.
        let expected = r.expected(AisClass::A, [600.0, 900.0], 10.0, 60.0, now).unwrap();
        assert!((expected - (1.0 - 0.5f64.powi(6))).abs() < 0.01, "{expected}");
        let one = r.expected(AisClass::A, [600.0, 900.0], 10.0, 10.0, now).unwrap();
        assert!((one - 0.5).abs() < 0.02, "{one}");
        assert_eq!(r.expected(AisClass::A, [50_000.0, 500.0], 10.0, 60.0, now), None);
        // Nobody is heard any more.
        assert!(r.deaf(now + 300.0));
        assert_eq!(r.expected(AisClass::A, [600.0, 900.0], 10.0, 60.0, now + 300.0), None);
    }

    #[test]
    fn small_craft_stand_on_large_ones_with_less_weight() {
        let mut r = Reception::default();
        learned(AisClass::A, 1, [500.0, 500.0], &mut r);
        let b = r.expected(AisClass::B, [500.0, 500.0], 30.0, 30.0, 2000.0).unwrap();
        assert!(b > 0.7 && b < 0.9, "{b}");
        learned(AisClass::B, 4, [500.0, 500.0], &mut r);
        let b = r.expected(AisClass::B, [500.0, 500.0], 30.0, 30.0, 8000.0).unwrap();
        assert!(b < 0.35, "small craft are heard in a quarter: {b}");
    }

    #[test]
    fn what_was_due_while_the_receiver_was_dead_was_not_lost_on_the_way() {
        // Two ships report every ten seconds; all of it comes, but for two minutes in which the receiver is dead.
        let watch = |dead: std::ops::Range<u32>, alone: std::ops::Range<u32>| {
            let mut r = Reception::default();
            let mut last = [0.0f64; 2];
            for i in 1..=120 {
                let now = f64::from(i) * 10.0;
                for (ship, last) in last.iter_mut().enumerate() {
                    if dead.contains(&i) || alone.contains(&i) && ship == 0 {
                        continue;
                    }
                    r.heard(now);
                    r.learn(AisClass::A, [500.0, 500.0], [500.0, 500.0], now - *last, 10.0, now);
                    *last = now;
                }
            }
            r.expected(AisClass::A, [500.0, 500.0], 10.0, 10.0, 1200.0).unwrap()
        };
        let (whole, deaf, one_lost) = (watch(0..0, 0..0), watch(60..72, 0..0), watch(0..0, 60..72));
        assert!((deaf - whole).abs() < 0.005, "{deaf} for {whole}");
        // Where the other is heard meanwhile, its twelve reports were lost on the way: twelve of 240.
        assert!((whole - one_lost - 0.05).abs() < 0.01, "{one_lost} for {whole}");
        // After half an hour of it the gap is no longer one of a ship that left.
        let mut r = Reception::default();
        (1..=20).for_each(|i| r.heard(f64::from(i)));
        r.heard(1820.0);
        r.learn(AisClass::A, [500.0, 500.0], [500.0, 500.0], 1810.0, 10.0, 1820.0);
        assert_eq!((r.site.counts[0].received, r.site.counts[0].due), (1.0, 2.0));
        // The stretches are bounded.
        (1..=10_000).for_each(|i| r.heard(1820.0 + 700.0 * f64::from(i)));
        assert_eq!(r.deaf.len(), MOST_DEAF);
    }

    #[test]
    fn memory_is_bounded_and_old_knowledge_fades() {
        let mut r = Reception::default();
        for i in 0..3 * MOST {
            let at = [CELL_M * i as f64, 0.0];
            r.learn(AisClass::A, at, at, 10.0, 10.0, i as f64);
        }
        assert_eq!(r.len(), MOST);
        let mut r = Reception::default();
        learned(AisClass::A, 1, [0.0, 0.0], &mut r);
        let day = 2000.0 + 86_400.0;
        r.heard(day);
        assert_eq!(r.expected(AisClass::A, [0.0, 0.0], 10.0, 60.0, day), None);
    }
}
