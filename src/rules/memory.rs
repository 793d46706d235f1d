//! What is remembered of one track so that its predicates cost little: kinematics over time, where it lies, who is near.

use super::judge::RuleState;
use super::normal::turn;
use super::pace::Pace;
use super::registry::Registry;
use super::score::Suspicion;
use super::zone::{Inside, LaidZones, Landing};
use crate::geo::{Coast, Geodetic, LocalPlane};
use crate::model::units::mps_to_knots;
use crate::model::{AisOffset, AisState, Mmsi, Timestamp, Track, TrackId, TrackStatus};

/// Metres of a nautical mile.
pub(super) const NM: f64 = 1852.0;
/// Acceleration and turn are measured against the state this long ago, s: two to four looks, or noise is all there is.
const REFERENCE_S: f64 = 8.0;
/// A reference older than this tells of another manoeuvre, s.
const REFERENCE_MAX_S: f64 = 40.0;
/// Within this of where it began to linger a craft lingers, m (catalogue R06: radius 1 NM).
const LOITER_M: f64 = NM;
/// Below this speed a craft may linger, kn (catalogue R06); above it, it is under way. A tenth of the looks of a boat that lies in the
/// swell are above.
const LOITER_KN: f64 = 4.0;
/// Where a younger track is may be wrong by as much as the echo of another craft, s.
const SETTLED_S: f64 = 30.0;
/// The largest distance from shore is remembered over this long, in pieces of a sixth, s (catalogue R07: 30 min).
const OFFSHORE_PIECE_S: f64 = 300.0;
const OFFSHORE_PIECES: usize = 6;
/// The nearest point of the shore is asked for again after this way, m, or this share of its distance: the distance told is then at
/// most twice the share too long, far within the chart's own ± 0.3 NM.
const SHORE_SLACK_M: f64 = 30.0;
const SHORE_SLACK: f64 = 0.02;
/// Looks that must agree that a line was crossed (catalogue R11).
const CROSSING_LOOKS: u8 = 3;
/// Standard deviations beyond the line that they must lie (catalogue R11).
const CROSSING_SIGMAS: f64 = 2.0;
/// The most lines whose sides are remembered of a track at a time: those within reach of it.
const MOST_LINES: usize = 32;
/// Fast and dark (catalogue R01): limit of the speed's lower bound, m/s (25 kn).
pub(super) const FAST_MPS: f64 = 25.0 * 1852.0 / 3600.0;
/// AIS that has been in order for this long is a baseline, s: as long as changes are counted for (catalogue R15: 120 s).
const STEADY_S: f64 = 120.0;
/// A younger track is not fast yet, s: two plots of two things make any speed.
const FAST_AGE_S: f64 = 10.0;
/// Standard deviation of the places that a spoofed report may tell, m: a few miles, so that nobody at the true place is suspected.
const SPOOF_SIGMA_M: f64 = 4000.0;
/// The most that one report may say for or against spoofing, nats.
const SPOOF_STEP: f64 = 4.0;

/// On which side of a line a track is.
#[derive(Clone, Copy, Debug)]
struct Side {
    zone: u16,
    /// +1 right, −1 left; 0 not sure yet.
    side: i8,
    /// Looks in a row that say the other.
    other: u8,
    /// When it was last within reach.
    near: Timestamp,
}

/// A number is silent that was not heard for this long, s: at rest class A and B report every three minutes (ITU-R M.1371-5).
const SILENT_S: f64 = 200.0;
/// A craft bears a name for sure from this probability on, which a report needs as well to be taken for its own.
const SURE_NAME: f64 = 0.8;

/// A crossing that was confirmed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    pub zone: u16,
    pub at: Timestamp,
    /// From its left side to its right.
    pub inward: bool,
}

/// Another track, as seen from one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub id: TrackId,
    /// Distance, m.
    pub m: f64,
    /// Since when it has been so.
    pub since: Timestamp,
    /// When it was last found so.
    pub last: Timestamp,
    /// Relative speed, m/s.
    pub relative: f64,
    /// Its speed, m/s.
    pub sog: f64,
    /// Angle between the courses, radians.
    pub course_off: f64,
    /// What AIS says of it.
    pub ais: AisState,
    /// Its length, m, where told.
    pub length_m: Option<f64>,
}

