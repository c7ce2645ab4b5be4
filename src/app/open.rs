//! Putting an appliance together from its data directory, for the server and for a command on a
//! stopped directory alike.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::settings::SettingsFile;
use super::{App, Parts, Result};
use crate::auth::{KeysError, SetupToken, SigningKeys};
use crate::backup::BackupError;
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::{Config, TaxMode};
use crate::data_dir::{DataDir, DataDirError};
use crate::domain::accounts::Country;
use crate::domain::cart::CartTimes;
use crate::domain::money::Currency;
use crate::domain::settings::{self, StoreSettings};
use crate::domain::weight::WeightRules;
use crate::search::{Language, Search, SearchError};
use crate::storage::{self, Store, currency};

/// Why an appliance does not open. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database cannot be used.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A restore that was cut off cannot be completed.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The keys that sign access tokens cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The search could not start.
    #[error("the search cannot start: {0}")]
    Search(#[from] SearchError),
    /// A setting that only the store can judge.
    #[error("setting {key}: {reason}")]
    Setting {
        /// Which.
        key: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The prices in the directory are in another currency than the settings say.
    #[error(
        "the prices in this shop are in {written}, but setting currency is {configured}: they \
         would become other prices. Set currency = \"{written}\" to go on with this shop, or \
         begin a new one in another directory"
    )]
    Currency {
        /// That of the prices.
        written: Currency,
        /// That of the settings.
        configured: Currency,
    },
    /// A look at the accounts failed.
    #[error(transparent)]
    App(#[from] super::Error),
}

impl App {
    /// Opens the appliance of a directory that this process has locked. Blocks while the
    /// database is opened and the catalogue's facts are read.
    pub fn open(dir: &DataDir, config: &Config) -> std::result::Result<Self, OpenError> {
        let clock = Clock::system();
        let settings = store_settings(config)?;
        if crate::backup::finish_interrupted_restore(dir)? {
            tracing::warn!("a restore that was cut off is complete now");
        }
        // Made by us first, so that it belongs to the directory's owner whoever runs this.
        drop(dir.open_private(&dir.database())?);
        let cache_bytes = usize::try_from(config.cache_mib).unwrap_or(128) * 1024 * 1024;
        let store = Store::open(
            &dir.database(),
            storage::Options { cache_bytes, ..storage::Options::default() },
        )?;
        settle_currency(&store, settings.currency)?;
        let keys = match &config.jwt_secret_key {
            Some(secret) => SigningKeys::from_secret(secret.expose())?,
            None => SigningKeys::load_or_create(dir, clock.now())?,
        };
        settle_imports(&store, clock.now(), &settings)?;
        let language = Language::of_code(&config.search_language);
        let language = language.ok_or_else(|| OpenError::Setting {
            key: "search_language",
            reason: format!("the search knows no forms of words in {}", config.search_language),
        })?;
        let search = Search::start_in(store.clone(), language)?;
        let app = Self::new(Parts {
            store,
            search,
            blobs: Blobs::in_dir(dir.clone()),
            clock,
            settings,
            keys,
            access_life: Duration::from_secs(60 * u64::from(config.jwt_access_expires_minutes)),
            setup_token: Some(setup_token(dir)?),
            settings_file: Some(Arc::new(SettingsFile::new(dir.clone(), config.clone()))),
        });
        app.settle_setup_token(dir)?;
        Ok(app)
    }

    /// Lets go of the database, so that the directory can be opened again at once.
    pub fn close(&self) {
        self.search().close();
        self.store().close();
    }

    /// The setup token, while the shop has no admin.
    pub fn setup_token(&self) -> Result<Option<String>> {
        let token = self.inner.parts.setup_token.as_ref();
        Ok(if self.setup_needed()? { token.map(|token| token.expose().to_owned()) } else { None })
    }

    /// Keeps the setup token's file while the shop has no admin, and removes it afterwards.
    pub fn settle_setup_token(&self, dir: &DataDir) -> std::result::Result<(), OpenError> {
        let path = dir.setup_token();
        match self.setup_token()? {
            Some(token) if !path.exists() => {
                dir.write_private(&path, format!("{token}\n").as_bytes())?;
            }
            None if path.exists() => dir.remove(&path)?,
            _ => {}
        }
        Ok(())
    }
}

