//! `device`: trolleys and their keys.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Global;
use super::output::{self, Failure, cell};
use super::user::Json;
use crate::wire::control::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Device {
    /// Add a trolley; its key is shown this once
    #[command(
        after_help = "Example:\n  cartwright device add --name \"Cart 7\" --json\n\nA board gets its key by \
            itself from a pairing code: Fleet in the admin UI makes one."
    )]
    Add(Add),
    /// Make a code that lets a board in: it works once, for ten minutes
    #[command(after_help = "Example:\n  cartwright device pairing-code --name \"Cart 7\" --json")]
    PairingCode(PairingCode),
    /// List all trolleys
    #[command(after_help = "Example:\n  cartwright device list --json")]
    List(Json),
    /// Give a trolley another key; the old one works until the new one is used, at most a day
    #[command(after_help = "Example:\n  cartwright device rotate 7")]
    Rotate(One),
    /// Refuse a trolley for good
    #[command(after_help = "Example:\n  cartwright device revoke 7")]
    Revoke(One),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// What people call it
    #[arg(long)]
    name: String,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct PairingCode {
    /// What the new trolley will be called [default: the next Cart N]
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub(super) struct One {
    /// The trolley's id, as `device list` shows it
    id: u64,
    #[command(flatten)]
    json: Json,
}

impl Device {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self {
            Self::Add(Add { name, json }) => {
                keyed(&global.ask(Request::DeviceAdd { name })?, json.json)
            }
            Self::PairingCode(PairingCode { name, json }) => {
                let code = global.ask(Request::PairingCode { name })?;
                if json.json {
                    return output::print_json(&code);
                }
                output::print(format!(
                    "pairing code  {}   (shown this once)\nfor           {}\nexpires at    {}",
                    cell(&code["pairing_code"]),
                    cell(&code["name"]),
                    cell(&code["expires_at"])
                ))
            }
            Self::List(Json { json }) => {
                let devices = global.ask(Request::DeviceList)?;
                let members = ["id", "name", "cart_code", "user_id", "revoked", "created_at"];
                output::print_table(&devices, &members, json)
            }
            Self::Rotate(One { id, json }) => {
                keyed(&global.ask(Request::DeviceRotate { id })?, json.json)
            }
            Self::Revoke(One { id, json }) => {
                let device = global.ask(Request::DeviceRevoke { id })?;
                if json.json {
                    return output::print_json(&device);
                }
                output::print(format!("device {id} ({}) is refused now", cell(&device["name"])))
            }
        }
    }
}

fn keyed(device: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(device);
    }
    output::print(format!(
        "device {} ({})\ncart code  {}\nkey        {}   (shown this once)",
        cell(&device["id"]),
        cell(&device["name"]),
        cell(&device["cart_code"]),
        cell(&device["key"])
    ))
}
