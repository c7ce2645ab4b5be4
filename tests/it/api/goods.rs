//! Packs, packaging, deposits and ages: what comes with a product beside the single piece.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const BOTTLE: &str = "4006381333931";
const SIX_PACK: &str = "4006381333948";
const CRATE: &str = "4006381333955";
const ADD: &str = "/cart/esp32/add_item";
const REMOVE: &str = "/cart/esp32/remove_item";
const SET: &str = "/cart/esp32/update_item";

/// A shop with cola in bottles at 1.29, 0.25 deposit each, in packs of 6 and crates of 24.
struct Cellar {
    shop: TestApp,
    staff: Client,
    cola: u64,
    deposit: u64,
}

async fn cellar() -> Cellar {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let deposit = json!({"name": "Bottle deposit", "price": 0.25, "sku": "DEP-25", "tax_rate": 19});
    let deposit = shop.product(&staff, deposit).await;
    let cola = json!({
        "name": "Cola 1 l", "price": 1.29, "stock": 100, "barcodes": [BOTTLE], "tax_rate": 19,
        "packs": [{"barcode": SIX_PACK, "quantity": 6}, {"barcode": CRATE, "quantity": 24}],
        "deposit_id": deposit,
    });
    let cola = shop.product(&staff, cola).await;
    Cellar { shop, staff, cola, deposit }
}

