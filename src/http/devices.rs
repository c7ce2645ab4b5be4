//! The dialect of trolleys: flat answers under 256 bytes, requests read liberally.

pub(in crate::http) mod enrolment;
pub(in crate::http) mod firmware;
pub(in crate::http) mod frames;
mod liberal;
mod reply;
pub(in crate::http) mod shapes;

use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State as Of};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use self::liberal::{Fields, Present};
use super::extract::{Query, RawBody};
use super::{Problem, Result, State};
use crate::app::carts::{Addition, Item};
use crate::app::fleet::Heartbeat;
use crate::app::positions::Spotted;
use crate::app::scans::{
    Action, AnswerRecord, BATCH_MAX, ClaimedCart, Content, Event, Numbered, Stop, not_your_cart,
};
use crate::app::{App, CartDevice};
use crate::domain::devices::{SEQ_MAX, WeightUnit};
use crate::domain::fleet::SLEEP_MAX_S;
use crate::domain::id::{DeviceId, ProductId};
use crate::domain::invalid::FieldErrors;
use crate::domain::routing::{Place, Point};

/// Lines of a cart on one page: five short ones fit the buffer of a small firmware.
const LINES_PER_PAGE: usize = 5;

/// What an item may weigh, in grams.
const WEIGHT_G: RangeInclusive<i64> = 0..=100_000;
/// What a trolley's scale may read, in grams: below zero after its tare was taken with a load.
const CART_WEIGHT_G: RangeInclusive<i64> = -100_000..=1_000_000;

/// An answer as it is kept, with the length that firmware waits for.
fn flat(answer: AnswerRecord) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, "application/json")], answer.body).into_response()
}

/// The number of an event: both members or none.
fn number(fields: &Fields, batch: Option<&Fields>) -> Result<Option<Numbered>> {
    let boot = fields.text("boot_id").or_else(|| batch?.text("boot_id"));
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
fn addition(fields: &Fields, unit: WeightUnit) -> Content<Addition> {
    let mut errors = FieldErrors::new();
    let item = item(fields, &mut errors);
    let quantity = fields.present("quantity").map(Present::integer);
    if quantity == Some(None) {
        errors.push("quantity", "is a number");
    }
    let weight_g = weight(fields, "weight", WEIGHT_G, unit, &mut errors);
    weight(fields, "cart_weight", CART_WEIGHT_G, unit, &mut errors);
    errors.into_result()?;
    item.map(|item| Addition { item, quantity: quantity.flatten(), weight_g })
        .ok_or_else(|| FieldErrors::one("barcode", "send barcode, product_id or uid"))
}

/// What the event names. Members in our own spelling come before those in others, so that what
/// says something else in other firmware hides nothing.
fn item(fields: &Fields, errors: &mut FieldErrors) -> Option<Item> {
    let is_there = |name: &&str| fields.present(name).is_some();
    let names = ["uid", "barcode", "product_id"].into_iter().filter(is_there);
    let (others, own): (Vec<&str>, Vec<&str>) = names.partition(|it| fields.is_respelled(it));
    match own.into_iter().chain(others).chain(["tag"]).find(is_there) {
        Some("barcode") => fields.text("barcode").map(Item::Barcode).or_else(|| {
            errors.push("barcode", "is a text or a number");
            None
        }),
        Some("product_id") => {
            let id = fields.present("product_id").and_then(Present::integer);
            let id = id.and_then(|id| u64::try_from(id).ok()).unwrap_or(0);
            errors.take("product_id", ProductId::new(id)).map(Item::Product)
        }
        Some(tag) => {
            let uid = fields.uid(tag).unwrap_or_default();
            errors.take("uid", uid.parse()).map(Item::Tag)
        }
        None => {
            errors.push("barcode", "send barcode, product_id or uid");
            None
        }
    }
}

/// A weight in grams; one that no scale of a shop can mean is an error.
fn weight(
    fields: &Fields,
    name: &str,
    range_g: RangeInclusive<i64>,
    unit: WeightUnit,
    errors: &mut FieldErrors,
) -> Option<i64> {
    let sent = fields.present(name)?;
    let grams = sent.grams(unit).filter(|grams| range_g.contains(grams));
    if grams.is_none() {
        let (least, most) = (range_g.start(), range_g.end());
        errors.push(name, format!("is a number of grams from {least} to {most}"));
    }
    grams
}

/// Reads an event; what it does not say itself, the batch around it says for all.
fn event(
    fields: &Fields,
    action: Action,
    batch: Option<&Fields>,
    body_hash: [u8; 32],
    unit: WeightUnit,
) -> Result<Event> {
    let teller = |name: &str| {
        if fields.present(name).is_some() { Some(fields) } else { batch }
    };
    let cart = teller("cart_id").and_then(|teller| {
        let id = teller.present("cart_id")?.integer().and_then(|id| u64::try_from(id).ok());
        Some(match id.and_then(|id| DeviceId::new(id).ok()) {
            Some(id) => ClaimedCart::Id(id),
            None => ClaimedCart::Named(teller.text("cart_id").unwrap_or_default()),
        })
    });
    let session = teller("session").and_then(|teller| teller.present("session")?.integer());
    let session = session.map(|session| u64::try_from(session).unwrap_or(0));
    let cart_weight_g = weight(fields, "cart_weight", CART_WEIGHT_G, unit, &mut FieldErrors::new());
    Ok(Event { action, number: number(fields, batch)?, session, cart, cart_weight_g, body_hash })
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
    let (fields, unit) = (Fields::read(body)?, device.weight_unit());
    let action = action(addition(&fields, unit));
    let event = event(&fields, action, None, hash(route, body), unit)?;
    Ok(flat(app.device_event(device, event, reply::render).await?))
}

/// What a trolley sent: the body, or the query of a request without one.
pub(super) struct Sent(Bytes);

impl FromRequest<State> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self> {
        let query = request.uri().query().filter(|query| query.contains('='));
        let query = query.map(|query| Bytes::copy_from_slice(query.as_bytes()));
        let RawBody(body) = RawBody::from_request(request, state).await?;
        Ok(Self(query.filter(|_| body.trim_ascii().is_empty()).unwrap_or(body)))
    }
}

