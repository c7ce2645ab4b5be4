//! An alert in JSON, as lists show it and the live stream tells it.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::alerts::Alert as DomainAlert;
use crate::domain::id::{CartId, ProductId};

/// Something that staff should look at. It accuses nobody: it says what was measured, and how sure
/// that is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alert {
    id: u64,
    device_id: u64,
    #[schema(example = "Cart 7")]
    device_name: String,
    /// The cart that was open on the trolley.
    #[schema(example = 12)]
    cart_id: Option<u64>,
    /// `unscanned-item`, `item-missing`, `swapped-item`, `weight-mismatch`,
    /// `offline-with-basket`, `battery-low` or `firmware-failed`.
    #[schema(
        example = "unscanned-item",
        pattern = "^(unscanned-item|item-missing|swapped-item|weight-mismatch|offline-with-basket|battery-low|firmware-failed)$"
    )]
    kind: &'static str,
    /// In words for staff.
    #[schema(example = "The scale reads 402 g more than the list explains")]
    detail: String,
    /// How sure that is, 0 to 1, with two decimals.
    #[schema(minimum = 0, maximum = 1, example = 0.93)]
    confidence: f64,
    /// The product that it is about, where one is plausible.
    #[schema(example = json!(null))]
    product_id: Option<u64>,
    /// The grams that it is about: too much, or too little when negative.
    #[schema(example = 402)]
    weight_g: Option<i64>,
    /// `open` or `cleared`.
    #[schema(example = "open", pattern = "^(open|cleared)$")]
    state: &'static str,
    /// Since when.
    at: Timestamp,
    #[schema(example = json!(null))]
    cleared_at: Option<Timestamp>,
    /// The username of who cleared it; `null` when it cleared by itself, or by the command line.
    #[schema(example = json!(null))]
    cleared_by: Option<String>,
    /// What came of it.
    #[schema(example = json!(null))]
    note: Option<String>,
}

impl Alert {
    /// An alert and what its trolley is called.
    pub fn new(alert: DomainAlert, device_name: String) -> Self {
        let (at, by, note) = match alert.cleared {
            Some(cleared) => (Some(cleared.at), cleared.by, Some(cleared.note)),
            None => (None, None, None),
        };
        Self {
            id: alert.id.value(),
            device_id: alert.device_id.value(),
            device_name,
            cart_id: alert.cart_id.map(CartId::value),
            kind: alert.kind.as_str(),
            detail: alert.detail,
            confidence: alert.confidence.share(),
            product_id: alert.product_id.map(ProductId::value),
            weight_g: alert.weight_g,
            state: if at.is_some() { "cleared" } else { "open" },
            at: alert.at,
            cleared_at: at,
            cleared_by: by,
            note: note.filter(|note| !note.is_empty()),
        }
    }
}
