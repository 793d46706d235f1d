//! Answers and errors as JSON, with the headers that every answer carries.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::publish::json::Object;

/// A body with its type. Nothing that changes by the second may be kept by a cache.
pub fn body(content_type: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, bytes.into()).into_response()
}

/// A JSON object.
pub fn json(fill: impl FnOnce(&mut Object<'_>)) -> Response {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    fill(&mut object);
    object.end_line();
    body("application/json", out)
}

/// An error: `{"error": a word for programs, "message": a sentence for people}`.
pub fn error(status: StatusCode, word: &str, message: &str) -> Response {
    let mut response = json(|o| {
        o.string("error", word).string("message", message);
    });
    *response.status_mut() = status;
    response
}
