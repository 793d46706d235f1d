//! A radar whose alignment jumps: someone knocked its north, a cable was changed.
//!
//! Registration follows slow changes. A jump it would not see at all, because its gates then miss every ship; so each look at a ship that
//! tells its place is also searched far round, and the newest looks vote: as before, or all shifted alike.

use std::collections::{BTreeMap, VecDeque};
use std::f64::consts::TAU;

use super::antenna::wrap;
use super::register::{Kept, REFERENCE_M, ShipState, Sweep, View};
use crate::model::{Mmsi, Timestamp};

/// Looks that vote, and the ships they must be of: one ship, or two, may tell a wrong place.
const LOOKS: usize = 12;
const FEWEST_SHIPS: usize = 3;
/// Of them one ship has so many at most, or three ships that tell a wrong place alike would do among ten.
const LOOKS_A_SHIP: usize = 4;
/// Looks older than this do not vote, s: ten turns of a slow antenna.
const VOTE_S: f64 = 40.0;
/// So many of the looks must agree on a shift, and so many more than agree on none. A ship is seen in 95 of 100 looks; of a shift of 1° its
/// old place still gets one in seven.
const AGREED: usize = 8;
const AHEAD: usize = 6;
/// How far round a ship plots are sought: azimuth, rad (8°), and range, m. An antenna that is knocked further holds no track either way.
const REACH: [f64; 2] = [150.0, 0.14];
/// A plot agrees within so many standard deviations: 98.8 % of the right ones.
const AGREE_SIGMA: f64 = 2.5;
/// Plots noted of a look: in a rough sea a reach of 8° at 10 km holds some two of clutter.
const MOST_PLOTS: usize = 12;
/// A place is carried on from a ship's last report so long, s; of a slow ship longer. A turn of 0.6°/s then shifts it by 4 m.
const REPORT_S: f64 = 12.0;
const SLOW_REPORT_S: f64 = 40.0;
/// Slower than this is slow, m/s: half a minute on another course leaves it within the reference's error.
pub(super) const SLOW_MPS: f64 = 1.5;
/// Before it can jump, a radar's azimuth must be known as well as this, rad (0.1°), from so many residuals, and for so long, s.
const KNOWN_AZIMUTH: f64 = 0.0017;
const KNOWN_RESIDUALS: u64 = 60;
const STEADY_S: f64 = 30.0;
/// A jump is told for so long, s, so that whoever looks at the sensors once in a quarter of an hour sees it.
const TOLD_S: f64 = 900.0;
/// Ships whose last report is kept: more than can vote at once.
const MOST_REPORTS: usize = 64;

/// A jump of a radar's alignment, as found and corrected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jump {
    /// When it was found.
    pub at: Timestamp,
    /// By how much the radar's range errs more than before, m.
    pub range_m: f64,
    /// The same of its azimuth, rad, clockwise positive.
    pub azimuth: f64,
}

/// Last reports of ships, for all radars.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reports {
    last: BTreeMap<Mmsi, ShipState>,
}

impl Reports {
    /// Takes a report that the one before agrees with.
    pub fn heard(&mut self, ship: Mmsi, state: ShipState) {
        if self.last.len() >= MOST_REPORTS && !self.last.contains_key(&ship) {
            self.last.retain(|_, s| s.t > state.t - SLOW_REPORT_S);
            if self.last.len() >= MOST_REPORTS {
                return;
            }
        }
        self.last.insert(ship, state);
    }

    /// Those that still tell where the ship is at `t`.
    pub fn at(&self, t: f64) -> impl Iterator<Item = (Mmsi, &ShipState)> {
        self.last.iter().map(|(m, s)| (*m, s)).filter(move |(_, s)| {
            let slow = s.v[0].hypot(s.v[1]) < SLOW_MPS;
            t - s.t <= if slow { SLOW_REPORT_S } else { REPORT_S }
        })
    }
}

#[derive(Clone, Debug)]
struct Look {
    t: f64,
    ship: Mmsi,
    // What agrees, standard deviations of range and azimuth.
    sigma: [f64; 2],
    // Where plots lie, less where the ship's must: range, azimuth.
    plots: Vec<[f64; 2]>,
}

impl Look {
    fn agrees(&self, shift: [f64; 2]) -> bool {
        let near = |p: &[f64; 2]| (0..2).all(|i| (p[i] - shift[i]).abs() < AGREE_SIGMA * self.sigma[i]);
        self.plots.iter().any(near)
    }
}

/// Watches one radar.
#[derive(Clone, Debug, Default)]
pub(crate) struct JumpWatch {
    looks: VecDeque<Look>,
    watched: Option<f64>,
    steady_since: Option<f64>,
    // When the newest was found, and by how much.
    last: Option<(f64, [f64; 2])>,
    /// Jumps since the start.
    pub count: u64,
}

