//! Cartwright beside `PocketBase`: the same products, the same questions, one after the other on the
//! loopback, and what each answer costs the server.
//!
//! `tests/bench/pocketbase.sh` fetches `PocketBase` and runs this; without it
//! `cargo bench --bench pocketbase` measures Cartwright alone. `--cartwright OLD --cartwright NEW`
//! measures two builds of it, in turns, so that both have the same weather.
//!
//! What counts is computing time of the server for each request, from `/proc/PID/stat`: it is
//! the same on a busy machine, and says how small a box may be. The load is 64 connections that are kept
//! alive, each with one request at a time; its latencies are those of a server that is pushed to
//! its limit. Those of a single till are in the line of barcodes, asked one after another.
//!
//! ```text
//! --pocketbase PATH   its program
//! --cartwright PATH   another build than this one's; may be given several times
//! --file CSV          products with the columns ean and name instead of made-up ones
//! --seconds N         for each question, server and round (5)
//! --rounds N          of which the median counts (3)
//! ```

mod catalogue;
mod client;
mod servers;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use self::catalogue::{Product, Seeded};
use self::client::{Connection, find};
use self::servers::{Program, Server};

const PRODUCTS: usize = 10_000;
const WORDS: usize = 60;
const SEED: u64 = 20_260_101;
const CONNECTIONS: usize = 64;
/// The bars: how many times more answers than `PocketBase` gives for the same computing time, and
/// how long the slowest but one in a hundred barcodes may take.
const GET_RATIO_MIN: u64 = 10;
const SEARCH_RATIO_MIN: u64 = 20;
const BARCODE_P99_MAX: Duration = Duration::from_millis(1);
/// Bounds on what is asked for.
const SECONDS_MAX: u64 = 120;
const ROUNDS_MAX: usize = 20;
/// How long a request may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What to measure.
#[derive(Debug)]
struct Task {
    programs: Vec<Program>,
    file: Option<PathBuf>,
    time: Duration,
    rounds: usize,
}

