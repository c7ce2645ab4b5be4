//! Prices that take effect at their moment. An index by time says which are due, so nobody goes
//! through the catalogue; a product that was edited or deleted meanwhile is read as it is then.

use std::time::Duration;

use tokio::sync::watch;

use super::audit::{self, Act, By, Change, shapes};
use super::products::unpriced;
use super::{App, Result};
use crate::domain::money::Currency;
use crate::storage::{WriteTx, price_schedule, products};

/// Most moments in one transaction, so that scans never wait long.
const CHUNK: usize = 500;

impl App {
    /// Makes every price whose moment has come the price of its product; how many products. Each
    /// raises the product's version and leaves an entry of the system in the audit log.
    pub async fn apply_due_prices(&self) -> Result<usize> {
        let mut applied = 0;
        loop {
            let (now, currency) = (self.now(), self.settings().currency);
            if !self.read(|tx| Ok(price_schedule::next(tx)?.is_some_and(|next| next <= now)))? {
                break;
            }
            let act = self.act(By::system());
            let work = move |tx: &mut WriteTx<'_>| apply_some(tx, &act, &currency, now);
            applied += self.write(work).await?;
        }
        if applied > 0 {
            self.search_caught_up().await;
        }
        Ok(applied)
    }

    /// How long it is until the next price takes effect; `None` when none will.
    pub fn next_price_moment(&self) -> Result<Option<Duration>> {
        let now = self.now();
        let next = self.read(|tx| Ok(price_schedule::next(tx)?))?;
        Ok(next.map(|next| Duration::try_from(next.duration_since(now)).unwrap_or_default()))
    }

    /// Changes with every commit, whoever made it: one of them may have scheduled a price.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.store().subscribe()
    }
}

/// Applies at most [`CHUNK`] moments; how many products got a price.
fn apply_some(
    tx: &mut WriteTx<'_>,
    act: &Act,
    currency: &Currency,
    now: jiff::Timestamp,
) -> Result<usize> {
    let mut applied = 0;
    for moment in price_schedule::due(tx, now, CHUNK)? {
        let product = products::product(tx, moment.1)?.filter(|product| !product.deleted);
        if let Some(mut product) = product {
            let before = unpriced(tx, product.clone())?;
            if product.take_due_price(now) {
                products::put(tx, &product)?;
                let after = unpriced(tx, product)?;
                let shape = |it| shapes::product(it, currency);
                let change = Change::between(shape(&before), shape(&after));
                audit::record(tx, act, "product.price", ("product", moment.1), change)?;
                applied += 1;
            }
        }
        // A moment that its product knows nothing of would be due for ever.
        price_schedule::forget(tx, moment)?;
    }
    Ok(applied)
}
