//! Who sent a request: tokens and device keys become principals.

use std::net::IpAddr;

use jiff::Timestamp;

use super::{App, CartDevice, Error, Identity, Principal, Result};
use crate::auth::{Claims, DeviceKey};
use crate::domain::accounts::{Session, User};
use crate::domain::devices::{Device, KeyHash};
use crate::domain::id::SessionId;
use crate::storage::{Reader, accounts, devices};

/// What a request carried to prove who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// An access token.
    AccessToken(String),
    /// A device key; it begins with [`DeviceKey::PREFIX`].
    DeviceKey(String),
    /// A short-lived ticket for live connections; good once.
    Ticket(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AccessToken(_) => "AccessToken(********)",
            Self::DeviceKey(_) => "DeviceKey(********)",
            Self::Ticket(_) => "Ticket(********)",
        })
    }
}

impl App {
    /// The principal that this credential proves, as of now: a signed-out session, a disabled
    /// account and a revoked device are refused at once. `from` is where the request came from.
    pub async fn authenticate(
        &self,
        credential: &Credential,
        from: Option<IpAddr>,
    ) -> Result<Principal> {
        let identity = match credential {
            Credential::AccessToken(token) => self.account_of(token)?,
            Credential::DeviceKey(key) => return self.device_of(key).await.map(Principal::Device),
            Credential::Ticket(ticket) => self.redeem(ticket)?,
        };
        Ok(Principal::User(Identity { from, ..identity }))
    }

    /// Whether the shopper's session still counts, with the role that it began with: asked again
    /// by live connections. When in doubt, it does not.
    pub fn is_signed_in(&self, shopper: &super::Shopper) -> bool {
        let found = self.identity_now(&shopper.0);
        found.is_ok_and(|found| found.is_some_and(|it| it.role == shopper.0.role))
    }

    /// Who acts in this session now, if it still counts.
    pub(super) fn identity_now(&self, then: &Identity) -> Result<Option<Identity>> {
        let now = self.now();
        self.read(|tx| {
            let found = standing(tx, then.session_id, now)?;
            let found = found.filter(|(user, session)| {
                user.id == then.user_id && session.admits(then.generation)
            });
            Ok(found.map(|(user, _)| Identity { role: user.role, ..*then }))
        })
    }

    fn account_of(&self, token: &str) -> Result<Identity> {
        let claims = self.keys().verify(token, self.now()).map_err(|error| {
            Error::unauthenticated("invalid-token", format!("the access token is no good: {error}"))
        })?;
        let now = self.now();
        let found = session_of(&claims).map(|(session_id, generation)| {
            self.read(|tx| {
                let found = standing(tx, session_id, now)?;
                let found = found.filter(|(user, session)| {
                    claims.user_id == user.id.value()
                        && claims.epoch <= user.epoch
                        && session.admits(generation)
                });
                // With the role that the account has now.
                Ok(found.map(|(user, _)| Identity {
                    user_id: user.id,
                    role: user.role,
                    session_id,
                    generation,
                    from: None,
                }))
            })
        });
        found.transpose()?.flatten().ok_or_else(|| {
            Error::unauthenticated("session-ended", "this session has ended: sign in again")
        })
    }

    async fn device_of(&self, key: &str) -> Result<CartDevice> {
        let unknown = || {
            Error::unauthenticated("unknown-device-key", "this device key is unknown or revoked")
        };
        let digest = DeviceKey::parse(key).ok_or_else(unknown)?.digest();
        let now = self.now();
        let device = self.read(|tx| Ok(devices::by_key(tx, digest.as_bytes())?))?;
        let device = device.filter(|device| !device.revoked).ok_or_else(unknown)?;
        if !live_keys(&device, now).any(|hash| hash == digest.as_bytes()) {
            return Err(unknown());
        }
        if device.profile.needs_signature {
            let detail = "this trolley signs its requests: its key alone is refused";
            return Err(Error::unauthenticated("signature-required", detail));
        }
        self.has_used(&device, digest.as_bytes()).await
    }

    /// The trolley, now that this key of it was used.
    pub(super) async fn has_used(&self, device: &Device, key: &KeyHash) -> Result<CartDevice> {
        if device.key_hash == *key && device.old_key.is_some() {
            self.forget_old_key(device.id, device.key_hash).await?;
        }
        Ok(CartDevice { id: device.id, weight_unit: device.profile.weight_unit, key: *key })
    }
}

/// The hashes of the keys that a trolley may use now: while one is being replaced, both.
pub(super) fn live_keys(device: &Device, now: Timestamp) -> impl Iterator<Item = &KeyHash> {
    let old = device.old_key.as_ref().filter(move |(_, until)| *until > now);
    std::iter::once(&device.key_hash).chain(old.map(|(hash, _)| hash))
}

/// A session and its account, if requests may be made in it: what every credential of an account
/// comes down to, at each use.
fn standing(tx: &impl Reader, id: SessionId, now: Timestamp) -> Result<Option<(User, Session)>> {
    let Some(session) = accounts::session(tx, id)? else { return Ok(None) };
    let Some(user) = accounts::user(tx, session.user_id)? else { return Ok(None) };
    Ok(session.stands(&user, now).then_some((user, session)))
}

/// A token's `sid` names its session and the generation of the refresh token it came with, so
/// that one generation can die alone.
pub(super) fn sid(session: &Session) -> String {
    format!("{}.{}", session.id, session.generation)
}

/// See [`sid`].
pub(super) fn session_of(claims: &Claims) -> Option<(SessionId, u64)> {
    let (id, generation) = claims.session_id.split_once('.')?;
    Some((id.parse().ok()?, generation.parse().ok()?))
}
