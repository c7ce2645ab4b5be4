//! What trolleys send in their own way, and what it does to the cart.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const ADD: &str = "/cart/esp32/add_item";
const REMOVE: &str = "/cart/esp32/remove_item";

async fn items(trolley: &Client) -> Value {
    trolley.get("/cart/esp32/cart").await.ok(200)["items"].clone()
}

#[tokio::test]
async fn whatever_the_body_looks_like_the_milk_is_in_the_cart() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let bodies: [(&str, &[u8]); 12] = [
        ("", b"{\"barcode\":\"4006381333931\",\"boot_id\":\"b\",\"seq\":\"1\"}\r\n\0xx"),
        ("application/x-www-form-urlencoded", b"{\"barcode\":4006381333931,\"boot_id\":\"b\",\"seq\":2}"),
        ("application/x-www-form-urlencoded", b"barcode=4006381333931&boot_id=b&seq=3\r\n"),
        ("application/json", b"barcode=4006381333931&boot_id=b&seq=4"),
        ("text/plain; charset=latin1", b"{\"barcode\":\"4006381333931\",\"note\":\"K\xe4se\",\"boot_id\":\"b\",\"seq\":5}"),
        ("image/jpeg", b"\xef\xbb\xbf{\"barcode\":\"4006381333931\r\",\"boot_id\":\"b\",\"seq\":6}"),
        ("a;b;c", b"{\"ean\":\"4006381333931\",\"qty\":\"1\",\"bootId\":\"b\",\"SEQ\":7,}"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"barcode\"\r\n\r\n4006381333931\r\n--x\r\nContent-Disposition: form-data; name=\"seq\"\r\n\r\n8\r\n--x\r\nContent-Disposition: form-data; name=\"boot_id\"\r\n\r\nb\r\n--x--\r\n"),
        ("application/json", b"{\"barcode\":\"1\",\"barcode\":\"4006381333931\",\"boot_id\":\"b\",\"seq\":9}"),
        ("application/json", b"{\"barcode\":\"]E04006381333931\",\"boot_id\":\"b\",\"seq\":10.0}"),
        ("application/json", b"{\"barcode\":04006381333931,\"boot_id\":\"b\",\"seq\":11}"),
        ("application/json", b"{\"barcode\":4.006381333931e12,\"boot_id\":\"b\",\"seq\":12}"),
    ];
    for (count, (kind, body)) in (1..).zip(bodies) {
        let shown = String::from_utf8_lossy(body);
        let client = trolley.with("content-type", kind);
        let added = client.send("POST", ADD, body).await;
        assert_eq!(
            (added.status, &added.body["product_id"]),
            (200, &json!(milk)),
            "{shown}: {}",
            added.text
        );
        assert_eq!(
            (&added.body["seq"], &added.body["items"]),
            (&json!(count), &json!(count)),
            "{shown}"
        );
        assert_eq!(client.send("POST", ADD, body).await.text, added.text, "{shown}");
    }
    let query = format!("{ADD}?barcode=4006381333931&boot_id=b&seq=13");
    assert_eq!(trolley.send("POST", &query, "").await.ok(200)["items"], 13);
    assert_eq!(trolley.send("POST", &query, "").await.ok(200)["items"], 13);
}

#[tokio::test]
async fn an_item_is_taken_out_by_delete_as_well() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    trolley.post(ADD, json!({"product_id": milk, "quantity": 3})).await.ok(200);
    let body = json!({"barcode": 4_006_381_333_931_u64, "boot_id": "b", "seq": 1}).to_string();
    let removed = trolley.send("DELETE", REMOVE, body.clone()).await;
    assert_eq!(removed.body["items"], 2);
    assert_eq!(trolley.send("POST", REMOVE, body).await.text, removed.text, "one and the same");
    trolley.send("DELETE", ADD, "{}").await.refused(405, "method-not-allowed");
}

#[tokio::test]
async fn tags_are_found_as_readers_print_them() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let product = |name: &str, uid: &str| json!({"name": name, "price": 1, "rfid": [uid]});
    let pan = shop.product(&staff, product("Pan", "040A1F22")).await;
    let pot = shop.product(&staff, product("Pot", "04A31F223344B5")).await;
    let em18 = shop.product(&staff, product("Lid", "0800AB12CD7E")).await;
    let trolley = shop.device().await;
    for (uid, found) in [
        (json!("040a1f22"), pan),
        (json!("04:0A:1F:22"), pan),
        (json!("4:a:1f:22"), pan),
        (json!("4a1f22"), pan),
        (json!("4A1F22\r\n"), pan),
        (json!("0x04 0x0A 0x1F 0x22"), pan),
        (json!("04-a3-1f-22-33-44-b5"), pot),
        (json!("4A31F223344B5"), pot),
        (json!("0800AB12CD7E\u{fffd}\u{3}?"), em18),
    ] {
        for member in ["uid", "rfid", "rfidTag", "tagID", "tag"] {
            let added = trolley.post(ADD, json!({ member: uid })).await;
            assert_eq!(
                (added.status, &added.body["product_id"]),
                (200, &json!(found)),
                "{uid}: {}",
                added.text
            );
            let again = json!({ member: uid, "again": true });
            trolley.post(ADD, again).await.refused(409, "tag-already-in-cart");
            let removed = trolley.post(REMOVE, json!({ member: uid })).await.ok(200);
            assert_eq!(removed["items"], 0);
            shop.wait(8);
        }
    }
    for (uid, status) in [("4A1F23", 404), ("TEST_TAG", 400), ("04:a3:zz", 400), ("4", 400)] {
        assert_eq!(trolley.post(ADD, json!({"uid": uid})).await.status, status, "{uid}");
    }
}

