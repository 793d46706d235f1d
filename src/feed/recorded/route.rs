//! Recorded traffic → feeds of the site. Datagrams by destination port, and address unless the feed takes any; connections by the
//! port and address of the server for feeds that connect, by our port for feeds that listen.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::{RecordedError, RecordedFrame};
use crate::feed::framing::{Framer, OutOfStep};
use crate::feed::pcap::{Chunk, Datagram, PcapCounts, PcapItem, PcapReader};
use crate::model::{FeedAddress, FeedId, Site, Timestamp, WireFormat};

/// Packets of several interfaces stand in a capture in the order they were fetched from each; Wireshark's `dumpcap` fetches at
/// least once a second. Within this span they are put in order of time.
const REORDER_NS: i64 = 1_000_000_000;
/// Frames held back for that at most: a second of 20 000 frames/s with room.
const MAX_HELD: usize = 65_536;
/// Destinations without a feed that are told apart; the rest are counted together.
const MAX_STRANGERS: usize = 32;

/// What became of the datagrams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteCounts {
    /// Frames given to feeds; a datagram that two feeds listen to counts twice, as it does live.
    pub frames: u64,
    /// Datagrams to destinations that no feed listens to.
    pub strangers: BTreeMap<(IpAddr, u16), u64>,
    /// The same, of destinations beyond the first 32.
    pub other_strangers: u64,
    /// Frames that lay more than a second behind in the file: they keep their place and take the time of the frame before.
    pub late: u64,
    /// Streams left because a length in them cannot be right, as when the capture began in the middle of a frame.
    pub out_of_step: u64,
}

impl RouteCounts {
    /// Datagrams that no feed listens to.
    pub fn strangers_total(&self) -> u64 {
        self.strangers.values().sum::<u64>() + self.other_strangers
    }
}

struct Listener {
    feed: FeedId,
    way: Way,
    /// `None` takes any.
    address: Option<IpAddr>,
    port: u16,
    format: WireFormat,
}

/// Which end of what a feed's port is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    DatagramsTo,
    StreamsFrom,
    StreamsTo,
}

impl Listener {
    fn new(site: &Site, index: usize, address: &FeedAddress) -> Option<Self> {
        let (way, host, port) = match address {
            FeedAddress::Udp { host, port } => (Way::DatagramsTo, host, *port),
            FeedAddress::Tcp { host, port } => (Way::StreamsFrom, host, *port),
            FeedAddress::TcpListen { host, port } => (Way::StreamsTo, host, *port),
            FeedAddress::Serial { .. } | FeedAddress::File { .. } | FeedAddress::Stdin => return None,
        };
        let feed = FeedId(index as u16);
        // A host name cannot be looked up in the network of back then: it takes any address, as `0.0.0.0` does.
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok().filter(|a| !a.is_unspecified());
        let format = site.sensors_on(feed).next().map_or(WireFormat::Nmea, |(_, s)| s.format);
        Some(Self { feed, way, address, port, format })
    }

    fn takes(&self, way: Way, (address, port): (IpAddr, u16)) -> bool {
        self.way == way && self.port == port && self.address.is_none_or(|a| a == address)
    }
}

/// Streams cut at once; the reader follows no more either.
const MAX_STREAMS: usize = 256;

/// The frames of a capture of network traffic, in order of time.
pub struct PcapFrames {
    path: PathBuf,
    reader: PcapReader,
    listeners: Vec<Listener>,
    /// By stream and feed; `None` once a stream is out of step, until it begins anew.
    framers: BTreeMap<(u64, FeedId), Option<Framer>>,
    counts: RouteCounts,
    /// By time, then by place in the file and feed.
    held: BinaryHeap<Reverse<Held>>,
    sequence: u64,
    newest: Timestamp,
    last: Timestamp,
    ended: bool,
    error: Option<RecordedError>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    at: Timestamp,
    sequence: u64,
    feed: FeedId,
    bytes: Vec<u8>,
}

impl PcapFrames {
    /// The frames in `reader` for the feeds of `site`; `path` is for messages.
    pub fn new(reader: PcapReader, path: &Path, site: &Site) -> Self {
        let listeners: Vec<Listener> =
            site.feeds.iter().enumerate().filter_map(|(i, address)| Listener::new(site, i, address)).collect();
        let streams = listeners.iter().filter(|l| l.way != Way::DatagramsTo).map(|l| l.port);
        Self {
            path: path.to_owned(),
            reader: reader.follow_tcp(streams),
            listeners,
            framers: BTreeMap::new(),
            counts: RouteCounts::default(),
            held: BinaryHeap::new(),
            sequence: 0,
            newest: Timestamp::MIN,
            last: Timestamp::MIN,
            ended: false,
            error: None,
        }
    }

    /// What became of the datagrams so far.
    pub fn counts(&self) -> &RouteCounts {
        &self.counts
    }

