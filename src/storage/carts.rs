//! Open carts and whose they are.

use jiff::Timestamp;

use super::devices::DEVICES_MAX;
use super::error::Error;
use super::read::Reader;
use super::tables::{CART_BY_DEVICE, CART_BY_ID, CART_BY_USER};
use super::write::WriteTx;
use crate::domain::cart::Cart;
use crate::domain::devices::Device;
use crate::domain::event::Change;
use crate::domain::id::{CartId, DeviceId, UserId};

/// The cart.
pub fn cart(tx: &impl Reader, id: CartId) -> Result<Option<Cart>, Error> {
    tx.get(CART_BY_ID, &id)
}

/// The shopper's cart.
pub fn of_user(tx: &impl Reader, user: UserId) -> Result<Option<Cart>, Error> {
    tx.get(CART_BY_USER, &user)?.map_or(Ok(None), |id| cart(tx, id))
}

/// The number of the shopper's cart, without reading the cart.
pub fn id_of_user(tx: &impl Reader, user: UserId) -> Result<Option<CartId>, Error> {
    tx.get(CART_BY_USER, &user)
}

/// The anonymous cart of a device.
pub fn of_device(tx: &impl Reader, device: DeviceId) -> Result<Option<Cart>, Error> {
    tx.get(CART_BY_DEVICE, &device)?.map_or(Ok(None), |id| cart(tx, id))
}

/// The cart on a trolley: its shopper's, or its own.
pub fn on_trolley(tx: &impl Reader, device: &Device) -> Result<Option<Cart>, Error> {
    match device.user_id {
        Some(user) => of_user(tx, user),
        None => of_device(tx, device.id),
    }
}

/// Writes a cart and whose it is: the shopper's, or else the device's.
pub fn put(tx: &mut WriteTx<'_>, cart: &Cart) -> Result<(), Error> {
    match (cart.user_id, cart.device_id) {
        (Some(user), _) => tx.put(CART_BY_USER, &user, &cart.id)?,
        (None, Some(device)) => tx.put(CART_BY_DEVICE, &device, &cart.id)?,
        (None, None) => {}
    }
    tx.put(CART_BY_ID, &cart.id, cart)?;
    tx.log(&Change::Cart(cart.id))?;
    Ok(())
}

/// Writes a cart that was another's, or on another trolley, as `before`.
pub fn reassign(tx: &mut WriteTx<'_>, before: &Cart, cart: &Cart) -> Result<(), Error> {
    forget_owner(tx, before)?;
    put(tx, cart)
}

/// Has followers look at a cart again whose row is as it was.
pub fn tell(tx: &mut WriteTx<'_>, id: CartId) -> Result<(), Error> {
    tx.log(&Change::Cart(id))?;
    Ok(())
}

fn forget_owner(tx: &mut WriteTx<'_>, cart: &Cart) -> Result<(), Error> {
    match (cart.user_id, cart.device_id) {
        (Some(user), _) => tx.remove(CART_BY_USER, &user)?,
        (None, Some(device)) => tx.remove(CART_BY_DEVICE, &device)?,
        (None, None) => false,
    };
    Ok(())
}

/// Removes a cart.
pub fn delete(tx: &mut WriteTx<'_>, cart: &Cart) -> Result<(), Error> {
    forget_owner(tx, cart)?;
    tx.remove(CART_BY_ID, &cart.id)?;
    tx.log(&Change::Cart(cart.id))?;
    Ok(())
}

/// The trolleys with a cart of their own, empty ones too.
pub fn on_trolleys(tx: &impl Reader) -> Result<Vec<(DeviceId, CartId)>, Error> {
    tx.scan(CART_BY_DEVICE, .., DEVICES_MAX)
}

/// The carts that hold something, newest last.
pub fn open(tx: &impl Reader) -> Result<Vec<Cart>, Error> {
    let mut open = Vec::new();
    tx.for_each(CART_BY_ID, .., |_, cart| {
        if !cart.lines.is_empty() {
            open.push(cart);
        }
        Ok::<_, Error>(std::ops::ControlFlow::Continue(()))
    })?;
    Ok(open)
}

/// Removes carts that nobody touched since `before`, empty ones and those that were put aside, at
/// most `limit`; how many.
pub fn prune(tx: &mut WriteTx<'_>, before: Timestamp, limit: usize) -> Result<usize, Error> {
    let mut old = Vec::new();
    tx.for_each(CART_BY_ID, .., |_, cart| {
        let is_aside = cart.user_id.is_none() && cart.device_id.is_none();
        if (cart.lines.is_empty() || is_aside) && cart.updated_at < before {
            old.push(cart);
        }
        Ok::<_, Error>(if old.len() < limit {
            std::ops::ControlFlow::Continue(())
        } else {
            std::ops::ControlFlow::Break(())
        })
    })?;
    for cart in &old {
        delete(tx, cart)?;
    }
    Ok(old.len())
}
