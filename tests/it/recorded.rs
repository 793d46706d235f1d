//! Real logs and captures come in order of time, whole, with the times that stand in them.

use haishao::feed::recorded::{LogClock, Recorded, RecordedFrame, merge};
use haishao::model::{Site, Timestamp};

use crate::shared;

const SITE: &str = r#"
[site]
name = "test"
origin = { lat = 55.0, lon = 11.0 }

[[sensor]]
id = "AIS"
kind = "ais"
format = "nmea"
feed = "udp://0.0.0.0:10110"
"#;

fn site(text: &str) -> Site {
    haishao::config::parse(text, std::path::Path::new("site.toml")).unwrap().site
}

/// Lines that are not empty, first and last time told in them in ms, as counted in Python with regular expressions. A `$PGHP`
/// line tells the time of the message after it, none of its own; the last of `dma-ais-sample` by the clock is that of a `$PSTT`. In `navico4g-arpa` ZDA does, once a second.
const LOGS: [(&str, usize, LogClock, [i64; 2]); 6] = [
    ("ais/raw/dma-stream_example.txt.gz", 8551, LogClock::Wrappers, [1_276_256_771_390, 1_276_256_798_873]),
    ("ais/raw/amsa-ee1.txt.gz", 7160, LogClock::Wrappers, [1_327_992_119_173, 1_327_993_184_859]),
    ("ais/raw/amsa-ee3.txt.gz", 7672, LogClock::Wrappers, [1_328_182_324_603, 1_328_187_308_475]),
    ("ais/raw/nor-2024.raw", 223, LogClock::Wrappers, [1_733_782_034_000, 1_733_782_039_000]),
    ("ais/raw/dma-ais-sample.txt.gz", 80_246, LogClock::Wrappers, [1_384_257_600_011, 1_384_257_899_995]),
    ("radar/nmea/navico4g-arpa.nmea.gz", 33_947, LogClock::Sentences, [1_438_004_761_000, 1_438_005_739_000]),
];

#[test]
fn real_logs_run_from_their_first_time_to_their_last() {
    let site = site(SITE);
    for (name, lines, clock, ends) in LOGS {
        let Some(path) = shared::data(name) else { continue };
        let mut recorded = Recorded::open(&path, &site, None).unwrap();
        let frames: Vec<RecordedFrame> = recorded.by_ref().collect::<Result<_, _>>().unwrap();
        let Recorded::Log(log) = &recorded else { panic!("{name} is a log") };
        assert_eq!(log.clock(), Some(clock), "{name}");
        assert!(frames.is_sorted_by_key(|f| f.received_at), "{name}");
        // Nothing is lost: the lines are those of the file.
        let text = shared::read(&path);
        let expected: Vec<&[u8]> =
            text.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l)).filter(|l| !l.is_empty()).collect();
        assert!(frames.iter().map(|f| f.bytes.as_slice()).eq(expected), "{name}");
        assert_eq!(frames.len(), lines, "{name}");
        let got = [&frames[0], &frames[lines - 1]].map(|f| f.received_at.nanos() / 1_000_000);
        assert_eq!(got, ends, "{name}");
        assert_eq!(log.counts().disbelieved, 0, "{name}");
    }
}

#[test]
fn every_datagram_of_a_scene_reaches_its_feed() {
    let Some(path) = shared::data("scenes/wire/S2_coast_1/capture.pcap.gz") else { return };
    let Some(toml) = shared::data("scenes/wire/S2_coast_1/site.toml") else { return };
    let site = site(&String::from_utf8(shared::read(&toml)).unwrap());
    let mut recorded = Recorded::open(&path, &site, None).unwrap();
    let mut by_feed = vec![0; site.feeds.len()];
    let mut last = Timestamp::MIN;
    for frame in recorded.by_ref() {
        let frame = frame.unwrap();
        assert!(frame.received_at >= last);
        last = frame.received_at;
        by_feed[usize::from(frame.feed.0)] += 1;
    }
    // Port 8600 in all, camera, AIS, as an independent reader counts the capture's packets; each group has its own feed.
    assert_eq!(by_feed[0] + by_feed[1], 20_331);
    assert!(by_feed[0] > 5000 && by_feed[1] > 5000, "{by_feed:?}");
    assert_eq!(by_feed[2..], [1124, 985]);
    assert_eq!(recorded.notes(), Vec::<String>::new());
}

#[test]
fn two_halves_of_a_night_merge_into_the_night() {
    let Some(path) = shared::data("scenes/wire/S1_clear_1/capture.pcap.gz") else { return };
    let both = |radar: &str, ais: &str| {
        let sensor = |id: &str, kind: &str, format: &str, port: &str| {
            format!(
                "[[sensor]]\nid = \"{id}\"\nkind = \"{kind}\"\nformat = \"{format}\"\nfeed = \"udp://0.0.0.0:{port}\"\nposition = {{ lat = 22.2, lon = 114.25, height_m = 0.0 }}\n"
            )
        };
        let head = "[site]\nname = \"x\"\norigin = { lat = 22.2, lon = 114.25 }\n";
        site(&[head, &sensor("R1", "radar", "asterix", radar), &sensor("AIS", "ais", "nmea", ais)].concat())
    };
    let open = |site: &Site| Recorded::open(&path, site, None).unwrap();
    let whole: Vec<RecordedFrame> = open(&both("8600", "10110")).collect::<Result<_, _>>().unwrap();
    let halves = vec![open(&both("8600", "9")), open(&both("9", "10110"))];
    let merged: Vec<RecordedFrame> = merge(halves).collect::<Result<_, _>>().unwrap();
    assert_eq!(merged.len(), whole.len());
    assert!(merged.is_sorted_by_key(|f| f.received_at));
    // Equal but for the order at equal times, where the first argument goes first.
    let sorted = |mut frames: Vec<RecordedFrame>| {
        frames.sort_by_key(|f| (f.received_at, f.feed));
        frames
    };
    assert_eq!(merged, sorted(whole));
}