    /// What the capture held so far.
    pub fn pcap_counts(&self) -> &PcapCounts {
        self.reader.counts()
    }

    /// What a user should know, a line each.
    pub fn notes(&self) -> Vec<String> {
        let path = self.path.display();
        let pcap = self.reader.counts();
        let mut notes = Vec::new();
        for ((address, port), n) in &self.counts.strangers {
            notes.push(format!("{path}: {n} datagrams to {} belong to no feed", std::net::SocketAddr::new(*address, *port)));
        }
        if self.counts.other_strangers > 0 {
            notes.push(format!("{path}: {} datagrams to other destinations belong to no feed", self.counts.other_strangers));
        }
        for (reason, n) in &pcap.skipped {
            notes.push(format!("{path}: {n} packets left out: {}", reason.0));
        }
        if pcap.incomplete > 0 {
            notes.push(format!("{path}: {} datagrams left out: fragments are missing", pcap.incomplete));
        }
        if self.counts.late > 0 {
            notes.push(format!(
                "{path}: {} frames lay more than 1 s behind and took the time of the one before",
                self.counts.late
            ));
        }
        if pcap.gaps > 0 {
            notes.push(format!("{path}: bytes are missing in {} places of TCP connections", pcap.gaps));
        }
        if self.counts.out_of_step > 0 {
            notes.push(format!("{path}: {} TCP streams left where a length cannot be right", self.counts.out_of_step));
        }
        if pcap.truncated {
            notes.push(format!("{path}: ends inside a packet"));
        }
        notes
    }

    fn take_one(&mut self) {
        match self.reader.next_item() {
            Ok(Some(PcapItem::Datagram(datagram))) => self.take_datagram(datagram),
            Ok(Some(PcapItem::Chunk(chunk))) => self.take_chunk(&chunk),
            Ok(None) => self.ended = true,
            Err(e) => {
                self.ended = true;
                self.error = Some(e.into());
            }
        }
    }

    fn take_datagram(&mut self, datagram: Datagram) {
        let to = datagram.destination;
        let takers: Vec<FeedId> = self.listeners.iter().filter(|l| l.takes(Way::DatagramsTo, to)).map(|l| l.feed).collect();
        let Some((last, others)) = takers.split_last() else {
            let full = self.counts.strangers.len() >= MAX_STRANGERS;
            match self.counts.strangers.get_mut(&to) {
                Some(n) => *n += 1,
                None if full => self.counts.other_strangers += 1,
                None => {
                    self.counts.strangers.insert(to, 1);
                }
            }
            return;
        };
        for feed in others {
            self.hold(datagram.at, *feed, datagram.bytes.clone());
        }
        self.hold(datagram.at, *last, datagram.bytes);
    }

    fn take_chunk(&mut self, chunk: &Chunk) {
        let takes = |l: &&Listener| l.takes(Way::StreamsFrom, chunk.source) || l.takes(Way::StreamsTo, chunk.destination);
        let takers: Vec<(FeedId, WireFormat)> = self.listeners.iter().filter(takes).map(|l| (l.feed, l.format)).collect();
        for (feed, format) in takers {
            let key = (chunk.stream, feed);
            if chunk.begins {
                // The oldest have ended long ago.
                if self.framers.len() >= MAX_STREAMS {
                    self.framers.pop_first();
                }
                self.framers.insert(key, Some(Framer::new(format)));
            }
            let Some(Some(mut framer)) = self.framers.get_mut(&key).map(Option::take) else { continue };
            match framer.push(&chunk.bytes, |frame| self.hold(chunk.at, feed, frame.to_vec())) {
                Ok(()) => {
                    self.framers.insert(key, Some(framer));
                }
                Err(OutOfStep { .. }) => self.counts.out_of_step += 1,
            }
        }
    }

    fn hold(&mut self, at: Timestamp, feed: FeedId, bytes: Vec<u8>) {
        self.newest = self.newest.max(at);
        self.held.push(Reverse(Held { at, sequence: self.sequence, feed, bytes }));
        self.sequence += 1;
    }

    fn release(&mut self) -> Option<RecordedFrame> {
        let Reverse(next) = self.held.pop()?;
        self.counts.frames += 1;
        self.counts.late += u64::from(next.at < self.last);
        self.last = self.last.max(next.at);
        Some(RecordedFrame { feed: next.feed, received_at: self.last, bytes: next.bytes })
    }
}

impl Iterator for PcapFrames {
    type Item = Result<RecordedFrame, RecordedError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let due = self.held.peek().is_some_and(|Reverse(oldest)| {
                self.ended || self.held.len() >= MAX_HELD || self.newest.nanos().saturating_sub(oldest.at.nanos()) > REORDER_NS
            });
            if due {
                return self.release().map(Ok);
            }
            if self.ended {
                return self.error.take().map(Err);
            }
            self.take_one();
        }
    }
}
