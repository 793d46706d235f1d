//! The scenario `daya-bay-night`: two radars and an AIS station over the bay on a quiet night, with fast boats running in.

use std::collections::BTreeMap;

use super::ais_encode::{Motion, Particulars, Station};
use super::craft::{AtEnd, Conduct, Craft, CraftKind};
use super::places::{self, Point};
use super::radar::{Patch, Radar, RadarSpec, SECTORS, SectorPlots};
use super::radar_encode::{EncodedPlot, antenna_block, plots_block};
use super::rng::Rng;
use crate::geo::{Geodetic, LocalPlane};
use crate::model::units::mps_to_knots;
use crate::model::{FeedId, Mmsi, Timestamp};
use crate::wire::asterix::statement::Source;

/// Bytes that arrive at a site at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimEvent {
    /// When they arrive.
    pub at: Timestamp,
    /// By which feed: the index of [`FEEDS`].
    pub feed: FeedId,
    /// A datagram.
    pub bytes: Vec<u8>,
}

/// Where a craft truly was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthRow {
    /// When.
    pub t: Timestamp,
    /// Its number.
    pub id: u32,
    /// What it is.
    pub kind: CraftKind,
    /// The identity it transmits.
    pub mmsi: Option<Mmsi>,
    /// Where.
    pub position: Geodetic,
    /// East, north, m/s.
    pub velocity: [f64; 2],
}

/// A feed of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimFeed {
    /// The multicast group or, for the AIS station, the receiver's own address.
    pub host: &'static str,
    /// UDP port.
    pub port: u16,
}

/// The feeds in order of their number: a multicast group for each radar, the AIS station's datagrams to port 10110 (the port
/// registered for NMEA over IP).
pub const FEEDS: [SimFeed; 3] = [
    SimFeed { host: "239.192.0.11", port: 8600 },
    SimFeed { host: "239.192.0.12", port: 8600 },
    SimFeed { host: "0.0.0.0", port: 10110 },
];

const AIS_FEED: FeedId = FeedId(2);
/// The id of the AIS station in the site's configuration.
pub const AIS_ID: &str = "ais-daxingshan";

/// The world's step. A craft at 50 kn moves 1.3 m in it, an antenna turns 7.2°: less than a sector.
const STEP_S: f64 = 0.05;
/// Truth is told at this interval, as in the scored scenes.
const TRUTH_STEPS: u64 = 50;

/// Radars of the scenario, with the errors that the site's configuration does not tell.
pub fn radars() -> [RadarSpec; 2] {
    [
        RadarSpec {
            id: "radar-daxingshan",
            sac_sic: (1, 11),
            position: places::site(places::DAXINGSHAN),
            scan_s: 2.5,
            phase_s: 0.0,
            sigma_range_m: 10.0,
            sigma_azimuth_deg: 0.20,
            bias_range_m: 0.0,
            bias_azimuth_deg: 0.0,
            delay_s: (0.06, 0.01),
            told_snr_1m2_db: None,
            clutter_per_scan: 40.0,
        },
        RadarSpec {
            id: "radar-luzui",
            sac_sic: (1, 12),
            position: places::site(places::LUZUI),
            scan_s: 3.0,
            phase_s: 0.85,
            sigma_range_m: 12.0,
            sigma_azimuth_deg: 0.25,
            // Misaligned and slow, as the second radar of the scored scenes.
            bias_range_m: 25.0,
            bias_azimuth_deg: 0.30,
            delay_s: (0.9, 0.12),
            told_snr_1m2_db: None,
            clutter_per_scan: 40.0,
        },
    ]
}

/// What a craft transmits, and when next.
#[derive(Clone, Debug)]
struct Transmitter {
    craft: usize,
    mmsi: Mmsi,
    class_a: bool,
    particulars: Particulars,
    offset_m: [f64; 2],
    next_position_s: f64,
    next_static_s: f64,
    rng: Rng,
}

/// The running scenario: an endless iterator of events in order of time, unless a duration was set.
#[derive(Clone, Debug)]
pub struct DayaBayNight {
    start: Timestamp,
    plane: LocalPlane,
    craft: Vec<Craft>,
    transmitters: Vec<Transmitter>,
    station: Station,
    radars: Vec<Radar>,
    radar_rng: Vec<Rng>,
    patch: Patch,
    step: u64,
    end_s: Option<f64>,
    // Keyed by arrival and a running number, so that ties come out in the order they were made.
    pending: BTreeMap<(Timestamp, u64), SimEvent>,
    made: u64,
    truth: Option<Vec<TruthRow>>,
}

