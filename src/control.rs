//! The command line's door into an appliance: one function that does what a command asks, and a
//! Unix socket, 0600, by which a running server lets commands in.
//!
//! Whoever can open the socket owns the data directory, so requests carry no credential and act
//! as [`Admin::local`](crate::app::Admin::local). Files are read and written by the command itself: it may see no more of
//! the file system than its caller.

mod execute;
mod socket;

pub use execute::{Pieces, execute};
pub use socket::{ControlSocket, connect};
