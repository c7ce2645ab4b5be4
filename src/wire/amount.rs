//! Exact decimal numbers in JSON: money, percentages, sums.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::catalog::TaxRate;
use crate::domain::money::{Currency, Decimal, InvalidDecimal, Money};

/// A JSON number that keeps every digit. A string is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub Decimal);

impl Amount {
    /// An amount of money as its currency writes it.
    pub fn of(money: Money, currency: &Currency) -> Self {
        Self(Decimal::from_money(money, currency))
    }

    /// The money, when the currency has that many decimals.
    pub fn money(self, currency: &Currency) -> Result<Money, InvalidDecimal> {
        self.0.to_money(currency)
    }

    /// A percentage.
    pub fn percent(rate: TaxRate) -> Self {
        Self(Decimal::new(i64::from(rate.basis_points()), 2))
    }

    /// The tax rate of this many percent.
    pub fn tax_rate(self) -> Result<TaxRate, &'static str> {
        TaxRate::from_basis_points(self.0.to_units(2).unwrap_or(-1))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Err(de::Error::custom("expected a number"));
        }
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::Number).build()))
    }
}

impl ToSchema for Amount {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Amount")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_strings_are_refused() {
        let eur: Currency = "EUR".parse().unwrap();
        let read = |json: &str| serde_json::from_str::<Amount>(json);
        assert_eq!(read("10.90").unwrap().money(&eur).unwrap().minor(), 1090);
        assert_eq!(serde_json::to_string(&read("10.90").unwrap()).unwrap(), "10.9");
        assert_eq!(serde_json::to_value(read("0.1").unwrap()).unwrap(), serde_json::json!(0.1));
        assert!(read("10.999").unwrap().money(&eur).is_err());
        for json in ["\"10.9\"", "null", "true", "[1]"] {
            assert!(read(json).is_err(), "{json}");
        }
        assert_eq!(read("7.5").unwrap().tax_rate().unwrap().basis_points(), 750);
        assert!(read("7.555").unwrap().tax_rate().is_err());
    }
}
