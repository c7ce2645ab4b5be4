//! People with an account, and the sessions in which they are signed in.

mod calling_codes;
mod mobile_number;
mod names;

pub use mobile_number::{Country, InvalidMobileNumber, MobileNumber, digit};
pub use names::{Email, InvalidName, PERSON_NAME_MAX, Username, person_name};

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{SessionId, UserId};

/// What a person may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A shopper: their own cart, orders and profile.
    Customer,
    /// Runs the shop floor: products, orders, map, carts.
    Staff,
    /// Everything, users and devices included.
    Admin,
}

impl Role {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            // `user` is what older systems call a customer.
            "customer" | "user" => Ok(Self::Customer),
            "staff" => Ok(Self::Staff),
            "admin" => Ok(Self::Admin),
            _ => Err("a role is `admin`, `staff` or `customer`"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// What they sign in with; unique.
    pub username: Username,
    /// Unique where given; also signs in.
    pub email: Option<Email>,
    /// What they are called.
    pub name: Option<String>,
    /// Their mobile number; text that is not E.164 is from before numbers had one form.
    pub mobile_number: Option<String>,
    /// Whether they have shown that the number is theirs. Such a number is in E.164, belongs to
    /// one account only, and signs it in.
    pub mobile_verified: bool,
    /// What they may do.
    pub role: Role,
    /// What they eat: a number of the food types.
    pub food_type_id: Option<u64>,
    /// What they must not eat: a number of the allergens.
    pub allergy_id: Option<u64>,
    /// A PHC string; `None` for an account without a password.
    pub password_hash: Option<String>,
    /// A disabled account is refused everywhere.
    pub disabled: bool,
    /// Raised when every token of the account must die: a new password, role or state.
    pub epoch: u64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they signed in last.
    pub last_login: Option<Timestamp>,
}

impl User {
    /// Their mobile number, verified or not, if it has the one form.
    pub fn mobile(&self) -> Option<MobileNumber> {
        self.mobile_number.as_deref()?.parse().ok()
    }

    /// The number that they have shown to be theirs.
    pub fn verified_mobile(&self) -> Option<MobileNumber> {
        self.mobile().filter(|_| self.mobile_verified)
    }

    /// Whether the shop knows what to call them: all that a profile needs.
    pub fn is_profile_complete(&self) -> bool {
        self.name.is_some()
    }
}

/// The SHA-256 of a refresh token or of its family's half; the token itself is never kept.
pub type RefreshHash = [u8; 32];

/// A signed-in session: one family of refresh tokens, of which one is current.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Identity; the `sid` of its access tokens.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// What all refresh tokens of the family share.
    pub family: RefreshHash,
    /// The refresh token that may be presented.
    pub current: RefreshHash,
    /// The one before, and when it was spent: presented once more within the grace it is a lost
    /// answer, later it is theft.
    pub spent: Option<(RefreshHash, Timestamp)>,
    /// Whether the grace was used for the current generation.
    pub grace_used: bool,
    /// Counts rotations; an access token of an older generation than `min_generation` is dead.
    pub generation: u64,
    /// See `generation`.
    pub min_generation: u64,
    /// A generation whose pair was lost on its way and is dead, although older ones live.
    pub lost_generation: Option<u64>,
    /// The account's epoch that it belongs to; 0 in sessions from before this was kept.
    pub epoch: u64,
    /// Signed out, or ended by reuse of a spent token.
    pub revoked: bool,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When they signed in or refreshed last.
    pub last_used_at: Timestamp,
    /// When the family ends by itself.
    pub expires_at: Timestamp,
    /// The client's description of itself, cut to 200 characters.
    pub user_agent: String,
    /// Where the client was when it signed in or refreshed last.
    pub address: Option<String>,
}

impl Session {
    /// Whether requests may be made in it, as far as its account, given here, and the time say.
    pub fn stands(&self, user: &User, now: Timestamp) -> bool {
        self.user_id == user.id
            && !self.is_over(now)
            && !user.disabled
            && (self.epoch == user.epoch || self.epoch == 0)
    }

    /// Whether it was ended or has ended by itself.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.revoked || self.expires_at <= now
    }

    /// Whether access tokens of this generation count, while the session stands.
    pub fn admits(&self, generation: u64) -> bool {
        (self.min_generation..=self.generation).contains(&generation)
            && self.lost_generation != Some(generation)
    }
}
