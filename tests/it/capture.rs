//! What is recorded is read back: over rotations, restarts, seeks, retention, and while it is being written.

use std::path::Path;
use std::time::Duration;

use haishao::capture::{
    CaptureState, Chain, FeedEntry, Gap, OpenError, Provenance, Reader, Record, Refused, Sequence, WarmedFrom, Writer, verify,
};
use haishao::config::CaptureSettings;
use haishao::model::{FeedId, Frame, SensorId, Timestamp};
use proptest::prelude::*;

/// A record that owns its bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    Frame(u16, i64, Vec<u8>),
    Tick(i64),
    Start(i64, String, Option<u64>),
    Gap(i64, i64, u64, u64, String),
}

impl Owned {
    pub fn record(&self) -> Record<'_> {
        let time = |nanos: &i64| Timestamp::from_nanos(*nanos);
        match self {
            Self::Frame(feed, at, bytes) => Record::Frame(Frame { feed: FeedId(*feed), received_at: time(at), bytes }),
            Self::Tick(at) => Record::Tick { at: time(at) },
            Self::Start(at, program, from) => {
                let warmed = from.map_or(WarmedFrom::Nothing, |from| WarmedFrom::Sequence(Sequence(from)));
                Record::Start { at: time(at), program, warmed }
            }
            Self::Gap(from, to, records, frames, reason) => {
                Record::Gap(Gap { from: time(from), to: time(to), records: *records, frames: *frames, reason })
            }
        }
    }

    pub fn of(record: &Record<'_>) -> Self {
        match record {
            Record::Frame(frame) => Self::Frame(frame.feed.0, frame.received_at.nanos(), frame.bytes.to_vec()),
            Record::Tick { at } => Self::Tick(at.nanos()),
            Record::Start { at, program, warmed } => {
                let from = match warmed {
                    WarmedFrom::Nothing => None,
                    WarmedFrom::Sequence(from) => Some(from.0),
                };
                Self::Start(at.nanos(), (*program).to_owned(), from)
            }
            Record::Gap(gap) => Self::Gap(gap.from.nanos(), gap.to.nanos(), gap.records, gap.frames, gap.reason.to_owned()),
        }
    }
}

fn any_record() -> impl Strategy<Value = Owned> {
    let bytes = prop_oneof![
        20 => proptest::collection::vec(any::<u8>(), 0..200),
        1 => proptest::collection::vec(any::<u8>(), 60_000..70_000),
    ];
    prop_oneof![
        10 => (0u16..3, any::<i64>(), bytes).prop_map(|(feed, at, bytes)| Owned::Frame(feed, at, bytes)),
        2 => any::<i64>().prop_map(Owned::Tick),
        1 => (any::<i64>(), any::<String>(), any::<Option<u64>>()).prop_map(|(at, p, from)| Owned::Start(at, p, from)),
        1 => (any::<i64>(), any::<i64>(), 1..u64::from(u32::MAX), any::<String>())
            .prop_map(|(from, to, n, why)| Owned::Gap(from, to, n, n / 2, why)),
    ]
}

/// A folder that is deleted at the end; in memory where there is such a place, because thousands of small segments are synced.
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub fn settings(dir: &Path) -> CaptureSettings {
    CaptureSettings { dir: Some(dir.to_owned()), ..CaptureSettings::default() }
}

pub fn provenance() -> Provenance {
    let feed =
        |n: u16| FeedEntry { address: format!("udp://239.192.0.{n}:8600"), sensors: vec![(SensorId(n), format!("radar-{n}"))] };
    Provenance {
        site: "Daya Bay 大亚湾".to_owned(),
        program: "haishao test".to_owned(),
        config: "[site]\nname = \"Daya Bay\"\n".to_owned(),
        feeds: (0..3).map(feed).collect(),
    }
}

/// A frame whose bytes and time follow from `n`.
pub fn nth(n: u64) -> Owned {
    let len = 20 + (n * 7 % 60) as usize;
    Owned::Frame((n % 3) as u16, second(n), (0..len).map(|i| (n as usize * 31 + i) as u8).collect())
}

fn second(n: u64) -> i64 {
    (1_773_504_000 + n as i64) * 1_000_000_000
}

pub fn write(settings: &CaptureSettings, records: &[Owned]) -> Vec<Sequence> {
    let mut writer = Writer::open(settings, provenance()).unwrap();
    let sequences = records.iter().map(|record| writer.append(&record.record()).unwrap()).collect();
    let health = writer.close();
    assert_eq!((health.state, health.lost_records), (CaptureState::Recording, 0));
    sequences
}

