//! The peers: decoders of others, on the same lines.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use stats_alloc::{Region, StatsAlloc};
use tikv_jemallocator::Jemalloc;

/// The program's own, with a count.
#[global_allocator]
static ALLOCATOR: StatsAlloc<Jemalloc> = StatsAlloc::new(Jemalloc);

/// Allocations made while `work` runs.
pub fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let region = Region::new(&ALLOCATOR);
    black_box(work());
    let change = region.change();
    change.allocations + change.reallocations
}

/// Lines in the forms that the peers take.
pub struct PeerLines<'a> {
    text: Vec<&'a str>,
    bytes: Vec<&'a [u8]>,
}

impl<'a> PeerLines<'a> {
    /// Lines on which `nmea-parser` panics are left out for all: it has to reach the end.
    pub fn new(text: &'a [u8]) -> Self {
        let mut lines = Self { text: Vec::new(), bytes: Vec::new() };
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let mut parser = nmea_parser::NmeaParser::new();
        for line in text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty()) {
            let Ok(text) = std::str::from_utf8(line) else { continue };
            if catch_unwind(AssertUnwindSafe(|| parser.parse_sentence(text).is_ok())).is_ok() {
                lines.text.push(text);
                lines.bytes.push(line);
            }
        }
        std::panic::set_hook(hook);
        lines
    }

    /// Messages that each peer makes of them.
    pub fn counts(&mut self) -> (u64, u64) {
        (self.parse(), self.decode())
    }

    /// `nmea-parser` over all lines.
    pub fn nmea_parser(&mut self) {
        black_box(self.parse());
    }

    /// `ais` over all lines.
    pub fn ais(&mut self) {
        black_box(self.decode());
    }

    fn parse(&self) -> u64 {
        let mut parser = nmea_parser::NmeaParser::new();
        let mut messages = 0;
        for line in &self.text {
            if let Ok(message) = parser.parse_sentence(line) {
                messages += u64::from(!matches!(message, nmea_parser::ParsedMessage::Incomplete));
                black_box(&message);
            }
        }
        messages
    }

    fn decode(&self) -> u64 {
        let mut parser = ais::AisParser::new();
        let mut messages = 0;
        for line in &self.bytes {
            if let Ok(fragments) = parser.parse(line, true) {
                messages += u64::from(matches!(fragments, ais::AisFragments::Complete(_)));
                black_box(&fragments);
            }
        }
        messages
    }
}
