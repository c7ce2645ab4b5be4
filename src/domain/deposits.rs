//! Deposits: money that comes with a bottle or a crate and goes back with it.
//!
//! A product names another one, its deposit. Each piece of it in a cart brings one piece of the
//! deposit, as a line of its own directly behind it. These lines are never stored in a cart: they
//! are made each time it is priced, so that they follow every scan, merge, removal and edit of the
//! catalogue by themselves, and nobody can have a bottle without its deposit. An order keeps
//! copies of them, as of all lines.
//!
//! A deposit is no merchandise: no promotion makes it cheaper, it takes nothing from the stock,
//! and it is none of the units that a cart counts. There is one step only: what is a deposit has
//! none itself.

use super::catalog::Product;
use super::id::LineId;
use super::money::Money;
use super::pricing::PricedLine;

/// Ids of deposit lines are those of the lines that they belong to plus this: no cart gives out as
/// many, and every client's number holds it exactly.
const LINE_IDS_FROM: u64 = 1_000_000_000_000;

/// The id of the deposit line that belongs to a line.
pub fn line_id(of: LineId) -> LineId {
    let id = LineId::new(LINE_IDS_FROM.saturating_add(of.value()));
    id.expect("a cart that counts its lines from 1 never comes near the largest id")
}

/// The line to which a deposit line with this id would belong; `None` for ids of other lines.
pub fn line_of(id: LineId) -> Option<LineId> {
    id.value().checked_sub(LINE_IDS_FROM).and_then(|of| LineId::new(of).ok())
}

/// The deposit on a priced line: one piece for each of its units.
pub fn line(of: &PricedLine, deposit: &Product) -> PricedLine {
    PricedLine {
        id: line_id(of.id),
        product_id: deposit.id,
        sku: deposit.sku.as_str().to_owned(),
        name: deposit.name.clone(),
        quantity: of.quantity,
        weight_g: None,
        unit_price: deposit.price,
        discount: Money::ZERO,
        promotions: Vec::new(),
        total: deposit.price.times(i64::from(of.quantity)),
        tax_rate: deposit.tax_rate,
        stock_units: 0,
        min_age: None,
        deposit_of: Some(of.id),
    }
}

#[cfg(test)]
mod tests;
