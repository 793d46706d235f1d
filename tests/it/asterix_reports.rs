//! What a radar's datagrams become: reports of the right sensor at the right time, and refusals that are counted.

use haishao::feed::pcap::PcapReader;
use haishao::geo::GeodeticHeight;
use haishao::model::{
    AmplitudeScale, FeedAddress, FeedId, Frame, Place, Report, ReportKind, Sensor, SensorId, SensorKind, SensorTrackStatus,
    Site, Timestamp, WireFormat,
};
use haishao::publish::asterix_lines::AsterixLines;
use haishao::wire::asterix::encode::{RadarPlot, RecordBuilder, write_block, write_plots};
use haishao::wire::asterix::statement::Source;
use haishao::wire::asterix::tables::{CAT010, CAT048};
use haishao::wire::asterix::{AsterixDecoder, Field};
use haishao::wire::{Decode, Refusal, WireHealth};
use serde_json::Value;

use crate::shared;

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/asterix");

fn lines(path: impl AsRef<std::path::Path>) -> (Vec<Value>, WireHealth) {
    let (mut out, mut health, mut lines) = (Vec::new(), WireHealth::default(), AsterixLines::default());
    for datagram in PcapReader::open(path).unwrap() {
        let datagram = datagram.unwrap();
        lines.datagram(&datagram.bytes, Some(datagram.at), &mut out, &mut health);
    }
    let text = String::from_utf8(out).unwrap();
    (text.lines().map(|l| serde_json::from_str(l).unwrap()).collect(), health)
}

fn steps(a: &Value, b: f64, step: f64) -> f64 {
    (a.as_f64().unwrap() - b).abs() / step
}

#[test]
fn the_made_capture_decodes_to_its_truth() {
    let truth: Value = serde_json::from_slice(&std::fs::read(format!("{SHIPPED}/truth.json")).unwrap()).unwrap();
    let (lines, health) = lines(format!("{SHIPPED}/synth_cat010_034_048_062_065.pcap"));
    assert_eq!((health.refused_total(), health.ignored.len()), (0, 0));
    let of =
        |category: u64| lines.iter().filter(move |l| l["category"] == category && l["kind"] == "track").collect::<Vec<_>>();
    let (cat010, cat048, cat062) = (of(10), of(48), of(62));
    let targets = truth["targets"].as_array().unwrap();
    assert_eq!([cat010.len(), cat048.len(), cat062.len()], [targets.len(); 3]);
    // Half a step of each item, and the printed decimals.
    const HALF: f64 = 0.5 + 0.05;
    for (i, target) in targets.iter().enumerate() {
        let t = |key: &str| target[key].as_f64().unwrap();
        let (a, b, c) = (cat010[i], cat048[i], cat062[i]);
        for line in [a, b] {
            assert_eq!((&line["sac"], &line["sic"], &line["track_number"]), (&truth["sac"], &truth["sic"], &target["id"]));
            assert!(steps(&line["time_of_day_s"], t("t"), 1.0 / 128.0) <= HALF);
            assert!(steps(&line["azimuth_deg"], t("theta"), 360.0 / 65_536.0) <= HALF);
        }
        // I010/041, 040, 042 (to 32 767 m), 202.
        assert!(
            steps(&a["lat"], t("lat"), 180.0 / 2f64.powi(31)) <= HALF
                && steps(&a["lon"], t("lon"), 180.0 / 2f64.powi(31)) <= HALF
        );
        assert!(steps(&a["range_m"], t("rho"), 1.0) <= HALF);
        assert!(a["x_m"].is_null() || steps(&a["x_m"], t("x"), 1.0) <= HALF && steps(&a["y_m"], t("y"), 1.0) <= HALF);
        assert!(steps(&a["vx"], t("vx"), 0.25) <= HALF && steps(&a["vy"], t("vy"), 0.25) <= HALF, "{a}");
        // 44 kn is 44 kn, not the 11 kn that a step of 1/16 m/s would make.
        if target["id"] == 101 {
            let speed = a["vx"].as_f64().unwrap().hypot(a["vy"].as_f64().unwrap());
            assert!((speed - 22.6).abs() < 0.25);
        }
        assert_eq!(a["amplitude"], 120);
        assert_eq!(a["length_m"].as_f64().unwrap(), t("length").min(127.0), "I010/270 ends at 127 m");
        assert_eq!(a["pos_cov_m2"], serde_json::json!([64.0, -1.5, 36.0]));
        // I048/040, and I048/200 in steps of 2^-14 NM/s and 360/2^16 degrees: less than 0.06 m/s here.
        assert!(steps(&b["range_m"], t("rho"), 1852.0 / 256.0) <= HALF);
        assert!(steps(&b["vx"], t("vx"), 0.12) <= HALF && steps(&b["vy"], t("vy"), 0.12) <= HALF);
        // I062/105, 185. Its numbers are those of the fused track.
        assert!(
            steps(&c["lat"], t("lat"), 180.0 / 2f64.powi(25)) <= HALF
                && steps(&c["lon"], t("lon"), 180.0 / 2f64.powi(25)) <= HALF
        );
        assert!(steps(&c["vx"], t("vx"), 0.25) <= HALF && steps(&c["vy"], t("vy"), 0.25) <= HALF);
        assert_eq!(c["track_number"].as_u64().unwrap(), 2000 + target["id"].as_u64().unwrap());
    }
    // Starts of update cycles, north markers and ends of batches, four each.
    for (category, n) in [(10, 4), (34, 4), (65, 4)] {
        assert_eq!(lines.iter().filter(|l| l["category"] == category && l["kind"] == "status").count(), n);
    }
}

