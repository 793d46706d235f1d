use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::write::{Style, block, classic, enhanced, ethernet, interface, ipv4, ipv6, section, udp};
use super::*;
use crate::model::Timestamp;
use crate::wire::Refusal;

const LITTLE: Style = Style { big_endian: false, nanoseconds: false };
const NOW: u64 = 1_773_504_000_123_456_789;

fn read(bytes: Vec<u8>) -> (Vec<Datagram>, PcapCounts, Option<PcapError>) {
    let mut reader = match PcapReader::from_reader("test.pcap", Cursor::new(bytes)) {
        Ok(reader) => reader,
        Err(e) => return (Vec::new(), PcapCounts::default(), Some(e)),
    };
    let mut out = Vec::new();
    let mut error = None;
    for item in &mut reader {
        match item {
            Ok(datagram) => out.push(datagram),
            Err(e) => error = Some(e),
        }
    }
    (out, reader.counts().clone(), error)
}

fn skipped(counts: &PcapCounts, reason: &'static str) -> u64 {
    counts.skipped.get(&Refusal(reason)).copied().unwrap_or_default()
}

fn whole(payload: &[u8]) -> Vec<u8> {
    ethernet(&[], &ipv4(1, 0, false, 17, &udp(50_000, 8600, payload)))
}

#[test]
fn classic_files_of_both_byte_orders_and_units_hold_the_same() {
    for big_endian in [false, true] {
        for nanoseconds in [false, true] {
            let style = Style { big_endian, nanoseconds };
            let (got, counts, error) = read(classic(style, 1, &[(NOW, whole(b"one")), (NOW + 5_000, whole(b""))]));
            assert!(error.is_none(), "{error:?}");
            let unit = if nanoseconds { 1 } else { 1000 };
            let at = |ns: u64| Timestamp::from_nanos((ns / unit * unit) as i64);
            assert_eq!(got[0].at, at(NOW), "{style:?}");
            assert_eq!(got[1].at, at(NOW + 5_000));
            assert_eq!(got[0].source, ([192, 0, 2, 10].into(), 50_000));
            assert_eq!(got[0].destination, ([239, 192, 0, 11].into(), 8600));
            assert_eq!(got[0].bytes, b"one");
            assert_eq!(got[1].bytes, b"");
            assert_eq!((counts.packets, counts.datagrams, counts.truncated), (2, 2, false));
        }
    }
}

#[test]
fn link_types_and_vlan_tags_lead_to_the_same_datagram() {
    let ip = ipv4(1, 0, false, 17, &udp(50_000, 8600, b"plots"));
    let ip6 = ipv6(None, &udp(50_000, 8600, b"plots"));
    let before = |head: &[u8], ip: &[u8]| [head, ip].concat();
    let sll = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00];
    let sll2 = [0x86, 0xDD, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
    for (what, link, packet) in [
        ("ethernet", 1, ethernet(&[], &ip)),
        ("one tag", 1, ethernet(&[(0x8100, 42)], &ip)),
        ("two tags", 1, ethernet(&[(0x88A8, 7), (0x8100, 42)], &ip)),
        ("two tags of one kind", 1, ethernet(&[(0x8100, 7), (0x8100, 42)], &ip6)),
        ("frame check sequence told in the header", 0x2400_0001, ethernet(&[], &ip)),
        ("raw", 101, ip.clone()),
        ("raw IPv6", 229, ip6.clone()),
        ("null", 0, before(&[2, 0, 0, 0], &ip)),
        ("loop", 108, before(&[0, 0, 0, 24], &ip6)),
        ("cooked", 113, before(&sll, &ip)),
        ("cooked 2", 276, before(&sll2, &ip6)),
    ] {
        let (got, counts, error) = read(classic(LITTLE, link, &[(NOW, packet)]));
        assert!(error.is_none(), "{what}: {error:?}");
        assert_eq!(got.len(), 1, "{what}: {counts:?}");
        assert_eq!((got[0].bytes.as_slice(), got[0].destination.1), (&b"plots"[..], 8600), "{what}");
    }
}

