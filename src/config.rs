//! Settings: defaults, then `config.toml`, then the environment, then flags.
//!
//! Every setting is one row of `settings::SETTINGS`: its key, its default, what it accepts and
//! how it is read. The same text form serves all sources, so a value is judged once, and an
//! error can always name where the value stands, what it was and what would be accepted.
//!
//! [`Config::load`] is pure: it works on a [`Sources`] that somebody filled. [`Sources::read`]
//! alone touches the file system and the environment. Secrets never appear in `Debug`, errors
//! or [`Config::entries`].

mod country;
mod currency;
mod edit;
mod error;
mod settings;
mod sources;
mod value;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

pub use self::currency::currency_decimals;
pub use self::edit::{EditError, Edits, edited};
pub use self::error::{ConfigError, Source};
pub use self::settings::Kind;
use self::settings::{SETTINGS, Setting};
pub use self::sources::Sources;
pub use self::value::{Network, OtpChannel, Rate, Secret, TaxMode, host_name};

/// Shortest secret that may sign tokens, in bytes: the output size of SHA-256 (RFC 7518, 3.2).
pub const JWT_SECRET_MIN_BYTES: usize = 32;

/// What the appliance runs with.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that owners set by name")]
pub struct Config {
    /// Where plain HTTP listens; port 0 picks a free one.
    pub http: SocketAddr,
    /// Where HTTPS listens, if it is on.
    pub https: Option<SocketAddr>,
    /// Further names and addresses in the local authority's certificates, normalised.
    pub https_names: Vec<String>,
    /// PEM file of an own certificate, its chain behind it.
    pub https_cert: Option<PathBuf>,
    /// PEM file of its key.
    pub https_key: Option<PathBuf>,
    /// Whether browsers that open a page over plain HTTP are led to HTTPS.
    pub https_redirect: bool,
    /// Whether trolleys may find the appliance by themselves.
    pub discovery: bool,
    /// ISO 4217 code, upper case.
    pub currency: String,
    /// Decimals of the currency: 2 for EUR, 0 for JPY, 3 for KWD.
    pub currency_decimals: u8,
    /// ISO 3166 alpha-2 code, upper case: completes mobile numbers without `+`.
    pub country: String,
    /// The store's time zone: promotions without an offset are in it.
    pub time_zone: TimeZone,
    /// Whether shelf prices include tax.
    pub tax_mode: TaxMode,
    /// Minutes without any doing after which a cart is idle; 0 for never.
    pub cart_idle_minutes: u32,
    /// Minutes after which it is abandoned and its trolley free again; 0 for never.
    pub cart_abandoned_minutes: u32,
    /// Code of the language that products are described in: `en`.
    pub search_language: String,
    /// Whether trolleys' scales are compared with their lists.
    pub weight_check: bool,
    /// Differences up to this many grams are none.
    pub weight_tolerance_g: u32,
    /// Nor are those up to this share of a weight that scans have not confirmed yet.
    pub weight_tolerance_percent: u32,
    /// Foreign origins that browsers may call from, normalised (`https://shop.example`).
    pub cors_origins: Vec<String>,
    /// Peers whose forwarded headers count.
    pub trusted_proxies: Vec<Network>,
    /// A `tracing` filter such as `info` or `info,cartwright::storage=debug`.
    pub log: String,
    /// Whether log lines are JSON.
    pub log_json: bool,
    /// Life of an access token.
    pub jwt_access_expires_minutes: u32,
    /// Signs tokens instead of the generated key.
    pub jwt_secret_key: Option<Secret>,
    /// File that holds the signing secret; [`Config::read`] moves its content to
    /// [`Config::jwt_secret_key`].
    pub jwt_secret_key_file: Option<PathBuf>,
    /// How one-time codes reach shoppers.
    pub otp_channel: OtpChannel,
    /// The file of [`OtpChannel::File`]; a default in the data directory if `None`.
    pub otp_file: Option<PathBuf>,
    /// The gateway of [`OtpChannel::Webhook`].
    pub otp_webhook: Option<String>,
    /// Signs what goes to the gateway; one of the data directory's keys if `None`.
    pub otp_webhook_secret: Option<Secret>,
    /// Database cache.
    pub cache_mib: u32,
    /// Connections at a time, over all addresses.
    pub max_connections: usize,
    /// Connections at a time from one address.
    pub max_connections_per_address: usize,
    /// Followers of live news at a time, over all accounts.
    pub max_live_connections: usize,
    /// Followers of live news at a time with one account.
    pub max_live_connections_per_account: usize,
    /// A connection's first request header must be whole after this.
    pub header_timeout: Duration,
    /// A kept-alive connection without a request is closed after this.
    pub idle_timeout: Duration,
    /// At shutdown, requests in flight get this long.
    pub drain_timeout: Duration,
    /// From the whole request to the answer's beginning, unless the route streams.
    pub request_timeout: Duration,
    /// Waiting time that a client may cost which takes less than 1 KiB/s of its answer.
    pub write_timeout: Duration,
    /// What a request's body must bring, in bytes per second, averaged over 10 s.
    pub body_min_bytes_per_s: u32,
    /// Requests by address; `None` for no limit.
    pub rate_limit_per_address: Option<Rate>,
    /// Requests by account; `None` for no limit.
    pub rate_limit_per_account: Option<Rate>,
    /// Requests by trolley; `None` for no limit.
    pub rate_limit_per_device: Option<Rate>,
    entries: Vec<Entry>,
    warnings: Vec<String>,
    sources: Sources,
}

