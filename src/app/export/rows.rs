//! One row of an export. In CSV, cells that a spreadsheet would compute get an apostrophe in
//! front, which the importers take away again. Where lists are separated by semicolons, or a text
//! is pasted, a cell is split at semicolons, tabs and line ends, so what stands behind one of those
//! counts as a cell too.

use serde::Serialize;
use serde_json::json;

use crate::app::{Error, Result};
use crate::domain::accounts::User;
use crate::domain::catalog::Product;
use crate::domain::codes::Sku;
use crate::domain::id::{DeviceId, UserId};
use crate::domain::money::{Currency, Decimal, Money};
use crate::domain::orders::Order;
use crate::domain::view::{PricedCart, StockedProduct};
use crate::wire;
use crate::wire::control::ExportFormat;

/// What a spreadsheet takes for the end of a cell, beside the comma.
pub(in crate::app) const SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];
/// What a cell that is computed begins with.
pub(in crate::app) const COMPUTED: [char; 4] = ['=', '+', '-', '@'];

/// The columns that the importer of products reads.
pub(super) const PRODUCT_COLUMNS: &[&str] = &[
    "sku",
    "barcodes",
    "plu",
    "rfid",
    "name",
    "brand",
    "category",
    "description",
    "price",
    "currency",
    "stock",
    "low_stock",
    "scheduled_prices",
    "unit",
    "weight_g",
    "tax_rate",
    "min_age",
    "allergens",
    "food_types",
    "pick_group",
    "location",
    "images",
    "active",
    "attributes",
    "packs",
    "tare_g",
    "deposit_sku",
];
/// The columns that the importer of users reads.
pub(super) const USER_COLUMNS: &[&str] =
    &["username", "email", "mobile_number", "role", "password_hash", "name", "disabled"];
/// One line for each order.
pub(super) const ORDER_COLUMNS: &[&str] = &[
    "number",
    "code",
    "created_at",
    "status",
    "user_id",
    "device_id",
    "items",
    "subtotal",
    "discount",
    "tax",
    "total",
    "currency",
];
/// One line for each cart.
pub(super) const CART_COLUMNS: &[&str] =
    &["id", "user_id", "device_id", "items", "item_count", "total", "currency", "updated_at"];

/// A product; its deposit is named by its SKU, which means the same in every shop.
pub(super) fn product(
    product: Product,
    stock: i64,
    deposit: Option<&Sku>,
    currency: &Currency,
    format: ExportFormat,
) -> Result<Vec<u8>> {
    if format == ExportFormat::Ndjson {
        let stocked = StockedProduct { product, stock, offer: None };
        let mut row = serde_json::to_value(wire::product::Product::new(stocked, currency))
            .map_err(|error| Error::Internal(error.to_string()))?;
        if let Some(members) = row.as_object_mut() {
            members.remove("deposit_id");
            members.insert("deposit_sku".to_owned(), deposit.map(Sku::as_str).into());
        }
        return json_line(&row);
    }
    csv_line([
        text(&product.sku.to_string()),
        list(product.barcodes.iter().map(ToString::to_string)),
        product.plu.map(|plu| plu.to_string()).unwrap_or_default(),
        list(product.rfid.iter().map(ToString::to_string)),
        text(&product.name),
        text(&product.brand),
        text(&product.category),
        text(&product.description),
        money(product.price, currency),
        currency.to_string(),
        stock.to_string(),
        optional(product.low_stock),
        list(product.scheduled_prices.iter().map(|scheduled| {
            format!("{}@{}", money(scheduled.price, currency), scheduled.valid_from)
        })),
        product.unit.as_str().to_owned(),
        optional(product.weight_g),
        Decimal::new(i64::from(product.tax_rate.basis_points()), 2).to_string(),
        optional(product.min_age),
        list(product.allergens),
        list(product.food_types),
        product.pick_group.to_string(),
        text(&product.location.unwrap_or_default()),
        list(product.images),
        product.active.to_string(),
        if product.attributes.is_empty() {
            String::new()
        } else {
            text(&serde_json::Value::Object(product.attributes).to_string())
        },
        list(product.packs.iter().map(ToString::to_string)),
        optional(product.tare_g),
        text(deposit.map(Sku::as_str).unwrap_or_default()),
    ])
}

