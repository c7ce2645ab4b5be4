//! Where one is signed in, and signing out there.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const PASSWORD: &str = "correct horse";

async fn sign_in(shop: &TestApp, name: &str, agent: &str) -> Client {
    let body = json!({"username": name, "password": PASSWORD});
    let pair = shop.anonymous().with("user-agent", agent).post("/auth/login", body).await.ok(200);
    shop.bearer(pair["access_token"].as_str().unwrap())
}

async fn sign_up(shop: &TestApp, name: &str) -> (Client, Value) {
    let body = json!({"username": name, "password": PASSWORD});
    let pair = shop.anonymous().with("user-agent", "phone").post("/auth/signup", body).await;
    let pair = pair.ok(201);
    (shop.bearer(pair["access_token"].as_str().unwrap()), pair)
}

fn agents(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it["user_agent"].as_str().unwrap()).collect()
}

fn id_of(list: &Value, agent: &str) -> Value {
    let found = list.as_array().unwrap().iter().find(|it| it["user_agent"] == agent);
    found.unwrap()["id"].clone()
}

#[tokio::test]
async fn sessions_are_listed_newest_first_with_the_current_one_marked() {
    let shop = TestApp::new();
    let (phone, pair) = sign_up(&shop, "ann").await;
    sign_up(&shop, "bob").await;
    shop.wait(60);
    let tablet = sign_in(&shop, "ann", "tablet").await;
    let answer = tablet.get("/auth/sessions").await;
    assert_eq!((answer.header("x-total-count"), answer.header("cache-control")), ("2", "no-store"));
    let list = answer.ok(200);
    assert_eq!(agents(&list), ["tablet", "phone"]);
    assert_eq!((&list[0]["current"], &list[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!(list[0]["address"], "127.0.0.1");
    assert_eq!(list[1]["created_at"], "2026-11-20T12:00:00Z");
    assert_eq!(list[1]["last_used_at"], "2026-11-20T12:00:00Z");
    assert_eq!(list[1]["expires_at"], "2026-12-20T12:00:00Z");
    for secret in ["family", "current_hash", "spent", "refresh"] {
        assert!(!list.to_string().contains(secret), "{list}");
    }
    // Used is when it was refreshed, not each request.
    shop.wait(60);
    phone.get("/cart/view").await.ok(200);
    let body = json!({"refresh_token": pair["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await.ok(200);
    let list = phone.get("/api/v1/auth/sessions/").await.ok(200);
    assert_eq!(list[1]["last_used_at"], "2026-11-20T12:02:00Z");
    assert_eq!((&list[1]["current"], &list[0]["current"]), (&json!(true), &json!(false)));
    let page = tablet.get("/auth/sessions?limit=1&offset=1").await;
    assert_eq!(page.header("x-total-count"), "2");
    assert_eq!(agents(&page.ok(200)), ["phone"]);
    let first = tablet.get("/auth/sessions?limit=1").await;
    assert!(first.header("link").contains("rel=\"next\""));
    tablet.get("/auth/sessions?limit=1001").await.names("limit");
}

#[tokio::test]
async fn one_session_is_ended_and_the_others_live() {
    let shop = TestApp::new();
    let (phone, pair) = sign_up(&shop, "ann").await;
    let tablet = sign_in(&shop, "ann", "tablet").await;
    let id = id_of(&tablet.get("/auth/sessions").await.ok(200), "phone");
    let answer = tablet.delete(&format!("/auth/sessions/{id}")).await;
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 0, "its own cookies stay");
    assert_eq!(answer.ok(200)["ended"], 1);
    phone.get("/cart/view").await.refused(401, "session-ended");
    let body = json!({"refresh_token": pair["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await.refused(401, "invalid-refresh-token");
    assert_eq!(agents(&tablet.get("/auth/sessions").await.ok(200)), ["tablet"]);
    tablet.delete(&format!("/auth/sessions/{id}")).await.refused(404, "not-found");
    // One's own, with its cookies.
    let id = id_of(&tablet.get("/auth/sessions").await.ok(200), "tablet");
    let answer = tablet.delete(&format!("/auth/sessions/{id}")).await;
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    answer.ok(200);
    tablet.get("/cart/view").await.refused(401, "session-ended");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_that_account() {
    let shop = TestApp::new();
    let (phone, _) = sign_up(&shop, "ann").await;
    let (bob, _) = sign_up(&shop, "bob").await;
    let tablet = sign_in(&shop, "ann", "tablet").await;
    let ticket = tablet.send("POST", "/auth/ticket", "").await.ok(201);
    let mut news = shop.app.session_ends();
    news.borrow_and_update();
    let answer = tablet.delete("/auth/sessions").await;
    assert!(news.has_changed().unwrap(), "live connections hear of it");
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2, "cookies are cleared");
    assert_eq!(answer.ok(200)["ended"], 2);
    for client in [&phone, &tablet] {
        client.get("/cart/view").await.refused(401, "session-ended");
    }
    let with_ticket = format!("/events?ticket={}", ticket["ticket"].as_str().unwrap());
    shop.anonymous().get(&with_ticket).await.refused(401, "invalid-ticket");
    bob.get("/cart/view").await.ok(200);
    let again = sign_in(&shop, "ann", "again").await;
    assert_eq!(agents(&again.get("/auth/sessions").await.ok(200)), ["again"]);
}

#[tokio::test]
async fn sessions_of_others_are_for_admins() {
    let shop = TestApp::new();
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let (ann, _) = sign_up(&shop, "ann").await;
    let (bob, _) = sign_up(&shop, "bob").await;
    let anns = id_of(&ann.get("/auth/sessions").await.ok(200), "phone");
    for client in [&bob, &staff, &admin] {
        // Not found, like a number that nobody has.
        client.delete(&format!("/auth/sessions/{anns}")).await.refused(404, "not-found");
        client.delete("/auth/sessions/999999").await.refused(404, "not-found");
        client.delete("/auth/sessions/nonsense").await.refused(404, "not-found");
    }
    for client in [&bob, &staff] {
        for user in ["ann", "nobody"] {
            client.get(&format!("/auth/sessions?user={user}")).await.refused(403, "not-yours");
            client.delete(&format!("/auth/sessions?user={user}")).await.refused(403, "not-yours");
            let one = format!("/auth/sessions/{anns}?user={user}");
            client.delete(&one).await.refused(403, "not-yours");
        }
    }
    bob.get("/auth/sessions?user=bob").await.ok(200);
    let list = admin.get("/auth/sessions?user=ann").await.ok(200);
    assert_eq!((list[0]["id"].clone(), &list[0]["current"]), (anns, &json!(false)));
    admin.get("/auth/sessions?user=nobody").await.refused(404, "not-found");
    let answer = admin.delete("/auth/sessions?user=ann").await;
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 0);
    assert_eq!(answer.ok(200)["ended"], 1);
    ann.get("/cart/view").await.refused(401, "session-ended");
    admin.get("/cart/view").await.ok(200);
    bob.get("/cart/view").await.ok(200);
}

#[tokio::test]
async fn an_account_has_at_most_fifty_sessions_and_ended_ones_make_room_first() {
    let shop = TestApp::new();
    let oldest = shop.customer("ann").await;
    let user = shop.anonymous();
    let ann = oldest.get("/users/ann").await.ok(200)["id"].as_u64().unwrap();
    let more = || async {
        let admin = cartwright::app::Admin::local();
        let life = jiff::SignedDuration::from_mins(15);
        let signed = shop.app.issue_token(&admin, ann.to_string(), life).await.unwrap();
        shop.bearer(&signed.access_token)
    };
    for _ in 0..60 {
        more().await.send("POST", "/auth/logout", "").await.ok(200);
    }
    oldest.get("/cart/view").await.ok(200);
    let second = more().await;
    for _ in 0..48 {
        more().await;
    }
    assert_eq!(second.get("/auth/sessions").await.header("x-total-count"), "50");
    oldest.get("/cart/view").await.ok(200);
    let mut news = shop.app.session_ends();
    news.borrow_and_update();
    more().await;
    assert!(news.has_changed().unwrap());
    oldest.get("/cart/view").await.refused(401, "session-ended");
    second.get("/cart/view").await.ok(200);
    user.get("/auth/sessions").await.refused(401, "unauthenticated");
}
