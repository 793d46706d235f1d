//! The report of a watch that two officers sign: what is open, what is on the shelf, who is at sea, which sensors fail, what was changed.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::model::incident::{AlarmState, AlertNote, Incident, IncidentId, Level, Unit, UnitName};

/// Version of the report's form.
pub const REPORT_VERSION: u32 = 1;

/// An incident in the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenIncident {
    /// Its number.
    pub id: IncidentId,
    /// When it began.
    pub opened: Timestamp,
    /// How much it matters.
    pub severity: u8,
    /// State of its alarm, `unacknowledged` and so on.
    pub alarm: AlarmState,
    /// How far the work has come.
    pub case: String,
    /// Who is in charge.
    pub level: Level,
    /// Where, degrees north and east.
    pub position: [f64; 2],
    /// What it is about, in Chinese and English.
    pub text: [String; 2],
    /// Units that are busy with it.
    pub units: Vec<UnitName>,
    /// On the shelf: until when and why.
    pub shelved: Option<(Timestamp, String)>,
}

/// A sensor that does not work as it should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorFault {
    /// Its name.
    pub sensor: String,
    /// The word for its state.
    pub state: String,
    /// More.
    pub detail: String,
}

/// A change of rules, lists or zones during the watch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListChange {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What: the set, its source, its digest; or the entry.
    pub what: String,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HandOverReport {
    /// Version of its form.
    pub v: u32,
    /// The site.
    pub site: String,
    /// Beginning of the watch.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Who goes.
    pub outgoing: String,
    /// Who comes.
    pub incoming: String,
    /// What is not over, the most severe first.
    pub open: Vec<OpenIncident>,
    /// What is on the shelf.
    pub shelved: Vec<OpenIncident>,
    /// Units.
    pub units: Vec<Unit>,
    /// Sensors that fail.
    pub sensors: Vec<SensorFault>,
    /// What was changed.
    pub changes: Vec<ListChange>,
    /// Newest entry of the audit log: number and hash. Printed and signed, it shows later that nothing was cut off the log.
    pub audit: Option<(u64, String)>,
    /// In words.
    pub remarks: String,
}

impl HandOverReport {
    /// Puts incidents where they belong.
    pub fn with_incidents<'a>(mut self, incidents: impl IntoIterator<Item = &'a Incident>) -> Self {
        self.v = REPORT_VERSION;
        for incident in incidents.into_iter().filter(|i| !i.is_over() && i.merged_into.is_none()) {
            let brief = brief(incident);
            if incident.alarm == AlarmState::Shelved { self.shelved.push(brief) } else { self.open.push(brief) }
        }
        for list in [&mut self.open, &mut self.shelved] {
            list.sort_by_key(|i| (std::cmp::Reverse(i.severity), i.opened, i.id));
        }
        self
    }

    /// The bytes that are signed: JSON, keys in the order of the fields.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// What both sign: BLAKE3 of those bytes, 64 hexadecimal digits.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(blake3::hash(self.json()?.as_bytes()).to_hex().to_string())
    }

    /// In words, for the printer: Chinese or English. Times are UTC.
    pub fn text(&self, chinese: bool) -> String {
        let say = |zh: &'static str, en: &'static str| if chinese { zh } else { en };
        let mut out = String::new();
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        line(format!("{} · {}", self.site, say("交接班记录", "Report of the watch")));
        line(format!("{} – {}", self.from, self.to));
        line(format!("{}: {}    {}: {}", say("交班", "Outgoing"), self.outgoing, say("接班", "Incoming"), self.incoming));
        for (title, incidents) in
            [(say("未结事件", "Open incidents"), &self.open), (say("已搁置事件", "Shelved incidents"), &self.shelved)]
        {
            line(format!("\n{title} ({})", incidents.len()));
            for i in incidents {
                let words = if chinese { &i.text[0] } else { &i.text[1] };
                let alarm = if chinese { i.alarm.zh() } else { i.alarm.word() };
                let level = if chinese { i.level.zh() } else { i.level.word() };
                let [lat, lon] = i.position;
                line(format!("#{} [{}] {} {alarm} {} {level} {lat:.4} {lon:.4} {words}", i.id, i.severity, i.opened, i.case));
                if let Some((until, reason)) = &i.shelved {
                    line(format!("    {} {until}: {reason}", say("搁置至", "until")));
                }
                if !i.units.is_empty() {
                    let names: Vec<&str> = i.units.iter().map(|u| u.0.as_str()).collect();
                    line(format!("    {}: {}", say("力量", "units"), names.join(", ")));
                }
            }
        }
        line(format!("\n{} ({})", say("力量", "Units"), self.units.len()));
        for u in &self.units {
            let ready = if u.available { say("可用", "available") } else { say("不可用", "not available") };
            line(format!("{} {:.0} kn {ready}", u.name, u.max_speed_kn));
        }
        line(format!("\n{} ({})", say("传感器故障", "Sensor faults"), self.sensors.len()));
        for s in &self.sensors {
            line(format!("{} {} {}", s.sensor, s.state, s.detail));
        }
        line(format!("\n{} ({})", say("规则与名单变更", "Changes of rules and lists"), self.changes.len()));
        for c in &self.changes {
            line(format!("{} {} {}", c.at, c.actor, c.what));
        }
        if let Some((number, hash)) = &self.audit {
            line(format!("\n{} {number}: {hash}", say("审计记录", "Audit log up to")));
        }
        if !self.remarks.is_empty() {
            line(format!("\n{}", self.remarks));
        }
        out
    }
}

