//! What timelines of the rules that ship are told with: a site, a sea, crafts, and a judge that looks at them.

use std::path::Path;

use haishao::config;
use haishao::geo::{Geodetic, GeodeticHeight, LocalPlane};
use haishao::model::units::knots_to_mps;
use haishao::model::{
    AisClass, AisPosition, AisState, AisStatic, Alert, AlertState, CraftClass, Mmsi, Plausibility, Report, ReportKind,
    SensorId, SensorSet, Severity, Suppressed, Timestamp, Track, TrackId, TrackStatus,
};
use haishao::rules::{Answer, Entry, Grounds, Judge, Keys, ListKind, RuleSpec, Shape, Zone, ZoneKind};

macro_rules! radar_and_ais {
    () => {
        r#"
[site]
name   = "Daya Bay"
origin = { lat = 22.55, lon = 114.72 }
[[sensor]]
id = "R1"
kind = "radar"
format = "asterix"
feed = "udp://239.192.0.11:8600"
position = { lat = 22.55, lon = 114.886 }
[[sensor]]
id = "AIS"
kind = "ais"
format = "nmea"
feed = "udp://0.0.0.0:10110"
"#
    };
}

/// A radar and a receiver, and nothing known of shore and zones.
pub(crate) const OPEN_SEA: &str = radar_and_ais!();

/// The same with a camera, the shore and the zones of the bay.
pub(crate) const SITE: &str = concat!(
    "coast = \"builtin:coast/daya_bay.geojson\"",
    radar_and_ais!(),
    r#"
[[zone]]
file = "builtin:zones/daya_bay.geojson"
[[sensor]]
id = "EO"
kind = "camera"
format = "sapient"
feed = "udp://0.0.0.0:14000"
position = { lat = 22.55, lon = 114.886 }
"#
);

/// 01:00 at Daya Bay.
pub(crate) fn night() -> Timestamp {
    Timestamp::from_civil(2026, 3, 13, 17, 0, 0, 0).unwrap()
}

pub(crate) fn plane() -> LocalPlane {
    LocalPlane::new(GeodeticHeight::from_degrees(22.55, 114.72, 0.0))
}

/// Open water in the south of the bay, 10 NM off, in the local plane.
pub(crate) const SEA: [f64; 2] = [9_000.0, -24_000.0];

/// A confirmed track seen by the radar, so many seconds into the night.
pub(crate) fn track(id: u64, s: f64, p: [f64; 2], v: [f64; 2]) -> Track {
    Track { born: night(), ..track_at(night().plus_seconds(s), id, p, v) }
}

/// The same at any time, born at that moment.
pub(crate) fn track_at(t: Timestamp, id: u64, p: [f64; 2], v: [f64; 2]) -> Track {
    let mut sensors = SensorSet::default();
    sensors.touch(SensorId(0), t);
    let speed = v[0].hypot(v[1]);
    Track {
        id: TrackId(id),
        status: TrackStatus::Confirmed,
        t,
        t_out: t,
        born: t,
        position: plane().geodetic(p[0], p[1]),
        velocity: v,
        position_cov: [100.0, 0.0, 100.0],
        velocity_cov: [0.3, 0.0, 0.3],
        sog_lcb90: (speed - 1.0).max(0.0),
        p_exist: 0.999,
        p_fast: 0.0,
        hit_ratio: 0.9,
        mmsi: None,
        ais: AisState::None,
        ais_expected: None,
        class: CraftClass::Unknown,
        sensors,
        modes: Default::default(),
        sensing: Default::default(),
        ais_detail: Default::default(),
        origin: Default::default(),
    }
}

/// A ship with AIS.
pub(crate) fn ship(id: u64, s: f64, p: [f64; 2], v: [f64; 2]) -> Track {
    let mut track = Track {
        mmsi: Some(Mmsi(412_000_000 + id as u32 * 10)),
        ais: AisState::Ok,
        class: CraftClass::Ship,
        ..track(id, s, p, v)
    };
    track.ais_detail.silent_s = Some(3.0);
    track.ais_detail.interval_s = Some(10.0);
    track
}

