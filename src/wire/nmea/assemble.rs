//! Messages of several sentences, put together without ever joining parts of two messages.
//!
//! Nothing in a second part says whose it is: it has a sequence number 0–9 that every station counts for itself. A table keyed
//! by it alone joins one ship's first part with another's second as soon as a sentence is lost; measured on national feeds, 4 to
//! 30 % of such messages at 1–5 % loss. So a part is joined only where nothing speaks against it:
//!
//! * the same source, station, talker, channel, sequence and count; parts in strict order; within the time-out;
//! * where a TAG group or a `$PGHP` names the message, the same group, whatever comes between;
//! * elsewhere, nothing else from the same station and talker between the parts: equipment writes the sentences of a message
//!   together (in every recording at hand it does);
//! * on a feed that writes `$PGHP` lines, nothing whose line is missing;
//! * on a feed that names no stations and is seen to interleave them, nothing at all.
//!
//! What is in doubt is dropped and counted: static data comes again in six minutes, a wrong name may stay for a voyage.

use super::ais::{MAX_CHARS, Payload};
use super::vdm::Vdm;
use super::wrapper::Wrapper;
use crate::model::Station;
use crate::model::Timestamp;
use crate::wire::{Refusal, WireHealth};

/// Parts that waited too long for the next.
pub const TIMED_OUT: Refusal = Refusal("ais-parts-timed-out");
/// Parts whose place was taken by a new first part.
pub const REPLACED: Refusal = Refusal("ais-parts-replaced");
/// Parts that were followed by another message of their station.
pub const INTERRUPTED: Refusal = Refusal("ais-parts-interrupted");
/// A part that follows none that waits for it.
pub const OUT_OF_ORDER: Refusal = Refusal("ais-part-out-of-order");
/// Parts that gave way because the table was full.
pub const EVICTED: Refusal = Refusal("ais-parts-evicted");
/// The feed interleaves stations without naming them, or the line that named this one is lost.
pub const AMBIGUOUS: Refusal = Refusal("ais-parts-ambiguous");
/// Parts with fill bits before the end or more characters than a message has.
pub const MISFIT: Refusal = Refusal("ais-parts-misfit");
/// The same sentence twice in a row, as two networks deliver it.
pub const DUPLICATE: Refusal = Refusal("duplicate-sentence");

/// How many messages may wait for a part at once. Without groups each station has at most one; the largest national feed at hand
/// has 61 stations.
pub const SLOTS: usize = 64;
/// How long parts wait, s. Parts leave the station together; 2.5 s covers network delay and stays below the time in which a
/// busy station uses all ten sequence numbers (2–3 s at ten parts a second).
const TIMEOUT_S: f64 = 2.5;
/// The same in sentences of the feed, for recordings whose lines carry no time. The busiest national feed at hand sends 210 a
/// second.
const TIMEOUT_SENTENCES: u64 = 512;
/// How often within this time, s and sentences, a feed has to be seen to interleave unnamed stations before it is not trusted
/// for as long again. Once may be two sentences lost of one station.
const PROOFS: u8 = 2;
const DISTRUST_S: f64 = 10.0;
const DISTRUST_SENTENCES: u64 = 2048;

/// What all parts of a message have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    stream: Stream,
    group: Option<u32>,
    count: u8,
    sequence: Option<u8>,
    channel: u8,
}

/// Whose sentences these are, as far as is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stream {
    station: Option<Station>,
    talker: [u8; 2],
    own: bool,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: Key,
    /// The part that is awaited.
    next: u8,
    /// Begun while the feed was not trusted.
    doubtful: bool,
    /// Arrival of the last part, and its place in the feed.
    at: Timestamp,
    place: u64,
    /// The receiver's time of the first part.
    told: Option<Timestamp>,
    /// Length of the last part.
    last_len: u8,
    len: u8,
    chars: [u8; MAX_CHARS],
}

const EMPTY: Slot = Slot {
    key: Key {
        stream: Stream { station: None, talker: [0; 2], own: false },
        group: None,
        count: 0,
        sequence: None,
        channel: 0,
    },
    next: 0,
    doubtful: false,
    at: Timestamp::MIN,
    place: 0,
    told: None,
    last_len: 0,
    len: 0,
    chars: [0; MAX_CHARS],
};

/// What became of the parts, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssemblyCounters {
    /// Messages put together.
    pub completed: u64,
    /// See [`TIMED_OUT`].
    pub timed_out: u64,
    /// See [`REPLACED`].
    pub replaced: u64,
    /// See [`INTERRUPTED`].
    pub interrupted: u64,
    /// See [`OUT_OF_ORDER`].
    pub out_of_order: u64,
    /// See [`EVICTED`].
    pub evicted: u64,
    /// See [`AMBIGUOUS`].
    pub ambiguous: u64,
    /// See [`MISFIT`].
    pub misfit: u64,
}

