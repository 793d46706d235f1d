//! Who else is at sea: the numbers, speeds and AIS carriage of a night and of a fine weekend day.

use std::f64::consts::TAU;

use super::super::ais_encode::Particulars;
use super::super::places::{self, Point, east_north};
use super::super::rng::Rng;
use super::class::Class;
use super::echo::Sea;
use super::route::Chart;
use super::transponder::{Mode, Transponder};
use super::vessel::{Step, Vessel};
use crate::geo::LocalPlane;
use crate::model::Mmsi;

/// How many of each are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Merchant ships under way.
    pub merchants: usize,
    /// Merchant ships at anchor.
    pub anchored: usize,
    /// Fishing vessels.
    pub fishing: usize,
    /// Sampans.
    pub sampans: usize,
    /// Angling boats and yachts.
    pub anglers: usize,
    /// Excursion speedboats.
    pub tourists: usize,
    /// Jet skis.
    pub jetskis: usize,
    /// Tugs, pilots, crew boats.
    pub tugs: usize,
    /// Net buoys with AIS.
    pub net_buoys: usize,
    /// Channel buoys.
    pub buoys: usize,
    /// Wind turbines.
    pub turbines: usize,
}

impl Traffic {
    /// An ordinary night.
    pub const NIGHT: Self = Self {
        merchants: 8,
        anchored: 15,
        fishing: 120,
        sampans: 40,
        anglers: 5,
        tourists: 0,
        jetskis: 0,
        tugs: 10,
        net_buoys: 60,
        buoys: 80,
        turbines: 64,
    };
    /// A fine weekend day.
    pub const WEEKEND: Self =
        Self { merchants: 12, fishing: 60, sampans: 60, anglers: 50, tourists: 35, jetskis: 25, ..Self::NIGHT };
}

/// Fishing grounds between 22.35 and 22.55 N, 114.75 and 115.07 E.
const GROUNDS: [Point; 8] = [
    (22.440, 114.860),
    (22.405, 114.960),
    (22.470, 114.800),
    (22.500, 114.970),
    (22.380, 114.820),
    (22.450, 115.030),
    (22.395, 115.050),
    (22.360, 114.770),
];
/// Reefs for anglers: about Dalajia 大辣甲 and Sanmen Dao 三门岛.
const REEFS: [Point; 4] = [(22.560, 114.660), (22.600, 114.640), (22.450, 114.660), (22.480, 114.600)];
/// Excursions from the piers of Aotou 澳头, Xunliao 巽寮 and Shuangyue 双月 to the islands.
pub const EXCURSIONS: [(Point, Point); 3] =
    [((22.670, 114.565), (22.590, 114.630)), ((22.690, 114.715), (22.610, 114.660)), ((22.570, 114.905), (22.520, 114.850))];
/// Merchant ships longer than this have their bridge aft, m, and the antenna of their AIS with it …
const BRIDGE_AFT_FROM_M: f64 = 60.0;
/// … so much of the length behind the bow: an estimate from bulk carriers and tankers, whose superstructure ends at the stern.
const BRIDGE_AFT: f64 = 0.83;
/// Beaches for jet skis.
pub const BEACHES: [Point; 3] = [(22.695, 114.715), (22.580, 114.905), (22.740, 114.700)];
/// Waters of the power station, closed to everybody: centre and radius, m, with a helmsman's margin.
const CLOSED: (Point, f64) = ((22.600, 114.545), 4000.0);
/// MMSI of the first patrol boat; the site's list of own forces names eight, ten apart.
const FIRST_PATROL: u32 = 413_990_010;
const MOST_PATROLS: u32 = 8;
/// Share of patrols whose terminal works: the others are silent to the site too.
const PATROLS_REPORT: f64 = 0.97;
/// Wind farm: its south-west corner and extent in degrees.
const WIND_FARM: (Point, (f64, f64)) = ((22.300, 114.850), (0.06, 0.20));

/// Builds the vessels of a scene.
#[derive(Clone, Debug)]
pub struct Cast<'a> {
    /// The scene's seed.
    pub seed: u64,
    /// The water.
    pub chart: &'a Chart,
    /// The site's plane.
    pub plane: &'a LocalPlane,
    /// The sea.
    pub sea: Sea,
    /// Chance of the scene's plan.
    pub dice: Rng,
    /// What was added.
    pub vessels: Vec<Vessel>,
    /// What transmits.
    pub transponders: Vec<Transponder>,
    /// Own boats so far.
    own: u32,
}

