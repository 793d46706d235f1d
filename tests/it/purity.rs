//! The rooms of the house: a room imports only rooms above it, and the pure ones name no thread, socket, file or clock.
//!
//! Read from the sources, token by token: comments, strings and what is compiled for tests only do not count.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms from the top down, and whether they are pure. The order is that of `src/lib.rs`, which is checked against it; the two
/// rooms that are not built yet have their place.
const ROOMS: [(&str, bool); 16] = [
    ("geo", true),
    ("model", true),
    ("wire", true),
    ("track", true),
    ("fuse", true),
    ("rules", true),
    ("incident", true),
    ("sim", true),
    ("config", false),
    ("feed", false),
    ("capture", false),
    ("store", false),
    ("engine", false),
    ("publish", false),
    ("console", false),
    ("cli", false),
];

/// Words that a pure room does not say: runtimes, sockets, channels between threads, databases, randomness, clocks, terminals.
const BANNED_WORDS: [&str; 20] = [
    "tokio",
    "axum",
    "rusqlite",
    "crossbeam",
    "crossbeam_channel",
    "socket2",
    "serialport",
    "signal_hook",
    "mio",
    "rand",
    "getrandom",
    "fastrand",
    "RandomState",
    "SystemTime",
    "Instant",
    "thread_local",
    "println",
    "eprintln",
    "print",
    "eprint",
];

/// Modules of the standard library that a pure room does not name.
const BANNED_STD: [&str; 7] = ["net", "fs", "thread", "io", "process", "env", "os"];

fn place(room: &str) -> Option<usize> {
    ROOMS.iter().position(|(name, _)| *name == room)
}

/// A token: a word with its line, or one character of punctuation.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// The tokens of a source without comments, strings, characters and lifetimes.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut i, mut line) = (0, 1);
    let mut found = Vec::new();
    while i < chars.len() {
        let c = at(i);
        let start = i;
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
        } else if let Some(end) = raw_string(&chars, i) {
            i = end;
        } else if c == '"' || (matches!(c, 'b' | 'c') && at(i + 1) == '"') {
            i += if c == '"' { 1 } else { 2 };
            while i < chars.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c == '\'' || (c == 'b' && at(i + 1) == '\'') {
            i += if c == '\'' { 1 } else { 2 };
            if at(i) == '\\' {
                // A character in escape: up to its closing quote.
                i += 2;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            } else if at(i + 1) == '\'' {
                i += 2;
            } else {
                // A lifetime or label.
                while at(i).is_alphanumeric() || at(i) == '_' {
                    i += 1;
                }
            }
        } else if c.is_alphabetic() || c == '_' {
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            found.push(Token { text: chars[start..i].iter().collect(), line });
        } else {
            i += 1;
            if !c.is_whitespace() {
                found.push(Token { text: c.to_string(), line });
            }
        }
        line += chars[start..i.min(chars.len())].iter().filter(|&&c| c == '\n').count();
    }
    found
}

/// End of the raw string that begins at `i`, if one does.
fn raw_string(chars: &[char], i: usize) -> Option<usize> {
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut j = i;
    if matches!(at(j), 'b' | 'c') {
        j += 1;
    }
    if at(j) != 'r' || (i > 0 && (at(i - 1).is_alphanumeric() || at(i - 1) == '_')) {
        return None;
    }
    j += 1;
    let hashes = (j..).take_while(|&k| at(k) == '#').count();
    j += hashes;
    if at(j) != '"' {
        return None;
    }
    j += 1;
    while j < chars.len() {
        if at(j) == '"' && (1..=hashes).all(|k| at(j + k) == '#') {
            return Some(j + hashes + 1);
        }
        j += 1;
    }
    Some(j)
}

fn text(tokens: &[Token], i: usize) -> &str {
    tokens.get(i).map_or("", |t| t.text.as_str())
}

/// Index after the group that opens at `i`.
fn after_group(tokens: &[Token], mut i: usize) -> usize {
    let mut depth = 0;
    while i < tokens.len() {
        match text(tokens, i) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        i += 1;
        if depth == 0 {
            break;
        }
    }
    i
}