#[test]
fn a_pre_standard_stream_yields_refusals_and_no_track() {
    let Some(path) = shared::data("radar/asterix/ccl_asterix.pcap") else { return };
    let (lines, health) = lines(path);
    assert!(lines.is_empty(), "{lines:?}");
    assert_eq!((health.frames, health.decoded), (100, 0));
    // Every datagram is refused at least once; a record refused for its time leaves the next in its block to be tried.
    let counts: Vec<_> = health.refused.iter().map(|(r, n)| (r.0, *n)).collect();
    assert_eq!(counts, [("bad-fspec", 27), ("bad-time-of-day", 43), ("record-overrun", 43), ("undefined-item", 17)]);
}

/// Records from another project's tests: what each is, or why it is refused.
const RECORDS: [(&str, Result<&str, &str>); 9] = [
    ("cat001ed1.1", Ok("plot")),
    ("cat002ed1.0", Ok("status")),
    // Edition 0.24 with a vendor's profile: its slots hold other items than those of edition 1.1.
    ("cat010ed0.24_sensis", Err("record-overrun")),
    ("cat010ed0.31", Ok("track")),
    ("cat034ed1.26", Ok("status")),
    ("cat048ed1.15", Ok("track")),
    ("cat048ed1.23", Ok("track")),
    ("cat062ed1.12", Ok("track")),
    ("cat062ed1.16", Ok("track")),
];

#[test]
fn single_records_of_many_editions_decode_or_are_refused_with_their_reason() {
    for (name, expected) in RECORDS {
        let Some(path) = shared::data(&format!("radar/asterix/records/jasterix_{name}.bin")) else { continue };
        let (mut out, mut health) = (Vec::new(), WireHealth::default());
        AsterixLines::default().datagram(&std::fs::read(path).unwrap(), None, &mut out, &mut health);
        let line: Option<Value> = serde_json::from_slice(&out).ok();
        let found = match &line {
            Some(line) => Ok(line["kind"].as_str().unwrap()),
            None => Err(health.refused.keys().next().unwrap().0),
        };
        assert_eq!(found, expected, "{name}");
        if name == "cat062ed1.12" {
            // I062/105 by hand: 0x008152c4 and 0x00314d24 steps of 180/2^25 degrees.
            let line = line.unwrap();
            assert!(
                (line["lat"].as_f64().unwrap() - 45.465_223).abs() < 1e-6
                    && (line["lon"].as_f64().unwrap() - 17.332_499).abs() < 1e-6
            );
        }
    }
}

