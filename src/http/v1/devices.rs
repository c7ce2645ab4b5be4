//! Trolley hardware, for staff and admins. What trolleys say is in [`crate::http::devices`].

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::app::devices::{DeviceChange, NewDevice};
use crate::app::fleet::FleetDevice;
use crate::app::{Admin, App, Staff};
use crate::domain::devices::{Device as DomainDevice, WeightUnit};
use crate::domain::fleet::DeviceState;
use crate::domain::id::{DeviceId, UserId};
use crate::http::Result;
use crate::http::extract::{Json, Keyed, Page, Path};
use crate::http::reply::{Listed, Stored};
use crate::wire::amount::Amount;
use crate::wire::read_only;

/// A device and what is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Device {
    id: u64,
    #[schema(example = "Cart 7")]
    name: String,
    /// What a shopper types to pair a phone with it.
    cart_code: String,
    revoked: bool,
    /// Whose phone is paired with it.
    user_id: Option<u64>,
    /// How long an identical unnumbered body counts as a retry, in milliseconds.
    dedupe_ms: u32,
    /// What it sends as weights: grams or kilograms.
    #[schema(value_type = String, example = "g")]
    weight_unit: WeightUnit,
    /// Whether only signed requests are taken: its key alone is refused.
    signed_only: bool,
    /// How often it is expected to be heard of, in seconds.
    heartbeat_s: u32,
    /// The MAC address of the board that it enrolled with.
    mac: Option<String>,
    /// The chip of that board.
    chip: Option<String>,
    /// Whether its state is `online`.
    online: bool,
    /// `online`: heard of within two of its intervals and 10 s, or connected. `asleep`: by its own
    /// word. `offline`: overdue. `new`: never heard of.
    #[schema(example = "online", pattern = "^(online|asleep|offline|new)$")]
    state: &'static str,
    last_seen: Option<Timestamp>,
    /// The address that its last request came from.
    #[schema(example = "192.168.1.77")]
    ip: Option<String>,
    battery_pct: Option<u8>,
    /// Bytes.
    #[schema(example = 143_200)]
    free_heap: Option<u64>,
    /// Wi-Fi signal in dBm.
    rssi: Option<i32>,
    firmware: Option<String>,
    /// What its scale reads, in grams.
    cart_weight: Option<i64>,
    /// Changes with every connect, disconnect and checkout.
    #[schema(example = 4)]
    session: u64,
    session_began_at: Timestamp,
    /// Units in its cart, or its shopper's.
    #[schema(example = 9)]
    items: u32,
    /// What they cost.
    total: Amount,
    #[schema(example = "EUR")]
    currency: String,
    /// How many alerts about it are open.
    #[schema(example = 0)]
    open_alerts: u64,
    created_at: Timestamp,
}

/// A device to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct DeviceInput {
    /// What people call it.
    #[schema(min_length = 1, max_length = 60, example = "Cart 7")]
    name: String,
}

/// Fields of a device to set; what only the server sets is ignored.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct DevicePatch {
    /// What people call it.
    #[schema(min_length = 1, max_length = 60, example = "Cart 7")]
    name: Option<String>,
    /// How long an identical unnumbered body counts as a retry, in milliseconds; 0 for never.
    #[schema(maximum = 60_000)]
    dedupe_ms: Option<u32>,
    /// What it sends as weights: `g` or `kg`.
    #[schema(value_type = Option<String>, pattern = "^(g|kg)$", example = "g")]
    weight_unit: Option<WeightUnit>,
    /// Takes only signed requests: its key alone is refused.
    signed_only: Option<bool>,
    /// How often it is expected to be heard of, in seconds.
    #[schema(minimum = 1, maximum = 86_400)]
    heartbeat_s: Option<u32>,
    #[schema(schema_with = read_only)]
    mac: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    chip: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    cart_code: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    revoked: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    user_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    online: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    last_seen: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    battery_pct: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    rssi: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    firmware: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    cart_weight: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    state: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    ip: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    free_heap: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    session: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    session_began_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    items: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    total: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    currency: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    open_alerts: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
}

