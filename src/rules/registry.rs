//! What AIS stations have said of themselves, beside the tracks: names, sizes, types, jumps; when each receiver was heard.

use std::collections::{BTreeMap, VecDeque};

use super::lists::{Keys, Lists, Match};
use crate::geo::{Geodetic, distance_m};
use crate::model::{AisClass, AisPosition, AisStatic, Mmsi, Plausibility, Report, ReportKind, Timestamp};

/// What a station is, by the number it bears (ITU-R M.585-9 and M.1371-5) and what it says.
pub(super) const STATIONS: [&str; 8] = ["ship", "net-buoy", "aton", "sart", "mob", "epirb", "base", "sar-aircraft"];
/// What a vessel is, by its AIS type (ITU-R M.1371-5 table 53).
pub(super) const CRAFTS: [&str; 11] =
    ["other", "fishing", "cargo", "tanker", "passenger", "high-speed", "tug", "pilot", "rescue", "law", "pleasure"];
/// Speeds that 99 % of each do not exceed, kn (catalogue R14: fishing 15, cargo 25, tug 18; tanker 20, passenger 30, high-speed 48,
/// pilot and rescue 30, law 55, pleasure 30 by the table of confusers).
const CLASS_P99_KN: [Option<f64>; 11] = [
    None,
    Some(15.0),
    Some(25.0),
    Some(20.0),
    Some(30.0),
    Some(48.0),
    Some(18.0),
    Some(30.0),
    Some(30.0),
    Some(55.0),
    Some(30.0),
];

/// The most vessels remembered; the one not heard for the longest gives way. Ten times the vessels of a busy gulf in a month.
const MOST_VESSELS: usize = 50_000;
/// Jumps are counted over this long, s (catalogue R04: alternations in 10 min).
const JUMPS_WITHIN_S: f64 = 600.0;
const MOST_JUMPS: usize = 8;
/// What no craft makes from one report to the next: farther than this, m (1 NM), and faster, m/s (80 kn: catalogue R04, of the fastest).
const JUMP_M: f64 = 1852.0;
const JUMP_MPS: f64 = 80.0 * 1852.0 / 3600.0;
/// A craft that a radar showed this long ago is still there, s: some looks are lost (as for neighbours).
const SHOWN_S: f64 = 30.0;
/// So slow a craft lies still, m/s (2 kn: from there on class B reports every three minutes, ITU-R M.1371-5 table 2) …
const STILL_MPS: f64 = 1.0;
/// … within this of where it tells to be, m: 2 % of stations tell of a place 50-200 m off (antenna, time), and few of those lie beside another.
const LIES_M: f64 = 150.0;
/// A vessel that was not heard for this long comes for another visit, s.
const VISIT_GAP_S: f64 = 6.0 * 3600.0;
/// Visits are counted over this long, s (catalogue: `visits_30d`).
const VISITS_WITHIN_S: f64 = 30.0 * 86_400.0;

/// A receiver that hears nobody for this long is taken to be deaf, s: R02 asks for the same.
pub(super) const DEAF_S: f64 = 60.0;
/// The most such stretches remembered: a receiver that fails every ten minutes, for a watch.
const MOST_DEAF: usize = 32;

/// A place from which a number is told, as it goes on.
#[derive(Clone, Copy, Debug)]
struct Stand {
    at: Geodetic,
    first: Timestamp,
    last: Timestamp,
    reports: u8,
    /// It told last that it lies still.
    still: bool,
    /// When a radar last showed a craft of that number there, or one of none where it lies still, since it is told from two.
    echo: Option<Timestamp>,
}

impl Stand {
    /// How far a report lies from it, m, where a craft can have made that way.
    fn reached(&self, at: Geodetic, t: Timestamp) -> Option<f64> {
        let m = distance_m(self.at, at);
        (m <= JUMP_M || m <= JUMP_MPS * t.seconds_since(self.last).max(0.0)).then_some(m)
    }
}

