//! Sensors that give tracks or bearings: smoothed positions do not make the picture certain of the sensor's lag, and bearings
//! sharpen what is there and begin nothing.

use haishao::fuse::{FuseSettings, Fuser};
use haishao::geo::{GeodeticHeight, LocalPlane, SensorFrame};
use haishao::model::{
    Bearing, FeedId, Place, Plot, Report, ReportKind, Sensor, SensorId, SensorKind, SensorTrack, SensorTrackStatus, Site,
    Timestamp, Track, TrackStatus, WireFormat,
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

/// A boat 6 km off, seen by the radar with 0.3° and by the camera with 0.09°.
#[test]
fn bearings_sharpen_a_track_across_the_line_of_sight() {
    let site = site();
    let plane = LocalPlane::new(site.origin);
    let frame = SensorFrame::new(site.sensors[0].position.unwrap(), &plane);
    let error = |with_camera: bool| {
        let (mut sum, mut n) = (0.0, 0.0);
        for seed in 0..30 {
            let mut dice = Dice(seed);
            let mut fuser = Fuser::new(&site, FuseSettings::default());
            let mut out = Vec::new();
            for i in 0..400u32 {
                let t = 0.25 * f64::from(i);
                let truth = [8.0 * t - 400.0, 6000.0];
                let [range, azimuth] = frame.polar_of(plane.geodetic(truth[0], truth[1]));
                // The antenna passes the boat once a turn.
                if i % 10 == 0 {
                    let place =
                        Place::Polar { range_m: range + 12.0 * dice.normal(), azimuth: azimuth + 0.005 * dice.normal() };
                    apply(&mut fuser, report(0, t, ReportKind::Plot(Plot { place, snr_db: None })), &mut out);
                }
                if with_camera && i % 2 == 1 {
                    apply(&mut fuser, bearing(t, azimuth + 1.5e-3 * dice.normal()), &mut out);
                }
                fuser.advance(START.plus_seconds(t + 0.1), &mut out);
                if t > 50.0
                    && let Some(track) = fuser.tracks().iter().find(|l| l.status == TrackStatus::Confirmed)
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
    };
    let (radar, both) = (error(false), error(true));
    eprintln!("across the line of sight: {radar:.1} m by radar, {both:.1} m with bearings");
    assert!(both < 0.7 * radar, "{both:.1} m, {radar:.1} m");
}
