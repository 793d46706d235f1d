//! Chart data by ranges of bytes, as PMTiles readers ask, and nothing outside its folder.

use std::sync::Arc;

use haishao::console::{Console, Setup, charts_folder, serve_with};
use haishao::geo::Coast;

use crate::console::{Answer, ask, clock, get, shared};

struct Room {
    folder: tempfile::TempDir,
    console: Console,
}

/// A folder with one chart of 256 bytes that count up from `A` by letters, beside a secret.
fn room() -> Room {
    let folder = tempfile::tempdir().unwrap();
    let charts = folder.path().join("charts");
    std::fs::create_dir_all(charts.join("inner")).unwrap();
    let bytes: Vec<u8> = (0..256u32).map(|i| b'A' + (i % 26) as u8).collect();
    std::fs::write(charts.join("bay.pmtiles"), bytes).unwrap();
    std::fs::write(charts.join(".hidden"), "no").unwrap();
    std::fs::write(charts.join("inner/deep.pmtiles"), "no").unwrap();
    std::fs::write(folder.path().join("secret.pmtiles"), "no").unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret.pmtiles"), charts.join("link.pmtiles")).unwrap();
    let setup = Setup { charts: Some(charts_folder(&charts).unwrap()), ..Setup::default() };
    let console = serve_with("127.0.0.1:0", shared(), clock, setup).unwrap();
    Room { folder, console }
}

impl Room {
    fn chart(&self, more: &str) -> Answer {
        let to = self.console.address();
        ask(to, &format!("GET /charts/bay.pmtiles HTTP/1.1\r\nHost: {to}\r\n{more}Connection: close\r\n\r\n"))
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.head.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn charts_are_served_whole_and_in_ranges() {
    let room = room();
    let whole = room.chart("");
    assert_eq!((whole.status, whole.body.len(), header(&whole, "accept-ranges")), (200, 256, Some("bytes")));
    let tag = header(&whole, "etag").unwrap().to_owned();
    for (range, from, to) in [("0-126", 0, 126), ("250-", 250, 255), ("-6", 250, 255), ("200-9999", 200, 255)] {
        let part = room.chart(&format!("Range: bytes={range}\r\n"));
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.body, &whole.body[from..=to], "{range}");
        assert_eq!(header(&part, "content-range").unwrap(), format!("bytes {from}-{to}/256"));
    }
    let beyond = room.chart("Range: bytes=256-300\r\n");
    assert_eq!((beyond.status, header(&beyond, "content-range")), (416, Some("bytes */256")));
    // A part only of the version that the reader has.
    let same = room.chart(&format!("Range: bytes=1-2\r\nIf-Range: {tag}\r\n"));
    assert_eq!((same.status, same.body.as_str()), (206, "BC"));
    let other = room.chart("Range: bytes=1-2\r\nIf-Range: \"another\"\r\n");
    assert_eq!((other.status, other.body.len()), (200, 256));
    assert_eq!(room.chart(&format!("If-None-Match: {tag}\r\n")).status, 304);
    let to = room.console.address();
    let head = ask(to, &format!("HEAD /charts/bay.pmtiles HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n"));
    assert_eq!((head.status, header(&head, "content-length"), head.body.as_str()), (200, Some("256"), ""));
    // A file that is written anew is another version.
    std::fs::write(room.folder.path().join("charts/bay.pmtiles"), "short").unwrap();
    let now = room.chart(&format!("Range: bytes=1-2\r\nIf-Range: {tag}\r\n"));
    assert_eq!((now.status, now.body.as_str()), (200, "short"));
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let room = room();
    let to = room.console.address();
    let listed = get(to, "/api/charts").json();
    let names: Vec<&str> = listed["charts"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"bay.pmtiles") && !names.contains(&".hidden") && !names.contains(&"inner"), "{listed}");
    for path in [
        "/charts/../secret.pmtiles",
        "/charts/..%2fsecret.pmtiles",
        "/charts/..%2Fsecret.pmtiles",
        "/charts/%2e%2e%2fsecret.pmtiles",
        "/charts/..%5csecret.pmtiles",
        "/charts/....//secret.pmtiles",
        "/charts/inner/deep.pmtiles",
        "/charts/inner%2fdeep.pmtiles",
        "/charts/.hidden",
        "/charts/.",
        "/charts/..",
        "/charts/link.pmtiles",
        "/charts/inner",
        "/charts/%2fetc%2fpasswd",
        "/charts/bay.pmtiles%00.txt",
        "/charts/",
    ] {
        let answer = get(to, path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    // Without a folder there is nothing.
    let bare = serve_with("127.0.0.1:0", shared(), clock, Setup::default()).unwrap();
    assert_eq!(get(bare.address(), "/charts/bay.pmtiles").status, 404);
    assert_eq!(get(bare.address(), "/api/charts").json()["charts"].as_array().unwrap().len(), 0);
    assert!(charts_folder(&room.folder.path().join("none")).is_err());
    assert!(charts_folder(&room.folder.path().join("secret.pmtiles")).is_err());
}

#[test]
fn the_coast_that_is_drawn_is_the_one_that_is_reckoned_with() {
    let text = r#"{"type": "Polygon", "coordinates": [[[11.0, 56.0], [11.5, 56.0], [11.5, 56.2], [11.0, 56.0]]]}"#;
    let setup = Setup { coast: Some(Arc::new(Coast::from_geojson(text).unwrap())), ..Setup::default() };
    let console = serve_with("127.0.0.1:0", shared(), clock, setup).unwrap();
    assert_eq!(get(console.address(), "/coast.geojson").body, text);
    assert_eq!(get(console.address(), "/api/site").json()["own_coast"], true);
    let bare = serve_with("127.0.0.1:0", shared(), clock, Setup::default()).unwrap();
    assert_eq!(get(bare.address(), "/api/site").json()["own_coast"], false);
}
