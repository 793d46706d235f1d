//! Sensors that give tracks or bearings: smoothed positions do not make the picture certain of the sensor's lag, and bearings
//! sharpen what is there and begin nothing.

use haishao::engine::misaligned;
use haishao::fuse::{FuseSettings, Fuser, Gives};
use haishao::geo::{Geodetic, GeodeticHeight, LocalPlane, SensorFrame};
use haishao::model::{
    AisClass, AisPosition, Bearing, FeedId, Mmsi, Place, Plausibility, Plot, Report, ReportKind, Sensor, SensorId, SensorKind,
    SensorTrack, SensorTrackStatus, Site, Timestamp, Track, TrackStatus, WireFormat,
};

use crate::wire_scene::{Dice, START};

fn sensor(id: &str, kind: SensorKind) -> Sensor {
    Sensor {
        position: Some(GeodeticHeight::from_degrees(22.55, 114.72, 50.0)),
        scan_s: (kind == SensorKind::Radar).then_some(2.5),
        max_range_m: Some(12_000.0),
        ..Sensor::new(id, kind, WireFormat::Asterix, FeedId(0))
    }
}

fn site() -> Site {
    Site {
        name: "x".into(),
        origin: GeodeticHeight::from_degrees(22.55, 114.72, 0.0),
        sensors: vec![sensor("radar", SensorKind::Radar), sensor("camera", SensorKind::Camera)],
        feeds: Vec::new(),
    }
}

fn report(sensor: u16, t: f64, kind: ReportKind) -> Report {
    let t = START.plus_seconds(t);
    Report { sensor: SensorId(sensor), t, received_at: t, transmission: None, kind }
}

fn apply(fuser: &mut Fuser, r: Report, out: &mut Vec<Track>) {
    let at: Timestamp = r.received_at;
    fuser.apply(at, &[r], out);
}

/// Squared distance of a track from the truth in units of its own covariance: χ² of two degrees, mean 2, if it is right about itself.
fn nees(track: &Track, plane: &LocalPlane, truth: [f64; 2]) -> f64 {
    let [e, n] = plane.east_north(track.position);
    let [ee, en, nn] = track.position_cov;
    let (de, dn) = (e - truth[0], n - truth[1]);
    (nn * de * de - 2.0 * en * de * dn + ee * dn * dn) / (ee * nn - en * en)
}

/// A sensor's track whose error is that of a tracker: 20 m, correlated over ten seconds, told every turn.
#[test]
fn a_sensors_own_track_does_not_make_ours_overconfident() {
    let (site, truth) = (site(), |t: f64| [2000.0 + 6.0 * t, 5000.0 - 3.0 * t]);
    let plane = LocalPlane::new(site.origin);
    let keep = (-2.5f64 / 10.0).exp();
    let (mut sum, mut n, mut first) = (0.0, 0.0, 0.0);
    for seed in 0..150 {
        let mut dice = Dice(seed);
        let mut fuser = Fuser::new(&site, FuseSettings::default());
        let mut error = [20.0 * dice.normal(), 20.0 * dice.normal()];
        for i in 0..40 {
            let t = 2.5 * f64::from(i);
            let [e, north] = truth(t);
            let place = Place::Geodetic(plane.geodetic(e + error[0], north + error[1]));
            let said = SensorTrack {
                number: 7,
                life: 0,
                place,
                velocity: Some([6.0, -3.0]),
                status: SensorTrackStatus::Tracking,
                position_cov: Some([400.0, 0.0, 400.0]),
                length_m: None,
            };
            let mut out = Vec::new();
            apply(&mut fuser, report(0, t, ReportKind::SensorTrack(said)), &mut out);
            for e in &mut error {
                *e = keep * *e + (1.0 - keep * keep).sqrt() * 20.0 * dice.normal();
            }
            if i >= 20
                && let Some(track) = fuser.tracks().iter().find(|l| l.status == TrackStatus::Confirmed)
            {
                let at = truth(track.t.seconds_since(START));
                sum += nees(track, &plane, at);
                first += track.position_cov[0];
                n += 1.0;
            }
        }
    }
    assert!(n > 2900.0, "it is a track: {n}");
    let mean = sum / n;
    eprintln!("mean NEES {mean:.2} (2 is right), mean variance east {:.0} m² (400 told)", first / n);
    // White noise of 400 m² filtered by this motion model would claim a quarter of that variance, and have a mean NEES of 6 and more.
    assert!(mean > 0.8 && mean < 3.0, "{mean}");
}

fn bearing(t: f64, azimuth: f64) -> Report {
    report(1, t, ReportKind::Bearing(Bearing { azimuth, sigma_azimuth: None, object: None, class: None }))
}

