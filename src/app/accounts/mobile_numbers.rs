//! Whose account a mobile number opens.
//!
//! A number is *verified* when a code that was sent to it came back, and *claimed* when an admin
//! or an imported file wrote it into an account. Nobody can claim a number for themselves, yet a
//! file from an older system may hold what its users typed: somebody may have made an account
//! there with the number of a person who had none, keep its password and its sessions, and wait
//! for that person to come (the account pre-hijacking of Sudhodanan and Paverd, 2022). So:
//!
//! - The first code that comes back opens the account that claims the number, if exactly one does
//!   and it is a customer's, and takes away whatever else opens it: its sessions, its tokens, its
//!   password, the trolley it is paired with, and what is in its cart and on its shopping list.
//!   Its name, its e-mail address (which opens nothing without a password) and its orders stay.
//! - Whoever is signed in and verifies the number from there has shown both, and keeps the
//!   password; the account's other sessions end.
//! - A number that any other account has, verified or claimed, is not given to the one that is
//!   signed in: sign in by the number instead, and the other account is theirs.
//! - Staff and admins are never opened by a number; signed in, they may verify theirs.

use jiff::Timestamp;

use super::super::devices::end_session;
use super::super::{App, Error, Result, Shopper};
use super::{Draft, create, sessions};
use crate::domain::accounts::{InvalidMobileNumber, MobileNumber, Role, User, Username};
use crate::storage::mobile_numbers::{claimants, owner};
use crate::storage::{Reader, WriteTx, accounts, carts, checklists, devices};

/// How many claims of one number are looked at: more than one is as good as none.
const CLAIMS_READ_MAX: usize = 2;

impl App {
    /// The number as somebody wrote it, with the store's country.
    pub(in crate::app) fn mobile_number(
        &self,
        text: &str,
    ) -> std::result::Result<MobileNumber, InvalidMobileNumber> {
        MobileNumber::parse(text, self.settings().country)
    }

    /// The number that an admin sets; an empty text is none.
    pub(super) fn mobile_to_set(
        &self,
        text: &str,
    ) -> std::result::Result<Option<MobileNumber>, InvalidMobileNumber> {
        if text.trim().is_empty() { Ok(None) } else { self.mobile_number(text).map(Some) }
    }
}

/// Refuses a number that another account has shown to be its own.
pub(in crate::app) fn check_free(
    tx: &impl Reader,
    number: &MobileNumber,
    own: Option<&User>,
) -> Result<()> {
    match owner(tx, number)? {
        Some(other) if own.is_none_or(|own| own.id != other.id) => Err(taken()),
        _ => Ok(()),
    }
}

/// Writes a number into an account on an admin's word: it is not verified.
pub(in crate::app) fn claim(
    tx: &impl Reader,
    user: &mut User,
    number: Option<MobileNumber>,
) -> Result<()> {
    if user.mobile() == number && number.is_some() {
        return Ok(());
    }
    if let Some(number) = &number {
        check_free(tx, number, Some(user))?;
    }
    user.mobile_number = number.map(|number| number.to_string());
    user.mobile_verified = false;
    Ok(())
}

/// Gives a verified number to the account that is signed in; its other sessions end.
pub(in crate::app) fn attach(
    tx: &mut WriteTx<'_>,
    shopper: &Shopper,
    number: &MobileNumber,
) -> Result<User> {
    let session = accounts::session(tx, shopper.0.session_id)?;
    let user = accounts::user(tx, shopper.user_id())?;
    let (Some(session), Some(mut user)) = (session, user) else { return Err(ended()) };
    if session.revoked || user.disabled {
        return Err(ended());
    }
    let claims = claimants(tx, number, CLAIMS_READ_MAX)?;
    if claims.iter().any(|other| other.id != user.id) {
        return Err(taken());
    }
    check_free(tx, number, Some(&user))?;
    if user.verified_mobile().as_ref() == Some(number) {
        return Ok(user);
    }
    user.mobile_number = Some(number.to_string());
    user.mobile_verified = true;
    sessions::end_all(tx, user.id, Some(session.id))?;
    accounts::put_user(tx, &user)?;
    Ok(user)
}

/// The customer whom a verified number signs in; one is made if nobody has the number. `names`
/// are random usernames, of which the first free one is taken.
pub(in crate::app) fn open(
    tx: &mut WriteTx<'_>,
    number: &MobileNumber,
    names: Vec<Username>,
    now: Timestamp,
) -> Result<User> {
    if let Some(user) = owner(tx, number)? {
        check_may_open(&user)?;
        return Ok(user);
    }
    let mut claims = claimants(tx, number, CLAIMS_READ_MAX)?;
    for claimant in &claims {
        if claimant.role != Role::Customer {
            check_may_open(claimant)?;
        }
    }
    let mut user = match (claims.pop(), claims.is_empty()) {
        (Some(mut user), true) => {
            check_may_open(&user)?;
            purge(tx, &mut user, now)?;
            user
        }
        _ => make(tx, number, names, now)?,
    };
    user.mobile_number = Some(number.to_string());
    user.mobile_verified = true;
    accounts::put_user(tx, &user)?;
    Ok(user)
}

fn check_may_open(user: &User) -> Result<()> {
    if user.role != Role::Customer {
        return Err(customers_only());
    }
    if user.disabled {
        return Err(Error::unauthenticated("account-disabled", "this account is disabled"));
    }
    Ok(())
}

/// Takes away what opens the account, apart from its number. The caller writes it.
fn purge(tx: &mut WriteTx<'_>, user: &mut User, now: Timestamp) -> Result<()> {
    user.password_hash = None;
    user.epoch += 1;
    sessions::end_all(tx, user.id, None)?;
    release(tx, user, now)
}

/// Gives back the trolley and empties cart and shopping list.
pub(super) fn release(tx: &mut WriteTx<'_>, user: &User, now: Timestamp) -> Result<()> {
    if let Some(mut device) = devices::of_user(tx, user.id)? {
        device.user_id = None;
        device.last_checkout = None;
        end_session(tx, &mut device, now)?;
        devices::put(tx, &device)?;
    }
    if let Some(cart) = carts::of_user(tx, user.id)? {
        carts::delete(tx, &cart)?;
    }
    Ok(checklists::delete(tx, user.id)?)
}

fn make(
    tx: &mut WriteTx<'_>,
    number: &MobileNumber,
    names: Vec<Username>,
    now: Timestamp,
) -> Result<User> {
    for name in names {
        if accounts::user_by_username(tx, &name)?.is_none() {
            let draft = Draft {
                username: Some(name),
                email: None,
                name: None,
                mobile_number: Some(number.clone()),
                password_hash: None,
                role: Role::Customer,
                disabled: false,
            };
            return create(tx, draft, now);
        }
    }
    Err(Error::unavailable("busy", "no free username was found: try again"))
}

/// A staff member's or an admin's account.
fn customers_only() -> Error {
    Error::forbidden(
        "customers-only",
        "codes sign in customers only: sign in with the account's password",
    )
}

fn taken() -> Error {
    Error::conflict(
        "number-taken",
        "this mobile number belongs to another account: sign in by the number to use that one",
    )
}

fn ended() -> Error {
    Error::unauthenticated("session-ended", "this session has ended: sign in again")
}
