//! Who gets in at the console: nobody from elsewhere without accounts and TLS, no page of another site, nobody without a session.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use haishao::console::{Accounts, Setup, serve, serve_with};
use haishao::store::Store;
use serde_json::{Value, json};

use crate::console::{Answer, NOW, ask, clock, get, shared};

pub fn post(to: std::net::SocketAddr, path: &str, body: &Value, more: &str) -> Answer {
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

/// A console with accounts: its address, and the administrator's cookie.
pub fn with_administrator() -> (haishao::console::Console, Arc<Accounts>, String) {
    let (accounts, first) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
    let accounts = Arc::new(accounts);
    let setup = Setup { accounts: Some(Arc::clone(&accounts)), ..Setup::default() };
    let console = serve_with("127.0.0.1:0", shared(), clock, setup).unwrap();
    let (name, password) = first.unwrap();
    let body = json!({"name": name, "password": password, "new_password": "correct horse battery"});
    let cookie = cookie(&post(console.address(), "/api/login", &body, ""));
    (console, accounts, cookie)
}

pub fn cookie(answer: &Answer) -> String {
    let set = answer.head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap_or_else(|| panic!("{}", answer.body));
    format!("Cookie: {}\r\n", set.split(';').next().unwrap())
}

pub fn get_as(to: std::net::SocketAddr, path: &str, cookie: &str) -> Answer {
    ask(to, &format!("GET {path} HTTP/1.1\r\nHost: {to}\r\n{cookie}Connection: close\r\n\r\n"))
}

#[test]
fn the_administrator_changes_accounts_and_all_of_it_is_in_the_audit_log() {
    let (console, accounts, admin) = with_administrator();
    let to = console.address();
    let login = |body: Value| post(to, "/api/login", &body, "");
    let made = post(to, "/api/accounts", &json!({"name": "li", "role": "viewer"}), &admin);
    let once = made.json()["one_time_password"].as_str().unwrap().to_owned();
    let li = cookie(&login(json!({"name": "li", "password": once, "new_password": "staple correct horse"})));
    assert_eq!(get_as(to, "/api/picture", &li).status, 200);
    assert_eq!(get_as(to, "/api/audit", &li).status, 403);
    assert_eq!(post(to, "/api/accounts/li", &json!({"role": "supervisor"}), &li).status, 403);

    // Another role: old sessions are over, and the next has it.
    assert_eq!(post(to, "/api/accounts/li", &json!({"role": "supervisor"}), &admin).status, 200);
    assert_eq!(get_as(to, "/api/picture", &li).status, 401);
    let li = cookie(&login(json!({"name": "li", "password": "staple correct horse"})));
    assert_eq!(get_as(to, "/api/session", &li).json()["role"], "supervisor");

    // The own password: the old one is asked for, sessions end, the new one holds.
    let own = |old: &str, new: &str| post(to, "/api/password", &json!({"password": old, "new_password": new}), &li);
    assert_eq!(own("wrong", "another long password").status, 401);
    assert_eq!(own("staple correct horse", "short").json()["error"], "new-password");
    assert_eq!(own("staple correct horse", "another long password").status, 200);
    assert_eq!(get_as(to, "/api/picture", &li).status, 401);
    assert_eq!(login(json!({"name": "li", "password": "staple correct horse"})).status, 401);

    // Disabled: not with the right password either. A reset gives one for one use.
    assert_eq!(post(to, "/api/accounts/li", &json!({"disabled": true}), &admin).status, 200);
    assert_eq!(login(json!({"name": "li", "password": "another long password"})).status, 401);
    let reset = post(to, "/api/accounts/li", &json!({"disabled": false, "reset": true}), &admin).json();
    let once = reset["one_time_password"].as_str().unwrap();
    assert_eq!(login(json!({"name": "li", "password": once})).json()["error"], "new-password");

    // Somebody must be left to make accounts.
    for change in [json!({"disabled": true}), json!({"role": "viewer"})] {
        let refused = post(to, "/api/accounts/admin", &change, &admin);
        assert_eq!(refused.status, 409, "{change}");
        assert!(refused.json()["message"].as_str().unwrap().contains("last administrator"));
    }
    assert_eq!(post(to, "/api/accounts/nobody", &json!({"reset": true}), &admin).status, 404);
    assert_eq!(post(to, "/api/accounts/li", &json!({"role": "king"}), &admin).status, 400);

    assert_eq!(get_as(to, "/api/accounts", &admin).status, 200);
    let audit = get_as(to, "/api/audit?verify=true", &admin).json();
    assert_eq!(audit["fault"], Value::Null);
    let told: Vec<String> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            format!("{} {} {}", e["actor"].as_str().unwrap(), e["action"].as_str().unwrap(), e["subject"].as_str().unwrap())
        })
        .collect();
    for entry in [
        "admin account-added li viewer",
        "admin account-changed li role supervisor",
        "li password-changed ",
        "admin account-changed li disabled",
        "admin account-changed li enabled password reset",
        "admin accounts-viewed ",
        "admin audit-viewed ",
    ] {
        assert!(told.iter().any(|t| t == entry), "{entry:?} is not in {told:#?}");
    }
    drop(accounts);
}

