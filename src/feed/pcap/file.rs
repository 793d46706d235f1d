//! The two file formats: `.pcap` (draft-ietf-opsawg-pcap) and `.pcapng` (draft-ietf-opsawg-pcapng), either byte order.
//!
//! The blocks are cut here and read by `pcap-parser`. Cutting them ourselves keeps the reader's own error, lets a damaged
//! pcapng block be stepped over, and works on a pipe that delivers a few bytes at a time.

use std::io::{self, Read};

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, parse_block_be, parse_block_le, parse_pcap_header};

use crate::model::Timestamp;

/// Largest block taken; libpcap refuses pcapng blocks above 16 MiB (`MAX_BLOCKSIZE` in its `sf-pcapng.c`).
const MAX_BLOCK: usize = 16 << 20;
/// First size of the buffer: some hundred packets a read.
const FIRST_BUFFER: usize = 256 << 10;
/// Interfaces kept of one pcapng section; a file that describes more is not one a capture tool wrote.
const MAX_INTERFACES: usize = 4096;
/// Section header block type; reads the same in both byte orders.
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
/// Byte-order magic of a section header.
const BYTE_ORDER: [u8; 4] = [0x1A, 0x2B, 0x3C, 0x4D];
/// `if_tsresol` where the interface does not say: microseconds.
const DEFAULT_RESOLUTION: u8 = 6;

/// Why reading a file ends before its end.
#[derive(Debug)]
pub enum Failure {
    /// The bytes could not be read.
    Io(io::Error),
    /// The file is not a capture.
    NotACapture,
    /// The structure of the file is broken, so that the next packet cannot be found.
    Damaged(&'static str),
}

/// One packet as captured, or why there is none.
#[derive(Debug)]
pub enum Item<'a> {
    /// A packet.
    Packet {
        /// When it was captured.
        at: Timestamp,
        /// Link-layer type of its interface (`LINKTYPE_…`).
        link: u16,
        /// Bytes captured.
        data: &'a [u8],
        /// Whether the capture kept only the beginning of it.
        cut: bool,
    },
    /// A packet block that cannot be used.
    Unusable(&'static str),
}

#[derive(Clone, Copy)]
struct Interface {
    link: u16,
    resolution: u8,
    offset_s: i64,
}

enum Format {
    Classic { nanoseconds: bool, big_endian: bool, modified: bool, link: u16 },
    Sections { big_endian: bool, interfaces: Vec<Interface> },
}

/// Cuts a capture file into packets.
pub struct PacketFile<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    format: Format,
    /// The file ended inside a packet.
    pub truncated: bool,
}

enum Found {
    Packet { at: Timestamp, link: u16, from: usize, len: usize, cut: bool },
    Unusable(&'static str),
    Nothing,
}

impl<R: Read> PacketFile<R> {
    /// Reads the file's header.
    pub fn new(reader: R) -> Result<Self, Failure> {
        let format = Format::Sections { big_endian: false, interfaces: Vec::new() };
        let mut file = Self { reader, buffer: vec![0; FIRST_BUFFER], start: 0, end: 0, format, truncated: false };
        if !file.fill(4)? {
            return Err(Failure::NotACapture);
        }
        if file.available().starts_with(&SECTION_HEADER.to_le_bytes()) {
            return Ok(file);
        }
        if !file.fill(24)? {
            return Err(Failure::NotACapture);
        }
        let Ok((_, header)) = parse_pcap_header(file.available()) else {
            return Err(Failure::NotACapture);
        };
        file.format = Format::Classic {
            nanoseconds: header.is_nanosecond_precision(),
            big_endian: header.is_bigendian(),
            modified: header.is_modified_format(),
            // The upper 16 bits tell of frame check sequences.
            link: (header.network.0 & 0xFFFF) as u16,
        };
        file.start += header.size();
        Ok(file)
    }

    /// The next packet; `None` at the end of the file.
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Failure> {
        loop {
            let block = match self.format {
                Format::Classic { .. } => self.cut_record()?,
                Format::Sections { .. } => self.cut_block()?,
            };
            let Some(block) = block else { return Ok(None) };
            let found = match self.format {
                Format::Classic { .. } => self.read_record(block),
                Format::Sections { .. } => self.read_block(block)?,
            };
            let from_block = self.start;
            self.start += block;
            match found {
                Found::Packet { at, link, from, len, cut } => {
                    let data = self.buffer.get(from_block + from..from_block + from + len).unwrap_or_default();
                    return Ok(Some(Item::Packet { at, link, data, cut }));
                }
                Found::Unusable(reason) => return Ok(Some(Item::Unusable(reason))),
                Found::Nothing => {}
            }
        }
    }

    /// Length of the classic record at the buffer's start, all of which is then in the buffer.
    fn cut_record(&mut self) -> Result<Option<usize>, Failure> {
        let Format::Classic { big_endian, modified, .. } = self.format else { return Ok(None) };
        let header = if modified { 24 } else { 16 };
        if !self.fill(header)? {
            self.truncated |= !self.available().is_empty();
            return Ok(None);
        }
        let captured = self.word(8, big_endian) as usize;
        if captured > MAX_BLOCK {
            return Err(Failure::Damaged("a packet claims more than 16 MiB"));
        }
        if !self.fill(header + captured)? {
            self.truncated = true;
            return Ok(None);
        }
        Ok(Some(header + captured))
    }

