//! The older systems' routes: each is here, under its own path, and does something for whom it is
//! meant. `tests/older_systems.sh` drives them as the readers of the READMEs would.

use std::collections::BTreeSet;

use cartwright::http::route::{Route, Who};
use cartwright::http::routes;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// Every route and the README that documents it.
const ROUTES: &str = include_str!("../../older_systems/routes.txt");

/// One line of the table.
struct Documented {
    system: &'static str,
    method: &'static str,
    path: &'static str,
}

fn documented() -> impl Iterator<Item = Documented> {
    let lines = ROUTES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let [system, method, path] =
            line.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
        Documented { system, method, path }
    })
}

/// A path whose parameters have no names.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    segments.collect::<Vec<_>>().join("/")
}

fn row(table: &[Route], wanted: &Documented) -> Route {
    let answers = |route: &&Route| {
        let mut paths = std::iter::once(route.path()).chain(route.aliases().iter().copied());
        route.method() == wanted.method && paths.any(|path| shape(path) == shape(wanted.path))
    };
    let found = table.iter().find(answers).cloned();
    found.unwrap_or_else(|| {
        panic!("{} {} of {} has no row", wanted.method, wanted.path, wanted.system)
    })
}

/// A shop where everything that a path may name is there.
struct Furnished {
    shop: TestApp,
    admin: Client,
    customer: Client,
    trolley: Client,
    milk: u64,
    item: u64,
    order: u64,
}

impl Furnished {
    async fn new() -> Self {
        let shop = TestApp::new();
        let admin = shop.admin().await;
        let map = json!({
            "name": "Corner shop", "unit": "m",
            "nodes": [
                {"id": "in", "x": 0, "y": 0, "kind": "entrance"},
                {"id": "out", "x": 9, "y": 0, "kind": "checkout"},
            ],
            "edges": [{"from": "in", "to": "out"}],
            "sections": [{"id": "s", "name": "All", "floor": 0, "x1": 0, "y1": 0, "x2": 9, "y2": 9}],
            "locations": [{"id": "A1", "from": "in", "to": "out", "offset": 4}],
        });
        admin.put("/map", map).await.ok(200);
        let milk = shop.milk(&admin).await;
        admin.patch(&format!("/products/{milk}"), json!({"location": "A1"})).await.ok(200);
        let customer = shop.customer("ann").await;
        let (trolley, code) = shop.device_with_code().await;
        customer.post("/cart/connect", json!({"cart_code": code})).await.ok(200);
        let here = format!("/cart/{}/location", trolley.id);
        customer.post(&here, json!({"x": 1, "y": 0})).await.ok(200);
        let order = json!({"user_id": customer.id, "items": [{"product_id": milk}]});
        let order = customer.post("/orders", order).await.ok(201)["id"].as_u64().unwrap();
        let cart = customer.post("/cart/add", json!({"product_id": milk})).await.ok(200);
        let item = cart["items"][0]["id"].as_u64().unwrap();
        Self { shop, admin, customer, trolley, milk, item, order }
    }

    /// Who is meant to use a row.
    fn caller(&self, who: Who) -> Client {
        match who {
            Who::Anyone => self.shop.anonymous(),
            Who::Shopper | Who::ShopperOrDevice => self.customer.clone(),
            Who::Staff | Who::Admin => self.admin.clone(),
            Who::Device => self.trolley.clone(),
        }
    }

