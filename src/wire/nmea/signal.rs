//! `VSI`: how strongly a base station heard a transmission, in which slot and when (IEC 62320-1).
//!
//! `$--VSI,station,link,hhmmss.ss,slot,dBm,SNR*hh`. The line follows its VDM, with others between; the link is the VDM's sequence
//! digit, which such equipment writes on messages of one sentence as well. So a VSI is tied to the last message of the same talker
//! with that digit, once, and not where the message tells a slot of its own that is another. Some receivers (seen: `$AIVSI` of
//! 2012) leave the link out; theirs may mean any message, and in the recording at hand they do not mean the one before, so that they
//! are left untied.

use super::ais::{Body, Message};
use super::reader::Received;
use super::sentence::{Sentence, decimal, unsigned};
use crate::model::Station;
use crate::model::{Mmsi, Timestamp};
use crate::wire::Refusal;

/// A VSI that names no message, or one that did not come.
pub const UNTIED: Refusal = Refusal("vsi-untied");
/// A VSI whose message tells another slot.
pub const OTHER_SLOT: Refusal = Refusal("vsi-other-slot");
/// A VSI that cannot be read.
pub const BAD_VSI: Refusal = Refusal("vsi-bad-fields");

/// Messages that may wait for their VSI at once: three talkers with ten digits each.
const WAITING: usize = 32;
/// How many AIS sentences of the feed may come between. In the recording at hand 97 % have at most 14 lines of any kind between and
/// none of those beyond 32 can be shown to be right.
pub(super) const BETWEEN: u64 = 32;
/// How long it may take, s of arrival: as long as a station's ten digits last at three messages a second.
const TIMEOUT_S: f64 = 2.5;
/// How far the told slots may lie apart. Receivers tell the slot in which they noted a signal, up to five off in the recording at
/// hand; 37 slots are a second.
const SLOT_SLACK: u16 = 37;
/// Slots in a frame of one minute (ITU-R M.1371-5, annex 2, 3.1.2).
const SLOTS: u16 = 2250;

/// What a base station measured of one transmission.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signal {
    /// Who measured it.
    pub station: Option<Station>,
    /// When it began, s of the UTC day.
    pub time_of_day_s: Option<f64>,
    /// Slot 0–2249.
    pub slot: Option<u16>,
    /// Level, dBm.
    pub signal_dbm: Option<f32>,
    /// Signal-to-noise ratio, dB.
    pub snr_db: Option<f32>,
}

impl Signal {
    /// When it began: the instant nearest to one that is known.
    pub fn time(&self, near: Timestamp) -> Option<Timestamp> {
        self.time_of_day_s.filter(|_| near > Timestamp::default()).map(|s| near.nearest_time_of_day(s))
    }
}

/// A VSI sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vsi {
    talker: [u8; 2],
    /// Sequence digit of the message it speaks of.
    pub link: Option<u8>,
    /// What was measured.
    pub signal: Signal,
}

impl Vsi {
    /// Whether a sentence is one.
    pub fn is_vsi(sentence: &Sentence<'_>) -> bool {
        sentence.start == b'$' && sentence.formatter() == b"VSI"
    }

    /// Reads one. A field that makes no sense is not available; `None` where the sentence has not the fields of a VSI.
    pub fn parse(sentence: &Sentence<'_>) -> Option<Self> {
        let &[t1, t2] = sentence.talker() else { return None };
        let mut fields = sentence.fields();
        let station = fields.next();
        let link = match sentence.fields().count() {
            6 => fields.next(),
            // Without a link.
            5 => None,
            _ => return None,
        };
        let mut rest = || fields.next().unwrap_or_default();
        let (time, slot, level, snr) = (rest(), rest(), rest(), rest());
        let within = |field: &[u8], low: f64, high: f64| decimal(field).filter(|v| (low..=high).contains(v)).map(|v| v as f32);
        let signal = Signal {
            station: station.and_then(Station::new),
            time_of_day_s: time_of_day(time),
            slot: unsigned(slot).and_then(|n| u16::try_from(n).ok()).filter(|n| *n < SLOTS),
            // From thermal noise in 25 kHz (−130 dBm) to what burns a receiver; a ratio beyond 100 dB no receiver spans.
            signal_dbm: within(level, -160.0, 20.0),
            snr_db: within(snr, -50.0, 100.0),
        };
        let link = link.and_then(|l| match l {
            [d @ b'0'..=b'9'] => Some(d - b'0'),
            _ => None,
        });
        Some(Self { talker: [t1, t2], link, signal })
    }
}

fn time_of_day(field: &[u8]) -> Option<f64> {
    let &[h1, h2, m1, m2, ref seconds @ ..] = field else { return None };
    let two = |a, b| unsigned(&[a, b]).map(|n| n as f64);
    let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, decimal(seconds)?);
    (hour < 24.0 && minute < 60.0 && (0.0..61.0).contains(&second)).then_some(hour * 3600.0 + minute * 60.0 + second)
}

