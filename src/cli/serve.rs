//! `serve`: the appliance.

use std::collections::BTreeMap;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::Global;
use super::output::{self, Failure};
use crate::app::Admin;
use crate::app::demo::Demo;
use crate::config::Config;
use crate::server::{Options, Server};
use crate::telemetry::{self, LogFormat};

/// Run the shop
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  cartwright serve --data /srv/shop --http 0.0.0.0:8080 --https 0.0.0.0:8443\n\n\
    Trolleys find it by mDNS (_cartwright._tcp) and by questions to UDP port 8266, unless it listens\n\
    on this machine only or the setting discovery is false.\n\n\
    Once it answers, one line on stdout says so:\n  \
    ready http=http://127.0.0.1:8080 https=https://127.0.0.1:8443\n\
    Everything else, the log too, goes to stderr."
)]
pub(super) struct Serve {
    /// Where plain HTTP listens; port 0 picks a free one [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<String>,
    /// Where HTTPS listens as well, with certificates of its own authority unless the settings
    /// name another; /trust shows phones how to trust it [default: off]
    #[arg(long, value_name = "ADDR:PORT")]
    https: Option<String>,
    /// Load the demo store into an empty directory and print its random passwords
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let flags: BTreeMap<_, _> = [("http", self.http), ("https", self.https)]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect();
        let config = global.config(flags)?;
        start_log(&config)?;
        let data_dir = global.data_dir();
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let stop = stop_signals()?;
            let zone = config.time_zone.clone();
            let server = Server::bind(Options { data_dir, config }).await?;
            if self.demo {
                let demo = server.app().load_demo(&Admin::local(), &zone).await?;
                server.app().settle_setup_token(server.data_dir())?;
                eprint!("{}", describe(&demo, &server.http_url()));
            }
            announce_setup(&server)?;
            let https = server.https_url().map(|url| format!(" https={url}"));
            output::print(format!(
                "ready http={}{}",
                server.http_url(),
                https.unwrap_or_default()
            ))?;
            server.run(stop).await;
            Ok(())
        })
    }
}

/// Starts logging as the settings say, and says what they got wrong.
pub(super) fn start_log(config: &Config) -> Result<(), Failure> {
    let format = if config.log_json { LogFormat::Json } else { LogFormat::Text };
    telemetry::init(&config.log, format)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// Ends when this process is asked to stop. The handlers stand from now on.
pub(super) fn stop_signals() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}

/// Tells the owner of a new shop how to make the first admin.
fn announce_setup(server: &Server) -> Result<(), Failure> {
    if let Some(token) = server.app().setup_token()? {
        eprintln!(
            "This shop has no admin yet. Open {}/setup and give the setup token {token}",
            server.http_url()
        );
    }
    Ok(())
}

/// What a visitor of the demo store needs.
pub(super) fn describe(demo: &Demo, url: &str) -> String {
    let Demo { admin, shopper, device_id, device_key, cart_code, first_product } = demo;
    format!(
        "Address      {url}/\n\
         Admin        {url}/admin/   username {}   password {}\n\
         Shopper      username {}   password {}\n\
         Trolley      id {device_id}   cart code {cart_code}\n\
         Device key   {device_key}\n\
         Scan {}:\n  \
         curl -s {url}/cart/esp32/add_item -H \"X-API-Key: {device_key}\" \
         -H \"Content-Type: application/json\" -d '{{\"barcode\":\"{}\"}}'\n",
        admin.0, admin.1, shopper.0, shopper.1, first_product.1, first_product.0
    )
}
