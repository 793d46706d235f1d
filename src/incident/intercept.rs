//! Interception help: where and when a unit can meet a craft, and where to cut it off when it is faster.
//!
//! Advice, never an order. The craft is taken to keep its course and speed, with the tracker's doubt about both and a wander that
//! grows with time; what is told always has its uncertainty beside it. Places are in a tangent plane about the craft: over the 50 km
//! that matter the error is below a metre.

use serde::Serialize;

use super::landfall::Landfall;
use crate::geo::{Coast, Geodetic, LocalPlane};
use crate::model::Track;
use crate::model::incident::{Unit, UnitKind, UnitName};
use crate::model::units::{course_deg, knots_to_mps};

/// How far ahead is looked, s: a boat of 40 kn makes 60 NM in it, which is across any bay.
const HORIZON_S: f64 = 5400.0;

/// Spectral density of the craft's acceleration, m²/s³: with 0.05 a boat that holds its course on the whole is within 1.9 km of its
/// extrapolation after 10 min (one standard deviation an axis). The tracker's own 0.5 is for the next scan, not for the next quarter.
const WANDER: f64 = 0.05;

/// Roads are longer than the straight way by this much: the usual ratio of road to air distance in hilly country is 1.3 to 1.5.
const ROAD: f64 = 1.4;

/// Half axes of the 95 % ellipse of two dimensions in standard deviations: √−2·ln 0.05.
const ELLIPSE_95: f64 = 2.447_746_830_680_816;

/// Where a craft is and how it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Where it is now.
    pub position: Geodetic,
    /// Velocity east and north, m/s.
    pub velocity: [f64; 2],
    /// Covariance of the position, m²: east-east, east-north, north-north.
    pub position_cov: [f64; 3],
    /// Covariance of the velocity, (m/s)².
    pub velocity_cov: [f64; 3],
}

impl Target {
    /// A track as of `after_s` seconds after its state.
    pub fn of(track: &Track, after_s: f64) -> Self {
        let plane = LocalPlane::new(track.position.at_height(0.0));
        let [vx, vy] = track.velocity;
        let position = plane.geodetic(vx * after_s, vy * after_s);
        let p = [0, 1, 2].map(|k| track.position_cov[k] + track.velocity_cov[k] * after_s * after_s);
        Self { position, velocity: track.velocity, position_cov: p, velocity_cov: track.velocity_cov }
    }

    fn speed(&self) -> f64 {
        self.velocity[0].hypot(self.velocity[1])
    }

    /// Where it will be, in the plane about where it is.
    fn after(&self, t: f64) -> [f64; 2] {
        [self.velocity[0] * t, self.velocity[1] * t]
    }

    /// Covariance of where it will be.
    fn cov_after(&self, t: f64) -> [f64; 3] {
        let wander = WANDER * t.powi(3) / 3.0;
        let grown = |k: usize| self.position_cov[k] + self.velocity_cov[k] * t * t;
        [grown(0) + wander, grown(1), grown(2) + wander]
    }
}

/// The ellipse that holds the craft with 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ellipse {
    /// Longer half axis, m.
    pub major_m: f64,
    /// Shorter half axis, m.
    pub minor_m: f64,
    /// Direction of the longer one, degrees clockwise from north, 0–180.
    pub major_deg: f64,
}

impl Ellipse {
    /// Of a covariance: east-east, east-north, north-north.
    pub fn of(cov: [f64; 3]) -> Self {
        let [ee, en, nn] = cov;
        let (mean, half) = ((ee + nn) / 2.0, ((ee - nn) / 2.0).hypot(en));
        let axis = |variance: f64| ELLIPSE_95 * variance.max(0.0).sqrt();
        // Angle of the longer axis from east, towards north.
        let from_east = 0.5 * (2.0 * en).atan2(ee - nn);
        let major_deg = (90.0 - from_east.to_degrees()).rem_euclid(180.0);
        Self { major_m: axis(mean + half), minor_m: axis(mean - half), major_deg }
    }
}

