//! Accounts: sign up, the first admin, and what admins do to them. Signing in and out is in
//! [`sessions`] and [`session_list`], what a password opens in [`passwords`].

pub(super) mod mobile_numbers;
pub mod passwords;
pub mod session_list;
pub mod sessions;

use super::audit::{self, By, shapes};
use super::once::{Once, Outcome, once};
use super::profiles::Edit;
use super::{Admin, App, Error, Result, Shopper};
use crate::auth::{HashError, NewPassword, PasswordHasher, SetupToken, SigningKeys, Turn};
use crate::domain::accounts::{Email, MobileNumber, Role, User, Username, person_name};
use crate::domain::id::UserId;
use crate::domain::invalid::FieldErrors;
use crate::storage::tables::USER_BY_ID;
use crate::storage::{Reader, WriteTx, accounts};
use jiff::Timestamp;
use std::net::IpAddr;
use std::ops::ControlFlow;

/// How many usernames are tried when one is made from an e-mail address.
const NAMES_TRIED: u32 = 1_000;

/// An account to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewAccount {
    /// Made from the e-mail address when missing.
    pub username: Option<String>,
    /// One of username and e-mail must be there.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// Their mobile number, on the admin's word.
    pub mobile_number: Option<String>,
    /// `None` makes an account that cannot sign in by password.
    pub password: Option<String>,
    /// Whether it is refused everywhere from the start.
    pub disabled: bool,
}

/// Fields of an account to set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Who it must be: usernames cannot be changed.
    pub username: Option<String>,
    /// Another e-mail address.
    pub email: Edit<String>,
    /// Another name.
    pub name: Edit<String>,
    /// Another role; ends their sessions.
    pub role: Option<Role>,
    /// Whether they are refused everywhere; ends their sessions.
    pub disabled: Option<bool>,
    /// Another password; ends their sessions.
    pub password: Option<String>,
    /// Another mobile number, on the admin's word; an empty text takes it away.
    pub mobile_number: Option<String>,
}

/// The checked form of a [`NewAccount`].
pub(super) struct Draft {
    pub(super) username: Option<Username>,
    pub(super) email: Option<Email>,
    pub(super) name: Option<String>,
    pub(super) mobile_number: Option<MobileNumber>,
    pub(super) password_hash: Option<String>,
    pub(super) role: Role,
    pub(super) disabled: bool,
}

impl App {
    pub(super) fn keys(&self) -> &SigningKeys {
        &self.inner.parts.keys
    }

    pub(super) fn passwords(&self) -> &PasswordHasher {
        &self.inner.passwords
    }

    /// Whether the shop has no admin yet.
    pub fn setup_needed(&self) -> Result<bool> {
        self.read(|tx| Ok(!has_admin(tx)?))
    }

    /// Makes the first admin, for whoever knows the setup token.
    pub async fn set_up(
        &self,
        token: &str,
        account: NewAccount,
        from: Option<IpAddr>,
    ) -> Result<User> {
        if !self.setup_needed()? {
            return Err(already_set_up());
        }
        let expected = self.inner.parts.setup_token.as_ref().map(SetupToken::digest);
        let given = SetupToken::parse(token).map(|token| token.digest());
        if expected.is_none() || given != expected {
            let refused = Error::forbidden(
                "wrong-setup-token",
                "this is not the setup token: `cartwright setup-token` shows it on the server",
            );
            self.note_failure("setup-token", None, from, &refused);
            return Err(refused);
        }
        let draft = self.draft(account, Role::Admin, Turn::InLine(from)).await?;
        let now = self.now();
        let act = self.act(By::anonymous(from));
        self.write(move |tx| {
            if has_admin(tx)? {
                return Err(already_set_up());
            }
            let user = create(tx, draft, now)?;
            record_made(tx, &act, "user.set-up", &user)?;
            Ok(user)
        })
        .await
    }

