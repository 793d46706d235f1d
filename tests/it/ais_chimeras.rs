//! Messages of several sentences on a feed that loses sentences: none may be put together from two.
//!
//! What could be whole is found by a simple model of its own: in the recordings, the sentences of a message stand one behind the
//! other, so that reading them without loss and without state gives every true payload.

use std::collections::BTreeSet;
use std::path::Path;

use haishao::model::Timestamp;
use haishao::wire::WireHealth;
use haishao::wire::nmea::{Item, Reader};

use crate::shared;

/// Fields of a VDM: count, number, sequence, channel, payload, fill bits.
fn vdm(line: &str) -> Option<[&str; 6]> {
    let sentence = &line[line.find('!')?..];
    let body = sentence.split('*').next()?;
    let mut fields = body.split(',');
    let address = fields.next()?;
    if !(address.ends_with("VDM") || address.ends_with("VDO")) {
        return None;
    }
    let fields: Vec<&str> = fields.take(6).collect();
    fields.try_into().ok()
}

/// Armoured characters to bits, one by one, by the definition.
fn bits(armoured: &str, fill: usize) -> Vec<u8> {
    let mut bits: Vec<u8> = armoured
        .bytes()
        .flat_map(|c| {
            let six = if c < 88 { c - 48 } else { c - 56 };
            (0..6).rev().map(move |k| six >> k & 1)
        })
        .collect();
    bits.truncate(bits.len() - fill);
    bits
}

fn packed(bits: &[u8]) -> Vec<u8> {
    bits.chunks(8).map(|c| c.iter().enumerate().fold(0, |n, (i, b)| n | b << (7 - i))).collect()
}

/// Payloads of messages of several parts whose sentences stand together.
fn truth(lines: &[String]) -> BTreeSet<Vec<u8>> {
    let mut whole = BTreeSet::new();
    let vdms: Vec<[&str; 6]> = lines.iter().filter_map(|l| vdm(l)).collect();
    for (i, first) in vdms.iter().enumerate() {
        let count: usize = first[0].parse().unwrap_or(0);
        if count < 2 || first[1] != "1" || i + count > vdms.len() {
            continue;
        }
        let parts = &vdms[i..i + count];
        let together = parts
            .iter()
            .enumerate()
            .all(|(k, p)| p[0] == first[0] && p[1] == (k + 1).to_string() && p[2] == first[2] && p[3] == first[3]);
        if together {
            let armoured: String = parts.iter().map(|p| p[4]).collect();
            let fill: usize = parts[count - 1][5].parse().unwrap_or(9);
            if fill < 6 && armoured.bytes().all(|c| matches!(c, b'0'..=b'W' | b'`'..=b'w')) {
                whole.insert(packed(&bits(&armoured, fill)));
            }
        }
    }
    whole
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() >> 33 < (percent << 31) / 100
    }
}

/// What came of a feed.
struct Outcome {
    completed: Vec<Vec<u8>>,
    first_and_last_heard: usize,
}

/// Reads a feed that loses `percent` of its lines; a line a tick of `tick_ms`.
fn read(lines: &[String], percent: u64, seed: u64, tick_ms: i64) -> Outcome {
    let mut random = Random(seed);
    let mut reader = Reader::new(false);
    let mut health = WireHealth::default();
    let mut completed = Vec::new();
    let mut kept = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        if random.chance(percent) {
            continue;
        }
        kept.push(line.clone());
        let before = reader.assembler().counters.completed;
        let at = Timestamp::from_millis(1_276_256_772_000 + i as i64 * tick_ms);
        let mut got = None;
        reader.read(line.as_bytes(), at, &mut health, |item, _| {
            if let Item::Ais(received) = item {
                got = Some(received.payload.bytes().to_vec());
            }
        });
        if reader.assembler().counters.completed > before
            && let Some(payload) = got
        {
            completed.push(payload);
        }
    }
    Outcome { completed, first_and_last_heard: complete_in(&kept) }
}

/// How many messages of several parts have all their sentences in a feed, whatever lies between.
fn complete_in(lines: &[String]) -> usize {
    let mut whole = 0;
    let mut waiting: Vec<(String, [&str; 6], u32)> = Vec::new();
    for line in lines {
        let Some(fields) = vdm(line) else { continue };
        let count: u32 = fields[0].parse().unwrap_or(0);
        let number: u32 = fields[1].parse().unwrap_or(0);
        if count < 2 {
            continue;
        }
        let station = line.split('!').next().unwrap_or_default().to_string();
        if number == 1 {
            waiting.push((station, fields, 1));
        } else if let Some(w) = waiting
            .iter_mut()
            .rev()
            .find(|w| w.0 == station && w.1[0] == fields[0] && w.1[2] == fields[2] && w.1[3] == fields[3] && w.2 + 1 == number)
        {
            w.2 += 1;
            whole += usize::from(w.2 == count);
        }
    }
    whole
}

