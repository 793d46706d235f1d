//! Syntax tree → compiled tree: names become slots, and every clause is held against the fields' types.

use super::super::fields::{FIELDS, SlotSet, cheap, slot_of};
use super::super::{FieldKind, nearest};
use super::parse::{Arithmetic, Ast, Comparison, Connective, Node, parse};
use super::possible::contradiction;
use super::tree::{Condition, Flag, Limit, Number};
use super::{LangFault, Parameter};

/// Compiles a text that must be true, false or unknown, and can be true; all its faults at once.
pub(in super::super) fn condition(text: &str, parameters: &[Parameter]) -> Result<Condition, Vec<LangFault>> {
    let compiled = compiled(text, parameters, true)?;
    match contradiction(&compiled.root) {
        Some(what) => Err(vec![LangFault::new(0, format!("this can never hold: {what}"))]),
        None => Ok(compiled),
    }
}

/// The same of a text that may be always false and may mix units, as random ones do.
#[cfg(test)]
pub(super) fn lowered(text: &str, parameters: &[Parameter]) -> Result<Condition, Vec<LangFault>> {
    compiled(text, parameters, false)
}

fn compiled(text: &str, parameters: &[Parameter], units: bool) -> Result<Condition, Vec<LangFault>> {
    let ast = parse(text).map_err(|fault| vec![fault])?;
    let mut checker = Checker {
        faults: Vec::new(),
        order: Vec::new(),
        limits: Vec::new(),
        negated: false,
        parameters,
        units,
        read: vec![false; parameters.len()],
    };
    let root = checker.flag(&ast);
    match root {
        Some(root) if checker.faults.is_empty() => {
            let mut used = SlotSet::default();
            checker.order.iter().for_each(|&slot| used.insert(slot));
            let (gate, gate_used) = gate(&root);
            let read = checker.read;
            Ok(Condition { root, used, order: checker.order, gate, gate_used, limits: checker.limits, read })
        }
        _ => Err(checker.faults),
    }
}

/// What must hold wherever the condition holds and reads nothing but what costs nothing, in clauses.
fn gate(root: &Flag) -> (Vec<Flag>, SlotSet) {
    let parts = match implied(root, cheap()) {
        Some(Flag::All(parts)) => parts,
        other => Vec::from_iter(other),
    };
    let mut used = SlotSet::default();
    parts.iter().for_each(|part| part.used(&mut used));
    (parts, used)
}

/// What a condition implies of such fields: of clauses that must all hold those of them, of clauses one of which must hold something of each.
fn implied(of: &Flag, free: SlotSet) -> Option<Flag> {
    let mut used = SlotSet::default();
    of.used(&mut used);
    match of {
        of if used.is_within(free) => Some(of.clone()),
        Flag::All(parts) => {
            let known: Vec<Flag> = parts.iter().filter_map(|part| implied(part, free)).collect();
            (!known.is_empty()).then_some(Flag::All(known))
        }
        Flag::Any(parts) => parts.iter().map(|part| implied(part, free)).collect::<Option<Vec<Flag>>>().map(Flag::Any),
        _ => None,
    }
}

/// The unit of a number: `None` for one that goes with any, as written numbers do.
type Unit = Option<&'static str>;

/// Endings of names and their units.
const UNITS: [&str; 6] = ["kn", "deg", "min", "nm", "s", "m"];

/// The unit that a parameter's name ends in.
fn unit_of(name: &str) -> Unit {
    let (_, ending) = name.rsplit_once('_')?;
    UNITS.into_iter().find(|unit| *unit == ending)
}

type Words = &'static [&'static str];

/// A piece with its type.
enum Typed {
    Flag(Flag),
    /// `whole` where it is written without a decimal point, which CEL takes for an integer.
    Number {
        number: Number,
        whole: bool,
        unit: Unit,
    },
    WordField {
        slot: u8,
        words: Words,
    },
    SetField {
        slot: u8,
        words: Words,
    },
    Label,
    Word,
}

impl Typed {
    fn described(&self) -> &'static str {
        match self {
            Self::Flag(_) => "yes or no",
            Self::Number { .. } => "a number",
            Self::WordField { .. } | Self::Word => "a word",
            Self::SetField { .. } => "a set of words",
            Self::Label => "a label, which is for texts only",
        }
    }
}

struct Checker<'a> {
    faults: Vec<LangFault>,
    order: Vec<u8>,
    limits: Vec<Limit>,
    /// Whether an odd number of `!` stands around: then a lower limit is an upper one.
    negated: bool,
    parameters: &'a [Parameter],
    /// Whether units must agree.
    units: bool,
    /// Which of them were read.
    read: Vec<bool>,
}

