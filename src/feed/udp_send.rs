//! Simulated and recorded datagrams → real UDP at the pace at which they were made. Only the demo and `simulate` send.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::clock::Clock;
use super::stop::Stop;
use crate::model::Timestamp;

/// Sends datagrams when their time comes.
#[derive(Debug)]
pub struct PacedSender {
    socket: UdpSocket,
    clock: Clock,
    start: Timestamp,
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams that the system refused, as when nobody listens on a loopback port.
    pub refused: u64,
}

impl PacedSender {
    /// A sender for which it is `start` now. What it sends to a multicast group stays on this machine.
    pub fn new(start: Timestamp) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let options = socket2::SockRef::from(&socket);
        options.set_multicast_if_v4(&Ipv4Addr::LOCALHOST)?;
        options.set_multicast_loop_v4(true)?;
        Ok(Self { socket, clock: Clock::new(), start, sent: 0, refused: 0 })
    }

    /// Waits until `at` and sends; `false` if asked to stop first.
    pub fn send(&mut self, at: Timestamp, to: SocketAddr, bytes: &[u8], stop: &Stop) -> bool {
        if !self.wait_until(at, stop) {
            return false;
        }
        match self.socket.send_to(bytes, to) {
            Ok(_) => self.sent += 1,
            // A port without a listener answers with an error that belongs to an earlier datagram: not a reason to stop.
            Err(_) => self.refused += 1,
        }
        true
    }

    /// Waits until `at`; `false` if asked to stop first. By the monotonic clock, so that a clock that is set stalls nothing.
    fn wait_until(&self, at: Timestamp, stop: &Stop) -> bool {
        let due = Duration::from_secs_f64(at.seconds_since(self.start).max(0.0));
        loop {
            let left = due.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return !stop.stopped();
            }
            if stop.wait(left) {
                return false;
            }
        }
    }
}
