//! Use cases: one file per resource, and each function one transaction.
//!
//! A use case takes the principal that may do it, checks everything, and makes its whole change
//! in one `store.write`; the answer is given when that is durable.

pub mod access;
pub mod accounts;
pub mod alerts;
pub mod announcements;
pub mod audit;
pub mod backups;
pub mod barcode_rules;
pub mod carts;
pub mod catalogue;
pub mod categories;
pub mod checklists;
pub mod classes;
pub mod closures;
pub mod dashboard;
pub mod demo;
pub mod deposits;
pub mod devices;
pub mod enrolment;
pub mod error;
pub mod events;
pub mod export;
pub mod firmware;
pub mod fleet;
pub mod housekeeping;
pub mod import;
pub mod keys;
pub mod map_findings;
pub mod once;
pub mod one_time_codes;
pub mod open;
pub mod orders;
pub mod pairing;
pub mod pictures;
pub mod positions;
pub mod principals;
pub mod products;
pub mod profiles;
pub mod promotions;
pub mod route_files;
pub mod scans;
pub mod scheduled_prices;
pub mod searches;
pub mod session_ends;
pub mod settings;
pub mod signatures;
pub mod stock;
pub mod synonyms;
pub mod throttle;
pub mod tickets;
pub mod trolley_times;
pub mod walks;
pub mod weights;

pub use access::Credential;
pub use error::{Error, Refusal, Result};
pub use once::{Idempotency, Once, Outcome};
pub use principals::{Admin, CartDevice, Identity, Principal, Shopper, Staff};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::auth::{PasswordHasher, SetupToken, SigningKeys};
use crate::blobs::Blobs;
use crate::clock::{Clock, Jump};
use crate::domain::settings::StoreSettings;
use crate::search::Search;
use crate::storage::{ReadTx, Store, WriteTx, WriterStats};

/// What an appliance is made of.
#[derive(Debug)]
pub struct Parts {
    /// The truth.
    pub store: Store,
    /// Derived from it.
    pub search: Search,
    /// Files by content.
    pub blobs: Blobs,
    /// The time.
    pub clock: Clock,
    /// What the owner decided.
    pub settings: StoreSettings,
    /// What signs access tokens.
    pub keys: SigningKeys,
    /// Life of an access token.
    pub access_life: Duration,
    /// What the first admin must know; `None` where nobody can set up over HTTP.
    pub setup_token: Option<SetupToken>,
    /// Where the owner's settings are kept; `None` for a shop without a directory.
    pub settings_file: Option<Arc<settings::SettingsFile>>,
}

/// The appliance's use cases. Clones are handles to the same one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    started: Started,
    passwords: PasswordHasher,
    attempts: throttle::Throttle,
    failures: audit::Failures,
    fleet: fleet::Fleet,
    signs: Arc<trolley_times::SignsOfLife>,
    tickets: tickets::Tickets,
    map: walks::MapCache,
    announcements: announcements::Announcements,
    session_ends: session_ends::SessionEnds,
    promotions: promotions::PromotionBoard,
    codes: one_time_codes::Codes,
    classes: classes::ClassCache,
    imports: import::Imports,
    pictures: pictures::PictureRoom,
    firmware: firmware::FirmwareRoom,
    searches: searches::SearchLog,
    scales: weights::Scales,
    nonces: signatures::Nonces,
}

/// When the appliance started, and how the clock had jumped until then.
#[derive(Debug, Clone, Copy)]
struct Started {
    at: Timestamp,
    jump: Option<Jump>,
}

/// Since when the clock runs evenly: what it showed before cannot be compared with now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Steady {
    /// The appliance's start, or the last jump since then.
    since: Timestamp,
    jump: Option<Jump>,
}

impl App {
    /// Puts an appliance together.
    pub fn new(parts: Parts) -> Self {
        let at = parts.clock.now();
        let started = Started { at, jump: parts.clock.last_jump() };
        Self {
            inner: Arc::new(Inner {
                parts,
                started,
                passwords: PasswordHasher::new(),
                attempts: throttle::Throttle::default(),
                failures: audit::Failures::default(),
                fleet: fleet::Fleet::default(),
                signs: Arc::default(),
                tickets: tickets::Tickets::default(),
                map: walks::MapCache::default(),
                announcements: announcements::Announcements::default(),
                session_ends: session_ends::SessionEnds::default(),
                promotions: promotions::PromotionBoard::default(),
                codes: one_time_codes::Codes::default(),
                classes: classes::ClassCache::default(),
                imports: import::Imports::default(),
                pictures: pictures::PictureRoom::default(),
                firmware: firmware::FirmwareRoom::default(),
                searches: searches::SearchLog::default(),
                scales: weights::Scales::default(),
                nonces: signatures::Nonces::default(),
            }),
        }
    }

    /// What the owner decided for the whole store.
    pub fn settings(&self) -> &StoreSettings {
        &self.inner.parts.settings
    }

    /// The ISO 4217 code of all prices.
    pub fn currency_code(&self) -> String {
        self.settings().currency.code().to_owned()
    }

    /// The IANA name of the store's time zone.
    pub fn time_zone_name(&self) -> String {
        self.settings().time_zone.iana_name().unwrap_or("UTC").to_owned()
    }

    /// What the database has done so far, for monitoring.
    pub fn writer_stats(&self) -> WriterStats {
        self.store().writer_stats()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.inner.parts.clock.now()
    }

    /// Since when times can be compared with the last [`App::now`].
    fn steady(&self) -> Steady {
        let (started, last) = (self.inner.started, self.inner.parts.clock.last_jump());
        let jump = last.filter(|_| last != started.jump);
        Steady { since: jump.map_or(started.at, |jump| jump.at), jump }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    pub(crate) fn search(&self) -> &Search {
        &self.inner.parts.search
    }

    /// One transaction; the answer is durable.
    async fn write<T: Send + 'static>(
        &self,
        command: impl FnOnce(&mut WriteTx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        Ok(self.store().write(command).await?)
    }

    /// A look at a bounded number of rows, on this thread.
    fn read<T>(&self, query: impl FnOnce(&ReadTx) -> Result<T>) -> Result<T> {
        self.store().read(query)
    }

    /// A look at many rows, on a thread that may block.
    async fn scan<T: Send + 'static>(
        &self,
        query: impl FnOnce(&ReadTx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store().read_task(query).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("store", self.store()).finish_non_exhaustive()
    }
}

/// Runs what blocks on a thread that may.
async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}

/// The next id of a sequence.
fn next<Id, E: fmt::Display>(
    tx: &mut WriteTx<'_>,
    sequence: &str,
    id: impl Fn(u64) -> std::result::Result<Id, E>,
) -> Result<Id> {
    id(tx.next_id(sequence)?).map_err(|error| Error::Internal(error.to_string()))
}

/// Refuses when somebody else changed it since the caller looked.
fn check_version(expected: Option<Versions>, current: u64) -> Result<()> {
    if expected.is_some_and(|seen| !seen.0.contains(&current)) {
        return Err(Error::PreconditionFailed(current));
    }
    Ok(())
}

/// The versions that a caller would find right, mostly the one that it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions(pub Vec<u64>);
