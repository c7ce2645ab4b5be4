//! Firmware for trolleys: which image is offered to whom, and what a trolley's word about what it
//! runs means for an image that it was given.
//!
//! An image goes out in rings: to nobody, to one trolley, to a tenth of them, to all. What a trolley
//! runs is known only from what it says, by version or by the MD5 of its image, and many say
//! neither. The rules:
//!
//! - The image whose rollout was decided last counts. A trolley that runs it is left alone.
//! - An older one than it runs is offered only where the owner said so.
//! - Once an image has gone out whole, it is not sent again unless the rollout is decided anew.
//! - A trolley that was given an image and then runs what it ran before has rolled back. It is never
//!   offered those bytes again, and some of these halt the rollout.

mod chip;
mod format;
mod version;

#[cfg(test)]
mod tests;

pub use chip::Chip;
pub use format::{Examined, Finding, IMAGE_MAX_BYTES, ImageError, MAGIC, examine};
pub use version::{is_same, order, version};

use std::cmp::Ordering;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::id::{DeviceId, FirmwareId};

/// The most images that a shop keeps.
pub const IMAGES_MAX: usize = 32;
/// Longest notes, in characters.
pub const NOTES_CHARS_MAX: usize = 1_000;
/// How long a trolley may still speak with its old firmware after the last byte has gone out: it
/// writes the image, starts, and finds the network.
pub const RESTART_GRACE: SignedDuration = SignedDuration::from_secs(60);
/// How long after its first word with the new firmware a trolley may take for its self-test.
pub const HEALTHY_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// So many rollbacks halt a rollout, however many trolleys it has reached.
pub const ROLLBACKS_MAX: usize = 2;
/// More rollbacks than this share of the trolleys that tried it halt a rollout, in percent.
pub const ROLLBACKS_MAX_PERCENT: usize = 10;
/// A tenth of the trolleys: those whose id ends so many times in a row.
const TENTH: u64 = 10;

/// The MD5 of an image: what the board's updater checks, and no protection against anyone.
pub type Md5 = [u8; 16];
/// The SHA-256 of an image: which bytes are meant.
pub type ImageHash = [u8; 32];

/// An image and how far it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// Identity.
    pub id: FirmwareId,
    /// What the firmware says that it is.
    pub version: String,
    /// What it runs on.
    pub chip: Chip,
    /// Bytes.
    pub size: u64,
    /// See [`Md5`].
    pub md5: Md5,
    /// See [`ImageHash`].
    pub sha256: ImageHash,
    /// What is new, for staff.
    pub notes: String,
    /// What looked wrong with it when it came, in words.
    pub warnings: Vec<String>,
    /// To whom it goes.
    pub ring: Ring,
    /// The trolley of ring one; of ring tenth the one that stands in where no id is in the tenth.
    pub device_id: Option<DeviceId>,
    /// Whether it goes out.
    pub state: RolloutState,
    /// Whether it also goes to trolleys that run a newer version.
    pub downgrade: bool,
    /// When its rollout was decided last: of two images the later one counts.
    pub decided_at: Timestamp,
    /// When it came.
    pub created_at: Timestamp,
    /// The username of who brought it; `None` for the command line.
    pub created_by: Option<String>,
}

/// To whom an image goes, from few to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ring {
    /// To nobody.
    None,
    /// To one trolley.
    One,
    /// To a tenth of them, always the same, and at least one.
    Tenth,
    /// To all.
    All,
}

/// Whether an image goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RolloutState {
    /// Not yet.
    Draft,
    /// It does.
    Rolling,
    /// No more.
    Halted,
}

/// How far one trolley is with one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstallState {
    /// It is meant for it.
    Waiting,
    /// It was answered with the image.
    Offered,
    /// It said that it runs it.
    Installed,
    /// It said that its self-test went well.
    Healthy,
    /// It ran what it ran before again.
    RolledBack,
}

