//! Searching as shoppers and owners see it: synonyms, diets, facets, what sells, what is missed.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

fn names(answer: &Value) -> Vec<&str> {
    let results = answer.get("results").unwrap_or(answer).as_array().unwrap();
    results.iter().map(|found| found["name"].as_str().unwrap()).collect()
}

async fn search(client: &Client, query: &str) -> Value {
    client.get(&format!("/products/search?{query}")).await.ok(200)
}

/// Drinks and a cake.
async fn drinks(shop: &TestApp, staff: &Client) -> Vec<u64> {
    let mut ids = Vec::new();
    for product in [
        json!({"name": "Soft drink orange", "price": 1.19, "category": "Drinks", "stock": 3,
               "food_types": ["vegan", "Organic"]}),
        json!({"name": "Soda water", "price": 0.49, "category": "Drinks", "food_types": ["vegan"]}),
        json!({"name": "Whole milk", "price": 1.29, "category": "Dairy", "brand": "Almhof",
               "allergens": ["milk"], "stock": 5, "food_types": ["vegetarian"]}),
        json!({"name": "Nut <cake>", "price": 12.99, "allergens": ["nuts", "milk", "gluten"]}),
    ] {
        ids.push(shop.product(staff, product).await);
    }
    ids
}

#[tokio::test]
async fn synonyms_take_effect_with_the_next_search() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    drinks(&shop, &staff).await;
    assert_eq!(names(&search(&anyone, "query=soda").await), ["Soda water"]);
    let made = staff.post("/synonyms", json!({"words": [" Soft  Drink", "soda"]})).await;
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.ok(201);
    assert_eq!(made, json!({"id": 1, "words": ["Soft Drink", "soda"], "version": 1}));
    for query in ["query=soda", "query=SODAS", "query=soft+drinks"] {
        let found = search(&anyone, query).await;
        assert_eq!(found["total"], 2, "{query}");
        assert_eq!((&found["did_you_mean"], &found["fallback"]), (&json!(null), &json!(false)));
    }
    let found = search(&anyone, "query=soda").await;
    assert_eq!(names(&found), ["Soda water", "Soft drink orange"], "the word itself first");
    assert_eq!(found["results"][1]["highlight"], "<b>Soft</b> <b>drink</b> orange");
    assert_eq!(names(&search(&anyone, "query=soda+orange").await)[0], "Soft drink orange");
    assert_eq!(names(&search(&anyone, "query=soft").await), ["Soft drink orange"], "half a phrase");

    let stale = staff.with("if-match", "\"7\"");
    let words = json!({"words": ["soda", "lemonade"]});
    stale.patch("/synonyms/1", words.clone()).await.refused(412, "stale-version");
    stale.delete("/synonyms/1").await.refused(412, "stale-version");
    let edited = staff.with("if-match", "\"1\"").patch("/synonyms/1", words).await.ok(200);
    assert_eq!(edited["version"], 2);
    assert_eq!(names(&search(&anyone, "query=lemonade").await), ["Soda water"], "unknown word");
    assert_eq!(search(&anyone, "query=soda").await["total"], 1);
    // An answer may be sent back as it is.
    assert_eq!(staff.patch("/synonyms/1", edited.clone()).await.ok(200), edited);
    assert_eq!(staff.get("/synonyms").await.ok(200), json!([edited]));
    let gone = staff.delete("/synonyms/1").await.ok(200);
    assert_eq!(gone["synonym_id"], 1);
    assert_eq!(search(&anyone, "query=lemonade").await["total"], 0);
    staff.delete("/synonyms/1").await.refused(404, "not-found");
    staff.patch("/synonyms/1", json!({"words": ["a", "b"]})).await.refused(404, "not-found");
    assert_eq!(staff.get("/synonyms").await.header("x-total-count"), "0");
}

