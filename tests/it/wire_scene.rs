//! Small scripted scenes as bytes on the wire: two radars (ASTERIX), an AIS station (VDM) and, if asked for, a camera (SAPIENT), through the product's own path, with truth at
//! hand. What a transmitter says is independent of the hull it is on.
#![allow(dead_code)]

use std::f64::consts::TAU;
use std::path::Path;

use haishao::config;
use haishao::engine::Pipeline;
use haishao::fuse::RadarErrors;
use haishao::geo::{GeodeticHeight, LocalPlane, SensorFrame};
use haishao::model::units::knots_to_mps;
use haishao::model::{FeedId, Frame, Mmsi, Site, Timestamp, Track, TrackStatus};
use haishao::sim::{Motion, Particulars, Station};
use haishao::wire::asterix::encode::{RadarPlot, write_plots};
use haishao::wire::asterix::statement::Source;

use crate::sites;

pub const START: Timestamp = Timestamp::from_secs(1_773_504_000);

/// Two radars 10 km apart and an AIS station.
fn site_text() -> String {
    let site = "[site]\nname = \"Scene\"\norigin = { lat = 22.55, lon = 114.72 }\n".to_owned();
    site + &sites::radar_with("R1", "udp://239.192.0.11:8601", (22.523, 114.70, 60.0), (10.0, 0.25), "sac = 1\nsic = 1")
        + &sites::radar_with("R2", "udp://239.192.0.11:8602", (22.53, 114.80, 80.0), (12.0, 0.3), "sac = 1\nsic = 2")
        + &sites::ais("AIS", "udp://239.192.0.11:8603")
}

/// On a hill between the radars.
const CAMERA: (f64, f64, f64) = (22.528, 114.745, 90.0);
const CAMERA_REACH_M: f64 = 9000.0;

fn camera_text() -> String {
    let (lat, lon, height_m) = CAMERA;
    let at = format!("position = {{ lat = {lat}, lon = {lon}, height_m = {height_m:?} }}");
    let more = format!("sigma_azimuth_deg = 0.06\nfov_deg = 18.0\nmax_range_m = {CAMERA_REACH_M:?}");
    format!(
        "\n[[sensor]]\nid = \"E1\"\nkind = \"camera\"\nformat = \"sapient\"\nfeed = \"udp://239.192.0.11:8604\"\n{at}\n{more}\n"
    )
}

/// A camera that tells once a second what is in its view of 18°, .06° well, and something that is nothing now and then.
#[derive(Clone, Copy)]
pub struct Eye {
    /// Where it looks at a time, by its own north: the middle of its view, rad. Or at one hull alone.
    pub at: LooksAt,
    /// By how much its azimuths are too large at a time, °.
    pub off_deg: fn(f64) -> f64,
}

#[derive(Clone, Copy)]
pub enum LooksAt {
    /// From side to side of north, so many ° each way, and back within a minute.
    Sweep(f64),
    /// The hull of that number.
    Hull(usize),
}

/// A way through points of (seconds, east, north), straight between them. It is nowhere before the first and after the last.
#[derive(Clone)]
pub struct Way(pub Vec<[f64; 3]>);

impl Way {
    /// From a place with a velocity, m/s, over a time.
    pub fn straight(from: [f64; 2], v: [f64; 2], t: std::ops::Range<f64>) -> Self {
        let dt = t.end - t.start;
        Self(vec![[t.start, from[0], from[1]], [t.end, from[0] + v[0] * dt, from[1] + v[1] * dt]])
    }

    /// Goes on to a place at a speed in knots.
    pub fn then(mut self, to: [f64; 2], kn: f64) -> Self {
        let last = *self.0.last().unwrap();
        let d = (to[0] - last[1]).hypot(to[1] - last[2]);
        self.0.push([last[0] + d / knots_to_mps(kn), to[0], to[1]]);
        self
    }

    /// East, north, velocity east, north.
    pub fn at(&self, t: f64) -> Option<[f64; 4]> {
        let leg = self.0.windows(2).find(|w| t >= w[0][0] && t < w[1][0])?;
        let (a, b) = (leg[0], leg[1]);
        let v = [(b[1] - a[1]) / (b[0] - a[0]), (b[2] - a[2]) / (b[0] - a[0])];
        Some([a[1] + v[0] * (t - a[0]), a[2] + v[1] * (t - a[0]), v[0], v[1]])
    }
}

/// What radars see.
pub struct Hull {
    pub way: Way,
    pub pd: f64,
}

