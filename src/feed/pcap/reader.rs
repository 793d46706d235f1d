//! [`PcapReader`]: a capture file as an iterator of datagrams.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::file::{Failure, Item, PacketFile};
use super::fragments::Reassembly;
use super::packet::{self, Payload, Udp};
use super::tcp::{Chunk, Streams};
use crate::model::Timestamp;
use crate::wire::Refusal;

/// First two bytes of a gzip member (RFC 1952 §2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// A UDP datagram of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// When it was captured.
    pub at: Timestamp,
    /// Sender's address and port.
    pub source: (IpAddr, u16),
    /// Receiver's address and port.
    pub destination: (IpAddr, u16),
    /// Payload.
    pub bytes: Vec<u8>,
}

/// A datagram, or a piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PcapItem {
    /// A UDP datagram.
    Datagram(Datagram),
    /// Bytes of a TCP connection that was [asked for](PcapReader::follow_tcp).
    Chunk(Chunk),
}

/// What a capture held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PcapCounts {
    /// Packets in the file.
    pub packets: u64,
    /// UDP datagrams made of them.
    pub datagrams: u64,
    /// Segments of TCP connections that were followed.
    pub segments: u64,
    /// Places in them where bytes are missing.
    pub gaps: u64,
    /// Packets that hold a fragment and did not complete their datagram.
    pub fragments: u64,
    /// Packets left out, by reason: `tcp`, `not-udp`, `not-ip`, `link-type`, `malformed`, `cut-by-capture`, …
    pub skipped: BTreeMap<Refusal, u64>,
    /// Datagrams of which fragments are missing.
    pub incomplete: u64,
    /// The file ends inside a packet.
    pub truncated: bool,
}

/// Why a capture cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum PcapError {
    /// The file cannot be opened.
    #[error("{}: cannot open: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no capture.
    #[error("{}: neither pcap nor pcapng", path.display())]
    NotACapture {
        /// The file.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("{}: after packet {packet}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Packets read before, counted as Wireshark counts.
        packet: u64,
        /// Why.
        source: io::Error,
    },
    /// The file's structure is broken.
    #[error("{}: after packet {packet}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Packets read before, counted as Wireshark counts.
        packet: u64,
        /// What is broken.
        reason: &'static str,
    },
}

/// The datagrams of a `.pcap` or `.pcapng`, gzipped or not, in the order captured.
///
/// A file that ends inside a packet, as a killed recorder leaves it, ends cleanly and is [counted](PcapCounts::truncated).
pub struct PcapReader {
    path: PathBuf,
    file: Option<PacketFile<Box<dyn Read + Send>>>,
    fragments: Reassembly,
    /// TCP ports whose connections are followed.
    tcp_ports: BTreeSet<u16>,
    streams: Streams,
    /// Pieces of streams not yet given.
    chunks: VecDeque<Chunk>,
    /// Told when these are given.
    error: Option<PcapError>,
    counts: PcapCounts,
}

