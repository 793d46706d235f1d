//! Few things of a picture by where they are, looked up anew every few seconds: those who lie still, ships of several plots.

/// Things to be found by where they are.
pub(super) struct ByPlace<T> {
    // Side of a cell, m.
    side: f64,
    // In order of their cell.
    things: Vec<((i32, i32), T)>,
}

impl<T> ByPlace<T> {
    pub fn of(side: f64) -> Self {
        Self { side, things: Vec::new() }
    }

    fn cell(&self, at: [f64; 2]) -> (i32, i32) {
        ((at[0] / self.side).floor() as i32, (at[1] / self.side).floor() as i32)
    }

    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub fn fill(&mut self, things: impl Iterator<Item = ([f64; 2], T)>) {
        let mut of = std::mem::take(&mut self.things);
        of.clear();
        of.extend(things.map(|(at, thing)| (self.cell(at), thing)));
        of.sort_unstable_by_key(|&(cell, _)| cell);
        self.things = of;
    }

    /// All that are within a cell's side of a place, and some beyond.
    pub fn around(&self, at: [f64; 2]) -> impl Iterator<Item = &T> {
        let (x, y) = self.cell(at);
        (x - 1..=x + 1).flat_map(move |x| {
            let first = self.things.partition_point(|&(cell, _)| cell < (x, y - 1));
            self.things[first..].iter().take_while(move |&&(cell, _)| cell <= (x, y + 1)).map(|(_, thing)| thing)
        })
    }
}
