//! Types of settings that the standard library does not have.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Bytes that must not be shown: `Debug` prints nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Wraps the bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the one who must use them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

/// Whether shelf prices include tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxMode {
    /// The price on the shelf is what the shopper pays.
    Included,
    /// Tax is added at the till.
    Excluded,
}

/// How often somebody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a minute in the long run; at least 1.
    pub per_minute: u32,
    /// Requests at once after a pause; at least 1.
    pub burst: u32,
}

impl FromStr for Rate {
    type Err = ();

    /// `600`, or `600/50` for at most 50 at once; without it a minute's worth.
    fn from_str(text: &str) -> Result<Self, ()> {
        const MOST: u32 = 1_000_000;
        let number = |text: &str| {
            let number = text.trim().parse().map_err(|_| ())?;
            (1..=MOST).contains(&number).then_some(number).ok_or(())
        };
        let (per_minute, burst) = text.split_once('/').unwrap_or((text, text));
        Ok(Self { per_minute: number(per_minute)?, burst: number(burst)? })
    }
}

/// How one-time codes reach shoppers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpChannel {
    /// In the log, for trying out.
    Log,
    /// Appended to a file, for tests and for programs on the same machine.
    File,
    /// Posted to an SMS gateway.
    Webhook,
}

/// One address, or a range of them in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

impl Network {
    /// Whether the range has this address. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(host)) => {
                let differ = net.to_bits() ^ host.to_bits();
                differ.checked_shr(32 - u32::from(self.prefix_bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(host)) => {
                let differ = net.to_bits() ^ host.to_bits();
                differ.checked_shr(128 - u32::from(self.prefix_bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let all_bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            Some(bits) => bits.parse().map_err(|_| ())?,
            None => all_bits,
        };
        if prefix_bits > all_bits {
            return Err(());
        }
        Ok(Self { address, prefix_bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

/// An origin as browsers send it: lower case, no path, no default port. `None` for anything
/// that is not exactly one http or https origin.
pub(super) fn parse_origin(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.strip_suffix('/').unwrap_or(&text);
    let (scheme, authority) = text.split_once("://")?;
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = authority.strip_suffix(default_port).unwrap_or(authority);
    let (host, port) = split_port(authority)?;
    if let Some(port) = port {
        port.parse::<u16>().ok()?;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(is_name),
    };
    is_host.then(|| format!("{scheme}://{authority}"))
}

/// A host name in lower case, or `None` for what is none: letters, digits and hyphens in
/// parts between dots (RFC 1123), not all digits.
pub fn host_name(text: &str) -> Option<String> {
    const NAME_MAX_BYTES: usize = 253;
    const LABEL_MAX_BYTES: usize = 63;
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let is_word = bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
        let is_bare = !label.starts_with('-') && !label.ends_with('-');
        (1..=LABEL_MAX_BYTES).contains(&bytes.len()) && is_word && is_bare
    };
    let is_name = text.len() <= NAME_MAX_BYTES && text.split('.').all(is_label);
    let last = text.rsplit('.').next().unwrap_or(text);
    let is_number = last.bytes().all(|b| b.is_ascii_digit());
    (is_name && !is_number).then(|| text.to_ascii_lowercase())
}

/// A host name or an address, in the form in which certificates have it.
pub(super) fn parse_host(text: &str) -> Option<String> {
    let address = text.parse::<IpAddr>().ok().map(|address| address.to_string());
    address.or_else(|| host_name(text))
}

/// Whether this is the address of something on the web that can be shown: http or https, a host,
/// no credentials.
pub(super) fn is_web_address(text: &str) -> bool {
    let Ok(uri) = text.parse::<hyper::Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let authority = uri.authority().map(hyper::http::uri::Authority::as_str).unwrap_or_default();
    is_web && !authority.contains('@') && uri.host().is_some_and(|host| !host.is_empty())
}

/// Splits `host:port`; a colon inside brackets belongs to the host.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let host_end = if authority.starts_with('[') { authority.find(']')? + 1 } else { 0 };
    match authority[host_end..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(host_end + colon);
            Some((host, Some(&port[1..])))
        }
        None => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_range_and_nothing_else() {
        let lan: Network = "192.168.0.0/16".parse().unwrap();
        assert!(lan.contains("192.168.255.1".parse().unwrap()));
        assert!(lan.contains("::ffff:192.168.3.4".parse().unwrap()));
        assert!(!lan.contains("192.169.0.1".parse().unwrap()));
        assert!(!lan.contains("::1".parse().unwrap()));
        let one: Network = "10.0.0.1".parse().unwrap();
        assert!(one.contains("10.0.0.1".parse().unwrap()));
        assert!(!one.contains("10.0.0.2".parse().unwrap()));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains("2001:db8::1".parse().unwrap()));
        let site: Network = "fd00::/8".parse().unwrap();
        assert!(site.contains("fd12::1".parse().unwrap()));
        assert!(!site.contains("fe80::1".parse().unwrap()));
        for bad in ["", "10.0.0", "10.0.0.1/33", "::1/129", "10.0.0.0/x", "nginx"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_a_number_and_perhaps_a_burst() {
        assert_eq!("600".parse(), Ok(Rate { per_minute: 600, burst: 600 }));
        assert_eq!("600/50".parse(), Ok(Rate { per_minute: 600, burst: 50 }));
        for bad in ["", "0", "-1", "60/0", "60/", "/5", "1000001", "1.5", "a lot"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_normalised_or_refused() {
        for (given, normal) in [
            ("https://Shop.Example", "https://shop.example"),
            ("https://shop.example:443/", "https://shop.example"),
            ("http://192.168.1.2:3000", "http://192.168.1.2:3000"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(parse_origin(given).as_deref(), Some(normal), "{given}");
        }
        for bad in [
            "*",
            "null",
            "shop.example",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a:b",
            "http://a b",
        ] {
            assert_eq!(parse_origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_web_address_has_a_host_and_no_password() {
        for good in ["https://sms.example/send?from=shop", "http://192.168.1.2:8000", "HTTP://a/"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in ["", "sms.example", "ftp://a/", "https://", "https://me:pw@a/", "http://a b"] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret(********)");
    }

    #[test]
    fn host_names_are_told_from_other_text() {
        assert_eq!(host_name("Shop-Box.local").as_deref(), Some("shop-box.local"));
        for bad in ["", ".", "a..b", "a.", "-a", "a-", "my_box", "(none)", "10.0.0.1", "a b", "ü"]
        {
            assert_eq!(host_name(bad), None, "{bad}");
        }
        assert_eq!(host_name(&"a".repeat(64)), None);
        assert_eq!(parse_host("FD00:0::1").as_deref(), Some("fd00::1"));
        assert_eq!(parse_host("192.168.1.5").as_deref(), Some("192.168.1.5"));
        assert_eq!(parse_host("*.shop.example"), None);
    }
}
