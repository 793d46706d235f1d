//! A feed's bytes → AIS messages and other sentences, one after the other.

use super::ais::{Message, Payload};
use super::assemble::{Assembler, Assembly};
use super::envelope::Envelope;
use super::sentence::Sentence;
use super::signal::Signal;
use super::vdm::Vdm;
use super::wrapper::Wrapper;
use crate::model::Station;
use crate::model::Timestamp;
use crate::wire::{Refusal, WireHealth};

/// What was found in a frame.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a, 'f> {
    /// An AIS message.
    Ais(&'a Received<'a>),
    /// Any sentence that carries no AIS.
    Other(&'a Sentence<'f>, &'a Wrapper<'f>),
}

/// An AIS message with all that is known of its reception.
#[derive(Clone, Copy, Debug)]
pub struct Received<'m> {
    /// What it says.
    pub message: Message<'m>,
    /// Its bits.
    pub payload: &'m Payload,
    /// When the receiver heard it, by the receiver's clock.
    pub source_time: Option<Timestamp>,
    /// When a logger wrote it.
    pub logged_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Who heard it.
    pub station: Option<Station>,
    /// VHF channel `A` or `B`; 0 where not told.
    pub channel: u8,
    /// The receiver's own ship (VDO).
    pub own: bool,
    /// Who wrote the sentence.
    pub talker: [u8; 2],
    /// Its sequence digit, by which a VSI may speak of it.
    pub link: Option<u8>,
    /// How it was heard, where a VSI told.
    pub signal: Option<Signal>,
}

impl Received<'_> {
    /// When it was true at sea: the UTC second in the message, in the minute that puts it nearest to the best time known (the
    /// receiver's, else a logger's, else ours). That second is the transponder's own, from GNSS, and better than any clock on
    /// the way; only the minute has to come from elsewhere, so that clocks may be wrong by up to 30 s. Without a second, the
    /// best time known: a transmission takes 27 ms.
    pub fn time(&self) -> Timestamp {
        self.told_time().unwrap_or_else(|| self.with_second(self.received_at))
    }

    /// The same, but only where the feed itself tells a time: a file that is read has no arrival.
    pub fn told_time(&self) -> Option<Timestamp> {
        self.source_time.or(self.logged_at).map(|t| self.with_second(t))
    }

    /// The same, or none where neither the feed nor arrival tells one: a text file that is read has arrival 0.
    pub fn known_time(&self) -> Option<Timestamp> {
        self.told_time().or_else(|| (self.received_at > Timestamp::default()).then(|| self.time()))
    }

    fn with_second(&self, known: Timestamp) -> Timestamp {
        const MINUTE_NS: i64 = 60_000_000_000;
        let Some(second) = self.message.kinematics().and_then(|k| k.second).and_then(|s| s.second()) else { return known };
        let mut shift = i64::from(second) * 1_000_000_000 - known.nanos().rem_euclid(MINUTE_NS);
        if shift > MINUTE_NS / 2 {
            shift -= MINUTE_NS;
        } else if shift < -MINUTE_NS / 2 {
            shift += MINUTE_NS;
        }
        Timestamp::from_nanos(known.nanos().saturating_add(shift))
    }
}

/// Reads the sentences of one feed and decodes AIS. Holds all state that crosses frames, in fixed size.
#[derive(Clone, Debug)]
pub struct Reader {
    envelope: Envelope,
    assembler: Assembler,
    payload: Payload,
}

impl Reader {
    /// `allow_missing_checksum`: see [`Envelope::new`].
    pub fn new(allow_missing_checksum: bool) -> Self {
        Self { envelope: Envelope::new(allow_missing_checksum), assembler: Assembler::default(), payload: Payload::default() }
    }

    /// Messages of several parts: counts and state.
    pub fn assembler(&self) -> &Assembler {
        &self.assembler
    }

    /// Gives `take` each AIS message and each other sentence of `frame` in order. What cannot be read is counted in `health`.
    #[inline]
    pub fn read<'f>(
        &mut self,
        frame: &'f [u8],
        received_at: Timestamp,
        health: &mut WireHealth,
        mut take: impl FnMut(Item<'_, 'f>, &mut WireHealth),
    ) {
        let Self { envelope, assembler, payload } = self;
        let mut hand_on = |sentence: &Sentence<'f>, wrapper: &Wrapper<'f>, health: &mut WireHealth| {
            if !Vdm::is_vdm(sentence) {
                return take(Item::Other(sentence, wrapper), health);
            }
            match ais(assembler, payload, sentence, wrapper, received_at, health) {
                Ok(Some(received)) => {
                    health.decoded += 1;
                    take(Item::Ais(&received), health);
                }
                Ok(None) => {}
                Err(why) => health.refuse(why),
            }
        };
        let mut sentences = envelope.read(frame);
        let nothing_told = Wrapper::default();
        loop {
            while let Some(sentence) = sentences.next_bare() {
                hand_on(&sentence, &nothing_told, health);
            }
            match sentences.next() {
                None => return,
                Some(Err(why)) => health.refuse(why),
                Some(Ok((wrapper, sentence))) => hand_on(&sentence, &wrapper, health),
            }
        }
    }
}

/// Decodes one VDM or VDO; `None` while parts are missing.
#[inline(always)]
fn ais<'p>(
    assembler: &mut Assembler,
    payload: &'p mut Payload,
    sentence: &Sentence<'_>,
    wrapper: &Wrapper<'_>,
    received_at: Timestamp,
    health: &mut WireHealth,
) -> Result<Option<Received<'p>>, Refusal> {
    let vdm = Vdm::parse(sentence)?;
    let mut source_time = wrapper.source_time;
    if vdm.count == 1 {
        assembler.pass(&vdm, wrapper, received_at, health);
        payload.unarmour(vdm.payload, vdm.fill_bits)?;
    } else {
        match assembler.push(&vdm, wrapper, received_at, payload, health)? {
            Assembly::Waiting => return Ok(None),
            Assembly::Complete(told) => source_time = told.or(source_time),
        }
    }
    let message = Message::decode(payload)?;
    Ok(Some(Received {
        message,
        payload,
        source_time,
        logged_at: wrapper.logged_at,
        received_at,
        station: wrapper.station,
        channel: vdm.channel,
        own: vdm.own,
        talker: vdm.talker,
        link: vdm.sequence,
        signal: None,
    }))
}
