//! A shopper's own profile.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::app::profiles::{Edit, ProfileChange};
use crate::app::{App, Error, Shopper};
use crate::domain::accounts::User as DomainUser;
use crate::http::exchange::Client;
use crate::http::extract::Json;
use crate::http::principals::cookies::SetCookies;
use crate::http::{Problem, Result};
use crate::wire::read_only;
use crate::wire::user::User;

/// A profile to be completed. What is left out stays as it is, `null` clears it; members that only
/// the server sets are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
#[expect(dead_code, reason = "what is ignored is only named")]
pub(in crate::http) struct NewProfile {
    /// What the shopper is called; required, by this name or as `name`.
    #[schema(example = "Dana Demo")]
    user_name: Option<String>,
    /// The same as `user_name`.
    name: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, example = "dana@example.org")]
    email: Option<Option<String>>,
    /// The verified one, if it is sent at all.
    mobile_number: Option<String>,
    /// A `foodtype_id` of `GET /misc/foodtypes-categories`.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<u64>, example = 1)]
    user_foodtype_id: Option<Option<u64>>,
    /// An `allergy_id` of `GET /misc/foodtypes-categories`.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<u64>, example = 7)]
    user_allergy_id: Option<Option<u64>>,
    #[schema(schema_with = read_only)]
    role: Option<String>,
    #[schema(schema_with = read_only)]
    username: Option<String>,
    #[schema(schema_with = read_only)]
    disabled: Option<bool>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    user_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    last_login: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    mobile_verified: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    is_profile_complete: Option<IgnoredAny>,
}

/// Fields of a profile to set. Members that only the server sets are ignored, so that an answer
/// can be edited and sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub(in crate::http) struct ProfilePatch {
    /// What the shopper is called.
    name: Option<String>,
    /// The same as `name`.
    user_name: Option<String>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u64>)]
    user_foodtype_id: Option<Option<u64>>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u64>)]
    user_allergy_id: Option<Option<u64>>,
    /// As it is, or left out: `POST /auth/verify_mobile` and `/auth/verify_otp` change it.
    mobile_number: Option<String>,
    #[schema(schema_with = read_only)]
    role: Option<String>,
    #[schema(schema_with = read_only)]
    username: Option<String>,
    #[schema(schema_with = read_only)]
    disabled: Option<bool>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    user_id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    last_login: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    mobile_verified: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    is_profile_complete: Option<IgnoredAny>,
}

/// A shopper's account with what they told about themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Profile {
    #[serde(flatten)]
    user: User,
    /// The same as `id`.
    user_id: u64,
    /// The same as `name`.
    user_name: Option<String>,
    /// Whether there is a name.
    is_profile_complete: bool,
    user_foodtype_id: Option<u64>,
    user_allergy_id: Option<u64>,
}

/// The answer to a deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ProfileDeleted {
    message: &'static str,
}

/// A member that was sent, be it `null`.
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub(super) fn sent<'de, T, D>(deserializer: D) -> std::result::Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub(super) fn edit<T>(sent: Option<Option<T>>) -> Edit<T> {
    match sent {
        None => Edit::Keep,
        Some(None) => Edit::Clear,
        Some(Some(value)) => Edit::Set(value),
    }
}

/// The name, by either of its names.
fn one_name(user_name: Option<String>, name: Option<String>) -> Result<Option<String>> {
    match (user_name, name) {
        (Some(one), Some(other)) if one.trim() != other.trim() => {
            Err(Problem::field("user_name", "differs from name: send one of them"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

impl From<DomainUser> for Profile {
    fn from(user: DomainUser) -> Self {
        Self {
            user_id: user.id.value(),
            user_name: user.name.clone(),
            is_profile_complete: user.is_profile_complete(),
            user_foodtype_id: user.food_type_id,
            user_allergy_id: user.allergy_id,
            user: User::from(user),
        }
    }
}

/// Refuses what people cannot change of their own account; as it is, it may be sent back.
fn check_fixed(
    own: &DomainUser,
    role: Option<&str>,
    username: Option<&str>,
    disabled: Option<bool>,
) -> Result<()> {
    if role.is_some_and(|role| role.parse() != Ok(own.role)) {
        let detail = "nobody can give themselves a role: leave `role` out";
        return Err(Error::forbidden("role-not-allowed", detail).into());
    }
    if username.is_some_and(|name| name != own.username.as_str()) {
        return Err(Problem::field("username", "cannot be changed"));
    }
    if disabled.is_some_and(|disabled| disabled != own.disabled) {
        return Err(Problem::field("disabled", "is for admins to change"));
    }
    Ok(())
}

pub(in crate::http) async fn complete(
    State(app): State<App>,
    shopper: Shopper,
    Json(body): Json<NewProfile>,
) -> Result<Json<Profile>> {
    let own = app.own_account(&shopper)?;
    check_fixed(&own, body.role.as_deref(), body.username.as_deref(), body.disabled)?;
    let as_it_is = body.mobile_number.is_some() && body.mobile_number == own.mobile_number;
    let name = one_name(body.user_name, body.name)?;
    let change = ProfileChange {
        name: Some(name.ok_or_else(|| Problem::field("user_name", "is required"))?),
        email: edit(body.email),
        mobile_number: body.mobile_number.filter(|_| !as_it_is),
        food_type_id: edit(body.user_foodtype_id),
        allergy_id: edit(body.user_allergy_id),
    };
    Ok(Json(Profile::from(app.change_profile(&shopper, change).await?)))
}

pub(in crate::http) async fn find(
    State(app): State<App>,
    shopper: Shopper,
) -> Result<Json<Profile>> {
    Ok(Json(Profile::from(app.own_account(&shopper)?)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    shopper: Shopper,
    Json(body): Json<ProfilePatch>,
) -> Result<Json<Profile>> {
    let own = app.own_account(&shopper)?;
    check_fixed(&own, body.role.as_deref(), body.username.as_deref(), body.disabled)?;
    let as_it_is = body.mobile_number.is_some() && body.mobile_number == own.mobile_number;
    let change = ProfileChange {
        name: one_name(body.user_name, body.name)?,
        email: edit(body.email),
        mobile_number: body.mobile_number.filter(|_| !as_it_is),
        food_type_id: edit(body.user_foodtype_id),
        allergy_id: edit(body.user_allergy_id),
    };
    Ok(Json(Profile::from(app.change_profile(&shopper, change).await?)))
}

pub(in crate::http) async fn delete(
    State(app): State<App>,
    shopper: Shopper,
    client: Client,
) -> Result<Response> {
    app.delete_profile(&shopper).await?;
    let answer = ProfileDeleted { message: "Account deleted" };
    Ok((SetCookies::signed_out(&client), Json(answer)).into_response())
}
