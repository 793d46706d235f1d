//! The bits of one message: from the six-bit characters of VDM sentences to fields.

use crate::wire::Refusal;

/// A payload character outside the 64 of IEC 61162-1's six-bit field conversion.
pub const ILLEGAL_CHARACTER: Refusal = Refusal("ais-illegal-character");
/// A fill-bit count that is no digit 0–5, or more than the payload has.
pub const BAD_FILL_BITS: Refusal = Refusal("ais-bad-fill-bits");
/// More bits than any message has.
pub const TOO_LONG: Refusal = Refusal("ais-too-long");

/// The longest message: type 26 over five slots has 1 064 bits (ITU-R M.1371-5 annex 8 §3.24); with its last character
/// filled up.
pub const MAX_BITS: usize = 1068;
/// The same in armoured characters.
pub const MAX_CHARS: usize = MAX_BITS / 6;
/// Bytes of the message, rounded up to whole groups of eight characters (six bytes), and eight bytes more so that every field
/// can be read with one 64-bit load.
const BUFFER: usize = MAX_CHARS.div_ceil(8) * 6 + 8;

/// The bits of a message, first bit first.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    bytes: [u8; BUFFER],
    bits: u16,
}

impl Default for Payload {
    fn default() -> Self {
        Self { bytes: [0; BUFFER], bits: 0 }
    }
}

/// Eight times the byte `b`.
const fn repeat(b: u8) -> u64 {
    u64::from_ne_bytes([b; 8])
}

/// Eight armoured characters, first in the lowest byte, as 48 bits, and what is not zero where one is not of the alphabet.
///
/// The alphabet is `0`–`W` for 0–39 and `` ` ``–`w` for 40–63 (IEC 61162-1, six-bit field conversion). All eight are handled in one word: adding
/// 128 − c to a byte below 128 sets its top bit exactly where it is at least c.
#[inline(always)]
fn unarmour_eight(chars: u64) -> (u64, u64) {
    const TOP: u64 = repeat(0x80);
    let at_least = |c: u8| chars.wrapping_add(repeat(0x80 - c));
    let from_backtick = at_least(b'`');
    let illegal = (chars | !at_least(b'0') | (at_least(b'X') & !from_backtick) | at_least(b'x')) & TOP;
    // 48 off each; 8 more (0x80 >> 4) off those of the second range.
    let six = chars.wrapping_sub(repeat(b'0')).wrapping_sub((from_backtick & TOP) >> 4);
    let twelve = (six & 0x003f_003f_003f_003f) << 6 | six >> 8 & 0x003f_003f_003f_003f;
    let twenty_four = (twelve & 0x0000_0fff_0000_0fff) << 12 | twelve >> 16 & 0x0000_0fff_0000_0fff;
    (((twenty_four & 0x00ff_ffff) << 24 | twenty_four >> 32) & 0xffff_ffff_ffff, illegal)
}

/// Unpacks armoured characters; what is not zero where one of them is illegal.
#[inline(always)]
fn unpack(armoured: &[u8], bytes: &mut [u8; BUFFER]) -> u64 {
    let (sixes, _) = bytes.as_chunks_mut::<6>();
    let mut sixes = sixes.iter_mut();
    let mut illegal = 0;
    let mut put = |chars: u64, six: Option<&mut [u8; 6]>| {
        let (bits, bad) = unarmour_eight(chars);
        let [_, _, unpacked @ ..] = bits.to_be_bytes();
        if let Some(six) = six {
            *six = unpacked;
        }
        illegal |= bad;
    };
    let (eights, rest) = armoured.as_chunks::<8>();
    for eight in eights {
        put(u64::from_le_bytes(*eight), sixes.next());
    }
    let n = rest.len();
    if n > 0 {
        // The last characters with `0` behind them: cut from the last eight, without a loop, where there are eight.
        let chars = match armoured.last_chunk::<8>() {
            Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * n),
            None => rest.iter().rev().fold(0, |word, &c| word << 8 | u64::from(c)),
        };
        put(chars | repeat(b'0') << (8 * n), sixes.next());
    }
    illegal
}

impl Payload {
    /// Fills it from armoured characters and the count of fill bits at the end.
    #[inline]
    pub fn unarmour(&mut self, armoured: &[u8], fill_bits: u8) -> Result<(), Refusal> {
        if armoured.len() > MAX_CHARS {
            return Err(TOO_LONG);
        }
        let bits = armoured.len() * 6;
        if fill_bits > 5 || usize::from(fill_bits) > bits {
            return Err(BAD_FILL_BITS);
        }
        // Nearly all messages have 168 bits: with the length known, the loop is unrolled.
        let illegal = match <&[u8; 28]>::try_from(armoured) {
            Ok(one_slot) => unpack(one_slot, &mut self.bytes),
            Err(_) => unpack(armoured, &mut self.bytes),
        };
        if illegal != 0 {
            return Err(ILLEGAL_CHARACTER);
        }
        self.bits = bits as u16 - u16::from(fill_bits);
        Ok(())
    }

