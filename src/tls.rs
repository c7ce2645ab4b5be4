//! Certificates for a shop's own network: whom clients are asked to trust, and what is presented.
//!
//! No public authority vouches for `192.168.1.5` or `shopbox.local`. So the appliance has a
//! private authority (a CA), made on first use and kept in `keys/`; people trust it once
//! (`/trust`), and what it issues is renewed without them. An owner with a name and a certificate of
//! their own gives those files instead.
//!
//! | file | where | what |
//! |---|---|---|
//! | `names`, `surroundings` | no files | what a certificate is for: this machine's names and LAN addresses |
//! | `authority`, `constraints` | `keys/ca.key`, `keys/ca.pem` | P-256, 10 years, only for names of local networks |
//! | `leaf` | `keys/https.pem` | P-256, at most 397 days, renewed at two thirds of its life or when names change |
//! | `own` | anywhere | the owner's certificate and key, read again when they change |
//! | `keeper` | | which of them counts, and the change of one for the other under open connections |
//!
//! Invariants:
//! - No private key is logged, served or in an error's text.
//! - The authority is never replaced by itself: every phone would have to trust it anew.
//! - What is presented is whole: certificate and key change in one step, and connections that
//!   are open keep what they began with.
//!
//! There is no HSTS here on purpose. A browser that remembers it offers no way past a certificate
//! that it does not know, on any port of the host name: a phone that lost the authority, or a
//! shop that turns HTTPS off again, would be locked out of the setup page and of `/trust` itself.

pub mod authority;
mod constraints;
pub mod keeper;
mod leaf;
pub mod names;
mod own;
pub mod surroundings;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::crypto::CryptoProvider;
use thiserror::Error;

pub use self::authority::AuthorityFacts;
pub use self::keeper::{Keeper, Presented};
pub use self::names::Names;
pub use self::surroundings::Surroundings;
use crate::data_dir::DataDirError;

/// Largest certificate or key file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Before this, a machine's clock is certainly wrong: 2026-01-01, older than this program.
const CLOCK_FLOOR_S: i64 = 1_767_225_600;

/// Why there is no certificate to present. The text says what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A file cannot be read.
    #[error("cannot read {}: {source}{}", path.display(), advice(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// Only one of the two settings of an own certificate is set.
    #[error("{set} is set and {missing} is not: set both, or neither for the local authority")]
    Half {
        /// The setting that is there.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// The key belongs to another certificate.
    #[error(
        "{} is not the key of the first certificate in {}: give files that belong together, \
         the server's own certificate first",
        key.display(),
        cert.display()
    )]
    Mismatch {
        /// The certificate file.
        cert: PathBuf,
        /// The key file.
        key: PathBuf,
    },
    /// The owner's certificate has ended.
    #[error(
        "the certificate in {} ended on {}: put a renewed one there, or remove https_cert and \
         https_key to use the local authority",
        path.display(),
        ended.strftime("%Y-%m-%d")
    )]
    Expired {
        /// The certificate file.
        path: PathBuf,
        /// When.
        ended: Timestamp,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Making(String),
}

type Result<T> = std::result::Result<T, TlsError>;

impl From<rcgen::Error> for TlsError {
    fn from(error: rcgen::Error) -> Self {
        Self::Making(error.to_string())
    }
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self::Making(error.to_string())
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            ": the user that runs the server must be able to read it"
        }
        _ => "",
    }
}

/// The one provider of cryptography, named wherever one is needed: nothing depends on a default
/// of the process.
fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// The whole file, if it is not absurdly large.
fn read(path: &Path) -> Result<Vec<u8>> {
    use io::Read as _;
    let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(unusable(path, "it is too large for a certificate or a key"));
    }
    Ok(bytes)
}

fn unusable(path: &Path, reason: impl Into<String>) -> TlsError {
    TlsError::Unusable { path: path.to_owned(), reason: reason.into() }
}

/// The seconds of a certificate's date as a time; the calendar's end for what lies beyond.
fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// 16 random bytes, positive: no two certificates of an authority share a number.
fn serial() -> Result<rcgen::SerialNumber> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| TlsError::Making(error.to_string()))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(rcgen::SerialNumber::from_slice(&bytes))
}
