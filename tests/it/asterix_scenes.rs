//! The scene captures, written by another encoder from a table of plots, decode to that table.

use std::collections::BTreeMap;
use std::net::IpAddr;

use haishao::config;
use haishao::feed::pcap::PcapReader;
use haishao::model::{FeedAddress, FeedId, Frame, Place, Report, ReportKind, Site, Timestamp};
use haishao::wire::asterix::AsterixDecoder;
use haishao::wire::{Decode, WireHealth};

use crate::shared;

/// Scene t = 0 (`scenes/README.md`).
const EPOCH: Timestamp = Timestamp::from_secs(1_773_504_000);

fn feed_of(site: &Site, group: IpAddr, to_port: u16) -> Option<FeedId> {
    let is = |f: &FeedAddress| matches!(f, FeedAddress::Udp { host, port } if *port == to_port && host.parse() == Ok(group));
    site.feeds.iter().position(is).map(|i| FeedId(i as u16))
}

/// All reports of a scene's radars in the order of the capture.
fn reports(scene: &str) -> Option<(Site, Vec<Report>, WireHealth)> {
    let folder = shared::data(&format!("scenes/wire/{scene}"))?;
    let site = config::load(&folder.join("site.toml")).unwrap().site;
    let mut decoders = BTreeMap::new();
    let (mut out, mut health) = (Vec::new(), WireHealth::default());
    for datagram in PcapReader::open(folder.join("capture.pcap.gz")).unwrap() {
        let datagram = datagram.unwrap();
        let Some(feed) = feed_of(&site, datagram.destination.0, datagram.destination.1) else { continue };
        let decoder = decoders.entry(feed).or_insert_with(|| AsterixDecoder::new(&site, feed));
        decoder.decode(Frame { feed, received_at: datagram.at, bytes: &datagram.bytes }, &mut out, &mut health);
    }
    Some((site, out, health))
}

#[test]
fn plots_agree_with_the_table_to_quantisation() {
    // Largest difference allowed: half a step of I010/040 (1 m, 360°/2^16), I010/140 (1/128 s) and I010/131 (0.2 dB), and half a
    // unit of the table's last digit.
    const RANGE_M: f64 = 0.5 + 0.05;
    const AZIMUTH_DEG: f64 = 0.003 + 0.0005;
    const TIME_S: f64 = 0.004 + 0.0005;
    const SNR_DB: f64 = 0.1 + 0.05;
    let mut scenes = 0;
    for scene in [
        "S1_clear_1",
        "S1_clear_2",
        "S2_coast_1",
        "S2_coast_2",
        "S3_dense_1",
        "S3_dense_2",
        "S4_storm_1",
        "S4_storm_2",
        "S5_scale_1",
    ] {
        let Some((site, reports, health)) = reports(scene) else { continue };
        let csv = String::from_utf8(shared::read(&shared::data(&format!("scenes/{scene}/radar.csv.gz")).unwrap())).unwrap();
        let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|l| l.split(',').collect()).collect();
        let index =
            String::from_utf8(shared::read(&shared::data(&format!("scenes/wire/{scene}/wire_index.csv.gz")).unwrap())).unwrap();
        let wanted: Vec<usize> = index.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!(wanted.len(), rows.len(), "{scene}: the index names every row");

        let plots: Vec<_> = reports.iter().filter(|r| matches!(r.kind, ReportKind::Plot(_))).collect();
        assert_eq!(plots.len(), rows.len(), "{scene}: as many plots as rows");
        let mut worst = [0.0_f64; 4];
        for (report, &row) in plots.iter().zip(&wanted) {
            let row = &rows[row];
            let number = |i: usize| row[i].parse::<f64>().unwrap();
            let ReportKind::Plot(plot) = &report.kind else { unreachable!() };
            assert_eq!(site.sensor(report.sensor).unwrap().id, row[0]);
            let Place::Polar { range_m, azimuth } = plot.place else { panic!("{scene}: {plot:?}") };
            let turn = (azimuth.to_degrees() - number(5) + 540.0).rem_euclid(360.0) - 180.0;
            let differences = [
                range_m - number(4),
                turn,
                report.t.seconds_since(EPOCH) - number(2),
                f64::from(plot.snr_db.unwrap()) - number(6),
            ];
            for (w, d) in worst.iter_mut().zip(differences) {
                *w = w.max(d.abs());
            }
            // A sector is sent when its last plot has arrived.
            assert!(report.received_at.seconds_since(EPOCH) >= number(3) - 1e-3);
        }
        let bound = [RANGE_M, AZIMUTH_DEG, TIME_S, SNR_DB];
        assert!(worst.iter().zip(bound).all(|(w, b)| *w <= b), "{scene}: {worst:?} over {bound:?}");
        println!("{scene}: {} plots, largest differences {worst:?}", plots.len());

        assert_eq!(health.refused_total(), 0, "{scene}: {:?}", health.refused);
        assert!(health.ignored.is_empty(), "{scene}: {:?}", health.ignored);
        scenes += 1;
    }
    println!("{scenes} scenes");
}

#[test]
fn the_antenna_turns_as_the_site_says() {
    let Some((site, reports, _)) = reports("S2_coast_1") else { return };
    let mut last_north: BTreeMap<_, Timestamp> = BTreeMap::new();
    let mut turns = 0;
    for report in &reports {
        let ReportKind::Antenna(antenna) = &report.kind else { continue };
        assert!((0.0..std::f64::consts::TAU).contains(&antenna.azimuth));
        if antenna.north {
            assert_eq!(antenna.azimuth, 0.0);
            if let Some(before) = last_north.insert(report.sensor, report.t) {
                let period = site.sensor(report.sensor).unwrap().scan_s.unwrap();
                assert!((report.t.seconds_since(before) - period).abs() <= 1.0 / 128.0 + 1e-9);
                assert!(antenna.period_s.is_none_or(|p| (f64::from(p) - period).abs() <= 0.5 / 128.0));
                turns += 1;
            }
        }
    }
    // 600 s: 240 turns of 2.5 s and 200 of 3 s, less the first of each.
    assert!((430..=440).contains(&turns), "{turns}");
}
