//! The backup archive: create, verify, restore.
