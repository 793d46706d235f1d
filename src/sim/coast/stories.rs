//! The scenarios by name.

use super::super::places;
use super::super::radar::RadarSpec;
use super::super::rng::Rng;
use super::echo::{self, Sea};
use super::plots::{self, Tale};
use super::route::Chart;
use super::scene::{Fault, Scene};
use super::sea::RainCell;
use super::traffic::Cast;
use super::world::World;
use crate::geo::{Geodetic, LocalPlane};
use crate::model::Timestamp;

/// A scenario as listed.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Its name on the command line.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
    /// What the system must do.
    pub criterion: &'static str,
    tell: fn(&mut Tale<'_>),
}

/// All of them: ten of the catalogue, two more, and two variants by which sea state 4 and slower boats are measured.
pub const STORIES: &[Story] = &[
    Story {
        name: "night_run",
        what: "1–3 fast boats from the Hong Kong edge round the cape to Fanhe, calm, 01:00",
        criterion: "R01 and R07 in one incident each, p95 of time to alert ≤ 60 s, margin ≥ 6 min",
        tell: plots::night_run,
    },
    Story {
        name: "night_run_ss4",
        what: "the same in sea state 4",
        criterion: "P(alert before landing) ≥ 0.80",
        tell: plots::night_run_rough,
    },
    Story {
        name: "night_run_33",
        what: "the same with boats of 33 kn",
        criterion: "time to alert: median ≤ 45 s, p95 ≤ 90 s",
        tell: plots::night_run_slow,
    },
    Story {
        name: "mother_ship",
        what: "a coaster slows to 3 kn off the coast, three boats leave it, a fourth comes for the rest",
        criterion: "R08 within 90 s of separation with the parent named; R05 on the reload",
        tell: plots::mother_ship,
    },
    Story {
        name: "fleet_hide",
        what: "a fast boat enters a squid fleet of 40, drifts for 25 min, and leaves at speed",
        criterion: "R17 on the exit within 60 s; at most 2 false exits",
        tell: plots::fleet_hide,
    },
    Story {
        name: "ais_clone",
        what: "a fast boat tells a parked trawler's MMSI; another tells a slow course 3 NM off",
        criterion: "R04 within 3 min, R03 within 2 min; the true trawler is not suspected",
        tell: plots::ais_clone,
    },
    Story {
        name: "shadow",
        what: "a fast boat rides 0.15 NM abeam of a 15-kn bulk carrier for 30 min and breaks for the shore",
        criterion: "R01 or R07 within 45 s of the break",
        tell: plots::shadow,
    },
    Story {
        name: "ferry_confuser",
        what: "a fine Saturday: 35 excursion boats, 25 jet skis, two ferries of 40 kn, patrols, a regatta, one unknown fast boat",
        criterion: "≤ 3 incidents of severity ≥ 3 an hour; none on a ferry; the unknown boat found ≥ 0.8",
        tell: plots::ferry_confuser,
    },
    Story {
        name: "clutter_storm",
        what: "sea state 4–5, a squall line, fifty times the clutter, birds, one run",
        criterion: "≤ 6 incidents an hour; the run found ≥ 0.6",
        tell: plots::clutter_storm,
    },
    Story {
        name: "sensor_loss",
        what: "AIS is lost for 20 min, then a radar for 5, then another's clock jumps by 7 s; a run during it",
        criterion: "no R02 for the silent receiver; no more than one incident for the run",
        tell: plots::sensor_loss,
    },
    Story {
        name: "jamming",
        what: "GNSS of the ships about the anchorage shows circles 2 NM off for 10 min; one run during it",
        criterion: "one R15; R01 or R07 on the run; no flood of R03",
        tell: plots::jamming,
    },
    Story {
        name: "mass_event",
        what: "16 August, noon: 400 fishing vessels leave within 2 h; a boat of 40 kn crosses them",
        criterion: "≤ 6 incidents an hour, no flood of R05 or R06; the crosser found",
        tell: plots::mass_event,
    },
    Story {
        name: "null_night",
        what: "an ordinary night without a run",
        criterion: "≤ 1 incident of severity ≥ 3 an hour",
        tell: plots::null_night,
    },
    Story {
        name: "slow_dark",
        what: "an unlit boat goes at 6 kn to a shelter, then sprints",
        criterion: "no alarm before the sprint; R01 within 60 s of it",
        tell: plots::slow_dark,
    },
];

