//! The server's own certificate from the local authority: what is in it and when it is due.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::authority::{self, Authority};
use super::names::Names;
use super::{Result, TlsError, provider, serial, timestamp};

/// Life, in days. Apple's devices refuse more than 825 days below an authority that was added by
/// hand and more than 398 below a public one; this passes for both.
const LIFE_DAYS: i64 = 397;

/// A certificate and its key, ready to be presented.
pub(super) struct Leaf {
    pub(super) key: CertifiedKey,
    pub(super) names: Names,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    is_issued: bool,
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaf").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Leaf {
    /// Reads key and certificate from one text; `None` if they are not what was written.
    pub(super) fn parse(text: &[u8], authority: &Authority) -> Option<Self> {
        let key = PrivateKeyDer::from_pem_slice(text).ok()?;
        let certificate = CertificateDer::from_pem_slice(text).ok()?;
        let (_, parsed) = X509Certificate::from_der(&certificate).ok()?;
        let (names, is_issued) = (names_of(&parsed), authority.issued(&parsed));
        let not_before = timestamp(parsed.validity().not_before.timestamp());
        let not_after = timestamp(parsed.validity().not_after.timestamp());
        let key = CertifiedKey::from_der(vec![certificate], key, &provider()).ok()?;
        Some(Self { key, names, not_before, not_after, is_issued })
    }

    /// A new one for these names, as the text that [`Leaf::parse`] reads.
    pub(super) fn issue(authority: &Authority, names: &Names, now: Timestamp) -> Result<String> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Cartwright server");
        for name in &names.dns {
            params.subject_alt_names.push(SanType::DnsName(name.as_str().try_into()?));
        }
        params.subject_alt_names.extend(names.addresses.iter().copied().map(SanType::IpAddress));
        params.serial_number = Some(serial()?);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let end = authority.facts().not_after;
        authority::date(&mut params, authority.begin_s(now), LIFE_DAYS, end);
        let der = authority.sign(&params, &key)?;
        Ok(format!("{}{}", key.serialize_pem(), authority::pem("CERTIFICATE", &der)))
    }

    /// Why another one has to be made, if so.
    pub(super) fn is_due(
        &self,
        authority: &Authority,
        names: &Names,
        now: Timestamp,
    ) -> Option<&'static str> {
        if !self.is_issued {
            return Some("the authority is another one");
        }
        if self.names != *names {
            return Some("names or addresses changed");
        }
        let (begin, end) = (self.not_before.as_second(), self.not_after.as_second());
        if now.as_second() >= begin + (end - begin) / 3 * 2 {
            // When the authority itself ends first, a new one would end no later.
            return (end < authority.facts().not_after.as_second())
                .then_some("two thirds of its life are over");
        }
        // Made while the clock was ahead. A clock that is behind even the authority is wrong
        // itself, and the certificate is right.
        let is_ahead = now < self.not_before && now >= authority.facts().not_before;
        is_ahead.then_some("it begins in the future")
    }
}

/// What a certificate is for.
pub(super) fn names_of(certificate: &X509Certificate<'_>) -> Names {
    let mut names = Names::default();
    let extension = certificate.subject_alternative_name().ok().flatten();
    for name in extension.iter().flat_map(|extension| &extension.value.general_names) {
        match name {
            GeneralName::DNSName(name) => {
                names.dns.insert(name.to_ascii_lowercase());
            }
            GeneralName::IPAddress(bytes) => names.addresses.extend(address(bytes)),
            _ => {}
        }
    }
    names
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

impl From<rustls::pki_types::pem::Error> for TlsError {
    fn from(error: rustls::pki_types::pem::Error) -> Self {
        Self::Making(error.to_string())
    }
}
