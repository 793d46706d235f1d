//! `haishao decode`: recordings → JSON lines, without a site.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::progress::Progress;
use crate::feed::framing::Framer;
use crate::feed::pcap::PcapReader;
use crate::feed::recorded::is_capture;
use crate::model::{Timestamp, WireFormat};
use crate::publish::ais_lines::{ais_line, reception_line};
use crate::publish::arpa_lines::said_line;
use crate::publish::asterix_lines::AsterixLines;
use crate::publish::sapient_lines::message_line;
use crate::publish::sinks::output;
use crate::wire::WireHealth;
use crate::wire::asterix::{Blocks, prefixed};
use crate::wire::nmea::own::utc_of;
use crate::wire::nmea::said::Said;
use crate::wire::nmea::signal::{BAD_VSI, Vsi};
use crate::wire::nmea::{Arpa, AwaitSignal, Gather, Item, OTHER_SENTENCE, Reader, Received};
use crate::wire::sapient;

/// Bytes of a stream by which its format is told: some sentences, an ASTERIX block or two.
const SAMPLE_BYTES: usize = 4096;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// Arguments of `haishao decode`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haishao decode log.nmea\n  \
    haishao decode --stats radar.pcap > records.jsonl\n  \
    nc receiver 10110 | haishao decode --format nmea -\n\n\
    Reads text logs, raw streams, .pcap and .pcapng; .gz of any. Lines go to standard output, statistics to standard error.")]
pub struct DecodeArgs {
    /// How the bytes are written
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// Tell at the end what was decoded and refused, by reason
    #[arg(long)]
    stats: bool,
    /// A recording, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Told by the bytes
    Auto,
    /// NMEA 0183 / IEC 61162 sentences, AIS included
    Nmea,
    /// EUROCONTROL ASTERIX
    Asterix,
    /// SAPIENT (BSI Flex 335)
    Sapient,
}

impl Format {
    fn fixed(self) -> Option<WireFormat> {
        match self {
            Self::Auto => None,
            Self::Nmea => Some(WireFormat::Nmea),
            Self::Asterix => Some(WireFormat::Asterix),
            Self::Sapient => Some(WireFormat::Sapient),
        }
    }
}

/// Decodes.
pub fn run(args: &DecodeArgs) -> anyhow::Result<ExitCode> {
    let mut decoder = Decoder::new(args.format.fixed())?;
    let read = if args.file == Path::new("-") {
        // Somebody waits.
        decoder.ais = AisLines { signals: AwaitSignal::new(false), gather: None };
        read(Path::new("standard input"), std::io::stdin(), &mut decoder)
    } else {
        let file = File::open(&args.file).with_context(|| format!("cannot open {}", args.file.display()))?;
        read(&args.file, file, &mut decoder)
    };
    // A recording that breaks off is decoded up to there.
    decoder.finish()?;
    if args.stats {
        decoder.health.print(&mut std::io::stderr().lock())?;
    }
    read?;
    Ok(ExitCode::SUCCESS)
}

/// Decodes all that `input` holds. What it holds before an error has been decoded.
fn read(name: &Path, input: impl Read + Send + 'static, decoder: &mut Decoder) -> anyhow::Result<()> {
    let broken = || format!("cannot read {} to its end", name.display());
    let mut input = crate::feed::pcap::unpacked(input).with_context(broken)?;
    let mut head = Vec::new();
    let sampled = input.by_ref().take(SAMPLE_BYTES as u64).read_to_end(&mut head);
    if is_capture(head.get(..4).unwrap_or_default()) {
        let stream = std::io::Cursor::new(head).chain(input);
        capture(PcapReader::from_reader(name, stream)?, decoder)
    } else {
        stream(name, head, input, decoder)?;
        sampled.map(drop).with_context(broken)
    }
}

