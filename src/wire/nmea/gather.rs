//! Messages of a recording, each with all stations that heard it.
//!
//! Live, a message is reported when the first station has it. Where nobody waits, as when a file is decoded, it can be held
//! back until the last may have told it.

use std::collections::VecDeque;

use super::ais::{Message, Payload};
use super::reader::Received;
use super::repeats::{StationList, WINDOW_S};
use super::signal::{BETWEEN, Linked, Signal, SignalLinks, Vsi};
use crate::model::Station;
use crate::model::Timestamp;
use crate::wire::Refusal;

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
    talker: [u8; 2],
    link: Option<u8>,
    signal: Option<Signal>,
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
            None => self.held.push_back(Held::of(received, t, stations)),
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
    fn of(received: &Received<'_>, t: Timestamp, stations: StationList) -> Self {
        Self {
            payload: *received.payload,
            t,
            stations,
            source_time: received.source_time,
            logged_at: received.logged_at,
            received_at: received.received_at,
            station: received.station,
            channel: received.channel,
            own: received.own,
            talker: received.talker,
            link: received.link,
            signal: received.signal,
        }
    }

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
            talker: self.talker,
            link: self.link,
            signal: self.signal,
        };
        emit(&received, self.stations.as_slice());
    }
}

/// Holds messages of a recording back until the VSI that speaks of them may have come. Those before which none waits, and which no
/// VSI can name, go through at once; the order stays.
#[derive(Clone, Debug, Default)]
pub struct AwaitSignal {
    links: SignalLinks,
    held: VecDeque<(u64, Held)>,
    holds: bool,
}

impl AwaitSignal {
    /// `holds`: whether messages may wait at all; where somebody reads along they may not.
    pub fn new(holds: bool) -> Self {
        Self { holds, ..Self::default() }
    }

    /// Takes a message, and gives `emit` those that wait no longer.
    pub fn push(&mut self, received: &Received<'_>, mut emit: impl FnMut(&Received<'_>)) {
        let place = self.links.note(received);
        if !self.holds || (self.held.is_empty() && received.link.is_none()) {
            emit(received);
            return;
        }
        self.held.push_back((place, Held::of(received, received.received_at, StationList::default())));
        while let Some((p, held)) = self.held.front() {
            if held.link.is_some() && held.signal.is_none() && place - p <= BETWEEN {
                break;
            }
            held.give(&mut |received, _| emit(received));
            self.held.pop_front();
        }
    }

    /// Takes a VSI that came at `at`: its message, and whether that still waited here and got the signal. `day` is the last time known, for
    /// its date.
    pub fn tie(&mut self, vsi: &Vsi, at: Timestamp, day: Timestamp) -> Result<(Linked, bool), Refusal> {
        let linked = self.links.tie(vsi, at)?;
        let held = self.held.iter_mut().find(|(p, _)| *p == linked.place);
        let waited = held.is_some();
        if let Some((_, held)) = held {
            held.signal = Some(vsi.signal);
            held.station = held.station.or(vsi.signal.station);
            // The log's own time tells the day.
            held.source_time = held.source_time.or(vsi.signal.time(held.logged_at.unwrap_or(day)));
        }
        Ok((linked, waited))
    }

    /// Gives out all that is held: the recording has ended.
    pub fn flush(&mut self, mut emit: impl FnMut(&Received<'_>)) {
        for (_, held) in self.held.drain(..) {
            held.give(&mut |received, _| emit(received));
        }
    }
}
