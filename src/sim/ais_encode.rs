//! AIS messages → VDM sentences with TAG blocks: types 1, 5, 18, 24 (ITU-R M.1371-5 annex 8, IEC 61162-1, IEC 61162-450 TAG).

use crate::geo::Geodetic;
use crate::model::Mmsi;
use crate::model::units::mps_to_knots;

/// Bits of a message, the most significant of a field first.
#[derive(Clone, Debug, Default)]
struct Bits {
    bits: Vec<bool>,
}

impl Bits {
    fn unsigned(&mut self, value: u64, width: u32) -> &mut Self {
        for i in (0..width).rev() {
            self.bits.push((value >> i) & 1 == 1);
        }
        self
    }

    /// Two's complement.
    fn signed(&mut self, value: i64, width: u32) -> &mut Self {
        self.unsigned(value as u64, width)
    }

    /// Six-bit text of `chars` characters, padded with `@`; what the alphabet lacks becomes a space (M.1371-5 annex 8 table 47).
    fn text(&mut self, text: &str, chars: usize) -> &mut Self {
        let mut codes = text.bytes().map(|b| match b.to_ascii_uppercase() {
            c @ b'@'..=b'_' => c - 64,
            c @ b' '..=b'?' => c,
            _ => b' ',
        });
        for _ in 0..chars {
            self.unsigned(u64::from(codes.next().unwrap_or(0)), 6);
        }
        self
    }

    /// Payload characters and the number of fill bits (IEC 61162-1 table of the six-bit field).
    fn armoured(&self) -> (String, usize) {
        let fill = (6 - self.bits.len() % 6) % 6;
        let chars = self.bits.chunks(6).map(|chunk| {
            let value = (0..6).fold(0u8, |v, i| (v << 1) | u8::from(chunk.get(i).copied().unwrap_or(false)));
            char::from(if value < 40 { value + 48 } else { value + 56 })
        });
        (chars.collect(), fill)
    }
}

/// What a transmitter says of its motion.
#[derive(Clone, Copy, Debug)]
pub struct Motion {
    /// Where.
    pub position: Geodetic,
    /// Speed over ground, m/s.
    pub sog: f64,
    /// Course over ground, radians.
    pub cog: f64,
    /// Heading, radians, where the ship has a gyro.
    pub heading: Option<f64>,
    /// UTC second of the fix, 0–59.
    pub utc_second: u8,
}

/// What a ship says of itself.
#[derive(Clone, Debug)]
pub struct Particulars {
    /// Name, at most 20 characters.
    pub name: String,
    /// Call sign, at most 7 characters.
    pub callsign: String,
    /// IMO number; 0 for not available.
    pub imo: u32,
    /// Ship and cargo type.
    pub ship_type: u8,
    /// Distances in m from the antenna to bow, stern, port side, starboard side.
    pub dimensions: [u16; 4],
    /// Draught in tenths of a metre; 0 for not available.
    pub draught_dm: u8,
    /// Destination, at most 20 characters.
    pub destination: String,
}

/// 1/10 000 minute: the resolution of positions in all position reports but type 27.
const UNITS_PER_DEGREE: f64 = 600_000.0;
/// Rate of turn that is not available.
const ROT_NOT_AVAILABLE: i64 = -128;
/// Heading that is not available.
const HEADING_NOT_AVAILABLE: u64 = 511;

fn sog_tenths(motion: &Motion) -> u64 {
    // 1022 stands for 102.2 kn or more.
    ((mps_to_knots(motion.sog) * 10.0).round() as u64).min(1022)
}

fn cog_tenths(motion: &Motion) -> u64 {
    (motion.cog.to_degrees().rem_euclid(360.0) * 10.0).round() as u64 % 3600
}

fn heading_degrees(motion: &Motion) -> u64 {
    motion.heading.map_or(HEADING_NOT_AVAILABLE, |h| h.to_degrees().rem_euclid(360.0).round() as u64 % 360)
}

fn position(bits: &mut Bits, at: Geodetic) {
    bits.signed((at.lon_deg() * UNITS_PER_DEGREE).round() as i64, 28);
    bits.signed((at.lat_deg() * UNITS_PER_DEGREE).round() as i64, 27);
}

