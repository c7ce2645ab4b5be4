//! Firmware for trolleys: images come in, go out in rings, and come back when they are no good.
//!
//! What is decided is in [`crate::domain::firmware`]; here it becomes transactions. An image's file
//! is written before the transaction that names it and deleted after the one that forgets it, both
//! under one lock, as pictures are.
//!
//! Trolleys ask with each heartbeat whether something waits, so that images and what is known
//! of each trolley are held in memory (`board`), and a heartbeat reads no row.

mod alarms;
mod board;
mod downloads;
mod trolleys;

pub use downloads::{DOWNLOADS_MAX, FirmwareDownload};
pub use trolleys::{FirmwareAsked, Wellness};

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use md5::Md5 as Md5Hasher;
use sha2::Digest as _;
use tokio::sync::Mutex;

use self::board::Board;
use self::downloads::Downloads;
use super::audit::{self, Change};
use super::once::{Once, Outcome, once};
use super::{Admin, App, Error, Refusal, Result, Staff, unblocked};
use crate::blobs;
use crate::domain::devices::Device;
use crate::domain::firmware::{
    Chip, Counts, Examined, Firmware, IMAGES_MAX, ImageError, ImageHash, InstallState,
    Installation, NOTES_CHARS_MAX, Ring, RolloutState, examine, is_same, stand_in, version,
};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::storage::{Reader, WriteTx, accounts, devices, firmware};
use crate::wire::firmware::hex;

pub use crate::domain::firmware::IMAGE_MAX_BYTES;

/// Where images are among the blobs.
const FOLDER: &str = "firmware";
/// How old a file without a row must be before it is taken for a leftover.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);

/// What is held in memory.
#[derive(Debug, Default)]
pub(super) struct FirmwareRoom {
    board: Board,
    told_late: alarms::ToldLate,
    downloads: Arc<Downloads>,
    /// Held from before files are written or forgotten until rows and files agree.
    keeping: Arc<Mutex<()>>,
    /// Which part of the files the next sweep looks through.
    shard: AtomicU8,
}

/// An image that comes in.
#[derive(Debug, Clone, Default)]
pub struct NewFirmware {
    /// What it will say that it is.
    pub version: String,
    /// What it is said to run on; the image says it too.
    pub chip: Option<String>,
    /// What is new.
    pub notes: String,
}

/// Fields of an image to set.
#[derive(Debug, Clone, Default)]
pub struct FirmwareChange {
    /// To whom it goes.
    pub ring: Option<Ring>,
    /// The trolley of ring one.
    pub device_id: Option<DeviceId>,
    /// What is new.
    pub notes: Option<String>,
    /// Whether it goes out.
    pub state: Option<RolloutState>,
    /// Whether it also goes to trolleys that run a newer version.
    pub downgrade: Option<bool>,
    /// Whether it goes further although not all are well.
    pub force: bool,
}

/// An image and how it fares.
#[derive(Debug, Clone)]
pub struct FirmwareReport {
    /// The image.
    pub image: Firmware,
    /// How many trolleys are how far.
    pub counts: Counts,
}

/// A trolley and how far it is with an image.
#[derive(Debug, Clone)]
pub struct FirmwareDevice {
    /// The trolley.
    pub device_id: DeviceId,
    /// What it is called.
    pub name: String,
    /// How far it is.
    pub installation: Installation,
    /// Whether its self-test is overdue.
    pub is_late: bool,
}