/// A vessel or other station, by MMSI.
#[derive(Clone, Debug)]
pub(super) struct Vessel {
    pub mmsi: Mmsi,
    pub class: AisClass,
    pub name: Option<String>,
    pub callsign: Option<String>,
    pub imo: Option<u32>,
    pub ship_type: Option<u8>,
    pub length_m: Option<f64>,
    /// Heading, radians.
    pub heading: Option<f64>,
    pub nav_status: Option<u8>,
    pub last: Timestamp,
    /// The place that it told last, and when.
    place: Option<(Geodetic, Timestamp)>,
    /// How fast it told to be there, m/s.
    pub told_mps: Option<f64>,
    /// How fast it went from the place that it told before to that one, m/s; `None` while it has told of one.
    pub way: Option<f64>,
    /// When a radar last showed a craft where it told to be; asked for only where it moves.
    pub echo: Option<Timestamp>,
    /// The two places from which it is told, where it is told from two.
    stands: [Option<Stand>; 2],
    jumps: VecDeque<Timestamp>,
    visits: VecDeque<Timestamp>,
    /// Whether the number is not one that such a station may bear.
    pub misfit: bool,
    /// On the lists: watch, registered, own.
    pub listed: [Option<Match>; 3],
}

impl Vessel {
    fn new(mmsi: Mmsi, class: AisClass, t: Timestamp) -> Self {
        Self {
            mmsi,
            class,
            name: None,
            callsign: None,
            imo: None,
            ship_type: None,
            length_m: None,
            heading: None,
            nav_status: None,
            last: t,
            place: None,
            told_mps: None,
            way: None,
            echo: None,
            stands: [None; 2],
            jumps: VecDeque::new(),
            visits: VecDeque::from([t]),
            misfit: false,
            listed: [None; 3],
        }
    }

    /// Number of the word in [`STATIONS`].
    pub fn station(&self) -> usize {
        let n = self.mmsi.0;
        match self.class {
            AisClass::Base => return 6,
            AisClass::SarAircraft => return 7,
            AisClass::AidToNavigation => return 2,
            AisClass::A | AisClass::B => {}
        }
        match n / 1_000_000 {
            970 => 3,
            972 => 4,
            974 => 5,
            990..=999 => 2,
            _ if self.is_net_buoy() => 1,
            _ => 0,
        }
    }

    /// AIS net buoys (网位仪) send as class B with a number or name of their own making: names end in a battery percentage or
    /// voltage, or the number has no country (8 and 9 begin no ship's).
    fn is_net_buoy(&self) -> bool {
        if self.class != AisClass::B {
            return false;
        }
        let battery = |name: &String| {
            let name = name.trim();
            let rest = name.strip_suffix('%').or_else(|| name.strip_suffix('V')).unwrap_or_default();
            rest.ends_with(|c: char| c.is_ascii_digit()) && rest.contains(['-', ' ', '.', '_'])
        };
        self.name.as_ref().is_some_and(battery) || (800_000_000..970_000_000).contains(&self.mmsi.0)
    }

    /// Number of the word in [`CRAFTS`].
    pub fn craft(&self) -> Option<usize> {
        Some(match self.ship_type? {
            0 => return None,
            30 => 1,
            70..=79 => 2,
            80..=89 => 3,
            60..=69 => 4,
            40..=49 => 5,
            31 | 32 | 52 => 6,
            50 => 7,
            51 => 8,
            35 | 55 => 9,
            36 | 37 => 10,
            _ => 0,
        })
    }

    /// The speed that 99 % of its kind do not exceed, kn.
    pub fn class_p99_kn(&self) -> Option<f64> {
        CLASS_P99_KN.get(self.craft()?).copied().flatten()
    }

