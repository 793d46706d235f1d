//! Who gets in: requests of other sites are refused, and where there are accounts, requests of nobody as well.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;

use super::accounts::{LoginError, Person, SHORTEST_PASSWORD};
use super::answer::{error, json};
use super::api::Context;
use super::tls::Peer;

const COOKIE: &str = "haishao_session";

/// What nobody needs a session for: the page, whose files are no secret, and the way in.
fn is_open(path: &str) -> bool {
    path == "/"
        || path == "/healthz"
        || matches!(path, "/api/session" | "/api/login" | "/api/openapi.json")
        || path.starts_with("/assets/")
}

/// Refuses what a page of another site sends through the officer's browser: orders, and the opening of the stream. Browsers tell the
/// page's origin with both.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_upgrade = headers.contains_key(header::UPGRADE);
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD) && !is_upgrade;
    if !is_safe && let Some(origin) = headers.get(header::ORIGIN) {
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
        let from = origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, host)| host);
        if from != Some(host) {
            return error(StatusCode::FORBIDDEN, "foreign-origin", "this console takes orders only from its own page");
        }
    }
    next.run(request).await
}

/// What the session was opened with; a stream asks by it whether the session still lasts.
#[derive(Clone)]
pub struct Token(pub String);

/// Says who is asking; lets nobody pass where there are accounts.
pub async fn admit(State(context): State<Context>, mut request: Request, next: Next) -> Response {
    let person = match &context.accounts {
        None => Some(Person::local()),
        Some(accounts) => match token(request.headers()).map(|token| accounts.session(&token, (context.clock)())) {
            Some(Ok(person)) => person,
            Some(Err(broken)) => return error(StatusCode::SERVICE_UNAVAILABLE, "store", &broken.to_string()),
            None => None,
        },
    };
    match person {
        Some(person) => {
            if let Some(token) = token(request.headers()) {
                request.extensions_mut().insert(Token(token));
            }
            request.extensions_mut().insert(person);
        }
        None if is_open(request.uri().path()) => {}
        None => return error(StatusCode::UNAUTHORIZED, "no-session", "log in first"),
    }
    next.run(request).await
}

fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|c| c.trim().strip_prefix(COOKIE)?.strip_prefix('=')).map(str::to_owned)
}

fn session_answer(context: &Context, person: Option<&Person>) -> Response {
    json(|o| {
        o.flag("accounts", context.accounts.is_some())
            .string("name", person.map(|p| p.name.as_str()))
            .string("role", person.map(|p| p.role.word()));
    })
}

/// Who is logged in.
pub async fn session(State(context): State<Context>, request: Request) -> Response {
    session_answer(&context, request.extensions().get::<Person>())
}

/// Name and password, and a new password where one is due.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    name: String,
    password: String,
    new_password: Option<String>,
}

/// Logs in.
pub async fn login(
    State(context): State<Context>,
    ConnectInfo(Peer(from)): ConnectInfo<Peer>,
    login: Result<Json<Login>, JsonRejection>,
) -> Response {
    let Some(accounts) = &context.accounts else { return no_accounts() };
    let login = match login {
        Ok(Json(login)) => login,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-login", &rejection.body_text()),
    };
    let now = (context.clock)();
    match accounts.login(&login.name, &login.password, login.new_password.as_deref(), from.ip(), now).await {
        Ok((token, person)) => {
            let mut response = session_answer(&context, Some(&person));
            set_cookie(&mut response, &context, &token, "");
            response
        }
        Err(refused @ LoginError::Wrong) => error(StatusCode::UNAUTHORIZED, "wrong-login", &refused.to_string()),
        Err(refused @ LoginError::Wait { .. }) => error(StatusCode::TOO_MANY_REQUESTS, "wait", &refused.to_string()),
        Err(refused @ LoginError::NewPassword) => {
            error(StatusCode::CONFLICT, "new-password", &format!("{refused} (at least {SHORTEST_PASSWORD})"))
        }
        Err(broken) => error(StatusCode::SERVICE_UNAVAILABLE, "store", &broken.to_string()),
    }
}

/// Logs out.
pub async fn logout(State(context): State<Context>, request: Request) -> Response {
    let Some(accounts) = &context.accounts else { return no_accounts() };
    if let (Some(token), Some(person)) = (token(request.headers()), request.extensions().get::<Person>())
        && let Err(broken) = accounts.logout(&token, person, (context.clock)())
    {
        return error(StatusCode::SERVICE_UNAVAILABLE, "store", &broken.to_string());
    }
    let mut response = session_answer(&context, None);
    set_cookie(&mut response, &context, "", "; Max-Age=0");
    response
}

pub(super) fn no_accounts() -> Response {
    error(StatusCode::NOT_FOUND, "no-accounts", "this console has no accounts: it listens on this machine only")
}

fn set_cookie(response: &mut Response, context: &Context, token: &str, more: &str) {
    let secure = if context.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}
