//! The picture and its one way of change: reports in, track lines out.

use super::associate::Scratch;
use super::bearing::Camera;
use super::births::Lying;
use super::clutter::Spot;
use super::craft::Craft;
use super::extent::LargeShips;
use super::far::FarCrafts;
use super::identify::Stations;
use super::jump::Reports;
use super::radar::Radar;
use super::reception::Reception;
use super::references::References;
use super::sensor_track::SensorTracks;
use super::settings::FuseSettings;
use super::stitch::Lost;
use super::whereabouts::Whereabouts;
use super::workers::{Alone, Workers};
use crate::geo::LocalPlane;
use crate::model::{AisPosition, Mmsi, Report, ReportKind, SensorId, SensorKind, Site, Timestamp, Track, TrackId, TrackStatus};

/// How often crafts that no radar sweeps are looked after, s.
const HOUSEKEEPING_S: f64 = 2.0;
/// A craft that no look has touched for so long is outside every radar's sweep, s.
const UNSWEPT_AFTER_S: f64 = 8.0;

/// Dead crafts whose memory is kept for those to come: in the sea of the bench as many are born and die in a look.
const MOST_SPARE: usize = 512;

/// Holds the picture and updates it. A deterministic function of the calls made on it.
pub struct Fuser {
    pub(super) settings: FuseSettings,
    pub(super) plane: LocalPlane,
    pub(super) epoch: Option<Timestamp>,
    pub(super) now: f64,
    /// A slot a sensor; `None` where it is no radar.
    pub(super) radars: Vec<Option<Radar>>,
    /// In order of their number. A box each: crafts die in every look, and those behind move up; what moves then is a pointer.
    #[allow(clippy::vec_box)]
    pub(super) crafts: Vec<Box<Craft>>,
    /// A radar each: when a craft's next look may be due, and when its last was (radar clock).
    pub(super) schedule: Vec<Vec<Slot>>,
    /// Where each is.
    pub(super) whereabouts: Whereabouts,
    pub(super) next_id: u64,
    pub(super) scratch: Scratch,
    pub(super) look: super::look::LookMemory,
    pub(super) cameras: Vec<Option<Camera>>,
    pub(super) stations: Stations,
    /// What ships tell of the radars, their last reports, and when that was worked out last.
    pub(super) references: References,
    pub(super) reports: Reports,
    pub(super) registered: f64,
    pub(super) reception: Reception,
    far: FarCrafts,
    pub(super) sensor_tracks: SensorTracks,
    kept_house: f64,
    /// Confirmed tracks that ended within the last minute.
    pub(super) lost: Vec<Lost>,
    /// Beside whom boats begin.
    pub(super) lying: Lying,
    pub(super) large: LargeShips,
    pub(super) workers: Box<dyn Workers>,
    // Crafts from this number on have not been asked whether they stand.
    asked: u64,
    turned_away: u64,
    // Memory that is used again.
    dead: Vec<usize>,
    #[allow(clippy::vec_box)]
    pub(super) spare: Vec<Box<Craft>>,
}

/// When one radar looks at one craft.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub due: f64,
    pub last: f64,
}

impl Slot {
    /// Of a craft at which that radar has not looked yet.
    pub const NEW: Self = Self { due: f64::MIN, last: f64::MIN };
}

