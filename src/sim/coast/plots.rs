//! What happens in each scenario.

use super::super::places::{self, Point};
use super::class::Class;
use super::echo::Sea;
use super::scene::Fault;
use super::sea::RainCell;
use super::stories::Hour;
use super::traffic::{Cast, Traffic, part_way};
use super::transponder::{Lie, Mode, Transponder};
use super::vessel::Step;
use crate::model::units::knots_to_mps;

/// A scenario while it is made up.
#[derive(Debug)]
pub struct Tale<'a> {
    /// Who is in it.
    pub cast: Cast<'a>,
    /// When it begins.
    pub hour: Hour,
    /// How long it lasts at most, s.
    pub length_s: f64,
    /// Showers.
    pub rain: Vec<RainCell>,
    /// What fails.
    pub faults: Vec<Fault>,
    /// What happens to no vessel in particular.
    pub marks: Vec<(f64, &'static str, &'static str)>,
    /// Where the radars are, m.
    pub sites: Vec<[f64; 2]>,
}

/// Waters at the Hong Kong edge, off Ping Chau 平洲 and south of the Dapeng peninsula.
const HONG_KONG_EDGE: [Point; 3] = [(22.520, 114.440), (22.450, 114.470), (22.400, 114.500)];
/// Landing places: Jinmentang and Aotou, Fanhe, Xunliao, Pinghai and Shuangyue.
const AOTOU: Point = (22.700, 114.545);
const FANHE: Point = (22.790, 114.800);
const XUNLIAO: Point = (22.690, 114.730);
const SHUANGYUE: Point = (22.580, 114.900);
/// Speeds of a run: normal about 45 kn with 7, never below 33 or above 62.
const RUN_KN: (f64, f64) = (45.0, 7.0);
const RUN_LIMITS_KN: (f64, f64) = (33.0, 62.0);
/// Birds an hour on an ordinary night, from and to.
const BIRDS: (f64, f64) = (5.0, 30.0);

impl Tale<'_> {
    fn run_kn(&mut self) -> f64 {
        (RUN_KN.0 + RUN_KN.1 * self.cast.dice.normal()).clamp(RUN_LIMITS_KN.0, RUN_LIMITS_KN.1)
    }

    fn any<T: Copy>(&mut self, of: &[T], otherwise: T) -> T {
        of.get((self.cast.dice.unit() * of.len() as f64) as usize).copied().unwrap_or(otherwise)
    }

    // The shortest way round the coast, bent a little as each helmsman would.
    fn way(&mut self, from: Point, to: Point) -> Vec<[f64; 2]> {
        let mut way = self.cast.chart.way(from, to);
        let inner = 1..way.len().saturating_sub(1);
        for i in inner {
            let bent = [way[i][0] + 150.0 * self.cast.dice.normal(), way[i][1] + 150.0 * self.cast.dice.normal()];
            if self.cast.chart.is_clear(way[i - 1], bent) && self.cast.chart.is_clear(bent, way[i + 1]) {
                way[i] = bent;
            }
        }
        way
    }

    fn run(&mut self, from: Point, to: Point, start_s: f64, kn: f64) -> Vec<Step> {
        let way = self.way(from, to);
        let start = way.first().copied().unwrap_or_default();
        vec![Step::Away(start_s), Step::Appear(start), Step::Sail { way, kn }, Step::Gone { landed: true }]
    }

    fn night(&mut self) {
        self.cast.populate(&Traffic::NIGHT);
        let rate = self.cast.dice.between(BIRDS.0, BIRDS.1);
        self.cast.birds(rate, self.length_s, &self.sites);
    }

    fn place_of(&self, at: Point) -> [f64; 2] {
        self.cast.at(at)
    }
}

pub fn night_run(tale: &mut Tale<'_>) {
    tale.length_s = 3300.0;
    tale.night();
    runs(tale, None);
}

pub fn night_run_rough(tale: &mut Tale<'_>) {
    // Two fifths slower: the way takes longer.
    tale.length_s = 5400.0;
    tale.cast.sea = Sea::ROUGH;
    tale.night();
    runs(tale, None);
}

