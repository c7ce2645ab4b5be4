//! Virtual trolleys against a real shop, over its real protocol.
//!
//! ```text
//! Plan --run--> devices (fleet), catalogue and map (shop)
//!               a task for each cart:   shopper -> queue -> deliver -> client
//!                                       what goes wrong on the way: chaos
//!               each cart read back and compared with its model (verify)
//!               carts emptied, devices revoked
//!           --> Report
//! ```
//!
//! What is claimed: every event that was answered is in its cart exactly once, or was refused and
//! is not in it; an event that was never sent is not in it; an event of a dead cart that was sent
//! and never answered may be in it. One difference makes [`Report::ok`] false.
//!
//! This is a client: of the appliance it knows what is on the wire, and nothing else. Decisions
//! come from `random` alone, so a seed makes the same shoppers meet the same trouble; only when
//! things happen is the machine's affair.

mod cart;
mod chaos;
mod client;
mod deliver;
mod fleet;
mod model;
mod random;
mod report;
mod shop;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub use self::chaos::{Chaos, Share};
pub use self::fleet::{ByToken, Device, Fleet, Waiting};
pub use self::model::Difference;
pub use self::report::{Count, Metrics, Report};

use self::cart::{Cart, Ended};
use self::client::{Connection, Target};
use self::deliver::Undelivered;
use self::report::Findings;
use self::shop::{ListedMap, ListedProduct, Shop};

/// The most carts of a run.
pub const CARTS_MAX: u32 = 2_000;
/// The longest run, in seconds.
pub const SECONDS_MAX: u64 = 86_400;
/// The most events of a cart.
pub const EVENTS_MAX: u64 = 1_000_000;

/// Devices that are added or revoked at a time.
const FLEET_AT_ONCE: usize = 8;
/// Carts that are read back at a time.
const VERIFIED_AT_ONCE: usize = 16;
/// Products of a page of the catalogue.
const PAGE: usize = 1_000;
/// The most products that are read: enough for any walk.
const PRODUCTS_MAX: usize = 20_000;
/// The most carts that keep all their connections open: the shop takes 2,500 of one address.
const CARTS_WITH_ALL_LANES: u32 = 800;
/// Differences and problems that are told.
const TOLD_MAX: usize = 1_000;
/// Simulated seconds of an event, about: to place the death of a battery.
const EVENT_S: f64 = 12.0;
/// Pause between attempts to revoke a device.
const REVOKE_PAUSE: Duration = Duration::from_millis(500);

/// What is to be simulated.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The shop's address, `http://host:port`.
    pub url: String,
    /// Virtual carts.
    pub carts: u32,
    /// How long they are about, if not until each has made its events.
    pub seconds: Option<u64>,
    /// Events of each cart, if not until the time is over.
    pub events: Option<u64>,
    /// Decides everything but time.
    pub seed: u64,
    /// How much faster than people the carts are.
    pub speed: f64,
    /// How long a cart waits for a shop that does not answer.
    pub patience: Duration,
    /// Whether carts go to the till.
    pub checkout: bool,
    /// What goes wrong.
    pub chaos: Chaos,
}

/// How a run is stopped before its end.
#[derive(Debug, Clone, Default)]
pub struct Stops {
    /// The carts make no further events, send what they have, and are compared.
    pub end: CancellationToken,
    /// Nothing but the devices matters any more.
    pub abort: CancellationToken,
}

/// Why there was nothing to simulate.
#[derive(Debug)]
pub struct SimulateError(String);

impl fmt::Display for SimulateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SimulateError {}

impl From<String> for SimulateError {
    fn from(why: String) -> Self {
        Self(why)
    }
}

/// What all carts share.
#[derive(Debug)]
struct World {
    target: Target,
    shop: Shop,
    metrics: Arc<Metrics>,
    chaos: Chaos,
    seed: u64,
    speed: f64,
    patience: Duration,
    until: Option<Instant>,
    seconds: Option<u64>,
    events: Option<u64>,
    checkout: bool,
    keeps_lanes: bool,
    end: CancellationToken,
    abort: CancellationToken,
}

impl World {
    /// How long simulated seconds take.
    fn real(&self, simulated_s: f64) -> Duration {
        Duration::try_from_secs_f64(simulated_s / self.speed).unwrap_or(Duration::ZERO)
    }

    /// Waits, but not beyond the end.
    async fn rest(&self, simulated_s: f64) {
        let time = self.real(simulated_s);
        if time < Duration::from_millis(1) {
            // Too short for a timer; others get their turn all the same.
            return tokio::task::yield_now().await;
        }
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        tokio::select! {
            () = self.end.cancelled() => {}
            () = sleep(left.map_or(time, |left| time.min(left))) => {}
        }
    }

