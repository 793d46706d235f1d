//! Who is near a track: what the rules about two crafts ask of the others.

use std::cmp::Ordering;

use super::grid::{Close, Grid, Mark, Spot};
use super::memory::{Around, Memory, NM, Neighbour, Parent};
use super::normal::angle_between;
use crate::model::{AisState, Timestamp, TrackId};

/// A neighbour not updated for this long is not where it was, s.
const STALE_S: f64 = 30.0;
/// Two crafts meet within this and their uncertainty, m (catalogue R05).
pub(super) const MEET_M: f64 = 150.0;
/// … moving against each other by less than this, m/s (2 kn).
const MEET_RELATIVE: f64 = 2.0 * 1852.0 / 3600.0;
/// … both slower than this, m/s (4 kn); or, beside a ship of [`PARENT_LENGTH_M`], with a velocity that does not differ from hers by its own doubt:
/// a small echo beside a great one jumps by 3-8 kn. One standard deviation, so that who passes at 4 kn does not meet her.
const MEET_SLOW: f64 = 4.0 * 1852.0 / 3600.0;
/// What was once so is taken to be so until it was not for this long, s: some looks are lost.
const GRACE_S: f64 = 30.0;
/// A craft rides in a ship's echo within this, m (catalogue R09: 0.3 NM), at the same speed (2 kn) and course (10°), the ship at 10 kn.
const SHADOW_M: f64 = 0.3 * NM;
const SHADOW_RELATIVE: f64 = 2.0 * 1852.0 / 3600.0;
const SHADOW_COURSE: f64 = 10.0 * std::f64::consts::PI / 180.0;
const SHADOW_SHIP: f64 = 10.0 * 1852.0 / 3600.0;
/// … or with a velocity that does not differ from the ship's by two standard deviations of its own, as long as that is known to this,
/// m/s (10 kn): a small craft in a ship's lee is seen in one look of three. Who stays within 0.3 NM of it for ten minutes goes with it.
const SHADOW_DOUBT: f64 = 10.0 * 1852.0 / 3600.0;
/// What rode there is taken to ride on until it did not for this long, s: an echo beside a great one is lost for many looks.
pub(super) const SHADOW_GRACE_S: f64 = 60.0;
/// A second track of a craft goes with it to this, m/s (15 kn): both weave, each with its own delay. Slower than that, what lies still
/// would go with it: a boat that leaves a fleet or a ship is no second track of those it lay beside.
const DOUBLE_RELATIVE: f64 = 15.0 * 1852.0 / 3600.0;
/// A ship under way that no radar shows has her echo in what goes with her within this, m: places are told by up to 200 m beside the hull, and by half a
/// kilometre on the wrong datum; R03 takes what is nearer for her own as well …
const OWN_M: f64 = 500.0;
/// … with a velocity that is hers to this, m/s (4 kn), or to two standard deviations of its own.
const OWN_RELATIVE: f64 = 4.0 * 1852.0 / 3600.0;
/// A formation keeps this close in course (catalogue R18: 20°), fast and dark within the last 15 s.
const FORMATION_COURSE: f64 = 20.0 * std::f64::consts::PI / 180.0;
const FORMATION_FRESH_S: f64 = 15.0;
/// So many others within 1 NM make a cluster of five (catalogue R17).
const CLUSTER_OTHERS: u16 = 4;
/// A track that begins or went along this near a ship may come from it, m (catalogue R08), its own uncertainty and half the ship besides.
const BORN_M: f64 = 300.0;
/// … and this much farther off it may be first seen: near a large echo the first looks of a small one are lost, and a boat makes 100 m between
/// two of a radar (45 kn, 2.5 s a turn, one look in two).
const FIRST_SEEN_M: f64 = 100.0;
/// What moves against a ship by less than this goes along with it, m/s (4 kn: a boat's echo beside a great one jumps by that much), and
/// has gone along after so long, s: who passes a ship of 100 m at 10 kn is beside it for as long.
const ALONG_RELATIVE: f64 = 4.0 * 1852.0 / 3600.0;
const ALONG_S: f64 = 60.0;
/// A boat in the echo or the shadow of a large ship may first be seen this long after it left, s: 700 m at 45 kn and 24 looks of three radars.
const UNSEEN_S: f64 = 45.0;
/// … if its way back is known: younger than this, s, moving against the ship by so much, m/s (10 kn), and known to this, m/s (12 kn).
const WAY_BACK_AGE_S: f64 = 45.0;
pub(super) const WAY_BACK_LEAST: f64 = 10.0 * 1852.0 / 3600.0;
const WAY_BACK_DOUBT: f64 = 12.0 * 1852.0 / 3600.0;
/// Beyond this besides, m, no doubt of a place and no half of a ship (200 m) brings a craft to its side.
const FAR_FROM_SIDE_M: f64 = 500.0;
/// A ship from this length on may launch boats, m (catalogue R08).
const PARENT_LENGTH_M: f64 = 30.0;
/// Of one that never told, what shows so much and has come so far is a ship and no turbine or rock, m² and m (R17's mile): a coaster of 60 m shows
/// 1e3 m², a tanker 1e4 to 1e5, a steel trawler 50 to 300 (catalogue 1.1).
const SHIP_M2: f32 = 1000.0;
const SHIP_CAME_M: f64 = NM;
/// … and so long, m for the cube root of m²: 60 m at 1e3 m², 130 to 280 m at 1e4 to 1e5; no ship is longer than 400 m.
const SHIP_M: f64 = 6.0;
const LONGEST_M: f64 = 400.0;
/// … that runs no faster than [`MEET_SLOW`] and was heard of within this, s: at anchor or so slow it reports every three minutes (ITU-R M.1371,
/// class A), and beside boats that lie at her a radar may show none of her for as long. By her own course she is placed to 100 m meanwhile.
const SHIP_STALE_S: f64 = 200.0;
/// A track that is this much younger than another and comes near it within its first half minute, s, may be a second one of its echoes.
const HELD_BEFORE_S: f64 = 20.0;
const BESIDE_WITHIN_S: f64 = 30.0;

