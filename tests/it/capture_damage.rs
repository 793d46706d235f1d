//! Damage is found where it is; a torn tail is cut exactly; nothing read from a disk makes anything panic.

use std::path::{Path, PathBuf};

use haishao::capture::{Chain, Fault, Problem, Reader, Sequence, Writer, segment_file_name, verify};
use haishao::config::CaptureSettings;
use proptest::prelude::*;

use crate::capture::{Owned, nth, provenance, read, read_on, scratch, settings, write};

/// An item of a segment as this test finds it, by the description of the format and without the code under test.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Item {
    Header,
    Record,
    Seal,
    Trailer,
}

fn items(bytes: &[u8]) -> Vec<(Item, usize, usize)> {
    let header_end = 16 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize + 4;
    let mut out = vec![(Item::Header, 0, header_end)];
    let mut at = header_end;
    while at < bytes.len() {
        let (mut length, mut shift, mut body) = (0usize, 0, at + 4);
        loop {
            let byte = bytes[body];
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            body += 1;
            if byte < 0x80 {
                break;
            }
        }
        let seal = bytes[body] == 0x53;
        out.push((if seal { Item::Seal } else { Item::Record }, at, body + length));
        at = body + length;
        if seal {
            assert_eq!(bytes.len() - at, 16);
            out.push((Item::Trailer, at, at + 16));
            break;
        }
    }
    out
}

fn segment_paths(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "hsc")).collect();
    paths.sort();
    paths
}

/// Three segments, the last one open if `open`.
fn sample(dir: &Path, open: bool) {
    let settings = CaptureSettings { segment_bytes: 1100, ..settings(dir) };
    let mut records: Vec<_> = (0..22).map(nth).collect();
    records.insert(0, Owned::Start(nth(0).record().at().nanos(), "haishao".to_owned(), None));
    records.insert(9, Owned::Tick(nth(9).record().at().nanos()));
    records.insert(15, Owned::Gap(0, 5, 1000, 999, "no space left on device".to_owned()));
    write(&settings, &records);
    let paths = segment_paths(dir);
    assert_eq!(paths.len(), 3, "{paths:?}");
    if open {
        let bytes = std::fs::read(&paths[2]).unwrap();
        let (_, seal, _) = items(&bytes)[items(&bytes).len() - 2];
        std::fs::write(&paths[2], &bytes[..seal]).unwrap();
    }
}

#[test]
fn a_flip_of_any_byte_is_found_where_it_is() {
    for open in [false, true] {
        let dir = scratch();
        sample(dir.path(), open);
        assert!(verify(dir.path()).is_ok());
        let paths = segment_paths(dir.path());
        for (n, path) in paths.iter().enumerate() {
            let bytes = std::fs::read(path).unwrap();
            let items = items(&bytes);
            for (item, start, end) in items.iter().copied() {
                for at in start..end {
                    for mask in [0x01, 0x80, 0xff] {
                        let mut bad = bytes.clone();
                        bad[at] ^= mask;
                        std::fs::write(path, &bad).unwrap();
                        let what = format!("{item:?} {start}..{end} of segment {}, byte {at} ^ {mask:#x}", n + 1);
                        match verify(dir.path()) {
                            Err(Fault { file, offset, .. }) => assert_eq!((&file, offset), (path, start as u64), "{what}"),
                            // The last record of a segment that is not closed: a write that was cut short, for all one can know.
                            Ok(summary) => {
                                assert!(open && n == 2 && end == bytes.len() && item == Item::Record, "{what}: {summary:?}");
                                assert_eq!(summary.torn, Some((path.clone(), start as u64, (end - start) as u64)), "{what}");
                            }
                        }
                    }
                }
            }
            std::fs::write(path, &bytes).unwrap();
        }
    }
}

