//! The audit log: what staff, admins and the command line change, and who signs in.
//!
//! A use case makes an `Act` of its principal before its transaction and records in it:
//!
//! ```ignore
//! let act = self.act(staff);
//! self.write(move |tx| {
//!     ...
//!     let change = audit::Change::between(&before, &after);
//!     audit::record(tx, &act, "promotion.update", ("promotion", id), change)
//! })
//! ```
//!
//! An entry is in the transaction of its effect: neither is there without the other. Secrets never
//! come in: no passwords or hashes, keys, tokens or codes. A change of one says that it changed,
//! with `Change::with`. What shoppers do to their own carts, orders and profiles is not recorded,
//! but that one removed their account is; orders have their own history.

mod failures;
mod reading;
pub(super) mod shapes;

pub(super) use failures::Failures;
pub use reading::AuditFilter;

use std::fmt::Display;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Admin, App, Error, Result, Shopper, Staff};
use crate::domain::audit::{Event, cut};
use crate::domain::cart::Cart;
use crate::domain::id::UserId;
use crate::domain::orders::Actor;
use crate::storage::{WriteTx, accounts, audit};

/// The newest entries that are kept; older ones are removed, and an entry says up to where.
pub const ENTRIES_KEPT: u64 = 500_000;
/// Members that change with everything, or follow from others, and say nothing.
const NOISE: [&str; 3] = ["updated_at", "last_login", "thumbnails"];

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    User(UserId),
    CommandLine,
    System,
    Anonymous,
}

/// Who acts, and from where. Principals convert into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct By {
    who: Who,
    from: Option<IpAddr>,
}

impl By {
    /// An account that is being made or signed in, and has no session yet.
    pub(super) const fn user(id: UserId, from: Option<IpAddr>) -> Self {
        Self { who: Who::User(id), from }
    }

    /// The appliance itself, when a moment comes.
    pub(super) const fn system() -> Self {
        Self { who: Who::System, from: None }
    }

    /// Somebody who proved nothing.
    pub(super) const fn anonymous(from: Option<IpAddr>) -> Self {
        Self { who: Who::Anonymous, from }
    }
}

impl From<&Staff> for By {
    fn from(staff: &Staff) -> Self {
        let who = match staff.by() {
            Actor::User(id) => Who::User(id),
            Actor::System => Who::CommandLine,
            Actor::Device(_) => Who::System,
        };
        Self { who, from: staff.from() }
    }
}

impl From<&Admin> for By {
    fn from(admin: &Admin) -> Self {
        Self::from(&admin.staff())
    }
}

impl From<&Shopper> for By {
    fn from(shopper: &Shopper) -> Self {
        Self::user(shopper.user_id(), shopper.0.from)
    }
}

/// Somebody's doing, as a transaction takes it with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    at: Timestamp,
    by: By,
}

impl Act {
    /// What the appliance does by itself.
    pub(super) const fn system(at: Timestamp) -> Self {
        Self { at, by: By { who: Who::System, from: None } }
    }
}

/// What changed: JSON before and after.
#[derive(Debug, Default)]
pub(super) struct Change {
    before: Option<Value>,
    after: Option<Value>,
    fault: Option<serde_json::Error>,
}

impl Change {
    /// What was done changed nothing that is worth telling.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// A thing is new.
    pub(super) fn made(after: impl Serialize) -> Self {
        let mut change = Self::default();
        change.after = change.json(after);
        change
    }

    /// A thing is gone.
    pub(super) fn removed(before: impl Serialize) -> Self {
        let mut change = Self::default();
        change.before = change.json(before);
        change
    }