fn position_report_class_a(mmsi: Mmsi, nav_status: u8, motion: &Motion) -> Bits {
    let mut b = Bits::default();
    b.unsigned(1, 6).unsigned(0, 2).unsigned(u64::from(mmsi.0), 30).unsigned(u64::from(nav_status), 4);
    b.signed(ROT_NOT_AVAILABLE, 8).unsigned(sog_tenths(motion), 10).unsigned(1, 1);
    position(&mut b, motion.position);
    b.unsigned(cog_tenths(motion), 12).unsigned(heading_degrees(motion), 9).unsigned(u64::from(motion.utc_second), 6);
    // Manoeuvre not available, spare, no RAIM, SOTDMA state: direct UTC, slot time-out 0.
    b.unsigned(0, 2).unsigned(0, 3).unsigned(0, 1).unsigned(0, 19);
    b
}

fn position_report_class_b(mmsi: Mmsi, motion: &Motion) -> Bits {
    let mut b = Bits::default();
    b.unsigned(18, 6).unsigned(0, 2).unsigned(u64::from(mmsi.0), 30).unsigned(0, 8);
    b.unsigned(sog_tenths(motion), 10).unsigned(0, 1);
    position(&mut b, motion.position);
    b.unsigned(cog_tenths(motion), 12).unsigned(heading_degrees(motion), 9).unsigned(u64::from(motion.utc_second), 6);
    // Spare; carrier-sense unit, no display, DSC, whole band, no message 22, autonomous, no RAIM; the fixed carrier-sense state.
    b.unsigned(0, 2).unsigned(0b1_0_1_1_0_0_0, 7).unsigned(1, 1).unsigned(0b110_0000_0000_0000_0110, 19);
    b
}

fn static_class_a(mmsi: Mmsi, ship: &Particulars) -> Bits {
    let mut b = Bits::default();
    b.unsigned(5, 6).unsigned(0, 2).unsigned(u64::from(mmsi.0), 30).unsigned(0, 2).unsigned(u64::from(ship.imo), 30);
    b.text(&ship.callsign, 7).text(&ship.name, 20).unsigned(u64::from(ship.ship_type), 8);
    dimensions(&mut b, ship.dimensions);
    // Position from GPS; no estimated time of arrival (month 0, day 0, hour 24, minute 60).
    b.unsigned(1, 4).unsigned(0, 4).unsigned(0, 5).unsigned(24, 5).unsigned(60, 6);
    b.unsigned(u64::from(ship.draught_dm), 8).text(&ship.destination, 20).unsigned(0, 2);
    b
}

fn static_class_b_part_a(mmsi: Mmsi, ship: &Particulars) -> Bits {
    let mut b = Bits::default();
    b.unsigned(24, 6).unsigned(0, 2).unsigned(u64::from(mmsi.0), 30).unsigned(0, 2).text(&ship.name, 20);
    b
}

fn static_class_b_part_b(mmsi: Mmsi, ship: &Particulars) -> Bits {
    let mut b = Bits::default();
    b.unsigned(24, 6).unsigned(0, 2).unsigned(u64::from(mmsi.0), 30).unsigned(1, 2);
    // Vendor "SIM" without model or serial number.
    b.unsigned(u64::from(ship.ship_type), 8).text("SIM", 3).unsigned(0, 24).text(&ship.callsign, 7);
    dimensions(&mut b, ship.dimensions);
    b.unsigned(1, 4).unsigned(0, 2);
    b
}

fn dimensions(b: &mut Bits, [bow, stern, port, starboard]: [u16; 4]) {
    b.unsigned(u64::from(bow.min(511)), 9).unsigned(u64::from(stern.min(511)), 9);
    b.unsigned(u64::from(port.min(63)), 6).unsigned(u64::from(starboard.min(63)), 6);
}

/// XOR of the bytes between the delimiters, as in every sentence and TAG block of IEC 61162.
fn checksum(bytes: &str) -> u8 {
    bytes.bytes().fold(0, |sum, b| sum ^ b)
}

/// One base station's output: keeps the sequence numbers that tie the parts of a message together, and takes the two AIS
/// channels in turn.
#[derive(Clone, Debug)]
pub struct Station {
    name: String,
    sequence: u8,
    group: u16,
    on_channel_b: bool,
}

/// Payload characters that fit a sentence of 82 characters beside its other fields.
const PAYLOAD_CHARS: usize = 56;

