//! The JSON shapes that more than one edge uses, and their conversions from and to the domain.

pub mod amount;
pub mod audit;
pub mod cart;
pub mod control;
pub mod device;
pub mod import;
pub mod order;
pub mod product;
pub mod promotion;
pub mod user;
