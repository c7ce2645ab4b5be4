//! Products from a file: matched by SKU, else by their first barcode.

use std::sync::Arc;

use super::check::check;
use super::table::{self, Columns, Kind, Members};
use super::write::{Whose, Writing};
use super::{ImportFile, Reason, Source, Watcher};
use crate::app::once::kept;
use crate::app::{App, Error, Once, Outcome, Result, Staff};
use crate::domain::catalog::ProductPatch;
use crate::domain::codes::{InvalidCode, Sku};
use crate::domain::id::ProductId;
use crate::domain::imports::Import;
use crate::domain::invalid::FieldErrors;
use crate::domain::settings::StoreSettings;
use crate::storage::{Reader, imports, products};
use crate::wire::import::{ImportOptions, ImportReport, UndoReport};
use crate::wire::product::ProductInput;

/// The highest price that a file may bring, in minor units. More is a typing error, a barcode in
/// the column of prices for example; such a price is set by hand.
pub(super) const PRICE_MAX_MINOR: i64 = 999_999_999;

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
    ("low_stock", Kind::ClearableWhole),
    ("scheduled_prices", Kind::PricesByTime),
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
    ("attributes", Kind::Json),
    ("inventory", Kind::Whole),
    ("id", Kind::Ignored),
    ("version", Kind::Ignored),
    ("created_at", Kind::Ignored),
    ("updated_at", Kind::Ignored),
    ("discounted_price", Kind::Ignored),
    ("thumbnails", Kind::Ignored),
    ("offer_name", Kind::Ignored),
    ("is_low", Kind::Ignored),
    ("packs", Kind::List),
    ("tare_g", Kind::ClearableWhole),
    ("deposit_id", Kind::ClearableWhole),
    ("deposit_sku", Kind::Clearable),
    ("pack_quantity", Kind::Ignored),
];

/// A row that was read.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) patch: ProductPatch,
    /// Its deposit, by SKU.
    pub(super) deposit: Option<Sku>,
    /// What a new product gets, if that is more.
    with_defaults: Option<Told>,
}

/// What a row sets, and its deposit if that is named by its SKU.
type Told = (ProductPatch, Option<Sku>);

impl Candidate {
    /// What a product that is there becomes.
    pub(super) fn for_present(&self) -> (&ProductPatch, Option<&Sku>) {
        (&self.patch, self.deposit.as_ref())
    }

    /// What a new product is made of.
    pub(super) fn for_new(&self) -> (&ProductPatch, Option<&Sku>) {
        match &self.with_defaults {
            Some((patch, deposit)) => (patch, deposit.as_ref()),
            None => self.for_present(),
        }
    }
}

impl App {
    /// Brings in a file of products, CSV or NDJSON.
    pub async fn import_products(
        &self,
        staff: &Staff,
        file: Vec<u8>,
        options: ImportOptions,
    ) -> Result<ImportReport> {
        let file = file.into();
        let done = self.import_products_once(staff, file, options, None, Watcher::default());
        match done.await? {
            Outcome::Fresh(report) => Ok(report),
            Outcome::Replayed { .. } => Err(Error::Internal("a repeat without a key".into())),
        }
    }

    /// The same for a request that may be a repeat, and watched. A dry run is never kept.
    ///
    /// The import goes on when nobody waits for it any more.
    pub async fn import_products_once(
        &self,
        staff: &Staff,
        file: ImportFile,
        options: ImportOptions,
        request: Option<Once<ImportReport>>,
        watcher: Watcher,
    ) -> Result<Outcome<ImportReport>> {
        let turn = if options.dry_run {
            None
        } else {
            Some(Arc::clone(&self.inner.imports.turn).lock_owned().await)
        };
        let request = request.filter(|_| !options.dry_run);
        let whose = self.importer(staff);
        let source = Source::of(whose.act, "product.import", "product", &file);
        let store = self.store().clone();
        let work = move || {
            let _turn = turn;
            if let Some(request) = &request
                && let Some(answer) = store.read(|tx| kept(tx, request, whose.now))?
            {
                return Ok(answer);
            }
            let found = check(&store, &file, &options, &whose, &watcher)?;
            let is_bad = found.errors.rows > 0 && !options.partial;
            if options.dry_run || is_bad {
                return Ok(Outcome::Fresh(found.report(options.dry_run)));
            }
            Writing { store: &store, file: &file, options: &options, whose, source, watcher }
                .run(found, request)
        };
        let outcome = tokio::task::spawn_blocking(work).await;
        let outcome = outcome.map_err(|error| Error::Internal(error.to_string()))??;
        self.search_caught_up().await;
        Ok(outcome)
    }

    /// Imports of products, the newest first, and how many there are.
    pub fn imports(
        &self,
        _staff: &Staff,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Import>, u64)> {
        self.read(|tx| {
            let total = tx.len(crate::storage::tables::IMPORT_BY_ID)?;
            let limit = offset.saturating_add(limit).min(2 * imports::IMPORTS_MAX);
            let found = imports::imports(tx, limit)?;
            Ok((found.into_iter().skip(offset).collect(), total))
        })
    }

