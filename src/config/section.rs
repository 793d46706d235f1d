//! Reading one table of a TOML document: every access notes the key, every mistake becomes a [`Fault`] with its line.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;
use crate::model::EvidenceValue;
use crate::rules::nearest;

/// One file being read, with what was found wrong in it so far.
pub(super) struct Reading<'a> {
    file: &'a Path,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
    /// Keys that the code asked for, with array indices left out, as `sensor[].feed`.
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Reading<'a> {
    /// Nothing is wrong yet.
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, faults: RefCell::default(), asked: RefCell::default() }
    }

    /// The folder that relative paths in the file start from.
    pub(super) fn folder(&self) -> &'a Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// The file's name, as it was given.
    pub(super) fn file_name(&self) -> std::path::Display<'a> {
        self.file.display()
    }

    /// The file's text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The 1-based line of a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count()
    }

    /// Notes a fault at a byte of the file and shows the line with a mark under it.
    pub(super) fn fault_marked(&self, at: usize, key: impl Into<String>, what: impl Into<String>) {
        self.fault(at, key, what);
        let from = self.text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |n| n + 1));
        let line = self.text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let column = self.text.get(from..at).map_or(0, |before| before.chars().count());
        if let Some(fault) = self.faults.borrow_mut().last_mut() {
            fault.mark = Some((line.to_owned(), column));
        }
    }

    /// Notes a fault at a byte of the file.
    pub(super) fn fault(&self, at: usize, key: impl Into<String>, what: impl Into<String>) {
        let line = Some(self.line(at));
        self.faults.borrow_mut().push(Fault {
            file: self.file.to_owned(),
            line,
            key: key.into(),
            what: what.into(),
            mark: None,
        });
    }

    /// Everything found wrong, in the order of the lines, and every key asked for.
    pub(super) fn finish(self) -> (Vec<Fault>, BTreeSet<String>) {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|f| f.line);
        (faults, self.asked.into_inner())
    }
}

/// What a number must be within.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    low: f64,
    high: f64,
    /// `low` itself is not allowed.
    above: bool,
    unit: &'static str,
}

impl Bounds {
    /// From `low` to `high`, both allowed.
    pub(super) const fn new(low: f64, high: f64, unit: &'static str) -> Self {
        Self { low, high, above: false, unit }
    }

    /// More than `low`, up to `high`.
    pub(super) const fn above(low: f64, high: f64, unit: &'static str) -> Self {
        Self { low, high, above: true, unit }
    }

    fn holds(self, n: f64) -> bool {
        n <= self.high && if self.above { n > self.low } else { n >= self.low }
    }

    fn expected(self) -> String {
        let Self { low, high, above, unit } = self;
        if above { format!("{unit} above {low}, up to {high}") } else { format!("{unit} from {low} to {high}") }
    }
}

/// A value under a name of the user's own: the name, the byte where the value stands, the value.
pub(super) type Written = (String, usize, EvidenceValue);

