//! The stored form of a password and the check against it.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Verdict;
use crate::auth::{Digest, digest, random_bytes};

/// OWASP's parameters for argon2id: 19 MiB, 2 passes, 1 lane.
const OUR_PARAMS: Argon2Params = Argon2Params { memory_kib: 19_456, passes: 2, lanes: 1 };
const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// Bounds on what a stored hash may demand; an import must not be able to stop the server.
const MAX_MEMORY_KIB: u32 = 65_536;
const MAX_PASSES: u32 = 10;
const MAX_LANES: u32 = 4;
const MAX_STORED_BYTES: usize = 512;
const SALT_BYTES_RANGE: std::ops::RangeInclusive<usize> = 8..=64;
const OUTPUT_BYTES_RANGE: std::ops::RangeInclusive<usize> = 16..=64;

/// A stored hash, by kind. Hashes of other systems get a variant each; all but ours, at our
/// parameters, are replaced at the next successful sign-in.
#[derive(Clone)]
pub(super) enum StoredHash {
    Argon2id(Argon2Hash),
}

/// The parts of a PHC string `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
#[derive(Clone)]
pub(super) struct Argon2Hash {
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
        .run(password, &salt, OUTPUT_BYTES, memory)
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
    /// Reads a stored hash; `None` for damaged ones, unknown kinds and excessive demands.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_STORED_BYTES {
            return None;
        }
        Argon2Hash::parse(text).map(Self::Argon2id)
    }

    /// Stands in for the hash of a user who does not exist: as slow, and never right.
    pub(super) fn nobodys() -> Self {
        Self::Argon2id(Argon2Hash {
            params: OUR_PARAMS,
            salt: vec![0; SALT_BYTES],
            // Nobody knows a password whose hash is all zeros.
            output: vec![0; OUTPUT_BYTES],
        })
    }

    /// Hashes the attempt as the stored password was, and compares.
    pub(super) fn verify(&self, attempt: &str, memory: &mut Vec<Block>) -> Verdict {
        match self {
            Self::Argon2id(stored) => stored.verify(attempt, memory),
        }
    }
}

impl Argon2Hash {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (params, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let hash = Self {
            params: Argon2Params::parse(params)?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            output: STANDARD_NO_PAD.decode(output).ok()?,
        };
        let is_sound = SALT_BYTES_RANGE.contains(&hash.salt.len())
            && OUTPUT_BYTES_RANGE.contains(&hash.output.len())
            && hash.params.to_argon2(hash.output.len()).is_some();
        is_sound.then_some(hash)
    }

    fn verify(&self, attempt: &str, memory: &mut Vec<Block>) -> Verdict {
        let Some(output) = self.params.run(attempt, &self.salt, self.output.len(), memory) else {
            return Verdict::Wrong;
        };
        if fingerprint(&output) == fingerprint(&self.output) {
            Verdict::Right { needs_rehash: self.is_outdated() }
        } else {
            Verdict::Wrong
        }
    }

    fn is_outdated(&self) -> bool {
        self.params != OUR_PARAMS
            || self.salt.len() < SALT_BYTES
            || self.output.len() != OUTPUT_BYTES
    }
}

impl Argon2Params {
    /// Reads `m=19456,t=2,p=1`, in that order as the PHC format demands.
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(',');
        let mut field = |name: &str, max: u32| {
            let number: u32 = fields.next()?.strip_prefix(name)?.parse().ok()?;
            (number <= max).then_some(number)
        };
        let params = Self {
            memory_kib: field("m=", MAX_MEMORY_KIB)?,
            passes: field("t=", MAX_PASSES)?,
            lanes: field("p=", MAX_LANES)?,
        };
        fields.next().is_none().then_some(params)
    }

    fn to_argon2(self, output_bytes: usize) -> Option<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(output_bytes)).ok()
    }

    fn run(
        self,
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
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, memory)
            .ok()?;
        Some(output)
    }
}

/// Digests compare in constant time whatever the length of the outputs.
fn fingerprint(output: &[u8]) -> Digest {
    digest(output)
}