#[tokio::test]
async fn a_word_is_in_one_group_only() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let first = staff.post("/synonyms", json!({"words": ["soda", "soft drink"]})).await.ok(201);
    let second = staff.post("/synonyms", json!({"words": ["crisps", "chips"]})).await.ok(201);
    let refused = staff.post("/synonyms", json!({"words": ["pop", " SOFT  drink"]})).await;
    let refused = refused.refused(409, "synonym-taken");
    assert_eq!((&refused["word"], &refused["synonym_id"]), (&json!("SOFT drink"), &first["id"]));
    assert!(refused["detail"].as_str().unwrap().contains("soda, soft drink"), "{refused}");
    let path = format!("/synonyms/{}", second["id"]);
    let taken = json!({"words": ["crisps", "soda"]});
    staff.patch(&path, taken).await.refused(409, "synonym-taken");
    staff.patch(&path, json!({"words": ["crisps", "Chips", "pop"]})).await.ok(200);
    for (words, field) in [
        (json!(["one"]), "words"),
        (json!([]), "words"),
        (json!(null), "words"),
        (json!(["a", "A"]), "words[1]"),
        (json!(["a", ""]), "words[1]"),
        (json!(["a", "x".repeat(10_000)]), "words[1]"),
        (Value::from((0..17).map(|n| format!("w{n}")).collect::<Vec<_>>()), "words"),
    ] {
        staff.post("/synonyms", json!({"words": words})).await.names(field);
    }
    staff.post("/synonyms", json!({"words": ["a", "b"], "weight": 1})).await.names("weight");
    assert_eq!(staff.get("/synonyms").await.header("x-total-count"), "2");
    // The same request once more is the same group.
    let keyed = staff.with("idempotency-key", "tv");
    let body = json!({"words": ["tv", "television"]});
    let made = keyed.post("/synonyms", body.clone()).await.ok(201);
    assert_eq!(keyed.post("/synonyms", body).await.ok(201), made);
}

#[tokio::test]
async fn diets_filter_lists_and_searches() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    drinks(&shop, &staff).await;
    for (filter, expected) in [
        ("food_type=vegan", &["Soft drink orange", "Soda water"][..]),
        ("food_type=VEGAN,%20organic", &["Soft drink orange"]),
        ("food_type=halal", &[]),
        ("without_allergen=milk", &["Soft drink orange", "Soda water"]),
        ("without_allergen=gluten,lupin", &["Soft drink orange", "Soda water", "Whole milk"]),
        ("food_type=vegetarian&without_allergen=nuts", &["Whole milk"]),
        (
            "food_type=,&without_allergen=",
            &["Soft drink orange", "Soda water", "Whole milk", "Nut <cake>"],
        ),
    ] {
        assert_eq!(names(&anyone.get(&format!("/products?{filter}")).await.ok(200)), expected);
        assert_eq!(
            names(&search(&anyone, &format!("{filter}&sort=newest")).await).len(),
            expected.len()
        );
    }
    assert_eq!(names(&search(&anyone, "query=milk&without_allergen=milk").await), [] as [&str; 0]);
    let many = vec!["x"; 33].join(",");
    anyone.get(&format!("/products?food_type={many}")).await.names("food_type");
}

#[tokio::test]
async fn facets_tell_how_results_are_spread() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    let ids = drinks(&shop, &staff).await;
    let promotion = json!({"name": "Week", "kind": "percent", "value": 10,
                           "scope": "product", "product_ids": [ids[0], ids[3]]});
    staff.post("/promotions", promotion).await.ok(201);
    let all = search(&anyone, "").await;
    assert_eq!(
        all["facets"],
        json!({
            "category": {"Dairy": 1, "Drinks": 2}, "brand": {"Almhof": 1},
            "price": [{"from": 0.40, "to": 0.49, "count": 1}, {"from": 1, "to": 1.49, "count": 2},
                      {"from": 10, "to": 14.99, "count": 1}],
            "in_stock": 2, "on_offer": 2,
            "food_type": {"organic": 1, "vegan": 2, "vegetarian": 1},
        })
    );
    assert_eq!(all["results"][3]["highlight"], "Nut &lt;cake&gt;");
    assert_eq!(all["fallback"], false);
    // A band finds what it counts, at the price of this moment.
    staff.patch(&format!("/products/{}", ids[1]), json!({"price": 1.49})).await.ok(200);
    let band = search(&anyone, "").await["facets"]["price"][0].clone();
    assert_eq!(band, json!({"from": 1, "to": 1.49, "count": 3}));
    let listed = anyone.get("/products?min_price=1&max_price=1.49&limit=1").await;
    assert_eq!(listed.header("x-total-count"), "3");
    let fewer = search(&anyone, "query=milk&category=dairy").await;
    assert_eq!(fewer["facets"]["category"], json!({"Dairy": 1}));
    let either = search(&anyone, "query=soda+cake").await;
    assert_eq!((&either["total"], &either["fallback"]), (&json!(2), &json!(true)));
}

