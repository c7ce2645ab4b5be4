//! What products and shoppers are sorted by.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::app::classes::Class;
use crate::http::Result;
use crate::http::extract::Json;

/// A category of products that are sold now, or one above it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Category {
    /// Stays the name's for ever.
    category_id: u64,
    /// A path, as `GET /products?category=` takes it.
    #[schema(example = "Dairy/Milk")]
    category_name: String,
}

/// What somebody eats.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct FoodType {
    /// A `user_foodtype_id`.
    foodtype_id: u64,
    #[schema(example = "vegan")]
    foodtype_name: String,
}

/// What somebody must not eat.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Allergy {
    /// A `user_allergy_id`.
    allergy_id: u64,
    #[schema(example = "milk")]
    allergy_name: String,
}

/// Categories, food types and allergens, each by name.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ShopClasses {
    categories: Vec<Category>,
    foodtypes: Vec<FoodType>,
    allergies: Vec<Allergy>,
}

pub(in crate::http) async fn list(State(app): State<App>) -> Result<Json<ShopClasses>> {
    let classes = app.classes().await?;
    let category =
        |class: &Class| Category { category_id: class.id, category_name: class.name.clone() };
    let food_type =
        |class: &Class| FoodType { foodtype_id: class.id, foodtype_name: class.name.clone() };
    let allergy =
        |class: &Class| Allergy { allergy_id: class.id, allergy_name: class.name.clone() };
    Ok(Json(ShopClasses {
        categories: classes.categories.iter().map(category).collect(),
        foodtypes: classes.food_types.iter().map(food_type).collect(),
        allergies: classes.allergens.iter().map(allergy).collect(),
    }))
}
