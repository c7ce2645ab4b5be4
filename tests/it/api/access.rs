//! Who may: every row of the route table by every kind of caller, against a table written by
//! hand, and the document beside it.
//!
//! [`EXPECTED`] says who is meant to get in; the rows of `http::routes` say who does. A row that is
//! not in it fails, and so does one that admits others, so that opening a route takes a change
//! here as well. To add a route, paste the line that the failure prints, once it is right.

mod expected;

use std::collections::{BTreeMap, BTreeSet};

use cartwright::domain::accounts::Role;
use cartwright::http::route::{Route, Who};
use cartwright::http::routes;
use serde_json::json;

use self::Caller::{
    AStaff, AnAdmin, Anonymous, Customer, DisabledUser, ExpiredToken, OtherCustomer,
    RevokedTrolley, Trolley,
};
use self::expected::EXPECTED;
use self::expected::May::{
    self, Admin, All, Device, Own, OwnOrAdmin, OwnThing, SignedIn, SignedInOrDevice, Staff,
};
use crate::support::{Client, TestApp};

/// An id that nothing has: a row that is admitted finds nothing to change.
const NOTHING: u64 = 999_999;

/// What the check of who may answers, apart from what handlers find.
const REFUSED: [&str; 6] = [
    "forbidden",
    "unauthenticated",
    "invalid-token",
    "session-ended",
    "unknown-device-key",
    NOT_YOURS,
];
/// What a handler answers about things of somebody else.
const NOT_YOURS: &str = "not-yours";

impl May {
    /// The principal that a row of the table has to name.
    fn who(self) -> Who {
        match self {
            All => Who::Anyone,
            SignedIn | Own | OwnOrAdmin | OwnThing => Who::Shopper,
            Staff => Who::Staff,
            Admin => Who::Admin,
            Device => Who::Device,
            SignedInOrDevice => Who::ShopperOrDevice,
        }
    }

    /// The line to paste for a row that has none.
    fn of(route: &Route) -> Self {
        let names_user = route.path().contains("{user");
        match route.who() {
            Who::Anyone => All,
            Who::Shopper if names_user => Own,
            Who::Shopper => SignedIn,
            Who::Staff => Staff,
            Who::Admin => Admin,
            Who::Device => Device,
            Who::ShopperOrDevice => SignedInOrDevice,
        }
    }

    fn is_owned(self) -> bool {
        matches!(self, Own | OwnOrAdmin)
    }
}

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Anonymous,
    Customer,
    /// Asks for the customer's things where a path names a user.
    OtherCustomer,
    AStaff,
    AnAdmin,
    Trolley,
    RevokedTrolley,
    DisabledUser,
    ExpiredToken,
}

/// How a request has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It reached the handler, whatever that found.
    Admitted,
    /// 403 by the row.
    Forbidden,
    /// 403 by the handler: somebody else's.
    NotYours,
    /// 401.
    Unauthenticated,
}

fn expected(may: May, caller: Caller) -> Outcome {
    let forbidden_unless = |admitted: bool| {
        if admitted { Outcome::Admitted } else { Outcome::Forbidden }
    };
    match caller {
        _ if may == All => Outcome::Admitted,
        Anonymous | RevokedTrolley | DisabledUser | ExpiredToken => Outcome::Unauthenticated,
        Trolley => forbidden_unless(matches!(may, Device | SignedInOrDevice)),
        AnAdmin => forbidden_unless(may != Device),
        AStaff if may == OwnOrAdmin => Outcome::NotYours,
        AStaff => forbidden_unless(!matches!(may, Admin | Device)),
        OtherCustomer if may.is_owned() => Outcome::NotYours,
        Customer | OtherCustomer if may == OwnThing => Outcome::NotYours,
        Customer | OtherCustomer => {
            forbidden_unless(matches!(may, SignedIn | Own | OwnOrAdmin | SignedInOrDevice))
        }
    }
}

fn seen(status: u16, code: &str) -> Option<Outcome> {
    match (status, code) {
        (401, code) if REFUSED.contains(&code) => Some(Outcome::Unauthenticated),
        (403, "forbidden") => Some(Outcome::Forbidden),
        (403, NOT_YOURS) => Some(Outcome::NotYours),
        (405 | 500, _) | (404, "unknown-route") => None,
        (_, code) if REFUSED.contains(&code) => None,
        _ => Some(Outcome::Admitted),
    }
}

/// All callers of one shop.
struct Cast {
    shop: TestApp,
    clients: BTreeMap<Caller, Client>,
    /// For names that were not used yet.
    made: usize,
}

impl Cast {
    async fn new() -> Self {
        let shop = TestApp::new();
        let mut clients = BTreeMap::new();
        // Its token is of the day before, so it must be made first.
        clients.insert(ExpiredToken, shop.customer("late").await);
        shop.wait(24 * 3600);
        let admin = shop.admin().await;
        clients.insert(DisabledUser, shop.customer("bob").await);
        admin.patch("/users/bob", json!({"disabled": true})).await.ok(200);
        let revoked = shop.device().await;
        admin.delete(&format!("/devices/{}", revoked.id)).await.ok(200);
        clients.insert(RevokedTrolley, revoked);
        clients.insert(Trolley, shop.device().await);
        clients.insert(Anonymous, shop.anonymous());
        let mut cast = Self { shop, clients, made: 0 };
        cast.sign_in().await;
        cast
    }

    /// New accounts, in place of those that a route may have signed out or removed.
    async fn sign_in(&mut self) {
        self.made += 1;
        for (caller, role) in [
            (Customer, Role::Customer),
            (OtherCustomer, Role::Customer),
            (AStaff, Role::Staff),
            (AnAdmin, Role::Admin),
        ] {
            let name = format!("{caller:?}-{}", self.made).to_lowercase();
            self.clients.insert(caller, self.shop.account(&name, role).await);
        }
    }

