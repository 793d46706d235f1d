//! From a file to a checked [`Config`], or to everything that is wrong with it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, Error};

use super::fault::Fault;
use super::rule::read_rule;
use super::section::{Bounds, Reading, Section};
use super::sensor::{read_sensors, read_site};
use super::settings::{
    CaptureSettings, Config, DEFAULT_LAND_MASK, DEFAULT_LISTEN, DEFAULT_THREADS, read_fuse, read_listen, read_threads,
};
use super::{lists, zones};
use crate::fuse::{FuseSettings, Land};
use crate::geo::Coast;
use crate::model::command::LoadedSet;
use crate::rules::{Grounds, Lists, RuleSpec, Zone};

/// The rules that ship, used by a site that names none.
const DEFAULT_RULES: &str = include_str!("../../config/rules.toml");

/// Files that ship inside the program, named `builtin:…` where a configuration names a file.
const BUILTIN: [(&str, &str); 5] = [
    ("coast/daya_bay.geojson", include_str!("../../config/coast/daya_bay.geojson")),
    ("zones/daya_bay.geojson", include_str!("../../config/zones/daya_bay.geojson")),
    ("zones/daya_bay_leisure.geojson", include_str!("../../config/zones/daya_bay_leisure.geojson")),
    ("lists/daya_bay_own.toml", include_str!("../../config/lists/daya_bay_own.toml")),
    ("rules.toml", DEFAULT_RULES),
];

/// The name under which the rules that ship stand in a book of rules when the site names none.
const DEFAULT_RULES_NAME: &str = "builtin:rules.toml";

/// Where the texts of the files come from that a configuration names; keeps those of rules, zones and lists.
#[derive(Default)]
pub(super) struct Files<'a> {
    /// These and no others; else what the disk and the program have.
    kept: Option<&'a BTreeMap<String, String>>,
    taken: RefCell<BTreeMap<String, String>>,
    /// Which part asked for which.
    asked: RefCell<BTreeSet<(LoadedSet, String)>>,
}

impl<'a> Files<'a> {
    /// Texts that were kept.
    pub(super) fn kept(files: &'a BTreeMap<String, String>) -> Self {
        Self { kept: Some(files), ..Self::default() }
    }

    /// The text of a file for a part, or what is wrong in words that follow its name.
    fn read(&self, part: LoadedSet, path: &Path) -> Result<String, String> {
        let name = path.display().to_string();
        let text = match self.kept {
            Some(files) => files.get(&name).cloned().ok_or_else(|| "is not in the record".to_owned())?,
            None => read(path)?,
        };
        self.take(part, &name, &text);
        Ok(text)
    }

    /// The rules of a site that names none.
    fn default_rules(&self) -> &'a str {
        let text = self.kept.and_then(|files| files.get(DEFAULT_RULES_NAME)).map_or(DEFAULT_RULES, String::as_str);
        self.take(LoadedSet::Rules, DEFAULT_RULES_NAME, text);
        text
    }

    fn take(&self, part: LoadedSet, name: &str, text: &str) {
        self.taken.borrow_mut().insert(name.to_owned(), text.to_owned());
        self.asked.borrow_mut().insert((part, name.to_owned()));
    }
}

/// A fault with the part it is of: rules, zones or lists; `None` for all else.
type Tagged = (Option<LoadedSet>, Fault);

/// What was read, right or wrong.
pub(super) struct Parsed {
    /// The configuration, with defaults where something is wrong; `None` where the text is no TOML.
    config: Option<Config>,
    /// What is wrong.
    faults: Vec<Tagged>,
    /// Files by the part that names them.
    files: BTreeSet<(LoadedSet, String)>,
    /// Every key that the schema asked for.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds the example against them"))]
    pub(super) asked: Vec<String>,
}

impl Parsed {
    /// All of it, or every fault.
    pub(super) fn whole(self) -> Result<Config, Vec<Fault>> {
        match self.config {
            Some(config) if self.faults.is_empty() => Ok(config),
            _ => Err(self.faults.into_iter().map(|(_, fault)| fault).collect()),
        }
    }

    /// What counts for one part, or every fault of it: faults of other parts do not.
    pub(super) fn of(&self, part: LoadedSet) -> Result<&Config, Vec<Fault>> {
        let counts = |of: &Option<LoadedSet>| part == LoadedSet::All || of.is_none_or(|of| of == part);
        let faults: Vec<Fault> = self.faults.iter().filter(|(of, _)| counts(of)).map(|(_, fault)| fault.clone()).collect();
        self.config.as_ref().filter(|_| faults.is_empty()).ok_or(faults)
    }

    /// Offset of the local day, which is of no part.
    pub(super) fn utc_offset_h(&self) -> Option<f64> {
        self.config.as_ref().and_then(|config| config.grounds.utc_offset_h)
    }

