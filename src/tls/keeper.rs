//! Which certificate is presented now, and its change under open connections.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use super::authority::{Authority, AuthorityFacts};
use super::leaf::Leaf;
use super::names::Names;
use super::own::{OwnCertificate, OwnFiles, Stamp};
use super::surroundings::Surroundings;
use super::{CLOCK_FLOOR_S, Result, provider, timestamp};
use crate::data_dir::DataDir;

/// How often the same warning is given.
const WARNING_PERIOD: SignedDuration = SignedDuration::from_hours(24);
/// From when on the log says that the authority itself will end, in hours: a year.
const AUTHORITY_SOON: SignedDuration = SignedDuration::from_hours(365 * 24);
/// The only protocol inside: hyper speaks HTTP/1.1 here, and devices know nothing else.
const ALPN: &[u8] = b"http/1.1";

/// What the owner decided about certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Further names and addresses for the local authority's certificates.
    pub extra_names: Vec<String>,
    /// The owner's certificate chain.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

/// What clients are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// What the certificate is for.
    pub names: Names,
    /// Until when it counts.
    pub not_after: Timestamp,
    /// The local authority; `None` for the owner's own certificate.
    pub authority: Option<AuthorityFacts>,
}

/// Presents a certificate and keeps it good.
#[derive(Debug)]
pub struct Keeper {
    dir: DataDir,
    extra_names: Vec<String>,
    served: Arc<Served>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    origin: Origin,
    presented: Presented,
    /// The last warning and when it was given.
    warned: Option<(String, Timestamp)>,
}

enum Origin {
    Local { authority: Box<Authority>, leaf: Leaf },
    Own { files: OwnFiles, stamp: Stamp, certificate: OwnCertificate },
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local { authority, .. } => authority.fmt(f),
            Self::Own { files, .. } => files.fmt(f),
        }
    }
}

