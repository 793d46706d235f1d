//! What follows from the record: incidents and their events, units, hand-overs, tracks by place and time. Written as the watch goes, and
//! made again by a replay: every row has the key that the record gives it, so that writing twice changes nothing.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, Transaction, params, params_from_iter};
use serde::de::DeserializeOwned;

use super::accounts::time;
use super::{Store, StoreError};
use crate::model::incident::{Change, HandOver, Incident, IncidentEvent, IncidentId, Saved, Unit};
use crate::model::{Mmsi, Timestamp, TrackId};

/// The most rows that one question is answered with.
pub const MAX_ROWS: u32 = 10_000;

/// What can be searched of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackSummary {
    /// Its number.
    pub track: TrackId,
    /// When it was first seen.
    pub first: Timestamp,
    /// When it was last seen.
    pub last: Timestamp,
    /// The box it kept within: south, west, north, east, degrees.
    pub within: [f64; 4],
    /// The highest lower bound of its speed, knots.
    pub speed_kn: f64,
    /// Whether a radar saw it.
    pub radar: bool,
    /// Who it says it is.
    pub mmsi: Option<Mmsi>,
    /// The name it tells.
    pub name: Option<String>,
}

/// A question about tracks. What is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrackQuery {
    /// Seen at this time or later.
    pub from: Option<Timestamp>,
    /// Seen at this time or earlier.
    pub to: Option<Timestamp>,
    /// Its box meets this one: south, west, north, east, degrees. The track itself may have passed by; who asks looks at it.
    pub within: Option<[f64; 4]>,
    /// Surely as fast as this at one time, knots.
    pub speed_kn: Option<f64>,
    /// With AIS or without.
    pub ais: Option<bool>,
    /// Seen by radar, or not.
    pub radar: Option<bool>,
    /// This identity.
    pub mmsi: Option<Mmsi>,
    /// A part of its name.
    pub name: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// A question about incidents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentQuery {
    /// Opened at this time or later.
    pub from: Option<Timestamp>,
    /// Opened at this time or earlier.
    pub to: Option<Timestamp>,
    /// Only what is not over, or only what is.
    pub over: Option<bool>,
    /// Of a lineage with this track.
    pub track: Option<TrackId>,
    /// At most so many, newest first.
    pub limit: u32,
}

/// An event of an incident, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Option<String>,
    /// What, as JSON.
    pub change: String,
}

impl Store {
    /// Writes what happened, all of it or nothing.
    pub fn write(&self, events: &[IncidentEvent], tracks: &[TrackSummary]) -> Result<(), StoreError> {
        if events.is_empty() && tracks.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection();
        let all = connection.transaction()?;
        for event in events {
            write_event(&all, event)?;
        }
        for track in tracks {
            write_track(&all, track)?;
        }
        Ok(all.commit()?)
    }

    /// What a run that begins at `now` must take up.
    pub fn saved(&self, now: Timestamp) -> Result<Saved, StoreError> {
        let connection = self.connection();
        let all = |sql: &str| -> Result<Vec<String>, StoreError> {
            let mut query = connection.prepare(sql)?;
            let rows = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(rows)
        };
        let mut saved = Saved::default();
        // Those that are over are kept for an hour: none is older than a day.
        let since = now.plus_seconds(-86_400.0).nanos();
        for json in all(&format!("SELECT json FROM incidents WHERE over = 0 OR changed > {since} ORDER BY id"))? {
            saved.incidents.push(read("incident", &json)?);
        }
        saved.incidents.retain(|i: &Incident| Saved::keeps(i, now));
        for json in all("SELECT json FROM units ORDER BY name")? {
            saved.units.push(read::<Unit>("unit", &json)?);
        }
        for json in all("SELECT json FROM hand_overs WHERE taken IS NULL ORDER BY id DESC LIMIT 16")? {
            saved.hand_overs.push(read::<HandOver>("hand-over", &json)?);
        }
        Ok(saved)
    }

