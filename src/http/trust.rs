//! `GET /trust`: how phones and computers come to trust the shop's own certificates.
//!
//! The server tells what there is to trust ([`Trust`]); here it becomes a page and three files.
//! The page is for whoever stands in the shop with a phone, so it is served over plain HTTP too
//! and never redirected: before the authority is installed, HTTPS shows a warning only.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State as Of;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use qrcode::QrCode;
use qrcode::render::svg;
use tokio::sync::watch;

use super::exchange::{Client, text};
use super::{Problem, Result, State};

const PAGE: &str = include_str!("../../assets/trust/page.html");
const LOCAL: &str = include_str!("../../assets/trust/local.html");
const OWN: &str = include_str!("../../assets/trust/own.html");
const OFF: &str = include_str!("../../assets/trust/off.html");
const CODE: &str = include_str!("../../assets/trust/code.html");
const STYLE: &str = include_str!("../../assets/trust/trust.css");
const PROFILE: &str = include_str!("../../assets/trust/profile.xml");

/// Instead of addresses, when no whole one is known.
const NO_LINK: &str = "<li>Use HTTPS and the name that the certificate is for.</li>";
/// Addresses that the page shows.
const LINKS_MAX: usize = 3;
/// Pairs of digits in a line of the fingerprint.
const PAIRS_A_LINE: usize = 8;
/// The facts change with the machine's addresses and the authority.
const ASK_AGAIN: (HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

/// What the server tells; `None` while HTTPS is off.
pub type Watch = watch::Receiver<Option<Arc<Trust>>>;

/// How this box serves HTTPS, as far as people have to know.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Where HTTPS is.
    pub https_port: u16,
    /// Where plain HTTP is.
    pub http_port: u16,
    /// How other machines reach plain HTTP, if they do.
    pub lan_host: Option<String>,
    /// Names and addresses in the certificate, best first.
    pub hosts: Vec<String>,
    /// Whom to trust; `None` when devices know the certificate's issuer already.
    pub authority: Option<Authority>,
}

/// The private authority's certificate.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its name.
    pub name: String,
    /// The certificate as text.
    pub pem: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// The SHA-256 of `der`.
    pub sha256: [u8; 32],
    /// Until when it counts.
    pub not_after: Timestamp,
    /// Whether it says itself that it counts on local networks only.
    pub is_local_only: bool,
}

/// HTTPS is off.
pub(super) fn off() -> Watch {
    watch::channel(None).1
}

/// A host and a port as they stand in an address; IPv6 in its brackets.
pub(super) struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// The host that a request was sent to, if it is one.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let host = text(headers, header::HOST.as_str())?;
        let authority: axum::http::uri::Authority = host.parse().ok()?;
        let name = authority.host();
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        let is_host = bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
        let is_plain = is_host && !bare.is_empty() && !host.contains('@');
        is_plain.then(|| Self { name: bare.to_ascii_lowercase(), port: authority.port_u16() })
    }

    /// `https://host:port` for this port.
    pub(super) fn https(&self, port: u16) -> String {
        url("https", &self.name, Some(port).filter(|port| *port != 443))
    }
}

pub(super) async fn page(
    Of(state): Of<State>,
    client: Client,
    headers: HeaderMap,
) -> impl IntoResponse {
    let trust = state.trust.borrow().clone();
    let content = match &trust {
        None => OFF.to_owned(),
        Some(trust) => {
            let host = Host::of(&headers);
            let links = links(trust, host.as_ref());
            match &trust.authority {
                None if links.is_empty() => OWN.replace("{{links}}", NO_LINK),
                None => OWN.replace("{{links}}", &links),
                Some(authority) => local(trust, authority, &links, host.as_ref(), &client),
            }
        }
    };
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    ([kind, ASK_AGAIN], PAGE.replace("{{content}}", content.trim_end()))
}

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), ASK_AGAIN], STYLE)
}

pub(super) async fn pem(Of(state): Of<State>) -> Result<Response> {
    let authority = authority(&state)?;
    let saved = "attachment; filename=\"cartwright-ca.pem\"";
    Ok(file("application/x-pem-file", Some(saved), authority.pem))
}

/// Without a name to save it by: Firefox and iOS offer to install what they are just shown.
pub(super) async fn crt(Of(state): Of<State>) -> Result<Response> {
    Ok(file("application/x-x509-ca-cert", None, authority(&state)?.der))
}

/// A configuration profile, as Apple's devices install it. It is not signed: nobody whom they
/// know could sign it.
pub(super) async fn mobileconfig(Of(state): Of<State>) -> Result<Response> {
    let authority = authority(&state)?;
    let (first, second) = authority.sha256.split_at(16);
    let profile = PROFILE
        .replace("{{name}}", &escaped(&authority.name))
        .replace("{{certificate}}", &STANDARD.encode(&authority.der))
        .replace("{{fingerprint}}", &hex(&authority.sha256))
        .replace("{{profile_uuid}}", &uuid(first))
        .replace("{{payload_uuid}}", &uuid(second));
    Ok(file("application/x-apple-aspen-config", None, profile))
}

