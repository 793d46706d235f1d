//! Serial lines (IEC 61162-1 at 4800 Bd, -2 at 38 400 Bd): eight data bits, no parity, one stop bit.

use std::time::Duration;

use serialport::{DataBits, FlowControl, Parity, SerialPort, StopBits};

use super::backoff::Backoff;
use super::framing::Framer;
use super::health::Link;
use super::outbox::{Closed, Outbox};
use super::stop::STOP_POLL;
use super::stream::{StreamEnd, read_stream};

/// Which line.
#[derive(Clone, Debug)]
pub(super) struct SerialFeed {
    pub path: String,
    pub baud: u32,
}

impl SerialFeed {
    /// Reads until asked to stop; opens the device again when it fails or is unplugged.
    pub fn run(&self, framer: &mut Framer, outbox: &mut Outbox, backoff: &mut Backoff) -> Result<(), Closed> {
        loop {
            let port = serialport::new(&self.path, self.baud)
                .data_bits(DataBits::Eight)
                .parity(Parity::None)
                .stop_bits(StopBits::One)
                .flow_control(FlowControl::None)
                .timeout(STOP_POLL)
                .open();
            let why = match port {
                Ok(mut port) => {
                    tracing::info!(device = %self.path, baud = self.baud, "opened");
                    outbox.health.up(outbox.clock.now());
                    let frames_before = outbox.health.lock().health.frames;
                    let set_timeout = |port: &mut Box<dyn SerialPort>, t: Duration| Ok(port.set_timeout(t)?);
                    let end = read_stream(&mut port, set_timeout, None, framer, outbox)?;
                    framer.broken();
                    outbox.health.lock().health.framing = framer.counts();
                    outbox.send()?;
                    if outbox.health.lock().health.frames > frames_before {
                        backoff.reset();
                    }
                    match end {
                        StreamEnd::Stopped => return Ok(()),
                        StreamEnd::Closed => "the device is gone".to_owned(),
                        StreamEnd::Failed(why) => why,
                    }
                }
                Err(error) => error.to_string(),
            };
            tracing::warn!(device = %self.path, why, "not open");
            outbox.health.down(Link::Down, why);
            if outbox.stop.wait(backoff.next()) {
                return Ok(());
            }
        }
    }
}
