//! No line ends the watch: real lines, damaged in every way a wire or a stranger damages them.
//!
//! Deterministic: the same lines for the same count of threads and lines. `HAISHAO_FUZZ_LINES` (else `HAISHAO_FUZZ`, as `make fuzz`
//! sets it) says how many (default one million), `HAISHAO_FUZZ_THREADS` on how many threads, `HAISHAO_FUZZ_SEED` which.

use std::path::{Path, PathBuf};

use haishao::model::{FeedAddress, FeedId, Frame, Report, Sensor, SensorKind, Site, Timestamp, WireFormat};
use haishao::publish::ais_lines::ais_line;
use haishao::wire::nmea::{Gather, Item, NmeaDecoder, Reader, Station};
use haishao::wire::{Decode, WireHealth};

use crate::shared;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |v| v.parse().unwrap_or_else(|_| panic!("{name} is no number: {v}")))
}

/// xorshift64*.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 32) as usize * n.max(1)) >> 32
    }
}

/// Lines of the recordings that ship, and of all others where they are at hand.
fn seeds() -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut add = |folder: &Path| {
        if let Ok(entries) = std::fs::read_dir(folder) {
            files.extend(entries.map(|e| e.unwrap().path()).filter(|p| p.is_file() && !p.ends_with("README.md")));
        }
    };
    add(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ais"));
    add(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo"));
    if let Some(raw) = shared::data("ais/raw") {
        add(&raw);
        add(&raw.join("gfw-ais-tools"));
    }
    if let Some(radar) = shared::data("radar/nmea") {
        add(&radar);
    }
    files.sort();
    let mut lines = Vec::new();
    for file in &files {
        // Some of each, so that the long recordings do not crowd out the odd ones.
        let all = shared::read(file);
        lines.extend(all.split_inclusive(|&b| b == b'\n').map(<[u8]>::to_vec).take(4000));
    }
    // What ships alone has 4 892.
    assert!(lines.len() > 4500, "only {} lines to start from", lines.len());
    lines
}

/// What stands in sentences, so that damage often stays near the grammar.
const ALPHABET: &[u8] = b"0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw,,,,*$!\\-.\r\n\0\xff\xef^~";

fn damage(random: &mut Random, seeds: &[Vec<u8>], line: &mut Vec<u8>) {
    line.clear();
    line.extend_from_slice(&seeds[random.below(seeds.len())]);
    for _ in 0..random.below(4) {
        let at = random.below(line.len());
        match random.below(9) {
            0 if !line.is_empty() => line[at] = random.next() as u8,
            1 if !line.is_empty() => line[at] = ALPHABET[random.below(ALPHABET.len())],
            2 if !line.is_empty() => {
                line.remove(at);
            }
            3 => line.insert(at.min(line.len()), ALPHABET[random.below(ALPHABET.len())]),
            4 => line.truncate(at),
            5 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                line.truncate(at);
                line.extend_from_slice(&other[from..]);
            }
            6 if !line.is_empty() => {
                // A run again, as a stuttering line driver does; up to lengths no message has.
                let run = line[at..].to_vec();
                for _ in 0..random.below(5) {
                    line.extend_from_slice(&run);
                }
            }
            7 => {
                // Another message type or part number before an unchanged rest.
                if let Some(comma) = line.iter().rposition(|&b| b == b',') {
                    let start = line[..comma].iter().rposition(|&b| b == b',').map_or(0, |c| c + 1);
                    if start < line.len() {
                        line[start] = b'0' + random.below(40) as u8;
                    }
                }
            }
            _ => {
                let by = random.below(line.len());
                line.rotate_left(by);
            }
        }
    }
    if random.below(5) != 0 {
        repair(line);
    }
}

/// Makes every checksum right again.
fn repair(line: &mut [u8]) {
    let mut start = None;
    let mut sum = 0;
    for i in 0..line.len() {
        match line[i] {
            b'!' | b'$' | b'\\' => (start, sum) = (Some(i), 0),
            b'*' if start.is_some() && i + 2 < line.len() => {
                let hex = format!("{sum:02X}");
                line[i + 1..i + 3].copy_from_slice(hex.as_bytes());
                start = None;
            }
            other => sum ^= other,
        }
    }
}

