//! Every kind of feed on the loopback: what is sent arrives whole, in order, stamped; what goes wrong is counted and passes.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use haishao::config;
use haishao::feed::{Batch, Clock, FeedHealth, FeedSettings, FeedState, Pace, Running, Stop, start_with};
use haishao::model::{Antenna, FeedId, Frame, Report, ReportKind, SensorId, Site, Timestamp};
use haishao::wire::{Decode, Refusal, WireHealth};

/// One report a frame, a quarter of a second old.
struct OneEach;

impl Decode for OneEach {
    fn decode(&mut self, frame: Frame<'_>, out: &mut Vec<Report>, health: &mut WireHealth) {
        health.frames += 1;
        out.push(Report {
            sensor: SensorId(0),
            t: frame.received_at.plus_seconds(-0.25),
            received_at: frame.received_at,
            transmission: None,
            kind: ReportKind::Antenna(Antenna { azimuth: 0.0, north: true, period_s: None }),
        });
    }
}

fn site(feed: &str, format: &str) -> Site {
    let kind = if format == "nmea" { "ais" } else { "radar" };
    let text = format!(
        "[site]\nname = \"loop\"\norigin = {{ lat = 22.5, lon = 114.7 }}\n[[sensor]]\nid = \"S\"\nkind = \"{kind}\"\n\
         format = \"{format}\"\nfeed = \"{feed}\"\nposition = {{ lat = 22.5, lon = 114.7, height_m = 1.0 }}\n"
    );
    let mut site = config::parse(&text, std::path::Path::new("site.toml")).unwrap().site;
    // Port 0, any free one, is for tests only; the configuration refuses it.
    match &mut site.feeds[0] {
        haishao::model::FeedAddress::Udp { port, .. } | haishao::model::FeedAddress::TcpListen { port, .. } if *port == 1 => {
            *port = 0
        }
        _ => {}
    }
    site
}

struct Rig {
    running: Running,
    batches: Receiver<Batch>,
    stop: Stop,
    clock: Clock,
    /// By `clock`, before the feed was started.
    begun: Timestamp,
}

impl Rig {
    fn new(feed: &str, format: &str) -> Self {
        Self::with(feed, format, 1024, &FeedSettings::default())
    }

    fn with(feed: &str, format: &str, room: usize, settings: &FeedSettings) -> Self {
        let (out, batches): (Sender<Batch>, _) = bounded(room);
        let (stop, clock) = (Stop::new(), Clock::new());
        let (site, begun) = (site(feed, format), clock.now());
        let running = start_with(&site, FeedId(0), Box::new(OneEach), clock.clone(), out, stop.clone(), settings).unwrap();
        Self { running, batches, stop, clock, begun }
    }

    fn health(&self) -> FeedHealth {
        self.running.health(self.clock.now())
    }

    fn port(&self) -> u16 {
        self.running.local_addr().expect("bound").port()
    }

    /// Frames as they come, until there are `wanted` or nothing comes for 10 s; each stamped no earlier than the one before.
    fn frames(&self, wanted: usize) -> Vec<Vec<u8>> {
        self.frames_of(1, wanted)
    }