impl DayaBayNight {
    /// The night of `seed`, beginning at `start`.
    pub fn new(seed: u64, start: Timestamp) -> Self {
        let plane = LocalPlane::new(Geodetic::from_degrees(places::ORIGIN.0, places::ORIGIN.1).at_height(0.0));
        let mut cast = Cast { seed, plane: &plane, craft: Vec::new(), transmitters: Vec::new() };
        cast.gather();
        let Cast { craft, transmitters, .. } = cast;
        let specs = radars();
        let radars = specs.iter().zip(10_000..).map(|(spec, n)| Radar::new(spec.clone(), &plane, Rng::stream(seed, n)));
        Self {
            start,
            radars: radars.collect(),
            radar_rng: (0..specs.len() as u64).map(|n| Rng::stream(seed, 20_000 + n)).collect(),
            craft,
            transmitters,
            station: Station::new("AIS-DXS"),
            patch: Patch {
                place: places::east_north(&plane, places::ROUGH_PATCH),
                drift: [0.4, -0.2],
                spread_m: 500.0,
                per_scan: 5.0,
            },
            plane,
            step: 0,
            end_s: None,
            pending: BTreeMap::new(),
            made: 0,
            truth: None,
        }
    }

    /// The same, ending after so many seconds.
    pub fn lasting(mut self, seconds: f64) -> Self {
        self.end_s = Some(seconds);
        self
    }

    /// The same, keeping truth for [`take_truth`](Self::take_truth). Without this none is kept, so that an endless run does not
    /// grow.
    pub fn with_truth(mut self) -> Self {
        self.truth = Some(Vec::new());
        self
    }

