//! Who may do what at the console: passwords by argon2, sessions kept on the server, roles, and the audit log of all of it.
//!
//! A console on the loopback address needs no accounts: whoever sits there is the officer. Anywhere else both accounts and TLS are
//! required (`server.rs`).
#![deny(clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::model::{Actor, Order, Timestamp};
use crate::store::{AuditEntry, Session, Store, StoreError, User};

/// A session ends after this long without a request, s: a watch officer's page asks every second, so only a closed page ages.
const IDLE_S: f64 = 3600.0;
/// A session ends after this long at all, s: a watch and its hand-over.
const SESSION_S: f64 = 13.0 * 3600.0;
/// The shortest password taken, characters (NIST SP 800-63B: 8; watch rooms share walls).
pub const SHORTEST_PASSWORD: usize = 12;
/// The longest, bytes: hashing takes time in its length.
const LONGEST_PASSWORD: usize = 256;
/// Failures of one name or one address before it has to wait.
const FREE_FAILURES: u32 = 5;
/// The longest wait, s.
const LONGEST_WAIT_S: f64 = 900.0;
/// Names and addresses whose failures are remembered; the oldest give way.
const REMEMBERED: usize = 4096;
/// Passwords hashed at a time: each takes 19 MiB and some 50 ms of a core, which belong to the engine.
const HASHED_AT_A_TIME: usize = 2;

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Sees.
    Viewer,
    /// Judges and dispatches.
    WatchOfficer,
    /// The same, and reviews, archives and keeps units.
    Supervisor,
    /// Replays, searches, exports; gives no orders but notes.
    Investigator,
    /// Tunes; sees health and keeps units.
    Engineer,
    /// Makes accounts; nothing else.
    Administrator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::WatchOfficer, Self::Supervisor, Self::Investigator, Self::Engineer, Self::Administrator];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::WatchOfficer => "watch-officer",
            Self::Supervisor => Actor::SUPERVISOR,
            Self::Investigator => "investigator",
            Self::Engineer => "engineer",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }

    /// Whether it gives orders at all.
    pub fn commands(self) -> bool {
        matches!(self, Self::WatchOfficer | Self::Supervisor | Self::Investigator | Self::Engineer)
    }

    /// Whether it may give this order.
    pub fn may(self, order: &Order) -> bool {
        match order {
            // Only the program itself.
            Order::Load { .. } | Order::Resume { .. } => false,
            Order::Review { .. } | Order::Archive { .. } => self == Self::Supervisor,
            Order::Unit { .. } => matches!(self, Self::WatchOfficer | Self::Supervisor | Self::Engineer),
            Order::Note { .. } => matches!(self, Self::WatchOfficer | Self::Supervisor | Self::Investigator),
            _ => matches!(self, Self::WatchOfficer | Self::Supervisor),
        }
    }
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub name: String,
    /// In what role.
    pub role: Role,
    /// Whether the only thing allowed is to choose a new password.
    pub must_change: bool,
}

impl Person {
    /// Whoever sits at the machine itself, where there are no accounts.
    pub fn local() -> Self {
        Self { name: Actor::LOCAL.to_owned(), role: Role::Supervisor, must_change: false }
    }

    /// As commands name them.
    pub fn actor(&self) -> Actor {
        Actor::of(self.name.clone(), self.role.word())
    }
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Wrong name or password; which, is not told.
    #[error("wrong name or password")]
    Wrong,
    /// Too many failures.
    #[error("too many failures; try again in {wait_s:.0} s")]
    Wait {
        /// How long.
        wait_s: f64,
    },
    /// There is no such account.
    #[error("there is no account {name:?}")]
    NoAccount {
        /// The name.
        name: String,
    },
    /// Nobody would be left to make accounts.
    #[error("{name:?} is the last administrator that can log in")]
    LastAdministrator {
        /// The name.
        name: String,
    },
    /// The new password is too short or too long, or the old one again.
    #[error("a new password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters is needed")]
    NewPassword,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness, or a hash that cannot be made.
    #[error("{0}")]
    Inner(String),
}

