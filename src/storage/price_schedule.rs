//! Which prices take effect when: what the job looks at instead of the catalogue. The index is kept
//! by `products::put`.

use jiff::Timestamp;

use super::error::Error;
use super::read::Reader;
use super::tables::PRICE_BY_TIME;
use super::write::WriteTx;
use crate::domain::catalog::Product;
use crate::domain::id::ProductId;

/// When the next price takes effect.
pub fn next(tx: &impl Reader) -> Result<Option<Timestamp>, Error> {
    let Some(((at_us, _), ())) = tx.first(PRICE_BY_TIME)? else { return Ok(None) };
    Timestamp::from_microsecond(at_us).map(Some).map_err(|_| Error::Corrupt {
        table: PRICE_BY_TIME.name().into(),
        detail: format!("{at_us} is no time"),
    })
}

/// Moments that have come, the oldest first, each with the product whose price it is.
pub fn due(tx: &impl Reader, now: Timestamp, limit: usize) -> Result<Vec<(i64, ProductId)>, Error> {
    let smallest = ProductId::new(1).expect("one is an id");
    let end = (now.as_microsecond().saturating_add(1), smallest);
    let rows = tx.scan(PRICE_BY_TIME, ..end, limit)?;
    Ok(rows.into_iter().map(|(key, ())| key).collect())
}

/// Takes a moment out, whatever its product says.
pub fn forget(tx: &mut WriteTx<'_>, moment: (i64, ProductId)) -> Result<(), Error> {
    tx.remove(PRICE_BY_TIME, &moment).map(drop)
}

pub(super) fn index(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    for scheduled in &product.scheduled_prices {
        tx.put(PRICE_BY_TIME, &(scheduled.valid_from.as_microsecond(), product.id), &())?;
    }
    Ok(())
}

pub(super) fn unindex(tx: &mut WriteTx<'_>, product: &Product) -> Result<(), Error> {
    for scheduled in &product.scheduled_prices {
        tx.remove(PRICE_BY_TIME, &(scheduled.valid_from.as_microsecond(), product.id))?;
    }
    Ok(())
}
