//! The scenes' CSV form as frames of reports, in order of arrival, and the fusion run on them.
#![allow(dead_code, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use haishao::fuse::{FuseSettings, Fuser};
use haishao::geo::{Geodetic, GeodeticHeight, LocalPlane};
use haishao::model::units::knots_to_mps;
use haishao::model::{
    AisClass, AisPosition, AisStatic, Bearing, FeedId, Mmsi, Place, Plausibility, Plot, Report, ReportKind, Sensor, SensorId,
    SensorKind, Site, Timestamp, Track, WireFormat,
};

/// The instant of scene second 0, as in the captures.
pub const EPOCH: Timestamp = Timestamp::from_nanos(1_773_504_000_000_000_000);

/// A frame: its arrival and what was in it.
pub struct SceneFrame {
    pub received_at: Timestamp,
    pub reports: Vec<Report>,
}

/// A scene.
pub struct Scene {
    pub site: Site,
    pub frames: Vec<SceneFrame>,
}

fn text(path: &Path) -> Option<String> {
    let mut out = String::new();
    if path.exists() {
        std::fs::File::open(path).unwrap().read_to_string(&mut out).unwrap();
        return Some(out);
    }
    let gz = path.with_extension("csv.gz");
    let file = std::fs::File::open(gz).ok()?;
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut out).unwrap();
    Some(out)
}

pub fn rows(path: &Path) -> Vec<Vec<String>> {
    text(path).map_or(Vec::new(), |t| t.lines().skip(1).map(|l| l.trim_end().split(',').map(str::to_owned).collect()).collect())
}

fn at(t: &str) -> Timestamp {
    EPOCH.plus_seconds(t.parse::<f64>().unwrap())
}

/// Reads a scene folder.
pub fn read(dir: &Path) -> Scene {
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(dir.join("scene.json")).unwrap()).unwrap();
    let number = |v: &serde_json::Value, key: &str| v.get(key).and_then(serde_json::Value::as_f64);
    let mut ids = BTreeMap::new();
    let mut sensors = Vec::new();
    for s in json["sensors"].as_array().unwrap() {
        let id = s["id"].as_str().unwrap().to_owned();
        ids.insert(id.clone(), SensorId(sensors.len() as u16));
        let kind = match s["kind"].as_str().unwrap() {
            "radar" => SensorKind::Radar,
            "ais" => SensorKind::Ais,
            _ => SensorKind::Camera,
        };
        sensors.push(Sensor {
            position: number(s, "lat")
                .map(|lat| GeodeticHeight::from_degrees(lat, number(s, "lon").unwrap(), number(s, "height_m").unwrap_or(0.0))),
            scan_s: number(s, "period_s").filter(|_| kind == SensorKind::Radar),
            sigma_range_m: number(s, "sigma_range_m"),
            sigma_azimuth: number(s, "sigma_az_deg").map(f64::to_radians),
            min_snr_db: number(s, "min_snr_db"),
            field_of_view: number(s, "fov_deg").map(f64::to_radians),
            max_range_m: number(s, "max_range_m"),
            ..Sensor::new(id, kind, WireFormat::Asterix, FeedId(sensors.len() as u16))
        });
    }
    let mut frames: Vec<(Timestamp, u16, u64, Vec<Report>)> = Vec::new();
    let mut sectors: BTreeMap<(u16, u32, u32), Vec<Report>> = BTreeMap::new();
    for r in rows(&dir.join("radar.csv")) {
        let sensor = ids[&r[0]];
        let azimuth: f64 = r[5].parse().unwrap();
        let kind = ReportKind::Plot(Plot {
            place: Place::Polar { range_m: r[4].parse().unwrap(), azimuth: azimuth.to_radians() },
            // A radar that tells no strength leaves it out.
            snr_db: r[6].parse().ok(),
        });
        let report = Report { sensor, t: at(&r[2]), received_at: at(&r[3]), transmission: None, kind };
        // The captures hold a datagram a sector of 11.25° (32 a scan).
        sectors.entry((sensor.0, r[1].parse().unwrap(), (azimuth / 11.25) as u32)).or_default().push(report);
    }
    for ((sensor, scan, sector), reports) in sectors {
        let last = reports.iter().map(|r| r.received_at).max().unwrap();
        frames.push((last, sensor, u64::from(scan) * 32 + u64::from(sector), reports));
    }
    for (n, r) in rows(&dir.join("ais.csv")).into_iter().enumerate() {
        let sensor = ids["AIS"];
        let received_at = at(&r[0]);
        let kind = ReportKind::AisPosition(AisPosition {
            mmsi: Mmsi(r[1].parse().unwrap()),
            class: if r[7] == "A" { AisClass::A } else { AisClass::B },
            message_type: if r[7] == "A" { 1 } else { 18 },
            position: Some(Geodetic::from_degrees(r[2].parse().unwrap(), r[3].parse().unwrap())),
            raw_position: [0, 0],
            accurate: false,
            sog: Some(knots_to_mps(r[4].parse().unwrap())),
            cog: Some(r[5].parse::<f64>().unwrap().to_radians()),
            heading: None,
            rot: None,
            nav_status: None,
            utc_second: Some(r[6].parse().unwrap()),
            station: None,
            plausibility: Plausibility::default(),
        });
        frames.push((
            received_at,
            sensor.0,
            n as u64,
            vec![Report { sensor, t: received_at, received_at, transmission: None, kind }],
        ));
    }
    for (n, r) in rows(&dir.join("eo.csv")).into_iter().enumerate() {
        let sensor = ids[&r[0]];
        let kind = ReportKind::Bearing(Bearing {
            azimuth: r[3].parse::<f64>().unwrap().to_radians(),
            sigma_azimuth: None,
            object: None,
            class: None,
        });
        frames.push((
            at(&r[2]),
            sensor.0,
            n as u64,
            vec![Report { sensor, t: at(&r[1]), received_at: at(&r[2]), transmission: None, kind }],
        ));
    }
    frames.sort_by_key(|f| (f.0, f.1, f.2));
    let mut scene = Scene {
        site: Site {
            name: json["scene"].as_str().unwrap().to_owned(),
            origin: GeodeticHeight::from_degrees(json["ref_lat"].as_f64().unwrap(), json["ref_lon"].as_f64().unwrap(), 0.0),
            sensors,
            feeds: Vec::new(),
        },
        frames: frames.into_iter().map(|f| SceneFrame { received_at: f.0, reports: f.3 }).collect(),
    };
    // The captures tell of hulls of 120 m with the antenna amidships.
    tell_hulls(&mut scene, 0.0, |_| [60, 60, 10, 10]);
    scene
}

