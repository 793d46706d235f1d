//! What the tables encode they decode: any record of any category, and any element by its name.

use haishao::wire::asterix::encode::{
    EncodeError, RadarPlot, RecordBuilder, write_block, write_north, write_plots, write_sector,
};
use haishao::wire::asterix::statement::{self, Clock, Said, Source};
use haishao::wire::asterix::table::{Category, Item, Part, Profile, Shape};
use haishao::wire::asterix::tables::{CAT010, CAT034, CATEGORIES};
use haishao::wire::asterix::value::{Bits, RecordValue, Value, named};
use haishao::wire::asterix::{Blocks, Field, Record};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// A record of random items with random content. Hand-made rather than by strategies: the shape is that of a table.
fn random_record(category: &'static Category, rng: &mut TestRng) -> RecordValue {
    let profile = rng.random_range(0..category.profiles.len());
    let layout = &category.profiles[profile];
    let share: u32 = rng.random_range(1..=8);
    let mut items = Vec::new();
    for (slot, item) in layout.slots.iter().enumerate() {
        let Some(item) = item else { continue };
        let chooses = category.selector == Some(item.name);
        // The item that chooses a profile other than the first must be there.
        if !(rng.random_ratio(share, 8) || chooses && profile > 0) {
            continue;
        }
        let mut value = random_value(item, layout, rng);
        if let (true, Value::Parts(parts)) = (chooses, &mut value) {
            parts[0][0] = Bits::Number(profile as u64);
        }
        items.push((slot as u8, value));
    }
    if items.is_empty() {
        let item = layout.slots[0].unwrap();
        items.push((0, random_value(item, layout, rng)));
    }
    RecordValue { profile, items }
}

/// A data block of random records, the same for the same number.
pub fn random_datagram(category: &'static Category, number: u8) -> Vec<u8> {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[number; 32]);
    let mut out = vec![category.number, 0, 0];
    for _ in 0..=number % 4 {
        random_record(category, &mut rng).write(category, &mut out).unwrap();
    }
    let length = u16::try_from(out.len()).unwrap();
    out[1..3].copy_from_slice(&length.to_be_bytes());
    out
}

fn random_value(item: &Item, profile: &Profile, rng: &mut TestRng) -> Value {
    match &item.shape {
        Shape::Fixed(part) => Value::Elements(random_part(part, rng)),
        Shape::Extended(parts) => {
            let n = rng.random_range(1..=parts.len());
            Value::Parts(parts[..n].iter().map(|p| random_part(p, rng)).collect())
        }
        Shape::Repetitive(part) => {
            // Of blocks of video only a few, or a record would not fit a data block.
            let n = rng.random_range(0..=if part.octets > 64 { 3 } else { 20 });
            Value::Parts((0..n).map(|_| random_part(part, rng)).collect())
        }
        Shape::RepetitiveFx(part) => {
            let n = rng.random_range(1..=9);
            Value::Parts((0..n).map(|_| random_part(part, rng)).collect())
        }
        Shape::Compound(slots) => {
            let mut present: Vec<_> =
                slots.iter().enumerate().filter_map(|(i, s)| Some((i as u8, s.as_ref()?))).filter(|_| rng.random()).collect();
            if present.is_empty() {
                present.extend(slots.iter().enumerate().find_map(|(i, s)| Some((i as u8, s.as_ref()?))));
            }
            Value::Slots(present.into_iter().map(|(i, sub)| (i, random_value(sub, profile, rng))).collect())
        }
        Shape::Explicit => {
            let n = rng.random_range(0..=254);
            Value::Octets((0..n).map(|_| rng.random()).collect())
        }
        Shape::Random => {
            let n = rng.random_range(0..4);
            let pick = |rng: &mut TestRng| loop {
                let slot = rng.random_range(0..profile.slots.len());
                if let Some(item) = profile.slots[slot]
                    && !matches!(item.shape, Shape::Random)
                {
                    return (slot as u8, random_value(item, profile, rng));
                }
            };
            Value::Slots((0..n).map(|_| pick(rng)).collect())
        }
    }
}

