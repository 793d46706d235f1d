//! Starting the real program on loopback, and stopping it.

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use haishao::feed::{Clock, Stop};
use haishao::model::FeedId;
use haishao::sim::DayaBayNight;

use crate::sites::{self, DAXINGSHAN};

/// The program under test.
pub fn haishao() -> Command {
    Command::new(env!("CARGO_BIN_EXE_haishao"))
}

/// A UDP port that was free a moment ago.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running `haishao watch`.
pub struct Watch {
    pub child: Child,
    lines: Receiver<String>,
}

impl Watch {
    /// Starts it and waits until it says that it is watching.
    pub fn start(config: &Path, arguments: &[&str]) -> Self {
        let mut command = haishao();
        command.arg("watch").arg("--config").arg(config).args(arguments);
        let mut watch = Self::spawn(&mut command);
        watch.wait_for("watching");
        watch
    }

    /// Starts it and does not wait.
    pub fn spawned(config: &Path) -> Self {
        Self::spawn(haishao().arg("watch").arg("--config").arg(config))
    }

    /// Starts the demo in `folder`.
    pub fn demo(folder: &Path) -> Self {
        Self::spawn(haishao().arg("watch").current_dir(folder))
    }

    pub fn spawn(command: &mut Command) -> Self {
        let command = command.args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = sync_channel(10_000);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line on standard error that holds `text`.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut said = Vec::new();
        while Instant::now() < deadline {
            match self.lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => said.push(line),
                Err(_) => assert!(self.child.try_wait().unwrap().is_none(), "ended before it said {text:?}: {said:#?}"),
            }
        }
        panic!("did not say {text:?} within 30 s: {said:#?}");
    }

    /// SIGTERM, as an init system sends; gives the exit status and the time it took.
    pub fn terminate(mut self) -> (std::process::ExitStatus, Duration) {
        let begun = Instant::now();
        signal(&self.child, "TERM");
        let status = self.child.wait().unwrap();
        (status, begun.elapsed())
    }

    /// SIGKILL: no chance to do anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A test that fails leaves no watch behind.
impl Drop for Watch {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(done.success());
}

/// Runs the program to its end; panics with what it said unless it ends well.
pub fn run(arguments: &[&std::ffi::OsStr]) -> Vec<u8> {
    let out = haishao().args(arguments).output().unwrap();
    assert!(out.status.success(), "{arguments:?}: {}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// A rule that fires on anything that moves.
pub const MOVES: &str = r#"
[[rule]]
id = "T01"
name_zh = "动"
name_en = "moves"
when = "sog_kn > 0.5"
hold_s = 0.0
clear_s = 1.0
severity = 1
text_zh = "航速{sog_kn:.1}节"
text_en = "{sog_kn:.1} kn"
owner = "test"
"#;

/// The simulated night from now on, for so many seconds at its own pace or until told to stop, to a radar's and an AIS receiver's port.
pub fn play_night(seconds: f64, radar: u16, ais: u16, stop: Stop) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (begun, start) = (Instant::now(), Clock::new().now());
        for event in DayaBayNight::new(7, start).lasting(seconds) {
            let due = Duration::from_secs_f64(event.at.seconds_since(start).max(0.0));
            if stop.wait(due.saturating_sub(begun.elapsed())) {
                return;
            }
            let port = match event.feed {
                FeedId(0) => radar,
                FeedId(2) => ais,
                _ => continue,
            };
            socket.send_to(&event.bytes, ("127.0.0.1", port)).unwrap();
        }
    })
}

/// A site with one radar and one AIS receiver on loopback, recording into a folder beside it, with a rule that fires on anything
/// that moves. Gives the configuration's path and the two ports.
pub fn small_site(folder: &Path) -> (PathBuf, u16, u16) {
    let (radar, ais) = (free_port(), free_port());
    let path = folder.join("site.toml");
    let text = "[site]\nname = \"test\"\norigin = { lat = 22.55, lon = 114.72 }\n".to_owned()
        + &sites::radar("R1", &format!("udp://127.0.0.1:{radar}"), DAXINGSHAN)
        + &sites::ais("AIS", &format!("udp://127.0.0.1:{ais}"))
        + r#"
[capture]
dir = "capture"
"# + MOVES;
    std::fs::write(&path, text).unwrap();
    (path, radar, ais)
}
