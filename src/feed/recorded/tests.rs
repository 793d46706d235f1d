use std::io::{Cursor, Write};
use std::net::IpAddr;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::feed::pcap::write::{Style, classic, ethernet, ipv4, tcp, udp};
use crate::geo::GeodeticHeight;
use crate::model::{FeedAddress, Sensor, SensorKind};

/// A site with one sensor a feed.
pub fn site(sensors: &[(&str, WireFormat, FeedAddress)]) -> Site {
    let sensor = |(i, (id, format, _)): (usize, &(&str, WireFormat, FeedAddress))| {
        Sensor::new(*id, SensorKind::Ais, *format, FeedId(i as u16))
    };
    Site {
        name: "test".to_owned(),
        origin: GeodeticHeight::default(),
        sensors: sensors.iter().enumerate().map(sensor).collect(),
        feeds: sensors.iter().map(|(_, _, address)| address.clone()).collect(),
    }
}

fn udp_feed(host: &str, port: u16) -> FeedAddress {
    FeedAddress::Udp { host: host.to_owned(), port }
}

fn capture(packets: &[(u64, u16)]) -> PcapReader {
    let style = Style { big_endian: false, nanoseconds: true };
    let packets: Vec<_> = packets
        .iter()
        .map(|(at, port)| (*at, ethernet(&[], &ipv4(0, 0, false, 17, &udp(9, *port, &at.to_be_bytes())))))
        .collect();
    PcapReader::from_reader("night.pcap", Cursor::new(classic(style, 1, &packets))).unwrap()
}

fn frames(packets: &[(u64, u16)], site: &Site) -> (Vec<RecordedFrame>, PcapFrames) {
    let mut frames = PcapFrames::new(capture(packets), Path::new("night.pcap"), site);
    (frames.by_ref().collect::<Result<_, _>>().unwrap(), frames)
}

#[test]
fn datagrams_go_to_the_feeds_of_their_port_and_address() {
    // The captures go to 239.192.0.11.
    let site = site(&[
        ("group", WireFormat::Asterix, udp_feed("239.192.0.11", 8600)),
        ("other group", WireFormat::Asterix, udp_feed("239.192.0.12", 8600)),
        ("any", WireFormat::Asterix, udp_feed("0.0.0.0", 8600)),
        ("port", WireFormat::Asterix, udp_feed("0.0.0.0", 8601)),
        ("v6 any", WireFormat::Asterix, udp_feed("[::]", 8602)),
        ("tcp", WireFormat::Asterix, FeedAddress::Tcp { host: "0.0.0.0".to_owned(), port: 8603 }),
    ]);
    let packets = [(1_000_000_000, 8600), (2_000_000_000, 8601), (3_000_000_000, 8602), (4_000_000_000, 8603), (5, 8603)];
    let (got, frames) = frames(&packets, &site);
    let seen: Vec<_> = got.iter().map(|f| (f.received_at.nanos() / 1_000_000_000, f.feed.0)).collect();
    assert_eq!(seen, [(1, 0), (1, 2), (2, 3), (3, 4)]);
    let group: IpAddr = [239, 192, 0, 11].into();
    assert_eq!(frames.counts().strangers, [((group, 8603), 2)].into());
    assert_eq!(frames.notes(), ["night.pcap: 2 datagrams to 239.192.0.11:8603 belong to no feed"]);
}

#[test]
fn strangers_are_counted_in_bounded_space() {
    let packets: Vec<_> = (0..5000_u64).map(|i| (i, i as u16)).collect();
    let (got, frames) = frames(&packets, &site(&[]));
    assert!(got.is_empty());
    assert_eq!(frames.counts().strangers.len(), 32);
    assert_eq!(frames.counts().strangers_total(), 5000);
}

