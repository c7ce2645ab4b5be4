//! The owner's settings.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::settings::OwnerSetting;
use crate::app::{Admin, App, Error};
use crate::config::{Edits, Kind};
use crate::domain::invalid::FieldErrors;
use crate::http::Result;
use crate::http::extract::Json;

/// The settings that the next start will find, each by its key, and what is known about them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Settings {
    /// Each setting's value by its key: a text, a number or a list of texts; `null` when unset,
    /// and `********` for a secret that is set.
    #[serde(flatten)]
    #[schema(additional_properties)]
    values: BTreeMap<&'static str, Value>,
    /// About each setting, in the order of the manual.
    details: Vec<SettingDetail>,
    /// Keys of settings that were changed and count from the next start.
    restart_needed: Vec<&'static str>,
}

/// About one setting.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct SettingDetail {
    key: &'static str,
    /// What it is for.
    about: &'static str,
    /// What it takes, for the sentence "give ...".
    accepts: &'static str,
    /// What it is when nothing is said.
    default: Value,
    /// What the running appliance uses.
    running: Value,
    /// `default`, a line of `config.toml`, an environment variable or a flag.
    source: String,
    /// `text`, `number`, `switch` or `list`.
    kind: &'static str,
    secret: bool,
    /// Whether it can be changed here; not when the environment or a flag says it.
    editable: bool,
}

/// Settings to change, each by its key; `null` goes back to the default. What else the answer
/// has is ignored.
#[derive(Debug, ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "only its description is used")]
pub(in crate::http) struct SettingsPatch(Map<String, Value>);

fn json(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::List => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect::<Vec<_>>()
            .into(),
        _ if text.is_empty() => Value::Null,
        Kind::Number => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Kind::Switch => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Kind::Text => text.into(),
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Switch => "switch",
        Kind::List => "list",
    }
}

impl Settings {
    fn new(settings: Vec<OwnerSetting>) -> Self {
        let values = settings.iter().map(|it| (it.entry.key, json(it.entry.kind, &it.entry.value)));
        let restart_needed = settings.iter().filter(|it| it.needs_restart());
        Self {
            values: values.collect(),
            restart_needed: restart_needed.map(|it| it.entry.key).collect(),
            details: settings
                .into_iter()
                .map(|OwnerSetting { entry, running, is_editable }| SettingDetail {
                    key: entry.key,
                    about: entry.about,
                    accepts: entry.accepts,
                    default: json(entry.kind, entry.default),
                    running: json(entry.kind, &running),
                    source: entry.source.to_string(),
                    kind: kind_name(entry.kind),
                    secret: entry.is_secret,
                    editable: is_editable,
                })
                .collect(),
        }
    }
}

/// The text form of a value, as the file and the environment have it; `null` has none.
fn text(value: Value) -> std::result::Result<Option<String>, &'static str> {
    const KINDS: &str = "is a text, a number, true, false, null or a list of texts";
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(is_on) => Ok(Some(is_on.to_string())),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
            items.map(|items| Some(items.join(","))).ok_or(KINDS)
        }
        Value::Object(_) => Err(KINDS),
    }
}

pub(in crate::http) async fn find(State(app): State<App>, admin: Admin) -> Result<Json<Settings>> {
    Ok(Json(Settings::new(app.owner_settings(&admin).await?)))
}

pub(in crate::http) async fn update(
    State(app): State<App>,
    admin: Admin,
    Json(mut body): Json<Map<String, Value>>,
) -> Result<Json<Settings>> {
    body.retain(|key, _| !matches!(key.as_str(), "details" | "restart_needed"));
    let (mut edits, mut errors) = (Edits::new(), FieldErrors::new());
    for (key, value) in body {
        if let Some(text) = errors.take(&key, text(value)) {
            edits.insert(key, text);
        }
    }
    errors.into_result().map_err(Error::from)?;
    // An answer may be edited and sent back: what is as it was is no change.
    let current = app.owner_settings(&admin).await?;
    edits.retain(|key, text| {
        let known = current.iter().find(|it| it.entry.key == key);
        known.is_none_or(|it| it.entry.value != text.as_deref().unwrap_or(it.entry.default))
    });
    Ok(Json(Settings::new(app.change_owner_settings(&admin, edits).await?)))
}
