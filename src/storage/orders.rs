//! Orders and the ways to find them.

use super::error::Error;
use super::read::Reader;
use super::tables::{ORDER_BY_CODE, ORDER_BY_ID, ORDER_BY_USER};
use super::write::WriteTx;
use crate::domain::event::Change;
use crate::domain::id::{OrderId, UserId};
use crate::domain::orders::Order;

/// How many orders are read at a time while looking for those that match.
const PAGE: usize = 256;

/// The order.
pub fn order(tx: &impl Reader, id: OrderId) -> Result<Option<Order>, Error> {
    tx.get(ORDER_BY_ID, &id)
}

/// Whether the order is this shopper's, without reading the order.
pub fn is_of_user(tx: &impl Reader, id: OrderId, user: UserId) -> Result<bool, Error> {
    tx.contains(ORDER_BY_USER, &(user, id))
}

/// The order with this code.
pub fn by_code(tx: &impl Reader, code: &str) -> Result<Option<Order>, Error> {
    tx.get(ORDER_BY_CODE, &code.to_owned())?.map_or(Ok(None), |id| order(tx, id))
}

/// Writes an order and its indexes.
pub fn put(tx: &mut WriteTx<'_>, order: &Order) -> Result<(), Error> {
    if let Some(user) = order.user_id {
        tx.put(ORDER_BY_USER, &(user, order.id), &())?;
    }
    tx.put(ORDER_BY_CODE, &order.code, &order.id)?;
    tx.put(ORDER_BY_ID, &order.id, order)?;
    tx.log(&Change::Order(order.id))?;
    Ok(())
}

/// Hands orders to `visit`, newest first, until it returns `false`: those of one shopper, or all.
pub fn newest_first(
    tx: &impl Reader,
    user: Option<UserId>,
    mut visit: impl FnMut(Order) -> bool,
) -> Result<(), Error> {
    let mut before: Option<OrderId> = None;
    loop {
        let ids = page(tx, user, before)?;
        let Some(last) = ids.last() else { return Ok(()) };
        before = Some(*last);
        for id in ids {
            if let Some(order) = order(tx, id)?
                && !visit(order)
            {
                return Ok(());
            }
        }
    }
}

fn page(
    tx: &impl Reader,
    user: Option<UserId>,
    before: Option<OrderId>,
) -> Result<Vec<OrderId>, Error> {
    if let Some(user) = user {
        let mut range = super::prefix(&user);
        if let Some(before) = before {
            range = range.before(&(user, before));
        }
        let rows = tx.scan_rev(ORDER_BY_USER, range, PAGE)?;
        return Ok(rows.into_iter().map(|((_, id), ())| id).collect());
    }
    let rows = match before {
        Some(before) => tx.scan_rev(ORDER_BY_ID, ..before, PAGE)?,
        None => tx.scan_rev(ORDER_BY_ID, .., PAGE)?,
    };
    Ok(rows.into_iter().map(|(id, _)| id).collect())
}
