//! What is wrong with an input, field by field.

use std::fmt;

/// The most field errors that one answer lists; the rest would help nobody.
pub const FIELD_ERRORS_MAX: usize = 50;

/// One field and what to change about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The member's path in the request, for example `items[2].quantity`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Everything that is wrong with an input. Never empty once returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// No error yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One error.
    pub fn one(field: impl Into<String>, message: impl fmt::Display) -> Self {
        let mut errors = Self::new();
        errors.push(field, message);
        errors
    }

    /// Adds an error; beyond [`FIELD_ERRORS_MAX`] it is dropped.
    pub fn push(&mut self, field: impl Into<String>, message: impl fmt::Display) {
        if self.0.len() < FIELD_ERRORS_MAX {
            self.0.push(FieldError { field: field.into(), message: message.to_string() });
        }
    }

    /// The value, or `None` with the error noted under `field`.
    pub fn take<T, E: fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(field, error);
                None
            }
        }
    }

    /// `Ok` when nothing was noted.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", error.field, error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}
