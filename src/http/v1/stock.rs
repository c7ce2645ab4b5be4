//! The stock ledger: booking by hand, and reading that of the whole shop.

use axum::extract::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::stock::MovementFilter;
use crate::app::{App, Error, Staff};
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;
use crate::domain::stock::{Booking, MovementKind, StockMovement};
use crate::http::Result;
use crate::http::extract::{KeyedJson, Page, Path, Query};
use crate::http::reply::{Listed, Stored};
use crate::wire::product::Movement;
use crate::wire::promotion::time;

/// What is worth knowing about a booking.
pub(in crate::http) const ABOUT_BOOKING: &str = "`receipt` and `return` add, `shrinkage` takes \
    away, `adjustment` goes either way; sales are booked by their orders. Say how much by `delta`, \
    with its sign, or for all but adjustments by `quantity`, without. In pieces, or grams of a \
    product sold by weight. The stock may go below zero, because deliveries and counts are booked \
    late; a checkout takes only what is there.";

/// A movement to book: `delta` or `quantity` says how much.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct MovementInput {
    /// `receipt`, `return`, `adjustment` or `shrinkage`.
    #[schema(pattern = "^(receipt|return|adjustment|shrinkage)$")]
    kind: String,
    /// Pieces or grams with their sign, not 0: negative when they left.
    #[serde(default)]
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    delta: Option<i64>,
    /// Pieces or grams that came, or went by a shrinkage.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity: Option<i64>,
    /// Why, for people.
    #[serde(default)]
    #[schema(max_length = 200)]
    note: Option<String>,
}

impl MovementInput {
    fn into_booking(self) -> std::result::Result<Booking, FieldErrors> {
        let kind: MovementKind =
            self.kind.parse().map_err(|error| FieldErrors::one("kind", error))?;
        Booking::new(kind, self.delta, self.quantity, self.note.as_deref())
    }
}

/// Which movements.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
pub(in crate::http) struct LedgerQuery {
    /// `sale`, `receipt`, `return`, `adjustment` or `shrinkage`.
    #[param(pattern = "^(sale|receipt|return|adjustment|shrinkage)?$")]
    kind: Option<String>,
    /// Of this product, a deleted one too.
    #[param(minimum = 1)]
    product_id: Option<u64>,
    /// At or after, RFC 3339; without an offset in the store's time zone.
    from: Option<String>,
    /// Before, the same.
    to: Option<String>,
}

impl LedgerQuery {
    fn filter(&self, zone: &TimeZone) -> std::result::Result<MovementFilter, FieldErrors> {
        let mut errors = FieldErrors::new();
        let kind = self.kind.as_deref().and_then(|kind| errors.take("kind", kind.parse()));
        let product_id =
            self.product_id.and_then(|id| errors.take("product_id", ProductId::new(id)));
        let mut moment = |field, text: Option<&String>| -> Option<Timestamp> {
            text.and_then(|text| errors.take(field, time(text, zone)))
        };
        let (from, to) = (moment("from", self.from.as_ref()), moment("to", self.to.as_ref()));
        errors.into_result()?;
        Ok(MovementFilter { kind, product_id, from, to })
    }
}

pub(in crate::http) async fn book(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<ProductId>,
    KeyedJson { body, idempotency }: KeyedJson<MovementInput>,
) -> Result<Stored> {
    let booking = body.into_booking().map_err(Error::from)?;
    let answer = Answer::new(201, |booked: &StockMovement| Movement::from(booked.clone()));
    let outcome = app.book_stock(&staff, id, booking, answer.once(idempotency)).await?;
    Ok(answer.reply(outcome))
}

pub(in crate::http) async fn ledger(
    State(app): State<App>,
    staff: Staff,
    Query(query): Query<LedgerQuery>,
    page: Page,
) -> Result<Listed<Movement, 50>> {
    let filter = query.filter(&app.settings().time_zone).map_err(Error::from)?;
    let (found, total) = app.stock_ledger(&staff, filter, page.offset, page.limit).await?;
    Ok(Listed { items: found.into_iter().map(Movement::from).collect(), total, page })
}
