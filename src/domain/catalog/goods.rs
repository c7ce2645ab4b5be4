//! What belongs to a product beside the single piece: packs, packaging, and the deposit on it.
//!
//! Packs are barcodes only: a cart, the stock and an order count pieces. So a pack needs no price
//! and no stock of its own, and a shopper may take out one piece of it.

use std::fmt;
use std::str::FromStr;

use super::{PRODUCT_LIST_MAX, Product, Unit};
use crate::domain::codes::Gtin;
use crate::domain::invalid::FieldErrors;
use crate::domain::quantity::{QUANTITY_MAX, Quantity};

/// The fewest pieces of a pack.
pub const PACK_PIECES_MIN: u32 = 2;
/// The heaviest packaging, in grams.
pub const TARE_MAX_G: u32 = 10_000;
/// Between barcode and pieces where a pack is written as one text.
const PACK_SEPARATOR: char = '*';

/// Several pieces of a product under a barcode of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pack {
    /// What is printed on the pack; it belongs to this product only.
    pub barcode: Gtin,
    /// The pieces in it, at least [`PACK_PIECES_MIN`].
    pub quantity: Quantity,
}

/// Why something is no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPack {
    /// Its barcode is not right.
    #[error(transparent)]
    Barcode(#[from] crate::domain::codes::InvalidGtin),
    /// It holds too few or too many pieces.
    #[error("a pack holds {PACK_PIECES_MIN} to {QUANTITY_MAX} pieces")]
    Pieces,
    /// It is not a barcode and a number.
    #[error("a pack is written as barcode and pieces: 4006381333948{PACK_SEPARATOR}6")]
    Shape,
}

impl Pack {
    /// A pack with this barcode and so many pieces.
    pub fn new(barcode: Gtin, pieces: i64) -> Result<Self, InvalidPack> {
        let quantity = Quantity::new(pieces).map_err(|_| InvalidPack::Pieces)?;
        if quantity.value() < PACK_PIECES_MIN {
            return Err(InvalidPack::Pieces);
        }
        Ok(Self { barcode, quantity })
    }
}

impl FromStr for Pack {
    type Err = InvalidPack;

    fn from_str(text: &str) -> Result<Self, InvalidPack> {
        let (barcode, pieces) = text.split_once(PACK_SEPARATOR).ok_or(InvalidPack::Shape)?;
        let pieces = pieces.trim().parse().map_err(|_| InvalidPack::Pieces)?;
        Self::new(barcode.trim().parse()?, pieces)
    }
}

impl fmt::Display for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PACK_SEPARATOR}{}", self.barcode, self.quantity)
    }
}

impl Product {
    /// The pieces that one scan of this barcode means: 1, unless it is a pack's.
    pub fn pieces_of(&self, barcode: Gtin) -> u32 {
        let pack = self.packs.iter().find(|pack| pack.barcode == barcode);
        pack.map_or(1, |pack| pack.quantity.value())
    }

    /// Every barcode that means this product, packs included.
    pub fn all_barcodes(&self) -> impl Iterator<Item = Gtin> {
        self.barcodes.iter().copied().chain(self.packs.iter().map(|pack| pack.barcode))
    }

