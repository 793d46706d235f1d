//! What each scenario asks of the system beside the common figures.

use super::landings::Foresight;
use super::ledger::Said;
use super::watch::{Run, Sought};
use crate::model::Timestamp;
use crate::sim::coast::{Class, TruthEvent};

/// One question of a scenario about one run: in words, and how many of how many cases passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The question.
    pub what: &'static str,
    /// Passed.
    pub passed: usize,
    /// Asked.
    pub asked: usize,
}

pub(super) fn one(what: &'static str, passed: bool) -> Answer {
    Answer { what, passed: usize::from(passed), asked: 1 }
}

/// The most that can be paired, one to one, where each may have those listed (augmenting paths: Kuhn 1955).
fn most_pairs(edges: &[Vec<usize>], others: usize) -> usize {
    fn place(n: usize, edges: &[Vec<usize>], tried: &mut [bool], of: &mut [Option<usize>]) -> bool {
        edges.get(n).into_iter().flatten().any(|&other| {
            if std::mem::replace(&mut tried[other], true) {
                return false;
            }
            let free = of[other].is_none_or(|before| place(before, edges, tried, of));
            if free {
                of[other] = Some(n);
            }
            free
        })
    }
    let mut of = vec![None; others];
    (0..edges.len()).filter(|&n| place(n, edges, &mut vec![false; others], &mut of)).count()
}

/// From this severity on an officer is called.
pub(super) const CALLS: u8 = 3;

impl Run {
    pub(super) fn about(&self, id: u32) -> impl Iterator<Item = &Said> {
        self.alerts.said.iter().filter(move |s| s.about.id == Some(id))
    }

    fn count(&self, rule: &str) -> usize {
        self.alerts.said.iter().filter(|s| s.rule == rule).count()
    }

    /// Alerts of a rule that only the receiver's silence can explain: from a minute after it began, before which a boat that went off by
    /// itself is told with reason, to three minutes after its end, before which nobody has been silent for long enough (R02).
    fn of_the_receiver(&self, rule: &str) -> usize {
        let (Some(deaf), Some(heard)) = (self.mark("R15"), self.mark("heard")) else { return 0 };
        let within = |t: Timestamp| t.seconds_since(deaf) > 60.0 && t.seconds_since(heard) < 180.0;
        self.alerts.said.iter().filter(|s| s.rule == rule && within(s.t)).count()
    }

    /// Whether one of `rules` spoke about each craft within `seconds` of what is marked `mark`.
    fn within(&self, what: &'static str, mark: &str, rules: &[&str], seconds: f64) -> Answer {
        let mut answer = Answer { what, passed: 0, asked: 0 };
        for e in self.events.iter().filter(|e| e.rule == mark && e.id != 0) {
            answer.asked += 1;
            let spoke = self.about(e.id).any(|s| {
                // An alert that already stands need not be raised again; one from long before is about something else.
                let after = s.t.seconds_since(e.t);
                rules.contains(&s.rule.as_str()) && (-5.0..=seconds).contains(&after)
            });
            answer.passed += usize::from(spoke);
        }
        answer
    }

    /// The same of craft that keep company, whose tracks change over and of which the nearest to an alert is often the neighbour: an alert counts for the
    /// craft that it is about or whose own its track is for some time from 20 s before it to 10 s after. Each needs one of its own.
    fn within_each_own(&self, what: &'static str, mark: &str, rule: &str, seconds: f64) -> Answer {
        let marks: Vec<_> = self.events.iter().filter(|e| e.rule == mark && e.id != 0).collect();
        let said: Vec<&Said> = self.alerts.said.iter().filter(|s| s.rule == rule).collect();
        let fits = |e: &TruthEvent, s: &Said| {
            let own = || self.alerts.is_own(s.track, e.id, s.t.plus_seconds(-20.0).max(e.t), s.t.plus_seconds(10.0));
            (-5.0..=seconds).contains(&s.t.seconds_since(e.t)) && (s.about.id == Some(e.id) || own())
        };
        let edges: Vec<Vec<usize>> =
            marks.iter().map(|e| (0..said.len()).filter(|n| said.get(*n).is_some_and(|s| fits(e, s))).collect()).collect();
        Answer { what, passed: most_pairs(&edges, said.len()), asked: marks.len() }
    }

