//! Categories as a tree, brands, renaming, and loose goods by their pictures.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

async fn put(shop: &TestApp, staff: &Client, name: &str, category: &str) -> u64 {
    let product = json!({"name": name, "price": 1, "category": category, "brand": "Meadow"});
    shop.product(staff, product).await
}

async fn category(client: &Client, id: u64) -> Value {
    client.get(&format!("/products/{id}")).await.ok(200)["category"].clone()
}

#[tokio::test]
async fn categories_are_a_tree_with_counts() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    assert_eq!(anyone.get("/categories").await.ok(200), json!([]));
    for (name, path) in
        [("Milk", "Dairy/Milk"), ("Oat", "Dairy/Milk/Plant"), ("Gouda", "Dairy"), ("Rye", "bakery")]
    {
        put(&shop, &staff, name, path).await;
    }
    let hidden = put(&shop, &staff, "Kefir", "Dairy/Milk").await;
    staff.patch(&format!("/products/{hidden}"), json!({"active": false})).await.ok(200);
    let plant = json!({"name": "Plant", "path": "Dairy/Milk/Plant", "count": 1, "total": 1,
        "children": []});
    let milk = json!({"name": "Milk", "path": "Dairy/Milk", "count": 1, "total": 2,
        "children": [plant]});
    let dairy = json!({"name": "Dairy", "path": "Dairy", "count": 1, "total": 3,
        "children": [milk]});
    let bakery =
        json!({"name": "bakery", "path": "bakery", "count": 1, "total": 1, "children": []});
    assert_eq!(anyone.get("/categories").await.ok(200), json!([bakery, dairy]));
    assert_eq!(staff.get("/categories").await.ok(200)[1]["total"], 4, "staff see inactive ones");
    assert_eq!(anyone.get("/brands").await.ok(200), json!([{"name": "Meadow", "count": 4}]));
}

#[tokio::test]
async fn a_renaming_moves_all_below_and_its_promotions() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let milk = put(&shop, &staff, "Milk", "Dairy/Milk").await;
    let oat = put(&shop, &staff, "Oat", "dairy/milk/Plant").await;
    let shake = put(&shop, &staff, "Shake", "Dairy/Milkshakes").await;
    let promotion = json!({"name": "Week", "kind": "percent", "value": 20, "scope": "category",
        "categories": ["Dairy/Milk", "Bakery"]});
    let promotion = staff.post("/promotions", promotion).await.ok(201)["id"].clone();
    let renaming = json!({"from": "Dairy/Milk", "to": " Dairy / Fresh milk "});
    let renamed = staff.post("/categories/rename", renaming.clone()).await.ok(200);
    assert_eq!(renamed, json!({"changed": 2}));
    assert_eq!(category(&staff, milk).await, "Dairy/Fresh milk");
    assert_eq!(category(&staff, oat).await, "Dairy/Fresh milk/Plant");
    assert_eq!(category(&staff, shake).await, "Dairy/Milkshakes");
    let moved = staff.get(&format!("/products/{milk}")).await.ok(200);
    assert_eq!((&moved["version"], &moved["discounted_price"]), (&json!(2), &json!(0.8)));
    let promotion = staff.get(&format!("/promotions/{promotion}")).await.ok(200);
    assert_eq!(promotion["categories"], json!(["Dairy/Fresh milk", "Bakery"]));
    let found = staff.get("/products/search?query=fresh").await.ok(200);
    assert_eq!(found["total"], 2, "the next search sees it");
    staff.post("/categories/rename", renaming).await.refused(404, "not-found");
    let entry = shop.admin().await.get("/audit?action=category.rename").await.ok(200)[0].clone();
    assert_eq!(entry["after"]["changed"], 2);
    assert_eq!(entry["target"], "category:Dairy/Milk");
}

