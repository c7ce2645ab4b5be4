//! A thousand trolleys that live, on the loopback: each sends a heartbeat every second and its
//! scale's reading ten times a second, and now and then one scans.
//!
//! `cargo bench --bench fleet` tells what a scan takes meanwhile, what memory the server holds, and
//! what it writes to the disk while nobody scans, which must be nothing. Trolleys come from many
//! addresses (127.0.1.1 and on), as in a shop. The load comes from the same machine.
//!
//! ```text
//! --cartwright PATH   another build than this one's
//! --carts N           trolleys (1000)
//! --seconds N         of each of the two parts (60)
//! ```

#[path = "../pocketbase/catalogue.rs"]
#[expect(dead_code, reason = "the benchmark that it belongs to needs more of it")]
mod catalogue;
#[path = "../pocketbase/client.rs"]
mod client;
#[path = "../pocketbase/servers.rs"]
#[expect(dead_code, reason = "the benchmark that it belongs to needs more of it")]
mod servers;

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use self::catalogue::{Product, Seeded};
use self::client::{Connection, send};
use self::servers::{Program, Server};

const PRODUCTS: usize = 1_000;
const SEED: u64 = 20_260_101;
/// Trolleys behind one address.
const CARTS_PER_ADDRESS: usize = 50;
/// Between two readings of a scale, and how many of them are one heartbeat.
const READING: Duration = Duration::from_millis(100);
const READINGS_PER_HEARTBEAT: u32 = 10;
/// Between two scans of a trolley: the shop scans a hundred times a second.
const SCAN: Duration = Duration::from_secs(10);
/// How long a request may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// The bars.
const P99_MAX: Duration = Duration::from_millis(100);
const MEMORY_MAX_MB: u64 = 150;
/// Bounds on what is asked for.
const CARTS_MAX: usize = 2_000;
const SECONDS_MAX: u64 = 600;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What to measure.
struct Task {
    program: PathBuf,
    carts: usize,
    time: Duration,
}

