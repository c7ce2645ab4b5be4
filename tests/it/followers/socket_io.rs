//! Socket.IO as its frames on the wire: Engine.IO 4, both transports.

use std::time::Duration;

use cartwright::http::live::{Limits, Live};
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{announce, cookie, token};
use crate::support::{Client, Listening, TestApp, WebSocket, next_text};

const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const PATIENCE: Duration = Duration::from_secs(20);

/// The next packet, pings answered and left out.
async fn next_packet(socket: &mut WebSocket) -> Result<String, Option<(u16, String)>> {
    loop {
        match next_text(socket).await {
            Ok(text) if text == "2" => socket.send(Message::text("3")).await.unwrap(),
            other => return other,
        }
    }
}

/// Opens a session; its first packet is looked at.
async fn open(server: &Listening, headers: &[(&str, &str)]) -> WebSocket {
    let mut socket = server.open(WEBSOCKET, headers).await.unwrap();
    let packet = next_packet(&mut socket).await.unwrap();
    let opened: Value = serde_json::from_str(packet.strip_prefix('0').unwrap()).unwrap();
    assert_eq!((&opened["pingInterval"], &opened["pingTimeout"]), (&json!(25000), &json!(20000)));
    assert_eq!((&opened["upgrades"], &opened["maxPayload"]), (&json!([]), &json!(16384)));
    socket
}

/// Asks to join and returns the answer.
async fn join(socket: &mut WebSocket, auth: Option<Value>) -> String {
    let auth = auth.map(|auth| auth.to_string()).unwrap_or_default();
    socket.send(Message::text(format!("40/promotions,{auth}"))).await.unwrap();
    next_packet(socket).await.unwrap()
}

async fn joined(server: &Listening, client: &Client) -> WebSocket {
    let mut socket = open(server, &[]).await;
    let answer = join(&mut socket, Some(json!({"token": token(client)}))).await;
    assert!(answer.starts_with("40/promotions,{\"sid\":\""), "{answer}");
    socket
}

#[tokio::test]
async fn a_promotion_reaches_whoever_joins_in_any_way() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let (bearer, cookie) = (ann.sends("authorization").to_owned(), cookie(&ann));
    let mut sockets = vec![joined(&server, &ann).await];
    for header in [("cookie", cookie.as_str()), ("authorization", bearer.as_str())] {
        let mut socket = open(&server, &[header]).await;
        let answer = join(&mut socket, None).await;
        assert!(answer.starts_with("40/promotions,{\"sid\":\""), "{answer}");
        sockets.push(socket);
    }
    let mut both = open(&server, &[("authorization", &bearer)]).await;
    let token = json!({"token": format!("Bearer {}", token(&ann))});
    assert!(join(&mut both, Some(token)).await.starts_with("40/promotions,{"));
    sockets.push(both);

    server.has_followers(4).await;
    announce(&shop, 3);
    for socket in &mut sockets {
        let event = "42/promotions,[\"promotion\",{\"message\":\"Milk is 3 % off\"}]";
        assert_eq!(next_packet(socket).await.unwrap(), event);
    }
    drop(sockets);
    server.has_followers(0).await;
    server.stop().await;
}

#[tokio::test]
async fn nobody_joins_without_a_session() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let device = shop.device().await;
    let key = device.sends("x-api-key").to_owned();
    let (good, bearer) = (cookie(&ann), ann.sends("authorization").to_owned());
    let (ann_token, bob_token) = (token(&ann), token(&bob));
    bob.send("POST", "/auth/logout", "").await.ok(200);
    for (headers, auth, word) in [
        (vec![], None, "sign in first"),
        (vec![], Some(json!({})), "sign in first"),
        (vec![], Some(json!({"token": null})), "sign in first"),
        (vec![], Some(json!({"token": ""})), "sign in first"),
        (vec![], Some(json!({"token": 5})), "auth.token"),
        (vec![], Some(json!({"token": "stolen"})), "no good"),
        (vec![], Some(json!({"token": bob_token})), "ended"),
        (vec![], Some(json!({"token": key})), "signed-in accounts only"),
        (vec![("cookie", good.as_str())], Some(json!({"token": "stolen"})), "no good"),
        (vec![("x-api-key", key.as_str())], Some(json!({"token": ann_token})), "different"),
        (vec![("x-api-key", key.as_str()), ("authorization", &bearer)], None, "different"),
    ] {
        let mut socket = open(&server, &headers).await;
        let answer = join(&mut socket, auth.clone()).await;
        let message = answer.strip_prefix("44/promotions,").unwrap_or_else(|| panic!("{answer}"));
        let message: Value = serde_json::from_str(message).unwrap();
        assert!(message["message"].as_str().unwrap().contains(word), "{auth:?}: {message}");
        announce(&shop, 1);
        // A refused session may try again, and hears nothing meanwhile.
        let answer = join(&mut socket, Some(json!({"token": 7}))).await;
        assert!(answer.starts_with("44/promotions,"), "{answer}");
    }
    assert_eq!(server.metrics.live_followers.value(), 0);
    server.stop().await;
}

