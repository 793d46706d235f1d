//! TCP as a server: receivers that connect to us.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};

use super::backoff::Backoff;
use super::clock::Clock;
use super::framing::{Framer, FramingCounts};
use super::health::Link;
use super::outbox::{Closed, Outbox};
use super::stop::{STOP_POLL, Stop};
use super::stream::{CHUNK, RETRY, take_chunk};
use super::tcp::keep_alive;
use super::udp::nothing_yet;
use crate::model::{Timestamp, WireFormat};

/// Clients at once. A site has a handful of receivers on one feed; a stranger who opens connections must not take the machine.
const MAX_CLIENTS: usize = 32;
/// Chunks between the clients' threads and the feed's; when it is full, the clients' TCP windows close.
const CHUNKS: usize = 64;

/// Where to listen.
#[derive(Clone, Debug)]
pub(super) struct ListenFeed {
    pub host: String,
    pub port: u16,
    pub format: WireFormat,
}

/// What a client's thread tells.
enum Said {
    Bytes { client: u64, at: Timestamp, chunk: Vec<u8> },
    Gone { client: u64, why: String },
}

struct Client {
    peer: SocketAddr,
    framer: Framer,
    /// Ends its thread alone, when its stream is out of step.
    leave: Stop,
    thread: JoinHandle<()>,
}