/// What the air carries: reports of one MMSI from a way that need not be any hull's.
pub struct Transmitter {
    pub mmsi: u32,
    pub class_a: bool,
    pub way: Way,
    pub interval_s: f64,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            hulls: Vec::new(),
            transmitters: Vec::new(),
            seconds: 0.0,
            seed: 0,
            without: Vec::new(),
            more_toml: String::new(),
            loss: |_| 0.05,
            deaf_from: None,
            cell: None,
            stamp: |t, _| t,
            told_turn_s: SCAN_S,
            turn_s: SCAN_S,
            parts: None,
            scatter: 1.0,
            louder_db: 0.0,
            false_plots: 8,
            dimensions: Vec::new(),
            placed: Vec::new(),
            turned_deg: [0.0; 2],
            eye: None,
        }
    }
}

pub struct Scene {
    pub hulls: Vec<Hull>,
    pub transmitters: Vec<Transmitter>,
    pub seconds: f64,
    pub seed: u64,
    /// Without these feeds (0, 1: radars, 2: AIS).
    pub without: Vec<u16>,
    /// Added to the site's configuration.
    pub more_toml: String,
    /// Share of AIS reports from a place that are lost in the slots.
    pub loss: fn([f64; 2]) -> f64,
    /// From then on the AIS station hears nothing.
    pub deaf_from: Option<f64>,
    /// Range (m) and azimuth (°) within which the radars show two hulls as one plot, at the centre of their power.
    pub cell: Option<[f64; 2]>,
    /// What a radar stamps a plot with whose azimuth the antenna passed at the first instant, and whose sector it leaves at the second, s.
    pub stamp: fn(f64, f64) -> f64,
    /// The antennas' turn as the site's configuration tells it, s.
    pub told_turn_s: f64,
    /// And as it is.
    pub turn_s: f64,
    /// Whom the radars show in several plots: hulls of this detection probability at least, and how likely each of two further plots is, 40 m and .8° beside.
    pub parts: Option<[f64; 2]>,
    /// By how much plots scatter more than the site tells.
    pub scatter: f64,
    /// By how much the amplitudes are told too high, dB.
    pub louder_db: f64,
    /// False plots a scan.
    pub false_plots: u32,
    /// What ships of class A say of their hulls, in the first seconds and every six minutes: MMSI, and metres from the antenna to bow, stern, port side,
    /// starboard side.
    pub dimensions: Vec<(u32, [u16; 4])>,
    /// Radars (0, 1) that the site tells to stand so many metres further east and north than they do.
    pub placed: Vec<(usize, [f64; 2])>,
    /// By how much the radars' azimuths are too large, beside their errors.
    pub turned_deg: [f64; 2],
    /// A camera, the fourth feed.
    pub eye: Option<Eye>,
}

/// SplitMix64 (Steele, Lea, Flood 2014) and what is drawn from it.
pub struct Dice(pub u64);

impl Dice {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Box and Muller.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos()
    }
}

/// A datagram: arrival, feed, bytes.
pub type Datagram = (Timestamp, u16, Vec<u8>);

struct Antenna {
    feed: u16,
    position: GeodeticHeight,
    sigma: [f64; 2],
    bias: [f64; 2],
    phase_s: f64,
    delay_s: f64,
}

pub const SCAN_S: f64 = 2.5;
const SECTORS: usize = 32;

fn antennas() -> [Antenna; 2] {
    let at = GeodeticHeight::from_degrees;
    [
        Antenna {
            feed: 0,
            position: at(22.523, 114.70, 60.0),
            sigma: [10.0, 0.25],
            bias: [8.0, -0.05],
            phase_s: 0.3,
            delay_s: 0.25,
        },
        Antenna {
            feed: 1,
            position: at(22.53, 114.80, 80.0),
            sigma: [12.0, 0.3],
            bias: [-15.0, 0.10],
            phase_s: 1.1,
            delay_s: 0.45,
        },
    ]
}

impl Scene {
    pub fn config(&self) -> config::Config {
        let site = (site_text() + &self.eye.map_or_else(String::new, |_| camera_text()))
            .replace("scan_s = 2.5", &format!("scan_s = {:?}", self.told_turn_s));
        let mut config = config::parse(&(site + &self.more_toml), Path::new("site.toml")).unwrap();
        for &(radar, [east, north]) in &self.placed {
            let position = &mut config.site.sensors[radar].position;
            *position = position.map(|stands| LocalPlane::new(stands).geodetic(east, north).at_height(stands.height_m));
        }
        config
    }

