//! All that alerts are decided by, as text: the configuration with the rules, zones and lists that it names. It goes into the record, so
//! that an old alert is decided again by the rules of its day.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::load::{Files, parse_from};
use super::settings::Config;
use crate::rules::{Grounds, RuleSpec};

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
}

impl RuleBook {
    /// Of a configuration, as it was read.
    pub fn of(config: &Config) -> Self {
        Self { path: config.path.display().to_string(), text: config.text.clone(), files: config.files.clone() }
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
        let (parsed, _) = parse_from(&self.text, Path::new(&self.path), &Files::kept(&self.files));
        parsed.map(|config| (config.rules, config.grounds))
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
