//! Ships that no radar shows, and the crafts without AIS that they go along with: who sends a false place goes where it goes.

use super::memory::Memory;
use crate::model::Timestamp;

/// A ship's reports keep pace with a craft as long as they lie as far off it as the first did, to this, m: errors of both, and 2 s of a clock
/// in a turn at 45 kn. (150 m took a bird for a boat that told of its place, on tuning seeds 1..8.)
pub(super) const PACE_DOUBT_M: f64 = 75.0;
/// … and have kept it once the craft has gone this far since, m: eight times the doubt, 26 s at 45 kn.
const PACE_WAY_M: f64 = 600.0;
/// … and the last of them is not older than this, s: two intervals and a half of class B under way.
const PACE_FRESH_S: f64 = 75.0;
/// Their spread about that, one standard deviation, m: what is farther off than twice as far keeps no pace. Where the places belie the speed that is
/// told with them the craft's own doubt at both times comes to it: who has just set out is known to 50 m, and looks are lost.
const PACE_SIGMA_M: f64 = PACE_DOUBT_M / 2.0;
/// … all of it to this, m.
const PACE_SIGMA_MOST_M: f64 = 75.0;
/// A craft that runs elsewhere goes to anywhere within this speed of where it was, m/s (45 kn, a go-fast's middle): its way is that of the reports
/// by chance in so few cases …
const PACE_CRAFT_MPS: f64 = 45.0 * 1852.0 / 3600.0;
/// … of as many crafts without AIS as may move within five miles, birds most of them.
const PACE_CRAFTS: f64 = 10.0;
/// A ship whose places go by this much faster than she ever tells, m/s (10 kn), tells of places or of a speed that are not hers …
const BELIES_MPS: f64 = 10.0 * 1852.0 / 3600.0;
/// … which is so much likelier of one that lies than of another, nats. Of 1 516 ships in two recordings none did within 20 to 75 s, not even by
/// 5 kn (147 000 such spans): fewer than 1 in 500 with 95 %.
const BELIES_NATS: f64 = 6.2;
/// The most ships that are compared with one craft at a time.
const MOST_PACES: usize = 4;

/// Reports of a ship that no radar shows, beside a craft without AIS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    vessel: u32,
    /// How far from the craft the first report was, east and north, m, and where the craft was.
    first: [f64; 2],
    from: [f64; 2],
    reports: u8,
    since: Timestamp,
    heard: Timestamp,
    /// How far the last was from where the first lets expect it, m, and one standard deviation of that; of the first the craft's own doubt, m.
    stray_m: f64,
    sigma_m: f64,
    doubt_m: f64,
    /// Where it was told first, how far from there last, m, and the fastest that it told to be, m/s: beyond all bounds where it did not tell.
    told_at: [f64; 2],
    way_m: f64,
    told_mps: f64,
}

impl Pace {
    /// Evidence that the craft sends these reports and no other ship out of sight, nats.
    fn llr(&self) -> f64 {
        let (s, square) = (self.heard.seconds_since(self.since), 2.0 * self.sigma_m * self.sigma_m);
        let chance = (PACE_CRAFT_MPS * s).powi(2) / (square * PACE_CRAFTS);
        chance.ln() - self.stray_m * self.stray_m / square + if self.is_belied() { BELIES_NATS } else { 0.0 }
    }

    /// Whether its places went faster than it ever told.
    fn is_belied(&self) -> bool {
        self.way_m >= PACE_DOUBT_M + (self.told_mps + BELIES_MPS) * self.heard.seconds_since(self.since)
    }

    /// It with the next of its reports, which begins another; `None` where that kept no pace.
    fn with(&self, next: &Self) -> Option<Self> {
        let apart = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        let mut now = Self {
            reports: self.reports.saturating_add(1),
            heard: next.heard,
            stray_m: apart(next.first, self.first),
            way_m: apart(next.told_at, self.told_at),
            told_mps: self.told_mps.max(next.told_mps),
            sigma_m: PACE_SIGMA_M,
            ..*self
        };
        if now.is_belied() {
            now.sigma_m = PACE_SIGMA_M.hypot(self.doubt_m).hypot(next.doubt_m).min(PACE_SIGMA_MOST_M);
        }
        (now.stray_m <= 2.0 * now.sigma_m).then_some(now)
    }
}

impl Memory {
    /// Takes the report of a ship that no radar shows: how far off it was at that time, and where and how fast, m/s, it told to be.
    pub fn keep_pace(&mut self, vessel: u32, off: [f64; 2], told: ([f64; 2], Option<f64>), heard: Timestamp) {
        let (told_at, told_mps) = (told.0, told.1.unwrap_or(f64::INFINITY));
        let begun = Pace {
            vessel,
            first: off,
            from: self.p,
            reports: 1,
            since: heard,
            heard,
            stray_m: 0.0,
            sigma_m: PACE_SIGMA_M,
            doubt_m: self.sigma.hypot(heard.seconds_since(self.t) * self.v_sigma),
            told_at,
            way_m: 0.0,
            told_mps,
        };
        match self.paces.iter_mut().find(|pace| pace.vessel == vessel) {
            Some(pace) if heard <= pace.heard => {}
            Some(pace) => *pace = pace.with(&begun).unwrap_or(begun),
            None => {
                if self.paces.len() == MOST_PACES {
                    self.paces.remove(0);
                }
                self.paces.push(begun);
            }
        }
    }

    /// How far off a ship without an echo tells to be whose reports have kept pace with it, m.
    pub fn paced_m(&self) -> Option<f64> {
        self.paced().map(|pace| pace.first[0].hypot(pace.first[1]))
    }

    /// Evidence that it sends these reports itself, nats.
    pub fn paced_llr(&self) -> Option<f64> {
        self.paced().map(|pace| pace.llr().clamp(0.0, 100.0))
    }

    fn paced(&self) -> Option<&Pace> {
        let kept = |pace: &&Pace| {
            let gone = (self.p[0] - pace.from[0]).hypot(self.p[1] - pace.from[1]);
            pace.reports >= 2 && gone >= PACE_WAY_M && self.t.seconds_since(pace.heard) <= PACE_FRESH_S
        };
        self.paces.iter().filter(kept).max_by(|a, b| a.llr().total_cmp(&b.llr()))
    }
}
