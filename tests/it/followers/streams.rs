//! Server-sent events share the seats of the sockets.

use std::time::Duration;

use cartwright::http::live::{Limits, Live};
use futures_util::StreamExt;

use crate::support::TestApp;

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
