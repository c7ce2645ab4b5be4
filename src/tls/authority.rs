//! The private authority: made once, trusted by hand, and asked for certificates ever after.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use super::constraints::{self, Constraints};
use super::names::Names;
use super::{CLOCK_FLOOR_S, Result, TlsError, read, serial, timestamp, unusable};
use crate::data_dir::DataDir;

/// Life of the authority, in days: ten years, because every device is asked to trust it by hand.
const LIFE_DAYS: i64 = 3653;
/// How far before its making a certificate begins, in seconds: clocks of phones differ.
const BACKDATE_S: i64 = 24 * 3600;
/// Certificates are not dated beyond this, whatever the clock shows: the year 2900.
const CLOCK_CEILING_S: i64 = 29_348_006_400;
/// Characters of the host name in the authority's name: a name has at most 64.
const HOST_MAX_CHARS: usize = 40;

const DAY_S: i64 = 24 * 3600;

/// What people are told about an authority.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorityFacts {
    /// Its name, as phones show it.
    pub name: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// The same as text.
    pub pem: String,
    /// Before this it does not count.
    pub not_before: Timestamp,
    /// After this it no longer counts.
    pub not_after: Timestamp,
    /// Whether it is limited to names of local networks (or to any names).
    pub is_local_only: bool,
}

impl AuthorityFacts {
    /// The facts of the certificate in this file.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Certificate::read(path)?.facts)
    }

    /// The SHA-256 of the certificate, by which people compare it.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// `AB:CD:...`, as phones and OpenSSL show it.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = self.sha256().iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

impl fmt::Debug for AuthorityFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorityFacts").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The authority with its key.
pub(super) struct Authority {
    facts: AuthorityFacts,
    constraints: Option<Constraints>,
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    issuer: Issuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority of the directory, made now if there is none. `names` are this machine's.
    pub(super) fn load_or_create(
        dir: &DataDir,
        host: Option<&str>,
        names: &Names,
        now: Timestamp,
    ) -> Result<Self> {
        let (key_path, cert_path) = (dir.ca_key(), dir.ca_cert());
        let key = match (key_path.exists(), cert_path.exists()) {
            (true, _) => read_key(&key_path)?,
            (false, true) => {
                let reason = format!(
                    "its key {} is missing: restore it from a backup, or delete this file to \
                     make a new authority, which every device must trust anew",
                    key_path.display()
                );
                return Err(unusable(&cert_path, reason));
            }
            (false, false) => {
                let key = KeyPair::generate()?;
                dir.create_private(&key_path, key.serialize_pem().as_bytes())?;
                key
            }
        };
        // The key comes first: a certificate that is missing beside it, after a crash or by
        // mistake, is made again, and who trusts the old one trusts the new one's signatures too.
        if !cert_path.exists() {
            let pem = make(&key, host, names, now)?;
            dir.create_private(&cert_path, pem.as_bytes())?;
        }
        let Certificate { facts, constraints, subject, key_id, public_key } =
            Certificate::read(&cert_path)?;
        if public_key != key.der_bytes() {
            return Err(TlsError::Mismatch { cert: cert_path, key: key_path });
        }
        let issuer = Issuer::from_ca_cert_der(&CertificateDer::from(facts.der.as_slice()), key)?;
        Ok(Self { facts, constraints, subject, key_id, issuer })
    }

    pub(super) fn facts(&self) -> &AuthorityFacts {
        &self.facts
    }

    /// The names that it may vouch for, and those that it may not.
    pub(super) fn split(&self, names: &Names) -> (Names, Names) {
        match &self.constraints {
            Some(constraints) => constraints.split(names),
            None => (names.clone(), Names::default()),
        }
    }

    /// Whether the certificate names this authority as its issuer.
    pub(super) fn issued(&self, leaf: &X509Certificate<'_>) -> bool {
        leaf.issuer().as_raw() == self.subject && authority_key_id(leaf) == self.key_id
    }

    /// Signs the certificate of a key.
    pub(super) fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Result<Vec<u8>> {
        Ok(params.signed_by(key, &self.issuer)?.der().to_vec())
    }

