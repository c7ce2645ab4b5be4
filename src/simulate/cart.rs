//! A virtual trolley: somebody who walks and scans, and firmware that counts, keeps a queue and
//! repeats until it is answered.
//!
//! What makes its cart predictable although events overtake each other: an event is sent beside
//! or before another one of the same product only if both put something in. Anything else about
//! the product waits for its turn, as it would on hardware that asks before it counts.

mod queue;
mod shopper;
mod telemetry;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::shopper::Shopper;
use self::telemetry::Telemetry;
use super::World;
use super::chaos::{Cut, Fate, Reboot};
use super::client::Answer;
use super::deliver::{Kind, Lane, Undelivered};
use super::fleet::Device;
use super::model::{Basket, Change, Effect};
use super::random::Random;
use super::verify;

/// Connections of a cart: one for what happens now, the others for what is late or repeated.
const LANES: u64 = 3;
/// Streams of randomness that each cart has for itself.
const STREAMS: u64 = 16;
/// How fast people walk with a trolley, in metres a second.
const PACE_M_S: f64 = 1.2;
/// What taking an item and scanning it takes at least, in seconds.
const SCAN_S: f64 = 3.0;
/// How long the firmware takes to start, in seconds.
const BOOT_S: f64 = 3.0;
/// Of so many carts with enough goods in them, one goes to the till at each step.
const TILL_ONE_IN: u32 = 20;
/// Enough goods to go to the till, as products.
const TILL_PRODUCTS: usize = 8;
/// A battery that dies does so within so many events.
const LIFE_EVENTS: u32 = 100;

/// What an event asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    Set,
    Checkout,
}

impl Verb {
    const fn path(self) -> &'static str {
        match self {
            Self::Add => "/cart/esp32/add_item",
            Self::Remove => "/cart/esp32/remove_item",
            Self::Set => "/cart/esp32/update_item",
            Self::Checkout => "/cart/esp32/checkout",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Set => "set",
            Self::Checkout => "checkout",
        }
    }
}

/// Which event: the number of the firmware's start, and the event's number since then. Events are
/// made in this order.
type Number = (u32, u32);

/// An event that was not answered yet.
#[derive(Debug, Clone)]
struct Event {
    /// 0 for none that could be in a cart.
    product: u64,
    effect: Effect,
    verb: Verb,
    /// Members of the body, without those that number it.
    members: String,
    /// The step at which it is sent.
    due: u64,
    fate: Fate,
    /// How often the shop may have seen it whole.
    sent: u32,
}

impl Event {
    /// Whether the two must be carried out in their order.
    fn must_keep_order_with(&self, other: &Self) -> bool {
        let both_add = self.verb == Verb::Add && other.verb == Verb::Add;
        self.product == other.product && self.product != 0 && !both_add
    }
}

/// An answered event that is sent once more.
#[derive(Debug)]
struct Repeated {
    due: u64,
    number: Number,
    request: Vec<u8>,
    first: Answer,
}

/// How a cart ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) device: Device,
    /// What it should hold by its answers.
    pub(super) known: Basket,
    /// Events that were sent and not answered, in their order.
    pub(super) unknown: Vec<Change>,
    /// Events that were never sent.
    pub(super) never_sent: u64,
    /// Its battery died.
    pub(super) is_dead: bool,
    pub(super) problems: Vec<String>,
}

/// A trolley.
#[derive(Debug)]
pub(super) struct Cart {
    world: Arc<World>,
    device: Device,
    number: u64,
    shopper: Shopper,
    fates: Random,
    telemetry: Telemetry,
    lanes: Vec<Lane>,
    /// Header lines of its firmware.
    headers: String,
    boot: u32,
    /// The last number of this start.
    seq: u32,
    /// The highest number of this start that was sent.
    top_sent: u32,
    /// Events so far.
    step: u64,
    offline_until: u64,
    dies_at: Option<u64>,
    open: BTreeMap<Number, Event>,
    repeated: Vec<Repeated>,
    known: Basket,
    problems: Vec<String>,
}

