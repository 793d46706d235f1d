//! `haishao simulate`: the same seed gives the same files, our own decoders read them, and what they say fits the truth.

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use haishao::feed::pcap::PcapReader;
use haishao::geo::{Geodetic, LocalPlane, SensorFrame};
use haishao::model::{FeedId, Frame, Place, ReportKind, Site, Timestamp};
use haishao::sim::DayaBayNight;
use haishao::wire::{Decode, WireHealth, decoder};
use haishao::{config, sim};

const START: Timestamp = Timestamp::from_secs(1_773_504_000);

fn simulate(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_haishao")).arg("simulate").args(args).output().unwrap()
}

fn capture(seed: &str, seconds: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let out = simulate(&["daya-bay-night", "--seed", seed, "--duration", seconds, "--out", dir.path().to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    dir
}

fn files(dir: &Path) -> Vec<Vec<u8>> {
    ["capture.pcap.gz", "truth.csv", "site.toml"].iter().map(|f| std::fs::read(dir.join(f)).unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_files_and_another_seed_does_not() {
    let (a, b, c) = (capture("5", "40"), capture("5", "40"), capture("6", "40"));
    assert_eq!(files(a.path()), files(b.path()));
    assert_ne!(files(a.path())[0], files(c.path())[0]);
    assert_ne!(files(a.path())[1], files(c.path())[1]);
}

#[test]
fn the_capture_holds_the_scenario_in_order_of_time() {
    let dir = capture("2", "30");
    let read: Vec<_> = PcapReader::open(dir.path().join("capture.pcap.gz")).unwrap().map(Result::unwrap).collect();
    let made: Vec<_> = DayaBayNight::new(2, START).lasting(30.0).collect();
    assert!(made.len() > 1000);
    assert!(made.is_sorted_by_key(|e| e.at));
    assert_eq!(read.len(), made.len());
    for (datagram, event) in read.iter().zip(&made) {
        assert_eq!((datagram.at, &datagram.bytes), (event.at, &event.bytes));
        assert_eq!(datagram.destination.1, sim::FEEDS[usize::from(event.feed.0)].port);
    }
}

/// Truth of one craft: unix time, place, velocity east and north.
type Path4 = Vec<(f64, Geodetic, [f64; 2])>;

fn truth(dir: &Path) -> BTreeMap<(u32, String, String), Path4> {
    let mut out: BTreeMap<_, Path4> = BTreeMap::new();
    for line in std::fs::read_to_string(dir.join("truth.csv")).unwrap().lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let n = |i: usize| f[i].parse::<f64>().unwrap();
        out.entry((f[1].parse().unwrap(), f[2].to_owned(), f[3].to_owned())).or_default().push((
            n(0),
            Geodetic::from_degrees(n(4), n(5)),
            [n(6), n(7)],
        ));
    }
    out
}

/// Where it was at `t`, by the row before and its velocity; truth is told every 2.5 s.
fn place_at(path: &Path4, plane: &LocalPlane, t: f64) -> Option<Geodetic> {
    let i = path.partition_point(|r| r.0 <= t).checked_sub(1)?;
    let (at, place, v) = &path[i];
    let dt = t - at;
    let [e, n] = plane.east_north(*place);
    (dt < 2.6).then(|| plane.geodetic(e + v[0] * dt, n + v[1] * dt))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Decoded {
    site: Site,
    reports: Vec<haishao::model::Report>,
    health: BTreeMap<u16, WireHealth>,
}

fn decoded(dir: &Path) -> Decoded {
    let site = config::load(&dir.join("site.toml")).unwrap().site;
    let mut decoders: Vec<Box<dyn Decode>> = (0..3).map(|i| decoder(&site, FeedId(i))).collect();
    let (mut reports, mut health) = (Vec::new(), BTreeMap::<u16, WireHealth>::new());
    for event in DayaBayNight::new(3, START).lasting(600.0) {
        let frame = Frame { feed: event.feed, received_at: event.at, bytes: &event.bytes };
        decoders[usize::from(event.feed.0)].decode(frame, &mut reports, health.entry(event.feed.0).or_default());
    }
    Decoded { site, reports, health }
}

#[test]
fn plots_lie_about_the_truth_with_the_errors_the_radars_were_given() {
    let dir = capture("3", "600");
    let Decoded { site, reports, health } = decoded(dir.path());
    for feed in [0, 1] {
        assert_eq!(health[&feed].refused_total(), 0, "{:?}", health[&feed].refused);
    }
    let plane = LocalPlane::new(site.origin);
    let craft = truth(dir.path());
    // Ships at anchor: nothing but the radars' own errors lies between truth and plot.
    for (sensor, bias_m, bias_deg, sigma_m, sigma_deg) in [(0, 0.0, 0.0, 10.0, 0.20), (1, 25.0, 0.30, 12.0, 0.25)] {
        let frame = SensorFrame::new(site.sensors[sensor].position.unwrap(), &plane);
        let (mut range, mut azimuth) = (Vec::new(), Vec::new());
        for ((_, class, _), path) in &craft {
            let still = path.iter().all(|r| r.2 == [0.0, 0.0]);
            if class != "cargo" || !still {
                continue;
            }
            let [true_range, true_azimuth] = frame.polar_of(path[0].1);
            for report in reports.iter().filter(|r| usize::from(r.sensor.0) == sensor) {
                let ReportKind::Plot(plot) = &report.kind else { continue };
                let Place::Polar { range_m, azimuth: a } = plot.place else { panic!("{plot:?}") };
                let (dr, da) = (range_m - true_range, (a - true_azimuth).to_degrees());
                if dr.abs() < 120.0 && da.abs() < 2.0 {
                    range.push(dr);
                    azimuth.push(da);
                }
            }
        }
        let n = range.len() as f64;
        assert!(n > 700.0, "radar {sensor} saw the anchored ships {n} times");
        // Four standard errors of a median (1.25 σ/√n), and half an encoding step.
        let (range, azimuth) = (median(range), median(azimuth));
        assert!((range - bias_m).abs() < 4.0 * 1.25 * sigma_m / n.sqrt() + 0.5, "radar {sensor}: {range} m");
        assert!((azimuth - bias_deg).abs() < 4.0 * 1.25 * sigma_deg / n.sqrt() + 0.003, "radar {sensor}: {azimuth}°");
    }
}

#[test]
fn ais_tells_the_truth_of_the_ships_that_carry_it_and_of_no_other() {
    let dir = capture("3", "600");
    let Decoded { site, reports, health } = decoded(dir.path());
    assert_eq!(health[&2].refused_total(), 0, "{:?}", health[&2].refused);
    let plane = LocalPlane::new(site.origin);
    let craft = truth(dir.path());
    let (mut heard, mut errors) = (BTreeMap::<String, usize>::new(), Vec::new());
    let mut names = BTreeMap::new();
    for report in reports.iter().filter(|r| r.sensor.0 == 2) {
        match &report.kind {
            ReportKind::AisPosition(p) => {
                let mmsi = p.mmsi.to_string();
                let (_, path) = craft.iter().find(|((_, _, m), _)| *m == mmsi).expect("a ship of the scenario");
                let said = plane.east_north(p.position.unwrap());
                // The station hears within 0.3 s and stamps whole seconds, so the arrival is the better time.
                let is = plane.east_north(place_at(path, &plane, report.received_at.secs_f64()).unwrap());
                errors.push((said[0] - is[0]).hypot(said[1] - is[1]));
                *heard.entry(mmsi).or_default() += 1;
            }
            ReportKind::AisStatic(s) => {
                names.insert(s.mmsi.to_string(), s.name.clone());
            }
            other => panic!("{other:?}"),
        }
    }
    let carriers: Vec<&String> = craft.keys().map(|(_, _, m)| m).filter(|m| !m.is_empty()).collect();
    assert_eq!(carriers.len(), 20);
    // All but ships at anchor, which report every 3 min and may be lost in between, are heard many times.
    assert!(carriers.iter().filter(|m| heard.get(**m).is_some_and(|n| *n >= 2)).count() >= 18, "{heard:?}");
    assert!(names.values().flatten().all(|n| n.starts_with("SIM ")), "{names:?}");
    assert!(names.len() >= 19, "{names:?}");
    // A fix of 6 m a side with an offset of 3 m, and 0.3 s of travel at 17 m/s at most.
    assert!(errors.iter().all(|e| *e < 45.0));
    assert!((6.0..12.0).contains(&median(errors)));
}

#[test]
fn fast_boats_run_fast_without_ais_and_are_seen_about_as_often_as_was_asked() {
    let dir = capture("3", "600");
    let Decoded { site, reports, .. } = decoded(dir.path());
    let plane = LocalPlane::new(site.origin);
    let frame = SensorFrame::new(site.sensors[1].position.unwrap(), &plane);
    let craft = truth(dir.path());
    let fast: Vec<_> = craft.iter().filter(|((_, class, _), _)| class == "gofast").collect();
    assert_eq!(fast.len(), 2);
    let mut judged = 0;
    for ((id, _, mmsi), path) in fast {
        assert_eq!(mmsi, "");
        let knots: Vec<f64> = path.iter().map(|r| r.2[0].hypot(r.2[1]) * 3600.0 / 1852.0).collect();
        assert!(knots.iter().all(|k| (30.0..55.0).contains(k)), "{id}: {knots:?}");
        assert!((38.0..50.0).contains(&median(knots)));
        // Looks of the second radar within 12 km, once in 3 s of truth at 2.5 s, and the plots near the craft in them.
        let near = |g: Geodetic| frame.polar_of(g)[0] < 12_000.0;
        let looks = path.iter().filter(|r| near(r.1)).count() as f64 * 2.5 / 3.0;
        let hits = reports
            .iter()
            .filter(|r| r.sensor.0 == 1)
            .filter(|r| {
                let (ReportKind::Plot(plot), Some(at)) = (&r.kind, place_at(path, &plane, r.t.secs_f64())) else {
                    return false;
                };
                let Place::Polar { range_m, azimuth } = plot.place else { return false };
                let [range, a] = frame.polar_of(at);
                near(at)
                    && (range_m - range - 25.0).abs() < 60.0
                    && ((azimuth - a).to_degrees() - 0.3).abs() * range.to_radians() < 250.0
            })
            .count() as f64;
        if looks > 60.0 {
            // 0.63 on average; five binomial standard errors at 60 looks are 0.31, and land hides it now and then.
            let share = hits / looks;
            judged += 1;
            assert!((0.40..0.85).contains(&share), "craft {id}: seen in {share} of {looks} looks");
        }
    }
    assert!(judged > 0, "neither boat came near the second radar");
}

#[test]
fn what_is_sent_over_udp_arrives() {
    // Addresses of the loopback network of this test's own.
    let radar = UdpSocket::bind("127.77.0.1:8600").unwrap();
    let ais = UdpSocket::bind("127.77.0.1:10110").unwrap();
    for socket in [&radar, &ais] {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    let sender = std::thread::spawn(|| simulate(&["daya-bay-night", "--udp", "127.77.0.1", "--duration", "4"]));
    let mut buffer = [0; 2048];
    let mut sics = [false; 2];
    while sics != [true; 2] {
        let n = crate::shared::receive(&radar, &mut buffer);
        assert!(n > 10 && (buffer[0] == 10 || buffer[0] == 34));
        // SIC of the first record: after the block's three octets and one or four octets of FSPEC.
        let fspec = buffer[3..n].iter().position(|b| b & 1 == 0).unwrap() + 1;
        sics[usize::from(buffer[3 + fspec + 1]) - 11] = true;
    }
    let n = crate::shared::receive(&ais, &mut buffer);
    assert!(buffer[..n].starts_with(b"\\s:AIS-DXS,c:") || buffer[..n].starts_with(b"\\g:1-2-"));
    let out = sender.join().unwrap();
    assert!(out.status.success());
    assert!(String::from_utf8_lossy(&out.stdout).contains("datagrams sent, 0 refused"));
}

#[test]
fn wrong_usage_says_what_is_right() {
    let list = simulate(&["--list"]);
    assert!(list.status.success());
    assert!(String::from_utf8_lossy(&list.stdout).starts_with("daya-bay-night "));
    for (args, says) in [
        (&["daya-bay-nigth", "--out", "x"][..], "there is: daya-bay-night"),
        (&["daya-bay-night"], "--out DIR, --udp, or both"),
        (&["daya-bay-night", "--out", "x", "--duration", "0"], "must be more than 0"),
        (&[], "<SCENARIO>"),
    ] {
        let out = simulate(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(err.contains(says), "{args:?}: {err}");
    }
}
