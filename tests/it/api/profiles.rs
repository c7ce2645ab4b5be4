//! Shoppers' own profiles, and the numbers of food types, categories and allergens.

use serde_json::{Value, json};

use crate::support::{Client, Parts, Phones, TestApp};

async fn by_number(shop: &TestApp, phones: &Phones, number: &str) -> Client {
    let anyone = shop.anonymous();
    let asked = json!({"mobile_number": number});
    anyone.post("/auth/verify_mobile", asked).await.ok(200);
    let body = json!({"mobile_number": number, "otp": phones.code()});
    let body = anyone.post("/auth/verify_otp", body).await.ok(200);
    shop.bearer(body["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn a_new_shopper_completes_the_profile() {
    let shop = TestApp::new();
    let phones = Phones::of(&shop.app);
    let ann = by_number(&shop, &phones, "017604069001").await;
    let empty = ann.get("/user/profile").await.ok(200);
    assert_eq!((&empty["is_profile_complete"], &empty["user_name"]), (&json!(false), &Value::Null));
    let body = json!({
        "user_name": "Ann", "email": "Ann@example.org", "mobile_number": "0176 04069001",
        "user_foodtype_id": 1, "user_allergy_id": 14,
    });
    let profile = ann.post("/auth/create_profile", body).await.ok(200);
    for (member, value) in [
        ("user_name", json!("Ann")),
        ("name", json!("Ann")),
        ("email", json!("ann@example.org")),
        ("mobile_number", json!("+4917604069001")),
        ("is_profile_complete", json!(true)),
        ("user_foodtype_id", json!(1)),
        ("user_allergy_id", json!(14)),
        ("role", json!("customer")),
        ("disabled", json!(false)),
        ("user_id", profile["id"].clone()),
    ] {
        assert_eq!(profile[member], value, "{member}");
    }
    assert_eq!(ann.get("/user/profile").await.ok(200), profile);
    // The aliases are the same; what is left out stays, null clears.
    let body = json!({"name": "Ann B.", "user_allergy_id": null});
    let profile = ann.post("/auth/complete_profile", body).await.ok(200);
    assert_eq!(profile["email"], "ann@example.org");
    assert_eq!(
        (&profile["user_foodtype_id"], &profile["user_allergy_id"]),
        (&json!(1), &Value::Null)
    );
    ann.post("/user/create_profile", json!({"user_name": "Ann"})).await.ok(200);
    shop.anonymous()
        .post("/auth/create_profile", json!({"user_name": "X"}))
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_profile_has_rules() {
    let shop = TestApp::new();
    let phones = Phones::of(&shop.app);
    let ann = by_number(&shop, &phones, "017604069001").await;
    shop.customer("bob")
        .await
        .patch("/user/profile", json!({"email": "bob@example.org"}))
        .await
        .ok(200);
    for (field, body) in [
        ("user_name", json!({})),
        ("user_name", json!({"user_name": null})),
        ("user_name", json!({"user_name": "Ann", "name": "Bob"})),
        ("name", json!({"user_name": ""})),
        ("name", json!({"user_name": "A\r\nB"})),
        ("email", json!({"user_name": "Ann", "email": "ann"})),
        ("mobile_number", json!({"user_name": "Ann", "mobile_number": "017604069002"})),
        ("mobile_number", json!({"user_name": "Ann", "mobile_number": "x"})),
        ("user_foodtype_id", json!({"user_name": "Ann", "user_foodtype_id": 0})),
        ("user_foodtype_id", json!({"user_name": "Ann", "user_foodtype_id": 9999})),
        ("user_foodtype_id", json!({"user_name": "Ann", "user_foodtype_id": "1"})),
        ("user_allergy_id", json!({"user_name": "Ann", "user_allergy_id": 15})),
        ("colour", json!({"user_name": "Ann", "colour": 1})),
    ] {
        ann.post("/auth/create_profile", body).await.names(field);
    }
    let taken = json!({"user_name": "Ann", "email": "BOB@example.org"});
    ann.post("/auth/create_profile", taken).await.refused(409, "email-taken");
    assert_eq!(ann.get("/user/profile").await.ok(200)["is_profile_complete"], false);
}

#[tokio::test]
async fn a_profile_is_edited_in_place() {
    let shop = TestApp::new();
    let phones = Phones::of(&shop.app);
    let ann = by_number(&shop, &phones, "017604069001").await;
    let mut whole = ann.get("/user/profile").await.ok(200);
    whole["name"] = json!("Ann");
    whole["user_name"] = json!("Ann");
    let whole = ann.patch("/user/profile", whole).await.ok(200);
    assert_eq!(whole["user_name"], "Ann");
    let body = json!({"email": "ann@example.org", "user_foodtype_id": 2});
    ann.patch("/user/profile", body).await.ok(200);
    let cleared = ann.patch("/user/profile", json!({"email": null})).await.ok(200);
    assert_eq!((&cleared["email"], &cleared["user_foodtype_id"]), (&Value::Null, &json!(2)));
    ann.patch("/user/profile", json!({"mobile_number": "017604069009"}))
        .await
        .names("mobile_number");
    ann.patch("/user/profile", json!({"role": "admin"})).await.refused(403, "role-not-allowed");
    ann.patch("/user/profile", json!({"username": "root"})).await.names("username");
    ann.patch("/user/profile", json!({"disabled": true})).await.names("disabled");
    ann.patch("/user/profile", json!({"password": "correct horse"})).await.names("password");
    let own = ann.get("/user/profile").await.ok(200);
    assert_eq!(
        (&own["role"], &own["mobile_number"]),
        (&json!("customer"), &json!("+4917604069001"))
    );
}

#[tokio::test]
async fn leaving_ends_everything_but_the_orders() {
    let shop = TestApp::new();
    let (phones, admin) = (Phones::of(&shop.app), shop.admin().await);
    let ann = by_number(&shop, &phones, "017604069001").await;
    let milk = shop.milk(&admin).await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let order = ann.send("POST", "/checkout", "").await.ok(201)["order_id"].clone();
    let ends = shop.app.session_ends();
    let gone = ann.delete("/user/profile").await;
    assert!(gone.header("set-cookie").contains("Max-Age=0"), "{:?}", gone.headers);
    assert!(gone.ok(200)["message"].is_string());
    assert!(ends.has_changed().unwrap());
    assert_eq!(ann.get("/user/profile").await.status, 401);
    admin.get(&format!("/orders/{order}")).await.ok(200);
    shop.wait(31);
    let back = by_number(&shop, &phones, "017604069001").await;
    let orders = back.get("/orders").await.ok(200);
    assert_eq!(orders.as_array().unwrap().len(), 0, "a new account has no history");
    admin.delete("/user/profile").await.refused(409, "last-admin");
}

#[tokio::test]
async fn classes_come_from_the_live_catalogue_with_numbers_that_stay() {
    let Parts { store, clock } = Parts::default();
    let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
    let (anyone, staff) = (shop.anonymous(), shop.staff().await);
    let path = "/misc/foodtypes-categories";
    let fresh = anyone.get(path).await.ok(200);
    assert_eq!(fresh["categories"], json!([]));
    let names = |body: &Value, list: &str, member: &str| -> Vec<String> {
        let list = body[list].as_array().unwrap().iter();
        list.map(|item| item[member].as_str().unwrap().to_owned()).collect()
    };
    let food_types = names(&fresh, "foodtypes", "foodtype_name");
    assert!(food_types.len() == 7 && food_types.is_sorted(), "{food_types:?}");
    let vegan =
        fresh["foodtypes"].as_array().unwrap().iter().find(|f| f["foodtype_name"] == "vegan");
    assert_eq!(vegan.unwrap()["foodtype_id"], 1);
    assert_eq!(names(&fresh, "allergies", "allergy_name").len(), 14);
    let product = |name: &str, category: &str, active: bool| {
        json!({
            "name": name, "price": 1, "category": category, "active": active,
            "food_types": ["raw"], "allergens": ["milk", "dust"],
        })
    };
    let milk = shop.product(&staff, product("Milk", "Dairy/Milk", true)).await;
    shop.product(&staff, product("Bread", "Bakery", true)).await;
    shop.product(&staff, product("Hidden", "Secret", false)).await;
    let body = anyone.get(path).await.ok(200);
    let categories = names(&body, "categories", "category_name");
    assert_eq!(categories, ["Bakery", "Dairy", "Dairy/Milk"]);
    assert!(names(&body, "foodtypes", "foodtype_name").contains(&"raw".to_owned()));
    assert!(names(&body, "allergies", "allergy_name").contains(&"dust".to_owned()));
    let id_of = |body: &Value, name: &str| {
        let list = body["categories"].as_array().unwrap().iter();
        list.clone().find(|c| c["category_name"] == name).map(|c| c["category_id"].clone())
    };
    let number = id_of(&body, "Dairy/Milk").unwrap();
    // Gone with the product, and the same when it comes back, after a restart too.
    staff.delete(&format!("/products/{milk}")).await.ok(200);
    shop.product(&staff, product("Ape", "Aaa", true)).await;
    let without = anyone.get(path).await.ok(200);
    assert_eq!(id_of(&without, "Dairy/Milk"), None);
    shop.product(&staff, product("Milk 2", "Dairy/Milk", true)).await;
    let back = anyone.get(path).await.ok(200);
    assert_eq!(id_of(&back, "Dairy/Milk"), Some(number.clone()));
    let restarted = TestApp::of(Parts { store, clock });
    let after = restarted.anonymous().get(path).await.ok(200);
    assert_eq!(after, back);
    // What else happens in the shop changes nothing.
    restarted.customer("ann").await;
    assert_eq!(restarted.anonymous().get(path).await.ok(200), back);
}

#[tokio::test]
async fn a_profile_that_was_read_can_be_sent_to_both_routes() {
    let shop = TestApp::new();
    let phones = Phones::of(&shop.app);
    let ann = by_number(&shop, &phones, "017604069001").await;
    let profile = ann.post("/auth/create_profile", json!({"user_name": "Ann"})).await.ok(200);
    assert_eq!(ann.post("/auth/create_profile", profile.clone()).await.ok(200), profile);
    assert_eq!(ann.patch("/user/profile", profile.clone()).await.ok(200), profile);
    let raised = json!({"user_name": "Ann", "role": "admin"});
    ann.post("/auth/create_profile", raised).await.refused(403, "role-not-allowed");
    let renamed = json!({"user_name": "Ann", "username": "boss"});
    ann.post("/auth/create_profile", renamed).await.names("username");
}

#[tokio::test]
async fn only_profiles_of_staff_are_in_the_audit_log() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let ann = shop.customer("ann").await;
    for name in ["Ann", "Anna"] {
        ann.patch("/user/profile", json!({"name": name})).await.ok(200);
        ann.post("/auth/create_profile", json!({"name": name})).await.ok(200);
    }
    staff.patch("/user/profile", json!({"name": "Sam"})).await.ok(200);
    let entries = admin.get("/audit?action=profile.update").await.ok(200);
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0]["after"], json!({"name": "Sam"}));
    ann.delete("/user/profile").await.ok(200);
    let gone = admin.get("/audit?action=profile.delete").await.ok(200);
    assert_eq!(gone.as_array().unwrap().len(), 1);
}
