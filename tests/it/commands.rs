//! What officers order is in the record: a replay tells who knew and did what, when, in the same bytes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use haishao::capture::{Provenance, Reader, Record, WarmedFrom, Writer};
use haishao::config::Config;
use haishao::engine::keep::{Keeper, Patience, keep};
use haishao::engine::live::{BoxedSink, Live};
use haishao::engine::record::CaptureRecorder;
use haishao::engine::{Commander, Pipeline, Shared, commander};
use haishao::feed::{Clock, Stop};
use haishao::model::command::{NotNow, Order, Refusal};
use haishao::model::incident::{AlarmState, CasePhase, IncidentId, Level, Outcome, Unit, UnitKind, UnitName};
use haishao::model::{Actor, Command, FeedId, Timestamp};
use haishao::publish::sinks::{Lines, open};
use haishao::store::{IncidentQuery, Store, TrackQuery};

use crate::program::{Watch, play_night, run, small_site};

/// A live engine in this process, with its feeds on loopback, as `haishao watch` runs it.
struct Engine {
    shared: Arc<Shared>,
    commander: Commander,
    stop: Stop,
    feeds: Vec<haishao::feed::Running>,
    keeper: Keeper,
    thread: std::thread::JoinHandle<()>,
}

impl Engine {
    fn start(config: &Config, folder: &Path) -> Self {
        let (clock, stop) = (Clock::new(), Stop::new());
        let site = Arc::new(config.site.clone());
        let shared = Arc::new(Shared::new(Arc::clone(&site), None));
        let writer = Writer::open(&config.capture, Provenance::of(config)).unwrap();
        let pipeline = Pipeline::for_run(config, writer.next_sequence().0).unwrap();
        let recorder = CaptureRecorder::new(writer, folder.to_owned(), clock.now(), WarmedFrom::Nothing).unwrap();
        let sinks = [(Lines::Tracks, "live-tracks"), (Lines::Alerts, "live-alerts"), (Lines::Incidents, "live-incidents")]
            .map(|(lines, name)| open(lines, &folder.join(name), Arc::clone(&site)).unwrap());
        let store = Store::open(&config.capture.dir.as_ref().unwrap().join("haishao.sqlite3")).unwrap().store;
        let (sink, keeper) = keep(store, &site, Patience::Never).unwrap();
        let sinks: Vec<BoxedSink> = sinks.into_iter().chain([Box::new(sink) as BoxedSink]).collect();
        let (decoders, core) = pipeline.split();
        let (sender, batches) = bounded(256);
        let start = |(i, decoder)| {
            haishao::feed::start(&site, FeedId(i as u16), decoder, clock.clone(), sender.clone(), stop.clone()).unwrap()
        };
        let feeds = decoders.into_iter().enumerate().map(start).collect();
        drop(sender);
        let (commander, commands) = commander();
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            Live::new(core, theirs, Some(Box::new(recorder)), sinks).with_commands(commands).run(
                &batches,
                || clock.now(),
                |_| {},
            );
        });
        Self { shared, commander, stop, feeds, keeper, thread }
    }

    fn end(self) -> Commander {
        self.stop.stop();
        self.feeds.into_iter().for_each(|f| {
            f.join();
        });
        self.thread.join().unwrap();
        assert_eq!(self.keeper.finish(), haishao::engine::keep::KeepHealth::default());
        self.commander
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come within 60 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_replay_tells_who_did_what_when() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (path, radar, ais) = small_site(folder);
    let config = haishao::config::load(&path).unwrap();
    let engine = Engine::start(&config, folder);
    let sea = Stop::new();
    let playing = play_night(120.0, radar, ais, sea.clone());
    let officer = |name: &str, order: Order| engine.commander.order_blocking(Actor::of(name, "watch-officer"), order);

    let first = wait_for("an incident", || engine.shared.incidents().first().map(|i| i.id));
    let second = wait_for("another incident", || engine.shared.incidents().get(1).map(|i| i.id));
    officer("王", Order::Silence { incident: first }).unwrap();
    officer("王", Order::Acknowledge { incident: first }).unwrap();
    assert_eq!(engine.shared.incident(first).unwrap().acknowledged.as_ref().unwrap().0.name, "王");
    let refused = officer("li", Order::Acknowledge { incident: first }).unwrap_err();
    assert!(matches!(refused, Refusal::NotNow { because: NotNow::AlreadyAcknowledged, .. }), "{refused:?}");
    assert_eq!(
        officer("li", Order::Acknowledge { incident: IncidentId(u64::MAX) }),
        Err(Refusal::NoIncident { incident: IncidentId(u64::MAX) })
    );
    officer("li", Order::Shelve { incident: second, reason: "渔船作业 \"quoted\"\n".to_owned(), for_s: 60 }).unwrap();
    // A number that has no short form in binary: what is applied must be what a replay reads.
    let unit = Unit {
        name: UnitName("HJ-1".to_owned()),
        kind: UnitKind::Boat,
        level: Level::County,
        max_speed_kn: 0.1 + 0.2,
        position: Some([22.500_000_000_1, 114.7 + 1e-13]),
        position_at: None,
        available: true,
        ready_min: 1.0 / 3.0,
    };
    officer("li", Order::Unit { unit: unit.clone() }).unwrap();
    officer("li", Order::Dispatch { incident: first, unit: unit.name.clone() }).unwrap();
    officer("HJ-1", Order::Accept { incident: first, unit: unit.name.clone() }).unwrap();
    officer("HJ-1", Order::OnScene { incident: first, unit: unit.name.clone() }).unwrap();
    let report = Order::ReportBack { incident: first, unit: unit.name, outcome: Outcome::Innocent, text: String::new() };
    officer("HJ-1", report).unwrap();
    // Officers may not speak for the program: not even recorded.
    assert_eq!(officer("li", Order::Resume { saved: Box::default() }), Err(Refusal::NotYours));
    std::thread::sleep(Duration::from_secs(2));
    let shown = engine.shared.incident(first).unwrap();
    assert_eq!((shown.alarm, shown.case), (AlarmState::Acknowledged, CasePhase::ReportedBack));
    let review = Order::Review { incident: first, accepted: true, outcome: None, text: "read".to_owned() };
    officer("chen", review).unwrap();
    officer("chen", Order::Archive { incident: first }).unwrap();
    assert_eq!(engine.shared.incident(first).unwrap().case, CasePhase::Archived);
    sea.stop();
    playing.join().unwrap();
    let commander = engine.end();
    assert_eq!(commander.order_blocking(Actor::of("x", "y"), Order::Acknowledge { incident: first }), Err(Refusal::Ended));

    // The record holds the commands in the order they were given, with their time.
    let mut reader = Reader::open(&folder.join("capture")).unwrap();
    let mut words = Vec::new();
    let mut last = Timestamp::MIN;
    while let Some(entry) = reader.next_record().unwrap() {
        if let Record::Frame(frame) = entry.record
            && let Ok(command) = Command::decode(frame.bytes)
        {
            assert!(command.at >= last && command.at == frame.received_at);
            last = command.at;
            words.push(command.order.word());
        }
    }
    let given = [
        "silence",
        "acknowledge",
        "acknowledge",
        "acknowledge",
        "shelve",
        "unit",
        "dispatch",
        "accept",
        "on-scene",
        "report-back",
        "review",
        "archive",
    ];
    assert_eq!(words, given);

    // And a replay says what the live engine said: tracks, alerts, incidents.
    for speed in ["max", "20"] {
        let out = |name: &str| folder.join(format!("{name}-{speed}"));
        let (tracks, alerts, incidents) = (out("tracks"), out("alerts"), out("incidents"));
        let (capture, config) = (folder.join("capture"), path.as_os_str());
        let mut arguments: Vec<&std::ffi::OsStr> = vec!["replay".as_ref(), "--config".as_ref(), config];
        for (option, file) in [("--tracks", &tracks), ("--alerts", &alerts), ("--incidents", &incidents)] {
            arguments.extend([option.as_ref(), file.as_os_str()]);
        }
        arguments.extend(["--speed".as_ref(), speed.as_ref(), capture.as_os_str()]);
        run(&arguments);
        for (replayed, live) in [(&tracks, "live-tracks"), (&alerts, "live-alerts"), (&incidents, "live-incidents")] {
            let (replayed, live_bytes) = (std::fs::read(replayed).unwrap(), std::fs::read(folder.join(live)).unwrap());
            assert!(!live_bytes.is_empty(), "{live} is empty");
            assert!(replayed == live_bytes, "{live}: the replay at {speed} says something else");
        }
    }
    let lines = std::fs::read_to_string(folder.join("live-incidents")).unwrap();
    let told: BTreeSet<(String, String)> = lines
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .filter_map(|v| Some((v["actor"].as_str()?.to_owned(), v["what"].as_str()?.to_owned())))
        .collect();
    for (who, what) in [
        ("王", "silenced"),
        ("王", "acknowledged"),
        ("li", "refused"),
        ("li", "shelved"),
        ("li", "dispatched"),
        ("HJ-1", "accepted"),
        ("HJ-1", "on-scene"),
        ("HJ-1", "reported-back"),
        ("chen", "reviewed"),
        ("chen", "archived"),
    ] {
        assert!(told.contains(&(who.to_owned(), what.to_owned())), "{who} {what} is not told: {told:?}");
    }
    run(&["verify".as_ref(), folder.join("capture").as_os_str()]);
}

