//! Zones, corridors and lines of the site, and where a track lies among them.

use crate::geo::{Geodetic, LocalPlane};
use crate::model::{Severity, Timestamp};

/// What a zone is for. The number is the bit in the field `zones`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // each says itself in word()
pub enum ZoneKind {
    Landing,
    Port,
    Berth,
    Anchorage,
    Fishing,
    Angling,
    Pilot,
    Corridor,
    Jetski,
    Exempt,
    NoGo,
    Cable,
    Bunkering,
    WindFarm,
    Watch,
    Line,
}

/// The word of every kind, at its number.
pub const ZONE_WORDS: [&str; 16] = [
    "landing",
    "port",
    "berth",
    "anchorage",
    "fishing",
    "angling",
    "pilot",
    "corridor",
    "jetski",
    "exempt",
    "no-go",
    "cable",
    "bunkering",
    "wind-farm",
    "watch",
    "line",
];

impl ZoneKind {
    /// All of them, at their numbers.
    pub const ALL: [Self; 16] = [
        Self::Landing,
        Self::Port,
        Self::Berth,
        Self::Anchorage,
        Self::Fishing,
        Self::Angling,
        Self::Pilot,
        Self::Corridor,
        Self::Jetski,
        Self::Exempt,
        Self::NoGo,
        Self::Cable,
        Self::Bunkering,
        Self::WindFarm,
        Self::Watch,
        Self::Line,
    ];

    /// The word for it in configurations and rules.
    pub fn word(self) -> &'static str {
        ZONE_WORDS.get(self as usize).copied().unwrap_or_default()
    }

    /// Whether rules are kept silent by it: then two people answer for it.
    pub fn suppresses(self) -> bool {
        matches!(self, Self::Corridor | Self::Jetski | Self::Exempt)
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Who answers for an entry, why, and until when.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Who.
    pub owner: String,
    /// The second person, where one is needed.
    pub approved_by: Option<String>,
    /// Why.
    pub reason: String,
    /// From this instant on it does not count.
    pub expires: Option<Timestamp>,
}

/// Hours of a local day, minutes since midnight; the end may lie on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First minute.
    pub from: u16,
    /// The minute after the last.
    pub to: u16,
}

impl Hours {
    /// Whether a minute of the day lies in them.
    pub fn hold(self, minute: u16) -> bool {
        if self.from <= self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to }
    }

    /// From `06:00-19:30`. From one minute to the same is none or all of the day, and refused: `00:00-24:00` is all of it.
    pub fn parse(text: &str) -> Option<Self> {
        let minute = |text: &str| {
            let (h, m) = text.trim().split_once(':')?;
            let (h, m) = (h.parse::<u16>().ok()?, m.parse::<u16>().ok()?);
            (h <= 24 && m < 60 && h * 60 + m <= 1440).then_some(h * 60 + m)
        };
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from != to).then_some(Self { from, to })
    }
}

/// The outline of a zone, or a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Rings; a point is inside if an odd number of them goes round it, so holes and several parts are all rings.
    Area(Vec<Vec<Geodetic>>),
    /// A line; who crosses it from its left to its right side, seen along it, goes in.
    Line(Vec<Geodetic>),
}

/// A zone, corridor or line of the site.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its own short name.
    pub id: String,
    /// What officers call it, in Chinese.
    pub name_zh: String,
    /// What officers call it, in English.
    pub name_en: String,
    /// What it is for.
    pub kind: ZoneKind,
    /// How much entering it matters, for no-go zones.
    pub severity: Severity,
    /// Local hours at which it counts; always, where none are given.
    pub hours: Option<Hours>,
    /// Who answers for it.
    pub answer: Answer,
    /// Where.
    pub shape: Shape,
}

/// Where a track lies among the zones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Inside {
    /// A bit for each kind of which it is in one that counts now.
    pub kinds: u32,
    /// Probability of being inside the no-go zone where that is largest; which; its severity.
    pub no_go: Option<(f64, u16, u8)>,
    /// The exempting or corridor zone it is in: what a suppression stands on.
    pub silencing: Option<u16>,
    /// The first zone it is in, for texts.
    pub first: Option<u16>,
}

/// A line near a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NearLine {
    /// Which zone.
    pub zone: u16,
    /// Distance, m; positive on its right side.
    pub signed_m: f64,
    /// Whether the nearest point lies on the line and not at its ends.
    pub abeam: bool,
}

/// The nearest landing zone in the direction of travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Landing {
    /// Which zone.
    pub zone: u16,
    /// By how much the course misses it, radians; 0 if it meets it.
    pub off: f64,
    /// Distance to its middle, m.
    pub m: f64,
}

