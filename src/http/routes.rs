//! The route table: every route that there is, one row each.
//!
//! Each also answers below `/api/v1` and with a trailing slash; a GET answers HEAD. An alias is
//! the same handler under the name that an older system's clients know.

use super::devices::shapes;
use super::live::{events, socket_io, websocket};
use super::route::ParamKind::{Id, Text};
use super::route::Route;
use super::route::Who::{Admin, Anyone, Device, Shopper, ShopperOrDevice, Staff};
use super::route::{delete, get, patch, post, put};
use super::v1::{
    audit, auth, carts, checklist, classes, dashboard, devices as fleet, one_time_codes, orders,
    pairing, positions, products, profiles, promotions, sessions, settings, setup, store_map,
    transfer, users, walks,
};
use super::{devices, docs, health, metrics, openapi, postman, trust, ui, welcome};
use crate::domain::routing::RouteAnswer;
use crate::domain::store_map::StoreMap;
use crate::wire::audit::AuditEntry;
use crate::wire::cart::Cart;
use crate::wire::import::ImportReport;
use crate::wire::order::Order;
use crate::wire::product::{Movement, Product, ProductInput};
use crate::wire::promotion::{Promotion, PromotionInput};
use crate::wire::user::User;

/// All routes.
pub fn table() -> Vec<Route> {
    let areas = [
        appliance(),
        accounts(),
        mobile_accounts(),
        open_sessions(),
        catalogue(),
        promoted(),
        baskets(),
        errands(),
        placed_orders(),
        trolleys(),
        dialect(),
        accountability(),
        live_promotions(),
    ];
    areas.into_iter().flatten().chain(trusting()).collect()
}

/// The local authority, for devices that are to trust it.
fn trusting() -> Vec<Route> {
    vec![
        get("/trust", Anyone, trust::page)
            .id("showTrust")
            .summary("How phones and computers come to trust the shop's certificate: a page")
            .answers(200, "text/html"),
        get("/trust/ca.pem", Anyone, trust::pem)
            .id("findAuthorityPem")
            .summary("The local authority's certificate as PEM")
            .answers(200, "application/x-pem-file")
            .refuses(404, "https-off, own-certificate"),
        get("/trust/ca.crt", Anyone, trust::crt)
            .id("findAuthorityDer")
            .summary("The local authority's certificate as DER, for Android and computers")
            .answers(200, "application/x-x509-ca-cert")
            .refuses(404, "https-off, own-certificate"),
        get("/trust/ca.mobileconfig", Anyone, trust::mobileconfig)
            .id("findAuthorityProfile")
            .summary("The local authority's certificate as a profile, for iPhones and iPads")
            .answers(200, "application/x-apple-aspen-config")
            .refuses(404, "https-off, own-certificate"),
        get("/trust/trust.css", Anyone, trust::style).page(),
    ]
}

/// Promotions as they start: see `http::live`.
fn live_promotions() -> Vec<Route> {
    vec![
        get("/promotions/ws", Shopper, websocket::follow)
            .id("followPromotions")
            .summary("Promotions as they start, as a WebSocket")
            .about(websocket::ABOUT)
            .live()
            .websocket()
            .refuses(426, "upgrade-required"),
        get("/socket.io", Anyone, socket_io::exchange).protocol(),
        post("/socket.io", Anyone, socket_io::exchange).protocol(),
    ]
}

