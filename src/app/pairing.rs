//! A shopper takes a trolley and gives it back.

use std::net::IpAddr;

use jiff::Timestamp;

use super::carts::find_or_create;
use super::devices::existing;
use super::once::{Once, Outcome, once};
use super::throttle::Guess;
use super::{App, Error, Result, Shopper};
use crate::auth::CartCode;
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
    /// shopper's cart. Codes are short: wrong ones count, of the shopper and of the address.
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
        self.write(move |tx| {
            once(tx, request, now, |tx| {
                let (mut device, knows_code) = named(tx, &trolley)?;
                if device.user_id == Some(user) {
                    return Ok(Pairing { device: Some(device), user_id: user });
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
        })
        .await
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

fn changed_hands(tx: &mut WriteTx<'_>, device: &mut Device, now: Timestamp) -> Result<()> {
    device.begin_session(now);
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
