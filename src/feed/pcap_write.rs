//! Datagrams → a pcap file, as if they had been captured on the site's Ethernet.

use std::io::{self, Write};
use std::net::Ipv4Addr;

use crate::model::Timestamp;

/// Magic of a pcap file with times in nanoseconds (libpcap's pcap-savefile(5)).
const MAGIC_NANOSECONDS: u32 = 0xA1B2_3C4D;
/// Link type Ethernet.
const LINKTYPE_ETHERNET: u32 = 1;
/// What a frame's headers take: Ethernet 14, IPv4 20, UDP 8.
const HEADER_BYTES: usize = 42;
/// The largest payload of a UDP datagram over IPv4. A frame of that size crosses no real Ethernet in one piece; readers take it.
pub const MAX_PAYLOAD_BYTES: usize = 65_507;

/// Where a datagram comes from or goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// IPv4 address.
    pub ip: Ipv4Addr,
    /// UDP port.
    pub port: u16,
}

/// Writes a pcap file of UDP datagrams over IPv4 over Ethernet.
#[derive(Debug)]
pub struct PcapWriter<W: Write> {
    out: W,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file's header.
    pub fn new(mut out: W) -> io::Result<Self> {
        let mut header = Vec::with_capacity(24);
        header.extend(MAGIC_NANOSECONDS.to_le_bytes());
        header.extend(2u16.to_le_bytes());
        header.extend(4u16.to_le_bytes());
        // Time zone and accuracy: always 0. Snapshot length: a whole frame.
        header.extend([0; 8]);
        header.extend(262_144u32.to_le_bytes());
        header.extend(LINKTYPE_ETHERNET.to_le_bytes());
        out.write_all(&header)?;
        Ok(Self { out })
    }

    /// Writes one datagram. Fails on a payload that no UDP datagram holds and on times before 1970 or after 2106, which the
    /// format cannot tell.
    pub fn datagram(&mut self, at: Timestamp, from: Endpoint, to: Endpoint, payload: &[u8]) -> io::Result<()> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(invalid(format!("a payload of {} bytes fits no datagram", payload.len())));
        }
        let seconds = u32::try_from(at.nanos().div_euclid(1_000_000_000))
            .map_err(|e| invalid(format!("pcap cannot tell the time {at}: {e}")))?;
        let nanos = at.nanos().rem_euclid(1_000_000_000) as u32;
        let length = (HEADER_BYTES + payload.len()) as u32;

        let mut frame = Vec::with_capacity(16 + HEADER_BYTES + payload.len());
        for field in [seconds, nanos, length, length] {
            frame.extend(field.to_le_bytes());
        }
        frame.extend(mac(to.ip));
        frame.extend(mac(from.ip));
        frame.extend([0x08, 0x00]);
        let ip = ipv4_header(from.ip, to.ip, (28 + payload.len()) as u16);
        frame.extend(ip);
        frame.extend(udp_header(from, to, payload));
        frame.extend(payload);
        self.out.write_all(&frame)
    }

    /// Gives back what it wrote to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// The group's own address for a multicast address (RFC 1112 §6.4), else a locally administered one made of the IP address.
fn mac(ip: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = ip.octets();
    if ip.is_multicast() { [0x01, 0x00, 0x5E, b & 0x7F, c, d] } else { [0x02, 0x00, a, b, c, d] }
}

fn ipv4_header(from: Ipv4Addr, to: Ipv4Addr, total_length: u16) -> [u8; 20] {
    let mut header = [0; 20];
    let fill = |header: &mut [u8; 20], sum: [u8; 2]| {
        let [l0, l1] = total_length.to_be_bytes();
        let ([s0, s1, s2, s3], [d0, d1, d2, d3]) = (from.octets(), to.octets());
        // Version 4, 5 words; do not fragment; time to live 16; UDP.
        *header = [0x45, 0, l0, l1, 0, 0, 0x40, 0, 16, 17, sum[0], sum[1], s0, s1, s2, s3, d0, d1, d2, d3];
    };
    fill(&mut header, [0, 0]);
    let sum = internet_checksum(header.into_iter());
    fill(&mut header, sum.to_be_bytes());
    header
}

fn udp_header(from: Endpoint, to: Endpoint, payload: &[u8]) -> [u8; 8] {
    let length = (8 + payload.len()) as u16;
    let ([s0, s1], [d0, d1], [l0, l1]) = (from.port.to_be_bytes(), to.port.to_be_bytes(), length.to_be_bytes());
    let pseudo = from.ip.octets().into_iter().chain(to.ip.octets()).chain([0, 17, l0, l1]);
    let sum = internet_checksum(pseudo.chain([s0, s1, d0, d1, l0, l1, 0, 0]).chain(payload.iter().copied()));
    // 0 would mean that there is no checksum (RFC 768).
    let [c0, c1] = if sum == 0 { [0xFF, 0xFF] } else { sum.to_be_bytes() };
    [s0, s1, d0, d1, l0, l1, c0, c1]
}

/// RFC 1071. An odd last byte counts as the upper half of a word.
fn internet_checksum(bytes: impl Iterator<Item = u8>) -> u16 {
    let mut sum: u64 = bytes.enumerate().map(|(i, b)| if i % 2 == 0 { u64::from(b) << 8 } else { u64::from(b) }).sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{NetHeaders, PacketHeaders, TransportHeader};

    #[test]
    fn another_reader_gets_back_what_was_written() {
        let from = Endpoint { ip: Ipv4Addr::new(192, 0, 2, 11), port: 40_000 };
        let to = Endpoint { ip: Ipv4Addr::new(239, 192, 0, 11), port: 8600 };
        for payload in [&b""[..], b"a", b"\x0A\x00\x03", &[0xFF; 1400]] {
            let mut writer = PcapWriter::new(Vec::new()).unwrap();
            writer.datagram(Timestamp::from_nanos(1_773_504_000_123_456_789), from, to, payload).unwrap();
            let bytes = writer.into_inner();
            assert_eq!(&bytes[24..32], [1_773_504_000u32.to_le_bytes(), 123_456_789u32.to_le_bytes()].concat());
            let frame = &bytes[40..];
            assert_eq!(frame.len(), u32::from_le_bytes(bytes[32..36].try_into().unwrap()) as usize);

            let headers = PacketHeaders::from_ethernet_slice(frame).unwrap();
            let (Some(NetHeaders::Ipv4(ip, _)), Some(TransportHeader::Udp(udp))) = (headers.net, headers.transport) else {
                panic!("not UDP over IPv4");
            };
            assert_eq!((ip.source, ip.destination), (from.ip.octets(), to.ip.octets()));
            assert_eq!((udp.source_port, udp.destination_port), (from.port, to.port));
            assert_eq!(headers.payload.slice(), payload);
            assert_eq!(ip.header_checksum, ip.calc_header_checksum());
            assert_eq!(udp.checksum, udp.calc_checksum_ipv4(&ip, payload).unwrap());
        }
    }

    #[test]
    fn what_the_format_cannot_hold_is_refused() {
        let end = Endpoint { ip: Ipv4Addr::LOCALHOST, port: 1 };
        let mut writer = PcapWriter::new(Vec::new()).unwrap();
        assert!(writer.datagram(Timestamp::from_secs(-1), end, end, b"").is_err());
        assert!(writer.datagram(Timestamp::from_secs(0), end, end, &[0; 65_508]).is_err());
    }
}