/// Cuts the UDP datagram of `payload` into IPv4 fragments of at most `size` bytes (a multiple of 8).
fn fragments(identification: u16, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let whole = udp(50_000, 8600, payload);
    let pieces = whole.chunks(size).count();
    let cut = |(i, chunk)| ethernet(&[], &ipv4(identification, i * size, i + 1 < pieces, 17, chunk));
    whole.chunks(size).enumerate().map(cut).collect()
}

proptest! {
    #[test]
    fn fragments_in_any_order_with_repeats_make_the_datagram(
        payload in prop::collection::vec(any::<u8>(), 100..3000),
        size in (1_usize..60).prop_map(|n| n * 8),
        order in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        let mut first = fragments(7, &payload, size);
        prop_assume!(first.len() > 1);
        // A repeat of any one, then a shuffle by a linear congruential sequence.
        let repeat = order.get(&first).clone();
        first.insert(0, repeat);
        let mut state = seed;
        for i in (1..first.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            first.swap(i, (state >> 33) as usize % (i + 1));
        }
        // Fragments of another datagram lie between.
        let other: Vec<u8> = payload.iter().map(|b| !b).collect();
        let packets: Vec<_> = first.iter().zip(fragments(8, &other, size).iter().cycle())
            .flat_map(|(a, b)| [a.clone(), b.clone()]).map(|p| (NOW, p)).collect();
        let (got, counts, error) = read(classic(LITTLE, 1, &packets));
        prop_assert!(error.is_none());
        prop_assert!(got.iter().any(|d| d.bytes == payload), "{:?}", counts);
        prop_assert!(got.iter().all(|d| d.bytes == payload || d.bytes == other));
        prop_assert_eq!(counts.packets, counts.datagrams + counts.fragments + counts.skipped.values().sum::<u64>());
    }

    #[test]
    fn no_bytes_make_it_panic_or_run_for_ever(
        mut noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        sections in any::<bool>(),
    ) {
        let style = Style { big_endian: true, nanoseconds: false };
        let packets: Vec<_> = fragments(3, &[5; 400], 64).into_iter().chain([whole(b"x")]).map(|p| (NOW, p)).collect();
        let mut bytes = if sections {
            let mut b = [section(style), interface(style, 1, Some(9), Some(-3))].concat();
            packets.iter().for_each(|(at, p)| b.extend(enhanced(style, 0, *at, p)));
            b
        } else {
            classic(style, 1, &packets)
        };
        for (place, value) in noise.drain(..) {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let (got, counts, _) = read(bytes);
        prop_assert!(got.len() <= packets.len());
        prop_assert_eq!(counts.packets, counts.datagrams + counts.fragments + counts.skipped.values().sum::<u64>());
    }
}

#[test]
fn ipv6_fragments_are_joined_too() {
    let payload: Vec<u8> = (0..2000).map(|i| (i % 251) as u8).collect();
    let whole = udp(50_000, 8600, &payload);
    let mut packets: Vec<_> = (0..whole.len())
        .step_by(800)
        .map(|from| {
            let to = (from + 800).min(whole.len());
            (NOW, ethernet(&[(0x8100, 9)], &ipv6(Some((77, from, to < whole.len())), &whole[from..to])))
        })
        .collect();
    packets.reverse();
    let (got, counts, _) = read(classic(LITTLE, 1, &packets));
    assert_eq!(got.len(), 1, "{counts:?}");
    assert_eq!(got[0].bytes, payload);
}

#[test]
fn a_lost_fragment_loses_its_datagram_alone() {
    let mut packets: Vec<_> = fragments(1, &[1; 500], 128).into_iter().skip(1).map(|p| (NOW, p)).collect();
    packets.extend(fragments(2, &[2; 500], 128).into_iter().map(|p| (NOW, p)));
    let (got, counts, _) = read(classic(LITTLE, 1, &packets));
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].bytes, [2; 500]);
    assert_eq!(counts.incomplete, 1);
}

#[test]
fn fragments_that_contradict_each_other_make_nothing() {
    let honest = fragments(1, &[1; 500], 128);
    // Overwrites the second half of the first fragment and more, as in a teardrop attack.
    let forged = ethernet(&[], &ipv4(1, 64, true, 17, &[9; 128]));
    let packets: Vec<_> = [&honest[..1], &[forged], &honest[1..]].concat().into_iter().map(|p| (NOW, p)).collect();
    let (got, counts, _) = read(classic(LITTLE, 1, &packets));
    assert!(got.is_empty());
    assert_eq!(skipped(&counts, "fragment-conflict"), 1);
    assert_eq!(counts.incomplete, 1);
}