    pub(super) fn each(&self, what: &'static str, passed: impl Fn(&Sought) -> bool) -> Answer {
        Answer { what, passed: self.sought.iter().filter(|s| passed(s)).count(), asked: self.sought.len() }
    }

    fn found(&self) -> Answer {
        self.each("called for before landing", |s| {
            self.about(s.id).any(|a| a.severity >= CALLS && s.landed.is_none_or(|landed| a.t < landed))
        })
    }

    fn one_incident(&self) -> Answer {
        self.each("one incident", |s| {
            let mut incidents: Vec<usize> = self.about(s.id).filter(|a| a.severity >= CALLS).map(|a| a.incident).collect();
            incidents.dedup();
            incidents.sort_unstable();
            incidents.dedup();
            incidents.len() == 1
        })
    }

    /// Of those that landed: whether the zone where they did was among the two likeliest when they were said to run for the shore (R07).
    fn landing_foretold(&self) -> Answer {
        let run = |_, id| self.about(id).filter(|a| a.rule == "R07").map(|a| a.t).min();
        let told = Foresight::when("", &[&self.landings], run);
        Answer { what: "landing zone among the two likeliest at R07", passed: told.second, asked: told.asked }
    }

    pub(super) fn mark(&self, rule: &str) -> Option<Timestamp> {
        self.events.iter().find(|e| e.rule == rule).map(|e| e.t)
    }