#[tokio::test]
async fn there_is_one_namespace_and_few_tries() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let mut socket = open(&server, &[]).await;
    let auth = json!({"token": token(&ann)});
    for (packet, answer) in [
        (format!("40{auth}"), "44{\"message\":\"Invalid namespace\"}"),
        (format!("40/admin,{auth}"), "44/admin,{\"message\":\"Invalid namespace\"}"),
    ] {
        socket.send(Message::text(packet)).await.unwrap();
        assert_eq!(next_packet(&mut socket).await.unwrap(), answer);
    }
    for _ in 0..5 {
        let answer = join(&mut socket, None).await;
        assert!(answer.contains("sign in first"), "{answer}");
    }
    let answer = join(&mut socket, Some(auth)).await;
    assert!(answer.contains("too many attempts"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_session_is_told_that_its_login_ended_and_then_cut() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let admin = shop.admin().await;
    let (mut first, mut second) = (joined(&server, &ann).await, joined(&server, &bob).await);
    ann.send("POST", "/auth/logout", "").await.ok(200);
    shop.app.tell_session_ends();
    announce(&shop, 1);
    assert_eq!(next_packet(&mut first).await.unwrap(), "41/promotions,");
    assert!(next_packet(&mut first).await.is_err(), "the socket ends");
    assert!(next_packet(&mut second).await.unwrap().starts_with("42/promotions,"));
    admin.patch("/users/bob", json!({"disabled": true})).await.ok(200);
    shop.app.tell_session_ends();
    assert_eq!(next_packet(&mut second).await.unwrap(), "41/promotions,");
    server.has_followers(0).await;
    assert!(next_packet(&mut second).await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_began_by_polling_and_was_upgraded_is_cut_too() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let poller = Poller::open(&server, &[]).await;
    let answer = poller.send(&format!("40/promotions,{}", json!({"token": token(&ann)}))).await;
    assert_eq!(answer, "ok");
    assert!(poller.until("40/promotions,{").await.starts_with("40/promotions,{\"sid\":"));
    let mut socket = server.open(&format!("{WEBSOCKET}&sid={}", poller.sid), &[]).await.unwrap();
    socket.send(Message::text("2probe")).await.unwrap();
    assert_eq!(next_text(&mut socket).await.unwrap(), "3probe");
    socket.send(Message::text("5")).await.unwrap();
    announce(&shop, 1);
    assert!(next_packet(&mut socket).await.unwrap().starts_with("42/promotions,"));
    ann.send("POST", "/auth/logout", "").await.ok(200);
    shop.app.tell_session_ends();
    assert_eq!(next_packet(&mut socket).await.unwrap(), "41/promotions,");
    assert!(next_packet(&mut socket).await.is_err(), "the socket ends");
    server.stop().await;
}

/// A session over polling, by requests without a socket.
struct Poller<'a> {
    server: &'a Listening,
    sid: String,
}

impl<'a> Poller<'a> {
    async fn open(server: &'a Listening, headers: &[(&str, &str)]) -> Self {
        let (status, _, body) = server.ask("GET", POLLING, headers, "").await;
        assert_eq!(status, 200, "{body}");
        let opened: Value = serde_json::from_str(body.strip_prefix('0').unwrap()).unwrap();
        assert_eq!(opened["upgrades"], json!(["websocket"]));
        Self { server, sid: opened["sid"].as_str().unwrap().to_owned() }
    }

    async fn send(&self, packet: &str) -> String {
        let path = format!("{POLLING}&sid={}", self.sid);
        self.server.ask("POST", &path, &[], packet).await.2
    }

    /// Polls until such a packet comes.
    async fn until(&self, start: &str) -> String {
        let path = format!("{POLLING}&sid={}", self.sid);
        loop {
            let (status, _, body) = self.server.ask("GET", &path, &[], "").await;
            assert_eq!(status, 200, "{body}");
            for packet in body.split('\x1e') {
                if packet.starts_with(start) {
                    return packet.to_owned();
                }
                if packet == "2" {
                    assert_eq!(self.send("3").await, "ok");
                }
            }
        }
    }
}

#[tokio::test]
async fn polling_does_all_the_same() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let cookie = cookie(&ann);
    let poller = Poller::open(&server, &[("cookie", &cookie)]).await;
    assert_eq!(poller.send("40/promotions,").await, "ok");
    poller.until("40/promotions,{\"sid\":").await;
    announce(&shop, 5);
    let event = "42/promotions,[\"promotion\",{\"message\":\"Milk is 5 % off\"}]";
    assert_eq!(poller.until("42").await, event);
    ann.send("POST", "/auth/logout", "").await.ok(200);
    shop.app.tell_session_ends();
    poller.until("41/promotions,").await;
    server.has_followers(0).await;

    let stranger = Poller::open(&server, &[]).await;
    assert_eq!(stranger.send("40/promotions,").await, "ok");
    assert!(stranger.until("44/promotions,").await.contains("\"message\""));
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_closes_sessions_of_both_transports() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let ann = shop.customer("ann").await;
    let mut socket = joined(&server, &ann).await;
    let mut idle = open(&server, &[]).await;
    let poller = Poller::open(&server, &[("cookie", &cookie(&ann))]).await;
    assert_eq!(poller.send("40/promotions,").await, "ok");
    poller.until("40/promotions,").await;
    let waiting = async {
        while server.metrics.connections_open.value() < 3 {
            tokio::task::yield_now().await;
        }
        // The request is on its way; let the server read it.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        server.begin_stop();
    };
    let (closed, ()) = tokio::join!(poller.until("1"), waiting);
    assert_eq!(closed, "1");
    let mut last = next_packet(&mut socket).await;
    while last.is_ok() {
        assert_ne!(last.as_deref().unwrap_or_default(), "41/promotions,", "clients come back");
        last = next_packet(&mut socket).await;
    }
    while next_packet(&mut idle).await.is_ok() {}
    server.stop().await;
}

