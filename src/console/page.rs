//! The embedded status page: three small files and a coastline, no build step, nothing fetched from elsewhere.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::answer::body;

/// What the page may do: load its own files and ask its own server. Nothing else, whatever a sensor's name holds.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The page itself.
pub async fn index() -> Response {
    let mut response = body("text/html; charset=utf-8", include_str!("page/index.html"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// Its style.
pub async fn style() -> Response {
    body("text/css; charset=utf-8", include_str!("page/page.css"))
}

/// Its script.
pub async fn script() -> Response {
    body("text/javascript; charset=utf-8", include_str!("page/page.js"))
}

/// Its plan view.
pub async fn plan() -> Response {
    body("text/javascript; charset=utf-8", include_str!("page/plan.js"))
}

/// Its words in both languages.
pub async fn words() -> Response {
    body("text/javascript; charset=utf-8", include_str!("page/words.js"))
}

/// Land round Daya Bay (GSHHG, LGPL-3.0-or-later; `config/coast/NOTICE`).
pub async fn coast() -> Response {
    body("application/geo+json", include_str!("../../config/coast/daya_bay.geojson"))
}