    /// How many faults a part has of its own.
    pub(super) fn faults_of(&self, part: LoadedSet) -> usize {
        self.faults.iter().filter(|(of, _)| *of == Some(part)).count()
    }

    /// Texts of the files that a part names.
    pub(super) fn files_of(&self, part: LoadedSet) -> BTreeMap<String, String> {
        let named = |name: &String| self.files.contains(&(part, name.clone()));
        let files = self.config.iter().flat_map(|config| &config.files);
        files.filter(|(name, _)| named(name)).map(|(name, text)| (name.clone(), text.clone())).collect()
    }
}

/// The part that a key of the configuration itself is of.
fn part_of(key: &str) -> Option<LoadedSet> {
    match key.split(['.', '[']).next() {
        Some("rules" | "rule") => Some(LoadedSet::Rules),
        Some("zone") => Some(LoadedSet::Zones),
        Some("list") => Some(LoadedSet::Lists),
        _ => None,
    }
}

/// Reads and checks a configuration file; every fault at once.
pub fn load(path: &Path) -> Result<Config, Vec<Fault>> {
    parse(&read_configuration(path)?, path)
}

/// The text of a configuration file.
pub(super) fn read_configuration(path: &Path) -> Result<String, Vec<Fault>> {
    read(path).map_err(|what| vec![Fault { file: path.to_owned(), line: None, key: String::new(), what, mark: None }])
}

/// The same from text; `path` names it in faults, and its folder is where relative paths start.
pub fn parse(text: &str, path: &Path) -> Result<Config, Vec<Fault>> {
    parse_from(text, path, &Files::default(), None).whole()
}

/// The rules that ship.
pub fn default_rules() -> Result<Vec<RuleSpec>, Vec<Fault>> {
    parse_rules(DEFAULT_RULES, Path::new("config/rules.toml"))
}

/// The rules of one file; every fault at once.
pub fn load_rules(path: &Path) -> Result<Vec<RuleSpec>, Vec<Fault>> {
    let fault = |what| vec![Fault { file: path.to_owned(), line: None, key: String::new(), what, mark: None }];
    parse_rules(&read(path).map_err(fault)?, path)
}

/// The same from text; `path` names it in faults.
pub fn parse_rules(text: &str, path: &Path) -> Result<Vec<RuleSpec>, Vec<Fault>> {
    let mut rules = Rules::default();
    let faults = rules.read_file(path, text);
    if faults.is_empty() { Ok(rules.specs) } else { Err(faults) }
}

/// [`parse`], with the other files from elsewhere; with `zones`, lists stand on these and not on those of the text.
pub(super) fn parse_from(text: &str, path: &Path, files: &Files<'_>, zones: Option<&[Zone]>) -> Parsed {
    let reading = Reading::new(path, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        note_syntax(&reading, &errors);
        // What was recovered is full of holes: judging it would bury the mistake under its consequences.
        let faults = reading.finish().0.into_iter().map(|fault| (None, fault)).collect();
        return Parsed { config: None, faults, files: BTreeSet::new(), asked: Vec::new() };
    }
    let root = Section::new(&reading, String::new(), root.get_ref(), 0);
    root.require("site", "[site] with the name and the origin of the local plane");
    root.require("sensor", "at least one [[sensor]]");

    let site = root.table("site");
    let name_and_origin = site.as_ref().and_then(read_site);
    let utc_offset_h = site.as_ref().and_then(|s| s.number("utc_offset_h", Bounds::new(-12.0, 14.0, "hours")));
    site.into_iter().for_each(Section::finish);
    let site = read_sensors(name_and_origin, root.tables("sensor").unwrap_or_default());
    let units = super::unit::read_units(root.tables("unit").unwrap_or_default());
    let capture = read_section(&root, "capture", CaptureSettings::read).unwrap_or_default();
    let (mut fuse, land_mask) =
        read_section(&root, "track", read_fuse).unwrap_or_else(|| (FuseSettings::default(), DEFAULT_LAND_MASK));
    let threads = read_section(&root, "engine", read_threads).unwrap_or(DEFAULT_THREADS);
    let listen = read_section(&root, "console", read_listen).unwrap_or_else(|| DEFAULT_LISTEN.to_owned());

    let mut other_files = Vec::new();
    let mut grounds = read_grounds(&root, files, zones, &mut other_files);
    grounds.utc_offset_h = utc_offset_h.map(Spanned::into_inner);
    fuse.land = grounds.coast.clone().filter(|_| land_mask).map(Land::new);

    let mut rules = Rules::default();
    for name in root.strings("rules").into_iter().flatten() {
        let file = reading.folder().join(name.get_ref());
        match files.read(LoadedSet::Rules, &file) {
            Ok(text) => other_files.extend(of(LoadedSet::Rules, rules.read_file(&file, &text))),
            Err(what) => root.fault_at(&name, "rules", format!("\"{}\" {what}", name.get_ref())),
        }
    }
    for section in root.tables("rule").into_iter().flatten() {
        rules.read(&reading, section);
    }
    let names_rules = root.has("rules") || root.has("rule");
    root.finish();

    let (faults, asked) = reading.finish();
    let mut faults: Vec<_> = faults.into_iter().map(|fault| (part_of(&fault.key), fault)).collect();
    faults.extend(other_files);
    if !names_rules {
        match parse_rules(files.default_rules(), Path::new("config/rules.toml")) {
            Ok(specs) => rules.specs = specs,
            Err(more) => faults.extend(of(LoadedSet::Rules, more)),
        }
    }
    let config = Config {
        path: path.to_owned(),
        text: text.to_owned(),
        files: files.taken.take(),
        site,
        fuse,
        threads,
        rules: rules.specs,
        grounds,
        units,
        capture,
        listen,
    };
    Parsed { config: Some(config), faults, files: files.asked.take(), asked: asked.into_iter().collect() }
}

