//! Frames of a trolley's WebSocket: flat JSON in ASCII, under 256 bytes, `type` first.

use super::liberal::Fields;
use super::{firmware, reply, take_heartbeat};
use crate::app::fleet::DeviceStatus;
use crate::app::{App, CartDevice};
use crate::http::{Problem, Result};

/// What the document says about the frames.
pub(in crate::http) const ABOUT: &str = "For firmware: the key goes in a header, or the handshake \
    is signed; never in the address. Each text frame is a flat JSON object under 256 bytes whose \
    first member is `type`: `hello` on connecting, `session` when a shopper connects or \
    disconnects, at checkout, and when staff take the trolley over, `cart` when the cart or its \
    total is another, `firmware` when an image waits, `tare` when staff let the shopper lay \
    bags in. Its other members are those of a heartbeat's answer. Changes in quick succession come \
    as one frame with the last state, at most five frames a second. A text frame that the trolley \
    sends is a heartbeat, answered by a frame `heartbeat`; anything else is answered by a frame \
    `error` with `code` and `message`, and scans are not taken here. Answer the server's pings. It \
    closes with 4401 when the key is no longer good, with 4409 when the trolley connected once \
    more, with 1008 after what is no frame or larger than 4 KiB, and with 1001 when it stops.";

/// Members that tell a scan from a heartbeat.
const OF_SCANS: [&str; 6] = ["barcode", "product_id", "uid", "quantity", "seq", "events"];

/// A frame of this type with a heartbeat's answer.
pub(in crate::http) fn status(kind: &str, status: &DeviceStatus, app: &App) -> String {
    let answer = reply::heartbeat(status, app.settings());
    typed(kind, &firmware::announce(app, status, answer).body)
}

/// A frame that says what was wrong with another.
pub(in crate::http) fn refusal(problem: Problem) -> String {
    let body = serde_json::to_string(&problem.device_refusal()).unwrap_or_default();
    typed("error", &body)
}

/// Takes a trolley's frame as a heartbeat, if it is one.
pub(in crate::http) async fn take(app: &App, device: &CartDevice, text: &str) -> Result<()> {
    let fields = Fields::read(text.as_bytes())?;
    if OF_SCANS.iter().any(|member| fields.present(member).is_some()) {
        let detail = "scans are not taken here: POST them to /cart/esp32/add_item";
        return Err(Problem::bad_request("scans-not-here", detail));
    }
    if fields.text("type").is_some_and(|kind| kind != "heartbeat") {
        let detail = "only heartbeats are taken here";
        return Err(Problem::bad_request("unknown-frame", detail));
    }
    take_heartbeat(app, device, &fields).await
}

/// The body of an answer, an object, with its type in front.
fn typed(kind: &str, body: &str) -> String {
    format!("{{\"type\":\"{kind}\",{}", body.trim_start_matches('{'))
}
