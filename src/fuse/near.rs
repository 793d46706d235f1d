//! Which crafts of a cluster lie near each other, without asking every pair: a cluster of dense traffic has thousands of members.

/// A member of a cluster: its index there, and where it is, m.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub member: usize,
    pub at: [f64; 2],
}

/// Memory that is used again from cluster to cluster.
#[derive(Default)]
pub(super) struct Pairs {
    pub members: Vec<Member>,
    found: Vec<(usize, usize)>,
}

impl Pairs {
    /// Pairs of `members` that are at most `reach` apart along either axis, each with the smaller index first, in ascending order: the order
    /// in which two nested loops would meet them. Only those that `near` holds for are kept.
    pub fn within(&mut self, reach: f64, near: impl Fn(usize, usize) -> bool) -> &[(usize, usize)] {
        self.found.clear();
        self.members.sort_unstable_by(|a, b| a.at[0].total_cmp(&b.at[0]).then(a.member.cmp(&b.member)));
        for (i, a) in self.members.iter().enumerate() {
            for b in &self.members[i + 1..] {
                if b.at[0] - a.at[0] > reach {
                    break;
                }
                if (b.at[1] - a.at[1]).abs() > reach {
                    continue;
                }
                let (a, b) = (a.member.min(b.member), a.member.max(b.member));
                if near(a, b) {
                    self.found.push((a, b));
                }
            }
        }
        self.found.sort_unstable();
        &self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_pairs_are_those_of_two_loops(
            at in proptest::collection::vec((-50.0..50.0f64, -50.0..50.0f64), 0..40),
            reach in 0.0..30.0f64,
        ) {
            let mut expected = Vec::new();
            for i in 0..at.len() {
                for j in i + 1..at.len() {
                    if (at[i].0 - at[j].0).abs() <= reach && (at[i].1 - at[j].1).abs() <= reach {
                        expected.push((i, j));
                    }
                }
            }
            let mut pairs = Pairs::default();
            pairs.members.extend(at.iter().enumerate().map(|(member, &(e, n))| Member { member, at: [e, n] }));
            prop_assert_eq!(pairs.within(reach, |_, _| true), &expected[..]);
        }
    }
}
