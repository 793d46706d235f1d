//! `[[zone]]`: zones, corridors and lines from GeoJSON (RFC 7946).

use std::path::Path;

use serde_json::Value;

use super::answer::{AnswerText, answer};
use super::fault::Fault;
use super::section::Section;
use crate::geo::{Geodetic, LocalPlane};
use crate::model::Severity;
use crate::rules::{Hours, Shape, ZONE_WORDS, Zone, ZoneKind, nearest};

/// The most points of all zones of a file: a coast's charted areas have some thousands.
const MOST_POINTS: usize = 200_000;
/// Corners of the polygon that stands for a circle: its edge is nowhere more than 0.2 % of the radius inside it.
const CIRCLE_CORNERS: usize = 48;

/// What the table says for features that do not say it themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct ZoneDefaults {
    kind: Option<ZoneKind>,
    severity: Option<Severity>,
    hours: Option<Hours>,
    answer: AnswerText,
}

/// Reads one `[[zone]]`: the file's name with the byte where it stands, and the defaults.
pub(super) fn read_table(section: Section<'_>) -> Option<(usize, String, ZoneDefaults)> {
    section.require("file", "a GeoJSON file");
    let file = section.string("file");
    let words: Vec<(&str, ZoneKind)> = ZoneKind::ALL.iter().map(|k| (k.word(), *k)).collect();
    let hours = section.string("hours").and_then(|text| {
        let hours = Hours::parse(text.get_ref());
        if hours.is_none() {
            section.fault_at(&text, "hours", format!("\"{}\" is not \"06:00-19:30\"", text.get_ref()));
        }
        hours
    });
    let owned = |key| section.string(key).map(|s| (*s.get_ref()).to_owned());
    let defaults = ZoneDefaults {
        kind: section.word("kind", &words).map(|k| k.into_inner()),
        severity: section.whole("severity", 1..5).and_then(|n| Severity::new(n.into_inner() as u8)),
        hours,
        answer: AnswerText {
            owner: owned("owner"),
            approved_by: owned("approved_by"),
            reason: owned("reason"),
            expires: section.date("expires").map(|d| {
                let (y, m, d) = d.into_inner();
                format!("{y:04}-{m:02}-{d:02}")
            }),
        },
    };
    section.finish();
    let file = file?;
    Some((file.span().start, (*file.get_ref()).to_owned(), defaults))
}

/// Zones of a GeoJSON text; every fault with the feature it is in.
pub(super) fn parse(text: &str, path: &Path, defaults: &ZoneDefaults) -> Result<Vec<Zone>, Vec<Fault>> {
    let mut faults = Vec::new();
    let fault = |key: String, what: String| Fault { file: path.to_owned(), line: None, key, what, mark: None };
    let json: Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(e) => {
            let line = Some(e.line());
            return Err(vec![Fault { line, ..fault(String::new(), format!("not JSON: {e}")) }]);
        }
    };
    let Some(features) = json.get("features").and_then(Value::as_array) else {
        return Err(vec![fault("features".to_owned(), "missing; expected a FeatureCollection".to_owned())]);
    };
    let (mut zones, mut points) = (Vec::new(), 0);
    for (i, feature) in features.iter().enumerate() {
        let (found, zone) = read_feature(feature, defaults);
        faults.extend(found.into_iter().map(|(key, what)| fault(format!("features[{i}].{key}"), what)));
        if let Some(zone) = zone {
            points += match &zone.shape {
                Shape::Area(rings) => rings.iter().map(Vec::len).sum(),
                Shape::Line(line) => line.len(),
            };
            zones.push(zone);
        }
    }
    if points > MOST_POINTS {
        faults.push(fault("features".to_owned(), format!("more than {MOST_POINTS} points")));
    }
    if faults.is_empty() { Ok(zones) } else { Err(faults) }
}

type Found = Vec<(String, String)>;

