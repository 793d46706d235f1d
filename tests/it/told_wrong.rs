//! Radars of which the site tells something wrong: another datum, a north by compass, a heading line that nobody has set, a place read off a map.

use haishao::engine::misaligned;
use haishao::model::{AisState, Mmsi, TrackStatus};

use crate::wire_scene::{Hull, Said, Scene, Transmitter, Way};

const FIRST: u32 = 413_000_300;

/// Nine ships on courses all round both radars.
fn ships() -> Vec<Way> {
    [
        ([-6000.0, 3000.0], [7.0, 0.5]),
        ([7500.0, 5200.0], [-6.0, 0.0]),
        ([-4000.0, 8000.0], [4.0, -4.0]),
        ([2500.0, 9500.0], [0.5, -6.5]),
        ([0.0, 1200.0], [5.0, 3.0]),
        ([5200.0, 8500.0], [-3.0, 5.0]),
        ([-7000.0, -5000.0], [5.0, 2.0]),
        ([4000.0, -7000.0], [-4.0, 3.0]),
        ([11_000.0, -3000.0], [-5.0, 4.0]),
    ]
    .into_iter()
    .map(|(from, v)| Way::straight(from, v, 0.0..300.0))
    .collect()
}

/// Six boats that say nothing, at 5 to 20 m/s.
fn boats() -> Vec<Way> {
    (0..6)
        .map(|k| {
            let bearing = 1.05 * f64::from(k);
            let (speed, course) = (5.0 + 3.0 * f64::from(k), bearing + 1.9);
            let from = [6000.0 * bearing.sin(), 2000.0 + 5000.0 * bearing.cos()];
            Way::straight(from, [speed * course.sin(), speed * course.cos()], 0.0..300.0)
        })
        .collect()
}

/// The nine and the six; of the ships so many tell of themselves.
fn scene(telling: usize) -> Scene {
    let hull = |pd: f64| move |way: &Way| Hull { way: way.clone(), pd };
    let tell =
        |(k, way): (usize, &Way)| Transmitter { mmsi: FIRST + k as u32, class_a: true, way: way.clone(), interval_s: 8.0 };
    Scene {
        hulls: ships().iter().map(hull(0.97)).chain(boats().iter().map(hull(0.9))).collect(),
        transmitters: ships().iter().enumerate().take(telling).map(tell).collect(),
        seconds: 300.0,
        seed: 5,
        ..Scene::default()
    }
}

/// From second `from` on: share of moments at which a ship is one track under her name within 60 m, share at which a boat is held within 60 m, and tracks
/// at a time that are told as held and are neither.
fn held(said: &Said, from: u32) -> [f64; 3] {
    let (mut moments, mut named, mut boats_held, mut beside) = (0.0, 0.0, 0.0, 0.0);
    for t in (from..295).step_by(5).map(f64::from) {
        let picture: Vec<_> = said.picture(t).into_iter().filter(|(l, _)| l.status == TrackStatus::Confirmed).collect();
        let near = |way: &Way| {
            let at = way.at(t).unwrap();
            picture.iter().filter(move |(_, p)| (at[0] - p[0]).hypot(at[1] - p[1]) < 60.0)
        };
        let is_named =
            |(k, way): (usize, &Way)| near(way).any(|(l, _)| l.mmsi == Some(Mmsi(FIRST + k as u32)) && l.ais == AisState::Ok);
        let of_ships = ships().iter().enumerate().filter(|ship| is_named(*ship)).count();
        let of_boats = boats().iter().filter(|way| near(way).next().is_some()).count();
        moments += 1.0;
        named += of_ships as f64 / ships().len() as f64;
        boats_held += of_boats as f64 / boats().len() as f64;
        beside += picture.len() as f64 - (of_ships + of_boats) as f64;
    }
    [named / moments, boats_held / moments, beside / moments]
}

#[track_caller]
fn put_right(wrong: &Scene, place: [[f64; 2]; 2], azimuth_deg: [f64; 2], within_m: f64) {
    put_right_by(90, wrong, place, azimuth_deg, within_m);
}

