//! AIS messages as JSON lines: what `decode` writes. One line a message, every message type.

use super::json::Object;
use crate::model::Station;
use crate::wire::nmea::ais::units::{Dimensions, Position};
use crate::wire::nmea::ais::{ApplicationId, Area, Bits, Body, ChannelManagementScope, StaticData};
use crate::wire::nmea::{Linked, Received, Signal};

/// Appends the line of one message. The keys that every line has come first, `null` where the message does not tell them;
/// those of its type follow.
///
/// `stations` are all that heard the transmission, first the first.
pub fn ais_line(received: &Received<'_>, stations: &[Station], out: &mut Vec<u8>) {
    let message = &received.message;
    let about = About::of(&message.body);
    let kinematics = message.kinematics();
    let k = kinematics.as_ref();
    let signal = received.signal.as_ref();
    let mut o = Object::open(out);
    o.string("kind", "ais").integer("type", i64::from(message.message_type)).integer("mmsi", i64::from(message.mmsi.0));
    let position = k.map(|k| k.position).or(about.position);
    o.number("lat", position.and_then(Position::latitude), 7)
        .number("lon", position.and_then(Position::longitude), 7)
        .number("sog_kn", k.and_then(|k| k.sog_kn), 1)
        .number("cog_deg", k.and_then(|k| k.cog_deg), 1)
        .number("heading_deg", k.and_then(|k| k.heading_deg), 0)
        .number("rot_deg_min", k.and_then(|k| k.rot).and_then(|r| r.degrees_per_minute()), 1)
        .string("name", about.name.as_deref())
        .string("callsign", about.callsign.as_deref())
        .integer("imo", about.imo.map(i64::from))
        .integer("ship_type", about.ship_type.map(i64::from))
        .string("station", received.station.as_ref().map(Station::as_str))
        .strings("stations", stations.iter().map(Station::as_str))
        .time("t", received.known_time())
        .time("source_time", received.source_time)
        .string("channel", channel(received.channel))
        .integer("slot", signal.and_then(|s| s.slot).map(i64::from))
        .number("signal_dbm", signal.and_then(|s| s.signal_dbm).map(f64::from), 1)
        .number("snr_db", signal.and_then(|s| s.snr_db).map(f64::from), 1)
        .flag("own", received.own)
        .integer("repeat", i64::from(message.repeat));
    if let Some(k) = k {
        o.flag("accurate", k.accurate)
            .integer("lon_raw", i64::from(k.position.lon))
            .integer("lat_raw", i64::from(k.position.lat))
            .integer("utc_second", k.second.and_then(|s| s.second()).map(i64::from));
        if k.nav_status.is_some() {
            o.integer("nav_status", k.nav_status.map(i64::from));
        }
        if let Some(rot) = k.rot {
            o.integer("rot_raw", i64::from(rot.0));
        }
    }
    body(&message.body, &mut o);
    o.end_line();
}

/// Appends the line of a VSI whose message has its line already.
pub fn reception_line(linked: &Linked, signal: &Signal, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("kind", "ais-reception")
        .integer("type", i64::from(linked.message_type))
        .integer("mmsi", i64::from(linked.mmsi.0))
        .string("station", signal.station.as_ref().map(Station::as_str))
        .number("time_of_day_s", signal.time_of_day_s, 2)
        .integer("slot", signal.slot.map(i64::from))
        .number("signal_dbm", signal.signal_dbm.map(f64::from), 1)
        .number("snr_db", signal.snr_db.map(f64::from), 1);
    o.end_line();
}

/// What of the common keys is in a body.
#[derive(Default)]
struct About {
    position: Option<Position>,
    name: Option<String>,
    callsign: Option<String>,
    imo: Option<u32>,
    ship_type: Option<u8>,
}

impl About {
    fn of(body: &Body<'_>) -> Self {
        match body {
            Body::StaticAndVoyage(s) => Self {
                name: s.name.owned(),
                callsign: s.callsign.owned(),
                imo: s.imo.number(),
                ship_type: s.ship_type.code(),
                ..Self::default()
            },
            Body::ClassBExtended(s) => Self { name: s.name.owned(), ship_type: s.ship_type.code(), ..Self::default() },
            Body::AidToNavigation(a) => Self { name: a.full_name(), ..Self::default() },
            Body::StaticData(StaticData::Name(name)) => Self { name: name.owned(), ..Self::default() },
            Body::StaticData(StaticData::Details(d)) => {
                Self { callsign: d.callsign.owned(), ship_type: d.ship_type.code(), ..Self::default() }
            }
            Body::GnssCorrections(g) => Self { position: Some(g.position), ..Self::default() },
            Body::GroupAssignment(g) => Self { ship_type: g.ship_type.code(), ..Self::default() },
            _ => Self::default(),
        }
    }
}

