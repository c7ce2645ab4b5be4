//! The demo store: loaded into an empty shop from the files that the binary carries.

mod pictures;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::accounts::AccountChange;
use super::{Admin, App, Error, Result, Staff, audit};
use crate::auth::{CartCode, random_id};
use crate::domain::accounts::Username;
use crate::domain::cart::{Amount, CartLine};
use crate::domain::catalog::{ProductPatch, Unit};
use crate::domain::id::{LineId, OrderId, ProductId, UserId};
use crate::domain::orders::{Actor, Order, OrderStatus, StatusChange};
use crate::domain::pricing::{PricedLine, price_line, totals};
use crate::domain::promotions::running::Running;
use crate::domain::promotions::{PROMOTIONS_MAX, PromotionPatch};
use crate::domain::quantity::{Grams, Quantity};
use crate::domain::settings::StoreSettings;
use crate::domain::store_map::StoreMap;
use crate::storage::tables::{PRODUCT_BY_ID, USER_BY_ID};
use crate::storage::{Reader, WriteTx, accounts, orders, products};
use crate::wire::import::{ImportOptions, ImportReport};

const PRODUCTS: &[u8] = include_bytes!("../../data/products.csv");
/// What has packs, a deposit or a tare.
const BOTTLES: &[u8] = include_bytes!("../../data/bottles.csv");
const USERS: &[u8] = include_bytes!("../../data/users.csv");
const MAP: &[u8] = include_bytes!("../../data/map.json");
const DEVICES: &[u8] = include_bytes!("../../data/devices.csv");
const PROMOTIONS: &[u8] = include_bytes!("../../data/promotions.csv");
const ORDERS: &[u8] = include_bytes!("../../data/orders.csv");

/// Who gets a password: the others' accounts have none.
const ADMIN: &str = "admin";
const SHOPPER: &str = "demo";
/// Products of the demo, and the deposit on each, by their SKUs.
const DEPOSITS: &[(&str, &str)] = &[("RET-0001", "DEP-0015"), ("RET-0002", "DEP-0015")];
/// Length of a password, in characters of 6 bits.
const PASSWORD_CHARS: usize = 14;
/// An order that would be in the future was placed so long ago, one after another.
const LATEST_ORDER: SignedDuration = SignedDuration::from_mins(4);

/// What the file of promotions holds back begins so long after the demo does, so that somebody
/// who listens hears it.
const NEXT_PROMOTION: SignedDuration = SignedDuration::from_mins(2);

/// What a visitor needs to know.
#[derive(Clone)]
pub struct Demo {
    /// Signs in to the administration.
    pub admin: (String, String),
    /// A shopper: name and password.
    pub shopper: (String, String),
    /// The first trolley's id.
    pub device_id: u64,
    /// What its firmware sends in `X-API-Key`.
    pub device_key: String,
    /// What the shopper types to connect.
    pub cart_code: String,
    /// A barcode to scan, and what it stands on.
    pub first_product: (String, String),
}

impl std::fmt::Debug for Demo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demo").field("device_id", &self.device_id).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
struct DeviceRow {
    name: String,
}

/// An order of the past. Its stock is gone already: the catalogue says what is left.
#[derive(Debug, Deserialize)]
struct OrderRow {
    days_ago: i16,
    time: String,
    username: String,
    status: String,
    /// `sku:quantity` separated by `|`, with `:grams` behind what is sold by weight.
    items: String,
}

/// An order row whose words were understood.
struct PastOrder {
    at: Timestamp,
    username: Option<Username>,
    status: OrderStatus,
    /// SKU, and pieces or grams.
    items: Vec<(String, i64)>,
    code: String,
}

impl App {
    /// Loads the demo store; refuses a shop that has accounts or products. Times of past orders
    /// are in `zone`.
    pub async fn load_demo(&self, admin: &Admin, zone: &TimeZone) -> Result<Demo> {
        let is_empty =
            self.read(|tx| Ok(tx.len(USER_BY_ID)? == 0 && tx.len(PRODUCT_BY_ID)? == 0))?;
        if !is_empty {
            return Err(Error::conflict(
                "not-empty",
                "this data directory has a shop in it: the demo store needs an empty one",
            ));
        }
        let (staff, options) = (admin.staff(), ImportOptions::default());
        let products = self.illustrated(PRODUCTS).await?;
        let report = self.import_products(&staff, products, options.clone()).await?;
        whole("products.csv", &report)?;
        self.load_bottles(&staff, options.clone()).await?;
        self.load_promotions(&staff, options.clone()).await?;
        let map = StoreMap::from_json(MAP).map_err(|errors| wrong("map.json", &errors))?;
        self.replace_store_map(&staff, map, None).await?;
        let report = self.import_users(admin, USERS.to_vec(), options).await?;
        whole("users.csv", &report)?;
        let mut first = None;
        for row in rows::<DeviceRow>("devices.csv", DEVICES)? {
            let added = self.add_device(admin, &row.name).await?;
            first.get_or_insert(added);
        }
        let device = first.ok_or_else(|| wrong("devices.csv", &"there is no device"))?;
        self.load_past_orders(admin, zone).await?;
        Ok(Demo {
            admin: self.demo_login(admin, ADMIN).await?,
            shopper: self.demo_login(admin, SHOPPER).await?,
            device_id: device.device.id.value(),
            device_key: device.key.expose().to_owned(),
            cart_code: device.device.cart_code,
            first_product: self.first_barcode()?,
        })
    }

