//! Camera reports of the scenes, encoded by Google's protobuf library, against the tables they were made from.

use haishao::config;
use haishao::feed::pcap::PcapReader;
use haishao::model::{FeedAddress, FeedId, Frame, Report, ReportKind, Site, Timestamp};
use haishao::publish::sapient_lines::message_line;
use haishao::wire::sapient::{MAX_FRAME_BYTES, SapientDecoder, frame_length, messages};
use haishao::wire::{Decode, Refusal, WireHealth};
use proptest::prelude::*;

use crate::shared;

/// Scene time 0 (scenes/README.md).
const EPOCH: Timestamp = Timestamp::from_secs(1_773_504_000);
/// What the captures were checked to by their maker: 0.003° and 4 ms.
const AZIMUTH_DEG: f64 = 0.003;
const TIME_S: f64 = 0.004;

const SCENES: [&str; 6] = ["S2_coast_1", "S2_coast_2", "S3_dense_1", "S3_dense_2", "S4_storm_1", "S4_storm_2"];

type Datagrams = Vec<(Timestamp, Vec<u8>)>;

/// The camera's feed and its datagrams.
fn camera(scene: &str) -> Option<(Site, FeedId, Datagrams)> {
    let folder = shared::data(&format!("scenes/wire/{scene}"))?;
    let site = config::load(&folder.join("site.toml")).unwrap().site;
    let camera = site.sensors.iter().find(|s| s.id == "E1").unwrap();
    let FeedAddress::Udp { port, .. } = site.feeds[usize::from(camera.feed.0)] else { panic!("not UDP") };
    let mut reader = PcapReader::open(folder.join("capture.pcap.gz")).unwrap();
    let mut datagrams = Vec::new();
    while let Some(d) = reader.next_datagram().unwrap() {
        if d.destination.1 == port {
            datagrams.push((d.at, d.bytes));
        }
    }
    let feed = camera.feed;
    Some((site, feed, datagrams))
}

fn decode(site: &Site, feed: FeedId, datagrams: &[(Timestamp, Vec<u8>)]) -> (Vec<Report>, WireHealth) {
    let mut decoder = SapientDecoder::new(site, feed);
    let (mut reports, mut health) = (Vec::new(), WireHealth::default());
    for (received_at, bytes) in datagrams {
        decoder.decode(Frame { feed, received_at: *received_at, bytes }, &mut reports, &mut health);
    }
    (reports, health)
}

#[test]
fn every_bearing_of_the_scenes() {
    for scene in SCENES {
        let Some((site, feed, datagrams)) = camera(scene) else { return };
        let Some(table) = shared::data(&format!("scenes/{scene}/eo.csv")) else { return };
        let table = String::from_utf8(shared::read(&table)).unwrap();
        let rows: Vec<(f64, f64, f64)> = table
            .lines()
            .skip(1)
            .map(|line| {
                let f: Vec<&str> = line.split(',').collect();
                assert_eq!(f[0], "E1");
                (f[1].parse().unwrap(), f[2].parse().unwrap(), f[3].parse().unwrap())
            })
            .collect();
        let (reports, health) = decode(&site, feed, &datagrams);
        assert_eq!(health.refused_total(), 0, "{scene}: {:?}", health.refused);
        assert_eq!(health.decoded, datagrams.len() as u64);
        assert_eq!(health.ignored[&Refusal("registration")], 1);
        // Status every ten seconds, from the place the site has.
        assert_eq!(health.ignored[&Refusal("status")] + rows.len() as u64 + 1, health.decoded);
        assert_eq!(reports.len(), rows.len(), "{scene}");
        assert!(rows.len() > 300, "{scene}: {} rows convince nobody", rows.len());
        let mut objects = std::collections::BTreeSet::new();
        for (report, (t, t_rx, azimuth_deg)) in reports.iter().zip(rows) {
            assert_eq!(site.sensor(report.sensor).unwrap().id, "E1");
            let ReportKind::Bearing(bearing) = &report.kind else { panic!("{report:?}") };
            let off = (bearing.azimuth.to_degrees() - azimuth_deg + 180.0).rem_euclid(360.0) - 180.0;
            assert!(off.abs() <= AZIMUTH_DEG, "{scene} at {t}: {off}°");
            assert!((0.0..std::f64::consts::TAU).contains(&bearing.azimuth));
            assert!((bearing.sigma_azimuth.unwrap().to_degrees() - 0.06).abs() < 1e-9);
            assert!((report.t.seconds_since(EPOCH) - t).abs() <= TIME_S, "{scene} at {t}");
            assert!((report.received_at.seconds_since(EPOCH) - t_rx).abs() <= TIME_S, "{scene} at {t}");
            objects.insert(bearing.object.clone().unwrap());
        }
        // The camera declared that it does not track: every detection has an object of its own.
        assert_eq!(objects.len(), reports.len());
    }
}