impl Checker<'_> {
    fn fault<T>(&mut self, at: usize, what: impl Into<String>) -> Option<T> {
        self.faults.push(LangFault::new(at, what));
        None
    }

    /// A piece that must be true or false.
    fn flag(&mut self, ast: &Ast) -> Option<Flag> {
        match self.typed(ast)? {
            Typed::Flag(flag) => Some(flag),
            other => {
                let hint = match &ast.node {
                    Node::Name(name) => format!("; compare it, as {name} {}", example(&other)),
                    _ => String::new(),
                };
                self.fault(ast.at, format!("expected something that is true or false, found {}{hint}", other.described()))
            }
        }
    }

    /// A piece that must be a number; inside arithmetic a double.
    fn number(&mut self, ast: &Ast, double: bool) -> Option<(Number, Unit)> {
        match self.typed(ast)? {
            Typed::Number { whole: true, .. } if double => {
                let written = printed(ast);
                self.fault(
                    ast.at,
                    format!("write {written}.0: CEL does not mix the integer {written} with the fields' doubles"),
                )
            }
            Typed::Number { number, unit, .. } => Some((number, unit)),
            other => self.fault(ast.at, format!("expected a number, found {}", other.described())),
        }
    }

    fn typed(&mut self, ast: &Ast) -> Option<Typed> {
        match &ast.node {
            Node::Name(name) => self.field(ast.at, name),
            Node::Double(n) => Some(Typed::Number { number: Number::Constant(*n), whole: false, unit: None }),
            Node::Whole(n) => Some(Typed::Number { number: Number::Constant(*n), whole: true, unit: None }),
            Node::Word(_) => Some(Typed::Word),
            Node::Flag(flag) => Some(Typed::Flag(Flag::Constant(*flag))),
            Node::Not(inner) => {
                self.negated = !self.negated;
                let inner = self.flag(inner);
                self.negated = !self.negated;
                Some(Typed::Flag(Flag::Not(Box::new(inner?))))
            }
            Node::Negative(inner) => match self.typed(inner)? {
                Typed::Number { number: Number::Constant(n), whole, unit } => {
                    Some(Typed::Number { number: Number::Constant(-n), whole, unit })
                }
                Typed::Number { number, whole, unit } => {
                    Some(Typed::Number { number: Number::Negative(Box::new(number)), whole, unit })
                }
                other => self.fault(inner.at, format!("expected a number after \"-\", found {}", other.described())),
            },
            Node::Connective(connective, parts) => {
                // Every part is looked at before any is given up: all faults at once.
                let parts: Vec<Option<Flag>> = parts.iter().map(|part| self.flag(part)).collect();
                let parts: Vec<Flag> = parts.into_iter().collect::<Option<_>>()?;
                Some(Typed::Flag(match connective {
                    Connective::And => Flag::All(parts),
                    Connective::Or => Flag::Any(parts),
                }))
            }
            Node::Compare(comparison, a, b) => self.compare(ast.at, *comparison, a, b).map(Typed::Flag),
            Node::In(item, list) => self.within(item, list).map(Typed::Flag),
            Node::Member(word, set) => self.member(word, set).map(Typed::Flag),
            Node::Arithmetic(arithmetic, a, b) => {
                let (a, b) = (self.number(a, true), self.number(b, true));
                let ((a, x), (b, y)) = (a?, b?);
                let unit = match arithmetic {
                    Arithmetic::Add | Arithmetic::Subtract => {
                        self.same_unit(ast.at, x, y)?;
                        x.or(y)
                    }
                    Arithmetic::Multiply => match (x, y) {
                        (unit, None | Some("")) | (None | Some(""), unit) => unit,
                        _ => None,
                    },
                    Arithmetic::Divide => match (x, y) {
                        (unit, None | Some("")) => unit,
                        (x, y) if x == y => Some(""),
                        _ => None,
                    },
                };
                let number = Number::Arithmetic(*arithmetic, Box::new(a), Box::new(b));
                Some(Typed::Number { number, whole: false, unit })
            }
            Node::Choice(condition, yes, no) => {
                let condition = self.flag(condition);
                let (yes_typed, no_typed) = (self.typed(yes), self.typed(no));
                match (yes_typed?, no_typed?) {
                    (Typed::Flag(yes), Typed::Flag(no)) => Some(Typed::Flag(Flag::Choice(Box::new([condition?, yes, no])))),
                    (Typed::Number { number: a, whole: x, unit: u }, Typed::Number { number: b, whole: y, unit: v })
                        if x == y =>
                    {
                        self.same_unit(ast.at, u, v)?;
                        let number = Number::Choice(Box::new(condition?), Box::new(a), Box::new(b));
                        Some(Typed::Number { number, whole: x, unit: u.or(v) })
                    }
                    (Typed::Number { .. }, Typed::Number { .. }) => {
                        self.fault(ast.at, "both sides of \":\" must be written with a decimal point, or both without")
                    }
                    (Typed::WordField { .. } | Typed::Word, _) | (_, Typed::WordField { .. } | Typed::Word) => {
                        self.fault(ast.at, "a choice is between numbers or between conditions")
                    }
                    (a, b) => {
                        let what = format!("one side of \":\" is {}, the other is {}", a.described(), b.described());
                        self.fault(ast.at, what)
                    }
                }
            }
        }
    }

    fn field(&mut self, at: usize, name: &str) -> Option<Typed> {
        if let Some(parameter) = name.strip_prefix("p.") {
            return self.parameter(at, parameter);
        }
        let Some(slot) = slot_of(name) else {
            let names = || FIELDS.iter().map(|field| field.name);
            // Rules written for a context object say `t.sog_kn`.
            let last = name.rsplit('.').next().unwrap_or(name);
            let near = nearest(name, names()).or_else(|| nearest(last, names()));
            let hint = near.map_or_else(
                || format!("; known are {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("; did you mean \"{near}\"?"),
            );
            return self.fault(at, format!("\"{name}\" is not a field{hint}"));
        };
        let field = &FIELDS[usize::from(slot)];
        if !self.order.contains(&slot) {
            self.order.push(slot);
        }
        Some(match field.kind {
            FieldKind::Number => Typed::Number { number: Number::Slot(slot), whole: false, unit: Some(field.unit) },
            FieldKind::Flag => Typed::Flag(Flag::Slot(slot)),
            FieldKind::Word(words) => Typed::WordField { slot, words },
            FieldKind::Set(words) => Typed::SetField { slot, words },
            FieldKind::Label(_) => Typed::Label,
        })
    }

    fn parameter(&mut self, at: usize, name: &str) -> Option<Typed> {
        let Some(i) = self.parameters.iter().position(|(n, _)| n == name) else {
            let near = nearest(name, self.parameters.iter().map(|(n, _)| n.as_str()));
            let hint = near.map_or_else(
                || "; write it under params, as params = { v_fast_kn = 25.0 }".to_owned(),
                |near| format!("; did you mean \"p.{near}\"?"),
            );
            return self.fault(at, format!("\"{name}\" is not a parameter of this rule{hint}"));
        };
        if let Some(read) = self.read.get_mut(i) {
            *read = true;
        }
        let value = self.parameters.get(i).map_or(f64::NAN, |(_, v)| *v);
        Some(Typed::Number { number: Number::Constant(value), whole: false, unit: unit_of(name) })
    }

    fn same_unit(&mut self, at: usize, a: Unit, b: Unit) -> Option<()> {
        match (a, b) {
            (Some(a), Some(b)) if a != b && self.units => {
                let named =
                    |unit: &str| if unit.is_empty() { "a number without unit".to_owned() } else { format!("\"{unit}\"") };
                self.fault(at, format!("{} and {} are different units", named(a), named(b)))
            }
            _ => Some(()),
        }
    }

    fn member(&mut self, word: &Ast, set: &Ast) -> Option<Flag> {
        match (self.typed(word)?, self.typed(set)?) {
            (Typed::Word, Typed::SetField { slot, words }) => self.word_bit(words, word, slot).map(|bit| Flag::Has(slot, bit)),
            (_, Typed::SetField { slot, words }) => {
                let name = FIELDS.get(usize::from(slot)).map_or("", |field| field.name);
                let example = words.first().copied().unwrap_or_default();
                self.fault(word.at, format!("expected a word in quotes, as '{example}' in {name}"))
            }
            (_, other) => self.fault(set.at, format!("expected a set of words after \"in\", found {}", other.described())),
        }
    }

    fn compare(&mut self, at: usize, comparison: Comparison, a: &Ast, b: &Ast) -> Option<Flag> {
        let (left, right) = (self.typed(a), self.typed(b));
        let equality = match comparison {
            Comparison::Equal => Some(true),
            Comparison::NotEqual => Some(false),
            _ => None,
        };
        match (left?, right?) {
            (Typed::Number { number: x, unit: u, .. }, Typed::Number { number: y, unit: v, .. }) => {
                self.same_unit(at, u, v)?;
                Some(match (x, y) {
                    (Number::Slot(slot), Number::Constant(limit)) => self.limit(slot, comparison, limit),
                    (Number::Constant(limit), Number::Slot(slot)) => self.limit(slot, mirrored(comparison), limit),
                    (x, y) => Flag::Compare(comparison, x, y),
                })
            }
            (Typed::Flag(x), Typed::Flag(y)) => {
                let Some(equal) = equality else {
                    return self.fault(at, format!("\"{}\" does not compare true with false", comparison.sign()));
                };
                let same = Flag::Same(Box::new(x), Box::new(y));
                Some(if equal { same } else { Flag::Not(Box::new(same)) })
            }
            (Typed::WordField { slot, words }, Typed::Word) => self.word(at, comparison, slot, words, b),
            (Typed::Word, Typed::WordField { slot, words }) => self.word(at, comparison, slot, words, a),
            (Typed::WordField { .. } | Typed::Word, Typed::WordField { .. } | Typed::Word) => {
                self.fault(at, "compare a field with a word in quotes, as ais == 'none'")
            }
            (Typed::SetField { slot, words }, _) | (_, Typed::SetField { slot, words }) => {
                let name = FIELDS.get(usize::from(slot)).map_or("", |field| field.name);
                let example = words.first().copied().unwrap_or_default();
                self.fault(at, format!("ask a set for its words, as '{example}' in {name}"))
            }
            (x, y) => {
                let what = format!("cannot compare {} with {}", x.described(), y.described());
                self.fault(at, what)
            }
        }
    }

    fn limit(&mut self, slot: u8, comparison: Comparison, limit: f64) -> Flag {
        let lower = match comparison {
            Comparison::Greater | Comparison::GreaterOrEqual => Some(true),
            Comparison::Less | Comparison::LessOrEqual => Some(false),
            Comparison::Equal | Comparison::NotEqual => None,
        };
        if let (Some(lower), Some(field)) = (lower, FIELDS.get(usize::from(slot))) {
            let lower = lower != self.negated;
            match self.limits.iter_mut().find(|l| l.slot == slot && l.lower == lower) {
                Some(one) if !one.values.contains(&limit) => one.values.push(limit),
                Some(_) => {}
                None => {
                    let name = format!("{}_{}", field.name, if lower { "min" } else { "max" });
                    self.limits.push(Limit { name, slot, lower, values: vec![limit] });
                }
            }
        }
        Flag::Limit(slot, comparison, limit)
    }

    fn word(&mut self, at: usize, comparison: Comparison, slot: u8, words: Words, word: &Ast) -> Option<Flag> {
        let bit = self.word_bit(words, word, slot)?;
        match comparison {
            Comparison::Equal => Some(Flag::Word(slot, bit)),
            Comparison::NotEqual => Some(Flag::Word(slot, !bit)),
            _ => self.fault(at, format!("\"{}\" does not order words", comparison.sign())),
        }
    }

    fn word_bit(&mut self, words: Words, word: &Ast, slot: u8) -> Option<u32> {
        let Node::Word(text) = &word.node else {
            return self.fault(word.at, "expected a word in quotes");
        };
        if let Some(index) = words.iter().position(|w| w == text) {
            return Some(1 << index);
        }
        let name = FIELDS.get(usize::from(slot)).map_or("", |field| field.name);
        let list = words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", ");
        let hint = nearest(text, words.iter().copied()).map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
        self.fault(word.at, format!("'{text}' is never the value of \"{name}\": it is one of {list}{hint}"))
    }

    fn within(&mut self, item: &Ast, list: &[Ast]) -> Option<Flag> {
        match self.typed(item)? {
            Typed::WordField { slot, words } => {
                let bits: Vec<Option<u32>> = list.iter().map(|word| self.word_bit(words, word, slot)).collect();
                bits.into_iter().try_fold(0, |all, bit| Some(all | bit?)).map(|bits| Flag::Word(slot, bits))
            }
            Typed::Number { number, .. } => {
                let limits: Vec<Option<Number>> = list.iter().map(|n| self.constant(n)).collect();
                let limits: Vec<Number> = limits.into_iter().collect::<Option<_>>()?;
                Some(Flag::Any(limits.into_iter().map(|n| Flag::Compare(Comparison::Equal, number.clone(), n)).collect()))
            }
            other => self.fault(item.at, format!("\"in\" takes a word or a number, found {}", other.described())),
        }
    }

    fn constant(&mut self, ast: &Ast) -> Option<Number> {
        match self.typed(ast)? {
            Typed::Number { number: number @ Number::Constant(_), .. } => Some(number),
            other => self.fault(ast.at, format!("a list holds constants of one type, found {}", other.described())),
        }
    }
}

/// `a < b` is `b > a`.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

/// How a field of that type is compared.
fn example(typed: &Typed) -> String {
    match typed {
        Typed::WordField { words, .. } => format!("== '{}'", words.first().copied().unwrap_or("word")),
        Typed::SetField { .. } | Typed::Label => "is not compared".to_owned(),
        _ => "> 0.0".to_owned(),
    }
}

/// A whole number as it was written.
fn printed(ast: &Ast) -> String {
    match &ast.node {
        Node::Whole(n) => format!("{n}"),
        Node::Negative(inner) => format!("-{}", printed(inner)),
        _ => "it".to_owned(),
    }
}