pub fn read_on(reader: &mut Reader) -> Vec<(Sequence, Owned)> {
    let mut out = Vec::new();
    while let Some(entry) = reader.next_record().unwrap() {
        out.push((entry.sequence, Owned::of(&entry.record)));
    }
    out
}

pub fn read(dir: &Path) -> Vec<(Sequence, Owned)> {
    read_on(&mut Reader::open(dir).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_back_over_rotations_and_restarts(
        runs in proptest::collection::vec(proptest::collection::vec(any_record(), 0..60), 1..4),
        segment_bytes in 100u64..20_000,
    ) {
        let dir = scratch();
        let settings = CaptureSettings { segment_bytes, ..settings(dir.path()) };
        let mut written = Vec::new();
        for run in &runs {
            let sequences = write(&settings, run);
            written.extend(sequences.into_iter().zip(run.iter().cloned()));
        }
        if written.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(&read(dir.path()), &written);
        let summary = verify(dir.path()).unwrap();
        prop_assert_eq!(summary.records as usize, written.len());
        prop_assert_eq!(summary.chain, Chain::Whole);
        prop_assert_eq!(summary.torn, None);
    }

    #[test]
    fn a_seek_gives_what_a_scan_gives(
        steps in proptest::collection::vec(-3i64..5, 1..120),
        from in -20i64..300,
        number in 0u64..130,
        sealed: bool,
    ) {
        // Frames of 48 KiB, so that each segment has an index of several entries; times go back at times.
        let dir = scratch();
        let settings = CaptureSettings { segment_bytes: 3 << 20, ..settings(dir.path()) };
        let mut at = 0;
        let records: Vec<_> = steps.iter().map(|step| { at += step; Owned::Frame(0, at, vec![at as u8; 48 << 10]) }).collect();
        write(&settings, &records);
        if !sealed {
            // As a run that was killed would leave the last segment: without its seal.
            let last = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some()).max();
            let file = std::fs::File::options().write(true).open(last.unwrap()).unwrap();
            let len = file.metadata().unwrap().len();
            file.set_len(len - 20).unwrap();
        }
        let scan: Vec<_> = read(dir.path()).into_iter()
            .skip_while(|(_, record)| record.record().at() < Timestamp::from_nanos(from)).collect();
        let seek = read_on(&mut Reader::open_from(dir.path(), Timestamp::from_nanos(from)).unwrap());
        prop_assert_eq!(seek.len(), scan.len());
        prop_assert!(seek == scan);

        let scan: Vec<_> = read(dir.path()).into_iter().filter(|(sequence, _)| sequence.0 >= number).collect();
        let seek = read_on(&mut Reader::open_at(dir.path(), Sequence(number)).unwrap());
        prop_assert_eq!(seek.len(), scan.len());
        prop_assert!(seek == scan);
    }
}

#[test]
fn a_segment_is_understood_alone() {
    let dir = scratch();
    write(&settings(dir.path()), &[nth(0)]);
    let mut reader = Reader::open(dir.path()).unwrap();
    let header = reader.peek_header().unwrap().unwrap();
    assert_eq!(header.provenance, provenance());
    assert_eq!((header.segment, header.first_sequence, header.previous), (1, Sequence(1), None));
    assert_eq!(header.created_at.nanos(), second(0));
}

#[test]
fn segments_close_by_age_of_the_records() {
    let dir = scratch();
    let settings = CaptureSettings { segment_age: Duration::from_secs(10), ..settings(dir.path()) };
    let mut writer = Writer::open(&settings, provenance()).unwrap();
    for n in 0..35 {
        writer.append(&nth(n).record()).unwrap();
        writer.sync_if_due(Timestamp::from_nanos(second(n) + 900_000_000));
    }
    writer.close();
    let summary = verify(dir.path()).unwrap();
    assert_eq!((summary.segments, summary.records), (4, 35));
}