fn lines(cart: &Value) -> Vec<(u64, u64, bool)> {
    let line = |line: &Value| {
        let number = |name: &str| line[name].as_u64().unwrap();
        (number("product_id"), number("quantity"), line["is_deposit"].as_bool().unwrap())
    };
    cart["items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn members_are_always_there_and_travel_back() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    let plain = shop.milk_like(&staff).await;
    let answer = staff.get(&format!("/products/{plain}")).await.ok(200);
    assert_eq!((&answer["packs"], &answer["tare_g"]), (&json!([]), &json!(null)));
    assert_eq!(answer["deposit_id"], json!(null));
    let path = format!("/products/{cola}");
    let answer = staff.get(&path).await.ok(200);
    assert_eq!(answer["packs"][1], json!({"barcode": CRATE, "quantity": 24}));
    assert_eq!(answer["deposit_id"], deposit);
    // What was answered can be sent back, also what a code was answered with.
    let same = staff.put(&path, answer.clone()).await.ok(200);
    assert_eq!(same["version"], answer["version"]);
    let by_code = staff.get(&format!("/products/barcode/{CRATE}")).await.ok(200);
    assert_eq!(staff.patch(&path, by_code).await.ok(200)["version"], answer["version"]);
    let text = staff.patch(&path, json!({"packs": ["4006381333948*6"]})).await.ok(200);
    assert_eq!(text["packs"], json!([{"barcode": SIX_PACK, "quantity": 6}]));
    let none = staff.patch(&path, json!({"packs": [], "deposit_id": null})).await.ok(200);
    assert_eq!((&none["packs"], &none["deposit_id"]), (&json!([]), &json!(null)));
    // Its barcodes are free again.
    let other = json!({"name": "Other", "price": 1, "barcodes": [CRATE]});
    shop.product(&staff, other).await;
}

#[tokio::test]
async fn a_packs_barcode_means_the_product() {
    let Cellar { shop, staff, cola, .. } = cellar().await;
    for (code, pieces) in [(BOTTLE, 1), (SIX_PACK, 6), (CRATE, 24), ("04006381333955", 24)] {
        let found = shop.anonymous().get(&format!("/products/barcode/{code}")).await.ok(200);
        assert_eq!((&found["id"], &found["pack_quantity"]), (&json!(cola), &json!(pieces)));
    }
    let found = staff.get(&format!("/products/search?query={SIX_PACK}")).await.ok(200);
    assert_eq!(found["results"][0]["id"], cola);
    let part = staff.get("/products/search?query=8133395").await.ok(200);
    assert_eq!(part["results"][0]["id"], cola, "a part of the crate's code");
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    let cart = ann.post(&items, json!({"barcode": CRATE})).await.ok(201);
    assert_eq!((&cart["items"][0]["quantity"], &cart["item_count"]), (&json!(24), &json!(24)));
    let cart = ann.post(&items, json!({"barcode": SIX_PACK, "quantity": 2})).await.ok(201);
    assert_eq!(cart["item_count"], 36);
    let cart = ann.post(&items, json!({"barcode": BOTTLE})).await.ok(201);
    assert_eq!((lines(&cart)[0].1, lines(&cart).len()), (37, 2));
    ann.post(&items, json!({"barcode": CRATE, "quantity": 42})).await.names("quantity");
    ann.post(&items, json!({"barcode": CRATE, "quantity": 41})).await.names("quantity");
    assert_eq!(ann.get("/cart/view").await.ok(200)["item_count"], 37);
}

#[tokio::test]
async fn trolleys_count_packs_in_pieces() {
    let Cellar { shop, staff, .. } = cellar().await;
    let trolley = shop.device().await;
    let numbered = json!({"barcode": SIX_PACK, "quantity": 2, "boot_id": "b", "seq": 1});
    let first = trolley.post(ADD, numbered.clone()).await;
    assert_eq!(first.body["quantity"], 12);
    assert_eq!((&first.body["items"], &first.body["total"]), (&json!(12), &json!(18.48)));
    assert_eq!(trolley.post(ADD, numbered).await.text, first.text, "a repeat adds nothing");
    let fewer = trolley.post(REMOVE, json!({"barcode": SIX_PACK})).await.ok(200);
    assert_eq!((&fewer["quantity"], &fewer["total"]), (&json!(6), &json!(9.24)));
    let set = trolley.post(SET, json!({"barcode": SIX_PACK, "quantity": 3})).await.ok(200);
    assert_eq!(set["quantity"], 18);
    let more = trolley.post(REMOVE, json!({"barcode": CRATE})).await.ok(200);
    assert_eq!((&more["items"], &more["total"]), (&json!(0), &json!(0)), "more takes all");
    let integer = json!({"barcode": 4_006_381_333_955_u64});
    assert_eq!(trolley.post(ADD, integer).await.ok(200)["quantity"], 24);
    let none = trolley.post(SET, json!({"barcode": CRATE, "quantity": 0})).await.ok(200);
    assert_eq!(none["items"], 0);
    let batch = json!({"boot_id": "b", "events": [
        {"seq": 2, "type": "add", "barcode": CRATE},
        {"seq": 3, "type": "remove", "barcode": SIX_PACK},
        {"seq": 4, "type": "add", "barcode": CRATE, "quantity": 999},
    ]});
    let stopped = trolley.post("/cart/esp32/events", batch).await;
    assert_eq!((stopped.status, &stopped.body["acked"]), (400, &json!(3)));
    assert_eq!(stopped.body["total"], 27.72, "18 bottles");
    let page = trolley.get("/cart/esp32/cart").await.ok(200);
    assert_eq!(page["items"], 18);
    assert_eq!(page["lines"][1]["name"], "Bottle deposit");
    assert_eq!(page["lines"][1]["total"], 4.5);
    let open = staff.get("/carts").await.ok(200);
    assert_eq!(open[0]["item_count"], 18);
}

#[tokio::test]
async fn what_is_wrong_with_packs_is_named() {
    let Cellar { shop, staff, cola, .. } = cellar().await;
    let path = format!("/products/{cola}");
    for (packs, field) in [
        (json!([{"barcode": "4006381333949", "quantity": 6}]), "packs[0].barcode"),
        (json!([{"barcode": CRATE, "quantity": 1}]), "packs[0].quantity"),
        (json!([{"barcode": CRATE, "quantity": 1000}]), "packs[0].quantity"),
        (json!(["4006381333955"]), "packs[0]"),
        (
            json!([{"barcode": CRATE, "quantity": 24}, {"barcode": BOTTLE, "quantity": 6}]),
            "packs[1].barcode",
        ),
        (
            json!([{"barcode": CRATE, "quantity": 24}, {"barcode": CRATE, "quantity": 6}]),
            "packs[1].barcode",
        ),
    ] {
        staff.patch(&path, json!({"packs": packs})).await.names(field);
    }
    for packs in [json!(5), json!([5]), json!([{"barcode": CRATE, "quantity": 6, "price": 1}])] {
        assert_eq!(staff.patch(&path, json!({"packs": packs})).await.status, 400);
    }
    let other = json!({"name": "Lemonade", "price": 1, "barcodes": [SIX_PACK]});
    staff.post("/products", other).await.refused(409, "barcode-taken");
    let other = json!({"name": "Lemonade", "price": 1, "packs": [format!("{BOTTLE}*6")]});
    staff.post("/products", other).await.refused(409, "barcode-taken");
    let loose = json!({"name": "Nuts", "price": 9, "unit": "kg", "packs": ["4006381333962*6"]});
    staff.post("/products", loose).await.names("packs");
    staff.patch(&path, json!({"tare_g": 5})).await.names("tare_g");
    let heavy = json!({"name": "Nuts", "price": 9, "unit": "kg", "tare_g": 10_001});
    staff.post("/products", heavy).await.names("tare_g");
    assert_eq!(staff.get(&path).await.ok(200)["version"], 1, "nothing was changed");
    assert_eq!(shop.anonymous().get("/products").await.ok(200).as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_packaging_is_taken_off_what_the_scale_reads() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let salad = json!({"name": "Salad", "price": 10, "unit": "kg", "stock": 90_000,
        "plu": "12345", "tare_g": 15});
    let salad = shop.product(&staff, salad).await;
    let trolley = shop.device().await;
    let scan = trolley.post(ADD, json!({"product_id": salad, "weight": 515})).await.ok(200);
    assert_eq!((&scan["price"], &scan["total"]), (&json!(5), &json!(5)));
    let label = trolley.post(ADD, json!({"barcode": "2112345015002"})).await.ok(200);
    assert_eq!(label["price"], 15, "a label is net");
    let fifteen = trolley.post(ADD, json!({"product_id": salad, "weight": 15})).await;
    assert!(fifteen.text.len() < 256);
    assert_eq!(
        fifteen.refused(400, "invalid")["message"],
        "weight: is 15 g, and the packaging alone is 15 g"
    );
    let set = trolley.post(SET, json!({"product_id": salad, "weight": 1015})).await.ok(200);
    assert_eq!((&set["items"], &set["total"]), (&json!(1), &json!(10)));
    let gone = trolley.post(SET, json!({"product_id": salad, "weight": 0})).await.ok(200);
    assert_eq!(gone["items"], 0);
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    let cart = ann.post(&items, json!({"product_id": salad, "weight_g": 515})).await.ok(201);
    assert_eq!(cart["items"][0]["weight_g"], 515, "the API says what is to be paid");
}

#[tokio::test]
async fn a_deposit_follows_its_product() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    let cart = ann.post(&items, json!({"product_id": cola, "quantity": 3})).await.ok(201);
    assert_eq!(lines(&cart), [(cola, 3, false), (deposit, 3, true)]);
    assert_eq!((&cart["item_count"], &cart["total"]), (&json!(3), &json!(4.62)));
    let (of, on) = (&cart["items"][0], &cart["items"][1]);
    assert_eq!((&of["deposit_of"], &on["deposit_of"]), (&json!(null), &of["id"]));
    assert_eq!((&on["unit_price"], &on["total"]), (&json!(0.25), &json!(0.75)));
    let line = format!("{items}/{}", of["id"]);
    let cart = ann.put(&line, json!({"quantity": 5})).await.ok(200);
    assert_eq!(lines(&cart), [(cola, 5, false), (deposit, 5, true)]);
    // Hands off.
    let held = format!("{items}/{}", on["id"]);
    ann.put(&held, json!({"quantity": 1})).await.refused(409, "deposit-line");
    ann.delete(&held).await.refused(409, "deposit-line");
    ann.post("/cart/remove", json!({"product_id": deposit})).await.refused(409, "deposit-line");
    ann.post(&items, cart["items"][1].clone()).await.refused(409, "deposit-line");
    ann.delete(&format!("{items}/1000000000999")).await.refused(404, "not-found");
    let fewer = ann.post("/cart/remove", json!({"product_id": cola, "quantity": 4})).await.ok(200);
    assert_eq!(lines(&fewer), [(cola, 1, false), (deposit, 1, true)]);
    // Priced anew when the catalogue changes, and without it nothing is left of it.
    staff.patch(&format!("/products/{deposit}"), json!({"price": 0.5})).await.ok(200);
    assert_eq!(ann.get("/cart/view").await.ok(200)["total"], 1.79);
    staff.patch(&format!("/products/{cola}"), json!({"deposit_id": null})).await.ok(200);
    let cart = ann.get("/cart/view").await.ok(200);
    assert_eq!((lines(&cart), &cart["total"]), (vec![(cola, 1, false)], &json!(1.29)));
    ann.delete(&held).await.refused(404, "not-found");
    staff.patch(&format!("/products/{cola}"), json!({"deposit_id": deposit})).await.ok(200);
    let cart = ann.delete(&line).await.ok(200);
    assert_eq!((&cart["items"], &cart["total"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn trolleys_keep_their_hands_off_deposits() {
    let Cellar { shop, cola, deposit, .. } = cellar().await;
    let (trolley, code) = shop.device_with_code().await;
    trolley.post(ADD, json!({"barcode": BOTTLE, "quantity": 2})).await.ok(200);
    let body = json!({"product_id": deposit, "boot_id": "b", "seq": 1});
    let first = trolley.post(REMOVE, body.clone()).await;
    assert!(first.text.len() < 256);
    assert_eq!(trolley.post(REMOVE, body).await.text, first.text, "it uses up its number");
    first.refused(409, "deposit-line");
    let none = json!({"product_id": deposit, "quantity": 0});
    trolley.post(SET, none).await.refused(409, "deposit-line");
    // A deposit may be bought by itself, and given back before the till.
    let empty = trolley.post(ADD, json!({"product_id": deposit})).await.ok(200);
    assert_eq!((&empty["items"], &empty["total"]), (&json!(3), &json!(3.33)));
    let back = trolley.post(REMOVE, json!({"product_id": deposit})).await.ok(200);
    assert_eq!((&back["items"], &back["total"]), (&json!(2), &json!(3.08)));
    // What was scanned anonymously comes along with its deposits.
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"product_id": cola, "quantity": 998})).await.ok(201);
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let cart = ann.get("/cart/view").await.ok(200);
    let merged = [(cola, 999, false), (deposit, 999, true), (cola, 1, false), (deposit, 1, true)];
    assert_eq!(lines(&cart), merged);
    assert_eq!((&cart["item_count"], &cart["total"]), (&json!(1000), &json!(1540)));
}

#[tokio::test]
async fn deposits_are_charged_but_not_stocked() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"barcode": SIX_PACK})).await.ok(201);
    let keyed = ann.with("idempotency-key", "k1");
    let placed = keyed.post("/checkout", json!({})).await;
    let again = keyed.post("/checkout", json!({})).await;
    assert_eq!(again.text, placed.text);
    let order = placed.ok(201)["order"].clone();
    assert_eq!(lines(&order), [(cola, 6, false), (deposit, 6, true)]);
    assert_eq!(order["items"][1]["deposit_of"], order["items"][0]["id"]);
    assert_eq!((&order["total"], &order["items"][1]["id"]), (&json!(9.24), &json!(2)));
    let stock = |id: u64| {
        let staff = staff.clone();
        async move { staff.get(&format!("/products/{id}")).await.ok(200)["stock"].clone() }
    };
    assert_eq!((stock(cola).await, stock(deposit).await), (json!(94), json!(0)));
    let ledger = staff.get(&format!("/products/{deposit}/stock-movements")).await.ok(200);
    assert_eq!(ledger, json!([]));
    let receipt = ann.get(&format!("/orders/{}/receipt?format=txt", order["id"])).await;
    let wanted = [
        "Cola 1 l",
        "  6 x 1.29                            7.74",
        "  + Bottle deposit",
        "    6 x 0.25                          1.50",
    ];
    assert!(receipt.text.contains(&wanted.join("\n")), "{}", receipt.text);
    let path = format!("/orders/{}", order["id"]);
    staff.patch(&path, json!({"status": "cancelled"})).await.ok(200);
    assert_eq!((stock(cola).await, stock(deposit).await), (json!(100), json!(0)));
    // An order keeps what it was placed with.
    staff.patch(&format!("/products/{cola}"), json!({"deposit_id": null})).await.ok(200);
    assert_eq!(ann.get(&path).await.ok(200)["total"], 9.24);
    // A shortage names the line as the cart shows it.
    staff.patch(&format!("/products/{cola}"), json!({"deposit_id": deposit})).await.ok(200);
    let milk = shop.milk_like(&staff).await;
    ann.post(&items, json!({"product_id": cola})).await.ok(201);
    ann.post(&items, json!({"product_id": milk, "quantity": 11})).await.ok(201);
    let short = ann.post("/checkout", json!({})).await.refused(409, "out-of-stock");
    assert_eq!(short["errors"][0]["field"], "items[2]");
    assert_eq!(short["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_carts_lines_can_be_ordered_as_they_are() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    staff.patch(&format!("/products/{deposit}"), json!({"stock": 5})).await.ok(200);
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    ann.post(&items, json!({"barcode": SIX_PACK})).await.ok(201);
    // Two empties to take home, beside the six that come with the bottles.
    let cart = ann.post(&items, json!({"product_id": deposit, "quantity": 2})).await.ok(201);
    let whole = cart["items"].clone();
    let bare: Value = lines(&cart)
        .iter()
        .map(|(id, quantity, _)| json!({"product_id": id, "quantity": quantity}))
        .collect();
    for sent in [whole, bare] {
        let body = json!({"user_id": ann.id, "items": sent, "total": cart["total"]});
        let order = ann.post("/orders", body).await.ok(201);
        assert_eq!(lines(&order), lines(&cart));
        assert_eq!(order["total"], 9.74);
    }
    // Hidden from shoppers, it comes with its bottles all the same.
    staff.patch(&format!("/products/{deposit}"), json!({"active": false})).await.ok(200);
    let goods =
        json!([{"product_id": cola, "quantity": 6}, {"product_id": deposit, "quantity": 6}]);
    let order = ann.post("/orders", json!({"user_id": ann.id, "items": goods})).await.ok(201);
    assert_eq!(order["total"], 9.24);
    let alone = json!({"user_id": ann.id, "items": [{"product_id": deposit}]});
    ann.post("/orders", alone).await.refused(404, "not-found");
    let only = json!({"user_id": ann.id, "items": [{"product_id": deposit, "is_deposit": true}]});
    ann.post("/orders", only).await.names("items");
}

#[tokio::test]
async fn a_deposit_is_one_step_and_is_not_let_go() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    let (cola_path, deposit_path) = (format!("/products/{cola}"), format!("/products/{deposit}"));
    let link = |id: u64| json!({"deposit_id": id});
    staff.patch(&cola_path, link(cola)).await.names("deposit_id");
    staff.patch(&cola_path, link(999)).await.names("deposit_id");
    staff.patch(&cola_path, link(0)).await.names("deposit_id");
    let milk = shop.milk_like(&staff).await;
    staff.patch(&format!("/products/{milk}"), link(cola)).await.names("deposit_id");
    staff.patch(&deposit_path, link(milk)).await.names("deposit_id");
    let apples = shop.apples(&staff).await;
    staff.patch(&cola_path, link(apples)).await.names("deposit_id");
    staff.patch(&deposit_path, json!({"unit": "kg"})).await.names("unit");
    let refused = staff.delete(&deposit_path).await.refused(409, "deposit-in-use");
    assert_eq!(refused["product_ids"], json!([cola]));
    staff.delete(&cola_path).await.ok(200);
    staff.delete(&deposit_path).await.ok(200);
    let gone = json!({"name": "Beer", "price": 1, "deposit_id": deposit});
    staff.post("/products", gone).await.names("deposit_id");
}

