//! What the servers are asked: scans of trolleys, and records to create.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::catalogue::Product;
use super::client::{Connection, send};
use super::servers::{Server, pocketbase_token};
use super::{CONNECTIONS, Outcome};

/// Products that a trolley puts in before it takes them out again.
const BASKET: usize = 25;
/// How long a request may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What a server is asked with.
pub(super) enum Made {
    Trolleys(Vec<Trolley>),
    /// The request that creates a record.
    Records(Arc<[u8]>),
}

/// A trolley: its key, what it scans, and how many events it has sent.
pub(super) struct Trolley {
    key: String,
    barcodes: Vec<String>,
    sent: u32,
}

/// What was done in a time.
#[derive(Debug)]
pub(super) struct Load {
    took: Duration,
    cpu: Duration,
    latencies: Vec<Duration>,
}

impl Load {
    #[expect(clippy::cast_precision_loss, reason = "far below the precision of a float")]
    pub(super) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// What each took the server to compute, in microseconds.
    #[expect(clippy::cast_precision_loss, reason = "far below the precision of a float")]
    pub(super) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.latencies.len().max(1) as f64
    }

    /// The latency below which so many of a hundred are.
    pub(super) fn part(&self, percent: usize) -> Duration {
        self.latencies.get(self.latencies.len() * percent / 100).copied().unwrap_or_default()
    }
}

/// Adds the trolleys to the running shop.
pub(super) async fn trolleys(
    binary: &Path,
    place: &Path,
    products: &[Product],
) -> Outcome<Vec<Trolley>> {
    let mut trolleys = Vec::new();
    for number in 0..CONNECTIONS {
        let mut command = Command::new(binary);
        command.args(["device", "add", "--json", "--name", &format!("Cart {number}"), "--data"]);
        let output = command.arg(place.join("data")).stdin(Stdio::null()).output().await?;
        let added: Value = serde_json::from_slice(&output.stdout)?;
        let key = added["key"].as_str().ok_or("no key")?.to_owned();
        let basket = products.iter().cycle().skip(number * BASKET).take(BASKET);
        let barcodes = basket.map(|product| product.barcode.clone()).collect();
        trolleys.push(Trolley { key, barcodes, sent: 0 });
    }
    Ok(trolleys)
}

impl Trolley {
    fn next(&mut self) -> Option<Vec<u8>> {
        let step = usize::try_from(self.sent).ok()? % (2 * BASKET);
        let (route, barcode) = match step.checked_sub(BASKET) {
            None => ("add_item", self.barcodes.get(step)?),
            Some(back) => ("remove_item", self.barcodes.get(back)?),
        };
        self.sent += 1;
        let seq = self.sent;
        let body = format!(r#"{{"barcode":"{barcode}","boot_id":"bench","seq":{seq}}}"#);
        Some(send("POST", &format!("/cart/esp32/{route}"), &self.key, &body))
    }
}

/// Scans with all trolleys until the time is over.
pub(super) async fn scan(
    server: &Server,
    trolleys: &mut Vec<Trolley>,
    time: Duration,
) -> Outcome<Load> {
    let mut connections = Vec::new();
    for trolley in trolleys.drain(..) {
        connections.push((trolley, Connection::open(server.address).await?));
    }
    let (cpu, begun) = (server.cpu()?, Instant::now());
    let mut askers = JoinSet::new();
    for (mut trolley, mut connection) in connections {
        askers.spawn(async move {
            let mut latencies = Vec::new();
            while begun.elapsed() < time {
                let request = trolley.next().ok_or("nothing to scan")?;
                latencies.push(ask(&mut connection, &request).await?);
            }
            Outcome::Ok((trolley, latencies))
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = askers.join_next().await {
        let (trolley, its) = done??;
        trolleys.push(trolley);
        latencies.extend(its);
    }
    finished(server, (cpu, begun), latencies)
}

/// Makes `PocketBase` ready for records.
pub(super) async fn collection(server: &Server) -> Outcome<Made> {
    let mut connection = Connection::open(server.address).await?;
    let token = pocketbase_token(&mut connection).await?;
    let text = |name: &str| json!({"name": name, "type": "text", "max": 100});
    let fields = [text("cart"), text("barcode"), json!({"name": "quantity", "type": "number"})];
    let body = json!({"name": "scans", "type": "base", "createRule": "", "fields": fields});
    let made = send("POST", "/api/collections", &token, &body.to_string());
    connection.ask(&made).await?.json()?;
    let record = json!({"cart": "cart-7", "barcode": "4006381333931", "quantity": 1}).to_string();
    Ok(Made::Records(send("POST", "/api/collections/scans/records", "", &record).into()))
}

/// Creates records on all connections until the time is over.
pub(super) async fn create_records(
    server: &Server,
    request: &Arc<[u8]>,
    time: Duration,
) -> Outcome<Load> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(server.address).await?);
    }
    let (cpu, begun) = (server.cpu()?, Instant::now());
    let mut askers = JoinSet::new();
    for mut connection in connections {
        let request = Arc::clone(request);
        askers.spawn(async move {
            let mut latencies = Vec::new();
            while begun.elapsed() < time {
                latencies.push(ask(&mut connection, &request).await?);
            }
            Outcome::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(done) = askers.join_next().await {
        latencies.extend(done??);
    }
    finished(server, (cpu, begun), latencies)
}

async fn ask(connection: &mut Connection, request: &[u8]) -> Outcome<Duration> {
    let asked = Instant::now();
    let answer = timeout(ANSWER_MAX, connection.ask(request)).await??;
    if answer.status != 200 {
        let text = String::from_utf8_lossy(&answer.body);
        return Err(format!("status {}: {text}", answer.status).into());
    }
    Ok(asked.elapsed())
}

fn finished(
    server: &Server,
    (cpu, begun): (Duration, Instant),
    mut latencies: Vec<Duration>,
) -> Outcome<Load> {
    let (took, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(cpu));
    latencies.sort_unstable();
    Ok(Load { took, cpu, latencies })
}