/// What an administrator changes of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// What it is for.
    pub role: Option<Role>,
    /// Whether it may not be used.
    pub disabled: Option<bool>,
    /// Whether it gets a new one-time password.
    pub reset: bool,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Accounts, sessions and the brake on guessing.
#[derive(Debug)]
pub struct Accounts {
    store: Store,
    failures: Mutex<BTreeMap<String, Failures>>,
    hashing: Arc<Semaphore>,
    // Verified against where there is no such account, so that the time does not tell.
    nobody: String,
}

impl Accounts {
    /// Over a store. Makes the first account where there is none, and gives back its one-time password.
    ///
    /// # Errors
    /// The store cannot be used, or the system has no randomness.
    pub fn open(store: Store, now: Timestamp) -> Result<(Self, Option<(String, String)>), LoginError> {
        let nobody = hash(&secret()?)?;
        let accounts = Self { store, failures: Mutex::default(), hashing: Arc::new(Semaphore::new(HASHED_AT_A_TIME)), nobody };
        let first = if accounts.store.users()?.is_empty() {
            let password = accounts.add("admin", Role::Administrator, now)?;
            Some(("admin".to_owned(), password))
        } else {
            None
        };
        Ok((accounts, first))
    }

    /// Makes an account and gives back its one-time password.
    ///
    /// # Errors
    /// There is one of that name, or the store cannot be used.
    pub fn add(&self, name: &str, role: Role, now: Timestamp) -> Result<String, LoginError> {
        let password = secret()?;
        let user = User {
            name: name.to_owned(),
            password: hash(&password)?,
            role: role.word().to_owned(),
            created: now,
            disabled: false,
            must_change: true,
        };
        self.store.add_user(&user)?;
        Ok(password)
    }

    /// Changes an account and ends its sessions. Gives back the one-time password where a new one was asked for.
    ///
    /// # Errors
    /// There is no such account, nobody would be left to make accounts, or the store cannot be used.
    pub fn change(&self, name: &str, change: AccountChange) -> Result<Option<String>, LoginError> {
        let mut user = self.store.user(name)?.ok_or_else(|| LoginError::NoAccount { name: name.to_owned() })?;
        let is_administrator = |u: &User| u.role == Role::Administrator.word() && !u.disabled;
        let was = is_administrator(&user);
        user.role = change.role.map_or(user.role, |role| role.word().to_owned());
        user.disabled = change.disabled.unwrap_or(user.disabled);
        if was && !is_administrator(&user) && !self.store.users()?.iter().any(|u| u.name != name && is_administrator(u)) {
            return Err(LoginError::LastAdministrator { name: name.to_owned() });
        }
        let password = if change.reset { Some(secret()?) } else { None };
        if let Some(password) = &password {
            user.password = hash(password)?;
            user.must_change = true;
        }
        self.store.change_user(&user)?;
        Ok(password)
    }

