//! Carts that nobody comes back to: when they count as idle or abandoned, and how their trolleys
//! become free again.
//!
//! Nothing counts down. A cart's state follows from what is on the disk: when the cart changed and
//! when its trolley changed hands. So it is the same after a restart, however long that took. A
//! shopper who only walks, or puts things in without scanning them, shows in memory: by places that
//! the trolley reports, if they are others than before, and by what its scale reads. A heartbeat
//! alone says nothing, for a trolley that was left behind sends it too. After a restart these signs
//! are gone until the next one comes; the job that frees trolleys waits for that long.
//!
//! Where somebody sets the clock, silence counts from then on: a trolley is freed too late rather
//! than in its shopper's hands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::audit::{self, Act, Change, shapes};
use super::devices::existing;
use super::{App, CartDevice, Result, Steady, pairing};
use crate::domain::cart::{Cart, CartState, CartTimes};
use crate::domain::devices::Device;
use crate::domain::id::{CartId, DeviceId};
use crate::domain::routing::Point;
use crate::storage::{Reader, WriteTx, carts, devices};

/// A trolley that is reported nearer to its last place than this stands there still, in metres:
/// beacons are not better.
const MOVED_M: f64 = 3.0;
/// A scale that reads less another weight than this shows drift, in grams.
const LOADED_G: i64 = 30;
/// What was noted later than this after the time of a look was noted by another clock; less is
/// what others did meanwhile.
const MEANWHILE: SignedDuration = SignedDuration::from_mins(1);
/// The most trolleys that one transaction frees.
const FREED_MAX: usize = 64;
/// The most carts of whose new state one transaction tells.
const TOLD_MAX: usize = 256;

/// What a trolley shows of its shopper between scans. Bounded by the number of devices.
#[derive(Debug, Default)]
pub(super) struct SignsOfLife {
    by_device: Mutex<HashMap<DeviceId, Sign>>,
    /// How the carts on trolleys stood when followers were told last; `None` before the first look.
    told: Mutex<Option<HashMap<CartId, CartState>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sign {
    /// Where it stood when it moved last.
    stood: Option<Point>,
    /// What it held when that changed last, in grams.
    held_g: Option<i64>,
    at: Option<Timestamp>,
}

impl SignsOfLife {
    fn note(&self, id: DeviceId, now: Timestamp, see: impl FnOnce(&mut Sign) -> bool) {
        let mut signs = self.by_device.lock().unwrap_or_else(PoisonError::into_inner);
        let sign = signs.entry(id).or_default();
        if see(sign) {
            sign.at = Some(now);
        }
    }

    fn of(&self, id: DeviceId) -> Option<Timestamp> {
        let signs = self.by_device.lock().unwrap_or_else(PoisonError::into_inner);
        signs.get(&id).and_then(|sign| sign.at)
    }

    /// The carts that stand otherwise than followers know, at most [`TOLD_MAX`]; from here on they
    /// know. Whoever follows since the start looked at everything then.
    fn turned(&self, states: &[(CartId, CartState)]) -> Vec<CartId> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = told.is_none();
        let known = told.take().unwrap_or_default();
        let (mut turned, mut next) = (Vec::new(), HashMap::with_capacity(states.len()));
        for (id, state) in states.iter().copied() {
            let before = known.get(&id).copied().unwrap_or_default();
            let is_told = is_first || before == state || turned.len() < TOLD_MAX;
            if !is_first && before != state && is_told {
                turned.push(id);
            }
            next.insert(id, if is_told { state } else { before });
        }
        *told = Some(next);
        turned
    }
}

/// How carts stand at one moment.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    now: Timestamp,
    steady: Steady,
    times: CartTimes,
    signs: Arc<SignsOfLife>,
}

