//! Who heard a message and when, broken recordings, repeats: against what other programs say of the same files.

use std::collections::BTreeMap;
use std::path::Path;

use haishao::model::{FeedAddress, FeedId, Frame, ReportKind, Sensor, SensorKind, Site, Timestamp, WireFormat};
use haishao::wire::nmea::ais::{Body, Message};
use haishao::wire::nmea::{Gather, Item, NmeaDecoder, Reader};
use haishao::wire::{Decode, Refusal, WireHealth};
use serde_json::Value;

use crate::shared;

fn fixture(name: &str) -> Vec<u8> {
    let folder = if name.starts_with("dma") { "fixtures/demo" } else { "fixtures/ais" };
    shared::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name))
}

fn read(recording: &[u8], mut each: impl FnMut(&haishao::wire::nmea::Received<'_>)) -> WireHealth {
    let mut health = WireHealth::default();
    Reader::new(false).read(recording, Timestamp::MIN, &mut health, |item, _| {
        if let Item::Ais(received) = item {
            each(received);
        }
    });
    health
}

fn refused(health: &WireHealth) -> Vec<(&'static str, u64)> {
    health.refused.iter().map(|(Refusal(why), n)| (*why, *n)).collect()
}

/// libais 0.17 on its own TAG block file.
#[test]
fn tag_blocks_as_libais_reads_them() {
    let Some(golden) = shared::data("ais/oracle/libais-tagblock.json") else { return };
    let golden: Vec<Value> = shared::read(&golden)
        .split(|&b| b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    let mut ours = Vec::new();
    let health = read(&fixture("libais-tagblock.nmea"), |r| {
        let time = r.source_time.unwrap().to_string().replace(".000Z", ".000000Z");
        ours.push((r.message.mmsi.0, r.station.unwrap().to_string(), time));
    });
    assert_eq!(refused(&health), []);
    let text = |v: &Value, key: &str| v[key].as_str().unwrap().to_string();
    let theirs: Vec<_> = golden
        .iter()
        .map(|g| (g["mmsi"].as_u64().unwrap() as u32, text(g, "tagblock_station"), text(g, "tagblock_timestamp")))
        .collect();
    assert_eq!(ours, theirs);
}

/// Files that GlobalFishingWatch's tools keep because they are broken: what is refused, and why.
#[test]
fn broken_files_are_refused_for_what_is_broken() {
    for (file, decoded, expected) in [
        // A wrong checksum, or characters too many with the right one.
        ("errors.nmea", 1, &[("ais-wrong-length", 2), ("bad-checksum", 2)][..]),
        // Type 1 with 174 to 192 bits.
        ("type1-bad-bitcount.nmea", 0, &[("ais-wrong-length", 12)]),
        // Type 5 of parts that do not belong together: another talker, wrong length as a whole; and three lines of payload only.
        ("bad-type5.nmea", 0, &[("ais-part-out-of-order", 1), ("ais-wrong-length", 2), ("no-sentence", 3)]),
        ("ee-multiline.nmea", 8, &[]),
        ("mixed_types.nmea", 99, &[]),
        ("multi-part.nmea", 43, &[]),
    ] {
        let mut n = 0;
        let health = read(&fixture(file), |_| n += 1);
        assert_eq!((n, refused(&health).as_slice()), (decoded, expected), "{file}");
    }
}

/// gpsd 3.22's own expected output for its regression logs, position messages in order.
#[test]
fn positions_as_gpsd_reads_them() {
    for (log, chk, too_long) in [
        ("ais/raw/gpsd-ais-18-27.log", "ais/oracle/gpsd-ais-18-27.log.chk", 0),
        ("ais/raw/gpsd-ais-raw-messages.log", "ais/oracle/gpsd-ais-raw-messages.log.chk", 0),
        ("ais/raw/gpsd-ais-nmea.log", "ais/oracle/gpsd-ais-nmea.log.chk.gz", 0),
        ("ais/raw/gpsd-ais-nmea-type6-fid55.log", "ais/oracle/gpsd-ais-nmea-type6-fid55.log.chk.gz", 1),
    ] {
        let (Some(log), Some(chk)) = (shared::data(log), shared::data(chk)) else { return };
        let theirs: Vec<[i64; 4]> = shared::read(&chk)
            .split(|&b| b == b'\n')
            .filter(|l| l.starts_with(b"{"))
            .filter_map(|l| serde_json::from_slice::<Value>(l).ok())
            .filter(|v| v["class"] == "AIS" && matches!(v["type"].as_i64(), Some(1..=4 | 18 | 27)))
            .map(|v| ["type", "mmsi", "lon", "lat"].map(|k| v[k].as_i64().unwrap()))
            .collect();
        let mut ours = Vec::new();
        read(&shared::read(&log), |r| {
            if matches!(r.message.message_type, 1..=4 | 18 | 27) {
                let p = r.message.kinematics().unwrap().position;
                ours.push([i64::from(r.message.message_type), i64::from(r.message.mmsi.0), p.lon.into(), p.lat.into()]);
            }
        });
        assert!(theirs.len() > 30, "{}", theirs.len());
        // gpsd takes a type 1 of 204 bits, which the standard has not; one of the logs was decoded twice, line by line.
        let (mut theirs, only_theirs): (Vec<_>, Vec<_>) = theirs.into_iter().partition(|t| ours.contains(t));
        assert_eq!(only_theirs.len(), too_long, "{only_theirs:?}");
        theirs.dedup();
        ours.dedup();
        assert_eq!(ours, theirs, "{}", log.display());
    }
}

fn site() -> Site {
    Site {
        name: "test".into(),
        origin: haishao::geo::GeodeticHeight::from_degrees(55.0, 11.0, 0.0),
        sensors: vec![Sensor::new("ais", SensorKind::Ais, WireFormat::Nmea, FeedId(0))],
        feeds: vec![FeedAddress::Stdin],
    }
}

/// A recording of one drifting ship heard by 13 stations: repeats counted by comparing every message with all before it.
#[test]
fn repeats_are_one_report_with_all_its_stations() {
    let Some(path) = shared::data("ais/raw/dma-drift1.ais.gz") else { return };
    let recording = shared::read(&path);
    let mut all: Vec<(Vec<u8>, Timestamp, Option<String>)> = Vec::new();
    let mut gather = Gather::default();
    let mut lines: Vec<(Vec<u8>, Vec<String>)> = Vec::new();
    let mut take = |r: &haishao::wire::nmea::Received<'_>, stations: &[haishao::wire::nmea::Station]| {
        lines.push((r.payload.bytes().to_vec(), stations.iter().map(ToString::to_string).collect()));
    };
    read(&recording, |r| {
        if let Some(t) = r.source_time.or(r.logged_at) {
            all.push((r.payload.bytes().to_vec(), t, r.station.map(|s| s.to_string())));
            gather.push(r, &mut take);
        }
    });
    gather.flush(&mut take);
    // The naive way, in the order of the file.
    let mut naive: Vec<(Vec<u8>, Timestamp, Vec<String>)> = Vec::new();
    for (payload, t, station) in &all {
        match naive.iter_mut().rev().find(|(p, first, _)| p == payload && t.seconds_since(*first).abs() <= 10.0) {
            Some((_, _, stations)) => {
                if let Some(s) = station
                    && !stations.contains(s)
                {
                    stations.push(s.clone());
                }
            }
            None => naive.push((payload.clone(), *t, station.iter().cloned().collect())),
        }
    }
    let share = 1.0 - naive.len() as f64 / all.len() as f64;
    assert!(share > 0.7, "{share}");
    let sorted = |mut v: Vec<(Vec<u8>, Vec<String>)>| {
        v.sort();
        v
    };
    let differing = {
        let naive = sorted(naive.into_iter().map(|(p, _, s)| (p, s)).collect());
        let lines = sorted(lines);
        assert_eq!(lines.len(), naive.len());
        lines.iter().zip(&naive).filter(|(a, b)| a != b).count()
    };
    assert_eq!(differing, 0);

    // Live, by time of arrival: one report for each.
    let mut decoder = NmeaDecoder::new(&site(), FeedId(0));
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    let start = Timestamp::from_secs(1_411_920_000);
    for (i, line) in recording.split(|&b| b == b'\n').enumerate() {
        let received_at = start.plus_seconds(i as f64 * 0.1);
        decoder.decode(Frame { feed: FeedId(0), received_at, bytes: line }, &mut out, &mut health);
    }
    let repeats = health.ignored.iter().find(|(r, _)| r.0 == "ais-repeat").map_or(0, |(_, n)| *n);
    assert!(repeats as f64 / health.decoded as f64 > 0.7, "{repeats} of {}", health.decoded);
    assert_eq!(health.reports as usize, out.len());
}

/// The second in the message counts; the minute comes from who heard it, else from arrival.
#[test]
fn time_is_the_vessels_own_second() {
    // UTC second 58.
    let line = "!AIVDM,1,1,,A,13uwg<03i@PqurHP0Mu=`bql0d12,0*14";
    let tagged = |fields: &str| {
        let sum = fields.bytes().fold(0, |a, b| a ^ b);
        format!("\\{fields}*{sum:02X}\\{line}")
    };
    let minute = Timestamp::from_secs(1_733_781_960);
    let report_time = |frame: &str, received_at: Timestamp| {
        let mut decoder = NmeaDecoder::new(&site(), FeedId(0));
        let (mut out, mut health) = (Vec::new(), WireHealth::default());
        decoder.decode(Frame { feed: FeedId(0), received_at, bytes: frame.as_bytes() }, &mut out, &mut health);
        assert!(matches!(out[0].kind, ReportKind::AisPosition(_)), "{health:?}");
        assert_eq!(out[0].received_at, received_at);
        (out[0].t.nanos() - minute.nanos()) as f64 / 1e9
    };
    assert_eq!(report_time(line, minute.plus_seconds(59.2)), 58.0);
    assert_eq!(report_time(line, minute.plus_seconds(61.0)), 58.0);
    // The receiver's clock says two minutes earlier than ours: it heard it.
    assert_eq!(report_time(&tagged("c:1733781902"), minute.plus_seconds(60.0)), -62.0);
    assert_eq!(report_time(&tagged("c:1733782019123"), minute.plus_seconds(400.0)), 58.0);
}

/// One legal transmission that makes another decoder panic, and truncations that make it say 0°N 0°E.
#[test]
fn short_and_structured_messages() {
    let decode = |line: &str| {
        let mut seen = None;
        let health = read(line.as_bytes(), |r| {
            seen = Some((r.message.message_type, application(&r.message)));
        });
        (seen, refused(&health).first().map(|r| r.0))
    };
    let (structured, why) = decode("!AIVDM,1,1,,A,I3m62@Drjbd,2*2D");
    assert!(matches!(structured, Some((25, Some(_)))) && why.is_none(), "{structured:?} {why:?}");
    assert_eq!(decode("!AIVDM,1,1,,A,I,0*6F"), (None, Some("ais-wrong-length")));
    let body = "13uwg<03i@PqurHP0Mu=`bql0d12";
    for n in 0..28 {
        let fields = format!("AIVDM,1,1,,A,{},0", &body[..n]);
        let sum = fields.bytes().fold(0, |a, b| a ^ b);
        let (seen, why) = decode(&format!("!{fields}*{sum:02X}"));
        assert_eq!(seen, None, "{n} characters");
        assert!(matches!(why, Some("ais-wrong-length" | "ais-unknown-type")), "{n}: {why:?}");
    }
}

fn application(message: &Message<'_>) -> Option<(u16, u8)> {
    match &message.body {
        Body::SlotBinary(b) => b.application.map(|a| (a.dac, a.fi)),
        _ => None,
    }
}

/// Types in the recordings that ship: all but those nobody sends.
#[test]
fn types_met() {
    let mut types: BTreeMap<u8, usize> = BTreeMap::new();
    for file in
        ["dma-stream_example.txt.gz", "mixed_types.nmea", "multi-part.nmea", "libais-typeexamples.nmea", "gpsd-ais-18-27.log"]
    {
        read(&fixture(file), |r| *types.entry(r.message.message_type).or_default() += 1);
    }
    assert!(types.len() >= 24, "{types:?}");
}

/// `$ABVSI` of a base station: each linked one is tied to the message it speaks of, and nothing else is.
#[test]
fn signal_levels_are_tied_to_the_messages_they_speak_of() {
    use haishao::wire::nmea::signal::{OTHER_SLOT, UNTIED, Vsi};
    use haishao::wire::nmea::{AwaitSignal, SignalLinks};

    let Some(log) = shared::data("ais/raw/amsa-ais.txt.gz") else { return };
    let log = shared::read(&log);
    // Lines that are whole: 634 with a link and 1365 of a receiver that writes none (counted by a script over the text). Five of the linked
    // follow no message of their talker and digit in reach.
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut links = SignalLinks::default();
    let (mut same_slot, mut with_slot, mut same_second, mut with_second) = (0, 0, 0, 0);
    let mut last: Vec<(u32, Option<u16>, Option<u8>)> = Vec::new();
    let mut health = WireHealth::default();
    Reader::new(false).read(&log, Timestamp::default(), &mut health, |item, _| match item {
        Item::Ais(received) => {
            links.note(received);
            let radio = match &received.message.body {
                Body::Position(p) if received.message.message_type < 3 => Some(p.radio),
                Body::BaseStation(b) => Some(b.radio),
                _ => None,
            };
            let told = radio.filter(|r| matches!(r >> 14 & 7, 2 | 4 | 6)).map(|r| (r & 0x3fff) as u16);
            let second = match &received.message.body {
                Body::Position(p) => p.second.second(),
                _ => None,
            };
            last.push((received.message.mmsi.0, told, second));
        }
        Item::Other(sentence, _) if Vsi::is_vsi(sentence) => {
            let Some(vsi) = Vsi::parse(sentence) else {
                *counts.entry("bad").or_default() += 1;
                return;
            };
            match links.tie(&vsi, Timestamp::default()) {
                Ok(linked) => {
                    *counts.entry("tied").or_default() += 1;
                    assert!(vsi.signal.signal_dbm.is_some() && vsi.signal.station.unwrap().as_str() == "Nobbys Head");
                    let &(mmsi, told, second) = &last[linked.place as usize - 1];
                    assert_eq!(mmsi, linked.mmsi.0);
                    if let (Some(a), Some(b)) = (told, vsi.signal.slot) {
                        with_slot += 1;
                        same_slot += usize::from(a.abs_diff(b) <= 5);
                    }
                    if let (Some(a), Some(b)) = (second, vsi.signal.time_of_day_s) {
                        with_second += 1;
                        let late = (b % 60.0 - f64::from(a)).rem_euclid(60.0);
                        same_second += usize::from(!(5.0..=57.0).contains(&late));
                    }
                }
                Err(UNTIED) => *counts.entry("untied").or_default() += 1,
                Err(OTHER_SLOT) => *counts.entry("other slot").or_default() += 1,
                Err(why) => panic!("{why:?}"),
            }
        }
        Item::Other(..) => {}
    });
    println!("{counts:?}; slot {same_slot}/{with_slot}, second {same_second}/{with_second}");
    assert_eq!(counts["untied"] + counts["tied"], 634 + 1365, "{counts:?}");
    assert_eq!((counts.len(), counts["tied"]), (2, 629), "{counts:?}");
    // An independent witness: what slot the transponder itself says it uses, and in which second its position was taken.
    assert!(with_slot > 80 && same_slot == with_slot, "{same_slot} of {with_slot}");
    assert!(with_second > 400 && same_second * 100 >= with_second * 97, "{same_second} of {with_second}");

    // In the order of the recording's lines, with the level on the message's own.
    let (mut waiting, mut signals, mut order, mut expected) = (AwaitSignal::new(true), 0, Vec::new(), Vec::new());
    Reader::new(false).read(&log, Timestamp::default(), &mut WireHealth::default(), |item, _| match item {
        Item::Ais(received) => {
            expected.push(received.message.mmsi.0);
            waiting.push(received, |r| {
                order.push(r.message.mmsi.0);
                signals += usize::from(r.signal.is_some());
            });
        }
        Item::Other(sentence, _) if Vsi::is_vsi(sentence) => {
            if let Some(vsi) = Vsi::parse(sentence) {
                waiting.tie(&vsi, Timestamp::default(), Timestamp::default()).ok();
            }
        }
        Item::Other(..) => {}
    });
    waiting.flush(|r| {
        order.push(r.message.mmsi.0);
        signals += usize::from(r.signal.is_some());
    });
    assert_eq!(order, expected);
    assert_eq!(signals, counts["tied"]);
}
