//! `demo`: a shop to throw away.

use std::collections::BTreeMap;

use clap::Args;

use super::Global;
use super::output::{self, Failure};
use super::serve::{describe, start_log, stop_signals};
use crate::app::Admin;
use crate::config::{Config, Sources};
use crate::server::{Options, Server};

/// Where the demo listens: this machine only.
const ADDRESS: &str = "127.0.0.1:8080";

/// Try it: a shop in a temporary directory, with products, a map, users and orders
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cartwright demo --http 127.0.0.1:9000\n\n\
    Ctrl-C stops it and removes its directory.")]
pub(super) struct Demo {
    /// Where it listens; port 0 picks a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = ADDRESS)]
    http: String,
}

impl Demo {
    pub(super) fn run(self, _global: &Global) -> Result<(), Failure> {
        // The demo's prices are in euros, and nobody's settings are meant for it.
        let flags =
            BTreeMap::from([("http".to_owned(), self.http), ("log".to_owned(), "warn".to_owned())]);
        let config = Config::load(&Sources { flags, ..Sources::default() })?;
        start_log(&config)?;
        let directory = tempfile::Builder::new().prefix("cartwright-demo-").tempdir()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let path = runtime.block_on(async {
            let stop = stop_signals()?;
            let zone = config.time_zone.clone();
            let data_dir = directory.path().to_owned();
            let server = Server::bind(Options { data_dir, config }).await?;
            let demo = server.app().load_demo(&Admin::local(), &zone).await?;
            server.app().settle_setup_token(server.data_dir())?;
            // From here on only a clean stop removes it.
            let path = directory.keep();
            output::print(format!(
                "{}Data         {}\n\nready http={}\nCtrl-C stops the demo and removes its data.",
                describe(&demo, &server.http_url()),
                path.display(),
                server.http_url()
            ))?;
            server.run(stop).await;
            Ok::<_, Failure>(path)
        })?;
        Ok(std::fs::remove_dir_all(path)?)
    }
}
