//! Reading what firmware sends: one place for everything that is forgiven.
//!
//! | sent | read as |
//! |---|---|
//! | control characters anywhere, raw in strings too | blanks, trimmed at the ends |
//! | numbers as text, text as numbers | whichever the member is |
//! | no Content-Type, or a wrong one | JSON |
//! | `null`, an empty text | a member that was not sent |
//! | unknown members | nothing |

use serde_json::{Map, Value};

use crate::domain::money::Decimal;
use crate::http::{Problem, Result};

/// The members of a flat object.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

/// A member that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present<'a>(&'a Value);

impl Fields {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        let clean: Vec<u8> = body
            .iter()
            .map(|byte| if *byte < b' ' || *byte == 0x7f { b' ' } else { *byte })
            .collect();
        let value: Value = serde_json::from_slice(clean.trim_ascii())
            .map_err(|error| Problem::bad_request("malformed-json", error.to_string()))?;
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(Problem::bad_request("malformed-json", "send a JSON object")),
        }
    }

    /// The member, unless it is missing, `null` or an empty text.
    pub(super) fn present(&self, name: &str) -> Option<Present<'_>> {
        let value = self.0.get(name)?;
        let is_empty = match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        };
        (!is_empty).then_some(Present(value))
    }

    /// The member as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.present(name)?.0 {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The member as a list of objects; what is no object is an empty one.
    pub(super) fn list(&self, name: &str) -> Option<Vec<Self>> {
        let list = self.0.get(name)?.as_array()?;
        let object = |value: &Value| Self(value.as_object().cloned().unwrap_or_default());
        Some(list.iter().map(object).collect())
    }
}

impl Present<'_> {
    /// The member as a whole number: `3`, `3.0`, `"3"`, `" 3.00 "`.
    pub(super) fn integer(self) -> Option<i64> {
        self.decimal()?.to_units(0)
    }

    /// The member as the nearest whole number: scales send fractions of a gram.
    pub(super) fn rounded(self) -> Option<i64> {
        self.decimal()?.rounded()
    }

    /// The member as metres.
    pub(super) fn metres(self) -> Option<f64> {
        let text = match self.0 {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        text.parse().ok().filter(|metres: &f64| metres.is_finite())
    }

    fn decimal(self) -> Option<Decimal> {
        let text = match self.0 {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_firmware_sends_is_read() {
        let fields = Fields::read(
            b"{\"barcode\":\"4006381333931\r\n\0\",\"quantity\":\"2\",\"weight\":250.0,\
              \"uid\":null,\"cart_id\":\"\",\"product_id\":7}\r\n\0",
        )
        .unwrap();
        assert_eq!(fields.text("barcode").unwrap(), "4006381333931");
        assert_eq!(fields.present("quantity").unwrap().integer(), Some(2));
        assert_eq!(fields.present("weight").unwrap().integer(), Some(250));
        assert_eq!(fields.text("product_id").unwrap(), "7");
        assert!(fields.present("uid").is_none() && fields.present("cart_id").is_none());
        for body in [&b""[..], b"[]", b"{", b"\"x\"", b"{\"a\":NaN}"] {
            assert!(Fields::read(body).is_err());
        }
        let odd = Fields::read(b"{\"a\":1e9,\"b\":-1,\"c\":1.5,\"d\":true}").unwrap();
        assert_eq!(odd.present("a").unwrap().integer(), Some(1_000_000_000));
        assert_eq!(odd.present("b").unwrap().integer(), Some(-1));
        assert_eq!(odd.present("c").unwrap().integer(), None);
        assert_eq!(odd.present("c").unwrap().rounded(), Some(2));
        assert_eq!(odd.present("d").unwrap().integer(), None);
    }
}