/// Different losses tried; more by `HAISHAO_CHIMERA_SEEDS`.
fn seeds() -> u64 {
    std::env::var("HAISHAO_CHIMERA_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

fn check(name: &str, lines: &[String], truth: &BTreeSet<Vec<u8>>, tick_ms: i64, least_share: f64) {
    for percent in [0, 1, 5] {
        let (mut chimeras, mut completed, mut possible) = (0, 0, 0);
        for seed in 1..=seeds() {
            let outcome = read(lines, percent, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), tick_ms);
            chimeras += outcome.completed.iter().filter(|p| !truth.contains(*p)).count();
            completed += outcome.completed.len();
            possible += outcome.first_and_last_heard;
        }
        let share = completed as f64 / possible as f64;
        println!("{name}, {percent} % lost: {chimeras} chimeras, {completed} of {possible} completed ({:.1} %)", share * 100.0);
        assert_eq!(chimeras, 0, "{name} at {percent} %");
        if least_share == 0.0 {
            continue;
        }
        assert!(share >= least_share, "{name} at {percent} %: only {share} of what could be completed");
        assert!(completed > 1000, "{name}: too few to show anything");
    }
}

fn national_feed() -> Vec<String> {
    lines_of(&shared::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/dma-stream_example.txt.gz")))
}

fn lines_of(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_string).collect()
}

#[test]
fn a_national_feed_of_61_stations() {
    let lines = national_feed();
    check("dma-stream", &lines, &truth(&lines), 3, 0.9);
}

/// The sentences of a recording by who heard them, without their wrappers.
fn by_half(lines: &[String]) -> [Vec<String>; 2] {
    let vdms: Vec<String> = lines.iter().filter(|l| vdm(l).is_some()).cloned().collect();
    let mut halves = [Vec::new(), Vec::new()];
    let mut which = 0;
    for (i, line) in vdms.iter().enumerate() {
        // A message stays with one station.
        if vdm(line).is_some_and(|f| f[1] == "1") {
            which = i % 2;
        }
        let sentence = &line[line.find('!').unwrap_or(0)..];
        halves[which].push(sentence.to_string());
    }
    halves
}

/// Two stations' lines in one feed, mixed by chance, so that parts of the one fall between parts of the other.
fn interleaved(stations: &[Vec<String>; 2], seed: u64, tag: impl Fn(usize, &str) -> String) -> Vec<String> {
    let mut random = Random(seed);
    let mut rest = [stations[0].iter(), stations[1].iter()];
    let mut mixed = Vec::new();
    loop {
        let which = usize::from(random.chance(50));
        match rest[which].next() {
            Some(line) => mixed.push(tag(which, line)),
            None => {
                mixed.extend(rest[1 - which].by_ref().map(|line| tag(1 - which, line)));
                return mixed;
            }
        }
    }
}

#[test]
fn two_interleaved_stations_that_are_named() {
    let lines = national_feed();
    let truth = truth(&lines);
    let mixed = interleaved(&by_half(&lines), 7, |which, line| {
        let fields = format!("s:station{which}");
        let sum = fields.bytes().fold(0, |a, b| a ^ b);
        format!("\\{fields}*{sum:02X}\\{line}")
    });
    check("two named stations", &mixed, &truth, 6, 0.9);
}

/// Nothing tells whose a part is: what is in doubt goes, and little is left of what is always in doubt.
#[test]
fn two_interleaved_stations_that_are_not_named() {
    let lines = national_feed();
    let truth = truth(&lines);
    let mixed = interleaved(&by_half(&lines), 7, |_, line| line.to_string());
    check("two unnamed stations", &mixed, &truth, 6, 0.0);
}

#[test]
fn one_station_that_is_not_named() {
    let Some(path) = shared::data("ais/raw/gpsd-ais-nmea-type6-fid55.log") else { return };
    let lines = lines_of(&shared::read(&path));
    check("one unnamed station", &lines, &truth(&lines), 100, 0.9);
}
