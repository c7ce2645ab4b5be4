//! The encrypted listener: its certificate is looked after while it serves, and people are told
//! how to trust it.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::{Request, Response};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::accept::Connections;
use super::body::RequestBody;
use crate::app::App;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::http::trust::{self, Trust};
use crate::tls::keeper::Choice;
use crate::tls::names::in_multicast_domain;
use crate::tls::{Keeper, Presented, Surroundings, TlsError};

/// How often certificate, addresses and the owner's files are looked at. The look is cheap, and
/// a box whose address has just changed should not show a wrong certificate for long.
const PERIOD: Duration = Duration::from_mins(1);

/// A listener for HTTPS with a certificate to present.
pub(super) struct Https {
    listener: TcpListener,
    address: SocketAddr,
    http_address: SocketAddr,
    acceptor: TlsAcceptor,
    keeper: Arc<Keeper>,
    told: watch::Sender<Option<Arc<Trust>>>,
}

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Https").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Https {
    /// Has everything ready to serve. `http_address` is where plain HTTP listens.
    pub(super) fn open(
        listener: TcpListener,
        addresses: (SocketAddr, SocketAddr),
        dir: &DataDir,
        config: &Config,
        now: Timestamp,
    ) -> Result<Self, TlsError> {
        let (address, http_address) = addresses;
        let surroundings = Surroundings::observe();
        let keeper = Keeper::open(dir, choice(config), &surroundings, now)?;
        let acceptor = keeper.acceptor()?;
        let presented = keeper.presented();
        announce(&presented);
        let trust = trust(&presented, &surroundings, address, http_address);
        let (told, _) = watch::channel(Some(Arc::new(trust)));
        Ok(Self { listener, address, http_address, acceptor, keeper: Arc::new(keeper), told })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the edge tells people, kept up to date.
    pub(super) fn trust(&self) -> trust::Watch {
        self.told.subscribe()
    }

    /// Serves until `shutdown`, with a good certificate all the while.
    pub(super) async fn serve<S, B>(
        self,
        connections: &Connections,
        service: S,
        app: App,
        shutdown: CancellationToken,
    ) where
        S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<Box<dyn StdError + Send + Sync>>,
        B: Body + Unpin + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let Self { listener, address, http_address, acceptor, keeper, told } = self;
        let look_after = async {
            let mut ticks = interval(PERIOD);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    biased;
                    () = shutdown.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                let (keeper, now) = (Arc::clone(&keeper), app.now());
                let look = tokio::task::spawn_blocking(move || {
                    let surroundings = Surroundings::observe();
                    if let Err(error) = keeper.refresh(&surroundings, now) {
                        tracing::warn!(%error, "the certificate for HTTPS stays as it was");
                    }
                    trust(&keeper.presented(), &surroundings, address, http_address)
                });
                match look.await {
                    Ok(trust) => drop(told.send_replace(Some(Arc::new(trust)))),
                    Err(error) => tracing::warn!(%error, "looking after the certificate failed"),
                }
            }
        };
        let serve = connections.serve_on(listener, Some(acceptor), service, shutdown.clone());
        tokio::join!(serve, look_after);
    }
}

fn choice(config: &Config) -> Choice {
    Choice {
        extra_names: config.https_names.clone(),
        cert: config.https_cert.clone(),
        key: config.https_key.clone(),
    }
}

/// Tells the owner whom devices are going to be asked to trust.
fn announce(presented: &Presented) {
    let names = &presented.names;
    if let Some(authority) = &presented.authority {
        let (authority, sha256) = (&authority.name, authority.fingerprint());
        tracing::info!(
            authority, sha256, %names,
            "HTTPS with the local authority: /trust shows devices how to trust it"
        );
    } else {
        tracing::info!(%names, until = %presented.not_after, "HTTPS with the owner's certificate");
    }
}

/// Whether who listens at `at` is reached by this address of the machine.
fn listens(at: SocketAddr, ip: IpAddr) -> bool {
    at.ip().is_unspecified() || at.ip() == ip
}

/// What people are told.
fn trust(
    presented: &Presented,
    surroundings: &Surroundings,
    address: SocketAddr,
    http_address: SocketAddr,
) -> Trust {
    let names = &presented.names;
    let lan = surroundings.addresses.iter().find(|ip| listens(http_address, **ip));
    let reached = surroundings.addresses.iter().filter(|ip| listens(address, **ip));
    let local = surroundings.host.as_deref().map(in_multicast_domain);
    let own = names.addresses.iter().filter(|ip| listens(address, **ip)).map(IpAddr::to_string);
    // Names lead to the network, which a listener of this machine alone does not serve; who has
    // a certificate of their own may lead them here all the same.
    let is_public = !address.ip().is_loopback() || presented.authority.is_none();
    let dns = local
        .into_iter()
        .chain(names.dns.iter().cloned())
        .filter(|name| is_public || name == "localhost");
    // What people can type comes first, and addresses work without a name service.
    let (short, long): (Vec<&IpAddr>, Vec<&IpAddr>) = reached.partition(|ip| ip.is_ipv4());
    let text = |ips: Vec<&IpAddr>| ips.into_iter().map(IpAddr::to_string).collect::<Vec<_>>();
    let hosts = text(short).into_iter().chain(dns).chain(text(long)).chain(own);
    let mut known: Vec<String> = Vec::new();
    for host in hosts.filter(|host| names.contains(host)) {
        if !known.contains(&host) {
            known.push(host);
        }
    }
    let authority = presented.authority.as_ref().map(|authority| trust::Authority {
        name: authority.name.clone(),
        pem: authority.pem.clone(),
        der: authority.der.clone(),
        sha256: authority.sha256(),
        not_after: authority.not_after,
        is_local_only: authority.is_local_only,
    });
    Trust {
        https_port: address.port(),
        http_port: http_address.port(),
        lan_host: lan.map(ToString::to_string),
        hosts: known,
        authority,
    }
}
