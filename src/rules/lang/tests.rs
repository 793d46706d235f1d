//! The language against an oracle that never sees text, and against what people write wrong.

use proptest::prelude::*;

use super::super::fields::{FIELDS, Slots};
use super::LangFault;
use super::check::lowered as condition;
use super::tree::Condition;

fn slot(name: &str) -> u8 {
    FIELDS.iter().position(|f| f.name == name).unwrap() as u8
}

/// Expressions as the tests think of them, evaluated without text, slots or compilation.
#[derive(Clone, Debug)]
pub(super) enum Truth {
    Constant(bool),
    Flag(usize),
    Ais(usize, bool),
    AisIn(Vec<usize>),
    Compare(usize, Box<Value>, Box<Value>),
    Not(Box<Truth>),
    And(Box<Truth>, Box<Truth>),
    Or(Box<Truth>, Box<Truth>),
    Same(bool, Box<Truth>, Box<Truth>),
    Choice(Box<Truth>, Box<Truth>, Box<Truth>),
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Constant(i32),
    Field(usize),
    Negative(Box<Value>),
    Arithmetic(usize, Box<Value>, Box<Value>),
    Choice(Box<Truth>, Box<Value>, Box<Value>),
}

pub(super) const FLAGS: [&str; 2] = ["is_night", "has_mmsi"];
pub(super) const NUMBERS: [&str; 3] = ["sog_kn", "p_exist", "age_s"];
pub(super) const AIS: [&str; 5] = ["ok", "none", "lost", "inconsistent", "ambiguous"];
const COMPARISONS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
const ARITHMETIC: [&str; 4] = ["+", "-", "*", "/"];

/// What is known of the fields.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) flags: [Option<bool>; 2],
    pub(super) numbers: [Option<f64>; 3],
    pub(super) ais: Option<usize>,
}

impl World {
    pub(super) fn slots(&self) -> Slots {
        let mut slots = Slots::new();
        for (name, flag) in FLAGS.iter().zip(self.flags) {
            slots.set(slot(name), flag.map(|f| f64::from(u8::from(f))));
        }
        for (name, number) in NUMBERS.iter().zip(self.numbers) {
            slots.set(slot(name), number);
        }
        slots.set(slot("ais"), self.ais.map(|a| a as f64));
        slots
    }
}

impl Truth {
    /// Kleene's tables, written out.
    fn eval(&self, w: &World) -> Option<bool> {
        match self {
            Self::Constant(b) => Some(*b),
            Self::Flag(i) => w.flags[*i],
            Self::Ais(word, equal) => w.ais.map(|a| (a == *word) == *equal),
            Self::AisIn(words) => w.ais.map(|a| words.contains(&a)),
            Self::Compare(op, a, b) => {
                let (a, b) = (a.eval(w)?, b.eval(w)?);
                Some([a < b, a <= b, a > b, a >= b, a == b, a != b][*op])
            }
            Self::Not(a) => a.eval(w).map(|a| !a),
            Self::And(a, b) => match (a.eval(w), b.eval(w)) {
                (Some(true), Some(true)) => Some(true),
                (Some(false), _) | (_, Some(false)) => Some(false),
                _ => None,
            },
            Self::Or(a, b) => match (a.eval(w), b.eval(w)) {
                (Some(false), Some(false)) => Some(false),
                (Some(true), _) | (_, Some(true)) => Some(true),
                _ => None,
            },
            Self::Same(equal, a, b) => Some((a.eval(w)? == b.eval(w)?) == *equal),
            Self::Choice(c, a, b) => match (c.eval(w), a.eval(w), b.eval(w)) {
                (Some(true), a, _) => a,
                (Some(false), _, b) => b,
                (None, Some(a), Some(b)) if a == b => Some(a),
                _ => None,
            },
        }
    }

    /// Text with no more brackets than precedence needs; `level` is that of the surroundings, 0 the loosest.
    pub(super) fn print(&self, level: u8) -> String {
        let (own, text) = match self {
            Self::Constant(b) => (6, b.to_string()),
            Self::Flag(i) => (6, FLAGS[*i].to_owned()),
            Self::Ais(word, equal) => (3, format!("ais {} '{}'", if *equal { "==" } else { "!=" }, AIS[*word])),
            Self::AisIn(words) => {
                (3, format!("ais in [{}]", words.iter().map(|w| format!("\"{}\"", AIS[*w])).collect::<Vec<_>>().join(", ")))
            }
            Self::Compare(op, a, b) => (3, format!("{} {} {}", a.print(4), COMPARISONS[*op], b.print(4))),
            Self::Not(a) => (6, format!("!{}", a.print(6))),
            Self::And(a, b) => (2, format!("{}&&{}", a.print(2), b.print(3))),
            Self::Or(a, b) => (1, format!("{} || {}", a.print(1), b.print(2))),
            Self::Same(equal, a, b) => (3, format!("{} {} {}", a.print(4), if *equal { "==" } else { "!=" }, b.print(4))),
            Self::Choice(c, a, b) => (0, format!("{} ? {} : {}", c.print(1), a.print(1), b.print(0))),
        };
        if own < level { format!("({text})") } else { text }
    }
}