/// Zones laid into the local plane.
#[derive(Clone, Debug, Default)]
pub(super) struct LaidZones {
    laid: Vec<Laid>,
    landings: Vec<(u16, [f64; 2], f64)>,
    /// Whether any zone has been configured: without, being in none is not known.
    pub any: bool,
    /// Whether any line has been configured.
    pub any_line: bool,
}

#[derive(Clone, Debug)]
struct Laid {
    kind: ZoneKind,
    severity: u8,
    hours: Option<Hours>,
    expires: Option<Timestamp>,
    low: [f64; 2],
    high: [f64; 2],
    rings: Vec<Vec<[f64; 2]>>,
}

/// Beyond this from its edge a track is not asked whether it is in a no-go zone: five standard deviations of a bad place (100 m).
const EDGE_M: f64 = 500.0;
/// A line further away than this does not concern a track, m.
const LINE_REACH_M: f64 = 8_000.0;
/// A landing further away than this is no prediction, m: 15 NM, 20 minutes at 45 kn.
const LANDING_REACH_M: f64 = 27_780.0;

impl LaidZones {
    pub(super) fn new(zones: &[Zone], plane: &LocalPlane) -> Self {
        let mut all = Self::default();
        for (i, zone) in zones.iter().enumerate() {
            let rings: Vec<Vec<[f64; 2]>> = match &zone.shape {
                Shape::Area(rings) => rings.iter().map(|r| r.iter().map(|g| plane.east_north(*g)).collect()).collect(),
                Shape::Line(line) => vec![line.iter().map(|g| plane.east_north(*g)).collect()],
            };
            let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
            for p in rings.iter().flatten() {
                for k in 0..2 {
                    low[k] = low[k].min(p[k]);
                    high[k] = high[k].max(p[k]);
                }
            }
            if zone.kind == ZoneKind::Landing {
                let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
                all.landings.push((i as u16, middle, 0.5 * (high[0] - low[0]).hypot(high[1] - low[1])));
            }
            all.any |= zone.kind != ZoneKind::Line;
            all.any_line |= zone.kind == ZoneKind::Line;
            let (hours, expires) = (zone.hours, zone.answer.expires);
            all.laid.push(Laid { kind: zone.kind, severity: zone.severity.level(), hours, expires, low, high, rings });
        }
        all
    }

    /// Among which zones `p` lies, its standard deviation being `sigma`.
    pub(super) fn at(&self, p: [f64; 2], sigma: f64, t: Timestamp, minute: u16) -> Inside {
        let mut inside = Inside::default();
        for (i, zone) in self.laid.iter().enumerate() {
            let edge = if zone.kind == ZoneKind::NoGo { EDGE_M } else { 0.0 };
            if zone.kind == ZoneKind::Line
                || (0..2).any(|k| p[k] < zone.low[k] - edge || p[k] > zone.high[k] + edge)
                || zone.expires.is_some_and(|e| t >= e)
                || zone.hours.is_some_and(|h| !h.hold(minute))
            {
                continue;
            }
            let is_in = zone.contains(p);
            if zone.kind == ZoneKind::NoGo {
                let d = zone.edge_distance(p) * if is_in { 1.0 } else { -1.0 };
                let probability = 1.0 - super::normal::upper_tail(d / sigma.max(1.0));
                if inside.no_go.is_none_or(|(best, ..)| probability > best) {
                    inside.no_go = Some((probability, i as u16, zone.severity));
                }
            }
            if is_in {
                inside.kinds |= zone.kind.bit();
                inside.first.get_or_insert(i as u16);
                if zone.kind.suppresses() {
                    inside.silencing.get_or_insert(i as u16);
                }
            }
        }
        inside
    }

    /// Whether `p` lies in one zone, whatever its hours.
    pub(super) fn is_in(&self, zone: usize, p: [f64; 2]) -> bool {
        self.laid.get(zone).is_some_and(|z| z.kind != ZoneKind::Line && z.contains(p))
    }

