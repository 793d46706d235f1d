//! Targets of a radar's own tracker and own ship, on real logs and on sentences made to be hard.

use std::collections::BTreeMap;

use haishao::geo::{Geodetic, GeodeticHeight, distance_m};
use haishao::model::units::{METRES_PER_NM, mps_to_knots};
use haishao::model::{
    FeedAddress, FeedId, OwnPosition, Place, Report, ReportKind, Sensor, SensorId, SensorKind, SensorTrack, SensorTrackStatus,
    Site, Timestamp, WireFormat,
};
use haishao::publish::arpa_lines::said_line;
use haishao::wire::nmea::Arpa;
use haishao::wire::nmea::Envelope;
use haishao::wire::nmea::own::utc_of;
use haishao::wire::nmea::said::{Outcome, Said, Target, TargetSentence};
use haishao::wire::{Refusal, WireHealth};

use crate::shared;

const FEED: FeedId = FeedId(0);

/// A feed with one radar, fixed or on a platform that tells its own place.
fn site(position: Option<GeodeticHeight>) -> Site {
    let radar = Sensor {
        id: "radar".into(),
        kind: SensorKind::Radar,
        format: WireFormat::Nmea,
        feed: FEED,
        position,
        sac_sic: None,
        scan_s: None,
        sigma_range_m: None,
        sigma_azimuth: None,
        min_snr_db: None,
        amplitude: None,
        field_of_view: None,
        max_range_m: None,
        allow_missing_checksum: false,
    };
    let origin = GeodeticHeight::from_degrees(58.2, 11.5, 0.0);
    Site { name: "test".into(), origin, sensors: vec![radar], feeds: vec![FeedAddress::Stdin] }
}

/// A log as it would have been received: line by line, each at the last time an RMC or ZDA told.
struct Log {
    lines: Vec<(Timestamp, Vec<u8>)>,
}

impl Log {
    fn read(bytes: &[u8]) -> Self {
        let mut envelope = Envelope::new(false);
        let mut now = Timestamp::MIN;
        let mut lines: Vec<(Timestamp, Vec<u8>)> = Vec::new();
        for line in bytes.split(|&b| b == b'\n') {
            for (_, sentence) in envelope.read(line).flatten() {
                now = utc_of(&sentence).map_or(now, |t| now.max(t));
            }
            lines.push((now, line.to_vec()));
        }
        // A log that tells no time at all runs at 50 lines a second.
        let first = lines.iter().map(|l| l.0).find(|t| *t > Timestamp::MIN);
        let timeless = first.is_none();
        let first = first.unwrap_or(Timestamp::from_secs(1_500_000_000));
        for (i, line) in lines.iter_mut().enumerate() {
            line.0 = if timeless { first.plus_seconds(i as f64 * 0.02) } else { line.0.max(first) };
        }
        Self { lines }
    }

    fn of(relative: &str) -> Option<Self> {
        Some(Self::read(&shared::read(&shared::data(relative)?)))
    }
}

/// Everything a log says, sentence by sentence.
fn say(log: &Log, mut arpa: Arpa) -> (Vec<Said>, WireHealth) {
    let mut envelope = Envelope::new(false);
    let (mut said, mut health) = (Vec::new(), WireHealth::default());
    for (now, line) in &log.lines {
        for item in envelope.read(line) {
            match item {
                Ok((wrapper, sentence)) => {
                    arpa.take(&sentence, &wrapper, *now, &mut said, &mut health);
                }
                Err(why) => health.refuse(why),
            }
        }
    }
    arpa.finish(&mut said, &mut health);
    (said, health)
}

/// The reports the fusion gets of a log.
fn reports(log: &Log, site: &Site) -> (Vec<Report>, WireHealth) {
    let (mut arpa, mut envelope) = (Arpa::new(site, FEED), Envelope::new(false));
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    for (now, line) in &log.lines {
        for (wrapper, sentence) in envelope.read(line).flatten() {
            arpa.sentence(&sentence, &wrapper, *now, &mut out, &mut health);
        }
    }
    (out, health)
}

fn targets(said: &[Said]) -> impl Iterator<Item = &Target> {
    said.iter().filter_map(|s| match s {
        Said::Target(t) => Some(&**t),
        _ => None,
    })
}

fn track(report: &Report) -> Option<&SensorTrack> {
    match &report.kind {
        ReportKind::SensorTrack(t) => Some(t),
        _ => None,
    }
}

const NAVICO: &str = "radar/nmea/navico4g-arpa.nmea.gz";

/// Distances in m, sorted.
struct Spread(Vec<f64>);

impl Spread {
    fn of(distances: impl Iterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = distances.collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    fn at(&self, share: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * share) as usize]
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "n {} median {:.2} m p95 {:.2} m max {:.2} m", self.0.len(), self.at(0.5), self.at(0.95), self.at(1.0))
    }
}

type Told = BTreeMap<(u32, Timestamp), Geodetic>;

