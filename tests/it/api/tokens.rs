//! Access tokens that must not count: forged, bent, borrowed, and those whose time or session is
//! over.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright::clock::Clock;
use cartwright::storage::{Options, Store};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::support::{Parts, SECRET, TestApp};

const PASSWORD: &str = "correct horse";

/// A good token, taken apart.
struct Parted {
    pair: Value,
    header: Value,
    claims: Value,
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    encoded(mac.finalize().into_bytes())
}

/// Signs a header and claims as they stand, with HMAC-SHA256.
fn signed(header: &str, claims: &str, key: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = mac::<Hmac<Sha256>>(key, &message);
    format!("{message}.{signature}")
}

impl Parted {
    async fn of(shop: &TestApp, name: &str) -> Self {
        let body = json!({"username": name, "password": PASSWORD});
        let pair = shop.anonymous().post("/auth/signup", body).await.ok(201);
        let token = pair["access_token"].as_str().unwrap().to_owned();
        let parts: Vec<&str> = token.split('.').collect();
        Self { header: decoded(parts[0]), claims: decoded(parts[1]), pair }
    }

    fn token(&self) -> &str {
        self.pair["access_token"].as_str().unwrap()
    }

    /// Properly signed, with another claim; null takes it out.
    fn with(&self, claim: &str, value: &Value) -> String {
        let mut claims = self.claims.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        } else {
            claims[claim] = value.clone();
        }
        signed(&self.header.to_string(), &claims.to_string(), SECRET)
    }

    /// Properly signed, with another member in the header; null takes it out.
    fn with_header(&self, member: &str, value: &Value) -> String {
        let mut header = self.header.clone();
        if value.is_null() {
            header.as_object_mut().unwrap().remove(member);
        } else {
            header[member] = value.clone();
        }
        signed(&header.to_string(), &self.claims.to_string(), SECRET)
    }

    fn resigned<M: Mac + KeyInit>(&self, alg: &str, key: &[u8]) -> String {
        let mut header = self.header.clone();
        header["alg"] = json!(alg);
        let message =
            format!("{}.{}", encoded(header.to_string()), encoded(self.claims.to_string()));
        let signature = mac::<M>(key, &message);
        format!("{message}.{signature}")
    }
}

/// The token is refused by Bearer, by cookie and at the check, and open routes ignore it.
async fn counts_for_nothing(shop: &TestApp, what: &str, token: &str) {
    let by_bearer = shop.anonymous().with("authorization", &format!("Bearer {token}"));
    let by_cookie = shop.anonymous().with("cookie", &format!("access_token_cookie={token}"));
    for client in [&by_bearer, &by_cookie] {
        let answer = client.get("/cart/view").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        assert!(answer.text.len() < 1000, "{what}: {}", answer.text);
        assert_eq!(client.get("/auth/check").await.ok(401)["logged_in"], false, "{what}");
    }
    assert_eq!(by_bearer.get("/products").await.status, 200, "{what}");
}

/// What is wrong with it, and the token.
type Bad = (String, String);

fn of_other_algorithms_and_keys(good: &Parted) -> Vec<Bad> {
    let mut bad = Vec::new();
    let payload = encoded(good.claims.to_string());
    for alg in ["none", "None", "NONE", "nOnE", "", "HS1", "hs256"] {
        let mut header = good.header.clone();
        header["alg"] = json!(alg);
        let header = encoded(header.to_string());
        let signature = good.token().rsplit('.').next().unwrap();
        bad.push((format!("alg {alg}"), format!("{header}.{payload}.")));
        bad.push((format!("alg {alg}, unsigned"), format!("{header}.{payload}")));
        bad.push((format!("alg {alg}, signed"), format!("{header}.{payload}.{signature}")));
    }
    for alg in ["RS256", "PS256", "ES256", "EdDSA", "HS384", "HS512"] {
        bad.push((format!("{alg} by HS256"), good.resigned::<Hmac<Sha256>>(alg, SECRET)));
    }
    bad.push(("HS384".into(), good.resigned::<Hmac<Sha384>>("HS384", SECRET)));
    bad.push(("HS512".into(), good.resigned::<Hmac<Sha512>>("HS512", SECRET)));
    for key in [&b"another key of 32 bytes or more!"[..], b"", &SECRET[1..]] {
        bad.push(("another key".into(), good.resigned::<Hmac<Sha256>>("HS256", key)));
    }
    bad
}

