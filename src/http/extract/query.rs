//! Parameters in the address.

use axum::extract::FromRequestParts;
use axum::extract::rejection::PathRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::{Problem, Result, State};

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The query's parameters; unknown ones are ignored, and an empty one counts as left out.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// The path's parameters; what cannot be one names nothing, so it is 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<State> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

pub(super) fn parse<T: DeserializeOwned>(query: &str) -> Result<T> {
    // What is not UTF-8 is decoded to this character, which no text of a shop has.
    let unreadable = form_urlencoded::parse(query.as_bytes())
        .find(|(name, value)| name.contains(REPLACEMENT) || value.contains(REPLACEMENT));
    if let Some((name, _)) = unreadable {
        return Err(Problem::field(&name, "is not UTF-8"));
    }
    let given = form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
    let given = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let pairs = form_urlencoded::parse(given.as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let (path, message) = (error.path().to_string(), error.into_inner().to_string());
        // A parameter that is missing or there twice is named in the message only.
        let named = message.split('`').nth(1).filter(|_| path == ".");
        Problem::field(named.unwrap_or(&path), &message)
    })
}

impl<T: DeserializeOwned + Send> FromRequestParts<State> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::not_found()),
            Err(error) => Err(Problem::internal(error.body_text())),
        }
    }
}