#[tokio::test]
async fn a_large_category_moves_whole() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let mut file = "sku,name,price,category\n".to_owned();
    for number in 0..1_205 {
        writeln!(file, "S-{number},Item {number},1,Old/{}", number % 7).unwrap();
    }
    staff.with("content-type", "text/csv").send("POST", "/products/import", file).await.ok(200);
    let keyed = staff.with("idempotency-key", "rename-1");
    let renaming = json!({"from": "old", "to": "New/Place"});
    let renamed = keyed.post("/categories/rename", renaming.clone()).await.ok(200);
    assert_eq!(renamed, json!({"changed": 1_205}));
    let tree = staff.get("/categories").await.ok(200);
    assert_eq!((tree.as_array().unwrap().len(), &tree[0]["total"]), (1, &json!(1_205)));
    assert_eq!(tree[0]["children"][0]["children"].as_array().unwrap().len(), 7);
    put(&shop, &staff, "Late", "Old").await;
    let again = keyed.post("/categories/rename", renaming).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.ok(200), json!({"changed": 1_205}));
    assert_eq!(staff.get("/products?category=old").await.header("x-total-count"), "1");
    let admin = shop.admin().await;
    let entries = admin.get("/audit?action=category.rename").await;
    assert_eq!(entries.header("x-total-count"), "3", "500 at a time");
}

#[tokio::test]
async fn impossible_renamings_change_nothing() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let deep = put(&shop, &staff, "Deep", "a/b/c").await;
    for (field, renaming) in [
        ("from", json!({"from": " / ", "to": "x"})),
        ("to", json!({"from": "a", "to": ""})),
        ("to", json!({"from": "a", "to": "A/x"})),
        ("to", json!({"from": "a", "to": "1/2/3/4/5"})),
        ("to", json!({"from": "a", "to": "x".repeat(199)})),
        ("to", json!({"from": "a", "to": "x\ny"})),
        ("to", json!({"from": "a"})),
        ("into", json!({"from": "a", "to": "b", "into": "c"})),
    ] {
        staff.post("/categories/rename", renaming).await.names(field);
    }
    let nowhere = json!({"from": "nowhere", "to": "x"});
    staff.post("/categories/rename", nowhere).await.refused(404, "not-found");
    assert_eq!(category(&staff, deep).await, "a/b/c");
    let same = json!({"from": "A/B", "to": "a/b"});
    assert_eq!(staff.post("/categories/rename", same).await.ok(200), json!({"changed": 0}));
    let upper = json!({"from": "a", "to": "A"});
    assert_eq!(staff.post("/categories/rename", upper).await.ok(200), json!({"changed": 1}));
    assert_eq!(category(&staff, deep).await, "A/b/c");
}

#[tokio::test]
async fn loose_goods_are_looked_up_by_their_pictures() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    shop.milk(&staff).await;
    for (name, plu, category) in
        [("Pear", 4_409, "Fruit"), ("Leek", 4_629, "Greens"), ("apple", 4_011, "Fruit")]
    {
        let product = json!({"name": name, "plu": plu, "price": 2.5, "unit": "kg",
            "category": category, "images": []});
        shop.product(&staff, product).await;
    }
    let hidden = json!({"name": "Yam", "plu": 4_816, "price": 1, "active": false});
    shop.product(&staff, hidden).await;
    let found = anyone.get("/products/lookup").await;
    assert_eq!(found.header("x-total-count"), "3");
    let found = found.ok(200);
    let names: Vec<_> = found.as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["apple", "Pear", "Leek"]);
    let id = found[0]["id"].clone();
    let apple = json!({"id": id, "name": "apple", "plu": "4011", "image": null, "price": 2.5,
        "currency": "EUR", "unit": "kg", "category": "Fruit"});
    assert_eq!(found[0], apple);
    let fruit = anyone.get("/products/lookup?category=fruit&limit=1").await;
    assert_eq!(fruit.header("x-total-count"), "2");
    assert_eq!(fruit.ok(200).as_array().unwrap().len(), 1);
}
