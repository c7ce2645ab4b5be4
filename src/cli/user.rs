//! `user`: accounts.

use std::io::{self, IsTerminal, Read};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::Global;
use super::output::{self, Failure, cell};
use crate::wire::control::{Password, Request};

/// Longest password file, in bytes.
const PASSWORD_MAX_BYTES: u64 = 4096;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add an account
    #[command(after_help = "Example:\n  printf %s 'correct horse battery' | \
        cartwright user add --username ann --role admin --password-stdin")]
    Add(Add),
    /// List all accounts
    #[command(after_help = "Example:\n  cartwright user list --json")]
    List(Json),
    /// Give an account another password; its sessions end
    #[command(after_help = "Example:\n  printf %s 'a new password' | \
        cartwright user set-password --username ann --password-stdin")]
    SetPassword(SetPassword),
    /// Give an account another role; its sessions end
    #[command(after_help = "Example:\n  cartwright user set-role --username ann --role staff")]
    SetRole(SetRole),
    /// Refuse an account everywhere; its sessions end
    #[command(after_help = "Example:\n  cartwright user disable --username ann")]
    Disable(Disable),
    /// Print an access token for an account, and nothing else
    #[command(after_help = "The token is a session of its own: a new password, another role and \
        DELETE /auth/sessions end it.\n\nExample:\n  curl -H \"Authorization: Bearer $(cartwright user token \
        --username ann)\" http://127.0.0.1:8080/users")]
    Token(Token),
}

#[derive(Debug, Args)]
pub(super) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// 3 to 32 of a-z, 0-9, dot, underscore and hyphen
    #[arg(long)]
    username: String,
    /// What the account may do
    #[arg(long)]
    role: Role,
    /// The e-mail address
    #[arg(long)]
    email: Option<String>,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct SetPassword {
    /// Whose
    #[arg(long)]
    username: String,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct SetRole {
    /// Whose
    #[arg(long)]
    username: String,
    /// What the account may do
    #[arg(long)]
    role: Role,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct Disable {
    /// Whose
    #[arg(long)]
    username: String,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// Whose
    #[arg(long)]
    username: String,
    /// How long it lives, at most 30 days
    #[arg(long, default_value_t = 15, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=43_200))]
    minutes: u32,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
struct PasswordSource {
    /// Read the password from stdin: an argument would be seen by others
    #[arg(long, required = true)]
    password_stdin: bool,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    Admin,
    Staff,
    Customer,
}

impl User {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Add(Add { username, role, email, password, json }) => {
                let (role, password) = (role.word(), password.read()?);
                let user = global.ask(Request::UserAdd { username, email, role, password })?;
                told(&user, &json, "added")
            }
            Self::List(Json { json }) => {
                let users = global.ask(Request::UserList)?;
                let members = ["id", "username", "email", "role", "disabled", "last_login"];
                output::print_table(&users, &members, json)
            }
            Self::SetPassword(SetPassword { username, password, json }) => {
                let password = password.read()?;
                let user = global.ask(Request::UserSetPassword { username, password })?;
                told(&user, &json, "has the new password")
            }
            Self::SetRole(SetRole { username, role, json }) => {
                let user = global.ask(Request::UserSetRole { username, role: role.word() })?;
                told(&user, &json, "has the new role")
            }
            Self::Disable(Disable { username, json }) => {
                let user = global.ask(Request::UserDisable { username })?;
                told(&user, &json, "disabled")
            }
            Self::Token(Token { username, minutes, json }) => {
                let token = global.ask(Request::UserToken { username, minutes })?;
                if json.json {
                    return output::print_json(&token);
                }
                output::print(cell(&token["access_token"]))
            }
        }
    }
}

impl Role {
    fn word(self) -> String {
        match self {
            Self::Admin => "admin",
            Self::Staff => "staff",
            Self::Customer => "customer",
        }
        .to_owned()
    }
}

impl PasswordSource {
    /// The password on stdin, without the end of its line.
    fn read(&self) -> Result<Password, Failure> {
        debug_assert!(self.password_stdin, "clap demands it");
        if io::stdin().is_terminal() {
            eprintln!("Password (it shows while you type; end with Enter and Ctrl-D):");
        }
        let mut text = String::new();
        io::stdin().take(PASSWORD_MAX_BYTES).read_to_string(&mut text)?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            return Err(Failure::new("there is no password on stdin"));
        }
        Ok(Password(text.to_owned()))
    }
}

fn told(user: &Value, json: &Json, what: &str) -> Result<(), Failure> {
    if json.json {
        return output::print_json(user);
    }
    let (id, name, role) = (cell(&user["id"]), cell(&user["username"]), cell(&user["role"]));
    output::print(format!("user {name} (id {id}, {role}) {what}"))
}
