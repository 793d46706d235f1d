//! What a record says, the same for all categories that speak of targets or of the antenna.
//!
//! Each category has a list of [`Field`]s resolved from its table when the program is compiled; reading a record is walking
//! it once and picking those elements. Units become SI here.

use super::field::Field;
use super::record::Record;
use super::tables::{CAT001, CAT002, CAT010, CAT034, CAT048, CAT062, CAT063, CAT065, CAT240};
use crate::geo::Geodetic;
use crate::model::SensorTrackStatus;
use crate::model::units::METRES_PER_NM;
use crate::wire::Refusal;

/// A time of day of more than 24 h.
pub const BAD_TIME: Refusal = Refusal("bad-time-of-day");
/// A latitude beyond a pole.
pub const BAD_POSITION: Refusal = Refusal("position-out-of-range");
/// An item that every record of its category must have is not there.
pub const MISSING_ITEM: Refusal = Refusal("mandatory-item-missing");

/// System area code and system identification code: who sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// System area code.
    pub sac: u8,
    /// System identification code.
    pub sic: u8,
}

/// A clock reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// Seconds since UTC midnight, 0 to 86 400.
    OfDay(f64),
    /// The same modulo 512 s (I001/141).
    Truncated(f64),
}

/// What one record says.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Category.
    pub category: u8,
    /// Who says it; `None` where the record leaves it to the one before (category 001).
    pub source: Option<Source>,
    /// When, by the sender's clock.
    pub clock: Option<Clock>,
    /// What.
    pub said: Said,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A plot or a track.
    Target(Target),
    /// Where the antenna is.
    Antenna {
        /// Radians clockwise from the radar's north.
        azimuth: f64,
        /// Whether this is the passage through north.
        north: bool,
        /// Rotation period, s.
        period_s: Option<f64>,
        /// Where the radar says it stands: place and height above the ellipsoid in m.
        place: Option<(Geodetic, f64)>,
    },
    /// A radial of radar video.
    Video,
    /// State of the sender, without a target.
    Status {
        /// Message type, by the category's own list.
        message: u8,
    },
}

/// Who made up a target that is not at sea.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Artificial {
    /// Made by a simulator.
    Simulated,
    /// The radar's own test target.
    Test,
    /// A fixed transponder that serves as a monitor.
    FieldMonitor,
}

/// A plot, or a track where it has a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Target {
    /// Slant range, m.
    pub range_m: Option<f64>,
    /// Radians clockwise from the radar's north.
    pub azimuth: Option<f64>,
    /// On the ellipsoid.
    pub geodetic: Option<Geodetic>,
    /// East and north of the radar (of the system's origin in category 062), m.
    pub cartesian_m: Option<[f64; 2]>,
    /// East and north, m/s.
    pub velocity: Option<[f64; 2]>,
    /// The sender's number of the track; `None` for a plot.
    pub track_number: Option<u32>,
    /// Life of the track; `None` for a plot and where the sender tells nothing.
    pub status: Option<SensorTrackStatus>,
    /// Strength of the primary plot: counts in category 010, dBm in 001 and 048.
    pub amplitude: Option<i16>,
    /// Position covariance, m²: east-east, east-north, north-north.
    pub position_cov: Option<[f64; 3]>,
    /// Length, m.
    pub length_m: Option<f32>,
    /// Set where it is no target at sea.
    pub artificial: Option<Artificial>,
}

/// Reads a record of any category that has a table.
pub fn read(record: &Record<'_>) -> Result<Statement, Refusal> {
    match record.category().number {
        10 => cat010(record),
        34 => antenna(record, &SERVICE_034),
        48 => cat048(record),
        62 => cat062(record),
        1 => cat001(record),
        2 => antenna(record, &SERVICE_002),
        63 => status(record, &IDENT_063, None),
        65 => status(record, &IDENT_065, Some(&TYPE_065)),
        240 => video(record),
        _ => Err(super::record::UNDEFINED_ITEM),
    }
}