/// One trolley and one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// How far it is.
    pub state: InstallState,
    /// Since when.
    pub at: Timestamp,
    /// What it ran when it was offered.
    pub before: Shown,
    /// When the last byte went out.
    pub given_at: Option<Timestamp>,
    /// Room for an image that it said it has, in bytes, where that was too little.
    pub too_small_bytes: Option<u64>,
}

/// What a trolley says that it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// The version.
    pub version: Option<String>,
    /// The MD5 of its image.
    pub md5: Option<Md5>,
}

/// A trolley that asks.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Which.
    pub id: DeviceId,
    /// Its chip, as far as that is known.
    pub chip: Option<Chip>,
    /// What it runs.
    pub shown: &'a Shown,
}

/// What is remembered of a trolley.
pub trait History {
    /// How far it is with an image.
    fn installation(&self, id: FirmwareId) -> Option<&Installation>;

    /// Whether it has rolled back from these bytes, under whatever id.
    fn rolled_back(&self, image: &ImageHash) -> bool;
}

impl FromStr for Ring {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "none" => Self::None,
            "one" => Self::One,
            "tenth" => Self::Tenth,
            "all" => Self::All,
            _ => return Err("is none, one, tenth or all"),
        })
    }
}

impl FromStr for RolloutState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "draft" => Self::Draft,
            "rolling" => Self::Rolling,
            "halted" => Self::Halted,
            _ => return Err("is draft, rolling or halted"),
        })
    }
}

impl Firmware {
    /// Whether the trolley is among those that the image is for. One whose chip is not known is: its
    /// updater refuses an image for another chip.
    pub fn is_for(&self, id: DeviceId, chip: Option<Chip>) -> bool {
        let is_in_ring = match self.ring {
            Ring::None => false,
            Ring::One => self.device_id == Some(id),
            Ring::Tenth => is_in_tenth(id) || self.device_id == Some(id),
            Ring::All => true,
        };
        is_in_ring && chip.is_none_or(|chip| chip == self.chip)
    }
}

/// Whether a trolley is in the tenth. By its own id alone, so that no other trolley that comes or goes
/// changes it, and the shop knows its canaries.
pub const fn is_in_tenth(id: DeviceId) -> bool {
    id.value().is_multiple_of(TENTH)
}

/// The trolley that stands in for a tenth without a member: the one with the lowest id.
pub fn stand_in(devices: impl Iterator<Item = DeviceId> + Clone) -> Option<DeviceId> {
    if devices.clone().any(is_in_tenth) { None } else { devices.min() }
}

impl Shown {
    /// Whether this is the image; `None` when nothing is said.
    pub fn is(&self, image: &Firmware) -> Option<bool> {
        let by_version = self.version.as_ref().map(|version| is_same(version, &image.version));
        let by_md5 = self.md5.map(|md5| md5 == image.md5);
        match (by_version, by_md5) {
            (None, None) => None,
            // A loader may change an image's first bytes, and its sum with them.
            (version, md5) => Some(version == Some(true) || md5 == Some(true)),
        }
    }

    /// Whether this is the same as was said before, as far as that can be told.
    pub fn is_again(&self, before: &Self) -> bool {
        let version = self.version.as_ref().zip(before.version.as_ref());
        let version = version.map(|(now, then)| is_same(now, then));
        let md5 = self.md5.zip(before.md5).map(|(now, then)| now == then);
        match (version, md5) {
            (None, None) => true,
            (version, md5) => version == Some(true) || md5 == Some(true),
        }
    }
}

impl Installation {
    /// An installation that begins.
    pub const fn begin(state: InstallState, before: Shown, at: Timestamp) -> Self {
        Self { state, at, before, given_at: None, too_small_bytes: None }
    }

    /// The same in another state.
    #[must_use]
    pub fn moved(&self, state: InstallState, at: Timestamp) -> Self {
        Self { state, at, ..self.clone() }
    }

    /// Whether the trolley had all of the image, so that it counts for how the rollout goes.
    pub const fn counts(&self) -> bool {
        match self.state {
            InstallState::Waiting => false,
            InstallState::Offered => self.given_at.is_some(),
            InstallState::Installed | InstallState::Healthy | InstallState::RolledBack => true,
        }
    }

