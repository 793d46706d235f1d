//! The audit log: who saw or decided what, when. Append-only, each entry chained to the one before by its hash, so that nothing can
//! be changed, cut out or put in without every later entry showing it.

use rusqlite::{OptionalExtension, Row, params};

use super::accounts::time;
use super::{Store, StoreError};
use crate::model::Timestamp;

/// The hash before the first entry.
const NOTHING: [u8; 32] = [0; 32];

/// What is to be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditEntry<'a> {
    /// When.
    pub at: Timestamp,
    /// Who; empty for someone who has not logged in.
    pub actor: &'a str,
    /// In what role.
    pub role: &'a str,
    /// What was done, one word, as `login`, `view-person`, `acknowledge`.
    pub action: &'a str,
    /// To whom or what.
    pub subject: &'a str,
    /// More, as text or JSON.
    pub detail: &'a str,
}

/// What was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// In what role.
    pub role: String,
    /// What was done.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// More.
    pub detail: String,
    /// Hash of the entry before.
    pub previous: [u8; 32],
    /// BLAKE3 of all of the above.
    pub hash: [u8; 32],
}

impl AuditRecord {
    /// The hash that the other fields have. Each text goes in with its length, so that no two entries read alike.
    fn computed(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.previous);
        hasher.update(&self.number.to_le_bytes());
        hasher.update(&self.at.nanos().to_le_bytes());
        for text in [&self.actor, &self.role, &self.action, &self.subject, &self.detail] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

/// Where the audit log is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// An entry is missing, or one was put in.
    #[error("audit entry {expected} is missing: {found} follows")]
    Number {
        /// What should stand there.
        expected: u64,
        /// What does.
        found: u64,
    },
    /// An entry was changed.
    #[error("audit entry {number} was changed")]
    Hash {
        /// Which.
        number: u64,
    },
    /// An entry does not follow the one before it.
    #[error("audit entry {number} does not follow the one before")]
    Chain {
        /// Which.
        number: u64,
    },
}

impl Store {
    /// Notes something; says its number. Durable when this returns.
    pub fn audit(&self, entry: &AuditEntry<'_>) -> Result<u64, StoreError> {
        let mut connection = self.connection();
        let append = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let last: Option<(u64, [u8; 32])> = append
            .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))
            .optional()?;
        let (number, previous) = last.map_or((1, NOTHING), |(number, hash)| (number + 1, hash));
        let mut record = AuditRecord {
            number,
            at: entry.at,
            actor: entry.actor.to_owned(),
            role: entry.role.to_owned(),
            action: entry.action.to_owned(),
            subject: entry.subject.to_owned(),
            detail: entry.detail.to_owned(),
            previous,
            hash: NOTHING,
        };
        record.hash = record.computed();
        append
            .prepare_cached(
                "INSERT INTO audit (number, at, actor, role, action, subject, detail, previous, hash)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                record.number.cast_signed(),
                record.at.nanos(),
                record.actor,
                record.role,
                record.action,
                record.subject,
                record.detail,
                record.previous,
                record.hash
            ])?;
        append.commit()?;
        Ok(number)
    }

    /// At most `limit` entries before number `before` (`None`: the newest), newest first.
    pub fn audit_before(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT number, at, actor, role, action, subject, detail, previous, hash FROM audit
             WHERE number < ? ORDER BY number DESC LIMIT ?",
        )?;
        let before = before.map_or(i64::MAX, |n| i64::try_from(n).unwrap_or(i64::MAX));
        let entries = query.query_map(params![before, limit], record)?.collect::<Result<_, _>>()?;
        Ok(entries)
    }

    /// Checks every entry; says how many there are and the hash of the newest, which kept elsewhere (the hand-over report prints
    /// it) also shows that none was cut off the end.
    pub fn verify_audit(&self) -> Result<Result<(u64, [u8; 32]), AuditFault>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT number, at, actor, role, action, subject, detail, previous, hash FROM audit ORDER BY number",
        )?;
        let (mut count, mut previous) = (0, NOTHING);
        for entry in query.query_map([], record)? {
            let entry = entry?;
            let fault = if entry.number != count + 1 {
                Some(AuditFault::Number { expected: count + 1, found: entry.number })
            } else if entry.previous != previous {
                Some(AuditFault::Chain { number: entry.number })
            } else if entry.computed() != entry.hash {
                Some(AuditFault::Hash { number: entry.number })
            } else {
                None
            };
            if let Some(fault) = fault {
                return Ok(Err(fault));
            }
            (count, previous) = (entry.number, entry.hash);
        }
        Ok(Ok((count, previous)))
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        at: time(row, 1)?,
        actor: row.get(2)?,
        role: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
        detail: row.get(6)?,
        previous: row.get(7)?,
        hash: row.get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: i64) -> Store {
        let store = Store::in_memory().unwrap();
        for i in 0..n {
            let detail = format!("{{\"n\":{i}}}");
            let entry = AuditEntry {
                at: Timestamp::from_secs(i),
                actor: "wang",
                role: "watch-officer",
                action: "view-person",
                subject: "412000001",
                detail: &detail,
            };
            assert_eq!(store.audit(&entry).unwrap(), i as u64 + 1);
        }
        store
    }

    fn forged(store: &Store, statement: &str) -> Result<(u64, [u8; 32]), AuditFault> {
        // Who forges has the file, and drops the triggers first.
        store.connection().execute_batch("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted;").unwrap();
        store.connection().execute_batch(statement).unwrap();
        store.verify_audit().unwrap()
    }

    #[test]
    fn entries_chain_and_are_read_newest_first() {
        let store = filled(5);
        let (count, newest) = store.verify_audit().unwrap().unwrap();
        assert_eq!(count, 5);
        let page = store.audit_before(None, 2).unwrap();
        assert_eq!(page.iter().map(|r| r.number).collect::<Vec<_>>(), [5, 4]);
        assert_eq!(page[0].hash, newest);
        assert_eq!(page[0].previous, page[1].hash);
        assert_eq!(store.audit_before(Some(4), 10).unwrap().len(), 3);
    }

    #[test]
    fn the_log_refuses_to_be_changed() {
        let store = filled(3);
        for statement in ["UPDATE audit SET actor = 'li'", "DELETE FROM audit", "DELETE FROM audit WHERE number = 2"] {
            let error = store.connection().execute_batch(statement).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{error}");
        }
        assert_eq!(store.verify_audit().unwrap().unwrap().0, 3);
    }

    #[test]
    fn what_is_forged_shows() {
        for (statement, fault) in [
            ("UPDATE audit SET actor = 'li' WHERE number = 2", AuditFault::Hash { number: 2 }),
            ("UPDATE audit SET role = 'x', action = 'y' WHERE number = 4", AuditFault::Hash { number: 4 }),
            ("DELETE FROM audit WHERE number = 2", AuditFault::Number { expected: 2, found: 3 }),
            (
                "DELETE FROM audit WHERE number = 2; UPDATE audit SET number = number - 1 WHERE number > 2",
                AuditFault::Chain { number: 2 },
            ),
            ("UPDATE audit SET hash = zeroblob(32) WHERE number = 5", AuditFault::Hash { number: 5 }),
        ] {
            assert_eq!(forged(&filled(5), statement), Err(fault), "{statement}");
        }
        // Cut off at the end: only the hash that was kept elsewhere shows it.
        let kept = filled(5).verify_audit().unwrap().unwrap();
        let cut = forged(&filled(5), "DELETE FROM audit WHERE number = 5").unwrap();
        assert_ne!(cut, kept);
    }
}