    /// How many bits it has.
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.bits)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// Message type 1–27, or whatever the first six bits hold.
    #[inline(always)]
    pub fn message_type(&self) -> u8 {
        self.unsigned(0, 6) as u8
    }

    /// The bytes, the last one filled with zero bits.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len().div_ceil(8)).unwrap_or_default()
    }

    /// `width` ≤ 32 bits from bit `start`, as an unsigned number. Bits behind the end are without meaning; the length table is
    /// checked before any field is read.
    #[inline(always)]
    pub fn unsigned(&self, start: usize, width: usize) -> u32 {
        debug_assert!((1..=32).contains(&width));
        (self.window(start) >> (64 - width)) as u32
    }

    /// The same in two's complement.
    #[inline(always)]
    pub fn signed(&self, start: usize, width: usize) -> i32 {
        debug_assert!((1..=32).contains(&width));
        (self.window(start) as i64 >> (64 - width)) as i32
    }

    /// One bit.
    #[inline(always)]
    pub fn flag(&self, start: usize) -> bool {
        self.unsigned(start, 1) != 0
    }

    /// The 57 or more bits from `start` on, at the top of a word.
    #[inline(always)]
    fn window(&self, start: usize) -> u64 {
        let word = self.bytes.get(start / 8..).and_then(<[u8]>::first_chunk::<8>);
        u64::from_be_bytes(*word.unwrap_or(&[0; 8])) << (start % 8)
    }

    /// `chars` characters of six-bit ASCII from bit `start`.
    pub(super) fn text(&self, start: usize, chars: usize) -> Text<'_> {
        Text { payload: self, start: start as u16, chars: chars as u16 }
    }

    /// Six-bit ASCII from bit `start` to the end.
    pub(super) fn text_to_end(&self, start: usize) -> Text<'_> {
        self.text(start, self.len().saturating_sub(start) / 6)
    }

    /// All bits from `start` to the end.
    pub(super) fn bits_from(&self, start: usize) -> Bits<'_> {
        self.bits_between(start, self.len())
    }

    /// The bits `start..end`.
    pub(super) fn bits_between(&self, start: usize, end: usize) -> Bits<'_> {
        let end = end.min(self.len());
        Bits { payload: self, start: start.min(end) as u16, end: end as u16 }
    }
}

/// Text in six-bit ASCII (ITU-R M.1371-5 annex 8), decoded when it is read.
#[derive(Clone, Copy)]
pub struct Text<'m> {
    payload: &'m Payload,
    start: u16,
    chars: u16,
}

impl<'m> Text<'m> {
    /// All characters with their padding.
    pub fn raw(self) -> impl Iterator<Item = u8> + 'm {
        (0..usize::from(self.chars)).map(move |i| {
            let six = self.payload.unsigned(usize::from(self.start) + 6 * i, 6) as u8;
            if six < 32 { six + 64 } else { six }
        })
    }

    /// What was meant: without the `@` and spaces that fill it up at the end, and without spaces before it. An `@` inside stays:
    /// only the unused end of a field is filled with it (§3.3 of annex 8), and `D@SOUZA TIDE` is somebody's name.
    pub fn chars(self) -> impl Iterator<Item = u8> + 'm {
        let (mut first, mut end) = (usize::MAX, 0);
        for (i, c) in self.raw().enumerate() {
            if c != b' ' {
                first = first.min(i);
                if c != b'@' {
                    end = i + 1;
                }
            }
        }
        self.raw().take(end).skip(first)
    }

    /// Whether nothing is left of it: not available.
    pub fn is_empty(self) -> bool {
        self.chars().next().is_none()
    }

    /// Owned; `None` where empty.
    pub fn owned(self) -> Option<String> {
        let s: String = self.chars().map(char::from).collect();
        (!s.is_empty()).then_some(s)
    }
}

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        self.chars().try_for_each(|c| f.write_char(char::from(c)))
    }
}

impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A run of bits that another standard gives a meaning: the application data of types 6, 8, 17, 25 and 26.
#[derive(Clone, Copy)]
pub struct Bits<'m> {
    payload: &'m Payload,
    start: u16,
    end: u16,
}

impl<'m> Bits<'m> {
    /// How many.
    pub fn len(self) -> usize {
        usize::from(self.end - self.start)
    }

