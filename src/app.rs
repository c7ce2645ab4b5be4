//! Use cases: one file per resource, each a transaction boundary.
