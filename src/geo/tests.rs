//! The rooms' geometry against an independent geodesic library (Karney's algorithms, `geographiclib-rs`), against positions
//! that the scene generator computed (numpy), and against itself there and back.

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::*;

use super::*;

/// Latitudes from the equator to the limit of navigation, and of the sites at hand.
const LATITUDES_DEG: [f64; 7] = [-55.0, 0.0, 1.3, 22.2, 22.55, 58.2, 70.0];
const ANTENNA_HEIGHTS_M: [f64; 3] = [0.0, 110.0, 290.0];

fn worst(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |a: f64, b| a.max(b.abs()))
}

fn wrap_deg(d: f64) -> f64 {
    (d + 180.0).rem_euclid(360.0) - 180.0
}

/// The exact geodesic: distance in m, course at the start in degrees.
fn exact(a: Geodetic, b: Geodetic) -> (f64, f64) {
    let (s, azimuth, _, _): (f64, f64, f64, f64) =
        Geodesic::wgs84().inverse(a.lat_deg(), a.lon_deg(), b.lat_deg(), b.lon_deg());
    (s, azimuth)
}

/// The point `distance_m` from `a` on the exact geodesic that starts with `azimuth_deg`.
fn walk(a: Geodetic, azimuth_deg: f64, distance_m: f64) -> Geodetic {
    let (lat, lon): (f64, f64) = Geodesic::wgs84().direct(a.lat_deg(), a.lon_deg(), azimuth_deg, distance_m);
    Geodetic::from_degrees(lat, lon)
}

/// Every fifteenth degree of azimuth at ranges up to `max_m`.
fn rays(max_m: f64) -> impl Iterator<Item = (f64, f64)> {
    (0..24).flat_map(move |k| [0.001, 0.01, 0.1, 0.3, 0.7, 1.0].map(|f| (f64::from(k) * 15.0, f * max_m)))
}

#[test]
fn earth_centred_chords_agree_with_exact_geodesics() {
    // Along the equator and round a parallel the chord is known in closed form from the geodesic's own radius; along a meridian
    // a short geodesic is an arc of the meridian's radius. Off these, the chord of a short geodesic of length s is
    // s − s³/(24 R²), R within 0.4 % of a mean radius: at 10 km that leaves 0.01 mm of doubt.
    for lat in LATITUDES_DEG {
        let a = Geodetic::from_degrees(lat, 114.25);
        for (azimuth, s) in rays(10_000.0) {
            let b = walk(a, azimuth, s);
            let (p, q) = (a.ecef(), b.ecef());
            let chord = ((p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2) + (p[2] - q[2]).powi(2)).sqrt();
            let expected = s - s.powi(3) / (24.0 * 6.371e6_f64.powi(2));
            assert!((chord - expected).abs() < 2e-5, "lat {lat} azimuth {azimuth} s {s}: {chord} for {expected}");
        }
    }
}

#[test]
fn height_is_along_the_normal() {
    // Raised by h, a point moves by exactly h, and square to every short geodesic through it.
    for lat in LATITUDES_DEG {
        let a = Geodetic::from_degrees(lat, -71.0);
        let (low, high) = (a.ecef(), a.at_height(1000.0).ecef());
        let rise = [high[0] - low[0], high[1] - low[1], high[2] - low[2]];
        assert!((rise.iter().map(|v| v * v).sum::<f64>().sqrt() - 1000.0).abs() < 1e-8);
        for azimuth in [0.0, 90.0, 200.0] {
            let (ahead, behind) = (walk(a, azimuth, 1.0).ecef(), walk(a, azimuth + 180.0, 1.0).ecef());
            let lean = (0..3).map(|i| rise[i] * (ahead[i] - behind[i])).sum::<f64>() / 2000.0;
            assert!(lean.abs() < 1e-7, "lat {lat} azimuth {azimuth}: {lean}");
        }
    }
}

