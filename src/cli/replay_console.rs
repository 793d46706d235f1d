//! `haishao replay --console`: the officer's console over a record.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::EXIT_USAGE;
use super::replay::ReplayArgs;
use super::watch::stop_on_signals;
use crate::config::Config;
use crate::console::{self, Setup};
use crate::engine::Shared;
use crate::engine::playback::{Order, Playback};
use crate::engine::record::{RecordEvents, stretch};
use crate::engine::replay::{Event, JudgesBy, Replay, Speed, with_ticks};
use crate::feed::recorded::{Recorded, merge};
use crate::model::{SensorId, Site};

type Events = Box<dyn Iterator<Item = anyhow::Result<Event>>>;

/// Shows the record until it is told to stop.
pub fn run(listen: &str, args: &ReplayArgs, config: Config, sensor: Option<SensorId>) -> anyhow::Result<ExitCode> {
    super::log::init();
    let stop = stop_on_signals()?;
    let site = Arc::new(config.site.clone());
    let captures = args.captures.clone();
    // Once, so that a file that cannot be read is told before anything is served.
    drop(open(&captures, &site, sensor)?);
    let shared = Arc::new(Shared::new(Arc::clone(&site), None));
    let playback = Arc::new(Playback::default());
    let clock = {
        let shared = Arc::clone(&shared);
        move || shared.picture.load().t_out
    };
    let charts = args.charts.as_deref().map(console::charts_folder).transpose().map_err(anyhow::Error::msg)?;
    let setup = Setup { replay: Some(Arc::clone(&playback)), coast: config.grounds.coast.clone(), charts, ..Setup::default() };
    let console = match console::serve_with(listen, Arc::clone(&shared), clock, setup) {
        Err(error @ (console::ConsoleError::Address { .. } | console::ConsoleError::Open { .. })) => {
            eprintln!("haishao: {error}");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        started => started?,
    };
    eprintln!("haishao: replaying {}, console on http://{}", config.site.name, console.address());

    let open_again = {
        let (captures, site) = (captures.clone(), Arc::clone(&site));
        move || open(&captures, &site, sensor)
    };
    let judges_by = if args.todays_rules { JudgesBy::Configuration } else { JudgesBy::Record };
    let prepare = rewarming(captures, Arc::clone(&site), judges_by);
    playback.order(Order {
        playing: Some(true),
        speed: Some(match args.speed {
            Speed::Times(times) => times,
            Speed::Max => 1.0,
        }),
        seek: args.from,
        ..Order::default()
    });
    std::thread::scope(|scope| {
        scope.spawn(|| playback.index(&config, &open_again, &prepare, &stop));
        playback.run(&config, &open_again, &prepare, &shared, &stop, &|picture| console.note_trails(picture));
    });
    console.stop();
    eprintln!("haishao: ended");
    Ok(ExitCode::SUCCESS)
}

fn open(captures: &[PathBuf], site: &Site, sensor: Option<SensorId>) -> anyhow::Result<Events> {
    if let [folder] = captures
        && folder.is_dir()
    {
        return Ok(Box::new(RecordEvents::open(folder, site)?));
    }
    let mut sources = Vec::new();
    for path in captures {
        anyhow::ensure!(!path.is_dir(), "{}: a folder of ours is replayed alone", path.display());
        sources.push(Recorded::open(path, site, sensor)?);
    }
    let events = merge(sources).map(|frame| {
        frame
            .map(|f| Event::Frame { feed: Some(f.feed), received_at: f.received_at, bytes: f.bytes })
            .map_err(anyhow::Error::from)
    });
    Ok(Box::new(with_ticks(events)))
}

// A run of a record of ours may have been warmed from what was recorded before it.
fn rewarming(
    captures: Vec<PathBuf>,
    site: Arc<Site>,
    judges_by: JudgesBy,
) -> impl for<'a> Fn(Replay<'a>) -> Replay<'a> + Send + Sync {
    move |mut replay| {
        replay.judge_by(judges_by);
        match &captures[..] {
            [folder] if folder.is_dir() => {
                let (folder, site) = (folder.clone(), Arc::clone(&site));
                replay.rewarm_by(Box::new(move |from, until, each| stretch(&folder, &site, from, until, each)));
                replay
            }
            _ => replay,
        }
    }
}
