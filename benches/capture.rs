//! Frames a second that are recorded, read back and verified: `cargo bench --bench capture`.
//!
//! Frames of 60 bytes, as an AIS sentence or a radar plot has. What is written is on disk and synced when the time is taken.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use haishao::capture::{FeedEntry, Provenance, Reader, Record, Writer, verify};
use haishao::config::CaptureSettings;
use haishao::model::{FeedId, Frame, Timestamp};

/// 10 s of a busy site, 15.8 MB on disk: what the writer may hold in memory, so that appending is not measured as the disk.
const FRAMES: u64 = 200_000;

fn append(dir: &Path) -> Writer {
    let settings = CaptureSettings { dir: Some(dir.to_owned()), ..CaptureSettings::default() };
    let provenance = Provenance { feeds: vec![FeedEntry::default()], ..Provenance::default() };
    let mut writer = Writer::open(&settings, provenance).unwrap();
    let mut bytes = [0x5a; 60];
    for n in 0..FRAMES {
        let received_at = Timestamp::from_nanos(n as i64 * 50_000);
        bytes[..8].copy_from_slice(&n.to_le_bytes());
        writer.append(&Record::Frame(Frame { feed: FeedId(0), received_at, bytes: &bytes })).unwrap();
        writer.sync_if_due(received_at);
    }
    writer
}

fn capture(c: &mut Criterion) {
    let mut group = c.benchmark_group("capture");
    group.throughput(Throughput::Elements(FRAMES)).sample_size(10);
    // Folders are deleted outside the measured time.
    group.bench_function("append, the engine's part", |b| {
        b.iter_batched_ref(
            || (tempfile::tempdir().unwrap(), None),
            |(dir, writer)| *writer = Some(append(dir.path())),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("append, sync and seal", |b| {
        b.iter_batched_ref(
            || tempfile::tempdir().unwrap(),
            |dir| assert_eq!(append(dir.path()).close().lost_records, 0),
            BatchSize::PerIteration,
        );
    });
    let dir = tempfile::tempdir().unwrap();
    append(dir.path()).close();
    group.bench_function("read", |b| {
        b.iter(|| {
            let mut reader = Reader::open(dir.path()).unwrap();
            let mut count = 0;
            while reader.next_record().unwrap().is_some() {
                count += 1;
            }
            assert_eq!(count, FRAMES);
        });
    });
    group.bench_function("verify", |b| b.iter(|| assert_eq!(verify(dir.path()).unwrap().frames, FRAMES)));
    group.finish();
}

criterion_group!(benches, capture);
criterion_main!(benches);
