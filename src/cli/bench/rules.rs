//! How fast tracks are judged.

use std::hint::black_box;

use super::figures::{Figures, race};
use super::fuse::{night_config, plots_of_a_night};
use crate::config::{Config, parse};
use crate::fuse::{FuseSettings, Fuser};
use crate::geo::LocalPlane;
use crate::model::{AisState, CraftClass, EvidenceValue, Mmsi, SensorId, SensorSet, Timestamp, Track, TrackId, TrackStatus};
use crate::rules::{Judge, Probe, Sample};

/// Seconds of the simulated night whose track updates are judged.
const NIGHT_S: f64 = 300.0;
/// The condition that is compared: five clauses over fields of four types (reference: rules.md §4).
pub const FIVE_CLAUSES: &str =
    "sog_lcb90_kn >= 25.0 && fast_s >= 20.0 && ais == 'none' && p_clutter <= 0.1 && !('exempt' in zones)";

/// Judgements of the shipped rules.
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
    judged(figures, &config, &batches, ["rules.judgements_per_s", "rules.ns_per_judgement", "rules.ns_per_update"])?;
    let crowd = crowd_config()?;
    let batches = crowd_of(CROWD, SCANS, None);
    judged(
        figures,
        &crowd,
        &batches,
        ["rules.crowd.judgements_per_s", "rules.crowd.ns_per_judgement", "rules.crowd.ns_per_update"],
    )?;
    let batches = crowd_of(CROWD, SCANS, Some(PACKED_M));
    judged(
        figures,
        &crowd,
        &batches,
        ["rules.packed.judgements_per_s", "rules.packed.ns_per_judgement", "rules.packed.ns_per_update"],
    )?;
    condition(figures)
}