#[test]
fn who_is_disabled_loses_the_open_stream_as_well() {
    let (console, accounts, admin) = with_administrator();
    let to = console.address();
    let made = post(to, "/api/accounts", &json!({"name": "li", "role": "viewer"}), &admin);
    let once = made.json()["one_time_password"].as_str().unwrap().to_owned();
    let li =
        cookie(&post(to, "/api/login", &json!({"name": "li", "password": once, "new_password": "staple correct horse"}), ""));
    let request = tungstenite::http::Request::builder()
        .uri(format!("ws://{to}/api/stream"))
        .header("Host", to.to_string())
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", tungstenite::handshake::client::generate_key())
        .header("Cookie", li.trim_start_matches("Cookie: ").trim())
        .body(())
        .unwrap();
    let tcp = TcpStream::connect(to).unwrap();
    tcp.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let (mut stream, _) = tungstenite::client(request, tcp).unwrap();
    assert!(stream.read().unwrap().is_text());
    assert_eq!(post(to, "/api/accounts/li", &json!({"disabled": true}), &admin).status, 200);
    // Messages under way still come; then it ends, and not by our patience.
    let ended = loop {
        match stream.read() {
            Ok(message) if message.is_close() => break true,
            Ok(_) => {}
            Err(tungstenite::Error::Io(e)) => {
                break !matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
            }
            Err(_) => break true,
        }
    };
    assert!(ended, "the stream of a disabled account goes on");
    drop(accounts);
}

#[test]
fn both_officers_sign_one_report_with_what_failed_and_what_was_loaded() {
    use haishao::engine::SensorStatus;
    use haishao::model::incident::Change;
    use haishao::model::{Actor, IncidentEvent};

    let shared = shared();
    let state = |state: &'static str| {
        shared.set_sensors(vec![SensorStatus { id: "radar-1".to_owned(), kind: "radar", state, ..SensorStatus::default() }]);
    };
    state("silent");
    let change = Change::Loaded { set: "lists".to_owned(), source: "watch.toml".to_owned(), digest: "abc123".to_owned() };
    let event = IncidentEvent { number: 1, at: NOW.plus_seconds(-60.0), actor: Some(Actor::system()), change, incident: None };
    shared.push_incidents(&[event]);
    let (accounts, first) = Accounts::open(Store::in_memory().unwrap(), NOW).unwrap();
    let setup = Setup { accounts: Some(Arc::new(accounts)), ..Setup::default() };
    let console = serve_with("127.0.0.1:0", Arc::clone(&shared), clock, setup).unwrap();
    let to = console.address();
    let (name, password) = first.unwrap();
    let body = json!({"name": name, "password": password, "new_password": "correct horse battery"});
    let cookie = cookie(&post(to, "/api/login", &body, ""));
    let report = || get_as(to, "/api/hand-over?incoming=li", &cookie).json();
    let now = report();
    for (text, says) in
        [("en", "radar-1 silent"), ("en", "lists watch.toml abc123"), ("zh", "规则与名单变更 (1)"), ("en", "Audit log up to")]
    {
        assert!(now[text].as_str().unwrap().contains(says), "{says} is not in {}", now[text]);
    }
    // A fault that is over stays in the report, with when it was. The console looks once a second.
    let since = |text: &Value| text.as_str().unwrap().contains("radar-1 silent") && text.as_str().unwrap().contains('–');
    std::thread::sleep(std::time::Duration::from_millis(1500));
    state("ok");
    let mut over = report();
    for _ in 0..40 {
        if since(&over["en"]) && over["report"]["sensors"][0]["detail"].as_str().is_some_and(|d| d.contains('–')) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(250));
        over = report();
    }
    assert_eq!(over["report"]["sensors"][0]["sensor"], "radar-1");
    assert!(over["report"]["sensors"][0]["detail"].as_str().unwrap().contains('–'), "{}", over["report"]);
    // What was shown can be read again by its digest, letter for letter, and nothing else can.
    let digest = over["digest"].as_str().unwrap();
    let again = get_as(to, &format!("/api/hand-over/{digest}"), &cookie).json();
    assert_eq!((&again["en"], &again["zh"], &again["digest"]), (&over["en"], &over["zh"], &over["digest"]));
    assert_eq!(get_as(to, "/api/hand-over/0000", &cookie).status, 404);
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
