//! Datagrams → reports of the sensors of a feed.

use std::collections::BTreeMap;

use super::dual_lan::DualLan;
use super::dual_lan::REPEAT;
use super::reader::{Left, read_datagram};
use super::statement::{Artificial, Clock, Said, Source, Statement, Target};
use crate::geo::{GeodeticHeight, LocalPlane, SensorFrame};
use crate::model::{
    Antenna, FeedId, Frame, OwnPosition, Place, Plot, Report, ReportKind, Sensor, SensorId, SensorTrack, SensorTrackStatus,
    Site, Timestamp,
};
use crate::wire::fingerprint::transmission;
use crate::wire::{Decode, Refusal, WireHealth};

/// A record of a source (SAC/SIC) that no sensor of the feed has.
pub const UNKNOWN_SOURCE: Refusal = Refusal("unknown-source");
/// A target without a position.
pub const NO_POSITION: Refusal = Refusal("no-position");
/// A position about a system origin that we are not told.
pub const NO_ORIGIN: Refusal = Refusal("cartesian-without-origin");

/// Ends of tracks that tell no place.
pub const END_WITHOUT_POSITION: Refusal = Refusal("track-end-without-position");
/// State of the sender.
pub const STATUS: Refusal = Refusal("status");
/// Radar video.
pub const VIDEO: Refusal = Refusal("video");
/// Targets that a simulator made.
pub const SIMULATED: Refusal = Refusal("simulated-target");
/// The radar's own test targets.
pub const TEST: Refusal = Refusal("test-target");
/// Fixed transponders.
pub const MONITOR: Refusal = Refusal("field-monitor");

/// A track that has been silent as long has ended, and its number means another when it comes again. Surveillance radars drop a
/// track after three to five scans without a plot; the slowest coastal scan met is 5 s.
const TRACK_SILENCE_S: f64 = 30.0;

/// Decodes the frames of one feed.
pub struct AsterixDecoder {
    sensors: Vec<FeedSensor>,
    // For each (sensor, track number); bounded by the 65 536 numbers that a sensor has.
    lives: BTreeMap<(SensorId, u32), Life>,
    repeats: DualLan,
}

struct FeedSensor {
    id: SensorId,
    source: Option<Source>,
    amplitude: Option<crate::model::AmplitudeScale>,
    // `None` for a sensor that tells its own place.
    frame: Option<SensorFrame>,
}

#[derive(Clone, Copy)]
struct Life {
    count: u32,
    last: Timestamp,
    ended: bool,
}

impl AsterixDecoder {
    /// A decoder for the sensors of `feed`.
    pub fn new(site: &Site, feed: FeedId) -> Self {
        let plane = LocalPlane::new(site.origin);
        let sensors = site.sensors_on(feed).map(|(id, sensor)| FeedSensor::new(id, sensor, &plane)).collect();
        Self { sensors, lives: BTreeMap::new(), repeats: DualLan::default() }
    }

    fn sensor_of(&self, source: Option<Source>) -> Option<usize> {
        let exact = source.and_then(|s| self.sensors.iter().position(|f| f.source == Some(s)));
        exact.or_else(|| self.sensors.iter().position(|f| f.source.is_none()))
    }

    fn take(&mut self, said: &Statement, source: Option<Source>, frame: &Frame<'_>, out: &mut Vec<Report>) -> Result<(), Left> {
        let index = self.sensor_of(source).ok_or(Left::Refused(UNKNOWN_SOURCE))?;
        let sensor = self.sensors.get(index).ok_or(Left::Refused(UNKNOWN_SOURCE))?;
        let received_at = frame.received_at;
        let t = said.clock.map_or(received_at, |c| c.at(received_at));
        let report = |kind| Report { sensor: sensor.id, t, received_at, transmission: None, kind };
        match &said.said {
            Said::Status { .. } => Err(Left::Ignored(STATUS)),
            Said::Video => Err(Left::Ignored(VIDEO)),
            Said::Antenna { azimuth, north, period_s, place } => {
                if let (None, Some((place, _))) = (&sensor.frame, place) {
                    let own = OwnPosition { position: *place, velocity: None, heading: None };
                    out.push(report(ReportKind::OwnPosition(own)));
                }
                let antenna = Antenna { azimuth: *azimuth, north: *north, period_s: period_s.map(|p| p as f32) };
                out.push(report(ReportKind::Antenna(antenna)));
                Ok(())
            }
            Said::Target(target) => {
                match target.artificial {
                    Some(Artificial::Simulated) => return Err(Left::Ignored(SIMULATED)),
                    Some(Artificial::Test) => return Err(Left::Ignored(TEST)),
                    Some(Artificial::FieldMonitor) => return Err(Left::Ignored(MONITOR)),
                    None => {}
                }
                let id = sensor.id;
                let lost = target.status == Some(SensorTrackStatus::Lost);
                let place = match (sensor.place(said.category, target), target.track_number) {
                    (Ok(place), _) => place,
                    // Some trackers end a track with its number alone.
                    (Err(NO_POSITION), Some(number)) if lost => {
                        self.life(id, number, received_at, true);
                        return Err(Left::Ignored(END_WITHOUT_POSITION));
                    }
                    (Err(reason), _) => return Err(Left::Refused(reason)),
                };
                let kind = match target.track_number {
                    None => ReportKind::Plot(Plot { place, snr_db: sensor.snr_db(target) }),
                    Some(number) => {
                        let status = target.status.unwrap_or(SensorTrackStatus::Tracking);
                        let life = self.life(id, number, received_at, lost);
                        let track = track(target, number, life, place, status);
                        out.push(Report {
                            sensor: id,
                            t,
                            received_at,
                            transmission: None,
                            kind: ReportKind::SensorTrack(track),
                        });
                        return Ok(());
                    }
                };
                out.push(report(kind));
                Ok(())
            }
        }
    }

