//! A disk in memory whose power can be cut.
//!
//! It keeps what was written apart from what was synced. When the power goes, each unsynced write
//! is, by the toss of a coin, there, gone, or there in part: a drive writes sectors of 512 bytes in
//! any order, and a file system may persist any of its pages. Only what a finished sync covered is
//! certain. The process that used the disk sees errors from then on; [`Disk::survivor`] is what the
//! next one finds.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use cartwright::storage::StorageBackend;

const SECTOR_BYTES: usize = 512;

/// A small generator of random numbers (splitmix64): the same seed gives the same disk.
#[derive(Debug, Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

#[derive(Debug)]
enum Unsynced {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

#[derive(Debug, Default)]
struct State {
    /// What the process reads: every write at once.
    seen: Vec<u8>,
    /// What is certain to survive.
    synced: Vec<u8>,
    unsynced: Vec<Unsynced>,
    /// Operations that still work; the power goes at the one after them.
    operations_left: Option<u64>,
    /// Writes and syncs that fail as on a full disk.
    failures_left: u64,
    panics_at_next_sync: bool,
    lies_about_syncing: bool,
}

/// A handle on the disk; clones are handles on the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// A disk that holds `bytes`, all synced.
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        let state = State { seen: bytes.clone(), synced: bytes, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Makes every sync from now on claim success and do nothing.
    pub(super) fn lie_about_syncing(&self) {
        self.state().lies_about_syncing = true;
    }

    /// Cuts the power after so many operations.
    pub(super) fn cut_after(&self, operations: u64) {
        self.state().operations_left = Some(operations);
    }

    /// Makes the next writes and syncs fail as if the disk were full.
    pub(super) fn fail_next(&self, failures: u64) {
        self.state().failures_left = failures;
    }

    /// Makes the next sync panic, as a bug of the engine in the middle of a commit would.
    pub(super) fn panic_at_next_sync(&self) {
        self.state().panics_at_next_sync = true;
    }

    /// What is on the disk after a power cut.
    pub(super) fn survivor(&self, random: &mut Random) -> Vec<u8> {
        let state = self.state();
        let mut bytes = state.synced.clone();
        for unsynced in &state.unsynced {
            match (unsynced, random.below(4)) {
                (_, 0) => {}
                (Unsynced::SetLen(len), _) => bytes.resize(*len, 0),
                (Unsynced::Write { offset, bytes: written }, 1 | 2) => {
                    write_at(&mut bytes, *offset, written);
                }
                (Unsynced::Write { offset, bytes: written }, _) => {
                    tear(&mut bytes, *offset, written, random);
                }
            }
        }
        bytes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Counts one operation; fails once the power is gone.
    fn powered(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        match &mut state.operations_left {
            Some(0) => return Err(io::Error::other("the power is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(state)
    }

    fn writable(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.powered()?;
        if state.failures_left > 0 {
            state.failures_left -= 1;
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(state)
    }
}

fn write_at(bytes: &mut Vec<u8>, offset: usize, written: &[u8]) {
    let end = offset + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(written);
}

/// Writes a part: a first piece of any length, or any of the sectors.
fn tear(bytes: &mut Vec<u8>, offset: usize, written: &[u8], random: &mut Random) {
    if random.below(2) == 0 {
        let length = usize::try_from(random.below(written.len() as u64 + 1)).unwrap();
        return write_at(bytes, offset, &written[..length]);
    }
    for (number, sector) in written.chunks(SECTOR_BYTES).enumerate() {
        if random.below(2) == 0 {
            write_at(bytes, offset + number * SECTOR_BYTES, sector);
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.powered()?.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.powered()?;
        let start = usize::try_from(offset).unwrap();
        let found = state.seen.get(start..start + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.writable()?;
        let len = usize::try_from(len).unwrap();
        state.seen.resize(len, 0);
        state.unsynced.push(Unsynced::SetLen(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.writable()?;
        if std::mem::take(&mut state.panics_at_next_sync) {
            drop(state);
            std::panic::resume_unwind(Box::new("a bug"));
        }
        if state.lies_about_syncing {
            return Ok(());
        }
        for unsynced in std::mem::take(&mut state.unsynced) {
            match unsynced {
                Unsynced::SetLen(len) => state.synced.resize(len, 0),
                Unsynced::Write { offset, bytes } => write_at(&mut state.synced, offset, &bytes),
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.writable()?;
        let offset = usize::try_from(offset).unwrap();
        write_at(&mut state.seen, offset, data);
        state.unsynced.push(Unsynced::Write { offset, bytes: data.to_vec() });
        Ok(())
    }
}
