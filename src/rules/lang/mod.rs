//! The expressions of rules: a subset of CEL (github.com/google/cel-spec, langdef.md) with types checked when the rule is loaded.
//!
//! ```text
//! Expr     = Or ["?" Or ":" Expr]          Sum     = Product {("+" | "-") Product}
//! Or       = And {"||" And}                Product = Unary {("*" | "/") Unary}
//! And      = Relation {"&&" Relation}      Unary   = {"!"} Primary | {"-"} Primary
//! Relation = Sum [("<"|"<="|">="|">"|"=="|"!=") Sum | "in" "[" Literal {"," Literal} "]" | "in" field]
//! Primary  = field | "p." parameter | number | 'word' | "word" | true | false | "(" Expr ")"
//! ```
//!
//! What is accepted means the same in CEL, with one addition: a field may be unknown, and then the connectives follow Kleene's
//! strong three-valued logic (CEL's own `&&` and `||` treat errors so). Left out is what CEL has and rules do not need
//! (functions, macros, lists and maps as values, `%`, which CEL defines for integers only).

mod check;
mod parse;
mod possible;
mod token;
mod tree;

pub(super) use check::condition;
pub(super) use token::clauses;
pub(super) use tree::Condition;

/// A parameter of a rule: `p.name` in its expressions and texts.
pub(super) type Parameter = (String, f64);

/// What is wrong in an expression, and the byte where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LangFault {
    pub at: usize,
    pub what: String,
}

impl LangFault {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

#[cfg(test)]
mod peer_tests;
#[cfg(test)]
mod tests;
