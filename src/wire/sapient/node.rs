//! What is known of the nodes that talk on a feed: which sensor each is, and the units it declared.

use super::message::{Registration, TRACKING_NONE};
use super::units::Declared;
use crate::model::{SensorId, Site};

/// The most nodes that are remembered on one feed; a site has a handful. The one longest silent gives way.
const MAX_NODES: usize = 64;
/// The most objects whose numbers are remembered for a node; the one longest unseen gives way.
const MAX_OBJECTS: usize = 1024;

/// One node.
#[derive(Clone, Debug)]
pub(super) struct Node {
    id: String,
    /// The sensor it is.
    pub(super) sensor: SensorId,
    /// Its detections are not associated with one another.
    pub(super) untracked: bool,
    /// Units it declared.
    pub(super) declared: Declared,
    // Object name, number, when it was last used. In no order.
    objects: Vec<(String, u32, u64)>,
    objects_seen: u32,
    used: u64,
}

impl Node {
    fn new(id: &str, sensor: SensorId) -> Self {
        Self {
            id: id.to_owned(),
            sensor,
            untracked: false,
            declared: Declared::default(),
            objects: Vec::new(),
            objects_seen: 0,
            used: 0,
        }
    }

    /// Takes over what the node declares. Units may differ from mode to mode and a detection does not tell its mode: where two
    /// modes disagree, nothing is declared.
    fn declare(&mut self, registration: &Registration) {
        let modes = || registration.mode_definition.iter();
        let definitions = || modes().flat_map(|m| m.detection_definition.iter());
        let places = || definitions().filter_map(|d| d.location_type.as_ref());
        self.untracked = agreed(modes().map(|m| m.tracking_type)).is_some_and(|t| t == TRACKING_NONE);
        let speed = agreed(definitions().filter_map(|d| d.velocity_type.as_ref()).map(|v| {
            let units = v.enu_velocity_units.as_ref()?;
            Some(units.east_north_rate_units)
        }));
        self.declared = Declared {
            range_bearing_units: agreed(places().map(|l| l.range_bearing_units)),
            range_bearing_datum: agreed(places().map(|l| l.range_bearing_datum)),
            location_units: agreed(places().map(|l| l.location_units)),
            mps_per_unit: match speed {
                Some(1) => Some(1.0),
                Some(2) => Some(1.0 / 3.6),
                _ => None,
            },
        };
    }

    /// The number of an object, given in order of first sight and never again to another.
    pub(super) fn object_number(&mut self, object: &str, clock: u64) -> u32 {
        if let Some(known) = self.objects.iter_mut().find(|o| o.0 == object) {
            known.2 = clock;
            return known.1;
        }
        let number = self.objects_seen;
        self.objects_seen = self.objects_seen.wrapping_add(1);
        if self.objects.len() >= MAX_OBJECTS
            && let Some(oldest) = self.objects.iter_mut().min_by_key(|o| o.2)
        {
            *oldest = (object.to_owned(), number, clock);
        } else {
            self.objects.push((object.to_owned(), number, clock));
        }
        number
    }
}

/// The one value that all tell; `None` where they differ or none tells any.
fn agreed(values: impl Iterator<Item = Option<i32>>) -> Option<i32> {
    let mut told = values.flatten();
    let first = told.next()?;
    told.all(|v| v == first).then_some(first)
}

/// The nodes of a feed.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    // Number and name of the sensors that may talk here.
    sensors: Vec<(SensorId, String)>,
    nodes: Vec<Node>,
    clock: u64,
}

impl Nodes {
    pub(super) fn new(site: &Site, feed: crate::model::FeedId) -> Self {
        let sensors = site.sensors_on(feed).map(|(id, s)| (id, s.id.clone())).collect();
        Self { sensors, nodes: Vec::new(), clock: 0 }
    }

    /// A count of the messages heard: it orders what was used when.
    pub(super) fn clock(&self) -> u64 {
        self.clock
    }

    /// The node of that name. Where one sensor is on the feed it is that one; where several are, a node is the sensor whose
    /// name it has: as its id, or as the name or short name it registered with. `None` while that is not known.
    pub(super) fn get(&mut self, id: &str, registration: Option<&Registration>) -> Option<&mut Node> {
        self.clock += 1;
        let known = self.nodes.iter().position(|n| n.id == id);
        let at = match known {
            Some(at) => at,
            None => {
                let sensor = self.sensor_of(id, registration)?;
                if self.nodes.len() >= MAX_NODES {
                    let oldest = self.nodes.iter().enumerate().min_by_key(|(_, n)| n.used).map(|(i, _)| i)?;
                    self.nodes.swap_remove(oldest);
                }
                self.nodes.push(Node::new(id, sensor));
                self.nodes.len() - 1
            }
        };
        let node = self.nodes.get_mut(at)?;
        node.used = self.clock;
        if let Some(registration) = registration {
            node.declare(registration);
        }
        Some(node)
    }

    fn sensor_of(&self, id: &str, registration: Option<&Registration>) -> Option<SensorId> {
        if let [only] = self.sensors.as_slice() {
            return Some(only.0);
        }
        let told = registration.into_iter().flat_map(|r| [r.short_name.as_deref(), r.name.as_deref()]).flatten();
        let names: Vec<&str> = std::iter::once(id).chain(told).collect();
        self.sensors.iter().find(|(_, name)| names.contains(&name.as_str())).map(|(sensor, _)| *sensor)
    }
}