#[test]
fn bearings_alone_begin_nothing() {
    let mut fuser = Fuser::new(&site(), FuseSettings::default());
    let mut out = Vec::new();
    for i in 0..2000 {
        apply(&mut fuser, bearing(0.2 * f64::from(i), 0.5 + 1e-4 * f64::from(i)), &mut out);
        fuser.advance(START.plus_seconds(0.2 * f64::from(i) + 0.1), &mut out);
    }
    assert!(out.is_empty() && fuser.tracks().is_empty());
}

/// A boat 6 km off, seen by the radar with 0.3° and by the camera with 0.09°, whose azimuths are so much too large, for 100 s: how far off its track is across the line of sight from second 50 on, m. So
/// many ships go by meanwhile that all three see and that tell of themselves.
fn across(with_camera: bool, ships: usize, off: f64) -> f64 {
    let mut site = site();
    site.sensors.push(sensor("ais", SensorKind::Ais));
    let plane = LocalPlane::new(site.origin);
    let frame = SensorFrame::new(site.sensors[0].position.unwrap(), &plane);
    let ways = [
        ([-400.0, 6000.0], [8.0, 0.0]),
        ([-3000.0, 4000.0], [6.0, 1.0]),
        ([2500.0, 5000.0], [-5.0, -2.0]),
        ([-1500.0, 7500.0], [5.0, -1.0]),
        ([3500.0, 2500.0], [-4.0, 3.0]),
    ];
    let (mut sum, mut n) = (0.0, 0.0);
    for seed in 0..30 {
        let (mut dice, mut cameras) = (Dice(seed), Dice(1000 + seed));
        let mut fuser = Fuser::new(&site, FuseSettings::default());
        let mut out = Vec::new();
        for i in 0..400u32 {
            let t = 0.25 * f64::from(i);
            let boat = [8.0 * t - 400.0, 6000.0];
            for (k, (from, v)) in ways.into_iter().enumerate().take(1 + ships) {
                let [east, north] = [from[0] + v[0] * t, from[1] + v[1] * t];
                let [range, azimuth] = frame.polar_of(plane.geodetic(east, north));
                // The antenna passes each once a turn, in order of their azimuths.
                if i % 10 == ((azimuth + 0.2) / std::f64::consts::TAU * 10.0) as u32 % 10 {
                    let place =
                        Place::Polar { range_m: range + 12.0 * dice.normal(), azimuth: azimuth + 0.005 * dice.normal() };
                    apply(&mut fuser, report(0, t, ReportKind::Plot(Plot { place, snr_db: None })), &mut out);
                }
                if with_camera && i % 2 == 1 {
                    apply(&mut fuser, bearing(t, azimuth + off + 1.5e-3 * cameras.normal()), &mut out);
                }
                if k > 0 && i % 24 == 5 * k as u32 - 5 {
                    let at = plane.geodetic(east + 5.0 * dice.normal(), north + 5.0 * dice.normal());
                    apply(&mut fuser, ais(k as u32, t, at, v), &mut out);
                }
            }
            fuser.advance(START.plus_seconds(t + 0.1), &mut out);
            let far = |l: &Track| {
                let [e, n] = plane.east_north(l.position);
                (e - boat[0]).hypot(n - boat[1])
            };
            let tracks = confirmed(&fuser);
            if t > 50.0
                && let Some(track) = tracks.iter().min_by(|a, b| far(a).total_cmp(&far(b)))
            {
                let [e, _] = plane.east_north(track.position);
                let at = 8.0 * track.t.seconds_since(START) - 400.0;
                sum += (e - at).powi(2);
                n += 1.0;
            }
        }
    }
    assert!(n > 3000.0, "{n}");
    f64::sqrt(sum / n)
}

fn ais(number: u32, t: f64, at: Geodetic, v: [f64; 2]) -> Report {
    let unix_s = START.plus_seconds(t).nanos() / 1_000_000_000;
    let said = AisPosition {
        mmsi: Mmsi(413_000_000 + number),
        class: AisClass::A,
        message_type: 1,
        position: Some(at),
        raw_position: [0, 0],
        accurate: false,
        sog: Some(v[0].hypot(v[1])),
        cog: Some(v[0].atan2(v[1])),
        heading: None,
        rot: None,
        nav_status: None,
        utc_second: Some(unix_s.rem_euclid(60) as u8),
        station: None,
        plausibility: Plausibility::default(),
    };
    report(2, t, ReportKind::AisPosition(said))
}

