//! What the local authority may vouch for: names of local networks and nothing else.
//!
//! A phone that trusts the authority trusts whoever has its key. So the certificate itself says
//! that it counts for local names and private addresses only (RFC 5280, 4.2.1.10): with a
//! stolen key nobody can play a bank. Apple's, Microsoft's, Mozilla's, Chrome's, OpenSSL's and Go's
//! verifiers heed the limit. Android's own leaves an installed authority's limits aside, which
//! harms nothing.
//!
//! The extension is not marked critical, although RFC 5280 asks for it: who knows it heeds it
//! either way, while Mbed TLS (an ESP32) knows it not and would refuse the whole certificate.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::names::Names;

/// id-ce-nameConstraints.
pub(super) const OID: [u64; 4] = [2, 5, 29, 30];

/// Domains that exist on local networks only: RFC 6762, 6761 and 8375, ICANN's `internal`, and
/// what routers have always used.
const DOMAINS: [&str; 6] = ["home", "home.arpa", "internal", "lan", "local", "localhost"];

/// Addresses that exist on local networks only, and their prefixes' bits.
const NETWORKS: [(&str, u8); 9] = [
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("169.254.0.0", 16),
    ("100.64.0.0", 10),
    ("127.0.0.0", 8),
    ("fc00::", 7),
    ("fe80::", 10),
    ("::1", 128),
];

/// DER tags: SEQUENCE, and the context's own of RFC 5280.
const SEQUENCE: u8 = 0x30;
const PERMITTED_SUBTREES: u8 = 0xa0;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// Subtrees of names and addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Constraints {
    domains: Vec<String>,
    networks: Vec<(IpAddr, IpAddr)>,
}

impl Constraints {
    /// Local networks, and these names: the machine's own, which may have no dot, and the owner's.
    pub(super) fn for_local_networks(names: &Names) -> Self {
        let domains = DOMAINS.iter().map(|domain| (*domain).to_owned()).collect();
        let networks = NETWORKS.iter().filter_map(|(network, bits)| {
            let network = network.parse().ok()?;
            Some((network, mask(network, *bits)))
        });
        let mut constraints = Self { domains, networks: networks.collect() };
        for name in &names.dns {
            if !constraints.permit_name(name) {
                constraints.domains.push(name.clone());
            }
        }
        for address in &names.addresses {
            if !constraints.permit_address(*address) {
                constraints.networks.push((*address, mask(*address, 128)));
            }
        }
        constraints
    }

    /// What a certificate says; `None` if it says nothing, which permits everything.
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let extension = certificate.name_constraints().ok().flatten()?;
        let mut constraints = Self::default();
        for subtree in extension.value.permitted_subtrees.iter().flatten() {
            match subtree.base {
                GeneralName::DNSName(name) => constraints.domains.push(name.to_ascii_lowercase()),
                GeneralName::IPAddress(bytes) => constraints.networks.extend(network(bytes)),
                _ => {}
            }
        }
        Some(constraints)
    }

    /// The names that may be vouched for, and those that may not.
    pub(super) fn split(&self, names: &Names) -> (Names, Names) {
        let (mut inside, mut outside) = (Names::default(), Names::default());
        for name in &names.dns {
            let side = if self.permit_name(name) { &mut inside } else { &mut outside };
            side.dns.insert(name.clone());
        }
        for address in &names.addresses {
            let side = if self.permit_address(*address) { &mut inside } else { &mut outside };
            side.addresses.insert(*address);
        }
        (inside, outside)
    }

    fn permit_name(&self, name: &str) -> bool {
        self.domains.iter().any(|domain| {
            let domain = domain.trim_start_matches('.');
            name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    fn permit_address(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|(network, mask)| match (address, network, mask) {
            (IpAddr::V4(a), IpAddr::V4(n), IpAddr::V4(m)) => {
                a.to_bits() & m.to_bits() == n.to_bits() & m.to_bits()
            }
            (IpAddr::V6(a), IpAddr::V6(n), IpAddr::V6(m)) => {
                a.to_bits() & m.to_bits() == n.to_bits() & m.to_bits()
            }
            _ => false,
        })
    }

    /// The extension's content.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let mut subtrees = Vec::new();
        for domain in &self.domains {
            subtrees.extend(der(SEQUENCE, &der(DNS_NAME, domain.as_bytes())));
        }
        for (network, mask) in &self.networks {
            let bytes = [octets(*network), octets(*mask)].concat();
            subtrees.extend(der(SEQUENCE, &der(IP_ADDRESS, &bytes)));
        }
        der(SEQUENCE, &der(PERMITTED_SUBTREES, &subtrees))
    }
}

/// One DER value: tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let digits = &length[digits..];
    let mut bytes = vec![tag];
    if content.len() > 0x7f {
        let count = u8::try_from(digits.len()).expect("a length has at most 8 bytes");
        bytes.push(0x80 | count);
    }
    bytes.extend_from_slice(digits);
    bytes.extend_from_slice(content);
    bytes
}

/// The mask of so many leading ones; all ones for more bits than there are.
fn mask(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(_) => IpAddr::V4((!u32::MAX.checked_shr(bits).unwrap_or(0)).into()),
        IpAddr::V6(_) => IpAddr::V6((!u128::MAX.checked_shr(bits).unwrap_or(0)).into()),
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// Network and mask as they stand in a certificate.
fn network(bytes: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let address = |bytes: &[u8]| {
        let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
    };
    let (network, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    Some((address(network)?, address(mask)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Names {
        let mut names = Names::default();
        for name in all {
            names.insert(name);
        }
        names
    }

    #[test]
    fn local_names_are_inside_and_the_rest_of_the_world_is_outside() {
        let constraints = Constraints::for_local_networks(&names(&["shopbox", "203.0.113.5"]));
        let inside = names(&[
            "shopbox",
            "shopbox.local",
            "a.b.home.arpa",
            "localhost",
            "192.168.1.5",
            "10.255.0.1",
            "172.31.0.1",
            "127.0.0.1",
            "::1",
            "fd00::1",
            "203.0.113.5",
        ]);
        let outside = names(&[
            "bank.example",
            "notlocal",
            "otherbox",
            "local.example",
            "172.32.0.1",
            "8.8.8.8",
            "203.0.113.6",
            "2001:db8::1",
        ]);
        let mut all = inside.clone();
        all.dns.extend(outside.dns.clone());
        all.addresses.extend(&outside.addresses);
        assert_eq!(constraints.split(&all), (inside, outside));
    }

    #[test]
    fn lengths_take_as_many_bytes_as_they_need() {
        assert_eq!(der(0x30, &[]), [0x30, 0]);
        assert_eq!(der(0x82, b"lan"), [0x82, 3, b'l', b'a', b'n']);
        assert_eq!(der(0x30, &[7; 127])[..2], [0x30, 127]);
        assert_eq!(der(0x30, &[7; 128])[..3], [0x30, 0x81, 128]);
        assert_eq!(der(0x30, &[7; 300])[..4], [0x30, 0x82, 1, 44]);
    }
}