fn brief(i: &Incident) -> OpenIncident {
    let worst: Option<&AlertNote> = i.alerts.iter().max_by_key(|a| (a.severity, a.raised));
    let text = worst.map_or_else(|| [i.text.clone(), i.text.clone()], |a| [a.text_zh.clone(), a.text_en.clone()]);
    OpenIncident {
        id: i.id,
        opened: i.opened,
        severity: i.severity.level(),
        alarm: i.alarm,
        case: i.case.word().to_owned(),
        level: i.level,
        position: i.position,
        text,
        units: i.tasks.iter().filter(|t| t.is_open()).map(|t| t.unit.clone()).collect(),
        shelved: i.shelved_until.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;

    fn incident(id: u64, severity: u8, alarm: AlarmState) -> Incident {
        let at = Timestamp::from_secs(1_773_504_000);
        let mut i = Incident::new(IncidentId(id), at, Severity::new(severity).unwrap(), [22.5, 114.7]);
        (i.alarm, i.text) = (alarm, format!("incident {id}"));
        if alarm == AlarmState::Shelved {
            i.shelved_until = Some((at.plus_seconds(600.0), "exercise".to_owned()));
        }
        i
    }

    #[test]
    fn the_report_holds_what_is_not_over_and_its_digest_is_of_every_letter() {
        let all = [
            incident(1, 2, AlarmState::Acknowledged),
            incident(2, 4, AlarmState::Unacknowledged),
            incident(3, 3, AlarmState::Shelved),
            incident(4, 4, AlarmState::Closed),
        ];
        let report = HandOverReport { outgoing: "王".to_owned(), incoming: "li".to_owned(), ..HandOverReport::default() }
            .with_incidents(&all);
        assert_eq!(report.open.iter().map(|i| i.id.0).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(report.shelved.iter().map(|i| i.id.0).collect::<Vec<_>>(), [3]);
        let read: HandOverReport = serde_json::from_str(&report.json().unwrap()).unwrap();
        assert_eq!(read.digest().unwrap(), report.digest().unwrap());
        assert_eq!(report.digest().unwrap().len(), 64);
        let other = HandOverReport { remarks: ".".to_owned(), ..report.clone() };
        assert_ne!(other.digest().unwrap(), report.digest().unwrap());
        let (zh, en) = (report.text(true), report.text(false));
        assert!(zh.contains("未确认") && zh.contains("搁置至") && zh.contains("王"), "{zh}");
        assert!(en.contains("unacknowledged") && en.contains("exercise") && en.contains("incident 2"), "{en}");
    }
}
