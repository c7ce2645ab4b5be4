//! A flood of sign-ins with wrong passwords beside trolleys that scan.
//!
//! `cargo bench --bench login_flood` starts the real server in a scratch directory, lets 16 trolleys
//! scan over keep-alive connections, and times each scan: in quiet, while 64 callers from 64
//! addresses guess passwords of ever new names (all of it is hashed), and while 64 callers from one
//! address guess (soon all of it is answered 429, as fast as they can ask). Once with trolleys that
//! scan ten times a second, and once with trolleys that never pause.
//!
//! The bar: under either flood the 99th percentile of the scans' times stays within 50 ms of the
//! quiet one. Callers, trolleys and server share this machine, and the load of the others on it is
//! in the figures.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cartwright");
const TROLLEYS: u64 = 16;
const CALLERS: u8 = 64;
const QUIET: Duration = Duration::from_secs(8);
const FLOOD: Duration = Duration::from_secs(20);
/// Between two scans of a trolley.
const PACES: [(&str, Duration); 2] =
    [("ten scans a second", Duration::from_millis(100)), ("no pause", Duration::ZERO)];
const BAR: Duration = Duration::from_millis(50);
const ANSWER_MAX_BYTES: usize = 64 * 1024;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let shop = Shop::start(&directory.path().join("shop"))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut is_reached = true;
    for (name, pace) in PACES {
        println!("\n{TROLLEYS} trolleys, {name}");
        println!("{:<28} {:>9} {:>9} {:>9} {:>9}", "", "scans/s", "p50 ms", "p99 ms", "max ms");
        let quiet = runtime.block_on(phase(&shop, pace, None))?;
        quiet.print("quiet");
        for (name, flood) in [("64 addresses", Flood::Spread), ("one address", Flood::OneAddress)] {
            let times = runtime.block_on(phase(&shop, pace, Some(flood)))?;
            times.print(&format!("flood from {name}"));
            is_reached &= times.percentile(99) <= quiet.percentile(99) + BAR;
        }
    }
    println!("\n{}", shop.memory()?);
    println!(
        "p99 within {} ms of quiet: {}",
        BAR.as_millis(),
        if is_reached { "reached" } else { "MISSED" }
    );
    Ok(())
}

#[derive(Clone, Copy)]
enum Flood {
    Spread,
    OneAddress,
}

/// What was measured in one phase.
struct Times {
    /// Sorted.
    scans: Vec<Duration>,
    took: Duration,
    sign_ins: Tally,
}

/// Answers to the flood.
#[derive(Default)]
struct Tally {
    wrong: AtomicU64,
    told_to_wait: AtomicU64,
    other: AtomicU64,
}

impl Times {
    fn percentile(&self, percent: usize) -> Duration {
        let last = self.scans.len().saturating_sub(1);
        self.scans.get(last * percent / 100).copied().unwrap_or_default()
    }

    fn print(&self, name: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let seconds = self.took.as_secs_f64();
        let rate = |count: u64| u32::try_from(count).map_or(0.0, f64::from) / seconds;
        let scans = u64::try_from(self.scans.len()).unwrap_or(u64::MAX);
        print!(
            "{name:<28} {:>9.0} {:>9.2} {:>9.2} {:>9.2}",
            rate(scans),
            ms(self.percentile(50)),
            ms(self.percentile(99)),
            ms(self.percentile(100))
        );
        let Tally { wrong, told_to_wait, other } = &self.sign_ins;
        let counts = [("401", wrong), ("429", told_to_wait), ("other", other)];
        for (name, count) in counts {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                print!("   {name}: {:.0}/s", rate(count));
            }
        }
        println!();
    }
}

async fn phase(shop: &Shop, pace: Duration, flood: Option<Flood>) -> Outcome<Times> {
    let is_over = Arc::new(AtomicBool::new(false));
    let tally = Arc::new(Tally::default());
    let begun = Instant::now();
    let callers: Vec<_> = match flood {
        None => Vec::new(),
        Some(flood) => (0..CALLERS)
            .map(|number| {
                let from = match flood {
                    Flood::Spread => Ipv4Addr::new(127, 0, 2, number + 1),
                    Flood::OneAddress => Ipv4Addr::new(127, 0, 3, 1),
                };
                let (server, is_over, tally) = (shop.address, is_over.clone(), tally.clone());
                tokio::spawn(async move { guess(server, from, number, &is_over, &tally).await })
            })
            .collect(),
    };
    let boot = format!("b{}", begun.elapsed().as_nanos() ^ u128::from(std::process::id()));
    let trolleys: Vec<_> = shop
        .keys
        .iter()
        .enumerate()
        .map(|(number, key)| {
            let (server, key, is_over) = (shop.address, key.clone(), is_over.clone());
            let boot = format!("{boot}-{number}");
            tokio::spawn(async move { scan(server, &key, &boot, pace, &is_over).await })
        })
        .collect();
    tokio::time::sleep(if flood.is_some() { FLOOD } else { QUIET }).await;
    is_over.store(true, Ordering::Relaxed);
    let took = begun.elapsed();
    let mut scans = Vec::new();
    for trolley in trolleys {
        scans.extend(trolley.await??);
    }
    for caller in callers {
        caller.abort();
        // An aborted caller is no failure, a refused connection is.
        if let Ok(result) = caller.await {
            result?;
        }
    }
    scans.sort();
    let sign_ins = Arc::try_unwrap(tally).unwrap_or_default();
    Ok(Times { scans, took, sign_ins })
}

