//! Backups of the shop, running or not.

use std::io::{self, Write};

use super::audit::{self, By};
use super::export::Pieces;
use super::{Admin, App, Error, Result};
use crate::backup::{self, BackupError, Summary};
use crate::data_dir::DataDir;

/// Hands an archive on in pieces; waits when its reader is slow.
struct PieceWriter<'p>(&'p Pieces);

impl Write for PieceWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.blocking_send(bytes.to_vec()).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl App {
    /// Writes an archive of everything as of now. The shop goes on meanwhile.
    pub async fn backup(&self, admin: &Admin, dir: &DataDir, pieces: &Pieces) -> Result<Summary> {
        let act = self.act(By::from(admin));
        self.note_failures().await;
        // First, so that the archive tells of itself, and one that is cut off was taken all the
        // same.
        self.write(move |tx| {
            audit::record(tx, &act, "backup.create", ("backup", ""), audit::Change::none())
        })
        .await?;
        self.archive(dir, pieces).await
    }

    /// The same archive for a check by the command line, which keeps nothing of it.
    pub async fn archive_to_verify(
        &self,
        _admin: &Admin,
        dir: &DataDir,
        pieces: &Pieces,
    ) -> Result<Summary> {
        self.archive(dir, pieces).await
    }

    async fn archive(&self, dir: &DataDir, pieces: &Pieces) -> Result<Summary> {
        let (store, dir, pieces) = (self.store().clone(), dir.clone(), pieces.clone());
        let now = self.now();
        let made = tokio::task::spawn_blocking(move || {
            backup::create(&store, &dir, &mut PieceWriter(&pieces), now)
        });
        made.await
            .map_err(|error| Error::Internal(error.to_string()))?
            .map_err(|error: BackupError| Error::Internal(error.to_string()))
    }
}
