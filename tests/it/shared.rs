//! Data that may not ship lies beside the checkout in `../shared/data`; tests that use it say so when they skip.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// A path under `../shared/data`, or `None`, said on standard error, where it is absent.
pub fn data(relative: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(relative);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is absent (data that may not ship)", path.display());
    None
}

/// Contents of a file, unpacked if its name ends in `.gz`.
pub fn read(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let raw = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let mut out = Vec::new();
        flate2::read::MultiGzDecoder::new(&raw[..]).read_to_end(&mut out).unwrap();
        out
    } else {
        raw
    }
}

/// Receives one datagram, however often the call is interrupted.
pub fn receive(socket: &std::net::UdpSocket, buffer: &mut [u8]) -> usize {
    loop {
        match socket.recv(buffer) {
            Ok(n) => return n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => panic!("nothing received: {error}"),
        }
    }
}
