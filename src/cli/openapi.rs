//! `openapi`: the API's description.

use clap::Args;

use super::output::{self, Failure};

/// Prints the description of the HTTP API.
#[derive(Debug, Args)]
#[command(about = "Print the OpenAPI document of the HTTP API", long_about = None, after_help = "Example:\n  cartwright openapi > openapi.json")]
pub(super) struct Openapi;

impl Openapi {
    #[expect(clippy::unused_self, reason = "all commands are run alike")]
    pub(super) fn run(self) -> Result<(), Failure> {
        output::print_json(&crate::server::openapi()?)
    }
}
