//! What trolleys do with firmware: say what they run, ask for an image, and say that they are well.

use jiff::Timestamp;

use super::board::Notes;
use super::downloads::FirmwareDownload;
use super::{FOLDER, alarms, chip_of, counts, file_name, halt};
use crate::app::devices::existing;
use crate::app::{App, CartDevice, Error, Result, unblocked};
use crate::domain::devices::Device;
use crate::domain::firmware::{
    Asking, Firmware, History, InstallState, Installation, RolloutState, Shown, judge, offer,
};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::storage::{Reader, WriteTx, carts, firmware};

/// A trolley asks for an image.
#[derive(Debug, Clone, Default)]
pub struct FirmwareAsked {
    /// What it runs.
    pub shown: Shown,
    /// Room that it has for an image, in bytes, if it says so.
    pub free_bytes: Option<u64>,
}

/// What a good self-test was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wellness {
    /// The version of the image that counts as well now; `None` where no image came from here.
    pub version: Option<String>,
}

/// What a trolley's word changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    image: FirmwareId,
    state: InstallState,
}

impl App {
    /// Takes note of what a trolley says that it runs. Nothing is written while that is no news.
    pub async fn firmware_shown(&self, device: &CartDevice, shown: &Shown) -> Result<()> {
        let (id, now) = (device.id, self.now());
        let is_news =
            self.ask_board(id, |images, notes| step(images, notes, shown, now).is_some())?;
        if !is_news {
            return Ok(());
        }
        let shown = shown.clone();
        let halted = self.write(move |tx| {
            let (images, notes) = known(tx, id)?;
            let Some(step) = step(&images, &notes, &shown, now) else { return Ok(None) };
            take(tx, id, &images, &notes, step, now)
        });
        let halted = halted.await;
        self.forget_firmware_notes(id);
        self.inner.firmware.board.forget_images();
        if let Some(version) = halted? {
            tracing::warn!(version, "trolleys go back from this firmware: it is halted");
        }
        Ok(())
    }

    /// Takes note of a good self-test.
    pub async fn firmware_healthy(
        &self,
        device: &CartDevice,
        version: Option<String>,
    ) -> Result<Wellness> {
        let (id, now) = (device.id, self.now());
        let shown = Shown { version, md5: None };
        self.firmware_shown(device, &shown).await?;
        let says_versions = self.seen(id).heartbeat.firmware.is_some();
        let is_news = self.ask_board(id, |images, notes| {
            tested(images, notes, &shown, says_versions).is_some()
        })?;
        if !is_news {
            return Ok(Wellness { version: None });
        }
        let well = self.write(move |tx| {
            let (images, notes) = known(tx, id)?;
            let Some(image) = tested(&images, &notes, &shown, says_versions) else {
                return Ok(Wellness { version: None });
            };
            let row = notes.installations.get(&image.id);
            if let Some(row) = row.filter(|row| row.state != InstallState::Healthy) {
                let row = row.moved(InstallState::Healthy, now);
                firmware::put_installation(tx, image.id, id, &row)?;
            }
            alarms::clear(tx, id, now)?;
            Ok(Wellness { version: Some(image.version.clone()) })
        });
        let well = well.await;
        self.forget_firmware_notes(id);
        well
    }