pub fn night_run_slow(tale: &mut Tale<'_>) {
    tale.length_s = 4500.0;
    tale.night();
    runs(tale, Some(33.0));
}

fn runs(tale: &mut Tale<'_>, kn: Option<f64>) {
    let boats = 1 + (tale.cast.dice.unit() * 3.0) as usize;
    let (from, first_s) = (tale.any(&HONG_KONG_EDGE, HONG_KONG_EDGE[0]), tale.cast.dice.between(90.0, 240.0));
    let together = tale.run_kn();
    for k in 0..boats {
        // Boats keep company: a quarter of a minute apart, at nearly one speed.
        let start_s = first_s + k as f64 * tale.cast.dice.between(8.0, 20.0);
        let kn = kn.unwrap_or_else(|| (together + tale.cast.dice.normal()).clamp(RUN_LIMITS_KN.0, RUN_LIMITS_KN.1));
        let plan = tale.run(from, FANHE, start_s, kn);
        tale.cast.add_sought(plan);
    }
}

pub fn mother_ship(tale: &mut Tale<'_>) {
    tale.length_s = 3600.0;
    let from = tale.place_of((22.340, 114.660));
    let slows = tale.place_of((22.368, 114.735));
    let on = tale.place_of((22.385, 114.800));
    // The ship first, so that its number is known.
    let leader = tale.cast.add(
        Class::Merchant,
        vec![
            Step::Appear(from),
            Step::Sail { way: vec![slows], kn: 12.0 },
            Step::Sail { way: vec![on], kn: 3.0 },
            Step::Drift(f64::MAX),
        ],
    );
    if let Some(v) = tale.cast.vessels.get_mut(leader) {
        (v.length_m, v.rcs_m2) = (90.0, 2000.0);
    }
    tale.cast.fit(leader, Mode::A, 70, "YUN SHU");
    tale.night();
    // It needs 25 min to where it slows down at 12 kn.
    let first_s = tale.cast.dice.between(1500.0, 1700.0);
    for (k, to) in [SHUANGYUE, XUNLIAO, FANHE].into_iter().enumerate() {
        let way = tale.way((22.372, 114.745), to);
        let kn = tale.run_kn();
        let side = if k.is_multiple_of(2) { 18.0 } else { -18.0 };
        let plan = vec![
            // 300 m of run from one to the next.
            Step::Alongside { leader, offset_m: [10.0, side], for_s: first_s + 300.0 * k as f64 / knots_to_mps(kn) },
            Step::Mark { rule: "R08", what: "leaves the mother ship" },
            Step::Sail { way, kn },
            Step::Gone { landed: true },
        ];
        tale.cast.add_sought(plan);
    }
    let way = tale.way((22.380, 114.780), SHUANGYUE);
    let (start, kn) = (tale.place_of((22.300, 114.900)), tale.run_kn());
    let plan = vec![
        Step::Away(first_s + 120.0),
        Step::Appear(start),
        Step::Join { leader, offset_m: [0.0, 90.0], kn: 35.0 },
        Step::Mark { rule: "R05", what: "alongside the mother ship" },
        Step::Alongside { leader, offset_m: [0.0, 90.0], for_s: 300.0 },
        Step::Mark { rule: "R08", what: "leaves the mother ship again" },
        Step::Sail { way, kn },
        Step::Gone { landed: true },
    ];
    tale.cast.add_sought(plan);
}

pub fn fleet_hide(tale: &mut Tale<'_>) {
    tale.length_s = 3900.0;
    tale.night();
    let fleet: Point = (22.450, 114.830);
    for _ in 0..40 {
        let home = tale.cast.water_near(fleet, 1500.0);
        let n = tale
            .cast
            .add(Class::Fishing, vec![Step::Appear(home), Step::Work { home, radius_m: 250.0, kn: 1.0, for_s: f64::MAX }]);
        tale.cast.fit_share(n, 0.70, Mode::BCarrierSense, 30, "YOU YU");
    }
    let home = tale.cast.water_near(fleet, 500.0);
    let mut way = tale.way((22.360, 114.700), fleet);
    way.push(home);
    let out = tale.way(fleet, SHUANGYUE);
    let (start, into, leaves) = (tale.place_of((22.340, 114.640)), tale.run_kn(), tale.run_kn());
    let plan = vec![
        Step::Away(tale.cast.dice.between(100.0, 300.0)),
        Step::Appear(start),
        Step::Sail { way, kn: into },
        Step::Drift(1500.0),
        Step::Mark { rule: "R17", what: "leaves the fleet" },
        Step::Sail { way: out, kn: leaves },
        Step::Gone { landed: true },
    ];
    tale.cast.add_sought(plan);
}

