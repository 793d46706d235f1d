//! Land and sea: which points lie on land, how far the shore is, whether a way crosses land.
//!
//! Shorelines come as GeoJSON polygons (RFC 7946) in WGS-84 degrees. They are kept in the ellipsoid's Mercator projection, which is
//! conformal: what is nearest in it is nearest at sea (its scale changes by 0.13 % over 20 km at 22° N), and the distance told is
//! then that on the ellipsoid. Distances are asked of an R-tree of the edges. Whether a point is on land is asked of a grid whose
//! cells know their own edges, so that it costs the few edges of one cell, however long the coast is.
//!
//! A survey is as good as it is old: GSHHG lacks reclaimed land and is good to ±0.3 NM.

use std::fmt;
use std::sync::OnceLock;

use rstar::{AABB, PointDistance, RTree, RTreeObject};
use serde_json::Value;

use super::geodesic::distance_m;
use super::wgs84::{ECCENTRICITY_SQUARED, Geodetic};

/// More edges than this are refused, so that a wrong file does not take the machine's memory: the whole earth in GSHHG's full
/// resolution has ten million, a country's coast a hundred thousand.
const MAX_EDGES: usize = 2_000_000;
/// Grid cells an edge: with four, a cell that holds shore holds two or three edges.
const CELLS_AN_EDGE: usize = 4;
/// The grid has no more cells than this (16 MB of them), nor fewer than a hundred.
const MAX_CELLS: usize = 1 << 20;
const MIN_CELLS: usize = 100;

/// The coast that ships (`config/coast/NOTICE`).
const DAYA_BAY: &str = include_str!("../../config/coast/daya_bay.geojson");

/// Why a shoreline cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoastFault(String);

impl fmt::Display for CoastFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CoastFault {}

/// The nearest point of a shore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shore {
    /// Where it is.
    pub nearest: Geodetic,
    /// How far from the point asked about, m along the ellipsoid; from land as well as from sea.
    pub distance_m: f64,
}

/// Land polygons of one area.
///
/// Polygons must not overlap, and a lake is a hole of its polygon, as in RFC 7946: a point is land where an odd number of rings
/// hold it. Edges that lie along a side of the area (the collection's `bbox`, else the extremes of its points) are where the survey
/// was cut off, no shore.
#[derive(Clone)]
pub struct Coast {
    edges: RTree<Edge>,
    grid: Grid,
    // As it was read: what is drawn is what is reckoned with.
    text: Box<str>,
}

impl Coast {
    /// The coast of Daya Bay, which ships; read once. `None` if what ships were damaged, which a test excludes.
    pub fn shipped() -> Option<&'static Self> {
        static COAST: OnceLock<Option<Coast>> = OnceLock::new();
        COAST.get_or_init(|| Self::from_geojson(DAYA_BAY).ok()).as_ref()
    }

    /// Reads a `FeatureCollection`, a `Feature` or a bare geometry; of its geometries, `Polygon` and `MultiPolygon` are land and
    /// all others say nothing.
    pub fn from_geojson(text: &str) -> Result<Self, CoastFault> {
        let json: Value = serde_json::from_str(text).map_err(|e| CoastFault(format!("not JSON: {e}")))?;
        let mut rings = Vec::new();
        collect_rings(&json, &mut rings)?;
        if rings.is_empty() {
            return Err(CoastFault("holds no Polygon and no MultiPolygon".into()));
        }
        if rings.iter().map(Vec::len).sum::<usize>() > MAX_EDGES {
            return Err(CoastFault(format!("has more than {MAX_EDGES} points")));
        }
        let area = bbox(&json).unwrap_or_else(|| extremes(&rings));
        let mut edges = Vec::new();
        for ring in &rings {
            for (&a, &b) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
                if a != b {
                    edges.push(Edge { a: projected(a), b: projected(b), shore: !along_a_side(a, b, area) });
                }
            }
        }
        if edges.is_empty() {
            return Err(CoastFault("has no two points that differ".into()));
        }
        Ok(Self { grid: Grid::new(&edges), edges: RTree::bulk_load(edges), text: text.into() })
    }

    /// The GeoJSON that it was read from.
    pub fn geojson(&self) -> &str {
        &self.text
    }

    /// Whether a point lies in the area that the survey covers: outside, all is taken for sea.
    pub fn covers(&self, at: Geodetic) -> bool {
        self.grid.cell_of(mercator(at)).is_some()
    }

    /// Whether a point lies on land.
    pub fn is_land(&self, at: Geodetic) -> bool {
        self.grid.is_land(mercator(at))
    }

    /// The nearest point of any shore; none where the survey has no shore at all.
    pub fn nearest_shore(&self, at: Geodetic) -> Option<Shore> {
        let p = mercator(at);
        let edge = self.edges.nearest_neighbor_iter(&p).find(|e| e.shore)?;
        let nearest = geodetic(edge.nearest(p));
        Some(Shore { nearest, distance_m: distance_m(at, nearest) })
    }

    /// Where the straight way from `from` to `to` (a rhumb line) first meets land, as a fraction of it: 0 where it begins on land,
    /// none where it stays at sea.
    pub fn first_land(&self, from: Geodetic, to: Geodetic) -> Option<f64> {
        if self.is_land(from) {
            return Some(0.0);
        }
        let (p, q) = (mercator(from), mercator(to));
        let along = AABB::from_corners(p, q);
        self.edges.locate_in_envelope_intersecting(&along).filter_map(|e| crossing(p, q, e)).min_by(f64::total_cmp)
    }

    /// How many edges its shores have.
    pub fn edges(&self) -> usize {
        self.edges.size()
    }
}

