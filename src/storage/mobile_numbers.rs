//! Whose a mobile number is: of one account if it is verified, and of any number of accounts into
//! which somebody else wrote it.

use std::ops::Bound;

use super::error::Error;
use super::read::Reader;
use super::tables::{USER_BY_CLAIMED_MOBILE, USER_BY_ID, USER_BY_MOBILE};
use super::write::WriteTx;
use crate::domain::accounts::{MobileNumber, User};
use crate::domain::id::UserId;

/// How many accounts an upgrade reads at a time.
const UPGRADE_PAGE: usize = 1_000;

/// The account that has shown this number to be its own.
pub fn owner(tx: &impl Reader, number: &MobileNumber) -> Result<Option<User>, Error> {
    tx.get(USER_BY_MOBILE, number)?.map_or(Ok(None), |id| super::accounts::user(tx, id))
}

/// Accounts that have this number without having shown it to be their own, at most `limit`.
pub fn claimants(
    tx: &impl Reader,
    number: &MobileNumber,
    limit: usize,
) -> Result<Vec<User>, Error> {
    let ids = tx.scan(USER_BY_CLAIMED_MOBILE, super::prefix(number), limit)?;
    let mut users = Vec::with_capacity(ids.len());
    for ((_, id), ()) in ids {
        users.extend(super::accounts::user(tx, id)?);
    }
    Ok(users)
}

/// Notes an account's number. The caller has checked that a verified one is free.
pub(super) fn index(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    let Some(number) = user.mobile() else { return Ok(()) };
    if user.mobile_verified {
        tx.put(USER_BY_MOBILE, &number, &user.id)
    } else {
        tx.put(USER_BY_CLAIMED_MOBILE, &(number, user.id), &())
    }
}

/// Forgets an account's number.
pub(super) fn unindex(tx: &mut WriteTx<'_>, user: &User) -> Result<(), Error> {
    let Some(number) = user.mobile() else { return Ok(()) };
    if user.mobile_verified {
        tx.remove(USER_BY_MOBILE, &number)?;
    } else {
        tx.remove(USER_BY_CLAIMED_MOBILE, &(number, user.id))?;
    }
    Ok(())
}

/// Brings the numbers of a file from before there was an index into the one form, those that were
/// written with their calling code. For the others the file does not know the country: they stay
/// as they are until somebody sets them again.
pub(super) fn upgrade(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let mut after: Option<UserId> = None;
    loop {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let page = tx.scan(USER_BY_ID, (start, Bound::Unbounded), UPGRADE_PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(*last);
        // One command's rows are limited, an upgrade's are not: it is taken back as a whole.
        tx.begin_command();
        for (id, mut user) in page {
            let written = user.mobile_number.as_deref().unwrap_or_default();
            let Some(number) = MobileNumber::parse_international(written) else { continue };
            user.mobile_number = Some(number.to_string());
            tx.put(USER_BY_ID, &id, &user)?;
            index(tx, &user)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::Store;
    use super::*;
    use crate::domain::accounts::Role;

    fn user(id: u64, mobile_number: &str) -> User {
        User {
            id: UserId::new(id).unwrap(),
            username: format!("user{id}").parse().unwrap(),
            email: None,
            name: None,
            mobile_number: Some(mobile_number.to_owned()),
            mobile_verified: false,
            role: Role::Customer,
            food_type_id: None,
            allergy_id: None,
            password_hash: None,
            disabled: false,
            epoch: 1,
            created_at: Timestamp::UNIX_EPOCH,
            last_login: None,
        }
    }

    #[test]
    fn an_upgrade_finds_the_numbers_of_before() {
        let store = Store::in_memory().unwrap();
        let numbers = ["+49 (0)176 04069001", "0176 04069002", "Ann's", "004917604069003"];
        store
            .write_blocking(move |tx| {
                for (id, number) in (1..).zip(numbers) {
                    let user = user(id, number);
                    tx.put(USER_BY_ID, &user.id, &user)?;
                }
                // More than an upgrade reads at a time.
                for id in 5..=2_500 {
                    let user = user(id, &format!("+49176{id:08}"));
                    tx.put(USER_BY_ID, &user.id, &user)?;
                }
                upgrade(tx)
            })
            .unwrap();
        let claims = |number: &str| {
            let number: MobileNumber = number.parse().unwrap();
            let users = store.read(|tx| claimants(tx, &number, 10)).unwrap();
            users.iter().map(|user| user.id.value()).collect::<Vec<_>>()
        };
        assert_eq!(claims("+4917604069001"), [1]);
        assert_eq!(claims("+4917604069002"), [0; 0]);
        assert_eq!(claims("+4917604069003"), [4]);
        assert_eq!(claims("+4917600002500"), [2500]);
        let texts: Vec<_> = store
            .read(|tx| tx.scan(USER_BY_ID, .., 4))
            .unwrap()
            .into_iter()
            .map(|(_, user)| user.mobile_number.unwrap())
            .collect();
        assert_eq!(texts, ["+4917604069001", "0176 04069002", "Ann's", "+4917604069003"]);
    }
}