    /// The same of several clients. A thread a client stamps and sends, and one may be held up between the two: then the order of the stamps is
    /// each client's own, and the engine takes them as they come.
    fn frames_of(&self, clients: usize, wanted: usize) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        let mut last = Timestamp::MIN;
        while frames.len() < wanted {
            match self.batches.recv_timeout(Duration::from_secs(10)) {
                Ok(batch) => {
                    assert_eq!(batch.feed, FeedId(0));
                    assert!(batch.frames.len() <= 64 + 1);
                    for (at, bytes, reports) in batch.iter() {
                        assert!((clients > 1 || at >= last) && at <= self.clock.now());
                        last = at;
                        assert_eq!(reports.len(), 1);
                        assert_eq!(reports[0].received_at, at);
                        frames.push(bytes.to_vec());
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("{} of {wanted}: {:?}", frames.len(), self.health()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        frames
    }

    /// Stops it and holds it to its second. The clock is the test's own: the bound is a promise of the feed's, ten times what it
    /// takes on an idle machine.
    fn stop(self) -> FeedHealth {
        let asked = self.clock.monotonic();
        self.stop.stop();
        drop(self.batches);
        let health = self.running.join();
        let took = self.clock.monotonic() - asked;
        assert!(took < Duration::from_secs(5), "{took:?}");
        health
    }
}

/// Waits until `ready` holds; fails after 10 s.
fn until(what: &str, mut ready: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if ready() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: not within 10 s");
}

fn numbered(n: u32) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("$PTEST,{i:06}*00").into_bytes()).collect()
}

fn lines(frames: &[Vec<u8>]) -> Vec<u8> {
    frames.iter().flat_map(|f| [f, &b"\r\n"[..]].concat()).collect()
}

#[test]
fn udp_datagrams_arrive_whole_and_in_order() {
    let rig = Rig::new("udp://127.0.0.1:1", "nmea");
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sent = numbered(2000);
    for burst in sent.chunks(100) {
        for frame in burst {
            sender.send_to(frame, ("127.0.0.1", rig.port())).unwrap();
        }
        // Where the kernel grants little buffer, the feed needs a moment to fetch.
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(rig.frames(2000), sent);
    let health = rig.health();
    assert_eq!(health.state, FeedState::Ok);
    assert_eq!(health.frames, 2000);
    assert_eq!(health.bytes, sent.iter().map(|f| f.len() as u64).sum::<u64>());
    assert_eq!(health.wire.frames, 2000);
    assert_eq!(health.sensors[0].reports, 2000);
    assert!((health.sensors[0].clock_skew_s.unwrap() - 0.25).abs() < 1e-6);
    assert!(health.receive_buffer > 0);
    assert_eq!(rig.stop().state, FeedState::Ended);
}

#[test]
fn a_datagram_of_the_largest_size_is_not_cut() {
    let rig = Rig::new("udp://127.0.0.1:1", "asterix");
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let large: Vec<u8> = (0..65_507).map(|i| (i % 251) as u8).collect();
    sender.send_to(&large, ("127.0.0.1", rig.port())).unwrap();
    sender.send_to(b"", ("127.0.0.1", rig.port())).unwrap();
    assert_eq!(rig.frames(2), [large, Vec::new()]);
    rig.stop();
}

#[test]
fn several_programs_hear_one_multicast_group() {
    // A group for tests (RFC 5771, administratively scoped) and a port that the system just gave and took back.
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let first = Rig::new(&format!("udp://239.255.77.11:{port}"), "asterix");
    let second = Rig::new(&format!("udp://239.255.77.11:{port}"), "asterix");
    let other_group = Rig::new(&format!("udp://239.255.77.12:{port}"), "asterix");
    let sender = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    sender.set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    sender.set_multicast_loop_v4(true).unwrap();
    let to: SocketAddr = ([239, 255, 77, 11], port).into();
    let sent = numbered(100);
    for frame in &sent {
        sender.send_to(frame, &to.into()).unwrap();
    }
    assert_eq!(first.frames(100), sent);
    assert_eq!(second.frames(100), sent);
    sender.send_to(b"other", &SocketAddr::from(([239, 255, 77, 12], port)).into()).unwrap();
    assert_eq!(other_group.frames(1), [b"other"]);
    for rig in [first, second] {
        assert_eq!(rig.stop().frames, 100, "the other group's datagrams stay out");
    }
    other_group.stop();
}

#[cfg(target_os = "linux")]
#[test]
fn ipv6_is_heard() {
    let loopback = std::fs::read_to_string("/sys/class/net/lo/ifindex").ok().and_then(|i| i.trim().parse().ok());
    let (Some(loopback), Ok(sender)) = (loopback, UdpSocket::bind("[::1]:0")) else {
        eprintln!("SKIPPED: no IPv6 here");
        return;
    };
    let rig = Rig::new("udp://[::1]:1", "asterix");
    sender.send_to(b"plots", rig.running.local_addr().unwrap()).unwrap();
    assert_eq!(rig.frames(1), [b"plots"]);
    rig.stop();

    // A group of the site, and one of this machine alone (RFC 4291 §2.7), which cannot be bound as the first can.
    for group in ["ff15::7711", "ff11::7711"] {
        let rig = Rig::new(&format!("udp://[{group}]:1"), "asterix");
        assert_eq!(rig.running.address().to_string(), format!("udp://[{group}]:0"));
        let health = rig.health();
        assert_eq!(health.detail, None, "{group} is joined");
        let sender = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::DGRAM, None).unwrap();
        sender.set_multicast_if_v6(loopback).unwrap();
        let to = SocketAddr::new(group.parse().unwrap(), rig.port());
        match sender.send_to(b"plots", &to.into()) {
            Ok(_) => assert_eq!(rig.frames(1), [b"plots"]),
            Err(error) => eprintln!("SKIPPED: the loopback has no route for {group}: {error}"),
        }
        assert_ne!(rig.stop().connections, 0);
    }
}

#[test]
fn a_port_in_use_is_told_and_tried_again() {
    let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let rig = Rig::new(&format!("udp://{address}"), "nmea");
    until("the error shows", || rig.health().detail.is_some_and(|d| d.contains("in use")));
    assert_eq!(rig.health().state, FeedState::Disconnected);
    drop(holder);
    until("it is bound", || rig.health().state == FeedState::Waiting);
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"$X", address).unwrap();
    assert_eq!(rig.frames(1), [b"$X"]);
    rig.stop();
}

#[test]
fn a_slow_engine_holds_the_feed_back_and_loses_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let rig = Rig::with(&format!("tcp://{}", listener.local_addr().unwrap()), "nmea", 1, &FeedSettings::default());
    let sent = numbered(50_000);
    let text = lines(&sent);
    let (mut stream, _) = listener.accept().unwrap();
    let server = std::thread::spawn(move || stream.write_all(&text).map(|()| stream));
    // Until the engine begins to take, the feed can only wait.
    until("it is held back", || rig.health().blocked > 0);
    std::thread::sleep(Duration::from_millis(200));
    let mut got = Vec::new();
    while got.len() < sent.len() {
        let batch = rig.batches.recv_timeout(Duration::from_secs(10)).unwrap();
        got.extend(batch.iter().map(|(_, bytes, _)| bytes.to_vec()));
        if got.len() % 640 < 64 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert!(got == sent);
    drop(server.join().unwrap());
    let health = rig.stop();
    assert_eq!((health.frames, health.lost_at_stop, health.sensors[0].reports), (50_000, 0, 50_000));
    assert!(health.backpressure >= Duration::from_millis(200), "{health:?}");
}

#[test]
fn a_feed_ends_though_the_engine_takes_nothing() {
    let rig = Rig::with("udp://127.0.0.1:1", "nmea", 1, &FeedSettings::default());
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    for frame in numbered(500) {
        sender.send_to(&frame, ("127.0.0.1", rig.port())).unwrap();
    }
    until("it is held back", || rig.health().blocked > 0);
    rig.stop.stop();
    until("it has ended", || rig.running.ended());
    let health = rig.running.join();
    // What is lost is told: the batch that was in hand, and all else was never taken from the kernel.
    let delivered: usize = rig.batches.try_iter().map(|b| b.frames.len()).sum();
    assert!(health.lost_at_stop > 0);
    assert_eq!(health.frames, delivered as u64 + health.lost_at_stop);
}

#[test]
fn a_server_that_dies_and_comes_back_is_found_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let rig = Rig::new(&format!("tcp://{address}"), "nmea");
    let sent = numbered(30);
    let mut first = Some(listener);
    for round in 0..3 {
        let listener = first.take().unwrap_or_else(|| {
            // The port is in the hands of connections that linger; servers set this option for that.
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
            socket.set_reuse_address(true).unwrap();
            socket.bind(&address.into()).unwrap();
            socket.listen(1).unwrap();
            socket.into()
        });
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&lines(&sent[round * 10..round * 10 + 10])).unwrap();
        // It dies in the middle of a line.
        stream.write_all(b"$PTEST,half").unwrap();
        assert_eq!(rig.frames(10), sent[round * 10..round * 10 + 10]);
        drop((stream, listener));
        until("the loss shows", || rig.health().state == FeedState::Disconnected);
    }
    let health = rig.stop();
    assert_eq!((health.connections, health.frames, health.framing.torn), (3, 30, 3));
}