/// What a part led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assembly {
    /// More parts are awaited, or this one was of no use.
    Waiting,
    /// The message is whole and its bits are in the payload; the receiver's time of its first part.
    Complete(Option<Timestamp>),
}

/// Puts messages of several parts together. Fixed size.
#[derive(Clone, Debug)]
pub struct Assembler {
    /// The first `open` are in use, oldest first.
    slots: Box<[Slot; SLOTS]>,
    open: usize,
    /// Sentences of the feed so far.
    place: u64,
    /// The last unnamed message that another one broke into: should its next part come after all, stations are interleaved.
    broken_into: Option<(Key, u8, Timestamp, u64)>,
    /// How often interleaving was seen, and when last.
    distrust: Option<(u8, Timestamp, u64)>,
    /// Counts since the start.
    pub counters: AssemblyCounters,
}

impl Default for Assembler {
    fn default() -> Self {
        Self {
            slots: Box::new([EMPTY; SLOTS]),
            open: 0,
            place: 0,
            broken_into: None,
            distrust: None,
            counters: AssemblyCounters::default(),
        }
    }
}

impl Assembler {
    /// How many messages wait for a part.
    pub fn waiting(&self) -> usize {
        self.open
    }

    /// A message of one sentence went by: its station is done with what it sent before.
    #[inline]
    pub fn pass(&mut self, vdm: &Vdm<'_>, wrapper: &Wrapper<'_>, at: Timestamp, health: &mut WireHealth) {
        self.place += 1;
        if self.open > 0 {
            self.interrupt(stream(vdm, wrapper), at, INTERRUPTED, health);
        }
    }

    /// Takes a part of a message of several. When it is the last, the whole is unpacked into `payload`.
    pub fn push(
        &mut self,
        vdm: &Vdm<'_>,
        wrapper: &Wrapper<'_>,
        at: Timestamp,
        payload: &mut Payload,
        health: &mut WireHealth,
    ) -> Result<Assembly, Refusal> {
        self.place += 1;
        self.expire(at, health);
        let group = wrapper.group.map(|g| g.id);
        if wrapper.lost_pghp && group.is_none() {
            // Parts whose `$PGHP` are lost look alike, whichever base station they are of.
            return Err(self.counted(AMBIGUOUS));
        }
        let key = Key { stream: stream(vdm, wrapper), group, count: vdm.count, sequence: vdm.sequence, channel: vdm.channel };
        let found = self.slots.iter().take(self.open).position(|s| match group {
            Some(_) => s.key == key,
            None => s.key.group.is_none() && s.key.stream == key.stream,
        });
        if let Some(slot) = found.and_then(|i| self.slots.get_mut(i))
            && slot.key == key
            && vdm.number + 1 == slot.next
            && slot.ends_with(vdm.payload)
        {
            health.ignore(DUPLICATE);
            return Ok(Assembly::Waiting);
        }
        if vdm.number == 1 {
            match group {
                Some(_) => {
                    if let Some(i) = found {
                        self.close(i);
                        self.count(REPLACED, health);
                    }
                }
                None => self.interrupt(key.stream, at, REPLACED, health),
            }
            if vdm.fill_bits != 0 {
                return Err(self.counted(MISFIT));
            }
            self.open(key, vdm, wrapper, at, health);
            return Ok(Assembly::Waiting);
        }
        let Some(i) = found else {
            self.look_for_interleaving(&key, vdm.number, at);
            return Err(self.counted(OUT_OF_ORDER));
        };
        let Some(slot) = self.slots.get_mut(i) else { return Err(OUT_OF_ORDER) };
        let at_odds = slot.told.zip(wrapper.source_time).is_some_and(|(a, b)| b.seconds_since(a).abs() > TIMEOUT_S);
        if slot.key != key || slot.next != vdm.number || at_odds {
            self.close(i);
            self.look_for_interleaving(&key, vdm.number, at);
            return Err(self.counted(OUT_OF_ORDER));
        }
        let last = vdm.number == vdm.count;
        if !slot.append(vdm.payload) || (!last && vdm.fill_bits != 0) {
            self.close(i);
            return Err(self.counted(MISFIT));
        }
        (slot.at, slot.place, slot.next) = (at, self.place, vdm.number + 1);
        if !last {
            return Ok(Assembly::Waiting);
        }
        let (doubtful, told) = (slot.doubtful, slot.told);
        let unpacked = payload.unarmour(slot.chars.get(..usize::from(slot.len)).unwrap_or_default(), vdm.fill_bits);
        self.close(i);
        if doubtful {
            return Err(self.counted(AMBIGUOUS));
        }
        unpacked?;
        self.counters.completed += 1;
        Ok(Assembly::Complete(told))
    }