#[tokio::test]
async fn no_promotion_touches_a_deposit() {
    let Cellar { shop, staff, .. } = cellar().await;
    let sale = json!({"name": "Half", "kind": "percent", "value": 50, "scope": "cart"});
    staff.post("/promotions", sale).await.ok(201);
    let ann = shop.customer("ann").await;
    let items = format!("/cart/{}/items", ann.id);
    let cart = ann.post(&items, json!({"barcode": SIX_PACK})).await.ok(201);
    assert_eq!((&cart["discount"], &cart["total"]), (&json!(3.87), &json!(5.37)));
    assert_eq!(cart["items"][1]["discount"], 0);
    assert_eq!(cart["items"][1]["promotions"], json!([]));
}

#[tokio::test]
async fn ages_are_shown_where_they_are_checked() {
    let Cellar { shop, staff, cola, .. } = cellar().await;
    let rum = json!({"name": "Rum \"\\\\\"\"\\\\\"\"\\\\\"", "price": 19.99, "stock": 9, "plu": "4711",
        "min_age": 18, "allergens": ["sulphites"], "food_types": ["vegan"]});
    let rum = shop.product(&staff, rum).await;
    let found = staff.get("/products/barcode/4711").await.ok(200);
    assert_eq!((&found["id"], &found["min_age"]), (&json!(rum), &json!(18)));
    assert_eq!(found["pack_quantity"], 1);
    assert_eq!(
        (&found["allergens"][0], &found["food_types"][0]),
        (&json!("sulphites"), &json!("vegan"))
    );
    staff.patch(&format!("/products/{rum}"), json!({"min_age": 100})).await.names("min_age");
    let trolley = shop.device().await;
    let body = json!({"barcode": "4711", "quantity": 999, "boot_id": "b", "seq": 2_147_483_647});
    let scan = trolley.post(ADD, body).await;
    assert!(scan.text.len() < 256, "{} bytes: {}", scan.text.len(), scan.text);
    assert_eq!(scan.ok(200)["min_age"], 18);
    let plain = trolley.post(ADD, json!({"product_id": cola})).await.ok(200);
    assert!(plain.get("min_age").is_none());
    trolley.post(SET, json!({"product_id": rum, "quantity": 1})).await.ok(200);
    let open = staff.get("/carts").await.ok(200);
    let ages: Vec<_> =
        open[0]["items"].as_array().unwrap().iter().map(|it| &it["min_age"]).collect();
    assert_eq!(ages, [&json!(18), &json!(null), &json!(null)]);
    let order = trolley.post("/cart/esp32/checkout", json!({})).await.ok(200);
    let order = staff.get(&format!("/orders/{}", order["order_id"])).await.ok(200);
    assert_eq!((&order["min_age"], &order["items"][0]["min_age"]), (&json!(18), &json!(18)));
    staff.patch(&format!("/orders/{}", order["id"]), order.clone()).await.ok(200);
}