proptest! {
    #[test]
    fn frames_come_in_order_of_time_and_none_is_lost(mut times in prop::collection::vec(0_u64..4_000_000_000, 0..300)) {
        let site = site(&[("any", WireFormat::Asterix, udp_feed("0.0.0.0", 8600))]);
        let packets: Vec<_> = times.iter().map(|t| (*t, 8600)).collect();
        let (got, frames) = frames(&packets, &site);
        prop_assert!(got.is_sorted_by_key(|f| f.received_at));
        let mut payloads: Vec<u64> = got.iter().map(|f| u64::from_be_bytes(f.bytes[..].try_into().unwrap())).collect();
        // Those in the window keep their own time; the payload is the true one.
        let moved = got.iter().zip(&payloads).filter(|(f, t)| f.received_at.nanos() as u64 != **t).count();
        prop_assert_eq!(moved as u64, frames.counts().late);
        payloads.sort_unstable();
        times.sort_unstable();
        prop_assert_eq!(payloads, times);
    }

    #[test]
    fn what_is_less_than_a_second_out_of_order_is_put_right(jitter in prop::collection::vec(0_u64..900_000_000, 1..200)) {
        let site = site(&[("any", WireFormat::Asterix, udp_feed("0.0.0.0", 8600))]);
        let packets: Vec<_> = jitter.iter().enumerate().map(|(i, j)| (i as u64 * 10_000_000 + j, 8600)).collect();
        let (got, frames) = frames(&packets, &site);
        let mut expected: Vec<u64> = packets.iter().map(|(t, _)| *t).collect();
        expected.sort_unstable();
        let times: Vec<u64> = got.iter().map(|f| f.received_at.nanos() as u64).collect();
        prop_assert_eq!(times, expected);
        prop_assert_eq!(frames.counts().late, 0);
    }
}

fn checked(body: &str) -> String {
    format!("{body}*{:02X}\r\n", body.bytes().skip(1).fold(0, |x, b| x ^ b))
}

/// Tagged times count from here.
const EPOCH: i64 = 1_700_000_000;

fn tagged(secs: i64) -> String {
    let tag = format!("c:{}", EPOCH + secs);
    format!("\\{tag}*{:02X}\\", tag.bytes().fold(0, |x, b| x ^ b)) + BARE
}

const BARE: &str = "!BSVDM,1,1,,B,13mOO:9000PI6p`QrbwW646L2D1j,0*6B\r\n";

fn log(text: &str) -> (Vec<i64>, LogFrames) {
    let mut log = LogFrames::new(Cursor::new(text.as_bytes().to_vec()), Path::new("night.nmea"), FeedId(3), false);
    let frames: Vec<_> = log.by_ref().collect::<Result<_, _>>().unwrap();
    assert!(frames.iter().all(|f| f.feed == FeedId(3) && !f.bytes.ends_with(b"\n")));
    assert!(frames.is_sorted_by_key(|f| f.received_at));
    (frames.iter().map(|f| f.received_at.nanos() / 1_000_000).collect(), log)
}

#[test]
fn lines_take_their_own_time_or_the_last_one_known() {
    let (times, log) = log(&[BARE, &tagged(1000), BARE, &tagged(1002), &tagged(1001), BARE, &tagged(1003)].concat());
    assert_eq!(times.map_from(EPOCH * 1000), [1_000_000, 1_000_000, 1_000_000, 1_002_000, 1_002_000, 1_002_000, 1_003_000]);
    assert_eq!(log.clock(), Some(LogClock::Wrappers));
    assert_eq!(log.counts().earlier, 0);
    assert!(log.notes().is_empty(), "{:?}", log.notes());
}

#[test]
fn a_wrong_clock_does_not_carry_the_log_away() {
    const DAY: i64 = 86_400;
    let mut text = tagged(1000 + 2 * DAY);
    for i in 0..100 {
        text += &tagged(1000 + i);
        if i % 5 == 0 {
            text += &tagged(1000 + i + 2 * DAY);
        }
    }
    let (times, log) = log(&text);
    let times = times.map_from(EPOCH * 1000);
    assert_eq!((times[0], times[times.len() - 1]), (1_000_000, 1_099_000));
    assert_eq!(log.counts().disbelieved, 21);
    assert!(log.notes()[0].contains("21 lines tell a time far ahead"), "{:?}", log.notes());
}

#[test]
fn a_pause_in_the_recording_is_believed() {
    let text: String = (0..50).chain(7200..7250).map(|s| tagged(1000 + s)).collect();
    let (times, log) = log(&text);
    let times = times.map_from(EPOCH * 1000);
    assert_eq!((times[49], times[50], times[99]), (1_049_000, 8_200_000, 8_249_000));
    assert_eq!(log.counts().disbelieved, 0);
}

