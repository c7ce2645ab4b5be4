//! Accounts: the first admin, sign-up, and what admins do to the others.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn signing_up_signs_in() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    let body = json!({"username": "Ann", "email": "Ann@example.org", "password": "securepassword"});
    let answer = anyone.post("/auth/signup", body).await;
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
    for name in ["access_token_cookie=", "refresh_token_cookie="] {
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).unwrap();
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    let body = answer.ok(201);
    assert_eq!(body["message"], "User registered successfully!");
    assert_eq!((&body["token"], &body["token_type"]), (&body["access_token"], &json!("Bearer")));
    assert_eq!(
        (&body["user"]["username"], &body["user"]["role"]),
        (&json!("ann"), &json!("customer"))
    );
    assert!(!body.to_string().contains("hash"), "{body}");
    let token = body["access_token"].as_str().unwrap();
    let check = shop.bearer(token).get("/auth/check").await.ok(200);
    assert_eq!((&check["logged_in"], &check["user"]["username"]), (&json!(true), &json!("ann")));
    let none = shop.anonymous().get("/auth/check").await.refused(401, "not-signed-in");
    assert_eq!(none["logged_in"], false);
}

#[tokio::test]
async fn sign_up_has_rules() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    let password = "correct horse";
    for (field, body) in [
        ("username", json!({"username": "an", "password": password})),
        ("username", json!({"username": "123", "password": password})),
        ("username", json!({"username": "a@b", "password": password})),
        ("username", json!({"username": "a".repeat(33), "password": password})),
        ("username", json!({"password": password})),
        ("email", json!({"email": "ann", "password": password})),
        ("password", json!({"username": "ann"})),
        ("password", json!({"username": "ann", "password": "short"})),
        ("password", json!({"username": "ann", "password": "x".repeat(129)})),
        ("password", json!({"username": "ann", "password": "password123"})),
        ("colour", json!({"username": "ann", "password": password, "colour": 1})),
    ] {
        anyone.post("/auth/signup", body).await.names(field);
    }
    for role in ["admin", "staff", "Admin", ""] {
        let body = json!({"username": "ann", "password": password, "role": role});
        anyone.post("/register", body).await.refused(403, "role-not-allowed");
    }
    for (name, role) in [("ann", "customer"), ("bob", "user")] {
        let body = json!({"username": name, "password": password, "role": role});
        assert_eq!(anyone.post("/signup", body).await.ok(201)["user"]["role"], "customer");
    }
    let taken = json!({"username": "ANN", "password": password});
    anyone.post("/auth/register", taken).await.refused(409, "username-taken");
    let first = json!({"email": "Cat@example.org", "password": password});
    assert_eq!(anyone.post("/auth/signup", first).await.ok(201)["user"]["username"], "cat");
    let taken = json!({"username": "dog", "email": "cat@EXAMPLE.org", "password": password});
    anyone.post("/auth/signup", taken).await.refused(409, "email-taken");
}

#[tokio::test]
async fn the_first_admin_needs_the_setup_token() {
    let shop = TestApp::new();
    let anyone = shop.anonymous();
    let body =
        |token: &str| json!({"token": token, "username": "owner", "password": "correct horse"});
    anyone.post("/setup", body("AAAA-BBBB-CCCC-DDDD-EEEE")).await.refused(403, "wrong-setup-token");
    anyone.post("/setup", body("")).await.refused(403, "wrong-setup-token");
    assert_eq!(anyone.get("/setup").await.ok(200)["needed"], true);
    let made = anyone.post("/setup", body(shop.setup_token.expose())).await.ok(201);
    assert_eq!(made["user"]["role"], "admin");
    shop.bearer(made["access_token"].as_str().unwrap()).get("/users").await.ok(200);
    let again = anyone.post("/setup", body(shop.setup_token.expose())).await;
    again.refused(409, "already-set-up");
    assert_eq!(anyone.get("/setup").await.ok(200)["needed"], false);
}

#[tokio::test]
async fn admins_keep_the_accounts() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let body = json!({"username": "sam", "password": "correct horse", "role": "staff"});
    let sam = admin.post("/users", body).await.ok(201);
    assert_eq!(sam["role"], "staff");
    let listed = admin.get("/users").await;
    assert_eq!(listed.header("x-total-count"), "2");
    for path in ["/users/sam".to_owned(), format!("/users/{}", sam["id"])] {
        assert_eq!(admin.get(&path).await.ok(200)["username"], "sam");
    }
    assert_eq!(admin.patch("/users/sam", json!({"name": "Sam"})).await.ok(200)["name"], "Sam");
    admin.patch("/users/sam", json!({"role": "king"})).await.names("role");
    admin.patch("/users/nobody", json!({"name": "X"})).await.refused(404, "not-found");
    for body in [json!({"role": "staff"}), json!({"disabled": true})] {
        admin.patch("/users/admin", body).await.refused(409, "last-admin");
    }
    admin.delete("/users/admin").await.refused(409, "last-admin");
    assert!(admin.delete("/users/sam").await.ok(200)["message"].is_string());
    admin.get("/users/sam").await.refused(404, "not-found");
}