impl fmt::Debug for Coast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coast").field("edges", &self.edges.size()).finish_non_exhaustive()
    }
}

/// Two surveys are the same when they have the same edges.
impl PartialEq for Coast {
    fn eq(&self, other: &Self) -> bool {
        self.edges.size() == other.edges.size() && self.edges.iter().zip(other.edges.iter()).all(|(a, b)| a == b)
    }
}

/// A piece of a ring, in the projection.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    a: [f64; 2],
    b: [f64; 2],
    /// Where land meets sea, not where the survey was cut off.
    shore: bool,
}

impl Edge {
    fn nearest(&self, p: [f64; 2]) -> [f64; 2] {
        let d = [self.b[0] - self.a[0], self.b[1] - self.a[1]];
        let t = ((p[0] - self.a[0]) * d[0] + (p[1] - self.a[1]) * d[1]) / (d[0] * d[0] + d[1] * d[1]);
        let t = t.clamp(0.0, 1.0);
        [self.a[0] + t * d[0], self.a[1] + t * d[1]]
    }
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.a, self.b)
    }
}

impl PointDistance for Edge {
    fn distance_2(&self, p: &[f64; 2]) -> f64 {
        let n = self.nearest(*p);
        (n[0] - p[0]).powi(2) + (n[1] - p[1]).powi(2)
    }
}

/// Fraction of the way from `p` to `q` at which it crosses an edge.
fn crossing(p: [f64; 2], q: [f64; 2], edge: &Edge) -> Option<f64> {
    let way = [q[0] - p[0], q[1] - p[1]];
    let side = [edge.b[0] - edge.a[0], edge.b[1] - edge.a[1]];
    let to = [edge.a[0] - p[0], edge.a[1] - p[1]];
    let across = way[0] * side[1] - way[1] * side[0];
    if across == 0.0 {
        return None;
    }
    let t = (to[0] * side[1] - to[1] * side[0]) / across;
    let u = (to[0] * way[1] - to[1] * way[0]) / across;
    ((0.0..=1.0).contains(&t) && (0.0..=1.0).contains(&u)).then_some(t)
}

/// Cells over the area. Each knows whether its north-east corner is land and which edges touch it: a point is land when an odd
/// number of edges lies between it and that corner.
#[derive(Clone)]
struct Grid {
    west: f64,
    south: f64,
    cell: [f64; 2],
    columns: usize,
    rows: usize,
    /// Of cell i: the corner, and its edges from `starts[i]` to `starts[i + 1]`.
    corner_is_land: Vec<bool>,
    starts: Vec<u32>,
    edges: Vec<[[f64; 2]; 2]>,
}