    /// Whether a cart that made so many events makes no further ones.
    fn is_over(&self, made: u64) -> bool {
        self.end.is_cancelled()
            || self.events.is_some_and(|events| made >= events)
            || self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// The events within which a battery that dies must do so.
    fn shortest_life(&self) -> u32 {
        let by_time = self.seconds.map_or(u32::MAX, |seconds| {
            let events = report::float(seconds) * self.speed / EVENT_S;
            u32::try_from(Duration::try_from_secs_f64(events).unwrap_or_default().as_secs())
                .unwrap_or(u32::MAX)
        });
        let by_events = self.events.and_then(|it| u32::try_from(it).ok()).unwrap_or(u32::MAX);
        by_time.min(by_events).max(1)
    }
}

/// Simulates, compares, and leaves the shop as it was but for revoked devices (and orders, if
/// carts went to the till).
pub async fn run(
    plan: &Plan,
    fleet: &dyn Fleet,
    metrics: &Arc<Metrics>,
    stops: &Stops,
) -> Result<Report, SimulateError> {
    let target = Target::resolve(&plan.url).await?;
    let shop = look_around(&target).await?;
    let devices = add_devices(plan, fleet, stops).await?;
    let mut found = Findings { seed: plan.seed, carts: plan.carts, ..Findings::default() };
    let begun = Instant::now();
    let world = Arc::new(World {
        target,
        shop,
        metrics: Arc::clone(metrics),
        chaos: plan.chaos,
        seed: plan.seed,
        speed: plan.speed,
        patience: plan.patience,
        until: plan.seconds.map(|seconds| begun + Duration::from_secs(seconds)),
        seconds: plan.seconds,
        events: plan.events,
        checkout: plan.checkout,
        keeps_lanes: plan.carts <= CARTS_WITH_ALL_LANES,
        end: stops.end.clone(),
        abort: stops.abort.clone(),
    });
    let ended = shop_all(&world, &devices, &mut found).await;
    found.elapsed = begun.elapsed();
    compare_all(&world, ended, &mut found).await;
    revoke_all(plan, fleet, &devices, &mut found).await;
    found.interrupted = stops.end.is_cancelled();
    found.problems.truncate(TOLD_MAX);
    found.differences.truncate(TOLD_MAX);
    Ok(Report::new(metrics, found))
}

/// Reads the catalogue and the map as any phone can.
async fn look_around(target: &Target) -> Result<Shop, String> {
    let mut connection = Connection::default();
    let mut products: Vec<ListedProduct> = Vec::new();
    loop {
        let path = format!("/products?limit={PAGE}&offset={}", products.len());
        let page: Option<Vec<ListedProduct>> = look(&mut connection, target, &path).await?;
        let page = page.unwrap_or_default();
        let is_last = page.len() < PAGE;
        products.extend(page);
        if is_last || products.len() >= PRODUCTS_MAX {
            break;
        }
    }
    // A shop without a map is walked through all the same.
    let map: Option<ListedMap> = look(&mut connection, target, "/map").await?;
    Shop::new(products, &map.unwrap_or_default()).ok_or_else(|| {
        "this shop sells nothing yet: import products, or try `cartwright demo`".to_owned()
    })
}

/// What is there; `None` when the shop has no such thing.
async fn look<T: serde::de::DeserializeOwned>(
    connection: &mut Connection,
    target: &Target,
    path: &str,
) -> Result<Option<T>, String> {
    let request = target.request("GET", path, "", "");
    let answer = connection.ask(target, &request, None).await;
    let answer =
        answer.map_err(|lost| format!("no shop answers there ({path}: {})", lost.word()))?;
    if answer.status == 404 {
        return Ok(None);
    }
    if answer.status != 200 {
        return Err(fleet::refused(&format!("{path} cannot be read"), answer.status, &answer.body));
    }
    let read = serde_json::from_slice(&answer.body);
    read.map(Some).map_err(|error| format!("{path} cannot be understood: {error}"))
}

/// Adds a device for each cart; if one fails, those before it are revoked again.
async fn add_devices(
    plan: &Plan,
    fleet: &dyn Fleet,
    stops: &Stops,
) -> Result<Vec<Device>, SimulateError> {
    let (mut devices, mut failed) = (Vec::new(), None);
    let numbers: Vec<u32> = (1..=plan.carts).collect();
    for part in numbers.chunks(FLEET_AT_ONCE) {
        let adding = part.iter().map(|number| fleet.add(format!("Simulated cart {number}")));
        for added in join_all(adding).await {
            match added {
                Ok(device) => devices.push(device),
                Err(why) => failed = Some(why),
            }
        }
        if stops.end.is_cancelled() {
            failed = Some("stopped before it began".to_owned());
        }
        if failed.is_some() {
            break;
        }
    }
    let Some(why) = failed else { return Ok(devices) };
    let mut found = Findings::default();
    revoke_all(plan, fleet, &devices, &mut found).await;
    Err(SimulateError(match &found.devices_left[..] {
        [] => why,
        left => format!("{why}; these devices stay, revoke them: {left:?}"),
    }))
}

/// Lets all carts shop at once.
async fn shop_all(world: &Arc<World>, devices: &[Device], found: &mut Findings) -> Vec<Ended> {
    let mut carts = JoinSet::new();
    for (number, device) in (0..).zip(devices) {
        let cart = Cart::new(world, number, device.clone());
        let metrics = Arc::clone(&world.metrics);
        metrics.carts_active.add(1);
        carts.spawn(async move {
            let ended = cart.run().await;
            metrics.carts_active.down();
            ended
        });
    }
    let mut all = Vec::with_capacity(devices.len());
    while let Some(ended) = carts.join_next().await {
        match ended {
            Ok(ended) => all.push(ended),
            Err(error) => found.problems.push(format!("a cart broke down: {error}")),
        }
    }
    all.sort_by_key(|ended| ended.device.id);
    all
}

/// Compares every cart with its model, and empties it.
async fn compare_all(world: &Arc<World>, ended: Vec<Ended>, found: &mut Findings) {
    for cart in &ended {
        found.problems.extend(cart.problems.iter().cloned());
        found.dead_carts += u64::from(cart.is_dead);
        found.never_sent += cart.never_sent;
        found.never_answered += u64::try_from(cart.unknown.len()).unwrap_or(0);
    }
    let comparing = ended.into_iter().map(|cart| async move {
        let compared = verify::compare(world, &cart.device, &cart.known, &cart.unknown).await;
        let emptied = match &compared {
            Ok(compared) => verify::empty(world, &cart.device, &compared.found).await,
            Err(_) => Ok(()),
        };
        (cart, compared, emptied)
    });
    let mut compared = stream::iter(comparing).buffered(VERIFIED_AT_ONCE);
    while let Some((cart, compared, emptied)) = compared.next().await {
        let name = format!("{} (device {})", cart.device.name, cart.device.id);
        match compared {
            Ok(compared) => {
                found.carts_checked += 1;
                for (product_id, expected, units) in compared.units {
                    note(found, &expected, units);
                    found.differences.push(Difference {
                        device_id: cart.device.id,
                        cart: cart.device.name.clone(),
                        product_id,
                        product: world.shop.name(product_id),
                        expected,
                        found: units,
                    });
                }
            }
            Err(why) => found.problems.push(format!("{name} was not compared: {}", words(&why))),
        }
        if let Err(why) = emptied {
            found.problems.push(format!("{name}: {}", words(&why)));
        }
    }
}

/// Counts what is missing and what is too much, by the nearest number that would be right.
fn note(found: &mut Findings, expected: &[u32], units: u32) {
    let nearest = expected.iter().min_by_key(|expected| expected.abs_diff(units));
    let nearest = nearest.copied().unwrap_or(0);
    found.units_lost += u64::from(nearest.saturating_sub(units));
    found.units_doubled += u64::from(units.saturating_sub(nearest));
}

fn words(why: &Undelivered) -> &str {
    match why {
        Undelivered::GaveUp(why) => why,
        Undelivered::Aborted => "stopped",
    }
}

/// Revokes all devices, also of a shop that is just being started again.
async fn revoke_all(plan: &Plan, fleet: &dyn Fleet, devices: &[Device], found: &mut Findings) {
    let last = Instant::now() + plan.patience;
    let revoking = devices.iter().map(|device| async move {
        loop {
            match fleet.revoke(device.id).await {
                Ok(()) => return Ok(()),
                Err(why) if Instant::now() >= last => return Err((device.id, why)),
                Err(_) => sleep(REVOKE_PAUSE).await,
            }
        }
    });
    let mut revoked = stream::iter(revoking).buffer_unordered(FLEET_AT_ONCE);
    while let Some(revoked) = revoked.next().await {
        match revoked {
            Ok(()) => found.devices_revoked += 1,
            Err((id, why)) => {
                if found.devices_left.is_empty() {
                    found.problems.push(format!("device {id} could not be revoked: {why}"));
                }
                found.devices_left.push(id);
            }
        }
    }
    found.devices_left.sort_unstable();
}
