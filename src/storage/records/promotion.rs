//! Promotions on disk.

use serde::{Deserialize, Serialize};

use super::{domain_record, from_us, to_us};
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::money::Money;
use crate::domain::promotions::{Discount, Percent, Promotion, Scope};
use crate::storage::RecordError;

#[derive(Serialize, Deserialize)]
struct PromotionRecord {
    id: PromotionId,
    name: String,
    message: String,
    message_is_made: bool,
    discount: DiscountRecord,
    scope: ScopeRecord,
    starts_at_us: i64,
    ends_at_us: Option<i64>,
    active: bool,
    announced: Option<u64>,
    version: u64,
    created_at_us: i64,
    updated_at_us: i64,
}

/// New kinds go to the end: the position is the tag on disk.
#[derive(Serialize, Deserialize)]
enum DiscountRecord {
    /// Hundredths of a percent.
    Percent(u16),
    AmountOff(Money),
}

/// New kinds go to the end: the position is the tag on disk.
#[derive(Serialize, Deserialize)]
enum ScopeRecord {
    Products(Vec<ProductId>),
    Categories(Vec<String>),
    Cart,
}

domain_record!(Promotion as PromotionRecord, format 1);

impl From<&Promotion> for PromotionRecord {
    fn from(promotion: &Promotion) -> Self {
        Self {
            id: promotion.id,
            name: promotion.name.clone(),
            message: promotion.message.clone(),
            message_is_made: promotion.message_is_made,
            discount: match promotion.discount {
                Discount::Percent(share) => DiscountRecord::Percent(share.basis_points()),
                Discount::AmountOff(money) => DiscountRecord::AmountOff(money),
            },
            scope: match &promotion.scope {
                Scope::Products(ids) => ScopeRecord::Products(ids.clone()),
                Scope::Categories(paths) => ScopeRecord::Categories(paths.clone()),
                Scope::Cart => ScopeRecord::Cart,
            },
            starts_at_us: to_us(promotion.starts_at),
            ends_at_us: promotion.ends_at.map(to_us),
            active: promotion.active,
            announced: promotion.announced,
            version: promotion.version,
            created_at_us: to_us(promotion.created_at),
            updated_at_us: to_us(promotion.updated_at),
        }
    }
}

impl PromotionRecord {
    fn into_domain(self) -> Result<Promotion, RecordError> {
        Ok(Promotion {
            id: self.id,
            name: self.name,
            message: self.message,
            message_is_made: self.message_is_made,
            discount: match self.discount {
                DiscountRecord::Percent(share) => Discount::Percent(
                    Percent::from_basis_points(i64::from(share))
                        .map_err(|error| RecordError::Malformed(error.to_owned()))?,
                ),
                DiscountRecord::AmountOff(money) => Discount::AmountOff(money),
            },
            scope: match self.scope {
                ScopeRecord::Products(ids) => Scope::Products(ids),
                ScopeRecord::Categories(paths) => Scope::Categories(paths),
                ScopeRecord::Cart => Scope::Cart,
            },
            starts_at: from_us(self.starts_at_us)?,
            ends_at: self.ends_at_us.map(from_us).transpose()?,
            active: self.active,
            announced: self.announced,
            version: self.version,
            created_at: from_us(self.created_at_us)?,
            updated_at: from_us(self.updated_at_us)?,
        })
    }
}
