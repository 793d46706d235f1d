//! The coast of the scenarios: traffic, radars, AIS, sea and the stories, all drawn from a seed. What reaches the engine is bytes;
//! clutter is made here as plots, never as tracks.

mod antenna;
mod class;
mod echo;
mod plots;
mod route;
mod scene;
mod sea;
mod site;
mod stories;
mod traffic;
mod transponder;
mod truth;
mod vessel;
mod world;

pub use class::Class;
pub use echo::Sea;
pub use scene::Fault;
pub use site::site_toml;
pub use stories::{STORIES, Story, radars, story, world};
pub use truth::{
    FAST_KN, TruthEvent, coverage, eta_shore_min, event_line, events_header, knots, on_land, truth_header, truth_line,
};
pub use vessel::Vessel;
pub use world::{CoastTruth, World};
