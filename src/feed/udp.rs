//! UDP, unicast and multicast.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use super::backoff::Backoff;
use super::health::Link;
use super::kernel_drops::kernel_drops;
use super::outbox::{Closed, Outbox};
use super::stop::STOP_POLL;

/// Receive buffer asked for: a radar's video scan of some 2 MB while the engine is busy, four times over. The kernel grants at
/// most `net.core.rmem_max`; what it granted is shown.
const RECEIVE_BUFFER: usize = 8 << 20;
/// Largest UDP payload.
const MAX_DATAGRAM: usize = 65_536;
/// Datagrams taken in one go before other duties are looked after.
const MAX_BURST: usize = 256;
/// Datagrams still taken when the feed has to stop: what the kernel holds already, not what keeps coming.
const MAX_LAST: usize = 4096;
/// How long to wait for the next datagram while a batch waits for room in the channel.
const RETRY: Duration = Duration::from_millis(2);
/// How often the kernel's count of drops is read.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How often to look for interfaces that have come up since.
const JOIN_EVERY: Duration = Duration::from_secs(5);

/// Where to listen.
#[derive(Clone, Debug)]
pub(super) struct UdpFeed {
    pub host: String,
    pub port: u16,
}

/// A socket with what it needs to be looked after.
pub(super) struct Bound {
    socket: UdpSocket,
    group: Option<IpAddr>,
    joined: BTreeSet<u32>,
    /// As the socket has it, so that it is not told again what it knows.
    timeout: Option<Duration>,
}

impl UdpFeed {
    /// Opens the socket and joins the group, if it is one, on every interface.
    pub fn bind(&self) -> io::Result<Bound> {
        let address = (self.host.trim_matches(['[', ']']), self.port)
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))?;
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        let group = Some(address.ip()).filter(IpAddr::is_multicast);
        // A group or a broadcast reaches every program that listens, so several may. A datagram to one address reaches only the
        // last that bound it: there a second program must get an error, not the first one's datagrams.
        if group.is_some() || address.ip().is_unspecified() {
            socket.set_reuse_address(true)?;
        }
        if let Err(error) = socket.set_recv_buffer_size(RECEIVE_BUFFER) {
            tracing::warn!(%address, %error, "receive buffer left as it is");
        }
        // On Linux a socket bound to a group gets what was sent to the group alone. Elsewhere, and for IPv6 groups that mean another
        // one on each link (scopes 1 and 2, RFC 4291 §2.7), only the port can be bound, and other groups on it come along.
        let bind_to = match group {
            Some(IpAddr::V6(group)) if !cfg!(target_os = "linux") || group.octets()[1] & 0x0F <= 2 => {
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, self.port))
            }
            Some(IpAddr::V4(_)) if !cfg!(target_os = "linux") => SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.port)),
            _ => address,
        };
        socket.bind(&bind_to.into())?;
        let mut bound = Bound { socket: socket.into(), group, joined: BTreeSet::new(), timeout: None };
        bound.join()?;
        Ok(bound)
    }

    /// Receives until asked to stop; opens the socket anew when it fails.
    pub fn run(&self, mut bound: io::Result<Bound>, outbox: &mut Outbox, backoff: &mut Backoff) -> Result<(), Closed> {
        loop {
            let error = match bound {
                Ok(ref mut socket) => match socket.receive(outbox)? {
                    Some(error) => error,
                    None => return outbox.send(),
                },
                Err(error) => error,
            };
            tracing::warn!(feed = %format_args!("udp://{}:{}", self.host, self.port), %error, "not receiving");
            outbox.health.down(Link::Down, error.to_string());
            outbox.send()?;
            if outbox.stop.wait(backoff.next()) {
                return Ok(());
            }
            bound = self.bind();
        }
    }
}

