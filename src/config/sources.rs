//! Where settings are said: `config.toml`, an env file, the environment, flags.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::settings::{SETTINGS, nearest_key};
use super::{ConfigError, JWT_SECRET_MIN_BYTES, RawValue, Secret, Source};

const PREFIX: &str = "CARTWRIGHT_";
/// Prefixed variables that are read elsewhere and are no settings.
const NOT_SETTINGS: [&str; 1] = ["CARTWRIGHT_DATA"];
/// Largest settings or secret file, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Everything that was said, not yet judged. Fill the fields by hand for a pure
/// [`Config::load`](super::Config::load), or use [`Sources::read`].
#[derive(Clone, Default)]
pub struct Sources {
    /// Path and text of `config.toml`.
    pub config_file: Option<(PathBuf, String)>,
    /// Path and text of a file of `KEY=value` lines.
    pub env_file: Option<(PathBuf, String)>,
    /// Environment variables; those that mean nothing here are ignored.
    pub environment: BTreeMap<String, String>,
    /// Setting keys (`http`, `log`, ...) given as flags.
    pub flags: BTreeMap<String, String>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").finish_non_exhaustive()
    }
}

impl Sources {
    /// Reads `config_file` if it exists, `env_file`, and this process's environment.
    pub fn read(
        config_file: &Path,
        env_file: Option<&Path>,
        flags: BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let config_file = match read_text(config_file) {
            Ok(text) => Some((config_file.to_owned(), text)),
            Err(ConfigError::Unreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                None
            }
            Err(error) => return Err(error),
        };
        let env_file = match env_file {
            Some(path) => Some((path.to_owned(), read_text(path)?)),
            None => None,
        };
        // Variables that are not UTF-8 cannot be settings: all values are text.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self { config_file, env_file, environment, flags })
    }

    /// One value per setting, the strongest source winning: flags, environment, env file,
    /// `config.toml`.
    pub(super) fn merge(
        &self,
        warnings: &mut Vec<String>,
    ) -> Result<BTreeMap<&'static str, RawValue>, ConfigError> {
        let mut said = BTreeMap::new();
        if let Some((path, text)) = &self.config_file {
            said.extend(parse_toml(path, text)?);
        }
        if let Some((path, text)) = &self.env_file {
            let lines = parse_env_file(path, text)?;
            let place = |name: &str| Source::File { path: path.clone(), line: lines[name].1 };
            let values = lines.iter().map(|(name, (value, _))| (name.as_str(), value.as_str()));
            said.extend(pick_variables(values, place, warnings));
        }
        let values = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let place = |name: &str| Source::Environment { variable: name.to_owned() };
        said.extend(pick_variables(values, place, warnings));
        for (name, text) in &self.flags {
            let place = Source::Flag { name: name.clone() };
            said.insert(known_key(name, &place)?, RawValue { text: text.clone(), source: place });
        }
        Ok(said)
    }
}

/// The content of the signing secret's file, without the line end that editors add.
pub(super) fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let bytes = read_bytes(path)?;
    let secret = bytes.trim_ascii_end();
    if secret.len() < JWT_SECRET_MIN_BYTES {
        return Err(ConfigError::WeakSecretFile { path: path.to_owned() });
    }
    Ok(Secret::new(secret))
}

/// The settings among the variables. An empty value counts as absent, as compose files and
/// unit templates leave them behind. A plain name gives way to its prefixed one.
fn pick_variables<'a>(
    variables: impl Iterator<Item = (&'a str, &'a str)>,
    place: impl Fn(&str) -> Source,
    warnings: &mut Vec<String>,
) -> BTreeMap<&'static str, RawValue> {
    let mut picked = BTreeMap::new();
    for (name, value) in variables.filter(|(_, value)| !value.trim().is_empty()) {
        let raw = || RawValue { text: value.to_owned(), source: place(name) };
        if let Some(suffix) = name.strip_prefix(PREFIX) {
            let key = suffix.to_ascii_lowercase();
            match SETTINGS.iter().find(|setting| setting.key == key) {
                Some(setting) => {
                    picked.insert(setting.key, raw());
                }
                None if NOT_SETTINGS.contains(&name) => {}
                None => warnings.push(format!(
                    "{} has no effect: there is no such setting{}",
                    place(name),
                    nearest_key(&key)
                        .map(|key| format!("; did you mean {PREFIX}{}?", key.to_ascii_uppercase()))
                        .unwrap_or_default()
                )),
            }
        } else if let Some(setting) = SETTINGS.iter().find(|s| s.plain_variable == Some(name)) {
            picked.entry(setting.key).or_insert_with(raw);
        }
    }
    picked
}

fn parse_toml(path: &Path, text: &str) -> Result<BTreeMap<&'static str, RawValue>, ConfigError> {
    let line_of = |offset: usize| 1 + text[..offset.min(text.len())].matches('\n').count();
    let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        path: path.to_owned(),
        line: error.span().map_or(1, |span| line_of(span.start)),
        message: error.message().to_owned(),
    })?;
    let mut said = BTreeMap::new();
    for (name, value) in table.get_ref() {
        let line = line_of(name.span().start);
        let place = Source::File { path: path.to_owned(), line };
        let key = known_key(name.get_ref(), &place)?;
        let text = plain_text(value.get_ref()).ok_or_else(|| ConfigError::Syntax {
            path: path.to_owned(),
            line,
            message: format!("{key} takes a text, a number, true or false, or a list of texts"),
        })?;
        said.insert(key, RawValue { text, source: place });
    }
    Ok(said)
}

/// A TOML value in the text form that all sources share; a list becomes a comma list.
fn plain_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(is_true) => Some(is_true.to_string()),
        DeValue::Array(items) => {
            let items: Option<Vec<&str>> = items.iter().map(|i| i.get_ref().as_str()).collect();
            Some(items?.join(","))
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

/// Lines of `KEY=value`, each with its line number. Comments, `export` and quotes around the
/// whole value are allowed; nothing is expanded.
fn parse_env_file(
    path: &Path,
    text: &str,
) -> Result<BTreeMap<String, (String, usize)>, ConfigError> {
    let mut lines = BTreeMap::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            return Err(ConfigError::Syntax {
                path: path.to_owned(),
                line: index + 1,
                message: "expected KEY=value, a comment or an empty line".to_owned(),
            });
        };
        lines.insert(name.trim().to_owned(), (unquoted(value.trim()).to_owned(), index + 1));
    }
    Ok(lines)
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

fn known_key(name: &str, place: &Source) -> Result<&'static str, ConfigError> {
    SETTINGS.iter().find(|setting| setting.key == name).map(|setting| setting.key).ok_or_else(
        || ConfigError::UnknownKey {
            key: name.to_owned(),
            place: place.clone(),
            nearest: nearest_key(name),
        },
    )
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    String::from_utf8(read_bytes(path)?).map_err(|_| ConfigError::Syntax {
        path: path.to_owned(),
        line: 1,
        message: "the file is not UTF-8 text".to_owned(),
    })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(unreadable(io::Error::other("it is larger than 1 MiB")));
    }
    Ok(bytes)
}
