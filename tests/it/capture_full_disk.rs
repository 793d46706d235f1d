//! A disk that is really full: a file system of 2 MiB in memory. Needs the right to mount; says so where that is missing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use haishao::capture::{CaptureState, Reader, Record, Sequence, Writer, verify};
use haishao::config::CaptureSettings;
use haishao::model::{FeedId, Frame, Timestamp};

use crate::capture::{provenance, settings};

/// Mounted as long as it lives.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path) -> Option<Self> {
        mount("size=2m", at).then(|| Self(at.to_owned()))
    }

    pub fn enlarge(&self) {
        assert!(mount("remount,size=256m", &self.0));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let (Ok(_) | Err(_)) = Command::new("umount").arg(&self.0).status();
    }
}

fn mount(options: &str, at: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", options, "haishao-test"]).arg(at).stderr(std::process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn a_full_disk_costs_the_record_and_not_the_picture() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(dir.path()) else {
        eprintln!("SKIPPED: no right to mount a small file system; the same is tried with an injected refusal");
        return;
    };
    let settings = CaptureSettings { segment_bytes: 500_000, ..settings(dir.path()) };
    let mut writer = Writer::open(&settings, provenance()).unwrap();
    let mut n = 0u64;
    let mut append = |writer: &mut Writer| {
        n += 1;
        let bytes = n.to_le_bytes().repeat(64);
        // A millisecond a frame, so that the recorder tries again every thousand frames.
        let received_at = Timestamp::from_millis(n as i64);
        let sequence = writer.append(&Record::Frame(Frame { feed: FeedId(0), received_at, bytes: &bytes })).unwrap();
        assert_eq!(sequence, Sequence(n));
        writer.sync_if_due(received_at);
        n
    };
    // 50 MiB into 2 MiB of disk and 16 MiB of memory.
    while append(&mut writer) < 100_000 {}
    let health = writer.health();
    let CaptureState::Stopped { reason } = &health.state else { panic!("{health:?}") };
    assert!(health.lost_frames > 10_000, "{health:?}");
    assert!(health.bytes <= 2 << 20, "{health:?}");
    eprintln!("full: {reason}, {} frames lost so far", health.lost_frames);

    disk.enlarge();
    while writer.health().state != CaptureState::Recording {
        append(&mut writer);
        std::thread::sleep(Duration::from_micros(10));
    }
    let end = append(&mut writer);
    let health = writer.close();
    assert_eq!((health.state, health.durable_through), (CaptureState::Recording, Some(Sequence(end))));

    let summary = verify(dir.path()).unwrap();
    assert!(summary.gaps >= 1);
    assert_eq!((summary.lost_records, summary.torn), (health.lost_frames, None));
    assert_eq!(summary.frames + summary.lost_records, end);
    let mut reader = Reader::open(dir.path()).unwrap();
    while let Some(entry) = reader.next_record().unwrap() {
        if let Record::Frame(frame) = entry.record {
            assert_eq!(frame.bytes, entry.sequence.0.to_le_bytes().repeat(64));
        }
    }
}