    /// Truth told since the last call, in order of time and craft.
    pub fn take_truth(&mut self) -> Vec<TruthRow> {
        self.truth.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn time(&self, at_s: f64) -> Timestamp {
        self.start.plus_seconds(at_s)
    }

    fn advance(&mut self) {
        let from_s = self.step as f64 * STEP_S;
        let to_s = from_s + STEP_S;
        if self.step.is_multiple_of(TRUTH_STEPS) {
            self.tell_truth(from_s);
        }
        let places: Vec<(usize, Geodetic)> = self
            .craft
            .iter()
            .enumerate()
            .filter(|(_, c)| c.afloat)
            .map(|(i, c)| (i, self.plane.geodetic(c.position[0], c.position[1])))
            .collect();
        self.sweep(from_s, to_s, &places);
        self.transmit(from_s);
        for craft in &mut self.craft {
            craft.step(STEP_S);
        }
        self.step += 1;
    }

    fn tell_truth(&mut self, at_s: f64) {
        let t = self.time(at_s);
        if let Some(truth) = &mut self.truth {
            let afloat = self.craft.iter().filter(|c| c.afloat);
            truth.extend(afloat.map(|c| TruthRow {
                t,
                id: c.id,
                kind: c.kind,
                mmsi: c.mmsi,
                position: self.plane.geodetic(c.position[0], c.position[1]),
                velocity: c.velocity(),
            }));
        }
    }

    fn sweep(&mut self, from_s: f64, to_s: f64, places: &[(usize, Geodetic)]) {
        for i in 0..self.radars.len() {
            let seen: Vec<(Geodetic, &Craft)> = places.iter().map(|(c, at)| (*at, &self.craft[*c])).collect();
            if let Some(sector) = self.radars[i].sweep(from_s, to_s, &seen, &self.patch, &self.plane) {
                self.send_sector(i, sector);
            }
        }
    }

    fn send_sector(&mut self, radar: usize, sector: SectorPlots) {
        let spec = self.radars[radar].spec.clone();
        let source = Source { sac: spec.sac_sic.0, sic: spec.sac_sic.1 };
        let feed = FeedId(radar as u16);
        let of_day = |at_s: f64| self.time(at_s).nanos_of_day() as f64 * 1e-9;
        let antenna = antenna_block(source, of_day(sector.at_s), sector.next_sector, SECTORS, spec.scan_s);
        let told: Vec<EncodedPlot> =
            sector.plots.iter().map(|p| EncodedPlot { time_of_day_s: of_day(p.time_of_day_s), ..*p }).collect();
        let plots = (!told.is_empty()).then(|| plots_block(source, &told));
        let delay = (spec.delay_s.0 + spec.delay_s.1 * self.radar_rng[radar].normal()).max(0.02);
        for (at_s, block) in [(sector.at_s + 0.01, Some(antenna)), (sector.at_s + delay, plots)] {
            match block {
                Some(Ok(bytes)) => self.send(at_s, feed, bytes),
                // Nothing in reach of the radar is beyond its items; a test counts that no plot is missing.
                Some(Err(error)) => debug_assert!(false, "{error}"),
                None => {}
            }
        }
    }

    fn transmit(&mut self, now_s: f64) {
        for i in 0..self.transmitters.len() {
            let tx = &mut self.transmitters[i];
            let craft = &self.craft[tx.craft];
            let afloat = craft.afloat;
            let mut sentences = Vec::new();
            // What is transmitted now is heard a moment later; the station stamps whole seconds.
            let heard_s = now_s + tx.rng.between(0.02, 0.30);
            let unix_s = self.start.plus_seconds(heard_s).nanos().div_euclid(1_000_000_000);
            if now_s >= tx.next_position_s {
                tx.next_position_s = now_s + reporting_interval_s(craft, tx.class_a) * tx.rng.between(0.95, 1.05);
                // One message in ten is lost to collisions and fading.
                if afloat && !tx.rng.chance(0.10) {
                    let motion = tx.motion(craft, &self.plane, self.start.plus_seconds(now_s));
                    sentences.push(if tx.class_a {
                        let status = u8::from(craft.is_anchored());
                        self.station.class_a_position(unix_s, tx.mmsi, status, &motion)
                    } else {
                        self.station.class_b_position(unix_s, tx.mmsi, &motion)
                    });
                }
            }
            if now_s >= tx.next_static_s {
                // M.1371-5 annex 1 table 1: static data every 6 min.
                tx.next_static_s = now_s + 360.0 * tx.rng.between(0.98, 1.02);
                if afloat && tx.class_a {
                    sentences.push(self.station.class_a_static(unix_s, tx.mmsi, &tx.particulars));
                } else if afloat {
                    sentences.extend(self.station.class_b_static(unix_s, tx.mmsi, &tx.particulars));
                }
            }
            for sentence in sentences {
                self.send(heard_s, AIS_FEED, sentence.into_bytes());
            }
        }
    }

    fn send(&mut self, at_s: f64, feed: FeedId, bytes: Vec<u8>) {
        let at = self.time(at_s);
        self.made += 1;
        self.pending.insert((at, self.made), SimEvent { at, feed, bytes });
    }
}

impl Iterator for DayaBayNight {
    type Item = SimEvent;

    fn next(&mut self) -> Option<SimEvent> {
        loop {
            let now_s = self.step as f64 * STEP_S;
            let ended = self.end_s.is_some_and(|end| now_s >= end);
            // Whatever is made from here on arrives later than now.
            let ripe = self.pending.first_key_value().is_some_and(|((at, _), _)| ended || *at <= self.time(now_s));
            if ripe {
                return self.pending.pop_first().map(|(_, event)| event);
            }
            if ended {
                return None;
            }
            self.advance();
        }
    }
}

impl Transmitter {
    fn motion(&mut self, craft: &Craft, plane: &LocalPlane, now: Timestamp) -> Motion {
        // A GNSS fix: a constant offset of a few metres, and noise.
        let east = craft.position[0] + self.offset_m[0] + 6.0 * self.rng.normal();
        let north = craft.position[1] + self.offset_m[1] + 6.0 * self.rng.normal();
        Motion {
            position: plane.geodetic(east, north),
            sog: (craft.speed + 0.1 * self.rng.normal()).max(0.0),
            cog: craft.course + 0.01 * self.rng.normal(),
            heading: self.class_a.then_some(craft.course),
            utc_second: (now.nanos().div_euclid(1_000_000_000).rem_euclid(60)) as u8,
        }
    }
}

/// M.1371-5 annex 1 tables 1 and 2, without the faster rates in a turn; class B by carrier sense.
fn reporting_interval_s(craft: &Craft, class_a: bool) -> f64 {
    let kn = mps_to_knots(craft.speed);
    match (class_a, kn) {
        (true, _) if craft.is_anchored() => 180.0,
        (true, ..=14.0) => 10.0,
        (true, ..=23.0) => 6.0,
        (true, _) => 2.0,
        (false, ..=2.0) => 180.0,
        (false, _) => 30.0,
    }
}

/// Builds the craft of the night.
struct Cast<'a> {
    seed: u64,
    plane: &'a LocalPlane,
    craft: Vec<Craft>,
    transmitters: Vec<Transmitter>,
}

