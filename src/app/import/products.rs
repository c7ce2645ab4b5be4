//! Products from a file: matched by SKU, else by their first barcode.

use super::table::{self, Columns, Kind, Members};
use super::{Checked, Errors, Parsed, Seen, Source, Verdict};
use crate::app::audit::{Change, shapes};
use crate::app::products::{create, existing, unpriced, update};
use crate::app::{App, Result, Staff};
use crate::domain::catalog::ProductPatch;
use crate::domain::id::ProductId;
use crate::domain::money::Currency;
use crate::storage::{Reader, products};
use crate::wire::import::{ImportOptions, ImportReport};
use crate::wire::product::ProductInput;

/// The columns of a file of products; `name` and `price` must be there for new ones.
pub(in crate::app) const COLUMNS: Columns = &[
    ("sku", Kind::Word),
    ("barcodes", Kind::List),
    ("plu", Kind::Clearable),
    ("rfid", Kind::List),
    ("name", Kind::Word),
    ("brand", Kind::Text),
    ("category", Kind::Text),
    ("description", Kind::Text),
    ("price", Kind::Decimal),
    ("currency", Kind::Word),
    ("stock", Kind::Whole),
    ("unit", Kind::Word),
    ("weight_g", Kind::ClearableWhole),
    ("tax_rate", Kind::Decimal),
    ("min_age", Kind::ClearableWhole),
    ("allergens", Kind::List),
    ("food_types", Kind::List),
    ("pick_group", Kind::Whole),
    ("location", Kind::Clearable),
    ("images", Kind::List),
    ("active", Kind::Flag),
    ("inventory", Kind::Whole),
    ("id", Kind::Ignored),
    ("version", Kind::Ignored),
    ("created_at", Kind::Ignored),
    ("updated_at", Kind::Ignored),
    ("discounted_price", Kind::Ignored),
    ("thumbnails", Kind::Ignored),
    ("offer_name", Kind::Ignored),
];

impl App {
    /// Brings in a file of products, CSV or NDJSON.
    pub async fn import_products(
        &self,
        staff: &Staff,
        file: Vec<u8>,
        options: ImportOptions,
    ) -> Result<ImportReport> {
        let currency = self.settings().currency;
        let source = Source::of(self.act(staff), "product.import", "product", &file);
        let parsed = tokio::task::spawn_blocking(move || parse(&file, &currency));
        let parsed = parsed.await.map_err(|e| crate::app::Error::Internal(e.to_string()))??;
        let (now, by) = (self.now(), staff.user_id());
        let report = self
            .import_rows(parsed, options, source, move |tx, patch| {
                let Some(id) = matching(tx, patch)? else {
                    create(tx, patch, by, now)?;
                    return Ok(Verdict::New);
                };
                let before = unpriced(tx, existing(tx, id)?)?;
                let after = update(tx, id, patch, None, by, now)?;
                if after == before {
                    return Ok(Verdict::Unchanged);
                }
                let shape = |it| shapes::product(it, &currency);
                let change = Change::between(shape(&before), shape(&after));
                Ok(Verdict::Changed(id.to_string(), change))
            })
            .await?;
        self.search_caught_up().await;
        Ok(report)
    }
}

/// The product that a row means.
fn matching(tx: &impl Reader, patch: &ProductPatch) -> Result<Option<ProductId>> {
    if let Some(sku) = &patch.sku {
        return Ok(products::by_sku(tx, sku)?);
    }
    match patch.barcodes.as_ref().and_then(|codes| codes.first()) {
        Some(gtin) => Ok(products::by_gtin(tx, *gtin)?),
        None => Ok(None),
    }
}

fn parse(file: &[u8], currency: &Currency) -> Result<Parsed<ProductPatch>> {
    let Parsed { rows: raw, mut errors } = table::read(file, COLUMNS)?;
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(raw.len());
    for Checked { line, row } in raw {
        if let Some(row) = checked(line, &row, currency, &mut seen, &mut errors) {
            rows.push(Checked { line, row });
        }
    }
    Ok(Parsed { rows, errors })
}

fn checked(
    line: usize,
    members: &Members,
    currency: &Currency,
    seen: &mut Seen,
    errors: &mut Errors,
) -> Option<ProductPatch> {
    let input: ProductInput = match table::typed(members) {
        Ok(input) => input,
        Err(reasons) => {
            errors.reject(line, reasons);
            return None;
        }
    };
    if let Some(other) = input.other_currency(currency) {
        let message = format!("is {other}, the store's is {currency}");
        errors.reject(line, vec![("currency".to_owned(), message)]);
        return None;
    }
    let patch = match input.into_patch(currency) {
        Ok(patch) => patch,
        Err(fields) => {
            let reasons = fields.iter().map(|e| (e.field.clone(), e.message.clone()));
            errors.reject(line, reasons.collect());
            return None;
        }
    };
    let repeats = repeats(line, &patch, seen);
    if repeats.is_empty() {
        return Some(patch);
    }
    errors.reject(line, repeats);
    None
}

/// The codes that an earlier line of the file has too.
fn repeats(line: usize, patch: &ProductPatch, seen: &mut Seen) -> Vec<(String, String)> {
    let sku = patch.sku.iter().map(|sku| ("sku", sku.to_string()));
    let gtins = patch.barcodes.iter().flatten().map(|gtin| ("barcodes", gtin.to_string()));
    let plu = patch.plu.iter().flatten().map(|plu| ("plu", plu.to_string()));
    let tags = patch.rfid.iter().flatten().map(|uid| ("rfid", uid.to_string()));
    let codes = sku.chain(gtins).chain(plu).chain(tags);
    codes
        .filter_map(|(field, code)| {
            let text = code.clone();
            let message = seen.check(field, code, line).err()?;
            Some((field.to_owned(), format!("{text} {message}")))
        })
        .collect()
}
