//! Files and standard input: read once from their start.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::framing::Framer;
use super::health::Link;
use super::outbox::{Closed, Outbox};
use super::pcap::unpacked;
use super::recorded::LogFrames;
use super::stop::STOP_POLL;
use super::stream::{CHUNK, StreamEnd, read_stream};
use crate::model::{FeedId, WireFormat};

/// Chunks read ahead from a source whose reads cannot be interrupted.
const CHUNKS: usize = 4;

/// How fast a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As fast as the engine takes it.
    #[default]
    AtOnce,
    /// At the pace of the times that stand in it; a file that tells none (ASTERIX, SAPIENT) is read at once. What is received is
    /// stamped with the time now all the same.
    Recorded,
}

/// Which file.
#[derive(Clone, Debug)]
pub(super) struct FileFeed {
    /// `None` for standard input.
    pub path: Option<PathBuf>,
    pub format: WireFormat,
    pub feed: FeedId,
    pub pace: Pace,
    pub allow_missing_checksum: bool,
}

impl FileFeed {
    /// Reads to the end, or until asked to stop.
    pub fn run(&self, framer: &mut Framer, outbox: &mut Outbox) -> Result<(), Closed> {
        let name = self.path.as_deref().unwrap_or(Path::new("stdin"));
        let end = match self.open() {
            Ok(reader) => {
                outbox.health.up(outbox.clock.now());
                if self.pace == Pace::Recorded && self.format == WireFormat::Nmea {
                    self.paced(reader, outbox)?
                } else {
                    self.at_once(reader, framer, outbox)?
                }
            }
            Err(error) => StreamEnd::Failed(error.to_string()),
        };
        outbox.send()?;
        match end {
            StreamEnd::Failed(why) => {
                tracing::error!(file = %name.display(), why, "not read to its end");
                outbox.health.down(Link::Failed, why);
            }
            StreamEnd::Closed | StreamEnd::Stopped => outbox.health.down(Link::Ended, None),
        }
        Ok(())
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let Some(path) = &self.path else { return Ok(Box::new(Interruptible::new(io::stdin())?)) };
        let file = File::open(path)?;
        if file.metadata()?.is_file() {
            unpacked(file)
        } else {
            // A pipe or a device may keep its reader waiting for ever.
            Ok(Box::new(Interruptible::new(file)?))
        }
    }

    fn at_once(&self, mut reader: Box<dyn Read + Send>, framer: &mut Framer, outbox: &mut Outbox) -> Result<StreamEnd, Closed> {
        let end = read_stream(&mut reader, |_, _| Ok(()), None, framer, outbox)?;
        if matches!(end, StreamEnd::Closed) {
            let at = outbox.clock.now();
            let mut closed = Ok(());
            framer.finish(|frame| closed = outbox.frame(at, frame));
            outbox.health.lock().health.framing = framer.counts();
            closed?;
        }
        Ok(end)
    }

    fn paced(&self, reader: Box<dyn Read + Send>, outbox: &mut Outbox) -> Result<StreamEnd, Closed> {
        let name = self.path.as_deref().unwrap_or(Path::new("stdin"));
        let began = outbox.clock.monotonic();
        let mut first = None;
        for frame in LogFrames::new(reader, name, self.feed, self.allow_missing_checksum) {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return Ok(StreamEnd::Failed(error.to_string())),
            };
            let since = frame.received_at.seconds_since(*first.get_or_insert(frame.received_at));
            let due = began + Duration::try_from_secs_f64(since).unwrap_or_default();
            loop {
                let now = outbox.clock.monotonic();
                if outbox.stop.stopped() {
                    return Ok(StreamEnd::Stopped);
                }
                if now >= due {
                    break;
                }
                outbox.flush()?;
                outbox.stop.wait((due - now).min(STOP_POLL));
            }
            outbox.frame(outbox.clock.now(), &frame.bytes)?;
        }
        Ok(StreamEnd::Closed)
    }
}

/// A source whose reads cannot be interrupted, read by a thread of its own, which is left behind when the feed has to stop while
/// a read still waits. It holds no more than a few chunks.
struct Interruptible {
    chunks: Receiver<io::Result<Vec<u8>>>,
    rest: io::Cursor<Vec<u8>>,
    ended: bool,
}

impl Interruptible {
    fn new(mut source: impl Read + Send + 'static) -> io::Result<Self> {
        let (give, chunks) = bounded(CHUNKS);
        std::thread::Builder::new().name("reader".to_owned()).spawn(move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                let chunk = source.read(&mut buffer).map(|n| buffer.get(..n).unwrap_or_default().to_vec());
                let last = matches!(&chunk, Ok(bytes) if bytes.is_empty());
                let fatal = matches!(&chunk, Err(e) if e.kind() != io::ErrorKind::Interrupted);
                if give.send(chunk).is_err() || last || fatal {
                    return;
                }
            }
        })?;
        Ok(Self { chunks, rest: io::Cursor::default(), ended: false })
    }
}

impl Read for Interruptible {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.rest.read(buffer)?;
            if n > 0 || self.ended {
                return Ok(n);
            }
            match self.chunks.recv_timeout(STOP_POLL) {
                Ok(Ok(chunk)) if chunk.is_empty() => self.ended = true,
                Ok(Ok(chunk)) => self.rest = io::Cursor::new(chunk),
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
                Err(RecvTimeoutError::Disconnected) => self.ended = true,
            }
        }
    }
}
