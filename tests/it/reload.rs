//! Rules, zones and lists read anew while the watch runs: whole or not at all, in the record, and in the replay of it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use haishao::feed::Stop;

use crate::program::{MOVES, Watch, play_night, run, small_site};

/// The small site with its rule in a file of its own, and a list of our own boats.
fn site(folder: &Path) -> (PathBuf, u16, u16) {
    let (path, radar, ais) = small_site(folder);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.split("[[rule]]").next().unwrap();
    let list = "[[list]]\nfile = \"own.csv\"\nkind = \"own\"\n";
    std::fs::write(&path, format!("rules = [\"rules.toml\"]\n{text}{list}")).unwrap();
    rules(folder, MOVES);
    std::fs::write(folder.join("own.csv"), "mmsi,owner,approved_by,reason,expires\n413000001,Li,Wang,patrol,2090-01-01\n")
        .unwrap();
    (path, radar, ais)
}

fn rules(folder: &Path, text: &str) {
    std::fs::write(folder.join("rules.toml"), text).unwrap();
}

/// The same by another rule's number, which fires on what is slow as well.
fn other_rule() -> String {
    MOVES.replace("T01", "T02").replace("sog_kn > 0.5", "sog_kn >= 0.0").replace("\"moves\"", "\"is there\"")
}

fn hang_up(watch: &Watch) {
    let done = Command::new("kill").arg("-HUP").arg(watch.child.id().to_string()).status().unwrap();
    assert!(done.success());
}

