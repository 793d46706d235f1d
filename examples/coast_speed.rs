//! What questions about the shore cost, on the shipped coast or on a file: `coast_speed [FILE]`. Only measures.

use std::time::Duration;

use cpu_time::ThreadTime;
use haishao::geo::{Coast, Geodetic};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file)?,
        None => include_str!("../config/coast/daya_bay.geojson").to_owned(),
    };
    let started = ThreadTime::now();
    let coast = Coast::from_geojson(&text)?;
    println!("{} edges read in {:.1} ms", coast.edges(), started.elapsed().as_secs_f64() * 1e3);
    // A grid of places 100 m apart over the bay, asked in an order that jumps about.
    let places: Vec<Geodetic> = (0..100_000_u64).map(|i| i * 48_271 % 100_000).map(|i| place(i % 317, i / 317)).collect();
    let all = places.len() as f64;
    let ns = |d: Duration| d.as_secs_f64() * 1e9 / all;
    let started = ThreadTime::now();
    let land = places.iter().filter(|p| coast.is_land(**p)).count();
    println!("land or sea: {:.0} ns ({land} of {all} on land)", ns(started.elapsed()));
    let started = ThreadTime::now();
    let sum: f64 = places.iter().filter_map(|p| coast.nearest_shore(*p)).map(|s| s.distance_m).sum();
    println!("nearest shore: {:.0} ns (mean {:.0} m)", ns(started.elapsed()), sum / all);
    let started = ThreadTime::now();
    let ways = places.iter().zip(places.iter().map(|p| Geodetic { lat: p.lat + 1e-4, lon: p.lon + 1e-4 }));
    let met = ways.filter(|(p, q)| coast.first_land(**p, *q).is_some()).count();
    println!("a way of 870 m: {:.0} ns ({met} meet land)", ns(started.elapsed()));
    Ok(())
}

fn place(east: u64, north: u64) -> Geodetic {
    Geodetic::from_degrees(22.4 + 0.4 * north as f64 / 316.0, 114.4 + 0.6 * east as f64 / 316.0)
}