pub(super) fn user(user: User, format: ExportFormat) -> Result<Vec<u8>> {
    let (username, email) = (user.username.to_string(), user.email.map(|email| email.to_string()));
    if format == ExportFormat::Ndjson {
        return json_line(&json!({
            "username": username, "email": email, "mobile_number": user.mobile_number,
            "role": user.role, "password_hash": user.password_hash, "name": user.name,
            "disabled": user.disabled,
        }));
    }
    csv_line([
        text(&username),
        text(&email.unwrap_or_default()),
        text(&user.mobile_number.unwrap_or_default()),
        user.role.as_str().to_owned(),
        text(&user.password_hash.unwrap_or_default()),
        text(&user.name.unwrap_or_default()),
        user.disabled.to_string(),
    ])
}

pub(super) fn order(order: Order, format: ExportFormat) -> Result<Vec<u8>> {
    if format == ExportFormat::Ndjson {
        return json_line(&wire::order::Order::from(order));
    }
    let currency: Currency =
        order.currency.parse().map_err(|error| Error::Internal(format!("{error}")))?;
    csv_line([
        order.number,
        order.code,
        order.created_at.to_string(),
        order.status.as_str().to_owned(),
        optional(order.user_id.map(UserId::value)),
        optional(order.device_id.map(DeviceId::value)),
        list(order.lines.iter().map(|line| format!("{} x {}", line.quantity, line.sku))),
        money(order.totals.subtotal, &currency),
        money(order.totals.discount, &currency),
        money(order.totals.tax, &currency),
        money(order.totals.total, &currency),
        order.currency,
    ])
}

pub(super) fn cart(
    priced: &PricedCart,
    currency: &Currency,
    format: ExportFormat,
) -> Result<Vec<u8>> {
    if format == ExportFormat::Ndjson {
        return json_line(&wire::cart::Cart::new(priced, currency));
    }
    let cart = &priced.cart;
    csv_line([
        cart.id.to_string(),
        optional(cart.user_id.map(UserId::value)),
        optional(cart.device_id.map(DeviceId::value)),
        list(priced.lines.iter().map(|line| format!("{} x {}", line.quantity, line.sku))),
        cart.item_count().to_string(),
        money(priced.totals.total, currency),
        currency.to_string(),
        cart.updated_at.to_string(),
    ])
}

/// A line of CSV as RFC 4180 has it.
pub(super) fn csv_line(cells: impl IntoIterator<Item = String>) -> Result<Vec<u8>> {
    let failed = |error: String| Error::Internal(error);
    let cells: Vec<String> = cells.into_iter().collect();
    let is_split = cells.iter().any(|cell| cell.contains([';', '\t']));
    let style = if is_split { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

fn json_line(row: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(row).map_err(|error| Error::Internal(error.to_string()))?;
    line.push(b'\n');
    Ok(line)
}

/// A text as a cell; see the file's documentation. Apostrophes that were there stay, so that the
/// one that comes is the one that is taken away.
fn text(cell: &str) -> String {
    let mut defused = String::with_capacity(cell.len() + 1);
    for piece in cell.split_inclusive(SEPARATORS) {
        if piece.trim_start_matches('\'').starts_with(COMPUTED) {
            defused.push('\'');
        }
        defused.push_str(piece);
    }
    defused
}

fn list(values: impl IntoIterator<Item = String>) -> String {
    let values = values.into_iter().map(|value| value.replace('\\', "\\\\").replace('|', "\\|"));
    text(&values.collect::<Vec<_>>().join("|"))
}

fn optional(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn money(amount: Money, currency: &Currency) -> String {
    Decimal::from_money(amount, currency).to_string()
}