#[test]
fn a_connection_that_says_nothing_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = FeedSettings {
        silence: Duration::from_millis(100),
        reconnect_after: Duration::from_millis(400),
        ..FeedSettings::default()
    };
    let rig = Rig::with(&format!("tcp://{}", listener.local_addr().unwrap()), "nmea", 16, &settings);
    let (first, _) = listener.accept().unwrap();
    until("the silence shows", || rig.health().state == FeedState::Silent);
    let (mut second, _) = listener.accept().unwrap();
    second.write_all(b"$PTEST\n").unwrap();
    assert_eq!(rig.frames(1), [b"$PTEST"]);
    drop(first);
    assert_eq!(rig.stop().connections, 2);
}

#[test]
fn half_lines_wait_and_over_long_ones_are_counted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let rig = Rig::new(&format!("tcp://{}", listener.local_addr().unwrap()), "nmea");
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in [&b"$PTE"[..], b"ST,1\r", b"\n", &[b'x'; 9000], b"yyy\n$PTEST,2\n"] {
        stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(rig.frames(2), [b"$PTEST,1", b"$PTEST,2"]);
    let health = rig.stop();
    assert_eq!(health.framing.over_long, 1);
    assert_eq!(health.wire.refused, [(Refusal("over-long-line"), 1)].into());
}

