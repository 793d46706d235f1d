//! Where the middle of a hull lies from the antenna whose place its AIS tells.
//!
//! A radar sees a hull about its middle; AIS tells where the GNSS antenna stands, on most merchant ships near the bridge aft: 100 m from the
//! middle of a laden tanker. Held as one place the two are two crafts, a name without an echo and a great echo without a name, and the radars are
//! registered by a hundred metres that are not theirs. A ship tells the distances from its antenna to bow, stern and sides with its name.

use super::fix::Fix;
use crate::model::{AisPosition, AisStatic};

/// The longest hull believed, m: no ship has been longer than 460 m.
const LONGEST_M: f64 = 460.0;
/// The widest, m.
const WIDEST_M: f64 = 130.0;
/// Slower than this a course over the ground is no direction of the hull, m/s: 3 kn, where a GNSS velocity's error of a few tenths still leaves
/// the course within ten degrees, and a current sets a hull sideways.
const COURSE_MPS: f64 = 1.5;
/// Two places further apart than this are not taken for one craft's, m: three times the error of a fix.
const APART_M: f64 = 30.0;

/// A hull as its ship tells of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hull {
    /// From the antenna to the middle, m: ahead, to starboard.
    middle: [f64; 2],
}

impl Hull {
    /// What a ship tells of its hull, if that says where on it the antenna stands.
    pub fn of(said: &AisStatic) -> Option<Self> {
        let [bow, stern, port, starboard] = said.dimensions?.map(f64::from);
        // Nought to bow and to port: the size is told and the antenna's place is not (ITU-R M.1371-5, annex 8, 3.3.3).
        let unplaced = bow == 0.0 && port == 0.0;
        if unplaced || bow + stern > LONGEST_M || port + starboard > WIDEST_M {
            return None;
        }
        Some(Self { middle: [0.5 * (bow - stern), 0.5 * (starboard - port)] })
    }

    /// One whose antenna was found to stand so far behind the middle, m.
    pub fn found(ahead_m: f64) -> Self {
        Self { middle: [ahead_m, 0.0] }
    }

    /// Whether a craft at the antenna is another than one at the middle.
    pub fn is_apart(&self) -> bool {
        self.middle[0].hypot(self.middle[1]) > APART_M
    }

    /// From the antenna to the middle of the hull at a report, m east and north; `None` where nothing tells which way the hull lies.
    fn offset(&self, report: &AisPosition) -> Option<[f64; 2]> {
        let under_way = report.sog.is_some_and(|sog| sog >= COURSE_MPS);
        let (sin, cos) = report.heading.or(report.cog.filter(|_| under_way))?.sin_cos();
        let [ahead, starboard] = self.middle;
        Some([ahead * sin + starboard * cos, ahead * cos - starboard * sin])
    }

    /// Makes the fix of an antenna that of the hull's middle, or, where it is not known which way the hull lies, one so much the vaguer.
    pub fn centre(&self, fix: &mut Fix, report: &AisPosition) {
        match self.offset(report) {
            Some(d) => fix.p = [fix.p[0] + d[0], fix.p[1] + d[1]],
            None => {
                // Any direction is as likely: half of the square in each axis.
                let variance = 0.5 * (self.middle[0] * self.middle[0] + self.middle[1] * self.middle[1]);
                fix.r[0][0] += variance;
                fix.r[0][2] += variance;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AisClass, Mmsi};

    fn said(dimensions: [u16; 4]) -> AisStatic {
        AisStatic { dimensions: Some(dimensions), ..AisStatic::blank(Mmsi(1), AisClass::A, 5) }
    }

    #[test]
    fn only_a_placed_antenna_on_a_hull_that_can_be_tells_where_the_middle_is() {
        assert_eq!(Hull::of(&said([255, 45, 30, 20])).unwrap().middle, [105.0, -5.0]);
        for none in [[0, 300, 0, 50], [0, 0, 0, 0], [511, 511, 63, 63], [300, 200, 20, 20]] {
            assert_eq!(Hull::of(&said(none)), None, "{none:?}");
        }
        // The antenna on the bow's post: nought to bow alone is a place.
        assert_eq!(Hull::of(&said([0, 40, 5, 5])).unwrap().middle, [-20.0, 0.0]);
    }
}
