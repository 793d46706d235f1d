//! What is wrapped round sentences: who heard them, when, and which belong together.
//!
//! Receivers and aggregators wrap sentences in TAG blocks (IEC 61162-450), in `$PGHP` lines (Gatehouse) or with suffixes
//! (USCG). All are read here, borrowed from the frame and without allocation, so that what follows sees only a [`Sentence`]
//! and its [`Wrapper`].

use super::pghp::{Pghp, PghpScope};
use super::sentence::Sentence;
use super::wrapper::{Wrapper, leading_epoch, read_suffix, read_tag};
use crate::model::Station;
use crate::model::Timestamp;
use crate::wire::Refusal;

/// A checksum that does not match.
pub const BAD_CHECKSUM: Refusal = Refusal("bad-checksum");
/// No checksum, or one that is not two hexadecimal digits.
pub const NO_CHECKSUM: Refusal = Refusal("no-checksum");
/// Text without a sentence in it.
pub const NO_SENTENCE: Refusal = Refusal("no-sentence");
/// A sentence that breaks off where another begins.
pub const TORN: Refusal = Refusal("torn-sentence");
/// The first field is no talker and formatter.
pub const BAD_ADDRESS: Refusal = Refusal("bad-address");
/// A TAG block without end, or whose checksum is absent or wrong; the sentence after it is kept.
pub const BAD_TAG: Refusal = Refusal("bad-tag-block");
/// A `$PGHP` that is not followed by the message it was written for.
pub const STRAY_PGHP: Refusal = Refusal("stray-pghp");
/// A `$PGHP` that cannot be read.
pub const BAD_PGHP: Refusal = Refusal("bad-pghp");

/// How many groups are remembered, so that a sentence whose TAG block holds only `g:` gets the station and time of the first
/// of its group (IEC 61162-450). Groups follow each other closely; 16 stations may interleave.
const GROUPS_REMEMBERED: usize = 16;

#[derive(Clone, Copy, Debug)]
struct RememberedGroup {
    id: u32,
    count: u8,
    next: u8,
    station: Option<Station>,
    source_time: Option<Timestamp>,
}

/// Reads the wrappers of one feed. Holds only what carries over from one sentence to the next, in fixed size.
#[derive(Clone, Debug)]
pub struct Envelope {
    allow_missing_checksum: bool,
    pghp: PghpScope,
    groups: [Option<RememberedGroup>; GROUPS_REMEMBERED],
    next_group: usize,
}

impl Envelope {
    /// `allow_missing_checksum`: whether a sentence without `*hh` is taken; a wrong one never is.
    pub fn new(allow_missing_checksum: bool) -> Self {
        Self { allow_missing_checksum, pghp: PghpScope::default(), groups: [None; GROUPS_REMEMBERED], next_group: 0 }
    }

    /// The sentences of a frame (a datagram, a line, or any chunk of whole lines), in order, with what could not be read
    /// between them. `$PGHP` lines are taken in and not given out.
    pub fn read<'e, 'f>(&'e mut self, frame: &'f [u8]) -> Sentences<'e, 'f> {
        // IEC 61162-450: a datagram of sentences begins with this token.
        let rest = frame.strip_prefix(b"UdPbC\0").unwrap_or(frame);
        Sentences { envelope: self, rest, line: &[], tag: None, leading: None, held: None }
    }

    /// Gives a sentence without `s:` and `c:` what the first of its group had, and remembers the first of a new one.
    fn inherit(&mut self, wrapper: &mut Wrapper<'_>) {
        let Some(group) = wrapper.group else { return };
        if group.number == 1 {
            let entry = RememberedGroup {
                id: group.id,
                count: group.count,
                next: 2,
                station: wrapper.station,
                source_time: wrapper.source_time,
            };
            if let Some(slot) = self.groups.get_mut(self.next_group % GROUPS_REMEMBERED) {
                *slot = Some(entry);
            }
            self.next_group = (self.next_group + 1) % GROUPS_REMEMBERED;
            return;
        }
        // Newest first; in order and once, so that a later group that uses the number again and lost its first sentence
        // does not pass for this one's.
        for back in 1..=GROUPS_REMEMBERED {
            let i = (self.next_group + GROUPS_REMEMBERED - back) % GROUPS_REMEMBERED;
            let Some(slot) = self.groups.get_mut(i) else { continue };
            let Some(known) = slot.as_mut() else { continue };
            if known.id != group.id || known.count != group.count || known.next != group.number {
                continue;
            }
            if wrapper.station.is_some() && wrapper.station != known.station {
                continue;
            }
            wrapper.station = known.station;
            wrapper.source_time = wrapper.source_time.or(known.source_time);
            known.next += 1;
            if known.next > known.count {
                *slot = None;
            }
            return;
        }
    }
}