    /// Lines within reach of `p`.
    pub(super) fn lines(&self, p: [f64; 2], t: Timestamp) -> impl Iterator<Item = NearLine> + '_ {
        let near = move |zone: &Laid| {
            (0..2).all(|k| p[k] > zone.low[k] - LINE_REACH_M && p[k] < zone.high[k] + LINE_REACH_M)
                && zone.expires.is_none_or(|e| t < e)
        };
        let lines = self.laid.iter().enumerate().filter(|(_, zone)| zone.kind == ZoneKind::Line);
        lines.filter(move |(_, zone)| near(zone)).filter_map(move |(i, zone)| {
            let line = zone.rings.first()?;
            let last = line.len().checked_sub(2)?;
            let mut best: Option<NearLine> = None;
            for (n, pair) in line.windows(2).enumerate() {
                let [a, b] = [pair.first()?, pair.get(1)?];
                let (d, along) = to_segment(p, *a, *b);
                if best.is_none_or(|b| d < b.signed_m.abs()) {
                    let right = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) < 0.0;
                    let abeam = (n > 0 || along > 0.0) && (n < last || along < 1.0);
                    best = Some(NearLine { zone: i as u16, signed_m: if right { d } else { -d }, abeam });
                }
            }
            best
        })
    }

    /// The landing zone that a craft at `p` on `course` (radians) misses by least.
    pub(super) fn landing(&self, p: [f64; 2], course: f64) -> Option<Landing> {
        let mut best: Option<Landing> = None;
        for &(zone, middle, radius) in &self.landings {
            let (east, north) = (middle[0] - p[0], middle[1] - p[1]);
            let m = east.hypot(north);
            if m > LANDING_REACH_M {
                continue;
            }
            let wide = if m > radius { (radius / m).asin() } else { std::f64::consts::PI };
            let off = (super::normal::angle_between(east.atan2(north), course) - wide).max(0.0);
            if best.is_none_or(|b| (off, m) < (b.off, b.m)) {
                best = Some(Landing { zone, off, m });
            }
        }
        best
    }
}

/// Whether an odd number of rings goes round a point: holes and several parts of a zone are all rings.
pub(crate) fn goes_round(rings: &[Vec<[f64; 2]>], p: [f64; 2]) -> bool {
    let mut odd = false;
    for ring in rings {
        let mut last = ring.last().copied().unwrap_or_default();
        for &q in ring {
            if (q[1] > p[1]) != (last[1] > p[1]) {
                let x = q[0] + (p[1] - q[1]) / (last[1] - q[1]) * (last[0] - q[0]);
                odd ^= p[0] < x;
            }
            last = q;
        }
    }
    odd
}

impl Laid {
    fn contains(&self, p: [f64; 2]) -> bool {
        goes_round(&self.rings, p)
    }

    fn edge_distance(&self, p: [f64; 2]) -> f64 {
        let mut best = f64::MAX;
        for ring in &self.rings {
            let mut last = ring.last().copied().unwrap_or_default();
            for &q in ring {
                best = best.min(to_segment(p, last, q).0);
                last = q;
            }
        }
        best
    }
}