fn with_odd_headers(good: &Parted) -> Vec<Bad> {
    let kid = good.header["kid"].as_str().unwrap();
    let odd_kids = [
        json!(null),
        json!(""),
        json!(1),
        json!([kid]),
        json!("another"),
        json!("../../../etc/passwd"),
        json!("' OR 1=1 --"),
        json!(format!("{kid} ")),
    ];
    let mut bad: Vec<Bad> = odd_kids
        .iter()
        .map(|value| (format!("kid {value}"), good.with_header("kid", value)))
        .collect();
    bad.push(("no alg".into(), good.with_header("alg", &json!(null))));
    let header = good.header.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    bad.push(("alg twice".into(), signed(&header, &good.claims.to_string(), SECRET)));
    bad
}

/// Properly signed, all of them.
fn with_bent_claims(good: &Parted, other: &Parted) -> Vec<Bad> {
    let mut bad = Vec::new();
    for claim in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"] {
        let wrong = [json!(null), json!(true), json!([]), json!({}), json!(-1.5), json!("")];
        for value in wrong {
            bad.push((format!("{claim} {value}"), good.with(claim, &value)));
        }
        let twice = format!("{{\"{claim}\":{},", good.claims[claim]);
        let claims = good.claims.to_string().replacen('{', &twice, 1);
        let token = signed(&good.header.to_string(), &claims, SECRET);
        bad.push((format!("{claim} twice"), token));
    }
    let start = good.claims["nbf"].as_i64().unwrap();
    let id = good.claims["sub"].as_str().unwrap();
    for (claim, value) in [
        ("iss", json!("Cartwright")),
        ("iss", json!(["cartwright"])),
        ("aud", json!("somebody else")),
        ("aud", json!([good.claims["aud"]])),
        ("sub", json!(id.parse::<u64>().unwrap())),
        ("sub", other.claims["sub"].clone()),
        ("sub", json!("999999")),
        ("sub", json!(format!("0{id}"))),
        ("exp", json!(good.claims["exp"].to_string())),
        ("exp", json!(9_223_372_036_854_775_807_i64)),
        ("exp", json!(1e300)),
        ("exp", json!(start - 31)),
        ("nbf", json!(start + 31)),
        ("nbf", json!(-9_223_372_036_854_775_808_i64)),
        ("sid", other.claims["sid"].clone()),
        ("sid", json!("999999.1")),
        ("sid", json!("1")),
        ("sid", json!("1.")),
        ("sid", json!(".1")),
        ("sid", json!("0.1")),
        ("sid", json!("1.99")),
        ("sid", json!("1.0")),
        ("sid", json!("1.1.1")),
        ("epoch", json!(99)),
        ("epoch", json!("1")),
    ] {
        bad.push((format!("{claim} {value}"), good.with(claim, &value)));
    }
    bad
}

fn rubbish(good: &Parted, other: &Parted) -> Vec<Bad> {
    let token = good.token();
    let parts: Vec<&str> = token.split('.').collect();
    let texts = [
        ("a dot more", format!("{token}.")),
        ("a part more", format!("{token}.{}", parts[2])),
        ("a part less", format!("{}.{}", parts[0], parts[1])),
        ("padding", format!("{token}=")),
        ("the other's signature", {
            format!("{}.{}.{}", parts[0], parts[1], other.token().rsplit('.').next().unwrap())
        }),
        ("the other's claims", {
            let claims = other.token().split('.').nth(1).unwrap();
            format!("{}.{claims}.{}", parts[0], parts[2])
        }),
        ("no JSON", signed("x", "y", SECRET)),
        ("a list", signed(&good.header.to_string(), "[1]", SECRET)),
        ("a megabyte", "A".repeat(1 << 20)),
        ("a megabyte of claims", good.with("note", &json!("A".repeat(1 << 20)))),
        ("a megabyte of dots", ".".repeat(1 << 20)),
        ("a refresh token", good.pair["refresh_token"].as_str().unwrap().to_owned()),
    ];
    texts.into_iter().map(|(what, text)| (what.to_owned(), text)).collect()
}

