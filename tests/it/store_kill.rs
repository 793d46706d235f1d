//! A process that is killed while it writes leaves a store that opens, checks, and has all that was acknowledged.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use haishao::model::incident::{AlarmState, Change, Incident, IncidentEvent, IncidentId};
use haishao::model::{Severity, Timestamp};
use haishao::store::{AuditEntry, IncidentQuery, Store, StoreError};

const FILE: &str = "HAISHAO_TEST_STORE_FILE";

fn event(number: u64) -> IncidentEvent {
    let at = Timestamp::from_secs(1_773_504_000 + number as i64);
    let mut incident = Incident::new(IncidentId(number), at, Severity::new(3).unwrap(), [22.5, 114.7]);
    incident.alarm = AlarmState::Unacknowledged;
    IncidentEvent { number, at, actor: None, change: Change::Rectified, incident: Some(Arc::new(incident)) }
}

/// Not a test of its own: the process that is killed. Says each number that is durable.
#[test]
fn child_that_stores() {
    let Ok(file) = std::env::var(FILE) else { return };
    let store = Store::open(file.as_ref()).unwrap().store;
    for number in 1.. {
        store.write(&[event(number)], &[]).unwrap();
        let entry = AuditEntry {
            at: Timestamp::from_secs(number as i64),
            actor: "wang",
            role: "watch-officer",
            action: "acknowledge",
            subject: "incident",
            detail: "",
        };
        assert_eq!(store.audit(&entry).unwrap(), number);
        println!("stored {number}");
    }
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haishao.sqlite3");
    for after_ms in [150, 400, 90] {
        // Each time from the beginning: the child counts from 1.
        for ending in ["", "-wal", "-shm"] {
            let path = folder.path().join(format!("haishao.sqlite3{ending}"));
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store_kill::child_that_stores", "--nocapture"])
            .env(FILE, &file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let number = |line: &str| line.rsplit_once("stored ").map(|(_, n)| n.parse::<u64>().unwrap());
        // The first word, then some time, then the end without a warning.
        while lines.next().unwrap().unwrap().find("stored 1").is_none() {}
        std::thread::sleep(Duration::from_millis(after_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = lines.map_while(Result::ok).filter_map(|l| number(&l)).last().unwrap_or(1);

        let opened = Store::open(&file).unwrap();
        assert_eq!(opened.damaged, None);
        let incidents = opened.store.incidents(&IncidentQuery { limit: 10_000, ..IncidentQuery::default() }).unwrap();
        let newest = incidents[0].id.0;
        assert!(newest >= acknowledged, "{acknowledged} was acknowledged, {newest} is there");
        assert_eq!(incidents.len() as u64, newest, "one is missing in between");
        let (count, _) = opened.store.verify_audit().unwrap().unwrap();
        assert!(count >= acknowledged && count <= newest, "{count} audit entries, {newest} incidents");
        // And it goes on.
        opened.store.write(&[event(newest + 1)], &[]).unwrap();
        drop(opened);
    }
}

#[test]
fn a_damaged_store_is_put_aside_and_kept_and_a_later_one_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("haishao.sqlite3");
    drop(Store::open(&file).unwrap().store.write(&(1..200).map(event).collect::<Vec<_>>(), &[]));
    let whole = std::fs::read(&file).unwrap();
    let (head, rest) = whole.split_at(40 * 100);
    for damaged in [b"not a database, but long enough to be looked at as one ...................................".to_vec(), {
        let mut torn = head.to_vec();
        torn.extend(rest.iter().map(|b| !b));
        torn
    }] {
        for ending in ["-wal", "-shm"] {
            std::fs::remove_file(folder.path().join(format!("haishao.sqlite3{ending}"))).unwrap_or(());
        }
        std::fs::write(&file, &damaged).unwrap();
        let opened = Store::open(&file).unwrap();
        let (aside, why) = opened.damaged.expect("damage was not seen");
        assert!(!why.is_empty() && std::fs::read(&aside).unwrap() == damaged, "what was damaged is not kept as it was");
        assert!(opened.store.incidents(&IncidentQuery { limit: 10, ..IncidentQuery::default() }).unwrap().is_empty());
        opened.store.write(&[event(1)], &[]).unwrap();
    }
    // A file of a later program is an error that names both versions, and stays as it is.
    let later = folder.path().join("later.sqlite3");
    drop(Store::open(&later).unwrap());
    // The version is a field of the file's header: 4 bytes, big-endian, at byte 60.
    let mut bytes = std::fs::read(&later).unwrap();
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&later, &bytes).unwrap();
    let error = Store::open(&later).unwrap_err();
    assert!(matches!(error, StoreError::Later { found: 99, .. }), "{error}");
    assert_eq!(std::fs::read(&later).unwrap()[60..64], 99u32.to_be_bytes());
}
