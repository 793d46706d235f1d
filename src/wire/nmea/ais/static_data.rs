//! Messages that tell what their sender is: types 5, 19, 21 and 24.

use super::payload::{Payload, Text};
use super::units::{Cog, Degrees, Dimensions, Draught, Eta, ImoNumber, Position, ShipType, Sog, UtcSecond};
use crate::model::Mmsi;

/// Bow, stern, port and starboard in 9, 9, 6 and 6 bits.
#[inline(always)]
fn dimensions(p: &Payload, at: usize) -> Dimensions {
    Dimensions {
        bow: p.unsigned(at, 9) as u16,
        stern: p.unsigned(at + 9, 9) as u16,
        port: p.unsigned(at + 18, 6) as u16,
        starboard: p.unsigned(at + 24, 6) as u16,
    }
}

/// Static and voyage data of a class A ship: type 5 (§3.3).
#[derive(Clone, Copy, Debug)]
pub struct StaticAndVoyage<'m> {
    /// Edition of the standard the station keeps to, 0–3.
    pub ais_version: u8,
    /// IMO number.
    pub imo: ImoNumber,
    /// Call sign.
    pub callsign: Text<'m>,
    /// Name.
    pub name: Text<'m>,
    /// Type of ship and cargo.
    pub ship_type: ShipType,
    /// Size and place of the antenna.
    pub dimensions: Dimensions,
    /// Kind of position fixing device 0–15.
    pub epfd: u8,
    /// Estimated time of arrival.
    pub eta: Eta,
    /// Draught.
    pub draught: Draught,
    /// Destination.
    pub destination: Text<'m>,
    /// Data terminal *not* available.
    pub dte: bool,
}

impl<'m> StaticAndVoyage<'m> {
    #[inline(always)]
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self {
            ais_version: p.unsigned(38, 2) as u8,
            imo: ImoNumber(p.unsigned(40, 30)),
            callsign: p.text(70, 7),
            name: p.text(112, 20),
            ship_type: ShipType(p.unsigned(232, 8) as u8),
            dimensions: dimensions(p, 240),
            epfd: p.unsigned(270, 4) as u8,
            eta: Eta {
                raw_month: p.unsigned(274, 4) as u8,
                raw_day: p.unsigned(278, 5) as u8,
                raw_hour: p.unsigned(283, 5) as u8,
                raw_minute: p.unsigned(288, 6) as u8,
            },
            draught: Draught(p.unsigned(294, 8) as u8),
            destination: p.text(302, 20),
            dte: p.flag(422),
        }
    }
}

/// Extended report of a class B craft: type 19 (§3.17).
#[derive(Clone, Copy, Debug)]
pub struct ClassBExtended<'m> {
    /// Speed over ground.
    pub sog: Sog,
    /// Better than 10 m.
    pub accurate: bool,
    /// Where.
    pub position: Position,
    /// Course over ground.
    pub cog: Cog,
    /// True heading.
    pub heading: Degrees,
    /// When.
    pub second: UtcSecond,
    /// Name.
    pub name: Text<'m>,
    /// Type of ship and cargo.
    pub ship_type: ShipType,
    /// Size and place of the antenna.
    pub dimensions: Dimensions,
    /// Kind of position fixing device 0–15.
    pub epfd: u8,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// Data terminal *not* available.
    pub dte: bool,
    /// Reporting as a base station told it to.
    pub assigned: bool,
}

impl<'m> ClassBExtended<'m> {
    #[inline(always)]
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self {
            sog: Sog(p.unsigned(46, 10) as u16),
            accurate: p.flag(56),
            position: Position::fine(p.signed(57, 28), p.signed(85, 27)),
            cog: Cog(p.unsigned(112, 12) as u16),
            heading: Degrees(p.unsigned(124, 9) as u16),
            second: UtcSecond(p.unsigned(133, 6) as u8),
            name: p.text(143, 20),
            ship_type: ShipType(p.unsigned(263, 8) as u8),
            dimensions: dimensions(p, 271),
            epfd: p.unsigned(301, 4) as u8,
            raim: p.flag(305),
            dte: p.flag(306),
            assigned: p.flag(307),
        }
    }
}