    /// Whether it tells of a place that the craft of its report before cannot have reached. The decoder holds a report against a course
    /// that it believes and marks the one that leaves it, but not the way back: of two transmitters that take turns, that is half.
    fn jumped(&mut self, said: &AisPosition, t: Timestamp) -> bool {
        let Some(at) = said.position else { return false };
        let Some((before, when)) = self.place.replace((at, t)) else { return false };
        let (m, s) = (distance_m(before, at), t.seconds_since(when).max(0.0));
        self.way = Some(m / s.max(1.0));
        m > JUMP_M && m > JUMP_MPS * s
    }

    /// The place that it told last, and when.
    pub fn told_at(&self) -> Option<(Geodetic, Timestamp)> {
        self.place
    }

    /// Notes from which of its places it tells now, and whether it lies still there.
    fn settle(&mut self, at: Geodetic, t: Timestamp, still: bool) {
        let near = |stand: &Option<Stand>| stand.as_ref().and_then(|s| s.reached(at, t));
        let nearest = (0..2).filter_map(|i| Some((near(&self.stands[i])?, i))).min_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((_, i)) => {
                if let Some(stand) = &mut self.stands[i] {
                    (stand.at, stand.last, stand.still) = (at, stand.last.max(t), still);
                    stand.reports = stand.reports.saturating_add(1);
                }
            }
            None => {
                // A new place: instead of one that no radar shows, or from which nothing was heard for longest.
                let worth = |s: &Option<Stand>| s.map(|s| (s.echo, s.last));
                let i = usize::from(worth(&self.stands[1]) < worth(&self.stands[0]));
                self.stands[i] = Some(Stand { at, first: t, last: t, reports: 1, still, echo: None });
            }
        }
    }

    /// Whether its number is told from two places.
    pub fn is_in_two_places(&self) -> bool {
        self.stands[1].is_some()
    }

    /// Notes that a radar shows a craft of its number.
    pub fn shown(&mut self, here: Geodetic, t: Timestamp) {
        for stand in self.stands.iter_mut().flatten() {
            if stand.reached(here, stand.last).is_some() {
                stand.echo = stand.echo.max(Some(t));
            }
        }
    }

    /// Whether it was told from two places within the ten minutes before, and lies still at one.
    pub fn lies_at_one_of_two(&self, t: Timestamp) -> bool {
        let [Some(a), Some(b)] = self.stands else { return false };
        (a.still || b.still) && [a, b].iter().all(|s| t.seconds_since(s.last) <= JUMPS_WITHIN_S)
    }

    /// Notes that a radar shows a craft here that has no name. Who lies still and reports every three minutes may have a track by radar
    /// that never took its name.
    pub fn nameless_shown(&mut self, here: Geodetic, t: Timestamp) {
        for stand in self.stands.iter_mut().flatten().filter(|s| s.still) {
            if distance_m(stand.at, here) <= LIES_M {
                stand.echo = stand.echo.max(Some(t));
            }
        }
    }

    /// How often its number has been told from here, where it was told from another place within the ten minutes before, from which no craft
    /// comes here in that time and where a radar has shown one since; else 0. Who was jumped by GNSS, or left and came elsewhere, has left no
    /// echo behind.
    pub fn taken(&self, here: Geodetic, t: Timestamp) -> usize {
        let [Some(a), Some(b)] = self.stands else { return 0 };
        let (before, now) = if a.first <= b.first { (a, b) } else { (b, a) };
        let lately = |from: Timestamp, to: Timestamp| to.seconds_since(from) <= JUMPS_WITHIN_S;
        let shown = before.echo.is_some_and(|at| at >= now.first && t.seconds_since(at) <= SHOWN_S);
        let is_here = || now.reached(here, t).is_some() && before.reached(here, before.last).is_none();
        if shown && lately(before.last, now.first) && is_here() { usize::from(now.reports) } else { 0 }
    }

    /// Jumps that no craft can make, within the last ten minutes.
    pub fn jumps(&self, t: Timestamp) -> usize {
        self.jumps.iter().filter(|at| t.seconds_since(**at) <= JUMPS_WITHIN_S).count()
    }

    /// Visits within the last thirty days.
    pub fn visits(&self, t: Timestamp) -> usize {
        self.visits.iter().filter(|at| t.seconds_since(**at) <= VISITS_WITHIN_S).count()
    }

    /// Whether the country of the number is one that ITU has given out, as far as ships' numbers tell: MIDs are 201 to 775.
    pub fn mid_known(&self) -> bool {
        let mid = match self.mmsi.0 / 10_000_000 {
            98 => self.mmsi.0 / 10_000 % 1000, // craft of a parent ship: 98 MID xxxx
            _ => self.mmsi.0 / 1_000_000,
        };
        (201..=775).contains(&mid)
    }

    /// Whether a Chinese sea-going ship's number ends as such numbers do: in 0 (MSA practice). `None` for all others; class B boats
    /// bear numbers of their own series.
    pub fn chinese_ends_in_0(&self) -> Option<bool> {
        let chinese = matches!(self.mmsi.0 / 1_000_000, 412..=414) && self.class == AisClass::A && self.imo.is_some();
        chinese.then_some(self.mmsi.0.is_multiple_of(10))
    }

    fn keys(&self) -> Keys {
        Keys {
            mmsi: Some(self.mmsi),
            imo: self.imo,
            name: self.name.clone(),
            callsign: self.callsign.clone(),
            ..Keys::default()
        }
    }
}

