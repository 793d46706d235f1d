//! A recorded AIS log, sent again at its own pace: datagrams with the time told by `$PGHP` lines moved.

use crate::model::Timestamp;

/// A message of the log with the `$PGHP` line before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    /// When it is sent, ns after the log's first message.
    offset_ns: i64,
    /// What its `$PGHP` line tells.
    heard: Timestamp,
    /// The fields of the `$PGHP` line after the time.
    station: String,
    /// Its sentences, each with its line end.
    sentences: String,
}

impl Message {
    /// Whether it is of type 5 or 24: the first payload character is the type (M.1371-5 annex 8; `H` is 24).
    fn is_static(&self) -> bool {
        self.sentences.split(',').nth(5).is_some_and(|payload| payload.starts_with(['5', 'H']))
    }
}

/// A log whose messages each follow a `$PGHP` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    messages: Vec<Message>,
    began: Timestamp,
}

/// Repetitions begin whole minutes after the recording: position reports tell the UTC second of their fix, and sent at another
/// second of the minute they would tell of the future or of long ago.
const MINUTE_NS: i64 = 60_000_000_000;

impl Recording {
    /// Reads a log. Lines before the first `$PGHP`, and messages of `$PGHP` lines that make no sense, are left out.
    pub fn new(log: &str) -> Self {
        let mut messages: Vec<Message> = Vec::new();
        let mut open = false;
        for line in log.lines() {
            if line.starts_with("$PGHP,") {
                let head = head(line);
                open = head.is_some();
                messages.extend(head);
            } else if let Some(message) = messages.last_mut().filter(|_| open && line.starts_with('!')) {
                message.sentences.push_str(line);
                message.sentences.push_str("\r\n");
            }
        }
        messages.retain(|m| !m.sentences.is_empty());
        let began = messages.first().map_or(Timestamp::from_secs(0), |m| m.heard);
        // Stations' clocks differ by a second or so: the order of the log is the order of arrival.
        let mut newest = 0;
        for message in &mut messages {
            newest = newest.max(message.heard.nanos() - began.nanos());
            message.offset_ns = newest;
        }
        Self { messages, began }
    }

    /// Messages in one repetition.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// From the start of one repetition to that of the next, ns: whole minutes.
    pub fn period_ns(&self) -> i64 {
        let length = self.messages.last().map_or(0, |m| m.offset_ns);
        (length / MINUTE_NS + 1) * MINUTE_NS
    }

    /// The start of the repetition that is on at `now`: at most a [period](Self::period_ns) ago, at the second of the minute at
    /// which the recording began.
    pub fn start_before(&self, now: Timestamp) -> Timestamp {
        let since = now.nanos() - self.began.nanos();
        Timestamp::from_nanos(now.nanos() - since.rem_euclid(MINUTE_NS))
    }

    /// The datagrams of the repetition that begins at `start`, with the times at which they arrive.
    pub fn datagrams(&self, start: Timestamp) -> impl Iterator<Item = (Timestamp, Vec<u8>)> + '_ {
        self.sent_from(start, &self.messages)
    }

    /// Only the static data of it, which tells no second and so may be sent at any: for the rest of a period, since a receiver
    /// that falls silent for half of each minute would be taken for faulty.
    pub fn static_datagrams(&self, start: Timestamp) -> impl Iterator<Item = (Timestamp, Vec<u8>)> + '_ {
        self.sent_from(start, self.messages.iter().filter(|m| m.is_static()))
    }

    fn sent_from<'a>(
        &self,
        start: Timestamp,
        messages: impl IntoIterator<Item = &'a Message>,
    ) -> impl Iterator<Item = (Timestamp, Vec<u8>)> {
        let shift = start.nanos() - self.began.nanos();
        messages.into_iter().map(move |m| {
            let at = Timestamp::from_nanos(start.nanos() + m.offset_ns);
            let body = pghp_body(Timestamp::from_nanos(m.heard.nanos() + shift), &m.station);
            let sum = body.bytes().fold(0u8, |sum, b| sum ^ b);
            (at, format!("${body}*{sum:02X}\r\n{}", m.sentences).into_bytes())
        })
    }
}

