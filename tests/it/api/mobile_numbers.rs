//! Whose a mobile number is: linking, changing, and what somebody else left behind.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Phones, TestApp};

const PASSWORD: &str = "correct horse";

struct Scene {
    shop: TestApp,
    phones: Phones,
    admin: Client,
}

impl Scene {
    async fn new() -> Self {
        let shop = TestApp::new();
        let (phones, admin) = (Phones::of(&shop.app), shop.admin().await);
        Self { shop, phones, admin }
    }

    /// Whoever has this number, with or without a session, brings its code back.
    async fn verify(&self, client: &Client, number: &str) -> Answer {
        self.shop.wait(31);
        let asked = json!({"mobile_number": number});
        self.shop.anonymous().post("/auth/verify_mobile", asked).await.ok(200);
        self.bring(client, number).await
    }

    async fn bring(&self, client: &Client, number: &str) -> Answer {
        let code = self.phones.code();
        client.post("/auth/verify_otp", json!({"mobile_number": number, "otp": code})).await
    }

    /// A customer by number.
    async fn by_number(&self, number: &str) -> (Client, Value) {
        let body = self.verify(&self.shop.anonymous(), number).await.ok(200);
        (self.shop.bearer(body["access_token"].as_str().unwrap()), body)
    }

    /// An account with this number on the admin's word.
    async fn claimed(&self, name: &str, role: &str, number: &str) -> Value {
        let body = json!({
            "username": name, "password": PASSWORD, "role": role, "mobile_number": number,
            "email": format!("{name}@example.org"), "name": name,
        });
        self.admin.post("/users", body).await.ok(201)
    }

    async fn sign_in(&self, name: &str) -> Answer {
        let body = json!({"username": name, "password": PASSWORD});
        self.shop.anonymous().post("/auth/login", body).await
    }
}

#[tokio::test]
async fn what_a_pre_registered_account_left_behind_is_gone() {
    let it = Scene::new().await;
    let made = it.claimed("ann", "customer", "0176 04069001").await;
    assert_eq!(made["mobile_number"], "+4917604069001");
    assert_eq!(made["mobile_verified"], false);
    // Somebody signs in by the password, fills the cart and takes a trolley.
    let planted = it.sign_in("ann").await.ok(200);
    let old = it.shop.bearer(planted["access_token"].as_str().unwrap());
    let milk = it.shop.milk(&it.admin).await;
    old.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    old.post("/user/checklist/add", json!({"product_id": milk, "quantity": 1})).await.ok(200);
    let (device, cart_code) = it.shop.device_with_code().await;
    old.post("/cart/connect", json!({"cart_code": cart_code})).await.ok(200);
    let ends = it.shop.app.session_ends();
    // The number's owner comes.
    let (new, body) = it.by_number("017604069001").await;
    assert_eq!(body["user_id"], made["id"]);
    assert_eq!(body["is_profile_complete"], true);
    assert!(ends.has_changed().unwrap(), "live connections are told");
    assert_eq!(old.get("/auth/check").await.status, 401);
    let refresh = json!({"refresh_token": planted["refresh_token"]});
    it.shop.anonymous().post("/auth/refresh", refresh).await.refused(401, "invalid-refresh-token");
    it.sign_in("ann").await.refused(401, "wrong-credentials");
    let by_email = json!({"email": "ann@example.org", "password": PASSWORD});
    let by_email = it.shop.anonymous().post("/auth/login", by_email).await;
    by_email.refused(401, "wrong-credentials");
    assert_eq!(new.get("/cart/view").await.ok(200)["item_count"], 0);
    assert_eq!(new.get("/user/checklist").await.ok(200)["items"], json!([]));
    let beat = device.send("POST", "/cart/esp32/heartbeat", "{}").await.ok(200);
    assert_eq!(beat["paired"], false);
    // From now on it is an account like any other: nothing ends when its number comes again.
    let (_, again) = it.by_number("017604069001").await;
    assert_eq!(again["user_id"], made["id"]);
    new.get("/auth/check").await.ok(200);
}

