//! Trying rules on a recording: both sets judge the same tracks, so the differences are those that the change of a threshold must make.

use std::path::Path;

use crate::program::{haishao, run};

const RULE: &str = r#"
[[rule]]
id = "T01"
name_zh = "快"
name_en = "fast"
when = "sog_lcb90_kn >= LIMIT"
hold_s = 0.0
clear_s = 60.0
severity = SEVERITY
text_zh = "至少{sog_lcb90_kn:.0}节"
text_en = "at least {sog_lcb90_kn:.0} kn"
owner = "test"
"#;

fn rules(folder: &Path, name: &str, limit: &str, severity: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, RULE.replace("LIMIT", limit).replace("SEVERITY", severity)).unwrap();
    path
}

// A simulated night whose site has the rule with a limit of 25 kn.
fn night(folder: &Path) {
    run(&["simulate", "daya-bay-night", "--seed", "7", "--duration", "360", "--out"]
        .map(AsRef::as_ref)
        .into_iter()
        .chain([folder.as_os_str()])
        .collect::<Vec<_>>());
    rules(folder, "today.toml", "25.0", "3");
    let site = folder.join("site.toml");
    let text = std::fs::read_to_string(&site).unwrap();
    std::fs::write(&site, format!("rules = [\"today.toml\"]\n{text}")).unwrap();
}

fn tried(folder: &Path, rules: &Path) -> serde_json::Value {
    let capture = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.file_name().unwrap().to_string_lossy().starts_with("capture.pcap"))
        .unwrap();
    let site = folder.join("site.toml");
    let out = run(&[
        "rules".as_ref(),
        "try".as_ref(),
        rules.as_os_str(),
        "--config".as_ref(),
        site.as_os_str(),
        "--json".as_ref(),
        "-".as_ref(),
        capture.as_os_str(),
    ]);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn a_changed_threshold_shows_as_added_gone_and_changed_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    night(folder);

    let same = tried(folder, &folder.join("today.toml"));
    let today = same["rules"][0]["today"].as_u64().unwrap();
    assert!(today >= 2, "{same}");
    assert_eq!(same["differences"].as_array().unwrap().len(), 0);
    assert!((same["hours"].as_f64().unwrap() - 0.1).abs() < 0.01);

    // Nothing does 90 kn: every alert of today is gone.
    let none = tried(folder, &rules(folder, "none.toml", "90.0", "3"));
    assert_eq!((&none["rules"][0]["gone"], &none["rules"][0]["tried"]), (&today.into(), &0.into()));
    assert_eq!(none["crafts_called_for"]["tried"], 0);

    // A lower limit raises more crafts, and the old ones no later.
    let more = tried(folder, &rules(folder, "more.toml", "8.0", "3"));
    let rule = &more["rules"][0];
    assert!(rule["added"].as_u64().unwrap() > 0, "{rule}");
    assert_eq!(rule["gone"], 0);
    for d in more["differences"].as_array().unwrap().iter().filter(|d| d["change"] == "changed") {
        assert!(d["tried"]["t"].as_f64().unwrap() < d["today"]["t"].as_f64().unwrap(), "{d}");
    }

    // The same limit, told as an advisory: all are changed, and nobody is called.
    let mild = tried(folder, &rules(folder, "mild.toml", "25.0", "2"));
    assert_eq!(mild["rules"][0]["changed"], today);
    assert_eq!(mild["crafts_called_for"]["tried"], 0);
}

#[test]
fn wrong_rules_are_told_with_their_places_and_nothing_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    night(folder);
    let wrong = rules(folder, "wrong.toml", "25.0 && sog_knn > 1.0", "7");
    let site = folder.join("site.toml");
    let out = haishao().args(["rules", "try"]).arg(&wrong).arg("--config").arg(&site).arg("nowhere.pcap").output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("wrong.toml:6: rule[0].when") && said.contains("wrong.toml:9: rule[0].severity"), "{said}");
    assert!(out.stdout.is_empty());
}