/// Iterator over the sentences of a frame; see [`Envelope::read`].
#[derive(Debug)]
pub struct Sentences<'e, 'f> {
    envelope: &'e mut Envelope,
    /// Lines not yet begun.
    rest: &'f [u8],
    /// What is left of the line in hand.
    line: &'f [u8],
    /// TAG block that waits for its sentence.
    tag: Option<&'f [u8]>,
    /// Epoch that stood before the sentence.
    leading: Option<Timestamp>,
    /// A sentence that is given out after the refusal of its `$PGHP`.
    held: Option<(Wrapper<'f>, Sentence<'f>)>,
}

impl<'f> Iterator for Sentences<'_, 'f> {
    type Item = Result<(Wrapper<'f>, Sentence<'f>), Refusal>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(held) = self.held.take() {
            return Some(Ok(held));
        }
        loop {
            if self.line.is_empty() {
                self.next_line()?;
                // The common case: the line is a sentence and nothing else.
                if let Some(sentence) = bare_sentence(self.line) {
                    self.line = &[];
                    if let Some(item) = self.wrap(sentence, &[]) {
                        return Some(item);
                    }
                }
                continue;
            }
            if let Some(item) = self.next_in_line() {
                return Some(item);
            }
        }
    }
}

impl<'f> Sentences<'_, 'f> {
    /// The next line's sentence, where that is an encapsulated one (`!`) and there is no wrapper to think of; `None` says
    /// nothing, and [`next`](Iterator::next) goes on. It spares the wrapper where most feeds have none.
    #[inline(always)]
    pub fn next_bare(&mut self) -> Option<Sentence<'f>> {
        if !self.line.is_empty() || self.held.is_some() || self.envelope.pghp.is_expected() || self.rest.first() != Some(&b'!')
        {
            return None;
        }
        let (line, rest) = split_line(self.rest);
        let sentence = bare_sentence(line)?;
        self.rest = rest;
        (self.tag, self.leading) = (None, None);
        Some(sentence)
    }

    /// Takes the next line that is not empty.
    #[inline]
    fn next_line(&mut self) -> Option<()> {
        self.tag = None;
        self.leading = None;
        while !self.rest.is_empty() {
            let (line, rest) = split_line(self.rest);
            self.rest = rest;
            if !line.is_empty() {
                self.line = line;
                return Some(());
            }
        }
        None
    }

    /// The next thing in a line that holds more than a bare sentence; `None` when the line is used up or a TAG block or
    /// `$PGHP` was taken in.
    fn next_in_line(&mut self) -> Option<Result<(Wrapper<'f>, Sentence<'f>), Refusal>> {
        let line = self.line;
        let Some(at) = line.iter().position(|&b| is_start(b)) else {
            self.line = &[];
            let said_something = self.tag.is_none() && !is_blank_or_comment(line);
            return said_something.then_some(Err(NO_SENTENCE));
        };
        let (before, from) = line.split_at_checked(at)?;
        if self.leading.is_none() {
            self.leading = leading_epoch(before);
        }
        let (&start, inside) = from.split_first()?;
        if start == b'\\' {
            return self.take_tag(inside);
        }
        // The body runs to `*`, to the end of the line, or to where another sentence breaks in.
        let end = inside.iter().position(|&b| b == b'*' || b == b'\r' || is_start(b)).unwrap_or(inside.len());
        let (body, tail) = inside.split_at_checked(end)?;
        let (checksum, after) = match tail {
            [b'*', hi, lo, after @ ..] => match (hex(*hi), hex(*lo)) {
                (Some(h), Some(l)) => (Some(h << 4 | l), after),
                _ => return self.refuse_sentence(NO_CHECKSUM, tail.get(1..)),
            },
            [b'*', ..] => return self.refuse_sentence(NO_CHECKSUM, None),
            [b, ..] if is_start(*b) => return self.refuse_sentence(TORN, Some(tail)),
            _ => (None, tail),
        };
        // What follows up to the next sentence belongs to this one. Exactly two digits: a third would be a longer number.
        let next = after.iter().position(|&b| is_start(b)).unwrap_or(after.len());
        let (suffix, next) = after.split_at_checked(next)?;
        if suffix.first().is_some_and(|b| b.is_ascii_alphanumeric()) {
            return self.refuse_sentence(NO_CHECKSUM, Some(next));
        }
        if checksum.is_none() && !self.envelope.allow_missing_checksum {
            return self.refuse_sentence(NO_CHECKSUM, Some(next));
        }
        if checksum.is_some_and(|told| told != xor(body)) {
            return self.refuse_sentence(BAD_CHECKSUM, Some(next));
        }
        self.line = next;
        match Sentence::new(start, body, checksum) {
            Some(sentence) => self.wrap(sentence, suffix),
            None => {
                self.tag = None;
                Some(Err(BAD_ADDRESS))
            }
        }
    }

    fn refuse_sentence(
        &mut self,
        why: Refusal,
        rest: Option<&'f [u8]>,
    ) -> Option<Result<(Wrapper<'f>, Sentence<'f>), Refusal>> {
        self.tag = None;
        self.line = rest.unwrap_or_default();
        // The rest of a refused sentence is no news of its own unless another begins in it.
        if !self.line.iter().any(|&b| is_start(b)) {
            self.line = &[];
        }
        Some(Err(why))
    }

    fn take_tag(&mut self, inside: &'f [u8]) -> Option<Result<(Wrapper<'f>, Sentence<'f>), Refusal>> {
        self.tag = None;
        let Some(end) = memchr::memchr(b'\\', inside) else {
            self.line = inside;
            return Some(Err(BAD_TAG));
        };
        let block = inside.get(..end)?;
        self.line = inside.get(end + 1..)?;
        let sound = match block {
            [fields @ .., b'*', hi, lo] => {
                let told = hex(*hi).zip(hex(*lo)).map(|(h, l)| h << 4 | l);
                (told == Some(xor(fields))).then_some(fields)
            }
            fields if self.envelope.allow_missing_checksum && !fields.contains(&b'*') => Some(fields),
            _ => None,
        };
        match sound {
            Some(fields) => {
                self.tag = Some(fields);
                None
            }
            None if block.iter().any(|&b| b == b'!' || b == b'$') => {
                // The closing backslash was that of the next TAG block: this one was never closed.
                self.line = inside;
                Some(Err(BAD_TAG))
            }
            None => Some(Err(BAD_TAG)),
        }
    }

    /// Puts the wrapper together; `None` where the sentence was itself only a wrapper.
    #[inline]
    fn wrap(&mut self, sentence: Sentence<'f>, suffix: &'f [u8]) -> Option<Result<(Wrapper<'f>, Sentence<'f>), Refusal>> {
        let mut wrapper = Wrapper::default();
        if let Some(tag) = self.tag.take() {
            read_tag(tag, &mut wrapper);
            self.envelope.inherit(&mut wrapper);
        }
        if !suffix.is_empty() {
            read_suffix(suffix, &mut wrapper);
        }
        wrapper.logged_at = wrapper.logged_at.or(self.leading.take());
        if sentence.start == b'$' && sentence.address() == b"PGHP" {
            return match Pghp::parse(&sentence) {
                Some(pghp) => self.envelope.pghp.open(pghp).then_some(Err(STRAY_PGHP)),
                None => Some(Err(BAD_PGHP)),
            };
        }
        let scope = &mut self.envelope.pghp;
        if scope.is_expected() {
            let was_open = scope.is_open();
            let taken = match sentence.start {
                b'!' => scope.take(&sentence),
                _ => scope.take_other(&sentence).map(|pghp| (pghp, None)),
            };
            if let Some((pghp, group)) = taken {
                wrapper.source_time = wrapper.source_time.or(Some(pghp.time));
                wrapper.station = wrapper.station.or(Some(pghp.station));
                wrapper.group = wrapper.group.or(group);
            } else if sentence.start == b'!' {
                scope.missed();
                // What another wrapper tells of does not miss one: aggregators mix feeds.
                wrapper.lost_pghp = wrapper.station.is_none() && wrapper.told_time().is_none();
                if was_open {
                    self.held = Some((wrapper, sentence));
                    return Some(Err(STRAY_PGHP));
                }
            }
        }
        Some(Ok((wrapper, sentence)))
    }
}

