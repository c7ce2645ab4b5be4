//! Accounts, for admins; people may look at their own.

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use crate::app::accounts::{AccountChange, NewAccount};
use crate::app::{Admin, App, Error, Shopper};
use crate::domain::accounts::{Role, User as DomainUser};
use crate::http::extract::{Json, KeyedJson, Page, Path};
use crate::http::reply::{Listed, Stored};
use crate::http::{Problem, Result};
use crate::wire::user::User;

/// How many accounts a list gives unless the client says otherwise.
pub(in crate::http) const LIST_DEFAULT: usize = 1_000;

/// An account to be made by an admin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewUser {
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
    /// Counts as unverified until a code that was sent there came back.
    mobile_number: Option<String>,
    password: String,
    /// `customer` when left out.
    role: Option<String>,
}

/// Fields of an account to set.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::http) struct UserPatch {
    email: Option<String>,
    name: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
    password: Option<String>,
    /// Counts as unverified; an empty text takes the number away.
    mobile_number: Option<String>,
    #[schema(ignore)]
    mobile_verified: Option<IgnoredAny>,
    #[schema(ignore)]
    username: Option<IgnoredAny>,
    #[schema(ignore)]
    id: Option<IgnoredAny>,
    #[schema(ignore)]
    created_at: Option<IgnoredAny>,
    #[schema(ignore)]
    last_login: Option<IgnoredAny>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct UserDeleted {
    message: &'static str,
}

fn role(word: &str) -> Result<Role> {
    match word {
        "user" => Ok(Role::Customer),
        word => word.parse().map_err(|error| Problem::field("role", error)),
    }
}

pub(in crate::http) async fn list(
    State(app): State<App>,
    admin: Admin,
    page: Page<LIST_DEFAULT>,
) -> Result<Listed<User, LIST_DEFAULT>> {
    let (users, total) = app.users(&admin, page.offset, page.limit).await?;
    let total = u64::try_from(total).unwrap_or(u64::MAX);
    Ok(Listed { items: users.into_iter().map(User::from).collect(), total, page })
}

pub(in crate::http) async fn create(
    State(app): State<App>,
    admin: Admin,
    KeyedJson { body, idempotency }: KeyedJson<NewUser>,
) -> Result<Stored> {
    let role = body.role.as_deref().map_or(Ok(Role::Customer), role)?;
    let account = NewAccount {
        username: body.username,
        email: body.email,
        name: body.name,
        mobile_number: body.mobile_number,
        password: Some(body.password),
    };
    let answer = Answer::new(201, |user: &DomainUser| User::from(user.clone()));
    let request = answer.once(idempotency);
    Ok(answer.reply(app.create_user_once(&admin, account, role, request).await?))
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    shopper: Shopper,
    Path(user): Path<String>,
) -> Result<Json<User>> {
    Ok(Json(User::from(app.user(&shopper, &user)?)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    admin: Admin,
    Path(user): Path<String>,
    Json(body): Json<UserPatch>,
) -> Result<Json<User>> {
    let change = AccountChange {
        email: body.email,
        name: body.name,
        role: body.role.as_deref().map(role).transpose()?,
        disabled: body.disabled,
        password: body.password,
        mobile_number: body.mobile_number,
    };
    if change == AccountChange::default() {
        return Err(Error::bad_request("nothing-to-change", "send a field to change").into());
    }
    Ok(Json(User::from(app.update_user(&admin, user, change).await?)))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    admin: Admin,
    Path(user): Path<String>,
) -> Result<Json<UserDeleted>> {
    app.delete_user(&admin, user).await?;
    Ok(Json(UserDeleted { message: "User deleted" }))
}