fn sensor(id: &str, sac_sic: Option<(u8, u8)>) -> Sensor {
    Sensor {
        position: Some(GeodeticHeight::from_degrees(22.2, 114.25, 110.0)),
        sac_sic,
        scan_s: Some(2.5),
        amplitude: Some(AmplitudeScale { db_per_count: 0.2, offset_db: -3.0 }),
        ..Sensor::new(id, SensorKind::Radar, WireFormat::Asterix, FeedId(0))
    }
}

fn site(sensors: Vec<Sensor>) -> Site {
    Site {
        name: "test".to_owned(),
        origin: GeodeticHeight::from_degrees(22.2, 114.25, 0.0),
        sensors,
        feeds: vec![FeedAddress::Udp { host: "239.192.0.11".to_owned(), port: 8600 }],
    }
}

fn decode(decoder: &mut AsterixDecoder, at: Timestamp, bytes: &[u8]) -> (Vec<Report>, WireHealth) {
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    decoder.decode(Frame { feed: FeedId(0), received_at: at, bytes }, &mut out, &mut health);
    assert_eq!((health.frames, health.reports), (1, out.len() as u64));
    (out, health)
}

fn plots(source: (u8, u8), times_of_day_s: &[f64]) -> Vec<u8> {
    let plots: Vec<_> = times_of_day_s
        .iter()
        .map(|&time_of_day_s| RadarPlot {
            source: Source { sac: source.0, sic: source.1 },
            time_of_day_s,
            range_m: 5000.0,
            azimuth: 1.0,
            amplitude: Some(100),
        })
        .collect();
    let mut out = Vec::new();
    write_plots(&plots, &mut out).unwrap();
    out
}

const NOON: Timestamp = Timestamp::from_secs(1_773_489_600);

#[test]
fn the_source_chooses_the_sensor_and_strangers_are_refused() {
    let mut decoder = AsterixDecoder::new(&site(vec![sensor("a", Some((1, 11))), sensor("b", Some((1, 12)))]), FeedId(0));
    let (reports, _) = decode(&mut decoder, NOON, &plots((1, 12), &[43_200.0]));
    assert_eq!(reports[0].sensor, SensorId(1));
    let ReportKind::Plot(plot) = reports[0].kind else { panic!() };
    assert_eq!(plot.snr_db, Some(17.0));
    let (reports, health) = decode(&mut decoder, NOON, &plots((1, 13), &[43_200.0, 43_200.1]));
    assert!(reports.is_empty());
    assert_eq!(health.refused.get(&Refusal("unknown-source")), Some(&2));

    let mut decoder = AsterixDecoder::new(&site(vec![sensor("rest", None), sensor("b", Some((1, 12)))]), FeedId(0));
    for (source, wanted) in [((1, 12), SensorId(1)), ((1, 13), SensorId(0)), ((0, 0), SensorId(0))] {
        assert_eq!(decode(&mut decoder, NOON, &plots(source, &[43_200.0])).0[0].sensor, wanted);
    }
}

#[test]
fn time_of_day_keeps_its_date_across_midnight() {
    let mut decoder = AsterixDecoder::new(&site(vec![sensor("a", None)]), FeedId(0));
    let midnight = Timestamp::from_civil(2026, 3, 15, 0, 0, 0, 0).unwrap();
    // Received just after, seen just before; and one whose clock is ahead.
    let (reports, _) = decode(&mut decoder, midnight.plus_seconds(0.2), &plots((1, 1), &[86_399.75, 0.125]));
    assert_eq!(reports[0].t, midnight.plus_seconds(-0.25));
    assert_eq!(reports[1].t, midnight.plus_seconds(0.125));
    let (reports, _) = decode(&mut decoder, midnight.plus_seconds(-0.5), &plots((1, 1), &[0.25]));
    assert_eq!(reports[0].t, midnight.plus_seconds(0.25));
    // What rounds up to 24 h is midnight.
    let (reports, _) = decode(&mut decoder, midnight.plus_seconds(0.1), &plots((1, 1), &[86_399.999]));
    assert_eq!(reports[0].t, midnight);
}

