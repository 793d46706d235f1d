//! `/api/reload`: rules, zones and lists read anew from the site's files, for the supervisor and the engineer.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::accounts::{Person, Role};
use super::answer::{error, json};
use super::api::Context;
use crate::engine::reload::{NotReloaded, Reloaded};
use crate::model::Actor;

/// Reads the site's files again and puts them in force; all faults where there are any.
pub type Reload = dyn Fn(&Actor) -> Result<Reloaded, NotReloaded> + Send + Sync;

/// Reloads.
pub async fn reload(State(context): State<Context>, Extension(person): Extension<Person>) -> Response {
    let audit = |action: &str, subject: &str| context.audit(&person, action, subject);
    if !matches!(person.role, Role::Supervisor | Role::Engineer) {
        audit("reload refused", "not for this role");
        let message = format!("a reload is not for the role {}", person.role.word());
        return error(StatusCode::FORBIDDEN, "not-yours", &message);
    }
    let Some(reload) = context.reload.clone() else {
        return error(StatusCode::CONFLICT, "no-reload", "what is shown has no configuration file that could be read again");
    };
    let actor = person.actor();
    // Files are read, and the engine is waited for: not on the thread that serves.
    let result = tokio::task::spawn_blocking(move || (Arc::clone(&reload))(&actor)).await;
    match result {
        Ok(Ok(reloaded)) => {
            audit("reload", &reloaded.digest);
            json(|o| {
                o.string("digest", reloaded.digest.as_str()).number("at", reloaded.at.secs_f64(), 3);
                for (key, list) in [
                    ("added", &reloaded.added),
                    ("gone", &reloaded.gone),
                    ("changed", &reloaded.changed),
                    ("notes", &reloaded.notes),
                ] {
                    o.strings(key, list.iter().map(String::as_str));
                }
                o.flag("grounds_changed", reloaded.grounds_changed);
            })
        }
        Ok(Err(NotReloaded::Faults(faults))) => {
            audit("reload refused", &format!("{} faults", faults.len()));
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let mut response = json(|o| {
                o.string("error", "faulty")
                    .string("message", "not loaded, what was in force stays")
                    .strings("faults", told.iter().map(String::as_str));
            });
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            response
        }
        Ok(Err(NotReloaded::Refused(refusal))) => {
            audit("reload refused", refusal.code());
            error(StatusCode::SERVICE_UNAVAILABLE, refusal.code(), &refusal.to_string())
        }
        Err(broken) => error(StatusCode::INTERNAL_SERVER_ERROR, "reload", &broken.to_string()),
    }
}
