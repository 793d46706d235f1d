//! `haishao verify`: what it says and its exit status.

use std::path::Path;
use std::process::Command;

use haishao::capture::segment_file_name;

use crate::capture::{nth, scratch, settings, write};

fn verify(dir: &Path) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_haishao")).arg("verify").arg(dir).output().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn says_what_a_sound_record_holds_and_where_a_damaged_one_is_bad() {
    let dir = scratch();
    write(&settings(dir.path()), &(0..10).map(nth).collect::<Vec<_>>());
    let (status, out, err) = verify(dir.path());
    assert_eq!((status, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("sound: 1 segment"), "{out}");
    assert!(
        out.contains("10 frames") && out.contains("records 1 to 10\n") && out.contains("2026-03-14T16:00:09.000Z"),
        "{out}"
    );

    let path = dir.path().join(segment_file_name(1));
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 200;
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (status, out, err) = verify(dir.path());
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert!(err.starts_with(&format!("haishao verify: {}: byte ", path.display())) && err.contains("CRC32C"), "{err}");
}

#[test]
fn no_record_there_is_wrong_usage() {
    let dir = scratch();
    let (status, _, err) = verify(dir.path());
    assert_eq!(status, Some(2));
    assert!(err.contains("holds no segment"), "{err}");
    let (status, _, err) = verify(&dir.path().join("nowhere"));
    assert_eq!(status, Some(2));
    assert!(err.contains("No such file"), "{err}");
}
