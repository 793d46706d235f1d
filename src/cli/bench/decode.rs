//! How fast bytes become messages, beside the peers on the same lines.

use std::hint::black_box;
use std::io::Read;

use anyhow::Context;

use super::figures::{Figures, race};
use crate::model::Timestamp;
use crate::sim::DayaBayNight;
use crate::wire::WireHealth;
use crate::wire::asterix::reader::read_datagram;
use crate::wire::nmea::{Item, Reader};

/// 27 s of a national feed, 61 stations, 19 message types (`fixtures/demo/README.md`).
const RECORDED: &[u8] = include_bytes!("../../../fixtures/demo/dma-stream_example.txt.gz");
/// The recording is repeated to so many sentences, so that a round takes longer than the clock's grain of some ms.
const SENTENCES: usize = 200_000;
/// Simulated seconds of radar for the ASTERIX figure.
const NIGHT_S: f64 = 120.0;

/// AIS sentences of the recording, without what is wrapped round them: every decoder gets the same lines.
pub struct Lines {
    text: Vec<u8>,
    lines: usize,
}

impl Lines {
    /// From the recording that ships.
    pub fn recorded() -> anyhow::Result<Self> {
        let mut raw = Vec::new();
        flate2::read::GzDecoder::new(RECORDED).read_to_end(&mut raw).context("the shipped recording is damaged")?;
        let once: Vec<&[u8]> =
            raw.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| line.starts_with(b"!")).collect();
        anyhow::ensure!(!once.is_empty(), "the shipped recording is empty");
        let mut text = Vec::new();
        let mut lines = 0;
        while lines < SENTENCES {
            for line in &once {
                text.extend_from_slice(line);
                text.extend_from_slice(b"\r\n");
                lines += 1;
            }
        }
        Ok(Self { text, lines })
    }

    /// The text, with line ends.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.lines
    }
}

/// Decodes every line, as a feed does: a frame a line; gives the number of messages.
pub fn ours(lines: &[u8]) -> u64 {
    let mut reader = Reader::new(false);
    let mut health = WireHealth::default();
    let mut messages = 0;
    for line in memchr_lines(lines) {
        reader.read(line, Timestamp::from_secs(0), &mut health, |item, _| {
            if let Item::Ais(received) = item {
                black_box(&received.message);
                messages += 1;
            }
        });
    }
    messages
}

fn memchr_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut begin = 0;
    memchr::memchr_iter(b'\n', text).map(move |end| {
        let line = text.get(begin..=end).unwrap_or_default();
        begin = end + 1;
        line
    })
}

/// AIS against the peers that are built in.
pub fn ais(figures: &mut Figures) -> anyhow::Result<()> {
    let lines = Lines::recorded()?;
    let text = lines.text();
    let n = lines.count() as f64;
    let mut decoded = 0;
    let mut us = || decoded = ours(text);
    #[cfg(feature = "peers")]
    {
        let mut theirs = super::peers::PeerLines::new(text);
        let counts = theirs.counts();
        let cell = std::cell::RefCell::new(&mut theirs);
        let times = race(&mut [&mut us, &mut || cell.borrow_mut().nmea_parser(), &mut || cell.borrow_mut().ais()]);
        let [mine, parser, ais] = times[..] else { anyhow::bail!("a contestant has no time") };
        figures.add_against("ais.sentences_per_s", n / mine, "sentences/s", "nmea-parser 0.11", parser / mine);
        figures.add_against("ais.sentences_per_s_vs_ais", n / mine, "sentences/s", "ais 0.12", ais / mine);
        figures.add("ais.nmea_parser_sentences_per_s", n / parser, "sentences/s");
        figures.add("ais.ais_crate_sentences_per_s", n / ais, "sentences/s");
        let allocations = super::peers::allocations(|| ours(text));
        figures.add("ais.allocations_per_sentence", allocations as f64 / n, "");
        figures.note(format!("messages of {n} sentences: haishao {decoded}, nmea-parser {}, ais {}", counts.0, counts.1));
    }
    #[cfg(not(feature = "peers"))]
    {
        let times = race(&mut [&mut us]);
        figures.add("ais.sentences_per_s", n / times.first().copied().unwrap_or(f64::NAN), "sentences/s");
        figures.note(format!("{decoded} messages; built without its peers: `cargo run --release --features peers -- bench`"));
    }
    Ok(())
}

/// ASTERIX: CAT010 plots and CAT034 of the simulated night.
pub fn asterix(figures: &mut Figures) {
    let datagrams: Vec<Vec<u8>> = DayaBayNight::new(7, Timestamp::from_secs(1_773_504_000))
        .lasting(NIGHT_S)
        .filter(|e| e.feed.0 < 2)
        .map(|e| e.bytes)
        .collect();
    // Rounds of some 0.1 s: more than the clock's grain.
    const REPEAT: usize = 20;
    let mut records = 0u64;
    let mut decode = || {
        records = 0;
        let mut health = WireHealth::default();
        for datagram in datagrams.iter().cycle().take(datagrams.len() * REPEAT) {
            read_datagram(datagram, &mut health, |statement, _| {
                black_box(statement);
                records += 1;
                Ok(())
            });
        }
    };
    let times = race(&mut [&mut decode]);
    figures.add("asterix.records_per_s", records as f64 / times.first().copied().unwrap_or(f64::NAN), "records/s");
}
