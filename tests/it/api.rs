//! What clients of each resource rely on, bad input included.

mod access;
mod accounts;
mod audit;
mod bad_input;
mod carts;
mod checklist;
mod devices;
mod edge;
mod exactly_once;
mod liberal;
mod mobile_numbers;
mod one_time_codes;
mod orders;
mod pairing;
mod problems;
mod products;
mod profiles;
mod promotions;
mod search;
mod session_list;
mod sessions;
mod settings;
mod store_map;
mod tokens;
