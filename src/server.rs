//! Wires the app, listeners and jobs together.
//!
//! ```text
//! Server::bind   directory, lock, settings, app, control socket, listener: addresses are known
//! Server::run    serves until told to stop, drains, closes the database, lets go of the lock
//! ```

pub mod accept;
mod body;
mod connection;
mod handshake;
mod https;
mod open_files;
mod refusal;

pub use self::body::RequestBody;
pub use self::open_files::raise_open_files_limit;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::accept::{Connections, Limits};
use self::https::Https;
use crate::app::App;
use crate::app::open::OpenError;
use crate::config::Config;
use crate::control::ControlSocket;
use crate::data_dir::{DataDir, DataDirError, DirLock};
use crate::discovery;
use crate::gateway::{self, GatewayError};
use crate::http;
use crate::jobs;
use crate::telemetry::Metrics;
use crate::tls::{Surroundings, TlsError};

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
    /// One-time codes cannot leave as the settings say.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; give another one with --{setting} ADDR:PORT")]
    Listen {
        /// The setting that names it.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There is no certificate for HTTPS.
    #[error("HTTPS cannot start: {0}")]
    Tls(#[from] TlsError),
}

/// A server that listens. The fields are in the order in which they are let go.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    http_addr: SocketAddr,
    https: Option<Https>,
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
        let (listener, http_addr) = listen("http", config.http).await?;
        let encrypted = match config.https {
            Some(address) => Some(listen("https", address).await?),
            None => None,
        };
        let dir = DataDir::open(data_dir)?;
        let lock = dir.lock()?;
        let app = App::open(&dir, &config)?;
        // What came due while the shop was closed counts for the first who asks.
        if let Err(error) = app.apply_due_prices().await {
            tracing::warn!(%error, "prices take effect later");
        }
        let https = match encrypted {
            Some((listener, address)) => {
                Some(Https::open(listener, (address, http_addr), &dir, &config, app.now())?)
            }
            None => None,
        };
        let shutdown = CancellationToken::new();
        gateway::start(&dir, &config, &app, &shutdown)?;
        let control = ControlSocket::open(&dir, app.clone(), shutdown.clone())?;
        Ok(Self {
            listener,
            http_addr,
            https,
            _control: control,
            app,
            config,
            dir,
            shutdown,
            _lock: lock,
        })
    }

    /// Where plain HTTP listens.
    pub const fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// The address for people on this machine; a wildcard is shown as the loopback.
    pub fn http_url(&self) -> String {
        format!("http://{}", here(self.http_addr))
    }

    /// Where HTTPS listens, if it is on.
    pub fn https_addr(&self) -> Option<SocketAddr> {
        self.https.as_ref().map(Https::address)
    }

    /// The same as [`Server::http_url`] for HTTPS.
    pub fn https_url(&self) -> Option<String> {
        self.https_addr().map(|address| format!("https://{}", here(address)))
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
        let Self {
            listener, http_addr, https, app, config, dir, shutdown, _control, _lock, ..
        } = self;
        let metrics = Arc::new(Metrics::new());
        let mut state = state(&app, &config, &metrics, &shutdown);
        if let Some(https) = &https {
            state.trust = https.trust();
            state.https_redirect = config.https_redirect;
        }
        let connections = Connections::new(Limits::from_config(&config), metrics);
        let background = tokio::spawn(jobs::run(app.clone(), dir.clone(), shutdown.clone()));
        let stopper = shutdown.clone();
        tokio::spawn(async move {
            stop.await;
            stopper.cancel();
        });
        let host = Surroundings::observe().host;
        let found = async {
            if config.discovery {
                discovery::run(http_addr, host, shutdown.clone()).await;
            }
        };
        let service = http::service(state);
        let plain = http::entry::entry(service.clone(), false);
        let plain = connections.serve(listener, plain, shutdown.clone());
        let encrypted = async {
            if let Some(https) = https {
                let edge = http::entry::entry(service, true);
                https.serve(&connections, edge, app.clone(), shutdown.clone()).await;
            }
        };
        tokio::join!(plain, encrypted, found);
        if let Err(error) = background.await {
            tracing::warn!(%error, "a periodic task ended badly");
        }
        if let Err(error) = app.settle_setup_token(&dir) {
            tracing::warn!(%error, "cannot look after the setup token's file");
        }
        app.note_failures().await;
        let closing = tokio::task::spawn_blocking(move || app.close());
        if let Err(error) = closing.await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}

/// A listener, and where it is: port 0 has become a real one.
async fn listen(
    setting: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), ServerError> {
    let failed = |source| ServerError::Listen { setting, address, source };
    let listener = accept::listen(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// How people on this machine reach the address; a wildcard is the loopback.
fn here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip == Ipv6Addr::UNSPECIFIED => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What the edge works with.
fn state(
    app: &App,
    config: &Config,
    metrics: &Arc<Metrics>,
    shutdown: &CancellationToken,
) -> http::State {
    let edge = http::Edge {
        metrics: Arc::clone(metrics),
        cors_origins: config.cors_origins.clone().into(),
        trusted_proxies: config.trusted_proxies.clone().into(),
        shutdown: shutdown.clone(),
        rates: Arc::new(http::RateLimits::from_config(config)),
        request_timeout: config.request_timeout,
        live: http::live::Live::new(http::live::Limits {
            connections: config.max_live_connections,
            connections_per_account: config.max_live_connections_per_account,
            ..http::live::Limits::default()
        }),
        ..http::Edge::new(app.clone())
    };
    edge.into()
}

/// The API's description, which needs no shop.
pub fn openapi() -> Result<serde_json::Value, serde_json::Error> {
    serde_json::to_value(http::openapi::document(&http::routes::table()))
}