impl Cart {
    pub(super) fn new(world: &Arc<World>, number: u64, device: Device) -> Self {
        let stream = |of_cart: u64| Random::new(world.seed, number * STREAMS + of_cart);
        let mut fates = stream(0);
        let dies = fates.happens(world.chaos.deaths);
        let life = 1 + fates.below(LIFE_EVENTS.min(world.shortest_life()));
        Self {
            shopper: Shopper::new(stream(1), &world.shop, number),
            telemetry: Telemetry::new(stream(2)),
            lanes: (0..LANES)
                .map(|lane| Lane::new(world.seed, number * STREAMS + 3 + lane))
                .collect(),
            headers: headers(&device, number),
            world: Arc::clone(world),
            device,
            number,
            dies_at: dies.then(|| u64::from(life)),
            fates,
            boot: 1,
            seq: 0,
            top_sent: 0,
            step: 0,
            offline_until: 0,
            open: BTreeMap::new(),
            repeated: Vec::new(),
            known: Basket::default(),
            problems: Vec::new(),
        }
    }

    /// Shops until the time is over, then sends what is left.
    pub(super) async fn run(mut self) -> Ended {
        let went = self.shop().await;
        let is_dead = went == Ok(true);
        match went {
            Ok(_) => {}
            Err(Undelivered::Aborted) => self.problem("was stopped with events in its queue"),
            Err(Undelivered::GaveUp(why)) => {
                let open = self.open.len();
                self.problem(&format!("gave up with {open} events in its queue: {why}"));
            }
        }
        let open = self.open.values();
        let unknown = open.clone().filter(|event| event.sent > 0);
        Ended {
            unknown: unknown.map(|event| (event.product, event.effect)).collect(),
            never_sent: u64::try_from(open.filter(|it| it.sent == 0).count()).unwrap_or(u64::MAX),
            device: self.device,
            known: self.known,
            is_dead,
            problems: self.problems,
        }
    }

    /// Whether the battery died.
    async fn shop(&mut self) -> Result<bool, Undelivered> {
        self.tell_start().await;
        while !self.world.is_over(self.step) {
            let walked_s = self.shopper.walk(&self.world.shop) / PACE_M_S;
            self.world.rest(walked_s).await;
            self.tell(walked_s).await;
            self.world.rest(SCAN_S * (1.0 + self.shopper.patience())).await;
            if self.world.is_over(self.step) {
                break;
            }
            let fate = Fate::draw(&mut self.fates, &self.world.chaos);
            self.step += 1;
            self.make(fate);
            if self.dies_at.is_some_and(|last| self.step >= last) {
                self.die().await;
                return Ok(true);
            }
            self.send(fate).await?;
        }
        self.offline_until = 0;
        self.release_all();
        self.send_due().await?;
        self.send_last_repeats().await?;
        Ok(false)
    }

    /// Gives the next event its number and puts it into the queue.
    fn make(&mut self, fate: Fate) {
        let choice = self.shopper.choose(&self.world.shop);
        let due = self.step + u64::from(fate.held);
        self.enqueue(Event {
            product: choice.product,
            effect: choice.effect,
            verb: choice.verb,
            members: choice.members,
            due,
            fate,
            sent: 0,
        });
    }

    fn enqueue(&mut self, event: Event) -> Number {
        self.seq += 1;
        self.world.metrics.made.up();
        let number = (self.boot, self.seq);
        self.open.insert(number, event);
        number
    }

    /// Sends what is due, as far as there is a network.
    async fn send(&mut self, fate: Fate) -> Result<(), Undelivered> {
        let was_offline = self.offline_until >= self.step;
        if fate.offline > 0 && !was_offline {
            self.offline_until = self.step + u64::from(fate.offline);
            self.world.metrics.offline.up();
            self.hang_up();
        }
        if self.offline_until > self.step {
            return Ok(());
        }
        if self.offline_until == self.step {
            self.release_all();
        }
        if let Some(reboot) = fate.reboot {
            self.reboot(reboot).await;
        }
        self.send_due().await?;
        if self.world.checkout
            && self.shopper.products() >= TILL_PRODUCTS
            && self.fates.below(TILL_ONE_IN) == 0
        {
            self.check_out().await?;
        }
        Ok(())
    }

