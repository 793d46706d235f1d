//! Text → tokens.

use super::LangFault;

/// A token and the byte where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub at: usize,
    pub kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name, dots included.
    Name(String),
    /// A number with a decimal point or an exponent: a double in CEL.
    Double(f64),
    /// A number without: an integer in CEL.
    Whole(f64),
    /// A string.
    Word(String),
    /// An operator or a bracket.
    Sign(&'static str),
    /// The end of the text.
    End,
}

impl TokenKind {
    /// As a person would name it.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Name(name) => format!("\"{name}\""),
            Self::Double(n) | Self::Whole(n) => format!("the number {n}"),
            Self::Word(word) => format!("the word '{word}'"),
            Self::Sign(sign) => format!("\"{sign}\""),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Longer signs first.
const SIGNS: [&str; 21] =
    ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "(", ")", "[", "]", ",", "?", ":", "%"];

/// Splits a text into tokens; the last is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, LangFault> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        // A comment of CEL: to the end of the line.
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, length) = if first.is_ascii_alphabetic() || first == '_' {
            let name = prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            (TokenKind::Name(name.to_owned()), name.len())
        } else if first.is_ascii_digit() || (first == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())) {
            number(rest, at)?
        } else if first == '\'' || first == '"' {
            word(rest, first, at)?
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (TokenKind::Sign(sign), sign.len())
        } else {
            return Err(LangFault::new(at, format!("\"{first}\" has no meaning here{}", meant(rest))));
        };
        found.push(Token { at, kind });
        at += length;
    }
    found.push(Token { at: text.len(), kind: TokenKind::End });
    Ok(found)
}

/// The clauses of a disjunction, each as written: an alert that was kept back says which one did it.
pub(in super::super) fn clauses(text: &str) -> Vec<&str> {
    let Ok(tokens) = tokens(text) else { return vec![text] };
    let (mut depth, mut from, mut found) = (0i32, 0, Vec::new());
    for token in &tokens {
        match token.kind {
            TokenKind::Sign("(" | "[") => depth += 1,
            TokenKind::Sign(")" | "]") => depth -= 1,
            // A choice binds less than "||": it cannot be taken apart.
            TokenKind::Sign("?") if depth == 0 => return vec![text.trim()],
            TokenKind::Sign("||") if depth == 0 => {
                found.push(text.get(from..token.at).unwrap_or_default().trim());
                from = token.at + 2;
            }
            _ => {}
        }
    }
    found.push(text.get(from..).unwrap_or_default().trim());
    found
}

/// What people write who know other languages.
fn meant(rest: &str) -> &'static str {
    match rest.chars().next() {
        Some('&') => "; write && for and",
        Some('|') => "; write || for or",
        Some('=') => "; write == to compare",
        Some('≥') => "; write >=",
        Some('≤') => "; write <=",
        Some('≠') => "; write !=",
        Some('“' | '”' | '‘' | '’') => "; quotes are straight, as 'none'",
        _ => "",
    }
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn number(rest: &str, at: usize) -> Result<(TokenKind, usize), LangFault> {
    let mut end = prefix(rest, |c| c.is_ascii_digit() || c == '.').len();
    let exponent = rest.get(end..).unwrap_or_default();
    if exponent.starts_with(['e', 'E']) {
        let sign = usize::from(exponent[1..].starts_with(['+', '-']));
        end += 1 + sign + prefix(&exponent[1 + sign..], |c| c.is_ascii_digit()).len();
    }
    let digits = &rest[..end];
    if rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return Err(LangFault::new(at, format!("\"{}\" is not a number", prefix(rest, |c| c.is_alphanumeric() || c == '_'))));
    }
    match digits.parse::<f64>() {
        Ok(n) if n.is_finite() => {
            let whole = digits.bytes().all(|b| b.is_ascii_digit());
            Ok((if whole { TokenKind::Whole(n) } else { TokenKind::Double(n) }, end))
        }
        _ => Err(LangFault::new(at, format!("\"{digits}\" is not a number"))),
    }
}

fn word(rest: &str, quote: char, at: usize) -> Result<(TokenKind, usize), LangFault> {
    let inside = &rest[1..];
    let Some(end) = inside.find([quote, '\n']).filter(|&end| inside[end..].starts_with(quote)) else {
        return Err(LangFault::new(at, format!("the word that begins here has no closing {quote}")));
    };
    let word = &inside[..end];
    if word.contains('\\') {
        return Err(LangFault::new(at, "a word holds no backslash"));
    }
    Ok((TokenKind::Word(word.to_owned()), end + 2))
}
