//! Signing in and out, refresh tokens, and what guessing costs.

use cartwright::clock::Clock;
use cartwright::storage::{Options, Store};
use serde_json::{Value, json};

use crate::support::{Parts, TestApp};

const PASSWORD: &str = "correct horse";

/// Makes an account by sign-up and returns its token answer.
async fn sign_up(shop: &TestApp, name: &str) -> Value {
    let body =
        json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
    shop.anonymous().post("/auth/signup", body).await.ok(201)
}

fn text<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer[member].as_str().unwrap()
}

async fn is_alive(shop: &TestApp, pair: &Value) -> bool {
    shop.bearer(text(pair, "access_token")).get("/auth/check").await.status == 200
}

async fn refresh(shop: &TestApp, pair: &Value) -> crate::support::Answer {
    let body = json!({"refresh_token": pair["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await
}

#[tokio::test]
async fn names_and_addresses_sign_in() {
    let shop = TestApp::new();
    sign_up(&shop, "ann").await;
    for (path, body) in [
        ("/auth/login", json!({"username": "ann", "password": PASSWORD})),
        ("/login", json!({"username": "ANN", "password": PASSWORD})),
        ("/auth", json!({"email": "Ann@Example.org", "password": PASSWORD})),
        ("/auth/login/", json!({"username": "ann@example.org", "password": PASSWORD})),
    ] {
        let pair = shop.anonymous().post(path, body).await.ok(200);
        assert!(is_alive(&shop, &pair).await, "{path}");
    }
    shop.anonymous().post("/auth/login", json!({"password": PASSWORD})).await.names("username");
    shop.anonymous().post("/auth/login", json!({"username": "ann"})).await.names("password");
}

#[tokio::test]
async fn wrong_passwords_and_unknown_names_get_the_same_answer() {
    let shop = TestApp::new();
    sign_up(&shop, "ann").await;
    let login = |name: &str| json!({"username": name, "password": "wrong horse"});
    let wrong = shop.anonymous().post("/auth/login", login("ann")).await;
    let unknown = shop.anonymous().post("/auth/login", login("nobody")).await;
    assert_eq!(wrong.text, unknown.text);
    assert!(wrong.header("www-authenticate").starts_with("Bearer"));
    wrong.refused(401, "wrong-credentials");
    let odd = shop.anonymous().post("/auth/login", login("no such name!")).await;
    assert_eq!(odd.text, unknown.text);
}

#[tokio::test]
async fn the_sixth_failure_has_to_wait() {
    let shop = TestApp::new();
    sign_up(&shop, "ann").await;
    let wrong = json!({"username": "ann", "password": "wrong horse"});
    let right = json!({"username": "ann", "password": PASSWORD});
    for _ in 0..5 {
        let answer = shop.anonymous().post("/auth/login", wrong.clone()).await;
        answer.refused(401, "wrong-credentials");
    }
    let answer = shop.anonymous().post("/auth/login", right.clone()).await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.refused(429, "too-many-attempts");
    shop.wait(1);
    shop.anonymous().post("/auth/login", wrong.clone()).await.refused(401, "wrong-credentials");
    let answer = shop.anonymous().post("/auth/login", wrong).await;
    assert_eq!(answer.header("retry-after"), "2");
    shop.wait(2);
    shop.anonymous().post("/auth/login", right).await.ok(200);
}

#[tokio::test]
async fn failures_count_by_account_and_not_by_how_it_is_named() {
    let shop = TestApp::new();
    sign_up(&shop, "ann").await;
    let by_name = json!({"username": "ann", "password": "wrong horse"});
    let by_email = json!({"email": "ann@example.org", "password": "wrong horse"});
    for _ in 0..5 {
        shop.anonymous()
            .post("/auth/login", by_name.clone())
            .await
            .refused(401, "wrong-credentials");
    }
    shop.anonymous().post("/auth/login", by_email).await.refused(429, "too-many-attempts");
}

#[tokio::test]
async fn guesses_at_once_gain_nothing() {
    let shop = TestApp::new();
    sign_up(&shop, "ann").await;
    let right = json!({"username": "ann", "password": PASSWORD});
    let right = |_| shop.anonymous().post_owned("/auth/login", right.clone());
    let all_right = futures_util::future::join_all((0..12).map(right)).await;
    assert!(all_right.iter().all(|answer| answer.status == 200), "nobody has to wait in between");
    let wrong = json!({"username": "ann", "password": "wrong horse"});
    let wrong = |_| shop.anonymous().post_owned("/auth/login", wrong.clone());
    let answers = futures_util::future::join_all((0..40).map(wrong)).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(401), count(429)), (5, 35));
}

#[tokio::test]
async fn an_address_that_fails_with_many_names_has_to_wait() {
    let shop = TestApp::new();
    sign_up(&shop, "ann").await;
    for number in 0..50 {
        let body = json!({"username": format!("name-{number}"), "password": "wrong horse"});
        shop.anonymous().post("/auth/login", body).await.refused(401, "wrong-credentials");
    }
    let right = json!({"username": "ann", "password": PASSWORD});
    let answer = shop.anonymous().post("/auth/login", right.clone()).await;
    assert_eq!(answer.header("retry-after"), "1");
    answer.refused(429, "too-many-attempts");
    shop.wait(1);
    shop.anonymous().post("/auth/login", right).await.ok(200);
}

#[tokio::test]
async fn wrong_old_passwords_count_as_guesses() {
    let shop = TestApp::new();
    let pair = sign_up(&shop, "ann").await;
    let ann = shop.bearer(text(&pair, "access_token"));
    let change = json!({"old_password": "wrong horse", "new_password": "battery staple"});
    for _ in 0..5 {
        ann.post("/auth/change-password", change.clone()).await.names("old_password");
    }
    ann.post("/auth/change-password", change).await.refused(429, "too-many-attempts");
    let login = json!({"username": "ann", "password": PASSWORD});
    shop.anonymous().post("/auth/login", login).await.refused(429, "too-many-attempts");
    assert!(is_alive(&shop, &pair).await, "who is signed in goes on");
}

#[tokio::test]
async fn an_access_token_ends_by_itself() {
    let shop = TestApp::new();
    let pair = sign_up(&shop, "ann").await;
    assert_eq!(pair["expires_in"], 900);
    shop.wait(15 * 60 + 31);
    assert!(!is_alive(&shop, &pair).await);
    let cart = shop.bearer(text(&pair, "access_token")).get("/cart/view").await;
    cart.refused(401, "invalid-token");
    let products = shop.bearer(text(&pair, "access_token")).get("/products").await;
    assert_eq!(products.status, 200, "routes open to all ignore it");
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let shop = TestApp::new();
    let first = sign_up(&shop, "ann").await;
    let second = refresh(&shop, &first).await.ok(200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    shop.wait(11);
    refresh(&shop, &first).await.refused(401, "invalid-refresh-token");
    assert!(!is_alive(&shop, &second).await, "reuse ends the family");
    refresh(&shop, &second).await.refused(401, "invalid-refresh-token");
}

#[tokio::test]
async fn a_token_spent_long_ago_ends_the_family_too() {
    let shop = TestApp::new();
    let first = sign_up(&shop, "ann").await;
    let second = refresh(&shop, &first).await.ok(200);
    let third = refresh(&shop, &second).await.ok(200);
    refresh(&shop, &first).await.refused(401, "invalid-refresh-token");
    assert!(!is_alive(&shop, &third).await);
}

#[tokio::test]
async fn a_lost_answer_is_forgiven_once_within_ten_seconds() {
    let shop = TestApp::new();
    let first = sign_up(&shop, "ann").await;
    let lost = refresh(&shop, &first).await.ok(200);
    shop.wait(5);
    let second = refresh(&shop, &first).await.ok(200);
    assert!(is_alive(&shop, &second).await);
    assert!(!is_alive(&shop, &lost).await, "the lost pair is dead");
    let third = refresh(&shop, &second).await.ok(200);
    assert!(is_alive(&shop, &third).await);
}

#[tokio::test]
async fn a_stream_of_the_lost_pair_ends_at_once() {
    let shop = TestApp::new();
    let first = sign_up(&shop, "ann").await;
    let lost = refresh(&shop, &first).await.ok(200);
    let mut stream = shop.bearer(text(&lost, "access_token")).stream("/events").await;
    refresh(&shop, &first).await.ok(200);
    let rest = async { while futures_util::StreamExt::next(&mut stream).await.is_some() {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), rest).await.expect("it ends");
}

#[tokio::test]
async fn the_grace_is_given_once() {
    let shop = TestApp::new();
    let first = sign_up(&shop, "ann").await;
    refresh(&shop, &first).await.ok(200);
    let second = refresh(&shop, &first).await.ok(200);
    refresh(&shop, &first).await.refused(401, "invalid-refresh-token");
    assert!(!is_alive(&shop, &second).await);
}

#[tokio::test]
async fn refresh_tokens_come_in_cookies_too() {
    let shop = TestApp::new();
    let pair = sign_up(&shop, "ann").await;
    let cookie = format!("refresh_token_cookie={}", text(&pair, "refresh_token"));
    let browser = shop.anonymous().with("cookie", &cookie);
    let foreign = browser.with("origin", "http://evil.example");
    foreign.send("POST", "/auth/refresh", "").await.refused(403, "bad-origin");
    foreign.send("POST", "/auth/logout", "").await.refused(403, "bad-origin");
    let own = browser.with("origin", "http://shop.local");
    own.send("POST", "/token/refresh", "").await.ok(200);
    let none = shop.anonymous().send("POST", "/auth/refresh", "").await;
    none.refused(401, "missing-refresh-token");
    let bad = json!({"refresh_token": "nonsense"});
    browser.post("/auth/refresh", bad).await.refused(401, "invalid-refresh-token");
}

#[tokio::test]
async fn a_cookie_counts_only_from_our_own_pages() {
    let shop = TestApp::new();
    let milk = shop.milk(&shop.staff().await).await;
    let pair = sign_up(&shop, "ann").await;
    let cookie = format!("access_token_cookie={}", text(&pair, "access_token"));
    let browser = shop.anonymous().with("cookie", &cookie);
    let add = json!({"product_id": milk});
    let foreign = browser.with("origin", "http://evil.example");
    foreign.post("/cart/add", add.clone()).await.refused(403, "bad-origin");
    let cross = browser.with("sec-fetch-site", "cross-site");
    cross.post("/cart/add", add.clone()).await.refused(403, "bad-origin");
    assert_eq!(browser.get("/cart/view").await.ok(200)["item_count"], 0);
    browser.with("origin", "http://shop.local").post("/cart/add", add.clone()).await.ok(200);
    browser.post("/cart/add", add).await.ok(200);
    let bad = browser.with("authorization", "Bearer nonsense");
    bad.get("/cart/view").await.refused(401, "invalid-token");
}

#[tokio::test]
async fn two_principals_in_one_request_are_refused() {
    let shop = TestApp::new();
    let pair = sign_up(&shop, "ann").await;
    let both =
        shop.device().await.with("authorization", &format!("Bearer {}", text(&pair, "token")));
    both.get("/cart/view").await.refused(400, "conflicting-credentials");
    both.get("/cart/esp32/time").await.refused(400, "conflicting-credentials");
}

#[tokio::test]
async fn signing_out_kills_both_tokens_even_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
    let options = Options { create: true, ..Options::default() };
    let (dead, alive);
    {
        let store = Store::open(&path, options).unwrap();
        let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
        dead = sign_up(&shop, "ann").await;
        alive = sign_up(&shop, "bob").await;
        let out = shop.bearer(text(&dead, "access_token")).send("POST", "/auth/logout", "").await;
        assert_eq!(out.headers.get_all("set-cookie").iter().count(), 2, "cookies are cleared");
        assert!(out.ok(200)["message"].is_string());
        assert!(!is_alive(&shop, &dead).await);
        drop(shop);
        store.close();
    }
    let store = Store::open(&path, options).unwrap();
    let shop = TestApp::of(Parts { store, clock });
    assert!(!is_alive(&shop, &dead).await);
    refresh(&shop, &dead).await.refused(401, "invalid-refresh-token");
    assert!(is_alive(&shop, &alive).await);
    refresh(&shop, &alive).await.ok(200);
}

#[tokio::test]
async fn any_token_of_ours_signs_out() {
    let shop = TestApp::new();
    let pair = sign_up(&shop, "ann").await;
    let body = json!({"refresh_token": pair["refresh_token"]});
    shop.anonymous().post("/logout", body.clone()).await.ok(200);
    assert!(!is_alive(&shop, &pair).await);
    shop.anonymous().post("/logout", body).await.ok(200);
    shop.wait(3600);
    let expired = shop.bearer(text(&pair, "access_token"));
    expired.send("POST", "/auth/logout", "").await.ok(200);
    let foreign = shop.bearer("nonsense").send("POST", "/auth/logout", "").await;
    assert_eq!(foreign.headers.get_all("set-cookie").iter().count(), 2);
    foreign.refused(401, "not-signed-in");
    shop.anonymous().send("POST", "/auth/logout", "").await.refused(401, "not-signed-in");
    let broken = shop.anonymous().send("POST", "/auth/logout", "{").await;
    assert_eq!(broken.headers.get_all("set-cookie").iter().count(), 2, "in every case");
    broken.refused(400, "malformed-json");
    let pair = sign_up(&shop, "bob").await;
    let as_bearer = shop.bearer(text(&pair, "refresh_token"));
    as_bearer.send("POST", "/auth/logout", "").await.ok(200);
    assert!(!is_alive(&shop, &pair).await);
}

#[tokio::test]
async fn another_password_ends_the_other_sessions() {
    let shop = TestApp::new();
    let here = sign_up(&shop, "ann").await;
    let login = json!({"username": "ann", "password": PASSWORD});
    let there = shop.anonymous().post("/auth/login", login.clone()).await.ok(200);
    let ann = shop.bearer(text(&here, "access_token"));
    let change = |old: &str, new: &str| json!({"old_password": old, "new_password": new});
    ann.post("/auth/change-password", change("wrong", "battery staple"))
        .await
        .names("old_password");
    ann.post("/change-password", change(PASSWORD, "short")).await.names("new_password");
    assert!(is_alive(&shop, &there).await);
    ann.post("/change-password", change(PASSWORD, "battery staple")).await.ok(200);
    assert!(is_alive(&shop, &here).await && !is_alive(&shop, &there).await);
    refresh(&shop, &there).await.refused(401, "invalid-refresh-token");
    shop.anonymous().post("/auth/login", login).await.refused(401, "wrong-credentials");
}

#[tokio::test]
async fn signing_out_takes_the_headers_credential_before_cookies_and_body() {
    let shop = TestApp::new();
    let (ann, bob) = (sign_up(&shop, "ann").await, sign_up(&shop, "bob").await);
    let cookie = format!(
        "access_token_cookie={}; refresh_token_cookie={}",
        text(&ann, "access_token"),
        text(&ann, "refresh_token")
    );
    let browser = shop.anonymous().with("cookie", &cookie);
    // A credential in a header makes the cookies count for nothing, in whichever header it is.
    let foreign = browser.with("x-api-key", "nonsense");
    foreign.send("POST", "/auth/logout", "").await.refused(401, "not-signed-in");
    let key = browser.with("x-api-key", text(&bob, "access_token"));
    key.send("POST", "/auth/logout", "").await.ok(200);
    assert!(!is_alive(&shop, &bob).await);
    assert!(is_alive(&shop, &ann).await);
    // What cannot be read is refused, and the session is over all the same.
    browser.send("POST", "/auth/logout", "{").await.refused(400, "malformed-json");
    assert!(!is_alive(&shop, &ann).await);
    let cid = sign_up(&shop, "cid").await;
    let bearer = shop.bearer(text(&cid, "token"));
    bearer.post("/auth/logout", json!({"colour": 1})).await.names("colour");
    assert!(!is_alive(&shop, &cid).await);
}