impl Grid {
    fn new(edges: &[Edge]) -> Self {
        let ends = || edges.iter().flat_map(|e| [e.a, e.b]);
        let fold = |axis: usize, start: f64, f: fn(f64, f64) -> f64| ends().map(|p| p[axis]).fold(start, f);
        let (west, south) = (fold(0, f64::INFINITY, f64::min), fold(1, f64::INFINITY, f64::min));
        let (east, north) = (fold(0, f64::NEG_INFINITY, f64::max), fold(1, f64::NEG_INFINITY, f64::max));
        // A metre more on each side, so that the outermost corners are sea.
        const MARGIN: f64 = 1.0 / 6_378_137.0;
        let (west, south) = (west - MARGIN, south - MARGIN);
        let (width, height) = (east + MARGIN - west, north + MARGIN - south);
        let cells = (edges.len() * CELLS_AN_EDGE).clamp(MIN_CELLS, MAX_CELLS) as f64;
        let columns = (cells * width / height).sqrt().clamp(1.0, cells).ceil() as usize;
        let rows = (cells / columns as f64).ceil().max(1.0) as usize;
        let cell = [width / columns as f64, height / rows as f64];
        let mut grid =
            Self { west, south, cell, columns, rows, corner_is_land: Vec::new(), starts: Vec::new(), edges: Vec::new() };
        grid.corner_is_land = grid.corners(edges);
        let mut of_cell: Vec<(u32, u32)> = Vec::new();
        for (i, e) in edges.iter().enumerate() {
            grid.each_touched(e, |cell| of_cell.push((cell as u32, i as u32)));
        }
        of_cell.sort_unstable();
        let mut next = of_cell.iter().peekable();
        for cell in 0..columns * rows {
            grid.starts.push(grid.edges.len() as u32);
            while let Some((_, i)) = next.next_if(|(c, _)| *c as usize == cell) {
                let e = &edges[*i as usize];
                grid.edges.push([e.a, e.b]);
            }
        }
        grid.starts.push(grid.edges.len() as u32);
        grid
    }

    fn line_x(&self, i: usize) -> f64 {
        self.west + self.cell[0] * i as f64
    }

    fn line_y(&self, j: usize) -> f64 {
        self.south + self.cell[1] * j as f64
    }

    /// Column and row of a coordinate, kept within the grid.
    fn clamped(&self, p: [f64; 2]) -> [usize; 2] {
        let of = |v: f64, n: usize| (v.max(0.0) as usize).min(n - 1);
        [of((p[0] - self.west) / self.cell[0], self.columns), of((p[1] - self.south) / self.cell[1], self.rows)]
    }

    /// Whether each cell's north-east corner is land: along the cells' upper sides, from the west.
    fn corners(&self, edges: &[Edge]) -> Vec<bool> {
        let mut crossings: Vec<Vec<f64>> = vec![Vec::new(); self.rows];
        for e in edges {
            let (low, high) = (e.a[1].min(e.b[1]), e.a[1].max(e.b[1]));
            let (first, last) = (self.clamped([0.0, low])[1].saturating_sub(1), self.clamped([0.0, high])[1]);
            for (j, row) in crossings.iter_mut().enumerate().take(last + 1).skip(first) {
                row.extend(crosses_level(e.a, e.b, self.line_y(j + 1)));
            }
        }
        let mut corners = vec![false; self.columns * self.rows];
        for (j, row) in crossings.iter_mut().enumerate() {
            row.sort_unstable_by(f64::total_cmp);
            let mut west = 0;
            for i in 0..self.columns {
                west += row[west..].iter().take_while(|&&x| x <= self.line_x(i + 1)).count();
                corners[j * self.columns + i] = west % 2 == 1;
            }
        }
        corners
    }