/// Who is near.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// When this was found.
    pub at: Option<Timestamp>,
    pub nearest: Option<Neighbour>,
    /// The partner of a meeting: near, slow, both slow.
    pub meeting: Option<Neighbour>,
    /// The ship under whose echo it rides.
    pub shadowed: Option<Neighbour>,
    /// The large ship that it goes along with.
    pub along: Option<Neighbour>,
    /// Tracks within 1 NM.
    pub within_nm: u16,
    /// Of these, the nearest whose AIS is in order and that goes with it: how far, m, and when; the least of the last half minute.
    pub double: Option<(f64, Timestamp)>,
    /// Of these, fast ones without AIS on a like course; one of them.
    pub fast_dark: u16,
    pub formation: Option<TrackId>,
    /// Since when it has been in a cluster, and when it was last.
    pub cluster_since: Option<Timestamp>,
    pub cluster_last: Option<Timestamp>,
    /// How long it was in the cluster that it left last, s.
    pub cluster_stay_s: f64,
}

/// The large ship beside which a track began or went along.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parent {
    pub id: TrackId,
    pub m: f64,
    pub length_m: f64,
    /// When it was beside it last.
    pub left: Timestamp,
}

/// What is remembered.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub id: TrackId,
    /// The newest `t_out` at which it was heard of.
    pub seen: Timestamp,
    /// Time of its last look.
    pub t: Timestamp,
    pub p: [f64; 2],
    pub v: [f64; 2],
    pub sog: f64,
    pub course: f64,
    pub sigma: f64,
    /// Standard deviation of its velocity in the worst direction, m/s.
    pub v_sigma: f64,
    pub ais: AisState,
    /// Radar cross-section, m²; 0 where it is not known.
    pub echo_m2: f32,
    /// Since when its AIS has been in order without a break.
    pub in_order: Option<Timestamp>,
    /// When AIS of it was lost or became inconsistent after it had been in order for some time, and has stayed so.
    pub turned: Option<Timestamp>,
    reference: Option<(Timestamp, f64, f64)>,
    pub accel: Option<f64>,
    pub turn: Option<f64>,
    linger: Option<(Timestamp, [f64; 2], f64)>,
    under_way: u8,
    /// The longest that it has stayed so, s.
    pub rested_s: f64,
    /// Where it was when it was [`SETTLED_S`] old, and the farthest that it has been from there, m.
    first: Option<[f64; 2]>,
    pub came_m: f64,
    pub fast_since: Option<Timestamp>,
    pub fast_dark: Option<Timestamp>,
    pub place_at: Option<(Timestamp, [f64; 2])>,
    pub inside: Inside,
    /// Distance to the shore, m, and speed towards it, m/s.
    pub shore: Option<(f64, f64)>,
    /// The nearest point of the shore, and where it was asked for.
    shore_point: Option<([f64; 2], [f64; 2])>,
    pub landing: Option<Landing>,
    offshore: [f64; OFFSHORE_PIECES],
    offshore_piece: i64,
    lines: Vec<Side>,
    pub line_near: Option<(u16, f64)>,
    pub crossing: Option<Crossing>,
    pub around: Around,
    pub parent: Option<Parent>,
    /// The number under which it began, where it has taken up an older one.
    pub taken_up: Option<TrackId>,
    /// Where it was at its first look.
    pub began: [f64; 2],
    /// When it was first seen, and whether it is more than tentative.
    pub born: Timestamp,
    pub held: bool,
    /// Whether it goes on from a track that was lost: then it has not begun where it was first seen.
    pub linked: bool,
    /// How near it came in its first half minute to a track held well before it, m; [`NM`] where it came near none.
    pub beside_m: f64,
    /// MMSI, its vessel's number and the registry's generation.
    pub vessel: Option<(Mmsi, u32, u32)>,
    mmsi_last: Option<Mmsi>,
    /// When it bore another MMSI for sure than before, and that before.
    mmsi_changes: [Option<(Timestamp, Mmsi)>; 4],
    pub spoof_llr: f64,
    offset_last: Option<AisOffset>,
    /// Ships without an echo whose reports may keep pace with it.
    pub paces: Vec<Pace>,
    pub suspicion: Suspicion,
    /// What each rule has seen of it, by the rule's number.
    pub rules: Vec<(u16, RuleState)>,
}