#[tokio::test]
async fn files_carry_packs_tare_and_deposits() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    let export = staff.get("/products/export").await.text;
    let header = export.lines().next().unwrap();
    assert!(header.ends_with("packs,tare_g,deposit_sku"), "{header}");
    let deposit = staff.get(&format!("/products/{deposit}")).await.ok(200);
    let deposit_sku = deposit["sku"].as_str().unwrap();
    assert!(export.contains(&format!("{SIX_PACK}*6|{CRATE}*24,,{deposit_sku}")), "{export}");
    let back = staff.send("POST", "/products/import", export).await.ok(200);
    assert_eq!(back["unchanged"], 2, "{back}");
    let lines = staff.get("/products/export?format=ndjson").await.text;
    assert_eq!(staff.send("POST", "/products/import", lines).await.ok(200)["unchanged"], 2);
    let path = format!("/products/{cola}");
    let sku = staff.get(&path).await.ok(200)["sku"].as_str().unwrap().to_owned();
    let file = format!("sku,packs,deposit_id\n{sku},4006381333962*12,\n");
    staff.send("POST", "/products/import", file).await.ok(200);
    let after = staff.get(&path).await.ok(200);
    assert_eq!(after["packs"], json!([{"barcode": "4006381333962", "quantity": 12}]));
    assert_eq!(after["deposit_id"], json!(null));
    for (row, field) in [
        ("Nuts,1,4006381333962*12,", "barcodes"),
        ("Nuts,1,4006381333979*1,", "packs[0]"),
        ("Nuts,1,4006381333979,", "packs[0]"),
        ("Nuts,1,,77", "deposit_id"),
        ("Nuts,1,,x", "deposit_id"),
    ] {
        let file = format!("name,price,packs,deposit_id\n{row}\n");
        let report = staff.send("POST", "/products/import", file).await.ok(400);
        assert_eq!(report["errors"][0]["field"], field, "{report}");
    }
    let _ = shop;
}