/// The scenario of a name.
pub fn story(name: &str) -> Option<&'static Story> {
    STORIES.iter().find(|s| s.name == name)
}

/// 2026-03-15 01:00 at the bay (UTC+8): a moonless hour of an ordinary night.
const NIGHT: Timestamp = Timestamp::from_secs(1_773_507_600);
/// 2026-03-14 10:00 at the bay, a Saturday.
const SATURDAY: Timestamp = Timestamp::from_secs(1_773_453_600);
/// 2026-08-16 12:00 at the bay: the summer ban on fishing ends.
const SEASON: Timestamp = Timestamp::from_secs(1_786_852_800);

/// When a scenario begins: night, Saturday, or the season's opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hour {
    /// 01:00.
    Night,
    /// Saturday 10:00.
    Saturday,
    /// 16 August 12:00.
    Season,
}

impl Hour {
    fn start(self) -> Timestamp {
        match self {
            Self::Night => NIGHT,
            Self::Saturday => SATURDAY,
            Self::Season => SEASON,
        }
    }
}

/// Three radars of the bay: the cape, the island at its mouth, the inner head. `(id, SIC, lat, lon, antenna m, phase s, delay s)`.
const SITES: [(&str, u8, f64, f64, f64, f64, f64); 3] = [
    ("radar-daxingshan", 11, 22.5500, 114.8860, 110.0, 0.0, 0.06),
    ("radar-sanmendao", 12, 22.4640, 114.6320, 200.0, 0.85, 0.90),
    ("radar-xunliao", 13, 22.6600, 114.7300, 110.0, 1.60, 0.30),
];

/// Error of an installer's measurement with a corner reflector, one sigma, dB.
const CALIBRATION_DB: f64 = 1.0;

/// Radars of the scenarios as `seed` made them: what the installer knows, and their errors, which he does not.
pub fn radars(seed: u64) -> Vec<RadarSpec> {
    SITES
        .iter()
        .zip(0u64..)
        .map(|(&(id, sic, lat, lon, height, phase_s, delay_s), n)| {
            let mut rng = Rng::stream(seed, 940_000 + n);
            RadarSpec {
                id,
                sac_sic: (1, sic),
                position: places::site((lat, lon, height)),
                scan_s: 2.5,
                phase_s,
                sigma_range_m: [10.0, 15.0, 12.0][n as usize % 3],
                sigma_azimuth_deg: [0.20, 0.25, 0.15][n as usize % 3],
                bias_range_m: rng.between(0.0, 30.0),
                bias_azimuth_deg: rng.between(0.0, 0.2),
                delay_s: (delay_s, delay_s * 0.12),
                told_snr_1m2_db: Some(echo::reflector_snr_db() + CALIBRATION_DB * rng.normal()),
                clutter_per_scan: 0.0,
            }
        })
        .collect()
}

/// A scenario drawn from a seed, ready to run.
pub fn world(story: &Story, seed: u64) -> World {
    let plane = LocalPlane::new(Geodetic::from_degrees(places::ORIGIN.0, places::ORIGIN.1).at_height(0.0));
    let chart = Chart::new(&plane);
    let radars = radars(seed);
    let mut tale = Tale {
        cast: Cast::new(seed, &chart, &plane, Sea::CALM),
        hour: Hour::Night,
        length_s: 3600.0,
        rain: Vec::<RainCell>::new(),
        faults: Vec::<Fault>::new(),
        marks: Vec::new(),
        sites: radars.iter().map(|r| plane.east_north(r.position.ground())).collect(),
    };
    (story.tell)(&mut tale);
    let scene = Scene {
        start: tale.hour.start(),
        length_s: tale.length_s,
        station: places::site(places::DAXINGSHAN),
        sea: tale.cast.sea,
        rain: tale.rain,
        faults: tale.faults,
        marks: tale.marks,
        is_night: tale.hour == Hour::Night,
        vessels: tale.cast.vessels,
        transponders: tale.cast.transponders,
        radars,
    };
    World::new(scene, &plane, seed)
}
