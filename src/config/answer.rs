//! Who answers for an entry: owner, second person, reason, expiry.

use crate::model::Timestamp;
use crate::rules::Answer;

/// As written.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerText {
    pub owner: Option<String>,
    pub approved_by: Option<String>,
    pub reason: Option<String>,
    pub expires: Option<String>,
}

impl AnswerText {
    /// What is not said here is taken from there.
    pub(super) fn or(&self, other: &Self) -> Self {
        let pick = |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        Self {
            owner: pick(&self.owner, &other.owner),
            approved_by: pick(&self.approved_by, &other.approved_by),
            reason: pick(&self.reason, &other.reason),
            expires: pick(&self.expires, &other.expires),
        }
    }
}

/// The answer, or key and fault of all that is missing. What keeps rules silent needs a second person: whoever can enter a boat alone
/// can sell that.
pub(super) fn answer(text: &AnswerText, required: bool, two: bool) -> Result<Answer, Vec<(&'static str, String)>> {
    let mut faults = Vec::new();
    let mut need = |key: &'static str, value: &Option<String>, what: &str| {
        let value = value.as_deref().map(str::trim).unwrap_or_default().to_owned();
        if required && value.is_empty() {
            faults.push((key, format!("missing; {what}")));
        }
        value
    };
    let owner = need("owner", &text.owner, "who answers for it");
    let reason = need("reason", &text.reason, "why");
    let day = need("expires", &text.expires, "until when, as 2027-01-31");
    let approved_by = text.approved_by.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
    if two {
        match &approved_by {
            None => faults.push(("approved_by", "missing; what keeps rules silent needs a second person".to_owned())),
            Some(second) if second.to_lowercase() == owner.to_lowercase() => {
                faults.push(("approved_by", format!("\"{second}\" is the owner; the second person must be another")));
            }
            Some(_) => {}
        }
    }
    let expires = date(&day);
    if expires.is_none() && !day.is_empty() {
        faults.push(("expires", format!("\"{day}\" is not a date, as 2027-01-31")));
    }
    if faults.is_empty() { Ok(Answer { owner, approved_by, reason, expires }) } else { Err(faults) }
}

/// The beginning of a day (UTC), from `2027-01-31`, or an instant, from `2027-01-31T10:00:00Z`.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once('T').map_or((text, None), |(d, t)| (d, Some(t)));
    let mut parts = day.split('-').map(|p| p.parse::<u32>().ok());
    let (year, month, date) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() {
        return None;
    }
    let (mut hour, mut minute, mut second) = (0, 0, 0);
    if let Some(time) = time {
        let mut parts = time.strip_suffix('Z')?.split(':').map(|p| p.parse::<u32>().ok());
        (hour, minute) = (parts.next()??, parts.next()??);
        second = parts.next().unwrap_or(Some(0))?;
    }
    Timestamp::from_civil(i32::try_from(year).ok()?, month, date, hour, minute, second, 0)
}
