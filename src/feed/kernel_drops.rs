//! Datagrams that the kernel dropped because a socket's buffer was full, as Linux tells in `/proc`.

use std::fs;
use std::net::UdpSocket;

/// The count for `socket` since it was opened; `None` where the system does not tell.
pub(super) fn kernel_drops(socket: &UdpSocket) -> Option<u64> {
    let inode = inode(socket)?;
    ["/proc/self/net/udp", "/proc/self/net/udp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| drops_of(&table, inode))
}

#[cfg(unix)]
fn inode(socket: &UdpSocket) -> Option<u64> {
    use std::os::fd::AsRawFd;
    let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    // `socket:[12345]`
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(not(unix))]
fn inode(_socket: &UdpSocket) -> Option<u64> {
    None
}

/// The `drops` column of the row with that `inode` (Documentation/networking/proc_net_tcp.rst; `drops` is the last of udp).
fn drops_of(table: &str, inode: u64) -> Option<u64> {
    const INODE: usize = 9;
    const DROPS: usize = 12;
    table.lines().skip(1).find_map(|row| {
        let mut columns = row.split_ascii_whitespace();
        let row_inode: u64 = columns.nth(INODE)?.parse().ok()?;
        (row_inode == inode).then(|| columns.nth(DROPS - INODE - 1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_the_socket_is_read() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n\
             1089: 00000000:2198 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4660 2 0000000000000000 12         \n\
             1090: 0100007F:277E 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4661 2 0000000000000000 0         \n";
        assert_eq!(drops_of(table, 4660), Some(12));
        assert_eq!(drops_of(table, 4661), Some(0));
        assert_eq!(drops_of(table, 1), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_that_nobody_reads_drops_what_does_not_fit() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        if kernel_drops(&socket).is_none() {
            eprintln!("SKIPPED: /proc/self/net/udp does not tell here");
            return;
        }
        assert_eq!(kernel_drops(&socket), Some(0));
        socket2::SockRef::from(&socket).set_recv_buffer_size(4096).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..500 {
            sender.send_to(&[0; 1000], socket.local_addr().unwrap()).unwrap();
        }
        socket.set_nonblocking(true).unwrap();
        let mut received = 0;
        while socket.recv(&mut [0; 2000]).is_ok() {
            received += 1;
        }
        assert_eq!(kernel_drops(&socket), Some(500 - received));
        assert!(received < 500);
    }
}