#[test]
fn open_fragments_are_bounded_in_number_and_age() {
    // 10 000 first fragments whose fellows never come.
    let mut packets: Vec<_> = (0..10_000_u16).map(|id| (NOW, fragments(id, &[0; 200], 64).remove(0))).collect();
    let (_, counts, _) = read(classic(LITTLE, 1, &packets));
    assert_eq!((counts.fragments, counts.incomplete), (10_000, 10_000));

    // The rest of a datagram that comes 31 s late belongs to a new one of the same number.
    let pieces = fragments(5, &[3; 200], 64);
    packets = vec![(NOW, pieces[0].clone())];
    packets.extend(pieces[1..].iter().map(|p| (NOW + 31_000_000_000, p.clone())));
    let (got, counts, _) = read(classic(LITTLE, 1, &packets));
    assert!(got.is_empty());
    assert_eq!(counts.incomplete, 2);
}

#[test]
fn pcapng_interfaces_have_their_own_link_type_and_clock() {
    for big_endian in [false, true] {
        let style = Style { big_endian, nanoseconds: false };
        let second = NOW / 1_000_000_000;
        let mut bytes = section(style);
        bytes.extend(interface(style, 1, None, None)); // µs
        bytes.extend(interface(style, 101, Some(9), None)); // ns
        bytes.extend(interface(style, 1, Some(0x80 | 20), None)); // 2⁻²⁰ s
        bytes.extend(interface(style, 1, Some(3), Some(1_773_500_000))); // ms after a whole number of seconds
        bytes.extend(enhanced(style, 0, NOW / 1000, &whole(b"us")));
        bytes.extend(enhanced(style, 1, NOW, &ipv4(1, 0, false, 17, &udp(1, 2, b"ns"))));
        bytes.extend(enhanced(style, 2, (second << 20) + (1 << 19), &whole(b"binary")));
        bytes.extend(enhanced(style, 3, 4_000_125, &whole(b"offset")));
        bytes.extend(enhanced(style, 4, 0, &whole(b"no such interface")));
        bytes.extend(block(style, 5, &[0; 12])); // interface statistics
        bytes.extend(block(style, 0x0BAD, &[1; 7])); // of a private kind
        bytes.extend(block(style, 3, &[0, 0, 0, 60])); // simple packet: has no time
        // Interfaces are numbered anew in each section, and its byte order may differ.
        let other = Style { big_endian: !big_endian, nanoseconds: false };
        bytes.extend(section(other));
        bytes.extend(interface(other, 1, Some(6), None));
        bytes.extend(enhanced(other, 0, NOW / 1000 + 1, &whole(b"second section")));

        let (got, counts, error) = read(bytes);
        assert!(error.is_none(), "{error:?}");
        let times: Vec<_> = got.iter().map(|d| (d.bytes.as_slice(), d.at.nanos())).collect();
        assert_eq!(
            times,
            [
                (&b"us"[..], (NOW / 1000 * 1000) as i64),
                (b"ns", NOW as i64),
                (b"binary", (second * 1_000_000_000 + 500_000_000) as i64),
                (b"offset", 1_773_504_000_125_000_000),
                (b"second section", (NOW / 1000 * 1000 + 1000) as i64),
            ]
        );
        assert_eq!(skipped(&counts, "unknown-interface"), 1);
        assert_eq!(skipped(&counts, "packet-without-time"), 1);
    }
}

