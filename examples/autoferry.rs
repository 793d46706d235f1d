//! Runs the fusion on the real radar plots of the Autoferry data set and prints what became of each boat.
//!
//! `autoferry DIR [key=value…]`: a table for `docs/measurements.md` on standard output. The settings are those that ship; keys change them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../tests/it/autoferry.rs"]
mod autoferry;
#[path = "../tests/it/scenes.rs"]
mod scenes;

use std::path::Path;

use autoferry::{Boat, SCENARIOS, follow, read};
use haishao::fuse::FuseSettings;

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = args.next().expect("the folder of the data set");
    let mut settings = FuseSettings::default();
    scenes::set(&mut settings, &args.collect::<Vec<_>>());
    println!(
        "| scenario | boat | turns | with a plot | with a track | plots' RMS, m | tracks' RMS, m | numbers | others a turn |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let (mut all, mut boats_seen) = (Boat::default(), 0);
    for scenario in SCENARIOS {
        let (turns, ferry) = read(Path::new(&dir), scenario);
        let (boats, others) = follow(&turns, ferry, settings.clone());
        for (id, boat) in &boats {
            let others = f64::from(others) / turns.len() as f64;
            println!("| {scenario} | {id} {} {others:.1} |", row(boat));
            all.add(boat);
            boats_seen += 1;
        }
    }
    println!("| all | {boats_seen} {} |", row(&all));
}

fn row(b: &Boat) -> String {
    format!(
        "| {} | {:.3} | {:.3} | {:.1} | {:.1} | {} |",
        b.turns,
        b.share(b.plotted),
        b.share(b.held),
        b.plots_rms_m(),
        b.tracks_rms_m(),
        b.numbers.len()
    )
}