/// Report of an aid to navigation: type 21 (§3.19).
#[derive(Clone, Copy, Debug)]
pub struct AidToNavigation<'m> {
    /// What aid, 0–31 (§3.19); 0 not specified.
    pub aid_type: u8,
    /// First 20 characters of its name.
    pub name: Text<'m>,
    /// Up to 14 more, joined to the first without a space.
    pub name_extension: Text<'m>,
    /// Better than 10 m.
    pub accurate: bool,
    /// Where.
    pub position: Position,
    /// Size.
    pub dimensions: Dimensions,
    /// Kind of position fixing device 0–15; 7 surveyed.
    pub epfd: u8,
    /// When.
    pub second: UtcSecond,
    /// Has left its place. Only where the second is 0–59.
    pub off_position: bool,
    /// Status of light, radar beacon and health.
    pub status: u8,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// There is nothing at that place: sent by a station elsewhere.
    pub is_virtual: bool,
    /// Reporting as a base station told it to.
    pub assigned: bool,
}

impl<'m> AidToNavigation<'m> {
    #[inline(always)]
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self {
            aid_type: p.unsigned(38, 5) as u8,
            name: p.text(43, 20),
            name_extension: p.text_to_end(272),
            accurate: p.flag(163),
            position: Position::fine(p.signed(164, 28), p.signed(192, 27)),
            dimensions: dimensions(p, 219),
            epfd: p.unsigned(249, 4) as u8,
            second: UtcSecond(p.unsigned(253, 6) as u8),
            off_position: p.flag(259),
            status: p.unsigned(260, 8) as u8,
            raim: p.flag(268),
            is_virtual: p.flag(269),
            assigned: p.flag(270),
        }
    }

    /// The name with its extension, which continues it without a space of its own.
    pub fn full_name(&self) -> Option<String> {
        let mut name: Vec<u8> = self.name.raw().collect();
        // Where the name is shorter than its field, the extension should be left out, but some stations send one.
        while name.last() == Some(&b'@') {
            name.pop();
        }
        name.extend(self.name_extension.raw());
        let name: String = name.into_iter().map(char::from).collect();
        let name = name.trim_end_matches(['@', ' ']).trim_start_matches(' ');
        (!name.is_empty()).then(|| name.to_string())
    }
}

/// Static data of a class B craft: type 24 (§3.22).
#[derive(Clone, Copy, Debug)]
pub enum StaticData<'m> {
    /// Part A.
    Name(Text<'m>),
    /// Part B.
    Details(StaticDetails<'m>),
}

/// Part B of type 24.
#[derive(Clone, Copy, Debug)]
pub struct StaticDetails<'m> {
    /// Type of ship and cargo.
    pub ship_type: ShipType,
    /// Maker of the unit, three letters.
    pub vendor: Text<'m>,
    /// The maker's model, 0–15.
    pub model: u8,
    /// Its serial number.
    pub serial: u32,
    /// Call sign.
    pub callsign: Text<'m>,
    /// Size and place of the antenna; of an auxiliary craft, see [`mother_ship`](Self::mother_ship), without meaning.
    pub dimensions: Dimensions,
    /// The mother ship, in place of dimensions, where the sender is an auxiliary craft (an MMSI 98xxxxxxx).
    pub mother_ship: Option<Mmsi>,
    /// Kind of position fixing device 0–15.
    pub epfd: u8,
}

impl<'m> StaticData<'m> {
    /// `None` for a part that does not exist or is too short.
    #[inline(always)]
    pub(super) fn decode(p: &'m Payload, mmsi: Mmsi) -> Option<Self> {
        match p.unsigned(38, 2) {
            0 => Some(Self::Name(p.text(40, 20))),
            1 if p.len() >= 168 => {
                // M.585: 98 and seven digits is a craft associated with a mother ship.
                let auxiliary = mmsi.0 / 10_000_000 == 98;
                Some(Self::Details(StaticDetails {
                    ship_type: ShipType(p.unsigned(40, 8) as u8),
                    vendor: p.text(48, 3),
                    model: p.unsigned(66, 4) as u8,
                    serial: p.unsigned(70, 20),
                    callsign: p.text(90, 7),
                    dimensions: dimensions(p, 132),
                    mother_ship: auxiliary.then(|| Mmsi(p.unsigned(132, 30))),
                    epfd: p.unsigned(162, 4) as u8,
                }))
            }
            _ => None,
        }
    }
}