impl App {
    /// Takes an image in, for nobody yet.
    pub async fn create_firmware(
        &self,
        admin: &Admin,
        new: NewFirmware,
        bytes: Bytes,
        request: Option<Once<FirmwareReport>>,
    ) -> Result<Outcome<FirmwareReport>> {
        let version = version(&new.version).map_err(|error| Error::field("version", error))?;
        let said = new.chip.as_deref().map(str::parse::<Chip>).transpose();
        let said = said.map_err(|error| Error::field("chip", error))?;
        let notes = checked_notes(&new.notes)?;
        let (act, now, by) = (self.act(admin), self.now(), admin.staff().user_id());
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let app = self.clone();
        // A task of its own: a caller who goes away must not let go of the lock halfway.
        let kept = tokio::spawn(async move {
            let _lock = app.inner.firmware.keeping.lock().await;
            let blobs = app.inner.parts.blobs.clone();
            let (Examined { chip, findings }, md5, sha256) = unblocked(move || {
                let examined = examine(&bytes, said).map_err(|error| refusal(&error))?;
                let (md5, sha256) = (Md5Hasher::digest(&bytes).into(), blobs::address(&bytes));
                blobs.keep(FOLDER, &file_name(&sha256), &bytes)?;
                Ok::<_, Error>((examined, md5, sha256))
            })
            .await??;
            let made = app.write(move |tx| {
                once(tx, request, now, |tx| {
                    refuse_doubles(tx, &version, chip, &sha256)?;
                    let by = by.map(|id| accounts::user(tx, id)).transpose()?.flatten();
                    let image = Firmware {
                        id: super::next(tx, "firmware", FirmwareId::new)?,
                        version,
                        chip,
                        size,
                        md5,
                        sha256,
                        notes,
                        warnings: findings.iter().map(ToString::to_string).collect(),
                        ring: Ring::None,
                        device_id: None,
                        state: RolloutState::Draft,
                        downgrade: false,
                        decided_at: now,
                        created_at: now,
                        created_by: by.map(|user| user.username.to_string()),
                    };
                    firmware::put(tx, &image)?;
                    let change = Change::made(shape(&image));
                    audit::record(tx, &act, "firmware.create", ("firmware", image.id), change)?;
                    Ok(FirmwareReport { image, counts: Counts::default() })
                })
            });
            let made = made.await;
            app.inner.firmware.board.forget_images();
            made
        });
        kept.await.map_err(|error| Error::Internal(error.to_string()))?
    }

    /// All images, newest first.
    pub fn firmware_images(&self, _staff: &Staff) -> Result<Vec<FirmwareReport>> {
        self.read(|tx| {
            let images = firmware::all(tx)?.into_iter().rev();
            images.map(|image| report(tx, image)).collect()
        })
    }

    /// An image.
    pub fn firmware_image(&self, _staff: &Staff, id: FirmwareId) -> Result<FirmwareReport> {
        self.read(|tx| report(tx, existing(tx, id)?))
    }

    /// Decides how far an image goes out.
    pub async fn update_firmware(
        &self,
        admin: &Admin,
        id: FirmwareId,
        change: FirmwareChange,
    ) -> Result<FirmwareReport> {
        let notes = change.notes.as_deref().map(checked_notes).transpose()?;
        let (act, now) = (self.act(admin), self.now());
        let changed = self
            .write(move |tx| {
                let before = existing(tx, id)?;
                let mut image = decided(tx, &before, &change)?;
                image.notes = notes.unwrap_or(image.notes);
                let counts = counts(tx, id)?;
                let goes_further = image.state == RolloutState::Rolling
                    && (image.ring > before.ring || before.state != RolloutState::Rolling);
                if goes_further && !change.force {
                    refuse_unsound(&image, counts)?;
                }
                let is_decided =
                    Firmware { notes: before.notes.clone(), ..image.clone() } != before;
                if is_decided {
                    image.decided_at = now;
                }
                if image != before {
                    firmware::put(tx, &image)?;
                    let mut change = Change::between(shape(&before), shape(&image));
                    if counts.unwell > 0 && is_decided {
                        change = change.with("not_healthy", counts.unwell);
                    }
                    audit::record(tx, &act, "firmware.update", ("firmware", id), change)?;
                }
                Ok((FirmwareReport { image, counts }, is_decided))
            })
            .await;
        self.inner.firmware.board.forget_images();
        let (report, is_decided) = changed?;
        if is_decided && report.image.state == RolloutState::Rolling {
            self.nudge_waiting();
        }
        Ok(report)
    }

    /// Removes an image that does not go out. Who rolled back from it stays known.
    pub async fn delete_firmware(&self, admin: &Admin, id: FirmwareId) -> Result<()> {
        let act = self.act(admin);
        let app = self.clone();
        let gone = tokio::spawn(async move {
            let _lock = app.inner.firmware.keeping.lock().await;
            let deleted = app.write(move |tx| {
                let image = existing(tx, id)?;
                if image.state == RolloutState::Rolling {
                    let detail = "this image goes out: halt it first";
                    return Err(Error::conflict("firmware-rolling", detail));
                }
                firmware::delete(tx, id)?;
                let change = Change::removed(shape(&image));
                audit::record(tx, &act, "firmware.delete", ("firmware", id), change)?;
                Ok(image)
            });
            let image = deleted.await?;
            app.inner.firmware.board.forget_all();
            let blobs = app.inner.parts.blobs.clone();
            unblocked(move || Ok(blobs.remove(FOLDER, &file_name(&image.sha256))?)).await?
        });
        gone.await.map_err(|error| Error::Internal(error.to_string()))?
    }