#[test]
fn satellite_receivers_give_the_time_where_wrappers_do_not() {
    let zda = |s: u32| checked(&format!("$GPZDA,2359{s:02},31,12,2025,,"));
    let rmc = checked("$GPRMC,000000.50,A,2230.0,N,11443.0,E,0.0,0.0,010126,,,A");
    let (times, log) = log(&[BARE, &zda(58), BARE, &zda(59), &rmc, BARE].concat());
    let new_year = Timestamp::from_civil(2026, 1, 1, 0, 0, 0, 0).unwrap().nanos() / 1_000_000;
    assert_eq!(times.map_from(new_year), [-2000, -2000, -2000, -1000, 500, 500]);
    assert_eq!(log.clock(), Some(LogClock::Sentences));
    assert!(log.notes()[0].contains("ZDA and RMC"));
}

#[test]
fn times_of_day_pass_midnight() {
    let gga = |t: &str| checked(&format!("$GPGGA,{t},2230.0,N,11443.0,E,1,08,1.0,5,M,0,M,,"));
    let (times, log) = log(&[BARE, &gga("235959"), BARE, &gga("000001.5"), BARE].concat());
    assert_eq!(times, [86_399_000, 86_399_000, 86_399_000, 86_401_500, 86_401_500]);
    assert_eq!(log.clock(), Some(LogClock::TimeOfDay));
    assert!(log.notes()[0].contains("1970-01-01"));
}

#[test]
fn a_log_without_time_is_spaced_as_a_serial_line_delivers_it() {
    let text = BARE.repeat(10_000);
    let (times, log) = log(&text);
    // All bytes but the first line's take their time; ten bits a byte.
    let expected = text.len() as i64 * 10 * 1000 / 38_400;
    assert!((times[times.len() - 1] - expected).abs() <= 1, "{} {expected}", times[times.len() - 1]);
    assert_eq!(log.clock(), Some(LogClock::Spacing));
    assert!(log.notes()[0].contains("38400 Bd"));
}

trait MapFrom {
    fn map_from(&self, zero: i64) -> Vec<i64>;
}

impl MapFrom for Vec<i64> {
    fn map_from(&self, zero: i64) -> Vec<i64> {
        self.iter().map(|t| t - zero).collect()
    }
}

#[test]
fn lines_that_are_no_sentences_are_frames_too_and_long_ones_are_counted() {
    let noise = "x".repeat(10_000);
    let (times, log) = log(&format!("# comment\r\n\r\n{noise}\n{}no sentence", tagged(1000)));
    assert_eq!(times.map_from(EPOCH * 1000), [1_000_000; 3]);
    assert_eq!(log.counts(), LogCounts { lines: 3, over_long: 1, ..LogCounts::default() });
}

#[test]
fn what_a_file_is_and_whose_is_told_or_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    };
    let gz = |bytes: &[u8]| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(bytes).unwrap();
        gz.finish().unwrap()
    };
    let ais = ("AIS", WireFormat::Nmea, udp_feed("0.0.0.0", 10110));
    let arpa = ("ARPA", WireFormat::Nmea, udp_feed("0.0.0.0", 10111));
    let radar = ("R1", WireFormat::Asterix, udp_feed("0.0.0.0", 8600));
    let one = site(&[radar.clone(), ais.clone()]);
    let two = site(&[radar.clone(), ais, arpa]);

    let log = file("a.pcap", &gz(tagged(1000).as_bytes())); // the name lies
    let all: Vec<_> = Recorded::open(&log, &one, None).unwrap().map(|f| f.unwrap().feed).collect();
    assert_eq!(all, [FeedId(1)]);
    let all: Vec<_> = Recorded::open(&log, &two, Some(SensorId(2))).unwrap().map(|f| f.unwrap().feed).collect();
    assert_eq!(all, [FeedId(2)]);
    let error = |site: &Site, sensor| Recorded::open(&log, site, sensor).err().unwrap().to_string();
    assert!(error(&two, None).ends_with("name one with --sensor (one of AIS, ARPA)"), "{}", error(&two, None));
    assert!(error(&two, Some(SensorId(0))).ends_with("sensor R1 does not write NMEA sentences"));
    assert!(error(&site(&[radar]), None).contains("the site has none"));

    let style = Style { big_endian: true, nanoseconds: false };
    let packet = ethernet(&[], &ipv4(0, 0, false, 17, &udp(9, 8600, b"plots")));
    let capture = file("b.nmea", &gz(&classic(style, 1, &[(5_000_000_000, packet)])));
    let all: Vec<_> = Recorded::open(&capture, &one, None).unwrap().map(|f| f.unwrap()).collect();
    assert_eq!(all, [RecordedFrame { feed: FeedId(0), received_at: Timestamp::from_secs(5), bytes: b"plots".to_vec() }]);

    assert!(Recorded::open(dir.path().join("none"), &one, None).is_err());
    assert_eq!(Recorded::open(file("empty", b""), &one, None).unwrap().count(), 0);
}

