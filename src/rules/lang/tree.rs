//! The compiled expression: slots instead of names, and Kleene's three values (`None` is unknown).

use super::super::fields::{SlotSet, Slots};
use super::parse::{Arithmetic, Comparison};

/// A compiled expression that is true, false or unknown of a track.
#[derive(Clone, Debug)]
pub(in super::super) struct Condition {
    pub(super) root: Flag,
    /// The fields it reads.
    pub(in super::super) used: SlotSet,
    /// The same in the order of the text.
    pub(in super::super) order: Vec<u8>,
    /// What decides first, by fields that cost nothing: where one of these is false the whole is, and the rest need not be read.
    pub(super) gate: Vec<Flag>,
    /// The fields that the gate reads.
    pub(in super::super) gate_used: SlotSet,
    /// Limits that fields are held against, in the order of the text.
    pub(in super::super) limits: Vec<Limit>,
    /// Which of the rule's parameters it reads.
    pub(in super::super) read: Vec<bool>,
}

impl Condition {
    /// Whether what costs nothing shows already that it does not hold.
    #[inline]
    pub(in super::super) fn is_shut(&self, slots: &Slots) -> bool {
        self.gate.iter().any(|part| part.eval(slots) == Some(false))
    }

    /// Whether it holds; `None` where what is not known could turn it.
    #[inline]
    pub(in super::super) fn holds(&self, slots: &Slots) -> Option<bool> {
        self.root.eval(slots)
    }
}

/// What a field is held against from one side: one limit, or several, each under conditions of its own.
#[derive(Clone, Debug)]
pub(in super::super) struct Limit {
    /// As `sog_kn_min`.
    pub(in super::super) name: String,
    pub(super) slot: u8,
    /// The field lies above.
    pub(super) lower: bool,
    pub(super) values: Vec<f64>,
}

impl Limit {
    /// The one to tell of: the nearest that the field keeps, and the widest where it keeps none or is not known.
    pub(in super::super) fn told(&self, slots: &Slots) -> f64 {
        // Larger is nearer to a field that lies above, and smaller to one below.
        let sign = if self.lower { 1.0 } else { -1.0 };
        let values = || self.values.iter().map(|v| v * sign);
        let widest = values().fold(f64::INFINITY, f64::min);
        let is = slots.get(self.slot).map_or(f64::NEG_INFINITY, |is| is * sign);
        values().filter(|&v| v <= is).fold(widest, f64::max) * sign
    }
}

/// An expression that is true, false or unknown.
#[derive(Clone, Debug)]
pub(super) enum Flag {
    Constant(bool),
    Slot(u8),
    /// The field is one of a set of words, a bit each.
    Word(u8, u32),
    /// The set holds one of these words, a bit each.
    Has(u8, u32),
    /// A field against a constant: the commonest clause, so it has no children.
    Limit(u8, Comparison, f64),
    Compare(Comparison, Number, Number),
    Same(Box<Flag>, Box<Flag>),
    Not(Box<Flag>),
    All(Vec<Flag>),
    Any(Vec<Flag>),
    Choice(Box<[Flag; 3]>),
}

/// An expression that is a number or unknown.
#[derive(Clone, Debug)]
pub(super) enum Number {
    Constant(f64),
    Slot(u8),
    Negative(Box<Number>),
    Arithmetic(Arithmetic, Box<Number>, Box<Number>),
    Choice(Box<Flag>, Box<Number>, Box<Number>),
}

impl Flag {
    /// The fields it reads.
    pub(super) fn used(&self, set: &mut SlotSet) {
        match self {
            Self::Constant(_) => {}
            Self::Slot(slot) | Self::Word(slot, _) | Self::Has(slot, _) | Self::Limit(slot, ..) => set.insert(*slot),
            Self::Compare(_, a, b) => {
                a.used(set);
                b.used(set);
            }
            Self::Same(a, b) => {
                a.used(set);
                b.used(set);
            }
            Self::Not(a) => a.used(set),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.used(set)),
            Self::Choice(parts) => parts.iter().for_each(|part| part.used(set)),
        }
    }

    #[inline]
    fn eval(&self, slots: &Slots) -> Option<bool> {
        match self {
            Self::Constant(flag) => Some(*flag),
            Self::Slot(slot) => slots.get(*slot).map(|v| v > 0.5),
            Self::Word(slot, words) => slots.get(*slot).map(|v| words & (1u32 << (v as u32 & 31)) != 0),
            Self::Has(slot, words) => slots.get(*slot).map(|v| words & v as u32 != 0),
            Self::Limit(slot, comparison, limit) => slots.get(*slot).map(|v| compare(*comparison, v, *limit)),
            Self::Compare(comparison, a, b) => Some(compare(*comparison, a.eval(slots)?, b.eval(slots)?)),
            Self::Same(a, b) => Some(a.eval(slots)? == b.eval(slots)?),
            Self::Not(a) => a.eval(slots).map(|a| !a),
            Self::All(parts) => connect(parts, slots, false),
            Self::Any(parts) => connect(parts, slots, true),
            Self::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                match condition.eval(slots) {
                    Some(true) => yes.eval(slots),
                    Some(false) => no.eval(slots),
                    // Whichever way the condition falls, the value is the same or it is not known.
                    None => yes.eval(slots).filter(|yes| no.eval(slots) == Some(*yes)),
                }
            }
        }
    }
}

/// One part that is `decisive` decides, whatever else is unknown.
#[inline]
fn connect(parts: &[Flag], slots: &Slots, decisive: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match part.eval(slots) {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decisive)
}

impl Number {
    fn used(&self, set: &mut SlotSet) {
        match self {
            Self::Constant(_) => {}
            Self::Slot(slot) => set.insert(*slot),
            Self::Negative(a) => a.used(set),
            Self::Arithmetic(_, a, b) => {
                a.used(set);
                b.used(set);
            }
            Self::Choice(c, a, b) => {
                c.used(set);
                a.used(set);
                b.used(set);
            }
        }
    }

    fn eval(&self, slots: &Slots) -> Option<f64> {
        let value = match self {
            Self::Constant(n) => *n,
            Self::Slot(slot) => slots.get(*slot)?,
            Self::Negative(a) => -a.eval(slots)?,
            Self::Arithmetic(arithmetic, a, b) => {
                let (a, b) = (a.eval(slots)?, b.eval(slots)?);
                match arithmetic {
                    Arithmetic::Add => a + b,
                    Arithmetic::Subtract => a - b,
                    Arithmetic::Multiply => a * b,
                    Arithmetic::Divide => a / b,
                }
            }
            Self::Choice(condition, yes, no) => match condition.eval(slots) {
                Some(true) => yes.eval(slots)?,
                Some(false) => no.eval(slots)?,
                None => yes.eval(slots).filter(|yes| no.eval(slots) == Some(*yes))?,
            },
        };
        // Divided by nought, or too large to tell.
        value.is_finite().then_some(value)
    }
}

#[inline]
fn compare(comparison: Comparison, a: f64, b: f64) -> bool {
    match comparison {
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
    }
}
