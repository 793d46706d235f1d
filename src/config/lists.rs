//! `[[list]]`: watch list, registered boats and own forces, from TOML or CSV.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::DeTable;

use super::answer::{AnswerText, answer, date};
use super::fault::Fault;
use super::section::{Reading, Section};
use crate::model::{EvidenceValue, Mmsi, Severity};
use crate::rules::{Entry, Hours, Keys, ListKind, Zone, nearest};

/// Columns of an entry.
const KEYS: [&str; 16] = [
    "label",
    "mmsi",
    "imo",
    "name",
    "callsign",
    "beidou",
    "hull_mark",
    "person",
    "severity",
    "corridors",
    "hours",
    "from",
    "owner",
    "approved_by",
    "reason",
    "expires",
];
/// The most entries of a file.
const MOST_ENTRIES: usize = 20_000;

/// Reads one `[[list]]`: the file's name with the byte where it stands, and which list it is.
pub(super) fn read_table(section: Section<'_>) -> Option<(usize, String, ListKind)> {
    section.require("file", "a TOML file with [[entry]] tables, or a CSV file");
    section.require("kind", "\"watch\", \"registered\" or \"own\"");
    let kinds = [ListKind::Watch, ListKind::Registered, ListKind::Own].map(|k| (k.word(), k));
    let (file, kind) = (section.string("file"), section.word("kind", &kinds));
    section.finish();
    let file = file?;
    Some((file.span().start, (*file.get_ref()).to_owned(), kind?.into_inner()))
}

/// An entry as written: its line, and key → text.
type Row = (usize, BTreeMap<String, String>);

