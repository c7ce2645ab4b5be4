//! What a row names of other things: its deposit, by SKU, and its pictures.
//!
//! A file may come from another shop. Ids mean something else here, so a deposit is named by its
//! SKU. A picture's path is the hash of its content: it means the same everywhere, but the picture
//! itself does not come with the file. What this shop does not have is left out, and counted.

use std::borrow::Cow;

use super::Reason;
use crate::app::{Error, Result, pictures};
use crate::domain::catalog::{Product, ProductPatch};
use crate::domain::codes::Sku;
use crate::storage::{Reader, products};

/// Why a deposit is not taken.
const NO_DEPOSIT: &str = "is the SKU of no product, here or in a row before: a deposit's row \
                          stands before the rows of its bottles";

/// A row whose references are looked up.
#[derive(Debug)]
pub(super) struct Resolved<'a> {
    /// The row with what this shop has.
    pub(super) patch: Cow<'a, ProductPatch>,
    /// Pictures that were left out.
    pub(super) images_left_out: usize,
    /// The SKU of a deposit that is not there yet.
    pub(super) missing_deposit: Option<&'a Sku>,
}

impl<'a> Resolved<'a> {
    /// Looks up what a row names; `present` is the product that it changes.
    ///
    /// A new product gets those of its pictures that are here. One that is there keeps its
    /// pictures as they are when any of the row's had to be left out.
    pub(super) fn new(
        tx: &impl Reader,
        (patch, deposit): (&'a ProductPatch, Option<&'a Sku>),
        present: Option<&Product>,
    ) -> Result<Self> {
        let mut resolved =
            Self { patch: Cow::Borrowed(patch), images_left_out: 0, missing_deposit: None };
        let shown = present.map(|it| it.images.as_slice()).unwrap_or_default();
        let images = patch.images.as_deref().unwrap_or_default();
        let mut here = Vec::with_capacity(images.len());
        for image in images {
            if shown.contains(image) || pictures::is_here(tx, image)? {
                here.push(image.clone());
            }
        }
        resolved.images_left_out = images.len() - here.len();
        if resolved.images_left_out > 0 {
            resolved.patch.to_mut().images = present.is_none().then_some(here);
        }
        if let Some(sku) = deposit {
            match products::by_sku(tx, sku)? {
                Some(id) => resolved.patch.to_mut().deposit_id = Some(Some(id)),
                None => resolved.missing_deposit = Some(sku),
            }
        }
        Ok(resolved)
    }

    /// The row, for the writer: the rows before are in the catalogue by now.
    pub(super) fn whole(self) -> Result<Cow<'a, ProductPatch>> {
        match self.missing_deposit {
            None => Ok(self.patch),
            Some(sku) => Err(no_deposit(sku)),
        }
    }
}

/// A deposit that nobody has.
pub(super) fn no_deposit(sku: &Sku) -> Error {
    Error::field("deposit_sku", format!("{sku} {NO_DEPOSIT}"))
}

/// Reasons with the field as the file calls it.
pub(super) fn as_in_file(mut reasons: Vec<Reason>, deposit: Option<&Sku>) -> Vec<Reason> {
    if deposit.is_some() {
        for (field, _) in reasons.iter_mut().filter(|(field, _)| field == "deposit_id") {
            "deposit_sku".clone_into(field);
        }
    }
    reasons
}
