//! The rules of variable-measure barcodes. Whoever reads a code reads them in the same transaction,
//! so a change is in force with its commit and nothing has to be refreshed.

use super::error::Error;
use super::read::Reader;
use super::records::barcode_rules::BarcodeRules;
use super::tables::BARCODE_RULES;
use super::write::WriteTx;

/// What the owner wrote, if anything.
pub fn written(tx: &impl Reader) -> Result<Option<BarcodeRules>, Error> {
    tx.get(BARCODE_RULES, &())
}

/// Writes them.
pub fn put(tx: &mut WriteTx<'_>, rules: &BarcodeRules) -> Result<(), Error> {
    tx.put(BARCODE_RULES, &(), rules)
}
