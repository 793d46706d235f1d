//! Everything that is wrong with a file is told at once, with file, line and key, as `haishao check` prints it.
//!
//! `UPDATE_GOLDENS=1` writes what is printed now; read the difference before it is committed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn check(config: &Path) -> Output {
    // Paths in messages are those that were given: relative to the checkout.
    Command::new(env!("CARGO_BIN_EXE_haishao"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "--config"])
        .arg(config)
        .output()
        .unwrap()
}

#[test]
fn every_wrong_file_prints_its_golden_and_exits_2() {
    let folder = Path::new("fixtures/config/bad");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join(folder))
        .unwrap()
        .map(|entry| folder.join(entry.unwrap().file_name()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 12, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let output = check(&file);
        assert_eq!(output.status.code(), Some(2), "{}", file.display());
        assert!(output.stdout.is_empty());
        let printed = String::from_utf8(output.stderr).unwrap();
        let golden = root.join(file.with_extension("txt"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(&golden, &printed).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if printed != expected {
            wrong.push(format!("{}:\n--- expected\n{expected}--- printed\n{printed}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_is_not_there_is_one_fault() {
    let output = check(Path::new("fixtures/config/bad/absent.toml"));
    assert_eq!(output.status.code(), Some(2));
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.starts_with("fixtures/config/bad/absent.toml: cannot be read: "), "{printed}");
    assert!(printed.ends_with("\n1 error\n"), "{printed}");
}

#[test]
fn the_example_is_right_and_summed_up() {
    let output = check(Path::new("config/haishao.toml"));
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let rules: String = haishao::config::default_rules()
        .unwrap()
        .iter()
        .map(|r| format!("  rule {}: {} ({}), severity {}\n", r.id, r.name_zh, r.name_en, r.severity.level()))
        .collect();
    assert_eq!(rules.lines().count(), 18);
    let expected = format!(
        "Daya Bay: 3 sensors on 3 feeds, 18 rules\n  \
         sensor radar-daxingshan: radar, asterix, udp://239.192.0.11:8600\n  \
         sensor ais-gangkou: ais, nmea, udp://0.0.0.0:10110\n  \
         sensor camera-daxingshan: camera, sapient, udp://0.0.0.0:14000\n\
         {rules}\
         warning: [capture] has no dir: nothing will be recorded\n"
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
