//! TCP as a client: connects, and connects again.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};

use super::backoff::Backoff;
use super::framing::Framer;
use super::health::Link;
use super::outbox::{Closed, Outbox};
use super::stop::{STOP_POLL, Stop};
use super::stream::{StreamEnd, read_stream};

/// A connection attempt is given up after this: several retransmissions of the first packet (RFC 6298: 1, 3, 7 s).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often an attempt is looked at.
const CONNECT_POLL: Duration = Duration::from_millis(20);

/// `EINPROGRESS`, for which the standard library has no stable name.
const IN_PROGRESS: i32 = if cfg!(target_os = "linux") { 115 } else { 36 };

/// Keep-alive: the first probe after 15 s without traffic, four probes 5 s apart; a dead peer is known after 35 s.
pub(super) fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_secs(15)).with_interval(Duration::from_secs(5)).with_retries(4)
}

/// Where to connect.
#[derive(Clone, Debug)]
pub(super) struct TcpFeed {
    pub host: String,
    pub port: u16,
    /// Connected and without a byte for so long, the connection is taken for dead.
    pub silence: Duration,
}

impl TcpFeed {
    /// Connects and reads until asked to stop.
    pub fn run(&self, framer: &mut Framer, outbox: &mut Outbox, backoff: &mut Backoff) -> Result<(), Closed> {
        let name = format!("tcp://{}:{}", self.host, self.port);
        loop {
            let why = match self.connect(&outbox.stop) {
                Ok(None) => return outbox.send(),
                Ok(Some(mut stream)) => {
                    tracing::info!(feed = %name, "connected");
                    outbox.health.up(outbox.clock.now());
                    let frames_before = outbox.health.lock().health.frames;
                    let set_timeout = |stream: &mut TcpStream, t| stream.set_read_timeout(Some(t));
                    let end = read_stream(&mut stream, set_timeout, Some(self.silence), framer, outbox)?;
                    framer.broken();
                    outbox.health.lock().health.framing = framer.counts();
                    outbox.send()?;
                    // A server that accepts and closes at once is no success.
                    if outbox.health.lock().health.frames > frames_before {
                        backoff.reset();
                    }
                    match end {
                        StreamEnd::Stopped => return Ok(()),
                        StreamEnd::Closed => "closed by the other side".to_owned(),
                        StreamEnd::Failed(why) => why,
                    }
                }
                Err(error) => error.to_string(),
            };
            tracing::warn!(feed = %name, why, "not connected");
            outbox.health.down(Link::Down, why);
            if outbox.stop.wait(backoff.next()) {
                return Ok(());
            }
        }
    }

    /// A connection; `None` if asked to stop meanwhile.
    fn connect(&self, stop: &Stop) -> io::Result<Option<TcpStream>> {
        let Some(addresses) = self.resolve(stop)? else { return Ok(None) };
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            match connect(address, stop) {
                Ok(outcome) => return Ok(outcome),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The host's addresses. Names are looked up on a thread of their own, since a name server that does not answer would hold up
    /// the stop.
    fn resolve(&self, stop: &Stop) -> io::Result<Option<Vec<SocketAddr>>> {
        let host = self.host.trim_matches(['[', ']']).to_owned();
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(Some(vec![(ip, self.port).into()]));
        }
        let (answer, answered) = bounded(1);
        let port = self.port;
        std::thread::Builder::new().name(format!("look up {host}")).spawn(move || {
            let addresses = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            // Nobody waits for it any more if the feed was stopped.
            drop(answer.send(addresses));
        })?;
        loop {
            match answered.recv_timeout(STOP_POLL) {
                Ok(addresses) => return addresses.map(Some),
                Err(RecvTimeoutError::Timeout) if stop.stopped() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the look-up of the host failed")),
            }
        }
    }
}

/// Connects without blocking, so that a stop is noticed.
fn connect(address: SocketAddr, stop: &Stop) -> io::Result<Option<TcpStream>> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(e) if e.raw_os_error() == Some(IN_PROGRESS) || e.kind() == io::ErrorKind::WouldBlock => {}
        Err(e) => return Err(e),
    }
    let mut waited = Duration::ZERO;
    while !connected(&socket)? {
        if stop.stopped() {
            return Ok(None);
        }
        if waited >= CONNECT_TIMEOUT {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(CONNECT_POLL);
        waited += CONNECT_POLL;
    }
    socket.set_nonblocking(false)?;
    // A client on the same machine as a server that is down can be given the server's port and meet itself (RFC 9293 §3.5,
    // simultaneous open).
    if socket.local_addr()?.as_socket() == Some(address) {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    socket.set_tcp_keepalive(&keepalive())?;
    Ok(Some(socket.into()))
}

/// Whether an attempt has succeeded, or how it failed.
fn connected(socket: &Socket) -> io::Result<bool> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None => Ok(socket.peer_addr().is_ok()),
    }
}

/// Keep-alive for a connection that was accepted.
pub(super) fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_tcp_keepalive(&keepalive())
}