/// Source and clock of a category.
struct Ident {
    sac: Field,
    sic: Field,
    time: Field,
}

impl Ident {
    fn source(&self, record: &Record<'_>) -> Option<Source> {
        Some(Source { sac: record.raw(&self.sac)? as u8, sic: record.raw(&self.sic)? as u8 })
    }

    fn required(&self, record: &Record<'_>) -> Result<Option<Source>, Refusal> {
        self.source(record).map(Some).ok_or(MISSING_ITEM)
    }

    fn clock(&self, record: &Record<'_>) -> Result<Option<Clock>, Refusal> {
        match record.quantity(&self.time) {
            // 24 h itself is what senders that round to the step tell just before midnight.
            Some(s) if s > 86_400.0 => Err(BAD_TIME),
            s => Ok(s.map(Clock::OfDay)),
        }
    }
}

macro_rules! ident {
    ($cat:expr, $source:literal, $time:literal) => {
        Ident {
            sac: Field::of(&$cat, $source, "SAC"),
            sic: Field::of(&$cat, $source, "SIC"),
            time: Field::of(&$cat, $time, ""),
        }
    };
}

static IDENT_063: Ident = ident!(CAT063, "010", "030");
static IDENT_065: Ident = ident!(CAT065, "010", "030");
static TYPE_065: Field = Field::of(&CAT065, "000", "");
static TYPE_240: Field = Field::of(&CAT240, "000", "");
static IDENT_240: Ident = ident!(CAT240, "010", "140");

fn status(record: &Record<'_>, ident: &Ident, kind: Option<&Field>) -> Result<Statement, Refusal> {
    let message = kind.and_then(|f| record.raw(f)).unwrap_or(0) as u8;
    Ok(Statement {
        category: record.category().number,
        source: ident.required(record)?,
        clock: ident.clock(record)?,
        said: Said::Status { message },
    })
}

fn video(record: &Record<'_>) -> Result<Statement, Refusal> {
    // I240/000 2: a radial; 1: a text about the stream.
    let said = match record.raw(&TYPE_240).ok_or(MISSING_ITEM)? as u8 {
        2 => Said::Video,
        message => Said::Status { message },
    };
    Ok(Statement { category: 240, source: IDENT_240.required(record)?, clock: IDENT_240.clock(record)?, said })
}

struct Service {
    ident: Ident,
    message: Field,
    sector: Field,
    period: Field,
    place: Option<[Field; 3]>,
}

static SERVICE_034: Service = Service {
    ident: ident!(CAT034, "010", "030"),
    message: Field::of(&CAT034, "000", ""),
    sector: Field::of(&CAT034, "020", ""),
    period: Field::of(&CAT034, "041", ""),
    place: Some([Field::of(&CAT034, "120", "LAT"), Field::of(&CAT034, "120", "LON"), Field::of(&CAT034, "120", "HGT")]),
};

static SERVICE_002: Service = Service {
    ident: ident!(CAT002, "010", "030"),
    message: Field::of(&CAT002, "000", ""),
    sector: Field::of(&CAT002, "020", ""),
    period: Field::of(&CAT002, "041", ""),
    place: None,
};

fn antenna(record: &Record<'_>, service: &Service) -> Result<Statement, Refusal> {
    let message = record.raw(&service.message).ok_or(MISSING_ITEM)? as u8;
    // In both categories 1 is the north marker and 2 the crossing into a sector.
    let azimuth = match message {
        1 => Some(0.0),
        2 => Some(record.quantity(&service.sector).ok_or(MISSING_ITEM)?.to_radians()),
        _ => None,
    };
    let place = match &service.place {
        Some([lat, lon, height]) => match (record.quantity(lat), record.quantity(lon), record.quantity(height)) {
            (Some(lat), Some(lon), Some(height)) => Some((geodetic(lat, lon)?, height)),
            _ => None,
        },
        None => None,
    };
    let said = match azimuth {
        Some(azimuth) => Said::Antenna {
            azimuth,
            north: message == 1,
            period_s: record.quantity(&service.period).filter(|&p| p > 0.0),
            place,
        },
        None => Said::Status { message },
    };
    Ok(Statement {
        category: record.category().number,
        source: service.ident.required(record)?,
        clock: service.ident.clock(record)?,
        said,
    })
}