impl Memory {
    pub fn new(track: &Track) -> Self {
        Self {
            id: track.id,
            seen: track.t_out,
            t: Timestamp::MIN,
            p: [0.0; 2],
            v: [0.0; 2],
            sog: 0.0,
            course: 0.0,
            sigma: 0.0,
            v_sigma: 0.0,
            ais: track.ais,
            in_order: (track.ais == AisState::Ok).then_some(track.t_out),
            turned: None,
            echo_m2: 0.0,
            reference: None,
            accel: None,
            turn: None,
            linger: None,
            under_way: 0,
            rested_s: 0.0,
            first: None,
            came_m: 0.0,
            fast_since: None,
            fast_dark: None,
            place_at: None,
            inside: Inside::default(),
            shore: None,
            shore_point: None,
            landing: None,
            offshore: [f64::NAN; OFFSHORE_PIECES],
            offshore_piece: i64::MIN,
            lines: Vec::new(),
            line_near: None,
            crossing: None,
            around: Around::default(),
            parent: None,
            taken_up: None,
            began: [0.0; 2],
            born: track.born,
            held: false,
            linked: track.origin.link.is_some(),
            beside_m: NM,
            vessel: None,
            mmsi_last: None,
            mmsi_changes: [None; 4],
            spoof_llr: 0.0,
            offset_last: None,
            paces: Vec::new(),
            suspicion: Suspicion::default(),
            rules: Vec::new(),
        }
    }

    /// Takes a look: everything that costs next to nothing.
    pub fn look(&mut self, track: &Track, p: [f64; 2]) {
        self.seen = self.seen.max(track.t_out);
        if track.t < self.t {
            return;
        }
        if self.t == Timestamp::MIN {
            self.began = p;
        }
        self.t = track.t;
        self.p = p;
        self.v = track.velocity;
        self.sog = track.sog();
        self.echo_m2 = track.sensing.echo_m2.map_or(0.0, |[mean, _]| mean.max(0.0));
        self.held |= track.status != TrackStatus::Tentative;
        self.course = track.velocity[0].atan2(track.velocity[1]);
        let [xx, xy, yy] = track.position_cov;
        self.sigma = ((xx + yy) / 2.0 + ((xx - yy) / 2.0).hypot(xy)).sqrt();
        let [xx, xy, yy] = track.velocity_cov;
        self.v_sigma = ((xx + yy) / 2.0 + ((xx - yy) / 2.0).hypot(xy)).max(0.0).sqrt();
        self.manoeuvre();
        self.lingering();
        self.darkness(track);
        self.name(track);
    }

    fn manoeuvre(&mut self) {
        match self.reference {
            Some((t, sog, course)) if self.t.seconds_since(t) < REFERENCE_MAX_S => {
                let dt = self.t.seconds_since(t);
                if dt >= REFERENCE_S {
                    self.accel = Some(mps_to_knots(self.sog - sog) / dt);
                    // A course of what lies still is noise.
                    self.turn = (self.sog > 1.0 && sog > 1.0).then(|| turn(course, self.course).to_degrees() / dt);
                    self.reference = Some((self.t, self.sog, self.course));
                }
            }
            _ => {
                (self.accel, self.turn) = (None, None);
                self.reference = Some((self.t, self.sog, self.course));
            }
        }
    }

    fn lingering(&mut self) {
        let slow = mps_to_knots(self.sog) < LOITER_KN;
        self.under_way = if slow { 0 } else { self.under_way.saturating_add(1) };
        match &mut self.linger {
            Some((_, from, reach)) => {
                let m = (self.p[0] - from[0]).hypot(self.p[1] - from[1]);
                *reach = reach.max(m);
                if m > LOITER_M || self.under_way >= 4 {
                    self.linger = slow.then_some((self.t, self.p, 0.0));
                }
            }
            None if slow => self.linger = Some((self.t, self.p, 0.0)),
            None => {}
        }
        self.rested_s = self.rested_s.max(self.loiter().0);
        if self.t.seconds_since(self.born) >= SETTLED_S {
            let from = *self.first.get_or_insert(self.p);
            self.came_m = self.came_m.max((self.p[0] - from[0]).hypot(self.p[1] - from[1]));
        }
    }

