//! Real radar plots against GNSS: what no scene of our own can flatter.

use haishao::fuse::FuseSettings;

use crate::autoferry::{Boat, SCENARIOS, Turn, follow, read};
use crate::shared::data;

/// What became of all boats; `moved` m east of where they were the control's boats are looked for.
fn all_boats(scenarios: &[(Vec<Turn>, [f64; 2])], moved: f64) -> (usize, Boat) {
    let (mut count, mut all) = (0, Boat::default());
    for (turns, ferry) in scenarios {
        let turns: Vec<Turn> = turns
            .iter()
            .map(|turn| Turn {
                t: turn.t,
                plots: turn.plots.clone(),
                boats: turn.boats.iter().map(|(id, [n, e])| (*id, [*n, *e + moved])).collect(),
            })
            .collect();
        let (boats, _) = follow(&turns, *ferry, FuseSettings::default());
        count += boats.len();
        boats.values().for_each(|boat| all.add(boat));
    }
    (count, all)
}

/// The figures of `docs/measurements.md` (Real plots) with a margin for what the tracker may still learn: .843 held, 7.2 m, 30 numbers.
#[test]
fn two_boats_among_others_in_a_harbour_are_held() {
    let Some(dir) = data("autoferry") else { return };
    let scenarios: Vec<_> = SCENARIOS.into_iter().map(|scenario| read(&dir, scenario)).collect();
    let (boats, all) = all_boats(&scenarios, 0.0);
    let (held, rms, numbers) = (all.share(all.held), all.tracks_rms_m(), all.numbers.len());
    println!("{boats} boats, {} turns: held {held:.3}, RMS {rms:.1} m, {numbers} numbers", all.turns);
    // Of the data: two boats in each scenario, and plots of nine turns in ten.
    assert_eq!((boats, all.turns), (18, 1240));
    assert!(all.share(all.plotted) > 0.9 && all.plots_rms_m() > rms, "tracks are better than plots: {all:?}");
    assert!(held >= 0.82, "held in {held:.3} of the turns only");
    assert!(rms <= 8.0, "tracks are {rms:.1} m from GNSS");
    assert!((boats..=34).contains(&numbers), "{numbers} numbers for {boats} boats");

    // Two hulls' lengths beside the boats there is hardly ever a track: it is them that are held, not the crowd.
    let (_, beside) = all_boats(&scenarios, 100.0);
    let by_chance = beside.share(beside.held);
    println!("100 m beside them: {by_chance:.3}");
    assert!(by_chance < 0.1, "{by_chance:.3} would be held by chance");
}