mod f010 {
    use super::{CAT010, Field};
    pub static MESSAGE: Field = Field::of(&CAT010, "000", "");
    pub static SIM: Field = Field::of(&CAT010, "020", "SIM");
    pub static TST: Field = Field::of(&CAT010, "020", "TST");
    pub static RAB: Field = Field::of(&CAT010, "020", "RAB");
    pub static RHO: Field = Field::of(&CAT010, "040", "RHO");
    pub static TH: Field = Field::of(&CAT010, "040", "TH");
    pub static LAT: Field = Field::of(&CAT010, "041", "LAT");
    pub static LON: Field = Field::of(&CAT010, "041", "LON");
    pub static X: Field = Field::of(&CAT010, "042", "X");
    pub static Y: Field = Field::of(&CAT010, "042", "Y");
    pub static AMPLITUDE: Field = Field::of(&CAT010, "131", "");
    pub static NUMBER: Field = Field::of(&CAT010, "161", "TRK");
    pub static CNF: Field = Field::of(&CAT010, "170", "CNF");
    pub static TRE: Field = Field::of(&CAT010, "170", "TRE");
    pub static CST: Field = Field::of(&CAT010, "170", "CST");
    pub static GSP: Field = Field::of(&CAT010, "200", "GSP");
    pub static TRA: Field = Field::of(&CAT010, "200", "TRA");
    pub static VX: Field = Field::of(&CAT010, "202", "VX");
    pub static VY: Field = Field::of(&CAT010, "202", "VY");
    pub static LENGTH: Field = Field::of(&CAT010, "270", "LENGTH");
    pub static DEVX: Field = Field::of(&CAT010, "500", "DEVX");
    pub static DEVY: Field = Field::of(&CAT010, "500", "DEVY");
    pub static COVXY: Field = Field::of(&CAT010, "500", "COVXY");
}

static IDENT_010: Ident = ident!(CAT010, "010", "140");

fn cat010(record: &Record<'_>) -> Result<Statement, Refusal> {
    let source = IDENT_010.required(record)?;
    let clock = IDENT_010.clock(record)?;
    let message = record.raw(&f010::MESSAGE).ok_or(MISSING_ITEM)? as u8;
    if message != 1 {
        return Ok(Statement { category: 10, source, clock, said: Said::Status { message } });
    }
    let set = |f: &Field| record.raw(f) == Some(1);
    let artificial = artificial(set(&f010::SIM), set(&f010::TST), set(&f010::RAB));
    let position_cov = match (record.quantity(&f010::DEVX), record.quantity(&f010::DEVY), record.quantity(&f010::COVXY)) {
        (Some(dx), Some(dy), Some(xy)) => covariance(dx, dy, xy),
        _ => None,
    };
    let target = Target {
        range_m: record.quantity(&f010::RHO),
        azimuth: record.quantity(&f010::TH).map(f64::to_radians),
        geodetic: geodetic_of(record, &f010::LAT, &f010::LON)?,
        cartesian_m: pair(record, &f010::X, &f010::Y, 1.0),
        velocity: pair(record, &f010::VX, &f010::VY, 1.0).or_else(|| velocity_of(record, &f010::GSP, &f010::TRA)),
        track_number: record.raw(&f010::NUMBER).map(|n| n as u32),
        status: record
            .raw(&f010::CNF)
            .map(|cnf| track_status(cnf == 1, set(&f010::TRE), record.raw(&f010::CST).is_some_and(|c| c != 0))),
        amplitude: record.raw(&f010::AMPLITUDE).map(|a| a as i16),
        position_cov,
        length_m: record.quantity(&f010::LENGTH).map(|l| l as f32),
        artificial,
    };
    Ok(Statement { category: 10, source, clock, said: Said::Target(target) })
}