/// Places that the radar's TLLs tell.
fn told_places(said: &[Said]) -> Told {
    targets(said).filter(|t| t.sentence == TargetSentence::Tll).filter_map(|t| Some(((t.number, t.t), t.place?))).collect()
}

#[test]
fn ttm_geometry_against_what_the_radar_itself_computed() {
    let Some(log) = Log::of(NAVICO) else { return };
    let (said, _) = say(&log, Arpa::without_site());
    let tll = told_places(&said);
    let off = Spread::of(
        targets(&said)
            .filter(|t| t.sentence == TargetSentence::Ttm)
            .filter_map(|t| Some(distance_m(t.place?, *tll.get(&(t.number, t.t))?))),
    );
    println!("TTM against TLL: {off}");
    assert_eq!(off.0.len(), 931);
    assert!(off.at(0.5) <= 5.0 && off.at(0.95) <= 10.0, "{off}");
}

/// The same with the TLLs kept from the decoder, so that range, bearing and own position are all it has.
#[test]
fn ttm_alone_is_as_good_as_its_digits() {
    let Some(log) = Log::of(NAVICO) else { return };
    let tll = told_places(&say(&log, Arpa::without_site()).0);
    let alone = Log { lines: log.lines.iter().filter(|l| !l.1.windows(6).any(|w| w == b"RATLL,")).cloned().collect() };
    let (said, _) = say(&alone, Arpa::without_site());
    let mut own = None;
    let mut rows = Vec::new();
    for one in &said {
        match one {
            Said::Own { own: o, .. } => own = Some(o.position),
            Said::Target(t) => {
                if let (Some(own), Some(place), Some(told)) = (own, t.place, tll.get(&(t.number, t.t))) {
                    rows.push((own, t.range_m.unwrap(), t.azimuth.unwrap(), place, *told));
                }
            }
            Said::Display(_) => {}
        }
    }
    assert_eq!(rows.len(), 931);
    let exact = Spread::of(rows.iter().map(|r| distance_m(r.3, r.4)));
    // East and north of the radar on a sphere, as plotters compute them.
    let on_sphere = |metres_per_minute: f64, own: Geodetic, at: Geodetic| {
        let per_degree = 60.0 * metres_per_minute;
        let cos = (0.5 * (own.lat + at.lat)).cos();
        [(at.lon_deg() - own.lon_deg()) * cos * per_degree, (at.lat_deg() - own.lat_deg()) * per_degree]
    };
    let sphere = |metres_per_minute: f64| {
        Spread::of(rows.iter().map(|(own, range_m, azimuth, _, told)| {
            let [e, n] = on_sphere(metres_per_minute, *own, *told);
            (e - range_m * azimuth.sin()).hypot(n - range_m * azimuth.cos())
        }))
    };
    // The mean radius of 6 371 km, by which the bounds were set (oracle's column `ttm_tll_m`).
    let mean = sphere(6_371_000.0_f64.to_radians() / 60.0);
    let radars = sphere(1852.0);
    println!("TTM alone against TLL, exact:                     {exact}");
    println!("both on the mean sphere, as the bounds were set:   {mean}");
    println!("both on the radar's sphere, one minute of 1852 m:  {radars}");
    assert!(exact.at(0.5) <= 5.0, "{exact}");
    assert!(mean.at(0.5) <= 5.0 && mean.at(0.95) <= 10.0, "{mean}");
    assert!(radars.at(0.95) <= 10.0, "{radars}");
    // And the rest is digits: range is told to 0.01 NM (±9.26 m), bearing to 0.1°. On the radar's sphere nearly every TTM gives its TLL to the
    // half of the last digit (and what a fix and a TLL are rounded by), on the ellipsoid one in six does not. The spread of ±9.26 m alone
    // has its p95 at 8.8 m, so that 10 m leaves nothing for two earths.
    let to_the_digit = |metres_per_minute: f64| {
        let within = |(own, range_m, azimuth, _, told): &&(Geodetic, f64, f64, Geodetic, Geodetic)| {
            let [e, n] = on_sphere(metres_per_minute, *own, *told);
            let [de, dn] = [e - range_m * azimuth.sin(), n - range_m * azimuth.cos()];
            let (along, across) = (de * azimuth.sin() + dn * azimuth.cos(), de * azimuth.cos() - dn * azimuth.sin());
            along.abs() <= 0.005 * 1852.0 + 1.0 && across.abs() <= range_m * 0.05_f64.to_radians() + 0.5
        };
        rows.iter().filter(within).count()
    };
    println!("to half the last digit on the radar's sphere: {} of {}", to_the_digit(1852.0), rows.len());
    assert!(to_the_digit(1852.0) >= 920, "{}", to_the_digit(1852.0));
    // A minute of 1 856 m, the ellipsoid's mean of north and east there within 3 m: the test can tell them apart.
    assert!(to_the_digit(1859.0) < 850, "{}", to_the_digit(1859.0));
    // Why the exact geometry is further from the TLLs of the far target: they lie outward in proportion to the range, by what
    // the sphere leaves out, and by nothing on the sphere. So the TTMs are right and the TLLs carry the sphere.
    let outward = |own: Geodetic, range_m: f64, at: Geodetic, minute: Option<f64>| match minute {
        Some(minute) => on_sphere(minute, own, at).iter().map(|v| v * v).sum::<f64>().sqrt() - range_m,
        None => distance_m(own, at) - range_m,
    };
    let far: Vec<_> = rows.iter().filter(|r| r.1 > 1600.0).collect();
    let mean_outward = |minute| far.iter().map(|r| outward(r.0, r.1, r.4, minute)).sum::<f64>() / far.len() as f64;
    let (ellipsoid, sphere) = (mean_outward(None), mean_outward(Some(1852.0)));
    println!(
        "{} TTM beyond 1600 m: TLL further out by {ellipsoid:.2} m on the ellipsoid, {sphere:.2} m on the sphere",
        far.len()
    );
    assert!(far.len() > 200 && ellipsoid > 6.0 && sphere.abs() < 0.5);
}

