//! The stock ledger of the whole shop, in the order of time, and the check that each product's
//! stock is what its movements add up to.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::error::Error;
use super::read::Reader;
use super::records::product::{LedgerLine, StockRecord};
use super::tables::{MOVEMENT_BY_ID, MOVEMENT_BY_PRODUCT, STOCK_BY_PRODUCT};
use super::write::WriteTx;
use crate::domain::id::{MovementId, ProductId};
use crate::domain::stock::{LedgerFault, LedgerReport, StockMovement};

/// Rows that are read at once.
const PAGE_ROWS: usize = 1_000;

/// The movement with this id.
pub fn movement(
    tx: &impl Reader,
    product_id: ProductId,
    id: MovementId,
) -> Result<Option<StockMovement>, Error> {
    tx.get(MOVEMENT_BY_PRODUCT, &(product_id, id))
}

/// How many movements there are in all.
pub fn count(tx: &impl Reader) -> Result<u64, Error> {
    tx.len(MOVEMENT_BY_ID)
}

/// Hands all movements to `visit`, newest first, until it says no. Many rows: for threads that may
/// block.
pub fn newest_first(
    tx: &impl Reader,
    mut visit: impl FnMut(MovementId, LedgerLine) -> bool,
) -> Result<(), Error> {
    let mut before: Option<MovementId> = None;
    loop {
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = tx.scan_rev(MOVEMENT_BY_ID, (Bound::Unbounded, end), PAGE_ROWS)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        before = Some(*last);
        for (id, line) in rows {
            if !visit(id, line) {
                return Ok(());
            }
        }
    }
}

/// Notes a movement in the ledger of the whole shop.
pub(super) fn note(tx: &mut WriteTx<'_>, movement: &StockMovement) -> Result<(), Error> {
    let line = LedgerLine {
        product_id: movement.product_id,
        kind: movement.kind,
        at_us: movement.at.as_microsecond(),
    };
    tx.put(MOVEMENT_BY_ID, &movement.id, &line)
}

/// Fills the ledger of the whole shop from those of the products.
pub(super) fn upgrade(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let mut after: Option<(ProductId, MovementId)> = None;
    loop {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page = tx.scan(MOVEMENT_BY_PRODUCT, (start, Bound::Unbounded), PAGE_ROWS)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(*last);
        // One command's rows are limited, an upgrade's are not: it is taken back as a whole.
        tx.begin_command();
        for (_, movement) in &page {
            note(tx, movement)?;
        }
    }
}

/// Adds up ledgers, row by row, as rows come out of a file or an archive.
#[derive(Debug, Clone, Default)]
pub struct RowCheck {
    movements: u64,
    /// What each product's stock is said to be, and what its movements add up to.
    by_product: BTreeMap<ProductId, (i64, i64)>,
}

impl RowCheck {
    /// Looks at a row of any table.
    pub fn row(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), Error> {
        if table == STOCK_BY_PRODUCT.name() {
            let StockRecord(stock) = STOCK_BY_PRODUCT.decode_value(value)?;
            self.by_product.entry(STOCK_BY_PRODUCT.decode_key(key)?).or_default().0 = stock;
        } else if table == MOVEMENT_BY_PRODUCT.name() {
            let (product_id, _) = MOVEMENT_BY_PRODUCT.decode_key(key)?;
            let movement = MOVEMENT_BY_PRODUCT.decode_value(value)?;
            let (_, sum) = self.by_product.entry(product_id).or_default();
            *sum = sum.saturating_add(movement.delta);
            self.movements += 1;
        }
        Ok(())
    }

    /// What the rows came to.
    pub fn finish(self) -> LedgerReport {
        let len = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let fault = |(product_id, (stock, sum)): (&ProductId, &(i64, i64))| {
            let (product_id, stock, sum) = (*product_id, *stock, *sum);
            (stock != sum).then_some(LedgerFault { product_id, stock, sum })
        };
        let mut faults = self.by_product.iter().filter_map(fault);
        let first = faults.next();
        LedgerReport {
            products: len(self.by_product.len()),
            movements: self.movements,
            faults: len(usize::from(first.is_some()) + faults.count()),
            fault: first,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Store, products};
    use super::*;
    use crate::domain::stock::MovementKind;

    fn movement(id: u64, product: u64, delta: i64, stock_after: i64) -> StockMovement {
        StockMovement {
            id: MovementId::new(id).unwrap(),
            product_id: ProductId::new(product).unwrap(),
            kind: MovementKind::Adjustment,
            delta,
            stock_after,
            order_id: None,
            by: None,
            at: Timestamp::UNIX_EPOCH,
            note: None,
        }
    }

    fn check(store: &Store) -> LedgerReport {
        let mut check = RowCheck::default();
        store.export_tables(|table, key, value| check.row(table, key, value)).unwrap();
        check.finish()
    }

    #[test]
    fn a_stock_that_its_ledger_does_not_explain_is_found() {
        let store = Store::in_memory().unwrap();
        store
            .write_blocking(|tx| {
                products::book(tx, &movement(1, 7, 10, 10))?;
                products::book(tx, &movement(2, 8, 4, 4))?;
                products::book(tx, &movement(3, 7, -12, -2))
            })
            .unwrap();
        let report = check(&store);
        assert_eq!((report.products, report.movements, report.faults), (2, 3, 0));
        assert_eq!(report.complaint(), None);
        let eight = ProductId::new(8).unwrap();
        store.write_blocking(move |tx| tx.put(STOCK_BY_PRODUCT, &eight, &StockRecord(5))).unwrap();
        let report = check(&store);
        assert_eq!(report.fault, Some(LedgerFault { product_id: eight, stock: 5, sum: 4 }));
        assert!(report.complaint().unwrap().contains("product 8 is 5"));
    }

    #[test]
    fn an_upgrade_fills_the_ledger_of_the_shop() {
        let store = Store::in_memory().unwrap();
        store
            .write_blocking(|tx| {
                for id in 1..=2_500 {
                    let movement = movement(id, 1 + id % 3, 1, 1);
                    tx.put(MOVEMENT_BY_PRODUCT, &(movement.product_id, movement.id), &movement)?;
                }
                upgrade(tx)
            })
            .unwrap();
        let mut seen = Vec::new();
        let visit = |id: MovementId, line: LedgerLine| {
            seen.push((id.value(), line.product_id.value()));
            true
        };
        store.read(|tx| newest_first(tx, visit)).unwrap();
        assert_eq!((seen.len(), seen[0], seen[2_499]), (2_500, (2_500, 2), (1, 2)));
        assert_eq!(store.read(count).unwrap(), 2_500);
    }
}
