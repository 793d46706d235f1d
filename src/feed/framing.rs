//! Cuts a stream of bytes into frames: lines of text, ASTERIX data blocks, SAPIENT messages.

use crate::model::WireFormat;
use crate::wire::sapient;

/// Longest line taken. A sentence has at most 82 characters (IEC 61162-1 §7.1), a TAG block 80; aggregators' suffixes and
/// several sentences without line ends still stay far below.
const MAX_LINE: usize = 4096;
/// Shortest ASTERIX block: category, length and one byte of a record (EUROCONTROL-SPEC-0149 §4.2).
const MIN_ASTERIX: usize = 4;

/// What a [`Framer`] threw away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FramingCounts {
    /// Lines longer than 4096 bytes; the stream goes on at the next line end.
    pub over_long: u64,
    /// Streams given up because a length in them cannot be right.
    pub out_of_step: u64,
    /// Frames that broke off with their stream.
    pub torn: u64,
}

/// A length in the stream cannot be right, so that the next frame cannot be found: the stream has to begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stream is out of step: a frame of {length} bytes cannot be")]
pub struct OutOfStep {
    /// What the length field says.
    pub length: usize,
}

/// Cuts one stream into frames. Holds at most one frame that is not yet complete.
#[derive(Debug)]
pub struct Framer {
    format: WireFormat,
    pending: Vec<u8>,
    /// Inside an over-long line, up to its end.
    skipping: bool,
    counts: FramingCounts,
}

impl Framer {
    /// A framer for streams of `format`: NMEA by lines, ASTERIX by the length of the data block, SAPIENT by the 32-bit
    /// little-endian length in front of each message (BSI Flex 335 v2 §5), which stays part of the frame.
    pub fn new(format: WireFormat) -> Self {
        Self { format, pending: Vec::new(), skipping: false, counts: FramingCounts::default() }
    }

    /// What was thrown away so far.
    pub fn counts(&self) -> FramingCounts {
        self.counts
    }

    /// Takes what the stream delivered and gives `frame` every frame that is complete now. After an error the stream is of
    /// no use, and the framer is empty, ready for the next one.
    pub fn push(&mut self, chunk: &[u8], mut frame: impl FnMut(&[u8])) -> Result<(), OutOfStep> {
        if self.format == WireFormat::Nmea {
            self.push_text(chunk, frame);
            return Ok(());
        }
        let mut rest = chunk;
        // First the frame that was begun, byte-exactly; then whole frames straight from the chunk.
        while !rest.is_empty() || !self.pending.is_empty() {
            let from_chunk = self.pending.is_empty();
            let seen = if from_chunk { rest } else { self.pending.as_slice() };
            let wanted = match frame_length(self.format, seen) {
                Ok(wanted) => wanted,
                Err(length) => {
                    self.pending.clear();
                    self.counts.out_of_step += 1;
                    return Err(OutOfStep { length });
                }
            };
            if from_chunk {
                if let Some((whole, after)) = rest.split_at_checked(wanted).filter(|_| wanted > header(self.format)) {
                    frame(whole);
                    rest = after;
                    continue;
                }
            } else if seen.len() == wanted && wanted > header(self.format) {
                frame(seen);
                self.pending.clear();
                continue;
            }
            // Up to the end of the header at first, then up to the end of the frame.
            let missing = wanted.saturating_sub(self.pending.len()).min(rest.len());
            if missing == 0 {
                break;
            }
            let (taken, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.pending.extend_from_slice(taken);
            rest = after;
        }
        Ok(())
    }

    fn push_text(&mut self, chunk: &[u8], mut frame: impl FnMut(&[u8])) {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after.get(1..).unwrap_or_default();
            self.line_end(line, &mut frame);
        }
        if self.skipping {
            return;
        }
        if self.pending.len() + rest.len() > MAX_LINE {
            self.over_long();
            self.skipping = true;
        } else {
            self.pending.extend_from_slice(rest);
        }
    }

    fn line_end(&mut self, line: &[u8], frame: &mut impl FnMut(&[u8])) {
        if self.skipping {
            self.skipping = false;
            return;
        }
        if self.pending.len() + line.len() > MAX_LINE {
            self.over_long();
            return;
        }
        let whole = if self.pending.is_empty() {
            line
        } else {
            self.pending.extend_from_slice(line);
            &self.pending
        };
        let text = whole.strip_suffix(b"\r").unwrap_or(whole);
        if !text.is_empty() {
            frame(text);
        }
        self.pending.clear();
    }

    fn over_long(&mut self) {
        self.pending.clear();
        self.counts.over_long += 1;
    }

    /// The stream has ended where nothing was lost, as a file does: a last line needs no line end.
    pub fn finish(&mut self, mut frame: impl FnMut(&[u8])) {
        if self.format == WireFormat::Nmea && !self.skipping {
            self.line_end(&[], &mut frame);
        }
        self.broken();
    }

    /// The stream broke off: what is not complete is counted and forgotten.
    pub fn broken(&mut self) {
        self.counts.torn += u64::from(!self.pending.is_empty());
        self.pending.clear();
        self.skipping = false;
    }
}

/// Bytes after which the length of a frame is known.
fn header(format: WireFormat) -> usize {
    match format {
        WireFormat::Nmea => 0,
        WireFormat::Asterix => 3,
        WireFormat::Sapient => 4,
    }
}

