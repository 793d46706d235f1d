//! Hulls of which a radar makes several plots a look.
//!
//! A long ship shows bow, house and stern, and an extractor that cuts a strong echo's run in two makes two plots of it, a beam apart. Taken one by one each of these is a craft of its own, abreast for
//! ever. So what a ship shows beside its own plot is counted, and where a ship shows more than one, as many plots more are expected round it as were counted: a second craft there
//! must show itself better than that. Asked only of ships that report themselves as such: of two boats abreast each would pass for the other's second plot.

use super::craft::Craft;
use super::look::LookMemory;
use super::places::ByPlace;
use super::radar::Radar;
use crate::model::CraftClass;
use crate::track::LEVELS;

/// How far the parts of a hull lie from its middle, m (1 σ): ships of 100 to 200 m.
const HULL_M: f64 = 40.0;
/// Where the second plot of a cut echo lies beside the first, in errors of an azimuth (1 σ): an extractor finds the middle of a beam to a third of its width or better.
const BEAM_SIGMAS: f64 = 3.0;
/// Plots further off than that are not of it: χ² of two degrees, 99 %.
const FAR2: f64 = 9.21;
/// Reach of the look-up, m: that far out at 20 km with a beam of 1°.
const REACH_M: f64 = 1500.0;
/// Counts of which the mean is, and how many looks with a plot go to one: a hull does not change, and counting costs.
const COUNTS: f32 = 8.0;
const LOOKS_A_COUNT: u32 = 3;
/// Fewer plots a look beside its own are the sea's, or a boat's that passes.
const FEWEST: f32 = 0.15;
/// A craft that was first seen so far from where the ship then was is none of its parts, m.
const CAME_FROM_M: f64 = 400.0;
/// How often ships are looked up, s.
const LOOK_UP_S: f64 = 2.0;

/// Where a ship's parts may show.
struct Extent {
    place: [f64; 2],
    unit: [f64; 2],
    along: f64,
    across: f64,
}

impl Extent {
    fn of(radar: &Radar, place: [f64; 2]) -> Self {
        let [e, n] = radar.offset(place);
        let range = e.hypot(n).max(1.0);
        let across = HULL_M.hypot(BEAM_SIGMAS * radar.sigma_azimuth * range);
        Self { place, unit: [e / range, n / range], along: HULL_M.hypot(radar.sigma_range_m), across }
    }

    // Squared distance from a plot, m², beyond which no ship shows there: as far as one reaches that lies behind it, and is then nearer than that.
    fn reach2(radar: &Radar, z: [f64; 2]) -> f64 {
        let [e, n] = radar.offset(z);
        let lever = BEAM_SIGMAS * radar.sigma_azimuth;
        let range = e.hypot(n).max(1.0);
        let bound = |range: f64| {
            let (along, across) = (HULL_M.hypot(radar.sigma_range_m), HULL_M.hypot(lever * range));
            FAR2.sqrt() * along.max(across)
        };
        // The farther from the radar the ship, the farther it reaches: one at d is no farther off than range + d, and reaches bound(range + d).
        let near = bound(range) / (1.0 - (FAR2.sqrt() * lever).min(0.9));
        near * near
    }

    // Squared distance from the middle in its own measure.
    fn distance2(&self, z: [f64; 2]) -> f64 {
        let d = [z[0] - self.place[0], z[1] - self.place[1]];
        let along = (d[0] * self.unit[0] + d[1] * self.unit[1]) / self.along;
        let across = (d[0] * self.unit[1] - d[1] * self.unit[0]) / self.across;
        along * along + across * across
    }

    fn area(&self) -> f64 {
        std::f64::consts::TAU * self.along * self.across
    }
}

/// A ship that shows more than one plot.
struct Large {
    t: f64,
    place: [f64; 2],
    velocity: [f64; 2],
    // Plots a look beside its own.
    extra: f64,
}

/// Those ships, by place.
pub(super) struct LargeShips {
    places: ByPlace<Large>,
    looked_up: Option<f64>,
}

impl Default for LargeShips {
    fn default() -> Self {
        Self { places: ByPlace::of(REACH_M), looked_up: None }
    }
}

