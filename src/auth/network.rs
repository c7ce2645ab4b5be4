//! Who an address belongs to.

use std::net::{IpAddr, Ipv6Addr};

/// What one client can choose its address from: a single IPv4 address, the /64 of an IPv6 one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}
