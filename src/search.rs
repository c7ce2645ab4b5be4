//! Product search over an index that is derived from the store.
