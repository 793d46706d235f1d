//! The `bbox` of a query: which part of the picture is asked for.

use std::num::ParseFloatError;

use crate::geo::Geodetic;

/// A box in degrees that does not cross the 180° meridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// South-west corner.
    pub south_west: Geodetic,
    /// North-east corner.
    pub north_east: Geodetic,
}

/// Why a `bbox` is not one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AreaError {
    /// Not four numbers.
    #[error("bbox takes four numbers, west,south,east,north in degrees, not {count}")]
    Count {
        /// How many there were.
        count: usize,
    },
    /// Not a number.
    #[error("bbox: {text:?} is not a number")]
    Number {
        /// What stands there.
        text: String,
        /// Why.
        source: ParseFloatError,
    },
    /// Not on the globe.
    #[error("bbox: {name} {value} is not within {limit} degrees of 0")]
    Range {
        /// Which.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What it may be at most.
        limit: f64,
    },
    /// Corners exchanged.
    #[error("bbox: {low_name} {low} is beyond {high_name} {high}; the order is west,south,east,north")]
    Order {
        /// The side that should be the smaller.
        low_name: &'static str,
        /// Its value.
        low: f64,
        /// The side that should be the larger.
        high_name: &'static str,
        /// Its value.
        high: f64,
    },
}

impl std::str::FromStr for Area {
    type Err = AreaError;

    fn from_str(text: &str) -> Result<Self, AreaError> {
        let numbers = text
            .split(',')
            .map(|s| s.trim().parse::<f64>().map_err(|source| AreaError::Number { text: s.to_owned(), source }))
            .collect::<Result<Vec<f64>, _>>()?;
        let [west, south, east, north] = numbers[..] else {
            return Err(AreaError::Count { count: numbers.len() });
        };
        for (name, value, limit) in
            [("west", west, 180.0), ("south", south, 90.0), ("east", east, 180.0), ("north", north, 90.0)]
        {
            // Written so that not-a-number is refused as well.
            if !(-limit..=limit).contains(&value) {
                return Err(AreaError::Range { name, value, limit });
            }
        }
        if west > east {
            return Err(AreaError::Order { low_name: "west", low: west, high_name: "east", high: east });
        }
        if south > north {
            return Err(AreaError::Order { low_name: "south", low: south, high_name: "north", high: north });
        }
        Ok(Self { south_west: Geodetic::from_degrees(south, west), north_east: Geodetic::from_degrees(north, east) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_read_and_what_is_none_is_refused_by_name() {
        let area: Area = "114.5, 22.4,115,22.9".parse().unwrap();
        assert_eq!(area.south_west, Geodetic::from_degrees(22.4, 114.5));
        assert_eq!(area.north_east, Geodetic::from_degrees(22.9, 115.0));
        for (text, says) in [
            ("", "\"\" is not a number"),
            ("1,2,3", "not 3"),
            ("1,2,3,4,5", "not 5"),
            ("a,2,3,4", "\"a\" is not a number"),
            ("NaN,2,3,4", "west NaN"),
            ("inf,2,3,4", "west inf"),
            ("1,-91,3,4", "south -91"),
            ("1,2,181,4", "east 181"),
            ("3,2,1,4", "west 3 is beyond east 1"),
            ("1,4,3,2", "south 4 is beyond north 2"),
        ] {
            let error = text.parse::<Area>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