fn authority(state: &State) -> Result<Authority> {
    let trust = state.trust.borrow().clone();
    let trust = trust.ok_or_else(|| {
        let detail = "HTTPS is off, so there is nothing to trust: see /trust";
        Problem::new(StatusCode::NOT_FOUND, "https-off", detail)
    })?;
    trust.authority.clone().ok_or_else(|| {
        let detail = "the shop has a certificate of its own: devices know its issuer already";
        Problem::new(StatusCode::NOT_FOUND, "own-certificate", detail)
    })
}

fn file(kind: &'static str, saved: Option<&'static str>, content: impl IntoResponse) -> Response {
    let mut response = ([ASK_AGAIN], content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    if let Some(saved) = saved {
        let saved = header::HeaderValue::from_static(saved);
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    response
}

/// The page's content while there is an authority to trust.
fn local(
    trust: &Trust,
    authority: &Authority,
    links: &str,
    host: Option<&Host>,
    client: &Client,
) -> String {
    let (ios, android, desktop) = match Device::of(&client.user_agent) {
        Device::Ios => (" open", "", ""),
        Device::Android => ("", " open", ""),
        Device::Computer => ("", "", " open"),
    };
    let limit = "<p class=\"note\">It can vouch for names and addresses of local networks only, \
                 never for a site on the internet.</p>";
    let code = phone_url(trust, host, client.https).and_then(|url| code(&url)).unwrap_or_default();
    LOCAL
        .replace("{{name}}", &escaped(&authority.name))
        .replace("{{fingerprint}}", &fingerprint(&authority.sha256))
        .replace("{{until}}", &authority.not_after.strftime("%-d %B %Y").to_string())
        .replace("{{limit}}", if authority.is_local_only { limit } else { "" })
        .replace("{{ios}}", ios)
        .replace("{{android}}", android)
        .replace("{{desktop}}", desktop)
        .replace("{{links}}", links)
        .replace("{{code}}", &code)
}

/// Which of the page's instructions are opened at once.
#[derive(Debug, PartialEq, Eq)]
enum Device {
    Ios,
    Android,
    Computer,
}

impl Device {
    /// By what the browser says; iPads say that they are Macs.
    fn of(user_agent: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|word| user_agent.contains(word));
        if says(&["iPhone", "iPad", "iPod"]) {
            Self::Ios
        } else if says(&["Android"]) {
            Self::Android
        } else {
            Self::Computer
        }
    }
}

/// Whether a host by this name is whoever asks for it.
fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback() || it.is_unspecified())
}

/// Where a phone opens this page: over plain HTTP, by the name that the reader used, if others
/// know it too.
fn phone_url(trust: &Trust, host: Option<&Host>, https: bool) -> Option<String> {
    let (name, port) = match host.filter(|host| !is_loopback(&host.name)) {
        Some(host) if !https => (host.name.clone(), host.port),
        Some(host) => (host.name.clone(), Some(trust.http_port)),
        None => (trust.lan_host.clone()?, Some(trust.http_port)),
    };
    Some(url("http", &name, port.filter(|port| *port != 80)) + "/trust")
}

/// The shop's addresses over HTTPS, the reader's own name for it first.
fn links(trust: &Trust, host: Option<&Host>) -> String {
    let is_known = |host: &&Host| trust.hosts.iter().any(|name| covers(name, &host.name));
    let own = host.filter(is_known).map(|host| host.name.as_str());
    let others = trust.hosts.iter().map(String::as_str);
    let others = others.filter(|host| Some(*host) != own && !host.starts_with('*'));
    // Who reads this elsewhere has no use for the names that mean the server to itself.
    let (local, others): (Vec<_>, Vec<_>) = others.partition(|host| is_loopback(host));
    let local = if others.is_empty() && own.is_none() { local } else { Vec::new() };
    let hosts = own.into_iter().chain(others).chain(local).take(LINKS_MAX);
    hosts.fold(String::new(), |mut links, host| {
        let port = Some(trust.https_port).filter(|port| *port != 443);
        let url = escaped(&(url("https", host, port) + "/"));
        let _ = write!(links, "<li><a href=\"{url}\">{url}</a></li>");
        links
    })
}

/// Whether a certificate for `name` counts for the host; a star stands for one part (RFC 9525).
fn covers(name: &str, host: &str) -> bool {
    let parent = name.strip_prefix("*.");
    let is_below =
        parent.is_some_and(|parent| host.split_once('.').is_some_and(|it| it.1 == parent));
    name == host || is_below
}

fn url(scheme: &str, host: &str, port: Option<u16>) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{host}{port}")
}

fn code(url: &str) -> Option<String> {
    let code = QrCode::new(url).ok()?;
    let image = code.render::<svg::Color<'_>>().module_dimensions(1, 1).build();
    // In a page it stands without the declaration of a file.
    let image = image.split_once("?>").map_or(image.as_str(), |(_, image)| image);
    Some(CODE.replace("{{url}}", &escaped(url)).replace("{{svg}}", image))
}

/// Lines of pairs, as phones show it.
fn fingerprint(sha256: &[u8; 32]) -> String {
    let line = |bytes: &[u8]| {
        let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        format!("<span>{}</span>", pairs.join(":"))
    };
    sha256.chunks(PAIRS_A_LINE).map(line).collect::<Vec<_>>().join(" ")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A UUID of the owner's making (RFC 9562, version 8): the same certificate has the same, so that
/// a device that installs the profile again replaces it.
fn uuid(bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    bytes.resize(16, 0);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes).to_ascii_uppercase();
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    groups.join("-")
}

/// For HTML and XML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