mod f048 {
    use super::{CAT048, Field};
    pub static TYP: Field = Field::of(&CAT048, "020", "TYP");
    pub static SIM: Field = Field::of(&CAT048, "020", "SIM");
    pub static RAB: Field = Field::of(&CAT048, "020", "RAB");
    pub static TST: Field = Field::of(&CAT048, "020", "TST");
    pub static RHO: Field = Field::of(&CAT048, "040", "RHO");
    pub static THETA: Field = Field::of(&CAT048, "040", "THETA");
    pub static X: Field = Field::of(&CAT048, "042", "X");
    pub static Y: Field = Field::of(&CAT048, "042", "Y");
    pub static PAM: Field = Field::of_subfield(&CAT048, "130", "PAM", "");
    pub static NUMBER: Field = Field::of(&CAT048, "161", "TRN");
    pub static CNF: Field = Field::of(&CAT048, "170", "CNF");
    pub static TRE: Field = Field::of(&CAT048, "170", "TRE");
    pub static GSP: Field = Field::of(&CAT048, "200", "GSP");
    pub static HDG: Field = Field::of(&CAT048, "200", "HDG");
}

static IDENT_048: Ident = ident!(CAT048, "010", "140");

fn cat048(record: &Record<'_>) -> Result<Statement, Refusal> {
    let set = |f: &Field| record.raw(f) == Some(1);
    let number = record.raw(&f048::NUMBER).map(|n| n as u32);
    // I048/020 TYP 0: no detection in this scan; the position is the tracker's own.
    let extrapolated = record.raw(&f048::TYP) == Some(0);
    let target = Target {
        range_m: record.quantity(&f048::RHO).map(|nm| nm * METRES_PER_NM),
        azimuth: record.quantity(&f048::THETA).map(f64::to_radians),
        geodetic: None,
        cartesian_m: pair(record, &f048::X, &f048::Y, METRES_PER_NM),
        velocity: velocity_of(record, &f048::GSP, &f048::HDG),
        track_number: number,
        status: number.map(|_| track_status(set(&f048::CNF), set(&f048::TRE), extrapolated)),
        amplitude: record.quantity(&f048::PAM).map(|a| a as i16),
        artificial: artificial(set(&f048::SIM), set(&f048::TST), set(&f048::RAB)),
        ..Target::default()
    };
    let clock = IDENT_048.clock(record)?;
    Ok(Statement { category: 48, source: IDENT_048.required(record)?, clock, said: Said::Target(target) })
}

mod f062 {
    use super::{CAT062, Field};
    pub static NUMBER: Field = Field::of(&CAT062, "040", "");
    pub static CNF: Field = Field::of(&CAT062, "080", "CNF");
    pub static SIM: Field = Field::of(&CAT062, "080", "SIM");
    pub static TSE: Field = Field::of(&CAT062, "080", "TSE");
    pub static CST: Field = Field::of(&CAT062, "080", "CST");
    pub static LAT: Field = Field::of(&CAT062, "105", "LAT");
    pub static LON: Field = Field::of(&CAT062, "105", "LON");
    pub static X: Field = Field::of(&CAT062, "100", "X");
    pub static Y: Field = Field::of(&CAT062, "100", "Y");
    pub static VX: Field = Field::of(&CAT062, "185", "VX");
    pub static VY: Field = Field::of(&CAT062, "185", "VY");
    pub static LENGTH: Field = Field::of(&CAT062, "270", "LENGTH");
    pub static APC_X: Field = Field::of_subfield(&CAT062, "500", "APC", "X");
    pub static APC_Y: Field = Field::of_subfield(&CAT062, "500", "APC", "Y");
    pub static COV: Field = Field::of_subfield(&CAT062, "500", "COV", "");
}

