//! The currency that the prices in the file are in. Amounts are whole minor units, so read in
//! another currency they would be other prices.

use super::error::Error;
use super::read::Reader;
use super::tables::{CART_BY_ID, META_BY_NAME, ORDER_BY_ID, PRODUCT_BY_ID, PROMOTION_BY_ID};
use super::write::WriteTx;
use crate::domain::money::Currency;

const CURRENCY_KEY: &str = "currency";

/// The currency that the file names, if any.
pub fn named(tx: &impl Reader) -> Result<Option<Currency>, Error> {
    let Some(number) = tx.get(META_BY_NAME, &CURRENCY_KEY.to_owned())? else { return Ok(None) };
    let [.., a, b, c] = number.to_be_bytes();
    let code = String::from_utf8_lossy(&[a, b, c]).into_owned();
    let detail = |_| format!("a currency that is none: {code}");
    let currency = code.parse().map_err(detail);
    currency
        .map(Some)
        .map_err(|detail| Error::Corrupt { table: META_BY_NAME.name().into(), detail })
}

/// Names the currency: its letters are the three lowest bytes of the number.
pub fn name(tx: &mut WriteTx<'_>, currency: Currency) -> Result<(), Error> {
    let letters = currency.code().bytes().fold(0, |number, byte| number << 8 | u64::from(byte));
    tx.put(META_BY_NAME, &CURRENCY_KEY.to_owned(), &letters)
}

/// Whether there is anything with a price, deleted products and past orders included.
pub fn is_in_use(tx: &impl Reader) -> Result<bool, Error> {
    Ok(!tx.scan(PRODUCT_BY_ID, .., 1)?.is_empty()
        || !tx.scan(ORDER_BY_ID, .., 1)?.is_empty()
        || !tx.scan(CART_BY_ID, .., 1)?.is_empty()
        || !tx.scan(PROMOTION_BY_ID, .., 1)?.is_empty())
}
