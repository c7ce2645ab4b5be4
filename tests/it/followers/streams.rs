//! Server-sent events share the seats of the sockets.

use std::time::Duration;

use cartwright::http::live::{Limits, Live};
use futures_util::StreamExt;
use serde_json::json;

use crate::support::{Client, TestApp};

#[tokio::test]
async fn an_event_stream_ends_at_once_with_its_session() {
    let shop = TestApp::new();
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let (mut phone, mut other) = (ann.stream("/events").await, bob.stream("/events").await);
    for stream in [&mut phone, &mut other] {
        let hello = stream.next().await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&hello).contains("event: hello"));
    }
    ann.send("POST", "/auth/logout", "").await.ok(200);
    shop.app.tell_session_ends();
    let rest = async { while phone.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), rest).await.expect("nothing else changed");
    assert!(futures_util::FutureExt::now_or_never(other.next()).is_none(), "bob's goes on");
}

#[tokio::test]
async fn an_event_stream_takes_a_place() {
    let shop = TestApp::new();
    let limits = Limits { connections: 1, ..Limits::default() };
    let server = shop.listen_with(|state| state.live = Live::new(limits)).await;
    let ann = shop.customer("ann").await;
    let headers = [("authorization", ann.sends("authorization"))];
    let socket = server.open("/promotions/ws", &headers).await.unwrap();
    let (status, body) = server.open("/events", &headers).await.map(drop).unwrap_err();
    assert_eq!((status, &body["code"]), (503, &"too-many-live-connections".into()));
    drop(socket);
    server.has_followers(0).await;
    server.stop().await;
}

/// How many carts and orders were rendered for streams so far.
async fn rendered(admin: &Client) -> u64 {
    let page = admin.get("/metrics").await.text;
    let line = page.lines().find(|line| line.starts_with("cartwright_live_snapshots_total"));
    line.and_then(|line| line.rsplit(' ').next()).unwrap().parse().unwrap()
}

/// Reads a stream up to this event and tells all of it.
async fn up_to(stream: &mut axum::body::BodyDataStream, event: &str) -> String {
    let mut heard = String::new();
    let reading = async {
        while !heard.contains(event) {
            heard.push_str(&String::from_utf8_lossy(&stream.next().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("it is told");
    heard
}

#[tokio::test]
async fn a_cart_is_rendered_for_its_owner_once_and_never_for_a_stranger() {
    let shop = TestApp::new();
    let (admin, ann, bob) =
        (shop.admin().await, shop.customer("ann").await, shop.customer("bob").await);
    let milk = shop.milk(&admin).await;
    let mut stranger = bob.stream("/events").await;
    let add = json!({"product_id": milk});
    let promotion = json!({"name": "Week", "kind": "percent", "value": 10, "scope": "cart"});
    ann.post("/cart/add", add.clone()).await.ok(200);
    admin.post("/promotions", promotion.clone()).await.ok(201);
    let heard = up_to(&mut stranger, "event: promotion").await;
    assert!(!heard.contains("event: cart"), "{heard}");
    assert_eq!(rendered(&admin).await, 0);

    let (mut phone, mut tablet) = (ann.stream("/events").await, ann.stream("/events").await);
    let mut board = admin.stream("/events").await;
    for stream in [&mut phone, &mut tablet, &mut board] {
        up_to(stream, "event: hello").await;
    }
    ann.post("/cart/add", add.clone()).await.ok(200);
    for stream in [&mut phone, &mut tablet, &mut board] {
        up_to(stream, "\"item_count\":2").await;
    }
    assert_eq!(rendered(&admin).await, 1, "once for all three");

    // Nobody read in between: of five changes the last counts.
    for _ in 0..5 {
        ann.post("/cart/add", add.clone()).await.ok(200);
    }
    let told = up_to(&mut phone, "\"item_count\":7").await;
    assert_eq!(told.matches("event: cart").count(), 1, "{told}");
    assert_eq!(rendered(&admin).await, 2);
}

#[tokio::test]
async fn an_account_has_so_many_event_streams() {
    let shop = TestApp::new();
    let (ann, bob) = (shop.customer("ann").await, shop.customer("bob").await);
    let mut streams = Vec::new();
    for _ in 0..Limits::default().streams_per_account {
        streams.push(ann.stream("/events").await);
    }
    let refused = ann.get("/events").await;
    assert_eq!(refused.header("retry-after"), "10");
    refused.refused(429, "too-many-live-connections");
    drop(bob.stream("/events").await);
    streams.pop();
    drop(ann.stream("/events").await);
}
