//! The table of fields: one row a field; the row's number is its slot. What is not a number (a course of a craft that lies still, a
//! probability not yet learned) is not known.

use FieldKind::{Flag, Label, Number, Set, Word};

use super::fields::{Ctx, Field, FieldKind, Table};
use super::memory::NM;
use super::pace::PACE_DOUBT_M;
use super::registry::{CRAFTS, STATIONS};
use super::sun::sun_altitude;
use super::world::EO_WORDS;
use super::zone::ZONE_WORDS;
use crate::model::units::mps_to_knots;
use crate::model::{AisState, CraftClass, SensorKind, Track, TrackStatus};

/// Civil dusk: below this the sea horizon cannot be made out (IMO and almanacs: centre of the sun 6° down).
const NIGHT_BELOW_DEG: f64 = -6.0;

const INF: f64 = f64::INFINITY;

const FUSION: &str = "fusion";
const AIS_SAID: &str = "AIS";
const CAMERA: &str = "camera";
const ZONES: &str = "zones";
const SHORE: &str = "chart";
const TIME: &str = "time";
const TRACKS: &str = "other tracks";
const LISTS: &str = "lists";

const LOOK: &str = "each look";
const PLACE: &str = "σ or 20 m, 10 s";
const AROUND: &str = "5 s";
const REPORT: &str = "each report";

pub(super) const AIS: [&str; 5] = [
    AisState::Ok.word(),
    AisState::None.word(),
    AisState::Lost.word(),
    AisState::Inconsistent.word(),
    AisState::Ambiguous.word(),
];
pub(super) const STATUS: [&str; 4] =
    [TrackStatus::Tentative.word(), TrackStatus::Confirmed.word(), TrackStatus::Coasting.word(), TrackStatus::Deleted.word()];
pub(super) const CLASS: [&str; 5] = [
    CraftClass::Unknown.word(),
    CraftClass::Ship.word(),
    CraftClass::SmallCraft.word(),
    CraftClass::Fixed.word(),
    CraftClass::Aircraft.word(),
];
const SOURCES: [&str; 3] = ["radar", "ais", "camera"];
const WATCH: [&str; 3] = ["no", "like", "sure"];

/// Share of the crafts that a camera takes for each of its words which carry AIS: of 279 fishing boats of 60 hp and more 166 (Dongguan
/// 2017); a ship must (SOLAS V/19); go-fasts without reason to be seen do not.
const CARRIAGE: [Option<f64>; 6] = [None, Some(0.1), Some(0.25), Some(0.6), Some(0.99), None];

/// How many fields there are.
pub(super) const FIELDS_LEN: usize = 128;

