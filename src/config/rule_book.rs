//! All that alerts are decided by, as text: the configuration with the rules, zones and lists that it names. It goes into the record, so
//! that an old alert is decided again by the rules of its day.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::load::{Files, Parsed, parse_from, read_configuration};
use super::settings::Config;
use crate::model::command::LoadedSet;
use crate::rules::{Grounds, RuleSpec, Zone};

/// What can be read again alone.
const PARTS: [LoadedSet; 3] = [LoadedSet::Rules, LoadedSet::Zones, LoadedSet::Lists];

/// Texts of a configuration and of the files it names. The chart (`coast`) is not among them: it is large, and hardly ever changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleBook {
    /// The configuration's file, as it was named.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Text of each other file by the name under which the configuration led to it; those that ship inside the program too, because
    /// another program ships others.
    pub files: BTreeMap<String, String>,
    /// Rules, zones or lists that were read again alone: theirs are these texts and not those above.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<LoadedSet, Texts>,
}

/// Where a part of a book comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// The configuration's file.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The files it names for this part.
    pub files: BTreeMap<String, String>,
}

/// Of one part of a site's files, read again alone.
#[derive(Clone, Debug)]
pub struct NewPart {
    /// The configuration as its file is now, with rules, zones and lists as the book has them.
    pub config: Config,
    /// The book that was in force, with the part as it is now.
    pub book: RuleBook,
    /// In words, what differs in the parts that were not asked for.
    pub notes: Vec<String>,
}

impl RuleBook {
    /// Of a configuration, as it was read.
    pub fn of(config: &Config) -> Self {
        Self {
            path: config.path.display().to_string(),
            text: config.text.clone(),
            files: config.files.clone(),
            parts: BTreeMap::new(),
        }
    }

    /// This book with one part as the configuration at `path` has it now. What is wrong in the other parts does not matter, and they
    /// stay as they are in the book.
    ///
    /// # Errors
    /// Every fault of the part, of the configuration's own text outside of the parts, and of what stays where it cannot stand on the
    /// new part: a list that names a zone which is gone.
    pub fn with(&self, part: LoadedSet, path: &Path) -> Result<NewPart, Vec<Fault>> {
        let in_force = self.parse()?;
        let text = read_configuration(path)?;
        let zones = (part == LoadedSet::Lists).then_some(&in_force.1.zones[..]);
        let parsed = parse_from(&text, path, &Files::default(), zones);
        let config = parsed.of(part)?;

        let mut book = self.clone();
        book.parts.insert(part, Texts { path: path.display().to_string(), text, files: parsed.files_of(part) });
        book.leave_out_unused();
        let (rules, grounds) = book.parse()?;

        let mut notes = Vec::new();
        for (other, differs) in [
            (LoadedSet::Rules, config.rules != rules),
            (LoadedSet::Zones, config.grounds.zones != grounds.zones),
            (LoadedSet::Lists, config.grounds.lists != grounds.lists),
        ] {
            let word = other.word();
            match parsed.faults_of(other) {
                _ if other == part => {}
                0 if differs => notes.push(format!("{word} changed: not asked for, those in force stay")),
                0 => {}
                1 => notes.push(format!("{word} have a fault: not asked for, those in force stay")),
                n => notes.push(format!("{word} have {n} faults: not asked for, those in force stay")),
            }
        }
        let grounds = Grounds { coast: config.grounds.coast.clone(), ..grounds };
        Ok(NewPart { config: Config { rules, grounds, ..config.clone() }, book, notes })
    }

    /// Drops the files whose part comes from elsewhere now: two lists of 20 000 boats do not fit one command.
    fn leave_out_unused(&mut self) {
        let parsed = self.of_part(LoadedSet::All, None);
        let used = PARTS.into_iter().filter(|part| !self.parts.contains_key(part));
        let used: BTreeMap<_, _> = used.flat_map(|part| parsed.files_of(part)).collect();
        self.files = used;
    }

    /// Reads a part from the texts it comes from, and all else of these beside it.
    fn of_part(&self, part: LoadedSet, zones: Option<&[Zone]>) -> Parsed {
        let (path, text, files) =
            self.parts.get(&part).map_or((&self.path, &self.text, &self.files), |t| (&t.path, &t.text, &t.files));
        parse_from(text, Path::new(path), &Files::kept(files), zones)
    }