    fn life(&mut self, sensor: SensorId, number: u32, now: Timestamp, ends: bool) -> u32 {
        let life = self.lives.entry((sensor, number)).or_insert(Life { count: 0, last: now, ended: false });
        if life.ended || now.seconds_since(life.last) > TRACK_SILENCE_S {
            life.count = life.count.wrapping_add(1);
        }
        life.last = now;
        life.ended = ends;
        life.count
    }
}

impl Decode for AsterixDecoder {
    fn decode(&mut self, frame: Frame<'_>, out: &mut Vec<Report>, health: &mut WireHealth) {
        health.frames += 1;
        let Some(sums) = self.repeats.first(frame.bytes, frame.received_at) else {
            health.ignore(REPEAT);
            return;
        };
        let before = out.len();
        let timed = read_datagram(frame.bytes, health, |said, source| self.take(said, source, &frame, out));
        health.reports += (out.len() - before) as u64;
        if timed {
            let sent = Some(transmission(sums));
            out.iter_mut().skip(before).for_each(|r| r.transmission = sent);
            self.repeats.remember(frame.bytes, sums, frame.received_at);
        }
    }
}

impl FeedSensor {
    fn new(id: SensorId, sensor: &Sensor, plane: &LocalPlane) -> Self {
        let frame = |at: GeodeticHeight| SensorFrame::new(at, plane);
        Self {
            id,
            source: sensor.sac_sic.map(|(sac, sic)| Source { sac, sic }),
            amplitude: sensor.amplitude,
            frame: sensor.position.map(frame),
        }
    }

    fn snr_db(&self, target: &Target) -> Option<f32> {
        let scale = self.amplitude?;
        let count = target.amplitude?;
        Some((scale.db_per_count * f64::from(count) + scale.offset_db) as f32)
    }

    /// Geodetic first, then polar, then Cartesian: the last has the coarsest step or the shortest reach in every category
    /// (I010/042 ends at 32.7 km).
    fn place(&self, category: u8, target: &Target) -> Result<Place, Refusal> {
        if let Some(at) = target.geodetic {
            return Ok(Place::Geodetic(at));
        }
        if let (Some(range_m), Some(azimuth)) = (target.range_m, target.azimuth) {
            return Ok(Place::Polar { range_m, azimuth });
        }
        let [x, y] = target.cartesian_m.ok_or(NO_POSITION)?;
        // Category 062 counts from the origin of the sender's own plane, which no item tells.
        if category == 62 {
            return Err(NO_ORIGIN);
        }
        let height = self.frame.as_ref().map_or(0.0, SensorFrame::height_m);
        let azimuth = x.atan2(y).rem_euclid(std::f64::consts::TAU);
        Ok(Place::Polar { range_m: x.hypot(y).hypot(height), azimuth })
    }
}

impl Clock {
    /// The instant nearest to `received_at` at which this clock showed that.
    pub fn at(self, received_at: Timestamp) -> Timestamp {
        match self {
            Self::OfDay(s) => received_at.nearest_time_of_day(s),
            Self::Truncated(s) => {
                // The clock starts again each 512 s and at midnight, which is 384 s after the last start.
                const TURN_S: f64 = 512.0;
                const DAY_S: f64 = 86_400.0;
                let now = received_at.nanos_of_day() as f64 * 1e-9;
                let turn = ((now - s) / TURN_S).round();
                let today =
                    [turn - 1.0, turn, turn + 1.0].map(|k| k * TURN_S + s).into_iter().filter(|c| (0.0..DAY_S).contains(c));
                let last = (DAY_S / TURN_S).floor() * TURN_S + s;
                let yesterday = if last < DAY_S { last - DAY_S } else { last - TURN_S - DAY_S };
                let nearest = today
                    .chain([yesterday, DAY_S + s])
                    .min_by(|a, b| (a - now).abs().total_cmp(&(b - now).abs()))
                    .unwrap_or(now);
                received_at.plus_seconds(nearest - now)
            }
        }
    }
}

fn track(target: &Target, number: u32, life: u32, place: Place, status: SensorTrackStatus) -> SensorTrack {
    SensorTrack {
        number,
        life,
        place,
        // A track's last report repeats its last state.
        velocity: target.velocity.filter(|_| status != SensorTrackStatus::Lost),
        status,
        position_cov: target.position_cov,
        length_m: target.length_m,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_clock_finds_its_turn_at_any_time_of_day() {
        let midnight = Timestamp::from_civil(2026, 3, 15, 0, 0, 0, 0).unwrap();
        // A day and a half in steps that share no factor with 512 s; delays of transmission and clocks a little ahead. Not more than
        // half of the shortest turn, the 384 s before midnight.
        for i in 0..9_000 {
            let received_at = midnight.plus_seconds(f64::from(i) * 14.4 - 43_200.0);
            for delay in [-2.0, 0.0, 0.5, 30.0, 190.0] {
                let seen = received_at.plus_seconds(-delay);
                let shown = seen.nanos_of_day() as f64 * 1e-9 % 512.0;
                assert!(Clock::Truncated(shown).at(received_at).seconds_since(seen).abs() < 1e-6, "{seen} {delay}");
            }
        }
    }
}
