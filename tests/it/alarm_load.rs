//! The alarm-load board as a supervisor and a monitoring system see it: figures that can be counted by hand, over the real console.

use std::sync::Arc;

use haishao::console::serve;
use haishao::model::incident::{AlarmState, AlertNote, Change, Incident, IncidentEvent, IncidentId};
use haishao::model::{Actor, AlertId, Severity, Timestamp, TrackId};

use crate::console::{NOW, clock, get, shared};

fn event(
    at: Timestamp,
    id: u64,
    rule: &str,
    severity: u8,
    alarm: AlarmState,
    change: Change,
    who: Option<&str>,
) -> IncidentEvent {
    let mut incident = Incident::new(IncidentId(id), at, Severity::new(severity).unwrap(), [22.5, 114.7]);
    incident.alarm = alarm;
    incident.alerts.push(AlertNote {
        id: AlertId(id),
        rule: rule.to_owned(),
        severity: incident.severity,
        track: TrackId(id),
        raised: at,
        cleared: None,
        position: [22.5, 114.7],
        text_zh: String::new(),
        text_en: String::new(),
    });
    IncidentEvent {
        number: id,
        at,
        actor: who.map(|w| Actor::of(w, "watch-officer")),
        change,
        incident: Some(Arc::new(incident)),
    }
}

#[test]
fn the_board_is_in_the_api_and_in_the_metrics() {
    let shared = shared();
    let opened = |rule: &str| Change::Opened { rule: Some(rule.to_owned()), text: String::new() };
    // Two hours back from the newest picture: twelve alarms of R01 within a minute, which is a flood; then one of R07 an hour later.
    // Li takes ten of the first after 20 s each.
    let begin = NOW.plus_seconds(-0.5 - 7200.0);
    let mut events = Vec::new();
    for n in 0..12u64 {
        let at = begin.plus_seconds(n as f64 * 5.0);
        events.push(event(at, n + 1, "R01", 3, AlarmState::Unacknowledged, opened("R01"), None));
    }
    for n in 0..10u64 {
        let at = begin.plus_seconds(n as f64 * 5.0 + 20.0);
        events.push(event(at, n + 1, "R01", 3, AlarmState::Acknowledged, Change::Acknowledged, Some("li")));
    }
    events.push(event(begin.plus_seconds(3600.0), 13, "R07", 4, AlarmState::Unacknowledged, opened("R07"), None));
    events.sort_by_key(|e| e.at);
    shared.push_incidents(&events);
    let console = serve("127.0.0.1:0", shared, clock).unwrap();

    let answer = get(console.address(), "/api/load");
    assert_eq!(answer.status, 200);
    let load = answer.json();
    // EEMUA 191 and ISA-18.2: six an hour, ten in ten minutes, floods at most 1 % of the time.
    let bearable = &load["bearable"];
    assert_eq!((bearable["an_hour"].as_f64(), bearable["peak_in_ten_min"].as_u64()), (Some(6.0), Some(10)));
    assert_eq!(bearable["flood_share"].as_f64(), Some(0.01));
    let (all, li) = (&load["board"]["all"], &load["board"]["officers"]["li"]);
    assert_eq!(
        (all["alarms"].as_u64(), all["peak_in_ten_min"].as_u64(), all["floods"].as_u64()),
        (Some(13), Some(12), Some(1))
    );
    assert!((all["an_hour"].as_f64().unwrap() - 6.5).abs() < 1e-9, "{all}");
    // From the eleventh (50 s) until fewer than five of the ten minutes before are left: the eighth leaves at 35 s + 600 s.
    assert!((all["flood_share"].as_f64().unwrap() - 585.0 / 7200.0).abs() < 1e-9, "{all}");
    assert_eq!((all["bearable"].as_bool(), all["acknowledged_after_s"].as_f64()), (Some(false), Some(20.0)));
    assert_eq!((li["alarms"].as_u64(), load["board"]["officers"][""]["alarms"].as_u64()), (Some(10), Some(3)));
    assert_eq!(load["board"]["sounding"].as_u64(), Some(3));
    let hours = load["board"]["hours"].as_array().unwrap();
    let counted: u64 = hours.iter().flat_map(|h| h["alarms"].as_object().unwrap().values()).map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, 13, "{hours:?}");

    let page = get(console.address(), "/metrics").body;
    for line in [
        "haishao_alarms_last_day{officer=\"all\"} 13",
        "haishao_alarms_last_day{officer=\"li\"} 10",
        "haishao_alarms_an_hour{officer=\"all\"} 6.5",
        "haishao_alarms_peak_in_ten_minutes{officer=\"all\"} 12",
        "haishao_alarm_floods{officer=\"all\"} 1",
        "haishao_alarm_flood_share{officer=\"all\"} 0.08125",
        "haishao_alarms_sounding 3",
        "haishao_alarms_shelved 0",
        "haishao_alarms_chattering 0",
        "haishao_alarms_stale 0",
        "haishao_alarms_by_rule{rule=\"R01\"} 12",
        "haishao_alarms_by_rule{rule=\"R07\"} 1",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} is not there:\n{page}");
    }
    // Every family is announced once, as the format asks.
    for name in page.lines().filter_map(|l| l.strip_prefix("# TYPE ")).map(|l| l.split(' ').next().unwrap()) {
        assert_eq!(page.lines().filter(|l| l.starts_with(&format!("# TYPE {name} "))).count(), 1, "{name}");
    }
}
