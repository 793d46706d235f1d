//! `/api/reload`: rules, zones and lists, or one of them, read anew from the site's files, for the supervisor and the engineer.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::accounts::{Person, Role};
use super::answer::{error, json};
use super::api::{Context, Parameters};
use crate::engine::reload::{NotReloaded, Reloaded};
use crate::model::command::LoadedSet;
use crate::model::{Actor, Refusal};

/// Reads the site's files again and puts them in force; all faults where there are any.
pub type Reload = dyn Fn(&Actor, LoadedSet) -> Result<Reloaded, NotReloaded> + Send + Sync;

/// What is to be read again; all of it where the query does not say.
fn asked(parameters: Parameters) -> Result<LoadedSet, String> {
    let Query(parameters) = parameters.map_err(|e| e.body_text())?;
    let mut only = None;
    for (name, value) in parameters {
        if name != "only" {
            return Err(format!("no parameter {name:?} here; there is only=rules, only=zones or only=lists"));
        }
        if only.is_some() {
            return Err("only stands more than once; ask for one of rules, zones and lists, or leave it out for all".to_owned());
        }
        let set = LoadedSet::of(&value);
        only = Some(set.ok_or_else(|| format!("only is {value:?}; it can be rules, zones or lists, or be left out for all"))?);
    }
    Ok(only.unwrap_or(LoadedSet::All))
}

fn faulty(word: &str, faults: &[String]) -> Response {
    let mut response = json(|o| {
        o.string("error", word)
            .string("message", "not loaded, what was in force stays")
            .strings("faults", faults.iter().map(String::as_str));
    });
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// Reloads.
pub async fn reload(State(context): State<Context>, Extension(person): Extension<Person>, parameters: Parameters) -> Response {
    let audit = |action: &str, subject: &str| context.audit(&person, action, subject);
    if !matches!(person.role, Role::Supervisor | Role::Engineer) {
        audit("reload refused", "not for this role");
        let message = format!("a reload is not for the role {}", person.role.word());
        return error(StatusCode::FORBIDDEN, "not-yours", &message);
    }
    let set = match asked(parameters) {
        Ok(set) => set,
        Err(message) => return error(StatusCode::BAD_REQUEST, "bad-query", &message),
    };
    let Some(reload) = context.reload.clone() else {
        return error(StatusCode::CONFLICT, "no-reload", "what is shown has no configuration file that could be read again");
    };
    let actor = person.actor();
    // Files are read, and the engine is waited for: not on the thread that serves.
    let result = tokio::task::spawn_blocking(move || (Arc::clone(&reload))(&actor, set)).await;
    match result {
        Ok(Ok(reloaded)) => {
            audit("reload", &format!("{} {}", set.word(), reloaded.digest));
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
            faulty("faulty", &told)
        }
        Ok(Err(NotReloaded::Refused(refusal))) => {
            audit("reload refused", refusal.code());
            match refusal {
                // To ask again helps.
                Refusal::Busy | Refusal::Ended => error(StatusCode::SERVICE_UNAVAILABLE, refusal.code(), &refusal.to_string()),
                Refusal::Faulty { faults } => faulty("faulty", &faults),
                _ => faulty(refusal.code(), &[refusal.to_string()]),
            }
        }
        Err(broken) => error(StatusCode::INTERNAL_SERVER_ERROR, "reload", &broken.to_string()),
    }
}
