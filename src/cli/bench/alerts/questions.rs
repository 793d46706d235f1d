//! Questions of the catalogue's scenarios that look at more than alerts: at evidence, at the score, at what came back.

use std::collections::{BTreeMap, BTreeSet};

use super::calibration::{Sample, Truth};
use super::criteria::{Answer, CALLS, one};
use super::watch::Run;
use crate::model::{Timestamp, TrackId};

/// Evidence of the score that rests on reports which do not come.
const OF_SILENCE: [&str; 2] = ["AIS not received where expected", "AIS stopped"];
/// In this time after a receiver is back few have had to report, s: a class B boat under way does every 30 s, a ship at anchor every 3 min.
const AGAIN_S: f64 = 60.0;
/// A score is as of the last look round, s, and so is R15.
const ROUND_S: f64 = 5.0;
/// The score has risen where it is this much higher, nats: a third of the least piece of evidence that would make it (1.0), three times what
/// the rounding of a dusk would.
const RISEN: f64 = 0.3;
/// A score before the sprint counts until so shortly before it, s: one turn of the radar that might see it begin.
const BEFORE_S: f64 = 2.5;
/// Of crafts in coverage so many fewer may have a live track two turns after a radar is back than as it died.
const FEWER: f64 = 0.05;

impl Run {
    /// Of what R08 says of the boats: whether the ship that it names is the one that they left.
    pub(super) fn parent_linked(&self) -> Answer {
        let said: Vec<_> = self.alerts.said.iter().filter(|s| s.rule == "R08" && s.about.sought).collect();
        let linked = said.iter().filter(|s| self.ship.is_some_and(|ship| s.named.contains(&ship))).count();
        Answer { what: "R08 names the mother ship", passed: linked, asked: said.len() }
    }

    /// Whether R17 says of each that it hides among the fleet, before it leaves: nobody is lost sight of in silence.
    pub(super) fn told_that_it_hides(&self) -> Answer {
        let exit = self.mark("R17");
        self.each("told that it hides, before the exit (R17)", |s| {
            self.about(s.id).any(|a| a.rule == "R17" && s.fast.is_some_and(|fast| a.t > fast) && exit.is_none_or(|t| a.t < t))
        })
    }

    /// Whether the exit joins the incident of the run that came in.
    pub(super) fn exit_in_its_incident(&self) -> Answer {
        let exit = self.mark("R17");
        let of = |id: u32, after: bool| -> BTreeSet<usize> {
            let when = |t: Timestamp| exit.is_some_and(|exit| (t >= exit) == after);
            self.about(id).filter(|a| when(a.t)).map(|a| a.incident).collect()
        };
        self.each("the exit in the incident of the run in", |s| !of(s.id, false).is_disjoint(&of(s.id, true)))
    }

    /// Whether no craft at all is in two incidents that call an officer.
    pub(super) fn no_craft_twice(&self) -> Answer {
        let mut of: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for s in self.alerts.said.iter().filter(|s| s.severity >= CALLS) {
            s.about.id.into_iter().for_each(|id| {
                of.entry(id).or_default().insert(s.incident);
            });
        }
        one("no craft in two incidents", of.values().all(|incidents| incidents.len() < 2))
    }

    /// Scores of confirmed tracks while the receiver is silent and R15 has said so, and for the minute in which nobody has had time to report again:
    /// of how many what is not received from them is no evidence.
    pub(super) fn no_evidence_of_the_silent(&self) -> Answer {
        let (deaf, heard) = (self.mark("R15"), self.mark("heard"));
        let told = self.alerts.said.iter().find(|s| s.rule == "R15" && deaf.is_some_and(|t| s.t > t)).map(|s| s.t);
        // Where R15 says nothing, from when it had to: a minute after (DEAF_S).
        let from = told.or(deaf.map(|t| t.plus_seconds(60.0))).map(|t| t.plus_seconds(ROUND_S));
        let within = |s: &&Sample| from.is_some_and(|t| s.t > t) && heard.is_some_and(|t| s.t.seconds_since(t) < AGAIN_S);
        let asked = || self.samples.all.iter().filter(within);
        // Who had stopped before is silent by itself.
        let stopped = |s: &&Sample| deaf.is_some_and(|t| s.t <= t) && self.samples.counted(s, OF_SILENCE[1]);
        let before: BTreeSet<TrackId> = self.samples.all.iter().filter(stopped).map(|s| s.track).collect();
        let new = |s: &Sample| self.samples.counted(s, OF_SILENCE[1]) && !before.contains(&s.track);
        let counts = |s: &&Sample| self.samples.counted(s, OF_SILENCE[0]) || new(s);
        let asked_n = asked().count();
        Answer {
            what: "silence is no evidence while the receiver is silent (scores)",
            passed: asked_n - asked().filter(counts).count(),
            asked: asked_n,
        }
    }

    /// Ships heard again that have their name again within two turns of a radar.
    pub(super) fn named_again(&self) -> Answer {
        let (passed, asked) = self.recovery.again;
        Answer { what: "named again within two turns of its first report (ships)", passed, asked }
    }

