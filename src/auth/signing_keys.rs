//! The keys that sign access tokens: issue and verify.
//!
//! Kept as a list, newest first: the first signs, all verify that have not retired. That is what
//! lets a key be rotated with an overlap. A retired key still tells that a token was ours, which
//! is enough to sign out with; one that was dropped tells nothing. The header's `kid` names the
//! key; it never chooses the algorithm.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::{fmt, fs, io};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::digest::{from_hex, to_hex};
use super::token::{AUDIENCE, ISSUER, MAX_TOKEN_BYTES, WireClaims};
use super::{AccessToken, Claims, Digest, TokenError, digest, random_bytes};
use crate::data_dir::{DataDir, DataDirError};

/// Keys at a time; the oldest beyond are forgotten.
const MAX_KEYS: usize = 32;
const KEY_BYTES: usize = 32;

/// Signs and verifies access tokens. The keys can be exchanged while it is in use.
pub struct SigningKeys {
    /// Newest first, never empty.
    keys: RwLock<Arc<[SigningKey]>>,
    validation: Validation,
    /// Whether the key was configured; else keys are in the directory.
    is_configured: bool,
    /// One rotation at a time.
    rotation: Mutex<()>,
}

struct SigningKey {
    summary: KeySummary,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// What may be told about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeySummary {
    /// What tokens name it by.
    pub kid: String,
    /// When it was made; a configured key has no such time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// From when on its tokens do not count; the newest key has no such time.
    pub retires_at: Option<Timestamp>,
}

/// Why there are no keys.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The key file could not be read or written.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The key file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key file is not what we wrote.
    #[error(
        "{} is damaged: restore it from a backup, or delete it to end all sessions and start anew",
        path.display()
    )]
    Damaged {
        /// The key file.
        path: PathBuf,
    },
    /// The configured secret is too short.
    #[error("the token secret must have at least {KEY_BYTES} bytes")]
    TooShort,
    /// Only keys in the directory can be rotated.
    #[error(
        "the signing key comes from JWT_SECRET_KEY or JWT_SECRET_KEY_FILE: put another value there \
         and restart; tokens of the old one end then, and clients refresh"
    )]
    Configured,
}

/// The key file, newest key first.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    keys: Vec<KeyRecord>,
}

#[derive(Serialize, Deserialize)]
struct KeyRecord {
    kid: String,
    secret_hex: String,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retires_at: Option<Timestamp>,
}