/// All of them, and the receivers.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    vessels: Vec<Vessel>,
    numbers: BTreeMap<Mmsi, u32>,
    /// Changes whenever numbers of the vessels change their meaning.
    pub generation: u32,
    /// When any AIS report was received last.
    pub ais_heard: Option<Timestamp>,
    /// From when to when nobody was heard, the latest last.
    deaf: VecDeque<[Timestamp; 2]>,
}

impl Registry {
    /// Notes that somebody was heard.
    fn heard(&mut self, t: Timestamp) {
        if let Some(last) = self.ais_heard.filter(|last| t.seconds_since(*last) > DEAF_S) {
            if self.deaf.len() == MOST_DEAF {
                self.deaf.pop_front();
            }
            self.deaf.push_back([last, t]);
        }
        self.ais_heard = self.ais_heard.max(Some(t));
    }

    /// For how long of the time from `since` to `now` nobody at all was heard, s: then nobody is silent.
    pub fn deaf_s(&self, since: Timestamp, now: Timestamp) -> f64 {
        // Who ends a stretch of it was silent for it as little as others: its own report is the end. What lies by more than half within
        // the time is of it.
        let of = |[from, to]: [Timestamp; 2]| {
            let s = to.seconds_since(from);
            if s > DEAF_S && to.seconds_since(since) > 0.5 * s { s } else { 0.0 }
        };
        let lasting = self.ais_heard.map_or(0.0, |last| of([last, now]));
        self.deaf.iter().map(|stretch| of(*stretch)).sum::<f64>() + lasting
    }

    /// Whether the receivers were silent at any time of the last `within_s`: what was due then was not received from anyone.
    pub fn were_deaf(&self, within_s: f64, now: Timestamp) -> bool {
        let lasting = self.ais_heard.is_some_and(|last| now.seconds_since(last) > DEAF_S);
        lasting || self.deaf.back().is_some_and(|[_, to]| now.seconds_since(*to) < within_s)
    }

    /// Takes what was received.
    pub fn hear(&mut self, reports: &[Report], lists: &Lists) {
        for report in reports {
            match &report.kind {
                ReportKind::AisPosition(said) => self.position(report, said, lists),
                ReportKind::AisStatic(said) => self.told(report, said, lists),
                _ => {}
            }
        }
    }