    /// Whether two turns after the radar is back as many crafts in coverage have a track that was just fed as when it died.
    pub(super) fn tracked_again(&self) -> Answer {
        let share = |(has, of): (usize, usize)| has as f64 / of.max(1) as f64;
        let kept = match (self.recovery.before, self.recovery.after.first()) {
            (Some(before), Some(after)) => share(after.live) >= share(before.live) - FEWER,
            _ => false,
        };
        one("two turns after the radar is back as many crafts are followed as before", kept)
    }

    /// Seconds after the radar's return from which on as many crafts have a confirmed track as before.
    pub(super) fn confirmed_again_s(&self) -> Option<f64> {
        let share = |(has, of): (usize, usize)| has as f64 / of.max(1) as f64;
        let before = self.recovery.before?;
        self.recovery.after.iter().find(|h| share(h.confirmed) >= share(before.confirmed) - FEWER).map(|h| h.after_s)
    }

    // Scores of tracks that are a boat's before an instant: the first and the last.
    fn scores_before(&self, id: u32, t: Option<Timestamp>) -> Option<(Sample, Sample)> {
        let is = |s: &&Sample| matches!(s.truth, Truth::Sought(n) | Truth::NotYet(n) if n == id);
        let before = |s: &&Sample| t.is_some_and(|t| t.seconds_since(s.t) >= BEFORE_S);
        let mut of = self.samples.all.iter().filter(is).filter(before).copied();
        let first = of.next()?;
        Some((first, of.last().unwrap_or(first)))
    }

    /// Whether the score before the sprint is above the first.
    pub(super) fn score_rises(&self, sprint: Option<Timestamp>) -> Answer {
        self.each("the score rises before the sprint", |s| {
            self.scores_before(s.id, sprint).is_some_and(|(first, last)| last.log_odds >= first.log_odds + RISEN)
        })
    }

    /// Whether the last score before the sprint is above what most other crafts without AIS under way have at that moment.
    pub(super) fn score_above_others(&self, sprint: Option<Timestamp>) -> Answer {
        self.each("before the sprint the score is above that of three in four others", |s| {
            let Some((_, last)) = self.scores_before(s.id, sprint) else { return false };
            let other = |o: &&Sample| o.t == last.t && o.dark_under_way && matches!(o.truth, Truth::Other(_));
            let others = || self.samples.all.iter().filter(other);
            4 * others().filter(|o| o.log_odds < last.log_odds).count() >= 3 * others().count()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::calibration::Samples;
    use super::super::watch::Sought;
    use super::*;
    use crate::sim::coast::TruthEvent;

    fn t(s: i64) -> Timestamp {
        Timestamp::from_secs(1_773_504_000 + s)
    }

    fn sample(s: i64, log_odds: f64, truth: Truth) -> Sample {
        Sample { t: t(s), track: TrackId(1), log_odds, parts: 0, truth, dark_under_way: true }
    }

    fn run(all: Vec<Sample>) -> Run {
        let sought = Sought { id: 9, t_crit: None, fast: None, landed: None, tracks: BTreeSet::new() };
        let mark = |s: i64, rule: &'static str| TruthEvent { t: t(s), id: 9, rule, what: "", in_coverage: true };
        let samples = Samples { all, names: vec!["night", "AIS stopped"], ..Samples::default() };
        Run { sought: vec![sought], events: vec![mark(600, "R15"), mark(1800, "heard")], samples, ..Run::default() }
    }

    #[test]
    fn the_score_has_to_be_higher_at_the_end_than_at_the_beginning() {
        let boat = |values: &[(i64, f64)]| {
            let run = run(values.iter().map(|(s, v)| sample(*s, *v, Truth::NotYet(9))).collect());
            run.score_rises(Some(t(300))).passed
        };
        assert_eq!(boat(&[(60, -4.6), (120, -4.6), (240, -3.6)]), 1);
        assert_eq!(boat(&[(60, -4.6), (120, -2.6), (240, -4.5)]), 0);
        // What comes with the sprint is no foresight.
        assert_eq!(boat(&[(60, -4.6), (299, -2.0), (360, -2.0)]), 0);
        assert_eq!(boat(&[]), 0);
    }

    #[test]
    fn it_is_above_three_in_four_of_the_others_of_that_moment() {
        let with = |others: &[f64]| {
            let mut all = vec![sample(240, -3.6, Truth::NotYet(9)), sample(180, 5.0, Truth::Other(None))];
            all.extend(others.iter().map(|v| sample(240, *v, Truth::Other(None))));
            run(all).score_above_others(Some(t(300))).passed
        };
        assert_eq!((with(&[-4.6, -4.6, -5.0, 1.0]), with(&[-4.6, -4.6, 0.0, 1.0]), with(&[-3.6, -3.6])), (1, 0, 0));
    }

    #[test]
    fn silence_is_evidence_where_it_counted_between_the_alarm_and_the_end() {
        let said = |s: i64, parts: u32| Sample { parts, ..sample(s, 0.0, Truth::Other(None)) };
        let gone = |s: i64| Sample { track: TrackId(2), ..said(s, 2) };
        let run = run(vec![
            gone(590),
            gone(700),
            said(660, 2),
            said(700, 1),
            said(760, 3),
            said(1700, 0),
            said(1840, 2),
            said(1861, 2),
        ]);
        let answer = run.no_evidence_of_the_silent();
        assert_eq!((answer.passed, answer.asked), (3, 5));
    }
}