impl Value {
    fn eval(&self, w: &World) -> Option<f64> {
        let value = match self {
            Self::Constant(n) => f64::from(*n) / 4.0,
            Self::Field(i) => w.numbers[*i]?,
            Self::Negative(a) => -a.eval(w)?,
            Self::Arithmetic(op, a, b) => {
                let (a, b) = (a.eval(w)?, b.eval(w)?);
                [a + b, a - b, a * b, a / b][*op]
            }
            Self::Choice(c, a, b) => match (c.eval(w), a.eval(w), b.eval(w)) {
                (Some(true), a, _) => a?,
                (Some(false), _, b) => b?,
                (None, Some(a), Some(b)) if a == b => a,
                _ => return None,
            },
        };
        value.is_finite().then_some(value)
    }

    pub(super) fn print(&self, level: u8) -> String {
        let (own, text) = match self {
            Self::Constant(n) => (if *n < 0 { 5 } else { 7 }, format!("{:?}", f64::from(*n) / 4.0)),
            Self::Field(i) => (7, NUMBERS[*i].to_owned()),
            Self::Negative(a) => (6, format!("-{}", a.print(6))),
            Self::Arithmetic(op, a, b) => {
                let own = if *op < 2 { 4 } else { 5 };
                (own, format!("{} {} {}", a.print(own), ARITHMETIC[*op], b.print(own + 1)))
            }
            Self::Choice(c, a, b) => (0, format!("{} ? {} : {}", c.print(1), a.print(1), b.print(0))),
        };
        if own < level { format!("({text})") } else { text }
    }
}

fn value_of(truth: BoxedStrategy<Truth>) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![(-40i32..40).prop_map(Value::Constant), (0usize..3).prop_map(Value::Field)];
    leaf.prop_recursive(3, 8, 2, move |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Value::Negative(Box::new(a))),
            (0usize..4, inner.clone(), inner.clone()).prop_map(|(op, a, b)| Value::Arithmetic(op, Box::new(a), Box::new(b))),
            (truth.clone(), inner.clone(), inner).prop_map(|(c, a, b)| Value::Choice(Box::new(c), Box::new(a), Box::new(b))),
        ]
    })
    .boxed()
}

pub(super) fn truths() -> impl Strategy<Value = Truth> {
    let simple = prop_oneof![
        any::<bool>().prop_map(Truth::Constant),
        (0usize..2).prop_map(Truth::Flag),
        (0usize..5, any::<bool>()).prop_map(|(word, equal)| Truth::Ais(word, equal)),
        proptest::collection::vec(0usize..5, 1..4).prop_map(Truth::AisIn),
    ]
    .boxed();
    let value = value_of(simple.clone());
    let compare = (0usize..6, value.clone(), value).prop_map(|(op, a, b)| Truth::Compare(op, Box::new(a), Box::new(b)));
    prop_oneof![simple, compare].prop_recursive(5, 32, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Truth::Not(Box::new(a))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Truth::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Truth::Or(Box::new(a), Box::new(b))),
            (any::<bool>(), inner.clone(), inner.clone()).prop_map(|(e, a, b)| Truth::Same(e, Box::new(a), Box::new(b))),
            (inner.clone(), inner.clone(), inner).prop_map(|(c, a, b)| Truth::Choice(Box::new(c), Box::new(a), Box::new(b))),
        ]
    })
}

/// Small whole numbers, so that equality and division by nought happen.
fn number() -> impl Strategy<Value = f64> {
    (-20i32..20).prop_map(|n| f64::from(n) / 4.0)
}

fn worlds() -> impl Strategy<Value = World> {
    let flags = proptest::array::uniform2(proptest::option::of(any::<bool>()));
    let numbers = proptest::array::uniform3(proptest::option::of(number()));
    (flags, numbers, proptest::option::of(0usize..5)).prop_map(|(flags, numbers, ais)| World { flags, numbers, ais })
}