/// Length of the frame that begins with `seen`, or of its header as long as that is not there; the length field's value where
/// it cannot be right.
fn frame_length(format: WireFormat, seen: &[u8]) -> Result<usize, usize> {
    match (format, seen) {
        (WireFormat::Asterix, &[_, high, low, ..]) => match usize::from(u16::from_be_bytes([high, low])) {
            length if length < MIN_ASTERIX => Err(length),
            length => Ok(length),
        },
        (WireFormat::Sapient, _) => match sapient::frame_length(seen) {
            Some(frame) if frame <= header(format) || frame > sapient::MAX_FRAME_BYTES => Err(frame - header(format)),
            Some(frame) => Ok(frame),
            None => Ok(header(format)),
        },
        _ => Ok(header(format)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(format: WireFormat, chunks: &[&[u8]]) -> (Vec<Vec<u8>>, FramingCounts) {
        let mut framer = Framer::new(format);
        let mut frames = Vec::new();
        for chunk in chunks {
            framer.push(chunk, |f| frames.push(f.to_vec())).unwrap();
        }
        framer.finish(|f| frames.push(f.to_vec()));
        (frames, framer.counts())
    }

    #[test]
    fn half_lines_wait_for_their_end() {
        let (lines, counts) = cut(WireFormat::Nmea, &[b"$GPG", b"GA,1*00\r", b"\n\r\n$GP", b"", b"ZDA*11\n!AIVDM"]);
        assert_eq!(lines, [&b"$GPGGA,1*00"[..], b"$GPZDA*11", b"!AIVDM"]);
        assert_eq!(counts, FramingCounts::default());
    }

    #[test]
    fn an_over_long_line_is_counted_once_and_the_next_is_whole() {
        let long = [b'x'; 3 * MAX_LINE];
        for pieces in [1, 7, 1000, long.len()] {
            let mut chunks: Vec<&[u8]> = long.chunks(pieces).collect();
            chunks.extend([&b"tail\n$next\n"[..], b"$last\n"]);
            let (lines, counts) = cut(WireFormat::Nmea, &chunks);
            assert_eq!(lines, [&b"$next"[..], b"$last"], "{pieces}");
            assert_eq!(counts.over_long, 1, "{pieces}");
        }
        // The longest that is taken, and one more.
        let line = [&long[..MAX_LINE], b"\n"].concat();
        assert_eq!(cut(WireFormat::Nmea, &[&line]).0[0].len(), MAX_LINE);
        let line = [&long[..=MAX_LINE], b"\n$next\n"].concat();
        assert_eq!(
            cut(WireFormat::Nmea, &[&line]),
            (vec![b"$next".to_vec()], FramingCounts { over_long: 1, ..Default::default() })
        );
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_how_the_stream_is_cut(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..20),
            cuts in prop::collection::vec(1_usize..30, 1..60),
            format in prop_oneof![Just(WireFormat::Nmea), Just(WireFormat::Asterix), Just(WireFormat::Sapient)],
        ) {
            let expected: Vec<Vec<u8>> = payloads.iter().map(|p| match format {
                WireFormat::Nmea => p.iter().map(|b| b'A' + b % 26).collect(),
                WireFormat::Asterix => [&[48][..], &(p.len() as u16 + 3).to_be_bytes(), p].concat(),
                WireFormat::Sapient => [&(p.len() as u32).to_le_bytes()[..], p].concat(),
            }).collect();
            let end: &[u8] = if format == WireFormat::Nmea { b"\r\n" } else { b"" };
            let stream: Vec<u8> = expected.iter().flat_map(|f| [f, end].concat()).collect();
            let mut framer = Framer::new(format);
            let mut frames = Vec::new();
            let mut rest = stream.as_slice();
            for n in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (chunk, after) = rest.split_at(rest.len().min(*n));
                framer.push(chunk, |f| frames.push(f.to_vec())).unwrap();
                rest = after;
            }
            prop_assert_eq!(frames, expected);
            framer.finish(|_| panic!("nothing is left"));
            prop_assert_eq!(framer.counts(), FramingCounts::default());
        }
    }

    #[test]
    fn an_impossible_length_ends_the_stream_and_not_the_framer() {
        let mut framer = Framer::new(WireFormat::Asterix);
        assert_eq!(framer.push(&[48, 0], |_| panic!()), Ok(()));
        assert_eq!(framer.push(&[2, 9, 9], |_| panic!()), Err(OutOfStep { length: 2 }));
        let mut frames = 0;
        assert_eq!(framer.push(&[48, 0, 4, 9], |_| frames += 1), Ok(()));
        assert_eq!(frames, 1);
        let mut framer = Framer::new(WireFormat::Sapient);
        assert!(framer.push(&[0xFF, 0xFF, 0xFF, 0x7F, 1], |_| panic!()).is_err());
        assert_eq!(framer.counts().out_of_step, 1);
    }

    #[test]
    fn what_breaks_off_is_counted() {
        let mut framer = Framer::new(WireFormat::Nmea);
        framer.push(b"$GPGGA,half", |_| panic!()).unwrap();
        framer.broken();
        framer.push(b"$GPZDA\n", |f| assert_eq!(f, b"$GPZDA")).unwrap();
        assert_eq!(framer.counts().torn, 1);
    }
}