proptest! {
    #[test]
    fn earth_centred_round_trip(lat in -90.0..=90.0f64, lon in -180.0..=180.0f64, height_m in -500.0..20_000.0f64) {
        let there = GeodeticHeight::from_degrees(lat, lon, height_m);
        let back = GeodeticHeight::from_ecef(there.ecef());
        prop_assert!((back.height_m - height_m).abs() < 5e-9, "height {}", back.height_m - height_m);
        prop_assert!((back.lat - there.lat).abs() * EQUATORIAL_RADIUS_M < 5e-9);
        let dlon = wrap_deg((back.lon - there.lon).to_degrees()).to_radians();
        prop_assert!(dlon.abs() * there.lat.cos() * EQUATORIAL_RADIUS_M < 5e-9, "longitude {dlon}");
    }

    #[test]
    fn plane_round_trip(lat in -80.0..80.0f64, lon in -180.0..180.0f64, east in -1e5..1e5f64, north in -1e5..1e5f64) {
        let plane = LocalPlane::new(GeodeticHeight::from_degrees(lat, lon, 0.0));
        let [e, n] = plane.east_north(plane.geodetic(east, north));
        prop_assert!((e - east).hypot(n - north) < 2e-8, "{} {}", e - east, n - north);
    }

    #[test]
    fn polar_round_trip(
        lat in -70.0..70.0f64, lon in -180.0..180.0f64, height in 0.0..500.0f64,
        ground_m in 10.0..60_000.0f64, azimuth_deg in 0.0..360.0f64,
        offset_e in -60_000.0..60_000.0f64, offset_n in -60_000.0..60_000.0f64,
    ) {
        let sensor = GeodeticHeight::from_degrees(lat, lon, height);
        let origin = LocalPlane::new(sensor.ground().at_height(0.0)).geodetic(offset_e, offset_n);
        let site = LocalPlane::new(origin.at_height(0.0));
        let frame = SensorFrame::new(sensor, &site);
        let target = walk(sensor.ground(), azimuth_deg, ground_m);
        let [range, azimuth] = frame.polar_of(target);
        prop_assert!((0.0..std::f64::consts::TAU).contains(&azimuth));
        prop_assert!(distance_m(frame.geodetic_from_polar(range, azimuth), target) < 1e-6);
        let [e, n] = frame.site_from_polar(range, azimuth);
        let [te, tn] = site.east_north(target);
        prop_assert!((e - te).hypot(n - tn) < 0.002, "{} {}", e - te, n - tn);
    }
}

#[test]
fn a_plane_is_true_to_bearing_and_distance_near_its_origin() {
    for lat in LATITUDES_DEG {
        let origin = Geodetic::from_degrees(lat, 114.25);
        let plane = LocalPlane::new(origin.at_height(0.0));
        for (azimuth, s) in rays(15_000.0) {
            let [e, n] = plane.east_north(walk(origin, azimuth, s));
            let (sin, cos) = azimuth.to_radians().sin_cos();
            let off = (e - s * sin).hypot(n - s * cos);
            assert!(off < 0.02, "lat {lat} azimuth {azimuth} s {s}: {off} m");
        }
    }
}

#[test]
fn a_radar_target_lies_where_the_geodesic_of_its_azimuth_leads() {
    // The vertical plane of an azimuth and the geodesic that starts with it part by d² terms: centimetres at 60 km.
    for lat in LATITUDES_DEG {
        for height in ANTENNA_HEIGHTS_M {
            let foot = Geodetic::from_degrees(lat, 114.886);
            let frame = SensorFrame::new(foot.at_height(height), &LocalPlane::new(foot.at_height(0.0)));
            for (azimuth, s) in rays(60_000.0) {
                let target = walk(foot, azimuth, s);
                let [range, seen] = frame.polar_of(target);
                let cross = wrap_deg(seen.to_degrees() - azimuth).to_radians() * s;
                assert!(cross.abs() < 0.05, "lat {lat} height {height} azimuth {azimuth} s {s}: {cross} m");
                // Slant range by the law of cosines over the chord's arc, R within 0.4 %: h²/2s and s·h/2R in all.
                let radius = 6.371e6;
                let arc = s / radius;
                let expected =
                    (radius.powi(2) + (radius + height).powi(2) - 2.0 * radius * (radius + height) * arc.cos()).sqrt();
                assert!((range - expected).abs() < 0.05, "{range} for {expected}");
                assert!(range >= height, "nothing at sea is nearer than the antenna is high");
                let error = exact(frame.geodetic_from_polar(range, seen), target).0;
                assert!(error < 1e-7, "lat {lat} height {height} azimuth {azimuth} s {s}: {error} m");
            }
        }
    }
}

