//! What two feeds bring is one report: a radar on two networks, a transponder heard by two receivers.

use std::collections::BTreeMap;
use std::path::Path;

use haishao::config::{self, Config};
use haishao::engine::Pipeline;
use haishao::feed::recorded::Recorded;
use haishao::model::{FeedId, Frame, Report, ReportKind, SensorId, Site, Track};
use haishao::sim::DayaBayNight;

use crate::shared;
use crate::sites::{self, DAXINGSHAN};

fn parse(text: &str) -> Config {
    config::parse(text, Path::new("site.toml")).unwrap()
}

/// Each of the seven radars of the recording sends on port 21xxx and, to another group, on 22xxx.
fn lan(ports: &[&str]) -> Config {
    let mut text = "[site]\nname = \"ATC\"\norigin = { lat = 45.5, lon = 16.0 }\n".to_owned();
    for port in ports {
        let position = "position = { lat = 45.5, lon = 16.0, height_m = 100.0 }";
        text += &format!(
            "[[sensor]]\nid = \"{port}\"\nkind = \"radar\"\nformat = \"asterix\"\nfeed = \"udp://0.0.0.0:{port}\"\n{position}\n"
        );
    }
    parse(&text)
}

/// Reports of the real dual-LAN capture, how many of them another feed had brought, and the track lines.
fn through(config: &Config, capture: &Path) -> (usize, u64, Vec<Track>) {
    let mut pipeline = Pipeline::new(config).unwrap();
    let (mut reports, mut tracks) = (0, Vec::new());
    for frame in Recorded::open(capture, &config.site, None).unwrap() {
        let frame = frame.unwrap();
        let (said, effects) = pipeline.frame(Frame { feed: frame.feed, received_at: frame.received_at, bytes: &frame.bytes });
        reports += said.len();
        tracks.extend(effects.tracks.iter().cloned());
    }
    (reports, pipeline.core().repeats(), tracks)
}

#[test]
fn a_radar_on_two_networks_is_one_radar() {
    let Some(capture) = shared::data("radar/asterix/ccl_cat_034_048.pcap") else { return };
    let first = ["21131", "21134", "21112", "21113", "21114", "21135", "21111"];
    let second = ["22131", "22134", "22112", "22113", "22114", "22135", "22111"];
    let (alone, repeats, tracks) = through(&lan(&first), &capture);
    assert!(alone > 40 && repeats == 0, "{alone} reports, {repeats} repeats");
    let both: Vec<&str> = first.iter().chain(&second).copied().collect();
    let (twice, repeats, both_tracks) = through(&lan(&both), &capture);
    // Records without a time of day are never taken for repeats; this capture has none.
    assert_eq!((twice, repeats), (2 * alone, alone as u64));
    // On this capture the second network is often the first to bring a datagram: the radar keeps the name of its first.
    let known = |tracks: &[Track]| -> Vec<_> {
        tracks.iter().map(|t| (t.id, t.sensors.iter().map(|(s, _)| s).collect::<Vec<_>>())).collect()
    };
    assert_eq!(known(&both_tracks).len(), known(&tracks).len());
}

fn night_site() -> String {
    let site = "[site]\nname = \"test\"\norigin = { lat = 22.55, lon = 114.72 }\n".to_owned();
    site + &sites::radar("R1", "udp://0.0.0.0:8600", DAXINGSHAN) + &sites::ais("AIS", "udp://0.0.0.0:10110")
}

/// The same with each sensor on a second network.
fn night_site_twice() -> String {
    night_site() + &sites::radar("R1-LAN2", "udp://0.0.0.0:8601", DAXINGSHAN) + &sites::ais("AIS-2", "udp://0.0.0.0:10111")
}

/// 90 s of the simulated night; `copies` gives, for a feed of two (0 radar, 1 AIS) and a number, over which feeds and with what delay in
/// milliseconds each frame comes.
fn night(config: &Config, copies: impl Fn(u16, usize) -> Vec<(u16, i64)>) -> (Vec<Track>, u64, u64) {
    let start = haishao::model::Timestamp::from_secs(1_800_000_000);
    let mut frames = Vec::new();
    for (i, event) in DayaBayNight::new(3, start).lasting(90.0).enumerate() {
        let feed = match event.feed {
            FeedId(0) => 0,
            FeedId(2) => 1,
            _ => continue,
        };
        for (n, (to, delay_ms)) in copies(feed, i).into_iter().enumerate() {
            let at = event.at.plus_seconds(delay_ms as f64 * 1e-3);
            frames.push((at, i, n, FeedId(to), event.bytes.clone()));
        }
    }
    frames.sort();
    let mut pipeline = Pipeline::new(config).unwrap();
    let (mut tracks, mut ais) = (Vec::new(), 0);
    for (received_at, _, _, feed, bytes) in &frames {
        let (reports, effects) = pipeline.frame(Frame { feed: *feed, received_at: *received_at, bytes });
        let positions = |r: &&Report| matches!(r.kind, ReportKind::AisPosition(_) | ReportKind::AisStatic(_));
        ais += reports.iter().filter(positions).count() as u64;
        tracks.extend(effects.tracks.iter().cloned());
    }
    (tracks, pipeline.core().repeats(), ais)
}

