//! What a promotion covers.

use std::str::FromStr;

use super::{PROMOTION_CATEGORIES_MAX, PROMOTION_PRODUCTS_MAX};
use crate::domain::catalog::{self, CATEGORY_LEVELS_MAX, CATEGORY_MAX};
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;

/// What a promotion covers: the word on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// Products by their ids.
    Product,
    /// Categories with all below them.
    Category,
    /// Every line.
    Cart,
}

impl FromStr for ScopeKind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "product" => Ok(Self::Product),
            "category" => Ok(Self::Category),
            "cart" => Ok(Self::Cart),
            _ => Err("a scope is `product`, `category` or `cart`"),
        }
    }
}

/// What a promotion covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// These products; at least one.
    Products(Vec<ProductId>),
    /// These categories, each with all below it; at least one.
    Categories(Vec<String>),
    /// Every line of every cart. It is no offer of any single product.
    Cart,
}

impl Scope {
    /// The word on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Products(_) => "product",
            Self::Categories(_) => "category",
            Self::Cart => "cart",
        }
    }

    /// Which kind it is.
    pub const fn kind(&self) -> ScopeKind {
        match self {
            Self::Products(_) => ScopeKind::Product,
            Self::Categories(_) => ScopeKind::Category,
            Self::Cart => ScopeKind::Cart,
        }
    }

    /// The products that it names.
    pub fn products(&self) -> &[ProductId] {
        if let Self::Products(ids) = self { ids } else { &[] }
    }

    /// The categories that it names.
    pub fn categories(&self) -> &[String] {
        if let Self::Categories(paths) = self { paths } else { &[] }
    }
}

/// The products to name, each once; `None` when the list is refused.
pub(super) fn products(
    mut ids: Vec<ProductId>,
    errors: &mut FieldErrors,
) -> Option<Vec<ProductId>> {
    if ids.is_empty() {
        errors.push("product_ids", "names at least one product");
    } else if ids.len() > PROMOTION_PRODUCTS_MAX {
        errors.push("product_ids", format!("has at most {PROMOTION_PRODUCTS_MAX} entries"));
    } else {
        catalog::dedupe(&mut ids);
        return Some(ids);
    }
    None
}

/// The categories to name, tidy and each once; `None` when the list is refused.
pub(super) fn categories(paths: &[String], errors: &mut FieldErrors) -> Option<Vec<String>> {
    if paths.is_empty() {
        errors.push("categories", "names at least one category");
        return None;
    }
    if paths.len() > PROMOTION_CATEGORIES_MAX {
        errors.push("categories", format!("has at most {PROMOTION_CATEGORIES_MAX} entries"));
        return None;
    }
    let mut tidy = Vec::with_capacity(paths.len());
    let mut is_good = true;
    for (index, path) in paths.iter().enumerate() {
        let path = catalog::category_path(path);
        let mut refuse = |message: String| {
            errors.push(format!("categories[{index}]"), message);
            is_good = false;
        };
        if path.is_empty() {
            refuse("must not be empty".to_owned());
        } else if path.chars().count() > CATEGORY_MAX {
            refuse(format!("has at most {CATEGORY_MAX} characters"));
        } else if path.split('/').count() > CATEGORY_LEVELS_MAX {
            refuse(format!("has at most {CATEGORY_LEVELS_MAX} levels"));
        } else if path.chars().any(char::is_control) {
            refuse("must not contain line breaks or control characters".to_owned());
        } else {
            tidy.push(path);
        }
    }
    catalog::dedupe(&mut tidy);
    is_good.then_some(tidy)
}
