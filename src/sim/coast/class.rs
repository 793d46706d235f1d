//! Kinds of craft and other things that give an echo: how large, how high, how quick.

/// What a thing on the scene is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Merchant ship under way or at anchor.
    Merchant,
    /// High-speed passenger craft with AIS.
    Ferry,
    /// Tug, pilot boat, crew boat of the wind farm.
    Tug,
    /// Police, customs or coast guard boat, often without AIS.
    Patrol,
    /// Trawler, seiner, squid boat.
    Fishing,
    /// Sampan.
    Sampan,
    /// Angling boat or yacht.
    Angler,
    /// Excursion speedboat between piers and islands.
    Tourist,
    /// Jet ski.
    JetSki,
    /// The fast boat that is looked for.
    GoFast,
    /// AIS transmitter on a fishing net.
    NetBuoy,
    /// Buoy of a channel.
    Buoy,
    /// Wind turbine.
    Turbine,
    /// Bird or flock.
    Bird,
}

/// What a radar sees of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EchoSize {
    /// Smallest and largest mean radar cross-section of the class, m².
    pub rcs_m2: (f64, f64),
    /// Height of its centre above the water, m.
    pub height_m: f64,
    /// Length, m.
    pub length_m: (f64, f64),
}

/// What a helmsman can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agility {
    /// Knots a second.
    pub accel_kn_s: f64,
    /// Degrees a second at low speed.
    pub turn_deg_s: f64,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Merchant,
        Self::Ferry,
        Self::Tug,
        Self::Patrol,
        Self::Fishing,
        Self::Sampan,
        Self::Angler,
        Self::Tourist,
        Self::JetSki,
        Self::GoFast,
        Self::NetBuoy,
        Self::Buoy,
        Self::Turbine,
        Self::Bird,
    ];

    /// Its word in the truth file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Merchant => "cargo",
            Self::Ferry => "ferry",
            Self::Tug => "tug",
            Self::Patrol => "patrol",
            Self::Fishing => "fishing",
            Self::Sampan => "small",
            Self::Angler => "angler",
            Self::Tourist => "tourist",
            Self::JetSki => "jetski",
            Self::GoFast => "gofast",
            Self::NetBuoy => "netbuoy",
            Self::Buoy => "buoy",
            Self::Turbine => "turbine",
            Self::Bird => "bird",
        }
    }

    /// Radar cross-sections: jet ski 0.3–1 m², open boats 1–3 (a 5 m inflatable measured at 1.4 m² with its centre at 0.5 m), the
    /// go-fast 2.5 (IMO's 10 m boat; bracket 2–10), wooden sampans 5–20, steel trawlers 50–300, coasters 1e3, tankers 1e4–1e5,
    /// buoys with reflectors 5–10. A bird is 0.01 m²; a flock in one resolution cell up to thirty of them.
    pub const fn echo(self) -> EchoSize {
        let (rcs_m2, height_m, length_m) = match self {
            Self::Merchant => ((1e3, 3e4), 8.0, (80.0, 300.0)),
            Self::Ferry => ((100.0, 300.0), 3.0, (28.0, 45.0)),
            Self::Tug => ((50.0, 200.0), 3.0, (18.0, 36.0)),
            Self::Patrol => ((2.0, 10.0), 1.2, (11.0, 20.0)),
            Self::Fishing => ((50.0, 300.0), 3.0, (18.0, 40.0)),
            Self::Sampan => ((5.0, 20.0), 1.0, (6.0, 12.0)),
            Self::Angler => ((2.0, 8.0), 1.0, (7.0, 15.0)),
            Self::Tourist => ((1.0, 3.0), 0.6, (8.0, 12.0)),
            Self::JetSki => ((0.3, 1.0), 0.4, (3.0, 3.5)),
            Self::GoFast => ((2.5, 2.5), 1.0, (10.0, 15.0)),
            Self::NetBuoy => ((0.05, 0.2), 0.5, (1.0, 1.0)),
            Self::Buoy => ((5.0, 10.0), 2.5, (3.0, 3.0)),
            Self::Turbine => ((1e3, 1e4), 20.0, (10.0, 10.0)),
            Self::Bird => ((0.01, 0.3), 20.0, (1.0, 1.0)),
        };
        EchoSize { rcs_m2, height_m, length_m }
    }

    /// Displacement hulls by their type; the go-fast gains 1.5–2.5 kn a second and turns 15°/s at 25 kn, 6°/s at 45 kn.
    pub const fn agility(self) -> Agility {
        let (accel_kn_s, turn_deg_s) = match self {
            Self::Merchant => (0.1, 0.5),
            Self::Ferry => (0.5, 3.0),
            Self::Tug => (0.4, 3.0),
            Self::Patrol | Self::Tourist => (1.5, 15.0),
            Self::GoFast => (2.0, 15.0),
            Self::Fishing => (0.2, 2.5),
            Self::Sampan => (0.8, 6.0),
            Self::Angler => (1.0, 8.0),
            Self::JetSki => (3.0, 25.0),
            Self::Bird => (2.0, 5.0),
            Self::NetBuoy | Self::Buoy | Self::Turbine => (0.0, 0.0),
        };
        Agility { accel_kn_s, turn_deg_s }
    }

    /// Whether it floats; birds cross land.
    pub const fn floats(self) -> bool {
        !matches!(self, Self::Bird)
    }

    /// Fastest turn at a speed, degrees a second.
    pub fn turn_deg_s_at(self, kn: f64) -> f64 {
        let slow = self.agility().turn_deg_s;
        match self {
            // 15°/s at 25 kn to 6°/s at 45 kn, in a line.
            Self::GoFast | Self::Patrol | Self::Tourist => (slow - 0.45 * (kn - 25.0).max(0.0)).max(4.0),
            _ => slow,
        }
    }
}