impl<'a> Cast<'a> {
    /// An empty scene.
    pub fn new(seed: u64, chart: &'a Chart, plane: &'a LocalPlane, sea: Sea) -> Self {
        Self { seed, chart, plane, sea, dice: Rng::stream(seed, 1), vessels: Vec::new(), transponders: Vec::new(), own: 0 }
    }

    /// Adds a vessel; its number in the scene.
    pub fn add(&mut self, class: Class, plan: Vec<Step>) -> usize {
        let n = self.vessels.len();
        let rng = Rng::stream(self.seed, 1_000 + n as u64);
        self.vessels.push(Vessel::new(n as u32 + 1, class, plan, self.sea.speed_share, rng));
        n
    }

    /// Adds a craft that the site must find.
    pub fn add_sought(&mut self, plan: Vec<Step>) -> usize {
        let n = self.add(Class::GoFast, plan);
        if let Some(v) = self.vessels.get_mut(n) {
            v.sought = true;
        }
        n
    }

    /// Gives a vessel a transmitter; its MMSI, if the vessel is there. No number and no name is that of a real ship.
    pub fn fit(&mut self, n: usize, mode: Mode, ship_type: u8, what: &str) -> Option<Mmsi> {
        let v = self.vessels.get_mut(n)?;
        // Chinese sea-going numbers end in 0.
        let mmsi = match mode {
            Mode::A => Mmsi(413_900_000 + v.id * 10),
            Mode::Net(_) => Mmsi(412_990_000 + v.id * 10 + 7),
            _ => Mmsi(412_490_000 + v.id * 10),
        };
        v.mmsi = Some(mmsi);
        let (length, id) = (v.length_m as u16, v.id);
        let beam = (length / 6).max(2);
        // Cargo ships and tankers have bridge and antennas aft.
        let is_merchant = (70..90).contains(&ship_type) && v.length_m > BRIDGE_AFT_FROM_M;
        let bow = if is_merchant { (BRIDGE_AFT * v.length_m) as u16 } else { length / 2 };
        let name = match mode {
            Mode::Net(_) => format!("SIM NET{id}-{}%", 20 + id % 80),
            _ => format!("SIM {what} {id}"),
        };
        let particulars = Particulars {
            name,
            callsign: format!("BSIM{id}"),
            imo: 0,
            ship_type,
            dimensions: [bow, length - bow, beam / 2, beam - beam / 2],
            draught_dm: if ship_type >= 70 { 85 } else { 0 },
            destination: if mode == Mode::A { "HUIZHOU".to_owned() } else { String::new() },
        };
        let rng = Rng::stream(self.seed, 500_000 + u64::from(id));
        self.transponders.push(Transponder::new(n, mmsi, mode, particulars, rng));
        Some(mmsi)
    }

    /// A point in the plane.
    pub fn at(&self, place: Point) -> [f64; 2] {
        east_north(self.plane, place)
    }

    /// Whether a way keeps clear of the waters that are closed: who lives here knows them.
    fn is_lawful(&self, from: [f64; 2], to: [f64; 2]) -> bool {
        let (centre, radius_m) = (self.at(CLOSED.0), CLOSED.1);
        let d = [to[0] - from[0], to[1] - from[1]];
        let c = [centre[0] - from[0], centre[1] - from[1]];
        let share = ((d[0] * c[0] + d[1] * c[1]) / (d[0] * d[0] + d[1] * d[1]).max(1e-9)).clamp(0.0, 1.0);
        (c[0] - share * d[0]).hypot(c[1] - share * d[1]) > radius_m
    }

    /// Open water within so many metres of a place, as chance has it.
    pub fn water_near(&mut self, place: Point, radius_m: f64) -> [f64; 2] {
        let home = self.at(place);
        for _ in 0..200 {
            let (r, a) = (radius_m * self.dice.unit().sqrt(), self.dice.between(0.0, TAU));
            let at = [home[0] + r * a.sin(), home[1] + r * a.cos()];
            if self.chart.is_open_at(at) && self.is_lawful(at, at) {
                return at;
            }
        }
        home
    }

    /// Open water somewhere in a box of degrees.
    pub fn water_in(&mut self, south_west: Point, north_east: Point) -> [f64; 2] {
        for _ in 0..500 {
            let place = (self.dice.between(south_west.0, north_east.0), self.dice.between(south_west.1, north_east.1));
            let at = self.at(place);
            if self.chart.is_open_at(at) && self.is_lawful(at, at) {
                return at;
            }
        }
        self.at(places::ORIGIN)
    }

