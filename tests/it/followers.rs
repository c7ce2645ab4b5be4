//! Live promotions over real sockets: who may follow, what comes, and how it ends.

mod delivery;
mod socket_io;
mod streams;
mod trolleys;
mod websocket;

use cartwright::app::announcements::Announcement;
use serde_json::json;

use crate::support::{Client, TestApp};

/// Announces a promotion and tells those who listen.
fn announce(shop: &TestApp, seq: u64) {
    shop.app.announce(Announcement {
        seq,
        message: format!("Milk is {seq} % off"),
        promotion: json!({"id": seq, "name": "Milk week", "value": 10}),
    });
}

/// A user's access token.
fn token(client: &Client) -> String {
    client.sends("authorization").strip_prefix("Bearer ").unwrap().to_owned()
}

/// The user's session in a cookie.
fn cookie(client: &Client) -> String {
    format!("access_token_cookie={}", token(client))
}
