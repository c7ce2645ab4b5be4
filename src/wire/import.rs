//! What an import is told and what it reports.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::imports::{Import, Kept};

/// How an import treats its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Say what would happen and change nothing.
    pub dry_run: bool,
    /// Apply the good rows although others are bad.
    pub partial: bool,
    /// What headers mean, `Artikel=name;Preis=price;Notiz=`; no column leaves a header out.
    pub map: String,
    /// What new products get where their row says nothing, `price=1.00;category=Food`.
    pub defaults: String,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// The import's number, by which it can be undone; `null` when nothing was changed.
    pub id: Option<u64>,
    /// Whether anything was written, or needed to be.
    pub applied: bool,
    /// Rows that were added.
    pub new: usize,
    /// Rows that changed something that was there.
    pub changed: usize,
    /// Rows that said what was there already.
    pub unchanged: usize,
    /// Rows with errors.
    pub rejected: usize,
    /// Paths of pictures below `/misc/images/` that this shop does not have and that were left
    /// out; a product that is there keeps its pictures then.
    #[serde(default)]
    pub images_left_out: usize,
    /// What each cell of a CSV's header was taken for; empty for NDJSON.
    #[serde(default)]
    pub columns: Vec<ImportColumn>,
    /// The first new and changed rows, of products only, by line.
    #[serde(default)]
    pub changes: Vec<RowChange>,
    /// The first errors, by line.
    pub errors: Vec<RowError>,
}

/// A header and the column that it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportColumn {
    /// As it stands in the file.
    pub header: String,
    /// `null` for one that is left out.
    pub column: Option<String>,
}

/// What a row does to the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RowChange {
    /// Counted from 1, as editors do; the line on which the row begins.
    pub line: usize,
    /// `new` or `changed`.
    #[schema(example = "changed")]
    pub verdict: String,
    /// The product's SKU; `null` for a new one that gets one from its id.
    pub sku: Option<String>,
    /// The product's name, after the import.
    pub name: String,
    /// The members that are set or differ.
    pub fields: BTreeMap<String, FieldChange>,
}

/// A member of a product before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// `null` for a new product.
    #[schema(value_type = Option<Value>)]
    pub before: Value,
    /// What it is by this file.
    #[schema(value_type = Option<Value>)]
    pub after: Value,
}

/// One thing that is wrong with a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// Counted from 1, as editors do; the line on which the row begins.
    pub line: usize,
    /// The column or member; empty when it is the line as a whole.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// An import of products, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportSummary {
    id: u64,
    /// `products`.
    #[schema(example = "products")]
    kind: String,
    at: Timestamp,
    /// The account that brought it; `null` for the command line.
    by: Option<u64>,
    /// Of the whole file, hexadecimal.
    file_sha256: String,
    new: u64,
    changed: u64,
    unchanged: u64,
    rejected: u64,
    /// `running`, `done`, `undone` or `interrupted` (cut off, and what it had written stays).
    #[schema(example = "done")]
    state: String,
    undone_at: Option<Timestamp>,
}

impl From<Import> for ImportSummary {
    fn from(import: Import) -> Self {
        Self {
            id: import.id,
            kind: "products".to_owned(),
            at: import.at,
            by: import.by.map(crate::domain::id::UserId::value),
            file_sha256: import.file_sha256.iter().fold(String::new(), |mut hex, byte| {
                // Writing into a text does not fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            }),
            new: import.new,
            changed: import.changed,
            unchanged: import.unchanged,
            rejected: import.rejected,
            state: import.state.as_str().to_owned(),
            undone_at: import.undone_at,
        }
    }
}

/// What came of undoing an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoReport {
    /// The import's number.
    pub id: u64,
    /// Products that are what they were before.
    pub restored: u64,
    /// Products that the import had added and that are gone again.
    pub deleted: u64,
    /// Products that are left as they are, at most 1,000 of them.
    pub kept: Vec<KeptProduct>,
}

/// A product that undoing an import left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptProduct {
    /// Its id.
    pub product_id: u64,
    /// Its SKU.
    pub sku: String,
    /// Why: somebody edited it since, for example.
    pub reason: String,
}

impl From<Kept> for KeptProduct {
    fn from(Kept { product_id, sku, reason }: Kept) -> Self {
        Self { product_id: product_id.value(), sku, reason }
    }
}

/// How far an import is, for whoever watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    /// What is done at the moment.
    pub phase: ImportPhase,
    /// So much of it.
    pub done: u64,
    /// Of so much.
    pub total: u64,
}

/// What an import does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportPhase {
    /// Reads and checks the file, in bytes.
    Checking,
    /// Writes what it says, in rows.
    Writing,
    /// Takes back what was written, in products.
    Undoing,
}