    /// A shopper makes their own account.
    pub async fn sign_up(&self, account: NewAccount, from: Option<IpAddr>) -> Result<User> {
        if account.password.is_none() {
            return Err(Error::field("password", "is required"));
        }
        let (mut draft, password) = self.unhashed(account, Role::Customer)?;
        // A hash is dear, and a taken name is told by a look. What is written looks again.
        self.read(|tx| check_free(tx, &draft))?;
        draft.password_hash = self.hash_of(password, Turn::InLine(from)).await?;
        let now = self.now();
        let act = self.act(By::anonymous(from));
        self.write(move |tx| {
            let user = create(tx, draft, now)?;
            record_made(tx, &act, "user.sign-up", &user)?;
            Ok(user)
        })
        .await
    }

    /// An admin makes an account.
    pub async fn create_user(
        &self,
        admin: &Admin,
        account: NewAccount,
        role: Role,
    ) -> Result<User> {
        match self.create_user_once(admin, account, role, None).await? {
            Outcome::Fresh(user) => Ok(user),
            Outcome::Replayed { .. } => Err(Error::Internal("replayed without a key".into())),
        }
    }

    /// The same for a client that may repeat itself.
    pub async fn create_user_once(
        &self,
        admin: &Admin,
        account: NewAccount,
        role: Role,
        request: Option<Once<User>>,
    ) -> Result<Outcome<User>> {
        let (draft, now) = (self.draft(account, role, Turn::Next).await?, self.now());
        let act = self.act(admin);
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let user = create(tx, draft, now)?;
                record_made(tx, &act, "user.create", &user)?;
                Ok(user)
            })
        })
        .await
    }

    /// Accounts by id, and how many there are.
    pub async fn users(
        &self,
        _admin: &Admin,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<User>, usize)> {
        self.scan(move |tx| {
            let total = usize::try_from(tx.len(USER_BY_ID)?).unwrap_or(usize::MAX);
            let rows = tx.scan(USER_BY_ID, .., offset.saturating_add(limit))?;
            Ok((rows.into_iter().skip(offset).map(|(_, user)| user).collect(), total))
        })
        .await
    }

    /// The account of an id or username; people may look at their own.
    pub fn user(&self, shopper: &Shopper, id_or_name: &str) -> Result<User> {
        let found = self.read(|tx| find(tx, id_or_name))?;
        let is_admin = super::Principal::User(shopper.0).admin().is_some();
        match found {
            Some(user) if is_admin || user.id == shopper.user_id() => Ok(user),
            None if is_admin => Err(Error::not_found("user")),
            _ => Err(Error::forbidden("not-yours", "only admins see other accounts")),
        }
    }

    /// The account behind a principal.
    pub fn own_account(&self, shopper: &Shopper) -> Result<User> {
        let user = self.read(|tx| Ok(accounts::user(tx, shopper.user_id())?))?;
        user.ok_or_else(|| Error::not_found("user"))
    }

    /// Changes an account.
    pub async fn update_user(
        &self,
        admin: &Admin,
        id_or_name: String,
        change: AccountChange,
    ) -> Result<User> {
        let mut errors = FieldErrors::new();
        let email = change.email.checked(|text| errors.take("email", text.parse::<Email>()));
        let name = change.name.checked(|text| errors.take("name", person_name(&text)));
        let mobile = change.mobile_number;
        let mobile =
            mobile.and_then(|text| errors.take("mobile_number", self.mobile_to_set(&text)));
        errors.into_result()?;
        let username = change.username;
        self.read(|tx| {
            let user = find(tx, &id_or_name)?.ok_or_else(|| Error::not_found("user"))?;
            check_username(&user, username.as_deref())
        })?;
        let password_hash = match change.password {
            Some(password) => Some(self.hash(&password, Turn::Next).await?),
            None => None,
        };
        let act = self.act(admin);
        let changed = self.write(move |tx| {
            let mut user = find(tx, &id_or_name)?.ok_or_else(|| Error::not_found("user"))?;
            check_username(&user, username.as_deref())?;
            let before = user.clone();
            if let Edit::Set(email) = &email {
                check_email(tx, email, Some(user.id))?;
            }
            email.apply(&mut user.email);
            name.apply(&mut user.name);
            if let Some(mobile) = mobile {
                mobile_numbers::claim(tx, &mut user, mobile)?;
            }
            user.role = change.role.unwrap_or(user.role);
            user.disabled = change.disabled.unwrap_or(user.disabled);
            user.password_hash = password_hash.or(user.password_hash);
            let ends_sessions = user.role != before.role
                || user.disabled != before.disabled
                || user.password_hash != before.password_hash;
            if before.role == Role::Admin && (user.role != Role::Admin || user.disabled) {
                check_other_admin(tx, user.id)?;
            }
            if ends_sessions {
                user.epoch += 1;
                sessions::end_all(tx, user.id, None)?;
            }
            if user != before {
                accounts::put_user(tx, &user)?;
                let mut change = audit::Change::between(shapes::user(&before), shapes::user(&user));
                if user.password_hash != before.password_hash {
                    change = change.with("password", "changed");
                }
                audit::record(tx, &act, "user.update", ("user", user.id), change)?;
            }
            Ok((user, ends_sessions))
        });
        let (user, ends_sessions) = changed.await?;
        if ends_sessions {
            self.tell_session_ends();
        }
        Ok(user)
    }

    /// Removes an account with its sessions and its cart; its orders stay.
    pub async fn delete_user(&self, admin: &Admin, id_or_name: String) -> Result<()> {
        let (act, now) = (self.act(admin), self.now());
        let deleted = self.write(move |tx| {
            let user = find(tx, &id_or_name)?.ok_or_else(|| Error::not_found("user"))?;
            let change = audit::Change::removed(shapes::user(&user));
            audit::record(tx, &act, "user.delete", ("user", user.id), change)?;
            remove(tx, &user, now)
        });
        deleted.await?;
        self.tell_session_ends();
        Ok(())
    }

    async fn draft(&self, account: NewAccount, role: Role, turn: Turn) -> Result<Draft> {
        let (mut draft, password) = self.unhashed(account, role)?;
        draft.password_hash = self.hash_of(password, turn).await?;
        Ok(draft)
    }

    /// The checked form of an account, and its password.
    fn unhashed(&self, account: NewAccount, role: Role) -> Result<(Draft, Option<NewPassword>)> {
        let mut errors = FieldErrors::new();
        if account.username.is_none() && account.email.is_none() {
            errors.push("username", "is required, unless an e-mail address is given");
        }
        let username = account.username.and_then(|text| errors.take("username", text.parse()));
        let email = account.email.and_then(|text| errors.take("email", text.parse()));
        let name = account.name.and_then(|text| errors.take("name", person_name(&text)));
        let mobile = account.mobile_number;
        let mobile =
            mobile.and_then(|text| errors.take("mobile_number", self.mobile_to_set(&text)));
        let mobile_number = mobile.flatten();
        let password = account
            .password
            .and_then(|password| errors.take("password", NewPassword::parse(&password)));
        errors.into_result()?;
        let (disabled, password_hash) = (account.disabled, None);
        Ok((
            Draft { username, email, name, mobile_number, password_hash, role, disabled },
            password,
        ))
    }

    async fn hash_of(&self, password: Option<NewPassword>, turn: Turn) -> Result<Option<String>> {
        Ok(match password {
            Some(password) => Some(self.passwords().hash(&password, turn).await?),
            None => None,
        })
    }

    pub(super) async fn hash(&self, password: &str, turn: Turn) -> Result<String> {
        let password =
            NewPassword::parse(password).map_err(|error| Error::field("password", error))?;
        Ok(self.passwords().hash(&password, turn).await?)
    }
}

