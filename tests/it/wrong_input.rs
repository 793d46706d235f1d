//! What a user gets who names a wrong file or flag: what, where and why, and the exit status of DESIGN §4.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::program::{haishao, small_site};

/// Exit status, standard output, standard error.
fn say(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let out = haishao().args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn every_command_names_what_it_could_not_read_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    small_site(folder);
    std::fs::write(folder.join("empty"), "").unwrap();
    std::fs::write(folder.join("unknown.toml"), std::fs::read_to_string(folder.join("site.toml")).unwrap() + "ovner = 1\n")
        .unwrap();
    let cases: [(&[&str], i32, &[&str]); 18] = [
        (&["decode", "gone"], 1, &["gone", "No such file"]),
        (&["decode", "."], 1, &["cannot read .", "directory"]),
        (&["decode", "empty"], 0, &[]),
        (&["decode", "--format", "cbor", "empty"], 2, &["cbor", "asterix"]),
        (&["replay", "--config", "site.toml", "gone"], 1, &["gone", "No such file"]),
        (&["replay", "--config", "site.toml", "."], 1, &["holds no segment"]),
        (&["replay", "--config", "gone", "empty"], 2, &["gone", "No such file"]),
        (&["replay", "--config", "site.toml", "--speed", "0", "empty"], 2, &["--speed", "above 0"]),
        (&["replay", "--config", "site.toml", "--from", "noon", "empty"], 2, &["--from", "RFC 3339"]),
        (&["replay", "--config", "site.toml", "--sensor", "R9", "empty"], 2, &["R9", "R1, AIS"]),
        (&["replay", "--config", "site.toml", "--alerts", "no/where", "empty"], 1, &["no/where", "No such file"]),
        (&["verify", "gone"], 2, &["gone", "No such file"]),
        (&["check", "--config", "empty"], 2, &["empty:1", "site", "sensor"]),
        (&["check", "--config", "unknown.toml"], 2, &["unknown.toml:", "ovner", "unknown key"]),
        (&["watch", "--config", "unknown.toml"], 2, &["unknown.toml:", "ovner", "unknown key"]),
        (&["watch", "--config", "site.toml", "--listen", "8080"], 2, &["8080", "ADDR:PORT"]),
        (&["simulate", "regatta", "--seed", "1", "--out", "o"], 2, &["regatta", "daya-bay-night"]),
        (&["wach"], 2, &["wach", "watch"]),
    ];
    for (arguments, status, words) in cases {
        let (code, _, err) = say(folder, arguments);
        assert_eq!(code, status, "{arguments:?}: {err}");
        for word in words {
            assert!(err.contains(word), "{arguments:?} does not say {word:?}: {err}");
        }
    }
}

#[test]
fn a_log_whose_gzip_breaks_off_is_decoded_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let log = include_bytes!("../../fixtures/ais/nor-2024.raw");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(log).unwrap();
    let packed = packed.finish().unwrap();
    let path = folder.path().join("log.gz");
    std::fs::write(&path, &packed).unwrap();
    let (code, whole, _) = say(folder.path(), &["decode", "log.gz"]);
    assert!(code == 0 && whole.lines().count() > 100);
    std::fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    let (code, half, err) = say(folder.path(), &["decode", "--stats", "log.gz"]);
    assert!(code == 1 && err.contains("log.gz") && err.contains("lines written"), "{err}");
    let kept = half.lines().filter(|line| whole.contains(line)).count();
    assert!(kept > 40 && kept == half.lines().count(), "{kept} of {} lines", half.lines().count());
}

#[test]
fn a_second_watch_of_the_same_site_is_told_what_is_in_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let (config, ..) = small_site(folder.path());
    let watch = crate::program::Watch::start(&config, &[]);
    let (code, _, err) = say(folder.path(), &["watch", "--config", "site.toml", "--listen", "127.0.0.1:0"]);
    assert!(code == 1 && err.contains("capture: another process is recording"), "{code}: {err}");
    assert!(watch.terminate().0.success());

    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap().to_string();
    let (code, _, err) = say(folder.path(), &["watch", "--config", "site.toml", "--listen", &address]);
    assert!(code == 1 && err.contains(&address) && err.contains("in use"), "{code}: {err}");
}

#[test]
fn a_picture_that_is_full_is_told_at_the_end_of_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let site = "[site]\nname = \"belt\"\norigin = { lat = 55.5, lon = 11.0 }\n".to_owned()
        + &crate::sites::ais("AIS", "udp://127.0.0.1:10110");
    let log = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/dma-stream_example.txt.gz");
    for (most, full) in [(20, true), (100_000, false)] {
        std::fs::write(folder.path().join("site.toml"), format!("{site}\n[track]\nmost_crafts = {most}\n")).unwrap();
        let (code, _, err) = say(folder.path(), &["replay", "--config", "site.toml", log]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(err.contains("began no track: the picture held 20 ([track] most_crafts)"), full, "{err}");
    }
    std::fs::write(folder.path().join("site.toml"), site + "\n[track]\nmost_crafts = 0\n").unwrap();
    let (code, _, err) = say(folder.path(), &["check", "--config", "site.toml"]);
    assert!(code == 2 && err.contains("most_crafts") && err.contains("from 1 to 1000000"), "{err}");
}
