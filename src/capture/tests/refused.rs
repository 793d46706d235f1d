//! The disk refuses: nothing is lost while memory lasts, what is lost is counted and stands as a gap, and the engine goes on.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::super::recorder::{Batch, Recorder, Syncer};
use super::super::{
    CaptureHealth, CaptureState, FeedEntry, Provenance, Reader, Record, Sequence, Summary, Writer, recover, verify,
};
use super::refusing_disk::{Control, EIO, ENOSPC, RefusingDisk};
use crate::config::CaptureSettings;
use crate::model::{FeedId, Frame, Timestamp};

fn provenance() -> Provenance {
    Provenance { feeds: vec![FeedEntry::default()], ..Provenance::default() }
}

fn recorder(dir: &Path, settings: &CaptureSettings, control: &Control) -> (Recorder, u64) {
    let mut disk = RefusingDisk::new(dir, control);
    let resume = recover::resume(dir, &mut disk).unwrap();
    let next = resume.next_sequence;
    (Recorder::new(Box::new(disk), Syncer::Same, settings.clone(), provenance(), resume), next)
}

/// One frame a second; its bytes say its number.
fn frame(n: u64) -> Vec<u8> {
    n.to_le_bytes().repeat(8)
}

fn at(n: u64) -> Timestamp {
    Timestamp::from_secs(1_773_504_000 + n as i64)
}

fn batch(first: u64, next: u64) -> Batch {
    let mut batch = Batch::new(first);
    for n in first..next {
        batch.push(&Record::Frame(Frame { feed: FeedId(0), received_at: at(n), bytes: &frame(n) }));
    }
    batch.sync = true;
    batch
}

/// What is in the record: numbers of frames, and gaps as (first, last).
fn content(dir: &Path) -> (Vec<u64>, Vec<(u64, u64)>) {
    let (mut frames, mut gaps) = (Vec::new(), Vec::new());
    let mut reader = Reader::open(dir).unwrap();
    while let Some(entry) = reader.next_record().unwrap() {
        let Sequence(n) = entry.sequence;
        match entry.record {
            Record::Frame(found) => {
                assert_eq!((found.bytes, found.received_at), (&frame(n)[..], at(n)));
                frames.push(n);
            }
            Record::Gap(gap) => {
                let first = n + 1 - gap.records;
                assert_eq!((gap.from, gap.to, gap.frames), (at(first), at(n), gap.records));
                assert!(!gap.reason.is_empty());
                gaps.push((first, n));
            }
            other => panic!("{other:?}"),
        }
    }
    (frames, gaps)
}

/// 60 frames in 20 batches over some segments, with operations `refused` failing.
fn run(dir: &Path, refuse: Option<(std::ops::Range<usize>, i32)>, short: Option<usize>) -> (Vec<&'static str>, CaptureHealth) {
    let control = Control::default();
    control.with(|plan| (plan.refuse, plan.short) = (refuse, short));
    let settings = CaptureSettings { segment_bytes: 1200, ..CaptureSettings::default() };
    let (mut recorder, next) = recorder(dir, &settings, &control);
    assert_eq!(next, 1);
    for n in 0..20 {
        recorder.take(batch(1 + 3 * n, 4 + 3 * n));
        // What is said to be durable is there, whatever happens next.
        if let Some(Sequence(durable)) = recorder.health.durable_through {
            assert!(content(dir).0.iter().copied().take_while(|&n| n <= durable).eq(1..=durable), "durable through {durable}");
        }
    }
    recorder.close();
    (control.with(|plan| plan.log.clone()), recorder.health)
}

#[test]
fn one_refusal_of_any_operation_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (log, health) = run(dir.path(), None, None);
    assert_eq!(health.errors, 0);
    assert!(health.segments > 3, "{health:?}");
    assert_eq!(verify(dir.path()).unwrap().records, 60);
    // Every kind of operation is among those refused below.
    for name in ["create", "write", "sync", "sync folder"] {
        assert!(log.contains(&name), "{log:?}");
    }
    for errno in [ENOSPC, EIO] {
        for (number, name) in log.iter().enumerate() {
            // Not up to the end, when the last segment is sealed: there must be a later attempt.
            for burst in [1, 4].into_iter().filter(|burst| number + 3 * burst < log.len()) {
                let dir = tempfile::tempdir().unwrap();
                let (_, health) = run(dir.path(), Some((number..number + burst, errno)), None);
                let what = format!("operation {number} ({name}) and {burst} in all refused with {errno}: {health:?}");
                assert!(health.errors > 0, "{what}");
                assert_eq!(health.lost_records, 0, "{what}");
                let summary = verify(dir.path()).unwrap_or_else(|fault| panic!("{what}: {fault}"));
                assert_eq!((summary.records, summary.gaps, summary.torn), (60, 0, None), "{what}");
                assert!(content(dir.path()).0.iter().copied().eq(1..=60), "{what}");
            }
        }
    }
}

#[test]
fn short_writes_are_finished() {
    for short in [1, 7, 100] {
        let dir = tempfile::tempdir().unwrap();
        let (_, health) = run(dir.path(), None, Some(short));
        assert_eq!(health.errors, 0);
        assert_eq!(verify(dir.path()).unwrap().records, 60);
    }
}

