//! Imports of products over HTTP: a repeat is answered, a list says what was imported, and each is
//! undone as one act.

use serde_json::{Value, json};

use crate::support::TestApp;

const FILE: &str = "sku,name,price,stock\nA,Milk,1.29,4\nB,Bread,2.5,3\n";

#[tokio::test]
async fn an_import_is_listed_repeated_and_undone() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let keyed = staff.with("idempotency-key", "one");
    let first = keyed.send("POST", "/products/import", FILE).await.ok(200);
    assert_eq!((&first["new"], &first["id"]), (&json!(2), &json!(1)));
    assert_eq!(first["columns"][0], json!({"header": "sku", "column": "sku"}));
    assert_eq!(first["changes"][1]["fields"]["price"], json!({"before": null, "after": 2.5}));
    let again = keyed.send("POST", "/products/import", FILE).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.ok(200), first);
    let other = keyed.send("POST", "/products/import", "name,price\nTea,1\n").await;
    assert_eq!(other.status, 422);

    let dearer = FILE.replace("2.5", "2.75");
    let dry = staff.send("POST", "/products/import?dry_run=true", dearer.as_str()).await.ok(200);
    let change = &dry["changes"][0];
    assert_eq!((&change["line"], &change["verdict"]), (&json!(3), &json!("changed")));
    assert_eq!(change["fields"], json!({"price": {"before": 2.5, "after": 2.75}}));
    staff.send("POST", "/products/import", dearer).await.ok(200);

    let listed = staff.get("/imports").await.ok(200);
    let ids: Vec<&Value> = listed.as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&json!(2), &json!(1)]);
    assert_eq!((&listed[0]["state"], &listed[0]["changed"]), (&json!("done"), &json!(1)));
    assert_eq!(staff.get("/imports/9").await.status, 404);

    let undone = staff.send("POST", "/imports/2/undo", "").await.ok(200);
    assert_eq!(undone, json!({"id": 2, "restored": 1, "deleted": 0, "kept": []}));
    assert_eq!(staff.get("/products/2").await.ok(200)["price"], json!(2.5));
    let again = staff.send("POST", "/imports/2/undo", "").await;
    assert_eq!((again.status, &again.body["code"]), (409, &json!("import-undone")));
    assert_eq!(staff.get("/imports/2").await.ok(200)["state"], "undone");
    // Its first product was edited by nobody else; the second, whose price went to and fro, was.
    let undone = staff.send("POST", "/imports/1/undo", "").await.ok(200);
    assert_eq!((&undone["deleted"], &undone["kept"][0]["sku"]), (&json!(1), &json!("B")));
}

#[tokio::test]
async fn headers_are_mapped_and_defaults_given_in_the_address() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let file = "Ware;Notiz\nBrot;x\n";
    let refused = staff.send("POST", "/products/import", file).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (400, &json!("Ware")));
    let path = "/products/import?map=Ware%3Dname%3BNotiz%3D&defaults=price%3D1.00";
    let report = staff.send("POST", path, file).await.ok(200);
    assert_eq!(report["columns"][1], json!({"header": "Notiz", "column": null}));
    assert_eq!(staff.get("/products/1").await.ok(200)["price"], json!(1));
}

#[tokio::test]
async fn a_refused_file_is_a_problem_with_the_report_in_it() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let file = "sep=;\nsku;name;price\nA;Tea;1,29\nB;Rum;1.000\n";
    let refused = staff.send("POST", "/products/import", file).await;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let body = refused.refused(400, "import-rejected");
    assert_eq!((&body["rejected"], &body["applied"]), (&json!(1), &json!(false)));
    assert_eq!(
        (&body["errors"][0]["line"], &body["errors"][0]["field"]),
        (&json!(4), &json!("price"))
    );
}

#[tokio::test]
async fn what_the_shop_gives_it_takes_again() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    staff.post("/products", json!({"name": "Ring", "price": 12_000_000})).await.ok(201);
    let export = staff.get("/products/export").await.bytes;
    let report = staff.send("POST", "/products/import", export).await.ok(200);
    assert_eq!((&report["unchanged"], &report["changed"]), (&json!(1), &json!(0)));
    let too_dear = "sku,name,price\nP000001,Ring,13000000\n";
    staff.send("POST", "/products/import", too_dear).await.refused(400, "import-rejected");

    let found = staff.get("/products/search?query=ring").await.ok(200)["results"][0].clone();
    assert!(found["highlight"].is_string());
    staff.put("/products/1", found).await.ok(200);
}