fn already_set_up() -> Error {
    Error::conflict("already-set-up", "this shop has an admin already: sign in instead")
}

/// Carts, orders and people know accounts by their usernames.
fn check_username(user: &User, sent: Option<&str>) -> Result<()> {
    match sent.map(str::parse::<Username>) {
        None => Ok(()),
        Some(Ok(name)) if name == user.username => Ok(()),
        Some(_) => Err(Error::field("username", "cannot be changed")),
    }
}

/// A new account in the audit log.
fn record_made(tx: &mut WriteTx<'_>, act: &audit::Act, action: &str, user: &User) -> Result<()> {
    audit::record(tx, act, action, ("user", user.id), audit::Change::made(shapes::user(user)))
}

/// The account of an id or username.
pub(super) fn find(tx: &impl Reader, id_or_name: &str) -> Result<Option<User>> {
    if let Ok(id) = id_or_name.parse::<UserId>() {
        return Ok(accounts::user(tx, id)?);
    }
    match id_or_name.parse::<Username>() {
        Ok(name) => Ok(accounts::user_by_username(tx, &name)?),
        Err(_) => Ok(None),
    }
}

/// Removes an account with its sessions, its trolley and its cart; its orders stay.
pub(super) fn remove(tx: &mut WriteTx<'_>, user: &User, now: Timestamp) -> Result<()> {
    if user.role == Role::Admin {
        check_other_admin(tx, user.id)?;
    }
    sessions::end_all(tx, user.id, None)?;
    mobile_numbers::release(tx, user, now)?;
    Ok(accounts::delete_user(tx, user)?)
}

