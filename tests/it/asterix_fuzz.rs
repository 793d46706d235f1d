//! Whatever a stranger sends, the decoder counts it and goes on.
//!
//! A million mutated datagrams in a plain test run; `HAISHAO_FUZZ` asks for more (`make fuzz`). Datagram number N is the same in every
//! run and on any number of threads, so that a number in a failure is enough to see it again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use haishao::config;
use haishao::feed::pcap::PcapReader;
use haishao::model::{FeedId, Frame, Place, ReportKind, Timestamp};
use haishao::publish::asterix_lines::statement_line;
use haishao::wire::asterix::reader::read_datagram;
use haishao::wire::asterix::tables::{CATEGORIES, category};
use haishao::wire::asterix::value::RecordValue;
use haishao::wire::asterix::{AsterixDecoder, Blocks, Record};
use haishao::wire::{Decode, WireHealth};

use crate::asterix_round_trip::random_datagram;
use crate::shared;

const IN_A_PLAIN_RUN: u64 = 1_000_000;
const CHUNK: u64 = 4096;

/// SplitMix64 (Steele, Lea, Flood 2014): all that a mutation needs of chance.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Datagrams of every category: shipped captures, random records of the tables and, where they lie beside, real captures.
fn seeds() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/asterix/");
    let mut captures: Vec<_> = ["synth_cat010_034_048_062_065.pcap", "libasterixrs_example-asterix.pcapng"]
        .map(|n| std::path::PathBuf::from(format!("{shipped}{n}")))
        .into();
    for name in ["ccl_cat_034_048.pcap", "ccl_cat_062_065.pcap", "ccl_asterix.pcap", "montge_cat_001_002.pcap"] {
        captures.extend(shared::data(&format!("radar/asterix/{name}")));
    }
    for capture in captures {
        out.extend(PcapReader::open(capture).unwrap().map(|d| d.unwrap().bytes));
    }
    for i in 0..40 {
        out.extend(CATEGORIES.iter().map(|c| random_datagram(c, i)));
    }
    out
}

fn mutated(number: u64, seeds: &[Vec<u8>], out: &mut Vec<u8>) {
    let mut chance = Chance(number);
    out.clear();
    out.extend_from_slice(&seeds[chance.below(seeds.len())]);
    for _ in 0..=chance.below(6) {
        let at = chance.below(out.len());
        match chance.below(9) {
            0 if !out.is_empty() => out[at] ^= 1 << chance.below(8),
            1 if !out.is_empty() => out[at] = chance.next() as u8,
            2 if !out.is_empty() => out[at] = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF][chance.below(6)],
            3 => out.truncate(at),
            4 => out.insert(at, chance.next() as u8),
            5 if !out.is_empty() => drop(out.remove(at)),
            // The length of the first block, right or nearly so.
            6 if out.len() >= 3 => {
                let length = (out.len() + chance.below(5)).saturating_sub(2) as u16;
                out[1..3].copy_from_slice(&length.to_be_bytes());
            }
            // Another datagram after or inside.
            7 => {
                let other = &seeds[chance.below(seeds.len())];
                let tail = chance.below(other.len());
                out.truncate(60_000);
                out.extend_from_slice(&other[tail..]);
            }
            // A category that reads the same bytes by another table.
            8 if !out.is_empty() => out[0] = CATEGORIES[chance.below(CATEGORIES.len())].number,
            _ => {}
        }
    }
}

