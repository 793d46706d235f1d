//! Land and sea round Daya Bay as a coarse grid: radars see no plots on land, and craft keep off it.
//!
//! Drawn from the GSHHG full-resolution shoreline (LGPL-3.0-or-later, Wessel and Smith 1996; an old survey without reclaimed
//! land): a cell is land where at least four of nine points in it are. It serves the simulator only, never a judgement.

use crate::geo::Geodetic;

/// One character a cell, north-west corner first; `#` is land.
const ROWS: &str = include_str!("daya_bay_land.txt");
const NORTH_DEG: f64 = 22.85;
const WEST_DEG: f64 = 114.35;
/// Half a kilometre: finer than the survey's own doubt in places, and a page of text.
const CELL_DEG: f64 = 0.005;
pub(super) const COLUMNS: usize = 150;
/// Rows of cells.
pub(super) const ROWS_OF_CELLS: usize = 130;
/// A row is its cells and a line feed.
const STRIDE: usize = COLUMNS + 1;

/// The number of the cell that holds `at`, row by row from the north-west; `None` outside the grid.
pub(super) fn cell(at: Geodetic) -> Option<usize> {
    let row = ((NORTH_DEG - at.lat_deg()) / CELL_DEG).floor();
    let column = ((at.lon_deg() - WEST_DEG) / CELL_DEG).floor();
    let inside = row >= 0.0 && row < ROWS_OF_CELLS as f64 && column >= 0.0 && column < COLUMNS as f64;
    inside.then(|| row as usize * COLUMNS + column as usize)
}

/// The middle of a cell.
pub(super) fn cell_centre(cell: usize) -> Geodetic {
    let (row, column) = ((cell / COLUMNS) as f64, (cell % COLUMNS) as f64);
    Geodetic::from_degrees(NORTH_DEG - (row + 0.5) * CELL_DEG, WEST_DEG + (column + 0.5) * CELL_DEG)
}

/// Whether the cell that holds `at` is land. Outside the grid (22.20–22.85° N, 114.35–115.10° E) all is sea.
pub fn is_land(at: Geodetic) -> bool {
    let row = ((NORTH_DEG - at.lat_deg()) / CELL_DEG).floor();
    let column = ((at.lon_deg() - WEST_DEG) / CELL_DEG).floor();
    if row < 0.0 || column < 0.0 || column >= COLUMNS as f64 {
        return false;
    }
    ROWS.as_bytes().get(row as usize * STRIDE + column as usize) == Some(&b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_places_are_where_they_should_be() {
        assert_eq!(ROWS.len(), ROWS_OF_CELLS * STRIDE);
        // Daxingshan, the Dapeng peninsula, Huizhou; the bay, the lane, the bay's mouth.
        for (lat, lon) in [(22.552, 114.887), (22.52, 114.55), (22.83, 114.5)] {
            assert!(is_land(Geodetic::from_degrees(lat, lon)), "{lat} {lon}");
        }
        for (lat, lon) in [(22.55, 114.72), (22.30, 114.80), (22.46, 114.75)] {
            assert!(!is_land(Geodetic::from_degrees(lat, lon)), "{lat} {lon}");
        }
    }
}