    /// The questions of its scenario.
    pub fn answers(&self) -> Vec<Answer> {
        match self.story {
            "night_run" | "night_run_ss4" | "night_run_33" => vec![
                self.each("R01 raised", |s| self.about(s.id).any(|a| a.rule == "R01")),
                self.each("R07 raised", |s| self.about(s.id).any(|a| a.rule == "R07")),
                self.one_incident(),
                self.landing_foretold(),
            ],
            "mother_ship" => vec![
                self.within_each_own("R08 within 90 s of leaving", "R08", "R08", 90.0),
                self.parent_linked(),
                self.within("R05 on the reload", "R05", &["R05"], 330.0),
                self.found(),
            ],
            "fleet_hide" => vec![
                self.within("R17 within 60 s of the exit", "R17", &["R17"], 60.0),
                one(
                    "at most 2 false exits",
                    self.alerts.said.iter().filter(|s| s.rule == "R17" && !s.about.sought).count() <= 2,
                ),
                self.told_that_it_hides(),
                self.exit_in_its_incident(),
            ],
            "ais_clone" => {
                let parked = self
                    .alerts
                    .said
                    .iter()
                    .any(|s| s.severity >= CALLS && s.about.class == Some(Class::Fishing) && s.about.kn < 0.5);
                vec![
                    self.within("R04 within 3 min", "R04", &["R04"], 180.0),
                    self.within("R03 within 2 min", "R03", &["R03"], 120.0),
                    one("no trawler at rest is suspected", !parked),
                ]
            }
            "shadow" => vec![
                self.within("R09 while it rides abeam", "R09", &["R09"], 1800.0),
                self.within("R01 or R07 within 45 s of the break", "R07", &["R01", "R07"], 45.0),
            ],
            "ferry_confuser" => vec![
                one(
                    "nothing on a ferry",
                    !self.alerts.said.iter().any(|s| s.severity >= CALLS && s.about.class == Some(Class::Ferry)),
                ),
                self.found(),
            ],
            "clutter_storm" => vec![self.found()],
            "sensor_loss" => vec![
                one("no R02 for the silent receiver", self.of_the_receiver("R02") == 0),
                one("one R15 for the silent receiver", self.count("R15") == 1),
                self.one_incident(),
                self.no_craft_twice(),
                self.no_evidence_of_the_silent(),
                self.named_again(),
                self.tracked_again(),
            ],
            "jamming" => {
                vec![
                    one("one R15", self.count("R15") == 1),
                    one("at most 2 R03", self.count("R03") <= 2),
                    self.found(),
                    self.each("R01 or R07 on the run", |s| self.about(s.id).any(|a| a.rule == "R01" || a.rule == "R07")),
                ]
            }
            "mass_event" => {
                vec![
                    one("at most 6 R05 and R06", self.count("R05") + self.count("R06") <= 6),
                    self.found(),
                    one("CPU of a second of data: p99 within 1 s", self.latency.second_p99().is_some_and(|s| s <= 1.0)),
                ]
            }
            "slow_dark" => {
                let sprint = self.mark("sprint");
                vec![
                    self.each("no alarm before the sprint", |s| {
                        !self.about(s.id).any(|a| a.severity >= 4 && sprint.is_none_or(|t| a.t < t))
                    }),
                    self.within("R01 within 60 s of the sprint", "sprint", &["R01"], 60.0),
                    self.score_rises(sprint),
                    self.score_above_others(sprint),
                ]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ledger::{About, Ledger};
    use super::*;
    use crate::geo::Geodetic;
    use crate::model::TrackId;

    /// Boats 1, 2, 3 leave at 0, 10, 20 s; alerts of R08 at their second, of their track, about the boat that was nearest then.
    fn told(alerts: &[(i64, u64, u32)], own: &[(u64, i64, i64, u32)]) -> usize {
        let t = |s: i64| Timestamp::from_secs(1_773_504_000 + s);
        let mut ledger = Ledger::default();
        for &(track, from, to, id) in own {
            (from..=to).for_each(|s| ledger.note_look(TrackId(track), t(s), Some(id)));
        }
        ledger.said = alerts
            .iter()
            .map(|&(s, track, id)| Said {
                t: t(s),
                rule: "R08".to_owned(),
                severity: 3,
                track: TrackId(track),
                at: Geodetic::from_degrees(22.4, 114.7),
                about: About { id: Some(id), class: None, sought: true, off_m: 50.0, kn: 40.0 },
                incident: 0,
                alert: None,
                named: Vec::new(),
                track_was: String::new(),
            })
            .collect();
        let leaves =
            |id: u32| TruthEvent { t: t(10 * (i64::from(id) - 1)), id, rule: "R08", what: "leaves", in_coverage: true };
        let run = Run {
            story: "mother_ship",
            seed: 1,
            hours: 1.0,
            start: t(0),
            events: [1, 2, 3].map(leaves).to_vec(),
            alerts: ledger,
            ..Run::default()
        };
        let answer = run.within_each_own("", "R08", "R08", 90.0);
        assert_eq!(answer.asked, 3);
        answer.passed
    }

    #[test]
    fn each_of_a_company_needs_an_alert_of_its_own_track() {
        // Nearest to the first alert was the second boat, for a moment; its track is the first one's.
        let own = [(7, 20, 38, 1), (7, 39, 41, 2), (7, 42, 120, 1), (8, 40, 120, 2), (9, 50, 120, 3)];
        assert_eq!(told(&[(40, 7, 2), (60, 8, 2), (70, 9, 3)], &own), 3);
        // Two alerts are for two boats, however the tracks change over; one after the time is for none.
        assert_eq!(told(&[(40, 7, 2), (70, 9, 3)], &[(7, 20, 50, 1), (7, 51, 120, 2), (9, 50, 120, 3)]), 2);
        assert_eq!(told(&[(40, 7, 2), (60, 8, 2), (111, 9, 3)], &own), 2);
        // A track beside a boat for a few seconds is not its own, nor is one that was it long before.
        assert_eq!(told(&[(60, 7, 2)], &[(7, 55, 61, 1)]), told(&[(60, 7, 2)], &[]));
        assert_eq!(told(&[(60, 7, 2), (61, 8, 2)], &[(7, 5, 30, 1)]), 1);
    }

    #[test]
    fn as_many_are_paired_as_can_be() {
        assert_eq!(most_pairs(&[vec![0, 1], vec![0], vec![1]], 2), 2);
        assert_eq!(most_pairs(&[vec![0, 1], vec![0], vec![1, 2]], 3), 3);
        assert_eq!(most_pairs(&[vec![], vec![]], 0), 0);
    }
}
