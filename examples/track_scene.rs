//! Runs the fusion on the CSV form of a scene and writes its track lines in scene seconds for the scorer.
//!
//! `track_scene SCENE_DIR TRACKS.jsonl [key=value…]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../tests/it/scenes.rs"]
mod scenes;

fn main() {
    let mut args = std::env::args().skip(1);
    let (scene, out) = (args.next().expect("a scene folder"), args.next().expect("a file for the track lines"));
    let mut switches: Vec<String> = args.collect();
    let mut scene = scenes::read(scene.as_ref());
    // What would be if nothing came late: every sector's plots 50 ms after its last one.
    if let Some(at) = switches.iter().position(|s| s == "prompt=true") {
        switches.remove(at);
        scenes::deliver_promptly(&mut scene, 0.05);
    }
    // What would be if someone knocked a radar or a camera: `knock=R1,300,1.2`, from second 300 on by 1.2°.
    if let Some(at) = switches.iter().position(|s| s.starts_with("knock=")) {
        let knock = switches.remove(at);
        let mut parts = knock["knock=".len()..].split(',');
        let sensor = parts.next().unwrap().to_owned();
        let [t, degrees] = std::array::from_fn(|_| parts.next().unwrap().parse::<f64>().unwrap());
        scenes::knock(&mut scene, &sensor, t, degrees);
    }
    // What would be if the site told a radar's place wrong: `placed=R1,500,-30`, by so many metres to the east and north; `placed=all,…`.
    while let Some(at) = switches.iter().position(|s| s.starts_with("placed=")) {
        let placed = switches.remove(at);
        let mut parts = placed["placed=".len()..].split(',');
        let sensor = parts.next().unwrap().to_owned();
        let [east, north] = std::array::from_fn(|_| parts.next().unwrap().parse::<f64>().unwrap());
        scenes::misplace(&mut scene, &sensor, [east, north]);
    }
    // … its clock: `clock=E1,1`, a second ahead.
    if let Some(at) = switches.iter().position(|s| s.starts_with("clock=")) {
        let clock = switches.remove(at);
        let (sensor, ahead_s) = clock["clock=".len()..].split_once(',').unwrap();
        scenes::clock(&mut scene, sensor, ahead_s.parse().unwrap());
    }
    // What would be of a radar that stamps by sector (`stamp=32`), of an antenna in gusts (`sway=0.02,20`: by 2 % every 20 s), of a site that
    // tells a turn that is not the antenna's (`turn=1.02`: 2 % too long).
    let mut take = |key: &str| {
        let at = switches.iter().position(|s| s.starts_with(key))?;
        Some(switches.remove(at)[key.len()..].split(',').map(|v| v.parse().unwrap()).collect::<Vec<f64>>())
    };
    if let Some(v) = take("stamp=") {
        scenes::stamp_by_sector(&mut scene, v[0]);
    }
    if let Some(v) = take("sway=") {
        scenes::sway(&mut scene, v[0], v[1]);
    }
    // Of amplitudes of another zero (`louder=15`: told 15 dB too high), of a site that tells its radars' plots to be better than they are (`accuracy=0.4`).
    if let Some(v) = take("louder=") {
        scenes::louder(&mut scene, v[0]);
    }
    // … that of its cameras (`sharp=0.33`).
    if let Some(v) = take("sharp=") {
        for sensor in scene.site.sensors.iter_mut().filter(|s| s.kind == haishao::model::SensorKind::Camera) {
            sensor.sigma_azimuth = sensor.sigma_azimuth.map(|s| s * v[0]);
        }
    }
    if let Some(v) = take("accuracy=") {
        for sensor in &mut scene.site.sensors {
            sensor.sigma_range_m = sensor.sigma_range_m.map(|s| s * v[0]);
            sensor.sigma_azimuth = sensor.sigma_azimuth.map(|s| s * v[0]);
        }
    }
    // … of ships whose AIS antenna stands aft (`aft=0.35`: by so much of the length; `aft=0.35,240`: and say so only
    // from that second on).
    if let Some(v) = take("aft=") {
        scenes::antennas_aft(&mut scene, v[0], v.get(1).copied().unwrap_or(0.0));
    }
    if let Some(v) = take("turn=") {
        for sensor in &mut scene.site.sensors {
            sensor.scan_s = sensor.scan_s.map(|s| s * v[0]);
        }
    }
    let mut settings = haishao::fuse::FuseSettings::default();
    let sensors = scenes::set(&mut settings, &switches);
    let (lines, plots, seconds) = scenes::run(&scene, settings, sensors.as_deref());
    scenes::write(&lines, out.as_ref());
    eprintln!("{plots} plots, {:.0} plots/s, {} lines", plots as f64 / seconds, lines.len());
}
