//! Settings: defaults, then config.toml, then CARTWRIGHT_*, then flags.