fn capture(mut packets: PcapReader, decoder: &mut Decoder) -> anyhow::Result<()> {
    let mut progress = Progress::new();
    let mut count = 0u64;
    while let Some(datagram) = packets.next_datagram()? {
        decoder.datagram(&datagram.bytes, Some(datagram.at))?;
        count += 1;
        progress.tell(|_| format!("{count} datagrams"));
    }
    progress.done();
    Ok(())
}

fn stream(name: &Path, head: Vec<u8>, mut input: Box<dyn Read + Send>, decoder: &mut Decoder) -> anyhow::Result<()> {
    let format = decoder.format.unwrap_or_else(|| guess(&head));
    let mut framer = Framer::new(format);
    let mut progress = Progress::new();
    let mut total = head.len();
    let mut chunk = head;
    let mut failed = Ok(());
    let mut ended = Ok(());
    while !chunk.is_empty() {
        let pushed = framer.push(&chunk, |frame| {
            if failed.is_ok() {
                failed = decoder.frame(format, frame, None);
            }
        });
        std::mem::replace(&mut failed, Ok(()))?;
        pushed.with_context(|| format!("{}: within the first {total} bytes", name.display()))?;
        progress.tell(|_| format!("{} MB", total / 1_000_000));
        chunk.resize(CHUNK_BYTES, 0);
        let n = loop {
            match input.read(&mut chunk) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Ok(n) => break n,
                Err(error) => {
                    ended = Err(error);
                    break 0;
                }
            }
        };
        chunk.truncate(n);
        total += n;
    }
    framer.finish(|frame| {
        if failed.is_ok() {
            failed = decoder.frame(format, frame, None);
        }
    });
    progress.done();
    failed?;
    ended.with_context(|| format!("{}: after {total} bytes", name.display()))
}

/// The format of bytes that nobody named. Text is what ASTERIX and SAPIENT are not.
fn guess(sample: &[u8]) -> WireFormat {
    let sapient = sapient::frame_length(sample).is_some_and(|n| (5..=sapient::MAX_FRAME_BYTES).contains(&n))
        && sapient::messages(sample).next().is_some_and(|m| m.is_ok());
    if sapient {
        WireFormat::Sapient
    } else if asterix_like(sample) {
        WireFormat::Asterix
    } else {
        WireFormat::Nmea
    }
}

/// Whether the bytes begin with a whole ASTERIX block. Text does not: its second and third byte would be a length of 8 KB or more.
fn asterix_like(sample: &[u8]) -> bool {
    Blocks::new(sample).next().is_some_and(|block| block.is_ok()) || prefixed::blocks(sample).is_some()
}

/// State of decoding all formats.
struct Decoder {
    format: Option<WireFormat>,
    nmea: Reader,
    ais: AisLines,
    arpa: Arpa,
    said: Vec<Said>,
    /// The last time that a log told, which stands for arrival where there is none.
    told: Timestamp,
    asterix: AsterixLines,
    health: Health,
    line: Vec<u8>,
    out: Box<dyn Write + Send>,
}

/// AIS messages on their way to their lines: held back until all stations that heard them have told, and how strongly; not at all on
/// standard input, where somebody waits.
struct AisLines {
    signals: AwaitSignal,
    gather: Option<Gather>,
}

impl AisLines {
    fn push(&mut self, received: &Received<'_>, line: &mut Vec<u8>) {
        let gather = &mut self.gather;
        self.signals.push(received, |received| gathered(gather, received, line));
    }

    fn finish(&mut self, line: &mut Vec<u8>) {
        let gather = &mut self.gather;
        self.signals.flush(|received| gathered(gather, received, line));
        if let Some(gather) = gather {
            gather.flush(|received, stations| ais_line(received, stations, line));
        }
    }
}

fn gathered(gather: &mut Option<Gather>, received: &Received<'_>, line: &mut Vec<u8>) {
    match gather {
        Some(gather) => gather.push(received, |received, stations| ais_line(received, stations, line)),
        None => ais_line(received, received.station.as_slice(), line),
    }
}

#[derive(Default)]
struct Health {
    wire: WireHealth,
    lines: u64,
}

