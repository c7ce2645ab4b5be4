//! A whole appliance in memory, and clients that talk to it without a socket.

mod app;
mod client;

pub(crate) use app::{Parts, TestApp};
pub(crate) use client::{Answer, Client};