#[tokio::test]
async fn what_sells_comes_a_little_earlier() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let mut ids = Vec::new();
    for name in ["Milk", "Milk", "Milk with chocolate and hazelnut cream"] {
        let milk = json!({"name": name, "price": 1, "stock": 1_000});
        ids.push(shop.product(&staff, milk).await);
    }
    let shopper = shop.customer("ann").await;
    let found = async || {
        let found = search(&shopper, "query=milk").await;
        let ids = found["results"].as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(found().await, ids, "equal ones by id");
    let version = staff.get(&format!("/products/{}", ids[1])).await.ok(200)["version"].clone();
    for product in [ids[1], ids[2], ids[2], ids[2]] {
        let body =
            json!({"user_id": shopper.id, "items": [{"product_id": product, "quantity": 1}]});
        shopper.post("/orders", body).await.ok(201);
    }
    // The next answered edit has been seen by the search, and with it the orders before.
    staff.patch(&format!("/products/{}", ids[0]), json!({"price": 2})).await.ok(200);
    assert_eq!(found().await, [ids[1], ids[0], ids[2]], "relevance counts more than sales");
    let sold = staff.get(&format!("/products/{}", ids[1])).await.ok(200);
    assert_eq!(sold["version"], version);
    // Another search over the same store counts them anew.
    let again =
        TestApp::of(crate::support::Parts { store: shop.store.clone(), clock: shop.clock.clone() });
    let staff = again.account_again("staff").await;
    staff.patch(&format!("/products/{}", ids[0]), json!({"price": 1})).await.ok(200);
    let first = loop {
        let found = search(&staff, "query=milk").await;
        if found["results"][0]["id"] == ids[1] {
            break found;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(first["total"], 3);
}

#[tokio::test]
async fn what_nobody_finds_is_told_to_the_owner() {
    let shop = TestApp::new();
    let (staff, anyone) = (shop.staff().await, shop.anonymous());
    drinks(&shop, &staff).await;
    for query in ["Quinoa", "quinoa+", "xylitol", "4111+1111+1111+1111", "ann%40example.com", "zq"]
    {
        assert_eq!(search(&anyone, &format!("query={query}")).await["total"], 0, "{query}");
    }
    search(&anyone, "query=milk").await;
    search(&anyone, "query=teff&category=Drinks").await;
    anyone.get("/products?query=quinoa").await.ok(200);
    let report = staff.get("/reports/searches").await;
    assert_eq!(report.header("x-total-count"), "2");
    let noon = "2026-11-20T12:00:00Z";
    let expected = json!([
        {"query": "quinoa", "count": 3, "last_at": noon, "results": 0},
        {"query": "xylitol", "count": 1, "last_at": noon, "results": 0},
    ]);
    assert_eq!(report.ok(200), expected);
    shop.wait(24 * 3600);
    search(&anyone, "query=xylitol").await;
    let staff = shop.account_again("staff").await;
    let today = staff.get("/reports/searches?days=1").await.ok(200);
    assert_eq!((today[0]["query"].as_str(), &today[0]["count"]), (Some("xylitol"), &json!(1)));
    let one = staff.get("/reports/searches?days=2&limit=1&offset=1").await.ok(200);
    assert_eq!((one[0]["query"].as_str(), &one[0]["count"]), (Some("xylitol"), &json!(2)));
    for days in ["0", "91", "x"] {
        staff.get(&format!("/reports/searches?days={days}")).await.names("days");
    }
    let metrics = shop.admin().await.get("/metrics").await.text;
    assert!(metrics.contains("cartwright_searches_total 10\n"), "{metrics}");
    assert!(metrics.contains("cartwright_empty_searches_total 9\n"), "{metrics}");
    shop.wait(91 * 24 * 3600);
    shop.app.prune_search_misses().await.unwrap();
    assert_eq!(
        shop.account_again("staff").await.get("/reports/searches?days=90").await.ok(200),
        json!([])
    );
}