pub(crate) fn kn(kn: f64) -> f64 {
    knots_to_mps(kn)
}

/// A judge of some rules, and what came of it.
pub(crate) struct Watch {
    pub(crate) judge: Judge,
    pub(crate) rules: Vec<RuleSpec>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) suppressed: Vec<Suppressed>,
}

impl Watch {
    pub(crate) fn on(ids: &[&str], change: impl Fn(&mut Grounds)) -> Self {
        let config = config::parse(SITE, Path::new("site.toml")).unwrap();
        let mut grounds = config.grounds.clone();
        change(&mut grounds);
        let rules: Vec<RuleSpec> = config.rules.iter().filter(|r| ids.contains(&r.id.as_str())).cloned().collect();
        assert_eq!(rules.len(), ids.len());
        Self::by(SITE, rules, &grounds)
    }

    /// By any rules, at a site of one's own.
    pub(crate) fn by(site: &str, rules: Vec<RuleSpec>, grounds: &Grounds) -> Self {
        let config = config::parse(site, Path::new("site.toml")).unwrap();
        let judge = Judge::on(&rules, &config.site, grounds).unwrap();
        Self { judge, rules, alerts: Vec::new(), suppressed: Vec::new() }
    }

    pub(crate) fn of(id: &str) -> Self {
        Self::on(&[id], |_| {})
    }

    pub(crate) fn look(&mut self, tracks: &[Track]) {
        self.judge.apply(tracks, &mut self.alerts);
        if let Some(last) = tracks.last() {
            self.judge.advance(last.t_out, &mut self.alerts);
        }
        self.suppressed.extend(self.judge.take_suppressed());
    }

    /// Looks every 2.5 s.
    pub(crate) fn run(&mut self, from: f64, to: f64, look: impl Fn(f64) -> Vec<Track>) -> &mut Self {
        let mut s = from;
        while s <= to {
            self.look(&look(s));
            s += 2.5;
        }
        self
    }

    /// Rule, state and second of each alert.
    pub(crate) fn told(&self) -> Vec<(&str, AlertState, f64)> {
        self.alerts.iter().map(|a| (a.rule.as_str(), a.state, second(a))).collect()
    }

    pub(crate) fn raised(&self) -> Vec<&Alert> {
        self.alerts.iter().filter(|a| a.state == AlertState::Raised).collect()
    }

    /// The one alert that was raised; its decision must come out again from its evidence, and its texts must be whole.
    pub(crate) fn only(&self) -> &Alert {
        let raised = self.raised();
        let [alert] = raised[..] else { panic!("{:?}", self.told()) };
        again(alert, &self.rules);
        alert
    }

    /// What the rule asks, as it ships: a timeline stays true when its threshold is moved.
    pub(crate) fn rule(&self) -> &RuleSpec {
        &self.rules[0]
    }

    pub(crate) fn param(&self, name: &str) -> f64 {
        self.rule().params.iter().find(|(n, _)| n == name).unwrap().1
    }

    pub(crate) fn silent(&self) {
        assert!(self.alerts.is_empty(), "{:?}", self.alerts);
    }

    pub(crate) fn cleared_at(&self) -> f64 {
        let cleared: Vec<f64> =
            self.told().into_iter().filter(|(_, state, _)| *state == AlertState::Cleared).map(|(.., s)| s).collect();
        assert_eq!(cleared.len(), 1, "{:?}", self.told());
        cleared[0]
    }
}

/// Second of the night at which it was said, to the millisecond.
pub(crate) fn second(alert: &Alert) -> f64 {
    (alert.t.seconds_since(night()) * 1e3).round() / 1e3
}

/// The first look, of one every 2.5 s, that is so long after that second.
pub(crate) fn look_after(second: f64, seconds: f64) -> f64 {
    ((second + seconds) / 2.5).ceil() * 2.5
}