impl Fuser {
    /// An empty picture of `site`.
    pub fn new(site: &Site, settings: FuseSettings) -> Self {
        let plane = LocalPlane::new(site.origin);
        let radars: Vec<Option<Radar>> =
            site.sensors.iter().map(|s| if s.kind == SensorKind::Radar { Radar::new(s, &plane) } else { None }).collect();
        Self {
            settings,
            epoch: None,
            now: 0.0,
            schedule: vec![Vec::new(); radars.len()],
            whereabouts: Whereabouts::default(),
            cameras: site
                .sensors
                .iter()
                .map(|s| if s.kind == SensorKind::Camera { Camera::new(s, &plane) } else { None })
                .collect(),
            stations: Stations::new(),
            references: References::default(),
            reports: Reports::default(),
            registered: f64::MIN,
            reception: Reception::default(),
            far: FarCrafts::default(),
            sensor_tracks: SensorTracks::new(site, &plane),
            kept_house: 0.0,
            lost: Vec::new(),
            lying: Lying::default(),
            large: LargeShips::default(),
            workers: Box::new(Alone),
            asked: 0,
            turned_away: 0,
            dead: Vec::new(),
            spare: Vec::new(),
            radars,
            plane,
            crafts: Vec::new(),
            next_id: 1,
            scratch: Scratch::default(),
            look: super::look::LookMemory::default(),
        }
    }

    /// Lets `workers` work what can be worked at once. Changes no result.
    pub fn work_with(&mut self, workers: Box<dyn Workers>) {
        self.workers = workers;
    }

    /// Bytes that a craft takes at a site with so many radars.
    pub const fn bytes_a_craft(radars: usize) -> usize {
        size_of::<Craft>() + size_of::<Box<Craft>>() + radars * size_of::<Slot>()
    }

    /// Numbers the tracks to come from `first` on.
    pub fn number_from(&mut self, first: u64) {
        self.next_id = first;
    }

    /// Takes the reports of one frame, received at `received_at`. Appends to `out` one track for each update, and one for
    /// each track that is dropped.
    pub fn apply(&mut self, received_at: Timestamp, reports: &[Report], out: &mut Vec<Track>) {
        let epoch = *self.epoch.get_or_insert(received_at);
        self.now = self.now.max(received_at.seconds_since(epoch));
        for r in reports {
            let t = r.t.seconds_since(epoch);
            match &r.kind {
                ReportKind::Plot(plot) => {
                    if let Some(Some(radar)) = self.radars.get_mut(usize::from(r.sensor.0)) {
                        radar.take(t, self.now, plot, &self.settings);
                    }
                }
                ReportKind::AisPosition(a) if self.is_far(a) => self.far_away(received_at, r, a, out),
                ReportKind::AisPosition(a) if self.settings.ais => self.ais(r.sensor, r.received_at, a, out),
                ReportKind::AisStatic(said) => self.hull(said),
                ReportKind::AisReception(heard) if heard.repeat => self.also_heard(heard.mmsi, r.sensor, r.t),
                ReportKind::SensorTrack(track) => self.sensor_track(r, t, track, out),
                ReportKind::Bearing(b) if self.settings.bearings => self.bearing(r.sensor, t, b, out),
                _ => {}
            }
        }
        self.looks(out);
        self.keep_house(out);
    }

