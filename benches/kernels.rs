//! The kernels whose instructions are counted: each a loop of the shipped library, on data that ships or is made by a seed.

use std::hint::black_box;

use haishao::cli::bench::decode::{Lines, ours};
use haishao::cli::bench::fuse::plots_of_a_night;
use haishao::cli::bench::rules::{FIVE_CLAUSES, crowd_config, crowd_of};
use haishao::config::default_rules;
use haishao::fuse::{FuseSettings, Fuser};
use haishao::model::{EvidenceValue, Site, Timestamp, Track};
use haishao::rules::{Judge, Probe, Sample};
use haishao::sim::DayaBayNight;
use haishao::wire::WireHealth;
use haishao::wire::asterix::reader::read_datagram;

/// Kernels by name.
pub const NAMES: &[&str] = &["ais", "asterix", "fuse", "rules", "rules_crowd", "rules_condition"];

/// Seconds of the simulated night.
const NIGHT_S: f64 = 60.0;

/// What one round works on: sentences, records, plots, judgements of a rule about a track.
pub fn units(kernel: &str) -> u64 {
    match kernel {
        "ais" => Lines::recorded().map_or(0, |l| l.count() as u64),
        "asterix" => datagrams().iter().map(|d| records(d)).sum(),
        "fuse" => plots_of_a_night(NIGHT_S).map_or(0, |n| n.plots),
        "rules" => looks().map_or(0, |(_, looks)| looks.len() as u64) * RULES as u64,
        "rules_crowd" => (CROWD * SCANS) as u64,
        "rules_condition" => CONDITIONS,
        _ => 0,
    }
}

/// Runs a kernel; `false` if there is none of that name.
pub fn run(kernel: &str, rounds: u32) -> bool {
    match kernel {
        "ais" => {
            let Ok(lines) = Lines::recorded() else { return false };
            for _ in 0..rounds {
                black_box(ours(lines.text()));
            }
        }
        "asterix" => {
            let datagrams = datagrams();
            for _ in 0..rounds {
                black_box(datagrams.iter().map(|d| records(d)).sum::<u64>());
            }
        }
        "fuse" => {
            let Ok(night) = plots_of_a_night(NIGHT_S) else { return false };
            for _ in 0..rounds {
                let mut fuser = Fuser::new(&night.site, FuseSettings::default());
                let mut out = Vec::new();
                for (at, reports) in &night.frames {
                    fuser.advance(*at, &mut out);
                    fuser.apply(*at, reports, &mut out);
                    out.clear();
                }
                black_box(&fuser);
            }
        }
        "rules" => {
            let (Some((site, looks)), Ok(rules)) = (looks(), default_rules()) else { return false };
            let Some(first) = rules.first() else { return false };
            let Ok(judge) = Judge::new(&vec![first.clone(); RULES], &site) else { return false };
            for _ in 0..rounds {
                let (mut judge, mut alerts) = (judge.clone(), Vec::new());
                judge.apply(&looks, &mut alerts);
                black_box(&alerts);
            }
        }
        // Updates of a crowd of 1000 tracks by all rules that ship.
        "rules_crowd" => {
            let Ok(config) = crowd_config() else { return false };
            let Ok(judge) = Judge::on(&config.rules, &config.site, &config.grounds) else { return false };
            let batches = crowd_of(CROWD, SCANS, None);
            for _ in 0..rounds {
                let (mut judge, mut alerts) = (judge.clone(), Vec::new());
                batches.iter().for_each(|tracks| judge.apply(tracks, &mut alerts));
                black_box(&alerts);
            }
        }
        "rules_condition" => {
            let word = |text: &str| EvidenceValue::Text(text.to_owned());
            let fields = [
                ("sog_lcb90_kn", EvidenceValue::Number(38.0)),
                ("fast_s", EvidenceValue::Number(42.0)),
                ("ais", word("none")),
                ("p_clutter", EvidenceValue::Number(0.01)),
                ("zones", word("landing")),
            ];
            let sample = Sample { fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() };
            let Ok(probe) = Probe::new(FIVE_CLAUSES, &sample) else { return false };
            for _ in 0..u64::from(rounds) * CONDITIONS {
                black_box(black_box(&probe).holds());
            }
        }
        _ => return false,
    }
    true
}

const CROWD: usize = 1000;
const SCANS: usize = 8;
const CONDITIONS: u64 = 100_000;

/// Rules of a busy site; R01 so many times over.
const RULES: usize = 20;

/// Every update of every track of the night.
fn looks() -> Option<(Site, Vec<Track>)> {
    let night = plots_of_a_night(NIGHT_S).ok()?;
    let mut fuser = Fuser::new(&night.site, FuseSettings::default());
    let mut looks = Vec::new();
    for (at, reports) in &night.frames {
        fuser.advance(*at, &mut looks);
        fuser.apply(*at, reports, &mut looks);
    }
    Some((night.site, looks))
}

fn datagrams() -> Vec<Vec<u8>> {
    let night = DayaBayNight::new(7, Timestamp::from_secs(1_773_504_000)).lasting(NIGHT_S);
    night.filter(|e| e.feed.0 < 2).map(|e| e.bytes).collect()
}

fn records(datagram: &[u8]) -> u64 {
    let mut records = 0;
    read_datagram(datagram, &mut WireHealth::default(), |statement, _| {
        black_box(statement);
        records += 1;
        Ok(())
    });
    records
}
