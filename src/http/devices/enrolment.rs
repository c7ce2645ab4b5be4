//! `POST /cart/esp32/enroll`: a board shows its pairing code and gets its key, once.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::flat;
use super::liberal::Fields;
use crate::app::App;
use crate::app::scans::AnswerRecord;
use crate::domain::devices::Board;
use crate::domain::{enrolment, lcd};
use crate::http::exchange::Client;
use crate::http::extract::RawBody;
use crate::http::{Problem, Result};

/// What a board shows. Codes and addresses are read however they are written.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(in crate::http) struct Enrolment {
    /// What an admin was shown; small letters, blanks and hyphens are forgiven.
    #[schema(example = "K7QF-22MB")]
    pairing_code: Value,
    /// The board's MAC address, with any separators.
    #[schema(required = false, example = "24:6F:28:AB:01:9C")]
    mac: Value,
    /// The board's chip.
    #[schema(required = false, example = "ESP32-S3")]
    chip: Value,
    /// 16 to 64 printable characters that the firmware drew at random. Whoever sends the same code
    /// and the same claim again gets another key for the same trolley, as long as the first key
    /// was not used; without it a code works exactly once.
    #[schema(required = false, example = "9f2c41d07be8a6335d10c4ef")]
    claim: Value,
}

/// The trolley that the board is now.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub(in crate::http) struct Enrolled {
    success: bool,
    /// The trolley's id, its `cart_id`.
    #[schema(example = 7)]
    device_id: u64,
    /// What it sends as `X-API-Key` from now on; keep it where it survives a restart.
    key: String,
    /// What shoppers type to connect.
    #[schema(example = "K7QP4M")]
    cart_code: String,
    /// The trolley's name, as long as a line of the usual display.
    #[schema(rename = "lcdMessage", example = "Cart 7")]
    lcd_message: String,
}

pub(in crate::http) async fn enroll(
    State(app): State<App>,
    client: Client,
    RawBody(body): RawBody,
) -> Result<Response> {
    let fields = Fields::read(&body)?;
    let code = fields.text("pairing_code");
    let code =
        code.ok_or_else(|| Problem::field("pairing_code", "is the code of the admin page"))?;
    let mac = fields.text("mac").map(|mac| enrolment::mac(&mac)).transpose();
    let mac = mac.map_err(|error| Problem::field("mac", error))?.flatten();
    let chip = fields.text("chip").map(|chip| enrolment::chip(&chip)).transpose();
    let chip = chip.map_err(|error| Problem::field("chip", error))?;
    let claim = fields.text("claim");
    let claim = claim.as_deref().map(enrolment::claim).transpose();
    let claim = claim.map_err(|error| Problem::field("claim", error))?;
    let new = app.enroll(&code, Board { mac, chip }, claim, Some(client.address)).await?;
    let body = json!({
        "success": true,
        "device_id": new.device.id.value(),
        "key": new.key.expose(),
        "cart_code": new.device.cart_code,
        "lcdMessage": lcd::cut(&new.device.name, lcd::COLUMNS),
    });
    Ok(flat(AnswerRecord { status: 200, body: body.to_string() }))
}
