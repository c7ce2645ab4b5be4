//! Carts: an open basket and what may happen to it. Prices are not kept here; they are computed
//! from the catalogue whenever somebody looks ([`super::pricing`]).

mod state;

pub use state::{CartState, CartTimes};

use jiff::Timestamp;

use super::codes::Uid;
use super::id::{CartId, DeviceId, LineId, ProductId, UserId};
use super::money::Money;
use super::quantity::{Grams, Quantity};

/// The most lines of one cart.
pub const CART_LINES_MAX: usize = 500;

/// How much of a product stands on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Pieces; lines of the same product merge.
    Pieces(Quantity),
    /// One weighed scan; a line of its own.
    Weighed(Grams),
    /// One scan with an embedded price; a line of its own.
    Priced(Money),
}

impl Amount {
    /// Units on the line: pieces, or 1 for a weighed or priced scan.
    pub const fn units(self) -> u32 {
        match self {
            Self::Pieces(quantity) => quantity.value(),
            Self::Weighed(_) | Self::Priced(_) => 1,
        }
    }
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartLine {
    /// Identity within the cart.
    pub id: LineId,
    /// What.
    pub product_id: ProductId,
    /// How much.
    pub amount: Amount,
    /// RFID tags of pieces on this line; each counts once per cart.
    pub uids: Vec<Uid>,
}

impl CartLine {
    /// There are no more tags than pieces.
    fn keep_tags(&mut self) {
        self.uids.truncate(usize::try_from(self.amount.units()).unwrap_or(usize::MAX));
    }
}

/// An open basket. It belongs to a shopper, or to a device that nobody is paired with; one that
/// was put aside belongs to nobody until staff see to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    /// Identity.
    pub id: CartId,
    /// The shopper; `None` for a trolley's anonymous cart.
    pub user_id: Option<UserId>,
    /// The trolley that fills it.
    pub device_id: Option<DeviceId>,
    /// In the order in which they were first added.
    pub lines: Vec<CartLine>,
    /// The last line id given out.
    pub last_line: u64,
    /// Counts changes from 1.
    pub version: u64,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Why a cart refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// More than 999 pieces on a line.
    #[error("a line holds at most 999 pieces")]
    TooMany,
    /// More than [`CART_LINES_MAX`] lines.
    #[error("a cart holds at most {CART_LINES_MAX} lines")]
    TooManyLines,
    /// The product is not in the cart.
    #[error("this product is not in the cart")]
    NotInCart,
    /// No line has this id.
    #[error("the cart has no line with this id")]
    NoSuchLine,
    /// This very tag is in the cart already.
    #[error("this tag is in the cart already")]
    TagAlreadyIn,
    /// A weighed line changes by its weight, a line of pieces by its quantity.
    #[error("this line does not count in that way")]
    OtherMeasure,
}

impl Cart {
    /// An empty cart at version 0; the first change makes it 1.
    pub const fn empty(id: CartId, now: Timestamp) -> Self {
        Self {
            id,
            user_id: None,
            device_id: None,
            lines: Vec::new(),
            last_line: 0,
            version: 0,
            updated_at: now,
        }
    }

    /// Notes a change. Called once by whoever stores the cart.
    pub const fn touch(&mut self, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
    }

    /// The trolley is taken from under it, by nobody's doing: what is in it stays as old as it is.
    pub const fn leave_trolley(&mut self) {
        self.version += 1;
        self.device_id = None;
    }

    /// Units in the cart: pieces, and 1 for each weighed or priced scan.
    pub fn item_count(&self) -> u32 {
        self.lines.iter().map(|line| line.amount.units()).sum()
    }

    /// Units of one product.
    pub fn units_of(&self, product_id: ProductId) -> u32 {
        self.of(product_id).map(|line| line.amount.units()).sum()
    }