/// A trolley: items in and out, each in its own numbered event.
async fn scan(
    server: SocketAddr,
    key: &str,
    boot: &str,
    pace: Duration,
    is_over: &AtomicBool,
) -> Outcome<Vec<Duration>> {
    let mut connection = TcpStream::connect(server).await?;
    connection.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut seq = 0_u64;
    while !is_over.load(Ordering::Relaxed) {
        seq += 1;
        let action = if seq % 2 == 1 { "add_item" } else { "remove_item" };
        let body = format!(r#"{{"barcode":"4006381333931","boot_id":"{boot}","seq":{seq}}}"#);
        let head = format!("POST /cart/esp32/{action} HTTP/1.1\r\nX-API-Key: {key}\r\n");
        let begun = Instant::now();
        let status = exchange(&mut connection, &head, &body).await?;
        times.push(begun.elapsed());
        if status != 200 {
            return Err(format!("a scan was answered {status}").into());
        }
        tokio::time::sleep(pace).await;
    }
    Ok(times)
}

/// Guesses passwords, of another name each time, as fast as the answers come.
async fn guess(
    server: SocketAddr,
    from: Ipv4Addr,
    number: u8,
    is_over: &AtomicBool,
    tally: &Tally,
) -> Outcome<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let mut connection = socket.connect(server).await?;
    connection.set_nodelay(true)?;
    let mut round = 0_u64;
    while !is_over.load(Ordering::Relaxed) {
        round += 1;
        let body = format!(r#"{{"username":"name-{number}-{round}","password":"wrong horse"}}"#);
        let head = "POST /auth/login HTTP/1.1\r\n";
        let count = match exchange(&mut connection, head, &body).await? {
            401 => &tally.wrong,
            429 => &tally.told_to_wait,
            _ => &tally.other,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Sends one request and reads its answer, whose length the server always tells; its status.
async fn exchange(connection: &mut TcpStream, head: &str, body: &str) -> Outcome<u16> {
    let request = format!(
        "{head}Host: shop.local\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        if connection.read_buf(&mut answer).await? == 0 || answer.len() > ANSWER_MAX_BYTES {
            return Err("the answer ended too early".into());
        }
        let Some(end) = answer.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let header = std::str::from_utf8(&answer[..end])?;
        let length = header
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .ok_or("an answer without a length")?;
        if answer.len() >= end + 4 + length.1.parse::<usize>()? {
            return Ok(header.get(9..12).ok_or("no status")?.parse()?);
        }
    }
}

/// The server under test; it ends with this.
struct Shop {
    server: Child,
    address: SocketAddr,
    keys: Vec<String>,
}

impl Shop {
    fn start(data: &Path) -> Outcome<Self> {
        let mut server = Command::new(PROGRAM)
            .args(["serve", "--http", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("CARTWRIGHT_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let output = server.stdout.take().ok_or("no output")?;
        let mut shop = Self { server, address: (Ipv4Addr::LOCALHOST, 0).into(), keys: Vec::new() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().strip_prefix("ready http=http://").ok_or("it is not ready")?;
        shop.address = address.split(' ').next().unwrap_or(address).parse()?;
        let products = "name,price,barcodes,stock\nMilk,1.29,4006381333931,1000\n";
        command(data, &["import", "products", "-"], products)?;
        for number in 0..TROLLEYS {
            let name = format!("Cart {number}");
            let added = command(data, &["device", "add", "--json", "--name", &name], "")?;
            let added: serde_json::Value = serde_json::from_str(&added)?;
            shop.keys.push(added["key"].as_str().ok_or("no key")?.to_owned());
        }
        Ok(shop)
    }

    /// The most memory that the server has held.
    fn memory(&self) -> Outcome<String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM"));
        Ok(line.unwrap_or("VmHWM: unknown").to_owned())
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Runs the command line on the running shop.
fn command(data: &Path, arguments: &[&str], input: &str) -> Outcome<String> {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err("a command failed".into())
    }
}