fn block(n: u8) -> Vec<u8> {
    [&[48, 0, 3 + n][..], &vec![n; usize::from(n)]].concat()
}

#[test]
fn asterix_over_tcp_is_cut_by_its_lengths_and_a_wrong_one_begins_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let rig = Rig::new(&format!("tcp://{}", listener.local_addr().unwrap()), "asterix");
    let sent: Vec<_> = (1..60).map(block).collect();
    let (mut stream, _) = listener.accept().unwrap();
    for piece in sent.concat().chunks(7) {
        stream.write_all(piece).unwrap();
    }
    stream.write_all(&[48, 0, 1, 0, 0]).unwrap();
    assert_eq!(rig.frames(59), sent);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(&block(5)).unwrap();
    assert_eq!(rig.frames(1), [block(5)]);
    let health = rig.stop();
    assert_eq!((health.framing.out_of_step, health.connections), (1, 2));
}

#[test]
fn clients_that_connect_to_us_are_read_side_by_side() {
    let rig = Rig::new("tcp-listen://127.0.0.1:1", "nmea");
    let address = ("127.0.0.1", rig.port());
    let senders: Vec<_> = (0..8_usize)
        .map(|c| {
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                // Lines cut anywhere: those of one client must not mix with another's.
                let text: Vec<u8> = (0..500).flat_map(|i| format!("$C{c},{i}\n").into_bytes()).collect();
                text.chunks(13).for_each(|piece| stream.write_all(piece).unwrap());
                stream
            })
        })
        .collect();
    let streams: Vec<_> = senders.into_iter().map(|s| s.join().unwrap()).collect();
    let got = rig.frames_of(8, 4000);
    for c in 0..8 {
        let of_client: Vec<_> = got.iter().filter(|f| f.starts_with(format!("$C{c},").as_bytes())).cloned().collect();
        let expected: Vec<_> = (0..500).map(|i| format!("$C{c},{i}").into_bytes()).collect();
        assert_eq!(of_client, expected);
    }
    drop(streams);
    // One goes, others may come; more than 32 at once may not.
    until("a client that is gone makes room", || {
        let crowd: Vec<_> = (0..40).filter_map(|_| TcpStream::connect(address).ok()).collect();
        std::thread::sleep(Duration::from_millis(100));
        drop(crowd);
        rig.health().clients_refused >= 8
    });
    let health = rig.stop();
    assert_eq!(health.frames, 4000);
    assert_eq!(health.state, FeedState::Ended);
}

#[cfg(unix)]
#[test]
fn a_serial_line_is_read() {
    use serialport::{SerialPort, TTYPort};
    let Ok((mut far, near)) = TTYPort::pair() else {
        eprintln!("SKIPPED: no pseudo-terminals here");
        return;
    };
    let name = near.name().unwrap();
    drop(near); // its lock is exclusive
    let rig = Rig::new(&format!("serial://{name}?baud=38400"), "nmea");
    until("it is open", || rig.health().state == FeedState::Waiting);
    far.write_all(b"$PTEST,1\r\n$PTE").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    far.write_all(b"ST,2\r\n").unwrap();
    assert_eq!(rig.frames(2), [b"$PTEST,1", b"$PTEST,2"]);
    drop(far); // as when it is unplugged
    until("the loss shows", || rig.health().state == FeedState::Disconnected);
    let health = rig.stop();
    assert_eq!((health.frames, health.connections), (2, 1));
}

#[test]
fn a_serial_line_that_is_absent_is_tried_again() {
    let rig = Rig::new("serial:///dev/absent-tty?baud=4800", "nmea");
    until("the error shows", || rig.health().detail.is_some());
    assert_eq!(rig.health().state, FeedState::Disconnected);
    rig.stop();
}

#[test]
fn a_file_is_read_once_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let sent = numbered(1000);
    let path = dir.path().join("log.nmea");
    let text = lines(&sent);
    std::fs::write(&path, &text[..text.len() - 2]).unwrap(); // the last line has no end
    let rig = Rig::new(&format!("file:{}", path.display()), "nmea");
    assert_eq!(rig.frames(1001), sent);
    until("it has ended", || rig.running.ended());
    assert_eq!(rig.running.join().state, FeedState::Ended);

    let rig = Rig::new(&format!("file:{}", dir.path().join("none").display()), "nmea");
    until("it has ended", || rig.running.ended());
    let health = rig.running.join();
    assert_eq!(health.state, FeedState::Failed);
    assert!(health.detail.unwrap().contains("No such file"));
}

