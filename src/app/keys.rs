//! The keys that sign access tokens: which there are, and a new one.

use jiff::SignedDuration;

use super::accounts::sessions::TOKEN_LIFE_MAX;
use super::audit;
use super::{Admin, App, Error, Result};
use crate::auth::{KeySummary, KeysError, LEEWAY};
use crate::data_dir::DataDir;

impl App {
    /// All keys, newest first.
    pub fn signing_keys(&self, _admin: &Admin) -> Vec<KeySummary> {
        self.keys().list()
    }

    /// A new key that signs from now on. The old ones verify until the last token that any of
    /// them can have signed has expired, so that nobody notices; with `drop_old` they end at once.
    pub async fn rotate_keys(
        &self,
        admin: &Admin,
        dir: &DataDir,
        drop_old: bool,
    ) -> Result<Vec<KeySummary>> {
        let leeway = SignedDuration::try_from(LEEWAY).unwrap_or(SignedDuration::ZERO);
        let overlap = (!drop_old).then(|| TOKEN_LIFE_MAX.saturating_add(leeway));
        let (app, dir, now) = (self.clone(), dir.clone(), self.now());
        let rotated = tokio::task::spawn_blocking(move || app.keys().rotate(&dir, now, overlap));
        let rotated = rotated.await.map_err(|error| Error::Internal(error.to_string()))?;
        let keys = rotated.map_err(|error| match error {
            KeysError::Configured => Error::conflict("key-configured", error),
            other => Error::Internal(other.to_string()),
        })?;
        // The file is no part of a transaction: what happened is recorded right behind it.
        let kid = keys.first().map_or("", |key| key.kid.as_str()).to_owned();
        let change = audit::Change::none().with("kid", kid).with("drop_old", drop_old);
        let act = self.act(admin);
        self.write(move |tx| audit::record(tx, &act, "keys.rotate", ("keys", ""), change)).await?;
        Ok(keys)
    }
}