pub fn ais_clone(tale: &mut Tale<'_>) {
    tale.length_s = 2700.0;
    tale.night();
    let parked = tale.place_of((22.640, 114.690));
    let trawler = tale.cast.add(Class::Fishing, vec![Step::Appear(parked), Step::Drift(f64::MAX)]);
    let stolen = tale.cast.fit(trawler, Mode::A, 30, "YUE YU");
    let particulars = tale.cast.transponders.last().map(|t| t.particulars.clone());
    let start_s = tale.cast.dice.between(300.0, 500.0);
    for (k, (from, to, rule, what)) in [
        ((22.420, 114.560), AOTOU, "R04", "tells a parked trawler's number"),
        ((22.380, 114.860), SHUANGYUE, "start", "sets out, and will tell a slow course 3 NM off"),
    ]
    .into_iter()
    .enumerate()
    {
        let kn = tale.run_kn();
        let mut plan = tale.run(from, to, start_s + 200.0 * k as f64, kn);
        plan.insert(2, Step::Mark { rule, what });
        let n = tale.cast.add_sought(plan);
        let (Some(mmsi), Some(particulars)) = (stolen, particulars.clone()) else { continue };
        if k == 0 {
            if let Some(v) = tale.cast.vessels.get_mut(n) {
                v.mmsi = Some(mmsi);
            }
            let rng = super::super::rng::Rng::stream(tale.cast.seed, 700_000);
            tale.cast.transponders.push(Transponder::new(n, mmsi, Mode::A, particulars, rng));
        } else {
            tale.cast.fit(n, Mode::BSelfOrganised, 30, "YUE YU");
            if let Some(tx) = tale.cast.transponders.last_mut() {
                tx.lie = Lie::SlowElsewhere([5556.0, -1000.0]);
            }
        }
    }
}

pub fn shadow(tale: &mut Tale<'_>) {
    tale.length_s = 3600.0;
    let lane: Vec<[f64; 2]> = places::LANE_MABIANZHOU.iter().map(|p| tale.place_of(*p)).collect();
    let (from, way) = part_way(&lane, 0.22);
    let bulk = tale.cast.add(Class::Merchant, vec![Step::Appear(from), Step::Sail { way, kn: 15.0 }, Step::Drift(f64::MAX)]);
    if let Some(v) = tale.cast.vessels.get_mut(bulk) {
        (v.length_m, v.rcs_m2) = (190.0, 8000.0);
    }
    tale.cast.fit(bulk, Mode::A, 70, "SAN ZHUANG");
    tale.night();
    // After 30 min at 15 kn the ship is at the anchorage.
    let way = tale.way((22.480, 114.745), XUNLIAO);
    let kn = tale.run_kn();
    let plan = vec![
        Step::Mark { rule: "R09", what: "rides abeam of a ship" },
        Step::Alongside { leader: bulk, offset_m: [0.0, 0.15 * 1852.0], for_s: 1800.0 },
        Step::Mark { rule: "R07", what: "breaks for the shore" },
        Step::Sail { way, kn },
        Step::Gone { landed: true },
    ];
    tale.cast.add_sought(plan);
}

