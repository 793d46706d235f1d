//! What was measured, and how to take a measurement that a busy machine does not spoil.

use std::io::Write;

use cpu_time::ThreadTime;

use crate::publish::json::Object;

/// Rounds of which the median counts. Odd, so that the median is one that was measured.
pub const ROUNDS: usize = 7;

/// One measured number.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What, as `ais.sentences_per_s`.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The peer and how many times its number ours is.
    pub peer: Option<(&'static str, f64)>,
}

/// All that a run measured.
#[derive(Debug, Default)]
pub struct Figures {
    figures: Vec<Figure>,
    notes: Vec<String>,
}

impl Figures {
    /// Adds a number without a peer.
    pub fn add(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.figures.push(Figure { name, value, unit, peer: None });
    }

    /// Adds a number with its ratio to a peer's.
    pub fn add_against(&mut self, name: &'static str, value: f64, unit: &'static str, peer: &'static str, ratio: f64) {
        self.figures.push(Figure { name, value, unit, peer: Some((peer, ratio)) });
    }

    /// Adds a remark that belongs to the numbers.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints the table.
    pub fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{:<36} {:>16} {:<14} ratio to peer", "figure", "value", "unit")?;
        for f in &self.figures {
            write!(out, "{:<36} {:>16} {:<14}", f.name, readable(f.value), f.unit)?;
            match f.peer {
                Some((peer, ratio)) => writeln!(out, " {ratio:.2} × {peer}")?,
                None => writeln!(out)?,
            }
        }
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        out.flush()
    }

    /// The same as one JSON object.
    pub fn json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut o = Object::open(&mut out);
        for f in &self.figures {
            o.object(f.name, |o| {
                o.number("value", f.value, 6).string("unit", f.unit);
                if let Some((peer, ratio)) = f.peer {
                    o.string("peer", peer).number("ratio", ratio, 4);
                }
            });
        }
        o.strings("notes", self.notes.iter().map(String::as_str));
        o.end_line();
        out
    }
}

fn readable(value: f64) -> String {
    if value.abs() < 1000.0 {
        return format!("{value:.3}");
    }
    let whole = format!("{value:.0}");
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && c.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(' ');
        }
        grouped.push(c);
    }
    grouped
}

/// CPU seconds of this thread that each of `contestants` takes, the median of [`ROUNDS`] rounds in which they take turns.
pub fn race(contestants: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(ROUNDS); contestants.len()];
    for round in 0..=ROUNDS {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = ThreadTime::now();
            contestant();
            // The first round warms caches and is not counted.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64());
            }
        }
    }
    times.into_iter().map(median).collect()
}

/// CPU seconds of this thread that `work` takes, the median of `rounds`.
pub fn median_cpu_seconds(rounds: usize, mut work: impl FnMut()) -> f64 {
    median(
        (0..rounds)
            .map(|_| {
                let start = ThreadTime::now();
                work();
                start.elapsed().as_secs_f64()
            })
            .collect(),
    )
}

/// The middle one; not a number if there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_for_reading() {
        assert_eq!(readable(12.5), "12.500");
        assert_eq!(readable(1_234_567.2), "1 234 567");
        assert_eq!(readable(-123_456.0), "-123 456");
    }
}
