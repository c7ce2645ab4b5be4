//! The first reading of a file of products: each row is judged by the file so far and by the
//! committed catalogue, in short read transactions, with nothing written and nobody waiting.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::differences::fields;
use super::products::{COLUMNS, Candidate, PRICE_MAX_MINOR, candidate, matching};
use super::references::{Resolved, as_in_file, no_deposit};
use super::seen::{Code, Seen, hash};
use super::table::{Rows, defaults};
use super::write::Whose;
use super::{
    CHANGES_REPORTED_MAX, CHUNK_BYTES, CHUNK_ROWS, Errors, ImportFile, Reason, Watcher, reasons,
};
use crate::app::products::{BELOW_ZERO, check_codes, check_references, existing, unpriced};
use crate::app::{Error, Result};
use crate::domain::catalog::{Product, Unit};
use crate::domain::codes::Sku;
use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::view::StockedProduct;
use crate::storage::products::deposit_count;
use crate::storage::{Reader, Store};
use crate::wire::import::{
    FieldChange, ImportColumn, ImportOptions, ImportPhase, ImportReport, RowChange,
};

/// What the first reading found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) new: usize,
    pub(super) changed: usize,
    pub(super) unchanged: usize,
    pub(super) errors: Errors,
    pub(super) images_left_out: usize,
    pub(super) columns: Vec<ImportColumn>,
    pub(super) changes: Vec<RowChange>,
    /// For each row in its order whether it is to be written.
    pub(super) is_wanted: Vec<bool>,
}

impl Found {
    /// The report of an import that wrote nothing. What happened is nothing then, and the errors
    /// say why; a dry run says what would happen.
    pub(super) fn report(self, is_dry_run: bool) -> ImportReport {
        let (new, changed) = if is_dry_run { (self.new, self.changed) } else { (0, 0) };
        ImportReport {
            id: None,
            applied: false,
            new,
            changed,
            unchanged: self.unchanged,
            rejected: self.errors.rows,
            images_left_out: if is_dry_run { self.images_left_out } else { 0 },
            columns: self.columns,
            changes: if is_dry_run { self.changes } else { Vec::new() },
            errors: self.errors.kept,
        }
    }
}

/// Reads a file and judges its rows.
pub(super) fn check(
    store: &Store,
    file: &ImportFile,
    options: &ImportOptions,
    whose: &Whose,
    watcher: &Watcher,
) -> Result<Found> {
    let defaults = defaults(&options.defaults, COLUMNS)?;
    let mut rows = Rows::open(file, COLUMNS, options, true)?;
    let mut judge = Judge {
        whose,
        seen: Seen::default(),
        line_by_product: HashMap::new(),
        released: HashSet::new(),
        deposits: HashSet::new(),
        found: Found::default(),
    };
    judge.found.columns = rows
        .columns()
        .into_iter()
        .map(|(header, column)| ImportColumn {
            header: super::cut(header),
            column: column.map(str::to_owned),
        })
        .collect();
    let (mut batch, mut batch_begin) = (Vec::new(), 0);
    loop {
        let next = rows.next_row()?;
        let is_over = next.is_none();
        if let Some((line, row)) = next {
            let place = judge.found.is_wanted.len();
            judge.found.is_wanted.push(false);
            match row.and_then(|members| candidate(members, &defaults, &whose.settings)) {
                Ok(row) => batch.push((place, line, row)),
                Err(reasons) => judge.found.errors.reject(line, reasons),
            }
        }
        let read_bytes = rows.read_bytes();
        if is_over || batch.len() >= CHUNK_ROWS || read_bytes - batch_begin > CHUNK_BYTES {
            // A transaction for each batch: a long one would make the file grow.
            store.read(|tx| judge.batch(tx, &batch))?;
            batch.clear();
            batch_begin = read_bytes;
            watcher.tell(ImportPhase::Checking, read_bytes, file.bytes());
        }
        if is_over {
            judge.found.errors.kept.sort();
            return Ok(judge.found);
        }
    }
}

struct Judge<'a> {
    whose: &'a Whose,
    seen: Seen,
    line_by_product: HashMap<ProductId, usize>,
    /// Codes that earlier rows take from their products.
    released: HashSet<Code>,
    /// SKUs of new products that may be the deposit of later rows.
    deposits: HashSet<Code>,
    found: Found,
}

/// What a row does, with the product before and after.
struct Effect {
    before: Option<StockedProduct>,
    after: StockedProduct,
    /// A deposit that an earlier row brings, and so has no id yet.
    deposit: Option<Sku>,
}

