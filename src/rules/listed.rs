//! Whether a track is on a list, there and then.

use super::fields::Ctx;
use super::lists::{Entry, ListKind, Match};
use super::world::World;
use crate::model::Timestamp;

impl World {
    /// The watched entry it agrees with.
    pub fn watched(&self, c: &Ctx<'_>) -> Option<Match> {
        let found = (*c.vessel?.listed.get(ListKind::Watch as usize)?)?;
        self.counts(found.entry, c.track.t_out).map(|_| found)
    }

    /// The entry by which it is registered and where it should be.
    pub fn registered(&self, c: &Ctx<'_>) -> Option<u16> {
        let found = (*c.vessel?.listed.get(ListKind::Registered as usize)?)?;
        let entry = self.counts(found.entry, c.track.t_out)?;
        self.is_where_it_should(entry, c).then_some(found.entry)
    }

    /// The entry by which it is one of our own. Who is entered without a key is known by place and time alone, and the entry must say
    /// both.
    pub fn own(&self, c: &Ctx<'_>) -> Option<u16> {
        let by_key = c.vessel.and_then(|v| *v.listed.get(ListKind::Own as usize)?);
        if let Some(found) = by_key
            && let Some(entry) = self.counts(found.entry, c.track.t_out)
            && self.is_where_it_should(entry, c)
        {
            return Some(found.entry);
        }
        let entries = self.grounds.lists.entries().iter().enumerate();
        let mut by_place = entries.filter(|(_, e)| e.list == ListKind::Own && e.keys.is_empty() && !e.corridors.is_empty());
        let here = |(i, e): (usize, &Entry)| {
            (self.counts(i as u16, c.track.t_out).is_some() && self.is_where_it_should(e, c)).then_some(i as u16)
        };
        by_place.find_map(here)
    }

    /// The entry, if it counts at `t`.
    fn counts(&self, entry: u16, t: Timestamp) -> Option<&Entry> {
        let entry = self.grounds.lists.entries().get(usize::from(entry))?;
        let begun = entry.from.is_none_or(|from| t >= from);
        let lasts = entry.answer.expires.is_none_or(|e| t < e);
        let hours = entry.hours.is_none_or(|h| h.hold(self.minute(t)));
        (begun && lasts && hours).then_some(entry)
    }

    fn is_where_it_should(&self, entry: &Entry, c: &Ctx<'_>) -> bool {
        entry.corridors.is_empty()
            || entry
                .corridors
                .iter()
                .any(|id| self.grounds.zones.iter().position(|z| z.id == *id).is_some_and(|i| self.zones.is_in(i, c.memory.p)))
    }
}