#[test]
fn a_refusal_while_the_last_segment_is_sealed_is_repaired_by_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = run(dir.path(), None, None);
    for number in [log.len() - 2, log.len() - 1] {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), Some((number..usize::MAX, EIO)), None);
        assert!(content(dir.path()).0.iter().copied().eq(1..=60));
        let (mut recorder, next) = recorder(dir.path(), &CaptureSettings::default(), &Control::default());
        assert_eq!(next, 61);
        recorder.take(batch(61, 64));
        recorder.close();
        assert_eq!(verify(dir.path()).unwrap().records, 63);
    }
}

#[test]
fn a_long_refusal_becomes_a_gap_and_recording_comes_back() {
    for (operation, errno) in [("write", ENOSPC), ("sync", EIO), ("create", ENOSPC)] {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::default();
        let settings = CaptureSettings { segment_bytes: 100_000, ..CaptureSettings::default() };
        let (mut recorder, _) = recorder(dir.path(), &settings, &control);
        recorder.waiting_limit = 20_000;
        let mut next = 1;
        let mut feed = |recorder: &mut Recorder, batches: u64| {
            for _ in 0..batches {
                recorder.take(batch(next, next + 10));
                next += 10;
            }
            next
        };
        if operation != "create" {
            feed(&mut recorder, 5);
            assert_eq!(recorder.health.state, CaptureState::Recording);
            assert_eq!(recorder.health.durable_through, Some(Sequence(50)));
        }
        let durable = recorder.health.durable_through;
        // The first operation after this one is the one under test, or fails on the way to it.
        let from = control.with(|plan| plan.done);
        let first = if operation == "sync" { from + 1 } else { from };
        control.with(|plan| plan.refuse = Some((first..usize::MAX, errno)));
        feed(&mut recorder, 3);
        assert!(matches!(recorder.health.state, CaptureState::Degraded { .. }), "{:?}", recorder.health);
        assert_eq!(recorder.health.lost_frames, 0);
        assert_eq!(recorder.health.durable_through, durable, "nothing is acknowledged that is not durable");

        feed(&mut recorder, 200);
        let CaptureState::Stopped { reason } = &recorder.health.state else { panic!("{:?}", recorder.health) };
        assert!(!reason.is_empty());
        assert!(recorder.health.waiting_bytes <= 20_000);
        let lost = recorder.health.lost_frames;
        assert!(lost > 1500, "{lost}");
        assert!(recorder.health.errors > 100, "it keeps trying");

        control.with(|plan| plan.refuse = None);
        let end = feed(&mut recorder, 5);
        assert_eq!(recorder.health.state, CaptureState::Recording);
        assert_eq!(recorder.health.durable_through, Some(Sequence(end - 1)));
        recorder.close();

        let summary = verify(dir.path()).unwrap();
        let (frames, gaps) = content(dir.path());
        let [(first, last)] = gaps[..] else { panic!("{gaps:?}") };
        assert_eq!(last - first + 1, recorder.health.lost_frames);
        assert_eq!(summary.lost_records, recorder.health.lost_frames);
        assert!(frames.iter().copied().eq((1..first).chain(last + 1..end)), "all else is there");
    }
}

#[test]
fn a_full_disk_takes_old_segments_only_where_the_site_allows() {
    for allowed in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let control = Control::default();
        control.with(|plan| plan.capacity = Some(10_000));
        let settings =
            CaptureSettings { segment_bytes: 2000, retain_bytes: allowed.then_some(1 << 30), ..CaptureSettings::default() };
        let (mut recorder, _) = recorder(dir.path(), &settings, &control);
        recorder.waiting_limit = 4000;
        for n in 0..100 {
            recorder.take(batch(1 + 5 * n, 6 + 5 * n));
        }
        let health = recorder.health.clone();
        if allowed {
            assert_eq!((health.state, health.lost_frames), (CaptureState::Recording, 0));
            assert!(health.sacrificed_segments > 10, "{}", health.sacrificed_segments);
            recorder.close();
            let (frames, gaps) = content(dir.path());
            assert!(gaps.is_empty());
            assert!(frames.iter().copied().eq(frames[0]..=500), "the newest are there without a hole");
            assert!(frames.len() > 60, "{}", frames.len());
        } else {
            assert!(matches!(health.state, CaptureState::Stopped { .. }), "{health:?}");
            assert_eq!(health.sacrificed_segments, 0);
            // The officer makes room.
            control.with(|plan| plan.capacity = None);
            recorder.take(batch(501, 506));
            assert_eq!(recorder.health.state, CaptureState::Recording);
            recorder.close();
            let (frames, gaps) = content(dir.path());
            assert_eq!((frames[0], frames.last(), gaps.len()), (1, Some(&505), 1), "the oldest are there");
        }
        let Summary { torn, .. } = verify(dir.path()).unwrap();
        assert_eq!(torn, None);
    }
}