#[test]
fn every_ttm_field_agrees_with_the_oracle() {
    let Some(log) = Log::of(NAVICO) else { return };
    let Some(oracle) = shared::data("radar/oracle/navico4g-arpa.ttm.jsonl.gz") else { return };
    let oracle: Vec<serde_json::Value> =
        String::from_utf8(shared::read(&oracle)).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let (said, _) = say(&log, Arpa::without_site());
    let ours: Vec<&Target> = targets(&said).filter(|t| t.sentence == TargetSentence::Ttm).collect();
    assert_eq!(ours.len(), oracle.len());
    let mut differences = Vec::new();
    for (ours, oracle) in ours.iter().zip(&oracle) {
        let mut same = |name: &str, ours: f64, scale: f64| {
            let theirs = oracle[name].as_f64().unwrap() * scale;
            if (ours - theirs).abs() > 1e-6 {
                differences.push(format!("line {} {name}: {ours} for {theirs}", oracle["line"]));
            }
        };
        same("num", f64::from(ours.number), 1.0);
        same("range_nm", ours.range_m.unwrap() / METRES_PER_NM, 1.0);
        same("bearing", ours.azimuth.unwrap().to_degrees(), 1.0);
        same("speed", mps_to_knots(ours.speed.unwrap()), 1.0);
        same("course", ours.course.unwrap().to_degrees(), 1.0);
        assert_eq!(oracle["name"], ours.name.as_deref().unwrap());
        let status = match ours.status {
            SensorTrackStatus::Lost => "L",
            SensorTrackStatus::Acquiring => "Q",
            _ => "T",
        };
        assert_eq!(oracle["status"], status, "{oracle}");
        assert_eq!((&oracle["units"], &oracle["acq"]), (&"N".into(), &"M".into()));
        // The date is none of TTM's: ours comes from RMC and ZDA, the oracle's from its maker.
        let told = ours.t.to_string();
        assert_eq!(oracle["date"], told[..10]);
        assert_eq!(oracle["utc"], told[11..19].replace(':', ""));
    }
    assert_eq!(differences, Vec::<String>::new());
    // The oracle knows no own position for its first row, as no GGA had come; RMC had.
    assert!(oracle[0]["own_lat"].is_null() && ours[0].place.is_some());
}

#[test]
fn each_observation_is_reported_once_and_numbers_have_lives() {
    let Some(log) = Log::of(NAVICO) else { return };
    let (reports, health) = reports(&log, &site(None));
    let tracks: Vec<(&Report, &SensorTrack)> = reports.iter().filter_map(|r| Some((r, track(r)?))).collect();
    let mut seen = std::collections::BTreeSet::new();
    for (report, track) in &tracks {
        assert!(seen.insert((report.t, track.number)), "{report:?} twice");
        assert_eq!(report.sensor, SensorId(0));
        assert!(matches!(track.place, Place::Geodetic(_)), "a moving radar's polar place means nothing to the fusion");
    }
    // 932 TTM and 932 TLL; one of each has lost its fellow.
    assert_eq!(tracks.len(), 933);
    assert_eq!(health.ignored[&Refusal("arpa-repeat")], 931);
    let mut lives: BTreeMap<u32, BTreeMap<u32, usize>> = BTreeMap::new();
    for (_, track) in &tracks {
        *lives.entry(track.number).or_default().entry(track.life).or_default() += 1;
    }
    println!("reports by number and life: {lives:?}");
    // As the status letters of the log tell it: 1 and 2 are lost and acquired anew.
    let counts: Vec<(u32, usize)> = lives.iter().map(|(number, l)| (*number, l.len())).collect();
    assert_eq!(counts, [(1, 2), (2, 2), (3, 1), (4, 1)]);
    // A life begins with Q (but for the first, which was there before the log) and never comes back after it was lost.
    let mut now: BTreeMap<u32, (u32, SensorTrackStatus)> = BTreeMap::new();
    for (_, track) in &tracks {
        if let Some((life, status)) = now.insert(track.number, (track.life, track.status)) {
            assert!(track.life >= life);
            assert!(track.life > life || status != SensorTrackStatus::Lost || track.status == SensorTrackStatus::Lost);
        }
    }
}