    /// The path with things that are there.
    fn filled(&self, path: &str) -> String {
        let product = path.starts_with("/products");
        let segments = path.split('/').map(|part| match part {
            "{barcode}" => "4006381333931".to_owned(),
            "{user_id}" => self.customer.id.to_string(),
            "{username}" => "ann".to_owned(),
            "{item_id}" => self.item.to_string(),
            "{order_id}" => self.order.to_string(),
            "{cart_id}" => self.trolley.id.to_string(),
            "{product_id}" | "{id}" if product => self.milk.to_string(),
            part => {
                assert!(!part.starts_with('{'), "{path}");
                part.to_owned()
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

#[tokio::test]
async fn every_documented_route_is_here_and_answers() {
    let table = routes::table();
    let mut systems = BTreeSet::new();
    for wanted in documented() {
        systems.insert(wanted.system);
        let route = row(&table, &wanted);
        let it = Furnished::new().await;
        let path = it.filled(wanted.path);
        let body = if matches!(wanted.method, "POST" | "PUT" | "PATCH") { "{}" } else { "" };
        let caller = it.caller(route.who());
        for path in [path.clone(), format!("/api/v1{path}")] {
            let (status, code) = caller.outcome_of(wanted.method, &path, body).await;
            let name = format!("{} of {}: {status} {code}", wanted.path, wanted.system);
            assert!(!matches!(status, 403..=405 | 500..), "{} {name}", wanted.method);
            // Pages are at the root; what was deleted at the root is gone below the prefix.
            if route.is_page() || wanted.method == "DELETE" {
                break;
            }
        }
    }
    let all = ["flask-app", "flask-ecommerce", "globe-exam", "interactive-eq", "smart-cart"];
    assert_eq!(systems.into_iter().collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn members_that_only_the_server_sets_do_not_count() {
    let it = Furnished::new().await;
    let sign_up = json!({
        "name": "Fay", "email": "fay@example.org", "password": "securepassword",
        "role": "customer", "id": 77, "created_at": "2026-01-01T00:00:00", "last_login": null,
    });
    let made = it.shop.anonymous().post("/auth/register", sign_up).await.ok(201);
    assert_ne!(made["user"]["id"], 77);
    let account = json!({
        "email": "gus@example.org", "password": "securepassword", "role": "customer",
        "id": 78, "created_at": null, "last_login": null,
    });
    assert_ne!(it.admin.post("/users", account).await.ok(201)["id"], 78);

    let cart = it.customer.get("/cart/view").await.ok(200);
    let items = format!("/cart/{}/items", it.customer.id);
    let again = it.customer.post(&items, cart["items"][0].clone()).await.ok(201);
    assert_eq!(again["items"][0]["quantity"], 2);

    let mut order = it.customer.get(&format!("/orders/{}", it.order)).await.ok(200);
    order.as_object_mut().unwrap().retain(|member, _| member != "tracking_number");
    let placed = it.customer.post("/orders", order.clone()).await.ok(201);
    assert_ne!(placed["id"], order["id"]);
    assert_eq!((&placed["total"], &placed["status"]), (&order["total"], &json!("pending")));
    order["status"] = "paid".into();
    it.customer.post("/orders", order).await.names("status");

    let mut item = json!({"product_id": it.milk, "quantity": 1});
    item = it.customer.post("/user/checklist/add", item).await.ok(200);
    item.as_object_mut().unwrap().retain(|member, _| member != "user_id");
    assert_eq!(it.customer.post("/user/checklist/add", item).await.ok(200)["quantity"], 2);
}

#[tokio::test]
async fn answers_have_the_older_names_too() {
    let it = Furnished::new().await;
    let milk = json!({"product_id": it.milk});
    for (path, text) in
        [("/add-to-cart", "Item added to cart!"), ("/cart/remove", "Item removed from cart")]
    {
        let answer = it.customer.post(path, milk.clone()).await.ok(200);
        assert_eq!((&answer["message"], &answer["msg"]), (&json!(text), &json!(text)));
    }
    let path = format!("/cart/product_locations?product_ids={}", it.milk);
    let found = it.customer.get(&path).await.ok(200);
    let place = |member: &str| -> &Value { &found[0][member] };
    assert_eq!((place("x_coord"), place("y_coord")), (&json!(4.0), &json!(0.0)));
    assert_eq!((place("x"), place("section_id")), (&json!(4.0), &json!("s")));
    let section = json!({
        "id": "s", "name": "All", "floor": 0, "x1": 0.0, "y1": 0.0, "x2": 9.0, "y2": 9.0,
        "section_id": "s", "section_name": "All", "floor_level": 0,
    });
    assert_eq!(place("section"), &section);
}