/// Within this of a ship's middle, m, a craft is at her side, by the doubt of both places and her length.
pub(super) fn reach(doubt_m: f64, length_m: f64) -> f64 {
    BORN_M + 2.0 * doubt_m + 0.5 * length_m
}

/// Length of a vector. In a crowd it is asked dozens of times a track; places in metres are far from where `hypot`, six times the price, is needed.
pub(super) fn norm([x, y]: [f64; 2]) -> f64 {
    (x * x + y * y).sqrt()
}

/// How near, m, a craft was to a ship that it is `r` from and goes at `v` against (as fast as `relative`), if it has come straight, and how long ago, s.
pub(super) fn way_back(r: [f64; 2], v: [f64; 2], relative: f64) -> (f64, f64) {
    let back = (r[0] * v[0] + r[1] * v[1]) / (relative * relative);
    (norm([r[0] - back * v[0], r[1] - back * v[1]]), back)
}

/// How long a craft is: as it tells, or told before it fell silent or told of another place. Who never told is a large ship by its echo, unless it goes with
/// another or has come from one, whose echo it may have: who launches boats and takes their loads has reason to be silent.
pub(super) fn length_m(me: &Memory, told_m: Option<f64>) -> Option<f64> {
    let is_alone = || me.parent.is_none() && me.around.shadowed.is_none();
    let by_echo = || me.ais == AisState::None && me.echo_m2 >= SHIP_M2 && me.came_m >= SHIP_CAME_M && is_alone();
    told_m.or_else(|| by_echo().then(|| (SHIP_M * f64::from(me.echo_m2).cbrt()).min(LONGEST_M)))
}

/// Whether it is a ship that may launch boats. Of two numbers that may be its own neither tells how long it is.
pub(super) fn launches(me: &Memory, length_m: Option<f64>) -> bool {
    me.ais != AisState::Ambiguous && length_m.is_some_and(|l| l >= PARENT_LENGTH_M)
}

/// One of those within a mile.
#[derive(Clone, Copy)]
struct Near<'a> {
    spot: &'a Spot,
    m: f64,
}

