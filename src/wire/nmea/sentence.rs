//! One NMEA 0183 / IEC 61162-1 sentence, borrowed from the frame it came in.

/// The longest address that is taken for one: talker (2) and formatter (3) in IEC 61162-1, with room for proprietary
/// ones such as `PGRMZ` or `PSRTDCP`.
const MAX_ADDRESS: usize = 12;

/// A sentence whose checksum has been dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// `$`, or `!` for encapsulated data (AIS).
    pub start: u8,
    /// The checksum as sent; `None` only where the sensor may leave it out.
    pub checksum: Option<u8>,
    address_len: u8,
    body: &'a [u8],
}

impl<'a> Sentence<'a> {
    /// From the bytes between the start character and `*`. `None` where they do not begin with an address: three or more
    /// letters or digits, then a comma or the end.
    #[inline]
    pub fn new(start: u8, body: &'a [u8], checksum: Option<u8>) -> Option<Self> {
        let len = match body {
            [t1, t2, b'V', b'D', b'M' | b'O', b',', ..] if t1.is_ascii_alphanumeric() && t2.is_ascii_alphanumeric() => {
                return Some(Self { start, checksum, address_len: 5, body });
            }
            // Nearly every address has five characters.
            [_, _, _, _, _, b',', ..] => 5,
            _ => body.iter().position(|&b| b == b',').unwrap_or(body.len()),
        };
        let address = body.get(..len)?;
        let good = (3..=MAX_ADDRESS).contains(&len) && address.iter().all(u8::is_ascii_alphanumeric);
        good.then_some(Self { start, checksum, address_len: len as u8, body })
    }

    /// All between the start character and `*`.
    #[inline]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Talker and formatter together, as `AIVDM`.
    #[inline]
    pub fn address(&self) -> &'a [u8] {
        self.body.get(..usize::from(self.address_len)).unwrap_or_default()
    }

    /// Who talks: `AI`, `RA`, …; `P` for a proprietary sentence.
    #[inline]
    pub fn talker(&self) -> &'a [u8] {
        match self.address() {
            [b'P', ..] => b"P",
            a => a.get(..a.len().saturating_sub(3)).unwrap_or_default(),
        }
    }

    /// What is said: the last three characters of the address; of a proprietary sentence, all after `P`.
    #[inline]
    pub fn formatter(&self) -> &'a [u8] {
        match self.address() {
            [b'P', rest @ ..] => rest,
            a => a.get(a.len().saturating_sub(3)..).unwrap_or_default(),
        }
    }

    /// The bytes after the address and its comma.
    #[inline]
    pub fn data(&self) -> &'a [u8] {
        self.body.get(usize::from(self.address_len) + 1..).unwrap_or_default()
    }

    /// The fields after the address, in order; an empty field is an empty slice.
    pub fn fields(&self) -> Fields<'a> {
        Fields { rest: self.body.get(usize::from(self.address_len) + 1..) }
    }

    /// Field `n`, counted from 0 after the address; `None` where the sentence has fewer.
    pub fn field(&self, n: usize) -> Option<&'a [u8]> {
        self.fields().nth(n)
    }
}

/// Fields of a sentence.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        match rest.iter().position(|&b| b == b',') {
            Some(comma) => {
                self.rest = rest.get(comma + 1..);
                rest.get(..comma)
            }
            None => {
                self.rest = None;
                Some(rest)
            }
        }
    }
}

/// A whole number of digits only. `None` for an empty field, any other character, or what does not fit.
pub fn unsigned(field: &[u8]) -> Option<u64> {
    if field.is_empty() {
        return None;
    }
    field.iter().try_fold(0u64, |n, &b| {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 { None } else { n.checked_mul(10)?.checked_add(u64::from(digit)) }
    })
}

/// A decimal number as IEC 61162-1 writes it: optional sign, digits, optional point and digits. `None` for anything
/// else (`0.-6`, `nan`, `1e5`, an empty field).
pub fn decimal(field: &[u8]) -> Option<f64> {
    let digits = match field {
        [b'-' | b'+', rest @ ..] => rest,
        all => all,
    };
    let mut seen_digit = false;
    let mut seen_point = false;
    for &b in digits {
        match b {
            b'0'..=b'9' => seen_digit = true,
            b'.' if !seen_point => seen_point = true,
            _ => return None,
        }
    }
    // The grammar above is a part of Rust's own, so that the value is the nearest double.
    if seen_digit { std::str::from_utf8(field).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_parts() {
        let s = Sentence::new(b'!', b"AIVDM,1,1,,A,13u,0", Some(0)).unwrap();
        assert_eq!((s.talker(), s.formatter()), (&b"AI"[..], &b"VDM"[..]));
        assert_eq!(s.fields().collect::<Vec<_>>(), [&b"1"[..], b"1", b"", b"A", b"13u", b"0"]);
        assert_eq!(s.field(2), Some(&b""[..]));
        assert_eq!(s.field(6), None);
        let p = Sentence::new(b'$', b"PGHP,1", None).unwrap();
        assert_eq!((p.talker(), p.formatter()), (&b"P"[..], &b"GHP"[..]));
        assert_eq!(Sentence::new(b'$', b"RATTM", None).unwrap().fields().count(), 0);
        assert_eq!(Sentence::new(b'$', b"RATTM,", None).unwrap().fields().count(), 1);
        for bad in [&b""[..], b",", b"AB", b"AB,CD", b"AI DM,1", b"\xff\xfe\xfd\xfc\xfb,1", b"ABCDEFGHIJKLM,"] {
            assert_eq!(Sentence::new(b'$', bad, None), None, "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_strict() {
        assert_eq!(unsigned(b"007"), Some(7));
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
        for bad in [&b""[..], b"-1", b"1.0", b"18446744073709551616", b" 1"] {
            assert_eq!(unsigned(bad), None, "{bad:?}");
        }
        assert_eq!(decimal(b"-98.25"), Some(-98.25));
        assert_eq!(decimal(b".5"), Some(0.5));
        assert_eq!(decimal(b"5."), Some(5.0));
        for bad in [&b""[..], b".", b"-", b"0.-6", b"nan", b"inf", b"1e5", b"1.2.3", b"\xff"] {
            assert_eq!(decimal(bad), None, "{bad:?}");
        }
    }
}