/// What trolleys did in a part.
#[derive(Default)]
struct Done {
    telemetry: Vec<Duration>,
    scans: Vec<Duration>,
    /// Readings that came too late to be sent.
    skipped: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<ExitCode> {
    let task = Task::from_arguments()?;
    let products = catalogue::generated(PRODUCTS, &mut Seeded(SEED));
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let program = Program::Cartwright(task.program.clone());
    let place = directory.path().join("shop");
    let server = Server::start(&program, "shop".to_owned(), &place, &products, &[]).await?;
    let is_good = measure(&task, &server, &place, &products).await;
    server.stop().await?;
    Ok(if is_good? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(
    task: &Task,
    server: &Server,
    place: &Path,
    products: &[Product],
) -> Outcome<bool> {
    let keys = add_trolleys(task, server, &place.join("data")).await?;
    let barcodes: Arc<[String]> = products.iter().map(|it| it.barcode.clone()).collect();
    println!("{} trolleys, {} s each part", keys.len(), task.time.as_secs());

    let before = written_bytes(server)?;
    let quiet = part(task, server, &keys, None).await?;
    let written = written_bytes(server)? - before;
    tell("heartbeats and weights alone", &quiet);
    let mut is_good = bar(written == 0, &format!("{written} bytes written for telemetry"));

    let busy = part(task, server, &keys, Some(&barcodes)).await?;
    tell("while trolleys scan", &busy);
    let p99 = percent(&busy.scans, 99);
    let (now_mb, most_mb) = (memory_mb(server, "VmRSS")?, memory_mb(server, "VmHWM")?);
    is_good &= bar(p99 <= P99_MAX, &format!("p99 of a scan {p99:?}"));
    is_good &= bar(most_mb <= MEMORY_MAX_MB, &format!("{now_mb} MB resident, {most_mb} at most"));
    Ok(is_good)
}

/// All trolleys for the task's time.
async fn part(
    task: &Task,
    server: &Server,
    keys: &[String],
    barcodes: Option<&Arc<[String]>>,
) -> Outcome<Done> {
    let begin = Instant::now() + Duration::from_secs(1);
    let mut trolleys = JoinSet::new();
    for (number, key) in keys.iter().enumerate() {
        let connection = connect(server.address, number).await?;
        let trolley = Trolley {
            key: key.clone(),
            connection,
            barcodes: barcodes.map(Arc::clone),
            number,
            // Two parts are two starts of the firmware.
            boot: format!("{}-{number}", if barcodes.is_some() { "b" } else { "a" }),
        };
        // Spread over the time between two readings, and over that between two scans.
        let share = u32::try_from(number)?;
        let all = u32::try_from(keys.len())?;
        trolleys.spawn(trolley.live(begin + READING * share / all, SCAN * share / all, task.time));
    }
    let mut done = Done::default();
    while let Some(its) = trolleys.join_next().await {
        let its = its??;
        done.telemetry.extend(its.telemetry);
        done.scans.extend(its.scans);
        done.skipped += its.skipped;
    }
    done.telemetry.sort_unstable();
    done.scans.sort_unstable();
    Ok(done)
}

/// One trolley with a connection of its own.
struct Trolley {
    key: String,
    connection: Connection,
    barcodes: Option<Arc<[String]>>,
    number: usize,
    boot: String,
}

impl Trolley {
    async fn live(mut self, begin: Instant, first_scan: Duration, time: Duration) -> Outcome<Done> {
        let mut done = Done::default();
        let mut readings = interval_at(begin, READING);
        readings.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut count, mut seq, mut next_scan) = (0_u32, 0_usize, begin + first_scan);
        let mut due = begin;
        loop {
            let now = readings.tick().await;
            if now >= begin + time {
                return Ok(done);
            }
            done.skipped += u64::try_from((now - due).as_millis() / READING.as_millis())?;
            due = now + READING;
            count += 1;
            let grams = 1_000 + count % 7;
            let body = if count % READINGS_PER_HEARTBEAT == 0 {
                format!(
                    r#"{{"battery_pct":80,"rssi":-60,"firmware":"1.0.0","free_heap":180000,"cart_weight":{grams}}}"#
                )
            } else {
                format!(r#"{{"cart_weight":{grams}}}"#)
            };
            done.telemetry.push(self.ask("heartbeat", &body).await?);
            if let Some(barcodes) = self.barcodes.clone()
                && now >= next_scan
            {
                next_scan += SCAN;
                seq += 1;
                let barcode = barcodes.get((self.number * 31 + seq) % barcodes.len());
                let barcode = barcode.ok_or("no barcodes")?;
                let boot = &self.boot;
                let body = format!(r#"{{"barcode":"{barcode}","boot_id":"{boot}","seq":{seq}}}"#);
                done.scans.push(self.ask("add_item", &body).await?);
            }
        }
    }

    async fn ask(&mut self, route: &str, body: &str) -> Outcome<Duration> {
        let request = send("POST", &format!("/cart/esp32/{route}"), &self.key, body);
        let asked = Instant::now();
        let answer = timeout(ANSWER_MAX, self.connection.ask(&request)).await??;
        answer.json()?;
        Ok(asked.elapsed())
    }
}

/// A connection from an address that few others share.
async fn connect(address: SocketAddr, number: usize) -> Outcome<Connection> {
    let host = u8::try_from(1 + number / CARTS_PER_ADDRESS)?;
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 1, host), 0).into())?;
    Connection::over(socket.connect(address).await?)
}

/// Adds trolleys through the API; gives their keys.
async fn add_trolleys(task: &Task, server: &Server, data: &Path) -> Outcome<Vec<String>> {
    let mut add = Command::new(&task.program);
    add.args(["user", "add", "--username", "bench", "--role", "admin", "--password-stdin"]);
    let mut add =
        add.arg("--data").arg(data).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut stdin = add.stdin.take().ok_or("no input")?;
    stdin.write_all(b"only-for-benchmarks").await?;
    drop(stdin);
    if !add.wait().await?.success() {
        return Err("no admin".into());
    }
    let mut token = Command::new(&task.program);
    token.args(["user", "token", "--username", "bench", "--data"]).arg(data);
    let token = String::from_utf8(token.output().await?.stdout)?;
    let mut connection = Connection::open(server.address).await?;
    let mut keys = Vec::new();
    for number in 1..=task.carts {
        let body = json!({"name": format!("Cart {number}")}).to_string();
        let request = send("POST", "/devices", token.trim(), &body);
        let added: Value = connection.ask(&request).await?.json()?;
        keys.push(added["key"].as_str().ok_or("no key")?.to_owned());
    }
    Ok(keys)
}

fn tell(what: &str, done: &Done) {
    println!("{what}: {} readings, {} left out", done.telemetry.len(), done.skipped);
    for (name, sorted) in [("readings", &done.telemetry), ("scans", &done.scans)] {
        if let Some(worst) = sorted.last() {
            let [p50, p95, p99] = [50, 95, 99].map(|it| percent(sorted, it));
            let count = sorted.len();
            println!("  {count} {name}: p50 {p50:?}, p95 {p95:?}, p99 {p99:?}, worst {worst:?}");
        }
    }
}

fn bar(is_reached: bool, what: &str) -> bool {
    println!("{}: {what}", if is_reached { "reached" } else { "MISSED" });
    is_reached
}

/// The value below which so many of a hundred are.
fn percent(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

/// What the server's process has sent to the disk.
fn written_bytes(server: &Server) -> Outcome<u64> {
    let io = fs::read_to_string(format!("/proc/{}/io", server.pid()?))?;
    value_of(&io, "write_bytes")
}

fn memory_mb(server: &Server, name: &str) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid()?))?;
    Ok(value_of(&status, name)? / 1024)
}

fn value_of(text: &str, name: &str) -> Outcome<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|rest| rest.split_whitespace().next()).ok_or("no such line")?;
    Ok(number.parse()?)
}

impl Task {
    fn from_arguments() -> Outcome<Self> {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_cartwright"));
        let mut task = Self { program, carts: 1_000, time: Duration::from_mins(1) };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                continue;
            }
            let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--cartwright" => task.program = value.into(),
                "--carts" => task.carts = value.parse::<usize>()?.clamp(1, CARTS_MAX),
                "--seconds" => {
                    task.time = Duration::from_secs(value.parse::<u64>()?.clamp(1, SECONDS_MAX));
                }
                _ => return Err(format!("{argument} is unknown").into()),
            }
        }
        Ok(task)
    }
}
