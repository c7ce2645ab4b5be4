//! Sessions: access tokens, and families of refresh tokens.
//!
//! Rotation follows RFC 9700, 4.14.2: each refresh token is good once, and a spent one that comes
//! back ends the family. One grace: within ten seconds of the spending, while the successor was
//! not presented, it is a lost answer and not a theft. The lost pair is dead then, and nothing
//! else: an access token from before the refresh lives to its own end.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use super::super::access::{session_of, sid};
use super::super::audit::{self, Act, By};
use super::super::{Admin, App, Error, Result};
use crate::auth::{Claims, LEEWAY, RefreshToken};
use crate::domain::accounts::{Session, User};
use crate::domain::id::{SessionId, UserId};
use crate::storage::{WriteTx, accounts};

/// Life of a family without a refresh.
const FAMILY_LIFE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The longest life of a token for the command line, and thereby of any access token.
pub const TOKEN_LIFE_MAX: SignedDuration = SignedDuration::from_hours(24 * 30);
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

/// A session to be opened.
pub(super) struct Opening {
    user_id: UserId,
    /// The account's epoch when the caller proved who it is: if it is another one by now, so may
    /// be the password or the role.
    epoch: u64,
    /// To be stored in the place of the hash that the password was checked against.
    pub(super) new_hash: Option<String>,
    client: Client,
    life: SignedDuration,
    by: Means,
}

/// How a session came to be opened.
#[derive(Debug, Clone, Copy)]
enum Means {
    /// The owner signed in, by this: `password`, `code`, `new` (a fresh account).
    SignIn(&'static str),
    /// Somebody issued a token for the account; that is no sign-in.
    Token(Act),
}

impl Opening {
    /// A session like any other, opened by `password`, `code` or for a `new` account.
    pub(super) fn of(user: &User, client: Client, how: &'static str) -> Self {
        Self {
            user_id: user.id,
            epoch: user.epoch,
            new_hash: None,
            client,
            life: FAMILY_LIFE,
            by: Means::SignIn(how),
        }
    }
}

impl Means {
    /// What the audit log says about the new session.
    fn told(self, session: &Session) -> audit::Change {
        let change = audit::Change::none().with("session", session.id.value());
        match self {
            Self::SignIn(how) => {
                change.with("how", how).with("user_agent", session.user_agent.as_str())
            }
            Self::Token(_) => change,
        }
    }
}

impl App {
    /// Signs in an account that proved itself otherwise: a fresh sign-up, a setup token.
    pub async fn sign_in_new(&self, user: &User, client: Client) -> Result<SignedIn> {
        self.open_session(Opening::of(user, client, "new")).await
    }

    /// Signs in an account whose number was verified.
    pub(in crate::app) async fn sign_in_verified(
        &self,
        user: &User,
        client: Client,
    ) -> Result<SignedIn> {
        self.open_session(Opening::of(user, client, "code")).await
    }

    pub(super) async fn open_session(&self, opening: Opening) -> Result<SignedIn> {
        let (now, refresh) = (self.now(), RefreshToken::generate());
        let (family, current) = (*refresh.family().as_bytes(), *refresh.digest().as_bytes());
        let (act, action) = match opening.by {
            Means::SignIn(_) => {
                (self.act(By::user(opening.user_id, opening.client.address)), "session.sign-in")
            }
            Means::Token(act) => (act, "user.token"),
        };
        let opened = self.write(move |tx| {
            let Opening { user_id, epoch, new_hash, client, life, by } = opening;
            let mut user = accounts::user(tx, user_id)?.ok_or_else(wrong_credentials)?;
            if user.disabled || user.epoch != epoch {
                return Err(wrong_credentials());
            }
            if matches!(by, Means::SignIn(_)) {
                user.password_hash = new_hash.or(user.password_hash);
                user.last_login = Some(now);
                accounts::put_user(tx, &user)?;
            }
            let has_ended_some = make_room(tx, user.id, now)?;
            let session = Session {
                id: super::super::next(tx, "session", SessionId::new)?,
                user_id: user.id,
                family,
                current,
                spent: None,
                grace_used: false,
                generation: 1,
                min_generation: 1,
                lost_generation: None,
                epoch: user.epoch,
                revoked: false,
                created_at: now,
                last_used_at: now,
                expires_at: now.saturating_add(life).unwrap_or(Timestamp::MAX),
                user_agent: described(&client.user_agent),
                address: client.address.map(|address| address.to_string()),
            };
            accounts::put_session(tx, &session)?;
            audit::record(tx, &act, action, ("user", user.id), by.told(&session))?;
            Ok((user, session, has_ended_some))
        });
        let (user, session, has_ended_some) = opened.await?;
        if has_ended_some {
            self.tell_session_ends();
        }
        Ok(self.pair(user, &session, &refresh, now))
    }

