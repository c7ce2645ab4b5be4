//! The session's two cookies.
//!
//! Over HTTPS they are `Secure` and named `__Host-...`, so that no other host or port of the same
//! name can plant one; the plain names are read there only when those are absent.

use std::convert::Infallible;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponseParts, ResponseParts};

use crate::http::exchange::Client;

const ACCESS: &str = "access_token_cookie";
const REFRESH: &str = "refresh_token_cookie";
const HOST_PREFIX: &str = "__Host-";

/// The access token in the cookie that counts on this kind of connection.
pub fn access_token(headers: &HeaderMap, https: bool) -> Option<String> {
    read(headers, ACCESS, https)
}

/// The refresh token in the cookie that counts on this kind of connection.
pub fn refresh_token(headers: &HeaderMap, https: bool) -> Option<String> {
    read(headers, REFRESH, https)
}

fn read(headers: &HeaderMap, name: &str, https: bool) -> Option<String> {
    let host = if https { find(headers, &format!("{HOST_PREFIX}{name}")) } else { None };
    // One that is there but empty is still the one that counts.
    host.or_else(|| find(headers, name)).filter(|value| !value.is_empty())
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    Some(value.trim().trim_matches('"').to_owned())
}

/// Cookies that an answer sets; put it into the answer's tuple.
#[derive(Debug, Default)]
pub struct SetCookies(Vec<HeaderValue>);

impl SetCookies {
    /// Signs in: both tokens with their lifetimes in seconds.
    pub fn signed_in(client: &Client, access: (&str, u64), refresh: (&str, u64)) -> Self {
        let mut cookies = Self::default();
        cookies.push(client.https, ACCESS, access.0, access.1);
        cookies.push(client.https, REFRESH, refresh.0, refresh.1);
        cookies
    }

    /// Signs out: clears both, under both names where the connection allows it.
    pub fn signed_out(client: &Client) -> Self {
        let mut cookies = Self::default();
        for name in [ACCESS, REFRESH] {
            cookies.push(false, name, "", 0);
            if client.https {
                cookies.push(true, name, "", 0);
            }
        }
        cookies
    }

    fn push(&mut self, https: bool, name: &str, value: &str, max_age_s: u64) {
        let (prefix, secure) = if https { (HOST_PREFIX, "; Secure") } else { ("", "") };
        let cookie = format!(
            "{prefix}{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}"
        );
        // A token is base64url and dots: always a header value.
        self.0.extend(HeaderValue::try_from(cookie));
    }
}

impl IntoResponseParts for SetCookies {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        for cookie in self.0 {
            parts.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_cookie_counts_over_https_only() {
        let both = "a=b; __Host-access_token_cookie=host; access_token_cookie=plain";
        let headers = HeaderMap::from_iter([(header::COOKIE, both.parse().unwrap())]);
        assert_eq!(access_token(&headers, true).as_deref(), Some("host"));
        assert_eq!(access_token(&headers, false).as_deref(), Some("plain"));
        assert_eq!(refresh_token(&headers, true), None);
        let cleared = "__Host-access_token_cookie=; access_token_cookie=plain";
        let headers = HeaderMap::from_iter([(header::COOKIE, cleared.parse().unwrap())]);
        assert_eq!(access_token(&headers, true), None);
        assert_eq!(access_token(&headers, false).as_deref(), Some("plain"));
    }
}
