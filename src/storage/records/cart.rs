//! Carts on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::cart::{Amount, Cart, CartLine};
use crate::domain::codes::Uid;
use crate::domain::id::{CartId, DeviceId, LineId, ProductId, UserId};
use crate::domain::money::Money;
use crate::domain::quantity::{Grams, Quantity};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct CartRecord {
    id: CartId,
    user_id: Option<UserId>,
    device_id: Option<DeviceId>,
    lines: Vec<LineRecord>,
    last_line: u64,
    version: u64,
    updated_at_us: i64,
}

#[derive(Serialize, Deserialize)]
struct LineRecord {
    id: LineId,
    product_id: ProductId,
    amount: AmountRecord,
    uids: Vec<Uid>,
}

#[derive(Serialize, Deserialize)]
enum AmountRecord {
    Pieces(Quantity),
    Weighed(Grams),
    Priced(Money),
}

domain_record!(Cart as CartRecord, format 1);

impl From<&Cart> for CartRecord {
    fn from(cart: &Cart) -> Self {
        let lines = cart.lines.iter().map(|line| LineRecord {
            id: line.id,
            product_id: line.product_id,
            amount: match line.amount {
                Amount::Pieces(quantity) => AmountRecord::Pieces(quantity),
                Amount::Weighed(grams) => AmountRecord::Weighed(grams),
                Amount::Priced(price) => AmountRecord::Priced(price),
            },
            uids: line.uids.clone(),
        });
        Self {
            id: cart.id,
            user_id: cart.user_id,
            device_id: cart.device_id,
            lines: lines.collect(),
            last_line: cart.last_line,
            version: cart.version,
            updated_at_us: to_us(cart.updated_at),
        }
    }
}

impl CartRecord {
    fn into_domain(self) -> Result<Cart, RecordError> {
        let lines = self.lines.into_iter().map(|line| CartLine {
            id: line.id,
            product_id: line.product_id,
            amount: match line.amount {
                AmountRecord::Pieces(quantity) => Amount::Pieces(quantity),
                AmountRecord::Weighed(grams) => Amount::Weighed(grams),
                AmountRecord::Priced(price) => Amount::Priced(price),
            },
            uids: line.uids,
        });
        Ok(Cart {
            id: self.id,
            user_id: self.user_id,
            device_id: self.device_id,
            lines: lines.collect(),
            last_line: self.last_line,
            version: self.version,
            updated_at: from_us(self.updated_at_us)?,
        })
    }
}
