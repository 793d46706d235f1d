//! Chart data that the customer brings: a folder of files, served whole or in the ranges that PMTiles readers ask for (RFC 9110 §14).
//!
//! Only files that lie in the folder itself, by names of letters, digits, `.`, `_` and `-` that do not begin with a dot, and no links
//! that lead out of it: there is nothing to traverse.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path as FilePath, PathBuf};
use std::time::UNIX_EPOCH;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{body, error, json};
use super::api::Context;
use crate::publish::json::Object;

/// The most that one answer carries, bytes. A range that asks for more gets its beginning, which RFC 9110 §15.3.7 allows; a whole
/// file that is larger must be asked for in ranges. Tiles and directories of PMTiles are far smaller.
const MOST: u64 = 16 << 20;
/// Files told of at most.
const FILES: usize = 500;

/// A file of the folder as it is now.
#[derive(Debug)]
struct Chart {
    file: File,
    len: u64,
    // Strong: changes with length and time of writing.
    tag: String,
}

fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !name.is_empty() && name.len() <= 128 && !name.starts_with('.') && name.bytes().all(plain)
}

fn open(folder: &FilePath, name: &str) -> Option<Chart> {
    if !is_name(name) {
        return None;
    }
    let path = folder.join(name).canonicalize().ok()?;
    if path.parent() != Some(folder) {
        return None;
    }
    let file = File::open(path).ok()?;
    let known = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let written = known.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
    Some(Chart { file, len: known.len(), tag: format!("\"{:x}-{written:x}\"", known.len()) })
}

/// What of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    /// Nothing of it is there.
    Beyond,
}

/// One range. What is no range in bytes, or several, is as if it were not there (RFC 9110 §14.2): the whole is sent.
fn wanted(range: Option<&str>, len: u64) -> Wanted {
    let Some(spec) = range.and_then(|r| r.trim().strip_prefix("bytes=")) else { return Wanted::Whole };
    let Some((first, last)) = spec.split_once('-').map(|(a, b)| (a.trim(), b.trim())) else { return Wanted::Whole };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().unwrap_or(u64::MAX));
    match (first.is_empty(), last.is_empty(), number(first), number(last)) {
        // The last so many bytes.
        (true, false, _, Some(0)) => Wanted::Beyond,
        (true, false, _, Some(n)) if len > 0 => Wanted::Part(len.saturating_sub(n), len - 1),
        (false, true, Some(from), _) if from < len => Wanted::Part(from, len - 1),
        (false, false, Some(from), Some(to)) if from <= to && from < len => Wanted::Part(from, to.min(len - 1)),
        (false, false, Some(from), Some(to)) if from > to => Wanted::Whole,
        (true, false, _, Some(_)) | (false, _, Some(_), Some(_)) => Wanted::Beyond,
        _ => Wanted::Whole,
    }
}

/// One file, or a part of it.
pub async fn chart(State(context): State<Context>, Path(name): Path<String>, method: Method, headers: HeaderMap) -> Response {
    let folder = context.charts.clone();
    let answer = tokio::task::spawn_blocking(move || match folder.and_then(|folder| open(&folder, &name)) {
        Some(chart) => serve(chart, &method, &headers),
        None => error(StatusCode::NOT_FOUND, "no-chart", &format!("no chart {name:?} here; /api/charts lists what there is")),
    });
    answer.await.unwrap_or_else(|broken| error(StatusCode::INTERNAL_SERVER_ERROR, "chart", &broken.to_string()))
}

