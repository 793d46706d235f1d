//! Threads that work the shares of a look.

use rayon::ThreadPool;

use crate::fuse::{Alone, Job, Workers};

/// The calling thread and a pool of others.
struct Pool {
    others: ThreadPool,
}

impl Workers for Pool {
    fn count(&self) -> usize {
        self.others.current_num_threads() + 1
    }

    fn run(&self, jobs: &mut [Job<'_>]) {
        let Some((own, rest)) = jobs.split_first_mut() else { return };
        // Returns when all are done; a panic in one goes on in the caller.
        self.others.in_place_scope(|scope| {
            for job in rest {
                scope.spawn(move |_| job());
            }
            own();
        });
    }
}

/// Workers for `threads` threads, the calling one among them. Where the system gives no more threads the caller works alone, which
/// takes longer and changes nothing.
pub fn workers(threads: usize) -> Box<dyn Workers> {
    if threads <= 1 {
        return Box::new(Alone);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads - 1).thread_name(|n| format!("look-{}", n + 1)).build();
    match pool {
        Ok(others) => Box::new(Pool { others }),
        Err(error) => {
            tracing::warn!("looks are worked by one thread: {error}");
            Box::new(Alone)
        }
    }
}
