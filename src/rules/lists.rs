//! Lists of the site: who is watched, whose boats are registered here, who are our own.

use std::collections::BTreeMap;

use super::spelling::edits;
use super::zone::{Answer, Hours};
use crate::model::{Mmsi, Severity, Timestamp};

/// Which list an entry stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// 布控名单: known and looked for.
    Watch,
    /// 登记船舶: local boats with their corridors and hours.
    Registered,
    /// 己方力量: our own.
    Own,
}

impl ListKind {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Registered => "registered",
            Self::Own => "own",
        }
    }

    /// Whether being on it keeps rules silent: then two people answer for it.
    pub const fn suppresses(self) -> bool {
        matches!(self, Self::Registered | Self::Own)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The list.
    pub list: ListKind,
    /// What officers call it.
    pub label: String,
    /// Keys by which it is known; at least one.
    pub keys: Keys,
    /// How much it matters when a watched one is seen by a sure key.
    pub severity: Severity,
    /// Registered: zones that it keeps to; anywhere, where none is named.
    pub corridors: Vec<String>,
    /// Local hours at which the entry counts.
    pub hours: Option<Hours>,
    /// From this instant on it counts.
    pub from: Option<Timestamp>,
    /// Who answers for it, why, until when.
    pub answer: Answer,
}

/// What a craft can be known by. Beidou terminals, hull marks and persons come from officers' and cameras' reports; no sensor tells
/// them with a track yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    /// MMSI.
    pub mmsi: Option<Mmsi>,
    /// IMO number.
    pub imo: Option<u32>,
    /// Name; compared with what is like it.
    pub name: Option<String>,
    /// Radio call sign.
    pub callsign: Option<String>,
    /// Number of a Beidou terminal.
    pub beidou: Option<String>,
    /// Mark on the hull.
    pub hull_mark: Option<String>,
    /// A person.
    pub person: Option<String>,
}

impl Keys {
    /// Whether none is given.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// An entry that a craft agrees with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Index of the entry.
    pub entry: u16,
    /// 1 by a sure key (MMSI, IMO number, call sign, terminal, hull mark); by name, how alike.
    pub likeness: f64,
    /// Whether by a sure key.
    pub sure: bool,
}

/// The lists, with their keys sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    entries: Vec<Entry>,
    by_mmsi: BTreeMap<Mmsi, Vec<u16>>,
    by_imo: BTreeMap<u32, Vec<u16>>,
    by_text: BTreeMap<(TextKey, String), Vec<u16>>,
    names: Vec<(String, u16)>,
}

/// What a sure key that is a text is: the same letters mean nothing where they are another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TextKey {
    Callsign,
    Beidou,
    HullMark,
}

impl Keys {
    /// Sure keys that are texts; what has neither letter nor digit is none, as people write a hyphen for nothing.
    fn texts(&self) -> impl Iterator<Item = (TextKey, String)> {
        let all = [(TextKey::Callsign, &self.callsign), (TextKey::Beidou, &self.beidou), (TextKey::HullMark, &self.hull_mark)];
        all.into_iter().filter_map(|(kind, text)| Some((kind, plain(text.as_ref()?)))).filter(|(_, text)| !text.is_empty())
    }
}

/// Names less alike than this are not said to be like (catalogue, R12).
pub const ALIKE: f64 = 0.9;

impl Lists {
    /// Lists of these entries.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut lists = Self { entries, ..Self::default() };
        for (i, entry) in lists.entries.iter().enumerate() {
            let (i, keys) = (i as u16, &entry.keys);
            if let Some(mmsi) = keys.mmsi {
                lists.by_mmsi.entry(mmsi).or_default().push(i);
            }
            if let Some(imo) = keys.imo {
                lists.by_imo.entry(imo).or_default().push(i);
            }
            for text in keys.texts() {
                lists.by_text.entry(text).or_default().push(i);
            }
            if let Some(name) = &keys.name {
                lists.names.push((plain(name), i));
            }
        }
        lists
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The best match on each list: watch, registered, own. Expiry and hours are not looked at here.
    pub fn matches(&self, keys: &Keys) -> [Option<Match>; 3] {
        let mut best: [Option<Match>; 3] = [None; 3];
        let mut take = |entry: u16, likeness: f64, sure: bool| {
            let Some(e) = self.entries.get(usize::from(entry)) else { return };
            // A name alone silences nothing: anyone can send it.
            if !sure && e.list.suppresses() {
                return;
            }
            let Some(slot) = best.get_mut(e.list as usize) else { return };
            if slot.is_none_or(|b| (sure, likeness) > (b.sure, b.likeness)) {
                *slot = Some(Match { entry, likeness, sure });
            }
        };
        let numbers = [keys.mmsi.and_then(|m| self.by_mmsi.get(&m)), keys.imo.and_then(|i| self.by_imo.get(&i))];
        let texts = keys.texts().filter_map(|text| self.by_text.get(&text));
        numbers.into_iter().flatten().chain(texts).flatten().for_each(|&entry| take(entry, 1.0, true));
        if let Some(name) = &keys.name {
            let name = plain(name);
            for (known, entry) in &self.names {
                let likeness = alike(&name, known);
                if likeness >= ALIKE {
                    take(*entry, likeness, false);
                }
            }
        }
        best
    }