    /// Every datagram in order of arrival.
    pub fn datagrams(&self) -> Vec<Datagram> {
        let plane = LocalPlane::new(GeodeticHeight::from_degrees(22.55, 114.72, 0.0));
        let mut dice = Dice(self.seed.wrapping_mul(77).wrapping_add(1));
        let mut out = Vec::new();
        for antenna in antennas().iter().filter(|a| !self.without.contains(&a.feed)) {
            self.sweep(antenna, &plane, &mut dice, &mut out);
        }
        if !self.without.contains(&2) {
            self.transmit(&plane, &mut dice, &mut out);
        }
        if let Some(eye) = self.eye {
            // Its own dice: what the others see is the same with it and without.
            self.watch(&eye, &plane, &mut Dice(self.seed + 900), &mut out);
        }
        out.sort_by_key(|d| (d.0, d.1));
        out
    }

    fn watch(&self, eye: &Eye, plane: &LocalPlane, dice: &mut Dice, out: &mut Vec<Datagram>) {
        let (lat, lon, height_m) = CAMERA;
        let frame = SensorFrame::new(GeodeticHeight::from_degrees(lat, lon, height_m), plane);
        for t in (1..self.seconds as u32).map(f64::from) {
            let seen = |hull: &Hull| {
                let [e, n, ..] = hull.way.at(t)?;
                let [range, azimuth] = frame.polar_of(plane.geodetic(e, n));
                (range < CAMERA_REACH_M).then_some(azimuth.to_degrees())
            };
            let near = |a: f64, b: f64| (a - b + 180.0).rem_euclid(360.0) - 180.0;
            let mut told: Vec<f64> = match eye.at {
                LooksAt::Hull(k) => seen(&self.hulls[k]).into_iter().collect(),
                LooksAt::Sweep(side) => {
                    let middle = side * (t / 60.0 * TAU).sin();
                    let mut view: Vec<f64> =
                        self.hulls.iter().filter_map(seen).filter(|a| near(*a, middle).abs() < 9.0).collect();
                    view.retain(|_| dice.unit() < 0.85);
                    if dice.unit() < 0.1 {
                        view.push(middle + 18.0 * dice.unit() - 9.0);
                    }
                    view
                }
            };
            for azimuth in &mut told {
                *azimuth = (*azimuth + (eye.off_deg)(t) + 0.06 * dice.normal()).rem_euclid(360.0);
                out.push((START.plus_seconds(t + 0.2), 3, detection(t, *azimuth)));
            }
        }
    }

    fn sweep(&self, antenna: &Antenna, plane: &LocalPlane, dice: &mut Dice, out: &mut Vec<Datagram>) {
        let frame = SensorFrame::new(antenna.position, plane);
        let source = Source { sac: 1, sic: antenna.feed as u8 + 1 };
        for scan in 0..(self.seconds / self.turn_s) as u32 {
            let north = antenna.phase_s + f64::from(scan) * self.turn_s;
            let mut plots: Vec<(f64, f64, f64, f64)> = Vec::new();
            for hull in &self.hulls {
                // The passage: the time at which the antenna's azimuth is the hull's.
                let mut t = north + 0.5 * self.turn_s;
                let mut polar = None;
                for _ in 0..4 {
                    let Some([e, n, ..]) = hull.way.at(t) else { break };
                    let [range, azimuth] = frame.polar_of(plane.geodetic(e, n));
                    t = north + azimuth.rem_euclid(TAU) / TAU * self.turn_s;
                    polar = Some((range, azimuth));
                }
                let (Some((range, azimuth)), true) = (polar, dice.unit() < hull.pd) else { continue };
                // Swerling 1 above a threshold of 10: the mean that gives this detection probability.
                let mean = 10.0 / -hull.pd.ln() - 1.0;
                let snr = 10.0 - (1.0 + mean) * (1.0 - dice.unit()).ln();
                let sigma = antenna.sigma.map(|s| self.scatter * s);
                let (true_range, true_azimuth) = (range, azimuth);
                let range = range + antenna.bias[0] + sigma[0] * dice.normal();
                let turned = antenna.bias[1] + self.turned_deg[usize::from(antenna.feed)];
                let azimuth = azimuth + (turned + sigma[1] * dice.normal()).to_radians();
                plots.push((t, range, azimuth, snr));
                let share = self.parts.filter(|[pd, _]| hull.pd >= *pd).map(|[_, p]| p);
                for share in share.into_iter().flat_map(|p| [p; 2]) {
                    if dice.unit() < share {
                        let side = |dice: &mut Dice| if dice.unit() < 0.5 { -1.0 } else { 1.0 };
                        let range = true_range + antenna.bias[0] + 40.0 * side(dice) + sigma[0] * dice.normal();
                        let azimuth =
                            true_azimuth + (antenna.bias[1] + 0.8 * side(dice) + sigma[1] * dice.normal()).to_radians();
                        plots.push((t, range, azimuth, 10.0 - 0.5 * (1.0 + mean) * (1.0 - dice.unit()).ln()));
                    }
                }
            }
            if let Some(cell) = self.cell {
                unresolved(&mut plots, cell);
            }
            // False plots within 14 km, as loud as threshold crossings of noise are.
            for _ in 0..self.false_plots {
                let azimuth = TAU * dice.unit();
                let snr = 10.0 - (1.0 - dice.unit()).ln();
                let told = azimuth + self.turned_deg[usize::from(antenna.feed)].to_radians();
                plots.push((north + azimuth / TAU * self.turn_s, 14_000.0 * dice.unit().sqrt(), told, snr));
            }
            plots.sort_by(|a, b| a.0.total_cmp(&b.0));
            for sector in 0..SECTORS {
                let [from, to] = [sector, sector + 1].map(|s| north + s as f64 / SECTORS as f64 * self.turn_s);
                let plots: Vec<RadarPlot> = plots
                    .iter()
                    .filter(|p| p.0 >= from && p.0 < to)
                    .map(|&(t, range_m, azimuth, snr)| RadarPlot {
                        source,
                        time_of_day_s: (START.nanos_of_day() as f64 * 1e-9 + (self.stamp)(t, to)).rem_euclid(86_400.0),
                        range_m: range_m.max(0.0),
                        azimuth: azimuth.rem_euclid(TAU),
                        amplitude: Some((50.0 * snr.log10() + 5.0 * self.louder_db).round().clamp(0.0, 255.0) as u8),
                    })
                    .collect();
                if !plots.is_empty() {
                    let mut bytes = Vec::new();
                    write_plots(&plots, &mut bytes).unwrap();
                    let late = antenna.delay_s + 0.03 * dice.unit();
                    out.push((START.plus_seconds(to + late), antenna.feed, bytes));
                }
            }
        }
    }

