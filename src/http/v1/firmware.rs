//! Firmware for trolleys: images come in and go out in rings. What trolleys ask is in
//! [`crate::http::devices`].

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Answer;
use crate::app::firmware::{FirmwareChange, FirmwareReport, NewFirmware};
use crate::app::{Admin, App, Staff};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::http::extract::{Json, KeyedBody, Page, Path, Query};
use crate::http::reply::{Listed, Stored};
use crate::http::{Problem, Result};
use crate::wire::firmware::{Firmware, FirmwareDevice};
use crate::wire::read_only;

pub(in crate::http) use crate::app::firmware::IMAGE_MAX_BYTES;

/// Trolleys on a page when the client does not say.
pub(in crate::http) const DEVICES_DEFAULT: usize = 1_000;

/// What is said of an image that comes in.
#[derive(Debug, Deserialize, IntoParams)]
pub(in crate::http) struct FirmwareQuery {
    /// What the firmware says that it is: letters, digits and signs without blanks.
    #[param(min_length = 1, max_length = 40, example = "1.4.0")]
    version: String,
    /// What it runs on, for example `ESP32-S3`; without it, what the image says. Needed for
    /// `ESP8266`.
    #[param(example = "ESP32")]
    chip: Option<String>,
    /// What is new.
    #[param(max_length = 1000)]
    notes: Option<String>,
}

/// Fields of an image to set; what only the server sets is ignored.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct FirmwarePatch {
    /// To whom it goes: `none`, `one`, `tenth` or `all`.
    #[schema(pattern = "^(none|one|tenth|all)$", example = "tenth")]
    ring: Option<String>,
    /// The trolley of ring one.
    device_id: Option<u64>,
    /// What is new.
    #[schema(max_length = 1000)]
    notes: Option<String>,
    /// `draft`, `rolling` or `halted`.
    #[schema(pattern = "^(draft|rolling|halted)$", example = "rolling")]
    state: Option<String>,
    /// Whether it also goes to trolleys that run a newer version.
    downgrade: Option<bool>,
    /// Goes further although trolleys that have it did not say that they are well, or although
    /// there are warnings.
    force: Option<bool>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    version: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    chip: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    size: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    md5: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    sha256: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_by: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    warnings: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    counts: Option<IgnoredAny>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct FirmwareDeleted {
    message: &'static str,
    deleted: bool,
    firmware_id: u64,
}

fn wire(report: &FirmwareReport) -> Firmware {
    Firmware::new(&report.image, report.counts)
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    admin: Admin,
    Query(query): Query<FirmwareQuery>,
    KeyedBody { body, idempotency }: KeyedBody,
) -> Result<Stored> {
    let new = NewFirmware {
        version: query.version,
        chip: query.chip,
        notes: query.notes.unwrap_or_default(),
    };
    let answer = Answer::new(201, wire);
    let outcome = app.create_firmware(&admin, new, body, answer.once(idempotency)).await?;
    Ok(answer.reply(outcome))
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    staff: Staff,
    page: Page,
) -> Result<Listed<Firmware, 50>> {
    let images = app.firmware_images(&staff)?;
    let total = u64::try_from(images.len()).unwrap_or(u64::MAX);
    let shown = images.iter().skip(page.offset).take(page.limit);
    Ok(Listed { items: shown.map(wire).collect(), total, page })
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<FirmwareId>,
) -> Result<Json<Firmware>> {
    Ok(Json(wire(&app.firmware_image(&staff, id)?)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<FirmwareId>,
    Json(body): Json<FirmwarePatch>,
) -> Result<Json<Firmware>> {
    let ring = body.ring.as_deref().map(str::parse).transpose();
    let state = body.state.as_deref().map(str::parse).transpose();
    let device_id = body.device_id.map(DeviceId::new).transpose();
    let change = FirmwareChange {
        ring: ring.map_err(|error| Problem::field("ring", error))?,
        state: state.map_err(|error| Problem::field("state", error))?,
        device_id: device_id.map_err(|error| Problem::field("device_id", error))?,
        notes: body.notes,
        downgrade: body.downgrade,
        force: body.force.unwrap_or(false),
    };
    Ok(Json(wire(&app.update_firmware(&admin, id, change).await?)))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<FirmwareId>,
) -> Result<Json<FirmwareDeleted>> {
    app.delete_firmware(&admin, id).await?;
    let firmware_id = id.value();
    Ok(Json(FirmwareDeleted { message: "Firmware deleted", deleted: true, firmware_id }))
}

pub(in crate::http) async fn devices(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<FirmwareId>,
    page: Page<DEVICES_DEFAULT>,
) -> Result<Listed<FirmwareDevice, DEVICES_DEFAULT>> {
    let found = app.firmware_devices(&staff, id)?;
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let shown = found.into_iter().skip(page.offset).take(page.limit);
    let wire = |it: crate::app::firmware::FirmwareDevice| {
        FirmwareDevice::new(it.device_id, it.name, &it.installation, it.is_late)
    };
    Ok(Listed { items: shown.map(wire).collect(), total, page })
}