#[test]
fn lines_are_json_and_hold_what_was_sent() {
    let Some((_, _, datagrams)) = camera("S2_coast_1") else { return };
    let mut out = Vec::new();
    for (_, bytes) in &datagrams {
        for message in messages(bytes) {
            message_line(&message.unwrap(), &mut out);
        }
    }
    let lines: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), datagrams.len());
    assert_eq!(lines[0]["kind"], "registration");
    assert_eq!(lines[0]["short_name"], "E1");
    let status = lines.iter().find(|l| l["kind"] == "status").unwrap();
    assert_eq!((&status["system"], &status["lat"]), (&"ok".into(), &22.200_541_2.into()));
    let first = lines.iter().find(|l| l["kind"] == "detection").unwrap();
    assert_eq!(first["node_id"], "19278443-c4b4-54bc-b10c-1ca9859b1627");
    assert_eq!(first["t"], 1_773_504_000.0);
    assert_eq!(first["azimuth_deg"], 357.358);
    assert_eq!(first["sigma_azimuth_deg"], 0.06);
    assert!(first["range_m"].is_null() && first["lat"].is_null());
}

#[test]
fn a_stream_splits_by_length() {
    let Some((site, feed, datagrams)) = camera("S2_coast_1") else { return };
    let whole: Vec<u8> = datagrams.iter().flat_map(|(_, b)| b.iter().copied()).collect();
    let (mut rest, mut frames) = (&whole[..], Vec::new());
    while let Some(length) = frame_length(rest) {
        assert!(length <= MAX_FRAME_BYTES);
        let (frame, after) = rest.split_at(length);
        frames.push((EPOCH, frame.to_vec()));
        rest = after;
    }
    assert!(rest.is_empty());
    let (as_datagrams, _) = decode(&site, feed, &datagrams);
    let (as_stream, _) = decode(&site, feed, &frames);
    assert_eq!(as_stream.len(), as_datagrams.len());
    assert!(as_stream.iter().zip(&as_datagrams).all(|(a, b)| a.t == b.t && a.kind == b.kind));
}

/// Bytes of one message by hand, so that the test does not lean on the types it tests.
mod by_hand {
    pub fn field(number: u8, body: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, body.len() as u8], body].concat()
    }
    pub fn double(number: u8, value: f64) -> Vec<u8> {
        [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
    }
    pub fn integer(number: u8, value: u8) -> Vec<u8> {
        vec![number << 3, value]
    }
    pub fn frame(node: &str, content: Vec<u8>) -> Vec<u8> {
        let body = [field(2, node.as_bytes()), content].concat();
        [&(body.len() as u32).to_le_bytes()[..], &body].concat()
    }
    /// A detection at `place` (fields 5 or 6).
    pub fn detection(object: &str, place: Vec<u8>, more: Vec<u8>) -> Vec<u8> {
        field(7, &[field(2, object.as_bytes()), place, more].concat())
    }
}

