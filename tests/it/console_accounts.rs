//! Who gets in at the console: nobody from elsewhere without accounts and TLS, no page of another site, nobody without a session.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use haishao::console::{Accounts, Setup, serve, serve_with};
use haishao::store::Store;
use serde_json::{Value, json};

use crate::console::{Answer, NOW, ask, clock, get, shared};

fn post(to: std::net::SocketAddr, path: &str, body: &Value, more: &str) -> Answer {
    let body = body.to_string();
    ask(
        to,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {to}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
            body.len()
        ),
    )
}

#[test]
fn beyond_this_machine_accounts_and_tls_are_required() {
    let error = serve("0.0.0.0:0", shared(), clock).unwrap_err().to_string();
    assert!(error.contains("--accounts") && error.contains("--tls-cert") && error.contains("127.0.0.1"), "{error}");
    let (accounts, _) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
    let only_accounts = Setup { accounts: Some(Arc::new(accounts)), ..Setup::default() };
    assert!(serve_with("0.0.0.0:0", shared(), clock, only_accounts).is_err());
}

#[test]
fn a_page_of_another_site_can_order_nothing_and_hear_nothing() {
    let console = serve("127.0.0.1:0", shared(), clock).unwrap();
    let to = console.address();
    let order = json!({"do": "acknowledge", "incident": 1});
    let foreign = post(to, "/api/commands", &order, "Origin: https://example.org\r\n");
    assert_eq!((foreign.status, foreign.json()["error"].as_str()), (403, Some("foreign-origin")));
    assert_eq!(post(to, "/api/commands", &order, "Origin: null\r\n").status, 403);
    let upgrade = ask(
        to,
        &format!(
            "GET /api/stream HTTP/1.1\r\nHost: {to}\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.org\r\n\r\n"
        ),
    );
    assert_eq!(upgrade.status, 403);
    // The page's own order gets through to the engine's door, which is shut: nothing runs here.
    let own = post(to, "/api/commands", &order, &format!("Origin: http://{to}\r\n"));
    assert_eq!((own.status, own.json()["error"].as_str()), (409, Some("no-orders")));
    // A form of another site cannot send JSON; what is not JSON is no order.
    let form = ask(
        to,
        &format!(
            "POST /api/commands HTTP/1.1\r\nHost: {to}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        ),
    );
    assert_eq!(form.status, 400);
}

#[test]
fn with_accounts_nothing_is_told_before_the_login() {
    let (accounts, first) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
    let (name, password) = first.unwrap();
    let setup = Setup { accounts: Some(Arc::new(accounts)), ..Setup::default() };
    let console = serve_with("127.0.0.1:0", shared(), clock, setup).unwrap();
    let to = console.address();
    for path in
        ["/api/picture", "/api/alerts", "/api/site", "/api/trails", "/api/track/1", "/api/stream", "/metrics", "/coast.geojson"]
    {
        let answer = get(to, path);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("no-session")), "{path}");
    }
    assert_eq!(get(to, "/").status, 200);
    assert_eq!(get(to, "/api/session").json(), json!({"accounts": true, "name": null, "role": null}));

    let login = |body: Value| post(to, "/api/login", &body, "");
    assert_eq!(login(json!({"name": name, "password": "wrong"})).status, 401);
    assert_eq!(login(json!({"name": name, "password": password})).json()["error"], "new-password");
    let admin = login(json!({"name": name, "password": password, "new_password": "correct horse battery"}));
    assert_eq!(admin.status, 200, "{}", admin.body);
    let cookie = |answer: &Answer| {
        let set = answer.head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap().to_owned();
        assert!(set.contains("httponly") && set.contains("samesite=strict"), "{set}");
        format!("Cookie: {}\r\n", set.split(';').next().unwrap())
    };
    let session = cookie(&admin);
    // The administrator makes accounts and gives no orders.
    let order = json!({"do": "note", "incident": 1, "text": "x"});
    assert_eq!(post(to, "/api/commands", &order, &session).status, 403);
    let made = post(to, "/api/accounts", &json!({"name": "li", "role": "viewer"}), &session);
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(post(to, "/api/accounts", &json!({"name": "li", "role": "viewer"}), &session).status, 409);
    assert_eq!(post(to, "/api/accounts", &json!({"name": "x", "role": "king"}), &session).status, 400);
    let once = made.json()["one_time_password"].as_str().unwrap().to_owned();
    let viewer = login(json!({"name": "li", "password": once, "new_password": "staple correct horse"}));
    let viewing = cookie(&viewer);
    let picture = ask(to, &format!("GET /api/picture HTTP/1.1\r\nHost: {to}\r\n{viewing}Connection: close\r\n\r\n"));
    assert_eq!(picture.status, 200);
    assert_eq!(post(to, "/api/commands", &order, &viewing).json()["error"], "not-yours");
    assert_eq!(post(to, "/api/accounts", &json!({"name": "y", "role": "viewer"}), &viewing).status, 403);
    assert_eq!(post(to, "/api/logout", &json!({}), &viewing).status, 200);
    let after = ask(to, &format!("GET /api/picture HTTP/1.1\r\nHost: {to}\r\n{viewing}Connection: close\r\n\r\n"));
    assert_eq!(after.status, 401);
}

#[test]
fn tls_is_spoken_with_the_officers_own_certificate() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let foreign = folder.path().join("other.pem");
    std::fs::write(&foreign, other.signing_key.serialize_pem()).unwrap();
    assert!(haishao::console::load_tls(&cert, &foreign).unwrap_err().contains("cert.pem"));
    assert!(haishao::console::load_tls(&key, &cert).is_err());

    let tls = haishao::console::load_tls(&cert, &key).unwrap();
    let (accounts, _) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
    let setup = Setup { accounts: Some(Arc::new(accounts)), tls: Some(tls), ..Setup::default() };
    // With both it may listen everywhere.
    let console = serve_with("0.0.0.0:0", shared(), clock, setup).unwrap();
    let to = std::net::SocketAddr::from(([127, 0, 0, 1], console.address().port()));
    // A connection that never shakes hands holds up no other.
    let idle = TcpStream::connect(to).unwrap();
    let mut roots = tokio_rustls::rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = tokio_rustls::rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let mut client = tokio_rustls::rustls::ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut tcp = TcpStream::connect(to).unwrap();
    let mut stream = tokio_rustls::rustls::Stream::new(&mut client, &mut tcp);
    stream.write_all(b"GET /api/session HTTP/1.1\r\nHost: haishao.example.org\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    // A server that closes without TLS's own farewell is an error of reading only after the answer.
    if let Err(error) = stream.read_to_string(&mut answer) {
        assert!(!answer.is_empty(), "{error}");
    }
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"accounts\":true"), "{answer}");
    drop(idle);
}