    fn position(&mut self, report: &Report, said: &AisPosition, lists: &Lists) {
        let t = report.received_at;
        self.heard(t);
        let vessel = self.vessel(said.mmsi, said.class, t, lists);
        vessel.class = said.class;
        vessel.heading = said.heading;
        vessel.nav_status = said.nav_status;
        vessel.misfit = said.plausibility.has(Plausibility::MMSI);
        let jumped = vessel.jumped(said, t);
        if let Some(at) = said.position {
            vessel.told_mps = said.sog;
            vessel.settle(at, t, said.sog.is_some_and(|sog| sog <= STILL_MPS));
        }
        if jumped || said.plausibility.has(Plausibility::JUMP) {
            if vessel.jumps.len() == MOST_JUMPS {
                vessel.jumps.pop_front();
            }
            vessel.jumps.push_back(t);
        }
        if t.seconds_since(vessel.last) > VISIT_GAP_S {
            if vessel.visits.len() == MOST_JUMPS {
                vessel.visits.pop_front();
            }
            vessel.visits.push_back(t);
        }
        vessel.last = vessel.last.max(t);
    }

    fn told(&mut self, report: &Report, said: &AisStatic, lists: &Lists) {
        let t = report.received_at;
        self.heard(t);
        let vessel = self.vessel(said.mmsi, said.class, t, lists);
        let before = (vessel.name.clone(), vessel.callsign.clone(), vessel.imo);
        let take = |kept: &mut Option<String>, said: &Option<String>| {
            if let Some(said) = said
                && kept.as_ref() != Some(said)
            {
                *kept = Some(said.clone());
            }
        };
        take(&mut vessel.name, &said.name);
        take(&mut vessel.callsign, &said.callsign);
        vessel.imo = said.imo.or(vessel.imo);
        vessel.ship_type = said.ship_type.or(vessel.ship_type);
        let length = said.dimensions.map(|[bow, stern, ..]| f64::from(bow) + f64::from(stern)).filter(|l| *l > 0.0);
        vessel.length_m = length.or(vessel.length_m);
        if before != (vessel.name.clone(), vessel.callsign.clone(), vessel.imo) {
            vessel.listed = lists.matches(&vessel.keys());
        }
    }

    fn vessel(&mut self, mmsi: Mmsi, class: AisClass, t: Timestamp, lists: &Lists) -> &mut Vessel {
        let next = self.vessels.len() as u32;
        let number = *self.numbers.entry(mmsi).or_insert(next);
        if number == next {
            let mut vessel = Vessel::new(mmsi, class, t);
            vessel.listed = lists.matches(&vessel.keys());
            self.vessels.push(vessel);
        }
        &mut self.vessels[number as usize]
    }

    /// The number of a vessel, for [`get`](Self::get).
    pub fn number(&self, mmsi: Mmsi) -> Option<u32> {
        self.numbers.get(&mmsi).copied()
    }