/// Lets each ship of class A tell of her hull from second `from` on, every six minutes (ITU-R M.1371-5, annex 1, 4.2.1), and of nothing else before.
fn tell_hulls(scene: &mut Scene, from: f64, hull: impl Fn(Mmsi) -> [u16; 4]) {
    let mut said: BTreeMap<Mmsi, f64> = BTreeMap::new();
    for frame in &mut scene.frames {
        frame.reports.retain(|r| !matches!(r.kind, ReportKind::AisStatic(_)));
        let mut told = Vec::new();
        for report in &frame.reports {
            let ReportKind::AisPosition(ais) = &report.kind else { continue };
            let s = report.t.seconds_since(EPOCH);
            let due = s >= from && said.get(&ais.mmsi).is_none_or(|last| s - last >= 360.0);
            if ais.class == AisClass::A && due {
                said.insert(ais.mmsi, s);
                let blank = AisStatic::blank(ais.mmsi, AisClass::A, 5);
                let hull = AisStatic { ship_type: Some(70), dimensions: Some(hull(ais.mmsi)), ..blank };
                told.push(Report { kind: ReportKind::AisStatic(Box::new(hull)), ..report.clone() });
            }
        }
        frame.reports.splice(0..0, told);
    }
}

/// Lets every sector's plots arrive so long after its last one, whatever the radar's real delay.
pub fn deliver_promptly(scene: &mut Scene, delay_s: f64) {
    for frame in &mut scene.frames {
        if frame.reports.iter().all(|r| matches!(r.kind, ReportKind::Plot(_))) {
            let last = frame.reports.iter().map(|r| r.t).max().unwrap();
            frame.received_at = last.plus_seconds(delay_s);
        }
    }
    scene.frames.sort_by_key(|f| f.received_at);
}

/// Tells every plot's strength so many dB too high.
pub fn louder(scene: &mut Scene, db: f64) {
    for report in scene.frames.iter_mut().flat_map(|f| &mut f.reports) {
        if let ReportKind::Plot(plot) = &mut report.kind {
            plot.snr_db = plot.snr_db.map(|told| told + db as f32);
        }
    }
}

/// Knocks a radar's or a camera's north: from scene second `t` on its azimuths are so many degrees larger.
pub fn knock(scene: &mut Scene, sensor: &str, t: f64, degrees: f64) {
    let site = &scene.site;
    for report in scene.frames.iter_mut().flat_map(|f| &mut f.reports) {
        if site.sensors[usize::from(report.sensor.0)].id != sensor || report.t < EPOCH.plus_seconds(t) {
            continue;
        }
        let azimuth = match &mut report.kind {
            ReportKind::Plot(Plot { place: Place::Polar { azimuth, .. }, .. }) => azimuth,
            ReportKind::Bearing(bearing) => &mut bearing.azimuth,
            _ => continue,
        };
        *azimuth = (*azimuth + degrees.to_radians()).rem_euclid(std::f64::consts::TAU);
    }
}