/// `$PGHP,1,year,month,day,hour,minute,second,millisecond,` and what follows up to `*`.
fn head(line: &str) -> Option<Message> {
    let body = line.strip_prefix("$PGHP,1,")?.split('*').next()?;
    let mut fields = body.splitn(8, ',');
    let year = fields.next()?.parse::<i32>().ok()?;
    let mut number = || fields.next()?.parse::<u32>().ok();
    let (month, day, hour, minute, second, milli) = (number()?, number()?, number()?, number()?, number()?, number()?);
    let heard = Timestamp::from_civil(year, month, day, hour, minute, second, milli.checked_mul(1_000_000)?)?;
    Some(Message { offset_ns: 0, heard, station: fields.next()?.to_owned(), sentences: String::new() })
}

fn pghp_body(at: Timestamp, station: &str) -> String {
    let (year, month, day) = at.date();
    let ms = at.nanos_of_day() / 1_000_000;
    let (hour, minute, second, milli) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    format!("PGHP,1,{year},{month},{day},{hour},{minute},{second},{milli},{station}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "junk\n\
        $PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B\n\
        !AIVDM,1,1,,B,402=481uaUcf;OQ55JS9ITi025Jp,0*2B\n\
        $PGHP,1,2010,6,11,11,46,12,386,219,24,992190924,1,12*20\n\
        !AIVDM,2,1,3,B,?3oL?R0p<6I0D00,2*12\n\
        !AIVDM,2,2,3,B,?3oL?R0p<6I0D00,2*12\n\
        $PGHP,1,2010,6,11,11,46,11,900,219,1,992190917,1,58*1E\n\
        !AIVDM,1,1,,A,33nr7t001f13KNTOahh2@QpF00vh,0*58\n\
        $PGHP,1,2010,13,11,11,46,11,900,219,1,992190917,1,58*14\n\
        !AIVDM,1,1,,A,33nr7t001f13KNTOahh2@QpF00vh,0*58\n";

    #[test]
    fn at_its_own_time_the_log_comes_out_as_it_was() {
        let recording = Recording::new(LOG);
        let began = Timestamp::from_civil(2010, 6, 11, 11, 46, 11, 390_000_000).unwrap();
        let sent: Vec<_> = recording.datagrams(began).collect();
        let text: String = sent.iter().map(|(_, b)| String::from_utf8(b.clone()).unwrap().replace("\r\n", "\n")).collect();
        let until_the_bad_one: String = LOG.lines().skip(1).take(7).map(|l| format!("{l}\n")).collect();
        assert_eq!(text, until_the_bad_one);
        assert_eq!(sent.iter().map(|(at, _)| at.nanos() - began.nanos()).collect::<Vec<_>>(), [0, 996_000_000, 996_000_000]);
        assert_eq!(recording.period_ns(), MINUTE_NS);
    }

    #[test]
    fn repetitions_keep_the_second_of_the_minute() {
        let recording = Recording::new(LOG);
        let now = Timestamp::from_civil(2026, 11, 24, 3, 40, 5, 0).unwrap();
        let start = recording.start_before(now);
        assert_eq!(start, Timestamp::from_civil(2026, 11, 24, 3, 39, 11, 390_000_000).unwrap());
        assert_eq!(recording.start_before(start), start);
    }

    #[test]
    fn a_repetition_tells_its_own_time_with_a_right_checksum() {
        let recording = Recording::new(LOG);
        let start = Timestamp::from_civil(2026, 12, 31, 23, 59, 59, 500_000_000).unwrap();
        let sent: Vec<_> = recording.datagrams(start).map(|(_, b)| String::from_utf8(b).unwrap()).collect();
        assert!(sent[1].starts_with("$PGHP,1,2027,1,1,0,0,0,496,219,24,992190924,1,12*"), "{}", sent[1]);
        let line = sent[1].lines().next().unwrap();
        let (body, sum) = line[1..].split_once('*').unwrap();
        assert_eq!(u8::from_str_radix(sum, 16).unwrap(), body.bytes().fold(0, |s, b| s ^ b));
    }
}
