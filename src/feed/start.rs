//! Starts the thread of a feed.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::Batch;
use super::backoff::Backoff;
use super::clock::Clock;
use super::file::{FileFeed, Pace};
use super::framing::Framer;
use super::health::{FeedHealth, HealthCell, Link};
use super::listen::ListenFeed;
use super::outbox::Outbox;
use super::serial::SerialFeed;
use super::stop::Stop;
use super::tcp::TcpFeed;
use super::udp::UdpFeed;
use crate::model::{FeedAddress, FeedId, Site, Timestamp, WireFormat};
use crate::wire::Decode;

/// How feeds behave.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedSettings {
    /// Without a frame for so long, a feed is called silent. A radar turns in 2.5 s and an AIS base station speaks every 10 s.
    pub silence: Duration,
    /// Without a byte for so long, a TCP client connects again: keep-alive does not notice a server that lives and says nothing.
    pub reconnect_after: Duration,
    /// How fast files are read.
    pub pace: Pace,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self { silence: Duration::from_secs(30), reconnect_after: Duration::from_secs(60), pace: Pace::AtOnce }
    }
}

/// Why a feed cannot be started. What may pass (an interface that is down, a port in use) is no reason: the feed tries again
/// and its [`FeedHealth`] says why it has to.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The site has no such feed.
    #[error("the site has no feed {}", .0.0)]
    Unknown(FeedId),
    /// The system gave no thread.
    #[error("{address}: cannot start a thread: {source}")]
    Thread {
        /// The feed.
        address: String,
        /// Why.
        source: io::Error,
    },
}

/// A feed at work on its thread. It ends when its [`Stop`] is set, its input ends or the engine goes away.
#[derive(Debug)]
pub struct Running {
    feed: FeedId,
    address: FeedAddress,
    clock: Clock,
    health: HealthCell,
    bound: Arc<Mutex<Option<SocketAddr>>>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Which feed.
    pub fn feed(&self) -> FeedId {
        self.feed
    }

    /// Its address as configured.
    pub fn address(&self) -> &FeedAddress {
        &self.address
    }

    /// Its health at `now`, by the clock it was started with.
    pub fn health(&self, now: Timestamp) -> FeedHealth {
        self.health.snapshot(now)
    }

    /// Where its socket was bound at the start, for a feed that receives or listens on port 0.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        *self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its thread has ended.
    pub fn ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end and tells its last health.
    pub fn join(self) -> FeedHealth {
        if self.thread.join().is_err() {
            self.health.down(Link::Failed, "its thread panicked".to_owned());
        }
        self.health.snapshot(self.clock.now())
    }
}

/// Starts feed `feed` of `site` with the default settings; see [`start_with`].
pub fn start(
    site: &Site,
    feed: FeedId,
    decoder: Box<dyn Decode>,
    clock: Clock,
    out: Sender<Batch>,
    stop: Stop,
) -> Result<Running, FeedError> {
    start_with(site, feed, decoder, clock, out, stop, &FeedSettings::default())
}

/// Starts the thread that receives and decodes feed `feed` of `site`. Frames are stamped with `clock` when they arrive, decoded
/// at once, and sent to `out` in batches; when `out` is full the feed waits, which [`FeedHealth::backpressure`] tells. Nothing is
/// dropped here; what the kernel drops meanwhile is counted.
pub fn start_with(
    site: &Site,
    feed: FeedId,
    decoder: Box<dyn Decode>,
    clock: Clock,
    out: Sender<Batch>,
    stop: Stop,
    settings: &FeedSettings,
) -> Result<Running, FeedError> {
    let address = site.feeds.get(usize::from(feed.0)).ok_or(FeedError::Unknown(feed))?.clone();
    let format = site.sensors_on(feed).next().map_or(WireFormat::Nmea, |(_, s)| s.format);
    let health = HealthCell::new(site.sensors_on(feed).map(|(id, _)| id), settings.silence);
    let bound = Arc::new(Mutex::new(None));
    let note_bound = |at: Option<SocketAddr>| *bound.lock().unwrap_or_else(PoisonError::into_inner) = at;

    // Sockets are opened before the thread is there, so that nothing sent after this call is missed.
    let mut work: Box<Work> = match &address {
        FeedAddress::Udp { host, port } => {
            let udp = UdpFeed { host: host.clone(), port: *port };
            let mut socket = Some(udp.bind());
            note_bound(socket.as_ref().and_then(|s| s.as_ref().ok()?.local_addr()));
            Box::new(move |outbox, _, backoff| udp.run(socket.take().unwrap_or_else(|| udp.bind()), outbox, backoff))
        }
        FeedAddress::Tcp { host, port } => {
            let tcp = TcpFeed { host: host.clone(), port: *port, silence: settings.reconnect_after };
            Box::new(move |outbox, framer, backoff| tcp.run(framer, outbox, backoff))
        }
        FeedAddress::TcpListen { host, port } => {
            let listen = ListenFeed { host: host.clone(), port: *port, format };
            let mut socket = Some(listen.bind());
            note_bound(socket.as_ref().and_then(|s| s.as_ref().ok()?.local_addr().ok()));
            Box::new(move |outbox, _, backoff| listen.run(socket.take().unwrap_or_else(|| listen.bind()), outbox, backoff))
        }
        FeedAddress::Serial { path, baud } => {
            let serial = SerialFeed { path: path.clone(), baud: *baud };
            Box::new(move |outbox, framer, backoff| serial.run(framer, outbox, backoff))
        }
        FeedAddress::File { .. } | FeedAddress::Stdin => {
            let path = match &address {
                FeedAddress::File { path } => Some(PathBuf::from(path)),
                _ => None,
            };
            let allow_missing_checksum = site.sensors_on(feed).any(|(_, s)| s.allow_missing_checksum);
            let file = FileFeed { path, format, feed, pace: settings.pace, allow_missing_checksum };
            Box::new(move |outbox, framer, _| file.run(framer, outbox))
        }
    };

    let name = address.to_string();
    let mut outbox = Outbox::new(feed, name.clone(), decoder, clock.clone(), stop, health.clone(), out);
    let spawned = std::thread::Builder::new().name(format!("feed {}", feed.0)).spawn(move || {
        let mut framer = Framer::new(format);
        let mut backoff = Backoff::new(feed);
        // A decoder must not panic; if one does, the officer has to see that this feed is dead, and the others go on.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut outbox, &mut framer, &mut backoff)));
        match outcome {
            Ok(Ok(())) => {
                let link = outbox.health.lock().link;
                if !matches!(link, Link::Ended | Link::Failed) {
                    outbox.health.down(Link::Ended, None);
                }
            }
            Ok(Err(_closed)) => outbox.health.down(Link::Ended, "the engine takes no more".to_owned()),
            Err(_panic) => {
                tracing::error!(feed = %name, "the feed's thread panicked");
                outbox.health.down(Link::Failed, "its decoder panicked".to_owned());
            }
        }
    });
    let thread = spawned.map_err(|source| FeedError::Thread { address: address.to_string(), source })?;
    Ok(Running { feed, address, clock, health, bound, thread })
}

/// What a feed's thread does.
type Work = dyn FnMut(&mut Outbox, &mut Framer, &mut Backoff) -> Result<(), super::outbox::Closed> + Send;
