//! Periodic, idempotent tasks.
