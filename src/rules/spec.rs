//! A rule as it is written, before it is compiled.

use super::compiled::CompiledRule;
use super::fields::FIELDS;
use crate::model::{Severity, Timestamp};

/// One rule of the site's TOML. Expressions are in CEL syntax over the fields of a track; texts hold fields as
/// `{sog_lcb90_kn:.0}`.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSpec {
    /// As `R01`.
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// What must hold.
    pub when: String,
    /// What ends an alert; without it, that `when` does not hold. Another threshold than in `when` makes the hysteresis.
    pub clear_when: Option<String>,
    /// What keeps the rule silent although `when` holds.
    pub suppress: Option<String>,
    /// `when` must hold for this long, s.
    pub hold_s: f64,
    /// The end must hold for this long, s.
    pub clear_s: f64,
    /// After an alert of this rule about a track, none again about the same track for this long, s, unless more severe.
    pub hold_down_s: f64,
    /// How much it matters.
    pub severity: Severity,
    /// What makes it matter one level more.
    pub escalate_when: Option<String>,
    /// Text in Chinese.
    pub text_zh: String,
    /// Text in English.
    pub text_en: String,
    /// Who answers for it.
    pub owner: String,
    /// From this instant on it raises nothing.
    pub expires: Option<Timestamp>,
}

/// Something wrong in an expression or a text of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// Which key of the rule, as `when`.
    pub key: &'static str,
    /// The byte of the value where it is.
    pub at: usize,
    /// What is wrong and what would be right.
    pub what: String,
}

impl RuleSpec {
    /// Whether `when` asks for that field; never where it is wrong.
    pub fn reads(&self, field: &str) -> bool {
        CompiledRule::new(self).is_ok_and(|rule| rule.when.order.iter().any(|&slot| FIELDS[usize::from(slot)].name == field))
    }

    /// Everything that is wrong in its expressions and texts.
    pub fn check(&self) -> Vec<RuleFault> {
        CompiledRule::new(self).err().unwrap_or_default()
    }
}
