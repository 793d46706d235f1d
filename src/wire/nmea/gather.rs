//! Messages of a recording, each with all stations that heard it.
//!
//! Live, a message is reported when the first station has it. Where nobody waits, as when a file is decoded, it can be held
//! back until the last may have told it.

use std::collections::VecDeque;

use super::ais::{Message, Payload};
use super::reader::Received;
use super::repeats::{StationList, WINDOW_S};
use super::station::Station;
use crate::model::Timestamp;

/// How many messages are held back at once: 10 s at 400 a second, twice the busiest national feed at hand.
const HELD: usize = 4096;

/// Holds messages back until no more repeats can come. A message whose line tells no time goes through at once: without times,
/// the same bits may as well have been sent again.
#[derive(Clone, Debug, Default)]
pub struct Gather {
    held: VecDeque<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    payload: Payload,
    t: Timestamp,
    stations: StationList,
    source_time: Option<Timestamp>,
    logged_at: Option<Timestamp>,
    received_at: Timestamp,
    station: Option<Station>,
    channel: u8,
    own: bool,
}

impl Gather {
    /// Takes a message, and gives `emit` those that are complete, in the order of their first reception.
    pub fn push(&mut self, received: &Received<'_>, mut emit: impl FnMut(&Received<'_>, &[Station])) {
        let mut stations = StationList::default();
        if let Some(station) = received.station {
            stations.add(station);
        }
        let arrival = Some(received.received_at).filter(|&at| at > Timestamp::default());
        let Some(t) = received.source_time.or(received.logged_at).or(arrival) else {
            self.flush(&mut emit);
            emit(received, stations.as_slice());
            return;
        };
        while self.held.len() >= HELD || self.held.front().is_some_and(|h| t.seconds_since(h.t).abs() > WINDOW_S) {
            let Some(first) = self.held.pop_front() else { break };
            first.give(&mut emit);
        }
        let same = |h: &&mut Held| {
            h.payload.len() == received.payload.len()
                && t.seconds_since(h.t).abs() <= WINDOW_S
                && h.payload.bytes() == received.payload.bytes()
        };
        match self.held.iter_mut().rev().find(same) {
            Some(held) => {
                if let Some(station) = received.station {
                    held.stations.add(station);
                }
            }
            None => self.held.push_back(Held {
                payload: *received.payload,
                t,
                stations,
                source_time: received.source_time,
                logged_at: received.logged_at,
                received_at: received.received_at,
                station: received.station,
                channel: received.channel,
                own: received.own,
            }),
        }
    }

    /// Gives out all that is held: the recording has ended.
    pub fn flush(&mut self, mut emit: impl FnMut(&Received<'_>, &[Station])) {
        for held in self.held.drain(..) {
            held.give(&mut emit);
        }
    }

    /// How many messages are held back.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

impl Held {
    fn give(&self, emit: &mut impl FnMut(&Received<'_>, &[Station])) {
        // It was decoded before, so that it decodes again.
        let Ok(message) = Message::decode(&self.payload) else { return };
        let received = Received {
            message,
            payload: &self.payload,
            source_time: self.source_time,
            logged_at: self.logged_at,
            received_at: self.received_at,
            station: self.station,
            channel: self.channel,
            own: self.own,
        };
        emit(&received, self.stations.as_slice());
    }
}
