//! Prometheus text exposition (format 0.0.4) of what the engine counts.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use crate::engine::{SensorStatus, Shared};
use crate::fuse::{Gives, RadarErrors};
use crate::model::TrackStatus;

/// What the format calls itself.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds as Prometheus wants them, from a [`std::time::Duration`]'s quantile.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// Writes every family.
pub fn text(shared: &Shared) -> String {
    let mut page = Page::default();
    page.family("haishao_build_info", "gauge", "Version of the engine.");
    page.sample("haishao_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);

    let counters = &shared.counters;
    for (name, help, counter) in [
        ("haishao_frames_total", "Frames applied.", &counters.frames),
        ("haishao_reports_total", "Reports applied.", &counters.reports),
        ("haishao_repeats_total", "Reports that another feed had brought already.", &counters.repeats),
        ("haishao_track_lines_total", "Track lines said.", &counters.track_lines),
        ("haishao_alerts_raised_total", "Alerts raised.", &counters.alerts_raised),
        ("haishao_commands_total", "Commands recorded.", &counters.commands),
        ("haishao_commands_refused_total", "Commands that were refused.", &counters.commands_refused),
        ("haishao_reloads_total", "Reloads of rules, zones and lists.", &counters.reloads),
        (
            "haishao_reloads_refused_total",
            "Reloads that were refused because of a fault; what was in force stays.",
            &counters.reloads_refused,
        ),
        (
            "haishao_turned_away_total",
            "Plots and reports that began no track because the picture was full.",
            &counters.turned_away,
        ),
        ("haishao_pictures_total", "Pictures published.", &counters.pictures),
        ("haishao_capture_lost_frames_total", "Frames that could not be recorded.", &counters.capture_lost_frames),
        ("haishao_capture_bytes_total", "Bytes recorded.", &counters.capture_bytes),
    ] {
        page.family(name, "counter", help);
        page.sample(name, &[], counter.load(Ordering::Relaxed) as f64);
    }
    let digest = shared.rules_digest.load();
    if !digest.is_empty() {
        page.family("haishao_rules_info", "gauge", "Digest of the rules, zones and lists in force.");
        page.sample("haishao_rules_info", &[("digest", &digest)], 1.0);
    }
    let durable = counters.capture_durable.load(Ordering::Relaxed) as f64;
    page.family("haishao_capture_durable_through", "gauge", "Number of the last record known to be on the disk.");
    page.sample("haishao_capture_durable_through", &[], durable);
    page.picture(shared);
    page.latency(shared);
    page.sensors(&shared.sensors());
    page.load(&shared.load());
    if let Some(store) = shared.store_state() {
        page.family("haishao_store_up", "gauge", "1 while the store takes what happens.");
        page.sample("haishao_store_up", &[], f64::from(store.refused.is_none()));
        page.family("haishao_store_lost_total", "counter", "Entries left out of the store; a replay makes them again.");
        page.sample("haishao_store_lost_total", &[], store.lost as f64);
    }
    page.out
}

#[derive(Default)]
pub(super) struct Page {
    out: String,
}

impl Page {
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        if labels.is_empty() {
            return self.line(format_args!("{name} {value}"));
        }
        let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{}\"", escaped(v))).collect();
        self.line(format_args!("{name}{{{}}} {value}", labels.join(",")));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing into a String does not fail.
        self.out.write_fmt(text).unwrap_or(());
        self.out.push('\n');
    }

    fn picture(&mut self, shared: &Shared) {
        let picture = shared.picture.load();
        self.family("haishao_tracks", "gauge", "Live tracks by status.");
        for status in [TrackStatus::Tentative, TrackStatus::Confirmed, TrackStatus::Coasting] {
            let n = picture.tracks().iter().filter(|t| t.status == status).count();
            self.sample("haishao_tracks", &[("status", status.word())], n as f64);
        }
        if picture.number > 0 {
            self.family("haishao_picture_time_seconds", "gauge", "Unix time of the newest input of the newest picture.");
            self.sample("haishao_picture_time_seconds", &[], picture.t_out.secs_f64());
        }
    }

    fn latency(&mut self, shared: &Shared) {
        let name = "haishao_frame_to_picture_seconds";
        self.family(name, "summary", "From the reception of a frame to the publication of the first picture that holds it.");
        for q in QUANTILES {
            if let Some(delay) = shared.frame_to_picture.quantile(q) {
                self.sample(name, &[("quantile", &q.to_string())], delay.as_secs_f64());
            }
        }
        self.sample(&format!("{name}_sum"), &[], shared.frame_to_picture.sum_s());
        self.sample(&format!("{name}_count"), &[], shared.frame_to_picture.count() as f64);
    }

    fn sensors(&mut self, sensors: &[SensorStatus]) {
        type Value = fn(&SensorStatus) -> Option<f64>;
        // A camera has no range, and its clock does not show.
        fn ranges(s: &SensorStatus) -> Option<RadarErrors> {
            s.registration.filter(|e| e.gives != Gives::Bearings)
        }
        let families: [(&str, &str, &str, Value); 14] = [
            ("haishao_sensor_up", "gauge", "1 while the sensor delivers.", |s| {
                Some(f64::from(["ok", "misaligned"].contains(&s.state)))
            }),
            (
                "haishao_sensor_misaligned",
                "gauge",
                "1 while the sensor is told not to see ships or other crafts where they are, corrected or not.",
                |s| s.registration.map(|_| f64::from(s.state == "misaligned")),
            ),
            ("haishao_sensor_jumps_total", "counter", "Jumps of the radar's alignment.", |s| {
                s.registration.map(|e| e.jumps as f64)
            }),
            (
                "haishao_sensor_range_error_meters",
                "gauge",
                "Range error as learned from AIS ships, or from crafts that others hold.",
                |s| ranges(s).map(|e| e.range_m),
            ),
            (
                "haishao_sensor_azimuth_error_degrees",
                "gauge",
                "Azimuth error as learned from AIS ships, or from crafts that others hold.",
                |s| s.registration.map(|e| e.azimuth.to_degrees()),
            ),
            (
                "haishao_sensor_clock_error_seconds",
                "gauge",
                "How far the clock is ahead, as learned from AIS ships, or from crafts that others hold.",
                |s| ranges(s).map(|e| e.clock_s),
            ),
            ("haishao_sensor_frames_total", "counter", "Frames received.", |s| Some(s.frames as f64)),
            ("haishao_sensor_bytes_total", "counter", "Bytes received.", |s| Some(s.bytes as f64)),
            ("haishao_sensor_reports_total", "counter", "Reports decoded.", |s| Some(s.reports as f64)),
            ("haishao_sensor_frame_rate_hertz", "gauge", "Frames a second over the last 10 s.", |s| Some(s.rate_hz)),
            ("haishao_sensor_age_seconds", "gauge", "Seconds since the last frame.", |s| s.age_s),
            ("haishao_sensor_clock_skew_seconds", "gauge", "Reception time minus the sensor's own, median.", |s| {
                s.clock_skew_s
            }),
            ("haishao_sensor_backpressure_seconds_total", "counter", "Seconds for which the engine held the feed back.", |s| {
                Some(s.backpressure_s)
            }),
            ("haishao_sensor_kernel_drops_total", "counter", "Datagrams the kernel dropped.", |s| Some(s.kernel_drops as f64)),
        ];
        for (name, kind, help, value) in families {
            self.family(name, kind, help);
            for sensor in sensors {
                if let Some(value) = value(sensor) {
                    self.sample(name, &[("sensor", &sensor.id), ("kind", sensor.kind)], value);
                }
            }
        }
        type Reasons = fn(&SensorStatus) -> &std::collections::BTreeMap<String, u64>;
        let by_reason: [(&str, &str, Reasons); 2] = [
            ("haishao_sensor_refused_total", "What was refused, by reason.", |s| &s.refused),
            ("haishao_sensor_ignored_total", "What was left out on purpose, by reason.", |s| &s.ignored),
        ];
        for (name, help, reasons) in by_reason {
            self.family(name, "counter", help);
            for sensor in sensors {
                for (reason, n) in reasons(sensor) {
                    self.sample(name, &[("sensor", &sensor.id), ("reason", reason)], *n as f64);
                }
            }
        }
    }
}

/// A label's value: backslash, quote and line feed escaped, as the format asks.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\\b\"c\nd"), r#"a\\b\"c\nd"#);
    }
}
