//! Accounts, for their administrator; and the audit log, for those who answer for the watch.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::Deserialize;

use super::accounts::{AccountChange, LoginError, Person, Role};
use super::answer::{error, json};
use super::api::Context;
use super::gate::no_accounts;
use super::tls::Peer;
use crate::model::Actor;
use crate::publish::json::Object;

/// Entries of the audit log told at a time at most.
const MOST_ENTRIES: u32 = 200;

// The refusal of whoever is not the administrator.
fn not_for(person: &Person) -> Option<Response> {
    let refusal = || error(StatusCode::FORBIDDEN, "not-yours", "accounts are for the administrator");
    (person.role != Role::Administrator).then(refusal)
}

fn refused(why: &LoginError) -> Response {
    let (status, word) = match why {
        LoginError::NoAccount { .. } => (StatusCode::NOT_FOUND, "no-account"),
        LoginError::Wrong => (StatusCode::UNAUTHORIZED, "wrong-login"),
        LoginError::Wait { .. } => (StatusCode::TOO_MANY_REQUESTS, "wait"),
        LoginError::NewPassword => (StatusCode::BAD_REQUEST, "new-password"),
        LoginError::LastAdministrator { .. } | LoginError::Store(_) => (StatusCode::CONFLICT, "bad-account"),
        LoginError::Inner(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
    };
    error(status, word, &why.to_string())
}

/// All accounts. They are records of persons: that they were looked at is in the audit log.
pub async fn accounts(State(context): State<Context>, Extension(person): Extension<Person>) -> Response {
    let Some(accounts) = &context.accounts else { return no_accounts() };
    if let Some(refusal) = not_for(&person) {
        return refusal;
    }
    context.audit(&person, "accounts-viewed", "");
    match accounts.list() {
        Ok(list) => json(|o| {
            o.array("accounts", &list, |(name, role, disabled), out| {
                let mut o = Object::open(out);
                o.string("name", name.as_str()).string("role", role.as_str()).flag("disabled", *disabled);
                o.close();
            });
        }),
        Err(broken) => error(StatusCode::SERVICE_UNAVAILABLE, "store", &broken.to_string()),
    }
}

/// A new account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    name: String,
    role: String,
}

fn roles() -> String {
    Role::ALL.map(Role::word).join(", ")
}

/// Makes an account; its one-time password is told once.
pub async fn add(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    asked: Result<Json<NewAccount>, JsonRejection>,
) -> Response {
    let Some(accounts) = &context.accounts else { return no_accounts() };
    if let Some(refusal) = not_for(&person) {
        return refusal;
    }
    let asked = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-account", &rejection.body_text()),
    };
    let name = asked.name.trim();
    let (Some(role), true) = (Role::of(&asked.role), (1..=64).contains(&name.chars().count())) else {
        return error(StatusCode::BAD_REQUEST, "bad-account", &format!("a name, and one of the roles {}", roles()));
    };
    if !Actor::of(name, "").is_a_person() {
        return error(StatusCode::BAD_REQUEST, "bad-account", &format!("{name} is no person's name here; choose another"));
    }
    match accounts.add(name, role, (context.clock)()) {
        Ok(password) => {
            context.audit(&person, "account-added", &format!("{name} {}", role.word()));
            json(|o| {
                o.string("name", name).string("role", role.word()).string("one_time_password", password.as_str());
            })
        }
        Err(why) => refused(&why),
    }
}

/// What is changed of an account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    role: Option<String>,
    disabled: Option<bool>,
    #[serde(default)]
    reset: bool,
}

/// Changes role or use of an account, or gives it a new one-time password. Its sessions end, and its open streams with them.
pub async fn change(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    Path(name): Path<String>,
    asked: Result<Json<Change>, JsonRejection>,
) -> Response {
    let Some(accounts) = &context.accounts else { return no_accounts() };
    if let Some(refusal) = not_for(&person) {
        return refusal;
    }
    let asked = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-account", &rejection.body_text()),
    };
    let role = match asked.role.as_deref().map(Role::of) {
        Some(None) => return error(StatusCode::BAD_REQUEST, "bad-account", &format!("one of the roles {}", roles())),
        Some(role) => role,
        None => None,
    };
    match accounts.change(&name, AccountChange { role, disabled: asked.disabled, reset: asked.reset }) {
        Ok(password) => {
            let role = role.map(|r| format!(" role {}", r.word())).unwrap_or_default();
            let used = asked.disabled.map_or("", |d| if d { " disabled" } else { " enabled" });
            let reset = if asked.reset { " password reset" } else { "" };
            context.audit(&person, "account-changed", &format!("{name}{role}{used}{reset}"));
            json(|o| {
                o.string("name", name.as_str()).string("one_time_password", password.as_deref());
            })
        }
        Err(why) => refused(&why),
    }
}

/// The own password, anew.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnPassword {
    password: String,
    new_password: String,
}

/// Changes the own password: the old one is asked for again, with the same brake on guessing as a login. All sessions of the account
/// end, so that nobody who had the old one stays; the page logs in again.
pub async fn own_password(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    ConnectInfo(Peer(from)): ConnectInfo<Peer>,
    asked: Result<Json<OwnPassword>, JsonRejection>,
) -> Response {
    let Some(accounts) = &context.accounts else { return no_accounts() };
    let asked = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-login", &rejection.body_text()),
    };
    let now = (context.clock)();
    match accounts.login(&person.name, &asked.password, Some(&asked.new_password), from.ip(), now).await {
        // The session that this login opened is nobody's: the page logs in with the new password.
        Ok((token, person)) => match accounts.logout(&token, &person, now) {
            Ok(()) => json(|o| {
                o.flag("changed", true);
            }),
            Err(broken) => error(StatusCode::SERVICE_UNAVAILABLE, "store", &broken.to_string()),
        },
        Err(why) => refused(&why),
    }
}

/// Which part of the audit log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Entries before this number; the newest if left out.
    before: Option<u64>,
    /// Whether the whole chain is checked.
    #[serde(default)]
    verify: bool,
}

/// The audit log, newest first: who did, and who looked at, what.
pub async fn audit(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    page: Result<Query<Page>, QueryRejection>,
) -> Response {
    if !matches!(person.role, Role::Administrator | Role::Supervisor) {
        return error(StatusCode::FORBIDDEN, "not-yours", "the audit log is for supervisors and the administrator");
    }
    let Query(page) = match page {
        Ok(page) => page,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-query", &rejection.body_text()),
    };
    let Some(store) = context.store() else {
        return error(StatusCode::NOT_FOUND, "no-store", "no store is configured, so there is no audit log");
    };
    context.audit(&person, "audit-viewed", "");
    let checked = page.verify.then(|| store.verify_audit()).transpose();
    match (store.audit_before(page.before, MOST_ENTRIES), checked) {
        (Ok(entries), Ok(checked)) => json(|o| {
            if let Some(checked) = checked {
                o.string("fault", checked.err().map(|f| f.to_string()).as_deref());
            }
            o.array("entries", &entries, |e, out| {
                let mut o = Object::open(out);
                o.integer("number", e.number as i64)
                    .time("at", e.at)
                    .string("actor", e.actor.as_str())
                    .string("role", e.role.as_str())
                    .string("action", e.action.as_str())
                    .string("subject", e.subject.as_str())
                    .string("detail", e.detail.as_str());
                o.close();
            });
        }),
        (Err(broken), _) | (_, Err(broken)) => error(StatusCode::SERVICE_UNAVAILABLE, "store", &broken.to_string()),
    }
}
