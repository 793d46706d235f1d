//! The engine proper: events in, effects out.

use super::workers::workers;
use crate::config::{Fault, RuleBook};
use crate::fuse::{FuseSettings, Fuser, RadarErrors, Transmissions};
use crate::incident::Desk;
use crate::model::incident::Change;
use crate::model::{
    Accepted, Alert, Answer, Command, IncidentEvent, Mmsi, Order, Picture, Refusal, Report, ReportKind, SensorId, Site,
    Suppressed, Timestamp, Track, TrackId,
};
use crate::rules::{Grounds, Judge, RuleSpec, Score};

/// What one event caused, in the order it happened.
#[derive(Debug, Default)]
pub struct Effects {
    /// One entry for each update of a track, and one for each track dropped.
    pub tracks: Vec<Track>,
    /// Alerts raised and cleared.
    pub alerts: Vec<Alert>,
    /// What happened to incidents.
    pub incidents: Vec<IncidentEvent>,
    /// Alerts that were kept back, and by what.
    pub suppressed: Vec<Suppressed>,
    /// What crafts call themselves, where they said so.
    pub names: Vec<(Mmsi, String)>,
}

impl Effects {
    fn clear(&mut self) {
        self.tracks.clear();
        self.alerts.clear();
        self.incidents.clear();
        self.suppressed.clear();
        self.names.clear();
    }
}

/// Owns all tracking and alerting state. Reads no clock, opens no socket, takes no lock: the same events in the same order
/// give the same effects, live and in replay.
pub struct Core {
    transmissions: Transmissions,
    fuser: Fuser,
    judge: Judge,
    desk: Desk,
    now: Timestamp,
    pictures: u64,
    sensors: u16,
    effects: Effects,
    /// Alerts cleared between two events, by a change of the rules.
    left_over: Vec<Alert>,
}

impl Core {
    /// An engine that has seen nothing. Fails with every fault of the rules at once.
    pub fn new(site: &Site, fuse: FuseSettings, rules: &[RuleSpec], grounds: &Grounds) -> Result<Self, Vec<String>> {
        Ok(Self {
            transmissions: Transmissions::new(site),
            fuser: Fuser::new(site, fuse),
            judge: Judge::on(rules, site, grounds)?,
            desk: Desk::default(),
            now: Timestamp::MIN,
            pictures: 0,
            sensors: site.sensors.len() as u16,
            effects: Effects::default(),
            left_over: Vec::new(),
        })
    }

    /// Works looks at many crafts by that many threads. Changes no effect.
    pub fn work_by(&mut self, threads: usize) {
        self.fuser.work_with(workers(threads));
    }

    /// Numbers the tracks, alerts and incidents to come from `first` on.
    pub fn number_from(&mut self, first: u64) {
        self.fuser.number_from(first);
        self.judge.number_from(first);
        self.desk.number_from(first);
    }

    /// Applies a frame that was received and the reports it held.
    ///
    /// Feeds run side by side, so `received_at` may be a little older than that of the frame before; the engine's own time
    /// never goes back.
    pub fn frame(&mut self, received_at: Timestamp, reports: &[Report]) -> &Effects {
        self.pass_time_to(received_at);
        let reports = self.transmissions.admit(reports);
        self.judge.hear(reports);
        for report in reports {
            if let ReportKind::AisStatic(said) = &report.kind
                && let Some(name) = &said.name
            {
                self.effects.names.push((said.mmsi, name.clone()));
            }
        }
        self.fuser.apply(self.now, reports, &mut self.effects.tracks);
        self.judge()
    }

    /// Applies the passing of time without a frame.
    pub fn tick(&mut self, at: Timestamp) -> &Effects {
        self.pass_time_to(at);
        self.judge()
    }

    /// Reports that another feed had brought already, since the start.
    pub fn repeats(&self) -> u64 {
        self.transmissions.repeats()
    }