    fn transmit(&self, plane: &LocalPlane, dice: &mut Dice, out: &mut Vec<Datagram>) {
        let mut station = Station::new("SIM-AIS");
        let mut sent: Vec<(f64, usize)> = Vec::new();
        for (k, transmitter) in self.transmitters.iter().enumerate() {
            let mut t = transmitter.interval_s * dice.unit();
            while t < self.seconds {
                sent.push((t, k));
                t += transmitter.interval_s * (0.95 + 0.1 * dice.unit());
            }
        }
        sent.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (k, &(mmsi, dimensions)) in self.dimensions.iter().enumerate() {
            let hull = Particulars {
                name: format!("SIM {mmsi}"),
                callsign: String::new(),
                imo: 0,
                ship_type: 80,
                dimensions,
                draught_dm: 0,
                destination: String::new(),
            };
            let first = 1.0 + k as f64;
            for t in (0..).map(|n| first + 360.0 * f64::from(n)).take_while(|t| *t < self.seconds) {
                let line = station.class_a_static(START.nanos() / 1_000_000_000 + t as i64, Mmsi(mmsi), &hull);
                out.push((START.plus_seconds(t), 2, line.into_bytes()));
            }
        }
        for (t, k) in sent {
            let transmitter = &self.transmitters[k];
            let Some([e, n, ve, vn]) = transmitter.way.at(t.floor()) else { continue };
            if dice.unit() < (self.loss)([e, n]) || self.deaf_from.is_some_and(|from| t > from) {
                continue;
            }
            let place = plane.geodetic(e + 6.0 * dice.normal(), n + 6.0 * dice.normal());
            let unix_s = START.nanos() / 1_000_000_000 + t as i64;
            let motion = Motion {
                position: place,
                sog: ve.hypot(vn),
                cog: ve.atan2(vn),
                heading: None,
                utc_second: unix_s.rem_euclid(60) as u8,
            };
            let mmsi = Mmsi(transmitter.mmsi);
            let line = if transmitter.class_a {
                station.class_a_position(unix_s, mmsi, 0, &motion)
            } else {
                station.class_b_position(unix_s, mmsi, &motion)
            };
            out.push((START.plus_seconds(t + 0.08), 2, line.into_bytes()));
        }
    }

