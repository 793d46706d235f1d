//! The `haishao` command: parses and calls.

use std::process::ExitCode;

use clap::Parser;
use haishao::cli::{Cli, run};

/// Memory in large pages: ADR 0027. With its peers built in, the program counts what it takes of the same (`cli::bench::peers`).
#[cfg(not(feature = "peers"))]
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // A reader that has gone away (`haishao … | head`) is no failure of ours.
            if is_broken_pipe(&error) {
                return ExitCode::SUCCESS;
            }
            eprintln!("haishao: {}", told_once(&error));
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|e| e.downcast_ref::<std::io::Error>()).any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The error with its causes; a cause that the one above has told already is not told again.
fn told_once(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The options of `.cargo/config.toml` have reached the allocator: the kernel holds memory of ours for such as asks for large pages.
    #[test]
    fn memory_asks_for_large_pages() {
        let mode = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
        if !mode.contains("[madvise]") {
            eprintln!("not tested: this kernel gives large pages to everybody or to nobody");
            return;
        }
        // More than one large page on any processor that Debian runs on with pages of 4 kB (2 MB there).
        let block = vec![1u8; 16 << 20];
        let middle = block.as_ptr().addr() + block.len() / 2;
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        let flags = maps.lines().find_map(|line| {
            let range = line.split(' ').next().and_then(|r| r.split_once('-'));
            let ends = range.map(|(a, b)| (usize::from_str_radix(a, 16), usize::from_str_radix(b, 16)));
            if let Some((Ok(begin), Ok(end))) = ends {
                inside = (begin..end).contains(&middle);
            }
            line.strip_prefix("VmFlags:").filter(|_| inside)
        });
        assert!(flags.unwrap().split(' ').any(|flag| flag == "hg"), "{flags:?}");
    }

    #[test]
    fn no_cause_is_told_twice() {
        let error = anyhow::anyhow!("no such file").context("a.pcap: cannot open: no such file").context("replay");
        assert_eq!(told_once(&error), "replay: a.pcap: cannot open: no such file");
    }
}
