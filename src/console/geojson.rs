//! The picture as GeoJSON (RFC 7946): a point a track, its properties those of a track line and a few more.

use crate::model::{Picture, Site, Track};
use crate::publish::json::Object;
use crate::publish::lines::track_fields;

/// A FeatureCollection of `tracks`, with the picture's time and number beside them.
pub fn feature_collection(picture: &Picture, tracks: &[&Track], site: &Site) -> Vec<u8> {
    // Measured 520 bytes a feature with two sources.
    let mut out = Vec::with_capacity(128 + 600 * tracks.len());
    let mut head = Object::open(&mut out);
    head.string("type", "FeatureCollection").time("t_out", picture.t_out).integer("number", picture.number as i64);
    head.array("features", tracks, |track, out| feature(track, site, out));
    head.end_line();
    out
}

fn feature(track: &Track, site: &Site, out: &mut Vec<u8>) {
    let mut o = Object::open(out);
    o.string("type", "Feature")
        .integer("id", track.id.0 as i64)
        .object("geometry", |g| {
            g.string("type", "Point").numbers("coordinates", &[track.position.lon_deg(), track.position.lat_deg()], 7);
        })
        .object("properties", |p| {
            track_fields(track, site, p);
            p.time("born", track.born).number("hit_ratio", track.hit_ratio, 3).number("ais_expected", track.ais_expected, 3);
            let seen: Vec<_> = track.sensors.iter().collect();
            p.array("seen", &seen, |(id, t), out| {
                let mut o = Object::open(out);
                o.string("sensor", site.sensor(*id).map(|s| s.id.as_str())).time("t", *t);
                o.close();
            });
        });
    o.close();
}