    /// What can be judged of packs, tare and deposit without looking at other products.
    pub(super) fn check_goods(&self, errors: &mut FieldErrors) {
        if self.packs.len() > PRODUCT_LIST_MAX {
            errors.push("packs", format!("has at most {PRODUCT_LIST_MAX} entries"));
        }
        if self.unit == Unit::Kg && !self.packs.is_empty() {
            errors.push("packs", "belong to a product that is sold by the piece (unit each)");
        }
        for (index, pack) in self.packs.iter().enumerate() {
            let field = format!("packs[{index}].barcode");
            let barcode = pack.barcode;
            if self.barcodes.contains(&barcode) {
                errors.push(field, format!("{barcode} is the barcode of the single piece"));
            } else if self.packs.iter().take(index).any(|other| other.barcode == barcode) {
                errors.push(field, format!("{barcode} is in the list twice"));
            }
        }
        if self.unit == Unit::Each && self.tare_g.is_some() {
            errors.push("tare_g", "belongs to a product that is sold by weight (unit kg)");
        }
        if self.tare_g.is_some_and(|grams| grams > TARE_MAX_G) {
            errors.push("tare_g", format!("is at most {TARE_MAX_G}"));
        }
        if self.deposit_id == Some(self.id) {
            errors.push("deposit_id", "is this very product: a deposit is a product of its own");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalog::ProductPatch;
    use crate::domain::id::ProductId;
    use crate::domain::money::Money;
    use jiff::Timestamp;

    fn made(patch: ProductPatch) -> Result<Product, Vec<String>> {
        let patch = ProductPatch { name: Some("Cola".into()), price: Some(Money::ZERO), ..patch };
        Product::create(ProductId::new(7).unwrap(), &patch, Timestamp::UNIX_EPOCH)
            .map_err(|errors| errors.iter().map(|error| error.field.clone()).collect())
    }

    fn packs(texts: &[&str]) -> Vec<Pack> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_pack_is_a_barcode_and_at_least_two_pieces() {
        let six: Pack = " 4006381333948 * 6".parse().unwrap();
        assert_eq!((six.to_string().as_str(), six.quantity.value()), ("4006381333948*6", 6));
        assert!("4006381333948*999".parse::<Pack>().is_ok());
        for (text, reason) in [
            ("4006381333948", InvalidPack::Shape),
            ("4006381333948*1", InvalidPack::Pieces),
            ("4006381333948*1000", InvalidPack::Pieces),
            ("4006381333948*-6", InvalidPack::Pieces),
            ("4006381333948*six", InvalidPack::Pieces),
        ] {
            assert_eq!(text.parse::<Pack>(), Err(reason), "{text}");
        }
        assert!(matches!("4006381333949*6".parse::<Pack>(), Err(InvalidPack::Barcode(_))));
    }

    #[test]
    fn a_scan_of_a_pack_means_its_pieces() {
        let cola = made(ProductPatch {
            barcodes: Some(vec!["4006381333931".parse().unwrap()]),
            packs: Some(packs(&["4006381333948*6", "4006381333948*6", "4006381333955*24"])),
            ..ProductPatch::default()
        });
        let cola = cola.unwrap();
        assert_eq!(cola.packs.len(), 2, "said twice is said once");
        assert_eq!(cola.pieces_of("4006381333931".parse().unwrap()), 1);
        assert_eq!(cola.pieces_of("4006381333948".parse().unwrap()), 6);
        assert_eq!(cola.pieces_of("04006381333955".parse().unwrap()), 24);
        assert_eq!(cola.all_barcodes().count(), 3);
    }

    #[test]
    fn packs_tare_and_deposit_are_refused_by_name() {
        let refused = |patch| made(patch).unwrap_err();
        let both = ProductPatch {
            barcodes: Some(vec!["4006381333948".parse().unwrap()]),
            packs: Some(packs(&["4006381333948*6", "4006381333955*6", "4006381333955*12"])),
            ..ProductPatch::default()
        };
        assert_eq!(refused(both), ["packs[0].barcode", "packs[2].barcode"]);
        let loose = ProductPatch {
            unit: Some(Unit::Kg),
            packs: Some(packs(&["4006381333948*6"])),
            tare_g: Some(Some(TARE_MAX_G + 1)),
            ..ProductPatch::default()
        };
        assert_eq!(refused(loose), ["packs", "tare_g"]);
        let piece = ProductPatch { tare_g: Some(Some(5)), ..ProductPatch::default() };
        assert_eq!(refused(piece), ["tare_g"]);
        let own = ProductPatch { deposit_id: Some(ProductId::new(7).ok()), ..Default::default() };
        assert_eq!(refused(own), ["deposit_id"]);
    }
}
