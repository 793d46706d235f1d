//! `[site]` and `[[sensor]]`.

use std::collections::BTreeMap;

use toml::Spanned;

use super::address::parse_feed_address;
use super::section::{Bounds, Section};
use crate::geo::{GeodeticHeight, distance_m};
use crate::model::{AmplitudeScale, FeedAddress, FeedId, Sensor, SensorKind, Site, WireFormat};

const KINDS: [(&str, SensorKind); 4] = {
    use SensorKind::{Ais, Camera, Position, Radar};
    [(Radar.word(), Radar), (Ais.word(), Ais), (Camera.word(), Camera), (Position.word(), Position)]
};

const FORMATS: [(&str, WireFormat); 3] = {
    use WireFormat::{Asterix, Nmea, Sapient};
    [(Nmea.word(), Nmea), (Asterix.word(), Asterix), (Sapient.word(), Sapient)]
};

pub(super) const LATITUDE: Bounds = Bounds::new(-90.0, 90.0, "degrees");
pub(super) const LONGITUDE: Bounds = Bounds::new(-180.0, 180.0, "degrees");
// From the shore of the Dead Sea to above any mountain that looks at a sea.
const HEIGHT: Bounds = Bounds::new(-500.0, 9000.0, "metres");
// 240 rpm to one turn a minute: marine radars turn at 12–60 rpm, en-route radars at 5.
const SCAN: Bounds = Bounds::new(0.25, 60.0, "seconds a turn");
const SIGMA_RANGE: Bounds = Bounds::above(0.0, 5000.0, "metres");
const SIGMA_AZIMUTH: Bounds = Bounds::above(0.0, 10.0, "degrees");
const SNR: Bounds = Bounds::new(-20.0, 60.0, "dB");
const DB_PER_COUNT: Bounds = Bounds::above(0.0, 10.0, "dB");
const OFFSET: Bounds = Bounds::new(-200.0, 200.0, "dB");
const FIELD_OF_VIEW: Bounds = Bounds::above(0.0, 360.0, "degrees");
const CAMERA_RANGE: Bounds = Bounds::above(0.0, 100_000.0, "metres");
/// Further than this from the site's origin no radar or camera may stand, m. What AIS tells of beyond 150 km is told as it comes and set against no radar (`fuse::far`): a radar sees 50 km.
const SENSOR_FAR_M: f64 = 100_000.0;
// `SensorId` is 16 bits; a site has some dozens.
const MAX_SENSORS: usize = 1000;

/// Name and origin of `[site]`.
pub(super) fn read_site(section: &Section<'_>) -> Option<(String, GeodeticHeight)> {
    section.require("name", "the name that officers see");
    section.require("origin", "the middle of the area, as { lat = 22.55, lon = 114.72 }");
    let name = section.string("name");
    let origin = section.table("origin").map(read_position);
    Some(((*name?.get_ref()).to_owned(), origin??))
}

/// `{ lat = …, lon = …, height_m = … }`; the height may be left out.
fn read_position(section: Section<'_>) -> Option<GeodeticHeight> {
    section.require("lat", "degrees, north positive");
    section.require("lon", "degrees, east positive");
    let lat = section.number("lat", LATITUDE);
    let lon = section.number("lon", LONGITUDE);
    let height = section.number("height_m", HEIGHT);
    section.finish();
    Some(GeodeticHeight::from_degrees(lat?.into_inner(), lon?.into_inner(), height.map_or(0.0, Spanned::into_inner)))
}

/// A sensor as read, with the places of what is checked across sensors.
struct Draft<'a> {
    section: Section<'a>,
    id: Option<Spanned<&'a str>>,
    kind: Option<SensorKind>,
    format: Option<WireFormat>,
    feed: Option<FeedAddress>,
    sac_sic: Option<(u8, u8)>,
}

/// All of `[[sensor]]` as a [`Site`] of this name and origin; what is wrong is in the section's faults, and then the site is not to be used.
pub(super) fn read_sensors(site: Option<(String, GeodeticHeight)>, sections: Vec<Section<'_>>) -> Site {
    let told_origin = site.as_ref().map(|(_, origin)| *origin);
    let (name, origin) = site.unwrap_or_default();
    let mut site = Site { name, origin, sensors: Vec::new(), feeds: Vec::new() };
    let mut drafts = Vec::new();
    for (i, section) in sections.into_iter().enumerate() {
        if i == MAX_SENSORS {
            section.fault("", format!("more than {MAX_SENSORS} sensors"));
            break;
        }
        let (sensor, draft) = read_sensor(section, &mut site.feeds);
        check_distance(&draft, &sensor, told_origin);
        site.sensors.push(sensor);
        drafts.push(draft);
    }
    check_ids(&drafts);
    check_feeds(&drafts);
    for draft in drafts {
        draft.section.finish();
    }
    site
}

