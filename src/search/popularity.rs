//! How popular products are, from their sales: a gentle push in relevance, never more.
//!
//! Each line of an order that is not cancelled counts one sale, however much of it was bought. A
//! sale's weight halves every [`HALF_LIFE`]; what is older than [`KEPT`] when the catalogue is
//! loaded does not count. Forward decay (Cormode and others, 2009): weights grow with the time of
//! the sale from a fixed moment on, so that none has to be touched as time passes. The shop's own
//! clock is its latest sale: while it is closed nothing is forgotten.
//!
//! It is derived from orders, kept in memory, and neither in the index nor in a product's version.
//! A cancellation counts from the next start.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::id::{OrderId, ProductId};
use crate::domain::orders::{Order, OrderStatus};
use crate::storage::{self, Reader, orders};

/// After this long a sale counts half.
const HALF_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Older sales are not loaded.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Most orders that are read at the start, the newest.
const ORDERS_READ_MAX: usize = 20_000;
/// The most that popularity adds to a score, as a share of it.
const BOOST_MAX: f64 = 0.15;
/// Sales from which on a product is as popular as can be.
const FULL_SALES: f64 = 200.0;
/// Weights are one at this second: 1 January 2020. They stay finite for eighty years.
const LANDMARK_S: i64 = 1_577_836_800;
/// Later sales all weigh the same: a clock that is far ahead makes no number infinite.
const HALF_LIVES_MAX: f64 = 970.0;
/// Boosts of products that do not sell are worked out anew when this has passed.
const REFRESH: SignedDuration = SignedDuration::from_hours(24);

/// What a sale's order says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sale {
    order: OrderId,
    at: Timestamp,
    products: Vec<ProductId>,
}

impl Sale {
    /// The sale of an order; `None` when it was cancelled.
    pub(super) fn of(order: &Order) -> Option<Self> {
        (order.status != OrderStatus::Cancelled).then(|| Self {
            order: order.id,
            at: order.created_at,
            products: order.lines.iter().map(|line| line.product_id).collect(),
        })
    }
}

/// The weights of products that were sold.
#[derive(Debug, Default)]
pub(super) struct Popularity {
    weights: HashMap<ProductId, f64>,
    latest: Timestamp,
    refreshed_at: Timestamp,
    /// The newest order that is counted: ids rise with time, so none counts twice.
    counted_to: Option<OrderId>,
}

impl Popularity {
    /// Counts the newest orders of the store.
    pub(super) fn load(tx: &impl Reader) -> Result<Self, storage::Error> {
        let mut popularity = Self::default();
        let mut read = 0;
        let mut oldest = Timestamp::MIN;
        orders::newest_first(tx, None, |order| {
            if read == 0 {
                popularity.counted_to = Some(order.id);
                oldest = order.created_at.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
            }
            read += 1;
            if let Some(sale) = Sale::of(&order).filter(|sale| sale.at >= oldest) {
                popularity.add(&sale);
            }
            order.created_at >= oldest && read < ORDERS_READ_MAX
        })?;
        popularity.refreshed_at = popularity.latest;
        Ok(popularity)
    }

    /// Whether the order is newer than all that are counted.
    pub(super) fn is_news(&self, order: OrderId) -> bool {
        self.counted_to.is_none_or(|counted| order > counted)
    }

    /// Counts sales; the boosts that changed.
    pub(super) fn count(&mut self, sales: &[Sale]) -> Vec<(ProductId, f32)> {
        let mut sold: Vec<ProductId> = Vec::new();
        for sale in sales {
            if self.is_news(sale.order) {
                self.counted_to = Some(sale.order);
                self.add(sale);
                sold.extend(&sale.products);
            }
        }
        if self.latest.duration_since(self.refreshed_at) > REFRESH {
            self.refreshed_at = self.latest;
            return self.boosts();
        }
        sold.sort_unstable();
        sold.dedup();
        sold.into_iter().map(|id| (id, self.boost(id))).collect()
    }

    /// The boosts of all products that were sold.
    pub(super) fn boosts(&self) -> Vec<(ProductId, f32)> {
        self.weights.keys().map(|id| (*id, self.boost(*id))).collect()
    }

    fn add(&mut self, sale: &Sale) {
        self.latest = self.latest.max(sale.at);
        let weight = weight(sale.at);
        for product in &sale.products {
            *self.weights.entry(*product).or_default() += weight;
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a boost is between 0 and 0.15")]
    fn boost(&self, id: ProductId) -> f32 {
        let sales = self.weights.get(&id).map_or(0.0, |sum| sum / weight(self.latest));
        let share = sales.ln_1p() / FULL_SALES.ln_1p();
        (BOOST_MAX * share.clamp(0.0, 1.0)) as f32
    }
}

/// What a sale at this time weighs, beside one at the landmark.
fn weight(at: Timestamp) -> f64 {
    let passed = SignedDuration::from_secs(at.as_second().saturating_sub(LANDMARK_S).max(0));
    (passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).min(HALF_LIVES_MAX).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(order: u64, day: i64, products: &[u64]) -> Sale {
        Sale {
            order: OrderId::new(order).unwrap(),
            at: Timestamp::from_second(LANDMARK_S + 86_400 * (2_500 + day)).unwrap(),
            products: products.iter().map(|id| ProductId::new(*id).unwrap()).collect(),
        }
    }

    fn boost(popularity: &Popularity, id: u64) -> f32 {
        popularity.boost(ProductId::new(id).unwrap())
    }

    #[test]
    fn sales_count_once_and_fade() {
        let mut popularity = Popularity::default();
        assert!(boost(&popularity, 1) < f32::EPSILON);
        assert_eq!(popularity.count(&[sale(1, 0, &[1, 2]), sale(2, 0, &[1])]).len(), 2);
        assert!(popularity.count(&[sale(2, 0, &[1])]).is_empty(), "an edit of the order");
        let (first, second) = (boost(&popularity, 1), boost(&popularity, 2));
        assert!(first > second && second > 0.0 && boost(&popularity, 3) < f32::EPSILON);
        // Half a year later one sale is worth more than two of then.
        popularity.count(&[sale(3, 180, &[3])]);
        assert!(boost(&popularity, 3) > boost(&popularity, 1) && boost(&popularity, 1) > 0.0);
        assert!((boost(&popularity, 3) - second).abs() < 1e-6);
    }

    #[test]
    fn a_boost_is_gentle_however_much_is_sold() {
        let mut popularity = Popularity::default();
        let sales: Vec<_> = (1..=5_000).map(|order| sale(order, 0, &[1])).collect();
        popularity.count(&sales);
        assert!((boost(&popularity, 1) - 0.15).abs() < 1e-6);
        let far = Sale { at: Timestamp::MAX, ..sale(9_000, 0, &[2]) };
        popularity.count(&[far]);
        assert!(boost(&popularity, 1).is_finite() && boost(&popularity, 2) <= 0.15);
    }
}
