//! A datagram → its statements, one after the other, with what is refused counted and nothing else lost.

use super::record::{Blocks, Record};
use super::statement::{self, Said, Source, Statement};
use super::tables;
use crate::wire::{Refusal, WireHealth};

/// Blocks of a category that has no table here: private, weather and the like. Skipped by their length.
pub const OTHER_CATEGORY: Refusal = Refusal("other-category");

/// Why a record that was read makes no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It should have made one.
    Refused(Refusal),
    /// It is not of a kind that does.
    Ignored(Refusal),
}

/// Reads all records of a datagram and hands each statement with its source to `take`; counts what is refused, ignored and
/// decoded. Gives whether every record was read and tells its own time, so that the same bytes again can say nothing new.
pub fn read_datagram(
    bytes: &[u8],
    health: &mut WireHealth,
    mut take: impl FnMut(&Statement, Option<Source>) -> Result<(), Left>,
) -> bool {
    let mut timed = true;
    for block in Blocks::new(bytes) {
        let block = match block {
            Ok(block) => block,
            Err(reason) => {
                health.refuse(reason);
                return false;
            }
        };
        let Some(category) = tables::category(block.category) else {
            health.ignore(OTHER_CATEGORY);
            continue;
        };
        let mut rest = block.records;
        let mut last_source = None;
        while !rest.is_empty() {
            // The length of a record that cannot be walked is not known: what follows it in its block goes with it.
            let (record, after) = match Record::take(category, rest) {
                Ok(taken) => taken,
                Err(reason) => {
                    health.refuse(reason);
                    timed = false;
                    break;
                }
            };
            rest = after;
            let said = match statement::read(&record) {
                Ok(said) => said,
                Err(reason) => {
                    health.refuse(reason);
                    timed = false;
                    continue;
                }
            };
            health.decoded += 1;
            timed &= said.clock.is_some() && said.said != Said::Video;
            // Category 001 may name the source in the first record of a block only.
            last_source = said.source.or(last_source);
            match take(&said, last_source) {
                Ok(()) => {}
                Err(Left::Refused(reason)) => health.refuse(reason),
                Err(Left::Ignored(reason)) => health.ignore(reason),
            }
        }
    }
    timed
}