/// Computes the decision again from the evidence.
pub(crate) fn again(alert: &Alert, rules: &[RuleSpec]) {
    let spec = rules.iter().find(|r| r.id == alert.rule).unwrap();
    spec.confirms(alert).unwrap_or_else(|why| panic!("{why}: {alert:?}"));
    match alert.state {
        AlertState::Raised => {
            for text in [&alert.text_zh, &alert.text_en, &alert.basis.refutes_zh, &alert.basis.refutes_en] {
                assert!(!text.is_empty() && !text.contains('{') && !text.contains("NaN"), "{text}");
            }
        }
        AlertState::Cleared => {}
    }
}

pub(crate) fn heard(t: f64, mmsi: u32, class: AisClass, marks: Plausibility) -> Report {
    let at = night().plus_seconds(t);
    let said = AisPosition {
        mmsi: Mmsi(mmsi),
        class,
        message_type: 1,
        position: None,
        raw_position: [0, 0],
        accurate: true,
        sog: None,
        cog: None,
        heading: Some(0.0),
        rot: None,
        nav_status: None,
        utc_second: None,
        station: None,
        plausibility: marks,
    };
    Report {
        sensor: SensorId(1),
        t: at,
        received_at: at,
        transmission: Default::default(),
        kind: ReportKind::AisPosition(said),
    }
}

pub(crate) fn told(t: f64, mmsi: u32, change: impl Fn(&mut AisStatic)) -> Report {
    let at = night().plus_seconds(t);
    let blank = AisStatic::blank(Mmsi(mmsi), AisClass::A, 5);
    let mut said = AisStatic { ship_type: Some(70), dimensions: Some([100, 20, 10, 10]), ..blank };
    change(&mut said);
    Report {
        sensor: SensorId(1),
        t: at,
        received_at: at,
        transmission: Default::default(),
        kind: ReportKind::AisStatic(Box::new(said)),
    }
}

pub(crate) fn answer() -> Answer {
    Answer {
        owner: "Li".into(),
        approved_by: Some("Wang".into()),
        reason: "test".into(),
        expires: Some(Timestamp::from_secs(2_000_000_000)),
    }
}

/// A square of 4 km about `SEA`.
pub(crate) fn square(kind: ZoneKind, severity: u8) -> Zone {
    let corners = [[-2000.0, -2000.0], [2000.0, -2000.0], [2000.0, 2000.0], [-2000.0, 2000.0]];
    let ring = corners.map(|c| plane().geodetic(SEA[0] + c[0], SEA[1] + c[1])).to_vec();
    Zone {
        id: "square".into(),
        name_zh: "方区".into(),
        name_en: "the square".into(),
        kind,
        severity: Severity::new(severity).unwrap(),
        hours: None,
        answer: answer(),
        shape: Shape::Area(vec![ring]),
    }
}

pub(crate) fn entry(list: ListKind, keys: Keys) -> Entry {
    Entry {
        list,
        label: "entry one".into(),
        keys,
        severity: Severity::new(4).unwrap(),
        corridors: Vec::new(),
        hours: None,
        from: None,
        answer: answer(),
    }
}

pub(crate) fn still(_: f64) -> [f64; 2] {
    SEA
}

/// From 7 NM south of Pinghai straight at it, at 40 kn.
pub(crate) fn shore_run(s: f64) -> Vec<Track> {
    let to = plane().east_north(haishao::geo::Geodetic::from_degrees(22.58, 114.90));
    let from = [to[0] + 4000.0, to[1] - 18_000.0];
    let m = (to[0] - from[0]).hypot(to[1] - from[1]);
    let u = [(to[0] - from[0]) / m, (to[1] - from[1]) / m];
    let gone = kn(40.0) * s;
    vec![track(1, s, [from[0] + u[0] * gone, from[1] + u[1] * gone], [u[0] * kn(40.0), u[1] * kn(40.0)])]
}

/// A report of a place, which the decoder has not marked.
pub(crate) fn placed(s: f64, mmsi: u32, at: Geodetic) -> Report {
    let mut report = heard(s, mmsi, AisClass::A, Plausibility::default());
    if let ReportKind::AisPosition(said) = &mut report.kind {
        said.position = Some(at);
    }
    report.sensor = SensorId(1);
    report
}
