//! The head of a segment: which one it is, what it follows, and all that is needed to understand it alone.
//!
//! ```text
//! header = magic [8] | version u16 | 0 u16 | body length u32 | body | crc32c u32 of all before
//! body   = created_at i64 | segment u64 | first sequence u64 | BLAKE3 of the segment before [32]
//!          | site | program | configuration | feeds, each: address | sensors, each: number, id
//! ```
//!
//! The frame around the body is the same in all versions, so that any program can tell a later version from damage.

use super::bytes::{Take, put_string, put_varint};
use super::fault::Problem;
use super::format::FORMAT_VERSION;
use super::record::Sequence;
use crate::config::Config;
use crate::model::{FeedId, SensorId, Site, Timestamp};

/// As PNG's: the top bit and both line ends show a transfer in text mode, 0x1a ends a listing on a terminal.
const MAGIC: &[u8; 8] = b"\x89HSC\r\n\x1a\n";
const FRAME_LEN: usize = 8 + 2 + 2 + 4;
/// Configurations are some kilobytes; the bound keeps a damaged length from being allocated.
const MAX_BODY_LEN: usize = 1 << 24;

/// The address under which a record lists the feed of commands ([`FeedId::COMMANDS`]). No site can configure it: it is no scheme.
pub const COMMANDS_ADDRESS: &str = "haishao:commands";

/// What a record must carry to be understood without the site's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Name of the site.
    pub site: String,
    /// Program and version that wrote the segment.
    pub program: String,
    /// The configuration's text.
    pub config: String,
    /// What the feed numbers in the records mean; [`FeedId`] is the index.
    pub feeds: Vec<FeedEntry>,
}

/// A feed as the records know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its address, as configured.
    pub address: String,
    /// Number and name of the sensors on it.
    pub sensors: Vec<(SensorId, String)>,
}

impl Provenance {
    /// Of a configuration, for the program that runs.
    pub fn of(config: &Config) -> Self {
        Self::of_site(&config.site, &config.text)
    }

    /// Of a site and the text it was read from, for the program that runs.
    pub fn of_site(site: &Site, text: &str) -> Self {
        let feeds = site.feeds.iter().enumerate().map(|(i, address)| FeedEntry {
            address: address.to_string(),
            sensors: site.sensors_on(FeedId(i as u16)).map(|(id, sensor)| (id, sensor.id.clone())).collect(),
        });
        Self {
            site: site.name.clone(),
            program: concat!("haishao ", env!("CARGO_PKG_VERSION")).to_owned(),
            config: text.to_owned(),
            feeds: feeds.chain([FeedEntry { address: COMMANDS_ADDRESS.to_owned(), sensors: Vec::new() }]).collect(),
        }
    }
}