impl Health {
    fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{:<40} {:>12}", "lines written", self.lines)?;
        writeln!(out, "{:<40} {:>12}", "frames", self.wire.frames)?;
        for (word, counts) in [("refused", &self.wire.refused), ("left out", &self.wire.ignored)] {
            for (reason, n) in counts {
                writeln!(out, "{:<40} {n:>12}", format!("{word}: {}", reason.0))?;
            }
        }
        Ok(())
    }
}

impl Decoder {
    fn new(format: Option<WireFormat>) -> anyhow::Result<Self> {
        Ok(Self {
            format,
            nmea: Reader::new(false),
            ais: AisLines { signals: AwaitSignal::new(true), gather: Some(Gather::default()) },
            arpa: Arpa::without_site(),
            said: Vec::new(),
            told: Timestamp::default(),
            asterix: AsterixLines::default(),
            health: Health::default(),
            line: Vec::new(),
            out: output(Path::new("-"))?,
        })
    }

    fn datagram(&mut self, bytes: &[u8], at: Option<Timestamp>) -> std::io::Result<()> {
        let format = self.format.unwrap_or_else(|| guess(bytes));
        self.frame(format, bytes, at)
    }

    fn frame(&mut self, format: WireFormat, bytes: &[u8], at: Option<Timestamp>) -> std::io::Result<()> {
        self.line.clear();
        let (line, health) = (&mut self.line, &mut self.health.wire);
        match format {
            WireFormat::Nmea => {
                health.frames += 1;
                // Without an arrival, parts of messages are put together by the times that the log itself tells.
                let (arpa, said, told) = (&mut self.arpa, &mut self.said, &mut self.told);
                let ais = &mut self.ais;
                self.nmea.read(bytes, at.unwrap_or_default(), health, |item, health| match item {
                    Item::Ais(received) => ais.push(received, line),
                    Item::Other(sentence, _) if Vsi::is_vsi(sentence) => {
                        let vsi = Vsi::parse(sentence).ok_or(BAD_VSI);
                        match vsi.and_then(|vsi| Ok((vsi, ais.signals.tie(&vsi, at.unwrap_or_default(), at.unwrap_or(*told))?)))
                        {
                            // Its message has its line already.
                            Ok((vsi, (linked, false))) => reception_line(&linked, &vsi.signal, line),
                            Ok((_, (_, true))) => {}
                            Err(why) => health.refuse(why),
                        }
                    }
                    Item::Other(sentence, wrapper) => {
                        *told = wrapper.told_time().or_else(|| utc_of(sentence)).map_or(*told, |t| t.max(*told));
                        if !arpa.take(sentence, wrapper, at.unwrap_or(*told), said, health) {
                            health.ignore(OTHER_SENTENCE);
                        }
                        said.drain(..).for_each(|one| said_line(&one, line));
                    }
                });
            }
            WireFormat::Asterix => match prefixed::blocks(bytes) {
                Some(blocks) => blocks.for_each(|block| self.asterix.datagram(block, at, line, health)),
                None => self.asterix.datagram(bytes, at, line, health),
            },
            WireFormat::Sapient => {
                health.frames += 1;
                for message in sapient::messages(bytes) {
                    match message {
                        Ok(message) => message_line(&message, line),
                        Err(why) => health.refuse(why),
                    }
                }
            }
        }
        self.write()
    }

    /// What waited for more is said as it is.
    fn finish(&mut self) -> std::io::Result<()> {
        self.line.clear();
        self.arpa.finish(&mut self.said, &mut self.health.wire);
        let (said, line) = (&mut self.said, &mut self.line);
        self.ais.finish(line);
        said.drain(..).for_each(|one| said_line(&one, line));
        self.write()?;
        self.out.flush()
    }

    fn write(&mut self) -> std::io::Result<()> {
        self.health.lines += self.line.iter().filter(|b| **b == b'\n').count() as u64;
        self.out.write_all(&self.line)
    }
}
