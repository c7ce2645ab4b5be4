//! Images on their way to trolleys: a few at a time, in small pieces.
//!
//! When a shop opens, fifty trolleys ask at once, and each would read a file as fast as its radio
//! takes it. Scans must not wait for that: only [`DOWNLOADS_MAX`] run, the others are told to come
//! back. A trolley that lost the network halfway holds its place until it asks again, or until
//! [`DOWNLOAD_MAX`] has passed.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::app::{App, Error, Result, unblocked};
use crate::domain::firmware::Firmware;
use crate::domain::id::DeviceId;

/// The most images that are sent at a time.
pub const DOWNLOADS_MAX: usize = 8;
/// The longest that one may take.
const DOWNLOAD_MAX: SignedDuration = SignedDuration::from_mins(10);
/// A file is read in pieces of this size, as fast as the trolley takes them.
const PIECE_BYTES: u64 = 16 * 1024;

/// Who downloads now.
#[derive(Debug, Default)]
pub(super) struct Downloads(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    last: u64,
    places: HashMap<DeviceId, (u64, Timestamp)>,
}

/// A place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    downloads: Arc<Downloads>,
    device: DeviceId,
    number: u64,
}

impl Downloads {
    /// A place for a trolley, if there is one. The one that it had is lost.
    pub(super) fn begin(self: &Arc<Self>, device: DeviceId, now: Timestamp) -> Option<Place> {
        let mut running = self.running();
        running.places.retain(|_, (_, since)| now < *since + DOWNLOAD_MAX);
        if running.places.len() >= DOWNLOADS_MAX && !running.places.contains_key(&device) {
            return None;
        }
        running.last += 1;
        let number = running.last;
        running.places.insert(device, (number, now));
        Some(Place { downloads: Arc::clone(self), device, number })
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Whether it was not lost to another download, or to time.
    fn holds(&self, now: Timestamp) -> bool {
        let place = self.downloads.running().places.get(&self.device).copied();
        place.is_some_and(|(number, since)| number == self.number && now < since + DOWNLOAD_MAX)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.downloads.running();
        if running.places.get(&self.device).is_some_and(|(number, _)| *number == self.number) {
            running.places.remove(&self.device);
        }
    }
}

/// An image on its way to a trolley.
#[derive(Debug)]
pub struct FirmwareDownload {
    app: App,
    place: Place,
    image: Firmware,
    file: Option<File>,
    left_bytes: u64,
}

impl FirmwareDownload {
    pub(super) const fn new(app: App, place: Place, image: Firmware, file: File) -> Self {
        let left_bytes = image.size;
        Self { app, place, image, file: Some(file), left_bytes }
    }

    /// The image.
    pub const fn image(&self) -> &Firmware {
        &self.image
    }

    /// The next piece; `None` behind the last one. That one leaves once it is on disk that the
    /// trolley has got the image, so that no crash makes it get the image twice.
    pub async fn piece(&mut self) -> Result<Option<Bytes>> {
        if self.left_bytes == 0 {
            return Ok(None);
        }
        let lost = || Error::unavailable("download-lost", "the download took too long");
        if !self.place.holds(self.app.now()) {
            return Err(lost());
        }
        let mut file = self.file.take().ok_or_else(lost)?;
        let length = self.left_bytes.min(PIECE_BYTES);
        let (file, piece) = unblocked(move || {
            let mut piece = vec![0; usize::try_from(length).unwrap_or(0)];
            file.read_exact(&mut piece).map(|()| (file, piece))
        })
        .await?
        .map_err(|error| Error::Internal(format!("an image cannot be read: {error}")))?;
        self.file = Some(file);
        self.left_bytes -= length;
        if self.left_bytes == 0 {
            self.app.firmware_given(self.place.device, self.image.id).await?;
        }
        Ok(Some(piece.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_run_and_none_for_ever() {
        let downloads = Arc::new(Downloads::default());
        let start = Timestamp::UNIX_EPOCH;
        let device = |id| DeviceId::new(id).unwrap();
        let mut held: Vec<Place> = (1..=DOWNLOADS_MAX)
            .map(|id| downloads.begin(device(u64::try_from(id).unwrap()), start).unwrap())
            .collect();
        assert!(downloads.begin(device(99), start).is_none());
        // Its own place is free for a trolley that asks again, and the download before is over.
        let again = downloads.begin(device(1), start).unwrap();
        assert!(again.holds(start) && !held[0].holds(start));
        held.remove(0);
        assert!(again.holds(start), "the lost one takes nothing with it");
        assert!(downloads.begin(device(99), start).is_none());
        drop(again);
        let other = downloads.begin(device(99), start).unwrap();
        // Those that are stuck do not block the others for ever.
        let late = start + DOWNLOAD_MAX;
        assert!(!other.holds(late));
        assert!(downloads.begin(device(100), late).is_some());
        drop(held);
    }
}
