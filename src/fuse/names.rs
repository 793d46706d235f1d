//! The names a craft may bear, and what AIS says of it.
//!
//! Each MMSI that was ever heard from where a craft is has log odds against "not its own". A report from the craft's place raises them by
//! the evidence of that one report; a report of the same MMSI from elsewhere, while a radar holds the craft where it is, leaves two
//! explanations: somebody lies about the place or the number, or this track has changed over to another craft. The odds between these
//! do not depend on how many such reports come, and so neither does what is left of the name.

use crate::model::{AisDetail, AisOffset, AisState, CraftClass, MAX_NAMES, Mmsi, Names};

/// Log odds of a name are kept within ± this: e⁸ is one in three thousand, the share of records with a wrong MMSI.
const LIMIT: f32 = 8.0;
/// Evidence of one report, at most: one in four hundred is a coincidence of place and velocity beyond any model.
const STEP: f64 = 6.0;
/// Probability that a transmitter begins to lie about place or number while it is watched.
const LIES: f64 = 1e-3;
/// What a report under another name from the craft's own place takes from the names that are silent: a hull bears one.
const OTHER_NAME: f32 = 3.0;
/// A name is told at this probability …
const TOLD: f64 = 0.5;
/// … and counts as a rival of another at this one.
const RIVAL: f64 = 0.1;
/// However often it reports, a ship is not lost before: fades by a crossing hull or a wave last for seconds.
const LOST_AFTER_S: f64 = 60.0;
/// Intervals without a report after which it is lost: at the 70 % of reports that are received at the edge of a station's reach, five
/// are missed in a row once in 400 times.
const LOST_AFTER_INTERVALS: f64 = 5.0;
/// Intervals for which the last report keeps a craft that radars have lost: the next one, and its jitter.
const HELD_INTERVALS: f64 = 1.2;
/// A station at anchor reports every 3 min (ITU-R M.1371-5 table 1); a craft that only AIS knows is kept for two of these, s.
const ANCHORED_S: f64 = 360.0;
/// Among boats that report a slow speed, the share that can run beyond 25 kn: pilot and crew boats, police, ferries.
const CAN_RUN: f64 = 0.03;
/// Share of meetings with a fast boat in which a slow boat's track leaves with it, unseen as a meeting of two tracks.
const CARRIED_OFF: f64 = 0.01;
/// Reports received, where nothing better is known.
const RECEIVED: f64 = 0.7;

/// One name that a craft may bear.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    pub mmsi: Mmsi,
    /// ln(P / (1 − P)).
    odds: f32,
    /// Interval at which it should report, s.
    interval_s: f32,
    /// Speed it told last, m/s.
    said_mps: f32,
    /// When it was last heard from the craft's place, s since the fuser's epoch.
    pub last: f64,
    /// When it began to be heard from elsewhere, and when it last was.
    elsewhere: Option<[f64; 2]>,
    /// An earlier bearer of it is still there.
    rival: bool,
    /// Radars saw the craft when it was last heard.
    seen: bool,
}

impl Name {
    fn p(&self) -> f64 {
        1.0 / (1.0 + f64::from(-self.odds).exp())
    }

    fn lost_after_s(&self) -> f64 {
        (LOST_AFTER_INTERVALS * f64::from(self.interval_s)).max(LOST_AFTER_S)
    }

    fn live(&self, now: f64) -> bool {
        now - self.last <= self.lost_after_s()
    }
}

/// What AIS has said of a craft.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)] // As `Craft`: most have never been heard, which is asked in every look.
pub(crate) struct Identity {
    // Whether any name was ever heard.
    heard: bool,
    names: [Option<Name>; MAX_NAMES],
    /// What it told to be.
    pub class: Option<CraftClass>,
    /// Where its last report lay beside the place held without it: distance and its standard deviation, m.
    pub offset: Option<[f32; 2]>,
}

/// A report that was found to be of a craft.
pub(crate) struct Heard {
    pub mmsi: Mmsi,
    /// Probability that it was of this craft.
    pub p: f64,
    pub interval_s: f64,
    pub said_mps: f64,
    /// Another craft bore this name before and is still there.
    pub rival: bool,
    /// Radars see the craft.
    pub seen: bool,
}

impl Identity {
    /// Takes a report from its place.
    pub fn heard(&mut self, heard: &Heard, now: f64) {
        let p = heard.p.clamp(1e-6, 1.0 - 1e-6);
        let step = (p / (1.0 - p)).ln().clamp(-STEP, STEP) as f32;
        for other in self.names.iter_mut().flatten().filter(|n| n.mmsi != heard.mmsi) {
            // Both may be right when two crafts are held as one; then the other is heard again as well.
            if now - other.last > f64::from(other.interval_s) {
                other.odds = (other.odds - OTHER_NAME).max(-LIMIT);
            }
        }
        let new = Name {
            mmsi: heard.mmsi,
            odds: 0.0,
            interval_s: 0.0,
            said_mps: 0.0,
            last: now,
            elsewhere: None,
            rival: heard.rival,
            seen: heard.seen,
        };
        let at = self.names.iter().position(|n| n.is_some_and(|n| n.mmsi == heard.mmsi));
        let at = at.or_else(|| self.names.iter().position(Option::is_none)).unwrap_or_else(|| self.weakest());
        let Some(slot) = self.names.get_mut(at) else { return };
        self.heard = true;
        let name = match slot {
            Some(name) if name.mmsi == heard.mmsi => name,
            _ => slot.insert(new),
        };
        name.odds = (name.odds + step).clamp(-LIMIT, LIMIT);
        (name.interval_s, name.said_mps, name.last) = (heard.interval_s as f32, heard.said_mps as f32, now);
        (name.rival, name.seen) = (heard.rival, heard.seen);
        if let Some([_, last]) = name.elsewhere
            && now - last > name.lost_after_s()
        {
            name.elsewhere = None;
        }
    }