#[tokio::test]
async fn refusals_keep_the_protocols_shape_and_ours_are_problems() {
    let shop = TestApp::new();
    let listed = "https://tablet.example";
    let server = shop.listen_with(|state| state.cors_origins = [listed.to_owned()].into()).await;
    let codes = [
        ("/socket.io/", 400, "0"),
        ("/socket.io/?EIO=3&transport=polling", 400, "5"),
        ("/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAHs", 400, "1"),
        ("/socket.io/?EIO=4&transport=pigeon", 400, "0"),
        (WEBSOCKET, 426, "upgrade-required"),
    ];
    for (path, status, code) in codes {
        let (answered, _, body) = server.ask("GET", path, &[], "").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((answered, &body["code"]), (status, &json!(code)), "{path}");
    }
    assert_eq!(server.ask("PUT", POLLING, &[], "").await.0, 405);

    let poller = Poller::open(&server, &[("origin", listed)]).await;
    let path = format!("{POLLING}&sid={}", poller.sid);
    let large = format!("4{}", "x".repeat(16 * 1024));
    assert_eq!(server.ask("POST", &path, &[], &large).await.0, 413);

    for foreign in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        let (status, head, body) = server.ask("GET", POLLING, &[foreign], "").await;
        assert_eq!(status, 403);
        assert!(body.contains("\"code\":\"bad-origin\""), "{body}");
        assert!(!head.contains("access-control-allow-origin"), "{head}");
        let (status, body) = server.open(WEBSOCKET, &[foreign]).await.map(drop).unwrap_err();
        assert_eq!((status, &body["code"]), (403, &json!("bad-origin")));
    }
    let (status, head, _) = server.ask("GET", POLLING, &[("origin", listed)], "").await;
    assert_eq!(status, 200);
    for line in [
        "access-control-allow-origin: https://tablet.example",
        "access-control-allow-credentials: true",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "x-request-id: ",
    ] {
        assert!(head.contains(line), "{line} is missing: {head}");
    }
    server.stop().await;
}

#[tokio::test]
async fn sessions_are_bounded_before_and_after_they_join() {
    let shop = TestApp::new();
    let limits = Limits { connections: 10, connections_per_account: 2, ..Limits::default() };
    let server = shop.listen_with(|state| state.live = Live::new(limits)).await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let one = server.open("/promotions/ws", &headers).await.unwrap();
    let _two = joined(&server, &ann).await;
    let mut three = open(&server, &[]).await;
    let answer = join(&mut three, Some(json!({"token": token(&ann)}))).await;
    assert!(answer.contains("too many live connections"), "{answer}");
    let (status, _, body) = server.ask("GET", POLLING, &[], "").await;
    assert_eq!(status, 429, "one address has two: {body}");
    drop(one);
    server.has_followers(1).await;
    let answer = join(&mut three, Some(json!({"token": token(&ann)}))).await;
    assert!(answer.starts_with("40/promotions,"), "{answer}");
    drop(three);
    let opened = async {
        while server.ask("GET", POLLING, &[], "").await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, opened).await.expect("a closed session gives its place back");
    server.stop().await;
}

#[tokio::test]
async fn a_session_that_answers_no_ping_is_gone() {
    let shop = TestApp::new();
    let limits = Limits {
        ping_interval: Duration::from_millis(50),
        pong_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = shop.listen_with(|state| state.live = Live::new(limits)).await;
    let ann = shop.customer("ann").await;
    let mut dead = server.open(WEBSOCKET, &[]).await.unwrap();
    let packet = format!("40/promotions,{}", json!({"token": token(&ann)}));
    dead.send(Message::text(packet)).await.unwrap();
    while next_text(&mut dead).await.is_ok() {}
    server.has_followers(0).await;
    server.stop().await;
}

#[tokio::test]
async fn a_hundred_promotions_may_start_together() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let mut socket = joined(&server, &shop.customer("ann").await).await;
    for seq in 1..=100 {
        announce(&shop, seq);
    }
    for seq in 1..=100 {
        let told = next_packet(&mut socket).await.unwrap();
        assert!(told.contains(&format!("Milk is {seq} % off")), "{told}");
    }
    server.stop().await;
}
