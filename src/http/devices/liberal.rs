//! Reading what firmware sends: one place for everything that is forgiven.
//!
//! | sent | read as |
//! |---|---|
//! | no Content-Type, or a wrong one | what the body looks like: JSON, a form, a multipart form |
//! | no body, but a query | a form |
//! | a byte order mark, bytes that are no UTF-8 | nothing; Latin-1 |
//! | raw control characters in texts | the characters they are, as if they were escaped |
//! | anything behind the object's last brace | nothing |
//! | words and numbers that are none in JSON: `nan`, `007`, `.5` | text |
//! | a comma before a closing bracket, an unknown escape | nothing; a backslash |
//! | numbers as text, text as numbers, `250.0`, `+2`, `2.5e2` | whichever the member is |
//! | blanks and control characters around a text, all behind a NUL in it | nothing |
//! | `null`, an empty text | a member that was not sent |
//! | other spellings of a member (`rfidTag`, `measuredWeight`, `qty`) | the member, unless it is there too |
//! | a member twice | the last one |
//! | unknown members | nothing |
//! | barcodes as numbers, without their zeros; AIM identifiers, GS1 elements | the code |
//! | uids in either case, with `:`, `-` or blanks, `0x`, garbage behind | the uid |
//! | uids without the leading zeros of their bytes | the one tag that reads so, if it is one |
//! | weights with fractions, in kilograms where the trolley's profile says so | whole grams |

mod forms;
mod repair;

use serde_json::{Map, Value};

use crate::domain::devices::WeightUnit;
use crate::domain::money::Decimal;
use crate::http::{Problem, Result};

/// Other spellings of members, without capitals, `_` and `-`. A member's own name in another
/// spelling (`productId`) counts as well.
const SPELLINGS: &[(&str, &[&str])] = &[
    ("barcode", &["ean", "ean13", "gtin", "upc", "scannedbarcode"]),
    ("product_id", &[]),
    (
        "uid",
        &["rfid", "rfidtag", "rfiduid", "rfidid", "tagid", "taguid", "cardid", "carduid", "cardno"],
    ),
    ("quantity", &["qty"]),
    ("weight", &["measuredweight", "itemweight", "weightg"]),
    ("cart_weight", &["totalweight", "cartweightg"]),
    ("boot_id", &[]),
    ("seq", &["sequence", "seqno"]),
    ("events", &[]),
    ("type", &["action"]),
    ("battery_pct", &["battery", "batterypercent", "batterylevel"]),
    ("rssi", &["wifirssi"]),
    ("firmware", &["firmwareversion", "fwversion"]),
    ("free_heap", &["heap"]),
];

/// The members of a flat object, under their own names.
#[derive(Debug, Default)]
pub(super) struct Fields {
    members: Map<String, Value>,
    /// Members that came under another spelling.
    respelled: Vec<&'static str>,
}

/// A member that is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Present<'a>(&'a Value);

impl Fields {
    /// Reads a body.
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        // What is right as it is, most of what comes, is read once.
        let value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(_) => Self::repaired(body)?,
        };
        match value {
            Value::Object(members) => Ok(Self::of(members)),
            _ => Err(Problem::bad_request("malformed-json", "send a JSON object")),
        }
    }

    /// The same where a body may be left out.
    pub(super) fn read_optional(body: &[u8]) -> Result<Self> {
        let is_blank = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
        if body.iter().all(is_blank) { Ok(Self::default()) } else { Self::read(body) }
    }

    fn repaired(body: &[u8]) -> Result<Value> {
        let text = repair::text(body);
        if let Some(form) = forms::read(&text) {
            return Ok(Value::Object(form));
        }
        serde_json::from_str(&repair::json(&text))
            .map_err(|error| Problem::bad_request("malformed-json", error.to_string()))
    }

    fn of(sent: Map<String, Value>) -> Self {
        let mut fields = Self::default();
        let mut others = Vec::new();
        for (name, value) in sent {
            match own_name(&name) {
                Some(own) => others.push((own, value)),
                None => {
                    fields.members.insert(name, value);
                }
            }
        }
        for (own, value) in others {
            if fields.present(own).is_none() {
                fields.members.insert(own.to_owned(), value);
                fields.respelled.push(own);
            }
        }
        fields
    }

    /// The member, unless it is missing, `null` or an empty text.
    pub(super) fn present(&self, name: &str) -> Option<Present<'_>> {
        let value = self.members.get(name)?;
        let is_empty = match value {
            Value::Null => true,
            Value::String(text) => bare(text).is_empty(),
            _ => false,
        };
        (!is_empty).then_some(Present(value))
    }

    /// Whether the member came under another spelling than its own.
    pub(super) fn is_respelled(&self, name: &str) -> bool {
        self.respelled.contains(&name)
    }

    /// The member as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.present(name)?.0 {
            Value::String(text) => Some(bare(text).to_owned()),
            // Firmware that knows floats only sends a barcode as `4006381333931.0` or `4.0e12`.
            Value::Number(number) => {
                let text = number.to_string();
                let whole = text.parse::<Decimal>().ok().and_then(|it| it.to_units(0));
                Some(whole.map_or(text, |whole| whole.to_string()))
            }
            _ => None,
        }
    }

    /// The member as the text of a tag's uid.
    pub(super) fn uid(&self, name: &str) -> Option<String> {
        self.text(name).map(|text| uid(&text))
    }

    /// The member as a list of objects; what is no object is an empty one.
    pub(super) fn list(&self, name: &str) -> Option<Vec<Self>> {
        // A form has it as text.
        let parsed: Option<Vec<Value>> = match self.members.get(name)? {
            Value::Array(list) => Some(list.clone()),
            Value::String(text) => serde_json::from_str(text).ok(),
            _ => None,
        };
        let object = |value: Value| match value {
            Value::Object(members) => Self::of(members),
            _ => Self::default(),
        };
        Some(parsed?.into_iter().map(object).collect())
    }
}

