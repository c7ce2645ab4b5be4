//! `simulate`: virtual trolleys against a running shop.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use super::Global;
use super::output::{self, Failure};
use crate::server::raise_open_files_limit;
use crate::simulate::{
    ByToken, CARTS_MAX, Chaos, Device, EVENTS_MAX, Fleet, Metrics, Plan, Report, SECONDS_MAX,
    Share, Stops, Waiting, run,
};
use crate::wire::control::Request;

/// How often the progress is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(250);
/// Lines of what is wrong that are printed for people; `--json` has up to 1,000.
const LINES_MAX: usize = 20;
/// The longest patience, in seconds.
const PATIENCE_MAX_S: u64 = 3_600;
/// The slowest and the fastest carts.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.01..=1_000_000.0;

/// Let virtual carts shop, and check that every acknowledged scan is in its cart once
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cartwright simulate --url http://127.0.0.1:8080 --carts 20 --seconds 60 --data /srv/shop\n  \
    cartwright user token --username admin --minutes 60 > token\n  \
    cartwright simulate --url http://192.168.1.10:8080 --carts 100 --events 1000 --token-file token \\\n      \
    --speed 1000000 --loss 5% --duplicates 20% --reorder 20% --json\n\n\
    Carts walk from shelf to shelf, scan what stands there, take things out and count them again,\n\
    tell where they are and what they weigh, lose requests and answers, repeat, overtake\n\
    themselves, work offline, start anew and die. They speak as firmware does: the same number\n\
    until it is answered. At the end each cart is read back and compared with what was\n\
    acknowledged: a lost or doubled item is printed (cart, product, expected, found) and the\n\
    command leaves with 1. Of a dead cart's unanswered events nothing is claimed.\n\n\
    It adds a device for each cart and revokes it at the end, also after Ctrl-C (press it twice to\n\
    skip the comparison); revoked devices stay in the list of devices. Carts are left empty. Without\n\
    --checkout no order is made and no stock moves; what the shop learns from scans (weights,\n\
    positions, popularity) it learns from these too, so a demo is a better place than a shop.\n\n\
    With --token-file, an admin's token, the shop may be on another machine. Without it the\n\
    devices come from the shop in the data directory, which must be the one at the URL."
)]
pub(super) struct Simulate {
    /// Where the shop is: http://host:port
    #[arg(long, value_name = "URL")]
    url: String,
    /// How many carts, at most 2,000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(CARTS_MAX)))]
    carts: u32,
    /// How long they shop, at most 86,400 seconds
    #[arg(long, value_name = "S", required_unless_present = "events",
        value_parser = clap::value_parser!(u64).range(1..=SECONDS_MAX))]
    seconds: Option<u64>,
    /// Stop each cart after so many events; with --seconds whatever comes first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=EVENTS_MAX))]
    events: Option<u64>,
    /// An admin's access token, as `user token` or a login prints it; read again at the end
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Makes the same shoppers meet the same trouble again [default: random, and reported]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How much faster than people: 1 is a walk at 1.2 m/s and some seconds for each item
    #[arg(long, value_name = "FACTOR", default_value = "20", value_parser = speed)]
    speed: f64,
    /// Requests lost on the way there or back, 0% to 50%
    #[arg(long, value_name = "SHARE", default_value = "2%")]
    loss: Share,
    /// Events that are sent twice
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    duplicates: Share,
    /// Events that are sent after later ones, on connections of their own
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    reorder: Share,
    /// Events at which the network goes; the queue is sent in batches later
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    offline: Share,
    /// Events at which the firmware starts anew, with the same boot id or another one
    #[arg(long, value_name = "SHARE", default_value = "0.5%")]
    reboots: Share,
    /// Carts whose battery dies, with events that were never acknowledged
    #[arg(long, value_name = "SHARE", default_value = "2%")]
    deaths: Share,
    /// How long a cart waits for a shop that refuses connections or answers 5xx, in seconds
    #[arg(long, value_name = "S", default_value = "30",
        value_parser = clap::value_parser!(u64).range(1..=PATIENCE_MAX_S))]
    patience: u64,
    /// Let carts go to the till now and then: orders are made, and stock moves
    #[arg(long)]
    checkout: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor| SPEEDS.contains(factor));
    factor.ok_or_else(|| format!("is a factor from {} to {}", SPEEDS.start(), SPEEDS.end()))
}

impl Simulate {
    pub(super) fn run(self, global: Global) -> Result<(), Failure> {
        // Carts have up to three connections each. If it cannot be raised, the report tells.
        let _ = raise_open_files_limit();
        let fleet: Box<dyn Fleet> = match &self.token_file {
            Some(file) => Box::new(ByToken::new(self.url.clone(), file.clone())),
            None => Box::new(ByControl(Arc::new(global))),
        };
        let plan = self.plan();
        let metrics = Arc::new(Metrics::default());
        // One thread: the carts take no more than a core from a shop on the same machine.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(async {
            let stops = Stops::default();
            listen(&stops)?;
            let shown = tokio::spawn(show(Arc::clone(&metrics), plan.clone()));
            let report = run(&plan, fleet.as_ref(), &metrics, &stops).await;
            shown.abort();
            // It clears the line when it is dropped.
            let _ = shown.await;
            Ok::<_, Failure>(report?)
        })?;
        if self.json {
            output::print_json(&report)?;
        } else {
            output::print(in_words(&report))?;
        }
        complain(&report);
        if report.ok { Ok(()) } else { Err(Failure::Said) }
    }

    fn plan(&self) -> Plan {
        let random = || getrandom::u32().map_or(1, u64::from);
        Plan {
            url: self.url.trim_end_matches('/').to_owned(),
            carts: self.carts,
            seconds: self.seconds,
            events: self.events,
            seed: self.seed.unwrap_or_else(random),
            speed: self.speed,
            patience: Duration::from_secs(self.patience),
            checkout: self.checkout,
            chaos: Chaos {
                loss: self.loss,
                duplicates: self.duplicates,
                reorder: self.reorder,
                offline: self.offline,
                reboots: self.reboots,
                deaths: self.deaths,
            },
        }
    }
}