static IDENT_062: Ident = ident!(CAT062, "010", "070");

fn cat062(record: &Record<'_>) -> Result<Statement, Refusal> {
    let set = |f: &Field| record.raw(f) == Some(1);
    // Mandatory by edition 1.20 §5.3: 010, 040, 070, 080. Streams of editions before the standard lack them or put others there.
    let number = record.raw(&f062::NUMBER).ok_or(MISSING_ITEM)? as u32;
    let unconfirmed = record.raw(&f062::CNF).ok_or(MISSING_ITEM)? == 1;
    let clock = IDENT_062.clock(record)?;
    if clock.is_none() {
        return Err(MISSING_ITEM);
    }
    let position_cov = match (record.quantity(&f062::APC_X), record.quantity(&f062::APC_Y)) {
        (Some(dx), Some(dy)) => {
            // I062/500 #2 sends sign(cov) √|cov|.
            let xy = record.quantity(&f062::COV).map_or(0.0, |c| c * c.abs());
            covariance(dx, dy, xy)
        }
        _ => None,
    };
    let target = Target {
        geodetic: geodetic_of(record, &f062::LAT, &f062::LON)?,
        cartesian_m: pair(record, &f062::X, &f062::Y, 1.0),
        velocity: pair(record, &f062::VX, &f062::VY, 1.0),
        track_number: Some(number),
        status: Some(track_status(unconfirmed, set(&f062::TSE), set(&f062::CST))),
        position_cov,
        length_m: record.quantity(&f062::LENGTH).map(|l| l as f32),
        artificial: artificial(set(&f062::SIM), false, false),
        ..Target::default()
    };
    Ok(Statement { category: 62, source: IDENT_062.required(record)?, clock, said: Said::Target(target) })
}

mod f001 {
    use super::{CAT001, Field};
    /// The second profile: tracks.
    const TRACK: usize = 1;
    pub static SAC: Field = Field::of(&CAT001, "010", "SAC");
    pub static SIC: Field = Field::of(&CAT001, "010", "SIC");
    pub static TYP: Field = Field::of(&CAT001, "020", "TYP");
    pub static SIM: Field = Field::of(&CAT001, "020", "SIM");
    pub static SSRPSR: Field = Field::of(&CAT001, "020", "SSRPSR");
    pub static RAB: Field = Field::of(&CAT001, "020", "RAB");
    pub static TST: Field = Field::of(&CAT001, "020", "TST");
    /// Elements of items that sit in other slots in the two profiles: plot, track.
    pub static RHO: [Field; 2] = [Field::of(&CAT001, "040", "RHO"), Field::in_profile(&CAT001, TRACK, "040", "RHO")];
    pub static THETA: [Field; 2] = [Field::of(&CAT001, "040", "THETA"), Field::in_profile(&CAT001, TRACK, "040", "THETA")];
    pub static TIME: [Field; 2] = [Field::of(&CAT001, "141", ""), Field::in_profile(&CAT001, TRACK, "141", "")];
    pub static POWER: [Field; 2] = [Field::of(&CAT001, "131", ""), Field::in_profile(&CAT001, TRACK, "131", "")];
    pub static NUMBER: Field = Field::in_profile(&CAT001, TRACK, "161", "");
    pub static X: Field = Field::in_profile(&CAT001, TRACK, "042", "X");
    pub static Y: Field = Field::in_profile(&CAT001, TRACK, "042", "Y");
    pub static GSP: Field = Field::in_profile(&CAT001, TRACK, "200", "GSP");
    pub static HDG: Field = Field::in_profile(&CAT001, TRACK, "200", "HDG");
    pub static CON: Field = Field::in_profile(&CAT001, TRACK, "170", "CON");
    pub static TRE: Field = Field::in_profile(&CAT001, TRACK, "170", "TRE");
}