#[test]
fn detections_with_a_place_are_plots_or_tracks_as_the_node_declared() {
    use by_hand::*;
    let Some((site, feed, _)) = camera("S2_coast_1") else { return };
    let received_at = EPOCH;
    let mut decoder = SapientDecoder::new(&site, feed);
    let mut take = |bytes: Vec<u8>| {
        let (mut out, mut health) = (Vec::new(), WireHealth::default());
        decoder.decode(Frame { feed, received_at, bytes: &bytes }, &mut out, &mut health);
        (out, health)
    };
    let location = field(6, &[double(1, 114.3), double(2, 22.3), integer(7, 1), integer(8, 1)].concat());
    let polar =
        field(5, &[double(2, 90.0), double(3, 1.5), double(5, 0.5), double(6, 0.02), integer(7, 3), integer(8, 1)].concat());
    // Field 19, 18 bytes long: its key, 19 << 3 | 2 = 154, takes two bytes.
    let enu = [vec![0x9a, 0x01, 18], double(1, 36.0), double(2, -18.0)].concat();

    // Nothing declared: its own tracker may be behind it, so it is a track. Units of speed are unknown: no velocity.
    let (out, _) = take(frame("n", detection("A", location.clone(), enu.clone())));
    let ReportKind::SensorTrack(track) = &out[0].kind else { panic!("{out:?}") };
    assert_eq!((track.number, track.velocity), (0, None));
    let haishao::model::Place::Geodetic(at) = track.place else { panic!() };
    assert!((at.lat_deg() - 22.3).abs() < 1e-12 && (at.lon_deg() - 114.3).abs() < 1e-12);
    assert_eq!((out[0].t, out[0].received_at), (received_at, received_at), "no timestamp: that of arrival");

    // km/h declared, tracking.
    let declared = field(4, &field(7, &[integer(7, 3), field(10, &field(6, &field(4, &integer(1, 2))))].concat()));
    assert_eq!(take(frame("n", declared)).1.ignored[&Refusal("registration")], 1);
    let (out, _) = take(frame("n", detection("B", polar.clone(), enu.clone())));
    let ReportKind::SensorTrack(track) = &out[0].kind else { panic!("{out:?}") };
    assert_eq!(track.number, 1);
    let [ve, vn] = track.velocity.unwrap();
    assert!((ve - 10.0).abs() < 1e-12 && (vn + 5.0).abs() < 1e-12);
    let haishao::model::Place::Polar { range_m, azimuth } = track.place else { panic!() };
    assert!((range_m - 1500.0).abs() < 1e-9 && (azimuth.to_degrees() - 90.0).abs() < 1e-12);
    let [ee, en, nn] = track.position_cov.unwrap();
    assert!((ee - 400.0).abs() < 1e-6 && en.abs() < 1e-6 && (nn - (1500.0 * 0.5f64.to_radians()).powi(2)).abs() < 1e-6);
    let (out, _) = take(frame("n", detection("A", polar.clone(), field(4, b"lost"))));
    let ReportKind::SensorTrack(track) = &out[0].kind else { panic!("{out:?}") };
    assert_eq!((track.number, track.status), (0, haishao::model::SensorTrackStatus::Lost));

    // Declared not to track.
    let _ = take(frame("n", field(4, &field(7, &integer(7, 1)))));
    let (out, _) = take(frame("n", detection("A", polar, vec![])));
    assert!(matches!(out[0].kind, ReportKind::Plot(_)), "{out:?}");

    // What is no use is counted.
    assert_eq!(take(frame("n", field(8, b""))).1.ignored[&Refusal("task")], 1);
    assert_eq!(take(frame("n", field(10, &field(1, b"x")))).1.ignored[&Refusal("alert")], 1);
    assert_eq!(take(frame("n", vec![])).1.refused[&Refusal("no-content")], 1);
    assert_eq!(take(frame("", field(8, b""))).1.refused[&Refusal("bad-node-id")], 1);
    assert_eq!(take(frame("n", detection("A", vec![], vec![]))).1.refused[&Refusal("no-place")], 1);
    let far = field(6, &field(7, &[double(1, 114.0), double(2, 22.0), integer(7, 1)].concat()));
    assert_eq!(take(frame("n", far)).1.ignored[&Refusal("node-position-differs")], 1);
}

#[test]
fn a_clock_that_was_never_set_gives_way_to_the_time_of_arrival() {
    use by_hand::*;
    let Some((site, feed, _)) = camera("S2_coast_1") else { return };
    let polar = field(5, &[double(2, 90.0), integer(7, 1), integer(8, 1)].concat());
    let body = [field(1, &integer(1, 100)), detection("A", polar, vec![])].concat();
    let (reports, health) = decode(&site, feed, &[(EPOCH, frame("n", body))]);
    assert_eq!(reports[0].t, EPOCH);
    assert_eq!(health.ignored[&Refusal("clock-off")], 1);
}