#[tokio::test]
async fn people_see_their_own_account_only() {
    let shop = TestApp::new();
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    assert_eq!(ann.get("/users/ann").await.ok(200)["id"], ann.id);
    ann.get(&format!("/users/{}", ann.id)).await.ok(200);
    ann.get(&format!("/users/{}", bob.id)).await.refused(403, "not-yours");
    ann.get("/users/999").await.refused(403, "not-yours");
    ann.get("/users/nobody").await.refused(403, "not-yours");
}

#[tokio::test]
async fn orders_outlive_their_account() {
    let shop = TestApp::new();
    let (admin, ann) = (shop.admin().await, shop.customer("ann").await);
    let milk = shop.milk(&admin).await;
    ann.post("/cart/add", json!({"product_id": milk})).await.ok(200);
    let id = ann.send("POST", "/checkout", "").await.ok(201)["order_id"].clone();
    admin.delete("/users/ann").await.ok(200);
    assert_eq!(ann.get("/cart/view").await.status, 401);
    admin.get(&format!("/orders/{id}")).await.ok(200);
    admin.get("/carts").await.ok(200);
}

#[tokio::test]
async fn a_disabled_account_is_refused_everywhere() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let login = json!({"username": "ann", "password": "correct horse"});
    let pair = shop.anonymous().post("/auth/signup", login.clone()).await.ok(201);
    let ann = shop.bearer(pair["access_token"].as_str().unwrap());
    admin.patch("/users/ann", json!({"disabled": true})).await.ok(200);
    assert_eq!(ann.get("/cart/view").await.status, 401);
    assert_eq!(ann.get("/auth/check").await.status, 401);
    let refresh = json!({"refresh_token": pair["refresh_token"]});
    assert_eq!(shop.anonymous().post("/auth/refresh", refresh).await.status, 401);
    assert_eq!(shop.anonymous().post("/auth/login", login.clone()).await.status, 401);
    admin.patch("/users/ann", json!({"disabled": false})).await.ok(200);
    assert_eq!(ann.get("/cart/view").await.status, 401, "old tokens stay dead");
    shop.anonymous().post("/auth/login", login).await.ok(200);
}

#[tokio::test]
async fn a_changed_role_ends_the_sessions_of_the_old_one() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let staff = shop.staff().await;
    admin.patch("/users/staff", json!({"role": "customer"})).await.ok(200);
    assert_eq!(staff.get("/orders").await.status, 401);
}

#[tokio::test]
async fn an_account_can_be_sent_back_and_its_fields_cleared() {
    let shop = TestApp::new();
    let admin = shop.admin().await;
    let ann = json!({
        "username": "ann", "email": "ann@example.org", "name": "Ann", "password": "correct horse",
        "mobile_number": "017604069003", "disabled": true, "mobile_verified": true,
    });
    let ann = admin.post("/users", ann).await.ok(201);
    assert_eq!((&ann["disabled"], &ann["mobile_verified"]), (&json!(true), &json!(false)));
    let login = json!({"username": "ann", "password": "correct horse"});
    shop.anonymous().post("/auth/login", login).await.refused(401, "wrong-credentials");
    for body in [ann.clone(), json!({}), json!({"username": "Ann", "id": 99})] {
        assert_eq!(admin.patch("/users/ann", body).await.ok(200), ann);
    }
    for body in [json!({"username": "bob", "name": "Bob"}), json!({"username": ""})] {
        admin.patch("/users/ann", body).await.names("username");
    }
    let body = json!({"email": null, "name": null, "mobile_number": null, "disabled": false});
    let cleared = admin.patch("/users/ann", body).await.ok(200);
    for member in ["email", "name", "mobile_number"] {
        assert!(cleared[member].is_null(), "{member}");
    }
    assert_eq!(cleared["disabled"], false);
    assert_eq!(admin.patch("/users/ann", cleared.clone()).await.ok(200), cleared);
    let body = json!({"username": "eve", "email": "ann@example.org", "password": "correct horse"});
    shop.anonymous().post("/auth/signup", body.clone()).await.ok(201);
    shop.anonymous().post("/auth/signup", body).await.refused(409, "email-taken");
}
