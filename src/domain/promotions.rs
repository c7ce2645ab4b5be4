//! Promotions: what is cheaper, by how much, and for how long.
//!
//! A promotion takes a percentage, or an amount of money off each unit, from products, from
//! categories with all below them, or from every line of a cart. What it does to a line is said
//! in [`super::pricing`]; which ones count at a moment is [`running::Running`].

mod discount;
pub mod running;
mod scope;

use jiff::Timestamp;

use super::catalog::{self, NAME_MAX};
use super::id::{ProductId, PromotionId};
use super::invalid::FieldErrors;
use super::money::{Currency, Decimal, Money};
pub use discount::{Discount, DiscountKind, Percent};
pub use scope::{Scope, ScopeKind};

/// The most promotions of a shop, ended ones included: all of them are held in memory.
pub const PROMOTIONS_MAX: usize = 500;
/// The most products that one promotion names.
pub const PROMOTION_PRODUCTS_MAX: usize = 1_000;
/// The most categories that one promotion names.
pub const PROMOTION_CATEGORIES_MAX: usize = 50;
/// Longest message, in characters.
pub const MESSAGE_MAX: usize = 500;
/// Categories that a message made by us lists by name.
const CATEGORIES_TOLD: usize = 3;

/// Something is cheaper for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Identity.
    pub id: PromotionId,
    /// What people call it; receipts show it.
    pub name: String,
    /// One line for people: told when it starts.
    pub message: String,
    /// Whether the message was made from the other fields, and follows them.
    pub message_is_made: bool,
    /// By how much.
    pub discount: Discount,
    /// On what.
    pub scope: Scope,
    /// It runs from this moment on.
    pub starts_at: Timestamp,
    /// It runs until just before this moment; open when there is none.
    pub ends_at: Option<Timestamp>,
    /// An inactive one never runs.
    pub active: bool,
    /// The number under which its present run was announced.
    pub announced: Option<u64>,
    /// Counts edits from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
}

/// The fields of a promotion to set; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PromotionPatch {
    /// See [`Promotion::name`].
    pub name: Option<String>,
    /// See [`Promotion::message`]; `Some(None)` has one made.
    pub message: Option<Option<String>>,
    /// What kind of discount.
    pub kind: Option<DiscountKind>,
    /// Percent or money, as the kind says.
    pub value: Option<Decimal>,
    /// What it covers; said by the lists when left out for a new one.
    pub scope: Option<ScopeKind>,
    /// For scope `product`.
    pub product_ids: Option<Vec<ProductId>>,
    /// For scope `category`.
    pub categories: Option<Vec<String>>,
    /// See [`Promotion::starts_at`]; now when left out for a new one.
    pub starts_at: Option<Timestamp>,
    /// See [`Promotion::ends_at`].
    pub ends_at: Option<Option<Timestamp>>,
    /// See [`Promotion::active`].
    pub active: Option<bool>,
}

impl Promotion {
    /// A new promotion at version 1. Its message, unless given, is still to be made:
    /// [`Promotion::make_message`].
    pub fn create(
        id: PromotionId,
        patch: &PromotionPatch,
        currency: &Currency,
        now: Timestamp,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        // Stand-ins for what is refused, so that everything else is checked as well.
        let discount = discount_of(None, patch, currency, &mut errors)
            .unwrap_or(Discount::AmountOff(Money::ZERO));
        let scope = scope_of(None, patch, &mut errors).unwrap_or(Scope::Cart);
        let mut promotion = Self {
            id,
            name: String::new(),
            message: String::new(),
            message_is_made: true,
            discount,
            scope,
            starts_at: now,
            ends_at: None,
            active: true,
            announced: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        promotion.set_plain(patch);
        promotion.check(&mut errors);
        errors.into_result()?;
        Ok(promotion)
    }

    /// Sets the fields of `patch`; whether anything changed. Nothing is set when any field is
    /// refused. A change raises the version. A promotion that does not run through the edit is
    /// to be announced (again) when it runs.
    pub fn apply(
        &mut self,
        patch: &PromotionPatch,
        currency: &Currency,
        now: Timestamp,
    ) -> Result<bool, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut next = self.clone();
        if let Some(discount) = discount_of(Some(self.discount), patch, currency, &mut errors) {
            next.discount = discount;
        }
        if let Some(scope) = scope_of(Some(&self.scope), patch, &mut errors) {
            next.scope = scope;
        }
        next.set_plain(patch);
        next.check(&mut errors);
        errors.into_result()?;
        if next == *self {
            return Ok(false);
        }
        if !(self.is_running(now) && next.is_running(now)) {
            next.announced = None;
        }
        next.version += 1;
        next.updated_at = now;
        *self = next;
        Ok(true)
    }

