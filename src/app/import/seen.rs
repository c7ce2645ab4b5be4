//! What stands in a file already, in few bytes: codes by 128 bits of their hash.

use std::collections::HashMap;

/// 128 bits of a SHA-256: two codes of a file never share them.
pub(super) type Code = [u32; 4];

/// Finds what stands twice in a file: each code belongs to one row.
#[derive(Debug, Default)]
pub(in crate::app) struct Seen {
    line_by_code: HashMap<Code, u32>,
}

impl Seen {
    /// Notes a code; an error when an earlier line has it.
    pub(in crate::app) fn check(
        &mut self,
        field: &str,
        code: &str,
        line: usize,
    ) -> Result<(), String> {
        let number = u32::try_from(line).unwrap_or(u32::MAX);
        match self.line_by_code.insert(hash(field, code), number) {
            Some(earlier) if earlier != number => Err(format!("is on line {earlier} already")),
            _ => Ok(()),
        }
    }

    /// The last line that has a code.
    pub(super) fn line(&self, code: &Code) -> Option<usize> {
        self.line_by_code.get(code).and_then(|line| usize::try_from(*line).ok())
    }
}

/// What stands for a code of this kind.
pub(super) fn hash(field: &str, code: &str) -> Code {
    let digest = crate::auth::digest(format!("{field}\0{code}"));
    let (words, _) = digest.as_bytes().as_chunks::<4>();
    [0, 1, 2, 3].map(|at| u32::from_le_bytes(words[at]))
}
