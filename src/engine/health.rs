//! Health of the feeds → health of the sensors, as the officer knows them.

use std::collections::BTreeMap;

use super::SensorStatus;
use crate::feed::FeedHealth;
use crate::model::{FeedId, SensorKind, Site};
use crate::wire::Refusal;

/// One entry a sensor, in the order of the configuration. `feeds` are in the order of the site's.
///
/// Frames, refusals and delays belong to the feed: sensors that share one show the same.
pub fn sensors(site: &Site, feeds: &[FeedHealth]) -> Vec<SensorStatus> {
    let mut all: Vec<(usize, SensorStatus)> = Vec::new();
    for (i, address) in site.feeds.iter().enumerate() {
        let Some(health) = feeds.get(i) else { continue };
        for (id, sensor) in site.sensors_on(FeedId(i as u16)) {
            let own = health.sensors.iter().find(|s| s.sensor == id);
            all.push((
                usize::from(id.0),
                SensorStatus {
                    id: sensor.id.clone(),
                    kind: kind_word(sensor.kind),
                    feed: address.to_string(),
                    state: health.state.word(),
                    detail: health.detail.clone(),
                    frames: health.frames,
                    bytes: health.bytes,
                    rate_hz: health.rate_hz,
                    age_s: health.age_s,
                    clock_skew_s: own.and_then(|s| s.clock_skew_s),
                    refused: counts(&health.wire.refused),
                    ignored: counts(&health.wire.ignored),
                    reports: own.map_or(0, |s| s.reports),
                    backpressure_s: health.backpressure.as_secs_f64(),
                    kernel_drops: health.kernel_drops,
                    registration: None,
                },
            ));
        }
    }
    all.sort_by_key(|(id, _)| *id);
    all.into_iter().map(|(_, status)| status).collect()
}

fn counts(by_reason: &BTreeMap<Refusal, u64>) -> BTreeMap<String, u64> {
    by_reason.iter().map(|(reason, n)| (reason.0.to_owned(), *n)).collect()
}

fn kind_word(kind: SensorKind) -> &'static str {
    match kind {
        SensorKind::Radar => "radar",
        SensorKind::Ais => "ais",
        SensorKind::Camera => "camera",
        SensorKind::Position => "position",
    }
}