#[test]
fn speeds_that_are_none_do_not_become_velocities() {
    let Some(log) = Log::of(NAVICO) else { return };
    let (said, _) = say(&log, Arpa::without_site());
    let (mut zero, mut moving) = (0, 0);
    for t in targets(&said).filter(|t| t.sentence == TargetSentence::Ttm) {
        if t.status != SensorTrackStatus::Tracking || t.speed == Some(0.0) {
            zero += 1;
            assert_eq!(t.velocity, None, "{t:?}");
        } else {
            moving += 1;
            let [e, n] = t.velocity.unwrap();
            assert!((e.hypot(n) - t.speed.unwrap()).abs() < 1e-9);
        }
    }
    // Of the oracle's rows: 288 with speed zero, 644 of status T with another.
    assert_eq!((zero, moving), (288, 644));
}

#[test]
fn own_position_is_told_once_a_fix() {
    let Some(log) = Log::of(NAVICO) else { return };
    let (reports, health) = reports(&log, &site(None));
    let own: Vec<(Timestamp, OwnPosition)> = reports
        .iter()
        .filter_map(|r| match r.kind {
            ReportKind::OwnPosition(own) => Some((r.t, own)),
            _ => None,
        })
        .collect();
    // 973 RMC, 972 GGA and 972 GLL of 977 fixes: now one, now another misses a second.
    assert_eq!(own.len(), 977);
    assert!(own.windows(2).all(|w| w[0].0 < w[1].0));
    let (t, first) = own[0];
    assert_eq!(t.to_string(), "2015-07-27T13:46:01.000Z");
    assert!((first.position.lat_deg() - 58.212_341_667).abs() < 1e-8);
    // HDG 220.3 with a variation of 2.9° E.
    assert!((first.heading.unwrap().to_degrees() - 223.2).abs() < 1e-9);
    assert_eq!(health.refused_total(), 0, "{:?}", health.refused);
}

#[test]
fn furuno_numbers_go_to_five_hundred() {
    let Some(log) = Log::of("radar/nmea/furuno-style-ttm.nmea") else { return };
    // The log tells no own position: the radar stands still at a place that the site knows.
    let at = GeodeticHeight::from_degrees(51.9, 4.1, 25.0);
    let (fixed, health) = reports(&log, &site(Some(at)));
    assert_eq!(health.refused_total(), 0, "{:?}", health.refused);
    // 22 TTM, 3 OSD, 2 TLB, 1 RSD.
    assert_eq!((fixed.len(), health.decoded), (22, 28));
    let numbers: Vec<u32> = fixed.iter().map(|r| track(r).unwrap().number).collect();
    assert_eq!((numbers.iter().max(), numbers.iter().min()), (Some(&498), Some(&66)));
    let first = track(&fixed[0]).unwrap();
    let Place::Polar { range_m, azimuth } = first.place else { panic!("a fixed radar's place is polar: {first:?}") };
    assert!((range_m - 4.29 * METRES_PER_NM).abs() < 1e-9 && (azimuth.to_degrees() - 155.9).abs() < 1e-9);
    let [e, n] = first.velocity.unwrap();
    assert!((mps_to_knots(e.hypot(n)) - 0.3).abs() < 1e-9 && (e.atan2(n).to_degrees() - 74.7).abs() < 1e-9);

    // Without one they cannot be placed, and say so.
    let (none, health) = reports(&log, &site(None));
    assert!(none.is_empty());
    let (said, all) = say(&log, Arpa::new(&site(None), FEED));
    assert_eq!(all.refused[&Refusal("no-own-position")], 22, "{health:?}");
    assert!(targets(&said).all(|t| t.outcome == Outcome::Unplaced(Refusal("no-own-position")) && t.range_m.is_some()));
}

#[test]
fn own_ship_of_several_receivers_on_one_line_does_not_jump() {
    let Some(log) = Log::of("radar/nmea/halo-0183.nmea") else { return };
    let (reports, health) = reports(&log, &site(None));
    let own: Vec<OwnPosition> = reports
        .iter()
        .filter_map(|r| match r.kind {
            ReportKind::OwnPosition(own) => Some(own),
            _ => None,
        })
        .collect();
    assert!(!own.is_empty() && health.refused_total() == 0, "{:?}", health.refused);
    // BM, BO and CH tell places up to 10 m apart; BM came first.
    let spread = own.iter().map(|o| distance_m(o.position, own[0].position)).fold(0.0, f64::max);
    println!("{} fixes within {spread:.2} m", own.len());
    assert!(spread < 1.0, "{spread} m");
    assert!((own[0].position.lat_deg() - 53.178_963_3).abs() < 1e-6 && (own[0].position.lon_deg() - 5.267_637).abs() < 1e-5);
    // True heading of the gyro, not the compass with a variation nobody told.
    let heading = own.iter().filter_map(|o| o.heading).next_back().unwrap().to_degrees();
    assert!((heading - 296.0).abs() < 2.0, "{heading}");
}

