//! Scenario → bytes on the wire, with truth beside them. Pure: seeds come in, bytes go out.
//!
//! A scenario is an iterator of [`SimEvent`]s in order of arrival: ASTERIX CAT010 and CAT034 datagrams of its radars, VDM
//! sentences of its AIS station. The same seed gives the same bytes. Nothing downstream can tell it from a site but by the
//! names in it, all of which begin with `SIM`.

mod ais_encode;
pub mod coast;
mod craft;
mod land;
mod night;
mod places;
mod radar;
mod radar_encode;
mod recording;
mod rng;
mod scenario;

pub use ais_encode::{Motion, Particulars, Station};
pub use craft::CraftKind;
pub use night::{AIS_ID, DayaBayNight, FEEDS, SimEvent, SimFeed, TruthRow, radars};
pub use places::ORIGIN;
pub use radar::RadarSpec;
pub use radar_encode::COUNTS_PER_DB;
pub use recording::Recording;
pub use scenario::{SCENARIOS, ScenarioSummary, site_toml, truth_csv_header, truth_csv_line};