/// Leaves out the items under `#[cfg(test)]`; tells the modules among them whose text is in a file of their own.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let (mut kept, mut files) = (Vec::new(), Vec::new());
    let mut i = 0;
    while i < tokens.len() {
        let is_attribute = |i| text(tokens, i) == "#" && text(tokens, i + 1) == "[";
        let words: Vec<&str> = (i..i + 7).map(|k| text(tokens, k)).collect();
        if words != ["#", "[", "cfg", "(", "test", ")", "]"] {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        i += 7;
        while is_attribute(i) {
            i = after_group(tokens, i + 1);
        }
        // The item runs to its semicolon or to the end of its braces.
        let start = i;
        while i < tokens.len() && !matches!(text(tokens, i), ";" | "{") {
            i = if matches!(text(tokens, i), "(" | "[") { after_group(tokens, i) } else { i + 1 };
        }
        if text(tokens, i) == "{" {
            i = after_group(tokens, i);
            // `use a::{b};` goes on to its semicolon.
            i += usize::from(text(tokens, i) == ";");
        } else {
            let module = (start..i).find(|&k| text(tokens, k) == "mod");
            files.extend(module.map(|k| text(tokens, k + 1).to_owned()));
            i += 1;
        }
    }
    (kept, files)
}

/// First names after a path's beginning: of `a::b` it is `b`, of `a::{b::c, d}` it is `b` and `d`. `i` is after the `::`.
fn first_names(tokens: &[Token], i: usize) -> Vec<(String, usize)> {
    if text(tokens, i) != "{" {
        return tokens.get(i).map(|t| vec![(t.text.clone(), t.line)]).unwrap_or_default();
    }
    let end = after_group(tokens, i);
    let (mut names, mut depth, mut fresh) = (Vec::new(), 0, false);
    for token in &tokens[i..end] {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 1 && matches!(token.text.as_str(), "{" | ",") {
            fresh = true;
        } else if std::mem::take(&mut fresh) && depth == 1 {
            names.push((token.text.clone(), token.line));
        }
    }
    names
}

/// What is wrong in one source of `room`, whose module is `depth` below the root of the crate.
fn violations(room: &str, depth: usize, source: &str) -> Vec<String> {
    let (tokens, _) = without_tests(&tokens(source));
    let own = place(room).unwrap_or_else(|| panic!("{room} is no room of the house"));
    let pure = ROOMS[own].1;
    let mut found = Vec::new();
    let is_path = |i: usize| text(&tokens, i) == ":" && text(&tokens, i + 1) == ":";
    let mut i = 0;
    while i < tokens.len() {
        let token = &tokens[i];
        let mut from_root = None;
        match token.text.as_str() {
            "crate" if is_path(i + 1) => from_root = Some(i + 3),
            "super" => {
                let mut up = 1;
                while is_path(i + 1) && text(&tokens, i + 3) == "super" {
                    (up, i) = (up + 1, i + 3);
                }
                if up >= depth && is_path(i + 1) {
                    from_root = Some(i + 3);
                }
            }
            "std" | "core" | "alloc" if pure => {
                if text(&tokens, i + 1) == "as" {
                    found.push(format!("line {}: renames {}", token.line, token.text));
                } else if is_path(i + 1) {
                    for (name, line) in first_names(&tokens, i + 3) {
                        if BANNED_STD.contains(&name.as_str()) || name == "*" {
                            found.push(format!("line {line}: names {}::{name}", token.text));
                        }
                    }
                }
            }
            word if pure && BANNED_WORDS.contains(&word) => {
                found.push(format!("line {}: names {word}", token.line));
            }
            _ => {}
        }
        if let Some(start) = from_root {
            for (name, line) in first_names(&tokens, start) {
                match place(&name) {
                    Some(other) if other > own => found.push(format!("line {line}: {room} imports {name}, which is below it")),
                    Some(_) => {}
                    None => found.push(format!("line {line}: {name} is no room of the house")),
                }
            }
        }
        i += 1;
    }
    found
}

/// The sources of a room that are not compiled for tests only, with their depth below the root.
fn sources(src: &Path, room: &str) -> Vec<(PathBuf, usize)> {
    let mut all = Vec::new();
    let single = src.join(format!("{room}.rs"));
    if single.exists() {
        all.push((single, 1));
    }
    collect(&src.join(room), 1, &mut all);
    let mut tests_only = BTreeSet::new();
    for (path, _) in &all {
        let (_, modules) = without_tests(&tokens(&std::fs::read_to_string(path).unwrap()));
        // Modules of a `mod.rs` lie beside it, of another file in the folder of its name.
        let beside = if path.ends_with("mod.rs") { path.parent().unwrap().to_owned() } else { path.with_extension("") };
        tests_only.extend(modules.iter().flat_map(|m| [beside.join(format!("{m}.rs")), beside.join(m)]));
    }
    all.retain(|(path, _)| !path.ancestors().any(|a| tests_only.contains(a)));
    all
}