#[test]
fn a_file_can_be_read_at_the_pace_of_its_times() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.nmea");
    let line = |ms: u32| format!("$PTEST*46,{}\n", 1_700_000_000_000_u64 + u64::from(ms));
    std::fs::write(&path, [line(0), line(150), line(300)].concat()).unwrap();
    let settings = FeedSettings { pace: Pace::Recorded, ..FeedSettings::default() };
    let rig = Rig::with(&format!("file:{}", path.display()), "nmea", 16, &settings);
    let mut times = Vec::new();
    while let Ok(batch) = rig.batches.recv_timeout(Duration::from_secs(10)) {
        times.extend(batch.iter().map(|(at, ..)| at));
    }
    // Since the feed's start, not since the first line: that one may have waited for the processor while the others' time came.
    let since: Vec<f64> = times.iter().map(|t| t.seconds_since(rig.begun)).collect();
    assert_eq!(since.len(), 3);
    // A clock that is steered runs a twentieth slower.
    assert!(since[1] >= 0.95 * 0.150 && since[2] >= 0.95 * 0.300, "{since:?}");
    // Never faster; on a busy machine slower, but by far not as slow as a clock in the wrong unit.
    assert!(since[2] < 30.0, "{since:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_says_nothing_does_not_hold_up_the_stop() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if !made.is_ok_and(|s| s.success()) {
        eprintln!("SKIPPED: no mkfifo here");
        return;
    }
    let rig = Rig::new(&format!("file:{}", path.display()), "nmea");
    let mut writer = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    writer.write_all(b"$PTEST,1\n").unwrap();
    assert_eq!(rig.frames(1), [b"$PTEST,1"]);
    assert_eq!(rig.stop().state, FeedState::Ended);
}

#[test]
fn twenty_thousand_datagrams_a_second_on_two_feeds_are_all_accounted_for() {
    const EACH: u32 = 40_000;
    static SENT: AtomicU64 = AtomicU64::new(0);
    let (out, batches) = bounded(256);
    let (stop, clock) = (Stop::new(), Clock::new());
    let site = site("udp://127.0.0.1:1", "nmea");
    let feeds: Vec<Running> = (0..2)
        .map(|_| {
            let settings = FeedSettings::default();
            start_with(&site, FeedId(0), Box::new(OneEach), clock.clone(), out.clone(), stop.clone(), &settings).unwrap()
        })
        .collect();
    drop(out);
    let senders: Vec<_> = feeds
        .iter()
        .map(|feed| feed.local_addr().unwrap())
        .map(|to| {
            std::thread::spawn(move || {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                for burst in 0..EACH / 20 {
                    for i in 0..20 {
                        socket.send_to(&(burst * 20 + i).to_be_bytes(), to).unwrap();
                        SENT.fetch_add(1, Ordering::Relaxed);
                    }
                    std::thread::sleep(Duration::from_micros(900));
                }
            })
        })
        .collect();
    let engine = std::thread::spawn(move || batches.iter().map(|b| b.frames.len() as u64).sum::<u64>());
    senders.into_iter().for_each(|s| s.join().unwrap());
    let healths = || feeds.iter().map(|f| f.health(clock.now())).collect::<Vec<_>>();
    // The kernel's count is read once a second.
    until("all is accounted for", || {
        healths().iter().map(|h| h.frames + h.kernel_drops).sum::<u64>() == SENT.load(Ordering::Relaxed)
    });
    let drops: u64 = healths().iter().map(|h| h.kernel_drops).sum();
    stop.stop();
    feeds.into_iter().for_each(|f| assert_eq!(f.join().state, FeedState::Ended));
    let received = engine.join().unwrap();
    assert_eq!(received, u64::from(2 * EACH) - drops);
    eprintln!("{received} received, {drops} dropped by the kernel");
}

#[test]
fn a_decoder_that_panics_ends_its_own_feed_and_says_so() {
    struct Broken;
    impl Decode for Broken {
        fn decode(&mut self, _: Frame<'_>, _: &mut Vec<Report>, _: &mut WireHealth) {
            panic!("broken on purpose");
        }
    }
    let (out, batches) = bounded(4);
    let site = site("udp://127.0.0.1:1", "nmea");
    let feed =
        start_with(&site, FeedId(0), Box::new(Broken), Clock::new(), out, Stop::new(), &FeedSettings::default()).unwrap();
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"$X", feed.local_addr().unwrap()).unwrap();
    assert!(batches.recv_timeout(Duration::from_secs(10)).is_err());
    let health = feed.join();
    assert_eq!(health.state, FeedState::Failed);
    assert_eq!(health.detail.as_deref(), Some("its decoder panicked"));
}