    /// A thing is another: only the members that differ are kept.
    pub(super) fn between<T: Serialize>(before: T, after: T) -> Self {
        let mut change = Self::default();
        let (before, after) = (change.json(before), change.json(after));
        (change.before, change.after) = match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                (Some(differing(&before, &after)), Some(differing(&after, &before)))
            }
            both => both,
        };
        change
    }

    /// Several things are others: what changed of each, by its id, as the member `rows`.
    pub(super) fn of_many(changes: Vec<(String, Self)>) -> Self {
        let mut all = Self::none();
        let (mut before, mut after) = (Map::new(), Map::new());
        for (id, change) in changes {
            all.fault = all.fault.or(change.fault);
            before.extend(change.before.map(|json| (id.clone(), json)));
            after.extend(change.after.map(|json| (id, json)));
        }
        if before.is_empty() && after.is_empty() {
            return all;
        }
        all.before = Some(json!({ "rows": before }));
        all.with("rows", after)
    }

    /// With one more member of what is there now: `.with("password", "changed")`.
    pub(super) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        let after = self.after.get_or_insert_with(|| Value::Object(Map::new()));
        if let Some(members) = after.as_object_mut() {
            members.insert(member.to_owned(), value.into());
        }
        self
    }

    fn json(&mut self, value: impl Serialize) -> Option<Value> {
        match serde_json::to_value(value) {
            Ok(Value::Null) => None,
            Ok(mut value) => {
                if let Some(members) = value.as_object_mut() {
                    members.retain(|name, _| !NOISE.contains(&name.as_str()));
                }
                Some(value)
            }
            Err(error) => {
                self.fault = Some(error);
                None
            }
        }
    }
}

/// The members of `one` that `other` has otherwise or not at all.
fn differing(one: &Map<String, Value>, other: &Map<String, Value>) -> Value {
    let members = one.iter().filter(|(name, value)| other.get(*name) != Some(value));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Writes down what is done in this transaction. `action` is a stable dotted word; `target` a kind
/// and an id, the kind alone with an empty id. A user who deletes themself is recorded before.
#[expect(clippy::needless_pass_by_value, reason = "a kind and an id are small")]
pub(super) fn record(
    tx: &mut WriteTx<'_>,
    act: &Act,
    action: &str,
    target: (&str, impl Display),
    change: Change,
) -> Result<()> {
    if let Some(fault) = change.fault {
        return Err(Error::Internal(format!("an audit entry is no JSON: {fault}")));
    }
    let (actor, actor_name) = match act.by.who {
        Who::User(id) => {
            let name = accounts::user(tx, id)?.map(|user| user.username.to_string());
            (format!("user:{id}"), name)
        }
        Who::CommandLine => ("cli".to_owned(), None),
        Who::System => ("system".to_owned(), None),
        Who::Anonymous => ("anonymous".to_owned(), None),
    };
    let from = match act.by.who {
        Who::CommandLine => Some("local".to_owned()),
        _ => act.by.from.map(|address| address.to_string()),
    };
    let (kind, id) = (target.0, target.1.to_string());
    let event = Event {
        at: act.at,
        actor,
        actor_name,
        from,
        action: action.to_owned(),
        target: if id.is_empty() { kind.to_owned() } else { format!("{kind}:{id}") },
        before: change.before.map(|json| cut(json.to_string())),
        after: change.after.map(|json| cut(json.to_string())),
    };
    audit::append(tx, event)?;
    Ok(())
}

/// Records a change of a cart, unless it is the actor's own.
pub(super) fn record_cart(
    tx: &mut WriteTx<'_>,
    act: &Act,
    before: &Value,
    after: &Cart,
) -> Result<()> {
    if let (Who::User(id), Some(owner)) = (act.by.who, after.user_id)
        && id == owner
    {
        return Ok(());
    }
    let change = Change::between(before.clone(), shapes::cart(after));
    record(tx, act, "cart.update", ("cart", after.id), change)
}

impl App {
    /// What a principal does now.
    pub(super) fn act(&self, by: impl Into<By>) -> Act {
        Act { at: self.now(), by: by.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_only_what_differs() {
        let before = json!({"name": "Milk", "price": 1.29, "plu": null, "updated_at": "a"});
        let after = json!({"name": "Milk", "price": 1.39, "stock": 2, "updated_at": "b"});
        let change = Change::between(before, after).with("password", "changed");
        assert_eq!(change.before, Some(json!({"price": 1.29, "plu": null})));
        assert_eq!(change.after, Some(json!({"price": 1.39, "stock": 2, "password": "changed"})));
        assert_eq!(Change::none().with("rows", 2).after, Some(json!({"rows": 2})));
        assert_eq!(Change::removed(json!({"id": 1})).after, None);
    }
}