/// Whether a craft is a ship that reports itself.
fn is_ship(craft: &Craft, now: f64) -> bool {
    craft.confirmed && craft.identity.class == Some(CraftClass::Ship) && craft.identity.live(now)
}

impl LargeShips {
    /// Looks up which ships show more than one plot, if it is time.
    pub fn look_up(&mut self, crafts: &[Box<Craft>], now: f64) {
        if self.looked_up.is_some_and(|t| now < t + LOOK_UP_S) {
            return;
        }
        self.looked_up = Some(now);
        self.places.fill(crafts.iter().filter(|c| c.extra >= FEWEST && is_ship(c, now)).map(|c| {
            let (place, velocity) = (c.imm.place(), c.imm.velocity());
            (place, Large { t: c.t, place, velocity, extra: f64::from(c.extra) })
        }));
    }

    /// Expects of plots that have come since that they may be further ones of such a ship.
    pub fn expect(&self, radar: &mut Radar) {
        if self.places.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut radar.waiting);
        for w in waiting.iter_mut().filter(|w| w.of_ship < 0.0) {
            w.of_ship = 0.0;
            let t = w.t - radar.registration.clock();
            let far2 = Extent::reach2(radar, w.z);
            for ship in self.places.around(w.z) {
                let dt = t - ship.t;
                let place = [ship.place[0] + ship.velocity[0] * dt, ship.place[1] + ship.velocity[1] * dt];
                let d = [w.z[0] - place[0], w.z[1] - place[1]];
                // Most ships are not near, and what is beyond any reach needs no square roots.
                if d[0] * d[0] + d[1] * d[1] > far2 {
                    continue;
                }
                let extent = Extent::of(radar, place);
                let d2 = extent.distance2(w.z);
                if d2 < FAR2 {
                    w.of_ship += ship.extra * (-0.5 * d2).exp() / extent.area();
                }
            }
            // A part of a ship is as strong as a craft, in the measure of the sea.
            w.of_ship *= w.ratio.iter().sum::<f64>() / LEVELS as f64;
            w.clutter.density += w.of_ship;
        }
        radar.waiting = waiting;
    }
}

/// Counts what the ships of a look showed beside their own plots.
pub(super) fn count(look: &LookMemory, crafts: &mut [Box<Craft>], radar: &Radar, now: f64) {
    for d in &look.due {
        let craft = &crafts[d.craft];
        let edges = &look.edges[d.first..d.end];
        if edges.is_empty() || !craft.hits.is_multiple_of(LOOKS_A_COUNT) || craft.last_hit < now || !is_ship(craft, now) {
            continue;
        }
        let (place, v, t) = (craft.imm.place(), craft.imm.velocity(), craft.t);
        let extent = Extent::of(radar, place);
        let pass = radar.pass(radar.azimuth_of(place), t + radar.registration.clock());
        let window = radar.scan_s / 32.0 + radar.stray_s();
        let from = radar.waiting.partition_point(|w| w.t < pass - window);
        let mut extra = 0.0;
        for (plot, w) in radar.waiting.iter().enumerate().skip(from).take_while(|(_, w)| w.t <= pass + window) {
            if extent.distance2(w.z) >= FAR2 {
                continue;
            }
            let own: f64 = edges.iter().filter(|e| e.plot == plot).map(|e| e.beta).sum();
            let came = |c: &Craft| {
                let dt = c.born - t;
                (c.origin[0] - place[0] - v[0] * dt).hypot(c.origin[1] - place[1] - v[1] * dt) > CAME_FROM_M
            };
            // Of someone who came from elsewhere.
            let other = |e: &&super::gate::Edge| {
                let o = &crafts[look.due[e.due].craft];
                e.plot == plot && look.due[e.due].craft != d.craft && e.beta > 0.5 && o.existence.r > 0.5 && came(o)
            };
            if look.edges.iter().any(|e| other(&e)) {
                continue;
            }
            let sea = (w.clutter.density - w.of_ship.max(0.0)) * extent.area() * 0.5 * FAR2;
            extra += (1.0 - own.min(1.0)) / (1.0 + sea);
        }
        let craft = &mut crafts[d.craft];
        craft.extra += (extra as f32 - craft.extra) / COUNTS;
    }
}