/// Sets a sensor's clock so many seconds ahead.
pub fn clock(scene: &mut Scene, sensor: &str, ahead_s: f64) {
    let site = &scene.site;
    for report in scene.frames.iter_mut().flat_map(|f| &mut f.reports) {
        if site.sensors[usize::from(report.sensor.0)].id == sensor {
            report.t = report.t.plus_seconds(ahead_s);
        }
    }
}

/// Has the site tell that a radar (`all`: each) or a camera stands so many metres further east and north than it does.
pub fn misplace(scene: &mut Scene, sensor: &str, [east, north]: [f64; 2]) {
    for told in scene.site.sensors.iter_mut().filter(|s| s.id == sensor || (s.kind == SensorKind::Radar && sensor == "all")) {
        let Some(stands) = told.position else { continue };
        told.position = Some(LocalPlane::new(stands).geodetic(east, north).at_height(stands.height_m));
    }
}

/// A radar that stamps each plot with the instant at which the antenna leaves its sector, `sectors` a turn, as many extractors do; a turn is
/// what the site tells of it.
pub fn stamp_by_sector(scene: &mut Scene, sectors: f64) {
    let width = std::f64::consts::TAU / sectors;
    of_radars(scene, |t, azimuth, scan_s| {
        let left = width - azimuth.rem_euclid(width);
        t.plus_seconds(left / std::f64::consts::TAU * scan_s)
    });
}

/// An antenna in gusts: its rate swings by a fraction `swing` of itself every `period_s` seconds.
pub fn sway(scene: &mut Scene, swing: f64, period_s: f64) {
    let w = std::f64::consts::TAU / period_s;
    of_radars(scene, |t, _, _| t.plus_seconds(swing / w * (w * t.seconds_since(EPOCH)).sin()));
}

/// Antennas that stand aft: each ship of class A (120–330 m long by her number) tells the place of her antenna, `share` of her length astern of the
/// middle, where her echo is, and from second `told_from` on what of her hull is so.
pub fn antennas_aft(scene: &mut Scene, share: f64, told_from: f64) {
    let length = |mmsi: Mmsi| f64::from(120 + mmsi.0.wrapping_mul(2_654_435_761) % 210);
    for report in scene.frames.iter_mut().flat_map(|f| &mut f.reports) {
        let ReportKind::AisPosition(ais) = &mut report.kind else { continue };
        if ais.class == AisClass::A {
            let aft = share * length(ais.mmsi);
            let (sin, cos) = ais.cog.unwrap().sin_cos();
            let at = ais.position.unwrap();
            let degree_m = 111_200.0;
            let lon = at.lon_deg() - aft * sin / (degree_m * at.lat_deg().to_radians().cos());
            ais.position = Some(Geodetic::from_degrees(at.lat_deg() - aft * cos / degree_m, lon));
            ais.heading = ais.cog;
        }
    }
    tell_hulls(scene, told_from, |mmsi| {
        let [bow, stern] = [0.5 + share, 0.5 - share].map(|part| (part * length(mmsi)).round() as u16);
        [bow, stern, 16, 16]
    });
}

// Gives each plot of a radar the time that `when` makes of its own, its azimuth and the radar's turn.
fn of_radars(scene: &mut Scene, when: impl Fn(Timestamp, f64, f64) -> Timestamp) {
    let sensors = &scene.site.sensors;
    for report in scene.frames.iter_mut().flat_map(|f| &mut f.reports) {
        if let ReportKind::Plot(plot) = &report.kind
            && let Place::Polar { azimuth, .. } = plot.place
        {
            report.t = when(report.t, azimuth, sensors[usize::from(report.sensor.0)].scan_s.unwrap());
        }
    }
}

