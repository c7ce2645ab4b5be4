//! `GET /promotions/ws`, and an upgrade of `GET /promotions`.

use std::time::Duration;

use cartwright::domain::promotions::PROMOTIONS_MAX;
use cartwright::http::live::{Limits, Live};
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use super::{announce, cookie};
use crate::support::{Listening, Parts, TestApp, WebSocket, next_text};

const PATH: &str = "/promotions/ws";
const SESSION_ENDED: (u16, &str) = (4401, "session ended");

async fn next_frame(socket: &mut WebSocket) -> Value {
    serde_json::from_str(&next_text(socket).await.unwrap()).unwrap()
}

async fn ends_with(socket: &mut WebSocket, (code, reason): (u16, &str)) {
    assert_eq!(next_text(socket).await, Err(Some((code, reason.to_owned()))));
}

/// The status and the code of a refusal.
async fn refusal(server: &Listening, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let (status, body) = server.open(path, headers).await.map(drop).unwrap_err();
    assert_eq!(body["status"], status, "{body}");
    assert_eq!(body["message"], body["detail"], "{body}");
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_promotion_reaches_whoever_proves_a_session_in_any_way() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let (bearer, cookie) = (ann.sends("authorization").to_owned(), cookie(&ann));
    let ticket = ann.send("POST", "/auth/ticket", "").await.ok(201);
    let ticket = format!("{PATH}?ticket={}", ticket["ticket"].as_str().unwrap());
    let upgrade = ann.send("POST", "/auth/ticket", "").await.ok(201);
    let upgrade = format!("/promotions?ticket={}", upgrade["ticket"].as_str().unwrap());
    let mut sockets = Vec::new();
    for (path, headers) in [
        (PATH, vec![("authorization", bearer.as_str())]),
        (PATH, vec![("cookie", cookie.as_str())]),
        (ticket.as_str(), vec![]),
        ("/api/v1/promotions/ws", vec![("authorization", bearer.as_str())]),
        ("/promotions", vec![("cookie", cookie.as_str())]),
        ("/promotions/", vec![("authorization", bearer.as_str())]),
        (upgrade.as_str(), vec![]),
    ] {
        sockets.push(server.open(path, &headers).await.unwrap());
    }
    announce(&shop, 7);
    for socket in &mut sockets {
        let promotion = json!({
            "type": "promotion",
            "seq": 7,
            "message": "Milk is 7 % off",
            "promotion": {"id": 7, "name": "Milk week", "value": 10},
        });
        assert_eq!(next_frame(socket).await, promotion);
    }
    assert_eq!(server.metrics.live_followers.value(), 7);
    drop(sockets);
    server.has_followers(0).await;
    assert_eq!(refusal(&server, &ticket, &[]).await, (401, "invalid-ticket".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn nobody_follows_without_a_session() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let device = shop.device().await;
    let key = device.sends("x-api-key");
    bob.send("POST", "/auth/logout", "").await.ok(200);
    let (ann, bob) = (ann.sends("authorization"), bob.sends("authorization"));
    for path in [PATH, "/promotions"] {
        for (headers, status, code) in [
            (vec![], 401, "unauthenticated"),
            (vec![("authorization", "Bearer stolen")], 401, "invalid-token"),
            (vec![("authorization", bob)], 401, "session-ended"),
            (vec![("x-api-key", key)], 403, "forbidden"),
            (vec![("x-api-key", key), ("authorization", ann)], 400, "conflicting-credentials"),
            (vec![("sec-websocket-version", "12")], 401, "unauthenticated"),
        ] {
            let refused = refusal(&server, path, &headers).await;
            assert_eq!(refused, (status, code.to_owned()), "{path} {headers:?}");
        }
    }
    assert_eq!(server.metrics.live_followers.value(), 0);
    server.stop().await;
}

#[tokio::test]
async fn a_plain_get_is_told_to_ask_for_an_upgrade() {
    let shop = TestApp::new();
    let ann = shop.customer("ann").await;
    let answer = ann.get(PATH).await;
    assert_eq!(answer.header("upgrade"), "websocket");
    answer.refused(426, "upgrade-required");
    shop.anonymous().get(PATH).await.refused(401, "unauthenticated");
    shop.anonymous().get("/promotions").await.ok(200);
}

#[tokio::test]
async fn foreign_pages_open_no_socket_whatever_they_send() {
    let shop = TestApp::new();
    let listed = "https://tablet.example";
    let server = shop.listen_with(|state| state.cors_origins = [listed.to_owned()].into()).await;
    let ann = shop.customer("ann").await;
    let (bearer, cookie) = (ann.sends("authorization").to_owned(), cookie(&ann));
    let own = format!("http://{}", server.address);
    for path in [PATH, "/promotions"] {
        for credential in [("cookie", cookie.as_str()), ("authorization", bearer.as_str())] {
            for foreign in [
                ("origin", "http://evil.example"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
            ] {
                let refused = refusal(&server, path, &[credential, foreign]).await;
                assert_eq!(refused, (403, "bad-origin".to_owned()), "{path} {foreign:?}");
            }
            for welcome in [("origin", own.as_str()), ("origin", listed)] {
                server.open(path, &[credential, welcome]).await.unwrap();
            }
        }
        let ticket = ann.send("POST", "/auth/ticket", "").await.ok(201);
        let path = format!("{path}?ticket={}", ticket["ticket"].as_str().unwrap());
        let refused = refusal(&server, &path, &[("origin", "http://evil.example")]).await;
        assert_eq!(refused, (403, "bad-origin".to_owned()));
        server.open(&path, &[]).await.expect("the ticket is still good");
    }
    server.has_followers(0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_socket_closes_with_its_session_and_hears_nothing_more() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let admin = shop.admin().await;
    let (ann, bob, cleo) =
        (shop.customer("ann").await, shop.customer("bob").await, shop.customer("cleo").await);
    let mut sockets = Vec::new();
    for client in [&ann, &ann, &bob, &cleo] {
        let headers = [("authorization", client.sends("authorization"))];
        sockets.push(server.open(PATH, &headers).await.unwrap());
    }
    ann.send("POST", "/auth/logout", "").await.ok(200);
    shop.app.tell_session_ends();
    announce(&shop, 1);
    ends_with(&mut sockets[0], SESSION_ENDED).await;
    ends_with(&mut sockets[1], SESSION_ENDED).await;
    assert_eq!(next_frame(&mut sockets[2]).await["seq"], 1);

    // Nobody tells, and still nothing is sent.
    admin.patch("/users/bob", json!({"disabled": true})).await.ok(200);
    announce(&shop, 2);
    ends_with(&mut sockets[2], SESSION_ENDED).await;
    assert_eq!(next_frame(&mut sockets[3]).await["seq"], 1);
    assert_eq!(next_frame(&mut sockets[3]).await["seq"], 2);

    // The clock alone ends a session.
    shop.wait(31 * 24 * 3600);
    shop.app.tell_session_ends();
    ends_with(&mut sockets[3], SESSION_ENDED).await;
    server.has_followers(0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_socket_closes_when_its_account_gets_another_role() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let (admin, staff) = (shop.admin().await, shop.staff().await);
    let bearer = staff.sends("authorization");
    let mut socket = server.open(PATH, &[("authorization", bearer)]).await.unwrap();
    admin.patch("/users/staff", json!({"role": "customer"})).await.ok(200);
    shop.app.tell_session_ends();
    ends_with(&mut socket, SESSION_ENDED).await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_waits_for_nobody() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let mut reader = server.open(PATH, &headers).await.unwrap();
    let _silent = server.open(PATH, &headers).await.unwrap();
    server.begin_stop();
    ends_with(&mut reader, (1001, "the server is stopping")).await;
    drop(reader);
    server.stop().await;
}

#[tokio::test]
async fn what_clients_send_is_bounded_and_not_looked_at() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let mut socket = server.open(PATH, &headers).await.unwrap();
    socket.send(Message::text("x".repeat(16 * 1024))).await.unwrap();
    socket.send(Message::binary(vec![0; 100])).await.unwrap();
    announce(&shop, 1);
    assert_eq!(next_frame(&mut socket).await["seq"], 1);
    socket.send(Message::text("x".repeat(16 * 1024 + 1))).await.unwrap();
    ends_with(&mut socket, (1008, "malformed, or larger than 16 KiB")).await;
    drop(socket);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_gone() {
    let shop = TestApp::new();
    let limits = Limits {
        ping_interval: Duration::from_millis(40),
        pong_timeout: Duration::from_millis(400),
        ..Limits::default()
    };
    let server = shop.listen_with(|state| state.live = Live::new(limits)).await;
    let ann = shop.customer("ann").await;
    let bearer = ann.sends("authorization");
    let mut honest = server.open(PATH, &[("authorization", bearer)]).await.unwrap();
    let mut dead = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Authorization: {bearer}\r\n\r\n"
    );
    dead.write_all(request.as_bytes()).await.unwrap();
    let all = tokio::spawn(async move {
        let mut bytes = Vec::new();
        let _ = dead.read_to_end(&mut bytes).await;
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let news = tokio::spawn(async move { next_text(&mut honest).await });
    let all = tokio::time::timeout(Duration::from_secs(20), all).await.unwrap().unwrap();
    assert!(all.starts_with("HTTP/1.1 101 "), "{all}");
    assert!(all.to_lowercase().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="));
    announce(&shop, 1);
    assert!(news.await.unwrap().unwrap().contains("\"seq\":1"), "it answered every ping");
    server.stop().await;
}

#[tokio::test]
async fn places_are_bounded_over_all_and_for_each_account() {
    let shop = TestApp::new();
    let limits = Limits { connections: 3, connections_per_account: 2, ..Limits::default() };
    let server = shop.listen_with(|state| state.live = Live::new(limits)).await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let ann = [("authorization", ann.sends("authorization"))];
    let bob = [("authorization", bob.sends("authorization"))];
    let first = server.open(PATH, &ann).await.unwrap();
    let _second = server.open(PATH, &ann).await.unwrap();
    let too_many = "too-many-live-connections".to_owned();
    assert_eq!(refusal(&server, PATH, &ann).await, (429, too_many.clone()));
    let _third = server.open("/promotions", &bob).await.unwrap();
    assert_eq!(refusal(&server, PATH, &bob).await, (503, too_many));
    drop(first);
    server.has_followers(2).await;
    let _fourth = server.open(PATH, &bob).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_misses_some_is_told_to_look_again() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let mut socket = server.open(PATH, &headers).await.unwrap();
    // All at once: nobody gets to run in between.
    for seq in 1..=2000 {
        announce(&shop, seq);
    }
    let first = next_frame(&mut socket).await;
    assert_eq!(first["type"], "resync", "{first}");
    let mut seen = first["seq"].as_u64().unwrap();
    assert!(seen >= 1488, "{first}");
    while seen < 2000 {
        let next = next_frame(&mut socket).await;
        let seq = next["seq"].as_u64().unwrap();
        assert!(next["type"] == "resync" || seq == seen + 1, "{next} after {seen}");
        seen = seq;
    }
    // Such a socket is as good as any other.
    announce(&shop, 2001);
    assert_eq!(next_frame(&mut socket).await["seq"], 2001);
    server.stop().await;
}

#[tokio::test]
async fn all_promotions_may_start_together() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let mut socket = server.open(PATH, &headers).await.unwrap();
    let all = 1..=u64::try_from(PROMOTIONS_MAX).unwrap();
    for seq in all.clone() {
        announce(&shop, seq);
    }
    for seq in all {
        let told = next_frame(&mut socket).await;
        assert_eq!((&told["type"], &told["seq"]), (&json!("promotion"), &json!(seq)));
    }
    server.stop().await;
}

#[tokio::test]
async fn what_began_while_the_shop_was_off_is_told_to_those_who_come_back() {
    let shop = TestApp::new();
    let staff = shop.staff().await;
    for minute in 1..=3 {
        let promotion = json!({"name": "Week", "kind": "percent", "value": 10, "scope": "cart",
            "starts_at": format!("2026-11-20T12:0{minute}:00Z")});
        staff.post("/promotions", promotion).await.ok(201);
    }
    shop.wait(600);
    let shop = TestApp::of(Parts { store: shop.store.clone(), clock: shop.clock.clone() });
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let mut early = server.open(PATH, &headers).await.unwrap();
    server.has_followers(1).await;
    assert_eq!(shop.app.announce_missed().await.unwrap(), 3);
    shop.wait(59);
    let mut back = server.open(PATH, &headers).await.unwrap();
    announce(&shop, 4);
    for socket in [&mut early, &mut back] {
        for seq in 1..=4 {
            assert_eq!(next_frame(socket).await["seq"], seq, "once each");
        }
    }
    shop.wait(1);
    let mut late = server.open(PATH, &headers).await.unwrap();
    announce(&shop, 5);
    assert_eq!(next_frame(&mut late).await["seq"], 5);
    server.stop().await;
}
