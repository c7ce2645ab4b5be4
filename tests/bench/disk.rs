//! The disk alone: 4 KiB overwritten in a preallocated file, `fdatasync` after each.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BLOCK_BYTES: usize = 4096;
const BLOCKS: u64 = 4096;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A file on the disk that is measured.
pub(crate) struct Disk {
    file: File,
    written: AtomicU64,
}

impl Disk {
    pub(crate) fn create(path: &Path) -> Outcome<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        for block in 0..BLOCKS {
            file.write_all_at(&[1; BLOCK_BYTES], offset_of(block)?)?;
        }
        file.sync_all()?;
        Ok(Self { file, written: AtomicU64::new(0) })
    }

    /// How many overwrites a second are durable.
    pub(crate) fn rate(&self, time: Duration) -> Outcome<f64> {
        let (start, mut count) = (Instant::now(), 0_u32);
        while start.elapsed() < time {
            let block = self.written.fetch_add(1, Ordering::Relaxed) % BLOCKS;
            self.file.write_all_at(&[2; BLOCK_BYTES], offset_of(block)?)?;
            self.file.sync_data()?;
            count += 1;
        }
        Ok(f64::from(count) / start.elapsed().as_secs_f64())
    }
}

fn offset_of(block: u64) -> Outcome<u64> {
    Ok(block * u64::try_from(BLOCK_BYTES)?)
}
