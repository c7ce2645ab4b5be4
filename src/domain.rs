//! The shop's facts and rules: no I/O, no async, no clock, no randomness. The same input gives
//! the same output, so everything here can be tested by calling it.

pub mod accounts;
pub mod alerts;
pub mod audit;
pub mod cart;
pub mod catalog;
pub mod categories;
pub mod checklist;
pub mod classes;
pub mod closures;
pub mod codes;
pub mod deposits;
pub mod devices;
pub mod event;
pub mod fleet;
pub mod id;
pub mod imports;
pub mod invalid;
pub mod lcd;
pub mod money;
pub mod one_time_codes;
pub mod orders;
pub mod pictures;
pub mod position;
pub mod price_schedule;
pub mod pricing;
pub mod promotions;
pub mod quantity;
pub mod routing;
pub mod searches;
pub mod settings;
pub mod stock;
pub mod store_map;
pub mod synonyms;
pub mod view;