    /// Entries in which the words of an officer's search stand, in any key.
    pub fn search(&self, text: &str) -> Vec<u16> {
        let text = plain(text);
        let has = |e: &Entry| {
            let k = &e.keys;
            let texts = [&k.name, &k.callsign, &k.beidou, &k.hull_mark, &k.person];
            texts.into_iter().flatten().any(|t| plain(t).contains(&text))
                || plain(&e.label).contains(&text)
                || k.mmsi.is_some_and(|m| m.to_string() == text)
                || k.imo.is_some_and(|i| i.to_string() == text)
        };
        if text.is_empty() {
            return Vec::new();
        }
        self.entries.iter().enumerate().filter(|(_, e)| has(e)).map(|(i, _)| i as u16).collect()
    }
}

/// Letters and digits only, in capitals: AIS has no others, and people write spaces and hyphens as they like.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Share of the longer name that needs no edit.
fn alike(a: &str, b: &str) -> f64 {
    let longest = a.chars().count().max(b.chars().count());
    if longest == 0 { 0.0 } else { 1.0 - edits(a, b) as f64 / longest as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(list: ListKind, keys: Keys) -> Entry {
        Entry {
            list,
            label: "x".into(),
            keys,
            severity: Severity::default(),
            corridors: Vec::new(),
            hours: None,
            from: None,
            answer: Answer::default(),
        }
    }

    fn named(name: &str) -> Keys {
        Keys { name: Some(name.into()), ..Keys::default() }
    }

    #[test]
    fn a_sure_key_beats_a_like_name_and_no_name_silences() {
        let number = Keys { mmsi: Some(Mmsi(412_000_010)), ..Keys::default() };
        let lists = Lists::new(vec![
            entry(ListKind::Watch, named("YUE HUI 1234")),
            entry(ListKind::Watch, number.clone()),
            entry(ListKind::Own, named("HAI JING 1")),
            entry(ListKind::Own, Keys { callsign: Some("BXYZ".into()), ..Keys::default() }),
        ]);
        let both = Keys { name: Some("yue-hui 1235".into()), ..number };
        assert_eq!(lists.matches(&both)[0], Some(Match { entry: 1, likeness: 1.0, sure: true }));
        // One letter of ten: 0.9 alike.
        assert_eq!(lists.matches(&named("YUEHUI1235"))[0], Some(Match { entry: 0, likeness: 0.9, sure: false }));
        assert_eq!(lists.matches(&named("YUEHUI1245"))[0].map(|m| m.entry), None);
        assert_eq!(lists.matches(&named("HAI JING 1"))[2], None);
        assert_eq!(lists.matches(&Keys { callsign: Some("bxyz".into()), ..Keys::default() })[2].map(|m| m.entry), Some(3));
    }

    #[test]
    fn a_key_counts_for_what_it_is_and_signs_alone_are_none() {
        let own = |keys| entry(ListKind::Own, keys);
        let lists = Lists::new(vec![
            own(Keys { beidou: Some("0123456".into()), ..Keys::default() }),
            own(Keys { hull_mark: Some("7788".into()), ..Keys::default() }),
            own(Keys { callsign: Some("-".into()), name: Some("HAI JING 1".into()), ..Keys::default() }),
        ]);
        // A call sign is sent as one likes: another's terminal in it makes nobody one of our own.
        for callsign in ["0123456", "7788", "--", ""] {
            assert_eq!(lists.matches(&Keys { callsign: Some(callsign.into()), ..Keys::default() })[2], None, "{callsign}");
        }
        assert_eq!(lists.matches(&Keys { hull_mark: Some("7788".into()), ..Keys::default() })[2].map(|m| m.entry), Some(1));
    }

    #[test]
    fn persons_and_terminals_are_found_by_search() {
        let lists = Lists::new(vec![
            entry(ListKind::Watch, Keys { person: Some("张三".into()), ..Keys::default() }),
            entry(ListKind::Watch, Keys { beidou: Some("0123456".into()), ..Keys::default() }),
        ]);
        assert_eq!((lists.search("张三"), lists.search("123456"), lists.search("")), (vec![0], vec![1], vec![]));
        assert_eq!(lists.matches(&Keys { beidou: Some("0123456".into()), ..Keys::default() })[0].map(|m| m.entry), Some(1));
    }
}
