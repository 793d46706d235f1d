//! Writing JSON objects by hand: fixed decimals and a fixed order of keys, so that two runs can be compared byte by byte, and no
//! allocation a line.

use std::io::Write;

use crate::model::Timestamp;

/// Writes one JSON object into a buffer.
///
/// Numbers that are not finite become `null`: JSON has no other word for them.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Closes it.
    pub fn close(self) {
        self.out.push(b'}');
    }

    /// Closes it and ends the line.
    pub fn end_line(self) {
        self.out.extend_from_slice(b"}\n");
    }

    // Inlined with what calls it, down to where the key's length is known: a copy of known length is a few moves.
    #[inline(always)]
    fn key(&mut self, key: &str) {
        self.out.reserve(key.len() + 4);
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn print(&mut self, args: std::fmt::Arguments<'_>) {
        // Writing into a Vec does not fail.
        self.out.write_fmt(args).unwrap_or(());
    }

    /// A number with fixed decimals, or `null`.
    #[inline(always)]
    pub fn number(&mut self, key: &str, value: impl Into<Option<f64>>, decimals: usize) -> &mut Self {
        self.key(key);
        match value.into() {
            Some(v) if v.is_finite() => fixed(self.out, v, decimals),
            _ => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// A number with the fewest digits that read back as the same number, or `null`.
    pub fn exact(&mut self, key: &str, value: f64) -> &mut Self {
        self.key(key);
        if value.is_finite() {
            self.print(format_args!("{value}"));
        } else {
            self.out.extend_from_slice(b"null");
        }
        self
    }

    /// A whole number, or `null`.
    #[inline(always)]
    pub fn integer(&mut self, key: &str, value: impl Into<Option<i64>>) -> &mut Self {
        self.key(key);
        match value.into() {
            Some(v) => whole(self.out, v),
            None => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// Seconds since 1970 with six decimals: all the digits a time has, without the rounding of a float.
    #[inline(always)]
    pub fn time(&mut self, key: &str, value: impl Into<Option<Timestamp>>) -> &mut Self {
        self.key(key);
        match value.into() {
            Some(t) => {
                let micros = t.nanos().div_euclid(1000);
                decimal(self.out, micros < 0, micros.unsigned_abs(), 6);
            }
            None => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// A string, escaped, or `null`.
    #[inline(always)]
    pub fn string<'s>(&mut self, key: &str, value: impl Into<Option<&'s str>>) -> &mut Self {
        self.key(key);
        match value.into() {
            Some(s) => string(self.out, s),
            None => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// Whatever serde makes of a value; `null` should it fail. For what is rare: it allocates.
    pub fn json(&mut self, key: &str, value: &impl serde::Serialize) -> &mut Self {
        self.key(key);
        match serde_json::to_vec(value) {
            Ok(bytes) => self.out.extend_from_slice(&bytes),
            Err(_) => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// `true` or `false`.
    #[inline(always)]
    pub fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        self
    }

    /// An array of strings.
    pub fn strings<'s>(&mut self, key: &str, values: impl IntoIterator<Item = &'s str>) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (i, s) in values.into_iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            string(self.out, s);
        }
        self.out.push(b']');
        self
    }

    /// An array of whole numbers.
    pub fn integers(&mut self, key: &str, values: impl IntoIterator<Item = i64>) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (i, v) in values.into_iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            whole(self.out, v);
        }
        self.out.push(b']');
        self
    }

    /// An array of numbers with fixed decimals.
    #[inline(always)]
    pub fn numbers(&mut self, key: &str, values: &[f64], decimals: usize) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (i, v) in values.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            if v.is_finite() {
                fixed(self.out, *v, decimals);
            } else {
                self.out.extend_from_slice(b"null");
            }
        }
        self.out.push(b']');
        self
    }

    /// An array whose elements `write` appends.
    pub fn array<T>(&mut self, key: &str, items: &[T], mut write: impl FnMut(&T, &mut Vec<u8>)) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            write(item, self.out);
        }
        self.out.push(b']');
        self
    }

    /// An object inside this one.
    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.key(key);
        let mut inner = Object::open(self.out);
        fill(&mut inner);
        inner.close();
        self
    }
}

/// Powers of ten for the decimals that lines use.
const POWERS_OF_TEN: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// The numbers below a hundred in two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