#[tokio::test]
async fn forged_and_bent_tokens_count_for_nothing() {
    let shop = TestApp::new();
    let (good, other) = (Parted::of(&shop, "ann").await, Parted::of(&shop, "bob").await);
    let untouched = signed(&good.header.to_string(), &good.claims.to_string(), SECRET);
    shop.bearer(&untouched).get("/cart/view").await.ok(200);
    let bad = [
        of_other_algorithms_and_keys(&good),
        with_odd_headers(&good),
        with_bent_claims(&good, &other),
        rubbish(&good, &other),
    ];
    for (what, token) in bad.concat() {
        counts_for_nothing(&shop, &what, &token).await;
    }
    // None of it ended the session of the good one.
    shop.bearer(good.token()).get("/cart/view").await.ok(200);
}

#[tokio::test]
async fn a_role_in_a_token_gives_nothing() {
    let shop = TestApp::new();
    let good = Parted::of(&shop, "ann").await;
    let forged = good.with("role", &json!("admin"));
    shop.bearer(&forged).get("/users").await.refused(403, "forbidden");
}

#[tokio::test]
async fn time_has_a_leeway_of_half_a_minute() {
    let shop = TestApp::new();
    let good = Parted::of(&shop, "ann").await;
    let start = good.claims["nbf"].as_i64().unwrap();
    // `iat` and `nbf` are one time in our tokens.
    let shifted = |begin: i64, end: i64| {
        let mut claims = good.claims.clone();
        (claims["nbf"], claims["iat"]) = (json!(begin), json!(begin));
        claims["exp"] = json!(end);
        signed(&good.header.to_string(), &claims.to_string(), SECRET)
    };
    for (begin, end, status) in [
        (start, start + 900, 200),
        (start - 900, start - 29, 200),
        (start - 900, start - 30, 401),
        (start + 30, start + 900, 200),
        (start + 31, start + 900, 401),
        (start + 900, start, 401),
    ] {
        let answer = shop.bearer(&shifted(begin, end)).get("/cart/view").await;
        assert_eq!(answer.status, status, "{} to {}", begin - start, end - start);
    }
}

