//! One promotion and many followers. `cargo bench --bench live` does the same with thousands.

use std::time::{Duration, Instant};

use futures_util::SinkExt;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{announce, token};
use crate::support::{TestApp, next_text};

/// Of each kind.
const FOLLOWERS: usize = 100;
/// From the announcement to the last follower, on a busy machine.
const BOUND: Duration = Duration::from_secs(2);

#[tokio::test]
async fn every_follower_hears_of_a_promotion_within_two_seconds() {
    let shop = TestApp::new();
    let server = shop.listen().await;
    let mut sockets = Vec::new();
    for number in 0..FOLLOWERS {
        let shopper = shop.customer(&format!("shopper-{number}")).await;
        let bearer = shopper.sends("authorization");
        let plain = server.open("/promotions/ws", &[("authorization", bearer)]).await.unwrap();
        sockets.push(plain);
        let path = "/socket.io/?EIO=4&transport=websocket";
        let mut socket = server.open(path, &[]).await.unwrap();
        let join = format!("40/promotions,{}", json!({"token": token(&shopper)}));
        socket.send(Message::text(join)).await.unwrap();
        while !next_text(&mut socket).await.unwrap().starts_with("40/promotions,") {}
        sockets.push(socket);
    }
    assert_eq!(server.metrics.live_followers.value(), i64::try_from(2 * FOLLOWERS).unwrap());
    let start = Instant::now();
    announce(&shop, 1);
    for socket in &mut sockets {
        while !next_text(socket).await.unwrap().contains("Milk is 1 % off") {}
    }
    let took = start.elapsed();
    assert!(took < BOUND, "{took:?}");
    drop(sockets);
    server.has_followers(0).await;
    server.stop().await;
}
