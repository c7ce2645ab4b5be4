//! What changed: the entries of the change log, which search, live events and exports follow.

use super::id::{
    AlertId, CartId, ClosureId, DeviceId, OrderId, ProductId, PromotionId, SynonymId, UserId,
};

/// One thing that changed. It names the thing and not the change: a follower reads the current
/// state, so applying an entry twice, or late, does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// A product was created, edited or deleted.
    Product(ProductId),
    /// A product's stock moved.
    Stock(ProductId),
    /// A cart's lines or its owner changed.
    Cart(CartId),
    /// An order was placed or changed its state.
    Order(OrderId),
    /// An account changed.
    User(UserId),
    /// A device was added, paired, revoked or given another key.
    Device(DeviceId),
    /// The store map was replaced.
    StoreMap,
    /// A promotion was made, edited, announced or deleted.
    Promotion(PromotionId),
    /// Words of one meaning were written, edited or deleted.
    Synonym(SynonymId),
    /// An aisle was reported as blocked, or is free again.
    Closure(ClosureId),
    /// An alert was raised, refreshed, cleared or is no longer kept.
    Alert(AlertId),
}
