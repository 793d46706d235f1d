//! The console over real sockets, asked by hand-written HTTP/1.1.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use haishao::console::{Console, serve};
use haishao::engine::{Counters, SensorStatus, Shared};
use haishao::fuse::{Gives, Jump, RadarErrors, Realigned};
use haishao::geo::{Geodetic, GeodeticHeight};
use haishao::model::{
    AisState, Alert, AlertId, AlertState, CraftClass, EvidenceValue, FeedId, Mmsi, Picture, Sensor, SensorId, SensorKind,
    SensorSet, Severity, Site, Timestamp, Track, TrackId, TrackStatus, WireFormat,
};
use serde_json::Value;

pub const NOW: Timestamp = Timestamp::from_secs(1_773_504_100);

pub fn clock() -> Timestamp {
    NOW
}

pub fn track(id: u64, lat: f64, lon: f64) -> Track {
    let mut sensors = SensorSet::default();
    sensors.touch(SensorId(0), NOW);
    Track {
        id: TrackId(id),
        status: TrackStatus::Confirmed,
        t: NOW.plus_seconds(-1.0),
        t_out: NOW.plus_seconds(-0.5),
        born: NOW.plus_seconds(-60.0),
        position: Geodetic::from_degrees(lat, lon),
        velocity: [3.0, 4.0],
        position_cov: [100.0, 1.0, 90.0],
        velocity_cov: [1.0, 0.0, 1.0],
        sog_lcb90: 4.0,
        p_exist: 0.99,
        p_fast: 0.01,
        hit_ratio: 0.8,
        mmsi: id.is_multiple_of(2).then_some(Mmsi(412_000_001)),
        ais: AisState::None,
        ais_expected: None,
        class: CraftClass::Unknown,
        sensors,
        modes: Default::default(),
        sensing: Default::default(),
        ais_detail: Default::default(),
        origin: Default::default(),
    }
}

/// A site with one radar whose name is awkward, four tracks, one alert.
pub fn shared() -> Arc<Shared> {
    let sensor = Sensor {
        position: Some(GeodeticHeight::from_degrees(22.55, 114.886, 110.0)),
        scan_s: Some(2.5),
        sigma_range_m: Some(10.0),
        ..Sensor::new("radar \"east\"", SensorKind::Radar, WireFormat::Asterix, FeedId(0))
    };
    let origin = GeodeticHeight::from_degrees(22.55, 114.72, 0.0);
    let site = Site { name: "Bay <script>".into(), origin, sensors: vec![sensor], feeds: Vec::new() };
    let shared = Shared::new(Arc::new(site), Some("SIMULATED".into()));
    let tracks = vec![track(1, 22.5, 114.7), track(2, 22.6, 114.8), track(3, 22.7, 114.9), track(4, -10.0, -170.0)];
    shared.picture.store(Arc::new(Picture::new(NOW.plus_seconds(-0.5), 9, tracks)));
    shared.push_alert(Alert {
        id: AlertId(1),
        rule: "R01".into(),
        severity: Severity::new(3).unwrap(),
        state: AlertState::Raised,
        track: TrackId(1),
        t: NOW,
        t_out: NOW,
        position: Geodetic::from_degrees(22.5, 114.7),
        text_zh: "疑似".into(),
        text_en: "suspected".into(),
        evidence: vec![("sog_lcb90_kn".into(), EvidenceValue::Number(31.5)), ("eo".into(), EvidenceValue::Unknown)],
        basis: Default::default(),
    });
    shared.set_sensors(vec![SensorStatus {
        id: "radar \"east\"".into(),
        kind: "radar",
        feed: "udp://239.192.0.11:8600".into(),
        state: "ok",
        frames: 12,
        bytes: 3400,
        rate_hz: 12.8,
        age_s: Some(0.25),
        refused: BTreeMap::from([("bad-length".to_owned(), 3)]),
        ..SensorStatus::default()
    }]);
    Counters::add(&shared.counters.frames, 12);
    shared.frame_to_picture.record(0.004);
    Arc::new(shared)
}

fn console(shared: Arc<Shared>) -> Console {
    serve("127.0.0.1:0", shared, clock).unwrap()
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/"), "{}", self.head);
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
}

