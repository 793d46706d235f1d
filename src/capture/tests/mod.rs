//! What needs the inside of the room: a disk that refuses.
