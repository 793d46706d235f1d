//! `VDM` and `VDO`: the sentences that carry AIS messages (IEC 61162-1).

use super::ais::BAD_FILL_BITS;
use super::sentence::Sentence;
use crate::wire::Refusal;

/// A VDM or VDO whose fields before the payload make no sense.
pub const BAD_VDM: Refusal = Refusal("ais-bad-fields");

/// One VDM or VDO sentence: a message, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vdm<'a> {
    /// VDO: the message is the receiving ship's own.
    pub own: bool,
    /// Talker.
    pub talker: [u8; 2],
    /// Parts in all, 1–9.
    pub count: u8,
    /// Which part, 1–`count`.
    pub number: u8,
    /// Sequence number 0–9 of a message of several parts.
    pub sequence: Option<u8>,
    /// `A` or `B`; 0 where not told.
    pub channel: u8,
    /// Armoured payload.
    pub payload: &'a [u8],
    /// Fill bits at its end, 0–5.
    pub fill_bits: u8,
}

impl<'a> Vdm<'a> {
    /// Whether a sentence is one.
    #[inline(always)]
    pub fn is_vdm(sentence: &Sentence<'_>) -> bool {
        // An address is followed by a comma or the end.
        matches!(sentence.body(), [_, _, b'V', b'D', b'M' | b'O'] | [_, _, b'V', b'D', b'M' | b'O', b',', ..])
    }

    /// Reads its fields. The payload's characters are checked when they are unpacked.
    #[inline(always)]
    pub fn parse(sentence: &Sentence<'a>) -> Result<Self, Refusal> {
        let [t1, t2, b'V', b'D', kind, b',', count @ b'1'..=b'9', b',', number @ b'1'..=b'9', b',', rest @ ..] =
            sentence.body()
        else {
            return Err(BAD_VDM);
        };
        if number > count {
            return Err(BAD_VDM);
        }
        let (sequence, rest) = match rest {
            [b',', rest @ ..] => (None, rest),
            [digit @ b'0'..=b'9', b',', rest @ ..] => (Some(digit - b'0'), rest),
            _ => return Err(BAD_VDM),
        };
        let (channel, rest) = match rest {
            [b',', rest @ ..] => (0, rest),
            // Some equipment numbers the channels.
            [b'1', b',', rest @ ..] => (b'A', rest),
            [b'2', b',', rest @ ..] => (b'B', rest),
            [other, b',', rest @ ..] => (*other, rest),
            _ => return Err(BAD_VDM),
        };
        let [payload @ .., b',', fill @ b'0'..=b'5'] = rest else { return Err(BAD_FILL_BITS) };
        Ok(Self {
            own: *kind == b'O',
            talker: [*t1, *t2],
            count: count - b'0',
            number: number - b'0',
            sequence,
            channel,
            payload,
            fill_bits: fill - b'0',
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Vdm<'_>, Refusal> {
        Vdm::parse(&Sentence::new(b'!', body.as_bytes(), Some(0)).unwrap())
    }

    #[test]
    fn fields_of_a_vdm() {
        let v = parse("BSVDM,2,1,7,B,53aD,0").unwrap();
        assert_eq!((v.own, v.talker, v.count, v.number, v.sequence, v.channel), (false, *b"BS", 2, 1, Some(7), b'B'));
        assert_eq!((v.payload, v.fill_bits), (&b"53aD"[..], 0));
        let v = parse("AIVDO,1,1,,,,2").unwrap();
        assert_eq!((v.own, v.sequence, v.channel, v.payload.len()), (true, None, 0, 0));
        assert_eq!(parse("AIVDM,1,1,0,2,1,0").unwrap().channel, b'B');
    }

    #[test]
    fn fields_that_make_no_sense() {
        for body in [
            "AIVDM",
            "AIVDM,1,2,,A,13,0",
            "AIVDM,0,0,,A,13,0",
            "AIVDM,1,1,12,A,13,0",
            "AIVDM,1,1,,AB,13,0",
            "AIVDM,1,1,x,A,1,0",
        ] {
            assert_eq!(parse(body), Err(BAD_VDM), "{body}");
        }
        for body in ["AIVDM,1,1,,A,13,", "AIVDM,1,1,,A,13,6", "AIVDM,1,1,,A,13", "AIVDM,1,1,,A,13,0,1a"] {
            assert_eq!(parse(body), Err(BAD_FILL_BITS), "{body}");
        }
    }
}
