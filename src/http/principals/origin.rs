//! Which page sent the request: a browser says so in `Origin` and `Sec-Fetch-Site`.

use axum::http::HeaderMap;

use crate::http::exchange::text;

/// Whether a cookie may count. A request with neither header comes from no browser's page.
pub(super) fn is_welcome(
    headers: &HeaderMap,
    host: Option<&str>,
    https: bool,
    allowed: &[String],
) -> bool {
    match headers.get("origin") {
        Some(origin) => {
            let Ok(origin) = origin.to_str() else { return false };
            is_own(origin, host, https) || allowed.iter().any(|allowed| allowed == origin)
        }
        None => text(headers, "sec-fetch-site") != Some("cross-site"),
    }
}

/// Whether `origin` is the scheme, host and port that the request itself was sent to.
fn is_own(origin: &str, host: Option<&str>, https: bool) -> bool {
    let Some(host) = host else { return false };
    let (scheme, port) = if https { ("https://", ":443") } else { ("http://", ":80") };
    let Some(authority) = origin.strip_prefix(scheme) else { return false };
    let bare = |authority: &str| authority.strip_suffix(port).unwrap_or(authority).to_lowercase();
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn own_pages_and_listed_ones_are_welcome() {
        let allowed = ["https://tablet.example".to_owned()];
        let welcome = |https, pairs: &[_]| {
            let headers = headers(pairs);
            is_welcome(&headers, text(&headers, "host"), https, &allowed)
        };
        let host = ("host", "shop.local:8080");
        assert!(welcome(false, &[host]));
        assert!(welcome(false, &[host, ("origin", "http://shop.local:8080")]));
        assert!(welcome(true, &[("host", "shop.local"), ("origin", "https://shop.local:443")]));
        assert!(welcome(false, &[host, ("origin", "https://tablet.example")]));
        assert!(welcome(false, &[host, ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn foreign_pages_are_not() {
        let welcome = |https, pairs: &[_]| {
            let headers = headers(pairs);
            is_welcome(&headers, text(&headers, "host"), https, &[])
        };
        let host = ("host", "shop.local:8080");
        assert!(!welcome(false, &[host, ("origin", "http://evil.example")]));
        assert!(!welcome(false, &[host, ("origin", "http://shop.local:9090")]));
        assert!(!welcome(false, &[host, ("origin", "https://shop.local:8080")]));
        assert!(!welcome(false, &[host, ("origin", "null")]));
        assert!(!welcome(false, &[host, ("sec-fetch-site", "cross-site")]));
    }
}