fn examine(decoder: &mut AsterixDecoder, at: Timestamp, bytes: &[u8]) -> u64 {
    let (mut reports, mut health) = (Vec::new(), WireHealth::default());
    decoder.decode(Frame { feed: FeedId(0), received_at: at, bytes }, &mut reports, &mut health);
    assert_eq!((health.frames, health.reports), (1, reports.len() as u64));
    // A record takes at least one octet of FSPEC and one of content.
    assert!(health.decoded * 2 <= bytes.len() as u64);
    for report in &reports {
        let place = match &report.kind {
            ReportKind::Plot(p) => p.place,
            ReportKind::SensorTrack(t) => {
                assert!(t.velocity.is_none_or(|v| v.iter().all(|x| x.is_finite() && x.abs() < 9000.0)));
                assert!(t.position_cov.is_none_or(|[xx, xy, yy]| xx > 0.0 && yy > 0.0 && xx * yy > xy * xy));
                t.place
            }
            ReportKind::OwnPosition(o) => Place::Geodetic(o.position),
            ReportKind::Antenna(a) => Place::Polar { range_m: 0.0, azimuth: a.azimuth },
            other => panic!("no radar says {other:?}"),
        };
        match place {
            Place::Polar { range_m, azimuth } => {
                assert!(range_m.is_finite() && range_m >= 0.0 && (0.0..std::f64::consts::TAU).contains(&azimuth));
            }
            Place::Geodetic(g) => assert!(g.lat_deg().abs() <= 90.0 && g.lon_deg().abs() <= 180.0),
        }
        assert!(report.t.seconds_since(at).abs() <= 43_200.5, "no time of day is more than half a day away");
    }
    // The tree of values and the line writer see what the decoder sees.
    let mut line = Vec::new();
    read_datagram(bytes, &mut WireHealth::default(), |statement, source| {
        line.clear();
        statement_line(statement, source, Some(at), &mut line);
        assert!(line.ends_with(b"}\n"));
        Ok(())
    });
    for block in Blocks::new(bytes).flatten() {
        let Some(table) = category(block.category) else { continue };
        let mut rest = block.records;
        while let Ok((record, after)) = Record::take(table, rest) {
            let value = RecordValue::read(&record).expect("what was walked can be read");
            let mut again = Vec::new();
            value.write(table, &mut again).expect("what was read can be written");
            rest = after;
        }
    }
    reports.len() as u64
}

#[test]
fn no_mutated_datagram_panics_the_decoder() {
    let wanted = std::env::var("HAISHAO_FUZZ").ok().map_or(IN_A_PLAIN_RUN, |n| n.parse().expect("a number"));
    let site = config::parse(SITE, std::path::Path::new("fuzz.toml")).unwrap().site;
    let seeds = seeds();
    let (next, made) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let work = || {
            let mut bytes = Vec::new();
            loop {
                let first = next.fetch_add(CHUNK, Ordering::Relaxed);
                if first >= wanted {
                    break;
                }
                // A decoder for each chunk, so that a failure depends on this chunk alone.
                let mut decoder = AsterixDecoder::new(&site, FeedId(0));
                for number in first..(first + CHUNK).min(wanted) {
                    mutated(number, &seeds, &mut bytes);
                    let at = Timestamp::from_millis(1_773_504_000_000 + (number % CHUNK) as i64 * 37);
                    match catch_unwind(AssertUnwindSafe(|| examine(&mut decoder, at, &bytes))) {
                        Ok(reports) => drop(made.fetch_add(reports, Ordering::Relaxed)),
                        Err(_) => panic!("datagram {number}: {bytes:02x?}"),
                    }
                }
            }
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().for_each(|t| t.join().unwrap());
    });
    let made = made.into_inner();
    // The mutations must not be so wild that nothing gets past the framing: one datagram in eight makes a report.
    assert!(made > wanted / 16, "{made} reports of {wanted} datagrams");
    println!("{wanted} datagrams, {made} reports");
}

const SITE: &str = r#"
[site]
name = "fuzz"
origin = { lat = 22.2, lon = 114.25 }

[[sensor]]
id = "R1"
kind = "radar"
format = "asterix"
feed = "udp://239.192.0.11:8600"
position = { lat = 22.2, lon = 114.25, height_m = 110.0 }
amplitude = { db_per_count = 0.2, offset_db = 0.0 }
"#;
