//! The HTTP edge: one route table, thin handlers.
