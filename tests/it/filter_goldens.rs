//! Our filters against Stone Soup on the same input (`fixtures/filters`, written by `tools/golden_filters.py`), to 1e-9.
#![allow(clippy::needless_range_loop)] // matrices and modes: the index is the notation

use std::path::Path;

use haishao::track::{Imm, MODES, Motion, Normal, Step};
use serde_json::Value;

/// Largest difference, in parts of the larger of the value and 1: both sides compute in doubles, over up to 40 steps.
const TOLERANCE: f64 = 1e-9;

fn cases(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/filters").join(name);
    let value: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    value["cases"].clone()
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

fn list<const N: usize>(v: &Value) -> [f64; N] {
    std::array::from_fn(|i| number(&v[i]))
}

/// Stone Soup's order is east, its velocity, north, its velocity.
const ORDER: [usize; 4] = [0, 2, 1, 3];

fn vector(v: &Value) -> [f64; 4] {
    ORDER.map(|i| number(&v[i]))
}

fn matrix(v: &Value) -> [[f64; 4]; 4] {
    ORDER.map(|i| ORDER.map(|j| number(&v[i][j])))
}

fn symmetric(v: &Value) -> [f64; 3] {
    [number(&v[0][0]), number(&v[0][1]), number(&v[1][1])]
}

fn normal(v: &Value) -> Normal {
    let p = matrix(&v["p"]);
    Normal {
        x: vector(&v["x"]),
        pp: [p[0][0], p[0][1], p[1][1]],
        pv: [p[0][2], p[0][3], p[1][2], p[1][3]],
        vv: [p[2][2], p[2][3], p[3][3]],
    }
}

fn full(n: &Normal) -> [[f64; 4]; 4] {
    let (p, c, v) = (n.pp, n.pv, n.vv);
    [[p[0], p[1], c[0], c[1]], [p[1], p[2], c[2], c[3]], [c[0], c[2], v[0], v[1]], [c[1], c[3], v[1], v[2]]]
}

fn near(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() <= TOLERANCE * theirs.abs().max(1.0), "{what}: {ours} for {theirs}");
}

fn same(ours: &Normal, theirs: &Value, what: &str) {
    let (x, p) = (vector(&theirs["x"]), matrix(&theirs["p"]));
    for i in 0..4 {
        near(ours.x[i], x[i], &format!("{what}, state {i}"));
        for j in 0..4 {
            near(full(ours)[i][j], p[i][j], &format!("{what}, covariance {i} {j}"));
        }
    }
}

/// Takes a certain plot in; returns the density of its innovation.
fn take(n: &mut Normal, z: [f64; 2], r: [f64; 3]) -> f64 {
    let e = n.expect(&Step::NONE, r);
    n.correct(&e.gain, [z[0] - e.z[0], z[1] - e.z[1]], e.s);
    e.peak * (-0.5 * e.distance2(z)).exp()
}

/// `eᵀ P⁻¹ e` by elimination.
fn squared_distance(p: &[[f64; 4]; 4], e: [f64; 4]) -> f64 {
    let (mut a, mut b) = (*p, e);
    for i in 0..4 {
        for k in i + 1..4 {
            let f = a[k][i] / a[i][i];
            for j in i..4 {
                a[k][j] -= f * a[i][j];
            }
            b[k] -= f * b[i];
        }
    }
    for i in (0..4).rev() {
        let rest: f64 = (i + 1..4).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - rest) / a[i][i];
    }
    (0..4).map(|i| e[i] * b[i]).sum()
}

#[test]
fn prediction_and_update_are_stone_soups() {
    let cases = cases("steps.json");
    for (i, c) in cases.as_array().unwrap().iter().enumerate() {
        let mut n = normal(&c["from"]);
        n.predict(&Step::new(number(&c["dt"]), number(&c["omega"]), number(&c["q"])));
        same(&n, &c["predicted"], &format!("step {i} predicted"));
        let density = take(&mut n, list(&c["z"]), symmetric(&c["r"]));
        // A density is some 1e-5 per m²: compared in parts of itself.
        near(density / number(&c["density"]), 1.0, &format!("step {i} density"));
        same(&n, &c["updated"], &format!("step {i} updated"));
    }
    assert_eq!(cases.as_array().unwrap().len(), 6);
}

/// Forty plots of a craft that turns, through a straight filter, with the normalized estimation error squared of place and of all.
#[test]
fn a_run_and_its_nees_are_stone_soups() {
    let run = cases("run.json");
    let q = number(&run["q"]);
    let mut n = normal(&run["from"]);
    let mut steps = 0;
    for (i, c) in run["steps"].as_array().unwrap().iter().enumerate() {
        n.predict(&Step::new(number(&c["dt"]), 0.0, q));
        let density = take(&mut n, list(&c["z"]), symmetric(&c["r"]));
        near(density / number(&c["density"]), 1.0, &format!("step {i} density"));
        same(&n, &c["updated"], &format!("step {i}"));
        let truth = vector(&c["truth"]);
        let place = n.expect(&Step::NONE, [0.0; 3]).distance2([truth[0], truth[1]]);
        near(place, number(&c["nees_place"]), &format!("step {i}, NEES of place"));
        let error = std::array::from_fn(|k| n.x[k] - truth[k]);
        near(squared_distance(&full(&n), error), number(&c["nees"]), &format!("step {i}, NEES"));
        steps += 1;
    }
    assert_eq!(steps, 40);
}

/// Four models over fourteen plots at uneven times, through a turn: every mode after mixing and prediction, the modes' probabilities before
/// and after each plot, and what all modes say together.
#[test]
fn an_imm_of_stone_soups_filters_says_the_same() {
    let cases = cases("imm.json");
    let m = &cases["motion"];
    let motion = Motion {
        noise: list(&m["noise"]),
        lateral: list(&m["lateral"]),
        dwell_s: list(&m["dwell_s"]),
        next: std::array::from_fn(|i| list(&m["next"][i])),
        prior: list(&m["prior"]),
        sigma_v: list(&m["sigma_v"]),
        max_turn: number(&m["max_turn"]),
    };
    let mut imm = Imm::born(&motion, list(&cases["place"]), symmetric(&cases["r"]));
    let mut leaders = [0; MODES];
    for (i, c) in cases["steps"].as_array().unwrap().iter().enumerate() {
        imm.predict(&motion, number(&c["dt"]));
        for j in 0..MODES {
            near(imm.mu[j], number(&c["predicted_mu"][j]), &format!("step {i}, mode {j} predicted"));
            same(&imm.mode[j], &c["predicted"][j], &format!("step {i}, mode {j} predicted"));
        }
        for j in 0..MODES {
            imm.mu[j] *= take(&mut imm.mode[j], list(&c["z"]), symmetric(&c["r"]));
        }
        let sum: f64 = imm.mu.iter().sum();
        imm.mu = imm.mu.map(|v| v / sum);
        for j in 0..MODES {
            near(imm.mu[j], number(&c["mu"][j]), &format!("step {i}, mode {j}"));
        }
        same(&imm.combined(), &c["combined"], &format!("step {i} combined"));
        let first = (0..MODES).max_by(|a, b| imm.mu[*a].total_cmp(&imm.mu[*b])).unwrap();
        leaders[first] += 1;
    }
    // A case in which one model leads from first to last would not show how they exchange.
    assert!(leaders.iter().filter(|n| **n > 0).count() >= 2, "{leaders:?}");
}
