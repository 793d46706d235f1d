//! AIS decoding against what pyais 3.3.1 says of 53 852 distinct messages, field by field.
//!
//! Every difference that is meant stands in [`MEANT`] with its count and the clause that makes ours right; a new one fails, and
//! so does one that is gone.

use std::collections::BTreeMap;

use haishao::model::Timestamp;
use haishao::wire::WireHealth;
use haishao::wire::nmea::ais::{Body, Message, StaticData};
use haishao::wire::nmea::{Item, Reader};
use serde_json::Value;

use crate::shared;

/// Differences that remain: what, how often, why ours is right. Sections are of ITU-R M.1371-5 annex 8.
const MEANT: &[(&str, usize, &str)] = &[
    ("type 1 refused as ais-wrong-length", 1, "§3.1: 168 bits; this has 204"),
    ("type 10 refused as ais-wrong-length", 2, "§3.8: 72 bits; these have 192 and 208"),
    ("type 13 refused as ais-wrong-length", 1, "§3.5: 72, 104, 136 or 168 bits; this has 232"),
    ("type 15 refused as ais-wrong-length", 3, "§3.13: 88, 110 or 160 bits; these have 126, 168 and 176"),
    ("type 16 refused as ais-wrong-length", 1, "§3.14: 96 or 144 bits; this has 176"),
    ("type 18 heading: ours null theirs 360", 2, "§3.16: 0–359, 511 not available"),
    ("type 18 heading: ours null theirs 480", 1, "§3.16: 0–359, 511 not available"),
    ("type 20 refused as ais-wrong-length", 2, "§3.18: at most 160 bits; these have 186 and 264"),
    (
        "type 21 full_name: ours \"AHAAHA ROCKS NORTH>S+>N\" theirs \"AHAAHA ROCKS NORTH>S+>NG\"",
        1,
        "§3.19: characters have six bits; pyais makes one of the 4 that are left",
    ),
    (
        "type 21 full_name: ours \"CHANNEL PORT VIRTUAL NO.4\" theirs \"CHANNEL PORT VIRTUALNO.4\"",
        1,
        "§3.19: the extension is joined at the end of the 20 characters; pyais first takes off the space",
    ),
    (
        "type 21 full_name: ours \"NEIST POINT\" theirs \"NEIST POINT@@@@@@@@@@@@@@@@@@@@@L\"",
        1,
        "§3.19: characters have six bits; pyais makes one of what is left",
    ),
    (
        "type 21 full_name: ours \"PUGET SOUND TSL SG  @F):?-^\" theirs \"PUGET SOUND TSL SG@F):?-^M\"",
        1,
        "§3.19: as the two above",
    ),
    (
        "type 21 full_name: ours \"PUGET SOUND TSL TA  @DJD?-^\" theirs \"PUGET SOUND TSL TA@DJD?-^M\"",
        1,
        "§3.19: as the two above",
    ),
    (
        "type 21 full_name: ours \"PUGET SOUND TSL TA  @DJD_!N\" theirs \"PUGET SOUND TSL TA@DJD_!N\"",
        1,
        "§3.19: the extension is joined at the end of the 20 characters",
    ),
    (
        "type 21 full_name: ours \"TSS ENTRANCE TO THE SOUND\" theirs \"TSS ENTRANCE TO THESOUND\"",
        1,
        "§3.19: the extension is joined at the end of the 20 characters",
    ),
    ("type 21 refused as ais-wrong-length", 2, "§3.19: 272–360 bits; these have 168 and 368"),
    ("type 23 refused as ais-wrong-length", 1, "§3.21: 160 bits; this has 216"),
    ("type 25 refused as ais-wrong-length", 1, "§3.23: at most 168 bits; this has 184"),
    ("type 27 refused as ais-wrong-length", 1, "§3.25: 96 bits; this has 168"),
    (
        "type 5 destination: ours null theirs \"@@@@@@@@@@@@\"",
        1,
        "§3.3: filled with @, and with spaces behind them: not available",
    ),
    (
        "type 5 ship_type: pyais folds the code, libais does not",
        23,
        "§3.3.2: 1–99 as sent; pyais turns codes that it has no word for into others",
    ),
    ("type 6 refused as ais-wrong-length", 4, "§3.4: 88 bits to the end of the application identifier; these have 72"),
    ("type 7 refused as ais-wrong-length", 3, "§3.5: 72, 104, 136 or 168 bits; these have 124, 128 and 184"),
];

