//! Decoding AIS allocates nothing: counted by the allocator of this binary, which has one test so that nobody else allocates.

use std::alloc::System;
use std::hint::black_box;
use std::io::Read;

use haishao::model::{FeedAddress, FeedId, Frame, ReportKind, Sensor, SensorKind, Site, Timestamp, WireFormat};
use haishao::wire::nmea::{Item, NmeaDecoder, Reader};
use haishao::wire::{Decode, WireHealth};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const RECORDED: &[u8] = include_bytes!("../fixtures/demo/dma-stream_example.txt.gz");

fn site() -> Site {
    let sensor = Sensor::new("AIS", SensorKind::Ais, WireFormat::Nmea, FeedId(0));
    Site { name: "test".into(), origin: Default::default(), sensors: vec![sensor], feeds: vec![FeedAddress::Stdin] }
}

fn allocations(run: impl FnOnce()) -> usize {
    let region = Region::new(GLOBAL);
    run();
    let change = region.change();
    change.allocations + change.reallocations
}

#[test]
fn a_sentence_costs_no_allocation() {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(RECORDED).read_to_end(&mut text).unwrap();
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let sentences = lines.iter().filter(|l| l.starts_with(b"!")).count();
    assert!(sentences > 4000, "{sentences}");

    // Envelope to message, wrappers and messages of several parts included. The second time round, so that a reason for a refusal that is
    // counted for the first time does not count here.
    let mut reader = Reader::new(false);
    let mut health = WireHealth::default();
    let mut messages = 0u64;
    let mut decode = |lines: &[&[u8]], second: i64| {
        for line in lines {
            reader.read(line, Timestamp::from_secs(second), &mut health, |item, _| {
                if let Item::Ais(received) = item {
                    black_box(&received.message);
                    messages += 1;
                }
            });
        }
    };
    decode(&lines, 0);
    let counted = allocations(|| decode(&lines, 100));
    assert!(messages > 8000, "{messages}");
    assert_eq!(counted, 0, "{sentences} sentences");

    // The whole way of a feed's thread to reports. Static data has names, which are owned; positions cost nothing.
    let mut decoder = NmeaDecoder::new(&site(), FeedId(0));
    let (mut out, mut health) = (Vec::with_capacity(100_000), WireHealth::default());
    let mut feed = |lines: &[&[u8]], second: i64| {
        for line in lines {
            let frame = Frame { feed: FeedId(0), received_at: Timestamp::from_secs(second), bytes: line };
            decoder.decode(frame, &mut out, &mut health);
        }
        let names = out.iter().filter(|r| matches!(r.kind, ReportKind::AisStatic(_))).count();
        let positions = out.iter().filter(|r| matches!(r.kind, ReportKind::AisPosition(_))).count();
        out.clear();
        (names, positions)
    };
    let single: Vec<&[u8]> =
        lines.iter().filter(|l| l.starts_with(b"!") && matches!(l.get(14), Some(b'1'..=b'4'))).copied().collect();
    feed(&single, 1_000);
    let mut seen = (0, 0);
    let counted = allocations(|| seen = feed(&single, 2_000));
    assert!(seen.0 == 0 && seen.1 > 2000, "{seen:?}");
    assert_eq!(counted, 0, "{seen:?}");

    // The counter counts: a peer on the same lines.
    let mut peer = nmea_parser::NmeaParser::new();
    let counted = allocations(|| {
        for line in lines.iter().filter(|l| l.starts_with(b"!")) {
            if let Ok(line) = std::str::from_utf8(line) {
                black_box(peer.parse_sentence(line.trim_end()).is_ok());
            }
        }
    });
    assert!(counted > sentences, "{counted} allocations");
}
