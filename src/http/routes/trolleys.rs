//! The hardware on trolleys, and what it says.

use crate::http::devices;
use crate::http::devices::{enrolment as boards, firmware as updates};
use crate::http::devices::{frames, shapes};
use crate::http::live::devices as news;
use crate::http::route::Route;
use crate::http::route::Who::{Admin, Anyone, Device, Staff};
use crate::http::route::{delete, get, patch, post};
use crate::http::v1::devices as fleet;
use crate::http::v1::{enrolment, firmware};
use crate::wire::firmware as wire;

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
        post("/devices/{id}/disconnect", Staff, fleet::disconnect)
            .id("disconnectDevice")
            .summary("Take a trolley from its shopper, who keeps the cart")
            .returns::<fleet::Device>(200)
            .idempotent(),
    ]
}

/// How boards come in, and what runs on them.
pub(super) fn boards() -> Vec<Route> {
    vec![
        get("/devices/pairing-codes", Admin, enrolment::list)
            .id("listPairingCodes")
            .summary("Pairing codes that still work, without the codes themselves")
            .returns_list::<enrolment::OpenCode>(200)
            .paged(),
        post("/devices/pairing-codes", Admin, enrolment::create)
            .id("createPairingCode")
            .summary("A code that lets one board in; it is shown this once")
            .about(
                "The code works once and for ten minutes. Without `name` the trolley becomes the \
                 next `Cart N`; with `device_id` that trolley gets a new board and key, and its old \
                 key is refused from then on. `qr` is the code and the appliance's address as a \
                 picture. At most 50 codes work at a time.",
            )
            .optional_body::<enrolment::PairingCodeInput>()
            .example(r#"{"name":"Cart 7"}"#)
            .returns::<enrolment::NewCode>(201)
            .refuses(409, "too-many-pairing-codes, revoked"),
        delete("/devices/pairing-codes/{id}", Admin, enrolment::delete)
            .id("deletePairingCode")
            .summary("Take a pairing code back")
            .returns::<enrolment::CodeDeleted>(200),
        get("/firmware", Staff, firmware::list)
            .id("listFirmware")
            .tag("devices")
            .summary("Images of firmware, newest first")
            .returns_list::<wire::Firmware>(200)
            .paged(),
        post("/firmware", Admin, firmware::create)
            .id("createFirmware")
            .tag("devices")
            .summary("Bring in an image of firmware; it goes to nobody yet")
            .about(
                "The body is the application's `.bin` as it is, at most 8 MiB. Its header, its \
                 segments and its checksums are looked at; what seems wrong is in `warnings`, and \
                 no refusal. At most 32 images are kept.",
            )
            .query::<firmware::FirmwareQuery>()
            .body_of(&["application/octet-stream"])
            .body_max_bytes(firmware::IMAGE_MAX_BYTES)
            .returns::<wire::Firmware>(201)
            .refuses(400, "empty-image, not-an-image")
            .refuses(409, "image-exists, version-exists, too-many-images")
            .idempotent(),
        get("/firmware/{id}", Staff, firmware::find)
            .id("findFirmware")
            .tag("devices")
            .summary("An image of firmware and how it fares")
            .returns::<wire::Firmware>(200),
        patch("/firmware/{id}", Admin, firmware::update)
            .id("updateFirmware")
            .tag("devices")
            .summary("Decide to whom an image goes, or halt it")
            .about(
                "Rings go from `none` by `one` (with `device_id`) and `tenth` to `all`; a draft \
                 rolls once it has a ring. A wider ring, or going on after a halt, needs \
                 `\"force\":true` while trolleys that have the image did not say that they are \
                 well. So does more than one trolley for an image with `warnings`. Of two images for a trolley the one that was decided last counts; an older \
                 one than it runs needs `\"downgrade\":true`. Two rollbacks, or more than a tenth \
                 of those who tried it, halt a rollout by themselves.",
            )
            .body::<firmware::FirmwarePatch>()
            .example(r#"{"ring":"tenth"}"#)
            .returns::<wire::Firmware>(200)
            .refuses(409, "not-all-healthy, has-warnings"),
        delete("/firmware/{id}", Admin, firmware::delete)
            .id("deleteFirmware")
            .tag("devices")
            .summary("Remove an image that does not go out")
            .returns::<firmware::FirmwareDeleted>(200)
            .refuses(409, "firmware-rolling"),
        get("/firmware/{id}/devices", Staff, firmware::devices)
            .id("listFirmwareDevices")
            .tag("devices")
            .summary("How far each trolley is with an image")
            .returns_list::<wire::FirmwareDevice>(200)
            .paged_by(firmware::DEVICES_DEFAULT),
    ]
}

/// What boards ask about themselves: flat JSON, but for an image.
pub(super) fn updating() -> Vec<Route> {
    vec![
        post("/cart/esp32/enroll", Anyone, boards::enroll)
            .id("deviceEnroll")
            .summary("A board comes in by its pairing code and gets its key")
            .about(
                "Without a credential. The code works once. A board that sent a `claim`, drawn at \
                 random, and whose answer got lost, asks again with the same code and `claim` \
                 within its ten minutes, and gets another key as long as the first one was never \
                 used.",
            )
            .body::<boards::Enrolment>()
            .example(
                r#"{"pairing_code":"K7QF-22MB","mac":"24:6F:28:AB:01:9C","chip":"ESP32-S3"}"#,
            )
            .returns::<boards::Enrolled>(200)
            .refuses(404, "unknown-pairing-code")
            .refuses(409, "pairing-code-used, revoked, too-many-devices")
            .refuses(429, "too-many-attempts")
            .refuses(503, "no-free-cart-code"),
        get("/cart/esp32/firmware", Device, updates::fetch)
            .id("deviceFirmware")
            .summary("The image that waits for the trolley, as ESP32's HTTPUpdate asks for it")
            .about(
                "The headers `x-ESP32-version`, `x-ESP32-sketch-md5` and `x-ESP32-free-space` count, \
                 and all may be missing. 304 when there is nothing for it, while somebody shops \
                 with it, and for what it has no room for.",
            )
            .answers(200, "application/octet-stream")
            .answers(304, "")
            .refuses(503, "too-many-downloads")
            .unbounded(),
        post("/cart/esp32/healthy", Device, updates::healthy)
            .id("deviceHealthy")
            .summary("The self-test of new firmware went well")
            .optional_body::<updates::Healthy>()
            .example(r#"{"version":"1.4.0"}"#)
            .returns::<updates::HealthNoted>(200),
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
            .refuses(409, "session-ended, cart-full, tag-already-in-cart, ambiguous-tag"),
        post("/cart/esp32/remove_item", Device, devices::remove_item)
            .id("deviceRemoveItem")
            .summary("An item was taken out")
            .body::<shapes::DeviceItem>()
            .example(r#"{"barcode":"9520074262384","boot_id":"b7f3","seq":18}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "weight-required, other-measure")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(
                409,
                "session-ended, cart-full, tag-already-in-cart, ambiguous-tag, deposit-line",
            ),
        delete_item(),
        post("/cart/esp32/update_item", Device, devices::update_item)
            .id("deviceUpdateItem")
            .summary("A line was counted")
            .body::<shapes::DeviceItem>()
            .example(r#"{"barcode":"9520074262384","quantity":3,"boot_id":"b7f3","seq":19}"#)
            .returns::<shapes::DeviceAnswer>(200)
            .refuses(400, "weight-required, other-measure")
            .refuses(403, "not-your-cart")
            .refuses(404, "not-found, not-in-cart")
            .refuses(
                409,
                "session-ended, cart-full, tag-already-in-cart, ambiguous-tag, deposit-line",
            ),
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
            .refuses(409, "product-unavailable, ambiguous-tag, deposit-line")
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
            .id("followDeviceNews")
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

/// The same as `POST /cart/esp32/remove_item`: some libraries say it so.
fn delete_item() -> Route {
    delete("/cart/esp32/remove_item", Device, devices::remove_item)
        .id("deviceDeleteItem")
        .summary("An item was taken out, for firmware that says it by DELETE with a body")
        .body::<shapes::DeviceItem>()
        .example(r#"{"barcode":"9520074262384","boot_id":"b7f3","seq":18}"#)
        .returns::<shapes::DeviceAnswer>(200)
        .refuses(400, "weight-required, other-measure")
        .refuses(403, "not-your-cart")
        .refuses(404, "not-found, not-in-cart")
        .refuses(409, "session-ended, cart-full, tag-already-in-cart, ambiguous-tag, deposit-line")
}