    /// Calls `touch` with each cell that an edge touches, or nearly.
    fn each_touched(&self, e: &Edge, mut touch: impl FnMut(usize)) {
        let (from, to) = (self.clamped(e.a), self.clamped(e.b));
        // A little to each side: an edge along a line between cells belongs to both.
        let [slack_x, slack_y] = self.cell.map(|c| c * 1e-6);
        for j in from[1].min(to[1]).saturating_sub(1)..=(from[1].max(to[1]) + 1).min(self.rows - 1) {
            for i in from[0].min(to[0]).saturating_sub(1)..=(from[0].max(to[0]) + 1).min(self.columns - 1) {
                let low = [self.line_x(i) - slack_x, self.line_y(j) - slack_y];
                let high = [self.line_x(i + 1) + slack_x, self.line_y(j + 1) + slack_y];
                if touches_box(e, low, high) {
                    touch(j * self.columns + i);
                }
            }
        }
    }

    fn cell_of(&self, p: [f64; 2]) -> Option<[usize; 2]> {
        let (x, y) = ((p[0] - self.west) / self.cell[0], (p[1] - self.south) / self.cell[1]);
        // Not a number is in no cell.
        let inside = x >= 0.0 && y >= 0.0 && x < self.columns as f64 && y < self.rows as f64;
        inside.then_some([x as usize, y as usize])
    }

    fn is_land(&self, p: [f64; 2]) -> bool {
        let Some([i, j]) = self.cell_of(p) else { return false };
        let cell = j * self.columns + i;
        let mine = &self.edges[self.starts[cell] as usize..self.starts[cell + 1] as usize];
        let (east, north) = (self.line_x(i + 1), self.line_y(j + 1));
        // East to the cell's side, then north along it to the corner.
        let between = mine.iter().filter(|[a, b]| crosses_level(*a, *b, p[1]).is_some_and(|x| x > p[0] && x <= east)).count()
            + mine
                .iter()
                .filter(|[a, b]| crosses_level([a[1], a[0]], [b[1], b[0]], east).is_some_and(|y| y > p[1] && y <= north))
                .count();
        self.corner_is_land[cell] ^ (between % 2 == 1)
    }
}

