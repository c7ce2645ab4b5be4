//! The stock ledger: booking by hand, and reading it for one product or the whole shop.

use jiff::Timestamp;
use serde_json::json;

use super::audit::{self, Change};
use super::once::{Once, Outcome, once};
use super::products::existing;
use super::{App, Error, Refusal, Result, Staff};
use crate::domain::id::{MovementId, ProductId};
use crate::domain::stock::{Booking, MovementKind, STOCK_MAX, StockMovement};
use crate::storage::{ledger, products};

/// Which movements of the whole shop; `None` means any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MovementFilter {
    /// Why.
    pub kind: Option<MovementKind>,
    /// Whose stock; a deleted product's too.
    pub product_id: Option<ProductId>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

impl MovementFilter {
    fn is_open(&self) -> bool {
        *self == Self::default()
    }

    fn passes(&self, kind: MovementKind, product_id: ProductId, at_us: i64) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.product_id.is_none_or(|wanted| wanted == product_id)
            && self.from.is_none_or(|from| at_us >= from.as_microsecond())
            && self.to.is_none_or(|to| at_us < to.as_microsecond())
    }
}

impl App {
    /// Books a movement by hand. The stock may go below zero: deliveries are booked late.
    pub async fn book_stock(
        &self,
        staff: &Staff,
        product_id: ProductId,
        booking: Booking,
        request: Option<Once<StockMovement>>,
    ) -> Result<Outcome<StockMovement>> {
        let (now, by, act) = (self.now(), staff.user_id(), self.act(staff));
        let booked = self
            .write(move |tx| {
                once(tx, request, now, |tx| {
                    existing(tx, product_id)?;
                    let before = products::stock(tx, product_id)?;
                    let stock_after = before.checked_add(booking.delta);
                    let in_range = |stock: &i64| (-STOCK_MAX..=STOCK_MAX).contains(stock);
                    let Some(stock_after) = stock_after.filter(in_range) else {
                        return Err(out_of_range(before, booking.delta));
                    };
                    let Booking { kind, delta, note } = booking;
                    let movement = StockMovement {
                        id: super::next(tx, "movement", MovementId::new)?,
                        product_id,
                        kind,
                        delta,
                        stock_after,
                        order_id: None,
                        by,
                        at: now,
                        note,
                    };
                    products::book(tx, &movement)?;
                    let shape = |stock: i64| json!({ "stock": stock });
                    let change = Change::between(shape(before), shape(stock_after))
                        .with("kind", kind.as_str())
                        .with("note", movement.note.clone());
                    audit::record(tx, &act, "product.stock", ("product", product_id), change)?;
                    Ok(movement)
                })
            })
            .await?;
        self.search_caught_up().await;
        Ok(booked)
    }

    /// The stock ledger of the whole shop, newest first, and how many movements match.
    pub async fn stock_ledger(
        &self,
        _staff: &Staff,
        filter: MovementFilter,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<StockMovement>, u64)> {
        self.scan(move |tx| {
            let (mut total, mut page) = (0_u64, Vec::new());
            let end = offset.saturating_add(limit);
            let count = if filter.is_open() { Some(ledger::count(tx)?) } else { None };
            ledger::newest_first(tx, |id, line| {
                if filter.passes(line.kind, line.product_id, line.at_us) {
                    let place = usize::try_from(total).unwrap_or(usize::MAX);
                    if (offset..end).contains(&place) {
                        page.push((line.product_id, id));
                    }
                    total += 1;
                }
                // The rest is read only to count what matches.
                count.is_none() || page.len() < limit
            })?;
            let mut found = Vec::with_capacity(page.len());
            for (product_id, id) in page {
                found.extend(ledger::movement(tx, product_id, id)?);
            }
            Ok((found, count.unwrap_or(total)))
        })
        .await
    }
}

fn out_of_range(stock: i64, delta: i64) -> Error {
    let detail = format!(
        "the stock is {stock}: with {delta} it would be beyond {STOCK_MAX} one way or the other"
    );
    Error::Conflict(Refusal::new("stock-out-of-range", detail).with("stock", stock))
}