impl Watch {
    /// How a cart stands.
    pub(super) fn state(&self, tx: &impl Reader, cart: &Cart) -> Result<CartState> {
        let state = self.after(cart.updated_at);
        match (cart.user_id, cart.device_id) {
            // It was put aside.
            (None, None) => Ok(CartState::Abandoned),
            (_, Some(id)) if state != CartState::Active => {
                let device = devices::device(tx, id)?;
                let device = device.filter(|device| device.user_id == cart.user_id);
                Ok(device.map_or(state, |device| self.on(&device, Some(cart))))
            }
            _ => Ok(state),
        }
    }

    /// How the cart on this trolley stands; one that does not exist holds nothing.
    fn on(&self, device: &Device, cart: Option<&Cart>) -> CartState {
        let signs = [self.signs.of(device.id), cart.map(|cart| cart.updated_at)];
        let signs = signs.into_iter().flatten().chain([device.session_began_at]);
        let last = signs.map(|sign| self.as_of_now(sign)).max();
        last.map_or(CartState::Active, |last| self.times.state(last, self.now))
    }

    fn after(&self, sign: Timestamp) -> CartState {
        self.times.state(self.as_of_now(sign), self.now)
    }

    /// A time by the clock as it goes now: what another clock showed says no more than that it was
    /// before this one began.
    fn as_of_now(&self, noted: Timestamp) -> Timestamp {
        let since = self.steady.since;
        let is_ahead = noted.duration_since(self.now) > MEANWHILE;
        let is_before = self.steady.jump.is_some() && noted < since;
        if is_ahead || is_before { since } else { noted }
    }
}

/// What a look at the trolleys in use found.
#[derive(Debug, Default)]
struct Found {
    abandoned: Vec<DeviceId>,
    states: Vec<(CartId, CartState)>,
}

impl App {
    /// How carts stand at this moment.
    pub(super) fn watch(&self, now: Timestamp) -> Watch {
        let (times, signs) = (self.settings().cart_times, Arc::clone(&self.inner.signs));
        Watch { now, steady: self.steady(), times, signs }
    }

    /// A trolley was reported at `place`; `known` is where it was before, should that be unknown
    /// here.
    pub(super) fn note_place(&self, id: DeviceId, known: Option<Point>, place: Point) {
        self.inner.signs.note(id, self.now(), |sign| {
            let stood = *sign.stood.get_or_insert(known.unwrap_or(place));
            let has_moved = known.is_none() || is_elsewhere(stood, place);
            if has_moved {
                sign.stood = Some(place);
            }
            has_moved
        });
    }

    /// Somebody stands in front of a trolley.
    pub(super) fn note_presence(&self, id: DeviceId) {
        self.inner.signs.note(id, self.now(), |_| true);
    }

    /// A trolley's scale reads so much.
    pub(super) fn note_load(&self, device: &CartDevice, grams: i64) {
        self.inner.signs.note(device.id, self.now(), |sign| {
            let held = *sign.held_g.get_or_insert(grams);
            let has_changed = held.abs_diff(grams) >= LOADED_G.unsigned_abs();
            if has_changed {
                sign.held_g = Some(grams);
            }
            has_changed
        });
    }

    /// Frees the trolleys of abandoned carts and tells followers which carts stand otherwise than
    /// before; how many trolleys were freed. A signed-in shopper keeps the cart, goods that nobody
    /// signed in for are put aside. Looks at the trolleys in use only.
    pub async fn tend_trolleys(&self) -> Result<usize> {
        let watch = self.watch(self.now());
        let looking = watch.clone();
        let found = self.scan(move |tx| look(tx, &looking)).await?;
        let turned = self.inner.signs.turned(&found.states);
        if found.abandoned.is_empty() && turned.is_empty() {
            return Ok(0);
        }
        self.write(move |tx| {
            let mut freed = 0;
            for id in found.abandoned.into_iter().take(FREED_MAX) {
                freed += usize::from(free(tx, &watch, id)?);
            }
            for id in turned {
                carts::tell(tx, id)?;
            }
            Ok(freed)
        })
        .await
    }
}