/// Feeds sentences at given seconds of capture time; checksums are added.
struct Script {
    arpa: Arpa,
    envelope: Envelope,
    health: WireHealth,
}

const START: Timestamp = Timestamp::from_secs(1_773_504_000); // 2026-03-14T16:00:00Z

impl Script {
    fn new(position: Option<GeodeticHeight>) -> Self {
        Self { arpa: Arpa::new(&site(position), FEED), envelope: Envelope::new(false), health: WireHealth::default() }
    }

    fn at(&mut self, second: f64, body: &str) -> Vec<Report> {
        let sum = body.bytes().fold(0, |a, b| a ^ b);
        let start = if body.contains("TTD") { '!' } else { '$' };
        let line = format!("{start}{body}*{sum:02X}\r\n");
        let mut out = Vec::new();
        for item in self.envelope.read(line.as_bytes()) {
            let (wrapper, sentence) = item.unwrap();
            self.arpa.sentence(&sentence, &wrapper, START.plus_seconds(second), &mut out, &mut self.health);
        }
        out
    }

    fn tracks(&mut self, second: f64, body: &str) -> Vec<SensorTrack> {
        self.at(second, body).iter().filter_map(track).copied().collect()
    }

    fn refused(&self, reason: &'static str) -> u64 {
        self.health.refused.get(&Refusal(reason)).copied().unwrap_or(0)
    }
}

const GGA: &str = "GPGGA,160000,2233.0000,N,11443.2000,E,1,08,1.0,5,M,,M,,";
const TTM: &str = "RATTM,12,2.00,90.0,T,20.0,180.0,T,,,N,,T,,160000,A";

#[test]
fn an_own_position_that_comes_after_the_first_target_places_it() {
    let mut s = Script::new(None);
    assert!(s.at(0.1, TTM).is_empty());
    let reports = s.at(0.4, GGA);
    assert_eq!(reports.len(), 2, "{reports:?}");
    let placed = &reports[1];
    // It was true when it was told and known when its last part came.
    assert_eq!((placed.t, placed.received_at), (START, START.plus_seconds(0.4)));
    let Place::Geodetic(at) = track(placed).unwrap().place else { panic!() };
    let here = Geodetic::from_degrees(22.55, 114.72);
    assert!((distance_m(at, here) - 2.0 * METRES_PER_NM).abs() < 0.01);

    // Too late: refused, with the reason.
    let mut s = Script::new(None);
    assert!(s.at(0.1, TTM).is_empty());
    let reports = s.at(2.6, &GGA.replace("160000", "160002"));
    assert!(reports.iter().all(|r| track(r).is_none()));
    assert_eq!(s.refused("no-own-position"), 1);
}

#[test]
fn a_stale_own_position_places_nothing() {
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    let ttm = |second: u32| TTM.replace("160000", &format!("1600{second:02}"));
    assert_eq!(s.tracks(4.9, &ttm(4)).len(), 1);
    assert!(s.tracks(6.0, &ttm(6)).is_empty());
    // GNSS is back within the wait.
    assert_eq!(s.tracks(7.0, &GGA.replace("160000", "160007")).len(), 1);
    assert!(s.tracks(14.0, &ttm(14)).is_empty());
    assert!(s.tracks(17.0, &ttm(17)).is_empty());
    assert_eq!(s.refused("stale-own-position"), 1);
    // A radar that the site says stands still is placed there meanwhile.
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 110.0)));
    assert!(matches!(s.tracks(0.0, TTM)[0].place, Place::Polar { .. }));
    s.at(1.0, &GGA.replace("160000", "160001"));
    assert!(matches!(s.tracks(1.5, &ttm(1))[0].place, Place::Geodetic(_)));
    assert!(matches!(s.tracks(30.0, &ttm(30))[0].place, Place::Polar { .. }));
}

#[test]
fn the_platform_is_moved_to_the_time_of_the_target() {
    let mut s = Script::new(None);
    // 20 kn due east.
    s.at(0.0, "GPRMC,160000,A,2233.0000,N,11443.2000,E,20.0,90.0,140326,,,A");
    let at = |s: &mut Script, second: f64, utc: &str| {
        let Place::Geodetic(at) = s.tracks(second, &TTM.replace("160000", utc))[0].place else { panic!() };
        at
    };
    let now = at(&mut s, 0.1, "160000");
    let later = at(&mut s, 3.2, "160003");
    assert!((distance_m(now, later) - 3.0 * 20.0 * 1852.0 / 3600.0).abs() < 0.01);
    assert!(later.lon > now.lon);
}