#[tokio::test]
async fn who_is_signed_in_and_verifies_the_number_keeps_the_password() {
    let it = Scene::new().await;
    it.claimed("ann", "customer", "017604069001").await;
    let (one, other) = (it.sign_in("ann").await.ok(200), it.sign_in("ann").await.ok(200));
    let one = it.shop.bearer(one["access_token"].as_str().unwrap());
    let other = it.shop.bearer(other["access_token"].as_str().unwrap());
    let body = it.verify(&one, "017604069001").await.ok(200);
    assert_eq!(body["user"]["username"], "ann");
    assert_eq!(body["user"]["mobile_verified"], true);
    one.get("/auth/check").await.ok(200);
    assert_eq!(other.get("/auth/check").await.status, 401, "the other session ended");
    it.shop.bearer(body["access_token"].as_str().unwrap()).get("/auth/check").await.ok(200);
    it.sign_in("ann").await.ok(200);
}

#[tokio::test]
async fn a_signed_in_shopper_changes_their_number() {
    let it = Scene::new().await;
    let (ann, before) = it.by_number("017604069001").await;
    let (_, bob) = it.by_number("017604069002").await;
    let after = it.verify(&ann, "017604069003").await.ok(200);
    assert_eq!(after["user_id"], before["user_id"]);
    assert_eq!(after["user"]["mobile_number"], "+4917604069003");
    ann.get("/auth/check").await.ok(200);
    // The old number is free: whoever has it now is somebody else.
    let (_, stranger) = it.by_number("017604069001").await;
    assert_ne!(stranger["user_id"], before["user_id"]);
    // Another account's number is not given away, and its code stays good to sign in there.
    it.verify(&ann, "017604069002").await.refused(409, "number-taken");
    let signed_in = it.bring(&it.shop.anonymous(), "017604069002").await.ok(200);
    assert_eq!(signed_in["user_id"], bob["user_id"]);
    it.bring(&it.shop.anonymous(), "017604069002").await.refused(400, "invalid-code");
    it.claimed("cat", "customer", "017604069004").await;
    it.verify(&ann, "017604069004").await.refused(409, "number-taken");
    // Verifying one's own again changes nothing.
    assert_eq!(it.verify(&ann, "017604069003").await.ok(200)["user_id"], before["user_id"]);
    // A cookie is as good as a Bearer token.
    let cookie = format!("access_token_cookie={}", after["access_token"].as_str().unwrap());
    let by_cookie = it.shop.anonymous().with("cookie", &cookie);
    // From a foreign page it is none, and signs nobody in to anything else either.
    let foreign = by_cookie.with("origin", "http://evil.example");
    it.verify(&foreign, "017604069009").await.refused(403, "bad-origin");
    assert_eq!(it.verify(&by_cookie, "017604069009").await.ok(200)["user_id"], before["user_id"]);
}

#[tokio::test]
async fn codes_sign_in_customers_only() {
    let it = Scene::new().await;
    for (name, role, number) in [("sam", "staff", "017604069001"), ("eve", "admin", "017604069002")]
    {
        it.claimed(name, role, number).await;
        let anyone = it.shop.anonymous();
        let refused = it.verify(&anyone, number).await;
        assert_eq!(refused.header("set-cookie"), "");
        refused.refused(403, "customers-only");
        it.bring(&anyone, number).await.refused(400, "invalid-code");
        it.sign_in(name).await.ok(200);
    }
    // Signed in, they verify theirs like anybody, and are not opened by it.
    let own = it.verify(&it.admin, "017604069003").await.ok(200);
    assert_eq!(own["user"]["mobile_verified"], true);
    it.verify(&it.shop.anonymous(), "017604069003").await.refused(403, "customers-only");
    // Who is made staff later is signed in by password from then on.
    let (_, body) = it.by_number("017604069005").await;
    let path = format!("/users/{}", body["user_id"]);
    it.admin.patch(&path, json!({"role": "staff"})).await.ok(200);
    it.verify(&it.shop.anonymous(), "017604069005").await.refused(403, "customers-only");
}