#[test]
fn no_difference_to_the_oracle_but_the_listed_ones() {
    let Some(path) = shared::data("ais/oracle/messages.nmea.gz") else { return };
    let Some(oracle) = shared::data("ais/oracle/messages.oracle.jsonl.gz") else { return };
    let lines = shared::read(&path);
    let records = shared::read(&oracle);
    let mut reader = Reader::new(false);
    let mut differences: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut compared: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut n = 0;
    for (line, record) in lines.split(|&b| b == b'\n').zip(records.split(|&b| b == b'\n')) {
        if line.is_empty() {
            continue;
        }
        n += 1;
        let record: Value = serde_json::from_slice(record).unwrap();
        assert_eq!(record["nmea"].as_str().unwrap().as_bytes(), line);
        let theirs = &record["pyais"];
        let mut health = WireHealth::default();
        let mut ours: Option<Vec<(&'static str, Value)>> = None;
        reader.read(line, Timestamp::MIN, &mut health, |item, _| {
            let Item::Ais(received) = item else { panic!("no AIS in {}", String::from_utf8_lossy(line)) };
            ours = Some(fields(&received.message));
        });
        let mut note = |what: String| {
            let entry = differences.entry(what).or_insert((0, String::from_utf8_lossy(line).into_owned()));
            entry.0 += 1;
        };
        match (&ours, theirs.is_null()) {
            (None, true) => {}
            (Some(_), true) => note(format!("type {} taken, oracle refuses", record["type"])),
            (None, false) => {
                let why = health.refused.keys().next().unwrap().0;
                note(format!("type {} refused as {why}", record["type"]));
            }
            (Some(fields), false) => {
                for (name, our) in fields {
                    *compared.entry(name).or_default() += 1;
                    let their = &theirs[name];
                    if same(our, their) || (our.is_null() && says_nothing(name, &record["type"], their)) {
                        continue;
                    }
                    if *name == "ship_type" && same(our, &record["libais"]["type_and_cargo"]) {
                        note(format!("type {} ship_type: pyais folds the code, libais does not", record["type"]));
                        continue;
                    }
                    note(format!("type {} {name}: ours {our} theirs {their}", record["type"]));
                }
            }
        }
    }
    assert_eq!(n, 53_852);
    // Nothing is equal by not being compared.
    let least = [("lat", 50_000), ("turn", 40_000), ("heading", 44_000), ("imo", 1472), ("shipname", 1700), ("callsign", 1600)];
    for (name, n) in least {
        assert!(compared[name] >= n, "{name}: {compared:?}");
    }
    let found: Vec<(String, usize)> = differences.iter().map(|(k, (n, _))| (k.clone(), *n)).collect();
    let meant: Vec<(String, usize)> = MEANT.iter().map(|(k, n, _)| (k.to_string(), *n)).collect();
    for (what, (n, example)) in &differences {
        if !meant.contains(&(what.clone(), *n)) {
            println!("not listed: {what} × {n}, as {example}");
        }
    }
    assert_eq!(found, meant);
}

fn fields(message: &Message<'_>) -> Vec<(&'static str, Value)> {
    let mut f: Vec<(&'static str, Value)> = vec![("mmsi", message.mmsi.0.into()), ("msg_type", message.message_type.into())];
    if let Some(k) = message.kinematics() {
        f.push(("lat", k.position.latitude().into()));
        f.push(("lon", k.position.longitude().into()));
        if !matches!(message.body, Body::BaseStation(_) | Body::AidToNavigation(_)) {
            f.push(("speed", k.sog_kn.into()));
            f.push(("course", k.cog_deg.into()));
        }
        if matches!(message.body, Body::Position(_) | Body::ClassB(_) | Body::ClassBExtended(_)) {
            f.push(("heading", k.heading_deg.into()));
        }
        if let Some(rot) = k.rot {
            // pyais rounds, and says ±127 for a turn without an indicator, -128 for not available.
            f.push((
                "turn",
                match (rot.degrees_per_minute(), rot.direction()) {
                    (Some(turn), _) => turn.round().into(),
                    (None, Some(direction)) => (f64::from(direction) * 127.0).into(),
                    (None, None) => Value::Null,
                },
            ));
        }
    }
    let mut dimensions = |d: haishao::wire::nmea::ais::units::Dimensions| {
        f.extend([
            ("to_bow", d.bow.into()),
            ("to_stern", d.stern.into()),
            ("to_port", d.port.into()),
            ("to_starboard", d.starboard.into()),
        ]);
    };
    match &message.body {
        Body::StaticAndVoyage(s) => {
            dimensions(s.dimensions);
            f.push(("shipname", s.name.owned().into()));
            f.push(("callsign", s.callsign.owned().into()));
            f.push(("destination", s.destination.owned().into()));
            f.push(("imo", s.imo.number().into()));
            f.push(("ship_type", s.ship_type.code().into()));
            f.push(("draught", s.draught.metres().into()));
            f.push(("month", s.eta.month().into()));
            f.push(("day", s.eta.day().into()));
            f.push(("hour", s.eta.hour().into()));
            f.push(("minute", s.eta.minute().into()));
        }
        Body::ClassBExtended(s) => {
            dimensions(s.dimensions);
            f.push(("shipname", s.name.owned().into()));
            f.push(("ship_type", s.ship_type.code().into()));
        }
        Body::AidToNavigation(a) => {
            dimensions(a.dimensions);
            f.push(("full_name", a.full_name().into()));
        }
        Body::StaticData(StaticData::Name(name)) => f.push(("shipname", name.owned().into())),
        Body::StaticData(StaticData::Details(d)) => {
            dimensions(d.dimensions);
            f.push(("callsign", d.callsign.owned().into()));
            f.push(("ship_type", d.ship_type.code().into()));
        }
        _ => {}
    }
    f
}

fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-6,
        (a, b) => a == b,
    }
}

/// The word of the standard for "not available" in a field of a type.
fn says_nothing(name: &str, message_type: &Value, theirs: &Value) -> bool {
    let number = theirs.as_f64();
    match name {
        "lat" => number == Some(91.0),
        "lon" => number == Some(181.0),
        "speed" => {
            number
                == Some(match message_type.as_u64() {
                    Some(9) => 1023.0,
                    Some(27) => 63.0,
                    _ => 102.3,
                })
        }
        "course" => number == Some(if message_type == 27 { 511.0 } else { 360.0 }),
        "heading" => number == Some(511.0),
        "turn" => number == Some(-128.0),
        "imo" | "ship_type" | "draught" | "month" | "day" => number == Some(0.0),
        "hour" => number == Some(24.0),
        "minute" => number == Some(60.0),
        "shipname" | "callsign" | "destination" | "full_name" => theirs == "",
        _ => false,
    }
}
