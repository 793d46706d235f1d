//! Recorded TCP connections → what each side sent, in order (RFC 9293), with bounds on memory.
//!
//! Only as much of TCP as a capture needs: bytes are put in order by their sequence numbers, repeats are dropped, and where a
//! segment is missing for good the stream is told to begin anew after it.

use std::net::IpAddr;

use crate::model::Timestamp;

/// Directions of connections followed at once; beyond that the one that was silent longest is forgotten. A site has a handful.
const MAX_STREAMS: usize = 64;
/// Bytes that wait for a missing segment: the largest window without scaling, four times over. A capture that has more lost it.
const MAX_WAITING: usize = 256 << 10;

/// Who sends to whom.
pub type Ends = ((IpAddr, u16), (IpAddr, u16));

/// What one packet says of its stream.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Number of the first byte.
    pub sequence: u32,
    /// Begins the stream.
    pub syn: bool,
    /// Ends it.
    pub last: bool,
    /// Bytes.
    pub bytes: &'a [u8],
}

/// Bytes of a stream that follow those given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// When the packet came that made them known.
    pub at: Timestamp,
    /// Sender's address and port.
    pub source: (IpAddr, u16),
    /// Receiver's address and port.
    pub destination: (IpAddr, u16),
    /// Names the stream; a new connection between the same ends has a new number.
    pub stream: u64,
    /// They do not follow what was given before: the stream begins here, or bytes before them are missing.
    pub begins: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

struct Stream {
    ends: Ends,
    number: u64,
    next: u32,
    begins: bool,
    last_at: Timestamp,
    /// Segments after a missing one, in no order, and their size together.
    waiting: Vec<(u32, Vec<u8>)>,
    waiting_bytes: usize,
}

/// The streams of a capture.
#[derive(Default)]
pub struct Streams {
    open: Vec<Stream>,
    numbers: u64,
    /// Places where bytes are missing for good.
    pub gaps: u64,
}

impl Streams {
    /// Takes a segment and appends what can be given now to `out`.
    pub fn add(&mut self, at: Timestamp, ends: Ends, segment: Segment<'_>, out: &mut Vec<Chunk>) {
        let known = self.open.iter().position(|s| s.ends == ends);
        let index = match known {
            Some(index) if !segment.syn => index,
            // A repeat of the first packet changes nothing.
            Some(index) if self.open.get(index).is_some_and(|s| s.begins && s.next == segment.sequence.wrapping_add(1)) => {
                index
            }
            _ => {
                if let Some(old) = known {
                    let old = self.open.remove(old);
                    self.forget(old);
                } else if self.open.len() == MAX_STREAMS
                    && let Some(oldest) = (0..MAX_STREAMS).min_by_key(|i| self.open.get(*i).map(|s| s.last_at))
                {
                    let old = self.open.remove(oldest);
                    self.forget(old);
                }
                // A capture may begin in the middle of a connection.
                let next = segment.sequence.wrapping_add(u32::from(segment.syn));
                let number = self.numbers;
                self.numbers += 1;
                let (waiting, waiting_bytes) = (Vec::new(), 0);
                self.open.push(Stream { ends, number, next, begins: true, last_at: at, waiting, waiting_bytes });
                self.open.len() - 1
            }
        };
        let Some(stream) = self.open.get_mut(index) else { return };
        stream.last_at = at;
        // The number of the first byte; the SYN itself counts as one (RFC 9293 §3.4).
        stream.take(segment.sequence.wrapping_add(u32::from(segment.syn)), segment.bytes, out);
        while stream.waiting_bytes > MAX_WAITING {
            stream.skip_gap(out);
            self.gaps += 1;
        }
        if segment.last && stream.waiting.is_empty() {
            self.open.remove(index);
        }
    }

    /// Gives what still waits for missing segments, at the end of the capture.
    pub fn finish(&mut self, out: &mut Vec<Chunk>) {
        for stream in &mut self.open {
            while !stream.waiting.is_empty() {
                stream.skip_gap(out);
                self.gaps += 1;
            }
        }
        self.open.clear();
    }

    fn forget(&mut self, stream: Stream) {
        self.gaps += u64::from(!stream.waiting.is_empty());
    }
}

impl Stream {
    fn take(&mut self, sequence: u32, bytes: &[u8], out: &mut Vec<Chunk>) {
        if self.give(sequence, bytes, out) {
            self.catch_up(out);
        } else if !self.waiting.iter().any(|(s, b)| *s == sequence && b.len() >= bytes.len()) {
            self.waiting_bytes += bytes.len();
            self.waiting.push((sequence, bytes.to_vec()));
        }
    }

    /// Gives the part of `bytes` that follows; `false` if some before it are missing.
    fn give(&mut self, sequence: u32, bytes: &[u8], out: &mut Vec<Chunk>) -> bool {
        // Numbers are compared modulo 2³² (RFC 9293 §3.4).
        let ahead = sequence.wrapping_sub(self.next) as i32;
        if ahead > 0 {
            return false;
        }
        let Some(fresh) = bytes.get(ahead.unsigned_abs() as usize..).filter(|b| !b.is_empty()) else { return true };
        self.next = self.next.wrapping_add(fresh.len() as u32);
        let (source, destination) = self.ends;
        let (at, stream, begins) = (self.last_at, self.number, std::mem::take(&mut self.begins));
        out.push(Chunk { at, source, destination, stream, begins, bytes: fresh.to_vec() });
        true
    }