    /// A vessel by its number.
    pub fn get(&self, number: u32) -> Option<&Vessel> {
        self.vessels.get(number as usize)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Vessel> {
        self.vessels.get_mut(number as usize)
    }

    /// Forgets the vessels not heard for the longest where there are too many.
    pub fn sweep(&mut self) {
        if self.vessels.len() <= MOST_VESSELS {
            return;
        }
        self.vessels.sort_by_key(|v| (std::cmp::Reverse(v.last), v.mmsi));
        self.vessels.truncate(MOST_VESSELS * 9 / 10);
        self.numbers = self.vessels.iter().enumerate().map(|(i, v)| (v.mmsi, i as u32)).collect();
        self.generation = self.generation.wrapping_add(1);
    }

    /// Compares all vessels with other lists.
    pub fn relist(&mut self, lists: &Lists) {
        for vessel in &mut self.vessels {
            vessel.listed = lists.matches(&vessel.keys());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vessel(mmsi: u32, class: AisClass) -> Vessel {
        Vessel::new(Mmsi(mmsi), class, Timestamp::from_secs(0))
    }

    #[test]
    fn what_is_no_ship_is_classed_out() {
        let word = |v: Vessel| STATIONS[v.station()];
        assert_eq!(word(vessel(412_000_010, AisClass::A)), "ship");
        assert_eq!(word(vessel(970_123_456, AisClass::A)), "sart");
        assert_eq!(word(vessel(972_123_456, AisClass::A)), "mob");
        assert_eq!(word(vessel(974_123_456, AisClass::A)), "epirb");
        assert_eq!(word(vessel(994_121_234, AisClass::AidToNavigation)), "aton");
        assert_eq!(word(vessel(4_120_001, AisClass::Base)), "base");
        assert_eq!(word(vessel(111_412_001, AisClass::SarAircraft)), "sar-aircraft");
        assert_eq!(word(vessel(900_012_345, AisClass::B)), "net-buoy");
        let mut buoy = vessel(412_345_678, AisClass::B);
        for (name, is) in [("MIN LIAN 123-85%", true), ("NET 7-12.5V", true), ("YUE HUI 12345", false), ("100%", false)] {
            buoy.name = Some(name.to_owned());
            assert_eq!(word(buoy.clone()) == "net-buoy", is, "{name}");
        }
    }

    #[test]
    fn two_that_share_a_number_jump_and_one_bad_fix_is_two_jumps() {
        let mut ship = vessel(412_000_010, AisClass::A);
        let mut tell = |s: i64, north_nm: f64| {
            let said = AisPosition::of(ship.mmsi, Geodetic::from_degrees(22.5 + north_nm / 60.0, 114.7));
            ship.jumped(&said, Timestamp::from_secs(s))
        };
        // At 50 kn for a minute, and a report that was lost for ten.
        assert!((0..30).all(|n| !tell(2 * n, 0.028 * n as f64)) && !tell(658, 9.1));
        // One fix 3 NM off: there and back.
        assert!(tell(660, 12.1) && tell(662, 9.2) && !tell(664, 9.2));
        // Another of the same number 12 NM off, every three minutes.
        assert!(tell(700, -3.0) && tell(702, 9.3) && !tell(704, 9.3) && tell(880, -3.0));
    }

    #[test]
    fn a_number_told_from_two_places_is_taken_where_it_was_told_later() {
        let at = |north_nm: f64| Geodetic::from_degrees(22.5 + north_nm / 60.0, 114.7);
        let t = Timestamp::from_secs;
        // One lies still and is told every three minutes; another, 12 NM off, every two seconds from 400 s on, at 48 kn. A radar shows both.
        let run = |s: i64| at(12.0 + (s - 400) as f64 * 48.0 / 3600.0);
        let watch = |parked_until: i64, gap: i64| {
            let mut v = vessel(412_000_010, AisClass::A);
            v.settle(at(0.0), t(400 - gap), true);
            for (k, s) in (400..=1200).step_by(2).enumerate() {
                v.settle(run(s), t(s), false);
                if s <= parked_until {
                    v.shown(at(0.0), t(s));
                }
                v.shown(run(s), t(s));
                let told = v.taken(run(s), t(s));
                assert!(told == 0 || told == (k + 1).min(255), "{told} at {s}");
                assert_eq!(v.taken(at(0.0), t(s)), 0, "who had it first has taken nothing");
                // The gap is too long for ever; else it is taken as long as the other has been shown since, less than half a minute ago.
                if s != parked_until + 30 {
                    assert_eq!(told > 0, gap <= 600 && parked_until >= 400 && s < parked_until + 30, "{told} at {s}");
                }
            }
        };
        watch(1200, 100);
        // Who is not shown there since has jumped, or has gone and come elsewhere; who was not heard for long may have.
        watch(399, 100);
        watch(600, 100);
        watch(1200, 700);
        // One bad fix is one report from elsewhere, and the next from where it is goes on as before.
        let mut v = vessel(412_000_010, AisClass::A);
        for s in (0..=100).step_by(10) {
            v.settle(at(if s == 50 { 40.0 } else { 0.0 }), t(s), true);
            v.shown(at(0.0), t(s));
            assert_eq!(v.taken(at(0.0), t(s)), 0);
        }
        assert_eq!(v.taken(at(40.0), t(100)), 1);
    }

    #[test]
    fn who_lies_still_may_be_shown_without_a_name() {
        let at = |north_m: f64| Geodetic::from_degrees(22.5 + north_m / 111_000.0, 114.7);
        let t = Timestamp::from_secs;
        // It told once of a place, five minutes ago; another tells of one 12 NM off at 48 kn. A nameless echo lies `off_m` from the first.
        let taken = |still: bool, off_m: f64, ago: i64| {
            let mut v = vessel(412_000_010, AisClass::A);
            let run = |s: i64| at(22_000.0 + 24.7 * s as f64);
            v.settle(at(0.0), t(-ago), still);
            for s in (0..=10).step_by(2) {
                v.settle(run(s), t(s), false);
                v.shown(run(s), t(s));
                if v.lies_at_one_of_two(t(s)) {
                    v.nameless_shown(at(off_m), t(s));
                }
            }
            v.taken(run(10), t(10))
        };
        assert_eq!(taken(true, 90.0, 300), 6);
        // Nobody is there; who was under way there is elsewhere by now; so long ago it may have gone.
        assert_eq!((taken(true, 400.0, 300), taken(false, 90.0, 300), taken(true, 90.0, 700)), (0, 0, 0));
    }

    #[test]
    fn numbers_are_held_against_their_countries() {
        assert!(vessel(412_000_010, AisClass::A).mid_known() && vessel(984_120_001, AisClass::B).mid_known());
        assert!(!vessel(123_456_789, AisClass::A).mid_known() && !vessel(800_000_000, AisClass::B).mid_known());
        let mut ship = vessel(413_456_789, AisClass::A);
        assert_eq!(ship.chinese_ends_in_0(), None);
        ship.imo = Some(9_000_000);
        assert_eq!(ship.chinese_ends_in_0(), Some(false));
        assert_eq!(Vessel { mmsi: Mmsi(413_456_780), ..ship.clone() }.chinese_ends_in_0(), Some(true));
        assert_eq!(Vessel { mmsi: Mmsi(477_456_789), ..ship }.chinese_ends_in_0(), None);
    }

    #[test]
    fn while_nobody_is_heard_nobody_is_silent() {
        let mut registry = Registry::default();
        let t = |s: i64| Timestamp::from_secs(s);
        (0..=600).step_by(10).for_each(|s| registry.heard(t(s)));
        // A ship that was heard last at 590; the receiver died at 600.
        assert_eq!((registry.deaf_s(t(590), t(650)), registry.deaf_s(t(590), t(700))), (0.0, 100.0));
        (1800..=2000).step_by(10).for_each(|s| registry.heard(t(s)));
        assert_eq!(registry.deaf_s(t(590), t(2000)), 1200.0);
        // Heard first when it came back, and since: its silence is all its own.
        assert_eq!(registry.deaf_s(t(1799), t(2000)), 0.0);
        // It dies again and has not come back.
        assert_eq!((registry.deaf_s(t(1990), t(2050)), registry.deaf_s(t(1990), t(2100))), (0.0, 100.0));
        for n in 0..1000 {
            registry.heard(t(10_000 + 100 * n));
        }
        assert_eq!(registry.deaf.len(), MOST_DEAF);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let (mut registry, lists) = (Registry::default(), Lists::default());
        for n in 0..(MOST_VESSELS as u32 + 10) {
            registry.vessel(Mmsi(n), AisClass::A, Timestamp::from_secs(i64::from(n)), &lists);
        }
        registry.sweep();
        assert_eq!((registry.vessels.len(), registry.number(Mmsi(0)), registry.generation), (MOST_VESSELS * 9 / 10, None, 1));
        let last = registry.number(Mmsi(MOST_VESSELS as u32 + 9)).unwrap();
        assert_eq!(registry.get(last).unwrap().mmsi, Mmsi(MOST_VESSELS as u32 + 9));
    }
}