#[test]
fn missing_swapped_and_foreign_segments_are_found() {
    let dir = scratch();
    sample(dir.path(), false);
    let paths = segment_paths(dir.path());
    let contents: Vec<_> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let problem = || verify(dir.path()).unwrap_err().problem;

    std::fs::remove_file(&paths[1]).unwrap();
    assert_eq!(problem(), Problem::MissingSegment { expected: 2, found: 3 });

    std::fs::write(&paths[1], &contents[2]).unwrap();
    assert_eq!(problem(), Problem::SegmentNumber { stated: 3, named: 2 });

    // Sound in itself and with the right number, but of another record.
    let other = scratch();
    write(&CaptureSettings { segment_bytes: 900, ..settings(other.path()) }, &(100..125).map(nth).collect::<Vec<_>>());
    std::fs::copy(&segment_paths(other.path())[1], &paths[1]).unwrap();
    assert!(matches!(problem(), Problem::Chain { .. }));

    // A whole record cut out of a closed segment, and one put in twice.
    std::fs::write(&paths[1], &contents[1]).unwrap();
    let (_, start, end) = items(&contents[0])[4];
    let cut = [&contents[0][..start], &contents[0][end..]].concat();
    std::fs::write(&paths[0], cut).unwrap();
    assert_eq!(problem(), Problem::Sequence { expected: 4, found: 5 });
    let twice = [&contents[0][..end], &contents[0][start..]].concat();
    std::fs::write(&paths[0], twice).unwrap();
    assert_eq!(problem(), Problem::Sequence { expected: 5, found: 4 });

    // Only the end cut off, exactly: nothing in the segment itself is wrong.
    let (_, seal, _) = items(&contents[0])[items(&contents[0]).len() - 2];
    std::fs::write(&paths[0], &contents[0][..seal]).unwrap();
    assert_eq!(
        verify(dir.path()).unwrap_err(),
        Fault { file: paths[0].clone(), offset: seal as u64, problem: Problem::Unsealed }
    );

    // The first ones deleted, as retention does it.
    std::fs::write(&paths[0], &contents[0]).unwrap();
    assert_eq!(verify(dir.path()).unwrap().chain, Chain::Whole);
    std::fs::remove_file(&paths[0]).unwrap();
    assert_eq!(verify(dir.path()).unwrap().chain, Chain::Pruned { first_segment: 2 });
}

#[test]
fn a_write_cut_short_at_any_byte_loses_only_the_record_it_was_in() {
    let whole = scratch();
    let settings_at = |dir: &Path| CaptureSettings { segment_bytes: 1100, ..settings(dir) };
    let records: Vec<_> = (0..20).map(nth).collect();
    write(&settings_at(whole.path()), &records);
    let paths = segment_paths(whole.path());
    assert_eq!(paths.len(), 2);
    let last = std::fs::read(&paths[1]).unwrap();
    let items = items(&last);
    let before = records.len() - items.iter().filter(|(item, ..)| *item == Item::Record).count();
    for cut in 0..=last.len() {
        let dir = scratch();
        std::fs::copy(&paths[0], dir.path().join(segment_file_name(1))).unwrap();
        std::fs::write(dir.path().join(segment_file_name(2)), &last[..cut]).unwrap();
        let kept = before + items.iter().filter(|(item, _, end)| *item == Item::Record && *end <= cut).count();
        // All whole items stay, and a seal only together with its trailer.
        let clean = items.iter().filter(|(item, _, end)| *item != Item::Seal && *end <= cut).map(|(.., end)| *end).max();

        if let Some(clean) = clean {
            let summary = verify(dir.path()).unwrap();
            assert_eq!(summary.records, kept as u64, "cut at {cut}");
            assert_eq!(summary.torn.map_or(0, |(_, _, bytes)| bytes), (cut - clean) as u64, "cut at {cut}");
        }
        let mut writer = Writer::open(&settings_at(dir.path()), provenance()).unwrap();
        assert_eq!(writer.recovery().cut_bytes, (cut - clean.unwrap_or(0)) as u64, "cut at {cut}");
        assert_eq!(writer.recovery().last, Some(Sequence(kept as u64)), "cut at {cut}");
        assert_eq!(writer.recovery().left_damaged, None, "cut at {cut}");
        assert_eq!(writer.append(&nth(77).record()), Ok(Sequence(kept as u64 + 1)), "cut at {cut}");
        writer.close();
        let summary = verify(dir.path()).unwrap();
        assert_eq!((summary.torn, summary.records), (None, kept as u64 + 1), "cut at {cut}");
        let read = read(dir.path());
        assert!(read.iter().map(|(_, record)| record).eq(records[..kept].iter().chain([&nth(77)])), "cut at {cut}");
    }
}