fn judged(figures: &mut Figures, config: &Config, batches: &[Vec<Track>], names: [&'static str; 3]) -> anyhow::Result<()> {
    let updates: usize = batches.iter().map(Vec::len).sum();
    let fresh = Judge::on(&config.rules, &config.site, &config.grounds).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    let mut alerts = Vec::new();
    let mut run = || {
        let mut judge = fresh.clone();
        alerts.clear();
        for tracks in batches {
            judge.apply(tracks, &mut alerts);
            if let Some(last) = tracks.last() {
                judge.advance(last.t_out, &mut alerts);
            }
        }
        black_box(&judge);
    };
    let seconds = race(&mut [&mut run]).first().copied().unwrap_or(f64::NAN);
    let judged = updates * config.rules.len();
    figures.add(names[0], judged as f64 / seconds, "track × rule/s");
    figures.add(names[1], seconds * 1e9 / judged.max(1) as f64, "ns");
    figures.add(names[2], seconds * 1e9 / updates.max(1) as f64, "ns");
    Ok(())
}

/// Evaluations of one condition between two looks at the clock.
const EVALUATIONS: usize = 200_000;

fn condition(figures: &mut Figures) -> anyhow::Result<()> {
    let word = |text: &str| EvidenceValue::Text(text.to_owned());
    let sample = Sample {
        fields: vec![
            ("sog_lcb90_kn".to_owned(), EvidenceValue::Number(38.0)),
            ("fast_s".to_owned(), EvidenceValue::Number(42.0)),
            ("ais".to_owned(), word("none")),
            ("p_clutter".to_owned(), EvidenceValue::Number(0.01)),
            ("zones".to_owned(), word("landing")),
        ],
    };
    let probe = Probe::new(FIVE_CLAUSES, &sample).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    let mut ours = || (0..EVALUATIONS).for_each(|_| assert_eq!(black_box(&probe).holds(), Some(true)));
    #[cfg(not(feature = "peers"))]
    let seconds = race(&mut [&mut ours]);
    #[cfg(feature = "peers")]
    let seconds = {
        let program = cel::Program::compile(FIVE_CLAUSES).map_err(|e| anyhow::anyhow!("{e}"))?;
        let mut context = cel::Context::default();
        context.add_variable_from_value("sog_lcb90_kn", 38.0);
        context.add_variable_from_value("fast_s", 42.0);
        context.add_variable_from_value("ais", "none");
        context.add_variable_from_value("p_clutter", 0.01);
        context.add_variable_from_value("zones", vec!["landing"]);
        // The context is kept; a track that changes would have to fill it anew.
        let mut peer = || {
            for _ in 0..EVALUATIONS {
                black_box(program.execute(black_box(&context)).is_ok());
            }
        };
        race(&mut [&mut ours, &mut peer])
    };
    let each = |s: &f64| s * 1e9 / EVALUATIONS as f64;
    let ns = seconds.first().map_or(f64::NAN, each);
    match seconds.get(1).map(each) {
        Some(peer) => figures.add_against("rules.ns_per_condition", ns, "ns", "cel 0.15", peer / ns),
        None => figures.add("rules.ns_per_condition", ns, "ns"),
    }
    Ok(())
}

/// Tracks of the crowd, and how often each is seen.
const CROWD: usize = 10_000;
const SCANS: usize = 8;
/// So wide a strip gives each the 380 neighbours within a mile of a harbour from which everybody leaves at once, m.
const PACKED_M: f64 = 3_000.0;

/// The crowd's site: shipped rules on the shipped coast and zones.
pub fn crowd_config() -> anyhow::Result<Config> {
    let text = r#"
        coast = "builtin:coast/daya_bay.geojson"
        [site]
        name = "crowd"
        origin = { lat = 22.55, lon = 114.72 }
        [[zone]]
        file = "builtin:zones/daya_bay.geojson"
        [[sensor]]
        id = "R"
        kind = "radar"
        format = "asterix"
        feed = "udp://127.0.0.1:1"
        position = { lat = 22.55, lon = 114.886 }
    "#;
    parse(text, std::path::Path::new("crowd.toml"))
        .map_err(|faults| anyhow::anyhow!(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

/// So many tracks over 75 × 60 km, each seen every 2.5 s: one in three a ship with AIS, one in fifty faster than 25 kn.
///
/// `width_m` is how wide the strip is into which all are pressed, as a fleet that leaves a harbour; `None` for the whole of it.
pub fn crowd_of(tracks: usize, scans: usize, width_m: Option<f64>) -> Vec<Vec<Track>> {
    let plane = LocalPlane::new(crate::geo::GeodeticHeight::from_degrees(22.55, 114.72, 0.0));
    // A hash of the number serves as its fate: the same everywhere. Each salt must give fates of its own, or place east and place north
    // go together and the crowd stands on a line (the mix is splitmix64's, Steele, Lea and Flood 2014).
    let part = |n: usize, salt: u64| {
        let mut mixed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd1b5_4a32_d192_ed03);
        for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9u64), (27, 0x94d0_49bb_1331_11eb)] {
            mixed = (mixed ^ mixed >> shift).wrapping_mul(factor);
        }
        ((mixed ^ mixed >> 31) >> 11) as f64 / (1u64 << 53) as f64
    };
    let begin = Timestamp::from_secs(1_773_504_000);
    let look = |n: usize, scan: usize| {
        let t = begin.plus_seconds(scan as f64 * 2.5 + part(n, 1) * 2.5);
        let speed = if n.is_multiple_of(50) { 15.0 + 8.0 * part(n, 2) } else { 6.0 * part(n, 2) };
        let (s, c) = (part(n, 3) * std::f64::consts::TAU).sin_cos();
        let gone = scan as f64 * 2.5 * speed;
        let north = match width_m {
            None => -50_000.0 + 60_000.0 * part(n, 5),
            Some(width) => -20_000.0 + width * part(n, 5),
        };
        let p = [-37_500.0 + 75_000.0 * part(n, 4) + gone * s, north + gone * c];
        let ais = n.is_multiple_of(3);
        let mut sensors = SensorSet::default();
        sensors.touch(SensorId(0), t);
        Track {
            id: TrackId(n as u64),
            status: TrackStatus::Confirmed,
            t,
            t_out: t,
            born: begin.plus_seconds(-600.0),
            position: plane.geodetic(p[0], p[1]),
            velocity: [speed * s, speed * c],
            position_cov: [200.0, 0.0, 200.0],
            velocity_cov: [0.3, 0.0, 0.3],
            sog_lcb90: (speed - 1.0).max(0.0),
            p_exist: 0.999,
            p_fast: 0.0,
            hit_ratio: 0.9,
            mmsi: ais.then_some(Mmsi(412_000_000 + n as u32)),
            ais: if ais { AisState::Ok } else { AisState::None },
            ais_expected: None,
            class: if ais { CraftClass::Ship } else { CraftClass::Unknown },
            sensors,
            modes: Default::default(),
            sensing: Default::default(),
            ais_detail: Default::default(),
            origin: Default::default(),
        }
    };
    (0..scans).map(|scan| (0..tracks).map(|n| look(n, scan)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many others lie within a mile of one, on average over some.
    fn neighbours(width_m: Option<f64>) -> f64 {
        let plane = LocalPlane::new(crate::geo::GeodeticHeight::from_degrees(22.55, 114.72, 0.0));
        let crowd = crowd_of(CROWD, 1, width_m).remove(0);
        let at: Vec<[f64; 2]> = crowd.iter().map(|t| plane.east_north(t.position)).collect();
        let some: Vec<&[f64; 2]> = at.iter().step_by(50).collect();
        let near = |p: &[f64; 2]| at.iter().filter(|q| (p[0] - q[0]).hypot(p[1] - q[1]) <= 1852.0).count() - 1;
        some.iter().map(|p| near(p)).sum::<usize>() as f64 / some.len() as f64
    }

    #[test]
    fn the_crowd_is_as_dense_as_it_says() {
        // 10 000 over 75 × 60 km are 2.2 a km², and 10.8 km² lie within a mile; less at the edges.
        let spread = neighbours(None);
        assert!((21.0..24.5).contains(&spread), "{spread}");
        let packed = neighbours(Some(PACKED_M));
        assert!((340.0..440.0).contains(&packed), "{packed}");
    }
}