    /// A new pair for a refresh token.
    pub async fn refresh(&self, token: &str, client: Client) -> Result<SignedIn> {
        let token = RefreshToken::parse(token).ok_or_else(bad_refresh)?;
        let (family, presented) = (token.family(), *token.digest().as_bytes());
        let (now, next) = (self.now(), token.successor());
        let act = self.act(By::anonymous(client.address));
        let current = *next.digest().as_bytes();
        let refreshed = self.write(move |tx| {
            let session = accounts::session_by_family(tx, family.as_bytes())?;
            let mut session = session.ok_or_else(bad_refresh)?;
            let user = accounts::user(tx, session.user_id)?.ok_or_else(bad_refresh)?;
            if !session.stands(&user, now) {
                return Err(bad_refresh());
            }
            let was_lost = session.current != presented;
            if !was_lost {
                rotate(&mut session, current);
                session.spent = Some((presented, now));
                session.grace_used = false;
            } else if may_have_been_lost(&session, &presented, now) {
                forget_current_generation(&mut session);
                rotate(&mut session, current);
                session.grace_used = true;
            } else {
                session.revoked = true;
                accounts::put_session(tx, &session)?;
                let change = audit::Change::none().with("session", session.id.value());
                audit::record(tx, &act, "session.reuse", ("user", user.id), change)?;
                return Ok(None);
            }
            session.epoch = user.epoch;
            session.last_used_at = now;
            session.expires_at = now.saturating_add(FAMILY_LIFE).unwrap_or(Timestamp::MAX);
            if let Some(address) = client.address {
                session.address = Some(address.to_string());
            }
            accounts::put_session(tx, &session)?;
            Ok(Some((user, session, was_lost)))
        });
        let Some((user, session, was_lost)) = refreshed.await? else {
            self.tell_session_ends();
            return Err(bad_refresh());
        };
        if was_lost {
            // The access token of the lost pair may be in use.
            self.tell_session_ends();
        }
        Ok(self.pair(user, &session, &next, now))
    }

    /// Ends the sessions of an access and a refresh token that we issued, be they expired or
    /// revoked; a refresh token counts in either place. Whether there was one.
    pub async fn sign_out(
        &self,
        access: Option<&str>,
        refresh: Option<&str>,
        from: Option<IpAddr>,
    ) -> Result<bool> {
        let by_access = access
            .and_then(|token| self.keys().verify_at_any_time(token).ok())
            .and_then(|claims| session_of(&claims));
        let by_refresh = refresh.or(access).and_then(RefreshToken::parse);
        let by_refresh = by_refresh.map(|token| token.family());
        if by_access.is_none() && by_refresh.is_none() {
            return Ok(false);
        }
        let app = self.clone();
        let ended = self.write(move |tx| {
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
                if !session.revoked {
                    let act = app.act(By::user(session.user_id, from));
                    let change = audit::Change::none().with("session", session.id.value());
                    audit::record(tx, &act, "session.sign-out", ("user", session.user_id), change)?;
                }
                session.revoked = true;
                accounts::put_session(tx, &session)?;
            }
            Ok(known)
        });
        let known = ended.await?;
        if known {
            self.tell_session_ends();
        }
        Ok(known)
    }

    /// A token for the command line, with a session of its own that ends with it. Nobody gets to
    /// know a refresh token, and it is no sign-in.
    pub async fn issue_token(
        &self,
        admin: &Admin,
        name: String,
        life: SignedDuration,
    ) -> Result<SignedIn> {
        if !(SignedDuration::from_mins(1)..=TOKEN_LIFE_MAX).contains(&life) {
            let most = TOKEN_LIFE_MAX.as_mins();
            return Err(Error::field("minutes", format!("is from 1 to {most}")));
        }
        let user = self.read(|tx| super::find(tx, &name))?;
        let user = user.ok_or_else(|| Error::not_found("user"))?;
        if user.disabled {
            return Err(Error::conflict("disabled", format!("`{}` is disabled", user.username)));
        }
        let client = Client { user_agent: "command line".to_owned(), address: None };
        let leeway = SignedDuration::try_from(LEEWAY).unwrap_or(SignedDuration::ZERO);
        let session_life = life.saturating_add(leeway);
        let opening = Opening {
            life: session_life,
            by: Means::Token(self.act(admin)),
            ..Opening::of(&user, client, "")
        };
        let signed_in = self.open_session(opening).await?;
        let claims = self.keys().verify(&signed_in.access_token, self.now());
        let claims = claims.map_err(|error| Error::Internal(error.to_string()))?;
        let life = std::time::Duration::try_from(life)
            .map_err(|error| Error::Internal(error.to_string()))?;
        let claims = Claims::new(
            claims.user_id,
            claims.session_id,
            claims.role,
            claims.epoch,
            self.now(),
            life,
        );
        let access_token = self.keys().issue(&claims).expose().to_owned();
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

pub(super) fn wrong_credentials() -> Error {
    Error::unauthenticated("wrong-credentials", "username or password is wrong")
}

fn bad_refresh() -> Error {
    Error::unauthenticated("invalid-refresh-token", "this refresh token is no good: sign in again")
}

fn rotate(session: &mut Session, current: [u8; 32]) {
    session.current = current;
    session.generation += 1;
}

/// The newest pair is dead. Of two that were lost only the later is remembered: what is older
/// than the earlier dies with it, which costs a client one refresh.
fn forget_current_generation(session: &mut Session) {
    if let Some(earlier) = session.lost_generation {
        session.min_generation = session.min_generation.max(earlier + 1);
    }
    session.lost_generation = Some(session.generation);
}

/// How a client describes itself, cut to what is kept.
fn described(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX).collect()
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

/// Makes room for one more session: ended ones go first, then the oldest. Whether one went that
/// was still good.
fn make_room(tx: &mut WriteTx<'_>, user: UserId, now: Timestamp) -> Result<bool> {
    let mut sessions = accounts::sessions_of(tx, user)?;
    let too_many = (sessions.len() + 1).saturating_sub(accounts::SESSIONS_PER_USER_MAX);
    sessions.sort_by_key(|session| (!session.is_over(now), session.id));
    for session in &sessions[..too_many] {
        accounts::delete_session(tx, session)?;
    }
    Ok(sessions[..too_many].iter().any(|session| !session.is_over(now)))
}
