//! How long an alert takes: from the echo that decided it to its line, and the work in between.

use std::io::{self, Write};

use cpu_time::ThreadTime;

use super::tally::quantile;
use super::watch::Run;
use crate::model::{Alert, AlertState};

/// Work is measured in one second of data of so many: the clock of a thread is a call of the kernel, twice a frame, and would make the bench 4 %
/// slower. No turn of a radar nor anything that is done every five seconds keeps step with it.
const ONE_OF: i64 = 7;

/// Time and work of a run.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    /// From the time of the state that decided to the line, of each alert raised, s: the sector's and the transport's delay.
    pub alert_s: Vec<f64>,
    /// CPU time of the frame by which each was raised in a second that is measured, s: from bytes to line.
    pub work_s: Vec<f64>,
    /// CPU time of each second of received data that is measured, s.
    pub seconds: Vec<f64>,
}

impl Latency {
    /// Starts the clock if the second `after` the start of a run is one that is measured.
    pub fn clock(after_s: f64) -> Option<ThreadTime> {
        (after_s as i64 % ONE_OF == 0).then(ThreadTime::now)
    }

    /// Notes the work of a frame that was received so long after the start, and the alerts that it raised.
    pub fn note(&mut self, after_s: f64, clock: Option<ThreadTime>, alerts: &[Alert]) {
        let work_s = clock.map(|began| began.elapsed().as_secs_f64());
        work_s.into_iter().for_each(|s| self.note_work(after_s, s));
        for alert in alerts.iter().filter(|a| a.state == AlertState::Raised) {
            self.alert_s.push(alert.t_out.seconds_since(alert.t));
            self.work_s.extend(work_s);
        }
    }

    fn note_work(&mut self, after_s: f64, work_s: f64) {
        let second = (after_s.max(0.0) as i64 / ONE_OF) as usize;
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, 0.0);
        }
        if let Some(sum) = self.seconds.get_mut(second) {
            *sum += work_s;
        }
    }

    /// The work that 99 of 100 seconds of data do not exceed, s.
    pub fn second_p99(&self) -> Option<f64> {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        quantile(&sorted, 0.99)
    }
}

/// The same of all runs, sorted.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    alert_s: Vec<f64>,
    work_s: Vec<f64>,
    seconds: Vec<f64>,
}

impl Latencies {
    /// Of the runs of a scenario.
    pub fn new(runs: &[&Run]) -> Self {
        let sorted = |of: fn(&Latency) -> &Vec<f64>| {
            let mut all: Vec<f64> = runs.iter().flat_map(|r| of(&r.latency)).copied().collect();
            all.sort_by(f64::total_cmp);
            all
        };
        Self { alert_s: sorted(|l| &l.alert_s), work_s: sorted(|l| &l.work_s), seconds: sorted(|l| &l.seconds) }
    }

    /// For people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let ms = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{:.1}", 1e3 * v));
        let s = |share| quantile(&self.alert_s, share).map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"));
        writeln!(
            out,
            "  echo to alert {} / {} s (median / p99 of {}), of which work {} / {} ms; work of a second of data p99 {} ms, at most {} ms (of {})",
            s(0.5),
            s(0.99),
            self.alert_s.len(),
            ms(quantile(&self.work_s, 0.5)),
            ms(quantile(&self.work_s, 0.99)),
            ms(quantile(&self.seconds, 0.99)),
            ms(self.seconds.last().copied()),
            self.seconds.len(),
        )
    }

    /// For programs; with CPU times where `cpu` asks for them.
    pub fn json(&self, cpu: bool) -> serde_json::Value {
        let of = |sorted: &[f64]| serde_json::json!({"n": sorted.len(), "median": quantile(sorted, 0.5), "p99": quantile(sorted, 0.99), "most": sorted.last()});
        let work = cpu.then(|| serde_json::json!({"to_alert_s": of(&self.work_s), "of_a_second_s": of(&self.seconds)}));
        serde_json::json!({"echo_to_alert_s": of(&self.alert_s), "cpu": work})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_summed_by_the_second_of_the_data() {
        let mut latency = Latency::default();
        [(0.2, 0.01), (0.9, 0.02), (21.0, 0.5), (21.99, 0.25)].iter().for_each(|(t, s)| latency.note_work(*t, *s));
        assert_eq!(latency.seconds, [0.03, 0.0, 0.0, 0.75]);
        let measured: Vec<i64> = (0..20).filter(|s| Latency::clock(*s as f64 + 0.5).is_some()).collect();
        assert_eq!(measured, [0, 7, 14]);
        latency.seconds = (0..200).map(|n| f64::from(n) / 100.0).collect();
        // Two of two hundred are above.
        assert_eq!(latency.second_p99(), Some(1.98));
    }
}
