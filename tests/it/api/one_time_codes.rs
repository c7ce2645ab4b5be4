//! One-time codes: sent, tried, counted, spent.

use serde_json::json;

use crate::support::{Answer, Client, Parts, Phones, TestApp};

const NUMBER: &str = "+49 176 04069003";

async fn ask(client: &Client, number: &str) -> Answer {
    client.post("/auth/verify_mobile", json!({"mobile_number": number})).await
}

async fn bring(client: &Client, number: &str, code: &str) -> Answer {
    client.post("/auth/verify_otp", json!({"mobile_number": number, "otp": code})).await
}

/// A code that is not this one.
fn other(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

#[tokio::test]
async fn a_number_signs_up_and_in_by_code() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    let sent = ask(&anyone, NUMBER).await;
    let text = sent.text.clone();
    let sent = sent.ok(200);
    assert_eq!(sent["message"], format!("OTP sent to {NUMBER}"));
    assert_eq!(sent["expires_in"], 300);
    let message = phones.last();
    assert_eq!((message.mobile_number.as_str(), message.e164.as_str()), (NUMBER, "+4917604069003"));
    assert_eq!(message.expires_at, "2026-11-20T12:05:00Z".parse().unwrap());
    assert!(!text.contains(&phones.code()), "{text}");
    let users = shop.admin().await;
    assert_eq!(
        users.get("/users").await.header("x-total-count"),
        "1",
        "no account before the code"
    );
    // Any form of the number is the number.
    let answer = bring(&anyone, "0176/0406 9003", &phones.code()).await;
    assert!(answer.header("set-cookie").contains("access_token_cookie="));
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.ok(200);
    assert_eq!(body["is_profile_complete"], false);
    assert_eq!(body["user_id"], body["user"]["id"]);
    assert_eq!(body["token"], body["access_token"]);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["user"]["role"], "customer");
    assert_eq!(body["user"]["mobile_number"], "+4917604069003");
    assert_eq!(body["user"]["mobile_verified"], true);
    let username = body["user"]["username"].as_str().unwrap();
    assert!(username.starts_with("shopper-") && !username.contains("4069003"), "{username}");
    let shopper = shop.bearer(body["access_token"].as_str().unwrap());
    shopper.get("/auth/check").await.ok(200);
    let refresh = json!({"refresh_token": body["refresh_token"]});
    anyone.post("/auth/refresh", refresh).await.ok(200);
    // The same number is the same account.
    shop.wait(31);
    ask(&anyone, "0049 (0)176 04069003").await.ok(200);
    let again = bring(&anyone, NUMBER, &phones.code()).await.ok(200);
    assert_eq!(again["user_id"], body["user_id"]);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    ask(&anyone, NUMBER).await.ok(200);
    bring(&anyone, NUMBER, &phones.code()).await.ok(200);
    bring(&anyone, NUMBER, &phones.code()).await.refused(400, "invalid-code");
    shop.wait(31);
    ask(&anyone, NUMBER).await.ok(200);
    shop.wait(300);
    bring(&anyone, NUMBER, &phones.code()).await.refused(400, "invalid-code");
    ask(&anyone, NUMBER).await.ok(200);
    bring(&anyone, "+49 176 04069004", &phones.code()).await.refused(400, "invalid-code");
    bring(&anyone, NUMBER, &phones.code()).await.ok(200);
}

#[tokio::test]
async fn a_new_code_replaces_the_old_one_and_has_to_wait() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    ask(&anyone, NUMBER).await.ok(200);
    let first = phones.code();
    shop.wait(10);
    let early = ask(&anyone, "017604069003").await;
    assert_eq!(early.header("retry-after"), "20");
    early.refused(429, "too-many-attempts");
    assert_eq!(phones.count(), 1);
    ask(&anyone, "+49 176 04069004").await.ok(200);
    shop.wait(20);
    ask(&anyone, NUMBER).await.ok(200);
    let second = phones.code();
    if first != second {
        bring(&anyone, NUMBER, &first).await.refused(400, "invalid-code");
    }
    bring(&anyone, NUMBER, &second).await.ok(200);
}

