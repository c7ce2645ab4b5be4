//! The shop at a glance.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{App, Result, Staff};
use crate::domain::catalog::Unit;
use crate::domain::devices::Device;
use crate::domain::fleet::DeviceState;
use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::orders::{Order, OrderStatus};
use crate::storage::records::product::StockRecord;
use crate::storage::tables::{PRODUCT_BY_ID, STOCK_BY_PRODUCT};
use crate::storage::{Reader, carts, orders};

/// Days that the dashboard looks back.
pub const DAYS: i64 = 14;
/// Orders shown as the latest.
const RECENT_ORDERS: usize = 8;
/// Products shown as running low.
const LOW_STOCK_MAX: usize = 10;
/// Pieces at or below which a product without a threshold of its own runs low; a thousand grams
/// count as one.
const LOW_STOCK: i64 = 5;

/// Sales of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DaySales {
    /// How many orders, without cancelled ones.
    pub orders: u32,
    /// What they brought, without refunded ones.
    pub revenue: Money,
}

/// A product that runs low.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LowStock {
    /// The product.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// Pieces or grams.
    pub stock: i64,
    /// Which of the two.
    pub unit: Unit,
}

/// The shop at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// Sales by day, oldest first; the last one is today.
    pub days: BTreeMap<Date, DaySales>,
    /// Carts that hold something.
    pub open_carts: usize,
    /// Devices heard of lately.
    pub devices_seen: usize,
    /// Devices that may be heard of.
    pub devices_total: usize,
    /// Products on sale.
    pub products: usize,
    /// How many products are at or below their own threshold.
    pub low_stock_count: usize,
    /// Products on sale that run low: by their own threshold, or at five pieces or kilograms.
    pub low_stock: Vec<LowStock>,
    /// The latest orders.
    pub recent_orders: Vec<Order>,
}

impl App {
    /// The shop at a glance, in days of `zone`.
    pub async fn dashboard(&self, staff: &Staff, zone: TimeZone) -> Result<Dashboard> {
        let now = self.now();
        let devices: Vec<_> =
            self.devices(staff)?.into_iter().filter(|device| !device.revoked).collect();
        let is_seen = |device: &&Device| self.state_of(device) == DeviceState::Online;
        let devices_seen = devices.iter().filter(is_seen).count();
        let devices_total = devices.len();
        self.scan(move |tx| {
            let (days, recent_orders) = sales(tx, now, &zone)?;
            let (products, low_stock_count, low_stock) = shelves(tx)?;
            Ok(Dashboard {
                days,
                open_carts: carts::open(tx)?.len(),
                devices_seen,
                devices_total,
                products,
                low_stock_count,
                low_stock,
                recent_orders,
            })
        })
        .await
    }
}

fn sales(
    tx: &impl Reader,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(BTreeMap<Date, DaySales>, Vec<Order>)> {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let mut days: BTreeMap<Date, DaySales> = (0..DAYS)
        .map(|back| (day(now - SignedDuration::from_hours(24 * back)), DaySales::default()))
        .collect();
    let oldest = days.keys().next().copied();
    let mut recent = Vec::new();
    orders::newest_first(tx, None, |order| {
        if recent.len() < RECENT_ORDERS {
            recent.push(order.clone());
        }
        let placed = day(order.created_at);
        if let Some(sales) = days.get_mut(&placed)
            && order.status != OrderStatus::Cancelled
        {
            sales.orders += 1;
            if order.status != OrderStatus::Refunded {
                sales.revenue += order.totals.total;
            }
        }
        recent.len() < RECENT_ORDERS || oldest.is_some_and(|oldest| placed >= oldest)
    })?;
    Ok((days, recent))
}

fn shelves(tx: &impl Reader) -> Result<(usize, usize, Vec<LowStock>)> {
    // A product that was never booked has no stock, and no row.
    let mut stocks = HashMap::new();
    tx.for_each(STOCK_BY_PRODUCT, .., |id, StockRecord(stock)| {
        stocks.insert(id, stock);
        Ok::<_, crate::storage::Error>(ControlFlow::Continue(()))
    })?;
    let (mut on_sale, mut count, mut low) = (0, 0, Vec::new());
    tx.for_each(PRODUCT_BY_ID, .., |id, product| {
        let stock = stocks.get(&id).copied().unwrap_or(0);
        count += usize::from(!product.deleted && product.is_low(stock));
        if product.is_on_sale() {
            on_sale += 1;
            let by_default = stock / product.unit.stock_units() <= LOW_STOCK;
            if product.low_stock.map_or(by_default, |threshold| stock <= threshold) {
                let (name, unit) = (product.name, product.unit);
                low.push(LowStock { id, name, stock, unit });
            }
        }
        Ok::<_, crate::storage::Error>(ControlFlow::Continue(()))
    })?;
    low.sort_by_key(|low| (low.stock / low.unit.stock_units(), low.id));
    low.truncate(LOW_STOCK_MAX);
    Ok((on_sale, count, low))
}
