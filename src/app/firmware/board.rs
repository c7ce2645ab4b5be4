//! Images and what is known of each trolley, in memory.
//!
//! Read from the store when it is first asked for, and forgotten after each commit that changes it: under
//! one lock, so that whoever reads afterwards reads what was committed.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::app::Result;
use crate::domain::firmware::{Firmware, History, ImageHash, Installation};
use crate::domain::id::{DeviceId, FirmwareId};
use crate::storage::{ReadTx, firmware};

/// See [`super`]. Bounded by the number of images and trolleys.
#[derive(Debug, Default)]
pub(super) struct Board(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    images: Option<Vec<Firmware>>,
    notes: HashMap<DeviceId, Notes>,
}

/// What is known of one trolley.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) installations: HashMap<FirmwareId, Installation>,
    rolled_back: HashSet<ImageHash>,
}

impl History for Notes {
    fn installation(&self, id: FirmwareId) -> Option<&Installation> {
        self.installations.get(&id)
    }

    fn rolled_back(&self, image: &ImageHash) -> bool {
        self.rolled_back.contains(image)
    }
}

impl Notes {
    /// What the store knows of a trolley and these images.
    pub(super) fn load(
        tx: &impl crate::storage::Reader,
        images: &[Firmware],
        device: DeviceId,
    ) -> Result<Self> {
        let mut notes = Self::default();
        for image in images {
            if let Some(row) = firmware::installation(tx, image.id, device)? {
                notes.installations.insert(image.id, row);
            }
        }
        notes.rolled_back = firmware::rollbacks(tx, device)?.into_iter().collect();
        Ok(notes)
    }
}

impl Board {
    /// Asks about one trolley; `read` opens the store if something is not in memory.
    pub(super) fn ask<T>(
        &self,
        device: DeviceId,
        read: impl Fn(&mut dyn FnMut(&ReadTx) -> Result<()>) -> Result<()>,
        question: impl FnOnce(&[Firmware], &Notes) -> T,
    ) -> Result<T> {
        let mut content = self.content();
        let Content { images, notes } = &mut *content;
        if images.is_none() {
            read(&mut |tx| {
                *images = Some(firmware::all(tx)?);
                Ok(())
            })?;
        }
        let images = images.as_deref().unwrap_or_default();
        if images.is_empty() {
            return Ok(question(images, &Notes::default()));
        }
        let known = match notes.entry(device) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let mut loaded = Notes::default();
                read(&mut |tx| {
                    loaded = Notes::load(tx, images, device)?;
                    Ok(())
                })?;
                place.insert(loaded)
            }
        };
        Ok(question(images, known))
    }

    /// An image came, changed or went.
    pub(super) fn forget_images(&self) {
        self.content().images = None;
    }

    /// What is known of a trolley changed.
    pub(super) fn forget_device(&self, device: DeviceId) {
        self.content().notes.remove(&device);
    }

    /// Everything may have changed.
    pub(super) fn forget_all(&self) {
        *self.content() = Content::default();
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