#[test]
fn a_run_that_begins_on_a_full_disk_records_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), Some((7..usize::MAX, EIO)), None);
    let left = content(dir.path()).0.len() as u64;
    assert!(left > 0);
    let control = Control::default();
    // Reopening and cutting the torn tail needs no room, sealing does.
    control.with(|plan| plan.refuse = Some((1..10, ENOSPC)));
    let (mut recorder, next) = recorder(dir.path(), &CaptureSettings::default(), &control);
    assert_eq!(next, left + 1);
    recorder.take(batch(next, next + 3));
    assert!(matches!(recorder.health.state, CaptureState::Degraded { .. }), "{:?}", recorder.health);
    for n in 1..10 {
        recorder.take(batch(next + 3 * n, next + 3 * n + 3));
    }
    assert_eq!(recorder.health.state, CaptureState::Recording);
    recorder.close();
    assert_eq!(verify(dir.path()).unwrap().records, left + 30);
}

#[test]
fn a_disk_that_does_not_answer_never_stops_the_engine() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Arc::new(Mutex::new(()));
    let (mut writer, _) = writer(dir.path(), &gate);

    let held = gate.lock().unwrap();
    // 20 MiB, more than the channel holds. That this loop ends is what is to be shown.
    let count = 20 << 20 >> 6;
    for n in 1..=count {
        append(&mut writer, n);
    }
    let health = writer.health();
    assert!(matches!(health.state, CaptureState::Stopped { .. }), "{health:?}");
    assert!(health.lost_frames > 0);
    assert_eq!(health.durable_through, None);

    drop(held);
    // The channel drains; the gap is then written in its place, before what comes after.
    while writer.health().durable_through.is_none() {
        writer.sync();
        std::thread::yield_now();
    }
    append(&mut writer, count + 1);
    let health = writer.close();
    assert_eq!(health.state, CaptureState::Recording);
    assert_eq!(health.durable_through, Some(Sequence(count + 1)));
    let (frames, gaps) = content(dir.path());
    let lost: u64 = gaps.iter().map(|(first, last)| last - first + 1).sum();
    assert_eq!(lost, health.lost_frames);
    assert_eq!(frames.len() as u64 + lost, count + 1);
    assert_eq!(frames.last(), Some(&(count + 1)));
    verify(dir.path()).unwrap();
}

#[test]
fn what_is_handed_over_is_written_although_a_sync_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Arc::new(Mutex::new(()));
    let (mut writer, _) = writer(dir.path(), &gate);
    append(&mut writer, 1);
    writer.sync();
    while writer.durable_through() != Some(Sequence(1)) {
        std::thread::yield_now();
    }
    let held = gate.lock().unwrap();
    for n in 2..=30 {
        append(&mut writer, n);
        writer.sync();
    }
    // That this ends is what is to be shown: a process killed now would leave all of them.
    while content(dir.path()).0.len() < 30 {
        std::thread::yield_now();
    }
    assert_eq!(writer.durable_through(), Some(Sequence(1)));
    drop(held);
    assert_eq!(writer.close().durable_through, Some(Sequence(30)));
}

#[test]
fn one_refusal_of_any_operation_loses_nothing_with_all_threads_at_work() {
    for number in 0..60 {
        for errno in [ENOSPC, EIO] {
            let dir = tempfile::tempdir().unwrap();
            let (mut writer, control) = writer(dir.path(), &Arc::default());
            control.with(|plan| plan.refuse = Some((number..number + 1, errno)));
            for n in 1..=60 {
                append(&mut writer, n);
                writer.sync();
                if n % 7 == 0 {
                    std::thread::yield_now();
                }
            }
            // Time goes on, so that it tries again.
            let mut last = 60;
            while writer.durable_through() != Some(Sequence(last)) {
                last += 1;
                writer.append(&Record::Tick { at: at(last) }).unwrap();
                writer.sync();
                while writer.health().state == CaptureState::Recording && writer.durable_through() != Some(Sequence(last)) {
                    std::thread::yield_now();
                }
            }
            control.with(|plan| plan.refuse = None);
            let health = writer.close();
            assert_eq!((health.state, health.lost_records), (CaptureState::Recording, 0), "operation {number}");
            let summary = verify(dir.path()).unwrap_or_else(|fault| panic!("operation {number}: {fault}"));
            assert_eq!((summary.records, summary.frames, summary.gaps), (last, 60, 0), "operation {number}");
        }
    }
}

fn writer(dir: &Path, gate: &Arc<Mutex<()>>) -> (Writer, Control) {
    let control = Control::default();
    let disk = Box::new(RefusingDisk::with_gate(dir, &control, gate));
    let lock = File::create(dir.join("lock")).unwrap();
    let settings = CaptureSettings { dir: Some(dir.to_owned()), segment_bytes: 4000, ..CaptureSettings::default() };
    (Writer::on_disk(disk, dir, &settings, provenance(), lock).unwrap(), control)
}

fn append(writer: &mut Writer, n: u64) {
    let bytes = frame(n);
    let record = Record::Frame(Frame { feed: FeedId(0), received_at: at(n), bytes: &bytes });
    assert_eq!(writer.append(&record), Ok(Sequence(n)));
}