    /// One incident, whole.
    pub fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached("SELECT json FROM incidents WHERE id = ?")?;
        let json: Option<String> = query.query_row([id.0.cast_signed()], |row| row.get(0)).optional()?;
        json.map(|json| read("incident", &json)).transpose()
    }

    /// Incidents, newest first.
    pub fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, StoreError> {
        let mut asked = Conditions::default();
        asked.add("opened >= ?", query.from.map(|t| t.nanos().into()));
        asked.add("opened <= ?", query.to.map(|t| t.nanos().into()));
        asked.add("over = ?", query.over.map(|o| i64::from(o).into()));
        let of_track = "id IN (SELECT incident FROM track_incidents WHERE track = ?)";
        asked.add(of_track, query.track.map(|t| t.0.cast_signed().into()));
        let sql = asked.sql("SELECT json FROM incidents", "opened DESC, id DESC", query.limit);
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&sql)?;
        let rows: Vec<String> =
            statement.query_map(params_from_iter(asked.values), |row| row.get(0))?.collect::<Result<_, _>>()?;
        rows.iter().map(|json| read("incident", json)).collect()
    }

    /// Events of an incident, oldest first.
    pub fn incident_events(&self, id: IncidentId) -> Result<Vec<StoredEvent>, StoreError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT number, at, actor, json FROM incident_events WHERE incident = ? ORDER BY number LIMIT ?")?;
        let row = |row: &Row<'_>| {
            let number = row.get::<_, i64>(0)?.cast_unsigned();
            Ok(StoredEvent { number, at: time(row, 1)?, actor: row.get(2)?, change: row.get(3)? })
        };
        let events = query.query_map(params![id.0.cast_signed(), MAX_ROWS], row)?.collect::<Result<_, _>>()?;
        Ok(events)
    }

    /// Tracks, newest first.
    pub fn tracks(&self, query: &TrackQuery) -> Result<Vec<TrackSummary>, StoreError> {
        let mut asked = Conditions::default();
        asked.add("last >= ?", query.from.map(|t| t.nanos().into()));
        asked.add("first <= ?", query.to.map(|t| t.nanos().into()));
        if let Some([south, west, north, east]) = query.within {
            for (clause, value) in [("north >= ?", south), ("east >= ?", west), ("south <= ?", north), ("west <= ?", east)] {
                asked.add(clause, Some(value.into()));
            }
        }
        asked.add("speed_kn >= ?", query.speed_kn.map(Value::from));
        asked.add("(mmsi IS NOT NULL) = ?", query.ais.map(|a| i64::from(a).into()));
        asked.add("radar = ?", query.radar.map(|r| i64::from(r).into()));
        asked.add("mmsi = ?", query.mmsi.map(|m| i64::from(m.0).into()));
        asked.add("instr(upper(name), upper(?)) > 0", query.name.clone().map(Value::from));
        let columns = "SELECT track, first, last, south, west, north, east, speed_kn, radar, mmsi, name FROM tracks";
        let sql = asked.sql(columns, "last DESC, track DESC", query.limit);
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&sql)?;
        let tracks = statement.query_map(params_from_iter(asked.values), summary)?.collect::<Result<_, _>>()?;
        Ok(tracks)
    }

    /// Keeps the report that a hand-over signs, by its digest.
    pub fn put_report(&self, digest: &str, json: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO hand_over_reports (digest, json) VALUES (?, ?) ON CONFLICT DO NOTHING";
        self.connection().execute(sql, [digest, json])?;
        Ok(())
    }

    /// The report of that digest.
    pub fn report(&self, digest: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT json FROM hand_over_reports WHERE digest = ?";
        Ok(self.connection().query_row(sql, [digest], |row| row.get(0)).optional()?)
    }

    /// Hand-overs, newest first.
    pub fn hand_overs(&self, limit: u32) -> Result<Vec<HandOver>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached("SELECT json FROM hand_overs ORDER BY signed DESC, id DESC LIMIT ?")?;
        let rows: Vec<String> = query.query_map([limit.min(MAX_ROWS)], |row| row.get(0))?.collect::<Result<_, _>>()?;
        rows.iter().map(|json| read("hand-over", json)).collect()
    }
}

/// `WHERE` of the clauses that are asked, with their values.
#[derive(Default)]
struct Conditions {
    clauses: Vec<&'static str>,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, clause: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.clauses.push(clause);
            self.values.push(value);
        }
    }

    fn sql(&self, select: &str, order: &str, limit: u32) -> String {
        let filter = if self.clauses.is_empty() { String::new() } else { format!(" WHERE {}", self.clauses.join(" AND ")) };
        format!("{select}{filter} ORDER BY {order} LIMIT {}", limit.min(MAX_ROWS))
    }
}