/// What a jump is known to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    pub by: [f64; 2],
    /// The first look that shows it, radar clock.
    pub since: f64,
    /// How well the azimuth is known.
    pub sigma: f64,
}

impl JumpWatch {
    /// The newest jump, while it is told.
    pub fn told(&self, now: f64, epoch: Timestamp) -> Option<Jump> {
        let (t, by) = self.last.filter(|(t, _)| now - t < TOLD_S)?;
        Some(Jump { at: epoch.plus_seconds(t), range_m: by[0], azimuth: by[1] })
    }

    /// Whether half a turn has passed since the last watch.
    pub fn is_due(&self, complete: f64, scan_s: f64) -> bool {
        self.watched.is_none_or(|w| complete - w >= 0.5 * scan_s)
    }

    /// Watches what the radar saw of ships up to `complete` (its clock) with errors `x`.
    pub fn watch(
        &mut self,
        complete: f64,
        x: &[f64; 3],
        sweep: &Sweep<'_>,
        kept: &[Kept],
        reports: &Reports,
        pass: impl Fn(f64, f64) -> f64,
    ) {
        let Some(watched) = self.watched.replace(complete) else { return };
        // Nothing from so long ago that the plots have gone.
        let watched = watched.max(complete - sweep.scan_s);
        let middle = 0.5 * (watched + complete);
        let mut seen = Vec::new();
        for (ship, report) in reports.at(middle) {
            let at = |t: f64| [report.p[0] + report.v[0] * (t - report.t), report.p[1] + report.v[1] * (t - report.t)];
            let look = pass(wrap(sweep.view(at(middle), report.v).polar[1] + x[1]), middle);
            if look <= watched || look > complete {
                continue;
            }
            let view = sweep.view(at(look), report.v);
            seen.push(note(ship, look, x, &view, sweep, kept));
        }
        seen.sort_by(|a, b| a.t.total_cmp(&b.t));
        for look in seen {
            let of_ship = self.looks.iter().filter(|l| l.ship == look.ship).count();
            if of_ship >= LOOKS_A_SHIP
                && let Some(oldest) = self.looks.iter().position(|l| l.ship == look.ship)
            {
                self.looks.remove(oldest);
            }
            if self.looks.len() == LOOKS {
                self.looks.pop_front();
            }
            self.looks.push_back(look);
        }
        self.looks.retain(|l| l.t > complete - VOTE_S);
    }

    /// Whether the looks say that the radar has jumped. `sigma` and `residuals` are those of the registration.
    pub fn jumped(&mut self, now: f64, sigma_azimuth: f64, residuals: u64) -> Option<Found> {
        if sigma_azimuth > KNOWN_AZIMUTH || residuals < KNOWN_RESIDUALS {
            self.steady_since = None;
            return None;
        }
        let since = *self.steady_since.get_or_insert(now);
        if now - since < STEADY_S {
            return None;
        }
        let found = self.vote()?;
        self.looks.clear();
        self.steady_since = None;
        self.last = Some((now, found.by));
        self.count += 1;
        Some(found)
    }

    fn vote(&self) -> Option<Found> {
        if self.looks.len() < LOOKS {
            return None;
        }
        let as_before = self.looks.iter().filter(|l| l.agrees([0.0; 2])).count();
        if as_before + AHEAD > LOOKS {
            return None;
        }
        let mut best = (0, [0.0; 2]);
        for shift in self.looks.iter().flat_map(|l| &l.plots) {
            let n = self.looks.iter().filter(|l| l.agrees(*shift)).count();
            if n > best.0 {
                best = (n, *shift);
            }
        }
        let (n, near) = best;
        if n < AGREED || n < as_before + AHEAD {
            return None;
        }
        // The mean of what agrees, once more round that mean.
        let mut by = near;
        let mut ships: Vec<Mmsi> = Vec::new();
        let (mut since, mut sigma) = (f64::MAX, 0.0);
        for _ in 0..2 {
            let (mut sum, mut n) = ([0.0; 2], 0.0);
            ships.clear();
            for look in self.looks.iter().filter(|l| l.agrees(by)) {
                let away = |p: &[f64; 2]| (0..2).map(|i| ((p[i] - by[i]) / look.sigma[i]).powi(2)).sum::<f64>();
                let Some(p) = look.plots.iter().min_by(|a, b| away(a).total_cmp(&away(b))) else { continue };
                sum = [sum[0] + p[0], sum[1] + p[1]];
                n += 1.0;
                since = if look.agrees([0.0; 2]) { since } else { look.t.min(since) };
                sigma = look.sigma[1];
                ships.push(look.ship);
            }
            by = sum.map(|s| s / f64::max(n, 1.0));
        }
        ships.sort_unstable();
        ships.dedup();
        (ships.len() >= FEWEST_SHIPS).then(|| Found { by, since, sigma: sigma / (AGREED as f64).sqrt() })
    }
}

