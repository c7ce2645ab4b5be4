//! Wires the app, listeners and jobs together.
//!
//! ```text
//! Server::bind   directory, lock, settings, app, control socket, listener: addresses are known
//! Server::run    serves until told to stop, drains, closes the database, lets go of the lock
//! ```

pub mod accept;
mod body;
mod connection;
mod open_files;

pub use self::body::RequestBody;
pub use self::open_files::raise_open_files_limit;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::accept::{Connections, Limits};
use crate::app::App;
use crate::app::open::OpenError;
use crate::config::Config;
use crate::control::ControlSocket;
use crate::data_dir::{DataDir, DataDirError, DirLock};
use crate::http;
use crate::jobs;
use crate::telemetry::Metrics;

/// What a server is made from.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory.
    pub data_dir: PathBuf,
    /// What it runs with.
    pub config: Config,
}

/// Why a server does not start. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The appliance does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; give another one with --http ADDR:PORT")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A server that listens. The fields are in the order in which they are let go.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    http_addr: SocketAddr,
    _control: ControlSocket,
    app: App,
    config: Config,
    dir: DataDir,
    shutdown: CancellationToken,
    _lock: DirLock,
}

impl Server {
    /// Opens the directory and listens; nothing is answered before [`Server::run`].
    pub async fn bind(options: Options) -> Result<Self, ServerError> {
        let Options { data_dir, config } = options;
        if let Err(error) = raise_open_files_limit() {
            tracing::warn!(%error, "the limit of open files stays as it is");
        }
        let address = config.http;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| ServerError::Listen { address, source })?;
        let http_addr =
            listener.local_addr().map_err(|source| ServerError::Listen { address, source })?;
        let dir = DataDir::open(data_dir)?;
        let lock = dir.lock()?;
        let app = App::open(&dir, &config)?;
        let shutdown = CancellationToken::new();
        let control = ControlSocket::open(&dir, app.clone(), shutdown.clone())?;
        Ok(Self { listener, http_addr, _control: control, app, config, dir, shutdown, _lock: lock })
    }

    /// Where plain HTTP listens.
    pub const fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// The address for people on this machine; a wildcard is shown as the loopback.
    pub fn http_url(&self) -> String {
        let ip = match self.http_addr.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip == Ipv6Addr::UNSPECIFIED => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.http_addr.port()))
    }

    /// The use cases.
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Its data directory.
    pub const fn data_dir(&self) -> &DataDir {
        &self.dir
    }

    /// Stops the server when cancelled, from anywhere.
    pub fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Serves until `stop`, then lets requests in flight finish for the drain period.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) {
        let Self { listener, app, config, dir, shutdown, _control, _lock, .. } = self;
        let metrics = Arc::new(Metrics::new());
        let state = state(&app, &config, &metrics, &shutdown);
        let connections = Connections::new(Limits::from_config(&config), metrics);
        let background = tokio::spawn(jobs::run(app.clone(), dir.clone(), shutdown.clone()));
        let stopper = shutdown.clone();
        tokio::spawn(async move {
            stop.await;
            stopper.cancel();
        });
        let edge = http::entry::entry(http::service(state), false);
        connections.serve(listener, edge, shutdown).await;
        if let Err(error) = background.await {
            tracing::warn!(%error, "a periodic task ended badly");
        }
        if let Err(error) = app.settle_setup_token(&dir) {
            tracing::warn!(%error, "cannot look after the setup token's file");
        }
        let closing = tokio::task::spawn_blocking(move || app.close());
        if let Err(error) = closing.await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}

/// What the edge works with.
fn state(
    app: &App,
    config: &Config,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> http::State {
    http::State {
        metrics: Arc::clone(metrics),
        cors_origins: config.cors_origins.clone().into(),
        trusted_proxies: config.trusted_proxies.clone().into(),
        shutdown: shutdown.clone(),
        ..http::State::new(app.clone())
    }
}

/// The API's description, which needs no shop.
pub fn openapi() -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(http::openapi::document(&http::routes::table()))
}
