//! Where a boat will land: how likely each landing zone of the site is by the way it has run, how far round the coast, and when.
//!
//! A boat that heads for a beach runs the shortest way by sea to it, on the whole. So each stretch of its way speaks for the zones to which
//! it is the way and against all others: the angle between what it did and the shortest way to a zone is taken to be distributed after von Mises
//! about nought, and evenly where it goes for none of them. What is inferred from is what it saved on the way to each place, so that its ways round
//! headlands count as what they are (goals from costs: P. Masters and S. Sardina 2017, "Cost-based goal recognition for path-planning").
//! Advice, never an order: the straight way ahead and where it meets the shore are told beside it.

use serde::Serialize;

use super::intercept::{Target, quadratic};
use crate::geo::{Coast, Geodetic, LocalPlane, SeaDistance, SeaGrid, distance_m};
use crate::model::Timestamp;
use crate::model::units::knots_to_mps;
use crate::rules::{Shape, Zone, ZoneKind, goes_round};

/// A landing further off is no forecast, m: 30 NM, forty minutes at 45 kn; round the land and off it, twice that.
const REACH_M: f64 = 55_560.0;
const ROUND_M: f64 = 2.0 * REACH_M;
/// Slower than this it runs for no beach, knots: half of the slowest craft of interest.
const LEAST_KN: f64 = 10.0;
/// Concentration of a helmsman's course about the shortest way, and over what way he keeps to a course, m.
const KAPPA: f64 = 4.0;
const KEEPS_M: f64 = 1000.0;
/// ln I₀(KAPPA): what a course says of a zone is held against one that is as likely in any direction.
const LN_I0_KAPPA: f64 = 2.425;
/// What it did so far back counts a third, m: he may have changed his mind.
const MEMORY_M: f64 = 6000.0;
/// Stretches of its way, m: long enough that a place known to 50 m tells a course.
const STRETCH_M: f64 = 300.0;
/// Likelihood beforehand that it goes for none of the zones.
const ELSEWHERE: f64 = 0.1;
/// Points of a zone's shore that are told apart, m: what a car drives in two minutes. Where a site's zones have more than so many, further ones.
const BEACH_M: f64 = 2000.0;
const MOST_BEACHES: usize = 96;
/// Distances kept in all: 80 MB. A site with a hundred zones and more has coarser cells.
const MOST_DISTANCES: f64 = 4e7;
/// What is less likely than this is not told.
const LEAST_P: f64 = 0.02;
/// How a boat's way differs from the shortest one, standard deviation as a share of it.
const DETOUR: f64 = 0.1;

/// The landing zones of a site with how far everywhere is from each by sea.
#[derive(Debug)]
pub struct Landfalls {
    grid: SeaGrid,
    places: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    zone: Zone,
    /// How far everywhere is from points of its shore, of which each lies within [`BEACH_M`] of one.
    beaches: Vec<SeaDistance>,
}

/// One landing zone, as likely as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Landfall {
    /// Its short name in the site's zones.
    pub zone: String,
    /// What officers call it, in Chinese.
    pub name_zh: String,
    /// What officers call it, in English.
    pub name_en: String,
    /// Probability.
    pub p: f64,
    /// How far it is by sea, m.
    pub distance_m: f64,
    /// In how many seconds it is there.
    pub in_s: f64,
    /// Standard deviation of that, s.
    pub sigma_s: f64,
    /// Where the shortest way meets its shore, degrees north and east.
    pub position: [f64; 2],
    /// That way, degrees north and east, from where it is.
    pub way: Vec<[f64; 2]>,
}

/// Where a craft may land, the likeliest zone first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Forecast {
    /// Those that are likely enough to be told.
    pub places: Vec<Landfall>,
    /// Probability that it goes for none of the zones.
    pub elsewhere: f64,
}

impl Forecast {
    /// The zone that is likelier than all else together, if one is.
    pub fn likely(&self) -> Option<&Landfall> {
        self.places.first().filter(|first| first.p > 0.5)
    }
}

