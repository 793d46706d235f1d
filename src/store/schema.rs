//! The tables, and how an older file is brought to today's form. A step that was released is never changed; a new one follows it.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// Version of the file that is written: the number of steps.
pub const SCHEMA_VERSION: i64 = STEPS.len() as i64;

const STEPS: [&str; 1] = [
    // Times are nanoseconds since 1970 UTC. Whole things are kept as JSON beside the columns that are searched.
    "
    CREATE TABLE users (
        name        TEXT PRIMARY KEY NOT NULL,
        password    TEXT NOT NULL,           -- PHC string of the hash, never the password
        role        TEXT NOT NULL,
        created     INTEGER NOT NULL,
        disabled    INTEGER NOT NULL DEFAULT 0,
        must_change INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE sessions (
        token_hash  BLOB PRIMARY KEY NOT NULL,
        user        TEXT NOT NULL REFERENCES users (name),
        csrf        BLOB NOT NULL,
        created     INTEGER NOT NULL,
        seen        INTEGER NOT NULL,
        expires     INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_by_user ON sessions (user);

    CREATE TABLE audit (
        number      INTEGER PRIMARY KEY,
        at          INTEGER NOT NULL,
        actor       TEXT NOT NULL,
        role        TEXT NOT NULL,
        action      TEXT NOT NULL,
        subject     TEXT NOT NULL,
        detail      TEXT NOT NULL,
        previous    BLOB NOT NULL,
        hash        BLOB NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

    CREATE TABLE incidents (
        id          INTEGER PRIMARY KEY,
        opened      INTEGER NOT NULL,
        changed     INTEGER NOT NULL,
        severity    INTEGER NOT NULL,
        alarm       TEXT NOT NULL,
        case_phase  TEXT NOT NULL,
        level       TEXT NOT NULL,
        outcome     TEXT,
        over        INTEGER NOT NULL,
        lat         REAL NOT NULL,
        lon         REAL NOT NULL,
        json        TEXT NOT NULL
    ) STRICT;
    CREATE INDEX incidents_by_time ON incidents (opened);
    CREATE INDEX incidents_open ON incidents (over, opened);

    CREATE TABLE incident_events (
        number      INTEGER PRIMARY KEY,
        at          INTEGER NOT NULL,
        incident    INTEGER,
        actor       TEXT,
        role        TEXT,
        what        TEXT NOT NULL,
        json        TEXT NOT NULL
    ) STRICT;
    CREATE INDEX incident_events_by_incident ON incident_events (incident, number);
    CREATE INDEX incident_events_by_time ON incident_events (at);

    CREATE TABLE units (name TEXT PRIMARY KEY NOT NULL, json TEXT NOT NULL) STRICT;
    CREATE TABLE hand_overs (
        id          INTEGER PRIMARY KEY,
        signed      INTEGER NOT NULL,
        taken       INTEGER,
        digest      TEXT NOT NULL,
        json        TEXT NOT NULL
    ) STRICT;
    CREATE TABLE hand_over_reports (digest TEXT PRIMARY KEY NOT NULL, json TEXT NOT NULL) STRICT;

    CREATE TABLE tracks (
        track       INTEGER PRIMARY KEY,
        first       INTEGER NOT NULL,
        last        INTEGER NOT NULL,
        south       REAL NOT NULL,
        west        REAL NOT NULL,
        north       REAL NOT NULL,
        east        REAL NOT NULL,
        speed_kn    REAL NOT NULL,            -- the highest lower bound of its speed
        radar       INTEGER NOT NULL,
        mmsi        INTEGER,
        name        TEXT
    ) STRICT;
    CREATE INDEX tracks_by_time ON tracks (last, first);
    CREATE INDEX tracks_by_mmsi ON tracks (mmsi);
    CREATE TABLE track_incidents (
        track       INTEGER NOT NULL,
        incident    INTEGER NOT NULL,
        PRIMARY KEY (track, incident)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE notes (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
    ",
];

/// Brings the file to today's form, one step a transaction.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if !(0..=SCHEMA_VERSION).contains(&found) {
        return Err(StoreError::Later { path: path.to_owned(), found });
    }
    for (step, version) in STEPS.iter().zip(1..).skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        let step_done = connection.transaction()?;
        step_done.execute_batch(step)?;
        step_done.pragma_update(None, "user_version", version)?;
        step_done.commit()?;
    }
    Ok(())
}
