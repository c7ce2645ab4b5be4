//! What staff do to trolleys and carts that are not their own, as examples.

use serde_json::{Value, json};

use super::Example;
use crate::support::{Client, TestApp};

/// The example of a row about trolleys and carts.
pub(super) async fn example(shop: &TestApp, admin: &Client, line: &str) -> Option<Example> {
    Some(match line {
        "POST /devices/{id}/disconnect" => {
            let (trolley, code) = shop.device_with_code().await;
            let shopper = shop.customer(&format!("shopper-of-{}", trolley.id)).await;
            shopper.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
            let path = format!("/devices/{}/disconnect", trolley.id);
            Example::new(path, &Value::Null, "device.disconnect")
        }
        "POST /carts/{cart}/move" => {
            let (cart, to) = (loaded(shop, admin).await, shop.device().await.id);
            let body = json!({"device_id": to});
            Example::new(format!("/carts/{cart}/move"), &body, "cart.move")
        }
        "POST /carts/{cart}/empty" => {
            let cart = loaded(shop, admin).await;
            Example::new(format!("/carts/{cart}/empty"), &Value::Null, "cart.empty")
        }
        "POST /carts/{cart}/take-over" => {
            let cart = loaded(shop, admin).await;
            Example::new(format!("/carts/{cart}/take-over"), &Value::Null, "cart.take-over")
        }
        "POST /carts/{cart}/checkout" => {
            let cart = loaded(shop, admin).await;
            Example::new(format!("/carts/{cart}/checkout"), &Value::Null, "order.create")
        }
        _ => return None,
    })
}

/// A trolley's own cart that holds something; its id.
async fn loaded(shop: &TestApp, admin: &Client) -> Value {
    let trolley = shop.device().await;
    let oil = shop.product(admin, json!({"name": "Oil", "price": 1, "stock": 9})).await;
    trolley.post("/cart/esp32/add_item", json!({"product_id": oil})).await.ok(200);
    let found = admin.get(&format!("/carts?device_id={}", trolley.id)).await.ok(200);
    found[0]["id"].clone()
}
