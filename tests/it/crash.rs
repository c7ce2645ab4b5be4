//! What the store promises when the power goes or the disk fails.

mod disk;
mod faults;
mod imports;
mod power_cuts;