fn write_event(all: &Transaction<'_>, event: &IncidentEvent) -> Result<(), StoreError> {
    let incident = event.incident.as_deref();
    all.prepare_cached(
        "INSERT OR REPLACE INTO incident_events (number, at, incident, actor, role, what, json) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        event.number.cast_signed(),
        event.at.nanos(),
        incident.map(|i| i.id.0.cast_signed()),
        event.actor.as_ref().map(|a| &a.name),
        event.actor.as_ref().map(|a| &a.role),
        event.change.word(),
        write("change", &event.change)?,
    ])?;
    match &event.change {
        Change::UnitChanged { unit } => {
            all.prepare_cached("INSERT OR REPLACE INTO units (name, json) VALUES (?, ?)")?
                .execute(params![unit.name.0, write("unit", unit)?])?;
        }
        Change::HandedOver { hand_over } => {
            // Who signs again has changed the report: the one before is void.
            all.prepare_cached("DELETE FROM hand_overs WHERE taken IS NULL AND json_extract(json, '$.from.name') = ?")?
                .execute([&hand_over.from.name])?;
            write_hand_over(all, hand_over)?;
        }
        Change::TakenOver { hand_over } => write_hand_over(all, hand_over)?,
        _ => {}
    }
    let Some(i) = incident.filter(|_| !matches!(event.change, Change::Refused { .. })) else { return Ok(()) };
    all.prepare_cached(
        "INSERT OR REPLACE INTO incidents (id, opened, changed, severity, alarm, case_phase, level, outcome, over, lat, lon, json)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        i.id.0.cast_signed(),
        i.opened.nanos(),
        i.changed.nanos(),
        i.severity.level(),
        i.alarm.word(),
        i.case.word(),
        i.level.word(),
        i.outcome.map(crate::model::incident::Outcome::word),
        i.is_over(),
        i.position[0],
        i.position[1],
        write("incident", i)?,
    ])?;
    for member in &i.members {
        all.prepare_cached("INSERT OR IGNORE INTO track_incidents (track, incident) VALUES (?, ?)")?
            .execute([member.track.0.cast_signed(), i.id.0.cast_signed()])?;
    }
    Ok(())
}

fn write_hand_over(all: &Transaction<'_>, h: &HandOver) -> Result<(), StoreError> {
    all.prepare_cached("INSERT OR REPLACE INTO hand_overs (id, signed, taken, digest, json) VALUES (?, ?, ?, ?, ?)")?.execute(
        params![h.id.0.cast_signed(), h.signed.nanos(), h.taken.map(Timestamp::nanos), h.digest, write("hand-over", h)?],
    )?;
    Ok(())
}

fn write_track(all: &Transaction<'_>, t: &TrackSummary) -> Result<(), StoreError> {
    let [south, west, north, east] = t.within;
    all.prepare_cached(
        "INSERT OR REPLACE INTO tracks (track, first, last, south, west, north, east, speed_kn, radar, mmsi, name)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        t.track.0.cast_signed(),
        t.first.nanos(),
        t.last.nanos(),
        south,
        west,
        north,
        east,
        t.speed_kn,
        t.radar,
        t.mmsi.map(|m| m.0),
        t.name,
    ])?;
    Ok(())
}

