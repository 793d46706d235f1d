//! Track and alert lines, the contract of DESIGN §4: tested from outside, so every key, unit and number of decimals stays.

use super::json::Object;
use crate::model::units::mps_to_knots;
use crate::model::{Alert, EvidenceValue, MAX_TRACK_SENSORS, Mmsi, Site, Suppressed, Track};

/// Appends the line of one update of a track.
///
/// Decimals: 7 of a degree are 1 cm; 3 of m/s and 2 of knots and m² are far under any sensor's noise.
pub fn track_line(track: &Track, site: &Site, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    track_fields(track, site, &mut o);
    o.end_line();
}

/// The fields of a track line, for those that put it inside another object.
pub fn track_fields(track: &Track, site: &Site, o: &mut Object<'_>) {
    o.time("t", track.t)
        .time("t_out", track.t_out)
        .integer("track_id", track.id.0 as i64)
        .string("status", track.status.word())
        .number("lat", track.position.lat_deg(), 7)
        .number("lon", track.position.lon_deg(), 7)
        .number("vx", track.velocity[0], 3)
        .number("vy", track.velocity[1], 3)
        .number("sog_kn", track.sog_kn(), 2)
        .number("sog_lcb90_kn", track.sog_lcb90_kn(), 2)
        .number("cog_deg", course_tenths(track.cog_deg()), 1)
        .numbers("pos_cov_m2", &track.position_cov, 2)
        .number("p_exist", track.p_exist, 5)
        .number("p_fast", track.p_fast, 4)
        .integer("mmsi", track.mmsi.map(|m| i64::from(m.0)))
        .string("ais", track.ais.word())
        .string("class", track.class.word())
        .strings("sources", track.sensors.iter().filter_map(|(id, _)| site.sensor(id).map(|s| s.id.as_str())));
    more_fields(track, site, o);
}

/// What DESIGN §4 does not name: it stands after the contract's keys.
fn more_fields(track: &Track, site: &Site, o: &mut Object<'_>) {
    let mut ages = [0.0; MAX_TRACK_SENSORS];
    let mut n = 0;
    for (age, (_, t)) in ages.iter_mut().zip(track.sensors.iter().filter(|(id, _)| site.sensor(*id).is_some())) {
        *age = track.t_out.seconds_since(t).max(0.0);
        n += 1;
    }
    let (modes, sensing, ais, origin) = (&track.modes, &track.sensing, &track.ais_detail, &track.origin);
    o.numbers("source_age_s", ages.get(..n).unwrap_or_default(), 2)
        .integer("radar_sites", track.radar_sites(site, RADAR_SITES_WITHIN_S) as i64)
        .number("radar_age_s", track.radar_age_s(site), 2)
        .string("mode", modes.word())
        .numbers("mode_p", &[modes.steady, modes.agile, modes.port, modes.starboard], 3)
        .number("pd", sensing.pd, 3)
        .number("hits_10", sensing.looks.ratio(), 2)
        .number("p_clutter", sensing.p_clutter, 5)
        .number("p_swap", sensing.p_swap, 3)
        .number("ais_silent_s", ais.silent_s, 1)
        .number("ais_interval_s", ais.interval_s, 1)
        .number("ais_expected", track.ais_expected, 3)
        .number("ais_offset_m", ais.offset.map(|d| d.m), 1)
        .number("ais_offset_sigma_m", ais.offset.map(|d| d.sigma_m), 1)
        .object("p_mmsi", |names| {
            for (mmsi, p) in ais.names.iter() {
                names.number(NineDigits::of(mmsi).as_str(), p, 4);
            }
            names.number("none", ais.names.none, 4);
        })
        .time("born", track.born)
        .number("born_lat", origin.position.lat_deg(), 7)
        .number("born_lon", origin.position.lon_deg(), 7)
        .number("born_kn", origin.speed.map(mps_to_knots), 2)
        .integer("linked_from", origin.link.map(|l| l.from.0 as i64))
        .number("link_p", origin.link.map(|l| l.p), 3)
        .number("link_gap_s", origin.link.map(|l| l.gap_s), 1);
}

