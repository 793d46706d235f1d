//! Two tracks of one craft become one.
//!
//! In dense clutter a craft often starts several tracks, each with another first plot. While they share its plots each has only a
//! part of its existence, and none is confirmed. Once their states agree they are the same hypothesis, and the likelier one goes on alone: it
//! then gets the plots undivided. (Adding the probabilities, as exclusive hypotheses would demand, was measured: it confirms clutter.)

use super::craft::Craft;
use super::near::{Member, Pairs};
use crate::track::{mahalanobis2, summed};

/// Agreement of place and of velocity: χ² of two degrees, 78 %.
const AGREE: f64 = 3.0;
/// Tracks farther apart than this are never one, however uncertain: the median distance of boats in a fishing cluster, m.
const APART_M: f64 = 120.0;
/// Detections that make a velocity.
const HITS: u32 = 2;

/// Merges crafts of one cluster, given as indices in ascending order. A craft that is merged away is left with no existence.
pub(super) fn merge(crafts: &mut [Box<Craft>], cluster: &[usize], pairs: &mut Pairs) {
    pairs.members.clear();
    let (mut first, mut last, mut fastest) = (f64::MAX, f64::MIN, 0.0f64);
    for (member, &i) in cluster.iter().enumerate() {
        let c = &crafts[i];
        if c.hits >= HITS && c.existence.r > 0.0 {
            pairs.members.push(Member { member, at: c.imm.place() });
            (first, last, fastest) =
                (first.min(c.t), last.max(c.t), c.imm.velocity().iter().fold(fastest, |f, v| f.max(v.abs())));
        }
    }
    if pairs.members.len() < 2 {
        return;
    }
    for &(a, b) in pairs.within(APART_M + fastest * (last - first), |_, _| true) {
        let (a, b) = (cluster[a], cluster[b]);
        if same(&crafts[a], &crafts[b]) {
            // The confirmed one stays, else the likelier, else the older.
            let (ca, cb) = (&crafts[a], &crafts[b]);
            let a_stays = match (ca.confirmed, cb.confirmed) {
                (true, false) => true,
                (false, true) => false,
                _ => ca.existence.r >= cb.existence.r,
            };
            let (stay, go) = if a_stays { (a, b) } else { (b, a) };
            let gone = &mut crafts[go];
            gone.existence.r = 0.0;
            // Its plots are still owed to the clutter map, should the one that stays turn out to be none.
            let owed = std::mem::take(&mut gone.owed);
            owed.each().for_each(|(radar, plots)| crafts[stay].owed.add(radar, plots));
        }
    }
}

fn same(a: &Craft, b: &Craft) -> bool {
    if a.confirmed && b.confirmed || a.hits < HITS || b.hits < HITS || a.existence.r == 0.0 || b.existence.r == 0.0 {
        return false;
    }
    let (pa, va, pb) = (a.imm.place(), a.imm.velocity(), b.imm.place());
    let dt = b.t - a.t;
    let d = [pb[0] - pa[0] - va[0] * dt, pb[1] - pa[1] - va[1] * dt];
    if d[0].abs() > APART_M || d[1].abs() > APART_M || d[0].hypot(d[1]) > APART_M {
        return false;
    }
    let (na, nb) = (a.imm.combined(), b.imm.combined());
    let v = [nb.x[2] - na.x[2], nb.x[3] - na.x[3]];
    mahalanobis2(d, summed(na.pp, nb.pp)) < AGREE && mahalanobis2(v, summed(na.vv, nb.vv)) < AGREE
}