#[test]
fn antenna_height_shortens_the_ground_range() {
    // 290 m up, a slant range of 1 000 m is 957.1 m over the sea: forgetting the height would shift a boat by 43 m.
    let foot = Geodetic::from_degrees(22.55, 114.886);
    let frame = SensorFrame::new(foot.at_height(290.0), &LocalPlane::new(foot.at_height(0.0)));
    let (ground, _) = exact(foot, frame.geodetic_from_polar(1000.0, 1.0));
    assert!((ground - (1000.0f64.powi(2) - 290.0f64.powi(2)).sqrt()).abs() < 0.05, "{ground}");
    // A slant range shorter than the height is taken to be straight below.
    let (ground, _) = exact(foot, frame.geodetic_from_polar(100.0, 1.0));
    assert!(ground < 1e-6, "{ground}");
    let [e, n] = frame.site_from_polar(100.0, 1.0);
    assert!(e.hypot(n) < 1e-6, "{e} {n}");
}

/// The reference point, the second radar and the camera of the scenes. Their latitudes and longitudes come from the generator
/// of the scenes (numpy, its own iteration), for places given in east and north.
const SCENE_REFERENCE: [f64; 2] = [22.20, 114.25];
const SCENE_PLACES: [([f64; 2], [f64; 2]); 2] =
    [([22.201342409256245, 114.18696402924904], [-6500.0, 150.0]), ([22.20054119423526, 114.2645466771619], [1500.0, 60.0])];

fn scene_plane() -> LocalPlane {
    LocalPlane::new(GeodeticHeight::from_degrees(SCENE_REFERENCE[0], SCENE_REFERENCE[1], 0.0))
}

#[test]
fn places_of_the_scenes_agree_with_their_generator() {
    for ([lat, lon], [east, north]) in SCENE_PLACES {
        let at = Geodetic::from_degrees(lat, lon);
        let [e, n] = scene_plane().east_north(at);
        assert!((e - east).hypot(n - north) < 1e-6, "{e} {n}");
        assert!(distance_m(scene_plane().geodetic(east, north), at) < 1e-6);
    }
}

/// East and north of a sensor, east and north of a target, and the range in m and azimuth in degrees that the generator's own
/// `polar` gives for them (numpy). All in the scenes' plane.
const SCENE_POLARS: [[f64; 6]; 10] = [
    [-6500.0, 150.0, -6400.0, 9000.0, 8850.567182, 0.623523071],
    [-6500.0, 150.0, 7408.0, 14816.0, 20211.985415, 43.456563940],
    [-6500.0, 150.0, -7408.0, 300.0, 920.307008, 279.356618947],
    [-6500.0, 150.0, 0.0, 5000.0, 8110.024772, 53.247571961],
    [-6500.0, 150.0, 7000.0, 400.0, 13502.314627, 88.915268726],
    [1500.0, 60.0, -6400.0, 9000.0, 11930.368337, 318.539473799],
    [1500.0, 60.0, 7408.0, 14816.0, 15894.793454, 21.825664352],
    [1500.0, 60.0, -7408.0, 300.0, 8911.233420, 271.548790739],
    [1500.0, 60.0, 0.0, 5000.0, 5162.712777, 343.114917522],
    [1500.0, 60.0, 7000.0, 400.0, 5510.500296, 86.468077121],
];