fn has_admin(tx: &impl Reader) -> Result<bool> {
    any_admin(tx, None)
}

/// A shop without an admin could not be helped but from its command line.
pub(super) fn check_other_admin(tx: &impl Reader, except: UserId) -> Result<()> {
    if any_admin(tx, Some(except))? {
        return Ok(());
    }
    Err(Error::conflict("last-admin", "this is the last admin: make another one first"))
}

fn any_admin(tx: &impl Reader, except: Option<UserId>) -> Result<bool> {
    let mut found = false;
    tx.for_each(USER_BY_ID, .., |id, user| {
        found = user.role == Role::Admin && !user.disabled && Some(id) != except;
        Ok::<_, crate::storage::Error>(if found {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    Ok(found)
}

pub(super) fn check_email(tx: &impl Reader, email: &Email, own: Option<UserId>) -> Result<()> {
    match accounts::user_by_email(tx, email)? {
        Some(other) if Some(other.id) != own => {
            Err(Error::conflict("email-taken", "this e-mail address has an account already"))
        }
        _ => Ok(()),
    }
}

/// Refuses what another account has already.
fn check_free(tx: &impl Reader, draft: &Draft) -> Result<()> {
    if let Some(email) = &draft.email {
        check_email(tx, email, None)?;
    }
    if let Some(number) = &draft.mobile_number {
        mobile_numbers::check_free(tx, number, None)?;
    }
    match &draft.username {
        Some(name) if accounts::user_by_username(tx, name)?.is_some() => {
            Err(Error::conflict("username-taken", format!("`{name}` is taken")))
        }
        _ => Ok(()),
    }
}

pub(super) fn create(tx: &mut WriteTx<'_>, draft: Draft, now: Timestamp) -> Result<User> {
    check_free(tx, &draft)?;
    let username = match (draft.username, &draft.email) {
        (Some(name), _) => name,
        (None, Some(email)) => free_username(tx, email)?,
        (None, None) => return Err(Error::field("username", "is required")),
    };
    let user = User {
        id: super::next(tx, "user", UserId::new)?,
        username,
        email: draft.email,
        name: draft.name,
        mobile_number: draft.mobile_number.map(|number| number.to_string()),
        mobile_verified: false,
        role: draft.role,
        food_type_id: None,
        allergy_id: None,
        password_hash: draft.password_hash,
        disabled: draft.disabled,
        epoch: 1,
        created_at: now,
        last_login: None,
    };
    accounts::put_user(tx, &user)?;
    Ok(user)
}

fn free_username(tx: &impl Reader, email: &Email) -> Result<Username> {
    for suffix in 0..NAMES_TRIED {
        let name = Username::from_email(email, suffix);
        if accounts::user_by_username(tx, &name)?.is_none() {
            return Ok(name);
        }
    }
    Err(Error::conflict(
        "username-taken",
        "choose a username: those made from the e-mail are taken",
    ))
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::unavailable("busy", error),
            HashError::UnknownHash(_) | HashError::Failed => Self::Internal(error.to_string()),
        }
    }
}
