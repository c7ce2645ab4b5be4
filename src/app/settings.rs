//! The owner's settings: what is in force, and changing `config.toml`. A change counts from the
//! next start, because listeners, limits and keys are made from it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::audit::{self, Change};
use super::{Admin, App, Error, Refusal, Result};
use crate::config::{Config, EditError, Edits, Entry, edited};
use crate::data_dir::DataDir;
use crate::domain::invalid::FieldErrors;
use crate::storage::currency;

/// The settings' file, and what this process runs with.
#[derive(Debug)]
pub struct SettingsFile {
    dir: DataDir,
    running: Config,
    turn: Mutex<()>,
}

/// A setting as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerSetting {
    /// What the next start will find.
    pub entry: Entry,
    /// What this process runs with.
    pub running: String,
    /// Whether it can be changed here.
    pub is_editable: bool,
}

impl OwnerSetting {
    /// Whether it takes a restart until it counts.
    pub fn needs_restart(&self) -> bool {
        self.running != self.entry.value
    }
}

impl SettingsFile {
    /// The file of a directory whose appliance runs with `running`.
    pub fn new(dir: DataDir, running: Config) -> Self {
        Self { dir, running, turn: Mutex::new(()) }
    }

    /// The directory that it is in.
    pub fn data_dir(&self) -> &DataDir {
        &self.dir
    }

    fn text(&self) -> Result<Option<String>> {
        match fs::read_to_string(self.dir.config_file()) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::Internal(format!("config.toml cannot be read: {error}"))),
        }
    }

    fn stated(&self, text: Option<String>) -> Result<Config> {
        let stated = self.running.with_file(&self.dir.config_file(), text);
        stated.map_err(|error| Error::conflict("broken-settings", error))
    }

    fn settings(&self, stated: &Config) -> Vec<OwnerSetting> {
        let pairs = stated.entries().iter().zip(self.running.entries());
        let settings = pairs.map(|(entry, running)| OwnerSetting {
            is_editable: !entry.is_terminal_only && stated.is_from_file(&entry.source),
            entry: entry.clone(),
            running: running.value.clone(),
        });
        settings.collect()
    }

    fn change(&self, edits: &Edits, has_prices: bool) -> Result<Vec<OwnerSetting>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.text()?;
        let stated = self.stated(text.clone())?;
        refuse(stated.judge(edits))?;
        let path = self.dir.config_file();
        let broken = |error| Error::conflict("broken-settings", error);
        let new = edited(&path, text.as_deref(), edits).map_err(broken)?;
        // What only shows when all settings are read together must not be found at the next start.
        let stated = self.running.with_file(&path, Some(new.clone()));
        let stated = stated.map_err(|error| Error::bad_request("invalid-settings", error))?;
        let now = &self.running.currency;
        if has_prices && edits.contains_key("currency") && *now != stated.currency {
            let detail = format!(
                "the shop holds prices in {now}, which would become other prices: the currency \
                 can be changed only while it is empty"
            );
            return Err(Error::conflict("currency-in-use", detail));
        }
        let written = self.dir.write_private(&path, new.as_bytes());
        written.map_err(|error| Error::unavailable("disk", error))?;
        Ok(self.settings(&stated))
    }
}

impl App {
    /// Every setting, in the order of the manual.
    pub async fn owner_settings(&self, _admin: &Admin) -> Result<Vec<OwnerSetting>> {
        self.with_settings_file(|file| Ok(file.settings(&file.stated(file.text()?)?))).await
    }

    /// Changes `config.toml`: all edits or none.
    pub async fn change_owner_settings(
        &self,
        admin: &Admin,
        edits: Edits,
    ) -> Result<Vec<OwnerSetting>> {
        if edits.is_empty() {
            return self.owner_settings(admin).await;
        }
        let act = self.act(admin);
        let keys: Vec<String> = edits.keys().cloned().collect();
        let before = self.owner_settings(admin).await?;
        let has_prices = self.read(|tx| Ok(currency::is_in_use(tx)?))?;
        let after = self.with_settings_file(move |file| file.change(&edits, has_prices)).await?;
        let change = Change::between(shown(&before, &keys), shown(&after, &keys));
        // The file is no part of a transaction: what it says now is recorded right behind it.
        self.write(move |tx| audit::record(tx, &act, "settings.update", ("settings", ""), change))
            .await?;
        Ok(after)
    }

    async fn with_settings_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&SettingsFile) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let file = self.inner.parts.settings_file.as_ref().map(Arc::clone);
        let file = file.ok_or_else(|| Error::not_found("settings file: this shop is in memory"))?;
        let done = tokio::task::spawn_blocking(move || work(&file)).await;
        done.map_err(|error| Error::Internal(error.to_string()))?
    }
}

/// These settings as the audit log shows them; a secret only as `********`.
fn shown(settings: &[OwnerSetting], keys: &[String]) -> BTreeMap<&'static str, String> {
    let named = settings.iter().filter(|it| keys.iter().any(|key| key == it.entry.key));
    named.map(|it| (it.entry.key, it.entry.value.clone())).collect()
}

fn refuse(wrong: Vec<(&str, EditError)>) -> Result<()> {
    let mut fields = FieldErrors::new();
    for (key, error) in wrong {
        match error {
            EditError::Overridden(source) => {
                let detail =
                    format!("{key} is set by the {source}, which counts for more: change it there");
                return Err(Error::Conflict(Refusal::new("setting-overridden", detail)));
            }
            EditError::Unknown { nearest: Some(nearest) } => {
                fields.push(key, format!("there is no such setting; did you mean {nearest}?"));
            }
            EditError::Unknown { nearest: None } => fields.push(key, "there is no such setting"),
            EditError::BadValue(accepts) => fields.push(key, format!("give {accepts}")),
            EditError::Refused(reason) => fields.push(key, reason),
            EditError::TerminalOnly => {
                fields.push(key, "can be changed only in config.toml, at the machine");
            }
        }
    }
    Ok(fields.into_result()?)
}
