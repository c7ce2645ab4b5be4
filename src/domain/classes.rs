//! What products and shoppers are sorted by: categories, food types and allergens, each with a
//! number that stays when the catalogue changes.

use super::catalog::Product;

/// Food types that every shop knows, in the order of their first numbers.
pub const FOOD_TYPES: [&str; 7] =
    ["vegan", "vegetarian", "halal", "kosher", "gluten-free", "lactose-free", "organic"];
/// The fourteen of Annex II of Regulation (EU) No 1169/2011, in its order.
pub const ALLERGENS: [&str; 14] = [
    "gluten",
    "crustaceans",
    "eggs",
    "fish",
    "peanuts",
    "soy",
    "milk",
    "nuts",
    "celery",
    "mustard",
    "sesame",
    "sulphites",
    "lupin",
    "molluscs",
];

/// A kind of class; each counts its own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClassKind {
    /// A category's path, `Dairy/Milk`.
    Category,
    /// What somebody eats, `vegan`.
    FoodType,
    /// What somebody must not eat, `milk`.
    Allergen,
}

impl ClassKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Category, Self::FoodType, Self::Allergen];

    /// The names that are there whatever the catalogue holds.
    pub const fn fixed(self) -> &'static [&'static str] {
        match self {
            Self::Category => &[],
            Self::FoodType => &FOOD_TYPES,
            Self::Allergen => &ALLERGENS,
        }
    }

    /// The names that a product is sorted by: its category with all above it, its words.
    pub fn of(self, product: &Product) -> Vec<&str> {
        match self {
            Self::Category => {
                let path = product.category.as_str();
                let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
                parents.chain(std::iter::once(path)).filter(|name| !name.is_empty()).collect()
            }
            Self::FoodType => product.food_types.iter().map(String::as_str).collect(),
            Self::Allergen => product.allergens.iter().map(String::as_str).collect(),
        }
    }
}