pub fn ask(to: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    // Some answers are bytes (`/api/trails`); their heads are text all the same.
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head: head.to_lowercase(), body: body.to_owned() }
}

pub fn get(to: SocketAddr, path: &str) -> Answer {
    ask(to, &format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n"))
}

/// A radar that delivers and whose alignment has jumped is no longer `ok`, and everything that is known of its errors is told.
#[test]
fn a_radar_that_has_jumped_is_told_as_misaligned() {
    let shared = shared();
    let errors = |jump| RadarErrors {
        gives: Gives::Plots,
        known: true,
        range_m: 12.5,
        azimuth: 1.25f64.to_radians(),
        clock_s: 0.02,
        sigma: [1.0, 0.001, 0.1],
        residuals: 800,
        jump,
        jumps: 1,
        realigned: None,
        astray: None,
    };
    let console = console(Arc::clone(&shared));
    let state = || get(console.address(), "/api/sensors").json()["sensors"][0].clone();
    shared.radar_errors.store(Arc::new(vec![Some(errors(None))]));
    assert_eq!(state()["state"], "ok");
    let jump = Jump { at: NOW.plus_seconds(-3.0), range_m: -2.0, azimuth: 1.1f64.to_radians() };
    shared.radar_errors.store(Arc::new(vec![Some(errors(Some(jump)))]));
    let sensor = state();
    assert_eq!(sensor["state"], "misaligned");
    let detail = sensor["detail"].as_str().unwrap();
    assert!(detail.contains("+1.10°") && detail.contains("-2 m"), "{detail}");
    assert_eq!(sensor["registration"]["azimuth_deg"], 1.25);
    assert_eq!(sensor["registration"]["jumps"], 1);
    let metrics = get(console.address(), "/metrics").body;
    for (family, value) in [("up", "1"), ("misaligned", "1"), ("jumps_total", "1"), ("range_error_meters", "12.5")] {
        let line = metrics.lines().find(|l| l.starts_with(&format!("haishao_sensor_{family}{{"))).unwrap();
        assert!(line.ends_with(&format!(" {value}")), "{line}");
    }
}

/// What the site tells wrong of a radar is told with what it should tell; so is a radar that agrees with no ship.
#[test]
fn a_radar_told_wrong_is_told_with_what_is_right() {
    let shared = shared();
    let console = console(Arc::clone(&shared));
    let right = RadarErrors {
        gives: Gives::Plots,
        known: true,
        range_m: 0.0,
        azimuth: 0.0,
        clock_s: 0.0,
        sigma: [1.0, 0.001, 0.1],
        residuals: 800,
        jump: None,
        jumps: 0,
        realigned: None,
        astray: None,
    };
    let state = |errors| {
        shared.radar_errors.store(Arc::new(vec![Some(errors)]));
        get(console.address(), "/api/sensors").json()["sensors"][0].clone()
    };
    let wrong = |place, azimuth: f64| Realigned {
        at: NOW,
        place,
        stands: Geodetic::from_degrees(22.5, 114.75),
        range_m: 0.0,
        azimuth: azimuth.to_radians(),
        clock_s: 0.0,
        ships: 9,
    };
    let sensor = state(RadarErrors { realigned: Some(wrong([-300.0, -400.0], 0.0)), ..right });
    assert_eq!(sensor["state"], "misaligned");
    let detail = sensor["detail"].as_str().unwrap();
    assert!(
        detail.contains("500 m") && detail.contains("037°") && detail.contains("lat = 22.50000, lon = 114.75000"),
        "{detail}"
    );
    let told = &sensor["registration"]["told_wrong"];
    assert_eq!(
        (told["east_m"].as_f64(), told["north_m"].as_f64(), told["ships"].as_i64()),
        (Some(-300.0), Some(-400.0), Some(9))
    );
    let sensor = state(RadarErrors { realigned: Some(wrong([0.0; 2], -3.1)), ..right });
    assert!(sensor["state"] == "misaligned" && sensor["detail"].as_str().unwrap().contains("-3.1°"), "{sensor}");
    // Some metres are corrected and told, and are nobody's alarm.
    let sensor = state(RadarErrors { realigned: Some(wrong([20.0, 10.0], 0.0)), ..right });
    assert!(sensor["state"] == "ok" && sensor["registration"]["told_wrong"]["east_m"] == 20.0, "{sensor}");
    let sensor = state(RadarErrors { astray: Some((11, 1)), ..right });
    assert!(sensor["state"] == "misaligned" && sensor["detail"].as_str().unwrap().contains("1 of 11 ships"), "{sensor}");
    assert_eq!(state(right)["state"], "ok");
    // A camera has no range, and is told by other words; so is a sensor that gives tracks.
    let camera = RadarErrors { gives: Gives::Bearings, azimuth: 2f64.to_radians(), ..right };
    let sensor = state(RadarErrors { known: false, ..camera });
    assert!(sensor["state"] == "ok" && sensor["registration"]["known"] == false, "{sensor}");
    let sensor = state(RadarErrors { realigned: Some(wrong([0.0; 2], 2.0)), ..camera });
    let told = &sensor["registration"];
    assert!(told["gives"] == "bearings" && told["azimuth_deg"] == 2.0 && told["range_m"].is_null(), "{sensor}");
    let detail = sensor["detail"].as_str().unwrap();
    assert!(
        sensor["state"] == "misaligned" && detail.contains("+2.0°") && detail.contains("pan") && detail.contains("9 crafts")
    );
    let metrics = get(console.address(), "/metrics").body;
    let told = |family: &str| metrics.lines().find(|l| l.starts_with(&format!("haishao_sensor_{family}{{")));
    assert!(told("misaligned").unwrap().ends_with(" 1") && told("azimuth_error_degrees").unwrap().ends_with(" 2"));
    assert_eq!(told("range_error_meters"), None);
    let late = Realigned { clock_s: 7.0, range_m: 150.0, ..wrong([0.0; 2], 1.5) };
    let sensor = state(RadarErrors { gives: Gives::Tracks, realigned: Some(late), ..right });
    let detail = sensor["detail"].as_str().unwrap();
    for words in ["+1.5°", "+150 m", "7 s behind"] {
        assert!(detail.contains(words), "{detail}");
    }
    assert_eq!(sensor["registration"]["told_wrong"]["clock_s"], 7.0);
}

#[test]
fn the_picture_is_geojson_and_a_box_takes_its_part() {
    let console = console(shared());
    let all = get(console.address(), "/api/picture");
    assert_eq!(all.status, 200);
    assert!(all.head.contains("content-type: application/geo+json"));
    let all = all.json();
    assert_eq!(all["type"], "FeatureCollection");
    assert_eq!(all["number"], 9);
    let features = all["features"].as_array().unwrap();
    assert_eq!(features.len(), 4);
    for feature in features {
        // RFC 7946 §3.2: these three members, longitude first.
        assert_eq!(feature["type"], "Feature");
        assert_eq!(feature["geometry"]["type"], "Point");
        let p = &feature["properties"];
        assert_eq!(feature["geometry"]["coordinates"][0], p["lon"]);
        assert_eq!(feature["geometry"]["coordinates"][1], p["lat"]);
        assert_eq!(p["sources"][0], "radar \"east\"");
        assert_eq!(p["seen"][0]["sensor"], "radar \"east\"");
        assert_eq!(p["status"], "confirmed");
        assert_eq!(p["cog_deg"], 36.9);
    }
    assert_eq!(features[0]["properties"]["mmsi"], Value::Null);
    assert_eq!(features[1]["properties"]["mmsi"], 412_000_001);

    let ids = |path: &str| -> Vec<u64> {
        let answer = get(console.address(), path).json();
        answer["features"].as_array().unwrap().iter().map(|f| f["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids("/api/picture?bbox=114.65,22.4,114.85,22.65"), [1, 2]);
    assert_eq!(ids("/api/picture?bbox=114.65%2C22.4%2C114.85%2C22.65"), [1, 2]);
    assert_eq!(ids("/api/picture?bbox=-180,-90,180,90"), [1, 2, 3, 4]);
    assert!(ids("/api/picture?bbox=0,0,1,1").is_empty());
}

#[test]
fn alerts_sensors_and_site_are_told() {
    let console = console(shared());
    let alerts = get(console.address(), "/api/alerts").json();
    let alert = &alerts["alerts"][0];
    assert_eq!(
        (alert["rule"].as_str(), alert["severity"].as_u64(), alert["state"].as_str()),
        (Some("R01"), Some(3), Some("raised"))
    );
    assert_eq!(alert["text"]["zh"], "疑似");
    assert_eq!(alert["evidence"]["sog_lcb90_kn"], 31.5);
    assert_eq!(alert["evidence"]["eo"], Value::Null);

    let sensors = get(console.address(), "/api/sensors").json();
    assert_eq!(sensors["capture"], "off");
    let sensor = &sensors["sensors"][0];
    assert_eq!((sensor["id"].as_str(), sensor["state"].as_str()), (Some("radar \"east\""), Some("ok")));
    assert_eq!(sensor["refused"]["bad-length"], 3);
    assert_eq!(sensor["clock_skew_s"], Value::Null);

    let site = get(console.address(), "/api/site").json();
    assert_eq!((site["name"].as_str(), site["banner"].as_str()), (Some("Bay <script>"), Some("SIMULATED")));
    assert_eq!(site["picture_age_s"], 0.5);
    assert_eq!(site["sensors"][0]["lon"], 114.886);
}

#[test]
fn metrics_are_in_the_format_that_prometheus_reads() {
    let console = console(shared());
    let answer = get(console.address(), "/metrics");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4"));
    let mut family = String::new();
    let mut kinds = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in answer.body.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap().to_owned();
            assert!(!kinds.contains_key(&family), "{family} comes twice");
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, family);
            kinds.insert(family.clone(), kind.to_owned());
        } else {
            // name{label="value",…} number
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            assert!(name.starts_with(&family) && name.starts_with("haishao_"), "{line}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
            let value: f64 = value.parse().unwrap();
            assert!(value.is_finite());
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
        }
    }
    for (name, kind) in &kinds {
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
    }
    assert_eq!(samples["haishao_frames_total"], 12.0);
    assert_eq!(samples["haishao_tracks{status=\"confirmed\"}"], 4.0);
    assert_eq!(samples[r#"haishao_sensor_refused_total{sensor="radar \"east\"",reason="bad-length"}"#], 3.0);
    assert_eq!(samples["haishao_frame_to_picture_seconds_count"], 1.0);
    assert!((0.004..0.0045).contains(&samples["haishao_frame_to_picture_seconds{quantile=\"0.99\"}"]));
}

#[test]
fn the_page_is_whole_or_says_how_it_is_built() {
    let console = console(shared());
    let page = get(console.address(), "/");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self';"), "{}", page.head);
    assert!(page.head.contains("cache-control: no-cache") && page.head.contains("x-content-type-options: nosniff"));
    if haishao::console::is_built() {
        // Every file that the page names is there, and may be kept for ever: its name tells its content.
        let named: Vec<&str> = page.body.split('"').filter(|part| part.starts_with("/assets/")).collect();
        assert!(named.len() >= 2, "{}", page.body);
        for path in named {
            let file = get(console.address(), path);
            assert_eq!(file.status, 200, "{path}");
            assert!(file.head.contains("immutable"), "{path}: {}", file.head);
        }
        let tag = page.head.lines().find_map(|l| l.strip_prefix("etag: ")).unwrap();
        let again =
            format!("GET / HTTP/1.1\r\nHost: {0}\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n", console.address());
        assert_eq!(ask(console.address(), &again).status, 304);
    } else {
        assert!(page.body.contains("make web"), "{}", page.body);
    }
    let gone = get(console.address(), "/assets/index-00000000.js");
    assert_eq!((gone.status, gone.json()["error"].as_str()), (404, Some("not-found")));
    let coast: Value = get(console.address(), "/coast.geojson").json();
    assert!(coast["features"].as_array().unwrap().len() > 100);
    assert!(coast["licence"].as_str().unwrap().contains("LGPL"));
}

#[test]
fn the_interface_is_described_as_it_is() {
    let console = console(shared());
    let described = get(console.address(), "/api/openapi.json").json();
    // Routes as the server's source has them: `.route("/api/replay", get(…).post(…))`.
    let source = include_str!("../../src/console/server.rs");
    let mut served = Vec::new();
    for (at, _) in source.match_indices(".route(\"") {
        let rest = &source[at + ".route(\"".len()..];
        let (path, handlers) = rest.split_once("\", ").unwrap();
        let handlers = &handlers[..handlers.find('\n').unwrap()];
        for method in ["get", "post", "put", "delete"] {
            if handlers.starts_with(&format!("{method}(")) || handlers.contains(&format!(").{method}(")) {
                served.push(format!("{method} {path}"));
            }
        }
    }
    let mut told: Vec<String> = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        told.extend(methods.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    served.sort();
    told.sort();
    assert!(served.len() > 10);
    assert_eq!(served, told);
}

#[test]
fn wrong_questions_get_clear_answers() {
    let console = console(shared());
    let to = console.address();
    for (path, status, word, says) in [
        ("/api/picture?bbox=1,2,3", 400, "bad-query", "not 3"),
        ("/api/picture?bbox=a,2,3,4", 400, "bad-query", "\"a\" is not a number"),
        ("/api/picture?bbox=3,2,1,4", 400, "bad-query", "west 3 is beyond east 1"),
        ("/api/picture?box=1,2,3,4", 400, "bad-query", "no parameter \"box\""),
        ("/api/tracks", 404, "not-found", "nothing at /api/tracks; there are: /"),
        ("/../etc/passwd", 404, "not-found", "nothing at"),
    ] {
        let answer = get(to, path);
        assert_eq!(answer.status, status, "{path}");
        let json = answer.json();
        assert_eq!(json["error"], word, "{path}");
        assert!(json["message"].as_str().unwrap().contains(says), "{path}: {json}");
    }
    let post = ask(to, &format!("POST /api/alerts HTTP/1.1\r\nHost: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    assert_eq!(post.status, 405);
    assert!(post.head.contains("allow: get,head"), "{}", post.head);
    assert_eq!(post.json()["message"], "/api/alerts takes GET, not POST");

    let rebound = ask(to, "GET /api/picture HTTP/1.1\r\nHost: tracks.example.org\r\nConnection: close\r\n\r\n");
    assert_eq!(rebound.status, 421);
    assert_eq!(rebound.json()["error"], "foreign-host");
    // Not HTTP at all: refused, and the console lives on.
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(b"\x00\xFF\x0D\x0A\x0D\x0A").unwrap();
    drop(stream);
    assert_eq!(get(to, "/healthz").status, 200);
}

#[test]
fn health_follows_the_picture() {
    let site = shared().site.clone();
    let shared = Arc::new(Shared::new(site, None));
    let console = console(shared.clone());
    let before = get(console.address(), "/healthz");
    assert_eq!((before.status, before.json()["error"].as_str()), (503, Some("starting")));
    shared.picture.store(Arc::new(Picture::new(NOW.plus_seconds(-2.0), 1, Vec::new())));
    assert_eq!(get(console.address(), "/healthz").json()["picture_age_s"], 2.0);
    shared.picture.store(Arc::new(Picture::new(NOW.plus_seconds(-11.0), 2, Vec::new())));
    let stalled = get(console.address(), "/healthz");
    assert_eq!((stalled.status, stalled.json()["error"].as_str()), (503, Some("stalled")));
}

#[test]
fn a_port_in_use_and_a_wrong_address_are_told_with_the_way_out() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let held = holder.local_addr().unwrap().to_string();
    let error = serve(&held, shared(), clock).unwrap_err().to_string();
    assert!(error.contains(&held) && error.contains("in use") && error.contains("--listen"), "{error}");
    let error = serve("nonsense", shared(), clock).unwrap_err().to_string();
    assert!(error.contains("nonsense") && error.contains("ADDR:PORT"), "{error}");
}

#[test]
fn a_stop_closes_the_port_soon_even_with_an_idle_connection_open() {
    let console = console(shared());
    let to = console.address();
    let mut idle = TcpStream::connect(to).unwrap();
    idle.write_all(format!("GET /healthz HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes()).unwrap();
    let mut first = [0; 64];
    assert!(idle.read(&mut first).unwrap() > 0);
    let half_asked = TcpStream::connect(to).unwrap();
    #[expect(clippy::disallowed_methods, reason = "measures how long a stop takes")]
    let began = Instant::now();
    console.stop();
    // DESIGN §4 gives the whole process 5 s.
    assert!(began.elapsed() < Duration::from_secs(4));
    assert!(TcpStream::connect(to).is_err());
    drop(half_asked);
}