fn read_sensor<'a>(section: Section<'a>, feeds: &mut Vec<FeedAddress>) -> (Sensor, Draft<'a>) {
    section.require("id", "a name of its own, as \"radar-1\"");
    section.require("kind", "\"radar\", \"ais\", \"camera\" or \"position\"");
    section.require("format", "\"nmea\", \"asterix\" or \"sapient\"");
    section.require("feed", "where its frames come from, as \"udp://239.192.0.11:8600\"");

    let id = section.string("id");
    let kind = section.word("kind", &KINDS).map(Spanned::into_inner);
    let format = section.word("format", &FORMATS).map(Spanned::into_inner);
    let feed = read_feed(&section);
    let position = section.table("position").map(read_position);
    let number = |key, bounds| section.number(key, bounds).map(Spanned::into_inner);

    let sac = section.whole("sac", 0..256).map(|n| n.into_inner() as u8);
    let sic = section.whole("sic", 0..256).map(|n| n.into_inner() as u8);
    match (section.has("sac"), section.has("sic")) {
        _ if format != Some(WireFormat::Asterix) => {}
        (true, false) => section.fault_at_key("sac", "stands without sic; an ASTERIX source is named by both"),
        (false, true) => section.fault_at_key("sic", "stands without sac; an ASTERIX source is named by both"),
        _ => {}
    }
    let sac_sic = sac.zip(sic);

    let mut feed_id = FeedId::default();
    if let Some(feed) = &feed {
        let index = feeds.iter().position(|f| f == feed).unwrap_or_else(|| {
            feeds.push(feed.clone());
            feeds.len() - 1
        });
        feed_id = FeedId(index as u16);
    }
    let sensor = Sensor {
        id: id.as_ref().map_or_else(String::new, |id| (*id.get_ref()).to_owned()),
        kind: kind.unwrap_or(SensorKind::Radar),
        format: format.unwrap_or(WireFormat::Nmea),
        feed: feed_id,
        position: position.flatten(),
        sac_sic,
        scan_s: number("scan_s", SCAN),
        sigma_range_m: number("sigma_range_m", SIGMA_RANGE),
        sigma_azimuth: number("sigma_azimuth_deg", SIGMA_AZIMUTH).map(f64::to_radians),
        min_snr_db: number("min_snr_db", SNR),
        reflector_snr_db: number("reflector_snr_db", SNR),
        amplitude: section.table("amplitude").and_then(read_amplitude),
        field_of_view: number("fov_deg", FIELD_OF_VIEW).map(f64::to_radians),
        max_range_m: number("max_range_m", CAMERA_RANGE),
        allow_missing_checksum: section.flag("allow_missing_checksum").is_some_and(Spanned::into_inner),
    };
    let draft = Draft { section, id, kind, format, feed, sac_sic };
    check_sense(&draft);
    (sensor, draft)
}

fn read_feed(section: &Section<'_>) -> Option<FeedAddress> {
    let text = section.string("feed")?;
    match parse_feed_address(text.get_ref(), section.reading().folder()) {
        Ok(feed) => Some(feed),
        Err(what) => {
            section.fault_at(&text, "feed", what);
            None
        }
    }
}

fn read_amplitude(section: Section<'_>) -> Option<AmplitudeScale> {
    section.require("db_per_count", "dB that one count of the amplitude item is worth");
    let db_per_count = section.number("db_per_count", DB_PER_COUNT);
    let offset_db = section.number("offset_db", OFFSET);
    section.finish();
    Some(AmplitudeScale { db_per_count: db_per_count?.into_inner(), offset_db: offset_db.map_or(0.0, Spanned::into_inner) })
}

/// A digit wrong in the one place or the other would leave radars and AIS side by side, each with its own crafts.
fn check_distance(draft: &Draft<'_>, sensor: &Sensor, origin: Option<GeodeticHeight>) {
    if let (Some(origin), Some(position)) = (origin, sensor.position) {
        let away_m = distance_m(origin.ground(), position.ground());
        if away_m > SENSOR_FAR_M {
            let (away, most) = (away_m / 1000.0, SENSOR_FAR_M / 1000.0);
            draft.section.fault_at_key(
                "position",
                format!("is {away:.0} km from the site's origin, which is the middle of the area; at most {most:.0} km"),
            );
        }
    }
}