    /// A point from which the way to `from` is clear.
    fn within_sight(&mut self, from: [f64; 2], radius_m: f64) -> [f64; 2] {
        for _ in 0..100 {
            let (r, a) = (radius_m * self.dice.between(0.4, 1.0), self.dice.between(0.0, TAU));
            let at = [from[0] + r * a.sin(), from[1] + r * a.cos()];
            if self.chart.is_clear(from, at) && self.is_lawful(from, at) {
                return at;
            }
        }
        from
    }

    /// Everybody who has nothing to do with the story.
    pub fn populate(&mut self, traffic: &Traffic) {
        self.merchants(traffic.merchants);
        for n in 0..traffic.anchored {
            let at = match places::ANCHORAGE.get(n) {
                Some(place) => self.at(*place),
                None => self.water_in((22.500, 114.700), (22.548, 114.780)),
            };
            let n = self.add(Class::Merchant, vec![Step::Appear(at), Step::Drift(f64::MAX)]);
            self.fit_share(n, 0.99, Mode::A, 70, "MAO BO");
        }
        for _ in 0..traffic.fishing {
            self.fishing();
        }
        for _ in 0..traffic.sampans {
            let home = self.water_in((22.45, 114.50), (22.82, 115.05));
            let to = self.within_sight(home, 6000.0);
            let kn = self.dice.between(5.0, 15.0);
            let rest = self.dice.between(60.0, 900.0);
            let plan = vec![
                Step::Appear(home),
                Step::Sail { way: vec![to], kn },
                Step::Drift(rest),
                Step::Sail { way: vec![home], kn },
                Step::Drift(rest),
                Step::Again(1),
            ];
            let n = self.add(Class::Sampan, plan);
            self.fit_share(n, 0.15, Mode::BCarrierSense, 30, "SHAN BAN");
        }
        for k in 0..traffic.anglers {
            let reef = self.water_near(REEFS[k % REEFS.len()], 3500.0);
            let away = self.within_sight(reef, 9000.0);
            let kn = self.dice.between(5.0, 30.0);
            let fishes_s = self.dice.between(600.0, 3600.0);
            let plan = vec![
                Step::Appear(reef),
                Step::Drift(fishes_s),
                Step::Sail { way: vec![away], kn },
                Step::Drift(fishes_s),
                Step::Sail { way: vec![reef], kn },
                Step::Again(1),
            ];
            let n = self.add(Class::Angler, plan);
            self.fit_share(n, 0.25, Mode::BCarrierSense, 37, "DIAO YU");
        }
        for k in 0..traffic.tourists {
            self.tourist(k);
        }
        for k in 0..traffic.jetskis {
            let home = self.water_near(BEACHES[k % BEACHES.len()], 700.0);
            let plan = vec![
                Step::Appear(home),
                Step::Work { home, radius_m: 600.0, kn: 25.0, for_s: 900.0 },
                Step::Drift(300.0),
                Step::Again(1),
            ];
            self.add(Class::JetSki, plan);
        }
        self.tugs(traffic.tugs);
        let patrols = 3 + (self.dice.unit() * 4.0) as usize;
        self.patrols(patrols);
        for _ in 0..traffic.net_buoys {
            let at = self.water_in((22.36, 114.74), (22.56, 115.07));
            let n = self.add(Class::NetBuoy, vec![Step::Appear(at), Step::Drift(f64::MAX)]);
            self.fit(n, Mode::Net(120), 0, "NET");
        }
        for k in 0..traffic.buoys {
            let at = self.buoy(k);
            self.add(Class::Buoy, vec![Step::Appear(at), Step::Drift(f64::MAX)]);
        }
        let ((south, west), (height, width)) = WIND_FARM;
        for k in 0..traffic.turbines {
            let (row, column) = ((k / 8) as f64, (k % 8) as f64);
            let at = self.at((south + height * row / 7.0, west + width * column / 7.0));
            self.add(Class::Turbine, vec![Step::Appear(at), Step::Drift(f64::MAX)]);
        }
    }