/// One table. Ask for its keys, then [`finish`](Self::finish): what was not asked for is unknown.
pub(super) struct Section<'a> {
    reading: &'a Reading<'a>,
    path: String,
    table: &'a DeTable<'a>,
    at: usize,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    /// The table at `path` (empty for the whole file), whose header is at byte `at`.
    pub(super) fn new(reading: &'a Reading<'a>, path: String, table: &'a DeTable<'a>, at: usize) -> Self {
        Self { reading, path, table, at, known: RefCell::default() }
    }

    /// The path of a key in this table.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The path of the table itself.
    pub(super) fn path_name(&self) -> &str {
        &self.path
    }

    /// The file.
    pub(super) fn reading(&self) -> &'a Reading<'a> {
        self.reading
    }

    /// Whether the key is there, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A fault of the table as a whole.
    pub(super) fn fault(&self, key: &str, what: impl Into<String>) {
        let key = if key.is_empty() { self.path.clone() } else { self.key(key) };
        self.reading.fault(self.at, key, what);
    }

    /// A fault at a value.
    pub(super) fn fault_at<T>(&self, value: &Spanned<T>, key: &str, what: impl Into<String>) {
        self.reading.fault(value.span().start, self.key(key), what);
    }

    /// A fault where the key is written.
    pub(super) fn fault_at_key(&self, key: &str, what: impl Into<String>) {
        let at = self.table.get(key).map_or(self.at, |v| v.span().start);
        self.reading.fault(at, self.key(key), what);
    }

    /// A fault if the key is absent; `what` says what belongs there.
    pub(super) fn require(&self, key: &'static str, what: &str) {
        if !self.has(key) {
            self.fault(key, format!("missing; {what}"));
        }
    }

    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().push(key);
        self.reading.asked.borrow_mut().insert(without_indices(&self.key(key)));
        self.table.get(key)
    }

    fn wrong_type(&self, value: &Spanned<DeValue<'_>>, key: &str, expected: &str) {
        self.fault_at(value, key, format!("expected {expected}, found {}", described(value.get_ref())));
    }

    /// A string that is not empty.
    pub(super) fn string(&self, key: &'static str) -> Option<Spanned<&'a str>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(s) if s.trim().is_empty() => {
                self.fault_at(value, key, "is empty");
                None
            }
            DeValue::String(s) => Some(Spanned::new(value.span(), s.as_ref())),
            _ => {
                self.wrong_type(value, key, "a string in quotes");
                None
            }
        }
    }

    /// A path; one that is relative starts from the folder of the file.
    pub(super) fn path(&self, key: &'static str) -> Option<PathBuf> {
        self.string(key).map(|s| self.reading.folder().join(s.get_ref()))
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<Spanned<T>> {
        let found = self.string(key)?;
        if let Some(&(_, value)) = words.iter().find(|(word, _)| word == found.get_ref()) {
            return Some(Spanned::new(found.span(), value));
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let list = all.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(found.get_ref(), all.iter().copied());
        self.fault_at(&found, key, format!("\"{}\" is none of {list}{hint}", found.get_ref()));
        None
    }

    /// A number within bounds; whole numbers count.
    pub(super) fn number(&self, key: &'static str, bounds: Bounds) -> Option<Spanned<f64>> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|i| i as f64),
            DeValue::Float(f) => f.as_str().parse::<f64>().ok(),
            _ => {
                self.wrong_type(value, key, "a number");
                return None;
            }
        };
        match number {
            Some(n) if bounds.holds(n) => Some(Spanned::new(value.span(), n)),
            _ => {
                let found = self.reading.text.get(value.span()).unwrap_or("the number");
                self.fault_at(value, key, format!("{found} is out of range: expected {}", bounds.expected()));
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, key: &'static str, range: Range<u32>) -> Option<Spanned<u32>> {
        let value = self.get(key)?;
        let expected = || format!("a whole number from {} to {}", range.start, range.end - 1);
        let DeValue::Integer(i) = value.get_ref() else {
            self.wrong_type(value, key, &expected());
            return None;
        };
        match i64::from_str_radix(i.as_str(), i.radix()).ok().and_then(|i| u32::try_from(i).ok()) {
            Some(n) if range.contains(&n) => Some(Spanned::new(value.span(), n)),
            _ => {
                self.fault_at(value, key, format!("{i} is out of range: expected {}", expected()));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Option<Spanned<bool>> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(Spanned::new(value.span(), *flag));
        }
        self.wrong_type(value, key, "true or false");
        None
    }

    /// A calendar date without a time, as `2027-01-31`: year, month, day.
    pub(super) fn date(&self, key: &'static str) -> Option<Spanned<(u16, u8, u8)>> {
        let value = self.get(key)?;
        if let DeValue::Datetime(toml::value::Datetime { date: Some(d), time: None, offset: None }) = value.get_ref() {
            return Some(Spanned::new(value.span(), (d.year, d.month, d.day)));
        }
        self.wrong_type(value, key, "a date without quotes, as 2027-01-31");
        None
    }

    /// A list of strings.
    pub(super) fn strings(&self, key: &'static str) -> Option<Vec<Spanned<&'a str>>> {
        let value = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, "a list of strings");
            return None;
        };
        let mut strings = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(s) => strings.push(Spanned::new(item.span(), s.as_ref())),
                other => self.fault_at(item, key, format!("expected a string in quotes, found {}", described(other))),
            }
        }
        Some(strings)
    }

    /// A table under this one.
    pub(super) fn table(&self, key: &'static str) -> Option<Section<'a>> {
        let value = self.get(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Section::new(self.reading, self.key(key), table, value.span().start));
        }
        self.wrong_type(value, key, "a table");
        None
    }

    /// A table whose keys are the user's own: names, the bytes where their values stand, values. Numbers, words, flags and lists of
    /// words (joined by commas).
    pub(super) fn free_table(&self, key: &'static str) -> Vec<Written> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, key, "a table, as { v_fast_kn = 25.0 }");
            return Vec::new();
        };
        self.free_values(key, table)
    }

    /// A list of such tables, each with the byte where it begins.
    pub(super) fn free_tables(&self, key: &'static str) -> Vec<(usize, Vec<Written>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, "a list of tables, as [{ sog_kn = 30.0 }]");
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(table) => found.push((item.span().start, self.free_values(key, table))),
                other => self.fault_at(item, key, format!("expected a table, found {}", described(other))),
            }
        }
        found
    }

    fn free_values(&self, key: &str, table: &DeTable<'_>) -> Vec<Written> {
        let mut values = Vec::new();
        for (name, value) in table.iter() {
            let read = match value.get_ref() {
                DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|i| EvidenceValue::Number(i as f64)),
                DeValue::Float(f) => f.as_str().parse().ok().filter(|f: &f64| f.is_finite()).map(EvidenceValue::Number),
                DeValue::Boolean(flag) => Some(EvidenceValue::Flag(*flag)),
                DeValue::String(s) => Some(EvidenceValue::Text(s.to_string())),
                DeValue::Array(items) => {
                    let word = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
                    items.iter().map(word).collect::<Option<Vec<_>>>().map(|words| EvidenceValue::Text(words.join(",")))
                }
                _ => None,
            };
            match read {
                Some(read) => values.push((name.get_ref().to_string(), value.span().start, read)),
                None => {
                    let what = format!("expected a number, a word, true or false, found {}", described(value.get_ref()));
                    self.reading.fault(value.span().start, format!("{}.{}", self.key(key), name.get_ref()), what);
                }
            }
        }
        values
    }

    /// The tables `[[key]]`; `None` where there is none.
    pub(super) fn tables(&self, key: &'static str) -> Option<Vec<Section<'a>>> {
        let value = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, &format!("tables under [[{key}]]"));
            return None;
        };
        let mut sections = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let path = format!("{}[{i}]", self.key(key));
            match item.get_ref() {
                DeValue::Table(table) => sections.push(Section::new(self.reading, path, table, item.span().start)),
                other => {
                    self.reading.fault(item.span().start, path, format!("expected a table, found {}", described(other)));
                }
            }
        }
        Some(sections)
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let hint = did_you_mean(name, known.iter().copied().filter(|k| !self.has(k)));
            let what = if hint.is_empty() {
                let mut free: Vec<&str> = known.iter().copied().filter(|k| !self.has(k)).collect();
                free.sort_unstable();
                if free.is_empty() { "unknown key".to_owned() } else { format!("unknown key; expected {}", free.join(", ")) }
            } else {
                format!("unknown key{hint}")
            };
            self.reading.fault(key.span().start, self.key(name), what);
        }
    }
}

/// `; did you mean "…"?`, or nothing where no word is near.
fn did_you_mean<'w>(found: &str, words: impl Iterator<Item = &'w str>) -> String {
    nearest(found, words).map_or_else(String::new, |word| format!("; did you mean \"{word}\"?"))
}

/// A value as a person would name it.
fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(s) => format!("the string \"{s}\""),
        DeValue::Integer(i) => format!("the number {i}"),
        DeValue::Float(f) => format!("the number {f}"),
        DeValue::Boolean(b) => format!("{b}"),
        DeValue::Datetime(d) => format!("the date {d}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// `sensor[2].feed` → `sensor[].feed`.
fn without_indices(path: &str) -> String {
    path.chars().filter(|c| !c.is_ascii_digit()).collect()
}