/// What a sensor of its kind and format must have, and what means nothing for it.
fn check_sense(draft: &Draft<'_>) {
    let Draft { section, kind, format, .. } = draft;
    if let (Some(kind), Some(format)) = (*kind, *format) {
        let right = match kind {
            SensorKind::Radar => "\"nmea\" or \"asterix\"",
            SensorKind::Ais | SensorKind::Position => "\"nmea\"",
            SensorKind::Camera => "\"sapient\"",
        };
        if !right.contains(&format!("\"{}\"", format.word())) {
            let (kind, format) = (kind.word(), format.word());
            section.fault_at_key(
                "format",
                format!("\"{format}\" is not written by a sensor of kind \"{kind}\"; expected {right}"),
            );
        }
        // An ARPA radar is often on a vessel and tells its own position on the same line; a plot without a place has none.
        let placeless = match kind {
            SensorKind::Radar => format != WireFormat::Nmea,
            SensorKind::Camera => true,
            SensorKind::Ais | SensorKind::Position => false,
        };
        if placeless && !section.has("position") {
            section.fault(
                "position",
                format!("missing; where the {} stands, as {{ lat = 22.55, lon = 114.886, height_m = 110.0 }}", kind.word()),
            );
        }
    }
    let only = |key: &str, allowed: bool, whom: &str| {
        if !allowed && section.has(key) {
            section.fault_at_key(key, format!("means nothing here; it belongs to {whom}"));
        }
    };
    if let Some(kind) = *kind {
        let (radar, camera) = (kind == SensorKind::Radar, kind == SensorKind::Camera);
        for key in ["scan_s", "sigma_range_m", "min_snr_db", "reflector_snr_db", "amplitude"] {
            only(key, radar, "a sensor of kind \"radar\"");
        }
        only("sigma_azimuth_deg", radar || camera, "a sensor of kind \"radar\" or \"camera\"");
        for key in ["fov_deg", "max_range_m"] {
            only(key, camera, "a sensor of kind \"camera\"");
        }
    }
    if let Some(format) = *format {
        for key in ["sac", "sic", "amplitude"] {
            only(key, format == WireFormat::Asterix, "a sensor of format \"asterix\"");
        }
        only("allow_missing_checksum", format == WireFormat::Nmea, "a sensor of format \"nmea\"");
    }
}

fn check_ids(drafts: &[Draft<'_>]) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, draft) in drafts.iter().enumerate() {
        let Some(id) = &draft.id else { continue };
        if let Some(&earlier) = first.get(id.get_ref()) {
            draft.section.fault_at(id, "id", format!("\"{}\" is already the id of sensor[{earlier}]", id.get_ref()));
        } else {
            first.insert(id.get_ref(), i);
        }
    }
}

/// Sensors that share a feed must write one format, and there must be a way to tell them apart.
fn check_feeds(drafts: &[Draft<'_>]) {
    for (i, draft) in drafts.iter().enumerate() {
        let Some(feed) = &draft.feed else { continue };
        for (j, earlier) in drafts.iter().enumerate().take(i).filter(|(_, e)| e.feed.as_ref() == Some(feed)) {
            let (Some(format), Some(earlier_format)) = (draft.format, earlier.format) else { continue };
            let fault = |what: String| draft.section.fault_at_key("feed", what);
            if format != earlier_format {
                fault(format!("{feed} is read as \"{}\" by sensor[{j}]; one feed carries one format", earlier_format.word()));
                break;
            }
            let told_apart = match format {
                WireFormat::Asterix => {
                    if draft.sac_sic.is_some() && draft.sac_sic == earlier.sac_sic {
                        draft.section.fault_at_key("sac", format!("sac and sic are those of sensor[{j}] on the same feed"));
                        break;
                    }
                    draft.sac_sic.is_some() && earlier.sac_sic.is_some()
                }
                // A multiplexer sends AIS, radar targets and own position down one line; the sentences tell which is which.
                WireFormat::Nmea => draft.kind != earlier.kind,
                // A middleware sends many nodes down one line; a node registers with the id of its sensor as its name.
                WireFormat::Sapient => true,
            };
            if !told_apart {
                let how = match format {
                    WireFormat::Asterix => "give both sac and sic, or each a feed of its own",
                    WireFormat::Nmea | WireFormat::Sapient => "give each a feed of its own",
                };
                fault(format!("{feed} is shared with sensor[{j}] and nothing tells them apart; {how}"));
                break;
            }
        }
    }
}
