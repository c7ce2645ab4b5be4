//! Imports that were cut off, looked after when the shop is opened and before it serves anybody.

use jiff::Timestamp;

use super::Watcher;
use super::undo::undo;
use super::write::{Whose, existing_import};
use crate::app::audit::Act;
use crate::app::{App, Error, Result};
use crate::domain::imports::ImportState;
use crate::domain::settings::StoreSettings;
use crate::storage::{Store, WriteTx, imports};

/// Takes back what was cut off and is all or nothing, goes on with undoing that was cut off, and
/// marks what was to be partial anyway. Blocks; not on a thread that drives asynchronous tasks.
pub(in crate::app) fn settle(store: &Store, now: Timestamp, settings: StoreSettings) -> Result<()> {
    let all = store.read(|tx| Ok::<_, Error>(imports::imports(tx, imports::IMPORTS_MAX)?))?;
    let whose = Whose { act: Act::system(now), by: None, now, settings };
    for import in all {
        match import.state {
            ImportState::Done | ImportState::Undone | ImportState::Interrupted => {}
            ImportState::Running if import.is_partial => {
                let mark = move |tx: &mut WriteTx<'_>| -> Result<()> {
                    let mut import = existing_import(tx, import.id)?;
                    import.state = ImportState::Interrupted;
                    Ok(imports::put(tx, &import)?)
                };
                store.write_blocking(mark)?;
                tracing::warn!(id = import.id, "an import was cut off; what it wrote stays");
            }
            ImportState::Running | ImportState::Undoing => {
                undo(store, import.id, &whose, None, &Watcher::default())?;
                tracing::warn!(id = import.id, "an import that was cut off is taken back");
            }
        }
    }
    Ok(())
}

impl App {
    /// The same for a shop that is put together otherwise than by [`App::open`].
    pub async fn settle_imports(&self) -> Result<()> {
        let (store, now) = (self.store().clone(), self.now());
        let settings = self.settings().clone();
        let settled = tokio::task::spawn_blocking(move || settle(&store, now, settings)).await;
        settled.map_err(|error| Error::Internal(error.to_string()))?
    }
}
