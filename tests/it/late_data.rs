//! Data that come late or out of order lead to the picture that they would have led to in order.

use haishao::engine::Pipeline;
use haishao::geo::LocalPlane;
use haishao::model::{FeedId, Frame, Track, TrackStatus};

use crate::wire_scene::{Datagram, Dice, Hull, START, Scene, Transmitter, Way};

fn scene(seed: u64) -> Scene {
    let mut scene = Scene { seconds: 240.0, seed, ..Scene::default() };
    for i in 0..8u32 {
        let v = 2.0 + f64::from(i);
        let heading = 0.9 * f64::from(i);
        let from = [-4000.0 + 1300.0 * f64::from(i), 3000.0 + 700.0 * f64::from(i % 4)];
        let way = Way::straight(from, [v * heading.sin(), v * heading.cos()], 0.0..400.0);
        if i % 2 == 0 {
            scene.transmitters.push(Transmitter { mmsi: 413_700_000 + i, class_a: true, way: way.clone(), interval_s: 10.0 });
        }
        scene.hulls.push(Hull { way, pd: 0.9 });
    }
    scene
}

/// The picture some seconds after the last datagram, when nothing is under way any more.
fn last_picture(scene: &Scene, mut datagrams: Vec<Datagram>) -> Vec<Track> {
    datagrams.sort_by_key(|d| d.0);
    let mut pipeline = Pipeline::new(&scene.config()).unwrap();
    for (received_at, feed, bytes) in datagrams {
        pipeline.frame(Frame { feed: FeedId(feed), received_at, bytes: &bytes });
    }
    for i in 0..20 {
        pipeline.tick(START.plus_seconds(scene.seconds + 2.0 + 0.25 * f64::from(i)));
    }
    let picture = pipeline.core().picture();
    picture.tracks().iter().filter(|t| t.status != TrackStatus::Tentative).copied().collect()
}

fn compare(a: &[Track], b: &[Track], plane: &LocalPlane, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for x in a {
        let [e, n] = plane.east_north(x.position);
        // At one time: looks end at other times when frames come late.
        let place = |t: &Track| {
            let [e, n] = plane.east_north(t.position);
            let dt = x.t.seconds_since(t.t);
            [e + t.velocity[0] * dt, n + t.velocity[1] * dt]
        };
        let distance = |t: &Track| (place(t)[0] - e).hypot(place(t)[1] - n);
        let y = b.iter().min_by(|p, q| distance(p).total_cmp(&distance(q))).unwrap();
        let sigma = (x.position_cov[0] + x.position_cov[2]).sqrt();
        let apart = distance(y);
        assert!(apart < 0.4 * sigma + 1.0, "{what}: {} is {apart:.1} m from where it would be, σ {sigma:.1} m", x.id);
        let dv = (x.velocity[0] - y.velocity[0]).hypot(x.velocity[1] - y.velocity[1]);
        assert!(dv < 0.7, "{what}: {} differs by {dv:.2} m/s", x.id);
        assert_eq!((x.mmsi, x.ais, x.status), (y.mmsi, y.ais, y.status), "{what}");
    }
}

#[test]
fn late_radars_and_frames_that_overtake_each_other_change_little() {
    for seed in [1, 2, 3] {
        let scene = scene(seed);
        let plane = LocalPlane::new(scene.config().site.origin);
        let in_order = last_picture(&scene, scene.datagrams());
        assert!(in_order.len() >= 8, "seed {seed}: {}", in_order.len());
        // The second radar 1.1 s later, as in the scenes.
        let late = scene
            .datagrams()
            .into_iter()
            .map(|(at, feed, bytes)| (if feed == 1 { at.plus_seconds(1.1) } else { at }, feed, bytes));
        compare(&in_order, &last_picture(&scene, late.collect()), &plane, &format!("seed {seed}, a late radar"));
        // Sectors that overtake each other: up to 100 ms, while one is sent every 78 ms.
        let mut dice = Dice(seed);
        let shuffled = scene
            .datagrams()
            .into_iter()
            .map(|(at, feed, bytes)| (if feed < 2 { at.plus_seconds(0.1 * dice.unit()) } else { at }, feed, bytes));
        compare(&in_order, &last_picture(&scene, shuffled.collect()), &plane, &format!("seed {seed}, overtaking"));
    }
}

/// The same bytes at the same times give the same bits, late or not.
#[test]
fn late_data_are_taken_the_same_way_twice() {
    let scene = scene(4);
    let mut dice = Dice(9);
    let late: Vec<Datagram> =
        scene.datagrams().into_iter().map(|(at, feed, bytes)| (at.plus_seconds(1.5 * dice.unit()), feed, bytes)).collect();
    assert_eq!(last_picture(&scene, late.clone()), last_picture(&scene, late));
}
