//! One row per setting: the manual, the defaults and the judge in one table.
//!
//! To add a setting, add a field to [`Config`] and a row here; files, environment, flags,
//! `cartwright config` and error messages follow from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::value::parse_origin;
use super::{Config, JWT_SECRET_MIN_BYTES, Secret, TaxMode, currency_decimals};

/// What a setting's value is in TOML and JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    Switch,
    /// A list of texts; a comma list elsewhere.
    List,
}

/// How one setting is named, read and explained.
pub(super) struct Setting {
    /// Key in `config.toml`; `CARTWRIGHT_` and its upper case is the variable.
    pub(super) key: &'static str,
    /// Another variable that is read when the prefixed one is absent.
    pub(super) plain_variable: Option<&'static str>,
    /// Text of the default; empty for unset.
    pub(super) default: &'static str,
    /// Completes the sentence "give ...".
    pub(super) accepts: &'static str,
    /// One line for the manual.
    pub(super) about: &'static str,
    /// What a value is in TOML and JSON.
    pub(super) kind: Kind,
    /// Never shown.
    pub(super) is_secret: bool,
    /// Not to be changed over the network.
    pub(super) is_terminal_only: bool,
    /// For a name that must have no effect: why every value but harmless ones is an error.
    pub(super) refusal: Option<&'static str>,
    /// Puts the trimmed text into the config; `None` when it is not accepted.
    pub(super) apply: fn(&mut Config, &str) -> Option<()>,
}

impl Setting {
    const fn new(
        key: &'static str,
        default: &'static str,
        accepts: &'static str,
        about: &'static str,
        apply: fn(&mut Config, &str) -> Option<()>,
    ) -> Self {
        Self {
            key,
            plain_variable: None,
            default,
            accepts,
            about,
            kind: Kind::Text,
            is_secret: false,
            is_terminal_only: false,
            refusal: None,
            apply,
        }
    }

    const fn refused(
        key: &'static str,
        plain_variable: &'static str,
        reason: &'static str,
        apply: fn(&mut Config, &str) -> Option<()>,
    ) -> Self {
        let mut row = Self::new(key, "", "", "", apply).plain(plain_variable);
        row.refusal = Some(reason);
        row
    }

    const fn plain(mut self, variable: &'static str) -> Self {
        self.plain_variable = Some(variable);
        self
    }

    const fn number(mut self) -> Self {
        self.kind = Kind::Number;
        self
    }

    const fn list(mut self) -> Self {
        self.kind = Kind::List;
        self
    }

    const fn terminal_only(mut self) -> Self {
        self.is_terminal_only = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }
}

