//! Several recordings as one, in order of time.

use super::RecordedFrame;

/// The frames of all `sources` in order of time; at equal times in order of the arguments. Each source is in order already.
/// An error of one source is passed on when it is met and ends that source alone.
pub fn merge<I, E>(sources: Vec<I>) -> impl Iterator<Item = Result<RecordedFrame, E>>
where
    I: Iterator<Item = Result<RecordedFrame, E>>,
{
    Merge { sources: sources.into_iter().map(|source| (source, None)).collect(), begun: false }
}

struct Merge<I: Iterator> {
    /// Each with the item it gave last, not yet passed on. What has ended is removed.
    sources: Vec<(I, Option<I::Item>)>,
    begun: bool,
}

impl<I, E> Iterator for Merge<I>
where
    I: Iterator<Item = Result<RecordedFrame, E>>,
{
    type Item = Result<RecordedFrame, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.begun {
            self.begun = true;
            self.sources.iter_mut().for_each(|(source, head)| *head = source.next());
        }
        self.sources.retain(|(_, head)| head.is_some());
        // A handful of recordings: a scan is quicker than a heap. `None` for an error sorts it first.
        let time = |head: &Option<I::Item>| head.as_ref().and_then(|h| h.as_ref().ok()).map(|f| f.received_at);
        let (source, head) = self.sources.iter_mut().min_by_key(|(_, head)| time(head))?;
        let item = head.take();
        if matches!(item, Some(Ok(_))) {
            *head = source.next();
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedId, Timestamp};

    fn frame(feed: u16, secs: i64) -> Result<RecordedFrame, &'static str> {
        Ok(RecordedFrame { feed: FeedId(feed), received_at: Timestamp::from_secs(secs), bytes: Vec::new() })
    }

    #[test]
    fn times_rule_and_arguments_break_ties() {
        let a = vec![frame(0, 1), frame(0, 5), frame(0, 5), frame(0, 9)];
        let b = vec![frame(1, 5), frame(1, 6)];
        let c = vec![frame(2, 0), frame(2, 5), frame(2, 10)];
        let all: Vec<_> = merge([a, b, vec![], c].into_iter().map(Vec::into_iter).collect()).map(|f| f.unwrap()).collect();
        let seen: Vec<_> = all.iter().map(|f| (f.received_at.nanos() / 1_000_000_000, f.feed.0)).collect();
        assert_eq!(seen, [(0, 2), (1, 0), (5, 0), (5, 0), (5, 1), (5, 2), (6, 1), (9, 0), (10, 2)]);
    }

    #[test]
    fn an_error_ends_its_own_source_alone() {
        let a = vec![frame(0, 1), Err("broken"), frame(0, 2)];
        let b = vec![frame(1, 3)];
        let all: Vec<_> = merge([a, b].into_iter().map(Vec::into_iter).collect()).collect();
        assert_eq!(all, [frame(0, 1), Err("broken"), frame(1, 3)]);
    }
}