/// Sets numbers and switches by name; `sensors=R1,AIS` limits the sensors.
pub fn set(s: &mut FuseSettings, switches: &[String]) -> Option<Vec<String>> {
    let mut sensors = None;
    for switch in switches {
        let (key, value) = switch.split_once('=').unwrap();
        let f = || value.parse::<f64>().unwrap();
        let b = || value.parse::<bool>().unwrap();
        let list = || value.split(',').map(|v| v.parse::<f64>().unwrap()).collect::<Vec<_>>();
        match key {
            "sensors" => sensors = Some(value.split(',').map(str::to_owned).collect()),
            "birth_density" => s.birth_density = f(),
            "birth_open" => s.birth_open = f(),
            "birth_edge" => s.birth_edge = f(),
            "birth_min" => s.birth_min = f(),
            "first_step" => s.first_step = f(),
            "confirm" => s.confirm = f(),
            "confirm_hits" => s.confirm_hits = f() as u32,
            "drop_tentative" => s.drop_tentative = f(),
            "drop_awake" => s.drop_awake = f(),
            "drop_confirmed" => s.drop_confirmed = f(),
            "drop_sigma_m" => s.drop_sigma_m = f(),
            "drop_blur_m" => s.drop_blur_m = f(),
            "coast_sigma_m" => s.coast_sigma_m = f(),
            "coast_after_s" => s.coast_after_s = f(),
            "coast_young_s" => s.coast_young_s = f(),
            "survive_s" => s.survive_s = f(),
            "fade_s" => s.fade_s = f(),
            "gate" => s.gate = f(),
            "noise" => s.motion.noise.copy_from_slice(&list()),
            "lateral" => s.motion.lateral.copy_from_slice(&list()),
            "dwell" => s.motion.dwell_s.copy_from_slice(&list()),
            "prior" => s.motion.prior.copy_from_slice(&list()),
            "sigma_v" => s.motion.sigma_v.copy_from_slice(&list()),
            "amplitude" => s.amplitude = b(),
            "clutter_map" => s.clutter_map = b(),
            "registration" => s.registration = b(),
            "patch_margin" => s.patch_margin = f(),
            "provisional" => s.provisional = b(),
            "ais" => s.ais = b(),
            "bearings" => s.bearings = b(),
            "bound_speed" => s.bound_speed = b(),
            "merge" => s.merge = b(),
            "unresolved" => s.unresolved = b(),
            "apart" => s.apart = b(),
            "branch_mps" => s.branch_mps = f(),
            "unseen" => s.unseen = f(),
            "unseen_looks" => s.unseen_looks = f(),
            "branches" => s.branches = f() as usize,

            "stitch" => s.stitch = b(),
            _ => panic!("no setting {key}"),
        }
    }
    sensors
}

/// Runs the fusion; returns its lines, the number of plots, and the seconds spent in it.
pub fn run(scene: &Scene, settings: FuseSettings, sensors: Option<&[String]>) -> (Vec<Track>, usize, f64) {
    let mut fuser = Fuser::new(&scene.site, settings);
    let mut lines = Vec::new();
    let used: Vec<&SceneFrame> = scene
        .frames
        .iter()
        .filter(|f| {
            let id = &scene.site.sensors[usize::from(f.reports[0].sensor.0)].id;
            sensors.is_none_or(|s| s.contains(id))
        })
        .collect();
    let plots = used.iter().flat_map(|f| &f.reports).filter(|r| matches!(r.kind, ReportKind::Plot(_))).count();
    let start = Instant::now();
    for f in used {
        fuser.apply(f.received_at, &f.reports, &mut lines);
    }
    let seconds = start.elapsed().as_secs_f64();
    for (i, s) in scene.site.sensors.iter().enumerate() {
        if let Some(e) = fuser.radar_errors(SensorId(i as u16)) {
            eprintln!(
                "{}: {}{:.1} m {:.3}° {:.3} s (σ {:.1} m {:.3}° {:.3} s, {} residuals, {} jumps){}",
                s.id,
                if e.known { "" } else { "nothing known, " },
                e.range_m,
                e.azimuth.to_degrees(),
                e.clock_s,
                e.sigma[0],
                e.sigma[1].to_degrees(),
                e.sigma[2],
                e.residuals,
                e.jumps,
                e.realigned.map_or(String::new(), |r| format!(
                    " told since {:.0} s by {}: {:.1} m east, {:.1} m north, {:.1} m, {:.2}°, {:.2} s wrong",
                    r.at.seconds_since(EPOCH),
                    r.ships,
                    r.place[0],
                    r.place[1],
                    r.range_m,
                    r.azimuth.to_degrees(),
                    r.clock_s
                ))
            );
        }
    }
    (lines, plots, seconds)
}

/// Writes lines as the scorer reads them, in scene seconds.
pub fn write(lines: &[Track], path: &Path) {
    let mut f = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    for t in lines {
        let status = format!("{:?}", t.status).to_lowercase();
        let line = serde_json::json!({
            "t": t.t.seconds_since(EPOCH), "t_out": t.t_out.seconds_since(EPOCH), "track_id": t.id.0, "status": status,
            "lat": t.position.lat_deg(), "lon": t.position.lon_deg(), "vx": t.velocity[0], "vy": t.velocity[1],
            "mmsi": t.mmsi.map(|m| m.0), "p_exist": t.p_exist, "pos_cov_m2": t.position_cov, "sog_lcb90": t.sog_lcb90,
        });
        writeln!(f, "{line}").unwrap();
    }
}
