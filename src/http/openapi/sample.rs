//! Examples: what an answer looks like, made from its schema.
//!
//! A type says what it is; what a shop would write there is in one list by the names of the
//! members, so that the same customer buys the same milk on every page of the manual.

use serde_json::{Map, Value, json};

/// How deep an example goes; deeper members are left out where they may be.
const DEPTH_MAX: usize = 8;
/// The moment at which everything in the examples happens.
const NOON: &str = "2026-11-20T12:00:00Z";

/// What stands in members of these names, where the schema allows it: names, and JSON.
const KNOWN: &[(&str, &str)] = &[
    ("access_token token", r#""eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.x2Yz""#),
    ("refresh_token", r#""qk3v5V0Yw1bYt0m8Zc1d2Q""#),
    ("token_type", r#""Bearer""#),
    ("ticket", r#""q0c4bXwZ7nV2""#),
    ("expires_in", "900"),
    ("username user", r#""demo""#),
    ("email", r#""demo@example.com""#),
    ("user_name", r#""Dana Demo""#),
    ("mobile_number e164", r#""+4917604069003""#),
    ("otp", r#""482913""#),
    ("password new_password", r#""a quiet walk to the shop""#),
    ("old_password", r#""nine lemons in a row""#),
    ("role", r#""customer""#),
    ("name", r#""Lemons untreated net 500 g""#),
    ("sku", r#""PRO-0009""#),
    ("barcode code", r#""9520074262384""#),
    ("barcodes", r#"["9520074262384"]"#),
    ("plu", r#""4011""#),
    ("rfid", r#"["04A31F22"]"#),
    ("uid", r#""04A31F22""#),
    ("brand", r#""Tropelle""#),
    ("category categories category_name", r#""Produce/Fruit""#),
    ("description", r#""Four to five unwaxed lemons.""#),
    ("price unit_price", "1.89"),
    ("min_price", r#""1""#),
    ("max_price", r#""2.50""#),
    ("subtotal total revenue revenue_today", "3.78"),
    ("tax", "0.25"),
    ("tax_rate", "7"),
    ("discount amount", "0"),
    ("currency", r#""EUR""#),
    ("discounted_price", "1.49"),
    ("offer_name", r#""Lemon week""#),
    ("stock stock_after", "52"),
    ("delta", "-2"),
    ("kind", r#""sale""#),
    ("unit", r#""each""#),
    ("weight_g", "500"),
    ("min_age", "0"),
    ("allergens", "[]"),
    ("food_types", r#"["vegan"]"#),
    ("pick_group", "0"),
    ("location", r#""P-03""#),
    ("images thumbnails", "[]"),
    ("attributes", r#"{"origin": "DE"}"#),
    ("quantity", "2"),
    ("item_count items", "2"),
    ("version", "3"),
    ("id product_id", "9"),
    ("user_id", "4"),
    ("device_id cart_id cart", "1"),
    ("item_id", "1"),
    ("order_id", "62"),
    ("product_ids", r#""9,11""#),
    ("cart_code pairing_code", r#""JWXYA5""#),
    ("key", r#""cwk_3kP0v9Jd2mQx7sT1aB4cYw""#),
    ("number", r#""2026-000062""#),
    ("status", r#""pending""#),
    ("next_statuses", r#"["paid", "cancelled"]"#),
    ("by", r#""user:4""#),
    (
        "at from starts_at created_at updated_at last_seen last_login ends_at expires_at time",
        r#""2026-11-20T12:00:00Z""#,
    ),
    ("to", r#""2026-11-21T12:00:00Z""#),
    ("tracking_number", r#""JD014600003""#),
    ("shipping_address billing_address", r#"{"street": "Harbour Lane 2"}"#),
    ("query", r#""lemon""#),
    ("sort", r#""price""#),
    ("format", r#""txt""#),
    ("highlight", r#""<b>Lemon</b>s untreated net 500 g""#),
    ("did_you_mean", "null"),
    ("message msg", r#""Done""#),
    ("x start_x", "12.0"),
    ("y start_y", "3.5"),
    ("floor", "0"),
    ("node end", r#""n17""#),
    ("group", "0"),
    ("distance leg_distance distance_so_far lower_bound", "23.122"),
    ("steps", r#"["Walk 12 m along aisle A3", "Pick up Lemons untreated net 500 g"]"#),
    ("method", r#""held-karp""#),
    ("reason", r#""no open way leads there""#),
    ("elapsed_us took_us", "840"),
    ("field", r#""price""#),
    ("line", "2"),
    ("aisle", r#""A3""#),
    ("hours", r#""08:00-20:00""#),
    ("battery_pct", "87"),
    ("rssi", "-61"),
    ("firmware", r#""2.4.1""#),
    ("cart_weight", "2140"),
    ("dedupe_ms", "7000"),
    ("heartbeat_s", "30"),
    ("mac", r#""A4CF1278B1E0""#),
    ("chip", r#""ESP32-S3""#),
    ("disabled revoked closed one_way", "false"),
    ("boot_id", r#""b7f3""#),
    ("seq", "17"),
    ("currencies", r#"["EUR"]"#),
];

fn known(name: &str) -> Option<Value> {
    let (_, text) = KNOWN.iter().find(|(names, _)| names.split(' ').any(|it| it == name))?;
    serde_json::from_str(text).ok()
}

/// An example for a member or parameter of this name.
pub(super) fn of_member(name: &str, schema: &Value) -> Value {
    Sampler { schemas: &Map::new(), for_request: false }.member(name, schema, 0)
}

/// An example of what a schema describes; in a request, without what only the server sets.
pub(super) fn of_schema(schemas: &Map<String, Value>, schema: &Value, for_request: bool) -> Value {
    Sampler { schemas, for_request }.value("", schema, 0)
}

struct Sampler<'a> {
    schemas: &'a Map<String, Value>,
    for_request: bool,
}

impl Sampler<'_> {
    fn member(&self, name: &str, schema: &Value, depth: usize) -> Value {
        let own = own_example(schema);
        let fits = known(name).filter(|value| self.fits(value, schema));
        own.or(fits).unwrap_or_else(|| self.value(name, schema, depth))
    }

    fn value(&self, name: &str, schema: &Value, depth: usize) -> Value {
        if let Some(own) = own_example(schema) {
            return own;
        }
        let schema = self.resolved(schema);
        if let Some(own) = own_example(schema) {
            return own;
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(members) = self.value(name, part, depth) {
                    whole.extend(members);
                }
            }
            if schema.get("properties").is_some()
                && let Value::Object(members) = self.object(schema, depth)
            {
                whole.extend(members);
            }
            return whole.into();
        }
        if let Some(choice) = choices(schema).find(|choice| choice["type"] != "null") {
            return self.value(name, choice, depth);
        }
        match kinds(schema).find(|kind| *kind != "null") {
            Some("object") => self.object(schema, depth),
            Some("array") if depth > DEPTH_MAX => json!([]),
            Some("array") => json!([self.member(&singular(name), &schema["items"], depth + 1)]),
            Some("integer") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            Some("number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1.5)),
            Some("boolean") => json!(true),
            Some("string") => match schema["format"].as_str() {
                Some("date-time") => json!(NOON),
                Some("date") => json!("2026-11-20"),
                _ => json!("text"),
            },
            _ => Value::Null,
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let mut members = Map::new();
        let Some(properties) = schema["properties"].as_object() else {
            if depth <= DEPTH_MAX && schema["additionalProperties"].is_object() {
                let value = self.value("", &schema["additionalProperties"], depth + 1);
                members.insert("Drinks".to_owned(), value);
            }
            return members.into();
        };
        let required = |name: &String| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name))
        };
        for (name, property) in properties {
            let is_hidden = self.for_request && property["readOnly"] == true;
            if is_hidden || (depth > DEPTH_MAX && !required(name)) || property["deprecated"] == true
            {
                continue;
            }
            members.insert(name.clone(), self.member(name, property, depth + 1));
        }
        members.into()
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/schemas/"));
        name.and_then(|name| self.schemas.get(name)).unwrap_or(schema)
    }

    /// Whether a value is of the schema's kind and, where there is a list of words, one of them.
    fn fits(&self, value: &Value, schema: &Value) -> bool {
        let schema = self.resolved(schema);
        if let Some(words) = schema["enum"].as_array() {
            return words.contains(value);
        }
        let mut any = choices(schema).peekable();
        if any.peek().is_some() {
            return any.any(|choice| self.fits(value, choice));
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is_kind =
            kinds(schema).any(|known| known == kind || (known, kind) == ("number", "integer"));
        let items = value.as_array().and_then(|items| items.first());
        is_kind && items.is_none_or(|item| self.fits(item, &schema["items"]))
    }
}

fn own_example(schema: &Value) -> Option<Value> {
    let first = |name: &str| schema[name].as_array().and_then(|values| values.first());
    let own = schema.get("example").or_else(|| first("examples")).or_else(|| schema.get("const"));
    own.or_else(|| first("enum")).cloned()
}

fn choices(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array());
    lists.flatten()
}

fn kinds(schema: &Value) -> impl Iterator<Item = &str> {
    let one = schema["type"].as_str();
    let many = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    one.into_iter().chain(many)
}

/// The name of one of several: `items` holds an `item`.
fn singular(name: &str) -> String {
    name.strip_suffix('s').unwrap_or(name).to_owned()
}