// The plots round the place where a ship must be.
fn note(ship: Mmsi, look: f64, x: &[f64; 3], view: &View, sweep: &Sweep<'_>, kept: &[Kept]) -> Look {
    let across = REFERENCE_M / view.range;
    let sigma = [sweep.sigma[0].hypot(REFERENCE_M), sweep.sigma[1].hypot(across)];
    let expected = view.expected(x);
    let window = REACH[1] / TAU * sweep.scan_s + 0.02 + sweep.stray_s;
    let first = kept.partition_point(|k| k.t < look - window);
    let plots = kept[first..].iter().take_while(|k| k.t <= look + window);
    // Most are at another range, which costs less to see than an azimuth.
    let near = plots.filter(|k| (view.range_residual(k, look) - expected[0]).abs() < REACH[0]).map(|k| {
        let y = view.residual(k, look);
        [y[0] - expected[0], y[1] - expected[1]]
    });
    let plots = near.filter(|p| p[1].abs() < REACH[1]).take(MOST_PLOTS).collect();
    Look { t: look, ship, sigma, plots }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEGREE: f64 = std::f64::consts::PI / 180.0;

    fn looks(shifts: impl Iterator<Item = (u32, Vec<[f64; 2]>)>) -> JumpWatch {
        let looks = shifts.enumerate().map(|(i, (ship, plots))| Look {
            t: i as f64 * 0.5,
            ship: Mmsi(ship),
            sigma: [15.0, 0.3 * DEGREE],
            plots,
        });
        JumpWatch { looks: looks.collect(), ..JumpWatch::default() }
    }

    #[test]
    fn twelve_looks_at_four_ships_that_shift_alike_are_a_jump() {
        let plots = |i: u32| vec![[4.0, (1.0 + 0.1 * f64::from(i % 3)) * DEGREE], [-90.0, -4.0 * DEGREE]];
        let found = looks((0..12).map(|i| (i % 4, plots(i)))).vote().unwrap();
        assert!((found.by[1] / DEGREE - 1.1).abs() < 0.02 && (found.by[0] - 4.0).abs() < 1e-9, "{found:?}");
        assert_eq!(found.since, 0.0);
    }

    #[test]
    fn neither_two_ships_nor_shifts_that_differ_nor_clutter_are_one() {
        assert_eq!(looks((0..12).map(|i| (i % 2, vec![[0.0, 1.5 * DEGREE]]))).vote(), None);
        assert_eq!(looks((0..12).map(|i| (i % 4, vec![[0.0, f64::from(i) * 0.6 * DEGREE]]))).vote(), None);
        // Every ship where it must be, and clutter at the same place beside each.
        assert_eq!(looks((0..12).map(|i| (i % 4, vec![[2.0, 0.0], [0.0, 1.5 * DEGREE]]))).vote(), None);
        // Nothing seen at all.
        assert_eq!(looks((0..12).map(|i| (i % 4, Vec::new()))).vote(), None);
    }

    #[test]
    fn half_a_jump_waits_for_more() {
        let found = |n: u32| looks((0..12).map(|i| (i % 4, vec![[0.0, if i < n { 0.0 } else { 1.2 * DEGREE }]]))).vote();
        assert_eq!(found(6), None);
        let sure = found(2).unwrap();
        assert_eq!(sure.since, 1.0);
    }

    #[test]
    fn a_radar_not_yet_registered_does_not_jump() {
        let shifted = || looks((0..12).map(|i| (i % 4, vec![[0.0, 1.2 * DEGREE]])));
        let mut watch = shifted();
        assert_eq!(watch.jumped(100.0, 0.01, 1000), None);
        assert_eq!(watch.jumped(101.0, 0.0005, 10), None);
        assert_eq!(watch.jumped(102.0, 0.0005, 1000), None);
        assert!(watch.jumped(140.0, 0.0005, 1000).is_some());
        let epoch = Timestamp::from_nanos(0);
        assert_eq!(watch.told(150.0, epoch).map(|j| j.at), Some(epoch.plus_seconds(140.0)));
        assert_eq!(watch.told(2000.0, epoch), None);
        // What was told is not told again.
        assert_eq!((watch.jumped(200.0, 0.0005, 1000), watch.count), (None, 1));
    }
}
