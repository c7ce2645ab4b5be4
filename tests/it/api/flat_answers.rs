//! Every answer below the trolleys' prefix: flat, short, of known length, whatever was asked.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, TestApp};

const ADD: &str = "/cart/esp32/add_item";

#[track_caller]
fn flat(what: &str, answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), "application/json", "{what}");
    assert!(answer.has_length, "{what}");
    for absent in ["transfer-encoding", "content-encoding", "location"] {
        assert_eq!(answer.header(absent), "", "{what}");
    }
    assert!(answer.status != 204 && answer.status / 100 != 3, "{what}: {}", answer.status);
    assert!(answer.text.len() < 256 && answer.text.is_ascii(), "{what}: {}", answer.text);
    let members = answer.body.as_object().unwrap_or_else(|| panic!("{what}: {}", answer.text));
    assert_eq!(members["success"], answer.status < 400, "{what}");
    assert!(members.values().all(|value| !value.is_object() && !value.is_array()), "{what}");
    answer
}

#[tokio::test]
async fn wrong_paths_and_methods_are_flat() {
    let shop = TestApp::new();
    let trolley = shop.device().await;
    for path in [
        "/cart/esp32",
        "/cart/esp32/",
        "/cart/esp32/nothing",
        "/cart/esp32/items",
        "/cart/esp32/items/1",
        "/cart/esp32/add_item/x",
        "/api/v1/cart/esp32/Add_Item",
    ] {
        for method in ["GET", "POST", "OPTIONS", "DELETE", "PATCH"] {
            for client in [&trolley, &shop.anonymous()] {
                let answer = client.send(method, path, "").await;
                flat(&format!("{method} {path}"), answer).refused(404, "unknown-route");
            }
        }
    }
    for (path, methods) in [
        (ADD, &["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"][..]),
        ("/cart/esp32/events/", &["GET", "PUT"]),
        ("/cart/esp32/time", &["POST", "PUT", "DELETE", "OPTIONS"]),
        ("/api/v1/cart/esp32/cart", &["POST", "DELETE"]),
    ] {
        for method in methods {
            let answer = trolley.send(method, path, "").await;
            flat(&format!("{method} {path}"), answer).refused(405, "method-not-allowed");
        }
    }
    let head = trolley.send("HEAD", "/cart/esp32/time", "").await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(head.header("content-length").parse::<usize>().unwrap() > 20);
    let head = trolley.send("HEAD", ADD, "").await;
    assert_eq!((head.status, head.text.as_str()), (405, ""));
    assert!(head.header("content-length").parse::<usize>().unwrap() > 20);
}

#[tokio::test]
async fn the_largest_shop_still_fits_a_small_buffer() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    let trolley = shop.device().await;
    let name = "\"\\Käse\u{1f9c0}".repeat(20);
    for number in 0..7 {
        let product = json!({"name": format!("{number}{name}"), "price": 9_999_999_999.99_f64, "min_age": 18});
        let id = shop.product(&staff, product).await;
        let body = json!({"product_id": id, "quantity": 999, "boot_id": "b", "seq": 2_147_483_640 + number});
        flat("add", trolley.post(ADD, body.clone()).await).ok(200);
        let body = json!({"product_id": id, "quantity": 999, "weight": number});
        let line_is_full = trolley.post(ADD, body.clone()).await;
        assert!(matches!(flat("more", line_is_full).status, 200 | 400));
        flat("again", trolley.post(ADD, body).await);
    }
    let apples = json!({"name": name, "price": 1, "unit": "kg"});
    let apples = shop.product(&staff, apples).await;
    let body = json!({"product_id": apples, "boot_id": "b", "seq": 2_147_483_647});
    flat("no weight", trolley.post(ADD, body).await).refused(400, "weight-required");
    let beat = flat("heartbeat", trolley.send("POST", "/cart/esp32/heartbeat", "").await).ok(200);
    assert!(beat["total"].as_f64().unwrap() > 1e13);
    for offset in ["0", "5", "100", "18446744073709551615"] {
        let page = trolley.get(&format!("/cart/esp32/cart?offset={offset}")).await;
        assert!(page.text.len() <= 1024 && page.text.is_ascii(), "{}", page.text);
        page.ok(200);
    }
    for offset in ["-1", "x", "1.5", "18446744073709551616"] {
        let page = trolley.get(&format!("/cart/esp32/cart?offset={offset}")).await;
        flat(offset, page).refused(400, "invalid");
    }
    let batch = json!({"boot_id": "c", "events": [{"seq": 1, "type": "checkout"}]});
    flat("batch", trolley.post("/cart/esp32/events", batch).await).refused(409, "out-of-stock");
}

/// What comes over the wire for a request, byte for byte.
async fn wire(address: std::net::SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn old_libraries_find_what_they_look_for() {
    let shop = TestApp::new();
    let trolley = shop.device().await;
    let key = trolley.sends("x-api-key").to_owned();
    let server = shop.listen().await;
    for (version, more) in [
        ("1.0", ""),
        ("1.0", "Connection: keep-alive\r\n"),
        ("1.1", "Host: shop\r\nConnection: close\r\n"),
    ] {
        let more = format!("{more}Accept-Encoding: identity;q=1,chunked;q=0.1,*;q=0, gzip\r\n");
        let request =
            format!("GET /cart/esp32/time HTTP/{version}\r\nx-api-key: {key}\r\n{more}\r\n");
        let (head, body) = wire(server.address, &request).await;
        assert!(head.starts_with(&format!("HTTP/{version} 200 OK\r\n")), "{head}");
        assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{head}");
        assert!(head.contains("\r\nContent-Type: application/json"), "{head}");
        assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
        assert!(body.starts_with("{\"success\":true,"), "{body}");
    }
    let half = format!(
        "POST {ADD} HTTP/1.1\r\nHost: s\r\nX-API-Key: {key}\r\nContent-Length: 500\r\n\r\n{{\"product_id\":"
    );
    let (head, body) = wire(server.address, &half).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(body.contains("\"code\":\"incomplete-body\"") && body.len() < 256, "{body}");
    server.stop().await;
}