    /// The firmware starts anew right after it sent its last event; what it keeps is its queue.
    async fn reboot(&mut self, reboot: Reboot) {
        if let Some(last) = self.open.keys().next_back().copied() {
            let cut = if self.fates.below(2) == 0 { Cut::Sent } else { Cut::Half };
            self.attempt_once(last, cut).await;
        }
        self.hang_up();
        self.world.metrics.reboots.up();
        if reboot == Reboot::Anew {
            self.boot += 1;
            (self.seq, self.top_sent) = (0, 0);
        }
        self.world.rest(BOOT_S).await;
        self.tell_start().await;
        self.release_all();
    }

    /// Sends an event that is then lost, or its answer; but none that waits for its turn.
    async fn attempt_once(&mut self, number: Number, cut: Cut) {
        let Some(event) = self.open.get(&number) else { return };
        if self.open.range(..number).any(|(_, other)| other.must_keep_order_with(event)) {
            return;
        }
        let request = self.request_of(number, event);
        let (Some(lane), mut sent) = (self.lanes.first_mut(), 0) else { return };
        // Lost in any case.
        let _ = lane.attempt(&self.world, &request, (Kind::Scan, Some(cut)), &mut sent).await;
        self.note_sent(&[number], sent);
        if sent > 0 && number.0 == self.boot {
            self.top_sent = self.top_sent.max(number.1);
        }
    }

    /// The battery is empty: the last event is on its way, and one more was only scanned.
    async fn die(&mut self) {
        if self.offline_until <= self.step {
            let last = (self.boot, self.seq);
            let cut = if self.fates.below(2) == 0 { Cut::Sent } else { Cut::Half };
            self.attempt_once(last, cut).await;
        }
        self.step += 1;
        self.make(Fate::default());
        self.hang_up();
    }

    /// Goes to the till: everything before is answered first, and the cart must be right then.
    async fn check_out(&mut self) -> Result<(), Undelivered> {
        self.release_all();
        self.send_due().await?;
        let wrong = verify::compare(&self.world, &self.device, &self.known, &[]).await?;
        for (product, expected, found) in wrong.units {
            let name = self.world.shop.name(product);
            self.problem(&format!(
                "had {found} x {name} (product {product}) on the way to the till, not {expected:?}"
            ));
        }
        let number = self.enqueue(Event {
            product: 0,
            effect: Effect::Checkout,
            verb: Verb::Checkout,
            members: String::new(),
            due: self.step,
            fate: Fate::default(),
            sent: 0,
        });
        self.send_due().await?;
        if !self.open.contains_key(&number) && self.known == Basket::default() {
            self.world.metrics.checkouts.up();
            self.shopper.begin_again();
        }
        Ok(())
    }

    fn hang_up(&mut self) {
        for lane in &mut self.lanes {
            lane.connection.close();
        }
    }

    fn problem(&mut self, what: &str) {
        self.problems.push(format!("{} (device {}) {what}", self.device.name, self.device.id));
    }
}

/// The ways in which firmware names itself, one for each model.
fn headers(device: &Device, number: u64) -> String {
    let key = &device.key;
    let credential = match number % 4 {
        0 => format!("X-API-Key: {key}\r\n"),
        1 => format!("x-device-key: {key}\r\n"),
        2 => format!("Authorization: {key}\r\n"),
        _ => format!("Authorization: Bearer {key}\r\n"),
    };
    // Some never say what they send.
    let kind = if number.is_multiple_of(3) { "" } else { "Content-Type: application/json\r\n" };
    credential + kind
}
