//! Where crafts will land, for the consoles: how far everywhere is from each landing zone by sea is reckoned once for the zones in force.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::geo::{Coast, Geodetic};
use crate::incident::{Forecast, Landfalls, Target};
use crate::model::Timestamp;
use crate::rules::Zone;

use super::trails::Sample;

/// The ways to the landing zones in force.
#[derive(Debug, Default)]
pub struct Foresight {
    // With the version of the zones that they are of; `None` where the site has no landing zone.
    of: Mutex<(String, Option<Arc<Landfalls>>)>,
}

impl Foresight {
    /// Where a craft may land; `None` where the site has no landing zones, or it runs for no beach.
    pub async fn forecast(
        &self,
        zones: &Arc<(String, Vec<Zone>)>,
        coast: Option<&Arc<Coast>>,
        trail: &[Sample],
        target: &Target,
        t: Timestamp,
    ) -> Option<Forecast> {
        let landfalls = self.landfalls(zones, coast?).await?;
        let place = |s: &Sample| {
            let [lon, lat] = s.at.map(|v| f64::from(v) / 1e7);
            (Timestamp::from_secs(0).plus_seconds(s.t_ds as f64 / 10.0), Geodetic::from_degrees(lat, lon))
        };
        let trail: Vec<_> = trail.iter().map(place).collect();
        landfalls.forecast(&trail, target, t)
    }

    /// The ways to the zones in force. Half a second of work where they have changed: not on the thread that answers, and once, whoever asks meanwhile.
    async fn landfalls(&self, zones: &Arc<(String, Vec<Zone>)>, coast: &Arc<Coast>) -> Option<Arc<Landfalls>> {
        let mut of = self.of.lock().await;
        if of.0 != zones.0 {
            let (zones, coast) = (Arc::clone(zones), Arc::clone(coast));
            let version = zones.0.clone();
            let made = tokio::task::spawn_blocking(move || Landfalls::new(&coast, &zones.1)).await;
            let made = made.unwrap_or_else(|error| {
                tracing::error!(%error, "no landing is foreseen");
                None
            });
            *of = (version, made.map(Arc::new));
        }
        of.1.clone()
    }
}