#[test]
fn range_and_azimuth_of_the_scenes_agree_with_their_generator() {
    let site = scene_plane();
    for [sensor_e, sensor_n, e, n, range_m, azimuth_deg] in SCENE_POLARS {
        let frame = SensorFrame::new(site.geodetic(sensor_e, sensor_n).at_height(0.0), &site);
        let [range, azimuth] = frame.polar_of(site.geodetic(e, n));
        assert!((range - range_m).abs() < 2e-6, "{range} for {range_m}");
        assert!((azimuth.to_degrees() - azimuth_deg).abs() < 1e-8, "{} for {azimuth_deg}", azimuth.to_degrees());
        let [back_e, back_n] = frame.site_from_polar(range_m, azimuth_deg.to_radians());
        assert!((back_e - e).hypot(back_n - n) < 1e-4, "{back_e} {back_n} for {e} {n}");
    }
}

#[test]
fn convergence_has_the_sign_and_size_of_the_scenes() {
    let site = scene_plane();
    let r2 = SensorFrame::new(GeodeticHeight::from_degrees(SCENE_PLACES[0].0[0], SCENE_PLACES[0].0[1], 0.0), &site);
    // West of the reference in the northern hemisphere: azimuth in the reference's axes = sensor's azimuth + 0.024°.
    assert!((r2.convergence().to_degrees() + 0.0238).abs() < 0.0005, "{}", r2.convergence().to_degrees());
    // The same, without using the function: a boat dead ahead of the sensor's north lies 0.024° to the right in the plane.
    let [e, n] = r2.site_from_polar(5000.0, 0.0);
    let [pe, pn] = r2.place();
    assert!(((e - pe).atan2(n - pn).to_degrees() - 0.0238).abs() < 0.0005);

    // Against the exact geodesic: north along the sensor's meridian, seen in the site's plane; and by its classical first
    // term, the difference of longitude times the sine of the latitude.
    for lat in LATITUDES_DEG {
        let site = LocalPlane::new(GeodeticHeight::from_degrees(lat, 10.0, 0.0));
        for offset_m in [-25_000.0, -6500.0, 6500.0, 25_000.0] {
            let at = walk(Geodetic::from_degrees(lat, 10.0), 90.0, offset_m);
            let frame = SensorFrame::new(at.at_height(0.0), &site);
            let ([ae, an], [be, bn]) = (site.east_north(walk(at, 180.0, 10.0)), site.east_north(walk(at, 0.0, 10.0)));
            let lean = (be - ae).atan2(bn - an);
            // The two planes are tilted against one another by 4 mrad at 25 km: 1.5e-5 of the angle between their norths.
            assert!((frame.convergence() + lean).abs() < 2e-5 * lean.abs() + 1e-9, "lat {lat} offset {offset_m}");
            let first_term = (at.lon - 10f64.to_radians()) * at.lat.sin();
            assert!((frame.convergence() - first_term).abs() < 2e-7 + 0.002 * first_term.abs());
        }
    }
}

#[test]
fn distances_are_as_exact_as_said() {
    for lat in LATITUDES_DEG {
        let a = Geodetic::from_degrees(lat, 179.9);
        let off = |max| worst(rays(max).map(|(azimuth, s)| distance_m(a, walk(a, azimuth, s)) - s));
        assert!(off(50_000.0) < 1e-5, "lat {lat}: {} m at 50 km", off(50_000.0));
        assert!(off(500_000.0) < 0.03, "lat {lat}: {} m at 500 km", off(500_000.0));
        assert!(distance_m(a, a) == 0.0);
    }
}

#[test]
fn courses_are_as_exact_as_said() {
    for lat in LATITUDES_DEG {
        let a = Geodetic::from_degrees(lat, -179.9);
        let off =
            |max| worst(rays(max).map(|(azimuth, s)| wrap_deg(initial_course(a, walk(a, azimuth, s)).to_degrees() - azimuth)));
        assert!(off(50_000.0) < 0.000_01, "lat {lat}: {}° at 50 km", off(50_000.0));
        assert!(off(500_000.0) < 0.0003, "lat {lat}: {}° at 500 km", off(500_000.0));
    }
    let a = Geodetic::from_degrees(22.0, 114.0);
    assert_eq!(initial_course(a, a), 0.0);
}
