//! Password hashing, tokens, device keys: rules and crypto only.
//!
//! Nothing here knows users, sessions or requests. `app` decides who may do what; this room
//! answers narrower questions: does this password match this hash, did we issue this token, what
//! is the fingerprint of this device key. It alone names `argon2` and `jsonwebtoken`.
//!
//! Two kinds of secrets, two treatments:
//!
//! - **Chosen by people** (passwords): argon2id, slow on purpose, at most two at a time.
//! - **Made by us** (refresh tokens, device keys): 256 random bits, so one SHA-256 at rest is
//!   enough; there is nothing to guess. The type that holds one never prints it.

mod device_key;
mod digest;
mod human_code;
mod password;
mod random;
mod refresh_token;
mod signing_keys;
mod token;

pub use self::device_key::DeviceKey;
pub use self::digest::{Digest, digest};
pub use self::human_code::{CartCode, SetupToken};
pub use self::password::{HashError, NewPassword, PasswordHasher, PasswordRuleError, Verdict};
pub use self::random::{random_bytes, random_id};
pub use self::refresh_token::RefreshToken;
pub use self::signing_keys::{KeysError, SigningKeys};
pub use self::token::{AccessToken, Claims, LEEWAY, TokenError};
