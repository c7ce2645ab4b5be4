//! The dialect's shapes, for the API document only.
//!
//! Requests are read liberally: what a member of no declared kind holds is ignored when it cannot
//! be read and is not needed, and a repeated `seq` gets its first answer again whatever else its
//! body says. So only `seq` and `events` have a kind that is always insisted on. Other spellings of
//! members, forms and what else is forgiven are in `liberal`.

#![expect(dead_code, reason = "these types describe what is read and written by hand")]

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

use crate::wire::amount::Amount;

/// What happened to one item. One of `barcode`, `product_id` and `uid` names it.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceItem {
    /// What the scanner read, as text or as a number.
    #[schema(required = false, example = "9520074262384")]
    barcode: Value,
    /// The product's id.
    #[schema(required = false, example = 9)]
    product_id: Value,
    /// The uid of an RFID tag, in either case, with separators or without, also without the
    /// leading zeros of its bytes when only one tag reads so; counts before the other two.
    #[schema(required = false, example = "04:A3:1F:22")]
    uid: Value,
    /// Units, 1 to 999; 1 when left out. Of a pack's barcode these are packs.
    #[schema(required = false, example = 1)]
    quantity: Value,
    /// This item's grams: the quantity of a product sold by weight, its tare taken off; a check
    /// for others. In kilograms on a trolley whose `weight_unit` is `kg`.
    #[schema(required = false, example = 500)]
    weight: Value,
    /// What the trolley's scale reads, in grams or kilograms like `weight`.
    #[schema(required = false, example = 2140)]
    cart_weight: Value,
    /// What the device drew at its start, 1 to 32 characters; needed beside `seq`.
    #[schema(required = false, example = "b7f3")]
    boot_id: Value,
    /// The event's number, from 1; with it the event happens exactly once.
    #[schema(required = false, schema_with = number, example = 17)]
    seq: u32,
    /// This trolley's own id, name or cart code; another trolley's id is refused.
    #[schema(required = false, example = 3)]
    cart_id: Value,
    /// The session of the heartbeat: a scan for a session that has ended is refused.
    #[schema(required = false, example = 4)]
    session: Value,
}

/// One event of a batch.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceEvent {
    /// `add`, `remove`, `set` or `checkout`.
    #[schema(rename = "type", example = "add")]
    kind: Value,
    /// The event's number within the boot.
    #[schema(example = 17)]
    seq: Value,
    /// What the scanner read; `product_id` or `uid` instead.
    #[schema(required = false, example = "9520074262384")]
    barcode: Value,
    /// Units, 1 to 999; 1 when left out.
    #[schema(required = false, example = 1)]
    quantity: Value,
    /// The boot, when it is not the batch's.
    #[schema(required = false, example = "b7f3")]
    boot_id: Value,
}

/// A batch of numbered events, in order.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceBatch {
    /// What the device drew at its start, 1 to 32 characters.
    #[schema(required = false, example = "b7f3")]
    boot_id: Value,
    /// This trolley's own id, name or cart code, for events that say none.
    #[schema(required = false, example = 3)]
    cart_id: Value,
    /// The session of the heartbeat, for events that say none.
    #[schema(required = false, example = 4)]
    session: Value,
    /// At most 256; more is 413, and nothing of it is applied.
    events: Vec<DeviceEvent>,
}

/// What a trolley says of itself.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceHeartbeat {
    #[schema(required = false, example = 87)]
    battery_pct: Value,
    /// Wi-Fi signal in dBm.
    #[schema(required = false, example = -61)]
    rssi: Value,
    #[schema(required = false, example = "2.4.1")]
    firmware: Value,
    /// Bytes.
    #[schema(required = false, example = 143_200)]
    free_heap: Value,
    /// It sleeps now, and will not be heard of for so many seconds: at most a week.
    #[schema(required = false, example = 600)]
    sleep_s: Value,
    /// What its scale reads, in grams, or in kilograms where its `weight_unit` says so; `weight`
    /// is read too.
    #[schema(required = false, example = 2140)]
    cart_weight: Value,
}

/// The number of the event; without it a repeat within a minute gets the last order again.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceCheckout {
    #[schema(required = false, example = "b7f3")]
    boot_id: Value,
    #[schema(required = false, schema_with = number, example = 18)]
    seq: u32,
}