    /// Whether it counts at this moment.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.active && self.starts_at <= now && !self.has_ended(now)
    }

    /// Whether its time is over.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// Whether it is to be announced now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.announced.is_none() && self.is_running(now)
    }

    /// Words the message anew, unless it is somebody's own. `product` is the name of the first
    /// product that it covers, if it covers products.
    pub fn make_message(&mut self, product: Option<&str>, currency: &Currency) {
        if !self.message_is_made {
            return;
        }
        let discount = match self.discount {
            Discount::Percent(share) => format!("{} % off", share.decimal()),
            Discount::AmountOff(money) => {
                format!("{} {currency} off each unit of", money.shown(currency))
            }
        };
        let (told, all) = match &self.scope {
            Scope::Products(ids) => {
                (product.map_or_else(|| "a product".to_owned(), str::to_owned), ids.len())
            }
            Scope::Categories(paths) => {
                let told = &paths[..paths.len().min(CATEGORIES_TOLD)];
                (told.join(", "), paths.len().saturating_sub(told.len()) + 1)
            }
            Scope::Cart => ("everything".to_owned(), 1),
        };
        let more = all.saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let whole = format!("{}: {discount} {told}{more}", self.name);
        self.message = whole.chars().take(MESSAGE_MAX).collect();
    }

    /// Sets what needs no second look.
    fn set_plain(&mut self, patch: &PromotionPatch) {
        if let Some(name) = &patch.name {
            name.trim().clone_into(&mut self.name);
        }
        // A message that was made and comes back with an edited answer is still a made one.
        if let Some(message) = &patch.message {
            let own = message.as_deref().map(str::trim).filter(|text| !text.is_empty());
            match own {
                Some(text) if self.message_is_made && text == self.message => {}
                Some(text) => {
                    text.clone_into(&mut self.message);
                    self.message_is_made = false;
                }
                None => self.message_is_made = true,
            }
        }
        self.starts_at = patch.starts_at.unwrap_or(self.starts_at);
        self.ends_at = patch.ends_at.unwrap_or(self.ends_at);
        self.active = patch.active.unwrap_or(self.active);
    }

    fn check(&self, errors: &mut FieldErrors) {
        if self.name.is_empty() {
            errors.push("name", "is required, and must not be empty");
        }
        catalog::text_limit(errors, "name", &self.name, NAME_MAX);
        catalog::text_limit(errors, "message", &self.message, MESSAGE_MAX);
        if self.ends_at.is_some_and(|end| end <= self.starts_at) {
            errors.push("ends_at", "must be later than starts_at");
        }
    }
}

/// Kind and value together: what a value means depends on the kind. `None` when that was
/// refused, or when there was nothing before and not both were sent.
fn discount_of(
    before: Option<Discount>,
    patch: &PromotionPatch,
    currency: &Currency,
    errors: &mut FieldErrors,
) -> Option<Discount> {
    let kind = patch.kind.or(before.map(Discount::kind));
    if kind.is_none() {
        errors.push("kind", "is required: percent or amount");
    }
    match (kind, patch.value) {
        (Some(kind), Some(value)) => errors.take("value", Discount::new(kind, value, currency)),
        (Some(kind), None) if before.is_some_and(|before| before.kind() == kind) => before,
        (_, None) => {
            errors.push("value", "is required: percent, or money off each unit");
            None
        }
        (None, Some(_)) => None,
    }
}

/// Scope and lists together. `None` when they were refused.
fn scope_of(
    before: Option<&Scope>,
    patch: &PromotionPatch,
    errors: &mut FieldErrors,
) -> Option<Scope> {
    let names_products = patch.product_ids.as_ref().is_some_and(|ids| !ids.is_empty());
    let names_categories = patch.categories.as_ref().is_some_and(|paths| !paths.is_empty());
    let said = patch.scope.or(before.map(Scope::kind));
    let kind = said.or(match (names_products, names_categories) {
        (true, false) => Some(ScopeKind::Product),
        (false, true) => Some(ScopeKind::Category),
        _ => None,
    });
    let Some(kind) = kind else {
        errors.push("scope", "is required: product, category or cart");
        return None;
    };
    if names_products && kind != ScopeKind::Product {
        errors.push("product_ids", "are for scope `product` only");
        return None;
    }
    if names_categories && kind != ScopeKind::Category {
        errors.push("categories", "are for scope `category` only");
        return None;
    }
    match kind {
        ScopeKind::Cart => Some(Scope::Cart),
        ScopeKind::Product => {
            let kept = before.map_or_else(Vec::new, |scope| scope.products().to_vec());
            let ids = patch.product_ids.clone().unwrap_or(kept);
            scope::products(ids, errors).map(Scope::Products)
        }
        ScopeKind::Category => {
            let kept = before.map_or_else(Vec::new, |scope| scope.categories().to_vec());
            let paths = patch.categories.clone().unwrap_or(kept);
            scope::categories(&paths, errors).map(Scope::Categories)
        }
    }
}

#[cfg(test)]
mod tests;