    /// Birds that pass within radar range: so many an hour, 20–45 kn.
    pub fn birds(&mut self, an_hour: f64, length_s: f64, sites: &[[f64; 2]]) {
        let count = self.dice.poisson(an_hour * length_s / 3600.0);
        for _ in 0..count {
            let Some(site) = sites.get((self.dice.unit() * sites.len() as f64) as usize).copied() else { return };
            let (r, a) = (self.dice.between(1000.0, 9000.0), self.dice.between(0.0, TAU));
            let from = [site[0] + r * a.sin(), site[1] + r * a.cos()];
            let way = a + self.dice.between(1.5, 4.5);
            let reach = self.dice.between(4000.0, 15_000.0);
            let to = [from[0] + reach * way.sin(), from[1] + reach * way.cos()];
            let kn = self.dice.between(20.0, 45.0);
            let plan = vec![
                Step::Away(self.dice.between(0.0, length_s)),
                Step::Appear(from),
                Step::Sail { way: vec![to], kn },
                Step::Gone { landed: false },
            ];
            self.add(Class::Bird, plan);
        }
    }

    /// Fits a transmitter to a share of a class.
    pub fn fit_share(&mut self, n: usize, share: f64, mode: Mode, ship_type: u8, what: &str) -> Option<Mmsi> {
        if self.dice.chance(share) { self.fit(n, mode, ship_type, what) } else { None }
    }

    fn merchants(&mut self, count: usize) {
        let lanes = [places::LANE_EAST, places::LANE_WEST, places::LANE_MABIANZHOU];
        for k in 0..count {
            let lane = lanes[k % lanes.len()];
            let shift = 250.0 * self.dice.normal();
            let way: Vec<[f64; 2]> = lane.iter().map(|p| self.at(*p)).map(|p| [p[0] + shift, p[1] + 0.3 * shift]).collect();
            let done = self.dice.between(0.0, 0.9);
            let (from, rest) = part_way(&way, done);
            let kn = self.dice.between(9.0, 16.0);
            let start = way.first().copied().unwrap_or_default();
            let plan = vec![
                Step::Appear(from),
                Step::Sail { way: rest, kn },
                Step::Away(240.0),
                Step::Appear(start),
                Step::Sail { way, kn },
                Step::Again(2),
            ];
            let n = self.add(Class::Merchant, plan);
            let tanker = k % 3 == 2;
            self.fit_share(n, 0.99, Mode::A, if tanker { 80 } else { 70 }, "HUO LUN");
        }
    }

    fn fishing(&mut self) {
        let ground = GROUNDS[(self.dice.unit() * GROUNDS.len() as f64) as usize % GROUNDS.len()];
        let home = self.water_near(ground, 3500.0);
        let kn = self.dice.between(1.0, 5.0);
        let radius_m = self.dice.between(400.0, 1500.0);
        let n = self.add(Class::Fishing, vec![Step::Appear(home), Step::Work { home, radius_m, kn, for_s: f64::MAX }]);
        let mode = if self.dice.chance(0.4) { Mode::A } else { Mode::BCarrierSense };
        if self.fit_share(n, 0.70, mode, 30, "YUE YU").is_some() {
            let fitful = self.dice.chance(0.15);
            if let Some(tx) = self.transponders.last_mut() {
                tx.fitful = fitful;
            }
        }
    }

    fn tourist(&mut self, k: usize) {
        let (pier, island) = EXCURSIONS[k % EXCURSIONS.len()];
        let way = self.chart.way(pier, island);
        let back: Vec<[f64; 2]> = way.iter().rev().copied().collect();
        let kn = self.dice.between(20.0, 35.0);
        let wait = self.dice.between(200.0, 1500.0);
        let Some(from) = way.first().copied() else { return };
        let plan = vec![
            Step::Appear(from),
            Step::Drift(self.dice.between(0.0, 1800.0)),
            Step::Sail { way, kn },
            Step::Drift(wait),
            Step::Sail { way: back, kn },
            Step::Drift(wait),
            Step::Again(2),
        ];
        let n = self.add(Class::Tourist, plan);
        self.fit_share(n, 0.10, Mode::BCarrierSense, 60, "YOU TING");
    }

