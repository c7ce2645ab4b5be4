//! The stored form of a password and the check against it.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use thiserror::Error;

use super::Verdict;
use super::foreign::ForeignHash;
use crate::auth::{digest, random_bytes};

/// OWASP's parameters for argon2id: 19 MiB, 2 passes, 1 lane.
const OUR_PARAMS: Argon2Params = Argon2Params { memory_kib: 19_456, passes: 2, lanes: 1 };
const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// Bounds on what a stored hash may demand; an import must not be able to stop the server.
const MAX_MEMORY_KIB: u32 = 131_072;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 8;
/// Memory times passes: about half a second.
const MAX_KIB_PASSES: u32 = 524_288;
const MAX_STORED_BYTES: usize = 512;
const SALT_BYTES_RANGE: std::ops::RangeInclusive<usize> = 8..=64;
const OUTPUT_BYTES_RANGE: std::ops::RangeInclusive<usize> = 16..=64;

/// A stored hash, by kind. All but ours, at our parameters, are replaced at the next successful
/// sign-in.
#[derive(Clone)]
pub(super) enum StoredHash {
    Argon2(Argon2Hash),
    Foreign(ForeignHash),
}

/// Why a text is no password hash that can be checked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HashRefusal {
    /// Not of a kind that is known.
    #[error(
        "is of no known kind: those are argon2id ($argon2id$v=19$...), werkzeug's \
         scrypt:N:r:p$..., pbkdf2:sha256:N$... and sha256$..., and SHA-256 as 64 hexadecimal digits"
    )]
    UnknownKind,
    /// Of a known kind, and not whole.
    #[error("is damaged: a part of it is missing or unreadable")]
    Damaged,
    /// It would take too much memory or time at each sign-in.
    #[error("asks for more memory or time than a sign-in may take here")]
    TooCostly,
    /// PBKDF2 without its iterations: nobody knows how many they were.
    #[error("lacks its number of iterations (pbkdf2:sha256:N$...)")]
    NoRounds,
}

/// The parts of a PHC string `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#[derive(Clone)]
pub(super) struct Argon2Hash {
    /// `argon2id`, or the older `argon2i`.
    algorithm: Algorithm,
    params: Argon2Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Argon2Params {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Blocks of 1 KiB that one of our hashes needs.
pub(super) fn our_blocks() -> usize {
    OUR_PARAMS.to_argon2(OUTPUT_BYTES).map_or(0, |params| params.block_count())
}

/// The PHC string of a password under our parameters and a fresh salt.
pub(super) fn hash(password: &str, memory: &mut Vec<Block>) -> String {
    let salt = random_bytes::<SALT_BYTES>();
    let output = OUR_PARAMS
        .run(Algorithm::Argon2id, password, &salt, OUTPUT_BYTES, memory)
        .expect("our own parameters, salt and lengths are in argon2's range");
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        OUR_PARAMS.memory_kib,
        OUR_PARAMS.passes,
        OUR_PARAMS.lanes,
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(output)
    )
}

impl StoredHash {
    /// Reads a stored hash.
    pub(super) fn parse(text: &str) -> Result<Self, HashRefusal> {
        if text.len() > MAX_STORED_BYTES {
            return Err(HashRefusal::UnknownKind);
        }
        match text.strip_prefix("$argon2") {
            Some(rest) => Argon2Hash::parse(rest).map(Self::Argon2),
            None => ForeignHash::parse(text).map(Self::Foreign),
        }
    }

    /// Stands in for the hash of a user who does not exist: as slow, and never right.
    pub(super) fn nobodys() -> Self {
        Self::Argon2(Argon2Hash::nobodys())
    }

    /// Whether it is what we would make today.
    pub(super) fn is_current(&self) -> bool {
        matches!(self, Self::Argon2(stored) if stored.is_current())
    }

