//! Examples of rows that change the catalogue, its promotions and the words of its search.

use serde_json::{Value, json};

use super::Example;
use crate::support::{Client, TestApp};

/// The example of a row of the catalogue.
pub(super) async fn example(shop: &TestApp, admin: &Client, line: &str) -> Option<Example> {
    Some(match line {
        "POST /products" => {
            Example::new("/products", &json!({"name": "Salt", "price": 1}), "product.create")
        }
        "PUT /products/{id}" | "PATCH /products/{id}" => {
            let id = shop.product(admin, json!({"name": "Tea", "price": 1})).await;
            Example::new(format!("/products/{id}"), &json!({"price": 2}), "product.update")
        }
        "DELETE /products/{id}" => {
            let id = shop.product(admin, json!({"name": "Rye", "price": 1})).await;
            Example::new(format!("/products/{id}"), &Value::Null, "product.delete")
        }
        "POST /products/{id}/images" => {
            let id = shop.product(admin, json!({"name": "Jam", "price": 1})).await;
            let body = crate::api::pictures::red();
            Example { path: format!("/products/{id}/images"), body, action: "product.add-image" }
        }
        "DELETE /products/{id}/images/{name}" => {
            let id = shop.product(admin, json!({"name": "Pie", "price": 1})).await;
            let path = format!("/products/{id}/images");
            let added = admin.send("POST", &path, crate::api::pictures::red()).await.ok(201);
            let name = crate::api::pictures::name(&added["image"]);
            Example::new(format!("{path}/{name}"), &Value::Null, "product.remove-image")
        }
        "POST /products/import" => Example {
            path: "/products/import".into(),
            body: "sku,name,price\nI-1,Rice,1.5\n".into(),
            action: "product.import",
        },
        "POST /products/{id}/stock-movements" => {
            let id = shop.product(admin, json!({"name": "Jam", "price": 1})).await;
            let booking = json!({"kind": "receipt", "quantity": 3});
            Example::new(format!("/products/{id}/stock-movements"), &booking, "product.stock")
        }
        "POST /categories/rename" => {
            shop.product(admin, json!({"name": "Fig", "price": 1, "category": "Fruit"})).await;
            let renaming = json!({"from": "Fruit", "to": "Produce/Fruit"});
            Example::new("/categories/rename", &renaming, "category.rename")
        }
        "PUT /barcode-rules" => {
            let rules = json!({"rules": [{"pattern": "23IIIIIWWWWWC"}]});
            Example::new("/barcode-rules", &rules, "barcode-rules.replace")
        }
        "POST /imports/{id}/undo" => {
            let file = "sku,name,price\nI-2,Wheat,1.5\n";
            let made = admin.send("POST", "/products/import", file).await.ok(200)["id"].clone();
            Example::new(format!("/imports/{made}/undo"), &Value::Null, "import.undo")
        }
        "POST /promotions" => Example::new("/promotions", &promotion(), "promotion.create"),
        "PATCH /promotions/{id}" => {
            let id = admin.post("/promotions", promotion()).await.ok(201)["id"].clone();
            Example::new(format!("/promotions/{id}"), &json!({"value": 20}), "promotion.update")
        }
        "DELETE /promotions/{id}" => {
            let id = admin.post("/promotions", promotion()).await.ok(201)["id"].clone();
            Example::new(format!("/promotions/{id}"), &Value::Null, "promotion.delete")
        }
        "POST /synonyms" => {
            Example::new("/synonyms", &json!({"words": ["soda", "pop"]}), "synonym.create")
        }
        "PATCH /synonyms/{id}" => {
            let body = json!({"words": ["eggplant", "aubergine"]});
            let id = admin.post("/synonyms", body).await.ok(201)["id"].clone();
            let words = json!({"words": ["eggplant", "melanzane"]});
            Example::new(format!("/synonyms/{id}"), &words, "synonym.update")
        }
        "DELETE /synonyms/{id}" => {
            let body = json!({"words": ["zucchini", "courgette"]});
            let id = admin.post("/synonyms", body).await.ok(201)["id"].clone();
            Example::new(format!("/synonyms/{id}"), &Value::Null, "synonym.delete")
        }
        _ => return None,
    })
}

fn promotion() -> Value {
    json!({"name": "Week", "kind": "percent", "value": 10, "scope": "cart"})
}
