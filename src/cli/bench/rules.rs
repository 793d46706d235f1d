//! How fast tracks are judged.

use super::figures::{Figures, race};
use super::fuse::{night_config, plots_of_a_night};
use crate::fuse::{FuseSettings, Fuser};
use crate::model::Track;
use crate::rules::Judge;

/// Seconds of the simulated night whose track updates are judged.
const NIGHT_S: f64 = 300.0;

/// Judgements a second of the shipped rules.
pub fn judge(figures: &mut Figures) -> anyhow::Result<()> {
    let config = night_config()?;
    let night = plots_of_a_night(NIGHT_S)?;
    let mut fuser = Fuser::new(&night.site, FuseSettings::default());
    let mut batches: Vec<Vec<Track>> = Vec::new();
    for (at, reports) in &night.frames {
        let mut out = Vec::new();
        fuser.advance(*at, &mut out);
        fuser.apply(*at, reports, &mut out);
        batches.push(out);
    }
    let updates: usize = batches.iter().map(Vec::len).sum();
    let mut alerts = Vec::new();
    let mut failed = Ok(());
    let mut judge = || match Judge::new(&config.rules, &config.site) {
        Ok(mut judge) => {
            alerts.clear();
            batches.iter().for_each(|tracks| judge.apply(tracks, &mut alerts));
        }
        Err(faults) => failed = Err(anyhow::anyhow!(faults.join("; "))),
    };
    let seconds = race(&mut [&mut judge]).first().copied().unwrap_or(f64::NAN);
    failed?;
    let judged = updates * config.rules.len();
    figures.add("rules.judgements_per_s", judged as f64 / seconds, "track × rule/s");
    figures.add("rules.ns_per_judgement", seconds * 1e9 / judged.max(1) as f64, "ns");
    Ok(())
}
