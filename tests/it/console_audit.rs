//! Who looked at records of persons is in the audit log, each look once, whoever it was; looks at the sea are not.

use serde_json::json;

use crate::console::get;
use crate::console_accounts::{cookie, get_as, post, with_administrator};

/// What shows who did what or who may: the route, a question to it, and the entry that a look leaves.
const OF_PERSONS: [(&str, &str, &str); 4] = [
    ("/api/accounts", "/api/accounts", "accounts-viewed"),
    ("/api/audit", "/api/audit", "audit-viewed"),
    ("/api/hand-over", "/api/hand-over?incoming=li", "hand-over-viewed"),
    ("/api/hand-over/{digest}", "/api/hand-over/DIGEST", "hand-over-viewed"),
];

/// What shows the sea, the program, or the asker only. A new route must be put here or above.
const OF_THE_SEA: [(&str, &str); 19] = [
    ("/", "/"),
    ("/api/advice/{track}", "/api/advice/1"),
    ("/api/alerts", "/api/alerts"),
    ("/api/charts", "/api/charts"),
    ("/api/load", "/api/load"),
    ("/api/openapi.json", "/api/openapi.json"),
    ("/api/picture", "/api/picture"),
    ("/api/replay", "/api/replay"),
    ("/api/sensors", "/api/sensors"),
    ("/api/session", "/api/session"),
    ("/api/site", "/api/site"),
    // Not a socket's request: refused before anything is told.
    ("/api/stream", "/api/stream"),
    ("/api/track/{id}", "/api/track/1"),
    ("/api/trails", "/api/trails"),
    ("/assets/{name}", "/assets/none.js"),
    ("/charts/{name}", "/charts/none"),
    ("/coast.geojson", "/coast.geojson"),
    ("/healthz", "/healthz"),
    ("/metrics", "/metrics"),
];

#[test]
fn every_view_of_a_person_record_is_in_the_audit_log_and_no_other_is() {
    let (console, accounts, admin) = with_administrator();
    let to = console.address();
    let described = get_as(to, "/api/openapi.json", &admin).json();
    let mut served: Vec<String> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, methods)| methods.get("get").is_some())
        .map(|(path, _)| path.clone())
        .collect();
    let mut classed: Vec<String> = OF_PERSONS
        .iter()
        .map(|(route, ..)| *route)
        .chain(OF_THE_SEA.iter().map(|(route, _)| *route))
        .map(str::to_owned)
        .collect();
    served.sort();
    classed.sort();
    assert_eq!(served, classed, "each way of asking is said to show persons or not");

    // Newest first: whose looks, and what they left.
    let looks = |actor: &str| -> Vec<(String, String)> {
        let entries = accounts.store().audit_before(None, 1000).unwrap();
        let of = entries.into_iter().filter(|e| e.actor == actor && e.action.ends_with("-viewed"));
        of.map(|e| (e.action, e.subject)).collect()
    };
    let digest = get_as(to, "/api/hand-over?incoming=li", &admin).json()["digest"].as_str().unwrap().to_owned();
    for role in ["viewer", "investigator", "watch-officer", "engineer", "supervisor", "administrator"] {
        let name = format!("x-{role}");
        let made = post(to, "/api/accounts", &json!({"name": name, "role": role}), &admin).json();
        let body = json!({"name": name, "password": made["one_time_password"], "new_password": "staple correct horse"});
        let session = cookie(&post(to, "/api/login", &body, ""));
        for (route, path, action) in OF_PERSONS {
            let before = looks(&name).len();
            let answer = get_as(to, &path.replace("DIGEST", &digest), &session);
            let after = looks(&name);
            match answer.status {
                200 => {
                    assert_eq!(after.len(), before + 1, "{role} looked at {route}");
                    assert_eq!(after[0].0, action, "{role} looked at {route}");
                    if route.ends_with("{digest}") {
                        assert_eq!(after[0].1, digest);
                    }
                }
                403 => {
                    assert_eq!(after.len(), before, "{role} was shown nothing of {route}");
                    assert!(!answer.body.contains("x-viewer"), "{role} reads names at {route}: {}", answer.body);
                }
                other => panic!("{role} at {route}: {other} {}", answer.body),
            }
        }
        let before = looks(&name).len();
        for (route, path) in OF_THE_SEA {
            let status = get_as(to, path, &session).status;
            assert!(status < 500 && status != 401, "{role} at {route}: {status}");
        }
        assert_eq!(looks(&name).len(), before, "looks at the sea flood the log");
    }
    // The administrator and the supervisor read accounts or the log; nobody else saw either.
    for role in ["viewer", "investigator", "watch-officer", "engineer"] {
        assert!(looks(&format!("x-{role}")).iter().all(|(action, _)| action == "hand-over-viewed"), "{role}");
    }
    assert!(looks("x-supervisor").iter().any(|(action, _)| action == "audit-viewed"));
    // Nobody without a session sees any, and nothing is noted in nobody's name.
    for (_, path, _) in OF_PERSONS {
        assert_eq!(get(to, &path.replace("DIGEST", &digest)).status, 401, "{path}");
    }
    assert!(accounts.store().verify_audit().unwrap().is_ok());
}