/// One request; status and body.
fn ask(address: &str, method: &str, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(socket, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn metric(address: &str, name: &str) -> f64 {
    let (_, page) = ask(address, "GET", "/metrics");
    let line = page
        .lines()
        .find(|l| l.starts_with(name) && l.as_bytes()[name.len()] == b' ')
        .unwrap_or_else(|| panic!("{name}: {page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come within 60 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn raised_by(path: &Path, rule: &str) -> usize {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // The last line may be half written.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter(|l| l.contains(&format!("\"rule\":\"{rule}\"")) && l.contains("\"state\":\"raised\"")).count()
}

struct Outputs {
    tracks: PathBuf,
    alerts: PathBuf,
    incidents: PathBuf,
}

impl Outputs {
    fn of(folder: &Path, name: &str) -> Self {
        let [tracks, alerts, incidents] = ["tracks", "alerts", "incidents"].map(|k| folder.join(format!("{name}-{k}.jsonl")));
        Self { tracks, alerts, incidents }
    }

    fn arguments(&self) -> [&str; 6] {
        let text = |p: &'static str, path| [p, path];
        let [a, b] = text("--tracks", self.tracks.to_str().unwrap());
        let [c, d] = ["--alerts", self.alerts.to_str().unwrap()];
        let [e, f] = ["--incidents", self.incidents.to_str().unwrap()];
        [a, b, c, d, e, f]
    }

    fn bytes(&self) -> [Vec<u8>; 3] {
        [&self.tracks, &self.alerts, &self.incidents].map(|p| std::fs::read(p).unwrap())
    }
}

fn replay(config: &Path, folder: &Path, name: &str, more: &[&str]) -> (Outputs, String) {
    let out = Outputs::of(folder, name);
    let capture = folder.join("capture");
    let mut command = crate::program::haishao();
    command.arg("replay").arg("--config").arg(config).args(out.arguments()).args(more).arg(capture);
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    (out, said)
}

#[test]
fn a_reload_is_whole_or_not_at_all_and_the_replay_judges_by_the_rules_of_each_moment() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (config, radar, ais) = site(folder);
    let live = Outputs::of(folder, "live");
    let mut command = crate::program::haishao();
    command.arg("watch").arg("--config").arg(&config).args(live.arguments());
    let mut watch = Watch::spawn(&mut command);
    let address = watch.wait_for("console on").rsplit_once("http://").unwrap().1.to_owned();
    let sea = Stop::new();
    let playing = play_night(300.0, radar, ais, sea.clone());
    wait_until("an alert of T01", || raised_by(&live.alerts, "T01") > 0);

    // Faults in three files: all are told with file, line and mark, and T01 goes on.
    rules(folder, &MOVES.replace("sog_kn > 0.5", "sog_knn > 0.5").replace("severity = 1", "severity = 9"));
    std::fs::write(folder.join("own.csv"), "mmsi,owner,approved_by,reason,expires\n413000001,Li,LI,patrol,2090-01-01\n")
        .unwrap();
    hang_up(&watch);
    let (mut said, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(30));
    while !said.last().is_some_and(|l: &String| l.contains("not reloaded")) {
        assert!(Instant::now() < deadline, "{said:#?}");
        said.push(watch.wait_for(""));
    }
    let said = said.join("\n");
    for told in [
        "rules.toml:6: rule[0].when: \"sog_knn\" is not a field; did you mean \"sog_kn\"?",
        "    when = \"sog_knn > 0.5\"\n            ^",
        "rules.toml:9: rule[0].severity:",
        "own.csv:2: approved_by: \"LI\" is the owner; the second person must be another",
        "3 errors",
    ] {
        assert!(said.contains(told), "{told:?} is not told:\n{said}");
    }
    let (status, body) = ask(&address, "POST", "/api/reload");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, answer["error"].as_str(), answer["faults"].as_array().unwrap().len()),
        (422, Some("faulty"), 3),
        "{body}"
    );
    assert_eq!((metric(&address, "haishao_reloads_total"), metric(&address, "haishao_reloads_refused_total")), (0.0, 2.0));
    let before = raised_by(&live.alerts, "T01");
    wait_until("another alert of T01", || raised_by(&live.alerts, "T01") > before);

    // Right again: T02 takes over, T01's alerts are cleared.
    rules(folder, &other_rule());
    std::fs::write(folder.join("own.csv"), "mmsi,owner,approved_by,reason,expires\n413000001,Li,Wang,patrol,2090-01-01\n")
        .unwrap();
    let (status, body) = ask(&address, "POST", "/api/reload");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200, "{body}");
    assert_eq!((answer["added"][0].as_str(), answer["gone"][0].as_str()), (Some("T02"), Some("T01")), "{body}");
    assert_eq!((answer["changed"].as_array().unwrap().len(), answer["grounds_changed"].as_bool()), (0, Some(false)), "{body}");
    let digest = answer["digest"].as_str().unwrap().to_owned();
    wait_until("an alert of T02", || raised_by(&live.alerts, "T02") > 0);
    let (_, page) = ask(&address, "GET", "/metrics");
    assert!(page.contains(&format!("haishao_rules_info{{digest=\"{digest}\"}} 1")), "{page}");

    // Once more by the signal, with the list longer by one: the rules are the same, their alerts go on.
    let up = raised_by(&live.alerts, "T02");
    std::fs::write(
        folder.join("own.csv"),
        "mmsi,owner,approved_by,reason,expires\n413000001,Li,Wang,patrol,2090-01-01\n413000002,Li,Wang,patrol,2090-01-01\n",
    )
    .unwrap();
    hang_up(&watch);
    let told = watch.wait_for("reloaded for haishao");
    assert!(told.contains("zones or lists changed") && !told.contains("added") && !told.contains("changed T02"), "{told}");

    // The rules alone, though the list is broken: T03 on the list in force. The list alone is refused, and nothing is read for a
    // word that stands for nothing.
    let own = folder.join("own.csv");
    std::fs::write(&own, "mmsi,owner,approved_by,reason,expires\n4130,Li,Wang,patrol,2090-01-01\n").unwrap();
    rules(folder, &other_rule().replace("T02", "T03"));
    for (query, status, part) in [
        ("?only=lists", 422, "own.csv:2: mmsi:"),
        ("", 422, "own.csv:2: mmsi:"),
        ("?only=zoness", 400, "only is \\\"zoness\\\"; it can be rules, zones or lists"),
        ("?only=rules&only=lists", 400, "only stands more than once"),
        ("?part=rules", 400, "no parameter \\\"part\\\" here; there is only=rules"),
    ] {
        let (got, body) = ask(&address, "POST", &format!("/api/reload{query}"));
        assert!(got == status && body.contains(part), "{query}: {got} {body}");
    }
    // Right, but more than one command carries: no fault of the engine's, and to ask again would not help.
    let reason = "x".repeat(220);
    let rows = (0..20_000).map(|n| format!("{},Li,Wang,{reason},2090-01-01\n", 413_000_000 + n)).collect::<String>();
    std::fs::write(&own, format!("mmsi,owner,approved_by,reason,expires\n{rows}")).unwrap();
    let (status, body) = ask(&address, "POST", "/api/reload?only=lists");
    assert!(status == 422 && body.contains("\"faults\":[\"the command is longer than"), "{status} {body}");
    std::fs::write(&own, "mmsi,owner,approved_by,reason,expires\n4130,Li,Wang,patrol,2090-01-01\n").unwrap();
    let (status, body) = ask(&address, "POST", "/api/reload?only=rules");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, answer["grounds_changed"].as_bool()), (200, Some(false)), "{body}");
    assert_eq!((answer["added"][0].as_str(), answer["gone"][0].as_str()), (Some("T03"), Some("T02")), "{body}");
    assert_eq!(answer["notes"][0].as_str(), Some("lists have a fault: not asked for, those in force stay"), "{body}");
    wait_until("an alert of T03", || raised_by(&live.alerts, "T03") > 0);
    let (_, page) = ask(&address, "GET", "/metrics");
    let digest_of_rules = answer["digest"].as_str().unwrap().to_owned();
    assert!(page.contains(&format!("haishao_rules_info{{digest=\"{digest_of_rules}\"}} 1")), "{page}");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((metric(&address, "haishao_reloads_total"), metric(&address, "haishao_reloads_refused_total")), (3.0, 5.0));
    std::fs::write(own, "mmsi,owner,approved_by,reason,expires\n413000001,Li,Wang,patrol,2090-01-01\n").unwrap();
    sea.stop();
    playing.join().unwrap();
    let (status, _) = watch.terminate();
    assert!(status.success());

    let events: Vec<_> = lines(&live.incidents).into_iter().filter(|l| l["what"] == "loaded").collect();
    let actors: Vec<_> = events.iter().map(|e| e["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["haishao", "local", "haishao", "local"], "{events:#?}");
    let sets: Vec<_> = events.iter().map(|e| e["change"]["set"].as_str().unwrap()).collect();
    assert_eq!(sets, ["all", "all", "all", "rules"], "{events:#?}");
    assert_eq!(events[1]["change"]["digest"].as_str(), Some(&digest[..]), "{:#?}", events[1]);
    let alerts = lines(&live.alerts);
    assert!(
        alerts.iter().any(|a| a["rule"] == "T01" && a["text"]["en"].as_str().unwrap().contains("taken out")),
        "not cleared"
    );
    // Those of T02 are cleared by its going, and not by the list that changed before.
    let ended = |a: &&serde_json::Value| a["rule"] == "T02" && a["text"]["en"].as_str().unwrap().contains("taken out");
    let first_ended = alerts.iter().find(ended).unwrap()["t_out"].as_f64().unwrap();
    assert!(up > 0 && first_ended >= events[3]["t_out"].as_f64().unwrap(), "a list that changes ends no alert");

    // The files now on the disk are neither the first nor wrong ones: the record alone says what was in force when.
    let (again, said) = replay(&config, folder, "again", &[]);
    assert!(live.bytes() == again.bytes(), "the replay says something else");
    assert!(said.contains("judged by the rules of the record"), "{said}");
    // On request by today's rules: T01 never was.
    let (today, said) = replay(&config, folder, "today", &["--todays-rules"]);
    assert_eq!((raised_by(&today.alerts, "T01"), raised_by(&today.alerts, "T03") > 0), (0, true));
    assert!(!said.contains("of the record ("), "{said}");
    run(&["verify".as_ref(), folder.join("capture").as_os_str()]);
}

#[test]
fn a_run_that_was_warmed_by_a_record_of_older_rules_is_replayed_by_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (config, radar, ais) = site(folder);
    let [first, second] = ["first", "second"].map(|name| Outputs::of(folder, name));
    for (out, rule, wanted) in [(&first, MOVES.to_owned(), "T01"), (&second, other_rule(), "T02")] {
        rules(folder, &rule);
        let watch = Watch::start(&config, &out.arguments());
        let sea = Stop::new();
        let playing = play_night(300.0, radar, ais, sea.clone());
        wait_until("an alert", || raised_by(&out.alerts, wanted) > 0);
        sea.stop();
        playing.join().unwrap();
        assert!(watch.terminate().0.success());
    }
    // A third set, by which nothing of it was judged.
    rules(folder, &MOVES.replace("T01", "T03"));
    let (again, _) = replay(&config, folder, "again", &[]);
    let both = first.bytes().into_iter().zip(second.bytes()).map(|(a, b)| [a, b].concat()).collect::<Vec<_>>();
    assert!(again.bytes().to_vec() == both, "the replay of both runs says something else");
    assert_eq!(raised_by(&again.alerts, "T03"), 0);
}
