//! Signing in and out: access tokens, and families of refresh tokens.
//!
//! Rotation follows RFC 9700, 4.14.2: each refresh token is good once, and a spent one that comes
//! back ends the family. One grace: within ten seconds of the spending, while the successor was
//! not presented, it is a lost answer and not a theft.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::super::access::{session_of, sid};
use super::super::{App, Error, Result, Shopper};
use crate::auth::{Claims, RefreshToken, Verdict};
use crate::domain::accounts::{Email, Session, User, Username};
use crate::domain::id::{SessionId, UserId};
use crate::storage::{WriteTx, accounts};

/// Life of a family without a refresh.
const FAMILY_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// See the module's documentation.
const REUSE_GRACE: SignedDuration = SignedDuration::from_secs(10);
/// Longest description of a client that is kept, in characters.
const USER_AGENT_MAX: usize = 200;

/// Who a client is, for the list of sessions and the back-off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// `User-Agent`.
    pub user_agent: String,
    /// Where it came from.
    pub address: Option<IpAddr>,
}

/// What a client gets when it signs in.
#[derive(Clone)]
pub struct SignedIn {
    /// A short-lived token for requests.
    pub access_token: String,
    /// A token for the next pair.
    pub refresh_token: String,
    /// Seconds that the access token lives.
    pub expires_in_s: u64,
    /// Seconds that the family lives without a refresh.
    pub refresh_expires_in_s: i64,
    /// Who signed in.
    pub user: User,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("user", &self.user.username).finish_non_exhaustive()
    }
}

impl App {
    /// Signs in by username or e-mail address and password. Unknown users and wrong passwords
    /// get the same answer after the same time.
    pub async fn sign_in(&self, name: &str, password: &str, client: Client) -> Result<SignedIn> {
        let now = self.now();
        let given = name.trim().to_lowercase();
        let user = self.read(|tx| {
            Ok(match (given.parse::<Username>(), given.parse::<Email>()) {
                (Ok(name), _) => accounts::user_by_username(tx, &name)?,
                (_, Ok(email)) => accounts::user_by_email(tx, &email)?,
                _ => None,
            })
        })?;
        // Failures count by account, or an e-mail address would double the guesses.
        let account = user.as_ref().map_or(given, |user| user.username.to_string());
        self.inner.attempts.check(&account, client.address, now)?;
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let verdict = self.passwords().verify(password, stored).await?;
        // Others may have failed while this one was hashed: guessing in parallel gains nothing.
        self.inner.attempts.check(&account, client.address, self.now())?;
        let (Verdict::Right { needs_rehash }, Some(user)) = (verdict, user) else {
            self.inner.attempts.fail(&account, client.address, now);
            return Err(wrong_credentials());
        };
        self.inner.attempts.succeed(&account);
        let new_hash = if needs_rehash { self.hash(password).await.ok() } else { None };
        self.open_session(user.id, user.password_hash, new_hash, client).await
    }

    /// Signs in an account that proved itself otherwise: a fresh sign-up, a setup token.
    pub async fn sign_in_new(&self, user: &User, client: Client) -> Result<SignedIn> {
        self.open_session(user.id, user.password_hash.clone(), None, client).await
    }

    async fn open_session(
        &self,
        user_id: UserId,
        verified_hash: Option<String>,
        new_hash: Option<String>,
        client: Client,
    ) -> Result<SignedIn> {
        let (now, refresh) = (self.now(), RefreshToken::generate());
        let (family, current) = (*refresh.family().as_bytes(), *refresh.digest().as_bytes());
        let (user, session) = self
            .write(move |tx| {
                let mut user = accounts::user(tx, user_id)?.ok_or_else(wrong_credentials)?;
                if user.disabled || user.password_hash != verified_hash {
                    return Err(wrong_credentials());
                }
                user.password_hash = new_hash.or(user.password_hash);
                user.last_login = Some(now);
                accounts::put_user(tx, &user)?;
                end_oldest(tx, user.id)?;
                let session = Session {
                    id: super::super::next(tx, "session", SessionId::new)?,
                    user_id: user.id,
                    family,
                    current,
                    spent: None,
                    grace_used: false,
                    generation: 1,
                    min_generation: 1,
                    revoked: false,
                    created_at: now,
                    expires_at: now + FAMILY_LIFE,
                    user_agent: client.user_agent.chars().take(USER_AGENT_MAX).collect(),
                };
                accounts::put_session(tx, &session)?;
                Ok((user, session))
            })
            .await?;
        Ok(self.pair(user, &session, &refresh, now))
    }

    /// A new pair for a refresh token.
    pub async fn refresh(&self, token: &str) -> Result<SignedIn> {
        let token = RefreshToken::parse(token).ok_or_else(bad_refresh)?;
        let (family, presented) = (token.family(), *token.digest().as_bytes());
        let (now, next) = (self.now(), token.successor());
        let current = *next.digest().as_bytes();
        let (user, session) = self
            .write(move |tx| {
                let session = accounts::session_by_family(tx, family.as_bytes())?;
                let mut session = session.ok_or_else(bad_refresh)?;
                let user = accounts::user(tx, session.user_id)?.ok_or_else(bad_refresh)?;
                if session.revoked || session.expires_at <= now || user.disabled {
                    return Err(bad_refresh());
                }
                if session.current == presented {
                    rotate(&mut session, current, Some((presented, now)));
                    session.grace_used = false;
                } else if may_have_been_lost(&session, &presented, now) {
                    let spent = session.spent;
                    rotate(&mut session, current, spent);
                    session.grace_used = true;
                    session.min_generation = session.generation;
                } else {
                    session.revoked = true;
                    accounts::put_session(tx, &session)?;
                    return Ok(None);
                }
                session.expires_at = now + FAMILY_LIFE;
                accounts::put_session(tx, &session)?;
                Ok(Some((user, session)))
            })
            .await?
            .ok_or_else(bad_refresh)?;
        Ok(self.pair(user, &session, &next, now))
    }