impl SigningKeys {
    /// A single key from the configured secret of at least 32 bytes.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeysError> {
        if secret.len() < KEY_BYTES {
            return Err(KeysError::TooShort);
        }
        let fingerprint = digest([b"cartwright kid ".as_slice(), secret].concat());
        let kid = to_hex(&fingerprint.as_bytes()[..8]);
        let summary = KeySummary { kid, created_at: None, retires_at: None };
        Ok(Self::with(vec![SigningKey::new(summary, secret)].into(), true))
    }

    /// The keys of the data directory; the first call makes one.
    pub fn load_or_create(dir: &DataDir, now: Timestamp) -> Result<Self, KeysError> {
        let path = dir.token_keys();
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(dir, &path, now)?,
            other => {
                other.map_err(|source| KeysError::Unreadable { path: path.clone(), source })?
            }
        };
        let keys = KeyFile::parse(&text).and_then(|file| file.keys());
        Ok(Self::with(keys.ok_or(KeysError::Damaged { path })?, false))
    }

    /// Makes a new key that signs from now on, in the directory and in use at once. The keys
    /// before go on verifying for `overlap`; without one they are dropped. All keys, newest first.
    ///
    /// Blocks while the file is written.
    pub fn rotate(
        &self,
        dir: &DataDir,
        now: Timestamp,
        overlap: Option<SignedDuration>,
    ) -> Result<Vec<KeySummary>, KeysError> {
        if self.is_configured {
            return Err(KeysError::Configured);
        }
        let _alone = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        let path = dir.token_keys();
        let text = fs::read(&path)
            .map_err(|source| KeysError::Unreadable { path: path.clone(), source })?;
        let damaged = || KeysError::Damaged { path: path.clone() };
        let mut file = KeyFile::parse(&text).ok_or_else(damaged)?;
        match overlap {
            Some(overlap) => {
                let end = now.saturating_add(overlap).unwrap_or(Timestamp::MAX);
                for key in &mut file.keys {
                    key.retires_at = Some(key.retires_at.map_or(end, |earlier| earlier.min(end)));
                }
            }
            None => file.keys.clear(),
        }
        file.keys.insert(0, KeyRecord::generate(now));
        file.keys.truncate(MAX_KEYS);
        let keys = file.keys().ok_or_else(damaged)?;
        dir.write_private(&path, &file.to_json())?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(self.list())
    }

    /// All keys, newest first.
    pub fn list(&self) -> Vec<KeySummary> {
        self.current().iter().map(|key| key.summary.clone()).collect()
    }

    fn current(&self) -> Arc<[SigningKey]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs a token with the newest key.
    ///
    /// # Panics
    /// Never: there is a key, and HMAC takes any key and any text.
    pub fn issue(&self, claims: &Claims) -> AccessToken {
        let keys = self.current();
        let key = keys.first().expect("there is always at least one key");
        let header = Header { kid: Some(key.summary.kid.clone()), ..Header::new(Algorithm::HS256) };
        let text = jsonwebtoken::encode(&header, &WireClaims::from(claims), &key.encoding)
            .expect("plain claims and an HMAC key always make a token");
        AccessToken::new(text)
    }

    /// What the token says, if we issued it and its time is now.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let (claims, retires_at) = self.read(token)?;
        if retires_at.is_some_and(|at| at <= now) {
            return Err(TokenError::UnknownKey);
        }
        claims.check_time(now)?;
        Ok(claims)
    }

    /// What the token says, if we issued it, be it expired: enough to sign out with.
    pub fn verify_at_any_time(&self, token: &str) -> Result<Claims, TokenError> {
        self.read(token).map(|(claims, _)| claims)
    }

    /// The claims, and when the key that signed them retires.
    fn read(&self, token: &str) -> Result<(Claims, Option<Timestamp>), TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| reason(&error))?;
        if header.alg != Algorithm::HS256 {
            return Err(TokenError::UnknownKey);
        }
        let kid = header.kid.ok_or(TokenError::UnknownKey)?;
        let keys = self.current();
        let key = keys.iter().find(|key| key.summary.kid == kid).ok_or(TokenError::UnknownKey)?;
        let wire = jsonwebtoken::decode::<WireClaims>(token, &key.decoding, &self.validation)
            .map_err(|error| reason(&error))?;
        Ok((wire.claims.try_into()?, key.summary.retires_at))
    }

    /// HMAC-SHA-256 under the newest key, for secrets too short for a bare hash. The text begins
    /// with its purpose and holds a zero byte, so that it is never what a token signs.
    ///
    /// # Panics
    /// Never: HMAC takes any text.
    pub(super) fn seal(&self, text: &str) -> Digest {
        let keys = self.current();
        let key = keys.first().expect("there is always at least one key");
        let mac = jsonwebtoken::crypto::sign(text.as_bytes(), &key.encoding, Algorithm::HS256)
            .expect("an HMAC key signs any text");
        let bytes = URL_SAFE_NO_PAD.decode(mac).expect("a signature is base64url");
        Digest::from_bytes(bytes.try_into().expect("SHA-256 has 32 bytes"))
    }

    fn with(keys: Arc<[SigningKey]>, is_configured: bool) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // Time is checked against the caller's clock, see `Claims::check_time`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { keys: RwLock::new(keys), validation, is_configured, rotation: Mutex::new(()) }
    }
}

impl SigningKey {
    fn new(summary: KeySummary, secret: &[u8]) -> Self {
        Self {
            summary,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }
}

impl KeyFile {
    fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a key record is plain text")
    }

    /// The keys; `None` when there are none, or one is damaged.
    fn keys(&self) -> Option<Arc<[SigningKey]>> {
        let keys: Option<Vec<SigningKey>> =
            self.keys.iter().take(MAX_KEYS).map(KeyRecord::key).collect();
        keys.filter(|keys| !keys.is_empty()).map(Arc::from)
    }
}

impl KeyRecord {
    fn generate(now: Timestamp) -> Self {
        Self {
            kid: to_hex(&random_bytes::<8>()),
            secret_hex: to_hex(&random_bytes::<KEY_BYTES>()),
            created_at: now,
            retires_at: None,
        }
    }

    fn key(&self) -> Option<SigningKey> {
        let secret: [u8; KEY_BYTES] = from_hex(&self.secret_hex)?;
        let (created_at, retires_at) = (Some(self.created_at), self.retires_at);
        let summary = KeySummary { kid: self.kid.clone(), created_at, retires_at };
        Some(SigningKey::new(summary, &secret))
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("keys", &self.list()).finish_non_exhaustive()
    }
}

fn create(dir: &DataDir, path: &Path, now: Timestamp) -> Result<Vec<u8>, KeysError> {
    let text = KeyFile { keys: vec![KeyRecord::generate(now)] }.to_json();
    dir.create_private(path, &text)?;
    Ok(text)
}

fn reason(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::BadSignature,
        ErrorKind::InvalidAlgorithm => TokenError::UnknownKey,
        _ => TokenError::Malformed,
    }
}

#[cfg(test)]
mod tests;