    /// Whether an image waits for a trolley that nobody is shopping with. From memory alone.
    pub fn firmware_waits(&self, device: &Device, is_basket_open: bool) -> bool {
        if is_basket_open || device.user_id.is_some() {
            return false;
        }
        let shown = Shown { version: self.seen(device.id).heartbeat.firmware, md5: None };
        let asking = Asking { id: device.id, chip: chip_of(device), shown: &shown };
        let waits = self.ask_board(device.id, |images, notes| {
            // One that has no room for it need not ask again.
            let is_too_large = |image: &Firmware| {
                let row = notes.installation(image.id);
                row.is_some_and(|row| row.too_small_bytes.is_some() && row.at >= image.decided_at)
            };
            offer(images, asking, notes).is_some_and(|image| !is_too_large(image))
        });
        waits.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot look for firmware");
            false
        })
    }

    /// The image that a trolley is to fetch now, if any.
    pub async fn fetch_firmware(
        &self,
        device: &CartDevice,
        asked: FirmwareAsked,
    ) -> Result<Option<FirmwareDownload>> {
        self.firmware_shown(device, &asked.shown).await?;
        let (id, now) = (device.id, self.now());
        let trolley = self.read(|tx| {
            let device = existing(tx, id)?;
            Ok((!is_basket_open(tx, &device)?).then_some(device))
        })?;
        let Some(trolley) = trolley else { return Ok(None) };
        let mut shown = asked.shown;
        if shown == Shown::default() {
            // A heartbeat may have said what these headers leave out.
            shown.version = self.seen(id).heartbeat.firmware;
        }
        let asking = Asking { id, chip: chip_of(&trolley), shown: &shown };
        let image = self.ask_board(id, |images, notes| offer(images, asking, notes).cloned())?;
        let Some(image) = image else { return Ok(None) };
        if let Some(free_bytes) = asked.free_bytes.filter(|free| *free < image.size) {
            self.firmware_too_large(id, &image, free_bytes).await?;
            return Ok(None);
        }
        let place = self.inner.firmware.downloads.begin(id, now).ok_or_else(|| {
            Error::unavailable("too-many-downloads", "many trolleys load firmware: try again")
        })?;
        let (blobs, name) = (self.inner.parts.blobs.clone(), file_name(&image.sha256));
        let opened = unblocked(move || blobs.open(FOLDER, &name)).await??;
        let file = opened.filter(|(_, bytes)| *bytes == image.size).map(|(file, _)| file);
        let file = file.ok_or_else(|| Error::Internal("an image's file is not there".into()))?;
        let is_offered = self.note_offer(id, &image, shown).await?;
        Ok(is_offered.then(|| FirmwareDownload::new(self.clone(), place, image, file)))
    }

    /// The last byte of an image is about to leave.
    pub(super) async fn firmware_given(&self, device: DeviceId, id: FirmwareId) -> Result<()> {
        let now = self.now();
        let given = self.write(move |tx| {
            let row = firmware::installation(tx, id, device)?;
            if let Some(mut row) = row.filter(|row| row.state == InstallState::Offered) {
                row.given_at = Some(now);
                firmware::put_installation(tx, id, device, &row)?;
            }
            Ok(())
        });
        let given = given.await;
        self.forget_firmware_notes(device);
        given
    }

    /// Notes that a trolley is answered with an image, unless something came between.
    async fn note_offer(&self, id: DeviceId, image: &Firmware, shown: Shown) -> Result<bool> {
        let (now, image) = (self.now(), image.clone());
        let noted = self.write(move |tx| {
            let device = existing(tx, id)?;
            let now_there = firmware::image(tx, image.id)?;
            let rolls = now_there.is_some_and(|it| {
                it.state == RolloutState::Rolling && it.is_for(id, chip_of(&device))
            });
            if !rolls
                || is_basket_open(tx, &device)?
                || firmware::has_rolled_back(tx, id, &image.sha256)?
            {
                return Ok(false);
            }
            let begun = Installation::begin(InstallState::Offered, shown, now);
            let row = firmware::installation(tx, image.id, id)?;
            // A download that broke off and is begun again is no news.
            let is_known = row.is_some_and(|row| {
                row.state == InstallState::Offered
                    && row.given_at.is_none()
                    && row.before == begun.before
            });
            if !is_known {
                firmware::put_installation(tx, image.id, id, &begun)?;
            }
            Ok(true)
        });
        let noted = noted.await;
        self.forget_firmware_notes(id);
        noted
    }

    async fn firmware_too_large(
        &self,
        id: DeviceId,
        image: &Firmware,
        free_bytes: u64,
    ) -> Result<()> {
        let (now, image_id) = (self.now(), image.id);
        let is_known = self.ask_board(id, |_, notes| {
            let row = notes.installation(image_id);
            row.is_some_and(|row| {
                row.too_small_bytes == Some(free_bytes) && row.at >= image.decided_at
            })
        })?;
        if is_known {
            return Ok(());
        }
        tracing::warn!(
            device = id.value(),
            free_bytes,
            size = image.size,
            version = image.version,
            "a trolley has no room for its firmware"
        );
        let detail = alarms::too_large(image, free_bytes);
        let noted = self.write(move |tx| {
            let mut row = Installation::begin(InstallState::Waiting, Shown::default(), now);
            row.too_small_bytes = Some(free_bytes);
            firmware::put_installation(tx, image_id, id, &row)?;
            alarms::raise(tx, id, detail, now)
        });
        let noted = noted.await;
        self.forget_firmware_notes(id);
        noted
    }

    fn ask_board<T>(
        &self,
        id: DeviceId,
        question: impl FnOnce(&[Firmware], &Notes) -> T,
    ) -> Result<T> {
        self.inner.firmware.board.ask(id, |look| self.read(look), question)
    }

    fn forget_firmware_notes(&self, id: DeviceId) {
        self.inner.firmware.board.forget_device(id);
    }
}

