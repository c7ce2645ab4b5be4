//! When each trolley was heard of last, for after a restart: one that is gone since yesterday is
//! not a new one then.
//!
//! It is a coarse copy, written for all together and now and then, in one small transaction; what
//! trolleys say meanwhile never reaches the disk.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::App;
use crate::app::Result;
use crate::domain::fleet::DeviceState;
use crate::domain::id::DeviceId;
use crate::storage::last_seen;
use crate::storage::records::last_seen::{LastSeen, LastSeenGroup};

impl App {
    /// Takes in what an earlier run kept, once; what was heard since counts more.
    pub(super) fn restore_last_seen(&self) {
        let fleet = &self.inner.fleet;
        if fleet.restored.get().is_some() {
            return;
        }
        let kept = match self.read(|tx| Ok(last_seen::all(tx)?)) {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(%error, "when trolleys were heard of last is looked up later");
                return;
            }
        };
        let now = self.now();
        let mut entries = fleet.entries();
        if fleet.restored.set(()).is_err() {
            return;
        }
        for one in kept {
            let entry = entries.entry(one.device).or_default();
            entry.kept_at = Timestamp::from_second(one.at_s).ok();
            if entry.seen.last.at.is_none() {
                // A clock that starts in 1970 knows no better.
                entry.seen.last.at = entry.kept_at.map(|at| at.min(now));
                entry.seen.last.sleep_s = Some(one.sleep_s).filter(|sleep_s| *sleep_s > 0);
                entry.told = DeviceState::Offline;
            }
        }
    }

    /// Keeps when each trolley was heard of last; whether anything was to be written.
    pub async fn keep_last_seen(&self) -> Result<bool> {
        self.restore_last_seen();
        let fleet = &self.inner.fleet;
        if fleet.restored.get().is_none() {
            return Ok(false);
        }
        let groups = {
            let entries = fleet.entries();
            let mut changed = BTreeSet::new();
            let mut groups: BTreeMap<u64, Vec<LastSeen>> = BTreeMap::new();
            for (id, entry) in entries.iter() {
                let Some(at) = entry.seen.last.at else { continue };
                let group = last_seen::group_of(*id);
                if entry.kept_at.map(Timestamp::as_second) != Some(at.as_second()) {
                    changed.insert(group);
                }
                let sleep_s = entry.seen.last.sleep_s.unwrap_or(0);
                let one = LastSeen { device: *id, at_s: at.as_second(), sleep_s };
                groups.entry(group).or_default().push(one);
            }
            groups.retain(|group, _| changed.contains(group));
            groups
        };
        if groups.is_empty() {
            return Ok(false);
        }
        let groups = self
            .write(move |tx| {
                for (group, devices) in &groups {
                    let mut devices = devices.clone();
                    devices.sort_unstable_by_key(|one| one.device);
                    last_seen::put(tx, *group, &LastSeenGroup(devices))?;
                }
                Ok(groups)
            })
            .await?;
        let kept: Vec<(DeviceId, i64)> =
            groups.into_values().flatten().map(|one| (one.device, one.at_s)).collect();
        let mut entries = fleet.entries();
        for (device, at_s) in kept {
            if let Some(entry) = entries.get_mut(&device) {
                entry.kept_at = Timestamp::from_second(at_s).ok();
            }
        }
        Ok(true)
    }
}
