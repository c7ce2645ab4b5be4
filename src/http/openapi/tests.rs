//! What a stranger may rely on in the document, for every route that there is.

use std::collections::BTreeSet;

use super::*;

fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        let named = item.as_object().unwrap().iter();
        named.map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
    });
    each.collect()
}

/// What a reference leads to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    pointer.map_or(value, |pointer| document.pointer(pointer).unwrap())
}

#[test]
fn every_operation_says_all_that_a_stranger_needs() {
    let document = document(&routes::table());
    let tags: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
    for (name, operation) in operations(&document) {
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty() && !summary.ends_with('.'), "{name}: {summary:?}");
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        assert!(tags.contains(tag), "{name} has the tag {tag:?}");
        assert!(operation["security"].is_array() && operation["x-who"].is_string(), "{name}");
        assert!(operation["description"].as_str().is_some_and(|it| it.ends_with('.')), "{name}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let told = parameter["description"].as_str().is_some_and(|it| !it.is_empty());
            assert!(told, "{name}: {} is not described", parameter["name"]);
            assert!(parameter.get("example").is_some_and(|it| !it.is_null()), "{name}");
        }
        let body = operation["requestBody"]["content"].as_object();
        for (media_type, media) in body.into_iter().flatten() {
            // JSON text cannot hold the bytes of a picture or a program.
            if media_type.starts_with("image/") || media_type == "application/octet-stream" {
                continue;
            }
            let has_example = media.get("example").is_some_and(|it| !it.is_null());
            assert!(has_example, "{name}: the body as {media_type} has no example");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.as_str() < "400"), "{name} never succeeds");
        let mut codes = 0;
        for (status, response) in responses {
            let response = resolved(&document, response);
            assert!(!response["description"].as_str().unwrap().is_empty(), "{name} {status}");
            if status.as_str() >= "400" {
                codes += response["x-codes"].as_array().unwrap().len();
            }
        }
        assert!(codes > 0, "{name} has no code");
    }
}

#[test]
fn codes_are_stable_words() {
    let document = document(&routes::table());
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        for code in response["x-codes"].as_array().unwrap() {
            let code = code.as_str().unwrap();
            let plain =
                code.bytes().all(|it| it.is_ascii_lowercase() || it == b'-' || it.is_ascii_digit());
            assert!(plain && !code.is_empty(), "{name}: {code:?}");
        }
    }
}

#[test]
fn a_restricted_route_names_its_refusals() {
    let document = document(&routes::table());
    for (name, operation) in operations(&document) {
        let open = operation["x-who"] == "everybody";
        for status in ["401", "403"] {
            let has = operation["responses"].get(status).is_some();
            assert!(open || has, "{name} has no {status}");
        }
        assert!(operation["responses"].get("500").is_some(), "{name}");
    }
}

#[test]
fn examples_fit_their_schemas() {
    let document = document(&routes::table());
    let mut wrong = Vec::new();
    for (name, operation) in operations(&document) {
        let mut check = |what: &str, media: &Value, in_request: bool| {
            if media.get("schema").is_some() {
                let judge = Judge { document: &document, in_request };
                if let Err(complaint) = judge.fits(&media["schema"], &media["example"]) {
                    wrong.push(format!("{name} {what}: {complaint}"));
                }
            }
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            check(parameter["name"].as_str().unwrap(), parameter, true);
        }
        for media in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            check("body", media.1, true);
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(&document, response);
            for (media_type, media) in response["content"].as_object().into_iter().flatten() {
                if media_type.ends_with("json") {
                    check(status, media, false);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As much of JSON Schema as the document uses.
struct Judge<'a> {
    document: &'a Value,
    in_request: bool,
}

impl Judge<'_> {
    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = resolved(self.document, schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fits(part, value)?;
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[word].as_array() {
                let any = choices.iter().any(|choice| self.fits(choice, value).is_ok());
                any.then_some(()).ok_or_else(|| format!("{value} is none of {schema}"))?;
            }
        }
        Self::is_of_kind(schema, value)?;
        if let Some(words) = schema["enum"].as_array() {
            words
                .contains(value)
                .then_some(())
                .ok_or_else(|| format!("{value} not in {words:?}"))?;
        }
        for (bound, sign) in [("minimum", 1.0), ("maximum", -1.0)] {
            if let (Some(bound), Some(number)) = (schema[bound].as_f64(), value.as_f64()) {
                let inside = (number - bound) * sign >= 0.0;
                inside.then_some(()).ok_or_else(|| format!("{number} is beyond {bound}"))?;
            }
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            let fits = self.fits(&schema["items"], item);
            fits.map_err(|complaint| format!("[{index}]: {complaint}"))?;
        }
        self.members(schema, value)
    }

    fn is_of_kind(schema: &Value, value: &Value) -> Result<(), String> {
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return Ok(()),
        };
        let is = |kind: &str| match kind {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        let fits = kinds.iter().any(|kind| is(kind));
        fits.then_some(()).ok_or_else(|| format!("{value} is not {kinds:?}"))
    }

    fn members(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let Some(members) = value.as_object() else { return Ok(()) };
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            members.contains_key(name).then_some(()).ok_or_else(|| format!("no {name}"))?;
        }
        for (name, member) in members {
            match schema["properties"].get(name) {
                Some(property) if self.in_request && property["readOnly"] == true => {
                    return Err(format!("{name} is read-only"));
                }
                Some(property) => {
                    let fits = self.fits(property, member);
                    fits.map_err(|complaint| format!("{name}: {complaint}"))?;
                }
                None if schema["additionalProperties"] == false => {
                    return Err(format!("{name} is unknown"));
                }
                None => {}
            }
        }
        Ok(())
    }
}

#[test]
fn answers_name_the_members_that_they_always_have() {
    let document = document(&routes::table());
    let user = &document["components"]["schemas"]["User"];
    let required: Vec<&str> =
        user["required"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for name in ["id", "username", "email", "name", "mobile_number", "role", "last_login"] {
        assert!(required.contains(&name), "{name}");
    }
    let text = user.to_string();
    assert!(!text.contains("hash") && !text.contains("password"));
}

#[test]
fn answers_name_the_members_that_they_have_at_times() {
    let document = document(&routes::table());
    let at_times = [("Walk", "pictures"), ("VisitedStop", "note"), ("ProductLocation", "note")];
    for (shape, member) in at_times {
        let text = document["components"]["schemas"][shape].to_string();
        let named = format!("\"{member}\"");
        assert_eq!(text.matches(&named).count(), 1, "not required: {shape}.{member} {text}");
        let schema = &document["components"]["schemas"][shape];
        let parts = schema["allOf"].as_array().map_or(&[][..], Vec::as_slice);
        let member =
            std::iter::once(schema).chain(parts).find_map(|it| it["properties"].get(member));
        assert!(member.is_some_and(|it| !finish::is_nullable(it)), "{shape} {member:?}");
    }
}

#[test]
fn what_only_the_server_sets_may_be_sent_back() {
    let document = document(&routes::table());
    for (shape, member) in [("ProductInput", "version"), ("OrderPatch", "id"), ("UserPatch", "id")]
    {
        let schema = &document["components"]["schemas"][shape];
        assert_eq!(schema["properties"][member]["readOnly"], true, "{shape}.{member}");
        assert_eq!(schema["additionalProperties"], false, "{shape}");
    }
}
