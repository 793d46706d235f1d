//! From a frame that makes an alert to the alert at a console: the real program, the simulated night over UDP at its own pace, a rule that fires
//! on whatever moves, and one WebSocket. `cargo build --release && cargo run --release --example alert_latency [SECONDS]`. Only measures.

use std::io::{BufRead, BufReader};
use std::net::{TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use haishao::model::{FeedId, Timestamp};
use haishao::sim::DayaBayNight;
use serde_json::Value;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const RULE: &str = "[[rule]]\nid = \"T01\"\nname_zh = \"动\"\nname_en = \"moves\"\nwhen = \"sog_kn > 0.5\"\nhold_s = 0.0\nclear_s = 1.0\nseverity = 1\n\
                    text_zh = \"航速{sog_kn:.1}节\"\ntext_en = \"{sog_kn:.1} kn\"\nowner = \"bench\"\n";

#[allow(clippy::disallowed_methods)] // Measures wall time.
fn now() -> Result<f64, Failure> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64())
}

fn main() -> Result<(), Failure> {
    let seconds: f64 = std::env::args().nth(1).map_or(Ok(120.0), |text| text.parse())?;
    let port = || Ok::<u16, Failure>(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port());
    let (radar, ais) = (port()?, port()?);
    let folder = std::env::temp_dir().join(format!("haishao-latency-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = folder.join("site.toml");
    let site = format!(
        "[site]\nname = \"bench\"\norigin = {{ lat = 22.55, lon = 114.72 }}\n[[sensor]]\nid = \"R1\"\nkind = \"radar\"\nformat = \"asterix\"\n\
         feed = \"udp://127.0.0.1:{radar}\"\nposition = {{ lat = 22.55, lon = 114.886, height_m = 110.0 }}\nscan_s = 2.5\nsigma_range_m = 10.0\n\
         sigma_azimuth_deg = 0.27\nmin_snr_db = 10.0\namplitude = {{ db_per_count = 0.2, offset_db = 0.0 }}\n[[sensor]]\nid = \"AIS\"\nkind = \"ais\"\n\
         format = \"nmea\"\nfeed = \"udp://127.0.0.1:{ais}\"\n[capture]\ndir = \"capture\"\n{RULE}"
    );
    std::fs::write(&config, site)?;
    let mut watch = Command::new("target/release/haishao")
        .args(["watch", "--listen", "127.0.0.1:0", "--config"])
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let measured = measure(&mut watch, radar, ais, seconds);
    watch.kill()?;
    watch.wait()?;
    std::fs::remove_dir_all(&folder)?;
    let (mut said, mut seen) = measured?;
    for (name, delays) in [("from the engine's line (t_out)", &mut said), ("from the time of the plot (t)", &mut seen)] {
        delays.sort_by(f64::total_cmp);
        let at = |q: f64| delays.get((q * delays.len() as f64) as usize).copied().unwrap_or(f64::NAN) * 1e3;
        println!(
            "{name}: {} alerts, p50 {:.0} ms, p99 {:.0} ms, most {:.0} ms",
            delays.len(),
            at(0.5),
            at(0.99),
            at(1.0 - f64::EPSILON)
        );
    }
    Ok(())
}

/// Delays of raised alerts at the console, from `t_out` and from `t`, s.
#[allow(clippy::disallowed_methods)] // Measures wall time.
fn measure(watch: &mut std::process::Child, radar: u16, ais: u16, seconds: f64) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let mut lines = BufReader::new(watch.stderr.take().ok_or("no standard error")?).lines();
    let address = loop {
        let line = lines.next().ok_or("the watch has ended")??;
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect::<String>();
        }
    };
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let stream = TcpStream::connect(&address)?;
    stream.set_read_timeout(Some(Duration::from_millis(2500)))?;
    let (mut socket, _) = tungstenite::client(format!("ws://{address}/api/stream"), stream)?;
    let feeder = std::thread::spawn(move || play(seconds, radar, ais));
    let (mut said, mut seen) = (Vec::new(), Vec::new());
    while !feeder.is_finished() {
        let tungstenite::Message::Text(text) = socket.read()? else { continue };
        let at = now()?;
        let json: Value = serde_json::from_str(&text)?;
        if json["type"] != "alerts" {
            continue;
        }
        for alert in json["alerts"].as_array().into_iter().flatten().filter(|a| a["state"] == "raised") {
            said.extend(alert["t_out"].as_f64().map(|t| at - t));
            seen.extend(alert["t"].as_f64().map(|t| at - t));
        }
    }
    feeder.join().map_err(|_panic| "the feeder has failed")??;
    Ok((said, seen))
}

#[allow(clippy::disallowed_methods)] // At its own pace.
fn play(seconds: f64, radar: u16, ais: u16) -> Result<(), Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let start = Timestamp::from_nanos((now()? * 1e9) as i64);
    let begun = Instant::now();
    for event in DayaBayNight::new(7, start).lasting(seconds) {
        let due = Duration::from_secs_f64(event.at.seconds_since(start).max(0.0));
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        match event.feed {
            FeedId(0) => drop(socket.send_to(&event.bytes, ("127.0.0.1", radar))?),
            FeedId(2) => drop(socket.send_to(&event.bytes, ("127.0.0.1", ais))?),
            _ => {}
        }
    }
    Ok(())
}
