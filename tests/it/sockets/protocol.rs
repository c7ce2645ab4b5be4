//! Broken, ambiguous and oversized requests: a clear answer, one answer, and a server that goes
//! on.

use std::fmt::Write;

use super::shop::{Shop, answers};

const FINE: &str = "GET /health HTTP/1.1\r\nHost: shop\r\n\r\n";
const LAST: &str = "GET /health HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn what_is_no_request_gets_one_clear_answer_and_is_cut() {
    let shop = Shop::open().await;
    let fields = |count: usize| "X: y\r\n".repeat(count);
    for (request, status, code) in [
        ("NONSENSE\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("GET /health HTTP/9.9\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("GET  /health HTTP/1.1\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("G\0T /health HTTP/1.1\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".to_owned(), 400, "malformed-request"),
        ("GET /health HTTP/1.1\r\nHost : shop\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("GET /health HTTP/1.1\r\nX: a\r\n b\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("GET /health HTTP/1.1\r\nX: a\0b\r\n\r\n".to_owned(), 400, "malformed-request"),
        ("GET /health HTTP/1.1\r\nX: a\rb\r\n\r\n".to_owned(), 400, "malformed-request"),
        (format!("GET /health HTTP/1.1\r\n{}\r\n", fields(101)), 431, "header-too-large"),
        (format!("GET /health HTTP/1.1\r\n{}", fields(20_000)), 431, "header-too-large"),
        (format!("GET /health HTTP/1.1\r\nX: {}", "x".repeat(100_000)), 431, "header-too-large"),
        (
            format!("GET /health HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(40_000)),
            431,
            "header-too-large",
        ),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(40_000)), 414, "uri-too-long"),
        (format!("GET /{}", "x".repeat(1_000_000)), 414, "uri-too-long"),
        (
            format!("GET / HTTP/1.1\r\nAuthorization: Bearer {}\r\n\r\n", "x".repeat(1_000_000)),
            431,
            "header-too-large",
        ),
    ] {
        let start: String = request.chars().take(60).collect();
        let heard = answers(&shop.hears(request.as_bytes()).await);
        assert_eq!(heard.len(), 1, "{start:?}: {heard:?}");
        let answer = &heard[0];
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{start:?}");
        for header in [
            "Connection: close",
            "Content-Type: application/problem+json",
            "Content-Security-Policy: default-src 'self'",
            "X-Content-Type-Options: nosniff",
            "Date: ",
        ] {
            assert!(answer.header.contains(header), "{start:?}: {}", answer.header);
        }
    }
    shop.close().await;
}

#[tokio::test]
async fn an_address_that_is_too_long_is_a_problem_like_others_while_it_can_be_read() {
    let shop = Shop::open().await;
    let mut client = shop.connect().await;
    client.say(format!("GET /{} HTTP/1.1\r\nHost: s\r\n\r\n", "x".repeat(9_000)).as_bytes()).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (414, "uri-too-long"));
    assert!(answer.header.contains("X-Request-Id: "), "{}", answer.header);
    client.say(FINE.as_bytes()).await;
    assert_eq!(client.answer().await.status, 200, "the connection is kept");
    shop.close().await;
}

/// A body whose end the two headers put at different places, and a request hidden in it.
#[tokio::test]
async fn no_request_is_smuggled_in_another_ones_body() {
    let shop = Shop::open().await;
    let hidden = "GET /hidden HTTP/1.1\r\nHost: shop\r\n\r\n";
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n".to_owned(),
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", 5 + hidden.len()),
    ] {
        let request =
            format!("POST /auth/login HTTP/1.1\r\nHost: shop\r\n{headers}\r\n0\r\n\r\n{hidden}");
        let heard = answers(&shop.hears(request.as_bytes()).await);
        assert_eq!(heard.len(), 1, "{headers:?}: {heard:?}");
        assert_eq!(heard[0].code(), "body-required", "{headers:?}");
    }
    for headers in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length:\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Host: other\r\n",
    ] {
        let request =
            format!("POST /auth/login HTTP/1.1\r\nHost: shop\r\n{headers}\r\n0\r\n\r\n{hidden}");
        let heard = answers(&shop.hears(request.as_bytes()).await);
        assert_eq!(heard[0].status, 400, "{headers:?}: {heard:?}");
        assert!(heard.iter().all(|it| it.code() != "unknown-route"), "{headers:?}: {heard:?}");
    }
    let old = format!("POST /auth/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{hidden}");
    let heard = answers(&shop.hears(old.as_bytes()).await);
    assert_eq!((heard.len(), heard[0].status), (1, 400), "{heard:?}");
    shop.close().await;
}