pub fn ferry_confuser(tale: &mut Tale<'_>) {
    tale.length_s = 3600.0;
    tale.hour = Hour::Saturday;
    tale.cast.populate(&Traffic::WEEKEND);
    let rate = tale.cast.dice.between(BIRDS.0, BIRDS.1);
    tale.cast.birds(rate, tale.length_s, &tale.sites);
    let line: Vec<[f64; 2]> = places::FERRY.iter().map(|p| tale.place_of(*p)).collect();
    for done in [0.05, 0.6] {
        let (from, way) = part_way(&line, done);
        let back: Vec<[f64; 2]> = line.iter().rev().copied().collect();
        let plan = vec![
            Step::Appear(from),
            Step::Sail { way, kn: 40.0 },
            Step::Drift(300.0),
            Step::Sail { way: back, kn: 40.0 },
            Step::Drift(300.0),
            Step::Sail { way: line.clone(), kn: 40.0 },
            Step::Again(2),
        ];
        let n = tale.cast.add(Class::Ferry, plan);
        tale.cast.fit(n, Mode::A, 40, "FEI YI");
    }
    // A silent patrol boat at 45 kn, and a regatta.
    let home = tale.cast.water_near((22.500, 114.720), 2000.0);
    let to = tale.place_of((22.440, 114.760));
    let plan = vec![Step::Appear(home), Step::Drift(600.0), Step::Sail { way: vec![to, home], kn: 45.0 }, Step::Again(1)];
    let n = tale.cast.add(Class::Patrol, plan);
    tale.cast.fit_patrol(n);
    for _ in 0..12 {
        let home = tale.cast.water_near((22.620, 114.690), 800.0);
        let kn = tale.cast.dice.between(6.0, 12.0);
        tale.cast.add(Class::Angler, vec![Step::Appear(home), Step::Work { home, radius_m: 1500.0, kn, for_s: f64::MAX }]);
    }
    let (to, start_s, kn) = (tale.any(&[SHUANGYUE, XUNLIAO], XUNLIAO), tale.cast.dice.between(600.0, 2000.0), tale.run_kn());
    let plan = tale.run((22.330, 114.700), to, start_s, kn);
    tale.cast.add_sought(plan);
}

pub fn clutter_storm(tale: &mut Tale<'_>) {
    tale.length_s = 3600.0;
    tale.cast.sea = Sea::STORM;
    tale.cast.populate(&Traffic::NIGHT);
    tale.cast.birds(BIRDS.1, tale.length_s, &tale.sites);
    // A line of showers from the south-west, at 20 kn.
    let kn = tale.cast.dice.between(15.0, 25.0);
    for k in 0..6 {
        let place = tale.place_of((22.30 + 0.06 * f64::from(k), 114.62 - 0.04 * f64::from(k)));
        let diameter_m = tale.cast.dice.between(3000.0, 8000.0);
        let drift = [knots_to_mps(kn) * 0.8, knots_to_mps(kn) * 0.6];
        tale.rain.push(RainCell { place, drift, diameter_m });
    }
    let (start_s, kn) = (tale.cast.dice.between(300.0, 900.0), tale.run_kn());
    let plan = tale.run((22.350, 114.640), SHUANGYUE, start_s, kn);
    tale.cast.add_sought(plan);
}

pub fn sensor_loss(tale: &mut Tale<'_>) {
    tale.length_s = 3600.0;
    tale.night();
    tale.faults.push(Fault::AisDeaf { from_s: 600.0, to_s: 1800.0 });
    tale.faults.push(Fault::RadarDead { radar: 0, from_s: 2100.0, to_s: 2400.0 });
    tale.faults.push(Fault::ClockJump { radar: 2, from_s: 2700.0, by_s: 7.0 });
    tale.marks.push((600.0, "R15", "AIS receiver falls silent"));
    tale.marks.push((1800.0, "heard", "AIS receiver hears again"));
    let kn = tale.run_kn();
    let plan = tale.run((22.360, 114.680), FANHE, 1900.0, kn);
    tale.cast.add_sought(plan);
}

pub fn jamming(tale: &mut Tale<'_>) {
    tale.length_s = 3000.0;
    tale.night();
    let (centre, shown) = (tale.place_of((22.480, 114.780)), tale.place_of((22.440, 114.740)));
    tale.faults.push(Fault::Jam { from_s: 600.0, to_s: 1200.0, centre, radius_m: 14_000.0, shown });
    tale.marks.push((600.0, "R15", "GNSS is jammed"));
    let kn = tale.run_kn();
    let plan = tale.run((22.340, 114.660), XUNLIAO, 620.0, kn);
    tale.cast.add_sought(plan);
}