/// Packets from 192.0.2.10 port 5631 to 239.192.0.11 port 40 000, which the writer's addresses are; TCP does not care.
fn connection(segments: &[(u32, u8, &[u8])], site: &Site) -> (Vec<RecordedFrame>, PcapFrames) {
    let style = Style { big_endian: false, nanoseconds: true };
    let packet = |(i, (sequence, flags, bytes)): (usize, &(u32, u8, &[u8]))| {
        (i as u64 * 1_000_000, ethernet(&[], &ipv4(0, 0, false, 6, &tcp(5631, 40_000, *sequence, *flags, bytes))))
    };
    let packets: Vec<_> = segments.iter().enumerate().map(packet).collect();
    let reader = PcapReader::from_reader("night.pcap", Cursor::new(classic(style, 1, &packets))).unwrap();
    let mut frames = PcapFrames::new(reader, Path::new("night.pcap"), site);
    (frames.by_ref().collect::<Result<_, _>>().unwrap(), frames)
}

#[test]
fn recorded_connections_reach_the_feeds_that_connect_or_listen() {
    let tcp_feed = |host: &str, port| FeedAddress::Tcp { host: host.to_owned(), port };
    let site = site(&[
        ("server", WireFormat::Nmea, tcp_feed("192.0.2.10", 5631)),
        ("other server", WireFormat::Nmea, tcp_feed("192.0.2.11", 5631)),
        ("by name", WireFormat::Nmea, tcp_feed("ais.example", 5631)),
        ("we listen", WireFormat::Nmea, FeedAddress::TcpListen { host: "0.0.0.0".to_owned(), port: 40_000 }),
        ("other port", WireFormat::Nmea, tcp_feed("192.0.2.10", 5632)),
        ("datagrams", WireFormat::Nmea, udp_feed("0.0.0.0", 40_000)),
    ]);
    // The second segment comes last but one, twice; the lines are cut anywhere.
    let text = b"$ONE\r\n$TWO\r\n$THREE\r\n";
    let segments: [(u32, u8, &[u8]); 6] = [
        (999, 2, b""),
        (1000, 0, &text[..8]),
        (1000 + 13, 0, &text[13..]),
        (1000 + 8, 0, &text[8..13]),
        (1000 + 8, 0, &text[8..13]),
        (1000 + text.len() as u32, 1, b""),
    ];
    let (got, frames) = connection(&segments, &site);
    for feed in [0, 2, 3] {
        let of_feed: Vec<_> = got.iter().filter(|f| f.feed == FeedId(feed)).map(|f| f.bytes.as_slice()).collect();
        assert_eq!(of_feed, [&b"$ONE"[..], b"$TWO", b"$THREE"], "feed {feed}");
    }
    assert_eq!(got.len(), 9);
    // The line that waited has the time at which it became whole.
    assert_eq!(got[8].received_at, Timestamp::from_millis(3));
    assert_eq!(frames.notes(), Vec::<String>::new());
    assert_eq!(frames.pcap_counts().segments, 6);
}

#[test]
fn a_recorded_asterix_stream_out_of_step_waits_for_the_next_connection() {
    let site = site(&[("radar", WireFormat::Asterix, FeedAddress::Tcp { host: "192.0.2.10".to_owned(), port: 5631 })]);
    let block = [48, 0, 5, 1, 2];
    let segments: [(u32, u8, &[u8]); 5] =
        [(1, 0, &[7, 0, 1, 9]), (5, 0, &block), (99, 2, b""), (100, 0, &block), (105, 0, &block)];
    let (got, frames) = connection(&segments, &site);
    assert_eq!(got.iter().map(|f| f.bytes.as_slice()).collect::<Vec<_>>(), [block, block]);
    assert_eq!(frames.notes(), ["night.pcap: 1 TCP streams left where a length cannot be right"]);
}