    /// Hashes the attempt as the stored password was, and compares.
    pub(super) fn verify(&self, attempt: &str, memory: &mut Vec<Block>) -> Verdict {
        let is_right = match self {
            Self::Argon2(stored) => stored.matches(attempt, memory),
            Self::Foreign(stored) => stored.matches(attempt),
        };
        match (is_right, self.is_current()) {
            (true, true) => Verdict::Right { new_hash: None },
            (true, false) => Verdict::Right { new_hash: Some(hash(attempt, memory)) },
            (false, true) => Verdict::Wrong,
            (false, false) => {
                // A foreign hash may take no time at all. With one of ours behind it a wrong
                // password takes as long as a right one, and as an unknown user at least.
                Argon2Hash::nobodys().matches(attempt, memory);
                Verdict::Wrong
            }
        }
    }
}

impl Argon2Hash {
    /// Reads what follows `$argon2`.
    fn parse(text: &str) -> Result<Self, HashRefusal> {
        let (kind, rest) = text.split_once("$v=19$").ok_or(HashRefusal::UnknownKind)?;
        let algorithm = match kind {
            "id" => Algorithm::Argon2id,
            "i" => Algorithm::Argon2i,
            _ => return Err(HashRefusal::UnknownKind),
        };
        let parts: Vec<&str> = rest.split('$').collect();
        let &[params, salt, output] = parts.as_slice() else { return Err(HashRefusal::Damaged) };
        let decoded = |text| STANDARD_NO_PAD.decode(text).map_err(|_| HashRefusal::Damaged);
        let params = Argon2Params::parse(params)?;
        let hash = Self { algorithm, params, salt: decoded(salt)?, output: decoded(output)? };
        let is_sound = SALT_BYTES_RANGE.contains(&hash.salt.len())
            && OUTPUT_BYTES_RANGE.contains(&hash.output.len())
            && hash.params.to_argon2(hash.output.len()).is_some();
        if is_sound { Ok(hash) } else { Err(HashRefusal::Damaged) }
    }

    fn nobodys() -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            params: OUR_PARAMS,
            salt: vec![0; SALT_BYTES],
            // Nobody knows a password whose hash is all zeros.
            output: vec![0; OUTPUT_BYTES],
        }
    }

    fn matches(&self, attempt: &str, memory: &mut Vec<Block>) -> bool {
        let length = self.output.len();
        let output = self.params.run(self.algorithm, attempt, &self.salt, length, memory);
        output.is_some_and(|output| is_same(&output, &self.output))
    }

    fn is_current(&self) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.params == OUR_PARAMS
            && self.salt.len() >= SALT_BYTES
            && self.output.len() == OUTPUT_BYTES
    }
}

impl Argon2Params {
    /// Reads `m=19456,t=2,p=1`, in that order as the PHC format demands.
    fn parse(text: &str) -> Result<Self, HashRefusal> {
        let mut fields = text.split(',');
        let mut field = |name: &str| {
            let text = fields.next().and_then(|field| field.strip_prefix(name));
            text.and_then(|text| text.parse().ok()).ok_or(HashRefusal::Damaged)
        };
        let params = Self { memory_kib: field("m=")?, passes: field("t=")?, lanes: field("p=")? };
        if fields.next().is_some() {
            return Err(HashRefusal::Damaged);
        }
        let is_bearable = params.memory_kib <= MAX_MEMORY_KIB
            && params.passes <= MAX_PASSES
            && params.lanes <= MAX_LANES
            && params.memory_kib * params.passes <= MAX_KIB_PASSES;
        if is_bearable { Ok(params) } else { Err(HashRefusal::TooCostly) }
    }

    fn to_argon2(self, output_bytes: usize) -> Option<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(output_bytes)).ok()
    }

    fn run(
        self,
        algorithm: Algorithm,
        password: &str,
        salt: &[u8],
        output_bytes: usize,
        memory: &mut Vec<Block>,
    ) -> Option<Vec<u8>> {
        let params = self.to_argon2(output_bytes)?;
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::new());
        }
        let mut output = vec![0; output_bytes];
        Argon2::new(algorithm, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory)
            .ok()?;
        Some(output)
    }
}

/// Compares in a time that does not depend on where two hashes differ.
pub(super) fn is_same(found: &[u8], stored: &[u8]) -> bool {
    digest(found) == digest(stored)
}
