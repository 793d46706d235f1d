//! What is served under `/api`, `/metrics` and `/healthz`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::accounts::{Accounts, Person};
use super::answer::{body, error, json};
use super::area::Area;
use super::foresight::Foresight;
use super::geojson::feature_collection;
use super::hub::Hub;
use super::metrics;
use super::reload::Reload;
use crate::engine::playback::Playback;
use crate::engine::{SensorStatus, Shared};
use crate::fuse::Gives;
use crate::geo::Coast;
use crate::model::{Timestamp, Track, TrackId};
use crate::publish::json::Object;
use crate::publish::lines::{alert_fields, track_fields};
use crate::rules::{BASE, Score};
use crate::store::{AuditEntry, Store};

/// What the handlers need.
#[derive(Clone)]
pub struct Context {
    /// What the engine shows.
    pub shared: Arc<Shared>,
    /// The wall clock, to tell how old the picture is.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What every console is told.
    pub hub: Arc<Hub>,
    /// The replay's controls, where a record is shown.
    pub replay: Option<Arc<Playback>>,
    /// Who may get in; without accounts whoever sits at this machine.
    pub accounts: Option<Arc<Accounts>>,
    /// Land, to draw it and to foresee where a craft runs ashore.
    pub coast: Option<Arc<Coast>>,
    /// Whether that is the site's own, not the built-in one.
    pub is_own_coast: bool,
    /// Reads rules, zones and lists again, where a site is watched.
    pub reload: Option<Arc<Reload>>,
    /// Whether the console is reached by TLS.
    pub secure: bool,
    /// The folder of chart data, if one is given.
    pub charts: Option<Arc<std::path::PathBuf>>,
    /// Where crafts will land.
    pub foresight: Arc<Foresight>,
    /// Reports of the watch that were shown last: digest and bytes, so that what is signed can be kept.
    pub reports: Arc<Mutex<VecDeque<(String, String)>>>,
}

impl Context {
    /// Where accounts and the audit log are; without accounts the engine's, if it has one.
    pub fn store(&self) -> Option<&Store> {
        self.accounts.as_ref().map(|a| a.store()).or_else(|| self.shared.store.get())
    }

    /// Notes what a person did or looked at. A log that cannot be written is told, and stops nobody's work.
    pub fn audit(&self, person: &Person, action: &str, subject: &str) {
        let Some(store) = self.store() else { return };
        let (actor, role) = (person.name.as_str(), person.role.word());
        let entry = AuditEntry { at: (self.clock)(), actor, role, action, subject, detail: "" };
        if let Err(error) = store.audit(&entry) {
            tracing::error!(%error, actor, action, subject, "not in the audit log");
        }
    }
}

/// The picture is taken for dead at this age: the live loop publishes several times a second even when nothing is received.
const DEAD_AFTER_S: f64 = 10.0;

/// Everything that is served, for those who ask for something else.
const RESOURCES: &str = "/, /charts/{name}, /api/charts, /api/site, /api/picture, /api/alerts, /api/sensors, /api/stream, /api/trails, /api/track/{id}, \
    /api/replay, /api/commands, /api/reload, /api/advice/{track}, \
    /api/hand-over, /api/hand-over/{digest}, /api/load, /api/session, /api/login, /api/logout, /api/password, /api/accounts, \
    /api/accounts/{name}, /api/audit, /api/openapi.json, /metrics, /healthz";

/// Names and values of a query, in the order in which they stand.
pub type Parameters = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The picture as GeoJSON; `?bbox=west,south,east,north` for a part of it.
pub async fn picture(State(context): State<Context>, parameters: Parameters) -> Response {
    let area = match bbox(parameters) {
        Ok(area) => area,
        Err(message) => return error(StatusCode::BAD_REQUEST, "bad-query", &message),
    };
    let picture = context.shared.picture.load_full();
    let tracks: Vec<&Track> = match area {
        Some(area) => picture.within(area.south_west, area.north_east),
        None => picture.tracks().iter().collect(),
    };
    body("application/geo+json", feature_collection(&picture, &tracks, &context.shared.site))
}

fn bbox(parameters: Parameters) -> Result<Option<Area>, String> {
    let Query(parameters) = parameters.map_err(|e| e.body_text())?;
    let mut area = None;
    for (name, value) in parameters {
        if name != "bbox" {
            return Err(format!("no parameter {name:?} here; there is bbox=west,south,east,north"));
        }
        area = Some(value.parse::<Area>().map_err(|e| e.to_string())?);
    }
    Ok(area)
}

