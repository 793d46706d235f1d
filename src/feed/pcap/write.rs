//! Writes small captures for tests: either byte order, any resolution, fragments and tags laid out by hand.

/// Byte order and time unit of a capture under test.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub big_endian: bool,
    pub nanoseconds: bool,
}

impl Style {
    fn u16(self, n: u16) -> [u8; 2] {
        if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u32(self, n: u32) -> [u8; 4] {
        if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u64(self, n: u64) -> [u8; 8] {
        if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() }
    }
}

/// A classic file: header and `(nanoseconds since 1970, packet)`.
pub fn classic(style: Style, link: u32, packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let magic = if style.nanoseconds { 0xA1B2_3C4D } else { 0xA1B2_C3D4 };
    let mut out = style.u32(magic).to_vec();
    out.extend([style.u16(2), style.u16(4)].concat());
    out.extend([style.u32(0), style.u32(0), style.u32(262_144), style.u32(link)].concat());
    for (at, packet) in packets {
        let unit = if style.nanoseconds { 1 } else { 1000 };
        out.extend(style.u32((at / 1_000_000_000) as u32));
        out.extend(style.u32((at % 1_000_000_000 / unit) as u32));
        out.extend(style.u32(packet.len() as u32));
        out.extend(style.u32(packet.len() as u32));
        out.extend(packet);
    }
    out
}

/// One pcapng block.
pub fn block(style: Style, kind: u32, body: &[u8]) -> Vec<u8> {
    let length = style.u32((body.len().next_multiple_of(4) + 12) as u32);
    let mut out = [style.u32(kind), length].concat();
    out.extend(body);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend(length);
    out
}

/// A section header block.
pub fn section(style: Style) -> Vec<u8> {
    let body = [&style.u32(0x1A2B_3C4D)[..], &style.u16(1), &style.u16(0), &style.u64(u64::MAX)].concat();
    block(style, 0x0A0D_0D0A, &body)
}

/// An interface description block.
pub fn interface(style: Style, link: u16, resolution: Option<u8>, offset_s: Option<i64>) -> Vec<u8> {
    let mut body = [&style.u16(link)[..], &style.u16(0), &style.u32(0)].concat();
    if let Some(r) = resolution {
        body.extend([&style.u16(9)[..], &style.u16(1), &[r, 0, 0, 0]].concat());
    }
    if let Some(o) = offset_s {
        body.extend([&style.u16(14)[..], &style.u16(8), &style.u64(o as u64)].concat());
    }
    body.extend([style.u16(0), style.u16(0)].concat());
    block(style, 1, &body)
}

/// An enhanced packet block at `ticks` of the interface's resolution.
pub fn enhanced(style: Style, interface: u32, ticks: u64, packet: &[u8]) -> Vec<u8> {
    let mut body = [interface, (ticks >> 32) as u32, ticks as u32, packet.len() as u32, packet.len() as u32]
        .map(|n| style.u32(n))
        .concat();
    body.extend(packet);
    block(style, 6, &body)
}

/// UDP header and payload.
pub fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = [source, destination, payload.len() as u16 + 8, 0].map(u16::to_be_bytes).concat();
    out.extend(payload);
    out
}

/// An IPv4 packet; `offset` in bytes.
pub fn ipv4(identification: u16, offset: usize, more: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x45, 0];
    out.extend((payload.len() as u16 + 20).to_be_bytes());
    out.extend(identification.to_be_bytes());
    out.extend(((offset / 8) as u16 | if more { 0x2000 } else { 0 }).to_be_bytes());
    out.extend([64, protocol, 0, 0, 192, 0, 2, 10, 239, 192, 0, 11]);
    out.extend(payload);
    out
}

/// An IPv6 packet; `fragment` is identification, offset in bytes, whether more follow.
pub fn ipv6(fragment: Option<(u32, usize, bool)>, payload: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    if let Some((identification, offset, more)) = fragment {
        inner.extend([17, 0]);
        inner.extend((offset as u16 | u16::from(more)).to_be_bytes());
        inner.extend(identification.to_be_bytes());
    }
    inner.extend(payload);
    let mut out = vec![0x60, 0, 0, 0];
    out.extend((inner.len() as u16).to_be_bytes());
    out.extend([if fragment.is_some() { 44 } else { 17 }, 64]);
    out.extend([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    out.extend([0xFF, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11]);
    out.extend(inner);
    out
}

/// An Ethernet frame with VLAN tags `(tag protocol, VLAN)` outermost first.
pub fn ethernet(tags: &[(u16, u16)], ip: &[u8]) -> Vec<u8> {
    let mut out = vec![1, 0, 0x5E, 0x40, 0, 11, 2, 0, 0, 0, 0, 1];
    for (protocol, vlan) in tags {
        out.extend(protocol.to_be_bytes());
        out.extend(vlan.to_be_bytes());
    }
    let version = if ip.first().is_some_and(|b| b >> 4 == 6) { 0x86DD_u16 } else { 0x0800 };
    out.extend(version.to_be_bytes());
    out.extend(ip);
    // The network pads frames to 60 bytes; the IP length says what counts.
    out.resize(out.len().max(60), 0xAA);
    out
}

/// TCP header without options, and payload. `flags`: 1 FIN, 2 SYN, 4 RST.
pub fn tcp(source: u16, destination: u16, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = [source, destination].map(u16::to_be_bytes).concat();
    out.extend(sequence.to_be_bytes());
    out.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
    out.extend(payload);
    out
}