fn read_feature(feature: &Value, defaults: &ZoneDefaults) -> (Found, Option<Zone>) {
    const KNOWN: [&str; 12] = [
        "id",
        "name_zh",
        "name_en",
        "kind",
        "severity",
        "hours",
        "owner",
        "approved_by",
        "reason",
        "expires",
        "radius_m",
        "note",
    ];
    let mut faults: Found = Vec::new();
    let empty = serde_json::Map::new();
    let properties = feature.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for key in properties.keys().filter(|k| !KNOWN.contains(&k.as_str())) {
        let hint = nearest(key, KNOWN.into_iter()).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
        faults.push((format!("properties.{key}"), format!("unknown property{hint}")));
    }
    let mut text = |key: &str| match properties.get(key) {
        None | Some(Value::Null) => None,
        Some(Value::String(s)) if !s.trim().is_empty() => Some(s.clone()),
        Some(_) => {
            faults.push((format!("properties.{key}"), "expected a string that is not empty".to_owned()));
            None
        }
    };
    let (id, name_zh, name_en) = (text("id"), text("name_zh"), text("name_en"));
    let (kind, hours) = (text("kind"), text("hours"));
    let own =
        AnswerText { owner: text("owner"), approved_by: text("approved_by"), reason: text("reason"), expires: text("expires") };
    let Some(id) = id else {
        faults.push(("properties.id".to_owned(), "missing; a short name of its own".to_owned()));
        return (faults, None);
    };
    let kind = match kind {
        None => defaults.kind,
        Some(word) => {
            let kind = ZoneKind::ALL.into_iter().find(|k| k.word() == word);
            if kind.is_none() {
                let hint =
                    nearest(&word, ZONE_WORDS.into_iter()).map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
                let what = format!("\"{word}\" is none of {}{hint}", ZONE_WORDS.join(", "));
                faults.push(("properties.kind".to_owned(), what));
            }
            kind
        }
    };
    let hours = match hours {
        None => defaults.hours,
        Some(text) => {
            let hours = Hours::parse(&text);
            if hours.is_none() {
                faults.push(("properties.hours".to_owned(), format!("\"{text}\" is not \"06:00-19:30\"")));
            }
            hours
        }
    };
    let severity = match properties.get("severity") {
        None => defaults.severity,
        Some(value) => {
            let severity = value.as_u64().and_then(|n| Severity::new(u8::try_from(n).ok()?));
            if severity.is_none() {
                faults.push(("properties.severity".to_owned(), format!("{value} is not a severity from 1 to 4")));
            }
            severity
        }
    };
    let Some(kind) = kind else {
        if faults.is_empty() {
            faults.push(("properties.kind".to_owned(), format!("missing; one of {}", ZONE_WORDS.join(", "))));
        }
        return (faults, None);
    };
    let answer = match answer(&own.or(&defaults.answer), kind.suppresses(), kind.suppresses()) {
        Ok(answer) => Some(answer),
        Err(wrong) => {
            faults.extend(wrong.into_iter().map(|(key, what)| (format!("properties.{key}"), what)));
            None
        }
    };
    let shape = match shape(feature.get("geometry"), properties.get("radius_m").and_then(Value::as_f64), kind == ZoneKind::Line)
    {
        Ok(shape) => Some(shape),
        Err(what) => {
            faults.push(("geometry".to_owned(), what));
            None
        }
    };
    let zone = (|| {
        Some(Zone {
            name_zh: name_zh.clone().or(name_en.clone()).unwrap_or_else(|| id.clone()),
            name_en: name_en.or(name_zh).unwrap_or_else(|| id.clone()),
            id,
            kind,
            severity: severity.or(Severity::new(3))?,
            hours,
            answer: answer?,
            shape: shape?,
        })
    })();
    (faults, zone)
}

fn shape(geometry: Option<&Value>, radius_m: Option<f64>, is_line: bool) -> Result<Shape, String> {
    let geometry = geometry.ok_or("missing")?;
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    let kind = geometry.get("type").and_then(Value::as_str).unwrap_or_default();
    let shape = match (kind, is_line) {
        ("Polygon", false) => Shape::Area(rings(coordinates)?),
        ("MultiPolygon", false) => {
            let parts = coordinates.as_array().ok_or("expected polygons")?;
            Shape::Area(parts.iter().map(rings).collect::<Result<Vec<_>, _>>()?.concat())
        }
        ("Point", false) => {
            let radius = radius_m.filter(|r| *r > 0.0 && *r < 100_000.0).ok_or("a Point needs radius_m, up to 100 km")?;
            let plane = LocalPlane::new(point(coordinates)?.at_height(0.0));
            let corner = |i: usize| {
                let (s, c) = (i as f64 / CIRCLE_CORNERS as f64 * std::f64::consts::TAU).sin_cos();
                plane.geodetic(radius * s, radius * c)
            };
            Shape::Area(vec![(0..CIRCLE_CORNERS).map(corner).collect()])
        }
        ("LineString", true) => Shape::Line(line(coordinates, 2)?),
        (other, true) => return Err(format!("a line is a LineString, found \"{other}\"")),
        (other, false) => {
            return Err(format!("a zone is a Polygon, a MultiPolygon or a Point with radius_m, found \"{other}\""));
        }
    };
    Ok(shape)
}

fn rings(value: &Value) -> Result<Vec<Vec<Geodetic>>, String> {
    let rings = value.as_array().filter(|r| !r.is_empty()).ok_or("expected rings")?;
    rings.iter().map(|ring| line(ring, 4)).collect()
}

fn line(value: &Value, least: usize) -> Result<Vec<Geodetic>, String> {
    let points = value.as_array().filter(|p| p.len() >= least).ok_or_else(|| format!("expected at least {least} points"))?;
    points.iter().map(point).collect()
}

fn point(value: &Value) -> Result<Geodetic, String> {
    let number = |i: usize| value.get(i).and_then(Value::as_f64);
    match (number(0), number(1)) {
        (Some(lon), Some(lat)) if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) => {
            Ok(Geodetic::from_degrees(lat, lon))
        }
        _ => Err(format!("{value} is not [longitude, latitude] in degrees")),
    }
}

/// Zones of all files must not share an id.
pub(super) fn twice(zones: &[(std::path::PathBuf, Zone)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (i, (file, zone)) in zones.iter().enumerate() {
        if let Some((earlier, _)) = zones.iter().take(i).find(|(_, z)| z.id == zone.id) {
            let what = format!("\"{}\" is already the id of a zone of {}", zone.id, earlier.display());
            faults.push(Fault { file: file.clone(), line: None, key: "id".to_owned(), what, mark: None });
        }
    }
    faults
}
