//! Durable scans a second over HTTP, beside `PocketBase` creating records and beside the disk.
//!
//! `tests/bench/scans.sh` fetches `PocketBase` and runs this; without it `cargo bench --bench scans`
//! measures Cartwright and the disk. 64 trolleys, each with a connection of its own that is kept alive
//! and one numbered event at a time, put 25 products into their carts and take them out again.
//! `PocketBase` creates a small record for each request, on 64 connections too; the collection is open
//! to all, so that it checks no token. The disk overwrites 4 KiB and syncs. All take turns within each round, because
//! a disk's figures move with the load of the machine: read the ratios. The load
//! comes from the same machine, and takes its part of the cores from both servers alike.
//!
//! ```text
//! --pocketbase PATH   its program
//! --cartwright PATH   another build than this one's; may be given several times
//! --seconds N         for each server and round (5)
//! --rounds N          of which the median counts (3)
//! ```

#[path = "../pocketbase/catalogue.rs"]
#[expect(dead_code, reason = "the benchmark that it belongs to needs more of it")]
mod catalogue;
#[path = "../pocketbase/client.rs"]
mod client;
#[path = "../disk.rs"]
mod disk;
mod load;
#[path = "../pocketbase/servers.rs"]
#[expect(dead_code, reason = "the benchmark that it belongs to needs more of it")]
mod servers;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use self::catalogue::Seeded;
use self::disk::Disk;
use self::load::{Load, Made, create_records, scan};
use self::servers::{Program, Server};

const PRODUCTS: usize = 1_000;
const SEED: u64 = 20_260_101;
const CONNECTIONS: usize = 64;
/// The bars: how many times `PocketBase`'s creates; the rate of the disk up to which it is the
/// measure; and the slowest but one in a hundred, beside two syncs.
const RATIO_MIN: f64 = 5.0;
const DISK_RATE_MAX: f64 = 5_000.0;
const P99_MAX: Duration = Duration::from_millis(50);
/// Bounds on what is asked for.
const SECONDS_MAX: u64 = 120;
const ROUNDS_MAX: usize = 20;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What to measure.
struct Task {
    programs: Vec<Program>,
    time: Duration,
    rounds: usize,
}

/// A server with everything that it is asked with.
struct Asked {
    server: Server,
    made: Made,
    loads: Vec<Load>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<ExitCode> {
    let task = Task::from_arguments()?;
    let products = catalogue::generated(PRODUCTS, &mut Seeded(SEED));
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let disk = Disk::create(&directory.path().join("raw"))?;
    let mut asked = Vec::new();
    for (number, program) in task.programs.iter().enumerate() {
        let place = directory.path().join(number.to_string());
        let label = match program {
            Program::Cartwright(_) => format!("cartwright {}", number + 1),
            Program::PocketBase(_) => "pocketbase".to_owned(),
        };
        let server = Server::start(program, label, &place, &products, &[]).await?;
        let made = match program {
            Program::Cartwright(binary) => {
                Made::Trolleys(load::trolleys(binary, &place, &products).await?)
            }
            Program::PocketBase(_) => load::collection(&server).await?,
        };
        asked.push(Asked { server, made, loads: Vec::new() });
    }
    let mut raw = Vec::new();
    // The first round only warms up.
    for round in 0..=task.rounds {
        let time = if round == 0 { Duration::from_secs(1) } else { task.time };
        let rate = disk.rate(time.min(Duration::from_secs(2)))?;
        if round > 0 {
            raw.push(rate);
        }
        for it in &mut asked {
            let done = match &mut it.made {
                Made::Trolleys(trolleys) => scan(&it.server, trolleys, time).await?,
                Made::Records(request) => create_records(&it.server, request, time).await?,
            };
            if round > 0 {
                it.loads.push(done);
            }
        }
    }
    let is_good = report(&mut asked, median(raw));
    for it in asked {
        it.server.stop().await?;
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints how they did; whether the bars were met.
fn report(asked: &mut [Asked], raw: f64) -> bool {
    println!("disk           {raw:>8.0} overwrites of 4 KiB a second, each synced");
    for it in &mut *asked {
        it.loads.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
        let Some(load) = it.loads.get(it.loads.len() / 2) else { continue };
        println!(
            "{:<14} {:>8.0} a second, p50 {:?}, p95 {:?}, p99 {:?}, {:.0} us CPU each",
            it.server.label,
            load.rate(),
            load.part(50),
            load.part(95),
            load.part(99),
            load.cpu_us()
        );
    }
    let middle = |it: &Asked| it.loads.get(it.loads.len() / 2).map_or(0.0, Load::rate);
    let pocketbase = asked.iter().find(|it| it.server.label == "pocketbase").map(middle);
    let mut is_good = true;
    for it in asked.iter().filter(|it| it.server.label != "pocketbase") {
        let rate = middle(it);
        if let Some(pocketbase) = pocketbase {
            let ratio = rate / pocketbase;
            is_good &= bar(ratio >= RATIO_MIN, &format!("{ratio:.1} times PocketBase's creates"));
        }
        let least = raw.min(DISK_RATE_MAX);
        is_good &= bar(rate >= least, &format!("{rate:.0} a second, of at least {least:.0}"));
        let limit = P99_MAX + Duration::from_secs_f64(2.0 / raw);
        let p99 = it.loads.get(it.loads.len() / 2).map_or(Duration::MAX, |load| load.part(99));
        is_good &= bar(p99 <= limit, &format!("p99 {p99:?}, of at most {limit:?}"));
    }
    is_good
}

fn bar(is_reached: bool, what: &str) -> bool {
    println!("{}: {what}", if is_reached { "reached" } else { "MISSED" });
    is_reached
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

impl Task {
    fn from_arguments() -> Outcome<Self> {
        let (mut builds, mut pocketbase) = (Vec::new(), None);
        let mut task = Self { programs: Vec::new(), time: Duration::from_secs(5), rounds: 3 };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                continue;
            }
            let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--pocketbase" => pocketbase = Some(Program::PocketBase(PathBuf::from(value))),
                "--cartwright" => builds.push(Program::Cartwright(PathBuf::from(value))),
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
