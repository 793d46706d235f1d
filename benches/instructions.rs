//! Instruction counts of the decode and fuse kernels, compared with those kept in `benches/instructions.json`.
//!
//! `cargo bench --bench instructions` counts under `valgrind --tool=callgrind` and fails where a kernel has grown by more than the
//! tolerance: counts, unlike times, are the same on a busy machine. `… -- --keep` writes the new counts after a change that is worth
//! its price.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

mod kernels;

/// Growth that fails. Callgrind repeats to the instruction for one binary; another build of the same source moves by some
/// tenths of a per cent.
const TOLERANCE: f64 = 0.03;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.json");

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, kernel, rounds] = &args[..]
        && flag == "--run"
    {
        let rounds = rounds.parse().unwrap_or(1);
        return if kernels::run(kernel, rounds) { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    let keep = args.iter().any(|a| a == "--keep");
    match compare(keep) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(keep: bool) -> Result<bool, String> {
    let kept: BTreeMap<String, u64> = match std::fs::read(KEPT) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| format!("{KEPT}: {e}"))?,
        Err(_) if keep => BTreeMap::new(),
        Err(e) => return Err(format!("{KEPT}: {e}; make it with `-- --keep`")),
    };
    let mut counted = BTreeMap::new();
    let mut good = true;
    println!("{:<16} {:>14} {:>14} {:>8}", "kernel", "per unit", "kept", "ratio");
    for kernel in kernels::NAMES {
        // What the set-up costs cancels between one round and two.
        let one = count(kernel, 1)?;
        let two = count(kernel, 2)?;
        let per_unit = two.saturating_sub(one) / kernels::units(kernel).max(1);
        let before = kept.get(*kernel).copied();
        let ratio = before.map(|b| per_unit as f64 / b as f64);
        let grown = ratio.is_none_or(|r| r > 1.0 + TOLERANCE);
        if grown && !keep {
            good = false;
        }
        println!(
            "{kernel:<16} {per_unit:>14} {:>14} {:>8}{}",
            before.map_or_else(|| "-".to_owned(), |b| b.to_string()),
            ratio.map_or_else(|| "-".to_owned(), |r| format!("{r:.3}")),
            if grown && !keep { "  GROWN" } else { "" }
        );
        counted.insert((*kernel).to_owned(), per_unit);
    }
    if keep {
        let mut text = serde_json::to_string_pretty(&counted).map_err(|e| e.to_string())?;
        text.push('\n');
        std::fs::write(KEPT, text).map_err(|e| format!("{KEPT}: {e}"))?;
    }
    Ok(good)
}

fn count(kernel: &str, rounds: u32) -> Result<u64, String> {
    let exe = std::env::current_exe().map_err(|e| e.to_string())?;
    let out = std::env::temp_dir().join(format!("haishao-callgrind-{}", std::process::id()));
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--callgrind-out-file={}", out.display())])
        .arg(&exe)
        .args(["--run", kernel, &rounds.to_string()])
        .stdout(Stdio::null())
        .output()
        .map_err(|e| format!("cannot run valgrind (Debian package `valgrind`): {e}"))?;
    if !run.status.success() {
        return Err(format!("{kernel} under valgrind: {}: {}", run.status, String::from_utf8_lossy(&run.stderr)));
    }
    let total = total(&out);
    std::fs::remove_file(&out).map_err(|e| e.to_string())?;
    total.ok_or_else(|| format!("{kernel}: callgrind wrote no total"))
}

fn total(path: &Path) -> Option<u64> {
    let text = String::from_utf8_lossy(&std::fs::read(path).ok()?).into_owned();
    let line = text.lines().rev().find_map(|l| l.strip_prefix("totals: ").or_else(|| l.strip_prefix("summary: ")))?;
    line.split_whitespace().next()?.parse().ok()
}