/// Writes a finite number with fixed decimals, rounded half away from zero, and never `-0`.
///
/// By integers: twenty times faster than the general printer, and numbers are most of a line.
pub fn fixed(out: &mut Vec<u8>, value: f64, decimals: usize) {
    let scaled = POWERS_OF_TEN.get(decimals).map(|p| (value * p).abs());
    match scaled {
        // 2^53: up to here an f64 holds every integer and less than half a unit beside it is told from more, so the digits are those of the product.
        Some(scaled) if scaled < 9_007_199_254_740_992.0 => {
            let whole = scaled as u64;
            let rounded = whole + u64::from(scaled - whole as f64 >= 0.5);
            decimal(out, value < 0.0 && rounded > 0, rounded, decimals);
        }
        // Writing into a Vec does not fail.
        _ => out.write_fmt(format_args!("{value:.decimals$}")).unwrap_or(()),
    }
}

/// Writes a whole number.
fn whole(out: &mut Vec<u8>, value: i64) {
    decimal(out, value < 0, value.unsigned_abs(), 0);
}

/// Writes the digits of `value` with a point before the last `decimals` (at most nine) of them.
fn decimal(out: &mut Vec<u8>, negative: bool, value: u64, decimals: usize) {
    // Twenty digits of a u64, or zeros up to the point and one before it; the point; the sign.
    let mut text = [b'0'; 22];
    let mut at = text.len();
    let mut rest = value;
    if decimals > 0 {
        let mut left = decimals;
        while left >= 2 {
            at -= 2;
            text[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
            rest /= 100;
            left -= 2;
        }
        if left == 1 {
            at -= 1;
            text[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        at -= 1;
        text[at] = b'.';
    }
    while rest >= 100 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        at -= 1;
        text[at] = b'0' + rest as u8;
    }
    if negative {
        at -= 1;
        text[at] = b'-';
    }
    out.extend_from_slice(&text[at..]);
}

/// Writes a JSON string with its quotes. Non-ASCII text stays as UTF-8.
pub fn string(out: &mut Vec<u8>, s: &str) {
    out.push(b'"');
    for c in s.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if c < ' ' || c == '\u{7f}' => {
                for digit in format!("\\u{:04x}", u32::from(c)).bytes() {
                    out.push(digit);
                }
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_decimals_agree_with_the_general_printer() {
        let mut x = 0.37_f64;
        for i in 0..20_000 {
            x = (x * 1.000_7 + 0.013).rem_euclid(1e6);
            let v = if i % 2 == 0 { x } else { -x / 1e4 };
            for decimals in 0..8 {
                let mut ours = Vec::new();
                fixed(&mut ours, v, decimals);
                let back: f64 = std::str::from_utf8(&ours).unwrap().parse().unwrap();
                // Half a unit of the last decimal, and the rounding of the product.
                assert!((back - v).abs() <= 0.500_001 * 10f64.powi(-(decimals as i32)) + v.abs() * 1e-15, "{v} as {back}");
            }
        }
        for (v, decimals, text) in [
            (0.0, 2, "0.00"),
            (0.499_999_999_999_999_94, 0, "0"),
            (2.5, 0, "3"),
            (-0.004, 2, "0.00"),
            (0.000_000_05, 7, "0.0000001"),
            (-0.0, 2, "0.00"),
            (7.0, 0, "7"),
            (-0.05, 1, "-0.1"),
            (1e18, 1, "1000000000000000000.0"),
        ] {
            let mut ours = Vec::new();
            fixed(&mut ours, v, decimals);
            assert_eq!(std::str::from_utf8(&ours).unwrap(), text);
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut out = Vec::new();
        let mut o = Object::open(&mut out);
        o.number("a", 1.25, 1)
            .number("minus_zero", -0.004, 2)
            .number("nan", f64::NAN, 2)
            .integer("i", -7)
            .integer("none", None)
            .time("t", Timestamp::from_nanos(1_773_504_000_123_456_789))
            .string("s", "疑似\"\n\u{7f}\\")
            .flag("f", true)
            .strings("list", ["x", "y"])
            .numbers("n", &[1.0, f64::INFINITY], 1)
            .object("inner", |i| {
                i.integer("k", 1);
            });
        o.end_line();
        let text = String::from_utf8(out).unwrap();
        let v: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(v["s"], "疑似\"\n\u{7f}\\");
        assert_eq!(v["inner"]["k"], 1);
        assert!(text.contains("\"minus_zero\":0.00,"), "{text}");
        assert!(text.contains("\"t\":1773504000.123456,"), "{text}");
        assert!(v["nan"].is_null() && v["n"][1].is_null() && v["none"].is_null());
    }
}
