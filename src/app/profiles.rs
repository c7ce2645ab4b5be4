//! A shopper's own account: what to call them, what they eat, and leaving for good.

use super::accounts::{check_email, remove};
use super::audit::{self, shapes};
use super::{App, Error, Result, Shopper};
use crate::domain::accounts::{Email, Role, User, person_name};
use crate::domain::classes::ClassKind;
use crate::domain::invalid::FieldErrors;
use crate::storage::{Reader, accounts, classes};

/// What happens to a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes empty.
    Clear,
    /// It gets this value.
    Set(T),
}

/// Fields of a profile to set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What they are called; never empty again.
    pub name: Option<String>,
    /// Another e-mail address.
    pub email: Edit<String>,
    /// The number that they think is theirs: it must be. Only a code changes it.
    pub mobile_number: Option<String>,
    /// What they eat.
    pub food_type_id: Edit<u64>,
    /// What they must not eat.
    pub allergy_id: Edit<u64>,
}

impl<T> Edit<T> {
    /// The edit with its value checked; one that `check` has refused changes nothing.
    pub(super) fn checked<U>(self, check: impl FnOnce(T) -> Option<U>) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => check(value).map_or(Edit::Keep, Edit::Set),
        }
    }

    pub(super) fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }
}

impl App {
    /// Changes the caller's own account. Nothing is found or joined by the e-mail address: one
    /// that another account has is refused.
    pub async fn change_profile(&self, shopper: &Shopper, change: ProfileChange) -> Result<User> {
        let mut errors = FieldErrors::new();
        let name = change.name.and_then(|text| errors.take("name", person_name(&text)));
        let email = change.email.checked(|text| errors.take("email", text.parse::<Email>()));
        let mobile = change.mobile_number;
        let mobile =
            mobile.and_then(|text| errors.take("mobile_number", self.mobile_number(&text)));
        errors.into_result()?;
        let (food_type_id, allergy_id) = (change.food_type_id, change.allergy_id);
        if matches!((&food_type_id, &allergy_id), (Edit::Set(_), _) | (_, Edit::Set(_))) {
            // Gives the fixed ones their numbers in a shop where nobody asked for them yet.
            self.classes().await?;
        }
        let (id, act) = (shopper.user_id(), self.act(shopper));
        self.write(move |tx| {
            let mut user = accounts::user(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
            let before = user.clone();
            if mobile.is_some() && mobile != user.verified_mobile() {
                return Err(Error::field("mobile_number", NOT_VERIFIED));
            }
            if let Edit::Set(email) = &email {
                check_email(tx, email, Some(id))?;
            }
            check_class(tx, "user_foodtype_id", ClassKind::FoodType, &food_type_id)?;
            check_class(tx, "user_allergy_id", ClassKind::Allergen, &allergy_id)?;
            user.name = name.or(user.name);
            email.apply(&mut user.email);
            food_type_id.apply(&mut user.food_type_id);
            allergy_id.apply(&mut user.allergy_id);
            if user != before {
                accounts::put_user(tx, &user)?;
                // Customers' own are not: who calls this all day would push everything else out.
                if user.role != Role::Customer {
                    let change = audit::Change::between(shapes::user(&before), shapes::user(&user));
                    audit::record(tx, &act, "profile.update", ("user", id), change)?;
                }
            }
            Ok(user)
        })
        .await
    }

    /// Removes the caller's own account, as an admin would: its sessions end, its orders stay.
    pub async fn delete_profile(&self, shopper: &Shopper) -> Result<()> {
        let (id, act, now) = (shopper.user_id(), self.act(shopper), self.now());
        self.write(move |tx| {
            let user = accounts::user(tx, id)?.ok_or_else(|| Error::not_found("user"))?;
            let change = audit::Change::removed(shapes::user(&user));
            audit::record(tx, &act, "profile.delete", ("user", id), change)?;
            remove(tx, &user, now)
        })
        .await?;
        self.tell_session_ends();
        Ok(())
    }
}

const NOT_VERIFIED: &str = "is not the number that this account has verified: ask for a code with \
                            POST /auth/verify_mobile and send it to POST /auth/verify_otp";

fn check_class(tx: &impl Reader, field: &str, kind: ClassKind, edit: &Edit<u64>) -> Result<()> {
    match edit {
        Edit::Set(id) if !classes::is_known(tx, kind, *id)? => {
            Err(Error::field(field, "is unknown: GET /misc/foodtypes-categories lists them"))
        }
        _ => Ok(()),
    }
}
