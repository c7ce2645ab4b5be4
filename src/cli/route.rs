//! `route`: the shortest walk, without a shop.

use std::path::PathBuf;

use clap::Args;

use super::import::read_file;
use super::output::{self, Failure};
use crate::app::Error;
use crate::app::route_files::{refused, route_files};

/// Find the shortest walk through a map
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright route --map map.json --request request.json\n\n\
    The request is an object, or an array of them: the answers come in the same order, and one\n\
    that is refused is {\"error\": {\"code\", \"detail\"}} in its place; the command leaves with 1 then.")]
pub(super) struct Route {
    /// The store map
    #[arg(long, value_name = "MAP.json")]
    map: PathBuf,
    /// The request, or an array of requests; - reads stdin
    #[arg(long, value_name = "REQUEST.json")]
    request: PathBuf,
}

impl Route {
    pub(super) fn run(self) -> Result<(), Failure> {
        let files = read_file(&self.map).and_then(|map| Ok((map, read_file(&self.request)?)));
        let (map, requests) = match files {
            Ok(files) => files,
            Err(failure) => {
                output::print_json(&refused("unreadable-file", &failure.to_string()))?;
                return Err(failure);
            }
        };
        match route_files(&map, &requests) {
            Ok(answers) => {
                output::print_json(&answers.json)?;
                if answers.all_answered {
                    Ok(())
                } else {
                    Err(Failure::new("a request was refused"))
                }
            }
            Err(error) => {
                let code = match &error {
                    Error::BadRequest(refusal) => refusal.code,
                    _ => "internal",
                };
                output::print_json(&refused(code, &error.to_string()))?;
                Err(error.into())
            }
        }
    }
}