impl PcapReader {
    /// Opens a file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PcapError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|source| PcapError::Open { path: path.to_owned(), source })?;
        Self::from_reader(path, file)
    }

    /// Reads from `reader`; `name` stands for the path in errors.
    pub fn from_reader(name: impl AsRef<Path>, reader: impl Read + Send + 'static) -> Result<Self, PcapError> {
        let path = name.as_ref().to_owned();
        let fail = |failure| failed(&path, 0, failure);
        let file = PacketFile::new(unpacked(reader).map_err(|e| fail(Failure::Io(e)))?).map_err(fail)?;
        Ok(Self {
            file: Some(file),
            path,
            fragments: Reassembly::default(),
            tcp_ports: BTreeSet::new(),
            streams: Streams::default(),
            chunks: VecDeque::new(),
            error: None,
            counts: PcapCounts::default(),
        })
    }

    /// Lets [`PcapReader::next_item`] give what was sent over TCP connections from or to these ports; others are left out and
    /// counted.
    pub fn follow_tcp(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.tcp_ports.extend(ports);
        self
    }

    /// What was found so far.
    pub fn counts(&self) -> &PcapCounts {
        &self.counts
    }

    /// The next datagram; `None` at the end. After an error there is no more.
    pub fn next_datagram(&mut self) -> Result<Option<Datagram>, PcapError> {
        loop {
            match self.next_item()? {
                Some(PcapItem::Datagram(datagram)) => return Ok(Some(datagram)),
                Some(PcapItem::Chunk(_)) => {}
                None => return Ok(None),
            }
        }
    }

    /// The next datagram, or piece of a stream that is followed; `None` at the end. After an error there is no more.
    pub fn next_item(&mut self) -> Result<Option<PcapItem>, PcapError> {
        loop {
            if let Some(chunk) = self.chunks.pop_front() {
                return Ok(Some(PcapItem::Chunk(chunk)));
            }
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            let Some(file) = &mut self.file else { return Ok(None) };
            let (at, payload) = match file.next() {
                Ok(Some(Item::Packet { at, link, data, cut })) => {
                    let cut = |why| if cut && why == "malformed" { "cut-by-capture" } else { why };
                    (at, packet::payload(link, data, at, &mut self.fragments).map_err(cut))
                }
                Ok(Some(Item::Unusable(reason))) => (Timestamp::MIN, Err(reason)),
                Ok(None) => {
                    self.counts.truncated = file.truncated;
                    self.finish();
                    continue;
                }
                Err(failure) => {
                    self.error = Some(failed(&self.path, self.counts.packets, failure));
                    self.finish();
                    continue;
                }
            };
            self.counts.packets += 1;
            match payload {
                Ok(Payload::Udp(Udp { source, destination, bytes })) => {
                    self.counts.datagrams += 1;
                    return Ok(Some(PcapItem::Datagram(Datagram { at, source, destination, bytes })));
                }
                Ok(Payload::Fragment) => self.counts.fragments += 1,
                Ok(Payload::Tcp(ends, segment)) if [ends.0.1, ends.1.1].iter().any(|p| self.tcp_ports.contains(p)) => {
                    self.counts.segments += 1;
                    let mut out = Vec::new();
                    self.streams.add(at, ends, segment, &mut out);
                    self.chunks.extend(out);
                    self.counts.gaps = self.streams.gaps;
                }
                Ok(Payload::Tcp(..)) => self.skip("tcp"),
                Err(reason) => self.skip(reason),
            }
            self.counts.incomplete = self.fragments.given_up;
        }
    }

    fn skip(&mut self, reason: &'static str) {
        *self.counts.skipped.entry(Refusal(reason)).or_default() += 1;
    }

    /// What still waits for more gets no more.
    fn finish(&mut self) {
        self.file = None;
        self.fragments.finish();
        self.counts.incomplete = self.fragments.given_up;
        let mut out = Vec::new();
        self.streams.finish(&mut out);
        self.chunks.extend(out);
        self.counts.gaps = self.streams.gaps;
    }
}

impl Iterator for PcapReader {
    type Item = Result<Datagram, PcapError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_datagram().transpose()
    }
}

/// `reader`, unpacked if it is gzip; told by its first bytes, since names lie.
pub(crate) fn unpacked(reader: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    // A pipe may deliver one byte at first, so the two are read one by one and put back in front.
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut head = Vec::with_capacity(2);
    while head.len() < 2 {
        match reader.fill_buf() {
            Ok([]) => break,
            Ok(bytes) => {
                let n = bytes.len().min(2 - head.len());
                head.extend(bytes.iter().take(n));
                reader.consume(n);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let gzip = head == GZIP_MAGIC;
    let whole = io::Cursor::new(head).chain(reader);
    Ok(if gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

fn failed(path: &Path, packet: u64, failure: Failure) -> PcapError {
    let path = path.to_owned();
    match failure {
        Failure::Io(source) => PcapError::Read { path, packet, source },
        Failure::NotACapture => PcapError::NotACapture { path },
        Failure::Damaged(reason) => PcapError::Damaged { path, packet, reason },
    }
}
