//! The names and addresses that a certificate is for.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::surroundings::Surroundings;

/// Ending of names that machines on one network tell each other (RFC 6762).
const MULTICAST_DOMAIN: &str = "local";

/// A set of host names and addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Host names, lower case.
    pub dns: BTreeSet<String>,
    /// Addresses.
    pub addresses: BTreeSet<IpAddr>,
}

impl Names {
    /// What this machine answers to: itself, its host name, `.local`, its LAN addresses, and
    /// what the owner added, which the settings have checked.
    pub fn of(surroundings: &Surroundings, extra: &[String]) -> Self {
        let mut names = Self::default();
        names.dns.insert("localhost".to_owned());
        names.addresses.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()]);
        if let Some(host) = &surroundings.host {
            let label = host.split('.').next().unwrap_or(host);
            names.dns.extend([host.clone(), label.to_owned(), in_multicast_domain(label)]);
        }
        names.addresses.extend(&surroundings.addresses);
        for name in extra {
            names.insert(name);
        }
        names
    }

    /// Adds a name or an address.
    pub fn insert(&mut self, name: &str) {
        match name.parse() {
            Ok(address) => self.addresses.insert(address),
            Err(_) => self.dns.insert(name.to_owned()),
        };
    }

    /// Whether a client that typed this host finds it in the certificate.
    pub fn contains(&self, host: &str) -> bool {
        match host.parse() {
            Ok(address) => self.addresses.contains(&address),
            Err(_) => self.dns.contains(&host.to_ascii_lowercase()),
        }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.addresses.iter().map(IpAddr::to_string);
        let all: Vec<String> = self.dns.iter().cloned().chain(addresses).collect();
        f.write_str(&all.join(", "))
    }
}

/// The `.local` name of a machine.
pub fn in_multicast_domain(host: &str) -> String {
    let label = host.split('.').next().unwrap_or(host);
    format!("{label}.{MULTICAST_DOMAIN}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_answers_to_its_name_and_addresses() {
        let surroundings = Surroundings {
            host: Some("till.shop.example".into()),
            addresses: vec!["192.168.1.5".parse().unwrap()],
        };
        let names = Names::of(&surroundings, &["10.1.1.1".into(), "kasse.lan".into()]);
        for host in
            ["till", "till.local", "Till.Shop.Example", "kasse.lan", "localhost", "127.0.0.1"]
        {
            assert!(names.contains(host), "{host}");
        }
        assert!(names.contains("::1") && names.contains("192.168.1.5"));
        assert!(names.contains("10.1.1.1") && !names.contains("shop.example"));
    }
}
