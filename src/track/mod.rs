//! Mathematics of one track: motion models, filter, existence. Pure.
