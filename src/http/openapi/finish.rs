//! What derived schemas cannot say: which members an answer always has, older names of members,
//! and an example for every body and answer.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::sample;

/// Members that are read under an older name too: type, older name, name.
const OLDER_NAMES: &[(&str, &str, &str)] = &[
    ("ProductInput", "inventory", "stock"),
    ("WalkInput", "destinations", "stops"),
    ("PositionInput", "x_coord", "x"),
    ("PositionInput", "y_coord", "y"),
];

/// Completes the document.
pub(super) fn finish(document: &mut Value) {
    tidy(&mut document["components"]["schemas"]);
    let asked = reachable(document, |operation| vec![&operation["requestBody"]]);
    let Value::Object(mut schemas) = document["components"]["schemas"].take() else { return };
    for (name, schema) in &mut schemas {
        if !asked.contains(name) {
            require_nullable(schema);
        }
    }
    open_flattened(&mut schemas);
    for (shape, older, name) in OLDER_NAMES {
        let Some(schema) = schemas.get_mut(*shape) else { continue };
        let mut member = schema["properties"][*name].clone();
        member["deprecated"] = true.into();
        member["description"] = format!("The older name of `{name}`.").into();
        schema["properties"][*older] = member;
    }
    add_examples(document, &schemas);
    document["components"]["schemas"] = schemas.into();
}

/// `null` by default says nothing, and a line break in a comment is none in the manual.
fn tidy(part: &mut Value) {
    match part {
        Value::Object(members) => {
            if members.get("default") == Some(&Value::Null) {
                members.remove("default");
            }
            if let Some(Value::String(text)) = members.get_mut("description")
                && text.contains('\n')
            {
                *text = text.replace("\n\n", "\r").replace('\n', " ").replace('\r', "\n\n");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// The schemas that these parts of all operations lead to.
fn reachable(document: &Value, parts: impl Fn(&Value) -> Vec<&Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Value> = operations(document).flat_map(parts).collect();
    while let Some(part) = waiting.pop() {
        match part {
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|it| it.strip_prefix("#/components/schemas/"));
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    waiting.push(&document["components"]["schemas"][name]);
                }
                waiting.extend(members.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    found
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.filter_map(|(_, item)| item.as_object()).flat_map(Map::values)
}

/// A type that forbids other members and is flattened into another one forbids those of its host:
/// there it stands with its members only.
fn open_flattened(schemas: &mut Map<String, Value>) {
    let closed = schemas.iter().filter(|(_, schema)| schema["additionalProperties"] == false);
    let closed: Map<String, Value> =
        closed.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    let parts = schemas.values_mut().filter_map(|schema| schema.get_mut("allOf")?.as_array_mut());
    for part in parts.flatten() {
        let name = part["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/schemas/"));
        let Some(mut open) = name.and_then(|name| closed.get(name)).cloned() else { continue };
        if let Some(members) = open.as_object_mut() {
            members.remove("additionalProperties");
        }
        *part = open;
    }
}

/// In an answer a member that may be `null` is always there; one that may be missing is never
/// `null`.
fn require_nullable(schema: &mut Value) {
    for part in ["allOf", "oneOf", "anyOf"] {
        let parts = schema.get_mut(part).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(require_nullable);
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    let nullable = properties.iter().filter(|(_, member)| is_nullable(member));
    let nullable: Vec<String> = nullable.map(|(name, _)| name.clone()).collect();
    let mut required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    for name in nullable {
        if !required.iter().any(|known| *known == name) {
            required.push(name.into());
        }
    }
    if !required.is_empty() {
        schema["required"] = required.into();
    }
}

pub(super) fn is_nullable(member: &Value) -> bool {
    let in_list = |list: &Value, null: &dyn Fn(&Value) -> bool| {
        list.as_array().is_some_and(|list| list.iter().any(null))
    };
    in_list(&member["type"], &|kind| kind == "null")
        || in_list(&member["oneOf"], &|choice| choice["type"] == "null")
}

fn add_examples(document: &mut Value, schemas: &Map<String, Value>) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let items = paths.values_mut().filter_map(Value::as_object_mut);
    for operation in items.flat_map(Map::values_mut) {
        let body = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
        for media in body.into_iter().flat_map(Map::values_mut) {
            add_example(media, schemas, true);
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for response in responses.into_iter().flat_map(Map::values_mut) {
            let content = response.get_mut("content").and_then(Value::as_object_mut);
            for (media_type, media) in content.into_iter().flatten() {
                if media_type.ends_with("json") {
                    add_example(media, schemas, false);
                }
            }
        }
    }
}

fn add_example(media: &mut Value, schemas: &Map<String, Value>, for_request: bool) {
    if media.get("example").is_none() {
        media["example"] = sample::of_schema(schemas, &media["schema"], for_request);
    }
}