#[test]
fn relative_bearings_need_a_heading() {
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    let relative = TTM.replace("90.0,T", "50.0,R");
    assert!(s.tracks(0.1, &relative).is_empty());
    let [placed] = s.tracks(0.2, "HEHDT,40.0,T")[..] else { panic!() };
    let [direct] = s.tracks(1.2, &TTM.replace("160000", "160001"))[..] else { panic!() };
    let (Place::Geodetic(a), Place::Geodetic(b)) = (placed.place, direct.place) else { panic!() };
    assert!(distance_m(a, b) < 1e-6);
    // The heading is old, no other comes.
    assert!(s.tracks(4.0, &relative.replace("160000", "160004")).is_empty());
    s.at(6.5, "HEROT,0.0,A");
    assert_eq!(s.refused("stale-heading"), 1);
    // With a rate of turn of 180° a minute a heading 1 s old is 3° further.
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    s.at(0.0, "HEROT,180.0,A");
    s.at(0.0, "HEHDT,37.0,T");
    let [turned] = s.tracks(1.0, &relative)[..] else { panic!() };
    let Place::Geodetic(c) = turned.place else { panic!() };
    assert!(distance_m(b, c) < 0.01, "{}", distance_m(b, c));
}

#[test]
fn one_report_of_ttm_and_tll_whichever_comes_first_or_is_lost() {
    let tll = |second: u32| format!("RATLL,12,2233.0,N,11445.35,E,,1600{second:02},T,");
    let ttm = |second: u32| TTM.replace("160000", &format!("1600{second:02}"));
    let mut s = Script::new(None);
    s.at(0.0, GGA);
    // The first TLL cannot know that a TTM will come: it is the report, the TTM its repeat.
    assert_eq!(s.tracks(0.1, &tll(0)).len(), 1);
    assert!(s.tracks(0.1, &ttm(0)).is_empty());
    for second in 1..4 {
        let now = f64::from(second) + 0.1;
        s.at(now, &GGA.replace("160000", &format!("1600{second:02}")));
        assert!(s.tracks(now, &tll(second)).is_empty(), "waits for its TTM");
        let [report] = s.tracks(now, &ttm(second))[..] else { panic!() };
        assert!(report.velocity.is_some(), "the TTM's");
    }
    // The TTM is lost on the way: the TLL stands in for it.
    assert!(s.tracks(4.1, &tll(4)).is_empty());
    let [report] = s.tracks(5.2, &GGA.replace("160000", "160005"))[..] else { panic!() };
    assert!(report.velocity.is_none());
    // The other order.
    assert_eq!(s.tracks(6.0, &ttm(6)).len(), 1);
    assert!(s.tracks(6.0, &tll(6)).is_empty());
    // The same sentence twice, as on two networks.
    assert!(s.tracks(6.1, &ttm(6)).is_empty());
}

#[test]
fn a_number_that_was_lost_or_long_silent_is_another_target() {
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0)));
    let mut life = |second: u32, status: &str| {
        let utc = format!("16{:02}{:02}", second / 60, second % 60);
        s.tracks(f64::from(second), &TTM.replace("160000", &utc).replace(",T,,16", &format!(",{status},,16")))[0].life
    };
    assert_eq!([life(0, "Q"), life(3, "Q"), life(6, "T"), life(9, "T")], [0, 0, 0, 0]);
    assert_eq!([life(12, "L"), life(15, "L"), life(18, "Q"), life(21, "T")], [0, 0, 1, 1]);
    assert_eq!(life(24, "Q"), 2, "acquired anew without having been told lost");
    assert_eq!(life(80, "Q"), 2, "a minute is not yet silence");
    assert_eq!(life(160, "T"), 3);
}

#[test]
fn two_radars_on_one_network_do_not_share_numbers() {
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0)));
    let mut from = |second: f64, station: &str| {
        let tag = format!("s:{station}");
        let tag = format!("\\{tag}*{:02X}\\", tag.bytes().fold(0, |a, b| a ^ b));
        let body = TTM.replace("160000", &format!("1600{:02}", second as u32));
        let line = format!("{tag}${body}*{:02X}\r\n", body.bytes().fold(0, |a, b| a ^ b));
        let mut out = Vec::new();
        for item in s.envelope.read(line.as_bytes()) {
            let (w, sentence) = item.unwrap();
            s.arpa.sentence(&sentence, &w, START.plus_seconds(second), &mut out, &mut s.health);
        }
        let t = track(&out[0]).unwrap();
        (t.number, t.life)
    };
    let pairs = [from(0.0, "RA0001"), from(0.1, "RA0002"), from(3.0, "RA0001"), from(3.1, "RA0002")];
    assert_eq!(pairs, [(12, 0), (12, 1), (12, 0), (12, 1)]);
}