    fn tugs(&mut self, count: usize) {
        let tug: Vec<[f64; 2]> = places::TUG.iter().map(|p| self.at(*p)).collect();
        // Pilot to the anchorage; crew boat to the wind farm.
        let pilot: Vec<[f64; 2]> =
            [(22.530, 114.750), (22.470, 114.750), (22.420, 114.752)].iter().map(|p| self.at(*p)).collect();
        let crew: Vec<[f64; 2]> =
            [(22.530, 114.860), (22.440, 114.880), (22.330, 114.920)].iter().map(|p| self.at(*p)).collect();
        for k in 0..count {
            let (way, low, high) = match k % 3 {
                0 => (&tug, 6.0, 12.0),
                1 => (&pilot, 12.0, 22.0),
                _ => (&crew, 15.0, 28.0),
            };
            // Each keeps a line of its own.
            let shift = [200.0 * self.dice.normal(), 200.0 * self.dice.normal()];
            let way: Vec<[f64; 2]> = way.iter().map(|p| [p[0] + shift[0], p[1] + shift[1]]).collect();
            let kn = self.dice.between(low, high);
            let back: Vec<[f64; 2]> = way.iter().rev().copied().collect();
            let (from, rest) = part_way(&way, self.dice.between(0.0, 0.9));
            let wait = self.dice.between(120.0, 1500.0);
            let plan = vec![
                Step::Appear(from),
                Step::Sail { way: rest, kn },
                Step::Drift(wait),
                Step::Sail { way: back, kn },
                Step::Drift(wait),
                Step::Sail { way, kn },
                Step::Again(2),
            ];
            let n = self.add(Class::Tug, plan);
            self.fit_share(n, 0.95, Mode::A, if k % 3 == 1 { 50 } else { 52 }, "TUO LUN");
        }
    }

    // Patrols cruise at 8–14 kn, and once in a while run to something at 30–45.
    fn patrols(&mut self, count: usize) {
        for _ in 0..count {
            let home = self.water_in((22.42, 114.56), (22.70, 114.90));
            let (cruise, run) = (self.dice.between(8.0, 14.0), self.dice.between(30.0, 45.0));
            let mut plan = vec![Step::Appear(home)];
            let mut at = home;
            for _ in 0..4 {
                let for_s = self.dice.exponential(3000.0);
                plan.push(Step::Work { home: at, radius_m: 3000.0, kn: cruise, for_s });
                let to = self.within_sight(at, 6000.0);
                plan.push(Step::Sail { way: vec![to], kn: run });
                at = to;
            }
            plan.push(Step::Work { home: at, radius_m: 3000.0, kn: cruise, for_s: f64::MAX });
            let n = self.add(Class::Patrol, plan);
            self.fit_patrol(n);
        }
    }

    /// Gives a patrol the terminal by which the site alone hears it (encrypted AIS of own forces), where it works.
    pub fn fit_patrol(&mut self, n: usize) {
        let mmsi = Mmsi(FIRST_PATROL + 10 * self.own);
        self.own += 1;
        if self.own > MOST_PATROLS || !self.dice.chance(PATROLS_REPORT) {
            return;
        }
        if self.fit(n, Mode::A, 55, "HAI JING").is_some() {
            if let Some(v) = self.vessels.get_mut(n) {
                v.mmsi = Some(mmsi);
            }
            if let Some(tx) = self.transponders.last_mut() {
                tx.mmsi = mmsi;
            }
        }
    }

    fn buoy(&mut self, k: usize) -> [f64; 2] {
        // Pairs along the channel to Mabianzhou, then here and there along the coast.
        let way: Vec<[f64; 2]> = places::LANE_MABIANZHOU.iter().map(|p| self.at(*p)).collect();
        if k < 40 {
            let (at, _) = part_way(&way, 0.3 + 0.7 * (k / 2) as f64 / 20.0);
            return [at[0] + if k.is_multiple_of(2) { -300.0 } else { 300.0 }, at[1]];
        }
        self.water_in((22.45, 114.55), (22.80, 115.00))
    }
}

/// The point after the share `done` of a way, and what is left of the way.
pub fn part_way(way: &[[f64; 2]], done: f64) -> ([f64; 2], Vec<[f64; 2]>) {
    let length = |w: &[[f64; 2]]| (w[1][0] - w[0][0]).hypot(w[1][1] - w[0][1]);
    let total: f64 = way.windows(2).map(length).sum();
    let mut left = total * done.clamp(0.0, 1.0);
    for (i, leg) in way.windows(2).enumerate() {
        let long = length(leg);
        if left < long {
            let f = left / long;
            let at = [leg[0][0] + f * (leg[1][0] - leg[0][0]), leg[0][1] + f * (leg[1][1] - leg[0][1])];
            return (at, way[i + 1..].to_vec());
        }
        left -= long;
    }
    (way.last().copied().unwrap_or_default(), Vec::new())
}
