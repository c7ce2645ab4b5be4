//! The shop at a glance.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::dashboard as app;
use crate::app::{App, Staff};
use crate::domain::catalog::Unit;
use crate::http::Result;
use crate::http::extract::Json;
use crate::wire::amount::Amount;
use crate::wire::order::Order;

/// The shop at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Dashboard {
    currency: String,
    orders_today: u32,
    revenue_today: Amount,
    open_carts: usize,
    devices_seen: usize,
    devices_total: usize,
    products: usize,
    /// Products at or below their own threshold, as `GET /products?low_stock=true` lists them.
    low_stock_count: usize,
    /// What runs low first: by its own threshold, or at five pieces or kilograms.
    low_stock: Vec<LowStock>,
    /// Two weeks, oldest first.
    orders_by_day: Vec<Day>,
    recent_orders: Vec<Order>,
}

/// A product that runs low.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct LowStock {
    product_id: u64,
    name: String,
    /// Pieces, or grams of a product sold by weight.
    stock: i64,
    unit: Unit,
}

/// Sales of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Day {
    #[schema(value_type = String, format = Date)]
    date: jiff::civil::Date,
    orders: u32,
    revenue: Amount,
}

pub(in crate::http) async fn find(State(app): State<App>, staff: Staff) -> Result<Json<Dashboard>> {
    let currency = app.settings().currency;
    let found = app.dashboard(&staff, app.settings().time_zone.clone()).await?;
    let today = found.days.last_key_value().map(|(_, sales)| *sales).unwrap_or_default();
    let low = |found: app::LowStock| LowStock {
        product_id: found.id.value(),
        name: found.name,
        stock: found.stock,
        unit: found.unit,
    };
    Ok(Json(Dashboard {
        orders_today: today.orders,
        revenue_today: Amount::of(today.revenue, &currency),
        open_carts: found.open_carts,
        devices_seen: found.devices_seen,
        devices_total: found.devices_total,
        products: found.products,
        low_stock_count: found.low_stock_count,
        low_stock: found.low_stock.into_iter().map(low).collect(),
        orders_by_day: found
            .days
            .into_iter()
            .map(|(date, sales)| Day {
                date,
                orders: sales.orders,
                revenue: Amount::of(sales.revenue, &currency),
            })
            .collect(),
        recent_orders: found.recent_orders.into_iter().map(Order::from).collect(),
        currency: currency.code().to_owned(),
    }))
}
