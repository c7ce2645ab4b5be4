//! `keys`: what signs access tokens.

use clap::{Args, Subcommand};

use super::Global;
use super::output::{self, Failure};
use super::user::Json;
use crate::wire::control::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the keys, newest first; never what is secret
    #[command(after_help = "Example:\n  cartwright keys list")]
    List(Json),
    /// Sign with a new key from now on, without a restart
    #[command(after_help = "Nobody is signed out: the old keys go on verifying for 30 days, \
        until the last token that any of them can have signed has expired. With --now they are \
        dropped at once, for instance because a backup, which holds them, fell into wrong hands: \
        browsers refresh their tokens by themselves then, and tokens of `user token` have to be \
        made anew.\n\nExample:\n  cartwright keys rotate\n  cartwright keys rotate --now")]
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Drop the old keys at once: all access tokens end
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    json: Json,
}

impl Keys {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let (request, Json { json }) = match self {
            Self::List(json) => (Request::KeysList, json),
            Self::Rotate(Rotate { now, json }) => (Request::KeysRotate { now }, json),
        };
        let answer = global.ask(request)?;
        output::print_table(&answer["keys"], &["kid", "created_at", "retires_at"], json)
    }
}