#[test]
fn commands_of_a_later_program_are_passed_over_and_nothing_else_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (path, ..) = small_site(folder);
    let config = haishao::config::load(&path).unwrap();
    let mut pipeline = Pipeline::new(&config).unwrap();
    let at = Timestamp::from_secs(1_773_504_000);
    for (i, bytes) in
        [&b"{\"v\":99,\"order\":{\"do\":\"teleport\"}}"[..], b"\xff\x00", b"", b"{\"v\":1}", b"[]"].iter().enumerate()
    {
        let frame = haishao::model::Frame { feed: FeedId::COMMANDS, received_at: at.plus_seconds(i as f64), bytes };
        let (reports, effects) = pipeline.frame(frame);
        assert!(reports.is_empty() && effects.incidents.is_empty());
    }
    assert_eq!(pipeline.unreadable_commands(), 5);
    assert_eq!(pipeline.core().now(), at.plus_seconds(4.0), "time has passed all the same");
    // A good one between them is carried out.
    let open = Order::Open {
        track: None,
        position: Some([22.5, 114.7]),
        severity: haishao::model::Severity::new(2).unwrap(),
        text: "no lights".to_owned(),
    };
    let bytes = Command::new(Actor::of("li", "watch-officer"), at, open).encode().unwrap();
    let (_, effects) = pipeline.frame(haishao::model::Frame { feed: FeedId::COMMANDS, received_at: at, bytes: &bytes });
    assert_eq!(effects.incidents.len(), 1);
}

