//! What the machine is called and how the shop's network reaches it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use crate::config::host_name;

/// Addresses that are taken note of; a box with more has virtual ones that nobody types.
const ADDRESSES_MAX: usize = 32;
/// Where a packet to "anywhere" would go (RFC 5737: an address that nobody has). None is sent.
const ANYWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// The machine's name and addresses at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The host name, lower case, as it is: with or without a domain.
    pub host: Option<String>,
    /// Addresses on local networks, the one that other machines most likely use first.
    pub addresses: Vec<IpAddr>,
}

impl Surroundings {
    /// Looks around. What cannot be found out is left out.
    pub fn observe() -> Self {
        let uname = rustix::system::uname();
        let host = uname.nodename().to_str().ok().and_then(host_name);
        let found = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot list the network interfaces");
            Vec::new()
        });
        let mut addresses: Vec<IpAddr> =
            found.iter().map(if_addrs::Interface::ip).filter(|address| is_lan(*address)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        if let Some(at) = main_address().and_then(|it| addresses.iter().position(|a| *a == it)) {
            addresses[..=at].rotate_right(1);
        }
        addresses.truncate(ADDRESSES_MAX);
        Self { host: host.filter(|host| host != "localhost"), addresses }
    }
}

/// The address that packets to other networks leave from.
fn main_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ANYWHERE).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Whether the address belongs to a local network: private (RFC 1918, RFC 4193) or shared, as
/// overlay networks use it (RFC 6598). Public addresses are named in `https_names` if need be.
pub(super) fn is_lan(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(v6) => is_unique_local(v6),
    }
}

fn is_unique_local(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xfe00 == 0xfc00
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_networks_are_told_from_public_ones() {
        for lan in ["192.168.1.5", "10.0.0.1", "172.31.9.9", "100.64.0.1", "fd12::1"] {
            assert!(is_lan(lan.parse().unwrap()), "{lan}");
        }
        for other in ["127.0.0.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "::1", "2001:db8::1"] {
            assert!(!is_lan(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn this_machine_can_be_observed() {
        let here = Surroundings::observe();
        assert!(here.addresses.iter().all(|address| is_lan(*address)));
        assert_ne!(here.host.as_deref(), Some("localhost"));
    }
}
