//! `kill -9` of a process that records: all it acknowledged is there, and all that is older than the fsync bound.
//!
//! The process is this test binary itself, started again in the role of [`child_that_records`], and then `haishao watch` itself.
//! `HAISHAO_KILLS` sets how many times each is killed; 20 by default.

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

/// A line of the feeder: its number in a sentence that no decoder knows.
fn sentence(n: u64) -> String {
    let body = format!("PHSTEST,{n}");
    let sum = body.bytes().fold(0, |sum, b| sum ^ b);
    format!("${body}*{sum:02X}\r\n")
}

fn number(sentence: &[u8]) -> u64 {
    let digits = &sentence[b"$PHSTEST,".len()..];
    let end = digits.iter().position(|b| *b == b'*').unwrap_or_else(|| panic!("{:?}", String::from_utf8_lossy(sentence)));
    std::str::from_utf8(&digits[..end]).unwrap().parse().unwrap()
}

/// Two figures of `/metrics`: frames applied, and the last record known to be on the disk.
fn acknowledged(console: &str) -> Option<[u64; 2]> {
    use std::io::Read;
    let mut stream = std::net::TcpStream::connect(console).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {console}\r\nConnection: close\r\n\r\n").ok()?;
    let mut page = String::new();
    stream.read_to_string(&mut page).ok()?;
    let figure = |name: &str| page.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok());
    Some([figure("haishao_frames_total")? as u64, figure("haishao_capture_durable_through")? as u64])
}

/// The same of the whole program: `haishao watch`, fed over TCP, acknowledges by its own `/metrics` what it has applied and what is on
/// the disk, and is killed at any moment.
#[test]
fn nothing_acknowledged_is_lost_by_kill_9_of_the_watch() {
    use crate::program::{Watch, free_port};

    let kills: u64 = std::env::var("HAISHAO_KILLS").map_or(20, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = folder.path().join("site.toml");
    let dir = folder.path().join("capture");
    let (mut next_line, mut last_number) = (0u64, 0u64);
    let (mut acknowledged_runs, mut older_than_bound, mut torn_tails, mut all_orders) = (0, 0, 0, 0u64);
    for kill in 0..kills {
        // As above: even runs sync often and die young, odd ones have the default bound and outlive it a little.
        let spread = kill.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55; // 0..512
        let (bound, life) = if kill % 2 == 0 { (0.04, 150 + spread) } else { (1.0, 1200 + spread / 2) };
        let text = format!(
            "[site]\nname = \"test\"\norigin = {{ lat = 22.55, lon = 114.72 }}\n[[sensor]]\nid = \"AIS\"\nkind = \"ais\"\nformat = \"nmea\"\n\
             feed = \"tcp-listen://127.0.0.1:{port}\"\n[capture]\ndir = \"capture\"\nfsync_s = {bound}\nsegment_mib = 1\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut watch = Watch::spawned(&config);
        let said = watch.wait_for("http://");
        let at = said.find("http://").unwrap() + "http://".len();
        let console: String = said[at..].chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();

        let mut stream = None;
        while stream.is_none() {
            stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok();
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut stream = stream.unwrap();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let feeder = std::thread::spawn(move || {
            let mut n = next_line;
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let lines: String = (n..n + 10).map(sentence).collect();
                if stream.write_all(lines.as_bytes()).is_err() {
                    break;
                }
                n += 10;
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let begun = now();
        let mut told: Vec<(Timestamp, [u64; 2])> = Vec::new();
        // What the disk itself takes for a byte meanwhile: where other work holds it, no program is sooner.
        let mut probe = std::fs::File::create(folder.path().join("probe")).unwrap();
        let mut disk_s = 0.0f64;
        while now().seconds_since(begun) < life as f64 * 1e-3 {
            if let Some(figures) = acknowledged(&console) {
                told.push((now(), figures));
            }
            let asked = now();
            probe.write_all(b"x").and_then(|()| probe.sync_data()).unwrap();
            disk_s = disk_s.max(now().seconds_since(asked));
            std::thread::sleep(Duration::from_millis(20));
        }
        let killed_at = now();
        watch.kill();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        feeder.join().unwrap();

        // What is there: this run's lines from the first on, each once and in order.
        let mut reader = Reader::open_at(&dir, Sequence(last_number + 1)).unwrap();
        let (mut last, mut frames, mut orders) = (last_number, 0u64, 0u64);
        while let Some(entry) = reader.next_record().unwrap() {
            assert_eq!(entry.sequence.0, last + 1);
            last = entry.sequence.0;
            match entry.record {
                // The watch's own order to take up what was open, one at each start (ADR 0018).
                Record::Frame(frame) if frame.bytes.starts_with(b"{") => orders += 1,
                Record::Frame(frame) => {
                    assert_eq!(number(frame.bytes), next_line + frames, "kill {kill}");
                    frames += 1;
                }
                _ => {}
            }
        }
        torn_tails += u64::from(reader.torn_bytes() > 0);
        let durable = told.iter().map(|(_, [_, durable])| *durable).max().unwrap_or(0);
        assert!(last >= durable, "kill {kill}: record {durable} was acknowledged, {last} is the last there");
        acknowledged_runs += u64::from(durable > last_number);
        // What had been applied a bound ago, with a quarter of a second for the loop's own pace between frames, and as long as the disk held up a single byte.
        if let Some((_, [applied, _])) = told.iter().rev().find(|(at, _)| killed_at.seconds_since(*at) > bound + 0.25 + disk_s)
        {
            let there = frames + orders;
            assert!(
                there >= *applied,
                "kill {kill}: {applied} were applied longer ago than the bound, {there} are there, a byte took the disk {disk_s:.3} s"
            );
            older_than_bound += u64::from(*applied > 0);
        }
        all_orders += orders;
        (next_line, last_number) = (next_line + frames, last);
    }
    let summary = verify(&dir).unwrap();
    assert_eq!((summary.frames, summary.gaps), (next_line + all_orders, 0));
    eprintln!(
        "{kills} kills of the watch: {next_line} frames, {} segments; acknowledged in {acknowledged_runs} runs, applied longer ago than \
         the bound in {older_than_bound}, torn tails in {torn_tails}",
        summary.segments
    );
    assert!(acknowledged_runs * 4 > kills && older_than_bound * 4 > kills && next_line > kills * 20);
}
