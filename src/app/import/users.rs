//! Accounts from a file: matched by username, else by e-mail address.

use serde::Deserialize;

use super::table::{self, Columns, Kind, Members};
use super::{Checked, Parsed, Seen, Verdict};
use crate::app::accounts::Draft;
use crate::app::accounts::{check_email, check_other_admin, create, sessions};
use crate::app::{Admin, App, Result};
use crate::auth::PasswordHasher;
use crate::domain::accounts::{Email, Role, Username, person_name};
use crate::domain::invalid::FieldErrors;
use crate::storage::{WriteTx, accounts};
use crate::wire::import::{ImportOptions, ImportReport};

/// The columns of a file of users. An empty hash makes an account without a password.
pub(in crate::app) const COLUMNS: Columns = &[
    ("username", Kind::Word),
    ("email", Kind::Word),
    ("mobile_number", Kind::Word),
    ("role", Kind::Word),
    ("password_hash", Kind::Word),
    ("name", Kind::Word),
    ("id", Kind::Ignored),
    ("created_at", Kind::Ignored),
    ("last_login", Kind::Ignored),
    ("disabled", Kind::Ignored),
];

/// Longest mobile number, in characters.
const MOBILE_NUMBER_MAX: usize = 32;

/// A row as it stands in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    username: Option<String>,
    email: Option<String>,
    mobile_number: Option<String>,
    role: Option<String>,
    password_hash: Option<String>,
    name: Option<String>,
    id: serde::de::IgnoredAny,
    created_at: serde::de::IgnoredAny,
    last_login: serde::de::IgnoredAny,
    disabled: serde::de::IgnoredAny,
}

/// A row that was read.
#[derive(Debug, Clone)]
struct Account {
    username: Option<Username>,
    email: Option<Email>,
    mobile_number: Option<String>,
    role: Option<Role>,
    password_hash: Option<String>,
    name: Option<String>,
}

impl App {
    /// Brings in a file of users, CSV or NDJSON.
    pub async fn import_users(
        &self,
        _admin: &Admin,
        file: Vec<u8>,
        options: ImportOptions,
    ) -> Result<ImportReport> {
        let parsed = tokio::task::spawn_blocking(move || parse(&file));
        let parsed = parsed.await.map_err(|e| crate::app::Error::Internal(e.to_string()))??;
        let now = self.now();
        self.import_rows(parsed, options, move |tx, row| apply(tx, row, now)).await
    }
}

fn apply(tx: &mut WriteTx<'_>, row: &Account, now: jiff::Timestamp) -> Result<Verdict> {
    let found = match (&row.username, &row.email) {
        (Some(name), _) => accounts::user_by_username(tx, name)?,
        (None, Some(email)) => accounts::user_by_email(tx, email)?,
        (None, None) => None,
    };
    let Some(before) = found else {
        let draft = Draft {
            username: row.username.clone(),
            email: row.email.clone(),
            name: row.name.clone(),
            mobile_number: row.mobile_number.clone(),
            password_hash: row.password_hash.clone(),
            role: row.role.unwrap_or(Role::Customer),
        };
        create(tx, draft, now)?;
        return Ok(Verdict::New);
    };
    let mut user = before.clone();
    if let Some(email) = &row.email {
        check_email(tx, email, Some(user.id))?;
        user.email = Some(email.clone());
    }
    user.name = row.name.clone().or(user.name);
    user.mobile_number = row.mobile_number.clone().or(user.mobile_number);
    user.role = row.role.unwrap_or(user.role);
    user.password_hash = row.password_hash.clone().or(user.password_hash);
    if before.role == Role::Admin && user.role != Role::Admin {
        check_other_admin(tx, user.id)?;
    }
    if user == before {
        return Ok(Verdict::Unchanged);
    }
    if user.role != before.role || user.password_hash != before.password_hash {
        user.epoch += 1;
        sessions::end_all(tx, user.id, None)?;
    }
    accounts::put_user(tx, &user)?;
    Ok(Verdict::Changed)
}

fn parse(file: &[u8]) -> Result<Parsed<Account>> {
    let Parsed { rows: raw, mut errors } = table::read(file, COLUMNS)?;
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(raw.len());
    for Checked { line, row } in raw {
        match checked(line, &row, &mut seen) {
            Ok(row) => rows.push(Checked { line, row }),
            Err(fields) => {
                let reasons = fields.iter().map(|e| (e.field.clone(), e.message.clone()));
                errors.reject(line, reasons.collect());
            }
        }
    }
    Ok(Parsed { rows, errors })
}

fn checked(
    line: usize,
    members: &Members,
    seen: &mut Seen,
) -> std::result::Result<Account, FieldErrors> {
    let object = members
        .iter()
        .map(|(name, json)| format!("{}:{json}", serde_json::Value::from(name.as_str())));
    let object = format!("{{{}}}", object.collect::<Vec<_>>().join(","));
    let row: Row =
        serde_json::from_str(&object).map_err(|error| FieldErrors::one("", error.to_string()))?;
    let mut errors = FieldErrors::new();
    if row.username.is_none() && row.email.is_none() {
        errors.push("username", "is required, unless an e-mail address is given");
    }
    let username: Option<Username> =
        row.username.and_then(|text| errors.take("username", text.parse()));
    let email: Option<Email> = row.email.and_then(|text| errors.take("email", text.parse()));
    let role = row.role.and_then(|text| errors.take("role", text.parse()));
    let name = row.name.and_then(|text| errors.take("name", person_name(&text)));
    if row.password_hash.as_deref().is_some_and(|hash| !PasswordHasher::knows(hash)) {
        errors.push(
            "password_hash",
            "is no argon2id hash ($argon2id$v=19$m=...,t=...,p=...$salt$hash); leave it empty \
             for an account without a password",
        );
    }
    let mobile = row.mobile_number.as_deref();
    if mobile.is_some_and(|number| number.chars().count() > MOBILE_NUMBER_MAX) {
        errors.push("mobile_number", format!("has at most {MOBILE_NUMBER_MAX} characters"));
    }
    if let Some(name) = &username {
        errors.take("username", seen.check("username", name.to_string(), line));
    }
    if let Some(email) = &email {
        errors.take("email", seen.check("email", email.to_string(), line));
    }
    errors.into_result()?;
    Ok(Account {
        username,
        email,
        mobile_number: row.mobile_number,
        role,
        password_hash: row.password_hash,
        name,
    })
}