    /// The trolleys that an image is for or was given to, by their ids.
    pub fn firmware_devices(&self, _staff: &Staff, id: FirmwareId) -> Result<Vec<FirmwareDevice>> {
        let now = self.now();
        self.read(|tx| {
            let image = existing(tx, id)?;
            let mut known: std::collections::HashMap<DeviceId, Installation> =
                firmware::installations(tx, id)?.into_iter().collect();
            let mut found = Vec::new();
            for device in devices::all(tx)? {
                let is_meant = image.state == RolloutState::Rolling
                    && !device.revoked
                    && image.is_for(device.id, chip_of(&device));
                let installation = known.remove(&device.id).or_else(|| {
                    let waiting = || {
                        let before = crate::domain::firmware::Shown::default();
                        Installation::begin(InstallState::Waiting, before, image.decided_at)
                    };
                    is_meant.then(waiting)
                });
                if let Some(installation) = installation {
                    let is_late = installation.is_late(now);
                    let (device_id, name) = (device.id, device.name);
                    found.push(FirmwareDevice { device_id, name, installation, is_late });
                }
            }
            Ok(found)
        })
    }

    /// Deletes files of images that belong to nothing, a part at each call. How many.
    pub async fn prune_firmware(&self) -> Result<usize> {
        let _lock = Arc::clone(&self.inner.firmware.keeping).lock_owned().await;
        let first_byte = self.inner.firmware.shard.fetch_add(1, Ordering::Relaxed);
        let oldest = SystemTime::from(self.now()) - LEFTOVER_AGE;
        let app = self.clone();
        unblocked(move || {
            let images = app.read(|tx| Ok(firmware::all(tx)?))?;
            let blobs = &app.inner.parts.blobs;
            let mut count = 0;
            for entry in blobs.shard(FOLDER, first_byte)? {
                let is_named = images.iter().any(|it| file_name(&it.sha256) == entry.name);
                // What we did not name is not ours to delete.
                let is_ours = entry.is_partial() || entry.name.strip_suffix(".bin").is_some();
                if is_ours && !is_named && entry.modified < oldest {
                    blobs.remove_entry(&entry)?;
                    count += 1;
                }
            }
            Ok(count)
        })
        .await?
    }
}

/// The image with this id.
fn existing(tx: &impl Reader, id: FirmwareId) -> Result<Firmware> {
    firmware::image(tx, id)?.ok_or_else(|| Error::not_found("firmware"))
}

fn counts(tx: &impl Reader, id: FirmwareId) -> Result<Counts> {
    let rows = firmware::installations(tx, id)?;
    Ok(Counts::of(rows.iter().map(|(_, row)| row)))
}

fn report(tx: &impl Reader, image: Firmware) -> Result<FirmwareReport> {
    Ok(FirmwareReport { counts: counts(tx, image.id)?, image })
}

/// Among the blobs.
fn file_name(sha256: &ImageHash) -> String {
    format!("{}.bin", hex(sha256))
}

/// The chip of a trolley's board, if it said one that is known.
fn chip_of(device: &Device) -> Option<Chip> {
    device.board.chip.as_deref().and_then(Chip::of_board)
}

fn checked_notes(text: &str) -> Result<String> {
    let text = text.trim();
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    if text.chars().count() > NOTES_CHARS_MAX || !text.chars().all(is_text) {
        let message = format!("is at most {NOTES_CHARS_MAX} printable characters");
        return Err(Error::field("notes", message));
    }
    Ok(text.to_owned())
}

fn refuse_doubles(tx: &impl Reader, version: &str, chip: Chip, sha256: &ImageHash) -> Result<()> {
    if !firmware::has_room(tx)? {
        let detail = format!("{IMAGES_MAX} images are the most: delete old ones");
        return Err(Error::conflict("too-many-images", detail));
    }
    for image in firmware::all(tx)? {
        let is_same_version = image.chip == chip && is_same(&image.version, version);
        let code = match () {
            () if image.sha256 == *sha256 => "image-exists",
            () if is_same_version => "version-exists",
            () => continue,
        };
        let detail = match code {
            "image-exists" => format!("these bytes are here as {} already", image.version),
            _ => format!(
                "there is another image {} for {chip}: give it a new version",
                image.version
            ),
        };
        return Err(Error::Conflict(Refusal::new(code, detail).with("id", image.id.value())));
    }
    Ok(())
}

