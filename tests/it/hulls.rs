//! Ships whose AIS antenna stands far from the middle of the hull, where radars see them: one track each, and radars registered as if it did not.

use haishao::model::{AisState, Mmsi};

use crate::wire_scene::{Hull, Scene, Transmitter, Way};

/// Six tankers of 300 m on as many courses, a mile and more from each other.
fn ways() -> Vec<Way> {
    [
        ([-6000.0, 3000.0], [7.0, 0.5]),
        ([6000.0, 5200.0], [-6.0, 0.0]),
        ([-4000.0, 8000.0], [4.0, -4.0]),
        ([2500.0, 9500.0], [0.5, -6.5]),
        ([0.0, 1200.0], [5.0, 3.0]),
        ([5200.0, 8500.0], [-3.0, 5.0]),
    ]
    .into_iter()
    .map(|(from, v)| Way::straight(from, v, 0.0..420.0))
    .collect()
}

const FIRST: u32 = 413_000_100;

/// The tankers with their antennas so far behind the middle, m; what each says of her hull.
fn tankers(astern_m: f64, dimensions: Option<[u16; 4]>, seed: u64) -> Scene {
    let mmsi = |k: usize| FIRST + k as u32;
    let bridge = |way: &Way| {
        let [_, _, ve, vn] = way.at(0.0).unwrap();
        let speed = ve.hypot(vn);
        Way(way.0.iter().map(|[t, e, n]| [*t, e - astern_m * ve / speed, n - astern_m * vn / speed]).collect())
    };
    Scene {
        hulls: ways().iter().map(|way| Hull { way: way.clone(), pd: 0.97 }).collect(),
        transmitters: ways()
            .iter()
            .enumerate()
            .map(|(k, way)| Transmitter { mmsi: mmsi(k), class_a: true, way: bridge(way), interval_s: 10.0 })
            .collect(),
        dimensions: dimensions.map_or(Vec::new(), |d| (0..ways().len()).map(|k| (mmsi(k), d)).collect()),
        seconds: 420.0,
        seed,
        ..Scene::default()
    }
}

/// How many of the ships bear their own name, how many tracks lie within 250 m of one beside hers, and how far off they are, m: means over moments.
fn held(scene: &Scene, from: u32) -> [f64; 3] {
    let said = scene.run();
    let (mut moments, mut named, mut beside, mut off) = (0.0, 0.0, 0.0, 0.0);
    for t in (from..415).step_by(5).map(f64::from) {
        let picture = said.picture(t);
        for (k, way) in ways().iter().enumerate() {
            let at = way.at(t).unwrap();
            let distance = |p: &[f64; 2]| (at[0] - p[0]).hypot(at[1] - p[1]);
            let near: Vec<_> = picture.iter().filter(|(_, p)| distance(p) < 250.0).collect();
            let hers = near.iter().find(|(l, _)| l.mmsi == Some(Mmsi(FIRST + k as u32)) && l.ais == AisState::Ok);
            moments += 1.0;
            named += f64::from(u8::from(hers.is_some()));
            beside += near.len() as f64 - f64::from(u8::from(hers.is_some()));
            off += hers.map_or(250.0, |(_, p)| distance(p));
        }
    }
    [named / moments, beside / moments, off / moments]
}

/// A tanker of 300 m with her bridge 45 m from the stern: 105 m from antenna to middle.
#[test]
fn a_tanker_that_tells_of_her_hull_is_one_track_at_its_middle() {
    for seed in [1, 2, 3] {
        let [named, beside, off] = held(&tankers(105.0, Some([255, 45, 25, 25]), seed), 30);
        assert!(
            named > 0.99 && beside < 0.01 && off < 20.0,
            "seed {seed}: {named:.3} named, {beside:.3} beside, {off:.0} m off"
        );
    }
}

/// Nothing told, or that the size is known and the antenna's place is not: where it stands is found from the echoes.
#[test]
fn a_tanker_that_does_not_tell_is_found_out() {
    for seed in [1, 2, 3] {
        for dimensions in [None, Some([0, 300, 0, 50])] {
            let [named, beside, off] = held(&tankers(105.0, dimensions, seed), 180);
            assert!(
                named > 0.95 && beside < 0.05 && off < 40.0,
                "seed {seed}: {named:.3} named, {beside:.3} beside, {off:.0} m off"
            );
        }
    }
}

/// The antenna is where it is told to be: nobody is moved for that.
#[test]
fn a_hull_with_its_antenna_amidships_stays_where_it_is() {
    let [named, beside, off] = held(&tankers(0.0, Some([150, 150, 25, 25]), 1), 30);
    assert!(named > 0.99 && beside < 0.01 && off < 20.0, "{named:.3} named, {beside:.3} beside, {off:.0} m off");
}
