//! Accounts and sessions of the console. Hashes come in and go out; no password and no token is ever seen here.

use rusqlite::{OptionalExtension, Row, params};

use super::{Store, StoreError};
use crate::model::Timestamp;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name; the key.
    pub name: String,
    /// PHC string of the password's hash, as `$argon2id$…`.
    pub password: String,
    /// The role, as the console calls it.
    pub role: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether it may not be used. Accounts are never deleted: the audit log names them.
    pub disabled: bool,
    /// Whether the next login must choose a new password.
    pub must_change: bool,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of its token.
    pub token_hash: [u8; 32],
    /// Whose.
    pub user: String,
    /// What forms must carry.
    pub csrf: Vec<u8>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used.
    pub seen: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

impl Store {
    /// Makes an account.
    pub fn add_user(&self, user: &User) -> Result<(), StoreError> {
        let added = self.connection().execute(
            "INSERT INTO users (name, password, role, created, disabled, must_change) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
            params![user.name, user.password, user.role, user.created.nanos(), user.disabled, user.must_change],
        )?;
        if added == 1 { Ok(()) } else { Err(StoreError::Taken { name: user.name.clone() }) }
    }

    /// The account of that name.
    pub fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT name, password, role, created, disabled, must_change FROM users WHERE name = ?")?;
        Ok(query.query_row([name], user).optional()?)
    }

    /// All accounts, by name.
    pub fn users(&self) -> Result<Vec<User>, StoreError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached("SELECT name, password, role, created, disabled, must_change FROM users ORDER BY name")?;
        let users = query.query_map([], user)?.collect::<Result<_, _>>()?;
        Ok(users)
    }

    /// Sets password, role and marks of an account. A change of password, role or a disabling ends all its sessions.
    pub fn change_user(&self, changed: &User) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let change = connection.transaction()?;
        let rows = change.execute(
            "UPDATE users SET password = ?2, role = ?3, disabled = ?4, must_change = ?5 WHERE name = ?1",
            params![changed.name, changed.password, changed.role, changed.disabled, changed.must_change],
        )?;
        if rows == 0 {
            return Err(StoreError::NoUser { name: changed.name.clone() });
        }
        change.execute("DELETE FROM sessions WHERE user = ?", [&changed.name])?;
        Ok(change.commit()?)
    }

    /// Begins a session.
    pub fn add_session(&self, session: &Session) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO sessions (token_hash, user, csrf, created, seen, expires) VALUES (?, ?, ?, ?, ?, ?)",
            params![
                session.token_hash,
                session.user,
                session.csrf,
                session.created.nanos(),
                session.seen.nanos(),
                session.expires.nanos()
            ],
        )?;
        Ok(())
    }

    /// The session with that token, if it has not ended by `now` and its account may be used.
    pub fn session(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<(Session, User)>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(
            "SELECT u.name, u.password, u.role, u.created, u.disabled, u.must_change,
                    s.token_hash, s.csrf, s.created, s.seen, s.expires
             FROM sessions s JOIN users u ON u.name = s.user
             WHERE s.token_hash = ?1 AND s.expires > ?2 AND u.disabled = 0",
        )?;
        let both = |row: &Row<'_>| {
            let of = user(row)?;
            let session = Session {
                token_hash: row.get(6)?,
                user: of.name.clone(),
                csrf: row.get(7)?,
                created: time(row, 8)?,
                seen: time(row, 9)?,
                expires: time(row, 10)?,
            };
            Ok((session, of))
        };
        Ok(query.query_row(params![token_hash, now.nanos()], both).optional()?)
    }

    /// Notes that a session was used, and when it ends now.
    pub fn touch_session(&self, token_hash: &[u8; 32], seen: Timestamp, expires: Timestamp) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE sessions SET seen = ?2, expires = ?3 WHERE token_hash = ?1",
            params![token_hash, seen.nanos(), expires.nanos()],
        )?;
        Ok(())
    }

    /// Ends a session.
    pub fn end_session(&self, token_hash: &[u8; 32]) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM sessions WHERE token_hash = ?", params![token_hash])?;
        Ok(())
    }

    /// Ends all sessions of an account.
    pub fn end_sessions_of(&self, user: &str) -> Result<(), StoreError> {
        self.connection().execute("DELETE FROM sessions WHERE user = ?", [user])?;
        Ok(())
    }

    /// Forgets sessions that have ended by `now`; says how many.
    pub fn purge_sessions(&self, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.connection().execute("DELETE FROM sessions WHERE expires <= ?", [now.nanos()])?)
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        name: row.get(0)?,
        password: row.get(1)?,
        role: row.get(2)?,
        created: time(row, 3)?,
        disabled: row.get(4)?,
        must_change: row.get(5)?,
    })
}

pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone(name: &str) -> User {
        User {
            name: name.to_owned(),
            password: "$argon2id$x".to_owned(),
            role: "watch-officer".to_owned(),
            created: Timestamp::from_secs(1),
            disabled: false,
            must_change: true,
        }
    }

    fn session(user: &str, token: u8) -> Session {
        Session {
            token_hash: [token; 32],
            user: user.to_owned(),
            csrf: vec![9; 16],
            created: Timestamp::from_secs(10),
            seen: Timestamp::from_secs(10),
            expires: Timestamp::from_secs(100),
        }
    }

    #[test]
    fn accounts_and_sessions_are_found_again_until_they_end() {
        let store = Store::in_memory().unwrap();
        store.add_user(&someone("wang")).unwrap();
        assert!(matches!(store.add_user(&someone("wang")), Err(StoreError::Taken { .. })));
        assert_eq!(store.user("wang").unwrap(), Some(someone("wang")));
        assert_eq!(store.user("li").unwrap(), None);
        let first = session("wang", 1);
        store.add_session(&first).unwrap();
        assert!(store.add_session(&session("li", 2)).is_err(), "a session of nobody");
        let at = Timestamp::from_secs;
        assert_eq!(store.session(&[1; 32], at(99)).unwrap(), Some((first.clone(), someone("wang"))));
        assert_eq!(store.session(&[1; 32], at(100)).unwrap(), None);
        assert_eq!(store.session(&[3; 32], at(50)).unwrap(), None);
        store.touch_session(&[1; 32], at(90), at(200)).unwrap();
        let (kept, _) = store.session(&[1; 32], at(150)).unwrap().unwrap();
        assert_eq!((kept.seen, kept.expires), (at(90), at(200)));
        assert_eq!(store.purge_sessions(at(199)).unwrap(), 0);
        assert_eq!(store.purge_sessions(at(200)).unwrap(), 1);
    }

    #[test]
    fn a_changed_or_disabled_account_has_no_session_left() {
        let store = Store::in_memory().unwrap();
        store.add_user(&someone("wang")).unwrap();
        store.add_session(&session("wang", 1)).unwrap();
        store.change_user(&User { password: "$argon2id$y".to_owned(), must_change: false, ..someone("wang") }).unwrap();
        assert_eq!(store.session(&[1; 32], Timestamp::from_secs(50)).unwrap(), None);
        store.add_session(&session("wang", 2)).unwrap();
        store.change_user(&User { disabled: true, ..someone("wang") }).unwrap();
        store.add_session(&session("wang", 3)).unwrap();
        assert_eq!(store.session(&[3; 32], Timestamp::from_secs(50)).unwrap(), None, "a disabled account has a session");
        assert!(matches!(store.change_user(&someone("li")), Err(StoreError::NoUser { .. })));
        assert_eq!(store.users().unwrap().len(), 1);
    }
}