    fn open(&mut self, key: Key, vdm: &Vdm<'_>, wrapper: &Wrapper<'_>, at: Timestamp, health: &mut WireHealth) {
        if self.open == SLOTS {
            self.close(0);
            self.count(EVICTED, health);
        }
        let unnamed = key.group.is_none() && key.stream.station.is_none();
        let doubtful = unnamed && self.distrusted(at);
        let Some(slot) = self.slots.get_mut(self.open) else { return };
        slot.key = key;
        (slot.next, slot.doubtful, slot.at, slot.place) = (2, doubtful, at, self.place);
        (slot.told, slot.len) = (wrapper.source_time, 0);
        if slot.append(vdm.payload) {
            self.open += 1;
        } else {
            self.count(MISFIT, health);
        }
    }

    /// Frees a slot and keeps the others in order of age.
    fn close(&mut self, i: usize) {
        if let Some(in_use) = self.slots.get_mut(i..self.open) {
            in_use.rotate_left(1);
            self.open -= 1;
        }
    }

    /// Ends what waits in a stream outside groups.
    fn interrupt(&mut self, stream: Stream, at: Timestamp, why: Refusal, health: &mut WireHealth) {
        let found = self.slots.iter().take(self.open).position(|s| s.key.group.is_none() && s.key.stream == stream);
        let Some(i) = found else { return };
        if let Some(slot) = self.slots.get(i)
            && stream.station.is_none()
        {
            self.broken_into = Some((slot.key, slot.next, at, self.place));
        }
        self.close(i);
        self.count(why, health);
    }

    fn expire(&mut self, at: Timestamp, health: &mut WireHealth) {
        let mut i = 0;
        while i < self.open {
            let stale = self.slots.get(i).is_some_and(|s| {
                at.seconds_since(s.at).abs() > TIMEOUT_S || self.place.saturating_sub(s.place) > TIMEOUT_SENTENCES
            });
            if stale {
                self.close(i);
                self.count(TIMED_OUT, health);
            } else {
                i += 1;
            }
        }
    }

    /// A part came that nothing waits for. If it would have followed the one that was broken into, then both stations were
    /// whole and the feed mixes them.
    fn look_for_interleaving(&mut self, key: &Key, number: u8, at: Timestamp) {
        if let Some((broken, next, when, place)) = self.broken_into
            && broken == *key
            && next == number
            && at.seconds_since(when).abs() <= TIMEOUT_S
            && self.place - place <= TIMEOUT_SENTENCES
        {
            let before = self.distrust.filter(|_| self.saw_interleaving(at)).map_or(0, |(n, ..)| n);
            self.distrust = Some((before.saturating_add(1), at, self.place));
            self.broken_into = None;
        }
    }

    /// Whether interleaving was seen of late.
    fn saw_interleaving(&self, at: Timestamp) -> bool {
        self.distrust.is_some_and(|(_, since, place)| {
            at.seconds_since(since).abs() <= DISTRUST_S && self.place - place <= DISTRUST_SENTENCES
        })
    }

    fn distrusted(&self, at: Timestamp) -> bool {
        self.saw_interleaving(at) && self.distrust.is_some_and(|(n, ..)| n >= PROOFS)
    }

    fn count(&mut self, why: Refusal, health: &mut WireHealth) {
        health.refuse(self.counted(why));
    }

    fn counted(&mut self, why: Refusal) -> Refusal {
        let c = &mut self.counters;
        match why {
            TIMED_OUT => c.timed_out += 1,
            REPLACED => c.replaced += 1,
            INTERRUPTED => c.interrupted += 1,
            OUT_OF_ORDER => c.out_of_order += 1,
            EVICTED => c.evicted += 1,
            AMBIGUOUS => c.ambiguous += 1,
            _ => c.misfit += 1,
        }
        why
    }
}

fn stream(vdm: &Vdm<'_>, wrapper: &Wrapper<'_>) -> Stream {
    Stream { station: wrapper.station, talker: vdm.talker, own: vdm.own }
}

impl Slot {
    /// False where the whole would be longer than any message.
    fn append(&mut self, part: &[u8]) -> bool {
        let start = usize::from(self.len);
        let Some(free) = self.chars.get_mut(start..start + part.len()) else { return false };
        free.copy_from_slice(part);
        self.last_len = part.len() as u8;
        self.len += part.len() as u8;
        true
    }

    fn ends_with(&self, part: &[u8]) -> bool {
        usize::from(self.last_len) == part.len()
            && self.chars.get(..usize::from(self.len)).is_some_and(|chars| chars.ends_with(part))
    }
}