pub(super) async fn add_item(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    single(&app, &device, &body, "add", Action::Add).await
}

pub(super) async fn remove_item(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    single(&app, &device, &body, "remove", Action::Remove).await
}

pub(super) async fn update_item(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    single(&app, &device, &body, "set", Action::Set).await
}

pub(super) async fn checkout(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    let fields = Fields::read_optional(&body)?;
    let unit = device.weight_unit();
    let event = event(&fields, Action::Checkout, None, hash("checkout", &body), unit)?;
    Ok(flat(app.device_event(&device, event, reply::render).await?))
}

pub(super) async fn events(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    let batch = Fields::read(&body)?;
    let list = batch.list("events").ok_or_else(|| Problem::field("events", "is a list"))?;
    if list.len() > BATCH_MAX {
        let detail = format!("a batch has at most {BATCH_MAX} events");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-events", detail));
    }
    let (mut events, unit) = (Vec::with_capacity(list.len()), device.weight_unit());
    for fields in &list {
        let kind = fields.text("type").map(|kind| kind.to_ascii_lowercase());
        let action = match kind.as_deref() {
            Some("add") => Action::Add(addition(fields, unit)),
            Some("remove") => Action::Remove(addition(fields, unit)),
            Some("set") => Action::Set(addition(fields, unit)),
            Some("checkout") => Action::Checkout,
            _ => Action::Add(Err(FieldErrors::one("type", "is add, remove or set"))),
        };
        match event(fields, action, Some(&batch), [0; 32], unit) {
            Ok(event) if event.number.is_some() => events.push(event),
            // What stands before an event without a number is carried out and acknowledged.
            _ if !events.is_empty() => break,
            Ok(_) => return Err(Problem::field("seq", "is required in a batch")),
            Err(problem) => return Err(problem),
        }
    }
    let done = app.device_events(&device, events, reply::render).await?;
    let settings = app.settings();
    Ok(flat(match &done.stopped {
        None => reply::batch(200, &done, None, settings),
        Some(Stop::Refused(answer)) => {
            reply::batch(answer.status, &done, reply::code_of(answer).as_deref(), settings)
        }
        Some(Stop::Gap { expect }) => reply::gap(&done, *expect, settings),
    }))
}

pub(super) async fn heartbeat(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    let fields = Fields::read_optional(&body)?;
    take_heartbeat(&app, &device, &fields).await?;
    firmware::note(&app, &device, &fields).await;
    let status = app.device_status(&device)?;
    let answer = reply::heartbeat(&status, app.settings());
    Ok(flat(firmware::announce(&app, &status, answer)))
}

/// What a trolley says of itself, however it came.
async fn take_heartbeat(app: &App, device: &CartDevice, fields: &Fields) -> Result<()> {
    let mut errors = FieldErrors::new();
    // What a scale alone posts is the whole trolley's weight, whatever it calls it.
    let name = if fields.present("cart_weight").is_some() { "cart_weight" } else { "weight" };
    let cart_weight_g = weight(fields, name, CART_WEIGHT_G, device.weight_unit(), &mut errors);
    errors.into_result()?;
    let whole = |name: &str| fields.present(name).and_then(Present::integer);
    app.note_seen(
        device,
        Heartbeat {
            battery_pct: whole("battery_pct").and_then(|it| u8::try_from(it.clamp(0, 100)).ok()),
            rssi_dbm: whole("rssi").and_then(|it| i32::try_from(it).ok()),
            firmware: fields.text("firmware").map(|text| text.chars().take(40).collect()),
            free_heap_bytes: whole("free_heap").and_then(|it| u64::try_from(it).ok()),
            cart_weight_g,
            sleep_s: whole("sleep_s")
                .and_then(|it| u32::try_from(it.clamp(0, i64::from(SLEEP_MAX_S))).ok()),
        },
    );
    app.weigh(device, cart_weight_g).await;
    Ok(())
}

/// The shopper lays bags in.
pub(super) async fn tare(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
) -> Result<Response> {
    app.note_seen(&device, Heartbeat::default());
    let fields = Fields::read_optional(&body)?;
    let seconds = match fields.present("seconds").map(Present::integer) {
        Some(None) => return Err(Problem::field("seconds", "is a number")),
        sent => sent.flatten(),
    };
    let window = app.tare(&device, seconds).await?;
    Ok(flat(reply::tared(&window)))
}

/// Where a page of the cart begins.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub(super) struct CartQuery {
    /// Lines to leave out at the beginning: the `next` of the page before.
    offset: usize,
}

pub(super) async fn cart(
    Of(app): Of<App>,
    device: CartDevice,
    Query(query): Query<CartQuery>,
) -> Result<Response> {
    app.note_seen(&device, Heartbeat::default());
    let cart = app.device_cart(&device)?;
    Ok(flat(reply::cart(cart.as_ref(), query.offset, LINES_PER_PAGE, app.settings())))
}

/// Where the trolley is: `x` and `y` with the floor, a `node`, a shelf `location` or a `tag`.
pub(super) async fn location(
    Of(app): Of<App>,
    device: CartDevice,
    Sent(body): Sent,
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

pub(super) async fn time(Of(app): Of<App>, device: CartDevice) -> Result<Response> {
    app.note_seen(&device, Heartbeat::default());
    Ok(flat(reply::time(app.now())))
}