/// Devices of the shop in the data directory, as `device add` and `device revoke` have them.
struct ByControl(Arc<Global>);

impl ByControl {
    fn ask(&self, request: Request) -> Waiting<'_, serde_json::Value> {
        let global = Arc::clone(&self.0);
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || {
                global.ask(request).map_err(|failure| failure.to_string())
            });
            asked.await.map_err(|error| error.to_string())?
        })
    }
}

impl Fleet for ByControl {
    fn add(&self, name: String) -> Waiting<'_, Device> {
        Box::pin(async move {
            let added = self.ask(Request::DeviceAdd { name }).await?;
            serde_json::from_value(added).map_err(|error| error.to_string())
        })
    }

    fn revoke(&self, id: u64) -> Waiting<'_, ()> {
        Box::pin(async move { self.ask(Request::DeviceRevoke { id }).await.map(drop) })
    }
}

/// The first signal ends the run as if its time were over, the second one at once.
fn listen(stops: &Stops) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stops = stops.clone();
    tokio::spawn(async move {
        for stop in [&stops.end, &stops.abort] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            stop.cancel();
        }
    });
    Ok(())
}

/// Draws how far the carts are, on standard error and only on a terminal.
async fn show(metrics: Arc<Metrics>, plan: Plan) {
    if !io::stderr().is_terminal() {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise}  {msg}") {
        bar.set_style(style);
    }
    let bar = Cleared(bar);
    let end = plan.seconds.map(|seconds| format!(" of {seconds} s")).unwrap_or_default();
    let mut timer = tokio::time::interval(DRAWN_EVERY);
    loop {
        timer.tick().await;
        bar.0.set_message(format!(
            "{} carts{end}  {} events  {} acknowledged  p50 {:?}  p99 {:?}  {} retries  {} errors",
            metrics.carts_active.value(),
            metrics.made.value(),
            metrics.acknowledged.value(),
            metrics.percentile(500),
            metrics.percentile(990),
            metrics.retries.value(),
            metrics.errors(),
        ));
        bar.0.tick();
    }
}

/// A line that goes when nobody needs it.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn in_words(report: &Report) -> String {
    let errors: Vec<String> =
        report.errors_by_kind.iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
    let errors = if errors.is_empty() { "none".to_owned() } else { errors.join(", ") };
    let verdict = if report.ok {
        "every cart is as it should be"
    } else if report.differences.is_empty() && report.problems.is_empty() {
        "stopped before its end"
    } else {
        "NOT as it should be"
    };
    format!(
        "carts         {} for {} s, seed {}\n\
         events        {} made, {} acknowledged, {} of them refused\n\
         scans         {} a second\n\
         latency       p50 {} ms, p95 {} ms, p99 {} ms, max {} ms\n\
         trouble made  {} requests and {} answers lost, {} repeats answered, {} sent late, {} batches \
         ({} with a gap), {} times offline, {} reboots, {} dead carts\n\
         retries       {}\n\
         errors        {errors}\n\
         telemetry     {} messages\n\
         orders        {}\n\
         checked       {} carts: {} units lost, {} doubled; {} events of dead carts may be in, {} are not\n\
         devices       {} revoked\n\
         {verdict}",
        report.carts,
        report.elapsed_s,
        report.seed,
        report.events,
        report.acknowledged,
        report.refused,
        report.scans_per_s,
        report.p50_ms,
        report.p95_ms,
        report.p99_ms,
        report.max_ms,
        report.requests_lost,
        report.answers_lost,
        report.duplicates_answered,
        report.reordered,
        report.batches,
        report.gaps,
        report.times_offline,
        report.reboots,
        report.dead_carts,
        report.retries,
        report.telemetry,
        report.checkouts,
        report.carts_checked,
        report.units_lost,
        report.units_doubled,
        report.never_answered,
        report.never_sent,
        report.devices_revoked,
    )
}

/// Says on standard error what is wrong.
fn complain(report: &Report) {
    let differences = report.differences.iter().map(|it| {
        let expected: Vec<String> = it.expected.iter().map(u32::to_string).collect();
        format!(
            "{} (device {}): {} (product {}): expected {}, found {}",
            it.cart,
            it.device_id,
            it.product,
            it.product_id,
            expected.join(" or "),
            it.found
        )
    });
    let lines: Vec<String> = differences.chain(report.problems.iter().cloned()).collect();
    for line in lines.iter().take(LINES_MAX) {
        eprintln!("cartwright: {line}");
    }
    if lines.len() > LINES_MAX {
        eprintln!("cartwright: and {} more", lines.len() - LINES_MAX);
    }
    if !report.devices_left.is_empty() {
        eprintln!("cartwright: revoke these with `device revoke`: {:?}", report.devices_left);
    }
    if report.interrupted {
        eprintln!("cartwright: stopped before its end");
    }
}
