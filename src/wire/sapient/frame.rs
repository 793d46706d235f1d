//! Framing: where a message ends.

use prost::Message as _;

use super::message::SapientMessage;
use crate::wire::Refusal;

/// Bytes of the length before each message.
const PREFIX: usize = 4;

/// The longest frame that is taken, length prefix included. A Registration with every option is some 10 KB and pictures go by
/// URL, so that a longer one means a stream that has lost step; its reader should start anew.
pub const MAX_FRAME_BYTES: usize = 1 << 20;

/// Length in bytes, prefix included, of the frame that `bytes` begin with; `None` while its prefix is incomplete. Compare it
/// with [`MAX_FRAME_BYTES`] before waiting for so many.
pub fn frame_length(bytes: &[u8]) -> Option<usize> {
    let prefix = bytes.first_chunk::<PREFIX>()?;
    // usize has 32 bits or more wherever there is a socket.
    Some((u32::from_le_bytes(*prefix) as usize).saturating_add(PREFIX))
}

/// The messages of a datagram or of one frame of a stream, in order. After a length that cannot be right nothing more can be
/// found, and the rest is one refusal; a message that is not protobuf is refused by itself.
pub fn messages(bytes: &[u8]) -> Messages<'_> {
    Messages { rest: bytes }
}

/// See [`messages`].
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl Iterator for Messages<'_> {
    type Item = Result<SapientMessage, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = frame_length(self.rest).filter(|&n| n <= MAX_FRAME_BYTES).and_then(|n| self.rest.split_at_checked(n));
        let Some((frame, rest)) = frame else {
            self.rest = &[];
            return Some(Err(Refusal("bad-length")));
        };
        self.rest = rest;
        let body = frame.get(PREFIX..).unwrap_or_default();
        // prost says in words what was wrong; the counter needs one word only.
        Some(SapientMessage::decode(body).or(Err(Refusal("not-protobuf"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_prefix_and_its_body() {
        assert_eq!(frame_length(&[]), None);
        assert_eq!(frame_length(&[1, 0, 0]), None);
        assert_eq!(frame_length(&[1, 2, 0, 0]), Some(517));
        assert!(frame_length(&[255, 255, 255, 255]).unwrap() > MAX_FRAME_BYTES);
    }

    #[test]
    fn several_messages_a_datagram_and_a_broken_one_between() {
        let node = |id: &str| SapientMessage { node_id: id.into(), ..Default::default() };
        let mut bytes = Vec::new();
        for body in [node("a").encode_to_vec(), vec![0xff; 3], node("b").encode_to_vec()] {
            bytes.extend((body.len() as u32).to_le_bytes());
            bytes.extend(body);
        }
        bytes.extend([9, 0, 0, 0, 1]);
        let found: Vec<_> = messages(&bytes).map(|m| m.map(|m| m.node_id)).collect();
        let expected = [Ok("a".to_owned()), Err(Refusal("not-protobuf")), Ok("b".to_owned()), Err(Refusal("bad-length"))];
        assert_eq!(found, expected);
    }
}
