//! Who acts. A use case that needs a right asks for the principal that has it, so a handler that
//! forgets to check does not compile. Only [`super::access`] and the local command line make them.

use std::fmt;
use std::net::IpAddr;

use crate::domain::accounts::Role;
use crate::domain::devices::{KeyHash, WeightUnit};
use crate::domain::id::{DeviceId, SessionId, UserId};
use crate::domain::orders::Actor;

/// A signed-in account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    pub(in crate::app) user_id: UserId,
    pub(in crate::app) role: Role,
    pub(in crate::app) session_id: SessionId,
    pub(in crate::app) from: Option<IpAddr>,
    /// Of the refresh token that the access token came with: one generation can die alone.
    pub(in crate::app) generation: u64,
}

impl Identity {
    /// The account.
    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// What it may do.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The session in which it acts.
    pub const fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// The address that its request came from.
    pub const fn from(&self) -> Option<IpAddr> {
        self.from
    }
}

/// Anyone who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// No credential.
    Anonymous,
    /// A signed-in account.
    User(Identity),
    /// A trolley.
    Device(CartDevice),
}

/// Any signed-in account, for its own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shopper(pub(in crate::app) Identity);

/// An account that runs the shop floor, or the local command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staff {
    pub(in crate::app) by: Actor,
    from: Option<IpAddr>,
}

/// An account that may do everything, or the local command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admin {
    staff: Staff,
}

/// A trolley that presented its key, or signed with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CartDevice {
    pub(in crate::app) id: DeviceId,
    pub(in crate::app) weight_unit: WeightUnit,
    /// The one of its keys that was used.
    pub(in crate::app) key: KeyHash,
}

impl fmt::Debug for CartDevice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // With the key's hash it could sign.
        out.debug_struct("CartDevice").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Principal {
    /// The account, if it is one.
    pub const fn identity(&self) -> Option<Identity> {
        match self {
            Self::User(identity) => Some(*identity),
            Self::Anonymous | Self::Device(_) => None,
        }
    }

    /// The shopper, if an account is signed in.
    pub fn shopper(&self) -> Option<Shopper> {
        self.identity().map(Shopper)
    }

    /// The staff member, if it is one.
    pub fn staff(&self) -> Option<Staff> {
        let identity = self.identity().filter(|identity| identity.role >= Role::Staff)?;
        Some(Staff { by: Actor::User(identity.user_id), from: identity.from })
    }

    /// The admin, if it is one.
    pub fn admin(&self) -> Option<Admin> {
        let staff = self.staff()?;
        let is_admin = self.identity().is_some_and(|identity| identity.role == Role::Admin);
        is_admin.then_some(Admin { staff })
    }

    /// The trolley, if it is one.
    pub const fn device(&self) -> Option<CartDevice> {
        match self {
            Self::Device(device) => Some(*device),
            Self::Anonymous | Self::User(_) => None,
        }
    }

    /// How idempotency keys of this principal are told from those of others.
    pub fn key(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::User(identity) => format!("user:{}", identity.user_id),
            Self::Device(device) => format!("device:{}", device.id),
        }
    }
}

impl Shopper {
    /// The session in which they act.
    pub const fn session(&self) -> Identity {
        self.0
    }

    /// The session in which they act.
    pub const fn session_id(&self) -> SessionId {
        self.0.session_id
    }

    /// Whose cart and orders.
    pub const fn user_id(&self) -> UserId {
        self.0.user_id
    }
}

impl Admin {
    /// Whoever can open the data directory or its control socket owns the shop.
    pub const fn local() -> Self {
        Self { staff: Staff { by: Actor::System, from: None } }
    }

    /// An admin may do all that staff may.
    pub const fn staff(&self) -> Staff {
        self.staff
    }
}

impl Staff {
    /// Who acts, for histories.
    pub const fn by(&self) -> Actor {
        self.by
    }

    /// The address that the request came from; `None` for the command line.
    pub const fn from(&self) -> Option<IpAddr> {
        self.from
    }

    /// The account, unless it is the command line.
    pub const fn user_id(&self) -> Option<UserId> {
        match self.by {
            Actor::User(id) => Some(id),
            Actor::Device(_) | Actor::System => None,
        }
    }
}

impl CartDevice {
    /// Which trolley.
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// What its scale counts in.
    pub const fn weight_unit(&self) -> WeightUnit {
        self.weight_unit
    }
}
