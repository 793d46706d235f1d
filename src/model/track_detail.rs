//! What stands behind a track's line: how it moves, how well it is seen, whose name it may bear, where it came from. Fixed size, no
//! heap memory.

use super::{Mmsi, TrackId};
use crate::geo::Geodetic;

/// Probability of each way to move. Sums to 1 for a track of ours; all zero for a craft that is only told of (a far AIS ship).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Modes {
    /// Keeps its course and speed.
    pub steady: f64,
    /// Restless: speed and course change at any time.
    pub agile: f64,
    /// Turns to port.
    pub port: f64,
    /// Turns to starboard.
    pub starboard: f64,
}

impl Modes {
    /// The word for the likeliest; `None` where nothing is known.
    pub fn word(&self) -> Option<&'static str> {
        let each = [(self.steady, "steady"), (self.agile, "agile"), (self.port, "port"), (self.starboard, "starboard")];
        each.into_iter().filter(|(p, _)| *p > 0.0).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, word)| word)
    }
}

/// Looks in the ratio of hits that is told with a track.
pub const RECENT_LOOKS: u8 = 10;

/// The last radar looks at a craft, newest in the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    hits: u16,
    looks: u8,
}

impl Looks {
    /// Notes a look: whether it saw the craft.
    pub fn note(&mut self, hit: bool) {
        self.hits = (self.hits << 1 | u16::from(hit)) & ((1 << RECENT_LOOKS) - 1);
        self.looks = (self.looks + 1).min(RECENT_LOOKS);
    }

    /// How many there were, at most [`RECENT_LOOKS`].
    pub fn count(&self) -> u8 {
        self.looks
    }

    /// Share of them that saw it, 0–1; `None` where no radar has looked yet.
    pub fn ratio(&self) -> Option<f64> {
        (self.looks > 0).then(|| f64::from(self.hits.count_ones()) / f64::from(self.looks))
    }
}

/// How well a craft is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sensing {
    /// Posterior mean of the probability that one radar look detects it, 0–1.
    pub pd: f64,
    /// The last looks at it.
    pub looks: Looks,
    /// Probability that there is no craft and the track lives on clutter, 0–1.
    pub p_clutter: f64,
    /// Probability that the track has changed over to another craft within about the last minute, 0–1: crafts that met so closely
    /// that no sensor could tell them apart.
    pub p_swap: f64,
    /// Radar cross-section by the strength of its plots: mean, and the bound below which it lies with 90 %, m²; `None` where no radar that
    /// saw it tells how strong a square metre is.
    pub echo_m2: Option<[f32; 2]>,
    /// False plots a look and km² over the whole sea of the radar that saw it last: how rough it is; `None` where no radar saw it.
    pub sea_km2: Option<f32>,
}

/// The most names kept of one craft.
pub const MAX_NAMES: usize = 3;

/// Whose AIS reports may be its own: a posterior over the MMSIs that claim it, and none of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Names {
    names: [(Mmsi, f32); MAX_NAMES],
    len: u8,
    /// Probability that it bears none of these.
    pub none: f64,
}

impl Default for Names {
    fn default() -> Self {
        Self { names: [(Mmsi(0), 0.0); MAX_NAMES], len: 0, none: 1.0 }
    }
}

impl Names {
    /// The posterior of claims that each hold with a probability by themselves, of which at most one is true: a craft has one name
    /// or none. Only the likeliest [`MAX_NAMES`] are kept.
    pub fn of_claims(claims: impl IntoIterator<Item = (Mmsi, f64)>) -> Self {
        let mut out = Self::default();
        // Odds of each claim against none of them.
        let mut odds = [0.0f64; MAX_NAMES];
        for (mmsi, p) in claims {
            let o = p / (1.0 - p).max(1e-9);
            let at = odds.iter().position(|have| o > *have).unwrap_or(MAX_NAMES);
            if at < MAX_NAMES && o > 0.0 {
                odds.copy_within(at..MAX_NAMES - 1, at + 1);
                out.names.copy_within(at..MAX_NAMES - 1, at + 1);
                (odds[at], out.names[at]) = (o, (mmsi, 0.0));
                out.len = (out.len + 1).min(MAX_NAMES as u8);
            }
        }
        let total = 1.0 + odds.iter().sum::<f64>();
        for (name, o) in out.names.iter_mut().zip(odds) {
            name.1 = (o / total) as f32;
        }
        out.none = 1.0 / total;
        out
    }

    /// The names with their probabilities, likeliest first.
    pub fn iter(&self) -> impl Iterator<Item = (Mmsi, f64)> + '_ {
        self.names.iter().take(usize::from(self.len)).map(|(mmsi, p)| (*mmsi, f64::from(*p)))
    }
}

/// By how much AIS and radar tell of different places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AisOffset {
    /// Distance of the last report from where the other sensors hold the craft, m.
    pub m: f64,
    /// Standard deviation of that distance if both told of one craft, m.
    pub sigma_m: f64,
}

/// What is known of a craft's AIS beside its state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AisDetail {
    /// Time since its last report, s; `None` where none ever came.
    pub silent_s: Option<f64>,
    /// Interval at which it should report, by class and last told speed (ITU-R M.1371-5 tables 1 and 2), s.
    pub interval_s: Option<f64>,
    /// Where the last report lay beside the radar's place; `None` where there was nothing to compare.
    pub offset: Option<AisOffset>,
    /// Posterior of its name.
    pub names: Names,
}

/// A track that goes on another: the boat was lost and found again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Number under which it had begun anew, and which ended with the link.
    pub from: TrackId,
    /// Probability that both are one craft, 0–1.
    pub p: f64,
    /// How long nothing was seen of it, s.
    pub gap_s: f64,
}

/// Where a craft came from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Origin {
    /// Where it was first seen.
    pub position: Geodetic,
    /// Speed at its confirmation, m/s; `None` before.
    pub speed: Option<f64>,
    /// The last time its number was taken up again.
    pub link: Option<Link>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_looks_are_remembered() {
        let mut looks = Looks::default();
        assert_eq!(looks.ratio(), None);
        for hit in [true, true, false] {
            looks.note(hit);
        }
        assert_eq!((looks.count(), looks.ratio()), (3, Some(2.0 / 3.0)));
        for _ in 0..9 {
            looks.note(false);
        }
        // Twelve looks: both hits are forgotten.
        assert_eq!((looks.count(), looks.ratio()), (10, Some(0.0)));
    }

    #[test]
    fn a_craft_has_one_name_or_none() {
        // Two claims of one half each: (n, –), (–, n) and (–, –) are equally likely once both at once is ruled out.
        let names = Names::of_claims([(Mmsi(1), 0.5), (Mmsi(2), 0.5)]);
        assert!((names.none - 1.0 / 3.0).abs() < 1e-6);
        let sum: f64 = names.iter().map(|(_, p)| p).sum::<f64>() + names.none;
        assert!((sum - 1.0).abs() < 1e-6);
        // The least likely gives way.
        let names = Names::of_claims([(Mmsi(1), 0.1), (Mmsi(2), 0.2), (Mmsi(3), 0.3), (Mmsi(4), 0.4)]);
        assert_eq!(names.iter().map(|(m, _)| m.0).collect::<Vec<_>>(), [4, 3, 2]);
        assert_eq!(Names::default().iter().count(), 0);
    }
}