impl ListenFeed {
    /// Opens the listening socket.
    pub fn bind(&self) -> io::Result<TcpListener> {
        let address = (self.host.trim_matches(['[', ']']), self.port)
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// Accepts clients and reads what they send until asked to stop.
    pub fn run(&self, mut listener: io::Result<TcpListener>, outbox: &mut Outbox, backoff: &mut Backoff) -> Result<(), Closed> {
        loop {
            let error = match listener {
                Ok(ref listener) => return self.serve(listener, outbox),
                Err(error) => error,
            };
            tracing::warn!(feed = %format_args!("tcp-listen://{}:{}", self.host, self.port), %error, "not listening");
            outbox.health.down(Link::Down, error.to_string());
            if outbox.stop.wait(backoff.next()) {
                return Ok(());
            }
            listener = self.bind();
        }
    }

    fn serve(&self, listener: &TcpListener, outbox: &mut Outbox) -> Result<(), Closed> {
        outbox.health.up(outbox.clock.now());
        let (say, said) = bounded(CHUNKS);
        let mut clients = BTreeMap::new();
        let mut past = FramingCounts::default();
        let mut number = 0;
        let outcome = loop {
            if outbox.stop.stopped() {
                break last_words(&said, &mut clients, &mut past, outbox);
            }
            self.accept(listener, &mut clients, &mut number, &say, outbox);
            let patience = if outbox.pending() { RETRY } else { STOP_POLL / 4 };
            let taken = match said.recv_timeout(patience) {
                Ok(word) => take(word, &mut clients, &mut past, outbox),
                Err(RecvTimeoutError::Timeout) => outbox.flush(),
                // Cannot be while `say` lives here.
                Err(RecvTimeoutError::Disconnected) => Err(Closed),
            };
            if taken.is_err() {
                break taken;
            }
        };
        // Their threads look for the stop at least every 100 ms; without a reader they cannot say more.
        drop(said);
        for (_, client) in clients {
            client.leave.stop();
            if client.thread.join().is_err() {
                tracing::error!(peer = %client.peer, "the client's thread panicked");
            }
        }
        outcome
    }

    fn accept(
        &self,
        listener: &TcpListener,
        clients: &mut BTreeMap<u64, Client>,
        number: &mut u64,
        say: &Sender<Said>,
        outbox: &Outbox,
    ) {
        // A failure to accept is that of one client, or passes (too many open files).
        while let Ok((stream, peer)) = listener.accept() {
            if clients.len() >= MAX_CLIENTS {
                tracing::warn!(%peer, "client turned away: there are {MAX_CLIENTS} already");
                outbox.health.lock().health.clients_refused += 1;
                continue;
            }
            let client = *number;
            *number += 1;
            let leave = Stop::new();
            let reader = ClientReader {
                client,
                stream,
                clock: outbox.clock.clone(),
                stops: [outbox.stop.clone(), leave.clone()],
                say: say.clone(),
            };
            match std::thread::Builder::new().name(format!("client {peer}")).spawn(move || reader.run()) {
                Ok(thread) => {
                    tracing::info!(%peer, "client connected");
                    outbox.health.lock().health.connections += 1;
                    clients.insert(client, Client { peer, framer: Framer::new(self.format), leave, thread });
                }
                Err(error) => tracing::error!(%peer, %error, "no thread for the client"),
            }
        }
    }
}

/// What was received before the stop is not lost.
fn last_words(
    said: &Receiver<Said>,
    clients: &mut BTreeMap<u64, Client>,
    past: &mut FramingCounts,
    outbox: &mut Outbox,
) -> Result<(), Closed> {
    while let Ok(word) = said.try_recv() {
        take(word, clients, past, outbox)?;
    }
    outbox.send()
}

fn take(word: Said, clients: &mut BTreeMap<u64, Client>, past: &mut FramingCounts, outbox: &mut Outbox) -> Result<(), Closed> {
    match word {
        Said::Bytes { client, at, chunk } => {
            let Some(known) = clients.get_mut(&client) else { return Ok(()) };
            if known.leave.stopped() {
                return Ok(());
            }
            let failure = take_chunk(&chunk, at, &mut known.framer, outbox)?;
            if let Some(why) = failure {
                tracing::warn!(peer = %known.peer, why, "client dropped");
                known.leave.stop();
            }
        }
        Said::Gone { client, why } => {
            if let Some(mut gone) = clients.remove(&client) {
                tracing::info!(peer = %gone.peer, why, "client gone");
                gone.framer.broken();
                add(past, gone.framer.counts());
            }
        }
    }
    let mut all = *past;
    clients.values().for_each(|c| add(&mut all, c.framer.counts()));
    outbox.health.lock().health.framing = all;
    outbox.flush()
}

fn add(sum: &mut FramingCounts, more: FramingCounts) {
    sum.over_long += more.over_long;
    sum.out_of_step += more.out_of_step;
    sum.torn += more.torn;
}

struct ClientReader {
    client: u64,
    stream: TcpStream,
    clock: Clock,
    stops: [Stop; 2],
    say: Sender<Said>,
}

impl ClientReader {
    fn run(mut self) {
        let why = match self.read() {
            Ok(why) => why.to_owned(),
            Err(error) => error.to_string(),
        };
        self.tell(Said::Gone { client: self.client, why });
    }

    fn read(&mut self) -> io::Result<&'static str> {
        self.stream.set_nonblocking(false)?;
        self.stream.set_read_timeout(Some(STOP_POLL))?;
        keep_alive(&self.stream)?;
        let mut buffer = vec![0; CHUNK];
        while !self.stops.iter().any(Stop::stopped) {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok("closed by the other side"),
                Ok(n) => {
                    let chunk = buffer.get(..n).unwrap_or_default().to_vec();
                    if !self.tell(Said::Bytes { client: self.client, at: self.clock.now(), chunk }) {
                        return Ok("the feed has ended");
                    }
                }
                Err(e) if nothing_yet(&e) => {}
                Err(e) => return Err(e),
            }
        }
        Ok("dropped")
    }

    /// Waits until the feed takes it; `false` if it never will.
    fn tell(&self, mut word: Said) -> bool {
        loop {
            match self.say.send_timeout(word, STOP_POLL) {
                Ok(()) => return true,
                Err(SendTimeoutError::Timeout(back)) => word = back,
                Err(SendTimeoutError::Disconnected(_)) => return false,
            }
        }
    }
}
