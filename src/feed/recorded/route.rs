//! Recorded datagrams → feeds of the site: by destination port, and address unless the feed takes any.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::{RecordedError, RecordedFrame};
use crate::feed::pcap::{PcapCounts, PcapReader};
use crate::model::{FeedAddress, FeedId, Site, Timestamp};

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
}

impl RouteCounts {
    /// Datagrams that no feed listens to.
    pub fn strangers_total(&self) -> u64 {
        self.strangers.values().sum::<u64>() + self.other_strangers
    }
}

struct Listener {
    feed: FeedId,
    address: Option<IpAddr>,
    port: u16,
}

/// The frames of a capture of network traffic, in order of time.
pub struct PcapFrames {
    path: PathBuf,
    reader: PcapReader,
    listeners: Vec<Listener>,
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
        let listener = |(index, address): (usize, &FeedAddress)| match address {
            FeedAddress::Udp { host, port } => {
                // A host name cannot be looked up in the network of back then: it takes any address, as `0.0.0.0` does.
                let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok().filter(|a| !a.is_unspecified());
                Some(Listener { feed: FeedId(index as u16), address, port: *port })
            }
            _ => None,
        };
        Self {
            path: path.to_owned(),
            reader,
            listeners: site.feeds.iter().enumerate().filter_map(listener).collect(),
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
        if pcap.truncated {
            notes.push(format!("{path}: ends inside a packet"));
        }
        notes
    }

    fn take_one(&mut self) {
        let datagram = match self.reader.next_datagram() {
            Ok(Some(datagram)) => datagram,
            Ok(None) => {
                self.ended = true;
                return;
            }
            Err(e) => {
                self.ended = true;
                self.error = Some(e.into());
                return;
            }
        };
        let (to, port) = datagram.destination;
        let mut takers =
            self.listeners.iter().filter(|l| l.port == port && l.address.is_none_or(|a| a == to)).map(|l| l.feed).peekable();
        if takers.peek().is_none() {
            let full = self.counts.strangers.len() >= MAX_STRANGERS;
            match self.counts.strangers.get_mut(&(to, port)) {
                Some(n) => *n += 1,
                None if full => self.counts.other_strangers += 1,
                None => {
                    self.counts.strangers.insert((to, port), 1);
                }
            }
            return;
        }
        let at = datagram.at;
        self.newest = self.newest.max(at);
        let mut bytes = datagram.bytes;
        while let Some(feed) = takers.next() {
            // The last taker gets the bytes themselves.
            let bytes = if takers.peek().is_some() { bytes.clone() } else { std::mem::take(&mut bytes) };
            self.held.push(Reverse(Held { at, sequence: self.sequence, feed, bytes }));
            self.sequence += 1;
        }
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
