//! What a row does to a product, member by member, as a report shows it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::TEXT_REPORTED_MAX;
use crate::app::audit::shapes;
use crate::app::{Error, Result};
use crate::domain::money::Currency;
use crate::domain::view::StockedProduct;
use crate::wire::import::FieldChange;

/// Members that say nothing about what a row does.
const NOISE: [&str; 8] = [
    "id",
    "version",
    "created_at",
    "updated_at",
    "discounted_price",
    "offer_name",
    "is_low",
    "thumbnails",
];

/// The members that a row sets or changes.
pub(super) fn fields(
    before: Option<&StockedProduct>,
    after: &StockedProduct,
    currency: &Currency,
) -> Result<BTreeMap<String, FieldChange>> {
    let json = |product: &StockedProduct| {
        serde_json::to_value(shapes::product(product, currency))
            .map_err(|error| Error::Internal(error.to_string()))
    };
    let before = before.map(json).transpose()?;
    let Value::Object(after) = json(after)? else {
        return Err(Error::Internal("a product is a JSON object".into()));
    };
    let mut fields = BTreeMap::new();
    for (name, after) in after {
        let old = before.as_ref().map(|it| it[&name].clone());
        let says_something = match &old {
            Some(old) => *old != after,
            None => !is_empty(&after) && name != "currency",
        };
        if says_something && !NOISE.contains(&name.as_str()) {
            let before = shortened(old.unwrap_or_default());
            fields.insert(name, FieldChange { before, after: shortened(after) });
        }
    }
    Ok(fields)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A value as a report shows it: its beginning.
fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(TEXT_REPORTED_MAX) {
            Some((at, _)) => format!("{}...", &text[..at]).into(),
            None => text.into(),
        },
        Value::Array(items) => {
            items.into_iter().take(TEXT_REPORTED_MAX / 10).map(shortened).collect()
        }
        Value::Object(members) if members.len() > TEXT_REPORTED_MAX / 10 => "...".into(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, shortened(value))).collect()
        }
        other => other,
    }
}