/// The image with another ring and state, if that makes sense.
fn decided(tx: &WriteTx<'_>, before: &Firmware, change: &FirmwareChange) -> Result<Firmware> {
    let mut image = before.clone();
    image.ring = change.ring.unwrap_or(before.ring);
    image.downgrade = change.downgrade.unwrap_or(before.downgrade);
    image.state = match change.state {
        Some(state) => state,
        // Whoever chooses a ring means it to go out.
        None if change.ring.is_some_and(|ring| ring != Ring::None)
            && before.state == RolloutState::Draft =>
        {
            RolloutState::Rolling
        }
        None => before.state,
    };
    if image.state == RolloutState::Draft && before.state != RolloutState::Draft {
        return Err(Error::field("state", "an image that went out is halted, and no draft again"));
    }
    if image.state == RolloutState::Rolling && image.ring == Ring::None {
        return Err(Error::field("ring", "choose one, tenth or all: with none it goes nowhere"));
    }
    if change.device_id.is_some() && image.ring != Ring::One {
        return Err(Error::field("device_id", "belongs to ring one"));
    }
    image.device_id = match image.ring {
        Ring::One => {
            let kept = before.device_id.filter(|_| before.ring == Ring::One);
            let id = change.device_id.or(kept);
            let id = id.ok_or_else(|| Error::field("device_id", "name the trolley of ring one"))?;
            Some(fit(tx, id, image.chip)?)
        }
        Ring::Tenth if before.ring == Ring::Tenth => before.device_id,
        Ring::Tenth => {
            let mut all = devices::all(tx)?;
            all.retain(|it| !it.revoked && chip_of(it).is_none_or(|chip| chip == image.chip));
            stand_in(all.iter().map(|device| device.id))
        }
        Ring::None | Ring::All => None,
    };
    Ok(image)
}

/// The trolley, if it can run an image for this chip.
fn fit(tx: &impl Reader, id: DeviceId, chip: Chip) -> Result<DeviceId> {
    let device = devices::device(tx, id)?.filter(|device| !device.revoked);
    let device = device.ok_or_else(|| Error::field("device_id", "there is no such trolley"))?;
    match chip_of(&device) {
        Some(other) if other != chip => {
            Err(Error::field("device_id", format!("has an {other}, and this image is for {chip}")))
        }
        _ => Ok(id),
    }
}

/// What must not go further unless somebody insists.
fn refuse_unsound(image: &Firmware, counts: Counts) -> Result<()> {
    if image.ring > Ring::One && !image.warnings.is_empty() {
        let detail = format!(
            "there are warnings about this image: try it on one trolley, or send \"force\": true: {}",
            image.warnings.join("; ")
        );
        let refusal = Refusal::new("has-warnings", detail).with("warnings", image.warnings.clone());
        return Err(Error::Conflict(refusal));
    }
    if counts.unwell > 0 { Err(not_all_well(counts)) } else { Ok(()) }
}

fn not_all_well(counts: Counts) -> Error {
    let detail = format!(
        "of the trolleys that have it, {} did not say that they are well, {} of them went back: \
         wait, or send \"force\": true",
        counts.unwell, counts.rolled_back
    );
    let refusal = Refusal::new("not-all-healthy", detail)
        .with("not_healthy", counts.unwell)
        .with("rolled_back", counts.rolled_back);
    Error::Conflict(refusal)
}

fn refusal(error: &ImageError) -> Error {
    let code = match error {
        ImageError::Empty => "empty-image",
        ImageError::Magic(_) => "not-an-image",
    };
    Error::bad_request(code, error)
}

/// An image in the audit log.
fn shape(image: &Firmware) -> serde_json::Value {
    serde_json::json!({
        "id": image.id.value(),
        "version": image.version,
        "chip": image.chip.name(),
        "size": image.size,
        "sha256": hex(&image.sha256),
        "notes": image.notes,
        "warnings": image.warnings,
        "ring": image.ring,
        "device_id": image.device_id.map(DeviceId::value),
        "state": image.state,
        "downgrade": image.downgrade,
    })
}

/// What the appliance halts by itself.
fn halt(tx: &mut WriteTx<'_>, image: &Firmware, counts: Counts, now: Timestamp) -> Result<()> {
    let halted = Firmware { state: RolloutState::Halted, ..image.clone() };
    firmware::put(tx, &halted)?;
    let change = Change::between(shape(image), shape(&halted))
        .with("rolled_back", counts.rolled_back)
        .with("installed", counts.installed);
    let act = audit::Act::system(now);
    audit::record(tx, &act, "firmware.halt", ("firmware", image.id), change)
}
