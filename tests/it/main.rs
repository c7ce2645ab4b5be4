//! The one integration-test binary.

#![expect(clippy::unwrap_used, clippy::panic, reason = "all of it is test code, helpers included")]

mod api;
mod architecture;
mod crash;
mod followers;
mod gateway;
mod journeys;
mod map_files;
mod route;
mod simulate;
mod sockets;
mod store_model;
mod support;
mod trolley_model;