/// Recent alert lines, oldest first.
pub async fn alerts(State(context): State<Context>) -> Response {
    let alerts = context.shared.alerts();
    json(|o| {
        o.array("alerts", &alerts, |alert, out| {
            let mut line = Object::open(out);
            alert_fields(alert, &mut line);
            line.close();
        });
    })
}

/// Health of sensors and of the record.
pub async fn sensors(State(context): State<Context>) -> Response {
    let sensors = context.shared.sensors();
    let capture = context.shared.capture_state();
    json(|o| {
        o.string("capture", capture.as_str());
        o.array("sensors", &sensors, sensor);
    })
}

/// Appends one sensor's health.
pub fn sensor(s: &SensorStatus, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("id", s.id.as_str())
        .string("kind", s.kind)
        .string("feed", s.feed.as_str())
        .string("state", s.state)
        .string("detail", s.detail.as_deref())
        .integer("frames", s.frames as i64)
        .integer("bytes", s.bytes as i64)
        .integer("reports", s.reports as i64)
        .number("rate_hz", s.rate_hz, 2)
        .number("age_s", s.age_s, 3)
        .number("clock_skew_s", s.clock_skew_s, 4)
        .number("backpressure_s", s.backpressure_s, 3)
        .integer("kernel_drops", s.kernel_drops as i64);
    if let Some(errors) = &s.registration {
        // A camera has no range, and its clock does not show.
        let ranges = (errors.gives != Gives::Bearings).then_some(errors);
        o.object("registration", |r| {
            r.number("range_m", ranges.map(|e| e.range_m), 1)
                .number("azimuth_deg", errors.azimuth.to_degrees(), 3)
                .number("clock_s", ranges.map(|e| e.clock_s), 3)
                .number("sigma_range_m", ranges.map(|e| e.sigma[0]), 1)
                .number("sigma_azimuth_deg", errors.sigma[1].to_degrees(), 3)
                .number("sigma_clock_s", ranges.map(|e| e.sigma[2]), 3)
                .string("gives", errors.gives.word())
                .flag("known", errors.known)
                .integer("residuals", errors.residuals as i64)
                .integer("jumps", errors.jumps as i64);
            if let Some(wrong) = &errors.realigned {
                r.object("told_wrong", |w| {
                    w.number("east_m", wrong.place[0], 1)
                        .number("north_m", wrong.place[1], 1)
                        .number("range_m", wrong.range_m, 1)
                        .number("azimuth_deg", wrong.azimuth.to_degrees(), 2)
                        .number("clock_s", wrong.clock_s, 1)
                        .number("lat", wrong.stands.lat_deg(), 6)
                        .number("lon", wrong.stands.lon_deg(), 6)
                        .integer("ships", wrong.ships as i64)
                        .time("found", wrong.at);
                });
            }
            if let Some((ships, agree)) = errors.astray {
                r.object("astray", |a| {
                    a.integer("ships", ships as i64).integer("agree", agree as i64);
                });
            }
        });
    }
    for (key, reasons) in [("refused", &s.refused), ("ignored", &s.ignored)] {
        o.object(key, |r| {
            for (reason, n) in reasons {
                r.integer(reason, *n as i64);
            }
        });
    }
    o.close();
}

/// What stands where, and how old the picture is.
pub async fn site(State(context): State<Context>) -> Response {
    let number = context.shared.picture.load().number;
    json(|o| {
        site_fields(&context, o);
        o.number("picture_age_s", picture_age_s(&context), 3).integer("picture", number as i64);
    })
}

/// The fields of the site.
pub fn site_fields(context: &Context, o: &mut Object<'_>) {
    let shared = &context.shared;
    let site = &shared.site;
    o.string("name", site.name.as_str())
        .string("version", env!("CARGO_PKG_VERSION"))
        .string("banner", shared.banner.as_deref())
        .flag("own_coast", context.is_own_coast)
        .number("lat", site.origin.lat.to_degrees(), 7)
        .number("lon", site.origin.lon.to_degrees(), 7);
    o.array("sensors", &site.sensors, |s, out| {
        let at = s.position;
        let mut o = Object::open(out);
        o.string("id", s.id.as_str())
            .string("kind", s.kind.word())
            .number("lat", at.map(|p| p.lat.to_degrees()), 7)
            .number("lon", at.map(|p| p.lon.to_degrees()), 7)
            .number("height_m", at.map(|p| p.height_m), 1)
            .number("scan_s", s.scan_s, 2)
            .number("max_range_m", s.max_range_m, 0);
        o.close();
    });
}

