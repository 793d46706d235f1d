//! Numbers that tune the fusion, and switches that show what each mechanism is worth.

use crate::model::units::knots_to_mps;
use crate::track::Motion;

/// Most crafts held, unless told otherwise: ten times the tracks of the budget (DESIGN §7), whose false plots begin another 48 000 in the first minute. With their
/// histories they take some 250 MB.
const MOST_CRAFTS: usize = 100_000;

/// Numbers that tune the fusion; the defaults are for coastal X-band radars.
#[derive(Clone, Debug, PartialEq)]
pub struct FuseSettings {
    /// Speed above which a craft counts as fast, m/s; `Track::p_fast` is the probability to exceed it.
    pub fast_mps: f64,
    /// Motion models.
    pub motion: Motion,
    /// New craft expected a look and m² beside craft that lie still and along the shore; …
    pub birth_density: f64,
    /// … in the open sea so much of that, 1 everywhere alike; …
    pub birth_open: f64,
    /// … where the sea that a radar looks at ends, so many times that.
    pub birth_edge: f64,
    /// By how many times more craft have not been seen yet at a radar's first look: the sea is full of those that were there before the watch …
    pub unseen: f64,
    /// … and after so many looks a third of them are left: most show themselves in every second.
    pub unseen_looks: f64,
    /// A plot starts a track if the probability that it is a craft reaches this.
    pub birth_min: f64,
    /// The filter of a craft seen once is not run until a plot is this many times as likely its own as the sea's; zero runs it at once.
    pub first_step: f64,
    /// A track is confirmed at this probability of existence …
    pub confirm: f64,
    /// … and this many detections.
    pub confirm_hits: u32,
    /// A track of one plot with nothing near it since is dropped below this probability.
    pub drop_tentative: f64,
    /// The same once a second plot has come near it: what two plots make by chance in a rough sea is dropped at its next miss.
    pub drop_awake: f64,
    /// A confirmed track is dropped below this probability.
    pub drop_confirmed: f64,
    /// A track is dropped when its place is less certain than this, m. This and the next two hold for radars that tell a place as well as that: where a radar's own plots are
    /// less certain, far out or with a broad beam, so many times theirs counts ([`super::craft::COARSE`]).
    pub drop_sigma_m: f64,
    /// A track is dropped when its place has been less certain than this for some looks, m: it then lives on clutter, any of which
    /// will do.
    pub drop_blur_m: f64,
    /// A confirmed track is said to coast when its place is less certain than this, m, or …
    pub coast_sigma_m: f64,
    /// … when nothing has seen it for so long, s: of antennas that turn in up to 3 s, and as many looks of slower ones.
    pub coast_after_s: f64,
    /// The same of a track of few plots, s, whatever its radars: three looks of a coastal one. What nothing has seen again since its plots made a track of it is most often none.
    pub coast_young_s: f64,
    /// Mean time for which a craft stays in the area, s.
    pub survive_s: f64,
    /// Mean time for which a craft stays at one level of detectability, s.
    pub fade_s: f64,
    /// Gate: squared Mahalanobis distance in the widest mode.
    pub gate: f64,
    /// Gate: distance in m, beyond which no plot is taken.
    pub gate_m: f64,
    /// Use plots' amplitude.
    pub amplitude: bool,
    /// Learn clutter; without it the first belief stays.
    pub clutter_map: bool,
    /// Estimate the radars' errors from AIS.
    pub registration: bool,
    /// Teach the clutter map a plot at once in the measure in which it is weak, not only when the track that it began has died.
    pub provisional: bool,
    /// By how much of its excess over the sea's mean a dense place is taken for denser than the clutter map says.
    pub patch_margin: f64,
    /// Use AIS.
    pub ais: bool,
    /// Use bearings.
    pub bearings: bool,
    /// Make one of two tracks of one craft.
    pub merge: bool,
    /// Let one plot be of two crafts that the radar does not tell apart.
    pub unresolved: bool,
    /// Keep two tracks apart that may have changed places: only the likelier way round counts. Off: without it tracks abreast do not run into one
    /// (`docs/measurements.md`), and with it tracks that meet change over more often.
    pub apart: bool,
    /// Hold it against a young track's existence if it goes faster than boats do.
    pub bound_speed: bool,
    /// Most histories that a craft keeps, at most [`MOST_BRANCHES`](super::split::MOST); with one it takes all plots of a look into one.
    pub branches: usize,
    /// A confirmed track keeps several as long as it goes faster than this, m/s: what goes slower is, between two looks, where it was.
    pub branch_mps: f64,
    /// Most crafts held, and most stations whose AIS is known. A picture that is full begins no more: what a flood of false reports may take of
    /// the machine has an end, and the crafts that are held go on.
    pub most_crafts: usize,
    /// Give a track that was lost its number back.
    pub stitch: bool,
    /// Fewest crafts of a look that are worth handing to another worker. Changes no result.
    pub fewest_a_share: usize,
    /// Land, where nothing begins; `None` where no shoreline is configured or the mask is switched off.
    pub land: Option<super::land::Land>,
}

impl Default for FuseSettings {
    fn default() -> Self {
        Self {
            fast_mps: knots_to_mps(25.0),
            motion: Motion::default(),
            birth_density: 5e-8,
            birth_open: 0.35,
            birth_edge: 5.0,
            birth_min: 0.003,
            unseen: 5.0,
            unseen_looks: 5.0,
            first_step: 1.0,
            confirm: 0.97,
            confirm_hits: 3,
            drop_tentative: 0.003,
            drop_awake: 0.01,
            drop_confirmed: 0.02,
            drop_sigma_m: 300.0,
            drop_blur_m: 170.0,
            coast_sigma_m: 200.0,
            coast_after_s: 18.0,
            coast_young_s: 7.5,
            survive_s: 1000.0,
            fade_s: 60.0,
            gate: 16.0,
            gate_m: 450.0,
            amplitude: true,
            clutter_map: true,
            registration: true,
            provisional: true,
            patch_margin: 0.7,
            ais: true,
            bearings: true,
            merge: true,
            unresolved: true,
            apart: false,
            bound_speed: true,
            branches: 6,
            branch_mps: 9.0,
            most_crafts: MOST_CRAFTS,
            stitch: true,
            fewest_a_share: super::look::FEWEST_A_SHARE,
            land: None,
        }
    }
}