    /// Ends the session of an access or refresh token that we issued, be it expired or revoked.
    /// Whether there was one.
    pub async fn sign_out(&self, access: Option<&str>, refresh: Option<&str>) -> Result<bool> {
        let by_access = access
            .and_then(|token| self.keys().verify_at_any_time(token).ok())
            .and_then(|claims| session_of(&claims));
        let by_refresh = refresh.and_then(RefreshToken::parse).map(|token| token.family());
        if by_access.is_none() && by_refresh.is_none() {
            return Ok(false);
        }
        self.write(move |tx| {
            let mut known = by_access.is_some();
            let mut ended = Vec::new();
            if let Some((id, _)) = by_access {
                ended.extend(accounts::session(tx, id)?);
            }
            if let Some(family) = by_refresh {
                let session = accounts::session_by_family(tx, family.as_bytes())?;
                known |= session.is_some();
                ended.extend(session);
            }
            for mut session in ended {
                session.revoked = true;
                accounts::put_session(tx, &session)?;
            }
            Ok(known)
        })
        .await
    }

    /// Another password; all other sessions end.
    pub async fn change_password(
        &self,
        shopper: &Shopper,
        old: &str,
        new: &str,
        address: Option<IpAddr>,
    ) -> Result<()> {
        let now = self.now();
        let user = self.own_account(shopper)?;
        let account = user.username.to_string();
        self.inner.attempts.check(&account, address, now)?;
        let verdict = self.passwords().verify(old, user.password_hash.as_deref()).await?;
        if verdict == Verdict::Wrong {
            self.inner.attempts.fail(&account, address, now);
            return Err(Error::field("old_password", "is not the current password"));
        }
        let hash = match self.hash(new).await {
            Err(Error::Invalid(fields)) => {
                let message = fields.iter().next().map_or("", |field| &field.message).to_owned();
                return Err(Error::field("new_password", message));
            }
            other => other?,
        };
        let (id, keep) = (shopper.user_id(), shopper.0.session_id);
        self.write(move |tx| {
            let mut user = accounts::user(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
            user.password_hash = Some(hash);
            accounts::put_user(tx, &user)?;
            end_all(tx, id, Some(keep))
        })
        .await
    }

    /// A token without a session of a browser, for the command line: a session of its own that
    /// ends with the token.
    pub async fn issue_token(
        &self,
        _admin: &super::super::Admin,
        name: String,
        life: SignedDuration,
    ) -> Result<SignedIn> {
        let user = self.read(|tx| super::find(tx, &name))?.filter(|user| !user.disabled);
        let user = user.ok_or_else(|| Error::not_found("user"))?;
        let client = Client { user_agent: "command line".to_owned(), address: None };
        let signed_in =
            self.open_session(user.id, user.password_hash.clone(), None, client).await?;
        let claims = self.keys().verify(&signed_in.access_token, self.now());
        let claims = claims.map_err(|error| Error::Internal(error.to_string()))?;
        let life = std::time::Duration::try_from(life)
            .map_err(|_| Error::field("minutes", "is a positive number"))?;
        let longer = Claims::new(
            claims.user_id,
            claims.session_id,
            claims.role,
            claims.epoch,
            self.now(),
            life,
        );
        let access_token = self.keys().issue(&longer).expose().to_owned();
        Ok(SignedIn { access_token, expires_in_s: life.as_secs(), ..signed_in })
    }

    fn pair(
        &self,
        user: User,
        session: &Session,
        refresh: &RefreshToken,
        now: Timestamp,
    ) -> SignedIn {
        let life = self.inner.parts.access_life;
        let claims =
            Claims::new(user.id.value(), sid(session), user.role.as_str(), user.epoch, now, life);
        SignedIn {
            access_token: self.keys().issue(&claims).expose().to_owned(),
            refresh_token: refresh.expose().to_owned(),
            expires_in_s: life.as_secs(),
            refresh_expires_in_s: FAMILY_LIFE.as_secs(),
            user,
        }
    }
}

fn wrong_credentials() -> Error {
    Error::unauthenticated("wrong-credentials", "username or password is wrong")
}

fn bad_refresh() -> Error {
    Error::unauthenticated("invalid-refresh-token", "this refresh token is no good: sign in again")
}

fn rotate(session: &mut Session, current: [u8; 32], spent: Option<([u8; 32], Timestamp)>) {
    session.current = current;
    session.spent = spent;
    session.generation += 1;
}

fn may_have_been_lost(session: &Session, presented: &[u8; 32], now: Timestamp) -> bool {
    let in_time = session
        .spent
        .is_some_and(|(hash, at)| hash == *presented && now.duration_since(at) <= REUSE_GRACE);
    in_time && !session.grace_used
}

/// Ends the sessions of an account but one.
pub(in crate::app) fn end_all(
    tx: &mut WriteTx<'_>,
    user: UserId,
    keep: Option<SessionId>,
) -> Result<()> {
    for mut session in accounts::sessions_of(tx, user)? {
        if Some(session.id) != keep && !session.revoked {
            session.revoked = true;
            accounts::put_session(tx, &session)?;
        }
    }
    Ok(())
}

/// Makes room for one more session.
fn end_oldest(tx: &mut WriteTx<'_>, user: UserId) -> Result<()> {
    let sessions = accounts::sessions_of(tx, user)?;
    for session in sessions.iter().skip(accounts::SESSIONS_PER_USER_MAX - 1) {
        accounts::delete_session(tx, session)?;
    }
    Ok(())
}