pub(super) fn full_worlds() -> impl Strategy<Value = (bool, bool, [f64; 3], usize)> {
    (any::<bool>(), any::<bool>(), proptest::array::uniform3(number()), 0usize..5)
}

/// A clause that is one of several leaves of each what costs nothing.
#[test]
fn a_gate_keeps_of_alternatives_what_costs_nothing() {
    let compiled = condition("(ais == 'none' || ais == 'ambiguous' && sog_kn > 30.0 && is_night) && has_mmsi", &[]).unwrap();
    let shut = |ais, sog| {
        let world = World { flags: [None; 2], numbers: [Some(sog), None, None], ais: Some(ais) };
        compiled.is_shut(&world.slots())
    };
    let [ok, none, ambiguous] = ["ok", "none", "ambiguous"].map(|w| AIS.iter().position(|a| *a == w).unwrap());
    assert!(shut(ok, 40.0) && shut(ambiguous, 20.0));
    assert!(!shut(none, 20.0) && !shut(ambiguous, 40.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Text with the fewest brackets means what the oracle means: precedence, types, slots and Kleene's tables at once.
    #[test]
    fn an_expression_means_what_its_tree_means(truth in truths(), world in worlds()) {
        let text = truth.print(0);
        let compiled = condition(&text, &[]).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        prop_assert_eq!(compiled.holds(&world.slots()), truth.eval(&world), "{}", text);
    }

    /// The gate shuts out nothing that holds, whatever the clauses are put together to.
    #[test]
    fn what_the_gate_shuts_out_does_not_hold(truth in truths(), other in truths(), world in worlds()) {
        for text in [truth.print(0), format!("({}) && ({})", truth.print(0), other.print(0)), format!("({}) || ({})", truth.print(0), other.print(0))] {
            let compiled = condition(&text, &[]).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
            let slots = world.slots();
            prop_assert!(!(compiled.is_shut(&slots) && compiled.holds(&slots) == Some(true)), "{}", text);
        }
    }

    /// What is decided although something is unknown stays so whatever the unknown turns out to be.
    #[test]
    fn what_is_unknown_can_never_overturn(truth in truths(), world in worlds(), fills in proptest::collection::vec(full_worlds(), 8)) {
        let compiled = condition(&truth.print(0), &[]).unwrap();
        let Some(decided) = compiled.holds(&world.slots()) else { return Ok(()) };
        for (night, mmsi, numbers, ais) in fills {
            let full = World {
                flags: [world.flags[0].or(Some(night)), world.flags[1].or(Some(mmsi))],
                numbers: std::array::from_fn(|i| world.numbers[i].or(Some(numbers[i]))),
                ais: world.ais.or(Some(ais)),
            };
            // A division by nought stays unknown even then; it never says the opposite.
            prop_assert_ne!(compiled.holds(&full.slots()), Some(!decided));
        }
    }

    #[test]
    fn no_text_breaks_it(text in ".{0,60}") {
        if let Err(faults) = condition(&text, &[]) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(text.is_char_boundary(fault.at), "{} in {:?}", fault.at, text);
            }
        }
    }

    #[test]
    fn no_heap_of_tokens_breaks_it(parts in proptest::collection::vec(
        prop_oneof![
            Just("sog_kn"), Just("ais"), Just("is_night"), Just("'none'"), Just("in"), Just("["), Just("]"), Just(","),
            Just("("), Just(")"), Just("!"), Just("-"), Just("&&"), Just("||"), Just("?"), Just(":"), Just("<"), Just("=="),
            Just("1.5"), Just("2"), Just("true"), Just("*"), Just("/"), Just("%"), Just("1e"), Just(".5"), Just("\""),
        ], 0..24))
    {
        let text = parts.join(" ");
        if let Err(faults) = condition(&text, &[]) {
            prop_assert!(faults.iter().all(|f| f.at <= text.len() && !f.what.is_empty()));
        }
    }
}