#[test]
fn retention_deletes_whole_oldest_segments_and_the_chain_still_verifies() {
    for by_age in [true, false] {
        let dir = scratch();
        let mut settings = CaptureSettings { segment_bytes: 2000, ..settings(dir.path()) };
        if by_age {
            settings.retain_age = Some(Duration::from_secs(60));
        } else {
            settings.retain_bytes = Some(9000);
        }
        let records: Vec<_> = (0..500).map(nth).collect();
        // Two runs, so that the limits also count what was there before.
        write(&settings, &records[..300]);
        write(&settings, &records[300..]);
        let summary = verify(dir.path()).unwrap();
        let Chain::Pruned { first_segment } = summary.chain else { panic!("{summary:?}") };
        assert!(first_segment > 5, "{summary:?}");
        let left = read(dir.path());
        let first = left[0].0.0 as usize;
        assert_eq!(left.len(), 500 - (first - 1));
        assert!(left.iter().map(|(_, record)| record).eq(&records[first - 1..]));
        if by_age {
            // A segment of 2000 bytes holds some 28 of the records, a second each.
            assert!((60..=60 + 2 * 40).contains(&left.len()), "{}", left.len());
        } else {
            assert!(summary.bytes <= 9000, "{summary:?}");
            assert!(summary.bytes > 9000 - 2 * 2500, "{summary:?}");
        }
    }
}

#[test]
fn a_clock_that_jumps_ahead_does_not_delete_the_record() {
    let dir = scratch();
    let settings =
        CaptureSettings { segment_bytes: 2000, retain_age: Some(Duration::from_secs(86_400)), ..settings(dir.path()) };
    write(&settings, &(0..500).map(nth).collect::<Vec<_>>());
    let before = verify(dir.path()).unwrap().segments;
    assert!(before > 10);
    // As GPS receivers do when their weeks roll over: 1024 weeks, for one frame.
    write(&settings, &[nth(500), nth(501 + 1024 * 7 * 86_400)]);
    let summary = verify(dir.path()).unwrap();
    assert_eq!((summary.segments, summary.chain), (before + 1 - 2, Chain::Pruned { first_segment: 3 }));
}

#[test]
fn a_reader_follows_a_record_that_is_being_written() {
    let dir = scratch();
    let settings = CaptureSettings { segment_bytes: 3000, ..settings(dir.path()) };
    let mut writer = Writer::open(&settings, provenance()).unwrap();
    writer.append(&nth(0).record()).unwrap();
    writer.sync();
    let mut seen = Vec::new();
    let mut reader = loop {
        match Reader::open(dir.path()) {
            Ok(reader) => break reader,
            Err(_not_yet) => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    for n in 1..400 {
        writer.append(&nth(n).record()).unwrap();
        if n % 10 == 0 {
            writer.sync();
            seen.append(&mut read_on(&mut reader));
        }
    }
    writer.close();
    seen.append(&mut read_on(&mut reader));
    assert!(seen.iter().map(|(_, record)| record).eq(&(0..400).map(nth).collect::<Vec<_>>()));
    assert_eq!(reader.torn_bytes(), 0);
}

#[test]
fn acknowledgement_follows_and_never_leads() {
    let dir = scratch();
    let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
    assert_eq!(writer.durable_through(), None);
    for n in 0..100 {
        let sequence = writer.append(&nth(n).record()).unwrap();
        assert!(writer.durable_through() < Some(sequence));
    }
    writer.sync();
    while writer.durable_through() != Some(Sequence(100)) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let health = writer.health();
    assert_eq!(health.durable_age(Timestamp::from_nanos(second(102))), Some(Duration::from_secs(3)));
    assert_eq!((health.segments, health.waiting_bytes), (1, 0));
    assert_eq!(read(dir.path()).len(), 100);
}

#[test]
fn a_record_that_does_not_fit_takes_no_number() {
    let dir = scratch();
    let mut writer = Writer::open(&settings(dir.path()), provenance()).unwrap();
    let huge = Owned::Frame(0, 0, vec![0; haishao::capture::MAX_FRAME_BYTES + 1]);
    assert_eq!(writer.append(&huge.record()), Err(Refused::DoesNotFit));
    let strange = Owned::Frame(3, 0, vec![]);
    assert_eq!(writer.append(&strange.record()), Err(Refused::UnknownFeed { feed: 3, listed: 3 }));
    let largest = Owned::Frame(2, 0, vec![5; haishao::capture::MAX_FRAME_BYTES]);
    assert_eq!(writer.append(&largest.record()), Ok(Sequence(1)));
    writer.close();
    assert!(read(dir.path()) == [(Sequence(1), largest)]);
}

#[test]
fn only_one_writer_at_a_time() {
    let dir = scratch();
    let first = Writer::open(&settings(dir.path()), provenance()).unwrap();
    assert!(matches!(Writer::open(&settings(dir.path()), provenance()), Err(OpenError::InUse { .. })));
    first.close();
    assert!(Writer::open(&settings(dir.path()), provenance()).is_ok());
}
