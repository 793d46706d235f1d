//! What was sent once is one report, whichever feeds bring it.
//!
//! A transponder is heard by two receivers, each with a feed of its own; a radar sends each datagram on two networks so that one may
//! fail. Decoders see one feed each, so that only here, in the engine's own order, can it be said which came first: the same live and in
//! a replay, however many threads decode. The first is the report. Of AIS, the others tell who else heard it; of a radar, that two
//! sensors are one radar on two networks, which is then known by the lower number, whichever network is the faster.

use crate::model::{AisReception, FeedId, Report, ReportKind, Sensor, SensorId, Site, Timestamp, Transmission, WireFormat};

/// How long the same bits of an AIS message are the same transmission, s: see `wire::nmea::repeats`.
const AIS_WINDOW_S: f64 = 10.0;
/// How long the same radar datagram is, s: see `wire::asterix::dual_lan`.
const RADAR_WINDOW_S: f64 = 1.0;
/// Sets of [`WAYS`] entries each; a power of two. 8 192 alive at once are four times what the busiest national AIS server has in 10 s.
const SETS: usize = 1024;
const WAYS: usize = 8;

/// Finds repeats across feeds. Fixed size; what is oldest in its set gives way.
pub struct Transmissions {
    /// Of each sensor: its feed, and the sensor that it is another network of (itself, until it is known better).
    sensors: Vec<(FeedId, SensorId)>,
    /// Whether more than one feed brings AIS, and radar datagrams.
    several: [bool; 2],
    entries: Box<[[Entry; WAYS]]>,
    admitted: Vec<Report>,
    repeats: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    sent: Option<Transmission>,
    at: Timestamp,
    sensor: SensorId,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    /// As it is.
    First,
    /// By that sensor.
    By(SensorId),
    Repeat,
}

impl Transmissions {
    /// For the feeds of `site`.
    pub fn new(site: &Site) -> Self {
        let feeds = |of: fn(&Sensor) -> bool| {
            let mut feeds: Vec<FeedId> = site.sensors.iter().filter(|s| of(s)).map(|s| s.feed).collect();
            feeds.sort_unstable();
            feeds.dedup();
            feeds.len() > 1
        };
        let nothing = Entry { sent: None, at: Timestamp::MIN, sensor: SensorId(0) };
        let several = [feeds(|s| s.format == WireFormat::Nmea), feeds(|s| s.format == WireFormat::Asterix)];
        let sets = if several.contains(&true) { SETS } else { 0 };
        Self {
            sensors: site.sensors.iter().enumerate().map(|(i, s)| (s.feed, SensorId(i as u16))).collect(),
            several,
            entries: vec![[nothing; WAYS]; sets].into_boxed_slice(),
            admitted: Vec::new(),
            repeats: 0,
        }
    }

    /// The reports of one frame as the fusion is to take them.
    pub fn admit<'a>(&'a mut self, reports: &'a [Report]) -> &'a [Report] {
        if self.entries.is_empty() {
            return reports;
        }
        let Some(first) = reports.iter().position(|r| self.verdict(r) != Verdict::First) else { return reports };
        self.admitted.clear();
        self.admitted.extend_from_slice(&reports[..first]);
        for report in &reports[first..] {
            match self.verdict(report) {
                Verdict::First => self.admitted.push(report.clone()),
                Verdict::By(sensor) => self.admitted.push(Report { sensor, ..report.clone() }),
                Verdict::Repeat => {
                    self.repeats += 1;
                    self.admitted.extend(reception(report));
                }
            }
        }
        &self.admitted
    }

    /// Reports that another feed had brought, since the start.
    pub fn repeats(&self) -> u64 {
        self.repeats
    }

    /// How many transmissions it can hold: never more.
    pub fn capacity(&self) -> usize {
        self.entries.len() * WAYS
    }

    /// What a report is. Asked again within a frame, it says the same.
    fn verdict(&mut self, report: &Report) -> Verdict {
        let by = |known: SensorId| if known == report.sensor { Verdict::First } else { Verdict::By(known) };
        let Some(&(feed, known)) = self.sensors.get(usize::from(report.sensor.0)) else { return Verdict::First };
        let ais = matches!(report.kind, ReportKind::AisPosition(_) | ReportKind::AisStatic(_));
        let (Some(sent), true) = (report.transmission, self.several[usize::from(!ais)]) else { return by(known) };
        let window_s = if ais { AIS_WINDOW_S } else { RADAR_WINDOW_S };
        let set = &mut self.entries[sent.0.get() as usize % SETS];
        let at = report.received_at;
        match set.iter_mut().find(|e| e.sent == Some(sent)) {
            Some(&mut Entry { at: then, sensor: first, .. }) if at.seconds_since(then).abs() <= window_s => {
                let other = self.sensors.get(usize::from(first.0)).is_some_and(|(f, _)| *f != feed);
                if other && !ais {
                    self.same_radar(first, report.sensor);
                }
                if other { Verdict::Repeat } else { by(known) }
            }
            // The same after the window is news, and goes on in its own entry.
            Some(e) => {
                (e.at, e.sensor) = (at, report.sensor);
                by(known)
            }
            None => {
                if let Some(oldest) = set.iter_mut().min_by_key(|e| e.at) {
                    *oldest = Entry { sent: Some(sent), at, sensor: report.sensor };
                }
                by(known)
            }
        }
    }

    /// Two sensors brought the same datagram.
    fn same_radar(&mut self, a: SensorId, b: SensorId) {
        let known = |s: SensorId| self.sensors.get(usize::from(s.0)).map_or(s, |(_, known)| *known);
        let (a, b) = (known(a), known(b));
        let (radar, other) = (a.min(b), a.max(b));
        if radar != other {
            self.sensors.iter_mut().filter(|(_, known)| *known == other).for_each(|(_, known)| *known = radar);
        }
    }
}

/// What a repeat still tells: who else heard the vessel.
fn reception(report: &Report) -> Option<Report> {
    let (mmsi, message_type, station) = match &report.kind {
        ReportKind::AisPosition(p) => (p.mmsi, p.message_type, p.station),
        ReportKind::AisStatic(s) => (s.mmsi, s.message_type, None),
        _ => return None,
    };
    let heard = AisReception { mmsi, message_type, repeat: true, station, slot: None, signal_dbm: None, snr_db: None };
    Some(Report { kind: ReportKind::AisReception(heard), ..report.clone() })
}
