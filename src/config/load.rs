//! From a file to a checked [`Config`], or to everything that is wrong with it.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, Error};

use super::fault::Fault;
use super::rule::read_rule;
use super::section::{Reading, Section};
use super::sensor::{read_sensors, read_site};
use super::settings::{CaptureSettings, Config, DEFAULT_LISTEN, DEFAULT_THREADS, read_fuse, read_listen, read_threads};
use crate::fuse::FuseSettings;
use crate::rules::RuleSpec;

/// The rules that ship, used by a site that names none.
const DEFAULT_RULES: &str = include_str!("../../config/rules.toml");

/// Reads and checks a configuration file; every fault at once.
pub fn load(path: &Path) -> Result<Config, Vec<Fault>> {
    let text = read(path).map_err(|what| vec![Fault { file: path.to_owned(), line: None, key: String::new(), what }])?;
    parse(&text, path)
}

/// The same from text; `path` names it in faults, and its folder is where relative paths start.
pub fn parse(text: &str, path: &Path) -> Result<Config, Vec<Fault>> {
    parse_noting(text, path).0
}

/// The rules that ship.
pub fn default_rules() -> Result<Vec<RuleSpec>, Vec<Fault>> {
    let mut rules = Rules::default();
    let faults = rules.read_file(Path::new("config/rules.toml"), DEFAULT_RULES);
    if faults.is_empty() { Ok(rules.specs) } else { Err(faults) }
}

/// The rules of one file; every fault at once.
pub fn load_rules(path: &Path) -> Result<Vec<RuleSpec>, Vec<Fault>> {
    let text = read(path).map_err(|what| vec![Fault { file: path.to_owned(), line: None, key: String::new(), what }])?;
    let mut rules = Rules::default();
    let faults = rules.read_file(path, &text);
    if faults.is_empty() { Ok(rules.specs) } else { Err(faults) }
}

/// [`parse`], with the keys that the schema asked for.
pub(super) fn parse_noting(text: &str, path: &Path) -> (Result<Config, Vec<Fault>>, Vec<String>) {
    let reading = Reading::new(path, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        note_syntax(&reading, &errors);
        // What was recovered is full of holes: judging it would bury the mistake under its consequences.
        return (Err(reading.finish().0), Vec::new());
    }
    let root = Section::new(&reading, String::new(), root.get_ref(), 0);
    root.require("site", "[site] with the name and the origin of the local plane");
    root.require("sensor", "at least one [[sensor]]");

    let site = root.table("site");
    let name_and_origin = site.as_ref().and_then(read_site);
    site.into_iter().for_each(Section::finish);
    let (name, origin) = name_and_origin.unwrap_or_default();
    let site = read_sensors(name, origin, root.tables("sensor").unwrap_or_default());
    let units = super::unit::read_units(root.tables("unit").unwrap_or_default());
    let capture = read_section(&root, "capture", CaptureSettings::read).unwrap_or_default();
    let fuse = read_section(&root, "track", read_fuse).unwrap_or_else(FuseSettings::default);
    let threads = read_section(&root, "engine", read_threads).unwrap_or(DEFAULT_THREADS);
    let listen = read_section(&root, "console", read_listen).unwrap_or_else(|| DEFAULT_LISTEN.to_owned());

    let mut rules = Rules::default();
    let mut other_files = Vec::new();
    for name in root.strings("rules").into_iter().flatten() {
        let file = reading.folder().join(name.get_ref());
        match read(&file) {
            Ok(text) => other_files.extend(rules.read_file(&file, &text)),
            Err(what) => root.fault_at(&name, "rules", format!("\"{}\" {what}", name.get_ref())),
        }
    }
    for section in root.tables("rule").into_iter().flatten() {
        rules.read(&reading, section);
    }
    let names_rules = root.has("rules") || root.has("rule");
    root.finish();

    let (mut faults, asked) = reading.finish();
    faults.extend(other_files);
    if !names_rules {
        match default_rules() {
            Ok(specs) => rules.specs = specs,
            Err(more) => faults.extend(more),
        }
    }
    let config = Config { text: text.to_owned(), site, fuse, threads, rules: rules.specs, units, capture, listen };
    (if faults.is_empty() { Ok(config) } else { Err(faults) }, asked.into_iter().collect())
}

/// A file's text, or what is wrong in words that follow its name.
fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    // Editors of some systems begin a file with a byte order mark; TOML 1.1 lets a parser skip it.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).to_owned();
    String::from_utf8(bytes).map_err(|error| format!("is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
}

fn read_section<'a, T>(root: &Section<'a>, key: &'static str, read: impl Fn(&Section<'a>) -> T) -> Option<T> {
    let section = root.table(key)?;
    let value = read(&section);
    section.finish();
    Some(value)
}

fn note_syntax(reading: &Reading<'_>, errors: &[Error]) {
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reading.fault(at, "", format!("not TOML: {}", error.message().trim().replace('\n', ", ")));
    }
}

/// Rules of all files. No two may share an id.
#[derive(Default)]
struct Rules {
    specs: Vec<RuleSpec>,
    places: BTreeMap<String, String>,
}

impl Rules {
    fn read(&mut self, reading: &Reading<'_>, section: Section<'_>) {
        let key = section.key("id");
        let Some((at, spec)) = read_rule(section) else { return };
        let place = format!("{}:{}", reading.file_name(), reading.line(at));
        if let Some(earlier) = self.places.get(&spec.id) {
            reading.fault(at, key, format!("\"{}\" is already the id of the rule at {earlier}", spec.id));
            return;
        }
        self.places.insert(spec.id.clone(), place);
        self.specs.push(spec);
    }

    fn read_file(&mut self, path: &Path, text: &str) -> Vec<Fault> {
        let reading = Reading::new(path, text);
        let (root, errors): (Spanned<DeTable<'_>>, _) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            let root = Section::new(&reading, String::new(), root.get_ref(), 0);
            root.require("rule", "at least one [[rule]]");
            for section in root.tables("rule").into_iter().flatten() {
                self.read(&reading, section);
            }
            root.finish();
        } else {
            note_syntax(&reading, &errors);
        }
        reading.finish().0
    }
}
