//! A promotion in JSON.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::amount::Amount;
use super::product::sent;
use super::read_only;
use crate::domain::id::ProductId;
use crate::domain::invalid::FieldErrors;
use crate::domain::money::Currency;
use crate::domain::promotions::{Promotion as DomainPromotion, PromotionPatch};

/// Something that is cheaper for a while.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Promotion {
    id: u64,
    #[schema(example = "Milk week")]
    name: String,
    /// Told to shoppers when it starts.
    #[schema(example = "Milk week: 20 % off Dairy/Milk")]
    message: String,
    /// `percent` or `amount`.
    #[schema(example = "percent")]
    kind: &'static str,
    /// Percent, or money off each piece or kilogram.
    value: Amount,
    /// `product`, `category` or `cart`, which is every line.
    #[schema(example = "category")]
    scope: &'static str,
    product_ids: Vec<u64>,
    /// Each with all below it.
    categories: Vec<String>,
    starts_at: Timestamp,
    /// `null` while it has no end.
    ends_at: Option<Timestamp>,
    active: bool,
    /// Whether it counts at this moment.
    running: bool,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Promotion {
    /// The wire form of a promotion, as it is at `now`.
    pub fn new(promotion: &DomainPromotion, currency: &Currency, now: Timestamp) -> Self {
        let scope = &promotion.scope;
        Self {
            id: promotion.id.value(),
            name: promotion.name.clone(),
            message: promotion.message.clone(),
            kind: promotion.discount.kind().as_str(),
            value: Amount(promotion.discount.value(currency)),
            scope: scope.as_str(),
            product_ids: scope.products().iter().map(|id| id.value()).collect(),
            categories: scope.categories().to_vec(),
            starts_at: promotion.starts_at,
            ends_at: promotion.ends_at,
            active: promotion.active,
            running: promotion.is_running(now),
            version: promotion.version,
            created_at: promotion.created_at,
            updated_at: promotion.updated_at,
        }
    }
}

/// The fields of a promotion to set. Members that only the server sets are ignored, so that an
/// answer can be edited and sent back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "null clears a field, absence leaves it")]
pub struct PromotionInput {
    name: Option<String>,
    /// `null` or left out: one is made from the other fields.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    message: Option<Option<String>>,
    /// `percent` or `amount`.
    kind: Option<String>,
    /// Percent above 0, at most 100; or money off each piece or kilogram.
    value: Option<Amount>,
    /// `product`, `category` or `cart`; the lists say it when it is left out.
    scope: Option<String>,
    product_ids: Option<Vec<u64>>,
    /// Each with all below it.
    categories: Option<Vec<String>>,
    /// RFC 3339; without an offset in the store's time zone. Now when left out.
    starts_at: Option<String>,
    /// The same; `null` for no end.
    #[serde(deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    ends_at: Option<Option<String>>,
    active: Option<bool>,
    #[schema(schema_with = read_only)]
    id: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    running: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    version: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    created_at: Option<IgnoredAny>,
    #[schema(schema_with = read_only)]
    updated_at: Option<IgnoredAny>,
}

impl PromotionInput {
    /// The fields as the domain reads them; times without an offset are in `zone`.
    pub fn into_patch(self, zone: &TimeZone) -> Result<PromotionPatch, FieldErrors> {
        let mut errors = FieldErrors::new();
        let ids = self.product_ids.map(|ids| {
            let ids = ids.into_iter().enumerate();
            ids.filter_map(|(i, id)| errors.take(&format!("product_ids[{i}]"), ProductId::new(id)))
                .collect()
        });
        let patch = PromotionPatch {
            name: self.name,
            message: self.message,
            kind: self.kind.and_then(|kind| errors.take("kind", kind.parse())),
            value: self.value.map(|value| value.0),
            scope: self.scope.and_then(|scope| errors.take("scope", scope.parse())),
            product_ids: ids,
            categories: self.categories,
            starts_at: self.starts_at.and_then(|at| errors.take("starts_at", time(&at, zone))),
            ends_at: self
                .ends_at
                .map(|at| at.and_then(|at| errors.take("ends_at", time(&at, zone)))),
            active: self.active,
        };
        errors.into_result()?;
        Ok(patch)
    }
}