    fn weakest(&self) -> usize {
        let odds = |n: &Option<Name>| n.map_or(f32::NEG_INFINITY, |n| n.odds);
        (0..MAX_NAMES).min_by(|a, b| odds(&self.names[*a]).total_cmp(&odds(&self.names[*b]))).unwrap_or(0)
    }

    /// Takes that a name of its own was heard from elsewhere, with the probability that this track has changed over to another craft.
    pub fn heard_elsewhere(&mut self, mmsi: Mmsi, p_swap: f64, now: f64) {
        let Some(name) = self.names.iter_mut().flatten().find(|n| n.mmsi == mmsi) else { return };
        if name.rival {
            // The older bearer reports from where it stands, as was to be expected.
            return;
        }
        match &mut name.elsewhere {
            Some([_, last]) => *last = now,
            None => name.elsewhere = Some([now, now]),
        }
        let gone = p_swap / (p_swap + LIES);
        let kept = (((1.0 - gone) / gone.max(1e-9)).max(1e-9)).ln() as f32;
        name.odds = name.odds.min(kept).max(-LIMIT);
    }

    /// Whether it holds that name with a probability worth telling.
    pub fn bears(&self, mmsi: Mmsi) -> bool {
        self.names.iter().flatten().any(|n| n.mmsi == mmsi && !n.rival && n.p() > TOLD)
    }

    /// The likeliest name worth telling.
    fn best(&self) -> Option<&Name> {
        if !self.heard {
            return None;
        }
        self.names.iter().flatten().filter(|n| n.p() > TOLD).max_by(|a, b| a.odds.total_cmp(&b.odds))
    }

    /// Interval at which the bearer of its name should report, s.
    pub fn interval_s(&self) -> Option<f64> {
        self.best().map(|n| f64::from(n.interval_s))
    }

    /// Whether any name is worth telling.
    pub fn named(&self) -> bool {
        self.best().is_some()
    }

    /// Whether its name was heard so lately that it cannot be lost yet.
    pub fn live(&self, now: f64) -> bool {
        self.best().is_some_and(|n| n.live(now))
    }

    /// Whether its reports alone keep it in the picture. A craft that radars used to see and see no more is gone with the report that does
    /// not come; one that they never saw may be out of their sight.
    pub fn holds(&self, now: f64) -> bool {
        self.best().is_some_and(|n| {
            let silent = now - n.last;
            if n.seen { silent < HELD_INTERVALS * f64::from(n.interval_s) } else { silent < ANCHORED_S }
        })
    }

    /// Probability that the craft is not the one that bore its name, from its speed alone: it told to be slow, it is fast now, and it
    /// has not said so although it should have.
    pub fn doubt(&self, sog_lcb90: f64, p_fast: f64, now: f64) -> f64 {
        let Some(name) = self.best() else { return 0.0 };
        if p_fast < 0.9 || f64::from(name.said_mps) > 0.5 * sog_lcb90 {
            return 0.0;
        }
        // At 23 kn and more a ship reports every 2 s, a small craft every 30 s (ITU-R M.1371-5 tables 1 and 2).
        let interval = if self.class == Some(CraftClass::Ship) { 2.0 } else { 30.0 };
        let missed = ((now - name.last) / interval).clamp(0.0, 20.0);
        let honest = CAN_RUN * (1.0 - RECEIVED).powf(missed);
        CARRIED_OFF / (CARRIED_OFF + honest)
    }

    /// MMSI and state to be told. `seen` is whether a radar shows it, `doubt` the probability that it is another craft than the one
    /// that bore its name.
    pub fn state(&self, seen: bool, doubt: f64, now: f64) -> (Option<Mmsi>, AisState) {
        let Some(best) = self.best() else {
            // A name that it has lost is no name of its own: nothing was ever received from it.
            return (None, AisState::None);
        };
        let mmsi = Some(best.mmsi);
        if best.rival {
            // An older bearer stands. Where nothing but the reports tells of this one, they are what is wrong.
            return if seen { (None, AisState::Ambiguous) } else { (mmsi, AisState::Inconsistent) };
        }
        if doubt >= TOLD {
            return (None, AisState::Ambiguous);
        }
        if let Some([since, last]) = best.elsewhere
            && now - last <= best.lost_after_s()
        {
            // Heard from both places by turns, two transmitters share the number.
            return (mmsi, if best.last > since && best.live(now) { AisState::Ambiguous } else { AisState::Inconsistent });
        }
        let claims = self.names.iter().flatten().filter(|n| n.p() > RIVAL && n.live(now)).count();
        match () {
            () if claims > 1 => (mmsi, AisState::Ambiguous),
            () if best.live(now) => (mmsi, AisState::Ok),
            () => (mmsi, AisState::Lost),
        }
    }

    /// What is told of its AIS beside name and state.
    pub fn detail(&self, now: f64) -> AisDetail {
        let best = self.best();
        AisDetail {
            silent_s: best.map(|n| (now - n.last).max(0.0)),
            interval_s: best.map(|n| f64::from(n.interval_s)),
            offset: self.offset.map(|[m, sigma_m]| AisOffset { m: f64::from(m), sigma_m: f64::from(sigma_m) }),
            names: Names::of_claims(self.names.iter().flatten().map(|n| (n.mmsi, n.p()))),
        }
    }
}