#[test]
fn a_datagram_heard_by_two_networks_counts_once_and_a_target_seen_twice_counts_twice() {
    let mut decoder = AsterixDecoder::new(&site(vec![sensor("a", None)]), FeedId(0));
    let datagram = plots((1, 1), &[43_200.0, 43_200.0078125]);
    assert_eq!(decode(&mut decoder, NOON, &datagram).0.len(), 2);
    let (reports, health) = decode(&mut decoder, NOON.plus_seconds(0.004), &datagram);
    assert!(reports.is_empty());
    assert_eq!(health.ignored.get(&Refusal("dual-lan-repeat")), Some(&1));
    // The same place one step of the clock later is another look.
    assert_eq!(decode(&mut decoder, NOON.plus_seconds(0.005), &plots((1, 1), &[43_200.0078125])).0.len(), 1);
    // The same bytes much later (a clock that stands, a day that has passed) are not a repeat.
    assert_eq!(decode(&mut decoder, NOON.plus_seconds(2.5), &datagram).0.len(), 2);
    assert_eq!(decode(&mut decoder, NOON.plus_seconds(86_400.0), &datagram).0.len(), 2);
    // Records without a time are never repeats: two equal looks are two looks.
    static SAC: Field = Field::of(&CAT010, "010", "SAC");
    static MESSAGE: Field = Field::of(&CAT010, "000", "");
    static RHO: Field = Field::of(&CAT010, "040", "RHO");
    let mut untimed = RecordBuilder::new(&CAT010);
    untimed.raw(&SAC, 1).unwrap().raw(&MESSAGE, 1).unwrap().raw(&RHO, 700).unwrap();
    let mut datagram = Vec::new();
    write_block(&CAT010, [&untimed], &mut datagram).unwrap();
    for _ in 0..2 {
        assert_eq!(decode(&mut decoder, NOON, &datagram).0.len(), 1);
    }
}

#[test]
fn what_is_refused_loses_nothing_else_in_its_datagram() {
    let mut decoder = AsterixDecoder::new(&site(vec![sensor("a", None)]), FeedId(0));
    let good = plots((1, 1), &[43_200.0]);
    // Category 010 slot 26 is spare: FSPEC 01 01 01 08 names it.
    let undefined = [10, 0, 7, 1, 1, 1, 8];
    // A plot that ends one octet before its block says.
    let mut cut = good.clone();
    cut.pop();
    cut[2] -= 1;
    let private = [0, 0, 5, 0xFF, 0xFF];
    let mut datagram = Vec::new();
    for block in [&private[..], &good, &undefined, &plots((1, 1), &[43_200.5]), &cut, &plots((1, 1), &[43_201.0]), &[10, 0, 2]]
    {
        datagram.extend_from_slice(block);
    }
    let (reports, health) = decode(&mut decoder, NOON, &datagram);
    assert_eq!(reports.len(), 3);
    let refused: Vec<_> = health.refused.iter().map(|(r, n)| (r.0, *n)).collect();
    assert_eq!(refused, [("bad-block-length", 1), ("record-overrun", 1), ("undefined-item", 1)]);
    assert_eq!(health.ignored.get(&Refusal("other-category")), Some(&1));
}

#[test]
fn test_targets_and_simulated_ones_never_reach_the_picture() {
    static SIM: Field = Field::of(&CAT010, "020", "SIM");
    static TST: Field = Field::of(&CAT010, "020", "TST");
    static RAB: Field = Field::of(&CAT010, "020", "RAB");
    let mut decoder = AsterixDecoder::new(&site(vec![sensor("a", None)]), FeedId(0));
    let plot = RadarPlot { source: Source::default(), time_of_day_s: 43_200.0, range_m: 1.0, azimuth: 0.0, amplitude: None };
    for (field, reason) in [(&SIM, "simulated-target"), (&TST, "test-target"), (&RAB, "field-monitor")] {
        let mut record = plot.record().unwrap();
        record.raw(field, 1).unwrap();
        let mut datagram = Vec::new();
        write_block(&CAT010, [&record], &mut datagram).unwrap();
        let (reports, health) = decode(&mut decoder, NOON, &datagram);
        assert!(reports.is_empty());
        assert_eq!(health.ignored.get(&Refusal(reason)), Some(&1));
    }
}