impl Present<'_> {
    /// The member as a whole number: `3`, `3.0`, `"3"`, `" 3.00 "`.
    pub(super) fn integer(self) -> Option<i64> {
        self.decimal()?.to_units(0)
    }

    /// The member as a weight in the nearest whole gram: scales send fractions of one.
    pub(super) fn grams(self, unit: WeightUnit) -> Option<i64> {
        let (decimals, factor) = match unit {
            WeightUnit::G => (0, 1.0),
            WeightUnit::Kg => (3, 1_000.0),
        };
        if let Some(decimal) = self.decimal() {
            return decimal.nearest(decimals);
        }
        // More digits than are exact; what is no number at all stays none.
        let grams = self.number()?.parse::<f64>().ok()? * factor;
        if grams.is_finite() { format!("{grams:.0}").parse().ok() } else { None }
    }

    /// The member as metres.
    pub(super) fn metres(self) -> Option<f64> {
        self.number()?.parse().ok().filter(|metres: &f64| metres.is_finite())
    }

    fn decimal(self) -> Option<Decimal> {
        self.number()?.parse().ok()
    }

    /// The text of a number, without what only some writers write.
    fn number(self) -> Option<String> {
        let text = match self.0 {
            Value::Number(number) => return Some(number.to_string()),
            Value::String(text) => bare(text),
            _ => return None,
        };
        let text = text.strip_prefix('+').unwrap_or(text);
        let text = text.strip_suffix('.').unwrap_or(text);
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        let zero = if digits.starts_with('.') { "0" } else { "" };
        Some(format!("{sign}{zero}{digits}"))
    }
}

/// A member's own name, when this is another spelling of it.
fn own_name(sent: &str) -> Option<&'static str> {
    if SPELLINGS.iter().any(|(own, _)| *own == sent) {
        return None;
    }
    let letters = sent.chars().filter(|c| !matches!(c, '_' | '-'));
    let folded: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let is_meant = |own: &str, others: &[&str]| {
        others.contains(&folded.as_str())
            || own.bytes().filter(|byte| *byte != b'_').eq(folded.bytes())
    };
    SPELLINGS.iter().find(|(own, others)| is_meant(own, others)).map(|(own, _)| *own)
}

/// A text without what surrounds it, and without what C did not mean to send: all behind a NUL.
fn bare(text: &str) -> &str {
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    let text = text.trim_start_matches(is_blank);
    let text = text.split('\0').next().unwrap_or(text);
    text.trim_end_matches(is_blank)
}