/// What the site tells wrong is found, and from second `from` on the picture is as if it told it right.
#[track_caller]
fn put_right_by(from: u32, wrong: &Scene, place: [[f64; 2]; 2], azimuth_deg: [f64; 2], within_m: f64) {
    let said = wrong.run();
    for k in 0..2 {
        let told = said.radars[k].unwrap().realigned;
        if place[k] == [0.0; 2] && azimuth_deg[k] == 0.0 {
            assert_eq!(told, None, "radar {k}");
            continue;
        }
        let told = told.unwrap_or_else(|| panic!("radar {k}: nothing found"));
        let off = [0, 1].map(|i| told.place[i] - place[k][i]);
        assert!(off[0].hypot(off[1]) < within_m, "radar {k}: {told:?}");
        assert!((told.azimuth.to_degrees() - azimuth_deg[k]).abs() < 1.0, "radar {k}: {told:?}");
    }
    let [named, boats, beside] = held(&said, from);
    assert!(named > 0.98 && boats > 0.97 && beside < 0.1, "{named:.3} named, {boats:.3} of the boats, {beside:.2} beside");
}

#[test]
fn a_site_that_tells_nothing_wrong_is_left_as_it_is() {
    put_right(&scene(9), [[0.0; 2]; 2], [0.0; 2], 0.0);
}

/// The shift of China's maps in Daya Bay is some 490 m to the south-west.
#[test]
fn radars_placed_by_a_map_of_another_datum_are_found_where_they_stand() {
    let shift = [-280.0, -400.0];
    let wrong = Scene { placed: vec![(0, shift), (1, shift)], ..scene(9) };
    put_right(&wrong, [shift, shift], [0.0; 2], 25.0);
    // What an engineer is told can be put into the site's file: R1 stands at 22.523, 114.70.
    let told = misaligned(&wrong.run().radars[0].unwrap()).unwrap();
    assert!(told.starts_with("stands 4") && told.contains("lat = 22.52") && told.contains("lon = 114.7"), "{told}");
}

/// A shift and a turn at once.
#[test]
fn two_faults_at_once_are_found_one_after_the_other() {
    let wrong = |place, turned: f64| Scene { placed: vec![(0, place)], turned_deg: [turned, 0.0], ..scene(9) };
    put_right_by(90, &wrong([300.0, 0.0], 3.0), [[300.0, 0.0], [0.0; 2]], [3.0, 0.0], 30.0);
}

#[test]
fn a_radar_placed_a_kilometre_off_is_found_where_it_stands() {
    put_right(&Scene { placed: vec![(1, [700.0, -800.0])], ..scene(9) }, [[0.0; 2], [700.0, -800.0]], [0.0; 2], 25.0);
}

#[test]
fn a_radar_placed_some_tens_of_metres_off_is_found_where_it_stands() {
    put_right(&Scene { placed: vec![(0, [45.0, 30.0])], ..scene(9) }, [[45.0, 30.0], [0.0; 2]], [0.0; 2], 20.0);
}

#[test]
fn a_radar_aligned_by_a_compass_or_not_at_all_is_turned() {
    for turned in [3.1, -40.0, 173.0] {
        put_right(&Scene { turned_deg: [turned, 0.0], ..scene(9) }, [[0.0; 2]; 2], [turned, 0.0], 1.0);
    }
}

/// A radar that is told too far off is not moved, and told to agree with no ship; its neighbour is not drawn along.
#[test]
fn a_radar_that_cannot_be_put_right_is_told() {
    let said = Scene { placed: vec![(0, [5000.0, 3000.0])], ..scene(9) }.run();
    let errors = said.radars[0].unwrap();
    let (ships, agree) = errors.astray.expect("told to agree with no ship");
    assert!(ships >= 6 && agree <= 1, "{agree} of {ships}");
    assert_eq!(errors.realigned, None);
    assert!(said.radars[1].unwrap().astray.is_none() && said.radars[1].unwrap().realigned.is_none());
}

/// Three ships are too few to turn a radar by.
#[test]
fn three_ships_move_no_radar() {
    let said = Scene { placed: vec![(0, [-280.0, -400.0])], ..scene(3) }.run();
    assert_eq!(said.radars[0].unwrap().realigned, None);
}
