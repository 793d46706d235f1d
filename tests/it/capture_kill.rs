//! `kill -9` of a process that records: all it acknowledged is there, and all that is older than the fsync bound.
//!
//! The process is this test binary itself, started again in the role of [`child_that_records`]. `HAISHAO_KILLS` sets how many
//! times it is killed; 20 by default.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use haishao::capture::{Reader, Record, Sequence, WarmedFrom, Writer, verify};
use haishao::config::CaptureSettings;
use haishao::model::{FeedId, Frame, Timestamp};

use crate::capture::{provenance, settings};

const DIR: &str = "HAISHAO_CAPTURE_CHILD_DIR";
const SEGMENT_BYTES: &str = "HAISHAO_CAPTURE_CHILD_SEGMENT_BYTES";
const INTERVAL_MS: &str = "HAISHAO_CAPTURE_CHILD_INTERVAL_MS";

#[allow(clippy::disallowed_methods)] // The test is about real time: what is older than the bound must be on disk.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_nanos(since.as_nanos() as i64)
}

/// Frame `n` of the feeder: 60 bytes that follow from its number.
fn payload(n: u64) -> [u8; 60] {
    let mut bytes = [0; 60];
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    for (i, byte) in bytes.iter_mut().enumerate().skip(8) {
        *byte = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 56)) as u8;
    }
    bytes
}

/// Records the frames that standard input names, one number a line, and says what it took and what is durable. Does nothing
/// unless it was started for this role.
#[test]
fn child_that_records() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let interval: u64 = std::env::var(INTERVAL_MS).unwrap().parse().unwrap();
    let settings = CaptureSettings {
        segment_bytes: std::env::var(SEGMENT_BYTES).unwrap().parse().unwrap(),
        fsync_interval: Duration::from_millis(interval),
        ..settings(Path::new(&dir))
    };
    let mut writer = Writer::open(&settings, provenance()).unwrap();
    assert_eq!(writer.recovery().left_damaged, None);
    writer.append(&Record::Start { at: now(), program: "child", warmed: WarmedFrom::Nothing }).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "\ncut {}", writer.recovery().cut_bytes).unwrap();
    for (count, line) in std::io::stdin().lock().lines().enumerate() {
        let n: u64 = line.unwrap().parse().unwrap();
        let at = now();
        writer.append(&Record::Frame(Frame { feed: FeedId(1), received_at: at, bytes: &payload(n) })).unwrap();
        writer.sync_if_due(at);
        if count % 20 == 0 {
            let durable = writer.durable_through().map_or(0, |Sequence(n)| n);
            writeln!(out, "took {n} {} {durable}", at.nanos()).unwrap();
        }
    }
}

/// What the child has said.
#[derive(Default)]
struct Said {
    cut: u64,
    durable: u64,
    /// Number and time of frames taken.
    took: Vec<(u64, Timestamp)>,
}

fn listen(out: std::process::ChildStdout, said: &Mutex<Said>) {
    for line in BufReader::new(out).lines() {
        let Ok(line) = line else { return };
        let words: Vec<_> = line.split(' ').collect();
        let mut said = said.lock().unwrap();
        match words[..] {
            ["cut", bytes] => said.cut = bytes.parse().unwrap(),
            // The last line may have been cut short by the kill.
            ["took", n, at, durable] if durable.parse::<u64>().is_ok() => {
                said.took.push((n.parse().unwrap(), Timestamp::from_nanos(at.parse().unwrap())));
                said.durable = said.durable.max(durable.parse().unwrap());
            }
            _ => {}
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let kills: u64 = std::env::var("HAISHAO_KILLS").map_or(20, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (mut next_frame, mut last_number) = (0u64, 0u64);
    let (mut acknowledged, mut older_than_bound, mut torn_tails, mut cut_by_child) = (0, 0, 0, 0);
    for kill in 0..kills {
        // Even runs sync often, have small segments, so that kills also hit the closing of one, and die at any moment. Odd ones
        // have the default bound of 1 s and live a little longer than it.
        let spread = kill.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55; // 0..512
        let (interval, segment_bytes, life) =
            if kill % 2 == 0 { (40, 200_000, 60 + spread) } else { (1000, 4_000_000, 1100 + spread) };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["capture_kill::child_that_records", "--exact", "--nocapture", "--test-threads=1"])
            .env(DIR, dir.path())
            .env(INTERVAL_MS, interval.to_string())
            .env(SEGMENT_BYTES, segment_bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(Said::default()));
        let (theirs, out) = (Arc::clone(&said), child.stdout.take().unwrap());
        let listener = std::thread::spawn(move || listen(out, &theirs));

        // 20 frames a millisecond, as at a busy site.
        let mut stdin = child.stdin.take().unwrap();
        let mut n = next_frame;
        for _ in 0..life {
            let lines: String = (n..n + 20).map(|n| format!("{n}\n")).collect();
            stdin.write_all(lines.as_bytes()).unwrap();
            n += 20;
            std::thread::sleep(Duration::from_millis(1));
        }
        let killed_at = now();
        child.kill().unwrap();
        child.wait().unwrap();
        listener.join().unwrap();
        let said = std::mem::take(&mut *said.lock().unwrap());

        // What is there: every frame, once and in order. The whole is read now and then, what this run added always.
        let whole = kill % 20 == 0 || kill + 1 == kills;
        let (mut frames, mut last) = if whole { (0, 0) } else { (next_frame, last_number) };
        let mut reader = Reader::open_at(dir.path(), Sequence(last + 1)).unwrap();
        while let Some(entry) = reader.next_record().unwrap() {
            assert_eq!(entry.sequence.0, last + 1);
            last = entry.sequence.0;
            if let Record::Frame(frame) = entry.record {
                assert_eq!(frame.bytes, payload(frames), "frame {frames}");
                frames += 1;
            }
        }
        torn_tails += u64::from(reader.torn_bytes() > 0);
        cut_by_child += u64::from(said.cut > 0);
        if whole {
            let summary = verify(dir.path()).unwrap();
            assert_eq!((summary.frames, summary.gaps), (frames, 0));
        }

        assert!(last >= said.durable, "kill {kill}: {} was acknowledged, {last} is the last there", said.durable);
        acknowledged += u64::from(said.durable > 0);
        let bound = Duration::from_millis(1000);
        if let Some((old, _)) = said.took.iter().rev().find(|(_, at)| *at <= killed_at - bound) {
            assert!(frames > *old, "kill {kill}: frame {old} was older than the fsync bound, {frames} are there");
            older_than_bound += 1;
        }
        (next_frame, last_number) = (frames, last);
    }
    // A last run recovers from the last kill, and the whole is sound and closed.
    let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
    writer.append(&Record::Tick { at: now() }).unwrap();
    writer.close();
    let summary = verify(dir.path()).unwrap();
    assert_eq!((summary.frames, summary.torn), (next_frame, None));
    eprintln!(
        "{kills} kills: {next_frame} frames, {} segments; acknowledged records in {acknowledged} runs, frames older than the \
         bound in {older_than_bound}, torn tails in {torn_tails}, cut by the next run in {cut_by_child}",
        summary.segments
    );
    // Otherwise nothing was shown.
    assert!(acknowledged * 2 > kills && older_than_bound * 4 > kills && next_frame > kills * 100);
}