#[test]
fn bearings_sharpen_a_track_across_the_line_of_sight() {
    let radar = across(false, 4, 0.0);
    // A camera that is told right, and one whose north is 2° off: beside four ships it is learned in the first minute.
    for off in [0.0, 0.035] {
        let both = across(true, 4, off);
        eprintln!("across the line of sight: {radar:.1} m by radar, {both:.1} m with bearings");
        assert!(both < 0.7 * radar, "{both:.1} m, {radar:.1} m");
    }
}

/// Of a camera that sees one boat alone it is not known how it stands, and what it says pulls at nothing.
#[test]
fn bearings_of_a_camera_of_which_nothing_is_known_make_no_track_worse() {
    let radar = across(false, 0, 0.0);
    for off in [0.0, 0.003, 0.035] {
        let both = across(true, 0, off);
        eprintln!("across the line of sight: {radar:.1} m by radar, {both:.1} m with bearings {off} rad off");
        assert!(both < 1.001 * radar, "{both:.1} m, {radar:.1} m");
    }
}

/// A radar that gives plots, and an ARPA that stands 4 km off.
fn two_radars() -> Site {
    let mut site = site();
    site.sensors[1] = Sensor {
        position: Some(GeodeticHeight::from_degrees(22.55, 114.76, 20.0)),
        scan_s: Some(2.5),
        ..Sensor::new("arpa", SensorKind::Radar, WireFormat::Nmea, FeedId(0))
    };
    site
}

fn number(number: u32, place: Place, velocity: [f64; 2]) -> SensorTrack {
    let status = SensorTrackStatus::Tracking;
    SensorTrack { number, life: 0, place, velocity: Some(velocity), status, position_cov: None, length_m: None }
}

/// The craft told as confirmed now.
fn confirmed(fuser: &Fuser) -> Vec<Track> {
    fuser.tracks().into_iter().filter(|t| t.status == TrackStatus::Confirmed).collect()
}

/// An ARPA whose heading line is off by 1.5° and whose words come 3 s late, without a time, beside a radar that sees the same four boats.
#[test]
fn a_tracker_whose_north_and_clock_are_off_makes_no_second_craft_of_any() {
    let site = two_radars();
    let plane = LocalPlane::new(site.origin);
    let frames = [0, 1].map(|k| SensorFrame::new(site.sensors[k].position.unwrap(), &plane));
    let mut dice = Dice(7);
    let mut fuser = Fuser::new(&site, FuseSettings::default());
    let mut out = Vec::new();
    let v = [[7.0, 2.0], [-6.0, 3.0], [5.0, -6.0], [12.0, 9.0]];
    let at = |k: usize, t: f64| [2000.0 * k as f64 - 2000.0 + v[k][0] * t, 4000.0 + 1200.0 * k as f64 + v[k][1] * t];
    let (mut most, mut off, mut n) = (0, 0.0, 0.0);
    for i in 0..100u32 {
        let t = 2.5 * f64::from(i);
        for (k, v) in v.iter().enumerate() {
            let [e, n] = at(k, t);
            let [range, azimuth] = frames[0].polar_of(plane.geodetic(e, n));
            let place = Place::Polar { range_m: range + 10.0 * dice.normal(), azimuth: azimuth + 0.004 * dice.normal() };
            apply(&mut fuser, report(0, t, ReportKind::Plot(Plot { place, snr_db: None })), &mut out);
            let [e, n] = at(k, t - 3.0);
            let [range, azimuth] = frames[1].polar_of(plane.geodetic(e, n));
            let azimuth = azimuth + 1.5f64.to_radians() + 0.001 * dice.normal();
            let place = Place::Polar { range_m: range + 8.0 * dice.normal(), azimuth };
            let said = [v[0] + 0.3 * dice.normal(), v[1] + 0.3 * dice.normal()];
            let said = number(k as u32 + 1, place, said);
            apply(&mut fuser, report(1, t + 0.1, ReportKind::SensorTrack(said)), &mut out);
        }
        fuser.advance(START.plus_seconds(t + 0.2), &mut out);
        if t > 150.0 {
            let told = confirmed(&fuser);
            most = most.max(told.len());
            for track in told {
                assert!(track.sensors.len() == 2, "both see it");
                let [e, north] = plane.east_north(track.position);
                let nearest = (0..4).map(|k| {
                    let p = at(k, track.t.seconds_since(START));
                    (e - p[0]).hypot(north - p[1])
                });
                off += nearest.fold(f64::MAX, f64::min);
                n += 1.0;
            }
        }
    }
    eprintln!("{most} crafts, {:.1} m off on average", off / n);
    assert_eq!(most, 4);
    assert!(off / n < 20.0, "{}", off / n);
    // Whoever looks after it is told.
    let errors = fuser.radar_errors(SensorId(1)).unwrap();
    assert!(errors.known && errors.gives == Gives::Tracks && (errors.azimuth.to_degrees() - 1.5).abs() < 0.2, "{errors:?}");
    assert!((errors.clock_s - 3.0).abs() < 1.0 && errors.range_m.abs() < 30.0, "{errors:?}");
    let told = misaligned(&errors).unwrap();
    assert!(told.starts_with("its north is off by +1.") && told.contains("by 4 crafts"), "{told}");
}

