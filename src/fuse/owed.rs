//! What a tentative track owes: the plots that it has taken, which teach the clutter maps of their radars when it dies as none.

/// Radars whose plots are remembered. What more than these see is confirmed before it could die.
const RADARS: usize = 4;

/// Plots owed, by radar.
#[derive(Clone, Copy, Default)]
pub(crate) struct Owed {
    // Sensors, and how many plots of each; the first that has none is free.
    radar: [u16; RADARS],
    plots: [f32; RADARS],
}

impl Owed {
    /// Notes so many plots more of radar `k`.
    pub fn add(&mut self, k: usize, plots: f32) {
        for (radar, sum) in self.radar.iter_mut().zip(&mut self.plots) {
            if *sum == 0.0 {
                *radar = k as u16;
            }
            if usize::from(*radar) == k {
                *sum += plots;
                return;
            }
        }
    }

    /// Radars and how many plots of each.
    pub fn each(&self) -> impl Iterator<Item = (usize, f32)> {
        self.radar.into_iter().map(usize::from).zip(self.plots).take_while(|(_, plots)| *plots > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FuseSettings, Fuser};
    use super::*;
    use crate::geo::GeodeticHeight;
    use crate::model::{FeedId, Place, Plot, Report, ReportKind, Sensor, SensorId, SensorKind, Site, Timestamp, WireFormat};

    #[test]
    fn plots_are_owed_to_their_own_radar() {
        let mut owed = Owed::default();
        for (k, plots) in [(9, 0.5), (2, 1.0), (9, 0.25)] {
            owed.add(k, plots);
        }
        assert_eq!(owed.each().collect::<Vec<_>>(), [(9, 0.75), (2, 1.0)]);
        // A fifth finds no room, and takes nobody else's.
        (10..20).for_each(|k| owed.add(k, 1.0));
        assert_eq!(owed.each().collect::<Vec<_>>(), [(9, 0.75), (2, 1.0), (10, 1.0), (11, 1.0)]);
    }

    // False plots a look and m² that the last sensor of a site, a radar in an empty sea of 200 false plots a turn, believes in after 60 turns.
    fn sea_of_the_last(before: &[SensorKind]) -> f64 {
        let origin = GeodeticHeight::from_degrees(22.55, 114.7, 0.0);
        let kinds = before.iter().copied().chain([SensorKind::Radar]);
        let sensors: Vec<Sensor> = kinds
            .map(|kind| Sensor {
                position: Some(origin),
                scan_s: Some(2.5),
                ..Sensor::new("s", kind, WireFormat::Asterix, FeedId(0))
            })
            .collect();
        let radar = sensors.len() - 1;
        let mut fuser = Fuser::new(&Site { name: "bay".into(), origin, sensors, feeds: Vec::new() }, FuseSettings::default());
        let begin = Timestamp::from_secs(1_773_504_000);
        let (mut out, mut u) = (Vec::new(), [0.5, 0.5]);
        for look in 0..60 {
            for n in 0..200 {
                // Low-discrepancy places (golden ratios of two dimensions), in the order in which the antenna passes.
                u = [(u[0] + 0.754_877_666) % 1.0, (u[1] + 0.569_840_291) % 1.0];
                let share = f64::from(n) / 200.0;
                let azimuth = std::f64::consts::TAU * (share + u[1] / 200.0);
                let place = Place::Polar { range_m: 500.0 + 9000.0 * f64::sqrt(u[0]), azimuth };
                let t = begin.plus_seconds(2.5 * (f64::from(look) + share + u[1] / 200.0));
                let kind = ReportKind::Plot(Plot { place, snr_db: None });
                let sensor = SensorId(radar as u16);
                let report = Report { sensor, t, received_at: t, transmission: None, kind };
                fuser.apply(t.plus_seconds(0.1), &[report], &mut out);
            }
        }
        let radar = fuser.radars[radar].as_ref().unwrap();
        radar.clutter.sea(60.0).unwrap()
    }

    /// What a map learns is whose plots it were, not where on the site's list their radar stands.
    #[test]
    fn a_radar_learns_of_its_sea_wherever_it_stands_on_the_list() {
        let alone = sea_of_the_last(&[]);
        assert!((0.5..1.2).contains(&(alone * 2.8e8 / 200.0)), "{alone}");
        for before in [&[SensorKind::Ais][..], &[SensorKind::Camera; 3], &[SensorKind::Radar; 7]] {
            assert_eq!(sea_of_the_last(before), alone, "after {before:?}");
        }
    }
}