#[test]
fn damage_before_the_end_is_left_as_it_is_and_recording_goes_on() {
    // In the open segment: after a restart nothing behind the damage may be gone, and no number may be used twice.
    let dir = scratch();
    sample(dir.path(), true);
    let last = segment_paths(dir.path()).pop().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    let (_, start, _) = items(&bytes)[2];
    let records_in_last = items(&bytes).len() as u64 - 1;
    let all = read(dir.path()).last().unwrap().0.0;
    bytes[start + 30] ^= 4;
    std::fs::write(&last, &bytes).unwrap();

    let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
    let recovery = writer.recovery().clone();
    assert_eq!(recovery.cut_bytes, 0);
    let fault = recovery.left_damaged.unwrap();
    assert_eq!((&fault.file, fault.offset), (&last, start as u64));
    assert_eq!(writer.append(&nth(1).record()), Ok(Sequence(all + 1)));
    writer.close();
    assert_eq!(std::fs::read(&last).unwrap(), bytes, "evidence is not touched");
    assert_eq!(verify(dir.path()).unwrap_err(), fault);

    // The reader stops there, stays there, and goes on behind it when told to.
    let mut reader = Reader::open(dir.path()).unwrap();
    let mut before = 0;
    let stopped = loop {
        match reader.next_record() {
            Ok(entry) => before = entry.unwrap().sequence.0,
            Err(fault) => break fault,
        }
    };
    assert_eq!(stopped, fault);
    assert_eq!(before, all - records_in_last + 1);
    assert_eq!(reader.next_record().unwrap_err(), fault);
    reader.skip_segment();
    assert_eq!(read_on(&mut reader), [(Sequence(all + 1), nth(1))]);
}

#[test]
fn a_damaged_header_does_not_end_the_numbers() {
    let dir = scratch();
    sample(dir.path(), true);
    let all = read(dir.path()).last().unwrap().0.0;
    let last = segment_paths(dir.path()).pop().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&last, &bytes).unwrap();
    let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
    assert_eq!(writer.recovery().left_damaged.as_ref().unwrap().file, last);
    assert_eq!(writer.append(&nth(1).record()), Ok(Sequence(all + 1)));
}

#[test]
fn a_record_of_a_later_version_is_not_touched() {
    let dir = scratch();
    sample(dir.path(), true);
    let last = segment_paths(dir.path()).pop().unwrap();
    let mut bytes = std::fs::read(&last).unwrap();
    bytes[8] = 99;
    let (_, _, end) = items(&bytes)[0];
    let crc = crc32c::crc32c(&bytes[..end - 4]);
    bytes[end - 4..end].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&last, &bytes).unwrap();
    let refused = Writer::open(&settings(dir.path()), provenance()).err().unwrap();
    assert!(refused.to_string().ends_with("byte 0: format version 99, this program reads up to 1"), "{refused}");
    assert_eq!(std::fs::read(&last).unwrap(), bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_on_disk_stop_reading_or_recording(
        edits in proptest::collection::vec((0usize..3, any::<prop::sample::Index>(), 0usize..40, proptest::collection::vec(any::<u8>(), 0..40)), 1..8),
        open: bool,
    ) {
        let dir = scratch();
        sample(dir.path(), open);
        let paths = segment_paths(dir.path());
        for (segment, at, remove, insert) in edits {
            let mut bytes = std::fs::read(&paths[segment]).unwrap();
            let start = at.index(bytes.len() + 1);
            let end = (start + remove).min(bytes.len());
            bytes.splice(start..end, insert);
            std::fs::write(&paths[segment], bytes).unwrap();
        }
        let (Ok(_) | Err(_)) = verify(dir.path());
        let read_all = || {
            let mut reader = Reader::open(dir.path()).unwrap();
            let (mut faults, mut last) = (0, None);
            loop {
                match reader.next_record() {
                    Ok(Some(entry)) => last = Some(Owned::of(&entry.record)),
                    Ok(None) => break (faults, last),
                    Err(_) => { faults += 1; reader.skip_segment(); }
                }
            }
        };
        let (faults, _) = read_all();
        prop_assert!(faults <= 6, "at most header and chain of each");
        let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
        writer.append(&nth(3).record()).unwrap();
        writer.close();
        prop_assert_eq!(read_all().1, Some(nth(3)));
    }
}