impl Landfalls {
    /// Of the landing zones among `zones`; `None` where there is none.
    pub fn new(coast: &Coast, zones: &[Zone]) -> Option<Self> {
        let areas = || zones.iter().filter(|z| z.kind == ZoneKind::Landing).filter_map(|z| Some((z, rings(z)?)));
        let origin = *areas().next()?.1.first()?.first()?;
        let plane = LocalPlane::new(origin.at_height(0.0));
        let (mut low, mut high) = ([f64::MAX; 2], [f64::MIN; 2]);
        for p in areas().flat_map(|(_, rings)| rings.iter().flatten()).map(|p| plane.east_north(*p)) {
            for k in 0..2 {
                (low[k], high[k]) = (low[k].min(p[k] - REACH_M), high[k].max(p[k] + REACH_M));
            }
        }
        let grid = SeaGrid::new(coast, plane.clone(), low, high, MOST_DISTANCES / areas().count() as f64);
        let shore = |(_, rings): (&Zone, &Vec<Vec<Geodetic>>)| {
            let rings: Vec<Vec<[f64; 2]>> =
                rings.iter().map(|ring| ring.iter().map(|p| plane.east_north(*p)).collect()).collect();
            grid.shores(|p| goes_round(&rings, p))
        };
        let shores: Vec<Vec<[f64; 2]>> = areas().map(shore).collect();
        let all = |beach_m: f64| -> Vec<Vec<[f64; 2]>> { shores.iter().map(|shore| apart(shore, beach_m)).collect() };
        let (mut beach_m, mut beaches) = (BEACH_M, all(BEACH_M));
        while beaches.iter().map(Vec::len).sum::<usize>() > MOST_BEACHES.max(shores.len()) {
            beach_m *= 1.5;
            beaches = all(beach_m);
        }
        let place = |(zone, beaches): (&Zone, Vec<[f64; 2]>)| Place {
            zone: zone.clone(),
            beaches: beaches.into_iter().map(|p| grid.distance_from(p, ROUND_M)).collect(),
        };
        Some(Self { places: areas().map(|(zone, _)| zone).zip(beaches).map(place).collect(), grid })
    }

    /// Where a craft may land that went along `trail` (oldest first) to where it is. `None` where it is too slow to run for a beach.
    pub fn forecast(&self, trail: &[(Timestamp, Geodetic)], target: &Target, t: Timestamp) -> Option<Forecast> {
        let speed = target.velocity[0].hypot(target.velocity[1]);
        if speed < knots_to_mps(LEAST_KN) {
            return None;
        }
        let way = stretches(trail, target.position);
        let in_force = self.places.iter().filter(|p| p.zone.answer.expires.is_none_or(|e| t < e));
        let weighed: Vec<Weighed<'_>> = in_force.filter_map(|place| self.weigh(place, target.position, &way)).collect();
        let prior = (1.0 - ELSEWHERE) / weighed.len().max(1) as f64;
        // Against the likeliest, so that none overflows.
        let most = weighed.iter().map(|w| w.says).fold(0.0, f64::max);
        let odds = |says: f64| prior * (says - most).exp();
        let nowhere = ELSEWHERE * (-most).exp();
        let sum = nowhere + weighed.iter().map(|w| odds(w.says)).sum::<f64>();
        let along = [target.velocity[0] / speed, target.velocity[1] / speed];
        let sigma_v = quadratic(target.velocity_cov, along).sqrt();
        let mut places: Vec<Landfall> = weighed
            .into_iter()
            .map(|w| (odds(w.says) / sum, w))
            .filter(|(p, _)| *p >= LEAST_P)
            .map(|(p, Weighed { place, beach, .. })| {
                let way = self.grid.way(beach, target.position);
                let distance_m = way.windows(2).map(|w| distance_m(w[0], w[1])).sum::<f64>();
                let way: Vec<[f64; 2]> = way.into_iter().map(degrees).collect();
                let in_s = distance_m / speed;
                Landfall {
                    zone: place.zone.id.clone(),
                    name_zh: place.zone.name_zh.clone(),
                    name_en: place.zone.name_en.clone(),
                    p,
                    distance_m,
                    in_s,
                    sigma_s: in_s * (sigma_v / speed).hypot(DETOUR),
                    position: way.last().copied().unwrap_or_else(|| degrees(target.position)),
                    way,
                }
            })
            .collect();
        places.sort_by(|a, b| b.p.total_cmp(&a.p).then_with(|| a.zone.cmp(&b.zone)));
        Some(Forecast { places, elsewhere: nowhere / sum })
    }

