//! The keys that sign access tokens: issue and verify.
//!
//! Kept as a list, newest first: the first signs, all verify. That is what lets a key be rotated
//! with an overlap. The header's `kid` names the key; it never chooses the algorithm.

use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::digest::{from_hex, to_hex};
use super::token::{AUDIENCE, ISSUER, MAX_TOKEN_BYTES, WireClaims};
use super::{AccessToken, Claims, TokenError, digest, random_bytes};
use crate::data_dir::{DataDir, DataDirError};

/// Keys at a time; the oldest beyond are not loaded.
const MAX_KEYS: usize = 8;
const KEY_BYTES: usize = 32;

/// Signs and verifies access tokens.
pub struct SigningKeys {
    keys: Vec<SigningKey>,
    validation: Validation,
}

struct SigningKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
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
}

impl SigningKeys {
    /// A single key from the configured secret of at least 32 bytes.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeysError> {
        if secret.len() < KEY_BYTES {
            return Err(KeysError::TooShort);
        }
        let fingerprint = digest([b"cartwright kid ".as_slice(), secret].concat());
        let kid = to_hex(&fingerprint.as_bytes()[..8]);
        Ok(Self::with(vec![SigningKey::new(kid, secret)]))
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
        Self::parse(&text).ok_or(KeysError::Damaged { path })
    }

    /// Signs a token with the newest key.
    ///
    /// # Panics
    /// Never: there is a key, and HMAC takes any key and any text.
    pub fn issue(&self, claims: &Claims) -> AccessToken {
        let key = self.keys.first().expect("there is always at least one key");
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
        let text = jsonwebtoken::encode(&header, &WireClaims::from(claims), &key.encoding)
            .expect("plain claims and an HMAC key always make a token");
        AccessToken::new(text)
    }

    /// What the token says, if we issued it and its time is now.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let claims = self.verify_at_any_time(token)?;
        claims.check_time(now)?;
        Ok(claims)
    }

    /// What the token says, if we issued it, be it expired: enough to sign out with.
    pub fn verify_at_any_time(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| reason(&error))?;
        if header.alg != Algorithm::HS256 {
            return Err(TokenError::UnknownKey);
        }
        let kid = header.kid.ok_or(TokenError::UnknownKey)?;
        let key = self.keys.iter().find(|key| key.kid == kid).ok_or(TokenError::UnknownKey)?;
        jsonwebtoken::decode::<WireClaims>(token, &key.decoding, &self.validation)
            .map_err(|error| reason(&error))?
            .claims
            .try_into()
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let file: KeyFile = serde_json::from_slice(text).ok()?;
        let keys: Option<Vec<SigningKey>> = file
            .keys
            .into_iter()
            .take(MAX_KEYS)
            .map(|record| {
                let secret: [u8; KEY_BYTES] = from_hex(&record.secret_hex)?;
                Some(SigningKey::new(record.kid, &secret))
            })
            .collect();
        keys.filter(|keys| !keys.is_empty()).map(Self::with)
    }

    fn with(keys: Vec<SigningKey>) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // Time is checked against the caller's clock, see `Claims::check_time`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { keys, validation }
    }
}

impl SigningKey {
    fn new(kid: String, secret: &[u8]) -> Self {
        Self {
            kid,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.keys.iter().map(|key| key.kid.as_str()).collect();
        f.debug_struct("SigningKeys").field("kids", &kids).finish_non_exhaustive()
    }
}

fn create(dir: &DataDir, path: &Path, now: Timestamp) -> Result<Vec<u8>, KeysError> {
    let record = KeyRecord {
        kid: to_hex(&random_bytes::<8>()),
        secret_hex: to_hex(&random_bytes::<KEY_BYTES>()),
        created_at: now,
    };
    let text = serde_json::to_vec_pretty(&KeyFile { keys: vec![record] })
        .expect("a key record is plain text");
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