#[tokio::test]
async fn guessing_kills_the_code_and_is_slowed_down() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    ask(&anyone, NUMBER).await.ok(200);
    let code = phones.code();
    for _ in 0..5 {
        bring(&anyone, NUMBER, other(&code)).await.refused(400, "invalid-code");
    }
    let slowed = bring(&anyone, NUMBER, &code).await;
    assert_eq!(slowed.header("retry-after"), "1");
    slowed.refused(429, "too-many-attempts");
    shop.wait(1);
    bring(&anyone, NUMBER, &code).await.refused(400, "invalid-code");
    // Four tries leave a code good.
    shop.wait(30);
    ask(&anyone, "017604069004").await.ok(200);
    for wrong in ["", "1", "12345x", "1234567"] {
        bring(&anyone, "017604069004", wrong).await.refused(400, "invalid-code");
    }
    bring(&anyone, "017604069004", &phones.code()).await.ok(200);
}

#[tokio::test]
async fn parallel_guesses_are_counted_one_by_one() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    ask(&anyone, NUMBER).await.ok(200);
    let code = phones.code();
    let guesses = (0..64).map(|_| bring(&anyone, NUMBER, other(&code)));
    for answer in futures_util::future::join_all(guesses).await {
        assert!(matches!(answer.status, 400 | 429), "{}", answer.text);
    }
    shop.wait(60);
    // However many of them were let through: the code is spent, or the number has rest by now.
    let late = bring(&anyone, NUMBER, &code).await;
    assert!(matches!(late.status, 400 | 429), "{}", late.text);
}

#[tokio::test]
async fn twenty_failures_lock_a_number_for_a_day_through_restarts() {
    let Parts { store, clock } = Parts::default();
    let parts = || Parts { store: store.clone(), clock: clock.clone() };
    let mut shop = TestApp::of(parts());
    let mut phones = Phones::of(&shop.app);
    for round in 0..4 {
        ask(&shop.anonymous(), NUMBER).await.ok(200);
        let code = phones.code();
        for _ in 0..5 {
            bring(&shop.anonymous(), NUMBER, other(&code)).await.refused(400, "invalid-code");
            shop.wait(31);
        }
        if round == 1 {
            shop = TestApp::of(parts());
            phones = Phones::of(&shop.app);
        }
    }
    shop.wait(3600);
    let locked = bring(&shop.anonymous(), NUMBER, "123456").await;
    assert_eq!(locked.header("retry-after"), (24 * 3600 - 20 * 31 - 3600).to_string());
    locked.refused(429, "too-many-attempts");
    ask(&shop.anonymous(), NUMBER).await.refused(429, "too-many-attempts");
    // Others are not concerned, and the next day begins anew.
    ask(&shop.anonymous(), "017604069004").await.ok(200);
    shop.wait(24 * 3600);
    while shop.app.prune().await.unwrap() {}
    ask(&shop.anonymous(), NUMBER).await.ok(200);
    bring(&shop.anonymous(), NUMBER, &phones.code()).await.ok(200);
}

#[tokio::test]
async fn a_code_outlives_a_restart() {
    let Parts { store, clock } = Parts::default();
    let shop = TestApp::of(Parts { store: store.clone(), clock: clock.clone() });
    let phones = Phones::of(&shop.app);
    ask(&shop.anonymous(), NUMBER).await.ok(200);
    let restarted = TestApp::of(Parts { store, clock });
    Phones::of(&restarted.app);
    ask(&restarted.anonymous(), NUMBER).await.refused(429, "too-many-attempts");
    bring(&restarted.anonymous(), NUMBER, &phones.code()).await.ok(200);
}

#[tokio::test]
async fn known_and_unknown_numbers_get_the_same_answer() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    let admin = shop.admin().await;
    for (name, role, number) in
        [("ann", "customer", "017604069001"), ("sam", "staff", "017604069002")]
    {
        let body = json!({
            "username": name, "password": "correct horse", "role": role, "mobile_number": number,
        });
        admin.post("/users", body).await.ok(201);
    }
    let mut headers = None;
    for number in ["017604069001", "017604069002", "017604069003"] {
        let mut answer = ask(&anyone, number).await;
        answer.headers.remove("x-request-id");
        let length = answer.headers.remove("content-length").unwrap();
        assert_eq!(length.to_str().unwrap(), answer.text.len().to_string());
        let first = headers.get_or_insert_with(|| answer.headers.clone());
        assert_eq!(*first, answer.headers);
        let expected = json!({"message": format!("OTP sent to {number}"), "expires_in": 300});
        assert_eq!(answer.ok(200), expected);
        let wrong = bring(&anyone, number, other(&phones.code())).await;
        wrong.refused(400, "invalid-code");
    }
    let never_asked = bring(&anyone, "017604069009", "123456").await;
    never_asked.refused(400, "invalid-code");
}