    fn read_record(&self, block: usize) -> Found {
        let Format::Classic { nanoseconds, big_endian, modified, link } = self.format else { return Found::Nothing };
        let from = if modified { 24 } else { 16 };
        let fraction = i64::from(self.word(4, big_endian));
        let fraction_ns = if nanoseconds { fraction } else { fraction * 1000 };
        let at = Timestamp::from_nanos(i64::from(self.word(0, big_endian)) * 1_000_000_000 + fraction_ns);
        let cut = self.word(12, big_endian) as usize > block - from;
        Found::Packet { at, link, from, len: block - from, cut }
    }

    /// Length of the pcapng block at the buffer's start, all of which is then in the buffer.
    fn cut_block(&mut self) -> Result<Option<usize>, Failure> {
        if !self.fill(12)? {
            self.truncated |= !self.available().is_empty();
            return Ok(None);
        }
        if self.word(0, false) == SECTION_HEADER {
            let magic = self.available().get(8..12).unwrap_or_default();
            let big_endian = if magic == BYTE_ORDER {
                true
            } else if magic.iter().rev().eq(BYTE_ORDER.iter()) {
                false
            } else {
                return Err(Failure::Damaged("a section header has no byte-order mark"));
            };
            self.format = Format::Sections { big_endian, interfaces: Vec::new() };
        }
        let length = self.word(4, self.big_endian()) as usize;
        if length < 12 || !length.is_multiple_of(4) {
            return Err(Failure::Damaged("a block's length is impossible"));
        }
        if length > MAX_BLOCK {
            return Err(Failure::Damaged("a block claims more than 16 MiB"));
        }
        if !self.fill(length)? {
            self.truncated = true;
            return Ok(None);
        }
        if self.word(length - 4, self.big_endian()) as usize != length {
            return Err(Failure::Damaged("a block's two lengths differ"));
        }
        Ok(Some(length))
    }

    fn read_block(&mut self, length: usize) -> Result<Found, Failure> {
        let (start, end) = (self.start, self.start + length);
        let bytes = self.buffer.get(start..end).unwrap_or_default();
        let Format::Sections { big_endian, interfaces } = &mut self.format else { return Ok(Found::Nothing) };
        let parsed = if *big_endian { parse_block_be(bytes) } else { parse_block_le(bytes) };
        let Ok((_, block)) = parsed else { return Ok(Found::Unusable("malformed-block")) };
        Ok(match block {
            Block::InterfaceDescription(description) => {
                if interfaces.len() == MAX_INTERFACES {
                    return Err(Failure::Damaged("a section describes more than 4096 interfaces"));
                }
                interfaces.push(Interface {
                    link: (description.linktype.0 & 0xFFFF) as u16,
                    resolution: description.if_tsresol().and_then(Result::ok).unwrap_or(DEFAULT_RESOLUTION),
                    offset_s: match *big_endian {
                        // The parser reads the option in little-endian order whatever the section's.
                        true => description.if_tsoffset.swap_bytes(),
                        false => description.if_tsoffset,
                    },
                });
                Found::Nothing
            }
            Block::EnhancedPacket(packet) => match interfaces.get(packet.if_id as usize) {
                None => Found::Unusable("unknown-interface"),
                Some(interface) => {
                    let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                    match instant(ticks, interface.resolution, interface.offset_s) {
                        None => Found::Unusable("impossible-time"),
                        Some(at) => {
                            let len = packet.packet_data().len();
                            Found::Packet { at, link: interface.link, from: 28, len, cut: packet.origlen as usize > len }
                        }
                    }
                }
            },
            // It carries no time, and what has no time has no place in a replay.
            Block::SimplePacket(_) => Found::Unusable("packet-without-time"),
            _ => Found::Nothing,
        })
    }

    fn big_endian(&self) -> bool {
        match self.format {
            Format::Classic { big_endian, .. } | Format::Sections { big_endian, .. } => big_endian,
        }
    }

    fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// A 32-bit number `at` bytes into what is available; the caller has filled that far.
    fn word(&self, at: usize, big_endian: bool) -> u32 {
        let bytes = self.available().get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok()).unwrap_or_default();
        if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// Makes `wanted` bytes available; `false` if the file ends before.
    fn fill(&mut self, wanted: usize) -> Result<bool, Failure> {
        while self.end - self.start < wanted {
            if self.start + wanted > self.buffer.len() {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
                if wanted > self.buffer.len() {
                    self.buffer.resize(wanted.next_power_of_two(), 0);
                }
            }
            let Some(space) = self.buffer.get_mut(self.end..) else { return Ok(false) };
            match self.reader.read(space) {
                Ok(0) => return Ok(false),
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // A gzip member that stops in its middle: the recorder was killed, as with a cut last packet.
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    self.truncated = true;
                    return Ok(false);
                }
                Err(e) => return Err(Failure::Io(e)),
            }
        }
        Ok(true)
    }
}

/// The instant of a pcapng time stamp: `ticks` of 10⁻ʳ s, or of 2⁻ʳ s if the resolution's top bit is set, plus whole seconds.
///
/// `None` where that lies outside what [`Timestamp`] holds.
fn instant(ticks: u64, resolution: u8, offset_s: i64) -> Option<Timestamp> {
    let exponent = u32::from(resolution & 0x7F);
    let per_second = match resolution & 0x80 {
        0 => 10_u128.checked_pow(exponent)?,
        _ => 1_u128.checked_shl(exponent)?,
    };
    let ticks = u128::from(ticks);
    let (whole, fraction) = (ticks / per_second, ticks % per_second);
    // `fraction` is below 2⁶⁴, so the product fits.
    let nanos = i64::try_from(fraction * 1_000_000_000 / per_second).ok()?;
    let seconds = i64::try_from(whole).ok()?.checked_add(offset_s)?;
    Some(Timestamp::from_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?))
}