/// All settings, in the order of the manual.
pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "http",
        "0.0.0.0:8080",
        "an address and a port such as 0.0.0.0:8080 or localhost:0",
        "where plain HTTP listens; port 0 picks a free one",
        |config, text| put(&mut config.http, parse_listen_address(text)),
    ),
    Setting::new(
        "currency",
        "EUR",
        "an ISO 4217 code such as EUR",
        "the currency of all prices",
        |config, text| {
            let code = text.to_ascii_uppercase();
            put(&mut config.currency_decimals, currency_decimals(&code))?;
            put(&mut config.currency, Some(code))
        },
    ),
    Setting::new(
        "country",
        "DE",
        "an ISO 3166 code of two letters such as DE",
        "completes mobile numbers that have no +",
        |config, text| {
            let is_code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
            put(&mut config.country, is_code.then(|| text.to_ascii_uppercase()))
        },
    ),
    Setting::new(
        "time_zone",
        "Europe/Berlin",
        "an IANA name such as Europe/Berlin or UTC",
        "the store's time zone, for times without an offset and for reports by day",
        |config, text| put(&mut config.time_zone, TimeZone::get(text).ok()),
    ),
    Setting::new(
        "tax_mode",
        "included",
        "included or excluded",
        "whether shelf prices include tax",
        |config, text| {
            let mode = match text {
                "included" => Some(TaxMode::Included),
                "excluded" => Some(TaxMode::Excluded),
                _ => None,
            };
            put(&mut config.tax_mode, mode)
        },
    ),
    Setting::new(
        "cors_origins",
        "",
        "a comma list of exact origins such as https://shop.example \
         (no path, and no *: sessions travel with these requests)",
        "foreign web pages that may call the API with a session",
        |config, text| put(&mut config.cors_origins, comma_list(text, parse_origin)),
    )
    .list(),
    Setting::new(
        "trusted_proxies",
        "",
        "a comma list of addresses or ranges such as 127.0.0.1, 10.0.0.0/8",
        "reverse proxies whose forwarded headers count",
        |config, text| {
            let networks = comma_list(text, |item| item.parse().ok());
            put(&mut config.trusted_proxies, networks)
        },
    )
    .list(),
    Setting::new(
        "log",
        "info",
        "a filter such as info, debug or info,cartwright::storage=debug",
        "what is logged to stderr",
        |config, text| {
            tracing_subscriber::EnvFilter::try_new(text).ok()?;
            put(&mut config.log, Some(text.to_owned()))
        },
    ),
    Setting::new("log_format", "text", "text or json", "how log lines look", |config, text| {
        let is_json = match text {
            "text" => Some(false),
            "json" => Some(true),
            _ => None,
        };
        put(&mut config.log_json, is_json)
    }),
    Setting::new(
        "jwt_access_expires_minutes",
        "15",
        "a number of minutes from 1 to 1440",
        "life of an access token; refresh tokens renew it",
        |config, text| put(&mut config.jwt_access_expires_minutes, number(text, 1, 1440)),
    )
    .number()
    .plain("JWT_ACCESS_EXPIRES_MINUTES"),
    Setting::new(
        "jwt_secret_key",
        "",
        "at least 32 bytes (try: openssl rand -hex 32)",
        "signs access tokens instead of the generated key",
        |config, text| {
            let is_long_enough = text.len() >= JWT_SECRET_MIN_BYTES;
            put(&mut config.jwt_secret_key, is_long_enough.then(|| Some(Secret::new(text))))
        },
    )
    .terminal_only()
    .plain("JWT_SECRET_KEY")
    .secret(),
    Setting::new(
        "jwt_secret_key_file",
        "",
        "the path of a file with at least 32 bytes",
        "a file that holds jwt_secret_key",
        |config, text| put(&mut config.jwt_secret_key_file, Some(Some(PathBuf::from(text)))),
    )
    .terminal_only()
    .plain("JWT_SECRET_KEY_FILE"),
    Setting::new(
        "cache_mib",
        "128",
        "a number of MiB from 16 to 4096",
        "memory for the database cache",
        |config, text| put(&mut config.cache_mib, number(text, 16, 4096)),
    )
    .number(),
    Setting::new(
        "max_connections",
        "4096",
        "a number from 16 to 65536",
        "connections at a time",
        |config, text| put(&mut config.max_connections, count(text, 16, 65_536)),
    )
    .number(),
    Setting::new(
        "max_connections_per_address",
        "2500",
        "a number from 1 to 65536",
        "connections at a time from one address",
        |config, text| put(&mut config.max_connections_per_address, count(text, 1, 65_536)),
    )
    .number(),
    Setting::new(
        "header_timeout_s",
        "10",
        "a number of seconds from 1 to 300",
        "a request's header must arrive whole within this",
        |config, text| put(&mut config.header_timeout, seconds(text, 1, 300)),
    )
    .number(),
    Setting::new(
        "idle_timeout_s",
        "60",
        "a number of seconds from 1 to 3600",
        "a kept-alive connection without a request is closed after this",
        |config, text| put(&mut config.idle_timeout, seconds(text, 1, 3600)),
    )
    .number(),
    Setting::new(
        "drain_timeout_s",
        "10",
        "a number of seconds from 0 to 300",
        "at shutdown, requests in flight get this long",
        |config, text| put(&mut config.drain_timeout, seconds(text, 0, 300)),
    )
    .number(),
    Setting::refused(
        "jwt_algorithm",
        "JWT_ALGORITHM",
        "tokens are signed with HS256 and with nothing else, so that no token can choose \
         a weaker check; remove the setting",
        |_, text| (text == "HS256").then_some(()),
    ),
    Setting::refused(
        "fixed_otp",
        "FIXED_OTP",
        "a one-time code that is always the same lets anybody sign in as anybody; \
         remove the setting, codes are written to the log by default",
        |_, _| None,
    ),
];

/// Puts the value into the field if there is one.
fn put<T>(field: &mut T, value: Option<T>) -> Option<()> {
    *field = value?;
    Some(())
}

/// The known key that looks most like `key`, if any looks like it at all.
pub(super) fn nearest_key(key: &str) -> Option<&'static str> {
    const MAX_TYPOS: usize = 3;
    let key = key.to_ascii_lowercase().replace('-', "_");
    SETTINGS
        .iter()
        .filter(|setting| setting.refusal.is_none())
        .map(|setting| (edit_distance(&key, setting.key), setting.key))
        .filter(|(typos, known)| *typos <= MAX_TYPOS.min(known.len() / 2))
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein distance over bytes: keys are ASCII.
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

fn parse_listen_address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?))),
        None => text.parse().ok(),
    }
}

fn comma_list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(parse).collect()
}

fn number(text: &str, min: u32, max: u32) -> Option<u32> {
    text.parse().ok().filter(|n| (min..=max).contains(n))
}

fn count(text: &str, min: usize, max: usize) -> Option<usize> {
    text.parse().ok().filter(|n| (min..=max).contains(n))
}

fn seconds(text: &str, min: u32, max: u32) -> Option<Duration> {
    number(text, min, max).map(|n| Duration::from_secs(n.into()))
}
