//! Access tokens: short-lived HS256 JWTs (RFC 7519).
//!
//! A token says who signed in, in which session and under which epoch; whether that session and
//! epoch still stand is for `app` to look up. One algorithm, one issuer, one audience, every
//! claim required and of one type: there is nothing for a forger to choose.
//!
//! `jsonwebtoken` would compare `exp` and `nbf` with the machine's clock; its time checks are
//! off and done here against the time that the caller passes, with the same leeway.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::random_id;

/// Difference between clocks that is forgiven, before and after a token's life.
pub const LEEWAY: Duration = Duration::from_secs(30);
/// Longest token that is looked at, in bytes. Ours are about 400.
pub(super) const MAX_TOKEN_BYTES: usize = 2048;

pub(super) const ISSUER: &str = "cartwright";
pub(super) const AUDIENCE: &str = "cartwright-api";

/// What a token says about its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The user (`sub`).
    pub user_id: u64,
    /// The session, or token family (`sid`).
    pub session_id: String,
    /// This token (`jti`).
    pub token_id: String,
    /// The user's role when the token was issued.
    pub role: String,
    /// The user's session epoch when the token was issued; a changed password or role raises it
    /// and thereby ends the token.
    pub epoch: u64,
    /// When it was issued (`iat`, and `nbf`), to the second.
    pub issued_at: Timestamp,
    /// When it ends (`exp`), to the second.
    pub expires_at: Timestamp,
}

/// An encoded token, for the client.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Longer than any token of ours.
    #[error("the token is too long")]
    TooLong,
    /// No JWT, or one with missing claims or claims of a wrong type, or for somebody else.
    #[error("the token is malformed")]
    Malformed,
    /// Signed by an unknown or retired key, or by another algorithm than HS256.
    #[error("the token was signed by an unknown key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
}

/// The claims as they stand in the JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct WireClaims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    sid: String,
    role: String,
    epoch: u64,
}

impl Claims {
    /// The claims of a new token that lives from `now` for `life`, with a fresh `jti`.
    pub fn new(
        user_id: u64,
        session_id: impl Into<String>,
        role: impl Into<String>,
        epoch: u64,
        now: Timestamp,
        life: Duration,
    ) -> Self {
        let issued_at = whole_second(now);
        let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::ZERO);
        Self {
            user_id,
            session_id: session_id.into(),
            token_id: random_id(),
            role: role.into(),
            epoch,
            issued_at,
            expires_at: issued_at.saturating_add(life).unwrap_or(issued_at),
        }
    }

    /// Checks the time of day against the token's life.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), TokenError> {
        let leeway = SignedDuration::try_from(LEEWAY).unwrap_or(SignedDuration::ZERO);
        if now.duration_since(self.expires_at) >= leeway {
            return Err(TokenError::Expired);
        }
        if self.issued_at.duration_since(now) > leeway {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }
}

impl From<&Claims> for WireClaims {
    fn from(claims: &Claims) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.user_id.to_string(),
            exp: claims.expires_at.as_second(),
            nbf: claims.issued_at.as_second(),
            iat: claims.issued_at.as_second(),
            jti: claims.token_id.clone(),
            sid: claims.session_id.clone(),
            role: claims.role.clone(),
            epoch: claims.epoch,
        }
    }
}

impl TryFrom<WireClaims> for Claims {
    type Error = TokenError;

    fn try_from(wire: WireClaims) -> Result<Self, TokenError> {
        let user_id: u64 = wire.sub.parse().map_err(|_| TokenError::Malformed)?;
        let second = |s| Timestamp::from_second(s).map_err(|_| TokenError::Malformed);
        let is_ours = wire.iss == ISSUER
            && wire.aud == AUDIENCE
            && wire.sub == user_id.to_string()
            && wire.iat == wire.nbf
            && !wire.jti.is_empty()
            && !wire.sid.is_empty()
            && !wire.role.is_empty();
        if !is_ours {
            return Err(TokenError::Malformed);
        }
        Ok(Self {
            user_id,
            session_id: wire.sid,
            token_id: wire.jti,
            role: wire.role,
            epoch: wire.epoch,
            issued_at: second(wire.nbf)?,
            expires_at: second(wire.exp)?,
        })
    }
}

impl AccessToken {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(********)")
    }
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