/// All fields.
#[rustfmt::skip] // a table is read by its columns
pub(super) static FIELDS: [Field; FIELDS_LEN] = [
    Field { name: "sog_kn", kind: Number, unit: "kn", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "speed over ground, best estimate", read: |c| Some(c.track.sog_kn()) },
    Field { name: "sog_lcb90_kn", kind: Number, unit: "kn", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "lower bound of the speed that holds with 90 % of the posterior", read: |c| Some(c.track.sog_lcb90_kn()) },
    Field { name: "sog_sigma_kn", kind: Number, unit: "kn", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: false, what: "standard deviation of the speed along the course", read: |c| speed_sigma_kn(c.track) },
    Field { name: "cog_deg", kind: Number, unit: "deg", source: FUSION, fresh: LOOK, range: [0.0, 360.0], cheap: false, what: "course over ground; not known where the speed is not above its own doubt", read: |c| (c.track.sog_kn() > speed_sigma_kn(c.track)?).then(|| c.track.cog_deg()) },
    Field { name: "p_exist", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that there is a craft at all", read: |c| Some(c.track.p_exist) },
    Field { name: "p_fast", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that it is faster than the site's fast_kn", read: |c| Some(c.track.p_fast) },
    Field { name: "p_clutter", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that the track lives on clutter", read: |c| Some(c.track.sensing.p_clutter) },
    Field { name: "p_swap", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that the track has changed over to another craft within about a minute", read: |c| Some(c.track.sensing.p_swap) },
    Field { name: "pd", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that one radar look detects it", read: |c| Some(c.track.sensing.pd) },
    Field { name: "hit_ratio", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "share of the radar looks of the last minute that saw it", read: |c| Some(c.track.hit_ratio) },
    Field { name: "hits_10", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "share of the last ten radar looks that saw it", read: |c| c.track.sensing.looks.ratio() },
    Field { name: "age_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "time since it was first seen", read: |c| Some(c.track.t.seconds_since(c.track.born)) },
    Field { name: "echo_m2", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "radar cross-section by the strength of its plots; unknown where no radar tells `reflector_snr_db`", read: |c| c.track.sensing.echo_m2.map(|m| f64::from(m[0]).max(0.0)) },
    Field { name: "echo_max_m2", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "bound below which that lies with 90 %", read: |c| c.track.sensing.echo_m2.map(|m| f64::from(m[1])) },
    Field { name: "sea_clutter_km2", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: false, what: "false plots a look and km² over the whole sea of the radar that saw it last: how rough it is; 0 before it is told in the first minute of a watch", read: |c| c.world.sea_km2(c.track) },
    Field { name: "accel_kn_s", kind: Number, unit: "kn/s", source: FUSION, fresh: AROUND, range: [-INF, INF], cheap: true, what: "change of speed a second, over 8 to 40 s", read: |c| c.memory.accel },
    Field { name: "turn_dps", kind: Number, unit: "deg/s", source: FUSION, fresh: AROUND, range: [-INF, INF], cheap: true, what: "change of course a second, over 8 to 40 s, positive to starboard", read: |c| c.memory.turn },
    Field { name: "p_turning", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that it turns now", read: |c| Some(c.track.modes.port + c.track.modes.starboard) },
    Field { name: "born_speed_kn", kind: Number, unit: "kn", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "speed at its confirmation", read: |c| c.track.origin.speed.map(mps_to_knots) },
    Field { name: "link_gap_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "how long it was unseen before its number was taken up again; unknown where it never was", read: |c| c.track.origin.link.map(|l| l.gap_s) },
    Field { name: "n_sensors", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 8.0], cheap: true, what: "sensors that see it", read: |c| Some(c.track.sensors.len() as f64) },
    Field { name: "n_radars", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 8.0], cheap: false, what: "radars that see it", read: |c| Some(c.world.sensors_of(c.track, SensorKind::Radar) as f64) },
    Field { name: "n_cameras", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 8.0], cheap: false, what: "cameras that see it", read: |c| Some(c.world.sensors_of(c.track, SensorKind::Camera) as f64) },
    Field { name: "n_sites", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 8.0], cheap: false, what: "places from which radars saw it within the last minute", read: |c| Some(c.track.radar_sites(&c.world.site, 60.0) as f64) },
    Field { name: "radar_age_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: false, what: "time since a radar saw it; unknown where none did", read: |c| c.track.radar_age_s(&c.world.site) },
    Field { name: "sources", kind: Set(&SOURCES), unit: "", source: FUSION, fresh: LOOK, range: [0.0, 4_294_967_295.0], cheap: false, what: "kinds of sensors that see it", read: |c| Some(f64::from(c.world.sources(c.track))) },
    Field { name: "lat", kind: Number, unit: "deg", source: FUSION, fresh: LOOK, range: [-90.0, 90.0], cheap: true, what: "latitude", read: |c| Some(c.track.position.lat_deg()) },
    Field { name: "lon", kind: Number, unit: "deg", source: FUSION, fresh: LOOK, range: [-180.0, 180.0], cheap: true, what: "longitude", read: |c| Some(c.track.position.lon_deg()) },
    Field { name: "pos_sigma_m", kind: Number, unit: "m", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "standard deviation of the position along its worst direction", read: |c| Some(c.memory.sigma) },
    Field { name: "status", kind: Word(&STATUS), unit: "", source: FUSION, fresh: LOOK, range: [0.0, 31.0], cheap: true, what: "life of the track; rules are asked of confirmed ones only", read: |c| Some(f64::from(c.track.status as u8)) },
    Field { name: "class", kind: Word(&CLASS), unit: "", source: FUSION, fresh: LOOK, range: [0.0, 31.0], cheap: true, what: "what it is taken for", read: |c| Some(f64::from(c.track.class as u8)) },
    Field { name: "ais", kind: Word(&AIS), unit: "", source: FUSION, fresh: LOOK, range: [0.0, 31.0], cheap: true, what: "what AIS says; 'none' is never received, 'lost' is received and stopped", read: |c| Some(f64::from(c.track.ais as u8)) },
    Field { name: "ais_expected", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability that AIS would have been received from it in the last minute if it carried one", read: |c| c.track.ais_expected },
    Field { name: "ais_silent_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "time since its last AIS report, without that in which nobody at all was heard for a minute; unknown where none came", read: |c| c.world.silent_s(c.track) },
    Field { name: "ais_interval_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "interval at which it should report", read: |c| c.track.ais_detail.interval_s },
    Field { name: "ais_offset_m", kind: Number, unit: "m", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "distance of its last AIS report from where the other sensors hold it; of a craft without AIS, of the reports of a ship without an echo that keep pace with it", read: |c| c.track.ais_detail.offset.map(|o| o.m).or_else(|| c.memory.paced_m()) },
    Field { name: "ais_offset_sigma_m", kind: Number, unit: "m", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "standard deviation of that distance if both told of one craft", read: |c| c.track.ais_detail.offset.map(|o| o.sigma_m).or_else(|| c.memory.paced_m().map(|_| PACE_DOUBT_M)) },
    Field { name: "spoof_llr", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 100.0], cheap: true, what: "evidence that its AIS tells of another place, nats, summed over its reports from 0 up; of a craft without AIS, that it sends the reports that keep pace with it; unknown before the first comparison", read: |c| c.track.ais_detail.offset.map(|_| c.memory.spoof_llr).or_else(|| c.memory.paced_llr()) },
    Field { name: "name_p", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "probability of the likeliest name", read: |c| c.track.ais_detail.names.iter().next().map(|(_, p)| p) },
    Field { name: "has_mmsi", kind: Flag, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 1.0], cheap: true, what: "an MMSI is taken for its own", read: |c| Some(flag(c.track.mmsi.is_some())) },
    Field { name: "mmsi_changes", kind: Number, unit: "", source: FUSION, fresh: LOOK, range: [0.0, 4.0], cheap: true, what: "how often it changed its MMSI within 15 minutes for another, the one before not having been heard for 200 s since", read: |c| Some(c.memory.mmsi_changes(&c.world.registry) as f64) },
    Field { name: "station", kind: Word(&STATIONS), unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 31.0], cheap: false, what: "what the station is by number, class and name; 'net-buoy' is a 网位仪", read: |c| c.vessel.map(|v| v.station() as f64) },
    Field { name: "craft", kind: Word(&CRAFTS), unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 31.0], cheap: true, what: "what the vessel is by its AIS type", read: |c| c.vessel?.craft().map(|n| n as f64) },
    Field { name: "class_p99_kn", kind: Number, unit: "kn", source: AIS_SAID, fresh: REPORT, range: [0.0, INF], cheap: true, what: "speed that 99 % of its kind do not exceed", read: |c| c.vessel?.class_p99_kn() },
    Field { name: "length_m", kind: Number, unit: "m", source: AIS_SAID, fresh: REPORT, range: [0.0, 1022.0], cheap: true, what: "length that it tells", read: |c| c.vessel?.length_m },
    Field { name: "heading_off_deg", kind: Number, unit: "deg", source: AIS_SAID, fresh: REPORT, range: [0.0, 180.0], cheap: false, what: "angle between the heading it tells and its course", read: |c| heading_off_deg(c) },
    Field { name: "nav_status", kind: Number, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 15.0], cheap: false, what: "navigational status it tells; 1 is at anchor", read: |c| c.vessel?.nav_status.map(f64::from) },
    Field { name: "mmsi_jumps", kind: Number, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 8.0], cheap: false, what: "jumps within ten minutes between its reports that no craft can make", read: |c| c.vessel.map(|v| v.jumps(c.track.t_out) as f64) },
    Field { name: "mmsi_taken", kind: Number, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 255.0], cheap: false, what: "reports from here of an MMSI that was told, less than ten minutes before, from another place that no craft leaves for here so fast and where a radar still shows a craft; 0 where it was not", read: |c| c.world.claimed(c).map(|v| v.taken(c.track.position, c.track.t_out) as f64) },
    Field { name: "mmsi_misfit", kind: Flag, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "its MMSI is not of the form that ITU-R M.585 gives to such a station", read: |c| c.vessel.map(|v| flag(v.misfit)) },
    Field { name: "mid_known", kind: Flag, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "the country digits of its MMSI are within those of ships", read: |c| c.vessel.map(|v| flag(v.mid_known())) },
    Field { name: "cn_ends_in_0", kind: Flag, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "a Chinese sea-going ship's MMSI ends in 0; unknown for others", read: |c| c.vessel?.chinese_ends_in_0().map(flag) },
    Field { name: "visits_30d", kind: Number, unit: "", source: AIS_SAID, fresh: REPORT, range: [0.0, 8.0], cheap: false, what: "visits of this MMSI within 30 days, six hours apart; eight at most", read: |c| c.vessel.map(|v| v.visits(c.track.t_out) as f64) },
    Field { name: "ais_rx_age_s", kind: Number, unit: "s", source: AIS_SAID, fresh: REPORT, range: [0.0, INF], cheap: false, what: "time since any AIS report was received from anyone", read: |c| c.world.registry.ais_heard.map(|t| c.track.t_out.seconds_since(t).max(0.0)) },
    Field { name: "rx_event", kind: Flag, unit: "", source: AIS_SAID, fresh: AROUND, range: [0.0, 1.0], cheap: false, what: "several crafts of its 10-NM cell lost AIS or became wrong at once: the receiver or GNSS, not the crafts", read: |c| Some(flag(c.world.event(c.memory).is_some())) },
    Field { name: "rx_turned", kind: Number, unit: "", source: AIS_SAID, fresh: AROUND, range: [0.0, INF], cheap: false, what: "crafts that turned so within two minutes", read: |c| c.world.event(c.memory).map(|e| f64::from(e.turned)) },
    Field { name: "rx_of", kind: Number, unit: "", source: AIS_SAID, fresh: AROUND, range: [0.0, INF], cheap: false, what: "crafts with AIS in the cell", read: |c| c.world.event(c.memory).map(|e| f64::from(e.of)) },
    Field { name: "carriage_p", kind: Number, unit: "", source: AIS_SAID, fresh: LOOK, range: [0.0, 1.0], cheap: false, what: "probability that such a craft carries AIS, by what a camera takes it for", read: |c| carriage_p(c) },
    Field { name: "eo_class", kind: Word(&EO_WORDS), unit: "", source: CAMERA, fresh: REPORT, range: [0.0, 31.0], cheap: false, what: "what a camera takes it for; unknown where none looked within a minute", read: |c| c.world.sighted(c.track).map(|(class, ..)| f64::from(class)) },
    Field { name: "eo_p", kind: Number, unit: "", source: CAMERA, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "how sure the camera is", read: |c| c.world.sighted(c.track).map(|(_, p, _)| p) },
    Field { name: "eo_age_s", kind: Number, unit: "s", source: CAMERA, fresh: REPORT, range: [0.0, INF], cheap: false, what: "time since the camera saw it", read: |c| c.world.sighted(c.track).map(|(.., age)| age) },
    Field { name: "zones", kind: Set(&ZONE_WORDS), unit: "", source: ZONES, fresh: PLACE, range: [0.0, 4_294_967_295.0], cheap: true, what: "kinds of zones it is in now; unknown where the site has none", read: |c| c.world.zones.any.then_some(f64::from(c.memory.inside.kinds)) },
    Field { name: "no_go_p", kind: Number, unit: "", source: ZONES, fresh: PLACE, range: [0.0, 1.0], cheap: true, what: "probability that it is inside a no-go zone", read: |c| c.world.zones.any.then(|| c.memory.inside.no_go.map_or(0.0, |(p, ..)| p)) },
    Field { name: "zone_severity", kind: Number, unit: "", source: ZONES, fresh: PLACE, range: [1.0, 4.0], cheap: true, what: "severity of that zone", read: |c| c.memory.inside.no_go.map(|(.., s)| f64::from(s)) },
    Field { name: "no_go", kind: Label(Table::Zone), unit: "", source: ZONES, fresh: PLACE, range: [0.0, 65535.0], cheap: false, what: "the no-go zone", read: |c| c.memory.inside.no_go.map(|(_, z, _)| f64::from(z)) },
    Field { name: "zone", kind: Label(Table::Zone), unit: "", source: ZONES, fresh: PLACE, range: [0.0, 65535.0], cheap: false, what: "the zone it is in", read: |c| c.memory.inside.first.map(f64::from) },
    Field { name: "landing", kind: Label(Table::Zone), unit: "", source: ZONES, fresh: PLACE, range: [0.0, 65535.0], cheap: false, what: "the landing zone that its course misses by least, within 15 NM", read: |c| c.memory.landing.map(|l| f64::from(l.zone)) },
    Field { name: "landing_off_deg", kind: Number, unit: "deg", source: ZONES, fresh: PLACE, range: [0.0, 180.0], cheap: true, what: "by how much its course misses that zone", read: |c| c.memory.landing.map(|l| l.off.to_degrees()) },
    Field { name: "landing_min", kind: Number, unit: "min", source: ZONES, fresh: PLACE, range: [0.0, INF], cheap: true, what: "time to it at its speed", read: |c| c.memory.landing.map(|l| l.m / c.memory.sog.max(0.1) / 60.0) },
    Field { name: "landing_nm", kind: Number, unit: "nm", source: ZONES, fresh: PLACE, range: [0.0, 15.0], cheap: true, what: "distance to it", read: |c| c.memory.landing.map(|l| l.m / NM) },
    Field { name: "line_s", kind: Number, unit: "s", source: ZONES, fresh: PLACE, range: [0.0, INF], cheap: true, what: "time since it crossed a line: three looks two sigmas beyond", read: |c| c.memory.crossing.map(|x| c.memory.t.seconds_since(x.at)) },
    Field { name: "line_inward", kind: Flag, unit: "", source: ZONES, fresh: PLACE, range: [0.0, 1.0], cheap: true, what: "it crossed from the line's left to its right", read: |c| c.memory.crossing.map(|x| flag(x.inward)) },
    Field { name: "line", kind: Label(Table::Zone), unit: "", source: ZONES, fresh: PLACE, range: [0.0, 65535.0], cheap: false, what: "the line it crossed", read: |c| c.memory.crossing.map(|x| f64::from(x.zone)) },
    Field { name: "line_nm", kind: Number, unit: "nm", source: ZONES, fresh: PLACE, range: [0.0, INF], cheap: true, what: "distance to the nearest line within 4 NM", read: |c| c.memory.line_near.map(|(_, m)| m / NM) },
    Field { name: "shore_nm", kind: Number, unit: "nm", source: SHORE, fresh: PLACE, range: [0.0, 40.0], cheap: true, what: "distance to the shore, ± 0.3 NM by the chart", read: |c| c.memory.shore.map(|(m, _)| m / NM) },
    Field { name: "shore_rate_kn", kind: Number, unit: "kn", source: SHORE, fresh: PLACE, range: [-INF, INF], cheap: true, what: "speed at which it closes the nearest shore", read: |c| c.memory.shore.map(|(_, v)| mps_to_knots(v)) },
    Field { name: "eta_shore_min", kind: Number, unit: "min", source: SHORE, fresh: PLACE, range: [0.0, INF], cheap: true, what: "time until it meets the shore; unknown where it does not close it", read: |c| c.memory.eta_shore_min() },
    Field { name: "offshore_nm", kind: Number, unit: "nm", source: SHORE, fresh: PLACE, range: [0.0, 40.0], cheap: true, what: "its largest distance from shore in the last half hour", read: |c| c.memory.offshore_m().map(|m| m / NM) },
    Field { name: "sun_altitude_deg", kind: Number, unit: "deg", source: TIME, fresh: LOOK, range: [-90.0, 90.0], cheap: false, what: "altitude of the sun there and then", read: |c| Some(sun_altitude(c.track.t, c.track.position).to_degrees()) },
    Field { name: "is_night", kind: Flag, unit: "", source: TIME, fresh: LOOK, range: [0.0, 1.0], cheap: false, what: "the sun is more than 6° below the horizon there and then", read: |c| Some(flag(sun_altitude(c.track.t, c.track.position).to_degrees() < NIGHT_BELOW_DEG)) },
    Field { name: "hour", kind: Number, unit: "h", source: TIME, fresh: LOOK, range: [0.0, 24.0], cheap: false, what: "hour of the local day", read: |c| Some(f64::from(c.world.minute(c.track.t)) / 60.0) },
    Field { name: "loiter_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "time for which it has stayed within 1 NM at less than 4 kn", read: |c| Some(c.memory.loiter().0) },
    Field { name: "loiter_nm", kind: Number, unit: "nm", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "how far it went from where it began to linger", read: |c| Some(c.memory.loiter().1 / NM) },
    Field { name: "rested_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "the longest that it has stayed so since it was first seen", read: |c| Some(c.memory.rested_s) },
    Field { name: "came_nm", kind: Number, unit: "nm", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "the farthest that it has been from where it was half a minute after it was first seen", read: |c| Some(c.memory.came_m / NM) },
    Field { name: "fast_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "time for which the lower bound of its speed has been 25 kn or more", read: |c| Some(c.memory.fast_since.map_or(0.0, |t| c.memory.t.seconds_since(t))) },
    Field { name: "fast_dark_ago_s", kind: Number, unit: "s", source: FUSION, fresh: LOOK, range: [0.0, INF], cheap: true, what: "time since it was last that fast without AIS; unknown where it never was", read: |c| c.memory.fast_dark.map(|t| c.memory.t.seconds_since(t)) },
    Field { name: "nn_id", kind: Label(Table::Track), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 1.8e19], cheap: false, what: "nearest craft within 1 NM: its number", read: |c| c.memory.around.nearest.map(|n| n.id.0 as f64) },
    Field { name: "nn_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1852.0], cheap: true, what: "nearest craft within 1 NM: distance", read: |c| c.memory.around.nearest.map(|n| n.m) },
    Field { name: "nn_s", kind: Number, unit: "s", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "nearest craft within 1 NM: for how long so far; 0 where there is none", read: |c| c.memory.around.at.map(|_| c.memory.around.nearest.map_or(0.0, |n| n.last.seconds_since(n.since))) },
    Field { name: "nn_rel_kn", kind: Number, unit: "kn", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "nearest craft within 1 NM: relative speed", read: |c| c.memory.around.nearest.map(|n| mps_to_knots(n.relative)) },
    Field { name: "nn_sog_kn", kind: Number, unit: "kn", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "nearest craft within 1 NM: its speed", read: |c| c.memory.around.nearest.map(|n| mps_to_knots(n.sog)) },
    Field { name: "nn_len_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1022.0], cheap: true, what: "nearest craft within 1 NM: its length, by its echo where it never told (6 m for the cube root of m², from 1 000 m² on)", read: |c| c.memory.around.nearest?.length_m },
    Field { name: "nn_ais", kind: Word(&AIS), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 31.0], cheap: true, what: "nearest craft within 1 NM: what AIS says of it", read: |c| c.memory.around.nearest.map(|n| f64::from(n.ais as u8)) },
    Field { name: "nn_course_off_deg", kind: Number, unit: "deg", source: TRACKS, fresh: AROUND, range: [0.0, 180.0], cheap: true, what: "nearest craft within 1 NM: angle between the courses", read: |c| c.memory.around.nearest.map(|n| n.course_off.to_degrees()) },
    Field { name: "meet_id", kind: Label(Table::Track), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 1.8e19], cheap: false, what: "partner of a meeting: its number", read: |c| c.memory.around.meeting.map(|n| n.id.0 as f64) },
    Field { name: "meet_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1852.0], cheap: true, what: "partner of a meeting: distance", read: |c| c.memory.around.meeting.map(|n| n.m) },
    Field { name: "meet_s", kind: Number, unit: "s", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "partner of a meeting: for how long so far; 0 where there is none", read: |c| c.memory.around.at.map(|_| c.memory.around.meeting.map_or(0.0, |n| n.last.seconds_since(n.since))) },
    Field { name: "meet_rel_kn", kind: Number, unit: "kn", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "partner of a meeting: relative speed", read: |c| c.memory.around.meeting.map(|n| mps_to_knots(n.relative)) },
    Field { name: "meet_sog_kn", kind: Number, unit: "kn", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "partner of a meeting: its speed", read: |c| c.memory.around.meeting.map(|n| mps_to_knots(n.sog)) },
    Field { name: "meet_len_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1022.0], cheap: true, what: "partner of a meeting: its length, by its echo where it never told (6 m for the cube root of m², from 1 000 m² on)", read: |c| c.memory.around.meeting?.length_m },
    Field { name: "meet_ais", kind: Word(&AIS), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 31.0], cheap: true, what: "partner of a meeting: what AIS says of it", read: |c| c.memory.around.meeting.map(|n| f64::from(n.ais as u8)) },
    Field { name: "shadow_id", kind: Label(Table::Track), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 1.8e19], cheap: false, what: "ship in whose echo it rides: its number", read: |c| c.memory.around.shadowed.map(|n| n.id.0 as f64) },
    Field { name: "shadow_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1852.0], cheap: true, what: "ship in whose echo it rides: distance", read: |c| c.memory.around.shadowed.map(|n| n.m) },
    Field { name: "shadow_s", kind: Number, unit: "s", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "ship in whose echo it rides: for how long so far; 0 where there is none", read: |c| c.memory.around.at.map(|_| c.memory.around.shadowed.map_or(0.0, |n| n.last.seconds_since(n.since))) },
    Field { name: "shadow_rel_kn", kind: Number, unit: "kn", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "ship in whose echo it rides: relative speed", read: |c| c.memory.around.shadowed.map(|n| mps_to_knots(n.relative)) },
    Field { name: "shadow_sog_kn", kind: Number, unit: "kn", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "ship in whose echo it rides: its speed", read: |c| c.memory.around.shadowed.map(|n| mps_to_knots(n.sog)) },
    Field { name: "shadow_len_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1022.0], cheap: true, what: "ship in whose echo it rides: its length", read: |c| c.memory.around.shadowed?.length_m },
    Field { name: "shadow_ais", kind: Word(&AIS), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 31.0], cheap: true, what: "ship in whose echo it rides: what AIS says of it", read: |c| c.memory.around.shadowed.map(|n| f64::from(n.ais as u8)) },
    Field { name: "cluster_n", kind: Number, unit: "", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "other crafts within 1 NM", read: |c| c.memory.around.at.map(|_| f64::from(c.memory.around.within_nm)) },
    Field { name: "cluster_left_s", kind: Number, unit: "s", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "time since it was last in a cluster of five; 0 inside", read: |c| c.memory.cluster_left_s() },
    Field { name: "cluster_stay_s", kind: Number, unit: "s", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "how long it was in that cluster", read: |c| c.memory.around.cluster_last.map(|_| c.memory.around.cluster_stay_s) },
    Field { name: "n_fast_dark", kind: Number, unit: "", source: TRACKS, fresh: AROUND, range: [0.0, INF], cheap: true, what: "other crafts within 1 NM that were fast without AIS in the last 15 s, on its course to 20°", read: |c| c.memory.around.at.map(|_| f64::from(c.memory.around.fast_dark)) },
    Field { name: "formation_id", kind: Label(Table::Track), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 1.8e19], cheap: false, what: "one of these: its number", read: |c| c.memory.around.formation.map(|id| id.0 as f64) },
    Field { name: "parent_id", kind: Label(Table::Track), unit: "", source: TRACKS, fresh: AROUND, range: [0.0, 1.8e19], cheap: false, what: "ship of 30 m or more beside which it began or went along for a minute, from which its way came when it was first seen, or which others were seen to leave just before it was first seen: its number", read: |c| c.memory.parent.map(|p| p.id.0 as f64) },
    Field { name: "parent_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1852.0], cheap: true, what: "that ship: distance then", read: |c| c.memory.parent.map(|p| p.m) },
    Field { name: "parent_len_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1022.0], cheap: true, what: "that ship: its length, by its echo where it never told (6 m for the cube root of m², from 1 000 m² on)", read: |c| c.memory.parent.map(|p| p.length_m) },
    Field { name: "parent_left_s", kind: Number, unit: "s", source: TRACKS, fresh: LOOK, range: [0.0, INF], cheap: true, what: "time since it was beside that ship", read: |c| c.memory.parent.map(|p| c.memory.t.seconds_since(p.left)) },
    Field { name: "beside_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1852.0], cheap: true, what: "how near it came in its first half minute to a track held 20 s longer; 1852 where to none", read: |c| Some(c.memory.beside_m.min(NM)) },
    Field { name: "double_m", kind: Number, unit: "m", source: TRACKS, fresh: AROUND, range: [0.0, 1852.0], cheap: true, what: "nearest craft within 1 NM whose AIS is in order and whose velocity is its own to 15 kn, while it makes 15 kn itself: the least distance of the last half minute; 0 where that is a ship that no radar shows, within 500 m and 4 kn: its echo; 1852 where there is none", read: |c| c.memory.around.at.map(|_| c.memory.around.double.map_or(NM, |(m, _)| m)) },
    Field { name: "blue", kind: Flag, unit: "", source: LISTS, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "it is one of our own by a sure key, or is where and when one of our own is entered to be", read: |c| Some(flag(c.world.own(c).is_some())) },
    Field { name: "registered", kind: Flag, unit: "", source: LISTS, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "it is on the list of local boats by a sure key, in its corridor and hours", read: |c| Some(flag(c.world.registered(c).is_some())) },
    Field { name: "watch", kind: Word(&WATCH), unit: "", source: LISTS, fresh: REPORT, range: [0.0, 31.0], cheap: true, what: "whether it is on the watch list, and by what", read: |c| Some(match c.world.watched(c) { None => 0.0, Some(m) if m.sure => 2.0, Some(_) => 1.0 }) },
    Field { name: "watch_likeness", kind: Number, unit: "", source: LISTS, fresh: REPORT, range: [0.0, 1.0], cheap: false, what: "how alike the names are; 1 by a sure key", read: |c| c.world.watched(c).map(|m| m.likeness) },
    Field { name: "watch_severity", kind: Number, unit: "", source: LISTS, fresh: REPORT, range: [1.0, 4.0], cheap: false, what: "severity of the entry, where it is by a sure key", read: |c| c.world.watched(c).filter(|m| m.sure).and_then(|m| c.world.grounds.lists.entries().get(usize::from(m.entry))).map(|e| f64::from(e.severity.level())) },
    Field { name: "watch_entry", kind: Label(Table::Entry), unit: "", source: LISTS, fresh: REPORT, range: [0.0, 65535.0], cheap: false, what: "the entry", read: |c| c.world.watched(c).map(|m| f64::from(m.entry)) },
    Field { name: "own_entry", kind: Label(Table::Entry), unit: "", source: LISTS, fresh: REPORT, range: [0.0, 65535.0], cheap: false, what: "the entry by which it is one of our own", read: |c| c.world.own(c).map(f64::from) },
    Field { name: "registered_entry", kind: Label(Table::Entry), unit: "", source: LISTS, fresh: REPORT, range: [0.0, 65535.0], cheap: false, what: "the entry by which it is registered", read: |c| c.world.registered(c).map(f64::from) },
];

fn flag(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

/// Standard deviation of the speed along the course; in the worst direction where there is no course.
fn speed_sigma_kn(track: &Track) -> Option<f64> {
    let [xx, xy, yy] = track.velocity_cov;
    let [x, y] = track.velocity;
    let squared = x * x + y * y;
    let variance = if squared > 0.0 {
        (x * x * xx + 2.0 * x * y * xy + y * y * yy) / squared
    } else {
        (xx + yy) / 2.0 + ((xx - yy) / 2.0).hypot(xy)
    };
    Some(mps_to_knots(variance.sqrt()))
}

fn heading_off_deg(c: &Ctx<'_>) -> Option<f64> {
    let heading = c.vessel?.heading?;
    // A course of what lies still is noise.
    (c.memory.sog > 0.25).then(|| super::normal::angle_between(heading, c.memory.course).to_degrees())
}

fn carriage_p(c: &Ctx<'_>) -> Option<f64> {
    let (class, p, _) = c.world.sighted(c.track)?;
    CARRIAGE.get(usize::from(class)).copied().flatten().filter(|_| p >= 0.5)
}
