//! How large a craft's echo is: its radar cross-section from the strength of its plots.
//!
//! Of a craft whose echo fluctuates from look to look (Swerling 1) the power above the threshold is exponential with the mean `1 + S`,
//! whatever the threshold (see [`amplitude`](super::amplitude)), and `S` in noise powers is the cross-section times what one square metre gives at
//! that range, which falls with its fourth power. So the mean of `(excess − 1)·(R/R₁)⁴/K` over the looks that saw it is its cross-section,
//! and the sum over `n` looks has a gamma law: that gives the bound.

/// Looks older than this tell of another aspect, s.
const MEMORY_S: f64 = 60.0;
/// One look may weigh no more than so many times the mean before it: two crafts in one resolution cell.
const SPIKE: f64 = 6.0;
/// Ninetieth percentile of a standard normal.
const Z90: f64 = 1.2816;

/// What the looks at a craft have told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Echo {
    looks: f32,
    sum_m2: f32,
    t: f64,
}

impl Echo {
    /// Takes the cross-section that one look told, m².
    pub fn note(&mut self, m2: f64, t: f64) {
        let keep = (-(t - self.t).max(0.0) / MEMORY_S).exp() as f32;
        if self.looks > 0.0 {
            (self.looks, self.sum_m2) = (self.looks * keep, self.sum_m2 * keep);
        }
        self.t = self.t.max(t);
        let cap = if self.looks >= 3.0 { SPIKE * f64::from(self.sum_m2 / self.looks) } else { f64::INFINITY };
        self.looks += 1.0;
        self.sum_m2 += m2.min(cap.max(1e-3)) as f32;
    }

    /// Mean, and the bound below which the mean lies with 90 %, m²; `None` before any look.
    pub fn m2(&self) -> Option<[f32; 2]> {
        let (n, sum) = (f64::from(self.looks), f64::from(self.sum_m2));
        if n < 0.5 {
            return None;
        }
        // 2·sum/mean is χ² of 2n degrees of freedom; Wilson and Hilferty's cube root for its 10 % point.
        let u = 1.0 / (9.0 * n);
        let chi = n * (1.0 - u - Z90 * u.sqrt()).max(0.05).powi(3);
        Some([(sum / n) as f32, (sum / chi).max(0.0) as f32])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Exponential numbers of mean 1 from a low-discrepancy sequence.
    fn exponential(i: u32) -> f64 {
        -(1.0 - (0.5 + 0.618_033_988_75 * f64::from(i)) % 1.0).max(1e-6).ln()
    }

    #[test]
    fn the_mean_is_found_and_the_bound_holds_nine_times_in_ten() {
        let (mut held, mut all) = (0, 0);
        for run in 0..200 {
            let mut echo = Echo::default();
            for i in 0..8 {
                echo.note(2.5 * exponential(run * 37 + i * 11 + 1), f64::from(i) * 2.5);
            }
            let [_, most] = echo.m2().unwrap();
            all += 1;
            held += u32::from(most >= 2.5);
        }
        let share = f64::from(held) / f64::from(all);
        assert!((0.8..=1.0).contains(&share), "{share}");
        let mut echo = Echo::default();
        for i in 0..400 {
            echo.note(2.5 * exponential(i), f64::from(i) * 2.5);
        }
        let [mean, most] = echo.m2().unwrap();
        assert!((f64::from(mean) - 2.5).abs() < 0.6 && most > mean, "{mean} {most}");
    }

    #[test]
    fn nothing_is_known_before_a_look_and_what_is_old_fades() {
        assert_eq!(Echo::default().m2(), None);
        let mut echo = Echo::default();
        echo.note(100.0, 0.0);
        for i in 0..60 {
            echo.note(0.1, 300.0 + 2.5 * f64::from(i));
        }
        assert!(echo.m2().unwrap()[0] < 0.2);
    }
}
