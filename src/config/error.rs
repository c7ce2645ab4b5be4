//! What can be wrong with the settings, said so that the reader knows which line to change.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Where a value was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: the built-in default.
    Default,
    /// A line, counted from 1, of `config.toml` or of an env file.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
    /// A command-line flag, named without dashes.
    Flag {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::Flag { name } => write!(f, "flag --{}", name.replace('_', "-")),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// There is no such setting.
    #[error("{place}: there is no setting {key:?}{}", did_you_mean(*nearest))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// Where.
        place: Source,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// The value is none that the setting takes.
    #[error("{place}: {key}{} is not accepted: give {accepts}", quoted(value.as_deref()))]
    BadValue {
        /// The setting.
        key: &'static str,
        /// Where.
        place: Source,
        /// The value, unless it is a secret.
        value: Option<String>,
        /// What the setting takes.
        accepts: &'static str,
    },
    /// A name that operators know from elsewhere and that must not have an effect here.
    #[error("{place}: {key} is refused: {reason}")]
    Refused {
        /// The setting.
        key: &'static str,
        /// Where.
        place: Source,
        /// Why.
        reason: &'static str,
    },
    /// The signing secret was given twice.
    #[error("{one} and {other} both give the token secret: keep one of them")]
    TwoSecrets {
        /// Where the secret itself is.
        one: Source,
        /// Where its file is named.
        other: Source,
    },
    /// Codes should go to a gateway that nobody named.
    #[error(
        "{place}: otp_channel is webhook, but otp_webhook is not set: give the address of your \
         SMS gateway too, or set otp_channel to log to try things out"
    )]
    NoGateway {
        /// Where the channel is set.
        place: Source,
    },
    /// The file of the signing secret holds too little.
    #[error(
        "{} must hold at least {} bytes (try: openssl rand -hex 32)",
        path.display(),
        super::JWT_SECRET_MIN_BYTES
    )]
    WeakSecretFile {
        /// The file.
        path: PathBuf,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|key| format!("; did you mean {key:?}?")).unwrap_or_default()
}

fn quoted(value: Option<&str>) -> String {
    value.map(|text| format!(" = {text:?}")).unwrap_or_default()
}
