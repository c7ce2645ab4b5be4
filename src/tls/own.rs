//! The owner's own certificate: two PEM files, read again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::leaf::names_of;
use super::names::Names;
use super::{Result, TlsError, provider, read, timestamp, unusable};

/// From when on the log asks for a renewal: what renews by itself has long done so by then.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Longest chain that is presented.
const CHAIN_MAX: usize = 10;

/// Where the owner keeps certificate and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnFiles {
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

/// What both files looked like when they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp([Option<(SystemTime, u64, u64)>; 2]);

/// A chain and its key, ready to be presented.
pub(super) struct OwnCertificate {
    pub(super) key: CertifiedKey,
    pub(super) names: Names,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

impl OwnFiles {
    /// The files of the two settings; both or none.
    pub(super) fn of(cert: Option<&Path>, key: Option<&Path>) -> Result<Option<Self>> {
        match (cert, key) {
            (Some(cert), Some(key)) => {
                Ok(Some(Self { cert: cert.to_owned(), key: key.to_owned() }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(TlsError::Half { set: "https_cert", missing: "https_key" }),
            (None, Some(_)) => Err(TlsError::Half { set: "https_key", missing: "https_cert" }),
        }
    }

    /// What the files look like now: it changes when one is replaced or written.
    pub(super) fn stamp(&self) -> Stamp {
        let of = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
        };
        Stamp([of(&self.cert), of(&self.key)])
    }

    /// Reads and checks both: they belong together, and the certificate has not ended.
    pub(super) fn load(&self, now: Timestamp) -> Result<OwnCertificate> {
        let text = read(&self.cert)?;
        let chain = CertificateDer::pem_slice_iter(&text)
            .take(CHAIN_MAX)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| unusable(&self.cert, format!("it is no PEM file: {error}")))?;
        let first = chain.first().cloned().ok_or_else(|| {
            unusable(&self.cert, "it holds no certificate in PEM form (BEGIN CERTIFICATE)")
        })?;
        let (_, parsed) = X509Certificate::from_der(&first)
            .map_err(|error| unusable(&self.cert, format!("it holds no certificate: {error}")))?;
        let not_before = timestamp(parsed.validity().not_before.timestamp());
        let not_after = timestamp(parsed.validity().not_after.timestamp());
        let key = self.load_key()?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::Mismatch { cert: self.cert.clone(), key: self.key.clone() }
            }
            error => unusable(&self.key, format!("the key cannot be used: {error}")),
        })?;
        if not_after < now {
            return Err(TlsError::Expired { path: self.cert.clone(), ended: not_after });
        }
        Ok(OwnCertificate { key, names: names_of(&parsed), not_before, not_after })
    }

    fn load_key(&self) -> Result<PrivateKeyDer<'static>> {
        let text = read(&self.key)?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let is_locked = text.windows(9).any(|word| word == b"ENCRYPTED");
            let reason = if is_locked {
                "the key is locked with a password: write it without one \
                 (openssl pkey -in LOCKED.pem -out KEY.pem) and close it to others (chmod 600)"
            } else {
                "it holds no private key in PEM form (BEGIN PRIVATE KEY)"
            };
            unusable(&self.key, reason)
        })
    }
}

impl OwnCertificate {
    /// What the owner should know about its dates.
    pub(super) fn warning(&self, now: Timestamp) -> Option<String> {
        let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
        if now > self.not_after {
            return Some(format!("it ended on {}: browsers refuse it", day(self.not_after)));
        }
        if now < self.not_before {
            let begin = day(self.not_before);
            return Some(format!("it begins on {begin}: browsers refuse it until then"));
        }
        let left = self.not_after.duration_since(now);
        (left < SOON).then(|| format!("it ends on {}: renew it", day(self.not_after)))
    }
}