#[test]
fn a_track_number_used_again_is_another_life() {
    static NUMBER: Field = Field::of(&CAT048, "161", "TRN");
    static RHO: Field = Field::of(&CAT048, "040", "RHO");
    static TRE: Field = Field::of(&CAT048, "170", "TRE");
    static SAC: Field = Field::of(&CAT048, "010", "SAC");
    let mut decoder = AsterixDecoder::new(&site(vec![sensor("a", None)]), FeedId(0));
    let mut look = |after_s: f64, place: bool, ends: bool| {
        let mut record = RecordBuilder::new(&CAT048);
        record.raw(&SAC, 1).unwrap().raw(&NUMBER, 730).unwrap();
        if place {
            record.quantity(&RHO, 3.0).unwrap();
        }
        if ends {
            record.raw(&TRE, 1).unwrap();
        }
        let mut datagram = Vec::new();
        write_block(&CAT048, [&record], &mut datagram).unwrap();
        let (reports, health) = decode(&mut decoder, NOON.plus_seconds(after_s), &datagram);
        let Some(report) = reports.first() else {
            assert_eq!(health.ignored.get(&Refusal("track-end-without-position")), Some(&1));
            return None;
        };
        let ReportKind::SensorTrack(track) = report.kind else { panic!() };
        assert_eq!(track.place, Place::Polar { range_m: 3.0 * 1852.0, azimuth: 0.0 });
        Some((track.number, track.life, track.status))
    };
    use SensorTrackStatus::{Lost, Tracking};
    assert_eq!(look(0.0, true, false), Some((730, 0, Tracking)));
    assert_eq!(look(2.5, true, false), Some((730, 0, Tracking)));
    assert_eq!(look(5.0, true, true), Some((730, 0, Lost)));
    assert_eq!(look(7.5, true, false), Some((730, 1, Tracking)));
    // An end that tells only the number.
    assert_eq!(look(10.0, false, true), None);
    assert_eq!(look(12.5, true, false), Some((730, 2, Tracking)));
    // A silence.
    assert_eq!(look(60.0, true, false), Some((730, 3, Tracking)));
}

#[test]
fn a_radar_that_moves_tells_where_it_is() {
    let mut anywhere = sensor("r", None);
    anywhere.position = None;
    let mut decoder = AsterixDecoder::new(&site(vec![anywhere]), FeedId(0));
    let (mut reports, mut health) = (Vec::new(), WireHealth::default());
    for datagram in PcapReader::open(format!("{SHIPPED}/libasterixrs_example-asterix.pcapng")).unwrap() {
        let datagram = datagram.unwrap();
        decoder.decode(Frame { feed: FeedId(0), received_at: datagram.at, bytes: &datagram.bytes }, &mut reports, &mut health);
    }
    assert_eq!((health.frames, health.decoded, health.refused_total()), (92, 92, 0));
    let places: Vec<_> =
        reports.iter().filter_map(|r| if let ReportKind::OwnPosition(o) = &r.kind { Some(o.position) } else { None }).collect();
    assert_eq!(places.len(), 30);
    // I034/120 in steps of 180/2^23 degrees. The radar moves, and says so with each north marker.
    assert!((places[0].lat_deg() - 51.645_184).abs() < 2e-5 && (places[0].lon_deg() - 1.081_059).abs() < 2e-5);
    assert!(places.is_sorted_by(|a, b| a.lat <= b.lat) && places[29].lat_deg() - places[0].lat_deg() > 1e-3);
    // Two tracks: one is followed, the other never detected in any scan.
    for (number, status) in [(2, SensorTrackStatus::Tracking), (1, SensorTrackStatus::Coasting)] {
        let of = |r: &&Report| matches!(&r.kind, ReportKind::SensorTrack(t) if t.number == number && t.status == status && t.life == 0);
        assert!(reports.iter().filter(of).count() >= 25, "{number}");
    }
}
