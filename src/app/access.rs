//! Who sent a request: tokens and device keys become principals.

use super::{App, CartDevice, Error, Identity, Principal, Result};
use crate::auth::{Claims, DeviceKey};
use crate::domain::accounts::{Session, User};
use crate::domain::id::{SessionId, UserId};
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
    /// account and a revoked device are refused at once.
    pub async fn authenticate(&self, credential: &Credential) -> Result<Principal> {
        match credential {
            Credential::AccessToken(token) => self.account_of(token).map(Principal::User),
            Credential::DeviceKey(key) => self.device_of(key).await.map(Principal::Device),
            Credential::Ticket(ticket) => self.redeem(ticket).map(Principal::User),
        }
    }

    /// Whether the shopper's session still counts: asked again by live connections.
    pub fn is_signed_in(&self, shopper: &super::Shopper) -> bool {
        let id = shopper.0.session_id;
        let session = self.read(|tx| Ok(accounts::session(tx, id)?));
        session.is_ok_and(|session| session.is_some_and(|session| !session.revoked))
    }

    fn account_of(&self, token: &str) -> Result<Identity> {
        let claims = self.keys().verify(token, self.now()).map_err(|error| {
            Error::unauthenticated("invalid-token", format!("the access token is no good: {error}"))
        })?;
        self.read(|tx| {
            let (user, session) = live(tx, &claims)?.ok_or_else(|| {
                Error::unauthenticated("session-ended", "this session has ended: sign in again")
            })?;
            Ok(Identity { user_id: user.id, role: user.role, session_id: session.id })
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
        let is_old = device.key_hash != *digest.as_bytes();
        if is_old && device.old_key.is_none_or(|(_, until)| until <= now) {
            return Err(unknown());
        }
        if !is_old && device.old_key.is_some() {
            self.forget_old_key(device.id, device.key_hash).await?;
        }
        Ok(CartDevice { id: device.id })
    }
}

/// The account and session of a token, when both still count.
fn live(tx: &impl Reader, claims: &Claims) -> Result<Option<(User, Session)>> {
    let Some((session_id, generation)) = session_of(claims) else { return Ok(None) };
    let Ok(user_id) = UserId::new(claims.user_id) else { return Ok(None) };
    let Some(session) = accounts::session(tx, session_id)? else { return Ok(None) };
    let Some(user) = accounts::user(tx, user_id)? else { return Ok(None) };
    let counts = session.user_id == user.id
        && !session.revoked
        && generation >= session.min_generation
        && !user.disabled
        && claims.epoch == user.epoch;
    Ok(counts.then_some((user, session)))
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
