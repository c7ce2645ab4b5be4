//! Promotions: make, edit, delete, find, and which of them run.
//!
//! All promotions are held in memory, with the count of changes that they are as old as. Whoever
//! prices something compares that count with the committed one, a read of one row, so no writer
//! has to remember to refresh anything. While nothing at all is committed, which the number of the
//! last change tells without a look at the file, even that is left out. What runs changes by time alone too: the index of what
//! runs is kept until the next promotion starts or ends.

mod due;

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::audit::{self, Change, shapes};
use super::once::{Once, Outcome, once};
use super::trolley_times::Watch;
use super::{App, Error, Result, Staff, Versions};
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::invalid::FieldErrors;
use crate::domain::promotions::running::{Running, moments_around};
use crate::domain::promotions::{
    PROMOTION_PRODUCTS_MAX, PROMOTIONS_MAX, Promotion, PromotionPatch,
};
use crate::domain::settings::{StoreSettings, TaxMode};
use crate::storage::{Reader, WriteTx, products, promotions};

/// What prices follow from beside the catalogue. Taken before a transaction, so that pricing in
/// it looks at nothing else.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) tax_mode: TaxMode,
    pub(super) running: Arc<Running>,
    /// When carts count as idle or abandoned.
    pub(super) watch: Watch,
}

/// The promotions in memory.
#[derive(Debug, Default)]
pub(super) struct PromotionBoard {
    loaded: Mutex<Option<Loaded>>,
    /// Counts the writes of this process: wakes the job that announces.
    news: watch::Sender<u64>,
    /// One announcer at a time, so that numbers go out in their order.
    announcing: tokio::sync::Mutex<()>,
}

/// All promotions at one version, and those that run at one time.
#[derive(Debug, Clone)]
struct Loaded {
    version: u64,
    /// The number of a committed change that this is at least as new as.
    as_of: u64,
    all: Arc<[Promotion]>,
    running: Arc<Running>,
    /// `running` holds from this moment on.
    since: Option<Timestamp>,
    /// `running` holds until just before this moment.
    until: Option<Timestamp>,
}

impl Loaded {
    fn new(version: u64, as_of: u64, all: Arc<[Promotion]>, now: Timestamp) -> Self {
        let (since, until) = moments_around(&all, now);
        Self { version, as_of, running: Arc::new(Running::at(&all, now)), all, since, until }
    }

    fn holds_at(&self, now: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= now) && self.until.is_none_or(|until| now < until)
    }
}

impl App {
    /// Makes a promotion. One that runs already is announced at once.
    pub async fn create_promotion(
        &self,
        staff: &Staff,
        patch: PromotionPatch,
        request: Option<Once<Promotion>>,
    ) -> Result<Outcome<Promotion>> {
        let (now, settings, act) = (self.now(), self.settings().clone(), self.act(staff));
        let work = move |tx: &mut WriteTx<'_>| {
            let made = create(tx, &settings, &patch, now)?;
            let change = Change::made(shapes::promotion(&made, &settings.currency, now));
            audit::record(tx, &act, "promotion.create", ("promotion", made.id), change)?;
            Ok(made)
        };
        let made = self.write(move |tx| once(tx, request, now, work)).await?;
        self.promotions_written().await;
        Ok(made)
    }

    /// Sets the fields of `patch`. `expected` is the version that the caller saw. One that begins
    /// to run by this is announced at once.
    pub async fn update_promotion(
        &self,
        staff: &Staff,
        id: PromotionId,
        patch: PromotionPatch,
        expected: Option<Versions>,
    ) -> Result<Promotion> {
        let (now, settings, act) = (self.now(), self.settings().clone(), self.act(staff));
        let updated = self
            .write(move |tx| {
                let promotion = existing(tx, id)?;
                super::check_version(expected, promotion.version)?;
                let before = shapes::promotion(&promotion, &settings.currency, now);
                let (after, changed) = update(tx, &settings, promotion, &patch, now)?;
                if changed {
                    let shape = shapes::promotion(&after, &settings.currency, now);
                    let change = Change::between(before, shape);
                    audit::record(tx, &act, "promotion.update", ("promotion", id), change)?;
                }
                Ok(after)
            })
            .await?;
        self.promotions_written().await;
        Ok(updated)
    }

    /// Removes a promotion. Orders keep what it took off.
    pub async fn delete_promotion(
        &self,
        staff: &Staff,
        id: PromotionId,
        expected: Option<Versions>,
    ) -> Result<()> {
        let (now, currency, act) = (self.now(), self.settings().currency, self.act(staff));
        self.write(move |tx| {
            let gone = existing(tx, id)?;
            super::check_version(expected, gone.version)?;
            let change = Change::removed(shapes::promotion(&gone, &currency, now));
            audit::record(tx, &act, "promotion.delete", ("promotion", id), change)?;
            Ok(promotions::delete(tx, id)?)
        })
        .await?;
        self.promotions_written().await;
        Ok(())
    }

    /// Promotions by their ids, and how many there are in all: for staff every one, for others
    /// those that run or will. `running` wants those that run now, or those that do not.
    pub fn promotions(
        &self,
        viewer: Option<&Staff>,
        running: Option<bool>,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<Promotion>, usize)> {
        let now = self.now();
        let all = self.loaded_promotions(now)?.all;
        let seen = |promotion: &&Promotion| {
            is_visible(viewer, promotion, now)
                && running.is_none_or(|wanted| promotion.is_running(now) == wanted)
        };
        let total = all.iter().filter(seen).count();
        let page = all.iter().filter(seen).skip(offset).take(limit).cloned().collect();
        Ok((page, total))
    }

    /// A promotion; for others than staff one that runs or will.
    pub fn promotion(&self, viewer: Option<&Staff>, id: PromotionId) -> Result<Promotion> {
        let now = self.now();
        let found = self.read(|tx| existing(tx, id))?;
        let found = Some(found).filter(|promotion| is_visible(viewer, promotion, now));
        found.ok_or_else(|| Error::not_found("promotion"))
    }

    /// What prices follow from at this time.
    pub(super) fn terms(&self, now: Timestamp) -> Result<Terms> {
        let (tax_mode, running) = (self.settings().tax_mode, self.running(now)?);
        Ok(Terms { tax_mode, running, watch: self.watch(now) })
    }

    /// The promotions that run at this time.
    pub(super) fn running(&self, now: Timestamp) -> Result<Arc<Running>> {
        Ok(self.loaded_promotions(now)?.running)
    }

    /// To be called after each commit that wrote promotions.
    pub(super) fn tell_promotions(&self) {
        self.inner.promotions.news.send_modify(|count| *count += 1);
    }

    async fn promotions_written(&self) {
        self.tell_promotions();
        if let Err(error) = self.announce_due().await {
            tracing::warn!(%error, "a promotion is announced later");
        }
    }

    /// The promotions as they are committed, read again only when they or the time moved on.
    fn loaded_promotions(&self, now: Timestamp) -> Result<Loaded> {
        let board = || self.inner.promotions.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        // Before the transaction begins, which then sees this change and perhaps later ones.
        let as_of = self.store().last_change_seq();
        if let Some(known) = board().as_ref()
            && known.as_of == as_of
            && known.holds_at(now)
        {
            return Ok(known.clone());
        }
        self.read(|tx| {
            let version = promotions::version(tx)?;
            let known = board().clone();
            let fresh = match known {
                // What another thread loaded meanwhile may be newer than this transaction.
                Some(known) if known.version >= version && known.holds_at(now) => {
                    Loaded { as_of, ..known }
                }
                Some(known) if known.version >= version => {
                    Loaded::new(known.version, as_of, known.all, now)
                }
                _ => Loaded::new(version, as_of, promotions::all(tx)?.into(), now),
            };
            let mut board = board();
            if board.as_ref().is_none_or(|known| known.version <= fresh.version) {
                *board = Some(fresh.clone());
            }
            Ok(fresh)
        })
    }
}