/// Entries of a file; every fault with its line.
pub(super) fn parse(text: &str, path: &Path, kind: ListKind, zones: &[Zone]) -> Result<Vec<Entry>, Vec<Fault>> {
    let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let rows = if csv { csv_rows(text, path) } else { toml_rows(text, path) }?;
    let fault = |line: usize, key: &str, what: String| Fault {
        file: path.to_owned(),
        line: Some(line),
        key: key.to_owned(),
        what,
        mark: None,
    };
    let mut faults = Vec::new();
    if rows.len() > MOST_ENTRIES {
        faults.push(fault(1, "", format!("more than {MOST_ENTRIES} entries")));
    }
    let (mut entries, mut mmsis) = (Vec::new(), BTreeMap::new());
    for (line, row) in rows {
        match read_entry(&row, kind, zones) {
            Ok(entry) => {
                if let Some(mmsi) = entry.keys.mmsi
                    && let Some(earlier) = mmsis.insert(mmsi, line)
                {
                    faults.push(fault(line, "mmsi", format!("{mmsi} is already on this list, at line {earlier}")));
                }
                entries.push(entry);
            }
            Err(wrong) => faults.extend(wrong.into_iter().map(|(key, what)| fault(line, key, what))),
        }
    }
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

fn read_entry(row: &BTreeMap<String, String>, list: ListKind, zones: &[Zone]) -> Result<Entry, Vec<(&'static str, String)>> {
    let mut faults: Vec<(&'static str, String)> = Vec::new();
    let text = |key: &str| row.get(key).map(|s| s.trim()).filter(|s| !s.is_empty()).map(str::to_owned);
    let mut read = |key: &'static str, expected: &str, ok: &dyn Fn(&str) -> bool| {
        let value = text(key)?;
        if ok(&value) {
            return Some(value);
        }
        faults.push((key, format!("\"{value}\" is not {expected}")));
        None
    };
    let nine_digits = |s: &str| s.len() == 9 && s.bytes().all(|b| b.is_ascii_digit());
    let mmsi = read("mmsi", "an MMSI of nine digits", &nine_digits).and_then(|s| s.parse().ok()).map(Mmsi);
    let imo = read("imo", "an IMO number of seven digits with its check digit", &imo_fits).and_then(|s| s.parse().ok());
    let severity = read("severity", "a severity from 1 to 4", &|s| matches!(s, "1" | "2" | "3" | "4"));
    let severity = severity.and_then(|s| Severity::new(s.parse().ok()?));
    let hours = read("hours", "\"06:00-19:30\"", &|s| Hours::parse(s).is_some()).and_then(|s| Hours::parse(&s));
    let from = read("from", "a date, as 2027-01-31 or 2027-01-31T10:00:00Z", &|s| date(s).is_some()).and_then(|s| date(&s));
    let corridors: Vec<String> = text("corridors")
        .map(|s| s.split([';', ',']).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect())
        .unwrap_or_default();
    for id in corridors.iter().filter(|id| !zones.iter().any(|z| z.id == **id)) {
        let hint =
            nearest(id, zones.iter().map(|z| z.id.as_str())).map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
        faults.push(("corridors", format!("there is no zone \"{id}\"{hint}")));
    }
    // Compared by letters and digits alone, so it would be a key that no craft has.
    for key in ["name", "callsign", "beidou", "hull_mark"] {
        if let Some(value) = text(key).filter(|s| !s.chars().any(char::is_alphanumeric)) {
            faults.push((key, format!("\"{value}\" has neither letter nor digit; leave it empty where there is none")));
        }
    }
    let keys = Keys {
        mmsi,
        imo,
        name: text("name"),
        callsign: text("callsign"),
        beidou: text("beidou"),
        hull_mark: text("hull_mark"),
        person: text("person"),
    };
    if keys.is_empty() && faults.is_empty() {
        let by_place = list == ListKind::Own && !corridors.is_empty() && from.is_some();
        if !by_place {
            let what =
                "no key; give one of mmsi, imo, name, callsign, beidou, hull_mark, person (own forces: or corridors and from)";
            faults.push(("mmsi", what.to_owned()));
        }
    }
    let written =
        AnswerText { owner: text("owner"), approved_by: text("approved_by"), reason: text("reason"), expires: text("expires") };
    match answer(&written, true, list.suppresses()) {
        Ok(answer) if faults.is_empty() => {
            let label = text("label").or_else(|| keys.name.clone()).or_else(|| keys.mmsi.map(|m| m.to_string()));
            let label =
                label.or_else(|| keys.hull_mark.clone()).or_else(|| keys.beidou.clone()).unwrap_or_else(|| "?".to_owned());
            Ok(Entry { list, label, keys, severity: severity.unwrap_or_default(), corridors, hours, from, answer })
        }
        Ok(_) => Err(faults),
        Err(wrong) => {
            faults.extend(wrong);
            Err(faults)
        }
    }
}

/// IMO numbers end in a check digit: the other six, weighed 7 to 2, sum to it modulo 10 (IMO A.1117(30)).
fn imo_fits(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let [body @ .., check] = &digits[..] else { return false };
    text.len() == 7 && digits.len() == 7 && body.iter().zip((2..=7).rev()).map(|(d, w)| d * w).sum::<u32>() % 10 == *check
}

fn toml_rows(text: &str, path: &Path) -> Result<Vec<Row>, Vec<Fault>> {
    let reading = Reading::new(path, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut rows = Vec::new();
    if errors.is_empty() {
        let root = Section::new(&reading, String::new(), root.get_ref(), 0);
        for (at, values) in root.free_tables("entry") {
            let mut row = BTreeMap::new();
            for (key, at, value) in values {
                known(&key).unwrap_or_else(|what| reading.fault(at, format!("entry.{key}"), what));
                let text = match value {
                    EvidenceValue::Number(n) => format!("{n}"),
                    EvidenceValue::Text(text) => text,
                    EvidenceValue::Flag(flag) => flag.to_string(),
                    EvidenceValue::Unknown => String::new(),
                };
                row.insert(key, text);
            }
            rows.push((reading.line(at), row));
        }
        root.finish();
    } else {
        super::load::note_syntax(&reading, &errors);
    }
    let (faults, _) = reading.finish();
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

fn csv_rows(text: &str, path: &Path) -> Result<Vec<Row>, Vec<Fault>> {
    let fault =
        |line: usize, what: String| Fault { file: path.to_owned(), line: Some(line), key: String::new(), what, mark: None };
    let mut lines =
        text.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    let Some((at, header)) = lines.next() else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    let header = cells(header).unwrap_or_default();
    for key in &header {
        if let Err(what) = known(key) {
            faults.push(fault(at, format!("column \"{key}\": {what}")));
        }
    }
    let mut rows = Vec::new();
    for (line, text) in lines {
        match cells(text) {
            Some(cells) if cells.len() == header.len() => rows.push((line, header.iter().cloned().zip(cells).collect())),
            Some(cells) => faults.push(fault(line, format!("{} cells under {} columns", cells.len(), header.len()))),
            None => faults.push(fault(line, "a quote is not closed".to_owned())),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}

/// Cells of a line of CSV (RFC 4180, without line breaks in cells).
fn cells(line: &str) -> Option<Vec<String>> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    cells.push(cell.trim().to_owned());
    (!quoted).then_some(cells)
}

fn known(key: &str) -> Result<(), String> {
    if KEYS.contains(&key) {
        return Ok(());
    }
    let hint = nearest(key, KEYS.into_iter())
        .map_or_else(|| format!("; expected {}", KEYS.join(", ")), |n| format!("; did you mean \"{n}\"?"));
    Err(format!("unknown key{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imo_numbers_have_their_check_digit() {
        // 9074729 is the number that IMO A.1117(30) works through.
        assert!(imo_fits("9074729"));
        assert!(!imo_fits("9074728") && !imo_fits("907472") && !imo_fits("90747x9"));
    }

    #[test]
    fn csv_cells_may_hold_commas_and_quotes() {
        assert_eq!(cells(r#"a,"b, ""c""", d"#), Some(vec!["a".to_owned(), "b, \"c\"".to_owned(), "d".to_owned()]));
        assert_eq!(cells("a,\"b"), None);
    }

    fn list(kind: ListKind, text: &str, file: &str) -> Result<Vec<Entry>, Vec<String>> {
        parse(text, Path::new(file), kind, &[]).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn toml_and_csv_say_the_same() {
        let toml = "[[entry]]\nname = \"YUE HUI 1\"\nmmsi = \"412000010\"\nowner = \"Li\"\nreason = \"seen\"\nexpires = \"2030-01-01\"\nseverity = 4\n";
        let csv = "name,mmsi,owner,reason,expires,severity\nYUE HUI 1,412000010,Li,seen,2030-01-01,4\n";
        let entries = list(ListKind::Watch, toml, "w.toml").unwrap();
        assert_eq!(entries, list(ListKind::Watch, csv, "w.csv").unwrap());
        assert_eq!((entries[0].label.as_str(), entries[0].severity.level()), ("YUE HUI 1", 4));
    }

    #[test]
    fn one_person_alone_silences_nothing() {
        let own = |second: &str| {
            format!("[[entry]]\nmmsi = \"412000010\"\nowner = \"Li\"\nreason = \"patrol\"\nexpires = \"2030-01-01\"\n{second}")
        };
        let wrong = list(ListKind::Own, &own(""), "o.toml").unwrap_err();
        assert_eq!(wrong, ["o.toml:1: approved_by: missing; what keeps rules silent needs a second person"]);
        let wrong = list(ListKind::Registered, &own("approved_by = \"LI\""), "o.toml").unwrap_err();
        assert_eq!(wrong, ["o.toml:1: approved_by: \"LI\" is the owner; the second person must be another"]);
        assert!(list(ListKind::Own, &own("approved_by = \"Wang\""), "o.toml").is_ok());
        assert!(list(ListKind::Watch, &own(""), "o.toml").is_ok());
    }

    #[test]
    fn a_key_of_signs_alone_is_told() {
        let csv = "mmsi,callsign,owner,reason,expires\n412000010,-,Li,seen,2030-01-01\n412000020,,Li,seen,2030-01-01\n";
        let wrong = list(ListKind::Watch, csv, "w.csv").unwrap_err();
        assert_eq!(wrong, ["w.csv:2: callsign: \"-\" has neither letter nor digit; leave it empty where there is none"]);
    }

    #[test]
    fn all_faults_of_a_list_come_at_once() {
        let csv = "mmsi,imo,owner,reason,expires,corridors\n41200001,9074728,Li,seen,2030-01-01,\n412000010,,,seen,soon,\n,,Li,x,2030-01-01,\n412000010,,Li,x,2030-01-01,lane\n";
        let wrong = list(ListKind::Watch, csv, "w.csv").unwrap_err();
        let places: Vec<&str> = wrong.iter().filter_map(|f| f.split(": ").take(2).last()).collect();
        assert_eq!(places, ["mmsi", "imo", "owner", "expires", "mmsi", "corridors"], "{wrong:#?}");
    }
}
