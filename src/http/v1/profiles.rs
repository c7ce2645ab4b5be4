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

/// Fields of a profile to set. What is left out stays as it is, `null` clears it; members that only
/// the server sets are ignored, so that an answer can be edited and sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub(in crate::http) struct ProfileInput {
    /// What the shopper is called.
    #[schema(example = "Dana Demo")]
    user_name: Option<String>,
    /// The same as `user_name`.
    name: Option<String>,
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>, example = "dana@example.org")]
    email: Option<Option<String>>,
    /// The verified one, or left out: `POST /auth/verify_mobile` and `/auth/verify_otp` change it.
    mobile_number: Option<String>,
    /// A `foodtype_id` of `GET /misc/foodtypes-categories`.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<u64>, example = 1)]
    user_foodtype_id: Option<Option<u64>>,
    /// An `allergy_id` of `GET /misc/foodtypes-categories`.
    #[serde(deserialize_with = "sent")]
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

impl ProfileInput {
    /// What is to be changed of this account. What people cannot change of their own is refused;
    /// as it is, it may be sent back.
    fn into_change(self, own: &DomainUser) -> Result<ProfileChange> {
        if self.role.is_some_and(|role| role.parse() != Ok(own.role)) {
            let detail = "nobody can give themselves a role: leave `role` out";
            return Err(Error::forbidden("role-not-allowed", detail).into());
        }
        if self.username.is_some_and(|name| name != own.username.as_str()) {
            return Err(Problem::field("username", "cannot be changed"));
        }
        if self.disabled.is_some_and(|disabled| disabled != own.disabled) {
            return Err(Problem::field("disabled", "is for admins to change"));
        }
        let as_it_is = self.mobile_number.is_some() && self.mobile_number == own.mobile_number;
        let name = match (self.user_name, self.name) {
            (Some(one), Some(other)) if one.trim() != other.trim() => {
                return Err(Problem::field("user_name", "differs from name: send one of them"));
            }
            (one, other) => one.or(other),
        };
        Ok(ProfileChange {
            name,
            email: edit(self.email),
            mobile_number: self.mobile_number.filter(|_| !as_it_is),
            food_type_id: edit(self.user_foodtype_id),
            allergy_id: edit(self.user_allergy_id),
        })
    }
}

pub(in crate::http) async fn complete(
    State(app): State<App>,
    shopper: Shopper,
    Json(body): Json<ProfileInput>,
) -> Result<Json<Profile>> {
    let change = body.into_change(&app.own_account(&shopper)?)?;
    if change.name.is_none() {
        return Err(Problem::field("user_name", "is required"));
    }
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
    Json(body): Json<ProfileInput>,
) -> Result<Json<Profile>> {
    let change = body.into_change(&app.own_account(&shopper)?)?;
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
