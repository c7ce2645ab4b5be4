//! The dialect of trolleys: flat answers under 256 bytes, requests read liberally.

pub(in crate::http) mod frames;
mod liberal;
mod reply;
pub(in crate::http) mod shapes;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use self::liberal::{Fields, Present};
use super::extract::{Query, RawBody};
use super::{Problem, Result};
use crate::app::carts::{Addition, Item};
use crate::app::fleet::Heartbeat;
use crate::app::positions::Spotted;
use crate::app::scans::{
    Action, AnswerRecord, BATCH_MAX, Content, Event, Numbered, Stop, not_your_cart,
};
use crate::app::{App, CartDevice};
use crate::domain::devices::SEQ_MAX;
use crate::domain::fleet::SLEEP_MAX_S;
use crate::domain::id::{DeviceId, ProductId};
use crate::domain::invalid::FieldErrors;
use crate::domain::routing::{Place, Point};

/// Lines of a cart on one page: five short ones fit the buffer of a small firmware.
const LINES_PER_PAGE: usize = 5;

/// An answer as it is kept, with the length that firmware waits for.
fn flat(answer: AnswerRecord) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, "application/json")], answer.body).into_response()
}

/// The number of an event: both members or none.
fn number(fields: &Fields, fallback_boot: Option<&str>) -> Result<Option<Numbered>> {
    let boot = fields.text("boot_id").or_else(|| fallback_boot.map(str::to_owned));
    let Some(seq) = fields.present("seq") else { return Ok(None) };
    let boot = boot.ok_or_else(|| Problem::field("boot_id", "is required beside seq"))?;
    let boot = boot.parse().map_err(|error| Problem::field("boot_id", error))?;
    let seq = seq
        .integer()
        .and_then(|seq| u32::try_from(seq).ok())
        .filter(|seq| (1..=SEQ_MAX).contains(seq))
        .ok_or_else(|| Problem::field("seq", format!("is a number from 1 to {SEQ_MAX}")))?;
    Ok(Some(Numbered { boot, seq }))
}

/// What an event is about; what cannot be read is the event's content, and answered as such.
fn addition(fields: &Fields) -> Content<Addition> {
    let mut errors = FieldErrors::new();
    let item = if let Some(uid) = fields.text("uid") {
        errors.take("uid", uid.parse()).map(Item::Tag)
    } else if let Some(barcode) = fields.text("barcode") {
        Some(Item::Barcode(barcode))
    } else if let Some(id) = fields.present("product_id") {
        let id = id.integer().and_then(|id| u64::try_from(id).ok()).unwrap_or(0);
        errors.take("product_id", ProductId::new(id)).map(Item::Product)
    } else {
        errors.push("barcode", "send barcode, product_id or uid");
        None
    };
    let mut readable = |name: &str, sent: Option<Option<i64>>| {
        if sent == Some(None) {
            errors.push(name, "is a number");
        }
        sent.flatten()
    };
    let quantity = readable("quantity", fields.present("quantity").map(Present::integer));
    let weight_g = readable("weight", fields.present("weight").map(Present::rounded));
    errors.into_result()?;
    item.map(|item| Addition { item, quantity, weight_g })
        .ok_or_else(|| FieldErrors::one("barcode", "send barcode, product_id or uid"))
}

fn event(
    fields: &Fields,
    mut action: Action,
    boot: Option<&str>,
    body_hash: [u8; 32],
) -> Result<Event> {
    let claimed = fields.present("cart_id").map(|value| {
        DeviceId::new(value.integer().and_then(|id| u64::try_from(id).ok()).unwrap_or(0))
    });
    let cart_id = match claimed {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(error)) => {
            action = Action::Add(Err(FieldErrors::one("cart_id", error)));
            None
        }
    };
    let session = fields.present("session").and_then(Present::integer);
    let session = session.and_then(|session| u64::try_from(session).ok());
    Ok(Event { action, number: number(fields, boot)?, session, cart_id, body_hash })
}

fn hash(route: &str, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(route.as_bytes());
    hasher.update([0]);
    hasher.update(body);
    hasher.finalize().into()
}

async fn single(
    app: &App,
    device: &CartDevice,
    body: &[u8],
    route: &str,
    action: fn(Content<Addition>) -> Action,
) -> Result<Response> {
    let fields = Fields::read(body)?;
    note_weight(app, device, &fields);
    let event = event(&fields, action(addition(&fields)), None, hash(route, body))?;
    Ok(flat(app.device_event(device, event, reply::render).await?))
}

/// A scale's reading comes with events too, and stays in memory.
fn note_weight(app: &App, device: &CartDevice, fields: &Fields) {
    let cart_weight_g = fields.present("cart_weight").and_then(Present::rounded);
    app.note_seen(device, Heartbeat { cart_weight_g, ..Heartbeat::default() });
}

pub(super) async fn add_item(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    single(&app, &device, &body, "add", Action::Add).await
}

pub(super) async fn remove_item(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    single(&app, &device, &body, "remove", Action::Remove).await
}

pub(super) async fn update_item(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    single(&app, &device, &body, "set", Action::Set).await
}

