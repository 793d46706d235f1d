//! `/api/commands`: what an officer orders. It goes into the record before it is carried out; what follows comes to every console by
//! the stream.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};

use super::accounts::Person;
use super::answer::{body, error};
use super::api::Context;
use super::duty;
use crate::model::Order;
use crate::model::command::Refusal;

/// Carries out one order.
pub async fn command(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    order: Result<Json<Order>, JsonRejection>,
) -> Response {
    let order = match order {
        Ok(Json(order)) => order,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-order", &rejection.body_text()),
    };
    if !person.role.may(&order) {
        let message = format!("{} is not for the role {}", order.word(), person.role.word());
        return error(StatusCode::FORBIDDEN, "not-yours", &message);
    }
    let Some(commander) = context.shared.commander.get() else {
        return error(StatusCode::CONFLICT, "no-orders", "what is shown is a record: nothing can be ordered in it");
    };
    let (word, incident) = (order.word(), order.incident());
    let signed = if let Order::HandOver { digest, .. } = &order { Some(digest.to_ascii_lowercase()) } else { None };
    let answer = commander.order(person.actor(), order).await;
    let subject = incident.map_or_else(String::new, |i| format!("incident {i}"));
    let action = match &answer {
        Ok(accepted) if accepted.awaits_second_person => format!("{word} proposed"),
        Ok(_) => word.to_owned(),
        Err(_) => format!("{word} refused"),
    };
    context.audit(&person, &action, &subject);
    if let (Ok(_), Some(digest)) = (&answer, signed) {
        duty::keep_report(&context, &digest);
    }
    match answer {
        Ok(accepted) => match serde_json::to_vec(&accepted) {
            Ok(bytes) => body("application/json", bytes),
            Err(broken) => error(StatusCode::INTERNAL_SERVER_ERROR, "answer", &broken.to_string()),
        },
        Err(refusal) => {
            let status = match refusal {
                Refusal::NoIncident { .. } | Refusal::NoTrack { .. } | Refusal::NoUnit { .. } | Refusal::NoHandOver { .. } => {
                    StatusCode::NOT_FOUND
                }
                Refusal::Busy | Refusal::Ended => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            error(status, "refused", &refusal.to_string())
        }
    }
}
