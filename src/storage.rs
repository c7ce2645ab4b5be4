//! The Store facade over redb.
