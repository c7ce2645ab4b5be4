//! The hardware on trolleys, and what it says.

use crate::http::devices;
use crate::http::devices::{frames, shapes};
use crate::http::live::devices as news;
use crate::http::route::Route;
use crate::http::route::Who::{Admin, Device, Staff};
use crate::http::route::{delete, get, patch, post};
use crate::http::v1::devices as fleet;

pub(super) fn trolleys() -> Vec<Route> {
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
            .summary("Rename a trolley, or say how its hardware speaks")
            .body::<fleet::DevicePatch>()
            .example(r#"{"name":"Cart 7","dedupe_ms":7000,"weight_unit":"g","heartbeat_s":30}"#)
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
pub(super) fn dialect() -> Vec<Route> {
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
            .refuses(409, "session-ended, cart-full, tag-already-in-cart, deposit-line"),
        post("/cart/esp32/update_item", Device, devices::update_item)
            .id("deviceUpdateItem")
            .summary("A line was counted")
            .body::<shapes::DeviceItem>()
            .example(r#"{"barcode":"9520074262384","quantity":3,"boot_id":"b7f3","seq":19}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "weight-required, other-measure")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(409, "session-ended, cart-full, tag-already-in-cart, deposit-line"),
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
        get("/cart/esp32/ws", Device, news::follow)
            .id("deviceNews")
            .summary("What becomes of the session and the cart, as a WebSocket")
            .about(frames::ABOUT)
            .live()
            .websocket()
            .refuses(503, "too-many-live-connections, stopping")
            .refuses(426, "upgrade-required"),
        get("/cart/esp32/time", Device, devices::time)
            .id("deviceTime")
            .summary("The appliance's time")
            .returns::<shapes::DeviceTime>(200),
    ]
}