fn site() -> Site {
    let sensor = |id: &str, kind| Sensor::new(id, kind, WireFormat::Nmea, FeedId(0));
    Site {
        name: "fuzz".into(),
        origin: haishao::geo::GeodeticHeight::from_degrees(22.5, 114.5, 0.0),
        sensors: vec![sensor("ais", SensorKind::Ais), sensor("radar", SensorKind::Radar)],
        feeds: vec![FeedAddress::Stdin],
    }
}

#[derive(Default)]
struct Done {
    lines: u64,
    messages: u64,
    reports: u64,
    types: [u64; 28],
    refusals: usize,
}

fn run(seeds: &[Vec<u8>], seed: u64, lines: u64) -> Done {
    let mut random = Random(seed | 1);
    let mut done = Done::default();
    let (mut line, mut reports, mut text) = (Vec::new(), Vec::<Report>::new(), Vec::new());
    let mut health = WireHealth::default();
    let mut reader = Reader::new(false);
    let mut lenient = Reader::new(true);
    let mut gather = Gather::default();
    let mut decoder = NmeaDecoder::new(&site(), FeedId(0));
    for i in 0..lines {
        damage(&mut random, seeds, &mut line);
        let at = Timestamp::from_millis(1_700_000_000_000 + i as i64);
        let reader = if i % 4 == 0 { &mut lenient } else { &mut reader };
        reader.read(&line, at, &mut health, |item, _| {
            if let Item::Ais(received) = item {
                done.messages += 1;
                done.types[usize::from(received.message.message_type)] += 1;
                gather.push(received, |received, stations: &[Station]| {
                    text.clear();
                    ais_line(received, stations, &mut text);
                    assert!(text.ends_with(b"}\n"));
                });
            }
        });
        reports.clear();
        decoder.decode(Frame { feed: FeedId(0), received_at: at, bytes: &line }, &mut reports, &mut health);
        done.reports += reports.len() as u64;
        for report in &reports {
            if let haishao::model::ReportKind::AisPosition(p) = &report.kind {
                // What is out of range never gets out as a number.
                assert!(p.position.is_none_or(|g| g.lat_deg().abs() <= 90.0 && g.lon_deg().abs() <= 180.0), "{p:?}");
                assert!(p.cog.is_none_or(|c| (0.0..std::f64::consts::TAU).contains(&c)), "{p:?}");
            }
        }
    }
    // State stays within its bounds whatever came.
    assert!(gather.len() <= 4096);
    done.lines = lines;
    done.refusals = health.refused.len();
    done
}

#[test]
fn mutated_lines_never_panic() {
    let lines = number("HAISHAO_FUZZ_LINES", number("HAISHAO_FUZZ", 1_000_000));
    let threads = number("HAISHAO_FUZZ_THREADS", std::thread::available_parallelism().map_or(1, |n| n.get() as u64)).max(1);
    let seed = number("HAISHAO_FUZZ_SEED", 1);
    let seeds = seeds();
    let total = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|k| {
                let seeds = &seeds;
                let share = lines / threads + u64::from(k < lines % threads);
                scope.spawn(move || run(seeds, (seed * 1000 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15), share))
            })
            .collect();
        workers.into_iter().map(|w| w.join().expect("a line made the decoder panic")).fold(Done::default(), |mut sum, d| {
            sum.lines += d.lines;
            sum.messages += d.messages;
            sum.reports += d.reports;
            sum.types.iter_mut().zip(d.types).for_each(|(a, b)| *a += b);
            sum.refusals = sum.refusals.max(d.refusals);
            sum
        })
    });
    println!("{} lines, {} messages, {} reports, types {:?}", total.lines, total.messages, total.reports, &total.types[1..]);
    assert_eq!(total.lines, lines);
    if lines >= 1_000_000 {
        // The damage must not be so great that nothing gets through to the code behind the checks.
        assert!(total.messages > lines / 20 && total.reports > lines / 50);
        assert!(total.types[1..].iter().all(|&n| n > 0), "{:?}", total.types);
    }
    // Reasons are words of the code, not of the input: a metric's labels stay few.
    assert!(total.refusals < 60);
}
