//! How fast AIS is decoded, against `nmea-parser` on the same real lines in the same run.
//!
//! `cargo run --release --example ais_speed [FILE...]`; without files, the recordings in `../shared/data/ais/raw`. CPU time of one
//! thread, both in turns, medians: read the ratio. `--ours N` runs only this crate's decoder N times, for a profiler.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use cpu_time::ThreadTime;
use haishao::wire::WireHealth;
use haishao::wire::nmea::Reader;
use haishao::wire::nmea::tally::tally;

const ROUNDS: usize = 11;

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let only_ours = args.iter().position(|a| a == "--ours").map(|i| {
        let n: usize = args[i + 1].parse().unwrap();
        args.drain(i..i + 2);
        n
    });
    let files: Vec<PathBuf> = if args.is_empty() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/ais/raw");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files.into_iter().filter(|f| f.is_file()).collect()
    } else {
        args.into_iter().map(PathBuf::from).collect()
    };
    let lines: Vec<String> = files.iter().flat_map(|f| vdm_lines(&read(f))).collect();
    let buffer: Vec<u8> = lines.iter().flat_map(|l| [l.as_bytes(), b"\r\n"].concat()).collect();
    let n = lines.len();
    if let Some(rounds) = only_ours {
        for _ in 0..rounds {
            black_box(ours(&buffer));
        }
        return;
    }
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    let mut found = (0, 0);
    // The peer panics on some legal lines: they are left out of its work, not of ours.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..ROUNDS {
        let start = ThreadTime::now();
        found.0 = black_box(ours(&buffer));
        our_times.push(start.elapsed().as_secs_f64());
        let start = ThreadTime::now();
        found.1 = black_box(theirs(&lines));
        their_times.push(start.elapsed().as_secs_f64());
    }
    std::panic::set_hook(hook);
    let (a, b) = (median(our_times), median(their_times));
    println!("{n} lines, {} bytes", buffer.len());
    println!("haishao      {:6.1} ns a line, {} messages", a / n as f64 * 1e9, found.0);
    println!("nmea-parser  {:6.1} ns a line, {} messages", b / n as f64 * 1e9, found.1);
    println!("ratio        {:6.2}", b / a);
}

fn ours(buffer: &[u8]) -> u64 {
    let mut reader = Reader::new(false);
    let mut health = WireHealth::default();
    tally(&mut reader, buffer, &mut health).messages
}

fn theirs(lines: &[String]) -> u64 {
    let mut parser = nmea_parser::NmeaParser::new();
    let mut messages = 0;
    for line in lines {
        let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse_sentence(line)));
        match parsed {
            Ok(Ok(nmea_parser::ParsedMessage::Incomplete) | Err(_)) | Err(_) => {}
            Ok(Ok(message)) => {
                black_box(message);
                messages += 1;
            }
        }
    }
    messages
}

/// The bare VDM and VDO sentences of a recording, as the peer wants them.
fn vdm_lines(recording: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(recording);
    let mut lines = Vec::new();
    for line in text.lines() {
        for (at, _) in line.match_indices('!') {
            let rest = &line[at..];
            let Some(star) = rest.find('*') else { continue };
            let is_vdm = rest.get(3..6).is_some_and(|f| f == "VDM" || f == "VDO");
            if let Some(sentence) = rest.get(..star + 3)
                && is_vdm
                && sentence.is_ascii()
            {
                lines.push(sentence.to_owned());
            }
        }
    }
    lines
}

fn read(path: &std::path::Path) -> Vec<u8> {
    let raw = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|e| e != "gz") {
        return raw;
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(&raw[..]).read_to_end(&mut out).unwrap();
    out
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
