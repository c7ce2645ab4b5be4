//! What each command does.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::accounts::{AccountChange, NewAccount};
use crate::app::devices::NewDevice;
pub use crate::app::export::Pieces;
use crate::app::firmware::{FirmwareChange, FirmwareReport, IMAGE_MAX_BYTES, NewFirmware};
use crate::app::import::{ImportFile, Watcher};
use crate::app::{Admin, App, Error, Outcome, Result};
use crate::data_dir::DataDir;
use crate::domain::accounts::Role;
use crate::domain::firmware::{Ring, RolloutState};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::domain::store_map::Reading;
use crate::wire::control::{BODY_MAX_BYTES, Request};
use crate::wire::device::{DeviceKeyed, DeviceSummary};
use crate::wire::enrolment::PairingCodeMade;
use crate::wire::firmware::Firmware;
use crate::wire::import::ImportSummary;
use crate::wire::user::User;

/// Imports that a list shows.
const IMPORTS_LISTED: usize = 50;

/// Does what is asked. `body` is the request's file; what is written out goes to `pieces`.
pub async fn execute(
    app: &App,
    dir: &DataDir,
    request: Request,
    body: impl Into<ImportFile>,
    pieces: &Pieces,
) -> Result<Value> {
    let body = body.into();
    let admin = Admin::local();
    match request {
        Request::UserAdd { username, email, role, password } => {
            let role = role_of(&role)?;
            let account = NewAccount {
                username: Some(username),
                email,
                password: Some(password.0),
                ..NewAccount::default()
            };
            json_of(&User::from(app.create_user(&admin, account, role).await?))
        }
        Request::UserList => {
            let (users, _) = app.users(&admin, 0, usize::MAX).await?;
            json_of(&users.into_iter().map(User::from).collect::<Vec<_>>())
        }
        Request::UserSetPassword { username, password } => {
            let change = AccountChange { password: Some(password.0), ..AccountChange::default() };
            change_user(app, username, change).await
        }
        Request::UserSetRole { username, role } => {
            let change = AccountChange { role: Some(role_of(&role)?), ..AccountChange::default() };
            change_user(app, username, change).await
        }
        Request::UserDisable { username } => {
            let change = AccountChange { disabled: Some(true), ..AccountChange::default() };
            change_user(app, username, change).await
        }
        Request::UserToken { username, minutes } => user_token(app, username, minutes).await,
        Request::KeysList => Ok(json!({ "keys": json_of(&app.signing_keys(&admin))? })),
        Request::KeysRotate { now } => {
            Ok(json!({ "keys": json_of(&app.rotate_keys(&admin, dir, now).await?)? }))
        }
        Request::ImportProducts(options) => {
            let (staff, watcher) = (admin.staff(), watcher(pieces));
            let done = app.import_products_once(&staff, body, options, None, watcher);
            fresh(done.await?)
        }
        Request::ImportUsers(options) => json_of(&app.import_users(&admin, body, options).await?),
        Request::ImportPromotions(options) => {
            json_of(&app.import_promotions(&admin.staff(), body, options).await?)
        }
        Request::ImportList => {
            let (imports, _) = app.imports(&admin.staff(), 0, IMPORTS_LISTED)?;
            json_of(&imports.into_iter().map(ImportSummary::from).collect::<Vec<_>>())
        }
        Request::ImportUndo { id } => {
            fresh(app.undo_import(&admin.staff(), id, None, watcher(pieces)).await?)
        }
        Request::ImportMap(options) => {
            let limit = u64::try_from(BODY_MAX_BYTES).unwrap_or(u64::MAX);
            import_map(app, &body.into_bytes(limit)?, options.dry_run).await
        }
        Request::MapLint => {
            let limit = u64::try_from(BODY_MAX_BYTES).unwrap_or(u64::MAX);
            let file = body.into_bytes(limit)?;
            json_of(&app.lint_map(&admin.staff(), file).await?.0)
        }
        Request::Export { table, format } => {
            let rows = app.export(&admin, table, format, pieces).await?;
            Ok(json!({ "rows": rows }))
        }
        Request::ExportMap { format } => {
            let map = app.export_map(&admin.staff(), format)?;
            // A reader that has gone is no concern of the appliance.
            let _ = pieces.send(map).await;
            Ok(json!({}))
        }
        Request::ExportAudit => {
            let entries = app.export_audit(&admin, pieces).await?;
            Ok(json!({ "entries": entries }))
        }
        Request::Verify => json_of(&app.archive_to_verify(&admin, dir, pieces).await?),
        Request::Backup => json_of(&app.backup(&admin, dir, pieces).await?),
        Request::SetupToken => setup_token(app),
        Request::DeviceAdd { .. }
        | Request::DeviceList
        | Request::DeviceRotate { .. }
        | Request::DeviceRevoke { .. }
        | Request::PairingCode { .. } => devices(app, request).await,
        Request::FirmwareAdd { version, chip } => add_firmware(app, version, chip, body).await,
        Request::FirmwareList | Request::FirmwareRoll { .. } | Request::FirmwareHalt { .. } => {
            firmware(app, request).await
        }
    }
}