/// The first line, without its end, and what follows. A lone CR inside a line is found when the line is read.
#[inline(always)]
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let (line, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    (line.strip_suffix(b"\r").unwrap_or(line), rest.get(1..).unwrap_or_default())
}

/// A line that is one sentence, no more and no less, with the right checksum.
#[inline(always)]
fn bare_sentence(line: &[u8]) -> Option<Sentence<'_>> {
    let [start @ (b'!' | b'$'), body @ .., b'*', hi, lo] = line else { return None };
    let told = hex(*hi)? << 4 | hex(*lo)?;
    if told != xor(body) {
        return None;
    }
    Sentence::new(*start, body, Some(told))
}

/// `$` and `!` begin sentences, `\` a TAG block. None of them may stand inside a sentence (IEC 61162-1, reserved characters).
#[inline]
fn is_start(b: u8) -> bool {
    matches!(b, b'!' | b'$' | b'\\')
}

/// Exclusive or of all bytes: the checksum of IEC 61162-1.
#[inline(always)]
pub fn xor(bytes: &[u8]) -> u8 {
    // Eight at a time; the eight lanes are folded at the end.
    let (words, rest) = bytes.as_chunks::<8>();
    let word = words.iter().fold(0u64, |acc, w| acc ^ u64::from_ne_bytes(*w));
    let word = word ^ (word >> 32);
    let word = word ^ (word >> 16);
    let word = word ^ (word >> 8);
    rest.iter().fold(word as u8, |acc, b| acc ^ b)
}