#[tokio::test]
async fn a_disabled_account_stays_out() {
    let it = Scene::new().await;
    let (ann, body) = it.by_number("017604069001").await;
    it.admin.patch(&format!("/users/{}", body["user_id"]), json!({"disabled": true})).await.ok(200);
    assert_eq!(ann.get("/auth/check").await.status, 401);
    it.verify(&it.shop.anonymous(), "017604069001").await.refused(401, "account-disabled");
    it.claimed("bob", "customer", "017604069002").await;
    it.admin.patch("/users/bob", json!({"disabled": true})).await.ok(200);
    it.verify(&it.shop.anonymous(), "017604069002").await.refused(401, "account-disabled");
    it.admin.patch("/users/bob", json!({"disabled": false})).await.ok(200);
    it.sign_in("bob").await.ok(200);
}

#[tokio::test]
async fn admins_write_numbers_that_nobody_has_verified() {
    let it = Scene::new().await;
    let (_, ann) = it.by_number("017604069001").await;
    let bob = it.claimed("bob", "customer", "017604069002").await;
    let path = format!("/users/{}", bob["id"]);
    let taken = it.admin.patch(&path, json!({"mobile_number": "0176-04069001"})).await;
    taken.refused(409, "number-taken");
    let body = json!({
        "username": "cat", "password": PASSWORD, "mobile_number": "+4917604069001",
    });
    it.admin.post("/users", body).await.refused(409, "number-taken");
    it.admin.patch(&path, json!({"mobile_number": "nonsense"})).await.names("mobile_number");
    // The same number again leaves it verified, another one does not.
    let path = format!("/users/{}", ann["user_id"]);
    let same = it.admin.patch(&path, json!({"mobile_number": "0176 04069001"})).await.ok(200);
    assert_eq!(same["mobile_verified"], true);
    let other = it.admin.patch(&path, json!({"mobile_number": "017604069009"})).await.ok(200);
    assert_eq!(
        (&other["mobile_number"], &other["mobile_verified"]),
        (&json!("+4917604069009"), &json!(false))
    );
    let none = it.admin.patch(&path, json!({"mobile_number": ""})).await.ok(200);
    assert_eq!(none["mobile_number"], Value::Null);
    // An edited answer can be sent back.
    let mut whole = it.admin.get(&path).await.ok(200);
    whole["name"] = json!("Ann");
    whole.as_object_mut().unwrap().remove("mobile_number");
    whole.as_object_mut().unwrap().remove("email");
    it.admin.patch(&path, whole).await.ok(200);
}

#[tokio::test]
async fn two_claims_are_as_good_as_none() {
    let it = Scene::new().await;
    let ann = it.claimed("ann", "customer", "017604069001").await;
    let bob = it.claimed("bob", "customer", "+49 176 04069001").await;
    let (_, new) = it.by_number("017604069001").await;
    assert!(new["user_id"] != ann["id"] && new["user_id"] != bob["id"]);
    it.sign_in("ann").await.ok(200);
    it.sign_in("bob").await.ok(200);
    // A deleted account gives its number free.
    it.admin.delete(&format!("/users/{}", new["user_id"])).await.ok(200);
    it.admin.delete("/users/bob").await.ok(200);
    let (_, linked) = it.by_number("017604069001").await;
    assert_eq!(linked["user_id"], ann["id"]);
}

#[tokio::test]
async fn imported_numbers_are_claims_in_the_one_form() {
    let it = Scene::new().await;
    it.by_number("017604069001").await;
    let admin = cartwright::app::Admin::local();
    let import = |file: &str| {
        let options =
            cartwright::wire::import::ImportOptions { partial: true, ..Default::default() };
        it.shop.app.import_users(&admin, file.as_bytes().to_vec(), options)
    };
    let report = import(
        "username,mobile_number\nann,0176 04069001\nbob,0176 04069002\ncat,nonsense\ndog,\n",
    )
    .await
    .unwrap();
    let places: Vec<_> = report.errors.iter().map(|e| (e.line, e.field.as_str())).collect();
    assert_eq!(places, [(2, "mobile_number"), (4, "mobile_number")]);
    let bob = it.admin.get("/users/bob").await.ok(200);
    assert_eq!(
        (&bob["mobile_number"], &bob["mobile_verified"]),
        (&json!("+4917604069002"), &json!(false))
    );
    let (_, linked) = it.by_number("017604069002").await;
    assert_eq!(linked["user_id"], bob["id"]);
    // The same file again leaves the number verified.
    let report = import("username,mobile_number\nbob,004917604069002\n").await.unwrap();
    assert_eq!((report.unchanged, report.changed), (1, 0));
}