    fn darkness(&mut self, track: &Track) {
        let fast = track.sog_lcb90 >= FAST_MPS && track.t.seconds_since(track.born) >= FAST_AGE_S;
        self.fast_since = if fast { self.fast_since.or(Some(track.t)) } else { None };
        if fast && track.ais == AisState::None {
            self.fast_dark = Some(track.t);
        }
        if track.ais != self.ais {
            let silent = matches!(track.ais, AisState::Lost | AisState::Inconsistent);
            self.turned = match silent {
                true if self.is_steady(track.t_out) => Some(track.t_out),
                // From silent to wrong or back is one turn.
                true => self.turned,
                false => None,
            };
            self.in_order = (track.ais == AisState::Ok).then_some(track.t_out);
            self.ais = track.ais;
        }
    }

    /// Whether its AIS has been in order for so long that a change is one: names are found and radars set straight in the first minutes
    /// of a watch or a track, and what changes meanwhile is no event.
    pub fn is_steady(&self, now: Timestamp) -> bool {
        self.in_order.is_some_and(|since| now.seconds_since(since) >= STEADY_S)
    }

    fn name(&mut self, track: &Track) {
        // Which of two that lie side by side bears which number may waver for an hour; that changes no name.
        let is_sure = |mmsi| track.ais_detail.names.iter().next().is_none_or(|(name, p)| name == mmsi && p >= SURE_NAME);
        if let Some(mmsi) = track.mmsi
            && self.mmsi_last != Some(mmsi)
            && is_sure(mmsi)
        {
            if let Some(before) = self.mmsi_last {
                self.mmsi_changes.rotate_right(1);
                self.mmsi_changes[0] = Some((track.t, before));
            }
            self.mmsi_last = Some(mmsi);
        }
        let offset = track.ais_detail.offset;
        if offset != self.offset_last
            && let Some(AisOffset { m, sigma_m }) = offset
        {
            // Rayleigh densities of the distance if the report is true and if it tells of anywhere about; a running sum that starts
            // again at 0 (CUSUM), so that years of honesty do not pay for a lie.
            let (s, w) = (sigma_m.max(1.0), SPOOF_SIGMA_M);
            let llr = 2.0 * (s / w).ln() + 0.5 * m * m * (1.0 / (s * s) - 1.0 / (w * w));
            self.spoof_llr = (self.spoof_llr + llr.clamp(-SPOOF_STEP, SPOOF_STEP)).clamp(0.0, 100.0);
        }
        self.offset_last = offset;
    }

    /// Time since it was last in a cluster, s: 0 while it is in one.
    pub fn cluster_left_s(&self) -> Option<f64> {
        let last = self.around.cluster_last?;
        // Who was found in it at the last look round has not left since.
        Some(if self.around.at == Some(last) { 0.0 } else { self.t.seconds_since(last) })
    }

    /// Whether it is not told to be a ship.
    pub fn length_is_small(&self, c: &super::fields::Ctx<'_>) -> bool {
        c.vessel.is_none_or(|v| v.length_m.is_none_or(|l| l < 24.0)) && c.track.class != crate::model::CraftClass::Ship
    }

    /// Zones have changed: where it lies and what it crossed is not known any more.
    pub fn forget_place(&mut self) {
        (self.place_at, self.crossing, self.line_near, self.shore_point) = (None, None, None, None);
        self.lines.clear();
    }

    /// Whether where it lies must be found anew: it has moved by more than it is uncertain, or ten seconds have passed.
    pub fn place_is_old(&self) -> bool {
        self.place_at.is_none_or(|(t, p)| {
            self.t.seconds_since(t) >= 10.0 || (p[0] - self.p[0]).hypot(p[1] - self.p[1]) > self.sigma.max(20.0)
        })
    }

