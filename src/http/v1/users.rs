//! Accounts, for admins; people may look at their own.

use axum::extract::State;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Answer;
use super::profiles::{edit, sent};
use crate::app::accounts::{AccountChange, NewAccount};
use crate::app::{Admin, App, Shopper};
use crate::domain::accounts::{Role, User as DomainUser};
use crate::http::extract::{Json, KeyedJson, Page, Path};
use crate::http::reply::{Listed, Stored};
use crate::http::{Problem, Result};
use crate::wire::read_only;
use crate::wire::user::User;

/// How many accounts a list gives unless the client says otherwise.
pub(in crate::http) const LIST_DEFAULT: usize = 1_000;

/// An account to be made by an admin; what only the server sets is ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is ignored is only named")]
pub(in crate::http) struct NewUser {
    /// Made from the e-mail address when missing.
    #[schema(
        min_length = 3,
        max_length = 32,
        pattern = "^[A-Za-z0-9._-]*[A-Za-z][A-Za-z0-9._-]*$"
    )]
    username: Option<String>,
    /// Needed without a username.
    #[schema(max_length = 254, pattern = "^[^@]+@[^@]+$")]
    email: Option<String>,
    /// What the person is called.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
    /// Counts as unverified until a code that was sent there came back.
    mobile_number: Option<String>,
    /// 8 to 128 characters, not on the list of common ones.
    #[schema(min_length = 8, max_length = 128)]
    password: String,
    /// `admin`, `staff` or `customer`; `customer` when left out.
    #[schema(pattern = "^(admin|staff|customer|user)$")]
    role: Option<String>,
    /// Whether the account is refused everywhere; not when left out.
    disabled: Option<bool>,
    #[schema(schema_with = read_only)]
    mobile_verified: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    last_login: Option<IgnoredAny>,
}

/// Fields of an account to set. What is left out stays as it is, and so does what is sent as it is;
/// members that only the server sets are ignored.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub(in crate::http) struct UserPatch {
    /// Another e-mail address; `null` takes it away.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>, max_length = 254, pattern = "^[^@]+@[^@]+$")]
    email: Option<Option<String>>,
    /// What the person is called; `null` takes it away.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    name: Option<Option<String>>,
    /// `admin`, `staff` or `customer`; all sessions end.
    #[schema(pattern = "^(admin|staff|customer|user)$")]
    role: Option<String>,
    /// Whether the account is refused everywhere.
    disabled: Option<bool>,
    /// Another password; all sessions end.
    #[schema(min_length = 8, max_length = 128)]
    password: Option<String>,
    /// Counts as unverified; `null` or an empty text takes the number away.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    mobile_number: Option<Option<String>>,
    /// As it is, or left out: it cannot be changed.
    username: Option<String>,
    #[schema(schema_with = read_only)]
    mobile_verified: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    last_login: Option<IgnoredAny>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct UserDeleted {
    message: &'static str,
}

fn role(word: &str) -> Result<Role> {
    word.parse().map_err(|error| Problem::field("role", error))
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
        disabled: body.disabled.unwrap_or(false),
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
        username: body.username,
        email: edit(body.email),
        name: edit(body.name),
        role: body.role.as_deref().map(role).transpose()?,
        disabled: body.disabled,
        password: body.password,
        mobile_number: body.mobile_number.map(Option::unwrap_or_default),
    };
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