fn values(lines: &str) -> Vec<serde_json::Value> {
    lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn a_restarted_watch_knows_what_was_open_and_the_replay_of_both_runs_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (path, radar, ais) = small_site(folder);
    let config = haishao::config::load(&path).unwrap();
    let engine = Engine::start(&config, folder);
    let sea = Stop::new();
    let playing = play_night(120.0, radar, ais, sea.clone());
    let first = wait_for("an incident", || engine.shared.incidents().first().map(|i| i.id));
    engine.commander.order_blocking(Actor::of("王", "watch-officer"), Order::Acknowledge { incident: first }).unwrap();
    let note = Order::Note { incident: first, text: "no lights".to_owned() };
    engine.commander.order_blocking(Actor::of("王", "watch-officer"), note).unwrap();
    sea.stop();
    playing.join().unwrap();
    drop(engine.end());
    let before = std::fs::read_to_string(folder.join("live-incidents")).unwrap();

    let again = folder.join("again-incidents");
    let watch = Watch::start(&path, &["--incidents", again.to_str().unwrap()]);
    std::thread::sleep(Duration::from_secs(2));
    let (status, _) = watch.terminate();
    assert!(status.success());
    let after = std::fs::read_to_string(&again).unwrap();
    let resumed: Vec<_> = values(&after).into_iter().filter(|v| v["what"] == "resumed").collect();
    let kept = resumed.iter().find(|v| v["incident"]["incident_id"] == first.0).expect("what was open is forgotten");
    // Seen, and its boat's alert lives on under the number of the new run or has ended: never again unacknowledged.
    assert!(["acknowledged", "closed"].contains(&kept["incident"]["alarm"].as_str().unwrap()), "{kept}");
    assert!(values(&before).iter().all(|v| v["event"] != kept["event"]), "a number was used twice");

    let (out, rebuilt) = (folder.join("replayed"), folder.join("rebuilt.sqlite3"));
    let (out_arg, store_arg, capture) = (out.as_os_str(), rebuilt.as_os_str(), folder.join("capture"));
    let arguments: [&std::ffi::OsStr; 8] = [
        "replay".as_ref(),
        "--config".as_ref(),
        path.as_os_str(),
        "--incidents".as_ref(),
        out_arg,
        "--store".as_ref(),
        store_arg,
        capture.as_os_str(),
    ];
    run(&arguments);
    let replayed = std::fs::read_to_string(&out).unwrap();
    assert!(replayed == format!("{before}{after}"), "the replay of both runs says something else");

    // The store made anew is the one that was written as the watch went.
    let (live, rebuilt) = (Store::open(&capture.join("haishao.sqlite3")).unwrap(), Store::open(&rebuilt).unwrap());
    let all = IncidentQuery { limit: 10_000, ..IncidentQuery::default() };
    let incidents = live.store.incidents(&all).unwrap();
    assert!(!incidents.is_empty() && rebuilt.store.incidents(&all).unwrap() == incidents, "other incidents");
    let events = live.store.incident_events(first).unwrap();
    assert!(events.len() >= 4 && rebuilt.store.incident_events(first).unwrap() == events, "other events");
    let tracks = |store: &Store| {
        let all = store.tracks(&TrackQuery { limit: 10_000, ..TrackQuery::default() }).unwrap();
        all.into_iter().map(|t| (t.track, t.first, t.within, t.mmsi)).collect::<Vec<_>>()
    };
    assert!(!tracks(&live.store).is_empty() && tracks(&live.store) == tracks(&rebuilt.store), "other tracks");
}