    /// The path as this caller asks for it: own things, or the customer's, and else ids that
    /// nothing has.
    fn filled(&self, path: &str, may: May) -> String {
        let customer = self.clients[&Customer].id;
        let user = if may.is_owned() { customer } else { NOTHING };
        let segments = path.split('/').map(|part| match part {
            "{user}" | "{user_id}" => user.to_string(),
            part if part.starts_with('{') => NOTHING.to_string(),
            part => part.to_owned(),
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// All ways to write a path of the API; pages are relative to theirs.
fn spellings(route: &Route, path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned(), format!("/api/v1{path}")];
    if !route.is_page() {
        all.extend([format!("{path}/"), format!("/api/v1{path}/")]);
    }
    all
}

fn paths(route: &Route) -> impl Iterator<Item = &'static str> {
    std::iter::once(route.path()).chain(route.aliases().iter().copied())
}

/// Whether the route may sign its caller out, or remove them.
fn ends_sessions(route: &Route) -> bool {
    let of_oneself = ["/auth/", "/user/"].iter().any(|prefix| route.path().starts_with(prefix));
    of_oneself && route.method() != "GET"
}

/// A body with which the handler gets as far as to ask whose it is.
fn body(route: &Route, may: May) -> &'static str {
    match route.method().as_str() {
        "GET" | "DELETE" => "",
        _ if may.is_owned() => r#"{"product_id":1,"quantity":1}"#,
        _ if may == OwnThing => r#"{"x":1,"y":1}"#,
        _ => "",
    }
}

fn expectation(route: &Route) -> Option<May> {
    let row = (route.method().as_str(), route.path());
    EXPECTED.iter().find(|(method, path, _)| (*method, *path) == row).map(|(.., may)| *may)
}

#[test]
fn every_row_is_as_the_table_here_says() {
    let table = routes::table();
    let mut wrong = Vec::new();
    for route in &table {
        let (method, path) = (route.method(), route.path());
        match expectation(route) {
            None => wrong.push(format!(
                "no expectation for {method} {path}; if the row is right, add to EXPECTED in access/expected.rs:\n    \
                 (\"{method}\", \"{path}\", {:?}),",
                May::of(route)
            )),
            Some(may) if may.who() != route.who() => wrong.push(format!(
                "{method} {path} is for {} by its row, and {may:?} here; if the row is right, \
                 write:\n    (\"{method}\", \"{path}\", {:?}),",
                route.who(),
                May::of(route)
            )),
            Some(_) => {}
        }
    }
    let rows: BTreeSet<_> = table.iter().map(|it| (it.method().as_str(), it.path())).collect();
    let mut known = BTreeSet::new();
    for (method, path, _) in EXPECTED {
        if !rows.contains(&(*method, *path)) {
            wrong.push(format!("no row for {method} {path}: take it out of EXPECTED"));
        }
        if !known.insert((method, path)) {
            wrong.push(format!("{method} {path} stands twice in EXPECTED"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_row_admits_whom_it_names_and_nobody_else() {
    let mut cast = Cast::new().await;
    let mut wrong = Vec::new();
    for route in &routes::table() {
        // What is missing is told by the test above.
        let may = expectation(route).unwrap_or_else(|| May::of(route));
        let method = route.method().as_str();
        let body = body(route, may);
        for path in paths(route).flat_map(|path| spellings(route, path)) {
            let callers: Vec<Caller> = cast.clients.keys().copied().collect();
            for caller in callers {
                if ends_sessions(route) {
                    cast.sign_in().await;
                }
                let path = cast.filled(&path, may);
                let (status, code) = cast.clients[&caller].outcome_of(method, &path, body).await;
                let expected = expected(may, caller);
                if seen(status, &code) != Some(expected) {
                    wrong.push(format!(
                        "{method} {path} as {caller:?}: {status} {code}, not {expected:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn somebody_elses_things_are_403_whether_they_exist_or_not() {
    let cast = Cast::new().await;
    let mut seen = 0;
    for route in &routes::table() {
        let Some(may) = expectation(route).filter(|may| may.is_owned()) else { continue };
        for path in paths(route).flat_map(|path| spellings(route, path)) {
            for user in [NOTHING, cast.clients[&OtherCustomer].id, cast.clients[&AStaff].id] {
                let path = path.replace("{user}", "{user_id}");
                let path = path.replace("{user_id}", &user.to_string());
                let path = path.replace("{item_id}", "1");
                let method = route.method().as_str();
                let client = &cast.clients[&Customer];
                let outcome = client.outcome_of(method, &path, body(route, may)).await;
                assert_eq!(outcome, (403, NOT_YOURS.to_owned()), "{may:?} {method} {path}");
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen} requests");
}

#[tokio::test]
async fn all_spellings_of_a_read_answer_alike_and_head_is_one_of_them() {
    let cast = Cast::new().await;
    let mut wrong = Vec::new();
    for route in routes::table().iter().filter(|route| route.method() == "GET") {
        let may = expectation(route).unwrap_or_else(|| May::of(route));
        for caller in [Anonymous, Customer, AStaff, AnAdmin, Trolley] {
            let client = &cast.clients[&caller];
            let first = client.outcome("GET", &cast.filled(route.path(), may)).await;
            for path in paths(route).flat_map(|path| spellings(route, path)) {
                let path = cast.filled(&path, may);
                let outcome = client.outcome("GET", &path).await;
                let head = client.outcome("HEAD", &path).await.0;
                if outcome != first || head != first.0 {
                    wrong.push(format!(
                        "{path} as {caller:?}: {outcome:?} and HEAD {head}, not {first:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
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
