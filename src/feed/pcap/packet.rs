//! One captured packet → UDP payload or TCP segment: link layer, VLAN tags, IP, fragments.

use std::net::IpAddr;

use etherparse::{EtherType, IpNumber, Ipv6ExtensionSlice, LinkExtSlice, NetSlice, SlicedPacket, TransportSlice, UdpSlice};

use super::fragments::{FragmentKey, Piece, Reassembly};
use super::tcp::{Ends, Segment};
use crate::model::Timestamp;

// Link-layer types, from https://www.tcpdump.org/linktypes.html
const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const RAW_BSD: u16 = 12;
const RAW_OPENBSD: u16 = 14;
const RAW: u16 = 101;
const LOOP: u16 = 108;
const LINUX_SLL: u16 = 113;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const LINUX_SLL2: u16 = 276;

/// Addresses and payload of a UDP datagram.
#[derive(Debug, PartialEq, Eq)]
pub struct Udp {
    /// Sender.
    pub source: (IpAddr, u16),
    /// Receiver.
    pub destination: (IpAddr, u16),
    /// Payload.
    pub bytes: Vec<u8>,
}

/// What a packet holds.
#[derive(Debug)]
pub enum Payload<'a> {
    /// A datagram, put together if it came in fragments.
    Udp(Udp),
    /// A fragment whose fellows are missing.
    Fragment,
    /// A segment of a TCP connection.
    Tcp(Ends, Segment<'a>),
}

/// What a packet holds; `Err` names why it is of no use.
///
/// Checksums are not looked at: a capture made on the sending machine holds the packets as they were before the network card
/// filled them in.
pub fn payload<'a>(link: u16, data: &'a [u8], at: Timestamp, fragments: &mut Reassembly) -> Result<Payload<'a>, &'static str> {
    let sliced = slice(link, data)?;
    let Some(net) = &sliced.net else { return Err("not-ip") };
    let (source, destination, payload, fragment): (IpAddr, IpAddr, _, _) = match net {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let fragment = header.is_fragmenting_payload().then(|| {
                let offset = usize::from(header.fragments_offset().byte_offset());
                (u32::from(header.identification()), offset, header.more_fragments())
            });
            (header.source_addr().into(), header.destination_addr().into(), ip.payload(), fragment)
        }
        NetSlice::Ipv6(ip) => {
            let fragment = ip.extensions().clone().into_iter().find_map(|extension| match extension {
                Ipv6ExtensionSlice::Fragment(f) if f.is_fragmenting_payload() => {
                    Some((f.identification(), usize::from(f.fragment_offset().byte_offset()), f.more_fragments()))
                }
                _ => None,
            });
            (ip.header().source_addr().into(), ip.header().destination_addr().into(), ip.payload(), fragment)
        }
        NetSlice::Arp(_) => return Err("not-ip"),
    };
    let Some((identification, offset, more)) = fragment else {
        return match &sliced.transport {
            Some(TransportSlice::Udp(udp)) => Ok(Payload::Udp(datagram(source, destination, udp))),
            Some(TransportSlice::Tcp(tcp)) => {
                let ends = ((source, tcp.source_port()), (destination, tcp.destination_port()));
                let (syn, last) = (tcp.syn(), tcp.fin() || tcp.rst());
                Ok(Payload::Tcp(ends, Segment { sequence: tcp.sequence_number(), syn, last, bytes: tcp.payload() }))
            }
            _ => Err("not-udp"),
        };
    };
    if payload.ip_number != IpNumber::UDP {
        return Err("not-udp");
    }
    let mut vlans = [None; 3];
    for (slot, extension) in vlans.iter_mut().zip(&sliced.link_exts) {
        if let LinkExtSlice::Vlan(vlan) = extension {
            *slot = Some(vlan.vlan_identifier().value());
        }
    }
    let key = FragmentKey { source, destination, identification, protocol: payload.ip_number.0, vlans };
    let Some(whole) = fragments.add(at, key, Piece { offset, more, bytes: payload.payload })? else {
        return Ok(Payload::Fragment);
    };
    let Ok(udp) = UdpSlice::from_slice(&whole) else { return Err("malformed") };
    Ok(Payload::Udp(datagram(source, destination, &udp)))
}

fn datagram(source: IpAddr, destination: IpAddr, udp: &UdpSlice<'_>) -> Udp {
    Udp {
        source: (source, udp.source_port()),
        destination: (destination, udp.destination_port()),
        bytes: udp.payload().to_vec(),
    }
}

fn slice(link: u16, data: &[u8]) -> Result<SlicedPacket<'_>, &'static str> {
    let after = |n: usize| data.get(n..).ok_or("malformed");
    let ether_type = |at: usize| match data.get(at..at + 2) {
        Some(&[high, low]) => Ok(EtherType(u16::from_be_bytes([high, low]))),
        _ => Err("malformed"),
    };
    match link {
        ETHERNET => SlicedPacket::from_ethernet(data),
        // The address family in front differs between systems; the IP version tells the same.
        NULL | LOOP => SlicedPacket::from_ip(after(4)?),
        RAW | RAW_BSD | RAW_OPENBSD | IPV4 | IPV6 => SlicedPacket::from_ip(data),
        LINUX_SLL => SlicedPacket::from_ether_type(ether_type(14)?, after(16)?),
        LINUX_SLL2 => SlicedPacket::from_ether_type(ether_type(0)?, after(20)?),
        _ => return Err("link-type"),
    }
    .map_err(|_malformed| "malformed")
}