    /// The line with this id.
    pub fn line(&self, id: LineId) -> Option<&CartLine> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// Adds an amount: pieces join the product's line, weighed and priced scans stand alone.
    /// Returns the line.
    pub fn add(
        &mut self,
        product_id: ProductId,
        amount: Amount,
        uid: Option<Uid>,
    ) -> Result<LineId, CartError> {
        if let Some(uid) = &uid
            && self.lines.iter().any(|line| line.uids.contains(uid))
        {
            return Err(CartError::TagAlreadyIn);
        }
        if let Amount::Pieces(added) = amount
            && let Some(line) = self.pieces_line(product_id)
            && let Amount::Pieces(present) = line.amount
        {
            line.amount = Amount::Pieces(present.checked_add(added).ok_or(CartError::TooMany)?);
            line.uids.extend(uid);
            return Ok(line.id);
        }
        self.push(product_id, amount, uid.into_iter().collect())
    }

    /// Sets the product's pieces; `None` takes the line away. Returns the line that remains.
    pub fn set_pieces(
        &mut self,
        product_id: ProductId,
        quantity: Option<Quantity>,
    ) -> Result<Option<LineId>, CartError> {
        match (self.pieces_line(product_id), quantity) {
            (Some(line), Some(quantity)) => {
                line.amount = Amount::Pieces(quantity);
                line.keep_tags();
                let id = line.id;
                let is_other_line = |line: &CartLine| {
                    line.product_id == product_id
                        && line.id != id
                        && matches!(line.amount, Amount::Pieces(_))
                };
                self.lines.retain(|line| !is_other_line(line));
                Ok(Some(id))
            }
            (None, Some(quantity)) => {
                self.push(product_id, Amount::Pieces(quantity), Vec::new()).map(Some)
            }
            (_, None) => {
                let before = self.lines.len();
                self.lines.retain(|line| line.product_id != product_id);
                if self.lines.len() == before { Err(CartError::NotInCart) } else { Ok(None) }
            }
        }
    }

    /// Sets a product to one weighed or priced line (the newest stays, the others go).
    pub fn set_single(
        &mut self,
        product_id: ProductId,
        amount: Amount,
    ) -> Result<LineId, CartError> {
        let newest = self.of(product_id).map(|line| line.id).max();
        let Some(newest) = newest else {
            return self.push(product_id, amount, Vec::new());
        };
        self.lines.retain(|line| line.product_id != product_id || line.id == newest);
        for line in self.lines.iter_mut().filter(|line| line.id == newest) {
            line.amount = amount;
        }
        Ok(newest)
    }

    /// Replaces the amount of one line, or its product; an amount must be of the line's kind.
    pub fn set_line(&mut self, id: LineId, amount: Amount) -> Result<(), CartError> {
        let line = self.lines.iter_mut().find(|line| line.id == id).ok_or(CartError::NoSuchLine)?;
        match (line.amount, amount) {
            (Amount::Pieces(_), Amount::Pieces(_))
            | (Amount::Weighed(_) | Amount::Priced(_), Amount::Weighed(_)) => {
                line.amount = amount;
                line.keep_tags();
                Ok(())
            }
            _ => Err(CartError::OtherMeasure),
        }
    }

    /// Puts another product in the place of a line, which keeps its id; pieces of a product that
    /// has a line already join that one.
    pub fn replace_line(
        &mut self,
        id: LineId,
        product_id: ProductId,
        amount: Amount,
    ) -> Result<(), CartError> {
        if matches!(amount, Amount::Pieces(_)) && self.pieces_line(product_id).is_some() {
            self.remove_line(id)?;
            self.add(product_id, amount, None)?;
            return Ok(());
        }
        let line = self.lines.iter_mut().find(|line| line.id == id).ok_or(CartError::NoSuchLine)?;
        line.product_id = product_id;
        line.amount = amount;
        line.uids.clear();
        Ok(())
    }

    /// Takes one line away.
    pub fn remove_line(&mut self, id: LineId) -> Result<CartLine, CartError> {
        let index =
            self.lines.iter().position(|line| line.id == id).ok_or(CartError::NoSuchLine)?;
        Ok(self.lines.remove(index))
    }