fn setup_token(app: &App) -> Result<Value> {
    match app.setup_token()? {
        Some(token) => Ok(json!({ "setup_token": token })),
        None => Err(Error::conflict(
            "already-set-up",
            "this shop has an admin already: sign in, or make another with `cartwright user add \
             --role admin`",
        )),
    }
}

async fn add_firmware(
    app: &App,
    version: String,
    chip: Option<String>,
    body: ImportFile,
) -> Result<Value> {
    let image = body.into_bytes(u64::try_from(IMAGE_MAX_BYTES).unwrap_or(u64::MAX))?.into();
    let new = NewFirmware { version, chip, notes: String::new() };
    match app.create_firmware(&Admin::local(), new, image, None).await? {
        Outcome::Fresh(report) => firmware_json(&report),
        Outcome::Replayed { .. } => Err(Error::Internal("a repeat without a key".into())),
    }
}

async fn firmware(app: &App, request: Request) -> Result<Value> {
    let admin = Admin::local();
    let (id, change) = match request {
        Request::FirmwareRoll { id, ring, device_id, force } => {
            let ring = ring.parse::<Ring>().map_err(|error| Error::field("ring", error))?;
            let device_id = device_id.map(DeviceId::new).transpose();
            let device_id = device_id.map_err(|error| Error::field("device_id", error))?;
            let (ring, state) = (Some(ring), Some(RolloutState::Rolling));
            (id, FirmwareChange { ring, device_id, state, force, ..FirmwareChange::default() })
        }
        Request::FirmwareHalt { id } => {
            let state = Some(RolloutState::Halted);
            (id, FirmwareChange { state, ..FirmwareChange::default() })
        }
        _ => {
            let images = app.firmware_images(&admin.staff())?;
            return Ok(Value::Array(images.iter().map(firmware_json).collect::<Result<_>>()?));
        }
    };
    let id = FirmwareId::new(id).map_err(|error| Error::field("id", error))?;
    firmware_json(&app.update_firmware(&admin, id, change).await?)
}

fn firmware_json(report: &FirmwareReport) -> Result<Value> {
    json_of(&Firmware::new(&report.image, report.counts))
}

async fn devices(app: &App, request: Request) -> Result<Value> {
    let admin = Admin::local();
    match request {
        Request::DeviceAdd { name } => keyed(app.add_device(&admin, &name).await?),
        Request::DeviceRotate { id } => keyed(app.rotate_device_key(&admin, device_id(id)?).await?),
        Request::PairingCode { name } => {
            let made = app.create_pairing_code(&admin, name, None).await?;
            json_of(&PairingCodeMade::new(&made.code, made.text.expose()))
        }
        Request::DeviceRevoke { id } => {
            json_of(&DeviceSummary::from(app.revoke_device(&admin, device_id(id)?).await?))
        }
        _ => {
            let devices = app.devices(&admin.staff())?;
            json_of(&devices.into_iter().map(DeviceSummary::from).collect::<Vec<_>>())
        }
    }
}

/// Tells how far an import is to whoever takes what is written out, unless they are behind.
fn watcher(pieces: &Pieces) -> Watcher {
    let pieces = pieces.clone();
    Watcher::new(move |progress| {
        if let Ok(mut line) = serde_json::to_vec(&progress) {
            line.push(b'\n');
            // Whoever does not look misses a step of a bar.
            let _ = pieces.try_send(line);
        }
    })
}

fn fresh(outcome: Outcome<impl Serialize>) -> Result<Value> {
    match outcome {
        Outcome::Fresh(done) => json_of(&done),
        Outcome::Replayed { .. } => Err(Error::Internal("a repeat without a key".into())),
    }
}

async fn change_user(app: &App, username: String, change: AccountChange) -> Result<Value> {
    json_of(&User::from(app.update_user(&Admin::local(), username, change).await?))
}

async fn user_token(app: &App, username: String, minutes: u32) -> Result<Value> {
    let life = SignedDuration::from_mins(i64::from(minutes));
    let issued = app.issue_token(&Admin::local(), username, life).await?;
    Ok(json!({
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in_s,
        "user": json_of(&User::from(issued.user))?,
    }))
}

async fn import_map(app: &App, file: &[u8], dry_run: bool) -> Result<Value> {
    let Reading { map, format, notes } =
        Reading::of(file).map_err(|errors| Error::bad_request("invalid-map", errors))?;
    let counts = json!({
        "name": map.name, "format": json_of(&format)?, "notes": json_of(&notes.list())?, "more": notes.more(),
        "nodes": map.nodes.len(), "edges": map.edges.len(),
        "sections": map.sections.len(), "locations": map.locations.len(), "applied": !dry_run,
    });
    if dry_run {
        crate::app::walks::check_store_map(&map)?;
    } else {
        app.replace_store_map(&Admin::local().staff(), map, None).await?;
    }
    Ok(counts)
}

fn keyed(new: NewDevice) -> Result<Value> {
    json_of(&DeviceKeyed {
        id: new.device.id.value(),
        name: new.device.name,
        cart_code: new.device.cart_code,
        key: new.key.expose().to_owned(),
    })
}

fn role_of(text: &str) -> Result<Role> {
    text.parse().map_err(|error| Error::field("role", error))
}

fn device_id(id: u64) -> Result<DeviceId> {
    DeviceId::new(id).map_err(|error| Error::field("id", error))
}

fn json_of(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}