/// The digits of a uid: without the garbage that an unended text in C has behind it, and with the
/// zeros that a reader left out, where separators tell which byte is which.
fn uid(text: &str) -> String {
    let is_garbage = |c: char| c.is_control() || !c.is_ascii();
    let text = text.split(is_garbage).next().unwrap_or(text).trim();
    let text = text.replace("0x", "").replace("0X", "");
    let bytes: Vec<&str> = text.split([':', '-', ' ']).filter(|it| !it.is_empty()).collect();
    if bytes.len() > 1 && bytes.iter().all(|byte| byte.len() <= 2) {
        return bytes.iter().map(|byte| format!("{byte:0>2}")).collect::<Vec<_>>().concat();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &[u8]) -> Fields {
        Fields::read(body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(body)))
    }

    #[test]
    fn what_firmware_sends_is_read() {
        let sent = fields(
            b"{\"barcode\":\"4006381333931\r\n\0\",\"quantity\":\"2\",\"weight\":250.0,\
              \"uid\":null,\"cart_id\":\"\",\"product_id\":7}\r\n\0",
        );
        assert_eq!(sent.text("barcode").unwrap(), "4006381333931");
        assert_eq!(sent.present("quantity").unwrap().integer(), Some(2));
        assert_eq!(sent.present("weight").unwrap().integer(), Some(250));
        assert_eq!(sent.text("product_id").unwrap(), "7");
        assert!(sent.present("uid").is_none() && sent.present("cart_id").is_none());
        for body in [&b""[..], b"[]", b"{", b"\"x\"", b"nonsense", b"{\"a\":1", b"{\"a\"}", b"\0\0"]
        {
            assert!(Fields::read(body).is_err(), "{body:?}");
        }
        let odd = fields(b"{\"a\":1e9,\"b\":-1,\"c\":1.5,\"d\":true}");
        assert_eq!(odd.present("a").unwrap().integer(), Some(1_000_000_000));
        assert_eq!(odd.present("b").unwrap().integer(), Some(-1));
        assert_eq!(odd.present("c").unwrap().integer(), None);
        assert_eq!(odd.present("c").unwrap().grams(WeightUnit::G), Some(2));
        assert_eq!(odd.present("d").unwrap().integer(), None);
    }

    #[test]
    fn one_code_in_many_spellings() {
        for body in [
            &b"{\"barcode\":4006381333931}"[..],
            b"{\"barcode\":4006381333931.0}",
            b"{\"barcode\":4.006381333931e12}",
            b"\xef\xbb\xbf{\"barcode\":\"4006381333931\"}",
            b"{\"barcode\":\"\x024006381333931\x03\r\"}",
            b"{\"barcode\":\"4006381333931\\u0000x\xff\"}",
            b"{\"barcode\":\"4006381333931\",}\r\n\0{\"barcode\":1}",
            b"{\"barcode\":\"1\",\"barcode\":\"4006381333931\",\"name\":\"K\xe4se\"}",
            b"{barcode:4006381333931,note:a\\\\b}",
            b"{\"Barcode\":\"4006381333931\",\"path\":\"C:\\x\"}",
            b"{\"ean\":\"4006381333931\",\"barcode\":null}",
            b"barcode=4006381333931",
            b"barcode=4006381333931&name=K%E4se\r\n",
            b"--x\r\nContent-Disposition: form-data; name=\"barcode\"\r\n\r\n4006381333931\r\n--x--\r\n",
        ] {
            let sent = fields(body);
            let shown = String::from_utf8_lossy(body);
            assert_eq!(sent.text("barcode").as_deref(), Some("4006381333931"), "{shown}");
        }
        let kept = fields(b"{\"barcode\":\"]d20109521234567899\x1d3103001500\"}").text("barcode");
        assert_eq!(kept.as_deref(), Some("]d20109521234567899\u{1d}3103001500"));
    }

    #[test]
    fn members_have_other_names_elsewhere() {
        let sent =
            fields(b"{\"rfidTag\":\"04a3\",\"measuredWeight\":12,\"qty\":\"+2\",\"bootId\":\"a\"}");
        assert_eq!(sent.text("uid").as_deref(), Some("04a3"));
        assert_eq!(sent.present("weight").unwrap().integer(), Some(12));
        assert_eq!(sent.present("quantity").unwrap().integer(), Some(2));
        assert_eq!(sent.text("boot_id").as_deref(), Some("a"));
        assert!(sent.is_respelled("uid") && !sent.is_respelled("barcode"));
        let both = fields(b"{\"qty\":2,\"quantity\":3,\"tagID\":\"x\",\"uid\":\"\"}");
        assert_eq!(both.present("quantity").unwrap().integer(), Some(3), "its own name counts");
        assert_eq!(both.text("uid").as_deref(), Some("x"));
    }

    #[test]
    fn weights_are_grams_or_kilograms() {
        let of = |text: &str, unit| {
            fields(format!("{{\"weight\":{text}}}").as_bytes()).present("weight")?.grams(unit)
        };
        for (text, grams, from_kg) in [
            ("0.25", Some(0), Some(250)),
            ("\"1.2345\"", Some(1), Some(1_235)),
            ("523.7000000000000454747", Some(524), Some(523_700)),
            (".5", Some(1), Some(500)),
            ("-1", Some(-1), Some(-1_000)),
            ("1e9", Some(1_000_000_000), Some(1_000_000_000_000)),
            ("NaN", None, None),
            ("nan", None, None),
            ("-inf", None, None),
            ("1e400", None, None),
            ("true", None, None),
        ] {
            assert_eq!(of(text, WeightUnit::G), grams, "{text} g");
            assert_eq!(of(text, WeightUnit::Kg), from_kg, "{text} kg");
        }
    }

    #[test]
    fn uids_are_read_as_readers_print_them() {
        for (text, read) in [
            ("04:A3:1F:22", "04A31F22"),
            (" 4 a3 1f 2", "04a31f02"),
            ("0x04 0xA3", "04A3"),
            ("0800AB12CD7E\u{ff}\u{3}\u{80}7", "0800AB12CD7E"),
            ("TEST_TAG", "TEST_TAG"),
            ("04:a3:zz", "04a3zz"),
        ] {
            assert_eq!(uid(text), read, "{text:?}");
        }
        let sent = fields(b"{\"uid\":\"\x020800AB12CD7E\x03\xffZ\",\"tag\":4}");
        assert_eq!(sent.uid("uid").as_deref(), Some("0800AB12CD7E"));
    }

    #[test]
    fn lists_come_in_forms_too() {
        let sent = fields(b"boot_id=b1&events=%5B%7B%22seq%22%3A1%7D%2C7%5D");
        let list = sent.list("events").unwrap();
        assert_eq!((list.len(), list[0].present("seq").unwrap().integer()), (2, Some(1)));
        assert!(list[1].present("seq").is_none() && sent.list("boot_id").is_none());
    }
}