/// Whether somebody shops with a trolley.
pub(super) fn is_basket_open(tx: &impl Reader, device: &Device) -> Result<bool> {
    if device.user_id.is_some() {
        return Ok(true);
    }
    Ok(carts::of_device(tx, device.id)?.is_some_and(|cart| !cart.lines.is_empty()))
}

/// What the store knows of a trolley.
fn known(tx: &impl Reader, id: DeviceId) -> Result<(Vec<Firmware>, Notes)> {
    let images = firmware::all(tx)?;
    let notes = Notes::load(tx, &images, id)?;
    Ok((images, notes))
}

/// What a trolley's word changes, if anything: the image that it shows is installed, and the one that
/// it was given last and does not show is judged.
fn step(images: &[Firmware], notes: &Notes, shown: &Shown, now: Timestamp) -> Option<Step> {
    let row = |image: &Firmware| notes.installations.get(&image.id);
    let judged = |image: &Firmware| {
        judge(image, row(image)?, shown, now).map(|state| Step { image: image.id, state })
    };
    let is_shown = |image: &&Firmware| shown.is(image) == Some(true);
    let installed = images.iter().filter(is_shown).find_map(judged);
    let last = images.iter().filter_map(|image| Some((row(image)?.given_at?, image)));
    let last = last.max_by_key(|(given_at, image)| (*given_at, image.id));
    installed.or_else(|| judged(last?.1))
}

/// The image whose self-test went well. Who never says a version means the one that it was given
/// last; who does and says none now may be an older one after a rollback, and must have been seen
/// with the new one.
fn tested<'a>(
    images: &'a [Firmware],
    notes: &Notes,
    shown: &Shown,
    says_versions: bool,
) -> Option<&'a Firmware> {
    let row = |image: &Firmware| notes.installations.get(&image.id);
    let may_be = |image: &&Firmware| {
        row(image).is_some_and(|row| row.counts() && row.state != InstallState::RolledBack)
    };
    if shown.version.is_some() {
        return images.iter().filter(may_be).find(|image| shown.is(image) == Some(true));
    }
    let given = |image: &&Firmware| row(image).and_then(|row| row.given_at);
    let last = images.iter().filter(may_be).max_by_key(given)?;
    let was_seen = row(last).is_some_and(|row| row.state != InstallState::Offered);
    (was_seen || !says_versions).then_some(last)
}

/// Carries a step out; the version of the image that it halted.
fn take(
    tx: &mut WriteTx<'_>,
    id: DeviceId,
    images: &[Firmware],
    notes: &Notes,
    step: Step,
    now: Timestamp,
) -> Result<Option<String>> {
    let image = images.iter().find(|image| image.id == step.image);
    let (Some(image), Some(row)) = (image, notes.installations.get(&step.image)) else {
        return Ok(None);
    };
    firmware::put_installation(tx, image.id, id, &row.moved(step.state, now))?;
    if step.state != InstallState::RolledBack {
        return Ok(None);
    }
    firmware::put_rollback(tx, id, &image.sha256)?;
    alarms::raise(tx, id, alarms::rolled_back(image, row), now)?;
    let counts = counts(tx, image.id)?;
    if image.state != RolloutState::Rolling || !counts.must_halt() {
        return Ok(None);
    }
    halt(tx, image, counts, now)?;
    Ok(Some(image.version.clone()))
}
