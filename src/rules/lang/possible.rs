//! Conditions that can never hold: limits and words that exclude each other, and values outside a field's range.

use super::super::FieldKind;
use super::super::fields::FIELDS;
use super::parse::Comparison;
use super::tree::Flag;

/// What is left of a field's values: an interval whose ends may be left out, and words.
#[derive(Clone, Debug)]
struct Left {
    slot: u8,
    low: f64,
    low_out: bool,
    high: f64,
    high_out: bool,
    words: u32,
}

impl Left {
    fn of(slot: u8) -> Self {
        let field = FIELDS.get(usize::from(slot));
        let [low, high] = field.map_or([f64::NEG_INFINITY, f64::INFINITY], |f| f.range);
        let words = match field.map(|f| f.kind) {
            Some(FieldKind::Word(words)) => (1u64 << words.len()).wrapping_sub(1) as u32,
            Some(FieldKind::Flag) => 3,
            _ => u32::MAX,
        };
        Self { slot, low, low_out: false, high, high_out: false, words }
    }

    fn is_nothing(&self) -> bool {
        self.words == 0 || self.low > self.high || (self.low == self.high && (self.low_out || self.high_out))
    }

    fn above(&mut self, limit: f64, out: bool) {
        if limit > self.low || (limit == self.low && out) {
            (self.low, self.low_out) = (limit, out);
        }
    }

    fn below(&mut self, limit: f64, out: bool) {
        if limit < self.high || (limit == self.high && out) {
            (self.high, self.high_out) = (limit, out);
        }
    }
}

/// Why a condition can never hold, where it can be shown; silence proves nothing.
pub(super) fn contradiction(root: &Flag) -> Option<String> {
    let mut left = Vec::new();
    narrow(root, true, &mut left)
}

/// Narrows what is left by a part that must be `wanted`; a reason where nothing is.
fn narrow(flag: &Flag, wanted: bool, left: &mut Vec<Left>) -> Option<String> {
    match (flag, wanted) {
        (Flag::Constant(value), _) => (*value != wanted).then(|| format!("it is always {value}")),
        (Flag::Not(inner), _) => narrow(inner, !wanted, left),
        (Flag::All(parts), true) | (Flag::Any(parts), false) => parts.iter().find_map(|part| narrow(part, wanted, left)),
        (Flag::Any(parts), true) | (Flag::All(parts), false) => {
            // One of them must be left a chance, each from where we stand now.
            let mut why = None;
            for part in parts {
                match narrow(part, wanted, &mut left.clone()) {
                    None => return None,
                    Some(reason) => why = why.or(Some(reason)),
                }
            }
            why
        }
        (Flag::Slot(slot), _) => words(*slot, if wanted { 2 } else { 1 }, left),
        (Flag::Word(slot, bits), _) => words(*slot, if wanted { *bits } else { !bits }, left),
        (Flag::Limit(slot, comparison, limit), _) => {
            let entry = of(*slot, left);
            let comparison = if wanted { *comparison } else { opposite(*comparison) };
            match comparison {
                Comparison::Less => entry.below(*limit, true),
                Comparison::LessOrEqual => entry.below(*limit, false),
                Comparison::Greater => entry.above(*limit, true),
                Comparison::GreaterOrEqual => entry.above(*limit, false),
                Comparison::Equal => {
                    entry.above(*limit, false);
                    entry.below(*limit, false);
                }
                Comparison::NotEqual => {}
            }
            reason(entry)
        }
        // Sets, comparisons of two fields, choices: nothing is shown.
        _ => None,
    }
}

fn words(slot: u8, bits: u32, left: &mut Vec<Left>) -> Option<String> {
    let entry = of(slot, left);
    entry.words &= bits;
    reason(entry)
}

fn of(slot: u8, left: &mut Vec<Left>) -> &mut Left {
    let at = left.iter().position(|l| l.slot == slot).unwrap_or_else(|| {
        left.push(Left::of(slot));
        left.len() - 1
    });
    &mut left[at]
}

fn reason(left: &Left) -> Option<String> {
    let field = FIELDS.get(usize::from(left.slot))?;
    left.is_nothing().then(|| match field.kind {
        FieldKind::Number => {
            let [low, high] = field.range;
            format!("no value of \"{}\" (from {low} to {high}) is left by its limits", field.name)
        }
        _ => format!("no value of \"{}\" is left", field.name),
    })
}

fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::super::condition;

    #[test]
    fn what_can_never_hold_is_told() {
        for text in [
            "sog_kn >= 40.0 && sog_kn < 20.0",
            "sog_kn > 30.0 && sog_kn <= 30.0",
            "hit_ratio > 1.0",
            "p_exist >= 95.0",
            "ais == 'none' && ais == 'lost'",
            "is_night && !is_night",
            "ais == 'none' && (ais == 'ok' || sog_kn < 0.0)",
            "!(sog_kn >= 0.0)",
            "false",
            "sog_kn == 3.0 && !(sog_kn < 5.0)",
        ] {
            let faults = condition(text, &[]).expect_err(text);
            assert!(faults[0].what.starts_with("this can never hold: "), "{text}: {faults:?}");
        }
    }

    #[test]
    fn what_can_hold_is_not() {
        for text in [
            "sog_kn >= 20.0 && sog_kn < 40.0",
            "sog_kn >= 30.0 && sog_kn <= 30.0",
            "ais == 'none' || ais == 'lost'",
            "ais != 'ok' && ais != 'lost'",
            "is_night || !is_night",
            "sog_kn > nn_sog_kn && sog_kn < nn_sog_kn",
            "'port' in zones && 'landing' in zones",
        ] {
            assert!(condition(text, &[]).is_ok(), "{text}");
        }
    }
}
