//! Password hashing, tokens, device keys: rules and crypto only.
//!
//! Nothing here knows users, sessions or requests. `app` decides who may do what; this room
//! answers narrower questions: does this password match this hash, did we issue this token, what
//! is the fingerprint of this device key. It alone names `argon2` and `jsonwebtoken`.
//!
//! Three kinds of secrets, three treatments:
//!
//! - **Chosen by people** (passwords): argon2id, slow on purpose, one at a time.
//! - **Made by us** (refresh tokens, device keys): 256 random bits, so one SHA-256 at rest is
//!   enough; there is nothing to guess. The type that holds one never prints it.
//! - **Short, so that people can type them** (one-time codes): HMAC under a key that is not in the
//!   database, few minutes, few tries.
//!
//! A trolley may also sign with its key instead of sending it (`SignedMessage`).

mod device_key;
mod digest;
mod human_code;
mod network;
mod one_time_code;
mod password;
mod random;
mod refresh_token;
mod request_signature;
mod signing_keys;
mod token;

pub use self::device_key::DeviceKey;
pub use self::digest::{Digest, digest};
pub use self::human_code::{CartCode, PairingCode, SetupToken};
pub use self::network::network;
pub use self::one_time_code::OneTimeCode;
pub use self::password::{
    HashError, HashRefusal, NewPassword, PasswordHasher, PasswordRuleError, Turn, Verdict,
};
pub use self::random::{random_bytes, random_id};
pub use self::refresh_token::RefreshToken;
pub use self::request_signature::SignedMessage;
pub use self::signing_keys::{KeySummary, KeysError, SigningKeys};
pub use self::token::{AccessToken, Claims, LEEWAY, TokenError};
