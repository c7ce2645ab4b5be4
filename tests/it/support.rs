//! A whole appliance in memory, and clients that talk to it without a socket.

mod app;
mod client;
mod phone;
mod server;

pub(crate) use app::{Parts, SECRET, TestApp};
pub(crate) use client::{Answer, Client};
pub(crate) use phone::Phones;
pub(crate) use server::{Listening, WebSocket, next_text};