    /// When the life of a certificate made now begins, in seconds: never before the authority's
    /// own, even if the clock is.
    pub(super) fn begin_s(&self, now: Timestamp) -> i64 {
        begin_s(now).max(self.facts.not_before.as_second())
    }
}

/// What a certificate file says.
struct Certificate {
    facts: AuthorityFacts,
    constraints: Option<Constraints>,
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    public_key: Vec<u8>,
}

impl Certificate {
    fn read(path: &Path) -> Result<Self> {
        let damaged = || {
            let reason = "it is not the certificate of an authority: restore it from a backup, or \
                 delete it and it is made again from its key";
            unusable(path, reason)
        };
        let text = read(path)?;
        let der = CertificateDer::from_pem_slice(&text).map_err(|_| damaged())?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| damaged())?;
        if !parsed.is_ca() {
            return Err(damaged());
        }
        let constraints = Constraints::of(&parsed);
        let name = parsed.subject().iter_common_name().find_map(|name| name.as_str().ok());
        let facts = AuthorityFacts {
            name: name.unwrap_or("Cartwright local CA").to_owned(),
            der: der.to_vec(),
            pem: pem("CERTIFICATE", &der),
            not_before: timestamp(parsed.validity().not_before.timestamp()),
            not_after: timestamp(parsed.validity().not_after.timestamp()),
            is_local_only: constraints.is_some(),
        };
        Ok(Self {
            constraints,
            subject: parsed.subject().as_raw().to_vec(),
            key_id: subject_key_id(&parsed),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            facts,
        })
    }
}

fn read_key(path: &Path) -> Result<KeyPair> {
    let damaged = || {
        let reason = "it is not a private key: restore it from a backup, or delete it and the \
             certificate beside it to make a new authority, which every device must trust anew";
        unusable(path, reason)
    };
    let text = String::from_utf8(read(path)?).map_err(|_| damaged())?;
    KeyPair::from_pem(&text).map_err(|_| damaged())
}

/// A new authority's certificate.
fn make(key: &KeyPair, host: Option<&str>, names: &Names, now: Timestamp) -> Result<String> {
    let host: String = host.unwrap_or("shop").chars().take(HOST_MAX_CHARS).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Cartwright");
    params.distinguished_name.push(DnType::CommonName, format!("Cartwright {host} local CA"));
    params.serial_number = Some(serial()?);
    // It issues certificates for servers and no further authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted = Constraints::for_local_networks(names).to_der();
    params.custom_extensions =
        vec![CustomExtension::from_oid_content(&constraints::OID, permitted)];
    let begin = begin_s(now.max(timestamp(CLOCK_FLOOR_S)));
    date(&mut params, begin, LIFE_DAYS, Timestamp::MAX);
    Ok(params.self_signed(key)?.pem())
}

/// Where the life of something that is made at this time begins, in seconds: a little before.
pub(super) fn begin_s(at: Timestamp) -> i64 {
    at.as_second().min(CLOCK_CEILING_S) - BACKDATE_S
}

/// Gives a certificate a life of so many days, which ends no later than its issuer's.
pub(super) fn date(params: &mut CertificateParams, begin_s: i64, days: i64, issuer_end: Timestamp) {
    // The type of these dates is another crate's; adding a duration needs no name for it.
    let at = |seconds: i64| {
        let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        rcgen::date_time_ymd(1970, 1, 1) + seconds
    };
    params.not_before = at(begin_s);
    // The last second counts too (RFC 5280, 4.1.2.5), so N days end one second early.
    params.not_after = at((begin_s + days * DAY_S - 1).min(issuer_end.as_second()));
}

fn subject_key_id(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    })
}

fn authority_key_id(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => {
            id.key_identifier.as_ref().map(|id| id.0.to_vec())
        }
        _ => None,
    })
}

/// Base64 between two lines that say what it is (RFC 7468).
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    const LINE: usize = 64;
    let text = STANDARD.encode(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(LINE.min(rest.len()));
        lines.push(line.to_owned());
        rest = more;
    }
    lines.push(format!("-----END {label}-----\n"));
    lines.join("\n")
}