/// Value of a hexadecimal digit.
#[inline(always)]
pub fn hex(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    }
}

fn is_blank_or_comment(line: &[u8]) -> bool {
    // Recorded logs carry comments; a byte order mark may stand alone on a line.
    let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    text.is_empty() || text.starts_with(b"#")
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "!AIVDM,1,1,,A,13uwg<03i@PqurHP0Mu=`bql0d12,0*14";
    const B: &str = "!AIVDM,1,1,,A,13e6w>000U12=;tOcuD`Lnsl0PSi,0*30";

    /// Body, station and told time in ms; or the refusal.
    type Seen = Result<(String, Option<String>, Option<i64>), &'static str>;

    fn read(envelope: &mut Envelope, frame: &[u8]) -> Vec<Seen> {
        envelope
            .read(frame)
            .map(|item| match item {
                Ok((w, s)) => Ok((
                    String::from_utf8_lossy(s.body()).into_owned(),
                    w.station.map(|s| s.to_string()),
                    w.told_time().map(|t| t.nanos() / 1_000_000),
                )),
                Err(why) => Err(why.0),
            })
            .collect()
    }

    fn fresh(frame: impl AsRef<[u8]>) -> Vec<Seen> {
        read(&mut Envelope::new(false), frame.as_ref())
    }

    fn body(sentence: &str) -> String {
        sentence[1..sentence.len() - 3].to_string()
    }

    fn tagged(fields: &str) -> String {
        format!("\\{fields}*{:02X}\\", xor(fields.as_bytes()))
    }

    #[test]
    fn plain_lines_of_every_ending_and_junk_before_them() {
        let plain = Ok((body(A), None, None));
        for frame in
            [A.to_string(), format!("{A}\r\n"), format!("\r\n\r\n{A}\n\n"), format!("\u{feff}{A}\r\n"), format!("xx\0{A} \r\n")]
        {
            assert_eq!(fresh(&frame), std::slice::from_ref(&plain), "{frame:?}");
        }
        let mut group = b"UdPbC\0".to_vec();
        group.extend_from_slice(format!("{A}\r\n{B}\r\n").as_bytes());
        assert_eq!(fresh(&group), [plain.clone(), Ok((body(B), None, None))]);
        assert_eq!(fresh(format!("{A}{B}")), [plain, Ok((body(B), None, None))]);
        assert_eq!(fresh("# a comment\n\n  \n"), []);
        assert_eq!(fresh("hello\n"), [Err("no-sentence")]);
    }

    #[test]
    fn checksum_is_two_hexadecimal_digits_and_right() {
        let cut = &A[..A.len() - 3];
        assert_eq!(fresh(format!("{cut}*15\n")), [Err("bad-checksum")]);
        for tail in ["", "*", "*1", "*1g", "*g4", "*140", "* 14"] {
            assert_eq!(fresh(format!("{cut}{tail}\n")), [Err("no-checksum")], "{tail}");
        }
        let mut lenient = Envelope::new(true);
        assert_eq!(read(&mut lenient, cut.as_bytes()), [Ok((body(A), None, None))]);
        assert_eq!(read(&mut lenient, format!("{cut}*15").as_bytes()), [Err("bad-checksum")]);
        // Lower case digits are hexadecimal too.
        assert_eq!(fresh("$RATTM*6b\n").len(), 1);
    }

    #[test]
    fn a_torn_sentence_loses_only_itself() {
        assert_eq!(fresh(format!("{}{B}\n", &A[..20])), [Err("torn-sentence"), Ok((body(B), None, None))]);
        assert_eq!(fresh(format!("{}\\s:x\n{B}\n", &A[..20])).last(), Some(&Ok((body(B), None, None))));
        assert_eq!(fresh(format!("\\s:x,c:1{B}\n")).last(), Some(&Ok((body(B), None, None))));
    }

    #[test]
    fn tag_block_tells_station_and_time_in_seconds_or_milliseconds() {
        let station = Some("2573115".to_string());
        assert_eq!(
            fresh(format!("{}{A}\n", tagged("s:2573115,c:1733782034"))),
            [Ok((body(A), station.clone(), Some(1_733_782_034_000)))]
        );
        assert_eq!(
            fresh(format!("{}{A}\n", tagged("c:1733782034250,s:2573115"))),
            [Ok((body(A), station, Some(1_733_782_034_250)))]
        );
        let bad = format!("\\s:2573115,c:1733782034*00\\{A}\n");
        assert_eq!(fresh(bad), [Err("bad-tag-block"), Ok((body(A), None, None))]);
        let text = format!("{}{A}\n", tagged("d:TR0001,n:42,t:hello"));
        let mut envelope = Envelope::new(false);
        let (w, _) = envelope.read(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(
            [w.tag(b"d"), w.tag(b"n"), w.tag(b"t"), w.tag(b"x")],
            [Some(&b"TR0001"[..]), Some(b"42"), Some(b"hello"), None]
        );
    }

    #[test]
    fn the_second_of_a_group_has_the_station_of_the_first_once() {
        let mut envelope = Envelope::new(false);
        let first = format!("{}{A}\n", tagged("g:1-2-77,s:S1,c:1733782034"));
        let second = format!("{}{B}\n", tagged("g:2-2-77"));
        let told = Ok((body(B), Some("S1".to_string()), Some(1_733_782_034_000)));
        read(&mut envelope, first.as_bytes());
        assert_eq!(read(&mut envelope, second.as_bytes()), [told]);
        assert_eq!(read(&mut envelope, second.as_bytes()), [Ok((body(B), None, None))]);
    }

    #[test]
    fn uscg_suffix_and_epochs() {
        assert_eq!(
            fresh(format!("{A},x162083,s28386,d-102,T46.29513329,r003669987,1152921693\n")),
            [Ok((body(A), Some("003669987".into()), Some(1_152_921_693_000)))]
        );
        assert_eq!(
            fresh(format!("{A},d-109,S2105,t050056.00,T56.13718694,r003669946,1325394060,1325394001\n")),
            [Ok((body(A), Some("003669946".into()), Some(1_325_394_060_000)))]
        );
        for line in [format!("{A},1327992119173\n"), format!("1327992119173 {A}\n"), format!("1327992119.173,{A}\r\n")] {
            assert_eq!(fresh(&line), [Ok((body(A), None, Some(1_327_992_119_173)))], "{line}");
        }
        // A count is not a time.
        assert_eq!(fresh(format!("12 {A},7\n")), [Ok((body(A), None, None))]);
    }

    #[test]
    fn pghp_belongs_to_the_one_message_it_was_written_for() {
        let pghp = |sum: u8| {
            let text = format!("PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,{sum:02X}");
            format!("${text}*{:02X}\n", xor(text.as_bytes()))
        };
        let time = Timestamp::from_civil(2010, 6, 11, 11, 46, 11, 390_000_000).unwrap().nanos() / 1_000_000;
        let told = |s: &str| Ok((body(s), Some("992190934".to_string()), Some(time)));
        assert_eq!(fresh(format!("{}{A}\n{B}\n", pghp(0x14))), [told(A), Ok((body(B), None, None))]);
        // Its message was lost: the next one gets neither its time nor its station.
        assert_eq!(fresh(format!("{}{B}\n", pghp(0x14))), [Err("stray-pghp"), Ok((body(B), None, None))]);
        assert_eq!(fresh(format!("{}{}{B}\n", pghp(0x14), pghp(0x30))), [Err("stray-pghp"), told(B)]);

        let first = "!AIVDM,2,1,1,,53cMa3@000010WSW?V105=<45B2222222222220t388151:9e2UiDm851DTh,0*65";
        let second = "!AIVDM,2,2,1,,j1C32CQp888,2*17";
        assert_eq!(
            fresh(format!("{}{first}\n{second}\n{B}\n", pghp(0x72))),
            [told(first), told(second), Ok((body(B), None, None))]
        );
        // The second part of another message: the checksums of the whole do not agree.
        let foreign = "!AIVDM,2,2,1,,j1C32CQp000,2*1F";
        assert_eq!(
            fresh(format!("{}{first}\n{foreign}\n", pghp(0x72))),
            [told(first), Err("stray-pghp"), Ok((body(foreign), None, None))]
        );
    }
}