/// Where a craft will land if it keeps on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Landing {
    /// Where its course meets the shore, degrees north and east.
    pub position: [f64; 2],
    /// In how many seconds.
    pub in_s: f64,
    /// Standard deviation of that, s.
    pub sigma_s: f64,
    /// Where it will be then, with 95 %.
    pub ellipse: Ellipse,
}

/// What a unit can do about a craft.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "help", rename_all = "kebab-case")]
pub enum Help {
    /// It can meet the craft before it lands.
    Meet {
        /// The first possible meeting, seconds from now; the time to get under way is in it.
        in_s: f64,
        /// Standard deviation of that, s.
        sigma_s: f64,
        /// The last, s: after it the craft has passed or landed. `None` where the unit is the faster one and no shore is near.
        until_s: Option<f64>,
        /// Course to steer at full speed, degrees from north.
        course_deg: f64,
        /// Where, degrees north and east.
        position: [f64; 2],
        /// How far the unit goes, m.
        distance_m: f64,
        /// Where the craft will be then, with 95 %.
        ellipse: Ellipse,
        /// The straight way crosses land: it takes longer.
        over_land: bool,
    },
    /// It cannot meet the craft on the way: where it lands is the place to be.
    CutOff {
        /// The landing zone it is in, where that is where the craft will most likely land; else its straight way ahead meets the shore there.
        zone: Option<String>,
        /// Where, degrees north and east.
        position: [f64; 2],
        /// When the unit is there, seconds from now.
        unit_in_s: f64,
        /// When the craft is there, s.
        craft_in_s: f64,
        /// Standard deviation of the difference, s.
        sigma_s: f64,
        /// Course to steer, degrees from north.
        course_deg: f64,
        /// How far, m.
        distance_m: f64,
        /// The straight way crosses land: it takes longer.
        over_land: bool,
    },
    /// It cannot meet the craft, and no shore is ahead of it.
    CannotCatch {
        /// How near it can come, m.
        nearest_m: f64,
        /// When, seconds from now.
        in_s: f64,
        /// Course to steer for that, degrees from north.
        course_deg: f64,
    },
    /// Nobody has told where the unit is.
    NoPosition,
    /// It cannot be sent.
    NotAvailable,
}

impl Help {
    /// Seconds until something can be done; endless where nothing can.
    pub fn in_s(&self) -> f64 {
        match self {
            Self::Meet { in_s, .. } => *in_s,
            Self::CutOff { unit_in_s, craft_in_s, .. } => unit_in_s.max(*craft_in_s),
            Self::CannotCatch { .. } | Self::NoPosition | Self::NotAvailable => f64::INFINITY,
        }
    }

    /// How good it is: met on the way, there before it lands, late, not at all.
    fn rank(&self) -> u8 {
        match self {
            Self::Meet { .. } => 0,
            Self::CutOff { unit_in_s, craft_in_s, .. } if unit_in_s <= craft_in_s => 1,
            Self::CutOff { .. } => 2,
            Self::CannotCatch { .. } => 3,
            Self::NoPosition | Self::NotAvailable => 4,
        }
    }
}

/// What is advised for one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// Who.
    pub unit: UnitName,
    /// What moves it.
    pub kind: UnitKind,
    /// What it can do.
    #[serde(flatten)]
    pub help: Help,
}

/// Where the craft lands if it keeps on; `None` where no shore is within its next hour and a half, or it lies still.
pub fn landing(target: &Target, coast: &Coast) -> Option<Landing> {
    let speed = target.speed();
    if speed < knots_to_mps(1.0) {
        return None;
    }
    let plane = LocalPlane::new(target.position.at_height(0.0));
    let first = |ahead_s: f64| {
        let [e, n] = target.after(ahead_s);
        coast.first_land(target.position, plane.geodetic(e, n)).map(|share| share * ahead_s)
    };
    // A share of a long way on the ellipsoid is not quite that of the time: 60 m over 90 NM. The second look is a short one.
    let far = first(HORIZON_S)?;
    let in_s = first(1.01 * far + 1.0).unwrap_or(far);
    let [e, n] = target.after(in_s);
    let cov = target.cov_after(in_s);
    let along = [target.velocity[0] / speed, target.velocity[1] / speed];
    Some(Landing {
        position: degrees(plane.geodetic(e, n)),
        in_s,
        sigma_s: quadratic(cov, along).sqrt() / speed,
        ellipse: Ellipse::of(cov),
    })
}

