//! Targets of a radar's own tracker and own ship, on real logs. Sentences made to be hard are in `arpa_scripted.rs`.

use std::collections::BTreeMap;

use haishao::geo::{Geodetic, GeodeticHeight, distance_m};
use haishao::model::units::{METRES_PER_NM, mps_to_knots};
use haishao::model::{
    FeedAddress, FeedId, OwnPosition, Place, Report, ReportKind, Sensor, SensorId, SensorKind, SensorTrack, SensorTrackStatus,
    Site, Timestamp, WireFormat,
};
use haishao::wire::nmea::Arpa;
use haishao::wire::nmea::Envelope;
use haishao::wire::nmea::own::utc_of;
use haishao::wire::nmea::said::{Outcome, Said, Target, TargetSentence};
use haishao::wire::{Refusal, WireHealth};

use crate::shared;

pub const FEED: FeedId = FeedId(0);

/// A feed with one radar, fixed or on a platform that tells its own place.
pub fn site(position: Option<GeodeticHeight>) -> Site {
    let radar = Sensor { position, ..Sensor::new("radar", SensorKind::Radar, WireFormat::Nmea, FEED) };
    let origin = GeodeticHeight::from_degrees(58.2, 11.5, 0.0);
    Site { name: "test".into(), origin, sensors: vec![radar], feeds: vec![FeedAddress::Stdin] }
}

/// A log as it would have been received: line by line, each at the last time an RMC or ZDA told.
pub struct Log {
    lines: Vec<(Timestamp, Vec<u8>)>,
}

impl Log {
    pub fn read(bytes: &[u8]) -> Self {
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

    pub fn of(relative: &str) -> Option<Self> {
        Some(Self::read(&shared::read(&shared::data(relative)?)))
    }
}

/// Everything a log says, sentence by sentence.
pub fn say(log: &Log, mut arpa: Arpa) -> (Vec<Said>, WireHealth) {
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
pub fn reports(log: &Log, site: &Site) -> (Vec<Report>, WireHealth) {
    let (mut arpa, mut envelope) = (Arpa::new(site, FEED), Envelope::new(false));
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    for (now, line) in &log.lines {
        for (wrapper, sentence) in envelope.read(line).flatten() {
            arpa.sentence(&sentence, &wrapper, *now, &mut out, &mut health);
        }
    }
    (out, health)
}

pub fn targets(said: &[Said]) -> impl Iterator<Item = &Target> {
    said.iter().filter_map(|s| match s {
        Said::Target(t) => Some(&**t),
        _ => None,
    })
}

pub fn track(report: &Report) -> Option<&SensorTrack> {
    match &report.kind {
        ReportKind::SensorTrack(t) => Some(t),
        _ => None,
    }
}

pub const NAVICO: &str = "radar/nmea/navico4g-arpa.nmea.gz";

/// Distances in m, sorted.
pub struct Spread(Vec<f64>);

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
