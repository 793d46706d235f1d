//! Who works the pieces of a look that do not depend on each other.
//!
//! This room starts nothing of its own: it cuts a look into jobs, each with crafts of its own, and gives them to whoever the engine has set.
//! What the jobs say is put together in the order of the crafts, and every sum over crafts is made after them, in that order. So the picture does not
//! depend on how many work, nor on who is done first.

/// Runs jobs, in any order and at once if it can, and returns when all are done.
pub trait Workers: Send + Sync {
    /// How many can work at once.
    fn count(&self) -> usize;
    /// Runs every job once.
    fn run(&self, jobs: &mut [Job<'_>]);
}

/// A piece of work.
pub type Job<'a> = &'a mut (dyn FnMut() + Send);

/// The caller itself.
pub struct Alone;

impl Workers for Alone {
    fn count(&self) -> usize {
        1
    }

    fn run(&self, jobs: &mut [Job<'_>]) {
        for job in jobs {
            job();
        }
    }
}

/// Runs closures by `workers`; a single one is not worth the way.
pub(super) fn run<F: FnMut() + Send>(workers: &dyn Workers, mut jobs: Vec<F>) {
    if let [only] = &mut jobs[..] {
        return only();
    }
    let mut jobs: Vec<Job<'_>> = jobs.iter_mut().map(|j| j as Job<'_>).collect();
    workers.run(&mut jobs);
}

/// Cuts a slice at each of `ends` (ascending) into as many pieces.
pub(super) fn cut<'a, T>(mut items: &'a mut [T], ends: &[usize]) -> Vec<&'a mut [T]> {
    let mut from = 0;
    ends.iter()
        .map(|&end| {
            let (piece, rest) = std::mem::take(&mut items).split_at_mut(end - from);
            items = rest;
            from = end;
            piece
        })
        .collect()
}