    /// The store, for the audit log.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// All accounts, without their hashes.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn list(&self) -> Result<Vec<(String, String, bool)>, StoreError> {
        Ok(self.store.users()?.into_iter().map(|u| (u.name, u.role, u.disabled)).collect())
    }

    /// Lets somebody in: the token of a new session.
    ///
    /// # Errors
    /// Wrong name or password, too many failures, or the account needs a new password and `new` is none.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        new: Option<&str>,
        from: IpAddr,
        now: Timestamp,
    ) -> Result<(String, Person), LoginError> {
        let keys = [format!("name {}", name.chars().take(64).collect::<String>()), format!("address {from}")];
        if let Some(wait_s) = keys.iter().filter_map(|key| self.wait_s(key, now)).reduce(f64::max) {
            return Err(LoginError::Wait { wait_s });
        }
        let user = self.store.user(name)?.filter(|u| !u.disabled);
        let known = user.as_ref().map_or_else(|| self.nobody.clone(), |u| u.password.clone());
        let right = self.verify(known, password.to_owned()).await?;
        let Some(mut user) = user.filter(|_| right) else {
            keys.iter().for_each(|key| self.fail(key, now));
            self.note(name, "", "login-refused", &from.to_string(), now);
            return Err(LoginError::Wrong);
        };
        self.forgive(&keys);
        let role =
            Role::of(&user.role).ok_or_else(|| LoginError::Inner(format!("the account has no known role {:?}", user.role)))?;
        if let Some(new) = new {
            let fits = new.chars().count() >= SHORTEST_PASSWORD && new.len() <= LONGEST_PASSWORD && new != password;
            if !fits {
                return Err(LoginError::NewPassword);
            }
            user.password = hash(new)?;
            user.must_change = false;
            self.store.change_user(&user)?;
            self.note(name, role.word(), "password-changed", "", now);
        } else if user.must_change {
            return Err(LoginError::NewPassword);
        }
        self.store.purge_sessions(now)?;
        let token = secret()?;
        self.store.add_session(&Session {
            token_hash: token_hash(&token),
            user: user.name.clone(),
            csrf: Vec::new(),
            created: now,
            seen: now,
            expires: now.plus_seconds(IDLE_S.min(SESSION_S)),
        })?;
        self.note(name, role.word(), "login", &from.to_string(), now);
        Ok((token, Person { name: user.name, role, must_change: false }))
    }

    /// Who has this token; the session lives on.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn session(&self, token: &str, now: Timestamp) -> Result<Option<Person>, StoreError> {
        let hash = token_hash(token);
        let Some((session, user)) = self.store.session(&hash, now)? else { return Ok(None) };
        let last = session.created.plus_seconds(SESSION_S);
        // Once a minute is enough to know that it lives.
        if now.seconds_since(session.seen) > 60.0 {
            self.store.touch_session(&hash, now, now.plus_seconds(IDLE_S).min(last))?;
        }
        Ok(Role::of(&user.role).map(|role| Person { name: user.name, role, must_change: user.must_change }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn logout(&self, token: &str, person: &Person, now: Timestamp) -> Result<(), StoreError> {
        self.note(&person.name, person.role.word(), "logout", "", now);
        self.store.end_session(&token_hash(token))
    }

    /// Notes what a person did.
    pub fn audit(&self, person: &Person, action: &str, subject: &str, now: Timestamp) {
        self.note(&person.name, person.role.word(), action, subject, now);
    }

    fn note(&self, actor: &str, role: &str, action: &str, subject: &str, at: Timestamp) {
        let entry = AuditEntry { at, actor, role, action, subject, detail: "" };
        if let Err(error) = self.store.audit(&entry) {
            tracing::error!(%error, actor, action, subject, "not in the audit log");
        }
    }

    async fn verify(&self, known: String, password: String) -> Result<bool, LoginError> {
        let inner = |e: &dyn std::fmt::Display| LoginError::Inner(e.to_string());
        if password.len() > LONGEST_PASSWORD {
            return Ok(false);
        }
        let turn = Arc::clone(&self.hashing).acquire_owned().await.map_err(|e| inner(&e))?;
        let check = move || {
            let _turn = turn;
            PasswordHash::new(&known).is_ok_and(|known| Argon2::default().verify_password(password.as_bytes(), &known).is_ok())
        };
        tokio::task::spawn_blocking(check).await.map_err(|e| inner(&e))
    }

    // Doubles with each failure after the free ones; forgotten when it has been waited for twice.
    fn wait_s(&self, key: &str, now: Timestamp) -> Option<f64> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let known = failures.get(key)?;
        let beyond = known.count.checked_sub(FREE_FAILURES)?;
        let wait = f64::from(2u32.saturating_pow(beyond.min(16))).min(LONGEST_WAIT_S) - now.seconds_since(known.last);
        (wait > 0.0).then_some(wait)
    }

    fn fail(&self, key: &str, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= REMEMBERED
            && let Some(oldest) = failures.iter().min_by_key(|(_, f)| f.last).map(|(key, _)| key.clone())
        {
            failures.remove(&oldest);
        }
        let known = failures.entry(key.to_owned()).or_insert(Failures { count: 0, last: now });
        if now.seconds_since(known.last) > 2.0 * LONGEST_WAIT_S {
            known.count = 0;
        }
        *known = Failures { count: known.count.saturating_add(1), last: now };
    }

    fn forgive(&self, keys: &[String]) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().for_each(|key| {
            failures.remove(key);
        });
    }
}

