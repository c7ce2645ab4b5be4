//! One row per setting: the manual, the defaults and the judge in one table.
//!
//! To add a setting, add a field to [`Config`] and a row here; files, environment, flags,
//! `cartwright config` and error messages follow from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::country::country;
use super::value::{is_web_address, parse_host, parse_origin};
use super::{Config, JWT_SECRET_MIN_BYTES, OtpChannel, Rate, Secret, TaxMode, currency_decimals};

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

/// Most entries of `https_names`.
const HTTPS_NAMES_MAX: usize = 50;

/// Shortest secret that may sign what goes to a gateway, in bytes.
const OTP_SECRET_MIN_BYTES: usize = 16;

/// Languages whose words the search can stem.
const SEARCH_LANGUAGES: [&str; 18] = [
    "ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv",
    "ta", "tr",
];

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

    const fn switch(mut self) -> Self {
        self.kind = Kind::Switch;
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

/// What the three limits of requests accept.
const RATE_ACCEPTS: &str =
    "off, or requests a minute from 1 to 1000000 such as 600, or 600/50 for at most 50 at once";

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
        "https",
        "off",
        "an address and a port such as 0.0.0.0:8443, or off",
        "where HTTPS listens besides plain HTTP",
        |config, text| match text {
            "off" => put(&mut config.https, Some(None)),
            _ => put(&mut config.https, parse_listen_address(text).map(Some)),
        },
    ),
    Setting::new(
        "https_names",
        "",
        "a comma list of host names and addresses such as kasse.lan, 10.8.0.1",
        "names of this machine for its certificate, besides its host name and LAN addresses",
        |config, text| {
            let names = comma_list(text, parse_host);
            put(&mut config.https_names, names.filter(|names| names.len() <= HTTPS_NAMES_MAX))
        },
    )
    .list(),
    Setting::new(
        "https_cert",
        "",
        "the path of a PEM file: the server's certificate, then its chain",
        "an own certificate instead of the local authority's; read again when it changes",
        |config, text| put(&mut config.https_cert, Some(Some(PathBuf::from(text)))),
    )
    .terminal_only(),
    Setting::new(
        "https_key",
        "",
        "the path of a PEM file with the certificate's private key",
        "the key of https_cert",
        |config, text| put(&mut config.https_key, Some(Some(PathBuf::from(text)))),
    )
    .terminal_only(),
    Setting::new(
        "https_redirect",
        "false",
        "true or false",
        "lead browsers that open a page over plain HTTP to HTTPS; devices and the API never",
        |config, text| put(&mut config.https_redirect, text.parse().ok()),
    )
    .switch(),
    Setting::new(
        "discovery",
        "true",
        "true or false",
        "let carts find the appliance by multicast DNS (_cartwright._tcp) and on UDP port 8266",
        |config, text| put(&mut config.discovery, text.parse().ok()),
    )
    .switch(),
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
        |config, text| put(&mut config.country, country(text)),
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
        "search_language",
        "en",
        "one of ar, da, de, el, en, es, fi, fr, hu, it, nl, no, pt, ro, ru, sv, ta, tr",
        "the language of the catalogue: which forms of a word the search takes for the same",
        |config, text| {
            let code = text.to_ascii_lowercase();
            let is_known = SEARCH_LANGUAGES.contains(&code.as_str());
            put(&mut config.search_language, is_known.then_some(code))
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
        "reverse proxies whose X-Forwarded-For, -Proto and -Host count",
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
        "what is logged to stderr; requests that read and succeed only by debug",
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
        "max_live_connections",
        "4096",
        "a number from 1 to 65536",
        "followers of live news at a time",
        |config, text| put(&mut config.max_live_connections, count(text, 1, 65_536)),
    )
    .number(),
    Setting::new(
        "max_live_connections_per_account",
        "2500",
        "a number from 1 to 65536",
        "followers of live news at a time with one account",
        |config, text| put(&mut config.max_live_connections_per_account, count(text, 1, 65_536)),
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
    Setting::new(
        "request_timeout_s",
        "30",
        "a number of seconds from 1 to 600",
        "a request that has arrived whole is given up after this, unless its route streams",
        |config, text| put(&mut config.request_timeout, seconds(text, 1, 600)),
    )
    .number(),
    Setting::new(
        "write_timeout_s",
        "30",
        "a number of seconds from 1 to 600",
        "a client that takes less than 1 KiB/s of its answer is cut after so much waiting",
        |config, text| put(&mut config.write_timeout, seconds(text, 1, 600)),
    )
    .number(),
    Setting::new(
        "body_min_bytes_per_s",
        "1024",
        "a number from 1 to 1048576",
        "what a request's body must bring each second, averaged over 10 s",
        |config, text| put(&mut config.body_min_bytes_per_s, number(text, 1, 1_048_576)),
    )
    .number(),
    Setting::new(
        "rate_limit_per_address",
        "off",
        RATE_ACCEPTS,
        "requests from one address (IPv6: one /64); a shop's tablets may share one",
        |config, text| put_rate(&mut config.rate_limit_per_address, text),
    ),
    Setting::new(
        "rate_limit_per_account",
        "off",
        RATE_ACCEPTS,
        "requests of one signed-in account",
        |config, text| put_rate(&mut config.rate_limit_per_account, text),
    ),
    Setting::new(
        "rate_limit_per_device",
        "off",
        RATE_ACCEPTS,
        "requests of one trolley; one that is refused uses up no number",
        |config, text| put_rate(&mut config.rate_limit_per_device, text),
    ),
    Setting::new(
        "otp_channel",
        "log",
        "log, file or webhook",
        "how one-time codes reach shoppers; log is for trying out",
        |config, text| {
            let channel = match text {
                "log" => Some(OtpChannel::Log),
                "file" => Some(OtpChannel::File),
                "webhook" => Some(OtpChannel::Webhook),
                _ => None,
            };
            put(&mut config.otp_channel, channel)
        },
    ),
    Setting::new(
        "otp_file",
        "",
        "the path of a file",
        "where the channel file appends codes; one-time-codes.ndjson in the data directory if unset",
        |config, text| put(&mut config.otp_file, Some(Some(PathBuf::from(text)))),
    )
    .terminal_only(),
    Setting::new(
        "otp_webhook",
        "",
        "an http or https address such as https://sms.example/send, without a name or password",
        "the SMS gateway to which the channel webhook posts codes",
        |config, text| put(&mut config.otp_webhook, is_web_address(text).then(|| Some(text.to_owned()))),
    ),
    Setting::new(
        "otp_webhook_secret",
        "",
        "at least 16 bytes (try: openssl rand -hex 32)",
        "signs what is posted to otp_webhook; keys/otp-webhook-secret in the data directory if unset",
        |config, text| {
            let is_long_enough = text.len() >= OTP_SECRET_MIN_BYTES;
            put(&mut config.otp_webhook_secret, is_long_enough.then(|| Some(Secret::new(text))))
        },
    )
    .terminal_only()
    .secret(),
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

/// Puts a limit of requests into the field; `off` takes it away.
fn put_rate(field: &mut Option<Rate>, text: &str) -> Option<()> {
    *field = match text {
        "off" | "0" => None,
        text => Some(text.parse().ok()?),
    };
    Some(())
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