/// The trolleys that somebody has or that hold something.
fn look(tx: &impl Reader, watch: &Watch) -> Result<Found> {
    let mut found = Found::default();
    let mut note = |device: &Device, cart: Option<&Cart>| match (watch.on(device, cart), cart) {
        (CartState::Abandoned, _) => found.abandoned.push(device.id),
        (state, Some(cart)) => found.states.push((cart.id, state)),
        (_, None) => {}
    };
    for (user, id) in devices::paired(tx)? {
        note(&existing(tx, id)?, carts::of_user(tx, user)?.as_ref());
    }
    for (id, cart) in carts::on_trolleys(tx)? {
        if let Some(cart) = carts::cart(tx, cart)?.filter(|cart| !cart.lines.is_empty()) {
            note(&existing(tx, id)?, Some(&cart));
        }
    }
    Ok(found)
}

/// Frees the trolley of an abandoned cart, and does nothing to any other; whether it did.
pub(super) fn free(tx: &mut WriteTx<'_>, watch: &Watch, id: DeviceId) -> Result<bool> {
    let act = &Act::system(watch.now);
    let mut device = existing(tx, id)?;
    let cart = carts::on_trolley(tx, &device)?;
    if watch.on(&device, cart.as_ref()) != CartState::Abandoned {
        return Ok(false);
    }
    let before = shapes::device(&device);
    if pairing::unpair(tx, &mut device, watch.now)? {
        let change = Change::between(before, shapes::device(&device)).with("why", "abandoned");
        audit::record(tx, act, "device.disconnect", ("device", id), change)?;
        return Ok(true);
    }
    let Some((before, cart)) = pairing::put_aside(tx, &mut device, watch.now)? else {
        return Ok(false);
    };
    let change = Change::between(shapes::cart(&before), shapes::cart(&cart));
    audit::record(tx, act, "cart.put-aside", ("cart", cart.id), change.with("why", "abandoned"))?;
    Ok(true)
}

fn is_elsewhere(one: Point, other: Point) -> bool {
    one.floor != other.floor || (one.x - other.x).hypot(one.y - other.y) > MOVED_M
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(id: u64) -> CartId {
        CartId::new(id).unwrap()
    }

    #[test]
    fn followers_are_told_of_what_turned_since_the_first_look() {
        use CartState::{Active, Idle};
        let signs = SignsOfLife::default();
        assert_eq!(signs.turned(&[(cart(1), Idle), (cart(2), Active)]), []);
        assert_eq!(signs.turned(&[(cart(1), Idle), (cart(2), Idle)]), [cart(2)]);
        assert_eq!(
            signs.turned(&[(cart(1), Active), (cart(2), Idle), (cart(3), Active)]),
            [cart(1)]
        );
        assert_eq!(signs.turned(&[]), []);
    }

    #[test]
    fn what_does_not_fit_is_told_next_time() {
        let signs = SignsOfLife::default();
        let many = u64::try_from(TOLD_MAX).unwrap() + 3;
        assert_eq!(signs.turned(&[]), []);
        let idle: Vec<_> = (1..=many).map(|id| (cart(id), CartState::Idle)).collect();
        assert_eq!(signs.turned(&idle).len(), TOLD_MAX);
        assert_eq!(signs.turned(&idle), (many - 2..=many).map(cart).collect::<Vec<_>>());
        assert_eq!(signs.turned(&idle), []);
    }

    #[test]
    fn a_place_nearby_is_the_same_place() {
        let at = |x: f64, y: f64, floor: i32| Point { x, y, floor };
        assert!(!is_elsewhere(at(0.0, 0.0, 0), at(2.0, 2.0, 0)));
        assert!(is_elsewhere(at(0.0, 0.0, 0), at(2.2, 2.2, 0)));
        assert!(is_elsewhere(at(0.0, 0.0, 0), at(0.0, 0.0, 1)));
    }
}