/// Distance of a point from a segment, and where along it the nearest point lies, 0–1.
pub(super) fn to_segment(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> (f64, f64) {
    let d = [b[0] - a[0], b[1] - a[1]];
    let squared = d[0] * d[0] + d[1] * d[1];
    let along = if squared > 0.0 { (((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / squared).clamp(0.0, 1.0) } else { 0.0 };
    ((p[0] - a[0] - along * d[0]).hypot(p[1] - a[1] - along * d[1]), along)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::GeodeticHeight;
    use proptest::prelude::*;

    fn plane() -> LocalPlane {
        LocalPlane::new(GeodeticHeight::from_degrees(22.55, 114.72, 0.0))
    }

    fn zone(kind: ZoneKind, corners: &[[f64; 2]]) -> Zone {
        let points = corners.iter().map(|c| plane().geodetic(c[0], c[1])).collect();
        Zone {
            id: "Z".into(),
            name_zh: "区".into(),
            name_en: "zone".into(),
            kind,
            severity: Severity::default(),
            hours: None,
            answer: Answer::default(),
            shape: if kind == ZoneKind::Line { Shape::Line(points) } else { Shape::Area(vec![points]) },
        }
    }

    const SQUARE: [[f64; 2]; 4] = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0]];

    #[test]
    fn words_stand_at_the_numbers_of_their_kinds() {
        for (i, kind) in ZoneKind::ALL.into_iter().enumerate() {
            assert_eq!((kind as usize, kind.word()), (i, ZONE_WORDS[i]));
        }
    }

    #[test]
    fn hours_may_cross_midnight() {
        let day = Hours::parse("06:00-19:30").unwrap();
        assert!(day.hold(360) && day.hold(1169) && !day.hold(1170) && !day.hold(0));
        let night = Hours::parse("22:00-05:00").unwrap();
        assert!(night.hold(1320) && night.hold(0) && !night.hold(300) && !night.hold(720));
        assert!(Hours::parse("00:00-24:00").is_some_and(|all| all.hold(0) && all.hold(1439)));
        // No minute lies between six and six, or all do: nobody can tell what was meant, and a no-go zone must not be shut by it.
        for wrong in ["6-19", "25:00-26:00", "06:60-07:00", "06:00", "06:00-06:00", "00:00-00:00"] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn at_the_edge_of_a_no_go_zone_the_odds_are_even_and_two_sigmas_inside_they_are_not() {
        let zones = LaidZones::new(&[zone(ZoneKind::NoGo, &SQUARE)], &plane());
        let p = |x: f64| zones.at([x, 500.0], 20.0, Timestamp::MIN, 0).no_go.map(|(p, ..)| p);
        assert!((p(0.0).unwrap() - 0.5).abs() < 0.01, "{:?}", p(0.0));
        // Normal table: Φ(2) = 0.9772, Φ(−2) = 0.0228.
        assert!((p(40.0).unwrap() - 0.9772).abs() < 0.001 && (p(-40.0).unwrap() - 0.0228).abs() < 0.001);
        assert_eq!(p(-600.0), None);
    }

    #[test]
    fn a_hole_is_outside() {
        let mut ring = zone(ZoneKind::Fishing, &SQUARE);
        let hole: Vec<Geodetic> = [[400.0, 400.0], [600.0, 400.0], [600.0, 600.0], [400.0, 600.0]]
            .iter()
            .map(|c| plane().geodetic(c[0], c[1]))
            .collect();
        if let Shape::Area(rings) = &mut ring.shape {
            rings.push(hole);
        }
        let zones = LaidZones::new(&[ring], &plane());
        let kinds = |p| zones.at(p, 1.0, Timestamp::MIN, 0).kinds;
        assert_eq!((kinds([500.0, 500.0]), kinds([100.0, 100.0])), (0, ZoneKind::Fishing.bit()));
    }

    #[test]
    fn the_right_side_of_a_line_is_positive_and_its_ends_are_told() {
        // Due north: east is to the right.
        let zones = LaidZones::new(&[zone(ZoneKind::Line, &[[0.0, 0.0], [0.0, 500.0], [0.0, 1000.0]])], &plane());
        let near = |p| zones.lines(p, Timestamp::MIN).next().unwrap();
        let right = near([30.0, 700.0]);
        assert!((right.signed_m - 30.0).abs() < 0.01 && right.abeam);
        assert!((near([-30.0, 300.0]).signed_m + 30.0).abs() < 0.01);
        assert!(!near([-30.0, 1100.0]).abeam && !near([-30.0, -100.0]).abeam);
        assert_eq!(zones.lines([20_000.0, 0.0], Timestamp::MIN).count(), 0);
    }

    #[test]
    fn an_expired_zone_and_one_out_of_its_hours_do_not_count() {
        let mut exempt = zone(ZoneKind::Exempt, &SQUARE);
        exempt.hours = Some(Hours { from: 360, to: 1080 });
        exempt.answer.expires = Some(Timestamp::from_secs(100));
        let zones = LaidZones::new(&[exempt], &plane());
        let at = |s, minute| zones.at([500.0, 500.0], 1.0, Timestamp::from_secs(s), minute);
        assert_eq!((at(0, 400).kinds, at(0, 400).silencing), (ZoneKind::Exempt.bit(), Some(0)));
        assert_eq!((at(0, 1200).kinds, at(100, 400).kinds), (0, 0));
    }

    #[test]
    fn the_landing_ahead_is_the_one_the_course_meets() {
        let north = zone(ZoneKind::Landing, &SQUARE.map(|c| [c[0] - 500.0, c[1] + 10_000.0]));
        let east = zone(ZoneKind::Landing, &SQUARE.map(|c| [c[0] + 9_000.0, c[1] - 500.0]));
        let zones = LaidZones::new(&[north, east], &plane());
        let ahead = |degrees: f64| zones.landing([0.0, 0.0], degrees.to_radians()).map(|l| (l.zone, l.off.to_degrees()));
        assert_eq!(ahead(0.0), Some((0, 0.0)));
        assert_eq!(ahead(90.0), Some((1, 0.0)));
        let (zone, off) = ahead(30.0).unwrap();
        // 30° off less half the width of 707 m at 10.5 km (3.9°).
        assert!(zone == 0 && (off - 26.1).abs() < 0.1, "{off}");
    }

    proptest! {
        /// Against the winding number, which is another method.
        #[test]
        fn inside_is_what_the_winding_number_says(
            radii in proptest::collection::vec(100.0..1000.0f64, 3..20), x in -1000.0..1000.0f64, y in -1000.0..1000.0f64)
        {
            // A star about the origin does not cross itself.
            let n = radii.len() as f64;
            let corners: Vec<[f64; 2]> = radii.iter().enumerate().map(|(i, r)| {
                let a = i as f64 / n * std::f64::consts::TAU;
                [r * a.cos(), r * a.sin()]
            }).collect();
            let laid = LaidZones::new(&[zone(ZoneKind::Watch, &corners)], &plane());
            let ring = &laid.laid[0].rings[0];
            let mut turned = 0.0;
            for i in 0..ring.len() {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                let (u, v) = ([a[0] - x, a[1] - y], [b[0] - x, b[1] - y]);
                turned += (u[0] * v[1] - u[1] * v[0]).atan2(u[0] * v[0] + u[1] * v[1]);
            }
            prop_assert_eq!(laid.laid[0].contains([x, y]), turned.abs() > 3.0);
        }
    }
}
