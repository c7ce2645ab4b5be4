//! Use cases: one file per resource, and each function one transaction.
//!
//! A use case takes the principal that may do it, checks everything, and makes its whole change
//! in one `store.write`; the answer is given when that is durable.

pub mod error;
pub mod principals;

pub use error::{Error, Refusal, Result};
pub use principals::{Admin, CartDevice, Identity, Principal, Shopper, Staff};