/// What came of an event.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceAnswer {
    #[schema(example = true)]
    success: bool,
    /// In ASCII. Missing from a repeat whose answer is no longer kept.
    #[schema(required = false, example = "added")]
    message: String,
    /// One line of the usual display.
    #[schema(rename = "lcdMessage", required = false, example = "Lemons untr 1.89")]
    lcd_message: String,
    #[schema(required = false)]
    product_id: u64,
    /// The line's.
    #[schema(required = false)]
    quantity: u32,
    #[schema(required = false)]
    price: Amount,
    /// The youngest age that may buy the product; missing where there is none.
    #[schema(required = false, example = 18)]
    min_age: u8,
    /// Units in the cart.
    #[schema(required = false, example = 2)]
    items: u32,
    #[schema(required = false)]
    total: Amount,
    #[schema(required = false)]
    seq: u32,
    /// The order of a checkout.
    #[schema(required = false)]
    order_id: u64,
    /// The order's code, for the till.
    #[schema(required = false, example = "K7P2")]
    code: String,
    /// What the trolley's scale says, of an event with `cart_weight` or `weight`: `ok`, `unsure`,
    /// `mismatch` or `learning`. The item is accepted in any case.
    #[schema(required = false, example = "ok", pattern = "^(ok|unsure|mismatch|learning)$")]
    check: String,
    /// What is observed, when it is not `ok`: `item-heavier`, `item-lighter`, `not-in-yet`,
    /// `not-out-yet`, `first-reading`, `new-item`, `no-reading`, `unsettled` or `tare`.
    #[schema(required = false, example = "item-heavier")]
    check_hint: String,
    /// How sure that is, 0 to 1.
    #[schema(required = false, minimum = 0, maximum = 1, example = 0.87)]
    check_confidence: f64,
    /// True for a repeat.
    #[schema(required = false, example = true)]
    duplicate: bool,
}

/// A window for bags.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceTare {
    /// Its length, 1 to 300; 30 when left out.
    #[schema(required = false, example = 30)]
    seconds: Value,
}

/// The window is open.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceTared {
    success: bool,
    message: String,
    #[schema(rename = "lcdMessage")]
    lcd_message: String,
    #[schema(example = 30)]
    seconds: u32,
}

/// How far a batch came.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceBatchAnswer {
    success: bool,
    /// Events from the start that the device may forget, repeats included.
    #[schema(example = 3)]
    acked: u32,
    /// The last of them.
    #[schema(example = 19)]
    seq: Option<u32>,
    /// Why the batch stopped.
    #[schema(example = json!(null))]
    code: Option<String>,
    total: Amount,
    /// The number that was expected instead of the one after a gap.
    #[schema(required = false, example = 20)]
    expect: u32,
}

/// How the shop sees the trolley.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceStatus {
    success: bool,
    time: String,
    /// Whether a shopper's phone is paired with it.
    paired: bool,
    /// Changes with every connect, disconnect and checkout.
    #[schema(example = 4)]
    session: u64,
    cart_code: String,
    #[schema(example = 9)]
    cart_version: u64,
    items: u32,
    total: Amount,
}

/// A page of the cart: at most five lines.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceCart {
    success: bool,
    lines: Vec<DeviceLine>,
    /// The offset of the next page.
    #[schema(example = 5)]
    next: Option<u32>,
    items: u32,
    total: Amount,
}

/// A line, short.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceLine {
    product_id: u64,
    /// At most 40 characters, in ASCII.
    name: String,
    quantity: u32,
    total: Amount,
}

/// Where the trolley is: `x` and `y`, or one of the others.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DevicePlace {
    /// Metres to the right on the map.
    #[schema(required = false, example = 12.5)]
    x: Value,
    /// Metres up.
    #[schema(required = false, example = 3.5)]
    y: Value,
    /// 0 when left out.
    #[schema(required = false, example = 0)]
    floor: Value,
    /// The id of a node of the map.
    #[schema(required = false, example = "in1")]
    node: Value,
    /// The id of a shelf location.
    #[schema(required = false, example = "P-03")]
    location: Value,
    /// What a tag on floor or shelf says: the id of a shelf location or of a node.
    #[schema(required = false, example = "P-03")]
    tag: Value,
    /// The trolley's own id: another's is refused.
    #[schema(required = false, example = 7)]
    cart_id: Value,
}

/// Where the trolley is taken to be.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DevicePlaced {
    success: bool,
    #[schema(example = "Noted")]
    message: String,
    x: f64,
    y: f64,
    floor: i32,
    /// The section, or `Noted`, as long as a line of the usual display.
    #[schema(rename = "lcdMessage", example = "Fruit")]
    lcd_message: String,
    /// The section of the map that it is in.
    #[schema(example = "Fruit")]
    section: Option<String>,
}

/// The appliance's time, for clocks that start in 1970.
#[derive(Debug, ToSchema)]
pub(in crate::http) struct DeviceTime {
    success: bool,
    time: String,
    /// Seconds since 1970.
    #[schema(example = 1_795_176_000)]
    unix: i64,
}

/// A number, or a text with one; `null` and an empty text are none.
fn number() -> Schema {
    let kinds = SchemaType::from_iter([Type::Number, Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).build().into()
}