#[tokio::test]
async fn an_access_token_does_not_refresh() {
    let shop = TestApp::new();
    let good = Parted::of(&shop, "ann").await;
    let body = json!({"refresh_token": good.pair["access_token"]});
    shop.anonymous().post("/auth/refresh", body).await.refused(401, "invalid-refresh-token");
    let cookie = format!("refresh_token_cookie={}", good.token());
    let browser = shop.anonymous().with("cookie", &cookie);
    browser.send("POST", "/auth/refresh", "").await.refused(401, "invalid-refresh-token");
    for odd in [json!(""), json!("x".repeat(1 << 19)), json!("\u{0}"), json!("é".repeat(22))] {
        let body = json!({ "refresh_token": odd });
        shop.anonymous().post("/auth/refresh", body).await.refused(401, "invalid-refresh-token");
    }
    let number = json!({"refresh_token": 7});
    shop.anonymous().post("/auth/refresh", number).await.names("refresh_token");
    let twice = r#"{"refresh_token":"a","refresh_token":"b"}"#;
    shop.anonymous().send("POST", "/auth/refresh", twice).await.names("refresh_token");
    // It still refreshes with the right one.
    let body = json!({"refresh_token": good.pair["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await.ok(200);
}

#[tokio::test]
async fn what_ends_sessions_ends_both_tokens_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse().unwrap());
    let options = Options { create: true, ..Options::default() };
    let (mut ended, bystander);
    {
        let store = Store::open(&path, options).unwrap();
        let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
        let admin = shop.admin().await;
        bystander = Parted::of(&shop, "zoe").await.pair;
        ended = Vec::new();
        for (name, patch) in [
            ("password", json!({"password": "battery staple"})),
            ("disable", json!({"disabled": true})),
            ("role", json!({"role": "staff"})),
            ("role-and-back", json!({"role": "staff"})),
        ] {
            let pair = Parted::of(&shop, name).await.pair;
            admin.patch(&format!("/users/{name}"), patch).await.ok(200);
            ended.push((name, pair));
        }
        // What was taken back does not bring back the tokens.
        admin.patch("/users/role-and-back", json!({"role": "customer"})).await.ok(200);
        admin.patch("/users/disable", json!({"disabled": false})).await.ok(200);
        let pair = Parted::of(&shop, "delete").await.pair;
        admin.delete("/users/delete").await.ok(200);
        ended.push(("delete", pair));
        let pair = Parted::of(&shop, "logout").await.pair;
        let body = json!({"refresh_token": pair["refresh_token"]});
        shop.anonymous().post("/auth/logout", body).await.ok(200);
        ended.push(("logout", pair));
        let pair = Parted::of(&shop, "reuse").await.pair;
        let body = json!({"refresh_token": pair["refresh_token"]});
        let next = shop.anonymous().post("/auth/refresh", body.clone()).await.ok(200);
        shop.wait(11);
        shop.anonymous().post("/auth/refresh", body).await.refused(401, "invalid-refresh-token");
        ended.extend([("reuse", pair), ("reuse, successor", next)]);
        let there = Parted::of(&shop, "change").await.pair;
        let login = json!({"username": "change", "password": PASSWORD});
        let here = shop.anonymous().post("/auth/login", login).await.ok(200);
        let body = json!({"old_password": PASSWORD, "new_password": "battery staple"});
        let change = shop.bearer(here["token"].as_str().unwrap());
        change.post("/auth/change-password", body).await.ok(200);
        change.get("/cart/view").await.ok(200);
        ended.push(("change", there));
        all_dead(&shop, &ended).await;
        shop.bearer(bystander["token"].as_str().unwrap()).get("/cart/view").await.ok(200);
        let body = json!({"refresh_token": here["refresh_token"]});
        let next = shop.anonymous().post("/auth/refresh", body).await.ok(200);
        shop.bearer(next["token"].as_str().unwrap()).get("/cart/view").await.ok(200);
        drop(shop);
        store.close();
    }
    let store = Store::open(&path, options).unwrap();
    let shop = TestApp::of(Parts { store, clock });
    all_dead(&shop, &ended).await;
    shop.bearer(bystander["token"].as_str().unwrap()).get("/cart/view").await.ok(200);
    let body = json!({"refresh_token": bystander["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await.ok(200);
}

async fn all_dead(shop: &TestApp, ended: &[(&str, Value)]) {
    for (what, pair) in ended {
        let token = pair["access_token"].as_str().unwrap();
        let answer = shop.bearer(token).get("/cart/view").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        let body = json!({"refresh_token": pair["refresh_token"]});
        let answer = shop.anonymous().post("/auth/refresh", body.clone()).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        // It was ours all the same.
        shop.anonymous().post("/auth/logout", body).await.ok(200);
        shop.bearer(token).send("POST", "/auth/logout", "").await.ok(200);
    }
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_pair_lives() {
    let shop = TestApp::new();
    let good = Parted::of(&shop, "ann").await;
    let body = json!({"refresh_token": good.pair["refresh_token"]});
    let (one, other) = (shop.anonymous(), shop.anonymous());
    let (one, other) = tokio::join!(
        one.post("/auth/refresh", body.clone()),
        other.post("/auth/refresh", body.clone())
    );
    let pairs = [one.ok(200), other.ok(200)];
    let mut alive = Vec::new();
    for pair in &pairs {
        let token = pair["access_token"].as_str().unwrap();
        if shop.bearer(token).get("/cart/view").await.status == 200 {
            alive.push(pair.clone());
        }
    }
    assert_eq!(alive.len(), 1, "the first answer counts as lost");
    // The token from before lives to its own end.
    shop.bearer(good.token()).get("/cart/view").await.ok(200);
    let body = json!({"refresh_token": alive[0]["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await.ok(200);
}

#[tokio::test]
async fn after_many_lost_answers_only_what_was_received_lives() {
    let shop = TestApp::new();
    let mut pair = Parted::of(&shop, "ann").await.pair;
    let (mut received, mut lost) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let body = json!({"refresh_token": pair["refresh_token"]});
        lost.push(shop.anonymous().post("/auth/refresh", body.clone()).await.ok(200));
        let next = shop.anonymous().post("/auth/refresh", body).await.ok(200);
        received.push(std::mem::replace(&mut pair, next));
    }
    for pair in &lost {
        let token = pair["access_token"].as_str().unwrap();
        shop.bearer(token).get("/cart/view").await.refused(401, "session-ended");
    }
    for pair in received.iter().rev().take(1).chain([&pair]) {
        shop.bearer(pair["access_token"].as_str().unwrap()).get("/cart/view").await.ok(200);
    }
    // A lost refresh token that turns up after all is somebody else's.
    let body = json!({"refresh_token": lost[3]["refresh_token"]});
    shop.anonymous().post("/auth/refresh", body).await.refused(401, "invalid-refresh-token");
    shop.bearer(pair["access_token"].as_str().unwrap()).get("/cart/view").await.ok(401);
}