    /// Finds where it lies.
    pub fn find_place(&mut self, at: Geodetic, zones: &LaidZones, coast: Option<&Coast>, plane: &LocalPlane, minute: u16) {
        self.place_at = Some((self.t, self.p));
        self.inside = zones.at(self.p, self.sigma, self.t, minute);
        self.landing = (self.sog > 1.0).then(|| zones.landing(self.p, self.course)).flatten();
        self.find_shore(at, coast, plane);
        if let Some((m, _)) = self.shore {
            let piece = self.t.nanos().div_euclid((OFFSHORE_PIECE_S * 1e9) as i64);
            let gone = piece.saturating_sub(self.offshore_piece).clamp(0, OFFSHORE_PIECES as i64);
            for _ in 0..gone {
                self.offshore.rotate_right(1);
                self.offshore[0] = f64::NAN;
            }
            self.offshore_piece = self.offshore_piece.max(piece);
            self.offshore[0] = self.offshore[0].max(m);
        }
        self.find_sides(zones);
    }

    fn find_shore(&mut self, at: Geodetic, coast: Option<&Coast>, plane: &LocalPlane) {
        let Some(coast) = coast.filter(|c| c.covers(at)) else {
            (self.shore, self.shore_point) = (None, None);
            return;
        };
        let from = |q: [f64; 2], p: [f64; 2]| (q[0] - p[0]).hypot(q[1] - p[1]);
        // Another point of the shore is nearer only after a way that is no small part of the distance: until then the point stands.
        let stands =
            self.shore_point.filter(|(q, asked)| from(*asked, self.p) <= SHORE_SLACK_M.max(SHORE_SLACK * from(*q, *asked)));
        self.shore_point = stands.or_else(|| {
            let shore = coast.nearest_shore(at)?;
            Some((plane.east_north(shore.nearest), self.p))
        });
        self.shore = self.shore_point.map(|(q, _)| {
            let (east, north) = (q[0] - self.p[0], q[1] - self.p[1]);
            let m = east.hypot(north);
            // Speed towards the nearest point of the shore.
            (m, if m > 1.0 { (self.v[0] * east + self.v[1] * north) / m } else { 0.0 })
        });
    }

    fn find_sides(&mut self, zones: &LaidZones) {
        if !zones.any_line {
            return;
        }
        self.line_near = None;
        let (p, t, sigma) = (self.p, self.t, self.sigma);
        for near in zones.lines(p, t) {
            if self.line_near.is_none_or(|(_, m)| near.signed_m.abs() < m) {
                self.line_near = Some((near.zone, near.signed_m.abs()));
            }
            let sure = near.abeam && near.signed_m.abs() >= CROSSING_SIGMAS * sigma;
            let now = if near.signed_m > 0.0 { 1 } else { -1 };
            let room = self.lines.len() < MOST_LINES;
            let mut side = self.lines.iter_mut().find(|s| s.zone == near.zone);
            if let Some(side) = &mut side {
                side.near = t;
            }
            match side {
                Some(side) if !near.abeam => {
                    // Round its end: where it comes back is where it is.
                    (side.side, side.other) = (0, 0);
                }
                Some(side) if sure && side.side == 0 => side.side = now,
                Some(side) if sure && side.side != now => {
                    side.other += 1;
                    if side.other >= CROSSING_LOOKS {
                        (side.side, side.other) = (now, 0);
                        self.crossing = Some(Crossing { zone: near.zone, at: t, inward: now > 0 });
                    }
                }
                Some(side) if sure => side.other = 0,
                Some(_) => {}
                None if room => {
                    self.lines.push(Side { zone: near.zone, side: if sure { now } else { 0 }, other: 0, near: t });
                }
                None => {}
            }
        }
        // Out of reach it may go round: where it comes back is where it is.
        self.lines.retain(|s| s.near == t);
    }

    /// For how long it has stayed within a mile at under 4 kn, s, and how far it went meanwhile, m.
    pub fn loiter(&self) -> (f64, f64) {
        self.linger.map_or((0.0, 0.0), |(since, _, reach)| (self.t.seconds_since(since), reach))
    }

