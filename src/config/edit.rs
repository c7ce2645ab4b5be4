//! Changing `config.toml` without losing what the owner wrote around it.

use std::collections::BTreeMap;
use std::path::Path;

use toml_edit::{Array, DocumentMut, Value};

use super::settings::{Kind, SETTINGS, nearest_key};
use super::{Config, ConfigError, Source, Sources};

/// What a new `config.toml` begins as: every setting, commented out.
const TEMPLATE: &str = include_str!("../../assets/config.default.toml");

/// A change that cannot be made: which setting, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// There is no such setting.
    Unknown {
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// Not a value that it takes; completes the sentence "give ...".
    BadValue(&'static str),
    /// A name that must have no effect.
    Refused(&'static str),
    /// It is said elsewhere, where it counts for more than in the file.
    Overridden(Source),
    /// Only somebody at the machine may change it.
    TerminalOnly,
}

/// Settings to be changed: their text, or `None` for the default.
pub type Edits = BTreeMap<String, Option<String>>;

impl Config {
    /// What would be in force with another text of `config.toml`.
    pub fn with_file(&self, path: &Path, text: Option<String>) -> Result<Self, ConfigError> {
        let config_file = text.map(|text| (path.to_owned(), text));
        Self::load(&Sources { config_file, ..self.sources.clone() })
    }

    /// What is wrong with each edit by itself; an empty list when nothing is.
    pub fn judge<'a>(&self, edits: &'a Edits) -> Vec<(&'a str, EditError)> {
        let judged =
            edits.iter().map(|(key, text)| (key.as_str(), self.judge_one(key, text.as_deref())));
        judged.filter_map(|(key, judged)| Some((key, judged.err()?))).collect()
    }

    fn judge_one(&self, key: &str, text: Option<&str>) -> Result<(), EditError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return Err(EditError::Unknown { nearest: nearest_key(key) });
        };
        if let Some(reason) = setting.refusal {
            return Err(EditError::Refused(reason));
        }
        if setting.is_terminal_only {
            return Err(EditError::TerminalOnly);
        }
        let stated = self.entries().iter().find(|entry| entry.key == key);
        if let Some(stated) = stated.filter(|entry| !self.is_from_file(&entry.source)) {
            return Err(EditError::Overridden(stated.source.clone()));
        }
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(());
        };
        (setting.apply)(&mut Self::blank(), text).ok_or(EditError::BadValue(setting.accepts))
    }

    /// Whether the file can change what is in force.
    pub fn is_from_file(&self, source: &Source) -> bool {
        match source {
            Source::Default => true,
            Source::File { path, .. } => {
                self.sources.env_file.as_ref().is_none_or(|(env_file, _)| env_file != path)
            }
            Source::Environment { .. } | Source::Flag { .. } => false,
        }
    }
}

/// The text of `config.toml` after edits that were judged good.
pub fn edited(path: &Path, text: Option<&str>, edits: &Edits) -> Result<String, ConfigError> {
    let syntax = |error: toml_edit::TomlError| ConfigError::Syntax {
        path: path.to_owned(),
        line: 1,
        message: error.message().to_owned(),
    };
    let mut document: DocumentMut = text.unwrap_or(TEMPLATE).parse().map_err(syntax)?;
    // Comments without a setting stand at the end of a document; new lines go behind them.
    let mut head = String::new();
    if document.is_empty() {
        document.trailing().as_str().unwrap_or_default().clone_into(&mut head);
        document.set_trailing("");
    }
    for (key, text) in edits {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let setting = SETTINGS.iter().find(|setting| setting.key == key);
        match (setting, text) {
            (Some(setting), Some(text)) => {
                let mut value = value(setting.kind, text);
                if let Some(old) = document.get(key).and_then(|item| item.as_value()) {
                    *value.decor_mut() = old.decor().clone();
                }
                document[key.as_str()] = toml_edit::value(value);
            }
            _ => {
                document.remove(key);
            }
        }
    }
    let tail = document.to_string();
    let gap = if head.is_empty() || tail.is_empty() { "" } else { "\n" };
    Ok(format!("{head}{gap}{tail}"))
}

fn value(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Number => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Kind::Switch => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.collect::<Array>())
        }
        Kind::Text => text.into(),
    }
}