/// What is found near a track.
struct Seen<'a> {
    number: u32,
    me: &'a Memory,
    grid: &'a Grid,
    is_new: bool,
    within: u16,
    double_m: Option<f64>,
    fast_dark: u16,
    formation: Option<TrackId>,
    nearest: Option<Near<'a>>,
    meeting: Option<Near<'a>>,
    shadowed: Option<Near<'a>>,
    along: Option<Near<'a>>,
    is_young: bool,
    parent: Option<Parent>,
}

/// Looks round: who is near the track of that number now, the ship beside which it began if it is new, and how near it has come to a
/// track held well before it. `close` is room to work in.
pub(super) fn look_round(
    grid: &Grid,
    number: u32,
    me: &Memory,
    is_new: bool,
    close: &mut Vec<Close>,
) -> (Around, Option<Parent>, f64) {
    let (mut around, t) = (me.around, me.t);
    let is_young = t.seconds_since(me.born) <= BESIDE_WITHIN_S;
    let mut beside_m = me.beside_m;
    let mut seen = Seen {
        number,
        me,
        grid,
        is_new,
        within: 0,
        double_m: None,
        fast_dark: 0,
        formation: None,
        nearest: None,
        meeting: None,
        shadowed: None,
        along: None,
        is_young: !me.linked && t.seconds_since(me.born) <= WAY_BACK_AGE_S,
        parent: None,
    };
    let close = grid.within(me.p, t, FAR_SQUARED, close);
    for one in close {
        let (spot, m) = (grid.spot(one), one.squared_m.sqrt());
        if spot.number == number {
            continue;
        }
        let unseen_s = t.seconds_since(spot.t);
        if spot.ais == AisState::Ok && m <= OWN_M && unseen_s <= STALE_S && seen.is_her_echo(spot, m, close) {
            seen.double_m = (me.sog >= DOUBLE_RELATIVE).then_some(0.0).or(seen.double_m);
        } else if spot.afloat && unseen_s <= STALE_S && m <= NM {
            seen.take(Near { spot, m });
        } else if spot.afloat && unseen_s <= SHIP_STALE_S && spot.sog <= MEET_SLOW && seen.may_leave(spot) {
            seen.leave(Near { spot, m });
        }
        if is_young && grid.mark(spot.number).held_since.is_some_and(|since| me.born.seconds_since(since) >= HELD_BEFORE_S) {
            beside_m = beside_m.min(m);
        }
    }
    around.at = Some(t);
    around.within_nm = seen.within;
    // Two tracks of one craft weave apart and together; the nearest they came stands while looks are lost.
    let before = around.double.filter(|&(m, at)| t.seconds_since(at) <= GRACE_S && seen.double_m.is_none_or(|now| m < now));
    around.double = before.or(seen.double_m.map(|m| (m, t)));
    around.fast_dark = seen.fast_dark;
    around.formation = seen.formation;
    around.nearest = kept(around.nearest, seen.neighbour(seen.nearest), t, GRACE_S);
    // Beside a great echo a small one is lost for many looks, as one that rides along.
    let is_great = around.meeting.is_some_and(|n| n.length_m.is_some_and(|l| l >= PARENT_LENGTH_M));
    let grace_s = if is_great { SHADOW_GRACE_S } else { GRACE_S };
    around.meeting = kept(around.meeting, seen.neighbour(seen.meeting), t, grace_s);
    around.shadowed = kept(around.shadowed, seen.neighbour(seen.shadowed), t, SHADOW_GRACE_S);
    around.along = kept(around.along, seen.neighbour(seen.along), t, SHADOW_GRACE_S);
    cluster(&mut around, t, me.around.at);
    // Who lay at her went along with her, whatever she sent.
    let at_her = around.meeting.filter(|n| n.length_m.is_some_and(|l| l >= PARENT_LENGTH_M) && me.ais == AisState::None);
    let left = [around.along, at_her].into_iter().flatten().filter(|n| n.last.seconds_since(n.since) >= ALONG_S);
    let left = left.max_by_key(|n| n.last).and_then(|n| Some(Parent { id: n.id, m: n.m, length_m: n.length_m?, left: n.last }));
    (around, left.or(seen.parent), beside_m)
}

/// Nobody is asked for beyond a mile ([`Memory::beside_m`] begins there); a little more, so that rounding decides nothing.
const FAR_SQUARED: f64 = NM * NM * 1.000_001;

