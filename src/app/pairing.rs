//! A shopper takes a trolley and gives it back, or staff take it from them.
//!
//! Whoever ends a pairing ends the trolley's session with it, so that what the trolley still has to
//! tell of before is refused, and the next shopper finds it empty.

use std::net::IpAddr;

use jiff::Timestamp;

use super::audit::{self, shapes};
use super::carts::find_or_create;
use super::devices::{end_session, existing};
use super::once::{Once, Outcome, once};
use super::throttle::Guess;
use super::trolley_times::free;
use super::{App, Error, Result, Shopper, Staff};
use crate::auth::CartCode;
use crate::domain::cart::Cart;
use crate::domain::devices::Device;
use crate::domain::id::{DeviceId, UserId};
use crate::storage::{WriteTx, carts, devices};

/// How a shopper names the trolley.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trolley {
    /// By the code on its display, which proves standing in front of it.
    Code(String),
    /// By its number alone: enough only for an unpaired trolley with an empty cart.
    Id(DeviceId),
}

/// What came of connecting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// The trolley; `None` after disconnecting from none.
    pub device: Option<Device>,
    /// The shopper.
    pub user_id: UserId,
}

impl App {
    /// Pairs the shopper with a trolley. What was scanned anonymously comes along into the
    /// shopper's cart, unless it was abandoned. Codes are short: wrong ones count, of the shopper and
    /// of the address.
    pub async fn connect(
        &self,
        shopper: &Shopper,
        trolley: Trolley,
        request: Option<Once<Pairing>>,
        address: Option<IpAddr>,
    ) -> Result<Outcome<Pairing>> {
        if matches!(trolley, Trolley::Id(_)) {
            return self.take_trolley(shopper, trolley, request).await;
        }
        // Of a kind of its own: a shopper who mistypes it may still sign in.
        let guess = Guess::of_name("cart-code", &shopper.user_id().to_string(), address);
        let connected = self.guarded(guess, async {
            match self.take_trolley(shopper, trolley, request).await {
                Err(Error::NotFound(_)) => Ok(None),
                connected => connected.map(Some),
            }
        });
        connected.await?.ok_or_else(|| Error::not_found("cart code"))
    }

    async fn take_trolley(
        &self,
        shopper: &Shopper,
        trolley: Trolley,
        request: Option<Once<Pairing>>,
    ) -> Result<Outcome<Pairing>> {
        let (now, user) = (self.now(), shopper.user_id());
        let watch = self.watch(now);
        let done = self.write(move |tx| {
            once(tx, request, now, |tx| {
                let (mut device, knows_code) = named(tx, &trolley)?;
                if device.user_id == Some(user) {
                    return Ok(Pairing { device: Some(device), user_id: user });
                }
                // Nobody waits for the next look at what was left behind.
                if free(tx, &watch, device.id)? {
                    device = existing(tx, device.id)?;
                }
                if device.user_id.is_some() {
                    return Err(Error::conflict(
                        "trolley-taken",
                        "another shopper has this trolley",
                    ));
                }
                if devices::of_user(tx, user)?.is_some() {
                    let detail = "you have another trolley: disconnect from it first";
                    return Err(Error::conflict("already-connected", detail));
                }
                let anonymous = carts::of_device(tx, device.id)?;
                let holds_something = anonymous.as_ref().is_some_and(|cart| !cart.lines.is_empty());
                if holds_something && !knows_code {
                    let detail = "this trolley holds something: send the code on its display";
                    return Err(Error::conflict("code-required", detail));
                }
                let mut cart = find_or_create(tx, user, now)?;
                if let Some(anonymous) = anonymous {
                    carts::delete(tx, &anonymous)?;
                    cart.absorb(anonymous)?;
                }
                cart.device_id = Some(device.id);
                cart.touch(now);
                carts::put(tx, &cart)?;
                device.user_id = Some(user);
                changed_hands(tx, &mut device, now)?;
                Ok(Pairing { device: Some(device), user_id: user })
            })
        });
        let done = done.await?;
        if let Outcome::Fresh(Pairing { device: Some(device), .. }) = &done {
            self.note_presence(device.id);
        }
        Ok(done)
    }

    /// Gives the trolley back; the shopper keeps the cart, the next one finds the trolley empty.
    pub async fn disconnect(
        &self,
        shopper: &Shopper,
        request: Option<Once<Pairing>>,
    ) -> Result<Outcome<Pairing>> {
        let (now, user) = (self.now(), shopper.user_id());
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let Some(mut device) = devices::of_user(tx, user)? else {
                    return Ok(Pairing { device: None, user_id: user });
                };
                device.user_id = None;
                changed_hands(tx, &mut device, now)?;
                if let Some(mut cart) = carts::of_user(tx, user)? {
                    cart.device_id = None;
                    cart.touch(now);
                    carts::put(tx, &cart)?;
                }
                Ok(Pairing { device: Some(device), user_id: user })
            })
        })
        .await
    }
}

impl App {
    /// Takes a trolley from its shopper, who keeps the cart. Taking it from nobody does nothing.
    pub async fn disconnect_trolley(
        &self,
        staff: &Staff,
        id: DeviceId,
        request: Option<Once<Device>>,
    ) -> Result<Outcome<Device>> {
        let (now, act) = (self.now(), self.act(staff));
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let mut device = existing(tx, id)?;
                let before = shapes::device(&device);
                if unpair(tx, &mut device, now)? {
                    let change = audit::Change::between(before, shapes::device(&device));
                    audit::record(tx, &act, "device.disconnect", ("device", id), change)?;
                }
                Ok(device)
            })
        })
        .await
    }
}

/// Takes the trolley from its shopper, who keeps the cart as old as it is; whether there was one.
pub(super) fn unpair(tx: &mut WriteTx<'_>, device: &mut Device, now: Timestamp) -> Result<bool> {
    let Some(user) = device.user_id.take() else { return Ok(false) };
    changed_hands(tx, device, now)?;
    if let Some(mut cart) = carts::of_user(tx, user)? {
        cart.leave_trolley();
        carts::put(tx, &cart)?;
    }
    Ok(true)
}

/// Takes what nobody signed in for from the trolley and puts it aside: before and after, if there
/// is something in it.
pub(super) fn put_aside(
    tx: &mut WriteTx<'_>,
    device: &mut Device,
    now: Timestamp,
) -> Result<Option<(Cart, Cart)>> {
    let own = carts::of_device(tx, device.id)?;
    let Some(before) = own.filter(|cart| !cart.lines.is_empty()) else { return Ok(None) };
    let mut cart = before.clone();
    cart.leave_trolley();
    carts::reassign(tx, &before, &cart)?;
    changed_hands(tx, device, now)?;
    Ok(Some((before, cart)))
}

/// Ends the trolley's session and writes the trolley.
pub(super) fn changed_hands(
    tx: &mut WriteTx<'_>,
    device: &mut Device,
    now: Timestamp,
) -> Result<()> {
    end_session(tx, device, now)?;
    device.last_checkout = None;
    Ok(devices::put(tx, device)?)
}

fn named(tx: &WriteTx<'_>, trolley: &Trolley) -> Result<(Device, bool)> {
    let (device, knows_code) = match trolley {
        Trolley::Id(id) => (existing(tx, *id)?, false),
        Trolley::Code(code) => {
            let code = CartCode::parse(code).ok_or_else(|| Error::not_found("cart code"))?;
            let device = devices::by_code(tx, code.as_str())?;
            (device.ok_or_else(|| Error::not_found("cart code"))?, true)
        }
    };
    if device.revoked { Err(Error::not_found("trolley")) } else { Ok((device, knows_code)) }
}
