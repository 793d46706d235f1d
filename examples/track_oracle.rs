//! What the tracker's own filter reaches on a scene when it is told which plot is of which craft: the bound of every association.
//!
//! `track_oracle SCENE_DIR TRACKS.jsonl [hits=3]`: a craft is told from its `hits`-th plot on (3 is what the tracker asks for at least). The radars' true errors
//! are taken out. Radar only; lines are given as soon as a plot has come.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "../tests/it/scenes.rs"]
mod scenes;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use haishao::fuse::FuseSettings;
use haishao::geo::{GeodeticHeight, LocalPlane, SensorFrame};
use haishao::track::{Imm, MODES, Normal, Step};

struct Held {
    imm: Imm,
    t: f64,
    // Time of the last line or plot.
    told: f64,
    plots: u32,
}

/// A look of the shared scenes' first radar, s.
const COAST_STEP_S: f64 = 2.5;

fn tell(out: &mut impl Write, plane: &LocalPlane, n: &Normal, craft: u32, t: f64, t_out: f64) {
    let g = plane.geodetic(n.x[0], n.x[1]);
    let line = serde_json::json!({ "t": t, "t_out": t_out, "track_id": craft, "status": "confirmed",
        "lat": g.lat_deg(), "lon": g.lon_deg(), "vx": n.x[2], "vy": n.x[3], "pos_cov_m2": n.pp });
    writeln!(out, "{line}").unwrap();
}

fn main() {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().expect("a scene folder"));
    let mut out = std::io::BufWriter::new(std::fs::File::create(args.next().expect("a file")).unwrap());
    let hits: u32 = args.find_map(|a| a.strip_prefix("hits=").map(|v| v.parse().unwrap())).unwrap_or(3);
    let settings = FuseSettings::default();
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(dir.join("scene.json")).unwrap()).unwrap();
    let meta: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(dir.join("truth_meta.json")).unwrap()).unwrap();
    let number = |v: &serde_json::Value, key: &str| v[key].as_f64().unwrap();
    let plane = LocalPlane::new(GeodeticHeight::from_degrees(number(&json, "ref_lat"), number(&json, "ref_lon"), 0.0));
    let mut radars = BTreeMap::new();
    for s in json["sensors"].as_array().unwrap().iter().filter(|s| s["kind"] == "radar") {
        let id = s["id"].as_str().unwrap();
        let frame = SensorFrame::new(
            GeodeticHeight::from_degrees(number(s, "lat"), number(s, "lon"), s["height_m"].as_f64().unwrap_or(0.0)),
            &plane,
        );
        let b = &meta["bias"][id];
        let bias = [number(b, "range_m"), number(b, "az_deg").to_radians(), number(b, "clock_s")];
        radars.insert(id.to_owned(), (frame, [number(s, "sigma_range_m"), number(s, "sigma_az_deg").to_radians()], bias));
    }
    let of: BTreeMap<usize, u32> =
        scenes::rows(&dir.join("truth_assoc.csv")).iter().map(|r| (r[0].parse().unwrap(), r[1].parse().unwrap())).collect();
    // Plots of crafts in the order of their true time.
    let mut plots = Vec::new();
    for (row, r) in scenes::rows(&dir.join("radar.csv")).iter().enumerate() {
        let Some(&craft) = of.get(&row) else { continue };
        let (frame, sigma, bias) = &radars[&r[0]];
        let polar = [r[4].parse::<f64>().unwrap() - bias[0], r[5].parse::<f64>().unwrap().to_radians() - bias[1]];
        plots.push((r[2].parse::<f64>().unwrap() - bias[2], r[3].parse::<f64>().unwrap(), craft, frame, sigma, polar));
    }
    plots.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut held: BTreeMap<u32, Held> = BTreeMap::new();
    for (t, t_rx, craft, frame, sigma, polar) in plots {
        let z = frame.site_from_polar(polar[0], polar[1]);
        let place = frame.place();
        let (e, n) = (z[0] - place[0], z[1] - place[1]);
        let range = e.hypot(n);
        let (ue, un) = (e / range, n / range);
        let (along, across) = (sigma[0] * sigma[0], (range * sigma[1]) * (range * sigma[1]));
        let r = [along * ue * ue + across * un * un, (along - across) * ue * un, along * un * un + across * ue * ue];
        let h = held.entry(craft).or_insert_with(|| Held { imm: Imm::born(&settings.motion, z, r), t, told: t, plots: 0 });
        // Looks without a plot: the place is extrapolated and told, as the tracker does, as long as it is told as seen.
        if h.plots >= hits {
            while t - h.told > COAST_STEP_S && h.told + COAST_STEP_S < h.t + settings.coast_after_s {
                h.told += COAST_STEP_S;
                let mut ahead = h.imm;
                ahead.predict(&settings.motion, h.told - h.t);
                let n = ahead.combined();
                if (n.pp[0] + n.pp[2]).sqrt() > settings.coast_sigma_m {
                    break;
                }
                tell(&mut out, &plane, &n, craft, h.told, h.told + t_rx - t);
            }
        }
        h.plots += 1;
        h.told = t;
        if h.plots > 1 {
            h.imm.predict(&settings.motion, t - h.t);
            h.t = t;
            let mut sum = 0.0;
            for m in 0..MODES {
                let e = h.imm.mode[m].expect(&Step::NONE, r);
                h.imm.mu[m] *= e.peak * (-0.5 * e.distance2(z)).exp();
                sum += h.imm.mu[m];
                h.imm.mode[m].correct(&e.gain, [z[0] - e.z[0], z[1] - e.z[1]], e.s);
            }
            for v in &mut h.imm.mu {
                *v /= sum.max(1e-300);
            }
        }
        if h.plots >= hits {
            tell(&mut out, &plane, &h.imm.combined(), craft, h.t, t_rx);
        }
    }
    eprintln!("{} crafts", held.len());
}
