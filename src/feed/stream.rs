//! What connected streams have in common: bytes in chunks, cut into frames, until the stream ends.

use std::io::{self, Read};
use std::time::Duration;

use super::framing::Framer;
use super::outbox::{Closed, Outbox};
use super::stop::STOP_POLL;
use super::udp::nothing_yet;
use crate::model::Timestamp;

/// Bytes asked for at once: many sentences, and a whole block of radar video.
pub(super) const CHUNK: usize = 65_536;
/// How long to wait for bytes while a batch waits for room in the channel.
pub(super) const RETRY: Duration = Duration::from_millis(2);

/// Why a stream is read no longer.
#[derive(Debug)]
pub(super) enum StreamEnd {
    /// Asked to stop.
    Stopped,
    /// The other side closed it, or the file is at its end.
    Closed,
    /// It failed, fell silent or came out of step.
    Failed(String),
}

/// Reads `stream` until it ends. A stream must not block for longer than a stop may take: `set_timeout` tells it how long it
/// may. `silence` is how long it may say nothing.
pub(super) fn read_stream<S: Read>(
    stream: &mut S,
    mut set_timeout: impl FnMut(&mut S, Duration) -> io::Result<()>,
    silence: Option<Duration>,
    framer: &mut Framer,
    outbox: &mut Outbox,
) -> Result<StreamEnd, Closed> {
    let mut chunk = vec![0; CHUNK];
    let mut heard = outbox.clock.monotonic();
    let mut timeout = None;
    let end = loop {
        if outbox.stop.stopped() {
            break StreamEnd::Stopped;
        }
        let patience = if outbox.pending() { RETRY } else { STOP_POLL };
        if timeout != Some(patience) {
            timeout = Some(patience);
            if let Err(error) = set_timeout(stream, patience) {
                break StreamEnd::Failed(error.to_string());
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) => break StreamEnd::Closed,
            Ok(n) => {
                heard = outbox.clock.monotonic();
                let at = outbox.clock.now();
                if let Some(failure) = take_chunk(chunk.get(..n).unwrap_or_default(), at, framer, outbox)? {
                    break StreamEnd::Failed(failure);
                }
                outbox.flush()?;
            }
            Err(e) if nothing_yet(&e) => {
                outbox.flush()?;
                if silence.is_some_and(|s| outbox.clock.monotonic() - heard >= s) {
                    break StreamEnd::Failed("connected, but silent".to_owned());
                }
            }
            Err(e) => break StreamEnd::Failed(e.to_string()),
        }
    };
    outbox.health.lock().health.framing = framer.counts();
    Ok(end)
}

/// Cuts a chunk into frames. `Some` says why the stream cannot go on.
pub(super) fn take_chunk(
    chunk: &[u8],
    at: Timestamp,
    framer: &mut Framer,
    outbox: &mut Outbox,
) -> Result<Option<String>, Closed> {
    let before = framer.counts();
    let mut closed = Ok(());
    let outcome = framer.push(chunk, |frame| {
        if closed.is_ok() {
            closed = outbox.frame(at, frame);
        }
    });
    if framer.counts() != before {
        outbox.health.lock().health.framing = framer.counts();
    }
    closed?;
    Ok(outcome.err().map(|e| e.to_string()))
}