/// What a craft transmits, if anything.
enum Ais {
    ClassA { name: &'static str, ship_type: u8, length: u16, beam: u16, destination: &'static str },
    ClassB { number: u32 },
    Silent,
}

/// Names of ships that exist nowhere, marked as simulated.
const CARGO_NAMES: [&str; 12] = [
    "SIM HAI YUN 1",
    "SIM NAN FENG 2",
    "SIM YUE HUI 3",
    "SIM DONG JIANG 4",
    "SIM GANG KOU 5",
    "SIM PING SHAN 6",
    "SIM XUN LIAO 7",
    "SIM MA BIAN 8",
    "SIM HE CHUAN 9",
    "SIM BAI HUA 10",
    "SIM YAN ZHOU 11",
    "SIM DA LA 12",
];

impl Cast<'_> {
    fn gather(&mut self) {
        let mut dice = Rng::stream(self.seed, 1);
        let cargo = |n: usize, ship_type, length| Ais::ClassA {
            name: CARGO_NAMES[n],
            ship_type,
            length,
            beam: length / 7,
            destination: "HUIZHOU",
        };
        let away = AtEnd::LeaveFor(240.0);
        for (n, route, done) in [
            (0, places::LANE_EAST, 0.15),
            (1, places::LANE_EAST, 0.60),
            (2, places::LANE_WEST, 0.25),
            (3, places::LANE_WEST, 0.75),
            (4, places::LANE_MABIANZHOU, 0.30),
            (5, places::LANE_MABIANZHOU, 0.70),
        ] {
            let kn = dice.between(9.0, 16.0);
            let (kind, length) = if n % 3 == 2 { (80, 240) } else { (70, 150) };
            self.on_route(CraftKind::Cargo, route, away, kn, done, cargo(n, kind, length));
        }
        for (n, place) in places::ANCHORAGE.iter().enumerate() {
            let kind = if n % 2 == 0 { 80 } else { 70 };
            self.at_anchor(*place, cargo(6 + n, kind, 180));
        }
        let ferry = |name| Ais::ClassA { name, ship_type: 40, length: 42, beam: 11, destination: "SHANWEI" };
        self.on_route(CraftKind::Ferry, places::FERRY, AtEnd::Return(300.0), 34.0, 0.10, ferry("SIM FEI YI 21"));
        self.on_route(CraftKind::Ferry, places::FERRY, AtEnd::Return(300.0), 31.0, 0.75, ferry("SIM FEI YI 22"));
        let tug = Ais::ClassA { name: "SIM TUO LUN 31", ship_type: 52, length: 34, beam: 10, destination: "HUIZHOU" };
        self.on_route(CraftKind::Tug, places::TUG, AtEnd::Return(120.0), 9.0, 0.4, tug);

        let mut boat = 0;
        for (ground, radius_m) in places::FISHING_GROUNDS {
            for _ in 0..8 {
                boat += 1;
                // A quarter of the fleet carries class B: every fourth boat, so that the share does not hang on the seed.
                let ais = if boat % 4 == 0 { Ais::ClassB { number: boat } } else { Ais::Silent };
                let home = places::east_north(self.plane, *ground);
                self.add(CraftKind::Fishing, Conduct::Works { home, radius_m: *radius_m }, 1.6, 0.0, ais);
            }
        }
        for route in places::SMALL_CRAFT {
            let (kn, done) = (dice.between(6.0, 16.0), dice.between(0.0, 0.8));
            self.on_route(CraftKind::Small, route, AtEnd::Return(60.0), kn, done, Ais::Silent);
        }
        // The two that matter: already on their way, so that the first minutes show them; after landing they come again.
        let (first, second) = (dice.between(43.0, 50.0), dice.between(40.0, 47.0));
        self.on_route(CraftKind::GoFast, places::RUN_FANHE, AtEnd::LeaveFor(150.0), first, 0.36, Ais::Silent);
        self.on_route(CraftKind::GoFast, places::RUN_AOTOU, AtEnd::LeaveFor(240.0), second, 0.52, Ais::Silent);
    }

    fn on_route(&mut self, kind: CraftKind, route: &[Point], at_end: AtEnd, kn: f64, done: f64, ais: Ais) {
        let points = route.iter().map(|p| places::east_north(self.plane, *p)).collect();
        self.add(kind, Conduct::Route { points, at_end }, kn, done, ais);
    }

    fn at_anchor(&mut self, place: Point, ais: Ais) {
        self.add(CraftKind::Cargo, Conduct::Anchored, 0.0, 0.0, ais);
        let at = places::east_north(self.plane, place);
        if let Some(craft) = self.craft.pop() {
            self.craft.push(craft.at(at));
        }
    }

    fn add(&mut self, kind: CraftKind, conduct: Conduct, kn: f64, done: f64, ais: Ais) {
        let id = self.craft.len() as u32 + 1;
        // 412 and 413: China. Numbers ending in 000 and the block of the scored scenes are left alone.
        let mmsi = match ais {
            Ais::ClassA { .. } => Some(Mmsi(413_900_000 + id * 10)),
            Ais::ClassB { number } => Some(Mmsi(412_490_000 + number * 10)),
            Ais::Silent => None,
        };
        let rng = Rng::stream(self.seed, 100 + u64::from(id));
        if let (Some(mmsi), Some(particulars)) = (mmsi, particulars(&ais, id)) {
            let mut rng = Rng::stream(self.seed, 5_000 + u64::from(id));
            self.transmitters.push(Transmitter {
                craft: self.craft.len(),
                mmsi,
                class_a: matches!(ais, Ais::ClassA { .. }),
                particulars,
                offset_m: [3.0 * rng.normal(), 3.0 * rng.normal()],
                next_position_s: rng.between(0.0, if kn < 2.0 { 60.0 } else { 10.0 }),
                // A station that has run for hours knows its ships: all are told within the first two minutes.
                next_static_s: rng.between(0.0, 120.0),
                rng,
            });
        }
        self.craft.push(Craft::new(id, kind, mmsi, conduct, kn, done, rng));
    }
}