fn of(part: LoadedSet, faults: Vec<Fault>) -> impl Iterator<Item = Tagged> {
    faults.into_iter().map(move |fault| (Some(part), fault))
}

/// `coast`, `[[zone]]` and `[[list]]`: the files that they name. Faults of these go to `others`.
fn read_grounds(root: &Section<'_>, files: &Files<'_>, given: Option<&[Zone]>, others: &mut Vec<Tagged>) -> Grounds {
    let folder = root.reading().folder();
    // What was kept has no chart.
    let coast = root.string("coast").filter(|_| files.kept.is_none()).and_then(|name| {
        let file = folder.join(name.get_ref());
        let coast = read(&file).and_then(|text| Coast::from_geojson(&text).map_err(|e| e.to_string()));
        coast.map_err(|what| root.fault_at(&name, "coast", format!("\"{}\" {what}", name.get_ref()))).ok().map(Arc::new)
    });
    let text_of = |part, at: usize, key: &str, name: &str| -> Option<(PathBuf, String)> {
        let file = folder.join(name);
        match files.read(part, &file) {
            Ok(text) => Some((file, text)),
            Err(what) => {
                root.reading().fault(at, key, format!("\"{name}\" {what}"));
                None
            }
        }
    };
    let mut found = Vec::new();
    for (i, section) in root.tables("zone").into_iter().flatten().enumerate() {
        let Some((at, name, defaults)) = zones::read_table(section) else { continue };
        let Some((file, text)) = text_of(LoadedSet::Zones, at, &format!("zone[{i}].file"), &name) else { continue };
        match zones::parse(&text, &file, &defaults) {
            Ok(zones) => found.extend(zones.into_iter().map(|zone| (file.clone(), zone))),
            Err(faults) => others.extend(of(LoadedSet::Zones, faults)),
        }
    }
    others.extend(of(LoadedSet::Zones, zones::twice(&found)));
    let zones: Vec<_> = found.into_iter().map(|(_, zone)| zone).collect();
    let mut entries = Vec::new();
    for (i, section) in root.tables("list").into_iter().flatten().enumerate() {
        let Some((at, name, kind)) = lists::read_table(section) else { continue };
        let Some((file, text)) = text_of(LoadedSet::Lists, at, &format!("list[{i}].file"), &name) else { continue };
        match lists::parse(&text, &file, kind, given.unwrap_or(&zones)) {
            // Entries of all lists are told by numbers of sixteen bits: one beyond would stand for another.
            Ok(list) if entries.len() + list.len() > usize::from(u16::MAX) => {
                let what = format!("with \"{name}\" there are more than {} entries in all lists", u16::MAX);
                root.reading().fault(at, format!("list[{i}].file"), what);
            }
            Ok(list) => entries.extend(list),
            Err(faults) => others.extend(of(LoadedSet::Lists, faults)),
        }
    }
    Grounds { zones, lists: Lists::new(entries), coast, utc_offset_h: None }
}

/// A file's text, or what is wrong in words that follow its name.
fn read(path: &Path) -> Result<String, String> {
    if let Some((_, name)) = path.to_str().and_then(|p| p.rsplit_once("builtin:")) {
        let found = BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        let known = BUILTIN.map(|(name, _)| format!("builtin:{name}")).join(", ");
        return found.ok_or_else(|| format!("is not built in; there are {known}"));
    }
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

pub(super) fn note_syntax(reading: &Reading<'_>, errors: &[Error]) {
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