/// First coordinate at which the piece from `a` to `b` crosses the level `y`. A point on the level counts as above it, so that a ring
/// that only touches the level crosses it twice or not at all.
fn crosses_level(a: [f64; 2], b: [f64; 2], y: f64) -> Option<f64> {
    ((a[1] >= y) != (b[1] >= y)).then(|| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
}

/// Whether an edge has a point in a box: their shadows overlap on both axes and on the edge's normal.
fn touches_box(e: &Edge, low: [f64; 2], high: [f64; 2]) -> bool {
    for k in 0..2 {
        if e.a[k].max(e.b[k]) < low[k] || e.a[k].min(e.b[k]) > high[k] {
            return false;
        }
    }
    let d = [e.b[0] - e.a[0], e.b[1] - e.a[1]];
    let middle = [(low[0] + high[0]) / 2.0 - e.a[0], (low[1] + high[1]) / 2.0 - e.a[1]];
    let reach = (d[1] * (high[0] - low[0])).abs() / 2.0 + (d[0] * (high[1] - low[1])).abs() / 2.0;
    (d[0] * middle[1] - d[1] * middle[0]).abs() <= reach
}

/// Mercator of the ellipsoid, in radii of the equator (Snyder, Map Projections, USGS 1395, equation 7-7).
fn mercator(at: Geodetic) -> [f64; 2] {
    let e = ECCENTRICITY_SQUARED.sqrt();
    // The poles are infinitely far.
    let s = at.lat.sin().clamp(-1.0 + 1e-12, 1.0 - 1e-12);
    [at.lon, s.atanh() - e * (e * s).atanh()]
}

/// Back: six rounds of a step that gains more than two digits each.
fn geodetic([x, y]: [f64; 2]) -> Geodetic {
    let e = ECCENTRICITY_SQUARED.sqrt();
    let mut s = y.tanh();
    for _ in 0..6 {
        s = (y + e * (e * s).atanh()).tanh();
    }
    Geodetic { lat: s.asin(), lon: x }
}

fn projected([lon, lat]: [f64; 2]) -> [f64; 2] {
    mercator(Geodetic::from_degrees(lat, lon))
}

/// West, south, east, north in degrees.
type Area = [f64; 4];

fn along_a_side(a: [f64; 2], b: [f64; 2], [west, south, east, north]: Area) -> bool {
    let both = |axis: usize, side: f64| a[axis] == side && b[axis] == side;
    both(0, west) || both(1, south) || both(0, east) || both(1, north)
}

fn extremes(rings: &[Vec<[f64; 2]>]) -> Area {
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    rings.iter().flatten().fold(start, |[w, s, e, n], [lon, lat]| [w.min(*lon), s.min(*lat), e.max(*lon), n.max(*lat)])
}

/// The collection's own box (RFC 7946 §5), of two dimensions.
fn bbox(json: &Value) -> Option<Area> {
    let sides = json.get("bbox")?.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>()?;
    sides.try_into().ok()
}

fn collect_rings(json: &Value, rings: &mut Vec<Vec<[f64; 2]>>) -> Result<(), CoastFault> {
    let list = |key: &str| {
        json.get(key).and_then(Value::as_array).ok_or_else(|| CoastFault(format!("\"{key}\" is missing or no list")))
    };
    match json.get("type").and_then(Value::as_str) {
        Some("FeatureCollection") => list("features")?.iter().try_for_each(|f| collect_rings(f, rings)),
        Some("GeometryCollection") => list("geometries")?.iter().try_for_each(|g| collect_rings(g, rings)),
        // A feature may have no geometry (RFC 7946 §3.2).
        Some("Feature") => match json.get("geometry") {
            None | Some(Value::Null) => Ok(()),
            Some(geometry) => collect_rings(geometry, rings),
        },
        Some("Polygon") => list("coordinates")?.iter().try_for_each(|r| ring(r).map(|r| rings.push(r))),
        Some("MultiPolygon") => list("coordinates")?.iter().try_for_each(|polygon| {
            let outlines = polygon.as_array().ok_or_else(|| CoastFault("a polygon is no list of rings".into()))?;
            outlines.iter().try_for_each(|r| ring(r).map(|r| rings.push(r)))
        }),
        Some("Point" | "MultiPoint" | "LineString" | "MultiLineString") => Ok(()),
        Some(other) => Err(CoastFault(format!("\"{other}\" is no GeoJSON type"))),
        None => Err(CoastFault("no GeoJSON: \"type\" is missing".into())),
    }
}

fn ring(json: &Value) -> Result<Vec<[f64; 2]>, CoastFault> {
    let points = json.as_array().ok_or_else(|| CoastFault("a ring is no list of points".into()))?;
    if points.len() < 4 {
        return Err(CoastFault("a ring has fewer than four points".into()));
    }
    let point = |p: &Value| {
        let [lon, lat] = [0, 1].map(|i| p.get(i).and_then(Value::as_f64));
        let inside = |v: Option<f64>, limit: f64| v.filter(|d| d.abs() <= limit);
        inside(lon, 180.0).zip(inside(lat, 90.0)).map(|(lon, lat)| [lon, lat])
    };
    points.iter().map(|p| point(p).ok_or_else(|| CoastFault(format!("{p} is no longitude and latitude in degrees")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers 0–1 that look random and are the same in every run.
    fn numbers(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// Crossing-number test in degrees over all rings: no projection, no grid, no tree.
    fn brute_is_land(rings: &[Vec<[f64; 2]>], lon: f64, lat: f64) -> bool {
        let mut inside = false;
        for ring in rings {
            for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
                if (a[1] > lat) != (b[1] > lat) && lon < a[0] + (lat - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) {
                    inside = !inside;
                }
            }
        }
        inside
    }

    /// Points every 5 m along every shore edge.
    fn brute_distance(rings: &[Vec<[f64; 2]>], area: Area, at: Geodetic) -> f64 {
        let mut best = f64::INFINITY;
        for ring in rings {
            for (a, b) in ring.iter().zip(ring.iter().skip(1)).filter(|(a, b)| !along_a_side(**a, **b, area)) {
                let place = |t: f64| Geodetic::from_degrees(a[1] + t * (b[1] - a[1]), a[0] + t * (b[0] - a[0]));
                let (near, far) = (distance_m(at, place(0.0)), distance_m(at, place(1.0)));
                let long = distance_m(place(0.0), place(1.0));
                if near.min(far) - long > best {
                    continue;
                }
                let steps = (long / 5.0).ceil().max(1.0);
                let along = (0..=steps as usize).map(|i| distance_m(at, place(i as f64 / steps)));
                best = along.fold(best, f64::min);
            }
        }
        best
    }

    fn shipped() -> (Coast, Vec<Vec<[f64; 2]>>, Area) {
        let json: Value = serde_json::from_str(DAYA_BAY).unwrap();
        let mut rings = Vec::new();
        collect_rings(&json, &mut rings).unwrap();
        (Coast::shipped().unwrap().clone(), rings, bbox(&json).unwrap())
    }

    #[test]
    fn land_of_the_shipped_coast_is_what_counting_crossings_says() {
        let (coast, rings, [w, s, e, n]) = shipped();
        let mut next = numbers(1);
        let mut land = 0;
        for _ in 0..20_000 {
            // A tenth beyond each side as well.
            let (lon, lat) = (w + (e - w) * (1.2 * next() - 0.1), s + (n - s) * (1.2 * next() - 0.1));
            let at = Geodetic::from_degrees(lat, lon);
            let expected = brute_is_land(&rings, lon, lat);
            land += usize::from(expected);
            assert_eq!(coast.is_land(at), expected, "{lat} {lon}");
        }
        assert!((4_000..12_000).contains(&land), "{land}");
        // Close to the shore, where the grid's cells are not all of one kind: a metre or so to each side of every edge.
        for ring in &rings {
            for (a, b) in ring.iter().zip(ring.iter().skip(1)) {
                let across = [-(b[1] - a[1]), b[0] - a[0]];
                let long = across[0].hypot(across[1]).max(1e-12);
                for side in [-1e-5, 1e-5] {
                    let t = 0.1 + 0.8 * next();
                    let lon = a[0] + t * (b[0] - a[0]) + side * across[0] / long;
                    let lat = a[1] + t * (b[1] - a[1]) + side * across[1] / long;
                    let expected = brute_is_land(&rings, lon, lat);
                    assert_eq!(coast.is_land(Geodetic::from_degrees(lat, lon)), expected, "{lat} {lon}");
                }
            }
        }
    }

    #[test]
    fn the_nearest_shore_is_what_walking_all_shores_finds() {
        let (coast, rings, area) = shipped();
        let [w, s, e, n] = area;
        let mut next = numbers(2);
        for _ in 0..60 {
            let at = Geodetic::from_degrees(s + (n - s) * next(), w + (e - w) * next());
            let found = coast.nearest_shore(at).unwrap();
            let walked = brute_distance(&rings, area, at);
            // The walk's steps miss the foot of the perpendicular by up to 2.5 m along the shore; the projection's scale
            // changes by up to a few parts in a thousand between two shores that are about as far.
            let slack = 0.02 + (walked.hypot(2.5) - walked) + 0.002 * walked;
            assert!((found.distance_m - walked).abs() < slack, "{at:?}: {found:?} {walked}");
            assert!((distance_m(at, found.nearest) - found.distance_m).abs() < 1e-6);
        }
    }

    const SQUARE_WITH_LAKE: &str = r#"{"type":"FeatureCollection","bbox":[114.0,22.0,115.0,23.0],"features":[
        {"type":"Feature","properties":{},"geometry":null},
        {"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[114.5,22.1],[114.6,22.1]]}},
        {"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[
            [[114.0,22.4],[115.0,22.4],[115.0,23.0],[114.0,23.0],[114.0,22.4]],
            [[114.4,22.6],[114.4,22.8],[114.6,22.8],[114.6,22.6],[114.4,22.6]]]}},
        {"type":"Feature","properties":{},"geometry":{"type":"MultiPolygon","coordinates":[
            [[[114.48,22.68],[114.52,22.68],[114.52,22.72],[114.48,22.72],[114.48,22.68]]]]}}]}"#;

    #[test]
    fn lakes_islets_in_them_and_cut_edges() {
        let coast = Coast::from_geojson(SQUARE_WITH_LAKE).unwrap();
        let at = Geodetic::from_degrees;
        for (lat, lon, land) in [
            (22.2, 114.5, false),
            (22.5, 114.5, true),
            (22.65, 114.5, false),
            (22.7, 114.5, true),
            (22.9, 114.5, true),
            (22.5, 113.9, false),
            (23.1, 114.5, false),
        ] {
            assert_eq!(coast.is_land(at(lat, lon)), land, "{lat} {lon}");
        }
        // The north side is where the survey ends, no shore: from just below it the lake is nearer than any other.
        let shore = coast.nearest_shore(at(22.99, 114.5)).unwrap();
        assert!((shore.nearest.lat_deg() - 22.8).abs() < 1e-9, "{shore:?}");
        // One minute of latitude at 22.9° is 1845.70 m (meridian radius 6 345 070 m).
        assert!((shore.distance_m - 0.19 * 60.0 * 1845.70).abs() < 0.2, "{shore:?}");
        assert_eq!(coast.nearest_shore(at(22.2, 114.5)).unwrap().nearest.lat_deg().mul_add(1e6, 0.5) as i64, 22_400_000);
    }

    #[test]
    fn a_way_meets_land_where_it_crosses_the_shore() {
        let coast = Coast::from_geojson(SQUARE_WITH_LAKE).unwrap();
        let at = Geodetic::from_degrees;
        assert_eq!(coast.first_land(at(22.1, 114.2), at(22.39, 114.9)), None);
        assert_eq!(coast.first_land(at(22.5, 114.2), at(22.1, 114.9)), Some(0.0));
        let half = coast.first_land(at(22.3, 114.5), at(22.5, 114.5)).unwrap();
        assert!((half - 0.5).abs() < 1e-3, "{half}");
        // Over the lake, onto the islet and not the far shore.
        let islet = coast.first_land(at(22.62, 114.5), at(22.85, 114.5)).unwrap();
        assert!((islet - 0.06 / 0.23).abs() < 1e-3, "{islet}");
        // Behind the survey's end there is nothing to meet.
        assert_eq!(coast.first_land(at(23.1, 114.0), at(23.2, 114.9)), None);
    }

    #[test]
    fn the_projection_is_its_own_inverse() {
        let mut next = numbers(3);
        for _ in 0..1000 {
            let at = Geodetic::from_degrees(170.0 * next() - 85.0, 360.0 * next() - 180.0);
            assert!(distance_m(at, geodetic(mercator(at))) < 1e-6, "{at:?}");
        }
    }

    #[test]
    fn what_is_no_shoreline_is_refused_with_its_reason() {
        for (text, says) in [
            ("", "not JSON"),
            ("{}", "\"type\" is missing"),
            (r#"{"type":"FeatureCollection"}"#, "\"features\""),
            (r#"{"type":"FeatureCollection","features":[]}"#, "no Polygon"),
            (r#"{"type":"Ring"}"#, "no GeoJSON type"),
            (r#"{"type":"Polygon","coordinates":[[[1,2],[1,3],[1,2]]]}"#, "four points"),
            (r#"{"type":"Polygon","coordinates":[[[1,2],[1,93],[2,3],[1,2]]]}"#, "degrees"),
            (r#"{"type":"Polygon","coordinates":[[[1,"2"],[1,3],[2,3],[1,2]]]}"#, "degrees"),
            (r#"{"type":"MultiPolygon","coordinates":[7]}"#, "list of rings"),
            (r#"{"type":"Polygon","coordinates":[[[1,2],[1,2],[1,2],[1,2]]]}"#, "no two points"),
        ] {
            let fault = Coast::from_geojson(text).unwrap_err().to_string();
            assert!(fault.contains(says), "{text}: {fault}");
        }
        let coast = Coast::from_geojson(SQUARE_WITH_LAKE).unwrap();
        assert!(!coast.is_land(Geodetic { lat: f64::NAN, lon: 0.0 }));
    }
}