#[test]
fn ttd_targets_are_placed_and_ais_targets_are_not_the_radars() {
    let mut s = Script::new(Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0)));
    // Number 7, 90.0°, 20.0 kn, 180.0°, no heading, tracking, 2.00 NM, true, over ground; built bit by bit.
    let bits: String = [(0, 2), (7, 10), (900, 12), (200, 12), (1800, 12), (4095, 12), (4, 3), (0, 1), (200, 14), (0, 12)]
        .map(|(v, w): (u32, usize)| format!("{v:0w$b}"))
        .concat();
    let payload: String = bits
        .as_bytes()
        .chunks(6)
        .map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 2).unwrap())
        .map(|v| char::from(if v < 40 { v + 48 } else { v + 56 }))
        .collect();
    let [ttd] = s.tracks(0.0, &format!("RATTD,01,01,1,{payload},0"))[..] else { panic!() };
    let [ttm] = s.tracks(0.0, TTM)[..] else { panic!() };
    assert_eq!((ttd.number, ttm.number), (7, 12));
    assert_eq!((ttd.place, ttd.status), (ttm.place, ttm.status));
    let (a, b) = (ttd.velocity.unwrap(), ttm.velocity.unwrap());
    assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-9);

    assert!(s.tracks(1.0, &TTM.replace("160000,A", "160001,R")).is_empty());
    assert_eq!(s.health.ignored[&Refusal("ttm-from-ais")], 1);
}

#[test]
fn dates_come_from_the_receiver_across_midnight_and_week_rollover() {
    let fixed = Some(GeodeticHeight::from_degrees(22.55, 114.72, 0.0));
    let t = |zda: Option<&str>, received: &str, ttm: &str| {
        let mut s = Script::new(fixed);
        let parts: Vec<u32> = received.split([' ', ':', '-']).map(|p| p.parse().unwrap()).collect();
        let now = Timestamp::from_civil(parts[0] as i32, parts[1], parts[2], parts[3], parts[4], parts[5], 0).unwrap();
        let second = now.seconds_since(START);
        if let Some(zda) = zda {
            s.at(second, zda);
        }
        s.at(second, &TTM.replace("160000", ttm)).last().unwrap().t.to_string()
    };
    // From arrival, on the nearer side of midnight.
    assert_eq!(t(None, "2026-03-15 00:00:01", "235959.50"), "2026-03-14T23:59:59.500Z");
    // The receiver's date goes before that of a log that is read years later.
    assert_eq!(t(Some("GPZDA,134601,27,07,2015,-01,00"), "2026-03-14 12:00:00", "134602"), "2015-07-27T13:46:02.000Z");
    // 1 024 weeks back: the receiver's week number rolled over.
    assert_eq!(t(Some("GPZDA,155959,29,07,2006,,"), "2026-03-14 16:00:00", "160000"), "2026-03-14T16:00:00.000Z");
    // A wrong date is refused, and the day of arrival stands.
    assert_eq!(t(Some("GPZDA,155959,30,02,2026,,"), "2026-03-14 16:00:00", "160000"), "2026-03-14T16:00:00.000Z");
}

#[test]
fn junk_is_counted_and_loses_nothing_else() {
    let Some(path) = shared::data(NAVICO) else { return };
    let whole = shared::read(&path);
    let text: Vec<&[u8]> = whole.split_inclusive(|&b| b == b'\n').take(2000).collect();
    let clean = text.concat();
    let (want, _) = reports(&Log::read(&clean), &site(None));
    // A byte order mark before, lines cut, lines without a checksum, numbers that are none, all between the good lines.
    let mut dirty = b"\xef\xbb\xbf".to_vec();
    for (i, line) in text.iter().enumerate() {
        dirty.extend_from_slice(line);
        match i % 5 {
            0 => dirty.extend_from_slice(b"$RATTM,05,0.48,263.6,T,0.0,2.9,T\r\n"),
            1 => dirty.extend_from_slice(b"$RATTM,05,0.48,263.6,T,0.0,2.9,T,0.48,,N,x,T,,134601,M\r\n"),
            2 => dirty.extend_from_slice(b"\xef\xbb\xbf\r\n$SDDPT,3.5,0.-6,*56\r\n"),
            3 => dirty.extend_from_slice(b"$RATTM,05,0.-6,263.6,T,0.0,2.9,T,0.48,,N,x,T,,134601,M*6A\r\n"),
            _ => dirty.extend_from_slice(b"$RATTM,01,0.48,2\r\n\0\xff\xfe"),
        }
    }
    let log = Log::read(&dirty);
    let (said, health) = say(&log, Arpa::without_site());
    let (got, _) = reports(&log, &site(None));
    assert_eq!(got.len(), want.len());
    assert!(got.iter().zip(&want).all(|(a, b)| a == b));
    assert!(health.refused[&Refusal("no-checksum")] >= 1200, "{health:?}");
    assert_eq!(health.refused[&Refusal("ttm-range")], 400, "{health:?}");
    assert!(targets(&said).all(|t| t.number != 5));
}

#[test]
fn lines_are_json_and_hold_the_contract() {
    let Some(log) = Log::of(NAVICO) else { return };
    let (said, _) = say(&log, Arpa::without_site());
    let mut out = Vec::new();
    said.iter().for_each(|s| said_line(s, &mut out));
    let lines: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let count = |sentence: &str| lines.iter().filter(|l| l["kind"] == "track" && l["sentence"] == sentence).count();
    assert_eq!((count("TTM"), count("TLL")), (932, 932));
    let ttm = lines.iter().find(|l| l["sentence"] == "TTM").unwrap();
    assert_eq!((&ttm["target"], &ttm["range_m"], &ttm["azimuth_deg"]), (&1.into(), &888.96.into(), &263.6.into()));
    assert!(ttm["lat"].is_number() && ttm["lon"].is_number() && ttm["vx"].is_null());
    let tll = lines.iter().find(|l| l["sentence"] == "TLL").unwrap();
    assert_eq!((&tll["lat"], &tll["lon"]), (&58.211_45.into(), &11.532_503_3.into()));
    assert!(tll["range_m"].is_null());
}

