//! `/api/replay`: the controls of a replay that is shown.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::answer::{error, json};
use super::api::Context;
use crate::engine::playback::{Order, SPEEDS, Status};
use crate::model::Timestamp;
use crate::publish::json::Object;

fn fields(status: &Status, o: &mut Object<'_>) {
    o.time("first", status.first)
        .time("last", status.last)
        .flag("indexed", status.is_indexed)
        .time("t", status.now)
        .flag("playing", status.playing)
        .number("speed", status.speed, 2)
        .flag("loop", status.looping)
        .flag("seeking", status.seeking)
        .string("error", status.error.as_deref());
    o.array("marks", &status.marks, |mark, out| {
        let mut o = Object::open(out);
        o.time("t", mark.t).integer("severity", i64::from(mark.severity)).integer("alert_id", mark.alert as i64);
        o.close();
    });
}

/// Where the replay stands, as a message of the stream.
pub fn message(status: &Status) -> Vec<u8> {
    let mut out = Vec::new();
    let mut o = Object::open(&mut out);
    o.string("type", "replay");
    fields(status, &mut o);
    o.close();
    out
}

fn not_a_replay() -> Response {
    error(
        StatusCode::NOT_FOUND,
        "not-a-replay",
        "this console shows the sea as it is now; haishao replay --console shows a record",
    )
}

/// Where the replay stands.
pub async fn status(State(context): State<Context>) -> Response {
    match &context.replay {
        Some(replay) => json(|o| fields(&replay.status(), o)),
        None => not_a_replay(),
    }
}

/// What a client may ask for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    play: Option<bool>,
    speed: Option<f64>,
    #[serde(rename = "loop")]
    looping: Option<bool>,
    seek: Option<f64>,
    step: Option<f64>,
}

/// Plays, stops, seeks, steps.
pub async fn order(State(context): State<Context>, asked: Result<Json<Asked>, JsonRejection>) -> Response {
    let Some(replay) = &context.replay else { return not_a_replay() };
    let asked = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-order", &rejection.body_text()),
    };
    if let Some(speed) = asked.speed.filter(|s| !SPEEDS.contains(s)) {
        let message = format!("speed {speed} is not within {} and {}", SPEEDS.start(), SPEEDS.end());
        return error(StatusCode::BAD_REQUEST, "bad-order", &message);
    }
    // Beyond these, nanoseconds since 1970 do not fit.
    let sane = |v: f64| v.is_finite() && v.abs() < 9.0e9;
    if asked.seek.is_some_and(|s| !sane(s)) || asked.step.is_some_and(|s| !sane(s)) {
        return error(StatusCode::BAD_REQUEST, "bad-order", "seek and step are seconds");
    }
    replay.order(Order {
        playing: asked.play,
        speed: asked.speed,
        looping: asked.looping,
        seek: asked.seek.map(|s| Timestamp::from_nanos((s * 1e9) as i64)),
        step_s: asked.step,
    });
    json(|o| fields(&replay.status(), o))
}