/// What each unit can do, the best first. `landfall` is the landing zone that is likelier than all else together, if one is: who cannot meet the
/// craft on the way is sent there.
pub fn advise<'a>(
    target: &Target,
    units: impl IntoIterator<Item = &'a Unit>,
    coast: Option<&Coast>,
    landfall: Option<&Landfall>,
) -> Vec<Advice> {
    let landing = coast.and_then(|c| landing(target, c));
    let ashore = landfall.map(Ashore::in_zone).or_else(|| landing.as_ref().map(Ashore::straight_ahead));
    let mut advice: Vec<Advice> = units
        .into_iter()
        .map(|unit| Advice {
            unit: unit.name.clone(),
            kind: unit.kind,
            help: help(target, unit, landing.as_ref(), ashore.as_ref(), coast),
        })
        .collect();
    advice.sort_by(|a, b| {
        let key = |x: &Advice| (x.help.rank(), x.help.in_s());
        key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)).then_with(|| a.unit.cmp(&b.unit))
    });
    advice
}

/// Where and when a craft comes ashore.
#[derive(Clone, Debug)]
struct Ashore {
    zone: Option<String>,
    position: [f64; 2],
    in_s: f64,
    sigma_s: f64,
}

impl Ashore {
    fn in_zone(at: &Landfall) -> Self {
        Self { zone: Some(at.zone.clone()), position: at.position, in_s: at.in_s, sigma_s: at.sigma_s }
    }

    fn straight_ahead(at: &Landing) -> Self {
        Self { zone: None, position: at.position, in_s: at.in_s, sigma_s: at.sigma_s }
    }
}

fn help(target: &Target, unit: &Unit, landing: Option<&Landing>, ashore: Option<&Ashore>, coast: Option<&Coast>) -> Help {
    if !unit.available {
        return Help::NotAvailable;
    }
    let Some([lat, lon]) = unit.position else { return Help::NoPosition };
    let from = Geodetic::from_degrees(lat, lon);
    let plane = LocalPlane::new(target.position.at_height(0.0));
    let u = plane.east_north(from);
    let (speed, delay) = (knots_to_mps(unit.max_speed_kn), unit.ready_min * 60.0);
    let end = landing.map_or(HORIZON_S, |l| l.in_s);
    let crosses = |to: Geodetic| coast.is_some_and(|c| c.first_land(from, to).is_some_and(|share| share < SHORE_SHARE));
    if unit.kind == UnitKind::Boat
        && let Some((first, last)) = meeting(target, u, speed, delay).filter(|(first, _)| *first <= end)
    {
        let p = target.after(first);
        let way = [p[0] - u[0], p[1] - u[1]];
        let distance_m = way[0].hypot(way[1]);
        let at = plane.geodetic(p[0], p[1]);
        let cov = target.cov_after(first);
        return Help::Meet {
            in_s: first,
            sigma_s: time_sigma(target, cov, way, speed),
            until_s: last.or(landing.map(|l| l.in_s)).map(|t| t.min(end)),
            course_deg: course_deg(way[0], way[1]),
            position: degrees(at),
            distance_m,
            ellipse: Ellipse::of(cov),
            over_land: crosses(at),
        };
    }
    match ashore {
        Some(ashore) => cut_off(ashore, unit, u, &plane, crosses),
        None => nearest(target, u, speed, delay),
    }
}

/// The way to a landing place ends on land: only what crosses land before this share of it counts.
const SHORE_SHARE: f64 = 0.995;