#[test]
fn mutated_sentences_never_panic_and_state_stays_bounded() {
    let mut pool: Vec<Vec<u8>> = [
        TTM,
        GGA,
        "RATLL,12,2233.0,N,11445.35,E,,160000,T,",
        "RATLB,481,ANNA,470,BERTA",
        "RAOSD,359.3,A,355.2,P,3.3,P,350.5,1.6,N",
        "RARSD,0.00,0.0,5.18,82.1,,,,,,,6,N,N",
        "GPRMC,160000,A,2233.0000,N,11443.2000,E,20.0,90.0,140326,2.9,E,A",
        "GPGLL,2233.0,N,11443.2,E,160000,A,A",
        "GPVTG,67.0,T,64.1,M,1.0,N,1.9,K,A",
        "GPZDA,160000,14,03,2026,00,00",
        "HEHDT,40.0,T",
        "HCHDG,220.3,1.0,W,2.9,E",
        "HETHS,40.0,A",
        "HEROT,-5.0,A",
        "HCHDM,277.5,M",
        "RATTD,01,01,1,1wh2L<2pq1t?wt04<80001wh2L<2pq1t?wt04<8000,0",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec();
    if let Some(path) = shared::data(NAVICO) {
        let whole = shared::read(&path);
        pool.extend(whole.split(|&b| b == b'\n').skip(1000).take(3000).map(|line| {
            let line = line.strip_prefix(b"$").unwrap_or(line);
            line.split(|&b| b == b'*').next().unwrap_or_default().to_vec()
        }));
    }
    // A small generator of our own keeps the mutations the same from run to run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let letters = b"0123456789,,,..--TLQRNKSMAVEW$!*\\ \0\xff";
    let mut s = Script::new(None);
    let mut out = Vec::new();
    let mut second = 0.0;
    for i in 0..120_000 {
        let mut body = pool[next(pool.len())].clone();
        for _ in 0..next(4) {
            match next(4) {
                0 => body.truncate(next(body.len() + 1)),
                1 => body.insert(next(body.len() + 1), letters[next(letters.len())]),
                2 if !body.is_empty() => drop(body.remove(next(body.len()))),
                3 if !body.is_empty() => {
                    let at = next(body.len());
                    body[at] = letters[next(letters.len())];
                }
                _ => {}
            }
        }
        // Time mostly goes on, sometimes jumps, sometimes back.
        second += match next(200) {
            0 => 1000.0,
            1 => -300.0,
            _ => 0.01,
        };
        // The checksum is right, so that the mutation gets past it.
        let sum = body.iter().fold(0, |a, b| a ^ b);
        let line = [b"$", &body[..], format!("*{sum:02X}").as_bytes()].concat();
        out.clear();
        for (wrapper, sentence) in s.envelope.read(&line).flatten() {
            s.arpa.sentence(&sentence, &wrapper, START.plus_seconds(second), &mut out, &mut s.health);
        }
        for report in &out {
            let good = |g: &Geodetic| g.lat.abs() <= 1.6 && g.lon.abs() <= 3.2;
            match &report.kind {
                ReportKind::SensorTrack(t) => {
                    assert!(t.number <= 1023);
                    assert!(t.velocity.is_none_or(|v| v[0].hypot(v[1]) < 300.0));
                    assert!(matches!(&t.place, Place::Geodetic(g) if good(g)), "{i}: {t:?}");
                }
                ReportKind::OwnPosition(own) => assert!(good(&own.position)),
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(s.health.decoded > 20_000 && s.health.refused_total() > 1000, "{:?}", s.health);
}

#[test]
fn the_feeds_decoder_says_the_same() {
    use haishao::model::Frame;
    use haishao::wire::Decode;
    use haishao::wire::nmea::NmeaDecoder;
    let Some(log) = Log::of(NAVICO) else { return };
    let site = site(None);
    let (want, _) = reports(&log, &site);
    let (mut decoder, mut got, mut health) = (NmeaDecoder::new(&site, FEED), Vec::new(), WireHealth::default());
    for (received_at, bytes) in &log.lines {
        decoder.decode(Frame { feed: FEED, received_at: *received_at, bytes }, &mut got, &mut health);
    }
    assert_eq!(got.len(), want.len());
    assert!(got.iter().zip(&want).all(|(a, b)| a == b));
    assert_eq!(health.reports, got.len() as u64);
    assert_eq!(health.refused_total(), 0, "{:?}", health.refused);
    // Depth, wind, satellites: known for what they are and left.
    assert!(health.ignored[&haishao::wire::nmea::OTHER_SENTENCE] > 10_000);
}