/// What every handshake asks for.
#[derive(Debug)]
struct Served(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Keeper {
    /// Has a certificate ready: the owner's, else one of the local authority, each made or
    /// renewed now if need be.
    pub fn open(
        dir: &DataDir,
        choice: Choice,
        surroundings: &Surroundings,
        now: Timestamp,
    ) -> Result<Self> {
        let files = OwnFiles::of(choice.cert.as_deref(), choice.key.as_deref())?;
        let (origin, presented, key) = if let Some(files) = files {
            let stamp = files.stamp();
            let certificate = files.load(now)?;
            let (presented, key) = (of_own(&certificate), certificate.key.clone());
            (Origin::Own { files, stamp, certificate }, presented, key)
        } else {
            let names = Names::of(surroundings, &choice.extra_names);
            let host = surroundings.host.as_deref();
            let authority = Box::new(Authority::load_or_create(dir, host, &names, now)?);
            let leaf = current_leaf(dir, &authority, &names, now)?;
            let (presented, key) = (of_local(&authority, &leaf), leaf.key.clone());
            (Origin::Local { authority, leaf }, presented, key)
        };
        let served = Arc::new(Served(RwLock::new(Arc::new(key))));
        let state = Mutex::new(State { origin, presented, warned: None });
        let keeper = Self { dir: dir.clone(), extra_names: choice.extra_names, served, state };
        keeper.refresh(surroundings, now)?;
        Ok(keeper)
    }

    /// Takes the server's side of handshakes. TLS 1.2 and 1.3.
    pub fn acceptor(&self) -> Result<TlsAcceptor> {
        let resolver: Arc<Served> = Arc::clone(&self.served);
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![ALPN.to_vec()];
        // Sessions go on in tickets that clients keep, so that none take memory here.
        config.ticketer = Ticketer::new()?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// What is presented now.
    pub fn presented(&self) -> Presented {
        self.lock().presented.clone()
    }

    /// Looks whether what is presented is still good, and presents another one if not. Returns
    /// whether that changed. On an error everything stays as it was.
    pub fn refresh(&self, surroundings: &Surroundings, now: Timestamp) -> Result<bool> {
        let mut state = self.lock();
        let (changed, warnings) = match &mut state.origin {
            Origin::Local { authority, leaf } => {
                let names = Names::of(surroundings, &self.extra_names);
                let (_, outside) = authority.split(&names);
                let renewed = renew(&self.dir, authority, leaf, &names, now)?;
                let changed = renewed.map(|new| {
                    *leaf = new;
                    (of_local(authority, leaf), leaf.key.clone())
                });
                (changed, local_warnings(authority, &outside, now))
            }
            Origin::Own { files, stamp, certificate } => {
                let seen = files.stamp();
                let mut changed = None;
                if seen != *stamp {
                    // Noted first: files that are no good are reported once, not every time.
                    *stamp = seen;
                    *certificate = files.load(now)?;
                    tracing::info!(file = %files.cert.display(), "took the changed certificate");
                    changed = Some((of_own(certificate), certificate.key.clone()));
                }
                let file = files.cert.display();
                let warning =
                    certificate.warning(now).map(|it| format!("certificate {file}: {it}"));
                (changed, warning.into_iter().collect())
            }
        };
        state.warn(warnings.join("; "), now);
        let Some((presented, key)) = changed else { return Ok(false) };
        *self.served.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
        state.presented = presented;
        Ok(true)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Says it, unless it was said lately.
    fn warn(&mut self, warning: String, now: Timestamp) {
        let is_news = self.warned.as_ref().is_none_or(|(last, at)| {
            *last != warning || now.duration_since(*at).abs() >= WARNING_PERIOD
        });
        if !warning.is_empty() && is_news {
            tracing::warn!("{warning}");
            self.warned = Some((warning, now));
        } else if warning.is_empty() {
            self.warned = None;
        }
    }
}

/// The certificate in the directory, or a new one where it is missing, damaged or due.
fn current_leaf(
    dir: &DataDir,
    authority: &Authority,
    names: &Names,
    now: Timestamp,
) -> Result<Leaf> {
    let path = dir.https_leaf();
    let kept = if path.exists() { Leaf::parse(&super::read(&path)?, authority) } else { None };
    match kept {
        Some(leaf) => Ok(renew(dir, authority, &leaf, names, now)?.unwrap_or(leaf)),
        None => make(dir, authority, &authority.split(names).0, now),
    }
}

/// Another certificate, if this one is due.
fn renew(
    dir: &DataDir,
    authority: &Authority,
    leaf: &Leaf,
    names: &Names,
    now: Timestamp,
) -> Result<Option<Leaf>> {
    let (names, _) = authority.split(names);
    let Some(reason) = leaf.is_due(authority, &names, now) else { return Ok(None) };
    let new = make(dir, authority, &names, now)?;
    tracing::info!(%reason, %names, until = %new.not_after, "renewed the certificate for HTTPS");
    Ok(Some(new))
}

fn make(dir: &DataDir, authority: &Authority, names: &Names, now: Timestamp) -> Result<Leaf> {
    let text = Leaf::issue(authority, names, now)?;
    dir.write_private(&dir.https_leaf(), text.as_bytes())?;
    let leaf = Leaf::parse(text.as_bytes(), authority);
    leaf.ok_or_else(|| super::unusable(&dir.https_leaf(), "it cannot be read back"))
}

fn of_local(authority: &Authority, leaf: &Leaf) -> Presented {
    let authority = Some(authority.facts().clone());
    Presented { names: leaf.names.clone(), not_after: leaf.not_after, authority }
}

fn of_own(certificate: &OwnCertificate) -> Presented {
    let names = certificate.names.clone();
    Presented { names, not_after: certificate.not_after, authority: None }
}

/// What the owner should know about the local authority.
fn local_warnings(authority: &Authority, outside: &Names, now: Timestamp) -> Vec<String> {
    let facts = authority.facts();
    let mut warnings = Vec::new();
    if *outside != Names::default() {
        warnings.push(format!(
            "the local authority may not vouch for {outside}, so the certificate leaves it out; \
             for a certificate of your own set https_cert and https_key; or stop the server, \
             delete keys/ca.key and keys/ca.pem and start it: the new authority may, and every \
             device must trust it anew"
        ));
    }
    if now < timestamp(CLOCK_FLOOR_S) || now < facts.not_before {
        warnings.push(format!(
            "this machine's clock shows {now}, which is too early: certificates are dated from {} \
             on until it is set; if it is right, the authority was made while it was ahead: \
             stop the server, delete keys/ca.key and keys/ca.pem and start it",
            facts.not_before
        ));
    } else if facts.not_after.duration_since(now) < AUTHORITY_SOON {
        warnings.push(format!(
            "the local authority ends on {}: when it suits you, stop the server, delete \
             keys/ca.key and keys/ca.pem and start it; every device must trust the new one",
            facts.not_after.strftime("%Y-%m-%d")
        ));
    }
    warnings
}