impl<'a> Seen<'a> {
    /// Takes one of those within a mile. What decides by the spot alone comes first, roots and angles last.
    fn take(&mut self, other: Near<'a>) {
        let (me, spot, m) = (self.me, other.spot, other.m);
        self.within += 1;
        let relative = || norm([spot.v[0] - me.v[0], spot.v[1] - me.v[1]]);
        let course_off = || angle_between(me.course, self.grid.mark(spot.number).course);
        let is_nearer = |than: Option<Near>| than.is_none_or(|n| m < n.m);
        if spot.ais == AisState::Ok
            && me.sog >= DOUBLE_RELATIVE
            && self.double_m.is_none_or(|d| m < d)
            && relative() <= DOUBLE_RELATIVE
        {
            self.double_m = Some(m);
        }
        if spot.sog <= MEET_SLOW && m <= MEET_M + FAR_FROM_SIDE_M && m <= MEET_M + self.doubt(spot) {
            let mark = || self.grid.mark(spot.number);
            let is_ship = || mark().length_m.is_some_and(|l| l >= PARENT_LENGTH_M);
            // Who lay at her and is no farther off since lies there still, whatever a minute of lost looks makes of its speed.
            let lay = || me.around.meeting.is_some_and(|b| relative() <= SHADOW_DOUBT && b.id == mark().id);
            let goes_with = me.sog <= MEET_SLOW && relative() <= MEET_RELATIVE
                || me.ais != AisState::Ok && (me.v_sigma <= SHADOW_DOUBT && relative() <= me.v_sigma || lay()) && is_ship();
            if goes_with && self.is_better(self.meeting, me.around.meeting, &other) {
                self.meeting = Some(other);
            }
        }
        if m <= SHADOW_M && spot.sog > SHADOW_SHIP && spot.ais == AisState::Ok {
            let goes_with = (spot.sog - me.sog).abs() <= SHADOW_RELATIVE && course_off() <= SHADOW_COURSE
                || me.v_sigma <= SHADOW_DOUBT && relative() <= 2.0 * me.v_sigma;
            if goes_with && self.is_better(self.shadowed, me.around.shadowed, &other) {
                self.shadowed = Some(other);
            }
        }
        if me.t.seconds_since(spot.fast_dark) <= FORMATION_FRESH_S && course_off() <= FORMATION_COURSE {
            let id = self.grid.mark(spot.number).id;
            self.fast_dark += 1;
            self.formation = Some(self.formation.map_or(id, |first| first.min(id)));
        }
        if self.may_leave(spot) {
            self.leave(other);
        }
        if is_nearer(self.nearest) {
            self.nearest = Some(other);
        }
    }

    /// Whether this one is kept in place of the one found so far: who passes does not take the place of the one before.
    fn is_better(&self, found: Option<Near>, before: Option<Neighbour>, other: &Near) -> bool {
        let is_before = |n: &Near| before.is_some_and(|b| self.grid.mark(n.spot.number).id == b.id);
        found.is_none_or(|n| is_before(other) || other.m < n.m && !is_before(&n))
    }

    /// Whether this is what radars show of that ship, who tells of another place than the one she is at: then she is no other craft. Of two that go
    /// with her hers is the greater echo, where that is not known the nearer one, and the other rides along.
    fn is_her_echo(&self, ship: &Spot, m: f64, close: &[Close]) -> bool {
        let me = self.me;
        let off = |v: [f64; 2]| norm([ship.v[0] - v[0], ship.v[1] - v[1]]);
        let goes_with = me.ais == AisState::None
            && me.v_sigma <= SHADOW_DOUBT
            && self.grid.mark(ship.number).unshown
            && off(me.v) <= OWN_RELATIVE.max(2.0 * me.v_sigma);
        let is_greater = |other: &Spot| {
            let dt = ship.t.seconds_since(other.t);
            let apart = norm([0, 1].map(|i| other.p[i] + dt * other.v[i] - ship.p[i]));
            other.number != self.number
                && other.ais == AisState::None
                && apart <= OWN_M
                && off(other.v) <= 2.0 * OWN_RELATIVE
                && match self.grid.mark(other.number).echo_m2.total_cmp(&me.echo_m2) {
                    Ordering::Greater => true,
                    Ordering::Equal => apart < m,
                    Ordering::Less => false,
                }
        };
        goes_with && !close.iter().map(|one| self.grid.spot(one)).any(is_greater)
    }

