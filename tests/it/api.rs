//! What clients of each resource rely on, bad input included.

mod access;
mod accounts;
mod carts;
mod checklist;
mod devices;
mod exactly_once;
mod liberal;
mod orders;
mod pairing;
mod problems;
mod products;
mod sessions;
mod settings;
mod store_map;