/// The token in the directory, or a new one.
fn setup_token(dir: &DataDir) -> std::result::Result<SetupToken, OpenError> {
    let path = dir.setup_token();
    match fs::read_to_string(&path) {
        Ok(text) => Ok(SetupToken::parse(&text).unwrap_or_else(|| {
            tracing::warn!("the setup token's file is damaged: a new one is made");
            SetupToken::generate()
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SetupToken::generate()),
        Err(source) => Err(DataDirError::Io { action: "read", path, source }.into()),
    }
}

/// Refuses prices that were written in another currency, and notes the one they will be in. An
/// older file names none: its prices are taken for what the settings say.
fn settle_currency(store: &Store, configured: Currency) -> std::result::Result<(), OpenError> {
    let (written, is_in_use) = store
        .read(|tx| Ok::<_, storage::Error>((currency::named(tx)?, currency::is_in_use(tx)?)))?;
    match written {
        Some(written) if written == configured => return Ok(()),
        Some(written) if is_in_use => return Err(OpenError::Currency { written, configured }),
        _ => {}
    }
    // A thread of its own may wait for the writer, whatever thread this is.
    let noted = std::thread::scope(|scope| {
        let write = || {
            store.write_blocking(move |tx| Ok::<_, super::Error>(currency::name(tx, configured)?))
        };
        scope.spawn(write).join()
    });
    let noted = noted.map_err(|_| super::Error::Internal("the writer is lost".into()))?;
    Ok(noted.map_err(super::Error::from)?)
}

/// Looks after imports that were cut off, before anybody is served.
fn settle_imports(
    store: &Store,
    now: jiff::Timestamp,
    settings: &StoreSettings,
) -> std::result::Result<(), OpenError> {
    // A thread of its own may wait for the writer, whatever thread this is.
    let settled = std::thread::scope(|scope| {
        scope.spawn(|| super::import::settle::settle(store, now, settings.clone())).join()
    });
    let settled = settled.map_err(|_| super::Error::Internal("the writer is lost".into()))?;
    Ok(settled?)
}

fn store_settings(config: &Config) -> std::result::Result<StoreSettings, OpenError> {
    let currency = config
        .currency
        .parse()
        .map_err(|error| OpenError::Setting { key: "currency", reason: format!("{error}") })?;
    let mut settings = StoreSettings::new(currency);
    settings.tax_mode = match config.tax_mode {
        TaxMode::Included => settings::TaxMode::Included,
        TaxMode::Excluded => settings::TaxMode::Excluded,
    };
    settings.time_zone = config.time_zone.clone();
    settings.cart_times =
        CartTimes::from_minutes(config.cart_idle_minutes, config.cart_abandoned_minutes);
    settings.weight = WeightRules {
        is_on: config.weight_check,
        tolerance_g: config.weight_tolerance_g,
        tolerance_percent: config.weight_tolerance_percent,
    };
    settings.country = Country::of_code(&config.country).ok_or_else(|| OpenError::Setting {
        key: "country",
        reason: format!(
            "{} is no country with telephone numbers: give its ISO 3166 code, such as DE",
            config.country
        ),
    })?;
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Admin;

    #[tokio::test]
    async fn prices_do_not_change_their_currency() {
        let place = tempfile::tempdir().unwrap();
        let dir = DataDir::open(place.path().join("shop")).unwrap();
        let config = |currency: &str| {
            let mut config = Config::default();
            currency.clone_into(&mut config.currency);
            config
        };
        // An empty shop may still choose.
        App::open(&dir, &config("EUR")).unwrap().close();
        let shop = App::open(&dir, &config("JPY")).unwrap();
        let (staff, options) =
            (Admin::local().staff(), crate::wire::import::ImportOptions::default());
        shop.import_products(&staff, "name,price\nTea,180\n".into(), options).await.unwrap();
        shop.close();
        let refused = App::open(&dir, &config("EUR")).unwrap_err().to_string();
        assert!(refused.contains("in JPY") && refused.contains("is EUR"), "{refused}");
        App::open(&dir, &config("JPY")).unwrap().close();
    }
}