#[tokio::test]
async fn broken_chunks_end_the_request() {
    let shop = Shop::open().await;
    for chunks in ["x\r\n", "5\r\nab", "-5\r\nabcde\r\n0\r\n\r\n", "fffffffffffffffff\r\n"] {
        let mut client = shop.connect().await;
        let request = format!(
            "POST /auth/login HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
        );
        client.say(request.as_bytes()).await;
        if chunks == "5\r\nab" {
            // It goes away in the middle; nobody is left to be answered.
            drop(client);
            continue;
        }
        let heard = answers(&client.rest().await);
        assert_eq!(heard.len(), 1, "{chunks:?}: {heard:?}");
        assert_eq!((heard[0].status, heard[0].code().as_str()), (400, "incomplete-body"));
    }
    let mut client = shop.connect().await;
    client.say(LAST.as_bytes()).await;
    assert_eq!(client.answer().await.status, 200, "the others are served");
    shop.close().await;
}

#[tokio::test]
async fn unusual_and_lenient_forms_are_read_once_and_in_one_way() {
    let shop = Shop::open().await;
    for (request, status) in [
        // Firmware that writes its own requests: no Host, bare line feeds, an empty line before.
        ("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        ("GET /health HTTP/1.1\nHost: shop\nConnection: close\n\n", 200),
        ("\r\n\r\nGET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        ("GET /health HTTP/1.0\r\n\r\n", 200),
        ("GET http://shop/health HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", 200),
        ("GET http://evil/nothing HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", 404),
        ("GET /a/../health HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        ("GET /docs/%2e%2e%2fCargo.toml HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        ("GET //health HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        ("OPTIONS * HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        ("CONNECT shop:443 HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        ("TRACE /health HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        ("BREW /health HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
    ] {
        let heard = answers(&shop.hears(request.as_bytes()).await);
        assert_eq!(heard.len(), 1, "{request:?}: {heard:?}");
        assert_eq!(heard[0].status, status, "{request:?}: {heard:?}");
        assert!(heard[0].header.contains("X-Request-Id: "), "{request:?}");
    }
    shop.close().await;
}

#[tokio::test]
async fn a_body_is_asked_for_only_if_it_may_come() {
    let shop = Shop::open().await;
    let post = |path: &str, length: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    };
    let mut client = shop.connect().await;
    client.say(post("/auth/login", 2).as_bytes()).await;
    assert_eq!(client.answer().await.status, 100);
    client.say(b"{}").await;
    assert_eq!(client.answer().await.status, 400);
    client.say(FINE.as_bytes()).await;
    assert_eq!(client.answer().await.status, 200, "the connection is kept");

    for (path, length, status) in
        [("/auth/login", 2_000_000, 413), ("/users", 2, 401), ("/nothing", 2, 404)]
    {
        let mut client = shop.connect().await;
        client.say(post(path, length).as_bytes()).await;
        assert_eq!(client.answer().await.status, status, "{path} of {length} bytes");
    }
    shop.close().await;
}

#[tokio::test]
async fn an_oversized_upload_hears_413_while_it_is_being_sent() {
    const MIB: usize = 1024 * 1024;
    let shop = Shop::open().await;
    for (path, length, code) in [
        ("/auth/login", MIB + 1, "body-too-large"),
        ("/auth/login", 8 * MIB, "body-too-large"),
        ("/products/import", 8 * MIB, "unauthenticated"),
        ("/cart/esp32/add_item", 8 * MIB, "unauthenticated"),
    ] {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: {length}\r\n\r\n");
        let mut upload = head.into_bytes();
        upload.resize(upload.len() + length, b' ');
        let mut client = shop.connect().await;
        client.say(&upload).await;
        let answer = client.answer().await;
        assert_eq!(answer.code(), code, "{path} of {length} bytes");
    }
    // Without a stated length it is cut where it becomes too much.
    let mut chunks =
        "POST /auth/login HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    for _ in 0..40 {
        let _ = write!(chunks, "8000\r\n{}\r\n", " ".repeat(0x8000));
    }
    let mut client = shop.connect().await;
    client.say(chunks.as_bytes()).await;
    assert_eq!(client.answer().await.code(), "body-too-large");
    shop.close().await;
}

#[tokio::test]
async fn a_pipeline_of_many_requests_is_answered_in_order() {
    const MANY: usize = 2000;
    let shop = Shop::open().await;
    let mut client = shop.connect().await;
    let mut pipeline = String::new();
    for number in 0..MANY {
        let path = if number % 2 == 0 { "/health" } else { "/nothing" };
        let _ = write!(pipeline, "GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n");
    }
    pipeline.push_str("NONSENSE\r\n\r\n");
    client.say(pipeline.as_bytes()).await;
    for number in 0..MANY {
        let expected = if number % 2 == 0 { 200 } else { 404 };
        assert_eq!(client.answer().await.status, expected, "{number}");
    }
    let last = client.answer().await;
    assert_eq!((last.status, last.code().as_str()), (400, "malformed-request"));
    shop.close().await;
}