    /// A deposit is linked by its id, which a file of a new shop cannot know.
    async fn load_bottles(&self, staff: &Staff, options: ImportOptions) -> Result<()> {
        let report = self.import_products(staff, BOTTLES.to_vec(), options).await?;
        whole("bottles.csv", &report)?;
        for (product, deposit) in DEPOSITS {
            let (product, deposit) = self.read(|tx| {
                let find = |sku: &str| -> Result<ProductId> {
                    let sku = sku.parse().map_err(|e| wrong("bottles.csv", &e))?;
                    products::by_sku(tx, &sku)?.ok_or_else(|| wrong("bottles.csv", &sku))
                };
                Ok((find(product)?, find(deposit)?))
            })?;
            let link = ProductPatch { deposit_id: Some(Some(deposit)), ..ProductPatch::default() };
            self.update_product(staff, product, link, None).await?;
        }
        Ok(())
    }

    /// One promotion is on, the inactive ones of the file start in a moment.
    async fn load_promotions(&self, staff: &Staff, options: ImportOptions) -> Result<()> {
        let report = self.import_promotions(staff, PROMOTIONS.to_vec(), options).await?;
        whole("promotions.csv", &report)?;
        let (all, _) = self.promotions(Some(staff), None, 0, PROMOTIONS_MAX)?;
        for promotion in all.into_iter().filter(|promotion| !promotion.active) {
            let start = PromotionPatch {
                active: Some(true),
                starts_at: Some(self.now() + NEXT_PROMOTION),
                ..PromotionPatch::default()
            };
            self.update_promotion(staff, promotion.id, start, None).await?;
        }
        Ok(())
    }

    /// Gives an account a random password.
    async fn demo_login(&self, admin: &Admin, username: &str) -> Result<(String, String)> {
        let password: String = random_id().chars().take(PASSWORD_CHARS).collect();
        let change = AccountChange { password: Some(password.clone()), ..AccountChange::default() };
        self.update_user(admin, username.to_owned(), change).await?;
        Ok((username.to_owned(), password))
    }

    /// The first product by the piece that has a barcode.
    fn first_barcode(&self) -> Result<(String, String)> {
        self.read(|tx| {
            let first = tx.scan(PRODUCT_BY_ID, .., 1_000)?.into_iter().find_map(|(_, product)| {
                let gtin = product.barcodes.first()?;
                (product.unit == Unit::Each && product.active)
                    .then(|| (gtin.to_string(), product.name.clone()))
            });
            first.ok_or_else(|| wrong("products.csv", &"no product has a barcode"))
        })
    }

    async fn load_past_orders(&self, admin: &Admin, zone: &TimeZone) -> Result<()> {
        let now = self.now();
        let mut past = Vec::new();
        for row in rows::<OrderRow>("orders.csv", ORDERS)? {
            past.push(understood(&row, zone, now)?);
        }
        past.sort_by_key(|order| order.at);
        // Orders of today that are still to come were placed just now, in their order.
        let mut latest = now;
        for order in past.iter_mut().rev() {
            if order.at >= latest {
                order.at = latest - LATEST_ORDER;
            }
            latest = order.at;
        }
        let settings = self.settings().clone();
        let act = self.act(admin);
        self.write(move |tx| {
            let change = audit::Change::none().with("orders", past.len());
            audit::record(tx, &act, "demo.load", ("shop", ""), change)?;
            past.into_iter().try_for_each(|order| place(tx, &settings, order))
        })
        .await
    }
}