fn summary(row: &Row<'_>) -> rusqlite::Result<TrackSummary> {
    Ok(TrackSummary {
        track: TrackId(row.get::<_, i64>(0)?.cast_unsigned()),
        first: time(row, 1)?,
        last: time(row, 2)?,
        within: [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
        speed_kn: row.get(7)?,
        radar: row.get(8)?,
        mmsi: row.get::<_, Option<u32>>(9)?.map(Mmsi),
        name: row.get(10)?,
    })
}

fn write(what: &'static str, value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Content { what, why: e.to_string() })
}

fn read<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|e| StoreError::Content { what, why: e.to_string() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Severity;
    use crate::model::incident::{AlarmState, CasePhase, Kinship, Member};

    fn at(s: i64) -> Timestamp {
        Timestamp::from_secs(1_773_504_000 + s)
    }

    fn event(number: u64, id: u64, s: i64, alarm: AlarmState) -> IncidentEvent {
        let mut incident = Incident::new(IncidentId(id), at(0), Severity::new(3).unwrap(), [22.5, 114.7]);
        (incident.changed, incident.alarm) = (at(s), alarm);
        incident.members.push(Member {
            track: TrackId(70 + id),
            kinship: Kinship::Alerted,
            seen: at(s),
            position: [22.5, 114.7],
            velocity: [1.0 / 3.0, -0.1],
            ended: false,
        });
        IncidentEvent { number, at: at(s), actor: None, change: Change::Rectified, incident: Some(Arc::new(incident)) }
    }

    #[test]
    fn what_is_open_is_saved_and_what_is_long_over_is_not() {
        let store = Store::in_memory().unwrap();
        store
            .write(
                &[
                    event(1, 1, 10, AlarmState::Unacknowledged),
                    event(2, 2, 20, AlarmState::Closed),
                    event(3, 3, 7000, AlarmState::Closed),
                    event(4, 1, 30, AlarmState::Acknowledged),
                ],
                &[],
            )
            .unwrap();
        let saved = store.saved(at(7200)).unwrap();
        assert_eq!(saved.incidents.iter().map(|i| i.id.0).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(saved.incidents[0].alarm, AlarmState::Acknowledged);
        assert_eq!(saved.incidents[0], **event(4, 1, 30, AlarmState::Acknowledged).incident.as_ref().unwrap(), "as written");
        let of = |query| store.incidents(&query).unwrap().iter().map(|i| i.id.0).collect::<Vec<_>>();
        assert_eq!(of(IncidentQuery { over: Some(false), limit: 10, ..IncidentQuery::default() }), [1]);
        assert_eq!(of(IncidentQuery { track: Some(TrackId(72)), limit: 10, ..IncidentQuery::default() }), [2]);
        assert_eq!(of(IncidentQuery { to: Some(at(-1)), limit: 10, ..IncidentQuery::default() }), [0u64; 0]);
        assert_eq!(store.incident_events(IncidentId(1)).unwrap().len(), 2);
        assert_eq!(store.incident(IncidentId(9)).unwrap(), None);
        // Written again, as by a replay: nothing changes.
        let before = store.saved(at(7200)).unwrap();
        store.write(&[event(4, 1, 30, AlarmState::Acknowledged)], &[]).unwrap();
        assert_eq!((store.saved(at(7200)).unwrap(), store.incident_events(IncidentId(1)).unwrap().len()), (before, 2));
    }

    #[test]
    fn an_archived_incident_is_over() {
        let mut incident = Incident::new(IncidentId(1), at(0), Severity::default(), [0.0; 2]);
        (incident.alarm, incident.case) = (AlarmState::Closed, CasePhase::Archived);
        assert!(incident.is_over());
        incident.case = CasePhase::Dispatched;
        assert!(!incident.is_over());
    }

    #[test]
    fn tracks_are_found_by_time_place_speed_and_name() {
        let store = Store::in_memory().unwrap();
        let track = |id, first, last, within, speed_kn, mmsi: Option<u32>, name: Option<&str>| TrackSummary {
            track: TrackId(id),
            first: at(first),
            last: at(last),
            within,
            speed_kn,
            radar: true,
            mmsi: mmsi.map(Mmsi),
            name: name.map(str::to_owned),
        };
        let here = [22.4, 114.6, 22.5, 114.7];
        let all = [
            track(1, 0, 100, here, 38.0, None, None),
            track(2, 0, 100, here, 12.0, Some(412_000_001), Some("YUE HUI YU 100")),
            track(3, 0, 100, [22.9, 114.6, 23.0, 114.7], 40.0, None, None),
            track(4, 500, 600, here, 41.0, None, None),
        ];
        store.write(&[], &all).unwrap();
        store.write(&[], &all).unwrap();
        let of = |query: TrackQuery| {
            store.tracks(&TrackQuery { limit: 10, ..query }).unwrap().iter().map(|t| t.track.0).collect::<Vec<_>>()
        };
        let q = TrackQuery::default;
        // “Crossed this box between these times, seen by radar, without AIS, above 30 kn.”
        let asked = TrackQuery {
            from: Some(at(50)),
            to: Some(at(200)),
            within: Some([22.45, 114.65, 22.6, 114.8]),
            speed_kn: Some(30.0),
            ais: Some(false),
            radar: Some(true),
            ..q()
        };
        assert_eq!(of(asked), [1]);
        assert_eq!(of(q()), [4, 3, 2, 1]);
        assert_eq!(of(TrackQuery { name: Some("yu 1".to_owned()), ..q() }), [2]);
        assert_eq!(of(TrackQuery { name: Some("%".to_owned()), ..q() }), [0u64; 0], "a sign of patterns is a sign");
        assert_eq!(of(TrackQuery { mmsi: Some(Mmsi(412_000_001)), ..q() }), [2]);
        assert_eq!(of(TrackQuery { from: Some(at(101)), ..q() }), [4]);
        assert_eq!(store.tracks(&TrackQuery { limit: 1, ..q() }).unwrap(), all[3..].to_vec(), "as written");
    }
}