fn collect(folder: &Path, depth: usize, into: &mut Vec<(PathBuf, usize)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, depth + 1, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let own = usize::from(!path.ends_with("mod.rs"));
            into.push((path, depth + own));
        }
    }
}

#[test]
fn rooms_import_only_rooms_above_and_pure_ones_stay_pure() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut read, mut found) = (0, Vec::new());
    for (room, _) in ROOMS {
        for (path, depth) in sources(&src, room) {
            read += 1;
            let source = std::fs::read_to_string(&path).unwrap();
            let name = path.strip_prefix(&src).unwrap().display().to_string();
            found.extend(violations(room, depth, &source).into_iter().map(|v| format!("src/{name}: {v}")));
        }
    }
    assert!(read > 100, "only {read} sources were read");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_list_is_that_of_the_library() {
    let lib = include_str!("../../src/lib.rs");
    let listed: Vec<(&str, bool)> = lib
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("pub mod ")?.split_once(';')?;
            Some((name, rest.contains("// pure")))
        })
        .collect();
    assert!(listed.len() >= 14, "{listed:?}");
    let known: Vec<(&str, bool)> = ROOMS.into_iter().filter(|r| listed.iter().any(|l| l.0 == r.0)).collect();
    assert_eq!(listed, known);
    // No room beside the list.
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(src).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".rs");
        assert!(matches!(stem, "lib" | "main") || listed.iter().any(|l| l.0 == stem), "src/{name} is in no list");
    }
}

#[test]
fn planted_violations_are_found() {
    for (room, source) in [
        ("wire", "use std::fs::File;"),
        ("wire", "use std::{fmt, net::UdpSocket};"),
        ("wire", "use std::{\n    collections::BTreeMap,\n    io::{self, Write},\n};"),
        ("fuse", "fn f() { std::thread::spawn(|| ()); }"),
        ("fuse", "let t = std::time::Instant::now();"),
        ("track", "use std::time::{Duration, SystemTime};"),
        ("rules", "use std as s;"),
        ("rules", "use std::*;"),
        ("sim", "let x: f64 = rand::random();"),
        ("model", "use tokio::sync::mpsc;"),
        ("model", "println!(\"{}\", 1);"),
        ("geo", "use crate::model::Timestamp;"),
        ("wire", "use crate::feed::Batch;"),
        ("wire", "use crate::{geo::Geodetic, engine::Core};"),
        ("wire", "pub use super::super::feed::Batch;"),
        ("wire", "fn f(x: crate::config::Config) {}"),
        ("feed", "use crate::capture::Writer;"),
        ("capture", "use crate::engine::{Core};"),
        ("model", "use crate::nothing::X;"),
        ("model", "#[cfg(test)] use a::{b}; use std::fs;"),
        ("model", "#[cfg(test)]\n#[allow(dead_code)]\nmod tests { fn f() { { } } }\nuse std::fs;"),
        ("model", "const A: &str = \"\\\"\"; use std::fs; const B: &str = \"\";"),
        ("model", "const Q: char = '\"'; use std::fs; const R: char = '\"';"),
        ("model", "fn f<'a>(x: &'a str) { std::fs::read(x); }"),
        ("model", "/* /* */ */ use std::fs;"),
        ("model", "const S: &str = r#\"x\"#; use std::fs;"),
    ] {
        assert_eq!(violations(room, 2, source).len(), 1, "{room}: {source}: {:?}", violations(room, 2, source));
    }
}

#[test]
fn what_does_no_harm_is_let_be() {
    for (room, source) in [
        ("wire", "// std::fs\n/// [`crate::feed`] std::net::X\n//! tokio\n/* Instant /* SystemTime */ */"),
        ("wire", "const A: &str = \"std::fs::read tokio \\\" Instant\"; const B: &[u8] = b\"rand\";"),
        ("wire", "const A: &str = r##\"std::fs \"# tokio\"##;"),
        (
            "wire",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n    use crate::feed::X;\n    fn f() { std::thread::spawn(g); }\n}",
        ),
        ("wire", "#[cfg(test)]\nuse std::io::Write;"),
        ("wire", "#[cfg(test)]\nuse std::{io::Write, fs};"),
        ("wire", "use std::{fmt, collections::BTreeMap, time::Duration};"),
        ("wire", "use crate::{geo::Geodetic, model::{Report, Site}}; use super::reader::Item; use crate::wire::Decode;"),
        ("model", "struct NoInstant; let instant = 1; let random = operand;"),
        ("cli", "use std::fs; use crate::engine::X; fn main() { println!(\"x\"); }"),
    ] {
        assert_eq!(violations(room, 2, source), Vec::<String>::new(), "{room}: {source}");
    }
}
