//! From the shopping list to the order.

use crate::http::route::ParamKind::Id;
use crate::http::route::Route;
use crate::http::route::Who::{Shopper, ShopperOrDevice, Staff};
use crate::http::route::{delete, get, patch, post, put};
use crate::http::v1::{cart_acts, carts, checklist, orders, pairing, positions, walks};
use crate::wire::cart::Cart;
use crate::wire::order::Order;

#[expect(clippy::too_many_lines, reason = "a table: each route is a row of it")]
pub(super) fn baskets() -> Vec<Route> {
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
            .refuses(409, "cart-full, tag-already-in-cart, deposit-line")
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
            .refuses(409, "deposit-line")
            .versioned()
            .if_match(),
        delete("/cart/{user_id}/items/{item_id}", Shopper, carts::remove_item)
            .id("removeItem")
            .summary("Take a line out")
            .returns::<Cart>(200)
            .refuses(403, "not-yours")
            .refuses(409, "deposit-line")
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
            .refuses(409, "deposit-line")
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
            .query::<walks::WalkQuery>()
            .optional_body::<walks::WalkInput>()
            .example(r#"{"stops":[{"product_id":9},{"location":"A3-07"}]}"#)
            .returns::<walks::Walk>(200)
            .refuses(
                400,
                "unknown-node, unknown-location, invalid-stop, invalid-point, invalid-time",
            )
            .refuses(400, "invalid-width, invalid-budget, too-many-stops, too-many-ends")
            .refuses(400, "ends-with-return, no-checkout")
            .refuses(404, "not-found")
            .refuses(409, "no-walk"),
        get("/cart/product_locations", Shopper, walks::product_locations)
            .id("listProductLocations")
            .summary("Where products stand")
            .query::<walks::LocationQuery>()
            .returns_list::<walks::ProductLocation>(200),
        get("/carts", Staff, carts::list)
            .id("listCarts")
            .summary("All carts that hold something, anonymous ones too")
            .query::<carts::CartQuery>()
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

/// What staff do to a cart as a whole.
pub(super) fn handed_over() -> Vec<Route> {
    let act = |route: Route| {
        let route = route.param("cart", Id, "A cart's id").if_match().idempotent();
        route.refuses(404, "not-found")
    };
    vec![
        act(post("/carts/{cart}/move", Staff, cart_acts::move_to))
            .id("moveCart")
            .summary("Move a cart, and its shopper with it, to another trolley")
            .body::<cart_acts::CartMove>()
            .example(r#"{"device_id":8}"#)
            .returns::<Cart>(200)
            .refuses(409, "revoked, trolley-taken, trolley-not-empty")
            .versioned(),
        act(post("/carts/{cart}/empty", Staff, cart_acts::empty))
            .id("emptyCart")
            .summary("Empty a cart; its shopper keeps the trolley")
            .returns::<Cart>(200)
            .versioned(),
        act(post("/carts/{cart}/take-over", Staff, cart_acts::take_over))
            .id("takeOverCart")
            .summary("Go on with a cart, and its trolley, on one's own account")
            .returns::<Cart>(200)
            .refuses(409, "already-connected, cart-full")
            .versioned(),
        act(post("/carts/{cart}/checkout", Staff, cart_acts::check_out))
            .id("checkOutCart")
            .summary("Any cart becomes an order, to be paid at the till")
            .returns::<Order>(201)
            .refuses(400, "empty-cart")
            .refuses(409, "out-of-stock, product-unavailable"),
    ]
}

/// Shopping lists, and where trolleys are.
pub(super) fn errands() -> Vec<Route> {
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

pub(super) fn placed_orders() -> Vec<Route> {
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
