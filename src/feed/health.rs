//! What is known of a feed and its sensors: counted by the feed's thread, read by anyone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::framing::FramingCounts;
use crate::model::{Report, SensorId, Timestamp};
use crate::wire::{Refusal, WireHealth};

/// Rates are means over this many whole seconds.
const RATE_SECONDS: usize = 10;
/// Reports whose delay is kept to tell the clock's skew: the median of so many is deaf to queues and stragglers.
const SKEW_SAMPLES: usize = 101;

/// How a feed is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedState {
    /// Ready, and nothing has come yet.
    #[default]
    Waiting,
    /// Frames come.
    Ok,
    /// Ready, but nothing has come for longer than the silence limit.
    Silent,
    /// Not connected; tries again.
    Disconnected,
    /// All was read.
    Ended,
    /// Gave up.
    Failed,
}

impl FeedState {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ok => "ok",
            Self::Silent => "silent",
            Self::Disconnected => "disconnected",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }
}

/// A feed's health at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedHealth {
    /// How it is.
    pub state: FeedState,
    /// Why it is so, as the last error.
    pub detail: Option<String>,
    /// Frames received.
    pub frames: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Frames a second over the last 10 s.
    pub rate_hz: f64,
    /// Seconds since the last frame; `None` before the first.
    pub age_s: Option<f64>,
    /// What was decoded and refused, with what could not be cut into frames among the refusals.
    pub wire: WireHealth,
    /// What could not be cut into frames.
    pub framing: FramingCounts,
    /// Times connected, or opened.
    pub connections: u64,
    /// Clients turned away because there were too many.
    pub clients_refused: u64,
    /// Times the engine was too slow to take a batch at once.
    pub blocked: u64,
    /// Time spent waiting for it.
    pub backpressure: Duration,
    /// Datagrams the kernel dropped because they were not fetched in time, where it tells.
    pub kernel_drops: u64,
    /// Bytes of the socket's receive buffer, as granted.
    pub receive_buffer: usize,
    /// Frames given up when the feed had to stop and the engine took no more.
    pub lost_at_stop: u64,
    /// Its sensors.
    pub sensors: Vec<SensorHealth>,
}

/// Health of one sensor of a feed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SensorHealth {
    /// Which.
    pub sensor: SensorId,
    /// Reports decoded.
    pub reports: u64,
    /// Seconds since the last.
    pub age_s: Option<f64>,
    /// Median of reception time minus the sensor's own time over the last 101 reports that carry one, s: delay plus the
    /// difference of the clocks.
    pub clock_skew_s: Option<f64>,
}

/// The numbers behind [`FeedHealth`].
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub health: FeedHealth,
    /// Whether it is open or connected, or why not.
    pub link: Link,
    pub ready_since: Option<Timestamp>,
    pub last_frame: Option<Timestamp>,
    /// Frames by second, the newest last.
    seconds: VecDeque<(i64, u64)>,
    sensors: Vec<SensorLedger>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Link {
    #[default]
    Down,
    Up,
    Ended,
    Failed,
}

#[derive(Debug)]
struct SensorLedger {
    sensor: SensorId,
    reports: u64,
    last: Option<Timestamp>,
    delays_s: VecDeque<f64>,
}

/// Shared between a feed's thread and those who ask.
#[derive(Clone, Debug)]
pub(super) struct HealthCell {
    ledger: Arc<Mutex<Ledger>>,
    silence: Duration,
}

impl HealthCell {
    pub fn new(sensors: impl Iterator<Item = SensorId>, silence: Duration) -> Self {
        let sensors =
            sensors.map(|sensor| SensorLedger { sensor, reports: 0, last: None, delays_s: VecDeque::new() }).collect();
        Self { ledger: Arc::new(Mutex::new(Ledger { sensors, ..Ledger::default() })), silence }
    }

    pub fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The feed is open or connected.
    pub fn up(&self, now: Timestamp) {
        let mut ledger = self.lock();
        ledger.link = Link::Up;
        ledger.ready_since = Some(now);
        ledger.health.detail = None;
        ledger.health.connections += 1;
    }

    /// It is not, for the reason given.
    pub fn down(&self, link: Link, detail: impl Into<Option<String>>) {
        let mut ledger = self.lock();
        ledger.link = link;
        ledger.ready_since = None;
        ledger.health.detail = detail.into();
    }

    /// Health at `now`.
    pub fn snapshot(&self, now: Timestamp) -> FeedHealth {
        let ledger = self.lock();
        let mut health = ledger.health.clone();
        // What never became a frame is refused input as well, and shown beside the rest.
        let FramingCounts { over_long, out_of_step, torn } = health.framing;
        let clients = health.clients_refused;
        for (reason, n) in
            [("over-long-line", over_long), ("out-of-step", out_of_step), ("torn-frame", torn), ("too-many-clients", clients)]
        {
            if n > 0 {
                health.wire.refused.insert(Refusal(reason), n);
            }
        }
        health.state = ledger.state(now, self.silence);
        health.age_s = ledger.last_frame.map(|t| now.seconds_since(t).max(0.0));
        health.rate_hz = ledger.rate(now);
        health.sensors = ledger.sensors.iter().map(|s| s.health(now)).collect();
        health
    }

    /// How the feed is at `now`.
    pub fn state(&self, now: Timestamp) -> FeedState {
        self.lock().state(now, self.silence)
    }
}

