//! `[[unit]]`: boats, cars and patrols that can be sent.

use std::collections::BTreeSet;

use toml::Spanned;

use super::section::{Bounds, Section};
use super::sensor::{LATITUDE, LONGITUDE};
use crate::model::incident::{Level, Unit, UnitKind, UnitName};

const KINDS: [(&str, UnitKind); 3] = [("boat", UnitKind::Boat), ("vehicle", UnitKind::Vehicle), ("foot", UnitKind::Foot)];

const LEVELS: [(&str, Level); 4] = {
    use Level::{City, County, Town, VillageGrid};
    [(City.word(), City), (County.word(), County), (Town.word(), Town), (VillageGrid.word(), VillageGrid)]
};

// A helicopter.
const SPEED: Bounds = Bounds::above(0.0, 200.0, "knots");
const READY: Bounds = Bounds::new(0.0, 1440.0, "minutes");

/// All of `[[unit]]`. Where they are may be told later, as it changes.
pub(super) fn read_units(sections: Vec<Section<'_>>) -> Vec<Unit> {
    let mut names = BTreeSet::new();
    let mut units = Vec::new();
    for section in sections {
        section.require("name", "what it is called on the radio");
        section.require("max_speed_kn", "what it can do, in knots");
        let name = section.string("name");
        if let Some(name) = &name
            && !names.insert((*name.get_ref()).to_owned())
        {
            section.fault_at(name, "name", format!("\"{}\" is already the name of another unit", name.get_ref()));
        }
        let kind = section.word("kind", &KINDS).map_or(UnitKind::Boat, Spanned::into_inner);
        let level = section.word("level", &LEVELS).map_or(Level::City, Spanned::into_inner);
        let speed = section.number("max_speed_kn", SPEED).map(Spanned::into_inner);
        let ready_min = section.number("ready_min", READY).map_or(0.0, Spanned::into_inner);
        let position = section.table("position").and_then(read_position);
        section.finish();
        if let (Some(name), Some(max_speed_kn)) = (name, speed) {
            units.push(Unit {
                name: UnitName((*name.get_ref()).to_owned()),
                kind,
                level,
                max_speed_kn,
                position,
                position_at: None,
                available: true,
                ready_min,
            });
        }
    }
    units
}

/// `{ lat = …, lon = … }` → degrees north and east.
fn read_position(section: Section<'_>) -> Option<[f64; 2]> {
    section.require("lat", "degrees, north positive");
    section.require("lon", "degrees, east positive");
    let (lat, lon) = (section.number("lat", LATITUDE), section.number("lon", LONGITUDE));
    section.finish();
    Some([lat?.into_inner(), lon?.into_inner()])
}
