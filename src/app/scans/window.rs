//! The place of a numbered event in its boot's window, and what is kept there.

use super::{Error, Numbered, Result};
use crate::domain::devices::SeqPlace;
use crate::domain::id::DeviceId;
use crate::storage::records::device::{AnswerRecord, BootRecord};
use crate::storage::{Reader, WriteTx, devices};

pub(super) use crate::domain::devices::SeqPlace as Place;

/// Where a number lies, and the window it lies in.
pub(super) struct Slot {
    pub(super) place: SeqPlace,
    /// `None` for a boot that was never seen.
    boot: Option<BootRecord>,
}

impl Slot {
    pub(super) fn find(tx: &impl Reader, device: DeviceId, number: &Numbered) -> Result<Self> {
        let boot = devices::boot(tx, device, &number.boot)?;
        let window = boot.map(|boot| boot.window).unwrap_or_default();
        Ok(Self { place: window.place(number.seq), boot })
    }

    /// The number that a batch must go on with.
    pub(super) fn expect(&self) -> u32 {
        self.boot.map_or(0, |boot| boot.window.highest()) + 1
    }

    /// The answer that was given to the number.
    pub(super) fn answer(
        &self,
        tx: &impl Reader,
        device: DeviceId,
        seq: u32,
    ) -> Result<Option<AnswerRecord>> {
        let Some(boot) = self.boot else { return Ok(None) };
        Ok(devices::answer(tx, device, boot.order, seq)?)
    }

    /// Uses the number up and keeps its answer.
    pub(super) fn keep(
        &mut self,
        tx: &mut WriteTx<'_>,
        device: DeviceId,
        number: &Numbered,
        answer: &AnswerRecord,
    ) -> Result<()> {
        let mut boot = match self.boot {
            Some(boot) => boot,
            None => devices::begin_boot(tx, device, &number.boot)?,
        };
        boot.window.mark(number.seq);
        devices::put_boot(tx, device, &number.boot, &boot)?;
        let highest = boot.window.highest();
        devices::put_answer(tx, (device, boot.order, number.seq), highest, answer)
            .map_err(Error::from)
    }
}
