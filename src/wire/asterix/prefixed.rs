//! Datagrams in which a recorder has put six octets before each data block: the length of the block with them, 16 bits, and the
//! milliseconds of the day, 32 bits, both big-endian. No standard says so; one recorder's captures of 001 and 002 are like that.

use super::record::{Block, Blocks};

/// Octets before each block.
const PREFIX: usize = 6;
/// Milliseconds of a day, leap second included.
const DAY_MS: u32 = 86_401_000;

/// The data blocks of `datagram` without their prefixes, or `None` where it is not made of such from its first octet to its last.
pub fn blocks(datagram: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut rest = datagram;
    while !rest.is_empty() {
        rest = split(rest)?.1;
    }
    let mut rest = datagram;
    (!datagram.is_empty()).then(|| {
        std::iter::from_fn(move || {
            let (block, after) = split(rest)?;
            rest = after;
            Some(block)
        })
    })
}

/// The first block and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[high, low, a, b, c, d], _) = bytes.split_first_chunk::<PREFIX>()?;
    let (piece, after) = bytes.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
    let block = piece.get(PREFIX..)?;
    let mut inside = Blocks::new(block);
    let is_one = matches!(inside.next(), Some(Ok(Block { records: [_, ..], .. }))) && inside.next().is_none();
    (is_one && u32::from_be_bytes([a, b, c, d]) < DAY_MS).then_some((block, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: [u8; 5] = [2, 0, 5, 0x80, 0x19];

    #[test]
    fn every_block_comes_out_and_nothing_else_is_taken_for_one() {
        let mut datagram = Vec::new();
        for _ in 0..2 {
            datagram.extend([0, 11, 0x02, 0xBB, 0x40, 0x35]);
            datagram.extend(BLOCK);
        }
        assert_eq!(blocks(&datagram).unwrap().collect::<Vec<_>>(), [&BLOCK[..], &BLOCK]);
        assert!(blocks(&BLOCK).is_none() && blocks(&[]).is_none());
        for cut in 1..datagram.len() {
            assert_eq!(blocks(&datagram[..cut]).is_some(), cut == 11, "{cut}");
        }
        // No time of day.
        datagram[2] = 0x06;
        assert!(blocks(&datagram).is_none());
    }
}