fn cut_off(ashore: &Ashore, unit: &Unit, u: [f64; 2], plane: &LocalPlane, crosses: impl Fn(Geodetic) -> bool) -> Help {
    let at = Geodetic::from_degrees(ashore.position[0], ashore.position[1]);
    let p = plane.east_north(at);
    let way = [p[0] - u[0], p[1] - u[1]];
    let on_land = unit.kind != UnitKind::Boat;
    let distance_m = way[0].hypot(way[1]) * if on_land { ROAD } else { 1.0 };
    let speed = knots_to_mps(unit.max_speed_kn);
    Help::CutOff {
        zone: ashore.zone.clone(),
        position: ashore.position,
        unit_in_s: unit.ready_min * 60.0 + if distance_m > 0.0 { distance_m / speed } else { 0.0 },
        craft_in_s: ashore.in_s,
        sigma_s: ashore.sigma_s,
        course_deg: course_deg(way[0], way[1]),
        distance_m,
        over_land: !on_land && crosses(at),
    }
}

/// First and last time at which a unit that leaves `u` after `delay` can be where the craft is; the last is `None` where it can from
/// then on for ever. |r + v·τ| = s·τ, where r is from unit to craft when the unit leaves and τ the time since.
fn meeting(target: &Target, u: [f64; 2], s: f64, delay: f64) -> Option<(f64, Option<f64>)> {
    let v = target.velocity;
    let at_start = target.after(delay);
    let r = [at_start[0] - u[0], at_start[1] - u[1]];
    let c = r[0] * r[0] + r[1] * r[1];
    if c == 0.0 {
        return Some((delay, None));
    }
    let b = r[0] * v[0] + r[1] * v[1];
    let a = v[0] * v[0] + v[1] * v[1] - s * s;
    // As fast as each other, within a mm/s: the quadratic is a line.
    if a.abs() < 1e-3 * s.max(1.0) {
        return (b < 0.0).then(|| (delay + c / (-2.0 * b), None));
    }
    let discriminant = b * b - a * c;
    if discriminant < 0.0 {
        return None;
    }
    // The root without cancellation, and the other from their product.
    let q = -(b + discriminant.sqrt().copysign(b));
    let roots = if q == 0.0 { [0.0, 0.0] } else { [q / a, c / q] };
    let (low, high) = (roots[0].min(roots[1]), roots[0].max(roots[1]));
    match (a < 0.0, low > 0.0, high > 0.0) {
        // The unit is faster: one positive root, and from then on it can keep up.
        (true, _, true) => Some((delay + high, None)),
        // The craft is faster and comes nearer: between the roots it is within reach.
        (false, true, true) => Some((delay + low, Some(delay + high))),
        _ => None,
    }
}

/// Standard deviation of the time of meeting, to first order: σ along the line from unit to craft over the speed of closing on it.
fn time_sigma(target: &Target, cov: [f64; 3], way: [f64; 2], speed: f64) -> f64 {
    let length = way[0].hypot(way[1]);
    if length == 0.0 {
        return 0.0;
    }
    let n = [way[0] / length, way[1] / length];
    let closing = speed - (n[0] * target.velocity[0] + n[1] * target.velocity[1]);
    // Where both run side by side, a metre more is any time more.
    quadratic(cov, n).sqrt() / closing.max(0.01)
}

/// The nearest that a unit which cannot meet the craft can come to it: at the time when the gap |r + v·τ| − s·τ is least.
fn nearest(target: &Target, u: [f64; 2], s: f64, delay: f64) -> Help {
    let v = target.velocity;
    let gap = |t: f64| {
        let p = target.after(t);
        (p[0] - u[0]).hypot(p[1] - u[1]) - s * (t - delay).max(0.0)
    };
    // Convex from the delay on: a distance to a moving point is, and a line was taken off.
    let (mut low, mut high) = (delay.min(HORIZON_S), HORIZON_S);
    for _ in 0..100 {
        let third = (high - low) / 3.0;
        if gap(low + third) <= gap(high - third) { high -= third } else { low += third }
    }
    let at = low;
    let way = [v[0] * at - u[0], v[1] * at - u[1]];
    Help::CannotCatch { nearest_m: gap(at).max(0.0), in_s: at, course_deg: course_deg(way[0], way[1]) }
}

