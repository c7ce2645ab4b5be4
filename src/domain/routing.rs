//! The shortest walk through the aisles.