fn cat001(record: &Record<'_>) -> Result<Statement, Refusal> {
    let set = |f: &Field| record.raw(f) == Some(1);
    let is_track = set(&f001::TYP);
    let of = |f: &'static [Field; 2]| if is_track { &f[1] } else { &f[0] };
    let source = match (record.raw(&f001::SAC), record.raw(&f001::SIC)) {
        (Some(sac), Some(sic)) => Some(Source { sac: sac as u8, sic: sic as u8 }),
        _ => None,
    };
    let mut target = Target {
        range_m: record.quantity(of(&f001::RHO)).map(|nm| nm * METRES_PER_NM),
        azimuth: record.quantity(of(&f001::THETA)).map(f64::to_radians),
        amplitude: record.quantity(of(&f001::POWER)).map(|a| a as i16),
        artificial: artificial(set(&f001::SIM), set(&f001::TST), set(&f001::RAB)),
        ..Target::default()
    };
    if is_track {
        target.track_number = Some(record.raw(&f001::NUMBER).ok_or(MISSING_ITEM)? as u32);
        target.cartesian_m = pair(record, &f001::X, &f001::Y, METRES_PER_NM);
        target.velocity = velocity_of(record, &f001::GSP, &f001::HDG);
        let extrapolated = record.raw(&f001::SSRPSR) == Some(0);
        target.status = Some(track_status(set(&f001::CON), set(&f001::TRE), extrapolated));
    }
    let clock = record.quantity(of(&f001::TIME)).map(Clock::Truncated);
    Ok(Statement { category: 1, source, clock, said: Said::Target(target) })
}

fn artificial(simulated: bool, test: bool, monitor: bool) -> Option<Artificial> {
    match (simulated, test, monitor) {
        (true, _, _) => Some(Artificial::Simulated),
        (_, true, _) => Some(Artificial::Test),
        (_, _, true) => Some(Artificial::FieldMonitor),
        _ => None,
    }
}

fn track_status(unconfirmed: bool, ended: bool, extrapolated: bool) -> SensorTrackStatus {
    if ended {
        SensorTrackStatus::Lost
    } else if unconfirmed {
        SensorTrackStatus::Acquiring
    } else if extrapolated {
        SensorTrackStatus::Coasting
    } else {
        SensorTrackStatus::Tracking
    }
}

fn pair(record: &Record<'_>, x: &Field, y: &Field, scale: f64) -> Option<[f64; 2]> {
    Some([record.quantity(x)? * scale, record.quantity(y)? * scale])
}

/// East and north in m/s of a ground speed in NM/s and a direction in degrees.
fn velocity_of(record: &Record<'_>, speed: &Field, direction: &Field) -> Option<[f64; 2]> {
    let mps = record.quantity(speed)? * METRES_PER_NM;
    let (s, c) = record.quantity(direction)?.to_radians().sin_cos();
    Some([mps * s, mps * c])
}

fn geodetic_of(record: &Record<'_>, lat: &Field, lon: &Field) -> Result<Option<Geodetic>, Refusal> {
    match (record.quantity(lat), record.quantity(lon)) {
        (Some(lat), Some(lon)) => geodetic(lat, lon).map(Some),
        _ => Ok(None),
    }
}

fn geodetic(lat_deg: f64, lon_deg: f64) -> Result<Geodetic, Refusal> {
    if lat_deg.abs() <= 90.0 && lon_deg.abs() <= 180.0 {
        Ok(Geodetic::from_degrees(lat_deg, lon_deg))
    } else {
        Err(BAD_POSITION)
    }
}

/// A covariance from deviations and their cross term; `None` where the three cannot belong together.
fn covariance(dx: f64, dy: f64, xy: f64) -> Option<[f64; 3]> {
    (dx > 0.0 && dy > 0.0 && xy.abs() < dx * dy).then_some([dx * dx, xy, dy * dy])
}