    /// How likely a zone is by the way of a craft, and where on its shore.
    fn weigh<'a>(&self, place: &'a Place, at: Geodetic, way: &[Stretch]) -> Option<Weighed<'a>> {
        let said = place.beaches.iter().filter_map(|beach| {
            let left = self.grid.distance_m(beach, at)?;
            Some((beach, self.says(beach, way, left)))
        });
        let said: Vec<_> = said.collect();
        let &(beach, most) = said.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        // It goes for any of them.
        let mean = said.iter().map(|(_, says)| (says - most).exp()).sum::<f64>() / place.beaches.len() as f64;
        Some(Weighed { place, beach, says: most + mean.ln() })
    }

    /// How much likelier its way is if it heads for a place than if it goes anywhere, nats. `way` is from where it is back.
    fn says(&self, beach: &SeaDistance, way: &[Stretch], left: f64) -> f64 {
        let (mut sum, mut nearer) = (0.0, left);
        for stretch in way {
            let Some(before) = self.grid.distance_m(beach, stretch.from) else { break };
            let saved = (before - nearer).clamp(-stretch.m, stretch.m);
            sum += (-stretch.back_m / MEMORY_M).exp() * (KAPPA * saved - LN_I0_KAPPA * stretch.m) / KEEPS_M;
            nearer = before;
        }
        sum
    }
}

/// A zone as likely as the way of a craft makes it.
struct Weighed<'a> {
    place: &'a Place,
    /// The likeliest point of its shore.
    beach: &'a SeaDistance,
    /// Nats, against going for none.
    says: f64,
}

/// Points of which none lies further than `beach_m` from one that is taken, the furthest first (T. Gonzalez 1985, "Clustering to minimize the maximum
/// intercluster distance").
fn apart(points: &[[f64; 2]], beach_m: f64) -> Vec<[f64; 2]> {
    let mut taken: Vec<[f64; 2]> = points.first().copied().into_iter().collect();
    let off =
        |p: &[f64; 2], taken: &[[f64; 2]]| taken.iter().map(|q| (p[0] - q[0]).hypot(p[1] - q[1])).fold(f64::MAX, f64::min);
    while let Some((m, p)) = points.iter().map(|p| (off(p, &taken), p)).max_by(|a, b| a.0.total_cmp(&b.0)) {
        if m <= beach_m {
            break;
        }
        taken.push(*p);
    }
    taken
}

/// A stretch of a craft's way.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Where it began.
    from: Geodetic,
    /// How long it is, m.
    m: f64,
    /// How far back its middle lies, m.
    back_m: f64,
}

/// The way in stretches, the newest first.
fn stretches(trail: &[(Timestamp, Geodetic)], now: Geodetic) -> Vec<Stretch> {
    let (mut way, mut to, mut back_m) = (Vec::new(), now, 0.0);
    for (_, from) in trail.iter().rev() {
        let m = distance_m(*from, to);
        if m < STRETCH_M {
            continue;
        }
        if back_m > 3.0 * MEMORY_M {
            break;
        }
        way.push(Stretch { from: *from, m, back_m: back_m + 0.5 * m });
        (back_m, to) = (back_m + m, *from);
    }
    way
}

/// To 10⁻⁵ degrees, a metre: a way is a hundred such places.
fn degrees(at: Geodetic) -> [f64; 2] {
    [at.lat_deg(), at.lon_deg()].map(|d| (d * 1e5).round() / 1e5)
}