#[test]
fn nodes_and_objects_without_end_take_bounded_memory() {
    use by_hand::*;
    let Some((site, feed, _)) = camera("S2_coast_1") else { return };
    let polar = field(5, &[double(2, 90.0), double(3, 9.0), integer(7, 1), integer(8, 1)].concat());
    let mut decoder = SapientDecoder::new(&site, feed);
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    for i in 0..20_000 {
        out.clear();
        let bytes = frame(&format!("node{}", i % 1000), detection(&format!("object{i}"), polar.clone(), vec![]));
        decoder.decode(Frame { feed, received_at: EPOCH, bytes: &bytes }, &mut out, &mut health);
        assert_eq!(out.len(), 1);
    }
    assert_eq!(health.refused_total(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), framed in any::<bool>()) {
        let (site, feed) = two_cameras();
        let framed = if framed { [&(bytes.len() as u32).to_le_bytes()[..], &bytes].concat() } else { bytes };
        let (reports, health) = decode(&site, feed, &[(EPOCH, framed)]);
        prop_assert_eq!(reports.len() as u64, health.reports);
    }
}

/// A site with two cameras on one feed, so that the finding of the node is in it.
fn two_cameras() -> (Site, FeedId) {
    let text = "[site]\nname = \"x\"\norigin = { lat = 22.2, lon = 114.25 }\n\
        [[sensor]]\nid = \"E1\"\nkind = \"camera\"\nformat = \"sapient\"\nfeed = \"udp://0.0.0.0:14000\"\n\
        position = { lat = 22.2, lon = 114.26, height_m = 0.0 }\nsigma_azimuth_deg = 0.06\nfov_deg = 18\nmax_range_m = 7000\n\
        [[sensor]]\nid = \"E2\"\nkind = \"camera\"\nformat = \"sapient\"\nfeed = \"udp://0.0.0.0:14000\"\n\
        position = { lat = 22.3, lon = 114.26, height_m = 0.0 }\nsigma_azimuth_deg = 0.06\nfov_deg = 18\nmax_range_m = 7000\n";
    let site = config::parse(text, std::path::Path::new("site.toml")).unwrap().site;
    let feed = site.sensors[0].feed;
    (site, feed)
}

#[test]
fn two_cameras_on_a_feed_are_told_apart_by_name() {
    use by_hand::*;
    let (site, feed) = two_cameras();
    let polar = field(5, &[double(2, 90.0), integer(7, 1), integer(8, 1)].concat());
    let from = |node: &str| (EPOCH, frame(node, detection("A", polar.clone(), vec![])));
    let registers = (EPOCH, frame("u-u-i-d", field(4, &field(4, b"E2"))));
    let (reports, health) = decode(&site, feed, &[from("u-u-i-d"), registers, from("u-u-i-d"), from("E1")]);
    assert_eq!(health.refused[&Refusal("unknown-node")], 1);
    let names: Vec<&str> = reports.iter().map(|r| site.sensor(r.sensor).unwrap().id.as_str()).collect();
    assert_eq!(names, ["E2", "E1"]);
}

#[test]
fn mutated_messages_never_panic() {
    let Some((site, feed, datagrams)) = camera("S2_coast_1") else { return };
    // A small generator of our own keeps the mutations the same from run to run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut decoder = SapientDecoder::new(&site, feed);
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    for i in 0..100_000 {
        // Registrations are rare and the richest.
        let (received_at, original) = &datagrams[if i % 4 == 0 { 0 } else { next(datagrams.len()) }];
        let mut bytes = original.clone();
        for _ in 0..=next(4) {
            match next(5) {
                0 => bytes.truncate(next(bytes.len() + 1)),
                1 => bytes.insert(next(bytes.len() + 1), next(256) as u8),
                2 if !bytes.is_empty() => drop(bytes.remove(next(bytes.len()))),
                _ if !bytes.is_empty() => {
                    let at = next(bytes.len());
                    bytes[at] ^= 1 << next(8);
                }
                _ => {}
            }
        }
        if i % 2 == 0 && bytes.len() > 4 {
            let length = (bytes.len() - 4) as u32;
            bytes[..4].copy_from_slice(&length.to_le_bytes());
        }
        out.clear();
        decoder.decode(Frame { feed, received_at: *received_at, bytes: &bytes }, &mut out, &mut health);
        for report in &out {
            match &report.kind {
                ReportKind::Bearing(b) => assert!((0.0..std::f64::consts::TAU).contains(&b.azimuth)),
                ReportKind::SensorTrack(t) => assert!(t.velocity.is_none_or(|v| v.iter().all(|c| c.is_finite()))),
                _ => {}
            }
        }
    }
    assert!(health.refused_total() > 10_000 && health.decoded > 10_000, "{health:?}");
}
