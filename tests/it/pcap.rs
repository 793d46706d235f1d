//! Captures are read as other programs read them.

use std::collections::BTreeMap;

use haishao::feed::pcap::PcapReader;

use crate::shared;

/// Per capture: packets, payload bytes, first and last time in µs, datagrams by destination port. Counted by a twenty-line
/// reader in Python that walks the bytes with `struct` and knows nothing but untagged Ethernet.
#[expect(clippy::type_complexity, reason = "a table")]
const CAPTURES: [(&str, u64, usize, [i64; 2], &[(u16, u64)]); 7] = [
    ("radar/asterix/ccl_asterix.pcap", 100, 5495, [1_210_855_665_763_759, 1_210_855_674_965_378], &[(20402, 100)]),
    ("radar/asterix/ccl_cat_062_065.pcap", 1, 173, [1_393_332_227_401_501; 2], &[(10001, 1)]),
    ("radar/asterix/montge_cat_001_002.pcap", 1, 223, [1_393_332_226_414_938; 2], &[(21131, 1)]),
    ("radar/asterix/synth_cat240_360spokes.pcap", 361, 196_965, [1_780_058_096_000_000, 1_780_058_098_493_056], &[(8600, 361)]),
    (
        "scenes/wire/S1_clear_1/capture.pcap.gz",
        11_562,
        284_354,
        [1_773_504_000_150_007, 1_773_504_600_099_000],
        &[(8600, 10_857), (10110, 705)],
    ),
    (
        "scenes/wire/S4_storm_2/capture.pcap.gz",
        18_855,
        1_501_973,
        [1_773_504_000_000_000, 1_773_504_480_070_493],
        &[(8600, 16_660), (10110, 993), (14000, 1202)],
    ),
    (
        "scenes/wire/S5_scale_1/capture.pcap.gz",
        6839,
        1_148_309,
        [1_773_504_000_149_993, 1_773_504_101_422_000],
        &[(8600, 2243), (10110, 4596)],
    ),
];

#[test]
fn real_and_simulated_captures_hold_what_another_reader_counts() {
    for (name, packets, payload, times, ports) in CAPTURES {
        let Some(path) = shared::data(name) else { continue };
        let mut reader = PcapReader::open(&path).unwrap();
        let datagrams: Vec<_> = reader.by_ref().collect::<Result<_, _>>().unwrap();
        assert_eq!(reader.counts().packets, packets, "{name}");
        assert_eq!(reader.counts().datagrams, packets, "{name}");
        assert!(reader.counts().skipped.is_empty() && !reader.counts().truncated, "{name}");
        assert_eq!(datagrams.iter().map(|d| d.bytes.len()).sum::<usize>(), payload, "{name}");
        let ends = [&datagrams[0], &datagrams[datagrams.len() - 1]].map(|d| d.at.nanos() / 1000);
        assert_eq!(ends, times, "{name}");
        let mut by_port = BTreeMap::new();
        datagrams.iter().for_each(|d| *by_port.entry(d.destination.1).or_insert(0) += 1);
        assert_eq!(by_port.into_iter().collect::<Vec<_>>(), ports, "{name}");
    }
}

#[test]
fn every_packet_is_where_wireshark_has_it() {
    let Some(path) = shared::data("radar/asterix/ccl_cat_034_048.pcap") else { return };
    let Some(oracle) = shared::data("radar/oracle/ccl_cat_034_048.tshark.json.gz") else { return };
    let oracle: Vec<serde_json::Value> = serde_json::from_slice(&shared::read(&oracle)).unwrap();
    let datagrams: Vec<_> = PcapReader::open(&path).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(datagrams.len(), oracle.len());
    assert_eq!(datagrams.len(), 100);
    for (ours, theirs) in datagrams.iter().zip(&oracle) {
        let field = |layer: &str, name: &str| theirs["_source"]["layers"][layer][name].as_str().unwrap().to_owned();
        let nanos = ours.at.nanos();
        assert_eq!(format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000), field("frame", "frame.time_epoch"));
        assert_eq!(ours.source.0.to_string(), field("ip", "ip.src"));
        assert_eq!(ours.destination.0.to_string(), field("ip", "ip.dst"));
        assert_eq!(ours.source.1.to_string(), field("udp", "udp.srcport"));
        assert_eq!(ours.destination.1.to_string(), field("udp", "udp.dstport"));
        assert_eq!((ours.bytes.len() + 8).to_string(), field("udp", "udp.length"));
    }
}

/// The frames that Croatia Control's decoder found in a Windows `dumpcap` recording: number, time, port.
#[test]
fn a_pcapng_of_dumpcap_is_read_as_another_decoder_read_it() {
    let Some(path) = shared::data("radar/asterix/libasterixrs_example-asterix.pcapng") else { return };
    let Some(oracle) = shared::data("radar/oracle/libasterixrs_example-asterix.pcap.asterix_decoder.jsonl.gz") else { return };
    let datagrams: Vec<_> = PcapReader::open(&path).unwrap().collect::<Result<_, _>>().unwrap();
    let text = String::from_utf8(shared::read(&oracle)).unwrap();
    let mut checked = 0;
    for line in text.lines() {
        let theirs: serde_json::Value = serde_json::from_str(line).unwrap();
        let ours = &datagrams[theirs["frame"].as_u64().unwrap() as usize - 1];
        assert!((ours.at.secs_f64() - theirs["ts"].as_f64().unwrap()).abs() < 2e-6, "{line}");
        assert_eq!(u64::from(ours.destination.1), theirs["port"].as_u64().unwrap());
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}