impl Station {
    /// A station that calls itself `name` in its TAG blocks.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), sequence: 0, group: 0, on_channel_b: false }
    }

    /// Position report of a class A ship: type 1.
    pub fn class_a_position(&mut self, unix_s: i64, mmsi: Mmsi, nav_status: u8, motion: &Motion) -> String {
        self.sentences(unix_s, &position_report_class_a(mmsi, nav_status, motion))
    }

    /// Position report of a class B craft: type 18.
    pub fn class_b_position(&mut self, unix_s: i64, mmsi: Mmsi, motion: &Motion) -> String {
        self.sentences(unix_s, &position_report_class_b(mmsi, motion))
    }

    /// Static and voyage data of a class A ship: type 5, two sentences.
    pub fn class_a_static(&mut self, unix_s: i64, mmsi: Mmsi, ship: &Particulars) -> String {
        self.sentences(unix_s, &static_class_a(mmsi, ship))
    }

    /// Static data of a class B craft: type 24 parts A and B, a sentence each.
    pub fn class_b_static(&mut self, unix_s: i64, mmsi: Mmsi, ship: &Particulars) -> [String; 2] {
        [self.sentences(unix_s, &static_class_b_part_a(mmsi, ship)), self.sentences(unix_s, &static_class_b_part_b(mmsi, ship))]
    }

    fn sentences(&mut self, unix_s: i64, bits: &Bits) -> String {
        let (payload, fill) = bits.armoured();
        let channel = if self.on_channel_b { 'B' } else { 'A' };
        self.on_channel_b = !self.on_channel_b;
        let parts = payload.len().div_ceil(PAYLOAD_CHARS);
        if parts > 1 {
            self.sequence = (self.sequence + 1) % 10;
            self.group = self.group % 9999 + 1;
        }
        let mut out = String::new();
        let mut rest = payload.as_str();
        for part in 1..=parts {
            let (chunk, tail) = rest.split_at(rest.len().min(PAYLOAD_CHARS));
            rest = tail;
            let (tag, body) = if parts == 1 {
                (format!("s:{},c:{unix_s}", self.name), format!("AIVDM,1,1,,{channel},{chunk},{fill}"))
            } else {
                // The time belongs to the group and is told once; only the last part can have fill bits.
                let time = if part == 1 { format!(",s:{},c:{unix_s}", self.name) } else { String::new() };
                let fill = if part == parts { fill } else { 0 };
                (
                    format!("g:{part}-{parts}-{}{time}", self.group),
                    format!("AIVDM,{parts},{part},{},{channel},{chunk},{fill}", self.sequence),
                )
            };
            out += &format!("\\{tag}*{:02X}\\!{body}*{:02X}\r\n", checksum(&tag), checksum(&body));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion() -> Motion {
        Motion { position: Geodetic::from_degrees(22.5, 114.75), sog: 7.2, cog: 1.5, heading: Some(1.6), utc_second: 17 }
    }

    fn particulars() -> Particulars {
        Particulars {
            name: "HUI DONG YU 60123".into(),
            callsign: "BSIM7".into(),
            imo: 9_074_729,
            ship_type: 70,
            dimensions: [100, 40, 12, 11],
            draught_dm: 84,
            destination: "HUIZHOU".into(),
        }
    }

    #[test]
    fn lengths_are_those_of_the_standard() {
        let m = Mmsi(412_000_001);
        assert_eq!(position_report_class_a(m, 0, &motion()).bits.len(), 168);
        assert_eq!(position_report_class_b(m, &motion()).bits.len(), 168);
        assert_eq!(static_class_a(m, &particulars()).bits.len(), 424);
        assert_eq!(static_class_b_part_a(m, &particulars()).bits.len(), 160);
        assert_eq!(static_class_b_part_b(m, &particulars()).bits.len(), 168);
    }

    #[test]
    fn a_known_message_comes_out_as_heard() {
        // A type 24 part A heard on the air: MMSI 271041815, name PROGUY (gpsd's documentation of AIVDM).
        let ship = Particulars { name: "PROGUY".into(), ..particulars() };
        let (payload, fill) = static_class_b_part_a(Mmsi(271_041_815), &ship).armoured();
        assert_eq!(payload, "H42O55i18tMET00000000000000");
        assert_eq!(fill, 2);
    }

    #[test]
    fn every_sentence_fits_and_is_closed() {
        let mut station = Station::new("AIS-SIM");
        let mut all = station.class_a_static(1_773_504_000, Mmsi(412_000_001), &particulars());
        all += &station.class_a_position(1_773_504_000, Mmsi(412_000_001), 0, &motion());
        assert_eq!(all.lines().count(), 3);
        for line in all.lines() {
            let sentence = line.rsplit('\\').next().unwrap();
            assert!(sentence.len() <= 80, "{sentence}");
            let (body, sum) = sentence[1..].split_once('*').unwrap();
            assert_eq!(u8::from_str_radix(sum, 16).unwrap(), checksum(body));
        }
    }
}