    /// Lets time pass up to `now` without a report: coasts, drops, closes what waits for more.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        self.now = self.now.max(now.seconds_since(epoch));
        self.looks(out);
        self.keep_house(out);
        self.far.advance(now, out);
    }

    /// Every live track, in order of its number.
    pub fn tracks(&self) -> Vec<Track> {
        let Some(epoch) = self.epoch else { return Vec::new() };
        let mut tracks: Vec<Track> =
            self.crafts.iter().map(|c| Craft::clone(c).line(&self.plane, epoch, self.now, &self.settings)).collect();
        tracks.extend(self.far.tracks(epoch.plus_seconds(self.now)));
        tracks.sort_unstable_by_key(|t| t.id);
        tracks
    }

    /// Where the craft of a number stands in the list.
    pub(super) fn index_of(&self, id: TrackId) -> Option<usize> {
        self.crafts.binary_search_by_key(&id, |c| c.id).ok()
    }

    /// Another receiver has heard a vessel that the picture holds: it is one of its sources too.
    fn also_heard(&mut self, mmsi: Mmsi, sensor: SensorId, t: Timestamp) {
        self.far.also_heard(mmsi, sensor, t);
        let Some(station) = self.stations.get(&mmsi) else { return };
        for id in station.crafts() {
            if let Some(i) = self.index_of(id) {
                self.crafts[i].sensors.touch(sensor, t);
            }
        }
    }

    fn is_far(&self, report: &AisPosition) -> bool {
        report.position.is_some_and(|p| FarCrafts::is_far(self.plane.origin().ground(), p))
    }

    fn far_away(&mut self, received_at: Timestamp, report: &Report, said: &AisPosition, out: &mut Vec<Track>) {
        self.reception.heard(self.now);
        if let Some(position) = said.position {
            let next_id = &mut self.next_id;
            let from = out.len();
            self.far.take(report, said, position, || new_id(next_id), out);
            out[from..].iter_mut().for_each(|line| line.t_out = received_at);
        }
    }

    // What no report brings about: crafts that no radar sweeps grow old, stations are forgotten.
    fn keep_house(&mut self, out: &mut Vec<Track>) {
        if self.now < self.kept_house + HOUSEKEEPING_S {
            return;
        }
        self.kept_house = self.now;
        self.forget_stations();
        let (mut fallen, mut unsettled) = (Vec::new(), Vec::new());
        for (i, c) in self.crafts.iter_mut().enumerate() {
            if c.confirmed {
                c.expect_ais(&self.reception, self.now);
                if !c.settled {
                    unsettled.push(c.id);
                }
            }
            let dt = self.now - c.t;
            if dt > UNSWEPT_AFTER_S {
                c.wake(&self.settings.motion);
                c.predict(&self.settings.motion, dt);
                c.existence.predict(dt, self.settings.survive_s, self.settings.fade_s);
                c.t = self.now;
                c.measure(&self.settings.motion);
                self.whereabouts.note(i, c);
            }
            // Asked while it is at hand: of a crowd, each has to be fetched from memory.
            if !c.lives(&self.settings, self.now) {
                fallen.push(i);
            }
        }
        self.drop_dead(fallen.into_iter(), out);
        if self.settings.stitch {
            // Numbers that no one has taken up are told as gone.
            let at: Vec<usize> = unsettled.iter().filter_map(|&id| self.index_of(id)).collect();
            self.stitch(at.into_iter(), out);
        }
    }

    fn looks(&mut self, out: &mut Vec<Track>) {
        for k in 0..self.radars.len() {
            // Of one that has never sent a plot no look is ever over.
            if self.radars[k].as_ref().is_some_and(Radar::has_seen) {
                self.look_of(k, out);
            }
        }
    }

    /// Drops crafts that no longer stand, and gives the plots of those never confirmed to the clutter maps. `changed` are those whose state
    /// has changed since they were asked last, as indices in ascending order.
    pub(super) fn drop_dead(&mut self, changed: impl Iterator<Item = usize>, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let lives = |c: &Craft| c.lives(&self.settings, self.now);
        let mut dead = std::mem::take(&mut self.dead);
        dead.clear();
        // The new ones have not been asked yet.
        let new = self.crafts.partition_point(|c| c.id.0 < self.asked);
        self.asked = self.next_id;
        dead.extend(changed.take_while(|&i| i < new).chain(new..self.crafts.len()).filter(|&i| !lives(&self.crafts[i])));
        for &i in &dead {
            let c = &mut self.crafts[i];
            if !c.confirmed && self.settings.clutter_map {
                for (k, plots) in c.owed.each() {
                    let Some(Some(radar)) = self.radars.get_mut(k) else { continue };
                    let look = radar.look_number(c.t);
                    let spot = Spot::at(radar.offset(c.origin));
                    radar.clutter.learn(look, &spot, f64::from(plots));
                }
            }
            if c.told {
                let mut line = c.line(&self.plane, epoch, self.now, &self.settings);
                if self.settings.stitch && c.confirmed && !c.identity.live(self.now) && c.existence.r > 0.0 {
                    // Its number may be taken up again; until then it is told as a track without a fresh detection.
                    line.status = TrackStatus::Coasting;
                    self.lost.push(Lost::of(c, line));
                } else {
                    line.status = TrackStatus::Deleted;
                }
                out.push(line);
            }
        }
        if let Some(&first) = dead.first() {
            // Those between two dead ones move up together.
            let mut kept = first;
            let ends = dead.iter().skip(1).copied().chain([self.crafts.len()]);
            for (&gone, end) in dead.iter().zip(ends) {
                close_gap(&mut self.crafts[kept..end], gone + 1 - kept);
                for slots in &mut self.schedule {
                    slots.copy_within(gone + 1..end, kept);
                }
                self.whereabouts.close_gap(gone + 1, end, kept);
                kept += end - gone - 1;
            }
            let room = MOST_SPARE.saturating_sub(self.spare.len());
            self.spare.extend(self.crafts.drain(kept..).take(room));
            for s in &mut self.schedule {
                s.truncate(kept);
            }
            self.whereabouts.truncate(kept);
        }
        self.dead = dead;
    }

    /// Plots, reports and sensors' tracks that began no craft because the picture was full ([`FuseSettings::most_crafts`]).
    pub fn turned_away(&self) -> u64 {
        self.turned_away
    }

    /// Whether another craft may be begun. One that may not is counted.
    pub(super) fn has_room(&mut self) -> bool {
        let room = self.crafts.len() < self.settings.most_crafts;
        self.turned_away += u64::from(!room);
        room
    }

    /// Takes a craft in at which no radar has looked yet, the last one by its number; returns its index.
    pub(super) fn hold(&mut self, craft: Craft) -> usize {
        self.whereabouts.push(&craft);
        self.crafts.push(Box::new(craft));
        for slots in &mut self.schedule {
            slots.push(Slot::NEW);
        }
        self.crafts.len() - 1
    }

    pub(super) fn new_id(&mut self) -> TrackId {
        new_id(&mut self.next_id)
    }
}