fn understood(row: &OrderRow, zone: &TimeZone, now: Timestamp) -> Result<PastOrder> {
    let bad = |error: &dyn std::fmt::Display| wrong("orders.csv", error);
    let day = now.to_zoned(zone.clone()).date();
    let day = day
        .checked_sub(SignedDuration::from_hours(24 * i64::from(row.days_ago)))
        .map_err(|e| bad(&e))?;
    let time: Time = row.time.parse().map_err(|e: jiff::Error| bad(&e))?;
    let at = day.to_datetime(time).to_zoned(zone.clone()).map_err(|e| bad(&e))?.timestamp();
    let username = match row.username.as_str() {
        "" => None,
        name => Some(name.parse().map_err(|e| bad(&e))?),
    };
    let items = row
        .items
        .split('|')
        .map(|item| {
            let (sku, amounts) = item.split_once(':').ok_or_else(|| bad(&item))?;
            // A weighed line is one scan: its weight alone says how much.
            let amount = amounts.rsplit(':').next().unwrap_or(amounts);
            Ok((sku.to_owned(), amount.parse().map_err(|_| bad(&item))?))
        })
        .collect::<Result<_>>()?;
    let status = row.status.parse().map_err(|e| bad(&e))?;
    Ok(PastOrder { at, username, status, items, code: CartCode::generate().to_string() })
}

fn place(tx: &mut WriteTx<'_>, settings: &StoreSettings, past: PastOrder) -> Result<()> {
    let user_id: Option<UserId> = match &past.username {
        Some(name) => accounts::user_by_username(tx, name)?.map(|user| user.id),
        None => None,
    };
    let mut lines: Vec<PricedLine> = Vec::with_capacity(past.items.len());
    for (number, (sku, amount)) in (1..).zip(&past.items) {
        lines.push(line(tx, number, sku, *amount)?);
    }
    let id = super::next(tx, "order", OrderId::new)?;
    let is_code_free = orders::by_code(tx, &past.code)?.is_none();
    let mut order = Order {
        id,
        number: format!("{}-{:06}", past.at.to_zoned(TimeZone::UTC).year(), id.value()),
        code: if is_code_free { past.code } else { format!("{}{id}", past.code) },
        user_id,
        device_id: None,
        totals: totals(&lines, settings.tax_mode),
        lines,
        currency: settings.currency.code().to_owned(),
        status: OrderStatus::Pending,
        history: vec![StatusChange {
            status: OrderStatus::Pending,
            at: past.at,
            by: user_id.map_or(Actor::System, Actor::User),
        }],
        tracking_number: None,
        shipping_address: None,
        billing_address: None,
        version: 1,
        created_at: past.at,
        updated_at: past.at,
    };
    // Every status is reached by way of `paid`, but for those that come before it.
    if OrderStatus::Pending.way_to(past.status).is_none() {
        step(&mut order, OrderStatus::Paid, past.at)?;
    }
    step(&mut order, past.status, past.at)?;
    Ok(orders::put(tx, &order)?)
}

fn step(order: &mut Order, status: OrderStatus, at: Timestamp) -> Result<()> {
    order.advance(status, Actor::System, at).map_err(|e| wrong("orders.csv", &e))?;
    Ok(())
}

fn line(tx: &impl Reader, number: u64, sku: &str, amount: i64) -> Result<PricedLine> {
    let bad = |error: &dyn std::fmt::Display| wrong("orders.csv", &format!("{sku}: {error}"));
    let key = sku.parse().map_err(|e| bad(&e))?;
    let id = products::by_sku(tx, &key)?.ok_or_else(|| bad(&"no such product"))?;
    let product = products::product(tx, id)?.ok_or_else(|| bad(&"no such product"))?;
    let amount = match product.unit {
        Unit::Each => Amount::Pieces(Quantity::new(amount).map_err(|e| bad(&e))?),
        Unit::Kg => Amount::Weighed(Grams::new(amount).map_err(|e| bad(&e))?),
    };
    let id = LineId::new(number).map_err(|e| bad(&e))?;
    let line = CartLine { id, product_id: product.id, amount, uids: Vec::new() };
    Ok(price_line(&line, &product, &Running::default()))
}

fn rows<T: for<'de> Deserialize<'de>>(file: &str, bytes: &[u8]) -> Result<Vec<T>> {
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().collect::<std::result::Result<_, _>>().map_err(|e| wrong(file, &e))
}

fn whole(file: &str, report: &ImportReport) -> Result<()> {
    match report.errors.first() {
        None => Ok(()),
        Some(error) => {
            let place = format!("line {}, {}: {}", error.line, error.field, error.message);
            Err(wrong(file, &place))
        }
    }
}

/// The demo's own files are wrong, or do not fit the store's settings (its currency, say).
fn wrong(file: &str, error: &dyn std::fmt::Display) -> Error {
    Error::bad_request("demo-data", format!("the demo store's {file} does not fit: {error}"))
}