/// Variance along a direction, of a covariance: east-east, east-north, north-north.
pub(super) fn quadratic(cov: [f64; 3], n: [f64; 2]) -> f64 {
    (cov[0] * n[0] * n[0] + 2.0 * cov[1] * n[0] * n[1] + cov[2] * n[1] * n[1]).max(0.0)
}

fn degrees(at: Geodetic) -> [f64; 2] {
    [at.lat_deg(), at.lon_deg()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::incident::Level;

    fn target(velocity: [f64; 2]) -> Target {
        Target {
            position: Geodetic::from_degrees(22.5, 114.7),
            velocity,
            position_cov: [400.0, 0.0, 400.0],
            velocity_cov: [1.0, 0.0, 1.0],
        }
    }

    fn unit(east: f64, north: f64, speed_mps: f64, ready_min: f64) -> Unit {
        let plane = LocalPlane::new(Geodetic::from_degrees(22.5, 114.7).at_height(0.0));
        Unit {
            name: UnitName("HJ-1".to_owned()),
            kind: UnitKind::Boat,
            level: Level::County,
            max_speed_kn: speed_mps * 3600.0 / 1852.0,
            position: Some(degrees(plane.geodetic(east, north))),
            position_at: None,
            available: true,
            ready_min,
        }
    }

    fn only(target: &Target, unit: &Unit, coast: Option<&Coast>) -> Help {
        advise(target, [unit], coast, None).remove(0).help
    }

    /// A shore along 22.6° N, some 11.1 km north of the target.
    fn coast() -> Coast {
        Coast::from_geojson(r#"{"type":"Polygon","coordinates":[[[113,22.6],[116,22.6],[116,24],[113,24],[113,22.6]]]}"#)
            .unwrap()
    }

    fn near(a: f64, b: f64, room: f64) {
        assert!((a - b).abs() <= room, "{a} is not {b} ± {room}");
    }

    #[test]
    fn meetings_that_can_be_worked_out_by_hand() {
        // Head on: 10 km apart, 20 + 20 m/s.
        let Help::Meet { in_s, course_deg, distance_m, until_s, over_land, .. } =
            only(&target([0.0, 20.0]), &unit(0.0, 10_000.0, 20.0, 0.0), None)
        else {
            panic!()
        };
        near(in_s, 250.0, 0.1);
        near(course_deg, 180.0, 0.01);
        near(distance_m, 5000.0, 2.0);
        assert_eq!((until_s, over_land), (None, false));
        // A stern chase: 1 km behind, 5 m/s faster.
        let Help::Meet { in_s, sigma_s, .. } = only(&target([0.0, 20.0]), &unit(0.0, -1000.0, 25.0, 0.0), None) else {
            panic!()
        };
        near(in_s, 200.0, 0.1);
        // σ = √(400 + 200² + 0.05·200³/3) / 5.
        near(sigma_s, (400.0f64 + 40_000.0 + 0.05 * 8e6 / 3.0).sqrt() / 5.0, 0.5);
        // A 3-4-5 triangle: unit 4 km abeam, craft 15 m/s, unit 25 m/s: 3 km and 5 km in 200 s.
        let Help::Meet { in_s, course_deg, .. } = only(&target([0.0, 15.0]), &unit(4000.0, 0.0, 25.0, 0.0), None) else {
            panic!()
        };
        near(in_s, 200.0, 0.1);
        near(course_deg, 360.0 - (4000.0f64 / 3000.0).atan().to_degrees(), 0.05);
        // The same with five minutes to get under way: the craft is 4.5 km on.
        let Help::Meet { in_s, .. } = only(&target([0.0, 15.0]), &unit(4000.0, 4500.0, 25.0, 5.0), None) else { panic!() };
        near(in_s, 500.0, 0.2);
        // A craft that lies still.
        let Help::Meet { in_s, .. } = only(&target([0.0, 0.0]), &unit(3000.0, 4000.0, 10.0, 0.0), None) else { panic!() };
        near(in_s, 500.0, 0.2);
    }

    #[test]
    fn a_faster_craft_is_met_where_it_comes_by_and_only_so_long() {
        // Craft 30 m/s north, unit 20 m/s, 6 km ahead and 2 km abeam.
        let Help::Meet { in_s, until_s, .. } = only(&target([0.0, 30.0]), &unit(2000.0, 6000.0, 20.0, 0.0), None) else {
            panic!()
        };
        let reach = |t: f64| 2000f64.hypot(6000.0 - 30.0 * t) - 20.0 * t;
        near(reach(in_s), 0.0, 5.0);
        near(reach(until_s.unwrap()), 0.0, 5.0);
        assert!(until_s.unwrap() > in_s);
    }

    #[test]
    fn what_outruns_a_unit_is_cut_off_where_it_lands() {
        let coast = coast();
        let t = target([0.0, 30.0]);
        // Abeam and behind: no meeting; the landing place is 11.1 km on.
        let Help::CutOff { position, unit_in_s, craft_in_s, .. } = only(&t, &unit(8000.0, -2000.0, 20.0, 0.0), Some(&coast))
        else {
            panic!()
        };
        near(position[0], 22.6, 1e-4);
        near(position[1], 114.7, 1e-4);
        let ahead = 0.1f64.to_radians() * 6_347_000.0;
        near(craft_in_s, ahead / 30.0, 3.0);
        near(unit_in_s, 8000f64.hypot(ahead + 2000.0) / 20.0, 5.0);
        // A car on the shore, 5 km along: by road 7 km.
        let car = Unit { kind: UnitKind::Vehicle, ..unit(5000.0, ahead, 15.0, 2.0) };
        let Help::CutOff { unit_in_s, craft_in_s, over_land, .. } = only(&t, &car, Some(&coast)) else { panic!() };
        near(unit_in_s, 120.0 + 7000.0 / 15.0, 5.0);
        assert!(unit_in_s > craft_in_s && !over_land);
        // No shore ahead: how near it can come.
        let Help::CannotCatch { nearest_m, .. } = only(&target([0.0, -30.0]), &unit(8000.0, 2000.0, 20.0, 0.0), Some(&coast))
        else {
            panic!()
        };
        assert!(nearest_m > 0.0 && nearest_m <= 8246.3, "{nearest_m}");
        // A meeting that would be on land is none.
        let slow = only(&t, &unit(0.0, -100.0, 30.5, 0.0), Some(&coast));
        let fast = only(&t, &unit(0.0, -100.0, 35.0, 0.0), Some(&coast));
        assert!(matches!(fast, Help::Meet { .. }), "{fast:?}");
        assert!(matches!(slow, Help::Meet { in_s, .. } if in_s < 205.0), "{slow:?}");
        let late = only(&t, &unit(0.0, -2000.0, 30.5, 0.0), Some(&coast));
        assert!(matches!(late, Help::CutOff { .. }), "{late:?}");
    }

    #[test]
    fn landings_are_told_with_their_doubt() {
        let coast = coast();
        let l = landing(&target([10.0, 20.0]), &coast).unwrap();
        near(l.position[0], 22.6, 1e-4);
        near(l.in_s, 0.1f64.to_radians() * 6_347_000.0 / 20.0, 3.0);
        assert!(l.ellipse.major_m >= l.ellipse.minor_m && l.sigma_s > 0.0);
        assert_eq!(landing(&target([10.0, -20.0]), &coast), None);
        assert_eq!(landing(&target([0.0, 0.1]), &coast), None);
        // Along 45° the ellipse lies along 45°.
        let e = Ellipse::of([5.0, 4.0, 5.0]);
        near(e.major_deg, 45.0, 1e-9);
        near(e.major_m, ELLIPSE_95 * 3.0, 1e-9);
        near(e.minor_m, ELLIPSE_95, 1e-9);
    }

    #[test]
    fn meetings_agree_with_a_simulation_step_by_step() {
        // A linear congruential generator is enough to spread the cases.
        let mut state = 12_345u64;
        let mut draw = |low: f64, high: f64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            low + (high - low) * (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let (mut met, mut not) = (0, 0);
        for _ in 0..400 {
            let v = [draw(-30.0, 30.0), draw(-30.0, 30.0)];
            let u = [draw(-15_000.0, 15_000.0), draw(-15_000.0, 15_000.0)];
            let (s, ready) = (draw(1.0, 30.0), draw(0.0, 5.0));
            // The simulation: can the unit be where the craft is?
            let step = 0.25;
            let within = |t: f64| (v[0] * t - u[0]).hypot(v[1] * t - u[1]) <= s * (t - ready * 60.0);
            let found = (0..(HORIZON_S / step) as u32).map(|i| f64::from(i) * step).find(|t| within(*t));
            match (found, only(&target(v), &unit(u[0], u[1], s, ready), None)) {
                (Some(t), Help::Meet { in_s, position, course_deg, distance_m, .. }) => {
                    met += 1;
                    // The plane drops height: metres at this range, over a closing speed that may be small.
                    near(in_s, t, 2.0 + 0.01 * t);
                    // Who steers that course for that long is there.
                    let way = s * (in_s - ready * 60.0);
                    near(way, distance_m, 10.0 + 1e-3 * distance_m);
                    let (sin, cos) = course_deg.to_radians().sin_cos();
                    let plane = LocalPlane::new(Geodetic::from_degrees(22.5, 114.7).at_height(0.0));
                    let p = plane.east_north(Geodetic::from_degrees(position[0], position[1]));
                    near(u[0] + way * sin, p[0], 20.0 + 1e-3 * distance_m);
                    near(u[1] + way * cos, p[1], 20.0 + 1e-3 * distance_m);
                }
                (None, Help::CannotCatch { nearest_m, in_s, .. }) => {
                    not += 1;
                    let gap = |t: f64| (v[0] * t - u[0]).hypot(v[1] * t - u[1]) - s * (t - ready * 60.0).max(0.0);
                    let least = (0..(HORIZON_S / step) as u32).map(|i| gap(f64::from(i) * step)).fold(f64::INFINITY, f64::min);
                    assert!(nearest_m <= least.max(gap(ready * 60.0)) + 10.0 && in_s >= 0.0, "{nearest_m} {least}");
                }
                // Beyond the horizon the closed form still meets.
                (None, Help::Meet { in_s, .. }) => assert!(in_s > HORIZON_S - 1.0, "{in_s}"),
                (found, help) => panic!("simulated {found:?}, told {help:?}"),
            }
        }
        assert!(met > 100 && not > 20, "{met} met, {not} not");
    }

    #[test]
    fn units_are_told_best_first_and_each_with_its_reason() {
        let coast = coast();
        let t = target([0.0, 30.0]);
        let named = |name: &str, unit: Unit| Unit { name: UnitName(name.to_owned()), ..unit };
        let units = [
            named("away", Unit { available: false, ..unit(0.0, 100.0, 20.0, 0.0) }),
            named("late", unit(9000.0, 0.0, 20.0, 0.0)),
            named("lost", Unit { position: None, ..unit(0.0, 0.0, 20.0, 0.0) }),
            named("near", unit(500.0, 6000.0, 20.0, 0.0)),
            named("shore", Unit { kind: UnitKind::Foot, ..unit(100.0, 11_000.0, 1.5, 0.0) }),
        ];
        let order: Vec<String> = advise(&t, &units, Some(&coast), None).into_iter().map(|a| a.unit.0).collect();
        assert_eq!(order, ["near", "shore", "late", "away", "lost"]);
    }
}
