//! The grammar of `feed = "…"`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use crate::model::FeedAddress;
use crate::rules::nearest;

/// Bits per second of a serial line that does not say: IEC 61162-2 (NMEA 0183-HS), the rate of AIS equipment.
const DEFAULT_BAUD: u32 = 38_400;

/// What a feed may be, for messages.
const FORMS: &str = "udp://HOST:PORT, tcp://HOST:PORT, tcp-listen://HOST:PORT, serial://PATH?baud=38400, file:PATH or stdin";

/// Reads a feed address. A relative path of `file:` starts from `folder`. The error says what is wrong and what would be right.
pub fn parse_feed_address(text: &str, folder: &Path) -> Result<FeedAddress, String> {
    if text == "stdin" {
        return Ok(FeedAddress::Stdin);
    }
    if let Some(rest) = text.strip_prefix("file:") {
        // `file:///a/b` is how a browser writes `/a/b`.
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() {
            return Err("names no file; write file:PATH".to_owned());
        }
        return Ok(FeedAddress::File { path: folder.join(path).to_string_lossy().into_owned() });
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(format!("\"{text}\" is not a feed; expected {FORMS}"));
    };
    match scheme {
        "udp" => host_and_port(scheme, rest).map(|(host, port)| FeedAddress::Udp { host, port }),
        "tcp" => host_and_port(scheme, rest).map(|(host, port)| FeedAddress::Tcp { host, port }),
        "tcp-listen" => host_and_port(scheme, rest).map(|(host, port)| FeedAddress::TcpListen { host, port }),
        "serial" => serial(rest),
        _ => {
            let hint = nearest(scheme, ["udp", "tcp", "tcp-listen", "serial", "file"].into_iter())
                .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
            Err(format!("\"{scheme}\" is not a way to receive; expected {FORMS}{hint}"))
        }
    }
}

fn host_and_port(scheme: &str, rest: &str) -> Result<(String, u16), String> {
    let Some((host, port)) = rest.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) else {
        return Err(format!("\"{scheme}://{rest}\" has no port; write {scheme}://HOST:PORT"));
    };
    let port = match port.parse::<u16>() {
        Ok(port) if port > 0 => port,
        _ => return Err(format!("\"{port}\" is not a port; expected a whole number from 1 to 65535")),
    };
    // An IPv6 address stands in brackets (RFC 3986 §3.2.2); sockets want it without.
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return match inner.parse::<Ipv6Addr>() {
            Ok(_) => Ok((inner.to_owned(), port)),
            Err(_) => Err(format!("\"{inner}\" is not an IPv6 address")),
        };
    }
    let numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let named = host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if host.is_empty() {
        Err(format!("\"{scheme}://{rest}\" has no host; write 0.0.0.0 for any address of this machine"))
    } else if numeric && host.parse::<Ipv4Addr>().is_err() {
        Err(format!("\"{host}\" is not an IPv4 address"))
    } else if !named {
        Err(format!("\"{host}\" is neither an address nor a host name; an IPv6 address stands in brackets, as [::1]"))
    } else {
        Ok((host.to_owned(), port))
    }
}

fn serial(rest: &str) -> Result<FeedAddress, String> {
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    if path.is_empty() {
        return Err("names no device; write serial:///dev/ttyUSB0?baud=38400".to_owned());
    }
    let baud = match query {
        None => DEFAULT_BAUD,
        Some(query) => match query.strip_prefix("baud=").and_then(|b| b.parse::<u32>().ok()) {
            // 300 is the slowest of the standard rates, 4 000 000 the fastest that Linux names.
            Some(baud) if (300..=4_000_000).contains(&baud) => baud,
            _ => return Err(format!("\"?{query}\" is not a rate; write ?baud=4800 or ?baud=38400")),
        },
    };
    Ok(FeedAddress::Serial { path: path.to_owned(), baud })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FeedAddress, String> {
        parse_feed_address(text, Path::new("/etc/haishao"))
    }

    #[test]
    fn every_form_is_read_and_prints_as_it_was_written() {
        for text in [
            "udp://239.192.0.11:8600",
            "udp://0.0.0.0:10110",
            "tcp://ais.example.cn:4001",
            "tcp-listen://127.0.0.1:5000",
            "serial:///dev/ttyUSB0?baud=4800",
            "file:/srv/a.nmea",
            "stdin",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse("tcp://[::1]:80"), Ok(FeedAddress::Tcp { host: "::1".to_owned(), port: 80 }));
        assert_eq!(parse("file:a.nmea"), Ok(FeedAddress::File { path: "/etc/haishao/a.nmea".to_owned() }));
        assert_eq!(parse("serial:///dev/ttyS0"), Ok(FeedAddress::Serial { path: "/dev/ttyS0".to_owned(), baud: 38_400 }));
    }

    #[test]
    fn what_is_not_a_feed_is_refused_with_what_would_be() {
        for (text, part) in [
            ("upd://0.0.0.0:1", "did you mean \"udp\"?"),
            ("239.192.0.11:8600", "expected udp://HOST:PORT"),
            ("udp://239.192.0.11", "has no port"),
            ("udp://[::1]", "has no port"),
            ("udp://0.0.0.0:0", "from 1 to 65535"),
            ("udp://0.0.0.0:65536", "from 1 to 65535"),
            ("udp://0.0.0.0:ais", "from 1 to 65535"),
            ("udp://239.192.0.300:8600", "not an IPv4 address"),
            ("tcp://[::g]:1", "not an IPv6 address"),
            ("tcp://a b:1", "neither an address nor a host name"),
            ("tcp://::1:1", "in brackets"),
            ("tcp://:1", "has no host"),
            ("serial://", "names no device"),
            ("serial:///dev/ttyS0?rate=1", "is not a rate"),
            ("serial:///dev/ttyS0?baud=0", "is not a rate"),
            ("file:", "names no file"),
            ("", "is not a feed"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
