//! A capture of every version of the format that was ever written is kept in `fixtures/capture/` and loads for ever.
//!
//! `fixtures/capture/v1`: two closed segments and an open one with a torn tail; `records.txt` says what was written, from the
//! writer's side. A new version gets a folder of its own; the folders that are there never change.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use haishao::capture::{FORMAT_VERSION, Reader, Sequence, Summary, Writer, segment_file_name, verify};
use haishao::config::CaptureSettings;

use crate::capture::{Owned, nth, provenance, scratch, settings, write};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/capture/v1")
}

fn line(sequence: Sequence, record: &Owned) -> String {
    let text = match record {
        Owned::Frame(feed, at, bytes) => {
            let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            format!("frame feed={feed} at={at} {hex}")
        }
        Owned::Tick(at) => format!("tick at={at}"),
        Owned::Start(at, program, from) => format!("start at={at} program={program} warmed_from={from:?}"),
        Owned::Gap(from, to, records, frames, reason) => {
            format!("gap from={from} to={to} records={records} frames={frames} reason={reason}")
        }
    };
    format!("{sequence} {text}\n")
}

fn records() -> Vec<Owned> {
    let Owned::Frame(_, t0, _) = nth(0) else { unreachable!() };
    let mut records = vec![Owned::Start(t0 - 5, "haishao 0.1.0".to_owned(), None)];
    records.extend((0..12).map(nth));
    records.push(Owned::Tick(t0 + 12_500_000_000));
    records.push(Owned::Gap(t0 + 13_000_000_000, t0 + 20_000_000_000, 200_000, 199_990, "no space left on device".to_owned()));
    records.push(Owned::Start(t0 + 21_000_000_000, "haishao 0.1.0".to_owned(), Some(3)));
    records.push(Owned::Frame(2, t0 + 20_999_999_999, "!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\r\n".into()));
    records.extend((22..30).map(nth));
    records
}

/// Writes what is to be version 1 and tears the tail off.
fn make(dir: &Path) -> String {
    let settings = CaptureSettings { segment_bytes: 1000, ..settings(dir) };
    let records = records();
    let sequences = write(&settings, &records);
    let last = dir.join(segment_file_name(3));
    let bytes = std::fs::read(&last).unwrap();
    // Within the last record: seal and trailer have 82 + 16 bytes, and the record more than 39.
    std::fs::write(&last, &bytes[..bytes.len() - 98 - 20]).unwrap();
    std::fs::remove_file(dir.join("lock")).unwrap();
    sequences.into_iter().zip(&records).take(records.len() - 1).map(|(sequence, record)| line(sequence, record)).collect()
}

/// Made the fixture once. Run with `HAISHAO_WRITE_FIXTURE=1` only for a version that is not released.
#[test]
fn version_1_is_still_written_as_it_was() {
    assert_eq!(FORMAT_VERSION, 1, "a new version: keep this folder, add one, and change this test to only load version 1");
    let dir = scratch();
    let text = make(dir.path());
    if std::env::var_os("HAISHAO_WRITE_FIXTURE").is_some() {
        std::fs::create_dir_all(fixture()).unwrap();
        for n in 1..=3 {
            std::fs::copy(dir.path().join(segment_file_name(n)), fixture().join(segment_file_name(n))).unwrap();
        }
        std::fs::write(fixture().join("records.txt"), &text).unwrap();
    }
    for n in 1..=3 {
        let name = segment_file_name(n);
        assert!(std::fs::read(dir.path().join(&name)).unwrap() == std::fs::read(fixture().join(&name)).unwrap(), "{name}");
    }
}

#[test]
fn version_1_loads() {
    let summary = verify(&fixture()).unwrap();
    let Summary { segments, starts, gaps, lost_records, .. } = summary;
    assert_eq!((segments, starts, gaps, lost_records), (3, 2, 1, 200_000));
    assert_eq!(summary.torn.map(|(file, ..)| file), Some(fixture().join(segment_file_name(3))));
    let mut reader = Reader::open(&fixture()).unwrap();
    assert_eq!(reader.peek_header().unwrap().unwrap().provenance, provenance());
    let mut text = String::new();
    while let Some(entry) = reader.next_record().unwrap() {
        text += &line(entry.sequence, &Owned::of(&entry.record));
    }
    assert_eq!(text, std::fs::read_to_string(fixture().join("records.txt")).unwrap());
}

#[test]
fn version_1_is_continued() {
    let dir = scratch();
    for n in 1..=3 {
        let name = segment_file_name(n);
        std::fs::copy(fixture().join(&name), dir.path().join(&name)).unwrap();
    }
    let before = verify(dir.path()).unwrap();
    let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
    assert_eq!(writer.recovery().cut_bytes, before.torn.unwrap().2);
    writer.append(&nth(30).record()).unwrap();
    writer.close();
    let after = verify(dir.path()).unwrap();
    assert_eq!((after.records, after.segments, after.torn), (before.records + 1, 4, None));
}