/// What a server was asked under load, and how it did.
#[derive(Debug)]
struct Load {
    answers: u64,
    cpu: Duration,
    took: Duration,
    latencies: Vec<Duration>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<ExitCode> {
    let task = Task::from_arguments()?;
    let mut random = Seeded(SEED);
    let products = match &task.file {
        Some(file) => catalogue::from_file(file, PRODUCTS, &mut random)?,
        None => catalogue::generated(PRODUCTS, &mut random),
    };
    let words = catalogue::words(&products, WORDS, &mut random);
    println!("{} products, {} words, {CONNECTIONS} connections", products.len(), words.len());
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut servers = Vec::new();
    for (number, program) in task.programs.iter().enumerate() {
        let label = match program {
            Program::Cartwright(_) => format!("cartwright {}", number + 1),
            Program::PocketBase(_) => "pocketbase".to_owned(),
        };
        let place = directory.path().join(number.to_string());
        servers.push(Server::start(program, label, &place, &products, &words).await?);
    }
    let ok = measure(&task, &servers, &products).await;
    for server in servers {
        server.stop().await?;
    }
    Ok(if ok? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks all servers everything; whether the bars were met.
async fn measure(task: &Task, servers: &[Server], products: &[Product]) -> Outcome<bool> {
    let mut is_good = true;
    for server in servers {
        let (found, latencies) = every_barcode(server, &mut Seeded(SEED)).await?;
        let (p50, p99) = (part(&latencies, 50), part(&latencies, 99));
        let all = products.len();
        println!(
            "every barcode  {:<13} {found} of {all} found, p50 {p50:?}, p99 {p99:?}",
            server.label
        );
        if !server.label.starts_with("pocketbase") {
            is_good &= found == all && p99 <= BARCODE_P99_MAX;
        }
    }
    is_good &= compare(task, servers, "get one", GET_RATIO_MIN, |it| it.by_id.clone()).await?;
    let barcodes = |it: &Server| it.by_barcode.iter().map(|it| it.0.clone()).collect();
    is_good &= compare(task, servers, "barcode", GET_RATIO_MIN, barcodes).await?;
    is_good &= compare(task, servers, "search", SEARCH_RATIO_MIN, |it| it.search.clone()).await?;
    Ok(is_good)
}

/// Puts the same load on each server in turn and prints how they compare with the first.
async fn compare(
    task: &Task,
    servers: &[Server],
    what: &str,
    bar: u64,
    requests: impl Fn(&Server) -> Vec<Vec<u8>>,
) -> Outcome<bool> {
    let mut is_good = true;
    let requests: Vec<Arc<[Vec<u8>]>> = servers.iter().map(|it| requests(it).into()).collect();
    let mut loads: Vec<Vec<Load>> = servers.iter().map(|_| Vec::new()).collect();
    // The first load of each only warms it up.
    for round in 0..=task.rounds {
        let time = if round == 0 { Duration::from_secs(1) } else { task.time };
        for ((server, requests), loads) in servers.iter().zip(&requests).zip(&mut loads) {
            let done = load(server, requests, time).await?;
            if round > 0 {
                loads.push(done);
            }
        }
    }
    let mut first_ns = None;
    for (server, loads) in servers.iter().zip(&mut loads) {
        loads.sort_by_key(Load::cpu_each_ns);
        let load = loads.get(loads.len() / 2).ok_or("no rounds")?;
        let cpu_ns = load.cpu_each_ns();
        let (p50, p99) = (part(&load.latencies, 50), part(&load.latencies, 99));
        let answers = u128::from(load.answers);
        println!(
            "{what:<14} {:<13} {:>9} us CPU each, {:>7} answers a CPU second, {:>7} a second, p50 \
             {p50:?}, p99 {p99:?}",
            server.label,
            tenths(cpu_ns, 1_000),
            1_000_000_000 / cpu_ns.max(1),
            answers * 1_000 / load.took.as_millis().max(1),
        );
        let first = *first_ns.get_or_insert(cpu_ns);
        if servers.len() > 1 && first != cpu_ns {
            println!("{what:<14} {:<13} costs {} times the first", "", tenths(cpu_ns, first));
        }
        if server.label == "pocketbase" {
            is_good &= cpu_ns >= first * bar;
            println!("{what:<14} the bar is {bar} times");
        }
    }
    Ok(is_good)
}

impl Load {
    fn cpu_each_ns(&self) -> u64 {
        let total = u64::try_from(self.cpu.as_nanos()).unwrap_or(u64::MAX);
        (total / self.answers.max(1)).max(1)
    }
}

/// One quotient with one decimal.
fn tenths(of: u64, by: u64) -> String {
    let tenths = of.saturating_mul(10) / by.max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The value below which so many of a hundred are.
fn part(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

/// Asks random requests on all connections until the time is over.
async fn load(server: &Server, requests: &Arc<[Vec<u8>]>, time: Duration) -> Outcome<Load> {
    let mut askers = JoinSet::new();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(server.address).await?);
    }
    let (cpu, begun) = (server.cpu()?, Instant::now());
    for (seed, mut connection) in (0..).zip(connections) {
        let requests = Arc::clone(requests);
        askers.spawn(async move {
            let (mut random, mut latencies) = (Seeded(seed), Vec::new());
            while begun.elapsed() < time {
                let request = random.pick(&requests).ok_or("nothing to ask")?;
                let asked = Instant::now();
                let answer = timeout(ANSWER_MAX, connection.ask(request)).await??;
                latencies.push(asked.elapsed());
                if answer.status != 200 {
                    return Err(format!("status {}", answer.status).into());
                }
            }
            Outcome::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    while let Some(asked) = askers.join_next().await {
        latencies.extend(asked??);
    }
    let (took, cpu) = (begun.elapsed(), server.cpu()?.saturating_sub(cpu));
    latencies.sort_unstable();
    Ok(Load { answers: u64::try_from(latencies.len())?, cpu, took, latencies })
}

/// Looks up every barcode once on one connection: how many were answered with the right product.
async fn every_barcode(server: &Server, random: &mut Seeded) -> Outcome<(usize, Vec<Duration>)> {
    let mut lookups: Vec<_> = server.by_barcode.iter().collect();
    random.shuffle(&mut lookups);
    let mut connection = Connection::open(server.address).await?;
    let (mut found, mut latencies) = (0, Vec::with_capacity(lookups.len()));
    for (request, wanted) in lookups {
        let asked = Instant::now();
        let answer = timeout(ANSWER_MAX, connection.ask(request)).await??;
        latencies.push(asked.elapsed());
        found +=
            usize::from(answer.status == 200 && find(&answer.body, wanted.as_bytes()).is_some());
    }
    latencies.sort_unstable();
    Ok((found, latencies))
}

impl Task {
    fn from_arguments() -> Outcome<Self> {
        let (mut builds, mut pocketbase) = (Vec::new(), None);
        let mut task =
            Self { programs: Vec::new(), file: None, time: Duration::from_secs(5), rounds: 3 };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                continue;
            }
            let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--pocketbase" => pocketbase = Some(Program::PocketBase(value.into())),
                "--cartwright" => builds.push(Program::Cartwright(value.into())),
                "--file" => task.file = Some(value.into()),
                "--seconds" => {
                    task.time = Duration::from_secs(value.parse::<u64>()?.clamp(1, SECONDS_MAX));
                }
                "--rounds" => task.rounds = value.parse::<usize>()?.clamp(1, ROUNDS_MAX),
                _ => return Err(format!("{argument} is unknown").into()),
            }
        }
        if builds.is_empty() {
            builds.push(Program::Cartwright(env!("CARGO_BIN_EXE_cartwright").into()));
        }
        task.programs = builds.into_iter().chain(pocketbase).collect();
        Ok(task)
    }
}