pub(super) async fn checkout(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    let fields = if body.is_empty() { Fields::default() } else { Fields::read(&body)? };
    let event = event(&fields, Action::Checkout, None, hash("checkout", &body))?;
    Ok(flat(app.device_event(&device, event, reply::render).await?))
}

pub(super) async fn events(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    let fields = Fields::read(&body)?;
    let boot = fields.text("boot_id");
    let list = fields.list("events").ok_or_else(|| Problem::field("events", "is a list"))?;
    if list.len() > BATCH_MAX {
        let detail = format!("a batch has at most {BATCH_MAX} events");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-events", detail));
    }
    let mut events = Vec::with_capacity(list.len());
    for fields in &list {
        let action = match fields.text("type").as_deref() {
            Some("add") => Action::Add(addition(fields)),
            Some("remove") => Action::Remove(addition(fields)),
            Some("set") => Action::Set(addition(fields)),
            Some("checkout") => Action::Checkout,
            _ => Action::Add(Err(FieldErrors::one("type", "is add, remove or set"))),
        };
        match event(fields, action, boot.as_deref(), [0; 32]) {
            Ok(event) if event.number.is_some() => events.push(event),
            // What stands before an event without a number is carried out and acknowledged.
            _ if !events.is_empty() => break,
            Ok(_) => return Err(Problem::field("seq", "is required in a batch")),
            Err(problem) => return Err(problem),
        }
    }
    let done = app.device_events(&device, events, reply::render).await?;
    let total = reply::amount(done.total, app.settings());
    Ok(flat(match &done.stopped {
        None => reply::batch(200, &done, None, &total),
        Some(Stop::Refused(answer)) => {
            reply::batch(answer.status, &done, reply::code_of(answer).as_deref(), &total)
        }
        Some(Stop::Gap { expect }) => reply::gap(&done, *expect, &total),
    }))
}

pub(super) async fn heartbeat(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    let fields = if body.is_empty() { Fields::default() } else { Fields::read(&body)? };
    take_heartbeat(&app, &device, &fields);
    let status = app.device_status(&device)?;
    Ok(flat(reply::heartbeat(&status, app.settings())))
}

/// What a trolley says of itself, however it came.
fn take_heartbeat(app: &App, device: &CartDevice, fields: &Fields) {
    let whole = |name: &str| fields.present(name).and_then(Present::integer);
    app.note_seen(
        device,
        Heartbeat {
            battery_pct: whole("battery_pct").and_then(|it| u8::try_from(it.clamp(0, 100)).ok()),
            rssi_dbm: whole("rssi").and_then(|it| i32::try_from(it).ok()),
            firmware: fields.text("firmware").map(|text| text.chars().take(40).collect()),
            free_heap_bytes: whole("free_heap").and_then(|it| u64::try_from(it).ok()),
            cart_weight_g: fields.present("cart_weight").and_then(Present::rounded),
            sleep_s: whole("sleep_s")
                .and_then(|it| u32::try_from(it.clamp(0, i64::from(SLEEP_MAX_S))).ok()),
        },
    );
}

/// Where a page of the cart begins.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub(super) struct CartQuery {
    /// Lines to leave out at the beginning: the `next` of the page before.
    offset: usize,
}

pub(super) async fn cart(
    State(app): State<App>,
    device: CartDevice,
    Query(query): Query<CartQuery>,
) -> Result<Response> {
    app.note_seen(&device, Heartbeat::default());
    let cart = app.device_cart(&device)?;
    Ok(flat(reply::cart(cart.as_ref(), query.offset, LINES_PER_PAGE, app.settings())))
}

/// Where the trolley is: `x` and `y` with the floor, a `node`, a shelf `location` or a `tag`.
pub(super) async fn location(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    app.note_seen(&device, Heartbeat::default());
    let fields = Fields::read(&body)?;
    let claimed = fields.present("cart_id").and_then(Present::integer);
    if claimed.is_some_and(|claimed| u64::try_from(claimed) != Ok(device.id().value())) {
        return Err(not_your_cart().into());
    }
    let metres = |name: &str| fields.present(name).map(Present::metres);
    let floor = fields.present("floor").and_then(Present::integer);
    let floor = floor.and_then(|floor| i32::try_from(floor).ok()).unwrap_or(0);
    let spotted = if let Some(tag) = fields.text("tag") {
        Spotted::Tag(tag)
    } else if let Some(node) = fields.text("node") {
        Spotted::At(Place::Node(node))
    } else if let Some(location) = fields.text("location") {
        Spotted::At(Place::Location(location))
    } else {
        match (metres("x").flatten(), metres("y").flatten()) {
            (Some(x), Some(y)) => Spotted::At(Place::Point(Point { x, y, floor })),
            _ => return Err(Problem::field("x", "send x and y in metres, a node or a tag")),
        }
    };
    let located = app.report_own_position(&device, spotted).await?;
    Ok(flat(reply::location(&located)))
}

pub(super) async fn time(State(app): State<App>, device: CartDevice) -> Result<Response> {
    app.note_seen(&device, Heartbeat::default());
    Ok(flat(reply::time(app.now())))
}