#[tokio::test]
async fn what_is_no_number_or_no_code_changes_nothing() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    for number in
        ["", "112", "Ann", "+", "0176\r\nX: 1", "+49176040690031234567", &"1".repeat(1000)]
    {
        ask(&anyone, number).await.names("mobile_number");
        bring(&anyone, number, "123456").await.names("mobile_number");
    }
    for (body, field) in [
        (json!({"mobile_number": 9_876_543_210_u64}), "mobile_number"),
        (json!({"mobile_number": null}), "mobile_number"),
        (json!({}), "mobile_number"),
        (json!({"mobile_number": NUMBER, "otp": "123456"}), "otp"),
    ] {
        anyone.post("/auth/verify_mobile", body).await.names(field);
    }
    for otp in [json!(123_456), json!(null), json!(["123456"]), json!(true)] {
        let body = json!({"mobile_number": NUMBER, "otp": otp});
        anyone.post("/auth/verify_otp", body).await.names("otp");
    }
    assert_eq!(phones.count(), 0);
    // The older system's sample is completed with the shop's country.
    ask(&anyone, "9876543210").await.ok(200);
    assert_eq!(phones.last().e164.as_str(), "+499876543210");
}

#[tokio::test]
async fn a_code_that_cannot_leave_is_503() {
    #[derive(Debug)]
    struct Broken;
    impl cartwright::app::one_time_codes::CodeChannel for Broken {
        fn deliver(
            &self,
            _: cartwright::app::one_time_codes::CodeMessage,
        ) -> Result<(), cartwright::app::one_time_codes::NotDelivered> {
            Err(cartwright::app::one_time_codes::NotDelivered("the disk is full: /secret".into()))
        }
    }
    let shop = TestApp::new();
    shop.app.send_codes_by(std::sync::Arc::new(Broken));
    let refused = ask(&shop.anonymous(), NUMBER).await.refused(503, "code-not-sent");
    assert!(!refused.to_string().contains("secret"), "{refused}");
}

#[tokio::test]
async fn numbers_without_a_code_leave_no_trace() {
    let shop = TestApp::new();
    for n in 0..20 {
        let number = format!("+49176040{n:05}");
        bring(&shop.anonymous(), &number, "123456").await.refused(400, "invalid-code");
    }
    let tables = shop.store.read(|tx| {
        use cartwright::storage::Reader;
        tx.len(cartwright::storage::tables::OTP_BY_NUMBER)
    });
    assert_eq!(tables.unwrap(), 0);
}

#[tokio::test]
async fn counters_are_forgotten_when_they_count_no_more() {
    let shop = TestApp::new();
    Phones::of(&shop.app);
    ask(&shop.anonymous(), NUMBER).await.ok(200);
    let rows = || {
        shop.store.read(|tx| {
            use cartwright::storage::{Reader, tables};
            Ok::<_, cartwright::storage::Error>((
                tx.len(tables::OTP_BY_NUMBER)?,
                tx.len(tables::OTP_BY_TIME)?,
            ))
        })
    };
    shop.wait(24 * 3600 - 1);
    shop.app.prune().await.unwrap();
    assert_eq!(rows().unwrap(), (1, 1));
    ask(&shop.anonymous(), NUMBER).await.ok(200);
    assert_eq!(rows().unwrap(), (1, 1));
    shop.wait(1);
    shop.app.prune().await.unwrap();
    assert_eq!(rows().unwrap(), (1, 1), "the code of a second ago is still good");
    shop.wait(300);
    shop.app.prune().await.unwrap();
    assert_eq!(rows().unwrap(), (0, 0));
}

#[tokio::test]
async fn a_code_that_was_refused_uses_nothing_up() {
    let shop = TestApp::new();
    let (anyone, phones) = (shop.anonymous(), Phones::of(&shop.app));
    ask(&anyone, NUMBER).await.ok(200);
    for _ in 0..1_100 {
        ask(&anyone, NUMBER).await.refused(429, "too-many-attempts");
    }
    ask(&anyone, "017604069004").await.ok(200);
    bring(&anyone, "017604069004", &phones.code()).await.ok(200);
}