#[test]
fn a_file_cut_anywhere_gives_every_whole_packet() {
    let style = LITTLE;
    let ng = [
        section(style),
        interface(style, 1, None, None),
        enhanced(style, 0, NOW / 1000, &whole(b"first")),
        enhanced(style, 0, NOW / 1000, &whole(b"second")),
    ];
    let old = classic(style, 1, &[(NOW, whole(b"first")), (NOW, whole(b"second"))]);
    // (whole file, ends of header and of each packet)
    let ng_ends: Vec<usize> = ng
        .iter()
        .scan(0, |end, b| {
            *end += b.len();
            Some(*end)
        })
        .skip(1)
        .collect();
    let record = (old.len() - 24) / 2;
    for (bytes, ends) in [(ng.concat(), ng_ends), (old, vec![24, 24 + record, 24 + 2 * record])] {
        for cut in ends[0]..=bytes.len() {
            let (got, counts, error) = read(bytes[..cut].to_vec());
            assert!(error.is_none(), "{error:?}");
            assert_eq!(got.len(), ends.iter().filter(|&&e| e <= cut).count() - 1, "cut at {cut}");
            assert_eq!(counts.truncated, !ends.contains(&cut), "cut at {cut}");
        }
    }
}

#[test]
fn gzip_is_told_by_its_content_and_may_be_cut() {
    use std::io::Write;
    let plain = classic(LITTLE, 1, &(0..500_u64).map(|i| (NOW + i * 1000, whole(&i.to_be_bytes()))).collect::<Vec<_>>());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&plain).unwrap();
    let packed = gz.finish().unwrap();
    let (got, counts, error) = read(packed.clone());
    assert!(error.is_none() && got.len() == 500 && !counts.truncated);
    let (got, counts, error) = read(packed[..packed.len() / 2].to_vec());
    assert!(error.is_none(), "{error:?}");
    assert!((50..500).contains(&got.len()) && counts.truncated, "{} {counts:?}", got.len());
}

/// Gives one byte a read, as a slow pipe does.
struct Drip(Cursor<Vec<u8>>);

impl Read for Drip {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = buf.len().min(1);
        self.0.read(&mut buf[..n])
    }
}

#[test]
fn a_pipe_may_deliver_byte_by_byte() {
    let bytes = [section(LITTLE), interface(LITTLE, 1, None, None), enhanced(LITTLE, 0, NOW / 1000, &whole(b"x"))].concat();
    let got: Vec<_> = PcapReader::from_reader("-", Drip(Cursor::new(bytes))).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(got.len(), 1);
}

#[test]
fn what_is_no_udp_is_counted_by_reason() {
    let tcp = ipv4(1, 0, false, 6, &[0, 80, 0, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0]);
    let icmp = ipv4(1, 0, false, 1, &[8, 0, 0, 0, 0, 0, 0, 0]);
    let mut arp = ethernet(&[], &[0; 46]);
    arp[12..14].copy_from_slice(&[0x08, 0x06]);
    let mut short = whole(b"payload");
    short.truncate(30);
    let packets: Vec<_> = [ethernet(&[], &tcp), ethernet(&[], &icmp), arp, short, Vec::new(), whole(b"ok")]
        .into_iter()
        .map(|p| (NOW, p))
        .collect();
    let (got, counts, error) = read(classic(LITTLE, 1, &packets));
    assert!(error.is_none());
    assert_eq!(got.len(), 1);
    assert_eq!(skipped(&counts, "tcp"), 1);
    assert_eq!(skipped(&counts, "not-udp"), 1);
    assert_eq!(skipped(&counts, "not-ip") + skipped(&counts, "malformed"), 3, "{counts:?}");

    let (_, counts, _) = read(classic(LITTLE, 147, &packets));
    assert_eq!(skipped(&counts, "link-type"), 6);
}

#[test]
fn errors_name_file_packet_and_reason() {
    let (_, _, error) = read(b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n".to_vec());
    assert_eq!(error.unwrap().to_string(), "test.pcap: neither pcap nor pcapng");
    let (_, _, error) = read(Vec::new());
    assert_eq!(error.unwrap().to_string(), "test.pcap: neither pcap nor pcapng");

    let mut bytes = classic(LITTLE, 1, &[(NOW, whole(b"good"))]);
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0]);
    let (got, _, error) = read(bytes);
    assert_eq!(got.len(), 1);
    assert_eq!(error.unwrap().to_string(), "test.pcap: after packet 1: a packet claims more than 16 MiB");

    let missing = PcapReader::open("/nonexistent/x.pcap").err().unwrap().to_string();
    assert!(missing.starts_with("/nonexistent/x.pcap: cannot open: "), "{missing}");
}
