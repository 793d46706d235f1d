//! Other people's decoders on real and made captures: every element of every record agrees within one step, or the table of known
//! differences says why not.
//!
//! The oracles are `asterix_decoder` (Croatia Control's C++ decoder) and Wireshark's dissector; both were run beforehand and their
//! output is data. Elements are compared in the order in which they lie in the record: the three sources share widths, not names.

use std::collections::BTreeMap;
use std::fmt;

use haishao::feed::pcap::PcapReader;
use haishao::wire::asterix::table::{Item, Kind, Part, Shape};
use haishao::wire::asterix::tables::category;
use haishao::wire::asterix::value::{Bits, RecordValue, Value, named};
use haishao::wire::asterix::{Blocks, Record, prefixed};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::shared;

/// JSON whose objects keep the order and the repetition of their keys, as Wireshark's needs.
#[derive(Debug)]
enum Json {
    Null,
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(members) = self else { return None };
        members.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Json> {
        let members: &[_] = if let Json::Object(members) = self { members } else { &[] };
        members.iter().filter(move |(k, _)| k == key).map(|(_, v)| v)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, v: bool) -> Result<Json, E> {
                Ok(Json::Number(f64::from(u8::from(v))))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Json, E> {
                Ok(Json::Number(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<Json, E> {
                Ok(Json::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Json, E> {
                Ok(Json::Number(v as f64))
            }
            fn visit_str<E>(self, v: &str) -> Result<Json, E> {
                Ok(Json::Text(v.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut a: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(v) = a.next_element()? {
                    list.push(v);
                }
                Ok(Json::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut a: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(m) = a.next_entry()? {
                    members.push(m);
                }
                Ok(Json::Object(members))
            }
        }
        d.deserialize_any(Any)
    }
}

/// One element as we read it.
#[derive(Debug)]
struct Leaf {
    name: String,
    kind: Kind,
    width: u16,
    bits: Bits,
}

fn leaves(item: &Item, value: &Value, path: &str, out: &mut Vec<Leaf>) {
    let mut part_leaves = |part: &Part, bits: &[Bits]| {
        for (e, bits) in named(part).zip(bits) {
            let name = format!("{path}{}{}", if e.name.is_empty() || path.is_empty() { "" } else { "/" }, e.name);
            out.push(Leaf { name, kind: e.kind, width: e.bits, bits: bits.clone() });
        }
    };
    match (&item.shape, value) {
        (Shape::Fixed(part), Value::Elements(bits)) => part_leaves(part, bits),
        (Shape::Extended(parts), Value::Parts(values)) => parts.iter().zip(values).for_each(|(p, v)| part_leaves(p, v)),
        (Shape::Repetitive(part) | Shape::RepetitiveFx(part), Value::Parts(values)) => {
            values.iter().for_each(|v| part_leaves(part, v));
        }
        (Shape::Compound(slots), Value::Slots(values)) => {
            for (slot, value) in values {
                let sub = slots[usize::from(*slot)].as_ref().unwrap();
                leaves(sub, value, sub.name, out);
            }
        }
        (Shape::Explicit, Value::Octets(octets)) => {
            out.push(Leaf { name: String::new(), kind: Kind::Raw, width: 0, bits: Bits::Octets(octets.clone()) });
        }
        _ => panic!("{item:?} {value:?}"),
    }
}

/// Items of a record by name.
fn ours(record: &Record<'_>) -> Vec<(&'static str, Vec<Leaf>)> {
    let values = RecordValue::read(record).unwrap();
    values
        .items
        .iter()
        .map(|(slot, value)| {
            let item = record.profile().slots[usize::from(*slot)].unwrap();
            let mut out = Vec::new();
            leaves(item, value, "", &mut out);
            (item.name, out)
        })
        .collect()
}

/// How far an oracle's value is from ours, in steps; `None` where it is not the same kind of thing.
fn steps_apart(leaf: &Leaf, oracle: &Json) -> Option<f64> {
    let text = match oracle {
        Json::Number(n) => return number_apart(leaf, *n),
        Json::Text(text) => text,
        _ => return None,
    };
    match (&leaf.bits, leaf.kind) {
        (Bits::Octets(octets), _) => {
            Some(if text.eq_ignore_ascii_case(&octets.iter().map(|o| format!("{o:02x}")).collect::<String>()) {
                0.0
            } else {
                f64::INFINITY
            })
        }
        (Bits::Number(raw), Kind::Icao) => Some(if icao(*raw, leaf.width) == *text { 0.0 } else { f64::INFINITY }),
        (Bits::Number(raw), Kind::Ascii) => Some(if text.as_bytes() == [*raw as u8] { 0.0 } else { f64::INFINITY }),
        // Four octal digits in one oracle, a decimal number in the other.
        (Bits::Number(raw), Kind::Octal) => {
            let same = text.len() == 4 && format!("{raw:04o}") == *text || text.parse() == Ok(*raw);
            Some(if same { 0.0 } else { f64::INFINITY })
        }
        (Bits::Number(raw), Kind::Raw) if leaf.width > 16 && !text.starts_with("0x") => {
            Some((u64::from_str_radix(text, 16).ok()? as f64 - *raw as f64).abs())
        }
        (Bits::Number(_), _) => match text.strip_prefix("0x") {
            Some(digits) => number_apart(leaf, u64::from_str_radix(digits, 16).ok()? as f64),
            None => number_apart(leaf, text.parse().ok()?),
        },
    }
}

/// Quantities that an oracle gives in another unit: its value is ours times the factor.
const UNITS: [(u8, &str, &str, f64, &str); 4] = [
    (1, "200", "GSP", 0.22 * 16_384.0, "knots there, and a step of 0.22 kn; 2^-14 NM/s is 0.2197 kn"),
    (48, "200", "GSP", 3600.0, "knots there, NM/s in the specification"),
    (62, "135", "CTB", 100.0, "feet there, flight levels in the specification"),
    (62, "136", "", 100.0, "feet there, flight levels in the specification"),
];

fn number_apart(leaf: &Leaf, theirs: f64) -> Option<f64> {
    let Bits::Number(raw) = leaf.bits else { return None };
    let (lsb, ours) = match leaf.kind {
        Kind::Unsigned(s) => (s.lsb, raw as f64 * s.lsb),
        Kind::Signed(s) => (s.lsb, ((raw << (64 - leaf.width)) as i64 >> (64 - leaf.width)) as f64 * s.lsb),
        _ => (1.0, raw as f64),
    };
    Some((theirs - ours).abs() / lsb)
}

/// ICAO Annex 10, volume IV, table 3-9: six bits a character. What the table does not have (0, and 45 in a real capture) both
/// oracles print blank.
fn icao(raw: u64, width: u16) -> String {
    (0..width / 6)
        .map(|i| match (raw >> (width - 6 * (i + 1))) & 0x3F {
            c @ 1..=26 => (b'A' + c as u8 - 1) as char,
            c @ 48..=57 => c as u8 as char,
            _ => ' ',
        })
        .collect()
}

/// What an oracle says of an item: its values in order, without spare and extension bits.
fn values<'a>(json: &'a Json, out: &mut Vec<&'a Json>) {
    match json {
        Json::Object(members) => {
            if let Some(v) = json.get("val") {
                out.push(v);
                return;
            }
            for (key, value) in members {
                let last = key.rsplit('_').next().unwrap_or(key);
                if !matches!(
                    key.as_str(),
                    "spare" | "FX" | "res1" | "res2" | "asterix.FX" | "asterix.counter" | "asterix.fspec"
                ) && !last.starts_with("spare")
                {
                    values(value, out);
                }
            }
        }
        Json::List(list) => list.iter().for_each(|v| values(v, out)),
        other => out.push(other),
    }
}

#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Where {
    category: u8,
    item: String,
    element: String,
}

#[derive(Debug, Default)]
struct Tally {
    croatia: bool,
    records: usize,
    elements: usize,
    // Elements more than a step apart: how often, and the first case.
    apart: BTreeMap<Where, (usize, String)>,
}

impl Tally {
    fn item(&mut self, category: u8, name: &str, leaves: &[Leaf], oracle: &Json) {
        let mut theirs = Vec::new();
        values(oracle, &mut theirs);
        let at = |element: &str| Where { category, item: name.to_owned(), element: element.to_owned() };
        if theirs.len() != leaves.len() {
            let entry = self.apart.entry(at("*")).or_insert_with(|| (0, format!("{leaves:?} / {theirs:?}")));
            entry.0 += 1;
            return;
        }
        for (leaf, theirs) in leaves.iter().zip(theirs) {
            self.elements += 1;
            let croatia = self.croatia;
            let steps = match (UNITS.iter().find(|u| (u.0, u.1, u.2) == (category, name, &leaf.name)), theirs) {
                (Some(unit), Json::Number(n)) if croatia => steps_apart(leaf, &Json::Number(n / unit.3)),
                _ => steps_apart(leaf, theirs),
            };
            if steps.is_none_or(|s| s > 1.0) {
                let entry =
                    self.apart.entry(at(&leaf.name)).or_insert_with(|| (0, format!("{leaf:?} / {theirs:?}: {steps:?}")));
                entry.0 += 1;
            }
        }
    }

    /// Exactly the differences that are listed.
    fn check(&self, name: &str, known: &[(u8, &str, &str, &str)]) {
        let known: Vec<_> =
            known.iter().map(|(c, i, e, _)| Where { category: *c, item: (*i).to_owned(), element: (*e).to_owned() }).collect();
        let found: Vec<_> = self.apart.keys().cloned().collect();
        assert_eq!(found, known, "{name}: {:#?}", self.apart);
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Category, capture, oracle and its differences: category, item, element, reason.
type Case = (&'static str, &'static str, usize, &'static [(u8, &'static str, &'static str, &'static str)]);

const CASES: [Case; 6] = [
    (
        "ccl_cat_034_048.pcap",
        "ccl_cat_034_048.pcap.asterix_decoder.jsonl.gz",
        162,
        &[(
            48,
            "250",
            "*",
            "it reads the registers of the transponder, which we keep as bits; Wireshark's test compares those",
        )],
    ),
    ("ccl_cat_062_065.pcap", "ccl_cat_062_065.pcap.asterix_decoder.jsonl", 3, &[]),
    ("libasterixrs_example-asterix.pcapng", "libasterixrs_example-asterix.pcap.asterix_decoder.jsonl.gz", 92, &[]),
    ("montge_cat_001_002.pcap", "montge_cat_001_002.pcap.asterix_decoder.jsonl", 8, &[]),
    ("synth_cat010_034_048_062_065.pcap", "synth_cat010_034_048_062_065.pcap.asterix_decoder.jsonl", 48, &[]),
    ("synth_cat240_360spokes.pcap", "synth_cat240_360spokes.pcap.asterix_decoder.jsonl.gz", 361, &[]),
];

#[test]
fn every_element_agrees_with_croatia_control() {
    for (capture, oracle, records, known) in CASES {
        let Some(path) = shared::data(&format!("radar/oracle/{oracle}")) else { continue };
        let text = String::from_utf8(shared::read(&path)).unwrap();
        let mut tally = Tally { croatia: true, ..Tally::default() };
        let mut theirs: Vec<(u8, Vec<u8>)> = Vec::new();
        for line in text.lines() {
            let line: Json = serde_json::from_str(line).unwrap();
            let rec = line.get("rec").unwrap();
            let (Some(Json::Number(number)), Some(Json::Text(data))) = (rec.get("category"), rec.get("hexdata")) else {
                panic!("{line:?}")
            };
            let (number, bytes) = (*number as u8, hex(data));
            let (record, rest) = Record::take(category(number).unwrap(), &bytes).unwrap();
            assert!(rest.is_empty(), "{capture}: a record ends where the oracle's does");
            tally.records += 1;
            let Json::Object(members) = rec else { unreachable!() };
            let items: Vec<_> = members.iter().filter(|(k, _)| k.starts_with('I')).collect();
            let found = ours(&record);
            let names: Vec<_> = found.iter().map(|(n, _)| *n).filter(|n| !matches!(*n, "SP" | "RE")).collect();
            let mut their_names: Vec<_> = items.iter().map(|(k, _)| &k[1..]).collect();
            // The oracle's order is that of its own table.
            their_names.sort_by_key(|n| names.iter().position(|m| m == n));
            assert_eq!(names, their_names, "{capture}");
            for (name, leaves) in &found {
                if let Some((_, oracle)) = items.iter().find(|(k, _)| &k[1..] == *name) {
                    tally.item(number, name, leaves, oracle);
                }
            }
            theirs.push((number, bytes));
        }
        assert_eq!(tally.records, records, "{capture}");
        tally.check(capture, known);
        assert_eq!(blocks(capture), theirs, "{capture}: the records are those of the capture");
        println!("{capture}: {} records, {} elements", tally.records, tally.elements);
    }
}

/// The records of a capture as they lie in its datagrams, by our own walk.
fn blocks(capture: &str) -> Vec<(u8, Vec<u8>)> {
    let path = shared::data(&format!("radar/asterix/{capture}")).unwrap();
    let mut out = Vec::new();
    for datagram in PcapReader::open(&path).unwrap() {
        let bytes = datagram.unwrap().bytes;
        let framed: Vec<&[u8]> = prefixed::blocks(&bytes).map_or_else(|| vec![&bytes[..]], Iterator::collect);
        assert_eq!(framed[0].len() < bytes.len(), capture.starts_with("montge"));
        for framed in framed {
            for block in Blocks::new(framed).map(Result::unwrap) {
                let Some(category) = category(block.category) else { continue };
                let mut rest = block.records;
                while !rest.is_empty() {
                    let (record, after) = Record::take(category, rest).unwrap();
                    out.push((block.category, record.bytes().to_vec()));
                    rest = after;
                }
            }
        }
    }
    out
}

#[test]
fn every_element_agrees_with_wireshark() {
    let Some(path) = shared::data("radar/oracle/ccl_cat_034_048.tshark.json.gz") else { return };
    let Some(capture) = shared::data("radar/asterix/ccl_cat_034_048.pcap") else { return };
    let frames: Json = serde_json::from_slice(&shared::read(&path)).unwrap();
    let Json::List(frames) = frames else { panic!() };
    let datagrams: Vec<_> = PcapReader::open(&capture).unwrap().map(|d| d.unwrap().bytes).collect();
    assert_eq!(frames.len(), datagrams.len());
    let mut tally = Tally::default();
    for (frame, datagram) in frames.iter().zip(&datagrams) {
        let layers = frame.get("_source").and_then(|s| s.get("layers")).unwrap();
        let theirs: Vec<_> = flat(layers.all("asterix")).into_iter().flat_map(|b| flat(b.all("asterix.message"))).collect();
        let mut theirs = theirs.into_iter();
        for block in Blocks::new(datagram).map(Result::unwrap) {
            let Some(table) = category(block.category) else { continue };
            let mut rest = block.records;
            while !rest.is_empty() {
                let (record, after) = Record::take(table, rest).unwrap();
                let message = theirs.next().expect("a message of Wireshark's for each record");
                tally.records += 1;
                for (name, leaves) in ours(&record) {
                    let key = format!("asterix.{:03}_{name}", block.category);
                    let item = message.get(&key).unwrap_or_else(|| panic!("{key} in {message:?}"));
                    tally.item(block.category, name, &leaves, item);
                }
                rest = after;
            }
        }
        assert!(theirs.next().is_none(), "and no more");
    }
    tally.check("Wireshark", &[(48, "090", "FL", "4.0.17 reads two's complement as unsigned: flight level -1 becomes 4095")]);
    assert_eq!(tally.records, 162);
    println!("Wireshark: {} records, {} elements", tally.records, tally.elements);
}

/// Repetitions come as repeated keys or as a list.
fn flat<'a>(found: impl Iterator<Item = &'a Json>) -> Vec<&'a Json> {
    found.flat_map(|j| if let Json::List(list) = j { list.iter().collect() } else { vec![j] }).collect()
}