    /// Takes units of a product away: pieces from its merged line, else that many weighed or
    /// priced lines, newest first. Asking for more than there are takes all.
    pub fn remove(&mut self, product_id: ProductId, quantity: Quantity) -> Result<(), CartError> {
        if self.of(product_id).next().is_none() {
            return Err(CartError::NotInCart);
        }
        let mut left = quantity.value();
        while left > 0 {
            let Some(index) = self.lines.iter().rposition(|line| line.product_id == product_id)
            else {
                break;
            };
            let line = &mut self.lines[index];
            let units = line.amount.units();
            match line.amount {
                Amount::Pieces(present) if units > left => {
                    let taken = Quantity::new(i64::from(left)).map_err(|_| CartError::TooMany)?;
                    if let Some(rest) = present.checked_sub(taken) {
                        line.amount = Amount::Pieces(rest);
                        line.uids.truncate(usize::try_from(rest.value()).unwrap_or(usize::MAX));
                    }
                    left = 0;
                }
                _ => {
                    self.lines.remove(index);
                    left -= units;
                }
            }
        }
        Ok(())
    }

    /// Takes the tagged piece away; the product it belonged to.
    pub fn remove_tag(&mut self, uid: &Uid) -> Result<ProductId, CartError> {
        let line = self
            .lines
            .iter_mut()
            .find(|line| line.uids.contains(uid))
            .ok_or(CartError::NotInCart)?;
        line.uids.retain(|present| present != uid);
        let (id, product_id) = (line.id, line.product_id);
        let rest = match line.amount {
            Amount::Pieces(present) => present.checked_sub(Quantity::ONE),
            Amount::Weighed(_) | Amount::Priced(_) => None,
        };
        match rest {
            Some(rest) => line.amount = Amount::Pieces(rest),
            None => self.lines.retain(|line| line.id != id),
        }
        Ok(product_id)
    }

    /// Moves every line of `other` into this cart. Pieces merge up to 999 and go on in a second
    /// line; tags that are here already stay out.
    pub fn absorb(&mut self, other: Self) -> Result<(), CartError> {
        for line in other.lines {
            let known = |uid: &Uid| self.lines.iter().any(|present| present.uids.contains(uid));
            let uids: Vec<Uid> = line.uids.into_iter().filter(|uid| !known(uid)).collect();
            let merged = match line.amount {
                Amount::Pieces(added) => self.top_up(line.product_id, added, &uids),
                Amount::Weighed(_) | Amount::Priced(_) => Some(line.amount),
            };
            if let Some(rest) = merged {
                self.push(line.product_id, rest, uids)?;
            }
        }
        Ok(())
    }

    /// Fills the product's line up to 999; what did not fit, or all when there is no line.
    fn top_up(&mut self, product_id: ProductId, added: Quantity, uids: &[Uid]) -> Option<Amount> {
        let Some(line) = self.pieces_line(product_id) else {
            return Some(Amount::Pieces(added));
        };
        let Amount::Pieces(present) = line.amount else {
            return Some(Amount::Pieces(added));
        };
        let sum = i64::from(present.value()) + i64::from(added.value());
        let max = i64::from(super::quantity::QUANTITY_MAX);
        line.amount = Amount::Pieces(Quantity::new(sum.min(max)).unwrap_or(present));
        let rest = Quantity::new(sum - max).ok();
        if rest.is_none() {
            line.uids.extend_from_slice(uids);
        }
        rest.map(Amount::Pieces)
    }

    fn of(&self, product_id: ProductId) -> impl Iterator<Item = &CartLine> {
        self.lines.iter().filter(move |line| line.product_id == product_id)
    }

    /// The last line of pieces of the product: a full one may stand before it.
    fn pieces_line(&mut self, product_id: ProductId) -> Option<&mut CartLine> {
        self.lines
            .iter_mut()
            .rev()
            .find(|line| line.product_id == product_id && matches!(line.amount, Amount::Pieces(_)))
    }

