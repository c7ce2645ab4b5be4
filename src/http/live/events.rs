//! Server-sent events: what changes, as it changes.
//!
//! A listener learns of what it may see: a shopper of their own cart and orders, staff of the
//! floor. Each event carries the change's sequence number and the thing as it is now. The stream
//! ends at once with the session.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::Membership;
use crate::app::events::{Follower, News};
use crate::app::{App, Principal, Shopper};
use crate::domain::event::Change;
use crate::http::{self, Result};
use crate::wire::cart::Cart;
use crate::wire::order::Order;

/// How often a silent stream says that it lives; also how soon a dead one is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Listener {
    app: App,
    shopper: Shopper,
    is_staff: bool,
    follower: Follower,
    waiting: std::collections::VecDeque<Event>,
    _membership: Membership,
}

pub(in crate::http) async fn follow(
    State(state): State<http::State>,
    principal: Principal,
    shopper: Shopper,
) -> Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>> {
    let membership = state.live.enter(&state, shopper)?.membership;
    let (shutdown, session) = (state.shutdown, membership.session.clone());
    let app = state.app;
    let hello = named("hello", &json!({ "resync": true }));
    let listener = Listener {
        _membership: membership,
        follower: app.follow(),
        is_staff: principal.staff().is_some(),
        shopper,
        app,
        waiting: hello.into_iter().collect(),
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    })
    .take_until(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = session.cancelled() => {}
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

impl Listener {
    /// The next event that this listener may see; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            match self.follower.next().await {
                Ok(Some(News::Changes(changes))) => {
                    if !self.app.is_signed_in(&self.shopper) {
                        return None;
                    }
                    for (seq, change) in changes {
                        self.waiting.extend(self.event(seq, change));
                    }
                }
                Ok(Some(News::Resync)) => self.waiting.extend(named("resync", &json!({}))),
                Ok(None) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a live stream ends");
                    return None;
                }
            }
        }
    }

    fn event(&self, seq: u64, change: Change) -> Option<Event> {
        match change {
            Change::Cart(id) => {
                let cart = self.app.cart_snapshot(id).ok()?;
                let owner = cart.as_ref().and_then(|cart| cart.cart.user_id);
                if !self.is_staff && owner != Some(self.shopper.user_id()) {
                    return None;
                }
                let cart = cart.map(|cart| Cart::new(&cart, &self.app.settings().currency));
                named("cart", &json!({ "seq": seq, "cart_id": id.value(), "cart": cart }))
            }
            Change::Order(id) => {
                let order = self.app.order_snapshot(id).ok()??;
                if !self.is_staff && order.user_id != Some(self.shopper.user_id()) {
                    return None;
                }
                let order = Order::from(order);
                named("order", &json!({ "seq": seq, "order_id": id.value(), "order": order }))
            }
            Change::Product(id) | Change::Stock(id) if self.is_staff => {
                named("product", &json!({ "seq": seq, "product_id": id.value() }))
            }
            Change::Device(id) if self.is_staff => {
                named("device", &json!({ "seq": seq, "device_id": id.value() }))
            }
            Change::Promotion(id) => {
                named("promotion", &json!({ "seq": seq, "promotion_id": id.value() }))
            }
            Change::StoreMap => named("map", &json!({ "seq": seq })),
            Change::Product(_) | Change::Stock(_) | Change::Device(_) | Change::User(_) => None,
        }
    }
}

fn named(name: &str, data: &Value) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}
