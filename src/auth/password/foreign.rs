//! Password hashes that older systems made: werkzeug's, and bare SHA-256.
//!
//! ```text
//! scrypt:32768:8:1$SALT$HEX     werkzeug 2.3 and later   scrypt(password, salt), 64 bytes
//! pbkdf2:sha256:600000$SALT$HEX werkzeug 0.9 and later   also sha1 and sha512
//! sha256$SALT$HEX               werkzeug before 3        HMAC(key = salt, password); also sha1, sha512
//! HEX                           64 digits                SHA-256(password)
//! ```
//!
//! Werkzeug always wrote the iterations out, and its default for them changed over and over:
//! a hash without them is refused instead of guessed at. The salt is the text itself.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha512};

use super::hash::{HashRefusal, is_same};
use crate::auth::digest::from_hex;

/// Most memory and time that scrypt may take: N x r x p, each 128 bytes for as long as one p runs.
/// Werkzeug's own hashes have a quarter of it.
const SCRYPT_COST_MAX: u64 = 1 << 20;
/// Most rounds of PBKDF2: twice werkzeug's, about a second.
const ROUNDS_MAX: u32 = 2_000_000;
/// Longest salt, in bytes.
const SALT_BYTES_MAX: usize = 64;

/// A stored hash of another system.
#[derive(Clone)]
pub(super) enum ForeignHash {
    Scrypt { params: scrypt::Params, salt: Vec<u8>, output: [u8; 64] },
    Pbkdf2 { function: Function, rounds: u32, salt: Vec<u8>, output: Vec<u8> },
    Hmac { function: Function, salt: Vec<u8>, output: Vec<u8> },
    Sha256([u8; 32]),
}

/// The hash function inside.
#[derive(Clone, Copy)]
pub(super) enum Function {
    Sha1,
    Sha256,
    Sha512,
}

impl ForeignHash {
    pub(super) fn parse(text: &str) -> Result<Self, HashRefusal> {
        let Some((method, rest)) = text.split_once('$') else {
            return from_hex(text).map(Self::Sha256).ok_or(HashRefusal::UnknownKind);
        };
        let (salt, hex) = rest.split_once('$').ok_or(HashRefusal::UnknownKind)?;
        let mut method = method.split(':');
        let kind = method.next().unwrap_or_default();
        let arguments: Vec<&str> = method.collect();
        if salt.is_empty() && (kind, arguments.as_slice()) == ("sha256", &[]) {
            return from_hex(hex).map(Self::Sha256).ok_or(HashRefusal::Damaged);
        }
        let is_salt = (1..=SALT_BYTES_MAX).contains(&salt.len());
        let salt = salt.as_bytes().to_vec();
        let hash = match (kind, arguments.as_slice()) {
            ("scrypt", [n, r, p]) => {
                let output = from_hex(hex).ok_or(HashRefusal::Damaged)?;
                Self::Scrypt { params: scrypt_params(n, r, p)?, salt, output }
            }
            ("pbkdf2", [name, rounds]) => {
                let function = Function::named(name)?;
                let rounds = number(rounds)?;
                if rounds > ROUNDS_MAX {
                    return Err(HashRefusal::TooCostly);
                }
                Self::Pbkdf2 { function, rounds, salt, output: function.output(hex)? }
            }
            ("pbkdf2", [_]) => return Err(HashRefusal::NoRounds),
            (name, []) => {
                let function = Function::named(name)?;
                Self::Hmac { function, salt, output: function.output(hex)? }
            }
            _ => return Err(HashRefusal::UnknownKind),
        };
        if is_salt { Ok(hash) } else { Err(HashRefusal::Damaged) }
    }

    /// Whether this is the password.
    pub(super) fn matches(&self, attempt: &str) -> bool {
        let attempt = attempt.as_bytes();
        match self {
            Self::Scrypt { params, salt, output } => {
                let mut found = [0; 64];
                scrypt::scrypt(attempt, salt, params, &mut found).is_ok() && is_same(&found, output)
            }
            Self::Pbkdf2 { function, rounds, salt, output } => {
                let mut found = vec![0; output.len()];
                let run = match function {
                    Function::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>,
                    Function::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>,
                    Function::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>,
                };
                run(attempt, salt, *rounds, &mut found);
                is_same(&found, output)
            }
            Self::Hmac { function, salt, output } => {
                let found = match function {
                    Function::Sha1 => mac::<Hmac<sha1::Sha1>>(salt, attempt),
                    Function::Sha256 => mac::<Hmac<Sha256>>(salt, attempt),
                    Function::Sha512 => mac::<Hmac<Sha512>>(salt, attempt),
                };
                found.is_some_and(|found| is_same(&found, output))
            }
            Self::Sha256(output) => is_same(&Sha256::digest(attempt), output),
        }
    }
}

impl Function {
    fn named(name: &str) -> Result<Self, HashRefusal> {
        match name {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(HashRefusal::UnknownKind),
        }
    }

    fn output(self, hex: &str) -> Result<Vec<u8>, HashRefusal> {
        let bytes = match self {
            Self::Sha1 => from_hex::<20>(hex).map(Vec::from),
            Self::Sha256 => from_hex::<32>(hex).map(Vec::from),
            Self::Sha512 => from_hex::<64>(hex).map(Vec::from),
        };
        bytes.ok_or(HashRefusal::Damaged)
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    // HMAC takes keys of any length.
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

fn scrypt_params(n: &str, r: &str, p: &str) -> Result<scrypt::Params, HashRefusal> {
    let (n, r, p) = (number(n)?, number(r)?, number(p)?);
    if !n.is_power_of_two() || n < 2 {
        return Err(HashRefusal::Damaged);
    }
    let cost = u64::from(n).saturating_mul(u64::from(r)).saturating_mul(u64::from(p));
    if cost > SCRYPT_COST_MAX {
        return Err(HashRefusal::TooCostly);
    }
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| HashRefusal::TooCostly)?;
    scrypt::Params::new(log_n, r, p).map_err(|_| HashRefusal::Damaged)
}

/// A positive whole number in plain digits.
fn number(text: &str) -> Result<u32, HashRefusal> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(HashRefusal::Damaged);
    }
    match text.parse() {
        Ok(0) => Err(HashRefusal::Damaged),
        Ok(number) => Ok(number),
        Err(_) => Err(HashRefusal::TooCostly),
    }
}
