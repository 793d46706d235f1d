//! The shipped example is the schema, and a file that says only what it must means the same.

use std::collections::BTreeSet;
use std::path::Path;

use super::load::{Files, parse_from};
use super::*;
use crate::model::{FeedAddress, FeedId, SensorKind, WireFormat};

const EXAMPLE: &str = include_str!("../../config/haishao.toml");

fn good(text: &str) -> Config {
    parse(text, Path::new("/etc/haishao/site.toml"))
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

/// The example with every option that is off by default switched on: `# key = …` and `# [[table]]`.
fn all_on(text: &str) -> String {
    let key = |line: &str| {
        line.split_once('=')
            .is_some_and(|(k, _)| k.trim().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
    };
    text.lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if key(rest) || rest.starts_with("[[") => rest,
            _ => line,
        })
        .fold(String::new(), |all, line| all + line + "\n")
}

/// Every key that stands in a TOML document, as `sensor[].feed`.
fn keys(value: &toml::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                keys(value, &path, found);
                found.insert(path);
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| keys(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn the_example_shows_every_key_that_the_schema_knows() {
    let text = all_on(EXAMPLE);
    let mut shown = BTreeSet::new();
    keys(&toml::from_str(&text).unwrap(), "", &mut shown);
    // The files that `rules` and the list name are not there; everything else must be right.
    let parsed = parse_from(&text, Path::new("/nowhere/haishao.toml"), &Files::default(), None);
    let asked = parsed.asked.clone();
    let faults = parsed.whole().unwrap_err();
    let wrong: Vec<&str> = faults.iter().map(|f| f.key.as_str()).collect();
    assert_eq!(wrong, ["rules", "list[0].file"], "{faults:?}");
    // The keys of parameters and samples are the rule's own.
    shown.retain(|key| !["params.", "must_fire[].", "must_not_fire[]."].iter().any(|own| key.contains(own)));
    assert_eq!(asked.into_iter().collect::<BTreeSet<_>>(), shown);
}

#[test]
fn the_example_shows_the_defaults() {
    // What is left when every key that may be left out is left out.
    let minimal = r#"
        [site]
        name   = "Daya Bay"
        origin = { lat = 22.55, lon = 114.72 }
        [[sensor]]
        id = "radar-daxingshan"
        kind = "radar"
        format = "asterix"
        feed = "udp://239.192.0.11:8600"
        position = { lat = 22.55, lon = 114.886, height_m = 110.0 }
        [[sensor]]
        id = "ais-gangkou"
        kind = "ais"
        format = "nmea"
        feed = "udp://0.0.0.0:10110"
        [[sensor]]
        id = "camera-daxingshan"
        kind = "camera"
        format = "sapient"
        feed = "udp://0.0.0.0:14000"
        position = { lat = 22.55, lon = 114.886, height_m = 105.0 }
    "#;
    let (shown, meant) = (good(EXAMPLE), good(minimal));
    assert_eq!(shown, Config { path: shown.path.clone(), text: shown.text.clone(), files: shown.files.clone(), ..meant });
    assert_eq!(shown.capture, CaptureSettings::default());
    assert_eq!(shown.fuse, crate::fuse::FuseSettings::default());
    assert_eq!(shown.listen, DEFAULT_LISTEN);
    assert_eq!(shown.rules, default_rules().unwrap());
    // The same of the rule: what may be left out is shown at its default.
    let rule: String = all_on(EXAMPLE).rsplit("[[rule]]").next().unwrap().to_owned();
    let optional = [
        "at_once_when",
        "clear_when",
        "suppress",
        "escalate_when",
        "expires",
        "params",
        "severity_from",
        "event_s",
        "must_fire",
    ];
    let short: String = rule
        .lines()
        .filter(|l| !["hold_s", "clear_s", "hold_down_s", "single"].iter().any(|k| l.starts_with(k)))
        .fold(String::new(), |all, line| all + line + "\n");
    assert_ne!(rule, short);
    assert!(optional.iter().all(|k| short.contains(k)));
    assert_eq!(good(&format!("{minimal}[[rule]]{rule}")).rules, good(&format!("{minimal}[[rule]]{short}")).rules);
}

#[test]
fn a_site_comes_out_in_si_units_with_shared_feeds() {
    let config = good(
        r#"
        [site]
        name = "S"
        origin = { lat = 22.5, lon = 114.5 }
        [[sensor]]
        id = "R1"
        kind = "radar"
        format = "asterix"
        feed = "udp://239.192.0.11:8600"
        position = { lat = 22.5, lon = 114.5, height_m = 12 }
        sac = 201
        sic = 11
        scan_s = 2.5
        sigma_range_m = 10
        sigma_azimuth_deg = 0.27
        min_snr_db = 10.0
        amplitude = { db_per_count = 0.2, offset_db = -3 }
        [[sensor]]
        id = "R2"
        kind = "radar"
        format = "asterix"
        feed = "udp://239.192.0.11:8600"
        position = { lat = 22.6, lon = 114.5 }
        sac = 201
        sic = 12
        [[sensor]]
        id = "log"
        kind = "ais"
        format = "nmea"
        feed = "file:night.nmea"
        allow_missing_checksum = true
        [track]
        fast_kn = 30
        [capture]
        dir = "record"
        fsync_s = 0.5
        segment_mib = 2
        segment_age_s = 60
        retain_days = 2
        retain_gib = 3
        "#,
    );
    let [r1, r2, log] = &config.site.sensors[..] else { panic!() };
    assert_eq!((r1.kind, r1.format, r1.feed, r1.sac_sic), (SensorKind::Radar, WireFormat::Asterix, FeedId(0), Some((201, 11))));
    assert_eq!((r2.feed, r2.sac_sic, r2.scan_s, r2.sigma_azimuth), (FeedId(0), Some((201, 12)), None, None));
    assert_eq!((log.kind, log.feed, log.allow_missing_checksum), (SensorKind::Ais, FeedId(1), true));
    assert!((r1.sigma_azimuth.unwrap() - 0.004_712_388_980_384_69).abs() < 1e-15);
    let position = r1.position.unwrap();
    assert!((position.lat - std::f64::consts::FRAC_PI_8).abs() < 1e-15 && position.height_m.to_bits() == 12f64.to_bits());
    assert_eq!(config.site.feeds[1], FeedAddress::File { path: "/etc/haishao/night.nmea".to_owned() });
    assert!((config.fuse.fast_mps - 15.433_333_333_333_334).abs() < 1e-12);
    assert_eq!(config.capture.dir.as_deref(), Some(Path::new("/etc/haishao/record")));
    assert_eq!(config.capture.retain_age.unwrap().as_secs(), 172_800);
    assert_eq!((config.capture.segment_bytes, config.capture.retain_bytes), (2 << 20, Some(3 << 30)));
    assert_eq!(config.capture.fsync_interval.as_millis(), 500);
}

#[test]
fn rules_come_from_files_and_from_the_site_in_that_order() {
    let folder = tempfile::tempdir().unwrap();
    let rule = |id: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nname_zh = \"快\"\nname_en = \"fast\"\nwhen = \"sog_kn > 9\"\nseverity = 1\n\
             text_zh = \"疑似\"\ntext_en = \"suspected\"\nowner = \"me\"\n"
        )
    };
    let site = "rules = [\"a.toml\", \"b.toml\"]\n[site]\nname = \"S\"\norigin = { lat = 1, lon = 2 }\n[[sensor]]\nid = \"A\"\n\
                kind = \"ais\"\nformat = \"nmea\"\nfeed = \"stdin\"\n";
    std::fs::write(folder.path().join("a.toml"), rule("A1") + &rule("A2")).unwrap();
    std::fs::write(folder.path().join("b.toml"), rule("B1")).unwrap();
    let path = folder.path().join("site.toml");
    std::fs::write(&path, site.to_owned() + &rule("S1")).unwrap();
    let ids = |c: &Config| c.rules.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&load(&path).unwrap()), ["A1", "A2", "B1", "S1"]);
    // One id twice, in two files.
    std::fs::write(&path, site.to_owned() + &rule("A2")).unwrap();
    let faults = load(&path).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].line, faults[0].key.as_str()), (Some(11), "rule[0].id"));
    assert!(faults[0].what.contains("a.toml:11"), "{}", faults[0]);
    // An empty list is a choice, not an omission.
    let none = good(&site.replace("[\"a.toml\", \"b.toml\"]", "[]"));
    assert!(none.rules.is_empty());
}