/// One track, all that is believed of it, and where it was.
pub async fn track(State(context): State<Context>, Path(id): Path<u64>) -> Response {
    let picture = context.shared.picture.load_full();
    let Some(track) = picture.track(TrackId(id)) else {
        return error(StatusCode::NOT_FOUND, "no-track", &format!("there is no track {id} now"));
    };
    let trail = context.hub.trails.lock().unwrap_or_else(PoisonError::into_inner).of(id);
    let scores = context.shared.scores.load_full();
    let score = scores.iter().find(|(track, _)| track.0 == id).map(|(_, score)| score);
    json(|o| {
        track_fields(track, &context.shared.site, o);
        suspicion(score, o);
        o.number("hit_ratio", track.hit_ratio, 3).array("trail", &trail, |s, out| {
            let [lon, lat] = s.at.map(|v| f64::from(v) / 1e7);
            let [kn, lcb] = s.kn.map(|v| f64::from(v) / 10.0);
            let t = s.t_ds as f64 / 10.0;
            out.extend_from_slice(format!("[{t:.1},{lon:.7},{lat:.7},{kn:.1},{lcb:.1}]").as_bytes());
        });
    })
}

/// What makes a track suspicious, group by group; `null` where it is not among the most suspicious, whose scores alone are kept.
fn suspicion(score: Option<&Score>, o: &mut Object<'_>) {
    let Some(score) = score else {
        o.string("suspicion", None);
        return;
    };
    o.object("suspicion", |o| {
        o.number("p", score.p(), 4)
            .number("log_odds", score.log_odds, 2)
            .number("before", BASE, 2)
            .strings("unknown", score.unknown.iter().copied())
            .array("contributions", &score.contributions, |c, out| {
                let (en, zh) = c.group.words();
                let mut line = Object::open(out);
                line.object("group", |g| {
                    g.string("zh", zh).string("en", en);
                })
                .object("what", |w| {
                    w.string("zh", c.zh).string("en", c.name);
                })
                .number("nats", c.nats(), 2);
                line.close();
            });
    });
}

/// Points that a console's tails begin with: five minutes.
const TAIL_POINTS: usize = 30;

/// Where every track was, for the tails (`docs/protocols/console.md`).
pub async fn trails(State(context): State<Context>) -> Response {
    let bytes = context.hub.trails.lock().unwrap_or_else(PoisonError::into_inner).encode(TAIL_POINTS);
    body("application/octet-stream", bytes)
}

/// The interface, as it is checked in.
pub async fn openapi() -> Response {
    body("application/json", include_str!("../../docs/protocols/openapi.json"))
}

/// Seconds since the newest input of the newest picture; `None` before the first.
pub fn picture_age_s(context: &Context) -> Option<f64> {
    let picture = context.shared.picture.load();
    (picture.number > 0).then(|| (context.clock)().seconds_since(picture.t_out).max(0.0))
}

/// Prometheus text.
pub async fn metrics(State(context): State<Context>) -> Response {
    body(metrics::CONTENT_TYPE, metrics::text(&context.shared))
}

/// 200 while pictures come, else 503.
pub async fn healthz(State(context): State<Context>) -> Response {
    match picture_age_s(&context) {
        Some(age_s) if age_s <= DEAD_AFTER_S => json(|o| {
            o.string("status", "ok").number("picture_age_s", age_s, 3);
        }),
        Some(age_s) => error(StatusCode::SERVICE_UNAVAILABLE, "stalled", &format!("no new picture for {age_s:.1} s")),
        None => error(StatusCode::SERVICE_UNAVAILABLE, "starting", "no picture yet"),
    }
}

/// Whatever else is asked for.
pub async fn not_found(uri: Uri) -> Response {
    error(StatusCode::NOT_FOUND, "not-found", &format!("nothing at {}; there are: {RESOURCES}", uri.path()))
}

/// Whatever is asked for by a method that it does not take.
pub async fn wrong_method(method: axum::http::Method, uri: Uri) -> Response {
    let takes = if ["/api/commands", "/api/reload", "/api/login", "/api/logout", "/api/password"].contains(&uri.path()) {
        "POST"
    } else {
        "GET"
    };
    let message = format!("{} takes {takes}, not {method}", uri.path());
    error(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", &message)
}