    /// Whether this may be a boat and that its ship, by what AIS says of both.
    fn may_leave(&self, spot: &Spot) -> bool {
        self.me.ais == AisState::None && spot.launches
    }

    /// Whether it goes along with this one, if that is a large ship, or began beside it, or where it left it.
    fn leave(&mut self, other: Near<'a>) {
        let (me, spot, m) = (self.me, other.spot, other.m);
        let is_far = m > BORN_M + FAR_FROM_SIDE_M;
        if is_far && !self.is_young {
            return;
        }
        let Mark { id, length_m: Some(length_m), .. } = *self.grid.mark(spot.number) else { return };
        let reach = reach(self.doubt(spot), length_m);
        let v = [me.v[0] - spot.v[0], me.v[1] - spot.v[1]];
        let relative = norm(v);
        if m <= reach && relative <= ALONG_RELATIVE && self.along.is_none_or(|n| m < n.m) {
            self.along = Some(other);
        }
        if !self.is_young || me.parent.is_some() {
            return;
        }
        // Where it was when it was nearest, if it has come straight.
        let dt = me.t.seconds_since(spot.t);
        let r = [0, 1].map(|i| me.p[i] - spot.p[i] - spot.v[i] * dt);
        let age = me.t.seconds_since(me.born);
        let found = if self.is_new && m <= reach + FIRST_SEEN_M {
            Some((m, 0.0))
        } else if relative >= WAY_BACK_LEAST && me.v_sigma <= WAY_BACK_DOUBT {
            let (miss, back) = way_back(r, v, relative);
            // Who was beside it when it was seen already has come past.
            (miss <= reach && (age..=age + UNSEEN_S).contains(&back)).then_some((miss, back))
        } else {
            None
        };
        if let Some((m, back)) = found
            && self.parent.is_none_or(|p| m < p.m)
        {
            self.parent = Some(Parent { id, m, length_m, left: me.t.plus_seconds(-back) });
        }
    }

    /// How uncertain the distance to it is, m.
    fn doubt(&self, spot: &Spot) -> f64 {
        norm([self.me.sigma, self.grid.mark(spot.number).sigma])
    }

    /// The one that was found, as it is remembered.
    fn neighbour(&self, found: Option<Near>) -> Option<Neighbour> {
        let Near { spot, m } = found?;
        let (me, mark) = (self.me, self.grid.mark(spot.number));
        Some(Neighbour {
            id: mark.id,
            m,
            since: me.t,
            last: me.t,
            relative: norm([spot.v[0] - me.v[0], spot.v[1] - me.v[1]]),
            sog: spot.sog,
            course_off: angle_between(me.course, mark.course),
            ais: spot.ais,
            length_m: mark.length_m,
        })
    }
}

/// The neighbour that goes on: the same as before since when it was, or the new one.
fn kept(before: Option<Neighbour>, now: Option<Neighbour>, t: Timestamp, grace_s: f64) -> Option<Neighbour> {
    match (before, now) {
        (Some(b), Some(n)) if b.id == n.id => Some(Neighbour { since: b.since, ..n }),
        (_, Some(n)) => Some(n),
        (Some(b), None) if t.seconds_since(b.last) <= grace_s => Some(b),
        _ => None,
    }
}

/// Who was found in a cluster at the last look round has not been out of it meanwhile, however long it was not seen: a boat that sets out is lost for
/// half a minute as often as not, and has lain among the others before.
fn cluster(around: &mut Around, t: Timestamp, before: Option<Timestamp>) {
    if around.within_nm >= CLUSTER_OTHERS {
        if around.cluster_last.is_none_or(|last| t.seconds_since(last) > GRACE_S && before != Some(last)) {
            around.cluster_since = Some(t);
        }
        around.cluster_last = Some(t);
        around.cluster_stay_s = around.cluster_since.map_or(0.0, |since| t.seconds_since(since));
    }
}