/// Moves what is behind the first `gap` to the front, and what was there to the back, in any order.
fn close_gap<T>(items: &mut [T], gap: usize) {
    // A short gap is rotated by moving memory. A long one is filled piece by piece: a rotation would keep it in order, which nobody needs.
    const SHORT: usize = 32;
    if gap <= SHORT {
        return items.rotate_left(gap);
    }
    let mut rest = items;
    while rest.len() > gap {
        let len = gap.min(rest.len() - gap);
        let (front, back) = rest.split_at_mut(gap);
        front[..len].swap_with_slice(&mut back[..len]);
        rest = &mut rest[len..];
    }
}

fn new_id(next: &mut u64) -> TrackId {
    let id = TrackId(*next);
    *next += 1;
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{GeodeticHeight, SensorFrame};
    use crate::model::{AisState, FeedId, Place, Plot, Sensor, WireFormat};
    use proptest::prelude::*;

    const BEGIN: Timestamp = Timestamp::from_secs(1_773_504_000);

    fn site() -> Site {
        let origin = GeodeticHeight::from_degrees(22.2, 114.25, 0.0);
        let radar = |id: &str, lon: f64| Sensor {
            position: Some(GeodeticHeight::from_degrees(22.2, lon, 0.0)),
            scan_s: Some(2.5),
            ..Sensor::new(id, SensorKind::Radar, WireFormat::Asterix, FeedId(0))
        };
        let ais = Sensor::new("ais", SensorKind::Ais, WireFormat::Nmea, FeedId(1));
        Site { name: "bay".into(), origin, sensors: vec![radar("a", 114.25), radar("b", 114.28), ais], feeds: Vec::new() }
    }

    fn ais(t: f64, position: crate::geo::Geodetic, v: [f64; 2]) -> Report {
        ais_of(Mmsi(413_000_010), t, position, v)
    }

    fn ais_of(mmsi: Mmsi, t: f64, position: crate::geo::Geodetic, [e, n]: [f64; 2]) -> Report {
        let said = AisPosition { sog: Some(e.hypot(n)), cog: Some(e.atan2(n)), ..AisPosition::of(mmsi, position) };
        let at = BEGIN.plus_seconds(t);
        Report { sensor: SensorId(2), t: at, received_at: at, transmission: None, kind: ReportKind::AisPosition(said) }
    }

    /// Four craft for some seconds, seen by both radars without fail; the first tells its place every ten seconds. The radars' clocks are off
    /// by what `clock` says of each at a time; what it says nothing of sends nothing.
    fn watch(seconds: u32, clock: impl Fn(usize, f64) -> Option<f64>) -> (Fuser, Vec<Track>) {
        let site = site();
        let plane = LocalPlane::new(site.origin);
        let hulls = [
            ([3000.0, 4000.0], [6.0, 1.0]),
            ([-4000.0, 5000.0], [-3.0, 5.0]),
            ([1000.0, -6000.0], [15.0, 3.0]),
            ([-5000.0, -3000.0], [0.0, 8.0]),
        ];
        let frames: Vec<SensorFrame> =
            site.sensors[..2].iter().map(|s| SensorFrame::new(s.position.unwrap(), &plane)).collect();
        let (mut fuser, mut out) = (Fuser::new(&site, FuseSettings::default()), Vec::new());
        let step = 2.5 / 32.0;
        for i in 0..(f64::from(seconds) / step) as u32 {
            let t = f64::from(i) * step;
            let antenna = std::f64::consts::TAU * (t / 2.5).fract();
            for (k, frame) in frames.iter().enumerate() {
                let Some(ahead) = clock(k, t) else { continue };
                let mut reports = Vec::new();
                for (p, v) in hulls {
                    let [range_m, azimuth] = frame.polar_of(plane.geodetic(p[0] + v[0] * t, p[1] + v[1] * t));
                    let passed = (azimuth - antenna).rem_euclid(std::f64::consts::TAU) / std::f64::consts::TAU * 2.5;
                    if passed < step {
                        let at = BEGIN.plus_seconds(t + passed + ahead);
                        let plot = Plot { place: Place::Polar { range_m, azimuth }, snr_db: None };
                        let received_at = BEGIN.plus_seconds(t + step + 0.2);
                        let kind = ReportKind::Plot(plot);
                        reports.push(Report { sensor: SensorId(k as u16), t: at, received_at, transmission: None, kind });
                    }
                }
                fuser.apply(BEGIN.plus_seconds(t + step + 0.2), &reports, &mut out);
            }
            if i % 128 == 0 {
                let (p, v) = hulls[0];
                fuser.apply(
                    BEGIN.plus_seconds(t + 0.3),
                    &[ais(t, plane.geodetic(p[0] + v[0] * t, p[1] + v[1] * t), v)],
                    &mut out,
                );
            }
        }
        (fuser, out)
    }

    /// The confirmed tracks told in the last ten seconds, with their names, and by how much their state is off the time at which it was told.
    fn told(out: &[Track]) -> (usize, Option<AisState>, f64) {
        let last = out.last().unwrap().t_out;
        let late: Vec<&Track> = out.iter().filter(|l| last.seconds_since(l.t_out) < 10.0).collect();
        let mut seen: Vec<TrackId> = late.iter().filter(|l| l.status == TrackStatus::Confirmed).map(|l| l.id).collect();
        seen.sort_unstable();
        seen.dedup();
        let ship = late.iter().rev().find(|l| l.mmsi.is_some()).map(|l| l.ais);
        (seen.len(), ship, late.iter().map(|l| l.t_out.seconds_since(l.t).abs()).fold(0.0, f64::max))
    }

    #[test]
    fn a_radar_whose_clock_was_never_set_spoils_no_track() {
        let (_, good) = watch(90, |_, _| Some(0.0));
        let (count, ship, off) = told(&good);
        assert_eq!((count, ship), (4, Some(AisState::Ok)));
        assert!(off < 3.0, "{off}");
        // Local time for UTC, either way round; only one of two, or the only one.
        for ahead in [8.0 * 3600.0, -8.0 * 3600.0, 90.0] {
            for both in [false, true] {
                let (_, out) = watch(90, |k, _| (k == 1 || !both).then_some(if k == 1 { ahead } else { 0.0 }));
                let (count, ship, off) = told(&out);
                assert_eq!((count, ship), (4, Some(AisState::Ok)), "{ahead} s ahead");
                assert!(off < 3.0, "{ahead} s ahead: a state {off} s from when it was told");
            }
        }
    }

    #[test]
    fn a_radar_whose_clock_is_set_while_it_runs_sees_again_within_half_a_minute() {
        for (before, after) in [(0.0, 3600.0), (-28_800.0, 0.0), (28_800.0, 0.0), (0.0, -40.0)] {
            let (fuser, out) = watch(150, |k, t| (k == 1).then_some(if t < 90.0 { before } else { after }));
            let waits = fuser.radars[1].as_ref().unwrap().waiting.len();
            let (count, ship, off) = told(&out[..out.partition_point(|l| l.t_out.seconds_since(BEGIN) < 120.0)]);
            assert_eq!((count, ship), (4, Some(AisState::Ok)), "from {before} to {after} s");
            assert!(off < 3.0 && waits < 40, "from {before} to {after} s: {off} s, {waits} plots wait");
        }
    }

    #[test]
    fn a_radar_whose_clock_jumps_ahead_spoils_no_track_and_two_turns_later_sees_again() {
        // Seconds ahead at a time; one plot alone, of a frame that was spoilt, is no jump.
        let jump = |t: f64| if (60.0..120.0).contains(&t) { 7.0 } else { 0.0 };
        let wild = |t: f64| if (60.0..60.08).contains(&t) { 7.0 } else { 0.0 };
        let true_mps = [[6.0, 1.0], [-3.0, 5.0], [15.0, 3.0], [0.0, 8.0]];
        for (ahead, set_back_s) in [(&jump as &dyn Fn(f64) -> f64, 10.0), (&wild, 0.0)] {
            let (_, out) = watch(180, |k, t| Some(if k == 1 { ahead(t) } else { 0.0 }));
            let since = |l: &Track| l.t_out.seconds_since(BEGIN);
            let told: Vec<&Track> = out.iter().filter(|l| since(l) > 50.0 && l.status == TrackStatus::Confirmed).collect();
            let ids: std::collections::BTreeSet<TrackId> = told.iter().map(|l| l.id).collect();
            assert_eq!(ids.len(), 4, "each goes on under its number");
            for l in &told {
                let off = |v: &[f64; 2]| (l.velocity[0] - v[0]).hypot(l.velocity[1] - v[1]);
                let off = true_mps.iter().map(off).fold(f64::MAX, f64::min);
                assert!(off < 1.0, "after {:.1} s a velocity is {off:.1} m/s off", since(l));
                assert!(l.t <= l.t_out, "after {:.1} s a state of the time to come", since(l));
            }
            // Both radars are heard again within two turns; of a clock that goes back it takes as long as a stalled link may.
            let sees = |from: f64, to: f64| {
                told.iter().any(|l| {
                    (from..to).contains(&since(l))
                        && l.sensors.iter().any(|(s, t)| s == SensorId(1) && t.seconds_since(BEGIN) > from - 2.5)
                })
            };
            assert!(sees(65.0, 66.0) && sees(125.0 + set_back_s, 127.0 + set_back_s));
        }
    }

    /// Thirty ships, two minutes of fifty false ones a second, each told of once somewhere else, and plots as many.
    #[test]
    fn a_flood_of_false_ships_ends_where_the_picture_is_full_and_takes_no_true_one_with_it() {
        const MOST: usize = 60;
        let site = site();
        let plane = LocalPlane::new(site.origin);
        let (mut fuser, mut out) =
            (Fuser::new(&site, FuseSettings { most_crafts: MOST, ..FuseSettings::default() }), Vec::new());
        let ship = |k: u32, t: f64| {
            let at = plane.geodetic(1500.0 * f64::from(k % 6) - 4000.0 + 5.0 * t, 1500.0 * f64::from(k / 6) - 4000.0);
            ais_of(Mmsi(413_000_100 + k), t, at, [5.0, 0.0])
        };
        let mut tell = |fuser: &mut Fuser, t: f64, reports: &[Report]| {
            out.clear();
            fuser.apply(BEGIN.plus_seconds(t), reports, &mut out);
            assert!(fuser.crafts.len() <= MOST && fuser.stations.len() <= MOST + 30, "{} of {}", fuser.crafts.len(), t);
        };
        for second in 0..180u32 {
            let t = f64::from(second);
            let mut reports: Vec<Report> = (0..30).filter(|k| k % 6 == second % 6).map(|k| ship(k, t)).collect();
            for n in 0..if second >= 60 { 50 } else { 0 } {
                let k = f64::from(second * 50 + n);
                let at = plane.geodetic(20_000.0 * (0.37 * k).sin(), 6000.0 + 12_000.0 * (0.61 * k).fract());
                reports.push(ais_of(Mmsi(412_000_000 + second * 50 + n), t, at, [0.0, 3.0]));
                let plot =
                    Plot { place: Place::Polar { range_m: 500.0 + 17_000.0 * (0.71 * k).fract(), azimuth: k }, snr_db: None };
                let at = BEGIN.plus_seconds(t - 0.2);
                reports.push(Report { sensor: SensorId(0), t: at, kind: ReportKind::Plot(plot), ..reports[0].clone() });
            }
            tell(&mut fuser, t, &reports);
        }
        let named = |fuser: &Fuser| {
            fuser.tracks().iter().filter(|t| t.mmsi.is_some_and(|m| (413_000_100..413_000_130).contains(&m.0))).count()
        };
        assert!(fuser.turned_away() > 5000, "{}", fuser.turned_away());
        assert_eq!(named(&fuser), 30);
        // When the flood is over and what it left has been silent for long enough, there is room again.
        for second in 180..1800u32 {
            let t = f64::from(second);
            let reports: Vec<Report> = (0..30).filter(|k| k % 6 == second % 6).map(|k| ship(k, t)).collect();
            tell(&mut fuser, t, &reports);
        }
        let turned_away = fuser.turned_away();
        tell(&mut fuser, 1800.0, &[ais_of(Mmsi(413_000_500), 1800.0, plane.geodetic(-9000.0, -9000.0), [5.0, 0.0])]);
        assert_eq!((fuser.turned_away(), fuser.tracks().len()), (turned_away, 31));
    }

    #[test]
    fn of_a_radar_that_sends_no_plots_nothing_is_kept() {
        // An ARPA of which only tracks come, or one that has never been switched on.
        let (fuser, _) = watch(600, |k, _| (k == 0).then_some(0.0));
        let kept: Vec<usize> = fuser.radars.iter().flatten().map(|r| r.registration.waiting()).collect();
        assert!(kept.iter().all(|n| *n < 8), "{kept:?}");
    }

    proptest! {
        #[test]
        fn what_stays_keeps_its_order(stay in 0usize..200, gap in 0usize..120) {
            let mut items: Vec<usize> = (0..gap + stay).collect();
            close_gap(&mut items, gap);
            prop_assert!(items[..stay].iter().copied().eq(gap..gap + stay));
            items.sort_unstable();
            prop_assert!(items.into_iter().eq(0..gap + stay));
        }
    }
}