/// A moment: RFC 3339, or a date and time (or a date alone, its midnight) in `zone`. Records keep
/// microseconds, so finer parts are cut off. The parsers pass over an offset or a zone that they
/// have no use for, so what is there is looked at first.
pub fn time(text: &str, zone: &TimeZone) -> Result<Timestamp, &'static str> {
    const RULE: &str = "is a time such as 2026-11-20T12:00:00Z; without an offset it is in the \
                        store's time zone";
    let text = text.trim();
    if text.contains('[') {
        return Err(RULE);
    }
    let clock = text.split_once(['T', 't', ' ']).map_or("", |(_, clock)| clock);
    let offset = clock.find(['Z', 'z', '+', '-']).map(|at| &clock[at..]);
    let moment = match offset {
        Some(offset) if is_offset(offset) => text.parse::<Timestamp>(),
        Some(_) => return Err(RULE),
        None => text
            .parse::<DateTime>()
            .and_then(|local| local.to_zoned(zone.clone()))
            .map(|zoned| zoned.timestamp()),
    };
    let moment = moment.map_err(|_| RULE)?;
    Timestamp::from_microsecond(moment.as_microsecond()).map_err(|_| RULE)
}

/// Whether it is an offset as RFC 3339 has it: `Z`, or hours to 23 and minutes to 59.
fn is_offset(text: &str) -> bool {
    let two = |digits: &str, max: u8| {
        digits.len() == 2
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.parse::<u8>().is_ok_and(|number| number <= max)
    };
    let parts = text.strip_prefix(['+', '-']).and_then(|rest| rest.split_once(':'));
    matches!(text, "Z" | "z") || parts.is_some_and(|(h, m)| two(h, 23) && two(m, 59))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_an_offset_are_the_stores() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let utc = |text: &str| time(text, &berlin).map(|at| at.to_string());
        for (text, at) in [
            ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
            ("2026-11-20T12:00:00+05:00", "2026-11-20T07:00:00Z"),
            ("2026-11-20T12:00:00", "2026-11-20T11:00:00Z"),
            ("2026-07-20 12:00", "2026-07-20T10:00:00Z"),
            ("2026-07-20", "2026-07-19T22:00:00Z"),
            // A time that summer time skips is taken as the clock would have gone on.
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            ("2026-11-20T12:00:00.1234567Z", "2026-11-20T12:00:00.123456Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Ok(at), "{text}");
        }
        for text in ["", "tomorrow", "12:00", "2026-13-01", "2026-11-20T25:00", "1700000000"] {
            assert!(utc(text).is_err(), "{text}");
        }
        // Read as another moment than the one that was meant, or as none.
        for rest in ["+25:00", "-24:00", "+05:60", "+0500", "+05", "+05:00:30", "Z+01:00"] {
            assert!(utc(&format!("2026-11-20T12:00:00{rest}")).is_err(), "{rest}");
        }
        for text in [
            "2026-11-20T12:00:00[America/New_York]",
            "2026-11-20T12:00:00+01:00[Europe/Berlin]",
            "2026-11-20T12:00:00Z[u-ca=japanese]",
            "2026-11-20[America/New_York]",
            "2026-11-20+05:00",
            "2026-11-20Z",
        ] {
            assert!(utc(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_bad_field_is_named() {
        let json = r#"{"kind":"gift","scope":"shop","product_ids":[1,0],"starts_at":"x",
            "ends_at":"y","id":9,"version":1,"running":true}"#;
        let input: PromotionInput = serde_json::from_str(json).unwrap();
        let errors = input.into_patch(&TimeZone::UTC).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["product_ids[1]", "kind", "scope", "starts_at", "ends_at"]);
        for json in [r#"{"value":"5"}"#, r#"{"discount":5}"#, r#"{"starts_at":5}"#] {
            assert!(serde_json::from_str::<PromotionInput>(json).is_err(), "{json}");
        }
    }
}
