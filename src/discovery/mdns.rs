//! `_cartwright._tcp` in multicast DNS (RFC 6762, RFC 6763).

use std::net::SocketAddr;
use std::time::Duration;

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

const SERVICE: &str = "_cartwright._tcp.local.";
/// How long others are given to hear that the service goes.
const GOODBYE: Duration = Duration::from_millis(500);

/// A service that others can see.
pub(super) struct Announced {
    daemon: ServiceDaemon,
    full_name: String,
}

/// Announces the service on all local networks; `None`, and a word in the log, if that fails.
pub(super) fn announce(http: SocketAddr, host: Option<&str>) -> Option<Announced> {
    match try_announce(http, host.unwrap_or("cartwright")) {
        Ok(announced) => Some(announced),
        Err(error) => {
            tracing::warn!(%error, "the appliance is not announced by multicast DNS");
            None
        }
    }
}

fn try_announce(http: SocketAddr, host: &str) -> Result<Announced, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
    let label = host.split('.').next().unwrap_or(host);
    // A host name of the service's own: the machine's may be announced by its system already.
    let host_name = format!("cartwright-{label}.local.");
    let facts = [("path", "/"), ("version", env!("CARGO_PKG_VERSION"))];
    let ip = http.ip();
    let (instance, is_everywhere) = (format!("Cartwright on {label}"), ip.is_unspecified());
    let ips = if is_everywhere { Vec::new() } else { vec![ip] };
    let service =
        ServiceInfo::new(SERVICE, &instance, &host_name, &ips[..], http.port(), &facts[..])?;
    // Everywhere: the daemon follows the machine's addresses as they change.
    let service = if is_everywhere { service.enable_addr_auto() } else { service };
    let full_name = service.get_fullname().to_owned();
    daemon.register(service)?;
    Ok(Announced { daemon, full_name })
}

impl Announced {
    /// Says goodbye, so that nobody looks for a server that is gone.
    pub(super) async fn withdraw(self) {
        if let Ok(gone) = self.daemon.unregister(&self.full_name) {
            let _ = tokio::task::spawn_blocking(move || gone.recv_timeout(GOODBYE)).await;
        }
        let _ = self.daemon.shutdown();
    }
}
