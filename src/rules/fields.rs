//! What a rule may ask of a track. One row a field; the row's number is its slot.

use super::sun::sun_altitude;
use crate::model::units::mps_to_knots;
use crate::model::{AisState, CraftClass, SensorKind, Site, Track, TrackStatus};

/// Civil dusk: below this the sea horizon cannot be made out (IMO and almanacs: centre of the sun 6° down).
const NIGHT_BELOW_DEG: f64 = -6.0;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A number, in the unit its name carries.
    Number,
    /// Yes or no.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A field: its name, type, meaning, and how it is read. Flags are 0 and 1, words the number of the word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub what: &'static str,
    read: fn(&Track, &SiteFacts) -> Option<f64>,
}

/// What of the site the fields need.
#[derive(Clone, Debug)]
pub(super) struct SiteFacts {
    kinds: Vec<SensorKind>,
}

impl SiteFacts {
    pub(super) fn new(site: &Site) -> Self {
        Self { kinds: site.sensors.iter().map(|s| s.kind).collect() }
    }

    fn count(&self, track: &Track, kind: SensorKind) -> f64 {
        track.sensors.iter().filter(|(id, _)| self.kinds.get(usize::from(id.0)) == Some(&kind)).count() as f64
    }
}

const AIS: [&str; 5] = [
    AisState::Ok.word(),
    AisState::None.word(),
    AisState::Lost.word(),
    AisState::Inconsistent.word(),
    AisState::Ambiguous.word(),
];
const STATUS: [&str; 4] =
    [TrackStatus::Tentative.word(), TrackStatus::Confirmed.word(), TrackStatus::Coasting.word(), TrackStatus::Deleted.word()];
const CLASS: [&str; 5] = [
    CraftClass::Unknown.word(),
    CraftClass::Ship.word(),
    CraftClass::SmallCraft.word(),
    CraftClass::Fixed.word(),
    CraftClass::Aircraft.word(),
];

const fn number(name: &'static str, what: &'static str, read: fn(&Track, &SiteFacts) -> Option<f64>) -> Field {
    Field { name, kind: FieldKind::Number, what, read }
}

const fn flag(name: &'static str, what: &'static str, read: fn(&Track, &SiteFacts) -> Option<f64>) -> Field {
    Field { name, kind: FieldKind::Flag, what, read }
}

/// All fields. What is not a number (a course of a craft that lies still, a probability not yet learned) is not known.
pub(super) static FIELDS: [Field; 21] = [
    number("sog_kn", "speed over ground, best estimate", |t, _| Some(t.sog_kn())),
    number("sog_lcb90_kn", "lower bound of the speed that holds with 90 % of the posterior", |t, _| Some(t.sog_lcb90_kn())),
    number("sog_sigma_kn", "standard deviation of the speed along the course", |t, _| speed_sigma_kn(t)),
    number("cog_deg", "course over ground; not known where the speed is not above its own doubt", |t, _| {
        (t.sog_kn() > speed_sigma_kn(t)?).then(|| t.cog_deg())
    }),
    number("p_exist", "probability that there is a craft at all", |t, _| Some(t.p_exist)),
    number("p_fast", "probability that it is faster than the site's fast_kn", |t, _| Some(t.p_fast)),
    number("hit_ratio", "share of the radar looks of the last minute that saw it", |t, _| Some(t.hit_ratio)),
    number("age_s", "time since it was first seen", |t, _| Some(t.t.seconds_since(t.born))),
    number(
        "ais_expected",
        "probability that AIS would have been received from it in the last minute if it carried one",
        |t, _| t.ais_expected,
    ),
    number("n_sensors", "sensors that see it", |t, _| Some(t.sensors.len() as f64)),
    number("n_radars", "radars that see it", |t, f| Some(f.count(t, SensorKind::Radar))),
    number("n_cameras", "cameras that see it", |t, f| Some(f.count(t, SensorKind::Camera))),
    number("lat", "latitude in degrees", |t, _| Some(t.position.lat_deg())),
    number("lon", "longitude in degrees", |t, _| Some(t.position.lon_deg())),
    number("pos_sigma_m", "standard deviation of the position along its worst direction", |t, _| {
        let [xx, xy, yy] = t.position_cov;
        Some(((xx + yy) / 2.0 + ((xx - yy) / 2.0).hypot(xy)).sqrt())
    }),
    number("sun_altitude_deg", "altitude of the sun there and then", |t, _| Some(sun_altitude(t.t, t.position).to_degrees())),
    flag("is_night", "the sun is more than 6° below the horizon there and then", |t, _| {
        Some(f64::from(u8::from(sun_altitude(t.t, t.position).to_degrees() < NIGHT_BELOW_DEG)))
    }),
    flag("has_mmsi", "an MMSI is taken for its own", |t, _| Some(f64::from(u8::from(t.mmsi.is_some())))),
    Field {
        name: "ais",
        kind: FieldKind::Word(&AIS),
        what: "what AIS says; 'none' is never received, 'lost' is received and stopped",
        read: |t, _| Some(f64::from(t.ais as u8)),
    },
    Field {
        name: "status",
        kind: FieldKind::Word(&STATUS),
        what: "life of the track; rules are asked of confirmed ones only",
        read: |t, _| Some(f64::from(t.status as u8)),
    },
    Field {
        name: "class",
        kind: FieldKind::Word(&CLASS),
        what: "what it is taken for",
        read: |t, _| Some(f64::from(t.class as u8)),
    },
];

