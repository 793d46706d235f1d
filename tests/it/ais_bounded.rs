//! What strangers send fills tables, never memory.

use haishao::model::{AisClass, Mmsi, Timestamp};
use haishao::wire::WireHealth;
use haishao::wire::nmea::assemble::SLOTS;
use haishao::wire::nmea::repeats::Repeats;
use haishao::wire::nmea::{Gather, Item, PlausibilityCheck, Reader};

const MANY: u32 = 1_000_000;

fn sentence(body: &str) -> String {
    let sum = body.bytes().fold(0, |a, b| a ^ b);
    format!("!{body}*{sum:02X}")
}

/// Six-bit armour of a type 1 message of some vessel.
fn type_1(mmsi: u32) -> String {
    let mut bits = [0u8; 168];
    let mut put = |at: usize, width: usize, value: u32| {
        for k in 0..width {
            bits[at + k] = (value >> (width - 1 - k) & 1) as u8;
        }
    };
    put(0, 6, 1);
    put(8, 30, mmsi);
    put(61, 28, 114 * 600_000);
    put(89, 27, 22 * 600_000);
    bits.chunks(6)
        .map(|c| {
            let v = c.iter().fold(0, |n, b| n << 1 | b);
            char::from(if v < 40 { v + 48 } else { v + 56 })
        })
        .collect()
}

#[test]
fn a_million_first_parts_of_a_million_stations() {
    let mut reader = Reader::new(false);
    let mut health = WireHealth::default();
    let part = sentence("AIVDM,2,1,3,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0");
    let mut line = Vec::new();
    for i in 0..MANY {
        line.clear();
        let tag = format!("g:1-2-{i},s:st{i}");
        let sum = tag.bytes().fold(0, |a, b| a ^ b);
        line.extend_from_slice(format!("\\{tag}*{sum:02X}\\{part}").as_bytes());
        // A microsecond apart: none is old enough to be forgotten for its age.
        let at = Timestamp::from_nanos(1_700_000_000_000_000_000 + i64::from(i) * 1000);
        reader.read(&line, at, &mut health, |_, _| panic!("nothing is whole"));
        assert!(reader.assembler().waiting() <= SLOTS);
    }
    let c = reader.assembler().counters;
    // Each left its slot to another or to age, counted, or is still there.
    assert_eq!(c.evicted + c.timed_out + reader.assembler().waiting() as u64, u64::from(MANY));
    assert!(c.evicted > 0);
    assert!(health.refused.len() < 5, "{:?}", health.refused);
    // And the next message is put together as ever.
    let second = sentence("AIVDM,2,2,3,A,88888888880,2");
    let mut whole = 0;
    for text in [&part, &second] {
        reader.read(text.as_bytes(), Timestamp::from_secs(1_700_000_100), &mut health, |_, _| whole += 1);
    }
    assert_eq!(whole, 1);
}

#[test]
fn a_million_vessels() {
    let mut reader = Reader::new(false);
    let mut health = WireHealth::default();
    let (mut repeats, mut check, mut gather) = (Repeats::default(), PlausibilityCheck::default(), Gather::default());
    let (repeat_room, vessel_room) = (repeats.capacity(), check.capacity());
    let mut seen = 0;
    for i in 0..MANY {
        let mmsi = 200_000_000 + i;
        let line = format!("{}\r\n", sentence(&format!("AIVDM,1,1,,A,{},0", type_1(mmsi))));
        let at = Timestamp::from_millis(1_700_000_000_000 + i64::from(i));
        reader.read(line.as_bytes(), at, &mut health, |item, _| {
            let Item::Ais(received) = item else { panic!("no AIS") };
            assert_eq!(received.message.mmsi, Mmsi(mmsi));
            seen += 1;
            assert!(repeats.first(received).is_some(), "all differ");
            assert!(repeats.first(received).is_none(), "the same again");
            let k = received.message.kinematics().unwrap();
            check.check(received.message.mmsi, AisClass::A, &k, at, at);
            gather.push(received, |_, _| {});
        });
    }
    assert_eq!(seen, MANY);
    assert_eq!((repeats.capacity(), check.capacity()), (repeat_room, vessel_room));
    assert!(gather.len() <= 4096);
}
