//! Serde shapes used by more than one edge.
