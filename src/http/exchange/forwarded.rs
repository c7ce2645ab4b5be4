//! Who is at the other end, when a reverse proxy may stand between.
//!
//! `X-Forwarded-For`, `-Proto` and `-Host` count only when the peer itself is a trusted proxy: of
//! anybody else they are a way to borrow another's address. A proxy appends to what it was sent,
//! so lists are read from the right, and no further than to the first address that no trusted
//! proxy vouches for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::Request;
use axum::http::{HeaderMap, header};

use super::{Client, Connection, text};
use crate::config::Network;

/// Most hops that are looked at; a request that came by more is taken for the last proxy's.
const HOPS_MAX: usize = 32;

/// Who sent the request.
pub(super) fn client(request: &Request, proxies: &[Network]) -> Client {
    let local = Connection { peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), https: false };
    let connection = request.extensions().get::<Connection>().copied().unwrap_or(local);
    let headers = request.headers();
    let peer = connection.peer.ip().to_canonical();
    // A target with an authority makes the Host header void (RFC 9112, 3.2.2).
    let target = request.uri().authority().map(ToString::to_string);
    let mut client = Client {
        address: peer,
        https: connection.https,
        host: target.or_else(|| text(headers, header::HOST.as_str()).map(str::to_owned)),
        user_agent: text(headers, header::USER_AGENT.as_str()).unwrap_or_default().to_owned(),
    };
    let is_trusted = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    if is_trusted(peer) {
        client.address = address(headers, peer, is_trusted);
        if let Some(scheme) = nearest(headers, "x-forwarded-proto") {
            client.https =
                scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss");
        }
        if let Some(host) = nearest(headers, "x-forwarded-host") {
            client.host = Some(host.to_owned());
        }
    }
    client
}

/// The right-most address of `X-Forwarded-For` that is no trusted proxy's. What is no address
/// ends the search: nobody vouches for what stands left of it.
fn address(headers: &HeaderMap, peer: IpAddr, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().map(|it| it.to_str().unwrap_or("?")).collect();
    let mut last = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')).take(HOPS_MAX) {
        let Some(hop) = hop_address(hop.trim()) else { break };
        last = hop;
        if !is_trusted(hop) {
            break;
        }
    }
    last
}

/// `192.0.2.1`, `2001:db8::1`, and both with a port as some proxies write them.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse().map(|socket: SocketAddr| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// What the nearest proxy said: the last item of the last line.
fn nearest<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn seen(peer: &str, https: bool, pairs: &[(&str, &str)]) -> Client {
        let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].map(|it| it.parse().unwrap());
        let mut request = Request::builder().uri("/health").header("host", "shop.local:8080");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
        request.extensions_mut().insert(Connection { peer, https });
        client(&request, &proxies)
    }

    fn address_of(peer: &str, forwarded: &[&str]) -> String {
        let pairs: Vec<_> = forwarded.iter().map(|line| ("x-forwarded-for", *line)).collect();
        seen(peer, false, &pairs).address.to_string()
    }

    #[test]
    fn a_peer_that_is_no_proxy_is_itself_whatever_it_says() {
        let lies = [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "bank.example"),
            ("forwarded", "for=127.0.0.1;proto=https"),
            ("x-real-ip", "127.0.0.1"),
        ];
        let client = seen("192.168.1.66", false, &lies);
        assert_eq!(client.address.to_string(), "192.168.1.66");
        assert!(!client.https);
        assert_eq!(client.host.as_deref(), Some("shop.local:8080"));
        assert!(seen("192.168.1.66", true, &[("x-forwarded-proto", "http")]).https);
    }

    #[test]
    fn the_right_most_address_that_is_no_proxys_is_the_client() {
        for (forwarded, expected) in [
            (&["192.168.1.5"][..], "192.168.1.5"),
            (&["1.1.1.1, 192.168.1.5"], "192.168.1.5"),
            (&["1.1.1.1, 192.168.1.5, 10.0.0.9"], "192.168.1.5"),
            (&["1.1.1.1", "192.168.1.5"], "192.168.1.5"),
            (&["10.0.0.7, 10.0.0.9"], "10.0.0.7"),
            (&["192.168.1.5:52044"], "192.168.1.5"),
            (&["[2001:db8::5]:52044"], "2001:db8::5"),
            (&["[2001:db8::5]"], "2001:db8::5"),
            (&["::ffff:192.168.1.5"], "192.168.1.5"),
            // Nobody vouches for what stands left of nonsense.
            (&["1.1.1.1, unknown"], "127.0.0.1"),
            (&["1.1.1.1, unknown, 10.0.0.9"], "10.0.0.9"),
            (&["1.1.1.1, "], "127.0.0.1"),
            (&[], "127.0.0.1"),
        ] {
            assert_eq!(address_of("127.0.0.1", forwarded), expected, "{forwarded:?}");
        }
        assert_eq!(address_of("::ffff:127.0.0.1", &["192.168.1.5"]), "192.168.1.5");
        let endless = "10.0.0.9,".repeat(1000) + "10.0.0.9";
        assert_eq!(address_of("127.0.0.1", &[&endless]), "10.0.0.9");
    }

    #[test]
    fn the_nearest_proxy_tells_scheme_and_host() {
        let said = [
            ("x-forwarded-proto", "http, HTTPS"),
            ("x-forwarded-host", "evil.example, shop.example"),
        ];
        let client = seen("10.1.2.3", false, &said);
        assert!(client.https);
        assert_eq!(client.host.as_deref(), Some("shop.example"));
        assert!(!seen("10.1.2.3", true, &[("x-forwarded-proto", "http")]).https);
        assert!(seen("10.1.2.3", true, &[]).https);
    }
}
