//! The site files of the scenes, written by someone else, load as they stand.

use haishao::config;
use haishao::model::{SensorKind, WireFormat};

use crate::shared;

#[test]
fn every_scene_site_loads() {
    let Some(scenes) = shared::data("scenes/wire") else { return };
    let mut loaded = 0;
    let mut folders: Vec<_> = std::fs::read_dir(&scenes).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let path = folder.join("site.toml");
        let config = config::load(&path).unwrap_or_else(|faults| {
            panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(config.site.sensors.len(), text.matches("[[sensor]]").count());
        assert_eq!(config.site.feeds.len(), config.site.sensors.len(), "no two sensors of a scene share a feed");
        assert!(folder.ends_with(&config.site.name) || folder.to_string_lossy().contains(&config.site.name));
        for sensor in &config.site.sensors {
            let radar = sensor.kind == SensorKind::Radar;
            assert_eq!(sensor.format == WireFormat::Asterix, radar);
            assert_eq!(sensor.position.is_some(), sensor.kind != SensorKind::Ais);
            assert_eq!(sensor.sac_sic.is_some() && sensor.scan_s.is_some() && sensor.amplitude.is_some(), radar);
        }
        assert!(config.rules.iter().any(|r| r.id == "R01"));
        loaded += 1;
    }
    assert_eq!(loaded, 9);
}