    /// As one text.
    pub fn encode(&self) -> String {
        // Names and texts: nothing in them has no JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Back from one text, or why not.
    pub fn decode(content: &str) -> Result<Self, String> {
        serde_json::from_str(content).map_err(|e| format!("not a book of rules: {e}"))
    }

    /// BLAKE3 of the one text, hexadecimal.
    pub fn digest(content: &str) -> String {
        blake3::hash(content.as_bytes()).to_hex().to_string()
    }

    /// Rules, and zones and lists without the coast; every fault at once.
    pub fn parse(&self) -> Result<(Vec<RuleSpec>, Grounds), Vec<Fault>> {
        if self.parts.is_empty() {
            let config = self.of_part(LoadedSet::All, None).whole()?;
            return Ok((config.rules, config.grounds));
        }
        let rules = self.of_part(LoadedSet::Rules, None);
        let zones = self.of_part(LoadedSet::Zones, None);
        let zones = zones.of(LoadedSet::Zones).map(|config| &config.grounds.zones);
        // Without its zones every list would be wrong.
        let lists = zones.as_ref().ok().map(|zones| self.of_part(LoadedSet::Lists, Some(zones)));
        let lists = lists.as_ref().map_or(Err(Vec::new()), |parsed| parsed.of(LoadedSet::Lists));
        match (rules.of(LoadedSet::Rules), zones, lists) {
            (Ok(rules), Ok(zones), Ok(lists)) => {
                let grounds = Grounds {
                    zones: zones.clone(),
                    lists: lists.grounds.lists.clone(),
                    coast: None,
                    // Of `[site]`, which is as it was when all was read.
                    utc_offset_h: self.of_part(LoadedSet::All, None).utc_offset_h(),
                };
                Ok((rules.rules.clone(), grounds))
            }
            (rules, zones, lists) => Err([rules.err(), zones.err(), lists.err()].into_iter().flatten().flatten().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{load, parse};
    use super::*;

    const SITE: &str = r#"
        rules = ["mine.toml"]
        coast = "builtin:coast/daya_bay.geojson"
        [site]
        name = "x"
        origin = { lat = 22.55, lon = 114.72 }
        utc_offset_h = 8.0
        [[zone]]
        file = "builtin:zones/daya_bay.geojson"
        [[list]]
        file = "own.csv"
        kind = "own"
        [[sensor]]
        id = "R"
        kind = "radar"
        format = "asterix"
        feed = "udp://127.0.0.1:1"
        position = { lat = 22.55, lon = 114.886 }
    "#;

    #[test]
    fn a_book_says_what_its_files_said_when_they_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site.toml");
        std::fs::write(&site, SITE).unwrap();
        let rule = "[[rule]]\nid = \"A\"\nname_zh = \"一\"\nname_en = \"a\"\nwhen = \"sog_kn > 30.0\"\nseverity = 2\n\
                    text_zh = \"一\"\ntext_en = \"a\"\nowner = \"o\"\n";
        std::fs::write(folder.path().join("mine.toml"), rule).unwrap();
        let own = "mmsi,owner,approved_by,reason,expires\n413000001,Li,Wang,patrol,2030-01-01\n";
        std::fs::write(folder.path().join("own.csv"), own).unwrap();
        let config = load(&site).unwrap();
        let content = RuleBook::of(&config).encode();
        drop(folder);

        let book = RuleBook::decode(&content).unwrap();
        assert_eq!(book.files.len(), 3, "{:?}", book.files.keys());
        let (rules, grounds) = book.parse().unwrap();
        assert_eq!(rules, config.rules);
        assert_eq!(Grounds { coast: config.grounds.coast.clone(), ..grounds.clone() }, config.grounds);
        assert_eq!(grounds.version(), config.grounds.version());
        assert_eq!((grounds.coast.is_none(), grounds.zones.is_empty(), grounds.lists.entries().len()), (true, false, 1));
        // What it does not hold is a fault and is not looked for elsewhere.
        let mut without = book.clone();
        without.files.retain(|name, _| !name.ends_with("mine.toml"));
        assert!(without.parse().unwrap_err()[0].to_string().contains("mine.toml"));
        assert!(RuleBook::decode("{}").is_err());
    }

    const RULE: &str = "[[rule]]\nid = \"A\"\nname_zh = \"一\"\nname_en = \"a\"\nwhen = \"sog_kn > 30.0\"\nseverity = 2\n\
                        text_zh = \"一\"\ntext_en = \"a\"\nowner = \"o\"\n";
    const LANE: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString",
        "coordinates":[[114.7,22.5],[114.8,22.6]]},"properties":{"id":"LANE","kind":"line","name_zh":"线","name_en":"lane",
        "owner":"o","approved_by":"p","reason":"r","expires":"2030-01-01"}}]}"#;
    const BOATS: &str = "label,mmsi,corridors,owner,approved_by,reason,expires\na,413000001,LANE,Li,Wang,known,2030-01-01\n";

    /// A site whose rules, zones and lists are files that lean on each other.
    fn parted(folder: &Path) -> std::path::PathBuf {
        let site = folder.join("site.toml");
        let text =
            SITE.replace("builtin:zones/daya_bay.geojson", "zones.geojson").replace("kind = \"own\"", "kind = \"registered\"");
        std::fs::write(&site, text).unwrap();
        for (name, text) in [("mine.toml", RULE), ("zones.geojson", LANE), ("own.csv", BOATS)] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        site
    }

    fn told(faults: Vec<Fault>) -> String {
        faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn one_part_is_read_again_though_the_others_are_broken() {
        let folder = tempfile::tempdir().unwrap();
        let site = parted(folder.path());
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let old = load(&site).map_err(told).unwrap();
        let book = RuleBook::of(&old);

        write("zones.geojson", "{");
        write("own.csv", &BOATS.replace("Wang", "Li").replace("413000001", "4130"));
        write("mine.toml", &RULE.replace("\"A\"", "\"B\""));
        assert!(load(&site).is_err());
        let new = book.with(LoadedSet::Rules, &site).map_err(told).unwrap();
        let book = RuleBook::decode(&new.book.encode()).unwrap();
        assert_eq!(book, new.book);
        let (rules, grounds) = book.parse().map_err(told).unwrap();
        assert_eq!(rules.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["B"]);
        assert_eq!(grounds, Grounds { coast: None, ..old.grounds.clone() }, "zones and lists stay");
        assert_eq!(
            new.notes,
            [
                "zones have a fault: not asked for, those in force stay",
                // Its zones are gone too.
                "lists have 3 faults: not asked for, those in force stay",
            ]
        );
        assert_eq!(book.files.len(), 2, "the old rules are of no use any more: {:?}", book.files.keys());

        // The parts that are broken are refused, each by its own faults alone; a key that is of no part by whichever is asked for.
        let why = told(book.with(LoadedSet::Zones, &site).unwrap_err());
        assert!(why.contains("zones.geojson:1: not JSON") && !why.contains("own.csv"), "{why}");
        let why = told(book.with(LoadedSet::Lists, &site).unwrap_err());
        assert!(why.contains("own.csv:2: mmsi") && !why.contains("zones") && !why.contains("LANE"), "{why}");
        let text = std::fs::read_to_string(&site).unwrap();
        std::fs::write(&site, text.replace("rules =", "ruls =")).unwrap();
        let why = told(book.with(LoadedSet::Rules, &site).unwrap_err());
        assert!(why.contains("site.toml:2: ruls"), "{why}");
    }

    #[test]
    fn what_stays_must_stand_on_what_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let site = parted(folder.path());
        let book = RuleBook::of(&load(&site).map_err(told).unwrap());
        std::fs::write(folder.path().join("zones.geojson"), LANE.replace("LANE", "ROAD")).unwrap();
        let why = told(book.with(LoadedSet::Zones, &site).unwrap_err());
        assert!(why.contains("own.csv:2: corridors: there is no zone \"LANE\""), "{why}");
        // Lists alone stand on the zones in force, whatever the file says by now.
        let boats = BOATS.to_owned() + "b,413000002,ROAD,Li,Wang,known,2030-01-01\n";
        std::fs::write(folder.path().join("own.csv"), &boats).unwrap();
        let why = told(book.with(LoadedSet::Lists, &site).unwrap_err());
        assert!(why.contains("own.csv:3: corridors: there is no zone \"ROAD\"") && !why.contains("LANE"), "{why}");
        std::fs::write(folder.path().join("own.csv"), boats.replace("ROAD", "LANE")).unwrap();
        let new = book.with(LoadedSet::Lists, &site).map_err(told).unwrap();
        assert_eq!(new.config.grounds.lists.entries().len(), 2);
        assert_eq!(new.notes, ["zones changed: not asked for, those in force stay"]);
    }

    #[test]
    fn part_by_part_is_as_all_at_once_in_any_order() {
        use LoadedSet::{Lists, Rules, Zones};
        for order in [[Rules, Zones, Lists], [Zones, Lists, Rules], [Lists, Rules, Zones], [Lists, Zones, Rules]] {
            let folder = tempfile::tempdir().unwrap();
            let site = parted(folder.path());
            let mut book = RuleBook::of(&load(&site).map_err(told).unwrap());
            let other = [("mine.toml", RULE.replace("30.0", "31.0")), ("own.csv", BOATS.replace("0001,", "0002,"))];
            for (name, text) in other.into_iter().chain([("zones.geojson", LANE.replace("114.7,", "114.6,"))]) {
                std::fs::write(folder.path().join(name), text).unwrap();
            }
            let wanted = load(&site).map_err(told).unwrap();
            for (i, part) in order.into_iter().enumerate() {
                let new = book.with(part, &site).map_err(told).unwrap();
                assert_eq!(new.notes.len(), 2 - i, "{:?}", new.notes);
                assert_eq!(new.book.files.len(), 2 - i);
                book = new.book;
            }
            let (rules, grounds) = book.parse().map_err(told).unwrap();
            assert_eq!((rules, grounds), (wanted.rules, Grounds { coast: None, ..wanted.grounds }));
        }
    }

    #[test]
    fn the_rules_that_ship_are_in_the_book_of_a_site_that_names_none() {
        let text = SITE
            .replace("rules = [\"mine.toml\"]", "")
            .replace("[[list]]\n        file = \"own.csv\"\n        kind = \"own\"", "");
        let config = parse(&text, Path::new("site.toml")).unwrap();
        let mut book = RuleBook::of(&config);
        assert_eq!(book.parse().unwrap().0, config.rules);
        // Another program ships others: the book's count.
        let (name, rules) = book.files.iter_mut().find(|(name, _)| name.ends_with("rules.toml")).unwrap();
        *rules = rules.replacen("[[rule]]", "[[rule]] # older", 1).replacen("id            = \"R01\"", "id = \"OLD\"", 1);
        assert!(name.contains("builtin:"));
        assert_eq!(book.parse().unwrap().0[0].id, "OLD");
    }
}
