//! Firmware as trolleys ask for it, in the protocol of arduino-esp32's `HTTPUpdate`.
//!
//! `GET` with headers that say what runs and how much room there is, all of which may be missing:
//! 200 with the image, its length and its MD5, or 304. The updater asks by HTTP/1.0 and wants no
//! chunks; any other status is an error to it.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::liberal::Fields;
use super::{AnswerRecord, flat};
use crate::app::firmware::{FirmwareAsked, FirmwareDownload};
use crate::app::fleet::{DeviceStatus, Heartbeat};
use crate::app::{App, CartDevice};
use crate::domain::firmware::{Md5, Shown};
use crate::http::exchange::text;
use crate::http::extract::RawBody;
use crate::http::{Problem, Result};
use crate::wire::firmware::hex;

/// When a trolley may ask again that found all places taken, in seconds.
const DOWNLOAD_RETRY_S: u64 = 30;
/// Longest version that is looked at, in characters; as in a heartbeat.
const VERSION_CHARS_MAX: usize = 40;

/// What new firmware says after its self-test.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(in crate::http) struct Healthy {
    /// What runs. Without it the image that the trolley was given last is meant.
    #[schema(required = false, example = "1.4.0")]
    version: Value,
}

/// A self-test was taken note of.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is written by hand")]
pub(in crate::http) struct HealthNoted {
    success: bool,
    #[schema(example = "Noted")]
    message: String,
    /// The version that counts as well; `null` for firmware that did not come from here.
    #[schema(example = "1.4.0")]
    firmware: Option<String>,
}

pub(in crate::http) async fn fetch(
    State(app): State<App>,
    device: CartDevice,
    headers: HeaderMap,
) -> Result<Response> {
    let asked = FirmwareAsked {
        shown: Shown {
            version: text(&headers, "x-esp32-version").map(version),
            md5: text(&headers, "x-esp32-sketch-md5").and_then(md5),
        },
        free_bytes: text(&headers, "x-esp32-free-space").and_then(|bytes| bytes.parse().ok()),
    };
    let firmware = asked.shown.version.clone();
    app.note_seen(&device, Heartbeat { firmware, ..Heartbeat::default() });
    let found = app.fetch_firmware(&device, asked).await.map_err(|error| {
        let problem = Problem::from(error);
        let is_busy = problem.code() == "too-many-downloads";
        if is_busy { problem.retry_after(DOWNLOAD_RETRY_S) } else { problem }
    })?;
    let Some(download) = found else {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    };
    let image = download.image();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_LENGTH, image.size.into()),
        (header::HeaderName::from_static("x-md5"), header_of(&hex(&image.md5))?),
        (header::HeaderName::from_static("x-firmware-version"), header_of(&image.version)?),
    ];
    Ok((headers, pieces(download)).into_response())
}

pub(in crate::http) async fn healthy(
    State(app): State<App>,
    device: CartDevice,
    RawBody(body): RawBody,
) -> Result<Response> {
    let fields = if body.is_empty() { Fields::default() } else { Fields::read(&body)? };
    let firmware = fields.text("version").as_deref().map(version);
    app.note_seen(&device, Heartbeat { firmware: firmware.clone(), ..Heartbeat::default() });
    let well = app.firmware_healthy(&device, firmware).await?;
    let body = json!({ "success": true, "message": "Noted", "firmware": well.version });
    Ok(flat(AnswerRecord { status: 200, body: body.to_string() }))
}

/// Takes note of what a heartbeat says that runs. A heartbeat is answered whatever comes of it.
pub(super) async fn note(app: &App, device: &CartDevice, fields: &Fields) {
    let Some(running) = fields.text("firmware") else { return };
    let shown = Shown { version: Some(version(&running)), md5: None };
    if let Err(error) = app.firmware_shown(device, &shown).await {
        tracing::warn!(%error, device = device.id().value(), "a firmware's version is not noted");
    }
}

/// A heartbeat's answer, with one more member when an image waits and nobody shops.
pub(super) fn announce(app: &App, status: &DeviceStatus, mut answer: AnswerRecord) -> AnswerRecord {
    if app.firmware_waits(&status.device, status.items > 0) && answer.body.ends_with('}') {
        answer.body.truncate(answer.body.len() - 1);
        answer.body.push_str(",\"firmware\":true}");
    }
    answer
}

fn pieces(download: FirmwareDownload) -> Body {
    let next = |mut download: FirmwareDownload| async move {
        match download.piece().await {
            Ok(piece) => piece.map(|piece| (Ok(piece), download)),
            Err(error) => {
                tracing::info!(%error, "a firmware download broke off");
                Some((Err(std::io::Error::other(error)), download))
            }
        }
    };
    Body::from_stream(futures_util::stream::unfold(download, next))
}

fn version(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(VERSION_CHARS_MAX).collect()
}

/// An MD5 in hexadecimal; anything else says nothing.
fn md5(text: &str) -> Option<Md5> {
    let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = is_hex.then(|| u128::from_str_radix(text, 16).ok())??;
    Some(number.to_be_bytes())
}

fn header_of(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|error| Problem::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_read_from_its_digits() {
        assert_eq!(md5("000102030405060708090a0b0c0d0e0F").unwrap()[14..], [0x0e, 0x0f]);
        for odd in ["", "00", &"g".repeat(32), &"0".repeat(33), "+00102030405060708090a0b0c0d0e0f"]
        {
            assert_eq!(md5(odd), None, "{odd}");
        }
        assert_eq!(version(" 1.4.0\r\n"), "1.4.0");
    }
}
