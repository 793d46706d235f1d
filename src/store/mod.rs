//! What must be found again fast, or is nobody's but the console's: incidents, tracks by place and time, hand-overs; accounts,
//! sessions, the audit log. SQLite in one file.
//!
//! Incidents, events, hand-overs and tracks are derived from the record and can be made again by replaying it. Accounts, sessions
//! and the audit log are only here. Every write is durable when the call returns (WAL, `synchronous = FULL`); a failure is an
//! error for the caller to tell, never the end of the watch (`docs/adr/0019-store.md`).
#![deny(clippy::indexing_slicing, clippy::panic)]

mod accounts;
mod audit;
mod derived;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub use accounts::{Session, User};
pub use audit::{AuditEntry, AuditFault, AuditRecord};
pub use derived::{IncidentQuery, MAX_ROWS, StoredEvent, TrackQuery, TrackSummary};
pub use schema::SCHEMA_VERSION;

/// How long a statement waits for another process that reads the file, such as a backup.
const BUSY: Duration = Duration::from_secs(2);

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's answer: disk full, damaged, locked.
    #[error("store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file of a later version is never touched.
    #[error("store {}: written by a later program (version {found}, this one knows {SCHEMA_VERSION})", path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// The damaged file could not be put aside.
    #[error("store {}: damaged ({why}) and cannot be moved aside: {source}", path.display())]
    Aside {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A stored value that is not what it should be.
    #[error("store: {what}: {why}")]
    Content {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// There already is one of that name.
    #[error("store: there already is an account {name}")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is none of that name.
    #[error("store: there is no account {name}")]
    NoUser {
        /// The name.
        name: String,
    },
}

impl StoreError {
    /// Whether the disk is full: what was asked may succeed later.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(rusqlite::Error::SqliteFailure(e, _)) if e.code == rusqlite::ErrorCode::DiskFull)
    }
}

/// The store. Cheap to clone; calls wait for each other.
#[derive(Clone, Debug)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
    path: Option<PathBuf>,
}

/// A store that was opened, and what the officer should know of it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// The file was damaged: where it was moved, and what was wrong. An empty one was begun in its place.
    pub damaged: Option<(PathBuf, String)>,
}

impl Store {
    /// Opens a file, making it or bringing it to today's form. A damaged file is moved aside, kept, and an empty one begun: the
    /// watch goes on, and what is derived can be made again from the record.
    ///
    /// # Errors
    /// The file is of a later version, or cannot be made or moved.
    pub fn open(path: &Path) -> Result<Opened, StoreError> {
        match Self::try_open(path) {
            Ok(store) => Ok(Opened { store, damaged: None }),
            Err(StoreError::Sqlite(error)) if is_damage(&error) => {
                let aside = put_aside(path, &error.to_string())?;
                let store = Self::try_open(path)?;
                Ok(Opened { store, damaged: Some((aside, error.to_string())) })
            }
            Err(error) => Err(error),
        }
    }

    /// A store that ends with the process, for tests and for a demo on a read-only disk.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        prepare(&mut connection, Path::new(":memory:"))?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path: None })
    }

    /// Its file.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn try_open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Aside {
                path: path.to_owned(),
                why: "no folder".to_owned(),
                source,
            })?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        prepare(&mut connection, path)?;
        let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(code, Some(sound)).into());
        }
        Ok(Self { connection: Arc::new(Mutex::new(connection)), path: Some(path.to_owned()) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic of another thread left no half-done transaction: it was rolled back when its guard was dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    // One file and its log; every commit is on the disk before the call returns.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    schema::migrate(connection, path)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error, rusqlite::Error::SqliteFailure(e, _) if matches!(e.code, DatabaseCorrupt | NotADatabase))
}

/// Moves the file and what belongs to it to the first free name, and says which.
fn put_aside(path: &Path, why: &str) -> Result<PathBuf, StoreError> {
    let named = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let aside = (1..1000).map(|n| named(&format!(".damaged-{n}"))).find(|p| !p.exists()).unwrap_or_else(|| named(".damaged"));
    let failed = |source| StoreError::Aside { path: path.to_owned(), why: why.to_owned(), source };
    std::fs::rename(path, &aside).map_err(failed)?;
    for ending in ["-wal", "-shm"] {
        let log = named(ending);
        if log.exists() {
            let mut to = aside.as_os_str().to_owned();
            to.push(ending);
            std::fs::rename(&log, PathBuf::from(to)).map_err(failed)?;
        }
    }
    Ok(aside)
}
