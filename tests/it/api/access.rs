//! Who may: every row of the route table by every kind of caller, and the document beside it.

use std::collections::BTreeSet;

use cartwright::http::route::{Route, Who};
use cartwright::http::routes;
use serde_json::json;

use crate::support::{Client, TestApp};

/// An id that nothing has: a row that is admitted finds nothing to change.
const NOTHING: &str = "999999";

/// What the check of who may answers, apart from what handlers find.
const REFUSED: [&str; 5] =
    ["forbidden", "unauthenticated", "invalid-token", "session-ended", "unknown-device-key"];

/// A kind of caller: its name, its requests, and which rows admit it.
type Caller = (&'static str, Client, fn(Who) -> bool);

async fn callers(shop: &TestApp) -> Vec<Caller> {
    // Its token is of the day before, so it must be made first.
    let expired = shop.customer("late").await;
    shop.wait(24 * 3600);
    let (admin, staff, ann) = (shop.admin().await, shop.staff().await, shop.customer("ann").await);
    let disabled = shop.customer("bob").await;
    admin.patch("/users/bob", json!({"disabled": true})).await.ok(200);
    let (device, revoked) = (shop.device().await, shop.device().await);
    admin.delete(&format!("/devices/{}", revoked.id)).await.ok(200);
    let nobody = |who: Who| who == Who::Anyone;
    vec![
        ("anonymous", shop.anonymous(), nobody),
        ("customer", ann, |who| matches!(who, Who::Anyone | Who::Shopper | Who::ShopperOrDevice)),
        ("staff", staff, |who| !matches!(who, Who::Admin | Who::Device)),
        ("admin", admin, |who| who != Who::Device),
        ("device", device, |who| matches!(who, Who::Anyone | Who::Device | Who::ShopperOrDevice)),
        ("revoked device", revoked, nobody),
        ("disabled user", disabled, nobody),
        ("expired token", expired, nobody),
    ]
}

#[tokio::test]
async fn every_row_admits_whom_it_names_and_nobody_else() {
    let shop = TestApp::new();
    let callers = callers(&shop).await;
    let mut table = routes::table();
    assert!(table.len() > 50);
    // Signing out ends the caller's session.
    table.sort_by_key(|route| route.path() == "/auth/logout");
    let mut wrong = Vec::new();
    for route in &table {
        for path in paths(route).flat_map(|path| [path.clone(), format!("/api/v1{path}")]) {
            for (kind, client, admits) in &callers {
                let (status, code) = client.outcome(route.method().as_str(), &path).await;
                let refused = REFUSED.contains(&code.as_str());
                let right = match *kind {
                    _ if admits(route.who()) => !refused,
                    "customer" | "staff" | "admin" | "device" => {
                        status == 403 && code == "forbidden"
                    }
                    _ => status == 401 && refused,
                };
                let routed = status < 500 && status != 405 && code != "unknown-route";
                if !right || !routed {
                    wrong.push(format!("{} {path} as {kind}: {status} {code}", route.method()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_document_has_every_row_and_nothing_else() {
    let shop = TestApp::new();
    let answer = shop.anonymous().get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.ok(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let servers: Vec<_> = document["servers"].as_array().unwrap().iter().collect();
    assert_eq!(servers.len(), 2, "{servers:?}");
    let mut documented = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let deprecated = operation["deprecated"] == true;
            documented.insert((method.to_uppercase(), path.clone(), deprecated));
        }
    }
    let mut rows = BTreeSet::new();
    for route in routes::table().iter().filter(|route| !route.is_page()) {
        let row =
            |path: &str, deprecated| (route.method().to_string(), path.to_owned(), deprecated);
        let own = route.path() == "/cart/view";
        rows.insert(row(route.path(), own));
        rows.extend(route.aliases().iter().map(|alias| row(alias, true)));
    }
    let missing: Vec<_> = rows.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&rows).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

/// The row's paths with ids that nothing has.
fn paths(route: &Route) -> impl Iterator<Item = String> {
    let all = std::iter::once(route.path()).chain(route.aliases().iter().copied());
    all.map(filled)
}

fn filled(path: &str) -> String {
    let segments = path.split('/').map(|part| if part.starts_with('{') { NOTHING } else { part });
    segments.collect::<Vec<_>>().join("/")
}