fn appliance() -> Vec<Route> {
    vec![
        get("/health", Anyone, health::find)
            .id("findHealth")
            .summary("Whether the appliance works, and its version and currency")
            .returns::<health::Health>(200)
            .quiet(),
        get("/metrics", Admin, metrics::find)
            .id("findMetrics")
            .summary("What the appliance counts, in the text format of Prometheus")
            .answers(200, "text/plain")
            .quiet(),
        get("/openapi.json", Anyone, openapi::find)
            .id("findOpenapi")
            .tag("docs")
            .summary("This document")
            .answers(200, "application/json"),
        get("/docs/postman.json", Anyone, postman::find)
            .id("findPostmanCollection")
            .summary("This document as a Postman collection")
            .answers(200, "application/json"),
        get("/events", Shopper, events::follow)
            .id("followEvents")
            .summary("What changes, as it changes: one's own cart and orders; the floor for staff")
            .answers(200, "text/event-stream")
            .refuses(429, "too-many-live-connections")
            .live(),
        get("/reports/dashboard", Staff, dashboard::find)
            .id("findDashboard")
            .summary("The shop at a glance")
            .returns::<dashboard::Dashboard>(200),
        get("/settings", Admin, settings::find)
            .id("findSettings")
            .summary("The owner's settings")
            .returns::<settings::Settings>(200)
            .refuses(409, "broken-settings"),
        patch("/settings", Admin, settings::update)
            .id("updateSettings")
            .summary("Change settings in config.toml; they count from the next start")
            .body::<settings::SettingsPatch>()
            .example(r#"{"time_zone":"Europe/Vienna","cors_origins":["https://shop.example"]}"#)
            .returns::<settings::Settings>(200)
            .refuses(400, "invalid-settings")
            .refuses(409, "setting-overridden, broken-settings, currency-in-use")
            .refuses(503, "disk"),
        get("/map", Anyone, store_map::find)
            .id("findMap")
            .summary("The store map")
            .returns::<StoreMap>(200)
            .refuses(404, "not-found")
            .versioned(),
        put("/map", Staff, store_map::replace)
            .id("replaceMap")
            .summary("Replace the store map")
            .body::<StoreMap>()
            .example(
                r#"{"name":"Corner shop",
                    "nodes":[{"id":"door","x":0,"y":0,"kind":"entrance"},
                             {"id":"till","x":4,"y":0,"kind":"checkout"}],
                    "edges":[{"from":"door","to":"till","aisle":"A1"}],
                    "locations":[{"id":"A1-01","from":"door","to":"till","offset":2.5}]}"#,
            )
            .refuses(400, "invalid-map")
            .returns::<StoreMap>(200)
            .versioned()
            .if_match(),
        get("/misc/store-sections", Anyone, store_map::sections)
            .id("listSections")
            .summary("The sections of the shop, by name")
            .returns_list::<store_map::StoreSection>(200)
            .paged_by(store_map::SECTIONS_DEFAULT)
            .refuses(404, "not-found"),
        // Pages for people.
        get("/", Anyone, welcome::page).page(),
        get("/docs", Anyone, docs::page).page(),
        get("/docs/{file}", Anyone, docs::file).param("file", Text, "").page(),
        get("/admin", Anyone, ui::redirect).page(),
        get("/admin/", Anyone, ui::index).page(),
        get("/admin/assets/{hash}/{*path}", Anyone, ui::asset).page(),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table: each route is a row of it")]
fn accounts() -> Vec<Route> {
    vec![
        get("/setup", Anyone, ui::setup)
            .id("findSetup")
            .summary("Whether the first admin is still to be made; browsers are led to the page")
            .returns::<ui::Setup>(200)
            .answers(303, ""),
        post("/setup", Anyone, setup::create)
            .id("createFirstAdmin")
            .summary("Make the first admin")
            .body::<setup::FirstAdmin>()
            .example(r#"{"token":"K7P2-9QXD","username":"owner","password":"a quiet walk"}"#)
            .returns::<auth::TokenAnswer>(201)
            .refuses(403, "wrong-setup-token")
            .refuses(409, "already-set-up"),
        post("/auth/signup", Anyone, auth::sign_up)
            .id("signUp")
            .summary("Make an account for oneself")
            .body::<auth::SignUp>()
            .example(r#"{"username":"ann","email":"ann@example.com","password":"a quiet walk"}"#)
            .returns::<auth::TokenAnswer>(201)
            .refuses(403, "role-not-allowed")
            .refuses(409, "username-taken, email-taken")
            .alias("/auth/register")
            .alias("/register")
            .alias("/signup"),
        post("/auth/login", Anyone, auth::sign_in)
            .id("signIn")
            .summary("Sign in by password")
            .about(
                "A disabled account is refused like a wrong password. From the 6th failure on the \
                 answer is 429 for a while, and the password is not looked at.",
            )
            .body::<auth::Login>()
            .example(r#"{"username":"ann","password":"a quiet walk"}"#)
            .returns::<auth::TokenAnswer>(200)
            .refuses(401, "wrong-credentials")
            .refuses(429, "too-many-attempts")
            .alias("/login")
            .alias("/auth"),
        post("/auth/refresh", Anyone, auth::refresh)
            .id("refreshTokens")
            .summary("A new pair of tokens for a refresh token")
            .optional_body::<auth::RefreshInput>()
            .example(r#"{"refresh_token":"qk3v5V0Yw1bYt0m8Zc1d2Q"}"#)
            .optional_credential()
            .refuses(403, "bad-origin")
            .returns::<auth::TokenAnswer>(200)
            .refuses(401, "missing-refresh-token, invalid-refresh-token")
            .alias("/token/refresh"),
        post("/auth/logout", Anyone, auth::sign_out)
            .id("signOut")
            .summary("End the session of a token that we issued, be it expired")
            .optional_body::<auth::RefreshInput>()
            .example(r#"{"refresh_token":"qk3v5V0Yw1bYt0m8Zc1d2Q"}"#)
            .optional_credential()
            .refuses(403, "bad-origin")
            .returns::<auth::Message>(200)
            .refuses(401, "not-signed-in")
            .alias("/logout"),
        post("/auth/change-password", Shopper, auth::change_password)
            .id("changePassword")
            .summary("Another password; all other sessions end")
            .body::<auth::PasswordChange>()
            .example(r#"{"old_password":"a quiet walk","new_password":"a longer walk"}"#)
            .returns::<auth::Message>(200)
            .refuses(429, "too-many-attempts")
            .alias("/change-password"),
        get("/auth/check", Anyone, auth::check)
            .id("checkSession")
            .summary("Who is signed in")
            .returns::<auth::Check>(200)
            .optional_credential()
            .refuses(401, "not-signed-in"),
        post("/auth/ticket", Shopper, auth::ticket)
            .id("createTicket")
            .summary("A ticket for one live connection")
            .returns::<auth::Ticket>(201),
        get("/users", Admin, users::list)
            .id("listUsers")
            .summary("Accounts")
            .returns_list::<User>(200)
            .paged_by(users::LIST_DEFAULT),
        post("/users", Admin, users::create)
            .id("createUser")
            .summary("Make an account")
            .body::<users::NewUser>()
            .example(r#"{"username":"ben","password":"a quiet walk","role":"staff"}"#)
            .returns::<User>(201)
            .refuses(409, "username-taken, email-taken, number-taken")
            .idempotent(),
        get("/users/{user}", Shopper, users::find)
            .id("findUser")
            .summary("An account; one's own, or any for admins")
            .param("user", Text, "An id or a username")
            .returns::<User>(200)
            .refuses(403, "not-yours"),
        patch("/users/{user}", Admin, users::update)
            .id("updateUser")
            .summary("Change an account")
            .param("user", Text, "An id or a username")
            .body::<users::UserPatch>()
            .example(r#"{"name":"Ben Miller","disabled":false}"#)
            .returns::<User>(200)
            .refuses(409, "email-taken, number-taken, last-admin"),
        delete("/users/{user}", Admin, users::delete)
            .id("deleteUser")
            .summary("Remove an account; its orders stay")
            .param("user", Text, "An id or a username")
            .returns::<users::UserDeleted>(200)
            .refuses(409, "last-admin"),
    ]
}

/// Signing in by mobile number, and shoppers' own profiles.
fn mobile_accounts() -> Vec<Route> {
    vec![
        post("/auth/verify_mobile", Anyone, one_time_codes::send)
            .id("sendCode")
            .summary("Send a one-time code to a mobile number")
            .about(
                "The code leaves by the channel of the settings and is never in the answer, which \
                 is the same for every number. A new code replaces the one before.",
            )
            .body::<one_time_codes::VerifyMobile>()
            .returns::<one_time_codes::CodeSent>(200)
            .refuses(429, "too-many-attempts")
            .refuses(503, "code-not-sent"),
        post("/auth/verify_otp", Anyone, one_time_codes::verify)
            .id("signInByCode")
            .summary("Sign in by the code that came, or change one's number")
            .about(
                "Signs in the customer of the number, or makes an account for it. Five tries a \
                 code, twenty failures a day; after the fifth failure of a number, whether its \
                 code is dead or not, the next tries wait as those of passwords do (429). With \
                 anybody's access token it changes their number instead, ends their other sessions and signs in once more; a number that \
                 another account has leaves the code good. The first code of a number that an \
                 admin or an import wrote into an account ends that account's sessions and takes \
                 its password away: only who verifies the number while signed in keeps it.",
            )
            .body::<one_time_codes::VerifyOtp>()
            .returns::<one_time_codes::CodeSignedIn>(200)
            .refuses(400, "invalid-code")
            .refuses(401, "account-disabled, session-ended")
            .refuses(403, "customers-only, bad-origin")
            .refuses(409, "number-taken")
            .refuses(429, "too-many-attempts"),
        post("/auth/create_profile", Shopper, profiles::complete)
            .id("createProfile")
            .summary("Say what one is called, and what one eats")
            .about("What is left out stays as it is, null clears it; the name is required.")
            .body::<profiles::NewProfile>()
            .example(r#"{"user_name":"Dana Demo","user_foodtype_id":1}"#)
            .returns::<profiles::Profile>(200)
            .refuses(403, "role-not-allowed")
            .refuses(409, "email-taken")
            .alias("/auth/complete_profile")
            .alias("/user/create_profile"),
        get("/user/profile", Shopper, profiles::find)
            .id("findProfile")
            .summary("One's own profile")
            .returns::<profiles::Profile>(200),
        patch("/user/profile", Shopper, profiles::update)
            .id("updateProfile")
            .summary("Change one's own profile")
            .about(
                "What is left out stays as it is, null clears it. Not the mobile number: \
                 /auth/verify_mobile and /auth/verify_otp change that.",
            )
            .body::<profiles::ProfilePatch>()
            .example(r#"{"name":"Dana Demo","user_allergy_id":7}"#)
            .returns::<profiles::Profile>(200)
            .refuses(403, "role-not-allowed")
            .refuses(409, "email-taken"),
        delete("/user/profile", Shopper, profiles::delete)
            .id("deleteProfile")
            .summary("Remove one's own account for good; its orders stay")
            .about("The session is enough: an app asks its shopper once before it calls this.")
            .returns::<profiles::ProfileDeleted>(200)
            .refuses(409, "last-admin"),
        get("/misc/foodtypes-categories", Anyone, classes::list)
            .id("listFoodTypes")
            .summary("Categories of the catalogue, food types and allergens, with their numbers")
            .returns::<classes::ShopClasses>(200),
    ]
}

fn open_sessions() -> Vec<Route> {
    vec![
        get("/auth/sessions", Shopper, sessions::list)
            .id("listSessions")
            .summary("Where one is signed in, newest first; admins may name another account")
            .query::<sessions::Whose>()
            .returns_list::<sessions::Session>(200)
            .paged()
            .refuses(403, "not-yours")
            .refuses(404, "not-found"),
        delete("/auth/sessions", Shopper, sessions::end_all)
            .id("endSessions")
            .summary("Sign out everywhere, here too; admins may name another account")
            .about("The tokens of the ended sessions are dead at once, and cookies are cleared.")
            .query::<sessions::Whose>()
            .returns::<sessions::SessionsEnded>(200)
            .refuses(403, "not-yours")
            .refuses(404, "not-found"),
        delete("/auth/sessions/{id}", Shopper, sessions::end)
            .id("endSession")
            .summary("Sign out in one place")
            .param("id", Id, "A session's id; somebody else's is not found")
            .query::<sessions::Whose>()
            .returns::<sessions::SessionsEnded>(200)
            .refuses(403, "not-yours")
            .refuses(404, "not-found"),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table: each route is a row of it")]
fn catalogue() -> Vec<Route> {
    vec![
        get("/products", Anyone, products::list)
            .id("listProducts")
            .summary("Products by id, or those that match a text")
            .query::<products::ProductQuery>()
            .optional_credential()
            .returns_list::<Product>(200)
            .refuses(503, "index-building")
            .paged_by(products::LIST_DEFAULT),
        post("/products", Staff, products::create)
            .id("createProduct")
            .summary("Add a product")
            .body::<ProductInput>()
            .example(r#"{"name":"Oat Drink 1 l","price":1.79,"category":"Drinks","stock":24}"#)
            .returns::<Product>(201)
            .refuses(400, "currency-mismatch")
            .refuses(409, "sku-taken, barcode-taken, plu-taken, rfid-taken")
            .versioned()
            .idempotent(),
        get("/products/search", Anyone, products::search)
            .id("searchProducts")
            .summary("Products that match a text, with facets")
            .query::<products::ProductQuery>()
            .optional_credential()
            .returns::<products::SearchAnswer>(200)
            .refuses(503, "index-building")
            .paged(),
        get("/products/suggest", Anyone, products::suggest)
            .id("suggestProducts")
            .summary("Names that begin like a text")
            .query::<products::SuggestQuery>()
            .returns_list::<products::Suggested>(200)
            .refuses(503, "index-building"),
        get("/products/offers", Anyone, products::offers)
            .id("listOffers")
            .summary("Products that a running promotion of theirs or their category makes cheaper")
            .returns::<products::Offers>(200)
            .paged_by(products::LIST_DEFAULT),
        get("/products/barcode/{code}", Anyone, products::find_by_code)
            .id("findProductByCode")
            .summary("The product of a scanned code")
            .param("code", Text, "A GTIN, a PLU or a code with an embedded weight or price")
            .returns::<Product>(200)
            .optional_credential()
            .versioned(),
        get("/products/{id}", Anyone, products::find)
            .id("findProduct")
            .summary("A product")
            .returns::<Product>(200)
            .optional_credential()
            .versioned(),
        put("/products/{id}", Staff, products::update)
            .id("replaceProduct")
            .summary("Change the fields that are sent")
            .body::<ProductInput>()
            .example(r#"{"price":1.99,"stock":50}"#)
            .refuses(400, "currency-mismatch")
            .returns::<Product>(200)
            .refuses(409, "sku-taken, barcode-taken, plu-taken, rfid-taken")
            .versioned()
            .if_match(),
        patch("/products/{id}", Staff, products::update)
            .id("updateProduct")
            .summary("Change the fields that are sent")
            .body::<ProductInput>()
            .example(r#"{"price":1.89}"#)
            .refuses(400, "currency-mismatch")
            .returns::<Product>(200)
            .refuses(409, "sku-taken, barcode-taken, plu-taken, rfid-taken")
            .versioned()
            .if_match(),
        delete("/products/{id}", Staff, products::delete)
            .id("deleteProduct")
            .summary("Take a product out of the catalogue")
            .returns::<products::Deleted>(200)
            .if_match(),
        post("/products/import", Staff, transfer::import_products)
            .id("importProducts")
            .summary("Bring in products from CSV or NDJSON, all or nothing")
            .about("The content tells which of the two it is; the Content-Type does not matter.")
            .query::<transfer::ImportQuery>()
            .body_of(&["text/csv", "text/plain"])
            .example("sku,name,price,stock\nOAT-1,Oat Drink 1 l,1.79,24\n")
            .returns::<ImportReport>(200)
            .returns::<ImportReport>(400)
            .refuses(400, "empty-file, json-array, too-large, too-many-rows, unreadable-csv")
            .body_max_bytes(transfer::IMPORT_MAX_BYTES)
            .unbounded(),
        get("/products/export", Staff, transfer::export_products)
            .id("exportProducts")
            .summary("The catalogue as the importer reads it")
            .query::<transfer::ExportQuery>()
            .answers(200, "text/csv")
            .answers(200, "application/x-ndjson")
            .unbounded(),
        get("/products/{id}/stock-movements", Staff, products::movements)
            .id("listStockMovements")
            .summary("The stock ledger of a product, newest first")
            .returns_list::<Movement>(200)
            .paged(),
    ]
}

fn promoted() -> Vec<Route> {
    vec![
        get("/promotions", Anyone, websocket::or_follow(promotions::list))
            .id("listPromotions")
            .summary("Promotions that run or will; for staff the inactive and ended ones too")
            .about("An upgrade to a WebSocket follows them, as `/promotions/ws` does.")
            .query::<promotions::PromotionQuery>()
            .returns_list::<Promotion>(200)
            .paged()
            .websocket(),
        post("/promotions", Staff, promotions::create)
            .id("createPromotion")
            .summary("Make a promotion; one that runs already is announced at once")
            .about(
                "A line of a cart gets the one promotion that is best for the shopper. `amount` \
                 is money off each piece or kilogram; scope `cart` covers every line. A message \
                 that is left out is made from the other fields.",
            )
            .body::<PromotionInput>()
            .example(
                r#"{"name":"Milk week","kind":"percent","value":20,"scope":"category","categories":["Dairy/Milk"]}"#,
            )
            .returns::<Promotion>(201)
            .refuses(409, "too-many-promotions")
            .versioned()
            .idempotent(),
        get("/promotions/{id}", Anyone, promotions::find)
            .id("findPromotion")
            .summary("A promotion")
            .returns::<Promotion>(200)
            .versioned(),
        patch("/promotions/{id}", Staff, promotions::update)
            .id("updatePromotion")
            .summary("Change the fields that are sent")
            .body::<PromotionInput>()
            .example(r#"{"value":25}"#)
            .returns::<Promotion>(200)
            .versioned()
            .if_match(),
        delete("/promotions/{id}", Staff, promotions::delete)
            .id("deletePromotion")
            .summary("Remove a promotion; orders keep what it took off")
            .returns::<promotions::PromotionDeleted>(200)
            .if_match(),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table: each route is a row of it")]
fn baskets() -> Vec<Route> {
    vec![
        get("/cart/{user_id}", Shopper, carts::find)
            .id("findCart")
            .summary("A shopper's cart, empty if there is none")
            .returns::<Cart>(200)
            .refuses(403, "not-yours")
            .versioned()
            .alias("/cart/get/{user_id}"),
        get("/cart/view", Shopper, carts::find_own)
            .id("findOwnCart")
            .summary("One's own cart")
            .returns::<Cart>(200)
            .versioned()
            .deprecated(),
        post("/cart/{user_id}/items", Shopper, carts::add)
            .id("addItem")
            .summary("Put an item into a cart")
            .body::<carts::NewItem>()
            .example(r#"{"barcode":"9520074262384","quantity":2}"#)
            .refuses(400, "weight-required, other-measure")
            .returns::<Cart>(201)
            .refuses(403, "not-yours")
            .refuses(409, "cart-full, tag-already-in-cart")
            .versioned()
            .if_match()
            .idempotent(),
        put("/cart/{user_id}/items/{item_id}", Shopper, carts::change_item)
            .id("changeItem")
            .summary("Change a line")
            .body::<carts::ItemChange>()
            .example(r#"{"quantity":3}"#)
            .refuses(400, "weight-required, other-measure")
            .returns::<Cart>(200)
            .refuses(403, "not-yours")
            .versioned()
            .if_match(),
        delete("/cart/{user_id}/items/{item_id}", Shopper, carts::remove_item)
            .id("removeItem")
            .summary("Take a line out")
            .returns::<Cart>(200)
            .refuses(403, "not-yours")
            .versioned()
            .if_match(),
        delete("/cart/{user_id}", Shopper, carts::clear)
            .id("clearCart")
            .summary("Empty a cart")
            .returns::<Cart>(200)
            .refuses(403, "not-yours")
            .versioned()
            .if_match(),
        post("/cart/add", Shopper, carts::add_own)
            .id("addOwnItem")
            .summary("Put an item into one's own cart")
            .body::<carts::OwnItem>()
            .example(r#"{"product_id":9,"quantity":2}"#)
            .refuses(400, "weight-required, other-measure")
            .refuses(404, "not-found")
            .returns::<carts::CartMessage>(200)
            .refuses(403, "not-yours")
            .refuses(409, "cart-full")
            .versioned()
            .if_match()
            .idempotent()
            .alias("/cart/item/add")
            .alias("/add-to-cart"),
        post("/cart/remove", Shopper, carts::remove_own)
            .id("removeOwnItem")
            .summary("Take units out of one's own cart")
            .body::<carts::OwnItem>()
            .example(r#"{"product_id":9,"quantity":1}"#)
            .refuses(404, "not-found")
            .returns::<carts::CartMessage>(200)
            .refuses(403, "not-yours")
            .refuses(404, "not-in-cart")
            .versioned()
            .if_match()
            .idempotent()
            .alias("/cart/item/remove"),
        post("/cart/connect", Shopper, pairing::connect)
            .id("connectTrolley")
            .summary("Pair one's phone with a trolley")
            .body::<pairing::Connect>()
            .example(r#"{"cart_code":"JWXYA5"}"#)
            .returns::<pairing::Paired>(200)
            .refuses(404, "not-found")
            .refuses(409, "trolley-taken, already-connected, code-required")
            .refuses(429, "too-many-attempts")
            .idempotent(),
        post("/cart/disconnect", Shopper, pairing::disconnect)
            .id("disconnectTrolley")
            .summary("Give the trolley back")
            .returns::<pairing::Paired>(200)
            .idempotent(),
        post("/cart/shortest_path", ShopperOrDevice, walks::shortest)
            .id("findShortestWalk")
            .summary("The shortest walk to these stops")
            .optional_body::<walks::WalkInput>()
            .example(r#"{"stops":[{"product_id":9},{"location":"A3-07"}]}"#)
            .returns::<RouteAnswer>(200)
            .refuses(
                400,
                "unknown-node, unknown-location, invalid-stop, invalid-point, invalid-time",
            )
            .refuses(400, "invalid-width, invalid-budget, too-many-stops, too-many-ends")
            .refuses(400, "ends-with-return, no-checkout")
            .refuses(404, "not-found")
            .refuses(409, "no-walk")
            .refuses(429, "too-many-attempts"),
        get("/cart/product_locations", Shopper, walks::product_locations)
            .id("listProductLocations")
            .summary("Where products stand")
            .query::<walks::LocationQuery>()
            .returns_list::<walks::ProductLocation>(200),
        get("/carts", Staff, carts::list)
            .id("listCarts")
            .summary("All carts that hold something, anonymous ones too")
            .returns_list::<Cart>(200)
            .paged(),
        get("/carts/{cart}", Staff, carts::find_by_id)
            .id("findCartById")
            .summary("A cart by its own id")
            .param("cart", Id, "A cart's id")
            .returns::<Cart>(200)
            .versioned(),
    ]
}

/// Shopping lists, and where trolleys are.
fn errands() -> Vec<Route> {
    vec![
        get("/cart/{id}/location", Shopper, positions::find)
            .id("findTrolleyPosition")
            .summary("Where a trolley was last; one's own, or any for staff")
            .param("id", Id, "A trolley's number")
            .returns::<positions::TrolleyPosition>(200)
            .refuses(403, "not-yours"),
        post("/cart/{id}/location", Shopper, positions::report)
            .id("reportTrolleyPosition")
            .summary("Say where a trolley is")
            .param("id", Id, "A trolley's number")
            .body::<positions::PositionInput>()
            .example(r#"{"x":12.5,"y":3}"#)
            .returns::<positions::TrolleyPosition>(200)
            .refuses(403, "not-yours"),
        get("/user/checklist", Shopper, checklist::find)
            .id("findChecklist")
            .summary("One's shopping list, ticked off by what is in the cart")
            .returns::<checklist::Checklist>(200),
        post("/user/checklist/add", Shopper, checklist::add)
            .id("addToChecklist")
            .summary("Put a product on one's shopping list, or more of it")
            .body::<checklist::ChecklistAddition>()
            .example(r#"{"product_id":9,"quantity":2}"#)
            .returns::<checklist::ChecklistItem>(200)
            .refuses(404, "not-found")
            .refuses(409, "list-full")
            .idempotent(),
        post("/user/checklist/remove", Shopper, checklist::remove)
            .id("removeFromChecklist")
            .summary("Take a product off one's shopping list")
            .body::<checklist::ChecklistRemoval>()
            .example(r#"{"product_id":9}"#)
            .returns::<checklist::ChecklistMessage>(200)
            .refuses(404, "not-on-list")
            .idempotent(),
    ]
}

fn placed_orders() -> Vec<Route> {
    vec![
        post("/checkout", Shopper, orders::checkout)
            .id("checkOut")
            .summary("One's cart becomes an order")
            .optional_body::<orders::Checkout>()
            .example(r#"{"shipping_address":{"street":"Harbour Lane 2","city":"Hamburg"}}"#)
            .refuses(400, "empty-cart")
            .refuses(403, "not-staff")
            .refuses(404, "not-found")
            .returns::<orders::Placed>(201)
            .refuses(409, "out-of-stock, product-unavailable")
            .if_match()
            .idempotent()
            .alias("/orders/checkout"),
        post("/orders", Shopper, orders::create)
            .id("createOrder")
            .summary("Place an order by a list of items")
            .body::<orders::OrderInput>()
            .example(r#"{"user_id":4,"items":[{"product_id":9,"quantity":2}]}"#)
            .refuses(400, "currency-mismatch, weight-required")
            .refuses(403, "not-yours")
            .returns::<Order>(201)
            .refuses(404, "not-found")
            .refuses(409, "out-of-stock, product-unavailable, price-changed")
            .idempotent(),
        get("/orders", Shopper, orders::list)
            .id("listOrders")
            .summary("Orders, newest first; one's own, or all for staff")
            .query::<orders::OrderQuery>()
            .refuses(403, "not-yours")
            .returns_list::<Order>(200)
            .paged()
            .alias("/orders/history"),
        get("/orders/{id}", Shopper, orders::find)
            .id("findOrder")
            .summary("An order")
            .returns::<Order>(200)
            .refuses(403, "not-yours")
            .versioned(),
        patch("/orders/{id}", Staff, orders::update)
            .id("updateOrder")
            .summary("Move an order on, or note its tracking number")
            .body::<orders::OrderPatch>()
            .example(r#"{"status":"packed","tracking_number":"JD014600003"}"#)
            .returns::<Order>(200)
            .refuses(409, "illegal-status")
            .versioned()
            .if_match(),
        get("/orders/{id}/receipt", Shopper, orders::receipt)
            .id("findReceipt")
            .summary("A receipt to print")
            .query::<orders::ReceiptQuery>()
            .answers(200, "text/html")
            .answers(200, "text/plain")
            .refuses(403, "not-yours"),
    ]
}

fn trolleys() -> Vec<Route> {
    vec![
        get("/devices", Staff, fleet::list)
            .id("listDevices")
            .summary("Trolleys and what is known of them")
            .returns_list::<fleet::Device>(200)
            .paged(),
        post("/devices", Admin, fleet::create)
            .id("createDevice")
            .summary("Add a trolley; its key is shown this once")
            .body::<fleet::DeviceInput>()
            .example(r#"{"name":"Cart 7"}"#)
            .returns::<fleet::DeviceAdded>(201)
            .refuses(409, "too-many-devices")
            .refuses(503, "no-free-cart-code"),
        get("/devices/{id}", Staff, fleet::find)
            .id("findDevice")
            .summary("A trolley")
            .returns::<fleet::Device>(200),
        patch("/devices/{id}", Admin, fleet::update)
            .id("updateDevice")
            .summary("Rename a trolley, or change how it takes retries")
            .body::<fleet::DevicePatch>()
            .example(r#"{"name":"Cart 7","dedupe_ms":7000}"#)
            .returns::<fleet::Device>(200),
        delete("/devices/{id}", Admin, fleet::revoke)
            .id("revokeDevice")
            .summary("Refuse a trolley for good")
            .returns::<fleet::Device>(200),
        post("/devices/{id}/rotate", Admin, fleet::rotate)
            .id("rotateDeviceKey")
            .summary("Another key; the old one works until the new one is used, at most a day")
            .returns::<fleet::KeyRotated>(200)
            .refuses(409, "revoked"),
    ]
}

/// What trolleys say: flat JSON, errors too.
fn dialect() -> Vec<Route> {
    vec![
        post("/cart/esp32/add_item", Device, devices::add_item)
            .id("deviceAddItem")
            .summary("An item was put in")
            .body::<shapes::DeviceItem>()
            .example(r#"{"barcode":"9520074262384","quantity":1,"boot_id":"b7f3","seq":17}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "weight-required, other-measure")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(409, "session-ended, cart-full, tag-already-in-cart"),
        post("/cart/esp32/remove_item", Device, devices::remove_item)
            .id("deviceRemoveItem")
            .summary("An item was taken out")
            .body::<shapes::DeviceItem>()
            .example(r#"{"barcode":"9520074262384","boot_id":"b7f3","seq":18}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "weight-required, other-measure")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(409, "session-ended, cart-full, tag-already-in-cart"),
        post("/cart/esp32/update_item", Device, devices::update_item)
            .id("deviceUpdateItem")
            .summary("A line was counted")
            .body::<shapes::DeviceItem>()
            .example(r#"{"barcode":"9520074262384","quantity":3,"boot_id":"b7f3","seq":19}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "weight-required, other-measure")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(409, "session-ended, cart-full, tag-already-in-cart"),
        post("/cart/esp32/events", Device, devices::events)
            .id("deviceEvents")
            .summary("A batch of numbered events")
            .body::<shapes::DeviceBatch>()
            .example(
                r#"{"boot_id":"b7f3","events":[
                    {"seq":17,"type":"add","barcode":"9520074262384"},
                    {"seq":18,"type":"set","barcode":"9520074262384","quantity":3}]}"#,
            )
            .returns::<shapes::DeviceBatchAnswer>(200)
            .returns::<shapes::DeviceBatchAnswer>(400)
            .returns::<shapes::DeviceBatchAnswer>(403)
            .returns::<shapes::DeviceBatchAnswer>(404)
            .returns::<shapes::DeviceBatchAnswer>(409)
            .refuses(400, "weight-required, other-measure, empty-cart")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(409, "gap, session-ended, cart-full, tag-already-in-cart, out-of-stock")
            .refuses(409, "product-unavailable")
            .refuses(413, "too-many-events"),
        post("/cart/esp32/checkout", Device, devices::checkout)
            .id("deviceCheckout")
            .summary("The cart goes to the till")
            .optional_body::<shapes::DeviceCheckout>()
            .example(r#"{"boot_id":"b7f3","seq":20}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "empty-cart")
            .refuses(403, "not-your-cart")
            .refuses(409, "session-ended, out-of-stock, product-unavailable"),
        post("/cart/esp32/heartbeat", Device, devices::heartbeat)
            .id("deviceHeartbeat")
            .summary("The trolley lives")
            .optional_body::<shapes::DeviceHeartbeat>()
            .example(r#"{"battery_pct":87,"rssi":-61,"firmware":"2.4.1"}"#)
            .returns::<shapes::DeviceStatus>(200)
            .quiet(),
        get("/cart/esp32/cart", Device, devices::cart)
            .id("deviceCart")
            .summary("A page of the cart")
            .query::<devices::CartQuery>()
            .returns::<shapes::DeviceCart>(200),
        post("/cart/esp32/location", Device, devices::location)
            .id("deviceLocation")
            .summary("Where the trolley is: x and y, a node or a tag")
            .body::<shapes::DevicePlace>()
            .example(r#"{"node":"in1"}"#)
            .refuses(403, "not-your-cart")
            .returns::<shapes::DevicePlaced>(200),
        get("/cart/esp32/time", Device, devices::time)
            .id("deviceTime")
            .summary("The appliance's time")
            .returns::<shapes::DeviceTime>(200),
    ]
}

/// Who did what.
fn accountability() -> Vec<Route> {
    vec![
        get("/audit", Admin, audit::list)
            .id("listAuditEntries")
            .summary("Who did what, when, from where, before and after; newest first")
            .about(audit::ABOUT)
            .query::<audit::AuditQuery>()
            .returns_list::<AuditEntry>(200)
            .paged(),
        get("/audit/export", Admin, audit::export)
            .id("exportAudit")
            .summary("The whole audit log, oldest first, so that others can verify it")
            .about(audit::ABOUT_EXPORT)
            .answers(200, "application/x-ndjson")
            .unbounded(),
    ]
}