impl Bound {
    /// Where it is bound.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// Receives until asked to stop (`None`) or until the socket fails.
    fn receive(&mut self, outbox: &mut Outbox) -> Result<Option<io::Error>, Closed> {
        outbox.health.up(outbox.clock.now());
        outbox.health.lock().health.receive_buffer =
            socket2::SockRef::from(&self.socket).recv_buffer_size().unwrap_or_default();
        let drops_before = outbox.health.lock().health.kernel_drops;
        let mut buffer = vec![0; MAX_DATAGRAM];
        let (mut counted, mut joined) = (outbox.clock.monotonic(), outbox.clock.monotonic());
        let outcome = loop {
            if outbox.stop.stopped() {
                let rest = self.drain(&mut buffer, outbox, MAX_LAST);
                break rest.map(Result::err);
            }
            match self.burst(&mut buffer, outbox) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => break Ok(Some(error)),
                Err(closed) => break Err(closed),
            }
            let now = outbox.clock.monotonic();
            if now - counted >= COUNT_EVERY {
                counted = now;
                self.count_drops(drops_before, outbox);
            }
            if self.group.is_some() && now - joined >= JOIN_EVERY {
                joined = now;
                if let Err(error) = self.join() {
                    break Ok(Some(error));
                }
            }
        };
        self.count_drops(drops_before, outbox);
        outcome
    }

    /// Waits for a datagram, then takes all that are there.
    fn burst(&mut self, buffer: &mut [u8], outbox: &mut Outbox) -> Result<io::Result<()>, Closed> {
        let patience = if outbox.pending() { RETRY } else { STOP_POLL };
        if self.timeout != Some(patience) {
            if let Err(error) = self.socket.set_read_timeout(Some(patience)) {
                return Ok(Err(error));
            }
            self.timeout = Some(patience);
        }
        match self.socket.recv(buffer) {
            Ok(n) => outbox.frame(outbox.clock.now(), buffer.get(..n).unwrap_or_default())?,
            Err(e) if nothing_yet(&e) => {
                outbox.flush()?;
                return Ok(Ok(()));
            }
            Err(e) => return Ok(Err(e)),
        }
        self.drain(buffer, outbox, MAX_BURST)
    }

    /// Takes what the kernel holds, at most `most`, without waiting.
    fn drain(&self, buffer: &mut [u8], outbox: &mut Outbox, most: usize) -> Result<io::Result<()>, Closed> {
        if let Err(error) = self.socket.set_nonblocking(true) {
            return Ok(Err(error));
        }
        for _ in 0..most {
            match self.socket.recv(buffer) {
                Ok(n) => outbox.frame(outbox.clock.now(), buffer.get(..n).unwrap_or_default())?,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if nothing_yet(&e) => break,
                Err(e) => return Ok(Err(e)),
            }
        }
        outbox.flush()?;
        Ok(self.socket.set_nonblocking(false))
    }

    fn count_drops(&self, before: u64, outbox: &Outbox) {
        if let Some(drops) = kernel_drops(&self.socket) {
            outbox.health.lock().health.kernel_drops = before + drops;
        }
    }

    /// Joins the group on interfaces where it is not yet joined. An error if it is joined nowhere.
    fn join(&mut self) -> io::Result<()> {
        let Some(group) = self.group else { return Ok(()) };
        let socket = socket2::SockRef::from(&self.socket);
        let mut refusal = None;
        let present = interfaces();
        // An interface that went away took its membership along.
        self.joined.retain(|index| *index == 0 || present.contains(index));
        for index in present {
            if self.joined.contains(&index) {
                continue;
            }
            let outcome = match group {
                IpAddr::V4(group) => socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index)),
                IpAddr::V6(group) => socket.join_multicast_v6(&group, index),
            };
            match outcome {
                Ok(()) => {
                    self.joined.insert(index);
                }
                // Interfaces without an address refuse; the others count.
                Err(error) => refusal = Some(error),
            }
        }
        match refusal {
            Some(error) if self.joined.is_empty() => Err(error),
            _ => Ok(()),
        }
    }
}

/// Numbers of the machine's interfaces; only 0, which lets the system choose, where it does not tell.
fn interfaces() -> Vec<u32> {
    let index = |entry: io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(entry.ok()?.path().join("ifindex")).ok()?.trim().parse().ok()
    };
    let mut all: Vec<u32> = std::fs::read_dir("/sys/class/net").map(|dir| dir.filter_map(index).collect()).unwrap_or_default();
    all.sort_unstable();
    if all.is_empty() { vec![0] } else { all }
}

/// Whether a socket only has nothing to read at the moment.
pub(super) fn nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