fn faults(text: &str) -> Vec<LangFault> {
    condition(text, &[]).expect_err(text)
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    for (text, at, part) in [
        ("sog_knn > 3.0", 0, "did you mean \"sog_kn\"?"),
        ("is_night && t.sog_kn > 3.0", 12, "did you mean \"sog_kn\"?"),
        ("colour == 'red'", 0, "known are sog_kn, sog_lcb90_kn"),
        ("sog_kn > 'fast'", 7, "cannot compare a number with a word"),
        ("ais == 'non'", 7, "did you mean 'none'?"),
        ("ais == 'nothing at all'", 7, "it is one of 'ok', 'none', 'lost', 'inconsistent', 'ambiguous'"),
        ("ais in ['ok', 'lsot']", 14, "did you mean 'lost'?"),
        ("ais < 'ok'", 4, "does not order words"),
        ("ais == status", 4, "compare a field with a word in quotes"),
        ("ais", 0, "compare it, as ais == 'ok'"),
        ("sog_kn", 0, "compare it, as sog_kn > 0.0"),
        ("!sog_kn", 1, "expected something that is true or false"),
        ("is_night > has_mmsi", 9, "does not compare true with false"),
        ("sog_kn * 2 > 50.0", 9, "write 2.0"),
        ("sog_kn + is_night > 1.0", 9, "expected a number, found yes or no"),
        ("sog_kn % 2 == 0", 7, "whole numbers in CEL"),
        ("1 < sog_kn < 3", 11, "a < b && b < c"),
        ("is_night & has_mmsi", 9, "write &&"),
        ("ais = 'ok'", 4, "write =="),
        ("is_night and has_mmsi", 9, "expected an operator or the end, found \"and\""),
        ("not is_night", 0, "is written !"),
        ("sog_kn ≥ 25", 7, "write >="),
        ("ais == ‘none’", 7, "quotes are straight"),
        ("ais == 'none", 7, "no closing '"),
        ("(is_night", 9, "expected \")\", found the end"),
        ("is_night)", 8, "found \")\""),
        ("", 0, "found the end"),
        ("has(ais)", 3, "there are no functions"),
        ("sog_kn > 25kn", 9, "\"25kn\" is not a number"),
        ("is_night ? 1.0 : has_mmsi", 9, "one side of \":\" is a number, the other is yes or no"),
        ("sog_kn in [1.0, 'a']", 16, "constants of one type"),
        ("is_night in [true]", 0, "takes a word or a number"),
        ("sog_kn > 1e999", 9, "is not a number"),
    ] {
        let found = faults(text);
        let fault = &found[0];
        assert!(fault.what.contains(part), "{text}: {fault:?}");
        assert_eq!(fault.at, at, "{text}: {fault:?}");
    }
}

#[test]
fn all_faults_of_types_come_at_once() {
    let found = faults("sog_knn > 3.0 && ais == 'non' || p_exst < 0.5 || (sog_kn + 2) > 'a'");
    let at: Vec<usize> = found.iter().map(|f| f.at).collect();
    assert_eq!(at, [0, 24, 33, 59], "{found:?}");
}

#[test]
fn the_stack_is_safe_from_brackets() {
    for (open, close) in [("(", ")"), ("!", ""), ("-", ""), ("is_night ? is_night : ", "")] {
        let text = open.repeat(100_000) + "is_night" + &close.repeat(100_000);
        assert!(faults(&text)[0].what.contains("nested deeper"), "{open}");
    }
    let long = vec!["sog_kn > 1.0"; 100_000].join(" && ");
    assert!(faults(&long)[0].what.contains("more than 1000"));
    let sum = vec!["sog_kn"; 100_000].join(" + ");
    assert!(faults(&sum)[0].what.contains("more than 1000"));
}

#[test]
fn limits_are_named_by_their_sense() {
    let c = condition("sog_kn >= 25 && 40.0 > sog_kn && !(p_exist < 0.9) && age_s != 3.0", &[]).unwrap();
    let expected = [("sog_kn_min", 25.0), ("sog_kn_max", 40.0), ("p_exist_min", 0.9)];
    let told = |c: &Condition, slots: &Slots| c.limits.iter().map(|l| (l.name.clone(), l.told(slots))).collect::<Vec<_>>();
    assert_eq!(told(&c, &Slots::new()), expected.map(|(name, v)| (name.to_owned(), v)));
    assert_eq!(c.order, ["sog_kn", "p_exist", "age_s"].map(slot));
    // Of several the one that the field keeps, and is told once.
    let c =
        condition("sog_kn >= 25 || sog_kn >= 20 && hits_10 >= 0.5 || sog_kn <= 3 && age_s > 60 || sog_kn <= 5", &[]).unwrap();
    for (is, [min, max]) in
        [(33.0, [25.0, 5.0]), (25.0, [25.0, 5.0]), (21.0, [20.0, 5.0]), (4.0, [20.0, 5.0]), (2.0, [20.0, 3.0])]
    {
        let mut slots = Slots::new();
        slots.set(slot("sog_kn"), Some(is));
        let told = told(&c, &slots);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(
            told.contains(&("sog_kn_min".to_owned(), min)) && told.contains(&("sog_kn_max".to_owned(), max)),
            "{is}: {told:?}"
        );
    }
}