/// One line of `cartwright config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, as in `config.toml`.
    pub key: &'static str,
    /// The value in force, as text; a secret shows as `********`.
    pub value: String,
    /// Where the value comes from.
    pub source: Source,
    /// What the setting is for, in one line.
    pub about: &'static str,
    /// What it takes; completes the sentence "give ...".
    pub accepts: &'static str,
    /// What it is when nothing is said.
    pub default: &'static str,
    /// What its value is in JSON.
    pub kind: Kind,
    /// Whether `value` is hidden.
    pub is_secret: bool,
    /// Whether it can be changed only at the machine.
    pub is_terminal_only: bool,
}

/// A value as written, and where. No `Debug`: it may be a secret.
#[derive(Clone)]
struct RawValue {
    text: String,
    source: Source,
}

impl Config {
    /// What is in force, given everything that was said. Reads no file and no environment.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let said = sources.merge(&mut warnings)?;
        let mut config = Self::blank();
        for setting in SETTINGS {
            let default = RawValue { text: setting.default.to_owned(), source: Source::Default };
            let raw = said.get(setting.key).unwrap_or(&default);
            config.apply(setting, raw)?;
        }
        if let (Some(inline), Some(file)) =
            (said.get("jwt_secret_key"), said.get("jwt_secret_key_file"))
        {
            return Err(ConfigError::TwoSecrets {
                one: inline.source.clone(),
                other: file.source.clone(),
            });
        }
        if let Some(channel) = said.get("otp_channel")
            && config.otp_channel == OtpChannel::Webhook
            && config.otp_webhook.is_none()
        {
            return Err(ConfigError::NoGateway { place: channel.source.clone() });
        }
        warnings.extend(config.idle_https_settings());
        config.warnings = warnings;
        config.sources = sources.clone();
        Ok(config)
    }

    /// Reads the settings from `config_file` if it exists, from the environment and from
    /// `env_file`, puts `flags` (setting key to text) on top, and reads the signing secret's
    /// file. The environment wins over `env_file`.
    pub fn read(
        config_file: &Path,
        env_file: Option<&Path>,
        flags: BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::load(&Sources::read(config_file, env_file, flags)?)?;
        if let Some(path) = &config.jwt_secret_key_file {
            config.jwt_secret_key = Some(sources::read_secret(path)?);
        }
        Ok(config)
    }

    /// Every setting with the value in force and its source, in the order of the manual.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Things that were said and have no effect, for the log.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn apply(&mut self, setting: &'static Setting, raw: &RawValue) -> Result<(), ConfigError> {
        let text = raw.text.trim();
        if text.is_empty() && raw.source == Source::Default {
            // Optional settings have no default; `blank` left them unset.
        } else if (setting.apply)(self, text).is_none() {
            let value = if setting.is_secret { None } else { Some(raw.text.clone()) };
            return Err(match setting.refusal {
                Some(reason) => {
                    ConfigError::Refused { key: setting.key, place: raw.source.clone(), reason }
                }
                None => ConfigError::BadValue {
                    key: setting.key,
                    place: raw.source.clone(),
                    value,
                    accepts: setting.accepts,
                },
            });
        }
        if setting.refusal.is_none() {
            let value = if setting.is_secret && !text.is_empty() { "********" } else { text };
            self.entries.push(Entry {
                key: setting.key,
                value: value.to_owned(),
                source: raw.source.clone(),
                about: setting.about,
                accepts: setting.accepts,
                default: setting.default,
                kind: setting.kind,
                is_secret: setting.is_secret,
                is_terminal_only: setting.is_terminal_only,
            });
        }
        Ok(())
    }

    /// A word about settings of HTTPS that were made while it is off.
    fn idle_https_settings(&self) -> Option<String> {
        let is_idle = self.https.is_none()
            && (self.https_redirect || self.https_cert.is_some() || self.https_key.is_some());
        is_idle.then(|| {
            "https_cert, https_key and https_redirect have no effect while https is off: \
             set https to an address such as 0.0.0.0:8443"
                .to_owned()
        })
    }

    /// Placeholders that the defaults overwrite.
    fn blank() -> Self {
        Self {
            http: SocketAddr::from(([0, 0, 0, 0], 0)),
            https: None,
            https_names: Vec::new(),
            https_cert: None,
            https_key: None,
            https_redirect: false,
            discovery: true,
            currency: String::new(),
            currency_decimals: 0,
            country: String::new(),
            time_zone: TimeZone::UTC,
            tax_mode: TaxMode::Included,
            cart_idle_minutes: 0,
            cart_abandoned_minutes: 0,
            search_language: String::new(),
            weight_check: false,
            weight_tolerance_g: 0,
            weight_tolerance_percent: 0,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            log: String::new(),
            log_json: false,
            jwt_access_expires_minutes: 0,
            jwt_secret_key: None,
            jwt_secret_key_file: None,
            otp_channel: OtpChannel::Log,
            otp_file: None,
            otp_webhook: None,
            otp_webhook_secret: None,
            cache_mib: 0,
            max_connections: 0,
            max_connections_per_address: 0,
            max_live_connections: 0,
            max_live_connections_per_account: 0,
            header_timeout: Duration::ZERO,
            idle_timeout: Duration::ZERO,
            drain_timeout: Duration::ZERO,
            request_timeout: Duration::ZERO,
            write_timeout: Duration::ZERO,
            body_min_bytes_per_s: 0,
            rate_limit_per_address: None,
            rate_limit_per_account: None,
            rate_limit_per_device: None,
            entries: Vec::new(),
            warnings: Vec::new(),
            sources: Sources::default(),
        }
    }
}

impl Default for Config {
    /// The defaults, as on a machine where nothing was said.
    fn default() -> Self {
        Self::load(&Sources::default()).expect("the built-in defaults are valid")
    }
}

#[cfg(test)]
mod tests;
