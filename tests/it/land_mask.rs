//! What echoes on land begins no track; the shore may be wrong by 0.3 NM, and a track that runs up to it is carried on.

use haishao::config;
use haishao::engine::Pipeline;
use haishao::geo::LocalPlane;
use haishao::model::{FeedId, Frame, TrackStatus};

use crate::wire_scene::{Hull, Said, Scene, Way, share};

#[derive(Clone, Copy, PartialEq)]
enum Site {
    WithoutCoast,
    Coast,
    CoastMaskOff,
}

/// A square of land, 3 to 9 km east and 2 to 8 km north of the origin.
fn coast(plane: &LocalPlane) -> String {
    let corners: Vec<String> = [[3000.0, 2000.0], [9000.0, 2000.0], [9000.0, 8000.0], [3000.0, 8000.0], [3000.0, 2000.0]]
        .iter()
        .map(|[e, n]| plane.geodetic(*e, *n))
        .map(|g| format!("[{},{}]", g.lon_deg(), g.lat_deg()))
        .collect();
    format!(
        "{{\"type\":\"FeatureCollection\",\"bbox\":[114.0,22.0,115.0,23.0],\"features\":[{{\"type\":\"Feature\",\"properties\":{{}},\
         \"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}]}}",
        corners.join(",")
    )
}

// The site as a file says it: `coast`, and `[track] land_mask`.
fn run(scene: &Scene, site: Site) -> Said {
    let bare = scene.config();
    let plane = LocalPlane::new(bare.site.origin);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("coast.geojson"), coast(&plane)).unwrap();
    let text = match site {
        Site::WithoutCoast => bare.text,
        Site::Coast => format!("coast = \"coast.geojson\"\n{}", bare.text),
        Site::CoastMaskOff => format!("coast = \"coast.geojson\"\n{}\n[track]\nland_mask = false\n", bare.text),
    };
    let config = config::parse(&text, &folder.path().join("site.toml")).unwrap();
    assert_eq!(config.grounds.coast.is_some(), site != Site::WithoutCoast);
    let mut pipeline = Pipeline::new(&config).unwrap();
    let mut lines = Vec::new();
    for (received_at, feed, bytes) in scene.datagrams() {
        lines.extend_from_slice(&pipeline.frame(Frame { feed: FeedId(feed), received_at, bytes: &bytes }).1.tracks);
    }
    Said { lines, plane, site: config.site, radars: Vec::new() }
}

#[test]
fn a_mast_on_land_is_no_track_and_a_boat_at_the_shore_is() {
    let mast = Way::straight([5000.0, 5000.0], [0.001, 0.0], 0.0..300.0);
    // 200 m off the shore; 250 m behind it where the chart is old; into a river that the chart does not have.
    let off = Way::straight([2800.0, 2500.0], [0.0, 4.0], 0.0..300.0);
    let basin = Way::straight([3250.0, 3000.0], [0.0, 4.0], 0.0..300.0);
    let river = Way::straight([1500.0, 6000.0], [12.0, 0.0], 0.0..300.0);
    for seed in [1, 2] {
        let scene = Scene {
            hulls: [&mast, &off, &basin, &river].map(|way| Hull { way: way.clone(), pd: 0.9 }).into(),
            seconds: 280.0,
            seed,
            ..Scene::default()
        };
        let (bare, masked) = (run(&scene, Site::WithoutCoast), run(&scene, Site::Coast));
        assert!(run(&scene, Site::CoastMaskOff).lines == bare.lines, "seed {seed}: switched off, the coast changes no line");
        assert!(share(&bare.follow(&mast, 60.0..280.0), |_| true) > 0.95, "seed {seed}: without the mask the mast is a track");
        assert_eq!(share(&masked.follow(&mast, 0.0..280.0), |_| true), 0.0, "seed {seed}: with it there is none");
        let on_land = |l: &haishao::model::Track| {
            let [e, n] = masked.plane.east_north(l.position);
            e > 3700.0 && e < 8300.0 && n > 2700.0 && n < 7300.0
        };
        let river_ids: Vec<_> = masked.follow(&river, 60.0..280.0).iter().filter_map(|(_, l)| l.map(|l| l.id)).collect();
        let others =
            masked.lines.iter().filter(|l| on_land(l) && !river_ids.contains(&l.id) && l.status != TrackStatus::Deleted);
        assert_eq!(others.count(), 0, "seed {seed}: nothing else is told of inland");
        for way in [&off, &basin, &river] {
            let held = share(&masked.follow(way, 60.0..280.0), |_| true);
            assert!(held > 0.93, "seed {seed}: {held}");
        }
        assert!(river_ids.windows(2).all(|w| w[0] == w[1]), "seed {seed}: one number into the river");
    }
}
