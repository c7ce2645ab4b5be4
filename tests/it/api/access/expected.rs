//! Who is meant to get in where, written by hand: the rows of `http::routes` are held against it.

use self::May::{Admin, All, Device, Own, OwnOrAdmin, OwnThing, SignedIn, SignedInOrDevice, Staff};

/// Who is meant to get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// Everybody, whatever credential they bring.
    All,
    /// Every account, for its own things.
    SignedIn,
    /// Every account where the path names it; staff for everybody.
    Own,
    /// Every account where the path names it; admins for everybody.
    OwnOrAdmin,
    /// Every account for an order or trolley of its own, of which the sweep has none; staff for
    /// all.
    OwnThing,
    Staff,
    Admin,
    /// Trolleys.
    Device,
    SignedInOrDevice,
}

/// Method, path and who: one line for each row of the route table.
pub(super) const EXPECTED: &[(&str, &str, May)] = &[
    // The appliance.
    ("GET", "/health", All),
    ("GET", "/metrics", Admin),
    ("GET", "/openapi.json", All),
    ("GET", "/events", SignedIn),
    ("GET", "/promotions/ws", SignedIn),
    ("GET", "/socket.io", All),
    ("POST", "/socket.io", All),
    ("GET", "/reports/dashboard", Staff),
    ("GET", "/settings", Admin),
    ("PATCH", "/settings", Admin),
    ("GET", "/map", All),
    ("PUT", "/map", Staff),
    ("GET", "/map/picture", All),
    ("GET", "/map/closures", Staff),
    ("POST", "/map/closures", Staff),
    ("DELETE", "/map/closures/{id}", Staff),
    ("GET", "/misc/store-sections", All),
    // What staff should look at.
    ("GET", "/alerts", Staff),
    ("POST", "/alerts/{id}/clear", Staff),
    // What trolleys' scales know.
    ("POST", "/cart/esp32/tare", Device),
    ("POST", "/devices/{id}/tare", Staff),
    ("GET", "/products/{id}/weight", Staff),
    // Pages for people.
    ("GET", "/", All),
    ("GET", "/docs", All),
    ("GET", "/docs/postman.json", All),
    ("GET", "/docs/{file}", All),
    ("GET", "/admin", All),
    ("GET", "/admin/", All),
    ("GET", "/admin/assets/{hash}/{*path}", All),
    // Accounts.
    ("GET", "/setup", All),
    ("POST", "/setup", All),
    ("POST", "/auth/signup", All),
    ("POST", "/auth/login", All),
    ("POST", "/auth/refresh", All),
    ("POST", "/auth/logout", All),
    ("POST", "/auth/change-password", SignedIn),
    ("GET", "/auth/check", All),
    ("POST", "/auth/ticket", SignedIn),
    ("GET", "/users", Admin),
    ("POST", "/users", Admin),
    ("GET", "/users/{user}", OwnOrAdmin),
    ("PATCH", "/users/{user}", Admin),
    ("DELETE", "/users/{user}", Admin),
    // Products.
    ("GET", "/products", All),
    ("POST", "/products", Staff),
    ("GET", "/products/search", All),
    ("GET", "/products/suggest", All),
    ("GET", "/products/offers", All),
    ("GET", "/products/barcode/{code}", All),
    ("GET", "/products/{id}", All),
    ("PUT", "/products/{id}", Staff),
    ("PATCH", "/products/{id}", Staff),
    ("POST", "/products/{id}/images", Staff),
    ("DELETE", "/products/{id}/images/{name}", Staff),
    ("GET", "/misc/images/{name}", All),
    ("DELETE", "/products/{id}", Staff),
    ("POST", "/products/import", Staff),
    ("GET", "/products/export", Staff),
    ("GET", "/products/{id}/stock-movements", Staff),
    ("GET", "/imports", Staff),
    ("GET", "/imports/{id}", Staff),
    ("POST", "/imports/{id}/undo", Staff),
    // Carts.
    ("GET", "/cart/{user_id}", Own),
    ("GET", "/cart/view", SignedIn),
    ("POST", "/cart/{user_id}/items", Own),
    ("PUT", "/cart/{user_id}/items/{item_id}", Own),
    ("DELETE", "/cart/{user_id}/items/{item_id}", Own),
    ("DELETE", "/cart/{user_id}", Own),
    ("POST", "/cart/add", SignedIn),
    ("POST", "/cart/remove", SignedIn),
    ("POST", "/cart/connect", SignedIn),
    ("POST", "/cart/disconnect", SignedIn),
    ("POST", "/cart/shortest_path", SignedInOrDevice),
    ("GET", "/cart/product_locations", SignedIn),
    ("GET", "/carts", Staff),
    ("GET", "/carts/{cart}", Staff),
    // Shopping lists, and where trolleys are.
    ("GET", "/cart/{id}/location", OwnThing),
    ("POST", "/cart/{id}/location", OwnThing),
    ("GET", "/user/checklist", SignedIn),
    ("POST", "/user/checklist/add", SignedIn),
    ("POST", "/user/checklist/remove", SignedIn),
    // Orders.
    ("POST", "/checkout", SignedIn),
    ("POST", "/orders", SignedIn),
    ("GET", "/orders", SignedIn),
    ("GET", "/orders/{id}", OwnThing),
    ("PATCH", "/orders/{id}", Staff),
    ("GET", "/orders/{id}/receipt", OwnThing),
    // Trolleys.
    ("GET", "/devices", Staff),
    ("POST", "/devices", Admin),
    ("GET", "/devices/{id}", Staff),
    ("PATCH", "/devices/{id}", Admin),
    ("DELETE", "/devices/{id}", Admin),
    ("POST", "/devices/{id}/rotate", Admin),
    // What trolleys say.
    ("POST", "/cart/esp32/add_item", Device),
    ("POST", "/cart/esp32/remove_item", Device),
    ("POST", "/cart/esp32/update_item", Device),
    ("POST", "/cart/esp32/events", Device),
    ("POST", "/cart/esp32/checkout", Device),
    ("POST", "/cart/esp32/heartbeat", Device),
    ("GET", "/cart/esp32/cart", Device),
    ("POST", "/cart/esp32/location", Device),
    ("GET", "/cart/esp32/time", Device),
    // Signing in by number, profiles and sessions.
    ("DELETE", "/auth/sessions", SignedIn),
    ("DELETE", "/auth/sessions/{id}", SignedIn),
    ("DELETE", "/user/profile", SignedIn),
    ("GET", "/auth/sessions", SignedIn),
    ("GET", "/misc/foodtypes-categories", All),
    ("GET", "/user/profile", SignedIn),
    ("PATCH", "/user/profile", SignedIn),
    ("POST", "/auth/create_profile", SignedIn),
    ("POST", "/auth/verify_mobile", All),
    ("POST", "/auth/verify_otp", All),
    // Promotions, and following them.
    ("DELETE", "/promotions/{id}", Staff),
    ("GET", "/promotions", All),
    ("GET", "/promotions/{id}", All),
    ("PATCH", "/promotions/{id}", Staff),
    ("POST", "/promotions", Staff),
    // Shelves and codes.
    ("GET", "/categories", All),
    ("POST", "/categories/rename", Staff),
    ("GET", "/brands", All),
    ("GET", "/products/lookup", All),
    ("POST", "/products/{id}/stock-movements", Staff),
    ("GET", "/stock-movements", Staff),
    ("GET", "/barcode-rules", Staff),
    ("PUT", "/barcode-rules", Admin),
    ("POST", "/barcode-rules/test", Staff),
    // Accountability and trust.
    ("GET", "/audit", Admin),
    ("GET", "/audit/export", Admin),
    ("GET", "/trust", All),
    ("GET", "/trust/ca.crt", All),
    ("GET", "/trust/ca.mobileconfig", All),
    ("GET", "/trust/ca.pem", All),
    ("GET", "/trust/trust.css", All),
    // What the owner tells the search, and what it does not find.
    ("GET", "/synonyms", Staff),
    ("POST", "/synonyms", Staff),
    ("GET", "/synonyms/{id}", Staff),
    ("PATCH", "/synonyms/{id}", Staff),
    ("DELETE", "/synonyms/{id}", Staff),
    ("GET", "/reports/searches", Staff),
    // What is wrong with a map.
    ("GET", "/map/findings", Staff),
    ("POST", "/map/lint", Staff),
    // A map as a file.
    ("GET", "/map/geojson", All),
    ("POST", "/map/import", Staff),
];