pub fn mass_event(tale: &mut Tale<'_>) {
    tale.length_s = 7200.0;
    tale.hour = Hour::Season;
    tale.cast.populate(&Traffic { fishing: 20, sampans: 40, anglers: 10, ..Traffic::NIGHT });
    let harbours: [Point; 4] = [(22.570, 114.905), (22.690, 114.715), (22.660, 114.600), (22.760, 114.730)];
    let grounds: [Point; 4] = [(22.440, 114.860), (22.400, 114.960), (22.380, 114.780), (22.470, 114.800)];
    let mut ways = Vec::new();
    for harbour in harbours {
        for ground in grounds {
            ways.push(tale.cast.chart.way(harbour, ground));
        }
    }
    for _ in 0..400 {
        let k = (tale.cast.dice.unit() * ways.len() as f64) as usize;
        let Some(way) = ways.get(k).cloned() else { continue };
        let (Some(from), Some(home)) = (way.first().copied(), way.last().copied()) else { continue };
        let kn = tale.cast.dice.between(8.0, 14.0);
        let start_s = tale.cast.dice.between(0.0, 7000.0);
        let plan = vec![
            Step::Away(start_s),
            Step::Appear(from),
            Step::Sail { way, kn },
            Step::Work { home, radius_m: 2500.0, kn: 3.0, for_s: f64::MAX },
        ];
        let n = tale.cast.add(Class::Fishing, plan);
        let mode = if tale.cast.dice.chance(0.4) { Mode::A } else { Mode::BCarrierSense };
        tale.cast.fit_share(n, 0.70, mode, 30, "YUE YU");
    }
    let plan = tale.run((22.350, 114.640), SHUANGYUE, 4500.0, 40.0);
    tale.cast.add_sought(plan);
}

pub fn null_night(tale: &mut Tale<'_>) {
    tale.length_s = 3600.0;
    tale.night();
}

pub fn slow_dark(tale: &mut Tale<'_>) {
    tale.length_s = 4200.0;
    tale.night();
    let way = tale.way((22.600, 114.690), (22.665, 114.700));
    let out = tale.way((22.665, 114.700), FANHE);
    let start = way.first().copied().unwrap_or_default();
    let kn = tale.run_kn().max(45.0);
    let loads_s = tale.cast.dice.between(120.0, 400.0);
    let plan = vec![
        Step::Away(60.0),
        Step::Appear(start),
        Step::Mark { rule: "slow", what: "goes slowly, unlit" },
        Step::Sail { way, kn: 6.0 },
        Step::Drift(loads_s),
        Step::Mark { rule: "sprint", what: "sprints" },
        Step::Sail { way: out, kn },
        Step::Gone { landed: true },
    ];
    tale.cast.add_sought(plan);
}

#[cfg(test)]
mod tests {
    use super::super::super::rng::Rng;

    use super::super::route::Chart;
    use super::*;
    use crate::geo::{Geodetic, LocalPlane};

    #[test]
    fn runs_are_as_fast_as_boats_are() {
        let plane = LocalPlane::new(Geodetic::from_degrees(places::ORIGIN.0, places::ORIGIN.1).at_height(0.0));
        let chart = Chart::new(&plane);
        let mut cast = Cast::new(1, &chart, &plane, Sea::CALM);
        cast.dice = Rng::stream(9, 9);
        let mut tale = Tale {
            cast,
            hour: Hour::Night,
            length_s: 1.0,
            rain: Vec::new(),
            faults: Vec::new(),
            marks: Vec::new(),
            sites: Vec::new(),
        };
        let speeds: Vec<f64> = (0..4000).map(|_| tale.run_kn()).collect();
        let mean = speeds.iter().sum::<f64>() / 4000.0;
        assert!(speeds.iter().all(|kn| (33.0..=62.0).contains(kn)));
        // The clip takes more below than above: the mean is a fifth of a knot over 45.
        assert!((mean - 45.15).abs() < 5.0 * 7.0 / 4000f64.sqrt(), "{mean}");
        for to in [AOTOU, FANHE, XUNLIAO, SHUANGYUE] {
            for from in HONG_KONG_EDGE {
                let way = tale.way(from, to);
                assert!(way.len() > 2, "no way from {from:?} to {to:?}");
            }
        }
    }
}