/// A line as it is told, but for who contributed.
fn without_sources(tracks: &[Track], site: &Site) -> Vec<BTreeMap<String, serde_json::Value>> {
    let told = |t: &Track| {
        let mut line = Vec::new();
        haishao::publish::lines::track_line(t, site, &mut line);
        let mut value: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&line).unwrap();
        for key in ["sources", "source_age_s", "radar_sites"] {
            value.remove(key);
        }
        value
    };
    tracks.iter().map(told).collect()
}

#[test]
fn two_receivers_and_two_networks_make_the_tracks_of_one() {
    let one = parse(&night_site());
    let two = parse(&night_site_twice());
    let (alone, none, ais) = night(&one, |feed, _| vec![(feed, 0)]);
    assert!(alone.len() > 500 && none == 0 && ais > 100, "{} lines, {none} repeats, {ais} AIS reports", alone.len());

    // The same twice: not one line more, and each line says the same.
    let (both, repeats, _) = night(&two, |feed, _| vec![(feed, 0), (feed + 2, 0)]);
    assert!(repeats > ais, "{repeats} repeats");
    assert_eq!(without_sources(&both, &two.site), without_sources(&alone, &one.site));
    // AIS vessels are known to be heard by both; the radar is one, under its first name.
    let heard = |tracks: &[Track], id: u16| tracks.iter().any(|t| t.sensors.iter().any(|(s, _)| s == SensorId(id)));
    assert!(heard(&both, 1) && heard(&both, 3) && heard(&both, 0) && !heard(&both, 2));

    // Now this network is faster and now that, and one loses every seventh datagram: still nothing is told twice, and nothing is lost.
    let fast = |i: usize| (i * 7919 % 11) as i64;
    let (mixed, repeats, _) = night(&two, |feed, i| {
        let (a, b) = ((feed, fast(i)), (feed + 2, fast(i + 5)));
        if i % 7 == 0 { vec![b] } else { vec![a, b] }
    });
    assert!(repeats > 0);
    let updates = |tracks: &[Track]| tracks.len() as f64;
    assert!((updates(&mixed) / updates(&alone) - 1.0).abs() < 0.03, "{} lines for {}", mixed.len(), alone.len());
    let confirmed = |tracks: &[Track]| {
        let ids = tracks.iter().filter(|t| t.status == haishao::model::TrackStatus::Confirmed).map(|t| t.id);
        ids.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert!(confirmed(&mixed).abs_diff(confirmed(&alone)) <= 1, "{} and {}", confirmed(&mixed), confirmed(&alone));
}

#[test]
fn the_same_transmission_after_ten_seconds_is_news_and_the_table_does_not_grow() {
    let two = parse(&night_site_twice());
    let line = b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\r\n";
    let start = haishao::model::Timestamp::from_secs(1_800_000_000);
    let mut pipeline = Pipeline::new(&two).unwrap();
    let mut repeats_after = |feed: u16, s: f64| {
        pipeline.frame(Frame { feed: FeedId(feed), received_at: start.plus_seconds(s), bytes: line });
        pipeline.core().repeats()
    };
    assert_eq!(repeats_after(1, 0.0), 0);
    assert_eq!(repeats_after(3, 9.9), 1);
    // The second receiver has not been heard of it for its own ten seconds yet, the first has: news, once.
    assert_eq!(repeats_after(1, 20.5), 1);
    assert_eq!(repeats_after(3, 20.6), 2);

    let mut transmissions = haishao::fuse::Transmissions::new(&two.site);
    let room = transmissions.capacity();
    let report = |n: u64| Report {
        sensor: SensorId(1),
        t: start,
        received_at: start,
        transmission: Some(haishao::model::Transmission::new(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
        kind: ReportKind::AisStatic(Box::new(haishao::model::AisStatic::blank(
            haishao::model::Mmsi(412_000_001),
            haishao::model::AisClass::A,
            5,
        ))),
    };
    for n in 0..1_000_000 {
        assert_eq!(transmissions.admit(&[report(n)]).len(), 1);
    }
    assert_eq!((transmissions.capacity(), transmissions.repeats()), (room, 0));
    assert!(room >= 4 * 1_700, "{room}");
}
