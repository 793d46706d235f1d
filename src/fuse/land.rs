//! Land: what echoes there begins no track.
//!
//! Houses, masts and hills echo in every look and would be tracks by the thousand. The mask acts on births only: a track that runs up to a
//! beach, or into a basin that the chart does not show, is carried on.

use std::sync::Arc;

use crate::geo::{Coast, Geodetic};

/// How wrong the shoreline may be, m: 0.3 NM for GSHHG, which lacks reclaimed land and swells small islands.
const CHART_ERROR_M: f64 = 556.0;
/// What is left of the prior at that distance behind the shore; it falls evenly from one at the shore itself.
const LEAST: f64 = 0.1;

/// The shoreline as the fusion uses it.
#[derive(Clone)]
pub struct Land(Arc<Coast>);

impl Land {
    /// The land of a shoreline.
    pub fn new(coast: Arc<Coast>) -> Self {
        Self(coast)
    }

    /// How far off the shore a place at sea is, m; `None` on land.
    pub(super) fn off_shore(&self, at: Geodetic) -> Option<f64> {
        if self.0.is_land(at) { None } else { self.0.nearest_shore(at).map(|s| s.distance_m) }
    }

    /// Factor on the prior of a birth at a place: one at sea, none further behind the shore than the chart may be wrong.
    pub(super) fn birth_factor(&self, at: Geodetic) -> f64 {
        if !self.0.is_land(at) {
            return 1.0;
        }
        let behind = self.0.nearest_shore(at).map_or(f64::INFINITY, |s| s.distance_m);
        if behind > CHART_ERROR_M { 0.0 } else { 1.0 - (1.0 - LEAST) * behind / CHART_ERROR_M }
    }
}

// By the shoreline itself: settings are compared to tell a change.
impl PartialEq for Land {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Land {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Land({} edges)", self.0.edges())
    }
}