    /// The largest distance from shore within the last half hour, m.
    pub fn offshore_m(&self) -> Option<f64> {
        let most = self.offshore.iter().copied().fold(f64::NAN, f64::max);
        most.is_finite().then_some(most)
    }

    /// How often it changed its MMSI within the last 15 minutes (catalogue R04) for another, the one before falling silent. Of boats that lie side by side
    /// the names change from one to the other, and both go on being heard.
    pub fn mmsi_changes(&self, registry: &Registry) -> usize {
        let fell_silent = |(at, before): &&(Timestamp, Mmsi)| {
            let s = self.t.seconds_since(*at);
            let heard = || registry.number(*before).and_then(|n| registry.get(n)).is_some_and(|v| v.last > *at);
            (SILENT_S..=900.0).contains(&s) && !heard()
        };
        self.mmsi_changes.iter().flatten().filter(fell_silent).count()
    }

    /// Minutes until it meets the shore, at the speed at which it closes it; `None` where it does not close it.
    pub fn eta_shore_min(&self) -> Option<f64> {
        let (m, closing) = self.shore?;
        (closing > 0.5).then(|| m / closing / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::zone::{Answer, Shape, Zone, ZoneKind};
    use super::*;
    use crate::geo::GeodeticHeight;
    use crate::model::Severity;

    /// Lines of 2 km, due north, so far to the east.
    fn lines(east: impl Iterator<Item = f64>) -> LaidZones {
        let plane = LocalPlane::new(GeodeticHeight::from_degrees(22.55, 114.72, 0.0));
        let zones: Vec<Zone> = east
            .map(|e| Zone {
                id: format!("L{e}"),
                name_zh: "线".into(),
                name_en: "line".into(),
                kind: ZoneKind::Line,
                severity: Severity::default(),
                hours: None,
                answer: Answer::default(),
                shape: Shape::Line([-1000.0, 1000.0].map(|n| plane.geodetic(e, n)).to_vec()),
            })
            .collect();
        LaidZones::new(&zones, &plane)
    }

    /// How often a craft that goes straight from place to place crosses one of them.
    fn crossings(zones: &LaidZones, way: &[[f64; 2]]) -> usize {
        let track = Track::still(TrackId(1), Timestamp::from_secs(0), Geodetic::from_degrees(22.5, 114.7));
        let (mut m, mut found, mut last) = (Memory::new(&track), 0, None);
        m.sigma = 10.0;
        for leg in way.windows(2) {
            for k in 0..=200 {
                let f = f64::from(k) / 200.0;
                m.p = [0, 1].map(|i| leg[0][i] + f * (leg[1][i] - leg[0][i]));
                m.t = m.t.plus_seconds(5.0);
                m.find_sides(zones);
                found += usize::from(m.crossing.map(|c| c.at) != last);
                last = m.crossing.map(|c| c.at);
            }
        }
        found
    }

    #[test]
    fn a_line_counts_however_many_were_passed_before() {
        // All down the coast, and so many at one place.
        let coast = lines((0..12).map(|i| 10_000.0 * f64::from(i)));
        let legs: Vec<[f64; 2]> = (0..13).map(|i| [10_000.0 * f64::from(i) - 5000.0, 0.0]).collect();
        assert_eq!(crossings(&coast, &legs), 12);
        let sheaf = lines((0..12).map(|i| 500.0 * f64::from(i)));
        assert_eq!(crossings(&sheaf, &[[-3000.0, 0.0], [9000.0, 0.0]]), 12);
    }

    #[test]
    fn who_goes_round_a_line_has_not_crossed_it() {
        let line = lines(std::iter::once(0.0));
        assert_eq!(crossings(&line, &[[-500.0, 0.0], [-500.0, 3000.0], [500.0, 3000.0], [500.0, 0.0]]), 0);
        let far = [[-500.0, 0.0], [-20_000.0, 0.0], [-20_000.0, 20_000.0], [20_000.0, 20_000.0], [20_000.0, 0.0], [500.0, 0.0]];
        assert_eq!(crossings(&line, &far), 0);
        assert_eq!(crossings(&line, &[[-500.0, 0.0], [-7000.0, 0.0], [500.0, 0.0]]), 1);
    }
}