fn is_visible(viewer: Option<&Staff>, promotion: &Promotion, now: Timestamp) -> bool {
    viewer.is_some() || (promotion.active && !promotion.has_ended(now))
}

/// The promotion with this id.
fn existing(tx: &impl Reader, id: PromotionId) -> Result<Promotion> {
    promotions::promotion(tx, id)?.ok_or_else(|| Error::not_found("promotion"))
}

/// Makes a promotion inside a transaction; the importer does the same.
pub(super) fn create(
    tx: &mut WriteTx<'_>,
    settings: &StoreSettings,
    patch: &PromotionPatch,
    now: Timestamp,
) -> Result<Promotion> {
    if !promotions::has_room(tx)? {
        let detail = format!("a shop has at most {PROMOTIONS_MAX} promotions: delete old ones");
        return Err(Error::conflict("too-many-promotions", detail));
    }
    let unknown = unknown_products(tx, patch, &[])?;
    let id = super::next(tx, "promotion", PromotionId::new)?;
    let mut promotion = both(unknown, Promotion::create(id, patch, &settings.currency, now))?;
    word(tx, settings, &mut promotion)?;
    promotions::put(tx, &promotion)?;
    Ok(promotion)
}

/// Edits a promotion inside a transaction, and tells whether anything changed; the importer does
/// the same.
pub(super) fn update(
    tx: &mut WriteTx<'_>,
    settings: &StoreSettings,
    mut promotion: Promotion,
    patch: &PromotionPatch,
    now: Timestamp,
) -> Result<(Promotion, bool)> {
    let unknown = unknown_products(tx, patch, promotion.scope.products())?;
    let changed = both(unknown, promotion.apply(patch, &settings.currency, now))?;
    if changed {
        word(tx, settings, &mut promotion)?;
        promotions::put(tx, &promotion)?;
    }
    Ok((promotion, changed))
}

fn word(tx: &impl Reader, settings: &StoreSettings, promotion: &mut Promotion) -> Result<()> {
    let first = promotion.scope.products().first();
    let product = first.map(|id| products::product(tx, *id)).transpose()?.flatten();
    let name = product.as_ref().map(|product| product.name.as_str());
    promotion.make_message(name, &settings.currency);
    Ok(())
}

/// The products of a patch that there are not. Those that it named `before` may have been deleted
/// since.
fn unknown_products(
    tx: &impl Reader,
    patch: &PromotionPatch,
    before: &[ProductId],
) -> Result<FieldErrors> {
    let mut unknown = FieldErrors::new();
    // A list that is too long is refused without a look.
    let ids = patch.product_ids.as_ref().filter(|ids| ids.len() <= PROMOTION_PRODUCTS_MAX);
    for (index, id) in ids.into_iter().flatten().enumerate() {
        let is_there = before.contains(id)
            || products::product(tx, *id)?.is_some_and(|product| !product.deleted);
        if !is_there {
            unknown.push(format!("product_ids[{index}]"), "there is no such product");
        }
    }
    Ok(unknown)
}

/// The result, unless either has errors: then all of them.
fn both<T>(
    mut errors: FieldErrors,
    result: std::result::Result<T, FieldErrors>,
) -> std::result::Result<T, FieldErrors> {
    match result {
        Ok(value) => errors.into_result().map(|()| value),
        Err(more) => {
            for error in more.iter() {
                errors.push(&error.field, &error.message);
            }
            Err(errors)
        }
    }
}