    /// An import of products.
    pub fn import(&self, _staff: &Staff, id: u64) -> Result<Import> {
        self.read(|tx| imports::import(tx, id)?.ok_or_else(|| Error::not_found("import")))
    }

    /// Takes an import back as one act. What was edited or sold since is kept, and named.
    pub async fn undo_import(
        &self,
        staff: &Staff,
        id: u64,
        request: Option<Once<UndoReport>>,
        watcher: Watcher,
    ) -> Result<Outcome<UndoReport>> {
        let turn = Arc::clone(&self.inner.imports.turn).lock_owned().await;
        let (whose, store) = (self.importer(staff), self.store().clone());
        let work = move || {
            let _turn = turn;
            if let Some(request) = &request
                && let Some(answer) = store.read(|tx| kept(tx, request, whose.now))?
            {
                return Ok(answer);
            }
            store.read(|tx| super::undo::check(tx, id))?;
            super::undo::undo(&store, id, &whose, request, &watcher)
        };
        let outcome = tokio::task::spawn_blocking(work).await;
        let outcome = outcome.map_err(|error| Error::Internal(error.to_string()))??;
        self.search_caught_up().await;
        Ok(outcome)
    }

    fn importer(&self, staff: &Staff) -> Whose {
        Whose {
            act: self.act(staff),
            by: staff.user_id(),
            now: self.now(),
            settings: self.settings().clone(),
        }
    }
}

/// The product that a row means.
pub(super) fn matching(tx: &impl Reader, patch: &ProductPatch) -> Result<Option<ProductId>> {
    if let Some(sku) = &patch.sku {
        return Ok(products::by_sku(tx, sku)?);
    }
    let Some(gtin) = patch.barcodes.as_ref().and_then(|codes| codes.first()) else {
        return Ok(None);
    };
    let Some(id) = products::by_gtin(tx, *gtin)? else { return Ok(None) };
    // A pack of another product does not name that product.
    let owner = products::product(tx, id)?;
    Ok(owner.filter(|owner| owner.barcodes.contains(gtin)).map(|owner| owner.id))
}

/// The row as a change of the catalogue.
pub(super) fn candidate(
    members: Members,
    defaults: &Members,
    settings: &StoreSettings,
) -> std::result::Result<Candidate, Vec<Reason>> {
    let (patch, deposit) = read(&members, settings)?;
    let says_nothing = |json: &str| matches!(json, "null" | "\"\"" | "[]");
    let is_given = |name: &str| members.iter().any(|(it, json)| it == name && !says_nothing(json));
    let missing: Members = defaults.iter().filter(|(name, _)| !is_given(name)).cloned().collect();
    if missing.is_empty() {
        return Ok(Candidate { patch, deposit, with_defaults: None });
    }
    let mut full = members;
    full.retain(|(name, _)| missing.iter().all(|(it, _)| it != name));
    full.extend(missing);
    let with_defaults = Some(read(&full, settings)?);
    Ok(Candidate { patch, deposit, with_defaults })
}

/// The members of a row; a deposit is named by its SKU or by its id.
fn read(members: &Members, settings: &StoreSettings) -> std::result::Result<Told, Vec<Reason>> {
    let value = |name: &str| members.iter().find(|(it, _)| it == name).map(|(_, json)| json);
    let Some(named) = value("deposit_sku") else { return Ok((patch(members, settings)?, None)) };
    let wrong = |message: String| vec![("deposit_sku".to_owned(), message)];
    let sku: Option<String> = serde_json::from_str(named)
        .map_err(|_| wrong("is the SKU of a product, as text".to_owned()))?;
    let has_id = value("deposit_id").is_some_and(|json| json != "null");
    let mut others: Members =
        members.iter().filter(|(name, _)| name != "deposit_sku").cloned().collect();
    let Some(sku) = sku.filter(|sku| !sku.is_empty()) else {
        if !has_id {
            others.retain(|(name, _)| name != "deposit_id");
            others.push(("deposit_id".to_owned(), "null".to_owned()));
        }
        return Ok((patch(&others, settings)?, None));
    };
    if has_id {
        return Err(wrong("stands beside a deposit_id: one of them is enough".to_owned()));
    }
    let sku = sku.parse().map_err(|error: InvalidCode| error.to_string());
    match (patch(&others, settings), sku) {
        (Ok(patch), Ok(sku)) => Ok((patch, Some(sku))),
        (Ok(_), Err(message)) => Err(wrong(message)),
        (Err(reasons), Ok(_)) => Err(reasons),
        (Err(mut reasons), Err(message)) => {
            reasons.extend(wrong(message));
            Err(reasons)
        }
    }
}

fn patch(
    members: &Members,
    settings: &StoreSettings,
) -> std::result::Result<ProductPatch, Vec<Reason>> {
    let currency = &settings.currency;
    let input: ProductInput = table::typed(members)?;
    if let Some(other) = input.other_currency(currency) {
        let message = format!("is {other}, the store's is {currency}");
        return Err(vec![("currency".to_owned(), message)]);
    }
    input.into_patch(currency, &settings.time_zone).map_err(|fields| told(&fields))
}

fn told(fields: &FieldErrors) -> Vec<Reason> {
    fields.iter().map(|error| (error.field.clone(), error.message.clone())).collect()
}