/// The head of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// When its first record was received.
    pub created_at: Timestamp,
    /// Its number, from 1.
    pub segment: u64,
    /// Number that follows the last record of the segment before.
    pub first_sequence: Sequence,
    /// BLAKE3 of the whole file of the segment before; `None` in the first one of all.
    pub previous: Option<[u8; 32]>,
    /// What makes the segment understood alone.
    pub provenance: Provenance,
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend_from_slice(&self.created_at.nanos().to_le_bytes());
        body.extend_from_slice(&self.segment.to_le_bytes());
        body.extend_from_slice(&self.first_sequence.0.to_le_bytes());
        body.extend_from_slice(&self.previous.unwrap_or([0; 32]));
        put_string(&mut body, &self.provenance.site);
        put_string(&mut body, &self.provenance.program);
        put_string(&mut body, &self.provenance.config);
        put_varint(&mut body, self.provenance.feeds.len() as u64);
        for feed in &self.provenance.feeds {
            put_string(&mut body, &feed.address);
            put_varint(&mut body, feed.sensors.len() as u64);
            for (id, name) in &feed.sensors {
                put_varint(&mut body, u64::from(id.0));
                put_string(&mut body, name);
            }
        }
        let mut out = Vec::with_capacity(FRAME_LEN + body.len() + 4);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&(body.len() as u32).to_le_bytes());
        out.extend_from_slice(&body);
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads the header at the front of `bytes`, which need not hold all of it, and says how long it is.
    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, usize), Problem> {
        let mut take = Take::new(bytes);
        let magic = take.slice(MAGIC.len().min(bytes.len())).unwrap_or_default();
        if !MAGIC.starts_with(magic) {
            return Err(Problem::Magic);
        }
        let (Some(version), Some(_), Some(body_len)) = (take.u16(), take.u16(), take.u32()) else {
            return Err(Problem::HeaderShort);
        };
        let body_len = body_len as usize;
        if body_len > MAX_BODY_LEN {
            return Err(Problem::HeaderField { field: "length" });
        }
        let (Some(body), Some(stated)) = (take.slice(body_len), take.u32()) else { return Err(Problem::HeaderShort) };
        let computed = crc32c::crc32c(bytes.get(..FRAME_LEN + body_len).unwrap_or_default());
        if stated != computed {
            return Err(Problem::Crc { stated, computed });
        }
        if version != FORMAT_VERSION {
            return Err(Problem::Version { found: version });
        }
        let header = Self::decode_body(body).map_err(|field| Problem::HeaderField { field })?;
        Ok((header, FRAME_LEN + body_len + 4))
    }

    fn decode_body(body: &[u8]) -> Result<Self, &'static str> {
        let mut take = Take::new(body);
        let created_at = Timestamp::from_nanos(take.i64().ok_or("creation time")?);
        let segment = take.u64().filter(|&n| n > 0).ok_or("segment number")?;
        let first_sequence = Sequence(take.u64().ok_or("first sequence")?);
        let previous = Some(take.array::<32>().ok_or("previous segment")?).filter(|hash| *hash != [0; 32]);
        let site = take.string().ok_or("site")?.to_owned();
        let program = take.string().ok_or("program")?.to_owned();
        let config = take.string().ok_or("configuration")?.to_owned();
        let mut feeds = Vec::new();
        for _ in 0..take.varint().ok_or("feeds")? {
            let address = take.string().ok_or("feed address")?.to_owned();
            let mut sensors = Vec::new();
            for _ in 0..take.varint().ok_or("sensors")? {
                let id = take.varint().and_then(|n| u16::try_from(n).ok()).ok_or("sensor number")?;
                sensors.push((SensorId(id), take.string().ok_or("sensor id")?.to_owned()));
            }
            feeds.push(FeedEntry { address, sensors });
        }
        if !take.is_empty() {
            return Err("bytes after the last field");
        }
        let provenance = Provenance { site, program, config, feeds };
        Ok(Self { created_at, segment, first_sequence, previous, provenance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let sensors = vec![(SensorId(0), "radar-1".to_owned()), (SensorId(2), "雷达".to_owned())];
        Header {
            created_at: Timestamp::from_secs(1_773_504_000),
            segment: 7,
            first_sequence: Sequence(1 << 40),
            previous: Some([9; 32]),
            provenance: Provenance {
                site: "Daya Bay 大亚湾".to_owned(),
                program: "haishao 0.1.0".to_owned(),
                config: "[site]\n".to_owned(),
                feeds: vec![FeedEntry { address: "udp://239.192.0.11:8600".to_owned(), sensors }, FeedEntry::default()],
            },
        }
    }

    #[test]
    fn comes_back_and_knows_its_length() {
        let mut bytes = header().encode();
        let len = bytes.len();
        bytes.extend_from_slice(b"records");
        assert_eq!(Header::decode(&bytes), Ok((header(), len)));
    }

    #[test]
    fn every_cut_is_short_and_every_flip_is_refused() {
        let bytes = header().encode();
        for n in 0..bytes.len() {
            assert_eq!(Header::decode(&bytes[..n]), Err(Problem::HeaderShort), "cut at {n}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::decode(&bad).is_err(), "flip of bit {bit}");
        }
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let mut bytes = header().encode();
        bytes[8] = 2;
        assert!(matches!(Header::decode(&bytes), Err(Problem::Crc { .. })));
        let covered = bytes.len() - 4;
        let crc = crc32c::crc32c(&bytes[..covered]);
        bytes[covered..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Header::decode(&bytes), Err(Problem::Version { found: 2 }));
    }
}
