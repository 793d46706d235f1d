//! The page's files, embedded: what `web/` was built into, or one page that says how to build it (`build.rs`).

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::answer::{body, error};
use super::api::Context;

/// What the page may do: load its own files and ask its own server, whatever a sensor's name holds. The map's worker is a file of
/// ours; `wss:` and `ws:` to the same host are part of `'self'`.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self'; connect-src 'self'; font-src 'self'; \
     img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(Embed)]
#[folder = "$HAISHAO_WEB"]
struct Files;

/// Whether the console itself was built in, or only the notice.
pub fn is_built() -> bool {
    Files::iter().any(|name| name.starts_with("assets/"))
}

/// The page. It names its files by their content, so it alone must be asked for each time.
pub async fn index(headers: HeaderMap) -> Response {
    match Files::get("index.html") {
        Some(file) => serve("index.html", &file, "no-cache", &headers),
        None => error(StatusCode::NOT_FOUND, "not-built", "the console was not built in: make web, then cargo build"),
    }
}

/// One of its files, whose name holds a digest of its content.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("assets/{name}");
    match Files::get(&path) {
        Some(file) => serve(&path, &file, "public, max-age=31536000, immutable", &headers),
        None => error(StatusCode::NOT_FOUND, "not-found", &format!("the page has no file {name}; load it again")),
    }
}

fn serve(path: &str, file: &EmbeddedFile, keep: &'static str, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = hash.iter().take(16).fold(String::from("\""), |tag, b| tag + &format!("{b:02x}")) + "\"";
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = body(media_type(path), file.data.clone().into_owned());
    let more = response.headers_mut();
    more.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    more.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    more.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        more.insert(header::ETAG, tag);
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "geojson") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The site's own coast, or land round Daya Bay (GSHHG, LGPL-3.0-or-later; `config/coast/NOTICE`).
pub async fn coast(State(context): State<Context>) -> Response {
    match &context.coast {
        Some(coast) => body("application/geo+json", coast.geojson().to_owned()),
        None => error(StatusCode::NOT_FOUND, "no-coast", "there is no coast"),
    }
}