/// Finds the message that a VSI speaks of. Fixed size.
#[derive(Clone, Debug)]
pub struct SignalLinks {
    waiting: [Option<Linked>; WAITING],
    place: u64,
}

/// A message with a link digit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linked {
    talker: [u8; 2],
    link: u8,
    own_slot: Option<u16>,
    at: Timestamp,
    /// Its place in the feed, from 1.
    pub place: u64,
    /// Who sent it.
    pub mmsi: Mmsi,
    /// Its type.
    pub message_type: u8,
    /// When it was true.
    pub t: Timestamp,
}

impl Default for SignalLinks {
    fn default() -> Self {
        Self { waiting: [None; WAITING], place: 0 }
    }
}

impl SignalLinks {
    /// Notes a message as it comes; its place in the feed, from 1.
    #[inline]
    pub fn note(&mut self, received: &Received<'_>) -> u64 {
        self.place += 1;
        if let Some(link) = received.link {
            self.remember(received, link);
        }
        self.place
    }

    fn remember(&mut self, received: &Received<'_>, link: u8) {
        let linked = Linked {
            talker: received.talker,
            link,
            own_slot: told_slot(&received.message),
            at: received.received_at,
            place: self.place,
            mmsi: received.message.mmsi,
            message_type: received.message.message_type,
            t: received.time(),
        };
        // Its predecessor with the same digit, else a free place, else the oldest.
        let age = |w: &Option<Linked>| match w {
            Some(w) if w.talker == linked.talker && w.link == link => 0,
            None => 1,
            Some(w) => 1 + w.place,
        };
        if let Some(place) = self.waiting.iter_mut().min_by_key(|w| age(w)) {
            *place = Some(linked);
        }
    }

    /// The message that a VSI which came at `at` speaks of.
    pub fn tie(&mut self, vsi: &Vsi, at: Timestamp) -> Result<Linked, Refusal> {
        let link = vsi.link.ok_or(UNTIED)?;
        let mine = |w: &Option<Linked>| w.is_some_and(|w| w.talker == vsi.talker && w.link == link);
        let linked = self.waiting.iter_mut().find(|w| mine(w)).and_then(Option::take).ok_or(UNTIED)?;
        if self.place - linked.place > BETWEEN || at.seconds_since(linked.at).abs() > TIMEOUT_S {
            return Err(UNTIED);
        }
        match (linked.own_slot, vsi.signal.slot) {
            (Some(a), Some(b)) if a.abs_diff(b).min(SLOTS - a.abs_diff(b)) > SLOT_SLACK => Err(OTHER_SLOT),
            _ => Ok(linked),
        }
    }
}

/// The slot that a message says it is sent in: SOTDMA's communication state with slot time-out 2, 4 or 6 (ITU-R M.1371-5, annex 2,
/// 3.3.7.2.3).
fn told_slot(message: &Message<'_>) -> Option<u16> {
    let radio = match &message.body {
        // Type 3 has ITDMA's state, which tells none.
        Body::Position(p) if message.message_type != 3 => p.radio,
        Body::BaseStation(b) => b.radio,
        _ => return None,
    };
    let (timeout, slot) = (radio >> 14 & 7, (radio & 0x3fff) as u16);
    (matches!(timeout, 2 | 4 | 6) && slot < SLOTS).then_some(slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vsi(body: &str) -> Option<Vsi> {
        Vsi::parse(&Sentence::new(b'$', body.as_bytes(), Some(0)).unwrap())
    }

    #[test]
    fn fields_of_a_vsi() {
        let v = vsi("ABVSI,Nobbys Head,7,114702.5,87,-70,42").unwrap();
        assert_eq!((v.talker, v.link), (*b"AB", Some(7)));
        assert_eq!(v.signal.station.unwrap().as_str(), "Nobbys Head");
        assert_eq!(v.signal.time_of_day_s, Some(11.0 * 3600.0 + 47.0 * 60.0 + 2.5));
        assert_eq!((v.signal.slot, v.signal.signal_dbm, v.signal.snr_db), (Some(87), Some(-70.0), Some(42.0)));
        // A receiver that writes no link.
        let v = vsi("AIVSI,,114702.58,0065,-086,0").unwrap();
        assert_eq!((v.link, v.signal.station, v.signal.slot, v.signal.signal_dbm), (None, None, Some(65), Some(-86.0)));
    }

    #[test]
    fn what_makes_no_sense_is_not_available() {
        let v = vsi("ABVSI,,x,246100,2250,-300,abc").unwrap();
        assert_eq!((v.link, v.signal), (None, Signal::default()));
        for body in ["ABVSI", "ABVSI,Nobbys Head,2,1149", "ABVSI,No", "ABVSI,a,1,2,3,4,5,6,7", "PVSI,a,1,000000,3,4,5"] {
            assert_eq!(vsi(body), None, "{body}");
        }
        // A time on the last day that has a leap second.
        assert_eq!(time_of_day(b"235960.5"), Some(86_400.5));
    }
}
