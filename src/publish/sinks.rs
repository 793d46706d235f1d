//! Effects → files of JSON lines.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use super::incident_lines::incident_line;
use super::lines::{alert_line, suppressed_line, track_line};
use crate::engine::Effects;
use crate::engine::live::{BoxedSink, Sink};
use crate::model::Site;

/// Which lines an output gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Track lines.
    Tracks,
    /// Alert lines.
    Alerts,
    /// Incident lines.
    Incidents,
    /// Lines of alerts that were kept back.
    Suppressed,
}

/// Opens `path` (`-` is standard output) for lines of one kind.
pub fn open(lines: Lines, path: &Path, site: Arc<Site>) -> std::io::Result<BoxedSink> {
    let out = output(path)?;
    Ok(Box::new(LineSink { lines, out, site, name: path.display().to_string(), buffer: Vec::new() }))
}

/// A buffered writer to `path`, or to standard output for `-`.
pub fn output(path: &Path) -> std::io::Result<Box<dyn Write + Send>> {
    // 256 KiB: about a thousand lines a system call.
    const BUFFER: usize = 256 << 10;
    Ok(if path == Path::new("-") {
        Box::new(BufWriter::with_capacity(BUFFER, std::io::stdout()))
    } else {
        Box::new(BufWriter::with_capacity(BUFFER, File::create(path)?))
    })
}

struct LineSink {
    lines: Lines,
    out: Box<dyn Write + Send>,
    site: Arc<Site>,
    name: String,
    buffer: Vec<u8>,
}

impl Sink for LineSink {
    fn take(&mut self, effects: &Effects) -> std::io::Result<()> {
        self.buffer.clear();
        match self.lines {
            Lines::Tracks => effects.tracks.iter().for_each(|t| track_line(t, &self.site, &mut self.buffer)),
            Lines::Alerts => effects.alerts.iter().for_each(|a| alert_line(a, &mut self.buffer)),
            Lines::Incidents => effects.incidents.iter().for_each(|i| incident_line(i, &mut self.buffer)),
            Lines::Suppressed => effects.suppressed.iter().for_each(|s| suppressed_line(s, &mut self.buffer)),
        }
        self.out.write_all(&self.buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }

    fn name(&self) -> &str {
        &self.name
    }
}
