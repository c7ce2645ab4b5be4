//! A server with both listeners, on real sockets: what a browser that trusts the shop sees.

use std::sync::Arc;
use std::time::Duration;

use cartwright::app::Admin;
use cartwright::app::accounts::NewAccount;
use cartwright::config::{Config, Sources};
use cartwright::domain::accounts::Role;
use cartwright::server::{Options, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_mins(1);
const PASSWORD: &str = "Nine-lemons-in-a-row";

/// A shop that serves both, with one customer.
struct Shop {
    http: String,
    https: String,
    stop: CancellationToken,
    running: JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Shop {
    async fn open(folder: tempfile::TempDir, more: &[(&str, &str)]) -> Self {
        let flags = [("http", "127.0.0.1:0"), ("https", "127.0.0.1:0")];
        let flags = flags.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let sources = Sources { flags: flags.collect(), ..Sources::default() };
        let config = Config::load(&sources).unwrap();
        let data_dir = folder.path().join("shop");
        let server = Server::bind(Options { data_dir, config }).await.unwrap();
        let account = NewAccount {
            username: Some("kim".to_owned()),
            password: Some(PASSWORD.to_owned()),
            ..NewAccount::default()
        };
        // A shop that is opened again knows kim already.
        drop(server.app().create_user(&Admin::local(), account, Role::Customer).await);
        let http = server.http_url().replace("http://", "");
        let https = server.https_url().unwrap().replace("https://", "");
        let stop = server.shutdown_token();
        let running = tokio::spawn(server.run(std::future::pending()));
        Self { http, https, stop, running, folder }
    }

    async fn close(self) -> tempfile::TempDir {
        self.stop.cancel();
        timeout(PATIENCE, self.running).await.expect("the server stops").unwrap();
        self.folder
    }

    /// The authority's certificate, as a phone gets it.
    async fn authority(&self) -> CertificateDer<'static> {
        let answer = self.plain("GET /trust/ca.pem", "", "").await;
        CertificateDer::from_pem_slice(answer.as_bytes()).unwrap()
    }

    async fn plain(&self, line: &str, headers: &str, body: &str) -> String {
        let stream = TcpStream::connect(&self.http).await.unwrap();
        exchange(stream, line, &self.http, headers, body).await
    }

    async fn encrypted(&self, line: &str, headers: &str, body: &str) -> String {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.authority().await).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(&self.https).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        exchange(stream, line, &self.https, headers, body).await
    }
}

/// One request and its whole answer.
async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    line: &str,
    host: &str,
    headers: &str,
    body: &str,
) -> String {
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer").unwrap();
    String::from_utf8(answer).unwrap()
}

/// The values of the cookies that an answer sets, by their whole names.
fn cookies(answer: &str) -> Vec<(String, String)> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix("Set-Cookie: "));
    let pairs = lines.map(|line| line.split(';').next().unwrap().split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn cookies_are_locked_to_the_host_over_https_and_plain_over_http() {
    let shop = Shop::open(tempfile::tempdir().unwrap(), &[]).await;
    let login = format!("{{\"username\":\"kim\",\"password\":\"{PASSWORD}\"}}");
    let plain = shop.plain("POST /auth/login", "", &login).await;
    assert!(plain.starts_with("HTTP/1.1 200 "), "{plain}");
    assert!(!plain.contains("Secure") && !plain.contains("__Host-"), "{plain}");
    let encrypted = shop.encrypted("POST /auth/login", "", &login).await;
    assert!(encrypted.starts_with("HTTP/1.1 200 "), "{encrypted}");
    assert!(!encrypted.contains("Strict-Transport-Security"));
    let locked = cookies(&encrypted);
    let names: Vec<&str> = locked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["__Host-access_token_cookie", "__Host-refresh_token_cookie"]);
    let set = encrypted.lines().filter(|line| line.starts_with("Set-Cookie: "));
    for line in set {
        for word in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
            assert!(line.contains(word), "{word} in {line}");
        }
    }
    let check = "GET /auth/check";
    let (host_name, token) = &locked[0];
    let host_cookie = format!("Cookie: {host_name}={token}\r\n");
    let plain_cookie = format!("Cookie: access_token_cookie={token}\r\n");
    let both = format!("Cookie: access_token_cookie=rubbish; {host_name}={token}\r\n");
    let bad_host = format!("Cookie: access_token_cookie={token}; {host_name}=rubbish\r\n");
    for (headers, over_https, over_http) in [
        (&host_cookie, "200", "401"),
        (&plain_cookie, "200", "200"),
        (&both, "200", "401"),
        (&bad_host, "401", "200"),
    ] {
        let encrypted = shop.encrypted(check, headers, "").await;
        assert_eq!(encrypted.split(' ').nth(1), Some(over_https), "{headers}");
        let plain = shop.plain(check, headers, "").await;
        assert_eq!(plain.split(' ').nth(1), Some(over_http), "{headers}");
    }
    shop.close().await;
}

#[tokio::test]
async fn over_https_the_own_origin_begins_with_https() {
    let shop = Shop::open(tempfile::tempdir().unwrap(), &[]).await;
    let login = format!("{{\"username\":\"kim\",\"password\":\"{PASSWORD}\"}}");
    let answer = shop.encrypted("POST /auth/login", "", &login).await;
    let (name, token) = cookies(&answer).swap_remove(0);
    let cookie = format!("Cookie: {name}={token}\r\n");
    for (origin, status) in [
        (format!("https://{}", shop.https), "200"),
        (format!("http://{}", shop.https), "403"),
        (format!("https://{}", shop.http), "403"),
    ] {
        let headers = format!("{cookie}Origin: {origin}\r\n");
        let add = shop.encrypted("POST /cart/disconnect", &headers, "").await;
        assert_eq!(add.split(' ').nth(1), Some(status), "{origin}: {add}");
    }
    shop.close().await;
}

#[tokio::test]
async fn the_authority_outlives_a_restart_and_browsers_are_led_to_https() {
    let shop = Shop::open(tempfile::tempdir().unwrap(), &[("https_redirect", "true")]).await;
    let authority = shop.authority().await;
    let trust = shop.plain("GET /trust", "Accept: text/html\r\n", "").await;
    assert!(trust.starts_with("HTTP/1.1 200 "), "{trust}");
    assert!(trust.contains(&format!("https://{}/", shop.https)), "{trust}");
    let page = shop.plain("GET /", "Accept: text/html\r\n", "").await;
    assert!(page.starts_with("HTTP/1.1 307 "), "{page}");
    let port = shop.https.rsplit(':').next().unwrap();
    assert!(page.contains(&format!("Location: https://127.0.0.1:{port}/\r\n")), "{page}");
    let page = shop.encrypted("GET /", "Accept: text/html\r\n", "").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    let folder = shop.close().await;
    let again = Shop::open(folder, &[]).await;
    assert_eq!(again.authority().await, authority);
    again.close().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_work_is_refused_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [("http", "127.0.0.1:0"), ("https", "127.0.0.1:0"), ("https_cert", "/nowhere.pem")];
    let refusal = async |flags: &[(&str, &str)]| {
        let flags = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let config = Config::load(&Sources { flags, ..Sources::default() }).unwrap();
        let data_dir = folder.path().join("shop");
        Server::bind(Options { data_dir, config }).await.unwrap_err().to_string()
    };
    assert!(refusal(&flags).await.contains("https_key is not"));
    let both = [&flags[..], &[("https_key", "/nowhere.key")]].concat();
    assert!(refusal(&both).await.contains("cannot read /nowhere.pem"));
}