fn particulars(ais: &Ais, id: u32) -> Option<Particulars> {
    match *ais {
        Ais::ClassA { name, ship_type, length, beam, destination } => Some(Particulars {
            name: name.to_owned(),
            callsign: format!("BSIM{id}"),
            // No real number is borrowed.
            imo: 0,
            ship_type,
            dimensions: [length / 2, length - length / 2, beam / 2, beam - beam / 2],
            draught_dm: if ship_type >= 70 { 85 } else { 25 },
            destination: destination.to_owned(),
        }),
        Ais::ClassB { number } => Some(Particulars {
            name: format!("SIM YUE YU {number}"),
            callsign: format!("BYU{number}"),
            imo: 0,
            ship_type: 30,
            dimensions: [12, 10, 3, 3],
            draught_dm: 0,
            destination: String::new(),
        }),
        Ais::Silent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::land::is_land;

    #[test]
    fn nobody_sails_on_land_and_nobody_is_faster_than_the_fast() {
        for seed in 1..=3 {
            let mut night = DayaBayNight::new(seed, Timestamp::from_secs(0)).lasting(2400.0).with_truth();
            while night.next().is_some() {}
            let truth = night.take_truth();
            for row in &truth {
                let [e, n] = row.velocity;
                let kn = mps_to_knots(e.hypot(n));
                assert!(kn < 55.0, "{row:?}");
                assert_eq!(kn > 36.0, kn > 36.0 && row.kind == CraftKind::GoFast, "{row:?}");
                assert!(!is_land(row.position), "seed {seed}: {row:?}");
            }
            // The runs end on the beach, and begin again.
            let afloat =
                |at: i64| truth.iter().filter(|r| r.kind == CraftKind::GoFast && r.t == Timestamp::from_secs(at)).count();
            assert_eq!(afloat(0), 2);
            assert!((0..2400).step_by(5).any(|t| afloat(t) < 2), "nobody landed");
        }
    }

    #[test]
    fn an_endless_night_does_not_grow() {
        let mut night = DayaBayNight::new(1, Timestamp::from_secs(0));
        for _ in 0..40_000 {
            assert!(night.next().is_some());
        }
        assert!(night.pending.len() < 200, "{}", night.pending.len());
        assert!(night.truth.is_none());
    }
}