    /// Carries out a command that arrived at `received_at`, or refuses it.
    pub fn command(&mut self, received_at: Timestamp, command: &Command) -> (&Effects, Answer) {
        self.pass_time_to(received_at);
        self.judge();
        let effects = &mut self.effects;
        let answer = match &command.order {
            Order::Load { set, source, digest, content } => {
                match load(&mut self.judge, source, digest, content, self.now, &mut self.left_over) {
                    Ok(()) => {
                        let loaded =
                            Change::Loaded { set: set.word().to_owned(), source: source.clone(), digest: digest.clone() };
                        self.desk.note(self.now, &command.actor, loaded, &mut effects.incidents);
                        Ok(Accepted { at: self.now, ..Accepted::default() })
                    }
                    Err(faults) => {
                        let refusal = Refusal::Faulty { faults };
                        self.desk.refused(&command.actor, &command.order, &refusal, &mut effects.incidents);
                        Err(refusal)
                    }
                }
            }
            order => {
                let track = order.track().and_then(|id| self.fuser.tracks().into_iter().find(|t| t.id == id));
                self.desk.command(self.now, command, track.as_ref(), &mut effects.incidents)
            }
        };
        (&self.effects, answer)
    }

    /// Incidents, units and hand-overs.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Puts other rules, zones and lists in force, whole or not at all; what is thereby cleared comes with the next event's effects.
    pub fn replace_rules(&mut self, rules: &[RuleSpec], grounds: &Grounds) -> Result<(), Vec<String>> {
        self.judge.replace(rules, grounds, self.now, &mut self.left_over)
    }

    /// Zones, lists and shore in force, with their version.
    pub fn grounds(&self) -> (&str, &Grounds) {
        (self.judge.grounds_version(), self.judge.grounds())
    }

    /// Suspicion of a track with what it is made of.
    pub fn score(&self, track: TrackId) -> Option<Score> {
        self.judge.score(track)
    }

    /// The `most` most suspicious tracks with what their scores are made of.
    pub fn most_suspicious(&self, most: usize) -> Vec<(TrackId, Score)> {
        let mut scores = self.judge.scores();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scores.into_iter().take(most).filter_map(|(id, _)| Some((id, self.judge.score(id)?))).collect()
    }

    /// What is known of each sensor's errors, in the order of the configuration; `None` for those that are no radars.
    pub fn radar_errors(&self) -> Vec<Option<RadarErrors>> {
        (0..self.sensors).map(|i| self.fuser.radar_errors(SensorId(i))).collect()
    }

    /// Plots and reports that began no craft because the picture was full.
    pub fn turned_away(&self) -> u64 {
        self.fuser.turned_away()
    }

    /// The newest `received_at` taken.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Every live track as of now.
    pub fn picture(&mut self) -> Picture {
        self.pictures += 1;
        Picture::new(self.now, self.pictures, self.fuser.tracks())
    }

    fn pass_time_to(&mut self, at: Timestamp) {
        self.effects.clear();
        self.now = self.now.max(at);
        self.fuser.advance(self.now, &mut self.effects.tracks);
    }

    fn judge(&mut self) -> &Effects {
        self.effects.alerts.append(&mut self.left_over);
        self.judge.apply(&self.effects.tracks, &mut self.effects.alerts);
        self.judge.advance(self.now, &mut self.effects.alerts);
        self.effects.suppressed = self.judge.take_suppressed();
        self.desk.apply(self.now, &self.effects.tracks, &self.effects.alerts, &mut self.effects.incidents);
        &self.effects
    }
}

/// Puts what was loaded in force, whole or not at all. What is in force already stays as it is, with all clocks. The chart stays.
fn load(
    judge: &mut Judge,
    source: &str,
    digest: &str,
    content: &str,
    now: Timestamp,
    cleared: &mut Vec<Alert>,
) -> Result<(), Vec<String>> {
    let told = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    if RuleBook::digest(content) != digest {
        return Err(vec![format!("{source}: the content has not the digest {digest}")]);
    }
    let (rules, grounds) = RuleBook::decode(content).map_err(|what| vec![what])?.parse().map_err(told)?;
    let grounds = Grounds { coast: judge.grounds().coast.clone(), ..grounds };
    if judge.is_by(&rules, &grounds) {
        return Ok(());
    }
    judge.replace(&rules, &grounds, now, cleared)
}
