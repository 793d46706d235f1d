//! How far two ways of measuring agree with themselves: the ratio of our AIS decode to `nmea-parser` on the same lines, told again and
//! again by criterion (one after the other, wall time) and by paired rounds (taking turns, CPU time of the thread). Only measures; the
//! decision that rests on it is `docs/adr/0005-paired-rounds.md`.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use haishao::cli::bench::decode::{Lines, ours};
use haishao::cli::bench::race;

const TELLINGS: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let lines = Lines::recorded()?;
    // A tenth of the recording: criterion takes ten samples of each and more to warm up.
    let end = lines.text().iter().enumerate().filter(|(_, b)| **b == b'\n').nth(20_000).map_or(0, |(i, _)| i + 1);
    let text = lines.text().get(..end).unwrap_or_default();
    let peer = || {
        let mut parser = nmea_parser::NmeaParser::new();
        let lines = text.split(|b| *b == b'\n').filter_map(|l| std::str::from_utf8(l).ok());
        black_box(lines.filter(|l| parser.parse_sentence(l.trim_end()).is_ok()).count());
    };
    let us = || {
        black_box(ours(text));
    };
    let (mut by_criterion, mut by_turns) = (Vec::new(), Vec::new());
    let folder = std::env::temp_dir().join(format!("haishao-spread-{}", std::process::id()));
    for _ in 0..TELLINGS {
        let mut criterion = Criterion::default().sample_size(10).output_directory(&folder).without_plots();
        criterion = criterion.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        criterion.bench_function("ours", |b| b.iter(us));
        criterion.bench_function("peer", |b| b.iter(peer));
        let told = |name: &str| -> Result<f64, Box<dyn std::error::Error>> {
            let estimates = std::fs::read(folder.join(name).join("new/estimates.json"))?;
            let json: serde_json::Value = serde_json::from_slice(&estimates)?;
            Ok(json["median"]["point_estimate"].as_f64().unwrap_or(f64::NAN))
        };
        by_criterion.push(told("peer")? / told("ours")?);
        let times = race(&mut [&mut || us(), &mut || peer()]);
        by_turns.push(times[1] / times[0]);
    }
    std::fs::remove_dir_all(&folder)?;
    for (name, ratios) in [("criterion", &mut by_criterion), ("paired rounds", &mut by_turns)] {
        ratios.sort_by(f64::total_cmp);
        let (low, high, middle) = (ratios[0], ratios[TELLINGS - 1], ratios[TELLINGS / 2]);
        println!("{name:<14} {middle:.2} ({low:.2} to {high:.2}: {:.1} %) {ratios:.2?}", 100.0 * (high - low) / middle);
    }
    Ok(())
}