/// A new device and its key, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct DeviceAdded {
    id: u64,
    #[schema(example = "Cart 7")]
    name: String,
    cart_code: String,
    key: String,
}

/// Another key, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct KeyRotated {
    id: u64,
    key: String,
}

impl Device {
    /// The device as it is shown.
    pub(in crate::http) fn new(app: &App, shown: FleetDevice) -> Self {
        let FleetDevice { device, seen, state, items, total, open_alerts } = shown;
        Self {
            id: device.id.value(),
            name: device.name,
            cart_code: device.cart_code,
            revoked: device.revoked,
            user_id: device.user_id.map(UserId::value),
            dedupe_ms: device.profile.dedupe_ms,
            weight_unit: device.profile.weight_unit,
            signed_only: device.profile.needs_signature,
            heartbeat_s: device.profile.interval_s,
            mac: device.board.mac,
            chip: device.board.chip,
            online: state == DeviceState::Online,
            state: state.as_str(),
            last_seen: seen.last.at,
            ip: seen.ip.map(|ip| ip.to_string()),
            battery_pct: seen.heartbeat.battery_pct,
            free_heap: seen.heartbeat.free_heap_bytes,
            rssi: seen.heartbeat.rssi_dbm,
            firmware: seen.heartbeat.firmware,
            cart_weight: seen.heartbeat.cart_weight_g,
            session: device.session,
            session_began_at: device.session_began_at,
            items,
            total: Amount::of(total, &app.settings().currency),
            currency: app.currency_code(),
            open_alerts,
            created_at: device.created_at,
        }
    }
}

fn wire(app: &App, staff: &Staff, device: DomainDevice) -> Device {
    Device::new(app, app.fleet_view(staff, device))
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    staff: Staff,
    page: Page,
) -> Result<Listed<Device, 50>> {
    let (shown, total) = app.fleet(&staff, page.offset, page.limit).await?;
    let items = shown.into_iter().map(|device| Device::new(&app, device)).collect();
    Ok(Listed { items, total, page })
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    admin: Admin,
    Json(body): Json<DeviceInput>,
) -> Result<(StatusCode, Json<DeviceAdded>)> {
    let NewDevice { device, key } = app.add_device(&admin, &body.name).await?;
    let added = DeviceAdded {
        id: device.id.value(),
        name: device.name,
        cart_code: device.cart_code,
        key: key.expose().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(added)))
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<DeviceId>,
) -> Result<Json<Device>> {
    let shown = app.fleet_device(&staff, id)?;
    Ok(Json(Device::new(&app, shown)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<DeviceId>,
    Json(body): Json<DevicePatch>,
) -> Result<Json<Device>> {
    let change = DeviceChange {
        name: body.name,
        dedupe_ms: body.dedupe_ms,
        weight_unit: body.weight_unit,
        needs_signature: body.signed_only,
        interval_s: body.heartbeat_s,
    };
    let device = app.update_device(&admin, id, change).await?;
    Ok(Json(wire(&app, &admin.staff(), device)))
}

pub(in crate::http) async fn revoke(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<DeviceId>,
) -> Result<Json<Device>> {
    let device = app.revoke_device(&admin, id).await?;
    Ok(Json(wire(&app, &admin.staff(), device)))
}

pub(in crate::http) async fn rotate(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<DeviceId>,
) -> Result<Json<KeyRotated>> {
    let NewDevice { device, key } = app.rotate_device_key(&admin, id).await?;
    Ok(Json(KeyRotated { id: device.id.value(), key: key.expose().to_owned() }))
}

/// Takes a trolley from its shopper.
pub(in crate::http) async fn disconnect(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<DeviceId>,
    Keyed(idempotency): Keyed,
) -> Result<Stored> {
    let shown = app.clone();
    let answer =
        Answer::new(200, move |device: &DomainDevice| wire(&shown, &staff, device.clone()));
    let request = answer.once(idempotency);
    Ok(answer.reply(app.disconnect_trolley(&staff, id, request).await?))
}