fn serve(mut chart: Chart, method: &Method, headers: &HeaderMap) -> Response {
    let told = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if told(header::IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|k| k.trim() == chart.tag)) {
        return with(StatusCode::NOT_MODIFIED.into_response(), &chart, None);
    }
    // A part of another version than the one the reader has would be garbage: then it gets the whole.
    let is_same = told(header::IF_RANGE).is_none_or(|known| known == chart.tag);
    let range = if is_same && *method == Method::GET { told(header::RANGE) } else { None };
    let (status, from, to) = match wanted(range, chart.len) {
        Wanted::Beyond => {
            let message = format!("this chart has {} bytes", chart.len);
            let refused = error(StatusCode::RANGE_NOT_SATISFIABLE, "range", &message);
            return with(refused, &chart, Some(format!("bytes */{}", chart.len)));
        }
        Wanted::Part(from, to) => (StatusCode::PARTIAL_CONTENT, from, to.min(from.saturating_add(MOST - 1))),
        Wanted::Whole if chart.len > MOST && *method == Method::GET => {
            let message = format!("this chart has {} bytes: ask for ranges of at most {MOST}", chart.len);
            return with(error(StatusCode::PAYLOAD_TOO_LARGE, "whole", &message), &chart, None);
        }
        Wanted::Whole => (StatusCode::OK, 0, chart.len.saturating_sub(1)),
    };
    let mut bytes = Vec::new();
    let many = if chart.len == 0 { 0 } else { to - from + 1 };
    if *method == Method::GET {
        let read = chart.file.seek(SeekFrom::Start(from)).and_then(|_| (&mut chart.file).take(many).read_to_end(&mut bytes));
        match read {
            Ok(n) if n as u64 == many => {}
            // Cut short while it was read.
            Ok(_) => return error(StatusCode::CONFLICT, "chart", "the chart was written to while it was read"),
            Err(broken) => return error(StatusCode::INTERNAL_SERVER_ERROR, "chart", &broken.to_string()),
        }
    }
    let mut response = body("application/octet-stream", bytes);
    *response.status_mut() = status;
    if *method == Method::HEAD {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(chart.len));
    }
    let part = (status == StatusCode::PARTIAL_CONTENT).then(|| format!("bytes {from}-{to}/{}", chart.len));
    with(response, &chart, part)
}

fn with(mut response: Response, chart: &Chart, range: Option<String>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let more = [(header::ETAG, Some(chart.tag.clone())), (header::CONTENT_RANGE, range)];
    for (name, value) in more.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// What there is.
pub async fn charts(State(context): State<Context>) -> Response {
    let mut found: Vec<(String, u64)> = Vec::new();
    let entries = context.charts.as_ref().and_then(|folder| folder.read_dir().ok());
    for entry in entries.into_iter().flatten().flatten() {
        let (Ok(name), Ok(known)) = (entry.file_name().into_string(), entry.metadata()) else { continue };
        if known.is_file() && is_name(&name) {
            found.push((name, known.len()));
        }
    }
    found.sort();
    found.truncate(FILES);
    json(|o| {
        o.array("charts", &found, |(name, bytes), out| {
            let mut o = Object::open(out);
            o.string("name", name.as_str()).integer("bytes", *bytes as i64);
            o.close();
        });
    })
}

/// The folder by its real name.
///
/// # Errors
/// It is not there or is no folder.
pub fn folder(path: &FilePath) -> Result<PathBuf, String> {
    let real = path.canonicalize().map_err(|e| format!("charts {}: {e}", path.display()))?;
    if real.is_dir() { Ok(real) } else { Err(format!("charts {}: not a folder", path.display())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (range, is) in [
            (None, Wanted::Whole),
            (Some("bytes=0-126"), Wanted::Part(0, 126)),
            (Some("bytes=990-2000"), Wanted::Part(990, 999)),
            (Some("bytes=999-"), Wanted::Part(999, 999)),
            (Some("bytes=-10"), Wanted::Part(990, 999)),
            (Some("bytes=-2000"), Wanted::Part(0, 999)),
            (Some("bytes=1000-"), Wanted::Beyond),
            (Some("bytes=1000-1001"), Wanted::Beyond),
            (Some("bytes=99999999999999999999999-"), Wanted::Beyond),
            (Some("bytes=-0"), Wanted::Beyond),
            (Some("bytes=5-4"), Wanted::Whole),
            (Some("bytes=-"), Wanted::Whole),
            (Some("bytes=a-b"), Wanted::Whole),
            (Some("bytes=0-1,5-6"), Wanted::Whole),
            (Some("lines=0-1"), Wanted::Whole),
        ] {
            assert_eq!(wanted(range, 1000), is, "{range:?}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Beyond);
    }
}
