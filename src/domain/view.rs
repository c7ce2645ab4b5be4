//! What people look at: aggregates together with what is computed from them.

use super::cart::{Cart, CartState};
use super::catalog::Product;
use super::pricing::{Offer, PricedLine, Totals};

/// A product, how much of it there is, and what it costs for now.
#[derive(Debug, Clone, PartialEq)]
pub struct StockedProduct {
    /// The product.
    pub product: Product,
    /// Pieces or grams.
    pub stock: i64,
    /// What makes it cheaper at this moment.
    pub offer: Option<Offer>,
}

/// A cart with today's prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedCart {
    /// The cart.
    pub cart: Cart,
    /// Its lines, in the cart's order.
    pub lines: Vec<PricedLine>,
    /// What they add up to.
    pub totals: Totals,
    /// How it stands.
    pub state: CartState,
    /// Whether the shopper's cart exists already; an empty one that does not has no id yet.
    pub exists: bool,
}