/// A boat of 45 kn that turns by 90° within 8 s, as a tracker that smooths tells it: the old course for two turns more.
#[test]
fn a_number_that_goes_on_without_a_break_stays_one_craft_through_a_hard_turn() {
    let site = two_radars();
    let plane = LocalPlane::new(site.origin);
    let mut changed = 0;
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let mut fuser = Fuser::new(&site, FuseSettings::default());
        let mut out = Vec::new();
        let (mut p, mut course) = ([1000.0, 6000.0], 1.0f64);
        let mut smooth = [23.0 * course.sin(), 23.0 * course.cos()];
        for i in 0..1200u32 {
            let t = 0.1 * f64::from(i);
            if (30.0..38.0).contains(&t) || (70.0..78.0).contains(&t) {
                course += 0.1 * std::f64::consts::FRAC_PI_2 / 8.0 * if t < 50.0 { 1.0 } else { -1.0 };
            }
            let v = [23.0 * course.sin(), 23.0 * course.cos()];
            for k in 0..2 {
                p[k] += 0.1 * v[k];
                smooth[k] += 0.1 / 5.0 * (v[k] - smooth[k]);
            }
            if i % 25 == 0 {
                let place = Place::Geodetic(plane.geodetic(p[0] + 15.0 * dice.normal(), p[1] + 15.0 * dice.normal()));
                let said = smooth.map(|v| v + 0.3 * dice.normal());
                apply(&mut fuser, report(1, t, ReportKind::SensorTrack(number(3, place, said))), &mut out);
            }
        }
        let ids: std::collections::BTreeSet<_> = out.iter().map(|l| l.id).collect();
        changed += ids.len() - 1;
    }
    assert!(changed <= 1, "{changed} new numbers in 40 turns");
}

/// Two boats abreast whose numbers the radar's tracker confuses.
#[test]
fn numbers_that_change_places_begin_no_craft() {
    let site = two_radars();
    let plane = LocalPlane::new(site.origin);
    let mut dice = Dice(4);
    let mut fuser = Fuser::new(&site, FuseSettings::default());
    let mut out = Vec::new();
    for i in 0..60u32 {
        let t = 2.5 * f64::from(i);
        for k in 0..2u32 {
            let e = 1000.0 + 8.0 * t + 10.0 * dice.normal();
            let place = Place::Geodetic(plane.geodetic(e, 4000.0 + 200.0 * f64::from(k) + 10.0 * dice.normal()));
            let told = if (60.0..100.0).contains(&t) { 2 - k } else { 1 + k };
            let said = number(told, place, [8.0 + 0.2 * dice.normal(), 0.2 * dice.normal()]);
            apply(&mut fuser, report(1, t, ReportKind::SensorTrack(said)), &mut out);
        }
    }
    let ids: std::collections::BTreeSet<_> = out.iter().map(|l| l.id).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
}

/// An ARPA calls a target tracked while it only carries it on: its velocity stays the same to the last digit. Then it calls it lost.
#[test]
fn what_an_arpa_carries_on_is_no_news_and_what_it_loses_coasts() {
    let site = two_radars();
    let plane = LocalPlane::new(site.origin);
    let mut dice = Dice(2);
    let mut fuser = Fuser::new(&site, FuseSettings::default());
    let mut out = Vec::new();
    let mut said = number(5, Place::Geodetic(plane.geodetic(0.0, 0.0)), [8.0, 0.0]);
    for i in 0..26u32 {
        let t = 2.5 * f64::from(i);
        said.place = Place::Geodetic(plane.geodetic(1000.0 + 8.0 * t, 4000.0));
        if i < 20 {
            said.velocity = Some([8.0 + 0.2 * dice.normal(), 0.2 * dice.normal()]);
        }
        apply(&mut fuser, report(1, t, ReportKind::SensorTrack(said)), &mut out);
    }
    let last = out.iter().map(|l| l.t.seconds_since(START)).fold(0.0, f64::max);
    assert!(last < 2.5 * 21.5, "carried on for {} s", last - 2.5 * 19.0);
    assert_eq!(confirmed(&fuser).len(), 1);
    said.status = SensorTrackStatus::Lost;
    apply(&mut fuser, report(1, 65.0, ReportKind::SensorTrack(said)), &mut out);
    assert_eq!(out.last().unwrap().status, TrackStatus::Coasting);
}