/// The keys of one type.
fn body(body: &Body<'_>, o: &mut Object<'_>) {
    match body {
        Body::Position(r) => {
            o.integer("manoeuvre", i64::from(r.manoeuvre)).flag("raim", r.raim).integer("radio", i64::from(r.radio));
        }
        Body::BaseStation(r) => {
            o.time("utc", r.time()).integer("epfd", i64::from(r.epfd)).flag("raim", r.raim);
            o.integer("radio", i64::from(r.radio));
        }
        Body::StaticAndVoyage(s) => {
            o.number("draught_m", s.draught.metres(), 1).string("destination", s.destination.owned().as_deref());
            dimensions(s.dimensions, o);
            o.object("eta", |eta| {
                eta.integer("month", s.eta.month().map(i64::from))
                    .integer("day", s.eta.day().map(i64::from))
                    .integer("hour", s.eta.hour().map(i64::from))
                    .integer("minute", s.eta.minute().map(i64::from));
            });
            o.integer("epfd", i64::from(s.epfd)).integer("ais_version", i64::from(s.ais_version)).flag("dte", s.dte);
        }
        Body::AddressedBinary(b) => {
            o.integer("destination_mmsi", i64::from(b.destination.0)).integer("sequence", i64::from(b.sequence));
            o.flag("retransmitted", b.retransmitted);
            application(Some(b.application), o);
            data(b.data, o);
        }
        Body::BroadcastBinary(b) => {
            application(Some(b.application), o);
            data(b.data, o);
        }
        Body::Acknowledge(a) => {
            let receipts = a.receipts.iter().flatten();
            let (mmsis, sequences) = receipts.map(|(m, s)| (f64::from(m.0), f64::from(*s))).unzip::<f64, f64, Vec<_>, Vec<_>>();
            o.numbers("destination_mmsis", &mmsis, 0).numbers("sequences", &sequences, 0);
        }
        Body::Aircraft(r) => {
            o.number("altitude_m", r.altitude.metres(), 0).flag("barometric", r.barometric).flag("dte", r.dte);
            o.flag("assigned", r.assigned).flag("raim", r.raim).integer("radio", i64::from(r.radio));
        }
        Body::UtcInquiry(u) => {
            o.integer("destination_mmsi", i64::from(u.destination.0));
        }
        Body::AddressedText(t) => {
            o.integer("destination_mmsi", i64::from(t.destination.0)).integer("sequence", i64::from(t.sequence));
            o.flag("retransmitted", t.retransmitted).string("text", t.text.owned().as_deref());
        }
        Body::BroadcastText(text) => {
            o.string("text", text.owned().as_deref());
        }
        Body::Interrogation(i) => {
            let requests = || i.requests.iter().flatten();
            let mmsis: Vec<f64> = requests().map(|r| f64::from(r.destination.0)).collect();
            let types: Vec<f64> = requests().map(|r| f64::from(r.message_type)).collect();
            let offsets: Vec<f64> = requests().map(|r| f64::from(r.slot_offset)).collect();
            o.numbers("destination_mmsis", &mmsis, 0).numbers("types", &types, 0).numbers("slot_offsets", &offsets, 0);
        }
        Body::Assignment(a) => {
            let all = || a.assignments.iter().flatten();
            let mmsis: Vec<f64> = all().map(|x| f64::from(x.destination.0)).collect();
            let offsets: Vec<f64> = all().map(|x| f64::from(x.offset)).collect();
            let increments: Vec<f64> = all().map(|x| f64::from(x.increment)).collect();
            o.numbers("destination_mmsis", &mmsis, 0).numbers("offsets", &offsets, 0).numbers("increments", &increments, 0);
        }
        Body::GnssCorrections(g) => data(g.data, o),
        Body::ClassB(r) => {
            o.flag("carrier_sense", r.carrier_sense).flag("display", r.display).flag("dsc", r.dsc);
            o.flag("whole_band", r.whole_band).flag("obeys_type_22", r.obeys_type_22).flag("assigned", r.assigned);
            o.flag("raim", r.raim).integer("radio", i64::from(r.radio));
        }
        Body::ClassBExtended(s) => {
            dimensions(s.dimensions, o);
            o.integer("epfd", i64::from(s.epfd)).flag("raim", s.raim).flag("dte", s.dte).flag("assigned", s.assigned);
        }
        Body::DataLinkManagement(d) => {
            let all = || d.reservations.iter().flatten();
            let offsets: Vec<f64> = all().map(|r| f64::from(r.offset)).collect();
            let slots: Vec<f64> = all().map(|r| f64::from(r.slots)).collect();
            let timeouts: Vec<f64> = all().map(|r| f64::from(r.timeout_min)).collect();
            let increments: Vec<f64> = all().map(|r| f64::from(r.increment)).collect();
            o.numbers("offsets", &offsets, 0).numbers("slots", &slots, 0);
            o.numbers("timeouts_min", &timeouts, 0).numbers("increments", &increments, 0);
        }
        Body::AidToNavigation(a) => {
            dimensions(a.dimensions, o);
            // Whether it has left its place is known only where the position is of a known second.
            let off_position = a.second.second().map(|_| a.off_position);
            o.integer("aid_type", i64::from(a.aid_type)).integer("epfd", i64::from(a.epfd));
            match off_position {
                Some(off) => o.flag("off_position", off),
                None => o.integer("off_position", None),
            };
            o.flag("virtual", a.is_virtual);
            o.integer("status", i64::from(a.status)).flag("raim", a.raim).flag("assigned", a.assigned);
        }
        Body::ChannelManagement(c) => {
            o.integer("channel_a", i64::from(c.channel_a)).integer("channel_b", i64::from(c.channel_b));
            o.integer("tx_rx", i64::from(c.tx_rx)).flag("low_power", c.low_power).integer("zone", i64::from(c.zone));
            match &c.scope {
                ChannelManagementScope::Area(a) => area(a, o),
                ChannelManagementScope::Stations(one, two) => {
                    o.numbers("destination_mmsis", &[f64::from(one.0), f64::from(two.0)], 0);
                }
            }
        }
        Body::GroupAssignment(g) => {
            area(&g.area, o);
            o.integer("station_type", i64::from(g.station_type)).integer("tx_rx", i64::from(g.tx_rx));
            o.integer("interval", i64::from(g.interval)).integer("quiet_min", i64::from(g.quiet_min));
        }
        Body::StaticData(StaticData::Name(_)) => {
            o.string("part", "A");
        }
        Body::StaticData(StaticData::Details(d)) => {
            o.string("part", "B");
            match d.mother_ship {
                Some(mother) => {
                    o.integer("mother_ship_mmsi", i64::from(mother.0));
                }
                None => dimensions(d.dimensions, o),
            }
            o.string("vendor", d.vendor.owned().as_deref()).integer("model", i64::from(d.model));
            o.integer("serial", i64::from(d.serial)).integer("epfd", i64::from(d.epfd));
        }
        Body::SlotBinary(b) => {
            o.integer("destination_mmsi", b.destination.map(|m| i64::from(m.0)));
            application(b.application, o);
            data(b.data, o);
            if b.radio.is_some() {
                o.integer("radio", b.radio.map(i64::from));
            }
        }
        Body::LongRange(r) => {
            o.flag("raim", r.raim).flag("late", r.late);
        }
    }
}

fn channel(letter: u8) -> Option<&'static str> {
    match letter {
        b'A' => Some("A"),
        b'B' => Some("B"),
        _ => None,
    }
}

fn dimensions(d: Dimensions, o: &mut Object<'_>) {
    let told = d.metres();
    for (key, value) in [("to_bow", d.bow), ("to_stern", d.stern), ("to_port", d.port), ("to_starboard", d.starboard)] {
        o.integer(key, told.map(|_| i64::from(value)));
    }
}

fn application(id: Option<ApplicationId>, o: &mut Object<'_>) {
    o.integer("dac", id.map(|a| i64::from(a.dac))).integer("fid", id.map(|a| i64::from(a.fi)));
}

fn data(bits: Bits<'_>, o: &mut Object<'_>) {
    let hex: String = bits.bytes().map(|b| format!("{b:02x}")).collect();
    o.integer("data_bits", bits.len() as i64).string("data", hex.as_str());
}

fn area(a: &Area, o: &mut Object<'_>) {
    let (ne, sw) = (a.north_east, a.south_west);
    o.number("ne_lat", ne.latitude(), 4).number("ne_lon", ne.longitude(), 4);
    o.number("sw_lat", sw.latitude(), 4).number("sw_lon", sw.longitude(), 4);
}