#[tokio::test]
async fn a_tag_that_could_be_two_is_refused_in_words() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let twins = json!({"name": "Pan", "price": 1, "rfid": ["040A1F22", "4A010F22"]});
    shop.product(&staff, twins).await;
    let trolley = shop.device().await;
    let body = json!({"uid": "4a1f22", "boot_id": "b", "seq": 1});
    let refused = trolley.post(ADD, body.clone()).await;
    assert_eq!(trolley.post(ADD, body).await.text, refused.text);
    refused.refused(409, "ambiguous-tag");
    trolley.post(ADD, json!({"uid": "04 0a 1f 22"})).await.ok(200);
    assert_eq!(items(&trolley).await, 1);
}

#[tokio::test]
async fn numbers_without_their_zeros_are_codes_still() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let trolley = shop.device().await;
    for (barcode, sent) in [
        ("0036000291452", json!(36_000_291_452_u64)),
        ("00012348", json!(12_348)),
        ("01234565", json!(1_234_565)),
        ("96385074", json!("096385074")),
    ] {
        let id =
            shop.product(&staff, json!({"name": barcode, "price": 1, "barcodes": [barcode]})).await;
        let added = trolley.post(ADD, json!({"barcode": sent})).await;
        assert_eq!(
            (added.status, &added.body["product_id"]),
            (200, &json!(id)),
            "{sent}: {}",
            added.text
        );
    }
}

#[tokio::test]
async fn kilograms_are_grams_on_a_trolley_whose_profile_says_so() {
    let shop = TestApp::new();
    let (staff, admin) = (shop.staff().await, shop.admin().await);
    let apples = shop.apples(&staff).await;
    let trolley = shop.device().await;
    let path = format!("/devices/{}", trolley.id);
    trolley.post(ADD, json!({"product_id": apples, "weight": 0.5})).await.ok(200);
    admin.patch(&path, json!({"weight_unit": "kg"})).await.ok(200);
    let added = json!({"product_id": apples, "measuredWeight": "0.5", "cart_weight": 1.5006});
    assert_eq!(trolley.post(ADD, added).await.ok(200)["price"], 1.25);
    assert_eq!(staff.get(&path).await.ok(200)["cart_weight"], 1501);
    let batch = json!({"boot_id": "b", "events": [
        {"seq": 1, "type": "add", "product_id": apples, "weight": 2, "cart_weight": 3.5},
    ]});
    assert_eq!(trolley.post("/cart/esp32/events", batch).await.ok(200)["acked"], 1);
    assert_eq!(staff.get(&path).await.ok(200)["cart_weight"], 3500);
    trolley.send("POST", "/cart/esp32/heartbeat", "{\"weight\":4.25}").await.ok(200);
    assert_eq!(staff.get(&path).await.ok(200)["cart_weight"], 4250);
    for wrong in ["NaN", "1e9", "\"heavy\"", "-200"] {
        let body = format!("{{\"cart_weight\":{wrong}}}");
        trolley.send("POST", "/cart/esp32/heartbeat", body).await.refused(400, "invalid");
    }
    trolley.send("POST", "/cart/esp32/heartbeat", "{\"cart_weight\":-0.002}").await.ok(200);
    assert_eq!(staff.get(&path).await.ok(200)["cart_weight"], -2);
}

#[tokio::test]
async fn a_trolley_may_call_itself_by_its_name_or_code() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let (trolley, code) = shop.device_with_code().await;
    let claims = [
        json!("cart 7"),
        json!(code.to_lowercase()),
        json!(trolley.id.to_string()),
        json!(trolley.id),
    ];
    for (count, cart) in (1..).zip(claims) {
        let added = trolley.post(ADD, json!({"product_id": milk, "cart_id": cart})).await;
        assert_eq!(
            (added.status, &added.body["items"]),
            (200, &json!(count)),
            "{cart}: {}",
            added.text
        );
    }
    trolley
        .post(ADD, json!({"product_id": milk, "cart_id": "cart_001"}))
        .await
        .refused(400, "invalid");
    trolley
        .post(ADD, json!({"product_id": milk, "cart_id": "99"}))
        .await
        .refused(403, "not-your-cart");
    let (_, other) = shop.device_with_code().await;
    trolley
        .post(ADD, json!({"product_id": milk, "cart_id": other}))
        .await
        .refused(403, "not-your-cart");
}

#[tokio::test]
async fn what_means_something_else_elsewhere_hides_nothing() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let trolley = shop.device().await;
    let body = json!({
        "product_id": milk, "rfid": "04A1B2C3", "tag": "A3-07", "ean": "1", "deviceId": "cart_001",
        "action": "remove", "basketID": "7c0f", "code": "x", "count": 5,
    });
    assert_eq!(trolley.post(ADD, body).await.ok(200)["quantity"], 1);
}