/// A sequence of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[tokio::test]
async fn any_sequence_leaves_totals_that_are_the_sum_of_lines() {
    let Cellar { shop, staff, cola, deposit } = cellar().await;
    let crate_ = json!({"name": "Water", "price": 0.59, "barcodes": ["4006381333962"],
        "packs": ["4006381333979*12"], "deposit_id": deposit});
    let water = shop.product(&staff, crate_).await;
    let milk = shop.milk_like(&staff).await;
    let (trolley, code) = shop.device_with_code().await;
    let ann = shop.customer("ann").await;
    ann.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
    let codes = [BOTTLE, SIX_PACK, CRATE, "4006381333962", "4006381333979"];
    let mut dice = Dice(7);
    for seq in 1..=120 {
        let route = [ADD, ADD, REMOVE, SET][usize::try_from(dice.roll(4)).unwrap()];
        let mut body = json!({"quantity": dice.roll(4), "boot_id": "b", "seq": seq});
        let pick = usize::try_from(dice.roll(7)).unwrap();
        match codes.get(pick) {
            Some(code) => body["barcode"] = json!(code),
            None => body["product_id"] = json!([milk, deposit][pick - codes.len()]),
        }
        trolley.post(route, body).await;
        let cart = ann.get("/cart/view").await.ok(200);
        let lines = lines(&cart);
        let count = |id: u64, is_deposit: bool| -> u64 {
            let of = lines.iter().filter(|line| line.0 == id && line.2 == is_deposit);
            of.map(|line| line.1).sum()
        };
        assert_eq!(count(deposit, true), count(cola, false) + count(water, false), "{cart}");
        let units: u64 = lines.iter().filter(|line| !line.2).map(|line| line.1).sum();
        assert_eq!(cart["item_count"], units);
        let cents = |value: &Value| (value.as_f64().unwrap() * 100.0).round();
        let sum: f64 = cart["items"].as_array().unwrap().iter().map(|it| cents(&it["total"])).sum();
        assert!((cents(&cart["total"]) - sum).abs() < 0.5, "{cart}");
    }
}

impl TestApp {
    /// Milk without a barcode: the cellar's bottles have the usual one.
    async fn milk_like(&self, staff: &Client) -> u64 {
        self.product(staff, json!({"name": "Milk", "price": 1.29, "stock": 10})).await
    }
}
