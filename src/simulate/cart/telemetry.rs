//! What a trolley tells beside its events: that it lives, what it weighs and where it is. The
//! shop keeps it in memory; nothing of it is repeated when it is lost.

use std::time::Duration;

use tokio::time::Instant;

use super::super::deliver::{Kind, Said};
use super::super::random::Random;
use super::Cart;

/// Simulated time between heartbeats, in seconds.
const BEAT_S: f64 = 30.0;
/// However fast the simulation is, a cart tells no more often than this.
const SHORTEST_TIME: Duration = Duration::from_secs(1);
/// Simulated time in which a battery loses a percent, in seconds.
const PERCENT_S: f64 = 360.0;

#[derive(Debug)]
pub(super) struct Telemetry {
    random: Random,
    /// Simulated seconds since the start.
    clock_s: f64,
    next_beat_s: f64,
    last_told: Option<Instant>,
    rssi_dbm: i32,
}

impl Telemetry {
    pub(super) fn new(mut random: Random) -> Self {
        let next_beat_s = random.unit() * BEAT_S;
        Self { random, clock_s: 0.0, next_beat_s, last_told: None, rssi_dbm: -60 }
    }

    fn battery_pct(&self) -> u32 {
        (0..=100).rev().find(|pct| f64::from(100 - pct) * PERCENT_S >= self.clock_s).unwrap_or(0)
    }
}

impl Cart {
    /// The firmware has started: it asks for the time and says that it is there.
    pub(super) async fn tell_start(&mut self) {
        if self.offline_until > self.step {
            return;
        }
        let request = self.world.target.request("GET", "/cart/esp32/time", &self.headers, "");
        self.tell_once(&request).await;
        self.beat().await;
    }

    /// Tells what is due after a walk that took so long.
    pub(super) async fn tell(&mut self, walked_s: f64) {
        self.telemetry.clock_s += walked_s;
        let is_soon = self.telemetry.last_told.is_some_and(|it| it.elapsed() < SHORTEST_TIME);
        if self.offline_until > self.step || is_soon {
            return;
        }
        self.telemetry.last_told = Some(Instant::now());
        let place = self.shopper.place(&self.world.shop);
        let body = match (self.telemetry.random.below(3), &place.node, &place.location) {
            (0, Some(node), _) => serde_json::json!({ "node": node }),
            (1, _, Some(location)) => serde_json::json!({ "location": location }),
            _ => serde_json::json!({ "x": place.x, "y": place.y, "floor": place.floor }),
        };
        if place.node.is_some() {
            self.tell_post("/cart/esp32/location", &body.to_string()).await;
        }
        if self.telemetry.clock_s >= self.telemetry.next_beat_s {
            self.telemetry.next_beat_s = self.telemetry.clock_s + BEAT_S;
            self.beat().await;
        } else {
            let body = format!("{{\"cart_weight\":{}}}", self.shopper.load_g());
            self.tell_post("/cart/esp32/heartbeat", &body).await;
        }
    }

    async fn beat(&mut self) {
        let telemetry = &mut self.telemetry;
        let step = i32::try_from(telemetry.random.below(5)).unwrap_or(2) - 2;
        telemetry.rssi_dbm = (telemetry.rssi_dbm + step).clamp(-90, -40);
        let free_heap = 180_000 + telemetry.random.below(20_000);
        let (battery_pct, rssi) = (telemetry.battery_pct(), telemetry.rssi_dbm);
        let body = format!(
            "{{\"battery_pct\":{battery_pct},\"rssi\":{rssi},\"firmware\":\"sim-1\",\
             \"free_heap\":{free_heap},\"cart_weight\":{}}}",
            self.shopper.load_g()
        );
        self.tell_post("/cart/esp32/heartbeat", &body).await;
    }

    async fn tell_post(&mut self, path: &str, body: &str) {
        let request = self.world.target.request("POST", path, &self.headers, body);
        self.tell_once(&request).await;
    }

    async fn tell_once(&mut self, request: &[u8]) {
        let Some(lane) = self.lanes.first_mut() else { return };
        let world = &self.world;
        let mut sent = 0;
        let told = lane.attempt(world, request, (Kind::Other, None), &mut sent);
        tokio::select! {
            () = world.abort.cancelled() => {}
            told = told => match told {
                Ok(answer) if answer.status < 400 => world.metrics.telemetry.up(),
                Ok(answer) => {
                    let kind = format!("{} {}", answer.status, Said::of(&answer).code());
                    world.metrics.error(kind.trim_end());
                }
                // Counted where it happened.
                Err(_) => {}
            },
        }
    }
}