    /// Gives all that waited and follows now.
    fn catch_up(&mut self, out: &mut Vec<Chunk>) {
        while let Some(i) = self.waiting.iter().position(|(s, _)| s.wrapping_sub(self.next) as i32 <= 0) {
            let (sequence, bytes) = self.waiting.swap_remove(i);
            self.waiting_bytes -= bytes.len();
            self.give(sequence, &bytes, out);
        }
    }

    /// Gives up the missing bytes before the first segment that waits.
    fn skip_gap(&mut self, out: &mut Vec<Chunk>) {
        if let Some(first) = self.waiting.iter().map(|(s, _)| *s).min_by_key(|s| s.wrapping_sub(self.next)) {
            self.next = first;
            self.begins = true;
            self.catch_up(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ends(port: u16) -> Ends {
        (([192, 0, 2, 10].into(), 5631), ([192, 0, 2, 20].into(), port))
    }

    fn at(n: usize) -> Timestamp {
        Timestamp::from_millis(n as i64)
    }

    fn segment(sequence: u32, bytes: &[u8]) -> Segment<'_> {
        Segment { sequence, syn: false, last: false, bytes }
    }

    proptest! {
        #[test]
        fn segments_late_and_repeated_make_the_stream(
            text in prop::collection::vec(any::<u8>(), 1..2000),
            sizes in prop::collection::vec(1_usize..200, 1..40),
            first in any::<u32>(),
            moves in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, any::<bool>()), 0..40),
        ) {
            let mut segments = Vec::new();
            let (mut from, mut size) = (0, sizes.iter().cycle());
            while from < text.len() {
                let to = text.len().min(from + size.next().unwrap());
                segments.push((first.wrapping_add(1 + from as u32), text[from..to].to_vec()));
                from = to;
            }
            for (which, later, repeat) in moves {
                let i = which.index(segments.len());
                let j = (i + later).min(segments.len() - 1);
                if repeat {
                    segments.insert(j, segments[i].clone());
                } else {
                    segments.swap(i, j);
                }
            }
            let (mut streams, mut out) = (Streams::default(), Vec::new());
            let syn = Segment { sequence: first, syn: true, last: false, bytes: b"" };
            streams.add(at(0), ends(1), syn, &mut out);
            streams.add(at(0), ends(1), syn, &mut out);
            for (i, (sequence, bytes)) in segments.iter().enumerate() {
                streams.add(at(i), ends(1), segment(*sequence, bytes), &mut out);
            }
            streams.finish(&mut out);
            let got: Vec<u8> = out.iter().flat_map(|c| c.bytes.clone()).collect();
            prop_assert_eq!(got, text);
            prop_assert!(out.iter().enumerate().all(|(i, c)| c.begins == (i == 0) && c.stream == 0));
            prop_assert!(out.is_sorted_by_key(|c| c.at));
            prop_assert_eq!(streams.gaps, 0);
        }
    }

    #[test]
    fn a_segment_lost_for_good_is_a_new_beginning() {
        let (mut streams, mut out) = (Streams::default(), Vec::new());
        streams.add(at(0), ends(1), segment(100, b"first"), &mut out);
        for i in 0..300_u32 {
            streams.add(at(1), ends(1), segment(200 + i * 1000, &[7; 1000]), &mut out);
        }
        let given: usize = out.iter().map(|c| c.bytes.len()).sum();
        assert_eq!((given, streams.gaps), (5 + 300_000, 1));
        let beginnings: Vec<bool> = out.iter().map(|c| c.begins).collect();
        assert!(beginnings[0] && beginnings[1] && !beginnings[2..].contains(&true));
    }

    #[test]
    fn a_new_connection_between_the_same_ends_is_a_new_stream() {
        let (mut streams, mut out) = (Streams::default(), Vec::new());
        for round in 0..2 {
            streams.add(at(0), ends(1), Segment { sequence: 50, syn: true, last: false, bytes: b"" }, &mut out);
            streams.add(at(0), ends(1), Segment { sequence: 51, syn: false, last: round == 0, bytes: b"abc" }, &mut out);
        }
        assert_eq!(out.iter().map(|c| (c.stream, c.begins)).collect::<Vec<_>>(), [(0, true), (1, true)]);
    }

    #[test]
    fn streams_are_bounded() {
        let (mut streams, mut out) = (Streams::default(), Vec::new());
        for port in 0..10_000 {
            streams.add(at(usize::from(port)), ends(port), segment(1, b"x"), &mut out);
            streams.add(at(usize::from(port)), ends(port), segment(9, b"waits"), &mut out);
        }
        assert_eq!(streams.open.len(), MAX_STREAMS);
        assert_eq!(out.len(), 10_000);
        streams.finish(&mut out);
        assert_eq!(streams.gaps, 10_000);
    }
}