    /// What the product says of it.
    pub fn run(&self) -> Said {
        let config = self.config();
        let mut pipeline = Pipeline::new(&config).unwrap();
        let mut lines = Vec::new();
        for (received_at, feed, bytes) in self.datagrams() {
            let (_, effects) = pipeline.frame(Frame { feed: FeedId(feed), received_at, bytes: &bytes });
            lines.extend_from_slice(&effects.tracks);
        }
        for health in pipeline.health() {
            assert_eq!(health.refused_total(), 0, "{:?}", health.refused);
        }
        let radars = pipeline.core().radar_errors();
        Said { lines, plane: LocalPlane::new(config.site.origin), site: config.site, radars }
    }
}

// A SAPIENT message (BSI Flex 335 v2): a node's detection with an azimuth in degrees from true north and no range.
fn detection(t: f64, azimuth_deg: f64) -> Vec<u8> {
    let field = |number: u8, body: &[u8]| [&[number << 3 | 2, body.len() as u8], body].concat();
    let seconds = {
        let (mut left, mut bytes) = (START.nanos() / 1_000_000_000 + t as i64, vec![1 << 3]);
        while left >= 128 {
            bytes.push((left & 127) as u8 | 128);
            left >>= 7;
        }
        bytes.push(left as u8);
        bytes
    };
    let polar = [&[2 << 3 | 1][..], &azimuth_deg.to_le_bytes(), &[7 << 3, 1, 8 << 3, 1]].concat();
    let said = [field(2, b"x"), field(5, &polar)].concat();
    let body = [field(1, &seconds), field(2, b"E1"), field(7, &said)].concat();
    [&(body.len() as u32).to_le_bytes()[..], &body].concat()
}

// One plot of two in a cell: the strongest takes in whom it hides, as often as there are some.
fn unresolved(plots: &mut Vec<(f64, f64, f64, f64)>, [range_m, azimuth_deg]: [f64; 2]) {
    plots.sort_by(|a, b| b.3.total_cmp(&a.3));
    let mut k = 0;
    while k < plots.len() {
        let mut j = k + 1;
        while j < plots.len() {
            let (a, b) = (plots[k], plots[j]);
            if (a.1 - b.1).abs() < range_m && (a.2 - b.2).abs().to_degrees() < azimuth_deg {
                let w = a.3 / (a.3 + b.3);
                let middle = |a: f64, b: f64| w * a + (1.0 - w) * b;
                plots[k] = (middle(a.0, b.0), middle(a.1, b.1), middle(a.2, b.2), a.3 + b.3);
                plots.remove(j);
            } else {
                j += 1;
            }
        }
        k += 1;
    }
}

/// The lines of a run.
pub struct Said {
    pub lines: Vec<Track>,
    /// What was learned of the sensors' errors, in the site's order.
    pub radars: Vec<Option<RadarErrors>>,
    pub plane: LocalPlane,
    pub site: Site,
}

impl Said {
    /// What was believed at scene second `t`: the last line of each track said by then, with its place carried on.
    pub fn picture(&self, t: f64) -> Vec<(Track, [f64; 2])> {
        let end = self.lines.partition_point(|l| l.t_out <= START.plus_seconds(t));
        let mut last = std::collections::BTreeMap::new();
        for l in &self.lines[..end] {
            last.insert(l.id, l);
        }
        last.into_values()
            .filter(|l| matches!(l.status, TrackStatus::Confirmed | TrackStatus::Coasting))
            .map(|l| {
                let age = START.plus_seconds(t).seconds_since(l.t);
                let [e, n] = self.plane.east_north(l.position);
                (*l, [e + l.velocity[0] * age, n + l.velocity[1] * age])
            })
            .collect()
    }

    /// The track nearest to a place at second `t`, within `m` metres.
    pub fn near(&self, t: f64, place: [f64; 2], m: f64) -> Option<Track> {
        let distance = |p: [f64; 2]| (p[0] - place[0]).hypot(p[1] - place[1]);
        let nearest = self.picture(t).into_iter().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        (distance(nearest.1) < m).then_some(nearest.0)
    }

    /// The track that follows a way, every 2.5 s of a time.
    pub fn follow(&self, way: &Way, t: std::ops::Range<f64>) -> Vec<(f64, Option<Track>)> {
        let n = ((t.end - t.start) / 2.5) as usize;
        (0..n)
            .map(|i| t.start + 2.5 * i as f64)
            .filter_map(|t| way.at(t).map(|[e, n, ..]| (t, self.near(t, [e, n], 120.0))))
            .collect()
    }
}

/// Share of the moments at which something holds of the track.
pub fn share(moments: &[(f64, Option<Track>)], holds: impl Fn(&Track) -> bool) -> f64 {
    moments.iter().filter(|(_, l)| l.as_ref().is_some_and(&holds)).count() as f64 / moments.len().max(1) as f64
}
