//! What needs the inside of the room: a disk that refuses.

mod refused;
mod refusing_disk;
