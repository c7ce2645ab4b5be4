use axum::http::StatusCode;

use super::*;
use crate::http::routes;
use crate::http::testing::{Answer, ask, state};
use crate::http::{Service, service_of};

fn trust() -> Trust {
    Trust {
        https_port: 8443,
        http_port: 8080,
        lan_host: Some("192.168.1.5".into()),
        hosts: ["192.168.1.5", "shopbox.local", "fd00::5", "localhost"].map(Into::into).to_vec(),
        authority: Some(Authority {
            name: "Cartwright <shopbox> local CA".into(),
            pem: "-----BEGIN CERTIFICATE-----\n".into(),
            der: vec![0x30, 1, 2, 3],
            sha256: std::array::from_fn(|at| u8::try_from(at).unwrap()),
            not_after: "2036-11-20T12:00:00Z".parse().unwrap(),
            is_local_only: true,
        }),
    }
}

fn serve(trust: Option<Trust>, https_redirect: bool) -> Service {
    let trust = watch::channel(trust.map(Arc::new)).1;
    let mut state = state();
    (state.trust, state.https_redirect) = (trust, https_redirect);
    service_of(routes::table(), state)
}

async fn page(trust: Option<Trust>, headers: &[(&str, &str)]) -> String {
    let answer = ask(&serve(trust, false), "GET /trust", headers, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.header("content-security-policy").contains("default-src 'self'"));
    let text = String::from_utf8(answer.body).unwrap();
    assert!(!text.contains("{{") && !text.contains("style="), "{text}");
    text
}

#[tokio::test]
async fn the_page_shows_whom_to_trust_and_where_a_phone_finds_it() {
    let text = page(Some(trust()), &[("host", "shopbox.local:8080")]).await;
    assert!(text.contains("Cartwright &lt;shopbox&gt; local CA"));
    assert!(text.contains("<span>00:01:02:03:04:05:06:07</span> <span>08:09:"));
    assert!(text.contains("20 November 2036") && text.contains("local networks only"));
    assert!(text.contains("<svg xmlns") && text.contains("http://shopbox.local:8080/trust"));
    let links = "<li><a href=\"https://shopbox.local:8443/\">https://shopbox.local:8443/</a></li>\
                 <li><a href=\"https://192.168.1.5:8443/\">https://192.168.1.5:8443/</a></li>\
                 <li><a href=\"https://[fd00::5]:8443/\">";
    assert!(text.contains(links), "the reader's own name comes first: {text}");
    for file in ["/trust/ca.mobileconfig", "/trust/ca.crt", "/trust/ca.pem", "/trust/trust.css"] {
        assert!(text.contains(&format!("href=\"{file}\"")), "{file}");
        let answer = ask(&serve(Some(trust()), false), &format!("GET {file}"), &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
    }
}

#[tokio::test]
async fn the_code_leads_a_phone_to_an_address_that_it_can_reach() {
    let code = |host| async move {
        let text = page(Some(trust()), &[("host", host)]).await;
        let (_, rest) = text.split_once("Code that opens ")?;
        Some(rest.split('"').next().unwrap().to_owned())
    };
    for (host, url) in [
        ("127.0.0.1:41233", "http://192.168.1.5:8080/trust"),
        ("localhost", "http://192.168.1.5:8080/trust"),
        ("[::1]:8080", "http://192.168.1.5:8080/trust"),
        ("10.0.0.9:9000", "http://10.0.0.9:9000/trust"),
        ("Kasse.lan", "http://kasse.lan/trust"),
        ("[fd00::5]:8080", "http://[fd00::5]:8080/trust"),
        ("\"><script>", "http://192.168.1.5:8080/trust"),
    ] {
        assert_eq!(code(host).await.as_deref(), Some(url), "{host}");
    }
    let unreachable = Trust { lan_host: None, ..trust() };
    let text = page(Some(unreachable), &[("host", "localhost:8080")]).await;
    assert!(!text.contains("Code that opens"), "no code that leads nowhere");
}

#[tokio::test]
async fn the_readers_own_device_is_opened() {
    for (agent, title) in [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "iPhone and iPad"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8)", "Android"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Computer"),
        ("", "Computer"),
    ] {
        let text = page(Some(trust()), &[("user-agent", agent)]).await;
        let (_, open) = text.split_once("<details name=\"device\" open>").unwrap();
        assert!(open.trim_start().starts_with(&format!("<summary><h2>{title}</h2>")), "{agent}");
        assert_eq!(text.matches(" open>").count(), 1);
    }
}

