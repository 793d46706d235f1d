//! What the watch needs beside the picture: what units can do about a craft, and the report that two officers sign.

use std::sync::PoisonError;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::accounts::Person;
use super::answer::{error, json};
use super::api::Context;
use crate::incident::hand_over::{HandOverReport, SensorFault};
use crate::incident::{Forecast, Target, advise, landing};
use crate::model::{Timestamp, TrackId};

/// What each unit can do about a track: meet it, cut it off, or not; where it will land if it keeps on, and in which landing zone by the way it has come.
pub async fn advice(State(context): State<Context>, Path(id): Path<u64>) -> Response {
    let picture = context.shared.picture.load_full();
    let Some(track) = picture.track(TrackId(id)) else {
        return error(StatusCode::NOT_FOUND, "no-track", &format!("there is no track {id} now"));
    };
    let target = Target::of(track, picture.t_out.seconds_since(track.t).max(0.0));
    let trail = context.hub.trails.lock().unwrap_or_else(PoisonError::into_inner).of(id);
    let zones = context.shared.zones.load_full();
    let landfalls = context.foresight.forecast(&zones, context.coast.as_ref(), &trail, &target, picture.t_out).await;
    let likely = landfalls.as_ref().and_then(Forecast::likely);
    let advice = advise(&target, &context.shared.units(), context.coast.as_deref(), likely);
    let straight = context.coast.as_deref().and_then(|coast| landing(&target, coast));
    json(|o| {
        o.json("advice", &advice).json("landing", &straight).json("landfalls", &landfalls);
    })
}

/// Which watch is handed over, and to whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    incoming: String,
    #[serde(default)]
    remarks: String,
    /// Its beginning, s since 1970; eight hours before now if left out.
    from: Option<f64>,
    /// Its end, s since 1970; now if left out. Given again, the same report comes out as long as nothing has happened.
    to: Option<f64>,
}

/// A watch, s: three a day.
const WATCH_S: f64 = 8.0 * 3600.0;

/// Entries of the audit log among which the last of the watch is looked for.
const AUDIT_LOOKED: u32 = 1000;
/// Reports that are remembered until somebody signs one: as many as consoles.
const REPORTS_SHOWN: usize = super::hub::MAX_CLIENTS;

/// Keeps the report with that digest, which has been signed, if it was made here.
pub fn keep_report(context: &Context, digest: &str) {
    let shown = context.reports.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((_, json)) = shown.iter().find(|(known, _)| known == digest) else { return };
    if let Some(store) = context.store()
        && let Err(error) = store.put_report(digest, json)
    {
        tracing::error!(%error, digest, "the signed report is not in the store");
    }
}

/// The very report that was signed: what the incoming officer reads before signing too.
pub async fn signed_report(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    Path(digest): Path<String>,
) -> Response {
    let shown = context.reports.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|(d, _)| *d == digest).cloned();
    let kept = || context.store().and_then(|store| store.report(&digest).ok().flatten());
    let Some(text) = shown.map(|(_, json)| json).or_else(kept) else {
        return error(StatusCode::NOT_FOUND, "no-report", &format!("no report with the digest {digest} is kept here"));
    };
    context.audit(&person, "hand-over-viewed", &digest);
    match serde_json::from_str::<HandOverReport>(&text) {
        Ok(report) => json(|o| {
            o.string("digest", digest.as_str())
                .string("zh", report.text(true).as_str())
                .string("en", report.text(false).as_str())
                .json("report", &report);
        }),
        Err(broken) => error(StatusCode::INTERNAL_SERVER_ERROR, "report", &broken.to_string()),
    }
}

/// The report of the watch: as data, in Chinese and English for the printer, and the digest that both sign.
pub async fn hand_over(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    watch: Result<Query<Watch>, QueryRejection>,
) -> Response {
    let Query(watch) = match watch {
        Ok(watch) => watch,
        Err(rejection) => return error(StatusCode::BAD_REQUEST, "bad-query", &rejection.body_text()),
    };
    // Beyond these, nanoseconds since 1970 do not fit.
    let instant =
        |s: f64| (s.is_finite() && s.abs() < 9.0e9).then(|| Timestamp::from_nanos((s * 1e3).round() as i64 * 1_000_000));
    let shared = &context.shared;
    let to = watch.to.and_then(instant).unwrap_or_else(|| (context.clock)());
    let from = watch.from.and_then(instant).unwrap_or_else(|| to.plus_seconds(-WATCH_S));
    context.audit(&person, "hand-over-viewed", "");
    let faults = shared.sensors().into_iter().filter(|s| s.state != "ok");
    let faults = faults.map(|s| SensorFault { sensor: s.id, state: s.state.to_owned(), detail: s.detail.unwrap_or_default() });
    let over = context.hub.faults_between(from, to);
    // As of the end of the watch, so that looking at the report does not change it.
    let entries = context.store().and_then(|store| store.audit_before(None, AUDIT_LOOKED).ok()).unwrap_or_default();
    let newest = entries.into_iter().find(|e| e.at <= to);
    let report = HandOverReport {
        site: shared.site.name.clone(),
        from,
        to,
        outgoing: person.name.clone(),
        incoming: watch.incoming,
        units: shared.units(),
        sensors: faults.chain(over).collect(),
        changes: shared.changes_between(from, to),
        audit: newest.map(|e| (e.number, blake3::Hash::from_bytes(e.hash).to_hex().to_string())),
        remarks: watch.remarks,
        ..HandOverReport::default()
    };
    let incidents = shared.incidents();
    let report = report.with_incidents(incidents.iter().map(AsRef::as_ref));
    match report.json().and_then(|json| Ok((report.digest()?, json))) {
        Ok((digest, bytes)) => json(|o| {
            let mut shown = context.reports.lock().unwrap_or_else(PoisonError::into_inner);
            shown.retain(|(known, _)| *known != digest);
            shown.push_front((digest.clone(), bytes));
            shown.truncate(REPORTS_SHOWN);
            o.string("digest", digest.as_str())
                .string("zh", report.text(true).as_str())
                .string("en", report.text(false).as_str())
                .json("report", &report)
                .json("waiting", &shared.hand_overs());
        }),
        Err(broken) => error(StatusCode::INTERNAL_SERVER_ERROR, "report", &broken.to_string()),
    }
}
