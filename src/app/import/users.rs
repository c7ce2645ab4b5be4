//! Accounts from a file: matched by username, else by e-mail address.
//!
//! A hash may be one that an older system made. It never takes the place of a password that was
//! set or used here: a file that is imported again would bring back what people have changed since.
//!
//! Anybody can sign up under a name that a file will bring later, and wait for what the file gives
//! it. So an account that somebody can open by what was chosen here, and not by what stands in the
//! file, is not taken for the file's: see `check_same_person`.

use serde::Deserialize;

use super::table::{self, Columns, Kind, Members};
use super::{Checked, ImportFile, Parsed, Seen, Source, Verdict};
use crate::app::accounts::Draft;
use crate::app::accounts::mobile_numbers::claim;
use crate::app::accounts::{check_email, check_other_admin, create, sessions};
use crate::app::audit::{Change, shapes};
use crate::app::{Admin, App, Error, Result};
use crate::auth::PasswordHasher;
use crate::domain::accounts::{Country, Email, MobileNumber, Role, User, Username, person_name};
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
    ("disabled", Kind::Flag),
];

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
    disabled: Option<bool>,
}

/// A row that was read.
#[derive(Debug, Clone)]
struct Account {
    username: Option<Username>,
    email: Option<Email>,
    mobile_number: Option<MobileNumber>,
    role: Option<Role>,
    password_hash: Option<String>,
    name: Option<String>,
    disabled: Option<bool>,
}

impl App {
    /// Brings in a file of users, CSV or NDJSON.
    pub async fn import_users(
        &self,
        admin: &Admin,
        file: impl Into<ImportFile>,
        options: ImportOptions,
    ) -> Result<ImportReport> {
        let file = file.into();
        let country = self.settings().country;
        let source = Source::of(self.act(admin), "user.import", "user", &file);
        let parsed = tokio::task::spawn_blocking({
            let options = options.clone();
            move || parse(&file, &options, country)
        });
        let parsed = parsed.await.map_err(|e| Error::Internal(e.to_string()))??;
        let now = self.now();
        let report =
            self.import_rows(parsed, options, source, move |tx, row| apply(tx, row, now)).await?;
        if report.applied && report.changed > 0 {
            self.tell_session_ends();
        }
        Ok(report)
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
            disabled: row.disabled.unwrap_or(false),
        };
        create(tx, draft, now)?;
        return Ok(Verdict::New);
    };
    check_same_person(&before, row)?;
    let mut user = before.clone();
    if let Some(email) = &row.email {
        check_email(tx, email, Some(user.id))?;
        user.email = Some(email.clone());
    }
    user.name = row.name.clone().or(user.name);
    if let Some(number) = &row.mobile_number {
        claim(tx, &mut user, Some(number.clone()))?;
    }
    user.role = row.role.unwrap_or(user.role);
    user.disabled = row.disabled.unwrap_or(user.disabled);
    // A verified number took a password away that its owner may not know: it does not come back.
    if !has_own_password(&before) && !before.mobile_verified {
        user.password_hash = row.password_hash.clone().or(user.password_hash);
    }
    if before.role == Role::Admin && (user.role != Role::Admin || user.disabled) {
        check_other_admin(tx, user.id)?;
    }
    if user == before {
        return Ok(Verdict::Unchanged);
    }
    let ends_sessions = user.role != before.role
        || user.disabled != before.disabled
        || user.password_hash != before.password_hash;
    if ends_sessions {
        user.epoch += 1;
        sessions::end_all(tx, user.id, None)?;
    }
    accounts::put_user(tx, &user)?;
    let mut change = Change::between(shapes::user(&before), shapes::user(&user));
    if user.password_hash != before.password_hash {
        change = change.with("password", "changed");
    }
    Ok(Verdict::Changed(user.id.to_string(), change))
}

/// Whether the account's password was set or used here. One that only waits in the form of an
/// older system is the file's.
fn has_own_password(user: &User) -> bool {
    user.password_hash.as_deref().is_some_and(PasswordHasher::is_ours)
}

/// Refuses to give an account that was made here what a file means for somebody of the same name.
///
/// An account is *made here* for a row if it opens by a password of its own that is not the row's,
/// or by a verified number that is not the row's. Its role is never raised. A row that brings a
/// hash besides means an account that the other system had: it changes neither e-mail address nor
/// number. What takes rights away, and a file that says what is so already, are taken.
fn check_same_person(user: &User, row: &Account) -> Result<()> {
    let other_password = has_own_password(user) && user.password_hash != row.password_hash;
    let other_number =
        user.verified_mobile().is_some_and(|number| Some(&number) != row.mobile_number.as_ref());
    if !other_password && !other_number {
        return Ok(());
    }
    if row.role.is_some_and(|role| role > user.role) {
        let detail = format!(
            "there is an account of this name already, made here: if it is theirs, set its role \
             with `cartwright user set-role --username {}`",
            user.username
        );
        return Err(Error::field("role", detail));
    }
    let brings = |field: &str| {
        let detail = format!(
            "there is an account of this name already, made here, with a password of its own: \
             leave password_hash out if `{}` is theirs",
            user.username
        );
        Err(Error::field(field, detail))
    };
    if row.password_hash.is_some() {
        if row.email.is_some() && row.email != user.email {
            return brings("email");
        }
        if row.mobile_number.is_some() && row.mobile_number != user.mobile() {
            return brings("mobile_number");
        }
    }
    Ok(())
}

fn parse(file: &ImportFile, options: &ImportOptions, country: Country) -> Result<Parsed<Account>> {
    let Parsed { rows: raw, mut errors } = table::read_all(file, COLUMNS, options)?;
    let mut seen = Seen::default();
    let mut rows = Vec::with_capacity(raw.len());
    for Checked { line, row } in raw {
        match checked(line, &row, country, &mut seen) {
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
    country: Country,
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
    // An empty text is no password here either.
    let password_hash = row.password_hash.filter(|hash| !hash.is_empty());
    if let Some(hash) = &password_hash {
        errors.take("password_hash", PasswordHasher::judge(hash));
    }
    let mobile_number = row
        .mobile_number
        .and_then(|text| errors.take("mobile_number", MobileNumber::parse(&text, country)));
    if let Some(name) = &username {
        errors.take("username", seen.check("username", &name.to_string(), line));
    }
    if let Some(email) = &email {
        errors.take("email", seen.check("email", &email.to_string(), line));
    }
    errors.into_result()?;
    Ok(Account {
        username,
        email,
        mobile_number,
        role,
        password_hash,
        name,
        disabled: row.disabled,
    })
}