    fn push(
        &mut self,
        product_id: ProductId,
        amount: Amount,
        uids: Vec<Uid>,
    ) -> Result<LineId, CartError> {
        if self.lines.len() >= CART_LINES_MAX {
            return Err(CartError::TooManyLines);
        }
        self.last_line += 1;
        let id = LineId::new(self.last_line).map_err(|_| CartError::TooManyLines)?;
        self.lines.push(CartLine { id, product_id, amount, uids });
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart() -> Cart {
        Cart::empty(CartId::new(1).unwrap(), Timestamp::UNIX_EPOCH)
    }

    fn product(id: u64) -> ProductId {
        ProductId::new(id).unwrap()
    }

    fn pieces(count: i64) -> Amount {
        Amount::Pieces(Quantity::new(count).unwrap())
    }

    fn weighed(grams: i64) -> Amount {
        Amount::Weighed(Grams::new(grams).unwrap())
    }

    #[test]
    fn pieces_merge_and_weighed_scans_do_not() {
        let mut cart = cart();
        let first = cart.add(product(1), pieces(2), None).unwrap();
        assert_eq!(cart.add(product(1), pieces(3), None).unwrap(), first);
        cart.add(product(2), weighed(500), None).unwrap();
        cart.add(product(2), weighed(700), None).unwrap();
        assert_eq!((cart.lines.len(), cart.item_count()), (3, 7));
        assert_eq!(cart.add(product(1), pieces(995), None), Err(CartError::TooMany));
        assert_eq!(cart.units_of(product(1)), 5);
    }

    #[test]
    fn remove_takes_units_newest_first() {
        let mut cart = cart();
        cart.add(product(2), weighed(500), None).unwrap();
        cart.add(product(2), weighed(700), None).unwrap();
        cart.remove(product(2), Quantity::ONE).unwrap();
        assert_eq!(cart.lines[0].amount, weighed(500));
        cart.add(product(1), pieces(5), None).unwrap();
        cart.remove(product(1), Quantity::new(2).unwrap()).unwrap();
        assert_eq!(cart.units_of(product(1)), 3);
        cart.remove(product(1), Quantity::new(99).unwrap()).unwrap();
        assert_eq!(cart.remove(product(1), Quantity::ONE), Err(CartError::NotInCart));
    }

    #[test]
    fn a_tag_counts_once() {
        let mut cart = cart();
        let tag: Uid = "04A31F22".parse().unwrap();
        cart.add(product(1), pieces(1), Some(tag.clone())).unwrap();
        assert_eq!(
            cart.add(product(1), pieces(1), Some(tag.clone())),
            Err(CartError::TagAlreadyIn)
        );
        assert_eq!(cart.remove_tag(&tag), Ok(product(1)));
        assert!(cart.lines.is_empty());
    }

    #[test]
    fn what_was_scanned_anonymously_comes_along() {
        let mut mine = cart();
        mine.add(product(1), pieces(998), None).unwrap();
        let mut trolley = cart();
        trolley.add(product(1), pieces(3), None).unwrap();
        trolley.add(product(2), weighed(100), None).unwrap();
        mine.absorb(trolley).unwrap();
        let amounts: Vec<_> = mine.lines.iter().map(|line| line.amount).collect();
        assert_eq!(amounts, [pieces(999), pieces(2), weighed(100)]);
        let ids: Vec<_> = mine.lines.iter().map(|line| line.id.value()).collect();
        assert_eq!(ids, [1, 2, 3]);
    }

    #[test]
    fn line_ids_are_never_used_again() {
        let mut cart = cart();
        let first = cart.add(product(1), pieces(1), None).unwrap();
        cart.remove_line(first).unwrap();
        assert_ne!(cart.add(product(1), pieces(1), None).unwrap(), first);
        assert_eq!(cart.remove_line(first), Err(CartError::NoSuchLine));
    }
}