/// Every field with its type and its meaning, in the order of the list.
pub fn fields() -> impl Iterator<Item = (&'static str, FieldKind, &'static str)> {
    FIELDS.iter().map(|f| (f.name, f.kind, f.what))
}

/// Standard deviation of the speed along the course; in the worst direction where there is no course.
fn speed_sigma_kn(track: &Track) -> Option<f64> {
    let [xx, xy, yy] = track.velocity_cov;
    let [x, y] = track.velocity;
    let squared = x * x + y * y;
    let variance = if squared > 0.0 {
        (x * x * xx + 2.0 * x * y * xy + y * y * yy) / squared
    } else {
        (xx + yy) / 2.0 + ((xx - yy) / 2.0).hypot(xy)
    };
    Some(mps_to_knots(variance.sqrt()))
}

/// A set of slots, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SlotSet(u32);

// One bit a field.
const _: () = assert!(FIELDS_LEN <= 32);
const FIELDS_LEN: usize = 21;

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

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn iter(self) -> impl Iterator<Item = u8> {
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

    /// Reads those of `slots` that were not read before.
    pub(super) fn fill(&mut self, slots: SlotSet, track: &Track, facts: &SiteFacts) {
        for slot in slots.without(self.filled).iter() {
            let value = FIELDS.get(usize::from(slot)).and_then(|field| (field.read)(track, facts));
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
    use super::*;

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
    fn no_two_fields_share_a_name() {
        let names: std::collections::BTreeSet<&str> = FIELDS.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), FIELDS.len());
    }

    #[test]
    fn the_guide_lists_every_field_as_it_is() {
        let rows: Vec<String> = fields()
            .map(|(name, kind, what)| {
                let kind = match kind {
                    FieldKind::Number => "number".to_owned(),
                    FieldKind::Flag => "flag".to_owned(),
                    FieldKind::Word(words) => words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", "),
                };
                format!("| `{name}` | {kind} | {what} |")
            })
            .collect();
        let guide: Vec<&str> = include_str!("../../docs/rules.md").lines().collect();
        let first = guide.iter().position(|line| *line == rows[0]).unwrap_or_default();
        assert_eq!(guide[first..first + rows.len()], rows);
    }

    #[test]
    fn a_set_lists_what_was_put_in() {
        let mut set = SlotSet::default();
        for slot in [3, 0, 20, 3] {
            set.insert(slot);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 3, 20]);
        assert!(set.contains(20) && !set.contains(1));
    }
}
