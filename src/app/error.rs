//! The one error of the use cases: what a caller can do about it, never how it will be shown.

use std::fmt;

use serde_json::{Map, Value};

use crate::domain::invalid::FieldErrors;
use crate::storage;

/// Why a use case did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// Something in the request is not right; the fields say what to change.
    Invalid(FieldErrors),
    /// The request as a whole is not right. `code` is stable kebab-case.
    BadRequest(Refusal),
    /// Nobody is signed in, or the credential is no longer good.
    Unauthenticated(Refusal),
    /// Signed in, and not allowed.
    Forbidden(Refusal),
    /// There is no such thing.
    NotFound(Refusal),
    /// The state of things is against it.
    Conflict(Refusal),
    /// Somebody else changed it meanwhile; the current version is given.
    PreconditionFailed(u64),
    /// The idempotency key was used for another body.
    Unprocessable(Refusal),
    /// Too many attempts; try again after so many seconds.
    TooManyRequests {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// The appliance cannot do it now; nothing was changed unless `code` is `outcome-unknown`.
    Unavailable(Refusal),
    /// Our fault. The cause goes to the log, never to the client.
    Internal(String),
}

/// A stable code, a sentence for people, and whatever else a client can use.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Kebab-case, stable.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub detail: String,
    /// Further members of the answer.
    pub members: Map<String, Value>,
}

impl Refusal {
    /// A refusal without further members.
    pub fn new(code: &'static str, detail: impl fmt::Display) -> Self {
        Self { code, detail: detail.to_string(), members: Map::new() }
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }
}

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// 400 for one field.
    pub fn field(field: &str, message: impl fmt::Display) -> Self {
        Self::Invalid(FieldErrors::one(field, message))
    }

    /// 400 as a whole.
    pub fn bad_request(code: &'static str, detail: impl fmt::Display) -> Self {
        Self::BadRequest(Refusal::new(code, detail))
    }

    /// 404 for a kind of thing: `no such product`.
    pub fn not_found(what: &'static str) -> Self {
        Self::NotFound(Refusal::new("not-found", format!("there is no such {what}")))
    }

    /// 409.
    pub fn conflict(code: &'static str, detail: impl fmt::Display) -> Self {
        Self::Conflict(Refusal::new(code, detail))
    }

    /// 403.
    pub fn forbidden(code: &'static str, detail: impl fmt::Display) -> Self {
        Self::Forbidden(Refusal::new(code, detail))
    }

    /// 401.
    pub fn unauthenticated(code: &'static str, detail: impl fmt::Display) -> Self {
        Self::Unauthenticated(Refusal::new(code, detail))
    }

    /// 503.
    pub fn unavailable(code: &'static str, detail: impl fmt::Display) -> Self {
        Self::Unavailable(Refusal::new(code, detail))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(fields) => fields.fmt(f),
            Self::BadRequest(refusal)
            | Self::Unauthenticated(refusal)
            | Self::Forbidden(refusal)
            | Self::NotFound(refusal)
            | Self::Conflict(refusal)
            | Self::Unprocessable(refusal)
            | Self::Unavailable(refusal) => f.write_str(&refusal.detail),
            Self::PreconditionFailed(version) => {
                write!(f, "it was changed meanwhile: the current version is {version}")
            }
            Self::TooManyRequests { retry_after_s } => {
                write!(f, "too many attempts: try again in {retry_after_s} s")
            }
            Self::Internal(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for Error {}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Unavailable { .. } | storage::Error::Closed => {
                Self::unavailable("database-unavailable", error)
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<storage::WriteError<Self>> for Error {
    fn from(error: storage::WriteError<Self>) -> Self {
        match error {
            storage::WriteError::Refused(refused) => refused,
            storage::WriteError::Busy => Self::unavailable("busy", error),
            storage::WriteError::RolledBack(_) | storage::WriteError::Unavailable(_) => {
                Self::unavailable("database-unavailable", error)
            }
            storage::WriteError::Unknown(_) => Self::unavailable("outcome-unknown", error),
            storage::WriteError::Panicked(_) => Self::Internal(error.to_string()),
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(fields: FieldErrors) -> Self {
        Self::Invalid(fields)
    }
}