/// What came of a step; what is wrong with the row is noted.
fn take<T>(faults: &mut Vec<Reason>, step: Result<T>) -> Result<Option<T>> {
    match step {
        Ok(done) => Ok(Some(done)),
        Err(error) => {
            faults.extend(reasons(error)?);
            Ok(None)
        }
    }
}

/// Stands for the id of a new product, which nobody has yet.
fn placeholder() -> Result<ProductId> {
    ProductId::new(u64::try_from(i64::MAX).unwrap_or(1))
        .map_err(|error| Error::Internal(error.to_string()))
}

impl Judge<'_> {
    fn batch(&mut self, tx: &impl Reader, batch: &[(usize, usize, Candidate)]) -> Result<()> {
        for (place, line, row) in batch {
            let repeats = self.repeats(*line, row);
            if !repeats.is_empty() {
                self.found.errors.reject(*line, repeats);
                continue;
            }
            let mut faults = Vec::new();
            match self.effect(tx, *line, row, &mut faults)? {
                Some(effect) => {
                    self.found.is_wanted[*place] = true;
                    self.note(*line, row, &effect)?;
                }
                None if faults.is_empty() => self.found.unchanged += 1,
                None => self.found.errors.reject(*line, as_in_file(faults, row.deposit.as_ref())),
            }
        }
        Ok(())
    }

    /// The codes that an earlier line of the file has too.
    fn repeats(&mut self, line: usize, row: &Candidate) -> Vec<Reason> {
        // A pack shares the barcodes' numbers.
        let packs = row.patch.packs.iter().flatten().map(|pack| &pack.barcode);
        codes(
            row.patch.sku.as_ref(),
            row.patch.barcodes.iter().flatten().chain(packs),
            row.patch.plu.flatten(),
            row.patch.rfid.iter().flatten(),
        )
        .filter_map(|(field, code)| {
            let message = self.seen.check(field, &code, line).err()?;
            Some((field.to_owned(), format!("{code} {message}")))
        })
        .collect()
    }

    /// What the row does; `None` if that is nothing, or if there are faults.
    fn effect(
        &mut self,
        tx: &impl Reader,
        line: usize,
        row: &Candidate,
        faults: &mut Vec<Reason>,
    ) -> Result<Option<Effect>> {
        let now = self.whose.now;
        let before = match self.present(tx, row)? {
            None => None,
            Some(id) => Some(unpriced(tx, existing(tx, id)?)?),
        };
        let present = before.as_ref().map(|it| &it.product);
        if let Some(present) = present
            && let Some(earlier) = self.line_by_product.insert(present.id, line)
        {
            faults.push((String::new(), format!("means the same product as line {earlier}")));
            return Ok(None);
        }
        let wanted = if present.is_some() { row.for_present() } else { row.for_new() };
        let Resolved { patch, images_left_out, missing_deposit } =
            Resolved::new(tx, wanted, present)?;
        self.found.images_left_out += images_left_out;
        if let Some(sku) = missing_deposit {
            take(faults, self.check_coming(tx, sku, line, present))?;
        }
        let old_stock = before.as_ref().map_or(0, |it| it.stock);
        let stock = patch.stock.unwrap_or(old_stock);
        if stock < 0 && (stock != old_stock || present.is_none()) {
            faults.push(("stock".to_owned(), BELOW_ZERO.to_owned()));
        }
        let made = match present {
            None => Product::create(placeholder()?, &patch, now).map(|product| (product, true)),
            Some(present) => {
                let mut product = present.clone();
                let applied = product.apply(&patch, now);
                applied.map(|is_other| (product, is_other || missing_deposit.is_some()))
            }
        };
        let Some((product, is_other)) = take(faults, made.map_err(Error::from))? else {
            return Ok(None);
        };
        if product.price.minor() > PRICE_MAX_MINOR
            && present.is_none_or(|present| present.price != product.price)
        {
            let most = Money::from_minor(PRICE_MAX_MINOR).shown(&self.whose.settings.currency);
            let message =
                format!("is above {most}, the most that a file may bring: is it a typing error?");
            faults.push(("price".to_owned(), message));
        }
        if is_other {
            take(faults, self.check_codes(tx, &product))?;
            take(faults, check_references(tx, present, &product))?;
        }
        if !faults.is_empty() || (!is_other && stock == old_stock) {
            return Ok(None);
        }
        if let Some(present) = present {
            self.release(present, &product);
        } else if product.unit == Unit::Each && product.deposit_id.is_none() {
            let is_single = missing_deposit.is_none() && wanted.0.sku.is_some();
            self.deposits.extend(is_single.then(|| hash("sku", product.sku.as_str())));
        }
        let deposit = missing_deposit.cloned();
        let after = StockedProduct { product, stock, offer: None };
        Ok(Some(Effect { before, after, deposit }))
    }

    /// The product that a row changes.
    fn present(&self, tx: &impl Reader, row: &Candidate) -> Result<Option<ProductId>> {
        let first = row.patch.barcodes.as_ref().and_then(|codes| codes.first());
        let is_free = row.patch.sku.is_none()
            && first.is_some_and(|it| self.released.contains(&hash("barcodes", &it.to_string())));
        Ok(matching(tx, &row.patch)?.filter(|_| !is_free))
    }

    /// Judges a deposit that this file has to bring.
    fn check_coming(
        &self,
        tx: &impl Reader,
        sku: &Sku,
        line: usize,
        present: Option<&Product>,
    ) -> Result<()> {
        let code = hash("sku", sku.as_str());
        if !self.deposits.contains(&code) {
            let Some(earlier) = self.seen.line(&code).filter(|it| *it < line) else {
                return Err(no_deposit(sku));
            };
            let message = format!(
                "{sku} is on line {earlier} and can be no deposit: that row is rejected, or is \
                 sold by weight, or has a deposit itself"
            );
            return Err(Error::field("deposit_sku", message));
        }
        match present {
            Some(it) if it.deposit_id.is_none() && deposit_count(tx, it.id)? > 0 => {
                Err(Error::field("deposit_sku", "this product is a deposit and has none itself"))
            }
            _ => Ok(()),
        }
    }

    /// Every code belongs to one product. One that an earlier row gives free may be taken: the
    /// writer, which has written that row then, looks again.
    fn check_codes(&self, tx: &impl Reader, product: &Product) -> Result<()> {
        match check_codes(tx, product) {
            Err(error @ Error::Conflict(_)) => {
                let mut own = codes_of(product);
                let is_released =
                    own.any(|(field, code)| self.released.contains(&hash(field, &code)));
                if is_released { Ok(()) } else { Err(error) }
            }
            other => other,
        }
    }

    fn release(&mut self, before: &Product, after: &Product) {
        let kept: HashSet<(&str, String)> = codes_of(after).collect();
        for code in codes_of(before).filter(|code| !kept.contains(code)) {
            self.released.insert(hash(code.0, &code.1));
        }
    }

    /// Counts an effect, and tells of the first ones.
    fn note(&mut self, line: usize, row: &Candidate, effect: &Effect) -> Result<()> {
        let found = &mut self.found;
        *(if effect.before.is_some() { &mut found.changed } else { &mut found.new }) += 1;
        if found.changes.len() >= CHANGES_REPORTED_MAX {
            return Ok(());
        }
        let is_new = effect.before.is_none();
        let product = &effect.after.product;
        let sku = (!is_new || row.for_new().0.sku.is_some()).then(|| product.sku.to_string());
        let mut fields =
            fields(effect.before.as_ref(), &effect.after, &self.whose.settings.currency)?;
        if sku.is_none() {
            fields.remove("sku");
        }
        // Follows from the stock.
        fields.remove("is_low");
        if let Some(deposit) = &effect.deposit {
            let after = Value::from(deposit.as_str());
            fields.insert("deposit_sku".to_owned(), FieldChange { before: Value::Null, after });
        }
        found.changes.push(RowChange {
            line,
            verdict: if is_new { "new" } else { "changed" }.to_owned(),
            sku,
            name: product.name.clone(),
            fields,
        });
        Ok(())
    }
}

fn codes_of(product: &Product) -> impl Iterator<Item = (&'static str, String)> {
    let gtins = product.barcodes.iter().chain(product.packs.iter().map(|pack| &pack.barcode));
    codes(Some(&product.sku), gtins, product.plu, product.rfid.iter())
}

fn codes<'a>(
    sku: Option<&'a crate::domain::codes::Sku>,
    barcodes: impl Iterator<Item = &'a crate::domain::codes::Gtin>,
    plu: Option<crate::domain::codes::Plu>,
    rfid: impl Iterator<Item = &'a crate::domain::codes::Uid>,
) -> impl Iterator<Item = (&'static str, String)> {
    let sku = sku.into_iter().map(|sku| ("sku", sku.to_string()));
    let gtins = barcodes.map(|gtin| ("barcodes", gtin.to_string()));
    let plu = plu.into_iter().map(|plu| ("plu", plu.to_string()));
    let tags = rfid.map(|uid| ("rfid", uid.to_string()));
    sku.chain(gtins).chain(plu).chain(tags)
}