    /// Whether none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// `width` ≤ 32 bits from bit `start` of the run; `None` behind its end.
    pub fn unsigned(self, start: usize, width: usize) -> Option<u32> {
        let inside = (1..=32).contains(&width) && start.checked_add(width)? <= self.len();
        inside.then(|| self.payload.unsigned(usize::from(self.start) + start, width))
    }

    /// Byte by byte, the last one filled with zero bits.
    pub fn bytes(self) -> impl Iterator<Item = u8> + 'm {
        (0..self.len()).step_by(8).map(move |at| {
            let width = (self.len() - at).min(8);
            let value = self.payload.unsigned(usize::from(self.start) + at, width);
            (value << (8 - width)) as u8
        })
    }
}

impl std::fmt::Debug for Bits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bits ", self.len())?;
        self.bytes().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The alphabet from its description in the standard, one character at a time.
    fn six(c: u8) -> Option<u8> {
        match c {
            b'0'..=b'W' => Some(c - 48),
            b'`'..=b'w' => Some(c - 56),
            _ => None,
        }
    }

    fn bit_by_bit(chars: &[u8]) -> Option<Vec<u8>> {
        let mut bits = Vec::new();
        for &c in chars {
            let v = six(c)?;
            bits.extend((0..6).rev().map(|k| v >> k & 1));
        }
        Some(bits)
    }

    #[test]
    fn every_character_in_every_place() {
        let mut payload = Payload::default();
        for place in 0..20 {
            for c in 0..=255u8 {
                let mut chars = *b"0w`W5:<=>?@Pq`17aBcd";
                chars[place] = c;
                assert_eq!(payload.unarmour(&chars, 0).is_ok(), six(c).is_some(), "{c} at {place}");
                if let Some(v) = six(c) {
                    assert_eq!(payload.unsigned(place * 6, 6), u32::from(v));
                }
            }
        }
    }

    #[test]
    fn limits() {
        let mut payload = Payload::default();
        assert_eq!(payload.unarmour(&[b'0'; MAX_CHARS], 0), Ok(()));
        assert_eq!(payload.unarmour(&[b'0'; MAX_CHARS + 1], 0), Err(TOO_LONG));
        assert_eq!(payload.unarmour(b"0", 6), Err(BAD_FILL_BITS));
        assert_eq!(payload.unarmour(b"", 1), Err(BAD_FILL_BITS));
        assert_eq!(payload.unarmour(b"", 0), Ok(()));
        assert!(payload.is_empty());
    }

    #[test]
    fn text_is_without_its_padding() {
        let mut payload = Payload::default();
        // " A@B @@ X": space is 32, '@' is 0.
        payload.unarmour(b"P102P00PH", 0).unwrap();
        let text = |at: usize, chars| payload.text(6 * at, chars);
        assert_eq!(text(0, 9).raw().collect::<Vec<_>>(), b" A@B @@ X");
        assert_eq!(text(0, 8).to_string(), "A@B");
        assert_eq!(text(8, 1).owned().as_deref(), Some("X"));
        assert_eq!(text(4, 4).owned(), None);
        assert!(text(0, 1).is_empty() && text(2, 1).is_empty() && text(0, 0).is_empty());
    }

    proptest! {
        #[test]
        fn fields_are_those_of_the_bits_one_by_one(
            chars in proptest::collection::vec(prop_oneof![b'0'..=b'W', b'`'..=b'w'], 1..MAX_CHARS),
            earlier in proptest::collection::vec(prop_oneof![b'0'..=b'W', b'`'..=b'w'], 0..MAX_CHARS),
            at in 0usize..1000,
            width in 1usize..=32,
        ) {
            let bits = bit_by_bit(&chars).unwrap();
            let mut payload = Payload::default();
            payload.unarmour(&earlier, 0).unwrap();
            payload.unarmour(&chars, 0).unwrap();
            let at = at % bits.len();
            let width = width.min(bits.len() - at);
            let expected = bits[at..at + width].iter().fold(0u64, |n, b| n << 1 | u64::from(*b));
            prop_assert_eq!(u64::from(payload.unsigned(at, width)), expected);
            let signed = if bits[at] == 1 { expected as i64 - (1i64 << width) } else { expected as i64 };
            prop_assert_eq!(i64::from(payload.signed(at, width)), signed);
            let run = payload.bits_from(at);
            prop_assert_eq!(run.len(), bits.len() - at);
            prop_assert_eq!(run.unsigned(0, width).map(u64::from), Some(expected));
            prop_assert_eq!(run.unsigned(run.len(), 1), None);
            let packed: Vec<u8> = bits[at..].chunks(8).map(|c| c.iter().fold(0, |n, b| n << 1 | b) << (8 - c.len())).collect();
            prop_assert_eq!(run.bytes().collect::<Vec<_>>(), packed);
        }
    }
}
