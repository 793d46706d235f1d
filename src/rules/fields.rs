//! What a rule may ask of a track: fields, their slots, and the values of one look.

pub(super) use super::field_table::{FIELDS, FIELDS_LEN};
use super::memory::Memory;
use super::registry::Vessel;
use super::world::World;
use crate::model::Track;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A number, in the unit its name carries.
    Number,
    /// Yes or no.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any of these words together.
    Set(&'static [&'static str]),
    /// What something is called; for texts and evidence only.
    Label(Table),
}

/// Where the name of a label stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The site's zones.
    Zone,
    /// The site's lists.
    Entry,
    /// Tracks, which are called by their numbers.
    Track,
}

/// A field: its name, type, meaning, and how it is read. Flags are 0 and 1, words the number of the word, sets a bit a word.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// As rules write it.
    pub name: &'static str,
    /// Its type.
    pub kind: FieldKind,
    /// Its unit, as its name ends; empty for counts, probabilities and nats.
    pub unit: &'static str,
    /// What it is known from.
    pub source: &'static str,
    /// How old it may be.
    pub fresh: &'static str,
    /// Least and largest value.
    pub range: [f64; 2],
    /// Whether reading it costs next to nothing.
    pub(super) cheap: bool,
    /// What it means.
    pub what: &'static str,
    pub(super) read: fn(&Ctx<'_>) -> Option<f64>,
}

/// What fields are read from.
pub(super) struct Ctx<'a> {
    pub track: &'a Track,
    pub memory: &'a Memory,
    pub vessel: Option<&'a Vessel>,
    pub world: &'a World,
}

/// Every field, in the order of the list.
pub fn fields() -> &'static [Field] {
    &FIELDS
}

/// The slot of a field.
pub(super) fn slot_of(name: &str) -> Option<u8> {
    FIELDS.iter().position(|field| field.name == name).map(|slot| slot as u8)
}

/// A set of slots, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SlotSet(u128);

// One bit a field.
const _: () = assert!(FIELDS_LEN <= 128);

impl SlotSet {
    pub(super) fn insert(&mut self, slot: u8) {
        self.0 |= 1 << slot;
    }

    pub(super) fn contains(self, slot: u8) -> bool {
        self.0 & (1 << slot) != 0
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let slot = bits.trailing_zeros() as u8;
            (bits != 0).then(|| {
                bits &= bits - 1;
                slot
            })
        })
    }
}

/// Slots that cost next to nothing to fill.
pub(super) fn cheap() -> SlotSet {
    let mut set = SlotSet::default();
    FIELDS.iter().enumerate().filter(|(_, f)| f.cheap).for_each(|(i, _)| set.insert(i as u8));
    set
}

/// The fields of one track at one look, as far as they were asked for.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    values: [f64; FIELDS_LEN],
    filled: SlotSet,
    known: SlotSet,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self { values: [0.0; FIELDS_LEN], filled: SlotSet::default(), known: SlotSet::default() }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        (self.filled, self.known) = (SlotSet::default(), SlotSet::default());
    }

    /// Reads those of `slots` that were not read before.
    #[inline]
    pub(super) fn fill(&mut self, slots: SlotSet, ctx: &Ctx<'_>) {
        if slots.is_within(self.filled) {
            return;
        }
        for slot in slots.without(self.filled).iter() {
            let value = FIELDS.get(usize::from(slot)).and_then(|field| (field.read)(ctx));
            self.set(slot, value.filter(|v| v.is_finite()));
        }
    }

    /// Sets one slot.
    pub(super) fn set(&mut self, slot: u8, value: Option<f64>) {
        self.filled.insert(slot);
        if let Some(value) = value {
            self.values[usize::from(slot)] = value;
            self.known.insert(slot);
        }
    }

    /// The value, if it is known.
    #[inline]
    pub(super) fn get(&self, slot: u8) -> Option<f64> {
        self.known.contains(slot).then(|| self.values[usize::from(slot)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::field_table::{AIS, CLASS, STATUS};
    use super::*;
    use crate::model::{AisState, CraftClass, TrackStatus};

    #[test]
    fn words_stand_at_the_number_of_their_variant() {
        for state in [AisState::Ok, AisState::None, AisState::Lost, AisState::Inconsistent, AisState::Ambiguous] {
            assert_eq!(AIS[state as usize], state.word());
        }
        for status in [TrackStatus::Tentative, TrackStatus::Confirmed, TrackStatus::Coasting, TrackStatus::Deleted] {
            assert_eq!(STATUS[status as usize], status.word());
        }
        use CraftClass::{Aircraft, Fixed, Ship, SmallCraft, Unknown};
        for class in [Unknown, Ship, SmallCraft, Fixed, Aircraft] {
            assert_eq!(CLASS[class as usize], class.word());
        }
    }

    #[test]
    fn names_are_their_own_and_end_in_their_units() {
        let names: std::collections::BTreeSet<&str> = FIELDS.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), FIELDS.len());
        for field in &FIELDS {
            let suffix = match field.unit {
                "" | "h" => continue,
                "kn/s" => "_kn_s",
                "deg/s" => "_dps",
                unit => &format!("_{unit}"),
            };
            let in_degrees_by_itself = matches!(field.name, "lat" | "lon");
            assert!(field.name.ends_with(suffix) || in_degrees_by_itself, "{} is in {}", field.name, field.unit);
        }
    }

    /// The row of the guide's table.
    fn row(field: &Field) -> String {
        let quoted = |words: &[&str]| words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", ");
        let kind = match field.kind {
            FieldKind::Number if field.unit.is_empty() => "number".to_owned(),
            FieldKind::Number => field.unit.to_owned(),
            FieldKind::Flag => "flag".to_owned(),
            FieldKind::Word(words) => quoted(words),
            FieldKind::Set(words) => format!("set of {}", quoted(words)),
            FieldKind::Label(_) => "label".to_owned(),
        };
        format!("| `{}` | {kind} | {} | {} | {} |", field.name, field.source, field.fresh, field.what)
    }

    /// `UPDATE_GOLDENS=1` writes the table; read the difference before it is committed.
    #[test]
    fn the_guide_lists_every_field_as_it_is() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
        let guide = std::fs::read_to_string(path).unwrap();
        let rows: Vec<String> = FIELDS.iter().map(row).collect();
        let (begin, end) = ("| field | type or unit | from | fresh | meaning |\n|---|---|---|---|---|\n", "\n\n");
        let from = guide.find(begin).unwrap() + begin.len();
        let to = from + guide[from..].find(end).unwrap();
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            std::fs::write(path, format!("{}{}{}", &guide[..from], rows.join("\n"), &guide[to..])).unwrap();
            return;
        }
        assert_eq!(guide[from..to].lines().collect::<Vec<_>>(), rows);
    }

    #[test]
    fn a_set_lists_what_was_put_in() {
        let mut set = SlotSet::default();
        for slot in [3, 0, 100, 3] {
            set.insert(slot);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 3, 100]);
        assert!(set.contains(100) && !set.contains(1));
    }
}
