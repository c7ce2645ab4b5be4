//! The shop's facts and rules: no I/O, no clock, no randomness.

pub mod routing;
pub mod store_map;
