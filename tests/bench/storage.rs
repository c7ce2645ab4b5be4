//! Durable writes per second: what group commit makes of this disk.
//!
//! `cargo bench --bench storage` prints a table of medians of five rounds. A command is one put of
//! 200 bytes at a scattered key, answered after its commit is durable. Beside it: the same put with
//! a commit of its own, through the engine without our writer, in the same commit mode; and the
//! disk alone, overwriting 4 KiB in a preallocated file with `fdatasync` after each. The three are
//! interleaved within each round, because a disk's figures move with the load of the machine: read
//! the ratios, not the rates.

#[path = "disk.rs"]
mod disk;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cartwright::storage::{self, Blob, Options, Store, Table};
use redb::{Database, TableDefinition};
use tokio::runtime::{Builder, Runtime};

use self::disk::Disk;

const ROWS: Table<u64, Blob> = Table::new("BENCH_BLOB_BY_NUMBER");
const ENGINE_ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("BENCH_BLOB_BY_NUMBER");
const VALUE_BYTES: usize = 200;
const CALLERS: [u64; 4] = [1, 16, 64, 256];
const ROUNDS: usize = 5;
const MEASURE: Duration = Duration::from_millis(800);

/// The bars, with 64 callers.
const LEAST_OF_SINGLE: f64 = 5.0;
const LEAST_OF_RAW: f64 = 2.0;
/// Above this rate the disk is not what limits a writer, and the second bar does not hold.
const RAW_LIMIT_PER_S: f64 = 7000.0;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let disk = Disk::create(&directory.path().join("raw"))?;
    let single = Single::create(&directory.path().join("single.redb"))?;
    let grouped = Grouped::create(&directory.path().join("grouped.redb"))?;
    let mut rates: [Vec<f64>; 2 + CALLERS.len()] = Default::default();
    for _ in 0..ROUNDS {
        rates[0].push(disk.rate(MEASURE)?);
        rates[1].push(single.rate()?);
        for (callers, rates) in CALLERS.into_iter().zip(&mut rates[2..]) {
            rates.push(grouped.rate(callers)?);
        }
    }
    let medians = rates.map(median);
    print(&medians, &grouped);
    Ok(())
}

fn print(medians: &[f64], grouped: &Grouped) {
    let (raw, single) = (medians[0], medians[1]);
    println!("durable writes of {VALUE_BYTES} bytes, medians of {ROUNDS} interleaved rounds\n");
    println!("{:<28} {:>10} {:>10} {:>10}", "", "per second", "of single", "of raw");
    let row = |name: &str, rate: f64| {
        println!("{name:<28} {rate:>10.0} {:>9.2}x {:>9.2}x", rate / single, rate / raw);
    };
    row("raw 4 KiB + fdatasync", raw);
    row("one commit per write", single);
    for (callers, &rate) in CALLERS.iter().zip(&medians[2..]) {
        row(&format!("group commit, {callers} callers"), rate);
    }
    let stats = grouped.store.writer_stats();
    println!("\n{} commands in {} commits", stats.commands, stats.commits);
    let at_64 = medians[4];
    let bar = |name: &str, ratio: f64, least: f64| {
        let verdict = if ratio >= least { "reached" } else { "MISSED" };
        println!("64 callers at least {least:.0}x {name}: {verdict} ({ratio:.1}x)");
    };
    bar("one commit per write", at_64 / single, LEAST_OF_SINGLE);
    if raw <= RAW_LIMIT_PER_S {
        bar("raw", at_64 / raw, LEAST_OF_RAW);
    } else {
        println!("the disk syncs faster than {RAW_LIMIT_PER_S:.0}/s: no bar beside raw");
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Runs `step` again and again for the measured time; gives the rate per second.
fn rate_of(mut step: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < MEASURE {
        step()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// A key far from its predecessor, so that writes do not profit from being neighbours.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The engine with a commit for each write.
struct Single {
    database: Database,
    written: AtomicU64,
}

impl Single {
    fn create(path: &Path) -> Outcome<Self> {
        let mut builder = Database::builder();
        let database = builder.set_cache_size(Options::default().cache_bytes).create(path)?;
        Ok(Self { database, written: AtomicU64::new(0) })
    }

    fn rate(&self) -> Outcome<f64> {
        let value = [3; VALUE_BYTES];
        rate_of(|| {
            let number = self.written.fetch_add(1, Ordering::Relaxed);
            #[expect(clippy::disallowed_methods, reason = "measures the engine without a writer")]
            let mut transaction = self.database.begin_write()?;
            // The mode that the store commits in.
            transaction.set_quick_repair(true);
            let key = scattered(number).to_be_bytes();
            transaction.open_table(ENGINE_ROWS)?.insert(key.as_slice(), value.as_slice())?;
            Ok(transaction.commit()?)
        })
    }
}

/// The store, with callers as the server has them: tasks of one runtime.
struct Grouped {
    store: Store,
    runtime: Runtime,
    written: Arc<AtomicU64>,
}

impl Grouped {
    fn create(path: &Path) -> Outcome<Self> {
        let store = Store::open(path, Options::default())?;
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { store, runtime, written: Arc::default() })
    }

    fn rate(&self, callers: u64) -> Outcome<f64> {
        let start = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|_| self.runtime.spawn(call(self.store.clone(), Arc::clone(&self.written), start)))
            .collect();
        let mut count = 0;
        for task in tasks {
            count += self.runtime.block_on(task)??;
        }
        Ok(f64::from(count) / start.elapsed().as_secs_f64())
    }
}

/// One caller: its next write begins when the one before is durable. Gives how many there were.
async fn call(
    store: Store,
    written: Arc<AtomicU64>,
    start: Instant,
) -> Result<u32, storage::WriteError<storage::Error>> {
    let mut count = 0;
    while start.elapsed() < MEASURE {
        let key = scattered(written.fetch_add(1, Ordering::Relaxed));
        store.write(move |tx| tx.put(ROWS, &key, &Blob(vec![3; VALUE_BYTES]))).await?;
        count += 1;
    }
    Ok(count)
}