fn token_hash(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

/// 32 hexadecimal digits, 128 bits of the system's randomness: a one-time password or a token.
fn secret() -> Result<String, LoginError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| LoginError::Inner(e.to_string()))?;
    Ok(bytes.iter().fold(String::new(), |text, b| text + &format!("{b:02x}")))
}

fn hash(password: &str) -> Result<String, LoginError> {
    let hashed = Argon2::default().hash_password(password.as_bytes()).map_err(|e| LoginError::Inner(e.to_string()))?;
    Ok(hashed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_773_504_000);
    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn the_first_account_has_a_password_for_one_use() {
        let (accounts, first) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
        let (name, password) = first.unwrap();
        let without = wait(accounts.login(&name, &password, None, HERE, NOW));
        assert!(matches!(without, Err(LoginError::NewPassword)), "{without:?}");
        for bad in ["short", &password] {
            assert!(matches!(wait(accounts.login(&name, &password, Some(bad), HERE, NOW)), Err(LoginError::NewPassword)));
        }
        let (token, person) = wait(accounts.login(&name, &password, Some("a long new password"), HERE, NOW)).unwrap();
        assert_eq!((person.role, person.must_change), (Role::Administrator, false));
        assert!(matches!(wait(accounts.login(&name, &password, None, HERE, NOW)), Err(LoginError::Wrong)));
        assert_eq!(accounts.session(&token, NOW.plus_seconds(30.0)).unwrap(), Some(person.clone()));
        assert_eq!(accounts.session("00", NOW).unwrap(), None);
        // It lives on while it is used, and not beyond a watch.
        let mut now = NOW;
        for _ in 0..13 {
            now = now.plus_seconds(3500.0);
            assert!(accounts.session(&token, now).unwrap().is_some(), "{}", now.seconds_since(NOW));
        }
        assert_eq!(accounts.session(&token, NOW.plus_seconds(SESSION_S + 1.0)).unwrap(), None);
        let (token, _) = wait(accounts.login(&name, "a long new password", None, HERE, now)).unwrap();
        accounts.logout(&token, &person, now).unwrap();
        assert_eq!(accounts.session(&token, now).unwrap(), None);
    }

    #[test]
    fn guessing_is_slowed_down_and_the_right_password_must_wait_as_well() {
        let (accounts, first) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
        let (name, password) = first.unwrap();
        for _ in 0..FREE_FAILURES {
            assert!(matches!(wait(accounts.login(&name, "wrong", None, HERE, NOW)), Err(LoginError::Wrong)));
        }
        let new = Some("a long new password");
        assert!(matches!(wait(accounts.login(&name, &password, new, HERE, NOW)), Err(LoginError::Wait { .. })));
        assert!(wait(accounts.login(&name, &password, new, HERE, NOW.plus_seconds(2.0))).is_ok());
    }

    #[test]
    fn roles_have_their_orders() {
        let note = Order::Note { incident: crate::model::incident::IncidentId(1), text: "x".into() };
        let may: Vec<_> = Role::ALL.iter().filter(|r| r.may(&note)).map(|r| r.word()).collect();
        assert_eq!(may, ["watch-officer", "supervisor", "investigator"]);
        for role in Role::ALL {
            assert_eq!(Role::of(role.word()), Some(role));
        }
    }
}