fn random_part(part: &Part, rng: &mut TestRng) -> Vec<Bits> {
    named(part)
        .map(|e| match e.bits {
            64 => Bits::Number(rng.random()),
            0..64 => Bits::Number(rng.random::<u64>() & ((1 << e.bits) - 1)),
            _ => Bits::Octets((0..e.bits / 8).map(|_| rng.random()).collect()),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_undoes_encoding(which in 0..CATEGORIES.len(), records in 1..4usize, mut rng in any::<u64>().prop_perturb(|_, rng| rng)) {
        let category = CATEGORIES[which];
        let wanted: Vec<_> = (0..records).map(|_| random_record(category, &mut rng)).collect();
        let mut bytes = Vec::new();
        for record in &wanted {
            record.write(category, &mut bytes).unwrap();
        }
        let mut rest = &bytes[..];
        for wanted in &wanted {
            let (record, after) = Record::take(category, rest).unwrap();
            prop_assert_eq!(record.bytes().len() + after.len(), rest.len());
            let found = RecordValue::read(&record).unwrap();
            prop_assert_eq!(&found, wanted);
            // And encoding undoes decoding: nothing of these bytes is lost.
            let mut again = Vec::new();
            found.write(category, &mut again).unwrap();
            prop_assert_eq!(&again[..], record.bytes());
            rest = after;
        }
        prop_assert!(rest.is_empty());
    }
}

#[test]
fn every_element_is_found_by_its_name_and_leaves_its_neighbours_alone() {
    let mut elements = 0;
    for category in CATEGORIES {
        for (p, profile) in category.profiles.iter().enumerate() {
            for item in profile.slots.iter().copied().flatten() {
                let parts: &[Part] = match &item.shape {
                    Shape::Fixed(part) => std::slice::from_ref(part),
                    Shape::Extended(parts) => parts,
                    _ => continue,
                };
                for e in parts.iter().flat_map(named).filter(|e| e.bits <= 64) {
                    let field = Field::in_profile(category, p, item.name, e.name);
                    let all = if e.bits == 64 { u64::MAX } else { (1 << e.bits) - 1 };
                    for raw in [all, all & 0x5555_5555_5555_5555, 1, 0] {
                        let mut builder = RecordBuilder::in_profile(category, p);
                        if let (1, Some(selector)) = (p, category.selector) {
                            builder.raw(&Field::in_profile(category, 1, selector, "TYP"), 1).unwrap();
                            if e.name == "TYP" {
                                continue;
                            }
                        } else if category.selector == Some(item.name) && e.name == "TYP" && raw == 1 {
                            continue;
                        }
                        builder.raw(&field, raw).unwrap();
                        let mut bytes = Vec::new();
                        builder.write(&mut bytes);
                        let (record, rest) = Record::take(category, &bytes).unwrap();
                        assert!(rest.is_empty());
                        assert_eq!(record.raw(&field), Some(raw), "{:03}/{} {}", category.number, item.name, e.name);
                        let ones: u32 = record.octets(slot(profile, item)).unwrap().iter().map(|o| o.count_ones()).sum();
                        let part = parts.iter().position(|p| named(p).any(|x| std::ptr::eq(x, e))).unwrap();
                        let selected = u32::from(p == 1 && category.selector == Some(item.name));
                        assert_eq!(ones, raw.count_ones() + part as u32 + selected, "bits of others, beside FX");
                    }
                    elements += 1;
                }
            }
        }
    }
    assert!(elements > 300, "{elements}");
}

fn slot(profile: &Profile, item: &Item) -> u8 {
    profile.slots.iter().position(|s| s.is_some_and(|s| std::ptr::eq(s, item))).unwrap() as u8
}

#[test]
fn fields_too_wide_or_of_another_category_are_refused() {
    static AMPLITUDE: Field = Field::of(&CAT010, "131", "");
    static VX: Field = Field::of(&CAT010, "202", "VX");
    let mut r = RecordBuilder::new(&CAT010);
    assert_eq!(r.raw(&AMPLITUDE, 256).unwrap_err(), EncodeError::OutOfRange { value: 256.0 });
    assert_eq!(r.quantity(&VX, 8192.0).unwrap_err(), EncodeError::OutOfRange { value: 8192.0 });
    assert!(r.quantity(&VX, -8192.0).is_ok());
    assert_eq!(RecordBuilder::new(&CAT034).raw(&VX, 1).unwrap_err(), EncodeError::Shape);
    let long: Vec<_> = (0..7000).map(|_| plot(1.0, 0.0).record().unwrap()).collect();
    let mut out = vec![7];
    assert!(matches!(write_block(&CAT010, &long, &mut out), Err(EncodeError::TooLong { .. })));
    assert_eq!(out, [7], "nothing is left of a block that could not be written");
}

fn plot(range_m: f64, azimuth: f64) -> RadarPlot {
    RadarPlot { source: Source { sac: 201, sic: 11 }, time_of_day_s: 86_399.999, range_m, azimuth, amplitude: Some(59) }
}

#[test]
fn what_a_radar_sends_reads_back() {
    let mut datagram = Vec::new();
    let source = Source { sac: 201, sic: 11 };
    write_north(source, 57_600.0, 2.5, &mut datagram).unwrap();
    write_sector(source, 57_600.078, 11.25_f64.to_radians(), &mut datagram).unwrap();
    // An azimuth that rounds up to the whole circle is north, a time that rounds up to 24 h is midnight.
    write_plots(&[plot(1478.6, 359.999_f64.to_radians()), plot(65_535.0, -0.1)], &mut datagram).unwrap();

    let mut said = Vec::new();
    for block in Blocks::new(&datagram) {
        let block = block.unwrap();
        let category = haishao::wire::asterix::tables::category(block.category).unwrap();
        let mut rest = block.records;
        while !rest.is_empty() {
            let (record, after) = Record::take(category, rest).unwrap();
            said.push(statement::read(&record).unwrap());
            rest = after;
        }
    }
    assert_eq!(said.len(), 4);
    assert!(said.iter().all(|s| s.source == Some(source)));
    assert_eq!(said[0].said, Said::Antenna { azimuth: 0.0, north: true, period_s: Some(2.5), place: None });
    let Said::Antenna { azimuth, north: false, .. } = said[1].said else { panic!("{:?}", said[1]) };
    assert_eq!(azimuth.to_degrees(), 11.25);
    let Said::Target(first) = said[2].said else { panic!("{:?}", said[2]) };
    assert_eq!((first.range_m, first.azimuth, first.amplitude, first.track_number), (Some(1479.0), Some(0.0), Some(59), None));
    assert_eq!(said[2].clock, Some(Clock::OfDay(0.0)));
    let Said::Target(second) = said[3].said else { panic!("{:?}", said[3]) };
    assert!((second.azimuth.unwrap() - (std::f64::consts::TAU - 0.1)).abs() < std::f64::consts::TAU / 65_536.0);

    // Octet for octet what the scenes' encoder writes (libasterix) for the same north marker and plot.
    let mut ours = Vec::new();
    write_sector(source, 57_600.0, 0.0, &mut ours).unwrap();
    assert_eq!(hex(&ours), "22000bf0c90b0270800000");
    let mut ours = Vec::new();
    let theirs = RadarPlot {
        time_of_day_s: 57_600.842,
        range_m: 1479.0,
        azimuth: 301.261_f64.to_radians(),
        amplitude: Some(55),
        ..plot(0.0, 0.0)
    };
    write_plots(&[theirs], &mut ours).unwrap();
    assert_eq!(hex(&ours), "0a0013f5010120c90b016070806c05c7d63b37");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
