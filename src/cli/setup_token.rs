//! `setup-token`: what the first admin must know.

use clap::Args;
use serde_json::Value;

use super::Global;
use super::output::{self, Failure, cell};
use super::user::Json;
use crate::wire::control::Request;

/// Show the token that allows the first admin to be made
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright setup-token --data /srv/shop")]
pub(super) struct SetupToken {
    #[command(flatten)]
    json: Json,
}

impl SetupToken {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let answer: Value = global.ask(Request::SetupToken)?;
        if self.json.json {
            return output::print_json(&answer);
        }
        output::print(cell(&answer["setup_token"]))
    }
}