fn rings(zone: &Zone) -> Option<&Vec<Vec<Geodetic>>> {
    match &zone.shape {
        Shape::Area(rings) => Some(rings),
        Shape::Line(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::intercept::{Help, advise};
    use super::*;
    use crate::model::Severity;
    use crate::model::incident::{Level, Unit, UnitKind, UnitName};
    use crate::rules::Answer;

    /// A circle of 2.5 km, as the zones that ship have them.
    fn zone(id: &str, lat: f64, lon: f64) -> Zone {
        let plane = LocalPlane::new(Geodetic::from_degrees(lat, lon).at_height(0.0));
        let ring = (0..32).map(|k| {
            let (sin, cos) = (f64::from(k) * std::f64::consts::TAU / 32.0).sin_cos();
            plane.geodetic(2500.0 * sin, 2500.0 * cos)
        });
        Zone {
            id: id.to_owned(),
            name_zh: id.to_owned(),
            name_en: id.to_owned(),
            kind: ZoneKind::Landing,
            severity: Severity::new(3).unwrap(),
            hours: None,
            answer: Answer::default(),
            shape: Shape::Area(vec![ring.collect()]),
        }
    }

    fn bay() -> Vec<Zone> {
        vec![
            zone("fanhe", 22.79, 114.80),
            zone("xunliao", 22.69, 114.73),
            zone("pinghai", 22.58, 114.90),
            zone("aotou", 22.70, 114.545),
        ]
    }

    fn t(s: f64) -> Timestamp {
        Timestamp::from_secs(1_773_504_000).plus_seconds(s)
    }

    /// A boat of 22 m/s along these corners, a place every 10 s with an error of some 40 m; `short_m` before the last corner it is now.
    fn run(corners: &[(f64, f64)], short_m: f64) -> (Vec<(Timestamp, Geodetic)>, Target) {
        let corners: Vec<Geodetic> = corners.iter().map(|(lat, lon)| Geodetic::from_degrees(*lat, *lon)).collect();
        let mut trail = Vec::new();
        let (mut k, mut velocity) = (0, [0.0; 2]);
        for (n, leg) in corners.windows(2).enumerate() {
            let plane = LocalPlane::new(leg[0].at_height(0.0));
            let to = plane.east_north(leg[1]);
            let m = to[0].hypot(to[1]);
            velocity = [22.0 * to[0] / m, 22.0 * to[1] / m];
            let end = if n + 2 == corners.len() { m - short_m } else { m };
            for s in 0..(end / 220.0) as usize {
                let along = s as f64 * 220.0 / m;
                let error = |f: f64| 40.0 * (f * f64::from(k)).sin();
                trail.push((t(10.0 * f64::from(k)), plane.geodetic(to[0] * along + error(1.7), to[1] * along + error(2.3))));
                k += 1;
            }
        }
        let position = trail.last().unwrap().1;
        (trail, Target { position, velocity, position_cov: [900.0, 0.0, 900.0], velocity_cov: [4.0, 0.0, 4.0] })
    }

    fn landfalls(zones: &[Zone]) -> Landfalls {
        Landfalls::new(Coast::shipped().unwrap(), zones).unwrap()
    }

    #[test]
    fn who_has_passed_one_beach_goes_for_the_next() {
        let landfalls = landfalls(&bay());
        // From the edge of the bay to Fanhe, past Xunliao.
        let way = [(22.42, 114.58), (22.60, 114.68), (22.71, 114.695), (22.785, 114.79)];
        let (trail, target) = run(&way[..3], 3_000.0);
        let early = landfalls.forecast(&trail, &target, t(2000.0)).unwrap();
        let two: Vec<&str> = early.places.iter().take(2).map(|p| p.zone.as_str()).collect();
        assert!(two.contains(&"fanhe") && two.contains(&"xunliao"), "{early:?}");
        let (trail, target) = run(&way, 4_000.0);
        let late = landfalls.forecast(&trail, &target, t(2000.0)).unwrap();
        let first = late.likely().unwrap();
        assert!(first.zone == "fanhe" && first.p > 0.9, "{late:?}");
        assert!(
            (first.in_s / (first.distance_m / 22.0) - 1.0).abs() < 0.01
                && first.distance_m > 2_000.0
                && first.distance_m < 8_000.0
        );
        let sum: f64 = late.places.iter().map(|p| p.p).sum::<f64>() + late.elsewhere;
        assert!(sum <= 1.0 + 1e-9 && sum > 0.9, "{sum}");
    }

    #[test]
    fn round_a_cape_it_is_not_the_beach_straight_ahead() {
        let landfalls = landfalls(&bay());
        // North along the cape's east side, bound for the bay behind it: straight ahead lies other land.
        let (trail, target) = run(&[(22.46, 114.86), (22.545, 114.918), (22.565, 114.925), (22.577, 114.918)], 0.0);
        let told = landfalls.forecast(&trail, &target, t(1000.0)).unwrap();
        assert_eq!(told.likely().map(|p| p.zone.as_str()), Some("pinghai"), "{told:?}");
        let way = &told.places[0].way;
        let ashore = way.iter().filter(|p| Coast::shipped().unwrap().is_land(Geodetic::from_degrees(p[0], p[1]))).count();
        // A corner of land smaller than a cell may be cut.
        assert!(way.len() > 4 && ashore <= 1, "{ashore} of {way:?}");
    }

    #[test]
    fn out_to_sea_is_for_none_and_a_slow_boat_for_no_beach() {
        let landfalls = landfalls(&bay());
        let (trail, target) = run(&[(22.55, 114.75), (22.30, 114.75)], 0.0);
        let told = landfalls.forecast(&trail, &target, t(2000.0)).unwrap();
        assert!(told.elsewhere > 0.95 && told.likely().is_none(), "{told:?}");
        let slow = Target { velocity: [0.0, 4.0], ..target };
        assert_eq!(landfalls.forecast(&trail, &slow, t(2000.0)), None);
    }

    #[test]
    fn zones_that_have_expired_and_sites_without_any() {
        let mut zones = bay();
        zones[0].answer.expires = Some(t(100.0));
        let landfalls = landfalls(&zones);
        let (trail, target) = run(&[(22.60, 114.68), (22.71, 114.695), (22.785, 114.79)], 4_000.0);
        let has = |at: f64| landfalls.forecast(&trail, &target, t(at)).unwrap().places.iter().any(|p| p.zone == "fanhe");
        assert!(has(99.0) && !has(100.0));
        assert!(Landfalls::new(Coast::shipped().unwrap(), &[]).is_none());
    }

    #[test]
    fn a_coast_full_of_zones_is_kept_within_bounds() {
        // A hundred and fifty overlapping circles along the bay's shores.
        let zones: Vec<Zone> =
            (0..150).map(|k| zone(&format!("z{k}"), 22.55 + 0.0016 * f64::from(k), 114.50 + 0.003 * f64::from(k))).collect();
        let landfalls = landfalls(&zones);
        let beaches: usize = landfalls.places.iter().map(|p| p.beaches.len()).sum();
        assert!(landfalls.places.len() == 150 && beaches <= 150 && beaches > 50, "{beaches}");
        let (trail, target) = run(&[(22.60, 114.68), (22.71, 114.695), (22.785, 114.79)], 4_000.0);
        let told = landfalls.forecast(&trail, &target, t(0.0)).unwrap();
        assert!(told.elsewhere.is_finite() && told.places.iter().all(|p| p.p.is_finite() && p.in_s.is_finite()), "{told:?}");
    }

    #[test]
    fn who_goes_ashore_goes_where_it_will_most_likely_land() {
        let coast = Coast::shipped().unwrap();
        let car = Unit {
            name: UnitName("car 3".to_owned()),
            kind: UnitKind::Vehicle,
            level: Level::County,
            max_speed_kn: 40.0,
            position: Some([22.70, 114.74]),
            position_at: None,
            available: true,
            ready_min: 1.0,
        };
        let (trail, target) = run(&[(22.60, 114.68), (22.71, 114.695), (22.785, 114.79)], 4_000.0);
        let told = landfalls(&bay()).forecast(&trail, &target, t(2000.0)).unwrap();
        let fanhe = told.likely().unwrap();
        let advice = |landfall| advise(&target, [&car], Some(coast), landfall).remove(0).help;
        let Help::CutOff { zone, position, craft_in_s, .. } = advice(Some(fanhe)) else { panic!("{told:?}") };
        assert_eq!((zone.as_deref(), position, craft_in_s), (Some("fanhe"), fanhe.position, fanhe.in_s));
        // Without a likely zone, to where its straight way meets the shore.
        assert!(matches!(advice(None), Help::CutOff { zone: None, .. }));
    }
}