impl Ledger {
    /// Counts frames that were received at `at`.
    pub fn count_frame(&mut self, at: Timestamp, bytes: usize) {
        self.health.frames += 1;
        self.health.bytes += bytes as u64;
        self.last_frame = Some(at);
        let second = at.nanos().div_euclid(1_000_000_000);
        match self.seconds.back_mut() {
            Some((last, n)) if *last >= second => *n += 1,
            _ => {
                self.seconds.push_back((second, 1));
                // One more than the whole seconds counted, for the one that still runs.
                if self.seconds.len() > RATE_SECONDS + 1 {
                    self.seconds.pop_front();
                }
            }
        }
    }

    /// Counts reports for their sensors.
    pub fn count_reports(&mut self, reports: &[Report]) {
        for report in reports {
            let Some(sensor) = self.sensors.iter_mut().find(|s| s.sensor == report.sensor) else { continue };
            sensor.reports += 1;
            sensor.last = Some(report.received_at);
            // Where the sensor tells no time, `t` is the reception time itself.
            if report.t != report.received_at {
                if sensor.delays_s.len() == SKEW_SAMPLES {
                    sensor.delays_s.pop_front();
                }
                sensor.delays_s.push_back(report.received_at.seconds_since(report.t));
            }
        }
    }

    fn state(&self, now: Timestamp, silence: Duration) -> FeedState {
        let Some(ready) = self.ready_since else {
            return match self.link {
                Link::Ended => FeedState::Ended,
                Link::Failed => FeedState::Failed,
                Link::Up | Link::Down => FeedState::Disconnected,
            };
        };
        let since = self.last_frame.map_or(ready, |t| t.max(ready));
        if now.seconds_since(since) >= silence.as_secs_f64() {
            FeedState::Silent
        } else if self.last_frame.is_some_and(|t| t >= ready) {
            FeedState::Ok
        } else {
            FeedState::Waiting
        }
    }

    fn rate(&self, now: Timestamp) -> f64 {
        let second = now.nanos().div_euclid(1_000_000_000);
        let window = second - RATE_SECONDS as i64..second;
        let frames: u64 = self.seconds.iter().filter(|(s, _)| window.contains(s)).map(|(_, n)| n).sum();
        frames as f64 / RATE_SECONDS as f64
    }
}

impl SensorLedger {
    fn health(&self, now: Timestamp) -> SensorHealth {
        let mut delays: Vec<f64> = self.delays_s.iter().copied().collect();
        delays.sort_by(f64::total_cmp);
        SensorHealth {
            sensor: self.sensor,
            reports: self.reports,
            age_s: self.last.map(|t| now.seconds_since(t).max(0.0)),
            clock_skew_s: delays.get(delays.len() / 2).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Antenna, ReportKind};

    fn at(secs: f64) -> Timestamp {
        Timestamp::from_secs_f64(secs)
    }

    #[test]
    fn state_age_and_rate_follow_the_frames() {
        let cell = HealthCell::new([].into_iter(), Duration::from_secs(30));
        assert_eq!(cell.snapshot(at(0.0)).state, FeedState::Disconnected);
        cell.up(at(0.0));
        assert_eq!(cell.snapshot(at(29.9)).state, FeedState::Waiting);
        assert_eq!(cell.snapshot(at(30.0)).state, FeedState::Silent);
        for i in 0..400 {
            cell.lock().count_frame(at(30.0 + f64::from(i) * 0.05), 10);
        }
        let health = cell.snapshot(at(50.0));
        assert_eq!((health.state, health.frames, health.bytes, health.rate_hz), (FeedState::Ok, 400, 4000, 20.0));
        assert!((health.age_s.unwrap() - 0.05).abs() < 1e-9);
        let health = cell.snapshot(at(55.0));
        assert_eq!(health.rate_hz, 10.0);
        assert_eq!(cell.snapshot(at(79.95)).state, FeedState::Silent);
        assert_eq!(cell.snapshot(at(79.95)).rate_hz, 0.0);
        cell.down(Link::Down, "connection refused".to_owned());
        assert_eq!(cell.snapshot(at(80.0)).state, FeedState::Disconnected);
        cell.up(at(90.0));
        // What came over the connection before does not make this one good.
        assert_eq!(cell.snapshot(at(91.0)).state, FeedState::Waiting);
        assert_eq!(cell.snapshot(at(91.0)).connections, 2);
    }

    #[test]
    fn skew_is_the_median_of_what_carries_a_time() {
        let cell = HealthCell::new([SensorId(4), SensorId(5)].into_iter(), Duration::from_secs(30));
        let report = |sensor, delay_s: f64| Report {
            sensor: SensorId(sensor),
            t: at(1000.0 - delay_s),
            received_at: at(1000.0),
            transmission: None,
            kind: ReportKind::Antenna(Antenna { azimuth: 0.0, north: true, period_s: None }),
        };
        let reports: Vec<_> =
            (0..50).flat_map(|_| [report(4, -0.35), report(4, -0.35), report(4, 60.0), report(5, 0.0)]).collect();
        cell.lock().count_reports(&reports);
        let health = cell.snapshot(at(1001.0));
        assert!((health.sensors[0].clock_skew_s.unwrap() + 0.35).abs() < 1e-6);
        assert_eq!(health.sensors[1].clock_skew_s, None);
        assert_eq!((health.sensors[0].reports, health.sensors[1].reports), (150, 50));
        assert_eq!(health.sensors[0].age_s, Some(1.0));
    }
}