    /// Whether the self-test is overdue.
    pub fn is_late(&self, now: Timestamp) -> bool {
        match self.state {
            InstallState::Installed => self.at + HEALTHY_WITHIN < now,
            InstallState::Offered => {
                self.given_at.is_some_and(|at| at + RESTART_GRACE + HEALTHY_WITHIN < now)
            }
            _ => false,
        }
    }
}

/// The image that the trolley should fetch now, if any.
pub fn offer<'a>(
    images: impl IntoIterator<Item = &'a Firmware>,
    asking: Asking<'_>,
    history: &impl History,
) -> Option<&'a Firmware> {
    let meant = images
        .into_iter()
        .filter(|image| image.state == RolloutState::Rolling)
        .filter(|image| image.is_for(asking.id, asking.chip))
        .filter(|image| !history.rolled_back(&image.sha256))
        .max_by_key(|image| (image.decided_at, image.id))?;
    if asking.shown.is(meant) == Some(true) {
        return None;
    }
    let is_older = asking
        .shown
        .version
        .as_ref()
        .is_some_and(|version| order(&meant.version, version) == Some(Ordering::Less));
    if is_older && !meant.downgrade {
        return None;
    }
    let had = history.installation(meant.id).filter(|it| it.counts());
    let is_due = had.is_none_or(|had| {
        // It was given, so only a new decision, and a word that it runs something else, count.
        let is_decided_anew = had.given_at.is_none_or(|at| at < meant.decided_at);
        had.state != InstallState::RolledBack
            && is_decided_anew
            && asking.shown.is(meant) == Some(false)
            && !asking.shown.is_again(&had.before)
    });
    is_due.then_some(meant)
}

/// What a trolley's word means for an image that it was offered: the state that it is in now.
/// `None` when that is the one it was in. To be asked of the image that was given last.
pub fn judge(
    image: &Firmware,
    known: &Installation,
    shown: &Shown,
    now: Timestamp,
) -> Option<InstallState> {
    match (shown.is(image)?, known.state) {
        (true, InstallState::Waiting | InstallState::Offered) => Some(InstallState::Installed),
        (false, InstallState::Offered) => {
            let is_over = known.given_at.is_some_and(|at| at + RESTART_GRACE <= now);
            (is_over && shown.is_again(&known.before)).then_some(InstallState::RolledBack)
        }
        (false, InstallState::Installed | InstallState::Healthy) => {
            shown.is_again(&known.before).then_some(InstallState::RolledBack)
        }
        _ => None,
    }
}

/// How many trolleys are how far with an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Answered with the image, all later states included.
    pub offered: usize,
    /// Had all of it and said so, later states included.
    pub installed: usize,
    /// Well.
    pub healthy: usize,
    /// Back to what they ran before.
    pub rolled_back: usize,
    /// Had all of it, and did not say that they are well.
    #[serde(skip)]
    pub unwell: usize,
}

impl Counts {
    /// Adds them up.
    pub fn of<'a>(installations: impl Iterator<Item = &'a Installation>) -> Self {
        let mut counts = Self::default();
        for it in installations {
            let is = |states: &[InstallState]| usize::from(states.contains(&it.state));
            counts.offered += 1 - is(&[InstallState::Waiting]);
            counts.installed +=
                is(&[InstallState::Installed, InstallState::Healthy, InstallState::RolledBack]);
            counts.healthy += is(&[InstallState::Healthy]);
            counts.rolled_back += is(&[InstallState::RolledBack]);
            counts.unwell += usize::from(it.counts() && it.state != InstallState::Healthy);
        }
        counts
    }

    /// Whether so many came back that the rollout halts by itself.
    pub const fn must_halt(&self) -> bool {
        self.rolled_back >= ROLLBACKS_MAX
            || self.rolled_back * 100 > self.installed * ROLLBACKS_MAX_PERCENT
    }
}
