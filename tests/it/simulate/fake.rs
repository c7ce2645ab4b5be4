//! A shop of a hundred lines that breaks one promise, or none.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// This scan is acknowledged and not in the cart.
    LosesOne(u32),
    /// This scan counts twice.
    DoublesOne(u32),
    /// A repeated number counts again.
    CountsRepeats,
    /// A repeated number gets another answer.
    ForgetsAnswers,
}

/// A cart and the answers that it gave, by boot and number.
#[derive(Debug, Default)]
struct Cart {
    units: BTreeMap<u64, u64>,
    answers: BTreeMap<(String, u64), (u16, Value)>,
}

#[derive(Debug)]
struct Inside {
    fault: Fault,
    scans: u32,
    carts: BTreeMap<String, Cart>,
}

pub(super) struct Shop {
    address: SocketAddr,
}

type Shared = State<Arc<Mutex<Inside>>>;

impl Shop {
    pub(super) async fn open(fault: Fault) -> Self {
        let inside = Inside { fault, scans: 0, carts: BTreeMap::new() };
        let fine = || async { Json(json!({"success": true})) };
        let router = Router::new()
            .route("/products", get(|| async { Json(products()) }))
            .route("/map", get(|| async { Json(json!({"nodes": [], "edges": []})) }))
            .route("/devices", post(add_device))
            .route("/devices/{id}", delete(fine))
            .route("/cart/esp32/time", get(fine))
            .route("/cart/esp32/heartbeat", post(fine))
            .route("/cart/esp32/location", post(fine))
            .route("/cart/esp32/cart", get(read))
            .route("/cart/esp32/events", post(batch))
            .route("/cart/esp32/{act}", post(single))
            .with_state(Arc::new(Mutex::new(inside)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn products() -> Value {
    let product = |id| json!({"id": id, "name": format!("Product {id}"), "unit": "each"});
    (1..=200).map(product).collect()
}

async fn add_device(State(inside): Shared) -> impl IntoResponse {
    let mut inside = inside.lock().unwrap();
    let id = inside.carts.len() + 1;
    inside.carts.insert(format!("cwk_{id}"), Cart::default());
    let device =
        json!({"id": id, "name": format!("Simulated cart {id}"), "key": format!("cwk_{id}")});
    (StatusCode::CREATED, Json(device))
}

fn key(headers: &HeaderMap) -> String {
    let named = ["x-api-key", "x-device-key", "authorization"];
    let key = named.iter().find_map(|name| headers.get(*name)).unwrap().to_str().unwrap();
    key.trim_start_matches("Bearer ").to_owned()
}

async fn read(State(inside): Shared, headers: HeaderMap) -> Json<Value> {
    let inside = inside.lock().unwrap();
    let lines = inside.carts[&key(&headers)].units.iter();
    let lines: Vec<Value> =
        lines.map(|(id, units)| json!({"product_id": id, "quantity": units})).collect();
    Json(json!({"success": true, "lines": lines, "next": null}))
}

async fn single(
    State(inside): Shared,
    Path(act): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let event: Value = serde_json::from_str(&body).unwrap();
    let act = if act == "update_item" { "set" } else { act.trim_end_matches("_item") };
    let boot = event["boot_id"].as_str().unwrap();
    let (status, answer) = inside.lock().unwrap().take(&key(&headers), boot, act, &event);
    (StatusCode::from_u16(status).unwrap(), Json(answer)).into_response()
}

async fn batch(State(inside): Shared, headers: HeaderMap, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    let (mut inside, key) = (inside.lock().unwrap(), key(&headers));
    let mut said = (200, json!({"success": true, "acked": 0, "code": null}));
    for event in body["events"].as_array().unwrap() {
        let boot = event["boot_id"].as_str().or(body["boot_id"].as_str()).unwrap();
        let seq = event["seq"].as_u64().unwrap();
        let known = &inside.carts[&key].answers;
        let is_repeat = known.contains_key(&(boot.to_owned(), seq));
        let of_boot = known.keys().filter(|(other, _)| other == boot);
        let expect = of_boot.map(|(_, seq)| *seq).max().unwrap_or(0) + 1;
        if seq > expect {
            said = (409, json!({"acked": said.1["acked"], "code": "gap", "expect": expect}));
            break;
        }
        let act = event["type"].as_str().unwrap().to_owned();
        let (status, answer) = inside.take(&key, boot, &act, event);
        said.1["acked"] = (said.1["acked"].as_u64().unwrap() + 1).into();
        if status >= 400 && !is_repeat {
            said.0 = status;
            (said.1["success"], said.1["code"]) = (false.into(), answer["code"].clone());
            break;
        }
    }
    (StatusCode::from_u16(said.0).unwrap(), Json(said.1)).into_response()
}

impl Inside {
    fn take(&mut self, key: &str, boot: &str, act: &str, event: &Value) -> (u16, Value) {
        let fault = self.fault;
        let seq = event["seq"].as_u64().unwrap();
        let number = (boot.to_owned(), seq);
        let cart = self.carts.get_mut(key).unwrap();
        if let Some((status, kept)) = cart.answers.get(&number).cloned() {
            match fault {
                Fault::CountsRepeats => {}
                Fault::ForgetsAnswers if status == 200 => {
                    return (status, json!({"success": true, "seq": 0}));
                }
                _ => return (status, kept),
            }
        }
        let count = |name: &str| match &event[name] {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        };
        let quantity = count("quantity").unwrap_or(1);
        let answer = match (event["product_id"].as_u64(), u64::try_from(quantity)) {
            (Some(id), Ok(quantity)) => {
                let units = cart.units.entry(id).or_default();
                match act {
                    "remove" if *units == 0 => {
                        (404, json!({"success": false, "code": "not-found"}))
                    }
                    "remove" => {
                        *units = units.saturating_sub(quantity);
                        (200, json!({"success": true, "seq": seq}))
                    }
                    "set" => {
                        *units = quantity;
                        (200, json!({"success": true, "seq": seq}))
                    }
                    _ => {
                        self.scans += 1;
                        *units += match fault {
                            Fault::LosesOne(scan) if scan == self.scans => 0,
                            Fault::DoublesOne(scan) if scan == self.scans => 2 * quantity,
                            _ => quantity,
                        };
                        (200, json!({"success": true, "seq": seq}))
                    }
                }
            }
            _ => (400, json!({"success": false, "code": "invalid"})),
        };
        cart.units.retain(|_, units| *units > 0);
        cart.answers.insert(number, answer.clone());
        answer
    }
}
