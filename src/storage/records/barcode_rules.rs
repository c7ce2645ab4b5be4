//! The rules of variable-measure barcodes on disk.

use serde::{Deserialize, Serialize};

use crate::domain::codes::VariableMeasureRule;
use crate::storage::record::record;

/// The rules that the owner wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarcodeRules {
    /// Counts the times that they were written, from 1.
    pub version: u64,
    /// In the order in which they are tried.
    pub rules: Vec<VariableMeasureRule>,
}

record!(BarcodeRules, format 1);