#[tokio::test]
async fn files_have_the_kinds_that_devices_install() {
    let service = serve(Some(trust()), false);
    let der = ask(&service, "GET /trust/ca.crt", &[], "").await;
    assert_eq!(der.header("content-type"), "application/x-x509-ca-cert");
    assert_eq!(der.body, [0x30, 1, 2, 3]);
    let pem = ask(&service, "GET /api/v1/trust/ca.pem", &[], "").await;
    assert_eq!(pem.header("content-type"), "application/x-pem-file");
    let profile = ask(&service, "GET /trust/ca.mobileconfig", &[], "").await;
    assert_eq!(profile.header("content-type"), "application/x-apple-aspen-config");
    let text = String::from_utf8(profile.body).unwrap();
    assert!(!text.contains("{{") && text.contains("<data>MAECAw==</data>"));
    assert!(text.contains("Cartwright &lt;shopbox&gt; local CA"));
    assert!(text.contains("<string>00010203-0405-8607-8809-0A0B0C0D0E0F</string>"));
    assert!(text.contains("<string>10111213-1415-8617-9819-1A1B1C1D1E1F</string>"));
}

fn is_problem(answer: &Answer, code: &str) {
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["code"], code);
}

#[tokio::test]
async fn without_an_authority_the_page_says_what_to_do() {
    let text = page(None, &[]).await;
    assert!(text.contains("HTTPS is off") && text.contains("https = \"0.0.0.0:8443\""));
    let file = ask(&serve(None, false), "GET /trust/ca.pem", &[], "").await;
    is_problem(&file, "https-off");
    let own = Trust { authority: None, hosts: vec!["shop.example".into()], ..trust() };
    let text = page(Some(own.clone()), &[]).await;
    assert!(text.contains("No step is needed") && text.contains("https://shop.example:8443/"));
    let wild = Trust { hosts: vec!["*.shop.example".into()], ..own.clone() };
    let text = page(Some(wild), &[("host", "kasse.shop.example:8080")]).await;
    assert!(text.contains("https://kasse.shop.example:8443/") && !text.contains('*'));
    let nameless = Trust { hosts: Vec::new(), ..own.clone() };
    assert!(page(Some(nameless), &[]).await.contains("the name that the certificate is for"));
    is_problem(
        &ask(&serve(Some(own), false), "GET /trust/ca.crt", &[], "").await,
        "own-certificate",
    );
}

#[tokio::test]
async fn browsers_that_open_a_page_are_led_to_https_and_nobody_else() {
    const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    const HOST: (&str, &str) = ("host", "192.168.1.5:8080");
    let service = serve(Some(trust()), true);
    for (line, location) in [
        ("GET /", "https://192.168.1.5:8443/"),
        ("HEAD /admin", "https://192.168.1.5:8443/admin"),
        ("GET /admin/", "https://192.168.1.5:8443/admin/"),
        ("GET /docs", "https://192.168.1.5:8443/docs"),
        ("GET /setup?token=a-b", "https://192.168.1.5:8443/setup?token=a-b"),
    ] {
        let answer = ask(&service, line, &[BROWSER, HOST], "").await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{line}");
        assert_eq!(answer.header("location"), location);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let fetch = ("sec-fetch-mode", "cors");
    for (line, headers) in [
        ("GET /trust", vec![BROWSER, HOST]),
        ("GET /trust/ca.crt", vec![BROWSER, HOST]),
        ("GET /products", vec![BROWSER, HOST]),
        ("GET /api/v1/setup", vec![BROWSER, HOST]),
        ("GET /cart/esp32/time", vec![BROWSER, HOST]),
        ("POST /setup", vec![BROWSER, HOST]),
        ("GET /", vec![HOST]),
        ("GET /", vec![("accept", "*/*"), HOST]),
        ("GET /", vec![BROWSER, HOST, fetch]),
        ("GET /", vec![BROWSER, ("host", "bad host")]),
        ("GET /", vec![BROWSER]),
    ] {
        let answer = ask(&service, line, &headers, "").await;
        assert_ne!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{line} {headers:?}");
    }
    for service in [serve(Some(trust()), false), serve(None, true)] {
        let answer = ask(&service, "GET /", &[BROWSER, HOST], "").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let default_port = serve(Some(Trust { https_port: 443, ..trust() }), true);
    let answer = ask(&default_port, "GET /", &[BROWSER, ("host", "[fd00::5]:80")], "").await;
    assert_eq!(answer.header("location"), "https://[fd00::5]/");
}

#[tokio::test]
async fn who_came_by_https_is_not_led_in_circles() {
    let mut state = state();
    state.trust = watch::channel(Some(Arc::new(trust()))).1;
    state.https_redirect = true;
    state.trusted_proxies = vec!["127.0.0.1".parse().unwrap()].into();
    let service = service_of(routes::table(), state);
    let headers =
        [("accept", "text/html"), ("host", "shop.example"), ("x-forwarded-proto", "https")];
    assert_eq!(ask(&service, "GET /", &headers, "").await.status, StatusCode::OK);
}