/// A radar counts as seeing a craft that it saw within this time, s: four turns of a coastal radar.
const RADAR_SITES_WITHIN_S: f64 = 10.0;

/// An MMSI in print, without an allocation a line.
struct NineDigits([u8; 9]);

impl NineDigits {
    fn of(mmsi: Mmsi) -> Self {
        let mut rest = mmsi.0 % 1_000_000_000;
        let mut digits = [b'0'; 9];
        for d in digits.iter_mut().rev() {
            *d = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(digits)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Rounds a course to tenths of a degree within [0, 360): what would print as 360.0 is 0.0.
fn course_tenths(degrees: f64) -> f64 {
    let tenths = (degrees * 10.0).round() / 10.0;
    if tenths >= 360.0 { 0.0 } else { tenths }
}

/// Appends the line of one alert raised or cleared.
pub fn alert_line(alert: &Alert, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    alert_fields(alert, &mut o);
    o.end_line();
}

/// Appends the line of one alert that was kept back: that of the alert, with the clause that did it and the entry or zone behind it.
pub fn suppressed_line(suppressed: &Suppressed, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    alert_fields(&suppressed.alert, &mut o);
    o.string("suppressed_by", suppressed.by.as_str()).string("entry", suppressed.entry.as_deref());
    o.end_line();
}

/// The fields of an alert line, for those that put it inside another object.
pub fn alert_fields(alert: &Alert, o: &mut Object<'_>) {
    o.time("t", alert.t)
        .time("t_out", alert.t_out)
        .integer("alert_id", alert.id.0 as i64)
        .string("rule", alert.rule.as_str())
        .integer("severity", i64::from(alert.severity.level()))
        .string("state", alert.state.word())
        .integer("track_id", alert.track.0 as i64)
        .number("lat", alert.position.lat_deg(), 7)
        .number("lon", alert.position.lon_deg(), 7)
        .object("text", |text| {
            text.string("zh", alert.text_zh.as_str()).string("en", alert.text_en.as_str());
        })
        .object("evidence", |evidence| {
            for (name, value) in &alert.evidence {
                match value {
                    // All digits: who computes the decision again from the evidence must come to the same.
                    EvidenceValue::Number(v) => evidence.exact(name, *v),
                    EvidenceValue::Text(s) => evidence.string(name, s.as_str()),
                    EvidenceValue::Flag(f) => evidence.flag(name, *f),
                    EvidenceValue::Unknown => evidence.string(name, None),
                };
            }
        })
        .string("rule_version", named(&alert.basis.rule_version))
        .string("grounds_version", named(&alert.basis.grounds_version))
        .number("score", alert.basis.score, 2)
        .strings("unknown", alert.basis.unknown.iter().map(String::as_str))
        .object("refutes", |text| {
            text.string("zh", alert.basis.refutes_zh.as_str()).string("en", alert.basis.refutes_en.as_str());
        })
        .integers("others", alert.basis.others.iter().map(|t| t.0 as i64));
}

/// `null` for what has no name.
fn named(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Geodetic, GeodeticHeight};
    use crate::model::{
        AisDetail, AisState, AlertId, AlertState, Basis, CraftClass, Looks, Modes, Names, Origin, Sensing, SensorSet, Severity,
        Timestamp, TrackId, TrackStatus,
    };

    #[test]
    fn lines_hold_every_key_of_the_contract_and_read_back() {
        let site = Site { name: "x".into(), origin: GeodeticHeight::default(), sensors: Vec::new(), feeds: Vec::new() };
        let track = Track {
            id: TrackId(7),
            status: TrackStatus::Confirmed,
            t: Timestamp::from_nanos(1_773_504_000_250_000_000),
            t_out: Timestamp::from_nanos(1_773_504_000_300_000_000),
            born: Timestamp::from_secs(1_773_503_000),
            position: Geodetic::from_degrees(22.55, 114.72),
            velocity: [-3.0, 4.0],
            position_cov: [100.0, -5.0, 80.0],
            velocity_cov: [1.0, 0.0, 1.0],
            sog_lcb90: 3.6,
            p_exist: 0.99995,
            p_fast: 0.25,
            hit_ratio: 0.7,
            mmsi: Some(Mmsi(412_000_000)),
            ais: AisState::Ok,
            ais_expected: None,
            class: CraftClass::Ship,
            sensors: SensorSet::default(),
            modes: Modes { steady: 0.7, agile: 0.1, port: 0.15, starboard: 0.05 },
            sensing: Sensing { pd: 0.8, looks: Looks::default(), p_clutter: 0.00005, p_swap: 0.25, ..Sensing::default() },
            ais_detail: AisDetail {
                silent_s: Some(4.0),
                interval_s: Some(10.0),
                offset: None,
                names: Names::of_claims([(Mmsi(412_000_000), 0.99)]),
            },
            origin: Origin::default(),
        };
        let mut out = Vec::new();
        track_line(&track, &site, &mut out);
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            "{\"t\":1773504000.250000,\"t_out\":1773504000.300000,\"track_id\":7,\"status\":\"confirmed\",\"lat\":22.5500000,\
             \"lon\":114.7200000,\"vx\":-3.000,\"vy\":4.000,\"sog_kn\":9.72,\"sog_lcb90_kn\":7.00,\"cog_deg\":323.1,\
             \"pos_cov_m2\":[100.00,-5.00,80.00],\"p_exist\":0.99995,\"p_fast\":0.2500,\"mmsi\":412000000,\"ais\":\"ok\",\
             \"class\":\"ship\",\"sources\":[],\"source_age_s\":[],\"radar_sites\":0,\"radar_age_s\":null,\"mode\":\"steady\",\
             \"mode_p\":[0.700,0.100,0.150,0.050],\"pd\":0.800,\"hits_10\":null,\"p_clutter\":0.00005,\"p_swap\":0.250,\
             \"ais_silent_s\":4.0,\"ais_interval_s\":10.0,\"ais_expected\":null,\"ais_offset_m\":null,\"ais_offset_sigma_m\":null,\
             \"p_mmsi\":{\"412000000\":0.9900,\"none\":0.0100},\"born\":1773503000.000000,\"born_lat\":0.0000000,\
             \"born_lon\":0.0000000,\"born_kn\":null,\"linked_from\":null,\"link_p\":null,\"link_gap_s\":null}\n"
        );
        let alert = Alert {
            id: AlertId(1),
            rule: "R01".into(),
            severity: Severity::new(3).unwrap(),
            state: AlertState::Raised,
            track: TrackId(7),
            t: track.t,
            t_out: track.t_out,
            position: track.position,
            text_zh: "疑似".into(),
            text_en: "suspected".into(),
            evidence: vec![
                ("sog_lcb90_kn".into(), EvidenceValue::Number(25.000_000_000_000_004)),
                ("eo".into(), EvidenceValue::Unknown),
            ],
            basis: Basis { score: Some(-1.256), others: vec![TrackId(9)], ..Basis::default() },
        };
        out.clear();
        alert_line(&alert, &mut out);
        let v: serde_json::Value = serde_json::from_slice(&out).unwrap();
        for key in ["t", "t_out", "alert_id", "rule", "severity", "state", "track_id", "lat", "lon", "text", "evidence"] {
            assert!(v.get(key).is_some(), "{key}");
        }
        assert_eq!(v["text"]["zh"], "疑似");
        assert!(v["evidence"]["eo"].is_null());
        assert_eq!((v["score"].as_f64(), v["others"][0].as_u64()), (Some(-1.26), Some(9)));
        assert!(v["rule_version"].is_null() && v["unknown"].as_array().is_some_and(Vec::is_empty));
        let said = v["evidence"]["sog_lcb90_kn"].as_f64().map(f64::to_bits);
        assert_eq!(said, Some(25.000_000_000_000_004f64.to_bits()));
    }

    #[test]
    fn a_course_never_prints_as_360() {
        for (degrees, printed) in [(0.0, 0.0), (359.94, 359.9), (359.96, 0.0), (180.05, 180.1)] {
            assert_eq!(course_tenths(degrees).to_bits(), f64::to_bits(printed), "{degrees}");
        }
    }
}
